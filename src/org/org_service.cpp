#include "org/org_service.hpp"

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include "base/check.hpp"
#include "base/crypto.hpp"
#include "base/csv.hpp"
#include "base/json.hpp"
#include "db/dry_run.hpp"
#include "org/agents_csv.hpp"
#include "org/devices.hpp"
#include "org/org_events.hpp"
#include "org/org_store.hpp"
#include "org/recruiting.hpp"
#include "org/sessions.hpp"
#include "org/training.hpp"

namespace lianbo::org {
namespace {

using db::Tx;

constexpr std::int64_t kInviteDays = 7;
constexpr std::size_t kMaxStaffRegions = 100;
constexpr int kNodes = 32;  // five bits of an id

std::unexpected<Error> no_such(const char* what) {
  return fail(Code::not_found, std::string("there is no such ") + what);
}

template <class T>
Result<T> found(std::optional<T> value, const char* what) {
  if (!value) return no_such(what);
  return *std::move(value);
}

Status check_text(std::string_view text, std::size_t min, std::size_t max, const char* where) {
  if (auto problem = text_problem(text, min, max)) return fail(Code::invalid_field, *problem, where);
  return {};
}

void tell_change(Tx& tx, const Call& call, const Agent& agent, std::optional<AgentState> from) {
  JsonWriter w;
  w.begin().field("agent_id", agent.id).field("store_id", agent.store);
  w.field("from", from ? std::optional(state_text(*from)) : std::nullopt).field("to", state_text(agent.state)).end();
  tx.emit({call.make_id<EventId>(), 0, agent.brand, kAgentChanged, agent.id.value, w.take(), call.now, true});
}

void record_state(Tx& tx, const Call& call, const Agent& agent, std::optional<AgentState> from,
                  std::string_view reason) {
  store::add_change(tx, call.make_id<AgentId>().value, agent.id, from, agent.state, call.caller.person, reason,
                    call.now);
}

// person, agent and store, in one go.
// The person is made if the agent has none.
bool add_agent(Tx& tx, const Call& call, Agent& agent, std::string_view store_name) {
  const bool fresh = !agent.person;
  if (fresh) agent.person = call.make_id<PersonId>();
  agent.store = call.make_id<StoreId>();
  agent.created_at = call.now;
  if (!store::add_agent(tx, agent)) return false;
  if (fresh) store::add_person_of_agent(tx, agent.person, agent.name, call.now);
  store::add_store(tx, {agent.store, agent.brand, agent.id, std::string(store_name), call.now});
  return true;
}

}  // namespace

// ---- reading

Result<Brand> find_brand(Tx& tx, BrandId id) { return found(store::brand(tx, id), "brand"); }
Status lock_brand(Tx& tx, BrandId brand) {
  if (!store::lock_brand(tx, brand)) return no_such("brand");
  return {};
}
std::vector<Brand> all_brands(Tx& tx, int limit, BrandId after) { return store::brands(tx, limit, after); }
Result<Agent> find_agent(Tx& tx, AgentId id) { return found(store::agent(tx, id), "agent"); }
Result<Agent> find_agent_by_code(Tx& tx, BrandId brand, std::string_view code) {
  return found(store::agent_by_code(tx, brand, code), "agent");
}
Result<Store> find_store(Tx& tx, StoreId id) { return found(store::store(tx, id), "store"); }
Result<StoreOwner> store_owner(Tx& tx, StoreId id) {
  TRY(Store store, find_store(tx, id));
  TRY(Agent agent, find_agent(tx, store.agent));
  return StoreOwner{std::move(store), std::move(agent)};
}
std::map<StoreId, StoreOwner> store_owners(Tx& tx, std::span<const StoreId> ids) {
  std::map<StoreId, StoreOwner> out;
  std::map<AgentId, StoreId> store_of;
  std::vector<AgentId> agents;
  for (Store& store : store::stores(tx, ids)) {
    agents.push_back(store.agent);
    store_of[store.agent] = store.id;
    out[store.id].store = std::move(store);
  }
  for (Agent& agent : store::agents_by_id(tx, agents)) out[store_of[agent.id]].agent = std::move(agent);
  return out;
}
std::optional<Agent> agent_of_person(Tx& tx, BrandId brand, PersonId person) {
  return store::agent_of_person(tx, brand, person);
}
Result<LockRules> lock_rules(Tx& tx, BrandId brand) { return found(store::newest_rules(tx, brand), "brand"); }
Result<LockRules> lock_rules_version(Tx& tx, BrandId brand, std::int32_t version) {
  return found(store::rules(tx, brand, version), "version of the lock rules");
}
std::string person_name(Tx& tx, PersonId id) { return store::person_name(tx, id); }
std::vector<StoreId> stores_of(Tx& tx, BrandId brand, const StoreFilter& filter, StoreId after, int limit) {
  return store::stores_for(tx, brand, filter, after, limit);
}
std::int64_t count_stores(Tx& tx, BrandId brand, const StoreFilter& filter) {
  return store::count_stores(tx, brand, filter);
}
std::vector<StoreId> stores_of_brand(Tx& tx, BrandId brand, std::span<const StoreId> stores) {
  std::vector<StoreId> out;
  for (const Store& store : store::stores(tx, stores))
    if (store.brand == brand) out.push_back(store.id);
  std::sort(out.begin(), out.end());
  return out;
}
std::vector<Agent> agents_of(Tx& tx, BrandId brand, const AgentFilter& filter, int limit, AgentId after) {
  return store::agents(tx, brand, filter, limit, after);
}
std::vector<StaffMember> staff_of(Tx& tx, BrandId brand, int limit, PersonId after) {
  return store::staff(tx, brand, limit, after);
}

// ---- regions, and who may do what at a store

namespace {
std::string region_at(Tx& tx, const Call& call, BrandId brand, StoreId store) {
  if (!call.caller.scope(brand)) return {};
  return store::region_of_store(tx, store).value_or(std::string());
}

Status check_region(std::string_view name, const char* where) {
  if (auto problem = region_problem(name)) return fail(Code::invalid_field, *problem, where);
  return {};
}

// True: it is new.
bool ensure_region(Tx& tx, const Call& call, BrandId brand, std::string_view name) {
  if (name.empty() || store::region_named(tx, brand, name)) return false;
  return store::add_region(tx, {call.make_id<RegionId>(), brand, std::string(name), call.now});
}
}  // namespace

unsigned staff_roles_at(Tx& tx, const Call& call, BrandId brand, StoreId store) {
  return call.caller.roles_at(brand, region_at(tx, call, brand, store));
}
Status require_staff_at(Tx& tx, const Call& call, BrandId brand, StoreId store, unsigned roles) {
  return require_staff_in(call, brand, region_at(tx, call, brand, store), roles);
}
Status require_store(Tx& tx, const Call& call, BrandId brand, StoreId store) {
  return require_store_in(call, brand, store, region_at(tx, call, brand, store));
}

std::vector<RegionCount> regions_of(Tx& tx, BrandId brand, PersonId scope, int limit, RegionId after) {
  return store::regions(tx, brand, scope, limit, after);
}
Result<Region> find_region(Tx& tx, RegionId id) { return found(store::region(tx, id), "region"); }

Result<Region> create_region(Tx& tx, const Call& call, BrandId brand, std::string_view name) {
  TRY_OK(check_text(name, 1, kMaxRegion, "/name"));
  TRY_OK(check_region(name, "/name"));
  if (!store::lock_brand(tx, brand)) return no_such("brand");
  if (!ensure_region(tx, call, brand, name))
    return fail(Code::conflict, "the brand has the region " + std::string(name) + " already", "/name");
  audit(tx, call, brand, "region.create", "brand", brand.value, JsonWriter().begin().field("name", name).end().take());
  return *store::region_named(tx, brand, name);
}

Result<Region> rename_region(Tx& tx, const Call& call, RegionId id, std::string_view name) {
  TRY_OK(check_text(name, 1, kMaxRegion, "/name"));
  TRY_OK(check_region(name, "/name"));
  TRY(const Region seen, find_region(tx, id));
  store::lock_brand(tx, seen.brand);
  TRY(Region region, find_region(tx, id));
  if (region.name == name) return region;
  // Two regions never become one by a name: agents are moved one by one, so that each move is a decision.
  if (store::any_region_in(tx, region.brand, name))
    return fail(Code::conflict, "the brand has the region " + std::string(name) + ", or one below it, already",
                "/name");
  const auto longest = static_cast<std::size_t>(store::longest_name_in(tx, region.brand, region.name));
  if (longest - utf8_length(region.name) + utf8_length(name) > kMaxRegion)
    return fail(Code::invalid_field,
                "the names below it would become longer than " + std::to_string(kMaxRegion) + " characters", "/name");
  store::move_regions(tx, region.brand, region.name, name);
  audit(tx, call, region.brand, "region.rename", "region", id.value,
        JsonWriter().begin().field("from", region.name).field("to", name).end().take());
  region.name = std::string(name);
  return region;
}

Status remove_region(Tx& tx, const Call& call, RegionId id) {
  TRY(const Region region, find_region(tx, id));
  store::lock_brand(tx, region.brand);
  if (store::region_in_use(tx, id))
    return fail(Code::conflict, "agents are in " + region.name + ", or the rights of staff name it; move them first");
  store::remove_region(tx, id);
  audit(tx, call, region.brand, "region.remove", "region", id.value,
        JsonWriter().begin().field("name", region.name).end().take());
  return {};
}

// ---- brands

Result<BrandId> create_brand(Tx& tx, const Call& call, const NewBrand& wish) {
  TRY_OK(check_text(wish.name, 1, kMaxName, "/name"));
  TRY_OK(check_currency(wish.currency));
  TRY_OK(check_time_zone(wish.time_zone));
  TRY_OK(check_text(wish.owner_name, 1, kMaxName, "/owner_name"));
  TRY(const PersonId owner, register_person(tx, call, wish.owner_login, wish.owner_name, wish.owner_password_hash));
  const auto id = call.make_id<BrandId>();
  store::add_brand(tx, {id, wish.name, wish.currency, wish.time_zone, call.now, {}, 0});
  store::add_staff(tx, id, owner, kOwner, call.now);
  store::add_rules(tx, id, LockRules{}, call.now);
  audit(tx, call, id, "brand.create", "brand", id.value, JsonWriter().begin().field("name", wish.name).end().take());
  return id;
}

Result<LockRules> set_lock_rules(Tx& tx, const Call& call, BrandId brand, LockRules rules) {
  TRY_OK(check_lock_rules(rules));
  if (!store::lock_brand(tx, brand)) return no_such("brand");
  TRY(const LockRules newest, lock_rules(tx, brand));
  if (rules.same_rules(newest)) return newest;
  rules.version = newest.version + 1;
  store::add_rules(tx, brand, rules, call.now);
  JsonWriter w;
  w.begin().field("version", rules.version).field("validity_days", rules.validity_days);
  w.field("protect_days", rules.protect_days).field("order_extends_days", rules.order_extends_days);
  w.field("lock_agents", rules.lock_agents).field("self_purchase", rules.self_purchase).end();
  audit(tx, call, brand, "lock_rules.change", "brand", brand.value, w.text());
  return rules;
}

// ---- the rules of the matrix

MatrixRules matrix_rules(Tx& tx, BrandId brand) { return store::matrix_rules(tx, brand).value_or(MatrixRules{}); }

Result<MatrixRules> set_matrix_rules(Tx& tx, const Call& call, BrandId brand, const MatrixRules& rules) {
  if (!store::lock_brand(tx, brand)) return no_such("brand");
  if (rules.house_agent) {
    const auto house = store::agent(tx, rules.house_agent);
    if (!house || house->brand != brand || !house->active())
      return fail(Code::invalid_field, "the house agent must be an active agent of this brand", "/house_agent_id");
  }
  if (matrix_rules(tx, brand) == rules) return rules;
  store::put_matrix_rules(tx, brand, rules, call.now);
  JsonWriter w;
  w.begin().field("applications", applications_text(rules.applications));
  w.field("admission", admission_text(rules.admission)).field("hand_to_parent", rules.hand_to_parent);
  w.field("house_agent_id", rules.house_agent).end();
  audit(tx, call, brand, "matrix_rules.change", "brand", brand.value, w.text());
  return rules;
}

AgentId heir_of(Tx& tx, const Agent& agent) {
  const MatrixRules rules = matrix_rules(tx, agent.brand);
  for (const AgentId id : {rules.hand_to_parent ? agent.parent : AgentId{}, rules.house_agent}) {
    const auto heir = id && id != agent.id ? store::agent(tx, id) : std::nullopt;
    if (heir && heir->brand == agent.brand && heir->active()) return heir->id;
  }
  return {};
}

// ---- agents

namespace {
void tell_made(Tx& tx, const Call& call, const Agent& agent) {
  record_state(tx, call, agent, std::nullopt, "");
  tell_change(tx, call, agent, std::nullopt);
  audit(tx, call, agent.brand, "agent.create", "agent", agent.id.value,
        JsonWriter().begin().field("code", agent.code).field("state", state_text(agent.state)).end().take());
}
}  // namespace

Result<Agent> create_agent(Tx& tx, const Call& call, BrandId brand, const NewAgent& wish) {
  TRY_OK(check_text(wish.code, 1, kMaxCode, "/code"));
  TRY_OK(check_text(wish.name, 1, kMaxName, "/name"));
  if (auto problem = phone_problem(wish.phone)) return fail(Code::invalid_field, *problem, "/phone");
  TRY_OK(check_region(wish.region, "/region"));
  TRY_OK(check_text(wish.level, 0, kMaxLevel, "/level"));
  TRY_OK(check_text(wish.store_name, 0, kMaxName, "/store"));
  if (wish.state == AgentState::left)
    return fail(Code::invalid_field, "a new agent can't have left; use applied, training, active or suspended",
                "/state");
  if (!store::lock_brand(tx, brand)) return no_such("brand");
  if (wish.parent) {
    const auto parent = store::agent(tx, wish.parent);
    if (!parent || parent->brand != brand)
      return fail(Code::parent_invalid, "the parent must be an agent of this brand", "/parent_id");
  }
  Agent agent;
  agent.id = call.make_id<AgentId>();
  agent.brand = brand;
  agent.code = wish.code;
  agent.name = wish.name;
  agent.phone = wish.phone;
  agent.region = wish.region;
  agent.level = wish.level;
  agent.parent = wish.parent;
  agent.state = wish.state;
  ensure_region(tx, call, brand, agent.region);
  if (!add_agent(tx, call, agent, wish.store_name.empty() ? wish.name : wish.store_name))
    return fail(Code::conflict, "an agent of this brand has the code " + wish.code + " already", "/code");
  tell_made(tx, call, agent);
  return agent;
}

Status add_agent_of_person(Tx& tx, const Call& call, Agent& agent) {
  CHECK(agent.person);
  ensure_region(tx, call, agent.brand, agent.region);
  if (!add_agent(tx, call, agent, agent.name))
    return fail(Code::conflict, "an agent of this brand has the code " + agent.code + " already", "/code");
  tell_made(tx, call, agent);
  return {};
}

Result<Agent> edit_agent(Tx& tx, const Call& call, AgentId id, const AgentPatch& patch) {
  TRY(const Agent seen, find_agent(tx, id));
  store::lock_brand(tx, seen.brand);
  TRY(const Agent before, find_agent(tx, id));
  Agent agent = before;
  if (patch.code) agent.code = *patch.code;
  if (patch.name) agent.name = *patch.name;
  if (patch.phone) agent.phone = *patch.phone;
  if (patch.region) agent.region = *patch.region;
  if (patch.level) agent.level = *patch.level;
  if (patch.parent) agent.parent = *patch.parent;
  TRY_OK(check_text(agent.code, 1, kMaxCode, "/code"));
  TRY_OK(check_text(agent.name, 1, kMaxName, "/name"));
  if (auto problem = phone_problem(agent.phone)) return fail(Code::invalid_field, *problem, "/phone");
  TRY_OK(check_region(agent.region, "/region"));
  TRY_OK(check_text(agent.level, 0, kMaxLevel, "/level"));
  std::string parent_code, parent_before;
  if (const auto parent = store::agent(tx, before.parent)) parent_before = parent->code;
  if (agent.parent == before.parent) {
    parent_code = parent_before;
  } else if (agent.parent) {
    const auto parent = store::agent(tx, agent.parent);
    if (!parent || parent->brand != agent.brand || parent->state == AgentState::left)
      return fail(Code::parent_invalid, "the parent must be an agent of this brand who has not left", "/parent_id");
    if (store::is_above(tx, id, parent->id))
      return fail(Code::parent_invalid, parent->code + " stands below " + agent.code + "; nobody is their own ancestor",
                  "/parent_id");
    parent_code = parent->code;
  }
  struct Note {
    std::string_view field;
    std::string from, to;
  };
  bool changed = false;
  JsonWriter w;
  w.begin();
  for (const Note& n : {Note{"code", before.code, agent.code}, Note{"name", before.name, agent.name},
                        Note{"phone", before.phone, agent.phone}, Note{"region", before.region, agent.region},
                        Note{"level", before.level, agent.level}, Note{"parent", parent_before, parent_code}}) {
    if (n.from == n.to) continue;
    changed = true;
    const bool personal = n.field == "phone";
    w.key(n.field).begin().field("from", personal ? mask_phone(n.from) : n.from);
    w.field("to", personal ? mask_phone(n.to) : n.to).end();
  }
  w.end();
  if (!changed) return agent;
  if (agent.code != before.code && !store::set_code(tx, id, agent.code))
    return fail(Code::conflict, "an agent of this brand has the code " + agent.code + " already", "/code");
  ensure_region(tx, call, agent.brand, agent.region);
  store::update_agent(tx, agent);
  audit(tx, call, agent.brand, "agent.edit", "agent", id.value, w.text());
  return agent;
}

namespace {
void audit_state(Tx& tx, const Call& call, const Agent& agent, AgentState from, std::string_view reason) {
  JsonWriter w;
  w.begin().field("from", state_text(from)).field("to", state_text(agent.state)).field("reason", reason).end();
  audit(tx, call, agent.brand, "agent.state", "agent", agent.id.value, w.text());
}
}  // namespace

Result<Agent> set_agent_state(Tx& tx, const Call& call, AgentId id, AgentState to, std::string_view reason,
                              const StateHook& then) {
  TRY_OK(check_text(reason, 0, 500, "/reason"));
  // An import writes whole rows of agents it has read before, behind this lock.
  TRY(const Agent seen, find_agent(tx, id));
  store::lock_brand(tx, seen.brand);
  TRY(Agent agent, find_agent(tx, id));
  const AgentState from = agent.state;
  const auto refuse = [&] {
    const std::string_view after = states_after(from);
    return fail(Code::agent_state_conflict,
                "the agent is " + std::string(state_text(from)) + " and can't become " + std::string(state_text(to)) +
                    (after.empty() ? "; who has left stays so" : ", only " + std::string(after)),
                "/state");
  };
  if (!state_can_become(from, to)) return refuse();
  if (from == AgentState::training && to == AgentState::active && !training_of(tx, agent).missing.empty())
    return fail(check_admitted(tx, agent).error());
  if (!store::change_state(tx, id, from, to))
    return fail(Code::agent_state_conflict, "the agent's state was changed by somebody else just now", "/state");
  agent.state = to;
  record_state(tx, call, agent, from, reason);
  audit_state(tx, call, agent, from, reason);
  if (from == AgentState::applied)
    store::decide_application(tx, id, to == AgentState::training, call.caller.person, reason, call.now);
  tell_change(tx, call, agent, from);
  if (then) TRY_OK(then(tx, call, agent, from));
  return agent;
}

namespace {

struct Importer {
  static constexpr std::string_view kReason = "import";

