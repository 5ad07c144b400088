// The auction: by table, and against a model that tries every bid.
#include "promo/auction.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <vector>

namespace lianbo::promo {
namespace {

Bid bid(std::int64_t id, Fen fen, std::int64_t click_ppm = 40'000, BasisPoints quality_bp = kWholeBp,
        std::int64_t after_ppm = kPpm) {
  return {PromotionId{id}, fen, click_ppm, after_ppm, quality_bp};
}

TEST(Auction, OneSlotInSixIsPaidWhereverOneLooks) {
  for (std::int64_t from = 0; from < 30; ++from) {
    int paid = 0;
    for (std::int64_t at = from; at < from + 6; ++at) paid += is_paid_slot(at) ? 1 : 0;
    EXPECT_EQ(paid, 1) << "at most 1 feed slot in 6 is promoted; from " << from;
  }
  EXPECT_FALSE(is_paid_slot(0)) << "nobody sees an ad first";
}

TEST(Auction, TheSecondsBidIsThePrice) {
  const Bid bids[] = {bid(1, 100), bid(2, 70), bid(3, 50)};
  EXPECT_EQ(auction(bids, 10), (Sold{PromotionId{1}, 70, 100, PromotionId{2}, 3}));
}
TEST(Auction, AloneOnePaysTheReserve) {
  const Bid bids[] = {bid(1, 100)};
  EXPECT_EQ(auction(bids, 10), (Sold{PromotionId{1}, 10, 100, {}, 1}));
}
TEST(Auction, BelowTheReserveNobodyTakesPart) {
  const Bid bids[] = {bid(1, 9), bid(2, 12)};
  EXPECT_EQ(auction(bids, 10), (Sold{PromotionId{2}, 10, 12, {}, 1})) << "and who is below it sets no price";
  EXPECT_FALSE(auction(std::span(bids, 1), 10));
  EXPECT_FALSE(auction({}, 10));
}
TEST(Auction, ChanceAndQualityCountAsMuchAsTheBid) {
  // 50 × 8 % beats 100 × 3 %, and pays what the other's score asks of it: 100 × 3 / 8 = 37.5, rounded up.
  const Bid bids[] = {bid(1, 100, 30'000), bid(2, 50, 80'000)};
  EXPECT_EQ(auction(bids, 10), (Sold{PromotionId{2}, 38, 50, PromotionId{1}, 2})) << "a tie would go to the older";
  const Bid good[] = {bid(1, 60, 40'000, 15'000), bid(2, 80, 40'000, 10'000)};
  EXPECT_EQ(auction(good, 10)->promotion, PromotionId{1});
  EXPECT_EQ(auction(good, 10)->price_fen, 54) << "80 / 1.5, and the older wins a tie";
}
TEST(Auction, TiesGoToTheOlder) {
  const Bid bids[] = {bid(7, 50), bid(3, 50)};
  EXPECT_EQ(auction(bids, 10)->promotion, PromotionId{3});
  EXPECT_EQ(auction(bids, 10)->price_fen, 50);
}
TEST(Auction, ABidForAnOrderIsWorthItsChance) {
  EXPECT_EQ(click_worth(bid(1, 2000, 40'000, kWholeBp, 20'000)), 40) << "20.00 for an order that one in fifty places";
  EXPECT_EQ(click_worth(bid(1, 49, 40'000, kWholeBp, 20'000)), 0) << "rounded down: never above the bid";
}

// Any bids: who wins, at which price, found by trying.
TEST(AuctionProperty, TheHighestScoreWinsAtTheLeastWorthThatStillWins) {
  EXPECT_TRUE(rc::check([] {
    const auto n = *rc::gen::inRange<std::size_t>(0, 7);
    std::vector<Bid> bids;
    for (std::size_t i = 0; i < n; ++i)
      bids.push_back(bid(*rc::gen::inRange<std::int64_t>(1, 1000), *rc::gen::inRange<Fen>(0, 60),
                         *rc::gen::inRange<std::int64_t>(0, 12), *rc::gen::inRange<BasisPoints>(0, 6),
                         *rc::gen::element(kPpm + 0, kPpm / 2, kPpm / 50, 3 * kPpm)));
    std::sort(bids.begin(), bids.end(), [](const Bid& a, const Bid& b) { return a.promotion < b.promotion; });
    bids.erase(
        std::unique(bids.begin(), bids.end(), [](const Bid& a, const Bid& b) { return a.promotion == b.promotion; }),
        bids.end());
    const Fen reserve = *rc::gen::inRange<Fen>(1, 30);
    const auto score = [](const Bid& b, Fen worth) { return worth * b.click_ppm * b.quality_bp; };
    const auto takes_part = [&](const Bid& b) { return click_worth(b) >= reserve && score(b, click_worth(b)) > 0; };
    // In order of id, so that the first of equals is the older.
    const Bid* best = nullptr;
    for (const Bid& b : bids)
      if (takes_part(b) && (best == nullptr || score(b, click_worth(b)) > score(*best, click_worth(*best)))) best = &b;

    auto shuffled = bids;
    std::reverse(shuffled.begin(), shuffled.end());
    const auto sold = auction(shuffled, reserve);
    RC_ASSERT(sold == auction(bids, reserve));  // whatever the order of arrival
    RC_ASSERT(sold.has_value() == (best != nullptr));
    if (!sold) return;
    RC_ASSERT(sold->promotion == best->promotion);
    RC_ASSERT(sold->price_fen >= reserve);
    RC_ASSERT(sold->price_fen <= click_worth(*best));
    const auto wins_at = [&](Fen worth) {
      for (const Bid& b : bids) {
        if (b.promotion == best->promotion || !takes_part(b)) continue;
        const auto own = score(*best, worth), other = score(b, click_worth(b));
        if (own < other || (own == other && b.promotion < best->promotion)) return false;
      }
      return worth >= reserve;
    };
    RC_ASSERT(wins_at(sold->price_fen));
    RC_ASSERT(!wins_at(sold->price_fen - 1));
  }));
}

TEST(AuctionProperty, BiddingMoreNeverMakesTheSameSlotDearer) {
  EXPECT_TRUE(rc::check([] {
    std::vector<Bid> bids;
    for (std::int64_t id = 1; id <= 4; ++id)
      bids.push_back(bid(id, *rc::gen::inRange<Fen>(1, 500), *rc::gen::inRange<std::int64_t>(1, 100'000)));
    const auto before = auction(bids, 10);
    RC_PRE(before.has_value());
    auto& winner = bids[static_cast<std::size_t>(before->promotion.value) - 1];
    winner.bid_fen += *rc::gen::inRange<Fen>(0, 1000);
    const auto after = auction(bids, 10);
    RC_ASSERT(after->promotion == before->promotion);
    RC_ASSERT(after->price_fen == before->price_fen);
  }));
}

TEST(Auction, AFewEventsDecideLittle) {
  EXPECT_EQ(smoothed_ppm(0, 0, 2, 50), 40'000);
  EXPECT_EQ(smoothed_ppm(50, 50, 2, 50), 520'000);
  EXPECT_EQ(smoothed_ppm(0, 0, 0, 0), 0);
}

}  // namespace
}  // namespace lianbo::promo
