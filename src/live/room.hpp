// Room: one broadcast's viewers, an actor on one I/O thread (its home, see net/ws.hpp). Not locked.
//
// What everybody must see has a sequence number; one message is encoded once and the frame is shared by every viewer
// and by the ring of the last room.history messages. The epoch names this room object: numbers of another epoch mean
// nothing here.
//
// Joining, without gap or repeat:
//   1 the viewer enters holding: messages go to the ring, not to it;
//   2 a worker reads the snapshot from the database. What was told before the reading began (up to number S) was
//     committed before it, so the snapshot contains it;
//   3 back home, the messages after S that the snapshot is known to contain (the broadcast's version, the chat lines'
//     ids) are counted in as long as they follow each other directly: the snapshot's number is S + k;
//   4 the viewer gets the snapshot and then, from the ring, every message after S + k.
// One reading serves everybody who waits. If the ring has lost a message after S meanwhile, the snapshot is read again.
// A snapshot is kept for those who come later, for kSnapshotMs at most, with the counts of now: the ring has what was
// told since. Stock of what is plentiful is told to nobody, so it is as old as that for those who come.
// A viewer that comes back with ?since=EPOCH.SEQ gets only what it missed, if the ring still has it.
//
// What comes within one tick goes to each viewer in one send, because a send costs the same for one message as for ten.
// A message after a quiet moment is told at once. One that comes alone, after a walk that had one, is told as soon as
// the thread has nothing else to do. When more come, they wait until the tick is over: 50 ms after the last walk over
// the viewers, or as long as that walk took, so that a crowded room leaves half of its thread to others. Who comes in
// between is told by its own number (WsRow::Place::told) and gets nothing twice.
//
// A viewer whose queue is full is cut off by its connection (send gives false); it costs the others nothing. Counters
// are droppable: a viewer with unsent bytes does not get them. Chat goes through the database first and is told when
// its event comes back; likes are added in memory, told by the tick, and flushed to the row now and then. Who joined
// as crew gets the board every few seconds, read from the database while there is a crew to read it.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <expected>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "base/clock.hpp"
#include "base/id.hpp"
#include "base/json.hpp"
#include "base/random.hpp"
#include "base/settings.hpp"
#include "live/room_backend.hpp"
#include "net/ws.hpp"

namespace lianbo::live {

// For /metrics and for reports. messages_sent: sequenced messages published in rooms; deliveries: sequenced messages
// handed to viewers; dropped: counters that a slow viewer did not get; cut: viewers cut off because they read too
// slowly.
struct RoomStats {
  std::int64_t rooms = 0, viewers = 0;
  std::int64_t messages_sent = 0, deliveries = 0, dropped = 0, cut = 0;
  std::int64_t joins = 0, resumes = 0, snapshots_read = 0, snapshots_sent = 0;
  std::int64_t chats = 0, chats_refused = 0, likes = 0;
  std::int64_t full = 0, refused = 0;  // room_full; not admitted for another reason
  std::int64_t bad_messages = 0;
};
struct RoomCounters {
  std::atomic<std::int64_t> rooms{0}, viewers{0}, messages_sent{0}, deliveries{0}, dropped{0}, cut{0}, joins{0},
      resumes{0}, snapshots_read{0}, snapshots_sent{0}, chats{0}, chats_refused{0}, likes{0}, full{0}, refused{0},
      bad_messages{0};
  RoomStats read() const;
};

// Work under way in other threads: flush waits until there is none. A token counts as long as a copy of it lives, so
// that work that is thrown away unrun is not waited for.
class InFlight : public std::enable_shared_from_this<InFlight> {
 public:
  using Token = std::shared_ptr<void>;
  Token begin();
  bool wait_idle(std::int64_t timeout_ms);  // false: still busy after that long
  std::int64_t count() const;

