// The embedded sandbox: a payment platform of its own, in this process, that speaks WeChat Pay API v3 and signs for
// real.
//
// - It believes nobody: each request's Authorization is verified with the merchant's public key, each answer and notice
// is
//   signed with the platform's key, and notices are encrypted under the APIv3 key. The merchant's side is the ordinary
//   WechatRail, so everything but the network is what runs in production.
// - Its whole state (keys, transactions, refunds, notices) is in sandbox_* tables: what it has answered survives a
// crash,
//   and a notice that was queued is delivered after the restart. At least once, as WeChat Pay does, never "exactly
//   once".
// - `pay` is the buyer confirming on the sandbox's page. The notice is queued in the same commit.
// - Delivery follows WeChat Pay's plan: at once, then after each of kNoticeRetryMs as long as nobody answers 200 or
// 204.
//   The app says how a notice travels (NoticeSend) and calls deliver_due from its jobs.
// - It stamps whole seconds, like the real one. Not kept from the real one: http:// notify URLs are taken, since it
// talks to
//   loopback.
// Threads: any, except that NoticeSend is called on the thread of deliver_due (or on helpers it starts and joins).
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/money.hpp"
#include "base/random.hpp"
#include "base/result.hpp"
#include "db/db.hpp"
#include "pay/rail.hpp"
#include "pay/transport.hpp"
#include "pay/wechat/crypto.hpp"

namespace lianbo::pay::sandbox {

// The waits before the second, third, … sixteenth sending of a notice: 15 of them, 24 h 4 min in all.
inline constexpr std::array<DurationMs, 15> kNoticeRetryMs = {
    15 * kSecondMs, 15 * kSecondMs, 30 * kSecondMs, 3 * kMinuteMs,  10 * kMinuteMs,
    20 * kMinuteMs, 30 * kMinuteMs, 30 * kMinuteMs, 30 * kMinuteMs, 60 * kMinuteMs,
    3 * kHourMs,    3 * kHourMs,    3 * kHourMs,    6 * kHourMs,    6 * kHourMs};
inline constexpr int kMaxRefunds = 50;
inline constexpr DurationMs kConfirmWithinMs = 24 * kHourMs;  // a transfer nobody confirms by then fails
inline constexpr DurationMs kPrepayLifeMs = 2 * kHourMs;

struct NoticeRow;
struct TransferRow;

struct Keys {
  std::string appid, mchid;
  std::string merchant_serial;
  PrivateKey merchant;
  std::string platform_serial;
  PrivateKey platform;
  std::string apiv3_key;
};
Keys make_keys(Random& random);

struct Options {
  DurationMs notice_delay_ms = 0;  // a notice is first sent this long after its cause
  int notice_copies = 1;           // and each time this often
  DurationMs refund_ms = 0;        // refunds are PROCESSING this long; 0: SUCCESS at once
  Random* random = nullptr;        // prepay ids and nonces; nullptr: the secure one. Guarded here, must not be shared
  const Keys* keys = nullptr;      // taken at set-up instead of new ones (they take 0.2 s to make)
};

struct OutgoingNotice {
  std::string event_id;
  std::string notify_url;
  Headers headers;  // Content-Type and Wechatpay-…; POST
  std::string body;
};
// Delivers one and returns the HTTP status of the answer; 0: none came. Must not throw.
using NoticeSend = std::function<int(const OutgoingNotice&)>;

struct PayOptions {
  std::optional<DurationMs> notice_delay_ms;  // instead of Options'
  std::optional<int> notice_copies;
  NoticeSend send_first;  // if set: the notice is delivered through it before `pay` returns
};
struct Paid {
  std::string out_trade_no, transaction_id;
  Instant paid_at = 0;
  bool already = false;  // this payer had paid it before; nothing happened now
};
struct Checkout {  // what the sandbox's page shows
  std::string out_trade_no, description, currency, payer_openid;
  Fen amount_fen = 0;
  Instant expires_at = 0;
  TradeState state = TradeState::notpay;
};

struct DeliverOptions {
  int limit = 1000;  // notices per call
  int threads = 1;   // sent side by side, copies of one notice too
};
struct Delivered {
  int notices = 0;   // tried
  int sendings = 0;  // copies counted
  int answered = 0;  // notices that are done
};

class Sandbox {
 public:
  // Reads the keys, or makes and stores them the first time.
  static Result<std::unique_ptr<Sandbox>> open(db::Database& db, Instant now, Options options = {});

