#include "sim/client.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <mutex>

#include "base/shape.hpp"
#include "net/server.hpp"

namespace lianbo::sim {
namespace {

using net::Reply;
using net::Request;

// A server that answers what the test says, and remembers what it was asked.
class FakeServer {
 public:
  using Handler = std::function<Reply(const Request&)>;
  explicit FakeServer(Handler handler, net::UpgradeHandler upgrade = {})
      : server_(
            net::ServerConfig{},
            [this, handler](Request&& request, net::ReplySink sink) {
              {
                std::lock_guard lock(mutex_);
                seen_.push_back(request);
              }
              sink(handler(request));
            },
            std::move(upgrade)) {
    EXPECT_TRUE(server_.start().has_value());
  }
  std::string url() const { return "http://127.0.0.1:" + std::to_string(server_.port()); }
  std::vector<Request> seen() const {
    std::lock_guard lock(mutex_);
    return seen_;
  }
  void stop() { server_.stop(0); }
  void post(std::function<void()> fn) { server_.post(1, std::move(fn)); }

 private:
  mutable std::mutex mutex_;
  std::vector<Request> seen_;
  net::Server server_;
};

TEST(Crew, ARefusalOfABusyServerIsRepeatedWithTheSameKeyUntilItIsAnswered) {
  std::atomic<int> asked{0};
  FakeServer server([&](const Request&) {
    if (++asked == 3) return Reply::json("{\"id\":\"x\"}", 201);
    return Reply{503, "{\"status\":503}", "application/problem+json", {}};
  });
  Line line({server.url(), "", {}, {}, "test"});
  Crew crew(line, 1);
  Identity who;
  std::string id;
  crew.post(1, who, "/things", "{}", [&](const Answer& a) { id = a.text("id"); });
  ASSERT_TRUE(crew.run().has_value());
  EXPECT_EQ(id, "x");
  const auto seen = server.seen();
  ASSERT_EQ(seen.size(), 3u);
  EXPECT_FALSE(seen[0].header("idempotency-key").empty());
  EXPECT_EQ(seen[0].header("idempotency-key"), seen[2].header("idempotency-key"));
  EXPECT_FALSE(seen[0].header("x-lianbo-csrf").empty());
}

TEST(Crew, APageThatIsNotThereIsAnAnswerAndNotABusyServer) {
  FakeServer server([](const Request&) { return Reply{503, "<html></html>", "text/html", {}}; });
  Line line({server.url(), "", {}, {}, "test"});
  Crew crew(line, 1);
  Identity who;
  int status = 0;
  crew.get(1, who, "/room/x", [&](const Answer& a) { status = a.status; });
  ASSERT_TRUE(crew.run().has_value());
  EXPECT_EQ(status, 503);
  EXPECT_EQ(server.seen().size(), 1u);
}

TEST(Crew, AFileIsHandedOnAsItCame) {
  FakeServer server([](const Request&) { return Reply{200, "payout_no\r\n1\r\n", "text/csv", {}}; });
  Line line({server.url(), "", {}, {}, "test"});
  Crew crew(line, 1);
  Identity who;
  std::string file;
  crew.get(1, who, "/file", [&](const Answer& a) { file = a.file; });
  ASSERT_TRUE(crew.run().has_value());
  EXPECT_EQ(file, "payout_no\r\n1\r\n");
}

TEST(Crew, AGuestKeepsTheCookieAndAfterLoginTheTokenIsShown) {
  FakeServer server([](const Request&) { return Reply::json("{}").with("Set-Cookie", "lb_guest=abc.def; Path=/"); });
  Line line({server.url(), "", {}, {}, "test"});
  Crew crew(line, 1);
  Identity who;
  crew.get(1, who, "/a", {});
  crew.get(1, who, "/b", [&](const Answer&) { who.token = "secret"; });
  ASSERT_TRUE(crew.run().has_value());
  crew.get(1, who, "/c", {});
  ASSERT_TRUE(crew.run().has_value());
  const auto seen = server.seen();
  ASSERT_EQ(seen.size(), 3u);
  EXPECT_EQ(seen[0].cookie("lb_guest"), "");
  EXPECT_EQ(seen[1].cookie("lb_guest"), "abc.def");
  EXPECT_EQ(seen[2].header("authorization"), "Bearer secret");
}

TEST(Crew, AServerThatDiedIsBroughtBackItsClockSetAndTheRequestRepeated) {
  auto second = std::make_unique<FakeServer>([](const Request&) { return Reply::json("{\"from\":2}"); });
  auto first = std::make_unique<FakeServer>([](const Request&) { return Reply::json("{\"from\":1}"); });
  int brought_back = 0;
  Line line({first->url(),
             "clock-token",
             [&]() -> std::string {
               ++brought_back;
               return second->url();
             },
             {},
             "test"});
  line.set_now(1'700'000'000'000);
  Crew crew(line, 1);
  Identity who;
  std::vector<std::int64_t> from;
  const auto take = [&](const Answer& a) { from.push_back(a.number("from")); };
  crew.post(1, who, "/one", "{}", take);
  ASSERT_TRUE(crew.run().has_value());
  first->stop();
  crew.post(1, who, "/two", "{}", take);
  ASSERT_TRUE(crew.run().has_value());
  EXPECT_EQ(from, (std::vector<std::int64_t>{1, 2}));
  EXPECT_EQ(brought_back, 1);
  const auto seen = second->seen();
  ASSERT_EQ(seen.size(), 2u);
  EXPECT_EQ(seen[0].path, "/api/v1/clock");
  EXPECT_NE(seen[0].body.find("2023-11-14T22:13:20.000Z"), std::string::npos);
  EXPECT_EQ(seen[1].path, "/two");
}

TEST(Crew, GivesUpWhenTheServerStaysAway) {
  std::string url;
  {
    FakeServer server([](const Request&) { return Reply::json("{}"); });
    url = server.url();
  }
  Line line({url, "", {}, {}, "test"});
  Crew crew(line, 1);
  Identity who;
  crew.get(1, who, "/a", {});
  EXPECT_FALSE(crew.run().has_value());
  EXPECT_TRUE(line.dead());
}

TEST(Crew, AnswersAreTakenInTheOrderOfAskingWhateverTheWorkersDo) {
  FakeServer server([](const Request& r) { return Reply::json("{\"path\":\"" + r.path + "\"}"); });
  Line line({server.url(), "", {}, {}, "test"});
  Crew crew(line, 4);
  std::vector<Identity> people(20);
  std::vector<std::string> order;
  std::vector<std::string> expected;
  for (std::size_t i = 0; i < 200; ++i) {
    const std::string path = "/p" + std::to_string(i);
    expected.push_back(path);
    crew.get(i % 20, people[i % 20], path, [&](const Answer& a) { order.push_back(a.text("path")); });
  }
  ASSERT_TRUE(crew.run().has_value());
  EXPECT_EQ(order, expected);
  // One person's requests also reach the server in that order.
  std::vector<std::string> of_one;
  for (const auto& request : server.seen())
    if (std::stoi(request.path.substr(2)) % 20 == 7) of_one.push_back(request.path);
  for (std::size_t i = 0; i < of_one.size(); ++i) EXPECT_EQ(of_one[i], "/p" + std::to_string(7 + 20 * i));
}

TEST(Crew, AnAnswerMayAskForMoreInTheSameRun) {
  FakeServer server([](const Request&) { return Reply::json("{}"); });
  Line line({server.url(), "", {}, {}, "test"});
  Crew crew(line, 2);
  Identity who;
  int depth = 0;
  std::function<void()> again = [&] {
    crew.get(1, who, "/again", [&](const Answer&) {
      if (++depth < 5) again();
    });
  };
  again();
  ASSERT_TRUE(crew.run().has_value());
  EXPECT_EQ(depth, 5);
}

// A room that tells every viewer each chat line, and can cut everybody off.
class FakeRoom : public net::WsHandler {
 public:
  void on_open(const net::WsPtr& connection) override {
    viewers_.push_back(connection);
    if (refuse_snapshots) return;
    tell(connection, since.empty() ? R"({"t":"snapshot","epoch":"e1","seq":)" + std::to_string(seq_) + "}"
                                   : R"({"t":"resumed","epoch":"e1","seq":)" + std::to_string(seq_) + "}");
  }
  void on_text(const net::WsPtr& connection, std::string_view text) override {
    const auto message = parse_json(text);
    ASSERT_TRUE(message.has_value());
    const std::string type = get_text(*message, "t");
    if (type == "ping") return tell(connection, R"({"t":"pong","id":)" + std::to_string(get_int(*message, "id")) + "}");
    if (type != "chat") return;
    if (swallow_chat) return;
    if (get_text(*message, "text") == "forbidden")
      return tell(connection, R"({"t":"held","id":"h1","ref":")" + get_text(*message, "ref") + "\"}");
    ++seq_;
    for (const auto& v : viewers_) tell(v, R"({"t":"chat","seq":)" + std::to_string(seq_) + R"(,"text":"\"seq\":7"})");
    for (const auto& v : viewers_) tell(v, R"({"t":"counts","viewers":1,"likes":0})");
    tell(connection, R"({"t":"said","ref":")" + get_text(*message, "ref") + R"(","seq":)" + std::to_string(seq_) + "}");
  }
  void on_close(const net::WsPtr& connection) override { std::erase(viewers_, connection); }
  void cut_all() {
    for (const auto& v : std::vector<net::WsPtr>(viewers_)) v->close(1012, "reconnect");
  }
  std::atomic<bool> swallow_chat{false}, refuse_snapshots{false};
  std::string since;

