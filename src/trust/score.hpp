// A store's score: 0 to 100 and a level from 1 to 5, from four parts, as a pure function (SPEC 11).
//
// A part is a share, good of total, smoothed by a few invented cases (prior_good of prior_total), so that one case
// decides little; its value in basis points gives points out of its weight, and the points add up to the score. The
// formula and why stand in docs/decisions/0045-score-of-a-store.md, and go out with every score.
//
//   reviews   stars − 1 of 4, of counted reviews                              40 points
//   shipping  orders whose last parcel left within kShipWithinMs of payment   25
//   refunds   lines that left and came to no refund and no dispute            20; at a tenth bad, half the points
//   promises  broadcasts that began when they were promised                   15
//
// Lines that don't count (left_out): they neither raise nor lower anything.
// - own: the buyer is the store's own agent, or logs in from a browser of theirs;
// - agent: the buyer was an agent of the brand when they ordered;
// - device: the buyer logs in from a browser from which another buyer of this store does;
// - refunded: all of the line was given back. It counts as a refund if it had left, as no review, and as an order that
//   was shipped only if that was late.
// All in whole numbers; the same rows give the same score in any order. Threads: any. Errors: none.
#pragma once

#include <array>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string_view>
#include <vector>

#include "live/live.hpp"
#include "order/line_facts.hpp"
#include "org/devices.hpp"

namespace lianbo::trust {

inline constexpr int kScoreVersion = 2;
inline constexpr int kRatedLines = 10;  // with fewer the level is "new"
inline constexpr DurationMs kShipWithinMs = 48 * kHourMs;
inline constexpr DurationMs kScoreWindowMs = 180 * kDayMs;
inline constexpr int kScoreOrders = 1000;  // the newest of the window

enum class Part { reviews, shipping, refunds, promises };
std::string_view part_name(Part part);

struct PartScore {
  Part part = Part::reviews;
  int weight = 0;
  std::int64_t good = 0, total = 0, prior_good = 0, prior_total = 0;
  std::int64_t value_bp = 0;
  std::int64_t points_c = 0;  // hundredths of a point: weight × value_bp / 100, floored
};
struct Score {
  std::array<PartScore, 4> parts;
  int score = 0;  // Σ points, to the nearest whole
  int level = 1;  // what the score stands for, new or not
  std::int64_t rated_lines = 0;
  bool is_new() const { return rated_lines < kRatedLines; }
};

struct Inputs {
  std::int64_t reviews = 0, stars = 0;  // counted reviews, and the sum of their stars
  std::int64_t orders_due = 0, orders_on_time = 0;
  std::int64_t lines_left = 0, lines_bad = 0;
  live::Promises promises;
};
Score score_of(const Inputs& inputs);
int level_of(int score);

enum class LeftOut { own, agent, device, refunded };
std::string_view left_out_name(LeftOut why);

struct RatedLine {
  order::LineFacts facts;
  int stars = 0;  // 0: no review
};
struct Judged {
  Inputs inputs;
  struct Out {
    OrderId order;
    int line = 0;
    int stars = 0;
    LeftOut why = LeftOut::own;
  };
  std::vector<Out> left_out;  // in order of (order, line)
};
using Devices = std::map<PersonId, std::set<org::DeviceId>>;
// devices: of the host and of every buyer of the lines.
Judged judge(std::span<const RatedLine> lines, PersonId host, const Devices& devices, live::Promises promises,
             Instant now);

}  // namespace lianbo::trust
