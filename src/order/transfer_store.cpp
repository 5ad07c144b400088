#include "order/transfer_store.hpp"

namespace lianbo::order::store {
namespace {

using db::Row;
using db::Sql;

#define TRANSFER_COLUMNS                                                                                    \
  "number, payout_id, n, brand_id, agent_id, account, holder, amount_fen, state, bill_no, confirm_params, " \
  "reason, tries, next_at, at, done_at"
const Sql kInsert{
    "transfer.insert",
    "insert into transfers (number, payout_id, n, brand_id, agent_id, account, holder, amount_fen, state, "
    "tries, next_at, at) values ($1, $2, $3, $4, $5, $6, $7, $8, 'due', 0, $9, $9)"};
const Sql kFind{"transfer.find", "select " TRANSFER_COLUMNS " from transfers where number = $1"};
const Sql kOfPayout{"transfer.of_payout",
                    "select " TRANSFER_COLUMNS " from transfers where payout_id = $1 order by n limit 10000"};
const Sql kOfAgent{"transfer.of_agent", "select " TRANSFER_COLUMNS
                                        " from transfers where agent_id = $1 order by at desc, number desc limit $2"};
const Sql kDue{"transfer.due",
               "select number from transfers where state in ('due', 'sent', 'waiting') and next_at <= $1 order by "
               "next_at, number limit $2"};
const Sql kSet{"transfer.set",
               "update transfers set state = $2, bill_no = $3, confirm_params = $4, reason = $5, tries = $6, next_at = "
               "$7, done_at = $8, account = $9, holder = $10 where number = $1"};
const Sql kMoved{"transfer.moved",
                 "select cast(coalesce(sum(case when state = 'done' then amount_fen else 0 end), 0) as bigint), "
                 "cast(coalesce(sum(case when state in ('due', 'sent', 'waiting') then amount_fen else 0 end), 0) as "
                 "bigint), count(*) from transfers where payout_id = $1"};
#undef TRANSFER_COLUMNS
#define PAYOUT_COLUMNS \
  "id, batch_id, brand_id, settlement_id, agent_id, amount_fen, state, reference, reason, at, done_at"
const Sql kPayout{"transfer.payout", "select " PAYOUT_COLUMNS " from payouts where id = $1"};
const Sql kPayouts{"transfer.payouts",
                   "select " PAYOUT_COLUMNS " from payouts where batch_id = $1 and id > $2 order by id limit $3"};
#undef PAYOUT_COLUMNS
const Sql kChannel{"transfer.channel", "update payout_batches set channel = $2 where id = $1"};

Transfer read_transfer(const Row& r) {
  return {r.str(0),
          r.id<PayoutId>(1),
          static_cast<int>(r.integer(2)),
          r.id<BrandId>(3),
          r.id<AgentId>(4),
          r.str(5),
          r.str(6),
          r.integer(7),
          r.str(8),
          r.str(9),
          r.str(10),
          r.str(11),
          static_cast<int>(r.integer(12)),
          r.integer(13),
          r.integer(14),
          r.integer(15)};
}
Payout read_payout(const Row& r) {
  return {r.id<PayoutId>(0), r.id<PayoutBatchId>(1), r.id<BrandId>(2), r.id<SettlementId>(3),
          r.id<AgentId>(4),  r.integer(5),           r.str(6),         r.str(7),
          r.str(8),          r.integer(9),           r.integer(10)};
}

}  // namespace

void insert_transfer(db::Tx& tx, const Transfer& t) {
  tx.exec(kInsert, {t.number, t.payout, t.n, t.brand, t.agent, t.account, t.holder, t.amount_fen, t.at});
}
std::optional<Transfer> transfer(db::Tx& tx, std::string_view number) { return tx.one(kFind, {number}, read_transfer); }
std::vector<Transfer> transfers_of(db::Tx& tx, PayoutId payout) { return tx.all(kOfPayout, {payout}, read_transfer); }
std::vector<Transfer> transfers_of_agent(db::Tx& tx, AgentId agent, int limit) {
  return tx.all(kOfAgent, {agent, limit}, read_transfer);
}
std::vector<std::string> due_transfers(db::Tx& tx, Instant now, int limit) {
  return tx.all(kDue, {now, limit}, [](const Row& r) { return r.str(0); });
}
void set_transfer(db::Tx& tx, const Transfer& t) {
  const auto text = [](const std::string& value) { return value.empty() ? db::Param(nullptr) : db::Param(value); };
  tx.exec(kSet, {t.number, t.state, text(t.bill_no), text(t.confirm_params), text(t.reason), t.tries, t.next_at,
                 t.done_at == 0 ? db::Param(nullptr) : db::Param(t.done_at), t.account, t.holder});
}
Moved moved_of(db::Tx& tx, PayoutId payout) {
  return *tx.one(kMoved, {payout},
                 [](const Row& r) { return Moved{r.integer(0), r.integer(1), static_cast<int>(r.integer(2))}; });
}

std::optional<Payout> payout(db::Tx& tx, PayoutId id) { return tx.one(kPayout, {id}, read_payout); }
std::vector<Payout> payouts_page(db::Tx& tx, PayoutBatchId batch, std::int64_t after, int limit) {
  return tx.all(kPayouts, {batch, after, limit}, read_payout);
}
void set_channel(db::Tx& tx, PayoutBatchId batch, std::string_view channel) { tx.exec(kChannel, {batch, channel}); }

}  // namespace lianbo::order::store