  Tx& tx;
  const Call& call;
  BrandId brand;
  const StateHook& then;
  ImportReport report;
  std::unordered_map<std::string, store::AgentAndStore> old;
  std::unordered_map<std::string_view, AgentId> ids;
  std::vector<store::WholeAgent> added;
  std::vector<Agent> changes;
  std::vector<std::pair<Agent, AgentState>> moved;  // and the state before

  Status run(const AgentsFile& file) {
    if (!store::lock_brand(tx, brand)) return no_such("brand");
    auto known_agents = store::all_agents(tx, brand, kMaxAgentsOfBrand + 1);
    std::unordered_map<AgentId, std::string_view> codes;
    for (const auto& a : known_agents) codes.emplace(a.agent.id, a.agent.code);
    KnownAgents known;
    known.reserve(known_agents.size());
    for (const auto& a : known_agents) {
      const auto parent = codes.find(a.agent.parent);
      known.emplace(a.agent.code,
                    KnownAgent{parent == codes.end() ? std::string() : std::string(parent->second), a.agent.state});
    }
    TRY_OK(check_agents(file, known));
    for (auto& a : known_agents) {
      std::string code = a.agent.code;
      const auto [at, fresh] = old.emplace(std::move(code), std::move(a));
      ids.emplace(at->first, at->second.agent.id);
    }
    // Known before any row is written, so that parents may come after.
    for (const auto& row : file.rows)
      if (!ids.contains(row.code)) ids.emplace(row.code, call.make_id<AgentId>());
    std::unordered_set<std::string_view> known_regions{""};
    for (const auto& [code, a] : old) known_regions.insert(a.agent.region);
    for (const auto& row : file.rows)
      if (row.region && known_regions.insert(*row.region).second)
        report.regions += ensure_region(tx, call, brand, *row.region) ? 1 : 0;
    for (const auto& row : file.rows) {
      const auto at = old.find(row.code);
      if (at == old.end())
        add(row);
      else
        update(row, at->second);
    }
    store::add_whole_agents(tx, added, call.caller.person, kReason, call.now);
    store::update_agents(tx, changes);
    // After all rows are there: who is heir, and whether, is asked of the network as the file leaves it.
    if (then)
      for (const auto& [agent, from] : moved) TRY_OK(then(tx, call, agent, from));
    JsonWriter w;
    w.begin().field("imported", report.imported).field("updated", report.updated);
    w.field("unchanged", report.unchanged).end();
    audit(tx, call, brand, "agents.import", "brand", brand.value, w.text());
    return {};
  }

