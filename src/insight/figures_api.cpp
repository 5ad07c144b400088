#include <algorithm>
#include <charconv>

#include "base/json.hpp"
#include "base/shape.hpp"
#include "catalog/catalog_service.hpp"
#include "insight/days.hpp"
#include "insight/figures.hpp"
#include "live/live_service.hpp"
#include "org/org_service.hpp"

namespace lianbo::insight {
namespace {

using net::Access;
using net::Method;
using net::Reply;
using net::Request;
namespace s = shape;

constexpr int kFoldAtOnce = 2000;
constexpr int kFolds = 50;  // what a page waits for at most: 100,000 facts
constexpr int kMaxPins = 500;

Shape with(Shape a, Shape b) {
  for (auto& f : b) a.push_back(std::move(f));
  return a;
}
Shape figures_shape() {
  return {s::count("exposures", "people a room was shown to"),
          s::count("enters", "entries into rooms"),
          s::count("clicks", "products' cards opened; one a person, product and room"),
          s::count("touches", "links opened"),
          s::count("orders", "placed"),
          s::count("paid_orders"),
          s::count("units", "of paid orders"),
          s::fen("paid_fen"),
          s::fen("refunded_fen"),
          s::fen("net_fen", "paid − refunded")};
}
void write_figures(JsonWriter& w, const Figures& f) {
  w.field("exposures", f.exposures).field("enters", f.enters).field("clicks", f.clicks).field("touches", f.touches);
  w.field("orders", f.orders).field("paid_orders", f.paid_orders).field("units", f.units);
  w.field("paid_fen", f.paid_fen).field("refunded_fen", f.refunded_fen).field("net_fen", f.net_fen());
}
void write_figures(JsonWriter& w, std::string_view name, const Figures& f) {
  w.key(name).begin();
  write_figures(w, f);
  w.end();
}

Shape span_query() {
  return {s::opt(s::text("from", 10, 10, "first day, like 2026-11-11; default six days before the last")),
          s::opt(s::text("to", 10, 10, "last day; default today"))};
}
Shape span_fields() { return {s::text("from", 10, 10, "first day"), s::text("to", 10, 10, "last day")}; }
void write_span(JsonWriter& w, std::string_view zone, const Span& span) {
  w.field("from", day_text(zone, span.from)).field("to", day_text(zone, span.until - 1));
}

Shape node_shape() {
  return {s::id("id"),
          s::nullable(s::id("parent_id")),
          s::id("root_id"),
          s::text("kind", 1, 20),
          s::text("channel", 1, 20),
          s::text("sharer", 0, 100, "an agent's name, or a buyer's, masked"),
          s::nullable(s::id("agent_id")),
          s::id("store_id"),
          s::text("host", 0, 100),
          s::nullable(s::id("broadcast_id")),
          s::nullable(s::id("product_id")),
          s::text("product", 0, 300),
          s::count("depth", "steps from the root"),
          s::instant("created_at"),
          s::count("visitors", "people who opened it"),
          s::count("children", "links made by who came through it"),
          s::object("figures", figures_shape(), "what it brought by itself"),
          s::count("size", "links of its subtree, itself included, up to 10,000"),
          s::count("deepest", "steps down to the deepest of them"),
          s::bp("k_bp", "links that each link of the subtree led to, on average"),
          s::object("subtree", figures_shape(), "what the whole subtree brought")};
}
void write_node(JsonWriter& w, const ShareNode& n) {
  w.begin().field("id", n.id).field("parent_id", n.parent).field("root_id", n.root).field("kind", n.kind);
  w.field("channel", n.channel).field("sharer", n.sharer).field("agent_id", n.agent).field("store_id", n.store);
  w.field("host", n.host).field("broadcast_id", n.broadcast).field("product_id", n.product_id);
  w.field("product", n.product).field("depth", n.depth).field_at("created_at", n.created_at);
  w.field("visitors", n.visitors).field("children", n.children);
  write_figures(w, "figures", n.figures);
  w.field("size", n.size).field("deepest", n.deepest).field("k_bp", n.size > 0 ? (n.size - 1) * 10000 / n.size : 0);
  write_figures(w, "subtree", n.subtree);
  w.end();
}

bool is_own(const Call& call, BrandId brand, AgentId agent) {
  const AgentOf* own = call.caller.agent_at(brand);
  return agent && own && own->agent == agent;
}

Status may_read(const Call& call, BrandId brand) { return require_staff(call, brand, kAnyStaff); }
// An agent reads their own figures, staff limited to regions those of their stores (FigureWish::staff).
Status may_read(const Call& call, BrandId brand, AgentId agent) {
  if (is_own(call, brand, agent)) return {};
  return require_any_staff(call, brand, kAnyStaff);
}

Result<FigureWish> wish_of(const Call& call, const Request& request, const org::Brand& brand) {
  FigureWish wish;
  TRY(wish.span, span_of(request, brand.time_zone, call.now));
  for (const auto& [name, value] : request.query)
    if (name == "region") wish.region = value;
  if (const auto agent = request.query_value("agent_id"); !agent.empty()) {
    const auto id = AgentId::parse(agent);
    if (!id) return fail(Code::invalid_field, "must be the id of an agent", "query agent_id");
    wish.agent = *id;
  }
  if (!is_own(call, brand.id, wish.agent)) wish.staff = call.caller.scope(brand.id);
  return wish;
}
Shape wish_query() {
  return with(span_query(), {s::opt(s::text("region", 0, 100, "only agents of this very region")),
                             s::opt(s::id("agent_id", "only this agent's"))});
}

// What waits is counted first, so that an answer holds everything that happened before it was asked for.
template <class Body>
net::PlainHandler counted(db::Database* db, Body body) {
  return [db, body](const Call& call, const Request& request) -> Result<Reply> {
    // Who may not read does not make the server count.
    TRY_OK(db->read([&](db::Tx& tx) -> Status {
      TRY([[maybe_unused]] const auto looked, body(tx, call, request, false));
      return {};
    }));
    for (int i = 0; i < kFolds; ++i) {
      TRY(const int n, fold_tallies(*db, call, kFoldAtOnce));
      if (n < kFoldAtOnce) break;
    }
    return db->read([&](db::Tx& tx) { return body(tx, call, request, true); });
  };
}

}  // namespace

net::Routes figure_routes(db::Database* db) {
  net::Routes routes;
  const auto add = [&](std::string path, std::string id, std::string summary, Shape query, Shape gives, auto body) {
    routes.push_back(net::plain_route(Method::get, std::move(path), std::move(id), std::move(summary), Access::login,
                                      counted(db, body))
                         .asking(std::move(query))
                         .giving(std::move(gives))
                         .may_fail({Code::not_found}));
  };
  const Shape figures = figures_shape();
  const Shape row = with({s::nullable(s::id("id", "agent, broadcast, or the store when outside a room")),
                          s::text("name", 0, 300), s::text("note", 0, 100, "the agent's region, the broadcast's host")},
                         figures);

  add("/api/v1/brands/{brand_id}/funnel", "getFunnel",
      "From exposures to what was earned, by region, agent or broadcast; every roll-up adds up to the same. Staff "
      "limited to regions sees theirs",
      with(wish_query(), {s::opt(s::choice("by", {"region", "agent", "broadcast"}, "default region")),
                          s::opt(s::integer("limit", 1, 200)), s::opt(s::id("after"))}),
      with(span_fields(), {s::object("total", figures), s::list("items", row, 0, 1000), s::nullable(s::id("next"))}),
      [](db::Tx& tx, const Call& call, const Request& request, bool go) -> Result<Reply> {
        TRY(const auto id, request.id_param<BrandId>("brand_id"));
        TRY(const auto brand, org::find_brand(tx, id));
        TRY(FigureWish wish, wish_of(call, request, brand));
        TRY_OK(may_read(call, id, wish.agent));
        TRY(const auto page, net::page_of(request));
        const auto by = request.query_value("by");
        if (!by.empty() && by != "region" && by != "agent" && by != "broadcast")
          return fail(Code::invalid_field, "region, agent or broadcast", "by");
        wish.by = by == "agent" ? By::agent : by == "broadcast" ? By::broadcast : By::region;
        if (!go) return Reply::none();
        const auto rows = rows_of(tx, id, wish, page.after, page.limit);
        JsonWriter w;
        w.begin();
        write_span(w, brand.time_zone, wish.span);
        write_figures(w, "total", total_of(tx, id, wish));
        w.key("items").begin_list();
        for (const auto& r : rows) {
          w.begin().key("id");
          r.id ? w.value(id_text(r.id)) : w.null();
          w.field("name", r.name).field("note", r.note);
          write_figures(w, r.figures);
          w.end();
        }
        w.end_list().key("next");
        if (wish.by != By::region && static_cast<int>(rows.size()) == page.limit)
          w.value(id_text(rows.back().id));
        else
          w.null();
        w.end();
        return Reply::json(w.take());
      });

  add("/api/v1/brands/{brand_id}/funnel/days", "getFunnelDays", "The funnel day by day", wish_query(),
      with(span_fields(),
           {s::object("total", figures), s::list("items", with({s::text("day", 10, 10)}, figures), 0, 400)}),
      [](db::Tx& tx, const Call& call, const Request& request, bool go) -> Result<Reply> {
        TRY(const auto id, request.id_param<BrandId>("brand_id"));
        TRY(const auto brand, org::find_brand(tx, id));
        TRY(const FigureWish wish, wish_of(call, request, brand));
        TRY_OK(may_read(call, id, wish.agent));
        if (!go) return Reply::none();
        JsonWriter w;
        w.begin();
        write_span(w, brand.time_zone, wish.span);
        write_figures(w, "total", total_of(tx, id, wish));
        w.key("items").begin_list();
        for (const auto& r : days_of(tx, id, wish)) {
          w.begin().field("day", day_text(brand.time_zone, r.day));
          write_figures(w, r.figures);
          w.end();
        }
        w.end_list().end();
        return Reply::json(w.take());
      });

  add("/api/v1/brands/{brand_id}/funnel/minutes", "getFunnelMinutes",
      "A day minute by minute; quiet minutes are left out", {s::opt(s::text("day", 10, 10, "default today"))},
      {s::text("day", 10, 10), s::object("total", figures),
       s::list("items", with({s::instant("at")}, figures), 0, 3000)},
      [](db::Tx& tx, const Call& call, const Request& request, bool go) -> Result<Reply> {
        TRY(const auto id, request.id_param<BrandId>("brand_id"));
        TRY_OK(may_read(call, id));
        TRY(const auto brand, org::find_brand(tx, id));
        Instant day = day_start(brand.time_zone, call.now);
        if (const auto given = request.query_value("day"); !given.empty()) {
          TRY(day, parse_day(brand.time_zone, given, "query day"));
        }
        if (!go) return Reply::none();
        Figures total;
        JsonWriter list;
        list.begin_list();
        for (const auto& r : minutes_of(tx, id, {day, day_shifted(brand.time_zone, day, 1)})) {
          total += r.figures;
          list.begin().field_at("at", r.day);
          write_figures(list, r.figures);
          list.end();
        }
        list.end_list();
        JsonWriter w;
        w.begin().field("day", day_text(brand.time_zone, day));
        write_figures(w, "total", total);
        w.key("items").raw(list.text()).end();
        return Reply::json(w.take());
      });

  add("/api/v1/brands/{brand_id}/habit", "getHabit", "Of the people first seen on a day, who came back within 7 days",
      span_query(),
      with(span_fields(), {s::list("items",
                                   {s::text("day", 10, 10), s::count("people", "seen for the first time"),
                                    s::count("returned", "of them, seen again on one of the next 7 days"),
                                    s::boolean("complete", "the 7 days are over")},
                                   0, 400)}),
      [](db::Tx& tx, const Call& call, const Request& request, bool go) -> Result<Reply> {
        TRY(const auto id, request.id_param<BrandId>("brand_id"));
        TRY_OK(may_read(call, id));
        TRY(const auto brand, org::find_brand(tx, id));
        TRY(const Span span, span_of(request, brand.time_zone, call.now));
        if (!go) return Reply::none();
        JsonWriter w;
        w.begin();
        write_span(w, brand.time_zone, span);
        w.key("items").begin_list();
        for (const auto& c : cohorts_of(tx, id, span))
          w.begin()
              .field("day", day_text(brand.time_zone, c.day))
              .field("people", c.people)
              .field("returned", c.returned)
              .field("complete", days_between(brand.time_zone, c.day, call.now) > 7)
              .end();
        w.end_list().end();
        return Reply::json(w.take());
      });

  add("/api/v1/brands/{brand_id}/cascades", "listCascades", "Links whose cascades brought most in these days",
      with(span_query(), {s::opt(s::integer("limit", 1, 100, "default 20"))}),
      with(span_fields(), {s::list("items", node_shape(), 0, 100)}),
      [](db::Tx& tx, const Call& call, const Request& request, bool go) -> Result<Reply> {
        TRY(const auto id, request.id_param<BrandId>("brand_id"));
        TRY_OK(may_read(call, id));
        TRY(const auto brand, org::find_brand(tx, id));
        TRY(const Span span, span_of(request, brand.time_zone, call.now));
        TRY(const auto page, net::page_of(request));
        if (!go) return Reply::none();
        JsonWriter w;
        w.begin();
        write_span(w, brand.time_zone, span);
        w.key("items").begin_list();
        for (const auto& n : top_cascades(tx, id, span, std::min(page.limit, 100))) write_node(w, n);
        w.end_list().end();
        return Reply::json(w.take());
      });

  add("/api/v1/shares/{share_id}/tree", "getShareTree",
      "One link of a cascade, and the links made by who came through it",
      {s::opt(s::integer("limit", 1, 200)), s::opt(s::id("after"))},
      {s::object("share", node_shape()), s::list("children", node_shape(), 0, 200), s::nullable(s::id("next"))},
      [](db::Tx& tx, const Call& call, const Request& request, bool go) -> Result<Reply> {
        TRY(const auto id, request.id_param<ShareId>("share_id"));
        TRY(const auto node, share_node(tx, id));
        TRY_OK(may_read(call, node.brand));
        TRY(const auto page, net::page_of(request));
        if (!go) return Reply::none();
        const auto children = share_children(tx, id, ShareId{page.after}, page.limit);
        JsonWriter w;
        w.begin().key("share");
        write_node(w, node);
        w.key("children").begin_list();
        for (const auto& n : children) write_node(w, n);
        w.end_list();
        w.field("next", static_cast<int>(children.size()) == page.limit ? children.back().id : ShareId{}).end();
        return Reply::json(w.take());
      });

  add("/api/v1/broadcasts/{broadcast_id}/figures", "getBroadcastFigures",
      "What a broadcast brought, pin by pin; for its store and the brand's staff", {},
      {s::object("total", figures),
       s::list("pins",
               with({s::nullable(s::id("pin_id", "null: while no pin of the product was open")),
                     s::nullable(s::id("product_id")), s::text("product", 0, 300), s::nullable(s::instant("opened_at")),
                     s::nullable(s::instant("closed_at")), s::count("media_open_ms")},
                    figures),
               0, kMaxPins)},
      [](db::Tx& tx, const Call& call, const Request& request, bool go) -> Result<Reply> {
        TRY(const auto id, request.id_param<BroadcastId>("broadcast_id"));
        TRY(const auto broadcast, live::find_broadcast(tx, id));
        if (!call.caller.owns_store(broadcast.store))
          TRY_OK(org::require_staff_at(tx, call, broadcast.brand, broadcast.store, kAnyStaff));
        if (!go) return Reply::none();
        Figures total;
        JsonWriter list;
        list.begin_list();
        for (const auto& p : pins_of(tx, broadcast.brand, id, kMaxPins)) {
          total += p.figures;
          list.begin().field("pin_id", p.pin).field("product_id", p.product).field("product", p.title);
          list.field_at("opened_at", p.opened_at).field_at("closed_at", p.closed_at);
          list.field("media_open_ms", p.media_open_ms);
          write_figures(list, p.figures);
          list.end();
        }
        list.end_list();
        JsonWriter w;
        w.begin();
        write_figures(w, "total", total);
        w.key("pins").raw(list.text()).end();
        return Reply::json(w.take());
      });

  add("/api/v1/products/{product_id}/spread", "getSpread",
      "One product over all rooms, the most units first; staff limited to regions sees theirs",
      {s::opt(s::integer("days", 1, 400, "rooms planned in the last so many days; default 30")),
       s::opt(s::integer("limit", 1, 200))},
      {s::count("rooms", "where it was clicked or ordered"), s::object("total", figures),
       s::list("items",
               with({s::nullable(s::id("broadcast_id", "null: in the store, outside of rooms")), s::id("store_id"),
                     s::id("agent_id"), s::text("title", 0, 300), s::text("host", 0, 100), s::text("region", 0, 100)},
                    figures),
               0, 200)},
      [](db::Tx& tx, const Call& call, const Request& request, bool go) -> Result<Reply> {
        TRY(const auto id, request.id_param<ProductId>("product_id"));
        TRY(const auto product, catalog::find_product(tx, id));
        TRY_OK(require_any_staff(call, product.brand, kAnyStaff));
        TRY(const auto page, net::page_of(request));
        int n = 30;
        if (const auto days = request.query_value("days"); !days.empty()) {
          const auto [end, error] = std::from_chars(days.data(), days.data() + days.size(), n);
          if (error != std::errc() || end != days.data() + days.size() || n < 1 || n > 400)
            return fail(Code::invalid_field, "must be from 1 to 400", "query days");
        }
        if (!go) return Reply::none();
        const Spread spread =
            spread_of(tx, product.brand, id, call.now - n * kDayMs, call.caller.scope(product.brand), page.limit);
        JsonWriter w;
        w.begin().field("rooms", spread.rooms);
        write_figures(w, "total", spread.total);
        w.key("items").begin_list();
        for (const auto& r : spread.rows) {
          w.begin().field("broadcast_id", r.broadcast).field("store_id", r.store).field("agent_id", r.agent);
          w.field("title", r.title).field("host", r.host).field("region", r.region);
          write_figures(w, r.figures);
          w.end();
        }
        w.end_list().end();
        return Reply::json(w.take());
      });
  return routes;
}

}  // namespace lianbo::insight
