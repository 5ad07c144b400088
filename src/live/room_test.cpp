// Rooms: what each viewer gets, in every order in which things can happen. Everything runs on one thread, through a
// poster and a worker pool that do one step when they are told to; the last test uses real threads.
#include "live/room.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <set>
#include <thread>

#include "base/shape.hpp"
#include "live/hub.hpp"
#include "live/live_events.hpp"
#include "live/offers_service.hpp"
#include "live/test_runner.hpp"

namespace lianbo::live {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr Instant kNoon = 1'794'398'400'000;  // 2026-11-11T12:00:00Z
const BroadcastId kRoom{1001}, kOther{1002}, kThird{1003};
constexpr DurationMs kKeptMs = 30 * kSecondMs;  // so old a snapshot is not given to anybody
const BrandId kBrand{5};
const ProductId kShown{71}, kAlsoShown{72}, kElsewhere{73};

// The payloads of unmasked text frames, one after the other.
std::vector<std::string> payloads_of(const net::Frame& frame) {
  std::vector<std::string> out;
  for (std::size_t from = 0; from < frame.bytes.size();) {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(frame.bytes.at(from + i)); };
    EXPECT_EQ(byte(0), 0x81);
    std::size_t length = byte(1), at = 2;
    if (length == 126) {
      length = static_cast<std::size_t>(byte(2)) << 8 | byte(3);
      at = 4;
    } else if (length == 127) {
      length = 0;
      for (std::size_t i = 2; i < 10; ++i) length = length << 8 | byte(i);
      at = 10;
    }
    EXPECT_LE(from + at + length, frame.bytes.size());
    out.push_back(frame.bytes.substr(from + at, length));
    from += at + length;
  }
  return out;
}

class FakeConnection final : public net::WsConnection {
 public:
  bool send(const net::FramePtr& frame) override {
    if (closed_with != 0) return false;
    if (refuses) {
      closed_with = 1013;
      return false;
    }
    frames.push_back(frame);
    return true;
  }
  void close(int code, std::string_view why) override {
    if (closed_with != 0) return;
    closed_with = code;
    reason = why;
  }
  std::size_t queued_bytes() const override { return unsent; }

  std::vector<json::value> messages() const {
    std::vector<json::value> out;
    for (const auto& frame : frames)
      for (const std::string& payload : payloads_of(*frame)) {
        auto value = parse_json(payload);
        EXPECT_TRUE(value) << payload;
        out.push_back(value ? *value : json::value());
      }
    return out;
  }
  std::vector<json::value> of(std::string_view type) const {
    std::vector<json::value> out;
    for (auto& m : messages())
      if (get_text(m, "t") == type) out.push_back(std::move(m));
    return out;
  }
  std::vector<std::string> types() const {
    std::vector<std::string> out;
    for (const auto& m : messages()) out.push_back(get_text(m, "t"));
    return out;
  }
  json::value last() const { return frames.empty() ? json::value(json::object()) : messages().back(); }

  std::vector<net::FramePtr> frames;
  bool refuses = false;
  std::size_t unsent = 0;
  int closed_with = 0;
  std::string reason;
};
using FakePtr = std::shared_ptr<FakeConnection>;

// A database of one room, in memory.
class FakeBackend final : public RoomBackend {
 public:
  FakeBackend() {
    state.broadcast.id = kRoom;
    state.broadcast.brand = kBrand;
    state.broadcast.state = BroadcastState::live;
    state.broadcast_json = R"({"id":"x"})";
    state.pin_json = "null";
    state.shelf_json = "[]";
    state.chat_json = "[]";
    state.shelf = {kShown, kAlsoShown};
  }
  Status admit(BroadcastId, const Caller&, bool as_crew, Instant) override {
    asked_as_crew = as_crew;
    ++asked;
    return admits;
  }
  Result<RoomSnapshot> snapshot(BroadcastId id, Instant) override {
    ++snapshots;
    if (!readable) return fail(readable.error());
    RoomSnapshot out = state;
    out.broadcast.id = id;
    out.broadcast_json = R"({"id":")" + id.text() + "\"}";
    return out;
  }
  void say(ChatWish wish, Done done) override {
    if (!sayable) return done(sayable);
    wishes.push_back(wish);
    said.push_back(std::move(done));
  }
  void add_counts(BroadcastId id, RoomCounts counts, std::vector<Entered> entered, Done done) override {
    if (!countable) return done(countable);
    flushed.push_back(counts);
    enters[id.value] += counts.enters;
    for (const auto& [person, at] : entered) came.push_back(person);
    if (hold_counts)
      held_counts.push_back(std::move(done));
    else
      done({});
  }

  Result<std::string> board(BroadcastId, Instant) override {
    ++boards_read;
    return board_text;
  }

  Status admits, readable, sayable, countable;
  bool asked_as_crew = false;
  int asked = 0;
  std::map<std::int64_t, std::int64_t> enters;
  std::vector<PersonId> came;
  int boards_read = 0;
  std::string board_text = R"({"n":1})";
  bool hold_counts = false;
  RoomSnapshot state;
  int snapshots = 0;
  std::vector<ChatWish> wishes;
  std::vector<Done> said;
  std::vector<Done> held_counts;
  std::vector<RoomCounts> flushed;
};

class World {
 public:
  explicit World(bool gathers = false, bool knows_idle = false) {
    RoomHub::Deps deps;
    if (gathers)
      deps.later = [this](std::int64_t, std::int64_t ms, std::function<void()> f) {
        later.emplace_back(ms, std::move(f));
      };
    if (knows_idle)
      deps.when_idle = [this](std::int64_t, std::int64_t ms, std::function<void()> f) {
        idle.emplace_back(ms, std::move(f));
      };
    deps.backend = backend;
    deps.post = [this](std::int64_t, std::function<void()> f) { posts.push_back(std::move(f)); };
    deps.work = [this](std::function<void()> f) {
      if (!takes_work) return false;
      works.push_back(std::move(f));
      return true;
    };
    deps.clock = &clock;
    deps.ids = &ids;
    deps.random = &random;
    deps.settings = &settings;
    deps.watched = [this](BroadcastId room, PersonId person, bool came) { watched.emplace_back(room, person, came); };
    deps.beside = [this](BroadcastId, BroadcastId) { return beside; };
    hub = RoomHub::make(std::move(deps));
  }
  ~World() {
    for (auto& [connection, handler] : open) handler->on_close(connection);
    backend->said.clear();
    later.clear();
    idle.clear();
    run_all();
    EXPECT_EQ(hub->stats().rooms, 0);
    EXPECT_EQ(hub->stats().viewers, 0);
    EXPECT_TRUE(hub->flush(0));  // nothing is left under way
  }
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  Result<net::WsAccept> ask(PersonId person, std::string since = {}, BroadcastId room = kRoom, bool crew = false) {
    net::Request request;
    if (crew) request.query.emplace_back("crew", "1");
    request.path = "/api/v1/rooms/" + room.text() + "/ws";
    if (!since.empty()) request.query.emplace_back("since", since);
    Call call;
    call.caller.person = person;
    call.caller.guest = false;
    call.now = clock.now();
    return hub->accept(request, call);
  }
  FakePtr enter(PersonId person, std::string since = {}, BroadcastId room = kRoom, bool crew = false) {
    auto accepted = ask(person, std::move(since), room, crew);
    EXPECT_TRUE(accepted);
    auto connection = std::make_shared<FakeConnection>();
    open.emplace_back(connection, accepted->handler);
    accepted->handler->on_open(connection);
    return connection;
  }
  FakePtr watch(PersonId person, std::string since = {}, BroadcastId room = kRoom) {
    auto connection = enter(person, std::move(since), room);
    run_all();
    return connection;
  }
  FakePtr watch_as_crew(PersonId person) {
    auto connection = enter(person, {}, kRoom, true);
    run_all();
    return connection;
  }
  void say(const FakePtr& connection, std::string_view text) { handler_of(connection)->on_text(connection, text); }
  void leave(const FakePtr& connection) {
    const auto handler = handler_of(connection);
    std::erase_if(open, [&](const auto& entry) { return entry.first == connection; });
    handler->on_close(connection);
  }
  std::shared_ptr<net::WsHandler> handler_of(const FakePtr& connection) {
    for (auto& [c, handler] : open)
      if (c == connection) return handler;
    ADD_FAILURE() << "this connection has been closed";
    return nullptr;
  }
  bool run_post() {
    if (posts.empty()) return false;
    const auto f = std::move(posts.front());
    posts.pop_front();
    f();
    return true;
  }
  bool run_work() {
    if (works.empty()) return false;
    const auto f = std::move(works.front());
    works.pop_front();
    f();
    return true;
  }
  void run_all() {
    while (run_work() || run_post()) {
    }
  }
  void tell(const db::Event& event) {
    hub->on_event(event);
    run_all();
  }
  void tick() {
    hub->tick(clock.now());
    run_all();
  }
  // The thread has nothing else to do.
  void rest() {
    for (auto& [ms, f] : std::exchange(idle, {})) f();
    run_all();
  }
  // The tick is over: what was put off happens.
  void end_tick() {
    for (auto& [ms, f] : std::exchange(later, {})) {
      pass(ms);
      f();
    }
    run_all();
  }
  void pass(DurationMs ms) { clock.advance_to(clock.now() + ms); }

  db::Event event(std::string topic, std::string payload, std::int64_t key = kRoom.value) {
    db::Event e;
    e.id = EventId{++last_event};
    e.brand = kBrand;
    e.topic = std::move(topic);
    e.key = key;
    e.payload = std::move(payload);
    return e;
  }
  db::Event stock(ProductId product, int left) {
    return event("stock.changed", R"({"product_id":")" + product.text() + R"(","left":)" + std::to_string(left) + "}",
                 product.value);
  }
  // What the chat's write transaction leads to, once it is committed.
  void commit_chat(std::size_t i) {
    const ChatWish& wish = backend->wishes.at(i);
    ChatLine line{wish.id, wish.person, "name", wish.text, 0, wish.now};
    Broadcast b;
    b.id = wish.broadcast;
    hub->on_event(chat_event(b, line));
    backend->said.at(i)({});
    backend->said.at(i) = {};
    run_all();
  }

