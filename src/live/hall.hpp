// HallHub: everybody who looks at a brand's live hall is told what changes in it: a room that opens or ends, a
// broadcast that is announced, what is being explained, and how many watch, once every room.counts_ms.
//
// A page opens the socket, asks for the hall (GET …/hall) when it is told "ready", and folds in what comes; there is no
// snapshot here and no numbering. A change names whole items: hearing one twice, or one the page knows already, changes
// nothing. "ready" comes once the hall has been read here; what changes after that reading is told. After a break the
// page asks for the hall again.
//
//   {"t":"ready"}
//   {"t":"hall","on_air":[…],"next_up":[…],"ended":[…],"gone":[id…]}   items that are new or another, as GET has them
//   {"t":"viewers","rooms":{id:n…}}   numbers that changed; may be left out for a viewer that is behind
//   {"t":"reconnect","after_ms":n}    before a graceful stop, closed with 1012
//
// A hall exists while somebody looks. It is an actor on one I/O thread (its home, by the brand's id): an event only
// marks it, the next tick reads it once, on a worker, and what is not as it was told last is encoded once for
// everybody. accept runs on a worker thread, on_event on the bus's, tick and stop from anywhere.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/call.hpp"
#include "base/json.hpp"
#include "base/money.hpp"
#include "db/db.hpp"
#include "live/live.hpp"
#include "live/live_service.hpp"
#include "live/room.hpp"
#include "net/ws.hpp"
#include "org/org_service.hpp"

namespace lianbo::live {

// What a hall shows of its broadcasts beside their rows, read for all of them at once.
struct Explaining {
  ProductId product;
  std::string title, image_url;
  Fen price_fen = 0;  // of the cheapest SKU
};
struct HallFacts {
  std::map<StoreId, org::StoreOwner> owners;
  std::map<BroadcastId, std::int64_t> reservations;
  std::map<BroadcastId, Explaining> explaining;
};
HallFacts hall_facts(db::Tx& tx, const Hall& hall);
// The object is left open for more (how many watch, whether the caller is to be reminded). False, and nothing written,
// when the store is gone.
bool write_hall_item(JsonWriter& w, const Broadcast& broadcast, const HallFacts& facts);

// The hall as it is told.
struct HallItem {
  BroadcastId id;
  std::string json;
};
struct HallView {
  std::vector<HallItem> on_air, next_up, ended;
};
HallView view_hall(db::Tx& tx, BrandId brand, Instant now);

class HallHub : public std::enable_shared_from_this<HallHub> {
 public:
  struct Deps {
    std::function<Status(BrandId)> admit;  // not_found. Both block: worker threads only
    std::function<Result<HallView>(BrandId, Instant)> read;
    std::function<std::int64_t(BroadcastId)> viewers_of;
    RoomContext::Post post;
    RoomContext::Work work;
    const Clock* clock = nullptr;
    Random* random = nullptr;  // read from several threads
    const Settings* settings = nullptr;
  };
  static std::shared_ptr<HallHub> make(Deps deps);

  // GET /api/v1/brands/{brand_id}/hall/ws. Errors: not_found, room_full (room.viewers look already), shutting_down.
  Result<net::WsAccept> accept(const net::Request& request, const Call& call);
  void on_event(const db::Event& event);
  void tick(Instant now);
  void stop();
  bool flush(std::int64_t timeout_ms = 10'000);  // waits until nothing is under way; false: still busy
  std::int64_t watching() const { return watching_; }

 private:
  explicit HallHub(Deps deps) : deps_(std::move(deps)) {}
  class Hall;
  class Session;
  using HallPtr = std::shared_ptr<Hall>;
  HallPtr find(BrandId id) const;
  HallPtr find_or_open(BrandId id);
  void close(BrandId id);
  std::vector<HallPtr> all() const;

  Deps deps_;
  std::shared_ptr<InFlight> in_flight_ = std::make_shared<InFlight>();
  std::atomic<std::int64_t> watching_{0};
  std::atomic<bool> stopping_{false};
  mutable std::mutex mutex_;  // of the map
  std::unordered_map<std::int64_t, HallPtr> halls_;
};

}  // namespace lianbo::live
