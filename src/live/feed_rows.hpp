// What a feed is made of, read page by page from the rows of broadcasts and pins; rehearsals are in none of it.
// Threads: any. Errors: none.
#pragma once

#include <span>
#include <vector>

#include "db/db.hpp"
#include "live/live.hpp"

namespace lianbo::live {

std::vector<Broadcast> rooms_on_air(db::Tx& tx, BrandId brand, BroadcastId after, int limit);  // in order of id
// Scheduled to begin in [from, until), the next first.
std::vector<Broadcast> coming_between(db::Tx& tx, BrandId brand, Instant from, Instant until, int limit);
// Those of them that are public, whatever their state, in order of id.
std::vector<Broadcast> public_broadcasts(db::Tx& tx, std::span<const BroadcastId> ids);
// On air at some instant of [from, until), in order of id.
std::vector<BroadcastId> on_air_between(db::Tx& tx, BrandId brand, Instant from, Instant until, BroadcastId after,
                                        int limit);

struct PinAt {
  Pin pin;
  StoreId store;
};
// Closed pins of all brands, the newest first; before: the last one seen, or none.
std::vector<PinAt> closed_pins(db::Tx& tx, PinId before, int limit);
// Those of them that are closed and may be shown: the product is on sale, the store's agent is active. In order of id.
std::vector<PinAt> pins_to_show(db::Tx& tx, std::span<const PinId> ids);

}  // namespace lianbo::live
