// Broadcasts, pins, chat and rooms on both engines: what is kept, what is told, who may, and who comes first.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <set>
#include <thread>
#include <unordered_map>

#include "base/crypto.hpp"
#include "base/shape.hpp"
#include "bus/outbox_relay.hpp"
#include "catalog/catalog_service.hpp"
#include "live/hub.hpp"
#include "live/live_api.hpp"
#include "live/live_events.hpp"
#include "live/live_service.hpp"
#include "live/room_backend.hpp"
#include "live/test_runner.hpp"
#include "org/org_service.hpp"
#include "support/database.hpp"

namespace lianbo::live {
namespace {

using db::Tx;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr Instant kNow = 1'790'000'000'000;

const db::Sql kOutboxTopics{"live_test.outbox_topics", "select topic, key, payload from outbox order by id limit 1000"};
const db::Sql kStreamKey{"live_test.stream_key", "select stream_key_sha256 from broadcasts where id = $1"};
const db::Sql kOpenPins{"live_test.open_pins",
                        "select count(*) from pins where broadcast_id = $1 and closed_at is null"};
const db::Sql kLiveCount{"live_test.live_count",
                         "select count(*) from broadcasts where store_id = $1 and state = 'live'"};
const db::Sql kReserved{"live_test.reserved",
                        "select count(*) from reservations where broadcast_id = $1 and cancelled_at is null"};
const db::Sql kMinutes{"live_test.minutes",
                       "select minute, enters, likes, viewers, most_viewers from room_minutes where broadcast_id = $1 "
                       "order by minute limit 10"};
const db::Sql kTallied{"live_test.tallied",
                       "select cast(coalesce(sum(n), 0) as bigint) from tallies where id = $1 and what = 'exposure'"};
const db::Sql kExposed{"live_test.exposed",
                       "select cast(coalesce(sum(n), 0) as bigint) from exposure_sets where person_id = $1"};

class LiveStoreTest : public test::StoreTest {
 protected:
  template <class F>
  auto write(F&& f) {
    return db().write(std::forward<F>(f));
  }
  template <class F>
  auto read(F&& f) {
    return db().read(std::forward<F>(f));
  }

  LiveStoreTest() {
    settings.password_memory_kib = 8;
    settings.password_passes = 1;
    brand = *write([&](Tx& tx) { return org::create_brand(tx, system(), new_brand("boss")); });
    agent = new_agent("A1");
    for (int i = 0; i < 3; ++i) products.push_back(new_product(brand, "P" + std::to_string(i)));
  }

  static org::NewBrand new_brand(const std::string& owner) {
    org::NewBrand out;
    out.name = "联播";
    out.owner_login = owner;
    out.owner_name = "Boss";
    out.owner_password_hash = "$argon2id$";
    return out;
  }
  org::Agent new_agent(const std::string& code, org::AgentState state = org::AgentState::active) {
    org::NewAgent wish;
    wish.code = code;
    wish.name = "agent " + code;
    wish.state = state;
    const org::Agent made = *write([&](Tx& tx) { return org::create_agent(tx, system(), brand, wish); });
    know(made.person);
    return made;
  }
  ProductId new_product(BrandId of, const std::string& code) {
    catalog::CatalogProduct wish;
    wish.code = code;
    wish.title = "product " + code;
    catalog::CatalogSku sku;
    sku.code = code + "-1";
    sku.price_fen = 990;
    sku.stock = 5;
    wish.skus.push_back(sku);
    return write([&](Tx& tx) { return catalog::create_product(tx, system(), of, wish); })->product.id;
  }

  Call system() {
    Call out;
    out.caller.system = true;
    out.caller.guest = false;
    out.now = now;
    out.ids = &ids;
    out.random = &random;
    out.settings = &settings;
    return out;
  }
  // Callers are looked up when the person is made: the tests build calls within transactions, where nothing may wait.
  void know(PersonId id) {
    callers[id] = *read([&](Tx& tx) -> Result<Caller> { return org::caller_of_person(tx, id); });
  }
  Call as(PersonId person, bool guest = false) {
    Call out = system();
    out.caller = guest ? Caller{} : callers.at(person);
    out.caller.person = person;
    out.caller.guest = guest;
    return out;
  }
  Call host() { return as(agent.person); }
  PersonId person(const std::string& login) {
    const PersonId made =
        *write([&](Tx& tx) { return org::register_person(tx, system(), login, "name of " + login, "$argon2id$"); });
    know(made);
    return made;
  }

  Result<Scheduled> schedule(const Call& call, Instant at, StoreId store = {}) {
    return write([&](Tx& tx) {
      return schedule_broadcast(tx, call, store ? store : agent.store, NewBroadcast{"tonight", at, products});
    });
  }
  BroadcastId scheduled(Instant at = kNow) { return schedule(host(), at)->broadcast.id; }
  Result<Broadcast> start(BroadcastId id) {
    return write([&](Tx& tx) { return start_broadcast(tx, host(), id); });
  }
  Result<Broadcast> end(BroadcastId id) {
    return write([&](Tx& tx) { return end_broadcast(tx, host(), id); });
  }
  Result<Pin> pin(BroadcastId id, ProductId product) {
    return write([&](Tx& tx) { return pin_product(tx, host(), id, product); });
  }
  BroadcastId on_air() {
    const BroadcastId id = scheduled();
    EXPECT_TRUE(start(id));
    return id;
  }
  Status chat(BroadcastId id, PersonId by, std::string text, bool guest = false) {
    ChatWish wish;
    wish.id = ids.make<ChatId>(now);
    wish.broadcast = id;
    wish.person = by;
    wish.guest = guest;
    wish.text = std::move(text);
    wish.now = now;
    return write([&](Tx& tx) { return say(tx, wish); });
  }
  std::vector<std::string> topics() {
    return *read([](Tx& tx) -> Result<std::vector<std::string>> {
      auto all = tx.all(kOutboxTopics, {}, [](const db::Row& row) { return row.str(0); });
      std::erase_if(all, [](const std::string& t) {
        return !t.starts_with("pin.") && !t.starts_with("broadcast.") && !t.starts_with("shelf.") &&
               !t.starts_with("room.");
      });
      return all;
    });
  }
  std::int64_t number(const db::Sql& sql, std::initializer_list<db::Param> params) {
    return *read([&](Tx& tx) -> Result<std::int64_t> { return tx.number(sql, params); });
  }
  template <class T>
  static std::optional<Code> code_of(const Result<T>& result) {
    return result ? std::nullopt : std::optional(result.error().code);
  }

