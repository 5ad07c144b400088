#include "live/wall.hpp"

#include <algorithm>
#include <utility>

#include "base/log.hpp"
#include "base/shape.hpp"
#include "live/live_events.hpp"

namespace lianbo::live {
namespace {

constexpr int kPolicy = 1008;
constexpr int kRestart = 1012;
constexpr int kMaxBad = 50;
constexpr std::size_t kReread = 500;  // broadcasts looked up at once

net::FramePtr frame_of(JsonWriter& w) { return net::text_frame(w.take()); }

bool changes_rooms(std::string_view topic) {
  return topic == kBroadcastStarted || topic == kBroadcastEnded || topic == kBroadcastCancelled ||
         topic == kPinOpened || topic == kPinClosed;
}

// What pages of the desk look again for.
bool is_news(std::string_view topic) {
  for (const std::string_view begin : {"order.", "after_sale.", "agent.", "product.", "stock.", "price.", "campaign.",
                                       "settlement.", "chat.held", "broadcast."})
    if (topic.starts_with(begin)) return true;
  return false;
}

}  // namespace

// ---- one brand's wall

Wall::Desk* Wall::desk_of(const net::WsPtr& connection) {
  for (const auto& desk : desks_)
    if (desk->connection == connection) return desk.get();
  return nullptr;
}

void Wall::join(const net::WsPtr& connection, bool rooms, Instant now) {
  now_ = std::max(now_, now);
  auto desk = std::make_shared<Desk>();
  desk->connection = connection;
  desk->rooms = rooms;
  desks_.push_back(desk);
  if (ready_)
    greet(*desk);
  else if (!loading_)
    load(now_);
}

void Wall::leave(const net::WsPtr& connection) {
  std::erase_if(desks_, [&](const auto& desk) { return desk->connection == connection; });
  if (!desks_.empty() || closed_) return;
  closed_ = true;
  context_->emptied(brand_);
}

void Wall::text(const net::WsPtr& connection, std::string_view text) {
  Desk* desk = desk_of(connection);
  if (!desk) return;
  const auto message = parse_json(text);
  const std::string t = message && message->is_object() ? get_text(*message, "t") : std::string();
  if (t == "more") {
    desk->waits = true;
    send_part(*desk);
  } else if (t == "ping") {
    JsonWriter w;
    w.begin().field("t", "pong").end();
    connection->send(frame_of(w));
  } else if (++desk->bad > kMaxBad) {
    connection->close(kPolicy, "too many messages that mean nothing here");
  }
}

void Wall::load(Instant now) {
  loading_ = true;
  const bool taken = context_->work([self = shared_from_this(), now, token = context_->in_flight->begin()] {
    auto result = self->context_->backend->load(self->brand_, now - kWallWindowMs);
    self->context_->post(self->brand_.value,
                         [self, token, result = std::move(result)]() mutable { self->loaded(std::move(result)); });
  });
  if (!taken) loading_ = false;  // the next tick tries again
}

void Wall::loaded(Result<WallLoad> result) {
  loading_ = false;
  if (closed_) return;
  if (!result) {
    log_event(LogEvent::wall_not_read, "brand {}: {}", brand_.text(), result.error().text());
    return;
  }
  for (WallRoom& room : result->rooms) put(std::move(room));
  for (const WallOrder& order : result->orders) add_order(order);
  // Events may have come before the older ones were read.
  std::stable_sort(orders_.begin(), orders_.end(), [](const WallOrder& a, const WallOrder& b) { return a.at < b.at; });
  forget_old_orders(now_);
  ready_ = true;
  whole_.clear();
  numbers_.clear();
  gone_.clear();
  for (const auto& desk : std::vector(desks_)) greet(*desk);
}

void Wall::put(WallRoom facts) {
  const std::int64_t id = facts.id.value;
  const auto it = rooms_.find(id);
  if (it == rooms_.end()) {
    if (rooms_.size() >= kWallRooms) return;
    Room room;
    room.facts = std::move(facts);
    for (const WallOrder& order : orders_)
      if (order.broadcast.value == id) {
        ++room.orders;
        room.paid_fen += order.amount_fen;
      }
    rooms_.emplace(id, std::move(room));
  } else {
    it->second.facts = std::move(facts);
  }
  whole_.insert(id);
}

void Wall::add_order(const WallOrder& order) {
  if (!order_ids_.insert(order.id.value).second) return;
  orders_.push_back(order);
  window_fen_ += order.amount_fen;
  auto& [count, paid_fen] = minutes_[order.at - order.at % kMinuteMs];
  ++count;
  paid_fen += order.amount_fen;
  const auto it = rooms_.find(order.broadcast.value);
  if (it == rooms_.end()) return;
  ++it->second.orders;
  it->second.paid_fen += order.amount_fen;
  numbers_.insert(it->first);
}

void Wall::forget_old_orders(Instant now) {
  while (!orders_.empty() && orders_.front().at <= now - kWallWindowMs) {
    const WallOrder& order = orders_.front();
    window_fen_ -= order.amount_fen;
    if (const auto it = rooms_.find(order.broadcast.value); it != rooms_.end()) {
      --it->second.orders;
      it->second.paid_fen -= order.amount_fen;
      numbers_.insert(it->first);
    }
    order_ids_.erase(order.id.value);
    orders_.pop_front();
  }
  while (!minutes_.empty() && minutes_.begin()->first <= now - kWallWindowMs) minutes_.erase(minutes_.begin());
}

void Wall::on_event(const db::Event& event) {
  if (changes_rooms(event.topic)) stale_.insert(event.key);
  if (event.topic == "order.paid") {
    const auto payload = parse_json(event.payload);
    if (payload)
      add_order({get_id<OrderId>(*payload, "order_id"), get_id<BroadcastId>(*payload, "broadcast_id"),
                 get_int(*payload, "total_fen"), event.at});
  }
  if (!is_news(event.topic)) return;
  ++news_[event.topic];
  if (!event.topic.starts_with("order.") || news_orders_.size() >= kNewsIds) return;
  const auto payload = parse_json(event.payload);
  const auto id = payload ? get_id<OrderId>(*payload, "order_id") : OrderId{};
  if (id && std::find(news_orders_.begin(), news_orders_.end(), id.value) == news_orders_.end())
    news_orders_.push_back(id.value);
}

void Wall::reread() {
  if (rereading_ || stale_.empty()) return;
  std::vector<BroadcastId> ids;
  for (auto it = stale_.begin(); it != stale_.end() && ids.size() < kReread; it = stale_.erase(it))
    ids.push_back(BroadcastId{*it});
  rereading_ = true;
  const bool taken = context_->work([self = shared_from_this(), ids, token = context_->in_flight->begin()] {
    auto result = self->context_->backend->rooms(self->brand_, ids);
    self->context_->post(self->brand_.value, [self, ids, token, result = std::move(result)]() mutable {
      self->reread_done(ids, std::move(result));
    });
  });
  if (taken) return;
  rereading_ = false;
  for (const BroadcastId id : ids) stale_.insert(id.value);
}

void Wall::reread_done(const std::vector<BroadcastId>& asked, Result<std::vector<WallRoom>> result) {
  rereading_ = false;
  if (closed_) return;
  if (!result) {
    log_event(LogEvent::wall_not_read, "rooms of brand {}: {}", brand_.text(), result.error().text());
    for (const BroadcastId id : asked) stale_.insert(id.value);
    return;
  }
  std::set<std::int64_t> off;
  for (const BroadcastId id : asked) off.insert(id.value);
  for (WallRoom& room : *result) {
    off.erase(room.id.value);
    put(std::move(room));
  }
  for (const std::int64_t id : off)
    if (rooms_.erase(id) == 1) {
      whole_.erase(id);
      numbers_.erase(id);
      gone_.push_back(id);
    }
  tell_diff();
}

void Wall::tick(Instant now, const ViewerCounts& viewers) {
  now_ = std::max(now_, now);
  if (!ready_) {
    if (!loading_ && !desks_.empty()) load(now_);
    return;
  }
  reread();
  for (auto& [id, room] : rooms_) {
    const auto it = viewers.find(id);
    const std::int64_t n = it == viewers.end() ? 0 : it->second;
    if (n == room.viewers) continue;
    room.viewers = n;
    numbers_.insert(id);
  }
  forget_old_orders(now_);
  tell_diff();
  tell_news();
}

void Wall::write_row(JsonWriter& w, const Room& room) const {
  const WallRoom& f = room.facts;
  w.begin_list().value(f.id).value(f.store).value(f.agent).value(f.title).value(f.host).value(f.region).value(f.level);
  w.instant(f.started_at).value(f.product).value(room.viewers).value(room.orders).value(room.paid_fen);
  w.value(room.heat()).end_list();
}

void Wall::write_totals(JsonWriter& w) const {
  std::int64_t viewers = 0;
  for (const auto& [id, room] : rooms_) viewers += room.viewers;
  w.begin().field("rooms", rooms_.size()).field("viewers", viewers).field("orders", orders_.size());
  w.field("paid_fen", window_fen_).key("minutes").begin_list();
  for (const auto& [at, minute] : minutes_)
    w.begin().field_at("at", at).field("orders", minute.first).field("paid_fen", minute.second).end();
  w.end_list().end();
}

void Wall::greet(Desk& desk) {
  desk.greeted = true;
  JsonWriter w;
  w.begin().field("t", "wall").field("rooms", rooms_.size()).key("columns").begin_list();
  for (const char* column : {"id", "store_id", "agent_id", "title", "host", "region", "level", "started_at", "product",
                             "viewers", "orders", "paid_fen", "heat"})
    w.value(column);
  w.end_list().key("heat").begin().field("viewers", 1).field("orders", kHeatPerOrder);
  w.field("window_ms", kWallWindowMs).end().key("totals");
  write_totals(w);
  w.end();
  desk.connection->send(frame_of(w));
  if (desk.waits) send_part(desk);
}

void Wall::send_part(Desk& desk) {
  if (!desk.greeted || !desk.rooms || !desk.waits) return;
  desk.waits = false;
  JsonWriter w;
  w.begin().field("t", "rooms").key("rows").begin_list();
  std::size_t n = 0;
  auto it = rooms_.upper_bound(desk.sent_until);
  for (; it != rooms_.end() && n < kPartRooms; ++it, ++n) {
    write_row(w, it->second);
    desk.sent_until = it->first;
  }
  w.end_list().field("done", it == rooms_.end()).end();
  desk.connection->send(frame_of(w));
}

void Wall::tell_diff() {
  if (!ready_) return;
  JsonWriter totals;
  write_totals(totals);
  const bool same = totals.text() == told_totals_;
  if (same && whole_.empty() && numbers_.empty() && gone_.empty()) return;
  told_totals_ = totals.text();

  JsonWriter plain;  // for desks that don't show rooms
  plain.begin().field("t", "diff").key("totals").raw(told_totals_).end();
  const net::FramePtr short_frame = frame_of(plain);

  JsonWriter w;
  w.begin().field("t", "diff").key("rows").begin_list();
  std::size_t n = 0;
  for (auto it = whole_.begin(); it != whole_.end() && n < kDiffRooms; it = whole_.erase(it), ++n) {
    write_row(w, rooms_.at(*it));
    numbers_.erase(*it);
  }
  w.end_list().key("numbers").begin_list();
  for (auto it = numbers_.begin(); it != numbers_.end() && n < kDiffRooms; it = numbers_.erase(it), ++n) {
    const Room& room = rooms_.at(*it);
    w.begin_list().value(room.facts.id).value(room.viewers).value(room.orders).value(room.paid_fen);
    w.value(room.heat()).end_list();
  }
  w.end_list().key("gone").begin_list();
  for (const std::int64_t id : gone_) w.value(BroadcastId{id});
  gone_.clear();
  w.end_list().key("totals").raw(told_totals_).end();
  const net::FramePtr frame = frame_of(w);
  for (const auto& desk : std::vector(desks_))
    if (desk->greeted) desk->connection->send(desk->rooms ? frame : short_frame);
}

void Wall::tell_news() {
  if (news_.empty()) return;
  JsonWriter w;
  w.begin().field("t", "news").key("topics").begin();
  for (const auto& [topic, n] : news_) w.field(topic, n);
  w.end().key("orders").begin_list();
  for (const std::int64_t id : news_orders_) w.value(OrderId{id});
  w.end_list().end();
  news_.clear();
  news_orders_.clear();
  const net::FramePtr frame = frame_of(w);
  for (const auto& desk : std::vector(desks_))
    if (desk->greeted) desk->connection->send(frame);
}

void Wall::stop() {
  closed_ = true;
  JsonWriter w;
  w.begin().field("t", "reconnect").field("after_ms", 1000).end();
  const net::FramePtr frame = frame_of(w);
  for (const auto& desk : std::vector(desks_)) {
    desk->connection->send(frame);
    desk->connection->close(kRestart, "reconnect");
  }
}

// ---- all walls

class WallHub::Session final : public net::WsHandler {
 public:
  Session(std::shared_ptr<WallHub> hub, BrandId brand, bool rooms)
      : hub_(std::move(hub)), brand_(brand), rooms_(rooms) {}
  ~Session() override {
    const std::scoped_lock lock(hub_->mutex_);
    if (const auto it = hub_->desks_.find(brand_.value); --it->second == 0) hub_->desks_.erase(it);
  }

