// After-sales, parcels and refunds on both engines, against the sandbox rail that signs for real, and any mixture of
// them: whatever happens to an order, its books, its stock and its entries agree, and a full refund leaves nothing.
#include "order/after_sale_service.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <map>
#include <random>

#include "base/crypto.hpp"
#include "base/json.hpp"
#include "order/after_sale_store.hpp"
#include "order/order_store.hpp"
#include "support/database.hpp"
#include "support/shop.hpp"

namespace lianbo::order {
namespace {

using ledger::Account;
using test::must;
using test::Shop;
using State = AfterSaleState;
using Step = AfterSaleStep;
using Kind = AfterSaleKind;

template <class T>
Code code_of(const Result<T>& result) {
  EXPECT_FALSE(result) << "was accepted";
  return result ? Code::internal : result.error().code;
}

class AfterSales : public test::StoreTest {
 protected:
  void SetUp() override {
    shop_ = std::make_unique<Shop>(db());
    shop().plan(1000, 800, 200);
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
  Order paid(std::int64_t masks) { return shop().bought(xiao_, bella_.store, {{mask_.sku, masks, {}}}); }
  Order delivered(std::int64_t masks) { return shop().delivered(xiao_, bella_.store, {{mask_.sku, masks, {}}}); }
  AfterSale asked(OrderId id, const AfterSaleWish& wish) { return must(shop().ask_back(shop().as(xiao_), id, wish)); }
  AfterSale taken(AfterSaleId id, Step step, const StepDetail& detail = {"", "SF", "SF1", {}}) {
    return must(shop().step(shop().system(), id, step, detail));
  }

  std::unique_ptr<Shop> shop_;
  org::Agent bella_;
  Shop::Item mask_, soap_;
  PersonId xiao_;
};
ON_BOTH_ENGINES(AfterSales);

TEST_P(AfterSales, AtItsLastInstantAStepIsTheClocksWhetherTheJobRanOrNot) {
  const Order o = delivered(2);
  const auto a = asked(o.id, {0, Kind::return_and_refund, 1, 9900, "x"});
  EXPECT_EQ(a.due_at, shop().now() + 3 * kDayMs);
  shop().leap(3 * kDayMs - 1);
  EXPECT_EQ(must(close_overdue(db(), shop().system(), 10)), 0);
  shop().leap(1);
  // Nobody has run the job yet: a refusal comes too late all the same.
  EXPECT_EQ(code_of(shop().step(shop().owner(), a.id, Step::reject)), Code::order_state_conflict);
  EXPECT_EQ(shop().after_sale(a.id).state, State::requested) << "a refused step changes nothing";
  EXPECT_EQ(must(shop().step(shop().as(xiao_), a.id, Step::send_back, {"", "zto", "Z1", {}})).state, State::returned);
  EXPECT_EQ(shop().after_sale(a.id).back_carrier, "ZTO");
  shop().leap(10 * kDayMs);
  EXPECT_EQ(must(close_overdue(db(), shop().system(), 10)), 1);
  EXPECT_EQ(must(close_overdue(db(), shop().system(), 10)), 0);
  shop().jobs();
  EXPECT_EQ(shop().after_sale(a.id).state, State::refunded);
  EXPECT_EQ(shop().after_sale(a.id).restocked_qty, 0) << "nobody has seen the goods";
  EXPECT_EQ(shop().stock_left(mask_.sku), 8);
  std::string story;
  for (const auto& s :
       must(db().read([&](db::Tx& tx) -> Result<std::vector<store::CaseStep>> { return store::steps_of(tx, a.id); })))
    story += s.step + (s.by ? " " : "! ");
  EXPECT_EQ(story, "request time_up! send_back time_up! money_back! ") << "! by nobody in person";
}

TEST_P(AfterSales, OneCaseThatCantGoOnHoldsNoOtherUp) {
  std::vector<AfterSale> cases;
  for (int i = 0; i < 5; ++i) cases.push_back(asked(delivered(1).id, {0, Kind::refund_only, 0, 100, "x"}));
  shop().leap(3 * kDayMs);
  // The refunds of the first three can't be written.
  class FailThree final : public db::FaultPlan {
   public:
    bool fail_statement(const db::Sql& sql) override {
      return std::string_view(sql.name) == "refund.insert" && --left_ >= 0;
    }
    bool fail_commit() override { return false; }

   private:
    std::atomic<int> left_ = 3;
  } plan;
  db().set_faults(&plan);
  EXPECT_EQ(must(close_overdue(db(), shop().system(), 2)), 2);
  db().set_faults(nullptr);
  EXPECT_EQ(must(close_overdue(db(), shop().system(), 2)), 3);
  shop().jobs();
  for (const auto& a : cases) EXPECT_EQ(shop().after_sale(a.id).state, State::refunded);
}

TEST_P(AfterSales, AReplacementLeavesFromStockOrNotAtAll) {
  const Order o = delivered(4);
  const auto a = asked(o.id, {0, Kind::exchange, 4, 0, "another"});
  EXPECT_EQ(a.amount_fen, 4 * 9900) << "what is paid back if there is none";
  taken(a.id, Step::approve);
  EXPECT_EQ(code_of(shop().step(shop().owner(), a.id, Step::send_replacement, {"", "SF", "N1", {}})),
            Code::order_state_conflict)
      << "the goods are not back yet";
  taken(a.id, Step::goods_back, {"", "", "", 1});
  EXPECT_EQ(shop().stock_left(mask_.sku), 7);
  shop().bought(xiao_, bella_.store, {{mask_.sku, 4, {}}});
  EXPECT_EQ(code_of(shop().step(shop().owner(), a.id, Step::send_replacement, {"", "SF", "N1", {}})), Code::sold_out);
  EXPECT_EQ(shop().after_sale(a.id).state, State::replacing);
  EXPECT_EQ(shop().stock_left(mask_.sku), 3);
  EXPECT_EQ(shop().problems(), "");
  must(db().write([&](db::Tx& tx) { return catalog::restock(tx, shop().system(), mask_.sku, 1); }));
  const Call host = shop().as(bella_.person);
  EXPECT_EQ(must(shop().step(host, a.id, Step::send_replacement, {"", "SF", "N1", {}})).state, State::replaced)
      << "who ships the store's orders ships this";
  EXPECT_EQ(must(shop().step(host, a.id, Step::send_replacement, {"", "SF", "N1", {}})).state, State::replaced);
  EXPECT_EQ(shop().stock_left(mask_.sku), 0);
  const Order now = shop().order(o.id);
  ASSERT_EQ(now.parcels.size(), 2u);
  EXPECT_EQ(now.parcels[1].after_sale, a.id);
  EXPECT_EQ(now.lines[0].shipped_qty, 4) << "a replacement is not of the order's own units";
  shop().pass(10 * kDayMs);
  EXPECT_EQ(shop().after_sale(a.id).state, State::exchanged) << "received by itself";
  EXPECT_EQ(shop().balance(bella_.id, Account::available), 3960);
  EXPECT_EQ(shop().report().refunded_fen, 0);
}

TEST_P(AfterSales, AnExchangeIsForAnotherSkuOfTheProductOnly) {
  const Order o = delivered(1);
  AfterSaleWish wish{0, Kind::exchange, 1, 0, "x"};
  wish.sku = soap_.sku;
  const auto refused = shop().ask_back(shop().as(xiao_), o.id, wish);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().where, "/sku_id");
  wish.sku = mask_.sku;
  EXPECT_TRUE(shop().ask_back(shop().as(xiao_), o.id, wish));
}

TEST_P(AfterSales, EachIsForThoseItConcerns) {
  const Order o = delivered(2);
  const auto a = asked(o.id, {0, Kind::refund_only, 0, 100, "x"});
  const Call stranger = shop().as(shop().person("Stranger")), host = shop().as(bella_.person), buyer = shop().as(xiao_);
  const Call finance = shop().as(shop().staff("fei", kFinance));
  for (const Step step : {Step::approve, Step::reject, Step::goods_back, Step::refund_instead, Step::uphold})
    for (const Call& call : {stranger, host, buyer, finance})
      EXPECT_EQ(code_of(shop().step(call, a.id, step)), Code::forbidden) << step_name(step);
  for (const Step step : {Step::withdraw, Step::send_back, Step::dispute, Step::receive_replacement})
    for (const Call& call : {stranger, host, finance})
      EXPECT_EQ(code_of(shop().step(call, a.id, step)), Code::forbidden) << step_name(step);
  for (const Step step : {Step::money_back, Step::time_up})
    for (const Call& call : {stranger, buyer, shop().owner()})
      EXPECT_EQ(code_of(shop().step(call, a.id, step)), Code::forbidden) << "by itself, or not at all";
  const auto sees = [&](const Call& call) {
    return db().read([&](db::Tx& tx) { return after_sale_detail(tx, call, a.id); });
  };
  EXPECT_TRUE(sees(buyer));
  EXPECT_TRUE(sees(finance));
  EXPECT_EQ(code_of(sees(stranger)), Code::not_found);
  EXPECT_EQ(code_of(sees(host)), Code::not_found);
}

TEST_P(AfterSales, AClaimThatLivesAgainMustStillFit) {
  const Order o = delivered(1);
  const auto first = asked(o.id, {0, Kind::refund_only, 0, 6000, "x"});
  taken(first.id, Step::reject);
  const auto second = asked(o.id, {0, Kind::refund_only, 0, 5000, "y"});
  EXPECT_EQ(code_of(shop().step(shop().as(xiao_), first.id, Step::dispute)), Code::refund_exceeds);
  taken(second.id, Step::withdraw);
  EXPECT_EQ(must(shop().step(shop().as(xiao_), first.id, Step::dispute)).state, State::disputed);
  taken(first.id, Step::dismiss);
}

TEST_P(AfterSales, EvidenceIsSmallFewAndForBothSides) {
  const Order o = delivered(1);
  const auto a = asked(o.id, {0, Kind::refund_only, 0, 100, "x"});
  const Call buyer = shop().as(xiao_), owner = shop().owner(), stranger = shop().as(shop().person("S"));
  const auto words = [&](const Call& by, const std::string& text) {
    return db().write([&](db::Tx& tx) -> Status { return add_words(tx, by, a.id, text); });
  };
  const auto photo = [&](const Call& by, const std::string& bytes) {
    return db().write([&](db::Tx& tx) { return add_picture(tx, by, a.id, bytes); });
  };
  const std::string png = std::string("\x89PNG\r\n\x1a\n\0\1\2", 11) + std::string(1000, '\xfe');
  EXPECT_TRUE(words(buyer, "盖子碎了"));
  EXPECT_TRUE(words(owner, "请再拍一张"));
  EXPECT_EQ(code_of(words(stranger, "me too")), Code::forbidden);
  EXPECT_EQ(code_of(words(buyer, std::string(1001, 'a'))), Code::invalid_field);
  const auto digest = must(photo(buyer, png));
  EXPECT_EQ(digest, to_hex(sha256(png)));
  EXPECT_EQ(must(photo(buyer, png)), digest) << "kept once";
  EXPECT_EQ(code_of(photo(buyer, "<svg/>")), Code::unsupported_media_type);
  EXPECT_EQ(code_of(photo(buyer, png + std::string(kMaxPictureBytes, 'x'))), Code::body_too_large);
  const auto seen = must(db().read([&](db::Tx& tx) { return picture(tx, owner, a.id, digest); }));
  EXPECT_EQ(seen.bytes, png);
  EXPECT_EQ(seen.media_type, "image/png");
  for (const std::string& wrong : {std::string(64, '0'), std::string("xyz"), digest.substr(1), digest + "00"})
    EXPECT_EQ(code_of(db().read([&](db::Tx& tx) { return picture(tx, owner, a.id, wrong); })), Code::not_found);
  EXPECT_EQ(code_of(db().read([&](db::Tx& tx) { return picture(tx, stranger, a.id, digest); })), Code::not_found);
  for (int i = 3; i < kMaxEvidence; ++i) EXPECT_TRUE(words(buyer, "more"));
  EXPECT_EQ(code_of(words(buyer, "one too many")), Code::order_state_conflict);
  const auto detail = must(db().read([&](db::Tx& tx) { return after_sale_detail(tx, owner, a.id); }));
  const auto value = must(parse_json(detail));
  EXPECT_EQ(get_list(value, "evidence").size(), static_cast<std::size_t>(kMaxEvidence));
  EXPECT_EQ(get_list(value, "may").size(), 3u) << detail;
  taken(a.id, Step::withdraw);
  EXPECT_EQ(code_of(words(buyer, "after the end")), Code::order_state_conflict);
}

TEST_P(AfterSales, AParcelIsRecordedOnceAndOnlyWithWhatIsLeft) {
  const Order o = shop().bought(xiao_, bella_.store, {{mask_.sku, 3, {}}, {soap_.sku, 2, {}}});
  const auto ship = [&](const ParcelWish& wish) { return shop().ship(o.id, wish); };
  EXPECT_EQ(code_of(ship({"the cousin's van", "1", {}})), Code::invalid_field);
  EXPECT_EQ(code_of(ship({"SF", "1 or 2", {}})), Code::invalid_field);
  EXPECT_EQ(code_of(ship({"SF", "P1", {{2, 1}}})), Code::invalid_field) << "there is no third line";
  EXPECT_EQ(code_of(ship({"SF", "P1", {{0, 4}}})), Code::invalid_field);
  EXPECT_EQ(code_of(ship({"SF", "P1", {{0, 1}, {0, 1}}})), Code::invalid_field) << "a line twice";
  const Order first = must(ship({"顺丰", "P1", {{0, 2}, {1, 1}}}));
  EXPECT_EQ(first.state, OrderState::paid);
  EXPECT_EQ(first.carrier, "SF");
  EXPECT_EQ(must(ship({"SF", "P1", {{1, 1}, {0, 2}}})).lines[0].shipped_qty, 2) << "said again";
  EXPECT_EQ(must(ship({"SF", "P1", {}})).lines[0].shipped_qty, 2) << "said again, in short";
  EXPECT_EQ(code_of(ship({"SF", "P1", {{0, 1}}})), Code::order_state_conflict) << "one number, two contents";
  const Order last = must(ship({"中通快递", "P2", {}}));
  EXPECT_EQ(last.state, OrderState::shipped);
  EXPECT_EQ(last.shipped_at, shop().now());
  ASSERT_EQ(shop().order(o.id).parcels.size(), 2u);
  EXPECT_EQ(shop().order(o.id).parcels[1].lines.size(), 2u);
  EXPECT_EQ(code_of(ship({"SF", "P3", {}})), Code::order_state_conflict);
}

TEST_P(AfterSales, WhatCostsNothingIsGivenUpWithoutTheRail) {
  const Shop::Item gift = shop().item("gift", 0, 3);
  const Order o = must(shop().place(xiao_, bella_.store, {{gift.sku, 2, {}}}));
  const auto a = asked(o.id, {0, Kind::refund_only, 2, 0, "no room"});
  taken(a.id, Step::approve);
  EXPECT_EQ(shop().after_sale(a.id).state, State::refunded);
  EXPECT_EQ(shop().order(o.id).state, OrderState::cancelled);
  EXPECT_EQ(shop().stock_left(gift.sku), 3);
}

// ---- the rail gives up

class GivingUpRail final : public pay::PayRail {
 public:
  explicit GivingUpRail(pay::PayRail& rail) : rail_(rail) {}
  std::map<std::string, pay::RefundState> says;  // by number
  std::vector<std::string> numbers;              // asked for
  std::string refuses;                           // every refund, with this code

