// Payouts through the payment rail: parts, the agent's confirmation, lost answers, and what arrives only in part.
#include "order/transfer.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <set>

#include "base/csv.hpp"
#include "order/payout.hpp"
#include "order/settlement.hpp"
#include "org/storefront.hpp"
#include "support/database.hpp"
#include "support/shop.hpp"

namespace lianbo::order {
namespace {

using ledger::Account;
using test::must;
using test::Shop;

template <class T>
Code code_of(const Result<T>& result) {
  EXPECT_FALSE(result) << "was accepted";
  return result ? Code::internal : result.error().code;
}

// The sandbox's rail on a bad line: a request may be lost before it arrives, or its answer on the way back.
class BadLine final : public pay::PayRail {
 public:
  explicit BadLine(pay::PayRail& rail) : rail_(rail) {}
  enum class Fate { arrives, request_lost, answer_lost, refused, short_of_money };
  std::function<Fate(const std::string& number)> fate = [](const std::string&) { return Fate::arrives; };
  std::multiset<std::string> asked;  // numbers of transfers that reached the rail

  Result<pay::Prepaid> prepay(const pay::PrepayWish& w, Instant n, Random& r) override { return rail_.prepay(w, n, r); }
  Result<pay::Trade> query(const std::string& no, Instant n, Random& r) override { return rail_.query(no, n, r); }
  Status close(const std::string& no, Instant n, Random& r) override { return rail_.close(no, n, r); }
  Result<pay::Refunded> refund(const pay::RefundWish& w, Instant n, Random& r) override {
    return rail_.refund(w, n, r);
  }
  Result<pay::Refunded> query_refund(const std::string& no, Instant n, Random& r) override {
    return rail_.query_refund(no, n, r);
  }
  Result<pay::Transferred> transfer(const pay::TransferWish& w, Instant n, Random& r) override {
    const Fate what = fate(w.out_bill_no);
    if (what == Fate::refused) return fail(Code::payment_refused, "PARAM_ERROR: openid is not one of this appid");
    if (what == Fate::short_of_money) return fail(Code::payment_refused, "NOT_ENOUGH: top up");
    if (what == Fate::request_lost) return fail(Code::payment_unreachable, "no answer");
    asked.insert(w.out_bill_no);
    auto answer = rail_.transfer(w, n, r);
    if (what == Fate::answer_lost) return fail(Code::payment_unreachable, "no answer");
    return answer;
  }
  Result<pay::Transferred> query_transfer(const std::string& no, Instant n, Random& r) override {
    return rail_.query_transfer(no, n, r);
  }
  Result<pay::Notice> read_notice(const pay::Headers& h, std::string_view b, Instant n) override {
    return rail_.read_notice(h, b, n);
  }

