#include "net/client_address.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>

namespace lianbo::net {
namespace {

constexpr std::array<std::uint8_t, 12> kMapped = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
constexpr std::size_t kMaxHops = 32;

std::string_view trimmed(std::string_view s) {
  while (!s.empty() && (s.front() == ' ' || s.front() == '\t')) s.remove_prefix(1);
  while (!s.empty() && (s.back() == ' ' || s.back() == '\t')) s.remove_suffix(1);
  return s;
}

// Entries of all X-Forwarded-For headers, in order.
std::vector<std::string_view> forwarded_for(const Request& request) {
  std::vector<std::string_view> out;
  for (const auto& [name, value] : request.headers) {
    if (name != "x-forwarded-for") continue;
    std::string_view rest = value;
    for (;;) {
      const auto comma = rest.find(',');
      out.push_back(trimmed(rest.substr(0, comma)));
      if (comma == std::string_view::npos) break;
      rest = rest.substr(comma + 1);
    }
  }
  return out;
}

}  // namespace

std::optional<Address> Address::parse(std::string_view text) {
  text = trimmed(text);
  if (text.starts_with('[')) {
    const auto end = text.find(']');
    if (end == std::string_view::npos) return std::nullopt;
    text = text.substr(1, end - 1);
  } else if (std::count(text.begin(), text.end(), ':') == 1) {
    text = text.substr(0, text.find(':'));
  }
  if (text.empty() || text.size() > 45) return std::nullopt;
  const std::string owned(text);
  Address out;
  in_addr v4{};
  if (inet_pton(AF_INET, owned.c_str(), &v4) == 1) {
    std::copy(kMapped.begin(), kMapped.end(), out.bytes.begin());
    const auto* from = reinterpret_cast<const std::uint8_t*>(&v4);
    std::copy(from, from + 4, out.bytes.begin() + 12);
    return out;
  }
  if (inet_pton(AF_INET6, owned.c_str(), out.bytes.data()) == 1) return out;
  return std::nullopt;
}

bool Address::v4() const { return std::equal(kMapped.begin(), kMapped.end(), bytes.begin()); }

bool Address::loopback() const {
  if (v4()) return bytes[12] == 127;
  return std::all_of(bytes.begin(), bytes.end() - 1, [](auto b) { return b == 0; }) && bytes[15] == 1;
}

std::string Address::text() const {
  char out[INET6_ADDRSTRLEN] = "";
  if (v4())
    inet_ntop(AF_INET, bytes.data() + 12, out, sizeof out);
  else
    inet_ntop(AF_INET6, bytes.data(), out, sizeof out);
  return out;
}

std::string Address::counted_as() const {
  if (v4()) return text();
  Address network = *this;
  std::fill(network.bytes.begin() + 8, network.bytes.end(), std::uint8_t{0});
  return network.text() + "/64";
}

Result<TrustedProxies> TrustedProxies::parse(std::string_view list) {
  TrustedProxies out;
  while (!list.empty()) {
    const auto comma = list.find(',');
    const std::string_view item = trimmed(list.substr(0, comma));
    list = comma == std::string_view::npos ? std::string_view{} : list.substr(comma + 1);
    if (item.empty()) continue;
    const auto slash = item.find('/');
    const auto address = Address::parse(item.substr(0, slash));
    const int whole = address && address->v4() ? 32 : 128;
    int bits = whole;
    bool good = address.has_value();
    if (good && slash != std::string_view::npos) {
      const std::string_view number = item.substr(slash + 1);
      const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), bits);
      good = error == std::errc{} && end == number.data() + number.size() && bits >= 0 && bits <= whole;
    }
    if (!good)
      return fail(Code::invalid_field,
                  "\"" + std::string(item) + "\" is neither an address nor a network such as 10.0.0.0/8",
                  "http.trusted_proxies");
    out.blocks_.push_back({*address, whole == 32 ? bits + 96 : bits});
  }
  return out;
}

bool TrustedProxies::trusts(const Address& address) const {
  return std::any_of(blocks_.begin(), blocks_.end(), [&](const Block& block) {
    for (int bit = 0; bit < block.bits; bit += 8) {
      const auto at = static_cast<std::size_t>(bit / 8);
      const int left = std::min(8, block.bits - bit);
      const int mask = 0xff << (8 - left) & 0xff;
      if ((address.bytes[at] & mask) != (block.from.bytes[at] & mask)) return false;
    }
    return true;
  });
}

std::string TrustedProxies::client_of(const Request& request) const {
  if (blocks_.empty()) return request.remote;
  auto at = Address::parse(request.remote);
  if (!at || !trusts(*at)) return request.remote;
  const auto hops = forwarded_for(request);
  std::size_t looked = 0;
  for (auto hop = hops.rbegin(); hop != hops.rend() && looked < kMaxHops; ++hop, ++looked) {
    const auto before = Address::parse(*hop);
    if (!before) break;  // what a proxy could not name is that proxy's own doing
    at = before;
    if (!trusts(*at)) break;
  }
  return at->text();
}

bool asked_from_this_machine(const Request& request) {
  const auto peer = Address::parse(request.remote);
  return peer && peer->loopback() && request.header("x-forwarded-for").empty() && request.header("forwarded").empty() &&
         request.header("x-real-ip").empty();
}

}  // namespace lianbo::net
