// Refunds: money on its way back to the buyer, through the rail that took it (SPEC 7, 8).
//
//   due ──asked──▶ sent ──▶ done
//     └──────────────┴────▶ failed ──retried under a new number──▶ due
//                              └─────paid otherwise───────────────▶ done
//
// A refund is booked when the rail says that the money has gone, or when finance says that it was paid by other means:
// the ledger, the commission that goes with it, the units that come back to the shelf, and its after-sale, in one
// commit. What the rail has given up (ABNORMAL, CLOSED) or refuses for good is not asked again with the same number: it
// is `failed`, and waits for staff. Functions that talk to the rail take a Database.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/call.hpp"
#include "db/db.hpp"
#include "order/order.hpp"
#include "pay/rail.hpp"

namespace lianbo::order {

// What the rail knows it by: the refund's id, and from the second attempt on the attempt's number.
std::string refund_number(const Refund& r);

// Joins the caller's transaction; `o` is locked. A refund of nothing is done at once.
Status open_refund(db::Tx& tx, const Call& call, Order& o, Refund r);

// What the rail says. payment_mismatch when it does not fit (nothing is changed; the caller raises the alarm).
Status apply_refund(db::Tx& tx, const Call& call, std::string_view out_refund_no, std::string_view rail_refund_id,
                    Fen refund_fen);
Status apply_refund_failure(db::Tx& tx, const Call& call, std::string_view out_refund_no, pay::RefundState state);

// A job: asks the rail for what is due at call.now, at most `limit`, so many of them at a time as there are `threads`;
// how many it did.
Result<int> send_refunds(db::Database& db, const Call& call, pay::PayRail& rail, int limit, int threads = 1);

// Staff that operates or pays. The rail is asked first what became of the last attempt: done is booked, closed gets a
// new number, anything else is refused with what it is.
Result<Refund> retry_refund(db::Database& db, const Call& call, pay::PayRail& rail, RefundId id);
// Owner or finance: a failed refund was paid by other means, under this reference.
Result<Refund> refund_paid_otherwise(db::Tx& tx, const Call& call, RefundId id, std::string_view reference);
// Those that wait for staff.
Result<std::vector<Refund>> failed_refunds(db::Tx& tx, const Call& call, BrandId brand, std::int64_t after, int limit);
std::string refund_json(const Refund& r);

std::string notify_url(const Call& call);

}  // namespace lianbo::order
