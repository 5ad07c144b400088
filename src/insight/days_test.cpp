#include "insight/days.hpp"

#include <gtest/gtest.h>

namespace lianbo::insight {
namespace {

Instant at(std::string_view text) { return parse_rfc3339(text).value(); }

TEST(Days, OfShanghaiBeginAtSixteenHundredUtc) {
  EXPECT_EQ(day_start("Asia/Shanghai", at("2026-11-11T15:59:59.999Z")), at("2026-11-10T16:00:00.000Z"));
  EXPECT_EQ(day_text("Asia/Shanghai", at("2026-11-11T15:59:59.999Z")), "2026-11-11");
  EXPECT_EQ(day_text("Asia/Shanghai", at("2026-11-11T16:00:00.000Z")), "2026-11-12");
}

TEST(Days, FollowEachOtherThroughSummerAndYear) {
  for (const char* zone : {"Asia/Shanghai", "America/New_York", "Europe/Berlin", "UTC", "Nowhere/Atall"}) {
    const Instant first = parse_day(zone, "2025-12-31").value();
    Instant day = first;
    for (int i = 0; i < 400; ++i) {
      const Instant next = day_shifted(zone, day, 1);
      ASSERT_EQ(day_start(zone, next - 1), day) << zone << " " << day_text(zone, day);
      ASSERT_EQ(parse_day(zone, day_text(zone, day)).value(), day) << zone;
      ASSERT_EQ(days_between(zone, first, day), i) << zone;
      day = next;
    }
  }
}

TEST(Days, WhatIsNoDayIsSaid) {
  for (const char* text : {"", "2026-11-1", "2026-13-01", "2026-02-29", "2026/11/11", "20261111xx"})
    EXPECT_FALSE(parse_day("UTC", text)) << text;
}

}  // namespace
}  // namespace lianbo::insight
