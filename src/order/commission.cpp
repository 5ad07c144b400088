#include "order/commission.hpp"

#include <algorithm>

#include "base/check.hpp"

namespace lianbo::order {

Attribution attribute(const AttributionFacts& facts) {
  Attribution out;
  out.host = facts.store_agent;
  out.promoter = facts.lock_agent;
  if (out.promoter && facts.promoter_parent_active) out.recruiter = facts.promoter_parent;
  out.clipper = facts.clip_author;
  return out;
}

AgentId earner(const Attribution& roles, Role role, AgentId buyer_agent, bool self_purchase) {
  const AgentId agent = roles.of(role);
  if (agent && agent == buyer_agent && !self_purchase) return {};
  return agent;
}

SettlementSum settle(Fen entries_fen, Fen debt_fen) {
  CHECK(debt_fen >= 0);
  SettlementSum out;
  if (entries_fen < 0) {
    out.new_debt_fen = -entries_fen;
    return out;
  }
  out.worked_off_fen = std::min(entries_fen, debt_fen);
  out.payable_fen = entries_fen - out.worked_off_fen;
  return out;
}

}  // namespace lianbo::order
