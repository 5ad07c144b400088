// All SQL of brands, people, agents, stores and sessions, and of the server's own facts and nodes. One function per
// statement or nearly so; no rule is decided here. Private to src/org. Every function joins the Tx it is given.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "db/db.hpp"
#include "org/org.hpp"
#include "org/org_service.hpp"
#include "org/recruiting.hpp"

namespace lianbo::org::store {

// ---- brands
std::optional<Brand> brand(db::Tx&, BrandId);
std::vector<Brand> brands(db::Tx&, int limit, BrandId after);
void add_brand(db::Tx&, const Brand&);
bool lock_brand(db::Tx&, BrandId);  // until the end of the transaction; false: there is none
std::optional<LockRules> newest_rules(db::Tx&, BrandId);
std::optional<LockRules> rules(db::Tx&, BrandId, std::int32_t version);
void add_rules(db::Tx&, BrandId, const LockRules&, Instant at);

// ---- agents and stores
std::optional<Agent> agent(db::Tx&, AgentId);
std::optional<Agent> agent_by_code(db::Tx&, BrandId, std::string_view code);
std::optional<Agent> agent_of_person(db::Tx&, BrandId, PersonId);
std::vector<Agent> agents(db::Tx&, BrandId, const AgentFilter&, int limit, AgentId after);
std::optional<std::string> region_of_store(db::Tx&, StoreId);
struct AgentAndStore {
  Agent agent;
  std::string store_name;
};
std::vector<AgentAndStore> all_agents(db::Tx&, BrandId, std::size_t limit);
bool add_agent(db::Tx&, const Agent&);  // false: the code is taken
// Agents with their persons, stores and first changes. Their codes must be free (the brand is locked).
struct WholeAgent {
  Agent agent;
  std::string store_name;
  std::int64_t change_id = 0;
};
void add_whole_agents(db::Tx&, std::span<const WholeAgent>, PersonId by, std::string_view reason, Instant at);
void update_agent(db::Tx&, const Agent&);
void update_agents(db::Tx&, std::span<const Agent>);                  // the same for many
bool set_code(db::Tx&, AgentId, std::string_view code);               // false: it is taken
bool is_above(db::Tx&, AgentId above, AgentId below);                 // an ancestor of it, or itself
std::int64_t agents_ever(db::Tx&, BrandId, PersonId);                 // who have left too
bool change_state(db::Tx&, AgentId, AgentState from, AgentState to);  // false: it is not `from` any more
void add_change(db::Tx&, std::int64_t id, AgentId, std::optional<AgentState> from, AgentState to, PersonId by,
                std::string_view reason, Instant at);
struct AgentChange {
  std::optional<AgentState> from;
  AgentState to;
  PersonId by;
  std::string reason;
  Instant at;
};
std::vector<AgentChange> changes(db::Tx&, AgentId, int limit);
std::optional<Store> store(db::Tx&, StoreId);
std::vector<Store> stores(db::Tx&, std::span<const StoreId>);
std::vector<Agent> agents_by_id(db::Tx&, std::span<const AgentId>);
std::vector<StoreId> stores_for(db::Tx&, BrandId, const StoreFilter&, StoreId after, int limit);
std::int64_t count_stores(db::Tx&, BrandId, const StoreFilter&);
void add_store(db::Tx&, const Store&);
void rename_store(db::Tx&, StoreId, std::string_view name);

// ---- the rules of the matrix, applications
std::optional<MatrixRules> matrix_rules(db::Tx&, BrandId);
void put_matrix_rules(db::Tx&, BrandId, const MatrixRules&, Instant at);
void add_application(db::Tx&, const Application&);
void decide_application(db::Tx&, AgentId, bool approved, PersonId by, std::string_view reason,
                        Instant at);  // if it waits
std::optional<Application> newest_application(db::Tx&, BrandId, PersonId);
std::vector<Application> applications(db::Tx&, BrandId, PersonId scope, Decided, int limit, AgentId after);
std::vector<Application> recruits(db::Tx&, AgentId recruiter, int limit, AgentId after);

// ---- regions
std::optional<Region> region(db::Tx&, RegionId);
std::optional<Region> region_named(db::Tx&, BrandId, std::string_view name);
bool add_region(db::Tx&, const Region&);  // false: there is one of this name
std::vector<RegionCount> regions(db::Tx&, BrandId, PersonId scope, int limit, RegionId after);
bool any_region_in(db::Tx&, BrandId, std::string_view name);  // of this name, or below it
std::int64_t longest_name_in(db::Tx&, BrandId, std::string_view name);
void move_regions(db::Tx&, BrandId, std::string_view from, std::string_view to);  // with what lies below, and agents
bool region_in_use(db::Tx&, RegionId);  // an agent is in it or below it, or a staff member's rights end there
void remove_region(db::Tx&, RegionId);

// ---- people. Names and logins are sealed under the person's key (privacy/vault.hpp) and found by a digest; only the
// name of an agent whom the brand wrote down stays readable, as it does in the brand's own list of agents.
struct Person {
  PersonId id;
  std::string name;
  std::string login;          // "": none
  std::string password_hash;  // "": none
};
std::optional<Person> person(db::Tx&, PersonId);
std::string person_name(db::Tx& tx, PersonId id);  // "": erased, or nobody
std::optional<Person> person_by_login(db::Tx&, std::string_view login);
bool add_person(db::Tx&, const Call&, const Person&);  // false: the login is taken
void add_person_of_agent(db::Tx&, PersonId, std::string_view name, Instant at);
// False: has one, or the login is taken.
bool set_password(db::Tx&, const Call&, PersonId, std::string_view login, std::string_view hash);
Instant person_since(db::Tx&, PersonId);
void close_account(db::Tx&, PersonId);
// Up to `limit` of those whose login is still readable (rows of an older version); the number it sealed.
int seal_persons(db::Tx&, const Call&, int limit);
void add_staff(db::Tx&, BrandId, PersonId, unsigned roles, Instant at);
bool remove_staff(db::Tx&, BrandId, PersonId);
void verify_brand(db::Tx&, BrandId, std::string_view as, Instant at);
void rename_brand(db::Tx&, BrandId, std::string_view name);
std::vector<ApiToken> api_tokens(db::Tx&, PersonId);
bool revoke_api_token(db::Tx&, PersonId, std::string_view token_sha256);
std::int64_t children_of(db::Tx&, AgentId);
bool set_roles(db::Tx&, BrandId, PersonId, unsigned roles);  // false: is no staff there
std::int64_t other_owners(db::Tx&, BrandId, PersonId);
void set_staff_regions(db::Tx&, BrandId, PersonId, std::span<const RegionId>);
std::vector<StaffMember> staff(db::Tx&, BrandId, int limit, PersonId after);
std::vector<StaffOf> staff_relations(db::Tx&, PersonId);
std::vector<AgentOf> agent_relations(db::Tx&, PersonId);

// ---- sessions and invitations, by the SHA-256 of their token
void add_session(db::Tx&, std::string_view sha, PersonId, std::string_view kind, std::string_view name, Instant at,
                 Instant expires_at);
struct Session {
  PersonId person;
  bool works = false;  // for a brand, or as an agent
};
std::optional<Session> session(db::Tx&, std::string_view sha, Instant now);
bool end_session(db::Tx&, std::string_view sha);
void add_invite(db::Tx&, std::string_view sha, PersonId, bool resets, Instant expires_at);
void void_invites(db::Tx&, PersonId);
struct UsedInvite {
  PersonId person;
  bool resets = false;
};
std::optional<UsedInvite> use_invite(db::Tx&, std::string_view sha, Instant now);
bool reset_password(db::Tx&, const Call&, PersonId, std::string_view login,
                    std::string_view hash);  // login "": as it is; false: taken
bool change_password(db::Tx&, PersonId, std::string_view old_hash, std::string_view new_hash);
void end_sessions(db::Tx&, PersonId, std::string_view but_sha, bool api_too);
std::int64_t forget_expired(db::Tx&, Instant now, int limit);

// ---- audit, facts, nodes
void add_audit(db::Tx&, std::int64_t id, BrandId, PersonId actor, std::string_view action,
               std::string_view subject_kind, std::int64_t subject_id, std::string_view detail, Instant at);
std::vector<AuditRow> audit_rows(db::Tx&, BrandId, const AuditFilter&, int limit, EventId before);
std::optional<std::string> fact(db::Tx&, std::string_view name);
void add_fact(db::Tx&, std::string_view name, std::string_view value);  // keeps what is there
std::optional<int> node_of(db::Tx&, std::string_view holder);
// Takes the node if it is nobody's, this holder's, or was last renewed before stale_at; the new horizon, or nothing.
std::optional<Instant> take_node(db::Tx&, int node, std::string_view holder, Instant ids_now, DurationMs ahead_ms,
                                 Instant wall_now, Instant stale_at);
std::vector<std::string> busy_nodes(db::Tx&, std::string_view but, Instant since);
// Free at once; the next holder starts behind newest.
void release_node(db::Tx&, int node, std::string_view holder, Instant newest);
std::optional<Instant> renew_node(db::Tx&, int node, std::string_view holder, Instant horizon_at, Instant wall_now);

}  // namespace lianbo::org::store