  SimulatedClock clock{kNoon};
  IdMaker ids;
  SeededRandom random{7};
  Settings settings;
  std::shared_ptr<FakeBackend> backend = std::make_shared<FakeBackend>();
  std::deque<std::function<void()>> posts, works;
  std::vector<std::pair<std::int64_t, std::function<void()>>> later, idle;
  bool takes_work = true, beside = true;
  std::vector<std::tuple<BroadcastId, PersonId, bool>> watched;
  std::int64_t last_event = 0;
  std::vector<std::pair<FakePtr, std::shared_ptr<net::WsHandler>>> open;
  std::shared_ptr<RoomHub> hub;
};

std::int64_t seq_of(const json::value& message) { return get_int(message, "seq", -1); }
std::string since(const FakePtr& connection) {
  const auto snapshots = connection->of("snapshot");
  const auto messages = connection->messages();
  return get_text(snapshots.at(0), "epoch") + "." + std::to_string(seq_of(messages.back()));
}

std::string go_to(BroadcastId room, std::string_view more = {}) {
  return R"({"t":"go","room":")" + room.text() + R"(","ref":"r")" + std::string(more) + "}";
}

// Each message with a number is the next one of the room that the last snapshot or "resumed" opened. What it ended at:
// the epoch, and the number.
std::pair<std::string, std::int64_t> read_whole(const FakePtr& connection) {
  std::pair<std::string, std::int64_t> at{"", -1};
  for (const auto& message : connection->messages()) {
    const std::string type = get_text(message, "t");
    if (type == "snapshot" || type == "resumed") {
      at = {get_text(message, "epoch"), seq_of(message)};
    } else if (type == "left") {
      at = {"", -1};
    } else if (has(message, "seq") && type != "said") {
      EXPECT_FALSE(at.first.empty()) << type << " in no room";
      EXPECT_EQ(seq_of(message), at.second + 1) << type;
      at.second = seq_of(message);
    }
  }
  return at;
}

// ——— joining

TEST(Room, GivesTheSnapshotFirstAndThenWhatHappens) {
  World world;
  world.backend->state.broadcast.likes = 40;
  world.backend->state.pin_json = R"({"id":"p"})";
  const auto viewer = world.watch(PersonId{1});
  const json::value snapshot = viewer->last();
  EXPECT_EQ(get_text(snapshot, "t"), "snapshot");
  EXPECT_EQ(seq_of(snapshot), 0);
  EXPECT_FALSE(get_text(snapshot, "epoch").empty());
  EXPECT_EQ(get_text(get_object(snapshot, "pin"), "id"), "p");
  EXPECT_EQ(get_int(get_object(snapshot, "counts"), "viewers"), 1);
  EXPECT_EQ(get_int(get_object(snapshot, "counts"), "likes"), 40);
  for (const char* name : {"broadcast", "shelf", "chat"}) EXPECT_TRUE(has(snapshot, name)) << name;

  world.tell(world.event(kPinOpened, R"({"version":1,"pin":{"id":"q"}})"));
  EXPECT_EQ(get_text(viewer->last(), "t"), "pin.opened");
  EXPECT_EQ(seq_of(viewer->last()), 1);
  EXPECT_EQ(get_text(get_object(viewer->last(), "pin"), "id"), "q");
  const RoomStats stats = world.hub->stats();
  EXPECT_EQ(stats.messages_sent, 1);
  EXPECT_EQ(stats.deliveries, 1);
  EXPECT_EQ(stats.joins, 1);
}

TEST(Room, EncodesOneMessageOnceForEverybody) {
  World world;
  std::vector<FakePtr> viewers;
  for (int i = 1; i <= 5; ++i) viewers.push_back(world.watch(PersonId{i}));
  world.tell(world.stock(kShown, 3));
  for (const auto& viewer : viewers) EXPECT_EQ(viewer->frames.back(), viewers[0]->frames.back());
  EXPECT_EQ(world.hub->stats().deliveries, 5);
}

