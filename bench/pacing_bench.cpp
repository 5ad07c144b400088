// How well smooth pacing spends a budget: generated days against what could have been bought with hindsight.
//
//   pacing_bench [DATA] [SEEDS]     DATA: a folder with taobao_hourly_2017-11-26_sun.csv and …-28_tue.csv, if there is
//                                   one: Sunday is what is expected, Tuesday what comes. Without, a day of our own.
//
// A day is 1,000,000 paid slots. Each has a best rival's score and a chance that our room is clicked; a click is
// charged, by chance, at the price of the second. What rivals bid follows a lognormal law that moves with the hour and
// by itself. The optimum knows the whole day: it buys what costs least for a click until the budget is gone. Told for
// budgets of 1/32, 1/8, 1/4 and 1/2 of what winning everything would cost: the share of the optimum's expected clicks,
// the largest gap to the plan as a share of the budget, how much was spent, and the same without pacing. Ends with 1 if
// a goal is missed (share at least 0.95, gap at most 0.08, never a fen over).
#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <numeric>
#include <sstream>
#include <string>
#include <vector>

#include "base/random.hpp"
#include "promo/auction.hpp"
#include "promo/pacing.hpp"

namespace {

using namespace lianbo;
using namespace lianbo::promo;

constexpr Instant kDay = 1'800'000'000'000 / kDayMs * kDayMs;
constexpr int kSlots = 1'000'000;
constexpr Fen kReserve = 10;

using Hours = std::array<std::int64_t, 24>;

bool read_hours(const std::string& file, Hours& out) {
  std::ifstream in(file);
  std::string line;
  if (!std::getline(in, line)) return false;
  for (std::size_t h = 0; h < 24; ++h) {
    if (!std::getline(in, line)) return false;
    out[h] = std::atoll(line.substr(line.find(',') + 1).c_str());
  }
  return true;
}

double normal(Random& r) { return std::sqrt(-2.0 * std::log(1.0 - r.unit())) * std::cos(6.283185307179586 * r.unit()); }

struct Slot {
  Instant at = 0;
  std::int64_t click_ppm = 0;
  Fen rival_fen = 0;           // a rival's worth of a click …
  std::int64_t rival_ppm = 0;  // … and its chance
  bool clicked = false;        // should ours be shown
};

std::vector<Slot> day_of(const Hours& hours, Random& r) {
  const double sum = static_cast<double>(std::accumulate(hours.begin(), hours.end(), std::int64_t{0}));
  std::vector<Slot> slots;
  double drift = 0;
  for (std::size_t h = 0; h < 24; ++h) {
    const int n = static_cast<int>(kSlots * static_cast<double>(hours[h]) / sum);
    drift = 0.9 * drift + 0.08 * normal(r);
    const double mood = 0.25 * std::sin((static_cast<double>(h) - 15) / 24 * 6.283185307179586) + drift;
    for (int i = 0; i < n; ++i) {
      Slot s;
      s.at = kDay + static_cast<Instant>(h) * kHourMs + static_cast<Instant>(r.unit() * kHourMs);
      s.click_ppm = std::clamp<std::int64_t>(std::llround(40'000 * std::exp(0.5 * normal(r))), 1000, 500'000);
      s.rival_ppm = std::clamp<std::int64_t>(std::llround(40'000 * std::exp(0.5 * normal(r))), 1000, 500'000);
      s.rival_fen = std::clamp<Fen>(std::llround(60 * std::exp(mood + 0.7 * normal(r))), kReserve, 5000);
      s.clicked = r.below(kPpm) < static_cast<std::uint64_t>(s.click_ppm);
      slots.push_back(s);
    }
  }
  std::sort(slots.begin(), slots.end(), [](const Slot& a, const Slot& b) { return a.at < b.at; });
  return slots;
}

// What a click from this slot costs whoever wins it.
Fen price_of(const Slot& s) {
  const Bid bids[] = {{PromotionId{1}, 1'000'000, s.click_ppm}, {PromotionId{2}, s.rival_fen, s.rival_ppm}};
  return auction(bids, kReserve)->price_fen;
}

struct Run {
  double clicks = 0;  // expected of what was won
  Fen spent = 0;
  double gap = 0;
};

Run play(const std::vector<Slot>& slots, const PacePlan& plan) {
  Run run;
  PaceState state = begin_pace(plan, 60, plan.from);
  for (const Slot& s : slots) {
    state = move_pace(plan, state, run.spent, s.at);
    const Fen worth = paced_worth(plan, state, run.spent, s.at);
    const Bid bids[] = {{PromotionId{1}, worth, s.click_ppm}, {PromotionId{2}, s.rival_fen, s.rival_ppm}};
    const auto sold = auction(bids, kReserve);
    if (sold && sold->promotion == PromotionId{1}) {
      run.clicks += static_cast<double>(s.click_ppm) / kPpm;
      if (s.clicked) run.spent += sold->price_fen;
    }
    run.gap = std::max(run.gap, std::abs(static_cast<double>(run.spent - planned_spend(plan, s.at))) /
                                    static_cast<double>(plan.budget_fen));
  }
  return run;
}

double hindsight(const std::vector<std::pair<Fen, double>>& cheapest_first, Fen budget) {
  double clicks = 0, left = static_cast<double>(budget);
  for (const auto& [price, chance] : cheapest_first) {
    const double cost = static_cast<double>(price) * chance;
    if (cost > left) return clicks + left / static_cast<double>(price);
    left -= cost;
    clicks += chance;
  }
  return clicks;
}

}  // namespace

int main(int argc, char** argv) {
  Hours expected = usual_hours(), comes = expected;
  const std::string data = argc > 1 ? argv[1] : "";
  const int seeds = argc > 2 ? std::atoi(argv[2]) : 3;
  const bool real = read_hours(data + "/taobao_hourly_2017-11-26_sun.csv", expected) &&
                    read_hours(data + "/taobao_hourly_2017-11-28_tue.csv", comes);
  if (!real) comes = expected = usual_hours();
  fmt::print("hours: {}\n", real ? "a Sunday's expected, a Tuesday's come" : "the usual ones, as expected");
  fmt::print("seed  budget   of optimum   largest gap   spent    unpaced: of optimum   spent\n");
  bool good = true;
  for (int seed = 1; seed <= seeds; ++seed) {
    SeededRandom random(static_cast<std::uint64_t>(seed) * 7919);
    const auto slots = day_of(comes, random);
    std::vector<std::pair<Fen, double>> prices;
    double all = 0;
    for (const Slot& s : slots) {
      prices.emplace_back(price_of(s), static_cast<double>(s.click_ppm) / kPpm);
      all += static_cast<double>(prices.back().first) * prices.back().second;
    }
    std::sort(prices.begin(), prices.end());
    for (const int part : {32, 8, 4, 2}) {
      PacePlan plan;
      plan.budget_fen = static_cast<Fen>(all / part);
      plan.from = kDay;
      plan.to = kDay + kDayMs;
      plan.traffic.hours = expected;
      plan.floor_fen = kReserve;
      plan.ceiling_fen = 1000;
      const double best = hindsight(prices, plan.budget_fen);
      const Run paced = play(slots, plan);
      plan.pace = Pace::fast;
      const Run fast = play(slots, plan);
      const double share = paced.clicks / best;
      good = good && share >= 0.95 && paced.gap <= 0.08 && paced.spent <= plan.budget_fen;
      fmt::print("{:4}  1/{:<5} {:10.3f} {:13.3f} {:8.3f} {:15.3f} {:14.3f}\n", seed, part, share, paced.gap,
                 static_cast<double>(paced.spent) / static_cast<double>(plan.budget_fen), fast.clicks / best,
                 static_cast<double>(fast.spent) / static_cast<double>(plan.budget_fen));
    }
  }
  fmt::print("{}\n", good ? "goals met" : "GOALS MISSED");
  return good ? 0 : 1;
}
