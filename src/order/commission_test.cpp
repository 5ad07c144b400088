// Who earns what, against tables and against small reference models written from the sentences of SPEC 6 and 8, in
// another way than the code: the models keep whole histories and compute from the start each time.
#include "order/commission.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <numeric>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace lianbo::order {
namespace {

// Histories a property: 10,000 in a full run. RapidCheck reads its parameters at the first check.
[[maybe_unused]] const int kHistories = setenv(
    "RC_PARAMS", std::getenv("LIANBO_FULL") != nullptr ? "max_success=10000" : "max_success=500", /*overwrite=*/0);

constexpr AgentId kHost{1}, kPromoter{2}, kRecruiter{3}, kClipper{4};

TEST(Attribution, who_stands_in_which_role) {
  struct Row {
    const char* says;
    AttributionFacts facts;
    Attribution roles;
  };
  const AgentId none;
  for (const Row& row : std::vector<Row>{
           {"a buyer under no lock", {kHost, none, none, false, none}, {kHost, none, none, none}},
           {"the lock's agent promotes", {kHost, kPromoter, none, false, none}, {kHost, kPromoter, none, none}},
           {"the promoter's active recruiter",
            {kHost, kPromoter, kRecruiter, true, none},
            {kHost, kPromoter, kRecruiter, none}},
           {"a recruiter who is not active",
            {kHost, kPromoter, kRecruiter, false, none},
            {kHost, kPromoter, none, none}},
           {"no lock, so no recruiter either", {kHost, none, kRecruiter, true, none}, {kHost, none, none, none}},
           {"the host is the promoter too", {kHost, kHost, kRecruiter, true, none}, {kHost, kHost, kRecruiter, none}},
           {"the host recruited the promoter", {kHost, kPromoter, kHost, true, none}, {kHost, kPromoter, kHost, none}},
           {"the buyer came from a clip",
            {kHost, kPromoter, kRecruiter, true, kClipper},
            {kHost, kPromoter, kRecruiter, kClipper}},
           {"a clip, but no lock", {kHost, none, none, false, kClipper}, {kHost, none, none, kClipper}},
       })
    EXPECT_EQ(attribute(row.facts), row.roles) << row.says;
}

TEST(Attribution, the_depth_is_two_and_there_is_no_third_role_upwards) {
  EXPECT_EQ(kEarningDepth, 2);
  EXPECT_EQ(std::size(kRoles), 4u);
}

TEST(Attribution, a_role_held_by_the_buyer_earns_only_where_the_brand_pays_for_self_purchase) {
  const Attribution roles{kHost, kPromoter, kRecruiter, {}};
  struct Row {
    const char* says;
    Role role;
    AgentId buyer;
    bool self_purchase;
    AgentId earner;
  };
  for (const Row& row : std::vector<Row>{
           {"another buyer", Role::host, {}, false, kHost},
           {"a buyer who is another agent", Role::host, kClipper, false, kHost},
           {"the host buys in their own store", Role::host, kHost, false, {}},
           {"the host buys, and is paid", Role::host, kHost, true, kHost},
           {"the promoter still earns when the host buys", Role::promoter, kHost, false, kPromoter},
           {"the promoter buys", Role::promoter, kPromoter, false, {}},
           {"the recruiter still earns when the promoter buys", Role::recruiter, kPromoter, false, kRecruiter},
           {"the recruiter buys", Role::recruiter, kRecruiter, false, {}},
           {"nobody holds the role", Role::clipper, {}, false, {}},
           {"nobody holds the role, self-purchase paid", Role::clipper, kHost, true, {}},
       })
    EXPECT_EQ(earner(roles, row.role, row.buyer, row.self_purchase), row.earner) << row.says;
}

TEST(Commission, an_entry_is_the_floor_of_net_times_rate) {
  EXPECT_EQ(entry_fen(9900, 1000), 990);
  EXPECT_EQ(entry_fen(9909, 1000), 990);
  EXPECT_EQ(entry_fen(9, 1000), 0);
  EXPECT_EQ(entry_fen(0, 3000), 0);
  EXPECT_EQ(entry_fen(kMaxAmountFen, 3000), kMaxAmountFen / 10 * 3);
}

TEST(Commission, corrections_telescope_to_nothing) {
  // 100.01 at 8 %, given back as 33.33, 33.34 and 33.34.
  EXPECT_EQ(entry_fen(10001, 800), 800);
  EXPECT_EQ(correction_fen(10001, 6668, 800), 533 - 800);
  EXPECT_EQ(correction_fen(6668, 3334, 800), 266 - 533);
  EXPECT_EQ(correction_fen(3334, 0, 800), -266);
  // A part too small to change the floor posts nothing, and the next part makes up for it.
  EXPECT_EQ(correction_fen(10000, 9999, 1), -1);
  EXPECT_EQ(correction_fen(9999, 9998, 1), 0);
}

TEST(Commission, matures_at_receipt_and_freeze_to_the_millisecond) {
  constexpr Instant received = 1'800'000'000'123;
  EXPECT_EQ(matures_at(received, 7), received + 604'800'000);
  EXPECT_EQ(matures_at(received, 0), received);
  const Instant due = matures_at(received, 7);
  EXPECT_FALSE(matures(due, false, due - 1));
  EXPECT_TRUE(matures(due, false, due));
  EXPECT_FALSE(matures(due, true, due + kDayMs)) << "an open after-sale holds it back, however late it is";
  EXPECT_FALSE(matures(0, false, due)) << "never received";
}

TEST(Settlement, debt_is_worked_off_first_and_a_payout_is_never_negative) {
  struct Row {
    Fen entries, debt, worked_off, new_debt, payable;
  };
  for (const Row& row : std::vector<Row>{{0, 0, 0, 0, 0},
                                         {500, 0, 0, 0, 500},
                                         {500, 200, 200, 0, 300},
                                         {500, 500, 500, 0, 0},
                                         {500, 501, 500, 0, 0},
                                         {0, 300, 0, 0, 0},
                                         {-1, 0, 0, 1, 0},
                                         {-300, 200, 0, 300, 0}}) {
    const SettlementSum sum = settle(row.entries, row.debt);
    EXPECT_EQ(sum.worked_off_fen, row.worked_off) << row.entries << " with debt " << row.debt;
    EXPECT_EQ(sum.new_debt_fen, row.new_debt) << row.entries << " with debt " << row.debt;
    EXPECT_EQ(sum.payable_fen, row.payable) << row.entries << " with debt " << row.debt;
  }
}

// ---- reference models

// "floor(net × bp / 10000)", by hand: whole ten-thousands and the rest.
Fen floor_of(Fen net, BasisPoints bp) { return net / 10000 * bp + net % 10000 * bp / 10000; }

TEST(CommissionProperty, whatever_the_parts_the_entries_sum_to_the_floor_at_the_net) {
  EXPECT_TRUE(rc::check("refunds in random parts", [] {
    const auto bps = *rc::gen::container<std::vector<BasisPoints>>(4, rc::gen::inRange<BasisPoints>(0, 3001));
    const Fen paid = *rc::gen::oneOf(rc::gen::inRange<Fen>(1, 300), rc::gen::inRange<Fen>(1, 1'000'000),
                                     rc::gen::inRange<Fen>(1, kMaxAmountFen + 1));
    std::vector<Fen> sums;
    for (const auto bp : bps) sums.push_back(entry_fen(paid, bp));
    std::vector<Fen> refunds;  // the history; the model starts from it each time
    const bool to_the_end = *rc::gen::arbitrary<bool>();
    for (int part = 0; part < 12; ++part) {
      const Fen given = std::accumulate(refunds.begin(), refunds.end(), Fen{0});
      if (given == paid) break;
      const Fen left = paid - given;
      const bool last = to_the_end && part == 11;
      const Fen amount = last ? left : *rc::gen::oneOf(rc::gen::just(Fen{1}), rc::gen::inRange<Fen>(1, left + 1));
      for (std::size_t r = 0; r < bps.size(); ++r) {
        const Fen correction = correction_fen(paid - given, paid - given - amount, bps[r]);
        RC_ASSERT(correction <= 0);
        sums[r] += correction;
      }
      refunds.push_back(amount);
      const Fen net = paid - std::accumulate(refunds.begin(), refunds.end(), Fen{0});
      for (std::size_t r = 0; r < bps.size(); ++r) RC_ASSERT(sums[r] == floor_of(net, bps[r]));
      if (net == 0)
        for (const Fen sum : sums) RC_ASSERT(sum == 0);
    }
    if (to_the_end)
      for (const Fen sum : sums) RC_ASSERT(sum == 0);
  }));
}

// A small matrix in which the sentences of SPEC 6 are looked up one by one.
struct Matrix {
  struct Member {
    int parent = 0;  // 0: none
    bool active = true;
  };
  std::map<int, Member> agents;  // from 1
};
struct Purchase {
  int store_of = 1;
  int lock = 0;   // agent of the valid lock
  int clip = 0;   // author of the clip
  int buyer = 0;  // the buyer as agent
  bool self_purchase = false;
};
// role → who is paid for it
std::map<std::string, int> paid_by_the_spec(const Matrix& m, const Purchase& p) {
  std::map<std::string, int> holder;
  holder["host"] = p.store_of;                   // "the agent of the store"
  if (p.lock != 0) holder["promoter"] = p.lock;  // "the agent of the valid lock, if any"
  if (holder.contains("promoter")) {             // "the promoter's parent, if active"
    const int parent = m.agents.at(holder["promoter"]).parent;
    if (parent != 0 && m.agents.at(parent).active) holder["recruiter"] = parent;
  }
  if (p.clip != 0) holder["clipper"] = p.clip;  // "the author of the clip the buyer came from"
  if (!p.self_purchase)                         // "a role held by the buyer earns nothing"
    std::erase_if(holder, [&](const auto& h) { return h.second == p.buyer; });
  return holder;
}

TEST(CommissionProperty, attribution_is_what_the_sentences_say) {
  EXPECT_TRUE(rc::check("attribution", [] {
    Matrix m;
    const int size = *rc::gen::inRange(1, 7);
    for (int a = 1; a <= size; ++a) m.agents[a] = {*rc::gen::inRange(0, a), *rc::gen::arbitrary<bool>()};
    Purchase p;
    p.store_of = *rc::gen::inRange(1, size + 1);
    p.lock = *rc::gen::inRange(0, size + 1);
    p.clip = *rc::gen::inRange(0, size + 1);
    p.buyer = *rc::gen::inRange(0, size + 1);
    p.self_purchase = *rc::gen::arbitrary<bool>();

    AttributionFacts facts;
    facts.store_agent = AgentId{p.store_of};
    facts.lock_agent = AgentId{p.lock};
    facts.clip_author = AgentId{p.clip};
    if (p.lock != 0)
      if (const int parent = m.agents.at(p.lock).parent; parent != 0) {
        facts.promoter_parent = AgentId{parent};
        facts.promoter_parent_active = m.agents.at(parent).active;
      }
    const Attribution roles = attribute(facts);
    std::map<std::string, int> paid;
    for (const Role role : kRoles)
      if (const AgentId who = earner(roles, role, AgentId{p.buyer}, p.self_purchase); who)
        paid[std::string(role_name(role))] = static_cast<int>(who.value);
    RC_ASSERT(paid == paid_by_the_spec(m, p));
  }));
}

// An agent's account over many settlements. The model knows only what was ever taken into settlements: nothing is
// forgiven and nothing is taken back in cash, so what was paid in all is the highest that the sum of all entries ever
// was, and the debt is what is missing below it.
TEST(CommissionProperty, settlements_forgive_nothing_and_pay_nothing_twice) {
  EXPECT_TRUE(rc::check("settlements", [] {
    const auto runs = *rc::gen::container<std::vector<std::vector<Fen>>>(
        rc::gen::container<std::vector<Fen>>(rc::gen::inRange<Fen>(-1000, 1000)));
    std::vector<Fen> everything;
    Fen debt = 0, paid = 0;
    for (const auto& entries : runs) {
      const SettlementSum sum = settle(std::accumulate(entries.begin(), entries.end(), Fen{0}), debt);
      RC_ASSERT(sum.payable_fen >= 0);
      RC_ASSERT(sum.worked_off_fen >= 0);
      RC_ASSERT(sum.worked_off_fen <= debt);
      RC_ASSERT(sum.new_debt_fen >= 0);
      debt += sum.new_debt_fen - sum.worked_off_fen;
      paid += sum.payable_fen;

      everything.push_back(std::accumulate(entries.begin(), entries.end(), Fen{0}));
      Fen total = 0, highest = 0;
      for (const Fen taken : everything) {
        total += taken;
        highest = std::max(highest, total);
      }
      RC_ASSERT(paid == highest);
      RC_ASSERT(debt == highest - total);
    }
  }));
}

// Whole histories of one line and its roles: refunds, maturity and settlements in any order. After the last refund is
// full, what each agent was paid less what they owe is nothing.
TEST(CommissionProperty, a_line_that_is_given_back_whole_leaves_nobody_richer_or_poorer) {
  EXPECT_TRUE(rc::check("a line's life", [] {
    const Fen paid = *rc::gen::inRange<Fen>(1, 100'000);
    const BasisPoints bp = *rc::gen::inRange<BasisPoints>(1, 3001);
    Fen net = paid, pending = entry_fen(paid, bp), available = 0, debt = 0, paid_out = 0;
    bool matured = false;
    const auto settle_now = [&] {
      const SettlementSum sum = settle(available, debt);
      available = 0;
      debt += sum.new_debt_fen - sum.worked_off_fen;
      paid_out += sum.payable_fen;
    };
    const auto give_back = [&](Fen amount) {
      (matured ? available : pending) += correction_fen(net, net - amount, bp);
      net -= amount;
    };
    for (const int step : *rc::gen::container<std::vector<int>>(rc::gen::inRange(0, 4))) {
      if (step == 0 && net > 0) give_back(*rc::gen::inRange<Fen>(1, net + 1));
      if (step == 1 && !matured) {
        matured = true;
        available += std::exchange(pending, 0);
      }
      if (step >= 2) settle_now();
      RC_ASSERT(pending + available + paid_out - debt == floor_of(net, bp));
      RC_ASSERT(pending >= 0);
      RC_ASSERT(debt >= 0);
    }
    if (net > 0) give_back(net);
    settle_now();
    RC_ASSERT(pending + paid_out - debt == 0);
  }));
}

}  // namespace
}  // namespace lianbo::order
