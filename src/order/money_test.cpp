// Settlement's second pair of eyes, payouts by file, ages of debts, statements and journal, on both engines.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <numeric>

#include "base/csv.hpp"
#include "base/json.hpp"
#include "order/money_store.hpp"
#include "order/payout.hpp"
#include "order/settlement.hpp"
#include "order/statement.hpp"
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

class Money : public test::StoreTest {
 protected:
  void SetUp() override {
    shop_ = std::make_unique<Shop>(db());
    shop().plan(1000, 800, 200);
    boss_ = shop().agent("Boss");
    anna_ = shop().agent("Anna", boss_.id);
    bella_ = shop().agent("Bella");
    mask_ = shop().item("mask", 9900, 50);
    xiao_ = shop().person("Xiao");
    shop().open(shop().as(xiao_), shop().share_of(anna_.person, anna_.store));
  }
  void TearDown() override {
    EXPECT_EQ(shop().problems(), "");
    shop_.reset();
  }
  Shop& shop() { return *shop_; }
  Order delivered(std::int64_t masks = 1) { return shop().delivered(xiao_, bella_.store, {{mask_.sku, masks, {}}}); }
  Preview preview(Instant cutoff) {
    const Call owner = shop().owner();
    return must(db().read([&](db::Tx& tx) { return preview_settlement(tx, owner, shop().brand(), cutoff, {}, 200); }));
  }
  Result<RunReport> settle_as(const Call& by, Instant cutoff) {
    return run_settlement(db(), by, shop().brand(), cutoff);
  }
  void note(AgentId agent, const std::string& account) {
    const Call owner = shop().as(must(db().read([&](db::Tx& tx) { return org::find_agent(tx, agent); })).person);
    must(db().write([&](db::Tx& tx) -> Status {
      return org::set_payout_note(tx, owner, agent, {org::PayoutMethod::bank, "Holder, \"of\" it", account});
    }));
  }
  Result<NewBatch> batch() {
    const Call owner = shop().owner();
    return db().write([&](db::Tx& tx) { return make_batch(tx, owner, shop().brand()); });
  }
  Csv file(PayoutBatchId id) {
    const Call owner = shop().owner();
    return must(read_csv(must(db().write([&](db::Tx& tx) { return payout_file(tx, owner, id); }))));
  }
  Result<PayoutResults> tell(PayoutBatchId id, const std::string& csv) {
    const Call owner = shop().owner();
    return db().write([&](db::Tx& tx) { return take_results(tx, owner, id, csv); });
  }
  Result<Statement> statement(const Call& by, AgentId agent, std::string_view month) {
    return db().read([&](db::Tx& tx) { return statement_of(tx, by, agent, month); });
  }

  std::unique_ptr<Shop> shop_;
  org::Agent boss_, anna_, bella_;
  Shop::Item mask_;
  PersonId xiao_;
};
ON_BOTH_ENGINES(Money);

TEST_P(Money, APreviewIsWhatTheRunDoesAndWritesNothing) {
  delivered(3);
  const Order second = delivered();
  shop().pass(7 * kDayMs);
  must(shop().settle());
  shop().refund(second.id, 0, 9900);
  shop().pass(1);
  delivered(2);
  shop().pass(7 * kDayMs);
  const Instant cutoff = shop().now();
  const auto before = preview(cutoff);
  EXPECT_EQ(before.sum.agents, 3);
  EXPECT_EQ(preview(cutoff).digest, before.digest);
  EXPECT_EQ(shop().balance(bella_.id, Account::available), 1980 - 990) << "nothing was written";
  const auto run = must(shop().settle(cutoff));
  EXPECT_EQ(run.sum.payable_fen, before.sum.payable_fen);
  EXPECT_EQ(run.sum.new_debt_fen, before.sum.new_debt_fen);
  for (const auto& line : before.lines) {
    const auto s = shop().settlements(line.agent).back();
    EXPECT_EQ(s.entries_fen, line.entries_fen);
    EXPECT_EQ(s.debt_before_fen, line.debt_before_fen);
    EXPECT_EQ(s.payable_fen, line.payable_fen);
  }
  EXPECT_EQ(preview(cutoff).sum.agents, 0);
}

