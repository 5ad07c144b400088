#include "db/leases.hpp"

#include <algorithm>

#include "base/check.hpp"

namespace lianbo::db {

std::int64_t gather(LeaseRows& rows, Bucket bucket, std::int64_t missing) {
  std::int64_t moved = 0;
  for (;;) {
    const auto leases = rows.others(bucket);
    std::int64_t all = 0;
    for (const auto& lease : leases) all += lease.units;
    if (moved + all < missing) return moved;
    // A round that loses a race tries again; each lost race means that somebody else used units, so it ends.
    for (const auto& lease : leases) {
      const std::int64_t want = std::min(lease.units, std::max(missing - moved, (lease.units + 1) / 2));
      if (!rows.take_from_lease(lease.bucket, want)) break;
      moved += want;
      if (moved >= missing) return moved;
    }
  }
}

Drawn draw(LeaseRows& rows, Bucket bucket, std::int64_t qty, std::int64_t slice, std::int64_t part) {
  const auto pool = rows.lock_pool();
  if (!pool) return {.known = false};
  if (part > 0) slice = std::max(slice, *pool / part);
  const std::int64_t own = rows.lock_lease(bucket);
  std::int64_t from_pool = 0, from_others = 0;
  if (own < qty) {
    from_pool = std::min(*pool, std::max(qty - own, slice));
    const std::int64_t missing = qty - own - from_pool;
    if (missing > 0) from_others = gather(rows, bucket, missing);
    if (from_pool > 0) CHECK(rows.take_from_pool(from_pool));
    if (from_others < missing) {
      // What was moved stays moved: the law holds, and the next draw here finds it.
      CHECK(rows.lease_and_use(bucket, from_pool + from_others, 0));
      return {};
    }
  }
  CHECK(rows.lease_and_use(bucket, from_pool + from_others, qty));
  return {.enough = true, .visible = *pool + own + from_others - qty};
}

}  // namespace lianbo::db
