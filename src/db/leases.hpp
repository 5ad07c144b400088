// A counter that is drawn down by many at once and never below zero: a pool, and a lease of it in each bucket (DESIGN
// 4). Stock and the budgets of promotions are such counters; this is the one place that moves units between pool and
// leases.
//
// - Who draws uses the bucket's own lease first, without asking anybody (the owner's own conditional update). Only when
//   that is short does draw() take the pool's row, lease a slice, and, when the pool is empty too, gather what the
//   other buckets have not used. So "there is not enough" is said only when pool and all leases together are too few.
// - Every decrease carries its condition in the update itself, and all moves happen under the pool row's lock, on
// either
//   engine. A draw that fails leaves what it gathered in the bucket's lease: no unit is lost.
// - Locks: the pool's row, then the bucket's own lease, then others in the order that `others` gives.
// Threads: as the Tx behind the rows. Errors: none.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/id.hpp"

namespace lianbo::db {

// The rows of one counter: its owner's SQL, in one transaction.
class LeaseRows {
 public:
  struct Lease {
    Bucket bucket = 0;
    std::int64_t units = 0;
  };
  virtual ~LeaseRows() = default;
  virtual std::optional<std::int64_t> lock_pool() = 0;                  // what it has; none: no such counter
  virtual std::int64_t lock_lease(Bucket bucket) = 0;                   // made if there is none; its unused units
  virtual std::vector<Lease> others(Bucket bucket) = 0;                 // that have units, fullest first
  virtual bool take_from_lease(Bucket bucket, std::int64_t units) = 0;  // false: it has less
  virtual bool take_from_pool(std::int64_t units) = 0;                  // false: it has less
  virtual bool lease_and_use(Bucket bucket, std::int64_t more, std::int64_t used) = 0;
};

inline constexpr Bucket kNoBucket = -1;

// Units of the others' leases for this bucket (or for the pool: kNoBucket), at least `missing`, and from the fullest
// first half of what it has, so that the next draws here need not ask again. Gives what was moved; less than missing
// only when all of them together have less. Under the pool row's lock.
std::int64_t gather(LeaseRows& rows, Bucket bucket, std::int64_t missing);

struct Drawn {
  bool known = true;         // there is such a counter
  bool enough = false;       // used; else nothing was
  std::int64_t visible = 0;  // what pool and this bucket's lease hold afterwards
};
// Uses qty > 0 units in the bucket. A lease that is short grows by at least `slice` units, if the pool has them; by
// that part of the pool (1 / part), if it is more: where there is plenty, the pool is asked seldom.
Drawn draw(LeaseRows& rows, Bucket bucket, std::int64_t qty, std::int64_t slice, std::int64_t part = 0);

}  // namespace lianbo::db