TEST(Room, AMessageAfterAQuietMomentGoesAtOnceAndThoseOfOneTickInOneSend) {
  World world(true);
  const auto a = world.watch(PersonId{1}), b = world.watch(PersonId{2});
  world.tell(world.stock(kShown, 9));
  EXPECT_EQ(seq_of(a->last()), 1);
  const std::size_t sends = a->frames.size();
  for (int left = 8; left > 3; --left) world.tell(world.stock(kShown, left));
  EXPECT_EQ(a->frames.size(), sends);
  ASSERT_THAT(world.later, SizeIs(1));
  world.end_tick();
  EXPECT_EQ(a->frames.size(), sends + 1);
  EXPECT_EQ(a->frames.back(), b->frames.back());
  std::vector<std::int64_t> numbers;
  for (const auto& m : a->of("stock")) numbers.push_back(seq_of(m));
  EXPECT_THAT(numbers, ElementsAre(1, 2, 3, 4, 5, 6));
  EXPECT_EQ(world.hub->stats().messages_sent, 6);
  EXPECT_EQ(world.hub->stats().deliveries, 12);
  world.pass(60'000);
  world.tell(world.stock(kShown, 2));
  EXPECT_EQ(seq_of(b->last()), 7);
  EXPECT_THAT(world.later, IsEmpty());
}

TEST(Room, WhatComesWithOneBatchOfEventsGoesInOneSend) {
  World world(true);
  const auto viewer = world.watch(PersonId{1});
  const std::size_t sends = viewer->frames.size();
  for (int left = 9; left > 4; --left) world.hub->on_event(world.stock(kShown, left));
  world.run_all();
  EXPECT_EQ(viewer->frames.size(), sends + 1);
  EXPECT_THAT(viewer->of("stock"), SizeIs(5));
}

TEST(Room, OneMessageAfterTheOtherWaitsForAnIdleThreadOnlyAndACrowdForItsTick) {
  World world(true, true);
  const auto viewer = world.watch(PersonId{1});
  int left = 1000;
  const auto tell = [&] { world.tell(world.stock(kShown, --left)); };
  const auto told = [&] { return viewer->of("stock").size(); };
  for (std::size_t n = 1; n <= 5; ++n) {
    tell();
    world.rest();
    EXPECT_EQ(told(), n);
    EXPECT_THAT(world.later, IsEmpty());
  }
  // Two before the thread comes to rest: the tick begins, and lasts as long as each of them has several.
  tell();
  ASSERT_THAT(world.idle, SizeIs(1));
  EXPECT_GT(world.idle[0].first, 0) << "if the thread never rests, at the end of the tick";
  EXPECT_LE(world.idle[0].first, 50);
  tell();
  world.rest();
  EXPECT_EQ(told(), 5U);
  world.end_tick();
  EXPECT_EQ(told(), 7U);
  tell();
  EXPECT_THAT(world.idle, IsEmpty());
  world.end_tick();
  EXPECT_EQ(told(), 8U);
  tell();
  world.rest();
  EXPECT_EQ(told(), 9U) << "the last tick had one: the crowd is over";
}

TEST(Room, WhoComesInWithinATickMissesNothingAndGetsNothingTwice) {
  World world(true);
  const auto first = world.watch(PersonId{1});
  world.tell(world.stock(kShown, 9));
  world.tell(world.stock(kShown, 8));  // waits for its tick
  const auto fresh = world.watch(PersonId{2});
  const auto back = world.watch(PersonId{3}, get_text(first->of("snapshot").at(0), "epoch") + ".1");
  world.tell(world.stock(kShown, 7));
  const auto slow = world.enter(PersonId{4});  // its snapshot is not read before the tick is over
  std::exchange(world.later, {}).at(0).second();
  world.run_all();
  world.tell(world.stock(kShown, 6));
  world.end_tick();
  const auto numbers = [](const FakePtr& viewer) {
    std::vector<std::int64_t> out;
    for (const auto& m : viewer->of("stock")) out.push_back(seq_of(m));
    return out;
  };
  EXPECT_THAT(numbers(first), ElementsAre(1, 2, 3, 4));
  EXPECT_THAT(numbers(back), ElementsAre(2, 3, 4));
  for (const auto& viewer : {fresh, slow}) {
    std::vector<std::int64_t> expected;
    for (std::int64_t n = seq_of(viewer->of("snapshot").at(0)) + 1; n <= 4; ++n) expected.push_back(n);
    EXPECT_EQ(numbers(viewer), expected);
  }
}

TEST(Room, ManyMessagesDoNotWaitForTheEndOfTheTick) {
  World world(true);
  const auto viewer = world.watch(PersonId{1});
  for (int i = 0; i < 200; ++i) world.tell(world.stock(kShown, 1000 - i));
  EXPECT_GE(viewer->of("stock").size(), 100U);
  EXPECT_LE(viewer->frames.size(), 10U);
  world.end_tick();
  EXPECT_EQ(viewer->of("stock").size(), 200U);
}

TEST(Room, ALineWaitsForItsTickAndTheSenderIsToldAfterIt) {
  World world(true);
  const auto viewer = world.watch(PersonId{1});
  world.tell(world.stock(kShown, 9));
  world.say(viewer, R"({"t":"chat","text":"hello","ref":1})");
  world.commit_chat(0);
  EXPECT_THAT(viewer->of("said"), IsEmpty());
  world.end_tick();
  const auto types = viewer->types();
  ASSERT_GE(types.size(), 2U);
  EXPECT_EQ(types[types.size() - 2], "chat");
  EXPECT_EQ(types.back(), "said");
}

TEST(Room, WhatWaitsIsToldBeforeTheRoomSaysGoodbye) {
  World world(true);
  const auto viewer = world.watch(PersonId{1});
  world.tell(world.stock(kShown, 9));
  world.tell(world.stock(kShown, 8));
  world.hub->stop();
  world.run_all();
  EXPECT_EQ(seq_of(viewer->of("stock").back()), 2);
  EXPECT_EQ(viewer->types().back(), "reconnect");
}

TEST(Room, ReadsOneSnapshotForAllWhoWaitAndNoneWhileNothingHappened) {
  World world;
  std::vector<FakePtr> viewers;
  for (int i = 1; i <= 5; ++i) viewers.push_back(world.enter(PersonId{i}));
  world.run_all();
  EXPECT_EQ(world.backend->snapshots, 1);
  for (const auto& viewer : viewers) EXPECT_THAT(viewer->types(), ElementsAre("snapshot"));
  EXPECT_THAT(world.watch(PersonId{6})->types(), ElementsAre("snapshot"));
  EXPECT_EQ(world.backend->snapshots, 1);
  world.tell(world.stock(kShown, 3));
  EXPECT_THAT(world.watch(PersonId{7})->types(), ElementsAre("snapshot", "stock"));
  EXPECT_EQ(world.backend->snapshots, 1) << "what was told since comes from the ring";
  world.pass(kKeptMs);
  world.watch(PersonId{8});
  EXPECT_EQ(world.backend->snapshots, 2) << "time passed";
  for (int i = 0; i <= world.settings.room_history; ++i) world.tell(world.stock(kShown, i));
  EXPECT_THAT(world.watch(PersonId{9})->types(), ElementsAre("snapshot"));
  EXPECT_EQ(world.backend->snapshots, 3) << "the ring has lost what came after it";
}

// Every order in which three events can be committed and told while a viewer joins: reading and answering on a worker,
// entering and everything else at home. What happens is driven by a list of choices; all lists are tried.
class Interleaving {
 public:
  // kinds: c(hat), p(in), o(rder): the three ways in which a snapshot tells what it contains.
  // kept: who watches came just now, and the snapshot they got is still good.
  Interleaving(std::string kinds, bool somebody_watches, bool kept = false)
      : kinds_(std::move(kinds)), watched_(somebody_watches), kept_(kept) {}

  int run_all() {
    int runs = 0;
    std::vector<int> choices;  // taken so far, one per step
    do {
      options_.clear();
      run(choices);
      ++runs;
      // The next list: the last choice that has another option takes it.
      choices = taken_;
      while (!choices.empty() && choices.back() + 1 == options_[choices.size() - 1]) choices.pop_back();
      if (!choices.empty()) ++choices.back();
    } while (!choices.empty() && !::testing::Test::HasFailure());
    return runs;
  }

 private:
  void run(const std::vector<int>& choices) {
    World world;
    taken_.clear();
    FakePtr other = watched_ ? world.watch(PersonId{99}) : nullptr;
    if (!kept_) world.pass(kKeptMs);
    auto accepted = world.ask(PersonId{1});
    const auto viewer = std::make_shared<FakeConnection>();
    std::vector<db::Event> events;
    std::string story;
    std::size_t committed = 0, told = 0, contained = 0, told_before_entering = 0;
    std::size_t base = 0;  // the room's number when the viewer enters
    bool entered = false;
    while (true) {
      // c: the next event is committed; t: the bus hands it on; e: the viewer enters; w: the worker reads the snapshot;
      // h: the home thread does the next thing that was posted to it.
      std::string can;
      if (committed < kinds_.size()) can += 'c';
      if (told < committed) can += 't';
      if (!entered) can += 'e';
      if (!world.works.empty()) can += 'w';
      if (!world.posts.empty()) can += 'h';
      if (can.empty()) break;
      const int choice = taken_.size() < choices.size() ? choices[taken_.size()] : 0;
      taken_.push_back(choice);
      options_.push_back(static_cast<int>(can.size()));
      const char step = can[static_cast<std::size_t>(choice)];
      story += step;
      switch (step) {
        case 'c':
          events.push_back(commit(world, committed++));
          break;
        case 't':
          world.hub->on_event(events[told++]);
          break;
        case 'e':
          accepted->handler->on_open(viewer);
          world.open.emplace_back(viewer, accepted->handler);
          entered = true;
          told_before_entering = told;
          if (other) base = other->frames.size() - 1;
          break;
        case 'w':
          contained = committed;
          world.run_work();
          break;
        default:
          world.run_post();
      }
    }
    check(*viewer, events, contained, watched_ ? 0 : told_before_entering, base, story);
    if (other) check(*other, events, 0, 0, 0, story + " (who watched before)");
  }

  db::Event commit(World& world, std::size_t i) {
    const char kind = kinds_[i];
    RoomSnapshot& state = world.backend->state;
    if (kind == 'c') {
      const ChatLine line{ChatId{500 + static_cast<std::int64_t>(i)}, PersonId{9}, "n", "hi", 0, kNoon};
      state.chat.push_back(line.id);
      return chat_event(state.broadcast, line);
    }
    if (kind == 'p') {
      ++state.broadcast.version;
      return world.event(kPinOpened, R"({"version":)" + std::to_string(state.broadcast.version) + R"(,"pin":{}})");
    }
    return world.event("order.paid",
                       R"({"broadcast_id":")" + kRoom.text() + R"(","who":"张三","product":"T","qty":1})");
  }

  // contained: how many of the events the database had when the snapshot was read. unheard: how many were told while no
  // room was there to hear them, so that they have no number.
  static void check(const FakeConnection& viewer, const std::vector<db::Event>& events, std::size_t contained,
                    std::size_t unheard, std::size_t base, const std::string& story) {
    SCOPED_TRACE(story);
    const auto messages = viewer.messages();
    ASSERT_FALSE(messages.empty());
    ASSERT_EQ(get_text(messages[0], "t"), "snapshot");
    const std::int64_t seq = seq_of(messages[0]);
    // Numbers up to the snapshot's are in it: the database had them.
    ASSERT_LE(unheard + static_cast<std::size_t>(seq), contained);
    // An order is in no snapshot: one told after the viewer entered must have been told to it.
    for (std::size_t n = base + 1; n <= static_cast<std::size_t>(seq); ++n)
      ASSERT_NE(events[unheard + n - 1].topic, "order.paid");
    // All later ones come once, in order, without a gap, to the last.
    std::int64_t expected = seq;
    for (std::size_t i = 1; i < messages.size(); ++i) ASSERT_EQ(seq_of(messages[i]), ++expected);
    ASSERT_EQ(unheard + static_cast<std::size_t>(expected), events.size());
    for (std::size_t i = 1; i < messages.size(); ++i) {
      const db::Event& event = events[unheard + static_cast<std::size_t>(seq) + i - 1];
      const std::string type = get_text(messages[i], "t");
      ASSERT_EQ(type, event.topic == kChatSaid ? "chat" : event.topic == "order.paid" ? "order" : event.topic);
      if (type == "chat") {
        ASSERT_EQ(get_text(messages[i], "id"), event.id.text());
      }
    }
  }

  const std::string kinds_;
  const bool watched_, kept_;
  std::vector<int> taken_, options_;
};

TEST(Room, GivesEachMessageExactlyOnceAndInOrderInEveryInterleavingOfAJoin) {
  for (const bool watched : {false, true})
    for (const char* kinds : {"ccc", "ppp", "ooo", "cpo", "ocp"}) {
      SCOPED_TRACE(kinds);
      EXPECT_GT(Interleaving(kinds, watched).run_all(), 1000);
      if (watched) {
        EXPECT_GT(Interleaving(kinds, watched, true).run_all(), 100) << "with the snapshot that was kept";
      }
    }
}

TEST(Room, DoesNotTellAgainWhatTheSnapshotContains) {
  World world;
  const auto first = world.watch(PersonId{1});
  world.pass(kKeptMs);
  const auto second = world.enter(PersonId{2});
  // Committed, and told, before the worker gets to read: the snapshot has all three.
  world.backend->state.chat = {ChatId{501}};
  world.backend->state.broadcast.version = 1;
  Broadcast b;
  b.id = kRoom;
  world.hub->on_event(chat_event(b, ChatLine{ChatId{501}, PersonId{9}, "n", "hi", 0, kNoon}));
  world.hub->on_event(world.event(kPinOpened, R"({"version":1,"pin":{}})"));
  while (world.run_post()) {
  }
  world.hub->on_event(world.event(kPinClosed, R"({"version":2,"pin":{}})"));
  world.run_all();
  EXPECT_THAT(first->types(), ElementsAre("snapshot", "chat", "pin.opened", "pin.closed"));
  EXPECT_THAT(second->types(), ElementsAre("snapshot", "pin.closed"));
  EXPECT_EQ(seq_of(second->messages()[0]), 2);
  EXPECT_EQ(seq_of(second->messages()[1]), 3);
}

TEST(Room, TellsAnEventOnceThoughItComesTwice) {
  World world;
  const auto viewer = world.watch(PersonId{1});
  const db::Event pin = world.event(kPinOpened, R"({"version":1,"pin":{}})");
  world.tell(pin);
  world.tell(pin);
  EXPECT_THAT(viewer->types(), ElementsAre("snapshot", "pin.opened"));
  EXPECT_EQ(world.hub->stats().messages_sent, 1);
}

TEST(Room, ReadsTheSnapshotAgainWhenTheRingHasOverflowedMeanwhile) {
  World world;
  world.settings.room_history = 16;
  world.watch(PersonId{1});
  world.pass(kKeptMs);
  const auto viewer = world.enter(PersonId{2});
  for (int i = 0; i < 17; ++i) world.hub->on_event(world.stock(kShown, i));
  while (world.run_post()) {
  }
  world.run_all();
  EXPECT_EQ(world.backend->snapshots, 3);
  EXPECT_THAT(viewer->types(), ElementsAre("snapshot"));
  EXPECT_EQ(seq_of(viewer->last()), 17);
}

TEST(Room, SendsAwayWhoCantCatchUpWithABusyRoom) {
  World world;
  world.settings.room_history = 16;
  world.watch(PersonId{1});
  world.pass(kKeptMs);
  const auto viewer = world.enter(PersonId{2});
  for (int round = 0; round < 4; ++round) {
    for (int i = 0; i < 17; ++i) world.hub->on_event(world.stock(kShown, i));
    while (world.run_post()) {
    }
    world.run_work();
    world.run_post();
  }
  EXPECT_THAT(viewer->types(), ElementsAre("error"));
  EXPECT_EQ(viewer->closed_with, 1013);
}

TEST(Room, SendsAwayWhoWaitsWhenTheSnapshotCantBeRead) {
  for (const bool queue_full : {false, true}) {
    World world;
    world.takes_work = !queue_full;
    if (!queue_full) world.backend->readable = fail(Code::database_busy);
    const auto viewer = world.watch(PersonId{1});
    EXPECT_EQ(get_text(viewer->last(), "name"), queue_full ? "overloaded" : "database_busy");
    EXPECT_EQ(viewer->closed_with, 1013);
  }
}

// ——— resuming

TEST(Room, ResumesWithExactlyWhatWasMissed) {
  World world;
  const auto stays = world.watch(PersonId{1});
  const auto goes = world.watch(PersonId{2});
  world.tell(world.stock(kShown, 5));
  const std::string from = since(goes);
  world.leave(goes);
  world.tell(world.stock(kShown, 4));
  world.tell(world.stock(kShown, 3));
  const int reads = world.backend->snapshots;
  const auto back = world.watch(PersonId{2}, from);
  EXPECT_THAT(back->types(), ElementsAre("resumed", "stock", "stock"));
  EXPECT_EQ(seq_of(back->messages()[0]), 1);
  EXPECT_EQ(seq_of(back->messages()[1]), 2);
  EXPECT_EQ(seq_of(back->messages()[2]), 3);
  world.tell(world.stock(kShown, 2));
  EXPECT_EQ(seq_of(back->last()), 4);
  EXPECT_EQ(world.backend->snapshots, reads);
  EXPECT_EQ(world.hub->stats().resumes, 1);
  // Nothing missed at all.
  EXPECT_THAT(world.watch(PersonId{3}, since(stays))->types(), ElementsAre("resumed"));
}

TEST(Room, GivesASnapshotToWhoCantBeResumed) {
  World world;
  world.settings.room_history = 16;
  const auto stays = world.watch(PersonId{1});
  const std::string epoch = get_text(stays->last(), "epoch");
  for (int i = 0; i < 20; ++i) world.tell(world.stock(kShown, i));
  EXPECT_THAT(world.watch(PersonId{2}, epoch + ".4")->types().front(), "resumed");  // 5 … 20 are 16 messages
  for (const std::string& from : {epoch + ".3", epoch + ".21", epoch + ".-1", epoch + ".", epoch + ".1x", epoch,
                                  std::string("other.5"), std::string("."), std::string(".5")}) {
    SCOPED_TRACE(from);
    EXPECT_THAT(world.watch(PersonId{3}, from)->types(), ElementsAre("snapshot"));
  }
}

TEST(Room, DoesNotResumeFromAnEarlierLifeOfTheRoom) {
  World world;
  const auto first = world.watch(PersonId{1});
  const std::string from = since(first);
  world.leave(first);
  world.run_all();
  EXPECT_EQ(world.hub->stats().rooms, 0);
  EXPECT_THAT(world.watch(PersonId{1}, from)->types(), ElementsAre("snapshot"));
}

// ——— limits

TEST(Room, CutsOffASlowViewerAndSparesTheOthers) {
  World world;
  const auto quick = world.watch(PersonId{1});
  const auto slow = world.watch(PersonId{2});
  const auto also_quick = world.watch(PersonId{3});
  slow->refuses = true;
  world.tell(world.stock(kShown, 5));
  world.tell(world.stock(kShown, 4));
  EXPECT_THAT(quick->of("stock"), SizeIs(2));
  EXPECT_THAT(also_quick->of("stock"), SizeIs(2));
  EXPECT_THAT(slow->of("stock"), IsEmpty());
  EXPECT_EQ(world.hub->stats().cut, 1);
  EXPECT_EQ(world.hub->stats().deliveries, 4);
}

// The connection ends within the send itself: the room must survive it in the middle of a walk.
TEST(Room, BearsViewersThatLeaveWhileTheyAreSentTo) {
  class Leaving final : public net::WsConnection, public std::enable_shared_from_this<Leaving> {
   public:
    bool send(const net::FramePtr&) override {
      if (left) return false;
      left = true;
      handler->on_close(shared_from_this());
      return false;
    }
    void close(int, std::string_view) override {}
    std::size_t queued_bytes() const override { return 0; }
    std::shared_ptr<net::WsHandler> handler;
    bool left = false;
  };
  World world;
  const auto enter = [&](PersonId person) {
    auto accepted = world.ask(person);
    auto connection = std::make_shared<Leaving>();
    connection->handler = accepted->handler;
    accepted->handler->on_open(connection);
    return connection;
  };
  const auto a = enter(PersonId{1}), b = enter(PersonId{2});
  const auto stays = world.watch(PersonId{3});
  EXPECT_TRUE(a->left && b->left);
  EXPECT_EQ(world.hub->viewers_of(kRoom), 1);
  world.tell(world.stock(kShown, 5));
  EXPECT_THAT(stays->types(), ElementsAre("snapshot", "stock"));
  world.leave(stays);
  const auto alone = enter(PersonId{4});
  world.run_all();
  EXPECT_TRUE(alone->left);
  EXPECT_EQ(world.hub->stats().rooms, 0);
}

TEST(Room, DropsCountersForWhoHasUnsentBytesButNothingElse) {
  World world;
  const auto behind = world.watch(PersonId{1});
  behind->unsent = 100;
  world.tick();
  world.tell(world.stock(kShown, 5));
  EXPECT_THAT(behind->types(), ElementsAre("snapshot", "stock"));
  EXPECT_EQ(world.hub->stats().dropped, 1);
}

TEST(Room, RefusesMoreViewersThanTheLimit) {
  World world;
  world.settings.room_viewers = 2;
  const auto late = world.ask(PersonId{3});  // asked while there was room
  world.watch(PersonId{1});
  const auto second = world.watch(PersonId{2});
  const auto refused = world.ask(PersonId{4});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::room_full);
  const auto connection = std::make_shared<FakeConnection>();
  late->handler->on_open(connection);
  EXPECT_EQ(get_text(connection->last(), "name"), "room_full");
  EXPECT_EQ(connection->closed_with, 1013);
  late->handler->on_close(connection);
  EXPECT_EQ(world.hub->viewers_of(kRoom), 2);
  EXPECT_EQ(world.hub->stats().full, 2);
  world.leave(second);
  EXPECT_TRUE(world.ask(PersonId{4}));
}

