// Heat, as properties over random deeds against a model in floating point written from the contract.
#include "feed/heat.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace lianbo::feed {
namespace {

constexpr Instant kNoon = 1'794'398'400'000;
constexpr double kUnit = 1 << Decayed::kUnitBits;

struct Deed {
  Instant at;
  What what;
  std::int64_t n;
};

// What is asked of a decayed sum: Σ n × 2^(−age / half-life).
double model(const std::vector<Deed>& deeds, What what, Instant now, DurationMs half_life) {
  double sum = 0;
  for (const Deed& d : deeds)
    if (d.what == what)
      sum += static_cast<double>(d.n) * std::exp2(-static_cast<double>(now - d.at) / static_cast<double>(half_life));
  return sum;
}
Sums added(const std::vector<Deed>& deeds, DurationMs half_life) {
  Sums sums;
  for (const Deed& d : deeds) sum_of(sums, d.what).add(d.at, d.n, half_life);
  return sums;
}
DurationMs any_half_life() { return *rc::gen::element(kRoomHalfLifeMs, kPinHalfLifeMs); }
std::vector<Deed> any_deeds(Instant from, DurationMs span) {
  const int n = *rc::gen::inRange(0, 60);
  std::vector<Deed> out;
  for (int i = 0; i < n; ++i) {
    const What what = *rc::gen::elementOf(std::vector<What>(kWhats.begin(), kWhats.end()));
    out.push_back({from + *rc::gen::inRange<DurationMs>(0, span), what, *rc::gen::inRange<std::int64_t>(1, 1000)});
  }
  return out;
}

TEST(Heat, ADeedCountsHalfAfterOneHalfLifeAndAQuarterAfterTwo) {
  for (const DurationMs half_life : {kRoomHalfLifeMs, kPinHalfLifeMs}) {
    Decayed sum;
    sum.add(kNoon, 1000, half_life);
    const auto left = [&](DurationMs after) {
      return static_cast<double>(sum.sum_at(kNoon + after, half_life)) / kUnit;
    };
    EXPECT_NEAR(left(0), 1000, 0.01);
    EXPECT_NEAR(left(half_life), 500, 0.01);
    EXPECT_NEAR(left(2 * half_life), 250, 0.01);
    EXPECT_NEAR(left(half_life / 2), 1000 / std::sqrt(2), 1);
  }
}

TEST(Heat, ADeedOfAMomentAgoTurnsTheClockBackForNothing) {
  Decayed sum;
  sum.add(kNoon, 10, kRoomHalfLifeMs);
  EXPECT_GT(sum.sum_at(kNoon - 1, kRoomHalfLifeMs), 0) << "another server's clock may be behind";
}

TEST(HeatProperty, TheSumHalvesAfterOneHalfLife) {
  rc::check([] {
    const DurationMs half_life = any_half_life();
    const Sums sums = added(any_deeds(kNoon, 3 * half_life), half_life);
    const Instant now = kNoon + 3 * half_life + *rc::gen::inRange<DurationMs>(0, 5 * half_life);
    for (const What what : kWhats) {
      const auto s = sum_of(sums, what).sum_at(now, half_life),
                 later = sum_of(sums, what).sum_at(now + half_life, half_life);
      RC_ASSERT(std::abs(s - 2 * later) <= 4);
    }
  });
}

TEST(HeatProperty, TheSumIsWhatTheContractSays) {
  rc::check([] {
    const DurationMs half_life = any_half_life();
    auto deeds = any_deeds(kNoon, 4 * half_life);
    std::sort(deeds.begin(), deeds.end(), [](const Deed& a, const Deed& b) { return a.at < b.at; });
    const Sums sums = added(deeds, half_life);
    const Instant now = kNoon + 4 * half_life + *rc::gen::inRange<DurationMs>(0, 2 * half_life);
    for (const What what : kWhats) {
      const double wanted = model(deeds, what, now, half_life) * kUnit;
      RC_ASSERT(std::abs(static_cast<double>(sum_of(sums, what).sum_at(now, half_life)) - wanted) <=
                0.003 * wanted + 64);
    }
  });
}

TEST(HeatProperty, WhateverTheOrderWithinASecondTheSumsAreTheSameToTheLastBit) {
  rc::check([] {
    const DurationMs half_life = any_half_life();
    // Around the turn of a half-life, where order could matter most.
    const Instant turn = (kNoon / half_life + 7) * half_life;
    const auto before = any_deeds(kNoon, 6 * half_life);
    auto second = any_deeds(turn - *rc::gen::inRange<DurationMs>(0, kSecondMs + 1), kSecondMs);
    auto all = before;
    std::sort(all.begin(), all.end(), [](const Deed& a, const Deed& b) { return a.at < b.at; });
    auto one = all, other = all;
    one.insert(one.end(), second.begin(), second.end());
    const auto order =
        *rc::gen::container<std::vector<std::uint32_t>>(second.size(), rc::gen::arbitrary<std::uint32_t>());
    std::vector<std::size_t> index(second.size());
    std::iota(index.begin(), index.end(), 0);
    std::sort(index.begin(), index.end(), [&](std::size_t a, std::size_t b) { return order[a] < order[b]; });
    for (const std::size_t i : index) other.push_back(second[i]);
    const Instant now = turn + half_life;
    const Sums a = added(one, half_life), b = added(other, half_life);
    RC_ASSERT(heat_of(a, kDefaultWeights, half_life, now).score == heat_of(b, kDefaultWeights, half_life, now).score);
    for (const What what : kWhats)
      RC_ASSERT(sum_of(a, what).sum_at(now, half_life) == sum_of(b, what).sum_at(now, half_life));
  });
}

TEST(HeatProperty, TermsAddUpToTheScoreAndEachIsItsRatePerExposure) {
  rc::check([] {
    const DurationMs half_life = any_half_life();
    auto deeds = any_deeds(kNoon, 2 * half_life);
    Weights weights;
    for (auto& w : weights) w = *rc::gen::inRange<std::int64_t>(0, kMaxWeight + 1);
    const Instant now = kNoon + 2 * half_life;
    const Sums sums = added(deeds, half_life);
    const Heat heat = heat_of(sums, weights, half_life, now);
    RC_ASSERT(std::accumulate(heat.terms.begin(), heat.terms.end(), std::int64_t{0}) == heat.score);
    const double shown = static_cast<double>(sum_of(sums, What::exposure).sum_at(now, half_life)) / kUnit;
    for (std::size_t i = 0; i < kTerms.size(); ++i) {
      double rate = static_cast<double>(sum_of(sums, kTerms[i]).sum_at(now, half_life)) / kUnit /
                    (shown + static_cast<double>(kPriorExposures));
      if (kTerms[i] == What::value) rate /= static_cast<double>(kFullValue);
      const double wanted = static_cast<double>(weights[i]) * 1000 * rate;
      RC_ASSERT(std::abs(static_cast<double>(heat.terms[i]) - wanted) <= 1 + wanted * 1e-6);
    }
  });
}

TEST(HeatProperty, MoreOfADeedNeverCoolsAndMoreExposuresNeverHeat) {
  rc::check([] {
    Sums sums = added(any_deeds(kNoon, kRoomHalfLifeMs), kRoomHalfLifeMs);
    const Instant now = kNoon + kRoomHalfLifeMs;
    const auto score = [&] { return heat_of(sums, kDefaultWeights, kRoomHalfLifeMs, now).score; };
    const std::int64_t before = score();
    const What what = *rc::gen::elementOf(std::vector<What>(kTerms.begin(), kTerms.end()));
    sum_of(sums, what).add(now, 5, kRoomHalfLifeMs);
    const std::int64_t after = score();
    RC_ASSERT(after >= before);
    sum_of(sums, What::exposure).add(now, 100, kRoomHalfLifeMs);
    RC_ASSERT(score() <= after);
  });
}

TEST(Heat, PointsOfWhatCanBeDoneAddUpToTheMost) {
  std::int64_t sum = 0;
  for (const What what : kTerms) sum += points_of(kDefaultWeights, what, what == What::value ? kFullValue : 1);
  EXPECT_EQ(sum, most_points(kDefaultWeights));
  EXPECT_EQ(points_of(kDefaultWeights, What::exposure, 1000), 0) << "being shown is no deed";
}

}  // namespace
}  // namespace lianbo::feed
