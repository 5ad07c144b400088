#include "pay/sandbox/sandbox.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <map>
#include <set>
#include <thread>

#include "base/json.hpp"
#include "pay/sandbox/sandbox_store.hpp"
#include "pay/wechat/rail.hpp"
#include "pay/wechat/wire.hpp"
#include "support/database.hpp"

namespace lianbo::pay::sandbox {
namespace {

constexpr Instant kStart = 1'794'110'400'000;  // 2026-11-08T04:00:00Z
constexpr Fen kPrice = 9'999;

const Keys& test_keys() {
  static const Keys keys = [] {
    SecureRandom random;
    return make_keys(random);
  }();
  return keys;
}

class SandboxTest : public test::StoreTest {
 protected:
  SandboxTest() { start(); }

  void start(Options options = {}) {
    rail_.reset();
    sandbox_.reset();
    if (options.keys == nullptr) options.keys = &test_keys();
    auto made = make_sandbox_rail(db(), clock_, options);
    ASSERT_TRUE(made) << made.error().text();
    sandbox_ = std::move(made->sandbox);
    rail_ = std::move(made->rail);
  }
  void restart(Options options = {}) {
    rail_.reset();
    sandbox_.reset();
    reopen();
    start(options);
  }

  Instant now() const { return clock_.now(); }
  void after(DurationMs ms) { clock_.advance_to(now() + ms); }

  PrepayWish wish(std::string number = "ORDER000000001") const {
    PrepayWish w;
    w.out_trade_no = std::move(number);
    w.description = "联播 · 手工皂 × 2";
    w.amount_fen = kPrice;
    w.payer_openid = "oBuyer1";
    w.expires_at = now() + 15 * kMinuteMs;
    w.notify_url = "https://shop.example/api/v1/pay/notices";
    w.attach = "brand-1";
    return w;
  }
  RefundWish part(Fen fen, std::string number, std::string out_trade_no = "ORDER000000001") const {
    RefundWish w;
    w.out_trade_no = std::move(out_trade_no);
    w.out_refund_no = std::move(number);
    w.refund_fen = fen;
    w.total_fen = kPrice;
    w.reason = "七天无理由";
    w.notify_url = "https://shop.example/api/v1/pay/notices";
    return w;
  }

  std::string prepaid(const PrepayWish& w) {
    auto made = rail_->prepay(w, now(), random_);
    EXPECT_TRUE(made) << made.error().text();
    return made ? made->prepay_id : "";
  }
  Paid paid(const PrepayWish& w, const PayOptions& options = {}) {
    auto done = sandbox_->pay(prepaid(w), w.payer_openid, now(), options);
    EXPECT_TRUE(done) << done.error().text();
    return done.value_or(Paid{});
  }
  Result<Refunded> refund(const RefundWish& w) { return rail_->refund(w, now(), random_); }
  Refusal refusal(const auto& result) {
    EXPECT_FALSE(result);
    return result ? Refusal::none : refusal_of(result.error());
  }

  // Sends what is due to a list, answering `status`.
  std::vector<OutgoingNotice> deliver(int status = 204) {
    std::vector<OutgoingNotice> out;
    const auto done = sandbox_->deliver_due(now(), [&](const OutgoingNotice& n) {
      out.push_back(n);
      return status;
    });
    EXPECT_TRUE(done) << done.error().text();
    return out;
  }
  PaymentNotice payment_in(const OutgoingNotice& n) {
    const auto read = rail_->read_notice(n.headers, n.body, now());
    EXPECT_TRUE(read) << read.error().text();
    return read ? std::get<PaymentNotice>(*read) : PaymentNotice{};
  }
  RefundNotice refund_in(const OutgoingNotice& n) {
    const auto read = rail_->read_notice(n.headers, n.body, now());
    EXPECT_TRUE(read) << read.error().text();
    return read ? std::get<RefundNotice>(*read) : RefundNotice{};
  }

  // A request as a merchant signs it, with one thing changed by the caller.
  struct Signed {
    std::string method = "POST", path = "/v3/pay/transactions/jsapi", body;
    Authorization authorization;
    const PrivateKey* key = &test_keys().merchant;
  };
  Signed request(std::string method, std::string path, std::string body) const {
    Signed r;
    r.method = std::move(method);
    r.path = std::move(path);
    r.body = std::move(body);
    r.authorization = {test_keys().mchid, "0123456789abcdefABCDEF", std::to_string(now() / 1000),
                       test_keys().merchant_serial, ""};
    return r;
  }
  struct Said {
    int status = 0;
    std::string code;
    std::string body;
  };
  Said send(const Signed& r) {
    Authorization a = r.authorization;
    if (a.signature.empty()) a.signature = r.key->sign(request_message(r.method, r.path, a.timestamp, a.nonce, r.body));
    const auto reply = sandbox_->handle(r.method, r.path, {{"authorization", authorization_header(a)}}, r.body, now());
    EXPECT_TRUE(reply) << reply.error().text();
    if (!reply) return {};
    EXPECT_TRUE(test_keys().platform.public_key().verify(
        response_message(find_header(reply->headers, "Wechatpay-Timestamp"),
                         find_header(reply->headers, "Wechatpay-Nonce"), reply->body),
        find_header(reply->headers, "Wechatpay-Signature")))
        << "every answer is signed, refusals too";
    EXPECT_EQ(find_header(reply->headers, "Wechatpay-Serial"), test_keys().platform_serial);
    EXPECT_NE(find_header(reply->headers, "Request-Id"), "");
    Said said{reply->status, "", reply->body};
    if (const auto body = parse_json(reply->body)) said.code = text_member(*body, {"code"}).value_or("");
    return said;
  }