TEST_P(Money, WhereTwoMayPayASecondPersonApprovesExactlyWhatWasProposed) {
  const Order o = delivered();
  shop().pass(7 * kDayMs);
  const Instant cutoff = shop().now();
  const Call owner = shop().owner();
  const Call fei = shop().as(shop().staff("fei", kFinance)), wei = shop().as(shop().staff("wei", kOperator));
  const auto proposed = must(settle_as(fei, cutoff));
  EXPECT_TRUE(proposed.proposed);
  EXPECT_EQ(proposed.sum.payable_fen, 990 + 792 + 198);
  EXPECT_EQ(shop().balance(bella_.id, Account::settled), 0);
  EXPECT_NE(run_json(proposed).find("\"state\":\"proposed\""), std::string::npos);
  EXPECT_TRUE(must(settle_as(fei, cutoff)).proposed) << "said again";
  EXPECT_EQ(code_of(approve_settlement(db(), fei, proposed.run.id)), Code::second_person);
  EXPECT_EQ(code_of(approve_settlement(db(), wei, proposed.run.id)), Code::forbidden);
  EXPECT_EQ(code_of(approve_settlement(db(), owner, SettlementId{7})), Code::not_found);
  shop().pass(1);
  shop().refund(o.id, 0, 1000);
  EXPECT_EQ(must(settle_as(owner, cutoff - 1)).sum.agents, 0) << "an empty proposal of another cut-off";
  const auto done = must(approve_settlement(db(), owner, proposed.run.id));
  EXPECT_EQ(done.sum.payable_fen, 990 + 792 + 198) << "the refund came after the cut-off";
  EXPECT_EQ(done.run.approved_by, owner.caller.person);
  EXPECT_EQ(must(approve_settlement(db(), owner, proposed.run.id)).settled_now, 0) << "said again";
  EXPECT_FALSE(must(settle_as(fei, cutoff)).proposed) << "approved: the same run";
  const auto runs = must(db().read(
      [&](db::Tx& tx) -> Result<std::vector<store::Run>> { return store::runs_of(tx, shop().brand(), 0, 10); }));
  EXPECT_EQ(runs.size(), 2u);
}

TEST_P(Money, WhatChangedSinceItWasProposedIsNotApproved) {
  delivered();
  shop().pass(7 * kDayMs);
  const Call fei = shop().as(shop().staff("fei", kFinance)), owner = shop().owner();
  const auto proposed = must(settle_as(fei, shop().now()));
  must(run_settlement(db(), shop().system(), shop().brand(), shop().now() - 1));  // the server's own command line
  shop().refund(delivered().id, 0, 100);
  ASSERT_TRUE(db().run_script("update entries set amount_fen = amount_fen + 1 where role = 'host' and seq = 0;"));
  EXPECT_EQ(code_of(approve_settlement(db(), owner, proposed.run.id)), Code::settlement_conflict);
  ASSERT_TRUE(db().run_script("update entries set amount_fen = amount_fen - 1 where role = 'host' and seq = 0;"));
  EXPECT_TRUE(approve_settlement(db(), owner, proposed.run.id));
}

TEST_P(Money, TheBrandSaysWhetherASecondPersonIsNeeded) {
  const auto needed = [&] {
    return must(db().read([&](db::Tx& tx) { return needs_second_person(tx, shop().brand()); }));
  };
  const auto say = [&](const Call& by, std::string_view rule) {
    return db().write([&](db::Tx& tx) -> Status { return set_settlement_approval(tx, by, shop().brand(), rule); });
  };
  const Call owner = shop().owner();
  EXPECT_FALSE(needed()) << "auto, and one who pays";
  shop().staff("wei", kOperator);
  EXPECT_FALSE(needed());
  const Call fei = shop().as(shop().staff("fei", kFinance));
  EXPECT_TRUE(needed()) << "auto, and two who pay";
  EXPECT_EQ(code_of(say(fei, "never")), Code::forbidden) << "who is watched does not switch it off";
  EXPECT_TRUE(say(owner, "never"));
  EXPECT_FALSE(needed());
  EXPECT_TRUE(say(owner, "always"));
  EXPECT_TRUE(needed());
  delivered();
  shop().pass(7 * kDayMs);
  EXPECT_TRUE(must(settle_as(shop().owner(), shop().now())).proposed);
  EXPECT_FALSE(must(run_settlement(db(), shop().system(), shop().brand(), shop().now())).proposed);
}

