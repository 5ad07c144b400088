// The figures by region add up to the brand's, to the fen, whatever was sold, refunded, settled or owed.
#include "insight/regions.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <cstdlib>
#include <random>

#include "base/json.hpp"
#include "insight/report.hpp"
#include "support/database.hpp"
#include "support/shop.hpp"

namespace lianbo::insight {
namespace {

using test::must;
using test::Shop;

class Regions : public test::StoreTest {};
ON_BOTH_ENGINES(Regions);

void expect_sums(Shop& shop) {
  const auto rows = must(shop.db().read(
      [&](db::Tx& tx) -> Result<std::vector<RegionFigures>> { return figures_by_region(tx, shop.brand()); }));
  RegionFigures sum;
  for (const auto& row : rows) sum.add(row);
  const Report r = shop.report();
  EXPECT_EQ(sum.agents, r.agents);
  EXPECT_EQ(sum.broadcasts, r.broadcasts);
  EXPECT_EQ(sum.enters, r.enters);
  EXPECT_EQ(sum.orders_placed, r.orders_placed);
  EXPECT_EQ(sum.orders_paid, r.orders_paid);
  EXPECT_EQ(sum.orders_cancelled, r.orders_cancelled);
  EXPECT_EQ(sum.gmv_fen, r.gmv_fen);
  EXPECT_EQ(sum.refunded_fen, r.refunded_fen);
  EXPECT_EQ(sum.commission_fen,
            r.commission_pending_fen + r.commission_available_fen + r.commission_settled_fen + r.commission_paid_fen);
  EXPECT_EQ(sum.debt_fen, r.debt_fen);
}

TEST_P(Regions, TheFiguresOfADayStandWhereTheStoreIs) {
  Shop s(db());
  s.plan(1000, 500);
  const auto east = s.agent("East", {}, "华东"), shanghai = s.agent("Shanghai", {}, "华东/上海"),
             nowhere = s.agent("No");
  const auto mask = s.item("mask", 9900, 50);
  const PersonId xiao = s.person("Xiao");
  s.open(s.as(xiao), s.share_of(nowhere.person, nowhere.store));
  const auto order = s.delivered(xiao, shanghai.store, {{mask.sku, 2, {}}});
  s.bought(xiao, east.store, {{mask.sku, 1, {}}});
  s.refund(order.id, 0, 9900);
  const auto rows = must(
      db().read([&](db::Tx& tx) -> Result<std::vector<RegionFigures>> { return figures_by_region(tx, s.brand()); }));
  ASSERT_EQ(rows.size(), 3u);
  EXPECT_EQ(rows[0].region, "");
  EXPECT_EQ(rows[0].orders_paid, 0);
  EXPECT_EQ(rows[1].region, "华东");
  EXPECT_EQ(rows[1].gmv_fen, 9900);
  EXPECT_EQ(rows[2].region, "华东/上海");
  EXPECT_EQ(rows[2].gmv_fen, 19800);
  EXPECT_EQ(rows[2].refunded_fen, 9900);
  // Host 990 and promoter 495 on what was kept: the promoter is of no region, the sale was made in Shanghai.
  EXPECT_EQ(rows[2].commission_fen, 990 + 495);
  expect_sums(s);

  const net::Route route = region_report_route();
  const auto ask = [&](const Call& call, const std::string& depth) {
    net::Request request;
    request.params = {{"brand_id", s.brand().text()}};
    if (!depth.empty()) request.query = {{"depth", depth}};
    return db().read([&](db::Tx& tx) { return route.tx_handler(tx, call, request); });
  };
  const auto whole = must(parse_json(must(ask(s.owner(), "1")).body));
  EXPECT_TRUE(check_shape(whole, *route.gives));
  ASSERT_EQ(get_list(whole, "items").size(), 2u) << "华东/上海 counts in 华东";
  EXPECT_EQ(get_int(get_list(whole, "items").at(1), "gmv_fen"), 29700);
  EXPECT_EQ(get_int(get_object(whole, "total"), "gmv_fen"), 29700);
  Call limited = s.owner();
  limited.caller.staff = {{s.brand(), kAuditor, {"华东/上海"}}};
  const auto part = must(parse_json(must(ask(limited, "1")).body));
  ASSERT_EQ(get_list(part, "items").size(), 1u);
  EXPECT_EQ(get_int(get_object(part, "total"), "gmv_fen"), 19800) << "a part of 华东 must not show the rest of it";
  EXPECT_EQ(ask(s.as(xiao), "").error().code, Code::forbidden);
  EXPECT_EQ(ask(s.owner(), "9").error().code, Code::invalid_field);
}

TEST_P(Regions, AnyDayAddsUpToTheBrands) {
  Shop s(db());
  s.plan(1000, 800, 200);
  std::vector<org::Agent> agents;
  for (const char* region : {"", "a", "a/b", "a/b/c", "ab"})
    agents.push_back(
        s.agent("agent" + std::to_string(agents.size()), agents.empty() ? AgentId{} : agents.back().id, region));
  const auto item = s.item("thing", 999, 100000);
  std::vector<PersonId> buyers;
  for (int i = 0; i < 4; ++i) buyers.push_back(s.person("buyer" + std::to_string(i)));
  std::minstd_rand chance(7);
  const auto draw = [&](std::size_t n) { return static_cast<std::size_t>(chance() % n); };
  std::vector<order::Order> paid;
  const int steps = std::getenv("LIANBO_FULL") ? 400 : 60;
  for (int i = 0; i < steps; ++i) {
    const PersonId buyer = buyers[draw(buyers.size())];
    const auto& agent = agents[draw(agents.size())];
    switch (draw(6)) {
      case 0:
        s.open(s.as(buyer), s.share_of(agent.person, agent.store));
        break;
      case 1:
        paid.push_back(s.delivered(buyer, agent.store, {{item.sku, 1 + static_cast<std::int64_t>(draw(3)), {}}}));
        break;
      case 2:
        must(s.place(buyer, agent.store, {{item.sku, 1, {}}}));
        break;
      case 3:
        if (!paid.empty()) {
          const auto o = s.order(paid[draw(paid.size())].id);
          if (o.lines[0].net_fen() > 0)
            s.refund(o.id, 0, 1 + static_cast<Fen>(draw(static_cast<std::size_t>(o.lines[0].net_fen()))));
        }
        break;
      case 4:
        s.pass(static_cast<DurationMs>(draw(9)) * kDayMs);
        break;
      case 5:
        must(s.settle());
        break;
    }
  }
  expect_sums(s);
  EXPECT_EQ(s.problems(), "");
}

}  // namespace
}  // namespace lianbo::insight
