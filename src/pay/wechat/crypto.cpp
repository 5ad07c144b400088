#include "pay/wechat/crypto.hpp"

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include <climits>
#include <ctime>
#include <vector>

#include "base/check.hpp"
#include "base/crypto.hpp"

namespace lianbo::pay {
namespace {

template <auto Free>
struct Deleter {
  template <class T>
  void operator()(T* p) const {
    Free(p);
  }
};
using Bio = std::unique_ptr<BIO, Deleter<BIO_free_all>>;
using KeyContext = std::unique_ptr<EVP_PKEY_CTX, Deleter<EVP_PKEY_CTX_free>>;
using CipherContext = std::unique_ptr<EVP_CIPHER_CTX, Deleter<EVP_CIPHER_CTX_free>>;
using X509Ptr = std::unique_ptr<X509, Deleter<X509_free>>;
using Key = std::shared_ptr<EVP_PKEY>;

constexpr int kMinKeyBits = 2048;
constexpr std::size_t kTagBytes = 16;
constexpr std::size_t kNonceBytes = 12;

const unsigned char* bytes(std::string_view s) { return reinterpret_cast<const unsigned char*>(s.data()); }
unsigned char* bytes(std::string& s) { return reinterpret_cast<unsigned char*>(s.data()); }

Bio memory(std::string_view text) {
  CHECK(text.size() <= INT_MAX);
  Bio bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
  CHECK(bio);
  return bio;
}

std::string contents(BIO* bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  return std::string(data, static_cast<std::size_t>(size));
}

// An encrypted PEM must be refused, not answered with a prompt on the terminal.
int no_passphrase(char*, int, int, void*) { return -1; }

Result<Key> usable(EVP_PKEY* raw, const char* what) {
  ERR_clear_error();
  if (raw == nullptr) return fail(Code::invalid_field, std::string("not ") + what + " in PEM");
  Key key(raw, EVP_PKEY_free);
  if (EVP_PKEY_get_base_id(raw) != EVP_PKEY_RSA)
    return fail(Code::invalid_field, std::string(what) + " is not an RSA key; WeChat Pay signs with RSA");
  if (EVP_PKEY_get_bits(raw) < kMinKeyBits)
    return fail(Code::invalid_field, std::string(what) + " has " + std::to_string(EVP_PKEY_get_bits(raw)) +
                                         " bits; at least 2048 are needed");
  return key;
}

// For RSA with SHA-256: a context that stays with this thread and this key. To make one anew for each message costs as
// much as to verify it.
EVP_PKEY_CTX* prepared(const Key& key, bool signs) {
  struct Kept {
    Key key;
    bool signs = false;
    KeyContext context;
  };
  constexpr std::size_t kMost = 8;  // a server has four: two to sign with, two to verify by
  thread_local std::vector<Kept> all;
  for (const Kept& kept : all)
    if (kept.key == key && kept.signs == signs) return kept.context.get();
  KeyContext context(EVP_PKEY_CTX_new(key.get(), nullptr));
  CHECK(context);
  CHECK((signs ? EVP_PKEY_sign_init(context.get()) : EVP_PKEY_verify_init(context.get())) == 1);
  CHECK(EVP_PKEY_CTX_set_rsa_padding(context.get(), RSA_PKCS1_PADDING) == 1);
  CHECK(EVP_PKEY_CTX_set_signature_md(context.get(), EVP_sha256()) == 1);
  if (all.size() == kMost) all.erase(all.begin());
  all.push_back({key, signs, std::move(context)});
  return all.back().context.get();
}

// One OAEP operation, both directions being the same two calls.
using OaepInit = int (*)(EVP_PKEY_CTX*);
using OaepRun = int (*)(EVP_PKEY_CTX*, unsigned char*, std::size_t*, const unsigned char*, std::size_t);
bool oaep(EVP_PKEY* key, OaepInit init, OaepRun run, std::string_view in, std::string& out) {
  const KeyContext context(EVP_PKEY_CTX_new(key, nullptr));
  CHECK(context);
  std::size_t size = 0;
  bool ok = init(context.get()) == 1 && EVP_PKEY_CTX_set_rsa_padding(context.get(), RSA_PKCS1_OAEP_PADDING) == 1 &&
            EVP_PKEY_CTX_set_rsa_oaep_md(context.get(), EVP_sha1()) == 1 &&
            EVP_PKEY_CTX_set_rsa_mgf1_md(context.get(), EVP_sha1()) == 1 &&
            run(context.get(), nullptr, &size, bytes(in), in.size()) == 1;
  if (ok) {
    out.assign(size, '\0');
    ok = run(context.get(), bytes(out), &size, bytes(in), in.size()) == 1;
    out.resize(ok ? size : 0);
  }
  ERR_clear_error();
  return ok;
}

const EVP_CIPHER* gcm_of(std::size_t key_bytes) {
  switch (key_bytes) {
    case 16:
      return EVP_aes_128_gcm();
    case 24:
      return EVP_aes_192_gcm();
    case 32:
      return EVP_aes_256_gcm();
    default:
      return nullptr;
  }
}

Result<CipherContext> gcm_context(std::string_view key, std::string_view nonce, std::string_view associated,
                                  std::string_view data, bool seal) {
  const EVP_CIPHER* cipher = gcm_of(key.size());
  if (cipher == nullptr)
    return fail(Code::invalid_field, "an AES key has 16, 24 or 32 bytes, this one " + std::to_string(key.size()));
  if (nonce.size() != kNonceBytes)
    return fail(Code::invalid_field, "the nonce has " + std::to_string(nonce.size()) + " bytes, not 12", "nonce");
  if (data.size() > INT_MAX || associated.size() > INT_MAX) return fail(Code::body_too_large, "more than 2 GiB");
  CipherContext context(EVP_CIPHER_CTX_new());
  CHECK(context);
  CHECK(EVP_CipherInit_ex(context.get(), cipher, nullptr, bytes(key), bytes(nonce), seal ? 1 : 0) == 1);
  int size = 0;
  if (!associated.empty())
    CHECK(EVP_CipherUpdate(context.get(), nullptr, &size, bytes(associated), static_cast<int>(associated.size())) == 1);
  return context;
}

Status need_256_bits(std::string_view key) {
  if (key.size() == 32) return {};
  return fail(Code::invalid_field, "the APIv3 key has " + std::to_string(key.size()) + " bytes, it must have 32",
              "apiv3_key");
}

}  // namespace

Result<PublicKey> PublicKey::from_pem(std::string_view pem) {
  const Bio bio = memory(pem);
  TRY(auto key, usable(PEM_read_bio_PUBKEY(bio.get(), nullptr, no_passphrase, nullptr), "a public key"));
  return PublicKey(std::move(key));
}

Status PublicKey::verify(std::string_view message, std::string_view signature) const {
  std::string raw;
  if (!from_base64(signature, raw) || raw.empty())
    return fail(Code::signature_invalid, "the signature is not base64", "signature");
  const std::string digest = sha256(message);
  const int ok = EVP_PKEY_verify(prepared(key_, false), bytes(raw), raw.size(), bytes(digest), digest.size());
  ERR_clear_error();
  if (ok != 1) return fail(Code::signature_invalid, "the signature does not fit the message and the key", "signature");
  return {};
}

Result<std::string> PublicKey::encrypt(std::string_view plain) const {
  std::string out;
  if (!oaep(key_.get(), EVP_PKEY_encrypt_init, EVP_PKEY_encrypt, plain, out))
    return fail(Code::invalid_field,
                "the text is too long to be encrypted: " + std::to_string(plain.size()) + " bytes");
  return to_base64(out);
}

std::string PublicKey::pem() const {
  const Bio bio(BIO_new(BIO_s_mem()));
  CHECK(bio && PEM_write_bio_PUBKEY(bio.get(), key_.get()) == 1);
  return contents(bio.get());
}

Result<PrivateKey> PrivateKey::from_pem(std::string_view pem) {
  const Bio bio = memory(pem);
  TRY(auto key, usable(PEM_read_bio_PrivateKey(bio.get(), nullptr, no_passphrase, nullptr), "a private key"));
  return PrivateKey(std::move(key));
}

PrivateKey PrivateKey::generate() {
  EVP_PKEY* raw = EVP_RSA_gen(2048);
  CHECK(raw != nullptr);
  return PrivateKey(Key(raw, EVP_PKEY_free));
}

std::string PrivateKey::sign(std::string_view message) const {
  const std::string digest = sha256(message);
  std::size_t size = static_cast<std::size_t>(EVP_PKEY_get_size(key_.get()));
  std::string raw(size, '\0');
  CHECK(EVP_PKEY_sign(prepared(key_, true), bytes(raw), &size, bytes(digest), digest.size()) == 1);
  raw.resize(size);
  return to_base64(raw);
}

Result<std::string> PrivateKey::decrypt(std::string_view base64_ciphertext) const {
  std::string raw;
  if (!from_base64(base64_ciphertext, raw)) return fail(Code::invalid_field, "the encrypted text is not base64");
  std::string out;
  if (!oaep(key_.get(), EVP_PKEY_decrypt_init, EVP_PKEY_decrypt, raw, out))
    return fail(Code::invalid_field, "the text was not encrypted for this key with RSA-OAEP");
  return out;
}

std::string PrivateKey::pem() const {
  const Bio bio(BIO_new(BIO_s_mem()));
  CHECK(bio && PEM_write_bio_PKCS8PrivateKey(bio.get(), key_.get(), nullptr, nullptr, 0, nullptr, nullptr) == 1);
  return contents(bio.get());
}

Result<Certificate> Certificate::from_pem(std::string_view pem) {
  const Bio bio = memory(pem);
  const X509Ptr x509(PEM_read_bio_X509(bio.get(), nullptr, no_passphrase, nullptr));
  ERR_clear_error();
  if (!x509) return fail(Code::invalid_field, "not a certificate in PEM");
  TRY(auto key, usable(X509_get_pubkey(x509.get()), "the certificate's key"));
  const std::unique_ptr<BIGNUM, Deleter<BN_free>> number(
      ASN1_INTEGER_to_BN(X509_get0_serialNumber(x509.get()), nullptr));
  CHECK(number);
  char* hex = BN_bn2hex(number.get());
  CHECK(hex != nullptr);
  std::string serial(hex);
  OPENSSL_free(hex);
  const auto instant = [](const ASN1_TIME* time) -> Instant {
    std::tm tm{};
    return ASN1_TIME_to_tm(time, &tm) == 1 ? static_cast<Instant>(timegm(&tm)) * kSecondMs : 0;
  };
  return Certificate{PublicKey(std::move(key)), std::move(serial), instant(X509_get0_notBefore(x509.get())),
                     instant(X509_get0_notAfter(x509.get()))};
}

namespace detail {

Result<std::string> gcm_seal(std::string_view key, std::string_view nonce, std::string_view associated,
                             std::string_view plain) {
  TRY(const auto context, gcm_context(key, nonce, associated, plain, true));
  std::string out(plain.size() + kTagBytes, '\0');
  int size = 0;
  if (!plain.empty())
    CHECK(EVP_EncryptUpdate(context.get(), bytes(out), &size, bytes(plain), static_cast<int>(plain.size())) == 1);
  CHECK(static_cast<std::size_t>(size) == plain.size());
  CHECK(EVP_EncryptFinal_ex(context.get(), bytes(out) + size, &size) == 1);
  CHECK(EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_GCM_GET_TAG, kTagBytes, bytes(out) + plain.size()) == 1);
  return out;
}

Result<std::string> gcm_open(std::string_view key, std::string_view nonce, std::string_view associated,
                             std::string_view sealed) {
  if (sealed.size() < kTagBytes) return fail(Code::signature_invalid, "the encrypted text is shorter than its tag");
  std::string tag(sealed.substr(sealed.size() - kTagBytes));
  const std::string_view data = sealed.substr(0, sealed.size() - kTagBytes);
  TRY(const auto context, gcm_context(key, nonce, associated, data, false));
  std::string out(data.size(), '\0');
  int size = 0;
  if (!data.empty())
    CHECK(EVP_DecryptUpdate(context.get(), bytes(out), &size, bytes(data), static_cast<int>(data.size())) == 1);
  CHECK(EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_GCM_SET_TAG, kTagBytes, bytes(tag)) == 1);
  unsigned char none[16];
  const int ok = EVP_DecryptFinal_ex(context.get(), none, &size);
  ERR_clear_error();
  if (ok != 1)
    return fail(Code::signature_invalid, "the encrypted text was changed, or made with another key", "ciphertext");
  return out;
}

}  // namespace detail

