#include "push/push.hpp"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>

#include <array>
#include <memory>

#include "base/crypto.hpp"
#include "base/json.hpp"

namespace lianbo::push {
namespace {

template <auto Free>
struct Freed {
  template <class T>
  void operator()(T* p) const {
    Free(p);
  }
};
using Number = std::unique_ptr<BIGNUM, Freed<BN_free>>;
using Group = std::unique_ptr<EC_GROUP, Freed<EC_GROUP_free>>;
using Point = std::unique_ptr<EC_POINT, Freed<EC_POINT_free>>;
using Key = std::unique_ptr<EVP_PKEY, Freed<EVP_PKEY_free>>;
using KeyContext = std::unique_ptr<EVP_PKEY_CTX, Freed<EVP_PKEY_CTX_free>>;
using Builder = std::unique_ptr<OSSL_PARAM_BLD, Freed<OSSL_PARAM_BLD_free>>;
using Params = std::unique_ptr<OSSL_PARAM, Freed<OSSL_PARAM_free>>;
using Cipher = std::unique_ptr<EVP_CIPHER_CTX, Freed<EVP_CIPHER_CTX_free>>;
using Digest = std::unique_ptr<EVP_MD_CTX, Freed<EVP_MD_CTX_free>>;
using Signature = std::unique_ptr<ECDSA_SIG, Freed<ECDSA_SIG_free>>;

constexpr int kRecordBytes = 4096, kTagBytes = 16;

const unsigned char* bytes(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }
unsigned char* bytes(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }

Number number_of(std::string_view scalar) {
  return Number(BN_bin2bn(bytes(scalar), static_cast<int>(scalar.size()), nullptr));
}

// point: of the scalar, or another's alone ("" for the scalar). nullptr: no key.
Key key_of(std::string_view scalar, std::string_view point) {
  const Builder builder(OSSL_PARAM_BLD_new());
  const Number number = number_of(scalar);
  OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, "prime256v1", 0);
  OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size());
  if (!scalar.empty()) OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_PRIV_KEY, number.get());
  const Params params(OSSL_PARAM_BLD_to_param(builder.get()));
  const KeyContext context(EVP_PKEY_CTX_new_from_name(nullptr, "EC", nullptr));
  EVP_PKEY* made = nullptr;
  if (EVP_PKEY_fromdata_init(context.get()) != 1) return nullptr;
  const int what = scalar.empty() ? EVP_PKEY_PUBLIC_KEY : EVP_PKEY_KEYPAIR;
  if (EVP_PKEY_fromdata(context.get(), &made, what, params.get()) != 1) return nullptr;
  return Key(made);
}

// What both sides can compute; "" if one of them is no key.
std::string shared_secret(std::string_view scalar, std::string_view own_point, std::string_view point) {
  const Key mine = key_of(scalar, own_point), theirs = key_of({}, point);
  if (!mine || !theirs) return {};
  const KeyContext context(EVP_PKEY_CTX_new(mine.get(), nullptr));
  std::string out(kScalarBytes, '\0');
  std::size_t size = out.size();
  if (EVP_PKEY_derive_init(context.get()) != 1 || EVP_PKEY_derive_set_peer(context.get(), theirs.get()) != 1 ||
      EVP_PKEY_derive(context.get(), bytes(out), &size) != 1 || size != kScalarBytes)
    return {};
  return out;
}

// HKDF with one block, which is enough for all that is derived here.
std::string derive(std::string_view salt, std::string_view secret, std::string_view info, std::size_t size) {
  return hmac_sha256(hmac_sha256(salt, secret), std::string(info) + '\x01').substr(0, size);
}

std::string aes_128_gcm(std::string_view key, std::string_view nonce, std::string_view text) {
  const Cipher cipher(EVP_CIPHER_CTX_new());
  std::string out(text.size() + kTagBytes, '\0');
  int size = 0, rest = 0;
  if (EVP_EncryptInit_ex(cipher.get(), EVP_aes_128_gcm(), nullptr, bytes(key), bytes(nonce)) != 1 ||
      EVP_EncryptUpdate(cipher.get(), bytes(out), &size, bytes(text), static_cast<int>(text.size())) != 1 ||
      EVP_EncryptFinal_ex(cipher.get(), bytes(out) + size, &rest) != 1 ||
      EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_GET_TAG, kTagBytes, bytes(out) + text.size()) != 1)
    return {};
  return out;
}

