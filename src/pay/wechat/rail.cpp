#include "pay/wechat/rail.hpp"

#include <algorithm>
#include <optional>

#include "base/json.hpp"
#include "pay/wechat/wire.hpp"

namespace lianbo::pay {
namespace {

constexpr int kNonceLength = 32;
constexpr std::size_t kDescriptionBytes = 127;
constexpr std::size_t kReasonBytes = 80;
constexpr std::size_t kAttachBytes = 128;
constexpr std::size_t kRemarkCharacters = 32;
constexpr std::size_t kPostCharacters = 15;
constexpr Fen kNameFromFen = 200000;                   // from here on WeChat Pay wants the person's name
constexpr std::string_view kCommissionScene = "1005";  // 佣金报酬: reported with 岗位类型 and 报酬说明
constexpr std::string_view kTransfers = "/v3/fund-app/mch-transfer/transfer-bills";
// WeChat Pay wants a minute; the rest is for its clock and the way there.
constexpr DurationMs kShortestLifeMs = 90 * kSecondMs;
constexpr DurationMs kLongestLifeMs = 90 * kDayMs;
constexpr std::string_view kPublicKeyIdPrefix = "PUB_KEY_ID_";

std::string seconds_text(Instant now) { return std::to_string(now / kSecondMs); }

std::optional<TradeState> trade_state(std::string_view name) {
  if (name == "SUCCESS") return TradeState::success;
  if (name == "REFUND") return TradeState::refund;
  if (name == "NOTPAY") return TradeState::notpay;
  if (name == "CLOSED" || name == "REVOKED") return TradeState::closed;
  if (name == "PAYERROR") return TradeState::payerror;
  if (name == "USERPAYING") return TradeState::userpaying;
  return std::nullopt;
}

std::optional<RefundState> refund_state(std::string_view name) {
  if (name == "SUCCESS") return RefundState::success;
  if (name == "PROCESSING") return RefundState::processing;
  if (name == "CLOSED") return RefundState::closed;
  if (name == "ABNORMAL") return RefundState::abnormal;
  return std::nullopt;
}

std::optional<TransferState> transfer_state(std::string_view name) {
  if (name == "SUCCESS") return TransferState::success;
  if (name == "WAIT_USER_CONFIRM") return TransferState::waiting;
  if (name == "FAIL" || name == "CANCELLED") return TransferState::failed;
  if (name == "ACCEPTED" || name == "PROCESSING" || name == "TRANSFERING" || name == "CANCELING")
    return TransferState::working;
  return std::nullopt;
}

std::string cut_characters(std::string_view text, std::size_t most) {
  std::size_t at = 0;
  for (std::size_t n = 0; at < text.size() && n < most; ++n) do
      ++at;
    while (at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0) == 0x80);
  return std::string(text.substr(0, at));
}

Instant time_member(const json::value& value, JsonPath path) {
  const auto text = text_member(value, path);
  if (!text) return 0;
  return parse_rfc3339(*text).value_or(0);
}

// "CODE: message" of an error body, or what there is of it.
std::string said(const TransportReply& reply) {
  if (const auto body = parse_json(reply.body)) {
    if (const auto code = text_member(*body, {"code"}))
      return *code + ": " + text_member(*body, {"message"}).value_or("") + " (HTTP " + std::to_string(reply.status) +
             ")";
  }
  return "UNKNOWN: HTTP " + std::to_string(reply.status) + " without a code";
}

std::unexpected<Error> unreadable(std::string_view what) {
  return fail(Code::payment_unreachable, "the rail's answer can't be used: " + std::string(what));
}

Result<Refunded> read_refund(const std::string& text, const std::string& out_refund_no) {
  const auto body = parse_json(text);
  if (!body) return unreadable(body.error().text());
  const auto id = text_member(*body, {"refund_id"});
  const auto state = refund_state(text_member(*body, {"status"}).value_or(""));
  const auto refund_fen = integer_member(*body, {"amount", "refund"});
  if (!id || !state || !refund_fen) return unreadable("refund_id, status and amount.refund are expected");
  if (text_member(*body, {"out_refund_no"}) != out_refund_no) return unreadable("it is about another refund");
  return Refunded{*id, *state, *refund_fen, time_member(*body, {"success_time"})};
}

Result<PaymentNotice> read_payment(std::string event_id, const json::value& plain) {
  const auto out_trade_no = text_member(plain, {"out_trade_no"});
  const auto transaction_id = text_member(plain, {"transaction_id"});
  const auto total = integer_member(plain, {"amount", "total"});
  const auto state = trade_state(text_member(plain, {"trade_state"}).value_or(""));
  if (!out_trade_no || !transaction_id || !total || !state)
    return fail(Code::payment_mismatch,
                "a payment notice must have out_trade_no, transaction_id, trade_state and amount.total");
  PaymentNotice notice;
  notice.event_id = std::move(event_id);
  notice.out_trade_no = *out_trade_no;
  notice.transaction_id = *transaction_id;
  notice.amount_fen = *total;
  notice.currency = text_member(plain, {"amount", "currency"}).value_or(std::string(kCny));
  notice.mchid = text_member(plain, {"mchid"}).value_or("");
  notice.appid = text_member(plain, {"appid"}).value_or("");
  notice.state = *state;
  notice.success_at = time_member(plain, {"success_time"});
  notice.payer_openid = text_member(plain, {"payer", "openid"}).value_or("");
  notice.attach = text_member(plain, {"attach"}).value_or("");
  return notice;
}

Result<RefundNotice> read_refund_notice(std::string event_id, const json::value& plain) {
  const auto out_trade_no = text_member(plain, {"out_trade_no"});
  const auto out_refund_no = text_member(plain, {"out_refund_no"});
  const auto refund_id = text_member(plain, {"refund_id"});
  const auto state = refund_state(text_member(plain, {"refund_status"}).value_or(""));
  const auto refund_fen = integer_member(plain, {"amount", "refund"});
  if (!out_trade_no || !out_refund_no || !refund_id || !state || !refund_fen)
    return fail(Code::payment_mismatch,
                "a refund notice must have out_trade_no, out_refund_no, refund_id, refund_status and amount.refund");
  RefundNotice notice;
  notice.event_id = std::move(event_id);
  notice.out_trade_no = *out_trade_no;
  notice.transaction_id = text_member(plain, {"transaction_id"}).value_or("");
  notice.out_refund_no = *out_refund_no;
  notice.refund_id = *refund_id;
  notice.state = *state;
  notice.refund_fen = *refund_fen;
  notice.total_fen = integer_member(plain, {"amount", "total"}).value_or(0);
  notice.success_at = time_member(plain, {"success_time"});
  return notice;
}

}  // namespace

