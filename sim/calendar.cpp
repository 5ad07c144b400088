#include "sim/calendar.hpp"

#include <algorithm>
#include <cmath>

#include "sim/calibration.hpp"

namespace lianbo::sim {
namespace {

constexpr int kRestMinutes = 30;

std::vector<PlannedBroadcast> plan_broadcasts(const DaySize& size, std::uint64_t seed) {
  Stream stream(seed, "broadcasts");
  struct Host {
    int times = 0;
    int free_from = 0;
  };
  std::vector<Host> hosts(static_cast<std::size_t>(size.hosts));
  std::vector<int> ends;
  std::vector<PlannedBroadcast> plan;
  for (int minute = 0; minute + 5 < size.minutes; ++minute) {
    std::erase_if(ends, [&](int end) { return end <= minute; });
    const double wanted = size.peak_rooms * busyness(size.first_minute_of_day + minute) / kPeakBusyness;
    while (static_cast<double>(ends.size()) < std::round(wanted)) {
      std::vector<int> free;
      int least = 1 << 30;
      for (int h = 0; h < size.hosts; ++h) {
        const Host& host = hosts[static_cast<std::size_t>(h)];
        if (host.free_from > minute || host.times > least) continue;
        if (host.times < least) free.clear();
        least = host.times;
        free.push_back(h);
      }
      if (free.empty()) break;
      const int host = free[stream.index(free.size())];
      const int end = std::min(size.minutes, minute + session_minutes(stream));
      hosts[static_cast<std::size_t>(host)] = {least + 1, end + kRestMinutes};
      ends.push_back(end);
      plan.push_back({host, minute, end});
    }
  }
  return plan;
}

std::vector<Visit> plan_visits(const DaySize& size, std::uint64_t seed) {
  Stream stream(seed, "visits");
  std::vector<double> minutes(static_cast<std::size_t>(size.minutes));
  double total = 0;
  for (int m = 0; m < size.minutes; ++m)
    minutes[static_cast<std::size_t>(m)] = total += busyness(size.first_minute_of_day + m);
  const double days = static_cast<double>(size.minutes) / kMinutesPerDay;
  std::vector<Visit> visits;
  for (int person = 0; person < size.people; ++person) {
    // Some look in often, many hardly ever.
    const double habit = size.visits_per_person * days * stream.lognormal(-0.32, 0.80);
    for (int n = stream.poisson(habit); n > 0; --n) {
      const auto at = std::lower_bound(minutes.begin(), minutes.end(), stream.unit() * total);
      visits.push_back({static_cast<int>(std::min<std::ptrdiff_t>(at - minutes.begin(), size.minutes - 1)), person});
    }
  }
  std::stable_sort(visits.begin(), visits.end(), [](const Visit& a, const Visit& b) { return a.minute < b.minute; });
  return visits;
}

}  // namespace

DayPlan plan_day(const DaySize& size, std::uint64_t seed) {
  return {plan_broadcasts(size, seed), plan_visits(size, seed)};
}

std::vector<int> rooms_on_air(const DayPlan& plan, int minutes) {
  std::vector<int> rooms(static_cast<std::size_t>(minutes), 0);
  for (const auto& b : plan.broadcasts)
    for (int m = b.start_minute; m < b.end_minute && m < minutes; ++m) ++rooms[static_cast<std::size_t>(m)];
  return rooms;
}

}  // namespace lianbo::sim
