// The ladder: how far an item is shown (SPEC 9). Pure functions.
//
// - An item begins in pool 1. A pool has a quota of exposures; the last has none. When the quota is used up, the item
//   rises if what is sure of its value per exposure (in this pool) beats the pool's threshold; else it rests. Every
//   further exposure or deed is new evidence, on which a resting item is judged again.
// - "What is sure" is the lower bound of Wilson's interval, one-sided at 95 % (z = 1.645), of points ÷ (exposures × the
//   most one exposure can be worth). Wilson's holds for any values between nothing and the most, not only for yes or
//   no: no such values vary more than yes and no with the same mean.
// - Evidence is told in sums (of a second, say); within one telling its order says nothing, so it changes nothing.
// Threads: any. Errors: invalid_field.
#pragma once

#include <cstdint>
#include <vector>

#include "base/result.hpp"

namespace lianbo::feed {

inline constexpr std::size_t kMaxPools = 10;

struct Pool {
  std::int64_t quota = 0;      // exposures
  std::int64_t threshold = 0;  // value per exposure to beat, in thousandths of a point
  friend bool operator==(const Pool&, const Pool&) = default;
};
using Pools = std::vector<Pool>;  // those with a quota; after them comes the one without
const Pools& default_pools();
// From 1 to kMaxPools − 1, quotas that grow.
Status check_pools(const Pools& pools);

struct Rung {
  int pool = 1;             // from 1
  std::int64_t used = 0;    // exposures in this pool
  std::int64_t points = 0;  // thousandths, in this pool
  bool resting = false;
  friend bool operator==(const Rung&, const Rung&) = default;
};
struct Evidence {
  std::int64_t exposures = 0;
  std::int64_t points = 0;  // thousandths
};
// most: thousandths of a point one exposure can be worth.
Rung judge(Rung rung, const Evidence& evidence, const Pools& pools, std::int64_t most);

// Per exposure, in thousandths of a point, rounded down. 0 without exposures.
std::int64_t sure_value(std::int64_t points, std::int64_t exposures, std::int64_t most);

// What a host is told: the quota (0: none), what is left of it, what is sure by now, and by how many points more (at as
// many exposures as the quota, or as there were if they are more) the threshold would be beaten; 0: it is beaten.
struct Outlook {
  std::int64_t quota = 0, left = 0, threshold = 0;
  std::int64_t sure = 0;
  std::int64_t points_wanted = 0;
};
Outlook outlook_of(const Rung& rung, const Pools& pools, std::int64_t most);

// How evenly exposures are spread: Gini's coefficient in basis points (0: all the same), and the share of the half that
// has least (of an odd number the middle one is in neither half).
struct Spread {
  std::int64_t items = 0, exposures = 0;
  std::int64_t gini_bp = 0, smallest_half_bp = 0;
  // Lorenz' curve: what the least shown 0, 5, … 100 % have of all exposures; empty where there are none.
  std::vector<std::int64_t> lorenz_bp;
};
inline constexpr std::int64_t kLorenzSteps = 20;
Spread spread_of(std::vector<std::int64_t> exposures);

}  // namespace lianbo::feed
