#include "ledger/ledger.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "base/check.hpp"

namespace lianbo::ledger {
namespace {

using db::Row;
using db::Sql;

constexpr std::array<std::string_view, 12> kAccounts = {"buyers",    "sales",  "commission", "refund",
                                                        "promotion", "payout", "pending",    "available",
                                                        "settled",   "paid",   "debt",       "wallet"};
constexpr std::array<std::string_view, 12> kCauses = {
    "payment", "accrual",      "refund",      "reversal",      "maturity",         "settlement",
    "payout",  "late_payment", "late_refund", "wallet_credit", "promotion_bought", "promotion_returned"};

Account account_of(std::string_view name) {
  for (std::size_t i = 0; i < kAccounts.size(); ++i)
    if (kAccounts[i] == name) return static_cast<Account>(i);
  CHECK(!"an account the schema does not know");
  return Account::buyers;
}
Cause cause_of(std::string_view name) {
  for (std::size_t i = 0; i < kCauses.size(); ++i)
    if (kCauses[i] == name) return static_cast<Cause>(i);
  CHECK(!"a cause the ledger does not know");
  return Cause::payment;
}

const Sql kInsertTx{"ledger.insert_tx",
                    "insert into ledger_txs (bucket, id, brand_id, cause, cause_id, part, at) "
                    "values ($1, $2, $3, $4, $5, $6, $7) on conflict do nothing"};
const Sql kInsertPosting{"ledger.insert_posting",
                         "insert into ledger_postings (bucket, tx_id, n, account, agent_id, amount_fen) "
                         "values ($1, $2, $3, $4, $5, $6)"};
const Sql kAgentBalances{"ledger.agent_balances",
                         "select account, cast(sum(amount_fen) as bigint) from ledger_postings "
                         "where agent_id = $1 and agent_id <> 0 group by account"};
const Sql kBrandBalances{"ledger.brand_balances",
                         "select p.account, cast(sum(p.amount_fen) as bigint) from ledger_txs t "
                         "join ledger_postings p on p.bucket = t.bucket and p.tx_id = t.id "
                         "where t.brand_id = $1 group by p.account"};
const Sql kOfAgent{"ledger.of_agent",
                   "select t.at, t.cause, t.cause_id, t.part, t.id, p.account, p.amount_fen from ledger_postings p "
                   "join ledger_txs t on t.bucket = p.bucket and t.id = p.tx_id where p.agent_id = $1 and p.agent_id "
                   "<> 0 and p.account <> 'wallet' and t.at < $2 order by t.at, t.id, p.n limit $3"};
const Sql kJournal{"ledger.journal",
                   "select t.at, t.id, t.cause, t.cause_id, t.part, p.account, p.agent_id, p.amount_fen from "
                   "ledger_txs t join ledger_postings p on p.bucket = t.bucket and p.tx_id = t.id where t.brand_id = "
                   "$1 and t.id >= $2 and t.id < $3 and t.at >= $4 and t.at < $5 order by t.id, p.n limit $6"};
const Sql kWalletLines{"ledger.wallet_lines",
                       "select t.id, t.cause, t.cause_id, p.amount_fen, t.at from ledger_postings p join ledger_txs t "
                       "on t.bucket = p.bucket and t.id = p.tx_id where p.account = 'wallet' and p.agent_id = $2 and "
                       "p.tx_id < $3 and t.brand_id = $1 order by p.tx_id desc limit $4"};
const Sql kPostingsOf{"ledger.postings_of",
                      "select t.cause, t.cause_id, t.part, p.account, p.agent_id, p.amount_fen, t.at, t.id "
                      "from ledger_txs t join ledger_postings p on p.bucket = t.bucket and p.tx_id = t.id "
                      "where t.bucket = $1 and t.cause = $2 and t.cause_id = $3 order by t.id, p.n limit 1000"};

}  // namespace

std::string_view account_name(Account account) { return kAccounts[static_cast<std::size_t>(account)]; }
std::string_view cause_name(Cause cause) { return kCauses[static_cast<std::size_t>(cause)]; }
bool is_agent_account(Account account) { return account >= Account::pending; }

bool post(db::Tx& tx, const Call& call, const Transaction& t) {
  Fen sum = 0;
  for (const auto& p : t.postings) {
    const auto next = checked_add(sum, p.amount_fen);
    CHECK(next.has_value());
    sum = *next;
    CHECK(p.account == Account::wallet || is_agent_account(p.account) == static_cast<bool>(p.agent));
  }
  CHECK(sum == 0);
  const auto id = call.make_id<LedgerTxId>(t.bucket);
  if (tx.exec(kInsertTx, {t.bucket, id, t.brand, cause_name(t.cause), t.cause_id, t.part, call.now}) == 0) return false;
  int n = 0;
  for (const auto& p : t.postings)
    if (p.amount_fen != 0)
      tx.exec(kInsertPosting, {t.bucket, id, n++, account_name(p.account), p.agent.value, p.amount_fen});
  return true;
}

std::vector<WalletLine> wallet_lines(db::Tx& tx, BrandId brand, AgentId agent, LedgerTxId before, int limit) {
  return tx.all(kWalletLines, {brand, agent.value, before ? before.value : INT64_MAX, limit}, [](const Row& r) {
    return WalletLine{r.id<LedgerTxId>(0), cause_of(r.text(1)), r.integer(2), r.integer(3), r.integer(4)};
  });
}

namespace {
Balances read_balances(db::Tx& tx, const Sql& sql, std::int64_t id) {
  Balances out;
  tx.each(sql, {id}, [&](const Row& r) { out[account_of(r.text(0))] = r.integer(1); });
  return out;
}
}  // namespace

Balances agent_balances(db::Tx& tx, AgentId agent) { return read_balances(tx, kAgentBalances, agent.value); }
Balances brand_balances(db::Tx& tx, BrandId brand) { return read_balances(tx, kBrandBalances, brand.value); }

std::vector<PostedLine> postings_of(db::Tx& tx, Bucket bucket, Cause cause, std::int64_t cause_id) {
  return tx.all(kPostingsOf, {bucket, cause_name(cause), cause_id}, [](const Row& r) {
    return PostedLine{cause_of(r.text(0)), r.integer(1), r.integer(2), account_of(r.text(3)),
                      r.id<AgentId>(4),    r.integer(5), r.integer(6), r.id<LedgerTxId>(7)};
  });
}

std::vector<AgentPosting> postings_of_agent(db::Tx& tx, AgentId agent, Instant before, int limit) {
  return tx.all(kOfAgent, {agent, before, limit}, [](const Row& r) {
    return AgentPosting{r.integer(0),        cause_of(r.text(1)),   r.integer(2), r.integer(3),
                        r.id<LedgerTxId>(4), account_of(r.text(5)), r.integer(6)};
  });
}

std::vector<JournalLine> journal(db::Tx& tx, BrandId brand, Instant from, Instant to, int limit) {
  // An id's time is its transaction's, or a little later where a server's ids ran ahead.
  constexpr Instant kIdEpoch = 1'704'067'200'000;  // see base/id.hpp
  constexpr DurationMs kAheadMs = kHourMs;
  const std::int64_t low = std::max<Instant>(from - kIdEpoch, 0) << 22;
  const std::int64_t high = std::max<Instant>(to - kIdEpoch + kAheadMs, 0) << 22;
  std::vector<JournalLine> out;
  tx.each(kJournal, {brand, low, high, from, to, limit + 1}, [&](const Row& r) {
    out.push_back({r.integer(0), r.id<LedgerTxId>(1), cause_of(r.text(2)), r.integer(3), r.integer(4),
                   account_of(r.text(5)), r.id<AgentId>(6), r.integer(7)});
  });
  std::stable_sort(out.begin(), out.end(), [](const JournalLine& a, const JournalLine& b) {
    return std::pair(a.at, a.tx) < std::pair(b.at, b.tx);
  });
  return out;
}

}  // namespace lianbo::ledger