TEST_P(Money, ABatchIsPaidByFileAndToldByFile) {
  delivered();
  shop().pass(7 * kDayMs);
  must(shop().settle());
  EXPECT_EQ(code_of(batch()), Code::settlement_conflict) << "nobody has said where to pay";
  note(bella_.id, "6222000011112222");
  note(anna_.id, "6222000033334444");
  const auto made = must(batch());
  EXPECT_EQ(made.batch.payouts, 2);
  EXPECT_EQ(made.batch.amount_fen, 990 + 792);
  ASSERT_EQ(made.without_note.size(), 1u);
  EXPECT_EQ(made.without_note[0], boss_.id);
  EXPECT_EQ(code_of(batch()), Code::settlement_conflict) << "all of it is on its way";
  const auto settlement = shop().settlements(bella_.id).at(0);
  EXPECT_EQ(code_of(shop().pay_out(settlement.id, "by hand")), Code::settlement_conflict);

  const Csv csv = file(made.batch.id);
  ASSERT_EQ(csv.rows.size(), 2u);
  const int amount = csv.column("amount_yuan"), number = csv.column("payout_no"), code = csv.column("agent_code");
  std::string of_bella, of_anna;
  for (const auto& row : csv.rows) {
    EXPECT_EQ(Csv::cell(row, csv.column("holder")), "Holder, \"of\" it");
    (Csv::cell(row, code) == "Bella" ? of_bella : of_anna) = Csv::cell(row, number);
    EXPECT_EQ(Csv::cell(row, amount), Csv::cell(row, code) == "Bella" ? "9.90" : "7.92");
  }
  const std::string head = "payout_no,result,reference,reason\n";
  for (const std::string& wrong :
       {std::string("nobody,success,R1,\n"), of_bella + ",perhaps,R1,\n", of_bella + ",success,,\n",
        of_bella + ",success,R1,\n" + of_bella + ",success,R1,\n"}) {
    const auto told = tell(made.batch.id, head + of_anna + ",success,R9,\n" + wrong);
    EXPECT_EQ(code_of(told), Code::csv_invalid) << wrong;
    EXPECT_NE(told.error().text().find("(at line "), std::string::npos) << told.error().text();
  }
  EXPECT_EQ(shop().balance(anna_.id, Account::paid), 0) << "all or nothing";
  const std::string results =
      "商户单号,结果,流水号,失败原因\n" + of_bella + ",成功,R1,\n" + of_anna + ",失败,,账号有误\n";
  const auto told = must(tell(made.batch.id, results));
  EXPECT_EQ(told.done, 1);
  EXPECT_EQ(told.failed, 1);
  EXPECT_EQ(must(tell(made.batch.id, results)).known, 2) << "the same file again";
  EXPECT_EQ(shop().balance(bella_.id, Account::paid), 990);
  EXPECT_EQ(shop().settlements(bella_.id).at(0).payout_reference, "R1");
  EXPECT_EQ(shop().balance(anna_.id, Account::settled), 792) << "waits for the next batch";
  note(anna_.id, "6222000055556666");
  const auto next = must(batch());
  EXPECT_EQ(next.batch.payouts, 1);
  EXPECT_EQ(file(made.batch.id).rows.size(), 0u) << "what is over is not paid from an old file";
  EXPECT_EQ(code_of(tell(made.batch.id, head + of_anna + ",success,R2,\n")), Code::csv_invalid);
  for (const unsigned role : {kOperator, kAuditor}) {
    const Call call = shop().as(shop().staff(role == kOperator ? "wei" : "qiu", role));
    EXPECT_EQ(code_of(db().write([&](db::Tx& tx) { return payout_file(tx, call, made.batch.id); })), Code::forbidden);
  }
}

// ---- debts by age

TEST(DebtAge, IsCountedFromTheDayItAroseOldestWorkedOffFirst) {
  constexpr Instant kNow = 1'800'000'000'000;
  const auto days = [](std::int64_t n) { return kNow - n * kDayMs; };
  struct Row {
    Fen debt;
    std::vector<std::pair<Fen, Instant>> made;
    std::vector<Fen> wanted;
  };
  for (const Row& row : std::vector<Row>{
           {100, {{100, days(0)}}, {100, 0, 0, 0}},
           {100, {{100, days(30)}}, {100, 0, 0, 0}},
           {100, {{100, days(31) + 1}}, {100, 0, 0, 0}},
           {100, {{100, days(31)}}, {0, 100, 0, 0}},
           {100, {{100, days(60)}}, {0, 100, 0, 0}},
           {100, {{100, days(61)}}, {0, 0, 100, 0}},
           {100, {{100, days(90)}}, {0, 0, 100, 0}},
           {100, {{100, days(91)}}, {0, 0, 0, 100}},
           {150, {{100, days(1)}, {100, days(95)}}, {100, 0, 0, 50}},
           {30, {{100, days(1)}, {100, days(95)}}, {30, 0, 0, 0}},
       }) {
    const auto age = age_debt(AgentId{1}, row.debt, row.made, kNow);
    EXPECT_EQ(std::vector<Fen>(age.by_age_fen, age.by_age_fen + kAges), row.wanted) << row.debt;
  }
}

