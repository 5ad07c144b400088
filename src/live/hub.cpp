#include "live/hub.hpp"

#include <algorithm>

#include "base/shape.hpp"
#include "live/live_events.hpp"
#include "live/offers_service.hpp"

namespace lianbo::live {
namespace {

constexpr int kPolicy = 1008, kRestart = 1012;
constexpr int kEpochLength = 8;  // base62
constexpr DurationMs kMoveWindowMs = 10 * kSecondMs;
constexpr int kMovesInWindow = 100;  // of one connection

// "/api/v1/rooms/ID/ws", when no router has taken the path apart.
std::string_view id_in_path(std::string_view path) {
  constexpr std::string_view kBefore = "/rooms/";
  const std::size_t at = path.find(kBefore);
  if (at == std::string_view::npos) return {};
  path.remove_prefix(at + kBefore.size());
  return path.substr(0, path.find('/'));
}

bool is_about_product(std::string_view topic) {
  return topic == "stock.changed" || topic == "price.changed" || topic == "product.changed";
}

bool is_about_broadcast(std::string_view topic) {
  return topic == kChatSaid || topic == kPinOpened || topic == kPinClosed || topic == kBroadcastStarted ||
         topic == kBroadcastEnded || topic == kBroadcastCancelled || topic == kBroadcastChanged ||
         topic == kStreamChanged || topic == kShelfChanged || topic == kRoomMarked || topic == kChatHeld ||
         topic == kChatRejected || is_offer_topic(topic);
}

}  // namespace

// In one room, or (after a "go" to null) in none. The room is held in a copy during each call: a connection may end
// within a call and take the member away.
class RoomHub::Session final : public net::WsHandler, public std::enable_shared_from_this<RoomHub::Session> {
 public:
  Session(std::shared_ptr<RoomHub> hub, BroadcastId id, const Caller& caller, Visitor visitor)
      : hub_(std::move(hub)), caller_(caller), id_(id), visitor_(std::move(visitor)) {}

  void on_open(const net::WsPtr& connection) override { enter(connection); }
  void on_text(const net::WsPtr& connection, std::string_view text) override {
    if (const RoomPtr room = room_) {
      if (auto wish = room->text(connection, text)) go(connection, *std::move(wish));
      return;
    }
    // In no room there are two things to say; somebody who says others does not know us.
    const auto message = parse_json(text);
    const std::string type = message && message->is_object() ? get_text(*message, "t") : "";
    if (type == "go")
      if (auto wish = read_go(*message)) return go(connection, *std::move(wish));
    if (type == "ping")
      if (const auto pong = pong_frame(*message)) return answer(connection, *pong);
    answer(connection,
           error_frame(Error{Code::bad_request, "in no room: go to one, or ping", {}, {}}, visitor_.chinese, {}));
    connection->close(kPolicy, "bad_request");
  }
  void on_close(const net::WsPtr& connection) override {
    closed_ = true;
    leave(connection);
  }

 private:
  void enter(const net::WsPtr& connection) {
    if (hub_->stopping_) return connection->close(kRestart, "reconnect");
    const RoomPtr room = room_ = hub_->find_or_open(id_);
    tell(true);
    room->join(connection, visitor_);
  }
  void leave(const net::WsPtr& connection) {
    if (const RoomPtr room = std::move(room_)) {
      tell(false);
      room->leave(connection);
    }
  }
  void tell(bool came) const {
    if (hub_->watched_ && !visitor_.crew) hub_->watched_(id_, visitor_.person, came);
  }
  void answer(const net::WsPtr& connection, const net::FramePtr& frame) const {
    if (const RoomPtr room = room_)
      room->answer(connection, frame);
    else
      connection->send(frame);
  }
  void answer(const net::WsPtr& connection, std::string_view type, std::string_view ref) const {
    JsonWriter w;
    w.begin().field("t", type);
    if (!ref.empty()) w.key("ref").raw(ref);
    answer(connection, net::text_frame(w.end().text()));
  }
  void refuse(const net::WsPtr& connection, const GoWish& wish, const Error& why) const {
    answer(connection, error_frame(why, visitor_.chinese, wish.ref));
  }

