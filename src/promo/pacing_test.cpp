// Pacing: the plan by table and property, and days of traffic that it has to hold.
#include "promo/pacing.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <numeric>

#include "base/random.hpp"

namespace lianbo::promo {
namespace {

constexpr Instant kDay = 20'833 * kDayMs;

PacePlan day_plan(Fen budget, Pace pace = Pace::smooth) {
  PacePlan p;
  p.budget_fen = budget;
  p.from = kDay;
  p.to = kDay + kDayMs;
  p.traffic.hours = usual_hours();
  p.pace = pace;
  p.floor_fen = 10;
  p.ceiling_fen = 500;
  return p;
}

TEST(Pacing, ThePlanFollowsTheExpectedTraffic) {
  const PacePlan p = day_plan(100'000);
  EXPECT_EQ(planned_spend(p, kDay - 1), 0);
  EXPECT_EQ(planned_spend(p, kDay), 0);
  EXPECT_EQ(planned_spend(p, kDay + kDayMs), 100'000);
  const Fen night = planned_spend(p, kDay + 5 * kHourMs) - planned_spend(p, kDay + 4 * kHourMs);
  const Fen evening = planned_spend(p, kDay + 22 * kHourMs) - planned_spend(p, kDay + 21 * kHourMs);
  EXPECT_NEAR(static_cast<double>(evening) / static_cast<double>(night), 200.0 / 12.0, 0.1)
      << "nine in the evening has twice the mean, four in the morning 0.12 of it";
}

TEST(Pacing, HoursAreThoseOfTheBrandsZone) {
  PacePlan p = day_plan(100'000);
  p.traffic.offset_ms = 8 * kHourMs;
  const Fen at_13_utc = planned_spend(p, kDay + 14 * kHourMs) - planned_spend(p, kDay + 13 * kHourMs);
  EXPECT_NEAR(static_cast<double>(at_13_utc), 100'000.0 * 200 / 2420, 100'000.0 * 0.003) << "21:00 in Shanghai";
}

TEST(Pacing, AnHourOfTheUsualDayIsSharedOutEvenly) {
  PacePlan p = day_plan(60'000);
  p.from = kDay + 20 * kHourMs;
  p.to = p.from + kHourMs;
  EXPECT_EQ(planned_spend(p, p.from + 15 * kMinuteMs), 15'000);
}

TEST(PacingProperty, ThePlanNeverFallsAndEndsAtTheBudget) {
  EXPECT_TRUE(rc::check([] {
    PacePlan p = day_plan(*rc::gen::inRange<Fen>(1, 100'000'000));
    for (auto& hour : p.traffic.hours) hour = *rc::gen::inRange<std::int64_t>(1, 1'000'000);
    p.from = kDay + *rc::gen::inRange<Instant>(0, kDayMs);
    p.to = p.from + *rc::gen::inRange<DurationMs>(1, 31 * kDayMs);
    p.traffic.offset_ms = *rc::gen::inRange<DurationMs>(-12 * kHourMs, 14 * kHourMs);
    Fen last = 0;
    for (int i = 0; i <= 20; ++i) {
      const Fen planned = planned_spend(p, p.from + (p.to - p.from) * i / 20);
      RC_ASSERT(planned >= last && planned <= p.budget_fen);
      last = planned;
    }
    RC_ASSERT(last == p.budget_fen);
  }));
}

TEST(PacingProperty, TheBidStaysBetweenReserveAndCeilingAndWithinWhatIsLeft) {
  EXPECT_TRUE(rc::check([] {
    PacePlan p = day_plan(*rc::gen::inRange<Fen>(100, 1'000'000), *rc::gen::element(Pace::smooth, Pace::fast));
    p.ceiling_fen = *rc::gen::inRange<Fen>(1, 2000);
    PaceState s = begin_pace(p, *rc::gen::inRange<Fen>(0, 5000), p.from);
    Instant now = p.from;
    Fen spent = 0;
    for (int i = 0; i < 40; ++i) {
      now += *rc::gen::inRange<DurationMs>(0, kHourMs);
      const PaceState once = move_pace(p, s, spent, now);
      RC_ASSERT(once.bid_millifen == move_pace(p, s, spent, now).bid_millifen);  // the same from the same
      s = once;
      const Fen worth = paced_worth(p, s, spent, now);
      RC_ASSERT(worth >= 0 && worth <= p.budget_fen - spent);
      if (worth > 0) {
        RC_ASSERT(worth >= p.floor_fen && worth <= p.ceiling_fen);
        RC_ASSERT(now >= p.from && now < p.to);
        if (*rc::gen::arbitrary<bool>()) spent += worth;
      }
      RC_ASSERT(spent <= p.budget_fen);
    }
  }));
}

TEST(Pacing, FastBidsTheCeilingUntilNothingIsLeft) {
  const PacePlan p = day_plan(1000, Pace::fast);
  const PaceState s = begin_pace(p, 60, p.from);
  EXPECT_EQ(paced_worth(p, s, 0, p.from), 500);
  EXPECT_EQ(paced_worth(p, s, 900, p.from + 1), 100) << "what is left";
  EXPECT_EQ(paced_worth(p, s, 991, p.from + 1), 0) << "less than one click";
  EXPECT_EQ(paced_worth(p, s, 0, p.to), 0) << "its window is over";
  EXPECT_EQ(paced_worth(p, s, 0, p.from - 1), 0);
}

TEST(Pacing, WhoSpendsTooSlowlyBidsMoreAndWhoSpendsTooFastLess) {
  const PacePlan p = day_plan(100'000);
  const PaceState s = begin_pace(p, 60, p.from);
  const Instant noon = p.from + 12 * kHourMs;
  EXPECT_GT(move_pace(p, s, 0, noon).bid_millifen, s.bid_millifen);
  EXPECT_LT(move_pace(p, s, 90'000, noon).bid_millifen, s.bid_millifen);
  EXPECT_EQ(paced_worth(p, s, 90'000, noon), 0) << "and not at all while it is far ahead of the plan";
}

// Nobody else bids: the reserve is the price whatever the bid, and only the gate can hold back.
TEST(Pacing, AloneItStillFollowsThePlan) {
  const PacePlan p = day_plan(20'000);
  PaceState s = begin_pace(p, 60, p.from);
  SeededRandom random(5);
  Fen spent = 0;
  double gap = 0;
  for (Instant now = p.from; now < p.to; now += 2000) {
    s = move_pace(p, s, spent, now);
    if (paced_worth(p, s, spent, now) > 0 && random.chance(0.3)) spent += 10;
    gap = std::max(gap, std::abs(static_cast<double>(spent - planned_spend(p, now))) / 20'000);
  }
  EXPECT_LE(gap, 0.08);
  EXPECT_GE(spent, 19'600);
  EXPECT_LE(spent, 20'000);
}

TEST(Pacing, WhatWasCountedOutweighsTheUsualDayInTime) {
  std::array<std::int64_t, 24> counted{};
  EXPECT_GT(blend_hours(counted, 2000)[21], blend_hours(counted, 2000)[4] * 15) << "nothing known: the usual day";
  counted[4] = 100'000;
  const auto hours = blend_hours(counted, 2000);
  EXPECT_GT(hours[4], hours[21] * 50);
  for (const auto weight : hours) EXPECT_GE(weight, 1);
}

}  // namespace
}  // namespace lianbo::promo
