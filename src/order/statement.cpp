#include "order/statement.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <map>

#include "base/csv.hpp"
#include "ledger/ledger.hpp"
#include "order/order_store.hpp"
#include "order/settlement.hpp"
#include "org/org_service.hpp"

namespace lianbo::order {
namespace {

using ledger::Account;
using ledger::Cause;

// "2026-11" or "2026-11-07"; day 0: the whole month.
struct Period {
  int year = 0, month = 0, day = 0;
};
Result<Period> parse_period(std::string_view text, bool with_day) {
  Period p;
  const auto number = [&](std::size_t from, std::size_t length, int& out) {
    const auto piece = text.substr(from, length);
    const auto [end, ec] = std::from_chars(piece.data(), piece.data() + piece.size(), out);
    return ec == std::errc{} && end == piece.data() + piece.size();
  };
  const bool month = text.size() >= 7 && text[4] == '-' && number(0, 4, p.year) && number(5, 2, p.month);
  const bool day = text.size() == 10 && text[7] == '-' && number(8, 2, p.day) && p.day >= 1 && p.day <= 31;
  const std::chrono::year_month_day date{std::chrono::year(p.year), std::chrono::month(static_cast<unsigned>(p.month)),
                                         std::chrono::day(static_cast<unsigned>(day ? p.day : 1))};
  if (!month || !date.ok() || p.year < 2024 || p.year > 2200 || p.month < 1 || p.month > 12 ||
      (text.size() != 7 && !day) || (day && !with_day))
    return fail(Code::invalid_field,
                with_day ? "a day like 2026-11-11, or a month like 2026-11" : "a month like 2026-11",
                with_day ? "day" : "month");
  return p;
}

int column_of(Account account) {
  switch (account) {
    case Account::pending:
      return 0;
    case Account::available:
      return 1;
    case Account::settled:
      return 2;
    case Account::paid:
      return 3;
    default:
      return 4;
  }
}
void add(Columns& columns, Account account, Fen amount) {
  const int at = column_of(account);
  columns[static_cast<std::size_t>(at)] += at == 4 ? -amount : amount;  // debt is shown as what is owed
}

std::string role_text(Role role, bool chinese) {
  static constexpr std::string_view kChinese[] = {"主播", "推广人", "招募人", "切片人"};
  return std::string(chinese ? kChinese[static_cast<std::size_t>(role)] : role_name(role));
}
std::string percent(BasisPoints bp) { return format_fen(bp) + "%"; }  // 250 bp are 2.50 %

// Orders a statement speaks of, each read once in a row.
class Orders {
 public:
  explicit Orders(db::Tx& tx) : tx_(tx) {}
  const Order& order(OrderId id) {
    if (order_.id != id) {
      if (auto found = store::load(tx_, id)) order_ = *std::move(found);
      entries_ = store::entries_of(tx_, id);
    }
    return order_;
  }
  const std::vector<store::Entry>& entries(OrderId id) {
    order(id);
    return entries_;
  }
  std::string title(OrderId id, int line) {
    const auto& o = order(id);
    return line >= 0 && line < static_cast<int>(o.lines.size()) ? o.lines[static_cast<std::size_t>(line)].title : "";
  }

