// Payouts: what was settled leaves for the agents' accounts in batches, as a file for a bank or through the payment
// rail (transfer.hpp), and what became of it is read back (SPEC 8).
//
//   settlement ─▶ payout sent (file or transfers) ─▶ done: the settlement is paid, with the reference
//                                                └▶ failed: the settlement waits for the next batch
//
// A settlement is in at most one batch at a time, and never paid twice. The file is written from the payout notes of
// the agents; who has none is left out and named. Making, reading and answering a batch is for owner and finance,
// audited.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/call.hpp"
#include "db/db.hpp"
#include "order/order.hpp"

namespace lianbo::order {

inline constexpr int kMaxPayouts = 10000;  // of one batch

struct PayoutBatch {
  PayoutBatchId id;
  BrandId brand;
  PersonId by;
  Instant at = 0;
  std::int64_t payouts = 0, done = 0, failed = 0;
  Fen amount_fen = 0, done_fen = 0;
  std::string channel = "file";   // rail: finance had it sent through the payment rail
  std::int64_t transferring = 0;  // transfers of it that have not ended
};
struct NewBatch {
  PayoutBatch batch;
  std::vector<AgentId> without_note;  // not in it: nobody knows where to pay
};
// Everything settled and not paid, at most kMaxPayouts. settlement_conflict when there is nothing to pay.
Result<NewBatch> make_batch(db::Tx& tx, const Call& call, BrandId brand);
Result<std::vector<PayoutBatch>> batches(db::Tx& tx, const Call& call, BrandId brand, std::int64_t after, int limit);
// For who pays; not_found.
Result<PayoutBatch> own_batch(db::Tx& tx, const Call& call, PayoutBatchId id);
std::string batch_json(const PayoutBatch& batch);

// CSV: payout_no, agent_code, method, holder, account, amount_yuan, currency, remark. Left out: what is done or failed,
// or on its way through the rail; of what the rail brought in part, the rest.
Result<std::string> payout_file(db::Tx& tx, const Call& call, PayoutBatchId id);

struct PayoutResults {
  std::int64_t done = 0, failed = 0, known = 0;  // known: told before
};
// CSV: payout_no, result (success 成功, failed 失败), reference, reason. All or nothing; csv_invalid names each wrong
// place.
Result<PayoutResults> take_results(db::Tx& tx, const Call& call, PayoutBatchId id, std::string_view file_bytes);

}  // namespace lianbo::order
