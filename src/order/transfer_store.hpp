// SQL of transfers: a payout's way through the payment rail. Functions join a transaction.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "db/db.hpp"
#include "order/money_store.hpp"

namespace lianbo::order::store {

struct Transfer {
  std::string number;  // out_bill_no
  PayoutId payout;
  int n = 0;
  BrandId brand;
  AgentId agent;
  std::string account, holder;  // "" once it has ended
  Fen amount_fen = 0;
  std::string state = "due";  // due, sent, waiting, done, failed
  std::string bill_no, confirm_params, reason;
  int tries = 0;
  Instant next_at = 0, at = 0, done_at = 0;

  bool open() const { return state == "due" || state == "sent" || state == "waiting"; }
};
void insert_transfer(db::Tx& tx, const Transfer& transfer);
std::optional<Transfer> transfer(db::Tx& tx, std::string_view number);
std::vector<Transfer> transfers_of(db::Tx& tx, PayoutId payout);                 // by n
std::vector<Transfer> transfers_of_agent(db::Tx& tx, AgentId agent, int limit);  // newest first
std::vector<std::string> due_transfers(db::Tx& tx, Instant now, int limit);
void set_transfer(db::Tx& tx, const Transfer& transfer);  // all that changes

struct Moved {
  Fen done_fen = 0, open_fen = 0;
  int transfers = 0;
};
Moved moved_of(db::Tx& tx, PayoutId payout);

std::optional<Payout> payout(db::Tx& tx, PayoutId id);
std::vector<Payout> payouts_page(db::Tx& tx, PayoutBatchId batch, std::int64_t after, int limit);
void set_channel(db::Tx& tx, PayoutBatchId batch, std::string_view channel);

}  // namespace lianbo::order::store