  void on_open(const net::WsPtr& connection) override {
    if (hub_->stopping_) return connection->close(kRestart, "reconnect");
    const WallPtr wall = wall_ = hub_->find_or_open(brand_);
    wall->join(connection, rooms_, hub_->clock_->now());
  }
  void on_text(const net::WsPtr& connection, std::string_view text) override {
    if (const WallPtr wall = wall_) wall->text(connection, text);
  }
  void on_close(const net::WsPtr& connection) override {
    if (const WallPtr wall = std::move(wall_)) wall->leave(connection);
  }

 private:
  const std::shared_ptr<WallHub> hub_;
  const BrandId brand_;
  const bool rooms_;
  WallPtr wall_;
};

std::shared_ptr<WallHub> WallHub::make(Deps deps) {
  std::shared_ptr<WallHub> hub(new WallHub(std::move(deps)));
  hub->context_->emptied = [weak = std::weak_ptr(hub)](BrandId brand) {
    if (const auto self = weak.lock()) self->close(brand);
  };
  return hub;
}

WallHub::WallHub(Deps deps)
    : context_(std::make_shared<WallContext>()), viewers_(std::move(deps.viewers)), clock_(deps.clock) {
  context_->backend = std::move(deps.backend);
  context_->post = std::move(deps.post);
  context_->work = std::move(deps.work);
}

Result<net::WsAccept> WallHub::accept(const net::Request& request, const Call& call) {
  if (stopping_) return fail(Code::shutting_down);
  const auto brand = BrandId::parse(request.param("brand_id"));
  if (!brand) return fail(Code::not_found, "no such identifier: brand_id");
  TRY_OK(require_staff(call, *brand, kAnyStaff));
  {
    const std::scoped_lock lock(mutex_);
    std::size_t& desks = desks_[brand->value];
    if (desks >= kWallDesks) return fail(Code::room_full, "at most " + std::to_string(kWallDesks) + " desks may watch");
    ++desks;
  }
  const bool rooms = request.query_value("rooms") == "1";
  return net::WsAccept{brand->value, std::make_shared<Session>(shared_from_this(), *brand, rooms), {}};
}

void WallHub::on_event(const db::Event& event) {
  const WallPtr wall = find(event.brand);
  if (!wall || (!changes_rooms(event.topic) && !is_news(event.topic))) return;
  context_->post(event.brand.value, [wall, event, token = context_->in_flight->begin()] { wall->on_event(event); });
}

void WallHub::tick(Instant now) {
  std::vector<std::pair<std::int64_t, WallPtr>> walls;
  {
    const std::scoped_lock lock(mutex_);
    walls.assign(walls_.begin(), walls_.end());
  }
  if (walls.empty()) return;
  const auto counts = std::make_shared<const ViewerCounts>(viewers_());
  for (const auto& [brand, wall] : walls)
    context_->post(brand,
                   [wall = wall, now, counts, token = context_->in_flight->begin()] { wall->tick(now, *counts); });
}

void WallHub::stop() {
  stopping_ = true;
  const std::scoped_lock lock(mutex_);
  for (const auto& [brand, wall] : walls_)
    context_->post(brand, [wall = wall, token = context_->in_flight->begin()] { wall->stop(); });
}

bool WallHub::flush(std::int64_t timeout_ms) { return context_->in_flight->wait_idle(timeout_ms); }

WallHub::WallPtr WallHub::find(BrandId brand) const {
  const std::scoped_lock lock(mutex_);
  const auto it = walls_.find(brand.value);
  return it == walls_.end() ? nullptr : it->second;
}

WallHub::WallPtr WallHub::find_or_open(BrandId brand) {
  const std::scoped_lock lock(mutex_);
  WallPtr& wall = walls_[brand.value];
  if (!wall) wall = std::make_shared<Wall>(context_, brand);
  return wall;
}

void WallHub::close(BrandId brand) {
  const std::scoped_lock lock(mutex_);
  walls_.erase(brand.value);
}

}  // namespace lianbo::live
