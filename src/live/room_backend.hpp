// What a room needs from the rest of the server: the database behind four verbs, so that a room can be run with fakes.
//
// snapshot, admit and board block on a read: worker threads only. say and add_counts return at once; `done` is called
// once, on any thread, after the commit (or after nothing was written).
#pragma once

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "base/call.hpp"
#include "base/result.hpp"
#include "catalog/stock.hpp"
#include "db/db.hpp"
#include "live/live.hpp"
#include "live/live_service.hpp"

namespace lianbo::live {

// One consistent view of a room as the database has it. Texts are JSON.
struct RoomSnapshot {
  Broadcast broadcast;  // its version tells which events are contained
  std::string broadcast_json;
  std::string pin_json;            // "null" when none is open
  std::string shelf_json;          // list
  std::string offers_json = "{}";  // {coupons, flash, lucky_bags}
  std::string chat_json;           // list, the last kSnapshotChat lines, oldest first
  std::vector<ChatId> chat;        // the lines in chat_json
  std::vector<ProductId> shelf;
  std::vector<catalog::Allotment> own;               // the store's own units
  std::vector<std::pair<PersonId, Instant>> banned;  // until
  bool all_banned = true;                            // nobody else is
};
inline constexpr int kSnapshotChat = 20;

struct Entered {
  PersonId person;
  Instant at = 0;
};

class RoomBackend {
 public:
  virtual ~RoomBackend() = default;
  using Done = std::function<void(Status)>;

  // May this caller enter, or run the room (as_crew)? not_found, broadcast_state_conflict (cancelled), forbidden
  // (banned, not of the crew).
  virtual Status admit(BroadcastId id, const Caller& caller, bool as_crew, Instant now) = 0;
  virtual Result<RoomSnapshot> snapshot(BroadcastId id, Instant now) = 0;
  virtual void say(ChatWish wish, Done done) = 0;
  // entered: who is among counts.enters, as far as that was kept; how each came is found out here.
  virtual void add_counts(BroadcastId id, RoomCounts counts, std::vector<Entered> entered, Done done) = 0;
  // The crew's board as JSON, the last 10 minutes against the 10 before; "": there is none now.
  virtual Result<std::string> board(BroadcastId id, Instant now) = 0;
};

class DbRoomBackend final : public RoomBackend {
 public:
  // What the board says is computed above live, and handed in.
  using BoardFn = std::function<Result<std::string>(db::Tx&, BroadcastId, Instant now)>;
  // So is how people came: by what is known of links and of paid slots. An answer for each, in order.
  using CameByFn = std::function<std::vector<Via>(db::Tx&, BroadcastId, std::span<const std::pair<PersonId, Instant>>)>;
  explicit DbRoomBackend(db::Database& database, BoardFn board = {}, CameByFn came_by = {})
      : database_(database), board_(std::move(board)), came_by_(std::move(came_by)) {}
  Status admit(BroadcastId id, const Caller& caller, bool as_crew, Instant now) override;
  Result<RoomSnapshot> snapshot(BroadcastId id, Instant now) override;
  void say(ChatWish wish, Done done) override;
  void add_counts(BroadcastId id, RoomCounts counts, std::vector<Entered> entered, Done done) override;
  Result<std::string> board(BroadcastId id, Instant now) override;

 private:
  db::Database& database_;
  BoardFn board_;
  CameByFn came_by_;
};

Result<RoomSnapshot> read_snapshot(db::Tx& tx, BroadcastId id, Instant now);

}  // namespace lianbo::live
