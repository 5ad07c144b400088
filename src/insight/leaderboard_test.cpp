// The board of the day: the order of what was paid, and no more of an amount than its first digit.
#include "insight/leaderboard.hpp"

#include <gtest/gtest.h>

#include "insight/days.hpp"
#include "live/live_service.hpp"
#include "org/devices.hpp"
#include "support/database.hpp"
#include "support/shop.hpp"

namespace lianbo::insight {
namespace {

TEST(Leaderboard, OfAnAmountOnlyTheFirstDigitIsTold) {
  const std::pair<Fen, Fen> rows[] = {{-5, 0}, {0, 0}, {1, 1}, {9, 9}, {10, 10}, {999, 900}, {1'234'567, 1'000'000}};
  for (const auto& [amount, told] : rows) EXPECT_EQ(first_digit(amount), told) << amount;
}

class LeaderboardTest : public test::StoreTest {
 protected:
  std::vector<BoardRow> leaders(test::Shop& shop, BoardBy by = BoardBy::paid, std::string_view region = {},
                                int days_ago = 0) {
    const Call call = shop.system();
    const Instant day = day_shifted("Asia/Shanghai", shop.now(), -days_ago);
    return leaders_of(*db().read([&](db::Tx& tx) -> Result<std::vector<BoardRow>> {
      return board_of(tx, call, shop.brand(), "Asia/Shanghai", day);
    }),
                      by, region);
  }
  void log_in_on(test::Shop& shop, std::int64_t device, PersonId person) {
    test::must(db().write([&](db::Tx& tx) -> Status {
      org::logged_in_on(tx, org::DeviceId{device}, person, shop.now());
      return {};
    }));
  }
};

TEST_P(LeaderboardTest, TheMostPaidComesFirstWhatWentBackDoesNotCountAndYesterdayIsOver) {
  test::Shop shop(db());
  const auto anna = shop.agent("Anna"), bella = shop.agent("Bella"), cora = shop.agent("Cora");
  const auto mask = shop.item("mask", 9900, 50);
  const auto buyer = shop.person("Xiao");
  EXPECT_TRUE(leaders(shop).empty()) << "nothing was paid yet";
  shop.bought(buyer, anna.store, {{mask.sku, 1, {}}});
  const auto big = shop.bought(buyer, bella.store, {{mask.sku, 3, {}}});
  const auto today = leaders(shop);
  ASSERT_EQ(today.size(), 2u) << "Cora sold nothing";
  EXPECT_EQ(today[0].store, bella.store);
  EXPECT_EQ(today[0].paid_fen, 29700);
  EXPECT_EQ(today[1].store, anna.store);
  shop.refund(big.id, 0, 25000);
  EXPECT_EQ(leaders(shop).front().store, anna.store) << "47.00 of Bella's are left";
  shop.set_state(anna.id, org::AgentState::suspended);
  EXPECT_EQ(leaders(shop).size(), 1u) << "who may not sell is not shown";
  shop.pass(kDayMs);
  EXPECT_TRUE(leaders(shop).empty());
  EXPECT_EQ(leaders(shop, BoardBy::paid, {}, 1).size(), 1u) << "yesterday's board";
}

TEST_P(LeaderboardTest, ANewBuyerIsNewOnceAtTheBrand) {
  test::Shop shop(db());
  const auto anna = shop.agent("Anna"), bella = shop.agent("Bella");
  const auto mask = shop.item("mask", 9900, 50);
  const auto xiao = shop.person("Xiao"), mei = shop.person("Mei"), lin = shop.person("Lin");
  shop.bought(xiao, anna.store, {{mask.sku, 1, {}}});
  shop.pass(kDayMs);
  shop.bought(xiao, bella.store, {{mask.sku, 9, {}}});
  shop.bought(mei, anna.store, {{mask.sku, 1, {}}});
  shop.bought(lin, anna.store, {{mask.sku, 1, {}}});
  const auto today = leaders(shop, BoardBy::new_buyers);
  ASSERT_EQ(today.size(), 1u) << "Xiao bought from Bella, but is not new";
  EXPECT_EQ(today[0].store, anna.store);
  EXPECT_EQ(today[0].new_buyers, 2);
}

TEST_P(LeaderboardTest, RingsOneBrowserAndRefundSpreesMoveNothing) {
  test::Shop shop(db());
  const auto anna = shop.agent("Anna"), bella = shop.agent("Bella");
  const auto mask = shop.item("mask", 9900, 500);
  shop.bought(shop.person("Xiao"), bella.store, {{mask.sku, 1, {}}});
  std::vector<org::Agent> ring;
  for (int i = 0; i < 10; ++i) ring.push_back(shop.agent("ring" + std::to_string(i)));
  for (const auto& by : ring) shop.bought(by.person, anna.store, {{mask.sku, 5, {}}});
  for (int i = 0; i < 5; ++i) {
    const PersonId account = shop.person("account" + std::to_string(i));
    log_in_on(shop, 7, account);
    shop.bought(account, anna.store, {{mask.sku, 5, {}}});
  }
  const PersonId own = shop.person("own");
  log_in_on(shop, 8, own);
  log_in_on(shop, 8, anna.person);
  shop.bought(own, anna.store, {{mask.sku, 5, {}}});
  for (int i = 0; i < 3; ++i) {
    const auto o = shop.bought(shop.person("spree" + std::to_string(i)), anna.store, {{mask.sku, 1, {}}});
    shop.refund(o.id, 0, 9900);
  }
  for (const BoardBy by : {BoardBy::paid, BoardBy::new_buyers}) {
    const auto board = leaders(shop, by);
    ASSERT_EQ(board.size(), 1u);
    EXPECT_EQ(board[0].store, bella.store) << "Anna has not sold anything that counts";
  }
}

TEST_P(LeaderboardTest, PromisesKeptAndRegions) {
  test::Shop shop(db());
  const auto anna = shop.agent("Anna", {}, "华东/上海"), bella = shop.agent("Bella", {}, "华南");
  const auto mask = shop.item("mask", 9900, 50);
  const auto plan = [&](const org::Agent& host, DurationMs in) {
    const Call call = shop.as(host.person);
    return test::must(db().write([&](db::Tx& tx) -> Result<BroadcastId> {
      live::NewBroadcast wish{"T", shop.now() + in, {mask.product}, live::Audience::everybody};
      TRY(const auto made, live::schedule_broadcast(tx, call, host.store, wish));
      return made.broadcast.id;
    }));
  };
  const auto kept = plan(anna, kHourMs);
  plan(bella, kHourMs);
  EXPECT_TRUE(leaders(shop, BoardBy::promises).empty()) << "none is due yet";
  shop.pass(kHourMs);
  const Call host = shop.as(anna.person);
  test::must(db().write([&](db::Tx& tx) { return live::start_broadcast(tx, host, kept); }));
  shop.pass(live::kPromiseSlackMs + 1);
  const auto board = leaders(shop, BoardBy::promises);
  ASSERT_EQ(board.size(), 1u) << "Bella did not come";
  EXPECT_EQ(board[0].store, anna.store);
  EXPECT_EQ(board[0].kept, 1);
  EXPECT_EQ(leaders(shop, BoardBy::promises, "华东").size(), 1u);
  EXPECT_TRUE(leaders(shop, BoardBy::promises, "华南").empty());
}

ON_BOTH_ENGINES(LeaderboardTest);

}  // namespace
}  // namespace lianbo::insight
