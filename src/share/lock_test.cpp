#include "share/lock.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <cstdlib>
#include <limits>
#include <ostream>
#include <string>
#include <vector>

namespace lianbo::share {

void PrintTo(const Lock& lock, std::ostream* out) {
  *out << "agent " << lock.agent.value << " opened " << lock.opened_at << " protect " << lock.protect_until
       << " expires " << lock.expires_at << " rules " << lock.rules_version;
}

namespace {

constexpr AgentId kA{11}, kB{22};
constexpr Instant kStart = 1'800'000'000'000;

org::LockRules rules_of(std::int32_t validity, std::int32_t protect, std::int32_t extends = 45, bool agents = false,
                        std::int32_t version = 1) {
  org::LockRules rules;
  rules.version = version;
  rules.validity_days = validity;
  rules.protect_days = protect;
  rules.order_extends_days = extends;
  rules.lock_agents = agents;
  return rules;
}
TouchInput by(AgentId agent) { return {.agent = agent, .agent_active = true}; }
Lock lock_to(AgentId agent, Instant opened, Instant protect, Instant expires) {
  return {agent, opened, protect, expires, 1};
}

struct Row {
  const char* says;
  std::optional<Lock> before;
  TouchInput input;
  org::LockRules rules;
  Instant t;
  Outcome outcome;
  std::optional<Lock> after;
  AgentId loser = {};
};

TEST(LockRules, EveryRowAndBoundaryOfTheTable) {
  const Instant t = kStart;
  const Instant protect = t + 7 * kDayMs, expires = t + 30 * kDayMs;
  const Lock a = lock_to(kA, t, protect, expires);
  const org::LockRules standard = rules_of(30, 7);
  const auto fresh = [](AgentId agent, Instant at) { return lock_to(agent, at, at + 7 * kDayMs, at + 30 * kDayMs); };
  TouchInput self = by(kA), agent = by(kA), inactive = by(kA), nobody, ad = by(kA);
  self.buyer_is_self = true;
  agent.buyer_is_agent = true;
  inactive.agent_active = false;
  ad.ad = true;
  TouchInput self_agent = self;
  self_agent.buyer_is_agent = true;

  const Row rows[] = {
      {"the agent's own person", a, self, standard, t + 1, Outcome::self, a},
      {"the agent's own person, no lock yet", {}, self, standard, t, Outcome::self, {}},
      {"own person, though agents may be locked", {}, self_agent, rules_of(30, 7, 45, true), t, Outcome::self, {}},
      {"an agent while agents are not locked", {}, agent, standard, t, Outcome::agent, {}},
      {"an agent keeps the lock of before", a, agent, standard, expires, Outcome::agent, a},
      {"an agent where agents may be locked", {}, agent, rules_of(30, 7, 45, true), t, Outcome::opened, fresh(kA, t)},
      {"a suspended agent locks nobody", {}, inactive, standard, t, Outcome::inactive, {}},
      {"a suspended agent does not renew", a, inactive, standard, t + 1, Outcome::inactive, a},
      {"a share that speaks for nobody", a, nobody, standard, t + 1, Outcome::nobody, a},
      {"an ad locks nobody", {}, ad, standard, t, Outcome::ad, {}},
      {"an ad leaves the lock", a, ad, standard, t + 1, Outcome::ad, a},
      {"no lock", {}, by(kA), standard, t, Outcome::opened, fresh(kA, t)},
      {"own lock, first instant", a, by(kA), standard, t, Outcome::renewed, a},
      {"own lock, last valid millisecond", a, by(kA), standard, expires - 1, Outcome::renewed,
       lock_to(kA, t, expires - 1 + 7 * kDayMs, expires - 1 + 30 * kDayMs)},
      {"own lock at t = expires_at", a, by(kA), standard, expires, Outcome::opened, fresh(kA, expires)},
      {"another's at t = expires_at", a, by(kB), standard, expires, Outcome::opened, fresh(kB, expires)},
      {"another's after expiry, still protected", lock_to(kA, t, expires + 9, expires), by(kB), standard, expires,
       Outcome::opened, fresh(kB, expires)},
      {"another's, last protected millisecond", a, by(kB), standard, protect - 1, Outcome::protected_, a, kB},
      {"another's at t = protect_until", a, by(kB), standard, protect, Outcome::taken_over, fresh(kB, protect), kA},
      {"another's, last valid millisecond", a, by(kB), standard, expires - 1, Outcome::taken_over,
       fresh(kB, expires - 1), kA},
      {"never taken over while valid", a, by(kB), rules_of(30, -1), expires - 1, Outcome::protected_, a, kB},
      {"never taken over, but expired", a, by(kB), rules_of(30, -1), expires, Outcome::opened,
       lock_to(kB, expires, kForever, expires + 30 * kDayMs)},
      {"protect 0: taken over in the same millisecond", lock_to(kA, t, t, expires), by(kB), rules_of(30, 0), t,
       Outcome::taken_over, lock_to(kB, t, t, t + 30 * kDayMs), kA},
      {"a promise of protection outlives the rules", a, by(kB), rules_of(30, 0), protect - 1, Outcome::protected_, a,
       kB},
      {"valid for ever", {}, by(kA), rules_of(-1, 7), t, Outcome::opened, lock_to(kA, t, protect, kForever)},
      {"valid for ever, a hundred years on", lock_to(kA, t, protect, kForever), by(kA), standard, t + 36'500 * kDayMs,
       Outcome::renewed, lock_to(kA, t, t + 36'507 * kDayMs, kForever)},
      {"renewing under shorter rules moves nothing back", a, by(kA), rules_of(1, 0), t + kDayMs, Outcome::renewed, a},
      {"renewing under protect −1", a, by(kA), rules_of(30, -1), t, Outcome::renewed,
       lock_to(kA, t, kForever, expires)},
      {"no overflow at the end of time",
       {},
       by(kA),
       rules_of(org::kMaxRuleDays, org::kMaxRuleDays),
       std::numeric_limits<Instant>::max() - 1,
       Outcome::opened,
       lock_to(kA, std::numeric_limits<Instant>::max() - 1, kForever, kForever)},
  };
  for (const Row& row : rows) {
    const TouchDecision got = decide_touch(row.before, row.input, row.rules, row.t);
    EXPECT_EQ(outcome_text(got.outcome), outcome_text(row.outcome)) << row.says;
    EXPECT_EQ(got.lock, row.after) << row.says;
    EXPECT_EQ(got.loser, row.loser) << row.says;
  }
}

TEST(LockRules, TheVersionIsTheOneThatMovedTheLock) {
  const std::optional<Lock> opened = decide_touch({}, by(kA), rules_of(30, 7, 45, false, 3), kStart).lock;
  ASSERT_TRUE(opened);
  EXPECT_EQ(opened->rules_version, 3);
  EXPECT_EQ(decide_touch(opened, by(kB), rules_of(30, 7, 45, false, 4), kStart).lock->rules_version, 3);
  EXPECT_EQ(decide_touch(opened, by(kA), rules_of(30, 7, 45, false, 4), kStart).lock->rules_version, 4);
}

TEST(LockByOrder, MovesExpiryForwardAndOnlyWhileValid) {
  const Lock a = lock_to(kA, kStart, kStart + 7 * kDayMs, kStart + 30 * kDayMs);
  const Instant expires = a.expires_at;
  struct {
    const char* says;
    std::int32_t extends;
    Instant t, expected;
  } rows[] = {
      {"45 days beat what is left", 45, kStart, kStart + 45 * kDayMs},
      {"what is left beats 10 days", 10, kStart, expires},
      {"exactly what is left", 30, kStart, expires},
      {"last valid millisecond", 45, expires - 1, expires - 1 + 45 * kDayMs},
      {"t = expires_at: not the agent's any more", 45, expires, expires},
      {"long after", 45, expires + kDayMs, expires},
      {"0 days", 0, expires - 1, expires},
      {"largest number of days", std::numeric_limits<std::int32_t>::max(), kStart, kForever},
  };
  for (const auto& row : rows) {
    const Lock got = extend_by_order(a, rules_of(30, 7, row.extends), row.t);
    Lock expected = a;
    expected.expires_at = row.expected;
    EXPECT_EQ(got, expected) << row.says;
  }
}

TEST(EffectiveAgent, PassesABuyersShareOnToTheirLockOrTheStore) {
  const Lock b = lock_to(kB, kStart, kStart + 1, kStart + 10);
  const AgentId own{1}, store{2};
  EXPECT_EQ(effective_agent(own, b, store, kStart), own) << "an agent shares for themselves, locked or not";
  EXPECT_EQ(effective_agent({}, b, store, kStart + 9), kB) << "a locked buyer's share speaks for their agent";
  EXPECT_EQ(effective_agent({}, b, store, kStart + 10), store) << "the lock has expired";
  EXPECT_EQ(effective_agent({}, std::nullopt, store, kStart), store);
  EXPECT_EQ(effective_agent({}, std::nullopt, {}, kStart), AgentId{});
}

TEST(Outcomes, HaveTheTextsOfTheTable) {
  for (int i = 0; i <= static_cast<int>(Outcome::ad); ++i) {
    const auto outcome = static_cast<Outcome>(i);
    EXPECT_FALSE(outcome_text(outcome).empty());
    EXPECT_EQ(parse_outcome(outcome_text(outcome)), outcome);
  }
  EXPECT_EQ(outcome_text(Outcome::protected_), "protected");
  EXPECT_EQ(parse_outcome("protected_"), std::nullopt);
}

// ---- The reference: what SPEC 6 says, sentence by sentence, over the whole history each time. It keeps no lock: it
// keeps the promises made since the tie began and asks for the furthest of them.

struct Happening {
  Instant at;
  std::int64_t id;
  bool order;
  int agent;  // 0: nobody
  bool active, self, buyer_is_agent, ad;
  org::LockRules rules;
};

struct Promise {
  Instant protect, expiry;
};
struct Tie {
  int agent = 0;
  Instant opened = 0;
  std::vector<Promise> promises;
};

Instant days_later(Instant t, std::int32_t days, bool minus_one_is_ever) {
  if (minus_one_is_ever && days == -1) return kForever;
  const __int128 sum = static_cast<__int128>(t) + static_cast<__int128>(days) * 86'400'000;
  return sum > kForever ? kForever : static_cast<Instant>(sum);
}
Instant furthest_expiry(const Tie& tie) {
  Instant out = 0;
  for (const Promise& p : tie.promises) out = std::max(out, p.expiry);
  return out;
}
Instant furthest_protection(const Tie& tie) {
  Instant out = 0;
  for (const Promise& p : tie.promises) out = std::max(out, p.protect);
  return out;
}

struct Verdict {
  std::string outcome;
  int agent = 0;
  Instant opened = 0, protect = 0, expires = 0;
  friend bool operator==(const Verdict&, const Verdict&) = default;
};

std::vector<Verdict> reference(const std::vector<Happening>& history) {
  std::vector<Tie> ties;  // the last one is the lock; those before it are over
  std::vector<Verdict> out;
  for (const Happening& h : history) {
    const bool there_is_a_lock = !ties.empty() && h.at < furthest_expiry(ties.back());
    std::string outcome;
    if (h.order) {
      outcome = "order";
      if (there_is_a_lock) ties.back().promises.push_back({0, days_later(h.at, h.rules.order_extends_days, false)});
    } else {
      const Promise promise{days_later(h.at, h.rules.protect_days, true),
                            days_later(h.at, h.rules.validity_days, true)};
      const bool can_lock = !h.ad && h.agent != 0 && h.active;
      if (h.ad)
        outcome = "ad";
      else if (h.agent == 0)
        outcome = "nobody";
      else if (!h.active)
        outcome = "inactive";
      else if (h.self)
        outcome = "self";
      else if (h.buyer_is_agent && !h.rules.lock_agents)
        outcome = "agent";
      const bool rule_1 = !outcome.empty();
      if (can_lock && !rule_1) {
        if (there_is_a_lock && ties.back().agent == h.agent) {
          outcome = "renewed";
          ties.back().promises.push_back(promise);
        } else if (there_is_a_lock && (h.at < furthest_protection(ties.back()) || h.rules.protect_days == -1)) {
          outcome = "protected";
        } else {
          outcome = there_is_a_lock ? "taken_over" : "opened";
          ties.push_back({h.agent, h.at, {promise}});
        }
      }
    }
    Verdict verdict{outcome, 0, 0, 0, 0};
    if (!ties.empty())
      verdict = {outcome, ties.back().agent, ties.back().opened, furthest_protection(ties.back()),
                 furthest_expiry(ties.back())};
    out.push_back(verdict);
  }
  return out;
}

// Instants from a small set of interesting distances, so that t = expires_at and t = protect_until come up often.
rc::Gen<std::vector<Happening>> histories() {
  return rc::gen::exec([] {
    std::vector<org::LockRules> versions;
    const int version_count = *rc::gen::inRange(1, 4);
    for (int v = 1; v <= version_count; ++v) {
      versions.push_back(rules_of(*rc::gen::element(-1, 1, 2, 30), *rc::gen::element(-1, 0, 1, 2, 7),
                                  *rc::gen::element(0, 1, 3, 45), *rc::gen::arbitrary<bool>(), v));
    }
    std::vector<Happening> out;
    Instant at = kStart;
    std::size_t version = 0;
    const int length = *rc::gen::inRange(0, 40);
    for (int i = 0; i < length; ++i) {
      at += *rc::gen::element<Instant>(0, 0, 1, kDayMs - 1, kDayMs, kDayMs + 1, 2 * kDayMs, 30 * kDayMs);
      if (*rc::gen::inRange(0, 12) == 0 && version + 1 < versions.size()) ++version;
      const bool usual = *rc::gen::inRange(0, 4) != 0;
      out.push_back({at, i + 1, *rc::gen::inRange(0, 5) == 0, usual ? *rc::gen::inRange(1, 4) : *rc::gen::inRange(0, 2),
                     usual || *rc::gen::arbitrary<bool>(), !usual && *rc::gen::arbitrary<bool>(),
                     !usual && *rc::gen::arbitrary<bool>(), !usual && *rc::gen::inRange(0, 4) == 0, versions[version]});
    }
    return out;
  });
}

TouchInput input_of(const Happening& h) { return {AgentId{h.agent}, h.active, h.self, h.buyer_is_agent, h.ad}; }

Verdict verdict_of(std::string outcome, const std::optional<Lock>& lock) {
  if (!lock) return {std::move(outcome), 0, 0, 0, 0};
  return {std::move(outcome), static_cast<int>(lock->agent.value), lock->opened_at, lock->protect_until,
          lock->expires_at};
}

TEST(LockProperty, AnyHistoryGivesWhatTheSpecSaysAndTheFoldOfItsRowsIsTheSameLock) {
  const int per_case = std::getenv("LIANBO_FULL") != nullptr ? 100 : 5;  // 100 cases
  EXPECT_TRUE(rc::check("lock = reference model; fold = step by step", [per_case] {
    for (int n = 0; n < per_case; ++n) {
      const std::vector<Happening> history = *histories();
      const std::vector<Verdict> expected = reference(history);
      std::optional<Lock> lock;
      std::vector<LockStep> steps;
      for (std::size_t i = 0; i < history.size(); ++i) {
        const Happening& h = history[i];
        const std::optional<Lock> before = lock;
        LockStep step{h.at, h.id, h.rules, h.order, {}, {}};
        std::string outcome = "order";
        if (h.order) {
          if (valid_at(lock, h.at)) {  // an order that finds no lock leaves no row
            step.order_agent = lock->agent;
            lock = extend_by_order(*lock, h.rules, h.at);
            steps.push_back(step);
          }
        } else {
          step.touch = input_of(h);
          TouchDecision decision = decide_touch(lock, step.touch, h.rules, h.at);
          outcome = outcome_text(decision.outcome);
          lock = decision.lock;
          steps.push_back(step);
          RC_ASSERT(valid_at(before, h.at) || decision.outcome != Outcome::renewed);
        }
        RC_ASSERT(verdict_of(outcome, lock) == expected[i]);
        if (before && lock->opened_at == before->opened_at && lock->agent == before->agent) {
          RC_ASSERT(lock->protect_until >= before->protect_until || !valid_at(before, h.at));
          RC_ASSERT(lock->expires_at >= before->expires_at);
        }
        if (valid_at(before, h.at)) RC_ASSERT(lock.has_value());
      }
      // Rows come back in any order.
      std::vector<LockStep> shuffled = steps;
      if (shuffled.size() > 1) {
        const auto cut = *rc::gen::inRange<std::size_t>(1, shuffled.size());
        std::rotate(shuffled.begin(), shuffled.begin() + static_cast<std::ptrdiff_t>(cut), shuffled.end());
        std::swap(shuffled.front(), shuffled[shuffled.size() / 2]);
      }
      RC_ASSERT(fold(shuffled) == lock);
    }
  }));
}

TEST(LockProperty, AnOrderLengthensOnlyTheLockItWasPlacedUnder) {
  // A merged guest's touch takes the day away from A, under whom the order was placed.
  const org::LockRules standard = rules_of(30, 7);
  std::vector<LockStep> steps{{kStart, 1, standard, false, by(kA), {}},
                              {kStart + 5, 2, standard, true, {}, kA},
                              {kStart - 5, 3, standard, false, by(kB), {}}};
  const std::vector<LockMove> moves = replay(steps);
  ASSERT_EQ(moves.size(), 3u);
  EXPECT_EQ(moves[0].outcome, Outcome::opened);
  EXPECT_EQ(moves[1].outcome, Outcome::protected_);
  EXPECT_EQ(moves[1].loser, kA);
  EXPECT_EQ(moves[2].lock, lock_to(kB, kStart - 5, kStart - 5 + 7 * kDayMs, kStart - 5 + 30 * kDayMs));
}

}  // namespace
}  // namespace lianbo::share
