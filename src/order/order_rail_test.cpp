// What can go wrong between an order and the payment rail: the rail answers late, refuses, or can't be reached.
// Nobody's order may hold up another's, and nobody may keep a way to pay for what is no longer sold to them.
#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <set>

#include "order/order_service.hpp"
#include "order/order_store.hpp"
#include "support/database.hpp"
#include "support/shop.hpp"

namespace lianbo::order {
namespace {

using test::must;
using test::Shop;

// The sandbox's rail, with something in its way.
class HinderedRail final : public pay::PayRail {
 public:
  explicit HinderedRail(pay::PayRail& rail) : rail_(rail) {}

  std::function<void()> after_prepay;
  std::set<std::string> refuses;  // numbers it will not hear of
  bool down = false;
  int closes = 0, refunds = 0;

  Result<pay::Prepaid> prepay(const pay::PrepayWish& wish, Instant now, Random& random) override {
    auto answer = rail_.prepay(wish, now, random);
    if (after_prepay) after_prepay();
    return answer;
  }
  Result<pay::Trade> query(const std::string& number, Instant now, Random& random) override {
    TRY_OK(hinder(number));
    return rail_.query(number, now, random);
  }
  Status close(const std::string& number, Instant now, Random& random) override {
    ++closes;
    TRY_OK(hinder(number));
    return rail_.close(number, now, random);
  }
  Result<pay::Refunded> refund(const pay::RefundWish& wish, Instant now, Random& random) override {
    ++refunds;
    TRY_OK(hinder(wish.out_trade_no));
    return rail_.refund(wish, now, random);
  }
  Result<pay::Refunded> query_refund(const std::string& number, Instant now, Random& random) override {
    return rail_.query_refund(number, now, random);
  }
  Result<pay::Transferred> transfer(const pay::TransferWish& wish, Instant now, Random& random) override {
    TRY_OK(hinder(wish.out_bill_no));
    return rail_.transfer(wish, now, random);
  }
  Result<pay::Transferred> query_transfer(const std::string& number, Instant now, Random& random) override {
    TRY_OK(hinder(number));
    return rail_.query_transfer(number, now, random);
  }
  Result<pay::Notice> read_notice(const pay::Headers& headers, std::string_view body, Instant now) override {
    return rail_.read_notice(headers, body, now);
  }

 private:
  Status hinder(const std::string& number) const {
    if (down) return fail(Code::payment_unreachable, "nobody answers");
    if (refuses.contains(number)) return fail(Code::payment_refused, "SYSTEM_MOOD: not today");
    return {};
  }
  pay::PayRail& rail_;
};

class OrderRail : public test::StoreTest {
 protected:
  void SetUp() override {
    shop_ = std::make_unique<Shop>(db());
    rail_ = std::make_unique<HinderedRail>(shop().rail());
    shop().plan(1000, 800, 200);
    bella_ = shop().agent("Bella");
    mask_ = shop().item("mask", 9900, 100);
    xiao_ = shop().person("Xiao");
  }
  void TearDown() override {
    EXPECT_EQ(shop().problems(), "");
    shop_.reset();
  }

  Shop& shop() { return *shop_; }
  HinderedRail& rail() { return *rail_; }
  Order placed() { return must(shop().place(xiao_, bella_.store, {{mask_.sku, 1, {}}})); }
  int release(int limit) { return must(release_unpaid(db(), shop().system(), rail(), limit)); }

