#include "insight/verify.hpp"

#include <algorithm>
#include <map>
#include <unordered_map>

#include "base/check.hpp"
#include "base/json.hpp"
#include "live/offers_service.hpp"
#include "live/packed_ids.hpp"
#include "share/share_service.hpp"

namespace lianbo::insight {
namespace {

using db::Row;
using db::Sql;

constexpr std::size_t kShown = 20;
constexpr int kDrawsLookedAt = 10'000;

// A rule as a query: each row it gives is one thing that is wrong, as (id, a text of figures).
struct Rule {
  const char* check;
  const char* says;  // "{} …": what the row breaks
  const Sql& sql;
};

const Sql kStockLaw{
    "verify.stock_law",
    "select s.id, cast(p.received as text) || ' received, ' || cast(p.pool as text) || ' in the pool, ' || "
    "cast(coalesce(l.units, 0) as text) || ' leased, ' || cast(coalesce(a.units, 0) as text) || ' allotted, ' || "
    "cast(coalesce(l.reserved, 0) as text) || ' reserved, ' || cast(coalesce(l.sold, 0) as text) || ' sold' from skus "
    "s "
    "join stock_pools p on p.sku_id = s.id left join (select sku_id, sum(units) as units, sum(reserved) as reserved, "
    "sum(sold) as sold from stock_leases group by sku_id) l on l.sku_id = s.id left join (select sku_id, sum(units) as "
    "units from stock_allotments group by sku_id) a on a.sku_id = s.id where p.pool + coalesce(l.units, 0) + "
    "coalesce(a.units, 0) + coalesce(l.reserved, 0) + coalesce(l.sold, 0) <> p.received or p.pool < 0 order by s.id "
    "limit 1000"};
const Sql kAllotments{
    "verify.allotments",
    "select x.id, x.says from (select a.sku_id as id, 'an allotment was given back and has ' || cast(a.units as text) "
    "|| "
    "' units' as says from stock_allotments a where a.closed_at is not null and a.units <> 0 union all select "
    "l.sku_id, "
    "'a line of ' || cast(l.qty as text) || ' took ' || cast(l.allotted_qty as text) || ' out of an allotment' from "
    "order_lines l where l.allotted_qty < 0 or l.allotted_qty > l.qty or (l.allotted_qty > 0 and not exists (select 1 "
    "from stock_allotments a join orders o on o.store_id = a.store_id where a.sku_id = l.sku_id and o.bucket = "
    "l.bucket "
    "and o.id = l.order_id))) x order by x.id limit 1000"};
const Sql kStockRows{"verify.stock_rows", "select count(*) from skus where brand_id = $1 or $1 = 0"};
const Sql kStockNoPool{"verify.stock_no_pool",
                       "select s.id, 'no stock row' from skus s left join stock_pools p on p.sku_id = s.id "
                       "where p.sku_id is null order by s.id limit 1000"};
const Sql kStockOrders{
    "verify.stock_orders",
    "select coalesce(o.sku_id, l.sku_id), 'bucket ' || cast(coalesce(o.bucket, l.bucket) as text) || ': orders hold ' "
    "|| "
    "cast(coalesce(o.reserved, 0) as text) || ' reserved and ' || cast(coalesce(o.sold, 0) as text) || ' sold, stock "
    "says ' || "
    "cast(coalesce(l.reserved, 0) as text) || ' and ' || cast(coalesce(l.sold, 0) as text) from "
    "(select k.bucket, k.sku_id, sum(k.reserved) as reserved, sum(k.sold) as sold from (select l.bucket, l.sku_id, "
    "sum(case when o.state = 'placed' then l.qty else 0 end) as reserved, "
    "sum(case when o.paid_at is not null then l.qty else 0 end) as sold "
    "from order_lines l join orders o on o.bucket = l.bucket and o.id = l.order_id group by l.bucket, l.sku_id "
    "union all select q.bucket, q.sku_id, 0, sum(q.qty) from parcels p join parcel_lines q on q.bucket = p.bucket and "
    "q.parcel_id = p.id where p.after_sale_id is not null group by q.bucket, q.sku_id) k "
    "group by k.bucket, k.sku_id) o left join stock_leases l on l.bucket = o.bucket and l.sku_id = o.sku_id "
    "where coalesce(l.reserved, 0) <> o.reserved or coalesce(l.sold, 0) <> o.sold order by 1 limit 1000"};
const Sql kStockWithoutOrders{
    "verify.stock_without_orders",
    "select l.sku_id, 'bucket ' || cast(l.bucket as text) || ': ' || cast(l.reserved + l.sold as text) || "
    "' units reserved or sold without an order' from stock_leases l where l.reserved + l.sold > 0 and "
    "(l.bucket, l.sku_id) not in (select bucket, sku_id from order_lines union select bucket, sku_id from "
    "parcel_lines) "
    "order by 1 limit 1000"};

const Sql kLedgerRows{"verify.ledger_rows", "select count(*) from ledger_txs where brand_id = $1 or $1 = 0"};
// The postings of a transaction lie together as they were written, so they are summed as they come. PostgreSQL would
// hand over the whole table at once: it sums by itself.
const Sql kLedgerSums{"verify.ledger_sums", "select bucket, tx_id, amount_fen from ledger_postings",
                      "select bucket, tx_id, cast(sum(amount_fen) as bigint) from ledger_postings "
                      "group by bucket, tx_id having sum(amount_fen) <> 0 order by tx_id limit 1000"};
const Sql kLedgerOrphans{
    "verify.ledger_orphans",
    "select p.tx_id, 'posting without its transaction' from ledger_postings p left join ledger_txs t "
    "on t.bucket = p.bucket and t.id = p.tx_id where t.id is null order by p.tx_id limit 1000"};

const Sql kLedgerAccounts{
    "verify.ledger_accounts",
    "select p.tx_id, 'posting on ' || p.account || ' of agent ' || cast(p.agent_id as text) from ledger_postings p "
    "where p.account <> 'wallet' and (p.agent_id <> 0) <> (p.account in ('pending', 'available', 'settled', 'paid', "
    "'debt')) "
    "order by p.tx_id limit 1000"};

const Sql kEntryRows{"verify.entry_rows", "select count(*) from entries where brand_id = $1 or $1 = 0"};
// Every (line, role) somebody holds at a rate, whose entries do not sum to floor(net × bp / 10000); 0 before payment,
// and where the buyer holds the role and the brand does not pay for that.
#define ROLE_ROWS(role)                                                                                              \
  "select l.order_id, l.line, '" role "' as role, case when o.paid_at is null or (o." role                           \
  "_agent_id = o.buyer_agent_id and r.self_purchase = 0) then 0 else ((l.paid_fen - l.refunded_fen) / 10000) * "     \
  "l." role "_bp + (((l.paid_fen - l.refunded_fen) % 10000) * l." role                                               \
  "_bp) / 10000 end as want, coalesce((select cast(sum(e.amount_fen) as bigint) from entries e where e.bucket = "    \
  "l.bucket and e.order_id = l.order_id and e.line = l.line and e.role = '" role                                     \
  "'), 0) as total from order_lines l join orders o on o.bucket = l.bucket and o.id = l.order_id join lock_rules r " \
  "on r.brand_id = o.brand_id and r.version = o.lock_rules_version where l." role "_bp > 0 and o." role              \
  "_agent_id is not null"
const Sql kEntrySums{
    "verify.entry_sums",
    "select x.order_id, 'line ' || cast(x.line as text) || ' ' || x.role || ': entries sum to ' || "
    "cast(x.total as text) || ', the plan gives ' || cast(x.want as text) from (" ROLE_ROWS("host") " union all "
    ROLE_ROWS("promoter") " union all " ROLE_ROWS("recruiter") " union all " ROLE_ROWS("clipper") ") x "
    "where x.total <> x.want order by x.order_id limit 1000"};
// And nobody else has one.
const Sql kEntryHolders{
    "verify.entry_holders",
    "select e.id, 'of an agent to whom the plan gives nothing as ' || e.role from entries e join orders o on o.bucket "
    "= "
    "e.bucket and o.id = e.order_id where e.agent_id <> coalesce(case e.role when 'host' then o.host_agent_id when "
    "'promoter' then o.promoter_agent_id when 'recruiter' then o.recruiter_agent_id else o.clipper_agent_id end, 0) or "
    "(e.bp = 0 and e.amount_fen <> 0) order by e.id limit 1000"};
const Sql kEntryOrphans{
    "verify.entry_orphans",
    "select e.id, 'entry without its order line' from entries e left join order_lines l "
    "on l.bucket = e.bucket and l.order_id = e.order_id and l.line = e.line where l.order_id is null "
    "order by e.id limit 1000"};
// One by one, not only in sum: the rate is the one the line was placed under.
const Sql kEntryRates{
    "verify.entry_rates",
    "select e.id, 'at ' || cast(e.bp as text) || ' bp, the line says otherwise for ' || e.role from entries e "
    "join order_lines l on l.bucket = e.bucket and l.order_id = e.order_id and l.line = e.line where e.bp <> case "
    "e.role "
    "when 'host' then l.host_bp when 'promoter' then l.promoter_bp when 'recruiter' then l.recruiter_bp "
    "else l.clipper_bp end order by e.id limit 1000"};
// And the line's rates are those of the plan version it names; plans are never changed.
const Sql kPlans{
    "verify.plans",
    "select l.order_id, 'line ' || cast(l.line as text) || ' does not carry the rates of its plan' from order_lines l "
    "left join plans p on p.id = l.plan_id where (l.plan_id is null and l.host_bp + l.promoter_bp + l.recruiter_bp + "
    "l.clipper_bp <> 0) or (l.plan_id is not null and (p.id is null or p.version <> l.plan_version or "
    "coalesce(p.host_bp, -1) <> l.host_bp or coalesce(p.promoter_bp, -1) <> l.promoter_bp or "
    "coalesce(p.recruiter_bp, -1) <> l.recruiter_bp or coalesce(p.clipper_bp, -1) <> l.clipper_bp or "
    "coalesce(p.freeze_days, l.freeze_days) <> l.freeze_days)) order by l.order_id limit 1000"};
const Sql kEntryStates{
    "verify.entry_states",
    "select e.id, 'entry is ' || e.state || ', its settlement is ' || coalesce(s.state, 'missing') from entries e "
    "left join settlements s on s.id = e.settlement_id where (e.state in ('settled', 'paid') and (s.id is null or "
    "s.state <> e.state or s.agent_id <> e.agent_id)) or (e.state in ('pending', 'available') and e.settlement_id is "
    "not "
    "null) order by e.id limit 1000"};
const Sql kEntryEarly{
    "verify.entry_early",
    "select e.id, 'available before its freeze had passed' from entries e join order_lines l "
    "on l.bucket = e.bucket and l.order_id = e.order_id and l.line = e.line where e.state <> 'pending' "
    "and (l.matured_at is null or l.available_at is null or e.available_at < l.available_at) "
    "order by e.id limit 1000"};
const Sql kEntryLate{"verify.entry_stuck",
                     "select e.id, 'pending although its line has matured' from entries e join order_lines l "
                     "on l.bucket = e.bucket and l.order_id = e.order_id and l.line = e.line where e.state = 'pending' "
                     "and l.matured_at is not null order by e.id limit 1000"};

const Sql kAccountRows{"verify.account_rows", "select count(*) from agents where brand_id = $1 or $1 = 0"};
// What each agent's accounts must hold, from entries and settlements, against the ledger.
const Sql kAccounts{
    "verify.accounts",
    "select w.agent_id, w.account || ': ledger has ' || cast(coalesce(p.total, 0) as text) || ', the rows give ' || "
    "cast(w.total as text) from (select agent_id, account, sum(total) as total from ("
    "select agent_id, state as account, sum(amount_fen) as total from entries where state in ('pending', 'available') "
    "group by agent_id, state union all "
    "select agent_id, state, sum(payable_fen) from settlements group by agent_id, state union all "
    "select agent_id, 'debt', sum(worked_off_fen - new_debt_fen) from settlements group by agent_id) u "
    "group by agent_id, account) w left join (select agent_id, account, sum(amount_fen) as total from ledger_postings "
    "where agent_id <> 0 group by agent_id, account) p on p.agent_id = w.agent_id and p.account = w.account "
    "where coalesce(p.total, 0) <> w.total order by w.agent_id limit 1000"};
const Sql kAccountsMore{
    "verify.accounts_more",
    "select p.agent_id, p.account || ': ledger has ' || cast(p.total as text) || ' without rows' from (select "
    "agent_id, account, "
    "sum(amount_fen) as total from ledger_postings where agent_id <> 0 group by agent_id, account) p where p.total <> "
    "0 and "
    "((p.account in ('pending', 'available') and not exists (select 1 from entries e where e.agent_id = p.agent_id "
    "and e.state = p.account)) or (p.account in ('settled', 'paid') and not exists (select 1 from settlements s "
    "where s.agent_id = p.agent_id and s.state = p.account)) or (p.account = 'debt' and not exists (select 1 from "
    "settlements s where s.agent_id = p.agent_id))) order by p.agent_id limit 1000"};
const Sql kDebts{
    "verify.debts",
    "select a.agent_id, 'debt of the account is ' || cast(a.debt_fen as text) || ', the ledger says ' || "
    "cast(coalesce(-p.total, 0) as text) from agent_accounts a left join (select agent_id, sum(amount_fen) as total "
    "from ledger_postings where account = 'debt' group by agent_id) p on p.agent_id = a.agent_id "
    "where a.debt_fen <> coalesce(-p.total, 0) order by a.agent_id limit 1000"};
const Sql kSettlementSums{
    "verify.settlement_sums",
    "select s.id, 'took ' || cast(s.entries_fen as text) || ', its entries sum to ' || "
    "cast(coalesce(e.total, 0) as text) from settlements s left join (select settlement_id, "
    "sum(amount_fen) as total from entries where settlement_id is not null group by settlement_id) e "
    "on e.settlement_id = s.id where s.entries_fen <> coalesce(e.total, 0) or "
    "s.entries_fen <> s.payable_fen + s.worked_off_fen - s.new_debt_fen or s.payable_fen < 0 "
    "order by s.id limit 1000"};

const Sql kPayouts{
    "verify.payouts",
    "select p.id, p.state || ', ' || cast(p.amount_fen as text) || ' of a settlement of ' || "
    "cast(s.payable_fen as text) || ' that is ' || s.state || '; ' || cast(coalesce(t.done, 0) as text) || "
    "' came through the rail' from payouts p join settlements s on s.id = p.settlement_id left join (select payout_id, "
    "sum(case when state = 'done' then amount_fen else 0 end) as done from transfers group by payout_id) t on "
    "t.payout_id = p.id where p.amount_fen <> s.payable_fen or coalesce(t.done, 0) > p.amount_fen or (p.state = "
    "'failed' and coalesce(t.done, 0) > 0) or (p.state = 'done' and s.state <> 'paid') order by p.id limit 1000"};

const Sql kOrderRows{"verify.order_rows", "select count(*) from orders where brand_id = $1 or $1 = 0"};
const Sql kOrderPayments{
    "verify.order_payments",
    "select o.id, 'order is ' || o.state || ', payment is ' || coalesce(p.state, 'missing') from orders o left join "
    "payments p "
    "on p.bucket = o.bucket and p.order_id = o.id where p.order_id is null or p.amount_fen <> o.total_fen or "
    "(o.state = 'placed' and p.state <> 'open') or (o.state = 'cancelled' and o.paid_at is null and p.state not in "
    "('closed', 'late')) or ((o.state in ('paid', 'shipped', 'received', 'completed') or o.paid_at is not null) and "
    "p.state <> 'paid') order by o.id limit 1000"};
const Sql kOrderInstants{"verify.order_instants",
                         "select o.id, 'the instants do not fit an order that is ' || o.state from orders o where "
                         "(o.state in ('paid', 'shipped', 'received', 'completed') and o.paid_at is null) or "
                         "(o.state = 'placed' and o.paid_at is not null) or "
                         "(o.state in ('shipped', 'received', 'completed')) <> (o.shipped_at is not null) or "
                         "(o.state in ('received', 'completed')) <> (o.received_at is not null) or "
                         "(o.state = 'completed') <> (o.completed_at is not null) or "
                         "(o.state = 'cancelled') <> (o.cancelled_at is not null) order by o.id limit 1000"};
const Sql kOrderSums{
    "verify.order_sums",
    "select o.id, 'goods ' || cast(o.goods_fen as text) || ', lines ' || cast(coalesce(l.goods, 0) as text) || '; "
    "refunded ' || "
    "cast(o.refunded_fen as text) || ', lines ' || cast(coalesce(l.refunded, 0) as text) from orders o left join "
    "(select order_id, sum(goods_fen) as goods, sum(paid_fen) as paid, sum(refunded_fen) as refunded, "
    "min(paid_fen - refunded_fen) as low from order_lines group by order_id) l on l.order_id = o.id where "
    "coalesce(l.goods, -1) <> o.goods_fen or l.paid <> o.goods_fen - o.discount_fen "
    "or l.refunded <> o.refunded_fen - o.shipping_refunded_fen or l.low < 0 or o.shipping_refunded_fen < 0 or "
    "o.shipping_refunded_fen > o.shipping_fen or o.total_fen <> o.goods_fen - o.discount_fen + o.shipping_fen "
    "order by o.id limit 1000"};
const Sql kRefundSums{
    "verify.refund_sums",
    "select l.order_id, 'line ' || cast(l.line as text) || ' refunded ' || cast(l.refunded_fen as text) || ', refunds "
    "done ' || "
    "cast(coalesce(r.total, 0) as text) from order_lines l left join (select bucket, order_id, line, sum(amount_fen - "
    "shipping_fen) as total "
    "from refunds where state = 'done' and line is not null group by bucket, order_id, line) r on r.bucket = l.bucket "
    "and r.order_id = l.order_id and r.line = l.line where l.refunded_fen <> coalesce(r.total, 0) order by l.order_id "
    "limit 1000"};
// Money that came late has exactly its refund; nothing else is refunded as a whole order.
const Sql kLatePayments{
    "verify.late_payments",
    "select p.order_id, 'payment is ' || p.state || ', ' || cast(coalesce(r.n, 0) as text) || ' refunds of the whole "
    "over ' "
    "|| cast(coalesce(r.total, 0) as text) from payments p left join (select bucket, order_id, count(*) as n, "
    "sum(amount_fen) as total from refunds where line is null group by bucket, order_id) r on r.bucket = p.bucket and "
    "r.order_id = p.order_id where coalesce(r.n, 0) <> (case when p.state = 'late' then 1 else 0 end) or "
    "(p.state = 'late' and r.total <> p.amount_fen) order by p.order_id limit 1000"};
const Sql kAfterSales{
    "verify.after_sales",
    "select a.id, 'after-sale is ' || a.state || ', its refund is ' || coalesce(r.state, 'missing') from after_sales a "
    "left join refunds r on r.bucket = a.bucket and r.order_id = a.order_id and r.after_sale_id = a.id where "
    "(a.state in ('refunding', 'refunded')) <> (r.id is not null) or (a.state = 'refunded') <> "
    "(coalesce(r.state, '') = 'done') or r.amount_fen <> a.amount_fen + a.shipping_fen or r.shipping_fen <> "
    "a.shipping_fen order by a.id limit 1000"};
// Parcels: what left is what the lines say left, and no more than was ordered; an order is shipped when nothing is
// left.
const Sql kParcels{
    "verify.parcels",
    "select l.order_id, 'line ' || cast(l.line as text) || ': ' || cast(l.qty as text) || ' ordered, ' || "
    "cast(l.shipped_qty as text) || ' shipped, ' || cast(l.dropped_qty as text) || ' given up, ' || "
    "cast(coalesce(p.sent, 0) as text) || ' in parcels, the order is ' || o.state from order_lines l join orders o on "
    "o.bucket = l.bucket and o.id = l.order_id left join (select x.bucket, x.order_id, y.line, sum(y.qty) as sent from "
    "parcels x join parcel_lines y on y.bucket = x.bucket and y.parcel_id = x.id where x.after_sale_id is null group "
    "by x.bucket, x.order_id, y.line) p on p.bucket = l.bucket and p.order_id = l.order_id and p.line = l.line where "
    "l.shipped_qty <> coalesce(p.sent, 0) or l.shipped_qty + l.dropped_qty > l.qty or l.refunded_qty > l.qty or "
    "(l.shipped_qty > 0 and o.paid_at is null) or (o.state in ('shipped', 'received', 'completed') and l.shipped_qty + "
    "l.dropped_qty <> l.qty) order by l.order_id limit 1000"};
// An exchange that sent something has exactly its units in one parcel.
const Sql kReplacements{
    "verify.replacements",
    "select a.id, 'exchange is ' || a.state || ', ' || cast(coalesce(p.sent, 0) as text) || ' units were sent for ' || "
    "cast(a.qty as text) from after_sales a left join (select x.bucket, x.after_sale_id, sum(y.qty) as sent, "
    "min(y.sku_id) as sku_id from parcels x join parcel_lines y on y.bucket = x.bucket and y.parcel_id = x.id where "
    "x.after_sale_id is not null group by x.bucket, x.after_sale_id) p on p.bucket = a.bucket and p.after_sale_id = "
    "a.id where coalesce(p.sent, 0) <> (case when a.state in ('replaced', 'exchanged') then a.qty else 0 end) or "
    "p.sku_id <> a.sku_id order by a.id limit 1000"};
// The lock an order was attributed under is the one its lock's history says it lengthened.
const Sql kOrderLocks{
    "verify.order_locks",
    "select o.id, 'the order and the history of its buyer''s lock disagree on the agent' from orders o left join "
    "lock_orders k on k.buyer_id = o.buyer_id and k.id = o.id where coalesce(o.lock_agent_id, 0) <> "
    "coalesce(k.agent_id, "
    "0) "
    "order by o.id limit 1000"};
const Sql kAttribution{
    "verify.attribution",
    "select o.id, 'host is not the agent of the store' from orders o join stores s on s.id = o.store_id "
    "where coalesce(o.host_agent_id, 0) <> s.agent_id or coalesce(o.promoter_agent_id, 0) <> coalesce(o.lock_agent_id, "
    "0) "
    "or (o.recruiter_agent_id is not null and o.promoter_agent_id is null) order by o.id limit 1000"};

// What each of the brand's own accounts must hold, from the rows; every brand and account, also where there is nothing.
const Sql kMoney{
    "verify.money",
    "select w.brand_id, w.account || ': ledger has ' || cast(coalesce(p.total, 0) as text) || ', the rows give ' || "
    "cast(w.total as text) from (select x.brand_id, x.account, sum(x.total) as total from ("
    "select brand_id, 'sales' as account, total_fen as total from orders where paid_at is not null union all "
    "select brand_id, 'buyers', -total_fen from orders where paid_at is not null union all "
    "select brand_id, 'commission', -amount_fen from entries union all "
    "select brand_id, 'refund', -amount_fen from refunds where state = 'done' union all "
    "select brand_id, 'buyers', amount_fen from refunds where state = 'done' union all "
    "select o.brand_id, 'refund', y.amount_fen from payments y join orders o on o.bucket = y.bucket and o.id = "
    "y.order_id "
    "where y.state = 'late' union all "
    "select o.brand_id, 'buyers', -y.amount_fen from payments y join orders o on o.bucket = y.bucket and "
    "o.id = y.order_id where y.state = 'late' union all "
    "select brand_id, 'promotion', -amount_fen from wallet_credits union all "
    "select brand_id, 'promotion', budget_fen - returned_fen from promotions union all "
    "select b.id, a.account, 0 from brands b cross join (select 'sales' as account union all select 'buyers' union all "
    "select 'commission' union all select 'refund' union all select 'promotion' union all select 'payout') a"
    ") x group by x.brand_id, x.account) w "
    "left join (select t.brand_id, q.account, sum(q.amount_fen) as total from ledger_txs t join ledger_postings q "
    "on q.bucket = t.bucket and q.tx_id = t.id where q.agent_id = 0 group by t.brand_id, q.account) p "
    "on p.brand_id = w.brand_id and p.account = w.account where coalesce(p.total, 0) <> w.total order by w.brand_id "
    "limit 1000"};

const Sql kPromotionRows{"verify.promotion_rows", "select count(*) from promotions where brand_id = $1 or $1 = 0"};
const Sql kBudgets{
    "verify.budgets",
    "select p.id, 'pool ' || cast(p.pool_fen as text) || ', leases ' || cast(coalesce(l.units, 0) as text) || ', spent "
    "' || cast(coalesce(l.spent, 0) as text) || ', returned ' || cast(p.returned_fen as text) || ' of ' || "
    "cast(p.budget_fen as text) from promotions p left join (select promotion_id, sum(units) as units, sum(spent) as "
    "spent from promotion_leases group by promotion_id) l on l.promotion_id = p.id where p.pool_fen + "
    "coalesce(l.units, "
    "0) + coalesce(l.spent, 0) + p.returned_fen <> p.budget_fen or (p.state = 'ended' and p.pool_fen + "
    "coalesce(l.units, 0) <> 0) or (p.state <> 'ended' and p.returned_fen <> 0) order by p.id limit 1000"};
// What was paid is what was charged, click by click.
const Sql kCharges{
    "verify.charges",
    "select p.id, 'spent ' || cast(coalesce(l.spent, 0) as text) || ' on ' || cast(coalesce(l.clicks, 0) as text) || ' "
    "clicks, the visits say ' || cast(coalesce(v.paid, 0) as text) || ' on ' || cast(coalesce(v.clicks, 0) as text) "
    "from promotions p left join (select promotion_id, sum(spent) as spent, sum(clicks) as clicks from "
    "promotion_leases group by promotion_id) l on l.promotion_id = p.id left join (select promotion_id, "
    "sum(price_fen) as paid, count(*) as clicks from promotion_visits where price_fen > 0 group by promotion_id) v on "
    "v.promotion_id = p.id where coalesce(l.spent, 0) <> coalesce(v.paid, 0) or coalesce(l.clicks, 0) <> "
    "coalesce(v.clicks, 0) order by p.id limit 1000"};
// No click into a room that was not on air. Its instant is when it was asked for; until it is carried out it may wait
// as long as a request may.
const Sql kClicksOnAir{
    "verify.clicks_on_air",
    "select p.id, cast(count(*) as text) || ' clicks while the room was not on air' from promotion_visits v join "
    "promotions p on p.id = v.promotion_id join broadcasts b on b.id = p.broadcast_id where v.clicked_at is not null "
    "and (b.started_at is null or v.clicked_at < b.started_at - 15000 or (b.ended_at is not null and v.clicked_at > "
    "b.ended_at + 15000)) group by p.id order by p.id limit 1000"};
const Sql kPromotionMoney{
    "verify.promotion_money",
    "select p.id, 'the wallet paid ' || cast(coalesce(-m.paid, 0) as text) || ' and got ' || cast(coalesce(m.back, 0) "
    "as text) || ' back; bought for ' || cast(p.budget_fen as text) || ', returned ' || cast(p.returned_fen as text) "
    "from promotions p left join (select t.brand_id, t.cause_id, q.agent_id, sum(case when t.cause = "
    "'promotion_bought' then q.amount_fen else 0 end) as paid, sum(case when t.cause = 'promotion_returned' then "
    "q.amount_fen else 0 end) as back from ledger_txs t join ledger_postings q on q.bucket = t.bucket and q.tx_id = "
    "t.id where q.account = 'wallet' and t.cause in ('promotion_bought', 'promotion_returned') group by t.brand_id, "
    "t.cause_id, q.agent_id) m on m.cause_id = p.id and m.brand_id = p.brand_id and m.agent_id = p.agent_id where "
    "coalesce(-m.paid, 0) <> p.budget_fen or coalesce(m.back, 0) <> p.returned_fen order by p.id limit 1000"};
// A wallet is the sum of its postings; every wallet, and every owner of postings.
const Sql kWallets{
    "verify.wallets",
    "select w.brand_id, 'the wallet of ' || case when w.agent_id = 0 then 'the brand' else 'agent ' || "
    "cast(w.agent_id as text) end || ' has ' || cast(sum(w.kept) as text) || ', its postings sum to ' || "
    "cast(sum(w.posted) as text) from (select brand_id, agent_id, balance_fen as kept, 0 as posted from wallets union "
    "all select t.brand_id, q.agent_id, 0, q.amount_fen from ledger_txs t join ledger_postings q on q.bucket = "
    "t.bucket and q.tx_id = t.id where q.account = 'wallet') w group by w.brand_id, w.agent_id having sum(w.kept) <> "
    "sum(w.posted) order by w.brand_id limit 1000"};
const Sql kRollup{
    "verify.rollup",
    "select b.id, 'brand ' || cast(coalesce(o.total, 0) as text) || ', stores ' || cast(coalesce(s.total, 0) as text) "
    "|| "
    "', lines ' || cast(coalesce(l.total, 0) as text) from brands b left join (select brand_id, sum(total_fen - "
    "refunded_fen) as "
    "total from orders where paid_at is not null group by brand_id) o on o.brand_id = b.id left join "
    "(select st.brand_id, sum(x.total) as total from (select store_id, sum(total_fen - refunded_fen) as total from "
    "orders "
    "where paid_at is not null group by store_id) x join stores st on st.id = x.store_id group by st.brand_id) s "
    "on s.brand_id = b.id left join (select q.brand_id, sum(z.paid_fen - z.refunded_fen) + sum(case when z.line = 0 "
    "then "
    "q.shipping_fen - q.shipping_refunded_fen else 0 end) as total from orders q join order_lines z on z.bucket = "
    "q.bucket and z.order_id = q.id "
    "where q.paid_at is not null group by q.brand_id) l on l.brand_id = b.id where coalesce(o.total, 0) <> "
    "coalesce(s.total, 0) "
    "or coalesce(o.total, 0) <> coalesce(l.total, 0) order by b.id limit 1000"};
// Every order is in a store of an agent of its brand: the rows by region leave none out.
const Sql kRegions{
    "verify.regions",
    "select b.id, 'brand ' || cast(coalesce(o.total, 0) as text) || ', regions ' || cast(coalesce(g.total, 0) as text) "
    "from brands b left join (select brand_id, sum(total_fen - refunded_fen) as total from orders where paid_at is not "
    "null group by brand_id) o on o.brand_id = b.id left join (select a.brand_id, sum(q.total_fen - q.refunded_fen) as "
    "total from orders q join stores s on s.id = q.store_id join agents a on a.id = s.agent_id where q.paid_at is not "
    "null and a.brand_id = q.brand_id group by a.brand_id) g on g.brand_id = b.id where coalesce(o.total, 0) <> "
    "coalesce(g.total, 0) order by b.id limit 1000"};
// Figures: kept in every scope that holds all facts, and what waits to be counted, against the rows.
const Sql kFigureRows{"verify.figure_rows", "select count(*) from figures where brand_id = $1 or $1 = 0"};
const Sql kFigures{
    "verify.figures",
    "select c.id, s.scope || ': paid ' || cast(coalesce(f.paid_fen, 0) as text) || ', waiting ' || "
    "cast(coalesce(t.paid_fen, 0) as text) || ', by the rows ' || cast(coalesce(o.paid_fen, 0) as text) from brands c "
    "cross join (select 'store' as scope union all select 'broadcast' union all select 'minute' union all select "
    "'cascade' union all select 'share') s left join (select brand_id, scope, sum(orders) as orders, sum(paid_orders) "
    "as paid_orders, sum(paid_fen) as paid_fen, sum(refunded_fen) as refunded_fen, sum(touches) as touches, "
    "sum(enters) "
    "as enters from figures group by brand_id, scope) f on f.brand_id = c.id and f.scope = s.scope left join (select "
    "brand_id, sum(case when what = 'placed' then 1 else 0 end) as orders, sum(case when what = 'paid' then 1 else 0 "
    "end) as paid_orders, sum(case when what = 'paid' then amount_fen else 0 end) as paid_fen, sum(case when what = "
    "'refunded' then amount_fen else 0 end) as refunded_fen, sum(case when what = 'touch' then 1 else 0 end) as "
    "touches "
    "from tallies group by brand_id) t on t.brand_id = c.id left join (select x.brand_id, sum(w.n) as enters from "
    "tallies w join broadcasts x on x.id = w.broadcast_id where w.what = 'enter' group by x.brand_id) e on e.brand_id "
    "= "
    "c.id left join (select brand_id, count(*) as orders, sum(case when paid_at is not null then 1 else 0 end) as "
    "paid_orders, sum(case when paid_at is not null then total_fen else 0 end) as paid_fen, sum(refunded_fen) as "
    "refunded_fen from orders group by brand_id) o on o.brand_id = c.id left join (select brand_id, count(*) as "
    "touches "
    "from touches where merged_from_id is null and kind = 'share' group by brand_id) u on u.brand_id = c.id left join "
    "(select brand_id, sum(enters) as enters from broadcasts where audience = 'public' group by brand_id) n on "
    "n.brand_id = c.id where "
    "coalesce(f.orders, 0) + coalesce(t.orders, 0) <> coalesce(o.orders, 0) or coalesce(f.paid_orders, 0) + "
    "coalesce(t.paid_orders, 0) <> coalesce(o.paid_orders, 0) or coalesce(f.paid_fen, 0) + coalesce(t.paid_fen, 0) <> "
    "coalesce(o.paid_fen, 0) or coalesce(f.refunded_fen, 0) + coalesce(t.refunded_fen, 0) <> coalesce(o.refunded_fen, "
    "0) or coalesce(f.touches, 0) + coalesce(t.touches, 0) <> coalesce(u.touches, 0) or coalesce(f.enters, 0) + "
    "coalesce(e.enters, 0) <> coalesce(n.enters, 0) order by c.id, s.scope limit 1000"};
const Sql kPinFigures{
    "verify.pin_figures",
    "select b.id, 'its pins add up to ' || cast(coalesce(p.paid_fen, 0) as text) || ', its days to ' || "
    "cast(coalesce(d.paid_fen, 0) as text) from broadcasts b left join (select group_id, sum(paid_fen) as paid_fen, "
    "sum(refunded_fen) as refunded_fen, sum(orders) as orders, sum(clicks) as clicks, sum(exposures) as exposures, "
    "sum(enters) as enters, sum(touches) as touches from figures where scope = 'pin' group by group_id) p on "
    "p.group_id "
    "= b.id left join (select id, sum(paid_fen) as paid_fen, sum(refunded_fen) as refunded_fen, sum(orders) as orders, "
    "sum(clicks) as clicks, sum(exposures) as exposures, sum(enters) as enters, sum(touches) as touches from figures "
    "where scope = 'broadcast' group by id) d on d.id = b.id where coalesce(p.paid_fen, 0) <> coalesce(d.paid_fen, 0) "
    "or coalesce(p.refunded_fen, 0) <> coalesce(d.refunded_fen, 0) or coalesce(p.orders, 0) <> coalesce(d.orders, 0) "
    "or "
    "coalesce(p.clicks, 0) <> coalesce(d.clicks, 0) or coalesce(p.exposures, 0) <> coalesce(d.exposures, 0) or "
    "coalesce(p.enters, 0) <> coalesce(d.enters, 0) or coalesce(p.touches, 0) <> coalesce(d.touches, 0) order by b.id "
    "limit 1000"};
const Sql kStoreFigures{
    "verify.store_figures",
    "select s.id, 'its orders were paid with ' || cast(coalesce(o.paid_fen, 0) as text) || ', its figures say ' || "
    "cast(coalesce(f.paid_fen, 0) + coalesce(t.paid_fen, 0) as text) from stores s left join (select id, sum(paid_fen) "
    "as paid_fen, sum(refunded_fen) as refunded_fen from figures where scope = 'store' group by id) f on f.id = s.id "
    "left join (select store_id, sum(case when what = 'paid' then amount_fen else 0 end) as paid_fen, sum(case when "
    "what = 'refunded' then amount_fen else 0 end) as refunded_fen from tallies group by store_id) t on t.store_id = "
    "s.id left join (select store_id, sum(case when paid_at is not null then total_fen else 0 end) as paid_fen, "
    "sum(refunded_fen) as refunded_fen from orders group by store_id) o on o.store_id = s.id where "
    "coalesce(f.paid_fen, "
    "0) + coalesce(t.paid_fen, 0) <> coalesce(o.paid_fen, 0) or coalesce(f.refunded_fen, 0) + coalesce(t.refunded_fen, "
    "0) <> coalesce(o.refunded_fen, 0) order by s.id limit 1000"};
// Who was shown which room, as it was told, against what the figures have of it.
const Sql kShownRooms{"verify.shown_rooms", "select items from exposure_sets where item_kind = 'broadcast'"};
const Sql kCountedRooms{
    "verify.counted_rooms",
    "select b.id, b.brand_id, cast(coalesce(f.n, 0) + coalesce(t.n, 0) as bigint) from broadcasts b left join (select "
    "id, sum(exposures) as n from figures where scope = 'broadcast' group by id) f on f.id = b.id left join (select "
    "broadcast_id, sum(n) as n from tallies where what = 'exposure' group by broadcast_id) t on t.broadcast_id = b.id "
    "order by b.id"};
const Sql kCohorts{
    "verify.cohorts",
    "select b.id, 'visitors ' || cast(coalesce(v.people, 0) as text) || ', cohorts ' || cast(coalesce(c.people, 0) as "
    "text) from brands b left join (select brand_id, count(*) as people, sum(returned) as returned from visitors group "
    "by brand_id) v on v.brand_id = b.id left join (select brand_id, sum(people) as people, sum(returned) as returned "
    "from cohorts group by brand_id) c on c.brand_id = b.id where coalesce(v.people, 0) <> coalesce(c.people, 0) or "
    "coalesce(v.returned, 0) <> coalesce(c.returned, 0) order by b.id limit 1000"};
const Sql kBrandRows{"verify.brand_rows", "select count(*) from brands where id = $1 or $1 = 0"};

const Sql kPinRows{"verify.pin_rows", "select count(*) from pins where brand_id = $1 or $1 = 0"};
const Sql kPins{
    "verify.pins",
    "select p.id, 'overlaps another pin, or runs backwards' from (select id, opened_at, closed_at, media_open_ms, "
    "media_close_ms, lag(closed_at) over w as before_at, lag(id) over w as before_id, row_number() over w as n "
    "from pins window w as (partition by broadcast_id order by id)) p where (p.closed_at is not null and "
    "(p.closed_at < p.opened_at or p.media_close_ms < p.media_open_ms)) or (p.before_id is not null and "
    "(p.before_at is null or p.before_at > p.opened_at)) order by p.id limit 1000"};
const Sql kPinsAfterEnd{
    "verify.pins_after_end",
    "select p.id, 'open although the broadcast is over' from pins p join broadcasts b "
    "on b.id = p.broadcast_id where p.closed_at is null and b.state <> 'live' order by p.id limit 1000"};

const Sql kShareRows{"verify.share_rows", "select count(*) from shares where brand_id = $1 or $1 = 0"};
const Sql kShares{
    "verify.shares",
    "select s.id, 'root or depth does not follow its parent' from shares s left join shares p on p.id = s.parent_id "
    "where "
    "(s.parent_id is null and (s.root_id <> s.id or s.depth <> 0)) or (s.parent_id is not null and (p.id is null "
    "or s.root_id <> p.root_id or s.depth <> p.depth + 1)) order by s.id limit 1000"};

// Prices, coupons, flash prices, lucky bags. An order that was cancelled unpaid has given back what it took.
#define STANDS "(o.state <> 'cancelled' or o.paid_at is not null)"
const Sql kOfferRows{
    "verify.offer_rows",
    "select (select count(*) from campaigns where brand_id = $1 or $1 = 0) + (select count(*) from "
    "coupons where brand_id = $1 or $1 = 0) + (select count(*) from flash_sales where brand_id = $1 or "
    "$1 = 0) + (select count(*) from lucky_bags where brand_id = $1 or $1 = 0)"};
const Sql kCampaignPrices{
    "verify.campaign_prices",
    "select l.order_id, 'line ' || cast(l.line as text) || ' was sold at ' || cast(l.price_fen as text) || ', its "
    "campaign says ' || coalesce(cast(i.price_fen as text), 'nothing') from order_lines l join orders o on o.bucket = "
    "l.bucket and o.id = l.order_id left join campaigns c on c.id = l.campaign_id left join campaign_items i on "
    "i.campaign_id = l.campaign_id and i.sku_id = l.sku_id left join store_campaigns g on g.campaign_id = "
    "l.campaign_id "
    "and g.store_id = o.store_id and g.ends_at = c.ends_at where (l.campaign_id is not null and (i.sku_id is null or "
    "g.store_id is null or o.placed_at < c.starts_at or o.placed_at >= c.ends_at)) or (l.price_source = 'campaign' and "
    "(l.campaign_id is null or l.price_fen <> i.price_fen)) or (l.price_source = 'list' and (l.campaign_id is not null "
    "or l.price_fen <> coalesce(l.list_fen, l.price_fen))) order by l.order_id limit 1000"};
const Sql kFlashUnits{
    "verify.flash_units",
    "select f.id, cast(f.units - f.units_left as text) || ' of ' || cast(f.units as text) || ' units are gone, orders "
    "have ' || cast(coalesce(x.qty, 0) as text) from flash_sales f left join (select l.flash_id, sum(l.qty) as qty "
    "from "
    "order_lines l join orders o on o.bucket = l.bucket and o.id = l.order_id where l.flash_id is not null and " STANDS
    " group by l.flash_id) x on x.flash_id = f.id where f.units - f.units_left <> coalesce(x.qty, 0) order by f.id "
    "limit "
    "1000"};
const Sql kFlashPrices{
    "verify.flash_prices",
    "select l.order_id, 'line ' || cast(l.line as text) || ' was sold at ' || cast(l.price_fen as text) || ', the "
    "flash "
    "price does not fit' from order_lines l join orders o on o.bucket = l.bucket and o.id = l.order_id left join "
    "flash_sales f on f.id = l.flash_id where (l.price_source = 'flash') <> (l.flash_id is not null) or (l.flash_id is "
    "not null and (f.id is null or f.price_fen <> l.price_fen or f.sku_id <> l.sku_id or f.broadcast_id <> "
    "coalesce(o.broadcast_id, 0) or o.placed_at < f.opened_at or o.placed_at >= f.ends_at)) order by l.order_id limit "
    "1000"};
const Sql kCouponCounts{
    "verify.coupon_counts",
    "select c.id, cast(c.claimed as text) || ' of ' || cast(c.total as text) || ' are said to be out, ' || "
    "cast(coalesce(k.n, 0) as text) || ' people have one' from coupons c left join (select coupon_id, count(*) as n "
    "from "
    "coupon_claims group by coupon_id) k on k.coupon_id = c.id where c.claimed <> coalesce(k.n, 0) or c.claimed + "
    "c.promised > c.total order by c.id limit 1000"};
const Sql kCouponUses{
    "verify.coupon_uses",
    "select x.id, x.says from (select k.coupon_id as id, 'a claim says it was used for an order that does not say so' "
    "as "
    "says from coupon_claims k left join orders o on o.bucket = k.bucket and o.id = k.order_id where k.order_id is not "
    "null and (o.id is null or o.buyer_id <> k.person_id or coalesce(o.coupon_id, 0) <> k.coupon_id or not " STANDS
    ") union all select o.coupon_id, 'an order was placed with it that its claim does not know' from orders o left "
    "join "
    "coupon_claims k on k.bucket = o.bucket and k.person_id = o.buyer_id and k.coupon_id = o.coupon_id where "
    "o.coupon_id "
    "is not null and " STANDS " and coalesce(k.order_id, 0) <> o.id) x order by x.id limit 1000"};
const Sql kDiscounts{
    "verify.discounts",
    "select o.id, 'goods ' || cast(o.goods_fen as text) || ', discount ' || cast(o.discount_fen as text) || ', "
    "shipping "
    "' || cast(o.shipping_fen as text) from orders o left join coupons c on c.id = o.coupon_id where o.discount_fen <> "
    "case when o.coupon_id is null then 0 when c.off_fen > 0 then case when c.off_fen < o.goods_fen then c.off_fen "
    "else "
    "o.goods_fen end when c.cap_fen > 0 and (o.goods_fen / 10000) * c.off_bp + ((o.goods_fen % 10000) * c.off_bp) / "
    "10000 > c.cap_fen then c.cap_fen else (o.goods_fen / 10000) * c.off_bp + ((o.goods_fen % 10000) * c.off_bp) / "
    "10000 end or (o.coupon_id is not null and (c.id is null or o.goods_fen < c.min_spend_fen or o.placed_at < "
    "c.starts_at or o.placed_at >= c.ends_at or coalesce(c.store_id, o.store_id) <> o.store_id or "
    "coalesce(c.broadcast_id, o.broadcast_id, 0) <> coalesce(o.broadcast_id, 0))) or (o.shipping_version = 0 and "
    "o.shipping_fen <> 0) order by o.id limit 1000"};
// Largest remainder: each line bears the floor of its share or one fen more. Beyond 30 million yuan the product would
// not fit; such an order is left to the sums.
const Sql kDiscountSpread{
    "verify.discount_spread",
    "select o.id, 'line ' || cast(l.line as text) || ' bears ' || cast(l.goods_fen - l.paid_fen as text) || ' of ' || "
    "cast(o.discount_fen as text) || ' off' from order_lines l join orders o on o.bucket = l.bucket and o.id = "
    "l.order_id where (o.discount_fen = 0 and l.paid_fen <> l.goods_fen) or (o.discount_fen > 0 and o.goods_fen < "
    "3000000000 and (l.goods_fen - l.paid_fen) - (o.discount_fen * l.goods_fen) / o.goods_fen not in (0, 1)) order by "
    "o.id limit 1000"};

const Rule kRules[] = {
    {"stock", "SKU", kStockLaw},
    {"stock", "SKU", kStockNoPool},
    {"stock", "SKU", kStockOrders},
    {"stock", "SKU", kStockWithoutOrders},
    {"stock", "SKU", kAllotments},
    {"offers", "order", kCampaignPrices},
    {"offers", "flash price", kFlashUnits},
    {"offers", "order", kFlashPrices},
    {"offers", "coupon", kCouponCounts},
    {"offers", "coupon", kCouponUses},
    {"offers", "order", kDiscounts},
    {"offers", "order", kDiscountSpread},
    {"ledger", "transaction", kLedgerOrphans},
    {"ledger", "transaction", kLedgerAccounts},
    {"entries", "order", kEntrySums},
    {"entries", "entry", kEntryHolders},
    {"entries", "entry", kEntryOrphans},
    {"entries", "entry", kEntryRates},
    {"entries", "entry", kEntryStates},
    {"entries", "order", kPlans},
    {"entries", "entry", kEntryEarly},
    {"entries", "entry", kEntryLate},
    {"accounts", "agent", kAccounts},
    {"accounts", "agent", kAccountsMore},
    {"accounts", "agent", kDebts},
    {"accounts", "settlement", kSettlementSums},
    {"accounts", "payout", kPayouts},
    {"orders", "order", kOrderPayments},
    {"orders", "order", kOrderInstants},
    {"orders", "order", kOrderSums},
    {"orders", "order", kRefundSums},
    {"orders", "order", kLatePayments},
    {"orders", "after-sale", kAfterSales},
    {"orders", "order", kParcels},
    {"orders", "after-sale", kReplacements},
    {"orders", "order", kOrderLocks},
    {"orders", "order", kAttribution},
    {"money", "brand", kMoney},
    {"rollup", "brand", kRollup},
    {"rollup", "brand", kRegions},
    {"figures", "brand", kFigures},
    {"figures", "broadcast", kPinFigures},
    {"figures", "store", kStoreFigures},
    {"figures", "brand", kCohorts},
    {"pins", "pin", kPins},
    {"pins", "pin", kPinsAfterEnd},
    {"shares", "share", kShares},
    {"promotions", "promotion", kBudgets},
    {"promotions", "promotion", kCharges},
    {"promotions", "promotion", kClicksOnAir},
    {"promotions", "promotion", kPromotionMoney},
    {"promotions", "brand", kWallets},
};

// Whose a wrong thing is, by what a rule says it is about.
const Sql kBrandOfSku{"verify.brand_of_sku", "select brand_id from skus where id = $1"};
const Sql kBrandOfTx{"verify.brand_of_transaction", "select brand_id from ledger_txs where id = $1"};
const Sql kBrandOfOrder{"verify.brand_of_order", "select brand_id from orders where id = $1"};
const Sql kBrandOfEntry{"verify.brand_of_entry", "select brand_id from entries where id = $1"};
const Sql kBrandOfAgent{"verify.brand_of_agent", "select brand_id from agents where id = $1"};
const Sql kBrandOfSettlement{"verify.brand_of_settlement", "select brand_id from settlements where id = $1"};
const Sql kBrandOfPayout{"verify.brand_of_payout", "select brand_id from payouts where id = $1"};
const Sql kBrandOfAfterSale{"verify.brand_of_after_sale", "select brand_id from after_sales where id = $1"};
const Sql kBrandItself{"verify.brand_itself", "select id from brands where id = $1"};
const Sql kBrandOfPin{"verify.brand_of_pin", "select brand_id from pins where id = $1"};
const Sql kBrandOfShare{"verify.brand_of_share", "select brand_id from shares where id = $1"};
const Sql kBrandOfBroadcast{"verify.brand_of_broadcast", "select brand_id from broadcasts where id = $1"};
const Sql kBrandOfStore{"verify.brand_of_store", "select brand_id from stores where id = $1"};
const Sql kBrandOfCoupon{"verify.brand_of_coupon", "select brand_id from coupons where id = $1"};
const Sql kBrandOfFlash{"verify.brand_of_flash", "select brand_id from flash_sales where id = $1"};
const Sql kBrandOfPromotion{"verify.brand_of_promotion", "select brand_id from promotions where id = $1"};
const Sql kLockRows{"verify.lock_rows", "select count(*) from locks where brand_id = $1 or $1 = 0"};

const Sql& owner_of(std::string_view says) {
  static const std::map<std::string_view, const Sql*> owners = {
      {"SKU", &kBrandOfSku},           {"transaction", &kBrandOfTx},      {"order", &kBrandOfOrder},
      {"entry", &kBrandOfEntry},       {"agent", &kBrandOfAgent},         {"settlement", &kBrandOfSettlement},
      {"payout", &kBrandOfPayout},     {"brand", &kBrandItself},          {"after-sale", &kBrandOfAfterSale},
      {"pin", &kBrandOfPin},           {"share", &kBrandOfShare},         {"broadcast", &kBrandOfBroadcast},
      {"store", &kBrandOfStore},       {"share", &kBrandOfShare},         {"coupon", &kBrandOfCoupon},
      {"flash price", &kBrandOfFlash}, {"promotion", &kBrandOfPromotion},
  };
  const auto found = owners.find(says);
  CHECK(found != owners.end());  // a rule about a new kind of thing says here whose it is
  return *found->second;
}

struct Counted {
  const char* check;
  const Sql& sql;
};
const Counted kCounted[] = {{"stock", kStockRows},   {"offers", kOfferRows},     {"ledger", kLedgerRows},
                            {"entries", kEntryRows}, {"accounts", kAccountRows}, {"orders", kOrderRows},
                            {"money", kBrandRows},   {"rollup", kBrandRows},     {"figures", kFigureRows},
                            {"pins", kPinRows},      {"shares", kShareRows},     {"promotions", kPromotionRows}};

void add(Check& check, std::string difference) {
  ++check.wrong;
  if (check.differences.size() < kShown) check.differences.push_back(std::move(difference));
}

void check_ledger_sums(db::Tx& tx, BrandId only, Check& check) {
  std::map<std::pair<std::int64_t, std::int64_t>, Fen> open;  // what does not sum to 0 so far
  std::pair<std::int64_t, std::int64_t> run;
  Fen sum = 0;
  const auto close = [&] {
    if (sum != 0 && (open[run] += sum) == 0) open.erase(run);
  };
  tx.each(kLedgerSums, {}, [&](const Row& r) {
    const std::pair key(r.integer(0), r.integer(1));
    if (key != run) {
      close();
      run = key;
      sum = 0;
    }
    sum += r.integer(2);
  });
  close();
  for (const auto& [key, total] : open) {
    if (only && tx.number(owner_of("transaction"), {key.second}) != only.value) continue;
    add(check, "transaction " + id_text(key.second) + ": postings sum to " + std::to_string(total));
  }
}

void check_exposures(db::Tx& tx, BrandId only, Check& check) {
  std::unordered_map<std::int64_t, std::int64_t> shown;
  std::vector<std::int64_t> items;
  tx.each(kShownRooms, {}, [&](const Row& r) {
    if (!live::unpack_ids(r.text(0), items)) return add(check, "a person's exposures can't be read");
    for (const std::int64_t id : items) ++shown[id];
  });
  tx.each(kCountedRooms, {}, [&](const Row& r) {
    const auto found = shown.find(r.integer(0));
    const std::int64_t people = found == shown.end() ? 0 : found->second, counted = r.integer(2);
    if (people == counted || (only && r.integer(1) != only.value)) return;
    add(check, "broadcast " + id_text(r.integer(0)) + ": shown to " + std::to_string(people) +
                   " people, its figures and what waits say " + std::to_string(counted));
  });
}

}  // namespace

bool VerifyReport::ok() const {
  for (const auto& c : checks)
    if (c.wrong != 0) return false;
  return true;
}

Result<VerifyReport> verify(db::Database& db, BrandId only) {
  return db.read([&](db::Tx& tx) -> Result<VerifyReport> {
    VerifyReport report;
    for (const auto& counted : kCounted) {
      Check check;
      check.name = counted.check;
      check.looked_at = tx.number(counted.sql, {only.value});
      if (check.name == "ledger") check_ledger_sums(tx, only, check);
      if (check.name == "figures") check_exposures(tx, only, check);
      for (const auto& rule : kRules)
        if (check.name == rule.check) {
          const Sql& owner = owner_of(rule.says);
          tx.each(rule.sql, {}, [&](const Row& r) {
            const std::int64_t id = r.integer(0);
            if (only && tx.number(owner, {id}) != only.value) return;
            add(check, std::string(rule.says) + " " + id_text(id) + ": " + r.str(1));
          });
        }
      report.checks.push_back(std::move(check));
    }
    for (const auto& d : live::wrong_draws(tx, kDrawsLookedAt))
      if (!only || d.brand == only) {
        auto& offers =
            *std::find_if(report.checks.begin(), report.checks.end(), [](auto& c) { return c.name == "offers"; });
        add(offers, "lucky bag " + d.bag.text() + ": " + d.says);
      }
    Check locks;
    locks.name = "locks";
    TRY(const auto different, share::verify_locks(tx, locks.looked_at));
    for (const auto& d : different)
      if (!only || d.brand == only)
        add(locks, "buyer " + d.buyer.text() + ": the lock is not the fold of its touches and orders");
    if (only) locks.looked_at = tx.number(kLockRows, {only.value});
    report.checks.push_back(std::move(locks));
    return report;
  });
}

std::string verify_json(const VerifyReport& report) {
  JsonWriter w;
  w.begin().field("ok", report.ok()).key("checks").begin_list();
  for (const auto& c : report.checks) {
    w.begin()
        .field("name", c.name)
        .field("looked_at", c.looked_at)
        .field("wrong", c.wrong)
        .key("differences")
        .begin_list();
    for (const auto& d : c.differences) w.value(d);
    w.end_list().end();
  }
  w.end_list().end();
  return w.take();
}

std::string verify_text(const VerifyReport& report) {
  std::string out;
  for (const auto& c : report.checks) {
    out += (c.wrong == 0 ? "ok     " : "WRONG  ") + c.name +
           std::string(11 - std::min<std::size_t>(10, c.name.size()), ' ') + std::to_string(c.looked_at) + " looked at";
    if (c.wrong != 0) out += ", " + std::to_string(c.wrong) + " wrong";
    out += "\n";
    for (const auto& d : c.differences) out += "         " + d + "\n";
    if (c.wrong > static_cast<std::int64_t>(c.differences.size()))
      out += "         … and " + std::to_string(c.wrong - static_cast<std::int64_t>(c.differences.size())) + " more\n";
  }
  out += report.ok() ? "verify: ok\n" : "verify: NOT ok\n";
  return out;
}

}  // namespace lianbo::insight
