#include "insight/traffic.hpp"

#include <algorithm>
#include <unordered_map>

#include "base/id_time.hpp"
#include "base/json.hpp"
#include "base/shape.hpp"
#include "live/live_service.hpp"
#include "org/org_service.hpp"
#include "promo/promo_service.hpp"

namespace lianbo::insight {
namespace {

using db::Row;
using db::Sql;
using live::Via;
using promo::PromotionId;

constexpr int kFoldAtOnce = 2000, kFolds = 50;

const Sql kAnyAd{"traffic.any_ad", "select 1 from promotions where broadcast_id = $1 limit 1"};
const Sql kAnyLink{"traffic.any_link", "select 1 from shares where broadcast_id = $1 limit 1"};
const Sql kLastAd{"traffic.last_ad",
                  "select coalesce(max(v.clicked_at), 0) from promotions p join promotion_visits v on v.bucket = $1 "
                  "and v.promotion_id = p.id and v.person_id = $2 where p.broadcast_id = $3 and v.clicked_at <= $4"};
const Sql kLastTouch{"traffic.last_touch",
                     "select coalesce(max(t.at), 0) from touches t join shares s on s.id = t.share_id where t.bucket = "
                     "$1 and t.buyer_id = $2 and s.broadcast_id = $3 and t.at <= $4"};
const Sql kArrivals{
    "traffic.arrivals",
    "select v.person_id, v.clicked_at as at, v.promotion_id from promotions p join promotion_visits v on "
    "v.promotion_id = p.id where p.broadcast_id = $1 and v.clicked_at is not null union all select t.buyer_id, t.at, 0 "
    "from shares s join touches t on t.share_id = s.id where s.broadcast_id = $1 order by 2, 3 limit 1000000"};
const Sql kOrders{
    "traffic.orders",
    "select o.buyer_id, o.placed_at, o.paid_at, o.total_fen, o.refunded_fen, (select cast(coalesce(sum(l.qty), 0) as "
    "bigint) from order_lines l where l.bucket = o.bucket and l.order_id = o.id) from orders o where o.store_id = $1 "
    "and o.id >= $2 and o.broadcast_id = $3 order by o.id limit 1000000"};
const Sql kClicks{
    "traffic.clicks",
    "select c.person_id, c.at from (select v.bucket as bucket, v.person_id as person_id from promotions p join "
    "promotion_visits v on v.promotion_id = p.id where p.broadcast_id = $1 and v.clicked_at is not null union select "
    "t.bucket, t.buyer_id from shares s join touches t on t.share_id = s.id where s.broadcast_id = $1) a join "
    "product_clicks c on c.bucket = a.bucket and c.person_id = a.person_id and c.store_id = $2 and c.broadcast_id = $1 "
    "limit 1000000"};
const Sql kEnters{"traffic.enters", "select enters_shared, enters_paid from broadcasts where id = $1"};
const Sql kFresh{"traffic.fresh",
                 "select p.id, cast(coalesce(sum(v.fresh), 0) as bigint) from promotions p join promotion_visits v on "
                 "v.promotion_id = p.id where p.broadcast_id = $1 group by p.id"};
const Sql kTouches{"traffic.touches",
                   "select count(*) from shares s join touches t on t.share_id = s.id where s.broadcast_id = $1 and "
                   "t.merged_from_id is null"};

struct Arrival {
  Instant at = 0;
  PromotionId promotion;  // none: a link
};
class Arrivals {
 public:
  Arrivals(db::Tx& tx, BroadcastId broadcast) {
    tx.each(kArrivals, {broadcast},
            [&](const Row& r) { of_[r.integer(0)].push_back({r.integer(1), r.id<PromotionId>(2)}); });
  }
  // The last one up to an instant; none: they came by themselves.
  const Arrival* before(std::int64_t person, Instant at) const {
    const auto found = of_.find(person);
    if (found == of_.end()) return nullptr;
    const Arrival* last = nullptr;
    for (const Arrival& a : found->second)
      if (a.at <= at) last = &a;
    return last;
  }

