// A whole shelf as a store shows it at this instant, in its order: the store's prices are looked up once for all of it.
// Threads: any. Errors: not_found.
#pragma once

#include <span>
#include <vector>

#include "catalog/catalog_service.hpp"

namespace lianbo::catalog {

Result<std::vector<ProductView>> view_products(db::Tx& tx, std::span<const ProductId> ids, StoreId store, Instant now);

}  // namespace lianbo::catalog
