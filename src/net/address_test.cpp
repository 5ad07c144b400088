#include "net/address.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <string>

namespace lianbo::net {
namespace {

TEST(PublicAddress, WhatTheRegistriesKeepFromTheWorldIsRefused) {
  for (const char* address : {"0.0.0.0",
                              "0.1.2.3",
                              "10.0.0.1",
                              "10.255.255.255",
                              "100.64.0.1",
                              "100.127.255.255",
                              "127.0.0.1",
                              "127.9.9.9",
                              "169.254.169.254",
                              "172.16.0.1",
                              "172.31.255.255",
                              "192.0.0.8",
                              "192.0.2.1",
                              "192.88.99.1",
                              "192.168.1.1",
                              "198.18.0.1",
                              "198.19.255.255",
                              "198.51.100.7",
                              "203.0.113.9",
                              "224.0.0.1",
                              "239.1.1.1",
                              "240.0.0.1",
                              "255.255.255.255",
                              "::",
                              "::1",
                              "::ffff:127.0.0.1",
                              "::ffff:10.1.2.3",
                              "::127.0.0.1",
                              "64:ff9b::a9fe:a9fe",
                              "64:ff9b:1::1",
                              "100::1",
                              "2001::1",
                              "2001:db8::1",
                              "2002:7f00:1::",
                              "2002:c0a8:101::1",
                              "3fff::1",
                              "fc00::1",
                              "fd12:3456::1",
                              "fe80::1",
                              "fec0::1",
                              "ff02::1",
                              "4000::1"})
    EXPECT_FALSE(is_public_address(address)) << address;
}

TEST(PublicAddress, WhatAnybodyCanReachIsPublic) {
  for (const char* address :
       {"1.1.1.1",          "8.8.8.8",         "9.255.255.255",   "11.0.0.0",        "100.63.255.255",
        "100.128.0.0",      "126.255.255.255", "128.0.0.0",       "169.253.255.255", "172.15.255.255",
        "172.32.0.0",       "192.0.1.1",       "192.167.255.255", "192.169.0.0",     "198.17.255.255",
        "198.20.0.0",       "223.255.255.255", "2606:4700::1111", "2400:3200::1",    "2001:4860:4860::8888",
        "64:ff9b::808:808", "::ffff:8.8.8.8",  "2002:808:808::1", "3ffe::1"})
    EXPECT_TRUE(is_public_address(address)) << address;
}

TEST(PublicAddress, WhatIsNoAddressIsNotPublic) {
  for (const char* text : {"", "example.com", "1.2.3", "256.1.1.1", "0x7f000001", "2130706433", "1.1.1.1:80", "[::1]"})
    EXPECT_FALSE(is_public_address(text)) << text;
  sockaddr other{};
  other.sa_family = AF_UNIX;
  EXPECT_FALSE(is_public_address(&other));
}

// Wrapping an IPv4 address in an IPv6 one never makes a private address public.
TEST(PublicAddress, AWrappedAddressIsJudgedByWhatItWraps) {
  rc::check([](std::uint8_t a, std::uint8_t b, std::uint8_t c, std::uint8_t d) {
    const auto n = [](int v) { return std::to_string(v); };
    const std::string four = n(a) + "." + n(b) + "." + n(c) + "." + n(d);
    char hex[16];
    std::snprintf(hex, sizeof hex, "%02x%02x:%02x%02x", a, b, c, d);
    const bool is = is_public_address(four);
    RC_ASSERT(is_public_address("::ffff:" + four) == is);
    RC_ASSERT(is_public_address("64:ff9b::" + four) == is);
    RC_ASSERT(is_public_address("2002:" + std::string(hex) + "::1") == is);
  });
}

}  // namespace
}  // namespace lianbo::net
