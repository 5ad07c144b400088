#include "org/org.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <atomic>
#include <thread>
#include <vector>

#include "base/crypto.hpp"
#include "org/sessions.hpp"

namespace lianbo::org {
namespace {

constexpr AgentState kAll[] = {AgentState::applied, AgentState::training, AgentState::active, AgentState::suspended,
                               AgentState::left};

TEST(AgentStates, move_only_as_the_spec_draws_them) {
  const std::string allowed[] = {"applied training", "applied left", "training active",  "training left",
                                 "active suspended", "active left",  "suspended active", "suspended left"};
  for (const auto from : kAll) {
    std::string after;
    for (const auto to : kAll) {
      const std::string move = std::string(state_text(from)) + " " + std::string(state_text(to));
      const bool right = std::find(std::begin(allowed), std::end(allowed), move) != std::end(allowed);
      EXPECT_EQ(state_can_become(from, to), right) << move;
      if (right) after += (after.empty() ? "" : ", ") + std::string(state_text(to));
    }
    EXPECT_EQ(states_after(from), after);
  }
}

TEST(AgentStates, have_a_text_both_ways_and_chinese_cells) {
  for (const auto state : kAll) {
    EXPECT_EQ(parse_state(state_text(state)), state);
    EXPECT_EQ(parse_state_cell(state_text(state)), state);
  }
  EXPECT_EQ(parse_state("Active"), std::nullopt);
  EXPECT_EQ(parse_state_cell("Active"), AgentState::active);
  EXPECT_EQ(parse_state_cell("停用"), AgentState::suspended);
  EXPECT_EQ(parse_state_cell("正常"), AgentState::active);
  EXPECT_EQ(parse_state_cell("gone"), std::nullopt);
}

TEST(LockRules, take_the_days_of_the_spec_and_no_others) {
  struct Case {
    std::int32_t validity, protect, extends;
    const char* wrong;
  };
  const Case cases[] = {
      {30, 7, 45, ""},
      {-1, -1, 0, ""},
      {1, 0, 3650, ""},
      {3650, 3650, 0, ""},
      {0, 7, 45, "/validity_days"},
      {-2, 7, 45, "/validity_days"},
      {3651, 7, 45, "/validity_days"},
      {30, -2, 45, "/protect_days"},
      {30, 3651, 45, "/protect_days"},
      {30, 7, -1, "/order_extends_days"},
      {30, 7, 3651, "/order_extends_days"},
  };
  for (const auto& c : cases) {
    const Status status = check_lock_rules({1, c.validity, c.protect, c.extends, false, false});
    EXPECT_EQ(status ? "" : status.error().where, c.wrong) << c.validity << " " << c.protect << " " << c.extends;
  }
}

TEST(Texts, names_phones_logins_passwords) {
  EXPECT_FALSE(text_problem("张三", 1, 2));
  EXPECT_TRUE(text_problem("张三丰", 1, 2));
  EXPECT_TRUE(text_problem("", 1, 2));
  EXPECT_TRUE(text_problem("a\nb", 1, 9));
  EXPECT_TRUE(text_problem("a\xc2\x85", 1, 9));
  EXPECT_TRUE(text_problem("a\xff", 1, 9));
  for (const char* right : {"", "13812345678", "+86 138-1234-5678", "(020) 8888"})
    EXPECT_FALSE(phone_problem(right)) << right;
  for (const char* wrong : {"12", "abc", "138+12345678", "１３８"}) EXPECT_TRUE(phone_problem(wrong)) << wrong;
  for (const char* right : {"li", "13812345678", "wang@example.cn", "李雷"}) EXPECT_TRUE(check_login(right)) << right;
  for (const char* wrong : {"", "a", "Li", "a b", " ab"}) EXPECT_FALSE(check_login(wrong)) << wrong;
  EXPECT_FALSE(check_password("1234567"));
  EXPECT_TRUE(check_password("12345678"));
  EXPECT_FALSE(check_password(std::string(129, 'x')));
  EXPECT_TRUE(check_currency("CNY"));
  for (const char* wrong : {"", "cny", "CN", "CNYY", "C1Y"}) EXPECT_FALSE(check_currency(wrong)) << wrong;
  EXPECT_TRUE(check_time_zone("Asia/Shanghai"));
  for (const char* wrong : {"", "/etc/passwd", "../x", "Asia Shanghai"}) EXPECT_FALSE(check_time_zone(wrong)) << wrong;
}

TEST(Texts, a_masked_phone_keeps_at_most_seven_of_its_digits) {
  EXPECT_EQ(mask_phone("13812345678"), "138****5678");
  EXPECT_EQ(mask_phone("1234567"), "****");
  EXPECT_EQ(mask_phone(""), "");
}

TEST(Roles, have_names_both_ways) {
  EXPECT_EQ(role_names(kOwner | kFinance), (std::vector<std::string_view>{"owner", "finance"}));
  for (const unsigned bit : {kOwner, kOperator, kFinance, kAuditor}) EXPECT_EQ(parse_role(role_names(bit)[0]), bit);
  EXPECT_EQ(parse_role("king"), std::nullopt);
}

TEST(Tokens, are_43_characters_of_base64url_and_never_the_same) {
  SecureRandom random;
  const std::string a = make_token(random), b = make_token(random);
  EXPECT_EQ(a.size(), 43u);
  EXPECT_EQ(a.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"), std::string::npos);
  EXPECT_NE(a, b);
}

TEST(GuestCookie, gives_back_the_guest_and_refuses_every_change) {
  EXPECT_TRUE(rc::check("one changed byte", [] {
    const PersonId guest{*rc::gen::inRange<std::int64_t>(1, INT64_MAX)};
    const std::string cookie = sign_guest("key", guest);
    RC_ASSERT(verify_guest("key", cookie) == guest);
    RC_ASSERT(!verify_guest("other key", cookie));
    std::string changed = cookie;
    const auto at = *rc::gen::inRange<std::size_t>(0, changed.size());
    changed[at] = static_cast<char>(changed[at] ^ *rc::gen::inRange(1, 128));
    RC_ASSERT(!verify_guest("key", changed));
    RC_ASSERT(!verify_guest("key", cookie.substr(0, at)));
    RC_ASSERT(!verify_guest("key", cookie + "x"));
  }));
  EXPECT_FALSE(verify_guest("key", ""));
  EXPECT_FALSE(verify_guest("key", "."));
}

TEST(Cookies, are_httponly_lax_and_secure_over_https) {
  Settings settings;
  EXPECT_EQ(session_cookie(settings, "t"), "lb_sid=t; Path=/; Max-Age=2592000; HttpOnly; SameSite=Lax");
  settings.public_url = "https://live.example.cn";
  EXPECT_EQ(session_cookie(settings, "t"), "lb_sid=t; Path=/; Max-Age=2592000; HttpOnly; SameSite=Lax; Secure");
  EXPECT_EQ(ended_cookie(settings, "lb_sid"), "lb_sid=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax; Secure");
  EXPECT_NE(guest_cookie(settings, "key", PersonId{5}).find(sign_guest("key", PersonId{5})), std::string::npos);
}

TEST(PresentedToken, comes_from_the_header_before_the_cookie) {
  net::Request request;
  EXPECT_EQ(presented_token(request).token, "");
  request.headers = {{"cookie", "a=b; lb_sid=from-cookie"}};
  EXPECT_EQ(presented_token(request).token, "from-cookie");
  EXPECT_TRUE(presented_token(request).via_cookie);
  request.headers.emplace_back("authorization", "Bearer from-header");
  EXPECT_EQ(presented_token(request).token, "from-header");
  EXPECT_FALSE(presented_token(request).via_cookie);
  request.headers = {{"authorization", "Basic eDp5"}};
  EXPECT_EQ(presented_token(request).token, "");
}

TEST(Passwords, a_crowd_that_registers_is_told_to_come_again_and_holds_few_workers) {
  Settings settings;
  settings.password_memory_kib = 16384;
  settings.password_passes = 4;
  settings.http_workers = 16;
  Passwords passwords(settings);
  std::atomic<int> hashed{0}, refused{0};
  std::vector<std::jthread> crowd;
  for (int i = 0; i < 48; ++i)
    crowd.emplace_back([&] {
      const auto hash = passwords.hash("correct horse battery");
      if (hash)
        ++hashed;
      else if (hash.error().code == Code::overloaded)
        ++refused;
    });
  crowd.clear();
  EXPECT_EQ(hashed + refused, 48);
  EXPECT_GE(hashed, 4);
  EXPECT_GE(refused, 16) << "each that waits holds a worker: the rest of the shop would stand still";
  EXPECT_TRUE(passwords.hash("and now that they have gone")) << "those who were refused take no place";
}

TEST(Passwords, verify_what_they_hashed_and_nobody_without_one) {
  Settings cheap;
  cheap.password_memory_kib = 8;
  cheap.password_passes = 1;
  Passwords passwords(cheap);
  const std::string hash = *passwords.hash("correct horse");
  EXPECT_TRUE(hash.starts_with("$argon2id$"));
  EXPECT_TRUE(*passwords.verify(hash, "correct horse"));
  EXPECT_FALSE(*passwords.verify(hash, "wrong horse"));
  EXPECT_FALSE(*passwords.verify("", "nobody's password"));
}

TEST(LoginThrottle, stops_the_eleventh_failure_and_forgives_after_ten_minutes_or_success) {
  LoginThrottle throttle;
  for (int i = 0; i < LoginThrottle::kAttempts; ++i) ASSERT_TRUE(throttle.begin("li", 1000 + i));
  EXPECT_EQ(throttle.begin("li", 2000).error().code, Code::too_many_requests);
  EXPECT_TRUE(throttle.begin("wang", 2000));
  EXPECT_FALSE(throttle.begin("li", 1000 + LoginThrottle::kWindowMs - 1));
  EXPECT_TRUE(throttle.begin("li", 1000 + LoginThrottle::kWindowMs));
  for (int i = 0; i < 100; ++i) {
    ASSERT_TRUE(throttle.begin("zhao", 1));
    throttle.succeeded("zhao");
  }
}

TEST(LoginThrottle, remembers_a_bounded_number_of_logins_and_drops_the_oldest) {
  LoginThrottle throttle;
  for (int i = 0; i < LoginThrottle::kAttempts; ++i) ASSERT_TRUE(throttle.begin("first", 1));
  for (std::size_t i = 1; i < LoginThrottle::kLogins; ++i) ASSERT_TRUE(throttle.begin("login" + std::to_string(i), 2));
  EXPECT_FALSE(throttle.begin("first", 3));  // still known, and the newest now
  ASSERT_TRUE(throttle.begin("one more", 4));
  EXPECT_EQ(throttle.remembered(), LoginThrottle::kLogins);
  EXPECT_FALSE(throttle.begin("first", 5));
}

}  // namespace
}  // namespace lianbo::org
