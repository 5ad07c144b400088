#include "pay/sandbox/sandbox_store.hpp"

namespace lianbo::pay::sandbox {
namespace {

using db::Row;
using db::Sql;

const Sql kFindKeys{
    "sandbox.find_keys",
    "select appid, mchid, merchant_serial, merchant_key_pem, platform_serial, platform_key_pem, apiv3_key "
    "from sandbox_keys where id = 1"};
const Sql kInsertKeys{"sandbox.insert_keys",
                      "insert into sandbox_keys (id, appid, mchid, merchant_serial, merchant_key_pem, platform_serial, "
                      "platform_key_pem, apiv3_key, created_at) values (1, $1, $2, $3, $4, $5, $6, $7, $8) "
                      "on conflict (id) do nothing"};

#define TRANSACTION_COLUMNS                                                                                \
  "out_trade_no, description, amount_fen, currency, payer_openid, attach, notify_url, expires_at, state, " \
  "transaction_id, paid_at, refunded_fen, refunds, created_at"
const Sql kInsertTransaction{
    "sandbox.insert_transaction",
    "insert into sandbox_transactions (out_trade_no, description, amount_fen, currency, "
    "payer_openid, attach, notify_url, expires_at, state, created_at) "
    "values ($1, $2, $3, $4, $5, $6, $7, $8, 'NOTPAY', $9) on conflict (out_trade_no) do nothing"};
const Sql kLockTransaction{"sandbox.lock_transaction",
                           "update sandbox_transactions set version = version + 1 where out_trade_no = $1 "
                           "returning " TRANSACTION_COLUMNS};
const Sql kLockTransactionById{"sandbox.lock_transaction_by_id",
                               "update sandbox_transactions set version = version + 1 where transaction_id = $1 "
                               "returning " TRANSACTION_COLUMNS};
const Sql kFindTransaction{"sandbox.find_transaction",
                           "select " TRANSACTION_COLUMNS " from sandbox_transactions where out_trade_no = $1"};
const Sql kFindTransactionById{"sandbox.find_transaction_by_id",
                               "select " TRANSACTION_COLUMNS " from sandbox_transactions where transaction_id = $1"};
#undef TRANSACTION_COLUMNS
const Sql kMarkPaid{"sandbox.mark_paid",
                    "update sandbox_transactions set state = 'SUCCESS', transaction_id = $2, paid_at = $3 "
                    "where out_trade_no = $1 and state = 'NOTPAY'"};
const Sql kMarkClosed{"sandbox.mark_closed",
                      "update sandbox_transactions set state = 'CLOSED' where out_trade_no = $1 and state = 'NOTPAY'"};
const Sql kAddRefund{"sandbox.add_refund",
                     "update sandbox_transactions set state = 'REFUND', refunded_fen = refunded_fen + $2, "
                     "refunds = refunds + 1 where out_trade_no = $1"};

const Sql kInsertPrepay{"sandbox.insert_prepay",
                        "insert into sandbox_prepays (prepay_id, out_trade_no, created_at) values ($1, $2, $3)"};
const Sql kFindPrepay{"sandbox.find_prepay",
                      "select out_trade_no, created_at from sandbox_prepays where prepay_id = $1"};

#define REFUND_COLUMNS                                                                                            \
  "out_refund_no, refund_id, out_trade_no, transaction_id, refund_fen, total_fen, currency, reason, notify_url, " \
  "state, due_at, success_at, created_at"
const Sql kInsertRefund{"sandbox.insert_refund", "insert into sandbox_refunds (" REFUND_COLUMNS
                                                 ") values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) "
                                                 "on conflict (out_refund_no) do nothing"};
const Sql kFindRefund{"sandbox.find_refund", "select " REFUND_COLUMNS " from sandbox_refunds where out_refund_no = $1"};
const Sql kDueRefunds{"sandbox.due_refunds",
                      "select out_refund_no from sandbox_refunds where state = 'PROCESSING' and due_at <= $1 "
                      "order by due_at, out_refund_no limit $2"};
const Sql kFinishRefund{"sandbox.finish_refund",
                        "update sandbox_refunds set state = 'SUCCESS', success_at = due_at "
                        "where out_refund_no = $1 and state = 'PROCESSING' and due_at <= $2 returning " REFUND_COLUMNS};
#undef REFUND_COLUMNS
const Sql kNextRefund{"sandbox.next_refund",
                      "select due_at from sandbox_refunds where state = 'PROCESSING' order by due_at limit 1"};

#define NOTICE_COLUMNS \
  "event_id, event_type, original_type, summary, resource, notify_url, copies, tries, next_try_at, created_at"
const Sql kInsertNotice{"sandbox.insert_notice",
                        "insert into sandbox_notices (" NOTICE_COLUMNS
                        ", state) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 'waiting')"};
const Sql kDueNotices{"sandbox.due_notices", "select " NOTICE_COLUMNS
                                             " from sandbox_notices where state = 'waiting' and next_try_at <= $1 "
                                             "order by next_try_at, event_id limit $2"};
const Sql kClaimNotice{"sandbox.claim_notice",
                       "update sandbox_notices set tries = tries + 1, next_try_at = $3, state = $4 "
                       "where event_id = $1 and tries = $2 and state = 'waiting'"};
const Sql kMarkAnswered{"sandbox.mark_answered", "update sandbox_notices set state = 'answered' where event_id = $1"};
const Sql kNextNotice{"sandbox.next_notice",
                      "select next_try_at from sandbox_notices where state = 'waiting' order by next_try_at limit 1"};

#define TRANSFER_COLUMNS                                                                                    \
  "out_bill_no, transfer_bill_no, openid, amount_fen, remark, notify_url, state, fail_reason, created_at, " \
  "updated_at"
const Sql kInsertTransfer{"sandbox.insert_transfer", "insert into sandbox_transfers (" TRANSFER_COLUMNS
                                                     ") values ($1, $2, $3, $4, $5, $6, $7, null, $8, $8) "
                                                     "on conflict (out_bill_no) do nothing"};
const Sql kFindTransfer{"sandbox.find_transfer",
                        "select " TRANSFER_COLUMNS " from sandbox_transfers where out_bill_no = $1"};
const Sql kStaleTransfers{"sandbox.stale_transfers",
                          "select out_bill_no from sandbox_transfers where state = 'WAIT_USER_CONFIRM' and created_at "
                          "<= $1 order by created_at, out_bill_no limit $2"};
const Sql kEndTransfer{"sandbox.end_transfer",
                       "update sandbox_transfers set state = $2, fail_reason = $3, updated_at = $4 where out_bill_no "
                       "= $1 and state = 'WAIT_USER_CONFIRM' returning " TRANSFER_COLUMNS};
#undef TRANSFER_COLUMNS
const Sql kOldestTransfer{
    "sandbox.oldest_transfer",
    "select created_at from sandbox_transfers where state = 'WAIT_USER_CONFIRM' order by created_at limit 1"};

TransferRow transfer_of(const Row& r) {
  return {r.str(0), r.str(1), r.str(2), r.integer(3), r.str(4),
          r.str(5), r.str(6), r.str(7), r.integer(8), r.integer(9)};
}

TransactionRow transaction_of(const Row& r) {
  return {r.str(0),
          r.str(1),
          r.integer(2),
          r.str(3),
          r.str(4),
          r.str(5),
          r.str(6),
          r.integer(7),
          r.str(8),
          r.str(9),
          r.integer(10),
          r.integer(11),
          static_cast<int>(r.integer(12)),
          r.integer(13)};
}

RefundRow refund_of(const Row& r) {
  return {r.str(0), r.str(1), r.str(2), r.str(3),      r.integer(4),  r.integer(5), r.str(6),
          r.str(7), r.str(8), r.str(9), r.integer(10), r.integer(11), r.integer(12)};
}

NoticeRow notice_of(const Row& r) {
  return {r.str(0),
          r.str(1),
          r.str(2),
          r.str(3),
          r.str(4),
          r.str(5),
          static_cast<int>(r.integer(6)),
          static_cast<int>(r.integer(7)),
          r.integer(8),
          r.integer(9)};
}

std::optional<Instant> instant_of(db::Tx& tx, const Sql& sql) {
  return tx.one(sql, {}, [](const Row& r) { return r.integer(0); });
}

}  // namespace

std::optional<KeyRow> find_keys(db::Tx& tx) {
  return tx.one(kFindKeys, {}, [](const Row& r) {
    return KeyRow{r.str(0), r.str(1), r.str(2), r.str(3), r.str(4), r.str(5), r.str(6)};
  });
}

void insert_keys(db::Tx& tx, const KeyRow& k, Instant now) {
  tx.exec(kInsertKeys, {k.appid, k.mchid, k.merchant_serial, k.merchant_key_pem, k.platform_serial, k.platform_key_pem,
                        k.apiv3_key, now});
}

bool insert_transaction(db::Tx& tx, const TransactionRow& t) {
  return tx.exec(kInsertTransaction, {t.out_trade_no, t.description, t.amount_fen, t.currency, t.payer_openid, t.attach,
                                      t.notify_url, t.expires_at, t.created_at}) == 1;
}
std::optional<TransactionRow> lock_transaction(db::Tx& tx, const std::string& out_trade_no) {
  return tx.one(kLockTransaction, {out_trade_no}, transaction_of);
}
std::optional<TransactionRow> lock_transaction_by_id(db::Tx& tx, const std::string& transaction_id) {
  return tx.one(kLockTransactionById, {transaction_id}, transaction_of);
}
std::optional<TransactionRow> find_transaction(db::Tx& tx, const std::string& out_trade_no) {
  return tx.one(kFindTransaction, {out_trade_no}, transaction_of);
}
std::optional<TransactionRow> find_transaction_by_id(db::Tx& tx, const std::string& transaction_id) {
  return tx.one(kFindTransactionById, {transaction_id}, transaction_of);
}
void mark_paid(db::Tx& tx, const std::string& out_trade_no, const std::string& transaction_id, Instant now) {
  tx.exec(kMarkPaid, {out_trade_no, transaction_id, now});
}
void mark_closed(db::Tx& tx, const std::string& out_trade_no) { tx.exec(kMarkClosed, {out_trade_no}); }
void add_refund(db::Tx& tx, const std::string& out_trade_no, Fen refund_fen) {
  tx.exec(kAddRefund, {out_trade_no, refund_fen});
}

void insert_prepay(db::Tx& tx, const std::string& prepay_id, const std::string& out_trade_no, Instant now) {
  tx.exec(kInsertPrepay, {prepay_id, out_trade_no, now});
}
std::optional<PrepayRow> find_prepay(db::Tx& tx, const std::string& prepay_id) {
  return tx.one(kFindPrepay, {prepay_id}, [](const Row& r) { return PrepayRow{r.str(0), r.integer(1)}; });
}

bool insert_refund(db::Tx& tx, const RefundRow& r) {
  const db::Param success_at = r.success_at == 0 ? db::Param(nullptr) : db::Param(r.success_at);
  return tx.exec(kInsertRefund,
                 {r.out_refund_no, r.refund_id, r.out_trade_no, r.transaction_id, r.refund_fen, r.total_fen, r.currency,
                  r.reason, r.notify_url, r.state, r.due_at, success_at, r.created_at}) == 1;
}
std::optional<RefundRow> find_refund_row(db::Tx& tx, const std::string& out_refund_no) {
  return tx.one(kFindRefund, {out_refund_no}, refund_of);
}
std::vector<std::string> due_refunds(db::Tx& tx, Instant now, int limit) {
  return tx.all(kDueRefunds, {now, limit}, [](const Row& r) { return r.str(0); });
}
std::optional<RefundRow> finish_refund(db::Tx& tx, const std::string& out_refund_no, Instant now) {
  return tx.one(kFinishRefund, {out_refund_no, now}, refund_of);
}

bool insert_transfer(db::Tx& tx, const TransferRow& r) {
  return tx.exec(kInsertTransfer, {r.out_bill_no, r.transfer_bill_no, r.openid, r.amount_fen, r.remark, r.notify_url,
                                   r.state, r.created_at}) == 1;
}
std::optional<TransferRow> find_transfer(db::Tx& tx, const std::string& out_bill_no) {
  return tx.one(kFindTransfer, {out_bill_no}, transfer_of);
}
std::vector<std::string> stale_transfers(db::Tx& tx, Instant made_before, int limit) {
  return tx.all(kStaleTransfers, {made_before, limit}, [](const Row& r) { return r.str(0); });
}
std::optional<TransferRow> end_transfer(db::Tx& tx, const std::string& out_bill_no, std::string_view state,
                                        std::string_view fail_reason, Instant now) {
  return tx.one(kEndTransfer, {out_bill_no, state, fail_reason, now}, transfer_of);
}

void insert_notice(db::Tx& tx, const NoticeRow& n) {
  tx.exec(kInsertNotice, {n.event_id, n.event_type, n.original_type, n.summary, n.resource, n.notify_url, n.copies,
                          n.tries, n.next_try_at, n.created_at});
}
std::vector<NoticeRow> due_notices(db::Tx& tx, Instant now, int limit) {
  return tx.all(kDueNotices, {now, limit}, notice_of);
}
bool claim_notice(db::Tx& tx, const NoticeRow& n, std::optional<Instant> next_try_at) {
  return tx.exec(kClaimNotice,
                 {n.event_id, n.tries, next_try_at.value_or(n.next_try_at), next_try_at ? "waiting" : "given_up"}) == 1;
}
void mark_answered(db::Tx& tx, const std::string& event_id) { tx.exec(kMarkAnswered, {event_id}); }

std::optional<Instant> next_notice_at(db::Tx& tx) { return instant_of(tx, kNextNotice); }
std::optional<Instant> next_refund_at(db::Tx& tx) { return instant_of(tx, kNextRefund); }
std::optional<Instant> oldest_waiting_transfer(db::Tx& tx) { return instant_of(tx, kOldestTransfer); }

}  // namespace lianbo::pay::sandbox
