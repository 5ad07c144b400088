// The pure rules of coupons, shipping fees, campaigns and forbidden words, as tables.
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "base/json.hpp"
#include "catalog/campaign.hpp"
#include "catalog/coupon.hpp"
#include "catalog/shipping.hpp"
#include "catalog/words.hpp"

namespace lianbo::catalog {
namespace {

constexpr Instant kNow = 1'800'000'000'000;

Coupon coupon(Fen off_fen, BasisPoints off_bp = 0, Fen cap_fen = 0, Fen min_spend_fen = 0) {
  Coupon c;
  c.name = "c";
  c.off_fen = off_fen;
  c.off_bp = off_bp;
  c.cap_fen = cap_fen;
  c.min_spend_fen = min_spend_fen;
  c.total = 10;
  c.starts_at = kNow;
  c.ends_at = kNow + kDayMs;
  return c;
}
Code code_of(const Status& status) { return status ? Code{} : status.error().code; }

TEST(CouponRules, WhatACouponTakesOff) {
  struct Row {
    Coupon coupon;
    Fen goods, off;
  };
  for (const Row& row : std::vector<Row>{{coupon(500), 10000, 500},
                                         {coupon(500), 499, 499},  // never more than the goods
                                         {coupon(500), 0, 0},
                                         {coupon(0, 1000), 9999, 999},  // floor
                                         {coupon(0, 1), 9999, 0},
                                         {coupon(0, 10000), 9999, 9999},
                                         {coupon(0, 1000, 300), 9999, 300},
                                         {coupon(0, 1000, 1000), 9999, 999}})
    EXPECT_EQ(coupon_discount(row.coupon, row.goods), row.off)
        << row.coupon.off_fen << " " << row.coupon.off_bp << " of " << row.goods;
}

TEST(CouponRules, NeverBelowZeroAndNeverMoreThanTheGoods) {
  EXPECT_TRUE(rc::check("the worth of any coupon", [] {
    const bool rate = *rc::gen::arbitrary<bool>();
    const Coupon c = rate ? coupon(0, *rc::gen::inRange(1, 10001),
                                   *rc::gen::oneOf(rc::gen::just<Fen>(0), rc::gen::inRange<Fen>(1, 100000)))
                          : coupon(*rc::gen::inRange<Fen>(1, 100000));
    const Fen goods = *rc::gen::inRange<Fen>(0, 1'000'000);
    const Fen off = coupon_discount(c, goods);
    RC_ASSERT(off >= 0 && off <= goods);
    Fen expected = rate ? goods * c.off_bp / 10000 : c.off_fen;
    if (rate && c.cap_fen > 0 && expected > c.cap_fen) expected = c.cap_fen;
    if (expected > goods) expected = goods;
    RC_ASSERT(off == expected);
  }));
}

TEST(CouponRules, FitsByWindowPlaceAndSpend) {
  Coupon c = coupon(500, 0, 0, 5000);
  c.store = StoreId{7};
  const CouponUse right{StoreId{7}, {}, 5000, kNow};
  EXPECT_TRUE(coupon_fits(c, right));
  const auto with = [&](auto change) {
    CouponUse use = right;
    change(use);
    const auto status = coupon_fits(c, use);
    return status ? std::string("fits") : status.error().detail;
  };
  EXPECT_EQ(with([](auto& u) { u.now = kNow - 1; }), "it is not good yet");
  EXPECT_EQ(with([](auto& u) { u.now = kNow + kDayMs - 1; }), "fits");
  EXPECT_EQ(with([](auto& u) { u.now = kNow + kDayMs; }), "it has expired");
  EXPECT_EQ(with([](auto& u) { u.store = StoreId{8}; }), "it is good in another store only");
  EXPECT_EQ(with([](auto& u) { u.goods_fen = 4999; }), "it needs goods for 50.00; these are 49.99");
  c.broadcast = BroadcastId{3};
  EXPECT_EQ(with([](auto&) {}), "it is good in the room it was given in only");
  EXPECT_EQ(with([](auto& u) { u.broadcast = BroadcastId{3}; }), "fits");
}

TEST(CouponRules, TermsThatMakeNoSenseAreRefused) {
  const auto place = [](auto change) {
    Coupon c = coupon(500);
    change(c);
    const auto status = check_coupon(c, kNow);
    return status ? std::string() : status.error().where;
  };
  EXPECT_EQ(place([](auto&) {}), "");
  EXPECT_EQ(place([](auto& c) { c.name = ""; }), "/name");
  EXPECT_EQ(place([](auto& c) { c.off_fen = 0; }), "/off_fen");
  EXPECT_EQ(place([](auto& c) { c.off_bp = 100; }), "/off_fen");  // both
  EXPECT_EQ(place([](auto& c) { c.off_fen = -1; }), "/off_fen");
  EXPECT_EQ(place([](auto& c) { c.off_fen = 0, c.off_bp = 10001; }), "/off_bp");
  EXPECT_EQ(place([](auto& c) { c.cap_fen = 5; }), "/cap_fen");  // of an amount
  EXPECT_EQ(place([](auto& c) { c.min_spend_fen = -1; }), "/min_spend_fen");
  EXPECT_EQ(place([](auto& c) { c.total = 0; }), "/total");
  EXPECT_EQ(place([](auto& c) { c.ends_at = c.starts_at; }), "/ends_at");
  EXPECT_EQ(place([](auto& c) { c.ends_at = c.starts_at + 367 * kDayMs; }), "/ends_at");
  EXPECT_EQ(place([](auto& c) { c.starts_at = kNow - kDayMs, c.ends_at = kNow; }), "/ends_at");
  EXPECT_EQ(place([](auto& c) { c.giver = Giver::store; }), "/store_id");
  EXPECT_EQ(place([](auto& c) { c.giver = Giver::room; }), "/broadcast_id");
  EXPECT_EQ(place([](auto& c) { c.broadcast = BroadcastId{1}; }), "/broadcast_id");
}

TEST(CouponRules, AStoreGivesWithinItsLimit) {
  EXPECT_EQ(code_of(check_store_coupon(coupon(1500, 0, 0, 5000), 3000)), Code{});
  EXPECT_EQ(code_of(check_store_coupon(coupon(1501, 0, 0, 5000), 3000)), Code::over_store_limit);
  EXPECT_EQ(code_of(check_store_coupon(coupon(1), 3000)), Code::over_store_limit);  // of nothing that has to be spent
  EXPECT_EQ(code_of(check_store_coupon(coupon(0, 3000), 3000)), Code{});
  EXPECT_EQ(code_of(check_store_coupon(coupon(0, 3001), 3000)), Code::over_store_limit);
  EXPECT_EQ(code_of(check_store_coupon(coupon(0, 1), 0)), Code::over_store_limit);
}

TEST(ShippingRules, TheLongestRegionThatFitsCounts) {
  const ShippingTable table{3,
                            {{"", 1000, 200, 20000},
                             {"上海", 600, 0, 9900},
                             {"上海市 崇明", 800, 100, std::nullopt},
                             {"Tibet", 2500, 500, std::nullopt}}};
  struct Row {
    const char* region;
    std::int64_t units;
    Fen paid, fee;
    const char* by;
  };
  for (const Row& row : std::vector<Row>{{"北京市", 1, 5000, 1000, ""},
                                         {"北京市", 3, 5000, 1400, ""},
                                         {"北京市", 3, 19999, 1400, ""},
                                         {"北京市", 3, 20000, 0, ""},
                                         {"", 1, 0, 1000, ""},
                                         {"上海", 9, 5000, 600, "上海"},
                                         {"上海市黄浦区", 1, 9900, 0, "上海"},
                                         {"上海市崇明县", 2, 99999, 900, "上海市 崇明"},
                                         {" 上海市  崇明 ", 1, 0, 800, "上海市 崇明"},
                                         {"tibet", 2, 0, 3000, "Tibet"},
                                         {"TIBET, Lhasa", 1, 0, 2500, "Tibet"},
                                         {"北京市", 0, 0, 0, ""}}) {
    const auto fee = shipping_fee(table, row.region, row.units, row.paid);
    EXPECT_EQ(fee.fee_fen, row.fee) << row.region;
    EXPECT_EQ(fee.region, row.by) << row.region;
    EXPECT_EQ(fee.version, 3);
  }
  EXPECT_EQ(shipping_fee({}, "上海", 3, 0).fee_fen, 0) << "no table: free";
}

TEST(ShippingRules, ATableHasEveryRegionOnceAndEverywhereElse) {
  const auto place = [](std::vector<ShippingRule> rules) {
    const auto status = check_shipping(rules);
    return status ? std::string() : status.error().where;
  };
  EXPECT_EQ(place({{"", 0, 0, {}}}), "");
  EXPECT_EQ(place({}), "/rules");
  EXPECT_EQ(place({{"上海", 0, 0, {}}}), "/rules") << "what about everywhere else?";
  EXPECT_EQ(place({{"", 0, 0, {}}, {"上海", 0, 0, {}}, {" 上 海 ", 0, 0, {}}}), "/rules/2/region");
  EXPECT_EQ(place({{"", -1, 0, {}}}), "/rules/0/first_fen");
  EXPECT_EQ(place({{"", 0, -1, {}}}), "/rules/0/more_fen");
  EXPECT_EQ(place({{"", 0, 0, -1}}), "/rules/0/free_from_fen");
}

TEST(CampaignRules, WhatACampaignMustBe) {
  const auto place = [](auto change) {
    CampaignWish wish;
    wish.name = "double eleven";
    wish.starts_at = kNow;
    wish.ends_at = kNow + kDayMs;
    wish.items = {{SkuId{1}, 100, "", {}}, {SkuId{2}, 0, "", {}}};
    change(wish);
    const auto status = check_campaign(wish, kNow);
    return status ? std::string() : status.error().where;
  };
  EXPECT_EQ(place([](auto&) {}), "");
  EXPECT_EQ(place([](auto& w) { w.name = ""; }), "/name");
  EXPECT_EQ(place([](auto& w) { w.ends_at = w.starts_at; }), "/ends_at");
  EXPECT_EQ(place([](auto& w) { w.starts_at -= 2 * kDayMs, w.ends_at = kNow; }), "/ends_at");
  EXPECT_EQ(place([](auto& w) { w.ends_at = w.starts_at + kMaxCampaignMs + 1; }), "/ends_at");
  EXPECT_EQ(place([](auto& w) { w.target = CampaignTarget::region; }), "/target/name");
  EXPECT_EQ(place([](auto& w) { w.target_value = "华东"; }), "/target/name");
  EXPECT_EQ(place([](auto& w) { w.target = CampaignTarget::list; }), "/target/store_ids");
  EXPECT_EQ(place([](auto& w) { w.stores = {StoreId{1}}; }), "/target/store_ids");
  EXPECT_EQ(place([](auto& w) { w.target = CampaignTarget::list, w.stores = {StoreId{1}, StoreId{1}}; }),
            "/target/store_ids/1");
  EXPECT_EQ(place([](auto& w) { w.items.clear(); }), "/items");
  EXPECT_EQ(place([](auto& w) { w.items[1].sku = SkuId{1}; }), "/items/1/sku_id");
  EXPECT_EQ(place([](auto& w) { w.items[1].price_fen = -1; }), "/items/1/price_fen");
}

TEST(ForbiddenWords, TextsAreComparedWithoutCaseWidthAndBlanks) {
  for (const auto& [text, comparable] :
       std::vector<std::pair<std::string, std::string>>{{"VX", "vx"},
                                                        {"Ｖ　Ｘ", "vx"},
                                                        {"v.x", "vx"},
                                                        {" v \t x\n", "vx"},
                                                        {"v\xe2\x80\x8bx", "vx"},  // zero-width space
                                                        {"v\xc2\xadx", "vx"},      // soft hyphen
                                                        {"加 微 信", "加微信"},
                                                        {"加·微·信", "加微信"},
                                                        {"加，微。信", "加微信"},
                                                        {"ＡＢＣ１２３", "abc123"},
                                                        {"ÉCOLE", "école"},
                                                        {"ПРИВЕТ Ёж", "приветёж"},
                                                        {"ΑΒΓ", "αβγ"},
                                                        {"Łódź", "łódź"},
                                                        {"😀 ok", "😀ok"},
                                                        {"", ""}})
    EXPECT_EQ(comparable_text(text), comparable) << text;
}

TEST(ForbiddenWords, ComparableTextIsValidAndStable) {
  EXPECT_TRUE(rc::check("comparable texts", [] {
    std::string text;
    for (const auto point : *rc::gen::container<std::vector<std::uint32_t>>(rc::gen::oneOf(
             rc::gen::inRange<std::uint32_t>(1, 0x250), rc::gen::inRange<std::uint32_t>(0x2000, 0x3100),
             rc::gen::inRange<std::uint32_t>(0xfe00, 0xffff), rc::gen::inRange<std::uint32_t>(0x1f600, 0x1f640)))) {
      const auto add = [&](std::uint32_t byte) { text += static_cast<char>(byte); };
      if (point < 0x80) {
        add(point);
      } else if (point < 0x800) {
        add(0xc0 | (point >> 6)), add(0x80 | (point & 0x3f));
      } else if (point < 0x10000) {
        add(0xe0 | (point >> 12)), add(0x80 | ((point >> 6) & 0x3f)), add(0x80 | (point & 0x3f));
      } else {
        add(0xf0 | (point >> 18)), add(0x80 | ((point >> 12) & 0x3f)), add(0x80 | ((point >> 6) & 0x3f));
        add(0x80 | (point & 0x3f));
      }
    }
    const std::string once = comparable_text(text);
    RC_ASSERT(valid_utf8(once));
    RC_ASSERT(comparable_text(once) == once);
    RC_ASSERT(comparable_text(" " + text + "\t") == once);
  }));
}

}  // namespace
}  // namespace lianbo::catalog
