// The hall's socket: who looks is told what changes, once, and nothing is lost between asking and being told.
#include "live/hall.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>

#include "base/shape.hpp"
#include "live/live_events.hpp"

namespace lianbo::live {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr Instant kNoon = 1'794'398'400'000;  // 2026-11-11T12:00:00Z
const BrandId kBrand{5};
const BroadcastId kRoom{1001}, kOther{1002};

class FakeConnection final : public net::WsConnection {
 public:
  bool send(const net::FramePtr& frame) override {
    // An unmasked text frame: 2, 4 or 10 bytes before the payload.
    const auto length = static_cast<unsigned char>(frame->bytes[1]);
    const auto value = parse_json(frame->bytes.substr(length < 126 ? 2 : length == 126 ? 4 : 10));
    EXPECT_TRUE(value) << frame->bytes;
    if (value) heard.push_back(*value);
    return true;
  }
  void close(int code, std::string_view) override { closed_with = code; }
  std::size_t queued_bytes() const override { return unsent; }
  std::vector<std::string> types() {
    std::vector<std::string> out;
    for (const auto& m : heard) out.push_back(get_text(m, "t"));
    return out;
  }
  std::vector<json::value> heard;
  std::size_t unsent = 0;
  int closed_with = 0;
};

class HallTest : public ::testing::Test {
 protected:
  HallTest() {
    HallHub::Deps deps;
    deps.admit = [](BrandId id) -> Status {
      if (id == kBrand) return {};
      return fail(Code::not_found);
    };
    deps.read = [this](BrandId, Instant) -> Result<HallView> {
      ++reads;
      if (!readable) return fail(readable.error());
      return view;
    };
    deps.viewers_of = [this](BroadcastId id) { return viewers[id.value]; };
    deps.post = [this](std::int64_t, std::function<void()> f) { home.push_back(std::move(f)); };
    deps.work = [this](std::function<void()> f) {
      work.push_back(std::move(f));
      return true;
    };
    deps.clock = &clock;
    deps.random = &random;
    deps.settings = &settings;
    hub = HallHub::make(std::move(deps));
    view.on_air = {item(kRoom, "first")};
  }
  ~HallTest() override { run(); }

  static HallItem item(BroadcastId id, const std::string& title) {
    return {id, R"({"id":")" + id.text() + R"(","title":")" + title + R"("})"};
  }
  // One connection that has gone through the handshake.
  struct Looker {
    std::shared_ptr<FakeConnection> connection = std::make_shared<FakeConnection>();
    std::shared_ptr<net::WsHandler> handler;
  };
  Looker look() {
    net::Request request;
    request.params = {{"brand_id", kBrand.text()}};
    Looker out;
    out.handler = hub->accept(request, Call{})->handler;
    out.handler->on_open(out.connection);
    return out;
  }
  void run() {
    while (!work.empty() || !home.empty())
      for (auto* queue : {&work, &home})
        for (auto todo = std::exchange(*queue, {}); auto& f : todo) f();
  }
  void event(const char* topic, BrandId brand = kBrand) {
    db::Event e;
    e.topic = topic;
    e.brand = brand;
    hub->on_event(e);
  }
  void tick() {
    clock.advance_to(clock.now() + settings.room_counts_ms);
    hub->tick(clock.now());
    run();
  }

