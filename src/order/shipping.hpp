// Shipping: an order leaves in one parcel or several, each with some units of some lines (SPEC 7).
//
// A unit that was given up before it left (dropped) leaves no more. Always: shipped + dropped ≤ qty of a line, and
// shipped is the sum over the order's parcels. The order is `shipped` with the parcel that leaves nothing behind; when
// nothing is left because everything was given back, it ends `cancelled` (docs/decisions/0021).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/call.hpp"
#include "db/db.hpp"
#include "order/order.hpp"

namespace lianbo::order {

struct ParcelWish {
  std::string carrier, tracking_number;
  struct Line {
    int line = 0;
    std::int64_t qty = 0;
  };
  std::vector<Line> lines;  // none: all that is left
};
// The store's agent or staff that operates the brand. The same parcel again is answered as it is. Errors:
// order_state_conflict (not paid, nothing left), invalid_field (carrier, number, more units than are left).
Result<Order> ship(db::Tx& tx, const Call& call, OrderId id, const ParcelWish& wish);

// After a parcel left or units were given up; `o` is locked and as it is now. Shipped when nothing is left to send and
// something was sent; cancelled when nothing was sent, nothing is left and no refund is under way.
void settle_shipping(db::Tx& tx, const Call& call, Order& o);

}  // namespace lianbo::order
