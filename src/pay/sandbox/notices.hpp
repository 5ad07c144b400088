// What the sandbox tells its merchant, made in one place for the two that queue it. Private to the sandbox.
#pragma once

#include <string>
#include <string_view>

#include "pay/sandbox/sandbox.hpp"
#include "pay/sandbox/sandbox_store.hpp"

namespace lianbo::pay::sandbox {

inline constexpr std::string_view kNotConfirmed = "OVERDUE_CLOSE";  // nobody confirmed the transfer within a day

std::string event_id(std::string_view event_type, std::string_view number, Instant at);
NoticeRow refund_notice(const Keys& keys, const RefundRow& refund, int copies, Instant first_at);
NoticeRow transfer_notice(const Keys& keys, const TransferRow& transfer, int copies, Instant first_at);

}  // namespace lianbo::pay::sandbox