  Settings settings;
  SimulatedClock clock{kNoon};
  SeededRandom random{7};
  std::deque<std::function<void()>> home, work;
  HallView view;
  Status readable;
  std::map<std::int64_t, std::int64_t> viewers;
  int reads = 0;
  std::shared_ptr<HallHub> hub;
};

TEST_F(HallTest, ReadyComesOnceTheHallIsKnownAndNothingThatChangesAfterwardsIsMissed) {
  auto a = look();
  EXPECT_THAT(a.connection->types(), IsEmpty()) << "what changes while the hall is read would be told to nobody";
  run();
  EXPECT_THAT(a.connection->types(), ElementsAre("ready"));
  auto b = look();
  EXPECT_THAT(b.connection->types(), ElementsAre("ready")) << "the hall is known: no reading for who comes later";
  EXPECT_EQ(reads, 1);
  view.on_air.push_back(item(kOther, "second"));
  event(kBroadcastStarted);
  tick();
  for (auto* one : {&a, &b}) {
    EXPECT_THAT(one->connection->types(), ElementsAre("ready", "hall"));
    const auto& items = get_list(one->connection->heard.back(), "on_air");
    ASSERT_EQ(items.size(), 1U) << "only what is new is told";
    EXPECT_EQ(get_text(items[0], "title"), "second");
  }
  a.handler->on_close(a.connection);
  b.handler->on_close(b.connection);
}

TEST_F(HallTest, ManyEventsAreOneReadingAndWhatDidNotChangeIsNotTold) {
  auto a = look();
  run();
  for (int i = 0; i < 100; ++i) event(kPinOpened);
  event(kPinOpened, BrandId{6});
  tick();
  EXPECT_EQ(reads, 2);
  EXPECT_THAT(a.connection->types(), ElementsAre("ready"));
  tick();
  EXPECT_EQ(reads, 2) << "without an event nothing is read";
  a.handler->on_close(a.connection);
}

TEST_F(HallTest, WhatLeavesIsNamedAndWhatEndsMovesOver) {
  auto a = look();
  run();
  view.ended = {item(kRoom, "over")};
  view.on_air = {};
  event(kBroadcastEnded);
  tick();
  auto told = a.connection->heard.back();
  EXPECT_EQ(get_list(told, "ended").size(), 1U);
  EXPECT_EQ(get_list(told, "gone").size(), 0U);
  view.ended = {};
  event(kBroadcastCancelled);
  tick();
  told = a.connection->heard.back();
  ASSERT_EQ(get_list(told, "gone").size(), 1U);
  EXPECT_EQ(get_list(told, "gone")[0].get_string(), kRoom.text());
  a.handler->on_close(a.connection);
}

TEST_F(HallTest, NumbersAreToldOnceAPeriodOnlyWhenTheyChangeAndNotToWhoIsBehind) {
  auto quick = look(), slow = look();
  run();
  slow.connection->unsent = 1;
  viewers[kRoom.value] = 3;
  tick();
  EXPECT_THAT(quick.connection->types(), ElementsAre("ready", "viewers"));
  EXPECT_EQ(get_int(quick.connection->heard.back().at("rooms"), kRoom.text()), 3);
  EXPECT_THAT(slow.connection->types(), ElementsAre("ready"));
  tick();
  EXPECT_THAT(quick.connection->types(), ElementsAre("ready", "viewers"));
  slow.connection->unsent = 0;
  for (int i = 0; i < 31; ++i) tick();
  EXPECT_THAT(slow.connection->types(), ElementsAre("ready", "viewers")) << "all numbers again after half a minute";
  quick.handler->on_close(quick.connection);
  slow.handler->on_close(slow.connection);
}

TEST_F(HallTest, AHallThatCannotBeReadSendsAwayAndIsTriedAgain) {
  readable = fail(Code::overloaded);
  auto a = look();
  run();
  EXPECT_EQ(a.connection->closed_with, 1013);
  a.handler->on_close(a.connection);
  readable = {};
  auto b = look();
  run();
  EXPECT_THAT(b.connection->types(), ElementsAre("ready"));
  b.handler->on_close(b.connection);
  EXPECT_EQ(hub->watching(), 0);
}

TEST_F(HallTest, PingIsAnsweredNonsenseIsNotAndAStopTellsToComeBack) {
  auto a = look();
  run();
  a.handler->on_text(a.connection, R"({"t":"ping"})");
  EXPECT_EQ(a.connection->types().back(), "pong");
  for (int i = 0; i < 20; ++i) a.handler->on_text(a.connection, "nonsense");
  EXPECT_EQ(a.connection->closed_with, 1008);
  auto b = look();
  hub->stop();
  run();
  EXPECT_EQ(b.connection->types().back(), "reconnect");
  EXPECT_EQ(b.connection->closed_with, 1012);
  a.handler->on_close(a.connection);
  b.handler->on_close(b.connection);
  net::Request request;
  request.params = {{"brand_id", kBrand.text()}};
  EXPECT_EQ(hub->accept(request, Call{}).error().code, Code::shutting_down);
}

TEST_F(HallTest, ABrandThatIsNotThereHasNoHall) {
  net::Request request;
  request.params = {{"brand_id", BrandId{77}.text()}};
  EXPECT_EQ(hub->accept(request, Call{}).error().code, Code::not_found);
}

}  // namespace
}  // namespace lianbo::live
