// The smallest id that can be of an instant or later: ids grow with time, so a range of time is a range of keys.
#pragma once

#include <cstdint>

#include "base/id.hpp"

namespace lianbo {

inline std::int64_t first_id_at(Instant at) {
  std::int64_t low = 1, high = INT64_MAX;
  while (low < high) {
    const std::int64_t middle = low + (high - low) / 2;
    if (instant_in_id(middle) < at)
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

}  // namespace lianbo
