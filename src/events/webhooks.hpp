// Webhooks: a brand's programs that are told of its events by HTTP, in the form of Standard Webhooks: types and pure
// rules.
//
//   webhook-id: the event's id, the same at every try       webhook-timestamp: seconds, of this try
//   webhook-signature: v1,base64(HMAC-SHA256(secret, "id.timestamp.body")) for each active secret, blanks between;
//                      v1a,base64(Ed25519) for a key pair
// Values, no threads.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/id.hpp"
#include "base/random.hpp"
#include "base/result.hpp"

namespace lianbo::events {

using WebhookId = Id<struct WebhookTag>;

enum class SecretKind { hmac, ed25519 };
struct Secret {
  SecretKind kind = SecretKind::hmac;
  std::string key;  // hmac: 24 to 64 bytes; ed25519: the seed, 32 bytes
  Instant created_at = 0;
  Instant expires_at = 0;  // 0: never; signs until then, so that a receiver can change over in its own time
  bool active(Instant now) const { return expires_at == 0 || now < expires_at; }
};
Secret make_secret(SecretKind kind, Random& random, Instant now);
// What the receiver checks with: whsec_… to be kept secret, or whpk_…, which may be known.
std::string secret_text(const Secret& secret);
std::string secrets_json(const std::vector<Secret>& secrets);
std::vector<Secret> parse_secrets(std::string_view json_text);

// The value of webhook-signature.
std::string signatures(const std::vector<Secret>& secrets, Instant now, std::string_view id, std::int64_t timestamp_s,
                       std::string_view body);

struct Webhook {
  WebhookId id;
  BrandId brand;
  std::string url, description;
  std::vector<std::string> types;  // none: every one
  std::vector<Secret> secrets;     // the newest first
  bool active = true;
  std::string note;
  std::int64_t cursor = 0;
  Instant failing_since = 0, created_at = 0;
  bool wants(std::string_view type) const;
};

inline constexpr std::size_t kMaxWebhooks = 20;  // of a brand
inline constexpr std::size_t kMaxSecrets = 5;    // that are active
inline constexpr std::int64_t kMaxUrl = 1000;

struct WebhookUrl {
  std::string origin;  // https://host[:port]
  std::string target;  // /path?query
};
// https only; http where private addresses are allowed. No user name in it, no fragment.
Result<WebhookUrl> parse_webhook_url(std::string_view url, bool allow_http);
Status check_types(const std::vector<std::string>& types);

// ---- trying again
enum class Outcome { delivered, again, gone };
// What an HTTP status means: 2xx is taken, 410 says never again, all else (a redirect too) is tried again.
Outcome outcome_of(int status);
// The wait after the n-th try that failed (from 1): 5 s, doubled each time up to 6 hours; of that, chance decides the
// last half (jitter 0 … 1), so that many that failed together do not come back together. A receiver that named a time
// (Retry-After) is not called before, for a day at most.
DurationMs wait_after(int tries, double jitter, DurationMs asked_ms);
// "120", or "" and anything else: 0.
DurationMs retry_after_ms(std::string_view header);

}  // namespace lianbo::events
