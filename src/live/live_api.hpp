// The live domain over HTTP. Rooms themselves are WebSockets: see hub.hpp.
#pragma once

#include <functional>
#include <span>

#include "base/id.hpp"
#include "live/live_service.hpp"
#include "net/route.hpp"

namespace lianbo::live {

struct LiveDeps {
  // Viewers in the room right now (RoomHub::viewers_of); none: 0 is told.
  std::function<std::int64_t(BroadcastId)> viewers_of;
  // In the transaction that records them; none: nobody else wants to know.
  std::function<void(db::Tx&, const Call&, std::span<const Click>)> clicked;
  ClipsShown clips_shown;
};
Shape hall_item_shape();  // what write_hall_item writes, and how many watch
net::Routes live_routes(LiveDeps deps);
// recordExposures, the beacons of a crowd written together. db must outlive what waits.
std::function<void(const Call&, const net::Request&, std::function<void(Result<net::Reply>)>)> gather_exposures(
    db::Database& db, ClipsShown clips_shown);
void add_offer_routes(net::Routes& routes);  // part of them: flash prices, coupons, lucky bags, held chat

}  // namespace lianbo::live
