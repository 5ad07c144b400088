#include "insight/figures.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <set>

#include "insight/days.hpp"
#include "live/live_service.hpp"
#include "support/database.hpp"
#include "support/shop.hpp"

namespace lianbo::insight {

void PrintTo(const Figures& f, std::ostream* out) {
  *out << f.exposures << " exposures, " << f.enters << " enters, " << f.clicks << " clicks, " << f.touches
       << " touches, " << f.orders << " orders, " << f.paid_orders << " paid, " << f.units << " units, " << f.paid_fen
       << " fen, " << f.refunded_fen << " refunded";
}

namespace {

using test::must;
using test::Shop;

class FiguresTest : public test::StoreTest {
 protected:
  static Span ever(const Shop& shop) { return {Shop::kDawn - 2 * kDayMs, shop.now() + 2 * kDayMs}; }
  Figures total(Shop& shop, FigureWish wish = {}) {
    if (wish.span.until == 0) wish.span = ever(shop);
    return must(shop.db().read([&](db::Tx& tx) -> Result<Figures> { return total_of(tx, shop.brand(), wish); }));
  }
  std::vector<FigureRow> rows(Shop& shop, FigureWish wish, std::int64_t after = 0, int limit = 200) {
    if (wish.span.until == 0) wish.span = ever(shop);
    return must(shop.db().read(
        [&](db::Tx& tx) -> Result<std::vector<FigureRow>> { return rows_of(tx, shop.brand(), wish, after, limit); }));
  }
  live::Broadcast on_air(Shop& shop, const org::Agent& host, std::vector<ProductId> shelf) {
    const Call call = shop.as(host.person);
    return must(shop.db().write([&](db::Tx& tx) -> Result<live::Broadcast> {
      TRY(const auto planned, live::schedule_broadcast(tx, call, host.store, {"Live", call.now, std::move(shelf)}));
      return live::start_broadcast(tx, call, planned.broadcast.id);
    }));
  }
  live::Pin pin(Shop& shop, const org::Agent& host, BroadcastId broadcast, ProductId product) {
    const Call call = shop.as(host.person);
    return must(shop.db().write([&](db::Tx& tx) { return live::pin_product(tx, call, broadcast, product); }));
  }
  static std::int64_t click(Shop& shop, const Call& call, live::Click wish) {
    return must(shop.db().write(
        [&](db::Tx& tx) -> Result<std::int64_t> { return live::record_clicks(tx, call, std::span(&wish, 1)); }));
  }
  static std::int64_t expose(Shop& shop, const Call& call, BroadcastId broadcast) {
    const live::Exposure item{"broadcast", broadcast.value};
    return must(shop.db().write(
        [&](db::Tx& tx) -> Result<std::int64_t> { return live::record_exposures(tx, call, std::span(&item, 1)); }));
  }
  order::Order buy(Shop& shop, PersonId buyer, StoreId store, Shop::Item item, std::int64_t qty, BroadcastId broadcast,
                   ShareId share) {
    const Call call = shop.as(buyer);
    order::PlaceWish wish;
    wish.store = store;
    wish.lines = {{item.sku, qty, {}}};
    wish.broadcast = broadcast;
    wish.share = share;
    const auto placed = must(shop.db().write([&](db::Tx& tx) { return order::place(tx, call, wish); }));
    return must(shop.pay(buyer, placed.id));
  }
  std::vector<PinRow> pin_rows(Shop& shop, BroadcastId id) {
    return must(shop.db().read(
        [&](db::Tx& tx) -> Result<std::vector<PinRow>> { return insight::pins_of(tx, shop.brand(), id, 500); }));
  }
};

TEST_P(FiguresTest, AFunnelFromExposureToNetIsTheSameByRegionAgentBroadcastPinAndShare) {
  Shop shop(db());
  const auto anna = shop.agent("Anna"), bella = shop.agent("Bella");
  const auto cream = shop.item("CREAM", 10000, 100), tea = shop.item("TEA", 2500, 100);
  const auto room = on_air(shop, anna, {cream.product, tea.product});
  const auto first = pin(shop, anna, room.id, cream.product);
  const auto buyer = shop.person("Wang"), other = shop.person("Li");

  EXPECT_EQ(expose(shop, shop.as(buyer), room.id), 1);
  EXPECT_EQ(expose(shop, shop.as(buyer), room.id), 0) << "SPEC: one item shown to one person once";
  EXPECT_EQ(expose(shop, shop.as(other), room.id), 1);
  must(shop.db().write(
      [&](db::Tx& tx) { return live::add_counts(tx, room.id, {.enters = 3, .peak_viewers = 2, .at = shop.now()}); }));
  const auto share = shop.share_of(anna.person, anna.store);
  shop.open(shop.as(buyer), share);
  EXPECT_EQ(click(shop, shop.as(buyer), {anna.store, cream.product, room.id, share.id}), 1);
  EXPECT_EQ(click(shop, shop.as(buyer), {anna.store, cream.product, room.id, share.id}), 0);
  EXPECT_EQ(click(shop, shop.as(buyer), {bella.store, cream.product, room.id, {}}), 0) << "the room is another store's";
  EXPECT_EQ(click(shop, shop.as(other), {anna.store, tea.product, room.id, {}}), 1);
  const auto paid = buy(shop, buyer, anna.store, cream, 2, room.id, share.id);
  buy(shop, other, anna.store, tea, 1, room.id, {});
  buy(shop, other, bella.store, tea, 4, {}, {});
  shop.refund(paid.id, 0, 5000);
  shop.jobs();

  Figures all;
  all.exposures = 2;
  all.enters = 3;
  all.clicks = 2;
  all.touches = 1;
  all.orders = all.paid_orders = 3;
  all.units = 7;
  all.paid_fen = 20000 + 2500 + 10000;
  all.refunded_fen = 5000;
  EXPECT_EQ(total(shop), all);
  for (const By by : {By::region, By::agent, By::broadcast}) {
    Figures sum;
    FigureWish wish;
    wish.by = by;
    for (const auto& row : rows(shop, wish)) sum += row.figures;
    EXPECT_EQ(sum, all) << "by " << static_cast<int>(by);
  }
  FigureWish of_bella;
  of_bella.agent = bella.id;
  EXPECT_EQ(total(shop, of_bella).paid_fen, 10000);

  const auto pins = pin_rows(shop, room.id);
  ASSERT_EQ(pins.size(), 2u);
  EXPECT_EQ(pins[0].pin, PinId{}) << "what happened while nothing of it was pinned";
  EXPECT_EQ(pins[1].pin, first.id);
  EXPECT_EQ(pins[1].figures.clicks, 1);
  EXPECT_EQ(pins[1].figures.paid_fen, 20000);
  EXPECT_EQ(pins[1].figures.refunded_fen, 5000);
  EXPECT_EQ(pins[0].figures.paid_fen, 2500);

  const auto node = must(shop.db().read([&](db::Tx& tx) { return share_node(tx, share.id); }));
  EXPECT_EQ(node.visitors, 1);
  EXPECT_EQ(node.figures.touches, 1);
  EXPECT_EQ(node.figures.clicks, 1);
  EXPECT_EQ(node.figures.net_fen(), 15000);

  const auto spread = must(shop.db().read([&](db::Tx& tx) -> Result<Spread> {
    return spread_of(tx, shop.brand(), tea.product, Shop::kDawn - kDayMs, {}, 10);
  }));
  EXPECT_EQ(spread.rooms, 1);
  EXPECT_EQ(spread.total.units, 5);
  ASSERT_EQ(spread.rows.size(), 2u);
  EXPECT_EQ(spread.rows[0].store, bella.store) << "most units first, in the store outside of rooms";
  EXPECT_EQ(spread.rows[1].broadcast, room.id);
  EXPECT_EQ(shop.problems(), "");
}

// SPEC 3: roll-ups and staff rights follow the group.
TEST_P(FiguresTest, StaffLimitedToRegionsSeesTheFiguresOfTheirStoresAndOfNoOthers) {
  Shop shop(db());
  const auto none = shop.agent("None"), east = shop.agent("East", {}, "华东");
  const auto shanghai = shop.agent("Shanghai", {}, "华东/上海"), other = shop.agent("Other", {}, "华东二区");
  const auto tea = shop.item("TEA", 100, 10000);
  const auto buyer = shop.person("Wang");
  std::map<std::int64_t, BroadcastId> rooms;
  std::int64_t qty = 1;  // 1, 10, 100, 1000: whose it is shows in each sum
  for (const auto& host : {none, east, shanghai, other}) {
    rooms[host.id.value] = on_air(shop, host, {tea.product}).id;
    buy(shop, buyer, host.store, tea, qty, rooms[host.id.value], {});
    qty *= 10;
  }
  buy(shop, buyer, shanghai.store, tea, 5, {}, {});
  shop.jobs();
  const Call owner = shop.owner();
  const auto made = must(shop.db().write([&](db::Tx& tx) {
    return org::add_staff(tx, owner, shop.brand(), "east", "East", kAuditor, std::vector<std::string>{"华东"});
  }));
  const Call limited = shop.as(made.person);

  const net::Routes routes = figure_routes(&shop.db());
  using Query = std::vector<std::pair<std::string, std::string>>;
  const auto ask = [&](const Call& call, const char* id, const std::string& name, const std::string& value,
                       Query query = {}) -> Result<json::value> {
    const auto route = std::find_if(routes.begin(), routes.end(), [&](const auto& r) { return r.id == id; });
    net::Request request;
    request.params = {{name, value}};
    request.query = std::move(query);
    TRY(const auto reply, route->plain_handler(call, request));
    const auto body = must(parse_json(reply.body));
    EXPECT_TRUE(check_shape(body, *route->gives)) << reply.body;
    return body;
  };
  const std::string brand = shop.brand().text();
  const auto units = [&](const Call& call, const char* id, Query query = {}) {
    const auto body = must(ask(call, id, "brand_id", brand, std::move(query)));
    std::int64_t sum = 0;
    for (const auto& item : get_list(body, "items")) sum += get_int(item, "units");
    EXPECT_EQ(sum, get_int(get_object(body, "total"), "units")) << id << ": the rows add up to the total";
    return sum;
  };
  const auto unknown = ask(shop.owner(), "getFunnel", "brand_id", brand, {{"by", "promotion"}});
  EXPECT_TRUE(!unknown && unknown.error().code == Code::invalid_field) << "a grouping there isn't is not by region";
  for (const char* by : {"region", "agent", "broadcast"}) {
    EXPECT_EQ(units(shop.owner(), "getFunnel", {{"by", by}}), 1116) << by;
    EXPECT_EQ(units(limited, "getFunnel", {{"by", by}}), 115) << by << ": 华东 holds 华东/上海, not 华东二区";
    EXPECT_EQ(units(shop.owner(), "getFunnel", {{"by", by}, {"region", "华东"}}), 10) << by << ": as its row says";
    EXPECT_EQ(units(limited, "getFunnel", {{"by", by}, {"region", "华东/上海"}}), 105) << by;
    EXPECT_EQ(units(limited, "getFunnel", {{"by", by}, {"region", "华东二区"}}), 0) << by;
    EXPECT_EQ(units(limited, "getFunnel", {{"by", by}, {"agent_id", none.id.text()}}), 0) << by;
  }
  EXPECT_EQ(units(limited, "getFunnelDays"), 115);
  std::vector<std::int64_t> pages;
  for (std::string after; pages.size() < 5;) {
    Query query = {{"by", "agent"}, {"limit", "1"}};
    if (!after.empty()) query.emplace_back("after", after);
    const auto page = must(ask(limited, "getFunnel", "brand_id", brand, query));
    for (const auto& item : get_list(page, "items")) pages.push_back(get_int(item, "units"));
    if (page.at("next").is_null()) break;
    after = get_text(page, "next");
  }
  EXPECT_EQ(pages, (std::vector<std::int64_t>{105, 10})) << "page by page as at once";

  const auto spread = must(ask(limited, "getSpread", "product_id", tea.product.text()));
  EXPECT_EQ(get_int(spread, "rooms"), 2);
  EXPECT_EQ(get_int(get_object(spread, "total"), "units"), 115);
  EXPECT_EQ(get_list(spread, "items").size(), 3u) << "two rooms, and a store outside of rooms";
  EXPECT_TRUE(ask(limited, "getBroadcastFigures", "broadcast_id", rooms[shanghai.id.value].text()));
  EXPECT_EQ(ask(limited, "getBroadcastFigures", "broadcast_id", rooms[other.id.value].text()).error().code,
            Code::forbidden);
  // What belongs to no store in particular is the whole brand's.
  for (const char* whole : {"getFunnelMinutes", "getHabit", "listCascades"})
    EXPECT_EQ(ask(limited, whole, "brand_id", brand).error().code, Code::forbidden) << whole;
  // An agent reads their own, and nobody else's.
  EXPECT_EQ(units(shop.as(other.person), "getFunnel", {{"agent_id", other.id.text()}}), 1000);
  EXPECT_EQ(ask(shop.as(other.person), "getFunnel", "brand_id", brand, {{"agent_id", east.id.text()}}).error().code,
            Code::forbidden);
}

TEST_P(FiguresTest, ALateRefundCountsOnItsOwnDayAndMinutesAddUpToDays) {
  Shop shop(db());
  const auto anna = shop.agent("Anna");
  const auto cream = shop.item("CREAM", 10000, 100);
  const auto buyer = shop.person("Wang");
  const auto paid = shop.bought(buyer, anna.store, {{cream.sku, 1, {}}});
  const Instant day = day_start("Asia/Shanghai", shop.now());
  shop.pass(2 * kDayMs);
  shop.refund(paid.id, 0, 4000);
  shop.jobs();
  const auto days = must(shop.db().read([&](db::Tx& tx) -> Result<std::vector<DayRow>> {
    FigureWish wish;
    wish.span = ever(shop);
    return days_of(tx, shop.brand(), wish);
  }));
  ASSERT_EQ(days.size(), 2u);
  EXPECT_EQ(days[0].day, day);
  EXPECT_EQ(days[0].figures.net_fen(), 10000);
  EXPECT_EQ(days[1].day, day_shifted("Asia/Shanghai", day, 2));
  EXPECT_EQ(days[1].figures.net_fen(), -4000);
  for (const auto& one : days) {
    Figures sum;
    const Span span{one.day, day_shifted("Asia/Shanghai", one.day, 1)};
    for (const auto& m : must(shop.db().read(
             [&](db::Tx& tx) -> Result<std::vector<DayRow>> { return minutes_of(tx, shop.brand(), span); })))
      sum += m.figures;
    EXPECT_EQ(sum, one.figures);
  }
}

TEST_P(FiguresTest, ACascadeIsATreeWhoseBranchesAddUp) {
  Shop shop(db());
  const auto anna = shop.agent("Anna");
  const auto cream = shop.item("CREAM", 10000, 100);
  const auto a = shop.person("A"), b = shop.person("B"), c = shop.person("C");
  const auto root = shop.share_of(anna.person, anna.store);
  shop.open(shop.as(a), root);
  const auto of_a = shop.share_of(a, anna.store);
  shop.open(shop.as(b), root);
  const auto of_b = shop.share_of(b, anna.store);
  shop.open(shop.as(c), of_a);
  shop.share_of(c, anna.store);
  buy(shop, c, anna.store, cream, 1, {}, of_a.id);
  buy(shop, b, anna.store, cream, 2, {}, root.id);
  shop.jobs();

  const auto top = must(shop.db().read(
      [&](db::Tx& tx) -> Result<std::vector<ShareNode>> { return top_cascades(tx, shop.brand(), ever(shop), 10); }));
  ASSERT_EQ(top.size(), 1u);
  EXPECT_EQ(top[0].id, root.id);
  EXPECT_EQ(top[0].size, 4);
  EXPECT_EQ(top[0].deepest, 2);
  EXPECT_EQ(top[0].subtree.paid_fen, 30000);
  EXPECT_EQ(top[0].subtree.touches, 3);
  EXPECT_EQ(top[0].figures.paid_fen, 20000);
  const auto children = must(shop.db().read(
      [&](db::Tx& tx) -> Result<std::vector<ShareNode>> { return share_children(tx, root.id, {}, 10); }));
  ASSERT_EQ(children.size(), 2u);
  EXPECT_EQ(children[0].id, of_a.id);
  EXPECT_EQ(children[1].id, of_b.id);
  Figures sum = top[0].figures;
  for (const auto& child : children) sum += child.subtree;
  EXPECT_EQ(sum, top[0].subtree);

  // The sharer is told the same of it as the desk, in the same words.
  const auto told =
      must(shop.db().read([&](db::Tx& tx) -> Result<share::Cascade> { return share::cascade_of(tx, root.id); }));
  EXPECT_EQ(told.size, top[0].size);
  EXPECT_EQ(told.depth, top[0].deepest);
  EXPECT_EQ(told.touches, top[0].subtree.touches);
  EXPECT_EQ(told.visitors, 3);
  EXPECT_EQ(told.reach, 4) << "whose link it was, too";
}

TEST_P(FiguresTest, WhoComesBackWithinSevenDaysIsCountedOnceAndAGuestIsThePersonTheyLogInAs) {
  Shop shop(db());
  const auto anna = shop.agent("Anna");
  const auto link = shop.share_of(anna.person, anna.store);
  const auto cohorts = [&] {
    shop.jobs();
    return must(shop.db().read([&](db::Tx& tx) -> Result<std::vector<Cohort>> {
      return cohorts_of(tx, shop.brand(), {Shop::kDawn - kDayMs, shop.now() + kDayMs});
    }));
  };
  const auto stays = shop.person("Stays"), late = shop.person("Late"), once = shop.person("Once");
  const auto guest = shop.new_guest();
  const auto becomes = shop.person("Becomes");
  for (const PersonId who : {stays, late, once}) shop.open(shop.as(who), link);
  shop.open(shop.guest(guest), link);
  shop.open(shop.as(stays), link);
  auto now = cohorts();
  ASSERT_EQ(now.size(), 1u);
  EXPECT_EQ(now[0].people, 4);
  EXPECT_EQ(now[0].returned, 0) << "the same day is no return";
  shop.pass(3 * kDayMs);
  shop.open(shop.as(stays), link);
  shop.open(shop.as(becomes), link);
  shop.jobs();
  shop.log_in(guest, becomes);
  shop.pass(4 * kDayMs + kDayMs);
  shop.open(shop.as(late), link);
  now = cohorts();
  ASSERT_GE(now.size(), 1u);
  EXPECT_EQ(now[0].people, 4) << "the guest and the person are one";
  EXPECT_EQ(now[0].returned, 2) << "Stays, and the guest who came back as a person; the eighth day is too late";
  for (std::size_t i = 1; i < now.size(); ++i) EXPECT_EQ(now[i].people, 0);
  EXPECT_EQ(shop.problems(), "");
}

TEST_P(FiguresTest, PagesOfALargeNetworkFollowEachOther) {
  Shop shop(db());
  const auto cream = shop.item("CREAM", 100, 1000);
  const auto buyer = shop.person("Wang");
  for (int i = 0; i < 7; ++i) {
    const auto agent = shop.agent("Agent " + std::to_string(i));
    shop.bought(buyer, agent.store, {{cream.sku, i % 3 + 1, {}}});
  }
  shop.jobs();
  FigureWish wish;
  wish.by = By::agent;
  std::vector<std::int64_t> seen;
  for (std::int64_t after = 0;;) {
    const auto page = rows(shop, wish, after, 3);
    for (const auto& row : page) seen.push_back(row.id);
    if (page.size() < 3) break;
    after = page.back().id;
  }
  std::vector<std::int64_t> whole;
  for (const auto& row : rows(shop, wish)) whole.push_back(row.id);
  EXPECT_EQ(seen, whole);
  EXPECT_EQ(std::set<std::int64_t>(seen.begin(), seen.end()).size(), 7u);
}

// Random days at a brand, against a count of the same facts one by one.
TEST_P(FiguresTest, EveryRollUpAddsUpWhateverHappens) {
  Shop shop(db());
  std::vector<org::Agent> agents;
  for (int i = 0; i < 3; ++i) agents.push_back(shop.agent("Agent " + std::to_string(i)));
  const Shop::Item items[] = {shop.item("A", 700, 100'000), shop.item("B", 1300, 100'000)};
  const PersonId people[] = {shop.person("P"), shop.person("Q"), shop.person("R")};
  std::vector<live::Broadcast> rooms;
  for (const auto& agent : agents) rooms.push_back(on_air(shop, agent, {items[0].product, items[1].product}));
  std::vector<share::Share> shares{shop.share_of(agents[0].person, agents[0].store)};
  std::vector<std::pair<order::Order, Fen>> bought;  // with what went back
  Figures model;
  SeededRandom random(20261111);
  const int steps = std::getenv("LIANBO_FULL") != nullptr ? 3000 : 150;
  for (int step = 0; step < steps; ++step) {
    const std::size_t which = random.below(3);
    const auto& agent = agents[which];
    const BroadcastId room = random.chance(0.6) ? rooms[which].id : BroadcastId{};
    const PersonId person = people[random.below(3)];
    const auto& item = items[random.below(2)];
    const auto& share = shares[random.below(shares.size())];
    switch (random.below(7)) {
      case 0:
        model.exposures += expose(shop, shop.as(person), rooms[which].id);
        break;
      case 1:
        model.clicks += click(shop, shop.as(person), {agent.store, item.product, room, {}});
        break;
      case 2:
        shop.open(shop.as(person), share);
        ++model.touches;
        if (shares.size() < 30) shares.push_back(shop.share_of(person, agent.store));
        break;
      case 3:
      case 4: {
        const auto qty = static_cast<std::int64_t>(1 + random.below(4));
        const auto o = buy(shop, person, agent.store, item, qty, room, random.chance(0.7) ? share.id : ShareId{});
        bought.emplace_back(o, 0);
        ++model.orders;
        ++model.paid_orders;
        model.units += qty;
        model.paid_fen += o.total_fen;
        break;
      }
      case 5:
        if (bought.empty()) break;
        if (auto& [o, back] = bought.back(); back + 300 <= o.total_fen) {
          shop.refund(o.id, 0, 300);
          back += 300;
          model.refunded_fen += 300;
        }
        break;
      case 6:
        shop.pass(static_cast<DurationMs>(random.below(20)) * kHourMs);
        break;
    }
    if (random.chance(0.3)) shop.jobs();
    if (step % 50 != 49) continue;
    shop.jobs();
    ASSERT_EQ(total(shop), model) << "after step " << step;
    for (const By by : {By::region, By::agent, By::broadcast}) {
      Figures sum;
      FigureWish wish;
      wish.by = by;
      for (const auto& row : rows(shop, wish)) sum += row.figures;
      ASSERT_EQ(sum, model) << "by " << static_cast<int>(by) << " after step " << step;
    }
    ASSERT_EQ(shop.problems(), "") << "after step " << step;
  }
}

ON_BOTH_ENGINES(FiguresTest);

}  // namespace
}  // namespace lianbo::insight
