// The life of an order on both engines, with the embedded payment sandbox that signs for real. Each test ends with
// verify: what every scenario leaves behind must agree from row to row.
#include "order/order_service.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <barrier>
#include <climits>
#include <cstdlib>
#include <thread>

#include "base/json.hpp"
#include "catalog/catalog_service.hpp"
#include "live/live_service.hpp"
#include "order/order_store.hpp"
#include "support/database.hpp"
#include "support/shop.hpp"

namespace lianbo::order {
namespace {

using ledger::Account;
using test::must;
using test::Shop;

class OrderService : public test::StoreTest {
 protected:
  void SetUp() override {
    shop_ = std::make_unique<Shop>(db());
    shop().plan(1000, 800, 200);
    boss_ = shop().agent("Boss");
    anna_ = shop().agent("Anna", boss_.id);
    bella_ = shop().agent("Bella");
    mask_ = shop().item("mask", 9900, 10);
    soap_ = shop().item("soap", 3333, 5);
    xiao_ = shop().person("Xiao");
  }
  void TearDown() override {
    EXPECT_EQ(shop().problems(), "");
    shop_.reset();
  }

  Shop& shop() { return *shop_; }
  // Xiao is under Anna's lock and buys in Bella's store: host Bella, promoter Anna, recruiter Boss.
  void lock_to_anna() { shop().open(shop().as(xiao_), shop().share_of(anna_.person, anna_.store)); }
  Order placed(std::int64_t masks = 1) { return must(shop().place(xiao_, bella_.store, {{mask_.sku, masks, {}}})); }
  Order paid(std::int64_t masks = 1) { return shop().bought(xiao_, bella_.store, {{mask_.sku, masks, {}}}); }
  Order delivered(std::int64_t masks = 1) { return shop().delivered(xiao_, bella_.store, {{mask_.sku, masks, {}}}); }
  Fen sum_of(OrderId id, int line, Role role) {
    Fen sum = 0;
    for (const auto& e : shop().entries(id))
      if (e.line == line && e.role == role) sum += e.amount_fen;
    return sum;
  }
  template <class T>
  static Code code_of(const Result<T>& result) {
    EXPECT_FALSE(result) << "was accepted";
    return result ? Code::internal : result.error().code;
  }

