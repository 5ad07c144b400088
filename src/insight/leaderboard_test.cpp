// The board of the day: the order of what was paid, and no more of an amount than its first digit.
#include "insight/leaderboard.hpp"

#include <gtest/gtest.h>

#include "insight/figures.hpp"
#include "support/database.hpp"
#include "support/shop.hpp"

namespace lianbo::insight {
namespace {

TEST(Leaderboard, OfAnAmountOnlyTheFirstDigitIsTold) {
  const std::pair<Fen, Fen> rows[] = {{-5, 0}, {0, 0}, {1, 1}, {9, 9}, {10, 10}, {999, 900}, {1'234'567, 1'000'000}};
  for (const auto& [amount, told] : rows) EXPECT_EQ(first_digit(amount), told) << amount;
}

class LeaderboardTest : public test::StoreTest {};

TEST_P(LeaderboardTest, TheMostPaidComesFirstWhatWentBackDoesNotCountAndYesterdayIsOver) {
  test::Shop shop(db());
  const auto anna = shop.agent("Anna"), bella = shop.agent("Bella"), cora = shop.agent("Cora");
  const auto mask = shop.item("mask", 9900, 50);
  const auto buyer = shop.person("Xiao");
  const auto leaders = [&] {
    while (*fold_tallies(db(), shop.system(), 1000) > 0) {
    }
    return *db().read([&](db::Tx& tx) -> Result<std::vector<Leader>> {
      return leaders_of(tx, shop.brand(), "Asia/Shanghai", shop.now());
    });
  };
  EXPECT_TRUE(leaders().empty()) << "nothing was paid yet";
  shop.bought(buyer, anna.store, {{mask.sku, 1, {}}});
  shop.bought(buyer, bella.store, {{mask.sku, 3, {}}});
  const auto today = leaders();
  ASSERT_EQ(today.size(), 2u) << "Cora sold nothing";
  EXPECT_EQ(today[0].store, bella.store);
  EXPECT_EQ(today[0].at_least_fen, 20000) << "of 29,700 fen";
  EXPECT_EQ(today[1].store, anna.store);
  EXPECT_EQ(today[1].at_least_fen, 9000);
  shop.set_state(bella.id, org::AgentState::suspended);
  EXPECT_EQ(leaders().size(), 1u) << "who may not sell is not shown";
  shop.pass(kDayMs);
  EXPECT_TRUE(leaders().empty());
}

ON_BOTH_ENGINES(LeaderboardTest);

}  // namespace
}  // namespace lianbo::insight
