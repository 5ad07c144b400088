#include "org/org_api.hpp"

#include <algorithm>
#include <memory>

#include "base/csv.hpp"
#include "org/devices.hpp"
#include "org/sessions.hpp"
#include "org/storefront.hpp"

namespace lianbo::org {
namespace {

using db::Tx;
using net::Access;
using net::Method;
using net::Reply;
using net::Request;
using net::Routes;
namespace s = shape;

// ---- shapes

const std::vector<std::string> kStates{"applied", "training", "active", "suspended", "left"};
const std::vector<std::string> kRoleNames{"owner", "operator", "finance", "auditor"};

Field regions_field(const char* doc) { return s::list_of("regions", s::text("", 1, kMaxRegion), 0, 100, doc); }
Shape region_shape() {
  return {s::id("id"), s::text("name", 1, kMaxRegion, "may be a path: 华东/上海 lies in 华东"),
          s::count("agents", "in this very region, without those who have left"), s::count("active"),
          s::instant("created_at")};
}
Field roles_field() { return s::list_of("roles", s::choice("", kRoleNames), 1, 4, "roles at the brand"); }
Field login_field() {
  return s::text("login", 2, kMaxLogin, "a name or phone number to log in with, the same in either case");
}
Field password_field(const char* name = "password") {
  return s::text(name, kMinPassword, kMaxPassword, "8 to 128 characters");
}
Field after_field() { return s::opt(s::id("after", "`next` of the page before")); }
Field limit_field() { return s::opt(s::integer("limit", 1, 200, "items of a page; default 50")); }

Shape page_of_items(Shape item) {
  return {s::list("items", std::move(item), 0, 200), s::nullable(s::id("next", "give as `after` for the next page"))};
}

Shape brand_shape() {
  return {s::id("id"), s::text("name", 1, kMaxName), s::text("currency", 3, 3, "ISO 4217"),
          s::text("time_zone", 1, 64, "reports group by its days"), s::instant("created_at")};
}

Shape rules_fields() {
  return {s::integer("validity_days", -1, kMaxRuleDays, "a lock lasts this long; -1 for ever; not 0"),
          s::integer("protect_days", -1, kMaxRuleDays,
                     "no other agent takes a lock over in this time; 0 at once, -1 never while valid"),
          s::integer("order_extends_days", 0, kMaxRuleDays, "an order keeps the lock at least this long"),
          s::boolean("lock_agents", "agents can be locked as buyers"),
          s::boolean("self_purchase", "an agent earns on their own orders")};
}
Shape rules_shape() {
  Shape out = rules_fields();
  out.insert(out.begin(), s::integer("version", 1, INT32_MAX));
  return out;
}

Shape agent_shape() {
  return {s::id("id"),
          s::id("brand_id"),
          s::id("store_id"),
          s::text("code", 1, kMaxCode, "the brand's own number for the agent"),
          s::text("name", 1, kMaxName),
          s::text("phone", 0, kMaxPhone, "masked, except for the agent and staff that operates the brand"),
          s::text("region", 0, kMaxRegion),
          s::text("level", 0, kMaxLevel),
          s::nullable(s::id("parent_id", "who recruited them")),
          s::choice("state", kStates),
          s::instant("created_at")};
}

Shape listed_agent_shape() {
  Shape out = agent_shape();
  out.push_back(s::count("children", "whom they recruited"));
  return out;
}

Shape relations_fields() {
  return {
      s::list("staff",
              {s::id("brand_id"), roles_field(), regions_field("what the roles are limited to; none: the whole brand")},
              0, 1000),
      s::list("agents", {s::id("brand_id"), s::id("agent_id"), s::id("store_id"), s::boolean("active")}, 0, 1000)};
}

Shape session_shape() {
  Shape out{s::text("token", 43, 43, "for `Authorization: Bearer …`; the cookie lb_sid carries it too"),
            s::id("person_id"), s::instant("expires_at")};
  for (auto& f : relations_fields()) out.push_back(std::move(f));
  return out;
}

Shape me_shape() {
  Shape out{s::nullable(s::id("person_id")), s::boolean("guest", "nobody is logged in"), s::text("name", 0, kMaxName)};
  for (auto& f : relations_fields()) out.push_back(std::move(f));
  return out;
}

// ---- JSON

void write_roles(JsonWriter& w, unsigned roles) {
  w.key("roles").begin_list();
  for (const auto name : role_names(roles)) w.value(name);
  w.end_list();
}

void write_texts(JsonWriter& w, std::string_view name, const std::vector<std::string>& texts) {
  w.key(name).begin_list();
  for (const auto& text : texts) w.value(text);
  w.end_list();
}

void write_relations(JsonWriter& w, const Caller& caller) {
  w.key("staff").begin_list();
  for (const auto& staff : caller.staff) {
    w.begin().field("brand_id", staff.brand);
    write_roles(w, staff.roles);
    write_texts(w, "regions", staff.regions);
    w.end();
  }
  w.end_list().key("agents").begin_list();
  for (const auto& a : caller.agents)
    w.begin()
        .field("brand_id", a.brand)
        .field("agent_id", a.agent)
        .field("store_id", a.store)
        .field("active", a.active)
        .end();
  w.end_list();
}

void write_agent(JsonWriter& w, const Agent& a, bool whole_phone, const std::int64_t* children = nullptr) {
  w.begin().field("id", a.id).field("brand_id", a.brand).field("store_id", a.store).field("code", a.code);
  w.field("name", a.name).field("phone", whole_phone ? a.phone : mask_phone(a.phone)).field("region", a.region);
  w.field("level", a.level).field("parent_id", a.parent).field("state", state_text(a.state));
  w.field_at("created_at", a.created_at);
  if (children) w.field("children", *children);
  w.end();
}

std::string rules_json(const LockRules& r) {
  JsonWriter w;
  w.begin().field("version", r.version).field("validity_days", r.validity_days).field("protect_days", r.protect_days);
  w.field("order_extends_days", r.order_extends_days).field("lock_agents", r.lock_agents);
  w.field("self_purchase", r.self_purchase).end();
  return w.take();
}

// Logins are the same in either case.
std::string login_of(const json::value& body, std::string_view name = "login") {
  std::string login(csv_trim(get_text(body, name)));
  for (char& c : login)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return login;
}

// ---- logging in

struct Context {
  explicit Context(const OrgDeps& d) : deps(d), passwords(*d.settings) {}
  OrgDeps deps;
  Passwords passwords;
  LoginThrottle throttle;
};
using ContextPtr = std::shared_ptr<Context>;

struct LoggedIn {
  std::string token;
  Caller caller;
  std::string device;  // a new cookie; "": the browser has one
};

// In the transaction that made or checked the person: the session, and what the guest did becomes the person's.
Result<LoggedIn> log_in(Tx& tx, const Call& call, const Request& request, const Context& context, PersonId person) {
  LoggedIn out;
  DeviceId device = device_of(request.cookie(kDeviceCookie));
  if (!device) {
    out.device = make_token(*call.random);
    device = device_of(out.device);
  }
  logged_in_on(tx, device, person, call.now);
  TRY(out.token, issue_session(tx, call, person, TokenKind::login, ""));
  if (context.deps.on_login && call.caller.guest && call.caller.person && call.caller.person != person)
    TRY_OK(context.deps.on_login(tx, call, call.caller.person, person));
  out.caller = caller_of_person(tx, person);
  return out;
}

Reply session_reply(const Call& call, const Context& context, const LoggedIn& in) {
  JsonWriter w;
  w.begin().field("token", in.token).field("person_id", in.caller.person);
  w.field_at("expires_at", call.now + context.deps.settings->session_days * kDayMs);
  write_relations(w, in.caller);
  w.end();
  // The guest's doings belong to the person now; who logs out later begins as a new guest.
  auto reply = Reply::json(w.take())
                   .with("set-cookie", session_cookie(*context.deps.settings, in.token))
                   .with("set-cookie", ended_cookie(*context.deps.settings, kGuestCookie))
                   .with("cache-control", "no-store");
  if (!in.device.empty()) reply.headers.emplace_back("set-cookie", device_cookie(*context.deps.settings, in.device));
  return reply;
}

Result<Reply> create_session(const Call& call, const Request& request, Context& context) {
  const std::string login = login_of(request.value), password = get_text(request.value, "password");
  TRY_OK(context.throttle.begin(login, call.now));
  TRY(const auto known,
      context.deps.db->read([&](Tx& tx) -> Result<std::optional<Login>> { return find_login(tx, login); }));
  TRY(const bool right, context.passwords.verify(known ? known->password_hash : std::string(), password));
  if (!right) return fail(Code::wrong_login);
  context.throttle.succeeded(login);
  TRY(const LoggedIn in,
      context.deps.db->write([&](Tx& tx) { return log_in(tx, call, request, context, known->person); }));
  return session_reply(call, context, in);
}

Result<Reply> create_person(const Call& call, const Request& request, Context& context) {
  const std::string login = login_of(request.value), password = get_text(request.value, "password");
  TRY_OK(check_login(login));
  TRY_OK(check_password(password));
  TRY(const std::string hash, context.passwords.hash(password));
  TRY(const LoggedIn in, context.deps.db->write([&](Tx& tx) -> Result<LoggedIn> {
    TRY(const PersonId person, register_person(tx, call, login, get_text(request.value, "name"), hash));
    return log_in(tx, call, request, context, person);
  }));
  return session_reply(call, context, in);
}

Result<Reply> accept(const Call& call, const Request& request, Context& context) {
  const std::string login = login_of(request.value), password = get_text(request.value, "password");
  if (!login.empty()) TRY_OK(check_login(login));
  TRY_OK(check_password(password));
  TRY(const std::string hash, context.passwords.hash(password));
  TRY(const LoggedIn in, context.deps.db->write([&](Tx& tx) -> Result<LoggedIn> {
    TRY(const PersonId person, accept_invite(tx, call, get_text(request.value, "token"), login, hash));
    return log_in(tx, call, request, context, person);
  }));
  return session_reply(call, context, in);
}

// The old password is asked for: a session that was left open must not be enough to take an account over.
Result<Reply> put_password(const Call& call, const Request& request, Context& context) {
  TRY_OK(require_login(call));
  const std::string password = get_text(request.value, "new_password");
  TRY_OK(check_password(password));
  std::string login;
  TRY(const auto known, context.deps.db->read([&](Tx& tx) -> Result<std::optional<Login>> {
    return login_of_person(tx, call.caller.person, &login);
  }));
  if (!known) return fail(Code::conflict, "you have no password; accept an invitation first");
  TRY_OK(context.throttle.begin(login, call.now));
  TRY(const bool right, context.passwords.verify(known->password_hash, get_text(request.value, "password")));
  if (!right) return fail(Code::wrong_login, "the present password is not this one", "/password");
  context.throttle.succeeded(login);
  TRY(const std::string hash, context.passwords.hash(password));
  TRY_OK(context.deps.db->write([&](Tx& tx) -> Status {
    if (!change_password(tx, call.caller.person, known->password_hash, hash, presented_token(request).token))
      return fail(Code::conflict, "the password was changed just now by somebody else");
    return {};
  }));
  return Reply::none();
}

Result<Reply> me(Tx& tx, const Call& call, const Request&) {
  JsonWriter w;
  w.begin().field("person_id", call.caller.person).field("guest", call.caller.guest);
  w.field("name", person_name(tx, call.caller.person));
  write_relations(w, call.caller);
  w.end();
  return Reply::json(w.take()).with("cache-control", "no-store");
}

Result<Reply> create_api_token(Tx& tx, const Call& call, const Request& request) {
  TRY_OK(require_login(call));
  const auto days = static_cast<int>(get_int(request.value, "days", 365));
  TRY(const std::string token,
      issue_session(tx, call, call.caller.person, TokenKind::api, get_text(request.value, "name"), days));
  JsonWriter w;
  w.begin().field("token", token).field_at("expires_at", call.now + days * kDayMs).end();
  return Reply::json(w.take()).with("cache-control", "no-store");
}

Result<Reply> list_api_tokens(Tx& tx, const Call& call, const Request&) {
  TRY_OK(require_login(call));
  JsonWriter w;
  w.begin().key("items").begin_list();
  for (const auto& token : api_tokens_of(tx, call.caller.person))
    w.begin()
        .field("id", token.id)
        .field("name", token.name)
        .field_at("created_at", token.created_at)
        .field_at("expires_at", token.expires_at)
        .end();
  w.end_list().end();
  return Reply::json(w.take());
}

Result<Reply> delete_api_token(Tx& tx, const Call& call, const Request& request) {
  TRY_OK(require_login(call));
  TRY_OK(revoke_api_token(tx, call.caller.person, request.param("token_id")));
  return Reply::none();
}

// ---- brands and staff

Result<Reply> create(const Call& call, const Request& request, Context& context) {
  if (!call.caller.system) return fail(Code::forbidden, "brands are made by the server's operator: `lianbo init`");
  const std::string password = get_text(request.value, "owner_password");
  TRY_OK(check_password(password));
  NewBrand wish;
  wish.name = get_text(request.value, "name");
  wish.currency = get_text(request.value, "currency", wish.currency);
  wish.time_zone = get_text(request.value, "time_zone", wish.time_zone);
  wish.owner_login = login_of(request.value, "owner_login");
  wish.owner_name = get_text(request.value, "owner_name", wish.owner_login);
  TRY(wish.owner_password_hash, context.passwords.hash(password));
  JsonWriter w;
  TRY_OK(context.deps.db->write([&](Tx& tx) -> Status {
    TRY(const BrandId brand, create_brand(tx, call, wish));
    const auto owner = find_login(tx, wish.owner_login);
    w = JsonWriter();
    w.begin().field("id", brand).field("owner_person_id", owner->person).end();
    return {};
  }));
  return Reply::json(w.take(), 201);
}

Result<Reply> get_brand(Tx& tx, const Call&, const Request& request) {
  TRY(const auto id, request.id_param<BrandId>("brand_id"));
  TRY(const Brand brand, find_brand(tx, id));
  JsonWriter w;
  w.begin().field("id", brand.id).field("name", brand.name).field("currency", brand.currency);
  w.field("time_zone", brand.time_zone).field_at("created_at", brand.created_at).end();
  return Reply::json(w.take());
}

Result<Reply> patch_brand(Tx& tx, const Call& call, const Request& request) {
  TRY(const auto id, request.id_param<BrandId>("brand_id"));
  TRY_OK(require_staff(call, id, kOwner));
  TRY_OK(rename_brand(tx, call, id, get_text(request.value, "name")));
  return get_brand(tx, call, request);
}

Result<Reply> delete_staff(Tx& tx, const Call& call, const Request& request) {
  TRY(const auto id, request.id_param<BrandId>("brand_id"));
  TRY_OK(require_staff(call, id, kOwner));
  TRY(const auto person, request.id_param<PersonId>("person_id"));
  TRY_OK(remove_staff(tx, call, id, person));
  return Reply::none();
}

Result<Reply> get_lock_rules(Tx& tx, const Call& call, const Request& request) {
  TRY(const auto brand, request.id_param<BrandId>("brand_id"));
  if (!call.caller.agent_at(brand)) TRY_OK(require_any_staff(call, brand, kAnyStaff));
  TRY(const LockRules rules, lock_rules(tx, brand));
  return Reply::json(rules_json(rules));
}

Result<Reply> put_lock_rules(Tx& tx, const Call& call, const Request& request) {
  TRY(const auto brand, request.id_param<BrandId>("brand_id"));
  TRY_OK(require_staff(call, brand, kOperates));
  const auto days = [&](const char* name) { return static_cast<std::int32_t>(get_int(request.value, name)); };
  LockRules wish;
  wish.validity_days = days("validity_days");
  wish.protect_days = days("protect_days");
  wish.order_extends_days = days("order_extends_days");
  wish.lock_agents = get_bool(request.value, "lock_agents");
  wish.self_purchase = get_bool(request.value, "self_purchase");
  TRY(const LockRules rules, set_lock_rules(tx, call, brand, wish));
  return Reply::json(rules_json(rules));
}

std::string matrix_rules_json(const MatrixRules& r) {
  JsonWriter w;
  w.begin().field("applications", applications_text(r.applications)).field("admission", admission_text(r.admission));
  w.field("hand_to_parent", r.hand_to_parent).field("house_agent_id", r.house_agent).end();
  return w.take();
}

Result<Reply> get_matrix_rules(Tx& tx, const Call& call, const Request& request) {
  TRY(const auto brand, request.id_param<BrandId>("brand_id"));
  TRY_OK(require_any_staff(call, brand, kAnyStaff));
  TRY_OK(find_brand(tx, brand));
  return Reply::json(matrix_rules_json(matrix_rules(tx, brand)));
}

Result<Reply> put_matrix_rules(Tx& tx, const Call& call, const Request& request) {
  TRY(const auto brand, request.id_param<BrandId>("brand_id"));
  TRY_OK(require_staff(call, brand, kOperates));
  MatrixRules wish;
  wish.applications = parse_applications(get_text(request.value, "applications")).value_or(Applications::open);
  wish.admission = parse_admission(get_text(request.value, "admission")).value_or(Admission::automatic);
  wish.hand_to_parent = get_bool(request.value, "hand_to_parent");
  wish.house_agent = get_id<AgentId>(request.value, "house_agent_id");
  TRY(const MatrixRules rules, set_matrix_rules(tx, call, brand, wish));
  return Reply::json(matrix_rules_json(rules));
}

Result<Reply> list_audit(Tx& tx, const Call& call, const Request& request) {
  TRY(const auto brand, request.id_param<BrandId>("brand_id"));
  TRY_OK(require_staff(call, brand, kOwner | kAuditor));
  TRY(const net::Page page, net::page_of(request));
  AuditFilter filter;
  filter.action = std::string(request.query_value("action"));
  filter.subject_kind = std::string(request.query_value("subject_kind"));
  const auto id_of = [&](const char* name) -> Result<std::int64_t> {
    const auto text = request.query_value(name);
    if (text.empty()) return 0;
    if (const auto id = parse_id_text(text)) return *id;
    return fail(Code::invalid_field, "must be an identifier of 13 characters", std::string("query ") + name);
  };
  TRY(filter.subject, id_of("subject_id"));
  TRY(filter.actor.value, id_of("actor_id"));
  if (const auto text = request.query_value("since"); !text.empty()) {
    TRY(filter.since, parse_rfc3339(text, "query since"));
  }
  if (const auto text = request.query_value("until"); !text.empty()) {
    TRY(filter.until, parse_rfc3339(text, "query until"));
  }
  const auto rows = audit_of(tx, brand, filter, page.limit, EventId{page.after});
  JsonWriter w;
  w.begin_list();
  for (const auto& row : rows) {
    w.begin().field("id", row.id).field("actor_id", row.actor).field("actor_name", row.actor_name);
    w.field("action", row.action).field("subject_kind", row.subject_kind);
    w.field("subject_id", EventId{row.subject}).key("detail").raw(row.detail).field_at("at", row.at).end();
  }
  w.end_list();
  const bool more = static_cast<int>(rows.size()) == page.limit;
  return Reply::json(net::page_json(w.text(), more ? rows.back().id.value : 0));
}

Reply secret_reply(const std::string& invite_token) {
  return Reply::json(JsonWriter().begin().field("invite_token", invite_token).end().take())
      .with("cache-control", "no-store");
}

Result<Reply> reset_staff(Tx& tx, const Call& call, const Request& request) {
  TRY(const auto brand, request.id_param<BrandId>("brand_id"));
  TRY(const auto person, request.id_param<PersonId>("person_id"));
  TRY_OK(require_staff(call, brand, kOwner));
  TRY(const std::string token, invite_to_reset(tx, call, brand, person));
  return secret_reply(token);
}

Result<Reply> reset_agent(Tx& tx, const Call& call, const Request& request) {
  TRY(const auto id, request.id_param<AgentId>("agent_id"));
  TRY(const Agent agent, find_agent(tx, id));
  TRY_OK(require_staff_in(call, agent.brand, agent.region, kOperates));
  if (agent.state == AgentState::left) return fail(Code::agent_not_active, "this agent has left");
  TRY(const std::string token, invite_to_reset(tx, call, agent.brand, agent.person));
  return secret_reply(token);
}

Result<Reply> post_staff(Tx& tx, const Call& call, const Request& request) {
  TRY(const auto brand, request.id_param<BrandId>("brand_id"));
  TRY_OK(require_staff(call, brand, kOwner));
  unsigned roles = 0;
  for (const auto& role : get_list(request.value, "roles")) roles |= parse_role(role.get_string()).value_or(0);
  std::optional<std::vector<std::string>> regions;
  if (has(request.value, "regions")) {
    regions.emplace();
    for (const auto& name : get_list(request.value, "regions"))
      regions->emplace_back(std::string_view(name.get_string()));
  }
  TRY(const StaffInvite staff,
      add_staff(tx, call, brand, login_of(request.value), get_text(request.value, "name"), roles, regions));
  JsonWriter w;
  w.begin().field("person_id", staff.person).key("invite_token");
  if (staff.invite_token.empty())
    w.null();
  else
    w.value(staff.invite_token);
  w.end();
  return Reply::json(w.take()).with("cache-control", "no-store");
}

Result<Reply> get_staff(Tx& tx, const Call& call, const Request& request) {
  TRY(const auto brand, request.id_param<BrandId>("brand_id"));
  TRY_OK(require_staff(call, brand, kAnyStaff));
  TRY(const net::Page page, net::page_of(request));
  const auto staff = staff_of(tx, brand, page.limit, PersonId{page.after});
  JsonWriter w;
  w.begin_list();
  for (const auto& m : staff) {
    w.begin().field("person_id", m.person).field("name", m.name).field("login", m.login);
    write_roles(w, m.roles);
    write_texts(w, "regions", m.regions);
    w.field("has_password", m.has_password).end();
  }
  w.end_list();
  const bool more = static_cast<int>(staff.size()) == page.limit;
  return Reply::json(net::page_json(w.text(), more ? staff.back().person.value : 0));
}

// ---- regions

std::string region_json(const Region& region, std::int64_t agents, std::int64_t active) {
  JsonWriter w;
  w.begin().field("id", region.id).field("name", region.name).field("agents", agents).field("active", active);
  w.field_at("created_at", region.created_at).end();
  return w.take();
}

Result<Reply> list_regions(Tx& tx, const Call& call, const Request& request) {
  TRY(const auto brand, request.id_param<BrandId>("brand_id"));
  TRY_OK(require_any_staff(call, brand, kAnyStaff));
  TRY(const net::Page page, net::page_of(request));
  const auto regions = regions_of(tx, brand, call.caller.scope(brand), page.limit, RegionId{page.after});
  JsonWriter w;
  w.begin_list();
  for (const auto& r : regions) w.raw(region_json(r.region, r.agents, r.active));
  w.end_list();
  const bool more = static_cast<int>(regions.size()) == page.limit;
  return Reply::json(net::page_json(w.text(), more ? regions.back().region.id.value : 0));
}

Result<Reply> region_reply(Tx& tx, const Region& region, int status) {
  for (const auto& r : regions_of(tx, region.brand, {}, 1, RegionId{region.id.value - 1}))
    if (r.region.id == region.id) return Reply::json(region_json(r.region, r.agents, r.active), status);
  return fail(Code::not_found, "there is no such region");
}

Result<Reply> post_region(Tx& tx, const Call& call, const Request& request) {
  TRY(const auto brand, request.id_param<BrandId>("brand_id"));
  const std::string name(csv_trim(get_text(request.value, "name")));
  TRY_OK(require_staff_in(call, brand, name, kOperates));
  TRY(const Region region, create_region(tx, call, brand, name));
  return region_reply(tx, region, 201);
}

// The region that the path names, of the brand that it names, for staff whose rights cover it.
Result<Region> own_region(Tx& tx, const Call& call, const Request& request) {
  TRY(const auto brand, request.id_param<BrandId>("brand_id"));
  TRY(const auto id, request.id_param<RegionId>("region_id"));
  TRY_OK(require_any_staff(call, brand, kOperates));
  TRY(Region region, find_region(tx, id));
  if (region.brand != brand) return fail(Code::not_found, "there is no such region");
  TRY_OK(require_staff_in(call, brand, region.name, kOperates));
  return region;
}

Result<Reply> patch_region(Tx& tx, const Call& call, const Request& request) {
  TRY(const Region region, own_region(tx, call, request));
  const std::string name(csv_trim(get_text(request.value, "name")));
  TRY_OK(require_staff_in(call, region.brand, name, kOperates));
  TRY(const Region renamed, rename_region(tx, call, region.id, name));
  return region_reply(tx, renamed, 200);
}

Result<Reply> delete_region(Tx& tx, const Call& call, const Request& request) {
  TRY(const Region region, own_region(tx, call, request));
  TRY_OK(remove_region(tx, call, region.id));
  return Reply::none();
}

// ---- agents and stores

Result<Reply> import(const Call& call, const Request& request, Context& context) {
  TRY(const auto brand, request.id_param<BrandId>("brand_id"));
  TRY_OK(require_staff(call, brand, kOperates));
  const bool dry = request.query_value("dry_run") == "1";
  TRY(const ImportReport report, import_agents(*context.deps.db, call, brand, request.body, context.deps.follow,
                                               dry ? Import::dry_run : Import::real));
  JsonWriter w;
  w.begin().field("imported", report.imported).field("updated", report.updated);
  w.field("unchanged", report.unchanged).field("stores", report.stores).field("regions", report.regions).end();
  return Reply::json(w.take());
}

Result<Reply> list_agents(Tx& tx, const Call& call, const Request& request) {
  TRY(const auto brand, request.id_param<BrandId>("brand_id"));
  TRY_OK(require_any_staff(call, brand, kAnyStaff));
  TRY(const net::Page page, net::page_of(request));
  AgentFilter filter;
  filter.scope = call.caller.scope(brand);
  filter.region = std::string(request.query_value("region"));
  if (const auto state = request.query_value("state"); !state.empty()) {
    filter.state = parse_state(state);
    if (!filter.state)
      return fail(Code::invalid_field, "must be applied, training, active, suspended or left", "query state");
  }
  filter.text = std::string(csv_trim(request.query_value("q")));
  filter.level = std::string(request.query_value("level"));
  if (const auto parent = request.query_value("parent"); parent == "none") {
    filter.parent = AgentId{};
  } else if (!parent.empty()) {
    filter.parent = AgentId::parse(parent);
    if (!filter.parent) return fail(Code::invalid_field, "must be the id of an agent, or none", "query parent");
  }
  const auto agents = agents_of(tx, brand, filter, page.limit, AgentId{page.after});
  JsonWriter w;
  w.begin_list();
  for (const auto& agent : agents) {
    const std::int64_t children = children_of(tx, agent.id);
    write_agent(w, agent, false, &children);
  }
  w.end_list();
  const bool more = static_cast<int>(agents.size()) == page.limit;
  return Reply::json(net::page_json(w.text(), more ? agents.back().id.value : 0));
}

Reply agent_reply(const Agent& agent, bool whole_phone, int status = 200) {
  JsonWriter w;
  write_agent(w, agent, whole_phone);
  return Reply::json(w.take(), status);
}

// A parent is an agent like another: staff limited to regions decides about those of its regions. One that is not
// there, or another brand's, is told by the service.
Status may_tie_to(Tx& tx, const Call& call, BrandId brand, AgentId parent) {
  if (!parent) return {};
  const auto found = find_agent(tx, parent);
  if (!found || found->brand != brand) return {};
  if (require_staff_in(call, brand, found->region, kOperates)) return {};
  return fail(Code::forbidden, "the parent is outside of your regions; staff of the whole brand can do this",
              "/parent_id");
}

Result<Reply> post_agent(Tx& tx, const Call& call, const Request& request) {
  TRY(const auto brand, request.id_param<BrandId>("brand_id"));
  TRY_OK(require_any_staff(call, brand, kOperates));
  const auto text = [&](const char* name) { return std::string(csv_trim(get_text(request.value, name))); };
  NewAgent wish;
  wish.code = text("code");
  wish.name = text("name");
  wish.phone = text("phone");
  wish.region = text("region");
  wish.level = text("level");
  wish.store_name = text("store");
  wish.parent = get_id<AgentId>(request.value, "parent_id");
  wish.state = parse_state(get_text(request.value, "state", "active")).value_or(AgentState::active);
  TRY_OK(require_staff_in(call, brand, wish.region, kOperates));
  TRY_OK(may_tie_to(tx, call, brand, wish.parent));
  TRY(const Agent agent, create_agent(tx, call, brand, wish));
  return agent_reply(agent, true, 201);
}

// Plain, because staff that sees a whole phone number leaves an audit row, and nobody else needs a write.
Result<Reply> get_agent(const Call& call, const Request& request, Context& context) {
  TRY(const auto id, request.id_param<AgentId>("agent_id"));
  TRY(const Agent agent, context.deps.db->read([&](Tx& tx) { return find_agent(tx, id); }));
  const auto* own = call.caller.agent_at(agent.brand);
  if (own && own->agent == id) return agent_reply(agent, true);
  TRY_OK(require_staff_in(call, agent.brand, agent.region, kAnyStaff));
  const bool whole = require_staff_in(call, agent.brand, agent.region, kOperates).has_value() && !agent.phone.empty();
  if (whole)
    TRY_OK(context.deps.db->write([&](Tx& tx) -> Status {
      audit(tx, call, agent.brand, "agent.read_phone", "agent", id.value);
      return {};
    }));
  return agent_reply(agent, whole);
}

Result<Reply> patch_agent(Tx& tx, const Call& call, const Request& request) {
  TRY(const auto id, request.id_param<AgentId>("agent_id"));
  TRY(const Agent before, find_agent(tx, id));
  TRY_OK(require_staff_in(call, before.brand, before.region, kOperates));
  const auto& body = request.value;
  const auto text = [&](const char* name) {
    return has(body, name) ? std::optional(std::string(csv_trim(get_text(body, name)))) : std::nullopt;
  };
  AgentPatch patch{text("code"), text("name"), text("phone"), text("region"), text("level"), std::nullopt};
  if (body.as_object().contains("parent_id")) patch.parent = get_id<AgentId>(body, "parent_id");
  if (patch.region) TRY_OK(require_staff_in(call, before.brand, *patch.region, kOperates));
  // Who earns beside this agent from now on, and who no longer: both must be theirs to decide about.
  if (patch.parent && *patch.parent != before.parent) {
    TRY_OK(may_tie_to(tx, call, before.brand, before.parent));
    TRY_OK(may_tie_to(tx, call, before.brand, *patch.parent));
  }
  TRY(const Agent agent, edit_agent(tx, call, id, patch));
  return agent_reply(agent, false);
}

Result<Reply> post_agent_state(Tx& tx, const Call& call, const Request& request, const StateHook& follow) {
  TRY(const auto id, request.id_param<AgentId>("agent_id"));
  TRY(const Agent before, find_agent(tx, id));
  TRY_OK(require_staff_in(call, before.brand, before.region, kOperates));
  const auto to = parse_state(get_text(request.value, "state"));
  if (!to) return fail(Code::invalid_field, "must be applied, training, active, suspended or left", "/state");
  TRY(const Agent agent, set_agent_state(tx, call, id, *to, get_text(request.value, "reason"), follow));
  return agent_reply(agent, false);
}

Result<Reply> post_agent_invite(Tx& tx, const Call& call, const Request& request) {
  TRY(const auto id, request.id_param<AgentId>("agent_id"));
  TRY(const Agent agent, find_agent(tx, id));
  TRY_OK(require_staff_in(call, agent.brand, agent.region, kOperates));
  TRY(const std::string token, invite_agent(tx, call, id));
  return Reply::json(JsonWriter().begin().field("invite_token", token).end().take()).with("cache-control", "no-store");
}

Result<Reply> get_store(Tx& tx, const Call&, const Request& request) {
  TRY(const auto id, request.id_param<StoreId>("store_id"));
  TRY(const StoreOwner owner, store_owner(tx, id));
  JsonWriter w;
  w.begin().field("id", owner.store.id).field("brand_id", owner.store.brand).field("agent_id", owner.agent.id);
  w.field("name", owner.store.name).field("host_name", owner.agent.name).field("region", owner.agent.region);
  TRY(const Storefront front, storefront(tx, id));
  w.field("open", owner.agent.active()).field("intro", front.intro).field("picture_url", front.picture_url).end();
  return Reply::json(w.take());
}

net::Route once(net::Route route) {
  route.idempotent = false;  // the answer holds a secret, which must not be kept
  return route;
}

}  // namespace

Routes org_routes(const OrgDeps& deps) {
  const auto context = std::make_shared<Context>(deps);
  const auto with = [context](Result<Reply> (*handler)(const Call&, const Request&, Context&)) -> net::PlainHandler {
    return [context, handler](const Call& call, const Request& request) { return handler(call, request, *context); };
  };
  const auto end_current = [context](Tx& tx, const Call&, const Request& request) -> Result<Reply> {
    end_session(tx, presented_token(request).token);
    return Reply::none().with("set-cookie", ended_cookie(*context->deps.settings, kSessionCookie));
  };
  const std::string v1 = "/api/v1", brand = v1 + "/brands/{brand_id}", agent = v1 + "/agents/{agent_id}";
  Routes out;
  const auto add = [&](net::Route route) { out.push_back(std::move(route)); };

  // Logging in
  add(net::plain_route(Method::post, v1 + "/sessions", "createSession", "Log in", Access::guest, with(create_session))
          .taking({login_field(), s::text("password", 1, kMaxPassword)})
          .giving(session_shape())
          .may_fail({Code::wrong_login, Code::too_many_requests})
          .logging_in());
  add(once(
      net::write_route(Method::del, v1 + "/sessions/current", "deleteSession", "Log out", Access::login, end_current)
          .answers(204)));
  add(net::read_route(Method::get, v1 + "/me", "getMe", "Who is calling, and as what", Access::guest, me)
          .giving(me_shape()));
  add(net::plain_route(Method::post, v1 + "/persons", "createPerson", "Register as a buyer and log in", Access::guest,
                       with(create_person))
          .taking({login_field(), password_field(), s::text("name", 1, kMaxName)})
          .giving(session_shape())
          .may_fail({Code::login_taken})
          .logging_in());
  add(net::plain_route(Method::post, v1 + "/invites/accept", "acceptInvite", "Accept an invitation and log in",
                       Access::guest, with(accept))
          .taking({s::text("token", 1, 64),
                   s::opt(s::text("login", 0, kMaxLogin, "may be left out for a new password: it stays as it was")),
                   password_field()})
          .giving(session_shape())
          .may_fail({Code::invite_invalid, Code::login_taken})
          .logging_in());
  add(net::plain_route(Method::post, v1 + "/me/password", "changePassword",
                       "Change one's own password; other logins end, API tokens stay", Access::login,
                       with(put_password))
          .taking({s::text("password", 1, kMaxPassword, "the present one"), password_field("new_password")})
          .answers(204)
          .may_fail({Code::wrong_login, Code::too_many_requests, Code::conflict}));
  add(once(net::write_route(Method::post, v1 + "/api-tokens", "createApiToken",
                            "A token for a program, with the caller's own rights", Access::login, create_api_token)
               .taking({s::text("name", 1, kMaxName, "what it is for"),
                        s::opt(s::integer("days", 1, 3650, "how long it lasts; default 365"))})
               .giving({s::text("token", 43, 43), s::instant("expires_at")})));

  add(net::read_route(Method::get, v1 + "/api-tokens", "listApiTokens", "The caller's tokens for programs",
                      Access::login, list_api_tokens)
          .giving({s::list("items",
                           {s::text("id", 64, 64, "of the token, not the token"), s::text("name", 0, kMaxName),
                            s::instant("created_at"), s::instant("expires_at")},
                           0, 200)}));
  add(net::write_route(Method::del, v1 + "/api-tokens/{token_id}", "revokeApiToken", "The token no longer counts",
                       Access::login, delete_api_token)
          .answers(204)
          .may_fail({Code::not_found}));

  // Brands and staff
  add(net::plain_route(Method::post, v1 + "/brands", "createBrand",
                       "Make a brand and its owner (the server's operator only)", Access::login, with(create))
          .taking({s::text("name", 1, kMaxName), s::opt(s::text("currency", 3, 3, "default CNY")),
                   s::opt(s::text("time_zone", 1, 64, "default Asia/Shanghai")), s::text("owner_login", 2, kMaxLogin),
                   s::opt(s::text("owner_name", 1, kMaxName)), password_field("owner_password")})
          .giving({s::id("id"), s::id("owner_person_id")})
          .answers(201)
          .may_fail({Code::forbidden, Code::login_taken}));
  add(net::read_route(Method::get, brand, "getBrand", "A brand", Access::guest, get_brand).giving(brand_shape()));
  add(net::write_route(Method::patch, brand, "changeBrand", "Give the brand another name", Access::staff, patch_brand)
          .taking({s::text("name", 1, kMaxName)})
          .giving(brand_shape()));
  add(net::read_route(Method::get, brand + "/lock-rules", "getLockRules", "The lock rules that hold now", Access::login,
                      get_lock_rules)
          .giving(rules_shape()));
  add(net::write_route(Method::put, brand + "/lock-rules", "putLockRules", "Change the lock rules: adds a version",
                       Access::staff, put_lock_rules)
          .taking(rules_fields())
          .giving(rules_shape()));
  add(once(
      net::write_route(Method::post, brand + "/staff", "addStaff", "Invite staff, or change their roles", Access::staff,
                       post_staff)
          .taking({login_field(), s::text("name", 1, kMaxName), roles_field(),
                   s::opt(regions_field("names of regions that the rights end at; left out: as it was, and for who is "
                                        "new the whole brand; []: the whole brand"))})
          .giving({s::id("person_id"), s::nullable(s::text("invite_token", 43, 43, "null: has a password already"))})
          .may_fail({Code::login_taken, Code::conflict})));
  add(net::write_route(Method::del, brand + "/staff/{person_id}", "removeStaff", "No longer works for the brand",
                       Access::staff, delete_staff)
          .answers(204)
          .may_fail({Code::not_found, Code::conflict}));
  add(net::read_route(Method::get, brand + "/staff", "listStaff", "Who works for the brand", Access::staff, get_staff)
          .asking({limit_field(), after_field()})
          .giving(page_of_items({s::id("person_id"), s::text("name", 0, kMaxName), s::text("login", 0, kMaxLogin),
                                 roles_field(), regions_field("what the roles are limited to"),
                                 s::boolean("has_password")})));

  add(once(net::write_route(Method::post, brand + "/staff/{person_id}/password-reset", "resetStaffPassword",
                            "An invitation that puts a new password in the place of the old", Access::staff,
                            reset_staff)
               .giving({s::text("invite_token", 43, 43)})
               .may_fail({Code::not_found, Code::forbidden, Code::conflict})));
  const Shape matrix_rules_shape{
      s::choice("applications", {"open", "by_share", "closed"},
                "who may ask to become an agent: anybody, who came by an agent's recruit link, nobody"),
      s::choice("admission", {"automatic", "by_staff"}, "who has finished training becomes active, or waits for staff"),
      s::boolean("hand_to_parent", "the customers of an agent who leaves go to their parent, if active"),
      s::nullable(s::id("house_agent_id", "else to this agent, if active; else their locks end"))};
  add(net::read_route(Method::get, brand + "/matrix-rules", "getMatrixRules",
                      "How agents come in, and who has their customers when they leave", Access::staff,
                      get_matrix_rules)
          .giving(matrix_rules_shape)
          .may_fail({Code::not_found}));
  add(net::write_route(Method::put, brand + "/matrix-rules", "putMatrixRules", "Change these rules", Access::staff,
                       put_matrix_rules)
          .taking(matrix_rules_shape)
          .giving(matrix_rules_shape));
  add(net::read_route(Method::get, brand + "/audit", "listAudit",
                      "Who changed or read what, newest first; for owners and auditors", Access::staff, list_audit)
          .asking({s::opt(s::text("action", 0, 64, "and all that begin so: agent.")),
                   s::opt(s::text("subject_kind", 0, 64)), s::opt(s::id("subject_id")), s::opt(s::id("actor_id")),
                   s::opt(s::instant("since")), s::opt(s::instant("until", "this instant not any more")), limit_field(),
                   after_field()})
          .giving(page_of_items({s::id("id"), s::nullable(s::id("actor_id", "null: the server")),
                                 s::text("actor_name", 0, kMaxName), s::text("action", 1, 64),
                                 s::text("subject_kind", 0, 64), s::nullable(s::id("subject_id")), s::any("detail"),
                                 s::instant("at")})));

  // Regions
  const std::string region = brand + "/regions/{region_id}";
  add(net::read_route(Method::get, brand + "/regions", "listRegions",
                      "The brand's regions; for staff limited to some, theirs", Access::staff, list_regions)
          .asking({limit_field(), after_field()})
          .giving(page_of_items(region_shape())));
  add(net::write_route(Method::post, brand + "/regions", "createRegion", "Add a region", Access::staff, post_region)
          .taking({s::text("name", 1, kMaxRegion)})
          .giving(region_shape())
          .answers(201)
          .may_fail({Code::conflict}));
  add(net::write_route(Method::patch, region, "renameRegion",
                       "Rename a region and all below it; agents and staff rights go along", Access::staff,
                       patch_region)
          .taking({s::text("name", 1, kMaxRegion)})
          .giving(region_shape())
          .may_fail({Code::not_found, Code::conflict}));
  add(net::write_route(Method::del, region, "removeRegion", "Remove a region that nobody is in", Access::staff,
                       delete_region)
          .answers(204)
          .may_fail({Code::not_found, Code::conflict}));

  // Agents and stores
  auto importing =
      net::plain_route(Method::post, brand + "/agents:import", "importAgents",
                       "Bring the network in from a CSV file, all or nothing", Access::staff, with(import))
          .giving({s::count("imported", "new agents"), s::count("updated", "agents that changed"),
                   s::count("unchanged"), s::count("stores", "new stores"), s::count("regions", "new regions")})
          .asking({s::opt(s::choice("dry_run", {"1"}, "looks the file through and changes nothing"))})
          .may_fail({Code::csv_invalid, Code::invalid_utf8, Code::unsupported_media_type, Code::body_too_large});
  importing.raw_body = true;
  add(std::move(importing));
  add(net::read_route(Method::get, brand + "/agents", "listAgents", "The brand's agents", Access::staff, list_agents)
          .asking({s::opt(s::choice("state", kStates)),
                   s::opt(s::text("region", 0, kMaxRegion, "with what lies below it")),
                   s::opt(s::text("q", 0, kMaxName, "part of the name or code, or the whole phone number")),
                   s::opt(s::text("level", 0, kMaxLevel)),
                   s::opt(s::text("parent", 0, 13, "whom this agent recruited; none: who was recruited by nobody")),
                   limit_field(), after_field()})
          .giving(page_of_items(listed_agent_shape())));
  add(net::write_route(Method::post, brand + "/agents", "createAgent", "Add one agent, with a store", Access::staff,
                       post_agent)
          .taking({s::text("code", 1, kMaxCode), s::text("name", 1, kMaxName), s::opt(s::text("phone", 0, kMaxPhone)),
                   s::opt(s::text("region", 0, kMaxRegion)), s::opt(s::text("level", 0, kMaxLevel)),
                   s::nullable(s::id("parent_id")),
                   s::opt(s::choice("state", {"applied", "training", "active", "suspended"}, "default active")),
                   s::opt(s::text("store", 0, kMaxName, "the store's name; default the agent's"))})
          .giving(agent_shape())
          .answers(201)
          .may_fail({Code::conflict, Code::parent_invalid}));
  add(net::plain_route(Method::get, agent, "getAgent", "An agent, for themselves and for staff", Access::login,
                       with(get_agent))
          .giving(agent_shape()));
  add(net::write_route(Method::patch, agent, "editAgent",
                       "Change an agent's code, name, phone, region, level or parent", Access::staff, patch_agent)
          .taking({s::opt(s::text("code", 1, kMaxCode)), s::opt(s::text("name", 1, kMaxName)),
                   s::opt(s::text("phone", 0, kMaxPhone)), s::opt(s::text("region", 0, kMaxRegion)),
                   s::opt(s::text("level", 0, kMaxLevel)), s::nullable(s::id("parent_id", "null: none any more"))})
          .giving(agent_shape())
          .may_fail({Code::not_found, Code::conflict, Code::parent_invalid}));
  add(once(net::write_route(Method::post, agent + "/password-reset", "resetAgentPassword",
                            "An invitation that puts a new password in the place of the old", Access::staff,
                            reset_agent)
               .giving({s::text("invite_token", 43, 43)})
               .may_fail({Code::not_found, Code::forbidden, Code::conflict, Code::agent_not_active})));
  add(net::write_route(Method::post, agent + "/state", "setAgentState", "Train, admit, suspend, reinstate or let go",
                       Access::staff,
                       [follow = deps.follow](Tx& tx, const Call& call, const Request& request) {
                         return post_agent_state(tx, call, request, follow);
                       })
          .taking({s::choice("state", kStates), s::opt(s::text("reason", 0, 500))})
          .giving(agent_shape())
          .may_fail({Code::agent_state_conflict, Code::training_incomplete}));
  add(once(net::write_route(Method::post, agent + "/invite", "inviteAgent",
                            "An invitation with which the agent chooses login and password", Access::staff,
                            post_agent_invite)
               .giving({s::text("invite_token", 43, 43)})
               .may_fail({Code::conflict, Code::agent_not_active})));
  add(net::read_route(Method::get, v1 + "/stores/{store_id}", "getStore", "A store", Access::guest, get_store)
          .giving({s::id("id"), s::id("brand_id"), s::id("agent_id"), s::text("name", 1, kMaxName),
                   s::text("host_name", 1, kMaxName), s::text("region", 0, kMaxRegion),
                   s::boolean("open", "its agent is active"), s::text("intro", 0, kMaxIntro),
                   s::text("picture_url", 0, 200, "of this server; empty: none")}));
  for (auto& route : storefront_routes(deps.db)) add(std::move(route));
  for (auto& route : recruiting_routes(deps)) add(std::move(route));
  for (auto& route : training_routes()) add(std::move(route));
  return out;
}

}  // namespace lianbo::org
