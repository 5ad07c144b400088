// Small pieces of WeChat Pay's wire format that both ends need: times, path segments, and reading members of a JSON
// that somebody else made. Pure functions. Reading never assumes: what is absent or of another type is nullopt.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "base/json.hpp"
#include "pay/transport.hpp"

namespace lianbo::pay {

inline constexpr DurationMs kMaxSkewMs = 300 * kSecondMs;
inline constexpr std::string_view kCny = "CNY";

// "2018-06-08T10:34:56+08:00": whole seconds, Beijing time, as WeChat Pay writes it.
std::string wechat_time(Instant instant);
// Seconds since 1970 in decimal, as in timestamp headers; nullopt when it is not 1–12 digits.
std::optional<Instant> parse_seconds(std::string_view text);
bool within_skew(Instant stamped, Instant now);  // |now − stamped| ≤ 300 s

std::string percent_encode(std::string_view segment);  // all but unreserved characters
std::optional<std::string> percent_decode(std::string_view segment);

std::string cut_utf8(std::string_view text, std::size_t max_bytes);  // never inside a character

using JsonPath = std::initializer_list<std::string_view>;
const json::value* member(const json::value& value, JsonPath path);
std::optional<std::string> text_member(const json::value& value, JsonPath path);
std::optional<std::int64_t> integer_member(const json::value& value, JsonPath path);

// A Headers list with Wechatpay-Timestamp, -Nonce, -Signature, -Serial, -Signature-Type.
Headers signature_headers(const std::string& timestamp, const std::string& nonce, const std::string& signature,
                          const std::string& serial);

}  // namespace lianbo::pay