 private:
  static void tell(const net::WsPtr& to, const std::string& text) { to->send(net::text_frame(text)); }
  std::vector<net::WsPtr> viewers_;
  std::int64_t seq_ = 0;
};

struct RoomFixture {
  std::shared_ptr<FakeRoom> room = std::make_shared<FakeRoom>();
  std::atomic<int> status{0};
  FakeServer server{[](const Request&) { return Reply::json("{}"); },
                    [this](Request&& request, const net::UpgradeSink& sink) {
                      if (status == 404) return sink(fail(Code::not_found, "no such room"));
                      room->since = std::string(request.query_value("since"));
                      sink(net::WsAccept{1, room, {}});
                    }};
  Line line{{server.url(), "", [this] { return server.url(); }, {}, "test"}};
  Rooms rooms{line};
};

TEST(Rooms, EveryMessageIsCountedOnceAndCountersAreNot) {
  RoomFixture f;
  Identity who;
  const auto a = f.rooms.enter("room", who);
  const auto b = f.rooms.enter("room", who);
  ASSERT_TRUE(f.rooms.wait_for_snapshots().has_value());
  for (int i = 0; i < 10; ++i) f.rooms.say(i % 2 == 0 ? a : b, "hello");
  ASSERT_TRUE(f.rooms.wait_for_said().has_value());
  ASSERT_TRUE(f.rooms.settle().has_value());
  EXPECT_EQ(f.rooms.heard().deliveries, 20);
  EXPECT_EQ(f.rooms.heard().said, 10);
  EXPECT_EQ(f.rooms.heard().snapshots, 2);
  EXPECT_EQ(f.rooms.heard().gaps, 0);
  f.rooms.leave(a);
  f.rooms.wait_for_left();
  EXPECT_EQ(f.rooms.open(), 1u);
  EXPECT_FALSE(f.rooms.is_in(a));
}

