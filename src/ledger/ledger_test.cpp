#include "ledger/ledger.hpp"

#include <gtest/gtest.h>

#include "support/database.hpp"

namespace lianbo::ledger {
namespace {

constexpr BrandId kBrand{7};
constexpr AgentId kAnna{11}, kBella{12};

class Ledger : public test::StoreTest {
 protected:
  Call call() {
    Call c;
    c.caller.system = true;
    c.now = 1'800'000'000'000;
    c.ids = &ids_;
    return c;
  }
  bool posted(const Transaction& t) {
    const auto done = db().write([&](db::Tx& tx) -> Result<bool> { return post(tx, call(), t); });
    EXPECT_TRUE(done) << done.error().text();
    return done.value_or(false);
  }
  template <class F>
  auto read(F&& body) {
    using T = std::invoke_result_t<F, db::Tx&>;
    return db().read([&](db::Tx& tx) -> Result<T> { return body(tx); }).value();
  }
  static Transaction sale(std::int64_t order, Fen amount) {
    return {kBrand, 3, Cause::payment, order, 0, {{Account::buyers, {}, -amount}, {Account::sales, {}, amount}}};
  }

  IdMaker ids_;
};
ON_BOTH_ENGINES(Ledger);

TEST_P(Ledger, PostsACauseOnceHoweverOftenItIsSaid) {
  EXPECT_TRUE(posted(sale(1, 500)));
  EXPECT_FALSE(posted(sale(1, 500)));
  EXPECT_FALSE(posted(sale(1, 900))) << "the same cause with another sum is still the same cause";
  EXPECT_TRUE(posted(sale(2, 70)));
  const auto balances = read([](db::Tx& tx) { return brand_balances(tx, kBrand); });
  EXPECT_EQ(balances, (Balances{{Account::buyers, -570}, {Account::sales, 570}}));
}

TEST_P(Ledger, PartsOfOneCauseAreTransactionsOfTheirOwn) {
  for (const std::int64_t part : {0, 1, 1})
    posted({kBrand,
            3,
            Cause::maturity,
            9,
            part,
            {{Account::pending, kAnna, -10}, {Account::available, kAnna, 10}, {Account::available, kBella, 0}}});
  EXPECT_EQ(read([](db::Tx& tx) { return agent_balances(tx, kAnna); }),
            (Balances{{Account::pending, -20}, {Account::available, 20}}));
  EXPECT_TRUE(read([](db::Tx& tx) { return agent_balances(tx, kBella); }).empty()) << "nothing is not written";
  const auto lines = read([](db::Tx& tx) { return postings_of(tx, 3, Cause::maturity, 9); });
  ASSERT_EQ(lines.size(), 4u);
  EXPECT_EQ(lines[0].account, Account::pending);
  EXPECT_EQ(lines[3].part, 1);
}

TEST_P(Ledger, WhatDoesNotSumToZeroStopsTheProcess) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  Transaction t = sale(1, 500);
  t.postings[1].amount_fen = 499;
  EXPECT_DEATH(posted(t), "sum == 0");
  Transaction nobody{kBrand, 3, Cause::accrual, 1, 0, {{Account::pending, {}, 5}, {Account::commission, {}, -5}}};
  EXPECT_DEATH(posted(nobody), "is_agent_account");
}

TEST_P(Ledger, TheJournalOfADayIsWholeInOrderAndSumsToZero) {
  for (const std::int64_t order : {1, 2, 3}) posted(sale(order, 100 * order));
  posted({kBrand, 5, Cause::accrual, 9, 0, {{Account::commission, {}, -7}, {Account::pending, kAnna, 7}}});
  const Instant day = call().now / kDayMs * kDayMs;
  const auto lines = read([&](db::Tx& tx) { return journal(tx, kBrand, day, day + kDayMs, 100); });
  ASSERT_EQ(lines.size(), 8u);
  Fen sum = 0;
  for (const auto& l : lines) sum += l.amount_fen;
  EXPECT_EQ(sum, 0);
  EXPECT_TRUE(read([&](db::Tx& tx) { return journal(tx, kBrand, day + kDayMs, day + 2 * kDayMs, 100); }).empty());
  EXPECT_TRUE(read([&](db::Tx& tx) { return journal(tx, BrandId{8}, day, day + kDayMs, 100); }).empty());
  EXPECT_EQ(read([&](db::Tx& tx) { return journal(tx, kBrand, day, day + kDayMs, 3); }).size(), 4u)
      << "one more than asked for says that there are more";
  EXPECT_EQ(read([&](db::Tx& tx) { return postings_of_agent(tx, kAnna, call().now + 1, 10); }).size(), 1u);
  EXPECT_TRUE(read([&](db::Tx& tx) { return postings_of_agent(tx, kAnna, call().now, 10); }).empty());
}

}  // namespace
}  // namespace lianbo::ledger
