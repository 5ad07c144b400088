#include "org/recruiting.hpp"

#include "base/json.hpp"
#include "org/org_store.hpp"
#include "org/training.hpp"

namespace lianbo::org {

using db::Tx;

Result<Application> apply_as_agent(Tx& tx, const Call& call, BrandId brand, const NewApplication& wish,
                                   const RecruitedByFn& recruited_by) {
  TRY_OK(require_login(call));
  const PersonId person = call.caller.person;
  if (!person) return fail(Code::forbidden, "a person applies for themselves");
  if (auto problem = text_problem(wish.name, 1, kMaxName)) return fail(Code::invalid_field, *problem, "/name");
  if (auto problem = phone_problem(wish.phone)) return fail(Code::invalid_field, *problem, "/phone");
  if (wish.phone.empty()) return fail(Code::invalid_field, "the brand must be able to call you", "/phone");
  if (!valid_utf8(wish.message) || utf8_length(wish.message) > kMaxMessage)
    return fail(Code::invalid_field, "must have at most " + std::to_string(kMaxMessage) + " characters", "/message");
  TRY_OK(lock_brand(tx, brand));
  const MatrixRules rules = matrix_rules(tx, brand);
  if (rules.applications == Applications::closed)
    return fail(Code::forbidden, "this brand takes no applications at present");
  if (rules.applications == Applications::by_share && wish.share_token.empty())
    return fail(Code::forbidden, "this brand takes applications by the recruit link of one of its agents only",
                "/share_token");
  if (const auto known = store::agent_of_person(tx, brand, person))
    return fail(Code::conflict, "you are an agent of this brand already: " + std::string(state_text(known->state)));
  if (store::agents_ever(tx, brand, person) >= kMaxApplications)
    return fail(Code::conflict,
                "you have applied " + std::to_string(kMaxApplications) + " times; speak with the brand itself");

  Application out;
  if (!wish.share_token.empty()) {
    if (!recruited_by) return fail(Code::not_found, "there is no such share", "/share_token");
    TRY(const RecruitedBy by, recruited_by(tx, call, brand, wish.share_token));
    out.share = by.share;
    out.opened_at = by.opened_at;
    const auto recruiter = store::agent(tx, by.recruiter);
    if (recruiter && recruiter->brand == brand && recruiter->active() && recruiter->person != person) {
      out.agent.parent = recruiter->id;
      out.agent.region = recruiter->region;
    }
  }
  out.agent.id = call.make_id<AgentId>();
  out.agent.brand = brand;
  out.agent.person = person;
  out.agent.code = out.agent.id.text();  // until the brand gives its own
  out.agent.name = wish.name;
  out.agent.phone = wish.phone;
  out.agent.state = AgentState::applied;
  out.message = wish.message;
  out.at = call.now;
  TRY_OK(add_agent_of_person(tx, call, out.agent));
  store::add_application(tx, out);
  return out;
}

Result<Agent> approve_application(Tx& tx, const Call& call, AgentId id, const Approval& approval) {
  AgentPatch patch;
  patch.code = approval.code;
  patch.region = approval.region;
  patch.level = approval.level;
  TRY_OK(edit_agent(tx, call, id, patch));
  // Nothing follows becoming an agent in training.
  TRY(Agent agent, set_agent_state(tx, call, id, AgentState::training, approval.reason, {}));
  return admit_if_ready(tx, call, std::move(agent));
}

Result<Agent> refuse_application(Tx& tx, const Call& call, AgentId id, std::string_view reason, const StateHook& then) {
  TRY(const Agent agent, find_agent(tx, id));
  if (agent.state != AgentState::applied)
    return fail(Code::agent_state_conflict,
                "the agent is " + std::string(state_text(agent.state)) + "; only an application can be refused");
  if (reason.empty()) return fail(Code::missing_field, "say why: the applicant reads it", "/reason");
  return set_agent_state(tx, call, id, AgentState::left, reason, then);
}

std::vector<Application> applications_of(Tx& tx, BrandId brand, PersonId scope, Decided decided, int limit,
                                         AgentId after) {
  return store::applications(tx, brand, scope, decided, limit, after);
}
std::optional<Application> newest_application(Tx& tx, BrandId brand, PersonId person) {
  return store::newest_application(tx, brand, person);
}
std::vector<Application> recruits_of(Tx& tx, AgentId recruiter, int limit, AgentId after) {
  return store::recruits(tx, recruiter, limit, after);
}

}  // namespace lianbo::org
