// Commission: who stands in which role, what each earns on a line, and how a settlement works off debt (SPEC 6, 8).
//
// Pure functions; no clock, no database. The earning depth is a constant: the promoter, and the promoter's recruiter.
#pragma once

#include <optional>
#include <vector>

#include "order/order.hpp"

namespace lianbo::order {

// The promoter, and the promoter's parent; a third level has no field to stand in (SPEC 3).
inline constexpr int kEarningDepth = 2;

struct AttributionFacts {
  AgentId store_agent;                  // the broadcast's store's agent, or the clip's origin store's
  AgentId lock_agent;                   // of the lock valid at the instant of placing, if any
  AgentId promoter_parent;              // the lock agent's parent
  bool promoter_parent_active = false;  // at that instant
  AgentId clip_author;                  // of the clip the buyer came from
};
Attribution attribute(const AttributionFacts& facts);

// The agent that is paid for a role: nobody when the role is empty, or held by the buyer and the brand does not pay for
// self-purchase.
AgentId earner(const Attribution& roles, Role role, AgentId buyer_agent, bool self_purchase);

// floor(net × bp / 10000)
inline Fen entry_fen(Fen net_fen, BasisPoints bp) { return share_of(net_fen, bp); }
// What a refund posts: the entry at the new net less the entry at the old net (never positive). Telescopes: after any
// number of parts the sum is the entry at the last net, and 0 after a full refund.
inline Fen correction_fen(Fen old_net_fen, Fen new_net_fen, BasisPoints bp) {
  return entry_fen(new_net_fen, bp) - entry_fen(old_net_fen, bp);
}

// received + freeze; from that instant on the line's entries may become available.
inline Instant matures_at(Instant received_at, std::int32_t freeze_days) { return received_at + freeze_days * kDayMs; }
inline bool matures(Instant available_at, bool after_sale_open, Instant now) {
  return available_at != 0 && now >= available_at && !after_sale_open;
}

struct SettlementSum {
  Fen worked_off_fen = 0;  // of the debt there was
  Fen new_debt_fen = 0;    // when the entries sum below zero
  Fen payable_fen = 0;     // never negative
};
// debt_fen ≥ 0. entries = payable + worked off − new debt, always.
SettlementSum settle(Fen entries_fen, Fen debt_fen);

}  // namespace lianbo::order
