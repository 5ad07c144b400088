// Who is calling: tokens, cookies, passwords, and the brake on guessing them.
//
// A token is 32 random bytes as base64url; only its SHA-256 is stored, so a stolen database opens no session. A guest's
// cookie is signed and has no row. Passwords are Argon2id at the cost of the settings, hashed outside any transaction;
// an unknown login costs the same time as a wrong password. Threads: Passwords and LoginThrottle from any; the rest is
// pure.
#pragma once

#include <atomic>
#include <list>
#include <mutex>
#include <optional>
#include <semaphore>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/clock.hpp"
#include "base/id.hpp"
#include "base/random.hpp"
#include "base/result.hpp"
#include "base/settings.hpp"
#include "net/route.hpp"

namespace lianbo::org {

inline constexpr std::string_view kSessionCookie = "lb_sid";
inline constexpr std::string_view kGuestCookie = "lb_guest";
inline constexpr int kGuestCookieDays = 365;

std::string make_token(Random& random);  // 43 characters

// "<id text>.<base64url hmac>"
std::string sign_guest(std::string_view token_key, PersonId guest);
std::optional<PersonId> verify_guest(std::string_view token_key, std::string_view cookie);

// Values of Set-Cookie: HttpOnly, SameSite=Lax, Path=/, and Secure when the server is reached by https.
std::string session_cookie(const Settings& settings, std::string_view token);
std::string guest_cookie(const Settings& settings, std::string_view token_key, PersonId guest);
std::string device_cookie(const Settings& settings, std::string_view token);  // devices.hpp
std::string ended_cookie(const Settings& settings, std::string_view name);

// The token of "Authorization: Bearer …", or of the session cookie; "" when there is none.
struct PresentedToken {
  std::string_view token;
  bool via_cookie = false;
};
PresentedToken presented_token(const net::Request& request);

// Hashes a bounded number of passwords at a time, because each takes password.memory_kib of memory. A quarter of
// http.workers may wait for their turn; who comes beyond is told so at once, and holds no worker.
class Passwords {
 public:
  explicit Passwords(const Settings& settings);

  Result<std::string> hash(std::string_view password);
  // stored: "" for a login that does not exist or has no password; then false, after the same work.
  Result<bool> verify(const std::string& stored, std::string_view password);

 private:
  Status enter();
  void leave();

  long long memory_kib_, passes_;
  std::string nobodys_hash_;
  std::counting_semaphore<64> slots_;
  const int admits_;
  std::atomic<int> inside_{0};  // hashing or waiting
};

// At most kAttempts failed attempts for a login in kWindowMs. Remembers at most kLogins of them, and forgets the one
// that was tried longest ago first.
class LoginThrottle {
 public:
  static constexpr int kAttempts = 10;
  static constexpr DurationMs kWindowMs = 10 * kMinuteMs;
  static constexpr std::size_t kLogins = 10'000;

  // Counts an attempt before its outcome is known, so that attempts side by side count too. too_many_requests beyond.
  Status begin(std::string_view login, Instant now);
  void succeeded(std::string_view login);
  std::size_t remembered() const;

 private:
  struct Entry {
    std::string login;
    Instant since;
    int attempts;
  };
  mutable std::mutex mutex_;
  std::list<Entry> order_;  // the newest last
  std::unordered_map<std::string, std::list<Entry>::iterator> entries_;
};

}  // namespace lianbo::org
