// Wallets and promotions in a whole shop, on both engines: money to the fen, rooms on air only, crowds, crashes.
#include "promo/promo_service.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <barrier>
#include <thread>

#include "base/json.hpp"
#include "live/live_events.hpp"
#include "live/live_service.hpp"
#include "promo/auctioneer.hpp"
#include "promo/promo_store.hpp"
#include "support/database.hpp"
#include "support/shop.hpp"

namespace lianbo::promo {
namespace {

using test::must;
using test::Shop;

const db::Sql kTouchKinds{"promo_test.touches",
                          "select count(*) from touches where buyer_id = $1 and kind = 'ad' and outcome = 'ad'"};

class FailAt final : public db::FaultPlan {
 public:
  FailAt(int statement, int commit) : statement_(statement), commit_(commit) {}
  bool fail_statement(const db::Sql&) override { return --statement_ == 0; }
  bool fail_commit() override { return --commit_ == 0; }
  bool struck() const { return statement_ <= 0 || commit_ <= 0; }

 private:
  std::atomic<int> statement_, commit_;
};

class Promotions : public test::StoreTest {
 protected:
  Promotions()
      : shop_(db()),
        anna_(shop_.agent("Anna")),
        bella_(shop_.agent("Bella")),
        mask_(shop_.item("mask", 9900, 500)),
        key_(slot_key("server")) {}

  template <class F>
  auto write(F&& body) {
    return db().write([&](db::Tx& tx) { return body(tx); });
  }
  BroadcastId schedule(const org::Agent& host, DurationMs in = 0) {
    const Call call = shop_.as(host.person);
    live::NewBroadcast wish;
    wish.title = "Evening";
    wish.scheduled_at = shop_.now() + in;
    wish.products = {mask_.product};
    return must(write([&](db::Tx& tx) { return live::schedule_broadcast(tx, call, host.store, wish); })).broadcast.id;
  }
  void start(const org::Agent& host, BroadcastId id) {
    const Call call = shop_.as(host.person);
    must(write([&](db::Tx& tx) { return live::start_broadcast(tx, call, id); }));
  }
  BroadcastId go_live(const org::Agent& host) {
    const BroadcastId id = schedule(host);
    start(host, id);
    return id;
  }
  void end(const org::Agent& host, BroadcastId id) {
    const Call call = shop_.as(host.person);
    must(write([&](db::Tx& tx) { return live::end_broadcast(tx, call, id); }));
  }
  void credit(AgentId agent, Fen fen) {
    const Call call = shop_.owner();
    must(write([&](db::Tx& tx) { return credit_wallet(tx, call, shop_.brand(), agent, fen, "paid in"); }));
  }
  Fen wallet(AgentId agent) {
    const Call owner = shop_.owner();
    return must(db().read([&](db::Tx& tx) { return wallet_of(tx, owner, shop_.brand(), agent); })).balance_fen;
  }
  Result<Promotion> buy_for(const Call& call, BroadcastId room, Fen budget, std::optional<Fen> cap = {},
                            Pace pace = Pace::fast) {
    Wish wish;
    wish.broadcast = room;
    wish.budget_fen = budget;
    wish.pace = pace;
    wish.cap_fen = cap;
    return write([&](db::Tx& tx) { return buy(tx, call, wish); });
  }
  Promotion bought(const org::Agent& host, BroadcastId room, Fen budget, std::optional<Fen> cap = {},
                   Pace pace = Pace::fast) {
    return must(buy_for(shop_.as(host.person), room, budget, cap, pace));
  }
  Promotion promotion(PromotionId id) {
    const Call owner = shop_.owner();
    return must(db().read([&](db::Tx& tx) { return find_promotion(tx, owner, id); }));
  }
  Spent spent(PromotionId id) {
    return must(db().read([&](db::Tx& tx) -> Result<Spent> { return spent_of(tx, id); }));
  }
  std::string token(PromotionId id, PersonId person, Fen price, Instant at = 0) {
    SecureRandom random;
    return seal_slot(key_, {id, {}, person, price, at != 0 ? at : shop_.now()}, random);
  }
  Result<Clicked> click(const Call& call, const std::string& token, bool preview = false) {
    return write([&](db::Tx& tx) { return click_slot(tx, call, key_, token, preview); });
  }
  std::optional<Placement> choose(Auctioneer& auctioneer, const Call& call) {
    return must(db().read([&](db::Tx& tx) -> Result<std::optional<Placement>> {
      return auctioneer.choose(auctioneer.offers(tx, call, shop_.brand()), call, shop_.brand(),
                               viewer_of(tx, call, shop_.brand()));
    }));
  }
  Auctioneer auctioneer() {
    return Auctioneer(key_, [](db::Tx&, const Call&, BrandId, StoreId, BroadcastId) { return RoomFacts{}; });
  }

