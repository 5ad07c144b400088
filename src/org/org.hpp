// People and the matrix (SPEC 3): brands, agents, stores, lock rules; the types that every other domain reads, and the
// rules about them as pure functions.
//
// Invariants: an agent has at most one parent and never is its own ancestor; an agent has exactly one store, made with
// it; a code is unique within its brand for ever; "left" is final; lock rules are never changed, a new version is
// added. Values, no threads. Nobody is paid for recruiting: there is no field for it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/call.hpp"
#include "base/clock.hpp"
#include "base/id.hpp"
#include "base/result.hpp"

namespace lianbo::org {

struct Brand {
  BrandId id;
  std::string name;
  std::string currency;   // ISO 4217
  std::string time_zone;  // of its reports
  Instant created_at = 0;
  std::string verified_as;  // the company it belongs to, as who runs the server has seen; "": not looked at
  Instant verified_at = 0;
};

enum class AgentState { applied, training, active, suspended, left };
std::string_view state_text(AgentState state);
std::optional<AgentState> parse_state(std::string_view text);       // the API's texts
std::optional<AgentState> parse_state_cell(std::string_view text);  // those, in either case, and the Chinese ones
// applied → training → active ⇄ suspended → left; everybody but who has left may leave.
bool state_can_become(AgentState from, AgentState to);
std::string_view states_after(AgentState from);  // "suspended, left"; "" for left

struct Agent {
  AgentId id;
  BrandId brand;
  PersonId person;
  std::string code;  // the brand's own number for them
  std::string name;
  std::string phone;  // personal: to staff that operates the brand and to the agent only
  std::string region;
  std::string level;
  AgentId parent;
  AgentState state = AgentState::applied;
  StoreId store;
  Instant created_at = 0;

  bool active() const { return state == AgentState::active; }
};

struct Store {
  StoreId id;
  BrandId brand;
  AgentId agent;
  std::string name;
  Instant created_at = 0;
};

// What a brand groups its agents, and so their stores, by: a name that may be a path ("华东/上海"). An agent is in one
// or in none (""), a staff member's rights may be limited to some (base/call.hpp: region_covers).
struct Region {
  RegionId id;
  BrandId brand;
  std::string name;
  Instant created_at = 0;
};

struct StoreOwner {
  Store store;
  Agent agent;
};

// SPEC 6. validity_days −1: for ever; protect_days 0: any later agent takes over at once, −1: never while valid.
struct LockRules {
  std::int32_t version = 1;
  std::int32_t validity_days = 30;
  std::int32_t protect_days = 7;
  std::int32_t order_extends_days = 45;
  bool lock_agents = false;
  bool self_purchase = false;

  bool same_rules(const LockRules& other) const;  // all but the version
};
// How people come into the matrix and what becomes of their customers when they go. By version of the audit only: what
// they decide (a recruiter, an admission, an heir) is written down when it is decided.
enum class Applications { open, by_share, closed };  // from anybody, by an agent's recruit share only, not at all
enum class Admission { automatic, by_staff };        // who has finished training becomes active by itself, or waits
struct MatrixRules {
  Applications applications = Applications::open;
  Admission admission = Admission::automatic;
  bool hand_to_parent = true;  // the customers of who leaves go to their parent, if active;
  AgentId house_agent;         // else to this agent, if active; else their locks end

  friend bool operator==(const MatrixRules&, const MatrixRules&) = default;
};
std::string_view applications_text(Applications applications);
std::string_view admission_text(Admission admission);
std::optional<Applications> parse_applications(std::string_view text);
std::optional<Admission> parse_admission(std::string_view text);

inline constexpr std::int32_t kMaxRuleDays = 3650;
Status check_lock_rules(const LockRules& rules);  // the place is the field's JSON pointer

inline constexpr std::size_t kMaxCode = 64, kMaxName = 64, kMaxPhone = 32, kMaxRegion = 64, kMaxLevel = 32,
                             kMaxLogin = 64, kMinPassword = 8, kMaxPassword = 128;

// What is wrong with a text, in words; nothing when it is right. Lengths in characters; no control characters.
std::optional<std::string> text_problem(std::string_view text, std::size_t min, std::size_t max);
std::optional<std::string> phone_problem(std::string_view text);   // "" is right
std::optional<std::string> region_problem(std::string_view text);  // "" is right
Status check_login(std::string_view login);                        // place /login
Status check_password(std::string_view password);                  // place /password
Status check_currency(std::string_view code);
Status check_time_zone(std::string_view name);

std::string mask_phone(std::string_view phone);  // "138****5678"

std::vector<std::string_view> role_names(unsigned roles);  // owner, operator, finance, auditor
std::optional<unsigned> parse_role(std::string_view name);

}  // namespace lianbo::org