TEST(Room, ExistsOnlyWhileSomebodyWatches) {
  World world;
  world.hub->on_event(world.stock(kShown, 1));
  world.hub->on_event(world.event(kPinOpened, R"({"version":1,"pin":{}})"));
  world.hub->tick(kNoon);
  EXPECT_THAT(world.posts, IsEmpty());  // costs nothing
  const auto viewer = world.watch(PersonId{1});
  EXPECT_EQ(world.hub->stats().rooms, 1);
  EXPECT_EQ(world.hub->viewers_of(kRoom), 1);
  world.leave(viewer);
  world.run_all();
  EXPECT_EQ(world.hub->stats().rooms, 0);
  EXPECT_EQ(world.hub->viewers_of(kRoom), 0);
  world.hub->on_event(world.stock(kShown, 1));
  EXPECT_THAT(world.posts, IsEmpty());
}

TEST(Room, AnswersWhatItCantTakeWithAnErrorAndClosesWhoGoesOn) {
  World world;
  const auto viewer = world.watch(PersonId{1});
  struct Row {
    std::string text, name, where;
  };
  for (const Row& row :
       {Row{"hello", "malformed_json", "byte 0"}, Row{"[]", "bad_request", ""},
        Row{R"({"t":"dance"})", "bad_request", "/t"}, Row{R"({})", "bad_request", "/t"},
        Row{"{\"t\":\"chat\",\"text\":\"\xff\"}", "invalid_utf8", ""}, Row{R"({"t":"chat"})", "invalid_field", "/text"},
        Row{R"({"t":"chat","text":5})", "invalid_field", "/text"},
        Row{R"({"t":"chat","text":""})", "invalid_field", "/text"},
        Row{R"({"t":"chat","text":")" + std::string(201, 'a') + R"("})", "invalid_field", "/text"},
        Row{R"({"t":"chat","text":"a","ref":{}})", "invalid_field", "/ref"},
        Row{R"({"t":"like","n":0})", "invalid_field", "/n"}, Row{R"({"t":"like","n":51})", "invalid_field", "/n"},
        Row{R"({"t":"like","n":"2"})", "invalid_field", "/n"}, Row{R"({"t":"ping","id":[]})", "invalid_field", "/id"},
        Row{R"({"t":"ping","id":")" + std::string(5000, 'a') + R"("})", "body_too_large", ""}}) {
    SCOPED_TRACE(row.text.substr(0, 60));
    world.say(viewer, row.text);
    EXPECT_EQ(get_text(viewer->last(), "t"), "error");
    EXPECT_EQ(get_text(viewer->last(), "name"), row.name);
    EXPECT_EQ(get_text(viewer->last(), "where"), row.where);
  }
  EXPECT_EQ(viewer->closed_with, 0);
  for (int i = 0; i < 50; ++i) world.say(viewer, "{}");
  EXPECT_EQ(viewer->closed_with, 1008);
  EXPECT_EQ(world.hub->stats().bad_messages, 50);
  EXPECT_THAT(world.backend->wishes, IsEmpty());
}

TEST(Room, AnswersPings) {
  World world;
  const auto viewer = world.watch(PersonId{1});
  world.say(viewer, R"({"t":"ping","id":17})");
  EXPECT_EQ(get_int(viewer->last(), "id"), 17);
  world.say(viewer, R"({"t":"ping","id":"a\"b"})");
  EXPECT_EQ(get_text(viewer->last(), "id"), "a\"b");
  EXPECT_EQ(get_text(viewer->last(), "t"), "pong");
}

// ——— chat

TEST(RoomChat, IsWrittenFirstAndThenToldToEverybodyAndItsSender) {
  World world;
  const auto sender = world.watch(PersonId{1}), other = world.watch(PersonId{2});
  world.say(sender, R"({"t":"chat","text":"好看","ref":"r1"})");
  world.run_all();
  ASSERT_THAT(world.backend->wishes, SizeIs(1));
  EXPECT_EQ(world.backend->wishes[0].text, "好看");
  EXPECT_EQ(world.backend->wishes[0].person, PersonId{1});
  EXPECT_EQ(world.backend->wishes[0].broadcast, kRoom);
  EXPECT_THAT(other->of("chat"), IsEmpty());  // not committed yet
  world.commit_chat(0);
  ASSERT_THAT(other->of("chat"), SizeIs(1));
  EXPECT_EQ(get_text(other->last(), "text"), "好看");
  EXPECT_THAT(other->of("said"), IsEmpty());
  EXPECT_THAT(sender->types(), ElementsAre("snapshot", "chat", "said"));
  EXPECT_EQ(get_text(sender->last(), "ref"), "r1");
  EXPECT_EQ(seq_of(sender->last()), seq_of(other->last()));
  EXPECT_FALSE(has(sender->of("chat")[0], "ref"));
}

