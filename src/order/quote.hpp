// A draft of an order: everything that is decided about money before it is placed. place() makes one and keeps it, the
// quote makes the same one and shows it, so that a buyer sees to the fen what they will pay.
//
// A draft reads and writes nothing; what it found may be gone a moment later, so place() takes stock, flash units and
// coupon with conditional updates and refuses with the line that changed.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/json.hpp"
#include "base/shape.hpp"
#include "catalog/coupon.hpp"
#include "catalog/shipping.hpp"
#include "live/offers.hpp"
#include "order/order_service.hpp"
#include "org/org_service.hpp"

namespace lianbo::order {

struct Draft {
  org::StoreOwner owner;
  std::string currency;
  std::vector<OrderLine> lines;
  std::vector<std::optional<Error>> problems;         // per line
  std::vector<std::optional<live::FlashSale>> flash;  // per line: whose units it takes
  std::vector<std::int64_t> left;                     // per line: what the store can sell (quote)
  bool allotted = false;                              // the store has units of its own of some SKU
  std::optional<catalog::Coupon> coupon;              // that is applied
  std::optional<Error> coupon_problem;
  catalog::ShippingFee shipping;
  PinId pin;
  Fen goods_fen = 0, discount_fen = 0, total_fen = 0;
};

// strict: the first problem is the answer. Otherwise problems are collected beside the lines and the coupon, and what a
// line or the coupon of a problem would have cost is left out.
Result<Draft> draft_order(db::Tx& tx, const Call& call, const PlaceWish& wish, bool strict);

// What the buyer sees before placing: the draft, and what each of their coupons would take off.
Result<std::string> quote_json(db::Tx& tx, const Call& call, const PlaceWish& wish);
Shape quote_shape();

// How a placed order's amounts came about: coupon with its terms, the table of shipping fees it was placed under, and
// what prices lost. For explain.
Status write_pricing(JsonWriter& w, db::Tx& tx, const Order& order);

}  // namespace lianbo::order