 private:
  db::Tx& tx_;
  Order order_;
  std::vector<store::Entry> entries_;
};

}  // namespace

Result<Statement> statement_of(db::Tx& tx, const Call& call, AgentId agent_id, std::string_view month) {
  TRY_OK(require_agent_money(tx, call, agent_id));
  TRY(const auto period, parse_period(month, false));
  TRY(const auto agent, org::find_agent(tx, agent_id));
  TRY(const auto brand, org::find_brand(tx, agent.brand));
  TRY(const auto zone, TimeZone::load(brand.time_zone));
  Statement s;
  s.brand = brand.name;
  s.agent = agent.name;
  s.code = agent.code;
  s.currency = brand.currency;
  s.zone = brand.time_zone;
  s.month = std::string(month);
  s.from = zone.month_start(period.year, period.month);
  s.to = zone.month_start(period.year, period.month + 1);
  const bool zh = call.chinese;

  constexpr int kMost = 1'000'000;
  auto postings = ledger::postings_of_agent(tx, agent_id, s.to, kMost);
  if (static_cast<int>(postings.size()) == kMost)
    return fail(Code::body_too_large, "this agent has more movements than a statement is made from");
  // What happened in one millisecond is told as money goes: earned, corrected, freed, settled, paid.
  std::stable_sort(postings.begin(), postings.end(),
                   [](const auto& a, const auto& b) { return std::pair(a.at, a.cause) < std::pair(b.at, b.cause); });
  Orders orders(tx);
  for (std::size_t i = 0; i < postings.size();) {
    std::size_t end = i;
    while (end < postings.size() && postings[end].tx == postings[i].tx) ++end;
    const auto& first = postings[i];
    if (first.at < s.from) {
      for (; i < end; ++i) add(s.opening, postings[i].account, postings[i].amount_fen);
      continue;
    }
    // Entries of this agent that the transaction granted or corrected, in the order of its postings.
    std::vector<store::Entry> entries;
    OrderId order;
    if (first.cause == Cause::accrual) {
      order = OrderId{first.cause_id};
      for (const auto& e : orders.entries(order))
        if (e.agent == agent_id && e.seq == 0 && e.amount_fen != 0) entries.push_back(e);
    } else if (first.cause == Cause::reversal) {
      if (const auto refund = store::refund(tx, RefundId{first.cause_id})) order = refund->order;
      for (const auto& e : orders.entries(order))
        if (e.agent == agent_id && e.refund == RefundId{first.cause_id} && e.amount_fen != 0) entries.push_back(e);
    } else if (first.cause == Cause::maturity) {
      order = OrderId{first.cause_id};
    }
    if (entries.size() == end - i) {
      for (std::size_t k = 0; k < entries.size(); ++k) {
        const auto& e = entries[k];
        StatementLine line;
        line.at = first.at;
        line.order = order;
        const auto& o = orders.order(order);
        line.plan_version = o.lines.at(static_cast<std::size_t>(e.line)).rates.version;
        line.net_fen = e.net_fen;
        line.bp = e.bp;
        const std::string product = orders.title(order, e.line);
        line.what = first.cause == Cause::accrual
                        ? (zh ? "佣金：" + role_text(e.role, true) + "，" + product + "，实付 " +
                                    format_fen(e.net_fen) + " × " + percent(e.bp)
                              : "Commission as " + role_text(e.role, false) + " on " + product + ": " +
                                    format_fen(e.net_fen) + " × " + percent(e.bp))
                        : (zh ? "退款冲减：" + role_text(e.role, true) + "，" + product + "，净额现为 " +
                                    format_fen(e.net_fen) + " × " + percent(e.bp)
                              : "Refund, as " + role_text(e.role, false) + " on " + product + ": the base is " +
                                    format_fen(e.net_fen) + " × " + percent(e.bp) + " now");
        add(line.moves, postings[i + k].account, postings[i + k].amount_fen);
        s.lines.push_back(std::move(line));
      }
    } else {
      StatementLine line;
      line.at = first.at;
      line.order = order;
      const std::string number = id_text(first.cause_id);
      switch (first.cause) {
        case Cause::maturity: {
          const std::string product = orders.title(order, static_cast<int>(first.part));
          line.what = zh ? "解冻：" + product : "No longer frozen: " + product;
          break;
        }
        case Cause::settlement:
          line.what = zh ? "结算 " + number : "Settlement " + number;
          break;
        case Cause::payout: {
          const auto settled = store::settlement(tx, SettlementId{first.cause_id});
          const std::string reference = settled ? settled->payout_reference : "";
          line.what = zh ? "打款，流水号 " + reference : "Paid out, reference " + reference;
          break;
        }
        default:
          line.what = std::string(ledger::cause_name(first.cause)) + " " + number;
      }
      for (std::size_t k = i; k < end; ++k) add(line.moves, postings[k].account, postings[k].amount_fen);
      s.lines.push_back(std::move(line));
    }
    if (static_cast<int>(s.lines.size()) > kMaxStatementLines)
      return fail(Code::body_too_large, "the month has more than " + std::to_string(kMaxStatementLines) + " lines");
    i = end;
  }
  s.closing = s.opening;
  for (const auto& line : s.lines)
    for (std::size_t k = 0; k < s.closing.size(); ++k) s.closing[k] += line.moves[k];
  return s;
}

std::string statement_csv(const Statement& s, const TimeZone& zone, bool chinese) {
  CsvWriter csv;
  if (chinese)
    csv.row({"时间", "说明", "订单", "计佣基数", "比例", "方案版本", "冻结", "可结算", "已结算", "已付", "欠款"});
  else
    csv.row(
        {"time", "what", "order", "base", "rate", "plan_version", "pending", "available", "settled", "paid", "owed"});
  const auto amounts = [&](const Columns& columns) {
    for (const Fen amount : columns) csv.decimal(amount);
    csv.end_row();
  };
  const auto balance = [&](Instant at, std::string_view what, const Columns& columns) {
    csv.cell(format_date_time(zone.civil(at))).cell(what).cell("").cell("").cell("").cell("");
    amounts(columns);
  };
  balance(s.from, chinese ? "期初余额" : "Opening balance", s.opening);
  for (const auto& l : s.lines) {
    csv.cell(format_date_time(zone.civil(l.at))).cell(l.what).cell(l.order ? l.order.text() : "");
    if (l.bp != 0)
      csv.decimal(l.net_fen).cell(percent(l.bp)).cell(std::int64_t{l.plan_version});
    else
      csv.cell("").cell("").cell("");
    amounts(l.moves);
  }
  balance(s.to - 1, chinese ? "期末余额" : "Closing balance", s.closing);
  return csv.take();
}

Result<std::string> journal_csv(db::Tx& tx, const Call& call, BrandId brand_id, std::string_view day) {
  TRY_OK(require_staff(call, brand_id, kPays | kAuditor));
  TRY(const auto period, parse_period(day, true));
  TRY(const auto brand, org::find_brand(tx, brand_id));
  TRY(const auto zone, TimeZone::load(brand.time_zone));
  const Instant from = period.day != 0 ? zone.day_start(period.year, period.month, period.day)
                                       : zone.month_start(period.year, period.month);
  const Instant to = period.day != 0 ? zone.day_start(period.year, period.month, period.day + 1)
                                     : zone.month_start(period.year, period.month + 1);
  const auto lines = ledger::journal(tx, brand_id, from, to, kMaxJournalLines);
  if (static_cast<int>(lines.size()) > kMaxJournalLines)
    return fail(Code::body_too_large,
                "more than " + std::to_string(kMaxJournalLines) + " lines; ask for a day instead of a month");
  std::map<AgentId, std::string> codes;
  CsvWriter csv;
  csv.row({"date", "transaction", "cause", "cause_id", "account", "agent_code", "debit_yuan", "credit_yuan"});
  for (const auto& l : lines) {
    if (l.agent && !codes.contains(l.agent)) {
      const auto agent = org::find_agent(tx, l.agent);
      codes[l.agent] = agent ? agent->code : l.agent.text();
    }
    csv.cell(format_date(zone.civil(l.at))).cell(l.tx.text()).cell(ledger::cause_name(l.cause));
    csv.cell(id_text(l.cause_id)).cell(ledger::account_name(l.account)).cell(l.agent ? codes[l.agent] : "");
    csv.cell(l.amount_fen < 0 ? format_fen(-l.amount_fen) : "").cell(l.amount_fen > 0 ? format_fen(l.amount_fen) : "");
    csv.end_row();
  }
  return csv.take();
}

}  // namespace lianbo::order
