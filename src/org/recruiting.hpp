// Recruiting (SPEC 3): a person asks to become an agent, with somebody's recruit share or without, and staff says yes
// or no. An application is an agent in state `applied`, with a store that is not open yet.
//
// The recruiter is fixed when the application is made: the agent whose recruit share it came with, if they are active
// then. Who comes so has no agents below them yet, so no circle can close. Joining costs nothing and nobody is paid for
// it: no amount stands anywhere here. Errors: conflict, forbidden, not_found, agent_state_conflict.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/call.hpp"
#include "db/db.hpp"
#include "org/org.hpp"
#include "org/org_service.hpp"

namespace lianbo::org {

inline constexpr std::size_t kMaxMessage = 500;
inline constexpr int kMaxApplications = 5;  // of one person at one brand, ever

// What the share side knows of a recruit share. Share stands above org, so app hands the function in. An error when the
// token is none of a recruit share of this brand.
struct RecruitedBy {
  ShareId share;
  AgentId recruiter;
  Instant opened_at = 0;  // when the caller last opened it; 0: never
};
using RecruitedByFn = std::function<Result<RecruitedBy>(db::Tx&, const Call&, BrandId, std::string_view token)>;

struct NewApplication {
  std::string name, phone, message, share_token;
};
struct Application {
  Agent agent;
  ShareId share;
  Instant opened_at = 0;
  std::string message;
  Instant at = 0;
  std::optional<bool> approved;  // none: waits
  PersonId decided_by;
  Instant decided_at = 0;
  std::string reason;
};

// By the caller, for themselves. The region is the recruiter's, until staff says otherwise.
Result<Application> apply_as_agent(db::Tx&, const Call&, BrandId, const NewApplication&, const RecruitedByFn&);
struct Approval {
  std::optional<std::string> code = {}, region = {}, level = {};
  std::string reason = {};
};
// applied → training, and on to active if there is nothing to learn and the brand admits by itself.
Result<Agent> approve_application(db::Tx&, const Call&, AgentId, const Approval&);
// applied → left, with a reason that the applicant reads.
Result<Agent> refuse_application(db::Tx&, const Call&, AgentId, std::string_view reason, const StateHook&);

enum class Decided { any, waits, approved, refused };
std::vector<Application> applications_of(db::Tx&, BrandId, PersonId scope, Decided, int limit, AgentId after);
std::optional<Application> newest_application(db::Tx&, BrandId, PersonId);
// Who was recruited by this agent, in order of their coming; those who asked and were refused too.
std::vector<Application> recruits_of(db::Tx&, AgentId, int limit, AgentId after);

}  // namespace lianbo::org
