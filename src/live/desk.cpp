#include "live/desk.hpp"

#include <algorithm>
#include <utility>

#include "base/json.hpp"
#include "base/shape.hpp"

namespace lianbo::live {
namespace {

constexpr int kPolicy = 1008, kRestart = 1012;  // RFC 6455 7.4
constexpr std::uint64_t kReconnectMinMs = 500, kReconnectSpreadMs = 4501;
constexpr int kBadMessages = 20;  // of one connection; then it is closed

// The store an event is about: named by itself, or as that of its broadcast.
StoreId store_of(const db::Event& event) {
  const auto payload = parse_json(event.payload);
  if (!payload || !payload->is_object()) return {};
  if (has(*payload, "store_id")) return get_id<StoreId>(*payload, "store_id");
  if (has(*payload, "broadcast")) return get_id<StoreId>(get_object(*payload, "broadcast"), "store_id");
  return {};
}

}  // namespace

class DeskHub::Session final : public net::WsHandler {
 public:
  Session(std::shared_ptr<DeskHub> hub, StoreId store) : hub_(std::move(hub)), store_(store) {}

  void on_open(const net::WsPtr& connection) override {
    if (hub_->stopping_) return connection->close(kRestart, "reconnect");
    hub_->enter(store_, connection);
    connection->send(net::text_frame(R"({"t":"ready"})"));
  }
  void on_text(const net::WsPtr& connection, std::string_view text) override {
    const auto message = parse_json(text);
    if (message && message->is_object() && get_text(*message, "t") == "ping")
      connection->send(net::text_frame(R"({"t":"pong"})"));
    else if (++bad_messages_ >= kBadMessages)
      connection->close(kPolicy, "bad_request");
    else
      connection->send(
          net::text_frame(R"({"t":"error","name":"bad_request","title":"Bad request","detail":"\"t\" must be ping"})"));
  }
  void on_close(const net::WsPtr& connection) override { hub_->leave(store_, connection); }

 private:
  const std::shared_ptr<DeskHub> hub_;
  const StoreId store_;
  int bad_messages_ = 0;
};

std::shared_ptr<DeskHub> DeskHub::make(Deps deps) { return std::shared_ptr<DeskHub>(new DeskHub(std::move(deps))); }

Result<net::WsAccept> DeskHub::accept(const net::Request& request, const Call& call) {
  if (stopping_) return fail(Code::shutting_down);
  TRY(const auto store, request.id_param<StoreId>("store_id"));
  TRY_OK(deps_.admit(call, store));
  if (of(store).size() >= kMaxOfStore)
    return fail(Code::room_full, "at most " + std::to_string(kMaxOfStore) + " pages of a store at a time");
  return net::WsAccept{store.value, std::make_shared<Session>(shared_from_this(), store), {}};
}

void DeskHub::on_event(const db::Event& event) {
  if (watching_ == 0) return;
  const StoreId store = store_of(event);
  if (!store || of(store).empty()) return;
  JsonWriter w;
  w.begin().field("t", "changed").field("of", event.topic.substr(0, event.topic.find('.'))).end();
  deps_.post(store.value, [self = shared_from_this(), store, frame = net::text_frame(w.text())] {
    for (const net::WsPtr& connection : self->of(store)) connection->send(frame);
  });
}

void DeskHub::stop() {
  stopping_ = true;
  std::vector<std::int64_t> stores;
  {
    const std::scoped_lock lock(mutex_);
    for (const auto& [store, connections] : desks_) stores.push_back(store);
  }
  for (const std::int64_t store : stores) {
    JsonWriter w;
    w.begin()
        .field("t", "reconnect")
        .field("after_ms", kReconnectMinMs + deps_.random->below(kReconnectSpreadMs))
        .end();
    deps_.post(store, [self = shared_from_this(), store, frame = net::text_frame(w.text())] {
      for (const net::WsPtr& connection : self->of(StoreId{store})) {
        connection->send(frame);
        connection->close(kRestart, "reconnect");
      }
    });
  }
}

void DeskHub::enter(StoreId store, const net::WsPtr& connection) {
  const std::scoped_lock lock(mutex_);
  desks_[store.value].push_back(connection);
  ++watching_;
}

void DeskHub::leave(StoreId store, const net::WsPtr& connection) {
  const std::scoped_lock lock(mutex_);
  const auto it = desks_.find(store.value);
  if (it == desks_.end()) return;
  watching_ -= static_cast<std::int64_t>(std::erase(it->second, connection));
  if (it->second.empty()) desks_.erase(it);
}

std::vector<net::WsPtr> DeskHub::of(StoreId store) const {
  const std::scoped_lock lock(mutex_);
  const auto it = desks_.find(store.value);
  return it == desks_.end() ? std::vector<net::WsPtr>() : it->second;
}

}  // namespace lianbo::live
