// The message and the token, against the example of RFC 8291 and against what a browser does with them.
#include "push/push.hpp"

#include <gtest/gtest.h>
#include <openssl/evp.h>

#include "base/crypto.hpp"
#include "base/json.hpp"

namespace lianbo::push {
namespace {

std::string raw(std::string_view text) {
  std::string out;
  EXPECT_TRUE(from_base64url(text, out)) << text;
  return out;
}

// RFC 8291, section 5 and appendix A.
constexpr const char* kServer = "yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw";
constexpr const char* kServerPoint =
    "BP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A8";
constexpr const char* kBrowser = "q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94";
constexpr const char* kBrowserPoint =
    "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4";
constexpr const char* kAuth = "BTBZMqHH6r4Tts7J_aSIgg";
constexpr const char* kSalt = "DGv6ra1nlYgDCS1FRnbzlw";

TEST(WebPush, TheExampleOfTheRfc) {
  EXPECT_EQ(to_base64url(point_of(raw(kServer))), kServerPoint);
  EXPECT_EQ(to_base64url(point_of(raw(kBrowser))), kBrowserPoint);
  const auto body = seal_message("When I grow up, I want to be a watermelon", raw(kBrowserPoint), raw(kAuth),
                                 raw(kServer), raw(kSalt));
  ASSERT_TRUE(body);
  EXPECT_EQ(to_base64url(*body),
            "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6P"
            "Bru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN");
}

TEST(WebPush, WhatIsNoKeyIsRefused) {
  const std::string server = raw(kServer), salt = raw(kSalt), auth = raw(kAuth);
  std::string off = raw(kBrowserPoint);
  off.back() = static_cast<char>(off.back() ^ 1);
  EXPECT_FALSE(seal_message("x", off, auth, server, salt)) << "not on the curve";
  EXPECT_FALSE(seal_message("x", raw(kBrowserPoint).substr(1), auth, server, salt));
  EXPECT_FALSE(seal_message("x", raw(kBrowserPoint), auth.substr(1), server, salt));
  EXPECT_FALSE(seal_message(std::string(kMaxText + 1, 'x'), raw(kBrowserPoint), auth, server, salt));
  EXPECT_EQ(point_of(std::string(32, '\0')), "") << "nothing is no key";
  EXPECT_EQ(point_of(std::string(32, '\xff')), "") << "nor is more than the order of the curve";
  EXPECT_EQ(point_of(scalar_from("whatever")).size(), kPointBytes);
  EXPECT_EQ(scalar_from("whatever"), scalar_from("whatever"));
  std::string out;
  EXPECT_FALSE(from_base64url("a+b/", out)) << "the other alphabet";
}

TEST(WebPush, TheTokenNamesThePushServiceAndIsSigned) {
  const auto header = vapid_header(raw(kServer), "https://push.example.net", "https://shop.example", 1'453'523'768'000);
  ASSERT_TRUE(header);
  ASSERT_EQ(header->rfind("vapid t=", 0), 0U);
  const auto comma = header->find(", k=");
  ASSERT_NE(comma, std::string::npos);
  EXPECT_EQ(header->substr(comma + 4), kServerPoint);
  const std::string token = header->substr(8, comma - 8);
  const auto first = token.find('.'), second = token.rfind('.');
  EXPECT_EQ(raw(token.substr(0, first)), R"({"typ":"JWT","alg":"ES256"})");
  EXPECT_EQ(raw(token.substr(first + 1, second - first - 1)),
            R"({"aud":"https://push.example.net","exp":1453523768,"sub":"https://shop.example"})");
  EXPECT_EQ(raw(token.substr(second + 1)).size(), 64U);
}

}  // namespace
}  // namespace lianbo::push