 private:
  std::unordered_map<std::int64_t, std::vector<Arrival>> of_;  // by the person, in the order of time
};

Figures less(const Figures& a, const Figures& b) {
  Figures out = a;
  out.exposures -= b.exposures;
  out.enters -= b.enters;
  out.clicks -= b.clicks;
  out.touches -= b.touches;
  out.orders -= b.orders;
  out.paid_orders -= b.paid_orders;
  out.units -= b.units;
  out.paid_fen -= b.paid_fen;
  out.refunded_fen -= b.refunded_fen;
  return out;
}

}  // namespace

// Into most rooms no paid slot leads, and into many no link of their own: then nobody's touches are looked through.
std::vector<Via> came_by(db::Tx& tx, int buckets, BroadcastId broadcast,
                         std::span<const std::pair<PersonId, Instant>> entered) {
  std::vector<Via> out(entered.size(), Via::natural);
  const bool paid = tx.exists(kAnyAd, {broadcast}), linked = tx.exists(kAnyLink, {broadcast});
  if (!paid && !linked) return out;
  for (std::size_t i = 0; i < entered.size(); ++i) {
    const auto& [person, at] = entered[i];
    const Bucket bucket = bucket_of(person, buckets);
    const Instant ad = paid ? tx.number(kLastAd, {bucket, person, broadcast, at}) : 0;
    const Instant link = linked ? tx.number(kLastTouch, {bucket, person, broadcast, at}) : 0;
    if (ad != 0 || link != 0) out[i] = ad >= link ? Via::paid : Via::shared;
  }
  return out;
}

Traffic traffic_of(db::Tx& tx, const live::Broadcast& b) {
  Traffic out;
  out.total = broadcast_figures(tx, b.brand, b.id);
  Figures& shared = out.by[static_cast<std::size_t>(Via::shared)];
  Figures& paid = out.by[static_cast<std::size_t>(Via::paid)];
  const Arrivals arrivals(tx, b.id);
  // Where a fact counts beside the room; none: it came by itself.
  const auto add = [&](std::int64_t person, Instant at, const Figures& fact) {
    const Arrival* arrival = arrivals.before(person, at);
    if (arrival == nullptr) return;
    (arrival->promotion ? paid : shared) += fact;
    if (arrival->promotion) out.promotions[arrival->promotion] += fact;
  };
  tx.each(kOrders, {b.store, first_id_at(b.created_at), b.id}, [&](const Row& r) {
    Figures fact;
    fact.orders = 1;
    if (!r.is_null(2)) {
      fact.paid_orders = 1;
      fact.paid_fen = r.integer(3);
      fact.refunded_fen = r.integer(4);
      fact.units = r.integer(5);
    }
    add(r.integer(0), r.integer(1), fact);
  });
  tx.each(kClicks, {b.id, b.store}, [&](const Row& r) {
    Figures fact;
    fact.clicks = 1;
    add(r.integer(0), r.integer(1), fact);
  });
  tx.each(kFresh, {b.id}, [&](const Row& r) {
    paid.exposures += r.integer(1);
    out.promotions[r.id<PromotionId>(0)].exposures += r.integer(1);
  });
  tx.each(kEnters, {b.id}, [&](const Row& r) {
    shared.enters = r.integer(0);
    paid.enters = r.integer(1);
  });
  shared.touches = tx.number(kTouches, {b.id});
  Figures others = shared;
  others += paid;
  out.by[static_cast<std::size_t>(Via::natural)] = less(out.total, others);
  return out;
}

namespace {

using net::Reply;
using net::Request;
namespace s = shape;

Shape figures_shape() {
  return {s::count("exposures", "people the room was shown to"),
          s::count("enters"),
          s::count("clicks", "products' cards opened"),
          s::count("touches", "links opened"),
          s::count("orders", "placed"),
          s::count("paid_orders"),
          s::count("units"),
          s::fen("paid_fen"),
          s::fen("refunded_fen"),
          s::fen("net_fen", "paid − refunded")};
}
void write_figures(JsonWriter& w, std::string_view name, const Figures& f) {
  w.key(name).begin();
  w.field("exposures", f.exposures).field("enters", f.enters).field("clicks", f.clicks).field("touches", f.touches);
  w.field("orders", f.orders).field("paid_orders", f.paid_orders).field("units", f.units);
  w.field("paid_fen", f.paid_fen).field("refunded_fen", f.refunded_fen).field("net_fen", f.net_fen()).end();
}
Shape traffic_shape() {
  return {s::id("broadcast_id"), s::object("total", figures_shape(), "of the room, as everywhere"),
          s::object("natural", figures_shape(), "who came by themselves"),
          s::object("shared", figures_shape(), "who came by a link into the room"),
          s::object("paid", figures_shape(), "who came by a paid slot")};
}
void write_traffic(JsonWriter& w, BroadcastId id, const Traffic& t) {
  w.field("broadcast_id", id);
  write_figures(w, "total", t.total);
  write_figures(w, "natural", t.by[0]);
  write_figures(w, "shared", t.by[1]);
  write_figures(w, "paid", t.by[2]);
}

// go: the caller may read it; now is the time to look.
Result<Reply> traffic_reply(db::Tx& tx, const Call& call, const Request& request, bool go) {
  TRY(const auto id, request.id_param<BroadcastId>("broadcast_id"));
  TRY(const auto b, live::visible_broadcast(tx, call.caller, id));
  if (!call.caller.owns_store(b.store)) TRY_OK(org::require_staff_at(tx, call, b.brand, b.store, kAnyStaff));
  if (!go) return Reply::none();
  JsonWriter w;
  w.begin();
  write_traffic(w, id, traffic_of(tx, b));
  return Reply::json(w.end().take());
}

Result<Reply> report_reply(db::Tx& tx, const Call& call, const Request& request, bool go) {
  TRY(const auto id, request.id_param<PromotionId>("promotion_id"));
  TRY(const auto p, promo::find_promotion(tx, call, id));
  if (!go) return Reply::none();
  TRY(const auto b, live::find_broadcast(tx, p.broadcast));
  const auto spent = promo::spent_of(tx, id);
  const Traffic t = traffic_of(tx, b);
  const auto own = t.promotions.find(id);
  const Figures f = own == t.promotions.end() ? Figures{} : own->second;
  const std::int64_t objectives = p.objective == promo::Objective::enter           ? spent.clicks
                                  : p.objective == promo::Objective::product_click ? f.clicks
                                  : p.objective == promo::Objective::order         ? f.orders
                                                                                   : f.paid_fen / 10'000;
  JsonWriter w;
  w.begin().field("promotion_id", id).field("objective", promo::objective_name(p.objective));
  w.field("budget_fen", p.budget_fen).field("spent_fen", spent.spent_fen).field("returned_fen", p.returned_fen);
  w.field("shown", spent.shown).field("clicks", spent.clicks).field("objectives", objectives);
  w.key("each_fen");
  if (objectives > 0)
    w.value(spent.spent_fen / objectives);
  else
    w.null();
  write_figures(w, "brought", f);
  w.key("room").begin();
  write_traffic(w, b.id, t);
  return Reply::json(w.end().end().take());
}

using Body = Result<Reply> (*)(db::Tx&, const Call&, const Request&, bool go);
// What waits is counted first, so that the parts and their sum are of one instant; not for who may not read.
net::PlainHandler counted(db::Database* db, Body body) {
  return [db, body](const Call& call, const Request& request) -> Result<Reply> {
    TRY_OK(db->read([&](db::Tx& tx) -> Status {
      TRY([[maybe_unused]] const auto looked, body(tx, call, request, false));
      return {};
    }));
    for (int round = 0; round < kFolds; ++round) {
      TRY(const int n, fold_tallies(*db, call, kFoldAtOnce));
      if (n < kFoldAtOnce) break;
    }
    return db->read([&](db::Tx& tx) { return body(tx, call, request, true); });
  };
}

}  // namespace

net::Routes traffic_routes(db::Database* db) {
  using net::Access;
  using net::Method;
  net::Routes r;
  r.push_back(net::plain_route(Method::get, "/api/v1/broadcasts/{broadcast_id}/traffic", "getTraffic",
                               "Natural, shared and paid traffic of a broadcast, which add up: for its host, and staff",
                               Access::login, counted(db, traffic_reply))
                  .giving(traffic_shape())
                  .may_fail({Code::not_found}));
  r.push_back(net::plain_route(Method::get, "/api/v1/promotions/{promotion_id}/report", "getPromotionReport",
                               "What a promotion cost and brought, beside the room's other traffic", Access::login,
                               counted(db, report_reply))
                  .giving({s::id("promotion_id"), s::choice("objective", {"enter", "product_click", "order", "value"}),
                           s::fen("budget_fen"), s::fen("spent_fen"), s::fen("returned_fen"),
                           s::count("shown", "people who saw the slot"), s::count("clicks", "paid for"),
                           s::count("objectives", "reached; value: each 100.00 paid"),
                           s::nullable(s::fen("each_fen", "what one of them cost")),
                           s::object("brought", figures_shape(), "by who came through it last"),
                           s::object("room", traffic_shape())})
                  .may_fail({Code::not_found}));
  return r;
}

}  // namespace lianbo::insight