  IdMaker ids;
  SeededRandom random{5};
  Settings settings;
  Instant now = kNow;
  std::unordered_map<PersonId, Caller> callers;
  BrandId brand;
  org::Agent agent;
  std::vector<ProductId> products;
};

TEST_P(LiveStoreTest, SchedulesWithAShelfAndAStreamKeyThatIsShownOnce) {
  const auto made = schedule(host(), kNow + kHourMs);
  ASSERT_TRUE(made) << made.error().text();
  EXPECT_EQ(made->stream_key.size(), 32u);
  const Broadcast b = *read([&](Tx& tx) { return find_broadcast(tx, made->broadcast.id); });
  EXPECT_EQ(b.state, BroadcastState::scheduled);
  EXPECT_EQ(b.brand, brand);
  EXPECT_EQ(b.store, agent.store);
  EXPECT_EQ(b.scheduled_at, kNow + kHourMs);
  EXPECT_EQ(b.started_at, 0);
  const auto kept = *read([&](Tx& tx) -> Result<std::string> {
    return *tx.one(kStreamKey, {b.id}, [](const db::Row& row) { return row.str(0); });
  });
  EXPECT_EQ(kept, sha256(made->stream_key));
  EXPECT_EQ(*read([&](Tx& tx) -> Result<std::vector<ProductId>> { return shelf_of(tx, b.id); }), products);
  EXPECT_TRUE(*read([&](Tx& tx) -> Result<bool> { return on_shelf(tx, b.id, products[1]); }));
  EXPECT_FALSE(*read([&](Tx& tx) -> Result<bool> { return on_shelf(tx, b.id, ProductId{99}); }));
  const auto renewed = write([&](Tx& tx) { return renew_stream_key(tx, host(), b.id); });
  ASSERT_TRUE(renewed);
  EXPECT_NE(renewed->stream_key, made->stream_key);
}

TEST_P(LiveStoreTest, RefusesWhatCantBeScheduledAndChangesNothing) {
  const BrandId other = *write([&](Tx& tx) { return org::create_brand(tx, system(), new_brand("other")); });
  const ProductId foreign = new_product(other, "F1");
  const auto attempt = [&](const Call& call, NewBroadcast wish) {
    return code_of(write([&](Tx& tx) { return schedule_broadcast(tx, call, agent.store, wish); }));
  };
  EXPECT_EQ(attempt(host(), {"", kNow, {}}), Code::invalid_field);
  EXPECT_EQ(attempt(host(), {"t", kNow - 2 * kHourMs, {}}), Code::invalid_field);
  EXPECT_EQ(attempt(host(), {"t", kNow, {foreign}}), Code::not_found);
  EXPECT_EQ(attempt(host(), {"t", kNow, {products[0], products[0]}}), Code::invalid_field);
  EXPECT_EQ(attempt(as(person("buyer")), {"t", kNow, {}}), Code::forbidden);
  EXPECT_EQ(attempt(as(PersonId{77}, true), {"t", kNow, {}}), Code::unauthenticated);
  EXPECT_THAT(
      *read([&](Tx& tx) -> Result<std::vector<Broadcast>> { return broadcasts_of(tx, agent.store, true, {}, 10); }),
      IsEmpty());
  EXPECT_EQ(attempt(system(), {"t", kNow, {}}), std::nullopt);
}

TEST_P(LiveStoreTest, GoesOnAirPinsAndEnds) {
  const BroadcastId id = scheduled();
  now += 2000;
  const auto started = start(id);
  ASSERT_TRUE(started) << started.error().text();
  EXPECT_EQ(started->started_at, now);
  EXPECT_EQ((*read([&](Tx& tx) -> Result<std::optional<Broadcast>> { return live_broadcast_of(tx, agent.store); }))->id,
            id);
  now += 500;
  const auto first = pin(id, products[0]);
  ASSERT_TRUE(first) << first.error().text();
  EXPECT_EQ(first->media_open_ms, 500);
  now += 500;
  EXPECT_EQ(pin(id, products[0])->id, first->id);  // open already
  const auto second = pin(id, products[1]);
  ASSERT_TRUE(second);
  EXPECT_EQ((*read([&](Tx& tx) -> Result<std::optional<Pin>> { return open_pin(tx, id); }))->id, second->id);
  const auto closed = *read([&](Tx& tx) -> Result<std::optional<Pin>> { return last_pin_of(tx, id, products[0]); });
  EXPECT_EQ(closed->closed_at, now);
  EXPECT_EQ(closed->media_close_ms, 1000);
  now += 500;
  const auto over = end(id);
  ASSERT_TRUE(over);
  EXPECT_EQ(over->ended_at, now);
  EXPECT_EQ(number(kOpenPins, {id}), 0);
  EXPECT_EQ(
      (*read([&](Tx& tx) -> Result<std::optional<Pin>> { return last_pin_of(tx, id, products[1]); }))->media_close_ms,
      1500);
  EXPECT_THAT(topics(), ElementsAre("broadcast.scheduled", "broadcast.started", "pin.opened", "pin.closed",
                                    "pin.opened", "pin.closed", "broadcast.ended"));
  EXPECT_THAT(*read([&](Tx& tx) -> Result<std::vector<Pin>> { return pins_of(tx, id, {}, 10); }), SizeIs(2));
}

TEST_P(LiveStoreTest, RefusesWhatTheStateDoesNotAllow) {
  const BroadcastId id = scheduled();
  EXPECT_EQ(code_of(end(id)), Code::broadcast_state_conflict);
  EXPECT_EQ(code_of(pin(id, products[0])), Code::broadcast_state_conflict);
  ASSERT_TRUE(start(id));
  EXPECT_EQ(code_of(start(id)), Code::broadcast_state_conflict);
  EXPECT_EQ(code_of(write([&](Tx& tx) { return cancel_broadcast(tx, host(), id); })), Code::broadcast_state_conflict);
  EXPECT_EQ(code_of(pin(id, ProductId{99})), Code::not_on_shelf);
  ASSERT_TRUE(end(id));
  EXPECT_EQ(code_of(pin(id, products[0])), Code::broadcast_state_conflict);
  EXPECT_EQ(code_of(chat(id, agent.person, "too late")), Code::broadcast_state_conflict);
  EXPECT_EQ(code_of(write([&](Tx& tx) { return reserve(tx, host(), id); })), Code::broadcast_state_conflict);
  EXPECT_EQ(code_of(start(BroadcastId{4711})), Code::not_found);
  const BroadcastId off = scheduled();
  ASSERT_TRUE(write([&](Tx& tx) { return cancel_broadcast(tx, host(), off); }));
  EXPECT_EQ(code_of(start(off)), Code::broadcast_state_conflict);
}

TEST_P(LiveStoreTest, OneStoreIsLiveOnceAndOnlyWithAnActiveAgent) {
  const BroadcastId a = scheduled(), b = scheduled();
  ASSERT_TRUE(start(a));
  const auto second = start(b);
  EXPECT_EQ(code_of(second), Code::already_live);
  EXPECT_THAT(second.error().detail, HasSubstr(a.text()));
  ASSERT_TRUE(end(a));
  ASSERT_TRUE(write(
      [&](Tx& tx) { return org::set_agent_state(tx, system(), agent.id, org::AgentState::suspended, "test", {}); }));
  EXPECT_EQ(code_of(write([&](Tx& tx) { return start_broadcast(tx, system(), b); })), Code::agent_not_active);
  ASSERT_TRUE(
      write([&](Tx& tx) { return org::set_agent_state(tx, system(), agent.id, org::AgentState::active, "test", {}); }));
  EXPECT_TRUE(start(b));
}

TEST_P(LiveStoreTest, OfManyStartsAtOnceOneWins) {
  constexpr int kTries = 8;
  std::vector<BroadcastId> all;
  for (int i = 0; i < kTries; ++i) all.push_back(scheduled());
  std::vector<std::optional<Code>> outcome(kTries);
  std::vector<std::thread> threads;
  std::vector<Call> calls(kTries, host());
  for (std::size_t i = 0; i < kTries; ++i)
    threads.emplace_back(
        [&, i] { outcome[i] = code_of(db().write([&](Tx& tx) { return start_broadcast(tx, calls[i], all[i]); })); });
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(std::count(outcome.begin(), outcome.end(), std::nullopt), 1);
  EXPECT_EQ(std::count(outcome.begin(), outcome.end(), std::optional(Code::already_live)), kTries - 1);
  EXPECT_EQ(number(kLiveCount, {agent.store}), 1);
}

TEST_P(LiveStoreTest, OfManyPinsAtOnceOneStaysOpenAndNoneOverlap) {
  const BroadcastId id = on_air();
  std::vector<std::thread> threads;
  std::vector<Call> calls(6, host());
  for (std::size_t i = 0; i < calls.size(); ++i)
    threads.emplace_back([&, i] {
      for (int n = 0; n < 5; ++n) {
        calls[i].now += 10;
        EXPECT_TRUE(db().write(
            [&](Tx& tx) { return pin_product(tx, calls[i], id, products[(i + static_cast<std::size_t>(n)) % 3]); }));
      }
    });
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(number(kOpenPins, {id}), 1);
  now += kHourMs;
  ASSERT_TRUE(end(id));
  auto pins = *read([&](Tx& tx) -> Result<std::vector<Pin>> { return pins_of(tx, id, {}, 100); });
  std::sort(pins.begin(), pins.end(), [](const Pin& a, const Pin& b) {
    return std::tie(a.opened_at, a.closed_at) < std::tie(b.opened_at, b.closed_at);
  });
  for (std::size_t i = 1; i < pins.size(); ++i) EXPECT_LE(pins[i - 1].closed_at, pins[i].opened_at);
}

// Random histories through the service, each in one transaction that is undone, against a model of a few lines.
TEST_P(LiveStoreTest, PinsOfAnyHistoryAreOneAtATimeAndInOrder) {
  const Call call = host();
  EXPECT_TRUE(rc::check("start, pin, unpin, shelf, end in any order", [&] {
    const auto steps = *rc::gen::container<std::vector<std::tuple<int, int, int>>>(
        rc::gen::tuple(rc::gen::inRange(0, 7), rc::gen::inRange(0, 3), rc::gen::inRange(-50, 1000)));
    std::string wrong;
    Status undone = db().write([&](Tx& tx) -> Status {
      Call at = call;
      TRY(const auto made, schedule_broadcast(tx, at, agent.store, NewBroadcast{"t", kNow, products}));
      const BroadcastId id = made.broadcast.id;
      auto state = BroadcastState::scheduled;
      std::vector<ProductId> shelf = products, wish;
      ProductId open{};  // the model
      for (const auto& [op, which, delta] : steps) {
        at.now += delta;
        const ProductId product = products[static_cast<std::size_t>(which)];
        const bool live = state == BroadcastState::live;
        bool expected = live;
        bool done = false;
        switch (op) {
          case 0:
            expected = state == BroadcastState::scheduled;
            done = start_broadcast(tx, at, id).has_value();
            if (expected) state = BroadcastState::live;
            break;
          case 1:
            done = end_broadcast(tx, at, id).has_value();
            if (expected) state = BroadcastState::ended, open = {};
            break;
          case 2:
            done = unpin(tx, at, id).has_value();
            if (expected) open = {};
            break;
          case 3:  // everything, or all but one
            expected = live || state == BroadcastState::scheduled;
            wish = products;
            if (delta % 2 == 0) std::erase(wish, product);
            done = set_shelf(tx, at, id, wish).has_value();
            if (expected) shelf = wish;
            if (std::find(shelf.begin(), shelf.end(), open) == shelf.end()) open = {};
            break;
          default:
            expected = live && std::find(shelf.begin(), shelf.end(), product) != shelf.end();
            done = pin_product(tx, at, id, product).has_value();
            if (expected) open = product;
        }
        const auto found = open_pin(tx, id);
        if (done != expected) wrong = "operation " + std::to_string(op) + " was answered wrongly";
        if ((found ? found->product : ProductId{}) != open) wrong = "another pin is open than should be";
        if (tx.number(kOpenPins, {id}) > 1) wrong = "two pins are open";
      }
      std::vector<Pin> pins = pins_of(tx, id, {}, 200);
      for (std::size_t i = 0; i < pins.size(); ++i) {
        if (pins[i].open() && i + 1 < pins.size()) wrong = "an earlier pin is open";
        if (i > 0 && pins[i - 1].closed_at > pins[i].opened_at) wrong = "pins overlap";
        if (i > 0 && pins[i - 1].media_close_ms > pins[i].media_open_ms) wrong = "media time runs backwards";
        if (!pins[i].open() && pins[i].media_close_ms < pins[i].media_open_ms) wrong = "a pin ends before it begins";
      }
      return fail(Code::conflict, "undo");
    });
    RC_ASSERT(undone.error().detail == "undo");
    RC_ASSERT(wrong == "");
  }));
}

TEST_P(LiveStoreTest, AProductThatLeavesTheShelfIsUnpinned) {
  const BroadcastId id = on_air();
  ASSERT_TRUE(pin(id, products[0]));
  const std::vector<ProductId> keeps{products[1], products[0]};
  ASSERT_TRUE(write([&](Tx& tx) { return set_shelf(tx, host(), id, keeps); }));
  EXPECT_EQ(number(kOpenPins, {id}), 1);
  EXPECT_EQ(*read([&](Tx& tx) -> Result<std::vector<ProductId>> { return shelf_of(tx, id); }), keeps);
  ASSERT_TRUE(write([&](Tx& tx) { return set_shelf(tx, host(), id, std::vector{products[2]}); }));
  EXPECT_EQ(number(kOpenPins, {id}), 0);
  EXPECT_THAT(topics(), ElementsAre("broadcast.scheduled", "broadcast.started", "pin.opened", "shelf.changed",
                                    "pin.closed", "shelf.changed"));
  ASSERT_TRUE(write([&](Tx& tx) { return set_shelf(tx, host(), id, {}); }));
  EXPECT_THAT(*read([&](Tx& tx) -> Result<std::vector<ProductId>> { return shelf_of(tx, id); }), IsEmpty());
}

TEST_P(LiveStoreTest, ChatIsKeptWithItsMediaTimeAndToldOnce) {
  std::vector<db::Event> told;
  db().on_commit([&](std::vector<db::Event>&& events) {
    for (auto& e : events)
      if (e.topic == kChatSaid) told.push_back(std::move(e));
  });
  const PersonId buyer = person("buyer");
  const BroadcastId id = on_air();
  now += 1500;
  ASSERT_TRUE(chat(id, buyer, "这个\"好看\""));
  ASSERT_TRUE(chat(id, PersonId{777}, "hello", true));
  const auto lines = *read([&](Tx& tx) -> Result<std::vector<ChatLine>> { return chat_of(tx, id, {}, 10); });
  ASSERT_THAT(lines, SizeIs(2));
  EXPECT_EQ(lines[0].text, "这个\"好看\"");
  EXPECT_EQ(lines[0].name, "name of buyer");
  EXPECT_EQ(lines[0].media_ms, 1500);
  EXPECT_EQ(lines[1].name, "Guest " + PersonId{777}.text().substr(7));
  ASSERT_THAT(told, SizeIs(2));
  EXPECT_EQ(told[0].id.value, lines[0].id.value);
  EXPECT_FALSE(told[0].durable);
  EXPECT_EQ(get_text(*parse_json(told[0].payload), "text"), "这个\"好看\"");
  EXPECT_THAT(*read([&](Tx& tx) -> Result<std::vector<ChatLine>> { return chat_of(tx, id, lines[0].id, 10); }),
              SizeIs(1));
  EXPECT_EQ((*read([&](Tx& tx) -> Result<std::vector<ChatLine>> { return last_chat_of(tx, id, 2); }))[0].id,
            lines[0].id);
  db().on_commit({});
}

TEST_P(LiveStoreTest, MutedPeopleWatchBannedPeopleDoNotAndBothEnd) {
  DbRoomBackend backend(db());
  const PersonId buyer = person("buyer");
  const BroadcastId id = on_air();
  const auto mark = [&](const Call& call, PersonId who, Mark what, std::int64_t minutes) {
    return code_of(write([&](Tx& tx) { return mark_person(tx, call, id, who, what, minutes); }));
  };
  EXPECT_EQ(mark(host(), buyer, Mark::muted, 10), std::nullopt);
  EXPECT_EQ(code_of(chat(id, buyer, "hi")), Code::muted);
  EXPECT_TRUE(backend.admit(id, callers.at(buyer), false, now));
  EXPECT_EQ(mark(host(), buyer, Mark::banned, 10), std::nullopt);
  EXPECT_EQ(code_of(chat(id, buyer, "hi")), Code::forbidden);
  EXPECT_EQ(code_of(backend.admit(id, callers.at(buyer), false, now)), Code::forbidden);
  EXPECT_THAT(backend.snapshot(id, now)->banned, ElementsAre(std::pair{buyer, now + 10 * kMinuteMs}));
  now += 10 * kMinuteMs;
  EXPECT_TRUE(chat(id, buyer, "hi"));
  EXPECT_TRUE(backend.admit(id, callers.at(buyer), false, now));
  EXPECT_EQ(mark(host(), buyer, Mark::banned, 0), std::nullopt);
  now += 365 * kDayMs;
  EXPECT_EQ(code_of(backend.admit(id, callers.at(buyer), false, now)), Code::forbidden);
  EXPECT_EQ(mark(host(), buyer, Mark::none, 0), std::nullopt);
  EXPECT_TRUE(backend.admit(id, callers.at(buyer), false, now));
  EXPECT_EQ(mark(host(), agent.person, Mark::muted, 1), Code::forbidden);
  EXPECT_EQ(mark(as(buyer), buyer, Mark::none, 0), Code::forbidden);
  EXPECT_EQ(mark(host(), buyer, Mark::muted, -1), Code::invalid_field);
  EXPECT_EQ(topics().size(), 6u);
}

TEST_P(LiveStoreTest, AssistantsPinAndMuteButDoNotEnd) {
  const PersonId helper = person("helper"), buyer = person("buyer");
  const BroadcastId id = on_air();
  const auto pins = [&] {
    return code_of(write([&](Tx& tx) { return pin_product(tx, as(helper), id, products[0]); }));
  };
  EXPECT_EQ(pins(), Code::forbidden);
  EXPECT_EQ(code_of(write([&](Tx& tx) { return add_assistant(tx, as(helper), agent.store, helper); })),
            Code::forbidden);
  ASSERT_TRUE(write([&](Tx& tx) { return add_assistant(tx, host(), agent.store, helper); }));
  ASSERT_TRUE(write([&](Tx& tx) { return add_assistant(tx, host(), agent.store, helper); }));
  EXPECT_EQ(pins(), std::nullopt);
  EXPECT_TRUE(write([&](Tx& tx) { return mark_person(tx, as(helper), id, buyer, Mark::muted, 1); }));
  EXPECT_EQ(code_of(write([&](Tx& tx) { return end_broadcast(tx, as(helper), id); })), Code::forbidden);
  ASSERT_TRUE(write([&](Tx& tx) { return remove_assistant(tx, host(), agent.store, helper); }));
  EXPECT_EQ(pins(), Code::forbidden);
  EXPECT_EQ(code_of(write([&](Tx& tx) { return add_assistant(tx, host(), agent.store, PersonId{4711}); })),
            Code::not_found);
}

TEST_P(LiveStoreTest, ABroadcastMovesUntilItsTimeHasCome) {
  const BroadcastId id = scheduled(kNow + kHourMs);
  const PersonId buyer = person("buyer");
  ASSERT_TRUE(write([&](Tx& tx) { return reserve(tx, as(buyer), id); }));
  const auto change = [&](const Call& call, const BroadcastPatch& patch) {
    return write([&](Tx& tx) { return change_broadcast(tx, call, id, patch); });
  };
  EXPECT_EQ(code_of(change(as(buyer), {.title = "mine", .scheduled_at = {}})), Code::forbidden);
  const auto moved = change(host(), {.title = "later", .scheduled_at = kNow + 2 * kHourMs});
  ASSERT_TRUE(moved) << moved.error().text();
  EXPECT_EQ(moved->title, "later");
  EXPECT_EQ(read([&](Tx& tx) { return find_broadcast(tx, id); })->scheduled_at, kNow + 2 * kHourMs);
  EXPECT_TRUE(*read([&](Tx& tx) -> Result<bool> { return is_reserved(tx, id, buyer); })) << "who reserved still comes";
  EXPECT_EQ(topics().back(), kBroadcastChanged);
  const auto told = topics().size();
  ASSERT_TRUE(change(host(), {.title = "later", .scheduled_at = {}}));
  EXPECT_EQ(topics().size(), told) << "nothing changed: nothing is told";
  now = kNow + 2 * kHourMs;
  EXPECT_EQ(code_of(change(host(), {.title = {}, .scheduled_at = now + kHourMs})), Code::broadcast_state_conflict)
      << "its time has come: moving it now would hide a promise that was not kept";
  ASSERT_TRUE(start(id));
  EXPECT_EQ(code_of(change(host(), {.title = {}, .scheduled_at = now + kHourMs})), Code::broadcast_state_conflict);
  EXPECT_TRUE(change(host(), {.title = "on air", .scheduled_at = {}}));
  EXPECT_EQ(code_of(change(host(), {.title = " ", .scheduled_at = {}})), Code::invalid_field);
  ASSERT_TRUE(end(id));
  EXPECT_EQ(code_of(change(host(), {.title = "over", .scheduled_at = {}})), Code::broadcast_state_conflict);
}

// SPEC 14: AI-made presenters are labelled for as long as they are shown.
TEST_P(LiveStoreTest, APresenterMadeByAiKeepsTheLabel) {
  const BroadcastId id = scheduled(kNow + kHourMs);
  const auto label = [&](BroadcastId of, bool is) {
    BroadcastPatch patch;
    patch.ai_presenter = is;
    return write([&](Tx& tx) { return change_broadcast(tx, host(), of, patch); });
  };
  const auto labelled = [&](BroadcastId of) {
    return read([&](Tx& tx) { return find_broadcast(tx, of); })->ai_presenter;
  };
  EXPECT_FALSE(labelled(id));
  ASSERT_TRUE(label(id, true));
  ASSERT_TRUE(label(id, false)) << "nobody has seen it yet";
  ASSERT_TRUE(start(id));
  const auto told = topics().size();
  const auto on = label(id, true);
  ASSERT_TRUE(on) << on.error().text();
  EXPECT_TRUE(labelled(id));
  ASSERT_EQ(topics().size(), told + 1);
  EXPECT_EQ(topics().back(), kBroadcastChanged) << "who watches is told at once";
  EXPECT_EQ(code_of(label(id, false)), Code::broadcast_state_conflict)
      << "it was shown: replay and clips stay labelled";
  JsonWriter w;
  write_broadcast(w, *read([&](Tx& tx) { return find_broadcast(tx, id); }));
  EXPECT_TRUE(get_bool(*parse_json(w.take()), "ai_presenter"));
}

TEST_P(LiveStoreTest, TalkingPointsAreTheCrewsOwn) {
  const PersonId helper = person("helper");
  const BroadcastId id = scheduled();
  const auto note = [&](const Call& call, ProductId product, std::string text) {
    return code_of(write([&](Tx& tx) { return set_note(tx, call, id, product, text); }));
  };
  const auto notes = [&](const Call& call) { return read([&](Tx& tx) { return notes_of(tx, call, id); }); };
  EXPECT_EQ(note(host(), products[1], "soft, and it lasts"), std::nullopt);
  EXPECT_EQ(note(host(), products[0], "the one of last year"), std::nullopt);
  EXPECT_EQ(note(host(), ProductId{4711}, "what"), Code::not_on_shelf);
  EXPECT_EQ(note(host(), products[0], std::string(kMaxNote + 1, 'x')), Code::invalid_field);
  EXPECT_EQ(note(as(helper), products[0], "x"), Code::forbidden);
  EXPECT_EQ(code_of(notes(as(helper))), Code::forbidden);
  ASSERT_TRUE(write([&](Tx& tx) { return add_assistant_by_login(tx, host(), agent.store, "helper"); }));
  EXPECT_EQ(note(as(helper), products[1], "soft"), std::nullopt);
  const auto all = notes(as(helper));
  ASSERT_TRUE(all);
  ASSERT_THAT(*all, SizeIs(2));
  EXPECT_EQ(all->at(0).text, "the one of last year") << "in the shelf's order";
  EXPECT_EQ(all->at(1).text, "soft");
  // What leaves the shelf keeps its words, for when it comes back.
  ASSERT_TRUE(write([&](Tx& tx) { return set_shelf(tx, host(), id, std::vector{products[1]}); }));
  EXPECT_THAT(*notes(host()), SizeIs(1));
  ASSERT_TRUE(write([&](Tx& tx) { return set_shelf(tx, host(), id, products); }));
  EXPECT_THAT(*notes(host()), SizeIs(2));
  EXPECT_EQ(note(host(), products[0], ""), std::nullopt);
  EXPECT_THAT(*notes(host()), SizeIs(1));
}

TEST_P(LiveStoreTest, AssistantsAreFoundByTheirLoginAndListed) {
  const PersonId helper = person("helper");
  const auto add = [&](const Call& call, const char* login) {
    return write([&](Tx& tx) { return add_assistant_by_login(tx, call, agent.store, login); });
  };
  const auto list = [&](const Call& call) {
    return read([&](Tx& tx) { return assistants_of(tx, call, agent.store); });
  };
  EXPECT_EQ(code_of(add(host(), "nobody")), Code::not_found);
  EXPECT_EQ(code_of(add(as(helper), "helper")), Code::forbidden);
  for (int i = 0; i < 2; ++i) {
    const auto added = add(host(), "helper");
    ASSERT_TRUE(added);
    EXPECT_EQ(added->person, helper);
    EXPECT_EQ(added->name, "name of helper");
  }
  EXPECT_THAT(*list(host()), SizeIs(1));
  EXPECT_EQ(code_of(list(as(helper))), Code::forbidden) << "an assistant does not see who else there is";
}

TEST_P(LiveStoreTest, MarksAreListedWhileTheyHold) {
  const PersonId buyer = person("buyer"), guest{78};
  const BroadcastId id = on_air();
  const auto mark = [&](PersonId who, Mark what, std::int64_t minutes) {
    ASSERT_TRUE(write([&](Tx& tx) { return mark_person(tx, host(), id, who, what, minutes); }));
  };
  const auto list = [&](const Call& call) { return read([&](Tx& tx) { return marks_of(tx, call, id); }); };
  mark(buyer, Mark::muted, 10);
  ++now;
  mark(guest, Mark::banned, 0);
  const auto both = list(host());
  ASSERT_TRUE(both);
  ASSERT_THAT(*both, SizeIs(2));
  EXPECT_EQ(both->at(0).person, guest) << "the newest first";
  EXPECT_FALSE(both->at(0).name.empty()) << "a guest has the name the room gave them";
  EXPECT_EQ(both->at(0).mark.until_at, kForever);
  EXPECT_EQ(both->at(1).name, "name of buyer");
  now = kNow + 10 * kMinuteMs;
  EXPECT_THAT(*list(host()), SizeIs(1)) << "the mute is over";
  EXPECT_EQ(code_of(list(as(buyer))), Code::forbidden);
}

TEST_P(LiveStoreTest, ReservationsAreOnePerPersonAndCanBeTakenBack) {
  const PersonId buyer = person("buyer");
  const BroadcastId id = scheduled(kNow + kHourMs);
  EXPECT_EQ(code_of(write([&](Tx& tx) { return reserve(tx, as(PersonId{77}, true), id); })), Code::unauthenticated);
  for (int i = 0; i < 2; ++i) ASSERT_TRUE(write([&](Tx& tx) { return reserve(tx, as(buyer), id); }));
  EXPECT_EQ(number(kReserved, {id}), 1);
  EXPECT_TRUE(*read([&](Tx& tx) -> Result<bool> { return is_reserved(tx, id, buyer); }));
  for (int i = 0; i < 2; ++i) ASSERT_TRUE(write([&](Tx& tx) { return unreserve(tx, as(buyer), id); }));
  EXPECT_EQ(number(kReserved, {id}), 0);
  ASSERT_TRUE(write([&](Tx& tx) { return reserve(tx, as(buyer), id); }));
  EXPECT_EQ(*read([&](Tx& tx) -> Result<std::int64_t> { return reservations_of(tx, id); }), 1);
}

TEST_P(LiveStoreTest, OneReminderPerPersonAndBroadcastNoneLaterThanTenMinutesNoneOnceUnreserved) {
  const PersonId early = person("early"), late = person("late"), gone = person("gone"), other = person("other");
  const PersonId punctual = person("punctual");
  const BroadcastId id = scheduled(kNow + kHourMs);
  for (const PersonId who : {early, punctual, late, gone})
    ASSERT_TRUE(write([&](Tx& tx) { return reserve(tx, as(who), id); }));
  ASSERT_TRUE(write([&](Tx& tx) { return unreserve(tx, as(gone), id); }));
  const auto due = [&](PersonId who) {
    const auto taken = write([&](Tx& tx) { return take_reminders(tx, as(who)); });
    return taken ? taken->size() : 99u;
  };
  EXPECT_EQ(due(early), 0u) << "it has not begun";
  ASSERT_TRUE(write([&](Tx& tx) { return start_broadcast(tx, host(), id); }));
  EXPECT_EQ(due(early), 1u);
  EXPECT_EQ(due(early), 0u) << "once";
  EXPECT_EQ(due(gone), 0u) << "unreserved";
  EXPECT_EQ(due(other), 0u) << "never reserved";
  now += 10 * kMinuteMs;
  EXPECT_EQ(due(punctual), 1u) << "none after its start + 10 minutes: at that instant it is still given";
  now += 1;
  EXPECT_EQ(due(late), 0u) << "a millisecond later it is too late";
  EXPECT_EQ(code_of(write([&](Tx& tx) { return take_reminders(tx, as(PersonId{77}, true)); })), Code::unauthenticated);
}

TEST_P(LiveStoreTest, ExposuresCountOncePerPersonAndItem) {
  const std::vector<Exposure> items{{"product", 7}, {"broadcast", 7}, {"product", 8}, {"product", 7}};
  const auto shown = [&](PersonId who) {
    return *write([&](Tx& tx) -> Result<std::int64_t> { return record_exposures(tx, as(who, true), items); });
  };
  EXPECT_EQ(shown(PersonId{500}), 3);
  EXPECT_EQ(shown(PersonId{500}), 0);
  EXPECT_EQ(shown(PersonId{501}), 3);
  EXPECT_EQ(number(kExposed, {PersonId{500}}), 3);
}

// What a client tells: a rehearsal, what is not sold, what nobody knows are shown to nobody, whoever says so.
TEST_P(LiveStoreTest, OnlyWhatThePublicIsShownIsCountedAsShown) {
  const BroadcastId coming = scheduled(kNow + kHourMs), gone = scheduled(kNow + kDayMs), live_now = on_air();
  ASSERT_TRUE(write([&](Tx& tx) { return cancel_broadcast(tx, host(), gone); }));
  const BroadcastId trial =
      write([&](Tx& tx) {
        return schedule_broadcast(tx, host(), agent.store, NewBroadcast{"r", kNow, products, Audience::rehearsal});
      })->broadcast.id;
  ASSERT_TRUE(write([&](Tx& tx) {
    catalog::ProductPatch patch;
    patch.on_sale = false;
    return catalog::patch_product(tx, system(), products[2], patch);
  }));
  const ClipsShown clips = [](Tx&, std::span<const ClipId> asked) {
    std::vector<ClipId> out(asked.begin(), asked.end());
    std::erase(out, ClipId{31});
    return out;
  };
  const auto told = [&](PersonId who, std::vector<Exposure> items, const ClipsShown& shown) {
    const Beacon beacon{as(who, true).bucket(who), who, now, std::move(items)};
    return *write(
        [&](Tx& tx) -> Result<Counted> { return record_told_exposures(tx, std::span(&beacon, 1), shown).front(); });
  };
  const auto left_out = [](const Counted& counted) {
    std::vector<std::pair<std::string, std::int64_t>> out;
    for (const Exposure& item : counted.left_out) out.emplace_back(item.kind, item.item);
    return out;
  };
  using Left = std::vector<std::pair<std::string, std::int64_t>>;
  const std::vector<Exposure> items{{"broadcast", trial.value},
                                    {"broadcast", live_now.value},
                                    {"broadcast", 4711},
                                    {"broadcast", gone.value},
                                    {"broadcast", coming.value},
                                    {"broadcast", 4711},
                                    {"product", products[0].value},
                                    {"product", products[2].value},
                                    {"product", 4712},
                                    {"clip", 30},
                                    {"clip", 31}};
  const auto first = told(PersonId{500}, items, clips);
  EXPECT_EQ(first.fresh, 4) << "the room on air, the one that comes, the product on sale, the clip";
  Left expected{{"broadcast", 4711}, {"broadcast", trial.value}, {"broadcast", gone.value},
                {"clip", 31},        {"product", 4712},          {"product", products[2].value}};
  std::sort(expected.begin(), expected.end());
  EXPECT_EQ(left_out(first), expected) << "each once";
  EXPECT_EQ(number(kExposed, {PersonId{500}}), 4);
  EXPECT_EQ(number(kTallied, {trial.value}), 0);
  EXPECT_EQ(number(kTallied, {live_now.value}), 1);
  EXPECT_EQ(told(PersonId{500}, items, clips).fresh, 0) << "each once a person";
  EXPECT_EQ(told(PersonId{501}, {{"clip", 30}}, {}).fresh, 0) << "nobody says that there are clips";
  // What was left out counts once it is shown.
  ASSERT_TRUE(write([&](Tx& tx) {
    catalog::ProductPatch patch;
    patch.on_sale = true;
    return catalog::patch_product(tx, system(), products[2], patch);
  }));
  EXPECT_EQ(told(PersonId{500}, items, clips).fresh, 1);
  ASSERT_TRUE(end(live_now));
  EXPECT_EQ(told(PersonId{502}, {{"broadcast", live_now.value}}, {}).fresh, 1) << "its replay is shown too";
}

// However they are told: one by one, many at once, again, and more than one part holds.
TEST_P(LiveStoreTest, ExposuresOfACrowdAreThoseOfEachAlone) {
  SeededRandom chance(78);
  std::map<std::pair<std::int64_t, std::string>, std::set<std::int64_t>> model;
  std::map<std::int64_t, std::int64_t> people_of_room;
  const char* const kinds[] = {"broadcast", "product", "clip"};
  for (int round = 0; round < 30; ++round) {
    std::vector<Beacon> beacons(1 + chance.below(6));
    for (Beacon& beacon : beacons) {
      beacon.person = PersonId{static_cast<std::int64_t>(600 + chance.below(4))};
      beacon.bucket = as(beacon.person, true).bucket(beacon.person);
      beacon.at = now + round;
      for (std::uint64_t i = 0, n = 1 + chance.below(200); i < n; ++i)
        beacon.items.push_back(
            {kinds[chance.below(10) < 8 ? 0 : 1 + chance.below(2)], static_cast<std::int64_t>(1 + chance.below(1500))});
    }
    std::vector<std::int64_t> expected;
    for (const Beacon& beacon : beacons) {
      std::int64_t fresh = 0;
      for (const Exposure& item : beacon.items)
        if (model[{beacon.person.value, item.kind}].insert(item.item).second) {
          ++fresh;
          if (item.kind == "broadcast") ++people_of_room[item.item];
        }
      expected.push_back(fresh);
    }
    const auto counted =
        write([&](Tx& tx) -> Result<std::vector<std::int64_t>> { return record_exposures(tx, beacons); });
    ASSERT_TRUE(counted);
    ASSERT_EQ(*counted, expected) << "round " << round;
  }
  for (std::int64_t person = 600; person < 604; ++person) {
    std::int64_t n = 0;
    for (const char* kind : kinds) n += static_cast<std::int64_t>(model[{person, kind}].size());
    EXPECT_EQ(number(kExposed, {PersonId{person}}), n);
  }
  for (const auto& [room, people] : people_of_room)
    ASSERT_EQ(number(kTallied, {room}), people) << "each room's tally is the people it was shown to";
}

TEST_P(LiveStoreTest, CountsAreAddedAndThePeakOnlyRises) {
  const BroadcastId id = on_air();
  const auto add = [&](RoomCounts counts) { return write([&](Tx& tx) { return add_counts(tx, id, counts); }); };
  ASSERT_TRUE(add({3, 2, 10}));
  ASSERT_TRUE(add({4, 1, 7}));
  const Broadcast b = *read([&](Tx& tx) { return find_broadcast(tx, id); });
  EXPECT_EQ(b.likes, 7);
  EXPECT_EQ(b.enters, 3);
  EXPECT_EQ(b.peak_viewers, 10);
  EXPECT_EQ(code_of(write([&](Tx& tx) { return add_counts(tx, BroadcastId{4711}, {1, 1, 1}); })), Code::not_found);
}

TEST_P(LiveStoreTest, CountsOfAMinuteAreAddedUpAndItsViewersAreTheLastAndTheMost) {
  const BroadcastId id = on_air();
  const auto add = [&](RoomCounts counts) { ASSERT_TRUE(write([&](Tx& tx) { return add_counts(tx, id, counts); })); };
  add({.likes = 3, .enters = 2, .peak_viewers = 9, .viewers = 9, .most_viewers = 9, .at = kNow + 1});
  add({.likes = 4,
       .enters = 1,
       .peak_viewers = 9,
       .viewers = 5,
       .most_viewers = 7,
       .at = kNow + 59'999 - kNow % 60'000});
  add({.likes = 1, .enters = 1, .peak_viewers = 9, .viewers = 6, .most_viewers = 6, .at = kNow + kMinuteMs});
  const auto rows = *read([&](Tx& tx) -> Result<std::vector<std::string>> {
    return tx.all(kMinutes, {id}, [](const db::Row& row) {
      std::string out;
      for (int i = 0; i < 5; ++i) out += std::to_string(row.integer(i)) + " ";
      return out;
    });
  });
  const auto minute = std::to_string(kNow / kMinuteMs), next = std::to_string(kNow / kMinuteMs + 1);
  EXPECT_THAT(rows, ElementsAre(minute + " 3 7 5 9 ", next + " 1 1 6 6 "));
}

TEST_P(LiveStoreTest, TheHallShowsWhatIsOnAirComesNextAndIsOver) {
  const BroadcastId later = scheduled(kNow + 2 * kHourMs), sooner = scheduled(kNow + kHourMs), live = scheduled(),
                    over = scheduled(kNow - kMinuteMs), off = scheduled(kNow + 3 * kHourMs);
  ASSERT_TRUE(start(over));
  ASSERT_TRUE(end(over));
  ASSERT_TRUE(start(live));
  ASSERT_TRUE(write([&](Tx& tx) { return cancel_broadcast(tx, host(), off); }));
  const Hall hall = *read([&](Tx& tx) -> Result<Hall> { return hall_of(tx, brand, now); });
  const auto ids_of = [](const std::vector<Broadcast>& list) {
    std::vector<BroadcastId> out;
    for (const auto& b : list) out.push_back(b.id);
    return out;
  };
  EXPECT_THAT(ids_of(hall.on_air), ElementsAre(live));
  EXPECT_THAT(ids_of(hall.next_up), ElementsAre(sooner, later));
  EXPECT_THAT(ids_of(hall.ended), ElementsAre(over));
  EXPECT_EQ(
      (*read([&](Tx& tx) -> Result<std::optional<Broadcast>> { return next_broadcast_of(tx, agent.store, now); }))->id,
      sooner);
  EXPECT_THAT(
      *read([&](Tx& tx) -> Result<std::vector<Broadcast>> { return broadcasts_of(tx, agent.store, true, {}, 2); }),
      SizeIs(2));
  const Promises promises = *read([&](Tx& tx) -> Result<Promises> { return promises_of(tx, agent.store, now); });
  EXPECT_EQ(promises.due, 2);
  EXPECT_EQ(promises.kept, 2);
  now += 3 * kHourMs;  // two that never started
  const Promises broken = *read([&](Tx& tx) -> Result<Promises> { return promises_of(tx, agent.store, now); });
  EXPECT_EQ(broken.due, 4);
  EXPECT_EQ(broken.kept, 2);
}

TEST_P(LiveStoreTest, ASnapshotShowsTheRoomAsItIs) {
  const BroadcastId id = on_air();
  ASSERT_TRUE(pin(id, products[1]));
  for (int i = 0; i < 25; ++i) ASSERT_TRUE(chat(id, agent.person, "line " + std::to_string(i)));
  DbRoomBackend backend(db());
  const auto snapshot = backend.snapshot(id, now);
  ASSERT_TRUE(snapshot) << snapshot.error().text();
  EXPECT_EQ(get_text(*parse_json(snapshot->broadcast_json), "state"), "live");
  EXPECT_EQ(get_text(*parse_json(snapshot->pin_json), "product_id"), products[1].text());
  const auto shelf = *parse_json(snapshot->shelf_json);
  ASSERT_THAT(shelf.as_array(), SizeIs(3));
  EXPECT_EQ(get_text(shelf.as_array()[0], "title"), "product P0");
  EXPECT_EQ(get_int(shelf.as_array()[0], "price_fen"), 990);
  EXPECT_EQ(get_int(shelf.as_array()[0], "left"), 5);
  EXPECT_EQ(get_int(get_list(shelf.as_array()[0], "skus").at(0), "left"), 5);
  const auto lines = *parse_json(snapshot->chat_json);
  ASSERT_THAT(lines.as_array(), SizeIs(20));
  EXPECT_EQ(get_text(lines.as_array()[0], "text"), "line 5");
  EXPECT_EQ(get_text(lines.as_array()[19], "text"), "line 24");
  EXPECT_THAT(snapshot->chat, SizeIs(20));
  EXPECT_EQ(snapshot->shelf, products);
  EXPECT_GT(snapshot->broadcast.version, 0);
  EXPECT_EQ(code_of(backend.snapshot(BroadcastId{4711}, now)), Code::not_found);
  const BroadcastId off = scheduled();
  ASSERT_TRUE(write([&](Tx& tx) { return cancel_broadcast(tx, host(), off); }));
  EXPECT_EQ(code_of(backend.admit(off, callers.at(agent.person), false, now)), Code::broadcast_state_conflict);
}

// Every route, with what it gives checked against the shape it promises.
TEST_P(LiveStoreTest, RoutesAnswerAsTheySay) {
  const net::Routes routes = live_routes({[](BroadcastId) { return 3; }, {}, {}});
  const PersonId buyer = person("buyer");
  const auto ask = [&](const std::string& id, const Call& call, std::vector<std::pair<std::string, std::string>> params,
                       std::string body = {}) -> Result<json::value> {
    const auto route = std::find_if(routes.begin(), routes.end(), [&](const auto& r) { return r.id == id; });
    if (route == routes.end()) return fail(Code::internal, "no route " + id);
    net::Request request;
    request.params = std::move(params);
    if (route->takes) {
      TRY(request.value, parse_json(body));
      TRY_OK(check_shape(request.value, *route->takes));
    }
    const auto run = [&](Tx& tx) { return route->tx_handler(tx, call, request); };
    TRY(const auto reply, route->run == net::Run::read ? db().read(run) : db().write(run));
    EXPECT_EQ(reply.status, route->success) << id;
    if (!route->gives) return json::value();
    TRY(auto value, parse_json(reply.body));
    const Status shaped = check_shape(value, *route->gives);
    EXPECT_TRUE(shaped) << id << ": " << shaped.error().text() << reply.body;
    return value;
  };
  const std::pair<std::string, std::string> store{"store_id", agent.store.text()};
  const auto made = ask("scheduleBroadcast", host(), {store},
                        R"({"title":"今晚","scheduled_at":")" + format_rfc3339(kNow) + R"(","product_ids":[")" +
                            products[0].text() + R"("]})");
  ASSERT_TRUE(made) << made.error().text();
  const BroadcastId id = *BroadcastId::parse(get_text(*made, "id"));
  const std::pair<std::string, std::string> broadcast{"broadcast_id", id.text()};
  EXPECT_TRUE(ask("renewStreamKey", host(), {broadcast}, "{}"));
  EXPECT_TRUE(ask("reserveBroadcast", as(buyer), {broadcast}));
  EXPECT_TRUE(get_bool(*ask("getBroadcast", as(buyer), {broadcast}), "reserved"));
  EXPECT_TRUE(ask("unreserveBroadcast", as(buyer), {broadcast}));
  EXPECT_EQ(get_text(*ask("startBroadcast", host(), {broadcast}), "state"), "live");
  EXPECT_TRUE(ask("setShelf", host(), {broadcast},
                  R"({"product_ids":[")" + products[1].text() + R"(",")" + products[0].text() + R"("]})"));
  const auto opened = ask("openPin", host(), {broadcast}, R"({"product_id":")" + products[1].text() + R"("})");
  ASSERT_TRUE(opened) << opened.error().text();
  EXPECT_FALSE(has(*opened, "closed_at"));
  const auto shown = ask("getBroadcast", as(buyer), {broadcast});
  EXPECT_EQ(get_text(get_object(*shown, "pin"), "product_id"), products[1].text());
  EXPECT_EQ(get_int(*shown, "viewers"), 3);
  EXPECT_EQ(get_text(*shown, "host_name"), "agent A1");
  EXPECT_TRUE(ask("closePin", host(), {broadcast}));
  EXPECT_THAT(get_list(*ask("listPins", as(buyer), {broadcast}), "items"), SizeIs(1));
  ASSERT_TRUE(chat(id, buyer, "hi"));
  EXPECT_THAT(get_list(*ask("listChat", as(buyer), {broadcast}), "items"), SizeIs(1));
  EXPECT_TRUE(ask("markPerson", host(), {broadcast}, R"({"person_id":")" + buyer.text() + R"(","mark":"muted"})"));
  EXPECT_EQ(code_of(ask("markPerson", host(), {broadcast}, R"({"person_id":")" + buyer.text() + R"(","mark":"x"})")),
            Code::invalid_field);
  EXPECT_THAT(get_list(*ask("listMarks", host(), {broadcast}), "items"), SizeIs(1));
  EXPECT_EQ(get_text(*ask("changeBroadcast", host(), {broadcast}, R"({"title":"另一个"})"), "title"), "另一个");
  EXPECT_TRUE(ask("putNote", host(), {broadcast, {"product_id", products[0].text()}}, R"({"text":"first"})"));
  EXPECT_THAT(get_list(*ask("listNotes", host(), {broadcast}), "items"), SizeIs(1));
  EXPECT_EQ(get_text(*ask("addAssistantByLogin", host(), {store}, R"({"login":"buyer"})"), "person_id"), buyer.text());
  EXPECT_THAT(get_list(*ask("listAssistants", host(), {store}), "items"), SizeIs(1));
  EXPECT_TRUE(ask("addAssistant", host(), {store, {"person_id", buyer.text()}}));
  EXPECT_TRUE(ask("removeAssistant", host(), {store, {"person_id", buyer.text()}}));
  EXPECT_THAT(get_list(*ask("getHall", as(buyer), {{"brand_id", brand.text()}}), "on_air"), SizeIs(1));
  EXPECT_EQ(code_of(ask("getHall", as(buyer), {{"brand_id", BrandId{4711}.text()}})), Code::not_found);
  EXPECT_THAT(get_list(*ask("listBroadcasts", as(buyer), {store}), "items"), SizeIs(1));
  EXPECT_EQ(
      get_int(*ask("recordExposures", as(buyer), {}, R"({"items":[{"kind":"broadcast","id":")" + id.text() + R"("}]})"),
              "counted"),
      1);
  EXPECT_EQ(
      get_int(*ask("recordClicks", as(buyer), {},
                   R"({"items":[{"store_id":")" + StoreId{4711}.text() + R"(","product_id":")" + id.text() + R"("}]})"),
              "counted"),
      0);
  // What the room offers beside its shelf.
  const auto flash = ask(
      "openFlash", host(), {broadcast},
      R"({"price_fen":900,"units":2,"seconds":60,"sku_id":")" +
          read([&](Tx& tx) -> Result<SkuId> { return catalog::skus_of(tx, products[0]).at(0).id; })->text() + "\"}");
  EXPECT_THAT(get_list(*ask("listFlash", as(buyer), {broadcast}), "items"), SizeIs(1));
  EXPECT_TRUE(has(*ask("closeFlash", host(), {{"flash_id", get_text(*flash, "id")}}), "closed_at"));
  const std::string terms =
      R"({"name":"c","off_fen":1,"total":5,"min_spend_fen":100,"ends_at":")" + format_rfc3339(kNow + kDayMs) + "\"}";
  const auto coupon = ask("giveRoomCoupon", host(), {broadcast}, terms);
  EXPECT_EQ(code_of(ask("offerCoupon", host(), {broadcast, {"coupon_id", get_text(*coupon, "id")}})), Code::not_found)
      << "what is given in a room is not offered again";
  EXPECT_THAT(get_list(*ask("listRoomCoupons", as(buyer), {broadcast}), "items"), SizeIs(1));
  const auto bag =
      ask("openLuckyBag", host(), {broadcast}, R"({"title":"b","prize":"p","rule":"tap","winners":1,"seconds":60})");
  const std::pair<std::string, std::string> of_bag = {"bag_id", get_text(*bag, "id")};
  EXPECT_TRUE(ask("enterLuckyBag", as(buyer), {of_bag}));
  EXPECT_EQ(code_of(ask("enterLuckyBag", host(), {of_bag})), Code::forbidden) << "nobody wins their own prize";
  EXPECT_THAT(get_list(*ask("listLuckyBags", as(buyer), {broadcast}), "items"), SizeIs(1));
  EXPECT_FALSE(has(*ask("getLuckyBag", as(buyer), {of_bag}), "seed"));
  EXPECT_FALSE(has(*ask("getLuckyBagProof", as(buyer), {of_bag}), "seed"));
  EXPECT_TRUE(has(*ask("cancelLuckyBag", host(), {of_bag}), "cancelled_at"));
  EXPECT_THAT(get_list(*ask("listHeldChat", host(), {broadcast}), "items"), SizeIs(0));
  for (const char* verb : {"releaseHeldChat", "rejectHeldChat"})
    EXPECT_EQ(code_of(ask(verb, host(), {broadcast, {"chat_id", ChatId{4711}.text()}})), Code::not_found);
  const std::pair<std::string, std::string> product{"product_id", products[0].text()};
  EXPECT_THAT(get_list(*ask("listRoomsSelling", as(buyer), {product}), "items"), SizeIs(1));
  EXPECT_TRUE(has(*ask("takeReminders", as(buyer), {}), "items"));
  EXPECT_EQ(get_text(*ask("endBroadcast", host(), {broadcast}), "state"), "ended");

  // What a rehearsal offers is there for its crew only, and what is clicked in it counts for nothing.
  const auto trial = ask("scheduleBroadcast", host(), {store},
                         R"({"title":"r","audience":"rehearsal","scheduled_at":")" + format_rfc3339(kNow) +
                             R"(","product_ids":[")" + products[0].text() + R"("]})");
  const std::pair<std::string, std::string> of_trial = {"broadcast_id", get_text(*trial, "id")};
  EXPECT_TRUE(ask("startBroadcast", host(), {of_trial}));
  const auto hidden =
      ask("openLuckyBag", host(), {of_trial}, R"({"title":"b","prize":"p","rule":"tap","winners":1,"seconds":60})");
  const std::pair<std::string, std::string> of_hidden = {"bag_id", get_text(*hidden, "id")};
  EXPECT_TRUE(ask("listLuckyBags", host(), {of_trial}));
  for (const char* list : {"listFlash", "listRoomCoupons", "listLuckyBags"})
    EXPECT_EQ(code_of(ask(list, as(buyer), {of_trial})), Code::not_found) << list;
  for (const char* what : {"getLuckyBag", "getLuckyBagProof", "enterLuckyBag"})
    EXPECT_EQ(code_of(ask(what, as(buyer), {of_hidden})), Code::not_found) << what;
  EXPECT_EQ(code_of(ask("enterLuckyBag", host(), {of_hidden})), Code::forbidden) << "nobody wins what they give away";
  EXPECT_EQ(get_int(*ask("recordClicks", as(buyer), {},
                         R"({"items":[{"store_id":")" + store.second + R"(","product_id":")" + products[0].text() +
                             R"(","broadcast_id":")" + of_trial.second + R"("}]})"),
                    "counted"),
            0);
  const auto seen =
      ask("recordExposures", as(buyer), {}, R"({"items":[{"kind":"broadcast","id":")" + of_trial.second + R"("}]})");
  EXPECT_EQ(get_int(*seen, "counted"), 0);
  ASSERT_THAT(get_list(*seen, "left_out"), SizeIs(1));
  EXPECT_EQ(get_text(get_list(*seen, "left_out").front(), "id"), of_trial.second);
  EXPECT_TRUE(ask("endBroadcast", host(), {of_trial}));
  const auto other =
      ask("scheduleBroadcast", host(), {store}, R"({"title":"t","scheduled_at":")" + format_rfc3339(kNow) + R"("})");
  EXPECT_EQ(get_text(*ask("cancelBroadcast", host(), {{"broadcast_id", get_text(*other, "id")}}), "state"),
            "cancelled");
  EXPECT_EQ(routes.size(), 43u);  // all of them were asked
}

