// RoomHub: finds the room of a viewer and the rooms of an event. A Room object exists only while somebody watches, so
// an empty room costs nothing but its row.
//
// A viewer goes from room to room on one connection ({"t":"go"}, docs/decisions/0076): let in where a new connection of
// theirs would be, by what the room knows by itself or by the database, and else staying where they are.
//
// accept runs on a worker thread (it reads the database) and gives the handler of one connection; on_event on the bus's
// thread; tick and stop from anywhere. Rooms themselves are touched on their home threads only, through `post`. The map
// of rooms is split into shards by key, each with its own mutex, held for look-ups only.
//
// A barrier, when the server must be at rest (simulated clock): hub.flush(); bus.flush(); hub.flush().
#pragma once

#include <array>
#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "base/call.hpp"
#include "db/db.hpp"
#include "live/room.hpp"
#include "net/ws.hpp"

namespace lianbo::live {

class RoomHub : public std::enable_shared_from_this<RoomHub> {
 public:
  using Post = RoomContext::Post;
  using Work = RoomContext::Work;
  struct Deps {
    std::shared_ptr<RoomBackend> backend;  // DbRoomBackend
    Post post;                             // net::Server::post
    Work work;                             // the worker pool
    RoomContext::Later later;              // net::Server::post_after; none: rooms tell each message by itself
    RoomContext::Later when_idle;          // net::Server::post_when_idle
    // Whether two rooms live on one I/O thread, so that a viewer may go from one to the other; none: all do.
    std::function<bool(BroadcastId, BroadcastId)> beside;
    const Clock* clock = nullptr;
    IdMaker* ids = nullptr;
    Random* random = nullptr;  // SecureRandom: read from several threads
    const Settings* settings = nullptr;
    // Somebody who is not of the crew came into a room, or left it. On I/O threads, so it must be quick; none: nobody
    // wants to know.
    std::function<void(BroadcastId, PersonId, bool came)> watched;
  };
  static std::shared_ptr<RoomHub> make(Deps deps);

  // GET /api/v1/rooms/{broadcast_id}/ws?since=EPOCH.SEQ&crew=1 by this caller. Blocks on a read. Errors: not_found,
  // broadcast_state_conflict (cancelled), forbidden (banned, not of the crew), room_full, shutting_down.
  Result<net::WsAccept> accept(const net::Request& request, const Call& call);

  // For the bus; topics nobody here knows are ignored.
  void on_event(const db::Event& event);
  // Tells counts that are due and flushes what is to be kept. By wall time, or by the clock's job when it is simulated.
  void tick(Instant now);
  // Graceful: everybody is told {"t":"reconnect"} and closed with 1012; nobody is taken any more.
  void stop();
  // Waits until no room has work under way anywhere. False: still busy after timeout_ms.
  bool flush(std::int64_t timeout_ms = 10'000);

  RoomStats stats() const;
  std::int64_t viewers_of(BroadcastId id) const;                         // 0 when there is no room
  std::unordered_map<std::int64_t, std::int64_t> viewer_counts() const;  // of every room, by broadcast

 private:
  explicit RoomHub(Deps deps);
  class Session;  // one connection
  using RoomPtr = std::shared_ptr<Room>;
  struct Shard {
    mutable std::mutex mutex;
    std::unordered_map<std::int64_t, RoomPtr> rooms;
  };
  static constexpr std::size_t kShards = 16;
  Shard& shard(BroadcastId id) const;
  RoomPtr find(BroadcastId id) const;
  RoomPtr find_or_open(BroadcastId id);
  void close(BroadcastId id);
  void shows(BroadcastId id, const std::vector<ProductId>& products);      // the room knows its shelf
  void add_shown(BroadcastId id, const std::vector<ProductId>& products);  // it will
  std::vector<RoomPtr> rooms_showing(ProductId product) const;
  std::vector<RoomPtr> all_rooms() const;
  void hand(const RoomPtr& room, const std::shared_ptr<const db::Event>& event);

  std::shared_ptr<RoomContext> context_;
  Random* random_;
  std::function<void(BroadcastId, PersonId, bool)> watched_;
  std::function<bool(BroadcastId, BroadcastId)> beside_;
  std::string epoch_base_;
  std::atomic<std::int64_t> rooms_opened_{0};
  std::atomic<bool> stopping_{false};
  mutable std::array<Shard, kShards> shards_;
  // Who shows what: a superset, until the room closes. Rooms that don't know their shelf yet get everything.
  mutable std::mutex shows_mutex_;
  std::unordered_map<std::int64_t, std::unordered_set<std::int64_t>> rooms_of_product_;
  std::unordered_map<std::int64_t, std::unordered_set<std::int64_t>> products_of_room_;
  std::unordered_set<std::int64_t> shelf_unknown_;
};

}  // namespace lianbo::live