TEST(RoomChat, TellsTheSenderWhenItWasRefused) {
  for (const Code code : {Code::muted, Code::overloaded, Code::broadcast_state_conflict}) {
    World world;
    const auto sender = world.watch(PersonId{1}), other = world.watch(PersonId{2});
    world.backend->sayable = fail(code, "because");
    world.say(sender, R"({"t":"chat","text":"hi","ref":7})");
    world.run_all();
    EXPECT_EQ(get_text(sender->last(), "name"), info(code).name);
    EXPECT_EQ(get_int(sender->last(), "ref"), 7);
    EXPECT_THAT(other->types(), ElementsAre("snapshot"));
    EXPECT_EQ(world.hub->stats().chats_refused, 1);
  }
}

TEST(RoomChat, Is10LinesIn10SecondsPerPersonWhereverTheySit) {
  World world;
  const auto phone = world.watch(PersonId{1}), desk = world.watch(PersonId{1}), other = world.watch(PersonId{2});
  const auto refused = [&](const FakePtr& connection) {
    const std::size_t before = world.backend->wishes.size();
    world.say(connection, R"({"t":"chat","text":"hi"})");
    world.run_all();
    if (world.backend->wishes.size() > before) return false;
    EXPECT_EQ(get_text(connection->last(), "name"), "too_many_requests");
    return true;
  };
  for (int i = 0; i < 5; ++i) EXPECT_FALSE(refused(phone));
  world.pass(1);
  for (int i = 0; i < 5; ++i) EXPECT_FALSE(refused(desk));
  EXPECT_TRUE(refused(phone));
  EXPECT_TRUE(refused(desk));
  EXPECT_FALSE(refused(other));
  world.pass(10 * kSecondMs - 2);
  EXPECT_TRUE(refused(phone));
  world.pass(1);  // the first five are 10 s old now
  for (int i = 0; i < 5; ++i) EXPECT_FALSE(refused(phone));
  EXPECT_TRUE(refused(phone));
}

TEST(RoomChat, OfWhoHasLeftIsToldAllTheSame) {
  World world;
  const auto sender = world.watch(PersonId{1}), other = world.watch(PersonId{2});
  world.say(sender, R"({"t":"chat","text":"bye"})");
  world.leave(sender);
  world.commit_chat(0);
  EXPECT_THAT(other->types(), ElementsAre("snapshot", "chat"));
}

// ——— marks

std::string mark_payload(PersonId person, const char* mark, const char* until = "null") {
  return R"({"version":1,"person_id":")" + person.text() + R"(","mark":")" + mark + R"(","until_at":)" + until + "}";
}

TEST(RoomChat, ALineThatIsHeldIsToldToItsSenderAndToTheCrewAlone) {
  World world;
  const auto sender = world.watch(PersonId{1}), other = world.watch(PersonId{2});
  const auto crew = world.watch_as_crew(PersonId{3});
  world.say(sender, R"({"t":"chat","text":"a bad word","ref":"r1"})");
  const ChatWish wish = world.backend->wishes.at(0);
  HeldLine line;
  line.id = wish.id;
  line.broadcast = kRoom;
  line.person = wish.person;
  line.text = wish.text;
  line.word = "bad";
  line.state = "held";
  Broadcast b;
  b.id = kRoom;
  world.hub->on_event(held_event(b, line));
  world.backend->said.at(0)({});
  world.backend->said.at(0) = {};
  world.run_all();
  ASSERT_EQ(sender->of("held").size(), 1u);
  EXPECT_EQ(get_text(sender->of("held")[0], "ref"), "r1");
  EXPECT_TRUE(sender->of("said").empty());
  ASSERT_EQ(crew->of("held_line").size(), 1u);
  EXPECT_EQ(get_text(get_object(crew->of("held_line")[0], "line"), "text"), "a bad word");
  for (const auto& viewer : {sender, other}) {
    EXPECT_TRUE(viewer->of("chat").empty());
    EXPECT_TRUE(viewer->of("held_line").empty());
  }
  // Rejected: the sender hears of it, on every connection of theirs, and nobody else.
  const auto again = world.watch(PersonId{1});
  world.tell(
      world.event(kChatRejected, R"({"id":")" + wish.id.text() + R"(","person_id":")" + PersonId{1}.text() + "\"}"));
  EXPECT_EQ(sender->of("rejected").size(), 1u);
  EXPECT_EQ(again->of("rejected").size(), 1u);
  EXPECT_TRUE(other->of("rejected").empty());
}

TEST(RoomMarks, ABannedPersonIsPutOutAndCantComeBackUntilItIsLifted) {
  World world;
  const auto bad = world.watch(PersonId{1}), good = world.watch(PersonId{2});
  world.tell(world.event(kRoomMarked, mark_payload(PersonId{1}, "banned")));
  EXPECT_EQ(bad->closed_with, 1008);
  EXPECT_EQ(get_text(bad->last(), "name"), "forbidden");
  EXPECT_THAT(good->types(), ElementsAre("snapshot", "muted"));
  EXPECT_EQ(get_text(good->last(), "mark"), "banned");
  // The door has not heard of it yet, the room has.
  const auto again = world.watch(PersonId{1});
  EXPECT_EQ(again->closed_with, 1008);
  EXPECT_THAT(again->types(), ElementsAre("error"));
  world.tell(world.event(kRoomMarked, mark_payload(PersonId{1}, "none")));
  EXPECT_EQ(world.watch(PersonId{1})->closed_with, 0);
}

TEST(RoomMarks, ABanEndsAtItsInstant) {
  World world;
  world.watch(PersonId{2});
  world.tell(world.event(kRoomMarked, mark_payload(PersonId{1}, "banned", "\"2026-11-11T12:01:00.000Z\"")));
  world.pass(kMinuteMs - 1);
  EXPECT_EQ(world.watch(PersonId{1})->closed_with, 1008);
  world.pass(1);
  EXPECT_EQ(world.watch(PersonId{1})->closed_with, 0);
}

TEST(RoomMarks, ABannedPersonIsRefusedAtTheDoor) {
  World world;
  world.backend->admits = fail(Code::forbidden, "you are banned from this room");
  const auto refused = world.ask(PersonId{1});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::forbidden);
}

// Banned between the door and the room: the snapshot knows.
TEST(RoomMarks, ABanThatNobodyHeardOfCountsAllTheSame) {
  World world;
  const auto bad = world.enter(PersonId{1});
  world.backend->state.banned = {{PersonId{1}, kForever}};
  world.run_all();
  EXPECT_EQ(bad->closed_with, 1008);
  EXPECT_THAT(bad->types(), ElementsAre("error"));
}

// ——— going from room to room

TEST(RoomMoves, GiveTheOtherRoomsSnapshotOnTheSameConnectionAndNothingOfTheOldOneAfterIt) {
  World world;
  const auto stays = world.watch(PersonId{1}, {}, kOther), viewer = world.watch(PersonId{2});
  world.tell(world.stock(kShown, 9));
  const int asked = world.backend->asked, snapshots = world.backend->snapshots;
  world.say(viewer, go_to(kOther));
  EXPECT_EQ(viewer->types(), (std::vector<std::string>{"snapshot", "stock", "snapshot", "stock"}))
      << "at once, and what was told since that room's snapshot was read";
  EXPECT_EQ(get_text(get_object(viewer->of("snapshot")[1], "broadcast"), "id"), kOther.text());
  EXPECT_EQ(world.backend->asked, asked) << "the room knows who may come in";
  EXPECT_EQ(world.backend->snapshots, snapshots) << "and has a snapshot";
  EXPECT_EQ(world.hub->viewers_of(kRoom), 0);
  EXPECT_EQ(world.hub->viewers_of(kOther), 2);
  EXPECT_EQ(viewer->closed_with, 0);
  world.hub->on_event(world.event(kPinOpened, R"({"version":1,"pin":{}})"));
  world.hub->on_event(world.event(kPinOpened, R"({"version":1,"pin":{}})", kOther.value));
  world.run_all();
  EXPECT_EQ(viewer->types().back(), "pin.opened");
  EXPECT_THAT(viewer->of("pin.opened"), SizeIs(1));
  read_whole(viewer);
  using Came = std::tuple<BroadcastId, PersonId, bool>;
  EXPECT_THAT(world.watched, ElementsAre(Came{kOther, PersonId{1}, true}, Came{kRoom, PersonId{2}, true},
                                         Came{kRoom, PersonId{2}, false}, Came{kOther, PersonId{2}, true}));
  world.leave(viewer);
  world.leave(stays);
  world.run_all();
  EXPECT_EQ(world.backend->enters[kRoom.value], 1);
  EXPECT_EQ(world.backend->enters[kOther.value], 2);
  EXPECT_THAT(world.backend->came, ::testing::UnorderedElementsAre(PersonId{1}, PersonId{2}, PersonId{2}));
}

TEST(RoomMoves, AskTheDatabaseWhereTheRoomDoesNotKnow) {
  World world;
  const auto viewer = world.watch(PersonId{2});
  world.say(viewer, go_to(kOther));
  world.tell(world.stock(kShown, 9));  // told here until it is decided
  EXPECT_THAT(viewer->types(), ElementsAre("snapshot", "stock", "snapshot"));
  EXPECT_EQ(world.backend->asked, 2);
  EXPECT_EQ(world.hub->viewers_of(kOther), 1);
}