Result<std::string> aead_encrypt(std::string_view key, std::string_view nonce, std::string_view associated,
                                 std::string_view plain) {
  TRY_OK(need_256_bits(key));
  TRY(const std::string sealed, detail::gcm_seal(key, nonce, associated, plain));
  return to_base64(sealed);
}

Result<std::string> aead_decrypt(std::string_view key, std::string_view nonce, std::string_view associated,
                                 std::string_view base64_ciphertext) {
  TRY_OK(need_256_bits(key));
  std::string sealed;
  if (!from_base64(base64_ciphertext, sealed))
    return fail(Code::signature_invalid, "the encrypted text is not base64", "ciphertext");
  return detail::gcm_open(key, nonce, associated, sealed);
}

namespace {
std::string lines(std::initializer_list<std::string_view> parts) {
  std::string out;
  std::size_t size = 0;
  for (const auto part : parts) size += part.size() + 1;
  out.reserve(size);
  for (const auto part : parts) {
    out += part;
    out += '\n';
  }
  return out;
}
}  // namespace

std::string request_message(std::string_view method, std::string_view path_and_query, std::string_view timestamp,
                            std::string_view nonce, std::string_view body) {
  return lines({method, path_and_query, timestamp, nonce, body});
}

std::string response_message(std::string_view timestamp, std::string_view nonce, std::string_view body) {
  return lines({timestamp, nonce, body});
}

