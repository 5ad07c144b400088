// SQL of money beside a settlement itself: previews, proposals, debts, payouts, and the ledger by agent and by time.
// Functions join a transaction.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "db/db.hpp"
#include "order/payout.hpp"
#include "order/settlement.hpp"

namespace lianbo::order::store {

// ---- what a run would do, and who has agreed to it
struct Due {
  AgentId agent;
  std::int64_t entries = 0;
  Fen sum_fen = 0, debt_fen = 0;
};
std::vector<Due> due_of(db::Tx& tx, BrandId brand, Instant cutoff_at, AgentId after, int limit);
std::string settlement_approval(db::Tx& tx, BrandId brand);  // "auto" when nothing was said
void set_settlement_approval(db::Tx& tx, BrandId brand, std::string_view rule, PersonId by, Instant at);
void propose_run(db::Tx& tx, SettlementId run, PersonId by, std::string_view digest);
bool approve_run(db::Tx& tx, SettlementId run, PersonId by, Instant at);
std::vector<Run> runs_of(db::Tx& tx, BrandId brand, std::int64_t before, int limit);  // newest first

// ---- debts
struct Debtor {
  AgentId agent;
  Fen debt_fen = 0;
};
std::vector<Debtor> debtors(db::Tx& tx, BrandId brand, AgentId after, int limit);
struct Made {
  Fen new_debt_fen = 0;
  Instant at = 0;
};
std::vector<Made> debts_made(db::Tx& tx, AgentId agent);  // newest first

// ---- payouts
struct Payout {
  PayoutId id;
  PayoutBatchId batch;
  BrandId brand;
  SettlementId settlement;
  AgentId agent;
  Fen amount_fen = 0;
  std::string state;  // sent, done, failed
  std::string reference, reason;
  Instant at = 0, done_at = 0;
};
std::vector<Settlement> settlements_to_pay(db::Tx& tx, BrandId brand, int limit);
bool payout_on_its_way(db::Tx& tx, SettlementId settlement);
void insert_batch(db::Tx& tx, const PayoutBatch& batch);
void insert_payout(db::Tx& tx, const Payout& payout);
std::optional<PayoutBatch> batch(db::Tx& tx, PayoutBatchId id);
std::vector<PayoutBatch> batches(db::Tx& tx, BrandId brand, std::int64_t after, int limit);
std::vector<Payout> payouts_of(db::Tx& tx, PayoutBatchId batch);
void set_payout(db::Tx& tx, PayoutId id, std::string_view state, std::string_view reference, std::string_view reason,
                Instant at);

}  // namespace lianbo::order::store