TEST(RoomMoves, ThatAreRefusedLeaveTheViewerWhereTheyAre) {
  World world;
  const auto viewer = world.watch(PersonId{2});
  world.backend->admits = fail(Code::not_found, "no broadcast");
  world.say(viewer, go_to(kOther));
  world.run_all();
  EXPECT_EQ(get_text(viewer->last(), "name"), "not_found");
  EXPECT_EQ(get_text(viewer->last(), "ref"), "r");
  world.takes_work = false;
  world.say(viewer, go_to(kOther));
  EXPECT_EQ(get_text(viewer->last(), "name"), "overloaded");
  world.takes_work = true;
  world.say(viewer, R"({"t":"go","room":"nowhere","ref":1})");
  EXPECT_EQ(get_text(viewer->last(), "where"), "/room");
  world.say(viewer, R"({"t":"go","room":")" + kOther.text() + R"(","ref":[1]})");
  EXPECT_EQ(get_text(viewer->last(), "where"), "/ref");
  world.backend->admits = {};
  const auto there = world.watch(PersonId{3}, {}, kOther);
  world.tell(world.event(kRoomMarked, R"({"version":2,"person_id":")" + PersonId{2}.text() + R"(","mark":"banned"})",
                         kOther.value));
  world.say(viewer, go_to(kOther));
  EXPECT_EQ(get_text(viewer->last(), "name"), "forbidden");
  world.settings.room_viewers = 1;
  const auto late = world.watch(PersonId{4}, {}, kThird);
  world.say(late, go_to(kOther));
  EXPECT_EQ(get_text(late->last(), "name"), "room_full");
  EXPECT_EQ(viewer->closed_with, 0);
  EXPECT_EQ(late->closed_with, 0);
  world.tell(world.stock(kShown, 9));
  EXPECT_EQ(get_text(viewer->last(), "t"), "stock");
  EXPECT_EQ(world.hub->viewers_of(kRoom), 1);
  EXPECT_EQ(world.hub->viewers_of(kOther), 1);
  read_whole(viewer);
}

TEST(RoomMoves, ABanThatComesWhileTheDatabaseIsAskedCounts) {
  World world;
  const auto viewer = world.watch(PersonId{2});
  world.say(viewer, go_to(kOther));
  const auto slow = std::move(world.works.front());
  world.works.pop_front();
  const auto there = world.watch(PersonId{3}, {}, kOther);
  world.tell(world.event(kRoomMarked, R"({"version":2,"person_id":")" + PersonId{2}.text() + R"(","mark":"banned"})",
                         kOther.value));
  slow();
  world.run_all();
  EXPECT_EQ(get_text(viewer->last(), "name"), "forbidden");
  EXPECT_EQ(world.hub->viewers_of(kRoom), 1);
}

TEST(RoomMoves, ACancelledRoomIsAskedForAtTheDatabase) {
  World world;
  const auto there = world.watch(PersonId{3}, {}, kOther), viewer = world.watch(PersonId{2});
  world.tell(world.event(kBroadcastCancelled, R"({"version":2,"broadcast":{}})", kOther.value));
  world.backend->admits = fail(Code::broadcast_state_conflict, "it was cancelled");
  world.say(viewer, go_to(kOther));
  world.run_all();
  EXPECT_EQ(get_text(viewer->last(), "name"), "broadcast_state_conflict");
}

TEST(RoomMoves, TheLastWishCountsAndWhoLeavesMeanwhileGoesNowhere) {
  World world;
  const auto viewer = world.watch(PersonId{2}), gone = world.watch(PersonId{3});
  world.say(viewer, go_to(kOther));
  world.say(viewer, go_to(kThird));
  world.say(gone, go_to(kOther));
  world.leave(gone);
  world.run_all();
  EXPECT_THAT(viewer->types(), ElementsAre("snapshot", "error", "snapshot"));
  EXPECT_EQ(get_text(viewer->messages()[1], "name"), "conflict");
  EXPECT_EQ(world.hub->viewers_of(kOther), 0);
  EXPECT_EQ(world.hub->viewers_of(kThird), 1);
  EXPECT_EQ(world.hub->stats().viewers, 1);
}

TEST(RoomMoves, ComeBackWithWhatWasMissed) {
  World world;
  const auto stays = world.watch(PersonId{1}), viewer = world.watch(PersonId{2});
  const std::string from = since(viewer);
  world.say(viewer, go_to(kOther));
  world.run_all();
  world.tell(world.event(kPinOpened, R"({"version":1,"pin":{}})"));
  world.say(viewer, go_to(kRoom, R"(,"since":")" + from + "\""));
  EXPECT_THAT(viewer->types(), ElementsAre("snapshot", "snapshot", "resumed", "pin.opened"));
  read_whole(viewer);
  EXPECT_EQ(world.hub->stats().resumes, 1);
}

TEST(RoomMoves, WhatWaitsForTheOldRoomIsNotAnsweredInTheNewOne) {
  World world;
  const auto stays = world.watch(PersonId{1}), viewer = world.watch(PersonId{2});
  world.say(viewer, R"({"t":"chat","text":"hi","ref":7})");
  world.say(viewer, go_to(kOther));
  world.run_all();
  world.commit_chat(0);
  EXPECT_THAT(viewer->types(), ElementsAre("snapshot", "snapshot"));
  EXPECT_EQ(stays->types().back(), "chat");
}

TEST(RoomMoves, LeadToNoRoomToo) {
  World world;
  const auto stays = world.watch(PersonId{1}), viewer = world.watch(PersonId{2});
  world.say(viewer, go_to(kOther));
  world.say(viewer, R"({"t":"go","room":null,"ref":"x"})");
  EXPECT_THAT(viewer->types(), ElementsAre("snapshot", "left"));
  world.run_all();
  EXPECT_THAT(viewer->types(), ElementsAre("snapshot", "left", "error")) << "what was asked for before counts no more";
  EXPECT_EQ(world.hub->stats().viewers, 1);
  world.tell(world.stock(kShown, 3));
  world.say(viewer, R"({"t":"ping","id":4})");
  EXPECT_EQ(get_int(viewer->last(), "id"), 4);
  world.say(viewer, go_to(kRoom));
  EXPECT_THAT(viewer->types(), ElementsAre("snapshot", "left", "error", "pong", "snapshot", "stock"));
  EXPECT_EQ(world.hub->viewers_of(kRoom), 2);
  world.say(viewer, R"({"t":"go","room":null})");
  world.say(viewer, R"({"t":"chat","text":"hi"})");
  EXPECT_EQ(viewer->closed_with, 1008) << "nobody is there to hear it";
}

TEST(RoomMoves, GoElsewhereOnAConnectionOfTheirOwn) {
  World world;
  const auto viewer = world.watch(PersonId{2});
  world.beside = false;
  world.say(viewer, go_to(kOther));
  world.run_all();
  EXPECT_EQ(get_text(viewer->last(), "t"), "elsewhere");
  EXPECT_EQ(get_text(viewer->last(), "ref"), "r");
  EXPECT_EQ(world.hub->viewers_of(kRoom), 1);
}

TEST(RoomMoves, AreHundredInTenSeconds) {
  World world;
  const auto viewer = world.watch(PersonId{2});
  for (int i = 0; i < 100; ++i) {
    world.say(viewer, go_to(i % 2 == 0 ? kOther : kRoom));
    world.run_all();
  }
  EXPECT_THAT(viewer->of("error"), IsEmpty());
  world.say(viewer, go_to(kOther));
  EXPECT_EQ(get_text(viewer->last(), "name"), "too_many_requests");
  world.pass(10 * kSecondMs);
  world.say(viewer, go_to(kOther));
  world.run_all();
  EXPECT_EQ(world.hub->viewers_of(kOther), 1);
}

// People come, go from room to room, resume and leave while everything is told, in any order of what threads do.
TEST(RoomMoves, GiveEachMessageExactlyOnceWhateverHappens) {
  const std::vector<BroadcastId> rooms{kRoom, kOther, kThird};
  for (std::uint64_t seed = 1; seed <= 300 && !HasFailure(); ++seed) {
    SCOPED_TRACE(seed);
    World world(seed % 2 == 0);
    if (seed % 3 == 0) world.settings.room_history = 16;
    SeededRandom random(seed);
    const auto any_room = [&] { return rooms[random.below(rooms.size())]; };
    std::map<FakePtr, std::map<std::string, std::string>> seen;  // by room: the newest EPOCH.SEQ
    std::vector<FakePtr> here;
    std::int64_t entered = 0;
    for (int step = 0; step < 150; ++step) {
      const std::uint64_t what = random.below(100);
      if (what < 8 && here.size() < 6) {
        here.push_back(world.enter(PersonId{static_cast<std::int64_t>(random.below(4)) + 1}, {}, any_room()));
      } else if (what < 11 && !here.empty()) {
        const std::size_t i = random.below(here.size());
        world.leave(here[i]);
        here.erase(here.begin() + static_cast<std::ptrdiff_t>(i));
      } else if (what < 35 && !here.empty()) {
        const FakePtr& one = here[random.below(here.size())];
        if (random.below(8) == 0) {
          world.say(one, R"({"t":"go","room":null})");
          continue;
        }
        const BroadcastId room = any_room();
        std::string more;
        std::string in;
        for (const auto& message : one->messages()) {
          if (get_text(message, "t") == "snapshot") in = get_text(get_object(message, "broadcast"), "id");
          if (get_text(message, "t") == "snapshot" || get_text(message, "t") == "resumed")
            seen[one][in] = get_text(message, "epoch") + "." + std::to_string(seq_of(message));
        }
        if (random.below(2) == 0 && seen[one].contains(room.text()))
          more = R"(,"since":")" + seen[one][room.text()] + "\"";
        world.say(one, go_to(room, more));
      } else if (what < 60) {
        world.hub->on_event(world.event(kPinOpened, R"({"pin":{}})", any_room().value));
      } else if (what < 65) {
        world.hub->on_event(world.stock(kShown, 3));
      } else if (what < 68) {
        world.pass(kKeptMs / 3);
        world.hub->tick(world.clock.now());
      } else if (what < 72) {
        for (auto& [ms, f] : std::exchange(world.later, {})) f();
      } else if (what < 86) {
        world.run_work();
      } else {
        world.run_post();
      }
    }
    world.run_all();
    world.end_tick();
    std::map<std::string, std::int64_t> newest;  // by epoch
    std::int64_t in_rooms = 0;
    for (const auto& one : here) {
      const auto [epoch, seq] = read_whole(one);
      if (epoch.empty()) continue;  // in no room
      ++in_rooms;
      const auto [it, fresh] = newest.emplace(epoch, seq);
      EXPECT_EQ(it->second, seq) << "everybody in a room ends at the same number";
    }
    EXPECT_EQ(world.hub->stats().viewers, in_rooms);
    for (const auto& one : here) world.leave(one);
    world.run_all();
    for (const auto& [room, n] : world.backend->enters) entered += n;
    EXPECT_EQ(entered, world.hub->stats().joins) << "each entering is counted once";
    EXPECT_EQ(static_cast<std::int64_t>(world.backend->came.size()), entered);
  }
}

