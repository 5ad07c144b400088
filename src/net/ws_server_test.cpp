#include <gtest/gtest.h>
#include <malloc.h>

#include <algorithm>
#include <latch>
#include <set>
#include <thread>

#include "net/client.hpp"
#include "net/http_test_support.hpp"
#include "net/server.hpp"
#include "net/websocket.hpp"
#include "net/workers.hpp"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kSanitized = true;
#else
constexpr bool kSanitized = false;
#endif

namespace lianbo::net {
namespace {

using testing::eventually;
using testing::RawSocket;

// A room without a lock: everything happens on its home thread.
struct Room final : WsHandler {
  std::vector<WsPtr> viewers;
  WsRow row;
  std::atomic<int> opened{0}, closed{0}, texts{0};
  std::set<std::thread::id> threads;

  void on_open(const WsPtr& connection) override {
    threads.insert(std::this_thread::get_id());
    viewers.push_back(connection);
    ++opened;
  }
  void on_text(const WsPtr& connection, std::string_view text) override {
    threads.insert(std::this_thread::get_id());
    ++texts;
    if (text == "throw") throw std::runtime_error("on purpose");
    if (text == "close") return connection->close(4000, "as you wish");
    connection->send(text_frame("echo " + std::string(text)));
  }
  void on_close(const WsPtr& connection) override {
    threads.insert(std::this_thread::get_id());
    connection->get_up();
    std::erase(viewers, connection);
    ++closed;
  }
};

struct Seen final : WsListener {
  std::mutex mutex;
  std::map<WsClientId, std::vector<std::string>> texts;
  std::map<WsClientId, std::string> ends;  // "code reason status"
  int opened = 0;

  void on_open(WsClientId) override {
    const std::lock_guard lock(mutex);
    ++opened;
  }
  void on_text(WsClientId id, std::string_view text) override {
    const std::lock_guard lock(mutex);
    texts[id].emplace_back(text);
  }
  void on_close(WsClientId id, int code, std::string_view reason, int status) override {
    const std::lock_guard lock(mutex);
    ends[id] = std::to_string(code) + " " + std::string(reason) + " " + std::to_string(status);
  }
  std::vector<std::string> of(WsClientId id) {
    const std::lock_guard lock(mutex);
    return texts[id];
  }
  std::string end_of(WsClientId id) {
    const std::lock_guard lock(mutex);
    return ends.count(id) != 0 ? ends[id] : "";
  }
};

ServerConfig small_config() {
  ServerConfig config;
  config.sweep_ms = 5;
  return config;
}

// "/room/<key>" is a room with that home key; "/no" is refused. Decided on a worker.
class Hall {
 public:
  explicit Hall(ServerConfig config = small_config(), WsClientOptions client = {})
      : workers(2, 1000),
        server(
            std::move(config), [](Request&& request, ReplySink sink) { sink(Reply::json("\"" + request.path + "\"")); },
            [this](Request&& request, UpgradeSink done) {
              workers.submit([this, request = std::move(request), done = std::move(done)] {
                if (!request.path.starts_with("/room/")) return done(fail(Code::room_full, "20000 are in already"));
                WsAccept accept;
                accept.home_key = std::stoll(request.path.substr(6));
                accept.handler = room;
                accept.headers.emplace_back("Set-Cookie", "guest=1");
                done(std::move(accept));
              });
            }) {
    const Status status = server.start();
    EXPECT_TRUE(status) << status.error().text();
    client.port = server.port();
    pool = std::make_unique<WsClientPool>(client);
  }
  ~Hall() {
    pool.reset();
    server.stop(2000);
    workers.stop();
  }

