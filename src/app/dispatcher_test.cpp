// Past what can be done, who comes is refused early, and who was let in is answered.
#include "app/dispatcher.hpp"

#include <gtest/gtest.h>

#include <future>
#include <thread>

#include "base/random.hpp"
#include "net/client.hpp"
#include "net/server.hpp"
#include "org/org_service.hpp"
#include "support/database.hpp"

namespace lianbo::app {
namespace {

class DispatcherTest : public ::testing::Test {
 protected:
  DispatcherTest() : db_(scratch_.open()), workers_(2, 100) {
    DispatcherDeps deps;
    deps.db = db_.get();
    deps.clock = &clock_;
    deps.settings = &settings_;
    deps.ids = &ids_;
    deps.random = &random_;
    deps.workers = deps.slow_workers = &workers_;
    deps.monotonic = [this] { return now_ms_.load(); };
    net::Routes routes;
    routes.push_back(net::write_route(
        net::Method::post, "/write", "write", "Writes nothing", net::Access::open,
        [](db::Tx&, const Call&, const net::Request&) -> Result<net::Reply> { return net::Reply::json("{}"); }));
    routes.push_back(net::plain_route(
        net::Method::get, "/look", "look", "Looks at nothing", net::Access::open,
        [](const Call&, const net::Request&) -> Result<net::Reply> { return net::Reply::json("{}"); }));
    routes.push_back(net::write_route(net::Method::post, "/who", "who", "Writes nothing", net::Access::login,
                                      [](db::Tx&, const Call& call, const net::Request&) -> Result<net::Reply> {
                                        return net::Reply::json("\"" + call.caller.person.text() + "\"");
                                      }));
    dispatcher_ = std::make_unique<Dispatcher>(std::move(deps), std::move(routes));
  }
  ~DispatcherTest() override { workers_.stop(); }

  net::Reply ask(net::Method method, const std::string& path) {
    net::Request request;
    request.method = method;
    request.target = request.path = path;
    request.remote = "127.0.0.1";
    return dispatcher_->handle(std::move(request));
  }

  test::ScratchDatabase scratch_{test::Engine::sqlite};
  std::unique_ptr<db::Database> db_;
  SystemClock clock_;
  Settings settings_;
  IdMaker ids_;
  SecureRandom random_;
  net::Workers workers_;
  std::atomic<std::int64_t> now_ms_{1'000'000};
  std::unique_ptr<Dispatcher> dispatcher_;
};

std::string_view header_of(const net::Reply& reply, std::string_view name) {
  for (const auto& [n, value] : reply.headers)
    if (n == name) return value;
  return {};
}

TEST_F(DispatcherTest, ACrowdOfWritesWhoseFirstHasWaitedLongIsLetGrowNoMore) {
  std::promise<void> inside, go;
  db_->submit(
      [&](db::Tx&) -> Status {
        inside.set_value();
        go.get_future().wait();
        return {};
      },
      [](const Status&) {});
  inside.get_future().wait();
  std::vector<std::future<net::Reply>> crowd;
  const auto join = [&](int n) {
    for (int i = 0; i < n; ++i)
      crowd.push_back(std::async(std::launch::async, [&] { return ask(net::Method::post, "/write"); }));
    while (db_->stats().waiting < static_cast<std::int64_t>(crowd.size())) std::this_thread::yield();
  };
  join(10);
  now_ms_ += 10'000;
  join(502);  // few wait for one that is long; now they are a crowd
  const net::Reply refused = ask(net::Method::post, "/write");
  EXPECT_EQ(refused.status, 503);
  EXPECT_EQ(header_of(refused, "Retry-After"), "1");
  EXPECT_EQ(db_->stats().waiting, 512) << "nothing was done for it";
  EXPECT_EQ(ask(net::Method::get, "/look").status, 200) << "who only looks is in nobody's way";
  go.set_value();
  for (auto& reply : crowd) EXPECT_EQ(reply.get().status, 200) << "who was let in is answered";
  EXPECT_EQ(ask(net::Method::post, "/write").status, 200) << "and the next one is let in again";
}

TEST_F(DispatcherTest, CallersWhoComeAtOnceAreLookedUpTogetherAndEachIsThemselves) {
  constexpr int kPeople = 70;  // more than one look takes
  std::vector<std::string> tokens;
  for (int i = 1; i <= kPeople; ++i)
    tokens.push_back(db_->write([&](db::Tx& tx) {
                          Call call;
                          call.now = clock_.now();
                          call.random = &random_;
                          call.settings = &settings_;
                          return org::issue_session(tx, call, PersonId{i}, org::TokenKind::login, "");
                        })
                         .value());
  tokens.push_back("nobodys");
  net::Server server({}, [&](net::Request&& request, net::ReplySink sink) {
    dispatcher_->on_request(std::move(request), std::move(sink));
  });
  ASSERT_TRUE(server.start());
  std::promise<void> go;  // until everybody is there no worker is free to look
  const auto gone = go.get_future().share();
  for (int i = 0; i < 2; ++i) ASSERT_TRUE(workers_.submit([gone] { gone.wait(); }));
  std::vector<std::future<net::HttpResponse>> crowd;
  for (const std::string& token : tokens)
    crowd.push_back(std::async(std::launch::async, [&server, token] {
      net::HttpClientOptions options;
      options.url = "http://127.0.0.1:" + std::to_string(server.port());
      net::HttpClient client(options);
      net::HttpRequest request;
      request.method = "POST";
      request.target = "/who";
      request.headers.emplace_back("Authorization", "Bearer " + token);
      return client.send(request).value();
    }));
  while (server.stats().in_flight < static_cast<std::int64_t>(tokens.size())) std::this_thread::yield();
  EXPECT_EQ(workers_.stats().waiting, 1) << "one look for all of them";
  go.set_value();
  for (int i = 1; i <= kPeople; ++i) {
    const auto reply = crowd[static_cast<std::size_t>(i - 1)].get();
    EXPECT_EQ(reply.status, 200);
    EXPECT_EQ(reply.body, "\"" + PersonId{i}.text() + "\"");
  }
  EXPECT_EQ(crowd.back().get().status, 401);
  server.stop(1000);
}

}  // namespace
}  // namespace lianbo::app
