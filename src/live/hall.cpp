#include "live/hall.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <map>
#include <utility>

#include "base/json.hpp"
#include "base/shape.hpp"
#include "catalog/catalog_service.hpp"
#include "live/live_events.hpp"
#include "live/live_store.hpp"

namespace lianbo::live {
namespace {

constexpr int kPolicy = 1008, kRestart = 1012, kTryLater = 1013;  // RFC 6455 7.4
constexpr std::uint64_t kReconnectMinMs = 500, kReconnectSpreadMs = 4501;
constexpr int kBadMessages = 20;                   // of one viewer; then it is closed
constexpr DurationMs kTellAllMs = 30 * kSecondMs;  // every number again, for who missed some

// What may change what a hall shows.
bool is_about_hall(std::string_view topic) {
  return topic.starts_with("broadcast.") || topic == kPinOpened || topic == kPinClosed || topic == "price.changed" ||
         topic == "product.changed";
}

std::vector<HallItem> items_of(const std::vector<Broadcast>& broadcasts, const HallFacts& facts) {
  std::vector<HallItem> out;
  for (const Broadcast& b : broadcasts) {
    JsonWriter w;
    if (write_hall_item(w, b, facts)) out.push_back({b.id, w.end().take()});
  }
  return out;
}

}  // namespace

HallFacts hall_facts(db::Tx& tx, const Hall& hall) {
  std::vector<StoreId> stores;
  std::vector<BroadcastId> ids, on_air;
  for (const auto* list : {&hall.on_air, &hall.next_up, &hall.ended})
    for (const Broadcast& b : *list) {
      stores.push_back(b.store);
      ids.push_back(b.id);
    }
  for (const Broadcast& b : hall.on_air) on_air.push_back(b.id);
  HallFacts out{org::store_owners(tx, stores), reservations_of(tx, ids), {}};
  std::map<ProductId, Explaining> products;  // many rooms explain the same few
  for (const Pin& pin : store::open_pins(tx, on_air)) {
    const auto [known, is_new] = products.try_emplace(pin.product);
    if (is_new)
      if (const auto product = catalog::find_product(tx, pin.product)) {
        Fen lowest = 0;
        for (const auto& sku : catalog::skus_of(tx, pin.product))
          lowest = lowest == 0 ? sku.price_fen : std::min(lowest, sku.price_fen);
        known->second = {pin.product, product->title, product->image_url, lowest};
      }
    if (known->second.product) out.explaining[pin.broadcast] = known->second;
  }
  return out;
}

bool write_hall_item(JsonWriter& w, const Broadcast& b, const HallFacts& facts) {
  const auto owner = facts.owners.find(b.store);
  if (owner == facts.owners.end()) return false;
  JsonWriter own;
  write_broadcast(own, b);
  std::string text = own.take();
  text.pop_back();
  const auto reserved = facts.reservations.find(b.id);
  w.raw(text).field("store_name", owner->second.store.name).field("host_name", owner->second.agent.name);
  w.field("reservations", reserved == facts.reservations.end() ? 0 : reserved->second).key("explaining");
  if (const auto now = facts.explaining.find(b.id); now != facts.explaining.end())
    w.begin()
        .field("product_id", now->second.product)
        .field("title", now->second.title)
        .field("image_url", now->second.image_url)
        .field("price_fen", now->second.price_fen)
        .end();
  else
    w.null();
  return true;
}

HallView view_hall(db::Tx& tx, BrandId brand, Instant now) {
  const Hall hall = hall_of(tx, brand, now);
  const HallFacts facts = hall_facts(tx, hall);
  return {items_of(hall.on_air, facts), items_of(hall.next_up, facts), items_of(hall.ended, facts)};
}

// One brand's hall, on its home thread.
class HallHub::Hall : public std::enable_shared_from_this<HallHub::Hall> {
 public:
  struct Viewer {
    net::WsPtr connection;
    int bad_messages = 0;
  };

  Hall(std::shared_ptr<HallHub> hub, BrandId id) : hub_(std::move(hub)), id_(id) {}
  BrandId id() const { return id_; }

  void enter(const net::WsPtr& connection) {
    viewers_.push_back({connection});
    ++hub_->watching_;
    if (known_)
      connection->send(ready());
    else if (!reading_)
      read(hub_->deps_.clock->now());
  }