TEST(DebtAge, AgreesWithAQueueThatIsWorkedOffFromItsHead) {
  rc::check("ages of debts", [] {
    std::vector<std::pair<Fen, Instant>> queue, made;  // queue: what is left of each, oldest first
    Instant now = 1'800'000'000'000;
    Fen debt = 0;
    for (int i = 0; i < 12; ++i) {
      now += *rc::gen::inRange<Instant>(0, 40 * kDayMs);
      if (*rc::gen::arbitrary<bool>()) {
        const Fen fresh = *rc::gen::inRange<Fen>(1, 1000);
        queue.emplace_back(fresh, now);
        made.emplace_back(fresh, now);
        debt += fresh;
      } else {
        Fen off = std::min<Fen>(*rc::gen::inRange<Fen>(0, 1500), debt);
        debt -= off;
        while (off > 0) {
          const Fen part = std::min(off, queue.front().first);
          queue.front().first -= part;
          off -= part;
          if (queue.front().first == 0) queue.erase(queue.begin());
        }
      }
    }
    Fen wanted[kAges] = {};
    for (const auto& [left, at] : queue) {
      const auto days = (now - at) / kDayMs;
      wanted[days > 90 ? 3 : days > 60 ? 2 : days > 30 ? 1 : 0] += left;
    }
    std::reverse(made.begin(), made.end());
    const auto age = age_debt(AgentId{1}, debt, made, now);
    for (int k = 0; k < kAges; ++k) RC_ASSERT(age.by_age_fen[k] == wanted[k]);
  });
}

TEST_P(Money, DebtsAreListedByAge) {
  const Order o = delivered();
  shop().pass(7 * kDayMs);
  must(shop().settle());
  shop().refund(o.id, 0, 9900);
  shop().pass(1);
  must(shop().settle());
  shop().leap(45 * kDayMs);
  const Call owner = shop().owner(), wei = shop().as(shop().staff("wei", kOperator));
  const auto list = [&](const Call& by, AgentId after, int limit) {
    return db().read([&](db::Tx& tx) { return debt_ages(tx, by, shop().brand(), after, limit); });
  };
  const auto all = must(list(owner, {}, 10));
  ASSERT_EQ(all.size(), 3u);
  EXPECT_EQ(all[0].by_age_fen[1], all[0].debt_fen);
  EXPECT_EQ(must(list(owner, all[0].agent, 10)).size(), 2u);
  EXPECT_EQ(must(list(owner, {}, 1)).size(), 1u);
  EXPECT_EQ(code_of(list(wei, {}, 10)), Code::forbidden);
}

// ---- statement and journal