// ——— likes and counts

TEST(RoomCounters, LikesAreToldByTheTickAndKeptInTheRow) {
  World world;
  world.backend->state.broadcast.likes = 100;
  const auto a = world.watch(PersonId{1}), b = world.watch(PersonId{2});
  world.tick();
  world.backend->flushed.clear();
  world.say(a, R"({"t":"like","n":50})");
  world.say(b, R"({"t":"like"})");
  world.tick();
  EXPECT_THAT(a->of("counts"), SizeIs(1));  // told a moment ago
  world.pass(world.settings.room_counts_ms);
  world.tick();
  EXPECT_EQ(get_int(a->last(), "likes"), 151);
  EXPECT_EQ(get_int(a->last(), "viewers"), 2);
  EXPECT_FALSE(has(a->last(), "seq"));
  EXPECT_TRUE(a->frames.back()->droppable);
  world.pass(world.settings.room_counts_ms);
  world.tick();
  EXPECT_THAT(a->of("counts"), SizeIs(2));  // nothing has changed
  world.pass(10 * kSecondMs);
  world.tick();
  ASSERT_THAT(world.backend->flushed, SizeIs(1));
  EXPECT_EQ(world.backend->flushed[0].likes, 51);
  world.pass(10 * kSecondMs);
  world.tick();
  EXPECT_THAT(world.backend->flushed, SizeIs(1));
}

TEST(RoomCounters, OneViewersLikesAreLimited) {
  World world;
  const auto viewer = world.watch(PersonId{1});
  for (int i = 0; i < 20; ++i) world.say(viewer, R"({"t":"like","n":50})");
  EXPECT_EQ(world.hub->stats().likes, 500);
  world.pass(10 * kSecondMs);
  world.say(viewer, R"({"t":"like","n":50})");
  EXPECT_EQ(world.hub->stats().likes, 550);
}

TEST(RoomCounters, EntersAndThePeakAreKeptWhenTheLastViewerLeaves) {
  World world;
  const auto a = world.watch(PersonId{1}), b = world.watch(PersonId{2});
  const std::string from = since(a);
  world.leave(a);
  const auto again = world.watch(PersonId{1}, from);  // resumed: not another enter
  world.leave(b);
  world.leave(again);
  world.run_all();
  ASSERT_THAT(world.backend->flushed, SizeIs(1));
  EXPECT_EQ(world.backend->flushed[0].enters, 2);
  EXPECT_EQ(world.backend->flushed[0].peak_viewers, 2);
}

TEST(RoomCounters, WhatCouldNotBeWrittenIsWrittenLater) {
  World world;
  const auto viewer = world.watch(PersonId{1});
  world.say(viewer, R"({"t":"like","n":3})");
  world.backend->countable = fail(Code::database_busy);
  world.tick();
  EXPECT_THAT(world.backend->flushed, IsEmpty());
  world.backend->countable = {};
  world.pass(10 * kSecondMs);
  world.say(viewer, R"({"t":"like","n":4})");
  world.tick();
  ASSERT_THAT(world.backend->flushed, SizeIs(1));
  EXPECT_EQ(world.backend->flushed[0].likes, 7);
  EXPECT_EQ(world.backend->flushed[0].enters, 1);
}

TEST(RoomCounters, WhatComesDuringAFlushIsFlushedAfterItThoughTheRoomIsGone) {
  World world;
  world.backend->hold_counts = true;
  const auto viewer = world.watch(PersonId{1});
  world.tick();
  ASSERT_THAT(world.backend->flushed, SizeIs(1));
  world.say(viewer, R"({"t":"like","n":3})");
  world.leave(viewer);
  world.run_all();
  ASSERT_THAT(world.backend->flushed, SizeIs(1));  // one at a time
  world.backend->hold_counts = false;
  world.backend->held_counts[0]({});
  world.backend->held_counts.clear();
  world.run_all();
  ASSERT_THAT(world.backend->flushed, SizeIs(2));
  EXPECT_EQ(world.backend->flushed[1].likes, 3);
  EXPECT_EQ(world.backend->flushed[1].enters, 0);
}

// ——— events of others

