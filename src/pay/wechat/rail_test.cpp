#include "pay/wechat/rail.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>

#include "base/json.hpp"
#include "pay/wechat/wire.hpp"
#include "support/source_dir.hpp"

namespace lianbo::pay {
namespace {

constexpr Instant kNow = 1'794'110'400'123;
constexpr std::string_view kApiv3Key = "0123456789abcdefghijklmnopqrstuv";
constexpr const char* kSerial = "PUB_KEY_ID_0100000000000000000000000000000001";

const PrivateKey& merchant() {
  static const PrivateKey key = PrivateKey::generate();
  return key;
}
const PrivateKey& platform() {
  static const PrivateKey key = PrivateKey::generate();
  return key;
}

struct Sent {
  std::string method, path, body;
  Headers headers;
};

// Answers as told, signing like the platform unless told otherwise, and keeps what it was sent.
class ScriptedTransport final : public Transport {
 public:
  int status = 200;
  std::string body = "{}";
  std::string serial = kSerial;
  Instant stamped = kNow;
  const PrivateKey* key = &platform();
  std::function<void(TransportReply&)> spoil;
  bool silent = false;
  std::vector<Sent> sent;

  Result<TransportReply> send(std::string_view method, std::string_view path, const Headers& headers,
                              std::string_view text) override {
    sent.push_back({std::string(method), std::string(path), std::string(text), headers});
    if (silent) return fail(Code::deadline_exceeded, "no answer in 10 s");
    const std::string timestamp = std::to_string(stamped / 1000), nonce = "answer-nonce";
    TransportReply reply{
        status, signature_headers(timestamp, nonce, key->sign(response_message(timestamp, nonce, body)), serial), body};
    if (spoil) spoil(reply);
    return reply;
  }
};

class WechatRailTest : public testing::Test {
 protected:
  WechatRailTest() {
    auto transport = std::make_unique<ScriptedTransport>();
    wire_ = transport.get();
    rail_ = WechatRail::make(config(), std::move(transport)).value();
  }
  static WechatConfig config() {
    return {"wx0001", "1900000001", "5F1C", merchant(), std::string(kApiv3Key), {{kSerial, platform().public_key()}}};
  }
  Result<Trade> query() { return rail_->query("ORDER1", kNow, random_); }
  Code code_of(const auto& result) {
    EXPECT_FALSE(result);
    return result ? Code::internal : result.error().code;
  }

