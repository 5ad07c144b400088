#include "events/webhooks.hpp"

#include <algorithm>
#include <charconv>

#include "base/crypto.hpp"
#include "base/json.hpp"
#include "base/shape.hpp"
#include "events/event_types.hpp"

namespace lianbo::events {
namespace {

constexpr std::size_t kHmacBytes = 32, kSeedBytes = 32;
constexpr DurationMs kFirstWait = 5 * kSecondMs, kLongestWait = 6 * kHourMs;

bool blank_or_control(char c) { return static_cast<unsigned char>(c) <= 0x20 || c == 0x7f; }

}  // namespace

Secret make_secret(SecretKind kind, Random& random, Instant now) {
  return {kind, random_bytes(random, kind == SecretKind::hmac ? kHmacBytes : kSeedBytes), now, 0};
}

std::string secret_text(const Secret& secret) {
  return secret.kind == SecretKind::hmac ? "whsec_" + to_base64(secret.key)
                                         : "whpk_" + to_base64(public_key(secret.key));
}

std::string secrets_json(const std::vector<Secret>& secrets) {
  JsonWriter w;
  w.begin_list();
  for (const auto& s : secrets)
    w.begin()
        .field("kind", s.kind == SecretKind::hmac ? "hmac" : "ed25519")
        .field("key", to_base64(s.key))
        .field("created_at", s.created_at)
        .field("expires_at", s.expires_at)
        .end();
  w.end_list();
  return w.take();
}

std::vector<Secret> parse_secrets(std::string_view json_text) {
  std::vector<Secret> out;
  const auto list = parse_json(json_text);
  if (!list || !list->is_array()) return out;
  for (const auto& item : list->get_array()) {
    Secret s;
    s.kind = get_text(item, "kind") == "hmac" ? SecretKind::hmac : SecretKind::ed25519;
    if (!from_base64(get_text(item, "key"), s.key)) continue;
    s.created_at = get_int(item, "created_at");
    s.expires_at = get_int(item, "expires_at");
    out.push_back(std::move(s));
  }
  return out;
}

std::string signatures(const std::vector<Secret>& secrets, Instant now, std::string_view id, std::int64_t timestamp_s,
                       std::string_view body) {
  const std::string content = std::string(id) + "." + std::to_string(timestamp_s) + "." + std::string(body);
  std::string out;
  for (const auto& s : secrets) {
    if (!s.active(now)) continue;
    if (!out.empty()) out += ' ';
    out += s.kind == SecretKind::hmac ? "v1," + to_base64(hmac_sha256(s.key, content))
                                      : "v1a," + to_base64(sign_bytes(s.key, content));
  }
  return out;
}

bool Webhook::wants(std::string_view type) const {
  return types.empty() || std::find(types.begin(), types.end(), type) != types.end();
}

Result<WebhookUrl> parse_webhook_url(std::string_view url, bool allow_http) {
  const auto refuse = [](std::string why) { return fail(Code::invalid_field, std::move(why), "/url"); };
  const bool http = url.starts_with("http://");
  if (!url.starts_with("https://") && !(http && allow_http))
    return refuse(allow_http ? "must begin with https:// or http://" : "must begin with https://");
  if (static_cast<std::int64_t>(url.size()) > kMaxUrl || std::any_of(url.begin(), url.end(), blank_or_control))
    return refuse("must be at most " + std::to_string(kMaxUrl) + " bytes without blanks");
  const auto from = http ? 7U : 8U;
  const auto slash = std::min(url.find_first_of("/?", from), url.size());
  const std::string_view authority = url.substr(from, slash - from);
  if (authority.empty() || authority.find('@') != std::string_view::npos || url.find('#') != std::string_view::npos)
    return refuse("must name a host, no user and no #");
  if (std::any_of(authority.begin(), authority.end(), [](char c) { return static_cast<unsigned char>(c) > 0x7e; }))
    return refuse("a host's name must be written in ASCII (punycode)");
  const auto colon = authority.rfind(':'), bracket = authority.rfind(']');
  if (colon != std::string_view::npos && (bracket == std::string_view::npos || colon > bracket)) {
    const std::string_view digits = authority.substr(colon + 1);
    int port = 0;
    const auto [end, ec] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
    if (colon == 0 || ec != std::errc{} || end != digits.data() + digits.size() || port < 1 || port > 65'535)
      return refuse("must name a host, and a port from 1 to 65535 if any");
  }
  std::string target(url.substr(slash));
  if (target.empty() || target[0] != '/') target.insert(target.begin(), '/');
  return WebhookUrl{std::string(url.substr(0, slash)), std::move(target)};
}

Status check_types(const std::vector<std::string>& types) {
  for (std::size_t i = 0; i < types.size(); ++i)
    if (find_event_type(types[i]) == nullptr)
      return fail(Code::invalid_field, "\"" + types[i] + "\" is no event type; docs/events.md lists them",
                  "/types/" + std::to_string(i));
  return {};
}

Outcome outcome_of(int status) {
  if (status >= 200 && status < 300) return Outcome::delivered;
  return status == 410 ? Outcome::gone : Outcome::again;
}

DurationMs wait_after(int tries, double jitter, DurationMs asked_ms) {
  DurationMs wait = kFirstWait;
  for (int i = 1; i < tries && wait < kLongestWait; ++i) wait *= 2;
  wait = std::min(wait, kLongestWait);
  const DurationMs half = wait / 2;
  const auto drawn = static_cast<DurationMs>(static_cast<double>(half) * std::clamp(jitter, 0.0, 1.0));
  return std::max(half + drawn, std::min(asked_ms, kDayMs));
}

DurationMs retry_after_ms(std::string_view header) {
  std::int64_t seconds = 0;
  const auto [end, ec] = std::from_chars(header.data(), header.data() + header.size(), seconds);
  if (header.empty() || ec != std::errc{} || end != header.data() + header.size() || seconds < 0 ||
      seconds > 1'000'000'000)
    return 0;
  return seconds * kSecondMs;
}

}  // namespace lianbo::events
