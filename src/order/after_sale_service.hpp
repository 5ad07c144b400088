// What people and the clock do with after-sales: one function to ask, one to take a step, one job for the deadlines,
// and evidence (SPEC 7).
//
// Each joins the caller's transaction and first locks the order's row. A step whose case is over its time first finds
// the state that follows from the clock, so it does not matter whether the job has run. What a step does besides: a
// refund is opened, goods that are back go on sale again, a replacement leaves from stock (reserved and sold in the
// same commit, so the law of stock holds; sold out refuses the step), an exchange moves no commission.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/call.hpp"
#include "db/db.hpp"
#include "order/after_sale.hpp"
#include "order/order.hpp"

namespace lianbo::order {

// The buyer, or staff that operates the brand (not bound by the buyer's days).
Result<AfterSale> request_after_sale(db::Tx& tx, const Call& call, OrderId id, const AfterSaleWish& wish);

struct StepDetail {
  std::string note;                         // what is said with it
  std::string carrier, tracking_number;     // send_back, send_replacement
  std::optional<std::int64_t> restock_qty;  // goods_back, uphold: units fit to be sold again; none: all
};
// Taking a step that has been taken is answered with the case as it is. Errors: not_found, order_state_conflict (which
// names what may happen now), second_person, refund_exceeds, sold_out, forbidden.
Result<AfterSale> take_step(db::Tx& tx, const Call& call, AfterSaleId id, AfterSaleStep step, const StepDetail& detail);

// The refund of the case was booked. `o` is locked.
Status money_is_back(db::Tx& tx, const Call& call, const Order& o, AfterSaleId id);

// A job: cases whose time is up at call.now; pages of `limit`. One that fails is logged and holds nobody else up.
Result<int> close_overdue(db::Database& db, const Call& call, int limit);

// Both sides may add to an open case: its buyer, and staff.
Status add_words(db::Tx& tx, const Call& call, AfterSaleId id, std::string_view text);
// The picture's SHA-256 in hex. The same picture again is not kept twice.
Result<std::string> add_picture(db::Tx& tx, const Call& call, AfterSaleId id, std::string_view bytes);
struct PictureBytes {
  std::string media_type, bytes;
};
Result<PictureBytes> picture(db::Tx& tx, const Call& call, AfterSaleId id, std::string_view sha256_hex);

std::string after_sale_json(const AfterSale& a);
std::string titled_after_sale_json(db::Tx& tx, const AfterSale& a);  // and what it is about
std::vector<AfterSale> after_sales_of(db::Tx& tx, OrderId order);    // all of an order, oldest first
// With steps, evidence, and what may happen now. Its buyer, or staff.
Result<std::string> after_sale_detail(db::Tx& tx, const Call& call, AfterSaleId id);

}  // namespace lianbo::order
