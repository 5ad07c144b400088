// Routes of the catalogue: products, SKUs, stock, files in and out, commission plans; and (offers_api.cpp) campaigns,
// allotments, coupons, shipping fees, forbidden words. JSON to struct, who may, struct to JSON.
//
// Everybody sees products; who is not staff of the brand finds only those on sale in a list, and sees how many are left
// only when few are. ETag is "VERSION-DIGEST"; If-Match takes it, or the bare version.
#pragma once

#include "catalog/catalog_service.hpp"
#include "net/route.hpp"

namespace lianbo::catalog {

struct CatalogDeps {
  db::Database* db = nullptr;
};
net::Routes catalog_routes(const CatalogDeps& deps);
void add_offer_routes(net::Routes& routes);  // part of them

// {"id":…,"skus":[…]}; with_text: the description too; all_stock: exact numbers left whatever they are.
void write_product(JsonWriter& w, const ProductView& view, bool with_text, bool all_stock);
Shape product_shape(bool with_text);

}  // namespace lianbo::catalog
