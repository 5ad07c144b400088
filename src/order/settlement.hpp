// Settlement: what has become available until a cut-off is settled, agent by agent (SPEC 8).
//
// Where the brand wants a second person (money rules; by itself where at least two may pay), asking for a run proposes
// it: nothing is settled until somebody else approves exactly what was proposed (docs/decisions/0022). The server's own
// command line needs nobody's approval.
//
// A run is named by (brand, cut-off). Each agent is settled in a transaction of its own behind the guard row of the
// agent's account; an agent this run has settled is left alone. So running it twice, or killing it half-way and running
// it again, gives the same rows as once, and one bad account holds nobody else up: it is told in `failed`.
// Threads: any, also several runs at once.
#pragma once

#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/call.hpp"
#include "db/db.hpp"
#include "order/order_store.hpp"

namespace lianbo::order {

struct RunReport {
  store::Run run;
  bool proposed = false;         // it waits for another person; `sum` is what it would come to
  std::int64_t settled_now = 0;  // agents settled by this call
  std::int64_t settled_before = 0;
  store::RunSum sum;  // of the whole run
  std::vector<std::string> failed;
};

// What a run would do, with no write: each agent's part, in order of id, and of the page the last agent.
struct PreviewLine {
  AgentId agent;
  std::int64_t entries = 0;
  Fen entries_fen = 0, debt_before_fen = 0, worked_off_fen = 0, new_debt_fen = 0, payable_fen = 0;
};
struct Preview {
  store::RunSum sum;   // of everybody
  std::string digest;  // of every line
  std::vector<PreviewLine> lines;
};
Result<Preview> preview_settlement(db::Tx& tx, const Call& call, BrandId brand, Instant cutoff_at, AgentId after,
                                   int limit);

// auto, always, never. Owner; audited.
Status set_settlement_approval(db::Tx& tx, const Call& call, BrandId brand, std::string_view rule);
Result<bool> needs_second_person(db::Tx& tx, BrandId brand);

// cutoff_at must not lie in the future. Owner or finance.
Result<RunReport> run_settlement(db::Database& db, const Call& call, BrandId brand, Instant cutoff_at);
// By another than who proposed it (second_person). settlement_conflict when what would be settled is no longer what was
// proposed: look again and propose again.
Result<RunReport> approve_settlement(db::Database& db, const Call& call, SettlementId run);
std::string run_json(const RunReport& report);

// The payout was made outside (bank, transfer); finance says so, once: settled → payout → paid.
Result<store::Settlement> mark_paid(db::Tx& tx, const Call& call, SettlementId id, std::string_view reference);
// The same for a payout of a batch; the caller has checked who asks.
Status settlement_paid(db::Tx& tx, const Call& call, SettlementId id, std::string_view reference);
std::string settlement_json(const store::Settlement& s);

// Why: for an order, an entry, a settlement. JSON that names inputs, rule versions, the lock and who lost, freeze
// dates, reversals, settlement, payout and debt.
Result<std::string> explain_order(db::Tx& tx, const Call& call, OrderId id);
Result<std::string> explain_entry(db::Tx& tx, const Call& call, EntryId id);
Result<std::string> explain_settlement(db::Tx& tx, const Call& call, SettlementId id, std::int64_t after, int limit);

// How old the debts of a brand's agents are, oldest worked off first: up to 30 days, 60, 90, and more.
inline constexpr int kAges = 4;
struct DebtAge {
  AgentId agent;
  Fen debt_fen = 0;
  Fen by_age_fen[kAges] = {};
};
// made: the debts that arose, newest first. What is left of a debt is its newest part.
DebtAge age_debt(AgentId agent, Fen debt_fen, std::span<const std::pair<Fen, Instant>> made, Instant now);
Result<std::vector<DebtAge>> debt_ages(db::Tx& tx, const Call& call, BrandId brand, AgentId after, int limit);

// Balances, debt, what is frozen until when: the agent's, or staff's.
Result<std::string> account_json(db::Tx& tx, const Call& call, AgentId agent);
std::string entry_json(const store::Entry& e);
Status require_agent_money(db::Tx& tx, const Call& call, AgentId agent);

}  // namespace lianbo::order
