// Settlement: what has become available until a cut-off is settled, agent by agent (SPEC 8).
//
// A run is named by (brand, cut-off). Each agent is settled in a transaction of its own behind the guard row of the
// agent's account; an agent this run has settled is left alone. So running it twice, or killing it half-way and running
// it again, gives the same rows as once, and one bad account holds nobody else up: it is told in `failed`.
// Threads: any, also several runs at once.
#pragma once

#include <string>
#include <vector>

#include "base/call.hpp"
#include "db/db.hpp"
#include "order/order_store.hpp"

namespace lianbo::order {

struct RunReport {
  store::Run run;
  std::int64_t settled_now = 0;  // agents settled by this call
  std::int64_t settled_before = 0;
  store::RunSum sum;  // of the whole run
  std::vector<std::string> failed;
};

// cutoff_at must not lie in the future. Owner or finance.
Result<RunReport> run_settlement(db::Database& db, const Call& call, BrandId brand, Instant cutoff_at);
std::string run_json(const RunReport& report);

// The payout was made outside (bank, transfer); finance says so, once: settled → payout → paid.
Result<store::Settlement> mark_paid(db::Tx& tx, const Call& call, SettlementId id, std::string_view reference);
std::string settlement_json(const store::Settlement& s);

// Why: for an order, an entry, a settlement. JSON that names inputs, rule versions, the lock and who lost, freeze
// dates, reversals, settlement, payout and debt.
Result<std::string> explain_order(db::Tx& tx, const Call& call, OrderId id);
Result<std::string> explain_entry(db::Tx& tx, const Call& call, EntryId id);
Result<std::string> explain_settlement(db::Tx& tx, const Call& call, SettlementId id);

// Balances, debt, what is frozen until when: the agent's, or staff's.
Result<std::string> account_json(db::Tx& tx, const Call& call, AgentId agent);
std::string entry_json(const store::Entry& e);
Status require_agent_money(db::Tx& tx, const Call& call, AgentId agent);

}  // namespace lianbo::order