  SimulatedClock clock_{kStart};
  SeededRandom random_{7};
  std::unique_ptr<Sandbox> sandbox_;
  std::unique_ptr<PayRail> rail_;
};
ON_BOTH_ENGINES(SandboxTest);

TEST_P(SandboxTest, FromPrepayToTheNoticeThatSaysPaid) {
  const auto w = wish();
  const auto made = rail_->prepay(w, now(), random_);
  ASSERT_TRUE(made) << made.error().text();

  const auto params = parse_json(made->pay_params).value();
  EXPECT_EQ(params.as_object().size(), 6u);
  EXPECT_EQ(text_member(params, {"appId"}), test_keys().appid);
  EXPECT_EQ(text_member(params, {"timeStamp"}), std::to_string(now() / 1000));
  EXPECT_EQ(text_member(params, {"package"}), "prepay_id=" + made->prepay_id);
  EXPECT_EQ(text_member(params, {"signType"}), "RSA");
  EXPECT_TRUE(test_keys().merchant.public_key().verify(
      client_pay_message(test_keys().appid, *text_member(params, {"timeStamp"}), *text_member(params, {"nonceStr"}),
                         *text_member(params, {"package"})),
      *text_member(params, {"paySign"})));

  auto trade = rail_->query(w.out_trade_no, now(), random_);
  ASSERT_TRUE(trade) << trade.error().text();
  EXPECT_EQ(trade->state, TradeState::notpay);
  EXPECT_EQ(trade->transaction_id, "");
  EXPECT_EQ(trade->amount_fen, kPrice);

  after(4321);
  const Instant paid_at = now();
  const auto done = sandbox_->pay(made->prepay_id, "oBuyer1", now());
  ASSERT_TRUE(done) << done.error().text();
  EXPECT_FALSE(done->already);
  EXPECT_EQ(done->out_trade_no, w.out_trade_no);

  const auto notices = deliver();
  ASSERT_EQ(notices.size(), 1u);
  EXPECT_EQ(notices[0].notify_url, w.notify_url);
  EXPECT_EQ(notices[0].body.find(w.out_trade_no), std::string::npos) << "the payload travels encrypted";
  const PaymentNotice notice = payment_in(notices[0]);
  EXPECT_EQ(notice.event_id, notices[0].event_id);
  EXPECT_EQ(notice.out_trade_no, w.out_trade_no);
  EXPECT_EQ(notice.transaction_id, done->transaction_id);
  EXPECT_EQ(notice.amount_fen, kPrice);
  EXPECT_EQ(notice.currency, "CNY");
  EXPECT_EQ(notice.mchid, test_keys().mchid);
  EXPECT_EQ(notice.appid, test_keys().appid);
  EXPECT_EQ(notice.state, TradeState::success);
  EXPECT_EQ(notice.success_at, paid_at / 1000 * 1000);
  EXPECT_EQ(notice.payer_openid, "oBuyer1");
  EXPECT_EQ(notice.attach, "brand-1");
  EXPECT_TRUE(deliver().empty()) << "an answered notice is done";
  EXPECT_EQ(sandbox_->next_due_at().value(), kForever);

  trade = rail_->query(w.out_trade_no, now(), random_);
  ASSERT_TRUE(trade);
  EXPECT_EQ(trade->state, TradeState::success);
  EXPECT_EQ(trade->transaction_id, done->transaction_id);
  EXPECT_EQ(trade->success_at, paid_at / 1000 * 1000);
  EXPECT_EQ(trade->payer_openid, "oBuyer1");
}

TEST_P(SandboxTest, ANoticeIsRefusedWhenAnyByteOfItOrItsHeadersIsAnother) {
  paid(wish());
  const auto n = deliver().at(0);
  const auto code_of = [&](const Headers& headers, const std::string& body) {
    const auto read = rail_->read_notice(headers, body, now());
    EXPECT_FALSE(read);
    return read ? Code::internal : read.error().code;
  };
  for (std::size_t i = 0; i < n.body.size(); ++i) {
    std::string body = n.body;
    body[i] = static_cast<char>(body[i] ^ 1);
    ASSERT_EQ(code_of(n.headers, body), Code::signature_invalid) << "byte " << i;
  }
  EXPECT_EQ(code_of(n.headers, n.body + "\n"), Code::signature_invalid);
  EXPECT_EQ(code_of({}, n.body), Code::signature_invalid);
  for (const std::string name : {"Wechatpay-Timestamp", "Wechatpay-Nonce", "Wechatpay-Signature", "Wechatpay-Serial"}) {
    Headers changed = n.headers, missing;
    for (auto& [key, value] : changed)
      if (key == name) value[value.size() / 2] = value[value.size() / 2] == '1' ? '2' : '1';
    for (const auto& header : n.headers)
      if (header.first != name) missing.push_back(header);
    EXPECT_EQ(code_of(changed, n.body), Code::signature_invalid) << name;
    EXPECT_EQ(code_of(missing, n.body), Code::signature_invalid) << name;
  }
  Headers probe = n.headers;
  for (auto& [key, value] : probe)
    if (key == "Wechatpay-Signature") value = "WECHATPAY/SIGNTEST/" + value;
  EXPECT_EQ(code_of(probe, n.body), Code::signature_invalid) << "a probe fails like any wrong signature";
  EXPECT_EQ(payment_in(n).out_trade_no, "ORDER000000001") << "and the untouched one is good";
}

TEST_P(SandboxTest, ANoticeIsReadOnlyWithinFiveMinutesOfItsTimestamp) {
  paid(wish());
  const auto n = deliver().at(0);
  EXPECT_TRUE(rail_->read_notice(n.headers, n.body, kStart + 300'000));
  EXPECT_FALSE(rail_->read_notice(n.headers, n.body, kStart + 300'001));
  EXPECT_TRUE(rail_->read_notice(n.headers, n.body, kStart - 300'000));
  const auto old = rail_->read_notice(n.headers, n.body, kStart - 300'001);
  ASSERT_FALSE(old);
  EXPECT_EQ(old.error().code, Code::signature_invalid);
}

TEST_P(SandboxTest, AReplayedNoticeNamesTheSameEvent) {
  paid(wish());
  const auto n = deliver().at(0);
  EXPECT_EQ(payment_in(n).event_id, payment_in(n).event_id);
  EXPECT_EQ(payment_in(n).transaction_id, payment_in(n).transaction_id);
}

TEST_P(SandboxTest, ANoticeForAnotherMerchantOrAppOrKeyIsNotOurs) {
  paid(wish());
  const auto n = deliver().at(0);
  const auto read_as = [&](std::string appid, std::string mchid, std::string apiv3_key) {
    const Keys& k = test_keys();
    auto other = WechatRail::make(WechatConfig{std::move(appid),
                                               std::move(mchid),
                                               k.merchant_serial,
                                               k.merchant,
                                               std::move(apiv3_key),
                                               {{k.platform_serial, k.platform.public_key()}}},
                                  std::make_unique<SandboxTransport>(*sandbox_, clock_));
    const auto read = other.value()->read_notice(n.headers, n.body, now());
    return read ? Code::internal : read.error().code;
  };
  const Keys& k = test_keys();
  EXPECT_EQ(read_as(k.appid, k.mchid, k.apiv3_key), Code::internal) << "our own is read";
  EXPECT_EQ(read_as(k.appid, "1900000001", k.apiv3_key), Code::payment_mismatch);
  EXPECT_EQ(read_as("wxother", k.mchid, k.apiv3_key), Code::payment_mismatch);
  EXPECT_EQ(read_as(k.appid, k.mchid, std::string(32, 'x')), Code::signature_invalid);
}

TEST_P(SandboxTest, TheSameOrderAgainGivesAFreshPrepayIdAndOtherParametersAreRefused) {
  const auto w = wish();
  const std::string first = prepaid(w);
  auto later = w;
  later.expires_at += kHourMs;  // only the first call sets it
  const std::string second = prepaid(later);
  EXPECT_NE(first, second);
  EXPECT_EQ(sandbox_->checkout(second, now()).value().expires_at, w.expires_at / 1000 * 1000);

  for (int field = 0; field < 5; ++field) {
    auto other = w;
    if (field == 0) other.amount_fen += 1;
    if (field == 1) other.description += "!";
    if (field == 2) other.payer_openid = "oBuyer2";
    if (field == 3) other.attach = "brand-2";
    if (field == 4) other.notify_url += "/x";
    EXPECT_EQ(refusal(rail_->prepay(other, now(), random_)), Refusal::number_used) << field;
  }
  ASSERT_TRUE(sandbox_->pay(first, "oBuyer1", now())) << "the older prepay_id still works";
  EXPECT_EQ(refusal(rail_->prepay(w, now(), random_)), Refusal::already_paid);
  const auto again = sandbox_->pay(second, "oBuyer1", now());
  ASSERT_TRUE(again);
  EXPECT_TRUE(again->already) << "one order is paid once";
  EXPECT_EQ(deliver().size(), 1u);
}

TEST_P(SandboxTest, AClosedOrderCannotBePaid) {
  const auto w = wish();
  const std::string prepay_id = prepaid(w);
  ASSERT_TRUE(rail_->close(w.out_trade_no, now(), random_));
  EXPECT_TRUE(rail_->close(w.out_trade_no, now(), random_)) << "closing again changes nothing";
  const auto late = sandbox_->pay(prepay_id, "oBuyer1", now());
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().code, Code::order_state_conflict);
  EXPECT_EQ(rail_->query(w.out_trade_no, now(), random_).value().state, TradeState::closed);
  EXPECT_EQ(refusal(rail_->prepay(w, now(), random_)), Refusal::closed);
  EXPECT_TRUE(deliver().empty());
}

TEST_P(SandboxTest, APaidOrderCannotBeClosedAndAnUnknownOneIsNotThere) {
  paid(wish());
  EXPECT_EQ(refusal(rail_->close("ORDER000000001", now(), random_)), Refusal::already_paid);
  EXPECT_EQ(rail_->query("ORDER000000001", now(), random_).value().state, TradeState::success);
  EXPECT_EQ(refusal(rail_->close("ORDER000000009", now(), random_)), Refusal::not_found);
  EXPECT_EQ(refusal(rail_->query("ORDER000000009", now(), random_)), Refusal::not_found);
}

TEST_P(SandboxTest, NothingIsTakenFromTheInstantOfExpiry) {
  auto w = wish();
  const Instant expires_at = w.expires_at;
  const std::string first = prepaid(w);
  w.out_trade_no = "ORDER000000002";
  const std::string second = prepaid(w);
  clock_.advance_to(expires_at - 1);
  EXPECT_TRUE(sandbox_->pay(first, "oBuyer1", now()));
  clock_.advance_to(expires_at);
  EXPECT_FALSE(sandbox_->pay(second, "oBuyer1", now()));
  EXPECT_EQ(rail_->query("ORDER000000002", now(), random_).value().state, TradeState::closed);
  EXPECT_EQ(refusal(rail_->prepay(w, now(), random_)), Refusal::closed);
}

TEST_P(SandboxTest, APrepayIdIsGoodForTwoHours) {
  auto w = wish();
  w.expires_at = 0;  // the rail's default: 7 days
  const std::string old = prepaid(w);
  after(kPrepayLifeMs);
  const auto refused = sandbox_->pay(old, "oBuyer1", now());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::order_state_conflict);
  const std::string fresh = prepaid(w);
  after(kPrepayLifeMs - 1);
  EXPECT_TRUE(sandbox_->pay(fresh, "oBuyer1", now()));
}

TEST_P(SandboxTest, AnExpiryTooNearIsLiftedSoThatTheOrderCallStillWorks) {
  auto w = wish();
  w.expires_at = now() + 1;
  const std::string prepay_id = prepaid(w);
  const Instant lifted = sandbox_->checkout(prepay_id, now()).value().expires_at;
  EXPECT_EQ(lifted, (now() + 90 * kSecondMs) / 1000 * 1000);
}

TEST_P(SandboxTest, OnlyTheNamedPayerCanPayAndOnlyAKnownPrepayId) {
  const std::string prepay_id = prepaid(wish());
  const auto stranger = sandbox_->pay(prepay_id, "oBuyer2", now());
  ASSERT_FALSE(stranger);
  EXPECT_EQ(stranger.error().code, Code::forbidden);
  const auto unknown = sandbox_->pay("wx0", "oBuyer1", now());
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().code, Code::not_found);
  EXPECT_FALSE(sandbox_->checkout("wx0", now()));
  const auto page = sandbox_->checkout(prepay_id, now()).value();
  EXPECT_EQ(page.amount_fen, kPrice);
  EXPECT_EQ(page.description, wish().description);
  EXPECT_EQ(page.state, TradeState::notpay);
}

TEST_P(SandboxTest, RefundInThreePartsGivesBackAllAndNotAFenMore) {
  paid(wish());
  deliver();
  EXPECT_EQ(refund(part(3'333, "R1")).value().state, RefundState::success);
  EXPECT_EQ(refund(part(3'333, "R2")).value().refund_fen, 3'333);
  EXPECT_EQ(refusal(refund(part(3'334, "R3"))), Refusal::other) << "3,333 are left";
  EXPECT_TRUE(refund(part(3'333, "R3")));
  EXPECT_EQ(refusal(refund(part(1, "R4"))), Refusal::other);
  EXPECT_EQ(rail_->query("ORDER000000001", now(), random_).value().state, TradeState::refund);

  Fen told = 0;
  std::set<std::string> events;
  for (const auto& n : deliver()) {
    const RefundNotice notice = refund_in(n);
    EXPECT_EQ(notice.out_trade_no, "ORDER000000001");
    EXPECT_EQ(notice.state, RefundState::success);
    EXPECT_EQ(notice.total_fen, kPrice);
    told += notice.refund_fen;
    events.insert(notice.event_id);
  }
  EXPECT_EQ(told, kPrice);
  EXPECT_EQ(events.size(), 3u);
}

TEST_P(SandboxTest, ARefundIsRepeatedUnderItsNumberAndHappensOnce) {
  paid(wish());
  const auto first = refund(part(5'000, "R1")).value();
  const auto second = refund(part(5'000, "R1")).value();
  EXPECT_EQ(first.refund_id, second.refund_id);
  EXPECT_EQ(refusal(refund(part(4'999, "R1"))), Refusal::other) << "the number with another amount";
  EXPECT_TRUE(refund(part(4'999, "R2"))) << "5,000 were taken once";

  auto other = wish("ORDER000000002");
  paid(other);
  EXPECT_EQ(refusal(refund(part(5'000, "R1", "ORDER000000002"))), Refusal::other) << "the number with another order";
}

TEST_P(SandboxTest, RefundsThatCannotBeAreRefused) {
  prepaid(wish());
  EXPECT_EQ(refusal(refund(part(1, "R1"))), Refusal::other) << "not paid";
  EXPECT_EQ(refusal(refund(part(1, "R1", "ORDER000000009"))), Refusal::not_found);
  EXPECT_EQ(refusal(rail_->query_refund("R1", now(), random_)), Refusal::not_found);
  paid(wish("ORDER000000002"));
  auto wrong_total = part(1, "R1", "ORDER000000002");
  wrong_total.total_fen = kPrice + 1;
  EXPECT_EQ(refusal(refund(wrong_total)), Refusal::other);
  after(365 * kDayMs);
  EXPECT_TRUE(refund(part(1, "R2", "ORDER000000002")));
  after(1);
  EXPECT_EQ(refusal(refund(part(1, "R3", "ORDER000000002"))), Refusal::other) << "more than a year";
}

TEST_P(SandboxTest, AnOrderTakesFiftyRefunds) {
  paid(wish());
  for (int i = 1; i <= 50; ++i) ASSERT_TRUE(refund(part(1, "R" + std::to_string(i)))) << i;
  EXPECT_EQ(refusal(refund(part(1, "R51"))), Refusal::other);
  EXPECT_TRUE(refund(part(1, "R50"))) << "a repetition is no new refund";
}

TEST_P(SandboxTest, ARefundMayTakeItsTimeAndTellsWhenItIsDone) {
  start({.refund_ms = 3 * kMinuteMs});
  paid(wish());
  deliver();
  const auto asked = refund(part(kPrice, "R1")).value();
  EXPECT_EQ(asked.state, RefundState::processing);
  EXPECT_EQ(asked.success_at, 0);
  EXPECT_EQ(sandbox_->next_due_at().value(), now() + 3 * kMinuteMs);
  after(3 * kMinuteMs - 1);
  EXPECT_TRUE(deliver().empty());
  EXPECT_EQ(rail_->query_refund("R1", now(), random_).value().state, RefundState::processing);
  after(1);
  const Instant due_at = now();
  after(10 * kSecondMs);
  const auto notices = deliver();
  ASSERT_EQ(notices.size(), 1u);
  const auto notice = refund_in(notices[0]);
  EXPECT_EQ(notice.out_refund_no, "R1");
  EXPECT_EQ(notice.refund_id, asked.refund_id);
  EXPECT_EQ(notice.success_at, due_at);
  EXPECT_EQ(rail_->query_refund("R1", now(), random_).value().state, RefundState::success);
  EXPECT_TRUE(deliver().empty());
}

TEST_P(SandboxTest, AQueryFindsARefundThatIsDueAsDoneAndItsNoticeStillComes) {
  start({.refund_ms = kMinuteMs});
  paid(wish());
  deliver();
  ASSERT_TRUE(refund(part(kPrice, "R1")));
  after(kMinuteMs);
  EXPECT_EQ(rail_->query_refund("R1", now(), random_).value().state, RefundState::success);
  EXPECT_EQ(deliver().size(), 1u);
}

TEST_P(SandboxTest, AnUnansweredNoticeIsSentAtTheDocumentedInstantsAndThenGivenUp) {
  paid(wish());
  const Instant first = now();
  // 15s 15s 30s 3m 10m 20m 30m 30m 30m 60m 3h 3h 3h 6h 6h after one another, in seconds from the first.
  const std::vector<std::int64_t> documented_s = {0,    15,   30,    60,    240,   840,   2040,  3840,
                                                  5640, 7440, 11040, 21840, 32640, 43440, 65040, 86640};
  for (std::size_t i = 0; i < documented_s.size(); ++i) {
    const Instant due = first + documented_s[i] * kSecondMs;
    EXPECT_EQ(sandbox_->next_due_at().value(), due) << "sending " << i;
    if (i > 0) {
      clock_.advance_to(due - 1);
      EXPECT_TRUE(deliver(500).empty()) << "sending " << i << " comes too early";
    }
    clock_.advance_to(due);
    const auto sent = deliver(i % 2 == 0 ? 500 : 0);
    ASSERT_EQ(sent.size(), 1u) << "sending " << i;
    EXPECT_EQ(find_header(sent[0].headers, "Wechatpay-Timestamp"), std::to_string(due / 1000)) << "signed anew";
    EXPECT_EQ(payment_in(sent[0]).out_trade_no, "ORDER000000001");
  }
  EXPECT_EQ(documented_s.back() * kSecondMs, 24 * kHourMs + 4 * kMinuteMs);
  EXPECT_EQ(sandbox_->next_due_at().value(), kForever);
  after(kDayMs);
  EXPECT_TRUE(deliver().empty());
}

TEST_P(SandboxTest, OnlyStatus200And204EndTheRetries) {
  paid(wish());
  for (const int status : {201, 202, 302, 400, 401, 500, 0}) {
    EXPECT_EQ(deliver(status).size(), 1u) << status;
    clock_.advance_to(sandbox_->next_due_at().value());
  }
  EXPECT_EQ(deliver(200).size(), 1u);
  EXPECT_EQ(sandbox_->next_due_at().value(), kForever);
}

TEST_P(SandboxTest, ACrashBetweenPayAndNoticeDeliversAfterTheRestart) {
  const auto w = wish();
  const Paid done = paid(w);
  restart();
  auto notices = deliver(500);
  ASSERT_EQ(notices.size(), 1u);
  EXPECT_EQ(payment_in(notices[0]).transaction_id, done.transaction_id);
  restart();
  EXPECT_TRUE(deliver().empty()) << "the try before the crash counts";
  after(15 * kSecondMs);
  notices = deliver();
  ASSERT_EQ(notices.size(), 1u);
  EXPECT_EQ(payment_in(notices[0]).transaction_id, done.transaction_id);
  restart();
  after(kDayMs);
  EXPECT_TRUE(deliver().empty()) << "an answer is remembered";
  EXPECT_EQ(rail_->query(w.out_trade_no, now(), random_).value().transaction_id, done.transaction_id);
}

TEST_P(SandboxTest, ANoticeCanComeTwiceLateOrBeforeTheAnswerOfPay) {
  PayOptions twice;
  twice.notice_copies = 3;
  paid(wish("ORDER000000001"), twice);
  const auto copies = deliver();
  ASSERT_EQ(copies.size(), 3u);
  EXPECT_EQ(payment_in(copies[0]).event_id, payment_in(copies[2]).event_id);
  EXPECT_NE(find_header(copies[0].headers, "Wechatpay-Nonce"), find_header(copies[2].headers, "Wechatpay-Nonce"));

  PayOptions late;
  late.notice_delay_ms = kHourMs;
  paid(wish("ORDER000000002"), late);
  after(kHourMs - 1);
  EXPECT_TRUE(deliver().empty());
  after(1);
  EXPECT_EQ(deliver().size(), 1u);

  const auto w = wish("ORDER000000003");
  const std::string prepay_id = prepaid(w);
  std::string told;
  bool answered = false;
  PayOptions first;
  first.send_first = [&](const OutgoingNotice& n) {
    EXPECT_FALSE(answered);
    told = payment_in(n).out_trade_no;
    return 200;
  };
  ASSERT_TRUE(sandbox_->pay(prepay_id, "oBuyer1", now(), first));
  answered = true;
  EXPECT_EQ(told, "ORDER000000003");
  EXPECT_TRUE(deliver().empty());
}

TEST_P(SandboxTest, CopiesCanBeSentSideBySide) {
  start({.notice_copies = 4});
  for (int i = 0; i < 4; ++i) paid(wish("ORDER00000000" + std::to_string(i)));
  std::atomic<int> inside{0}, most{0}, good{0};
  DeliverOptions parallel;
  parallel.threads = 4;
  const auto done = sandbox_->deliver_due(
      now(),
      [&](const OutgoingNotice& n) {
        const int here = ++inside;
        for (int seen = most; seen < here && !most.compare_exchange_weak(seen, here);) {
        }
        while (most < 2) std::this_thread::yield();  // hangs, and so fails, if they go one after another
        if (rail_->read_notice(n.headers, n.body, now())) ++good;
        --inside;
        return 204;
      },
      parallel);
  ASSERT_TRUE(done) << done.error().text();
  EXPECT_EQ(done->notices, 4);
  EXPECT_EQ(done->sendings, 16);
  EXPECT_EQ(done->answered, 4);
  EXPECT_EQ(good, 16);
  EXPECT_GE(most, 2);
}

TEST_P(SandboxTest, ManyBuyersTappingPayTwiceAreChargedOnce) {
  const std::string prepay_id = prepaid(wish());
  std::atomic<int> fresh{0}, already{0};
  std::vector<std::thread> taps;
  for (int i = 0; i < 8; ++i)
    taps.emplace_back([&] {
      const auto done = sandbox_->pay(prepay_id, "oBuyer1", kStart);
      if (done) ++(done->already ? already : fresh);
    });
  for (auto& t : taps) t.join();
  EXPECT_EQ(fresh, 1);
  EXPECT_EQ(already, 7);
  EXPECT_EQ(deliver().size(), 1u);
}

TEST_P(SandboxTest, RefundsAtTheSameTimeNeverExceedThePayment) {
  paid(wish());
  deliver();
  std::atomic<Fen> given{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i)
    threads.emplace_back([&, i] {
      SeededRandom own(static_cast<std::uint64_t>(i) + 1);
      const auto done = rail_->refund(part(2'000, "R" + std::to_string(i)), kStart, own);
      if (done) given += done->refund_fen;
    });
  for (auto& t : threads) t.join();
  EXPECT_EQ(given, 8'000) << "four parts of 2,000 fit into 9,999";
}

TEST_P(SandboxTest, TwoDeliverersShareTheWork) {
  for (int i = 0; i < 9; ++i) paid(wish("ORDER00000000" + std::to_string(i)));
  std::atomic<int> sent{0};
  const auto work = [&] {
    EXPECT_TRUE(sandbox_->deliver_due(kStart, [&](const OutgoingNotice&) {
      ++sent;
      return 204;
    }));
  };
  std::thread other(work);
  work();
  other.join();
  EXPECT_EQ(sent, 9);
}

TEST_P(SandboxTest, DeliverKeepsToItsLimit) {
  for (int i = 0; i < 5; ++i) paid(wish("ORDER00000000" + std::to_string(i)));
  DeliverOptions two;
  two.limit = 2;
  int sent = 0;
  const auto count = [&](const OutgoingNotice&) {
    ++sent;
    return 200;
  };
  ASSERT_TRUE(sandbox_->deliver_due(now(), count, two));
  EXPECT_EQ(sent, 2);
  ASSERT_TRUE(sandbox_->deliver_due(now(), count));
  EXPECT_EQ(sent, 5);
}

TEST_P(SandboxTest, OnlyTheMerchantsOwnFreshSignatureOpensTheDoor) {
  const std::string path = "/v3/pay/transactions/out-trade-no/ORDER000000001?mchid=" + test_keys().mchid;
  paid(wish());
  const auto good = request("GET", path, "");
  EXPECT_EQ(send(good).status, 200);

  static const PrivateKey stranger = PrivateKey::generate();
  auto r = good;
  r.key = &stranger;
  EXPECT_EQ(send(r).code, "SIGN_ERROR");
  r = good;
  r.authorization.mchid = "1900000001";
  EXPECT_EQ(send(r).code, "SIGN_ERROR");
  r = good;
  r.authorization.serial = "00";
  EXPECT_EQ(send(r).code, "SIGN_ERROR");
  r = good;
  r.authorization.signature = test_keys().merchant.sign("another message");
  EXPECT_EQ(send(r).status, 401);
  for (const std::int64_t off_s : {-301, 301}) {
    r = good;
    r.authorization.timestamp = std::to_string(now() / 1000 + off_s);
    EXPECT_EQ(send(r).status, 401) << off_s;
  }
  for (const std::int64_t off_s : {-300, 300}) {
    r = good;
    r.authorization.timestamp = std::to_string(now() / 1000 + off_s);
    EXPECT_EQ(send(r).status, 200) << off_s;
  }
  const auto unsigned_reply = sandbox_->handle("GET", path, {}, "", now());
  ASSERT_TRUE(unsigned_reply);
  EXPECT_EQ(unsigned_reply->status, 401);

  // What was signed is what is done: another body or path under the same header is refused.
  const auto close = request("POST", "/v3/pay/transactions/out-trade-no/ORDER000000001/close",
                             "{\"mchid\":\"" + test_keys().mchid + "\"}");
  Authorization a = close.authorization;
  a.signature = test_keys().merchant.sign(request_message(close.method, close.path, a.timestamp, a.nonce, close.body));
  auto swapped = close;
  swapped.authorization = a;
  swapped.body += " ";
  EXPECT_EQ(send(swapped).code, "SIGN_ERROR");
}

TEST_P(SandboxTest, WrongParametersAreNamedByTheirCodes) {
  const Keys& k = test_keys();
  const std::string good =
      "{\"appid\":\"" + k.appid + "\",\"mchid\":\"" + k.mchid +
      "\",\"description\":\"d\",\"out_trade_no\":\"ORDER7\",\"notify_url\":\"https://a.example/n\","
      "\"amount\":{\"total\":100,\"currency\":\"CNY\"},\"payer\":{\"openid\":\"o\"}}";
  const auto with = [&](const std::string& what, const std::string& instead) {
    std::string body = good;
    const std::size_t at = body.find(what);
    EXPECT_NE(at, std::string::npos) << what;
    body.replace(at, what.size(), instead);
    return body;
  };
  const auto order = [&](const std::string& body) { return send(request("POST", "/v3/pay/transactions/jsapi", body)); };
  struct Case {
    std::string body, code;
  };
  const Case cases[] = {
      {"", "PARAM_ERROR"},
      {"[]", "PARAM_ERROR"},
      {"{\"appid\":", "PARAM_ERROR"},
      {with(k.appid, "wxother"), "APPID_MCHID_NOT_MATCH"},
      {with(k.mchid, "1900000001"), "PARAM_ERROR"},
      {with("ORDER7", "ORDE7"), "PARAM_ERROR"},
      {with("ORDER7", "ORDER 7"), "PARAM_ERROR"},
      {with("ORDER7", std::string(33, 'A')), "PARAM_ERROR"},
      {with("\"d\"", "\"\""), "PARAM_ERROR"},
      {with("\"d\"", "\"" + std::string(128, 'd') + "\""), "PARAM_ERROR"},
      {with("100", "0"), "PARAM_ERROR"},
      {with("100", "-1"), "PARAM_ERROR"},
      {with("100", "1.5"), "PARAM_ERROR"},
      {with("100", "\"100\""), "PARAM_ERROR"},
      {with("CNY", "USD"), "PARAM_ERROR"},
      {with("{\"openid\":\"o\"}", "{}"), "PARAM_ERROR"},
      {with("https://a.example/n", "ftp://a.example/n"), "PARAM_ERROR"},
      {with("https://a.example/n", "https://a.example/n?x=1"), "PARAM_ERROR"},
      {with("\"description\"", "\"time_expire\":\"tomorrow\",\"description\""), "PARAM_ERROR"},
      {with("\"description\"", "\"time_expire\":\"" + wechat_time(now() + 59 * kSecondMs) + "\",\"description\""),
       "PARAM_ERROR"},
      {with("\"description\"", "\"time_expire\":\"" + wechat_time(now() + 91 * kDayMs) + "\",\"description\""),
       "PARAM_ERROR"},
  };
  for (const auto& c : cases) {
    const Said said = order(c.body);
    EXPECT_EQ(said.code, c.code) << c.body;
    EXPECT_EQ(said.status, 400) << c.body;
  }
  EXPECT_EQ(send(request("GET", "/v3/pay/transactions/out-trade-no/ORDER7?mchid=" + k.mchid, "")).code,
            "ORDER_NOT_EXIST")
      << "nothing was made by what was refused";
  EXPECT_EQ(order(good).status, 200);
  EXPECT_EQ(order(with("\"description\"", "\"goods_tag\":\"x\",\"description\"")).status, 200)
      << "what WeChat Pay knows and the sandbox does not use is let through";
  EXPECT_EQ(send(request("GET", "/v3/pay/transactions/out-trade-no/ORDER7", "")).code, "PARAM_ERROR");
  EXPECT_EQ(send(request("GET", "/v3/pay/transactions/out-trade-no/ORDER7?mchid=1", "")).code, "PARAM_ERROR");
  EXPECT_EQ(send(request("DELETE", "/v3/pay/transactions/jsapi", "")).status, 404);
  EXPECT_EQ(send(request("POST", "/v3/refund/domestic/refunds", "{}")).code, "PARAM_ERROR");
  EXPECT_EQ(send(request("POST", "/v3/refund/domestic/refunds",
                         "{\"out_trade_no\":\"ORDER7\",\"out_refund_no\":\"\",\"amount\":{\"refund\":1,\"total\":100,"
                         "\"currency\":\"CNY\"}}"))
                .code,
            "PARAM_ERROR");
}

TEST_P(SandboxTest, ATransactionIsFoundByItsOwnNumberAndRefundedByIt) {
  const Paid done = paid(wish());
  const std::string path = "/v3/pay/transactions/id/" + done.transaction_id + "?mchid=" + test_keys().mchid;
  const Said found = send(request("GET", path, ""));
  EXPECT_EQ(found.status, 200);
  EXPECT_EQ(text_member(parse_json(found.body).value(), {"out_trade_no"}), "ORDER000000001");
  EXPECT_EQ(send(request("GET", "/v3/pay/transactions/id/4200?mchid=" + test_keys().mchid, "")).status, 404);
  const Said refunded = send(
      request("POST", "/v3/refund/domestic/refunds",
              "{\"transaction_id\":\"" + done.transaction_id +
                  "\",\"out_refund_no\":\"R1\",\"amount\":{\"refund\":9999,\"total\":9999,\"currency\":\"CNY\"}}"));
  EXPECT_EQ(refunded.status, 200);
  EXPECT_EQ(rail_->query("ORDER000000001", now(), random_).value().state, TradeState::refund);
}

TEST_P(SandboxTest, NumbersWithSpecialCharactersTravelEncoded) {
  const auto w = wish("A_b-C|d*9");
  paid(w);
  EXPECT_EQ(rail_->query(w.out_trade_no, now(), random_).value().state, TradeState::success);
}

TEST_P(SandboxTest, KeysAreMadeOnceAndTheSecondServerFindsTheSame) {
  Options fresh;  // no keys given: the stored ones count
  auto second = Sandbox::open(db(), now(), fresh);
  ASSERT_TRUE(second);
  EXPECT_EQ((*second)->keys().merchant_serial, test_keys().merchant_serial);
  EXPECT_EQ((*second)->keys().platform.pem(), test_keys().platform.pem());
  EXPECT_EQ((*second)->keys().apiv3_key.size(), 32u);

  test::ScratchDatabase empty(GetParam());
  const auto other_db = empty.open();
  const auto first = Sandbox::open(*other_db, now());
  ASSERT_TRUE(first) << first.error().text();
  EXPECT_NE((*first)->keys().platform.pem(), test_keys().platform.pem()) << "each installation has its own";
  EXPECT_EQ(Sandbox::open(*other_db, now()).value()->keys().merchant.pem(), (*first)->keys().merchant.pem());
}

class FailStatement final : public db::FaultPlan {
 public:
  explicit FailStatement(int n) : left_(n) {}
  bool fail_statement(const db::Sql&) override { return --left_ == 0; }
  bool fail_commit() override { return false; }
  bool fired() const { return left_ <= 0; }

 private:
  std::atomic<int> left_;
};

TEST_P(SandboxTest, WhateverStatementFailsRepeatingEndsWithOnePaymentAndOneRefund) {
  bool fired = true;
  int n = 0;
  while (fired) {
    ++n;
    ASSERT_LT(n, 200);
    const auto w = wish("FAULT" + std::to_string(1000 + n));
    std::map<std::string, int> told;  // event → times
    const auto flow = [&] {
      const auto made = rail_->prepay(w, now(), random_);
      if (made) (void)sandbox_->pay(made->prepay_id, w.payer_openid, now());
      (void)refund(part(4'000, "R" + w.out_trade_no, w.out_trade_no));
      (void)sandbox_->deliver_due(now(), [&](const OutgoingNotice& notice) {
        ++told[notice.event_id];
        return 204;
      });
      return made;
    };
    FailStatement plan(n);
    db().set_faults(&plan);
    const auto first = flow();
    db().set_faults(nullptr);
    fired = plan.fired();
    if (n == 1) {
      ASSERT_FALSE(first);
      EXPECT_EQ(first.error().code, Code::payment_unreachable) << first.error().text();
    }
    (void)flow();
    after(15 * kSecondMs);  // a notice whose try was taken but not marked comes again
    (void)flow();

    const auto trade = rail_->query(w.out_trade_no, now(), random_);
    ASSERT_TRUE(trade) << "statement " << n;
    EXPECT_EQ(trade->state, TradeState::refund) << "statement " << n;
    EXPECT_EQ(rail_->query_refund("R" + w.out_trade_no, now(), random_).value().refund_fen, 4'000);
    EXPECT_EQ(refusal(refund(part(6'000, "S" + w.out_trade_no, w.out_trade_no))), Refusal::other)
        << "statement " << n << ": 4,000 were refunded once, 5,999 are left";
    EXPECT_EQ(told.size(), 2u) << "statement " << n;
    EXPECT_EQ(sandbox_->next_due_at().value(), kForever) << "statement " << n;
  }
  EXPECT_GT(n, 12) << "the faults reached the whole flow";
}

TEST_P(SandboxTest, ALostCommitIsAnUnknownOutcomeAndRepeatingIsSafe) {
  struct FailCommits final : db::FaultPlan {
    bool fail_statement(const db::Sql&) override { return false; }
    bool fail_commit() override { return true; }
  } faults;
  db().set_faults(&faults);
  const auto lost = rail_->prepay(wish(), now(), random_);
  db().set_faults(nullptr);
  ASSERT_FALSE(lost);
  EXPECT_EQ(lost.error().code, Code::payment_unreachable) << lost.error().text();
  EXPECT_EQ(refusal(rail_->query("ORDER000000001", now(), random_)), Refusal::not_found);
  EXPECT_TRUE(rail_->prepay(wish(), now(), random_));
}

}  // namespace
}  // namespace lianbo::pay::sandbox
