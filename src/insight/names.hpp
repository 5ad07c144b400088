// What ids stand for, by name, so that a page need not ask for each: agents, stores, broadcasts, products, SKUs, staff.
// Only of the brand asked about; buyers are told nowhere. One look-up by key for each id and kind.
#pragma once

#include "net/route.hpp"

namespace lianbo::insight {

net::Route names_route();  // GET /api/v1/brands/{brand_id}/names?ids=…

}  // namespace lianbo::insight
