// Lock (锁客): the tie of a buyer to an agent, and the rules that move it (SPEC 6). Pure functions of inputs and
// instants.
//
// A lock is the fold of its buyer's touches, orders and handings-on of one brand, in order of (at, id). Each step
// carries the inputs it was decided on and the rules of its day, so folding the rows again gives the same lock. The
// service applies the same functions one step at a time.
// - valid while t < expires_at. protect_until counts only while the lock is valid.
// - protect_days −1 writes kForever: who was promised "never taken over while valid" keeps that when the rules change.
// - instants saturate at kForever; renewing and ordering never move an instant backwards.
// Threads: any. Errors: none.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/id.hpp"
#include "org/org.hpp"

namespace lianbo::share {

struct Lock {
  AgentId agent;
  Instant opened_at = 0;
  Instant protect_until = 0;
  Instant expires_at = 0;
  std::int32_t rules_version = 0;  // of the touch that last opened, renewed or took it over

  friend bool operator==(const Lock&, const Lock&) = default;
};

inline bool valid_at(const Lock& lock, Instant t) { return lock.agent && t < lock.expires_at; }
inline bool valid_at(const std::optional<Lock>& lock, Instant t) { return lock && valid_at(*lock, t); }

enum class Outcome { self, agent, opened, renewed, protected_, taken_over, inactive, nobody, ad };
std::string_view outcome_text(Outcome outcome);  // "protected", as stored
std::optional<Outcome> parse_outcome(std::string_view text);

// What a touch is decided on, beside the lock, the rules and the instant. Stored with the touch.
struct TouchInput {
  AgentId agent = {};           // whom the share speaks for; none: nobody
  bool agent_active = false;    // that agent's state is `active`
  bool buyer_is_self = false;   // the buyer is that agent's own person
  bool buyer_is_agent = false;  // the buyer is an active agent of the brand
  bool ad = false;              // a paid click: locks nobody
};

struct TouchDecision {
  Outcome outcome = Outcome::nobody;
  std::optional<Lock> lock;  // afterwards
  AgentId loser;             // taken_over: who had it; protected_: who came in vain
};

// The rows of SPEC 6, first that fits. t = expires_at opens; t = protect_until takes over.
TouchDecision decide_touch(const std::optional<Lock>& lock, const TouchInput& input, const org::LockRules& rules,
                           Instant t);

// An order placed at t: expires_at = max(expires_at, t + order_extends). A lock that is not valid at t stays as it is.
Lock extend_by_order(Lock lock, const org::LockRules& rules, Instant t);

// The agent of a lock left at t: the lock goes to their heir as it stands, with what is left of its time and
// protection, or ends. A lock that is not valid at t, or not theirs, stays as it is.
struct Hand {
  AgentId from;
  AgentId to;  // none: it ends

  friend bool operator==(const Hand&, const Hand&) = default;
};
Lock hand_on(Lock lock, const Hand& hand, Instant t);

// Whom a share speaks for at the instant it is opened. sharer_agent: the sharer as agent of the brand, in any state;
// sharer_lock: the lock the sharer is under, if they are a buyer; store_agent: the agent of the share's store.
AgentId effective_agent(AgentId sharer_agent, const std::optional<Lock>& sharer_lock, AgentId store_agent, Instant t);

// One step of a lock's history: a touch, an order that found the lock valid, or a handing on.
struct LockStep {
  Instant at = 0;
  std::int64_t id = 0;  // touch or order
  org::LockRules rules;
  bool order = false;
  TouchInput touch;     // a touch's inputs
  AgentId order_agent;  // an order's: the lock's agent when it was placed. It lengthens that agent's lock only, even if
                        // touches that became known later (a merged guest's) give the day to somebody else.
  std::optional<Hand> hand = {};
};
struct LockMove {
  Outcome outcome = Outcome::nobody;  // of a touch
  std::optional<Lock> lock;           // afterwards
  AgentId loser;
};

// Sorts the steps by (at, id) and applies them all; one move for each, in that order.
std::vector<LockMove> replay(std::vector<LockStep>& steps);
std::optional<Lock> fold(std::vector<LockStep> steps);

}  // namespace lianbo::share
