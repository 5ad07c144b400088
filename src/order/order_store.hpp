// All SQL of orders, parcels, payments, refunds, commission entries and settlements. Functions join a transaction.
#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "db/db.hpp"
#include "order/order.hpp"
#include "order/order_service.hpp"

namespace lianbo::order::store {

void insert_order(db::Tx& tx, const Order& order);
// With its lines.
std::optional<Order> load(db::Tx& tx, OrderId id);
// The same, after locking the row against every other decision about this order (see db.hpp).
std::optional<Order> lock(db::Tx& tx, OrderId id);
std::vector<OrderId> of_buyer(db::Tx& tx, Bucket bucket, PersonId buyer, std::int64_t before, int limit);
// Newest first; before 0: from the newest on.
std::vector<OrderId> of_store(db::Tx& tx, StoreId store, std::optional<OrderState> state, std::int64_t before,
                              int limit);
std::vector<OrderId> of_brand(db::Tx& tx, BrandId brand, PersonId scope, std::int64_t after, int limit);
struct OrderFilter {
  std::optional<OrderState> state;
  StoreId store;                               // none: all
  std::int64_t after = 0, before = INT64_MAX;  // ids between which they lie
};
std::vector<OrderId> newest_of_brand(db::Tx& tx, BrandId brand, PersonId scope, const OrderFilter& filter, int limit);
struct Unpaid {
  OrderId order;
  Instant release_at = 0;
};
std::vector<Unpaid> unpaid_until(db::Tx& tx, Instant now, const Unpaid& after, int limit);
struct Shipped {
  OrderId order;
  Instant shipped_at = 0;
};
std::vector<Shipped> shipped_until(db::Tx& tx, Instant shipped_at, const Shipped& after, int limit);

std::vector<OrderId> under_way(db::Tx& tx, Bucket bucket, PersonId buyer, BrandId brand, int limit);
BuyerSum buyer_sum(db::Tx& tx, Bucket bucket, PersonId buyer, BrandId brand);
// Of orders of an older version, whose address is still readable in its row.
struct Readable {
  OrderId id;
  BrandId brand;
  PersonId buyer;
  std::string address_json;
};
std::vector<Readable> readable_addresses(db::Tx& tx, OrderId after, int limit);
void seal_address(db::Tx& tx, OrderId id, const privacy::Sealed& address);

void set_paid(db::Tx& tx, const Order& order, Instant at);
void set_cancelled(db::Tx& tx, const Order& order, std::string_view reason, Instant at);
void set_closed(db::Tx& tx, const Order& order, std::string_view reason, Instant at);  // cancelled though paid
void set_shipped(db::Tx& tx, const Order& order, Instant at);
void set_parcel(db::Tx& tx, const Order& order);  // carrier and number of the last one
void insert_parcel(db::Tx& tx, const Order& order, const Parcel& parcel, PersonId by);
void add_shipped(db::Tx& tx, const Order& order, int line, std::int64_t qty);
void add_dropped(db::Tx& tx, const Order& order, int line, std::int64_t qty);
void set_renewed(db::Tx& tx, const Order& order, int line, Instant at);
void set_received(db::Tx& tx, const Order& order, Instant at);
void set_completed(db::Tx& tx, const Order& order, Instant at);

struct Payment {
  OrderId order;
  std::string prepay_id, transaction_id, state;
  Fen amount_fen = 0;
  Instant paid_at = 0;
};
std::optional<Payment> payment(db::Tx& tx, OrderId order);
void set_prepay(db::Tx& tx, OrderId order, std::string_view prepay_id, Instant at);
void set_payment(db::Tx& tx, OrderId order, std::string_view state, std::string_view transaction_id, Instant at);

void insert_refund(db::Tx& tx, const Refund& r);
std::optional<Refund> refund(db::Tx& tx, RefundId id);
std::vector<Refund> refunds_of(db::Tx& tx, OrderId order);
std::vector<RefundId> due_refunds(db::Tx& tx, Instant now, int limit);
void refund_tried(db::Tx& tx, RefundId id, std::string_view state, std::string_view error, Instant next_try_at);
bool refund_done(db::Tx& tx, RefundId id, std::string_view rail_refund_id, Instant at);  // false: it was done before
bool refund_failed(db::Tx& tx, RefundId id, std::string_view why);     // false: done, or failed before
bool refund_retry(db::Tx& tx, RefundId id, int attempt, Instant now);  // false: no longer failed at this attempt
bool refund_done_otherwise(db::Tx& tx, RefundId id, std::string_view reference, Instant at);
void refund_twice(db::Tx& tx, RefundId id, std::string_view what);
std::int64_t refunds_under_way(db::Tx& tx, OrderId order);  // of its lines, not done
std::vector<Refund> failed_refunds(db::Tx& tx, BrandId brand, std::int64_t after, int limit);
void add_refunded(db::Tx& tx, OrderId order, int line, Fen of_line_fen, Fen shipping_fen, std::int64_t units);

struct Entry {
  EntryId id;
  BrandId brand;
  AgentId agent;
  OrderId order;
  int line = 0;
  Role role = Role::host;
  int seq = 0;
  Fen net_fen = 0;
  BasisPoints bp = 0;
  Fen amount_fen = 0;
  std::string state;
  RefundId refund;
  SettlementId settlement;
  Instant at = 0;
  Instant available_at = 0;
};
void insert_entry(db::Tx& tx, Bucket bucket, const Entry& e);
std::vector<Entry> entries_of(db::Tx& tx, OrderId order);
std::optional<Entry> entry(db::Tx& tx, EntryId id);
// Newest first; before 0: from the newest on.
std::vector<Entry> entries_of_agent(db::Tx& tx, AgentId agent, std::int64_t before, int limit);
std::vector<Entry> entries_of_settlement(db::Tx& tx, SettlementId settlement, std::int64_t after, int limit);

struct DueLine {
  Bucket bucket = 0;
  OrderId order;
  int line = 0;
  Instant available_at = 0;
};
// Lines whose freeze has passed and that have no open after-sale, in the order of their instants.
std::vector<DueLine> lines_to_mature(db::Tx& tx, Instant now, const DueLine& after, int limit);
void mature_line(db::Tx& tx, const DueLine& line, Instant now);
bool all_matured(db::Tx& tx, OrderId order);

// Settlement.
struct Run {
  SettlementId id;
  BrandId brand;
  Instant cutoff_at = 0, started_at = 0, finished_at = 0;
  PersonId proposed_by;  // when a second person is needed
  std::string proposal;  // digest of what was proposed
  PersonId approved_by;
  Instant approved_at = 0;
  PersonId by;
};
Run read_run(const db::Row& row);
bool run_begun(db::Tx& tx, SettlementId run);  // some agent is settled in it
Run open_run(db::Tx& tx, BrandId brand, Instant cutoff_at, SettlementId fresh_id, PersonId by, Instant now);
std::optional<Run> run_by_id(db::Tx& tx, SettlementId run);
void finish_run(db::Tx& tx, SettlementId run, Instant now);
std::vector<AgentId> agents_to_settle(db::Tx& tx, BrandId brand, Instant cutoff_at, AgentId after, int limit);
Fen lock_account(db::Tx& tx, BrandId brand, AgentId agent);  // its debt; locks the agent's money
void set_debt(db::Tx& tx, AgentId agent, Fen debt_fen);
struct Taken {
  std::int64_t entries = 0;
  Fen sum_fen = 0;
};
// Moves what has become available until the cut-off to the settlement, and sums exactly what it moved.
Taken take_entries(db::Tx& tx, BrandId brand, AgentId agent, Instant cutoff_at, SettlementId settlement);

struct Settlement {
  SettlementId id, run;
  BrandId brand;
  AgentId agent;
  Fen entries_fen = 0, debt_before_fen = 0, worked_off_fen = 0, new_debt_fen = 0, payable_fen = 0;
  std::string state, payout_reference;
  Instant paid_at = 0, at = 0;
};
bool settled_in_run(db::Tx& tx, SettlementId run, AgentId agent);
void insert_settlement(db::Tx& tx, const Settlement& s);
std::optional<Settlement> settlement(db::Tx& tx, SettlementId id);
bool set_settlement_paid(db::Tx& tx, SettlementId id, std::string_view reference, Instant at);
std::vector<Settlement> settlements_of_agent(db::Tx& tx, AgentId agent, std::int64_t before, int limit);
std::vector<Settlement> settlements_of_run(db::Tx& tx, SettlementId run, std::int64_t after, int limit);
struct RunSum {
  std::int64_t agents = 0;
  Fen entries_fen = 0, worked_off_fen = 0, new_debt_fen = 0, payable_fen = 0;
};
RunSum run_sum(db::Tx& tx, SettlementId run);

// Cart.
struct CartLine {
  StoreId store;
  SkuId sku;
  std::int64_t qty = 0;
  BroadcastId broadcast;
  ShareId share;
  Instant added_at = 0;
};
void put_cart_line(db::Tx& tx, Bucket bucket, PersonId buyer, const CartLine& line);  // qty 0 removes it
std::vector<CartLine> cart(db::Tx& tx, Bucket bucket, PersonId buyer, StoreId store);
void clear_cart(db::Tx& tx, Bucket bucket, PersonId buyer, StoreId store);
std::int64_t cart_size(db::Tx& tx, Bucket bucket, PersonId buyer);
void move_cart(db::Tx& tx, Bucket from_bucket, PersonId from, Bucket to_bucket, PersonId to);

}  // namespace lianbo::order::store
