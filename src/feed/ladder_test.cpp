// The ladder as tables, and as properties against models written from the contract.
#include "feed/ladder.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <cmath>

#include "feed/heat.hpp"

namespace lianbo::feed {
namespace {

const std::int64_t kMost = most_points(kDefaultWeights);

TEST(Ladder, QuotasAreThoseOfTheContract) {
  std::vector<std::int64_t> quotas;
  for (const Pool& p : default_pools()) quotas.push_back(p.quota);
  EXPECT_EQ(quotas, (std::vector<std::int64_t>{200, 1'000, 5'000, 20'000, 100'000})) << "then no limit";
}

TEST(Ladder, RisesOnlyWhenTheQuotaIsUsedAndTheBoundBeatsTheThreshold) {
  const Pools& pools = default_pools();
  const Rung nearly = judge({}, {199, 199 * 5'000}, pools, kMost);
  EXPECT_EQ(nearly.pool, 1) << "199 of 200 exposures, however good";
  EXPECT_FALSE(nearly.resting);
  EXPECT_EQ(judge(nearly, {1, 0}, pools, kMost), (Rung{.pool = 2})) << "the 200th; the next pool begins from nothing";
  const Rung bad = judge({}, {200, 100'000}, pools, kMost);
  EXPECT_EQ(bad.pool, 1);
  EXPECT_TRUE(bad.resting) << "half a point an exposure is not surely more than 0.6";
  EXPECT_EQ(judge(bad, {0, 1'500'000}, pools, kMost).pool, 2) << "orders that come later are new evidence";
  const Rung more = judge(bad, {50, 0}, pools, kMost);
  EXPECT_TRUE(more.resting);
  EXPECT_EQ(more.used, 250);
  const Rung top{.pool = 6, .used = 1'000'000};
  EXPECT_EQ(judge(top, {1'000, 0}, pools, kMost).pool, 6) << "the last pool has no quota";
  EXPECT_FALSE(judge(top, {1'000, 0}, pools, kMost).resting);
}

TEST(Ladder, ExactlyTheThresholdDoesNotBeatIt) {
  const std::int64_t sure = sure_value(600'000, 200, kMost);
  EXPECT_EQ(judge({}, {200, 600'000}, {{200, sure}}, kMost).resting, true);
  EXPECT_EQ(judge({}, {200, 600'000}, {{200, sure - 1}}, kMost).pool, 2);
}

// The bound of yes and no, by searching for the share that a one-sided test at z would just not refuse.
double wilson_by_search(double p, double n) {
  double low = 0, high = p;
  for (int i = 0; i < 200; ++i) {
    const double middle = (low + high) / 2;
    if ((p - middle) > 1.645 * std::sqrt(middle * (1 - middle) / n))
      low = middle;
    else
      high = middle;
  }
  return low;
}

TEST(LadderProperty, TheBoundIsWilsons) {
  rc::check([] {
    const auto n = *rc::gen::inRange<std::int64_t>(1, 100'000);
    const auto points = *rc::gen::inRange<std::int64_t>(1, n * kMost + 1);
    const double wanted =
        wilson_by_search(static_cast<double>(points) / static_cast<double>(n * kMost), static_cast<double>(n)) *
        static_cast<double>(kMost);
    RC_ASSERT(std::abs(static_cast<double>(sure_value(points, n, kMost)) - wanted) <= 2);
  });
}

TEST(LadderProperty, TheBoundIsBelowTheMeanAndGrowsWithEvidenceOfTheSameMean) {
  rc::check([] {
    const auto n = *rc::gen::inRange<std::int64_t>(1, 10'000);
    const auto each = *rc::gen::inRange<std::int64_t>(1, kMost);
    RC_ASSERT(sure_value(n * each, n, kMost) <= each);
    RC_ASSERT(sure_value(4 * n * each, 4 * n, kMost) >= sure_value(n * each, n, kMost));
    RC_ASSERT(sure_value(n * each + 1000, n, kMost) >= sure_value(n * each, n, kMost));
  });
}

TEST(LadderProperty, AnItemIsNeverHigherThanItsExposuresPaidForAndNeverFalls) {
  rc::check([] {
    const Pools& pools = default_pools();
    Rung rung;
    std::int64_t shown = 0;
    const int steps = *rc::gen::inRange(1, 80);
    for (int i = 0; i < steps; ++i) {
      const Rung before = rung;
      const Evidence e{*rc::gen::inRange<std::int64_t>(0, 3'000), *rc::gen::inRange<std::int64_t>(0, 3'000'000)};
      rung = judge(rung, e, pools, kMost);
      shown += e.exposures;
      RC_ASSERT(rung.pool == before.pool || rung.pool == before.pool + 1);
      std::int64_t asked = 0;
      for (int p = 1; p < rung.pool; ++p) asked += pools[static_cast<std::size_t>(p - 1)].quota;
      RC_ASSERT(shown >= asked);
      if (rung.pool <= static_cast<int>(pools.size())) {
        const Pool& pool = pools[static_cast<std::size_t>(rung.pool - 1)];
        RC_ASSERT(rung.resting == (rung.used >= pool.quota));
        if (rung.resting) RC_ASSERT(sure_value(rung.points, rung.used, kMost) <= pool.threshold);
      }
    }
  });
}

TEST(LadderProperty, WhatWouldLiftMeLiftsMeAndOneLessDoesNot) {
  rc::check([] {
    const Pools& pools = default_pools();
    Rung rung{.pool = *rc::gen::inRange(1, 6), .used = *rc::gen::inRange<std::int64_t>(0, 150'000)};
    rung.points = *rc::gen::inRange<std::int64_t>(0, 1 + rung.used * 3'000);
    const Outlook o = outlook_of(rung, pools, kMost);
    const Evidence rest{o.left, o.points_wanted};
    RC_ASSERT(judge(rung, rest, pools, kMost).pool == rung.pool + 1);
    if (o.points_wanted > 0) RC_ASSERT(judge(rung, {o.left, o.points_wanted - 1}, pools, kMost).pool == rung.pool);
  });
}

TEST(Ladder, PoolsGrowAndAreAFew) {
  EXPECT_TRUE(check_pools(default_pools()));
  EXPECT_TRUE(check_pools({{1, 0}}));
  EXPECT_FALSE(check_pools({}));
  EXPECT_FALSE(check_pools({{200, 1}, {200, 1}}));
  EXPECT_FALSE(check_pools({{0, 1}}));
  EXPECT_FALSE(check_pools(Pools(kMaxPools, Pool{1, 1})));
}

TEST(Spread, AllAlikeIsNoneAndOneForAllIsTheMost) {
  EXPECT_EQ(spread_of({7, 7, 7, 7}).gini_bp, 0);
  EXPECT_EQ(spread_of({7, 7, 7, 7}).smallest_half_bp, 5'000);
  EXPECT_EQ(spread_of({0, 0, 0, 100}).gini_bp, 7'500) << "(n − 1) / n";
  EXPECT_EQ(spread_of({0, 0, 0, 100}).smallest_half_bp, 0);
  EXPECT_EQ(spread_of({}).gini_bp, 0);
  EXPECT_EQ(spread_of({0, 0}).gini_bp, 0) << "nobody was shown anything";
  EXPECT_TRUE(spread_of({0, 0}).lorenz_bp.empty());
  const auto even = spread_of({7, 7, 7, 7}).lorenz_bp, one = spread_of({0, 0, 0, 100}).lorenz_bp;
  ASSERT_EQ(even.size(), static_cast<std::size_t>(kLorenzSteps) + 1);
  for (std::size_t i = 0; i < even.size(); ++i) EXPECT_EQ(even[i], static_cast<std::int64_t>(i) * 500);
  EXPECT_EQ(one[15], 0) << "three quarters of them had nothing";
  EXPECT_EQ(one[16], 2'000) << "a fifth of the last one";
  EXPECT_EQ(one.back(), 10'000);
}

TEST(SpreadProperty, GiniIsTheMeanDifferenceOverTwiceTheMean) {
  rc::check([] {
    const auto n = *rc::gen::inRange<std::size_t>(1, 40);
    const auto x = *rc::gen::container<std::vector<std::int64_t>>(n, rc::gen::inRange<std::int64_t>(0, 10'000));
    std::int64_t differences = 0, sum = 0;
    for (const auto a : x) {
      sum += a;
      for (const auto b : x) differences += std::abs(a - b);
    }
    const std::int64_t wanted = sum == 0 ? 0 : differences * 10'000 / (2 * static_cast<std::int64_t>(x.size()) * sum);
    const Spread spread = spread_of(x);
    RC_ASSERT(spread.gini_bp == wanted);
    if (sum == 0) return;
    const auto& curve = spread.lorenz_bp;
    RC_ASSERT(curve.front() == 0 && curve.back() == 10'000);
    RC_ASSERT(n % 2 != 0 || curve[10] == spread.smallest_half_bp);
    for (std::size_t i = 1; i < curve.size(); ++i) {
      RC_ASSERT(curve[i] >= curve[i - 1]);
      RC_ASSERT(curve[i] <= static_cast<std::int64_t>(i) * 500);
      // Convex, but for what was rounded down.
      if (i > 1) RC_ASSERT(curve[i] - curve[i - 1] + 2 >= curve[i - 1] - curve[i - 2]);
    }
  });
}

}  // namespace
}  // namespace lianbo::feed