TEST(RoomCounters, TellWhatTheMinuteHad) {
  World world;
  const auto one = world.watch(PersonId{1}), two = world.watch(PersonId{2});
  world.say(one, R"({"t":"like","n":3})");
  world.leave(two);
  world.pass(10'000);
  world.tick();
  ASSERT_THAT(world.backend->flushed, SizeIs(1));
  const RoomCounts counts = world.backend->flushed.at(0);
  EXPECT_EQ(counts.likes, 3);
  EXPECT_EQ(counts.enters, 2);
  EXPECT_EQ(counts.viewers, 1) << "in the room when it was written";
  EXPECT_EQ(counts.most_viewers, 2) << "at the same time since the last time";
  EXPECT_EQ(counts.at, world.clock.now());
  world.pass(10'000);
  world.tick();
  EXPECT_THAT(world.backend->flushed, SizeIs(1)) << "nothing changed: no row";
  world.leave(one);
  world.run_all();
  ASSERT_THAT(world.backend->flushed, SizeIs(2));
  EXPECT_EQ(world.backend->flushed.at(1).viewers, 0) << "the chart must come down";
  EXPECT_EQ(world.backend->flushed.at(1).enters, 0);
}

TEST(RoomBoard, IsReadForTheCrewAndToldToTheCrewAlone) {
  World world;
  const auto viewer = world.watch(PersonId{1});
  world.tick();
  EXPECT_EQ(world.backend->boards_read, 0) << "nobody reads it";
  const auto host = world.watch_as_crew(PersonId{2});
  EXPECT_TRUE(world.backend->asked_as_crew);
  world.tick();
  ASSERT_THAT(host->of("board"), SizeIs(1));
  EXPECT_EQ(get_int(get_object(host->of("board").at(0), "board"), "n"), 1);
  EXPECT_THAT(viewer->of("board"), IsEmpty());
  world.pass(4'999);
  world.tick();
  EXPECT_EQ(world.backend->boards_read, 1) << "every five seconds";
  world.pass(1);
  world.tick();
  EXPECT_EQ(world.backend->boards_read, 2);
  EXPECT_THAT(host->of("board"), SizeIs(1)) << "it says what it said";
  const auto assistant = world.watch_as_crew(PersonId{3});
  world.tick();
  EXPECT_THAT(assistant->of("board"), SizeIs(1)) << "who comes later gets it too";
  world.leave(host);
  world.leave(assistant);
  world.pass(60'000);
  world.tick();
  EXPECT_EQ(world.backend->boards_read, 3);
}

TEST(RoomBoard, CantBeAskedForByWhoIsNotOfTheCrew) {
  World world;
  world.backend->admits = fail(Code::forbidden, "not yours");
  EXPECT_EQ(world.ask(PersonId{1}, {}, kRoom, true).error().code, Code::forbidden);
}

TEST(RoomEvents, StockAndPricesAreToldWhereTheProductIsOnTheShelf) {
  World world;
  const auto viewer = world.watch(PersonId{1});
  world.tell(world.stock(kShown, 5));
  world.tell(world.stock(kElsewhere, 5));
  world.tell(world.event("price.changed", R"({"product_id":"x","sku_id":"y","price_fen":990})", kAlsoShown.value));
  EXPECT_THAT(viewer->types(), ElementsAre("snapshot", "stock", "price"));
  EXPECT_EQ(get_int(viewer->last(), "price_fen"), 990);
  world.hub->on_event(world.stock(kElsewhere, 4));
  EXPECT_THAT(world.posts, IsEmpty());

  // The bus tells the new shelf and a change of its product one after the other, before the room has heard of either.
  world.hub->on_event(world.event(kShelfChanged, R"({"version":2,"product_ids":[")" + kElsewhere.text() + R"("]})"));
  world.hub->on_event(world.stock(kElsewhere, 3));
  world.hub->on_event(world.stock(kShown, 2));
  world.run_all();
  EXPECT_THAT(viewer->types(), ElementsAre("snapshot", "stock", "price", "shelf", "stock"));
  EXPECT_EQ(get_int(viewer->last(), "left"), 3);
}

TEST(RoomEvents, NoStockChangeIsLostWhileTheFirstSnapshotIsRead) {
  World world;
  const auto viewer = world.enter(PersonId{1});
  world.run_work();  // the snapshot is read, the room doesn't have it yet
  world.hub->on_event(world.stock(kShown, 5));
  world.run_all();
  EXPECT_THAT(viewer->types(), ElementsAre("snapshot", "stock"));
}

TEST(RoomEvents, WhatIsLeftIsWhatThisRoomsStoreCanSell) {
  World world;
  const StoreId ours{7};
  const SkuId sku{11}, free{12};
  world.backend->state.broadcast.store = ours;
  world.backend->state.own = {catalog::Allotment{sku, ours, 4, 0, true, 0, 0, 0}};
  const auto viewer = world.watch(PersonId{1});
  const auto told = [&](SkuId of, int left, const std::string& more = "") {
    world.tell(world.event("stock.changed",
                           R"({"product_id":")" + kShown.text() + R"(","sku_id":")" + of.text() + R"(","left":)" +
                               std::to_string(left) + more + "}",
                           kShown.value));
    const auto all = viewer->of("stock");
    return all.empty() ? -1 : get_int(all.back(), "left", -1);
  };
  const auto of_store = [](StoreId store, const std::string& own, bool shared) {
    return R"(,"store_id":")" + store.text() + R"(","own":)" + own + R"(,"shared":)" + (shared ? "true" : "false");
  };
  EXPECT_EQ(told(free, 3), 3);
  EXPECT_EQ(told(sku, 0), 4) << "sold out for others; this store has four of its own";
  EXPECT_EQ(told(sku, 9, of_store(StoreId{8}, "9", true)), 4) << "another store's units";
  EXPECT_EQ(viewer->of("stock").size(), 2u);
  EXPECT_EQ(told(sku, 2, of_store(ours, "2", true)), 2);
  EXPECT_EQ(told(sku, 5), 7);
  EXPECT_EQ(told(sku, 1, of_store(ours, "1", false)), 1) << "its own and no more";
  EXPECT_EQ(told(sku, 20), 1);
  EXPECT_EQ(told(sku, 19, of_store(ours, "null", true)), 19) << "given back";
  EXPECT_EQ(told(sku, 18), 18);
}

TEST(RoomEvents, OffersAreToldAndStandInTheSnapshot) {
  World world;
  world.backend->state.offers_json = R"({"coupons":[],"flash":[{"id":"f"}],"lucky_bags":[]})";
  const auto viewer = world.watch(PersonId{1});
  EXPECT_EQ(get_list(get_object(viewer->last(), "offers"), "flash").size(), 1u);
  world.tell(world.event(kFlashOpened, R"({"version":1,"flash":{"id":"g"}})"));
  EXPECT_EQ(get_text(viewer->last(), "t"), "flash.opened");
  EXPECT_EQ(seq_of(viewer->last()), 1);
  world.tell(world.event(kFlashChanged, R"({"id":"g","left":2})"));
  EXPECT_EQ(get_int(viewer->last(), "left"), 2);
  world.tell(world.event(kBagDrawn, R"({"version":2,"bag":{"id":"b"},"winner_ids":[]})"));
  EXPECT_EQ(get_text(viewer->last(), "t"), "luckybag.drawn");
  // Who joins later and reads a snapshot of version 2 is not told again what it contains.
  world.backend->state.broadcast.version = 2;
  world.pass(kKeptMs);
  const auto late = world.watch(PersonId{2});
  EXPECT_TRUE(late->of("luckybag.drawn").empty());
  world.tell(world.event(kCouponGone, R"({"coupon_id":"c"})"));
  EXPECT_EQ(get_text(late->last(), "t"), "coupon.gone");
}

TEST(RoomEvents, OrdersAreToldInTheirRoomWithMaskedNames) {
  World world;
  const auto here = world.watch(PersonId{1}), there = world.watch(PersonId{2}, {}, BroadcastId{1002});
  world.tell(world.event("order.paid",
                         R"({"broadcast_id":")" + kRoom.text() + R"(","who":"张三丰","product":"茶","qty":2})", 777));
  world.tell(world.event("order.paid", R"({"broadcast_id":null,"who":"李四","product":"茶","qty":2})", 778));
  ASSERT_THAT(here->types(), ElementsAre("snapshot", "order"));
  EXPECT_EQ(get_text(here->last(), "name"), "张**");
  EXPECT_EQ(get_text(here->last(), "title"), "茶");
  EXPECT_EQ(get_int(here->last(), "qty"), 2);
  EXPECT_THAT(there->types(), ElementsAre("snapshot"));
}

TEST(RoomEvents, StartAndEndAreToldAndWhatNobodyKnowsIsNot) {
  World world;
  const auto viewer = world.watch(PersonId{1});
  world.tell(world.event(kBroadcastStarted, R"({"version":1,"broadcast":{}})"));
  world.tell(world.event("brand.changed", "{}"));
  world.tell(world.event(kBroadcastEnded, R"({"version":2,"broadcast":{}})"));
  EXPECT_THAT(viewer->types(), ElementsAre("snapshot", "started", "ended"));
}

// ——— stopping

TEST(Room, TellsEverybodyToComeBackWhenTheServerStops) {
  World world;
  std::vector<FakePtr> viewers;
  for (int i = 1; i <= 20; ++i) viewers.push_back(world.watch(PersonId{i}));
  const auto late = world.ask(PersonId{50});
  world.hub->stop();
  world.run_all();
  std::set<std::int64_t> delays;
  for (const auto& viewer : viewers) {
    EXPECT_EQ(get_text(viewer->last(), "t"), "reconnect");
    const std::int64_t after_ms = get_int(viewer->last(), "after_ms");
    EXPECT_GE(after_ms, 500);
    EXPECT_LE(after_ms, 5000);
    delays.insert(after_ms);
    EXPECT_EQ(viewer->closed_with, 1012);
  }
  EXPECT_GT(delays.size(), 5u);  // not all at once
  const auto refused = world.ask(PersonId{51});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::shutting_down);
  const auto connection = std::make_shared<FakeConnection>();
  late->handler->on_open(connection);
  EXPECT_EQ(connection->closed_with, 1012);
  late->handler->on_close(connection);
}

// ——— real threads: homes, workers, the bus and the clock at once (run it under ThreadSanitizer)

class SteadyBackend final : public RoomBackend {
 public:
  Status admit(BroadcastId, const Caller&, bool, Instant) override { return {}; }
  Result<std::string> board(BroadcastId, Instant) override { return std::string(); }
  Result<RoomSnapshot> snapshot(BroadcastId id, Instant) override {
    RoomSnapshot out;
    out.broadcast.id = id;
    out.broadcast_json = "{}";
    out.pin_json = "null";
    out.shelf_json = out.chat_json = "[]";
    out.shelf = {kShown};
    return out;
  }
  void say(ChatWish, Done done) override { done(fail(Code::muted)); }
  void add_counts(BroadcastId, RoomCounts counts, std::vector<Entered>, Done done) override {
    likes += counts.likes;
    enters += counts.enters;
    done({});
  }
  std::atomic<std::int64_t> likes{0}, enters{0};
};

TEST(RoomHub, KeepsEachViewersNumbersWithoutGapWhenEverythingHappensAtOnce) {
  constexpr std::int64_t kRooms = 4;
  constexpr int kViewers = 40, kEvents = 400;
  SimulatedClock clock{kNoon};
  IdMaker ids;
  SecureRandom random;
  Settings settings;
  const auto backend = std::make_shared<SteadyBackend>();
  std::vector<std::pair<FakePtr, std::shared_ptr<net::WsHandler>>> viewers;
  {
    std::array<Runner, 2> homes;
    Runner worker, bus;
    const auto home = [&](std::int64_t key) -> Runner& { return homes[static_cast<std::size_t>(key) % homes.size()]; };
    RoomHub::Deps deps;
    deps.backend = backend;
    deps.post = [&](std::int64_t key, std::function<void()> f) { home(key).post(std::move(f)); };
    deps.work = [&](std::function<void()> f) {
      worker.post(std::move(f));
      return true;
    };
    deps.clock = &clock;
    deps.ids = &ids;
    deps.random = &random;
    deps.settings = &settings;
    deps.beside = [&](BroadcastId a, BroadcastId b) { return &home(a.value) == &home(b.value); };
    const auto hub = RoomHub::make(std::move(deps));
    for (int i = 0; i < kEvents; ++i)
      bus.post([&hub, i] {
        db::Event e;
        e.id = EventId{1 + i};
        e.topic = i % 2 == 0 ? "stock.changed" : kPinOpened;
        e.key = i % 2 == 0 ? kShown.value : 1 + i % kRooms;
        e.payload = R"({"left":1})";
        hub->on_event(e);
      });
    for (int i = 0; i < kViewers; ++i) {
      const BroadcastId room{1 + i % kRooms};
      net::Request request;
      request.params.emplace_back("broadcast_id", room.text());
      Call call;
      call.caller.person = PersonId{1 + i};
      const auto accepted = hub->accept(request, call);
      ASSERT_TRUE(accepted);
      const auto viewer = std::make_shared<FakeConnection>();
      viewers.emplace_back(viewer, accepted->handler);
      home(room.value).post([viewer, handler = accepted->handler] {
        handler->on_open(viewer);
        handler->on_text(viewer, R"({"t":"like","n":2})");
        handler->on_text(viewer, R"({"t":"chat","text":"hi"})");
      });
      if (i % 3 == 1)
        home(room.value).post([viewer, handler = accepted->handler, i] {
          handler->on_text(viewer, go_to(BroadcastId{1 + (i + 2) % kRooms}));
        });
      if (i % 8 == 0) {
        clock.advance_to(clock.now() + kSecondMs);
        hub->tick(clock.now());
      }
      if (i % 5 == 0) home(room.value).post([viewer, handler = accepted->handler] { handler->on_close(viewer); });
    }
    std::mutex mutex;
    std::condition_variable passed;
    bool done = false;
    bus.post([&] {
      const std::scoped_lock lock(mutex);
      done = true;
      passed.notify_one();
    });
    {
      std::unique_lock lock(mutex);
      passed.wait(lock, [&] { return done; });
    }
    for (std::int64_t key = 1; key <= kRooms; ++key) {  // what was posted to the homes directly
      std::unique_lock lock(mutex);
      done = false;
      home(key).post([&] {
        const std::scoped_lock inner(mutex);
        done = true;
        passed.notify_one();
      });
      passed.wait(lock, [&] { return done; });
    }
    ASSERT_TRUE(hub->flush());
    EXPECT_EQ(hub->stats().viewers, kViewers - kViewers / 5);
    hub->stop();
    ASSERT_TRUE(hub->flush());
    for (int i = 0; i < kViewers; ++i)
      if (i % 5 != 0)
        home(1 + i % kRooms).post([entry = viewers[static_cast<std::size_t>(i)]] {
          entry.second->on_close(entry.first);
        });
    for (std::int64_t key = 1; key <= kRooms; ++key) {
      std::unique_lock lock(mutex);
      done = false;
      home(key).post([&] {
        const std::scoped_lock inner(mutex);
        done = true;
        passed.notify_one();
      });
      passed.wait(lock, [&] { return done; });
    }
    ASSERT_TRUE(hub->flush());
    EXPECT_EQ(hub->stats().rooms, 0);
    EXPECT_EQ(hub->stats().viewers, 0);
  }
  EXPECT_EQ(backend->likes, 2 * kViewers);
  // Who was closed before it was decided stayed where they were.
  EXPECT_GE(backend->enters, kViewers);
  EXPECT_LE(backend->enters, kViewers + kViewers / 3 + 1);
  for (const auto& [viewer, handler] : viewers) read_whole(viewer);
}

}  // namespace
}  // namespace lianbo::live