  Shop shop_;
  org::Agent anna_, bella_;
  Shop::Item mask_;
  std::string key_;
};

TEST_P(Promotions, AWalletIsTheSumOfItsMovements) {
  credit(anna_.id, 10'000);
  credit({}, 50'000);
  credit(anna_.id, -2500);
  EXPECT_EQ(wallet(anna_.id), 7500);
  EXPECT_EQ(wallet({}), 50'000);
  const Call owner = shop_.owner();
  const auto more = write([&](db::Tx& tx) { return credit_wallet(tx, owner, shop_.brand(), anna_.id, -7501, "back"); });
  EXPECT_EQ(more.error().code, Code::wallet_too_low);
  EXPECT_NE(more.error().detail.find("75.00"), std::string::npos);
  for (const Call& other : {shop_.as(anna_.person), shop_.as(shop_.staff("clerk", kOperator)),
                            shop_.as(shop_.staff("reader", kAuditor)), shop_.as(shop_.person("Xiao"))})
    EXPECT_EQ(
        write([&](db::Tx& tx) { return credit_wallet(tx, other, shop_.brand(), anna_.id, 1, "mine"); }).error().code,
        Code::forbidden);
  const Call finance = shop_.as(shop_.staff("finance", kFinance));
  EXPECT_TRUE(write([&](db::Tx& tx) { return credit_wallet(tx, finance, shop_.brand(), anna_.id, 500, "gift"); }));
  const Call anna = shop_.as(anna_.person), bella = shop_.as(bella_.person);
  const auto moves =
      must(db().read([&](db::Tx& tx) { return wallet_moves(tx, anna, shop_.brand(), anna_.id, {}, 10); }));
  ASSERT_EQ(moves.size(), 3u);
  EXPECT_EQ(moves[0].reason, "gift");
  EXPECT_EQ(moves[0].line.amount_fen + moves[1].line.amount_fen + moves[2].line.amount_fen, wallet(anna_.id));
  EXPECT_EQ(must(db().read([&](db::Tx& tx) { return wallet_moves(tx, finance, shop_.brand(), {}, {}, 10); })).size(),
            1u);
  EXPECT_EQ(db().read([&](db::Tx& tx) { return wallet_of(tx, bella, shop_.brand(), anna_.id); }).error().code,
            Code::forbidden)
      << "another agent's wallet";
  EXPECT_EQ(shop_.problems(), "");
}

TEST_P(Promotions, TheBudgetLeavesTheWalletAndTheRestComesBack) {
  const BroadcastId room = go_live(anna_);
  EXPECT_EQ(buy_for(shop_.as(anna_.person), room, 5000).error().code, Code::wallet_too_low);
  credit(anna_.id, 8000);
  credit({}, 3000);
  const Promotion own = bought(anna_, room, 5000);
  EXPECT_EQ(own.agent, anna_.id);
  EXPECT_EQ(wallet(anna_.id), 3000);
  EXPECT_EQ(buy_for(shop_.as(bella_.person), room, 1000).error().code, Code::forbidden) << "another's room";
  const Promotion brands = must(buy_for(shop_.owner(), room, 3000));
  EXPECT_FALSE(brands.agent);
  EXPECT_EQ(wallet({}), 0) << "staff pays from the brand's wallet";

  const PersonId xiao = shop_.person("Xiao");
  EXPECT_EQ(must(click(shop_.as(xiao), token(own.id, xiao, 70))).price_fen, 70);
  const Call anna = shop_.as(anna_.person), bella = shop_.as(bella_.person);
  EXPECT_EQ(write([&](db::Tx& tx) { return stop(tx, bella, own.id); }).error().code, Code::forbidden);
  EXPECT_EQ(write([&](db::Tx& tx) { return stop(tx, anna, brands.id); }).error().code, Code::forbidden)
      << "the brand pays for it";
  const Promotion stopped = must(write([&](db::Tx& tx) { return stop(tx, anna, own.id); }));
  EXPECT_EQ(stopped.ended, Ended::stopped);
  EXPECT_EQ(stopped.returned_fen, 4930);
  EXPECT_EQ(wallet(anna_.id), 7930);
  EXPECT_EQ(write([&](db::Tx& tx) { return stop(tx, anna, own.id); }).error().code, Code::promotion_state_conflict)
      << "nothing comes back twice";
  EXPECT_EQ(must(click(shop_.as(shop_.person("Yue")), token(own.id, xiao, 70))).price_fen, 0);
  EXPECT_EQ(shop_.problems(), "");
}

TEST_P(Promotions, PausedNothingIsDeliveredAndTheBudgetStays) {
  credit(anna_.id, 5000);
  const BroadcastId room = go_live(anna_);
  const Promotion p = bought(anna_, room, 5000);
  auto auction_house = auctioneer();
  const Call yue = shop_.as(shop_.person("Yue")), anna = shop_.as(anna_.person);
  EXPECT_TRUE(choose(auction_house, yue));
  must(write([&](db::Tx& tx) { return pause(tx, anna, p.id); }));
  shop_.pass(Auctioneer::kViewMs);
  EXPECT_FALSE(choose(auction_house, shop_.as(yue.caller.person)));
  const auto clicked = must(click(yue, token(p.id, yue.caller.person, 50)));
  EXPECT_EQ(clicked.free, Free::closed);
  EXPECT_TRUE(clicked.into_room) << "the buyer gets where they wanted to go";
  EXPECT_EQ(wallet(anna_.id), 0);
  must(write([&](db::Tx& tx) { return resume(tx, anna, p.id); }));
  shop_.pass(Auctioneer::kViewMs);
  EXPECT_TRUE(choose(auction_house, shop_.as(shop_.person("Lin"))));
  EXPECT_EQ(shop_.problems(), "");
}

TEST_P(Promotions, OnlyRoomsOnAirAreSoldAndTheRestIsBackWhenTheRoomEnds) {
  credit(anna_.id, 5000);
  const BroadcastId room = schedule(anna_, kHourMs);
  const Promotion p = bought(anna_, room, 5000);  // before it is on air
  auto auction_house = auctioneer();
  const PersonId xiao = shop_.person("Xiao"), yue = shop_.person("Yue");
  EXPECT_FALSE(choose(auction_house, shop_.as(xiao))) << "not on air yet";
  const auto early = must(click(shop_.as(xiao), token(p.id, xiao, 50)));
  EXPECT_FALSE(early.into_room);
  EXPECT_FALSE(early.counted);
  shop_.pass(kHourMs);
  EXPECT_FALSE(choose(auction_house, shop_.as(xiao))) << "its window has begun, the room has not";
  start(anna_, room);
  shop_.pass(Auctioneer::kViewMs);
  const auto placed = choose(auction_house, shop_.as(xiao));
  ASSERT_TRUE(placed);
  EXPECT_EQ(placed->broadcast, room);
  EXPECT_EQ(placed->price_fen, 10) << "nobody else bids: the reserve";
  const auto clicked = must(click(shop_.as(xiao), placed->token));
  EXPECT_EQ(clicked.lands_on, "/room/" + room.text());
  EXPECT_EQ(clicked.price_fen, 10);
  const auto unused = choose(auction_house, shop_.as(yue));
  ASSERT_TRUE(unused);

  end(anna_, room);
  const auto late = must(click(shop_.as(yue), unused->token));
  EXPECT_FALSE(late.into_room) << "the room has ended; no click into it is sold";
  EXPECT_FALSE(late.counted);
  EXPECT_EQ(late.lands_on, "/store/" + anna_.store.text());
  shop_.jobs();
  EXPECT_EQ(promotion(p.id).ended, Ended::room_over);
  EXPECT_EQ(promotion(p.id).returned_fen, 4990);
  EXPECT_EQ(wallet(anna_.id), 4990);
  shop_.pass(Auctioneer::kViewMs);
  EXPECT_FALSE(choose(auction_house, shop_.as(yue)));
  EXPECT_EQ(shop_.problems(), "");
}

TEST_P(Promotions, TheWindowAndTheBudgetEndItToo) {
  credit(anna_.id, 5000);
  const BroadcastId room = go_live(anna_);
  const Promotion p = bought(anna_, room, 2000);
  const Promotion small = bought(anna_, room, 100);
  const PersonId xiao = shop_.person("Xiao"), yue = shop_.person("Yue");
  EXPECT_EQ(must(click(shop_.as(xiao), token(small.id, xiao, 95))).price_fen, 95);
  const auto more = must(click(shop_.as(yue), token(small.id, yue, 6)));
  EXPECT_EQ(more.free, Free::spent) << "5 fen are left";
  EXPECT_TRUE(more.into_room);
  shop_.jobs();
  EXPECT_EQ(promotion(small.id).ended, Ended::spent);
  EXPECT_EQ(promotion(small.id).returned_fen, 5);
  shop_.pass(kUsualWindowMs);
  EXPECT_EQ(promotion(p.id).ended, Ended::window_over);
  EXPECT_EQ(promotion(p.id).ended_at, p.ends_at) << "by itself, at the instant";
  EXPECT_EQ(wallet(anna_.id), 4905);
  EXPECT_EQ(shop_.problems(), "");
}

TEST_P(Promotions, ASuspendedHostsPromotionEndsWithTheirRoom) {
  credit(anna_.id, 5000);
  const Promotion p = bought(anna_, go_live(anna_), 5000);
  shop_.set_state(anna_.id, org::AgentState::suspended);
  shop_.jobs();
  EXPECT_EQ(promotion(p.id).ended, Ended::room_over);
  EXPECT_EQ(wallet(anna_.id), 5000);
  EXPECT_EQ(shop_.problems(), "");
}

TEST_P(Promotions, AClickCountsOnceForThePersonItWasShownTo) {
  credit(anna_.id, 5000);
  const BroadcastId room = go_live(anna_);
  const Promotion p = bought(anna_, room, 5000);
  const PersonId xiao = shop_.person("Xiao"), yue = shop_.person("Yue");
  const std::string slot = token(p.id, xiao, 40);
  EXPECT_FALSE(must(click(shop_.as(xiao), slot, true)).counted) << "a link preview is shown the way";
  EXPECT_FALSE(must(click(shop_.as(yue), slot)).counted) << "it was shown to somebody else";
  EXPECT_TRUE(must(click(shop_.as(xiao), slot)).counted);
  EXPECT_FALSE(must(click(shop_.as(xiao), slot)).counted) << "again";
  EXPECT_FALSE(must(click(shop_.as(xiao), token(p.id, xiao, 60))).counted) << "from another slot";
  EXPECT_FALSE(must(click(shop_.as(anna_.person), token(p.id, anna_.person, 40))).counted) << "the host";
  const PersonId clerk = shop_.staff("clerk", kOperator);
  EXPECT_FALSE(must(click(shop_.as(clerk), token(p.id, clerk, 40))).counted) << "the brand's own people";
  EXPECT_EQ(must(click(shop_.as(yue), token(p.id, yue, 40, shop_.now() - kTokenMs - 1))).free, Free::late);
  EXPECT_EQ(click(shop_.as(yue), "").error().code, Code::not_found);
  std::string forged = token(p.id, yue, 40);
  forged[30] = forged[30] == 'A' ? 'B' : 'A';
  EXPECT_EQ(click(shop_.as(yue), forged).error().code, Code::not_found);
  SecureRandom random;
  EXPECT_EQ(click(shop_.as(yue), seal_slot(slot_key("another"), {p.id, {}, yue, 1, shop_.now()}, random)).error().code,
            Code::not_found);
  EXPECT_EQ(spent(p.id).spent_fen, 40);
  EXPECT_EQ(spent(p.id).clicks, 1);
  EXPECT_EQ(must(db().read([&](db::Tx& tx) -> Result<std::int64_t> { return tx.number(kTouchKinds, {xiao}); })), 1);
  EXPECT_EQ(shop_.problems(), "");
}

TEST_P(Promotions, BeingShownCountsOncePerPersonAndRoom) {
  credit(anna_.id, 5000);
  const BroadcastId room = go_live(anna_);
  const Promotion p = bought(anna_, room, 2000), q = bought(anna_, room, 2000);
  const PersonId xiao = shop_.person("Xiao");
  const Call call = shop_.as(xiao);
  const auto show = [&](const Call& by, std::vector<std::string> tokens) {
    return must(write([&](db::Tx& tx) -> Result<std::int64_t> { return show_slots(tx, by, key_, tokens); }));
  };
  EXPECT_EQ(show(call, {token(p.id, xiao, 10), token(q.id, xiao, 10), "nonsense"}), 2);
  EXPECT_EQ(show(call, {token(p.id, xiao, 10)}), 0);
  EXPECT_EQ(show(shop_.as(shop_.person("Yue")), {token(p.id, xiao, 10)}), 0) << "not theirs";
  EXPECT_EQ(spent(p.id).shown + spent(q.id).shown, 2);
  EXPECT_EQ(shop_.problems(), "");
}

TEST_P(Promotions, AGuestWhoLogsInIsNotSoldTwice) {
  credit(anna_.id, 5000);
  const Promotion p = bought(anna_, go_live(anna_), 5000);
  const PersonId guest = shop_.new_guest(), xiao = shop_.person("Xiao");
  EXPECT_EQ(must(click(shop_.guest(guest), token(p.id, guest, 40))).price_fen, 40);
  shop_.log_in(guest, xiao);
  EXPECT_FALSE(must(click(shop_.as(xiao), token(p.id, xiao, 40))).counted);
  const Call person = shop_.as(xiao);
  const auto viewer =
      must(db().read([&](db::Tx& tx) -> Result<Viewer> { return viewer_of(tx, person, shop_.brand()); }));
  EXPECT_EQ(viewer.known, std::vector<PromotionId>{p.id});
  EXPECT_EQ(spent(p.id).spent_fen, 40);
  EXPECT_EQ(shop_.problems(), "");
}

TEST_P(Promotions, TheHighestBidWinsAndPaysTheSecond) {
  credit(anna_.id, 100'000);
  credit(bella_.id, 100'000);
  const BroadcastId annas = go_live(anna_), bellas = go_live(bella_);
  const Promotion a = bought(anna_, annas, 50'000, 80), b = bought(bella_, bellas, 50'000, 130);
  auto auction_house = auctioneer();
  const PersonId xiao = shop_.person("Xiao");
  const auto placed = choose(auction_house, shop_.as(xiao));
  ASSERT_TRUE(placed);
  EXPECT_EQ(placed->promotion, b.id);
  EXPECT_EQ(placed->price_fen, 81) << "the least that beats 80 of the older one";
  EXPECT_EQ(open_slot(key_, placed->token)->second, a.id);
  must(click(shop_.as(xiao), placed->token));
  shop_.pass(Auctioneer::kViewMs);
  const auto next = choose(auction_house, shop_.as(xiao));
  ASSERT_TRUE(next);
  EXPECT_EQ(next->promotion, a.id) << "who has clicked one is shown the other";
  EXPECT_EQ(next->price_fen, 10);
  // Rooms that the feed has shown already are out.
  const Call call = shop_.as(xiao);
  const auto none = must(db().read([&](db::Tx& tx) -> Result<std::optional<Placement>> {
    return auction_house.choose(auction_house.offers(tx, call, shop_.brand()), call, shop_.brand(),
                                viewer_of(tx, call, shop_.brand()),
                                [&](BroadcastId room, PinId) { return room == annas; });
  }));
  EXPECT_FALSE(none);
  EXPECT_EQ(shop_.problems(), "");
}

TEST_P(Promotions, APromotionIsSoldByTheReserveItWasBoughtUnder) {
  const auto reserve = [&](Fen fen) {
    const Call call = shop_.owner();
    must(write([&](db::Tx& tx) { return put_rules(tx, call, shop_.brand(), {fen, 1000}); }));
    shop_.pass(Auctioneer::kViewMs);
  };
  credit(anna_.id, 100'000);
  credit(bella_.id, 100'000);
  const BroadcastId annas = go_live(anna_), bellas = go_live(bella_);
  const Promotion a = bought(anna_, annas, 50'000, 80);
  auto auction_house = auctioneer();
  const auto price = [&] {
    const auto placed = choose(auction_house, shop_.as(shop_.person("Xiao")));
    return placed ? std::pair(placed->promotion, placed->price_fen) : std::pair(PromotionId{}, Fen{0});
  };
  reserve(200);
  EXPECT_EQ(price(), std::pair(a.id, Fen{10})) << "a dearer reserve is for promotions bought from now on";
  const Promotion b = bought(bella_, bellas, 50'000, 500);
  reserve(5);
  EXPECT_EQ(price(), std::pair(b.id, Fen{200})) << "and so is a cheaper one";
}

TEST_P(Promotions, ARoomThatEndedIsOutBeforeTheNextReading) {
  credit(anna_.id, 5000);
  const BroadcastId room = go_live(anna_);
  bought(anna_, room, 5000);
  auto auction_house = auctioneer();
  const PersonId xiao = shop_.person("Xiao");
  ASSERT_TRUE(choose(auction_house, shop_.as(xiao)));
  db::Event ended;
  ended.topic = live::kBroadcastEnded;
  ended.brand = shop_.brand();
  ended.key = room.value;
  auction_house.on_event(ended);
  EXPECT_FALSE(choose(auction_house, shop_.as(xiao))) << "although the rows still call it live";
}

TEST_P(Promotions, AudiencesFollowLocksRegionsAndWhatWasBought) {
  const org::Agent east = shop_.agent("Dong", {}, "华东/上海");
  const Call owner = shop_.owner();
  credit(anna_.id, 50'000);
  const BroadcastId room = go_live(anna_);
  const auto with = [&](const Audience& audience) {
    Wish wish;
    wish.broadcast = room;
    wish.budget_fen = 1000;
    wish.pace = Pace::fast;
    wish.audience = audience;
    const Call anna = shop_.as(anna_.person);
    return must(write([&](db::Tx& tx) { return buy(tx, anna, wish); }));
  };
  const auto reached = [&](PersonId person) {
    auto fresh = auctioneer();
    return choose(fresh, shop_.as(person)).has_value();
  };
  const PersonId stranger = shop_.person("Stranger"), locked = shop_.person("Locked"), fan = shop_.person("Fan"),
                 regular = shop_.person("Regular");
  shop_.open(shop_.as(locked), shop_.share_of(east.person, east.store));
  shop_.bought(fan, east.store, {{mask_.sku, 1, {}}});
  shop_.bought(regular, anna_.store, {{mask_.sku, 1, {}}});

  auto p = with({AudienceKind::everyone, "", true});
  EXPECT_TRUE(reached(stranger));
  EXPECT_FALSE(reached(locked)) << "excluding the already locked";
  must(write([&](db::Tx& tx) { return stop(tx, owner, p.id); }));
  p = with({AudienceKind::region, "华东", false});
  EXPECT_FALSE(reached(stranger));
  EXPECT_TRUE(reached(locked)) << "their agent is in 华东/上海";
  EXPECT_TRUE(reached(fan)) << "bought there";
  EXPECT_FALSE(reached(regular));
  must(write([&](db::Tx& tx) { return stop(tx, owner, p.id); }));
  p = with({AudienceKind::lookalikes, "", false});
  EXPECT_FALSE(reached(stranger));
  EXPECT_TRUE(reached(fan)) << "bought elsewhere what this store's buyers bought";
  EXPECT_FALSE(reached(regular)) << "a buyer already";
  EXPECT_EQ(shop_.problems(), "");
}

TEST_P(Promotions, RulesAreTheBrandsAndCountForWhatIsBoughtLater) {
  credit(anna_.id, 50'000);
  const BroadcastId room = go_live(anna_);
  const Promotion before = bought(anna_, room, 5000);
  const Call owner = shop_.owner(), anna = shop_.as(anna_.person);
  EXPECT_EQ(write([&](db::Tx& tx) { return put_rules(tx, anna, shop_.brand(), {20, 500}); }).error().code,
            Code::forbidden);
  EXPECT_EQ(write([&](db::Tx& tx) { return put_rules(tx, owner, shop_.brand(), {20, 19}); }).error().where,
            "/ceiling_fen");
  must(write([&](db::Tx& tx) { return put_rules(tx, owner, shop_.brand(), {20, 500}); }));
  EXPECT_EQ(bought(anna_, room, 5000).reserve_fen, 20);
  EXPECT_EQ(promotion(before.id).reserve_fen, 10);
}

TEST_P(Promotions, AStoreHasAsManyAsItMay) {
  credit(anna_.id, 50'000);
  const BroadcastId room = go_live(anna_);
  for (std::size_t i = 0; i < kMaxOpenOfStore; ++i) bought(anna_, room, 1000);
  EXPECT_EQ(buy_for(shop_.as(anna_.person), room, 1000).error().code, Code::conflict);
}

// ---- crowds

TEST_P(Promotions, SixtyFourAuctionsAtOnceNeverSpendAFenTooMuch) {
  constexpr int kThreads = 64, kEach = 12;
  credit(anna_.id, 100'000);
  const BroadcastId room = go_live(anna_);
  for (const Fen budget : {5003, 777, 100}) {
    const Promotion p = bought(anna_, room, budget);
    std::vector<Call> callers;
    std::vector<std::vector<std::string>> tokens;
    for (int i = 0; i < kThreads * kEach; ++i) {
      const PersonId guest{shop_.new_guest().value};
      callers.push_back(shop_.guest(guest));
      tokens.push_back({token(p.id, guest, 7 + i % 13), token(p.id, guest, 9)});
    }
    std::barrier line(kThreads);
    std::atomic<Fen> charged{0};
    std::atomic<int> refused{0}, failed{0};
    std::vector<std::thread> crowd;
    for (int t = 0; t < kThreads; ++t)
      crowd.emplace_back([&, t] {
        line.arrive_and_wait();
        for (int k = 0; k < kEach; ++k) {
          const auto at = static_cast<std::size_t>(t * kEach + k);
          for (const auto& slot : tokens[at]) {
            const auto done = click(callers[at], slot);
            if (!done) ++failed;
            if (done && done->free == Free::spent) ++refused;
            if (done) charged += done->price_fen;
          }
        }
      });
    for (auto& t : crowd) t.join();
    EXPECT_EQ(failed, 0);
    EXPECT_GT(refused, 0) << "the budget does not pay for everybody";
    EXPECT_LE(charged, budget);
    EXPECT_GE(charged, budget - 19) << "\"spent\" is said only when pool and all leases together are too few";
    EXPECT_EQ(spent(p.id).spent_fen, charged);
    const Call owner = shop_.owner();
    if (must(db().read([&](db::Tx& tx) { return find_promotion(tx, owner, p.id); })).state != State::ended)
      must(write([&](db::Tx& tx) { return stop(tx, owner, p.id); }));
    EXPECT_EQ(promotion(p.id).returned_fen, budget - charged);
    EXPECT_EQ(shop_.problems(), "");
  }
}

// Two servers buy from one wallet, and one promotion is stopped by many while it is clicked.
TEST_P(Promotions, AWalletIsNeverOverdrawnAndARefundComesOnce) {
  credit(anna_.id, 10'000);
  const BroadcastId room = go_live(anna_);
  const Call anna = shop_.as(anna_.person);
  std::atomic<int> had{0}, low{0}, other{0};
  std::vector<std::thread> buyers;
  for (int i = 0; i < 8; ++i)
    buyers.emplace_back([&] {
      const auto done = buy_for(anna, room, 3000);
      ++(done ? had : done.error().code == Code::wallet_too_low ? low : other);
    });
  for (auto& t : buyers) t.join();
  EXPECT_EQ(had, 3);
  EXPECT_EQ(low, 5);
  EXPECT_EQ(other, 0);
  EXPECT_EQ(wallet(anna_.id), 1000);
  const auto all =
      must(db().read([&](db::Tx& tx) -> Result<std::vector<Promotion>> { return store::of_broadcast(tx, room, 10); }));
  std::vector<Call> guests;
  std::vector<std::string> slots;
  for (int i = 0; i < 60; ++i) {
    guests.push_back(shop_.guest(shop_.new_guest()));
    slots.push_back(token(all[static_cast<std::size_t>(i % 3)].id, guests.back().caller.person, 25));
  }
  std::atomic<int> stopped{0};
  std::atomic<Fen> charged{0};
  std::vector<std::thread> crowd;
  for (int t = 0; t < 6; ++t)
    crowd.emplace_back([&, t] {
      for (std::size_t i = static_cast<std::size_t>(t); i < slots.size(); i += 6) {
        if (const auto done = click(guests[i], slots[i])) charged += done->price_fen;
        if (i > 30)
          for (const auto& p : all)
            if (write([&](db::Tx& tx) { return stop(tx, anna, p.id); })) ++stopped;
      }
    });
  for (auto& t : crowd) t.join();
  EXPECT_EQ(stopped, 3) << "each ends once";
  EXPECT_EQ(wallet(anna_.id), 10'000 - charged);
  EXPECT_EQ(shop_.problems(), "");
}

// A day in which rooms end at random while everybody clicks.
TEST_P(Promotions, NoClickGetsIntoARoomThatHasEnded) {
  constexpr int kRooms = 12, kClickers = 6, kClicks = 60;
  SeededRandom random(on_postgres() ? 11 : 7);
  std::vector<org::Agent> hosts;
  std::vector<BroadcastId> rooms;
  std::vector<Promotion> promotions;
  for (int i = 0; i < kRooms; ++i) {
    hosts.push_back(shop_.agent("Host" + std::to_string(i)));
    credit(hosts.back().id, 10'000);
    rooms.push_back(go_live(hosts.back()));
    promotions.push_back(bought(hosts.back(), rooms.back(), 10'000));
  }
  struct Try {
    std::size_t room = 0;
    Call call;
    std::string token;
  };
  std::vector<Try> tries;
  for (int i = 0; i < kClickers * kClicks; ++i) {
    Try t;
    t.room = random.below(kRooms);
    t.call = shop_.guest(shop_.new_guest());
    t.token = token(promotions[t.room].id, t.call.caller.person, 20);
    tries.push_back(std::move(t));
  }
  std::vector<Call> ends;
  for (const auto& host : hosts) ends.push_back(shop_.as(host.person));
  std::array<std::atomic<bool>, kRooms> over{};
  std::atomic<int> begun{0}, into_ended{0}, failed{0};
  std::array<std::atomic<Fen>, kRooms> charged{};
  std::vector<std::thread> threads;
  for (int t = 0; t < kClickers; ++t)
    threads.emplace_back([&, t] {
      for (int k = 0; k < kClicks; ++k) {
        const Try& wish = tries[static_cast<std::size_t>(t * kClicks + k)];
        ++begun;
        const bool was_over = over[wish.room];
        const auto done = click(wish.call, wish.token);
        if (!done) ++failed;
        if (done && was_over && (done->into_room || done->price_fen != 0)) ++into_ended;
        if (done) charged[wish.room] += done->price_fen;
      }
    });
  threads.emplace_back([&] {
    for (std::size_t r = 0; r < kRooms; ++r) {
      while (begun < static_cast<int>(r + 1) * kClickers * kClicks / (kRooms + 3)) std::this_thread::yield();
      if (!write([&](db::Tx& tx) { return live::end_broadcast(tx, ends[r], rooms[r]); })) ++failed;
      over[r] = true;
      if (r % 3 == 0 && !end_due(db(), shop_.system(), 100)) ++failed;
    }
  });
  for (auto& t : threads) t.join();
  EXPECT_EQ(failed, 0);
  EXPECT_EQ(into_ended, 0);
  shop_.jobs();
  for (std::size_t r = 0; r < kRooms; ++r) {
    EXPECT_EQ(promotion(promotions[r].id).ended, Ended::room_over);
    EXPECT_EQ(promotion(promotions[r].id).returned_fen, 10'000 - charged[r]);
    EXPECT_EQ(wallet(hosts[r].id), 10'000 - charged[r]) << "what is unspent is returned, to the fen";
  }
  EXPECT_EQ(shop_.problems(), "");
}

// The server dies at every statement and every commit of a promotion's life: after it has come back and its jobs have
// run, everything is where it belongs.
TEST_P(Promotions, ACrashAnywhereLosesNothing) {
  credit(anna_.id, 1'000'000);
  const Call anna = shop_.as(anna_.person);
  for (int at = 1, struck = true; struck && at < 200; ++at) {
    struck = false;
    for (const bool commit : {false, true}) {
      if (commit && at > 8) continue;
      const Fen before = wallet(anna_.id);
      const BroadcastId room = go_live(anna_);
      const Call guest = shop_.guest(shop_.new_guest());
      FailAt plan(commit ? -1 : at, commit ? at : -1);
      Fen charged = 0;
      db().set_faults(&plan);
      const auto p = buy_for(anna, room, 1000);
      if (p) {
        SecureRandom random;
        const std::string slot = seal_slot(key_, {p->id, {}, guest.caller.person, 30, shop_.now()}, random);
        for (int k = 0; k < 2; ++k)
          if (const auto done = click(guest, slot)) charged += done->price_fen;
      }
      const auto ended = write([&](db::Tx& tx) { return live::end_broadcast(tx, anna, room); });
      const auto first = end_due(db(), shop_.system(), 10);
      db().set_faults(nullptr);
      struck = struck || plan.struck();
      if (!ended) must(write([&](db::Tx& tx) { return live::end_broadcast(tx, anna, room); }));
      must(end_due(db(), shop_.system(), 10));
      EXPECT_EQ(wallet(anna_.id), before - charged) << "at " << at << (commit ? ", commit" : ", statement");
      EXPECT_EQ(shop_.problems(), "") << "at " << at;
    }
  }
}

TEST_P(Promotions, SlotsThatCameUpAreCountedByTheHour) {
  credit(anna_.id, 5000);
  bought(anna_, go_live(anna_), 5000);
  auto auction_house = auctioneer();
  const PersonId xiao = shop_.person("Xiao");
  for (int i = 0; i < 5; ++i) choose(auction_house, shop_.as(xiao));
  must(auction_house.keep_traffic(db(), shop_.system()));
  must(auction_house.keep_traffic(db(), shop_.system()));
  const auto hours = must(db().read(
      [&](db::Tx& tx) -> Result<std::array<std::int64_t, 24>> { return store::traffic_of(tx, shop_.brand()); }));
  std::int64_t sum = 0;
  for (const auto n : hours) sum += n;
  EXPECT_EQ(sum, 5);
}

TEST_P(Promotions, StaffLimitedToRegionsSeesThePromotionsAndWalletsOfTheirStoresAlone) {
  const auto east = shop_.agent("Elsa", {}, "华东"), south = shop_.agent("Sam", {}, "华南");
  std::vector<PromotionId> bought;
  for (const auto& host : {east, south}) {
    credit(host.id, 10'000);
    bought.push_back(must(buy_for(shop_.as(host.person), schedule(host, kHourMs), 1000)).id);
  }
  const Call member = shop_.as(must(write([&](db::Tx& tx) {
                                 return org::add_staff(tx, shop_.system(), shop_.brand(), "east", "east", kAuditor,
                                                       std::vector<std::string>{"华东"});
                               })).person);
  const auto listed = [&](const Call& call) {
    std::vector<PromotionId> out;
    must(db().read([&](db::Tx& tx) -> Status {
      for (const auto& p : store::of_brand(tx, shop_.brand(), call.caller.scope(shop_.brand()), {}, 50))
        out.push_back(p.id);
      return {};
    }));
    return out;
  };
  EXPECT_EQ(listed(member), std::vector{bought[0]});
  EXPECT_EQ(listed(shop_.owner()), (std::vector{bought[1], bought[0]})) << "newest first";
  const auto seen = [&](AgentId agent) {
    return db().read([&](db::Tx& tx) { return wallet_of(tx, member, shop_.brand(), agent); });
  };
  EXPECT_EQ(must(seen(east.id)).balance_fen, 9000);
  EXPECT_EQ(seen(south.id).error().code, Code::forbidden);
  EXPECT_EQ(seen({}).error().code, Code::forbidden) << "the brand's own is the whole brand's";
}

ON_BOTH_ENGINES(Promotions);

}  // namespace
}  // namespace lianbo::promo
