#include "base/clock.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "base/json.hpp"

namespace lianbo {
namespace {

TEST(Clock, instants_are_written_in_utc_with_milliseconds) {
  EXPECT_EQ(format_rfc3339(0), "1970-01-01T00:00:00.000Z");
  EXPECT_EQ(format_rfc3339(1'794'398'400'007), "2026-11-11T12:00:00.007Z");
  EXPECT_EQ(format_rfc3339(-1), "1969-12-31T23:59:59.999Z");
  EXPECT_EQ(format_rfc3339(1'709'164'800'000), "2024-02-29T00:00:00.000Z");
  EXPECT_EQ(format_rfc3339(kForever), "9999-12-31T23:59:59.999Z");
}

TEST(Clock, instants_are_read_with_any_offset_and_fraction) {
  struct Row {
    const char* text;
    Instant at;
  };
  for (const Row& row : std::vector<Row>{
           {"2026-11-11T12:00:00.000Z", 1'794'398'400'000},
           {"2026-11-11T12:00:00Z", 1'794'398'400'000},
           {"2026-11-11t12:00:00z", 1'794'398'400'000},
           {"2026-11-11T20:00:00+08:00", 1'794'398'400'000},
           {"2026-11-11T06:30:00-05:30", 1'794'398'400'000},
           {"2026-11-11T12:00:00.5Z", 1'794'398'400'500},
           {"2026-11-11T12:00:00.123456789Z", 1'794'398'400'123},
           {"9999-12-31T23:59:59.999Z", kForever},
       }) {
    const auto read = parse_rfc3339(row.text);
    ASSERT_TRUE(read) << row.text;
    EXPECT_EQ(*read, row.at) << row.text;
  }
}

TEST(Clock, what_is_not_an_instant_is_refused_with_its_place) {
  for (const char* text :
       {"", "now", "2026-11-11", "2026-11-11T12:00:00", "2026-11-11T12:00Z", "2026-13-01T00:00:00Z",
        "2026-02-29T00:00:00Z", "2026-11-31T00:00:00Z", "2026-11-11T24:00:00Z", "2026-11-11T12:60:00Z",
        "2026-11-11T12:00:60Z", "2026-11-11T12:00:00.Z", "2026-11-11T12:00:00.1234567890Z", "2026-11-11T12:00:00+0800",
        "2026-11-11T12:00:00+24:00", "2026-11-11T12:00:00Z ", "26-11-11T12:00:00Z", "2026-11-11T12:00:00.000Zx"}) {
    const auto read = parse_rfc3339(text, "/cutoff_at");
    ASSERT_FALSE(read) << text;
    EXPECT_EQ(read.error().where, "/cutoff_at");
  }
  const auto read = parse_rfc3339("x今天今天今天今天今天今天今天今天今天今天今天今天今天");
  ASSERT_FALSE(read);
  EXPECT_TRUE(valid_utf8(read.error().detail)) << "cut inside a character";
}

TEST(Clock, every_instant_up_to_for_ever_reads_back) {
  EXPECT_TRUE(rc::check("rfc 3339", [] {
    const auto at = *rc::gen::inRange<Instant>(-62'135'596'800'000, kForever + 1);
    RC_ASSERT(parse_rfc3339(format_rfc3339(at)).value() == at);
  }));
}

TEST(Clock, a_simulated_clock_stands_still_and_never_goes_back) {
  SimulatedClock clock(1000);
  EXPECT_EQ(clock.now(), 1000);
  clock.advance_to(1500);
  EXPECT_EQ(clock.now(), 1500);
  clock.advance_to(1200);
  EXPECT_EQ(clock.now(), 1500);
}

}  // namespace
}  // namespace lianbo