  AgentId parent_id(const AgentRow& row) const { return row.parent->empty() ? AgentId{} : ids.at(*row.parent); }

  void add(const AgentRow& row) {
    Agent agent;
    agent.id = ids.at(row.code);
    agent.brand = brand;
    agent.code = row.code;
    agent.name = row.name;
    agent.phone = row.phone.value_or("");
    agent.region = row.region.value_or("");
    agent.level = row.level.value_or("");
    agent.parent = row.parent ? parent_id(row) : AgentId{};
    agent.state = row.state.value_or(AgentState::active);
    agent.person = call.make_id<PersonId>();
    agent.store = call.make_id<StoreId>();
    agent.created_at = call.now;
    added.push_back({std::move(agent), row.store.value_or(row.name), call.make_id<AgentId>().value});
    ++report.imported;
    ++report.stores;
  }

  void update(const AgentRow& row, const store::AgentAndStore& before) {
    Agent agent = before.agent;
    agent.name = row.name;
    agent.phone = row.phone.value_or(agent.phone);
    agent.region = row.region.value_or(agent.region);
    agent.level = row.level.value_or(agent.level);
    if (row.parent) agent.parent = parent_id(row);
    agent.state = row.state.value_or(agent.state);
    const auto& a = before.agent;
    const bool changed = agent.name != a.name || agent.phone != a.phone || agent.region != a.region ||
                         agent.level != a.level || agent.parent != a.parent || agent.state != a.state;
    if (changed) changes.push_back(agent);
    if (agent.state != a.state) {
      record_state(tx, call, agent, a.state, kReason);
      audit_state(tx, call, agent, a.state, kReason);
      if (a.state == AgentState::applied)
        store::decide_application(tx, agent.id, agent.state == AgentState::training, call.caller.person, kReason,
                                  call.now);
      tell_change(tx, call, agent, a.state);
    }
    const bool renamed = row.store && *row.store != before.store_name;
    if (renamed) store::rename_store(tx, agent.store, *row.store);
    ++(changed || renamed ? report.updated : report.unchanged);
    if (agent.state != a.state) moved.emplace_back(std::move(agent), a.state);
  }
};

}  // namespace

Result<ImportReport> import_agents(db::Database& db, const Call& call, BrandId brand, std::string_view file_bytes,
                                   const StateHook& then, Import how) {
  TRY(const AgentsFile file, read_agents(file_bytes));
  const auto body = [&](Tx& tx) -> Result<ImportReport> {
    Importer importer{tx, call, brand, then, {}, {}, {}, {}, {}, {}};
    TRY_OK(importer.run(file));
    return importer.report;
  };
  return how == Import::dry_run ? db::dry_run(db, body) : db.write(body);
}

std::int64_t children_of(Tx& tx, AgentId id) { return store::children_of(tx, id); }

// ---- people and sessions

std::optional<Login> find_login(Tx& tx, std::string_view login) {
  const auto person = store::person_by_login(tx, login);
  if (!person) return std::nullopt;
  return Login{person->id, person->password_hash};
}

Result<PersonId> register_person(Tx& tx, const Call& call, std::string_view login, std::string_view name,
                                 const std::string& password_hash) {
  TRY_OK(check_login(login));
  TRY_OK(check_text(name, 1, kMaxName, "/name"));
  const auto id = call.make_id<PersonId>();
  if (!store::add_person(tx, call, {id, std::string(name), std::string(login), password_hash}))
    return fail(Code::login_taken, "choose another login", "/login");
  return id;
}

std::optional<Account> find_account(Tx& tx, PersonId id) {
  const auto person = store::person(tx, id);
  if (!person) return std::nullopt;
  return Account{person->name, person->login, store::person_since(tx, id)};
}
void close_account(Tx& tx, PersonId id) {
  store::close_account(tx, id);
  forget_devices_of(tx, id);
}

int seal_persons(Tx& tx, const Call& call, int limit) { return store::seal_persons(tx, call, limit); }

Result<std::string> issue_session(Tx& tx, const Call& call, PersonId person, TokenKind kind, std::string_view name,
                                  int days) {
  TRY_OK(check_text(name, 0, kMaxName, "/name"));
  CHECK(call.random != nullptr);
  std::string token = make_token(*call.random);
  const std::int64_t lasts = days > 0 ? days : call.settings ? call.settings->session_days : Settings{}.session_days;
  store::add_session(tx, sha256(token), person, kind == TokenKind::api ? "api" : "login", name, call.now,
                     call.now + lasts * kDayMs);
  return token;
}

Caller caller_of_person(Tx& tx, PersonId person) {
  Caller caller;
  caller.person = person;
  caller.guest = false;
  caller.staff = store::staff_relations(tx, person);
  caller.agents = store::agent_relations(tx, person);
  return caller;
}

Result<Caller> caller_of_token(Tx& tx, const Call& call, std::string_view token) {
  const auto session = store::session(tx, sha256(token), call.now);
  if (!session) return fail(Code::unauthenticated, "the token is unknown or has expired; log in again");
  if (session->works) return caller_of_person(tx, session->person);
  Caller buyer;
  buyer.person = session->person;
  buyer.guest = false;
  return buyer;
}

bool end_session(Tx& tx, std::string_view token) { return store::end_session(tx, sha256(token)); }

std::int64_t forget_expired(Tx& tx, Instant now, int limit) {
  return store::forget_expired(tx, now, limit) + forget_old_devices(tx, now, limit);
}

namespace {
std::string new_invite(Tx& tx, const Call& call, PersonId person, bool resets = false) {
  CHECK(call.random != nullptr);
  std::string token = make_token(*call.random);
  store::add_invite(tx, sha256(token), person, resets, call.now + kInviteDays * kDayMs);
  return token;
}

std::string roles_json(unsigned roles, const std::optional<std::vector<std::string>>& regions) {
  JsonWriter w;
  w.begin().key("roles").begin_list();
  for (const auto name : role_names(roles)) w.value(name);
  w.end_list();
  if (regions) {
    w.key("regions").begin_list();
    for (const auto& name : *regions) w.value(name);
    w.end_list();
  }
  w.end();
  return w.take();
}
}  // namespace

Result<StaffInvite> add_staff(Tx& tx, const Call& call, BrandId brand, std::string_view login, std::string_view name,
                              unsigned roles, const std::optional<std::vector<std::string>>& regions) {
  TRY_OK(check_login(login));
  TRY_OK(check_text(name, 1, kMaxName, "/name"));
  if (roles == 0 || (roles & ~unsigned{kAnyStaff}) != 0)
    return fail(Code::invalid_field, "name at least one of owner, operator, finance, auditor", "/roles");
  if (!store::lock_brand(tx, brand)) return no_such("brand");
  std::vector<RegionId> limits;
  if (regions) {
    if (regions->size() > kMaxStaffRegions)
      return fail(Code::invalid_field, "at most " + std::to_string(kMaxStaffRegions) + " regions", "/regions");
    for (std::size_t i = 0; i < regions->size(); ++i) {
      const auto region = store::region_named(tx, brand, (*regions)[i]);
      if (!region)
        return fail(Code::not_found, "the brand has no region " + (*regions)[i], "/regions/" + std::to_string(i));
      limits.push_back(region->id);
    }
  }
  StaffInvite out;
  const store::Person fresh{call.make_id<PersonId>(), std::string(name), std::string(login), {}};
  if (store::add_person(tx, call, fresh)) {
    out.person = fresh.id;
    store::add_staff(tx, brand, out.person, roles, call.now);
    out.invite_token = new_invite(tx, call, out.person);
  } else {
    const auto person = store::person_by_login(tx, login);
    CHECK(person.has_value());
    out.person = person->id;
    if ((roles & kOwner) == 0 && store::other_owners(tx, brand, out.person) == 0)
      return fail(Code::conflict, "a brand must keep an owner", "/roles");
    if (!store::set_roles(tx, brand, out.person, roles))
      return fail(Code::login_taken, "somebody who is not staff of this brand has this login; choose another",
                  "/login");
    if (person->password_hash.empty()) out.invite_token = new_invite(tx, call, out.person);
  }
  if (regions) store::set_staff_regions(tx, brand, out.person, limits);
  if ((roles & kOwner) != 0 && !caller_of_person(tx, out.person).roles_at(brand))
    return fail(Code::invalid_field, "an owner's rights are over the whole brand; give no regions, or another role",
                "/regions");
  audit(tx, call, brand, "staff.roles", "person", out.person.value, roles_json(roles, regions));
  return out;
}

Status remove_staff(Tx& tx, const Call& call, BrandId brand, PersonId person) {
  if (!store::lock_brand(tx, brand)) return no_such("brand");
  if (store::other_owners(tx, brand, person) == 0) return fail(Code::conflict, "a brand must keep an owner");
  store::set_staff_regions(tx, brand, person, {});
  if (!store::remove_staff(tx, brand, person)) return fail(Code::not_found, "this person does not work for the brand");
  audit(tx, call, brand, "staff.remove", "person", person.value);
  return {};
}

Status verify_brand(Tx& tx, const Call& call, BrandId id, std::string_view as) {
  if (!call.caller.system) return fail(Code::forbidden, "who runs the server says whose brand it is");
  TRY_OK(find_brand(tx, id));
  if (const auto wrong = text_problem(as, 0, kMaxName)) return fail(Code::invalid_field, *wrong, "--as");
  store::verify_brand(tx, id, as, as.empty() ? 0 : call.now);
  JsonWriter detail;
  detail.begin().field("as", as).end();
  audit(tx, call, id, "brand.verify", "brand", id.value, detail.text());
  return {};
}

Status rename_brand(Tx& tx, const Call& call, BrandId brand, std::string_view name) {
  TRY_OK(check_text(name, 1, kMaxName, "/name"));
  TRY(const Brand before, find_brand(tx, brand));
  store::rename_brand(tx, brand, name);
  JsonWriter w;
  w.begin().field("from", before.name).field("to", name).end();
  audit(tx, call, brand, "brand.rename", "brand", brand.value, w.text());
  return {};
}

std::vector<ApiToken> api_tokens_of(Tx& tx, PersonId person) { return store::api_tokens(tx, person); }
Status revoke_api_token(Tx& tx, PersonId person, std::string_view id) {
  std::string hash;
  if (!from_hex(id, hash) || !store::revoke_api_token(tx, person, hash))
    return fail(Code::not_found, "you have no such token");
  return {};
}

Result<std::string> invite_agent(Tx& tx, const Call& call, AgentId id) {
  TRY(const Agent agent, find_agent(tx, id));
  if (agent.state == AgentState::left)
    return fail(Code::agent_not_active, "this agent has left; only agents who have not can be invited");
  const auto person = store::person(tx, agent.person);
  CHECK(person.has_value());
  if (!person->password_hash.empty()) return fail(Code::conflict, "this agent has a login and a password already");
  std::string token = new_invite(tx, call, agent.person);
  audit(tx, call, agent.brand, "agent.invite", "agent", id.value);
  return token;
}

Result<PersonId> accept_invite(Tx& tx, const Call& call, std::string_view token, std::string_view login,
                               const std::string& password_hash) {
  if (!login.empty()) TRY_OK(check_login(login));
  const auto invite = store::use_invite(tx, sha256(token), call.now);
  if (!invite) return fail(Code::invite_invalid, "ask for a new invitation", "/token");
  if (!invite->resets && login.empty()) return fail(Code::missing_field, "choose a login", "/login");
  if (invite->resets ? store::reset_password(tx, call, invite->person, login, password_hash)
                     : store::set_password(tx, call, invite->person, login, password_hash)) {
    // Whoever had got in with the old password is out.
    if (invite->resets) store::end_sessions(tx, invite->person, "", true);
    return invite->person;
  }
  const auto holder = store::person_by_login(tx, login);
  if (holder && holder->id != invite->person) return fail(Code::login_taken, "choose another login", "/login");
  return fail(Code::invite_invalid, "this person has a password already; log in with it", "/token");
}

Result<std::string> invite_to_reset(Tx& tx, const Call& call, BrandId brand, PersonId id) {
  const auto person = store::person(tx, id);
  const Caller them = caller_of_person(tx, id);
  if (!person || (!them.staff_of(brand) && !them.agent_at(brand)))
    return fail(Code::not_found, "there is no such person among the brand's staff and agents");
  const auto elsewhere = [&](const auto& relation) { return relation.brand != brand; };
  if (std::any_of(them.staff.begin(), them.staff.end(), elsewhere) ||
      std::any_of(them.agents.begin(), them.agents.end(), elsewhere))
    return fail(
        Code::forbidden,
        "this person has roles or stores at another brand too, which a new password would open; they can change "
        "it themselves");
  if (them.staff_of(brand)) TRY_OK(require_staff(call, brand, kOwner));
  if (person->password_hash.empty()) return fail(Code::conflict, "they have no password yet; send an invitation");
  store::void_invites(tx, id);
  std::string token = new_invite(tx, call, id, true);
  audit(tx, call, brand, "person.reset_password", "person", id.value);
  return token;
}

bool change_password(Tx& tx, PersonId person, const std::string& old_hash, const std::string& new_hash,
                     std::string_view kept_token) {
  if (!store::change_password(tx, person, old_hash, new_hash)) return false;
  store::end_sessions(tx, person, sha256(kept_token), false);
  store::void_invites(tx, person);
  return true;
}

std::optional<Login> login_of_person(Tx& tx, PersonId id, std::string* login) {
  const auto person = store::person(tx, id);
  if (!person || person->login.empty()) return std::nullopt;
  *login = person->login;
  return Login{person->id, person->password_hash};
}

// ---- audit

void audit(Tx& tx, const Call& call, BrandId brand, std::string_view action, std::string_view subject_kind,
           std::int64_t subject_id, std::string_view detail_json) {
  store::add_audit(tx, call.make_id<EventId>().value, brand, call.caller.person, action, subject_kind, subject_id,
                   detail_json, call.now);
}

std::vector<AuditRow> audit_of(Tx& tx, BrandId brand, const AuditFilter& filter, int limit, EventId before) {
  auto rows = store::audit_rows(tx, brand, filter, limit, before);
  std::unordered_map<PersonId, std::string> names;
  for (AuditRow& row : rows) {
    const auto [at, fresh] = names.try_emplace(row.actor);
    if (fresh && row.actor) at->second = person_name(tx, row.actor);
    row.actor_name = at->second;
  }
  return rows;
}

// ---- the server itself

namespace {
constexpr std::string_view kBucketsFact = "buckets", kTokenKeyFact = "token_key", kSimulatedFact = "simulated";

Result<ServerFacts> read_facts(Tx& tx) {
  const auto buckets = store::fact(tx, kBucketsFact);
  const auto key = store::fact(tx, kTokenKeyFact);
  if (!buckets || !key) return fail(Code::not_found, "this database has not been set up: run `lianbo init` first");
  ServerFacts out;
  out.token_key = *key;
  out.simulated = store::fact(tx, kSimulatedFact).value_or("0") == "1";
  out.buckets = std::atoi(buckets->c_str());
  if (out.buckets < 1 || out.buckets > kMaxBuckets)
    return fail(Code::internal, "the fact `buckets` of this database is " + *buckets + ", which can't be");
  return out;
}
}  // namespace

Result<ServerFacts> set_up(db::Database& db, const Settings& settings, Random& random) {
  std::string key;
  for (int word = 0; word < 4; ++word) {
    std::uint64_t value = random.next();
    for (int i = 0; i < 8; ++i, value >>= 8) key.push_back(static_cast<char>(value & 0xff));
  }
  const bool simulated = settings.clock.starts_with("simulated");
  TRY(const ServerFacts facts, db.write([&](Tx& tx) -> Result<ServerFacts> {
    store::add_fact(tx, kBucketsFact, std::to_string(settings.buckets));
    store::add_fact(tx, kTokenKeyFact, to_hex(key));
    store::add_fact(tx, kSimulatedFact, simulated ? "1" : "0");
    return read_facts(tx);
  }));
  if (facts.buckets != settings.buckets)
    return fail(Code::conflict,
                "this database was set up with buckets = " + std::to_string(facts.buckets) +
                    " and keeps it; the setting says " + std::to_string(settings.buckets) +
                    ". Set buckets = " + std::to_string(facts.buckets) + ", or use an empty database",
                "buckets");
  if (simulated && !facts.simulated)
    return fail(Code::conflict,
                "this database lives in real time; a simulated clock would write days that have not been. Set clock = "
                "system, or use an empty database",
                "clock");
  return facts;
}

Result<ServerFacts> server_facts(db::Database& db) {
  return db.read([](Tx& tx) { return read_facts(tx); });
}

Result<std::string> token_key(db::Database& db) {
  TRY(ServerFacts facts, server_facts(db));
  return std::move(facts.token_key);
}

Result<NodeLease> lease_node(db::Database& db, std::string_view holder, Instant wall_now, Instant ids_now) {
  return db.write([&](Tx& tx) -> Result<NodeLease> {
    std::vector<int> nodes;
    if (const auto mine = store::node_of(tx, holder)) nodes.push_back(*mine);
    for (int node = 0; node < kNodes; ++node) nodes.push_back(node);
    for (const int node : nodes) {
      const auto horizon = store::take_node(tx, node, holder, ids_now, kHorizonAheadMs, wall_now, wall_now - kLeaseMs);
      if (horizon) return NodeLease{node, std::string(holder), *horizon - kHorizonAheadMs, *horizon};
    }
    return fail(Code::overloaded, "all " + std::to_string(kNodes) +
                                      " node numbers are in use; stop a server, or wait " +
                                      std::to_string(kLeaseMs / kSecondMs) + " s after one was killed");
  });
}

Status renew_horizon(db::Database& db, NodeLease& lease, Instant wall_now, Instant newest) {
  const Instant wanted = std::max(lease.horizon_at, newest + kHorizonAheadMs);
  TRY(lease.horizon_at, db.write([&](Tx& tx) -> Result<Instant> {
    const auto horizon = store::renew_node(tx, lease.node, lease.holder, wanted, wall_now);
    if (!horizon)
      return fail(Code::conflict, "the node number " + std::to_string(lease.node) + " went to another server");
    return *horizon;
  }));
  return {};
}

Result<std::vector<std::string>> others_at_work(db::Database& db, std::string_view holder, Instant wall_now) {
  return db.read(
      [&](Tx& tx) -> Result<std::vector<std::string>> { return store::busy_nodes(tx, holder, wall_now - kLeaseMs); });
}

Status release_node(db::Database& db, const NodeLease& lease, Instant newest) {
  return db.write([&](Tx& tx) -> Status {
    store::release_node(tx, lease.node, lease.holder, std::max(newest, lease.floor));
    return {};
  });
}

}  // namespace lianbo::org
