// Web push, the part without rows: a message sealed for one browser (RFC 8291, aes128gcm of RFC 8188) and the token by
// which its push service knows this server (VAPID, RFC 8292). Values, no threads. Errors: invalid_field for keys that
// are none.
#pragma once

#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "base/result.hpp"

namespace lianbo::push {

inline constexpr std::size_t kPointBytes = 65, kSecretBytes = 16, kScalarBytes = 32, kSaltBytes = 16;
inline constexpr std::size_t kMaxText = 3000;  // a push service takes 4096 bytes in all

// base64url without padding.
bool from_base64url(std::string_view text, std::string& out);

// The point (65 bytes, uncompressed) of a private key on P-256; "" for a number that is no key.
std::string point_of(std::string_view scalar);
// What was derived from a secret, as a private key on P-256.
std::string scalar_from(std::string_view secret);

// The body of a request. browser, auth: what the browser gave; scalar: of a key made for this message alone.
Result<std::string> seal_message(std::string_view text, std::string_view browser, std::string_view auth,
                                 std::string_view scalar, std::string_view salt);

// "vapid t=…, k=…" for the push service at this origin; good until then. contact: https:, or "".
Result<std::string> vapid_header(std::string_view scalar, std::string_view origin, std::string_view contact,
                                 Instant until);

}  // namespace lianbo::push
