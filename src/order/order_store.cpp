#include "order/order_store.hpp"

#include "base/check.hpp"
#include "db/together.hpp"

namespace lianbo::order::store {
namespace {

using db::Row;
using db::Sql;

#define ORDER_COLUMNS                                                                                          \
  "bucket, id, brand_id, buyer_id, store_id, broadcast_id, pin_id, share_id, state, goods_fen, discount_fen, " \
  "shipping_fen, total_fen, refunded_fen, currency, host_agent_id, promoter_agent_id, recruiter_agent_id, "    \
  "clipper_agent_id, lock_agent_id, lock_rules_version, buyer_agent_id, cancel_reason, address_sealed, "       \
  "carrier, tracking_number, placed_at, release_at, paid_at, shipped_at, received_at, completed_at, "          \
  "cancelled_at, coupon_id, shipping_version, (select k.wrapped from person_keys k where k.person_id = "       \
  "orders.buyer_id and k.brand_id = orders.brand_id and k.purpose = 'everyday'), "                             \
  "shipping_refunded_fen"

const Sql kInsertOrder{
    "order.insert",
    "insert into orders (bucket, id, brand_id, buyer_id, store_id, broadcast_id, pin_id, share_id, state, goods_fen, "
    "discount_fen, shipping_fen, total_fen, currency, host_agent_id, promoter_agent_id, recruiter_agent_id, "
    "clipper_agent_id, lock_agent_id, lock_rules_version, buyer_agent_id, address, address_sealed, placed_at, "
    "release_at, coupon_id, shipping_version) values ($1, $2, $3, $4, $5, $6, $7, $8, 'placed', $9, $10, $11, $12, "
    "$13, "
    "$14, $15, $16, $17, $18, $19, $20, '', $21, $22, $23, $24, $25)"};
const Sql kInsertLine{
    "order.insert_line",
    "insert into order_lines (bucket, order_id, line, sku_id, product_id, title, sku_title, qty, price_fen, goods_fen, "
    "paid_fen, no_return, plan_id, plan_version, host_bp, promoter_bp, recruiter_bp, clipper_bp, freeze_days, "
    "list_fen, "
    "price_source, campaign_id, flash_id, allotted_qty) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, "
    "$13, "
    "$14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24)"};
const Sql kInsertPayment{"order.insert_payment",
                         "insert into payments (bucket, order_id, out_trade_no, amount_fen, state, at) "
                         "values ($1, $2, $3, $4, 'open', $5)"};
const db::Together kInsertOrderTogether{kInsertOrder, db::Together::How::later};
const db::Together kInsertLineTogether{kInsertLine, db::Together::How::later};
const db::Together kInsertPaymentTogether{kInsertPayment, db::Together::How::later};
const Sql kLoad{"order.load", "select " ORDER_COLUMNS " from orders where bucket = $1 and id = $2"};
const Sql kLock{"order.lock",
                "update orders set version = version + 1 where bucket = $1 and id = $2 returning " ORDER_COLUMNS};
const Sql kUnderWay{"order.under_way",
                    "select id from orders where bucket = $1 and buyer_id = $2 and (brand_id = $3 or "
                    "cast($3 as bigint) = 0) and (state in ('placed', 'paid', 'shipped') or exists (select 1 from "
                    "after_sales a where a.bucket = orders.bucket and a.order_id = orders.id and a.closed_at is null)) "
                    "order by id limit $4"};
const Sql kBuyerSum{"order.buyer_sum",
                    "select count(*), cast(coalesce(sum(case when paid_at is null then 0 else total_fen end), 0) as "
                    "bigint), coalesce(min(placed_at), 0), coalesce(max(placed_at), 0) from orders where bucket = $1 "
                    "and buyer_id = $2 and brand_id = $3"};
const Sql kReadable{"order.readable_addresses",
                    "select id, brand_id, buyer_id, address from orders where address <> '' and id > $1 order by "
                    "id limit $2"};
const Sql kSealAddress{"order.seal_address",
                       "update orders set address = '', address_sealed = $3 where bucket = $1 and id = $2"};
const Sql kLines{
    "order.lines",
    "select line, sku_id, product_id, title, sku_title, qty, price_fen, goods_fen, paid_fen, refunded_fen, "
    "refunded_qty, no_return, plan_id, plan_version, host_bp, promoter_bp, recruiter_bp, clipper_bp, "
    "freeze_days, available_at, matured_at, coalesce(list_fen, price_fen), price_source, campaign_id, flash_id, "
    "allotted_qty, shipped_qty, dropped_qty, renewed_at from order_lines where bucket = $1 and order_id = $2 order by "
    "line"};
const Sql kOfBuyer{"order.of_buyer",
                   "select id from orders where bucket = $1 and buyer_id = $2 and id < $3 order by id desc limit $4"};
const Sql kOfStore{"order.of_store",
                   "select id from orders where store_id = $1 and id < $2 and (state = $3 or $3 = '') order by id desc "
                   "limit $4"};
// With the state written out, so that the small index of what waits to be sent serves it.
const Sql kToShip{"order.to_ship",
                  "select id from orders where store_id = $1 and id < $2 and state = 'paid' order by id desc limit $3"};
#define OF_BRAND                                                                                                      \
  "select id from orders where brand_id = $1 and id > $2 and id < $5 and (cast($4 as bigint) is null or store_id in " \
  "(select v.store_id from staff_stores v where v.brand_id = $1 and v.person_id = $4)) and "
const Sql kOfBrand{"order.of_brand", OF_BRAND "(state = $6 or $6 = '') order by id limit $3"};
const Sql kOfBrandNewest{"order.of_brand_newest", OF_BRAND "(state = $6 or $6 = '') order by id desc limit $3"};
// With the state written out, so that the small index of what waits to be sent serves it.
const Sql kOfBrandToShip{"order.of_brand_to_ship", OF_BRAND "state = 'paid' order by id desc limit $3"};
const Sql kOfStoreBetween{"order.of_store_between",
                          "select id from orders where store_id = $1 and id > $2 and id < $3 and (state = $4 or $4 = "
                          "'') order by id desc limit $5"};
const Sql kUnpaid{"order.unpaid_until",
                  "select id, release_at from orders where state = 'placed' and release_at <= $1 "
                  "and (release_at, id) > ($2, $3) order by release_at, id limit $4"};
const Sql kShippedUntil{"order.shipped_until",
                        "select id, shipped_at from orders where state = 'shipped' and shipped_at <= $1 "
                        "and (shipped_at, id) > ($2, $3) order by shipped_at, id limit $4"};
const Sql kSetPaid{"order.set_paid", "update orders set state = 'paid', paid_at = $3 where bucket = $1 and id = $2"};
const Sql kSetCancelled{
    "order.set_cancelled",
    "update orders set state = 'cancelled', cancelled_at = $3, cancel_reason = $4 where bucket = $1 and id = $2"};
const Sql kSetClosed{
    "order.set_closed",
    "update orders set state = 'cancelled', cancelled_at = $3, cancel_reason = $4 where bucket = $1 and id = $2"};
const Sql kSetShipped{"order.set_shipped",
                      "update orders set state = 'shipped', shipped_at = $3 where bucket = $1 and id = $2"};
const Sql kSetParcel{"order.set_parcel",
                     "update orders set carrier = $3, tracking_number = $4 where bucket = $1 and id = $2"};
const Sql kInsertParcel{"order.insert_parcel",
                        "insert into parcels (bucket, id, brand_id, order_id, after_sale_id, carrier, tracking_number, "
                        "by_person_id, at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)"};
const Sql kInsertParcelLine{
    "order.insert_parcel_line",
    "insert into parcel_lines (bucket, parcel_id, line, sku_id, qty) values ($1, $2, $3, $4, $5)"};
const Sql kParcels{"order.parcels",
                   "select p.id, p.after_sale_id, p.carrier, p.tracking_number, p.at, l.line, l.sku_id, l.qty from "
                   "parcels p join parcel_lines l on l.bucket = p.bucket and l.parcel_id = p.id where p.bucket = $1 "
                   "and p.order_id = $2 order by p.id, l.line limit 10000"};
const Sql kAddShipped{"order.add_shipped",
                      "update order_lines set shipped_qty = shipped_qty + $4 where bucket = $1 and order_id = $2 and "
                      "line = $3"};
const Sql kAddDropped{"order.add_dropped",
                      "update order_lines set dropped_qty = dropped_qty + $4 where bucket = $1 and order_id = $2 and "
                      "line = $3"};
const Sql kSetRenewed{"order.set_renewed",
                      "update order_lines set renewed_at = $4 where bucket = $1 and order_id = $2 and line = $3"};
const Sql kSetReceived{"order.set_received",
                       "update orders set state = 'received', received_at = $3 where bucket = $1 and id = $2"};
const Sql kSetDue{"order.set_due",
                  "update order_lines set available_at = $4 where bucket = $1 and order_id = $2 and line = $3"};
const Sql kSetCompleted{"order.set_completed",
                        "update orders set state = 'completed', completed_at = $3 where bucket = $1 and id = $2"};

const Sql kPayment{"order.payment",
                   "select prepay_id, transaction_id, state, amount_fen, paid_at from payments "
                   "where bucket = $1 and order_id = $2"};
const Sql kSetPrepay{"order.set_prepay",
                     "update payments set prepay_id = $3, prepay_at = $4 where bucket = $1 and order_id = $2"};
const Sql kSetPayment{
    "order.set_payment",
    "update payments set state = $3, transaction_id = $4, paid_at = $5 where bucket = $1 and order_id = $2"};

#define REFUND_COLUMNS                                                                                             \
  "bucket, id, brand_id, order_id, line, after_sale_id, amount_fen, restock_qty, state, tries, at, shipping_fen, " \
  "units, "                                                                                                        \
  "attempt, last_error, paid_otherwise"
const Sql kInsertRefund{
    "refund.insert",
    "insert into refunds (bucket, id, brand_id, order_id, line, after_sale_id, amount_fen, restock_qty, "
    "state, next_try_at, at, shipping_fen, units) values ($1, $2, $3, $4, $5, $6, $7, $8, 'due', $9, $9, $10, $11)"};
const Sql kRefund{"refund.load", "select " REFUND_COLUMNS " from refunds where bucket = $1 and id = $2"};
const Sql kRefundsOf{"refund.of_order", "select " REFUND_COLUMNS
                                        " from refunds where bucket = $1 and order_id = $2 order by id limit 500"};
const Sql kDueRefunds{"refund.due",
                      "select id from refunds where state in ('due', 'sent') and next_try_at <= $1 "
                      "order by next_try_at, id limit $2"};
const Sql kRefundTried{"refund.tried",
                       "update refunds set state = $3, last_error = $4, next_try_at = $5, tries = tries + 1 "
                       "where bucket = $1 and id = $2 and state in ('due', 'sent')"};
const Sql kRefundFailed{"refund.failed",
                        "update refunds set state = 'failed', last_error = $3, tries = tries + 1 "
                        "where bucket = $1 and id = $2 and state in ('due', 'sent')"};
const Sql kRefundRetry{"refund.retry",
                       "update refunds set state = 'due', attempt = attempt + 1, tries = 0, next_try_at = $4 "
                       "where bucket = $1 and id = $2 and state = 'failed' and attempt = $3"};
const Sql kRefundOtherwise{"refund.done_otherwise",
                           "update refunds set state = 'done', paid_otherwise = $3, done_at = $4 "
                           "where bucket = $1 and id = $2 and state = 'failed'"};
const Sql kRefundTwice{"refund.twice", "update refunds set last_error = $3 where bucket = $1 and id = $2"};
const Sql kRefundsUnderWay{
    "refund.under_way",
    "select count(*) from refunds where bucket = $1 and order_id = $2 and line is not null and state "
    "<> 'done'"};
const Sql kFailedRefunds{"refund.list_failed",
                         "select " REFUND_COLUMNS
                         " from refunds where brand_id = $1 and state = 'failed' and id > $2 order by id limit $3"};
const Sql kRefundDone{"refund.done",
                      "update refunds set state = 'done', rail_refund_id = $3, done_at = $4, last_error = null "
                      "where bucket = $1 and id = $2 and state <> 'done'"};
const Sql kAddRefundedLine{"refund.add_to_line",
                           "update order_lines set refunded_fen = refunded_fen + $4, refunded_qty = refunded_qty + $5 "
                           "where bucket = $1 and order_id = $2 and line = $3"};
const Sql kAddRefundedOrder{"refund.add_to_order",
                            "update orders set refunded_fen = refunded_fen + $3, shipping_refunded_fen = "
                            "shipping_refunded_fen + $4 where bucket = $1 and id = $2"};

#define ENTRY_COLUMNS                                                                                                 \
  "id, brand_id, agent_id, order_id, line, role, seq, net_fen, bp, amount_fen, state, refund_id, settlement_id, at, " \
  "available_at"
const Sql kInsertEntry{"entry.insert",
                       "insert into entries (bucket, id, brand_id, agent_id, order_id, line, role, seq, net_fen, bp, "
                       "amount_fen, state, refund_id, at, available_at) values "
                       "($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)"};
const Sql kEntriesOf{"entry.of_order",
                     "select " ENTRY_COLUMNS
                     " from entries where bucket = $1 and order_id = $2 order by line, role, seq limit 10000"};
const Sql kEntry{"entry.load", "select " ENTRY_COLUMNS " from entries where bucket = $1 and id = $2"};
const Sql kEntriesOfAgent{"entry.of_agent", "select " ENTRY_COLUMNS
                                            " from entries where agent_id = $1 and id < $2 order by id desc limit $3"};
const Sql kEntriesOfSettlement{"entry.of_settlement",
                               "select " ENTRY_COLUMNS
                               " from entries where settlement_id = $1 and id > $2 order by id limit $3"};

const Sql kToMature{
    "entry.lines_to_mature",
    "select l.bucket, l.order_id, l.line, l.available_at from order_lines l where l.matured_at is null "
    "and l.available_at is not null and l.available_at <= $1 and (l.available_at, l.order_id, l.line) > ($2, $3, $4) "
    "and not exists (select 1 from after_sales a where a.bucket = l.bucket and a.order_id = l.order_id and "
    "a.line = l.line and a.state in ('requested', 'returning', 'returned', 'refunding', 'replacing', 'replaced', "
    "'disputed')) order by l.available_at, l.order_id, l.line limit $5"};
const Sql kMatureEntries{
    "entry.mature",
    "update entries set state = 'available', available_at = $4 where bucket = $1 and order_id = $2 "
    "and line = $3 and state = 'pending'"};
const Sql kMatureLine{"entry.mature_line",
                      "update order_lines set matured_at = $4 where bucket = $1 and order_id = $2 and line = $3"};
const Sql kUnmatured{"entry.unmatured",
                     "select count(*) from order_lines where bucket = $1 and order_id = $2 and matured_at is null"};

const Sql kInsertRun{"settlement.insert_run",
                     "insert into settlement_runs (id, brand_id, cutoff_at, started_at, by_person_id) "
                     "values ($1, $2, $3, $4, $5) on conflict (brand_id, cutoff_at) do nothing"};
#define RUN_COLUMNS                                                                                           \
  "id, brand_id, cutoff_at, started_at, finished_at, proposed_by_id, proposal, approved_by_id, approved_at, " \
  "by_person_id"
const Sql kRun{"settlement.run", "select " RUN_COLUMNS " from settlement_runs where brand_id = $1 and cutoff_at = $2"};
const Sql kRunById{"settlement.run_by_id", "select " RUN_COLUMNS " from settlement_runs where id = $1"};
const Sql kRunBegun{"settlement.run_begun", "select 1 from settlements where run_id = $1 limit 1"};
const Sql kFinishRun{"settlement.finish_run",
                     "update settlement_runs set finished_at = $2 where id = $1 and finished_at is null"};
const Sql kAgentsToSettle{"settlement.agents",
                          "select distinct agent_id from entries where brand_id = $1 and state = 'available' "
                          "and available_at <= $2 and agent_id > $3 order by agent_id limit $4"};
const Sql kOpenAccount{"settlement.open_account",
                       "insert into agent_accounts (agent_id, brand_id) values ($1, $2) on conflict do nothing"};
const Sql kLockAccount{"settlement.lock_account",
                       "update agent_accounts set version = version + 1 where agent_id = $1 returning debt_fen"};
const Sql kSetDebt{"settlement.set_debt", "update agent_accounts set debt_fen = $2 where agent_id = $1"};
const Sql kTakeEntries{"settlement.take_entries",
                       "update entries set state = 'settled', settlement_id = $4 where brand_id = $1 and agent_id = $2 "
                       "and state = 'available' and available_at <= $3 returning amount_fen"};
const Sql kInRun{"settlement.in_run", "select 1 from settlements where run_id = $1 and agent_id = $2"};
const Sql kInsertSettlement{"settlement.insert",
                            "insert into settlements (id, run_id, brand_id, agent_id, entries_fen, debt_before_fen, "
                            "worked_off_fen, new_debt_fen, "
                            "payable_fen, state, at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'settled', $10)"};
#define SETTLEMENT_COLUMNS                                                                                           \
  "id, run_id, brand_id, agent_id, entries_fen, debt_before_fen, worked_off_fen, new_debt_fen, payable_fen, state, " \
  "payout_reference, paid_at, at"
const Sql kSettlement{"settlement.load", "select " SETTLEMENT_COLUMNS " from settlements where id = $1"};
const Sql kSetSettlementPaid{"settlement.set_paid",
                             "update settlements set state = 'paid', payout_reference = $2, paid_at = $3 "
                             "where id = $1 and state = 'settled'"};
const Sql kSetEntriesPaid{"settlement.set_entries_paid",
                          "update entries set state = 'paid' where settlement_id = $1 and state = 'settled'"};
const Sql kSettlementsOfAgent{"settlement.of_agent",
                              "select " SETTLEMENT_COLUMNS
                              " from settlements where agent_id = $1 and id < $2 order by id desc limit $3"};
const Sql kSettlementsOfRun{"settlement.of_run",
                            "select " SETTLEMENT_COLUMNS
                            " from settlements where run_id = $1 and id > $2 order by id limit $3"};
const Sql kRunSum{"settlement.run_sum",
                  "select count(*), cast(coalesce(sum(entries_fen), 0) as bigint), "
                  "cast(coalesce(sum(worked_off_fen), 0) as bigint), cast(coalesce(sum(new_debt_fen), 0) as bigint), "
                  "cast(coalesce(sum(payable_fen), 0) as bigint) from settlements where run_id = $1"};

const Sql kPutCart{
    "cart.put",
    "insert into cart_lines (bucket, buyer_id, store_id, sku_id, qty, broadcast_id, share_id, added_at) "
    "values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict (bucket, buyer_id, store_id, sku_id) do update set "
    "qty = excluded.qty, broadcast_id = excluded.broadcast_id, share_id = excluded.share_id"};
const Sql kDropCart{"cart.drop",
                    "delete from cart_lines where bucket = $1 and buyer_id = $2 and store_id = $3 and sku_id = $4"};
const db::Together kDropCartTogether{kDropCart, db::Together::How::later};
const Sql kCart{"cart.load",
                "select store_id, sku_id, qty, broadcast_id, share_id, added_at from cart_lines "
                "where bucket = $1 and buyer_id = $2 and store_id = $3 order by added_at, sku_id limit 500"};
const Sql kClearCart{"cart.clear", "delete from cart_lines where bucket = $1 and buyer_id = $2 and store_id = $3"};
const Sql kCartSize{"cart.size", "select count(*) from cart_lines where bucket = $1 and buyer_id = $2"};
// What the person's own cart already holds stays as it is there.
const Sql kMoveCart{
    "cart.move",
    "insert into cart_lines (bucket, buyer_id, store_id, sku_id, qty, broadcast_id, share_id, added_at) "
    "select cast($3 as bigint), cast($4 as bigint), store_id, sku_id, qty, broadcast_id, share_id, added_at from "
    "cart_lines "
    "where bucket = $1 and buyer_id = $2 on conflict (bucket, buyer_id, store_id, sku_id) do nothing"};
const Sql kDropCartOf{"cart.drop_all", "delete from cart_lines where bucket = $1 and buyer_id = $2"};

Bucket bucket_of_id(std::int64_t id) { return bucket_in_id(id); }

Order read_order(const Row& r) {
  Order o;
  o.bucket = static_cast<Bucket>(r.integer(0));
  o.id = r.id<OrderId>(1);
  o.brand = r.id<BrandId>(2);
  o.buyer = r.id<PersonId>(3);
  o.store = r.id<StoreId>(4);
  o.broadcast = r.id<BroadcastId>(5);
  o.pin = r.id<PinId>(6);
  o.share = r.id<ShareId>(7);
  const auto state = order_state(r.text(8));
  CHECK(state.has_value());
  o.state = *state;
  o.goods_fen = r.integer(9);
  o.discount_fen = r.integer(10);
  o.shipping_fen = r.integer(11);
  o.total_fen = r.integer(12);
  o.refunded_fen = r.integer(13);
  o.currency = r.str(14);
  o.roles = {r.id<AgentId>(15), r.id<AgentId>(16), r.id<AgentId>(17), r.id<AgentId>(18)};
  o.lock_agent = r.id<AgentId>(19);
  o.lock_rules_version = static_cast<std::int32_t>(r.integer(20));
  o.buyer_agent = r.id<AgentId>(21);
  o.cancel_reason = r.str(22);
  o.address = {o.buyer, o.brand, privacy::Use::everyday, r.str(23), r.str(35)};
  o.carrier = r.str(24);
  o.tracking_number = r.str(25);
  o.placed_at = r.integer(26);
  o.release_at = r.integer(27);
  o.paid_at = r.integer(28);
  o.shipped_at = r.integer(29);
  o.received_at = r.integer(30);
  o.completed_at = r.integer(31);
  o.cancelled_at = r.integer(32);
  o.coupon = r.id<CouponId>(33);
  o.shipping_version = static_cast<std::int32_t>(r.integer(34));
  o.shipping_refunded_fen = r.integer(36);
  return o;
}

OrderLine read_line(const Row& r) {
  OrderLine l;
  l.line = static_cast<int>(r.integer(0));
  l.sku = r.id<SkuId>(1);
  l.product = r.id<ProductId>(2);
  l.title = r.str(3);
  l.sku_title = r.str(4);
  l.qty = r.integer(5);
  l.price_fen = r.integer(6);
  l.goods_fen = r.integer(7);
  l.paid_fen = r.integer(8);
  l.refunded_fen = r.integer(9);
  l.refunded_qty = r.integer(10);
  l.no_return = r.flag(11);
  l.rates.plan = r.id<PlanId>(12);
  l.rates.version = static_cast<std::int32_t>(r.integer(13));
  l.rates.host_bp = static_cast<BasisPoints>(r.integer(14));
  l.rates.promoter_bp = static_cast<BasisPoints>(r.integer(15));
  l.rates.recruiter_bp = static_cast<BasisPoints>(r.integer(16));
  l.rates.clipper_bp = static_cast<BasisPoints>(r.integer(17));
  l.rates.freeze_days = static_cast<std::int32_t>(r.integer(18));
  l.available_at = r.integer(19);
  l.matured_at = r.integer(20);
  l.list_fen = r.integer(21);
  l.source = price_source(r.text(22)).value_or(PriceSource::list);
  l.campaign = r.id<CampaignId>(23);
  l.flash = r.id<FlashId>(24);
  l.allotted = r.integer(25);
  l.shipped_qty = r.integer(26);
  l.dropped_qty = r.integer(27);
  l.renewed_at = r.integer(28);
  return l;
}

Refund read_refund(const Row& r) {
  Refund f;
  f.bucket = static_cast<Bucket>(r.integer(0));
  f.id = r.id<RefundId>(1);
  f.brand = r.id<BrandId>(2);
  f.order = r.id<OrderId>(3);
  f.line = static_cast<int>(r.maybe(4).value_or(-1));
  f.after_sale = r.id<AfterSaleId>(5);
  f.amount_fen = r.integer(6);
  f.restock_qty = r.integer(7);
  f.state = r.str(8);
  f.tries = static_cast<int>(r.integer(9));
  f.at = r.integer(10);
  f.shipping_fen = r.integer(11);
  f.units = r.integer(12);
  f.attempt = static_cast<int>(r.integer(13));
  f.last_error = r.str(14);
  f.paid_otherwise = r.str(15);
  return f;
}

Entry read_entry(const Row& r) {
  Entry e;
  e.id = r.id<EntryId>(0);
  e.brand = r.id<BrandId>(1);
  e.agent = r.id<AgentId>(2);
  e.order = r.id<OrderId>(3);
  e.line = static_cast<int>(r.integer(4));
  const auto role = role_of(r.text(5));
  CHECK(role.has_value());
  e.role = *role;
  e.seq = static_cast<int>(r.integer(6));
  e.net_fen = r.integer(7);
  e.bp = static_cast<BasisPoints>(r.integer(8));
  e.amount_fen = r.integer(9);
  e.state = r.str(10);
  e.refund = r.id<RefundId>(11);
  e.settlement = r.id<SettlementId>(12);
  e.at = r.integer(13);
  e.available_at = r.integer(14);
  return e;
}

Settlement read_settlement(const Row& r) {
  Settlement s;
  s.id = r.id<SettlementId>(0);
  s.run = r.id<SettlementId>(1);
  s.brand = r.id<BrandId>(2);
  s.agent = r.id<AgentId>(3);
  s.entries_fen = r.integer(4);
  s.debt_before_fen = r.integer(5);
  s.worked_off_fen = r.integer(6);
  s.new_debt_fen = r.integer(7);
  s.payable_fen = r.integer(8);
  s.state = r.str(9);
  s.payout_reference = r.str(10);
  s.paid_at = r.integer(11);
  s.at = r.integer(12);
  return s;
}

std::optional<Order> load_by(db::Tx& tx, const Sql& sql, OrderId id) {
  const Bucket bucket = bucket_of_id(id.value);
  auto order = tx.one(sql, {bucket, id}, read_order);
  if (!order) return order;
  order->lines = tx.all(kLines, {bucket, id}, read_line);
  bool sent = false;
  for (const auto& l : order->lines) sent = sent || l.shipped_qty > 0;
  if (sent)
    tx.each(kParcels, {bucket, id}, [&](const Row& r) {
      auto& parcels = order->parcels;
      if (parcels.empty() || parcels.back().id != r.id<ParcelId>(0))
        parcels.push_back({r.id<ParcelId>(0), r.id<AfterSaleId>(1), r.str(2), r.str(3), r.integer(4), {}});
      parcels.back().lines.push_back({static_cast<int>(r.integer(5)), r.id<SkuId>(6), r.integer(7)});
    });
  return order;
}

template <class T>
std::vector<T> ids(db::Tx& tx, const Sql& sql, std::initializer_list<db::Param> params) {
  return tx.all(sql, params, [](const Row& r) { return r.id<T>(0); });
}

}  // namespace

void insert_order(db::Tx& tx, const Order& o) {
  tx.exec(kInsertOrder, {o.bucket,
                         o.id,
                         o.brand,
                         o.buyer,
                         o.store,
                         o.broadcast,
                         o.pin,
                         o.share,
                         o.goods_fen,
                         o.discount_fen,
                         o.shipping_fen,
                         o.total_fen,
                         o.currency,
                         o.roles.host,
                         o.roles.promoter,
                         o.roles.recruiter,
                         o.roles.clipper,
                         o.lock_agent,
                         o.lock_rules_version,
                         o.buyer_agent,
                         db::Param::blob(o.address.text),
                         o.placed_at,
                         o.release_at,
                         o.coupon,
                         o.shipping_version});
  for (const auto& l : o.lines)
    tx.exec(kInsertLine, {o.bucket,
                          o.id,
                          l.line,
                          l.sku,
                          l.product,
                          l.title,
                          l.sku_title,
                          l.qty,
                          l.price_fen,
                          l.goods_fen,
                          l.paid_fen,
                          l.no_return ? 1 : 0,
                          l.rates.plan,
                          l.rates.version,
                          l.rates.host_bp,
                          l.rates.promoter_bp,
                          l.rates.recruiter_bp,
                          l.rates.clipper_bp,
                          l.rates.freeze_days,
                          l.list_fen,
                          source_name(l.source),
                          l.campaign,
                          l.flash,
                          l.allotted});
  tx.exec(kInsertPayment, {o.bucket, o.id, o.id.text(), o.total_fen, o.placed_at});
}

std::optional<Order> load(db::Tx& tx, OrderId id) { return load_by(tx, kLoad, id); }
std::optional<Order> lock(db::Tx& tx, OrderId id) { return load_by(tx, kLock, id); }

std::vector<OrderId> of_buyer(db::Tx& tx, Bucket bucket, PersonId buyer, std::int64_t before, int limit) {
  return ids<OrderId>(tx, kOfBuyer, {bucket, buyer, before == 0 ? INT64_MAX : before, limit});
}
std::vector<OrderId> of_store(db::Tx& tx, StoreId store, std::optional<OrderState> state, std::int64_t before,
                              int limit) {
  if (before == 0) before = INT64_MAX;
  if (state == OrderState::paid) return ids<OrderId>(tx, kToShip, {store, before, limit});
  return ids<OrderId>(tx, kOfStore, {store, before, state ? state_name(*state) : "", limit});
}
std::vector<OrderId> of_brand(db::Tx& tx, BrandId brand, PersonId scope, std::int64_t after, int limit) {
  return ids<OrderId>(tx, kOfBrand, {brand, after, limit, scope, INT64_MAX, ""});
}
std::vector<OrderId> newest_of_brand(db::Tx& tx, BrandId brand, PersonId scope, const OrderFilter& filter, int limit) {
  const std::string_view state = filter.state ? state_name(*filter.state) : "";
  if (filter.store) return ids<OrderId>(tx, kOfStoreBetween, {filter.store, filter.after, filter.before, state, limit});
  if (filter.state == OrderState::paid)
    return ids<OrderId>(tx, kOfBrandToShip, {brand, filter.after, limit, scope, filter.before});
  return ids<OrderId>(tx, kOfBrandNewest, {brand, filter.after, limit, scope, filter.before, state});
}
std::vector<Unpaid> unpaid_until(db::Tx& tx, Instant now, const Unpaid& after, int limit) {
  return tx.all(kUnpaid, {now, after.release_at, after.order.value, limit},
                [](const Row& r) { return Unpaid{r.id<OrderId>(0), r.integer(1)}; });
}
std::vector<Shipped> shipped_until(db::Tx& tx, Instant shipped_at, const Shipped& after, int limit) {
  return tx.all(kShippedUntil, {shipped_at, after.shipped_at, after.order.value, limit},
                [](const Row& r) { return Shipped{r.id<OrderId>(0), r.integer(1)}; });
}

std::vector<OrderId> under_way(db::Tx& tx, Bucket bucket, PersonId buyer, BrandId brand, int limit) {
  return ids<OrderId>(tx, kUnderWay, {bucket, buyer, brand.value, limit});
}
BuyerSum buyer_sum(db::Tx& tx, Bucket bucket, PersonId buyer, BrandId brand) {
  return tx
      .one(kBuyerSum, {bucket, buyer, brand},
           [](const Row& r) { return BuyerSum{r.integer(0), r.integer(1), r.integer(2), r.integer(3)}; })
      .value_or(BuyerSum{});
}
std::vector<Readable> readable_addresses(db::Tx& tx, OrderId after, int limit) {
  return tx.all(kReadable, {after.value, limit},
                [](const Row& r) { return Readable{r.id<OrderId>(0), r.id<BrandId>(1), r.id<PersonId>(2), r.str(3)}; });
}
void seal_address(db::Tx& tx, OrderId id, const privacy::Sealed& address) {
  tx.exec(kSealAddress, {bucket_of_id(id.value), id, db::Param::blob(address.text)});
}

void set_paid(db::Tx& tx, const Order& o, Instant at) { tx.exec(kSetPaid, {o.bucket, o.id, at}); }
void set_cancelled(db::Tx& tx, const Order& o, std::string_view reason, Instant at) {
  tx.exec(kSetCancelled, {o.bucket, o.id, at, reason});
}
void set_closed(db::Tx& tx, const Order& o, std::string_view reason, Instant at) {
  tx.exec(kSetClosed, {o.bucket, o.id, at, reason});
  for (const auto& l : o.lines) tx.exec(kSetDue, {o.bucket, o.id, l.line, at + l.rates.freeze_days * kDayMs});
}
void set_shipped(db::Tx& tx, const Order& o, Instant at) { tx.exec(kSetShipped, {o.bucket, o.id, at}); }
void set_parcel(db::Tx& tx, const Order& o) { tx.exec(kSetParcel, {o.bucket, o.id, o.carrier, o.tracking_number}); }
void insert_parcel(db::Tx& tx, const Order& o, const Parcel& p, PersonId by) {
  tx.exec(kInsertParcel, {o.bucket, p.id, o.brand, o.id, p.after_sale, p.carrier, p.tracking_number, by, p.at});
  for (const auto& l : p.lines) tx.exec(kInsertParcelLine, {o.bucket, p.id, l.line, l.sku, l.qty});
}
void add_shipped(db::Tx& tx, const Order& o, int line, std::int64_t qty) {
  tx.exec(kAddShipped, {o.bucket, o.id, line, qty});
}
void add_dropped(db::Tx& tx, const Order& o, int line, std::int64_t qty) {
  tx.exec(kAddDropped, {o.bucket, o.id, line, qty});
}
void set_renewed(db::Tx& tx, const Order& o, int line, Instant at) { tx.exec(kSetRenewed, {o.bucket, o.id, line, at}); }
void set_received(db::Tx& tx, const Order& o, Instant at) {
  tx.exec(kSetReceived, {o.bucket, o.id, at});
  for (const auto& l : o.lines) tx.exec(kSetDue, {o.bucket, o.id, l.line, at + l.rates.freeze_days * kDayMs});
}
void set_completed(db::Tx& tx, const Order& o, Instant at) { tx.exec(kSetCompleted, {o.bucket, o.id, at}); }

std::optional<Payment> payment(db::Tx& tx, OrderId order) {
  return tx.one(kPayment, {bucket_of_id(order.value), order},
                [&](const Row& r) { return Payment{order, r.str(0), r.str(1), r.str(2), r.integer(3), r.integer(4)}; });
}
void set_prepay(db::Tx& tx, OrderId order, std::string_view prepay_id, Instant at) {
  tx.exec(kSetPrepay, {bucket_of_id(order.value), order, prepay_id, at});
}
void set_payment(db::Tx& tx, OrderId order, std::string_view state, std::string_view transaction_id, Instant at) {
  tx.exec(kSetPayment, {bucket_of_id(order.value), order, state,
                        transaction_id.empty() ? db::Param(nullptr) : db::Param(transaction_id),
                        at == 0 ? db::Param(nullptr) : db::Param(at)});
}

void insert_refund(db::Tx& tx, const Refund& r) {
  tx.exec(kInsertRefund, {r.bucket, r.id, r.brand, r.order, r.line < 0 ? db::Param(nullptr) : db::Param(r.line),
                          r.after_sale, r.amount_fen, r.restock_qty, r.at, r.shipping_fen, r.units});
}
std::optional<Refund> refund(db::Tx& tx, RefundId id) {
  return tx.one(kRefund, {bucket_of_id(id.value), id}, read_refund);
}
std::vector<Refund> refunds_of(db::Tx& tx, OrderId order) {
  return tx.all(kRefundsOf, {bucket_of_id(order.value), order}, read_refund);
}
std::vector<RefundId> due_refunds(db::Tx& tx, Instant now, int limit) {
  return ids<RefundId>(tx, kDueRefunds, {now, limit});
}
void refund_tried(db::Tx& tx, RefundId id, std::string_view state, std::string_view error, Instant next_try_at) {
  tx.exec(kRefundTried,
          {bucket_of_id(id.value), id, state, error.empty() ? db::Param(nullptr) : db::Param(error), next_try_at});
}
bool refund_done(db::Tx& tx, RefundId id, std::string_view rail_refund_id, Instant at) {
  return tx.exec(kRefundDone, {bucket_of_id(id.value), id, rail_refund_id, at}) == 1;
}
bool refund_failed(db::Tx& tx, RefundId id, std::string_view why) {
  return tx.exec(kRefundFailed, {bucket_of_id(id.value), id, why}) == 1;
}
bool refund_retry(db::Tx& tx, RefundId id, int attempt, Instant now) {
  return tx.exec(kRefundRetry, {bucket_of_id(id.value), id, attempt, now}) == 1;
}
bool refund_done_otherwise(db::Tx& tx, RefundId id, std::string_view reference, Instant at) {
  return tx.exec(kRefundOtherwise, {bucket_of_id(id.value), id, reference, at}) == 1;
}
void refund_twice(db::Tx& tx, RefundId id, std::string_view what) {
  tx.exec(kRefundTwice, {bucket_of_id(id.value), id, what});
}
std::int64_t refunds_under_way(db::Tx& tx, OrderId order) {
  return tx.number(kRefundsUnderWay, {bucket_of_id(order.value), order});
}
std::vector<Refund> failed_refunds(db::Tx& tx, BrandId brand, std::int64_t after, int limit) {
  return tx.all(kFailedRefunds, {brand, after, limit}, read_refund);
}
void add_refunded(db::Tx& tx, OrderId order, int line, Fen of_line_fen, Fen shipping_fen, std::int64_t units) {
  const Bucket bucket = bucket_of_id(order.value);
  tx.exec(kAddRefundedLine, {bucket, order, line, of_line_fen, units});
  tx.exec(kAddRefundedOrder, {bucket, order, of_line_fen + shipping_fen, shipping_fen});
}

void insert_entry(db::Tx& tx, Bucket bucket, const Entry& e) {
  tx.exec(kInsertEntry,
          {bucket, e.id, e.brand, e.agent, e.order, e.line, role_name(e.role), e.seq, e.net_fen, e.bp, e.amount_fen,
           e.state, e.refund, e.at, e.available_at == 0 ? db::Param(nullptr) : db::Param(e.available_at)});
}
std::vector<Entry> entries_of(db::Tx& tx, OrderId order) {
  return tx.all(kEntriesOf, {bucket_of_id(order.value), order}, read_entry);
}
std::optional<Entry> entry(db::Tx& tx, EntryId id) { return tx.one(kEntry, {bucket_of_id(id.value), id}, read_entry); }
std::vector<Entry> entries_of_agent(db::Tx& tx, AgentId agent, std::int64_t before, int limit) {
  return tx.all(kEntriesOfAgent, {agent, before == 0 ? INT64_MAX : before, limit}, read_entry);
}
std::vector<Entry> entries_of_settlement(db::Tx& tx, SettlementId settlement, std::int64_t after, int limit) {
  return tx.all(kEntriesOfSettlement, {settlement, after, limit}, read_entry);
}

std::vector<DueLine> lines_to_mature(db::Tx& tx, Instant now, const DueLine& after, int limit) {
  return tx.all(kToMature, {now, after.available_at, after.order.value, after.line, limit}, [](const Row& r) {
    return DueLine{static_cast<Bucket>(r.integer(0)), r.id<OrderId>(1), static_cast<int>(r.integer(2)), r.integer(3)};
  });
}
void mature_line(db::Tx& tx, const DueLine& l, Instant now) {
  tx.exec(kMatureEntries, {l.bucket, l.order, l.line, now});
  tx.exec(kMatureLine, {l.bucket, l.order, l.line, now});
}
bool all_matured(db::Tx& tx, OrderId order) { return tx.number(kUnmatured, {bucket_of_id(order.value), order}) == 0; }

Run read_run(const Row& r) {
  return {r.id<SettlementId>(0), r.id<BrandId>(1), r.integer(2),      r.integer(3), r.integer(4),
          r.id<PersonId>(5),     r.str(6),         r.id<PersonId>(7), r.integer(8), r.id<PersonId>(9)};
}
bool run_begun(db::Tx& tx, SettlementId run) { return tx.exists(kRunBegun, {run}); }
Run open_run(db::Tx& tx, BrandId brand, Instant cutoff_at, SettlementId fresh_id, PersonId by, Instant now) {
  tx.exec(kInsertRun, {fresh_id, brand, cutoff_at, now, by});
  const auto run = tx.one(kRun, {brand, cutoff_at}, read_run);
  CHECK(run.has_value());
  return *run;
}
std::optional<Run> run_by_id(db::Tx& tx, SettlementId run) { return tx.one(kRunById, {run}, read_run); }
void finish_run(db::Tx& tx, SettlementId run, Instant now) { tx.exec(kFinishRun, {run, now}); }
std::vector<AgentId> agents_to_settle(db::Tx& tx, BrandId brand, Instant cutoff_at, AgentId after, int limit) {
  return ids<AgentId>(tx, kAgentsToSettle, {brand, cutoff_at, after.value, limit});
}
Fen lock_account(db::Tx& tx, BrandId brand, AgentId agent) {
  tx.exec(kOpenAccount, {agent, brand});
  return tx.number(kLockAccount, {agent});
}
void set_debt(db::Tx& tx, AgentId agent, Fen debt_fen) { tx.exec(kSetDebt, {agent, debt_fen}); }
Taken take_entries(db::Tx& tx, BrandId brand, AgentId agent, Instant cutoff_at, SettlementId settlement) {
  Taken out;
  tx.each(kTakeEntries, {brand, agent, cutoff_at, settlement}, [&](const Row& r) {
    ++out.entries;
    out.sum_fen += r.integer(0);
  });
  return out;
}

bool settled_in_run(db::Tx& tx, SettlementId run, AgentId agent) { return tx.exists(kInRun, {run, agent}); }
void insert_settlement(db::Tx& tx, const Settlement& s) {
  tx.exec(kInsertSettlement, {s.id, s.run, s.brand, s.agent, s.entries_fen, s.debt_before_fen, s.worked_off_fen,
                              s.new_debt_fen, s.payable_fen, s.at});
}
std::optional<Settlement> settlement(db::Tx& tx, SettlementId id) { return tx.one(kSettlement, {id}, read_settlement); }
bool set_settlement_paid(db::Tx& tx, SettlementId id, std::string_view reference, Instant at) {
  if (tx.exec(kSetSettlementPaid, {id, reference, at}) == 0) return false;
  tx.exec(kSetEntriesPaid, {id});
  return true;
}
std::vector<Settlement> settlements_of_agent(db::Tx& tx, AgentId agent, std::int64_t before, int limit) {
  return tx.all(kSettlementsOfAgent, {agent, before == 0 ? INT64_MAX : before, limit}, read_settlement);
}
std::vector<Settlement> settlements_of_run(db::Tx& tx, SettlementId run, std::int64_t after, int limit) {
  return tx.all(kSettlementsOfRun, {run, after, limit}, read_settlement);
}
RunSum run_sum(db::Tx& tx, SettlementId run) {
  return tx
      .one(kRunSum, {run},
           [](const Row& r) { return RunSum{r.integer(0), r.integer(1), r.integer(2), r.integer(3), r.integer(4)}; })
      .value_or(RunSum{});
}

void put_cart_line(db::Tx& tx, Bucket bucket, PersonId buyer, const CartLine& l) {
  if (l.qty == 0)
    tx.exec(kDropCart, {bucket, buyer, l.store, l.sku});
  else
    tx.exec(kPutCart, {bucket, buyer, l.store, l.sku, l.qty, l.broadcast, l.share, l.added_at});
}
std::vector<CartLine> cart(db::Tx& tx, Bucket bucket, PersonId buyer, StoreId store) {
  return tx.all(kCart, {bucket, buyer, store}, [](const Row& r) {
    return CartLine{r.id<StoreId>(0),     r.id<SkuId>(1),   r.integer(2),
                    r.id<BroadcastId>(3), r.id<ShareId>(4), r.integer(5)};
  });
}
void clear_cart(db::Tx& tx, Bucket bucket, PersonId buyer, StoreId store) {
  tx.exec(kClearCart, {bucket, buyer, store});
}
std::int64_t cart_size(db::Tx& tx, Bucket bucket, PersonId buyer) { return tx.number(kCartSize, {bucket, buyer}); }
void move_cart(db::Tx& tx, Bucket from_bucket, PersonId from, Bucket to_bucket, PersonId to) {
  tx.exec(kMoveCart, {from_bucket, from, to_bucket, to});
  tx.exec(kDropCartOf, {from_bucket, from});
}

}  // namespace lianbo::order::store
