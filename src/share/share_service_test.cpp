#include "share/share_service.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <random>
#include <set>
#include <thread>

#include "base/json.hpp"
#include "share/test_world.hpp"

namespace lianbo::share {
namespace {

using db::Sql;
using db::Tx;

const Sql kBreakLock{
    "test.break_lock",
    "update locks set expires_at = expires_at + 1 where bucket = $1 and brand_id = $2 and buyer_id = $3"};
const Sql kCountTouches{"test.count_touches", "select count(*) from touches"};
const Sql kCountMerges{"test.count_merges", "select count(*) from guest_merges where guest_id = $1 and person_id = $2"};

class ShareService : public ShareWorld {};
ON_BOTH_ENGINES(ShareService);

// ---- making shares

TEST_P(ShareService, ATokenHas16CharactersOfBase62AndLeadsBack) {
  const Share made = agents_share(a_);
  EXPECT_EQ(made.token.size(), 16u);
  EXPECT_TRUE(std::all_of(made.token.begin(), made.token.end(),
                          [](char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0; }));
  EXPECT_EQ(made.token.find(made.id.text()), std::string::npos);
  const Share found = read([&](Tx& tx) { return find_share_by_token(tx, made.token); });
  EXPECT_EQ(found.id, made.id);
  EXPECT_EQ(found.agent, a_.id);
  EXPECT_EQ(found.store, a_.store);
  EXPECT_EQ(found.root, made.id);
  EXPECT_EQ(share_url(settings_, made.token), "https://shop.example/s/" + made.token);
  EXPECT_EQ(refused([&](Tx& tx) { return find_share_by_token(tx, "AAAAAAAAAAAAAAAA"); }).code, Code::not_found);
}

// Says the same token a given number of times before the next one.
class Stutter final : public Random {
 public:
  explicit Stutter(int times) : times_(times) {}
  std::uint64_t next() override { return static_cast<std::uint64_t>(1'000 + (drawn_++ / 16) / times_); }

 private:
  int times_, drawn_ = 0;
};

TEST_P(ShareService, ATakenTokenIsDrawnAgainAndARepeatingSourceIsRefused) {
  Stutter stutter(3);
  Call call = person(a_.person);
  call.random = &stutter;
  const Share first = share_of(call, store_wish(a_.store));
  const Share second = share_of(call, store_wish(a_.store));
  EXPECT_NE(first.token, second.token);
  Stutter stuck(1'000);
  call.random = &stuck;
  const Error error = refused([&](Tx& tx) { return create_share(tx, call, store_wish(a_.store), facts_); });
  EXPECT_EQ(error.code, Code::internal);
}

TEST_P(ShareService, EachKindChecksItsTarget) {
  const BroadcastId broadcast = make_broadcast(a_, {tea_});
  start(broadcast, kDawn);
  const live::Pin pinned = pin(broadcast, tea_, kDawn + 10'000);
  const Call buyer = person(new_person(), kDawn + 60'000);

  NewShare moment;
  moment.kind = Kind::moment;
  moment.broadcast = broadcast;
  moment.product = tea_;
  Share made = share_of(buyer, moment);
  EXPECT_EQ(made.store, a_.store);
  EXPECT_EQ(made.media_ms, 60'000) << "now, when the moment is left out";
  EXPECT_EQ(made.pin, pinned.id);
  EXPECT_FALSE(made.agent);
  moment.media_ms = 9'999;
  EXPECT_FALSE(share_of(buyer, moment).pin) << "before the pin";
  moment.media_ms = 10'000;
  EXPECT_EQ(share_of(buyer, moment).pin, pinned.id) << "its first millisecond";
  moment.media_ms = 60'500;
  EXPECT_EQ(share_of(buyer, moment).media_ms, 60'000) << "a clock a little ahead";
  pin(broadcast, tea_, kDawn + 20'000);

  struct {
    const char* says;
    NewShare wish;
    Code code;
    std::string where;
  } const rows[] = {
      {"moment without broadcast", {.kind = Kind::moment, .product = tea_}, Code::missing_field, "/broadcast_id"},
      {"moment without product", {.kind = Kind::moment, .broadcast = broadcast}, Code::missing_field, "/product_id"},
      {"unknown broadcast",
       {.kind = Kind::moment, .broadcast = BroadcastId{5}, .product = tea_},
       Code::not_found,
       "/broadcast_id"},
      {"unknown product",
       {.kind = Kind::moment, .broadcast = broadcast, .product = ProductId{5}},
       Code::not_found,
       "/product_id"},
      {"not on the shelf",
       {.kind = Kind::moment, .broadcast = broadcast, .product = green_},
       Code::not_on_shelf,
       "/product_id"},
      {"another store",
       {.kind = Kind::moment, .store = b_.store, .broadcast = broadcast, .product = tea_},
       Code::invalid_field,
       "/store_id"},
      {"far ahead of what was shown",
       {.kind = Kind::moment, .broadcast = broadcast, .product = tea_, .media_ms = 200'000},
       Code::invalid_field,
       "/media_ms"},
      {"a field of another kind",
       {.kind = Kind::store, .store = a_.store, .order = OrderId{5}},
       Code::invalid_field,
       "/order_id"},
      {"product without store", {.kind = Kind::product, .product = tea_}, Code::missing_field, "/store_id"},
      {"unknown store", {.kind = Kind::store, .store = StoreId{5}}, Code::not_found, "/store_id"},
      {"store missing", {.kind = Kind::store}, Code::missing_field, "/store_id"},
      {"unknown clip", {.kind = Kind::clip, .clip = ClipId{5}}, Code::not_found, "/clip_id"},
      {"recruiting without being an agent", {.kind = Kind::recruit, .store = a_.store}, Code::forbidden, ""},
      {"receipts where there are no orders",
       {.kind = Kind::receipt, .order = OrderId{5}},
       Code::not_found,
       "/order_id"},
  };
  for (const auto& row : rows) {
    const Error error = refused([&](Tx& tx) { return create_share(tx, buyer, row.wish, facts_); });
    EXPECT_EQ(info(error.code).name, info(row.code).name) << row.says << ": " << error.text();
    EXPECT_EQ(error.where, row.where) << row.says;
  }

  NewShare product;
  product.kind = Kind::product;
  product.product = tea_;
  EXPECT_EQ(share_of(person(b_.person), product).store, b_.store) << "an agent's own store, when none is named";
  NewShare recruit;
  recruit.kind = Kind::recruit;
  EXPECT_EQ(share_of(person(b_.person), recruit).store, b_.store);
  recruit.store = a_.store;
  const Call agent_b = person(b_.person);
  EXPECT_EQ(refused([&](Tx& tx) { return create_share(tx, agent_b, recruit, facts_); }).code, Code::forbidden);
  suspend(b_);
  recruit.store = b_.store;
  const Call suspended = person(b_.person);
  EXPECT_EQ(refused([&](Tx& tx) { return create_share(tx, suspended, recruit, facts_); }).code, Code::agent_not_active);
}

TEST_P(ShareService, AReceiptIsOfAPaidOrderOfOnesOwn) {
  const BroadcastId broadcast = make_broadcast(a_, {tea_});
  start(broadcast, kDawn);
  const live::Pin pinned = pin(broadcast, tea_, kDawn + 7'000);
  const PersonId buyer = new_person();
  const OrderId paid{77}, unpaid{78};
  facts_ = [&](Tx&, OrderId id) -> Result<ReceiptFacts> {
    if (id != paid && id != unpaid) return fail(Code::not_found, "no such order");
    return ReceiptFacts{brand_, a_.store, broadcast, pinned.id, tea_, buyer, id == paid};
  };
  const Share made =
      write([&](Tx& tx) { return create_receipt_share(tx, guest(buyer), paid, Channel::moments, facts_); });
  EXPECT_EQ(made.kind, Kind::receipt);
  EXPECT_EQ(made.order, paid);
  EXPECT_EQ(made.broadcast, broadcast);
  EXPECT_EQ(made.pin, pinned.id);
  EXPECT_EQ(made.media_ms, 7'000) << "the moment the buyer saw";
  const auto try_it = [&](PersonId who, OrderId order) {
    return refused([&](Tx& tx) { return create_receipt_share(tx, guest(who), order, Channel::dm, facts_); }).code;
  };
  EXPECT_EQ(try_it(buyer, unpaid), Code::order_state_conflict);
  EXPECT_EQ(try_it(new_person(), paid), Code::not_found) << "somebody else's order looks like none";
  EXPECT_EQ(try_it(buyer, OrderId{5}), Code::not_found);
}

// ---- the cascade

TEST_P(ShareService, WhoCameThroughAShareHasItAsParentAndTheTreeIsKnownPerRoot) {
  const Share root = agents_share(a_);
  EXPECT_FALSE(root.parent);
  EXPECT_EQ(root.depth, 0);
  const PersonId p = new_person(), q = new_person(), r = new_person();
  touch(guest(p), root);
  const Share second = share_of(guest(p), store_wish(a_.store));
  EXPECT_EQ(second.parent, root.id);
  EXPECT_EQ(second.root, root.id);
  EXPECT_EQ(second.depth, 1);
  touch(guest(q, kDawn + 1), second);
  touch(guest(r, kDawn + 2), second);
  touch(guest(r, kDawn + 3), root);
  const Share third = share_of(guest(q), store_wish(a_.store));
  EXPECT_EQ(third.depth, 2);
  EXPECT_EQ(third.root, root.id);
  EXPECT_EQ(share_of(guest(r), store_wish(a_.store)).parent, root.id) << "the one they came through last";
  // Opening one's own link is no way to have come.
  touch(guest(q, kDawn + 4), third);
  EXPECT_EQ(share_of(guest(q), store_wish(a_.store)).parent, second.id);

  const Cascade c = read([&](Tx& tx) -> Result<Cascade> { return cascade_of(tx, root.id); });
  EXPECT_EQ(c.size, 5);
  EXPECT_EQ(c.depth, 2);
  EXPECT_EQ(c.touches, 5);
  EXPECT_EQ(c.visitors, 3);
  EXPECT_EQ(c.reach, 4) << "the root's sharer too";

  const auto own = read([&](Tx& tx) -> Result<std::vector<ShareTally>> { return shares_of(tx, q, net::Page{}); });
  ASSERT_EQ(own.size(), 2u);
  EXPECT_GT(own[0].share.id, own[1].share.id) << "newest first";
  EXPECT_EQ(own[1].touches, 1);
  const auto agents =
      read([&](Tx& tx) -> Result<std::vector<ShareTally>> { return shares_of(tx, a_.person, net::Page{1, 0}); });
  ASSERT_EQ(agents.size(), 1u);
  EXPECT_EQ(agents[0].touches, 2);
  EXPECT_EQ(agents[0].locks, 1) << "p; r's lock was opened by p's share";
}

// ---- touches and locks

TEST_P(ShareService, TouchesMoveTheLockByTheRulesAndKeepTheirInputs) {
  const Share a = agents_share(a_), b = agents_share(b_);
  const PersonId v = new_person();
  EXPECT_EQ(lock(v), std::nullopt);
  Touch t = touch(guest(v, kDawn), a);
  EXPECT_EQ(t.outcome, Outcome::opened);
  EXPECT_EQ(t.agent, a_.id);
  EXPECT_EQ(t.rules_version, 1);
  const Lock opened{a_.id, kDawn, kDawn + 7 * kDayMs, kDawn + 30 * kDayMs, 1};
  EXPECT_EQ(lock(v), opened);
  const Instant protect = opened.protect_until;
  EXPECT_EQ(touch(guest(v, protect - 1), b).outcome, Outcome::protected_);
  EXPECT_EQ(lock(v), opened);
  EXPECT_EQ(touch(guest(v, protect), b).outcome, Outcome::taken_over);
  EXPECT_EQ(lock(v), (Lock{b_.id, protect, protect + 7 * kDayMs, protect + 30 * kDayMs, 1}));
  EXPECT_EQ(touch(guest(v, protect + 1), b).outcome, Outcome::renewed);
  const Instant expires = lock(v)->expires_at;
  EXPECT_EQ(touch(guest(v, expires), a).outcome, Outcome::opened);
  suspend(a_);
  const Touch late = touch(guest(v, expires + 1), a);
  EXPECT_EQ(late.outcome, Outcome::inactive);
  EXPECT_FALSE(late.input.agent_active);
  write_ok([&](Tx& tx) -> Status {
    TRY(const Touch ad, touch_ad(tx, guest(v, expires + 2), brand_));
    EXPECT_EQ(ad.outcome, Outcome::ad);
    return {};
  });
  const std::vector<Touch> rows = touches(v);
  ASSERT_EQ(rows.size(), 7u) << "each opening is appended with its outcome";
  EXPECT_EQ(rows[1].outcome, Outcome::protected_);
  EXPECT_EQ(rows[5].share, a.id);
  EXPECT_TRUE(rows[6].input.ad);
  EXPECT_FALSE(rows[6].share);
  EXPECT_EQ(rebuilt(v), lock(v));
}

TEST_P(ShareService, AgentsLockNeitherThemselvesNorUnlessToldSoEachOther) {
  const Share a = agents_share(a_), b = agents_share(b_);
  EXPECT_EQ(touch(person(a_.person), a).outcome, Outcome::self);
  EXPECT_EQ(touch(person(a_.person), b).outcome, Outcome::agent);
  EXPECT_EQ(lock(a_.person), std::nullopt);
  set_rules(30, 7, 45, true);
  EXPECT_EQ(touch(person(a_.person), b).outcome, Outcome::opened);
  EXPECT_EQ(lock(a_.person)->rules_version, 2);
  EXPECT_EQ(rebuilt(a_.person), lock(a_.person)) << "each touch by the rules of its day";
}

TEST_P(ShareService, ABuyersSharePassesOnToTheirLocksAgentOrElseTheStores) {
  const Share a = agents_share(a_);
  const PersonId locked = new_person(), free = new_person(), v = new_person();
  touch(guest(locked, kDawn), a);
  const Share by_locked = share_of(guest(locked), store_wish(b_.store));
  const Share by_free = share_of(guest(free), store_wish(b_.store));
  EXPECT_EQ(touch(guest(new_person(), kDawn), by_locked).agent, a_.id);
  EXPECT_EQ(touch(guest(new_person(), kDawn), by_free).agent, b_.id);
  const Instant expires = lock(locked)->expires_at;
  EXPECT_EQ(touch(guest(new_person(), expires - 1), by_locked).agent, a_.id);
  EXPECT_EQ(touch(guest(new_person(), expires), by_locked).agent, b_.id) << "their lock has ended";
  EXPECT_EQ(touch(person(a_.person, kDawn), by_locked).outcome, Outcome::self) << "it came back to the agent";
  suspend(a_);
  const Touch touched = touch(guest(v, kDawn), by_locked);
  EXPECT_EQ(touched.agent, a_.id);
  EXPECT_EQ(touched.outcome, Outcome::inactive) << "a suspended agent's lock passes on to nobody else";
  EXPECT_EQ(lock(v), std::nullopt);
}

TEST_P(ShareService, WhoHasOnlyAppliedIsABuyerStill) {
  const org::Agent asks = make_agent("asks", org::AgentState::applied);
  const Share while_waiting = share_of(person(asks.person), store_wish(b_.store));
  EXPECT_EQ(while_waiting.agent, AgentId{});
  EXPECT_EQ(touch(guest(new_person(), kDawn), while_waiting).agent, b_.id) << "the store's agent has it";
  NewShare product;
  product.kind = Kind::product;
  product.product = tea_;
  const Call waiting = person(asks.person);
  EXPECT_EQ(refused([&](Tx& tx) { return create_share(tx, waiting, product, facts_); }).where, "/store_id")
      << "their own store is not open";
  write([&](Tx& tx) { return org::set_agent_state(tx, system(), asks.id, org::AgentState::training, "test", {}); });
  const Touch in_training = touch(guest(new_person(), kDawn), while_waiting);
  EXPECT_EQ(in_training.agent, asks.id) << "a link speaks for the agent its sharer became";
  EXPECT_EQ(in_training.outcome, Outcome::inactive);
}

TEST_P(ShareService, AClipThatIsGoneLeadsToItsProductAlsoWhileItsRoomIsLive) {
  const BroadcastId broadcast = make_broadcast(a_, {tea_});
  start(broadcast, kDawn);
  pin(broadcast, tea_, kDawn + 5'000);
  Share share;
  share.kind = Kind::clip;
  share.token = "0123456789ABCDEF";
  share.brand = brand_;
  share.store = a_.store;
  share.broadcast = broadcast;
  share.product = tea_;
  share.clip = ClipId{5};  // withdrawn: not to be seen
  const Call viewer = guest(new_person());
  const Landing landing = read([&](Tx& tx) { return landing_of(tx, viewer, share); });
  EXPECT_EQ(landing.kind, LandsOn::product) << landing.path;
}

TEST_P(ShareService, ALinkOfOnesOwnIsNoWayToHaveComeAlsoWhenOpenedAsAGuest) {
  const PersonId p = new_person(), g = new_person();
  const Share own = share_of(guest(p), store_wish(b_.store));
  touch(guest(g, kDawn + 1), own);
  log_in(g, p, kDawn + 2);
  EXPECT_EQ(share_of(guest(p), store_wish(b_.store)).parent, ShareId{});
}

TEST_P(ShareService, AnOrderSeesTheLockAsItWasAndLengthensIt) {
  const Share a = agents_share(a_), b = agents_share(b_);
  const PersonId v = new_person();
  EXPECT_EQ(order(v, kDawn), std::nullopt) << "no lock yet";
  touch(guest(v, kDawn), a);
  const std::optional<Lock> before = lock(v);
  EXPECT_EQ(order(v, kDawn + 20 * kDayMs), before);
  EXPECT_EQ(lock(v)->expires_at, kDawn + 65 * kDayMs);
  EXPECT_EQ(lock(v)->protect_until, before->protect_until);
  EXPECT_EQ(order(v, kDawn + 65 * kDayMs), std::nullopt) << "t = expires_at";
  EXPECT_EQ(lock(v)->expires_at, kDawn + 65 * kDayMs);
  EXPECT_EQ(rebuilt(v), lock(v));
  // An order whose server's clock is behind a touch already taken comes after it.
  touch(guest(v, kDawn + 70 * kDayMs), b);
  ASSERT_EQ(lock(v)->agent, b_.id);
  EXPECT_EQ(order(v, kDawn + 70 * kDayMs - 5)->agent, b_.id);
  EXPECT_EQ(rebuilt(v), lock(v));
  // Even one whose identifier was made before everything.
  write_ok([&](Tx& tx) -> Status {
    TRY(const auto seen, lock_for_order(tx, system(), brand_, v, OrderId{1}, kDawn));
    EXPECT_EQ(seen->agent, b_.id);
    return {};
  });
  EXPECT_EQ(rebuilt(v), lock(v));
}

TEST_P(ShareService, AnOpeningTakesSevenStatements) {
  const Share a = agents_share(a_);
  const Call call = guest(new_person());
  const std::int64_t before = db().stats().statements;
  write([&](Tx& tx) -> Result<Touch> {
    TRY(const Share share, find_share_by_token(tx, a.token));
    return touch_share(tx, call, share);
  });
  EXPECT_LE(db().stats().statements - before, 7);
}

TEST_P(ShareService, OpeningsOfOneBodyAreWhatTheyWouldBeOneAfterTheOther) {
  set_rules(30, 0);  // every touch of the other agent takes over
  const PersonId sharer = new_person();
  const Share links[] = {agents_share(a_), agents_share(b_), share_of(guest(sharer), store_wish(b_.store))};
  std::vector<PersonId> people{sharer};
  for (int i = 0; i < 5; ++i) people.push_back(new_person());
  std::mt19937 rng(7);
  std::map<std::int64_t, AgentId> locked;  // the rule, by hand
  std::map<std::int64_t, std::size_t> opened;
  for (int round = 0; round < 8; ++round) {
    std::vector<Opening> openings;
    for (int i = 0; i < 40; ++i) {
      const PersonId who = people[rng() % people.size()];
      const std::size_t link = rng() % 3;
      const bool counts = rng() % 8 != 0;
      openings.push_back({guest(who, kDawn + round), links[link].token, counts});
      if (!counts) continue;
      const auto speaks = locked.find(sharer.value);
      // Who is no agent speaks for the agent they are locked to at that moment, else for the store's.
      const AgentId agent = link == 0 ? a_.id : link == 1 || speaks == locked.end() ? b_.id : speaks->second;
      locked[who.value] = agent;
      ++opened[who.value];
    }
    const auto landings = write([&](Tx& tx) { return open_shares(tx, openings); });
    ASSERT_EQ(landings.size(), openings.size());
    for (std::size_t i = 0; i < landings.size(); ++i) {
      ASSERT_TRUE(landings[i]);
      EXPECT_TRUE(landings[i]->path.ends_with("share=" + openings[i].token)) << landings[i]->path;
    }
    for (const PersonId person : people) {
      if (!locked.contains(person.value)) continue;
      ASSERT_TRUE(lock(person));
      EXPECT_EQ(lock(person)->agent, locked.at(person.value));
      EXPECT_EQ(rebuilt(person), lock(person));
      EXPECT_EQ(touches(person).size(), opened[person.value]);
    }
  }
}

TEST_P(ShareService, ALinkThatLeadsNowhereFailsWhoOpenedItAndNobodyElse) {
  const Share a = agents_share(a_);
  const PersonId first = new_person(), second = new_person();
  const Opening openings[] = {{guest(first), a.token}, {guest(second), "nosuchtoken00000"}, {guest(second), a.token}};
  const auto landings = write([&](Tx& tx) { return open_shares(tx, openings); });
  ASSERT_EQ(landings.size(), 3u);
  EXPECT_TRUE(landings[0]);
  ASSERT_FALSE(landings[1]);
  EXPECT_EQ(landings[1].error().code, Code::not_found);
  EXPECT_TRUE(landings[2]);
  EXPECT_EQ(touches(first).size(), 1u);
  EXPECT_EQ(touches(second).size(), 1u);
}

TEST_P(ShareService, OpeningsOfOneLinkInOneBodyTakeFourStatementsEach) {
  const Share a = agents_share(a_);
  std::vector<Opening> openings;
  for (int i = 0; i < 100; ++i) openings.push_back({guest(new_person()), a.token});
  const std::int64_t before = db().stats().statements;
  write([&](Tx& tx) { return open_shares(tx, openings); });
  EXPECT_LE(db().stats().statements - before, 4 * 100 + 6);
}

TEST_P(ShareService, TouchesAndOrdersOfOneBuyerByManyThreadsGiveTheLockOfTheirRows) {
  set_rules(30, 0);  // every touch of the other agent takes over
  const Share shares[] = {agents_share(a_), agents_share(b_)};
  const PersonId v = new_person();
  constexpr int kThreads = 16, kEach = 12;
  std::vector<std::thread> threads;
  std::atomic<int> failures{0};
  for (int n = 0; n < kThreads; ++n) {
    threads.emplace_back([&, n] {
      for (int i = 0; i < kEach; ++i) {
        // Clocks of different servers differ.
        const Instant now = kDawn + (n % 4) * 7 - i % 3;
        const bool ok =
            i % 4 == 3
                ? db().write([&](Tx& tx) -> Status {
                        const Call call = guest(v, now);
                        TRY_OK(lock_for_order(tx, call, brand_, v, call.make_id<OrderId>(bucket(v)), now));
                        return {};
                      })
                      .has_value()
                : db().write([&](Tx& tx) { return touch_share(tx, guest(v, now), shares[(n + i) % 2]); }).has_value();
        if (!ok) ++failures;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(failures, 0);
  const std::vector<Touch> rows = touches(v);
  EXPECT_EQ(rows.size(), static_cast<std::size_t>(kThreads * kEach * 3 / 4));
  ASSERT_TRUE(lock(v));
  EXPECT_EQ(rebuilt(v), lock(v));
  // Outcomes were decided in the order of the rows: replayed, each comes out the same.
  std::map<Outcome, int> outcomes;
  std::vector<LockStep> steps;
  const org::LockRules rules = read([&](Tx& tx) { return org::lock_rules(tx, brand_); });
  for (const Touch& row : rows) {
    ++outcomes[row.outcome];
    steps.push_back({row.at, row.id.value, rules, false, row.input, {}});
  }
  const std::vector<LockMove> moves = replay(steps);
  for (std::size_t i = 0; i < rows.size(); ++i) EXPECT_EQ(moves[i].outcome, rows[i].outcome) << i;
  EXPECT_EQ(outcomes[Outcome::opened], 1) << "never two locks";
  EXPECT_GT(outcomes[Outcome::taken_over], 0);
}

// ---- logging in

TEST_P(ShareService, AGuestsHistoryBecomesThePersons) {
  const Share a = agents_share(a_), b = agents_share(b_);
  const PersonId g = new_person(), p = new_person();
  touch(guest(g, kDawn), a);
  touch(person(p, kDawn + kDayMs), b);
  ASSERT_EQ(lock(p)->agent, b_.id);
  const Share by_guest = share_of(guest(g), store_wish(a_.store));
  log_in(g, p, kDawn + 2 * kDayMs);
  // A came first and was protected when B's link was opened.
  EXPECT_EQ(lock(p), (Lock{a_.id, kDawn, kDawn + 7 * kDayMs, kDawn + 30 * kDayMs, 1}));
  EXPECT_EQ(rebuilt(p), lock(p));
  EXPECT_EQ(lock(g), std::nullopt);
  EXPECT_EQ(rebuilt(g), std::nullopt);
  std::vector<Touch> rows = touches(p);
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_EQ(rows[0].merged_from, g);
  EXPECT_EQ(rows[0].at, kDawn) << "its own instant";
  EXPECT_EQ(rows[0].outcome, Outcome::opened);
  EXPECT_EQ(rows[1].outcome, Outcome::opened) << "what was decided then stays written";
  EXPECT_EQ(read([&](Tx& tx) { return find_share(tx, by_guest.id); }).sharer, p);
  EXPECT_EQ(share_of(person(p), store_wish(a_.store)).parent, b.id) << "the newest way they came";

  // Again: nothing changes.
  log_in(g, p, kDawn + 3 * kDayMs);
  EXPECT_EQ(touches(p).size(), 2u);
  EXPECT_EQ(lock(p)->agent, a_.id);
  EXPECT_EQ(read([&](Tx& tx) -> Result<std::int64_t> { return tx.number(kCountMerges, {g, p}); }), 1);

  // Counted once, though both rows are kept.
  const Cascade c = read([&](Tx& tx) -> Result<Cascade> { return cascade_of(tx, a.id); });
  EXPECT_EQ(c.touches, 1);
  EXPECT_EQ(c.visitors, 1);
  EXPECT_EQ(read([&](Tx& tx) -> Result<std::int64_t> { return tx.number(kCountTouches); }), 3);
}

TEST_P(ShareService, AGuestWhoComesBackAfterALoginBeginsANewHistory) {
  const Share a = agents_share(a_), b = agents_share(b_);
  const PersonId g = new_person(), p = new_person(), q = new_person();
  touch(guest(g, kDawn), a);
  log_in(g, p, kDawn + 1);
  EXPECT_EQ(touch(guest(g, kDawn + 2), b).outcome, Outcome::opened) << "not under p's lock";
  EXPECT_EQ(rebuilt(g), lock(g));
  log_in(g, q, kDawn + 3);
  ASSERT_EQ(touches(q).size(), 1u) << "only what came after the first login";
  EXPECT_EQ(lock(q)->agent, b_.id);
  EXPECT_EQ(lock(p)->agent, a_.id);
  for (const PersonId who : {g, p, q}) EXPECT_EQ(rebuilt(who), lock(who));
}

TEST_P(ShareService, AnAgentWhoOpenedLinksBeforeLoggingInIsNotLocked) {
  const Share a = agents_share(a_), b = agents_share(b_);
  const PersonId g = new_person();
  touch(guest(g, kDawn), a);
  touch(guest(g, kDawn + 8 * kDayMs), b);
  log_in(g, a_.person, kDawn + 9 * kDayMs);
  const std::vector<Touch> rows = touches(a_.person);
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_EQ(rows[0].outcome, Outcome::self);
  EXPECT_EQ(rows[1].outcome, Outcome::agent);
  EXPECT_EQ(lock(a_.person), std::nullopt);
  EXPECT_EQ(rebuilt(a_.person), std::nullopt);
}

TEST_P(ShareService, AnOrderIsNotHandedToAnotherAgentByALogin) {
  const Share a = agents_share(a_), b = agents_share(b_);
  const PersonId g = new_person(), p = new_person();
  touch(guest(g, kDawn), a);
  touch(person(p, kDawn + 1), b);
  ASSERT_EQ(order(p, kDawn + 2)->agent, b_.id);
  log_in(g, p, kDawn + 3);
  EXPECT_EQ(lock(p), (Lock{a_.id, kDawn, kDawn + 7 * kDayMs, kDawn + 30 * kDayMs, 1})) << "B's order lengthens B's";
  EXPECT_EQ(rebuilt(p), lock(p));
}

TEST_P(ShareService, AnyHistoryWithLoginsKeepsEveryLockTheFoldOfItsRows) {
  set_rules(2, 1, 3);
  const Share shares[] = {agents_share(a_), agents_share(b_)};
  const int histories = std::getenv("LIANBO_FULL") != nullptr ? 40 : 6;
  std::set<PersonId> everybody;
  for (int n = 0; n < histories; ++n) {
    SeededRandom random(static_cast<std::uint64_t>(n) + 1);
    const PersonId people[] = {new_person(), new_person(), new_person()};  // two guests and who they are
    everybody.insert(std::begin(people), std::end(people));
    Instant now = kDawn;
    for (int i = 0; i < 30; ++i) {
      now += random.chance(0.5) ? 0 : static_cast<Instant>(random.below(3)) * kDayMs / 2;
      const PersonId who = people[random.below(3)];
      const std::uint64_t what = random.below(10);
      if (what < 7)
        touch(guest(who, now), shares[random.below(2)]);
      else if (what < 9)
        order(people[2], now);
      else
        log_in(people[random.below(2)], people[2], now);
      for (const PersonId person : people) ASSERT_EQ(rebuilt(person), lock(person)) << "history " << n << " step " << i;
    }
  }
  std::int64_t checked = 0;
  EXPECT_TRUE(read([&](Tx& tx) { return verify_locks(tx, checked); }).empty());
  EXPECT_GE(checked, histories);
}

TEST_P(ShareService, VerifyFindsALockThatIsNotTheFoldOfItsRows) {
  const Share a = agents_share(a_);
  const PersonId v = new_person();
  touch(guest(v), a);
  std::int64_t checked = 0;
  const auto find = [&] { return read([&](Tx& tx) { return verify_locks(tx, checked); }); };
  EXPECT_TRUE(find().empty());
  EXPECT_EQ(checked, 1);
  write_ok([&](Tx& tx) -> Status {
    tx.exec(kBreakLock, {bucket(v), brand_, v});
    return {};
  });
  const std::vector<LockDifference> found = find();
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].buyer, v);
  EXPECT_EQ(found[0].kept->expires_at, found[0].rebuilt->expires_at + 1);
}

TEST_P(ShareService, ExplainNamesInputsRulesAndWhoLost) {
  const Share a = agents_share(a_), b = agents_share(b_);
  const PersonId v = new_person();
  touch(guest(v, kDawn), a);
  touch(guest(v, kDawn + 1), b);
  order(v, kDawn + 2);
  touch(guest(v, kDawn + 7 * kDayMs), b);
  const auto explained = [&](std::optional<Instant> until) {
    const std::string text = read([&](Tx& tx) { return explain_lock(tx, bucket(v), brand_, v, kDawn + 9, until); });
    return *parse_json(text);
  };
  const json::value all = explained({});
  const json::array& steps = get_list(all, "steps");
  ASSERT_EQ(steps.size(), 4u);
  EXPECT_EQ(get_text(steps[1], "outcome"), "protected");
  EXPECT_EQ(get_text(steps[1], "loser_agent_id"), b_.id.text());
  EXPECT_TRUE(get_bool(steps[1], "agent_active"));
  EXPECT_EQ(get_text(steps[2], "kind"), "order");
  EXPECT_EQ(get_text(steps[3], "outcome"), "taken_over");
  EXPECT_EQ(get_text(steps[3], "loser_agent_id"), a_.id.text());
  EXPECT_EQ(get_text(get_object(all, "lock"), "agent_id"), b_.id.text());
  EXPECT_EQ(get_list(all, "rules").size(), 1u);
  const json::value then = explained(kDawn + 2);
  EXPECT_EQ(get_list(then, "steps").size(), 3u);
  EXPECT_EQ(get_text(get_object(then, "lock"), "agent_id"), a_.id.text());
}

}  // namespace
}  // namespace lianbo::share
