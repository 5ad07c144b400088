#include "pay/wechat/crypto.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <regex>
#include <set>

#include "base/crypto.hpp"
#include "base/json.hpp"
#include "pay/wechat/wire.hpp"
#include "support/source_dir.hpp"

namespace lianbo::pay {
namespace {

const PrivateKey& test_key() {
  static const PrivateKey key = PrivateKey::generate();
  return key;
}
constexpr std::string_view kKey32 = "0123456789abcdefghijklmnopqrstuv";

// The published vectors, read where they lie beside the sources; absent ones skip the test and say so.
class Vectors : public testing::Test {
 protected:
  void SetUp() override {
    const std::filesystem::path file = test::source_dir() / "../shared/data/wechat/wechatpay_vectors.json";
    std::ifstream in(file, std::ios::binary);
    if (!in) {
      GTEST_SKIP() << "\n*** NOT TESTED: the WeChat Pay vectors are not at " << file
                   << "; signatures were checked against our own keys only ***";
    }
    const std::string text{std::istreambuf_iterator<char>(in), {}};
    auto parsed = parse_json(text);
    ASSERT_TRUE(parsed) << parsed.error().text();
    all_ = *std::move(parsed);
    for (const auto& v : member(all_, {"vectors"})->as_array()) by_id_[text_member(v, {"id"}).value()] = &v;
  }

  std::string text(const std::string& id, JsonPath path) {
    const auto found = text_member(*by_id_.at(id), path);
    EXPECT_TRUE(found) << id;
    return found.value_or("");
  }
  std::string input(const std::string& id, std::string_view name) { return text(id, {"input", name}); }
  std::string expect(const std::string& id, std::string_view name) { return text(id, {"expect", name}); }
  std::string pem(const std::string& name) { return text_member(all_, {"keys", name, "pem"}).value(); }
  PrivateKey private_key(const std::string& id) { return PrivateKey::from_pem(pem(input(id, "private_key"))).value(); }

