#include "net/address.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <array>
#include <cstdint>
#include <cstring>
#include <string>

namespace lianbo::net {
namespace {

struct Range4 {
  std::uint32_t base;
  int bits;
};
constexpr std::uint32_t ip(std::uint32_t a, std::uint32_t b, std::uint32_t c, std::uint32_t d) {
  return a << 24 | b << 16 | c << 8 | d;
}
constexpr Range4 kSpecial4[] = {
    {ip(0, 0, 0, 0), 8},      {ip(10, 0, 0, 0), 8},     {ip(100, 64, 0, 0), 10}, {ip(127, 0, 0, 0), 8},
    {ip(169, 254, 0, 0), 16}, {ip(172, 16, 0, 0), 12},  {ip(192, 0, 0, 0), 24},  {ip(192, 0, 2, 0), 24},
    {ip(192, 88, 99, 0), 24}, {ip(192, 168, 0, 0), 16}, {ip(198, 18, 0, 0), 15}, {ip(198, 51, 100, 0), 24},
    {ip(203, 0, 113, 0), 24}, {ip(224, 0, 0, 0), 4},    {ip(240, 0, 0, 0), 4},
};

bool public4(std::uint32_t address) {
  for (const auto& [base, bits] : kSpecial4)
    if ((address ^ base) >> (32 - bits) == 0) return false;
  return true;
}

using Bytes = std::array<std::uint8_t, 16>;

bool begins_with(const Bytes& address, const Bytes& prefix, int bits) {
  for (int i = 0; i < bits; ++i) {
    const auto byte = static_cast<std::size_t>(i / 8);
    const int mask = 0x80 >> (i % 8);
    if (((address[byte] ^ prefix[byte]) & mask) != 0) return false;
  }
  return true;
}
std::uint32_t inner4(const Bytes& a, std::size_t at) { return ip(a[at], a[at + 1], a[at + 2], a[at + 3]); }

bool public6(const Bytes& a) {
  if (begins_with(a, {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff}, 96)) return public4(inner4(a, 12));  // v4-mapped
  if (begins_with(a, {0, 0x64, 0xff, 0x9b}, 96)) return public4(inner4(a, 12));                       // NAT64
  if (begins_with(a, {0x20, 0x02}, 16)) return public4(inner4(a, 2));                                 // 6to4
  if (!begins_with(a, {0x20}, 3)) return false;            // 2000::/3 is all that is given to the world
  return !begins_with(a, {0x20, 0x01, 0x00}, 23) &&        // protocols: Teredo, benchmarking, ORCHID
         !begins_with(a, {0x20, 0x01, 0x0d, 0xb8}, 32) &&  // documentation
         !begins_with(a, {0x3f, 0xff}, 20);                // documentation
}

}  // namespace

bool is_public_address(const sockaddr* address) {
  if (address->sa_family == AF_INET) {
    sockaddr_in in;
    std::memcpy(&in, address, sizeof in);
    return public4(ntohl(in.sin_addr.s_addr));
  }
  if (address->sa_family == AF_INET6) {
    sockaddr_in6 in;
    std::memcpy(&in, address, sizeof in);
    Bytes bytes;
    std::memcpy(bytes.data(), &in.sin6_addr, bytes.size());
    return public6(bytes);
  }
  return false;
}

bool is_public_address(std::string_view text) {
  const std::string name(text);
  in_addr four;
  if (inet_pton(AF_INET, name.c_str(), &four) == 1) return public4(ntohl(four.s_addr));
  Bytes six;
  return inet_pton(AF_INET6, name.c_str(), six.data()) == 1 && public6(six);
}

}  // namespace lianbo::net
