// Seeded trials: days of a brand on a server that breaks (trial.hpp). 20 fixed seeds, 1,000 with LIANBO_FULL=1.
// LIANBO_TRIAL_SEED=N replays one and tells each step; LIANBO_TRIAL_FIRST and LIANBO_TRIAL_COUNT choose others.
#include "trials/trial.hpp"

#include <gtest/gtest.h>

#include <cstdlib>

#include "support/database.hpp"

namespace lianbo::trials {
namespace {

std::int64_t from_environment(const char* name, std::int64_t otherwise) {
  const char* said = std::getenv(name);
  return said != nullptr ? std::strtoll(said, nullptr, 10) : otherwise;
}

TrialReport trial(test::Engine engine, std::uint64_t seed, bool tell = false) {
  // One in ten makes its schema itself, as a server's first start does. On PostgreSQL that takes as long as the trial.
  using Start = test::ScratchDatabase::Start;
  const test::ScratchDatabase scratch(engine, seed % 10 == 0 ? Start::empty : Start::migrated);
  TrialOptions options;
  options.seed = seed;
  options.db_url = scratch.url();
  options.tell = tell;
  options.steps = static_cast<int>(from_environment("LIANBO_TRIAL_STEPS", options.steps));
  return run_trial(options);
}

class Trials : public ::testing::TestWithParam<test::Engine> {};

TEST_P(Trials, EveryLawHoldsWhateverBreaks) {
  if (const auto seed = from_environment("LIANBO_TRIAL_SEED", 0)) {
    EXPECT_EQ(trial(GetParam(), static_cast<std::uint64_t>(seed), true).broken_law, "");
    return;
  }
  // SQLite takes the many, PostgreSQL a share of them: what differs between the two is the engine, not the rules.
  const bool full = std::getenv("LIANBO_FULL") != nullptr;
  const auto first = from_environment("LIANBO_TRIAL_FIRST", 1);
  const auto count = from_environment("LIANBO_TRIAL_COUNT", full ? 1000 : GetParam() == test::Engine::sqlite ? 20 : 5);
  TrialReport sum;
  for (auto seed = first; seed < first + count; ++seed) {
    const auto report = trial(GetParam(), static_cast<std::uint64_t>(seed));
    EXPECT_EQ(report.broken_law, "") << "seed " << seed << " breaks a law; LIANBO_TRIAL_SEED=" << seed
                                     << " replays it and tells each step";
    sum.asked += report.asked, sum.broke += report.broke, sum.repeated += report.repeated,
        sum.refused += report.refused;
    sum.deaths += report.deaths, sum.orders += report.orders, sum.paid += report.paid, sum.refunded += report.refunded;
    sum.settled += report.settled;
  }
  std::printf(
      "%lld trials: %lld asked (%lld refused), %lld broke, %d deaths, %lld repeated; %d orders, %d paid, %d "
      "with refunds, %d settlements\n",
      static_cast<long long>(count), static_cast<long long>(sum.asked), static_cast<long long>(sum.refused),
      static_cast<long long>(sum.broke), sum.deaths, static_cast<long long>(sum.repeated), sum.orders, sum.paid,
      sum.refunded, sum.settled);
  // The trials must have tried something.
  EXPECT_GT(sum.deaths, count / 2);
  EXPECT_GT(sum.broke, count);
  EXPECT_GT(sum.paid, count);
  EXPECT_GT(sum.refunded, 0);
}

TEST_P(Trials, TheSameSeedMakesTheSameTrial) { EXPECT_EQ(trial(GetParam(), 7).trace, trial(GetParam(), 7).trace); }

INSTANTIATE_TEST_SUITE_P(BothEngines, Trials, ::testing::Values(test::Engine::sqlite, test::Engine::postgres),
                         ::testing::PrintToStringParamName());

}  // namespace
}  // namespace lianbo::trials
