// Stock: one pool per SKU, and a lease of it in each bucket of buyers (SPEC 4, DESIGN 4).
//
// The law, at every instant and after every function here, whether it succeeds or fails:
//     pool + Σ lease units + Σ reserved + Σ sold = received,   each ≥ 0.
// So nothing is ever oversold, on either engine: every decrease carries its condition in the update itself.
//
// While a SKU is plentiful an order touches only its own bucket's lease row: no row is hot. When the lease is short or
// the SKU is scarce (kScarce or fewer left as far as can be seen) the order takes the SKU's pool row first. All moves
// of units between pool and leases happen under that row, so what is left is known exactly, "sold out" is answered only
// when pool and all leases together are too few, and stock.changed tells the true number. Locks are always taken SKU by
// SKU in order of id, pool before leases; the plentiful path holds one lease row per SKU and never asks for the pool
// row of it.
//
// Event stock.changed (key: product; payload product_id, sku_id, left): when a SKU becomes sold out or available again,
// and at each change while kTellBelow or fewer are left.
#pragma once

#include <span>
#include <vector>

#include "base/call.hpp"
#include "base/id.hpp"
#include "base/result.hpp"
#include "db/db.hpp"

namespace lianbo::catalog {

struct StockLine {
  SkuId sku;
  std::int64_t qty = 0;
};

inline constexpr std::int64_t kScarce = 256;
inline constexpr std::int64_t kTellBelow = 20;

// All lines or none; lines on one SKU are summed first. When the lease is short, at least lease_units are leased if the
// pool has them. sold_out names the SKU's code and what is left, at "/lines/<i>" of its first line.
Status reserve_stock(db::Tx& tx, const Call& call, Bucket bucket, std::span<const StockLine> lines,
                     std::int64_t lease_units);
// Reserved units go back to the bucket's lease (an order is cancelled). They must have been reserved.
void release_stock(db::Tx& tx, const Call& call, Bucket bucket, std::span<const StockLine> lines);
// Reserved units are sold (an order is paid). They must have been reserved.
void sell_stock(db::Tx& tx, Bucket bucket, std::span<const StockLine> lines);
// More units came: received and pool grow. qty > 0.
Status restock(db::Tx& tx, const Call& call, SkuId sku, std::int64_t qty);

std::int64_t stock_left(db::Tx& tx, SkuId sku);  // pool + all leases

struct StockCount {
  std::int64_t received = 0, pool = 0, leased = 0, reserved = 0, sold = 0;
  std::int64_t left() const { return pool + leased; }
  bool lawful() const { return pool + leased + reserved + sold == received; }
};
StockCount stock_count(db::Tx& tx, SkuId sku);

// For verify: every SKU (of the brand, or of all when 0) whose counts break the law, at most `limit`.
struct StockBreach {
  SkuId sku;
  StockCount count;
};
std::vector<StockBreach> stock_breaches(db::Tx& tx, BrandId brand, int limit);

// A new SKU's first stock. Once per SKU.
void open_stock(db::Tx& tx, BrandId brand, SkuId sku, std::int64_t first_qty);

}  // namespace lianbo::catalog
