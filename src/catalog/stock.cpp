#include "catalog/stock.hpp"

#include <algorithm>
#include <string>

#include "base/check.hpp"
#include "base/money.hpp"
#include "catalog/catalog_events.hpp"
#include "catalog/catalog_store.hpp"

namespace lianbo::catalog {
namespace {

struct Wish {
  SkuId sku;
  std::int64_t qty = 0;
  std::size_t first_line = 0;
};

std::string place_of(std::size_t line) { return "/lines/" + std::to_string(line); }

// Lines on one SKU summed, in order of SKU: the order in which rows are locked.
Result<std::vector<Wish>> sum_lines(std::span<const StockLine> lines) {
  std::vector<Wish> wishes;
  wishes.reserve(lines.size());
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (lines[i].qty <= 0 || lines[i].qty > kMaxStock)
      return fail(Code::invalid_field,
                  "a quantity is 1 to " + std::to_string(kMaxStock) + ", not " + std::to_string(lines[i].qty),
                  place_of(i) + "/qty");
    wishes.push_back({lines[i].sku, lines[i].qty, i});
  }
  std::stable_sort(wishes.begin(), wishes.end(), [](const Wish& a, const Wish& b) { return a.sku < b.sku; });
  std::vector<Wish> out;
  for (const Wish& w : wishes) {
    if (!out.empty() && out.back().sku == w.sku) {
      const auto sum = checked_add(out.back().qty, w.qty);
      if (!sum)
        return fail(Code::invalid_field, "the quantities of one SKU add up to too much", place_of(w.first_line));
      out.back().qty = *sum;
    } else {
      out.push_back(w);
    }
  }
  return out;
}

db::Event stock_event(db::Tx& tx, const Call& call, Bucket bucket, SkuId id, std::int64_t left) {
  const auto sku = store::sku(tx, id);
  CHECK(sku.has_value());
  return stock_changed(call, bucket, *sku, left);
}

Status sold_out(db::Tx& tx, const Wish& wish, std::int64_t left) {
  const auto sku = store::sku(tx, wish.sku);
  if (!sku) return fail(Code::not_found, "no SKU has this id: " + wish.sku.text(), place_of(wish.first_line));
  return fail(Code::sold_out,
              "SKU " + sku->code + " has " + std::to_string(left) + " left, " + std::to_string(wish.qty) + " asked",
              place_of(wish.first_line));
}

// Units of the others' leases for this one's, at least `missing`, and from the fullest first half of what it has, so
// that the next orders here need not ask again. Each is a conditional update: an order in that bucket may be selling
// from it. Gives what was moved; less than missing only when all of them together have less. Called under the pool
// row's lock.
std::int64_t reclaim(db::Tx& tx, Bucket bucket, SkuId sku, std::int64_t missing) {
  std::int64_t moved = 0;
  for (;;) {
    const auto leases = store::other_leases(tx, bucket, sku);
    std::int64_t all = 0;
    for (const auto& lease : leases) all += lease.units;
    if (moved + all < missing) return moved;
    // A round that loses a race tries again; each lost race means that somebody else sold, so it ends.
    for (const auto& lease : leases) {
      const std::int64_t want = std::min(lease.units, std::max(missing - moved, (lease.units + 1) / 2));
      if (!store::take_from_lease(tx, lease.bucket, sku, want)) break;
      moved += want;
      if (moved >= missing) return moved;
    }
  }
}

// Under the pool row's lock, so that what is left is exact. told: events to emit when the whole order succeeds.
Status reserve_scarce(db::Tx& tx, const Call& call, Bucket bucket, const Wish& wish, std::int64_t lease_units,
                      std::vector<db::Event>& told) {
  const auto pool = store::lock_pool(tx, wish.sku);
  if (!pool) return sold_out(tx, wish, 0);
  const std::int64_t own = store::lock_lease(tx, bucket, wish.sku);
  std::int64_t from_pool = 0, from_others = 0;
  if (own < wish.qty) {
    from_pool = std::min(*pool, std::max(wish.qty - own, lease_units));
    const std::int64_t missing = wish.qty - own - from_pool;
    if (missing > 0) from_others = reclaim(tx, bucket, wish.sku, missing);
    if (from_pool > 0) CHECK(store::take_from_pool(tx, wish.sku, from_pool));
    if (from_others < missing) {
      // What was moved stays moved: the law holds, and the next order here finds it.
      CHECK(store::lease_and_reserve(tx, bucket, wish.sku, from_pool + from_others, 0));
      return sold_out(tx, wish, stock_left(tx, wish.sku));
    }
  }
  CHECK(store::lease_and_reserve(tx, bucket, wish.sku, from_pool + from_others, wish.qty));
  if (*pool - from_pool + own + from_pool + from_others - wish.qty <= kTellBelow)
    if (const std::int64_t left = stock_left(tx, wish.sku); left <= kTellBelow)
      told.push_back(stock_event(tx, call, bucket, wish.sku, left));
  return {};
}

}  // namespace

