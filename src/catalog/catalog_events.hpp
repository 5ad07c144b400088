// What the catalogue tells others, in the same commit. The key of each is the product's id.
//
// Products that are new are not announced: nobody shows them yet. stock.changed is told when a SKU becomes sold out or
// available again, and at each change while few are left (see stock.hpp); `left` is exact.
#pragma once

#include <optional>

#include "base/call.hpp"
#include "base/json.hpp"
#include "catalog/catalog.hpp"
#include "db/db.hpp"

namespace lianbo::catalog {

inline constexpr const char* kProductChanged = "product.changed";  // {product_id, on_sale}
inline constexpr const char* kPriceChanged = "price.changed";      // {product_id, sku_id, price_fen, campaign_id?}
inline constexpr const char* kStockChanged = "stock.changed";      // {product_id, sku_id, left} or, of one store:
                                                                   // {…, store_id, own (null: given back), shared}

db::Event product_changed(const Call& call, const Product& product);
db::Event price_changed(const Call& call, const Sku& sku);
// bucket: of the buyer whose order changed it, so that the event is written where the order is.
db::Event stock_changed(const Call& call, Bucket bucket, const Sku& sku, std::int64_t left);
// left: what the store can sell now, its own units and, if shared, all others.
db::Event allotment_changed(const Call& call, Bucket bucket, const Sku& sku, StoreId store, std::int64_t left,
                            std::optional<std::int64_t> own, bool shared);
// Its price in the stores of a campaign is another now; price_fen is the list price.
db::Event campaign_price_changed(const Call& call, const Sku& sku, CampaignId campaign);

}  // namespace lianbo::catalog
