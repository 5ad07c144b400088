#include "net/server.hpp"

#include <gtest/gtest.h>

#include <latch>
#include <thread>

#include "net/http_test_support.hpp"
#include "net/metrics.hpp"
#include "net/workers.hpp"

namespace lianbo::net {
namespace {

using testing::eventually;
using testing::RawSocket;

// Answers with what it was asked: "GET /path body".
void echo(Request&& request, ReplySink sink) {
  Reply reply;
  reply.content_type = "text/plain";
  reply.body = std::string(method_name(request.method)) + " " + request.path + " " + request.body;
  reply.headers.emplace_back("X-Request-Id", "r1");
  sink(std::move(reply));
}

ServerConfig small_config() {
  ServerConfig config;
  config.header_bytes = 2048;
  config.uri_bytes = 512;
  config.linger_ms = 50;
  config.sweep_ms = 5;
  config.body_limit = [](Method, std::string_view path) -> std::size_t { return path == "/upload" ? 100000 : 1000; };
  return config;
}

class TestServer {
 public:
  explicit TestServer(ServerConfig config = small_config(), RequestHandler handler = echo)
      : server(std::move(config), std::move(handler)) {
    const Status status = server.start();
    EXPECT_TRUE(status) << status.error().text();
  }
  RawSocket connect() const { return RawSocket(server.port()); }
  Server server;
};

TEST(Server, AnswersOnOneKeptConnection) {
  TestServer s;
  RawSocket c = s.connect();
  for (int i = 0; i < 3; ++i) {
    const auto answer = c.ask("GET /a" + std::to_string(i) + " HTTP/1.1\r\nHost: x\r\n\r\n");
    EXPECT_EQ(answer.status(), 200);
    EXPECT_EQ(answer.body, "GET /a" + std::to_string(i) + " ");
    EXPECT_TRUE(answer.has("X-Request-Id: r1"));
    EXPECT_TRUE(answer.has("Content-Type: text/plain"));
    EXPECT_FALSE(answer.has("Connection: close"));
  }
  EXPECT_EQ(s.server.stats().accepted, 1);
  EXPECT_EQ(s.server.stats().requests, 3);
}

TEST(Server, PipelinedRequestsAreAnsweredInOrder) {
  Workers workers(4, 100);
  TestServer s(small_config(), [&](Request&& request, ReplySink sink) {
    if (request.path == "/now") return echo(std::move(request), sink);
    workers.submit([request = std::move(request), sink]() mutable { echo(std::move(request), sink); });
  });
  RawSocket c = s.connect();
  std::string all;
  for (int i = 0; i < 40; ++i) {
    const std::string body = std::to_string(i);
    all += "POST " + std::string(i % 3 == 0 ? "/now" : "/later") +
           " HTTP/1.1\r\nHost: x\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
  }
  c.send(all);
  for (int i = 0; i < 40; ++i)
    EXPECT_EQ(c.read_answer().body, "POST " + std::string(i % 3 == 0 ? "/now " : "/later ") + std::to_string(i));
}

TEST(Server, ARequestMayComeByteByByte) {
  TestServer s;
  RawSocket c = s.connect();
  const std::string bytes =
      "\r\nPOST /a%20b?x=1 HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello"
      "POST /c HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nTrailer: "
      "no\r\n\r\n"
      "GET /d HTTP/1.1\r\nHost: x\r\n\r\n";
  for (const char byte : bytes) ASSERT_TRUE(c.send(std::string_view(&byte, 1)));
  EXPECT_EQ(c.read_answer().body, "POST /a b hello");
  EXPECT_EQ(c.read_answer().body, "POST /c abcde");
  EXPECT_EQ(c.read_answer().body, "GET /d ");
}

TEST(Server, HeadIsGetWithoutTheBody) {
  TestServer s;
  RawSocket c = s.connect();
  c.send("HEAD /abc HTTP/1.1\r\nHost: x\r\n\r\n");
  const auto answer = c.read_answer(true);
  EXPECT_EQ(answer.status(), 200);
  EXPECT_TRUE(answer.has("Content-Length: 9"));
  EXPECT_EQ(c.ask("GET /abc HTTP/1.1\r\nHost: x\r\n\r\n").body, "GET /abc ");
}

TEST(Server, NoContentHasNoLength) {
  TestServer s(small_config(), [](Request&&, ReplySink sink) { sink(Reply::none()); });
  RawSocket c = s.connect();
  const auto answer = c.ask("DELETE /x HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(answer.status(), 204);
  EXPECT_EQ(answer.head.find("Content-"), std::string::npos);
  EXPECT_EQ(c.ask("DELETE /x HTTP/1.1\r\nHost: x\r\n\r\n").status(), 204);
}

TEST(Server, OldAndClosingClientsGetAClosedConnection) {
  TestServer s;
  EXPECT_TRUE(s.connect().ask("GET / HTTP/1.0\r\n\r\n").has("Connection: close"));
  EXPECT_TRUE(s.connect().ask("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n").has("Connection: keep-alive"));
  RawSocket c = s.connect();
  c.send("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  EXPECT_TRUE(c.read_to_end().ends_with("GET / "));
}

TEST(Server, ContinueIsSaidBeforeTheBodyAndNotForTooMuch) {
  TestServer s;
  RawSocket c = s.connect();
  c.send("PUT /x HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n");
  EXPECT_EQ(c.take(25), "HTTP/1.1 100 Continue\r\n\r\n");
  EXPECT_EQ(c.ask("abc").body, "PUT /x abc");
  const auto refused = c.ask("PUT /x HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 1001\r\n\r\n");
  EXPECT_EQ(refused.status(), 413);
}

TEST(Server, WhatIsNoRequestIsRefusedWithAProblem) {
  const std::string h = "\r\nHost: x\r\n";
  struct Row {
    std::string bytes;
    int status;
    const char* name;
  };
  const Row rows[] = {
      {"nonsense\r\n\r\n", 400, "bad_request"},
      {"GET / HTTP/1.1\r\n\r\n", 400, "bad_request"},
      {"GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n", 400, "bad_request"},
      {"GET / HTTP/2.0" + h + "\r\n", 400, "bad_request"},
      {"GET  / HTTP/1.1" + h + "\r\n", 400, "bad_request"},
      {"GET nothing HTTP/1.1" + h + "\r\n", 400, "bad_request"},
      {"GET /%zz HTTP/1.1" + h + "\r\n", 400, "bad_request"},
      {"GET /%ff HTTP/1.1" + h + "\r\n", 400, "invalid_utf8"},
      {"GET / HTTP/1.1\r\nHost: x\r\nBad Name: 1\r\n\r\n", 400, "bad_request"},
      {"POST / HTTP/1.1" + h + "Content-Length: -1\r\n\r\n", 400, "bad_request"},
      {"POST / HTTP/1.1" + h + "Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd", 400, "bad_request"},
      {"POST / HTTP/1.1" + h + "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400, "bad_request"},
      {"POST / HTTP/1.1" + h + "Transfer-Encoding: chunked\r\n\r\nzz\r\n", 400, "bad_request"},
      // Where a body of a coding we don't know ends, we can't tell: what follows must not pass as another request.
      {"POST / HTTP/1.1" + h + "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", 400, "bad_request"},
      {"POST / HTTP/1.1" + h + "Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n", 400, "bad_request"},
      {"POST / HTTP/1.1" + h + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 400, "bad_request"},
      {"POST / HTTP/1.1" + h + "Transfer-Encoding: x\r\nContent-Length: 2\r\n\r\nab", 400, "bad_request"},
      {"POST / HTTP/1.1" + h + "Transfer-Encoding: chunked\r\n\r\n1;" + std::string(9000, 'x'), 400, "bad_request"},
      {"OPTIONS / HTTP/1.1" + h + "\r\n", 405, "method_not_allowed"},
      {"POST / HTTP/1.1" + h + "Content-Length: 1001\r\n\r\n", 413, "body_too_large"},
      {"POST / HTTP/1.1" + h + "Content-Length: 99999999999999\r\n\r\n", 413, "body_too_large"},
      {"POST / HTTP/1.1" + h + "Transfer-Encoding: chunked\r\n\r\n3e9\r\n", 413, "body_too_large"},
      {"GET /" + std::string(512, 'a') + " HTTP/1.1" + h + "\r\n", 414, "uri_too_long"},
      {"GET /" + std::string(100000, 'a'), 414, "uri_too_long"},
      {"GET / HTTP/1.1" + h + "A: " + std::string(2048, 'a') + "\r\n\r\n", 431, "headers_too_large"},
      {"GET / HTTP/1.1" + h + "A: " + std::string(100000, 'a'), 431, "headers_too_large"},
  };
  TestServer s;
  std::int64_t refused = 0;
  for (const Row& row : rows) {
    RawSocket c = s.connect();
    c.send(row.bytes);
    const auto answer = c.read_answer();
    EXPECT_EQ(answer.status(), row.status) << row.bytes.substr(0, 200);
    EXPECT_TRUE(answer.has("Content-Type: application/problem+json"));
    EXPECT_TRUE(answer.has("Connection: close"));
    EXPECT_NE(answer.body.find("\"name\":\"" + std::string(row.name) + "\""), std::string::npos) << answer.body;
    EXPECT_EQ(c.read_to_end(), "");
    EXPECT_EQ(s.server.stats().bad_requests, ++refused);
  }
  EXPECT_EQ(s.server.stats().requests, 0);
}

TEST(Server, ManySmallHeaderLinesAreTooLargeTogether) {
  TestServer s;
  RawSocket c = s.connect();
  c.send("GET / HTTP/1.1\r\nHost: x\r\n");
  for (int i = 0; i < 300; ++i)
    if (!c.send("A" + std::to_string(i) + ": 12345678\r\n")) break;
  EXPECT_EQ(c.read_answer().status(), 431);
}

TEST(Server, ProblemsAreInChineseForWhoReadsChinese) {
  TestServer s;
  RawSocket c = s.connect();
  const auto answer = c.ask("POST / HTTP/1.1\r\nHost: x\r\nAccept-Language: zh-CN\r\nContent-Length: 1001\r\n\r\n");
  EXPECT_NE(answer.body.find("请求体超过上限"), std::string::npos) << answer.body;
}

TEST(Server, TheBodyLimitIsTheRoutes) {
  TestServer s;
  RawSocket c = s.connect();
  const auto ask = [&](const std::string& path, std::size_t size) {
    return c.ask("POST " + path + " HTTP/1.1\r\nHost: x\r\nContent-Length: " + std::to_string(size) + "\r\n\r\n" +
                 std::string(size, 'b'));
  };
  EXPECT_EQ(ask("/x", 1000).body.size(), 1008u);
  EXPECT_EQ(ask("/upload", 100000).body.size(), 100013u);
  EXPECT_EQ(ask("/upload", 100001).status(), 413);
}

TEST(Server, ABigAnswerReachesASlowReaderWhole) {
  const std::string big(8 << 20, 'z');
  TestServer s(small_config(), [&](Request&&, ReplySink sink) { sink(Reply::json(big)); });
  RawSocket c(s.server.port(), 4096);
  c.send("GET /1 HTTP/1.1\r\nHost: x\r\n\r\nGET /2 HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_TRUE(c.read_answer().body == big);
  EXPECT_TRUE(c.read_answer().body == big);
}

TEST(Server, ASlowHeaderIsCutOff) {
  ServerConfig config = small_config();
  config.header_ms = 300;
  TestServer s(config);
  RawSocket c = s.connect();
  c.send("GET / HTTP/1.1\r\nHost");
  EXPECT_EQ(c.read_answer().status(), 408);
  EXPECT_EQ(c.read_to_end(), "");
  RawSocket silent = s.connect();
  EXPECT_EQ(silent.read_to_end(), "");
  EXPECT_EQ(s.server.stats().timeouts, 2);
  EXPECT_TRUE(eventually([&] { return s.server.stats().open == 0; }));
}

TEST(Server, ASlowBodyIsCutOff) {
  ServerConfig config = small_config();
  config.body_ms = 30;
  TestServer s(config);
  RawSocket c = s.connect();
  EXPECT_EQ(c.ask("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc").status(), 408);
}

TEST(Server, AnIdleConnectionIsClosed) {
  ServerConfig config = small_config();
  config.idle_ms = 30;
  TestServer s(config);
  RawSocket c = s.connect();
  EXPECT_EQ(c.ask("GET / HTTP/1.1\r\nHost: x\r\n\r\n").status(), 200);
  EXPECT_EQ(c.read_to_end(), "");
  EXPECT_EQ(s.server.stats().timeouts, 1);
}

TEST(Server, AReaderThatReadsNothingIsCutOff) {
  ServerConfig config = small_config();
  config.write_ms = 50;
  TestServer s(config, [](Request&&, ReplySink sink) { sink(Reply::json(std::string(64 << 20, 'z'))); });
  RawSocket c(s.server.port(), 4096);
  c.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_TRUE(eventually([&] { return s.server.stats().timeouts == 1 && s.server.stats().open == 0; }));
}

TEST(Server, TheLastRequestOfAConnectionSaysSo) {
  ServerConfig config = small_config();
  config.max_requests = 2;
  TestServer s(config);
  RawSocket c = s.connect();
  EXPECT_FALSE(c.ask("GET / HTTP/1.1\r\nHost: x\r\n\r\n").has("Connection: close"));
  EXPECT_TRUE(c.ask("GET / HTTP/1.1\r\nHost: x\r\n\r\n").has("Connection: close"));
  EXPECT_EQ(c.read_to_end(), "");
}

TEST(Server, TooManyConnectionsAreRefusedAndCounted) {
  ServerConfig config = small_config();
  config.connections = 2;
  TestServer s(config);
  {
    RawSocket a = s.connect(), b = s.connect();
    ASSERT_EQ(a.ask("GET / HTTP/1.1\r\nHost: x\r\n\r\n").status(), 200);
    ASSERT_EQ(b.ask("GET / HTTP/1.1\r\nHost: x\r\n\r\n").status(), 200);
    RawSocket c = s.connect();
    const auto answer = c.read_answer();
    EXPECT_EQ(answer.status(), 503);
    EXPECT_TRUE(answer.has("Retry-After: 1"));
    EXPECT_EQ(s.server.stats().refused, 1);
  }
  EXPECT_TRUE(eventually([&] { return s.server.stats().open == 0; }));
  EXPECT_EQ(s.connect().ask("GET / HTTP/1.1\r\nHost: x\r\n\r\n").status(), 200);
}

TEST(Server, AForgottenOrThrowingHandlerIsAnInternalError) {
  TestServer s(small_config(), [](Request&& request, ReplySink) {
    if (request.path == "/throw") throw std::runtime_error("on purpose");
  });
  RawSocket c = s.connect();
  EXPECT_EQ(c.ask("GET /forget HTTP/1.1\r\nHost: x\r\n\r\n").status(), 500);
  EXPECT_EQ(c.ask("GET /throw HTTP/1.1\r\nHost: x\r\n\r\n").status(), 500);
}

TEST(Server, OnlyTheFirstAnswerCounts) {
  TestServer s(small_config(), [](Request&&, ReplySink sink) {
    const ReplySink copy = sink;
    sink(Reply::json("1"));
    copy(Reply::json("2"));
  });
  RawSocket c = s.connect();
  EXPECT_EQ(c.ask("GET / HTTP/1.1\r\nHost: x\r\n\r\n").body, "1");
  EXPECT_EQ(c.ask("GET / HTTP/1.1\r\nHost: x\r\n\r\n").body, "1");
}

TEST(Server, AHeaderOfOursCantBreakItsLine) {
  TestServer s(small_config(),
               [](Request&&, ReplySink sink) { sink(Reply::json("{}").with("Location", "/a\r\nSet-Cookie: evil=1")); });
  const auto answer = s.connect().ask("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_TRUE(answer.has("Location: /a  Set-Cookie: evil=1"));
}

TEST(Server, AnAnswerAfterTheClientHasGoneIsHarmless) {
  std::mutex mutex;
  std::vector<ReplySink> sinks;
  auto s = std::make_unique<TestServer>(small_config(), [&](Request&&, ReplySink sink) {
    const std::lock_guard lock(mutex);
    sinks.push_back(std::move(sink));
  });
  const auto taken = [&](std::size_t count) {
    return eventually([&] {
      const std::lock_guard lock(mutex);
      return sinks.size() == count;
    });
  };
  {
    RawSocket c = s->connect();
    c.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    ASSERT_TRUE(taken(1));
  }
  RawSocket d = s->connect();
  d.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  ASSERT_TRUE(taken(2));
  const auto answer = [&](std::size_t which) {
    const std::lock_guard lock(mutex);
    sinks[which](Reply::json("{}"));
  };
  answer(0);
  ASSERT_TRUE(eventually([&] { return s->server.stats().in_flight == 1; }));
  s.reset();
  answer(1);  // after the end of the server
}

TEST(Server, ThreadsShareTheConnections) {
  ServerConfig config = small_config();
  config.io_threads = 3;
  std::mutex mutex;
  std::set<std::thread::id> seen;
  TestServer s(config, [&](Request&& request, ReplySink sink) {
    {
      const std::lock_guard lock(mutex);
      seen.insert(std::this_thread::get_id());
    }
    echo(std::move(request), sink);
  });
  std::vector<RawSocket> clients;
  for (int i = 0; i < 9; ++i) clients.push_back(s.connect());
  for (int round = 0; round < 20; ++round) {
    for (auto& c : clients) c.send("GET /" + std::to_string(round) + " HTTP/1.1\r\nHost: x\r\n\r\n");
    for (auto& c : clients) EXPECT_EQ(c.read_answer().body, "GET /" + std::to_string(round) + " ");
  }
  EXPECT_EQ(seen.size(), 3u);
}

TEST(Server, PostsOfOneKeyRunInOrderOnOneThread) {
  ServerConfig config = small_config();
  config.io_threads = 3;
  Server server(config, echo);
  EXPECT_FALSE(server.post(1, [] {}));
  ASSERT_TRUE(server.start());
  std::vector<int> order;
  std::set<std::thread::id> threads;
  std::latch done(1);
  for (int i = 0; i < 1000; ++i)
    ASSERT_TRUE(server.post(42, [&, i] {
      order.push_back(i);
      threads.insert(std::this_thread::get_id());
      if (i == 999) done.count_down();
    }));
  done.wait();
  EXPECT_TRUE(std::is_sorted(order.begin(), order.end()));
  EXPECT_EQ(order.size(), 1000u);
  EXPECT_EQ(threads.size(), 1u);
  std::set<int> homes;
  for (std::int64_t key = 0; key < 100; ++key) homes.insert(server.home(key << 22));
  EXPECT_EQ(homes.size(), 3u);
  server.stop(1000);
  EXPECT_FALSE(server.post(42, [] {}));
}

TEST(Server, TicksRunOnEveryThread) {
  ServerConfig config = small_config();
  config.io_threads = 2;
  Server server(config, echo);
  std::atomic<int> early[2] = {}, late[2] = {};
  server.every(2, [&](int thread) { ++early[thread]; });
  ASSERT_TRUE(server.start());
  server.every(2, [&](int thread) { ++late[thread]; });
  EXPECT_TRUE(eventually([&] { return early[0] > 3 && early[1] > 3 && late[0] > 3 && late[1] > 3; }));
}

TEST(Server, StopFinishesWhatIsUnderWay) {
  std::mutex mutex;
  std::optional<ReplySink> held;
  TestServer s(small_config(), [&](Request&& request, ReplySink sink) {
    if (request.path == "/idle") return echo(std::move(request), sink);
    const std::lock_guard lock(mutex);
    held = std::move(sink);
  });
  RawSocket idle = s.connect();
  ASSERT_EQ(idle.ask("GET /idle HTTP/1.1\r\nHost: x\r\n\r\n").status(), 200);
  RawSocket busy = s.connect();
  busy.send("GET /busy HTTP/1.1\r\nHost: x\r\n\r\nGET /busy2 HTTP/1.1\r\nHost: x\r\n\r\n");
  ASSERT_TRUE(eventually([&] {
    const std::lock_guard lock(mutex);
    return held.has_value();
  }));
  std::thread stopper([&] { s.server.stop(20000); });
  EXPECT_EQ(idle.read_to_end(), "");  // closed because of the stop, so it has begun
  EXPECT_TRUE(eventually([&] { return !s.connect().connected(); }));
  (*held)(Reply::json("done"));
  const auto answer = busy.read_answer();
  EXPECT_EQ(answer.body, "done");
  EXPECT_TRUE(answer.has("Connection: close"));
  EXPECT_EQ(busy.read_to_end(), "");
  stopper.join();
  EXPECT_EQ(s.server.stats().open, 0);
}

TEST(Server, StopKeepsItsDeadline) {
  std::optional<ReplySink> held;
  std::latch begun(1);
  TestServer s(small_config(), [&](Request&&, ReplySink sink) {
    held = std::move(sink);
    begun.count_down();
  });
  RawSocket c = s.connect();
  c.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  begun.wait();
  const std::int64_t began = monotonic_ms();
  s.server.stop(100);
  EXPECT_LT(monotonic_ms() - began, 5000);
  EXPECT_EQ(c.read_to_end(), "");
  EXPECT_EQ(s.server.stats().in_flight, 0);
}

TEST(Server, APortInUseIsSaidWithItsSetting) {
  TestServer s;
  ServerConfig config = small_config();
  config.port = s.server.port();
  Server second(config, echo);
  const Status status = second.start();
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, Code::io_failed);
  EXPECT_EQ(status.error().where, "http.port");
  config.address = "localhost.invalid";
  Server third(config, echo);
  EXPECT_EQ(third.start().error().where, "http.address");
}

TEST(Server, ItsNumbersAreInTheMetrics) {
  Metrics metrics;
  {
    TestServer s;
    s.server.publish(metrics);
    RawSocket c = s.connect();
    c.ask("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    EXPECT_NE(metrics.text().find("\nlianbo_connections_accepted_total 1\n"), std::string::npos) << metrics.text();
    EXPECT_NE(metrics.text().find("\nlianbo_connections_open 1\n"), std::string::npos);
  }
  EXPECT_NE(metrics.text().find("\nlianbo_connections_open 0\n"), std::string::npos);
}

}  // namespace
}  // namespace lianbo::net