std::string client_pay_message(std::string_view appid, std::string_view timestamp, std::string_view nonce,
                               std::string_view package) {
  return lines({appid, timestamp, nonce, package});
}

std::string authorization_header(const Authorization& a, std::string_view schema) {
  std::string out(schema);
  out += " mchid=\"" + a.mchid + "\",nonce_str=\"" + a.nonce + "\",timestamp=\"" + a.timestamp + "\",serial_no=\"" +
         a.serial + "\",signature=\"" + a.signature + "\"";
  return out;
}

Result<Authorization> parse_authorization(std::string_view header) {
  const auto bad = [](std::string detail) { return fail(Code::signature_invalid, std::move(detail), "Authorization"); };
  if (!header.starts_with(kAuthorizationSchema) || header.size() <= kAuthorizationSchema.size() ||
      header[kAuthorizationSchema.size()] != ' ')
    return bad("the schema must be " + std::string(kAuthorizationSchema));
  std::string_view rest = header.substr(kAuthorizationSchema.size());
  const auto skip_blanks = [&rest] {
    while (!rest.empty() && (rest.front() == ' ' || rest.front() == '\t')) rest.remove_prefix(1);
  };

  Authorization out;
  struct Slot {
    std::string_view name;
    std::string* value;
  };
  const Slot slots[] = {{"mchid", &out.mchid},
                        {"nonce_str", &out.nonce},
                        {"timestamp", &out.timestamp},
                        {"serial_no", &out.serial},
                        {"signature", &out.signature}};
  for (;;) {
    skip_blanks();
    const std::size_t equals = rest.find("=\"");
    if (equals == std::string_view::npos) return bad("a parameter is not of the form name=\"value\"");
    const std::string_view name = rest.substr(0, equals);
    rest.remove_prefix(equals + 2);
    const std::size_t quote = rest.find('"');
    if (quote == std::string_view::npos) return bad("a quote is not closed");
    const std::string_view value = rest.substr(0, quote);
    rest.remove_prefix(quote + 1);
    std::string* slot = nullptr;
    for (const auto& s : slots)
      if (s.name == name) slot = s.value;
    if (slot == nullptr) return bad("unknown parameter " + std::string(name));
    if (!slot->empty()) return bad("parameter " + std::string(name) + " is there twice");
    if (value.empty()) return bad("parameter " + std::string(name) + " is empty");
    slot->assign(value);
    skip_blanks();
    if (rest.empty()) break;
    if (rest.front() != ',') return bad("parameters are parted by commas");
    rest.remove_prefix(1);
  }
  for (const auto& s : slots)
    if (s.value->empty()) return bad("parameter " + std::string(s.name) + " is missing");
  return out;
}

}  // namespace lianbo::pay
