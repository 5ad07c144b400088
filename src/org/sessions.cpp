#include "org/sessions.hpp"

#include <algorithm>
#include <chrono>
#include <thread>

#include "base/crypto.hpp"
#include "org/devices.hpp"

namespace lianbo::org {
namespace {

constexpr std::chrono::seconds kHashWait{5};
constexpr std::size_t kMacLength = 43;  // 32 bytes as base64url

std::string guest_mac(std::string_view token_key, std::string_view id) {
  return to_base64url(hmac_sha256(token_key, "lianbo guest " + std::string(id)));
}

std::string cookie(const Settings& settings, std::string_view name, std::string_view value, std::int64_t max_age_s) {
  std::string out(name);
  out.append("=")
      .append(value)
      .append("; Path=/; Max-Age=")
      .append(std::to_string(max_age_s))
      .append("; HttpOnly; SameSite=Lax");
  if (settings.public_url.starts_with("https://")) out += "; Secure";
  return out;
}

}  // namespace

std::string make_token(Random& random) {
  std::string bytes;
  for (int word = 0; word < 4; ++word) {
    std::uint64_t value = random.next();
    for (int i = 0; i < 8; ++i, value >>= 8) bytes.push_back(static_cast<char>(value & 0xff));
  }
  return to_base64url(bytes);
}

std::string sign_guest(std::string_view token_key, PersonId guest) {
  const std::string id = guest.text();
  return id + "." + guest_mac(token_key, id);
}

std::optional<PersonId> verify_guest(std::string_view token_key, std::string_view cookie_value) {
  const std::size_t dot = cookie_value.find('.');
  if (dot == std::string_view::npos || cookie_value.size() - dot - 1 != kMacLength) return std::nullopt;
  const auto id = PersonId::parse(cookie_value.substr(0, dot));
  if (!id || !same_bytes(cookie_value.substr(dot + 1), guest_mac(token_key, id->text()))) return std::nullopt;
  return id;
}

std::string session_cookie(const Settings& settings, std::string_view token) {
  return cookie(settings, kSessionCookie, token, settings.session_days * 86'400);
}

std::string guest_cookie(const Settings& settings, std::string_view token_key, PersonId guest) {
  return cookie(settings, kGuestCookie, sign_guest(token_key, guest), kGuestCookieDays * 86'400);
}

std::string device_cookie(const Settings& settings, std::string_view token) {
  return cookie(settings, kDeviceCookie, token, kDeviceDays * 86'400);
}
std::string ended_cookie(const Settings& settings, std::string_view name) { return cookie(settings, name, "", 0); }

PresentedToken presented_token(const net::Request& request) {
  const std::string_view header = request.header("authorization");
  constexpr std::string_view kBearer = "bearer ";
  if (header.size() > kBearer.size() &&
      std::equal(kBearer.begin(), kBearer.end(), header.begin(), [](char a, char b) { return a == (b | 0x20); }))
    return {header.substr(kBearer.size()), false};
  const std::string_view token = request.cookie(kSessionCookie);
  return {token, !token.empty()};
}

Passwords::Passwords(const Settings& settings)
    : memory_kib_(settings.password_memory_kib),
      passes_(settings.password_passes),
      nobodys_hash_(hash_password("nobody's password", memory_kib_, passes_)),
      slots_(std::clamp<std::ptrdiff_t>(static_cast<std::ptrdiff_t>(std::thread::hardware_concurrency()), 1, 64)),
      admits_(static_cast<int>(std::max<std::int64_t>(4, settings.http_workers / 4))) {}

Status Passwords::enter() {
  if (inside_.fetch_add(1) < admits_ && slots_.try_acquire_for(kHashWait)) return {};
  inside_.fetch_sub(1);
  return fail(Code::overloaded, "too many people log in at once; try again in a moment");
}

void Passwords::leave() {
  slots_.release();
  inside_.fetch_sub(1);
}

Result<std::string> Passwords::hash(std::string_view password) {
  TRY_OK(enter());
  std::string out = hash_password(password, memory_kib_, passes_);
  leave();
  return out;
}

Result<bool> Passwords::verify(const std::string& stored, std::string_view password) {
  TRY_OK(enter());
  const bool right = verify_password(stored.empty() ? nobodys_hash_ : stored, password);
  leave();
  return right && !stored.empty();
}

Status LoginThrottle::begin(std::string_view login, Instant now) {
  const std::scoped_lock lock(mutex_);
  auto found = entries_.find(std::string(login));
  if (found == entries_.end()) {
    if (entries_.size() == kLogins) {
      entries_.erase(order_.front().login);
      order_.pop_front();
    }
    order_.push_back({std::string(login), now, 0});
    found = entries_.emplace(login, std::prev(order_.end())).first;
  } else {
    order_.splice(order_.end(), order_, found->second);
  }
  Entry& entry = *found->second;
  if (now - entry.since >= kWindowMs) {
    entry.since = now;
    entry.attempts = 0;
  }
  if (entry.attempts >= kAttempts) {
    const std::int64_t wait_s = (entry.since + kWindowMs - now + kSecondMs - 1) / kSecondMs;
    return fail(Code::too_many_requests,
                "too many failed attempts for this login; try again in " + std::to_string(wait_s) + " s");
  }
  ++entry.attempts;
  return {};
}

void LoginThrottle::succeeded(std::string_view login) {
  const std::scoped_lock lock(mutex_);
  const auto found = entries_.find(std::string(login));
  if (found == entries_.end()) return;
  order_.erase(found->second);
  entries_.erase(found);
}

std::size_t LoginThrottle::remembered() const {
  const std::scoped_lock lock(mutex_);
  return entries_.size();
}

}  // namespace lianbo::org
