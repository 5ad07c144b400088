// What can be done with brands, people, agents and stores; one function per intent.
//
// Functions that take a Tx join its transaction; those that take a Database start their own (file import, set-up, the
// node lease). Every change of an agent's state is a row of agent_changes and of audit. Who may do what is checked in
// org_api, except where a rule of the matrix decides. Threads: any.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/call.hpp"
#include "base/settings.hpp"
#include "db/db.hpp"
#include "org/org.hpp"

namespace lianbo::org {

// ---- reading; not_found says what kind of thing is not there
Result<Brand> find_brand(db::Tx&, BrandId);
// Until the end of the transaction nobody else changes what belongs to the brand as a whole (imports, agents, staff).
Status lock_brand(db::Tx&, BrandId);
std::vector<Brand> all_brands(db::Tx&, int limit, BrandId after = {});
Result<Agent> find_agent(db::Tx&, AgentId);
Result<Agent> find_agent_by_code(db::Tx&, BrandId, std::string_view code);
Result<Store> find_store(db::Tx&, StoreId);
Result<StoreOwner> store_owner(db::Tx&, StoreId);
// Of many stores in two statements, by store; one that is not there is left out.
std::map<StoreId, StoreOwner> store_owners(db::Tx&, std::span<const StoreId>);
// Whatever their state, except left.
std::optional<Agent> agent_of_person(db::Tx&, BrandId, PersonId);
Result<LockRules> lock_rules(db::Tx&, BrandId);  // the newest version
Result<LockRules> lock_rules_version(db::Tx&, BrandId, std::int32_t version);
std::string person_name(db::Tx&, PersonId);  // "" for a guest

struct AgentFilter {
  std::optional<AgentState> state;
  std::string region;  // and what lies below it; "": all
  PersonId scope;      // Caller::scope
  std::string text;    // of the name, the code or the whole phone number; "": all
  std::string level;
  std::optional<AgentId> parent;  // none: all; AgentId{}: those without one
};
std::vector<Agent> agents_of(db::Tx&, BrandId, const AgentFilter&, int limit, AgentId after);
// Stores of agents who have not left and are more than applicants, in order of id. "": any
// region, any level; a region has those below it ("华东" has "华东/上海").
struct StoreFilter {
  std::string region, level;
};
std::vector<StoreId> stores_of(db::Tx&, BrandId, const StoreFilter&, StoreId after, int limit);
std::int64_t count_stores(db::Tx&, BrandId, const StoreFilter&);
// Those of them that are stores of the brand, in order of id.
std::vector<StoreId> stores_of_brand(db::Tx&, BrandId, std::span<const StoreId> stores);
struct StaffMember {
  PersonId person;
  std::string name, login;
  unsigned roles = 0;
  bool has_password = false;
  std::vector<std::string> regions;  // none: the whole brand
};
std::vector<StaffMember> staff_of(db::Tx&, BrandId, int limit, PersonId after);

// ---- regions, and who may do what at a store (base/call.hpp)
// The caller's roles over what hangs on a store: an order, a broadcast, a share. Reads its region only for staff that
// is limited to some.
unsigned staff_roles_at(db::Tx&, const Call&, BrandId, StoreId);
Status require_staff_at(db::Tx&, const Call&, BrandId, StoreId, unsigned roles);
// The store's own agent, or staff that operates it.
Status require_store(db::Tx&, const Call&, BrandId, StoreId);

struct RegionCount {
  Region region;
  std::int64_t agents = 0, active = 0;  // in this very region; agents: who have not left
};
std::vector<RegionCount> regions_of(db::Tx&, BrandId, PersonId scope, int limit, RegionId after);
Result<Region> find_region(db::Tx&, RegionId);
// A region comes about by being named: here, by an agent, or by a file.
Result<Region> create_region(db::Tx&, const Call&, BrandId, std::string_view name);
// With all that lies below it; agents and staff rights go along.
Result<Region> rename_region(db::Tx&, const Call&, RegionId, std::string_view name);
// conflict while an agent, who may have left, is in it, or a staff member's rights name it.
Status remove_region(db::Tx&, const Call&, RegionId);

// ---- brands
struct NewBrand {
  std::string name;
  std::string currency = "CNY";
  std::string time_zone = "Asia/Shanghai";
  std::string owner_login;
  std::string owner_name;
  std::string owner_password_hash;  // of Passwords::hash, made before the transaction
};
// Also the owner (a person with a login), and lock rules version 1 with the defaults of SPEC 6.
Result<BrandId> create_brand(db::Tx&, const Call&, const NewBrand&);
// Adds a version when something changes; gives the newest.
Result<LockRules> set_lock_rules(db::Tx&, const Call&, BrandId, LockRules);

// ---- the rules of the matrix
MatrixRules matrix_rules(db::Tx&, BrandId);
// The house agent must be an active agent of the brand.
Result<MatrixRules> set_matrix_rules(db::Tx&, const Call&, BrandId, const MatrixRules&);
// Who gets the customers of an agent who leaves now: the parent, the house agent, or nobody.
AgentId heir_of(db::Tx&, const Agent&);

// ---- agents
// What stands above org and follows an agent's state (share::follow_agent: broadcasts end, customers are handed on). It
// is called in the transaction of the change, after it; app hands it in, because org can't see what follows.
using StateHook = std::function<Status(db::Tx&, const Call&, const Agent&, AgentState from)>;

struct NewAgent {
  std::string code, name, phone, region, level;
  AgentId parent;
  AgentState state = AgentState::active;
  std::string store_name;  // "": the agent's name
};
Result<Agent> create_agent(db::Tx&, const Call&, BrandId, const NewAgent&);
// Who is in training becomes active only when nothing is missing (training_incomplete names it). Answers an application
// that waits.
Result<Agent> set_agent_state(db::Tx&, const Call&, AgentId, AgentState to, std::string_view reason, const StateHook&);
// Their person is there already: the store, the row, the first state.
Status add_agent_of_person(db::Tx&, const Call&, Agent&);

struct AgentPatch {
  std::optional<std::string> code = {}, name = {}, phone = {}, region = {}, level = {};
  std::optional<AgentId> parent = {};  // who has not left and is not below this one; an empty id: no parent any more
};
// Each field that changes is a line of the audit, with what it was. Orders keep the recruiter they were placed under.
Result<Agent> edit_agent(db::Tx&, const Call&, AgentId, const AgentPatch&);

struct ImportReport {
  std::int64_t imported = 0, updated = 0, unchanged = 0, stores = 0;
  std::int64_t regions = 0;  // new ones
};
// CSV, gz too; one transaction, all or nothing. See agents_csv.hpp.
enum class Import { real, dry_run };  // dry_run: looks it through and changes nothing
Result<ImportReport> import_agents(db::Database&, const Call&, BrandId, std::string_view file_bytes, const StateHook&,
                                   Import how = Import::real);
std::int64_t children_of(db::Tx&, AgentId);  // whom they recruited

// ---- people and sessions
struct Login {
  PersonId person;
  std::string password_hash;  // "": none yet
};
std::optional<Login> find_login(db::Tx&, std::string_view login);
Result<PersonId> register_person(db::Tx&, const Call&, std::string_view login, std::string_view name,
                                 const std::string& password_hash);

struct Account {
  std::string name, login;  // "": none, or erased
  Instant created_at = 0;
};
std::optional<Account> find_account(db::Tx&, PersonId);
// Erases name, login and password and ends every session. The person's id stays: orders and shares name it.
void close_account(db::Tx&, PersonId);

// Of a database of an older version: seals up to `limit` names and logins that are still readable; how many it did.
int seal_persons(db::Tx&, const Call&, int limit);

enum class TokenKind { login, api };
// Returns the token; its SHA-256 is what is stored. days 0: session.days of the settings.
Result<std::string> issue_session(db::Tx&, const Call&, PersonId, TokenKind, std::string_view name, int days = 0);
// The caller with all relations; unauthenticated when the token is unknown or has expired.
Result<Caller> caller_of_token(db::Tx&, const Call&, std::string_view token);
Caller caller_of_person(db::Tx&, PersonId);
bool end_session(db::Tx&, std::string_view token);
// Deletes up to limit sessions and invitations that have expired; returns how many.
std::int64_t forget_expired(db::Tx&, Instant now, int limit = 1000);

struct StaffInvite {
  PersonId person;
  std::string invite_token;  // "": the person has a password already
};
// A new person with that login, or new roles for one who is staff already. A login of anybody else is login_taken:
// whoever took a name first must not be handed a role with it. regions: names of regions that the rights end at; none
// given: unchanged (the whole brand for who is new); empty: the whole brand. An owner's are never limited.
Result<StaffInvite> add_staff(db::Tx&, const Call&, BrandId, std::string_view login, std::string_view name,
                              unsigned roles, const std::optional<std::vector<std::string>>& regions = {});
// conflict: the last owner. Their other relations stay.
Status remove_staff(db::Tx&, const Call&, BrandId, PersonId);
// Says whose brand it is, or, with "", that it is no longer known. For who runs the server (the command line), never
// for the brand itself.
Status verify_brand(db::Tx&, const Call&, BrandId, std::string_view as);
Status rename_brand(db::Tx&, const Call&, BrandId, std::string_view name);
struct ApiToken {
  std::string id;  // of the token, not the token
  std::string name;
  Instant created_at = 0, expires_at = 0;
};
std::vector<ApiToken> api_tokens_of(db::Tx&, PersonId);  // the newest 200
Status revoke_api_token(db::Tx&, PersonId, std::string_view id);
// For an agent who has no password yet. Valid for 7 days, once.
Result<std::string> invite_agent(db::Tx&, const Call&, AgentId);
// login "": for a new password in the place of an old one, where the login stays.
Result<PersonId> accept_invite(db::Tx&, const Call&, std::string_view token, std::string_view login,
                               const std::string& password_hash);
// For somebody who has forgotten theirs: an invitation that puts a new password in the place of the old, which is good
// until then. Only for a person whose roles and agents are all of this brand (nobody may get at another brand's things
// by way of theirs); of staff only by an owner. Older invitations are void. forbidden, conflict, not_found.
Result<std::string> invite_to_reset(db::Tx&, const Call&, BrandId, PersonId);
// By themselves. True: done; false: the password has changed since old_hash was read. Other logins end, API tokens
// stay.
bool change_password(db::Tx&, PersonId, const std::string& old_hash, const std::string& new_hash,
                     std::string_view kept_token);
std::optional<Login> login_of_person(db::Tx&, PersonId, std::string* login);

// ---- audit
struct AuditRow {
  EventId id;
  PersonId actor;  // none: the server
  std::string actor_name, action, subject_kind, detail;
  std::int64_t subject = 0;
  Instant at = 0;
};
struct AuditFilter {
  std::string action = {};  // and all that begin so: "agent." is every change of an agent; "": all
  std::string subject_kind = {};
  std::int64_t subject = 0;
  PersonId actor = {};
  Instant since = 0, until = kForever;  // [since, until)
};
// Newest first; before: the id of the last row seen.
std::vector<AuditRow> audit_of(db::Tx&, BrandId, const AuditFilter&, int limit, EventId before);
void audit(db::Tx&, const Call&, BrandId, std::string_view action, std::string_view subject_kind,
           std::int64_t subject_id, std::string_view detail_json = "{}");

// ---- the server itself
struct ServerFacts {
  int buckets = kDefaultBuckets;
  std::string token_key;   // the secret that guests' cookies are signed with
  bool simulated = false;  // set up on a simulated clock
};
// First start on an empty database writes the facts; later ones read them. Another number of buckets, or a simulated
// clock on a database that was set up on the real one, is an error that says what to set.
Result<ServerFacts> set_up(db::Database&, const Settings&, Random&);
Result<ServerFacts> server_facts(db::Database&);  // not_found before set_up
Result<std::string> token_key(db::Database&);

// A node number for base/id.hpp's IdMaker(node, floor). No id may be newer than horizon_at: raise it first (before a
// simulated clock is moved, too). holder: what no two running servers share ("host:port"); the same holder gets its
// number back at once, another one's is free kLeaseMs after it was last renewed. wall_now: the machine's time; ids_now:
// the time ids are made from, which may be simulated.
inline constexpr DurationMs kLeaseMs = 60 * kSecondMs;
inline constexpr DurationMs kHorizonAheadMs = 60 * kSecondMs;
struct NodeLease {
  int node = 0;
  std::string holder;
  Instant floor = 0;
  Instant horizon_at = 0;
};
Result<NodeLease> lease_node(db::Database&, std::string_view holder, Instant wall_now, Instant ids_now);
// Moves the horizon to at least newest + kHorizonAheadMs and keeps the lease. conflict: the number went to somebody
// else; make no more ids.
Status renew_horizon(db::Database&, NodeLease&, Instant wall_now, Instant newest);
// Who else holds a number now: servers and commands at work on this database.
Result<std::vector<std::string>> others_at_work(db::Database&, std::string_view holder, Instant wall_now);
// Gives the number back at an orderly end; newest: of the ids that were made.
Status release_node(db::Database&, const NodeLease&, Instant newest);

}  // namespace lianbo::org
