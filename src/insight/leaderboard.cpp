#include "insight/leaderboard.hpp"

#include "base/json.hpp"
#include "base/shape.hpp"
#include "insight/days.hpp"
#include "insight/figures.hpp"
#include "live/live_service.hpp"
#include "org/org_service.hpp"

namespace lianbo::insight {

Fen first_digit(Fen amount) {
  if (amount <= 0) return 0;
  Fen unit = 1;
  while (amount / unit >= 10) unit *= 10;
  return amount / unit * unit;
}

std::vector<Leader> leaders_of(db::Tx& tx, BrandId brand, std::string_view zone, Instant now) {
  FigureWish wish;
  wish.span = {day_start(zone, now), day_shifted(zone, now, 1)};
  wish.by = By::agent;
  std::vector<Leader> out;
  for (const FigureRow& row : rows_of(tx, brand, wish, 0, kLeaders)) {
    if (row.figures.net_fen() <= 0) break;  // the most first
    const auto agent = org::find_agent(tx, AgentId{row.id});
    if (!agent || !agent->active()) continue;
    const auto store = org::find_store(tx, agent->store);
    if (!store) continue;
    const auto live = live::live_broadcast_of(tx, store->id);
    out.push_back(
        {store->id, live ? live->id : BroadcastId{}, agent->name, store->name, first_digit(row.figures.net_fen())});
  }
  return out;
}

net::Route leaderboard_route() {
  using namespace shape;
  return net::read_route(net::Method::get, "/api/v1/brands/{brand_id}/leaderboard", "getLeaderboard",
                         "Hosts of the day, by what was paid in their stores", net::Access::guest,
                         [](db::Tx& tx, const Call& call, const net::Request& request) -> Result<net::Reply> {
                           TRY(const auto id, request.id_param<BrandId>("brand_id"));
                           TRY(const auto brand, org::find_brand(tx, id));
                           JsonWriter w;
                           w.begin().field("day", day_text(brand.time_zone, call.now)).key("items").begin_list();
                           for (const Leader& l : leaders_of(tx, id, brand.time_zone, call.now))
                             w.begin()
                                 .field("store_id", l.store)
                                 .field("store_name", l.store_name)
                                 .field("host_name", l.host)
                                 .field("broadcast_id", l.live)
                                 .field("at_least_fen", l.at_least_fen)
                                 .end();
                           return net::Reply::json(w.end_list().end().take());
                         })
      .giving({text("day", 10, 10, "of the brand's zone"),
               list("items",
                    {id("store_id"), text("store_name", 0, 200), text("host_name", 0, 200),
                     nullable(id("broadcast_id", "on air right now")),
                     integer("at_least_fen", 0, 9'007'199'254'740'991, "the amount's first digit, then noughts")},
                    0, kLeaders, "the most first")})
      .may_fail({Code::not_found});
}

}  // namespace lianbo::insight
