#include "pay/sandbox/sandbox.hpp"

#include <algorithm>
#include <map>

#include "base/crypto.hpp"
#include "base/json.hpp"
#include "pay/sandbox/notices.hpp"
#include "pay/sandbox/sandbox_store.hpp"
#include "pay/wechat/rail.hpp"
#include "pay/wechat/wire.hpp"

namespace lianbo::pay::sandbox {
namespace {

constexpr std::size_t kMaxBodyBytes = 65536;
constexpr DurationMs kDefaultLifeMs = 7 * kDayMs;
constexpr DurationMs kShortestLifeMs = kMinuteMs;
constexpr DurationMs kLongestLifeMs = 90 * kDayMs;
constexpr DurationMs kRefundWindowMs = 365 * kDayMs;
// The numbers WeChat Pay puts at the end of Request-Id for these two.
constexpr std::int64_t kReentryDiffers = 268498688;
constexpr std::int64_t kOrderPaid = 268449538;

constexpr std::string_view kTransactions = "/v3/pay/transactions/";
constexpr std::string_view kByOutTradeNo = "/v3/pay/transactions/out-trade-no/";
constexpr std::string_view kById = "/v3/pay/transactions/id/";
constexpr std::string_view kRefunds = "/v3/refund/domestic/refunds";
constexpr std::string_view kTransfers = "/v3/fund-app/mch-transfer/transfer-bills";
constexpr std::string_view kByOutBillNo = "/v3/fund-app/mch-transfer/transfer-bills/out-bill-no/";
constexpr Fen kNameFromFen = 200000;
constexpr std::string_view kClose = "/close";
constexpr const char* kPaymentEvent = "TRANSACTION.SUCCESS";

bool number_ok(std::string_view text, std::size_t min, std::size_t max, std::string_view also) {
  if (text.size() < min || text.size() > max) return false;
  return std::all_of(text.begin(), text.end(), [also](char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
           also.find(c) != std::string_view::npos;
  });
}
bool out_trade_no_ok(std::string_view text) { return number_ok(text, 6, 32, "_-|*"); }
bool out_refund_no_ok(std::string_view text) { return number_ok(text, 1, 64, "_-|*@"); }

bool out_bill_no_ok(std::string_view text) { return number_ok(text, 1, 32, ""); }

bool notify_url_ok(std::string_view url) {
  return (url.starts_with("https://") || url.starts_with("http://")) && url.size() <= 255 &&
         url.find('?') == std::string_view::npos && url.find('#') == std::string_view::npos;
}

// "20261111120000": Beijing time, so that numbers made of it grow.
std::string time_digits(Instant now) {
  std::string out;
  for (const char c : wechat_time(now).substr(0, 19))
    if (c >= '0' && c <= '9') out += c;
  return out;
}

// Numbers and event ids come from what they are about, so that a simulated day makes the same ones each time.
std::string digits_of(std::string_view subject, int length) {
  const std::string digest = sha256(subject);
  std::string out;
  for (int i = 0; i < length; ++i) out += static_cast<char>('0' + static_cast<unsigned char>(digest[i]) % 10);
  return out;
}

std::string_view describe(std::string_view state) {
  if (state == "SUCCESS") return "支付成功";
  if (state == "REFUND") return "转入退款";
  if (state == "CLOSED") return "已关闭";
  return "订单未支付";
}

TradeState trade_state_of(std::string_view state) {
  if (state == "SUCCESS") return TradeState::success;
  if (state == "REFUND") return TradeState::refund;
  if (state == "CLOSED") return TradeState::closed;
  return TradeState::notpay;
}

std::string transaction_json(const Keys& keys, const TransactionRow& t, std::string_view state) {
  const bool paid = !t.transaction_id.empty();
  JsonWriter w;
  w.begin().field("appid", keys.appid).field("mchid", keys.mchid).field("out_trade_no", t.out_trade_no);
  if (paid) w.field("transaction_id", t.transaction_id).field("trade_type", "JSAPI").field("bank_type", "OTHERS");
  w.field("trade_state", state).field("trade_state_desc", describe(state)).field("attach", t.attach);
  if (paid) w.field("success_time", wechat_time(t.paid_at));
  w.key("payer").begin();
  if (paid) w.field("openid", t.payer_openid);
  w.end();
  w.key("amount").begin().field("total", t.amount_fen).field("currency", t.currency);
  if (paid) w.field("payer_total", t.amount_fen).field("payer_currency", t.currency);
  w.end();
  return w.end().take();
}

std::string refund_json(const RefundRow& r) {
  JsonWriter w;
  w.begin()
      .field("refund_id", r.refund_id)
      .field("out_refund_no", r.out_refund_no)
      .field("transaction_id", r.transaction_id)
      .field("out_trade_no", r.out_trade_no)
      .field("channel", "ORIGINAL")
      .field("user_received_account", "支付用户零钱")
      .field("create_time", wechat_time(r.created_at))
      .field("status", r.state);
  if (r.success_at != 0) w.field("success_time", wechat_time(r.success_at));
  w.key("amount")
      .begin()
      .field("total", r.total_fen)
      .field("refund", r.refund_fen)
      .field("payer_total", r.total_fen)
      .field("payer_refund", r.refund_fen)
      .field("settlement_total", r.total_fen)
      .field("settlement_refund", r.refund_fen)
      .field("discount_refund", 0)
      .field("currency", r.currency)
      .end();
  return w.end().take();
}

std::string transfer_json(const Keys& keys, const TransferRow& r) {
  JsonWriter w;
  w.begin()
      .field("mch_id", keys.mchid)
      .field("appid", keys.appid)
      .field("out_bill_no", r.out_bill_no)
      .field("transfer_bill_no", r.transfer_bill_no)
      .field("state", r.state)
      .field("transfer_amount", r.amount_fen)
      .field("transfer_remark", r.remark)
      .field("openid", r.openid);
  if (!r.fail_reason.empty()) w.field("fail_reason", r.fail_reason);
  w.field("create_time", wechat_time(r.created_at)).field("update_time", wechat_time(r.updated_at));
  return w.end().take();
}

NoticeRow payment_notice(const Keys& keys, const TransactionRow& t, int copies, Instant first_at) {
  NoticeRow n;
  n.event_type = kPaymentEvent;
  n.event_id = event_id(n.event_type, t.out_trade_no, t.paid_at);
  n.original_type = "transaction";
  n.summary = "支付成功";
  n.resource = transaction_json(keys, t, "SUCCESS");
  n.notify_url = t.notify_url;
  n.copies = copies;
  n.next_try_at = first_at;
  n.created_at = t.paid_at;
  return n;
}

}  // namespace

std::string event_id(std::string_view event_type, std::string_view number, Instant at) {
  return "EV-" + time_digits(at) + to_hex(sha256(std::string(event_type) + " " + std::string(number))).substr(0, 18);
}

NoticeRow transfer_notice(const Keys& keys, const TransferRow& r, int copies, Instant first_at) {
  NoticeRow n;
  n.event_type = "MCHTRANSFER.BILL.FINISHED";
  n.event_id = event_id(n.event_type, r.out_bill_no, r.updated_at);
  n.original_type = "mch_payment";
  n.summary = "商家转账单据终态通知";
  n.resource = transfer_json(keys, r);
  n.notify_url = r.notify_url;
  n.copies = copies;
  n.next_try_at = first_at;
  n.created_at = r.updated_at;
  return n;
}

NoticeRow refund_notice(const Keys& keys, const RefundRow& r, int copies, Instant first_at) {
  JsonWriter w;
  w.begin()
      .field("mchid", keys.mchid)
      .field("transaction_id", r.transaction_id)
      .field("out_trade_no", r.out_trade_no)
      .field("refund_id", r.refund_id)
      .field("out_refund_no", r.out_refund_no)
      .field("refund_status", "SUCCESS")
      .field("success_time", wechat_time(r.success_at))
      .field("user_received_account", "支付用户零钱");
  w.key("amount")
      .begin()
      .field("total", r.total_fen)
      .field("refund", r.refund_fen)
      .field("payer_total", r.total_fen)
      .field("payer_refund", r.refund_fen)
      .end();
  w.end();
  NoticeRow n;
  n.event_type = "REFUND.SUCCESS";
  n.event_id = event_id(n.event_type, r.out_refund_no, r.success_at);
  n.original_type = "refund";
  n.summary = "退款成功";
  n.resource = w.take();
  n.notify_url = r.notify_url;
  n.copies = copies;
  n.next_try_at = first_at;
  n.created_at = r.success_at;
  return n;
}

Keys make_keys(Random& random) {
  const auto number = [&random](int length) {
    std::string out;
    for (int i = 0; i < length; ++i) out += static_cast<char>('0' + random.below(10));
    return out;
  };
  std::string serial;
  for (int i = 0; i < 40; ++i) serial += "0123456789ABCDEF"[random.below(16)];
  return Keys{.appid = "wxsandbox" + number(9),
              .mchid = "16" + number(8),
              .merchant_serial = std::move(serial),
              .merchant = PrivateKey::generate(),
              .platform_serial = "PUB_KEY_ID_01" + number(32),
              .platform = PrivateKey::generate(),
              .apiv3_key = random.base62(32)};
}

Result<std::unique_ptr<Sandbox>> Sandbox::open(db::Database& db, Instant now, Options options) {
  TRY(auto row, db.read([](db::Tx& tx) -> Result<std::optional<KeyRow>> { return find_keys(tx); }));
  if (!row) {
    SecureRandom secure;
    const Keys fresh = options.keys ? *options.keys : make_keys(options.random ? *options.random : secure);
    const KeyRow made{fresh.appid,           fresh.mchid,          fresh.merchant_serial, fresh.merchant.pem(),
                      fresh.platform_serial, fresh.platform.pem(), fresh.apiv3_key};
    // Another process may set up at the same time: what is stored counts.
    TRY(row, db.write([&](db::Tx& tx) -> Result<std::optional<KeyRow>> {
      insert_keys(tx, made, now);
      return find_keys(tx);
    }));
  }
  TRY(auto merchant, PrivateKey::from_pem(row->merchant_key_pem));
  TRY(auto platform, PrivateKey::from_pem(row->platform_key_pem));
  Keys keys{row->appid,           row->mchid,          row->merchant_serial, std::move(merchant),
            row->platform_serial, std::move(platform), row->apiv3_key};
  return std::unique_ptr<Sandbox>(new Sandbox(db, std::move(keys), std::move(options)));
}

Sandbox::Sandbox(db::Database& db, Keys keys, Options options)
    : db_(db),
      keys_(std::move(keys)),
      merchant_public_(keys_.merchant.public_key()),
      options_(options),
      random_(options.random ? *options.random : secure_) {}

std::string Sandbox::base62(int length) {
  const std::lock_guard lock(random_mutex_);
  return random_.base62(length);
}

Sandbox::Answer Sandbox::refuse(int status, std::string_view code, std::string_view message, std::int64_t number) {
  JsonWriter w;
  w.begin().field("code", code).field("message", message).end();
  return {status, w.take(), number};
}

std::optional<Sandbox::Answer> Sandbox::check_authorization(std::string_view method, std::string_view path_and_query,
                                                            const Headers& headers, std::string_view body,
                                                            Instant now) const {
  const auto sign_error = [&](std::string_view issue) {
    JsonWriter w;
    w.begin().field("code", "SIGN_ERROR").field("message", "签名错误，请检查后再试 (the request's signature is wrong)");
    w.key("detail").begin();
    w.key("detail").begin().field("issue", issue).end();
    w.field("field", "signature").field("location", "authorization");
    w.key("sign_information").begin().field("method", method).field("url", path_and_query).end();
    w.end().end();
    return Answer{401, w.take(), 0};
  };
  const auto authorization = parse_authorization(find_header(headers, "Authorization"));
  if (!authorization) return sign_error(authorization.error().detail);
  if (authorization->mchid != keys_.mchid) return sign_error("mchid is not known");
  if (authorization->serial != keys_.merchant_serial) return sign_error("serial_no is not the merchant certificate's");
  const auto stamped = parse_seconds(authorization->timestamp);
  if (!stamped || !within_skew(*stamped, now)) return sign_error("timestamp is more than 5 minutes off");
  const std::string message =
      request_message(method, path_and_query, authorization->timestamp, authorization->nonce, body);
  if (!merchant_public_.verify(message, authorization->signature)) return sign_error("sign not match");
  return std::nullopt;
}

TransportReply Sandbox::sealed(Answer answer, Instant now) {
  const std::string timestamp = std::to_string(now / kSecondMs);
  const std::string nonce = base62(32);
  TransportReply reply;
  reply.status = answer.status;
  reply.headers = signature_headers(
      timestamp, nonce, keys_.platform.sign(response_message(timestamp, nonce, answer.body)), keys_.platform_serial);
  reply.headers.emplace_back("Request-Id", "08" + base62(30) + "-" + std::to_string(answer.number));
  if (!answer.body.empty()) reply.headers.emplace_back("Content-Type", "application/json; charset=utf-8");
  reply.body = std::move(answer.body);
  return reply;
}

Result<TransportReply> Sandbox::handle(std::string_view method, std::string_view path_and_query, const Headers& headers,
                                       std::string_view body, Instant now) {
  if (auto refused = check_authorization(method, path_and_query, headers, body, now))
    return sealed(*std::move(refused), now);
  TRY(auto answer, route(method, path_and_query, headers, body, now));
  return sealed(std::move(answer), now);
}

Result<Sandbox::Answer> Sandbox::route(std::string_view method, std::string_view path_and_query, const Headers& headers,
                                       std::string_view body, Instant now) {
  if (body.size() > kMaxBodyBytes) return refuse(400, "PARAM_ERROR", "the body is larger than 64 KiB");
  const std::size_t mark = path_and_query.find('?');
  std::string_view path = path_and_query.substr(0, mark);
  const std::string_view query = mark == std::string_view::npos ? "" : path_and_query.substr(mark + 1);
  const auto last_segment = [&path](std::string_view before) -> std::optional<std::string> {
    const std::string_view segment = path.substr(before.size());
    if (segment.empty() || segment.find('/') != std::string_view::npos) return std::nullopt;
    return percent_decode(segment);
  };

  if (method == "POST" && path == std::string(kTransactions) + "jsapi") return prepay(body, now);
  if (method == "POST" && path == kRefunds) return refund(body, now);
  if (method == "POST" && path == kTransfers) return transfer(body, headers, now);
  if (method == "GET" && path.starts_with(kByOutBillNo)) {
    if (const auto number = last_segment(kByOutBillNo)) return find_transfer_bill(*number, now);
  }
  if (method == "POST" && path.starts_with(kByOutTradeNo) && path.ends_with(kClose)) {
    path.remove_suffix(kClose.size());
    if (const auto number = last_segment(kByOutTradeNo)) return close(*number, body, now);
  }
  if (method == "GET" && path.starts_with(kByOutTradeNo)) {
    if (const auto number = last_segment(kByOutTradeNo)) return find(false, *number, query, now);
  }
  if (method == "GET" && path.starts_with(kById)) {
    if (const auto number = last_segment(kById)) return find(true, *number, query, now);
  }
  if (method == "GET" && path.starts_with(std::string(kRefunds) + "/")) {
    if (const auto number = last_segment(std::string(kRefunds) + "/")) return find_refund(*number, now);
  }
  return refuse(404, "INVALID_REQUEST", "there is no such API");
}

Result<Sandbox::Answer> Sandbox::prepay(std::string_view text, Instant now) {
  const auto param_error = [](std::string_view what) { return refuse(400, "PARAM_ERROR", what); };
  const auto body = parse_json(text);
  if (!body || !body->is_object()) return param_error("the body must be a JSON object");

  TransactionRow wish;
  const auto total = integer_member(*body, {"amount", "total"});
  if (text_member(*body, {"mchid"}) != keys_.mchid) return param_error("mchid is not the one that signed");
  if (text_member(*body, {"appid"}) != keys_.appid)
    return refuse(400, "APPID_MCHID_NOT_MATCH", "appid and mchid do not belong together");
  wish.out_trade_no = text_member(*body, {"out_trade_no"}).value_or("");
  if (!out_trade_no_ok(wish.out_trade_no)) return param_error("out_trade_no must be 6-32 of [0-9A-Za-z_-|*]");
  wish.description = text_member(*body, {"description"}).value_or("");
  if (wish.description.empty() || utf8_length(wish.description) > 127)
    return param_error("description must have 1-127 characters");
  if (!total || *total < 1 || *total > kMaxAmountFen) return param_error("amount.total must be a positive integer");
  wish.amount_fen = *total;
  wish.currency = text_member(*body, {"amount", "currency"}).value_or(std::string(kCny));
  if (wish.currency != kCny) return param_error("amount.currency must be CNY");
  wish.payer_openid = text_member(*body, {"payer", "openid"}).value_or("");
  if (wish.payer_openid.empty() || wish.payer_openid.size() > 128)
    return param_error("payer.openid must have 1-128 characters");
  wish.attach = text_member(*body, {"attach"}).value_or("");
  if (utf8_length(wish.attach) > 128) return param_error("attach must have at most 128 characters");
  wish.notify_url = text_member(*body, {"notify_url"}).value_or("");
  if (!notify_url_ok(wish.notify_url)) return param_error("notify_url must be a URL without query, at most 255 long");
  wish.expires_at = now + kDefaultLifeMs;
  if (const auto expire = text_member(*body, {"time_expire"})) {
    const auto at = parse_rfc3339(*expire);
    if (!at) return param_error("time_expire must be an RFC 3339 time");
    wish.expires_at = *at;
  }
  wish.created_at = now;

  const std::string prepay_id = "wx" + time_digits(now) + base62(20);
  return db_.write([&](db::Tx& tx) -> Result<Answer> {
    auto known = lock_transaction(tx, wish.out_trade_no);
    if (!known) {
      // Only the first call sets the expiry, so only there it is looked at.
      if (wish.expires_at < now + kShortestLifeMs || wish.expires_at > now + kLongestLifeMs)
        return param_error("time_expire must be 1 minute to 90 days ahead");
      if (!insert_transaction(tx, wish)) known = lock_transaction(tx, wish.out_trade_no);
    }
    if (known) {
      const std::string state = known->state_at(now);
      if (state == "SUCCESS" || state == "REFUND")
        return refuse(400, "ORDER_PAID", "该订单已支付 (the order is paid)", kOrderPaid);
      if (state == "CLOSED") return refuse(400, "ORDER_CLOSED", "该订单已关闭 (the order is closed)");
      if (known->description != wish.description || known->amount_fen != wish.amount_fen ||
          known->currency != wish.currency || known->payer_openid != wish.payer_openid ||
          known->attach != wish.attach || known->notify_url != wish.notify_url)
        return refuse(403, "OUT_TRADE_NO_USED", "重入参数不一致 (out_trade_no was used with other parameters)",
                      kReentryDiffers);
    }
    insert_prepay(tx, prepay_id, wish.out_trade_no, now);
    JsonWriter w;
    w.begin().field("prepay_id", prepay_id).end();
    return Answer{200, w.take(), 0};
  });
}

Result<Sandbox::Answer> Sandbox::find(bool by_transaction_id, const std::string& number, std::string_view query,
                                      Instant now) {
  if (query != "mchid=" + keys_.mchid)
    return refuse(400, "PARAM_ERROR", "the query must be mchid=, the one that signed");
  return db_.read([&](db::Tx& tx) -> Result<Answer> {
    const auto found = by_transaction_id ? find_transaction_by_id(tx, number) : find_transaction(tx, number);
    if (!found) return refuse(404, "ORDER_NOT_EXIST", "订单不存在 (there is no such order)");
    return Answer{200, transaction_json(keys_, *found, found->state_at(now)), 0};
  });
}

Result<Sandbox::Answer> Sandbox::close(const std::string& out_trade_no, std::string_view text, Instant now) {
  const auto body = parse_json(text);
  if (!body || text_member(*body, {"mchid"}) != keys_.mchid)
    return refuse(400, "PARAM_ERROR", "the body must be {\"mchid\":…}, the one that signed");
  return db_.write([&](db::Tx& tx) -> Result<Answer> {
    const auto found = lock_transaction(tx, out_trade_no);
    if (!found) return refuse(404, "ORDER_NOT_EXIST", "订单不存在 (there is no such order)");
    const std::string state = found->state_at(now);
    if (state == "SUCCESS" || state == "REFUND")
      return refuse(400, "ORDER_PAID", "该订单已支付 (a paid order can't be closed)", kOrderPaid);
    mark_closed(tx, out_trade_no);
    return Answer{204, "", 0};
  });
}

Result<Sandbox::Answer> Sandbox::refund(std::string_view text, Instant now) {
  const auto param_error = [](std::string_view what) { return refuse(400, "PARAM_ERROR", what); };
  const auto invalid = [](std::string_view what) { return refuse(400, "INVALID_REQUEST", what); };
  const auto body = parse_json(text);
  if (!body || !body->is_object()) return param_error("the body must be a JSON object");
  const auto out_trade_no = text_member(*body, {"out_trade_no"});
  const auto transaction_id = text_member(*body, {"transaction_id"});
  if (!out_trade_no && !transaction_id) return param_error("out_trade_no or transaction_id is needed");
  const auto refund_fen = integer_member(*body, {"amount", "refund"});
  const auto total_fen = integer_member(*body, {"amount", "total"});
  if (!refund_fen || *refund_fen < 1) return param_error("amount.refund must be a positive integer");
  if (!total_fen || *total_fen < 1) return param_error("amount.total must be a positive integer");

  RefundRow wish;
  wish.out_refund_no = text_member(*body, {"out_refund_no"}).value_or("");
  if (!out_refund_no_ok(wish.out_refund_no)) return param_error("out_refund_no must be 1-64 of [0-9A-Za-z_-|*@]");
  wish.refund_fen = *refund_fen;
  wish.total_fen = *total_fen;
  wish.currency = text_member(*body, {"amount", "currency"}).value_or("");
  if (wish.currency != kCny) return param_error("amount.currency must be CNY");
  wish.reason = text_member(*body, {"reason"}).value_or("");
  if (utf8_length(wish.reason) > 80) return param_error("reason must have at most 80 characters");
  wish.notify_url = text_member(*body, {"notify_url"}).value_or("");
  if (!wish.notify_url.empty() && !notify_url_ok(wish.notify_url))
    return param_error("notify_url must be a URL without query, at most 255 long");
  wish.refund_id = "50300" + time_digits(now) + digits_of(wish.out_refund_no, 10);
  wish.created_at = now;
  wish.due_at = now + options_.refund_ms;
  wish.state = options_.refund_ms == 0 ? "SUCCESS" : "PROCESSING";
  wish.success_at = options_.refund_ms == 0 ? now : 0;

  return db_.write([&](db::Tx& tx) -> Result<Answer> {
    const auto paid =
        transaction_id ? lock_transaction_by_id(tx, *transaction_id) : lock_transaction(tx, *out_trade_no);
    if (!paid || (out_trade_no && paid->out_trade_no != *out_trade_no))
      return refuse(404, "RESOURCE_NOT_EXISTS", "订单不存在 (there is no such order)");
    if (const auto known = find_refund_row(tx, wish.out_refund_no)) {
      if (known->out_trade_no != paid->out_trade_no || known->refund_fen != wish.refund_fen ||
          known->total_fen != wish.total_fen)
        return invalid("out_refund_no was used with other parameters");
      return Answer{200, refund_json(*known), 0};
    }
    if (paid->transaction_id.empty()) return invalid("订单未支付 (the order is not paid)");
    if (now - paid->paid_at > kRefundWindowMs) return invalid("the order was paid more than a year ago");
    if (wish.total_fen != paid->amount_fen) return invalid("amount.total is not the order's");
    if (paid->refunds >= kMaxRefunds) return invalid("an order takes at most 50 refunds");
    if (wish.refund_fen > paid->amount_fen - paid->refunded_fen)
      return invalid("申请退款金额大于可退金额 (only " + std::to_string(paid->amount_fen - paid->refunded_fen) +
                     " are left to refund)");
    RefundRow row = wish;
    row.out_trade_no = paid->out_trade_no;
    row.transaction_id = paid->transaction_id;
    if (!insert_refund(tx, row)) return invalid("out_refund_no was used with other parameters");
    add_refund(tx, paid->out_trade_no, row.refund_fen);
    if (row.state == "SUCCESS" && !row.notify_url.empty())
      insert_notice(tx, refund_notice(keys_, row, options_.notice_copies, now + options_.notice_delay_ms));
    return Answer{200, refund_json(row), 0};
  });
}

Result<Sandbox::Answer> Sandbox::find_refund(const std::string& out_refund_no, Instant now) {
  const auto find = [&](db::Tx& tx) -> Result<std::optional<RefundRow>> { return find_refund_row(tx, out_refund_no); };
  TRY(auto found, db_.read(find));
  if (found && found->state == "PROCESSING" && found->due_at <= now) {
    TRY_OK(finish(out_refund_no, now));
    TRY(found, db_.read(find));
  }
  if (!found) return refuse(404, "RESOURCE_NOT_EXISTS", "退款单不存在 (there is no such refund)");
  return Answer{200, refund_json(*found), 0};
}

Result<Sandbox::Answer> Sandbox::transfer(std::string_view text, const Headers& headers, Instant now) {
  const auto param_error = [](std::string_view what) { return refuse(400, "PARAM_ERROR", what); };
  const auto body = parse_json(text);
  if (!body || !body->is_object()) return param_error("the body must be a JSON object");
  if (text_member(*body, {"appid"}) != keys_.appid)
    return refuse(400, "APPID_MCHID_NOT_MATCH", "appid and mchid do not belong together");
  TransferRow wish;
  wish.out_bill_no = text_member(*body, {"out_bill_no"}).value_or("");
  if (!out_bill_no_ok(wish.out_bill_no)) return param_error("out_bill_no must be 1-32 of [0-9A-Za-z]");
  wish.openid = text_member(*body, {"openid"}).value_or("");
  if (wish.openid.empty() || wish.openid.size() > 64) return param_error("openid must have 1-64 characters");
  wish.amount_fen = integer_member(*body, {"transfer_amount"}).value_or(0);
  if (wish.amount_fen < 1) return param_error("transfer_amount must be a positive integer");
  wish.remark = text_member(*body, {"transfer_remark"}).value_or("");
  if (wish.remark.empty() || utf8_length(wish.remark) > 32)
    return param_error("transfer_remark must have 1-32 characters");
  wish.notify_url = text_member(*body, {"notify_url"}).value_or("");
  if (!wish.notify_url.empty() && !notify_url_ok(wish.notify_url))
    return param_error("notify_url must be a URL without query, at most 255 long");
  // Scene 1005, commission: exactly these two are reported.
  const auto* infos = member(*body, {"transfer_scene_report_infos"});
  const bool reported = infos && infos->is_array() && infos->as_array().size() == 2 &&
                        text_member(infos->as_array()[0], {"info_type"}) == "岗位类型" &&
                        text_member(infos->as_array()[1], {"info_type"}) == "报酬说明";
  if (text_member(*body, {"transfer_scene_id"}) != "1005" || !reported)
    return param_error("scene 1005 is reported with 岗位类型 and 报酬说明");
  if (const auto name = text_member(*body, {"user_name"})) {
    if (find_header(headers, "Wechatpay-Serial") != keys_.platform_serial || !keys_.platform.decrypt(*name))
      return param_error("user_name must be sealed with the key that Wechatpay-Serial names");
  } else if (wish.amount_fen >= kNameFromFen) {
    return param_error("from 2,000 yuan on user_name is needed");
  }
  wish.transfer_bill_no = "1330" + time_digits(now) + digits_of(wish.out_bill_no, 12);
  wish.created_at = wish.updated_at = now;
  return db_.write([&](db::Tx& tx) -> Result<Answer> {
    auto known = find_transfer(tx, wish.out_bill_no);
    if (!known && !insert_transfer(tx, wish)) known = find_transfer(tx, wish.out_bill_no);
    if (known && (known->openid != wish.openid || known->amount_fen != wish.amount_fen))
      return refuse(400, "INVALID_REQUEST", "out_bill_no was used with other parameters", kReentryDiffers);
    const auto& bill = known ? *known : wish;
    JsonWriter w;
    w.begin().field("out_bill_no", bill.out_bill_no).field("transfer_bill_no", bill.transfer_bill_no);
    w.field("create_time", wechat_time(bill.created_at)).field("state", bill.state);
    if (bill.state == "WAIT_USER_CONFIRM") w.field("package_info", "sandbox-transfer=" + bill.out_bill_no);
    return Answer{200, w.end().take(), 0};
  });
}

Result<Sandbox::Answer> Sandbox::find_transfer_bill(const std::string& out_bill_no, Instant now) {
  TRY(auto found,
      db_.read([&](db::Tx& tx) -> Result<std::optional<TransferRow>> { return find_transfer(tx, out_bill_no); }));
  if (found && found->state == "WAIT_USER_CONFIRM" && now - found->created_at >= kConfirmWithinMs) {
    TRY(found, end(out_bill_no, "FAIL", kNotConfirmed, now));
  }
  if (!found) return refuse(404, "NOT_FOUND", "记录不存在 (there is no such transfer)");
  return Answer{200, transfer_json(keys_, *found), 0};
}

Result<Transferred> Sandbox::confirm_transfer(const std::string& out_bill_no, const std::string& openid, Instant now) {
  TRY(auto found,
      db_.read([&](db::Tx& tx) -> Result<std::optional<TransferRow>> { return find_transfer(tx, out_bill_no); }));
  if (!found) return fail(Code::not_found, "there is no such transfer", "number");
  if (found->openid != openid) return fail(Code::forbidden, "the transfer is another person's", "number");
  if (found->state == "WAIT_USER_CONFIRM") {
    const bool in_time = now - found->created_at < kConfirmWithinMs;
    TRY(found, end(out_bill_no, in_time ? "SUCCESS" : "FAIL", in_time ? "" : kNotConfirmed, now));
  }
  if (found->state != "SUCCESS")
    return fail(Code::order_state_conflict, "a transfer is confirmed within 24 hours; this one has gone back",
                "number");
  return Transferred{found->out_bill_no, found->transfer_bill_no, TransferState::success, found->amount_fen, "", ""};
}

Result<Checkout> Sandbox::checkout(const std::string& prepay_id, Instant now) {
  return db_.read([&](db::Tx& tx) -> Result<Checkout> {
    const auto prepay = find_prepay(tx, prepay_id);
    if (!prepay) return fail(Code::not_found, "there is no such prepay_id", "prepay_id");
    const auto t = find_transaction(tx, prepay->out_trade_no);
    if (!t) return fail(Code::not_found, "there is no such order", "prepay_id");
    return Checkout{t->out_trade_no,
                    t->description,
                    t->currency,
                    t->payer_openid,
                    t->amount_fen,
                    t->expires_at,
                    trade_state_of(t->state_at(now))};
  });
}

Result<Paid> Sandbox::pay(const std::string& prepay_id, const std::string& openid, Instant now,
                          const PayOptions& options) {
  const int copies = options.notice_copies.value_or(options_.notice_copies);
  const Instant first_at = now + options.notice_delay_ms.value_or(options_.notice_delay_ms);
  std::optional<NoticeRow> claimed;  // sent before this returns: nobody else sends it meanwhile
  TRY(Paid paid, db_.write([&](db::Tx& tx) -> Result<Paid> {
    claimed.reset();
    const auto prepay = find_prepay(tx, prepay_id);
    if (!prepay) return fail(Code::not_found, "there is no such prepay_id", "prepay_id");
    auto t = lock_transaction(tx, prepay->out_trade_no);
    if (!t) return fail(Code::not_found, "there is no such order", "prepay_id");
    if (!openid.empty() && t->payer_openid != openid)
      return fail(Code::forbidden, "the order is another payer's", "openid");
    const std::string state = t->state_at(now);
    if (state == "SUCCESS" || state == "REFUND") return Paid{t->out_trade_no, t->transaction_id, t->paid_at, true};
    if (state == "CLOSED")
      return fail(Code::order_state_conflict, "the order is closed or its time is over", "prepay_id");
    if (now - prepay->created_at >= kPrepayLifeMs)
      return fail(Code::order_state_conflict, "a prepay_id is good for 2 hours; ask for a new one", "prepay_id");
    t->transaction_id = "4200" + time_digits(now) + digits_of(t->out_trade_no, 10);
    mark_paid(tx, t->out_trade_no, t->transaction_id, now);
    t->paid_at = now;
    NoticeRow notice = payment_notice(keys_, *t, copies, first_at);
    if (options.send_first) {
      notice.tries = 1;
      notice.next_try_at = now + kNoticeRetryMs[0];
      claimed = notice;
    }
    insert_notice(tx, notice);
    return Paid{t->out_trade_no, t->transaction_id, now, false};
  }));
  if (claimed) TRY_OK(send_claimed({*claimed}, now, options.send_first, 1));
  return paid;
}

Result<std::unique_ptr<PayRail>> make_rail_to(Sandbox& sandbox, const Clock& clock) {
  const Keys& keys = sandbox.keys();
  TRY(auto rail, WechatRail::make(WechatConfig{keys.appid,
                                               keys.mchid,
                                               keys.merchant_serial,
                                               keys.merchant,
                                               keys.apiv3_key,
                                               {{keys.platform_serial, keys.platform.public_key()}}},
                                  std::make_unique<SandboxTransport>(sandbox, clock)));
  return std::unique_ptr<PayRail>(std::move(rail));
}

Result<SandboxRail> make_sandbox_rail(db::Database& db, const Clock& clock, Options options) {
  TRY(auto sandbox, Sandbox::open(db, clock.now(), std::move(options)));
  TRY(auto rail, make_rail_to(*sandbox, clock));
  return SandboxRail{std::move(sandbox), std::move(rail)};
}

}  // namespace lianbo::pay::sandbox