  std::unique_ptr<Shop> shop_;
  std::unique_ptr<HinderedRail> rail_;
  org::Agent bella_;
  Shop::Item mask_;
  PersonId xiao_;
};

TEST_P(OrderRail, AnOrderCancelledWhileTheRailPreparesItsPaymentCanNoLongerBePaid) {
  const Order o = placed();
  rail().after_prepay = [&] { must(shop().cancel(shop().as(xiao_), o.id)); };
  const auto answer = pay_order(db(), shop().as(xiao_), rail(), o.id, {});
  ASSERT_FALSE(answer) << "the buyer was given the means to pay for a cancelled order";
  EXPECT_EQ(answer.error().code, Code::order_state_conflict);
  const auto trade = must(shop().rail().query(o.id.text(), shop().now(), *shop().system().random));
  EXPECT_EQ(trade.state, pay::TradeState::closed);
}

TEST_P(OrderRail, AnOrderWhoseReleaseFailsHoldsNoOtherUp) {
  std::vector<Order> stuck;
  for (int i = 0; i < 3; ++i) {
    stuck.push_back(placed());
    must(pay_order(db(), shop().as(xiao_), rail(), stuck.back().id, {}));
    rail().refuses.insert(stuck.back().id.text());
  }
  shop().leap(1000);
  const Order free = placed();
  shop().leap(shop().settings().order_release_ms);
  release(2);
  EXPECT_EQ(shop().order(free.id).state, OrderState::cancelled) << "it waits behind orders that can't be released";
  EXPECT_EQ(shop().order(stuck[0].id).state, OrderState::placed) << "only the rail knows whether it is paid";
  rail().refuses.clear();
  release(2);
  for (const auto& o : stuck) EXPECT_EQ(shop().order(o.id).state, OrderState::cancelled);
}

TEST_P(OrderRail, ARailThatCantBeReachedIsTriedOnceARunAndOrdersThatDontNeedItAreReleased) {
  for (int i = 0; i < 5; ++i) must(pay_order(db(), shop().as(xiao_), rail(), placed().id, {}));
  const Order free = placed();
  shop().leap(shop().settings().order_release_ms);
  rail().down = true;
  release(100);
  EXPECT_EQ(rail().closes, 1) << "each try may take as long as a time-out; the server's other jobs wait for this one";
  EXPECT_EQ(shop().order(free.id).state, OrderState::cancelled);
  rail().down = false;
  release(100);
  EXPECT_EQ(shop().stock_left(mask_.sku), 100);
}

TEST_P(OrderRail, RefundsWaitTogetherForARailThatCantBeReached) {
  for (int i = 0; i < 4; ++i) {
    const Order o = shop().bought(xiao_, bella_.store, {{mask_.sku, 1, {}}});
    must(shop().approve(
        must(shop().ask_back(shop().owner(), o.id, {0, AfterSaleKind::refund_only, 0, 9900, "agreed"})).id));
  }
  rail().down = true;
  must(send_refunds(db(), shop().system(), rail(), 100));
  EXPECT_EQ(rail().refunds, 1);
  rail().down = false;
  shop().pass(kHourMs);
  EXPECT_EQ(shop().report().refunded_fen, 4 * 9900);
}

TEST_P(OrderRail, AnOrderTakesAsManyRefundsAsTheRailGivesAndNotOneMore) {
  const Order o = shop().bought(xiao_, bella_.store, {{mask_.sku, 1, {}}});
  const auto withdrawn = must(shop().ask_back(shop().as(xiao_), o.id, {0, AfterSaleKind::refund_only, 0, 1, "no"}));
  must(shop().step(shop().as(xiao_), withdrawn.id, AfterSaleStep::withdraw));
  for (int i = 0; i < 49; ++i) shop().refund(o.id, 0, 1);
  const auto last =
      must(shop().ask_back(shop().as(xiao_), o.id, {0, AfterSaleKind::refund_only, 0, 1, "the fiftieth"}));
  const auto more = shop().ask_back(shop().as(xiao_), o.id, {0, AfterSaleKind::refund_only, 0, 1, "one more"});
  ASSERT_FALSE(more) << "the rail would refuse this refund for ever, and the line's commission never mature";
  EXPECT_EQ(more.error().code, Code::refund_exceeds);
  must(shop().approve(last.id));
  shop().jobs();
  EXPECT_EQ(shop().order(o.id).refunded_fen, 50);
}

TEST_P(OrderRail, WhatWasGivenBackBeforeItLeftIsNotShipped) {
  const Order o = must(shop().place(xiao_, bella_.store, {{mask_.sku, 2, {}}}));
  must(shop().pay(xiao_, o.id));
  must(shop().approve(
      must(shop().ask_back(shop().as(xiao_), o.id, {0, AfterSaleKind::refund_only, 1, 9900, "one is enough"})).id));
  const auto rest =
      must(shop().ask_back(shop().as(xiao_), o.id, {0, AfterSaleKind::refund_only, 1, 9900, "none at all"}));
  must(shop().approve(rest.id));
  const auto shipped = shop().ship(o.id);
  ASSERT_FALSE(shipped) << "two units would leave that go on sale again";
  EXPECT_EQ(shipped.error().code, Code::order_state_conflict);
  shop().jobs();
  EXPECT_EQ(shop().stock_left(mask_.sku), 100);
  EXPECT_FALSE(shop().ship(o.id));
}

TEST_P(OrderRail, AFinishedSettlementRunTakesNothingMore) {
  const Order early = shop().delivered(xiao_, bella_.store, {{mask_.sku, 1, {}}});
  const auto carl = shop().agent("Carl");
  const Order late = shop().delivered(xiao_, carl.store, {{mask_.sku, 1, {}}});
  shop().leap(7 * kDayMs);
  // Two lines mature at one instant, the second after the run over that instant: its first try fails.
  class FailOnce final : public db::FaultPlan {
   public:
    bool fail_statement(const db::Sql& sql) override {
      return std::string_view(sql.name) == "entry.mature_line" && !failed_.exchange(true);
    }
    bool fail_commit() override { return false; }

   private:
    std::atomic<bool> failed_ = false;
  } plan;
  db().set_faults(&plan);
  EXPECT_EQ(must(mature_lines(db(), shop().system(), 1)), 1) << "one that fails holds the other up";
  db().set_faults(nullptr);
  const auto once = must(shop().settle());
  EXPECT_EQ(once.sum.agents, 1);
  must(mature_lines(db(), shop().system(), 10));
  const auto twice = must(shop().settle());
  EXPECT_EQ(twice.sum.agents, 1) << "running it twice gives the same result as once";
  EXPECT_EQ(twice.settled_now, 0);
  shop().pass(1);
  EXPECT_EQ(must(shop().settle()).sum.agents, 1) << "the other agent's turn comes with the next cut-off";
}

TEST_P(OrderRail, APaidOrderWhoseNoticeIsLateIsBookedWhenItsBuyerAsksToPayAgain) {
  const auto order = must(shop().place(xiao_, bella_.store, {{mask_.sku, 1, {}}}));
  must(shop().prepay(xiao_, order.id));
  must(shop().confirm(order.id));  // its notice waits
  const auto again = shop().prepay(xiao_, order.id);
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, Code::order_state_conflict) << again.error().text();
  EXPECT_EQ(shop().order(order.id).state, OrderState::paid) << "the rail's word is taken at once";
  shop().deliver();  // and the notice changes nothing
  EXPECT_EQ(shop().order(order.id).refunded_fen, 0);
}

ON_BOTH_ENGINES(OrderRail);

}  // namespace
}  // namespace lianbo::order
