// Natural, shared and paid traffic of a room add up to its figures, whoever came how and did what (SPEC 10).
#include "insight/traffic.hpp"

#include <gtest/gtest.h>

#include <map>
#include <set>

#include "live/live_service.hpp"
#include "promo/promo_service.hpp"
#include "share/share_service.hpp"
#include "support/database.hpp"
#include "support/shop.hpp"

namespace lianbo::insight {
namespace {

using live::Via;
using test::must;
using test::Shop;

class TrafficTest : public test::StoreTest {
 protected:
  TrafficTest() : shop_(db()), anna_(shop_.agent("Anna")), mask_(shop_.item("mask", 1000, 500)) {
    const Call owner = shop_.owner(), anna = shop_.as(anna_.person);
    room_ = must(db().write([&](db::Tx& tx) -> Result<BroadcastId> {
      live::NewBroadcast wish;
      wish.title = "Evening";
      wish.scheduled_at = shop_.now();
      wish.products = {mask_.product};
      TRY(const auto made, live::schedule_broadcast(tx, anna, anna_.store, wish));
      TRY_OK(live::start_broadcast(tx, anna, made.broadcast.id));
      TRY_OK(promo::credit_wallet(tx, owner, shop_.brand(), anna_.id, 100'000, "paid in"));
      return made.broadcast.id;
    }));
    for (auto* id : {&first_, &second_})
      *id = must(db().write([&](db::Tx& tx) {
              promo::Wish wish;
              wish.broadcast = room_;
              wish.budget_fen = 10'000;
              return promo::buy(tx, anna, wish);
            })).id;
    link_ = must(db().write([&](db::Tx& tx) {
      share::NewShare wish;
      wish.kind = share::Kind::broadcast;
      wish.store = anna_.store;
      wish.broadcast = room_;
      return share::create_share(tx, anna, wish, order::receipt_facts);
    }));
  }
  Via via(PersonId person) {
    return must(db().read([&](db::Tx& tx) -> Result<Via> {
      const std::pair entered(person, shop_.now());
      return came_by(tx, kDefaultBuckets, room_, std::span(&entered, 1)).front();
    }));
  }
  std::string slot(promo::PromotionId id, PersonId person) {
    SecureRandom random;
    return promo::seal_slot(key_, {id, {}, person, 30, shop_.now()}, random);
  }
  void show(promo::PromotionId id, PersonId person) {
    const Call call = shop_.as(person);
    const std::vector<std::string> tokens{slot(id, person)};
    must(db().write([&](db::Tx& tx) -> Result<std::int64_t> { return promo::show_slots(tx, call, key_, tokens); }));
  }
  void see(PersonId person) {
    const Call call = shop_.as(person);
    const live::Exposure item{"broadcast", room_.value};
    must(db().write(
        [&](db::Tx& tx) -> Result<std::int64_t> { return live::record_exposures(tx, call, std::span(&item, 1)); }));
  }
  void click_ad(promo::PromotionId id, PersonId person) {
    const Call call = shop_.as(person);
    const std::string token = slot(id, person);
    ASSERT_TRUE(must(db().write([&](db::Tx& tx) { return promo::click_slot(tx, call, key_, token, false); })).counted);
  }
  // As the room does: enters, told by how they came.
  void enter(PersonId person) {
    live::RoomCounts counts;
    counts.enters = 1;
    counts.enters_shared = via(person) == Via::shared ? 1 : 0;
    counts.enters_paid = via(person) == Via::paid ? 1 : 0;
    counts.at = shop_.now();
    must(db().write([&](db::Tx& tx) { return live::add_counts(tx, room_, counts); }));
  }
  void look(PersonId person) {
    const Call call = shop_.as(person);
    const live::Click click{anna_.store, mask_.product, room_, {}};
    must(db().write(
        [&](db::Tx& tx) -> Result<std::int64_t> { return live::record_clicks(tx, call, std::span(&click, 1)); }));
  }
  order::Order order(PersonId person, std::int64_t qty) {
    const Call call = shop_.as(person);
    order::PlaceWish wish;
    wish.store = anna_.store;
    wish.broadcast = room_;
    wish.lines = {{mask_.sku, qty, {}}};
    wish.address_json = R"({"name":"王小明","phone":"13800138000","region":"上海","detail":"1号"})";
    const auto placed = must(db().write([&](db::Tx& tx) { return order::place(tx, call, wish); }));
    return must(shop_.pay(person, placed.id));
  }
  Traffic traffic() {
    shop_.jobs();
    return must(db().read([&](db::Tx& tx) -> Result<Traffic> {
      TRY(const auto b, live::find_broadcast(tx, room_));
      return traffic_of(tx, b);
    }));
  }
  static void adds_up(const Traffic& t) {
    Figures sum = t.by[0];
    sum += t.by[1];
    sum += t.by[2];
    EXPECT_EQ(sum, t.total) << "natural, shared and paid traffic add up";
    Figures paid;
    for (const auto& [id, f] : t.promotions) paid += f;
    paid.enters = t.by[2].enters;  // told for the room
    EXPECT_EQ(paid, t.by[2]) << "and its promotions to the paid";
    for (const auto& part : t.by) {
      EXPECT_GE(part.exposures, 0);
      EXPECT_GE(part.enters, 0);
      EXPECT_GE(part.clicks, 0);
      EXPECT_GE(part.orders, 0);
      EXPECT_GE(part.paid_fen, 0);
    }
  }

  Shop shop_;
  org::Agent anna_;
  Shop::Item mask_;
  std::string key_ = promo::slot_key("server");
  BroadcastId room_;
  promo::PromotionId first_, second_;
  share::Share link_;
};

TEST_P(TrafficTest, TheLastWayInCounts) {
  const PersonId xiao = shop_.person("Xiao");
  EXPECT_EQ(via(xiao), Via::natural);
  shop_.open(shop_.as(xiao), link_);
  EXPECT_EQ(via(xiao), Via::shared);
  shop_.pass(1000);
  click_ad(first_, xiao);
  EXPECT_EQ(via(xiao), Via::paid);
  shop_.pass(1000);
  shop_.open(shop_.as(xiao), link_);
  EXPECT_EQ(via(xiao), Via::shared);
  EXPECT_EQ(via(shop_.person("Yue")), Via::natural);
}

TEST_P(TrafficTest, ThreeWaysInAndWhatEachBrought) {
  const PersonId natural = shop_.person("A"), shared = shop_.person("B"), paid = shop_.person("C"),
                 both = shop_.person("D");
  for (const PersonId p : {natural, shared, both}) see(p);
  show(first_, paid);
  show(second_, both);  // had seen the room before: no exposure of the promotion's
  shop_.open(shop_.as(shared), link_);
  click_ad(first_, paid);
  for (const PersonId p : {natural, shared, paid, both}) enter(p);
  for (const PersonId p : {natural, shared, paid}) look(p);
  order(natural, 1);
  order(shared, 2);
  const auto bought = order(paid, 3);
  order(both, 4);  // before they clicked: it came by itself
  shop_.pass(1000);
  click_ad(second_, both);
  enter(both);
  look(both);
  order(both, 5);
  shop_.refund(bought.id, 0, 700);

  const Traffic t = traffic();
  adds_up(t);
  EXPECT_EQ(t.total.exposures, 4);
  EXPECT_EQ(t.total.enters, 5);
  EXPECT_EQ(t.total.orders, 5);
  EXPECT_EQ(t.total.paid_fen, 15'000);
  EXPECT_EQ(t.by[0].paid_fen, 5000);
  EXPECT_EQ(t.by[1].paid_fen, 2000);
  EXPECT_EQ(t.by[2].paid_fen, 8000);
  EXPECT_EQ(t.by[2].refunded_fen, 700);
  EXPECT_EQ(t.by[0].enters, 2);
  EXPECT_EQ(t.by[1].enters, 1);
  EXPECT_EQ(t.by[2].enters, 2);
  EXPECT_EQ(t.by[1].touches, 1);
  EXPECT_EQ(t.by[2].exposures, 1);
  EXPECT_EQ(t.by[2].clicks, 2);
  EXPECT_EQ(t.promotions.at(first_).paid_fen, 3000);
  EXPECT_EQ(t.promotions.at(second_).paid_fen, 5000);
  EXPECT_EQ(shop_.problems(), "");
}

TEST_P(TrafficTest, AnyHistoryAddsUp) {
  SeededRandom random(on_postgres() ? 31 : 17);
  std::vector<PersonId> people;
  for (int i = 0; i < 8; ++i) people.push_back(shop_.person("P" + std::to_string(i)));
  std::map<PersonId, std::set<promo::PromotionId>> clicked;
  for (int step = 0; step < 120; ++step) {
    const PersonId p = people[random.below(people.size())];
    const auto id = random.chance(0.5) ? first_ : second_;
    shop_.pass(static_cast<DurationMs>(random.below(2000)));
    switch (random.below(7)) {
      case 0:
        see(p);
        break;
      case 1:
        show(id, p);
        break;
      case 2:
        shop_.open(shop_.as(p), link_);
        break;
      case 3:
        if (clicked[p].insert(id).second) click_ad(id, p);
        break;
      case 4:
        enter(p);
        break;
      case 5:
        look(p);
        break;
      default:
        if (random.chance(0.3)) order(p, 1);
    }
  }
  adds_up(traffic());
  EXPECT_EQ(shop_.problems(), "");
}

TEST_P(TrafficTest, TheReportTellsCostAndWhatItBroughtAndIsNotForStrangers) {
  const PersonId xiao = shop_.person("Xiao");
  show(first_, xiao);
  click_ad(first_, xiao);
  enter(xiao);
  order(xiao, 2);
  const auto ask = [&](const char* id, const Call& call) -> Result<json::value> {
    for (const auto& route : traffic_routes(&db()))
      if (route.id == id) {
        net::Request request;
        request.params = {{"promotion_id", first_.text()}, {"broadcast_id", room_.text()}};
        TRY(const auto reply, route.plain_handler(call, request));
        TRY(auto value, parse_json(reply.body));
        TRY_OK(check_shape(value, *route.gives));
        return value;
      }
    return fail(Code::internal, "no such route");
  };
  const auto report = must(ask("getPromotionReport", shop_.as(anna_.person)));
  EXPECT_EQ(get_int(report, "spent_fen"), 30);
  EXPECT_EQ(get_int(report, "shown"), 1);
  EXPECT_EQ(get_int(report, "clicks"), 1);
  EXPECT_EQ(get_int(report, "each_fen"), 30);
  EXPECT_EQ(get_int(get_object(report, "brought"), "paid_fen"), 2000);
  EXPECT_EQ(get_int(get_object(get_object(report, "room"), "paid"), "enters"), 1);
  EXPECT_TRUE(ask("getTraffic", shop_.owner()));
  const org::Agent bella = shop_.agent("Bella");
  for (const Call& other : {shop_.as(xiao), shop_.as(bella.person)}) {
    EXPECT_EQ(ask("getPromotionReport", other).error().code, Code::not_found);
    EXPECT_EQ(ask("getTraffic", other).error().code, Code::forbidden);
  }
}

ON_BOTH_ENGINES(TrafficTest);

}  // namespace
}  // namespace lianbo::insight
