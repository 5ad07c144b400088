// What a promotion may be, whom it reaches, when it ends, what a click is worth: pure rules.
#include "promo/promo.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>

namespace lianbo::promo {
namespace {

constexpr Instant kNow = 1'800'000'000'000;

live::Broadcast room(live::BroadcastState state = live::BroadcastState::live) {
  live::Broadcast b;
  b.id = BroadcastId{5};
  b.store = StoreId{7};
  b.state = state;
  b.scheduled_at = kNow + kHourMs;
  b.started_at = state == live::BroadcastState::live ? kNow - kMinuteMs : 0;
  return b;
}
Promotion promotion() {
  Promotion p;
  p.id = PromotionId{1};
  p.store = StoreId{7};
  p.broadcast = BroadcastId{5};
  p.budget_fen = 10'000;
  p.reserve_fen = 10;
  p.ceiling_fen = 1000;
  p.starts_at = kNow;
  p.ends_at = kNow + kHourMs;
  return p;
}
Wish wish(Fen budget = 10'000) {
  Wish w;
  w.broadcast = BroadcastId{5};
  w.budget_fen = budget;
  return w;
}

TEST(Promotion, MayBeBoughtBeforeAndWhileOnAir) {
  const auto on_air = check_wish(wish(), {}, room(), kNow);
  ASSERT_TRUE(on_air);
  EXPECT_EQ(on_air->starts_at, kNow);
  EXPECT_EQ(on_air->ends_at, kNow + kUsualWindowMs);
  const auto planned = check_wish(wish(), {}, room(live::BroadcastState::scheduled), kNow);
  ASSERT_TRUE(planned);
  EXPECT_EQ(planned->starts_at, kNow + kHourMs) << "when the broadcast is to begin";
  for (const auto over : {live::BroadcastState::ended, live::BroadcastState::cancelled})
    EXPECT_EQ(check_wish(wish(), {}, room(over), kNow).error().code, Code::broadcast_state_conflict);
  auto rehearsal = room();
  rehearsal.audience = live::Audience::rehearsal;
  EXPECT_EQ(check_wish(wish(), {}, rehearsal, kNow).error().code, Code::broadcast_state_conflict);
}

TEST(Promotion, WhatIsWrongWithAWishIsNamed) {
  const auto where = [](const Wish& w) { return check_wish(w, {}, room(), kNow).error().where; };
  EXPECT_EQ(where(wish(99)), "/budget_fen");
  EXPECT_EQ(where(wish(kMaxBudgetFen + 1)), "/budget_fen");
  Wish w = wish();
  w.cap_fen = 9;
  EXPECT_EQ(where(w), "/cap_fen") << "below the reserve no click is sold";
  w = wish();
  w.audience.kind = AudienceKind::region;
  EXPECT_EQ(where(w), "/audience/region");
  w.audience = {AudienceKind::everyone, "华东", false};
  EXPECT_EQ(where(w), "/audience/region");
  w = wish();
  w.ends_at = kNow;
  EXPECT_EQ(where(w), "/ends_at");
  w.ends_at = kNow + kMaxWindowMs + 1;
  EXPECT_EQ(where(w), "/ends_at");
}

TEST(Promotion, EndsWithTheRoomTheWindowOrTheMoney) {
  const Promotion p = promotion();
  EXPECT_EQ(due_end(p, room(), 0, kNow), Ended::none);
  EXPECT_EQ(due_end(p, room(live::BroadcastState::ended), 0, kNow), Ended::room_over);
  EXPECT_EQ(due_end(p, room(live::BroadcastState::cancelled), 0, kNow), Ended::room_over);
  EXPECT_EQ(due_end(p, room(), 0, p.ends_at - 1), Ended::none);
  EXPECT_EQ(due_end(p, room(), 0, p.ends_at), Ended::window_over);
  EXPECT_EQ(due_end(p, room(), 9990, kNow), Ended::none) << "one click at the reserve is left";
  EXPECT_EQ(due_end(p, room(), 9991, kNow), Ended::spent);
  EXPECT_EQ(due_end(p, room(live::BroadcastState::scheduled), 0, kNow), Ended::none) << "it waits for its room";
}

TEST(Promotion, IsDeliveredOnlyInItsWindowIntoItsRoomOnAir) {
  Promotion p = promotion();
  EXPECT_TRUE(deliverable(p, room(), kNow));
  EXPECT_FALSE(deliverable(p, room(), kNow - 1));
  EXPECT_FALSE(deliverable(p, room(), p.ends_at));
  for (const auto other :
       {live::BroadcastState::scheduled, live::BroadcastState::ended, live::BroadcastState::cancelled})
    EXPECT_FALSE(deliverable(p, room(other), kNow));
  p.state = State::paused;
  EXPECT_FALSE(deliverable(p, room(), kNow));
}

TEST(Promotion, ReachesItsAudience) {
  Promotion p = promotion();
  Viewer v;
  v.person = PersonId{100};
  EXPECT_TRUE(reaches(p, v, {}));
  v.own_store = p.store;
  EXPECT_FALSE(reaches(p, v, {})) << "the host does not click for themselves";
  v.own_store = StoreId{8};
  EXPECT_TRUE(reaches(p, v, {})) << "another host is a person like others";
  v.staff = true;
  EXPECT_FALSE(reaches(p, v, {}));
  v = {};
  v.known = {PromotionId{1}};
  EXPECT_FALSE(reaches(p, v, {})) << "a click counts once";
  v.known = {};

  p.audience.exclude_locked = true;
  v.locked = true;
  EXPECT_FALSE(reaches(p, v, {}));
  v.locked = false;
  EXPECT_TRUE(reaches(p, v, {}));

  p.audience = {AudienceKind::region, "华东", false};
  EXPECT_FALSE(reaches(p, v, {})) << "nobody knows where they belong";
  v.region = "华东/上海";
  EXPECT_TRUE(reaches(p, v, {}));
  v.region = "华南";
  EXPECT_FALSE(reaches(p, v, {}));

  p.audience = {AudienceKind::lookalikes, "", false};
  const std::vector<ProductId> sold = {ProductId{20}, ProductId{30}};
  v.bought = {ProductId{10}};
  EXPECT_FALSE(reaches(p, v, sold));
  v.bought = {ProductId{10}, ProductId{30}};
  EXPECT_TRUE(reaches(p, v, sold)) << "bought elsewhere what this store's buyers bought";
  v.stores = {p.store};
  EXPECT_FALSE(reaches(p, v, sold)) << "a buyer of the store is no lookalike of one";
}

TEST(Promotion, WhatAClickMayDoIsLearnedFromTheRoom) {
  EXPECT_EQ(click_ppm(0, 0), 40'000);
  EXPECT_EQ(click_ppm(950, 8), 10'000);
  RoomFacts facts;
  EXPECT_EQ(after_ppm(Objective::enter, facts), kPpm);
  EXPECT_EQ(after_ppm(Objective::product_click, facts), 400'000);
  EXPECT_EQ(after_ppm(Objective::order, facts), 20'000);
  EXPECT_EQ(after_ppm(Objective::value, facts), 16'400) << "82.00 of every fiftieth: 1.64, in hundreds";
  facts = {950, 480, 99, 0, kWholeBp};
  EXPECT_EQ(after_ppm(Objective::product_click, facts), 500'000);
  EXPECT_EQ(after_ppm(Objective::order, facts), 100'000);
}

TEST(Promotion, ThePlanBeginsWhenBothWindowAndRoomHave) {
  Promotion p = promotion();
  EXPECT_EQ(plan_of(p, kNow - kHourMs, {}, kPpm).from, kNow);
  EXPECT_EQ(plan_of(p, kNow + kMinuteMs, {}, kPpm).from, kNow + kMinuteMs) << "the host was late";
  EXPECT_EQ(plan_of(p, kNow, {}, kPpm).ceiling_fen, 500) << "automatic: a twentieth of the budget, or the brand's";
  p.budget_fen = 1'000'000;
  EXPECT_EQ(plan_of(p, kNow, {}, kPpm).ceiling_fen, 1000);
  p.objective = Objective::order;
  p.cap_fen = 2000;
  EXPECT_EQ(plan_of(p, kNow, {}, 20'000).ceiling_fen, 40) << "20.00 for an order that one in fifty places";
}

TEST(PromotionProperty, WhatEndsIsNotDelivered) {
  EXPECT_TRUE(rc::check([] {
    Promotion p = promotion();
    p.starts_at = kNow + *rc::gen::inRange<DurationMs>(-100, 100);
    p.ends_at = p.starts_at + *rc::gen::inRange<DurationMs>(1, 200);
    const auto b = room(*rc::gen::element(live::BroadcastState::scheduled, live::BroadcastState::live,
                                          live::BroadcastState::ended, live::BroadcastState::cancelled));
    const Instant at = kNow + *rc::gen::inRange<DurationMs>(-200, 400);
    const Ended why = due_end(p, b, 0, at);
    if (why != Ended::none) RC_ASSERT(!deliverable(p, b, at));
    if (deliverable(p, b, at)) RC_ASSERT(b.state == live::BroadcastState::live && at >= p.starts_at && at < p.ends_at);
  }));
}

}  // namespace
}  // namespace lianbo::promo
