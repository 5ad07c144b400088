// All SQL of the catalogue. Rows in, rows out; no rule is decided here except those that must be conditions of an
// update. For this folder only.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "catalog/campaign.hpp"
#include "catalog/catalog.hpp"
#include "catalog/plan.hpp"
#include "catalog/stock.hpp"
#include "db/db.hpp"
#include "db/leases.hpp"

namespace lianbo::catalog::store {

// ---- products and SKUs
std::optional<Product> product(db::Tx& tx, ProductId id);
std::optional<Sku> sku(db::Tx& tx, SkuId id);
std::optional<ProductId> product_by_code(db::Tx& tx, BrandId brand, std::string_view code);
std::vector<Sku> skus_of(db::Tx& tx, ProductId product);
struct SkuLeft {
  Sku sku;
  std::int64_t left;
};
// left: what this store can sell; with no store, what any store without an allotment can.
std::vector<SkuLeft> skus_with_stock(db::Tx& tx, ProductId product, StoreId store);
std::vector<Product> products_of_brand(db::Tx& tx, BrandId brand, std::int64_t limit);
std::vector<Sku> skus_of_brand(db::Tx& tx, BrandId brand, std::int64_t limit);
std::vector<std::pair<SkuId, std::int64_t>> left_of_brand(db::Tx& tx, BrandId brand, std::int64_t limit);
struct ListedSku {
  Product product;
  Sku sku;
  std::int64_t left;
};
struct ListQuery {
  BrandId brand;
  StoreId store;  // whose stock; none: any store's without an allotment
  std::string_view category, text;
  int on_sale;  // 0, 1; -1: both
  std::int64_t after;
  int limit;
};
std::vector<ListedSku> list(db::Tx& tx, const ListQuery& query);
// False: the code is taken.
bool insert_product(db::Tx& tx, const Product& product);
bool insert_sku(db::Tx& tx, const Sku& sku);
// Writes the product's texts and flags and raises its version. False: it is at another version by now.
bool update_product(db::Tx& tx, const Product& product, std::int64_t from_version, Instant now);
bool update_sku(db::Tx& tx, const Sku& sku, std::int64_t from_version);
// Raises the version; locks the product until the end of the transaction.
void touch_product(db::Tx& tx, ProductId id, Instant now);
bool can_be_sold(db::Tx& tx, ProductId product, StoreId store);
// One read for what an order must know about a SKU in a store.
std::optional<Sale> sale(db::Tx& tx, SkuId sku, StoreId store, Instant now);
std::vector<ProductId> alternatives(db::Tx& tx, const Product& product, int limit);

// ---- stock
void insert_pool(db::Tx& tx, BrandId brand, SkuId sku, std::int64_t qty);
// From the lease into reserved, when it has the units and more than kScarce stay in sight.
bool reserve_plenty(db::Tx& tx, Bucket bucket, SkuId sku, std::int64_t qty);
// From reserved into the lease, when more than kScarce are in sight already.
bool release_plenty(db::Tx& tx, Bucket bucket, SkuId sku, std::int64_t qty);
bool release(db::Tx& tx, Bucket bucket, SkuId sku, std::int64_t qty);
bool sell(db::Tx& tx, Bucket bucket, SkuId sku, std::int64_t qty);
// Locks the SKU's pool row and gives the units in it.
std::optional<std::int64_t> lock_pool(db::Tx& tx, SkuId sku);
bool take_from_pool(db::Tx& tx, SkuId sku, std::int64_t qty);
// Locks the bucket's lease, making it when there is none, and gives its units.
std::int64_t lock_lease(db::Tx& tx, Bucket bucket, SkuId sku);
using Lease = db::LeaseRows::Lease;
std::vector<Lease> other_leases(db::Tx& tx, Bucket bucket, SkuId sku);  // that have units, fullest first
bool take_from_lease(db::Tx& tx, Bucket bucket, SkuId sku, std::int64_t qty);
// Adds `more` to the lease, then moves qty of it into reserved.
bool lease_and_reserve(db::Tx& tx, Bucket bucket, SkuId sku, std::int64_t more, std::int64_t qty);
void add_to_pool(db::Tx& tx, SkuId sku, std::int64_t qty);
// Locks the store's allotment, if it has one that was not given back.
std::optional<Allotment> lock_allotment(db::Tx& tx, SkuId sku, StoreId store);
// The same, making an empty one when there is none; one that was given back is as new.
Allotment lock_or_open_allotment(db::Tx& tx, BrandId brand, SkuId sku, StoreId store, Instant now);
void set_allotment(db::Tx& tx, const Allotment& allotment);
void set_allotment_units(db::Tx& tx, SkuId sku, StoreId store, std::int64_t units);
// What it was set to, which refills don't change.
void set_granted(db::Tx& tx, SkuId sku, StoreId store, std::int64_t units);
std::int64_t granted(db::Tx& tx, SkuId sku, StoreId store);
std::optional<Allotment> allotment(db::Tx& tx, SkuId sku, StoreId store);
std::vector<Allotment> allotments_of_store(db::Tx& tx, StoreId store, SkuId after, int limit);
std::vector<Allotment> allotments_of_sku(db::Tx& tx, SkuId sku, StoreId after, int limit);
std::vector<Allotment> allotments_due(db::Tx& tx, Instant now, int limit);
// received and pool grow, up to kMaxStock received.
bool restock(db::Tx& tx, SkuId sku, std::int64_t qty);
std::optional<std::int64_t> left(db::Tx& tx, SkuId sku);  // pool and the buckets' leases
std::optional<StockCount> count(db::Tx& tx, SkuId sku);
std::vector<StockBreach> breaches(db::Tx& tx, BrandId brand, int limit);

// ---- plans
std::vector<PlanRow> plans_for(db::Tx& tx, BrandId brand, SkuId sku, AgentId host, std::int64_t campaign_id);
std::optional<PlanRow> newest_plan(db::Tx& tx, BrandId brand, PlanScope scope, std::int64_t scope_id, SkuId sku);
std::vector<PlanRow> plans_of_campaign(db::Tx& tx, BrandId brand, CampaignId campaign);  // the newest of each SKU
bool insert_plan(db::Tx& tx, const PlanRow& row);  // false: that version is there already
std::vector<PlanRow> plan_versions(db::Tx& tx, BrandId brand, PlanScope scope, std::int64_t scope_id,
                                   std::int64_t after, int limit);
std::vector<PlanRow> current_plans(db::Tx& tx, BrandId brand, std::int64_t after, int limit);

}  // namespace lianbo::catalog::store