  Result<pay::Prepaid> prepay(const pay::PrepayWish& w, Instant n, Random& r) override { return rail_.prepay(w, n, r); }
  Result<pay::Trade> query(const std::string& no, Instant n, Random& r) override { return rail_.query(no, n, r); }
  Status close(const std::string& no, Instant n, Random& r) override { return rail_.close(no, n, r); }
  Result<pay::Refunded> refund(const pay::RefundWish& wish, Instant now, Random& random) override {
    numbers.push_back(wish.out_refund_no);
    if (!refuses.empty()) return fail(Code::payment_refused, refuses + ": no");
    if (const auto it = says.find(wish.out_refund_no); it != says.end())
      return pay::Refunded{"50300", it->second, wish.refund_fen, 0};
    return rail_.refund(wish, now, random);
  }
  Result<pay::Refunded> query_refund(const std::string& no, Instant n, Random& r) override {
    if (const auto it = says.find(no); it != says.end()) return pay::Refunded{"50300", it->second, amount, 0};
    return rail_.query_refund(no, n, r);
  }
  Result<pay::Transferred> transfer(const pay::TransferWish& w, Instant n, Random& r) override {
    return rail_.transfer(w, n, r);
  }
  Result<pay::Transferred> query_transfer(const std::string& no, Instant n, Random& r) override {
    return rail_.query_transfer(no, n, r);
  }
  Result<pay::Notice> read_notice(const pay::Headers& h, std::string_view b, Instant n) override {
    return rail_.read_notice(h, b, n);
  }
  Fen amount = 9900;

