// A simulated day of a brand's rooms under three orders of the same feed: ours (heat, ladder, newcomers' places),
// random, and most viewers first. Prints a table in Markdown; docs/feed-day.md keeps one.
//
//   feed_day [SEED …]     default: 1 2 3
//
// The world: 400 rooms begin over twelve hours and last one to three; each has a worth of its own (how likely who is
// shown it enters, stays, clicks, buys), spread over a factor of about fifty, that no order knows. 2,000 viewers an
// hour come to the feed, most in the evening, and look at 30 places; who enters a room watches it for some minutes. A
// room's viewers at an instant are what "most viewers" goes by. The rules are the program's own (mix, ladder, heat), on
// a clock of a minute: what happens in a minute is added up at its end, and the line-up made anew.
#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/random.hpp"
#include "feed/feed.hpp"
#include "feed/mix.hpp"

namespace {

using namespace lianbo;
using namespace lianbo::feed;

constexpr int kRooms = 400, kPlaces = 30;
constexpr std::int64_t kMinutes = 15 * 60, kViewersAMinute = 33;
constexpr std::int64_t kGoodViewers = 1'000;

struct Room {
  std::int64_t id = 0, begins = 0, ends = 0;
  double worth = 1;
  Sums sums;
  Rung rung;
  std::int64_t shown = 0, entered = 0, orders = 0, viewers = 0;
  std::vector<std::int64_t> leaving;  // by minute
  std::array<std::int64_t, kWhats.size()> minute{};
  std::int64_t thousandth_at = -1;  // the minute of its 1,000th viewer
};

enum class Order { feed, random, most_viewers };

struct DayResult {
  std::int64_t exposures = 0, orders = 0, good_reached = 0, good_rooms = 0, good_minutes = 0, floor_reached = 0,
               floor_rooms = 0;
  Spread spread;
};

double normal(Random& random) {
  return std::sqrt(-2 * std::log(1 - random.unit())) * std::cos(6.283185307179586 * random.unit());
}

std::vector<Room> world(std::uint64_t seed) {
  SeededRandom random(seed);
  std::vector<Room> rooms;
  for (int i = 0; i < kRooms; ++i) {
    Room r;
    r.id = i + 1;
    r.begins = static_cast<std::int64_t>(random.below(12 * 60));
    r.ends = r.begins + 60 + static_cast<std::int64_t>(random.below(120));
    r.worth = std::exp(0.8 * normal(random));
    r.leaving.assign(static_cast<std::size_t>(kMinutes + 200), 0);
    rooms.push_back(std::move(r));
  }
  return rooms;
}

// More of the day's viewers come the later it is, most in the evening.
std::int64_t viewers_at(std::int64_t minute) {
  const double hour = static_cast<double>(minute) / 60;
  return static_cast<std::int64_t>(kViewersAMinute * (0.5 + 1.2 * std::exp(-std::pow((hour - 11) / 2.5, 2))));
}

DayResult day(std::uint64_t seed, Order order) {
  std::vector<Room> rooms = world(seed);
  SeededRandom random(seed * 1'000 + 7);
  const std::int64_t most = most_points(kDefaultWeights);
  DayResult out;
  std::vector<double> worths;
  for (const Room& r : rooms) worths.push_back(r.worth);
  std::sort(worths.begin(), worths.end());
  const double good = worths[worths.size() * 9 / 10];
  std::int64_t turn = 0;
  for (std::int64_t minute = 0; minute < kMinutes; ++minute) {
    const Instant now = 1'800'000'000'000 + minute * kMinuteMs;
    LineUp line_up;
    std::vector<Entry> on_air;
    for (Room& r : rooms) {
      r.viewers -= r.leaving[static_cast<std::size_t>(minute)];
      if (minute < r.begins || minute >= r.ends) continue;
      Entry e{r.id, r.id, r.viewers, Kind::room};
      on_air.push_back(e);
      if (r.rung.pool == 1 && !r.rung.resting) {
        e.order = r.shown;
        line_up.new_rooms.push_back(e);
      } else {
        e.order = heat_of(r.sums, kDefaultWeights, kRoomHalfLifeMs, now).score;
        (r.rung.resting ? line_up.resting : line_up.hot_rooms).push_back(e);
      }
    }
    const auto more = [](const Entry& a, const Entry& b) {
      return a.order != b.order ? a.order > b.order : a.id < b.id;
    };
    std::sort(line_up.hot_rooms.begin(), line_up.hot_rooms.end(), more);
    std::sort(line_up.resting.begin(), line_up.resting.end(), more);
    std::sort(line_up.new_rooms.begin(), line_up.new_rooms.end(),
              [](const Entry& a, const Entry& b) { return a.order != b.order ? a.order < b.order : a.id < b.id; });
    std::sort(on_air.begin(), on_air.end(), more);
    turn = 0;
    for (std::int64_t viewer = viewers_at(minute); viewer > 0; --viewer) {
      std::vector<std::int64_t> shown;
      if (order == Order::feed) {
        Mix::Keys seen;
        const std::vector<Entry> none;
        const std::vector<Tied> untied;
        const Mix::IsThere all = [](std::int64_t) { return true; };
        Mix mix(line_up, none, untied, all, seen, turn);
        for (std::int64_t place = 0; place < kPlaces; ++place)
          if (const auto c = mix.at(place)) shown.push_back(c->entry.id);
        turn = mix.turn();
      } else {
        for (const Entry& e : on_air) shown.push_back(e.id);
        if (order == Order::random)
          for (std::size_t i = shown.size(); i > 1; --i) std::swap(shown[i - 1], shown[random.below(i)]);
        if (shown.size() > kPlaces) shown.resize(kPlaces);
      }
      // A viewer looks at some of the places from the top on, and enters at most two rooms.
      const std::size_t looks = 1 + random.below(kPlaces);
      if (shown.size() > looks) shown.resize(looks);
      int entered = 0;
      for (const std::int64_t id : shown) {
        Room& r = rooms[static_cast<std::size_t>(id - 1)];
        const auto count = [&](What what, std::int64_t n = 1) { r.minute[static_cast<std::size_t>(what)] += n; };
        ++r.shown;
        ++out.exposures;
        count(What::exposure);
        if (entered == 2 || !random.chance(std::min(0.6, 0.06 * r.worth))) continue;
        ++entered;
        ++r.entered;
        ++r.viewers;
        count(What::enter);
        const bool stays = random.chance(std::min(0.9, 0.35 * std::sqrt(r.worth)));
        const std::int64_t leaves = minute + (stays ? 2 + static_cast<std::int64_t>(random.below(25)) : 1);
        ++r.leaving[static_cast<std::size_t>(leaves)];
        if (r.entered == kGoodViewers && r.thousandth_at < 0) r.thousandth_at = minute;
        if (!stays) continue;
        count(What::stay);
        if (random.chance(0.1)) count(What::interact);
        if (!random.chance(std::min(0.8, 0.3 * std::sqrt(r.worth)))) continue;
        count(What::click);
        if (!random.chance(std::min(0.6, 0.12 * r.worth))) continue;
        ++r.orders;
        ++out.orders;
        count(What::order);
        count(What::value, 3'000 + static_cast<std::int64_t>(random.below(7'000)));
      }
    }
    for (Room& r : rooms) {
      Evidence evidence;
      for (const What what : kWhats) {
        const std::int64_t n = std::exchange(r.minute[static_cast<std::size_t>(what)], 0);
        if (n == 0) continue;
        sum_of(r.sums, what).add(now, n, kRoomHalfLifeMs);
        evidence.points += points_of(kDefaultWeights, what, n);
        if (what == What::exposure) evidence.exposures = n;
      }
      if (evidence.exposures > 0) r.rung = judge(r.rung, evidence, default_pools(), most);
    }
  }
  std::vector<std::int64_t> shown;
  for (const Room& r : rooms) {
    shown.push_back(r.shown);
    ++out.floor_rooms;
    if (r.shown >= default_pools().front().quota) ++out.floor_reached;
    if (r.worth < good) continue;
    ++out.good_rooms;
    if (r.thousandth_at >= 0) {
      ++out.good_reached;
      out.good_minutes += r.thousandth_at - r.begins;
    }
  }
  out.spread = feed::spread_of(std::move(shown));
  return out;
}

}  // namespace

