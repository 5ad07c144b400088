#include "promo/pacing.hpp"

#include <algorithm>
#include <numeric>

namespace lianbo::promo {
namespace {

using Wide = __int128;

constexpr std::array<std::string_view, 2> kPaces = {"smooth", "fast"};
constexpr std::int64_t kMilli = 1000, kMillion = 1'000'000;
// Of the gap's change and of the gap itself, a step.
constexpr std::int64_t kProportional = 12, kIntegral100 = 12;
constexpr std::int64_t kMostUp = 1'250'000, kMostDown = 800'000;  // ppm a step
constexpr int kMostSteps = 64;  // after a pause the rest is forgotten: it was no traffic of ours

}  // namespace

std::string_view pace_name(Pace pace) { return kPaces.at(static_cast<std::size_t>(pace)); }
std::optional<Pace> parse_pace(std::string_view text) {
  for (std::size_t i = 0; i < kPaces.size(); ++i)
    if (kPaces[i] == text) return static_cast<Pace>(i);
  return std::nullopt;
}

const std::array<std::int64_t, 24>& usual_hours() {
  static constexpr std::array<std::int64_t, 24> kHours = {80,  38,  21,  14,  12,  16,  36,  66,  88,  106, 119, 118,
                                                          118, 124, 125, 127, 126, 115, 117, 148, 180, 200, 196, 145};
  return kHours;
}
std::array<std::int64_t, 24> blend_hours(const std::array<std::int64_t, 24>& counted, std::int64_t prior) {
  const auto& usual = usual_hours();
  const std::int64_t sum = std::accumulate(usual.begin(), usual.end(), std::int64_t{0});
  std::array<std::int64_t, 24> out{};
  // A hundredth of a slot is the unit, so that small counts are not rounded away.
  for (std::size_t h = 0; h < 24; ++h)
    out[h] = std::max<std::int64_t>(1, counted[h] * 100 + usual[h] * prior * 100 / sum);
  return out;
}

__int128 Traffic::between(Instant from, Instant to) const {
  if (to <= from) return 0;
  const auto floor_div = [](std::int64_t a, std::int64_t b) { return a / b - (a % b < 0 ? 1 : 0); };
  const Wide day = Wide{std::accumulate(hours.begin(), hours.end(), std::int64_t{0})} * kHourMs;
  // Since the brand's midnight of 1970.
  const auto until = [&](Instant t) {
    const std::int64_t local = t + offset_ms, days = floor_div(local, kDayMs), rest = local - days * kDayMs;
    Wide sum = Wide{days} * day;
    for (std::int64_t h = 0; h < 24 && h * kHourMs < rest; ++h)
      sum += Wide{hours[static_cast<std::size_t>(h)]} * std::min<std::int64_t>(kHourMs, rest - h * kHourMs);
    return sum;
  };
  return until(to) - until(from);
}

Fen planned_spend(const PacePlan& plan, Instant now) {
  if (now <= plan.from) return 0;
  if (now >= plan.to) return plan.budget_fen;
  const Wide all = plan.traffic.between(plan.from, plan.to);
  if (all <= 0) return static_cast<Fen>(Wide{plan.budget_fen} * (now - plan.from) / (plan.to - plan.from));
  return static_cast<Fen>(Wide{plan.budget_fen} * plan.traffic.between(plan.from, now) / all);
}

PaceState begin_pace(const PacePlan& plan, Fen first_fen, Instant now) {
  PaceState s;
  s.bid_millifen = std::clamp(first_fen, plan.floor_fen, std::max(plan.floor_fen, plan.ceiling_fen)) * kMilli;
  s.at = now;
  return s;
}

PaceState move_pace(const PacePlan& plan, const PaceState& state, Fen spent_fen, Instant now) {
  PaceState s = state;
  if (plan.budget_fen <= 0 || now <= s.at) return s;
  const std::int64_t steps = (now - s.at) / kStepMs;
  if (steps == 0) return s;
  const std::int64_t gap =
      static_cast<std::int64_t>(Wide{planned_spend(plan, now) - spent_fen} * kMillion / plan.budget_fen);
  const std::int64_t before = s.gap_ppm;
  const auto run = std::min<std::int64_t>(steps, kMostSteps);
  for (std::int64_t i = 1; i <= run; ++i) {
    const std::int64_t here = before + (gap - before) * i / run, last = before + (gap - before) * (i - 1) / run;
    const std::int64_t factor =
        std::clamp(kMillion + kProportional * (here - last) + kIntegral100 * here / 100, kMostDown, kMostUp);
    s.bid_millifen = std::clamp(static_cast<std::int64_t>(Wide{s.bid_millifen} * factor / kMillion),
                                plan.floor_fen * kMilli, std::max(plan.floor_fen, plan.ceiling_fen) * kMilli);
  }
  s.gap_ppm = gap;
  s.at += steps * kStepMs;
  return s;
}

Fen paced_worth(const PacePlan& plan, const PaceState& state, Fen spent_fen, Instant now) {
  if (now < plan.from || now >= plan.to || plan.ceiling_fen < plan.floor_fen) return 0;
  const Fen left = plan.budget_fen - spent_fen;
  if (left < plan.floor_fen) return 0;
  if (plan.pace == Pace::fast) return std::min(plan.ceiling_fen, left);
  const Fen worth = std::min({(state.bid_millifen + kMilli - 1) / kMilli, plan.ceiling_fen, left});
  const Fen ahead = std::max(share_of(plan.budget_fen, kAheadBp), worth);
  if (spent_fen + worth > planned_spend(plan, now) + ahead) return 0;
  return std::max(worth, plan.floor_fen);
}

}  // namespace lianbo::promo
