// Settlement's second pair of eyes, payouts, debts, statements and books over HTTP: shapes and routes.
#pragma once

#include "net/route.hpp"
#include "order/order_api.hpp"

namespace lianbo::order {

// run: what a settlement run looks like.
net::Routes money_routes(const OrderDeps& deps, const Shape& run);

}  // namespace lianbo::order
