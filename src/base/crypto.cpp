#include "base/crypto.hpp"

#include <sodium.h>

#include "base/check.hpp"

namespace lianbo {
namespace {
const unsigned char* bytes(std::string_view s) { return reinterpret_cast<const unsigned char*>(s.data()); }
unsigned char* bytes(std::string& s) { return reinterpret_cast<unsigned char*>(s.data()); }

std::string base64(std::string_view data, int variant) {
  std::string out(sodium_base64_encoded_len(data.size(), variant), '\0');
  sodium_bin2base64(out.data(), out.size(), bytes(data), data.size(), variant);
  out.resize(out.size() - 1);  // the terminating zero
  return out;
}
}  // namespace

void crypto_init() { CHECK(sodium_init() >= 0); }

std::string sha256(std::string_view data) {
  std::string out(crypto_hash_sha256_BYTES, '\0');
  crypto_hash_sha256(bytes(out), bytes(data), data.size());
  return out;
}

std::string hmac_sha256(std::string_view key, std::string_view data) {
  crypto_auth_hmacsha256_state state;
  crypto_auth_hmacsha256_init(&state, bytes(key), key.size());
  crypto_auth_hmacsha256_update(&state, bytes(data), data.size());
  std::string out(crypto_auth_hmacsha256_BYTES, '\0');
  crypto_auth_hmacsha256_final(&state, bytes(out));
  return out;
}

bool same_bytes(std::string_view a, std::string_view b) {
  return a.size() == b.size() && sodium_memcmp(a.data(), b.data(), a.size()) == 0;
}

std::string to_hex(std::string_view data) {
  std::string out(data.size() * 2 + 1, '\0');
  sodium_bin2hex(out.data(), out.size(), bytes(data), data.size());
  out.resize(data.size() * 2);
  return out;
}

std::string to_base64(std::string_view data) { return base64(data, sodium_base64_VARIANT_ORIGINAL); }
std::string to_base64url(std::string_view data) { return base64(data, sodium_base64_VARIANT_URLSAFE_NO_PADDING); }

bool from_base64(std::string_view text, std::string& out) {
  out.assign(text.size() / 4 * 3 + 3, '\0');
  std::size_t length = 0;
  const char* end = nullptr;
  if (sodium_base642bin(bytes(out), out.size(), text.data(), text.size(), nullptr, &length, &end,
                        sodium_base64_VARIANT_ORIGINAL) != 0 ||
      end != text.data() + text.size())
    return false;
  out.resize(length);
  return true;
}

std::string hash_password(std::string_view password, long long memory_kib, long long passes) {
  std::string out(crypto_pwhash_STRBYTES, '\0');
  CHECK(crypto_pwhash_str_alg(out.data(), password.data(), password.size(), static_cast<unsigned long long>(passes),
                              static_cast<std::size_t>(memory_kib) * 1024, crypto_pwhash_ALG_ARGON2ID13) == 0);
  out.resize(out.find('\0'));
  return out;
}

bool verify_password(const std::string& hash, std::string_view password) {
  return crypto_pwhash_str_verify(hash.c_str(), password.data(), password.size()) == 0;
}

}  // namespace lianbo
