// Pacing: how a promotion spreads its budget over its window (SPEC 10). Pure functions, integers only.
//
// The plan: at t, budget × (traffic expected until t) ÷ (traffic expected in the whole window). Smooth pacing holds
// what was spent to it with two hands:
//   - the bid. Every step of kStepMs it is multiplied by 1 + P × (change of the gap) + I × gap, the gap being (planned
//   −
//     spent) ÷ budget: a proportional-integral controller on the logarithm of the bid, whose floor is the reserve and
//     whose ceiling is what the buyer allows. So the same bid is made for cheap and for dear slots, which is what buys
//     most for a budget.
//   - the gate. Nothing is bid while spending is ahead of the plan by more than kAheadBp of the budget (or one click):
//     where nobody else bids, the reserve is the price whatever the bid, and only the gate can hold back.
// Fast pacing bids the ceiling until the budget is gone. What is bid follows from plan, spending and now alone, and the
// state before it, so a day replays. Threads: any. Errors: none.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/clock.hpp"
#include "base/money.hpp"

namespace lianbo::promo {

enum class Pace { smooth, fast };
std::string_view pace_name(Pace pace);
std::optional<Pace> parse_pace(std::string_view text);

// Slots expected in each hour of the day, relative to one another. Hours are those of the brand's zone, given as its
// offset from UTC.
struct Traffic {
  std::array<std::int64_t, 24> hours{};
  DurationMs offset_ms = 0;

  // In units of weight × ms.
  __int128 between(Instant from, Instant to) const;
};
// Where nothing is known yet: quiet at four, twice the mean at nine in the evening.
const std::array<std::int64_t, 24>& usual_hours();
// What was counted, with the usual day added as if it were `prior` slots.
std::array<std::int64_t, 24> blend_hours(const std::array<std::int64_t, 24>& counted, std::int64_t prior);

struct PacePlan {
  Fen budget_fen = 0;
  Instant from = 0, to = 0;
  Traffic traffic;
  Pace pace = Pace::smooth;
  Fen floor_fen = 1, ceiling_fen = 1;  // of a click's worth
};
// What should have been spent by now: 0 at from, the budget at to.
Fen planned_spend(const PacePlan& plan, Instant now);

inline constexpr DurationMs kStepMs = 5 * kSecondMs;
inline constexpr BasisPoints kAheadBp = 300;
struct PaceState {
  std::int64_t bid_millifen = 0;  // 0: not begun
  std::int64_t gap_ppm = 0;
  Instant at = 0;
};
// first_fen: where the bid begins, for instance what the last slots cost.
PaceState begin_pace(const PacePlan& plan, Fen first_fen, Instant now);
// Moves on by every whole step that has passed; what was spent is taken as spent evenly since the last.
PaceState move_pace(const PacePlan& plan, const PaceState& state, Fen spent_fen, Instant now);
// What a click is worth right now; 0: nothing is bid.
Fen paced_worth(const PacePlan& plan, const PaceState& state, Fen spent_fen, Instant now);

}  // namespace lianbo::promo
