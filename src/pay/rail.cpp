#include "pay/rail.hpp"

namespace lianbo::pay {

std::string_view state_name(TradeState state) {
  switch (state) {
    case TradeState::success:
      return "success";
    case TradeState::refund:
      return "refund";
    case TradeState::notpay:
      return "notpay";
    case TradeState::closed:
      return "closed";
    case TradeState::payerror:
      return "payerror";
    case TradeState::userpaying:
      return "userpaying";
  }
  return "";
}

std::string_view state_name(RefundState state) {
  switch (state) {
    case RefundState::success:
      return "success";
    case RefundState::processing:
      return "processing";
    case RefundState::closed:
      return "closed";
    case RefundState::abnormal:
      return "abnormal";
  }
  return "";
}

std::string_view state_name(TransferState state) {
  switch (state) {
    case TransferState::working:
      return "working";
    case TransferState::waiting:
      return "waiting";
    case TransferState::success:
      return "success";
    case TransferState::failed:
      return "failed";
  }
  return "";
}

Refusal refusal_of(const Error& error) {
  if (error.code != Code::payment_refused) return Refusal::none;
  // The rail writes the detail as "CODE: message". WeChat Pay spells some codes with and without underscores.
  struct Known {
    std::string_view code;
    Refusal refusal;
  };
  static constexpr Known kKnown[] = {
      {"ORDER_NOT_EXIST", Refusal::not_found},     {"ORDERNOTEXIST", Refusal::not_found},
      {"RESOURCE_NOT_EXISTS", Refusal::not_found}, {"NOT_FOUND", Refusal::not_found},
      {"ORDER_PAID", Refusal::already_paid},       {"ORDERPAID", Refusal::already_paid},
      {"ORDER_CLOSED", Refusal::closed},           {"ORDERCLOSED", Refusal::closed},
      {"OUT_TRADE_NO_USED", Refusal::number_used}, {"NOT_ENOUGH", Refusal::not_enough},
      {"NOTENOUGH", Refusal::not_enough},
  };
  const std::string_view code = std::string_view(error.detail).substr(0, error.detail.find(':'));
  for (const auto& known : kKnown)
    if (known.code == code) return known.refusal;
  return Refusal::other;
}

}  // namespace lianbo::pay
