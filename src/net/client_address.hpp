// Whose request it is when proxies stand in front: the peer's address, or what a trusted proxy says of it.
//
// X-Forwarded-For is read from the right: as long as the address at hand belongs to a trusted proxy, the entry before
// it is believed, and no further; so nobody can write themselves another address. Without trusted proxies the header is
// never read. IPv6 hosts own at least a /64, so that is what stands for one of them where addresses are counted.
// Pure values; any thread.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "net/route.hpp"

namespace lianbo::net {

struct Address {
  std::array<std::uint8_t, 16> bytes{};  // IPv4 as ::ffff:a.b.c.d

  // "203.0.113.7", "2001:db8::1"; with brackets and port too, as proxies write them. Nothing when it is none.
  static std::optional<Address> parse(std::string_view text);
  bool v4() const;
  bool loopback() const;
  std::string text() const;
  std::string counted_as() const;  // IPv4: itself; IPv6: its /64
};

class TrustedProxies {
 public:
  // "10.0.0.0/8, 192.0.2.7, fd00::/8"; "" trusts nobody.
  static Result<TrustedProxies> parse(std::string_view list);

  bool trusts(const Address& address) const;
  // The address that asks, as text; the peer's own when it is no address or not trusted.
  std::string client_of(const Request& request) const;

 private:
  struct Block {
    Address from;
    int bits;  // of 128
  };
  std::vector<Block> blocks_;
};

// A program on this machine, and not on behalf of somebody else.
bool asked_from_this_machine(const Request& request);

}  // namespace lianbo::net
