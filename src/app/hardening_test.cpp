// What keeps a server that faces the world upright: limits by address, figures for this machine alone, secrets that are
// not kept.
#include <gtest/gtest.h>

#include "app/app_test_support.hpp"
#include "net/client.hpp"

namespace lianbo::app {
namespace {

using net::Method;

const db::Sql kKeptReplies{"hardening_test.kept", "select reply from idempotency_keys limit 100"};

std::string header_of(const net::Reply& reply, std::string_view name) {
  for (const auto& [n, v] : reply.headers)
    if (net::equal_ignoring_case(n, name)) return v;
  return {};
}

class HardeningTest : public ServerTest {
 protected:
  void SetUp() override {}
  void start_with(std::initializer_list<std::pair<const char*, const char*>> sets) {
    Settings settings;
    for (const auto& [name, value] : sets) must(settings.set(name, value));
    start(settings);
  }
  // A guest's write: what was shown to them.
  net::Reply expose(const std::string& remote, std::vector<std::pair<std::string, std::string>> headers = {}) {
    return call(Method::post, "/api/v1/exposures", "", R"({"items":[{"kind":"product","id":"0000000000001"}]})",
                std::move(headers), remote);
  }
  net::Reply log_in(const std::string& remote) {
    return call(Method::post, "/api/v1/sessions", "", R"({"login":"nobody","password":"wrong"})", {}, remote);
  }
};

TEST_F(HardeningTest, GuestsOfOneAddressWriteSoOftenAMinute) {
  start_with({{"rate.guest_per_min", "3"}});
  for (int i = 0; i < 3; ++i) EXPECT_EQ(expose("203.0.113.7").status, 200);
  const auto refused = expose("203.0.113.7");
  EXPECT_EQ(refused.status, 429);
  EXPECT_EQ(get_text(must(parse_json(refused.body)), "name"), "too_many_requests");
  const int wait_s = std::stoi(header_of(refused, "Retry-After"));
  EXPECT_GE(wait_s, 15) << "a token comes every 20 s";
  EXPECT_LE(wait_s, 20);
  EXPECT_EQ(expose("203.0.113.8").status, 200) << "another address has its own limit";
  EXPECT_EQ(call(Method::get, "/api/v1/me", "", {}, {}, "203.0.113.7").status, 200) << "reading is not limited";
  const auto token = token_of(buyer("ming"));
  for (int i = 0; i < 5; ++i)
    EXPECT_EQ(call(Method::post, "/api/v1/exposures", token, R"({"items":[{"kind":"product","id":"0000000000001"}]})",
                   {}, "203.0.113.7")
                  .status,
              200)
        << "who is logged in is somebody, not an address";
  const auto text = net::metrics_text();
  EXPECT_NE(text.find("lianbo_rate_refused_total{limit=\"guest\"}"), std::string::npos) << text;
}

TEST_F(HardeningTest, AnAddressOfIpv6IsItsNetwork) {
  start_with({{"rate.guest_per_min", "2"}});
  EXPECT_EQ(expose("2001:db8:0:1::1").status, 200);
  EXPECT_EQ(expose("2001:db8:0:1::2").status, 200);
  EXPECT_EQ(expose("2001:db8:0:1::3").status, 429);
  EXPECT_EQ(expose("2001:db8:0:2::1").status, 200);
}

TEST_F(HardeningTest, LogInsOfOneAddressAreLimitedWhoeverTheyAreFor) {
  start_with({{"rate.login_per_min", "2"}});
  EXPECT_EQ(log_in("203.0.113.7").status, 401);
  EXPECT_EQ(call(Method::post, "/api/v1/persons", "", R"({"login":"ming","password":"correct horse","name":"Ming"})",
                 {}, "203.0.113.7")
                .status,
            200);
  EXPECT_EQ(log_in("203.0.113.7").status, 429);
  EXPECT_EQ(log_in("203.0.113.9").status, 401);
  EXPECT_EQ(expose("203.0.113.7").status, 200) << "the other limit";
}

TEST_F(HardeningTest, ALandingIsAGuestsWriteToo) {
  start_with({{"rate.guest_per_min", "1"}});
  EXPECT_EQ(call(Method::get, "/s/AAAAAAAAAAAAAAAA", "", {}, {}, "203.0.113.7").status, 404);
  EXPECT_EQ(call(Method::get, "/s/AAAAAAAAAAAAAAAA", "", {}, {}, "203.0.113.7").status, 429);
}

TEST_F(HardeningTest, BehindATrustedProxyTheAddressIsTheOneItNames) {
  start_with({{"rate.guest_per_min", "1"}, {"http.trusted_proxies", "127.0.0.1"}});
  EXPECT_EQ(expose("127.0.0.1", {{"x-forwarded-for", "203.0.113.7"}}).status, 200);
  EXPECT_EQ(expose("127.0.0.1", {{"x-forwarded-for", "1.1.1.1, 203.0.113.7"}}).status, 429);
  EXPECT_EQ(expose("127.0.0.1", {{"x-forwarded-for", "203.0.113.8"}}).status, 200);
  EXPECT_EQ(expose("198.51.100.1", {{"x-forwarded-for", "203.0.113.9"}}).status, 200);
  EXPECT_EQ(expose("198.51.100.1", {{"x-forwarded-for", "203.0.113.10"}}).status, 429)
      << "not a proxy of ours: what it says of others is not read";
}

TEST_F(HardeningTest, AWrongProxyIsAnErrorAtTheStart) {
  Settings settings;
  must(settings.set("http.trusted_proxies", "the.proxy"));
  EXPECT_THROW(start(settings), std::runtime_error);
}

TEST_F(HardeningTest, FiguresAreForProgramsOnThisMachine) {
  start_with({});
  EXPECT_EQ(call(Method::get, "/metrics", "").status, 200);
  EXPECT_EQ(call(Method::get, "/metrics", "", {}, {}, "203.0.113.7").status, 403);
  EXPECT_EQ(call(Method::get, "/metrics", "", {}, {{"x-forwarded-for", "203.0.113.7"}}).status, 403)
      << "a proxy on this machine speaks for somebody else";
  for (const char* path : {"/healthz", "/readyz"})
    EXPECT_EQ(call(Method::get, path, "", {}, {}, "203.0.113.7").status, 200);
}

TEST_F(HardeningTest, FiguresAtAPortOfTheirOwn) {
  // Any free port: found by a server that had it.
  int port = 0;
  {
    net::Server other({}, [](net::Request&&, net::ReplySink) {});
    must(other.start());
    port = other.port();
  }
  start_with({{"metrics.port", std::to_string(port).c_str()}});
  EXPECT_EQ(call(Method::get, "/metrics", "").status, 404) << "not here any more";
  net::HttpClient client({.url = "http://127.0.0.1:" + std::to_string(port)});
  const auto figures = client.send({.target = "/metrics"});
  ASSERT_TRUE(figures) << figures.error().text();
  EXPECT_EQ(figures->status, 200);
  EXPECT_NE(figures->body.find("lianbo_db_commits_total"), std::string::npos);
  const auto shop = client.send({.target = "/api/v1/me"});
  ASSERT_TRUE(shop);
  EXPECT_EQ(shop->status, 404) << "nothing else lives there";
}

TEST_F(HardeningTest, ASecretToldOnceIsNotKeptUnderTheKey) {
  start_with({});
  const auto home = brand("home");
  const auto host = agent(home.id, "host");
  const auto token = token_of(host.person);
  const std::string target = "/api/v1/stores/" + host.store.text() + "/broadcasts";
  const std::string body = R"({"title":"T","scheduled_at":"2026-11-11T00:00:00Z"})";
  const auto first = said(call(Method::post, target, token, body, {{"idempotency-key", "k"}}), 201);
  const std::string key = get_text(first, "stream_key");
  EXPECT_EQ(key.size(), 32u);
  const auto again = call(Method::post, target, token, body, {{"idempotency-key", "k"}});
  const auto second = said(again, 201);
  EXPECT_EQ(header_of(again, "Idempotent-Replayed"), "true");
  EXPECT_EQ(get_text(second, "id"), get_text(first, "id"));
  EXPECT_TRUE(second.as_object().at("stream_key").is_null());
  must(db().read([&](db::Tx& tx) -> Status {
    int kept = 0;
    tx.each(kKeptReplies, {}, [&](const db::Row& row) {
      ++kept;
      EXPECT_EQ(row.text(0).find(key), std::string_view::npos) << row.text(0);
    });
    EXPECT_EQ(kept, 1);
    return {};
  }));
}

TEST_F(HardeningTest, TheHallAsksInAFewStatementsHoweverManyAreOnAir) {
  start_with({});
  const auto home = brand("home");
  const auto statements = [&](int rooms) {
    for (int i = 0; i < rooms; ++i) {
      const auto host = agent(home.id, "h" + std::to_string(rooms) + "-" + std::to_string(i));
      const auto token = token_of(host.person);
      const auto id = get_text(said(call(Method::post, "/api/v1/stores/" + host.store.text() + "/broadcasts", token,
                                         R"({"title":"T","scheduled_at":"2026-11-11T00:00:00Z"})"),
                                    201),
                               "id");
      said(call(Method::post, "/api/v1/broadcasts/" + id + "/start", token), 200);
    }
    const auto before = db().stats().statements;
    const auto hall = said(call(Method::get, "/api/v1/brands/" + home.id.text() + "/hall", ""), 200);
    EXPECT_GE(get_list(hall, "on_air").size(), static_cast<std::size_t>(rooms));
    EXPECT_EQ(get_text(get_list(hall, "on_air").at(0), "host_name").substr(0, 1), "h");
    return db().stats().statements - before;
  };
  EXPECT_EQ(statements(1), statements(12));
}

}  // namespace
}  // namespace lianbo::app