  json::value all_;
  std::map<std::string, const json::value*> by_id_;
};

TEST_F(Vectors, NoneIsLeftOut) {
  const std::set<std::string> known = {
      "request_signature",     "pay_sign",         "response_or_callback_verify",   "rsa_sha256_sign",
      "rsa_sha256_verify",     "aead_gcm_decrypt", "authorization_header_format",   "callback_full",
      "rsa_oaep_sha1_decrypt", "format_property",  "platform_certificate_download", "aead_gcm_encrypt_decrypt",
      "rsa_pkcs1v15_decrypt",  "error_format",     "request_message_format"};
  for (const auto& [id, v] : by_id_) EXPECT_TRUE(known.contains(text_member(*v, {"kind"}).value())) << id;
  EXPECT_EQ(by_id_.size(), 23u);
}

TEST_F(Vectors, RequestMessageSignatureAndAuthorizationOfTheDocumentation) {
  const std::string id = "doc.request_sign.jsapi_prepay";
  const std::string message = request_message(input(id, "method"), input(id, "url"), input(id, "timestamp"),
                                              input(id, "nonce_str"), input(id, "body"));
  EXPECT_EQ(message, input(id, "message"));
  const std::string signature = private_key(id).sign(message);
  EXPECT_EQ(signature, expect(id, "signature"));
  const Authorization made{input(id, "mchid"), input(id, "nonce_str"), input(id, "timestamp"), input(id, "serial_no"),
                           signature};
  EXPECT_EQ(authorization_header(made), expect(id, "authorization"));
  const auto parsed = parse_authorization(expect(id, "authorization"));
  ASSERT_TRUE(parsed) << parsed.error().text();
  EXPECT_EQ(authorization_header(*parsed), expect(id, "authorization"));
}

TEST_F(Vectors, ClientPaySignatureOfMiniProgramAndApp) {
  const std::string jsapi = "doc.paysign.jsapi_miniprogram";
  const std::string message = client_pay_message(input(jsapi, "appId"), input(jsapi, "timeStamp"),
                                                 input(jsapi, "nonceStr"), input(jsapi, "package"));
  EXPECT_EQ(message, input(jsapi, "message"));
  EXPECT_EQ(private_key(jsapi).sign(message), expect(jsapi, "paySign"));

  const std::string app = "doc.paysign.app";
  const std::string bare =
      client_pay_message(input(app, "appId"), input(app, "timestamp"), input(app, "nonce"), input(app, "prepayId"));
  EXPECT_EQ(bare, input(app, "message"));
  EXPECT_EQ(private_key(app).sign(bare), expect(app, "sign"));
}

TEST_F(Vectors, ResponseOfTheDocumentationVerifies) {
  const std::string id = "doc.response_verify.native";
  const auto key = PublicKey::from_pem(pem(input(id, "public_key"))).value();
  const std::string message = response_message(text(id, {"input", "headers", "Wechatpay-Timestamp"}),
                                               text(id, {"input", "headers", "Wechatpay-Nonce"}), input(id, "body"));
  EXPECT_EQ(message, input(id, "message"));
  const std::string signature = text(id, {"input", "headers", "Wechatpay-Signature"});
  EXPECT_TRUE(key.verify(message, signature));
  EXPECT_FALSE(key.verify(message + " ", signature));
}

TEST_F(Vectors, SigningGivesThePublishedSignatures) {
  for (const std::string id : {"go.sha256_rsa.source", "java.rsa_sha256.message"}) {
    EXPECT_EQ(private_key(id).sign(input(id, "message")), expect(id, "signature")) << id;
    EXPECT_TRUE(private_key(id).public_key().verify(input(id, "message"), expect(id, "signature"))) << id;
  }
  const std::string java = "java.rsa_sha256.message";
  const auto own = Certificate::from_pem(pem(input(java, "certificate"))).value();
  EXPECT_TRUE(own.key.verify(input(java, "message"), expect(java, "signature")));
  const auto other = PublicKey::from_pem(pem(expect(java, "must_fail_with"))).value();
  EXPECT_FALSE(other.verify(input(java, "message"), expect(java, "signature")));
}

TEST_F(Vectors, VerifyCasesOfTheGoSdk) {
  const std::string id = "go.sha256_rsa.verify_fail";
  const auto certificate = Certificate::from_pem(pem(input(id, "certificate"))).value();
  EXPECT_EQ(certificate.serial, "F5765756002FDD77");
  const std::map<std::string, PublicKey> known = {{certificate.serial, certificate.key}};
  int seen = 0;
  for (const auto& c : member(*by_id_.at(id), {"input", "cases"})->as_array()) {
    const std::string serial = text_member(c, {"serial"}).value_or(certificate.serial);
    const auto key = known.find(serial);
    const bool valid = key != known.end() &&
                       key->second.verify(text_member(c, {"message"}).value(), text_member(c, {"signature"}).value());
    EXPECT_EQ(valid, member(c, {"valid"})->as_bool()) << "case " << seen;
    ++seen;
  }
  EXPECT_EQ(seen, 7);
}

TEST_F(Vectors, AuthorizationFormatOfTheGoSdk) {
  for (const std::string id : {"go.authorization.get_no_body", "go.authorization.post_body_ending_newline"}) {
    const std::string message = request_message(input(id, "method"), input(id, "url"), input(id, "timestamp"),
                                                input(id, "nonce_str"), input(id, "body"));
    EXPECT_EQ(message, expect(id, "message")) << id;
    if (const auto header = text_member(*by_id_.at(id), {"expect", "authorization"})) {
      const Authorization mocked{input(id, "mchid"), input(id, "nonce_str"), input(id, "timestamp"),
                                 input(id, "serial_no"), "Sign:" + message};
      EXPECT_EQ(authorization_header(mocked, input(id, "schema")), *header) << id;
      EXPECT_FALSE(parse_authorization(*header)) << "only the real schema is accepted";
    }
  }
}

TEST_F(Vectors, RequestMessageKeepsPathAndQueryAndDropsTheHost) {
  const std::string id = "java.request_message.get_query";
  std::string url = input(id, "url");
  const std::string host = "https://api.mch.weixin.qq.com";
  ASSERT_TRUE(url.starts_with(host));
  EXPECT_EQ(request_message(input(id, "method"), url.substr(host.size()), input(id, "timestamp"),
                            input(id, "nonce_str"), input(id, "body")),
            expect(id, "message"));
}

TEST_F(Vectors, OurAuthorizationHasTheFormOfThePhpSdkInItsOrderToo) {
  const auto& key = test_key();
  const Authorization a{"1900007291", "593BEC0C930BF1AFEB40B4A08C8FB242", "1554208460",
                        "408B07E79B8269FEC3D5D3E6AB8ED163A6A380DB", key.sign("x")};
  const std::string php_order = std::string(kAuthorizationSchema) + " mchid=\"" + a.mchid + "\",serial_no=\"" +
                                a.serial + "\",timestamp=\"" + a.timestamp + "\",nonce_str=\"" + a.nonce +
                                "\",signature=\"" + a.signature + "\"";
  EXPECT_TRUE(std::regex_match(php_order, std::regex(input("php.authorization_regex", "regex"))));
  const auto parsed = parse_authorization(php_order);
  ASSERT_TRUE(parsed) << parsed.error().text();
  EXPECT_EQ(authorization_header(*parsed), authorization_header(a));
}

TEST_F(Vectors, SixteenByteKeysOpenOnlyThroughTheHelperAndAreRefusedInPublic) {
  const std::string id = "go.aead.hello_world_16byte_key";
  std::string sealed;
  ASSERT_TRUE(from_base64(input(id, "ciphertext_b64"), sealed));
  const auto plain =
      detail::gcm_open(input(id, "api_v3_key"), input(id, "nonce"), input(id, "associated_data"), sealed);
  ASSERT_TRUE(plain) << plain.error().text();
  EXPECT_EQ(*plain, expect(id, "plaintext"));
  const auto refused = aead_decrypt(input(id, "api_v3_key"), input(id, "nonce"), input(id, "associated_data"),
                                    input(id, "ciphertext_b64"));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::invalid_field);
  EXPECT_FALSE(aead_encrypt(input(id, "api_v3_key"), input(id, "nonce"), "", "x"));
}

TEST_F(Vectors, ThirtyTwoByteKeyOfTheJavaSdkBothWays) {
  const std::string id = "java.aead.message_32byte_key";
  const std::string key = input(id, "api_v3_key"), nonce = input(id, "nonce"), aad = input(id, "associated_data");
  const auto plain = aead_decrypt(key, nonce, aad, input(id, "ciphertext_b64"));
  ASSERT_TRUE(plain) << plain.error().text();
  EXPECT_EQ(*plain, expect(id, "plaintext"));
  EXPECT_EQ(aead_encrypt(key, nonce, aad, *plain).value(), input(id, "ciphertext_b64"));
  int negative = 0;
  for (const auto& c : member(*by_id_.at(id), {"input", "negative"})->as_array()) {
    const bool zeros = member(c, {"ciphertext"}) != nullptr;
    EXPECT_FALSE(aead_decrypt(key, text_member(c, {"nonce"}).value_or(nonce),
                              text_member(c, {"associated_data"}).value_or(aad),
                              zeros ? to_base64(std::string(128, '\0')) : input(id, "ciphertext_b64")));
    ++negative;
  }
  EXPECT_EQ(negative, 3);
}

TEST_F(Vectors, WholeCallbackOfTheGoSdkVerifiesThenDecrypts) {
  const std::string id = "go.notify.payscore_full";
  const auto certificate = Certificate::from_pem(pem(input(id, "certificate"))).value();
  EXPECT_EQ(certificate.serial, text(id, {"input", "headers", "Wechatpay-Serial"}));
  const std::string message = response_message(text(id, {"input", "headers", "Wechatpay-Timestamp"}),
                                               text(id, {"input", "headers", "Wechatpay-Nonce"}), input(id, "body"));
  EXPECT_EQ(message, input(id, "message"));
  EXPECT_TRUE(certificate.key.verify(message, text(id, {"input", "headers", "Wechatpay-Signature"})));
  const auto body = parse_json(input(id, "body")).value();
  std::string sealed;
  ASSERT_TRUE(from_base64(text_member(body, {"resource", "ciphertext"}).value(), sealed));
  EXPECT_EQ(detail::gcm_open(input(id, "api_v3_key"), text_member(body, {"resource", "nonce"}).value(),
                             text_member(body, {"resource", "associated_data"}).value_or(""), sealed)
                .value(),
            expect(id, "plaintext"));
}

TEST_F(Vectors, PlatformCertificatesDecryptToTheirSerial) {
  for (const std::string id : {"go.certificates.download", "java.certificates.download_32byte_key"}) {
    const auto body = parse_json(input(id, "response_body"));
    ASSERT_TRUE(body) << id << ": " << body.error().text();
    const auto& item = member(*body, {"data"})->as_array().at(0);
    const std::string key = input(id, "api_v3_key");
    const std::string nonce = text_member(item, {"encrypt_certificate", "nonce"}).value();
    const std::string aad = text_member(item, {"encrypt_certificate", "associated_data"}).value();
    const std::string ciphertext = text_member(item, {"encrypt_certificate", "ciphertext"}).value();
    std::string sealed;
    ASSERT_TRUE(from_base64(ciphertext, sealed)) << id;
    const auto plain = detail::gcm_open(key, nonce, aad, sealed);
    ASSERT_TRUE(plain) << id;
    EXPECT_EQ(*plain, expect(id, "plaintext_pem")) << id;
    EXPECT_EQ(aead_decrypt(key, nonce, aad, ciphertext).has_value(), key.size() == 32) << id;
    const auto certificate = Certificate::from_pem(*plain);
    ASSERT_TRUE(certificate) << id;
    EXPECT_EQ(certificate->serial, expect(id, "serial_no")) << id;
  }
}

TEST_F(Vectors, OaepDecryptsSensitiveFieldsAndRefusesTheOlderPadding) {
  for (const std::string id :
       {"go.oaep.hello_world", "java.rsa_oaep.plaintext", "ahc.rsa_oaep_sha1_decrypt.helloworld"}) {
    const auto plain = private_key(id).decrypt(input(id, "ciphertext_b64"));
    ASSERT_TRUE(plain) << id << ": " << plain.error().text();
    EXPECT_EQ(*plain, expect(id, "plaintext")) << id;
  }
  for (const std::string id : {"java.rsa_pkcs1v15.plaintext", "ahc.rsa_pkcs1v15_decrypt.helloworld"})
    EXPECT_FALSE(private_key(id).decrypt(input(id, "ciphertext_b64"))) << id;
}

TEST_F(Vectors, EveryKeyAndCertificateLoadsAndPairsFit) {
  for (const auto& entry : member(all_, {"keys"})->as_object()) {
    const std::string name(entry.key());
    const std::string text = pem(name);
    const bool loads = text.find("BEGIN CERTIFICATE") != std::string::npos ? Certificate::from_pem(text).has_value()
                       : text.find("PRIVATE") != std::string::npos         ? PrivateKey::from_pem(text).has_value()
                                                                           : PublicKey::from_pem(text).has_value();
    EXPECT_TRUE(loads) << name;
  }
  EXPECT_EQ(PrivateKey::from_pem(pem("java_platform_private_key")).value().public_key().pem(),
            PublicKey::from_pem(pem("java_platform_public_key")).value().pem());
  EXPECT_EQ(Certificate::from_pem(pem("java_merchant_certificate")).value().serial,
            "5F1C72E2A8931B72A2E13AF8DEE92471EB397115");
}

TEST(Signature, OfAChangedMessageSignatureOrKeyFails) {
  const auto& key = test_key();
  const std::string message = "POST\n/v3/x\n1\nn\n{}\n";
  const std::string signature = key.sign(message);
  const auto pub = key.public_key();
  ASSERT_TRUE(pub.verify(message, signature));
  for (std::size_t i = 0; i < message.size(); ++i) {
    std::string changed = message;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    EXPECT_FALSE(pub.verify(changed, signature)) << "byte " << i;
  }
  std::string raw;
  ASSERT_TRUE(from_base64(signature, raw));
  ASSERT_EQ(raw.size(), 256u);
  for (std::size_t i = 0; i < raw.size(); ++i) {
    std::string changed = raw;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    EXPECT_FALSE(pub.verify(message, to_base64(changed))) << "byte " << i;
  }
  EXPECT_FALSE(PrivateKey::generate().public_key().verify(message, signature));
}

TEST(Signature, Base64IsStrict) {
  const auto& key = test_key();
  const std::string good = key.sign("m");
  const auto pub = key.public_key();
  ASSERT_TRUE(pub.verify("m", good));
  EXPECT_FALSE(pub.verify("m", good + "\n"));
  EXPECT_FALSE(pub.verify("m", " " + good));
  EXPECT_FALSE(pub.verify("m", good.substr(0, good.size() - 2))) << "padding left out";
  std::string loose = good;  // 256 bytes end in "x==": the last digit's low 4 bits must be 0
  ASSERT_TRUE(loose.ends_with("=="));
  char& last = loose[loose.size() - 3];
  ASSERT_TRUE(last == 'A' || last == 'Q' || last == 'g' || last == 'w');
  last = static_cast<char>(last + 1);
  EXPECT_FALSE(pub.verify("m", loose)) << "not canonical";
  EXPECT_FALSE(pub.verify("m", "")) << "empty";
}

TEST(Signature, SigntestProbeIsAnOrdinaryWrongSignature) {
  const auto& key = test_key();
  const auto probe = key.public_key().verify("m", "WECHATPAY/SIGNTEST/" + key.sign("m"));
  ASSERT_FALSE(probe);
  EXPECT_EQ(probe.error().code, Code::signature_invalid);
}

TEST(Aead, RoundTripsForAnyTextAndAssociatedData) {
  EXPECT_TRUE(rc::check("decrypt(encrypt(x)) = x", [](const std::string& plain, const std::string& associated) {
    const auto sealed = aead_encrypt(kKey32, "abcdefghijkl", associated, plain);
    const auto opened = aead_decrypt(kKey32, "abcdefghijkl", associated, sealed.value());
    RC_ASSERT(opened.has_value());
    RC_ASSERT(*opened == plain);
  }));
}

TEST(Aead, EveryFlippedByteFails) {
  const std::string plain = "{\"out_trade_no\":\"0ABC\",\"amount\":{\"total\":100}}";
  const std::string sealed = detail::gcm_seal(kKey32, "abcdefghijkl", "transaction", plain).value();
  ASSERT_EQ(sealed.size(), plain.size() + 16);
  ASSERT_EQ(aead_decrypt(kKey32, "abcdefghijkl", "transaction", to_base64(sealed)).value(), plain);
  for (std::size_t i = 0; i < sealed.size(); ++i) {
    std::string changed = sealed;
    changed[i] = static_cast<char>(changed[i] ^ 0x80);
    const auto opened = aead_decrypt(kKey32, "abcdefghijkl", "transaction", to_base64(changed));
    ASSERT_FALSE(opened) << "byte " << i;
    EXPECT_EQ(opened.error().code, Code::signature_invalid);
  }
  for (int which = 0; which < 3; ++which) {
    std::string parts[3] = {std::string(kKey32), "abcdefghijkl", "transaction"};
    for (std::size_t i = 0; i < parts[which].size(); ++i) {
      std::string changed[3] = {parts[0], parts[1], parts[2]};
      changed[which][i] = static_cast<char>(changed[which][i] ^ 1);
      EXPECT_FALSE(aead_decrypt(changed[0], changed[1], changed[2], to_base64(sealed))) << which << " byte " << i;
    }
  }
  for (std::size_t length = 0; length < sealed.size(); ++length)
    EXPECT_FALSE(aead_decrypt(kKey32, "abcdefghijkl", "transaction", to_base64(sealed.substr(0, length)))) << length;
}

TEST(Aead, OnlyThirtyTwoByteKeysAndTwelveByteNonces) {
  for (const std::size_t size : {0u, 1u, 16u, 24u, 31u, 33u, 64u}) {
    EXPECT_FALSE(aead_encrypt(std::string(size, 'k'), "abcdefghijkl", "", "x")) << size;
    EXPECT_FALSE(aead_decrypt(std::string(size, 'k'), "abcdefghijkl", "", "AAAAAAAAAAAAAAAAAAAAAAAA")) << size;
  }
  for (const std::size_t size : {0u, 11u, 13u, 16u})
    EXPECT_FALSE(aead_encrypt(kKey32, std::string(size, 'n'), "", "x")) << size;
}

TEST(Oaep, RoundTripsAndRefusesWhatIsTooLong) {
  const auto& key = test_key();
  const std::string name = "张三";
  const std::string sealed = key.public_key().encrypt(name).value();
  EXPECT_NE(sealed, key.public_key().encrypt(name).value()) << "each encryption is salted";
  EXPECT_EQ(key.decrypt(sealed).value(), name);
  EXPECT_EQ(key.decrypt(key.public_key().encrypt(std::string(214, 'x')).value()).value(), std::string(214, 'x'));
  EXPECT_FALSE(key.public_key().encrypt(std::string(215, 'x')));
  EXPECT_FALSE(PrivateKey::generate().decrypt(sealed));
  EXPECT_FALSE(key.decrypt("not base64"));
}

TEST(Keys, SurvivePemAndRefuseEverythingElse) {
  const auto& key = test_key();
  const auto again = PrivateKey::from_pem(key.pem());
  ASSERT_TRUE(again);
  EXPECT_TRUE(PublicKey::from_pem(key.public_key().pem()).value().verify("m", again->sign("m")));
  EXPECT_FALSE(PrivateKey::from_pem(""));
  EXPECT_FALSE(PrivateKey::from_pem(key.public_key().pem()));
  EXPECT_FALSE(PublicKey::from_pem(key.pem()));
  EXPECT_FALSE(Certificate::from_pem(key.pem()));
  std::string cut = key.pem();
  cut.resize(cut.size() / 2);
  EXPECT_FALSE(PrivateKey::from_pem(cut));
  // An Ed25519 public key: readable, but not RSA.
  const auto ed = PublicKey::from_pem(
      "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=\n-----END PUBLIC "
      "KEY-----\n");
  ASSERT_FALSE(ed);
  EXPECT_NE(ed.error().detail.find("not an RSA key"), std::string::npos) << ed.error().text();
}

TEST(AuthorizationHeader, AnyOrderOfParametersIsRead) {
  const char* const pairs[] = {"mchid=\"1\"", "nonce_str=\"n\"", "timestamp=\"1554208460\"", "serial_no=\"5\"",
                               "signature=\"c2ln\""};
  int order[] = {0, 1, 2, 3, 4};
  int seen = 0;
  do {
    std::string header(kAuthorizationSchema);
    for (int i = 0; i < 5; ++i) header += std::string(i == 0 ? " " : (seen % 2 == 0 ? "," : ", ")) + pairs[order[i]];
    const auto parsed = parse_authorization(header);
    ASSERT_TRUE(parsed) << header;
    EXPECT_EQ(parsed->mchid + parsed->nonce + parsed->timestamp + parsed->serial + parsed->signature,
              "1n15542084605c2ln");
    ++seen;
  } while (std::next_permutation(std::begin(order), std::end(order)));
  EXPECT_EQ(seen, 120);
}

TEST(AuthorizationHeader, AnythingElseIsRefused) {
  const std::string good =
      "WECHATPAY2-SHA256-RSA2048 mchid=\"1\",nonce_str=\"n\",timestamp=\"1\",serial_no=\"5\",signature=\"s\"";
  ASSERT_TRUE(parse_authorization(good));
  for (const std::string& bad :
       {std::string(), std::string("Bearer x"), std::string(kAuthorizationSchema),
        std::string(kAuthorizationSchema) + " ", good + ",", good + ",mchid=\"1\"", good + ",other=\"1\"", good + " x",
        good.substr(0, good.size() - 1), good.substr(0, good.rfind(',')),
        std::string("WECHATPAY2-SHA256-RSA20480") + good.substr(25),
        std::string(
            "WECHATPAY2-SHA256-RSA2048 mchid=1,nonce_str=\"n\",timestamp=\"1\",serial_no=\"5\",signature=\"s\""),
        std::string(
            "WECHATPAY2-SHA256-RSA2048 mchid=\"\",nonce_str=\"n\",timestamp=\"1\",serial_no=\"5\",signature=\"s\"")})
    EXPECT_FALSE(parse_authorization(bad)) << bad;
}

TEST(Wire, TimesAreBeijingSecondsAndComeBack) {
  EXPECT_EQ(wechat_time(1528425296000), "2018-06-08T10:34:56+08:00");
  EXPECT_EQ(wechat_time(1528425296999), "2018-06-08T10:34:56+08:00");
  EXPECT_EQ(parse_rfc3339(wechat_time(1528425296999)).value(), 1528425296000);
  EXPECT_EQ(parse_seconds("1554208460"), 1554208460000);
  for (const char* bad : {"", "-1", "1.5", "12a", " 1", "1234567890123"}) EXPECT_FALSE(parse_seconds(bad)) << bad;
}

TEST(Wire, SkewOfExactlyFiveMinutesPassesAndOneMillisecondMoreDoesNot) {
  const Instant now = 1'700'000'000'000;
  EXPECT_TRUE(within_skew(now - 300'000, now));
  EXPECT_TRUE(within_skew(now + 300'000, now));
  EXPECT_FALSE(within_skew(now - 300'001, now));
  EXPECT_FALSE(within_skew(now + 300'001, now));
}

TEST(Wire, PercentCodingRoundTripsAndRefusesBrokenEscapes) {
  EXPECT_EQ(percent_encode("Ab9_-|*"), "Ab9_-%7C%2A");
  EXPECT_TRUE(rc::check("decode(encode(x)) = x",
                        [](const std::string& any) { RC_ASSERT(percent_decode(percent_encode(any)) == any); }));
  for (const char* bad : {"%", "%4", "%G1", "a%"}) EXPECT_FALSE(percent_decode(bad)) << bad;
}

TEST(Wire, CutNeverSplitsACharacter) {
  EXPECT_EQ(cut_utf8("播播播", 8), "播播");
  EXPECT_EQ(cut_utf8("播播播", 9), "播播播");
  EXPECT_EQ(cut_utf8("abc", 2), "ab");
}

}  // namespace
}  // namespace lianbo::pay
