// What an order costs in a whole shop, on both engines: campaigns, coupons, flash prices, shipping fees, allotments;
// the quote and the order that follows it; crowds on the last coupon and the last flash unit; a push to ten thousand
// stores.
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <atomic>
#include <boost/json/serialize.hpp>
#include <map>
#include <thread>

#include "base/json.hpp"
#include "base/shape.hpp"
#include "catalog/catalog_service.hpp"
#include "catalog/coupon.hpp"
#include "catalog/shipping.hpp"
#include "catalog/words.hpp"
#include "live/live_service.hpp"
#include "live/offers_service.hpp"
#include "order/quote.hpp"
#include "support/database.hpp"
#include "support/shop.hpp"

namespace lianbo::order {
namespace {

using catalog::AllotWish;
using catalog::Campaign;
using catalog::CampaignTarget;
using catalog::CampaignWish;
using catalog::Coupon;
using test::must;
using test::Shop;

template <class T>
Code code_of(const Result<T>& result) {
  return result ? Code{} : result.error().code;
}

class Offers : public test::StoreTest {
 protected:
  Offers() : shop_(db()) {
    shop_.plan(1000, 500);
    anna_ = shop_.agent("Anna");
    bella_ = shop_.agent("Bella");
    mask_ = shop_.item("mask", 9900, 1000);
    soap_ = shop_.item("soap", 1250, 1000);
    xiao_ = shop_.person("Xiao");
  }

  template <class F>
  auto write(F&& body) {
    return db().write([&](db::Tx& tx) { return body(tx); });
  }
  CampaignWish week(std::vector<catalog::CampaignItem> items, CampaignTarget target = CampaignTarget::all) {
    CampaignWish wish;
    wish.name = "week";
    wish.starts_at = shop_.now();
    wish.ends_at = shop_.now() + 7 * kDayMs;
    wish.target = target;
    wish.items = std::move(items);
    return wish;
  }
  Campaign pushed(const CampaignWish& wish) {
    const Call owner = shop_.owner();
    const auto c = must(write([&](db::Tx& tx) { return catalog::create_campaign(tx, owner, shop_.brand(), wish); }));
    must(write([&](db::Tx& tx) { return catalog::push_campaign(tx, owner, c.id); }));
    shop_.jobs();
    return c;
  }
  Coupon coupon(Fen off_fen, BasisPoints off_bp = 0, Fen cap = 0, Fen min_spend = 0, std::int64_t total = 100) {
    Coupon c;
    c.brand = shop_.brand();
    c.name = "c";
    c.off_fen = off_fen;
    c.off_bp = off_bp;
    c.cap_fen = cap;
    c.min_spend_fen = min_spend;
    c.total = total;
    c.starts_at = shop_.now();
    c.ends_at = shop_.now() + 30 * kDayMs;
    const Call owner = shop_.owner();
    return must(write([&](db::Tx& tx) { return catalog::create_coupon(tx, owner, c); }));
  }
  Result<catalog::Claim> claim(PersonId who, CouponId id) {
    const Call call = shop_.as(who);
    return write([&](db::Tx& tx) { return catalog::claim_coupon(tx, call, id); });
  }
  BroadcastId live_room(const org::Agent& host) {
    return must(write([&](db::Tx& tx) -> Result<BroadcastId> {
      const Call call = shop_.system();
      live::NewBroadcast wish{"evening", shop_.now(), {mask_.product, soap_.product}};
      TRY(const auto made, live::schedule_broadcast(tx, call, host.store, wish));
      TRY([[maybe_unused]] const auto started, live::start_broadcast(tx, call, made.broadcast.id));
      return made.broadcast.id;
    }));
  }
  PlaceWish wish(const org::Agent& host, std::vector<PlaceLine> lines) {
    PlaceWish w;
    w.store = host.store;
    w.lines = std::move(lines);
    w.address_json = R"({"name":"王小明","region":"上海市 黄浦区"})";
    return w;
  }
  Result<Order> place(PersonId who, const PlaceWish& w) {
    const Call call = shop_.as(who);
    return write([&](db::Tx& tx) { return order::place(tx, call, w); });
  }
  json::value quote(const Call& call, const PlaceWish& w) {
    const auto text = must(db().read([&](db::Tx& tx) { return quote_json(tx, call, w); }));
    const auto value = must(parse_json(text));
    const auto right = check_shape(value, quote_shape());
    EXPECT_TRUE(right) << right.error().text() << text;
    return value;
  }