 private:
  mutable std::mutex mutex_;
  std::condition_variable idle_;
  std::int64_t count_ = 0;
};

// What rooms share: where they run things, whom they ask. Outlives every room.
struct RoomContext {
  using Post = std::function<void(std::int64_t key, std::function<void()>)>;
  using Work = std::function<bool(std::function<void()>)>;
  using Later = std::function<void(std::int64_t key, std::int64_t ms, std::function<void()>)>;
  std::shared_ptr<RoomBackend> backend;
  Post post;        // runs on the home thread of the key, in order, never inside the call
  Work work;        // runs on a worker thread; false: no room
  Later later;      // runs on the home thread of the key after that long; none: messages are not gathered
  Later when_idle;  // the same, or as soon as that thread has nothing else to do; none: later
  const Clock* clock = nullptr;
  IdMaker* ids = nullptr;
  const Settings* settings = nullptr;
  // The room now shows these products: stock and price events of theirs are wanted. From the home thread.
  std::function<void(BroadcastId, const std::vector<ProductId>&)> shows;
  // The last viewer left: forget the room. From the home thread.
  std::function<void(BroadcastId)> emptied;
  RoomCounters counters;
  std::atomic<int> counts_under_way = 0;
  std::shared_ptr<InFlight> in_flight = std::make_shared<InFlight>();
};

struct Visitor {
  PersonId person;
  bool guest = true;
  bool chinese = false;
  bool crew = false;  // runs the room: gets the board and what else is the crew's alone
  std::string since;  // "EPOCH.SEQ" or ""
};

// {"t":"go"}: the viewer wants to be in another room, or (0) in none.
struct GoWish {
  BroadcastId room;
  std::string since;  // as a Visitor's
  std::string ref;    // JSON, or ""
};

// Without ref in its error: that could not be read.
struct BadGo {
  Error error;
  std::string ref;
};
std::expected<GoWish, BadGo> read_go(const json::value& message);
net::FramePtr error_frame(const Error& error, bool chinese, std::string_view ref);
std::optional<net::FramePtr> pong_frame(const json::value& ping);  // none: its id can't be given back

class Room : public std::enable_shared_from_this<Room> {
 public:
  Room(std::shared_ptr<RoomContext> context, BroadcastId id, std::string epoch);

  void join(const net::WsPtr& connection, const Visitor& visitor);
  void leave(const net::WsPtr& connection);
  // What is not for the room to do comes back.
  std::optional<GoWish> text(const net::WsPtr& connection, std::string_view text);
  // Whether this person may come in, as far as the room knows by itself: what the backend's admit would say of a viewer
  // (not of the crew), and whether there is room. nullopt: it must be asked.
  std::optional<Status> door(PersonId person, Instant now) const;
  // An answer to one viewer.
  void answer(const net::WsPtr& connection, const net::FramePtr& frame);
  void on_event(const db::Event& event);
  void tick(Instant now);
  // Tells everybody to come back after a moment of their own, and closes. Counts are flushed.
  void stop(Random& random);

  BroadcastId id() const { return id_; }
  const std::string& epoch() const { return epoch_; }
  std::int64_t seq() const { return seq_; }
  // Also from other threads.
  std::int64_t viewers() const { return viewer_count_.load(std::memory_order_relaxed); }

 private:
  struct Viewer;
  using ViewerPtr = std::shared_ptr<Viewer>;
  struct Message {
    std::int64_t seq;
    net::FramePtr frame;
    std::int64_t event_id;  // 0: none
    std::int64_t version;   // of the broadcast; 0: says nothing about being contained in a snapshot
    bool chat;
  };
  class Walk;

  void want_snapshot();
  void snapshot_read(Result<RoomSnapshot> snapshot, std::int64_t base);
  void release_holding();
  void release(const ViewerPtr& viewer);
  net::FramePtr snapshot_frame();
  bool resume(const ViewerPtr& viewer, std::string_view since);
  void replay(const ViewerPtr& viewer, std::int64_t after);
  bool ring_has_all_after(std::int64_t seq) const;

  // members: a JSON object whose members the message gets. Its number, or 0 when the event was told already.
  std::int64_t publish(std::string_view type, std::string_view members, const db::Event& event, std::int64_t version);
  // Tells everybody what is not told yet: now, or when the tick is over.
  void tell();
  void tell_what_came();
  void tell_now();
  std::int64_t tell_speakers(const net::Frame& frame, std::int64_t after);
  DurationMs rest_of_tick() const;
  net::FramePtr run_of(std::size_t count) const;
  bool send(const ViewerPtr& viewer, const net::FramePtr& frame);
  // To the crew alone, unnumbered. droppable: as for counters.
  void tell_crew(const net::FramePtr& frame);
  void want_board(Instant now);
  void board_read(const Result<std::string>& board);
  void send_error(const ViewerPtr& viewer, const Error& error, std::string_view ref = {});
  void remove(const ViewerPtr& viewer);
  void take_out(const ViewerPtr& viewer);
  void sweep();
  void vanish_if_empty();
  void dismiss(const ViewerPtr& viewer, const Error& error, int code);
  bool is_snapshot_fresh() const;

