// Days of a brand's zone by the zone's name. A zone that is not there counts as UTC, and is named in the log once.
// Zones are read once and kept. Threads: any.
#pragma once

#include <string>
#include <string_view>

#include "base/clock.hpp"

namespace lianbo::insight {

// The instant at which the day that `at` lies in began.
Instant day_start(std::string_view zone, Instant at);
// The beginning of the day `days` after (or before) the one that `at` lies in.
Instant day_shifted(std::string_view zone, Instant at, int days);
// How many days lie between the days of two instants.
int days_between(std::string_view zone, Instant from, Instant to);
// "2026-11-11", both ways.
std::string day_text(std::string_view zone, Instant at);
Result<Instant> parse_day(std::string_view zone, std::string_view text, std::string where = {});

}  // namespace lianbo::insight