  void go(const net::WsPtr& connection, const GoWish& wish) {
    RoomContext& context = *hub_->context_;
    const Instant now = context.clock->now();
    const std::int64_t number = ++newest_;
    if (!wish.room) {
      leave(connection);
      return answer(connection, "left", wish.ref);
    }
    if (now < moves_from_ || now - moves_from_ >= kMoveWindowMs) {
      moves_from_ = now;
      moves_ = 0;
    }
    if (++moves_ > kMovesInWindow)
      return refuse(
          connection, wish,
          Error{Code::too_many_requests, "at most " + std::to_string(kMovesInWindow) + " rooms in 10 s", {}, {}});
    if (hub_->beside_ && !hub_->beside_(id_, wish.room)) return answer(connection, "elsewhere", wish.ref);
    if (const RoomPtr to = hub_->find(wish.room))
      if (const auto door = to->door(visitor_.person, now)) return decided(connection, wish, *door, number);
    const bool taken =
        context.work([self = shared_from_this(), connection, wish, number, now, token = context.in_flight->begin()] {
          RoomContext& there = *self->hub_->context_;
          const auto status = std::make_shared<Status>(there.backend->admit(wish.room, self->caller_, false, now));
          there.post(wish.room.value, [self, token, connection, wish, number, status] {
            self->admitted(connection, wish, *status, number);
          });
        });
    if (!taken)
      decided(connection, wish, fail(Code::overloaded, "too many are entering at once; try again shortly"), number);
  }
  void admitted(const net::WsPtr& connection, const GoWish& wish, Status status, std::int64_t number) {
    // What the room has come to know meanwhile counts too.
    if (const RoomPtr to = status ? hub_->find(wish.room) : nullptr)
      if (auto door = to->door(visitor_.person, hub_->context_->clock->now())) status = *std::move(door);
    decided(connection, wish, status, number);
  }
  void decided(const net::WsPtr& connection, const GoWish& wish, const Status& status, std::int64_t number) {
    if (closed_) return;
    if (number != newest_)
      return refuse(connection, wish, Error{Code::conflict, "you asked for something else after it", "/room", {}});
    if (!status) {
      RoomCounters& counters = hub_->context_->counters;
      ++(status.error().code == Code::room_full ? counters.full : counters.refused);
      return refuse(connection, wish, status.error());
    }
    leave(connection);
    id_ = wish.room;
    visitor_.since = wish.since;
    visitor_.crew = false;
    enter(connection);
  }

