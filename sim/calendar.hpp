// The plan of a sale day, made before it begins: which hosts go on air when and for how long, and when people come to
// look. Rooms on air and visits follow the hour of the day (peak 21 h, trough 4 h). Pure function of its inputs and the
// seed; what people then do, and what the server answers, is not planned.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace lianbo::sim {

struct PlannedBroadcast {
  int host = 0;          // from 0
  int start_minute = 0;  // of the day's plan
  int end_minute = 0;    // after the start, at most minutes
  bool operator==(const PlannedBroadcast&) const = default;
};

struct Visit {
  int minute = 0;
  int person = 0;
  bool operator==(const Visit&) const = default;
};

struct DaySize {
  int hosts = 200, peak_rooms = 40, people = 5000;
  double visits_per_person = 2.0;
  int minutes = 1440;
  int first_minute_of_day = 0;  // the local minute at which the plan begins
};

struct DayPlan {
  std::vector<PlannedBroadcast> broadcasts;  // by start
  std::vector<Visit> visits;                 // by minute
  bool operator==(const DayPlan&) const = default;
};

// A host is on air at most once at a time and rests half an hour between two broadcasts; those who were on air least
// come first.
DayPlan plan_day(const DaySize& size, std::uint64_t seed);

// Rooms on air at each minute of the plan.
std::vector<int> rooms_on_air(const DayPlan& plan, int minutes);

}  // namespace lianbo::sim
