// The ledger: double entry, append only, and nothing else (SPEC 8).
//
// A transaction's postings sum to zero, or it is refused as a bug of the caller (CHECK). A positive amount is a credit:
// what is owed to an agent, what was sold. `buyers` is the outside world: minus what came in, plus what went back.
// Nothing is ever changed or deleted; a correction is a new transaction. Each has a key derived from its cause (cause,
// cause_id, part): posting the same cause again does nothing, so every command may be repeated.
//
// Accounts of an agent: pending → available → settled → paid, and debt (its balance is minus what the agent owes).
// Accounts of a brand: buyers, sales, commission (minus what was granted), refund (minus what was given back),
// promotion (minus what was put into wallets, plus what was paid out of them for promotions and not returned), payout
// (money on its way to an agent). A wallet, for promotions, is an agent's or the brand's own. Threads: as the Tx.
#pragma once

#include <cstdint>
#include <map>
#include <string_view>
#include <vector>

#include "base/call.hpp"
#include "base/money.hpp"
#include "db/db.hpp"

namespace lianbo::ledger {

enum class Account {
  buyers,
  sales,
  commission,
  refund,
  promotion,
  payout,
  pending,
  available,
  settled,
  paid,
  debt,
  wallet
};
std::string_view account_name(Account account);
bool is_agent_account(Account account);  // wallet: both

struct Posting {
  Account account;
  AgentId agent;  // none: the brand's own account
  Fen amount_fen;
};

enum class Cause {
  payment,             // an order was paid: buyers → sales. cause_id: order
  accrual,             // its commission: commission → pending. cause_id: order
  refund,              // money back for a line: refund → buyers. cause_id: refund
  reversal,            // the commission that goes with it. cause_id: refund
  maturity,            // pending → available. cause_id: order, part: line
  settlement,          // available → settled and debt. cause_id: settlement
  payout,              // settled → payout → paid. cause_id: settlement
  late_payment,        // money that came for a cancelled order: buyers → refund. cause_id: order
  late_refund,         // and its way back: refund → buyers. cause_id: refund
  wallet_credit,       // promotion → wallet, or taken back. cause_id: the credit
  promotion_bought,    // wallet → promotion. cause_id: promotion
  promotion_returned,  // what was not spent: promotion → wallet. cause_id: promotion
};
std::string_view cause_name(Cause cause);

struct Transaction {
  BrandId brand;
  Bucket bucket = 0;
  Cause cause = Cause::payment;
  std::int64_t cause_id = 0;
  std::int64_t part = 0;
  std::vector<Posting> postings;  // of amount 0 are left out
};

// True if it was posted now, false if this cause had been posted before (nothing is written then).
bool post(db::Tx& tx, const Call& call, const Transaction& transaction);

using Balances = std::map<Account, Fen>;
Balances agent_balances(db::Tx& tx, AgentId agent);
// The brand's own accounts and the sums over its agents' accounts.
Balances brand_balances(db::Tx& tx, BrandId brand);

// A wallet's postings (agent none: the brand's own) before a transaction (none: the newest), newest first.
struct WalletLine {
  LedgerTxId tx;
  Cause cause;
  std::int64_t cause_id;
  Fen amount_fen;
  Instant at;
};
std::vector<WalletLine> wallet_lines(db::Tx& tx, BrandId brand, AgentId agent, LedgerTxId before, int limit);

struct PostedLine {
  Cause cause;
  std::int64_t cause_id;
  std::int64_t part;
  Account account;
  AgentId agent;
  Fen amount_fen;
  Instant at;
  LedgerTxId tx;
};
// The postings of one cause, for explain.
std::vector<PostedLine> postings_of(db::Tx& tx, Bucket bucket, Cause cause, std::int64_t cause_id);

// An agent's postings before an instant, in the order of time: what a statement of commission is folded from. The
// wallet is no commission and has its own list.
struct AgentPosting {
  Instant at;
  Cause cause;
  std::int64_t cause_id, part;
  LedgerTxId tx;
  Account account;
  Fen amount_fen;
};
std::vector<AgentPosting> postings_of_agent(db::Tx& tx, AgentId agent, Instant before, int limit);

// Everything a brand posted from an instant until before another, in the order of time; at most `limit` postings, and
// one more when there are more.
struct JournalLine {
  Instant at;
  LedgerTxId tx;
  Cause cause;
  std::int64_t cause_id, part;
  Account account;
  AgentId agent;
  Fen amount_fen;
};
std::vector<JournalLine> journal(db::Tx& tx, BrandId brand, Instant from, Instant to, int limit);

}  // namespace lianbo::ledger
