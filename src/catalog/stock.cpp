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
  std::int64_t allotted = 0;
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
    wishes.push_back({lines[i].sku, lines[i].qty, lines[i].allotted, i});
  }
  std::stable_sort(wishes.begin(), wishes.end(), [](const Wish& a, const Wish& b) { return a.sku < b.sku; });
  std::vector<Wish> out;
  for (const Wish& w : wishes) {
    if (!out.empty() && out.back().sku == w.sku) {
      const auto sum = checked_add(out.back().qty, w.qty);
      if (!sum)
        return fail(Code::invalid_field, "the quantities of one SKU add up to too much", place_of(w.first_line));
      out.back().qty = *sum;
      out.back().allotted += w.allotted;
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

// Of what one store can sell, when that is told: few are left, or some are there again.
void tell_allotment(db::Tx& tx, const Call& call, Bucket bucket, const Allotment& after, std::int64_t before,
                    std::vector<db::Event>& told) {
  if (after.units > kTellBelow && before != 0) return;
  const auto sku = store::sku(tx, after.sku);
  CHECK(sku.has_value());
  const std::int64_t left = after.units + (after.shared ? store::left(tx, after.sku).value_or(0) : 0);
  told.push_back(allotment_changed(call, bucket, *sku, after.store, left, after.units, after.shared));
}

Status sold_out(db::Tx& tx, const Wish& wish, std::int64_t left) {
  const auto sku = store::sku(tx, wish.sku);
  if (!sku) return fail(Code::not_found, "no SKU has this id: " + wish.sku.text(), place_of(wish.first_line));
  return fail(Code::sold_out,
              "SKU " + sku->code + " has " + std::to_string(left) + " left, " + std::to_string(wish.qty) + " asked",
              place_of(wish.first_line));
}

// A SKU's counter: pool and leases, drawn down by reserving.
class StockRows final : public db::LeaseRows {
 public:
  StockRows(db::Tx& tx, SkuId sku) : tx_(tx), sku_(sku) {}
  std::optional<std::int64_t> lock_pool() override { return store::lock_pool(tx_, sku_); }
  std::int64_t lock_lease(Bucket bucket) override { return store::lock_lease(tx_, bucket, sku_); }
  std::vector<Lease> others(Bucket bucket) override { return store::other_leases(tx_, bucket, sku_); }
  bool take_from_lease(Bucket bucket, std::int64_t units) override {
    return store::take_from_lease(tx_, bucket, sku_, units);
  }
  bool take_from_pool(std::int64_t units) override { return store::take_from_pool(tx_, sku_, units); }
  bool lease_and_use(Bucket bucket, std::int64_t more, std::int64_t used) override {
    return store::lease_and_reserve(tx_, bucket, sku_, more, used);
  }

 private:
  db::Tx& tx_;
  SkuId sku_;
};

// A lease grows by this part of the pool at least; all buckets together hold a small part of it.
constexpr std::int64_t kPoolParts = 1024;

// Under the pool row's lock, so that what is left is exact. told: events to emit when the whole order succeeds.
Status reserve_scarce(db::Tx& tx, const Call& call, Bucket bucket, const Wish& wish, std::int64_t lease_units,
                      std::vector<db::Event>& told) {
  StockRows rows(tx, wish.sku);
  const db::Drawn drawn = db::draw(rows, bucket, wish.qty, lease_units, kPoolParts);
  if (!drawn.known) return sold_out(tx, wish, 0);
  if (!drawn.enough) return sold_out(tx, wish, stock_left(tx, wish.sku));
  if (drawn.visible <= kTellBelow)
    if (const std::int64_t left = stock_left(tx, wish.sku); left <= kTellBelow)
      told.push_back(stock_event(tx, call, bucket, wish.sku, left));
  return {};
}

}  // namespace

namespace {

// From the pool and the buckets' leases.
Status reserve_common(db::Tx& tx, const Call& call, Bucket bucket, const Wish& wish, std::int64_t lease_units,
                      std::vector<db::Event>& told) {
  if (store::reserve_plenty(tx, bucket, wish.sku, wish.qty)) return {};
  return reserve_scarce(tx, call, bucket, wish, lease_units, told);
}

// From the store's allotment first. wish.allotted: how many came out of it.
Status reserve_one(db::Tx& tx, const Call& call, Bucket bucket, StoreId store_id, Wish& wish, std::int64_t lease_units,
                   std::vector<db::Event>& told) {
  auto allotment = store_id ? store::lock_allotment(tx, wish.sku, store_id) : std::nullopt;
  if (!allotment) return reserve_common(tx, call, bucket, wish, lease_units, told);
  const std::int64_t before = allotment->units;
  if (allotment->keep > 0 && before - wish.qty <= allotment->keep / 2) {
    const auto pool = store::lock_pool(tx, wish.sku);
    CHECK(pool.has_value());
    const std::int64_t more = std::min(*pool, std::max<std::int64_t>(0, allotment->keep - (before - wish.qty)));
    if (more > 0) {
      CHECK(store::take_from_pool(tx, wish.sku, more));
      allotment->units += more;
      store::set_allotment_units(tx, wish.sku, store_id, allotment->units);
      if (const std::int64_t left = store::left(tx, wish.sku).value_or(0); left <= kTellBelow)
        told.push_back(stock_event(tx, call, bucket, wish.sku, left));
    }
  }
  const std::int64_t own = std::min(allotment->units, wish.qty);
  if (own < wish.qty) {
    if (!allotment->shared) return sold_out(tx, wish, allotment->units);
    Wish rest = wish;
    rest.qty -= own;
    if (auto done = reserve_common(tx, call, bucket, rest, lease_units, told); !done) {
      if (done.error().code != Code::sold_out) return done;
      return sold_out(tx, wish, stock_left(tx, wish.sku, store_id));
    }
  }
  wish.allotted = own;
  if (own == 0) return {};
  allotment->units -= own;
  store::set_allotment_units(tx, wish.sku, store_id, allotment->units);
  store::lock_lease(tx, bucket, wish.sku);
  CHECK(store::lease_and_reserve(tx, bucket, wish.sku, own, own));
  tell_allotment(tx, call, bucket, *allotment, before, told);
  return {};
}

// How many units of an order that is cancelled the store gets back. One that is kept at a level was refilled from the
// pool for that order: what is beyond the level, and beyond what the brand set aside, is everybody's again. Else orders
// that are never paid would draw the whole pool into one store. One that the brand has set to nothing gets nothing:
// what was reserved then was taken back with the rest.
std::int64_t comes_back(db::Tx& tx, const Allotment& allotment, std::int64_t qty) {
  if (allotment.keep == 0) return store::granted(tx, allotment.sku, allotment.store) > 0 ? qty : 0;
  const std::int64_t level = std::max(allotment.keep, store::granted(tx, allotment.sku, allotment.store));
  return std::clamp<std::int64_t>(level - allotment.units, 0, qty);
}

// Reserved units of this bucket go back into the allotment, which is locked.
void return_to(db::Tx& tx, Bucket bucket, Allotment& allotment, std::int64_t qty) {
  CHECK(store::release(tx, bucket, allotment.sku, qty));
  CHECK(store::take_from_lease(tx, bucket, allotment.sku, qty));
  allotment.units += qty;
  store::set_allotment_units(tx, allotment.sku, allotment.store, allotment.units);
}

}  // namespace

Result<std::vector<std::int64_t>> reserve_stock(db::Tx& tx, const Call& call, Bucket bucket,
                                                std::span<const StockLine> lines, std::int64_t lease_units,
                                                StoreId store_id) {
  TRY(auto wishes, sum_lines(lines));
  std::vector<db::Event> told;
  for (std::size_t i = 0; i < wishes.size(); ++i) {
    wishes[i].allotted = 0;
    if (auto done = reserve_one(tx, call, bucket, store_id, wishes[i], lease_units, told); !done) {
      for (std::size_t k = 0; k < i; ++k) {
        const Wish& taken = wishes[k];
        if (taken.allotted > 0) {
          auto allotment = store::lock_allotment(tx, taken.sku, store_id);
          CHECK(allotment.has_value());
          return_to(tx, bucket, *allotment, taken.allotted);
        }
        CHECK(store::release(tx, bucket, taken.sku, taken.qty - taken.allotted));
      }
      return fail(done.error());
    }
  }
  for (auto& event : told) tx.emit(std::move(event));
  std::vector<std::int64_t> allotted(lines.size(), 0);
  for (const Wish& wish : wishes) {
    std::int64_t rest = wish.allotted;
    for (std::size_t i = wish.first_line; i < lines.size() && rest > 0; ++i) {
      if (lines[i].sku != wish.sku) continue;
      allotted[i] = std::min(rest, lines[i].qty);
      rest -= allotted[i];
    }
  }
  return allotted;
}

void release_stock(db::Tx& tx, const Call& call, Bucket bucket, std::span<const StockLine> lines, StoreId store_id) {
  const auto wishes = sum_lines(lines);
  CHECK(wishes.has_value());
  std::vector<db::Event> told;
  for (const Wish& wish : *wishes) {
    auto allotment = wish.allotted > 0 ? store::lock_allotment(tx, wish.sku, store_id) : std::nullopt;
    const std::int64_t own = allotment ? comes_back(tx, *allotment, wish.allotted) : 0;
    if (const std::int64_t rest = wish.qty - own; rest > 0 && !store::release_plenty(tx, bucket, wish.sku, rest)) {
      CHECK(store::lock_pool(tx, wish.sku).has_value());
      const std::int64_t before = stock_left(tx, wish.sku);
      CHECK(store::release(tx, bucket, wish.sku, rest));
      const std::int64_t after = before + rest;
      if (before == 0 || after <= kTellBelow) told.push_back(stock_event(tx, call, bucket, wish.sku, after));
    }
    if (own > 0) {
      const std::int64_t before = allotment->units;
      return_to(tx, bucket, *allotment, own);
      tell_allotment(tx, call, bucket, *allotment, before, told);
    }
  }
  for (auto& event : told) tx.emit(std::move(event));
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

std::int64_t stock_left(db::Tx& tx, SkuId sku, StoreId store_id) {
  const std::int64_t common = store::left(tx, sku).value_or(0);
  const auto allotment = store_id ? store::allotment(tx, sku, store_id) : std::nullopt;
  if (!allotment || allotment->closed_at != 0) return common;
  return allotment->units + (allotment->shared ? common : 0);
}

Result<Allotment> allot_stock(db::Tx& tx, const Call& call, const Sku& sku, StoreId store_id, const AllotWish& wish) {
  if (wish.units < 0 || wish.units > kMaxStock || wish.keep < 0 || wish.keep > kMaxStock)
    return fail(Code::invalid_field, "units are 0 to " + std::to_string(kMaxStock), "/units");
  if (wish.until_at != 0 && wish.until_at <= call.now)
    return fail(Code::invalid_field, "must be later than now", "/until_at");
  Allotment a = store::lock_or_open_allotment(tx, sku.brand, sku.id, store_id, call.now);
  const auto pool = store::lock_pool(tx, sku.id);
  if (!pool) return fail(Code::not_found, "no SKU has this id: " + sku.id.text());
  const std::int64_t before = a.units, more = wish.units - before;
  if (const std::int64_t missing = more - *pool; missing > 0) {
    // What was moved and is too few stays in the pool.
    StockRows rows(tx, sku.id);
    const std::int64_t moved = db::gather(rows, db::kNoBucket, missing);
    store::add_to_pool(tx, sku.id, moved);
    if (moved < missing)
      return fail(Code::sold_out,
                  "SKU " + sku.code + " has " + std::to_string(store::left(tx, sku.id).value_or(0)) +
                      " units that no store has been allotted, " + std::to_string(more) + " more asked",
                  "/units");
  }
  store::add_to_pool(tx, sku.id, -more);
  a.units = wish.units;
  a.keep = wish.keep;
  a.shared = wish.shared;
  a.until_at = wish.until_at;
  a.closed_at = 0;
  store::set_allotment(tx, a);
  store::set_granted(tx, sku.id, store_id, wish.units);
  const std::int64_t common = store::left(tx, sku.id).value_or(0);
  tx.emit(allotment_changed(call, 0, sku, store_id, a.units + (a.shared ? common : 0), a.units, a.shared));
  if (more != 0 && (common <= kTellBelow || common + more == 0)) tx.emit(stock_changed(call, 0, sku, common));
  return a;
}

std::int64_t give_back_stock(db::Tx& tx, const Call& call, SkuId sku_id, StoreId store_id) {
  auto a = store::lock_allotment(tx, sku_id, store_id);
  if (!a) return 0;
  CHECK(store::lock_pool(tx, sku_id).has_value());
  const std::int64_t units = a->units;
  store::add_to_pool(tx, sku_id, units);
  a->units = 0;
  a->closed_at = call.now;
  store::set_allotment(tx, *a);
  const auto sku = store::sku(tx, sku_id);
  CHECK(sku.has_value());
  const std::int64_t common = store::left(tx, sku_id).value_or(0);
  tx.emit(allotment_changed(call, 0, *sku, store_id, common, std::nullopt, true));
  if (units != 0 && (common <= kTellBelow || common == units)) tx.emit(stock_changed(call, 0, *sku, common));
  return units;
}

std::optional<Allotment> allotment_of(db::Tx& tx, SkuId sku, StoreId store_id) {
  auto a = store::allotment(tx, sku, store_id);
  return a && a->closed_at == 0 ? a : std::nullopt;
}
std::vector<Allotment> allotments_of_store(db::Tx& tx, StoreId store_id, SkuId after, int limit) {
  return store::allotments_of_store(tx, store_id, after, limit);
}
std::vector<Allotment> allotments_of_sku(db::Tx& tx, SkuId sku, StoreId after, int limit) {
  return store::allotments_of_sku(tx, sku, after, limit);
}

Result<int> give_back_due(db::Database& db, const Call& call, int limit) {
  TRY(const auto due, db.read([&](db::Tx& tx) -> Result<std::vector<Allotment>> {
    return store::allotments_due(tx, call.now, limit);
  }));
  for (const Allotment& a : due)
    TRY_OK(db.write([&](db::Tx& tx) -> Status {
      // Looked at again behind its lock: it may have been prolonged.
      const auto still = store::lock_allotment(tx, a.sku, a.store);
      if (still && still->until_at != 0 && still->until_at <= call.now) give_back_stock(tx, call, a.sku, a.store);
      return {};
    }));
  return static_cast<int>(due.size());
}

StockCount stock_count(db::Tx& tx, SkuId sku) { return store::count(tx, sku).value_or(StockCount{}); }

std::vector<StockBreach> stock_breaches(db::Tx& tx, BrandId brand, int limit) {
  return store::breaches(tx, brand, limit);
}

void open_stock(db::Tx& tx, BrandId brand, SkuId sku, std::int64_t first_qty) {
  CHECK(first_qty >= 0 && first_qty <= kMaxStock);
  store::insert_pool(tx, brand, sku, first_qty);
}

}  // namespace lianbo::catalog