  ScriptedTransport* wire_;
  std::unique_ptr<WechatRail> rail_;
  SeededRandom random_{1};
};

constexpr const char* kUnpaid = R"({"out_trade_no":"ORDER1","mchid":"1900000001","trade_state":"NOTPAY"})";

TEST_F(WechatRailTest, EveryRequestIsSignedOverExactlyWhatIsSent) {
  wire_->body = R"({"prepay_id":"wx1"})";
  PrepayWish wish;
  wish.out_trade_no = "ORDER1";
  wish.description = "皂";
  wish.amount_fen = 100;
  wish.payer_openid = "o1";
  wish.expires_at = kNow + 15 * kMinuteMs;
  wish.notify_url = "https://shop.example/n";
  ASSERT_TRUE(rail_->prepay(wish, kNow, random_));
  wire_->body = kUnpaid;
  ASSERT_TRUE(query());
  wire_->status = 204;
  wire_->body = "";
  ASSERT_TRUE(rail_->close("ORDER1", kNow, random_)) << "204 has an empty body, signed as such";

  ASSERT_EQ(wire_->sent.size(), 3u);
  for (const auto& sent : wire_->sent) {
    const auto a = parse_authorization(find_header(sent.headers, "authorization"));
    ASSERT_TRUE(a) << a.error().text();
    EXPECT_EQ(a->mchid, "1900000001");
    EXPECT_EQ(a->serial, "5F1C");
    EXPECT_EQ(a->timestamp, std::to_string(kNow / 1000));
    EXPECT_GE(a->nonce.size(), 16u);
    EXPECT_TRUE(merchant().public_key().verify(
        request_message(sent.method, sent.path, a->timestamp, a->nonce, sent.body), a->signature));
    EXPECT_EQ(find_header(sent.headers, "Accept"), "application/json");
    EXPECT_NE(find_header(sent.headers, "User-Agent"), "");
    EXPECT_EQ(find_header(sent.headers, "Content-Type"), sent.body.empty() ? "" : "application/json");
  }
  EXPECT_EQ(wire_->sent[0].method + " " + wire_->sent[0].path, "POST /v3/pay/transactions/jsapi");
  EXPECT_EQ(wire_->sent[0].body,
            "{\"appid\":\"wx0001\",\"mchid\":\"1900000001\",\"description\":\"皂\",\"out_trade_no\":\"ORDER1\","
            "\"time_expire\":\"" +
                wechat_time(wish.expires_at) +
                "\",\"notify_url\":\"https://shop.example/n\","
                "\"amount\":{\"total\":100,\"currency\":\"CNY\"},\"payer\":{\"openid\":\"o1\"}}");
  EXPECT_EQ(wire_->sent[1].method + " " + wire_->sent[1].path,
            "GET /v3/pay/transactions/out-trade-no/ORDER1?mchid=1900000001");
  EXPECT_EQ(wire_->sent[2].method + " " + wire_->sent[2].path, "POST /v3/pay/transactions/out-trade-no/ORDER1/close");
  EXPECT_EQ(wire_->sent[2].body, R"({"mchid":"1900000001"})");
}

TEST_F(WechatRailTest, AnAnswerWhoseSignatureDoesNotVerifyIsNoAnswer) {
  wire_->body = kUnpaid;
  ASSERT_TRUE(query());
  static const PrivateKey stranger = PrivateKey::generate();
  wire_->key = &stranger;
  EXPECT_EQ(code_of(query()), Code::payment_unreachable);
  wire_->key = &platform();
  wire_->serial = "PUB_KEY_ID_2";
  EXPECT_EQ(code_of(query()), Code::payment_unreachable);
  wire_->serial = kSerial;
  wire_->stamped = kNow - 301 * kSecondMs;
  EXPECT_EQ(code_of(query()), Code::payment_unreachable);
  wire_->stamped = kNow;
  wire_->spoil = [](TransportReply& reply) { reply.body += " "; };
  EXPECT_EQ(code_of(query()), Code::payment_unreachable);
  wire_->spoil = [](TransportReply& reply) { reply.headers.clear(); };
  EXPECT_EQ(code_of(query()), Code::payment_unreachable);
  wire_->status = 404;
  wire_->body = R"({"code":"ORDER_NOT_EXIST","message":"m"})";
  EXPECT_EQ(code_of(query()), Code::payment_unreachable) << "an unsigned refusal decides nothing either";
  wire_->spoil = nullptr;
  EXPECT_EQ(code_of(query()), Code::payment_refused);
}

TEST_F(WechatRailTest, RefusalsCarryTheCodeAndOutagesSayThatNothingIsKnown) {
  struct Case {
    int status;
    const char* body;
    Code code;
    Refusal refusal;
  };
  const Case cases[] = {
      {404, R"({"code":"ORDER_NOT_EXIST","message":"m"})", Code::payment_refused, Refusal::not_found},
      {404, R"({"code":"ORDERNOTEXIST","message":"m"})", Code::payment_refused, Refusal::not_found},
      {404, R"({"code":"RESOURCE_NOT_EXISTS","message":"m"})", Code::payment_refused, Refusal::not_found},
      {400, R"({"code":"ORDERPAID","message":"m"})", Code::payment_refused, Refusal::already_paid},
      {400, R"({"code":"ORDER_CLOSED","message":"m"})", Code::payment_refused, Refusal::closed},
      {403, R"({"code":"OUT_TRADE_NO_USED","message":"m"})", Code::payment_refused, Refusal::number_used},
      {403, R"({"code":"NOT_ENOUGH","message":"m"})", Code::payment_refused, Refusal::not_enough},
      {400, R"({"code":"SOMETHING_NEW","message":"m"})", Code::payment_refused, Refusal::other},
      {400, "no json", Code::payment_refused, Refusal::other},
      {429, R"({"code":"FREQUENCY_LIMITED","message":"m"})", Code::payment_unreachable, Refusal::none},
      {500, R"({"code":"SYSTEM_ERROR","message":"m"})", Code::payment_unreachable, Refusal::none},
      {502, "<html>", Code::payment_unreachable, Refusal::none},
  };
  for (const auto& c : cases) {
    wire_->status = c.status;
    wire_->body = c.body;
    const auto answer = query();
    ASSERT_FALSE(answer) << c.body;
    EXPECT_EQ(answer.error().code, c.code) << c.body;
    EXPECT_EQ(refusal_of(answer.error()), c.refusal) << c.body;
  }
  wire_->silent = true;
  EXPECT_EQ(code_of(query()), Code::payment_unreachable);
}

TEST_F(WechatRailTest, ErrorBodiesSeenInTheWildAreUnderstood) {
  const auto file = test::source_dir() / "../shared/data/wechat/wechatpay_vectors.json";
  std::ifstream in(file, std::ios::binary);
  if (!in) GTEST_SKIP() << "\n*** NOT TESTED: the WeChat Pay vectors are not at " << file << " ***";
  const auto all = parse_json(std::string{std::istreambuf_iterator<char>(in), {}}).value();
  int seen = 0;
  for (const auto& v : member(all, {"vectors"})->as_array()) {
    if (text_member(v, {"kind"}) != "error_format") continue;
    wire_->status = static_cast<int>(integer_member(v, {"input", "http_status"}).value_or(401));
    wire_->body = text_member(v, {"expect", "body"}).value();
    const auto answer = query();
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().code, Code::payment_refused);
    EXPECT_TRUE(answer.error().detail.starts_with(text_member(v, {"expect", "code"}).value() + ": "))
        << answer.error().detail;
    ++seen;
  }
  EXPECT_EQ(seen, 2);
}

TEST_F(WechatRailTest, AnAnswerThatCannotBeReadOrIsAboutSomethingElseIsNoAnswer) {
  for (const char* body : {"", "[]", "{}", R"({"trade_state":"NEW","out_trade_no":"ORDER1","mchid":"1900000001"})",
                           R"({"trade_state":"SUCCESS","out_trade_no":"ORDER2","mchid":"1900000001"})",
                           R"({"trade_state":"SUCCESS","out_trade_no":"ORDER1","mchid":"1900000002"})"}) {
    wire_->body = body;
    EXPECT_EQ(code_of(query()), Code::payment_unreachable) << body;
    EXPECT_EQ(code_of(rail_->query_refund("R1", kNow, random_)), Code::payment_unreachable) << body;
  }
  wire_->body = R"({"refund_id":"50","status":"SUCCESS","out_refund_no":"R2","amount":{"refund":1}})";
  EXPECT_EQ(code_of(rail_->query_refund("R1", kNow, random_)), Code::payment_unreachable);
  EXPECT_TRUE(rail_->query_refund("R2", kNow, random_));
}

TEST_F(WechatRailTest, EveryTradeStateIsMapped) {
  const std::pair<const char*, TradeState> states[] = {
      {"SUCCESS", TradeState::success},      {"REFUND", TradeState::refund},  {"NOTPAY", TradeState::notpay},
      {"CLOSED", TradeState::closed},        {"REVOKED", TradeState::closed}, {"PAYERROR", TradeState::payerror},
      {"USERPAYING", TradeState::userpaying}};
  for (const auto& [name, state] : states) {
    wire_->body = std::string(R"({"out_trade_no":"ORDER1","mchid":"1900000001","trade_state":")") + name + "\"}";
    EXPECT_EQ(query().value().state, state) << name;
  }
}

TEST_F(WechatRailTest, WhatCannotBeRightIsNotSent) {
  PrepayWish wish;
  wish.out_trade_no = "ORDER1";
  EXPECT_EQ(code_of(rail_->prepay(wish, kNow, random_)), Code::invalid_field);
  wish.amount_fen = 1;
  wish.attach = std::string(129, 'x');
  EXPECT_EQ(code_of(rail_->prepay(wish, kNow, random_)), Code::invalid_field);
  RefundWish refund;
  refund.refund_fen = 2;
  refund.total_fen = 1;
  EXPECT_EQ(code_of(rail_->refund(refund, kNow, random_)), Code::invalid_field);
  refund.refund_fen = 0;
  EXPECT_EQ(code_of(rail_->refund(refund, kNow, random_)), Code::invalid_field);
  EXPECT_TRUE(wire_->sent.empty());
}

TEST_F(WechatRailTest, LongTextsAreCutBetweenCharacters) {
  wire_->body = R"({"prepay_id":"wx1"})";
  PrepayWish wish;
  wish.amount_fen = 1;
  for (int i = 0; i < 100; ++i) wish.description += "播";
  ASSERT_TRUE(rail_->prepay(wish, kNow, random_));
  const auto sent = parse_json(wire_->sent[0].body).value();
  EXPECT_EQ(text_member(sent, {"description"}).value().size(), 126u);
  EXPECT_FALSE(member(sent, {"time_expire"})) << "no expiry asked for";
}

// ---- notices, made by hand so that each part can be wrong alone

struct NoticeParts {
  std::string event_type = "TRANSACTION.SUCCESS";
  std::string algorithm = "AEAD_AES_256_GCM";
  std::string associated = "transaction";
  std::string plain =
      R"({"mchid":"1900000001","appid":"wx0001","out_trade_no":"ORDER1","transaction_id":"42","trade_state":"SUCCESS",)"
      R"("success_time":"2026-11-08T12:00:00+08:00","payer":{"openid":"o1"},"amount":{"total":100,"payer_total":90,)"
      R"("currency":"CNY"}})";
};

class NoticeTest : public WechatRailTest {
 protected:
  Result<Notice> read(const NoticeParts& parts) {
    const std::string nonce = "abcdefghijkl";
    JsonWriter w;
    w.begin().field("id", "EV-1").field("event_type", parts.event_type);
    w.key("resource").begin().field("algorithm", parts.algorithm).field("nonce", nonce);
    if (!parts.associated.empty()) w.field("associated_data", parts.associated);
    w.field("ciphertext", aead_encrypt(kApiv3Key, nonce, parts.associated, parts.plain).value());
    w.end().end();
    return read_body(w.text());
  }
  Result<Notice> read_body(const std::string& body) {
    const std::string timestamp = std::to_string(kNow / 1000);
    return rail_->read_notice(
        signature_headers(timestamp, "n", platform().sign(response_message(timestamp, "n", body)), kSerial), body,
        kNow);
  }
};

TEST_F(NoticeTest, APaymentIsReadWithTheOrdersAmountNotThePayers) {
  const auto notice = read({});
  ASSERT_TRUE(notice) << notice.error().text();
  const auto& payment = std::get<PaymentNotice>(*notice);
  EXPECT_EQ(payment.amount_fen, 100);
  EXPECT_EQ(payment.event_id, "EV-1");
  EXPECT_EQ(payment.success_at, 1'794'110'400'000);
}

TEST_F(NoticeTest, AssociatedDataMayBeMissing) {
  NoticeParts parts;
  parts.associated = "";
  EXPECT_TRUE(read(parts));
}

TEST_F(NoticeTest, EachKindOfRefundNoticeIsRead) {
  for (const auto& [event, status, state] : {std::tuple{"REFUND.SUCCESS", "SUCCESS", RefundState::success},
                                             std::tuple{"REFUND.ABNORMAL", "ABNORMAL", RefundState::abnormal},
                                             std::tuple{"REFUND.CLOSED", "CLOSED", RefundState::closed}}) {
    NoticeParts parts;
    parts.event_type = event;
    parts.associated = "refund";
    parts.plain =
        std::string(R"({"mchid":"1900000001","out_trade_no":"ORDER1","transaction_id":"42","out_refund_no":"R1",)") +
        R"("refund_id":"50","refund_status":")" + status + R"(","amount":{"total":100,"refund":40}})";
    const auto notice = read(parts);
    ASSERT_TRUE(notice) << notice.error().text();
    EXPECT_EQ(std::get<RefundNotice>(*notice).state, state);
    EXPECT_EQ(std::get<RefundNotice>(*notice).refund_fen, 40);
    EXPECT_EQ(std::get<RefundNotice>(*notice).success_at, 0);
  }
}

TEST_F(NoticeTest, WhatIsSignedButNotForUsOrNotKnownIsRefused) {
  NoticeParts parts;
  parts.event_type = "PAYSCORE.USER_OPEN_SERVICE";
  EXPECT_EQ(code_of(read(parts)), Code::bad_request);
  parts = {};
  parts.algorithm = "AEAD_SM4_GCM";
  EXPECT_EQ(code_of(read(parts)), Code::bad_request);
  parts = {};
  parts.plain = R"({"mchid":"1900000002","appid":"wx0001"})";
  EXPECT_EQ(code_of(read(parts)), Code::payment_mismatch);
  parts.plain = R"({"mchid":"1900000001","appid":"wx0002"})";
  EXPECT_EQ(code_of(read(parts)), Code::payment_mismatch);
  // A profit-sharing notice may come under the same event type; its shape tells.
  parts.plain = R"({"mchid":"1900000001","appid":"wx0001","order_id":"3","receiver":{"amount":1}})";
  EXPECT_EQ(code_of(read(parts)), Code::payment_mismatch);
  parts.plain = "no json";
  EXPECT_EQ(code_of(read(parts)), Code::malformed_json);
  EXPECT_EQ(code_of(read_body("")), Code::malformed_json);
  EXPECT_EQ(code_of(read_body("{}")), Code::bad_request);
}

TEST(WechatRailSetUp, NamesWhatIsMissing) {
  const auto where_of = [](WechatConfig c) {
    const auto made = WechatRail::make(std::move(c), std::make_unique<ScriptedTransport>());
    return made ? std::string("made") : made.error().where;
  };
  const WechatConfig good{"wx1", "19", "5F", merchant(), std::string(kApiv3Key), {{kSerial, platform().public_key()}}};
  EXPECT_EQ(where_of(good), "made");
  auto c = good;
  c.appid = "";
  EXPECT_EQ(where_of(c), "wechat.appid");
  c = good;
  c.mchid = "";
  EXPECT_EQ(where_of(c), "wechat.mchid");
  c = good;
  c.merchant_serial = "";
  EXPECT_EQ(where_of(c), "wechat.serial");
  c = good;
  c.platform_keys.clear();
  EXPECT_EQ(where_of(c), "wechat.public_key_file");
  c = good;
  c.apiv3_key = "testAPIv3Key0000";
  EXPECT_EQ(where_of(c), "wechat.apiv3_key_file");
}

}  // namespace
}  // namespace lianbo::pay