  // True when nobody is left.
  bool leave(const net::WsPtr& connection) {
    if (std::erase_if(viewers_, [&](const Viewer& v) { return v.connection == connection; }) > 0) --hub_->watching_;
    return viewers_.empty();
  }

  void text(const net::WsPtr& connection, std::string_view text) {
    const auto viewer =
        std::find_if(viewers_.begin(), viewers_.end(), [&](const Viewer& v) { return v.connection == connection; });
    if (viewer == viewers_.end()) return;
    const auto message = parse_json(text);
    if (message && message->is_object() && get_text(*message, "t") == "ping") {
      connection->send(net::text_frame(R"({"t":"pong"})"));
    } else if (++viewer->bad_messages >= kBadMessages) {
      connection->close(kPolicy, "bad_request");
    } else {
      connection->send(
          net::text_frame(R"({"t":"error","name":"bad_request","title":"Bad request","detail":"\"t\" must be ping"})"));
    }
  }

  void changed() { wanted_ = true; }

  void tick(Instant now) {
    if (!known_ || viewers_.empty() || now - ticked_at_ < hub_->deps_.settings->room_counts_ms) return;
    ticked_at_ = now;
    if (wanted_ && !reading_) read(now);
    tell_viewers(now);
  }

  void stop(Random& random) {
    for (const Viewer& viewer : std::vector<Viewer>(viewers_)) {
      JsonWriter w;
      w.begin().field("t", "reconnect").field("after_ms", kReconnectMinMs + random.below(kReconnectSpreadMs)).end();
      viewer.connection->send(net::text_frame(w.text()));
      viewer.connection->close(kRestart, "reconnect");
    }
  }

 private:
  void read(Instant now) {
    wanted_ = false;
    reading_ = true;
    const bool taken = hub_->deps_.work([self = shared_from_this(), token = hub_->in_flight_->begin(), now] {
      auto view = std::make_shared<Result<HallView>>(self->hub_->deps_.read(self->id_, now));
      self->hub_->deps_.post(self->id_.value, [self, token, view] { self->was_read(std::move(*view)); });
    });
    if (!taken) was_read(fail(Code::overloaded));
  }

  static net::FramePtr ready() {
    static const net::FramePtr kFrame = net::text_frame(R"({"t":"ready"})");
    return kFrame;
  }

  void was_read(Result<HallView> view) {
    reading_ = false;
    if (!view) {
      spdlog::warn("the hall of brand {} can't be read: {}", id_.text(), view.error().text());
      wanted_ = true;
      if (!known_)
        for (const Viewer& viewer : std::vector<Viewer>(viewers_)) viewer.connection->close(kTryLater, "overloaded");
      return;
    }
    std::map<std::int64_t, std::string> now;
    bool any = false;
    JsonWriter w;
    w.begin().field("t", "hall");
    const auto list = [&](std::string_view name, std::vector<HallItem>& items) {
      w.key(name).begin_list();
      for (HallItem& item : items) {
        const auto told = told_.find(item.id.value);
        if (told == told_.end() || told->second != item.json) {
          any = true;
          w.raw(item.json);
        }
        now[item.id.value] = std::move(item.json);
      }
      w.end_list();
    };
    std::map<std::int64_t, std::int64_t> rooms;
    for (const HallItem& item : view->on_air) {
      const auto counted = rooms_.find(item.id.value);
      rooms[item.id.value] = counted == rooms_.end() ? 0 : counted->second;
    }
    list("on_air", view->on_air);
    list("next_up", view->next_up);
    list("ended", view->ended);
    w.key("gone").begin_list();
    for (const auto& [id, json] : told_)
      if (!now.contains(id)) {
        any = true;
        w.value(BroadcastId{id});
      }
    w.end_list().end();
    told_ = std::move(now);
    rooms_ = std::move(rooms);
    if (!std::exchange(known_, true)) {
      told_all_at_ = hub_->deps_.clock->now();
      tell(ready());
    } else if (any)
      tell(net::text_frame(w.text()));
  }

  void tell_viewers(Instant now) {
    const bool all = now - told_all_at_ >= kTellAllMs;
    if (all) told_all_at_ = now;
    JsonWriter w;
    w.begin().field("t", "viewers").key("rooms").begin();
    bool any = false;
    for (auto& [id, told] : rooms_) {
      const std::int64_t n = hub_->deps_.viewers_of(BroadcastId{id});
      if (n == told && !all) continue;
      any = true;
      told = n;
      w.field(BroadcastId{id}.text(), n);
    }
    w.end().end();
    if (any) tell(net::text_frame(w.text(), true));
  }

