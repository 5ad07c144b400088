// WechatRail: PayRail in the language of WeChat Pay API v3 (JSAPI and mini-program orders, refunds, transfers to a
// person, notices).
//
// Every request is signed with the merchant's key; every answer, refusals included, is believed only when its signature
// verifies with the public key that Wechatpay-Serial names and its timestamp lies within 300 s of `now`. An answer that
// fails this is payment_unreachable: the request may have had its effect, and the same call may be repeated. Several
// public keys may be known at a time (a switch from certificate to public key). Immutable after make; any thread.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "base/json.hpp"
#include "base/settings.hpp"
#include "pay/rail.hpp"
#include "pay/transport.hpp"
#include "pay/wechat/crypto.hpp"

namespace lianbo::pay {

struct WechatConfig {
  std::string appid;
  std::string mchid;
  std::string merchant_serial;
  PrivateKey merchant_key;
  std::string apiv3_key;                           // 32 bytes
  std::map<std::string, PublicKey> platform_keys;  // by Wechatpay-Serial
  std::string transfer_scene = "1005";             // 佣金报酬, the one for hosts and sellers
};

class WechatRail final : public PayRail {
 public:
  // Refuses an incomplete configuration, naming what is missing.
  static Result<std::unique_ptr<WechatRail>> make(WechatConfig config, std::unique_ptr<Transport> transport);

  Result<Prepaid> prepay(const PrepayWish& wish, Instant now, Random& random) override;
  Result<Trade> query(const std::string& out_trade_no, Instant now, Random& random) override;
  Status close(const std::string& out_trade_no, Instant now, Random& random) override;
  Result<Refunded> refund(const RefundWish& wish, Instant now, Random& random) override;
  Result<Refunded> query_refund(const std::string& out_refund_no, Instant now, Random& random) override;
  Result<Transferred> transfer(const TransferWish& wish, Instant now, Random& random) override;
  Result<Transferred> query_transfer(const std::string& out_bill_no, Instant now, Random& random) override;
  Result<Notice> read_notice(const Headers& headers, std::string_view body, Instant now) override;

 private:
  WechatRail(WechatConfig config, std::unique_ptr<Transport> transport)
      : config_(std::move(config)), transport_(std::move(transport)) {}

  // Signs, sends and verifies; the body of a 2xx answer.
  Result<std::string> exchange(std::string_view method, const std::string& path_and_query, const std::string& body,
                               Instant now, Random& random, bool sealed = false);
  Status verify(const Headers& headers, std::string_view body, Instant now) const;
  // The key that sealed fields go under and answers are asked for with: the public key while there is one.
  std::map<std::string, PublicKey>::const_iterator sealing_key() const;
  Result<Transferred> read_transfer(const json::value& value) const;

  WechatConfig config_;
  std::unique_ptr<Transport> transport_;
};

// From the wechat.* settings: reads the key files and speaks to wechat.api over HTTPS.
Result<std::unique_ptr<PayRail>> make_wechat_rail(const Settings& settings);

}  // namespace lianbo::pay
