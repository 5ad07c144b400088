// Time zones: what the wall shows at an instant in a brand's zone, and where that zone's days and months begin.
//
// Read from the system's time zone database (TZif, with the rule for the years after its last entry). Zones without
// changes that a brand here is likely to have are known without it, so a machine without the database still reports by
// the right days. Immutable once loaded; any thread. Errors: invalid_field names the zone that is not there.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"

namespace lianbo {

struct CivilTime {
  int year = 1970;
  int month = 1, day = 1;  // from 1
  int hour = 0, minute = 0, second = 0, millisecond = 0;
  friend bool operator==(const CivilTime&, const CivilTime&) = default;
};

class TimeZone {
 public:
  static Result<TimeZone> load(std::string_view name);
  static Result<TimeZone> parse(std::string_view tzif);  // the bytes of a zone file

  DurationMs offset_ms(Instant instant) const;  // east of Greenwich is positive
  CivilTime civil(Instant instant) const;
  // The first instant of that day. Months and days beyond their range carry over: month 13 is January.
  Instant day_start(int year, int month, int day) const;
  Instant month_start(int year, int month) const { return day_start(year, month, 1); }
  Instant day_of(Instant instant) const;  // the start of the day it lies in

 private:
  // "M3.2.0/2": the instant in a year at which a rule's part begins.
  struct RuleDay {
    char kind = 'M';  // M: month.week.weekday; J: day 1–365 without 29 February; 0: day 0–365
    int month = 0, week = 0, day = 0;
    std::int64_t at_s = 7200;
  };
  struct Rule {
    std::int64_t standard_s = 0, summer_s = 0;
    bool has_summer = false;
    RuleDay summer_from, summer_to;
  };
  static bool parse_rule(std::string_view text, Rule& rule);
  std::int64_t offset_s(std::int64_t utc_s) const;
  static std::int64_t rule_offset_s(const Rule& rule, std::int64_t utc_s);

  struct Change {
    std::int64_t at_s;
    std::int64_t offset_s;  // from then on
  };
  std::int64_t first_s_ = 0;  // before the first change
  std::vector<Change> changes_;
  Rule rule_;  // after the last change
};

std::string format_date(const CivilTime& at);       // "2026-11-11"
std::string format_date_time(const CivilTime& at);  // "2026-11-11 08:00:00"

}  // namespace lianbo
