#include "net/rate_limit.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <thread>

#include "net/client_address.hpp"

namespace lianbo::net {
namespace {

Request from(std::string remote, std::vector<std::string> forwarded = {}) {
  Request request;
  request.remote = std::move(remote);
  for (auto& value : forwarded) request.headers.emplace_back("x-forwarded-for", std::move(value));
  return request;
}

TEST(RateLimit, AMinutesWorthAtOnceThenEvenly) {
  RateLimit limit(60, 100);
  for (int i = 0; i < 60; ++i) EXPECT_EQ(limit.take("a", 1000), 0) << i;
  EXPECT_EQ(limit.take("a", 1000), 1000) << "the next token comes after a second";
  EXPECT_EQ(limit.take("b", 1000), 0) << "another address has a bucket of its own";
  EXPECT_EQ(limit.take("a", 1999), 1);
  EXPECT_EQ(limit.take("a", 2000), 0);
  EXPECT_EQ(limit.take("a", 2000), 1000);
  for (int i = 0; i < 60; ++i) EXPECT_EQ(limit.take("a", 100'000), 0) << "rested, the bucket is full, and no fuller";
  EXPECT_GT(limit.take("a", 100'000), 0);
}

TEST(RateLimit, NoLimitRemembersNobody) {
  RateLimit limit(0, 100);
  for (int i = 0; i < 1000; ++i) EXPECT_EQ(limit.take("a", 0), 0);
  EXPECT_EQ(limit.remembered(), 0u);
}

TEST(RateLimit, TheTableIsBounded) {
  RateLimit limit(10, 160);
  for (int i = 0; i < 10'000; ++i) limit.take("address " + std::to_string(i), i);
  EXPECT_LE(limit.remembered(), 160u);
  EXPECT_GT(limit.remembered(), 100u);
}

TEST(RateLimit, WhoAsksAgainAndAgainIsNotForgotten) {
  RateLimit limit(10, 16 * 4);
  for (int i = 0; i < 10; ++i) EXPECT_EQ(limit.take("busy", 0), 0);
  for (int i = 0; i < 5'000; ++i) {
    limit.take("passer-by " + std::to_string(i), 0);
    EXPECT_GT(limit.take("busy", 0), 0)
        << "a crowd of addresses must not give a new bucket to one that is over its limit";
  }
}

// Against a plain model: tokens as a fraction, refilled by the time that passed.
RC_GTEST_PROP(RateLimitProperty, NeverMoreThanTheBucketAndWhatCameSince, ()) {
  const auto per_min = *rc::gen::element<std::int64_t>(1, 7, 60, 600, 6000);
  RateLimit limit(per_min, 16);
  const double token_ms = static_cast<double>(std::max<std::int64_t>(1, 60'000'000 / per_min)) / 1000;
  double tokens = static_cast<double>(per_min);
  std::int64_t now = 0, last = 0;
  for (const auto step : *rc::gen::container<std::vector<int>>(rc::gen::inRange(0, 3000))) {
    now += *rc::gen::element(0, 0, 0, step);
    tokens = std::min(static_cast<double>(per_min), tokens + static_cast<double>(now - last) / token_ms);
    last = now;
    const bool given = limit.take("a", now) == 0;
    if (tokens > 1 + 1e-6) RC_ASSERT(given);
    if (tokens < 1 - 1e-6) RC_ASSERT(!given);
    if (given) tokens -= 1;
  }
}

TEST(RateLimit, ThreadsShareOneBucket) {
  RateLimit limit(1000, 64);
  std::atomic<int> given{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&] {
      for (int i = 0; i < 1000; ++i) given += limit.take("a", 5) == 0;
    });
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(given, 1000);
}

TEST(ClientAddress, Parses) {
  struct Case {
    const char* text;
    const char* means;    // "" for no address
    const char* counted;  // as
  };
  for (const Case& c : std::initializer_list<Case>{
           {"203.0.113.7", "203.0.113.7", "203.0.113.7"},
           {" 203.0.113.7:8080 ", "203.0.113.7", "203.0.113.7"},
           {"::ffff:203.0.113.7", "203.0.113.7", "203.0.113.7"},
           {"2001:db8:1:2:3:4:5:6", "2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"},
           {"[2001:db8::1]:443", "2001:db8::1", "2001:db8::/64"},
           {"", "", ""},
           {"unknown", "", ""},
           {"[::1", "", ""},
           {"1.2.3", "", ""},
           {"1.2.3.4.5", "", ""},
           {"300.1.1.1", "", ""},
           {":::", "", ""},
       }) {
    const auto got = Address::parse(c.text);
    ASSERT_EQ(got.has_value(), *c.means != 0) << c.text;
    if (!got) continue;
    EXPECT_EQ(got->text(), c.means);
    EXPECT_EQ(got->counted_as(), c.counted);
  }
}

TEST(ClientAddress, OnlyATrustedProxyIsBelievedAndOnlyOneStep) {
  const auto none = TrustedProxies::parse("");
  const auto proxies = TrustedProxies::parse("127.0.0.1, 10.0.0.0/8,2001:db8::/32");
  ASSERT_TRUE(none);
  ASSERT_TRUE(proxies);
  struct Case {
    const char* why;
    Request request;
    const char* client;
  };
  for (const Case& c : std::initializer_list<Case>{
           {"no proxy in between", from("203.0.113.7"), "203.0.113.7"},
           {"not a proxy, whatever it says", from("203.0.113.7", {"1.1.1.1"}), "203.0.113.7"},
           {"the proxy's word", from("127.0.0.1", {"203.0.113.7"}), "203.0.113.7"},
           {"what the client wrote itself stays unread", from("127.0.0.1", {"9.9.9.9, 203.0.113.7"}), "203.0.113.7"},
           {"a chain of ours", from("127.0.0.1", {"203.0.113.7, 10.1.2.3"}), "203.0.113.7"},
           {"a chain in two headers", from("127.0.0.1", {"203.0.113.7", "10.1.2.3"}), "203.0.113.7"},
           {"a chain of ours and nobody else", from("127.0.0.1", {"10.1.2.3"}), "10.1.2.3"},
           {"what is no address is not followed", from("127.0.0.1", {"9.9.9.9, unknown"}), "127.0.0.1"},
           {"a proxy that says nothing", from("10.9.9.9"), "10.9.9.9"},
           {"IPv6", from("2001:db8::5", {"2001:dead::1"}), "2001:dead::1"},
       }) {
    EXPECT_EQ(proxies->client_of(c.request), c.client) << c.why;
    EXPECT_EQ(none->client_of(c.request), c.request.remote) << c.why;
  }
  for (const char* bad : {"10.0.0.0/33", "10.0.0.0/", "proxy.example", "::/129", "10.0.0.0/-1", "1.2.3.4/8x"}) {
    const auto refused = TrustedProxies::parse(bad);
    ASSERT_FALSE(refused) << bad;
    EXPECT_EQ(refused.error().where, "http.trusted_proxies");
  }
}

TEST(ClientAddress, ThisMachineIsNotWhoAProxyHereSpeaksFor) {
  EXPECT_TRUE(asked_from_this_machine(from("127.0.0.1")));
  EXPECT_TRUE(asked_from_this_machine(from("::1")));
  EXPECT_FALSE(asked_from_this_machine(from("203.0.113.7")));
  EXPECT_FALSE(asked_from_this_machine(from("127.0.0.1", {"203.0.113.7"})));
  EXPECT_FALSE(asked_from_this_machine(from("")));
}

}  // namespace
}  // namespace lianbo::net
