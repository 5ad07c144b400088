// The cryptography of WeChat Pay API v3 on OpenSSL 3: signatures, encrypted notices, sensitive fields, and the exact
// texts that are signed.
//
// - Signatures are RSA with SHA-256, PKCS #1 v1.5, in strict base64 (canonical, padded, nothing around it).
// - Notices are AES-256-GCM under the APIv3 key. The public functions refuse keys that are not 32 bytes: test data of
//   public SDKs uses 16-byte ones, which would silently be AES-128. detail::gcm_* take any AES key size, for those
//   tests.
// - Every text that is signed is made here and nowhere else, so both ends of the wire agree byte for byte.
// Keys are shared handles: cheap to copy, read-only once made, usable from any thread. Errors never tell what a key or
// a plaintext was; a signature that does not fit is signature_invalid, key material that can't be read is
// invalid_field.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "base/result.hpp"

struct evp_pkey_st;

namespace lianbo::pay {

class PublicKey {
 public:
  static Result<PublicKey> from_pem(std::string_view pem);  // "BEGIN PUBLIC KEY", RSA of at least 2048 bits

  // signature in base64.
  Status verify(std::string_view message, std::string_view signature) const;
  // RSAES-OAEP, SHA-1, MGF1-SHA1, for sensitive fields; base64. plain: at most 214 bytes with a 2048-bit key.
  Result<std::string> encrypt(std::string_view plain) const;
  std::string pem() const;

 private:
  friend class PrivateKey;
  friend struct Certificate;
  explicit PublicKey(std::shared_ptr<evp_pkey_st> key) : key_(std::move(key)) {}
  std::shared_ptr<evp_pkey_st> key_;
};

class PrivateKey {
 public:
  static Result<PrivateKey> from_pem(std::string_view pem);  // PKCS #8 or PKCS #1, not encrypted, at least 2048 bits
  static PrivateKey generate();                              // 2048 bits, from OpenSSL's generator

  std::string sign(std::string_view message) const;                       // base64
  Result<std::string> decrypt(std::string_view base64_ciphertext) const;  // RSAES-OAEP, SHA-1
  PublicKey public_key() const { return PublicKey(key_); }
  std::string pem() const;  // PKCS #8

 private:
  explicit PrivateKey(std::shared_ptr<evp_pkey_st> key) : key_(std::move(key)) {}
  std::shared_ptr<evp_pkey_st> key_;
};

struct Certificate {
  PublicKey key;
  std::string serial;  // upper-case hex of its bytes, as `openssl x509 -serial` prints it
  Instant begins_at = 0, ends_at = 0;

  static Result<Certificate> from_pem(std::string_view pem);
};

// AEAD_AES_256_GCM. key: 32 bytes; nonce: 12 bytes; associated may be empty. The text outside is base64(data ‖ tag).
Result<std::string> aead_encrypt(std::string_view key, std::string_view nonce, std::string_view associated,
                                 std::string_view plain);
Result<std::string> aead_decrypt(std::string_view key, std::string_view nonce, std::string_view associated,
                                 std::string_view base64_ciphertext);

namespace detail {
// AES-GCM with a key of 16, 24 or 32 bytes; raw bytes in and out, the 16-byte tag at the end.
Result<std::string> gcm_seal(std::string_view key, std::string_view nonce, std::string_view associated,
                             std::string_view plain);
Result<std::string> gcm_open(std::string_view key, std::string_view nonce, std::string_view associated,
                             std::string_view sealed);
}  // namespace detail

inline constexpr std::string_view kAuthorizationSchema = "WECHATPAY2-SHA256-RSA2048";

// What a merchant signs of a request. path_and_query exactly as sent, without host.
std::string request_message(std::string_view method, std::string_view path_and_query, std::string_view timestamp,
                            std::string_view nonce, std::string_view body);
// What WeChat Pay signs of a response or a notice. body: the raw bytes.
std::string response_message(std::string_view timestamp, std::string_view nonce, std::string_view body);
// What the client's payment call signs. package: "prepay_id=…" for JSAPI and mini-programs, the bare id for apps.
std::string client_pay_message(std::string_view appid, std::string_view timestamp, std::string_view nonce,
                               std::string_view package);

struct Authorization {
  std::string mchid, nonce, timestamp, serial, signature;
};
std::string authorization_header(const Authorization& authorization, std::string_view schema = kAuthorizationSchema);
// Any order of the five parameters, each exactly once, nothing else.
Result<Authorization> parse_authorization(std::string_view header);

}  // namespace lianbo::pay
