#include "insight/regions.hpp"

#include <algorithm>
#include <map>

#include "base/json.hpp"
#include "org/org_service.hpp"

namespace lianbo::insight {
namespace {

using db::Row;
using db::Sql;

constexpr int kMaxDepth = 8;

#define OF_STORE(id) "join stores s on s.id = " id " join agents a on a.id = s.agent_id "
const Sql kAgents{"regions.agents",
                  "select region, count(*), cast(sum(case when state = 'active' then 1 else 0 end) as bigint) "
                  "from agents where brand_id = $1 group by region"};
const Sql kBroadcasts{
    "regions.broadcasts",
    "select a.region, count(*), cast(coalesce(sum(b.enters), 0) as bigint) from broadcasts b " OF_STORE(
        "b.store_id") "where b.brand_id = $1 and b.started_at is not null and b.audience = 'public' group by a.region"};
const Sql kOrders{
    "regions.orders",
    "select a.region, count(*), cast(sum(case when o.paid_at is not null then 1 else 0 end) as bigint), "
    "cast(sum(case when o.state = 'cancelled' then 1 else 0 end) as bigint), "
    "cast(sum(case when o.paid_at is not null then o.total_fen else 0 end) as bigint), "
    "cast(sum(o.refunded_fen) as bigint) from orders o " OF_STORE("o.store_id") "where o.brand_id = $1 "
    "group by a.region"};
const Sql kCommission{"regions.commission",
                      "select a.region, cast(sum(e.amount_fen) as bigint) from entries e join orders o on o.bucket = "
                      "e.bucket and o.id = e.order_id " OF_STORE("o.store_id") "where e.brand_id = $1 "
                      "group by a.region"};
const Sql kDebt{"regions.debt",
                "select a.region, cast(sum(c.debt_fen) as bigint) from agent_accounts c join agents a on a.id = "
                "c.agent_id where c.brand_id = $1 group by a.region"};

std::string_view cut(std::string_view region, int depth) {
  if (depth == 0) return region;
  std::size_t at = 0;
  for (int i = 0; i < depth; ++i) {
    at = region.find('/', i == 0 ? 0 : at + 1);
    if (at == std::string_view::npos) return region;
  }
  return region.substr(0, at);
}

void write_figures(JsonWriter& w, const RegionFigures& f) {
  w.field("agents", f.agents).field("active", f.active).field("broadcasts", f.broadcasts).field("enters", f.enters);
  w.field("orders_placed", f.orders_placed).field("orders_paid", f.orders_paid);
  w.field("orders_cancelled", f.orders_cancelled).field("gmv_fen", f.gmv_fen).field("refunded_fen", f.refunded_fen);
  w.field("commission_fen", f.commission_fen).field("debt_fen", f.debt_fen);
}

Shape figures_shape() {
  using namespace shape;
  Shape out;
  for (const char* name :
       {"agents", "active", "broadcasts", "enters", "orders_placed", "orders_paid", "orders_cancelled"})
    out.push_back(count(name));
  for (const char* name : {"gmv_fen", "refunded_fen", "commission_fen", "debt_fen"}) out.push_back(fen(name));
  return out;
}

Result<net::Reply> region_report(db::Tx& tx, const Call& call, const net::Request& request) {
  TRY(const auto brand, request.id_param<BrandId>("brand_id"));
  TRY_OK(require_any_staff(call, brand, kAnyStaff));
  TRY_OK(org::find_brand(tx, brand));
  int depth = 0;
  if (const auto text = request.query_value("depth"); !text.empty()) {
    if (text.size() != 1 || text[0] < '0' || text[0] > '0' + kMaxDepth)
      return fail(Code::invalid_field, "must be from 0 to " + std::to_string(kMaxDepth), "query depth");
    depth = text[0] - '0';
  }
  // Cut after looking who may see what: a part of a region must not stand for the whole of it.
  const StaffOf* staff = call.caller.staff_of(brand);
  std::map<std::string, RegionFigures, std::less<>> rows;
  for (const auto& f : figures_by_region(tx, brand))
    if (call.caller.system || staff->covers(f.region)) rows[std::string(cut(f.region, depth))].add(f);
  RegionFigures total;
  JsonWriter w;
  w.begin().key("items").begin_list();
  for (const auto& [region, figures] : rows) {
    w.begin().field("region", region);
    write_figures(w, figures);
    w.end();
    total.add(figures);
  }
  w.end_list().key("total").begin();
  write_figures(w, total);
  w.end().end();
  return net::Reply::json(w.take());
}

}  // namespace

void RegionFigures::add(const RegionFigures& o) {
  agents += o.agents;
  active += o.active;
  broadcasts += o.broadcasts;
  enters += o.enters;
  orders_placed += o.orders_placed;
  orders_paid += o.orders_paid;
  orders_cancelled += o.orders_cancelled;
  gmv_fen += o.gmv_fen;
  refunded_fen += o.refunded_fen;
  commission_fen += o.commission_fen;
  debt_fen += o.debt_fen;
}

std::vector<RegionFigures> figures_by_region(db::Tx& tx, BrandId brand) {
  std::map<std::string, RegionFigures, std::less<>> rows;
  const auto row = [&](const Row& r) -> RegionFigures& { return rows[r.str(0)]; };
  tx.each(kAgents, {brand}, [&](const Row& r) {
    row(r).agents += r.integer(1);
    row(r).active += r.integer(2);
  });
  tx.each(kBroadcasts, {brand}, [&](const Row& r) {
    row(r).broadcasts += r.integer(1);
    row(r).enters += r.integer(2);
  });
  tx.each(kOrders, {brand}, [&](const Row& r) {
    auto& f = row(r);
    f.orders_placed += r.integer(1);
    f.orders_paid += r.integer(2);
    f.orders_cancelled += r.integer(3);
    f.gmv_fen += r.integer(4);
    f.refunded_fen += r.integer(5);
  });
  tx.each(kCommission, {brand}, [&](const Row& r) { row(r).commission_fen += r.integer(1); });
  tx.each(kDebt, {brand}, [&](const Row& r) { row(r).debt_fen += r.integer(1); });
  std::vector<RegionFigures> out;
  for (auto& [region, figures] : rows) {
    figures.region = region;
    out.push_back(std::move(figures));
  }
  return out;
}

net::Route region_report_route() {
  using namespace shape;
  Shape item = figures_shape();
  item.insert(item.begin(), text("region", 0, 64, "empty: in none"));
  return net::read_route(net::Method::get, "/api/v1/brands/{brand_id}/report/regions", "getRegionReport",
                         "The figures by region; the rows add up to the brand's report. Staff limited to regions sees "
                         "theirs",
                         net::Access::staff, region_report)
      .asking({opt(integer("depth", 0, kMaxDepth, "cut names to so many parts; default 0: as they are"))})
      .giving({list("items", std::move(item), 0, 100000), object("total", figures_shape(), "of the rows above")})
      .may_fail({Code::not_found});
}

}  // namespace lianbo::insight