  // The API. An error means that the sandbox itself failed (its database); refusals are replies.
  Result<TransportReply> handle(std::string_view method, std::string_view path_and_query, const Headers& headers,
                                std::string_view body, Instant now);

  Result<Checkout> checkout(const std::string& prepay_id, Instant now);
  // openid: who confirms; "": whoever it is for. not_found: no such prepay_id; forbidden: another payer's;
  // order_state_conflict: closed, expired, or prepay_id too old.
  Result<Paid> pay(const std::string& prepay_id, const std::string& openid, Instant now,
                   const PayOptions& options = {});

  // A person confirms the transfer made to them, on the sandbox's page. not_found: no such; forbidden: another
  // person's; order_state_conflict: its day is over.
  Result<Transferred> confirm_transfer(const std::string& out_bill_no, const std::string& openid, Instant now);

  // Ends transfers that nobody confirmed, finishes refunds that are due, then sends each notice that is due once.
  Result<Delivered> deliver_due(Instant now, const NoticeSend& send, const DeliverOptions& options = {});
  // The next instant at which deliver_due has work; kForever: nothing waits.
  Result<Instant> next_due_at();

  const Keys& keys() const { return keys_; }

 private:
  struct Answer {
    int status = 200;
    std::string body;
    std::int64_t number = 0;  // ends the Request-Id
  };

  Sandbox(db::Database& db, Keys keys, Options options);

  static Answer refuse(int status, std::string_view code, std::string_view message, std::int64_t number = 0);
  std::optional<Answer> check_authorization(std::string_view method, std::string_view path_and_query,
                                            const Headers& headers, std::string_view body, Instant now) const;
  Result<Answer> route(std::string_view method, std::string_view path_and_query, const Headers& headers,
                       std::string_view body, Instant now);
  Result<Answer> prepay(std::string_view body, Instant now);
  Result<Answer> find(bool by_transaction_id, const std::string& number, std::string_view query, Instant now);
  Result<Answer> close(const std::string& out_trade_no, std::string_view body, Instant now);
  Result<Answer> refund(std::string_view body, Instant now);
  Result<Answer> find_refund(const std::string& out_refund_no, Instant now);
  Result<Answer> transfer(std::string_view body, const Headers& headers, Instant now);
  Result<Answer> find_transfer_bill(const std::string& out_bill_no, Instant now);
  TransportReply sealed(Answer answer, Instant now);

  Status finish(const std::string& out_refund_no, Instant now);
  // Ends one that waits, as SUCCESS or FAIL, and queues its notice; what it is now.
  Result<std::optional<TransferRow>> end(const std::string& out_bill_no, std::string_view state,
                                         std::string_view fail_reason, Instant now);
  Result<Delivered> send_claimed(const std::vector<NoticeRow>& claimed, Instant now, const NoticeSend& send,
                                 int threads);
  OutgoingNotice seal_notice(const NoticeRow& notice, Instant now);

  std::string base62(int length);

  db::Database& db_;
  const Keys keys_;
  const PublicKey merchant_public_;
  const Options options_;
  std::mutex random_mutex_;
  SecureRandom secure_;
  Random& random_;
};

// Carries the rail's requests to the sandbox in this process, stamped with the clock's time.
class SandboxTransport final : public Transport {
 public:
  SandboxTransport(Sandbox& sandbox, const Clock& clock) : sandbox_(sandbox), clock_(clock) {}
  Result<TransportReply> send(std::string_view method, std::string_view path_and_query, const Headers& headers,
                              std::string_view body) override {
    return sandbox_.handle(method, path_and_query, headers, body, clock_.now());
  }

 private:
  Sandbox& sandbox_;
  const Clock& clock_;
};

// The sandbox, and a WechatRail with its merchant's keys that speaks to it. db and clock must outlive both.
struct SandboxRail {
  std::unique_ptr<Sandbox> sandbox;
  std::unique_ptr<PayRail> rail;
};
Result<SandboxRail> make_sandbox_rail(db::Database& db, const Clock& clock, Options options = {});
// A rail to a sandbox that is there already. sandbox and clock must outlive it.
Result<std::unique_ptr<PayRail>> make_rail_to(Sandbox& sandbox, const Clock& clock);

}  // namespace lianbo::pay::sandbox