 private:
  pay::PayRail& rail_;
};

class Transfers : public test::StoreTest {
 protected:
  void SetUp() override {
    shop_ = std::make_unique<Shop>(db());
    shop().plan(1000, 0, 0);
    line_ = std::make_unique<BadLine>(shop().rail());
    bella_ = shop().agent("Bella");
    anna_ = shop().agent("Anna");
    mask_ = shop().item("mask", 9900, 50);
    xiao_ = shop().person("Xiao");
    shop().settings().payout_part_fen = 400;
  }
  void TearDown() override {
    EXPECT_EQ(shop().problems(), "");
    line_.reset();
    shop_.reset();
  }
  Shop& shop() { return *shop_; }
  void note(const org::Agent& agent, org::PayoutMethod method, const std::string& account) {
    const Call own = shop().as(agent.person);
    must(db().write([&](db::Tx& tx) -> Status {
      return org::set_payout_note(tx, own, agent.id, {method, "Holder " + account, account});
    }));
  }
  // Bella has 990 fen settled, and a batch of it.
  PayoutBatchId batch() {
    shop().delivered(xiao_, bella_.store, {{mask_.sku, 1, {}}});
    shop().pass(7 * kDayMs);
    must(shop().settle());
    return make();
  }
  PayoutBatchId make() {
    const Call owner = shop().owner();
    return must(db().write([&](db::Tx& tx) { return make_batch(tx, owner, shop().brand()); })).batch.id;
  }
  Result<SentBatch> send(PayoutBatchId id) {
    const Call owner = shop().owner();
    return db().write([&](db::Tx& tx) { return send_batch(tx, owner, id); });
  }
  int work() { return must(send_transfers(db(), shop().system(), *line_, 1000)); }
  store::Payout payout(PayoutBatchId id) {
    return must(db().read([&](db::Tx& tx) -> Result<store::Payout> { return store::payouts_of(tx, id).at(0); }));
  }
  std::vector<store::Transfer> transfers(PayoutBatchId id) {
    const auto p = payout(id).id;
    return must(
        db().read([&](db::Tx& tx) -> Result<std::vector<store::Transfer>> { return store::transfers_of(tx, p); }));
  }
  std::string states(PayoutBatchId id) {
    std::string out;
    for (const auto& t : transfers(id)) out += (out.empty() ? "" : " ") + std::to_string(t.amount_fen) + ":" + t.state;
    return out;
  }
  // The agent confirms in their client; the notice comes as the rail sends it.
  void confirm(const std::string& number, const std::string& openid = "o-bella") {
    must(shop().sandbox().confirm_transfer(number, openid, shop().now()));
    deliver();
  }
  int deliver() {
    return must(shop().sandbox().deliver_due(
                    shop().now(),
                    [&](const pay::sandbox::OutgoingNotice& n) {
                      const auto notice = shop().rail().read_notice(n.headers, n.body, shop().now());
                      if (!notice) return 401;
                      const auto* told = std::get_if<pay::TransferNotice>(&*notice);
                      if (!told) return 204;
                      const Call call = shop().system();
                      return db().write([&](db::Tx& tx) { return apply_transfer(tx, call, told->transfer); }) ? 204
                                                                                                              : 500;
                    }))
        .notices;
  }
  Csv file(PayoutBatchId id) {
    const Call owner = shop().owner();
    return must(read_csv(must(db().write([&](db::Tx& tx) { return payout_file(tx, owner, id); }))));
  }
  Result<PayoutResults> tell(PayoutBatchId id, const std::string& row) {
    const Call owner = shop().owner();
    const std::string csv = "payout_no,result,reference,reason\n" + payout(id).id.text() + row;
    return db().write([&](db::Tx& tx) { return take_results(tx, owner, id, csv); });
  }

