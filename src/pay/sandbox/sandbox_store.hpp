// All SQL of the sandbox. Free functions that join the caller's transaction; a transaction row is locked (by updating
// it) before anything is decided about it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/money.hpp"
#include "db/db.hpp"

namespace lianbo::pay::sandbox {

struct KeyRow {
  std::string appid, mchid, merchant_serial, merchant_key_pem, platform_serial, platform_key_pem, apiv3_key;
};
std::optional<KeyRow> find_keys(db::Tx& tx);
void insert_keys(db::Tx& tx, const KeyRow& keys, Instant now);  // does nothing when there are some

struct TransactionRow {
  std::string out_trade_no, description;
  Fen amount_fen = 0;
  std::string currency, payer_openid, attach, notify_url;
  Instant expires_at = 0;
  std::string state = "NOTPAY";
  std::string transaction_id;  // "" until paid
  Instant paid_at = 0;
  Fen refunded_fen = 0;
  int refunds = 0;
  Instant created_at = 0;

  // NOTPAY past its expiry counts as CLOSED.
  std::string state_at(Instant now) const { return state == "NOTPAY" && now >= expires_at ? "CLOSED" : state; }
};
bool insert_transaction(db::Tx& tx, const TransactionRow& row);  // false: the number is taken
std::optional<TransactionRow> lock_transaction(db::Tx& tx, const std::string& out_trade_no);
std::optional<TransactionRow> lock_transaction_by_id(db::Tx& tx, const std::string& transaction_id);
std::optional<TransactionRow> find_transaction(db::Tx& tx, const std::string& out_trade_no);
std::optional<TransactionRow> find_transaction_by_id(db::Tx& tx, const std::string& transaction_id);
void mark_paid(db::Tx& tx, const std::string& out_trade_no, const std::string& transaction_id, Instant now);
void mark_closed(db::Tx& tx, const std::string& out_trade_no);
void add_refund(db::Tx& tx, const std::string& out_trade_no, Fen refund_fen);

struct PrepayRow {
  std::string out_trade_no;
  Instant created_at = 0;
};
void insert_prepay(db::Tx& tx, const std::string& prepay_id, const std::string& out_trade_no, Instant now);
std::optional<PrepayRow> find_prepay(db::Tx& tx, const std::string& prepay_id);

struct RefundRow {
  std::string out_refund_no, refund_id, out_trade_no, transaction_id;
  Fen refund_fen = 0, total_fen = 0;
  std::string currency, reason, notify_url;
  std::string state;
  Instant due_at = 0, success_at = 0, created_at = 0;
};
bool insert_refund(db::Tx& tx, const RefundRow& row);  // false: the number is taken
std::optional<RefundRow> find_refund_row(db::Tx& tx, const std::string& out_refund_no);
std::vector<std::string> due_refunds(db::Tx& tx, Instant now, int limit);
// PROCESSING and due → SUCCESS as of its due instant; nothing when another was first.
std::optional<RefundRow> finish_refund(db::Tx& tx, const std::string& out_refund_no, Instant now);

struct TransferRow {
  std::string out_bill_no, transfer_bill_no, openid;
  Fen amount_fen = 0;
  std::string remark, notify_url;
  std::string state = "WAIT_USER_CONFIRM";
  std::string fail_reason;
  Instant created_at = 0, updated_at = 0;
};
bool insert_transfer(db::Tx& tx, const TransferRow& row);  // false: the number is taken
std::optional<TransferRow> find_transfer(db::Tx& tx, const std::string& out_bill_no);
std::vector<std::string> stale_transfers(db::Tx& tx, Instant made_before, int limit);
// WAIT_USER_CONFIRM → state; nothing when another was first.
std::optional<TransferRow> end_transfer(db::Tx& tx, const std::string& out_bill_no, std::string_view state,
                                        std::string_view fail_reason, Instant now);

struct NoticeRow {
  std::string event_id, event_type, original_type, summary, resource, notify_url;
  int copies = 1;
  int tries = 0;
  Instant next_try_at = 0;
  Instant created_at = 0;
};
void insert_notice(db::Tx& tx, const NoticeRow& row);
std::vector<NoticeRow> due_notices(db::Tx& tx, Instant now, int limit);
// Takes the next try of a notice: false when another took it. Without next_try_at it is the last.
bool claim_notice(db::Tx& tx, const NoticeRow& row, std::optional<Instant> next_try_at);
void mark_answered(db::Tx& tx, const std::string& event_id);

std::optional<Instant> next_notice_at(db::Tx& tx);
std::optional<Instant> next_refund_at(db::Tx& tx);
std::optional<Instant> oldest_waiting_transfer(db::Tx& tx);  // made at

}  // namespace lianbo::pay::sandbox