  std::unique_ptr<Shop> shop_;
  org::Agent boss_, anna_, bella_;
  Shop::Item mask_, soap_;
  PersonId xiao_;
};
ON_BOTH_ENGINES(OrderService);

// ---- placing

TEST_P(OrderService, PlacingFixesPricePlanLockAndAttribution) {
  lock_to_anna();
  const Order o = must(shop().place(xiao_, bella_.store, {{mask_.sku, 2, 9900}, {soap_.sku, 1, {}}}));
  EXPECT_EQ(o.state, OrderState::placed);
  EXPECT_EQ(o.goods_fen, 2 * 9900 + 3333);
  EXPECT_EQ(o.total_fen, o.goods_fen);
  EXPECT_EQ(o.release_at, shop().now() + 15 * kMinuteMs);
  EXPECT_EQ(o.roles, (Attribution{bella_.id, anna_.id, boss_.id, {}}));
  EXPECT_EQ(o.lock_agent, anna_.id);
  EXPECT_EQ(o.lock_rules_version, 1);
  ASSERT_EQ(o.lines.size(), 2u);
  EXPECT_EQ(o.lines[0].paid_fen, 19800);
  EXPECT_EQ(o.lines[1].paid_fen, 3333);
  EXPECT_EQ(o.lines[0].rates.host_bp, 1000);
  EXPECT_EQ(o.lines[0].rates.version, 1);
  EXPECT_EQ(o.lines[0].rates.freeze_days, 7);
  EXPECT_EQ(shop().stock(mask_.sku).reserved, 2);

  // What changes afterwards changes nothing of it.
  shop().plan(500, 100);
  shop().set_state(boss_.id, org::AgentState::suspended);
  shop().open(shop().as(xiao_), shop().share_of(bella_.person, bella_.store));
  const Order again = must(shop().pay(xiao_, o.id));
  EXPECT_EQ(again.roles, o.roles);
  EXPECT_EQ(sum_of(o.id, 0, Role::host), 1980);
  EXPECT_EQ(sum_of(o.id, 0, Role::promoter), 1584);
  EXPECT_EQ(sum_of(o.id, 0, Role::recruiter), 396);
  EXPECT_EQ(sum_of(o.id, 1, Role::host), 333);
  EXPECT_EQ(sum_of(o.id, 1, Role::promoter), 266);
  EXPECT_EQ(sum_of(o.id, 1, Role::recruiter), 66);
}

TEST_P(OrderService, TheOrderLengthensTheLockItStandsUnder) {
  lock_to_anna();
  const Instant expires = shop().lock(xiao_)->expires_at;
  EXPECT_EQ(expires, shop().now() + 30 * kDayMs);
  shop().pass(kDayMs);
  placed();
  EXPECT_EQ(shop().lock(xiao_)->expires_at, shop().now() + 45 * kDayMs);
  EXPECT_EQ(shop().lock(xiao_)->agent, anna_.id);
}

TEST_P(OrderService, ALockHasNoShareInAnOrderAtTheInstantItExpires) {
  lock_to_anna();
  const Instant expires = shop().lock(xiao_)->expires_at;
  shop().leap(expires - 1 - shop().now());
  EXPECT_EQ(placed().roles.promoter, anna_.id) << "the last valid millisecond";
  const PersonId other = shop().person("Other");
  shop().open(shop().as(other), shop().share_of(anna_.person, anna_.store));
  shop().leap(30 * kDayMs);
  const Order late = must(shop().place(other, bella_.store, {{mask_.sku, 1, {}}}));
  EXPECT_FALSE(late.roles.promoter);
  EXPECT_FALSE(late.roles.recruiter);
}

TEST_P(OrderService, ARefusedOrderChangesNothing) {
  lock_to_anna();
  const auto lock = shop().lock(xiao_);
  const Shop::Item gone = shop().item("gone", 100, 10);
  must(db().write([&](db::Tx& tx) {
    catalog::ProductPatch patch;
    patch.on_sale = false;
    return catalog::patch_product(tx, shop().system(), gone.product, patch);
  }));
  const org::Agent left = shop().agent("Left");
  shop().set_state(left.id, org::AgentState::left);
  struct Row {
    const char* says;
    StoreId store;
    std::vector<PlaceLine> lines;
    Code code;
    std::string where;
  };
  for (const Row& row : std::vector<Row>{
           {"the price is another now",
            bella_.store,
            {{mask_.sku, 1, {}}, {soap_.sku, 1, 3332}},
            Code::price_changed,
            "/lines/1/price_fen"},
           {"more than there is", bella_.store, {{mask_.sku, 11, {}}}, Code::sold_out, "/lines/0"},
           {"all lines or none", bella_.store, {{mask_.sku, 1, {}}, {soap_.sku, 6, {}}}, Code::sold_out, "/lines/1"},
           {"lines on one SKU are summed",
            bella_.store,
            {{soap_.sku, 3, {}}, {mask_.sku, 1, {}}, {soap_.sku, 3, {}}},
            Code::sold_out,
            "/lines/0"},
           {"no longer sold", bella_.store, {{gone.sku, 1, {}}}, Code::not_on_sale, "/lines/0/sku_id"},
           {"a SKU that does not exist", bella_.store, {{SkuId{12345}, 1, {}}}, Code::not_found, "/lines/0/sku_id"},
           {"none of it", bella_.store, {{mask_.sku, 0, {}}}, Code::invalid_field, "/lines/0/qty"},
           {"less than none", bella_.store, {{mask_.sku, -1, {}}}, Code::invalid_field, "/lines/0/qty"},
           {"too many", bella_.store, {{mask_.sku, 10000, {}}}, Code::invalid_field, "/lines/0/qty"},
           {"no lines", bella_.store, {}, Code::invalid_field, "/lines"},
           {"too many lines", bella_.store, std::vector<PlaceLine>(51, {mask_.sku, 1, {}}), Code::invalid_field,
            "/lines"},
           {"a store that has closed", left.store, {{mask_.sku, 1, {}}}, Code::agent_not_active, "/store_id"},
       }) {
    const auto result = shop().place(xiao_, row.store, row.lines);
    ASSERT_FALSE(result) << row.says;
    EXPECT_EQ(result.error().code, row.code) << row.says << ": " << result.error().text();
    EXPECT_EQ(result.error().where, row.where) << row.says;
  }
  EXPECT_EQ(shop().stock_left(mask_.sku), 10);
  EXPECT_EQ(shop().stock_left(soap_.sku), 5);
  EXPECT_EQ(shop().lock(xiao_), lock);
  EXPECT_EQ(shop().report().orders_placed, 0);
}

TEST_P(OrderService, AGuestMustLogInFirst) {
  const Call call = shop().guest(shop().new_guest());
  PlaceWish wish;
  wish.store = bella_.store;
  wish.lines.push_back({mask_.sku, 1, {}});
  EXPECT_EQ(code_of(db().write([&](db::Tx& tx) { return place(tx, call, wish); })), Code::unauthenticated);
}

TEST_P(OrderService, AnOrderOverNothingIsPaidAtOnce) {
  lock_to_anna();
  const Shop::Item gift = shop().item("gift", 0, 3);
  const Order o = must(shop().place(xiao_, bella_.store, {{gift.sku, 2, {}}}));
  EXPECT_EQ(o.state, OrderState::paid);
  EXPECT_EQ(shop().stock(gift.sku).sold, 2);
  for (const auto& e : shop().entries(o.id)) EXPECT_EQ(e.amount_fen, 0);
}

TEST_P(OrderService, ASuspendedAgentsStoreStillSells) {
  shop().set_state(bella_.id, org::AgentState::suspended);
  EXPECT_EQ(paid().state, OrderState::paid);
}

TEST_P(OrderService, WhoHasOnlyAppliedBuysAsABuyer) {
  const org::Agent asks = must(db().write([&](db::Tx& tx) {
    org::NewAgent wish;
    wish.code = wish.name = "Asks";
    wish.state = org::AgentState::applied;
    return org::create_agent(tx, shop().system(), shop().brand(), wish);
  }));
  EXPECT_FALSE(shop().bought(asks.person, bella_.store, {{mask_.sku, 1, {}}}).buyer_agent)
      << "boards and scores leave out what agents buy from each other; they are none yet";
  shop().set_state(asks.id, org::AgentState::training);
  EXPECT_EQ(shop().bought(asks.person, bella_.store, {{mask_.sku, 1, {}}}).buyer_agent, asks.id);
}

TEST_P(OrderService, TheBuyersOwnRoleEarnsOnlyWhereSelfPurchaseIsPaid) {
  const Order own = shop().bought(bella_.person, bella_.store, {{mask_.sku, 1, {}}});
  EXPECT_EQ(own.buyer_agent, bella_.id);
  EXPECT_EQ(sum_of(own.id, 0, Role::host), 0);
  shop().lock_rules([](org::LockRules& r) { r.self_purchase = true; });
  const Order second = shop().bought(bella_.person, bella_.store, {{mask_.sku, 1, {}}});
  EXPECT_EQ(second.lock_rules_version, 2);
  EXPECT_EQ(sum_of(second.id, 0, Role::host), 990);
  EXPECT_EQ(sum_of(own.id, 0, Role::host), 0) << "the earlier order keeps the rules it was placed under";
}

TEST_P(OrderService, TheCartLosesWhatWasOrdered) {
  const Call call = shop().as(xiao_);
  const Bucket bucket = call.bucket(xiao_);
  must(db().write([&](db::Tx& tx) -> Status {
    store::put_cart_line(tx, bucket, xiao_, {bella_.store, mask_.sku, 1, {}, {}, call.now});
    store::put_cart_line(tx, bucket, xiao_, {bella_.store, soap_.sku, 2, {}, {}, call.now});
    return {};
  }));
  placed();
  const auto left = must(db().read([&](db::Tx& tx) -> Result<std::vector<store::CartLine>> {
    return store::cart(tx, bucket, xiao_, bella_.store);
  }));
  ASSERT_EQ(left.size(), 1u);
  EXPECT_EQ(left[0].sku, soap_.sku);
}

// ---- paying

TEST_P(OrderService, PaidByTheNoticeOfTheRail) {
  const Order o = placed(2);
  shop().pass(60'000);
  must(shop().prepay(xiao_, o.id));
  must(shop().confirm(o.id));
  EXPECT_EQ(shop().order(o.id).state, OrderState::placed) << "only the notice counts";
  EXPECT_EQ(shop().deliver(), 1);
  const Order done = shop().order(o.id);
  EXPECT_EQ(done.state, OrderState::paid);
  EXPECT_EQ(done.paid_at, shop().now());
  EXPECT_EQ(shop().stock(mask_.sku).sold, 2);
  EXPECT_EQ(shop().stock(mask_.sku).reserved, 0);
  EXPECT_EQ(shop().balance(bella_.id, Account::pending), 1980);
  EXPECT_EQ(code_of(shop().prepay(xiao_, o.id)), Code::order_state_conflict);
}

TEST_P(OrderService, APrepaymentMayBeAskedForAgainAndOnlyByTheBuyer) {
  const Order o = placed();
  const auto first = must(shop().prepay(xiao_, o.id));
  const auto second = must(shop().prepay(xiao_, o.id));
  EXPECT_FALSE(first.prepay_id.empty());
  EXPECT_FALSE(second.pay_params.empty());
  EXPECT_EQ(code_of(shop().prepay(shop().person("Stranger"), o.id)), Code::not_found);
  must(shop().confirm(o.id));
  shop().deliver();
  EXPECT_EQ(shop().order(o.id).state, OrderState::paid);
}

TEST_P(OrderService, ANoticeThatComesManyTimesCountsOnce) {
  std::vector<pay::sandbox::OutgoingNotice> seen;
  const Order o = placed();
  must(shop().prepay(xiao_, o.id));
  must(shop().confirm(o.id));
  must(shop().sandbox().deliver_due(shop().now(), [&](const pay::sandbox::OutgoingNotice& n) {
    seen.push_back(n);
    return shop().take(n);
  }));
  ASSERT_EQ(seen.size(), 1u);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(shop().take(seen[0]), 204);
  EXPECT_EQ(shop().balance(bella_.id, Account::pending), 990);
  EXPECT_EQ(shop().stock(mask_.sku).sold, 1);
  EXPECT_EQ(shop().report().gmv_fen, 9900);
}

TEST_P(OrderService, ANoticeThatWasTamperedWithIsRefused) {
  const Order o = placed();
  must(shop().prepay(xiao_, o.id));
  must(shop().confirm(o.id));
  must(shop().sandbox().deliver_due(shop().now(), [&](pay::sandbox::OutgoingNotice n) {
    n.body[n.body.size() / 2] ^= 1;
    EXPECT_GE(shop().take(n), 400);
    return 0;
  }));
  EXPECT_EQ(shop().order(o.id).state, OrderState::placed);
}

TEST_P(OrderService, ANoticeThatDoesNotFitChangesNothing) {
  const Order o = placed();
  const Call call = shop().system();
  const auto notice = [&](std::string_view number, Fen amount, std::string_view currency) {
    return db().write(
        [&](db::Tx& tx) -> Status { return apply_payment(tx, call, number, "T1", amount, currency, call.now); });
  };
  const std::string number = o.id.text();
  EXPECT_EQ(code_of(notice(number, 9899, "CNY")), Code::payment_mismatch);
  EXPECT_EQ(code_of(notice(number, 9901, "CNY")), Code::payment_mismatch);
  EXPECT_EQ(code_of(notice(number, 9900, "USD")), Code::payment_mismatch);
  EXPECT_EQ(code_of(notice("0000000000001", 9900, "CNY")), Code::payment_mismatch);
  EXPECT_EQ(code_of(notice("what is this", 9900, "CNY")), Code::payment_mismatch);
  EXPECT_EQ(shop().order(o.id).state, OrderState::placed);
  EXPECT_TRUE(notice(number, 9900, "CNY"));
  EXPECT_TRUE(notice(number, 9900, "CNY")) << "the same transaction again";
  EXPECT_EQ(code_of(db().write(
                [&](db::Tx& tx) -> Status { return apply_payment(tx, call, number, "T2", 9900, "CNY", call.now); })),
            Code::payment_mismatch)
      << "another transaction for an order that is paid";
  EXPECT_EQ(shop().balance(bella_.id, Account::pending), 990);
}

TEST_P(OrderService, APaymentForACancelledOrderGoesBackByItself) {
  const Order o = placed(3);
  must(shop().prepay(xiao_, o.id));
  must(shop().confirm(o.id));
  EXPECT_EQ(must(shop().cancel(shop().as(xiao_), o.id)).state, OrderState::cancelled);
  EXPECT_EQ(shop().stock_left(mask_.sku), 10);
  EXPECT_EQ(shop().deliver(), 1) << "the notice comes late";
  shop().deliver();
  EXPECT_EQ(shop().order(o.id).state, OrderState::cancelled);
  EXPECT_EQ(shop().problems(), "") << "the money is on its way back";
  shop().jobs();
  const auto refunds =
      must(db().read([&](db::Tx& tx) -> Result<std::vector<Refund>> { return store::refunds_of(tx, o.id); }));
  ASSERT_EQ(refunds.size(), 1u);
  EXPECT_EQ(refunds[0].amount_fen, 29700);
  EXPECT_EQ(refunds[0].state, "done");
  EXPECT_EQ(refunds[0].line, -1);
  EXPECT_TRUE(shop().entries(o.id).empty());
  EXPECT_EQ(shop().report().gmv_fen, 0);
  EXPECT_EQ(shop().stock(mask_.sku).sold, 0);
}

TEST_P(OrderService, APaymentWhoseNoticeIsLostIsFoundWhenItsTimeIsUp) {
  const Order o = placed();
  must(shop().prepay(xiao_, o.id));
  must(shop().confirm(o.id));
  // No notice arrives: every sending is lost.
  shop().leap(15 * kMinuteMs);
  EXPECT_EQ(must(release_unpaid(db(), shop().system(), shop().rail(), 10)), 1);
  const Order found = shop().order(o.id);
  EXPECT_EQ(found.state, OrderState::paid) << "the rail was asked before the stock was given away";
  EXPECT_EQ(found.paid_at, Shop::kDawn);
  shop().deliver();
  EXPECT_EQ(shop().balance(bella_.id, Account::pending), 990);
}

TEST_P(OrderService, AnUnpaidOrderGivesItsStockBackAtExactlyItsTime) {
  const Order o = placed(4);
  shop().leap(15 * kMinuteMs - 1);
  EXPECT_EQ(must(release_unpaid(db(), shop().system(), shop().rail(), 10)), 0);
  EXPECT_EQ(shop().stock_left(mask_.sku), 6);
  EXPECT_TRUE(shop().prepay(xiao_, o.id)) << "one millisecond is left to pay";
  shop().leap(1);
  EXPECT_EQ(code_of(shop().prepay(xiao_, o.id)), Code::order_state_conflict);
  EXPECT_EQ(must(release_unpaid(db(), shop().system(), shop().rail(), 10)), 1);
  const Order released = shop().order(o.id);
  EXPECT_EQ(released.state, OrderState::cancelled);
  EXPECT_EQ(released.cancel_reason, "unpaid");
  EXPECT_EQ(shop().stock_left(mask_.sku), 10);
  EXPECT_EQ(must(release_unpaid(db(), shop().system(), shop().rail(), 10)), 0);
  EXPECT_FALSE(shop().confirm(o.id)) << "closed at the rail too";
}

// ---- repeating, and who may

TEST_P(OrderService, EachIntentMayBeRepeated) {
  const Order o = paid(2);
  must(shop().ship(o.id));
  const Instant shipped = shop().now();
  shop().leap(1000);
  EXPECT_EQ(must(shop().ship(o.id)).shipped_at, shipped);
  const Order received = must(shop().receive(xiao_, o.id));
  shop().leap(1000);
  EXPECT_EQ(must(shop().receive(xiao_, o.id)).received_at, received.received_at);
  const auto asked =
      must(shop().ask_back(shop().as(xiao_), o.id, {0, AfterSaleKind::refund_only, 0, 100, "scratched"}));
  EXPECT_EQ(must(shop().approve(asked.id)).state, AfterSaleState::refunding);
  EXPECT_EQ(must(shop().approve(asked.id)).state, AfterSaleState::refunding);
  shop().jobs();
  EXPECT_EQ(must(shop().approve(asked.id)).state, AfterSaleState::refunded);
  EXPECT_EQ(shop().order(o.id).refunded_fen, 100);

  const Order other = placed();
  must(shop().cancel(shop().as(xiao_), other.id));
  EXPECT_EQ(must(shop().cancel(shop().as(xiao_), other.id)).state, OrderState::cancelled);
  EXPECT_EQ(shop().stock_left(mask_.sku), 8);

  const auto turned_down =
      must(shop().ask_back(shop().as(xiao_), o.id, {0, AfterSaleKind::refund_only, 0, 100, "again"}));
  must(shop().step(shop().owner(), turned_down.id, AfterSaleStep::reject));
  EXPECT_EQ(must(shop().step(shop().owner(), turned_down.id, AfterSaleStep::reject)).state, AfterSaleState::rejected);
  EXPECT_EQ(code_of(shop().approve(turned_down.id)), Code::order_state_conflict);
}

TEST_P(OrderService, WhatDoesNotFitTheStateIsRefused) {
  const Order o = placed();
  EXPECT_EQ(code_of(shop().ship(o.id)), Code::order_state_conflict);
  EXPECT_EQ(code_of(shop().receive(xiao_, o.id)), Code::order_state_conflict);
  EXPECT_EQ(code_of(shop().ask_back(shop().as(xiao_), o.id, {0, AfterSaleKind::refund_only, 0, 1, "x"})),
            Code::order_state_conflict);
  must(shop().pay(xiao_, o.id));
  EXPECT_EQ(code_of(shop().cancel(shop().as(xiao_), o.id)), Code::order_state_conflict);
  EXPECT_EQ(code_of(shop().receive(xiao_, o.id)), Code::order_state_conflict);
  must(shop().ship(o.id));
  const Call owner = shop().owner();
  EXPECT_EQ(code_of(db().write([&](db::Tx& tx) { return ship(tx, owner, o.id, {"SF", "another", {}}); })),
            Code::order_state_conflict);
  EXPECT_EQ(code_of(shop().cancel(shop().owner(), o.id)), Code::order_state_conflict);
}

TEST_P(OrderService, StrangersMayNothing) {
  const Order o = delivered();
  const auto asked = must(shop().ask_back(shop().as(xiao_), o.id, {0, AfterSaleKind::refund_only, 0, 100, "x"}));
  const Order open = placed();
  const PersonId stranger = shop().person("Stranger");
  for (const Call& call : {shop().as(stranger), shop().as(anna_.person)}) {
    EXPECT_EQ(code_of(db().read([&](db::Tx& tx) { return visible_order(tx, call, o.id); })), Code::not_found);
    EXPECT_EQ(code_of(shop().cancel(call, open.id)), Code::forbidden);
    EXPECT_EQ(code_of(db().write([&](db::Tx& tx) { return ship(tx, call, o.id, {"SF", "1", {}}); })), Code::forbidden);
    EXPECT_EQ(code_of(db().write([&](db::Tx& tx) { return receive(tx, call, o.id); })), Code::forbidden);
    EXPECT_EQ(code_of(shop().ask_back(call, o.id, {0, AfterSaleKind::refund_only, 0, 1, "x"})), Code::forbidden);
    EXPECT_EQ(
        code_of(db().write([&](db::Tx& tx) { return take_step(tx, call, asked.id, AfterSaleStep::approve, {}); })),
        Code::forbidden);
    EXPECT_EQ(code_of(shop().step(call, asked.id, AfterSaleStep::withdraw)), Code::forbidden);
    EXPECT_EQ(code_of(run_settlement(db(), call, shop().brand(), shop().now())), Code::forbidden);
    EXPECT_EQ(code_of(db().read([&](db::Tx& tx) { return account_json(tx, call, bella_.id); })), Code::forbidden);
    EXPECT_EQ(code_of(db().read([&](db::Tx& tx) { return explain_order(tx, call, o.id); })), Code::not_found);
  }
  EXPECT_EQ(code_of(shop().approve(AfterSaleId{1})), Code::not_found);
  // The store's agent ships, but neither approves refunds nor says for the buyer that it has arrived.
  const Order next = paid();
  const Call host = shop().as(bella_.person), owner = shop().owner();
  EXPECT_EQ(code_of(db().write([&](db::Tx& tx) { return take_step(tx, host, asked.id, AfterSaleStep::approve, {}); })),
            Code::forbidden);
  EXPECT_TRUE(db().write([&](db::Tx& tx) { return ship(tx, host, next.id, {"SF", "1", {}}); }));
  EXPECT_EQ(code_of(db().write([&](db::Tx& tx) { return receive(tx, host, next.id); })), Code::forbidden);
  EXPECT_EQ(code_of(db().write([&](db::Tx& tx) { return receive(tx, owner, next.id); })), Code::forbidden);
  must(shop().cancel(shop().owner(), open.id));
}

TEST_P(OrderService, TheAddressIsMaskedForThoseWhoNeedNotDeliver) {
  const Order o = paid();
  const auto name_seen_by = [&](const Call& call) {
    const auto seen = must(db().read([&](db::Tx&) -> Result<std::string> { return order_json(call, o); }));
    return get_text(get_object(parse_json(seen).value(), "address"), "name");
  };
  EXPECT_EQ(name_seen_by(shop().as(xiao_)), "王小明");
  EXPECT_EQ(name_seen_by(shop().as(bella_.person)), "王小明");
  EXPECT_EQ(name_seen_by(shop().owner()), "王**") << "staff reads it where the read is audited";
  const auto may_read = [&](const Call& call) {
    return must(db().read([&](db::Tx& tx) -> Result<bool> { return staff_may_read_address(tx, call, o); }));
  };
  EXPECT_TRUE(may_read(shop().owner()));
  EXPECT_FALSE(may_read(shop().as(xiao_))) << "a buyer's own address is no reading by staff";
  Call auditor = shop().as(shop().person("Auditor"));
  auditor.caller.staff.push_back({shop().brand(), kAuditor});
  EXPECT_EQ(name_seen_by(auditor), "王**");
  EXPECT_FALSE(may_read(auditor));
}

// ---- delivery, freeze, maturity

TEST_P(OrderService, AShippedOrderCountsAsReceivedAfterTenDays) {
  const Order o = paid();
  must(shop().ship(o.id));
  shop().leap(10 * kDayMs - 1);
  EXPECT_EQ(must(receive_shipped(db(), shop().system(), 10)), 0);
  shop().leap(1);
  EXPECT_EQ(must(receive_shipped(db(), shop().system(), 10)), 1);
  EXPECT_EQ(shop().order(o.id).received_at, shop().now());
}

TEST_P(OrderService, CommissionMaturesAtExactlyReceiptAndSevenDays) {
  const Order o = delivered();
  EXPECT_EQ(o.lines[0].available_at, o.received_at + 7 * kDayMs);
  shop().leap(7 * kDayMs - 1);
  EXPECT_EQ(must(mature_lines(db(), shop().system(), 10)), 0);
  EXPECT_EQ(shop().balance(bella_.id, Account::pending), 990);
  shop().leap(1);
  EXPECT_EQ(must(mature_lines(db(), shop().system(), 10)), 1);
  EXPECT_EQ(shop().balance(bella_.id, Account::pending), 0);
  EXPECT_EQ(shop().balance(bella_.id, Account::available), 990);
  const Order done = shop().order(o.id);
  EXPECT_EQ(done.state, OrderState::completed);
  EXPECT_EQ(done.completed_at, shop().now());
  EXPECT_EQ(must(mature_lines(db(), shop().system(), 10)), 0);
}

TEST_P(OrderService, TheFreezeIsThePlansAndKeptFromTheDayOfTheOrder) {
  shop().plan(1000, 0, 0, 0);
  const Order soon = delivered();
  shop().plan(1000, 0, 0, 30);
  const Order late = delivered();
  shop().jobs();
  EXPECT_EQ(shop().order(soon.id).state, OrderState::completed);
  shop().pass(30 * kDayMs - 1);
  EXPECT_EQ(shop().order(late.id).state, OrderState::received);
  shop().pass(1);
  EXPECT_EQ(shop().order(late.id).state, OrderState::completed);
}

TEST_P(OrderService, AnOpenAfterSaleHoldsBackItsOwnLineOnly) {
  shop().settings().after_sale_answer_days = 30;
  const Order o = shop().delivered(xiao_, bella_.store, {{mask_.sku, 1, {}}, {soap_.sku, 1, {}}});
  shop().pass(3 * kDayMs);
  const auto asked = must(shop().ask_back(shop().as(xiao_), o.id, {0, AfterSaleKind::refund_only, 0, 500, "late"}));
  shop().pass(10 * kDayMs);
  EXPECT_EQ(shop().balance(bella_.id, Account::pending), 990);
  EXPECT_EQ(shop().balance(bella_.id, Account::available), 333);
  EXPECT_EQ(shop().order(o.id).state, OrderState::received);
  must(shop().step(shop().as(xiao_), asked.id, AfterSaleStep::withdraw));
  shop().jobs();
  EXPECT_EQ(shop().balance(bella_.id, Account::available), 990 + 333);
  EXPECT_EQ(shop().order(o.id).state, OrderState::completed);
}

class SlowRail : public test::StoreTest {};
ON_BOTH_ENGINES(SlowRail);

TEST_P(SlowRail, AnApprovedAfterSaleHoldsTheLineUntilTheMoneyHasGone) {
  pay::sandbox::Options slow;
  slow.refund_ms = 3 * kDayMs;
  Shop shop(db(), slow);
  shop.plan(1000, 0);
  const org::Agent agent = shop.agent("A");
  const Shop::Item item = shop.item("x", 10000, 5);
  const PersonId buyer = shop.person("b");
  const Order o = shop.delivered(buyer, agent.store, {{item.sku, 1, {}}});
  shop.pass(6 * kDayMs);
  const auto asked = must(shop.ask_back(shop.as(buyer), o.id, {0, AfterSaleKind::refund_only, 0, 4000, "x"}));
  must(shop.approve(asked.id));
  shop.pass(kDayMs);
  EXPECT_EQ(shop.balance(agent.id, Account::pending), 1000);
  EXPECT_EQ(shop.order(o.id).refunded_fen, 0) << "the rail is still at it";
  EXPECT_EQ(shop.problems(), "");
  shop.pass(3 * kDayMs);
  EXPECT_EQ(shop.order(o.id).refunded_fen, 4000);
  EXPECT_EQ(shop.balance(agent.id, Account::pending), 0);
  EXPECT_EQ(shop.balance(agent.id, Account::available), 600);
  EXPECT_EQ(shop.problems(), "");
}

// ---- after-sales and refunds

TEST_P(OrderService, AFullRefundInThreePartsLeavesNothingOfAnyEntry) {
  lock_to_anna();
  const Order o = delivered();
  for (const Fen part : {3333, 3334, 3233}) shop().refund(o.id, 0, part);
  for (const Role role : kRoles) EXPECT_EQ(sum_of(o.id, 0, role), 0) << role_name(role);
  for (const AgentId agent : {anna_.id, bella_.id, boss_.id}) EXPECT_EQ(shop().balance(agent, Account::pending), 0);
  EXPECT_EQ(shop().order(o.id).lines[0].net_fen(), 0);
  EXPECT_EQ(shop().report().refunds, 3);
  EXPECT_EQ(shop().report().refunded_fen, 9900);
  shop().pass(7 * kDayMs);
  EXPECT_EQ(shop().order(o.id).state, OrderState::completed);
}

TEST_P(OrderService, EachPartPostsTheDifferenceOfTheFloors) {
  lock_to_anna();
  const Order o = delivered();
  Fen net = 9900;
  for (const Fen part : {1, 9, 1, 888, 4001}) {
    shop().refund(o.id, 0, part);
    net -= part;
    EXPECT_EQ(sum_of(o.id, 0, Role::host), net * 1000 / 10000) << net;
    EXPECT_EQ(sum_of(o.id, 0, Role::promoter), net * 800 / 10000) << net;
    EXPECT_EQ(sum_of(o.id, 0, Role::recruiter), net * 200 / 10000) << net;
  }
}

TEST_P(OrderService, NoMoreThanWasPaidIsGivenBackAlsoInSeveralRequestsAtOnce) {
  const Order o = delivered();
  const Call buyer = shop().as(xiao_);
  EXPECT_EQ(code_of(shop().ask_back(buyer, o.id, {0, AfterSaleKind::refund_only, 0, 9901, "x"})), Code::refund_exceeds);
  EXPECT_EQ(code_of(shop().ask_back(buyer, o.id, {0, AfterSaleKind::refund_only, 0, 0, "x"})), Code::invalid_field);
  EXPECT_EQ(code_of(shop().ask_back(buyer, o.id, {0, AfterSaleKind::refund_only, 0, -1, "x"})), Code::refund_exceeds);
  EXPECT_EQ(code_of(shop().ask_back(buyer, o.id, {1, AfterSaleKind::refund_only, 0, 1, "x"})), Code::invalid_field);
  const auto first = must(shop().ask_back(buyer, o.id, {0, AfterSaleKind::refund_only, 0, 6000, "x"}));
  EXPECT_EQ(code_of(shop().ask_back(buyer, o.id, {0, AfterSaleKind::refund_only, 0, 3901, "x"})), Code::refund_exceeds);
  const auto second = must(shop().ask_back(buyer, o.id, {0, AfterSaleKind::refund_only, 0, 3900, "x"}));
  must(shop().approve(first.id));
  must(shop().approve(second.id));
  shop().jobs();
  EXPECT_EQ(shop().order(o.id).lines[0].net_fen(), 0);
  EXPECT_EQ(code_of(shop().ask_back(buyer, o.id, {0, AfterSaleKind::refund_only, 0, 1, "x"})), Code::refund_exceeds);
}

TEST_P(OrderService, UnitsThatComeBackAreSoldAgain) {
  const Order o = delivered(3);
  EXPECT_EQ(shop().stock_left(mask_.sku), 7);
  const auto asked =
      must(shop().ask_back(shop().as(xiao_), o.id, {0, AfterSaleKind::return_and_refund, 2, 19800, "too many"}));
  EXPECT_EQ(code_of(shop().ask_back(shop().as(xiao_), o.id, {0, AfterSaleKind::return_and_refund, 2, 100, "x"})),
            Code::invalid_field)
      << "one unit is left to send back";
  must(shop().approve(asked.id));
  shop().jobs();
  EXPECT_EQ(shop().stock_left(mask_.sku), 7) << "they have yet to come back";
  must(shop().step(shop().as(xiao_), asked.id, AfterSaleStep::send_back, {"", "SF", "SF1", {}}));
  must(shop().step(shop().owner(), asked.id, AfterSaleStep::goods_back));
  shop().jobs();
  EXPECT_EQ(shop().after_sale(asked.id).state, AfterSaleState::refunded);
  EXPECT_EQ(shop().stock_left(mask_.sku), 9);
  EXPECT_EQ(shop().stock(mask_.sku).received, 12);
  EXPECT_EQ(shop().order(o.id).lines[0].refunded_qty, 2);
}

TEST_P(OrderService, OnlyUnitsThatAreThereGoOnSaleAgain) {
  const Order o = paid(2);
  const Call buyer = shop().as(xiao_);
  EXPECT_EQ(code_of(shop().ask_back(buyer, o.id, {0, AfterSaleKind::return_and_refund, 1, 9900, "x"})),
            Code::order_state_conflict)
      << "nothing to send back yet";
  const auto unsent = must(shop().ask_back(buyer, o.id, {0, AfterSaleKind::refund_only, 1, 9900, "one too many"}));
  const auto held_up = must(shop().ask_back(buyer, o.id, {0, AfterSaleKind::refund_only, 1, 100, "slow"}));
  must(shop().approve(unsent.id));
  shop().jobs();
  EXPECT_EQ(shop().stock_left(mask_.sku), 9) << "never shipped, so it is there";
  must(shop().ship(o.id));
  must(shop().approve(held_up.id));
  shop().jobs();
  EXPECT_EQ(shop().stock_left(mask_.sku), 9) << "it left before the request was answered";
  EXPECT_EQ(code_of(shop().ask_back(buyer, o.id, {0, AfterSaleKind::refund_only, 1, 100, "x"})), Code::invalid_field)
      << "money only: no unit comes back";
  EXPECT_EQ(code_of(shop().ask_back(buyer, o.id, {0, AfterSaleKind::return_and_refund, 0, 100, "x"})),
            Code::invalid_field)
      << "a return has units";
}

TEST_P(OrderService, TheBuyerHasSevenDaysFromReceiptAndStaffAnyTime) {
  const Order o = delivered();
  const Call later = [&] {
    shop().leap(7 * kDayMs - 1);
    return shop().as(xiao_);
  }();
  const auto asked = must(shop().ask_back(later, o.id, {0, AfterSaleKind::refund_only, 0, 1, "just in time"}));
  must(shop().step(later, asked.id, AfterSaleStep::withdraw));
  shop().leap(1);
  EXPECT_EQ(code_of(shop().ask_back(shop().as(xiao_), o.id, {0, AfterSaleKind::refund_only, 0, 1, "x"})),
            Code::return_time_over);
  EXPECT_TRUE(shop().ask_back(shop().owner(), o.id, {0, AfterSaleKind::refund_only, 0, 1, "goodwill"}));
}

TEST_P(OrderService, AnExemptProductIsNotTakenBackWithoutReason) {
  const Shop::Item fresh = shop().item("fresh", 500, 5, /*no_return=*/true);
  const Order o = shop().delivered(xiao_, bella_.store, {{fresh.sku, 1, {}}});
  EXPECT_EQ(code_of(shop().ask_back(shop().as(xiao_), o.id, {0, AfterSaleKind::return_and_refund, 1, 500, "x"})),
            Code::return_exempt);
  EXPECT_TRUE(shop().ask_back(shop().owner(), o.id, {0, AfterSaleKind::return_and_refund, 1, 500, "spoilt"}));
}

TEST_P(OrderService, ARefundThatIsToldTwiceCountsOnce) {
  const Order o = delivered();
  const auto asked = must(shop().ask_back(shop().as(xiao_), o.id, {0, AfterSaleKind::refund_only, 0, 4000, "x"}));
  must(shop().approve(asked.id));
  shop().jobs();  // the answer of the rail, and then its notice
  const auto refund =
      must(db().read([&](db::Tx& tx) -> Result<std::vector<Refund>> { return store::refunds_of(tx, o.id); })).front();
  const Call call = shop().system();
  const auto told = [&](Fen amount) {
    return db().write([&](db::Tx& tx) -> Status { return apply_refund(tx, call, refund.id.text(), "R1", amount); });
  };
  EXPECT_TRUE(told(4000));
  EXPECT_EQ(code_of(told(4001)), Code::payment_mismatch);
  EXPECT_EQ(shop().order(o.id).refunded_fen, 4000);
  EXPECT_EQ(shop().balance(bella_.id, Account::pending), 590);
}

// ---- settlement, debt, payout

TEST_P(OrderService, WhatIsAvailableIsSettledOnceAndPaidOnce) {
  lock_to_anna();
  delivered();
  shop().pass(7 * kDayMs);
  const Instant cutoff = shop().now();
  const auto first = must(shop().settle(cutoff));
  EXPECT_EQ(first.settled_now, 3);
  EXPECT_EQ(first.sum.payable_fen, 990 + 792 + 198);
  EXPECT_TRUE(first.failed.empty());
  const auto again = must(shop().settle(cutoff));
  EXPECT_EQ(again.run.id, first.run.id);
  EXPECT_EQ(again.settled_now, 0);
  EXPECT_EQ(again.settled_before, 3);
  EXPECT_EQ(again.sum.payable_fen, first.sum.payable_fen);
  EXPECT_EQ(shop().balance(bella_.id, Account::settled), 990);

  const auto settlement = shop().settlements(bella_.id).at(0);
  EXPECT_EQ(must(shop().pay_out(settlement.id, "bank-1")).state, "paid");
  EXPECT_EQ(must(shop().pay_out(settlement.id, "bank-1")).state, "paid") << "said again";
  EXPECT_EQ(code_of(shop().pay_out(settlement.id, "bank-2")), Code::settlement_conflict);
  EXPECT_EQ(shop().balance(bella_.id, Account::settled), 0);
  EXPECT_EQ(shop().balance(bella_.id, Account::paid), 990);
  EXPECT_EQ(code_of(shop().settle(shop().now() + 1)), Code::invalid_field) << "a cut-off in the future";
}

TEST_P(OrderService, OnlyWhatWasAvailableAtTheCutOffIsTaken) {
  delivered();
  shop().pass(7 * kDayMs);
  const Instant matured = shop().now();
  EXPECT_EQ(must(shop().settle(matured - 1)).sum.agents, 0);
  EXPECT_EQ(must(shop().settle(matured)).sum.payable_fen, 990) << "at the very instant";
}

TEST_P(OrderService, ARefundAfterSettlementIsDebtAndWorkedOff) {
  const Order first = delivered();
  shop().pass(7 * kDayMs);
  must(shop().settle());
  must(shop().pay_out(shop().settlements(bella_.id).at(0).id, "bank-1"));
  shop().refund(first.id, 0, 9900);
  EXPECT_EQ(shop().balance(bella_.id, Account::available), -990);
  shop().pass(1);
  const auto debt_run = must(shop().settle());
  EXPECT_EQ(debt_run.sum.new_debt_fen, 990);
  EXPECT_EQ(debt_run.sum.payable_fen, 0) << "a payout is never negative";
  EXPECT_EQ(shop().debt(bella_.id), 990);
  EXPECT_EQ(shop().report().debt_fen, 990);

  shop().delivered(xiao_, bella_.store, {{soap_.sku, 1, {}}});  // 333
  shop().pass(7 * kDayMs);
  must(shop().settle());
  EXPECT_EQ(shop().debt(bella_.id), 657);
  EXPECT_EQ(shop().balance(bella_.id, Account::settled), 0);

  delivered();  // 990
  shop().pass(7 * kDayMs);
  must(shop().settle());
  EXPECT_EQ(shop().debt(bella_.id), 0);
  EXPECT_EQ(shop().balance(bella_.id, Account::settled), 333);
  Fen paid_in_all = 0;
  for (const auto& s : shop().settlements(bella_.id)) {
    EXPECT_GE(s.payable_fen, 0);
    EXPECT_EQ(s.entries_fen, s.payable_fen + s.worked_off_fen - s.new_debt_fen);
    paid_in_all += s.payable_fen;
  }
  EXPECT_EQ(paid_in_all, 990 + 333) << "nothing is forgiven, nothing is taken twice";
}

TEST_P(OrderService, ARefundAfterMaturityButBeforeSettlementIsSimplyLess) {
  const Order o = delivered();
  shop().pass(7 * kDayMs);
  shop().refund(o.id, 0, 5000);
  const auto run = must(shop().settle());
  EXPECT_EQ(run.sum.payable_fen, 490);
  EXPECT_EQ(run.sum.new_debt_fen, 0);
}

// The rows a settlement writes, without the identifiers that are made anew. One text a row, in order.
const db::Sql kSettlementRows{
    "test.settlement_rows",
    "select 'settlement ' || cast(agent_id as text) || ' ' || cast(entries_fen as text) || ' ' || cast(debt_before_fen "
    "as "
    "text) || ' ' || cast(worked_off_fen as text) || ' ' || cast(new_debt_fen as text) || ' ' || cast(payable_fen as "
    "text) "
    "|| ' ' || state as row_text from settlements union all "
    "select 'entry ' || cast(id as text) || ' ' || state || ' ' || cast(amount_fen as text) || ' ' || "
    "cast(coalesce((select s.agent_id from settlements s where s.id = e.settlement_id), 0) as text) from entries e "
    "union all select 'account ' || cast(agent_id as text) || ' ' || cast(debt_fen as text) from agent_accounts union "
    "all "
    "select 'posting ' || t.cause || ' ' || cast(t.part as text) || ' ' || p.account || ' ' || cast(p.agent_id as "
    "text) || "
    "' ' || cast(p.amount_fen as text) from ledger_txs t join ledger_postings p on p.bucket = t.bucket and p.tx_id = "
    "t.id "
    "union all select 'run ' || cast(cutoff_at as text) || ' ' || case when finished_at is null then 'open' else "
    "'finished' end from settlement_runs order by 1"};

std::vector<std::string> settlement_rows(db::Database& db) {
  return must(db.read([](db::Tx& tx) -> Result<std::vector<std::string>> {
    return tx.all(kSettlementRows, {}, [](const db::Row& r) { return r.str(0); });
  }));
}

TEST_P(OrderService, SettledTwiceLeavesTheRowsOfOnce) {
  lock_to_anna();
  delivered();
  shop().pass(7 * kDayMs);
  const Instant cutoff = shop().now();
  must(shop().settle(cutoff));
  const auto once = settlement_rows(db());
  shop().leap(kDayMs);
  must(shop().settle(cutoff));
  EXPECT_EQ(settlement_rows(db()), once);
}

class FailAt final : public db::FaultPlan {
 public:
  FailAt(int statement, int commit) : statement_(statement), commit_(commit) {}
  bool fail_statement(const db::Sql&) override { return --statement_ == 0; }
  bool fail_commit() override { return --commit_ == 0; }
  bool struck() const { return statement_ <= 0 || commit_ <= 0; }

 private:
  std::atomic<int> statement_, commit_;
};

// Three agents: one with commission, one who works off a debt, one whose debt arises. From the same steps each time.
struct ThreeAccounts {
  explicit ThreeAccounts(db::Database& database) : shop(database) {
    shop.plan(1000, 800, 200);
    boss = shop.agent("Boss");
    anna = shop.agent("Anna", boss.id);
    bella = shop.agent("Bella");
    const Shop::Item soap = shop.item("soap", 3333, 9), mask = shop.item("mask", 9900, 9);
    const PersonId xiao = shop.person("Xiao");
    const Order of_anna = shop.delivered(xiao, anna.store, {{soap.sku, 1, {}}});
    const Order of_bella = shop.delivered(xiao, bella.store, {{soap.sku, 1, {}}});
    shop.pass(7 * kDayMs);
    must(shop.settle());
    shop.refund(of_anna.id, 0, 3333);
    shop.pass(1);
    must(shop.settle());
    shop.open(shop.as(xiao), shop.share_of(anna.person, anna.store));
    const Order next = shop.delivered(xiao, bella.store, {{mask.sku, 1, {}}});
    shop.pass(7 * kDayMs);
    shop.refund(next.id, 0, 9900);
    shop.refund(of_bella.id, 0, 1234);
    shop.delivered(xiao, anna.store, {{mask.sku, 1, {}}});
    shop.pass(7 * kDayMs);
  }
  // What each agent has, by name: identifiers differ from world to world.
  std::vector<std::string> rows() {
    std::vector<std::string> out;
    for (const auto& agent : {boss, anna, bella}) {
      for (const auto& s : shop.settlements(agent.id))
        out.push_back(agent.name + " " + std::to_string(s.entries_fen) + " " + std::to_string(s.debt_before_fen) + " " +
                      std::to_string(s.worked_off_fen) + " " + std::to_string(s.new_debt_fen) + " " +
                      std::to_string(s.payable_fen) + " " + s.state);
      for (const Account account :
           {Account::pending, Account::available, Account::settled, Account::paid, Account::debt})
        out.push_back(agent.name + " " + std::string(ledger::account_name(account)) + " " +
                      std::to_string(shop.balance(agent.id, account)));
    }
    out.push_back(std::to_string(settlement_rows(shop.db()).size()) + " rows");
    return out;
  }

  Shop shop;
  org::Agent boss, anna, bella;
};

class InterruptedSettlement : public ::testing::TestWithParam<test::Engine> {};
ON_BOTH_ENGINES(InterruptedSettlement);

TEST_P(InterruptedSettlement, RunAgainGivesTheRowsOfOnce) {
  std::vector<std::string> once;
  {
    const test::ScratchDatabase scratch(GetParam());
    const auto database = scratch.open();
    ThreeAccounts world(*database);
    const auto run = must(world.shop.settle());
    EXPECT_GT(run.sum.worked_off_fen, 0);
    EXPECT_GT(run.sum.new_debt_fen, 0);
    EXPECT_GT(run.sum.payable_fen, 0);
    once = world.rows();
  }
  // Where the n-th statement or commit fails, what was committed stands, and the second run does the rest.
  const int step = std::getenv("LIANBO_FULL") != nullptr ? 1 : 4;
  for (const bool commits : {false, true}) {
    int struck = 0;
    for (int n = 1; n < 1000; n += commits ? 1 : step) {
      const test::ScratchDatabase scratch(GetParam());
      const auto database = scratch.open();
      ThreeAccounts world(*database);
      const Instant cutoff = world.shop.now();
      const Call call = world.shop.owner();
      FailAt plan(commits ? INT_MAX : n, commits ? n : INT_MAX);
      database->set_faults(&plan);
      (void)run_settlement(*database, call, world.shop.brand(), cutoff);
      database->set_faults(nullptr);
      EXPECT_EQ(world.shop.problems(), "") << (commits ? "commit " : "statement ") << n;
      EXPECT_TRUE(must(world.shop.settle(cutoff)).failed.empty());
      EXPECT_EQ(world.rows(), once) << (commits ? "commit " : "statement ") << n;
      EXPECT_EQ(world.shop.problems(), "") << (commits ? "commit " : "statement ") << n;
      if (!plan.struck()) break;
      ++struck;
    }
    EXPECT_GE(struck, commits ? 2 : 5) << "the faults must have hit something";
  }
}

class FailFor final : public db::FaultPlan {
 public:
  FailFor(const char* name, int nth) : name_(name), nth_(nth) {}
  bool fail_statement(const db::Sql& sql) override { return std::string_view(sql.name) == name_ && --nth_ == 0; }
  bool fail_commit() override { return false; }

 private:
  std::string_view name_;
  std::atomic<int> nth_;
};

TEST_P(OrderService, OneAgentWhoseSettlementFailsHoldsNobodyElseUp) {
  lock_to_anna();
  delivered();
  shop().pass(7 * kDayMs);
  const Call call = shop().owner();
  FailFor plan("settlement.insert", 2);
  db().set_faults(&plan);
  const auto run = must(run_settlement(db(), call, shop().brand(), call.now));
  db().set_faults(nullptr);
  EXPECT_EQ(run.settled_now, 2);
  ASSERT_EQ(run.failed.size(), 1u);
  EXPECT_NE(run.failed[0].find("agent "), std::string::npos);
  EXPECT_EQ(run.run.finished_at, 0);
  const auto again = must(shop().settle(run.run.cutoff_at));
  EXPECT_EQ(again.settled_now, 1);
  EXPECT_TRUE(again.failed.empty());
  EXPECT_EQ(again.sum.payable_fen, 990 + 792 + 198);
}

// ---- asked why

bool says(const std::string& text, const std::string& piece) { return text.find(piece) != std::string::npos; }

TEST_P(OrderService, ExplainNamesEveryFigure) {
  shop().open(shop().as(xiao_), shop().share_of(bella_.person, bella_.store));
  shop().pass(8 * kDayMs);
  lock_to_anna();  // takes over from Bella, who lost
  const Order o = delivered();
  shop().pass(7 * kDayMs);
  must(shop().settle());
  const auto settlement = shop().settlements(anna_.id).at(0);
  must(shop().pay_out(settlement.id, "bank-77"));
  shop().refund(o.id, 0, 5001);
  shop().pass(1);
  must(shop().settle());

  const auto entries = shop().entries(o.id);
  const auto entry = *std::find_if(entries.begin(), entries.end(),
                                   [](const store::Entry& e) { return e.role == Role::promoter && e.seq == 1; });
  EXPECT_EQ(entry.amount_fen, 391 - 792);
  const auto explained = [&](const Call& call) {
    return must(db().read([&](db::Tx& tx) { return explain_entry(tx, call, entry.id); }));
  };
  const std::string why = explained(shop().owner());
  const auto value = parse_json(why);
  ASSERT_TRUE(value) << value.error().text();
  EXPECT_EQ(get_int(*value, "sum_fen"), 391);
  EXPECT_EQ(get_int(*value, "entry_at_net_fen"), 391);
  EXPECT_EQ(get_int(*value, "net_fen"), 4899);
  for (const std::string& piece :
       {std::string("\"bp\":800"), std::string("\"role\":\"promoter\""), std::string("\"plan_version\":1"),
        std::string("\"freeze_days\":7"), std::string("\"amount_fen\":-401"), std::string("\"amount_fen\":792"),
        std::string("\"paid_fen\":9900"), std::string("\"lock_rules_version\":1"),
        "\"lock_agent_id\":\"" + anna_.id.text() + "\"", "\"refund_id\":\"" + entry.refund.text() + "\"",
        "\"settlement_id\":\"" + settlement.id.text() + "\"", std::string("\"payout_reference\":\"bank-77\""),
        std::string("\"new_debt_fen\":401"), std::string("taken_over"), bella_.id.text(),
        format_rfc3339(o.received_at + 7 * kDayMs)})
    EXPECT_TRUE(says(why, piece)) << piece << " is not in\n" << why;

  // The agent is told of their own money, not of others'.
  const std::string own = explained(shop().as(anna_.person));
  EXPECT_TRUE(says(own, "\"sum_fen\":391"));
  EXPECT_FALSE(says(own, "\"amount_fen\":990")) << "Bella's";
  const Call anna = shop().as(anna_.person);
  const std::string of_settlement =
      must(db().read([&](db::Tx& tx) { return explain_settlement(tx, anna, settlement.id, 0, 200); }));
  for (const char* piece : {"\"payable_fen\":792", "\"debt_after_fen\":0", "\"cause\":\"payout\"", "\"cutoff_at\""})
    EXPECT_TRUE(says(of_settlement, piece)) << piece << " is not in\n" << of_settlement;
  const std::string account = must(db().read([&](db::Tx& tx) { return account_json(tx, anna, anna_.id); }));
  EXPECT_TRUE(says(account, "\"paid_fen\":792") && says(account, "\"debt_fen\":401")) << account;
}

TEST_P(OrderService, ExplainSaysWhyARoleEarnsNothing) {
  const Order o = shop().bought(bella_.person, bella_.store, {{mask_.sku, 1, {}}});
  const Call owner = shop().owner();
  const std::string why = must(db().read([&](db::Tx& tx) { return explain_order(tx, owner, o.id); }));
  EXPECT_TRUE(says(why, "held by the buyer; the brand does not pay for self-purchase")) << why;
  EXPECT_TRUE(says(why, "under no valid lock")) << why;
}

// ---- the receipt

TEST_P(OrderService, AReceiptSharesTheProductThatWasExplainedWhenItWasBought) {
  const auto live_now = [&](auto&& body) { return must(db().write(body)); };
  const Call call = shop().system();
  const BroadcastId room = live_now([&](db::Tx& tx) -> Result<BroadcastId> {
    live::NewBroadcast wish;
    wish.title = "Evening";
    wish.scheduled_at = call.now;
    wish.products = {mask_.product, soap_.product};
    TRY(const auto made, live::schedule_broadcast(tx, call, bella_.store, wish));
    TRY([[maybe_unused]] const auto started, live::start_broadcast(tx, call, made.broadcast.id));
    return made.broadcast.id;
  });
  const auto pin = live_now([&](db::Tx& tx) { return live::pin_product(tx, call, room, mask_.product); });
  const Call buyer = shop().as(xiao_);
  PlaceWish wish;
  wish.store = bella_.store;
  wish.broadcast = room;
  wish.lines = {{soap_.sku, 1, {}}, {mask_.sku, 1, {}}};
  const Order o = live_now([&](db::Tx& tx) { return place(tx, buyer, wish); });
  EXPECT_EQ(o.pin, pin.id);
  const auto facts = [&] { return must(db().read([&](db::Tx& tx) { return receipt_facts(tx, o.id); })); };
  EXPECT_EQ(facts().product, mask_.product);
  EXPECT_FALSE(facts().paid);
  must(shop().pay(xiao_, o.id));
  live_now([&](db::Tx& tx) { return live::pin_product(tx, call, room, soap_.product); });
  EXPECT_EQ(facts().product, mask_.product) << "the pin has closed since";
  EXPECT_EQ(facts().pin, pin.id);
  EXPECT_TRUE(facts().paid);
}

// ---- a crowd

TEST_P(OrderService, SixtyFourBuyersOnAHundredUnitsSellExactlyAHundred) {
  const int rounds = std::getenv("LIANBO_FULL") != nullptr ? 10 : 2;
  constexpr int kBuyers = 64, kTries = 3, kUnits = 100;
  std::vector<Call> buyers;
  for (int i = 0; i < kBuyers; ++i) buyers.push_back(shop().as(shop().person("buyer" + std::to_string(i))));
  for (int round = 0; round < rounds; ++round) {
    const Shop::Item item = shop().item("rush" + std::to_string(round), 1000, kUnits);
    std::atomic<int> sold{0}, refused{0};
    std::barrier start(kBuyers);
    std::vector<std::vector<OrderId>> answered(kBuyers);
    std::vector<std::thread> threads;
    for (int i = 0; i < kBuyers; ++i)
      threads.emplace_back([&, i] {
        PlaceWish wish;
        wish.store = bella_.store;
        wish.lines.push_back({item.sku, 1, {}});
        start.arrive_and_wait();
        for (int k = 0; k < kTries; ++k) {
          const auto o = db().write([&](db::Tx& tx) { return place(tx, buyers[static_cast<std::size_t>(i)], wish); });
          if (o) {
            ++sold;
            answered[static_cast<std::size_t>(i)].push_back(o->id);
          } else {
            EXPECT_EQ(o.error().code, Code::sold_out) << o.error().text();
            ++refused;
          }
        }
      });
    for (auto& thread : threads) thread.join();
    EXPECT_EQ(sold, kUnits);
    EXPECT_EQ(refused, kBuyers * kTries - kUnits);
    EXPECT_EQ(shop().stock_left(item.sku), 0);
    for (const auto& list : answered)
      for (const OrderId id : list) EXPECT_EQ(shop().order(id).state, OrderState::placed);
    EXPECT_EQ(shop().problems(), "");
  }
  EXPECT_EQ(shop().report().oversold_units, 0);
}

}  // namespace
}  // namespace lianbo::order