const db::Sql kOldShelf{"test.old_shelf",
                        "insert into shelf_items (broadcast_id, product_id, position) values ($1, $2, 1)"};

// A product on few shelves is looked for on them, one on many in the rooms on air; what is told is the same.
TEST_P(LiveStoreTest, RoomsOnAirThatSellAProductAreToldHoweverManyShelvesItStandsOn) {
  const BroadcastId here = on_air();
  const org::Agent other = new_agent("A2");
  const auto there = schedule(as(other.person), kNow, other.store)->broadcast.id;  // not on air yet
  const auto selling = [&] {
    const auto rooms =
        read([&](Tx& tx) -> Result<std::vector<Broadcast>> { return rooms_selling(tx, brand, products[0], 10); });
    std::vector<BroadcastId> out;
    for (const auto& b : *rooms) out.push_back(b.id);
    return out;
  };
  EXPECT_THAT(selling(), ElementsAre(here));
  ASSERT_TRUE(write([&](Tx& tx) -> Status {
    for (std::int64_t old = 1; old <= 1'000; ++old) tx.exec(kOldShelf, {old, products[0]});  // of broadcasts long ended
    return {};
  }));
  EXPECT_THAT(selling(), ElementsAre(here));
  ASSERT_TRUE(write([&](Tx& tx) { return start_broadcast(tx, as(other.person), there); }));
  EXPECT_THAT(selling(), ElementsAre(there, here)) << "equally planned, the newest first";
  ASSERT_TRUE(end(here));
  EXPECT_THAT(selling(), ElementsAre(there));
}

// ——— the whole way: database → outbox → bus → hub → room → viewer, and chat back again

class Watching final : public net::WsConnection {
 public:
  bool send(const net::FramePtr& frame) override {
    const std::scoped_lock lock(mutex_);
    const auto brace = frame->bytes.find('{');
    texts_.push_back(frame->bytes.substr(brace));
    return true;
  }
  void close(int, std::string_view) override {}
  std::size_t queued_bytes() const override { return 0; }
  std::vector<std::string> types() const {
    const std::scoped_lock lock(mutex_);
    std::vector<std::string> out;
    for (const auto& text : texts_) out.push_back(get_text(*parse_json(text), "t"));
    return out;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<std::string> texts_;
};

TEST_P(LiveStoreTest, WhatIsCommittedReachesTheViewersAndWhatTheySayIsCommitted) {
  const PersonId buyer = person("buyer");
  const BroadcastId id = scheduled();
  SimulatedClock clock(kNow);
  Runner home, worker;
  bus::LocalBus bus;
  bus::OutboxRelay relay(db(), bus);
  RoomHub::Deps deps;
  deps.backend = std::make_shared<DbRoomBackend>(db());
  deps.post = [&](std::int64_t, std::function<void()> f) { home.post(std::move(f)); };
  deps.work = [&](std::function<void()> f) {
    worker.post(std::move(f));
    return true;
  };
  deps.clock = &clock;
  deps.ids = &ids;
  deps.random = &random;
  deps.settings = &settings;
  const auto hub = RoomHub::make(std::move(deps));
  bus.subscribe("", [&](const db::Event& event) { hub->on_event(event); });
  ASSERT_TRUE(relay.start());
  const auto at_rest = [&] {
    ASSERT_TRUE(hub->flush());
    ASSERT_TRUE(relay.flush());
    ASSERT_TRUE(hub->flush());
  };
  // Runs f at home and waits for it.
  const auto at_home = [&](const std::function<void()>& f) {
    std::mutex mutex;
    std::condition_variable ran;
    bool done = false;
    home.post([&] {
      f();
      const std::scoped_lock lock(mutex);
      done = true;
      ran.notify_one();
    });
    std::unique_lock lock(mutex);
    ran.wait(lock, [&] { return done; });
  };

  net::Request request;
  request.params.emplace_back("broadcast_id", id.text());
  const auto accepted = hub->accept(request, as(buyer));
  ASSERT_TRUE(accepted) << accepted.error().text();
  const auto viewer = std::make_shared<Watching>();
  at_home([&] { accepted->handler->on_open(viewer); });
  at_rest();
  ASSERT_TRUE(start(id));
  ASSERT_TRUE(pin(id, products[0]));
  at_rest();
  at_home([&] { accepted->handler->on_text(viewer, R"({"t":"chat","text":"想要","ref":1})"); });
  at_rest();
  at_home([&] { accepted->handler->on_text(viewer, R"({"t":"like","n":9})"); });
  ASSERT_TRUE(write([&](Tx& tx) { return mark_person(tx, host(), id, buyer, Mark::muted, 0); }));
  at_rest();
  at_home([&] { accepted->handler->on_text(viewer, R"({"t":"chat","text":"again"})"); });
  at_rest();
  ASSERT_TRUE(end(id));
  at_rest();
  EXPECT_THAT(viewer->types(), ElementsAre("snapshot", "started", "pin.opened", "chat", "said", "muted", "error",
                                           "pin.closed", "ended"));
  at_home([&] { accepted->handler->on_close(viewer); });
  at_rest();
  const Broadcast b = *read([&](Tx& tx) { return find_broadcast(tx, id); });
  EXPECT_EQ(b.likes, 9);
  EXPECT_EQ(b.enters, 1);
  EXPECT_EQ(b.peak_viewers, 1);
  EXPECT_THAT(*read([&](Tx& tx) -> Result<std::vector<ChatLine>> { return chat_of(tx, id, {}, 10); }), SizeIs(1));
  EXPECT_EQ(hub->stats().messages_sent, 6);
  EXPECT_EQ(hub->stats().deliveries, 6);
  EXPECT_EQ(hub->stats().rooms, 0);
  relay.stop();
}

ON_BOTH_ENGINES(LiveStoreTest);

}  // namespace
}  // namespace lianbo::live
