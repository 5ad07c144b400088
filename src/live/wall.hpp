// The live wall: everything a brand has on air, told live to its staff's desks. One Wall per brand, an actor on one I/O
// thread (its home, the brand's id), and there only while somebody watches.
//
// A desk joins and gets `wall` (what the columns and the heat are), then, if it asked for rooms, parts of at most
// kPartRooms rooms, each sent when the desk has asked for it ("more"), so that 10,000 rooms never stand in a queue.
// From the first message on it gets every `diff`: once a tick what changed since the last, at most kDiffRooms rooms,
// encoded once and shared; what does not fit waits for the next tick. `news` says how many things of which kind
// happened, so that pages of orders, stock or agents know when to look again. Who reads too slowly is cut off by its
// connection.
//
// Which rooms are on air is read from the database (WallBackend, on a worker) when the first desk comes and again for
// each broadcast that an event names, so an event's order or repetition does not matter. Viewers are this server's own
// rooms'. Orders of the last ten minutes come from the database once and from order.paid events afterwards, each order
// once.
//
// Heat, until there is a measured one: viewers + kHeatPerOrder × orders of the last ten minutes. It is told as such.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "base/call.hpp"
#include "base/money.hpp"
#include "db/db.hpp"
#include "live/room.hpp"
#include "net/ws.hpp"

namespace lianbo::live {

inline constexpr DurationMs kWallWindowMs = 10 * kMinuteMs;
inline constexpr std::int64_t kHeatPerOrder = 20;
inline constexpr std::size_t kWallRooms = 20'000;  // on one wall; more are counted, not shown
inline constexpr std::size_t kPartRooms = 400;     // of one part of the snapshot
inline constexpr std::size_t kDiffRooms = 1'000;   // of one diff
inline constexpr std::size_t kWallDesks = 200;     // of one brand at once
inline constexpr std::size_t kNewsIds = 50;        // orders named in one piece of news

struct WallRoom {
  BroadcastId id;
  StoreId store;
  AgentId agent;
  std::string title, host, region, level;
  Instant started_at = 0;
  std::string product;  // being explained; "": none
};
struct WallOrder {
  OrderId id;
  BroadcastId broadcast;  // none: outside of rooms
  Fen amount_fen = 0;
  Instant at = 0;
};
struct WallLoad {
  std::vector<WallRoom> rooms;
  std::vector<WallOrder> orders;  // paid since
};
class WallBackend {
 public:
  virtual ~WallBackend() = default;
  virtual Result<WallLoad> load(BrandId brand, Instant since) = 0;
  // Those of them that are on air.
  virtual Result<std::vector<WallRoom>> rooms(BrandId brand, const std::vector<BroadcastId>& ids) = 0;
};

using ViewerCounts = std::unordered_map<std::int64_t, std::int64_t>;  // by broadcast

struct WallContext {
  std::shared_ptr<WallBackend> backend;
  RoomContext::Post post;
  RoomContext::Work work;
  std::function<void(BrandId)> emptied;  // the last desk left
  std::shared_ptr<InFlight> in_flight = std::make_shared<InFlight>();
};

class Wall : public std::enable_shared_from_this<Wall> {
 public:
  Wall(std::shared_ptr<WallContext> context, BrandId brand) : context_(std::move(context)), brand_(brand) {}

  void join(const net::WsPtr& connection, bool rooms, Instant now);
  void leave(const net::WsPtr& connection);
  void text(const net::WsPtr& connection, std::string_view text);
  void on_event(const db::Event& event);
  void tick(Instant now, const ViewerCounts& viewers);
  void stop();

  std::size_t desks() const { return desks_.size(); }

 private:
  struct Desk {
    net::WsPtr connection;
    bool rooms = false;
    bool greeted = false;
    std::int64_t sent_until = 0;  // ids up to here were sent
    bool waits = false;           // has asked for the next part
    int bad = 0;
  };
  struct Room {
    WallRoom facts;
    std::int64_t viewers = 0, orders = 0;
    Fen paid_fen = 0;
    std::int64_t heat() const { return viewers + kHeatPerOrder * orders; }
  };

  void load(Instant now);
  void loaded(Result<WallLoad> result);
  void reread();
  void reread_done(const std::vector<BroadcastId>& asked, Result<std::vector<WallRoom>> result);
  void put(WallRoom facts);
  void add_order(const WallOrder& order);
  void forget_old_orders(Instant now);
  void greet(Desk& desk);
  void send_part(Desk& desk);
  void tell_diff();
  void tell_news();
  void write_row(JsonWriter& w, const Room& room) const;
  void write_totals(JsonWriter& w) const;
  Desk* desk_of(const net::WsPtr& connection);

  const std::shared_ptr<WallContext> context_;
  const BrandId brand_;
  std::vector<std::shared_ptr<Desk>> desks_;
  bool loading_ = false, ready_ = false, rereading_ = false, closed_ = false;
  Instant now_ = 0;

  std::map<std::int64_t, Room> rooms_;  // by broadcast
  std::set<std::int64_t> stale_;        // to be read again
  std::set<std::int64_t> whole_;        // to be told with every column
  std::set<std::int64_t> numbers_;      // whose numbers changed
  std::vector<std::int64_t> gone_;      // off the air
  std::deque<WallOrder> orders_;        // of the window, as they came
  std::unordered_set<std::int64_t> order_ids_;
  Fen window_fen_ = 0;
  std::map<Instant, std::pair<std::int64_t, Fen>> minutes_;  // of the window: paid orders
  std::string told_totals_;
  std::map<std::string, std::int64_t> news_;
  std::vector<std::int64_t> news_orders_;
};

class WallHub : public std::enable_shared_from_this<WallHub> {
 public:
  struct Deps {
    std::shared_ptr<WallBackend> backend;
    RoomContext::Post post;  // net::Server::post
    RoomContext::Work work;  // the worker pool
    std::function<ViewerCounts()> viewers;
    const Clock* clock = nullptr;
  };
  static std::shared_ptr<WallHub> make(Deps deps);

  // GET /api/v1/brands/{brand_id}/wall/ws?rooms=1 by staff of the brand. Errors: unauthenticated, forbidden, not_found,
  // room_full, shutting_down.
  Result<net::WsAccept> accept(const net::Request& request, const Call& call);
  void on_event(const db::Event& event);  // for the bus
  void tick(Instant now);
  void stop();
  bool flush(std::int64_t timeout_ms = 30'000);  // waits until nothing is under way

 private:
  class Session;
  using WallPtr = std::shared_ptr<Wall>;

  explicit WallHub(Deps deps);
  WallPtr find(BrandId brand) const;
  WallPtr find_or_open(BrandId brand);
  void close(BrandId brand);

  std::shared_ptr<WallContext> context_;
  std::function<ViewerCounts()> viewers_;
  const Clock* clock_;
  std::atomic<bool> stopping_{false};
  mutable std::mutex mutex_;
  std::unordered_map<std::int64_t, WallPtr> walls_;
  std::unordered_map<std::int64_t, std::size_t> desks_;  // of each brand
};

}  // namespace lianbo::live
