// Stock: one pool per SKU, a lease of it in each bucket of buyers, and allotments: leases of single stores (SPEC 4).
//
// The law, at every instant and after every function here, whether it succeeds or fails:
//     pool + Σ lease units + Σ allotted units + Σ reserved + Σ sold = received,   each ≥ 0.
// So nothing is ever oversold, on either engine: every decrease carries its condition in the update itself.
//
// While a SKU is plentiful an order touches only its own bucket's lease row: no row is hot. When the lease is short or
// the SKU is scarce (kScarce or fewer left as far as can be seen) the order takes the SKU's pool row first. All moves
// of units between pool and leases happen under that row, so what is left is known exactly, "sold out" is answered only
// when pool and all leases together are too few, and stock.changed tells the true number.
//
// An allotment is one store's: nobody else sells from it. The store's orders take from it first; what it lacks comes
// from the pool and the buckets' leases, if it is shared. One with keep > 0 is refilled from it when half is gone.
// Reserved and sold units are counted in the buyer's bucket, wherever they came from; an order line remembers how many
// came out of the allotment, and a cancelled one gives them back there (or to the bucket, if it was given back
// or set to nothing meanwhile).
//
// Locks are always taken SKU by SKU in order of id; within one, allotment before pool before leases. The plentiful path
// holds one lease row per SKU and never asks for the pool row of it.
//
// Event stock.changed (key: product; payload product_id, sku_id, left): when a SKU becomes sold out or available again,
// and at each change while kTellBelow or fewer are left. The same with store_id for an allotment (see
// catalog_events.hpp).
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "base/call.hpp"
#include "base/id.hpp"
#include "base/result.hpp"
#include "catalog/catalog.hpp"
#include "db/db.hpp"

namespace lianbo::catalog {

struct StockLine {
  SkuId sku;
  std::int64_t qty = 0;
  std::int64_t allotted = 0;  // how many of them came out of the store's allotment (release)
};

inline constexpr std::int64_t kScarce = 256;
inline constexpr std::int64_t kTellBelow = 20;

// All lines or none; lines on one SKU are summed first. Gives for each line how many of its units came out of the
// store's allotment (store 0: nobody's). When the lease is short, at least lease_units are leased if the pool has them.
// sold_out names the SKU's code and what is left, at "/lines/<i>" of its first line.
Result<std::vector<std::int64_t>> reserve_stock(db::Tx& tx, const Call& call, Bucket bucket,
                                                std::span<const StockLine> lines, std::int64_t lease_units,
                                                StoreId store = {});
// Reserved units go back where they came from (an order is cancelled). They must have been reserved.
void release_stock(db::Tx& tx, const Call& call, Bucket bucket, std::span<const StockLine> lines, StoreId store = {});
// Reserved units are sold (an order is paid). They must have been reserved.
void sell_stock(db::Tx& tx, Bucket bucket, std::span<const StockLine> lines);
// More units came: received and pool grow. qty > 0.
Status restock(db::Tx& tx, const Call& call, SkuId sku, std::int64_t qty);

// What the store can sell: its allotment, and the pool with the buckets' leases unless that is all it may sell.
// Without a store: pool and leases.
std::int64_t stock_left(db::Tx& tx, SkuId sku, StoreId store = {});

struct StockCount {
  std::int64_t received = 0, pool = 0, leased = 0, allotted = 0, reserved = 0, sold = 0;
  std::int64_t left() const { return pool + leased; }
  bool lawful() const { return pool + leased + allotted + reserved + sold == received; }
};
StockCount stock_count(db::Tx& tx, SkuId sku);

struct Allotment {
  SkuId sku;
  StoreId store;
  std::int64_t units = 0;  // unsold
  std::int64_t keep = 0;   // refilled up to this when half is gone; 0: never
  bool shared = true;      // empty, the store sells from the pool like the others
  Instant until_at = 0;    // then what is left goes back; 0: until it is taken back
  Instant closed_at = 0;   // given back
  Instant at = 0;
};
struct AllotWish {
  std::int64_t units = 0, keep = 0;
  bool shared = true;
  Instant until_at = 0;
};
// The store has exactly wish.units unsold units from now on: grows from the pool (and from the buckets' leases), or
// shrinks into it. Units of its orders that are not paid yet come back to it if they are cancelled, but not once it was
// set to 0. sold_out: pool and leases have too few; nothing moved.
Result<Allotment> allot_stock(db::Tx& tx, const Call& call, const Sku& sku, StoreId store, const AllotWish& wish);
// What is left goes back to the pool and the allotment ends; without one nothing happens. Gives the units.
std::int64_t give_back_stock(db::Tx& tx, const Call& call, SkuId sku, StoreId store);
std::optional<Allotment> allotment_of(db::Tx& tx, SkuId sku, StoreId store);
std::vector<Allotment> allotments_of_store(db::Tx& tx, StoreId store, SkuId after, int limit);
std::vector<Allotment> allotments_of_sku(db::Tx& tx, SkuId sku, StoreId after, int limit);
// Job: gives back what was allotted until now or earlier.
Result<int> give_back_due(db::Database& db, const Call& call, int limit);

// For verify: every SKU (of the brand, or of all when 0) whose counts break the law, at most `limit`.
struct StockBreach {
  SkuId sku;
  StockCount count;
};
std::vector<StockBreach> stock_breaches(db::Tx& tx, BrandId brand, int limit);

// A new SKU's first stock. Once per SKU.
void open_stock(db::Tx& tx, BrandId brand, SkuId sku, std::int64_t first_qty);

}  // namespace lianbo::catalog