Result<std::unique_ptr<WechatRail>> WechatRail::make(WechatConfig config, std::unique_ptr<Transport> transport) {
  const auto missing = [](const char* what, const char* where) {
    return fail(Code::missing_field, std::string(what) + " is needed for WeChat Pay", where);
  };
  if (config.appid.empty()) return missing("the appid", "wechat.appid");
  if (config.mchid.empty()) return missing("the merchant number", "wechat.mchid");
  if (config.merchant_serial.empty()) return missing("the merchant certificate's serial number", "wechat.serial");
  if (config.platform_keys.empty()) return missing("WeChat Pay's public key", "wechat.public_key_file");
  if (config.apiv3_key.size() != 32)
    return fail(Code::invalid_field,
                "the APIv3 key has " + std::to_string(config.apiv3_key.size()) + " bytes, it must have 32",
                "wechat.apiv3_key_file");
  if (config.transfer_scene != kCommissionScene)
    return fail(Code::invalid_field, "transfers are reported as commission; the scene must be 1005",
                "wechat.transfer_scene");
  return std::unique_ptr<WechatRail>(new WechatRail(std::move(config), std::move(transport)));
}

std::map<std::string, PublicKey>::const_iterator WechatRail::sealing_key() const {
  const auto& keys = config_.platform_keys;  // make has seen to it that there is one
  const auto by_id =
      std::find_if(keys.begin(), keys.end(), [](const auto& k) { return k.first.starts_with(kPublicKeyIdPrefix); });
  return by_id != keys.end() ? by_id : keys.begin();
}

