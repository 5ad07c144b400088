// The feed's types: a brand's rules, an item, where it stands.
#pragma once

#include <cstdint>

#include "base/clock.hpp"
#include "base/id.hpp"
#include "base/money.hpp"
#include "feed/heat.hpp"
#include "feed/ladder.hpp"

namespace lianbo::feed {

// A brand's, by version; version 0: the program's defaults.
struct Rules {
  std::int32_t version = 0;
  Weights weights = kDefaultWeights;
  Pools pools = default_pools();
  Fen full_value_fen = 20'000;  // an order of so much, or more, has the whole value
  std::int64_t most() const { return most_points(weights); }
};

struct ItemFacts {
  std::int64_t id = 0;  // of a broadcast or a pin
  Kind kind = Kind::room;
  BrandId brand;
  StoreId store;
};

// An item, what was counted for it, and its rung.
struct Standing {
  ItemFacts item;
  Rung rung;
  std::int64_t shown = 0;  // exposures in all
  Instant first_at = 0;
  Sums sums;
};

}  // namespace lianbo::feed
