// The feed in a whole shop, on both engines: what is shown, what counts, and that everything comes back after a
// restart.
#include "feed/feed_service.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <set>

#include "bus/journal.hpp"
#include "catalog/catalog_service.hpp"
#include "clips/clips_service.hpp"
#include "feed/feed_api.hpp"
#include "live/live_events.hpp"
#include "live/live_service.hpp"
#include "promo/promo_service.hpp"
#include "share/share_service.hpp"
#include "support/database.hpp"
#include "support/shop.hpp"
#include "trust/trust_service.hpp"

namespace lianbo::feed {
namespace {

using test::must;
using test::Shop;

const db::Sql kCounts{"feed_test.counts", "select count(*) from feed_counts"};
// As the job leaves one that was cut.
const db::Sql kClip{
    "feed_test.clip",
    "insert into clips (id, brand_id, store_id, agent_id, broadcast_id, pin_id, product_id, stream_name, "
    "title, state, opened_at, media_open_ms, media_close_ms, name, created_at, ready_at) values ($1, $2, "
    "$3, $4, $5, $6, $7, 's', 'Anna', 'ready', $8, 0, 60000, 'n', $8, $8)"};

class FeedTest : public test::StoreTest {
 protected:
  FeedTest()
      : shop_(db()),
        auctioneer_(promo::slot_key("server"),
                    [](db::Tx&, const Call&, BrandId, StoreId, BroadcastId) { return promo::RoomFacts{}; }),
        feed_(std::make_unique<Feed>(db(), kDefaultBuckets, kMaxSessions, &auctioneer_)),
        soap_(shop_.item("soap", 10'000, 999)) {
    must(feed_->load(shop_.now()));
  }

  // What the relay does: everybody is told, then the rows are kept.
  void tell() {
    for (const auto& event : must(db().read([&](db::Tx& tx) -> Result<std::vector<db::Event>> {
           std::vector<db::Event> out;
           for (const auto& key : bus::outbox_rows(tx, 10'000))
             if (auto e = bus::outbox_event(tx, key)) out.push_back(*std::move(e));
           return out;
         }))) {
      feed_->on_event(event);
      auctioneer_.on_event(event);
    }
    must(bus::keep_all_events(db()));
  }
  // A moment later, with the jobs run.
  void later(DurationMs ms = kSecondMs) {
    shop_.pass(ms);
    tell();
    while (must(feed_->count(shop_.system())) > 0) {
    }
    feed_->line_up(shop_.now());
  }
  void restart() {
    feed_ = std::make_unique<Feed>(db(), kDefaultBuckets, kMaxSessions, &auctioneer_);
    must(feed_->load(shop_.now()));
  }

  live::Broadcast schedule(const org::Agent& host, DurationMs in = 0) {
    const Call call = shop_.as(host.person);
    return must(db().write([&](db::Tx& tx) -> Result<live::Broadcast> {
      live::NewBroadcast wish{"On air with " + host.name, shop_.now() + in, {soap_.product}, live::Audience::everybody};
      TRY(const auto made, live::schedule_broadcast(tx, call, host.store, wish));
      return made.broadcast;
    }));
  }
  BroadcastId start(const org::Agent& host) {
    const auto b = schedule(host);
    const Call call = shop_.as(host.person);
    must(db().write([&](db::Tx& tx) { return live::start_broadcast(tx, call, b.id); }));
    tell();
    return b.id;
  }
  void end(const org::Agent& host, BroadcastId id) {
    const Call call = shop_.as(host.person);
    must(db().write([&](db::Tx& tx) { return live::end_broadcast(tx, call, id); }));
  }
  PinId pin(const org::Agent& host, BroadcastId room, DurationMs length) {
    const Call call = shop_.as(host.person);
    const auto p = must(db().write([&](db::Tx& tx) { return live::pin_product(tx, call, room, soap_.product); }));
    shop_.pass(length);
    const Call then = shop_.as(host.person);
    must(db().write([&](db::Tx& tx) { return live::unpin(tx, then, room); }));
    tell();
    return p.id;
  }

  Call now(Call call) {  // the caller, a moment later
    call.now = shop_.now();
    return call;
  }
  Result<Page> ask(const Call& by, std::string_view cursor = {}, int limit = 20) {
    const Call call = now(by);
    return db().read([&](db::Tx& tx) { return feed_->page(tx, call, shop_.brand(), cursor, limit); });
  }
  std::vector<std::int64_t> ids(const Page& page) {
    std::vector<std::int64_t> out;
    for (const Chosen& c : page.items) out.push_back(c.entry.id);
    return out;
  }
  std::vector<Noted> note(const Call& by, const Page& page, std::vector<Deed> deeds) {
    const Call call = now(by);
    return must(db().write([&](db::Tx& tx) { return feed_->note(tx, call, page.session, deeds); }));
  }
  Standing standing(BroadcastId room) {
    const Call call = shop_.owner();
    return must(db().read([&](db::Tx& tx) { return standing_of_room(tx, call, room); }));
  }
  double sum(const Standing& s, What what) {
    return static_cast<double>(sum_of(s.sums, what).sum_at(shop_.now(), half_life_of(s.item.kind))) /
           (1 << Decayed::kUnitBits);
  }
  void look_in(BroadcastId room, PersonId person) {
    for (const bool came : {true, false}) feed_->watched(room, person, came, shop_.now());
  }
  void click(BroadcastId room, const org::Agent& host, const Call& by) {
    const Call call = now(by);
    must(db().write([&](db::Tx& tx) {
      const live::Click one{host.store, soap_.product, room, {}};
      feed_->clicked(tx, call, std::span(&one, 1));
      return Status{};
    }));
  }
  Standing standing(const org::Agent& host, PinId moment) {
    const Call call = shop_.as(host.person);
    const auto all =
        must(db().read([&](db::Tx& tx) { return standings_of_store(tx, call, host.store, INT64_MAX, 99); }));
    const auto at = std::find_if(all.begin(), all.end(), [&](const Standing& s) { return s.item.id == moment.value; });
    return at == all.end() ? Standing{} : *at;
  }
  // So many new people are shown the room, and some of them do something with it.
  void crowd(BroadcastId room, int shown, int enter, int order = 0) {
    for (int i = 0; i < shown; ++i) {
      const PersonId person = i < order ? shop_.person("crowd" + std::to_string(++people_)) : shop_.new_guest();
      const Call call = i < order ? shop_.as(person) : shop_.guest(person);
      const Page page = must(ask(call));
      std::vector<Deed> deeds{{room.value, What::exposure}};
      note(call, page, deeds);
      if (i < enter) look_in(room, person);
      if (i < order) buy_in(person, room);
    }
    later();
  }
  order::Order buy_in(PersonId person, BroadcastId room) {
    const Call call = shop_.as(person);
    const auto b = must(db().read([&](db::Tx& tx) { return live::find_broadcast(tx, room); }));
    order::PlaceWish wish;
    wish.store = b.store;
    wish.broadcast = room;
    wish.lines = {{soap_.sku, 1, {}}};
    wish.address_json = R"({"name":"王小明","phone":"13800138000","region":"上海","detail":"1号"})";
    const auto o = must(db().write([&](db::Tx& tx) { return order::place(tx, call, wish); }));
    must(shop_.pay(person, o.id));
    return o;
  }

  // Paid for from the brand's wallet.
  promo::Promotion promote(BroadcastId room, PinId pin = {}) {
    const Call call = shop_.owner();
    const auto made = must(db().write([&](db::Tx& tx) -> Result<promo::Promotion> {
      TRY_OK(promo::credit_wallet(tx, call, shop_.brand(), {}, 5000, "paid in"));
      promo::Wish wish;
      wish.broadcast = room;
      wish.pin = pin;
      wish.budget_fen = 5000;
      wish.pace = promo::Pace::fast;
      return promo::buy(tx, call, wish);
    }));
    tell();
    return made;
  }
  promo::Spent spent(promo::PromotionId id) {
    return must(db().read([&](db::Tx& tx) -> Result<promo::Spent> { return promo::spent_of(tx, id); }));
  }
  // What /ad/{token} does.
  promo::Clicked click(const Call& by, const promo::Placement& slot) {
    const Call call = now(by);
    return must(db().write([&](db::Tx& tx) -> Result<promo::Clicked> {
      TRY(const auto done, promo::click_slot(tx, call, auctioneer_.slot_key(), slot.token, false));
      if (done.counted) feed_->came_paid(tx, call, done.room, done.pin);
      return done;
    }));
  }
  std::vector<std::size_t> paid_places(const Page& page) {
    std::vector<std::size_t> out;
    for (std::size_t i = 0; i < page.items.size(); ++i)
      if (page.items[i].why == Why::paid) out.push_back(i);
    return out;
  }

  Shop shop_;
  promo::Auctioneer auctioneer_;
  std::unique_ptr<Feed> feed_;
  Shop::Item soap_;
  int people_ = 0;
};

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Not;

TEST_P(FeedTest, ARoomIsInWithItsFirstEventAndOutAtOnceEvenBeforeTheEventComes) {
  const auto anna = shop_.agent("Anna");
  const Call viewer = shop_.guest(shop_.new_guest());
  EXPECT_THAT(ids(must(ask(viewer))), IsEmpty());
  const BroadcastId room = start(anna);
  EXPECT_THAT(ids(must(ask(viewer))), ElementsAre(room.value)) << "no job has run since";
  end(anna, room);
  EXPECT_THAT(ids(must(ask(viewer))), IsEmpty()) << "the rows say so, though nobody has been told yet";
  later();
  EXPECT_THAT(ids(must(ask(viewer))), IsEmpty());
  restart();
  EXPECT_THAT(ids(must(ask(viewer))), IsEmpty());
}

TEST_P(FeedTest, APageAskedAgainIsTheSameWithoutWhatHasEnded) {
  std::vector<org::Agent> hosts;
  std::vector<BroadcastId> rooms;
  for (int i = 0; i < 12; ++i) {
    hosts.push_back(shop_.agent("host" + std::to_string(i)));
    rooms.push_back(start(hosts.back()));
  }
  later();
  const Call viewer = shop_.guest(shop_.new_guest());
  const Page first = must(ask(viewer, {}, 5));
  const Page second = must(ask(viewer, first.next, 5));
  const Page third = must(ask(viewer, second.next, 5));
  std::set<std::int64_t> all;
  for (const Page* page : {&first, &second, &third})
    for (const auto id : ids(*page)) EXPECT_TRUE(all.insert(id).second) << "twice";
  EXPECT_EQ(all.size(), rooms.size()) << "all of them, over three pages";
  EXPECT_EQ(third.next, "");
  const auto gone = ids(second).front();
  for (std::size_t i = 0; i < rooms.size(); ++i)
    if (rooms[i].value == gone) end(hosts[i], rooms[i]);
  auto wanted = ids(second);
  wanted.erase(wanted.begin());
  EXPECT_EQ(ids(must(ask(viewer, first.next, 5))), wanted);
  EXPECT_EQ(ask(shop_.guest(shop_.new_guest()), first.next).error().code, Code::cursor_expired) << "another's feed";
  EXPECT_EQ(ask(viewer, first.session + ".9").error().code, Code::invalid_field) << "no page before it was asked for";
  EXPECT_EQ(ask(viewer, first.session + ".x").error().code, Code::invalid_field);
  restart();
  EXPECT_EQ(ask(viewer, first.next).error().code, Code::cursor_expired);
}

TEST_P(FeedTest, RehearsalsAreNotThereAndWhatIsComingIs) {
  const auto anna = shop_.agent("Anna"), bert = shop_.agent("Bert");
  const Call host = shop_.as(anna.person);
  must(db().write([&](db::Tx& tx) -> Status {
    live::NewBroadcast wish{"rehearsal", shop_.now(), {soap_.product}, live::Audience::rehearsal};
    TRY(const auto made, live::schedule_broadcast(tx, host, anna.store, wish));
    TRY_OK(live::start_broadcast(tx, host, made.broadcast.id));
    return {};
  }));
  const auto tonight = schedule(bert, kHourMs), far = schedule(bert, 30 * kDayMs);
  tell();
  const Call viewer = shop_.guest(shop_.new_guest());
  const Page page = must(ask(viewer));
  EXPECT_THAT(ids(page), ElementsAre(tonight.id.value)) << "not what is a month ahead";
  EXPECT_EQ(page.items.front().why, Why::coming);
  EXPECT_THAT(note(viewer, page, {{tonight.id.value, What::exposure}}), ElementsAre(Noted::not_shown))
      << "what is not on air has no heat";
  restart();
  EXPECT_THAT(ids(must(ask(viewer))), ElementsAre(tonight.id.value));
}

TEST_P(FeedTest, PinsAreMomentsOnceTheyAreClosedAndLongEnoughAndTheirProductIsOnSale) {
  const auto anna = shop_.agent("Anna");
  const BroadcastId room = start(anna);
  pin(anna, room, kPinLengthMs - 1);
  const PinId moment = pin(anna, room, kPinLengthMs);
  end(anna, room);
  later();
  const Call viewer = shop_.guest(shop_.new_guest());
  EXPECT_THAT(ids(must(ask(viewer))), ElementsAre(moment.value));
  EXPECT_THAT(feed_->pins_of_product(shop_.brand(), soap_.product, 9), ElementsAre(moment));
  restart();
  EXPECT_THAT(ids(must(ask(viewer))), ElementsAre(moment.value));
  const Call owner = shop_.owner();
  must(db().write([&](db::Tx& tx) {
    catalog::ProductPatch patch;
    patch.on_sale = false;
    return catalog::patch_product(tx, owner, soap_.product, patch);
  }));
  EXPECT_THAT(ids(must(ask(viewer))), IsEmpty()) << "withdrawing the product withdraws its moments";
}

TEST_P(FeedTest, TiesOfTrustComeFirstAndSayWhy) {
  std::vector<BroadcastId> others;
  for (int i = 0; i < 8; ++i) others.push_back(start(shop_.agent("other" + std::to_string(i))));
  const auto anna = shop_.agent("Anna"), bert = shop_.agent("Bert"), carl = shop_.agent("Carl");
  const BroadcastId locked = start(anna), followed = start(bert), known = start(carl);
  const PersonId xiao = shop_.person("Xiao"), mei = shop_.person("Mei");
  shop_.open(shop_.as(xiao), shop_.share_of(anna.person, anna.store));
  shop_.open(shop_.as(xiao), shop_.share_of(mei, anna.store));
  const Call viewer = shop_.as(xiao);
  must(db().write([&](db::Tx& tx) { return trust::follow(tx, viewer, bert.store); }));
  feed_->watched(known, mei, true, shop_.now());
  later();
  const Page page = must(ask(viewer));
  ASSERT_GE(page.items.size(), 4U);
  EXPECT_EQ(page.items[0].entry.id, locked.value);
  EXPECT_EQ(page.items[0].why, Why::locked);
  EXPECT_EQ(page.items[1].entry.id, followed.value);
  EXPECT_EQ(page.items[1].why, Why::followed);
  EXPECT_EQ(page.items[2].entry.id, known.value);
  EXPECT_EQ(page.items[2].why, Why::known);
  EXPECT_EQ(page.items[2].known, 1);
  feed_->watched(known, mei, false, shop_.now());
  const Page then = must(ask(viewer));
  EXPECT_NE(then.items[2].why, Why::known) << "Mei has left";
}

TEST_P(FeedTest, EachDeedCountsOnceAndOnlyForWhatThisFeedHasShown) {
  const auto anna = shop_.agent("Anna");
  const BroadcastId room = start(anna), away{room.value + 1};
  const PinId moment = pin(anna, room, kMinuteMs);
  later();
  const Call viewer = shop_.guest(shop_.new_guest());
  const Page page = must(ask(viewer));
  ASSERT_THAT(ids(page), Contains(moment.value));
  EXPECT_THAT(note(viewer, page, {{moment.value, What::click}}), ElementsAre(Noted::not_shown))
      << "nobody clicks what they have not seen";
  // In whatever order a batch names them, seeing comes first.
  EXPECT_THAT(
      note(viewer, page,
           {{moment.value, What::enter},
            {moment.value, What::exposure},
            {away.value, What::exposure},
            {moment.value, What::exposure},
            {moment.value, What::stay},
            {moment.value, What::click}}),
      ElementsAre(Noted::counted, Noted::counted, Noted::not_shown, Noted::repeated, Noted::too_soon, Noted::counted));
  EXPECT_THAT(note(viewer, page, {{moment.value, What::enter}, {moment.value, What::click}}),
              ElementsAre(Noted::repeated, Noted::repeated));
  later(kStayMs - 1);
  EXPECT_THAT(note(viewer, page, {{moment.value, What::stay}}), ElementsAre(Noted::too_soon));
  later(1);
  EXPECT_THAT(note(viewer, page, {{moment.value, What::stay}}), ElementsAre(Noted::counted));
  const Page again = must(ask(viewer));  // a new feed of the same person
  EXPECT_THAT(note(viewer, again, {{moment.value, What::exposure}}), ElementsAre(Noted::repeated));
  const Call other = shop_.guest(shop_.new_guest());
  EXPECT_EQ(
      db().write([&](db::Tx& tx) { return feed_->note(tx, other, page.session, std::array<Deed, 0>{}); }).error().code,
      Code::cursor_expired)
      << "it is not their feed";
  later();
  const Standing s = standing(anna, moment);
  EXPECT_EQ(s.shown, 1);
  EXPECT_EQ(s.rung.used, 1);
  EXPECT_EQ(s.rung.points, (10 + 20 + 30) * 1000) << "enter, stay, click";
}

TEST_P(FeedTest, WhoOnlySaysTheyWereInARoomLiftsItByNothing) {
  const auto anna = shop_.agent("Anna");
  const BroadcastId room = start(anna);
  later();
  const Call robot = shop_.guest(shop_.new_guest());
  const Page page = must(ask(robot));
  EXPECT_THAT(note(robot, page,
                   {{room.value, What::exposure},
                    {room.value, What::enter},
                    {room.value, What::interact},
                    {room.value, What::click}}),
              ElementsAre(Noted::counted, Noted::in_room, Noted::in_room, Noted::in_room));
  later(kStayMs + kSecondMs);
  EXPECT_THAT(note(robot, page, {{room.value, What::stay}}), ElementsAre(Noted::in_room));
  later();
  EXPECT_EQ(standing(room).shown, 1);
  EXPECT_EQ(standing(room).rung.points, 0) << "SPEC 9: in rooms the server sees itself who enters, stays and clicks";
}

TEST_P(FeedTest, AgentsOfTheBrandCountForNothing) {
  const auto anna = shop_.agent("Anna"), bert = shop_.agent("Bert");
  const BroadcastId room = start(anna);
  later();
  for (const auto& agent : {anna, bert}) {
    const Call call = shop_.as(agent.person);
    const Page page = must(ask(call));
    EXPECT_THAT(note(call, page, {{room.value, What::exposure}}), ElementsAre(Noted::own)) << agent.name;
    feed_->watched(room, agent.person, true, shop_.now());
    buy_in(bert.person, room);
  }
  later();
  EXPECT_EQ(standing(room).shown, 0);
  EXPECT_EQ(standing(room).rung, Rung{}) << "hosts who buy from each other lift nobody";
}

TEST_P(FeedTest, AMomentTellsItsClipAndGoesWithItWhenItsStoreWithdrawsIt) {
  const auto anna = shop_.agent("Anna");
  const BroadcastId room = start(anna);
  const PinId moment = pin(anna, room, kMinuteMs);
  later();
  const Call viewer = shop_.guest(shop_.new_guest());
  const auto clip_in_feed = [&]() -> std::optional<std::pair<ClipId, clips::State>> {
    const Page page = must(ask(viewer));
    if (!page.pins.contains(moment.value)) return std::nullopt;
    const auto it = page.recordings.find(moment);
    return it == page.recordings.end() ? std::pair(ClipId{}, clips::State::waiting)
                                       : std::pair(it->second.id, it->second.state);
  };
  EXPECT_EQ(clip_in_feed(), std::pair(ClipId{}, clips::State::waiting)) << "no picture was recorded: the moment alone";
  const ClipId clip{moment.value + 1};
  must(db().write([&](db::Tx& tx) -> Status {
    tx.exec(kClip, {clip, shop_.brand(), anna.store, anna.id, room, moment, soap_.product, shop_.now()});
    return {};
  }));
  EXPECT_EQ(clip_in_feed(), std::pair(clip, clips::State::ready));
  const Call host = shop_.as(anna.person);
  must(db().write([&](db::Tx& tx) { return clips::withdraw_clip(tx, host, clip, true); }));
  EXPECT_EQ(clip_in_feed(), std::nullopt) << "its store took it out of sight";
  must(db().write([&](db::Tx& tx) { return clips::withdraw_clip(tx, host, clip, false); }));
  EXPECT_EQ(clip_in_feed(), std::pair(clip, clips::State::ready));
}

TEST_P(FeedTest, StaffCountsForNothingAndWhoHasOnlyAppliedAsABuyer) {
  const auto anna = shop_.agent("Anna");
  const auto asks = must(db().write([&](db::Tx& tx) {
    org::NewAgent wish;
    wish.code = wish.name = "Asks";
    wish.state = org::AgentState::applied;
    return org::create_agent(tx, shop_.system(), shop_.brand(), wish);
  }));
  const BroadcastId room = start(anna);
  later();
  const auto seen_by = [&](const Call& call) {
    const Page page = must(ask(call));
    return note(call, page, {{room.value, What::exposure}});
  };
  EXPECT_THAT(seen_by(shop_.owner()), ElementsAre(Noted::own));
  EXPECT_THAT(seen_by(shop_.as(shop_.staff("finance", kFinance))), ElementsAre(Noted::own));
  EXPECT_THAT(seen_by(shop_.as(asks.person)), ElementsAre(Noted::counted));
  shop_.set_state(asks.id, org::AgentState::training);
  later();
  EXPECT_THAT(seen_by(shop_.as(asks.person)), ElementsAre(Noted::own)) << "from now on they are an agent";
  EXPECT_EQ(standing(room).shown, 1);
}

TEST_P(FeedTest, WhatTheServerSeesItselfCounts) {
  const auto anna = shop_.agent("Anna");
  const BroadcastId room = start(anna);
  const PersonId xiao = shop_.person("Xiao"), lin = shop_.person("Lin");
  later();
  const Call viewer = shop_.as(xiao);
  note(viewer, must(ask(viewer)), {{room.value, What::exposure}});
  feed_->watched(room, xiao, true, shop_.now());
  feed_->watched(room, lin, true, shop_.now());  // came by a link, was shown nothing
  later();
  must(db().write([&](db::Tx& tx) {
    const live::Click click{anna.store, soap_.product, room, {}};
    live::record_clicks(tx, viewer, std::span(&click, 1));
    feed_->clicked(tx, viewer, std::span(&click, 1));
    return Status{};
  }));
  later(kStayMs);
  buy_in(xiao, room);
  buy_in(xiao, room);
  buy_in(lin, room);
  later();
  later();
  const Standing s = standing(room);
  EXPECT_EQ(s.shown, 1);
  EXPECT_NEAR(sum(s, What::enter), 1, 0.1);
  EXPECT_NEAR(sum(s, What::stay), 1, 0.1);
  EXPECT_NEAR(sum(s, What::click), 1, 0.1);
  EXPECT_NEAR(sum(s, What::order), 1, 0.1) << "one person's two orders, and none of who was not shown it";
  EXPECT_EQ(s.rung.points, (10 + 20 + 30 + 100) * 1000 + 50'000) << "100.00 is half of the full value of 200.00";
}

TEST_P(FeedTest, AnOrderCountsForTheMomentItCameFrom) {
  const auto anna = shop_.agent("Anna");
  const BroadcastId room = start(anna);
  const PinId moment = pin(anna, room, kMinuteMs);
  later();
  const PersonId xiao = shop_.person("Xiao");
  const Call viewer = shop_.as(xiao);
  const Page page = must(ask(viewer));
  ASSERT_THAT(ids(page), Contains(moment.value));
  note(viewer, page, {{moment.value, What::exposure}, {moment.value, What::enter}});
  shop_.bought(xiao, anna.store, {{soap_.sku, 1, {}}});
  later();
  later();
  const Call host = shop_.as(anna.person);
  const auto s = must(db().read([&](db::Tx& tx) { return standings_of_store(tx, host, anna.store, INT64_MAX, 9); }));
  ASSERT_EQ(s.size(), 1U);
  EXPECT_EQ(s[0].item.id, moment.value);
  EXPECT_NEAR(sum(s[0], What::order), 1, 0.1);
}

TEST_P(FeedTest, AGoodRoomRisesABadOneRestsAndNewEvidenceWakesIt) {
  const auto anna = shop_.agent("Anna"), bert = shop_.agent("Bert");
  const BroadcastId good = start(anna), bad = start(bert);
  later();
  const Call owner = shop_.owner();
  must(db().write([&](db::Tx& tx) {
    Rules rules;
    rules.pools = {{20, 600}, {40, 2'000}};  // a small brand's
    return put_rules(tx, owner, shop_.brand(), rules);
  }));
  crowd(good, 19, 19);
  EXPECT_EQ(standing(good).rung.pool, 1);
  crowd(good, 1, 1);
  EXPECT_EQ(standing(good).rung, (Rung{.pool = 2}));
  crowd(bad, 20, 0);
  EXPECT_TRUE(standing(bad).rung.resting);
  const Page page = must(ask(shop_.guest(shop_.new_guest())));
  ASSERT_EQ(page.items.size(), 2U);
  EXPECT_EQ(page.items[0].entry.id, good.value);
  EXPECT_EQ(page.items[0].why, Why::heat);
  EXPECT_EQ(page.items[1].why, Why::more) << "what rests comes after everything else";
  crowd(bad, 10, 10, 5);
  EXPECT_EQ(standing(bad).rung.pool, 2);
  const Standing before = standing(good);
  restart();
  later();
  EXPECT_EQ(standing(good).rung, before.rung) << "a restart changes nothing";
  EXPECT_EQ(ids(must(ask(shop_.guest(shop_.new_guest())))).size(), 2U);
}

TEST_P(FeedTest, TheSameDeedsInWhateverOrderWithinASecondGiveTheSameLadder) {
  const auto anna = shop_.agent("Anna"), bert = shop_.agent("Bert");
  const PinId one = pin(anna, start(anna), kMinuteMs), other = pin(bert, start(bert), kMinuteMs);
  later();
  struct Step {
    Call call;
    Page page;
    What what;
  };
  std::vector<Step> steps;
  for (int i = 0; i < 30; ++i) {
    const Call call = shop_.guest(shop_.new_guest());
    const Page page = must(ask(call));
    for (const What what : {What::exposure, What::enter, What::click})
      if (what == What::exposure || i % 3 == 0) steps.push_back({call, page, what});
  }
  // Exposures first here and there, since a deed without one counts for nothing; else forwards and backwards.
  for (const auto& s : steps)
    if (s.what == What::exposure) note(s.call, s.page, {{one.value, s.what}});
  for (const auto& s : steps)
    if (s.what != What::exposure) note(s.call, s.page, {{one.value, s.what}});
  for (auto s = steps.rbegin(); s != steps.rend(); ++s)
    if (s->what == What::exposure) note(s->call, s->page, {{other.value, s->what}});
  for (auto s = steps.rbegin(); s != steps.rend(); ++s)
    if (s->what != What::exposure) note(s->call, s->page, {{other.value, s->what}});
  EXPECT_EQ(must(feed_->count(shop_.system())), 0) << "a second is added up when it is over";
  later();
  EXPECT_EQ(standing(anna, one).rung.points, 10 * (10 + 30) * 1000);
  EXPECT_EQ(standing(anna, one).rung, standing(bert, other).rung);
  EXPECT_TRUE(standing(anna, one).sums == standing(bert, other).sums);
  EXPECT_EQ(must(db().read([&](db::Tx& tx) -> Result<std::int64_t> { return tx.number(kCounts); })), 0);
}

TEST_P(FeedTest, AGuestWhoLogsInWasShownWhatTheGuestWasShown) {
  const auto anna = shop_.agent("Anna");
  const BroadcastId room = start(anna);
  later();
  const PersonId guest = shop_.new_guest(), xiao = shop_.person("Xiao");
  note(shop_.guest(guest), must(ask(shop_.guest(guest))), {{room.value, What::exposure}});
  const Call call = shop_.as(xiao);
  must(db().write([&](db::Tx& tx) {
    merge_guest(tx, call, guest, xiao);
    return Status{};
  }));
  EXPECT_THAT(note(call, must(ask(call)), {{room.value, What::exposure}}), ElementsAre(Noted::repeated));
  buy_in(xiao, room);
  later();
  later();
  EXPECT_NEAR(sum(standing(room), What::order), 1, 0.1);
  must(db().write([&](db::Tx& tx) {
    forget_person(tx, call, xiao);
    return Status{};
  }));
  EXPECT_THAT(note(call, must(ask(call)), {{room.value, What::exposure}}), ElementsAre(Noted::counted))
      << "erased: nobody knows any more that it was shown to them";
}

TEST_P(FeedTest, ACrashBetweenWritingAndAddingUpLosesNothingAndDoublesNothing) {
  const auto anna = shop_.agent("Anna");
  const BroadcastId room = start(anna);
  later();
  const PersonId xiao = shop_.person("Xiao");
  const Call viewer = shop_.as(xiao);
  note(viewer, must(ask(viewer)), {{room.value, What::exposure}});
  click(room, anna, viewer);
  buy_in(xiao, room);
  restart();  // before anything was added up
  later();
  later();
  restart();
  later();
  EXPECT_EQ(standing(room).shown, 1);
  EXPECT_EQ(standing(room).rung.points, (30 + 100) * 1000 + 50'000);
}

TEST_P(FeedTest, ACrowdOfRobotsThatOnlyOpenFeedsPushesOutNobodyWhoUsesOne) {
  constexpr std::size_t kMost = 20;
  feed_ = std::make_unique<Feed>(db(), kDefaultBuckets, kMost);
  must(feed_->load(shop_.now()));
  const BroadcastId room = start(shop_.agent("Anna"));
  const Call viewer = shop_.guest(shop_.new_guest());
  const Page page = must(ask(viewer));
  note(viewer, page, {{room.value, What::exposure}});
  const Call idle = shop_.guest(shop_.new_guest());
  const Page unused = must(ask(idle));
  for (std::size_t i = 0; i < kMost; ++i) must(ask(shop_.guest(shop_.new_guest())));
  EXPECT_EQ(feed_->stats().sessions, static_cast<std::int64_t>(kMost));
  EXPECT_THAT(note(viewer, page, {{room.value, What::exposure}}), ElementsAre(Noted::repeated)) << "in use";
  EXPECT_EQ(ask(idle, unused.session + ".1").error().code, Code::cursor_expired) << "the longest unused made way";
}

TEST_P(FeedTest, OnePlaceInSixMayBePaidAndIsMarked) {
  std::vector<BroadcastId> rooms;
  for (int i = 0; i < 16; ++i) rooms.push_back(start(shop_.agent("host" + std::to_string(i))));
  later();
  const Call viewer = shop_.guest(shop_.new_guest());
  const Page natural = must(ask(viewer));
  EXPECT_THAT(paid_places(natural), IsEmpty()) << "nobody bids: every place is natural";
  EXPECT_EQ(natural.items.size(), rooms.size());
  const BroadcastId last{natural.items.back().entry.id}, other{natural.items[14].entry.id};
  const auto a = promote(last), b = promote(other);
  shop_.pass(promo::Auctioneer::kViewMs);
  feed_->line_up(shop_.now());
  const Page page = must(ask(viewer, {}, 10)), more = must(ask(viewer, page.next, 10));
  EXPECT_THAT(paid_places(page), ElementsAre(4U));
  EXPECT_THAT(paid_places(more), ElementsAre(0U)) << "the eleventh of the feed";
  EXPECT_EQ(page.paid.size(), 1U);
  EXPECT_EQ(page.paid.begin()->second.broadcast.value, page.items[4].entry.id);
  std::vector<std::int64_t> rest, wanted;
  for (const Page* p : {&page, &more})
    for (const Chosen& c : p->items)
      if (c.why != Why::paid) rest.push_back(c.entry.id);
  for (const Chosen& c : natural.items)
    if (c.entry.id != last.value && c.entry.id != other.value) wanted.push_back(c.entry.id);
  EXPECT_EQ(rest.size() + 2, rooms.size()) << "nothing twice, nothing lost";
  EXPECT_TRUE(std::is_permutation(rest.begin(), rest.end(), wanted.begin(), wanted.end()));
  const Page again = must(ask(viewer, page.next, 10));
  EXPECT_EQ(again.paid.begin()->second.token, more.paid.begin()->second.token) << "asked again: the same slot";
  const Page own = must(ask(shop_.owner()));
  EXPECT_THAT(paid_places(own), IsEmpty()) << "the brand is sold nothing of its own";
  EXPECT_TRUE(a.id != b.id);
}

TEST_P(FeedTest, AFewRoomsHaveNoMorePaidPlacesThanOneInSix) {
  std::vector<BroadcastId> rooms;
  for (int i = 0; i < 7; ++i) rooms.push_back(start(shop_.agent("host" + std::to_string(i))));
  for (const BroadcastId room : rooms) promote(room);
  later(promo::Auctioneer::kViewMs);
  const Page page = must(ask(shop_.guest(shop_.new_guest())));
  EXPECT_EQ(page.items.size(), 7U);
  EXPECT_THAT(paid_places(page), ElementsAre(4U)) << "all bid, and still at most one in six";
}

TEST_P(FeedTest, PaidTrafficLiftsNothing) {
  const auto anna = shop_.agent("Anna");
  const BroadcastId room = start(anna);
  std::vector<BroadcastId> others;
  for (int i = 0; i < 5; ++i) others.push_back(start(shop_.agent("other" + std::to_string(i))));
  const auto p = promote(room);
  later(promo::Auctioneer::kViewMs);
  for (const BroadcastId other : others) crowd(other, 1, 0);  // so that Anna's is the last of the newcomers to be shown
  shop_.pass(kSecondMs);
  const Call viewer = shop_.as(shop_.person("Xiao"));
  Page page;
  for (int i = 0; i < 10 && page.paid.empty(); ++i) page = must(ask(viewer));
  ASSERT_FALSE(page.paid.empty());
  const auto slot = page.paid.begin()->second;
  EXPECT_THAT(note(viewer, page, {{slot.broadcast.value, What::exposure}, {slot.broadcast.value, What::enter}}),
              ElementsAre(Noted::paid, Noted::paid));
  EXPECT_EQ(spent(p.id).shown, 1) << "its promotion is told";
  EXPECT_TRUE(click(viewer, slot).counted);
  EXPECT_EQ(spent(p.id).clicks, 1);
  feed_->watched(room, viewer.caller.person, true, shop_.now());
  later(kStayMs + kSecondMs);
  buy_in(viewer.caller.person, room);
  later();
  Standing s = standing(room);
  for (const What what : {What::exposure, What::enter, What::stay, What::order, What::value})
    EXPECT_EQ(sum(s, what), 0) << what_name(what) << " by a paid click lifts nothing";
  EXPECT_EQ(s.shown, 0);
  // Shown naturally later, the person still came by a paid click.
  auctioneer_.on_event([&] {
    db::Event e;
    e.topic = live::kBroadcastEnded;
    e.brand = shop_.brand();
    e.key = room.value;
    return e;
  }());
  const Page then = must(ask(viewer));
  EXPECT_THAT(paid_places(then), IsEmpty());
  EXPECT_THAT(ids(then), Contains(room.value));
  EXPECT_THAT(note(viewer, then, {{room.value, What::exposure}}), ElementsAre(Noted::repeated));
  later();
  EXPECT_EQ(standing(room).shown, 0);
  crowd(room, 2, 1);
  EXPECT_EQ(standing(room).shown, 2) << "others count as ever";
}

TEST_P(FeedTest, APaidRoomThatEndedIsNotShownAndItsPlaceIsNatural) {
  const auto anna = shop_.agent("Anna");
  std::vector<BroadcastId> others;
  for (int i = 0; i < 12; ++i) others.push_back(start(shop_.agent("other" + std::to_string(i))));
  const BroadcastId room = start(anna);
  promote(room);
  later(promo::Auctioneer::kViewMs);
  const Call viewer = shop_.guest(shop_.new_guest());
  ask(viewer);
  end(anna, room);  // nobody has been told yet
  const Page page = must(ask(viewer));
  EXPECT_THAT(paid_places(page), IsEmpty());
  EXPECT_THAT(ids(page), Not(Contains(room.value)));
  EXPECT_EQ(page.items.size(), others.size());
}

TEST_P(FeedTest, APromotedMomentLeadsIntoItsRoomWhileThatIsOnAir) {
  const auto anna = shop_.agent("Anna");
  for (int i = 0; i < 6; ++i) start(shop_.agent("other" + std::to_string(i)));
  const BroadcastId room = start(anna);
  const PinId moment = pin(anna, room, kPinLengthMs);
  const auto p = promote(room, moment);
  EXPECT_EQ(p.pin, moment);
  later(promo::Auctioneer::kViewMs);
  const Call viewer = shop_.guest(shop_.new_guest());
  const Page page = must(ask(viewer));
  const auto at = page.paid.find(moment.value);
  ASSERT_NE(at, page.paid.end());
  EXPECT_EQ(page.items[4].entry.kind, Kind::pin);
  const auto done = click(viewer, at->second);
  EXPECT_TRUE(done.into_room);
  EXPECT_EQ(done.lands_on, "/room/" + room.text());
  end(anna, room);
  EXPECT_THAT(ids(must(ask(viewer, page.session + ".0"))), Not(Contains(moment.value)))
      << "a paid moment goes with its room";
  const auto bert = shop_.agent("Bert");
  const BroadcastId bella = start(bert);
  const Call owner = shop_.owner();
  promo::Wish wish;
  wish.broadcast = bella;
  wish.pin = moment;
  wish.budget_fen = 1000;
  EXPECT_EQ(db().write([&](db::Tx& tx) { return promo::buy(tx, owner, wish); }).error().code, Code::not_found)
      << "another broadcast's moment";
}

TEST_P(FeedTest, WhatWasSeenIsForgottenByAge) {
  const BroadcastId room = start(shop_.agent("Anna"));
  crowd(room, 3, 1);
  const auto forget = [&] { return must(forget_old_views(db(), shop_.system(), 2)); };
  shop_.pass(kViewsKeptMs - kHourMs);
  EXPECT_EQ(forget(), 0);
  shop_.pass(2 * kHourMs);
  EXPECT_EQ(forget(), 2) << "in portions";
  EXPECT_EQ(forget(), 1);
  EXPECT_EQ(forget(), 0);
  EXPECT_EQ(standing(room).shown, 3) << "what was counted stays";
}

TEST_P(FeedTest, TheBrandSeesHowFairItWas) {
  const auto anna = shop_.agent("Anna"), bert = shop_.agent("Bert"), carl = shop_.agent("Carl");
  const BroadcastId full = start(anna), some = start(bert);
  start(carl);
  later();
  crowd(full, 3, 0);
  crowd(some, 1, 0);
  const auto fairness = [&](const Call& call) {
    return db().read(
        [&](db::Tx& tx) { return fairness_of(tx, call, shop_.brand(), shop_.now() - kDayMs, shop_.now() + kDayMs); });
  };
  const Fairness f = must(fairness(shop_.owner()));
  EXPECT_EQ(f.spread.items, 3) << "the one shown to nobody, too";
  EXPECT_EQ(f.spread.exposures, 4);
  EXPECT_EQ(f.spread.smallest_half_bp, 0);
  EXPECT_EQ(f.spread.gini_bp, 5'000) << "0, 1 and 3";
  EXPECT_EQ(f.below_first, 3);
  EXPECT_EQ(f.pools[1], 3);
  EXPECT_GT(f.places.places, 0);
  EXPECT_GE((f.places.newcomers + f.places.wanting) * 10, f.places.places - 10);
  EXPECT_EQ(fairness(shop_.as(anna.person)).error().code, Code::forbidden);
}

TEST_P(FeedTest, AHostSeesTheirOwnStandingAndNobodyElses) {
  const auto anna = shop_.agent("Anna"), bert = shop_.agent("Bert");
  const BroadcastId room = start(anna);
  const auto by = [&](const Call& call) {
    return db().read([&](db::Tx& tx) { return standing_of_room(tx, call, room); });
  };
  EXPECT_EQ(must(by(shop_.as(anna.person))).rung, Rung{}) << "never shown: at the foot of pool 1";
  EXPECT_EQ(by(shop_.as(bert.person)).error().code, Code::forbidden);
  EXPECT_TRUE(by(shop_.owner()));
}

TEST_P(FeedTest, RulesAreTheBrandsByVersion) {
  const auto put = [&](const Call& call, const Rules& rules) {
    return db().write([&](db::Tx& tx) { return put_rules(tx, call, shop_.brand(), rules); });
  };
  const auto rules = [&] { return must(db().read([&](db::Tx& tx) { return rules_of(tx, shop_.brand()); })); };
  EXPECT_EQ(rules().version, 0);
  EXPECT_EQ(rules().weights, kDefaultWeights);
  Rules wish;
  wish.weights = {1, 2, 3, 4, 5, 6};
  wish.pools = {{100, 5}, {300, 6}};
  EXPECT_EQ(put(shop_.as(shop_.agent("Anna").person), wish).error().code, Code::forbidden);
  EXPECT_EQ(must(put(shop_.owner(), wish)).version, 1);
  EXPECT_EQ(must(put(shop_.owner(), wish)).version, 1) << "nothing has changed";
  EXPECT_EQ(rules().weights, wish.weights);
  EXPECT_EQ(rules().pools, wish.pools);
  wish.weights = {};
  EXPECT_EQ(put(shop_.owner(), wish).error().code, Code::invalid_field);
}

ON_BOTH_ENGINES(FeedTest);

}  // namespace
}  // namespace lianbo::feed