int main(int argc, char** argv) {
  std::vector<std::uint64_t> seeds;
  for (int i = 1; i < argc; ++i) seeds.push_back(std::strtoull(argv[i], nullptr, 10));
  if (seeds.empty()) seeds = {1, 2, 3};
  fmt::print(
      "| seed | order | orders per 1,000 exposures | Gini of exposures | smallest half's share | rooms with 200 "
      "exposures "
      "| good rooms with 1,000 viewers | their minutes until then |\n|---|---|---|---|---|---|---|---|\n");
  for (const std::uint64_t seed : seeds)
    for (const auto& [order, name] :
         {std::pair(Order::feed, "feed"), {Order::random, "random"}, {Order::most_viewers, "most viewers first"}}) {
      const DayResult r = day(seed, order);
      fmt::print("| {} | {} | {:.2f} | {:.3f} | {:.1f} % | {} of {} | {} of {} | {} |\n", seed, name,
                 1e3 * static_cast<double>(r.orders) / static_cast<double>(r.exposures),
                 static_cast<double>(r.spread.gini_bp) / 1e4, static_cast<double>(r.spread.smallest_half_bp) / 100,
                 r.floor_reached, r.floor_rooms, r.good_reached, r.good_rooms,
                 r.good_reached == 0 ? std::string("—") : std::to_string(r.good_minutes / r.good_reached));
    }
  return 0;
}
