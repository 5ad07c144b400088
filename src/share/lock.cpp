#include "share/lock.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace lianbo::share {
namespace {

constexpr std::array<std::pair<Outcome, std::string_view>, 9> kOutcomes{{{Outcome::self, "self"},
                                                                         {Outcome::agent, "agent"},
                                                                         {Outcome::opened, "opened"},
                                                                         {Outcome::renewed, "renewed"},
                                                                         {Outcome::protected_, "protected"},
                                                                         {Outcome::taken_over, "taken_over"},
                                                                         {Outcome::inactive, "inactive"},
                                                                         {Outcome::nobody, "nobody"},
                                                                         {Outcome::ad, "ad"}}};

// t + days, at most kForever; −1 days is for ever.
Instant after_days(Instant t, std::int32_t days) {
  if (days < 0) return kForever;
  Instant sum;
  if (__builtin_add_overflow(t, days * kDayMs, &sum)) return kForever;
  return std::min(sum, kForever);
}

Lock opened(const TouchInput& input, const org::LockRules& rules, Instant t) {
  return Lock{input.agent, t, after_days(t, rules.protect_days), after_days(t, rules.validity_days), rules.version};
}

}  // namespace

std::string_view outcome_text(Outcome outcome) {
  for (const auto& [value, text] : kOutcomes)
    if (value == outcome) return text;
  return {};
}

std::optional<Outcome> parse_outcome(std::string_view text) {
  for (const auto& [value, name] : kOutcomes)
    if (name == text) return value;
  return std::nullopt;
}

TouchDecision decide_touch(const std::optional<Lock>& lock, const TouchInput& input, const org::LockRules& rules,
                           Instant t) {
  if (input.ad) return {Outcome::ad, lock, {}};
  if (!input.agent) return {Outcome::nobody, lock, {}};
  if (!input.agent_active) return {Outcome::inactive, lock, {}};
  if (input.buyer_is_self) return {Outcome::self, lock, {}};
  if (input.buyer_is_agent && !rules.lock_agents) return {Outcome::agent, lock, {}};

  const Lock fresh = opened(input, rules, t);
  if (!valid_at(lock, t)) return {Outcome::opened, fresh, {}};
  if (lock->agent == input.agent) {
    Lock renewed = fresh;
    renewed.opened_at = lock->opened_at;
    renewed.protect_until = std::max(lock->protect_until, fresh.protect_until);
    renewed.expires_at = std::max(lock->expires_at, fresh.expires_at);
    return {Outcome::renewed, renewed, {}};
  }
  if (rules.protect_days < 0 || t < lock->protect_until) return {Outcome::protected_, lock, input.agent};
  return {Outcome::taken_over, fresh, lock->agent};
}

Lock extend_by_order(Lock lock, const org::LockRules& rules, Instant t) {
  if (valid_at(lock, t)) lock.expires_at = std::max(lock.expires_at, after_days(t, rules.order_extends_days));
  return lock;
}

Lock hand_on(Lock lock, const Hand& hand, Instant t) {
  if (!valid_at(lock, t) || lock.agent != hand.from) return lock;
  if (!hand.to) {
    lock.expires_at = t;
    lock.protect_until = std::min(lock.protect_until, t);
    return lock;
  }
  lock.agent = hand.to;
  lock.opened_at = t;
  return lock;
}

AgentId effective_agent(AgentId sharer_agent, const std::optional<Lock>& sharer_lock, AgentId store_agent, Instant t) {
  if (sharer_agent) return sharer_agent;
  return valid_at(sharer_lock, t) ? sharer_lock->agent : store_agent;
}

std::vector<LockMove> replay(std::vector<LockStep>& steps) {
  std::sort(steps.begin(), steps.end(),
            [](const LockStep& a, const LockStep& b) { return std::pair(a.at, a.id) < std::pair(b.at, b.id); });
  std::vector<LockMove> moves;
  moves.reserve(steps.size());
  std::optional<Lock> lock;
  for (const LockStep& step : steps) {
    if (step.hand) {
      if (lock) lock = hand_on(*lock, *step.hand, step.at);
      moves.push_back({Outcome::nobody, lock, {}});
    } else if (step.order) {
      if (lock && lock->agent == step.order_agent) lock = extend_by_order(*lock, step.rules, step.at);
      moves.push_back({Outcome::nobody, lock, {}});
    } else {
      TouchDecision decision = decide_touch(lock, step.touch, step.rules, step.at);
      lock = decision.lock;
      moves.push_back({decision.outcome, std::move(decision.lock), decision.loser});
    }
  }
  return moves;
}

std::optional<Lock> fold(std::vector<LockStep> steps) {
  const std::vector<LockMove> moves = replay(steps);
  return moves.empty() ? std::nullopt : moves.back().lock;
}

}  // namespace lianbo::share
