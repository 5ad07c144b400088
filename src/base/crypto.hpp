// The few primitives everybody needs, from libsodium: digests, keyed digests, constant-time compare, passwords, sealing
// (XChaCha20-Poly1305) and signatures (Ed25519).
// RSA and AES-GCM for the payment rail live in pay/. Call crypto_init() once in main (and in test mains) first.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/random.hpp"

namespace lianbo {

void crypto_init();

std::string sha256(std::string_view data);  // 32 raw bytes
// The same of what comes in parts.
class Sha256 {
 public:
  Sha256();
  void add(std::string_view data);
  std::string finish();  // once

 private:
  std::array<std::uint64_t, 13> state_;  // libsodium's, hidden here
};
std::string hmac_sha256(std::string_view key, std::string_view data);  // 32 raw bytes; a key of any length
bool same_bytes(std::string_view a, std::string_view b);               // constant time for equal lengths

std::string random_bytes(Random& random, std::size_t count);

inline constexpr std::size_t kSealKeyBytes = 32;
// nonce | ciphertext | tag. Only who has the key and names the same purpose opens it.
std::string seal_bytes(std::string_view key, std::string_view purpose, std::string_view text, Random& random);
// False: another key, another purpose, or bytes that were changed.
bool open_bytes(std::string_view key, std::string_view purpose, std::string_view sealed, std::string& out);

// A key pair is made from 32 bytes of seed.
std::string public_key(std::string_view seed);                            // 32 raw bytes
std::string sign_bytes(std::string_view seed, std::string_view message);  // 64 raw bytes
bool verify_bytes(std::string_view public_key, std::string_view message, std::string_view signature);

std::string to_hex(std::string_view bytes);
bool from_hex(std::string_view text, std::string& out);  // lower or upper case
std::string to_base64(std::string_view bytes);
// False when the text is not canonical base64 (with padding).
bool from_base64(std::string_view text, std::string& out);
std::string to_base64url(std::string_view bytes);  // no padding

// Argon2id, in libsodium's own text form. memory_kib and passes are settings (see settings.hpp).
std::string hash_password(std::string_view password, long long memory_kib, long long passes);
bool verify_password(const std::string& hash, std::string_view password);

}  // namespace lianbo
