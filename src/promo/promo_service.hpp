// What people do with promotions: fill a wallet, buy, pause and stop one, click a paid slot; and what follows by
// itself: a promotion whose room or window is over, or whose budget is spent, ends, and the rest is back in the wallet.
//
// Money: a wallet's balance is its guard row, which every movement locks, and each movement is a ledger transaction of
// the same commit (credit: promotion → wallet; bought: wallet → promotion; returned: promotion → wallet), posted once
// by its cause. Between buying and ending nothing is posted: clicks draw on the budget's leases (db/leases.hpp), so no
// row is hot and what is spent never exceeds the budget, whatever the concurrency or number of servers.
//
// A click into a room takes the broadcast's row shared, so a room can't end under it: a click is committed before the
// end, or finds the room over and is neither charged nor counted. A promotion that ends takes its own row, then empties
// every lease; a click that comes later finds nothing to draw. Ending is safe to repeat and needs no memory of a
// server, so it survives any crash. All functions join the caller's transaction, but end_due. Threads: any. Errors:
// not_found, forbidden, invalid_field, missing_field, broadcast_state_conflict, agent_not_active, wallet_too_low,
// promotion_state_conflict, conflict.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/call.hpp"
#include "db/db.hpp"
#include "ledger/ledger.hpp"
#include "promo/promo.hpp"

namespace lianbo::promo {

inline constexpr const char* kPromotionChanged = "promotion.changed";

// ---- wallets
using CreditId = Id<struct WalletCreditTag>;
struct Wallet {
  BrandId brand;
  AgentId agent;  // none: the brand's own
  Fen balance_fen = 0;
};
struct Credit {
  CreditId id;
  BrandId brand;
  AgentId agent;
  Fen amount_fen = 0;  // negative: taken back
  std::string reason;
  PersonId by;
  Instant at = 0;
};
inline constexpr std::size_t kMaxReason = 200;  // characters
// Owner or finance; audited. What is taken back must be there (wallet_too_low).
Result<Credit> credit_wallet(db::Tx& tx, const Call& call, BrandId brand, AgentId agent, Fen amount_fen,
                             std::string_view reason);
// The agent's own, or staff's.
Result<Wallet> wallet_of(db::Tx& tx, const Call& call, BrandId brand, AgentId agent);
struct WalletMove {
  ledger::WalletLine line;
  std::string reason;  // of a credit
};
Result<std::vector<WalletMove>> wallet_moves(db::Tx& tx, const Call& call, BrandId brand, AgentId agent,
                                             LedgerTxId before, int limit);

// ---- rules
Rules rules_of(db::Tx& tx, BrandId brand);
Result<Rules> put_rules(db::Tx& tx, const Call& call, BrandId brand, const Rules& rules);

// ---- promotions
// The host pays from their own wallet, staff from the brand's.
Result<Promotion> buy(db::Tx& tx, const Call& call, const Wish& wish);
Result<Promotion> pause(db::Tx& tx, const Call& call, PromotionId id);
Result<Promotion> resume(db::Tx& tx, const Call& call, PromotionId id);
Result<Promotion> stop(db::Tx& tx, const Call& call, PromotionId id);
// For the room's host and staff over its store.
Result<Promotion> find_promotion(db::Tx& tx, const Call& call, PromotionId id);
struct Spent {
  Fen spent_fen = 0;
  std::int64_t shown = 0, clicks = 0;  // clicks: paid for
};
Spent spent_of(db::Tx& tx, PromotionId id);
// A job: ends what is due, each in a transaction of its own, at most `limit`; how many.
Result<int> end_due(db::Database& db, const Call& call, int limit);

// ---- slots
// What a paid slot was sold as, sealed into its token: nobody can make one, read it, or use another's.
struct Slot {
  PromotionId promotion, second;
  PersonId person;
  Fen price_fen = 0;
  Instant at = 0;
};
std::string slot_key(std::string_view server_key);
std::string seal_slot(std::string_view key, const Slot& slot, Random& random);
std::optional<Slot> open_slot(std::string_view key, std::string_view token);
std::string slot_address(std::string_view token);  // "/ad/…"

Viewer viewer_of(db::Tx& tx, const Call& call, BrandId brand);

// Why a click was not charged: the slot is old, the budget is gone, the promotion is not open.
enum class Free { none, late, spent, closed, copied };  // copied: a guest's, theirs now
std::string_view free_name(Free free);
struct Clicked {
  std::string lands_on;
  BroadcastId room;
  PinId pin;
  bool into_room = false;  // which is on air
  bool counted = false;    // the first of this person and promotion
  Free free = Free::none;  // of one that counted
  Fen price_fen = 0;
};
// One click of the caller's. A machine that looks ahead is shown the way only.
Result<Clicked> click_slot(db::Tx& tx, const Call& call, std::string_view key, std::string_view token, bool preview);
// How many of the slots the caller was shown for the first time.
std::int64_t show_slots(db::Tx& tx, const Call& call, std::string_view key, std::span<const std::string> tokens);

// A guest logs in: what they clicked counts as the person's.
void merge_guest(db::Tx& tx, const Call& call, PersonId guest, PersonId person);

}  // namespace lianbo::promo