  void chat(const ViewerPtr& viewer, const json::value& message);
  void like(const ViewerPtr& viewer, const json::value& message);
  void bad_message(const ViewerPtr& viewer, const Error& error, std::string_view ref = {});
  void chat_failed(ChatId id, const Error& error);
  void chat_held(const db::Event& event);
  void chat_rejected(const json::value& payload);
  void stock_changed(const db::Event& event);
  bool may_chat(PersonId person, Instant now);
  void marked(const json::value& payload);
  void expel(PersonId person);
  bool is_banned(PersonId person, Instant now) const;
  void tell_counts(Instant now);
  void flush_counts();
  void counts_flushed(const RoomCounts& counts, const Status& status);

  std::shared_ptr<RoomContext> context_;
  const BroadcastId id_;
  const std::string epoch_;
  std::vector<ViewerPtr> viewers_;
  net::WsRow row_;  // places as in viewers_; told: the last message a viewer got, once it does not hold any more
  std::vector<net::WsRow::Left> left_over_;
  std::atomic<std::int64_t> viewer_count_{0};
  int walks_ = 0;  // walks over viewers_ under way: who leaves is taken out afterwards
  std::size_t departed_ = 0;
  bool closed_ = false;  // emptied or stopped; events that still come are nobody's

  std::int64_t seq_ = 0;
  std::deque<Message> ring_;
  std::unordered_set<std::int64_t> seen_;  // event ids in the ring: an event may come twice

  std::int64_t told_ = 0;  // everybody who does not hold has the messages up to this one
  std::size_t untold_bytes_ = 0;
  bool telling_later_ = false;
  std::int64_t told_together_ = 0;  // messages of the last walk
  Instant told_at_ = 0;             // when the last walk ended; the next one comes tick_ms_ later, or after that
  DurationMs tick_ms_ = 0;
  std::vector<std::pair<std::weak_ptr<Viewer>, net::FramePtr>> after_telling_;  // answers to what is being told

  bool reading_ = false;
  int rereads_ = 0;
  // The newest snapshot, good while the ring has what was told since, and not for long; and the frame that who comes
  // gets.
  std::string snapshot_head_, snapshot_tail_;
  std::int64_t snapshot_seq_ = -1;
  Instant snapshot_at_ = 0;
  net::FramePtr snapshot_frame_;
  Instant frame_at_ = 0;
  std::int64_t frame_seq_ = 0;

  bool shelf_known_ = false;
  std::unordered_set<std::int64_t> shelf_;
  std::unordered_map<std::int64_t, Instant> banned_;  // until; 0: lifted
  bool cancelled_ = false;
  bool door_known_ = false;  // banned_ is all, and else anybody may come in

  // The store's own units, as last told: what a change of the common stock means for this room.
  StoreId store_;
  std::unordered_map<std::int64_t, catalog::Allotment> own_;

  struct Pending {  // chat on its way through the database
    std::weak_ptr<Viewer> viewer;
    std::string ref;
  };
  std::unordered_map<std::int64_t, Pending> pending_;
  std::unordered_map<std::int64_t, std::deque<Instant>> chat_times_;  // per person

  bool likes_known_ = false;
  std::int64_t likes_ = 0;  // as told
  RoomCounts unflushed_;
  std::vector<Entered> entered_;  // since the last flush
  std::int64_t flushed_peak_ = 0;
  bool flushing_ = false;
  int flush_failures_ = 0;
  std::int64_t flushed_viewers_ = 0;
  Instant flushed_at_ = 0, counts_at_ = 0;
  std::int64_t crew_ = 0;  // viewers that run the room
  bool reading_board_ = false;
  std::string told_board_;
  Instant board_at_ = 0;
  std::int64_t told_viewers_ = -1, told_likes_ = -1;
};

}  // namespace lianbo::live