  const std::shared_ptr<RoomHub> hub_;
  const Caller caller_;
  BroadcastId id_;
  Visitor visitor_;
  RoomPtr room_;
  bool closed_ = false;
  std::int64_t newest_ = 0;  // wish to go
  Instant moves_from_ = 0;
  int moves_ = 0;
};

std::shared_ptr<RoomHub> RoomHub::make(Deps deps) {
  std::shared_ptr<RoomHub> hub(new RoomHub(std::move(deps)));
  hub->context_->shows = [weak = std::weak_ptr(hub)](BroadcastId id, const std::vector<ProductId>& products) {
    if (const auto self = weak.lock()) self->shows(id, products);
  };
  hub->context_->emptied = [weak = std::weak_ptr(hub)](BroadcastId id) {
    if (const auto self = weak.lock()) self->close(id);
  };
  return hub;
}

RoomHub::RoomHub(Deps deps)
    : context_(std::make_shared<RoomContext>()), random_(deps.random), epoch_base_(deps.random->base62(kEpochLength)) {
  context_->backend = std::move(deps.backend);
  context_->post = std::move(deps.post);
  context_->work = std::move(deps.work);
  context_->later = std::move(deps.later);
  context_->when_idle = std::move(deps.when_idle);
  context_->clock = deps.clock;
  context_->ids = deps.ids;
  context_->settings = deps.settings;
  watched_ = std::move(deps.watched);
  beside_ = std::move(deps.beside);
}

Result<net::WsAccept> RoomHub::accept(const net::Request& request, const Call& call) {
  if (stopping_) return fail(Code::shutting_down);
  const std::string_view given = request.param("broadcast_id");
  const auto id = BroadcastId::parse(given.empty() ? id_in_path(request.path) : given);
  if (!id) return fail(Code::not_found, "no such identifier: broadcast_id");
  if (viewers_of(*id) >= context_->settings->room_viewers) {
    ++context_->counters.full;
    return fail(Code::room_full, "at most " + std::to_string(context_->settings->room_viewers) + " may watch");
  }
  const bool crew = request.query_value("crew") == "1";
  if (const Status admitted = context_->backend->admit(*id, call.caller, crew, call.now); !admitted) {
    ++context_->counters.refused;
    return fail(admitted.error());
  }
  Visitor visitor{call.caller.person, call.caller.guest, call.chinese, crew, std::string(request.query_value("since"))};
  return net::WsAccept{
      id->value, std::make_shared<Session>(shared_from_this(), *id, call.caller, std::move(visitor)), {}};
}

void RoomHub::on_event(const db::Event& event) {
  if (is_about_broadcast(event.topic)) {
    const RoomPtr room = find(BroadcastId{event.key});
    if (!room) return;
    // Before anybody asks who shows a product of the new shelf: the room itself may learn of it later.
    if (event.topic == kShelfChanged)
      if (const auto payload = parse_json(event.payload)) {
        std::vector<ProductId> products;
        for (const auto& item : get_list(*payload, "product_ids"))
          if (const auto product = item.is_string() ? ProductId::parse(item.get_string()) : std::nullopt)
            products.push_back(*product);
        add_shown(room->id(), products);
      }
    hand(room, std::make_shared<const db::Event>(event));
  } else if (is_about_product(event.topic)) {
    const auto rooms = rooms_showing(ProductId{event.key});
    if (rooms.empty()) return;
    const auto shared = std::make_shared<const db::Event>(event);
    for (const RoomPtr& room : rooms) hand(room, shared);
  } else if (event.topic == "order.paid") {
    if (context_->counters.rooms == 0) return;
    const auto payload = parse_json(event.payload);
    const auto id = payload ? get_id<BroadcastId>(*payload, "broadcast_id") : BroadcastId{};
    if (const RoomPtr room = id ? find(id) : nullptr) hand(room, std::make_shared<const db::Event>(event));
  }
}

void RoomHub::hand(const RoomPtr& room, const std::shared_ptr<const db::Event>& event) {
  context_->post(room->id().value, [room, event, token = context_->in_flight->begin()] { room->on_event(*event); });
}

void RoomHub::tick(Instant now) {
  for (const RoomPtr& room : all_rooms())
    context_->post(room->id().value, [room, now, token = context_->in_flight->begin()] { room->tick(now); });
}

void RoomHub::stop() {
  stopping_ = true;
  for (const RoomPtr& room : all_rooms()) {
    // Drawn here: a Random of one thread stays on it.
    auto random = std::make_shared<SeededRandom>(random_->next());
    context_->post(room->id().value, [room, random, token = context_->in_flight->begin()] { room->stop(*random); });
  }
}

bool RoomHub::flush(std::int64_t timeout_ms) { return context_->in_flight->wait_idle(timeout_ms); }

RoomStats RoomHub::stats() const { return context_->counters.read(); }

std::int64_t RoomHub::viewers_of(BroadcastId id) const {
  const RoomPtr room = find(id);
  return room ? room->viewers() : 0;
}

std::unordered_map<std::int64_t, std::int64_t> RoomHub::viewer_counts() const {
  std::unordered_map<std::int64_t, std::int64_t> out;
  for (const Shard& s : shards_) {
    const std::scoped_lock lock(s.mutex);
    for (const auto& [id, room] : s.rooms) out.emplace(id, room->viewers());
  }
  return out;
}

RoomHub::Shard& RoomHub::shard(BroadcastId id) const { return shards_[std::hash<BroadcastId>{}(id) % kShards]; }

RoomHub::RoomPtr RoomHub::find(BroadcastId id) const {
  Shard& s = shard(id);
  const std::scoped_lock lock(s.mutex);
  const auto it = s.rooms.find(id.value);
  return it == s.rooms.end() ? nullptr : it->second;
}

RoomHub::RoomPtr RoomHub::find_or_open(BroadcastId id) {
  if (RoomPtr room = find(id)) return room;
  auto room = std::make_shared<Room>(context_, id, epoch_base_ + "-" + std::to_string(++rooms_opened_));
  {
    const std::scoped_lock lock(shows_mutex_);
    shelf_unknown_.insert(id.value);
  }
  Shard& s = shard(id);
  const std::scoped_lock lock(s.mutex);
  s.rooms.emplace(id.value, room);
  ++context_->counters.rooms;
  return room;
}

void RoomHub::close(BroadcastId id) {
  {
    Shard& s = shard(id);
    const std::scoped_lock lock(s.mutex);
    if (s.rooms.erase(id.value) == 1) --context_->counters.rooms;
  }
  const std::scoped_lock lock(shows_mutex_);
  shelf_unknown_.erase(id.value);
  const auto products = products_of_room_.extract(id.value);
  if (products.empty()) return;
  for (const std::int64_t product : products.mapped()) {
    const auto it = rooms_of_product_.find(product);
    it->second.erase(id.value);
    if (it->second.empty()) rooms_of_product_.erase(it);
  }
}

void RoomHub::shows(BroadcastId id, const std::vector<ProductId>& products) {
  add_shown(id, products);
  const std::scoped_lock lock(shows_mutex_);
  shelf_unknown_.erase(id.value);
}

void RoomHub::add_shown(BroadcastId id, const std::vector<ProductId>& products) {
  const std::scoped_lock lock(shows_mutex_);
  if (!find(id)) return;  // it has closed meanwhile: close() would not see what is added now
  auto& of_room = products_of_room_[id.value];
  for (const ProductId product : products) {
    of_room.insert(product.value);
    rooms_of_product_[product.value].insert(id.value);
  }
}

std::vector<RoomHub::RoomPtr> RoomHub::rooms_showing(ProductId product) const {
  std::vector<std::int64_t> ids;
  {
    const std::scoped_lock lock(shows_mutex_);
    if (const auto it = rooms_of_product_.find(product.value); it != rooms_of_product_.end())
      ids.assign(it->second.begin(), it->second.end());
    ids.insert(ids.end(), shelf_unknown_.begin(), shelf_unknown_.end());
  }
  std::sort(ids.begin(), ids.end());  // the same order on every run
  ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
  std::vector<RoomPtr> out;
  for (const std::int64_t id : ids)
    if (RoomPtr room = find(BroadcastId{id})) out.push_back(std::move(room));
  return out;
}

std::vector<RoomHub::RoomPtr> RoomHub::all_rooms() const {
  std::vector<RoomPtr> out;
  for (const Shard& s : shards_) {
    const std::scoped_lock lock(s.mutex);
    for (const auto& [id, room] : s.rooms) out.push_back(room);
  }
  std::sort(out.begin(), out.end(), [](const RoomPtr& a, const RoomPtr& b) { return a->id() < b->id(); });
  return out;
}

}  // namespace lianbo::live