// ES256: r and s, 32 bytes each.
std::string sign(std::string_view scalar, std::string_view text) {
  const Key key = key_of(scalar, point_of(scalar));
  const Digest digest(EVP_MD_CTX_new());
  std::size_t size = 0;
  if (!key || EVP_DigestSignInit(digest.get(), nullptr, EVP_sha256(), nullptr, key.get()) != 1 ||
      EVP_DigestSign(digest.get(), nullptr, &size, bytes(text), text.size()) != 1)
    return {};
  std::string der(size, '\0');
  if (EVP_DigestSign(digest.get(), bytes(der), &size, bytes(text), text.size()) != 1) return {};
  const unsigned char* at = bytes(der);
  const Signature pair(d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(size)));
  std::string out(2 * kScalarBytes, '\0');
  if (!pair || BN_bn2binpad(ECDSA_SIG_get0_r(pair.get()), bytes(out), kScalarBytes) < 0 ||
      BN_bn2binpad(ECDSA_SIG_get0_s(pair.get()), bytes(out) + kScalarBytes, kScalarBytes) < 0)
    return {};
  return out;
}

}  // namespace

bool from_base64url(std::string_view text, std::string& out) {
  std::string padded;
  for (const char c : text) {
    if (c == '+' || c == '/' || c == '=') return false;
    padded += c == '-' ? '+' : c == '_' ? '/' : c;
  }
  while (padded.size() % 4 != 0) padded += '=';
  return from_base64(padded, out);
}

std::string point_of(std::string_view scalar) {
  if (scalar.size() != kScalarBytes) return {};
  const Group group(EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1));
  const Number number = number_of(scalar);
  if (BN_is_zero(number.get()) || BN_cmp(number.get(), EC_GROUP_get0_order(group.get())) >= 0) return {};
  const Point point(EC_POINT_new(group.get()));
  std::string out(kPointBytes, '\0');
  if (EC_POINT_mul(group.get(), point.get(), number.get(), nullptr, nullptr, nullptr) != 1 ||
      EC_POINT_point2oct(group.get(), point.get(), POINT_CONVERSION_UNCOMPRESSED, bytes(out), out.size(), nullptr) !=
          kPointBytes)
    return {};
  return out;
}

std::string scalar_from(std::string_view secret) {
  std::string out = sha256(secret);
  while (point_of(out).empty()) out = sha256(out);
  return out;
}

Result<std::string> seal_message(std::string_view text, std::string_view browser, std::string_view auth,
                                 std::string_view scalar, std::string_view salt) {
  if (browser.size() != kPointBytes || auth.size() != kSecretBytes)
    return fail(Code::invalid_field, "the keys of a browser are 65 and 16 bytes", "/p256dh");
  if (text.size() > kMaxText) return fail(Code::invalid_field, "a message is at most 3000 bytes", "/text");
  const std::string own = point_of(scalar);
  const std::string secret = shared_secret(scalar, own, browser);
  if (secret.empty()) return fail(Code::invalid_field, "a point on P-256", "/p256dh");
  std::string about("WebPush: info");
  about += '\0';
  about.append(browser).append(own);
  const std::string key = derive(auth, secret, about, kScalarBytes);
  using namespace std::string_view_literals;
  const std::string content = derive(salt, key, "Content-Encoding: aes128gcm\0"sv, 16);
  const std::string nonce = derive(salt, key, "Content-Encoding: nonce\0"sv, 12);
  std::string out(salt);
  for (int shift = 24; shift >= 0; shift -= 8) out += static_cast<char>(kRecordBytes >> shift & 255);
  out += static_cast<char>(kPointBytes);
  out += own;
  return out + aes_128_gcm(content, nonce, std::string(text) + '\x02');  // 2: the last record
}

Result<std::string> vapid_header(std::string_view scalar, std::string_view origin, std::string_view contact,
                                 Instant until) {
  JsonWriter claims;
  claims.begin().field("aud", origin).field("exp", until / kSecondMs);
  if (!contact.empty()) claims.field("sub", contact);
  const std::string text = to_base64url(R"({"typ":"JWT","alg":"ES256"})") + "." + to_base64url(claims.end().take());
  const std::string signature = sign(scalar, text);
  if (signature.empty()) return fail(Code::internal, "this server's key for push services can't sign");
  return "vapid t=" + text + "." + to_base64url(signature) + ", k=" + to_base64url(point_of(scalar));
}

}  // namespace lianbo::push