  void tell(const net::FramePtr& frame) {
    // Who is cut off leaves while the others are told.
    for (const Viewer& viewer : std::vector<Viewer>(viewers_))
      if (!frame->droppable || viewer.connection->queued_bytes() == 0) viewer.connection->send(frame);
  }

  const std::shared_ptr<HallHub> hub_;
  const BrandId id_;
  std::vector<Viewer> viewers_;
  bool wanted_ = false, reading_ = false, known_ = false;
  std::map<std::int64_t, std::string> told_;    // every item, as it was read last
  std::map<std::int64_t, std::int64_t> rooms_;  // on air: how many watch, as told last
  Instant ticked_at_ = 0, told_all_at_ = 0;
};

class HallHub::Session final : public net::WsHandler {
 public:
  Session(std::shared_ptr<HallHub> hub, BrandId id) : hub_(std::move(hub)), id_(id) {}

  void on_open(const net::WsPtr& connection) override {
    if (hub_->stopping_) return connection->close(kRestart, "reconnect");
    if (hub_->watching_ >= hub_->deps_.settings->room_viewers) return connection->close(kTryLater, "room_full");
    const HallPtr hall = hall_ = hub_->find_or_open(id_);
    hall->enter(connection);
  }
  void on_text(const net::WsPtr& connection, std::string_view text) override {
    if (const HallPtr hall = hall_) hall->text(connection, text);
  }
  void on_close(const net::WsPtr& connection) override {
    if (const HallPtr hall = std::move(hall_); hall && hall->leave(connection)) hub_->close(id_);
  }

 private:
  const std::shared_ptr<HallHub> hub_;
  const BrandId id_;
  HallPtr hall_;
};

std::shared_ptr<HallHub> HallHub::make(Deps deps) { return std::shared_ptr<HallHub>(new HallHub(std::move(deps))); }

Result<net::WsAccept> HallHub::accept(const net::Request& request, const Call&) {
  if (stopping_) return fail(Code::shutting_down);
  TRY(const auto id, request.id_param<BrandId>("brand_id"));
  if (watching_ >= deps_.settings->room_viewers)
    return fail(Code::room_full, "at most " + std::to_string(deps_.settings->room_viewers) + " may look");
  TRY_OK(deps_.admit(id));
  return net::WsAccept{id.value, std::make_shared<Session>(shared_from_this(), id), {}};
}

void HallHub::on_event(const db::Event& event) {
  if (!is_about_hall(event.topic)) return;
  if (const HallPtr hall = find(event.brand))
    deps_.post(hall->id().value, [hall, token = in_flight_->begin()] { hall->changed(); });
}

void HallHub::tick(Instant now) {
  for (const HallPtr& hall : all())
    deps_.post(hall->id().value, [hall, now, token = in_flight_->begin()] { hall->tick(now); });
}

void HallHub::stop() {
  stopping_ = true;
  for (const HallPtr& hall : all()) {
    auto random = std::make_shared<SeededRandom>(deps_.random->next());
    deps_.post(hall->id().value, [hall, random, token = in_flight_->begin()] { hall->stop(*random); });
  }
}

bool HallHub::flush(std::int64_t timeout_ms) { return in_flight_->wait_idle(timeout_ms); }

HallHub::HallPtr HallHub::find(BrandId id) const {
  const std::scoped_lock lock(mutex_);
  const auto it = halls_.find(id.value);
  return it == halls_.end() ? nullptr : it->second;
}

HallHub::HallPtr HallHub::find_or_open(BrandId id) {
  const std::scoped_lock lock(mutex_);
  HallPtr& hall = halls_[id.value];
  if (!hall) hall = std::make_shared<Hall>(shared_from_this(), id);
  return hall;
}

void HallHub::close(BrandId id) {
  const std::scoped_lock lock(mutex_);
  halls_.erase(id.value);
}

std::vector<HallHub::HallPtr> HallHub::all() const {
  const std::scoped_lock lock(mutex_);
  std::vector<HallPtr> out;
  for (const auto& [id, hall] : halls_) out.push_back(hall);
  return out;
}

}  // namespace lianbo::live
