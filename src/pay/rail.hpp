// PayRail: the port to whoever moves the money. Orders see this and nothing behind it; pay knows nothing of orders.
//
// - out_trade_no, out_refund_no and out_bill_no are the keys of repetition: a call that was lost is made again with the
// same ones and
//   the same values, and has its effect once.
// - An error is one of two: payment_refused (the rail answered, and said no; refusal_of tells why) or
//   payment_unreachable (the outcome is unknown: no answer, 5xx, or an answer whose signature does not verify). After
//   the second, repeat or query; never conclude.
// - A notice is believed only after read_notice: fresh, signed by a known key, decrypted, for our merchant. Whether it
// fits
//   the order (amount, currency, payer) is the caller's to compare.
// - The rail writes instants in whole seconds, cut off: success_at may lie up to 1 s before what caused it.
// `now` and the source of nonces are arguments, so a simulated day uses the same rail. Safe from any thread, as long as
// each thread brings its own Random; it may block on a network, so never call it inside a transaction.
#pragma once

#include <string>
#include <string_view>
#include <variant>

#include "base/clock.hpp"
#include "base/money.hpp"
#include "base/random.hpp"
#include "base/result.hpp"
#include "pay/transport.hpp"

namespace lianbo::pay {

struct PrepayWish {
  std::string out_trade_no;  // 6–32 of [0-9A-Za-z_-|*], unique for ever
  std::string description;   // shown to the payer; cut to 127 bytes
  Fen amount_fen = 0;
  std::string currency = "CNY";
  std::string payer_openid;
  Instant expires_at = 0;  // no payment is taken after it; 0: the rail's own default. Lifted to 90 s from now
  std::string notify_url;  // without query
  std::string attach;      // at most 128 bytes; comes back in the notice
};
struct Prepaid {
  std::string prepay_id;   // good for two hours
  std::string pay_params;  // JSON for the client: appId, timeStamp, nonceStr, package, signType, paySign
};

enum class TradeState { success, refund, notpay, closed, payerror, userpaying };
std::string_view state_name(TradeState state);  // "success"

struct Trade {
  TradeState state = TradeState::notpay;
  std::string transaction_id;  // "" until paid
  Fen amount_fen = 0;
  std::string currency;
  Instant success_at = 0;
  std::string payer_openid;
};

enum class RefundState { success, processing, closed, abnormal };
std::string_view state_name(RefundState state);

struct RefundWish {
  std::string out_trade_no;
  std::string out_refund_no;  // 1–64 of [0-9A-Za-z_-|*@]
  Fen refund_fen = 0;
  Fen total_fen = 0;  // of the whole payment
  std::string currency = "CNY";
  std::string reason;  // cut to 80 bytes
  std::string notify_url;
};
struct Refunded {
  std::string refund_id;
  RefundState state = RefundState::processing;
  Fen refund_fen = 0;
  Instant success_at = 0;
};

// A transfer to a person (商家转账): an agent's commission. The person confirms it in their own WeChat within a day.
enum class TransferState { working, waiting, success, failed };
std::string_view state_name(TransferState state);

struct TransferWish {
  std::string out_bill_no;  // 1–32 of [0-9A-Za-z], unique for ever
  std::string openid;
  std::string holder;  // their name; goes sealed, and only where the rail asks for it (from 2,000 yuan on)
  Fen amount_fen = 0;
  std::string remark;  // cut to 32 characters
  std::string post;    // what the person does for the merchant, as reported with the transfer
  std::string notify_url;
};
struct Transferred {
  std::string out_bill_no, transfer_bill_no;
  TransferState state = TransferState::working;
  Fen amount_fen = 0;
  std::string confirm_params;  // waiting: JSON for the person's client: mchId, appId, package. "" when asked after
  std::string fail_reason;
};

struct PaymentNotice {
  std::string event_id;  // one event, however often it is sent
  std::string out_trade_no, transaction_id;
  Fen amount_fen = 0;
  std::string currency, mchid, appid;
  TradeState state = TradeState::success;
  Instant success_at = 0;
  std::string payer_openid, attach;
};
struct RefundNotice {
  std::string event_id;
  std::string out_trade_no, transaction_id, out_refund_no, refund_id;
  RefundState state = RefundState::success;
  Fen refund_fen = 0;
  Fen total_fen = 0;
  Instant success_at = 0;
};
struct TransferNotice {
  std::string event_id;
  Transferred transfer;
};
using Notice = std::variant<PaymentNotice, RefundNotice, TransferNotice>;

// Why the rail said no, as far as a caller acts on it.
enum class Refusal { none, other, not_found, already_paid, closed, number_used, not_enough };
// none unless the error is payment_refused.
Refusal refusal_of(const Error& error);

class PayRail {
 public:
  virtual ~PayRail() = default;

  virtual Result<Prepaid> prepay(const PrepayWish& wish, Instant now, Random& random) = 0;
  virtual Result<Trade> query(const std::string& out_trade_no, Instant now, Random& random) = 0;
  virtual Status close(const std::string& out_trade_no, Instant now, Random& random) = 0;
  virtual Result<Refunded> refund(const RefundWish& wish, Instant now, Random& random) = 0;
  virtual Result<Refunded> query_refund(const std::string& out_refund_no, Instant now, Random& random) = 0;
  virtual Result<Transferred> transfer(const TransferWish& wish, Instant now, Random& random) = 0;
  virtual Result<Transferred> query_transfer(const std::string& out_bill_no, Instant now, Random& random) = 0;
  // signature_invalid: not from the rail, or stale; answer 401. payment_mismatch: for another merchant. bad_request: a
  // kind of notice we do not take.
  virtual Result<Notice> read_notice(const Headers& headers, std::string_view body, Instant now) = 0;
};

}  // namespace lianbo::pay
