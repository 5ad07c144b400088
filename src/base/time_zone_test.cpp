#include "base/time_zone.hpp"

#include <gtest/gtest.h>

namespace lianbo {
namespace {

TimeZone zone(std::string_view name) {
  auto loaded = TimeZone::load(name);
  EXPECT_TRUE(loaded) << name;
  return loaded ? *loaded : *TimeZone::load("UTC");
}
Instant at(const char* text) { return *parse_rfc3339(text); }

TEST(TimeZone, TellsDaysAndMonthsOfShanghai) {
  const auto shanghai = zone("Asia/Shanghai");
  EXPECT_EQ(shanghai.civil(at("2026-11-10T16:00:00.007Z")), (CivilTime{2026, 11, 11, 0, 0, 0, 7}));
  EXPECT_EQ(shanghai.day_start(2026, 11, 11), at("2026-11-10T16:00:00Z"));
  EXPECT_EQ(shanghai.month_start(2026, 13), at("2026-12-31T16:00:00Z")) << "month 13 is January";
  EXPECT_EQ(shanghai.month_start(2026, 0), at("2025-11-30T16:00:00Z")) << "month 0 is December";
  EXPECT_EQ(shanghai.day_of(at("2026-11-10T15:59:59.999Z")), at("2026-11-09T16:00:00Z"));
  EXPECT_EQ(format_date_time(shanghai.civil(at("2026-02-28T20:01:02Z"))), "2026-03-01 04:01:02");
  EXPECT_EQ(format_date(shanghai.civil(at("1969-12-31T15:59:59.999Z"))), "1969-12-31");
}

TEST(TimeZone, FollowsTheRuleAfterTheLastEntryOfItsFile) {
  struct Row {
    const char* zone;
    const char* instant;
    int offset_minutes;
  };
  for (const Row& row : std::vector<Row>{
           {"America/New_York", "2050-03-13T06:59:59Z", -300},
           {"America/New_York", "2050-03-13T07:00:00Z", -240},
           {"America/New_York", "2050-11-06T05:59:59Z", -240},
           {"America/New_York", "2050-11-06T06:00:00Z", -300},
           {"Europe/Berlin", "2026-03-29T00:59:59Z", 60},
           {"Europe/Berlin", "2026-03-29T01:00:00Z", 120},
           {"Europe/Berlin", "2049-10-31T01:00:00Z", 60},
           {"Australia/Sydney", "2050-01-15T00:00:00Z", 660},
           {"Australia/Sydney", "2050-07-15T00:00:00Z", 600},
           {"Asia/Kolkata", "2060-07-15T00:00:00Z", 330},
           {"UTC", "2026-07-15T00:00:00Z", 0},
       }) {
    const auto loaded = TimeZone::load(row.zone);
    if (!loaded) continue;  // a machine without the database
    EXPECT_EQ(loaded->offset_ms(at(row.instant)), row.offset_minutes * kMinuteMs) << row.zone << " " << row.instant;
  }
}

TEST(TimeZone, EveryDayBeginsWhereTheLastOneEnds) {
  for (const char* name : {"Asia/Shanghai", "America/New_York", "America/Santiago", "Africa/Cairo", "Asia/Tehran"}) {
    const auto loaded = TimeZone::load(name);
    if (!loaded) continue;
    Instant start = loaded->day_start(2022, 1, 1);
    for (int i = 1; i < 1500; ++i) {
      const Instant next = loaded->day_start(2022, 1, 1 + i);
      ASSERT_GE(next - start, 23 * kHourMs) << name << " day " << i;
      ASSERT_LE(next - start, 25 * kHourMs) << name << " day " << i;
      ASSERT_EQ(loaded->day_of(start), start) << name << " " << format_rfc3339(start);
      ASSERT_EQ(loaded->day_of(next - 1), start) << name << " " << format_rfc3339(next);
      start = next;
    }
  }
}

TEST(TimeZone, RefusesWhatIsNoZone) {
  for (const char* name : {"", "Nowhere/Land", "../etc/passwd", "/etc/passwd", "Asia"}) {
    const auto loaded = TimeZone::load(name);
    ASSERT_FALSE(loaded) << name;
    EXPECT_EQ(loaded.error().code, Code::invalid_field);
  }
  EXPECT_FALSE(TimeZone::parse("TZif2"));
  EXPECT_FALSE(TimeZone::parse(std::string("TZif2") + std::string(200, '\xff')));
}

}  // namespace
}  // namespace lianbo