Status WechatRail::verify(const Headers& headers, std::string_view body, Instant now) const {
  const std::string_view timestamp = find_header(headers, "Wechatpay-Timestamp");
  const auto stamped = parse_seconds(timestamp);
  if (!stamped) return fail(Code::signature_invalid, "the timestamp is missing or no number", "Wechatpay-Timestamp");
  if (!within_skew(*stamped, now))
    return fail(Code::signature_invalid, "the timestamp is more than 300 s off", "Wechatpay-Timestamp");
  const std::string serial(find_header(headers, "Wechatpay-Serial"));
  const auto key = config_.platform_keys.find(serial);
  if (key == config_.platform_keys.end())
    return fail(Code::signature_invalid, "no public key is known by this serial number", "Wechatpay-Serial");
  return key->second.verify(response_message(timestamp, find_header(headers, "Wechatpay-Nonce"), body),
                            find_header(headers, "Wechatpay-Signature"));
}

Result<std::string> WechatRail::exchange(std::string_view method, const std::string& path_and_query,
                                         const std::string& body, Instant now, Random& random, bool sealed) {
  Authorization authorization{
      config_.mchid, random.base62(kNonceLength), seconds_text(now), config_.merchant_serial, {}};
  authorization.signature = config_.merchant_key.sign(
      request_message(method, path_and_query, authorization.timestamp, authorization.nonce, body));
  Headers headers = {
      {"Accept", "application/json"}, {"User-Agent", "lianbo"}, {"Authorization", authorization_header(authorization)}};
  if (!body.empty()) headers.emplace_back("Content-Type", "application/json");
  // While a merchant moves from certificates to the public key, this asks for answers signed with the public key. It
  // also names the key that a field of the body is sealed under.
  if (const std::string& serial = sealing_key()->first; sealed || serial.starts_with(kPublicKeyIdPrefix))
    headers.emplace_back("Wechatpay-Serial", serial);

  const auto reply = transport_->send(method, path_and_query, headers, body);
  if (!reply) return fail(Code::payment_unreachable, reply.error().text());
  if (reply->status >= 500 || reply->status == 429) return fail(Code::payment_unreachable, said(*reply));
  if (const auto trusted = verify(reply->headers, reply->body, now); !trusted)
    return fail(Code::payment_unreachable,
                "an answer whose signature does not verify is not believed (" + trusted.error().text() +
                    "): " + (reply->status < 300 ? "HTTP " + std::to_string(reply->status) : said(*reply)));
  if (reply->status < 200 || reply->status >= 300) return fail(Code::payment_refused, said(*reply));
  return reply->body;
}

Result<Prepaid> WechatRail::prepay(const PrepayWish& wish, Instant now, Random& random) {
  if (wish.amount_fen < 1 || wish.amount_fen > kMaxAmountFen)
    return fail(Code::invalid_field, "the amount must be 1 … " + std::to_string(kMaxAmountFen) + " fen", "amount_fen");
  if (wish.attach.size() > kAttachBytes)
    return fail(Code::invalid_field, "at most 128 bytes can be attached", "attach");
  JsonWriter w;
  w.begin()
      .field("appid", config_.appid)
      .field("mchid", config_.mchid)
      .field("description", cut_utf8(wish.description, kDescriptionBytes))
      .field("out_trade_no", wish.out_trade_no);
  if (wish.expires_at != 0) {
    const Instant soonest = now + kShortestLifeMs;
    w.field("time_expire", wechat_time(std::clamp(wish.expires_at, soonest, now + kLongestLifeMs)));
  }
  if (!wish.attach.empty()) w.field("attach", wish.attach);
  w.field("notify_url", wish.notify_url);
  w.key("amount").begin().field("total", wish.amount_fen).field("currency", wish.currency).end();
  w.key("payer").begin().field("openid", wish.payer_openid).end();
  w.end();
  TRY(const std::string text, exchange("POST", "/v3/pay/transactions/jsapi", w.text(), now, random));
  const auto body = parse_json(text);
  if (!body) return unreadable(body.error().text());
  const auto prepay_id = text_member(*body, {"prepay_id"});
  if (!prepay_id || prepay_id->empty()) return unreadable("prepay_id is expected");

  const std::string timestamp = seconds_text(now);
  const std::string nonce = random.base62(kNonceLength);
  const std::string package = "prepay_id=" + *prepay_id;
  JsonWriter params;
  params.begin()
      .field("appId", config_.appid)
      .field("timeStamp", timestamp)
      .field("nonceStr", nonce)
      .field("package", package)
      .field("signType", "RSA")
      .field("paySign", config_.merchant_key.sign(client_pay_message(config_.appid, timestamp, nonce, package)))
      .end();
  return Prepaid{*prepay_id, params.take()};
}

