// What people do with orders: one function per intent (SPEC 7). Each joins the caller's transaction and first locks the
// order's row, so two intents on one order happen one after the other.
//
//   placed ──pay──▶ paid ──last parcel──▶ shipped ──receive──▶ received ──matured──▶ completed
//      │             └──all given back, nothing sent──▶ cancelled
//      └──cancel / unpaid at release_at──▶ cancelled
//
// Parcels: shipping.hpp; after-sales: after_sale_service.hpp; money going back: refunds.hpp. Money moves only on what
// the payment rail said; it may say so twice, late, or for a cancelled order. The functions that talk to the rail take
// a Database, not a Tx: nothing that waits for a network stands inside a transaction.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/call.hpp"
#include "db/db.hpp"
#include "order/order.hpp"
#include "pay/rail.hpp"
#include "share/share.hpp"

namespace lianbo::order {

struct PlaceLine {
  SkuId sku;
  std::int64_t qty = 0;
  std::optional<Fen> price_fen;  // what the buyer saw; another price now is price_changed
};
struct PlaceWish {
  StoreId store;
  std::vector<PlaceLine> lines;
  BroadcastId broadcast;
  ShareId share;
  std::string address_json = "{}";
  CouponId coupon;               // that the buyer has claimed
  std::optional<Fen> total_fen;  // what the buyer was shown; another total now is price_changed
};
// Reserves all lines or none, fixes prices, coupon, shipping, plan, lock and attribution (see quote.hpp), and moves the
// lock. Errors: not_found, invalid_field, not_on_sale, price_changed, sold_out, coupon_unusable, agent_not_active,
// amount_overflow, unauthenticated.
Result<Order> place(db::Tx& tx, const Call& call, const PlaceWish& wish);

// The buyer, or staff. An order that is cancelled already is answered as it is.
Result<Order> cancel(db::Tx& tx, const Call& call, OrderId id, std::string_view reason);
// The buyer, or the server after order.auto_receive_days.
Result<Order> receive(db::Tx& tx, const Call& call, OrderId id);

// The order, if the caller may see it: its buyer, its store's agent, or the store's staff.
Result<Order> visible_order(db::Tx& tx, const Call& call, OrderId id);
// The whole address for the buyer, and for the store's agent while there is something to deliver (paid, shipped); a
// masked one for everybody else. Staff that operates reads it whole only where the read is audited: whole_for_staff,
// for whom staff_may_read_address.
std::string order_json(const Call& call, const Order& order, bool whole_for_staff = false);
bool staff_may_read_address(db::Tx& tx, const Call& call, const Order& order);  // not as its buyer

// What the rail says. payment_mismatch when it does not fit the order (nothing is changed; the caller raises the
// alarm).
Status apply_payment(db::Tx& tx, const Call& call, std::string_view out_trade_no, std::string_view transaction_id,
                     Fen amount_fen, std::string_view currency, Instant success_at);
struct PayAnswer {
  std::string prepay_id, pay_params;
};
// Asks the rail for what the buyer's client needs to pay. Again with each call; the rail knows it is the same payment.
Result<PayAnswer> pay_order(db::Database& db, const Call& call, pay::PayRail& rail, OrderId id, std::string openid);

// Closes the payment of a cancelled order at the rail, if the buyer was given the means to pay.
Status close_payment(db::Database& db, const Call& call, pay::PayRail& rail, OrderId id);

// Jobs. Each takes what is due at call.now, at most `limit`, and returns how many it did; an order that fails is logged
// and holds nobody else up.
Result<int> release_unpaid(db::Database& db, const Call& call, pay::PayRail& rail, int limit);
Result<int> receive_shipped(db::Database& db, const Call& call, int limit);
Result<int> mature_lines(db::Database& db, const Call& call, int limit);

Result<share::ReceiptFacts> receipt_facts(db::Tx& tx, OrderId id);
// ---- about one buyer
std::vector<Order> orders_of_buyer(db::Tx& tx, const Call& call, PersonId buyer, OrderId before, int limit);
// Orders whose address is still needed: unpaid, paid, shipped, or with an after-sale open. brand 0: everywhere.
std::vector<OrderId> orders_under_way(db::Tx& tx, const Call& call, PersonId buyer, BrandId brand, int limit);
struct BuyerSum {
  std::int64_t orders = 0;
  Fen paid_fen = 0;
  Instant first_at = 0, last_at = 0;
};
BuyerSum buyer_sum(db::Tx& tx, const Call& call, PersonId buyer, BrandId brand);
// What the buyer wrote into after-sales at the brand goes; amounts, goods and states stay.
void forget_buyer(db::Tx& tx, const Call& call, PersonId buyer, BrandId brand);

// Of a database of an older version: seals every address that is still readable. Safe to repeat.
Status seal_addresses(db::Database& db, const Call& call);
void merge_cart(db::Tx& tx, const Call& call, PersonId guest, PersonId person);

}  // namespace lianbo::order
