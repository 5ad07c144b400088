#include "insight/report.hpp"

#include <algorithm>
#include <mutex>
#include <unordered_set>

#include "base/check.hpp"
#include "base/json.hpp"
#include "insight/figures.hpp"
#include "insight/leaderboard.hpp"
#include "insight/names.hpp"
#include "insight/regions.hpp"
#include "insight/verify.hpp"
#include "live/packed_ids.hpp"
#include "org/org_service.hpp"

namespace lianbo::insight {
namespace {

using db::Row;
using db::Sql;

const Sql kAgents{"report.agents", "select count(*) from agents where brand_id = $1"};
const Sql kBroadcasts{
    "report.broadcasts",
    "select count(*), cast(coalesce(sum(enters), 0) as bigint), cast(coalesce(sum(likes), 0) as bigint) "
    "from broadcasts where brand_id = $1 and started_at is not null and audience = 'public'"};
const Sql kPins{"report.pins",
                "select count(*) from pins p join broadcasts b on b.id = p.broadcast_id where p.brand_id = $1 and "
                "b.audience = 'public'"};
const Sql kPublicRooms{"report.public_rooms", "select id from broadcasts where brand_id = $1 and audience = 'public'"};
const Sql kProducts{"report.products", "select id from products where brand_id = $1"};
const Sql kShown{"report.shown", "select items from exposure_sets where item_kind = $1"};
const Sql kChat{
    "report.chat",
    "select count(*) from chat_lines c join broadcasts b on b.id = c.broadcast_id where b.brand_id = $1 and "
    "b.audience = 'public'"};
const Sql kShares{"report.shares", "select count(*) from shares where brand_id = $1"};
const Sql kTouches{
    "report.touches",
    "select outcome, count(*) from touches where brand_id = $1 and merged_from_id is null group by outcome"};
const Sql kCascades{"report.cascades",
                    "select count(distinct s.root_id), coalesce(max(s.depth), 0) from shares s where s.brand_id = $1 "
                    "and exists (select 1 from touches t where t.share_id = s.id)"};
const Sql kOrders{"report.orders",
                  "select count(*), coalesce(sum(case when paid_at is not null then 1 else 0 end), 0), "
                  "coalesce(sum(case when state = 'cancelled' then 1 else 0 end), 0), "
                  "cast(coalesce(sum(case when paid_at is not null then total_fen else 0 end), 0) as bigint), "
                  "cast(coalesce(sum(refunded_fen), 0) as bigint) from orders where brand_id = $1"};
const Sql kRefunds{"report.refunds",
                   "select count(*) from refunds where brand_id = $1 and state = 'done' and line is not null"};
const Sql kCommission{"report.commission",
                      "select state, cast(sum(amount_fen) as bigint) from entries where brand_id = $1 group by state"};
const Sql kDebt{"report.debt",
                "select cast(coalesce(sum(debt_fen), 0) as bigint) from agent_accounts where brand_id = $1"};
const Sql kOversold{
    "report.oversold",
    "select cast(coalesce(sum(case when h.held > p.received then h.held - p.received else 0 end), 0) as bigint) "
    "from stock_pools p join (select l.sku_id, sum(l.qty) as held from order_lines l join orders o "
    "on o.bucket = l.bucket and o.id = l.order_id where o.brand_id = $1 and (o.paid_at is not null or o.state = "
    "'placed') group by l.sku_id) "
    "h "
    "on h.sku_id = p.sku_id"};
const Sql kDifference{
    "report.ledger_difference",
    "select cast(coalesce(sum(abs(x.total)), 0) + abs(coalesce(sum(x.total), 0)) as bigint) from "
    "(select sum(p.amount_fen) as total from ledger_txs t join ledger_postings p on p.bucket = t.bucket "
    "and p.tx_id = t.id where t.brand_id = $1 group by t.bucket, t.id) x"};
const Sql kHours{"report.hours",
                 "select paid_at / 3600000, count(*), cast(sum(total_fen) as bigint) from orders where brand_id = $1 "
                 "and paid_at is not null group by paid_at / 3600000 order by 1 limit 2000"};
const Sql kTopHosts{"report.top_hosts",
                    "select a.id, a.name, count(*), cast(sum(o.total_fen) as bigint) from orders o join agents a "
                    "on a.id = o.host_agent_id where o.brand_id = $1 and o.paid_at is not null group by a.id, a.name "
                    "order by sum(o.total_fen) desc, a.id limit 10"};

// How often items of the brand were shown, each to a person once.
std::int64_t count_shown(db::Tx& tx, std::string_view kind, const Sql& items, BrandId brand) {
  std::unordered_set<std::int64_t> own;
  tx.each(items, {brand}, [&](const Row& row) { own.insert(row.integer(0)); });
  std::vector<std::int64_t> shown;
  std::int64_t n = 0;
  tx.each(kShown, {kind}, [&](const Row& row) {
    CHECK(live::unpack_ids(row.text(0), shown));
    n += std::count_if(shown.begin(), shown.end(), [&](std::int64_t id) { return own.contains(id); });
  });
  return n;
}

}  // namespace

Result<Report> report_of(db::Tx& tx, BrandId brand) {
  TRY([[maybe_unused]] const auto found, org::find_brand(tx, brand));
  Report r;
  r.agents = tx.number(kAgents, {brand});
  tx.each(kBroadcasts, {brand}, [&](const Row& row) {
    r.broadcasts = row.integer(0);
    r.enters = row.integer(1);
    r.likes = row.integer(2);
  });
  r.pins = tx.number(kPins, {brand});
  r.exposures = count_shown(tx, "broadcast", kPublicRooms, brand) + count_shown(tx, "product", kProducts, brand);
  r.chat_lines = tx.number(kChat, {brand});
  r.shares = tx.number(kShares, {brand});
  tx.each(kTouches, {brand}, [&](const Row& row) {
    const auto n = row.integer(1);
    r.touches += n;
    if (row.text(0) == "opened") r.locks_opened = n;
    if (row.text(0) == "renewed") r.locks_renewed = n;
    if (row.text(0) == "taken_over") r.locks_taken_over = n;
    if (row.text(0) == "protected") r.locks_protected = n;
  });
  tx.each(kCascades, {brand}, [&](const Row& row) {
    r.share_cascades = row.integer(0);
    r.cascade_depth_max = row.integer(1);
  });
  tx.each(kOrders, {brand}, [&](const Row& row) {
    r.orders_placed = row.integer(0);
    r.orders_paid = row.integer(1);
    r.orders_cancelled = row.integer(2);
    r.gmv_fen = row.integer(3);
    r.refunded_fen = row.integer(4);
  });
  r.refunds = tx.number(kRefunds, {brand});
  tx.each(kCommission, {brand}, [&](const Row& row) {
    const Fen amount = row.integer(1);
    if (row.text(0) == "pending") r.commission_pending_fen = amount;
    if (row.text(0) == "available") r.commission_available_fen = amount;
    if (row.text(0) == "settled") r.commission_settled_fen = amount;
    if (row.text(0) == "paid") r.commission_paid_fen = amount;
  });
  r.debt_fen = tx.number(kDebt, {brand});
  r.oversold_units = tx.number(kOversold, {brand});
  r.ledger_difference_fen = tx.number(kDifference, {brand});
  r.hours = tx.all(kHours, {brand}, [](const Row& row) {
    return Report::Hour{row.integer(0) * kHourMs, row.integer(1), row.integer(2)};
  });
  r.top_hosts = tx.all(kTopHosts, {brand}, [](const Row& row) {
    return Report::Host{row.id<AgentId>(0), row.str(1), row.integer(2), row.integer(3)};
  });
  return r;
}

std::string report_json(const Report& r) {
  JsonWriter w;
  w.begin();
#define FIGURE(name) w.field(#name, r.name);
  FIGURE(agents)
  FIGURE(broadcasts)
  FIGURE(pins)
  FIGURE(exposures)
  FIGURE(enters)
  FIGURE(chat_lines)
  FIGURE(likes)
  FIGURE(shares)
  FIGURE(touches) FIGURE(locks_opened) FIGURE(locks_renewed) FIGURE(locks_taken_over) FIGURE(locks_protected)
      FIGURE(share_cascades) FIGURE(cascade_depth_max) FIGURE(orders_placed) FIGURE(orders_paid)
          FIGURE(orders_cancelled) FIGURE(refunds) FIGURE(gmv_fen) FIGURE(refunded_fen) FIGURE(commission_pending_fen)
              FIGURE(commission_available_fen) FIGURE(commission_settled_fen) FIGURE(commission_paid_fen)
                  FIGURE(debt_fen) FIGURE(oversold_units) FIGURE(ledger_difference_fen)
#undef FIGURE
                      w.key("hours")
                          .begin_list();
  for (const auto& h : r.hours)
    w.begin().field_at("at", h.at).field("orders", h.orders).field("gmv_fen", h.gmv_fen).end();
  w.end_list().key("top_hosts").begin_list();
  for (const auto& h : r.top_hosts)
    w.begin()
        .field("agent_id", h.agent)
        .field("name", h.name)
        .field("orders", h.orders)
        .field("gmv_fen", h.gmv_fen)
        .end();
  w.end_list().end();
  return w.take();
}

net::Routes insight_routes(const InsightDeps& deps) {
  using namespace lianbo::shape;
  net::Routes routes = figure_routes(deps.db);
  routes.push_back(names_route());
  routes.push_back(region_report_route());
  routes.push_back(leaderboard_route());
  Shape report_shape;
  for (const char* name :
       {"agents", "broadcasts", "pins", "exposures", "enters", "chat_lines", "likes", "shares", "touches",
        "locks_opened", "locks_renewed", "locks_taken_over", "locks_protected", "share_cascades", "cascade_depth_max",
        "orders_placed", "orders_paid", "orders_cancelled", "refunds"})
    report_shape.push_back(count(name));
  for (const char* name : {"gmv_fen", "refunded_fen", "commission_pending_fen", "commission_available_fen",
                           "commission_settled_fen", "commission_paid_fen", "debt_fen"})
    report_shape.push_back(fen(name));
  report_shape.push_back(count("oversold_units"));
  report_shape.push_back(fen("ledger_difference_fen"));
  report_shape.push_back(list("hours", {instant("at"), count("orders"), fen("gmv_fen")}, 0, 2000));
  report_shape.push_back(
      list("top_hosts", {id("agent_id"), text("name", 0, 100), count("orders"), fen("gmv_fen")}, 0, 10));
  routes.push_back(net::read_route(net::Method::get, "/api/v1/brands/{brand_id}/report", "getReport",
                                   "The brand's figures, computed from the rows", net::Access::staff,
                                   [](db::Tx& tx, const Call& call, const net::Request& request) -> Result<net::Reply> {
                                     TRY(const auto brand, request.id_param<BrandId>("brand_id"));
                                     TRY_OK(require_staff(call, brand, kAnyStaff));
                                     TRY(const auto report, report_of(tx, brand));
                                     return net::Reply::json(report_json(report));
                                   })
                       .giving(std::move(report_shape)));
  routes.push_back(net::plain_route(net::Method::post, "/api/v1/brands/{brand_id}/verify", "verifyBrand",
                                    "Recomputes stock, ledger, entries, locks and roll-ups, and says what differs",
                                    net::Access::staff,
                                    [deps](const Call& call, const net::Request& request) -> Result<net::Reply> {
                                      TRY(const auto brand, request.id_param<BrandId>("brand_id"));
                                      TRY_OK(require_staff(call, brand, kAnyStaff));
                                      // It reads every row there is; one at a time leaves readers for the shop.
                                      static std::mutex running;
                                      const std::unique_lock alone_here(running, std::try_to_lock);
                                      if (!alone_here)
                                        return fail(Code::overloaded, "a verify is running; ask again when it is done");
                                      // What belongs to no brand any more is the only brand's to see, or nobody's.
                                      TRY(const bool alone, deps.db->read([](db::Tx& tx) -> Result<bool> {
                                        return org::all_brands(tx, 2).size() == 1;
                                      }));
                                      TRY(const auto report, verify(*deps.db, alone ? BrandId{} : brand));
                                      return net::Reply::json(verify_json(report));
                                    })
                       .giving({boolean("ok"), list("checks",
                                                    {text("name", 1, 40), count("looked_at"), count("wrong"),
                                                     list_of("differences", text("", 0, 2000), 0, 20)},
                                                    0, 50)}));
  return routes;
}

}  // namespace lianbo::insight