TEST_P(Money, AStatementOpensWithWhatWasAndClosesWithWhatIs) {
  // The dawn is 2027-01-15 in Shanghai; the refund and the second settlement fall into February.
  const Order o = delivered(2);
  shop().pass(7 * kDayMs);
  must(shop().settle());
  must(shop().pay_out(shop().settlements(bella_.id).at(0).id, "bank-7"));
  shop().pass(15 * kDayMs);
  shop().refund(o.id, 0, 9900);
  shop().pass(1);
  must(shop().settle());
  delivered();
  const Call own = shop().as(bella_.person);
  const auto january = must(statement(own, bella_.id, "2027-01")),
             february = must(statement(own, bella_.id, "2027-02")), march = must(statement(own, bella_.id, "2027-03"));
  EXPECT_EQ(january.opening, Columns{});
  EXPECT_EQ(january.closing, (Columns{0, 0, 0, 1980, 0}));
  EXPECT_EQ(february.opening, january.closing);
  EXPECT_EQ(february.closing, (Columns{990, 0, 0, 1980, 990})) << "frozen, paid before, and owed";
  EXPECT_EQ(march.opening, february.closing);
  EXPECT_TRUE(march.lines.empty());
  ASSERT_EQ(january.lines.size(), 4u) << "granted, free, settled, paid";
  EXPECT_EQ(january.lines[0].bp, 1000);
  EXPECT_EQ(january.lines[0].net_fen, 19800);
  EXPECT_EQ(january.lines[0].plan_version, 1);
  EXPECT_THAT(january.lines[3].what, testing::HasSubstr("bank-7"));
  // What the statement closes with is what the ledger holds.
  const Account accounts[] = {Account::pending, Account::available, Account::settled, Account::paid};
  for (std::size_t k = 0; k < 4; ++k) EXPECT_EQ(march.closing[k], shop().balance(bella_.id, accounts[k]));
  EXPECT_EQ(march.closing[4], shop().debt(bella_.id));

  const auto zone = must(TimeZone::load(february.zone));
  const Csv csv = must(read_csv(statement_csv(february, zone, false)));
  Fen sum = 0;
  for (const auto& row : csv.rows) {
    const auto cell = std::string(Csv::cell(row, csv.column("owed")));
    const bool negative = cell.starts_with('-');
    const Fen fen = must(parse_decimal_fen(negative ? cell.substr(1) : cell)) * (negative ? -1 : 1);
    sum += &row == &csv.rows.back() ? -fen : fen;
  }
  EXPECT_EQ(sum, 0) << "opening and lines are the closing";
  EXPECT_NE(statement_csv(january, zone, true).find("期初余额"), std::string::npos);
  for (const bool chinese : {false, true}) {
    const auto pdf = must(statement_pdf(january, zone, chinese));
    EXPECT_TRUE(pdf.starts_with("%PDF-")) << pdf.substr(0, 8);
    EXPECT_GT(pdf.size(), 4000u);
  }
  EXPECT_EQ(code_of(statement(shop().as(anna_.person), bella_.id, "2027-01")), Code::forbidden);
  for (const char* month : {"", "2027", "2027-13", "2027-1", "01-2027", "2027-01-01"})
    EXPECT_EQ(code_of(statement(own, bella_.id, month)), Code::invalid_field) << month;
}

TEST_P(Money, AStatementHasALineForEachPartOfWhatOnePersonEarned) {
  // Bella sells to a buyer of her own: host and promoter of one line.
  const PersonId yue = shop().person("Yue");
  shop().open(shop().as(yue), shop().share_of(bella_.person, bella_.store));
  const Order o = shop().delivered(yue, bella_.store, {{mask_.sku, 1, {}}, {mask_.sku, 2, {}}});
  shop().refund(o.id, 1, 5000);
  const auto s = must(statement(shop().owner(), bella_.id, "2027-01"));
  ASSERT_EQ(s.lines.size(), 4u + 2u) << "two roles on two lines, and their corrections";
  for (const auto& l : s.lines) EXPECT_EQ(l.order, o.id);
  for (int i = 0; i < 4; ++i) EXPECT_EQ(s.lines[i].moves[0], share_of(s.lines[i].net_fen, s.lines[i].bp)) << i;
  EXPECT_EQ(s.closing[0], shop().balance(bella_.id, Account::pending));
}

TEST_P(Money, TheJournalsDebitsAreItsCredits) {
  const Order o = delivered(2);
  shop().refund(o.id, 0, 100);
  shop().pass(7 * kDayMs);
  must(shop().settle());
  const auto journal = [&](const Call& by, std::string_view day) {
    return db().read([&](db::Tx& tx) { return journal_csv(tx, by, shop().brand(), day); });
  };
  const Call owner = shop().owner();
  const auto sums = [&](std::string_view day) {
    const Csv csv = must(read_csv(must(journal(owner, day))));
    Fen debit = 0, credit = 0;
    for (const auto& row : csv.rows) {
      const auto fen = [&](const char* column) {
        const auto cell = Csv::cell(row, csv.column(column));
        return cell.empty() ? Fen{0} : must(parse_decimal_fen(cell));
      };
      debit += fen("debit_yuan");
      credit += fen("credit_yuan");
    }
    EXPECT_EQ(debit, credit) << day;
    return debit;
  };
  const Fen month = sums("2027-01");
  EXPECT_GT(month, 19800);
  EXPECT_EQ(sums("2027-01-15") + sums("2027-01-22"), month) << "the days are the month";
  EXPECT_EQ(sums("2027-02"), 0);
  EXPECT_EQ(code_of(journal(shop().as(shop().staff("wei", kOperator)), "2027-01")), Code::forbidden);
  EXPECT_EQ(code_of(journal(owner, "yesterday")), Code::invalid_field);
  EXPECT_EQ(code_of(journal(owner, "2027-02-30")), Code::invalid_field) << "there is no such day";
}

}  // namespace
}  // namespace lianbo::order
