// What a host's own pages show: the board of a room, the minutes of a broadcast, today, and their customers.
//
// - Board: the last ten minutes against the ten before. Orders, chat and pins are counted by their instants. Enters and
//   likes are kept by the minute: a minute that a window cuts is divided in proportion, so that windows that adjoin add
//   up to what was counted.
// - A minute without a row is as the one before it (room_minutes).
// - Customers are whoever is under the agent's lock, and whoever bought in the store, told with masked names and
//   phones; nobody sees another agent's, and of a lock of another agent not even that there is one.
// Everything is read from the rows when asked, none is kept; one snapshot each. Who may: the store's own and staff of
// the brand; the board also the store's assistants. Errors: not_found, forbidden.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "base/call.hpp"
#include "base/money.hpp"
#include "db/db.hpp"
#include "net/route.hpp"

namespace lianbo::insight {

inline constexpr DurationMs kBoardMs = 10 * kMinuteMs;

struct RoomMinute {
  Instant at = 0;  // its begin
  std::int64_t enters = 0, likes = 0, viewers = 0, most_viewers = 0;
};
// How much of `what` was counted before t. The running minute has counted up to now, every other for its sixty seconds.
std::int64_t counted_before(std::span<const RoomMinute> minutes, std::int64_t RoomMinute::* what, Instant t,
                            Instant now);
// The most at the same time in (from, to]; viewers_before: when it began.
std::int64_t most_viewers_in(std::span<const RoomMinute> minutes, std::int64_t viewers_before, Instant from,
                             Instant to);

struct Window {
  Instant from_at = 0, to_at = 0;  // (from, to]
  std::int64_t enters = 0, likes = 0, most_viewers = 0, chat_lines = 0, orders = 0;
  Fen paid_fen = 0;
};
struct Board {
  Window now, before;
};
// release_ms: how long an order may wait for its payment.
Result<Board> board_of(db::Tx& tx, BroadcastId broadcast, Instant now, DurationMs release_ms);
// For the crew's socket: its JSON, "" when the broadcast is not on air.
Result<std::string> crew_board(db::Tx& tx, BroadcastId broadcast, Instant now, DurationMs release_ms);

net::Routes host_routes();

}  // namespace lianbo::insight
