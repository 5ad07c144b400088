// Orders, carts, payment notices, after-sales, commission and settlement over HTTP: shapes and routes.
#pragma once

#include "db/db.hpp"
#include "net/route.hpp"
#include "order/order_service.hpp"
#include "pay/rail.hpp"

namespace lianbo::order {

struct OrderDeps {
  db::Database* db = nullptr;
  pay::PayRail* rail = nullptr;
};
net::Routes order_routes(const OrderDeps& deps);

}  // namespace lianbo::order
