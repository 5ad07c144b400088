// The measured figures that the simulated people follow: when they come, how long a room lasts, how they divide over
// the rooms, how fast a share travels and how often it is passed on. Pure functions of their arguments; where chance is
// needed, of the stream that is handed in. Measured on public logs of shops, live rooms and micro-blogs;
// docs/simulation.md names each source.
#pragma once

#include "base/clock.hpp"
#include "sim/random_streams.hpp"

namespace lianbo::sim {

inline constexpr int kMinutesPerDay = 1440;

// How busy a minute of the day is: mean 1 over the day, 2.0 at 21 h, 0.12 at 4 h. Linear between the hours' middles.
double busyness(int minute_of_day);
inline constexpr double kPeakBusyness = 2.0;

// Minutes on air: lognormal, median 79 (µ 4.37, σ 0.89 on ln minutes); cut to 5 minutes … 8 hours.
int session_minutes(Stream& stream);

// Weight of the room of this rank (from 0) when viewers choose: slope −0.90.
double room_pull(int rank);

// Who is shown something and has k friends active in it passes it on: 1.0 % + 0.85 % × (k − 1); never below 0.15 %.
double share_probability(int active_friends);

// Delay from a share to the next one along an edge: a quarter within 62.5 min, half in 4 h 21, three quarters in 19 h.
DurationMs reshare_delay_ms(Stream& stream);

// Orders per viewer of one host's room: quartiles 1.2 %, 2.2 %, 7.4 %; cut at 15 %.
double conversion(Stream& stream);

// Chat lines a minute in an active room: half of the minutes 4, one in ten 52, one in a hundred 343. `memory` is the
// room's own state (start with a normal draw); neighbouring minutes are alike (about 0.5 at one minute apart).
double chat_rate(Stream& stream, double& memory);

// Of those who enter a room.
inline constexpr double kChatsPerEnter = 0.040;
inline constexpr double kLikesPerEnter = 0.0365;
inline constexpr double kCartsPerEnter = 0.062;
inline constexpr double kClicksPerEnter = 0.30;

}  // namespace lianbo::sim
