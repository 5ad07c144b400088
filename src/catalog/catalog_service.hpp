// What one can do with the catalogue: one function per intent. Functions that take a Tx join a transaction; the import
// starts its own.
//
// Events: product.changed {product_id}; price.changed {product_id, sku_id, price_fen}; both keyed by product. Products
// that are new are not announced: nobody shows them yet. stock.changed: see stock.hpp.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/call.hpp"
#include "base/result.hpp"
#include "catalog/campaign.hpp"
#include "catalog/catalog.hpp"
#include "catalog/csv_formats.hpp"
#include "catalog/plan.hpp"
#include "catalog/stock.hpp"
#include "db/db.hpp"

namespace lianbo::catalog {

Result<Product> find_product(db::Tx& tx, ProductId id);
Result<Sku> find_sku(db::Tx& tx, SkuId id);
std::vector<Sku> skus_of(db::Tx& tx, ProductId product);  // in order of position

// On sale, and some SKU has stock left, that this store can sell (none: any store without units of its own).
bool product_can_be_sold(db::Tx& tx, ProductId product, StoreId store = {});
// Same brand and category, can be sold, not this one; newest first.
std::vector<ProductId> alternatives(db::Tx& tx, const Product& product, int limit);

struct ProductView {
  Product product;
  std::vector<Sku> skus;
  std::vector<std::int64_t> left;                    // per SKU: what the store can sell
  std::vector<std::optional<CampaignPrice>> prices;  // per SKU: of the store's campaigns
};
// As a store shows it at this instant; with no store, as the brand does.
Result<ProductView> view_product(db::Tx& tx, ProductId id, StoreId store = {}, Instant now = 0);

struct ProductQuery {
  BrandId brand;
  StoreId store;  // as this store shows them at `now`
  Instant now = 0;
  std::string category;         // "": any
  std::string text;             // part of title or code; "": any
  std::optional<bool> on_sale;  // none: both
  std::int64_t after = 0;
  int limit = 50;
};
std::vector<ProductView> list_products(db::Tx& tx, const ProductQuery& query);  // in order of id

Result<ProductView> create_product(db::Tx& tx, const Call& call, BrandId brand, CatalogProduct wish);

struct ProductPatch {
  std::optional<std::string> title, category, description, image_url;
  std::optional<bool> on_sale, no_return;
  std::optional<std::int64_t> if_version;  // precondition_failed when the product is at another one
};
Result<ProductView> patch_product(db::Tx& tx, const Call& call, ProductId id, const ProductPatch& patch);

struct SkuPatch {
  Fen price_fen = 0;
  std::optional<std::int64_t> if_version;
};
Result<Sku> patch_sku(db::Tx& tx, const Call& call, SkuId id, const SkuPatch& patch);

// restock, by staff, audited.
Result<StockCount> receive_stock(db::Tx& tx, const Call& call, SkuId id, std::int64_t qty);

// Units of a SKU for a store, and back again; see stock.hpp. By staff that operates the brand, giving back also by the
// store; audited.
Result<Allotment> allot(db::Tx& tx, const Call& call, SkuId sku, StoreId store, const AllotWish& wish);
Result<std::int64_t> give_back(db::Tx& tx, const Call& call, SkuId sku, StoreId store);
// Everything a store has of its own: it closes.
void give_back_store(db::Tx& tx, const Call& call, StoreId store);

struct ImportReport {
  CatalogFormat format = CatalogFormat::lianbo;
  int products = 0, skus = 0;                   // in the file
  int created = 0, updated = 0, unchanged = 0;  // products
  std::int64_t stock_taken = 0;                 // units: of SKUs that were new
  int stock_ignored = 0;                        // SKUs that were known: their stock is not touched by an import
  std::vector<std::string> notes;
};
// All or nothing, in one transaction; the same file again changes nothing. Products are found by product code, SKUs by
// SKU code. What the file does not name stays as it is. gz is unpacked.
Result<ImportReport> import_catalog(db::Database& database, const Call& call, BrandId brand,
                                    std::string_view file_bytes, const CatalogOptions& options = {});
// Everything the brand has, in the given format; stock is what is left.
Result<std::string> export_catalog(db::Tx& tx, const Call& call, BrandId brand, CatalogFormat format);

}  // namespace lianbo::catalog
