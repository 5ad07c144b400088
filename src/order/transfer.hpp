// Transfers: payouts that leave through the payment rail (the payout port; WeChat Pay's 商家转账 or the sandbox),
// SPEC 8.
//
//   batch of payouts ──finance sends it──▶ due ──rail asked──▶ sent ──▶ done
//                                           │                   └▶ waiting for the agent to confirm ──▶ done
//                                           └────────────── failed (refused, or nobody confirmed in a day)
//
// A payout that is larger than payout.part_fen goes in parts, each a transfer under a number of its own that is never
// used for anything else. When all of it has arrived, the payout is done and its settlement paid; when nothing has and
// nothing is on its way, the payout has failed and its settlement waits for the next batch; when only a part has, the
// rest is sent again, or paid by file. What is not known is asked after and never sent under a new number. Only agents
// who are paid by WeChat go this way; the others stay in the batch's file.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/call.hpp"
#include "db/db.hpp"
#include "order/transfer_store.hpp"
#include "pay/rail.hpp"

namespace lianbo::order {

inline constexpr int kMaxParts = 500;  // of one payout; what would need more goes by file

struct SentBatch {
  std::int64_t transfers = 0;
  Fen amount_fen = 0;
  std::int64_t by_file = 0;  // payouts that can't go through the rail
};
// Owner or finance; audited. Again: what has failed since, under new numbers. settlement_conflict: nothing can be sent.
Result<SentBatch> send_batch(db::Tx& tx, const Call& call, PayoutBatchId id);

// A job: asks the rail for what is due at call.now, at most `limit`; how many it did.
Result<int> send_transfers(db::Database& db, const Call& call, pay::PayRail& rail, int limit);

// What the rail says of one. payment_mismatch when it does not fit: nothing is changed.
Status apply_transfer(db::Tx& tx, const Call& call, const pay::Transferred& said);

// A batch's payouts, with how far each is; who pays.
Result<std::vector<store::Payout>> payouts_in(db::Tx& tx, const Call& call, PayoutBatchId id, std::int64_t after,
                                              int limit);
std::string payout_json(const store::Payout& payout, const store::Moved& moved);
// The agent's own, or for staff that may see their money; only the agent gets what confirms one.
Result<std::string> transfers_json(db::Tx& tx, const Call& call, AgentId agent);
// The account one of the caller's own goes to; not_found for anybody else's.
Result<std::string> account_of_own(db::Tx& tx, const Call& call, std::string_view number);

}  // namespace lianbo::order
