#include "order/money_store.hpp"

namespace lianbo::order::store {
namespace {

using db::Param;
using db::Row;
using db::Sql;

const Sql kDue{"money.due",
               "select e.agent_id, count(*), cast(sum(e.amount_fen) as bigint), coalesce(max(a.debt_fen), 0) from "
               "entries e left join agent_accounts a on a.agent_id = e.agent_id where e.brand_id = $1 and e.state = "
               "'available' and e.available_at <= $2 and e.agent_id > $3 group by e.agent_id order by e.agent_id "
               "limit $4"};
const Sql kApproval{"money.approval", "select settlement_approval from money_rules where brand_id = $1"};
const Sql kSetApproval{"money.set_approval",
                       "insert into money_rules (brand_id, settlement_approval, by_person_id, at) values ($1, $2, $3, "
                       "$4) on conflict (brand_id) do update set settlement_approval = excluded.settlement_approval, "
                       "by_person_id = excluded.by_person_id, at = excluded.at"};
const Sql kPropose{"money.propose_run",
                   "update settlement_runs set proposed_by_id = $2, proposal = $3 where id = $1 and approved_at is "
                   "null and finished_at is null"};
const Sql kApprove{"money.approve_run",
                   "update settlement_runs set approved_by_id = $2, approved_at = $3 where id = $1 and approved_at is "
                   "null and finished_at is null"};
const Sql kRuns{"money.runs",
                "select id, brand_id, cutoff_at, started_at, finished_at, proposed_by_id, proposal, approved_by_id, "
                "approved_at, by_person_id from settlement_runs where brand_id = $1 and id < $2 order by id desc limit "
                "$3"};

const Sql kDebtors{"money.debtors",
                   "select agent_id, debt_fen from agent_accounts where brand_id = $1 and debt_fen > 0 and agent_id > "
                   "$2 order by agent_id limit $3"};
const Sql kDebtsMade{"money.debts_made",
                     "select new_debt_fen, at from settlements where agent_id = $1 and new_debt_fen > 0 order by id "
                     "desc limit 10000"};

const Sql kToPay{"payout.settlements_to_pay",
                 "select s.id, s.agent_id, s.payable_fen from settlement_runs r join settlements s on s.run_id = r.id "
                 "where r.brand_id = $1 and s.state = 'settled' and s.payable_fen > 0 and not exists (select 1 from "
                 "payouts p where p.settlement_id = s.id and p.state in ('sent', 'done')) order by s.agent_id, s.id "
                 "limit $2"};
const Sql kOnItsWay{"payout.on_its_way", "select 1 from payouts where settlement_id = $1 and state = 'sent'"};
const Sql kInsertBatch{"payout.insert_batch",
                       "insert into payout_batches (id, brand_id, by_person_id, at) values ($1, $2, $3, $4)"};
const Sql kInsertPayout{"payout.insert",
                        "insert into payouts (id, batch_id, brand_id, settlement_id, agent_id, amount_fen, state, at) "
                        "values ($1, $2, $3, $4, $5, $6, 'sent', $7)"};
#define BATCH                                                                                                         \
  "select b.id, b.brand_id, b.by_person_id, b.at, (select count(*) from payouts p where p.batch_id = b.id), (select " \
  "count(*) from payouts p where p.batch_id = b.id and p.state = 'done'), (select count(*) from payouts p where "     \
  "p.batch_id = b.id and p.state = 'failed'), (select cast(coalesce(sum(p.amount_fen), 0) as bigint) from payouts p " \
  "where p.batch_id = b.id), (select cast(coalesce(sum(p.amount_fen), 0) as bigint) from payouts p where p.batch_id " \
  "= b.id and p.state = 'done'), b.channel, (select count(*) from payouts p join transfers t on t.payout_id = p.id "  \
  "where p.batch_id = b.id and t.state in ('due', 'sent', 'waiting')) from payout_batches b "
const Sql kBatch{"payout.batch", BATCH "where b.id = $1"};
const Sql kBatches{"payout.batches", BATCH "where b.brand_id = $1 and b.id > $2 order by b.id limit $3"};
const Sql kPayouts{"payout.of_batch",
                   "select id, batch_id, brand_id, settlement_id, agent_id, amount_fen, state, reference, reason, at, "
                   "done_at from payouts where batch_id = $1 order by id limit 10000"};
const Sql kSetPayout{"payout.set",
                     "update payouts set state = $2, reference = $3, reason = $4, done_at = $5 where id = $1 and state "
                     "= 'sent'"};

PayoutBatch read_batch(const Row& r) {
  return {r.id<PayoutBatchId>(0), r.id<BrandId>(1), r.id<PersonId>(2), r.integer(3), r.integer(4), r.integer(5),
          r.integer(6),           r.integer(7),     r.integer(8),      r.str(9),     r.integer(10)};
}

}  // namespace

std::vector<Due> due_of(db::Tx& tx, BrandId brand, Instant cutoff_at, AgentId after, int limit) {
  return tx.all(kDue, {brand, cutoff_at, after.value, limit},
                [](const Row& r) { return Due{r.id<AgentId>(0), r.integer(1), r.integer(2), r.integer(3)}; });
}
std::string settlement_approval(db::Tx& tx, BrandId brand) {
  return tx.one(kApproval, {brand}, [](const Row& r) { return r.str(0); }).value_or("auto");
}
void set_settlement_approval(db::Tx& tx, BrandId brand, std::string_view rule, PersonId by, Instant at) {
  tx.exec(kSetApproval, {brand, rule, by, at});
}
void propose_run(db::Tx& tx, SettlementId run, PersonId by, std::string_view digest) {
  tx.exec(kPropose, {run, by, Param::blob(digest)});
}
bool approve_run(db::Tx& tx, SettlementId run, PersonId by, Instant at) {
  return tx.exec(kApprove, {run, by, at}) == 1;
}
std::vector<Run> runs_of(db::Tx& tx, BrandId brand, std::int64_t before, int limit) {
  return tx.all(kRuns, {brand, before == 0 ? INT64_MAX : before, limit}, read_run);
}

std::vector<Debtor> debtors(db::Tx& tx, BrandId brand, AgentId after, int limit) {
  return tx.all(kDebtors, {brand, after.value, limit},
                [](const Row& r) { return Debtor{r.id<AgentId>(0), r.integer(1)}; });
}
std::vector<Made> debts_made(db::Tx& tx, AgentId agent) {
  return tx.all(kDebtsMade, {agent}, [](const Row& r) { return Made{r.integer(0), r.integer(1)}; });
}

std::vector<Settlement> settlements_to_pay(db::Tx& tx, BrandId brand, int limit) {
  return tx.all(kToPay, {brand, limit}, [](const Row& r) {
    Settlement s;
    s.id = r.id<SettlementId>(0);
    s.agent = r.id<AgentId>(1);
    s.payable_fen = r.integer(2);
    return s;
  });
}
bool payout_on_its_way(db::Tx& tx, SettlementId settlement) { return tx.exists(kOnItsWay, {settlement}); }
void insert_batch(db::Tx& tx, const PayoutBatch& b) { tx.exec(kInsertBatch, {b.id, b.brand, b.by, b.at}); }
void insert_payout(db::Tx& tx, const Payout& p) {
  tx.exec(kInsertPayout, {p.id, p.batch, p.brand, p.settlement, p.agent, p.amount_fen, p.at});
}
std::optional<PayoutBatch> batch(db::Tx& tx, PayoutBatchId id) { return tx.one(kBatch, {id}, read_batch); }
std::vector<PayoutBatch> batches(db::Tx& tx, BrandId brand, std::int64_t after, int limit) {
  return tx.all(kBatches, {brand, after, limit}, read_batch);
}
std::vector<Payout> payouts_of(db::Tx& tx, PayoutBatchId id) {
  return tx.all(kPayouts, {id}, [](const Row& r) {
    return Payout{r.id<PayoutId>(0), r.id<PayoutBatchId>(1), r.id<BrandId>(2), r.id<SettlementId>(3),
                  r.id<AgentId>(4),  r.integer(5),           r.str(6),         r.str(7),
                  r.str(8),          r.integer(9),           r.integer(10)};
  });
}
void set_payout(db::Tx& tx, PayoutId id, std::string_view state, std::string_view reference, std::string_view reason,
                Instant at) {
  tx.exec(kSetPayout, {id, state, reference, reason, at});
}

}  // namespace lianbo::order::store