  Shop shop_;
  org::Agent anna_, bella_;
  Shop::Item mask_, soap_;
  PersonId xiao_;
};
ON_BOTH_ENGINES(Offers);

// ---- campaigns

TEST_P(Offers, ACampaignsPriceAndPlanCountInItsStoresAndItsWindow) {
  CampaignWish w = week({}, CampaignTarget::list);
  w.stores = {anna_.store};
  w.starts_at = shop_.now() + kHourMs;
  w.ends_at = shop_.now() + 3 * kHourMs;
  catalog::PlanRow plan;
  plan.host_bp = 2000;
  w.items = {{mask_.sku, 7900, "say it is new", plan}, {soap_.sku, 999, "", {}}};
  const Campaign c = pushed(w);
  const auto line = [&](const org::Agent& in, SkuId sku) {
    const Order o = must(place(xiao_, wish(in, {{sku, 1, {}}})));
    must(shop_.cancel(shop_.as(xiao_), o.id));
    return o.lines.at(0);
  };
  EXPECT_EQ(line(anna_, mask_.sku).price_fen, 9900) << "not yet";
  shop_.pass(kHourMs);
  const OrderLine in = line(anna_, mask_.sku);
  EXPECT_EQ(in.price_fen, 7900);
  EXPECT_EQ(in.list_fen, 9900);
  EXPECT_EQ(in.source, PriceSource::campaign);
  EXPECT_EQ(in.campaign, c.id);
  EXPECT_EQ(in.rates.host_bp, 2000) << "the campaign's plan beats the brand's";
  EXPECT_EQ(in.rates.promoter_bp, 0);
  EXPECT_EQ(line(anna_, soap_.sku).price_fen, 999);
  EXPECT_EQ(line(anna_, soap_.sku).rates.host_bp, 1000) << "no plan of its own: the brand's";
  EXPECT_EQ(line(bella_, mask_.sku).price_fen, 9900) << "another store";
  shop_.plan(300, 0, 0, {}, anna_.id);
  EXPECT_EQ(line(anna_, mask_.sku).rates.host_bp, 300) << "an agent's own plan beats both";
  shop_.pass(2 * kHourMs - 1);
  EXPECT_EQ(line(anna_, mask_.sku).price_fen, 7900) << "the last millisecond";
  shop_.pass(1);
  EXPECT_EQ(line(anna_, mask_.sku).price_fen, 9900);
  EXPECT_EQ(must(db().read([&](db::Tx& tx) { return catalog::find_campaign(tx, c.id); })).state,
            catalog::CampaignState::ended)
      << "its time ended it";
  EXPECT_EQ(shop_.problems(), "");
}

TEST_P(Offers, TheLastPushCountsAndAnUndoStopsAtOnce) {
  const Campaign first = pushed(week({{mask_.sku, 7900, "", {}}}));
  shop_.pass(kMinuteMs);
  const Campaign second = pushed(week({{mask_.sku, 8500, "", {}}}));
  const auto price = [&] {
    return get_int(get_list(quote(shop_.as(xiao_), wish(anna_, {{mask_.sku, 1, {}}})), "lines").at(0), "price_fen");
  };
  EXPECT_EQ(price(), 8500) << "pushed last, though dearer";
  const Call owner = shop_.owner();
  must(write([&](db::Tx& tx) { return catalog::undo_campaign(tx, owner, second.id); }));
  EXPECT_EQ(price(), 7900) << "undone before its stores are gone through";
  shop_.jobs();
  const auto undo =
      must(db().read([&](db::Tx& tx) -> Result<catalog::Push> { return *catalog::newest_push(tx, second.id); }));
  EXPECT_TRUE(undo.undo);
  EXPECT_EQ(undo.changed, 2);
  EXPECT_NE(undo.finished_at, 0);
  must(write([&](db::Tx& tx) { return catalog::end_campaign(tx, owner, first.id); }));
  EXPECT_EQ(price(), 9900);
  EXPECT_EQ(code_of(write([&](db::Tx& tx) { return catalog::push_campaign(tx, owner, first.id); })),
            Code::campaign_state_conflict);
  EXPECT_EQ(code_of(write([&](db::Tx& tx) { return catalog::undo_campaign(tx, owner, first.id); })),
            Code::campaign_state_conflict);
  EXPECT_EQ(must(write([&](db::Tx& tx) { return catalog::undo_campaign(tx, owner, second.id); })).id, undo.id)
      << "again: the same";
  EXPECT_EQ(code_of(write([&](db::Tx& tx) {
              return catalog::change_campaign(tx, owner, first.id, week({{mask_.sku, 1, "", {}}}));
            })),
            Code::campaign_state_conflict);
}

TEST_P(Offers, APushReachesItsRegionItsLevelAndStoresThatCameSince) {
  const auto agent_in = [&](const std::string& code, const std::string& region, const std::string& level) {
    return must(write([&](db::Tx& tx) {
      org::NewAgent a;
      a.code = a.name = code;
      a.region = region;
      a.level = level;
      return org::create_agent(tx, shop_.system(), shop_.brand(), a);
    }));
  };
  agent_in("E1", "华东", "gold");
  agent_in("E2", "华东/上海", "silver");
  agent_in("E3", "华东北", "gold");
  const auto stores_of = [&](CampaignTarget target, const std::string& name) {
    CampaignWish w = week({{soap_.sku, 1000, "", {}}}, target);
    w.target_value = name;
    const Campaign c = pushed(w);
    return must(db().read(
        [&](db::Tx& tx) -> Result<std::size_t> { return catalog::stores_of_campaign(tx, c.id, {}, 100).size(); }));
  };
  EXPECT_EQ(stores_of(CampaignTarget::region, "华东"), 2u) << "with what is below it, and not what only begins like it";
  EXPECT_EQ(stores_of(CampaignTarget::level, "gold"), 2u);
  const Campaign c = pushed(week({{soap_.sku, 1000, "", {}}}));
  agent_in("N1", "", "");
  const Call owner = shop_.owner();
  const auto again = must(write([&](db::Tx& tx) { return catalog::push_campaign(tx, owner, c.id); }));
  EXPECT_EQ(must(write([&](db::Tx& tx) { return catalog::push_campaign(tx, owner, c.id); })).id, again.id)
      << "under way: the same push";
  shop_.jobs();
  const auto push =
      must(db().read([&](db::Tx& tx) -> Result<catalog::Push> { return *catalog::newest_push(tx, c.id); }));
  EXPECT_EQ(push.total, 6);
  EXPECT_EQ(push.done, 6);
  EXPECT_EQ(push.changed, 1) << "five had it already";
}

TEST_P(Offers, TenThousandStoresInOneCallAndWithinFiveSeconds) {
  std::string file = "code,name,parent\n";
  for (int i = 0; i < 10'000; ++i) file += "N" + std::to_string(i) + ",n" + std::to_string(i) + ",\n";
  must(org::import_agents(db(), shop_.system(), shop_.brand(), file, {}));
  const Call owner = shop_.owner();
  const auto c = must(write([&](db::Tx& tx) {
    return catalog::create_campaign(tx, owner, shop_.brand(), week({{mask_.sku, 7900, "", {}}}));
  }));
  const std::int64_t begin = monotonic_ms();
  const auto push = must(write([&](db::Tx& tx) { return catalog::push_campaign(tx, owner, c.id); }));
  EXPECT_EQ(push.total, 10'002);
  EXPECT_EQ(push.done, 0) << "the call does not wait for the stores";
  // Killed after each thousand: it goes on where it was.
  for (int i = 1; must(catalog::run_pushes(db(), owner, 1)) == 1; ++i) {
    const auto now =
        must(db().read([&](db::Tx& tx) -> Result<catalog::Push> { return *catalog::newest_push(tx, c.id); }));
    EXPECT_EQ(now.done, std::min(10'002, i * catalog::kStoresAtOnce));
  }
  const std::int64_t pushed_ms = monotonic_ms() - begin;
  const auto done =
      must(db().read([&](db::Tx& tx) -> Result<catalog::Push> { return *catalog::newest_push(tx, c.id); }));
  EXPECT_EQ(done.changed, 10'002);
  EXPECT_NE(done.finished_at, 0);
  const std::int64_t undo_begin = monotonic_ms();
  must(write([&](db::Tx& tx) { return catalog::undo_campaign(tx, owner, c.id); }));
  must(catalog::run_pushes(db(), owner, 100));
  const std::int64_t undone_ms = monotonic_ms() - undo_begin;
  RecordProperty("pushed_ms", std::to_string(pushed_ms));
  RecordProperty("undone_ms", std::to_string(undone_ms));
  std::printf("10,002 stores: pushed in %lld ms, undone in %lld ms\n", static_cast<long long>(pushed_ms),
              static_cast<long long>(undone_ms));
}

TEST_P(Offers, WhoMaySetAPlanMayPutOneIntoACampaign) {
  catalog::PlanRow plan;
  plan.host_bp = 2000;
  CampaignWish w = week({{mask_.sku, 7900, "", plan}});
  Call operates = shop_.owner();
  operates.caller.staff = {{shop_.brand(), kOperator}};
  const auto refused = write([&](db::Tx& tx) { return catalog::create_campaign(tx, operates, shop_.brand(), w); });
  EXPECT_EQ(code_of(refused), Code::forbidden) << "an operator may make campaigns, not rates";
  w.items[0].plan->host_bp = 3001;
  const Call owner = shop_.owner();
  const auto over = write([&](db::Tx& tx) { return catalog::create_campaign(tx, owner, shop_.brand(), w); });
  EXPECT_EQ(code_of(over), Code::plan_over_cap);
  w.items[0].plan.reset();
  const auto made = must(write([&](db::Tx& tx) { return catalog::create_campaign(tx, operates, shop_.brand(), w); }));
  // A plan that is taken out of the draft is withdrawn.
  w.items[0].plan = plan;
  must(write([&](db::Tx& tx) { return catalog::change_campaign(tx, owner, made.id, w); }));
  const auto plan_now = [&] {
    return must(db().read([&](db::Tx& tx) -> Result<bool> {
      return catalog::items_of(tx, *catalog::find_campaign(tx, made.id)).at(0).plan.has_value();
    }));
  };
  EXPECT_TRUE(plan_now());
  w.items[0].plan.reset();
  must(write([&](db::Tx& tx) { return catalog::change_campaign(tx, owner, made.id, w); }));
  EXPECT_FALSE(plan_now());
}

// ---- the quote is what is placed

TEST_P(Offers, AQuoteSaysToTheFenWhatPlacingWillCost) {
  constexpr std::int64_t kEnough = 100'000;
  const Coupon a = coupon(777, 0, 0, 0, kEnough), b = coupon(0, 1234, 0, 0, kEnough),
               capped = coupon(0, 5000, 350, 0, kEnough), spend = coupon(2000, 0, 0, 30000, kEnough);
  pushed(week({{mask_.sku, 8333, "", {}}}));
  const BroadcastId room = live_room(anna_);
  const Call owner = shop_.owner();
  must(write([&](db::Tx& tx) { return live::open_flash(tx, owner, room, {soap_.sku, 501, 500, 3600}); }));
  must(write([&](db::Tx& tx) {
    return catalog::save_shipping(tx, owner, shop_.brand(), {{"", 1000, 100, {}}, {"上海", 600, 50, 20000}});
  }));
  EXPECT_TRUE(rc::check("quote = order", [&] {
    const PersonId buyer = shop_.person("B");
    const Call call = shop_.as(buyer);
    PlaceWish w = wish(*rc::gen::element(anna_, bella_), {});
    const int lines = *rc::gen::inRange(1, 5);
    for (int i = 0; i < lines; ++i) {
      PlaceLine l;
      l.sku = *rc::gen::element(mask_.sku, soap_.sku);
      l.qty = *rc::gen::inRange(1, 4);
      w.lines.push_back(l);
    }
    if (w.store == anna_.store && *rc::gen::arbitrary<bool>()) w.broadcast = room;
    w.address_json = *rc::gen::element(std::string(R"({"region":"上海市"})"), std::string(R"({"region":"北京"})"),
                                       std::string("{}"));
    const auto mine = *rc::gen::element(0, 1, 2, 3, 4);
    const Coupon& c = mine == 1 ? a : mine == 2 ? b : mine == 3 ? capped : spend;
    if (mine != 0) {
      must(claim(buyer, c.id));
      w.coupon = c.id;
    }
    const auto q = quote(call, w);
    const auto o = place(buyer, w);
    RC_ASSERT(get_bool(q, "ok") == o.has_value());
    if (!o) {
      RC_ASSERT(o.error().code == Code::coupon_unusable);
      RC_ASSERT(get_text(get_object(q, "coupon_problem"), "name") == "coupon_unusable");
      return;
    }
    RC_ASSERT(get_int(q, "total_fen") == o->total_fen);
    RC_ASSERT(get_int(q, "discount_fen") == o->discount_fen);
    RC_ASSERT(get_int(q, "shipping_fen") == o->shipping_fen);
    // The reference: SPEC 7 and the decisions, in so many words.
    Fen goods = 0, paid = 0;
    std::int64_t units = 0, flash_left = 500;
    for (const auto& l : o->lines) {
      const bool flash = w.broadcast && l.sku == soap_.sku && l.qty <= flash_left;
      RC_ASSERT(l.price_fen == (flash ? 501 : l.sku == soap_.sku ? 1250 : 8333));
      goods += l.price_fen * l.qty;
      paid += l.paid_fen;
      units += l.qty;
    }
    Fen off = 0;
    if (mine == 1) off = std::min<Fen>(777, goods);
    if (mine == 2) off = goods * 1234 / 10000;
    if (mine == 3) off = std::min<Fen>(350, goods * 5000 / 10000);
    if (mine == 4) off = 2000;
    RC_ASSERT(o->discount_fen == off);
    RC_ASSERT(paid == goods - off);
    const bool shanghai = w.address_json.find("上海") != std::string::npos;
    const Fen fee = shanghai ? (goods - off >= 20000 ? 0 : 600 + 50 * (units - 1)) : 1000 + 100 * (units - 1);
    RC_ASSERT(o->shipping_fen == fee);
    RC_ASSERT(o->total_fen == goods - off + fee);
    must(shop_.cancel(call, o->id));  // flash units, coupon and stock are there for the next case
  }));
  EXPECT_EQ(shop_.problems(), "");
}

TEST_P(Offers, WhatChangedBetweenCartAndOrderIsSaidWithItsLine) {
  const BroadcastId room = live_room(anna_);
  const Call owner = shop_.owner();
  const auto flash =
      must(write([&](db::Tx& tx) { return live::open_flash(tx, owner, room, {mask_.sku, 8000, 2, 60}); }));
  PlaceWish w = wish(anna_, {{soap_.sku, 1, 1250}, {mask_.sku, 2, 8000}});
  w.broadcast = room;
  EXPECT_TRUE(get_bool(quote(shop_.as(xiao_), w), "ok"));
  must(write([&](db::Tx& tx) { return live::close_flash(tx, owner, flash.id); }));
  const auto q = quote(shop_.as(xiao_), w);
  EXPECT_FALSE(get_bool(q, "ok"));
  EXPECT_FALSE(has(get_list(q, "lines").at(0), "problem"));
  EXPECT_EQ(get_text(get_object(get_list(q, "lines").at(1), "problem"), "name"), "price_changed");
  EXPECT_EQ(get_int(get_list(q, "lines").at(1), "price_fen"), 9900) << "what it costs now";
  auto refused = place(xiao_, w);
  EXPECT_EQ(code_of(refused), Code::price_changed);
  EXPECT_EQ(refused.error().where, "/lines/1/price_fen");

  w.lines = {{soap_.sku, 600, {}}, {mask_.sku, 1, {}}, {soap_.sku, 600, {}}};
  refused = place(xiao_, w);
  EXPECT_EQ(code_of(refused), Code::sold_out);
  EXPECT_EQ(refused.error().where, "/lines/0");
  const auto short_of = quote(shop_.as(xiao_), w);
  EXPECT_EQ(get_text(get_object(get_list(short_of, "lines").at(0), "problem"), "name"), "sold_out");
  EXPECT_EQ(get_text(get_object(get_list(short_of, "lines").at(2), "problem"), "name"), "sold_out");
  EXPECT_EQ(get_int(get_list(short_of, "lines").at(0), "left"), 1000);
  EXPECT_FALSE(has(get_list(short_of, "lines").at(1), "problem"));

  w.lines = {{mask_.sku, 1, {}}};
  w.total_fen = 9800;
  refused = place(xiao_, w);
  EXPECT_EQ(code_of(refused), Code::price_changed);
  EXPECT_EQ(refused.error().where, "/total_fen");
  w.total_fen = 9900;
  EXPECT_TRUE(place(xiao_, w));
}

// ---- coupons

TEST_P(Offers, ACouponIsClaimedOnceUsedOnceAndComesBackWithACancelledOrder) {
  const Coupon c = coupon(1000, 0, 0, 5000);
  EXPECT_EQ(code_of(place(xiao_,
                          [&] {
                            PlaceWish w = wish(anna_, {{mask_.sku, 1, {}}});
                            w.coupon = c.id;
                            return w;
                          }())),
            Code::coupon_unusable)
      << "not claimed";
  must(claim(xiao_, c.id));
  EXPECT_EQ(must(claim(xiao_, c.id)).coupon.claimed, 1) << "once a person";
  PlaceWish w = wish(anna_, {{mask_.sku, 1, {}}});
  w.coupon = c.id;
  const Order first = must(place(xiao_, w));
  EXPECT_EQ(first.total_fen, 8900);
  EXPECT_EQ(code_of(place(xiao_, w)), Code::coupon_unusable) << "used";
  must(shop_.cancel(shop_.as(xiao_), first.id));
  const Order second = must(place(xiao_, w));
  must(shop_.pay(xiao_, second.id));
  must(shop_.ship(second.id));
  must(shop_.receive(xiao_, second.id));
  EXPECT_EQ(shop_.entries(second.id).at(0).amount_fen, 890) << "10 % of what was paid, not of the goods";
  shop_.refund(second.id, 0, 4000);
  shop_.refund(second.id, 0, 4900);
  Fen sum = 0;
  for (const auto& e : shop_.entries(second.id)) sum += e.amount_fen;
  EXPECT_EQ(sum, 0);
  EXPECT_EQ(code_of(place(xiao_, w)), Code::coupon_unusable) << "a refund does not give it back";
  EXPECT_EQ(shop_.problems(), "");
}

TEST_P(Offers, ACrowdGetsExactlyTheCouponsThereAre) {
  const Coupon c = coupon(100, 0, 0, 0, 20);
  std::vector<Call> crowd;
  for (int i = 0; i < 48; ++i) crowd.push_back(shop_.as(shop_.person("P")));
  std::atomic<int> got{0}, gone{0}, other{0};
  std::vector<std::thread> threads;
  for (std::size_t t = 0; t < 8; ++t)
    threads.emplace_back([&, t] {
      for (std::size_t i = t; i < crowd.size(); i += 8) {
        const auto done = db().write([&](db::Tx& tx) { return catalog::claim_coupon(tx, crowd[i], c.id); });
        ++(done ? got : done.error().code == Code::coupon_gone ? gone : other);
      }
    });
  for (auto& t : threads) t.join();
  EXPECT_EQ(got, 20);
  EXPECT_EQ(gone, 28);
  EXPECT_EQ(other, 0);
  EXPECT_EQ(shop_.problems(), "");
}

TEST_P(Offers, OneClaimUsedByTwoOrdersAtOnceGoesToOne) {
  for (int round = 0; round < 5; ++round) {
    const Coupon c = coupon(100);
    const PersonId buyer = shop_.person("Q");
    must(claim(buyer, c.id));
    PlaceWish w = wish(anna_, {{mask_.sku, 1, {}}});
    w.coupon = c.id;
    const Call call = shop_.as(buyer);
    std::atomic<int> placed{0}, refused{0};
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t)
      threads.emplace_back([&] {
        const auto o = db().write([&](db::Tx& tx) { return order::place(tx, call, w); });
        ++(o ? placed : refused);
        EXPECT_TRUE(o || o.error().code == Code::coupon_unusable) << o.error().text();
      });
    for (auto& t : threads) t.join();
    EXPECT_EQ(placed, 1);
    EXPECT_EQ(refused, 3);
  }
  EXPECT_EQ(shop_.problems(), "");
}

// ---- flash prices

TEST_P(Offers, ACrowdBuysExactlyTheFlashUnitsThereAre) {
  const BroadcastId room = live_room(anna_);
  const Call owner = shop_.owner();
  must(write([&](db::Tx& tx) { return live::open_flash(tx, owner, room, {mask_.sku, 8000, 10, 600}); }));
  std::vector<Call> crowd;
  for (int i = 0; i < 32; ++i) crowd.push_back(shop_.as(shop_.person("P")));
  PlaceWish w = wish(anna_, {{mask_.sku, 1, 8000}});
  w.broadcast = room;
  std::atomic<int> bought{0}, dearer{0}, other{0};
  std::vector<std::thread> threads;
  for (std::size_t t = 0; t < 8; ++t)
    threads.emplace_back([&, t] {
      for (std::size_t i = t; i < crowd.size(); i += 8) {
        const auto o = db().write([&](db::Tx& tx) { return order::place(tx, crowd[i], w); });
        ++(o ? bought : o.error().code == Code::price_changed ? dearer : other);
      }
    });
  for (auto& t : threads) t.join();
  EXPECT_EQ(bought, 10);
  EXPECT_EQ(dearer, 22);
  EXPECT_EQ(other, 0);
  shop_.pass(shop_.settings().order_release_ms);  // nobody pays
  const auto over =
      must(db().read([&](db::Tx& tx) -> Result<live::FlashSale> { return live::flash_of(tx, room, {}, 10).at(0); }));
  EXPECT_EQ(over.left, 10) << "given back by the cancelled orders";
  EXPECT_EQ(over.closed_at, over.ends_at) << "and closed by its time";
  EXPECT_EQ(shop_.problems(), "");
}

TEST_P(Offers, WhatAStoreTakesOffByItselfIsBoundAndWhatTheBrandDoesIsNot) {
  const BroadcastId room = live_room(anna_);
  const auto open = [&](const Call& by, Fen price) {
    auto flash = write([&](db::Tx& tx) { return live::open_flash(tx, by, room, {mask_.sku, price, 1, 60}); });
    if (flash) must(write([&](db::Tx& tx) { return live::close_flash(tx, by, flash->id); }));
    return code_of(flash);
  };
  const Call host = shop_.as(anna_.person), owner = shop_.owner();
  EXPECT_EQ(open(host, 9900 - 2970), Code{});
  EXPECT_EQ(open(host, 9900 - 2971), Code::over_store_limit);
  EXPECT_EQ(open(owner, 0), Code{});
  EXPECT_EQ(open(host, 9900), Code::invalid_field) << "no price at all";
  EXPECT_EQ(open(shop_.as(bella_.person), 9000), Code::forbidden) << "another's room";
  pushed(week({{mask_.sku, 5000, "", {}}}));
  EXPECT_EQ(open(host, 6000), Code::invalid_field) << "the campaign is cheaper already";
  EXPECT_EQ(open(host, 3499), Code::over_store_limit) << "of the campaign's price";
  EXPECT_EQ(open(host, 3500), Code{});
}

TEST_P(Offers, WithTheBroadcastItsFlashPricesAndItsCouponsEnd) {
  const BroadcastId room = live_room(anna_);
  const Call host = shop_.as(anna_.person);
  must(write([&](db::Tx& tx) { return live::open_flash(tx, host, room, {mask_.sku, 8000, 5, 600}); }));
  Coupon terms;
  terms.name = "room";
  terms.off_fen = 500;
  terms.min_spend_fen = 5000;
  terms.total = 5;
  terms.ends_at = shop_.now() + kDayMs;
  const Coupon c = must(write([&](db::Tx& tx) { return live::give_room_coupon(tx, host, room, terms); }));
  must(claim(xiao_, c.id));
  must(write([&](db::Tx& tx) { return live::end_broadcast(tx, host, room); }));
  EXPECT_EQ(code_of(claim(shop_.person("Late"), c.id)), Code::coupon_unusable);
  PlaceWish w = wish(anna_, {{mask_.sku, 1, {}}});
  w.broadcast = room;
  w.coupon = c.id;
  const Order o = must(place(xiao_, w));
  EXPECT_EQ(o.lines.at(0).source, PriceSource::list);
  EXPECT_EQ(o.discount_fen, 500) << "what was claimed in time is good for this room's orders";
  w.broadcast = {};
  must(shop_.cancel(shop_.as(xiao_), o.id));
  EXPECT_EQ(code_of(place(xiao_, w)), Code::coupon_unusable) << "and for no others";
}

// ---- lucky bags

TEST_P(Offers, ADrawIsWhatItsProofSaysAndGivesItsPrize) {
  const BroadcastId room = live_room(anna_);
  const Call owner = shop_.owner();
  Coupon prize;
  prize.brand = shop_.brand();
  prize.giver = catalog::Giver::prize;
  prize.name = "prize";
  prize.off_fen = 9900;
  prize.total = 5;
  prize.starts_at = shop_.now();
  prize.ends_at = shop_.now() + kDayMs;
  prize = must(write([&](db::Tx& tx) { return catalog::create_coupon(tx, owner, prize); }));
  live::BagWish bag_wish;
  bag_wish.title = "bag";
  bag_wish.coupon = prize.id;
  bag_wish.winners = 3;
  bag_wish.seconds = 60;
  const auto bag = must(write([&](db::Tx& tx) { return live::open_bag(tx, owner, room, bag_wish); }));
  EXPECT_EQ(code_of(write([&](db::Tx& tx) { return live::open_bag(tx, owner, room, bag_wish); })), Code::coupon_gone)
      << "two of five are not promised yet";
  EXPECT_EQ(code_of(claim(xiao_, prize.id)), Code::coupon_unusable) << "only winners get it";
  std::map<PersonId, bool> entered;
  for (int i = 0; i < 9; ++i) {
    const PersonId who = shop_.person("E");
    const Call call = shop_.as(who);
    for (int twice = 0; twice < 2; ++twice) must(write([&](db::Tx& tx) { return live::enter_bag(tx, call, bag.id); }));
    entered[who] = true;
  }
  const Call guest = shop_.guest(shop_.new_guest());
  EXPECT_EQ(code_of(write([&](db::Tx& tx) { return live::enter_bag(tx, guest, bag.id); })), Code::unauthenticated);
  const Call host = shop_.as(anna_.person);
  EXPECT_EQ(code_of(write([&](db::Tx& tx) { return live::enter_bag(tx, host, bag.id); })), Code::forbidden)
      << "nobody wins what they give away";
  const auto proof = [&] {
    return must(db().read([&](db::Tx& tx) -> Result<std::string> {
      return live::bag_proof(*live::find_bag(tx, bag.id), live::entrants_of(tx, bag.id), live::winners_of(tx, bag.id));
    }));
  };
  const std::string before = proof();
  EXPECT_NE(before.find("\"seed\":null"), std::string::npos) << before;
  EXPECT_EQ(code_of(live::check_bag_proof(before)), Code::conflict);
  shop_.pass(kMinuteMs);
  const Call late = shop_.as(xiao_);
  EXPECT_EQ(code_of(write([&](db::Tx& tx) { return live::enter_bag(tx, late, bag.id); })), Code::offer_closed);
  const std::string after = proof();
  const auto right = live::check_bag_proof(after);
  EXPECT_TRUE(right) << right.error().text();
  const auto value = must(parse_json(after));
  EXPECT_EQ(get_text(value, "commitment"), bag.commitment) << "as it was told when the bag opened";
  ASSERT_EQ(get_list(value, "winners").size(), 3u);
  EXPECT_EQ(get_list(value, "entrants").size(), 9u);
  for (const auto& winner : get_list(value, "winners")) {
    const PersonId who = *PersonId::parse(winner.get_string());
    EXPECT_TRUE(entered[who]);
    const auto mine = must(db().read([&](db::Tx& tx) -> Result<std::vector<Coupon>> {
      return catalog::usable_coupons(tx, bucket_of(who, kDefaultBuckets), who, shop_.brand(), shop_.now(), 10);
    }));
    ASSERT_EQ(mine.size(), 1u);
    EXPECT_EQ(mine[0].id, prize.id);
  }
  EXPECT_EQ(shop_.problems(), "");
  // Whatever is changed in it, it does not hold any more.
  const auto with = [&](const std::string& from, const std::string& to) {
    std::string changed = after;
    const auto at = changed.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    changed.replace(at, from.size(), to);
    return live::check_bag_proof(changed).has_value();
  };
  const std::string seed = get_text(value, "seed");
  EXPECT_FALSE(with(seed, std::string(64, '0')));
  EXPECT_FALSE(with(bag.commitment, std::string(64, '0')));
  EXPECT_FALSE(with(bag.id.text(), LuckyBagId{bag.id.value + 1}.text()));
  EXPECT_FALSE(with("\"winners_wanted\":3", "\"winners_wanted\":2"));
  json::value without = value;
  auto& left = without.as_object().at("entrants").as_array();
  left.erase(std::find(left.begin(), left.end(), get_list(value, "winners").at(0)));
  EXPECT_FALSE(live::check_bag_proof(json::serialize(without))) << "a winner who is not among the entrants";
}

// ---- shipping fees, and explain

TEST_P(Offers, TheFeeIsOnTheOrderAndNobodyEarnsOnIt) {
  const Call owner = shop_.owner();
  must(write([&](db::Tx& tx) { return catalog::save_shipping(tx, owner, shop_.brand(), {{"", 1000, 100, {}}}); }));
  const Order o = shop_.bought(xiao_, anna_.store, {{soap_.sku, 3, {}}});
  EXPECT_EQ(o.shipping_fen, 1200);
  EXPECT_EQ(o.total_fen, 3 * 1250 + 1200);
  EXPECT_EQ(o.lines.at(0).paid_fen, 3750);
  EXPECT_EQ(shop_.entries(o.id).at(0).amount_fen, 375);
  const auto saved =
      must(write([&](db::Tx& tx) { return catalog::save_shipping(tx, owner, shop_.brand(), {{"", 1000, 100, {}}}); }));
  EXPECT_EQ(saved.version, 1) << "the same table is the same version";
  must(write([&](db::Tx& tx) { return catalog::save_shipping(tx, owner, shop_.brand(), {{"", 0, 0, {}}}); }));
  EXPECT_EQ(shop_.bought(xiao_, anna_.store, {{soap_.sku, 1, {}}}).shipping_version, 2);
  EXPECT_EQ(shop_.order(o.id).shipping_version, 1);
  EXPECT_EQ(shop_.problems(), "");
}

TEST_P(Offers, ExplainSaysWhereAPriceCameFrom) {
  pushed(week({{mask_.sku, 7900, "", {}}}));
  const Coupon c = coupon(900);
  must(claim(xiao_, c.id));
  PlaceWish w = wish(anna_, {{mask_.sku, 1, {}}, {soap_.sku, 2, {}}});
  w.coupon = c.id;
  const Order o = must(place(xiao_, w));
  const Call owner = shop_.owner();
  const auto why = must(parse_json(must(db().read([&](db::Tx& tx) { return explain_order(tx, owner, o.id); }))));
  const auto& pricing = get_object(why, "pricing");
  EXPECT_EQ(get_int(pricing, "discount_fen"), 900);
  EXPECT_EQ(get_text(get_object(pricing, "coupon"), "id"), c.id.text());
  const auto& line = get_list(why, "lines").at(0);
  EXPECT_EQ(get_text(line, "price_source"), "campaign");
  EXPECT_EQ(get_int(line, "list_fen"), 9900);
  EXPECT_EQ(get_int(line, "price_fen"), 7900);
  EXPECT_EQ(get_int(line, "discount_fen"), 684) << "900 × 7900 / 10400 = 683.65";
  EXPECT_EQ(get_int(get_list(why, "lines").at(1), "discount_fen"), 216);
}

}  // namespace
}  // namespace lianbo::order