Result<Trade> WechatRail::query(const std::string& out_trade_no, Instant now, Random& random) {
  TRY(const std::string text,
      exchange("GET", "/v3/pay/transactions/out-trade-no/" + percent_encode(out_trade_no) + "?mchid=" + config_.mchid,
               "", now, random));
  const auto body = parse_json(text);
  if (!body) return unreadable(body.error().text());
  const auto state = trade_state(text_member(*body, {"trade_state"}).value_or(""));
  if (!state) return unreadable("trade_state is missing or unknown");
  if (text_member(*body, {"out_trade_no"}) != out_trade_no || text_member(*body, {"mchid"}) != config_.mchid)
    return unreadable("it is about another payment");
  Trade trade;
  trade.state = *state;
  trade.transaction_id = text_member(*body, {"transaction_id"}).value_or("");
  trade.amount_fen = integer_member(*body, {"amount", "total"}).value_or(0);
  trade.currency = text_member(*body, {"amount", "currency"}).value_or("");
  trade.success_at = time_member(*body, {"success_time"});
  trade.payer_openid = text_member(*body, {"payer", "openid"}).value_or("");
  return trade;
}

Status WechatRail::close(const std::string& out_trade_no, Instant now, Random& random) {
  JsonWriter w;
  w.begin().field("mchid", config_.mchid).end();
  TRY_OK(exchange("POST", "/v3/pay/transactions/out-trade-no/" + percent_encode(out_trade_no) + "/close", w.text(), now,
                  random));
  return {};
}

Result<Refunded> WechatRail::refund(const RefundWish& wish, Instant now, Random& random) {
  if (wish.refund_fen < 1 || wish.refund_fen > wish.total_fen)
    return fail(Code::invalid_field, "a refund is at least 1 fen and at most the payment", "refund_fen");
  JsonWriter w;
  w.begin().field("out_trade_no", wish.out_trade_no).field("out_refund_no", wish.out_refund_no);
  if (!wish.reason.empty()) w.field("reason", cut_utf8(wish.reason, kReasonBytes));
  if (!wish.notify_url.empty()) w.field("notify_url", wish.notify_url);
  w.key("amount")
      .begin()
      .field("refund", wish.refund_fen)
      .field("total", wish.total_fen)
      .field("currency", wish.currency)
      .end();
  w.end();
  TRY(const std::string text, exchange("POST", "/v3/refund/domestic/refunds", w.text(), now, random));
  return read_refund(text, wish.out_refund_no);
}

Result<Refunded> WechatRail::query_refund(const std::string& out_refund_no, Instant now, Random& random) {
  TRY(const std::string text,
      exchange("GET", "/v3/refund/domestic/refunds/" + percent_encode(out_refund_no), "", now, random));
  return read_refund(text, out_refund_no);
}

// Of an answer or of a notice: they differ in what else they carry.
Result<Transferred> WechatRail::read_transfer(const json::value& value) const {
  Transferred out;
  out.out_bill_no = text_member(value, {"out_bill_no"}).value_or("");
  out.transfer_bill_no = text_member(value, {"transfer_bill_no"}).value_or("");
  const auto state = transfer_state(text_member(value, {"state"}).value_or(""));
  if (out.out_bill_no.empty() || !state) return unreadable("out_bill_no and state are expected");
  out.state = *state;
  out.amount_fen = integer_member(value, {"transfer_amount"}).value_or(0);
  out.fail_reason = text_member(value, {"fail_reason"}).value_or("");
  if (const auto package = text_member(value, {"package_info"}); package && !package->empty()) {
    JsonWriter w;
    w.begin().field("mchId", config_.mchid).field("appId", config_.appid).field("package", *package).end();
    out.confirm_params = w.take();
  }
  return out;
}

