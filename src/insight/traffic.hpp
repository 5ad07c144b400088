// Traffic of a room by how people came: by themselves, by links into it, by paid slots; and what a promotion brought
// (SPEC 10). The three always add up to the room's own figures.
//
// What somebody does in a room counts for the last way they came before it: a paid slot they clicked, or a link into
// this broadcast that they opened; nobody's else. Enters are told apart as they happen (came_by), orders and clicks
// from the rows; what is left of the room's figures came by itself. docs/decisions/0064-natural-shared-paid.md.
// Threads: any. Errors: not_found, forbidden.
#pragma once

#include <array>
#include <map>
#include <span>
#include <utility>
#include <vector>

#include "insight/figures.hpp"
#include "live/live.hpp"
#include "promo/promo.hpp"

namespace lianbo::insight {

// How each of them came, in order; asked when their enters are written.
std::vector<live::Via> came_by(db::Tx& tx, int buckets, BroadcastId broadcast,
                               std::span<const std::pair<PersonId, Instant>> entered);

struct Traffic {
  Figures total;
  std::array<Figures, 3> by{};                       // live::Via
  std::map<promo::PromotionId, Figures> promotions;  // of `paid`, each promotion's; no enters (they are the room's)
};
// Tallies that wait are not in it: count them first (fold_tallies).
Traffic traffic_of(db::Tx& tx, const live::Broadcast& broadcast);

net::Routes traffic_routes(db::Database* db);

}  // namespace lianbo::insight
