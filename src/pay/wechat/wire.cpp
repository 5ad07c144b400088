#include "pay/wechat/wire.hpp"

#include "pay/wechat/crypto.hpp"

namespace lianbo::pay {
namespace {
constexpr DurationMs kBeijingMs = 8 * kHourMs;

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}
}  // namespace

std::string wechat_time(Instant instant) { return format_rfc3339(instant + kBeijingMs).substr(0, 19) + "+08:00"; }

std::optional<Instant> parse_seconds(std::string_view text) {
  if (text.empty() || text.size() > 12) return std::nullopt;
  std::int64_t seconds = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return std::nullopt;
    seconds = seconds * 10 + (c - '0');
  }
  return seconds * kSecondMs;
}

bool within_skew(Instant stamped, Instant now) { return now - stamped <= kMaxSkewMs && stamped - now <= kMaxSkewMs; }

std::string percent_encode(std::string_view segment) {
  static constexpr char kHex[] = "0123456789ABCDEF";
  std::string out;
  for (const char c : segment) {
    const bool unreserved = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '-' ||
                            c == '_' || c == '.' || c == '~';
    if (unreserved) {
      out += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      out += {'%', kHex[byte >> 4], kHex[byte & 15]};
    }
  }
  return out;
}

std::optional<std::string> percent_decode(std::string_view segment) {
  std::string out;
  for (std::size_t i = 0; i < segment.size(); ++i) {
    if (segment[i] != '%') {
      out += segment[i];
      continue;
    }
    if (i + 2 >= segment.size()) return std::nullopt;
    const int high = hex_digit(segment[i + 1]), low = hex_digit(segment[i + 2]);
    if (high < 0 || low < 0) return std::nullopt;
    out += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return out;
}

std::string cut_utf8(std::string_view text, std::size_t max_bytes) {
  if (text.size() <= max_bytes) return std::string(text);
  std::size_t end = max_bytes;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;
  return std::string(text.substr(0, end));
}

const json::value* member(const json::value& value, JsonPath path) {
  const json::value* at = &value;
  for (const auto name : path) {
    const auto* object = at->if_object();
    if (object == nullptr) return nullptr;
    at = object->if_contains(json::string_view(name.data(), name.size()));
    if (at == nullptr) return nullptr;
  }
  return at;
}

std::optional<std::string> text_member(const json::value& value, JsonPath path) {
  const auto* found = member(value, path);
  if (found == nullptr || !found->is_string()) return std::nullopt;
  const auto& text = found->get_string();
  return std::string(text.data(), text.size());
}

std::optional<std::int64_t> integer_member(const json::value& value, JsonPath path) {
  const auto* found = member(value, path);
  if (found == nullptr || !found->is_int64()) return std::nullopt;
  return found->get_int64();
}

Headers signature_headers(const std::string& timestamp, const std::string& nonce, const std::string& signature,
                          const std::string& serial) {
  return {{"Wechatpay-Timestamp", timestamp},
          {"Wechatpay-Nonce", nonce},
          {"Wechatpay-Signature", signature},
          {"Wechatpay-Serial", serial},
          {"Wechatpay-Signature-Type", std::string(kAuthorizationSchema)}};
}

}  // namespace lianbo::pay