 private:
  pay::PayRail& rail_;
};

TEST_P(AfterSales, WhatTheRailHasClosedIsTriedUnderANewNumberOnlyByStaff) {
  GivingUpRail rail(shop().rail());
  const Order o = delivered(1);
  const auto a = asked(o.id, {0, Kind::refund_only, 0, 9900, "x"});
  taken(a.id, Step::approve);
  const Refund r = shop().refunds(o.id).at(0);
  rail.says[r.id.text()] = pay::RefundState::closed;
  must(send_refunds(db(), shop().system(), rail, 10));
  EXPECT_EQ(shop().refunds(o.id).at(0).state, "failed");
  shop().leap(kDayMs);
  must(send_refunds(db(), shop().system(), rail, 10));
  EXPECT_EQ(rail.numbers.size(), 1u) << "not for ever with the same number";
  EXPECT_EQ(shop().after_sale(a.id).state, State::refunding) << "still open: its commission stays frozen";
  const Call owner = shop().owner();
  const auto waiting = must(db().read([&](db::Tx& tx) { return failed_refunds(tx, owner, shop().brand(), 0, 10); }));
  ASSERT_EQ(waiting.size(), 1u);
  EXPECT_NE(refund_json(waiting[0]).find("closed"), std::string::npos);

  const Call stranger = shop().as(shop().person("S"));
  EXPECT_EQ(code_of(retry_refund(db(), stranger, rail, r.id)), Code::forbidden);
  rail.says[r.id.text()] = pay::RefundState::abnormal;
  EXPECT_EQ(code_of(retry_refund(db(), shop().owner(), rail, r.id)), Code::order_state_conflict)
      << "the money is still at the rail: under another number it would go out twice";
  rail.says[r.id.text()] = pay::RefundState::closed;
  EXPECT_EQ(must(retry_refund(db(), shop().owner(), rail, r.id)).state, "due");
  EXPECT_EQ(code_of(retry_refund(db(), shop().owner(), rail, r.id)), Code::order_state_conflict);
  must(send_refunds(db(), shop().system(), rail, 10));
  ASSERT_EQ(rail.numbers.size(), 2u);
  EXPECT_EQ(rail.numbers[1], r.id.text() + "_2");
  EXPECT_EQ(shop().refunds(o.id).at(0).state, "done");
  shop().deliver();  // the notice names the second number
  EXPECT_EQ(shop().order(o.id).refunded_fen, 9900);
  EXPECT_EQ(shop().balance(bella_.id, Account::pending), 0);
  // The first number after all: told, booked once.
  must(db().write([&](db::Tx& tx) -> Status { return apply_refund(tx, shop().system(), r.id.text(), "50301", 9900); }));
  EXPECT_EQ(shop().order(o.id).refunded_fen, 9900);
  EXPECT_NE(shop().refunds(o.id).at(0).last_error.find("twice"), std::string::npos);
}

TEST_P(AfterSales, WhatSucceededAfterAllIsBookedInsteadOfTriedAgain) {
  GivingUpRail rail(shop().rail());
  const Order o = delivered(1);
  taken(asked(o.id, {0, Kind::refund_only, 0, 9900, "x"}).id, Step::approve);
  const Refund r = shop().refunds(o.id).at(0);
  rail.says[r.id.text()] = pay::RefundState::abnormal;
  must(send_refunds(db(), shop().system(), rail, 10));
  rail.says[r.id.text()] = pay::RefundState::success;
  EXPECT_EQ(must(retry_refund(db(), shop().owner(), rail, r.id)).state, "done");
  EXPECT_EQ(shop().order(o.id).refunded_fen, 9900);
  EXPECT_EQ(rail.numbers.size(), 1u);
}

TEST_P(AfterSales, WhatWasPaidOtherwiseIsBookedOnce) {
  GivingUpRail rail(shop().rail());
  const Order o = delivered(2);
  const auto a = asked(o.id, {0, Kind::return_and_refund, 2, 19800, "x"});
  taken(a.id, Step::approve);
  taken(a.id, Step::goods_back);
  const Refund r = shop().refunds(o.id).at(0);
  const Call owner = shop().owner(), operates = shop().as(shop().staff("wei", kOperator));
  const auto paid_by_hand = [&](const Call& by, const char* reference) {
    return db().write([&](db::Tx& tx) { return refund_paid_otherwise(tx, by, r.id, reference); });
  };
  EXPECT_EQ(code_of(paid_by_hand(owner, "bank 1")), Code::order_state_conflict) << "the rail is at it";
  must(db().write([&](db::Tx& tx) -> Status {
    return apply_refund_failure(tx, shop().system(), r.id.text(), pay::RefundState::abnormal);
  }));
  EXPECT_EQ(code_of(paid_by_hand(operates, "bank 1")), Code::forbidden) << "that is finance's to say";
  EXPECT_EQ(must(paid_by_hand(owner, "bank 1")).state, "done");
  EXPECT_EQ(must(paid_by_hand(owner, "bank 1")).state, "done") << "said again";
  EXPECT_EQ(code_of(paid_by_hand(owner, "bank 2")), Code::order_state_conflict);
  EXPECT_EQ(shop().after_sale(a.id).state, State::refunded);
  EXPECT_EQ(shop().order(o.id).refunded_fen, 19800);
  EXPECT_EQ(shop().balance(bella_.id, Account::pending), 0);
  EXPECT_EQ(shop().stock_left(mask_.sku), 10);
}

TEST_P(AfterSales, ARefusalThatDoesNotEndIsStaffsToLookAt) {
  GivingUpRail rail(shop().rail());
  const Order o = delivered(1);
  taken(asked(o.id, {0, Kind::refund_only, 0, 9900, "x"}).id, Step::approve);
  rail.refuses = "NOT_ENOUGH";
  for (int i = 0; i < 30; ++i) {
    must(send_refunds(db(), shop().system(), rail, 10));
    shop().leap(2 * kHourMs);
  }
  EXPECT_EQ(shop().refunds(o.id).at(0).state, "due") << "the merchant's account is filled up some day";
  rail.refuses = "RULE_LIMIT";
  must(send_refunds(db(), shop().system(), rail, 10));
  EXPECT_EQ(shop().refunds(o.id).at(0).state, "failed");
  rail.refuses.clear();
  EXPECT_EQ(must(retry_refund(db(), shop().owner(), rail, shop().refunds(o.id).at(0).id)).attempt, 2);
  must(send_refunds(db(), shop().system(), rail, 10));
  EXPECT_EQ(shop().order(o.id).refunded_fen, 9900);
}

// ---- any mixture

// The tiny model of one line: what of its SKU is for sale, and what of its money went back, by what people did.
struct Ledger {
  struct Line {
    std::int64_t shelf = 0;
    Fen paid = 0, back = 0;
  };
  std::vector<Line> lines;
};

class AnyMixture : public ::testing::TestWithParam<test::Engine> {};
ON_BOTH_ENGINES(AnyMixture);

TEST_P(AnyMixture, LeavesBooksStockAndEntriesRightAndAFullRefundLeavesNothing) {
  const bool full = std::getenv("LIANBO_FULL") != nullptr;
  const int histories = GetParam() == test::Engine::sqlite ? (full ? 400 : 40) : (full ? 60 : 5);
  for (int history = 0; history < histories; ++history) {
    const int seed = full ? std::rand() : history + 1;
    SCOPED_TRACE("seed " + std::to_string(seed));
    const test::ScratchDatabase scratch(GetParam());
    const auto database = scratch.open();
    Shop shop(*database);
    shop.plan(1000, 700, 300);
    const auto boss = shop.agent("Boss"), anna = shop.agent("Anna", boss.id), bella = shop.agent("Bella");
    const Shop::Item goods[] = {shop.item("mask", 9901, 12), shop.item("soap", 333, 12)};
    const PersonId xiao = shop.person("Xiao");
    shop.open(shop.as(xiao), shop.share_of(anna.person, anna.store));
    std::mt19937 rng(static_cast<unsigned>(seed));
    const auto upto = [&](unsigned n) { return static_cast<std::int64_t>(rng() % n); };

    Ledger model;
    const std::int64_t bought[] = {1 + upto(4), 1 + upto(4)};
    const OrderId id =
        shop.bought(xiao, bella.store, {{goods[0].sku, bought[0], {}}, {goods[1].sku, bought[1], {}}}).id;
    for (int i = 0; i < 2; ++i)
      model.lines.push_back({12 - bought[i], shop.order(id).lines.at(static_cast<std::size_t>(i)).paid_fen, 0});

    std::map<std::int64_t, std::int64_t> restocked;  // case → units counted
    std::map<std::int64_t, bool> counted;            // refunds in the model
    const auto catch_up = [&] {
      shop.jobs();
      const auto cases = must(
          database->read([&](db::Tx& tx) -> Result<std::vector<AfterSale>> { return store::after_sales_of(tx, id); }));
      for (const auto& a : cases) {
        auto& line = model.lines[static_cast<std::size_t>(a.line)];
        line.shelf += a.restocked_qty - restocked[a.id.value];
        restocked[a.id.value] = a.restocked_qty;
        if (a.state == State::refunded && !counted[a.id.value]) {
          counted[a.id.value] = true;
          line.back += a.amount_fen;
        }
      }
      // Units given up come back to the shelf with their money.
      for (const auto& r : shop.refunds(id))
        if (r.state == "done" && r.restock_qty > 0 && !counted[-r.id.value]) {
          counted[-r.id.value] = true;
          model.lines[static_cast<std::size_t>(r.line)].shelf += r.restock_qty;
        }
    };

    for (int i = 0, steps = 12 + static_cast<int>(upto(30)); i < steps; ++i) {
      const Order o = shop.order(id);
      switch (rng() % 8) {
        case 0:
          (void)shop.ship(id, {"SF", "P" + std::to_string(i), {{static_cast<int>(upto(2)), 1 + upto(3)}}});
          break;
        case 1:
          if (rng() % 2) (void)shop.ship(id, {"SF", "P" + std::to_string(i), {}});
          break;
        case 2:
          (void)shop.receive(xiao, id);
          break;
        case 3:
        case 4: {
          AfterSaleWish wish;
          wish.line = static_cast<int>(upto(2));
          wish.kind = static_cast<Kind>(upto(3));
          wish.qty = upto(4);
          wish.amount_fen = wish.kind == Kind::exchange ? 0 : upto(3) == 0 ? o.lines[wish.line].net_fen() : upto(6000);
          wish.reason = "so";
          (void)shop.ask_back(rng() % 2 ? shop.as(xiao) : shop.owner(), id, wish);
          break;
        }
        case 5:
        case 6: {
          const auto cases = must(database->read(
              [&](db::Tx& tx) -> Result<std::vector<AfterSale>> { return store::after_sales_of(tx, id); }));
          if (cases.empty()) break;
          const auto& a = cases[rng() % cases.size()];
          const auto step = static_cast<Step>(1 + upto(static_cast<unsigned>(Step::dismiss)));
          StepDetail detail{"so", "SF", "X" + std::to_string(i), {}};
          if (rng() % 2) detail.restock_qty = upto(3);
          const auto taken = shop.step(shop.owner(), a.id, step, detail);
          if (taken && a.state != State::replaced && taken->state == State::replaced)
            model.lines[static_cast<std::size_t>(a.line)].shelf -= a.qty;  // a replacement left
          break;
        }
        case 7:
          shop.pass(upto(4) * kDayMs + upto(1000));
          break;
      }
      catch_up();
    }

    // Everything in the end goes back: what is open by the clock, the rest by the shop.
    shop.pass(60 * kDayMs);
    catch_up();
    for (int i = 0; i < 2; ++i) {
      const OrderLine line = shop.order(id).lines[static_cast<std::size_t>(i)];
      EXPECT_EQ(shop.stock_left(goods[i].sku), model.lines[static_cast<std::size_t>(i)].shelf) << "line " << i;
      EXPECT_EQ(line.refunded_fen, model.lines[static_cast<std::size_t>(i)].back) << "line " << i;
      EXPECT_EQ(line.paid_fen, model.lines[static_cast<std::size_t>(i)].paid);
    }
    ASSERT_EQ(shop.problems(), "");
    if (rng() % 2) {  // some of it is paid out before the end
      must(shop.settle());
      shop.pass(1);
    }
    for (int i = 0; i < 2; ++i)
      if (const Fen left = shop.order(id).lines[static_cast<std::size_t>(i)].net_fen(); left > 0)
        shop.refund(id, i, left);
    shop.pass(60 * kDayMs);
    must(shop.settle());
    EXPECT_EQ(shop.order(id).refunded_fen, shop.order(id).total_fen);
    std::map<AgentId, Fen> sums;
    for (const auto& e : shop.entries(id)) sums[e.agent] += e.amount_fen;
    for (const auto& [agent, sum] : sums) EXPECT_EQ(sum, 0) << "a full refund leaves exactly nothing";
    for (const auto& agent : {boss.id, anna.id, bella.id}) {
      Fen all = 0;
      for (const Account account :
           {Account::pending, Account::available, Account::settled, Account::paid, Account::debt})
        all += shop.balance(agent, account);
      EXPECT_EQ(all, 0) << "what was settled before is owed back to the fen";
    }
    ASSERT_EQ(shop.problems(), "");
    if (HasFailure()) return;
  }
}

}  // namespace
}  // namespace lianbo::order