  WsClientId join(std::int64_t key = 1) {
    const WsClientId id = pool->open("/room/" + std::to_string(key), {}, seen);
    EXPECT_TRUE(eventually([&] { return pool->stats().opening == 0; }));
    return id;
  }
  std::vector<WsClientId> join_many(int count) {
    std::vector<WsClientId> ids;
    for (int i = 0; i < count; ++i) ids.push_back(pool->open("/room/1", {}, seen));
    EXPECT_TRUE(eventually([&] { return pool->stats().open >= count; }));
    EXPECT_TRUE(eventually([&] { return room->opened >= count; }));
    return ids;
  }
  // Runs on the room's thread and waits for it.
  void in_room(const std::function<void()>& fn, std::int64_t key = 1) {
    std::latch done(1);
    ASSERT_TRUE(server.post(key, [&] {
      fn();
      done.count_down();
    }));
    done.wait();
  }
  void tell_all(const FramePtr& frame) {
    in_room([&] {
      for (const WsPtr& viewer : room->viewers) viewer->send(frame);
    });
  }

  std::shared_ptr<Room> room = std::make_shared<Room>();
  std::shared_ptr<Seen> seen = std::make_shared<Seen>();
  Workers workers;
  Server server;
  std::unique_ptr<WsClientPool> pool;
};

constexpr const char* kHandshake =
    "GET /room/1 HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";

std::string masked(WsOpcode opcode, std::string_view payload) {
  const std::uint32_t mask = 0x01020304;
  std::string out;
  append_frame(out, opcode, payload, &mask);
  return out;
}

std::string plain(WsOpcode opcode, std::string_view payload) {
  std::string out;
  append_frame(out, opcode, payload);
  return out;
}

TEST(WsServer, EchoesInOrder) {
  Hall hall;
  const WsClientId id = hall.join();
  for (int i = 0; i < 100; ++i) hall.pool->send_text(id, std::to_string(i));
  const auto reply = hall.pool->ask(id, "last", [](std::string_view text) { return text == "echo last"; }, 20000);
  ASSERT_TRUE(reply);
  const auto texts = hall.seen->of(id);
  ASSERT_EQ(texts.size(), 101u);
  for (std::size_t i = 0; i < 100; ++i) EXPECT_EQ(texts[i], "echo " + std::to_string(i));
  EXPECT_EQ(hall.server.stats().ws_received, 101);
}

TEST(WsServer, TheHandshakeIsAnsweredAndEarlyFramesAreNotLost) {
  Hall hall;
  RawSocket c(hall.server.port());
  c.send(kHandshake + masked(WsOpcode::text, "early") + masked(WsOpcode::ping, "p").substr(0, 3));
  const auto answer = c.read_answer(true);
  EXPECT_EQ(answer.status(), 101);
  EXPECT_TRUE(answer.has("Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo="));
  EXPECT_TRUE(answer.has("Set-Cookie: guest=1"));
  const std::string echo = plain(WsOpcode::text, "echo early");
  EXPECT_EQ(c.take(echo.size()), echo);
  c.send(masked(WsOpcode::ping, "p").substr(3));
  const std::string pong = plain(WsOpcode::pong, "p");
  EXPECT_EQ(c.take(pong.size()), pong);
}

TEST(WsServer, ARefusalIsAProblemAndTheConnectionStaysHttp) {
  Hall hall;
  RawSocket c(hall.server.port());
  std::string bytes = kHandshake;
  bytes.replace(bytes.find("/room/1"), 7, "/no");
  auto answer = c.ask(bytes);
  EXPECT_EQ(answer.status(), 503);
  EXPECT_NE(answer.body.find("\"name\":\"room_full\""), std::string::npos);
  bytes = kHandshake;
  bytes.replace(bytes.find("Version: 13"), 11, "Version: 12");
  answer = c.ask(bytes);
  EXPECT_EQ(answer.status(), 400);
  EXPECT_TRUE(answer.has("Sec-WebSocket-Version: 13"));
  EXPECT_EQ(c.ask("GET /plain HTTP/1.1\r\nHost: x\r\n\r\n").body, "\"/plain\"");
  const WsClientId id = hall.pool->open("/no", {}, hall.seen);
  EXPECT_TRUE(eventually([&] { return hall.seen->end_of(id).ends_with(" 503"); }));
  EXPECT_EQ(hall.pool->stats().refused, 1);
}

TEST(WsServer, TheCloseHandshakeIsKeptFromBothSides) {
  Hall hall;
  const WsClientId ours = hall.join();
  hall.pool->close(ours, 1000, "bye");
  EXPECT_TRUE(eventually([&] { return hall.seen->end_of(ours) == "1000  101"; }));
  const WsClientId theirs = hall.join();
  hall.pool->send_text(theirs, "close");
  EXPECT_TRUE(eventually([&] { return hall.seen->end_of(theirs) == "4000 as you wish 101"; }));
  EXPECT_TRUE(eventually([&] { return hall.room->closed == 2 && hall.server.stats().open == 0; }));
}

TEST(WsServer, ABrokenProtocolIsClosedWithItsCode) {
  Hall hall;
  struct Row {
    std::string bytes;
    int code;
  };
  const Row rows[] = {{plain(WsOpcode::text, "a"), 1002},
                      {masked(WsOpcode::text, "\xff"), 1007},
                      {masked(WsOpcode::text, std::string(4097, 'a')), 1009},
                      {masked(WsOpcode::binary, "a"), 1003}};
  for (const Row& row : rows) {
    RawSocket c(hall.server.port());
    c.send(kHandshake);
    ASSERT_EQ(c.read_answer(true).status(), 101);
    c.send(row.bytes);
    EXPECT_EQ(c.read_to_end(), plain(WsOpcode::close, close_payload(row.code, "")));
  }
  EXPECT_TRUE(eventually([&] { return hall.room->closed == 4; }));
  EXPECT_EQ(hall.server.stats().ws_protocol_errors, 4);
}

TEST(WsServer, AHandlerThatThrowsLosesItsConnectionOnly) {
  Hall hall;
  const WsClientId bad = hall.join(), good = hall.join();
  hall.pool->send_text(bad, "throw");
  EXPECT_TRUE(eventually([&] { return hall.seen->end_of(bad) == "1011  101"; }));
  EXPECT_TRUE(hall.pool->ask(good, "hi", [](std::string_view) { return true; }, 20000));
}

TEST(WsServer, TwoHundredViewersGetOneFrame) {
  ServerConfig config = small_config();
  config.io_threads = 3;
  Hall hall(config);
  const auto ids = hall.join_many(200);
  const FramePtr frame = text_frame("{\"type\":\"pin\"}");
  hall.tell_all(frame);
  ASSERT_TRUE(hall.pool->barrier(20000));
  for (const WsClientId id : ids) EXPECT_EQ(hall.seen->of(id), std::vector<std::string>{"{\"type\":\"pin\"}"});
  hall.in_room([&] { EXPECT_EQ(hall.room->threads.size(), 1u); });
  EXPECT_EQ(hall.pool->stats().messages, 200);
  EXPECT_EQ(hall.server.stats().ws_frames_sent, 200 + 200 + 200);  // handshakes, the frame, pongs
}

TEST(WsServer, ASlowViewerIsCutOffAtTheLimitAndOthersGetEverything) {
  ServerConfig config = small_config();
  config.ws_queue_bytes = 65536;
  config.ws_send_buffer = 8192;
  Hall hall(config);
  const auto ids = hall.join_many(3);
  RawSocket slow(hall.server.port(), 4096);
  slow.send(kHandshake);
  ASSERT_TRUE(eventually([&] { return hall.room->opened == 4; }));
  WsPtr slow_one;
  hall.in_room([&] { slow_one = hall.room->viewers.back(); });
  const FramePtr frame = text_frame(std::string(1000, 'x'));
  const FramePtr count = text_frame("counts", true);
  int told = 0;
  std::size_t most_queued = 0;
  bool slow_took = true;
  for (; told < 5000 && slow_took; ++told) {
    hall.in_room([&] {
      // Nobody is called back from inside send, so the list does not move under our feet.
      for (const WsPtr& viewer : hall.room->viewers) {
        const bool took = viewer->send(frame);
        viewer->send(count);
        if (viewer == slow_one) slow_took = took;
      }
      most_queued = std::max(most_queued, slow_one->queued_bytes());
    });
    ASSERT_TRUE(hall.pool->barrier(20000, ids));
  }
  EXPECT_FALSE(slow_took);
  EXPECT_LE(most_queued, 65536u);
  EXPECT_GT(most_queued, 60000u);
  EXPECT_TRUE(eventually([&] { return hall.room->closed == 1; }));
  hall.in_room([&] {
    EXPECT_FALSE(slow_one->send(frame));
    EXPECT_EQ(slow_one->queued_bytes(), 0u);
    EXPECT_EQ(hall.room->viewers.size(), 3u);
  });
  EXPECT_EQ(hall.server.stats().ws_cut_off, 1);
  EXPECT_GT(hall.server.stats().ws_frames_dropped, 10);
  for (const WsClientId id : ids) {
    const auto texts = hall.seen->of(id);
    EXPECT_EQ(std::count(texts.begin(), texts.end(), std::string(1000, 'x')), told);
    EXPECT_EQ(hall.seen->end_of(id), "");
  }
}

TEST(WsServer, WhatIsQueuedArrivesWholeAndInOrder) {
  ServerConfig config = small_config();
  config.ws_queue_bytes = 8 << 20;
  config.ws_send_buffer = 8192;
  WsClientOptions client;
  client.receive_buffer = 4096;
  Hall hall(config, client);
  const WsClientId id = hall.join();
  hall.pool->pause(id, true);
  constexpr int kFrames = 3000;
  hall.in_room([&] {
    for (int i = 0; i < kFrames; ++i)
      EXPECT_TRUE(hall.room->viewers[0]->send(text_frame(std::to_string(i) + std::string(997, '.'))));
    EXPECT_GT(hall.room->viewers[0]->queued_bytes(), 1000000u);
  });
  hall.pool->pause(id, false);
  ASSERT_TRUE(hall.pool->barrier(20000));
  const auto texts = hall.seen->of(id);
  ASSERT_EQ(texts.size(), static_cast<std::size_t>(kFrames));
  for (int i = 0; i < kFrames; ++i) EXPECT_EQ(std::stoi(texts[static_cast<std::size_t>(i)]), i);
}

// Walks over a row as a live room does.
struct Walker {
  Room& room;
  std::int64_t told = 0;
  std::size_t left_over = 0;  // of the last walk
  void tell(const FramePtr& frame) {
    std::vector<WsRow::Left> left;
    room.row.send(*frame, told, told + 1, left);
    for (const WsRow::Left& one : left) {
      if (one.sent != WsRow::kNotTried) {
        EXPECT_TRUE(room.viewers[one.place]->went_out(frame, one.sent));
      } else {
        EXPECT_EQ(room.row[one.place].told, told);
        room.row[one.place].told = told + 1;
        EXPECT_TRUE(room.viewers[one.place]->send(frame));
      }
    }
    left_over = left.size();
    ++told;
  }
};

TEST(WsRow, EachGetsEverythingInOrderThoughSomeAreSlow) {
  for (const int viewers : {5, 150, 300}) {  // fewer than are sent to in one batch, and more
    ServerConfig config = small_config();
    config.ws_queue_bytes = 8 << 20;
    config.ws_send_buffer = 8192;
    WsClientOptions client;
    client.receive_buffer = 4096;
    Hall hall(config, client);
    const auto ids = hall.join_many(viewers);
    hall.pool->pause(ids[0], true);
    hall.pool->pause(ids[2], true);
    Walker walker{*hall.room};
    constexpr int kFrames = 300;
    hall.in_room([&] {
      for (std::size_t i = 0; i < hall.room->viewers.size(); ++i) {
        hall.room->row.add(*hall.room->viewers[i]);
        hall.room->row[i].told = 0;
      }
      for (int i = 0; i < kFrames; ++i) walker.tell(text_frame(std::to_string(i) + std::string(997, '.')));
      EXPECT_GE(walker.left_over, 2u);
    });
    hall.pool->pause(ids[0], false);
    hall.pool->pause(ids[2], false);
    ASSERT_TRUE(hall.pool->barrier(20000));
    for (const WsClientId id : ids) {
      const auto texts = hall.seen->of(id);
      ASSERT_EQ(texts.size(), static_cast<std::size_t>(kFrames));
      for (int i = 0; i < kFrames; ++i) ASSERT_EQ(std::stoi(texts[static_cast<std::size_t>(i)]), i);
    }
    hall.in_room([&] {
      walker.tell(text_frame("after"));
      EXPECT_EQ(walker.left_over, 0u) << "who has caught up is sent to like everybody";
    });
    ASSERT_TRUE(hall.pool->barrier(20000));
    // A handshake each, all frames, and a pong for each of the two barriers.
    EXPECT_EQ(hall.server.stats().ws_frames_sent, viewers * (1 + kFrames + 1 + 2));
  }
}

TEST(WsRow, WhoHasGotUpIsNotSentToAndTheLastOneTakesThePlace) {
  Hall hall;
  const auto ids = hall.join_many(20);
  hall.in_room([&] {
    Room& room = *hall.room;
    for (const WsPtr& viewer : room.viewers) room.row.add(*viewer);
    for (std::size_t i = 0; i < room.viewers.size(); ++i) room.row[i].told = 0;
    room.row.take_out(3);
    room.viewers[3]->close(1000, "");
    room.viewers[3] = room.viewers.back();
    room.viewers.pop_back();
    room.viewers[5]->close(1000, "");  // closing, and still in its place
    std::vector<WsRow::Left> left;
    EXPECT_EQ(room.row.send(*text_frame("one"), 0, 1, left), 18);
    ASSERT_EQ(left.size(), 1u);
    EXPECT_EQ(left[0].place, 5u);
    EXPECT_EQ(left[0].sent, WsRow::kNotTried);
    left.clear();
    EXPECT_EQ(room.row.send(*text_frame("two"), 0, 1, left), 0) << "told that already";
    EXPECT_EQ(left.size(), 19u);
  });
  EXPECT_TRUE(eventually([&] { return hall.room->closed == 2; }));
  ASSERT_TRUE(eventually([&] {
    std::size_t told = 0;
    for (const WsClientId id : ids) told += hall.seen->of(id).size();
    return told == 18;
  }));
}

TEST(Server, WhatWaitsForAnIdleThreadRunsWhenThereIsNothingElseAndInTimeIfThereAlwaysIs) {
  Hall hall;
  std::atomic<int> others{0}, seen{-1};
  std::function<void()> go_on = [&] {
    if (++others < 50) hall.server.post(1, go_on);
  };
  hall.in_room([&] {
    hall.server.post_when_idle(1, 600'000, [&] { seen = others.load(); });
    hall.server.post(1, go_on);
  });
  EXPECT_TRUE(eventually([&] { return seen >= 0; }));
  EXPECT_EQ(seen, 50);

  std::atomic<bool> ran{false}, over{false};
  std::function<void()> never_rests = [&] {
    if (ran)
      over = true;
    else
      hall.server.post(1, never_rests);
  };
  hall.in_room([&] {
    hall.server.post_when_idle(1, 20, [&] { ran = true; });
    hall.server.post(1, never_rests);
  });
  EXPECT_TRUE(eventually([&] { return over.load(); }));
}

TEST(WsServer, SilentViewersArePingedAndThenCutOff) {
  ServerConfig config = small_config();
  config.ws_ping_ms = 500;
  Hall hall(config);
  const WsClientId alive = hall.join();  // answers pings by itself
  RawSocket dead(hall.server.port());
  dead.send(kHandshake);
  ASSERT_EQ(dead.read_answer(true).status(), 101);
  EXPECT_EQ(dead.read_to_end(), plain(WsOpcode::ping, ""));
  EXPECT_TRUE(eventually([&] { return hall.room->closed == 1; }));
  EXPECT_EQ(hall.seen->end_of(alive), "");
  EXPECT_EQ(hall.server.stats().ws_open, 1);
}

TEST(WsServer, AViewerThatVanishesIsNoticed) {
  Hall hall;
  {
    RawSocket c(hall.server.port());
    c.send(kHandshake);
    ASSERT_EQ(c.read_answer(true).status(), 101);
  }
  EXPECT_TRUE(eventually([&] { return hall.room->closed == 1 && hall.server.stats().open == 0; }));
}

TEST(WsServer, StopSaysLastWordsAndReconnect) {
  ServerConfig config = small_config();
  config.io_threads = 2;
  Hall hall(config);
  const auto ids = hall.join_many(50);
  const std::int64_t began = monotonic_ms();
  hall.server.stop(10000, [&](int thread) {
    if (thread != hall.server.home(1)) return;
    for (const WsPtr& viewer : hall.room->viewers) viewer->send(text_frame("last words"));
  });
  EXPECT_LT(monotonic_ms() - began, 5000);
  EXPECT_EQ(hall.room->closed, 50);
  EXPECT_TRUE(eventually([&] { return hall.pool->stats().open == 0; }));
  for (const WsClientId id : ids) {
    EXPECT_EQ(hall.seen->of(id), std::vector<std::string>{"last words"});
    EXPECT_EQ(hall.seen->end_of(id), "1012 reconnect 101");
  }
}

TEST(WsServer, StopDoesNotWaitForWhoNeverAnswers) {
  Hall hall;
  RawSocket c(hall.server.port());
  c.send(kHandshake);
  ASSERT_EQ(c.read_answer(true).status(), 101);
  const std::int64_t began = monotonic_ms();
  hall.server.stop(200);
  EXPECT_LT(monotonic_ms() - began, 5000);
  EXPECT_EQ(hall.room->closed, 1);
}

TEST(WsServer, AConnectionMayBeHeldLongerThanTheServerLives) {
  std::vector<WsPtr> held;
  {
    Hall hall;
    hall.join();
    hall.in_room([&] { held = hall.room->viewers; });
  }
  ASSERT_EQ(held.size(), 1u);
  EXPECT_FALSE(held[0]->send(text_frame("too late")));
  held[0]->close(1000, "");
}

TEST(WsServer, AViewerAtRestCostsLessThanTwoKib) {
  if (kSanitized) GTEST_SKIP() << "allocators of sanitizers count differently";
  Hall hall;
  constexpr int kViewers = 500;
  hall.room->viewers.reserve(kViewers + 10);
  std::vector<RawSocket> clients;
  clients.reserve(kViewers + 10);
  const auto join = [&](int count) {
    const int before = hall.room->opened;
    for (int i = 0; i < count; ++i) {
      clients.emplace_back(hall.server.port());
      clients.back().send(kHandshake);
    }
    ASSERT_TRUE(eventually([&] { return hall.room->opened == before + count; }));
    hall.in_room([] {});
  };
  join(10);  // what is made once
  const auto used = [] {
    const struct mallinfo2 m = ::mallinfo2();
    return m.uordblks + m.hblkhd;
  };
  const std::size_t before = used();
  join(kViewers);
  const std::size_t each = (used() - before) / kViewers;
  RecordProperty("bytes_per_viewer", static_cast<int>(each));
  EXPECT_LT(each, 2048u);
}

TEST(WsClientPool, AskGivesUpAtItsTimeAndOnAClosedConnection) {
  Hall hall;
  const WsClientId id = hall.join();
  EXPECT_EQ(hall.pool->ask(id, "x", [](std::string_view) { return false; }, 20).error().code, Code::deadline_exceeded);
  EXPECT_EQ(hall.pool->ask(id, "close", [](std::string_view) { return false; }, 20000).error().code, Code::io_failed);
  EXPECT_EQ(hall.pool->ask(id, "x", [](std::string_view) { return true; }, 20000).error().code, Code::io_failed);
}

TEST(WsClientPool, NobodyThereIsToldAsRefused) {
  WsClientOptions options;
  {
    Hall hall;
    options.port = hall.server.port();
  }
  WsClientPool pool(options);
  const auto seen = std::make_shared<Seen>();
  const WsClientId id = pool.open("/", {}, seen);
  EXPECT_TRUE(eventually([&] { return seen->end_of(id).ends_with(" 0"); }));
  EXPECT_EQ(pool.stats().refused, 1);
  EXPECT_TRUE(pool.barrier(1000));
}

}  // namespace
}  // namespace lianbo::net
