// Statements: an agent's month, line by line, and a brand's journal for its accountants (SPEC 8).
//
// Both are folded from the ledger when asked, in the brand's time zone, and kept nowhere. A statement opens with the
// balances at the month's first instant, explains every movement (order line, role, base, rate and plan version;
// correction; maturity; settlement; payout) and closes with the balances at its end: opening + lines = closing, to the
// fen. The journal's debits equal its credits. Amounts are in yuan with two decimals. Errors: invalid_field (month,
// day), body_too_large when there are more lines than the format takes.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "base/call.hpp"
#include "base/time_zone.hpp"
#include "db/db.hpp"
#include "order/order.hpp"

namespace lianbo::order {

// pending, available, settled, paid, and what is owed to the brand (positive).
using Columns = std::array<Fen, 5>;

struct StatementLine {
  Instant at = 0;
  std::string what;  // in words, of the reader's language
  OrderId order;
  Fen net_fen = 0;  // what the rate applies to; 0: no rate
  BasisPoints bp = 0;
  std::int32_t plan_version = 0;
  Columns moves{};
};
struct Statement {
  std::string brand, agent, code, currency, month, zone;  // "2026-11"
  Instant from = 0, to = 0;
  Columns opening{}, closing{};
  std::vector<StatementLine> lines;
};
inline constexpr int kMaxStatementLines = 20000, kMaxPrintedLines = 3000;

// month: "2026-11". The agent, or staff over the agent's region.
Result<Statement> statement_of(db::Tx& tx, const Call& call, AgentId agent, std::string_view month);
std::string statement_csv(const Statement& s, const TimeZone& zone, bool chinese);
// A4; Chinese text too. Slow: for workers, outside transactions.
Result<std::string> statement_pdf(const Statement& s, const TimeZone& zone, bool chinese);

inline constexpr int kMaxJournalLines = 200000;
// CSV: date, transaction, cause, cause_id, account, agent_code, debit_yuan, credit_yuan. day: "2026-11-11" or a whole
// month "2026-11". Owner, finance, auditor.
Result<std::string> journal_csv(db::Tx& tx, const Call& call, BrandId brand, std::string_view day);

}  // namespace lianbo::order
