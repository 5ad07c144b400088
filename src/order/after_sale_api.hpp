// After-sales, evidence, carriers and refunds in trouble over HTTP: shapes and routes.
#pragma once

#include "net/route.hpp"
#include "order/order_api.hpp"

namespace lianbo::order {

net::Routes after_sale_routes(const OrderDeps& deps);

}  // namespace lianbo::order
