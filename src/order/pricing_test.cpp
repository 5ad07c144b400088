// The price of an order: which price a unit has, and where a discount lands, to the fen.
#include "order/pricing.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <numeric>

namespace lianbo::order {
namespace {

TEST(ResolvePrice, FlashBeatsCampaignBeatsList) {
  struct Row {
    const char* says;
    PriceOffers offers;
    std::int64_t qty;
    PriceSource source;
    Fen price_fen;
  };
  for (const Row& row : std::vector<Row>{
           {"nothing but the list", {1000, {}, {}}, 1, PriceSource::list, 1000},
           {"a campaign", {1000, 800, {}}, 3, PriceSource::campaign, 800},
           {"a campaign for nothing", {1000, 0, {}}, 3, PriceSource::campaign, 0},
           {"a campaign above the list is what the brand said", {1000, 1200, {}}, 1, PriceSource::campaign, 1200},
           {"a flash price", {1000, 800, FlashOffer{500, 3}}, 3, PriceSource::flash, 500},
           {"one unit too few for the line: the whole line at the campaign's",
            {1000, 800, FlashOffer{500, 3}},
            4,
            PriceSource::campaign,
            800},
           {"used up, no campaign", {1000, {}, FlashOffer{500, 0}}, 1, PriceSource::list, 1000},
           {"the flash price counts even where a campaign is cheaper",
            {1000, 400, FlashOffer{500, 3}},
            1,
            PriceSource::flash,
            500}}) {
    const UnitPrice got = resolve_price(row.offers, row.qty);
    EXPECT_EQ(got.source, row.source) << row.says;
    EXPECT_EQ(got.price_fen, row.price_fen) << row.says;
  }
  for (const auto source : {PriceSource::list, PriceSource::campaign, PriceSource::flash})
    EXPECT_EQ(price_source(source_name(source)), source);
  EXPECT_EQ(price_source("bargain"), std::nullopt);
}

TEST(SpreadDiscount, ByLargestRemainderTiesToTheEarlierLine) {
  struct Row {
    Fen discount;
    std::vector<Fen> goods, off;
  };
  for (const Row& row : std::vector<Row>{{0, {100, 200}, {0, 0}},
                                         {1, {100, 100}, {1, 0}},                  // a tie: the earlier line bears it
                                         {2, {100, 100, 100}, {1, 1, 0}},          //
                                         {1, {100, 101}, {0, 1}},                  // 0.497… and 0.502…
                                         {100, {3333, 3333, 3334}, {33, 33, 34}},  // 33.33 33.33 33.34
                                         {100, {3333, 3334, 3333}, {33, 34, 33}},
                                         {10000, {9900, 9900, 200}, {4950, 4950, 100}},
                                         {5, {0, 5, 0}, {0, 5, 0}},  // a gift bears nothing
                                         {7, {7}, {7}},
                                         {20000, {9900, 9900, 200}, {9900, 9900, 200}}}) {
    EXPECT_EQ(spread_discount(row.discount, row.goods), row.off) << row.discount;
  }
}

// SPEC 7 word by word: floors first, then one fen each to the largest remainders, earlier first.
std::vector<Fen> by_hand(Fen discount, const std::vector<Fen>& goods) {
  const __int128 total = std::accumulate(goods.begin(), goods.end(), Fen{0});
  std::vector<Fen> out(goods.size(), 0);
  if (total == 0) return out;
  std::vector<std::pair<Fen, std::size_t>> rest;
  Fen given = 0;
  for (std::size_t i = 0; i < goods.size(); ++i) {
    const __int128 exact = static_cast<__int128>(discount) * goods[i];
    out[i] = static_cast<Fen>(exact / total);
    rest.emplace_back(-static_cast<Fen>(exact % total), i);
    given += out[i];
  }
  std::sort(rest.begin(), rest.end());
  for (std::size_t k = 0; given < discount; ++k, ++given) ++out[rest[k].second];
  return out;
}

TEST(SpreadDiscount, AddsUpAndNoLineBearsMoreThanItsGoods) {
  EXPECT_TRUE(rc::check("the spread of any discount", [] {
    const auto goods = *rc::gen::container<std::vector<Fen>>(
        *rc::gen::inRange<std::size_t>(1, 50),
        rc::gen::oneOf(rc::gen::inRange<Fen>(0, 20), rc::gen::inRange<Fen>(0, 20'000'000'000)));
    const Fen total = std::accumulate(goods.begin(), goods.end(), Fen{0});
    const Fen discount =
        *rc::gen::oneOf(rc::gen::inRange<Fen>(0, std::min<Fen>(total, 100) + 1), rc::gen::inRange<Fen>(0, total + 1));
    const auto off = spread_discount(discount, goods);
    RC_ASSERT(off == by_hand(discount, goods));
    RC_ASSERT(std::accumulate(off.begin(), off.end(), Fen{0}) == discount);
    for (std::size_t i = 0; i < goods.size(); ++i) RC_ASSERT(off[i] >= 0 && off[i] <= goods[i]);
  }));
}

}  // namespace
}  // namespace lianbo::order
