// DeskHub: whoever looks after a store is told that something of it changed, so that their pages ask again instead of
// asking all the time. Only the kind is told, never the thing: what may be read is decided where it is read.
//
//   {"t":"ready"}                       then what changes is told; after a break the page asks for everything again
//   {"t":"changed","of":"order"}        the first word of the event's topic: order, after_sale, refund, broadcast,
//   agent …
//   {"t":"reconnect","after_ms":n}      before a graceful stop, closed with 1012
//
// A store's connections live on one I/O thread (its home, by the store's id). Events are those whose payload names a
// store. Nothing is kept: while nobody looks, an event costs one comparison.
// accept runs on a worker thread, on_event on the bus's, stop from anywhere.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <vector>

#include "base/call.hpp"
#include "db/db.hpp"
#include "live/room.hpp"
#include "net/ws.hpp"

namespace lianbo::live {

class DeskHub : public std::enable_shared_from_this<DeskHub> {
 public:
  static constexpr std::size_t kMaxOfStore = 64;  // connections

  struct Deps {
    std::function<Status(const Call&, StoreId)> admit;  // not_found, forbidden; blocks: worker threads only
    RoomContext::Post post;
    Random* random = nullptr;  // read from several threads
  };
  static std::shared_ptr<DeskHub> make(Deps deps);

  // GET /api/v1/stores/{store_id}/ws. Errors: those of admit, room_full, shutting_down.
  Result<net::WsAccept> accept(const net::Request& request, const Call& call);
  void on_event(const db::Event& event);
  void stop();
  std::int64_t watching() const { return watching_; }

 private:
  explicit DeskHub(Deps deps) : deps_(std::move(deps)) {}
  class Session;
  void enter(StoreId store, const net::WsPtr& connection);
  void leave(StoreId store, const net::WsPtr& connection);
  std::vector<net::WsPtr> of(StoreId store) const;

  Deps deps_;
  std::atomic<std::int64_t> watching_{0};
  std::atomic<bool> stopping_{false};
  mutable std::mutex mutex_;  // of the map
  std::unordered_map<std::int64_t, std::vector<net::WsPtr>> desks_;
};

}  // namespace lianbo::live