TEST(Rooms, ABrokenConnectionGoesOnWhereItWasAndSaysAgainWhatWasNotAnswered) {
  RoomFixture f;
  Identity who;
  const auto seat = f.rooms.enter("room", who);
  ASSERT_TRUE(f.rooms.wait_for_snapshots().has_value());
  f.rooms.say(seat, "one");
  ASSERT_TRUE(f.rooms.wait_for_said().has_value());
  f.room->swallow_chat = true;
  f.rooms.say(seat, "two");
  ASSERT_TRUE(f.rooms.settle().has_value());
  EXPECT_EQ(f.rooms.heard().said, 1);
  f.room->swallow_chat = false;
  f.server.post([room = f.room] { room->cut_all(); });
  ASSERT_TRUE(f.rooms.wait_for_said().has_value());
  EXPECT_EQ(f.rooms.heard().said, 2);
  EXPECT_EQ(f.rooms.heard().resumed, 1);
  EXPECT_EQ(f.rooms.reopened(), 1);
  EXPECT_EQ(f.room->since, "e1.1");
  EXPECT_EQ(f.rooms.heard().gaps, 0);
}

TEST(Rooms, AHeldLineIsAnsweredAndItsRoomNamedOnce) {
  RoomFixture f;
  Identity who;
  const auto seat = f.rooms.enter("room", who);
  ASSERT_TRUE(f.rooms.wait_for_snapshots().has_value());
  f.rooms.say(seat, "forbidden");
  f.rooms.say(seat, "hello");
  ASSERT_TRUE(f.rooms.wait_for_said().has_value());
  EXPECT_EQ(f.rooms.heard().held, 1);
  EXPECT_EQ(f.rooms.heard().said, 1);
  EXPECT_EQ(f.rooms.take_held(), std::set<std::string>{"room"});
  EXPECT_TRUE(f.rooms.take_held().empty());
}

TEST(Rooms, WhoIsTurnedAwayHasNoSeat) {
  RoomFixture f;
  f.status = 404;
  Identity who;
  const auto seat = f.rooms.enter("room", who);
  ASSERT_TRUE(f.rooms.wait_for_snapshots().has_value());
  EXPECT_FALSE(f.rooms.is_in(seat));
  EXPECT_EQ(f.rooms.dropped(), 1);
}

}  // namespace
}  // namespace lianbo::sim
