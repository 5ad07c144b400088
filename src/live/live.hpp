// Broadcasts, pins, room marks: the types, and the rules as pure functions of their inputs and of `now` (SPEC 5).
//
// Invariants (kept by the rules here, by the guard in live_service.cpp and by two unique indexes):
//   - scheduled → live → ended, scheduled → cancelled, nothing else; one live broadcast per store;
//   - a rehearsal is a broadcast for its crew and the brand's staff only: to everybody else it is not there, nothing is
//     ordered from it, and it is no promise;
//   - at most one open pin per broadcast, and only while it is live; pins of a broadcast never overlap, in wall time
//     nor in media time, even when the clock steps back;
//   - media time is wall time since the first frame that came, less how much later frames come than they say; since the
//     start, as long as there is no picture.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/id.hpp"
#include "base/result.hpp"

namespace lianbo::live {

inline constexpr std::size_t kMaxShelf = 200;
inline constexpr std::size_t kMaxScheduled = 100;  // broadcasts of one store waiting to start
inline constexpr std::size_t kMaxTitle = 100;      // code points
inline constexpr std::size_t kMaxChat = 200;       // code points
inline constexpr std::size_t kMaxNote = 500;       // code points of a talking point
inline constexpr int kPromises = 20;               // how many of the last are looked at
inline constexpr DurationMs kPromiseSlackMs = 10 * kMinuteMs;
inline constexpr DurationMs kRemindMs = 10 * kMinuteMs;       // after its start, that instant included; later nobody is
inline constexpr DurationMs kScheduleBackMs = kHourMs;        // a broadcast may be scheduled this far back …
inline constexpr DurationMs kScheduleAheadMs = 366 * kDayMs;  // … and this far ahead

enum class BroadcastState { scheduled, live, ended, cancelled };
std::string_view state_name(BroadcastState state);
std::optional<BroadcastState> parse_state(std::string_view text);

// Whom it is for.
enum class Audience { everybody, rehearsal };
std::string_view audience_name(Audience audience);  // "public", "rehearsal"
std::optional<Audience> parse_audience(std::string_view text);

struct Broadcast {
  BroadcastId id;
  BrandId brand;
  StoreId store;
  std::string title;
  BroadcastState state = BroadcastState::scheduled;
  Instant scheduled_at = 0;
  Instant started_at = 0;  // 0: not yet
  Instant ended_at = 0;    // also when it was cancelled
  std::int64_t likes = 0, enters = 0, peak_viewers = 0;
  Instant created_at = 0;
  std::int64_t version = 0;  // grows with every change that is told to the room
  Audience audience = Audience::everybody;
  std::string ended_why;       // "suspended", "left": the agent was; "": its crew or staff said so
  std::string stream_name;     // public; "": of an older version
  Instant first_frame_at = 0;  // 0: none came yet
  std::int64_t media_lag_ms = 0;
  std::string publisher;   // whose frames come; "": nobody's
  Instant cut_at = 0;      // since when nobody's
  BroadcastId picture_of;  // simulcast: whose picture it carries
  bool ai_presenter =
      false;  // who is shown is made by AI, now or earlier in this broadcast: labelled wherever it plays

  bool rehearsal() const { return audience == Audience::rehearsal; }
};

// SHA-256s of the keys one may publish with: the newest, and until that was published with, one of before.
struct StreamKeys {
  std::string newest, before;
  const std::string& in_use() const { return before.empty() ? newest : before; }
};

struct Pin {
  PinId id;
  BrandId brand;
  BroadcastId broadcast;
  ProductId product;
  Instant opened_at = 0;
  std::int64_t media_open_ms = 0;
  Instant closed_at = 0;  // 0: open
  std::int64_t media_close_ms = 0;
  bool open() const { return closed_at == 0; }
};

enum class Mark { none, muted, banned };  // muted: may watch, not write; banned: may not enter
std::string_view mark_name(Mark mark);
std::optional<Mark> parse_mark(std::string_view text);
// How somebody came to a room: by themselves, by a link into it, by a paid slot; the last way counts.
enum class Via { natural, shared, paid };

struct RoomMark {
  Mark mark = Mark::none;
  Instant until_at = kForever;
};
// What the mark means at now: none once until_at is reached.
Mark mark_at(const std::optional<RoomMark>& mark, Instant now);

// Its picture: none yet, on, cut off (the host is reconnecting), over (a replay).
enum class Picture { none, on, cut, over };
std::string_view picture_name(Picture picture);
Picture picture_of(const Broadcast& broadcast);

// Held between 0 and the end.
std::int64_t media_ms_at(const Broadcast& broadcast, Instant at);

Status check_title(std::string_view title);
Status check_schedule(Instant scheduled_at, Instant now);
// At most kMaxShelf, none twice.
Status check_shelf(std::span<const ProductId> products);
Status check_start(const Broadcast& broadcast);
Status check_end(const Broadcast& broadcast);
Status check_cancel(const Broadcast& broadcast);
// To another time: as long as its own has not come. Like cancelling in time, that is no broken promise.
Status check_move(const Broadcast& broadcast, Instant to, Instant now);
Status check_rename(const Broadcast& broadcast);
Status check_note(std::string_view text);
Status check_pin(const Broadcast& broadcast);
Status check_shelf_change(const Broadcast& broadcast);
Status check_chat(const Broadcast& broadcast, Mark mark, std::string_view text);

// What opening, closing or ending does to the pins. `newest` is the broadcast's pin that was opened last.
struct PinStep {
  Instant at = 0;             // now, but never before what already happened in this broadcast
  std::optional<Pin> closes;  // with its closing times
  std::optional<Pin> opens;   // without id
};
// Opening the product that is open already changes nothing: both are empty.
PinStep open_step(const Broadcast& broadcast, const std::optional<Pin>& newest, ProductId product, Instant now);
PinStep close_step(const Broadcast& broadcast, const std::optional<Pin>& newest, Instant now);

// Kept promises: a broadcast that started within 10 minutes of its schedule, before or after, was kept. One cancelled
// before its time was no promise; one whose 10 minutes have not passed yet and that has not started is not due.
struct Promises {
  int kept = 0;
  int due = 0;
};
bool promise_due(const Broadcast& broadcast, Instant now);
bool promise_kept(const Broadcast& broadcast);
Promises count_promises(std::span<const Broadcast> newest_first, Instant now);

// "张三丰" → "张**"; "" → "**". For the order ticker.
std::string mask_name(std::string_view name);

}  // namespace lianbo::live