Status reserve_stock(db::Tx& tx, const Call& call, Bucket bucket, std::span<const StockLine> lines,
                     std::int64_t lease_units) {
  TRY(const auto wishes, sum_lines(lines));
  std::vector<db::Event> told;
  for (std::size_t i = 0; i < wishes.size(); ++i) {
    const Wish& wish = wishes[i];
    if (store::reserve_plenty(tx, bucket, wish.sku, wish.qty)) continue;
    if (auto done = reserve_scarce(tx, call, bucket, wish, lease_units, told); !done) {
      for (std::size_t k = 0; k < i; ++k) CHECK(store::release(tx, bucket, wishes[k].sku, wishes[k].qty));
      return done;
    }
  }
  for (auto& event : told) tx.emit(std::move(event));
  return {};
}

void release_stock(db::Tx& tx, const Call& call, Bucket bucket, std::span<const StockLine> lines) {
  const auto wishes = sum_lines(lines);
  CHECK(wishes.has_value());
  for (const Wish& wish : *wishes) {
    if (store::release_plenty(tx, bucket, wish.sku, wish.qty)) continue;
    CHECK(store::lock_pool(tx, wish.sku).has_value());
    const std::int64_t before = stock_left(tx, wish.sku);
    CHECK(store::release(tx, bucket, wish.sku, wish.qty));
    const std::int64_t after = before + wish.qty;
    if (before == 0 || after <= kTellBelow) tx.emit(stock_event(tx, call, bucket, wish.sku, after));
  }
}

void sell_stock(db::Tx& tx, Bucket bucket, std::span<const StockLine> lines) {
  const auto wishes = sum_lines(lines);
  CHECK(wishes.has_value());
  for (const Wish& wish : *wishes) CHECK(store::sell(tx, bucket, wish.sku, wish.qty));
}

Status restock(db::Tx& tx, const Call& call, SkuId sku, std::int64_t qty) {
  if (qty <= 0 || qty > kMaxStock)
    return fail(Code::invalid_field, "a quantity is 1 to " + std::to_string(kMaxStock), "/qty");
  if (!store::lock_pool(tx, sku)) return fail(Code::not_found, "no SKU has this id: " + sku.text());
  if (!store::restock(tx, sku, qty))
    return fail(Code::invalid_field,
                "one SKU can receive " + std::to_string(kMaxStock) + " units in all; this would be more", "/qty");
  const std::int64_t after = stock_left(tx, sku);
  if (after == qty || after <= kTellBelow) tx.emit(stock_event(tx, call, 0, sku, after));
  return {};
}

std::int64_t stock_left(db::Tx& tx, SkuId sku) { return store::left(tx, sku).value_or(0); }

StockCount stock_count(db::Tx& tx, SkuId sku) { return store::count(tx, sku).value_or(StockCount{}); }

std::vector<StockBreach> stock_breaches(db::Tx& tx, BrandId brand, int limit) {
  return store::breaches(tx, brand, limit);
}

void open_stock(db::Tx& tx, BrandId brand, SkuId sku, std::int64_t first_qty) {
  CHECK(first_qty >= 0 && first_qty <= kMaxStock);
  store::insert_pool(tx, brand, sku, first_qty);
}

}  // namespace lianbo::catalog
