#include "base/csv.hpp"
#include "org/org_api.hpp"
#include "org/recruiting.hpp"

namespace lianbo::org {
namespace {

using db::Tx;
using net::Access;
using net::Method;
using net::Reply;
using net::Request;
namespace s = shape;

const std::vector<std::string> kStates{"applied", "training", "active", "suspended", "left"};

Shape application_shape() {
  return {s::id("agent_id", "the application is an agent in state `applied`"),
          s::id("brand_id"),
          s::id("store_id"),
          s::text("code", 1, kMaxCode),
          s::text("name", 1, kMaxName),
          s::text("phone", 0, kMaxPhone, "masked"),
          s::text("region", 0, kMaxRegion),
          s::choice("state", kStates, "of the agent now"),
          s::nullable(s::id("recruiter_id", "whose recruit share it came with, if they were active then")),
          s::nullable(s::id("share_id")),
          s::nullable(s::instant("opened_at", "when the applicant last opened that share")),
          s::text("message", 0, kMaxMessage),
          s::instant("at"),
          s::choice("decision", {"waits", "approved", "refused"}),
          s::nullable(s::instant("decided_at")),
          s::text("reason", 0, 500)};
}
void write_application(JsonWriter& w, const Application& a) {
  w.begin().field("agent_id", a.agent.id).field("brand_id", a.agent.brand).field("store_id", a.agent.store);
  w.field("code", a.agent.code).field("name", a.agent.name).field("phone", mask_phone(a.agent.phone));
  w.field("region", a.agent.region).field("state", state_text(a.agent.state)).field("recruiter_id", a.agent.parent);
  w.field("share_id", a.share).field_at("opened_at", a.opened_at).field("message", a.message).field_at("at", a.at);
  w.field("decision", !a.approved ? "waits" : *a.approved ? "approved" : "refused");
  w.field_at("decided_at", a.decided_at).field("reason", a.reason).end();
}
Shape page_of_applications() {
  return {s::list("items", application_shape(), 0, 200), s::nullable(s::id("next", "give as `after`"))};
}
Reply page(const std::vector<Application>& rows, int limit) {
  JsonWriter w;
  w.begin_list();
  for (const auto& a : rows) write_application(w, a);
  w.end_list();
  const bool more = static_cast<int>(rows.size()) == limit;
  return Reply::json(net::page_json(w.text(), more ? rows.back().agent.id.value : 0));
}

std::string trimmed(const json::value& body, const char* name) { return std::string(csv_trim(get_text(body, name))); }
std::optional<std::string> maybe(const json::value& body, const char* name) {
  return has(body, name) ? std::optional(trimmed(body, name)) : std::nullopt;
}

Result<Reply> list_applications(Tx& tx, const Call& call, const Request& request) {
  TRY(const auto brand, request.id_param<BrandId>("brand_id"));
  TRY_OK(require_any_staff(call, brand, kAnyStaff));
  TRY(const net::Page p, net::page_of(request));
  Decided decided = Decided::any;
  if (const auto text = request.query_value("decision"); !text.empty()) {
    if (text == "waits")
      decided = Decided::waits;
    else if (text == "approved")
      decided = Decided::approved;
    else if (text == "refused")
      decided = Decided::refused;
    else
      return fail(Code::invalid_field, "must be waits, approved or refused", "query decision");
  }
  return page(applications_of(tx, brand, call.caller.scope(brand), decided, p.limit, AgentId{p.after}), p.limit);
}

Result<Reply> own_application(Tx& tx, const Call& call, const Request& request) {
  TRY(const auto brand, request.id_param<BrandId>("brand_id"));
  const auto application = newest_application(tx, brand, call.caller.person);
  if (!application) return fail(Code::not_found, "you have not applied at this brand");
  JsonWriter w;
  write_application(w, *application);
  return Reply::json(w.take());
}

Result<Reply> list_recruits(Tx& tx, const Call& call, const Request& request) {
  TRY(const auto id, request.id_param<AgentId>("agent_id"));
  TRY(const Agent agent, find_agent(tx, id));
  const auto* own = call.caller.agent_at(agent.brand);
  if (!own || own->agent != id) TRY_OK(require_staff_in(call, agent.brand, agent.region, kAnyStaff));
  TRY(const net::Page p, net::page_of(request));
  return page(recruits_of(tx, id, p.limit, AgentId{p.after}), p.limit);
}

// The applied agent that the path names, for staff that operates their region.
Result<Agent> applicant(Tx& tx, const Call& call, const Request& request) {
  TRY(const auto id, request.id_param<AgentId>("agent_id"));
  TRY(Agent agent, find_agent(tx, id));
  TRY_OK(require_staff_in(call, agent.brand, agent.region, kOperates));
  return agent;
}

Result<Reply> agent_state(const Agent& agent) {
  return Reply::json(
      JsonWriter().begin().field("agent_id", agent.id).field("state", state_text(agent.state)).end().take());
}

Result<Reply> approve(Tx& tx, const Call& call, const Request& request) {
  TRY(const Agent agent, applicant(tx, call, request));
  const auto& body = request.value;
  const Approval approval{maybe(body, "code"), maybe(body, "region"), maybe(body, "level"), get_text(body, "reason")};
  if (approval.region) TRY_OK(require_staff_in(call, agent.brand, *approval.region, kOperates));
  TRY(const Agent approved, approve_application(tx, call, agent.id, approval));
  return agent_state(approved);
}

}  // namespace

net::Routes recruiting_routes(const OrgDeps& deps) {
  const std::string brand = "/api/v1/brands/{brand_id}", agent = "/api/v1/agents/{agent_id}";
  const Shape answer{s::id("agent_id"), s::choice("state", kStates)};
  const auto limit = s::opt(s::integer("limit", 1, 200)), after = s::opt(s::id("after"));
  net::Routes out;
  out.push_back(net::write_route(Method::post, brand + "/applications", "applyAsAgent",
                                 "Ask to become an agent of this brand; costs nothing", Access::login,
                                 [recruited_by = deps.recruited_by](Tx& tx, const Call& call,
                                                                    const Request& request) -> Result<Reply> {
                                   TRY(const auto id, request.id_param<BrandId>("brand_id"));
                                   const auto& body = request.value;
                                   const NewApplication wish{trimmed(body, "name"), trimmed(body, "phone"),
                                                             get_text(body, "message"), trimmed(body, "share_token")};
                                   TRY(const Application made, apply_as_agent(tx, call, id, wish, recruited_by));
                                   JsonWriter w;
                                   write_application(w, made);
                                   return Reply::json(w.take(), 201);
                                 })
                    .taking({s::text("name", 1, kMaxName), s::text("phone", 3, kMaxPhone),
                             s::opt(s::text("message", 0, kMaxMessage)),
                             s::opt(s::text("share_token", 0, 64, "of the recruit link that led here"))})
                    .giving(application_shape())
                    .answers(201)
                    .may_fail({Code::not_found, Code::forbidden, Code::conflict}));
  out.push_back(net::read_route(Method::get, brand + "/applications", "listApplications",
                                "Who asked to become an agent; for staff limited to regions, of theirs", Access::staff,
                                list_applications)
                    .asking({s::opt(s::choice("decision", {"waits", "approved", "refused"})), limit, after})
                    .giving(page_of_applications()));
  out.push_back(net::read_route(Method::get, brand + "/application", "getOwnApplication",
                                "The caller's newest application at this brand, and what became of it", Access::login,
                                own_application)
                    .giving(application_shape())
                    .may_fail({Code::not_found}));
  out.push_back(net::read_route(Method::get, agent + "/recruits", "listRecruits",
                                "Who applied by this agent's recruit links, and what became of it", Access::login,
                                list_recruits)
                    .asking({limit, after})
                    .giving(page_of_applications())
                    .may_fail({Code::not_found, Code::forbidden}));
  out.push_back(net::write_route(Method::post, agent + "/approve", "approveApplication",
                                 "Take an applicant in: into training, or active at once if there is none",
                                 Access::staff, approve)
                    .taking({s::opt(s::text("code", 1, kMaxCode, "the brand's own number")),
                             s::opt(s::text("region", 0, kMaxRegion)), s::opt(s::text("level", 0, kMaxLevel)),
                             s::opt(s::text("reason", 0, 500))})
                    .giving(answer)
                    .may_fail({Code::not_found, Code::forbidden, Code::conflict, Code::agent_state_conflict}));
  out.push_back(
      net::write_route(Method::post, agent + "/refuse", "refuseApplication", "Say no, and why", Access::staff,
                       [follow = deps.follow](Tx& tx, const Call& call, const Request& request) -> Result<Reply> {
                         TRY(const Agent agent_row, applicant(tx, call, request));
                         TRY(const Agent refused,
                             refuse_application(tx, call, agent_row.id, get_text(request.value, "reason"), follow));
                         return agent_state(refused);
                       })
          .taking({s::text("reason", 1, 500, "the applicant reads it")})
          .giving(answer)
          .may_fail({Code::not_found, Code::forbidden, Code::agent_state_conflict}));
  return out;
}

}  // namespace lianbo::org
