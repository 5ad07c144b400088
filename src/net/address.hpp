// Which addresses are public: reachable by anybody on the internet, and so safe to call for somebody else.
//
// A server that calls an address which a customer named must not be led into its own network (loopback, private and
// link-local ranges, a cloud's metadata address). Everything that the registries of special-purpose addresses (RFC 6890
// and what came after) do not give to the world is refused, and what only wraps an IPv4 address is judged by that one.
// Pure; any thread.
#pragma once

#include <sys/socket.h>

#include <string_view>

namespace lianbo::net {

bool is_public_address(const sockaddr* address);  // AF_INET and AF_INET6; nothing else is public
bool is_public_address(std::string_view text);    // false for what is no address

}  // namespace lianbo::net