  std::unique_ptr<Shop> shop_;
  std::unique_ptr<BadLine> line_;
  org::Agent bella_, anna_;
  Shop::Item mask_;
  PersonId xiao_;
};
ON_BOTH_ENGINES(Transfers);

TEST_P(Transfers, APayoutGoesInPartsAndItsSettlementIsPaidWhenTheLastIsConfirmed) {
  note(bella_, org::PayoutMethod::wechat, "o-bella");
  const auto id = batch();
  const auto sent = must(send(id));
  EXPECT_EQ(sent.transfers, 3) << "990 fen, at most 400 at a time";
  EXPECT_EQ(sent.amount_fen, 990);
  EXPECT_EQ(states(id), "400:due 400:due 190:due");
  EXPECT_EQ(file(id).rows.size(), 0u) << "what is on its way through the rail is not in the file, too";
  EXPECT_EQ(code_of(send(id)), Code::settlement_conflict) << "all of it is on its way";
  EXPECT_EQ(code_of(tell(id, ",success,R1,\n")), Code::csv_invalid);

  EXPECT_EQ(work(), 3);
  EXPECT_EQ(states(id), "400:waiting 400:waiting 190:waiting");
  const auto parts = transfers(id);
  EXPECT_NE(parts[0].confirm_params.find("package"), std::string::npos) << "what the agent's client needs";
  EXPECT_EQ(code_of(shop().sandbox().confirm_transfer(parts[0].number, "o-mallory", shop().now())), Code::forbidden);
  confirm(parts[0].number);
  confirm(parts[1].number);
  EXPECT_EQ(shop().balance(bella_.id, Account::paid), 0) << "a part is not a payout";
  confirm(parts[2].number);
  EXPECT_EQ(states(id), "400:done 400:done 190:done");
  EXPECT_EQ(payout(id).state, "done");
  EXPECT_EQ(shop().balance(bella_.id, Account::paid), 990);
  EXPECT_EQ(shop().balance(bella_.id, Account::settled), 0);
  const auto settlement = shop().settlements(bella_.id).at(0);
  EXPECT_EQ(settlement.state, "paid");
  EXPECT_EQ(settlement.payout_reference, transfers(id)[0].bill_no);
  EXPECT_EQ(transfers(id)[0].account, "") << "where it went is not kept beyond its end";
  EXPECT_EQ(deliver(), 0);
  EXPECT_EQ(code_of(send(id)), Code::settlement_conflict) << "it is paid";
}

TEST_P(Transfers, WhatNobodyConfirmsInADayGoesBackAndWaitsForTheNextBatch) {
  note(bella_, org::PayoutMethod::wechat, "o-bella");
  const auto id = batch();
  must(send(id));
  work();
  shop().leap(kDayMs - 1);
  work();
  EXPECT_EQ(payout(id).state, "sent") << "one instant before its day is over";
  shop().leap(1);
  deliver();
  EXPECT_EQ(states(id), "400:failed 400:failed 190:failed");
  EXPECT_EQ(payout(id).state, "failed");
  EXPECT_EQ(payout(id).reason, "OVERDUE_CLOSE");
  EXPECT_EQ(shop().balance(bella_.id, Account::settled), 990);
  EXPECT_EQ(code_of(shop().sandbox().confirm_transfer(transfers(id)[0].number, "o-bella", shop().now())),
            Code::order_state_conflict);
  const auto next = make();
  EXPECT_EQ(must(send(next)).transfers, 3);
}

TEST_P(Transfers, OfWhatArrivesInPartOnlyTheRestIsSentAgainOrPaidByFile) {
  note(bella_, org::PayoutMethod::wechat, "o-bella");
  const auto id = batch();
  must(send(id));
  work();
  confirm(transfers(id)[0].number);
  shop().leap(kDayMs);
  deliver();
  EXPECT_EQ(states(id), "400:done 400:failed 190:failed");
  EXPECT_EQ(payout(id).state, "sent") << "400 fen have arrived; it is neither done nor failed";
  const Csv csv = file(id);
  ASSERT_EQ(csv.rows.size(), 1u);
  EXPECT_EQ(Csv::cell(csv.rows[0], csv.column("amount_yuan")), "5.90");
  EXPECT_EQ(code_of(tell(id, ",failed,,no\n")), Code::csv_invalid) << "a part of it has arrived";

  EXPECT_EQ(must(send(id)).amount_fen, 590);
  work();
  EXPECT_EQ(states(id), "400:done 400:failed 190:failed 400:waiting 190:waiting");
  confirm(transfers(id)[3].number);
  shop().leap(kDayMs);
  deliver();
  EXPECT_EQ(Csv::cell(file(id).rows.at(0), csv.column("amount_yuan")), "1.90");
  EXPECT_EQ(must(tell(id, ",success,BANK-7,\n")).done, 1);
  EXPECT_EQ(payout(id).state, "done");
  EXPECT_EQ(shop().balance(bella_.id, Account::paid), 990);
}

TEST_P(Transfers, ALostAnswerIsAskedAfterAndNothingIsSentTwice) {
  note(bella_, org::PayoutMethod::wechat, "o-bella");
  const auto id = batch();
  must(send(id));
  int tries = 0;
  line_->fate = [&](const std::string&) {
    switch (tries++ % 3) {
      case 0:
        return BadLine::Fate::request_lost;
      case 1:
        return BadLine::Fate::answer_lost;
      default:
        return BadLine::Fate::arrives;
    }
  };
  for (int i = 0; i < 30 && states(id) != "400:waiting 400:waiting 190:waiting"; ++i) {
    work();
    shop().leap(kMinuteMs);
  }
  EXPECT_EQ(states(id), "400:waiting 400:waiting 190:waiting");
  for (const auto& t : transfers(id)) {
    EXPECT_EQ(line_->asked.count(t.number), 1u) << "what had arrived is asked after, not made again";
    confirm(t.number);
  }
  EXPECT_EQ(shop().balance(bella_.id, Account::paid), 990);
}

TEST_P(Transfers, ARefusalEndsAPartAndAnEmptyPurseOnlyDelaysIt) {
  note(bella_, org::PayoutMethod::wechat, "not-an-openid");
  const auto id = batch();
  must(send(id));
  line_->fate = [](const std::string&) { return BadLine::Fate::short_of_money; };
  work();
  EXPECT_EQ(states(id), "400:due 400:due 190:due");
  line_->fate = [](const std::string&) { return BadLine::Fate::refused; };
  shop().leap(kHourMs);
  work();
  EXPECT_EQ(states(id), "400:failed 400:failed 190:failed");
  EXPECT_EQ(payout(id).state, "failed");
  EXPECT_NE(payout(id).reason.find("PARAM_ERROR"), std::string::npos) << payout(id).reason;
  EXPECT_EQ(shop().balance(bella_.id, Account::settled), 990) << "it waits for the next batch";
}

TEST_P(Transfers, OnlyWhoIsPaidByWeChatGoesThisWay) {
  note(bella_, org::PayoutMethod::bank, "6222000011112222");
  const auto id = batch();
  EXPECT_EQ(code_of(send(id)), Code::settlement_conflict) << "the file is their way";
  shop().delivered(xiao_, anna_.store, {{mask_.sku, 1, {}}});
  shop().pass(7 * kDayMs);
  must(shop().settle());
  note(anna_, org::PayoutMethod::wechat, "o-anna");
  const auto next = make();
  const auto sent = must(send(next));
  EXPECT_EQ(sent.by_file, 0);
  EXPECT_EQ(sent.transfers, 3);
  for (const unsigned role : {kOperator, kAuditor}) {
    const Call call = shop().as(shop().staff(role == kOperator ? "wei" : "qiu", role));
    EXPECT_EQ(code_of(db().write([&](db::Tx& tx) { return send_batch(tx, call, next); })), Code::forbidden);
  }
  const Call stranger = shop().as(xiao_);
  EXPECT_EQ(code_of(db().read([&](db::Tx& tx) { return transfers_json(tx, stranger, anna_.id); })), Code::forbidden);
  work();
  const std::string number = transfers(next)[0].number;
  const auto json_for = [&](const Call& call) {
    return must(db().read([&](db::Tx& tx) { return transfers_json(tx, call, anna_.id); }));
  };
  EXPECT_NE(json_for(shop().as(anna_.person)).find("sandbox-transfer="), std::string::npos);
  EXPECT_EQ(json_for(shop().owner()).find("sandbox-transfer="), std::string::npos)
      << "what confirms a transfer is the agent's alone";
  const Call bella = shop().as(bella_.person);
  EXPECT_EQ(code_of(db().read([&](db::Tx& tx) { return account_of_own(tx, bella, number); })), Code::not_found);
}

TEST_P(Transfers, WhatDoesNotFitChangesNothing) {
  note(bella_, org::PayoutMethod::wechat, "o-bella");
  const auto id = batch();
  must(send(id));
  work();
  const std::string number = transfers(id)[0].number;
  const Call call = shop().system();
  const auto said = [&](const std::string& of, Fen fen, pay::TransferState state) {
    return db().write([&](db::Tx& tx) { return apply_transfer(tx, call, {of, "B1", state, fen, "", ""}); });
  };
  EXPECT_EQ(code_of(said("nobodys", 400, pay::TransferState::success)), Code::payment_mismatch);
  EXPECT_EQ(code_of(said(number, 40000, pay::TransferState::success)), Code::payment_mismatch);
  must(said(number, 400, pay::TransferState::failed));
  must(said(number, 400, pay::TransferState::failed));
  EXPECT_EQ(code_of(said(number, 400, pay::TransferState::success)), Code::payment_mismatch) << "told as failed before";
  EXPECT_EQ(states(id), "400:failed 400:waiting 190:waiting");
}

// Whatever happens on the line and to the confirmations: never more than is owed, and paid exactly when all arrived.
TEST_P(Transfers, WhateverIsLostOrForgottenNobodyIsPaidTwice) {
  note(bella_, org::PayoutMethod::wechat, "o-bella");
  for (unsigned seed = 1; seed <= 6; ++seed) {
    SeededRandom random(seed);
    const Fen before = shop().balance(bella_.id, Account::paid);
    auto id = batch();
    must(send(id));
    line_->fate = [&](const std::string&) { return static_cast<BadLine::Fate>(random.below(5)); };
    bool paid = false;
    for (int step = 0; step < 200 && !paid; ++step) {
      work();
      for (const auto& t : transfers(id))
        if (t.state == "waiting" && random.below(4) == 0) confirm(t.number);
      shop().leap(static_cast<DurationMs>(random.below(6 * kHourMs)));
      deliver();
      const auto p = payout(id);
      Fen arrived = 0;
      bool open = false;
      for (const auto& t : transfers(id)) arrived += t.state == "done" ? t.amount_fen : 0, open |= t.open();
      ASSERT_LE(arrived, 990) << "seed " << seed;
      ASSERT_EQ(p.state == "done", arrived == 990) << "seed " << seed;
      ASSERT_EQ(shop().balance(bella_.id, Account::paid) - before, arrived == 990 ? 990 : 0) << "seed " << seed;
      paid = p.state == "done";
      if (paid || open) continue;
      if (p.state == "failed") id = make();
      must(send(id));
    }
    EXPECT_TRUE(paid) << "seed " << seed;
    line_->fate = [](const std::string&) { return BadLine::Fate::arrives; };
  }
}

}  // namespace
}  // namespace lianbo::order