Result<Transferred> WechatRail::transfer(const TransferWish& wish, Instant now, Random& random) {
  if (wish.amount_fen < 1 || wish.amount_fen > kMaxAmountFen)
    return fail(Code::invalid_field, "the amount must be 1 … " + std::to_string(kMaxAmountFen) + " fen", "amount_fen");
  JsonWriter w;
  w.begin()
      .field("appid", config_.appid)
      .field("out_bill_no", wish.out_bill_no)
      .field("transfer_scene_id", config_.transfer_scene)
      .field("openid", wish.openid);
  if (wish.amount_fen >= kNameFromFen) {
    TRY(const auto name, sealing_key()->second.encrypt(cut_utf8(wish.holder, 120)));
    w.field("user_name", name);
  }
  w.field("transfer_amount", wish.amount_fen)
      .field("transfer_remark", cut_characters(wish.remark, kRemarkCharacters))
      .field("notify_url", wish.notify_url)
      .field("user_recv_perception", "劳务报酬");
  w.key("transfer_scene_report_infos").begin_list();
  w.begin().field("info_type", "岗位类型").field("info_content", cut_characters(wish.post, kPostCharacters)).end();
  w.begin().field("info_type", "报酬说明").field("info_content", cut_characters(wish.remark, kRemarkCharacters)).end();
  w.end_list().end();
  TRY(const std::string text,
      exchange("POST", std::string(kTransfers), w.text(), now, random, wish.amount_fen >= kNameFromFen));
  const auto body = parse_json(text);
  if (!body) return unreadable(body.error().text());
  TRY(auto answer, read_transfer(*body));
  if (answer.out_bill_no != wish.out_bill_no) return unreadable("it is about another transfer");
  answer.amount_fen = wish.amount_fen;  // the answer does not repeat it
  return answer;
}

Result<Transferred> WechatRail::query_transfer(const std::string& out_bill_no, Instant now, Random& random) {
  TRY(const std::string text,
      exchange("GET", std::string(kTransfers) + "/out-bill-no/" + percent_encode(out_bill_no), "", now, random));
  const auto body = parse_json(text);
  if (!body) return unreadable(body.error().text());
  TRY(auto answer, read_transfer(*body));
  if (answer.out_bill_no != out_bill_no) return unreadable("it is about another transfer");
  return answer;
}

Result<Notice> WechatRail::read_notice(const Headers& headers, std::string_view body, Instant now) {
  TRY_OK(verify(headers, body, now));

  TRY(const auto envelope, parse_json(body));
  const auto event_id = text_member(envelope, {"id"});
  const auto event_type = text_member(envelope, {"event_type"});
  const auto algorithm = text_member(envelope, {"resource", "algorithm"});
  const auto ciphertext = text_member(envelope, {"resource", "ciphertext"});
  const auto nonce = text_member(envelope, {"resource", "nonce"});
  if (!event_id || event_id->empty() || !event_type || !ciphertext || !nonce)
    return fail(Code::bad_request, "a notice must have id, event_type and resource with ciphertext and nonce");
  if (algorithm != "AEAD_AES_256_GCM")
    return fail(Code::bad_request, "only AEAD_AES_256_GCM is understood", "/resource/algorithm");
  TRY(const std::string decrypted,
      aead_decrypt(config_.apiv3_key, *nonce, text_member(envelope, {"resource", "associated_data"}).value_or(""),
                   *ciphertext));
  TRY(const auto plain, parse_json(decrypted));

  // Notices of transfers spell it either way.
  const auto mchid = text_member(plain, {"mchid"});
  if ((mchid ? mchid : text_member(plain, {"mch_id"})) != config_.mchid)
    return fail(Code::payment_mismatch, "the notice is for another merchant", "mchid");
  if (*event_type == "TRANSACTION.SUCCESS") {
    if (text_member(plain, {"appid"}) != config_.appid)
      return fail(Code::payment_mismatch, "the notice is for another appid", "appid");
    TRY(auto notice, read_payment(*event_id, plain));
    return Notice(std::move(notice));
  }
  if (event_type->starts_with("REFUND.")) {
    TRY(auto notice, read_refund_notice(*event_id, plain));
    return Notice(std::move(notice));
  }
  if (*event_type == "MCHTRANSFER.BILL.FINISHED") {
    auto transfer = read_transfer(plain);
    if (!transfer) return fail(Code::payment_mismatch, "a transfer's notice must have out_bill_no and state");
    return Notice(TransferNotice{*event_id, *std::move(transfer)});
  }
  return fail(Code::bad_request, "notices of type " + cut_utf8(*event_type, 64) + " are not taken here", "/event_type");
}

}  // namespace lianbo::pay
