#include "org/org_store.hpp"

#include <algorithm>

#include "base/check.hpp"
#include "base/crypto.hpp"
#include "base/json.hpp"
#include "db/array.hpp"
#include "privacy/vault.hpp"

namespace lianbo::org::store {
namespace {

using db::Param;
using db::Row;
using db::Sql;
using db::Tx;

// ---- brands
#define BRAND_COLUMNS "id, name, currency, time_zone, created_at, coalesce(verified_as, ''), coalesce(verified_at, 0)"
const Sql kBrand{"org.brand", "select " BRAND_COLUMNS " from brands where id = $1"};
const Sql kBrands{"org.brands", "select " BRAND_COLUMNS " from brands where id > $1 order by id limit $2"};
const Sql kAddBrand{"org.add_brand",
                    "insert into brands (id, name, currency, time_zone, created_at) values ($1, $2, $3, $4, $5)"};
const Sql kLockBrand{"org.lock_brand", "update brands set version = version + 1 where id = $1"};
const Sql kNewestRules{"org.newest_rules",
                       "select version, validity_days, protect_days, order_extends_days, lock_agents, self_purchase "
                       "from lock_rules where brand_id = $1 order by version desc limit 1"};
const Sql kRules{"org.rules",
                 "select version, validity_days, protect_days, order_extends_days, lock_agents, self_purchase "
                 "from lock_rules where brand_id = $1 and version = $2"};
const Sql kAddRules{"org.add_rules",
                    "insert into lock_rules (brand_id, version, validity_days, protect_days, order_extends_days, "
                    "lock_agents, self_purchase, at) values ($1, $2, $3, $4, $5, $6, $7, $8)"};

// base/call.hpp's region_covers in SQL.
#define IN_REGION(place, region) \
  "(" place " = " region " or substr(" place ", 1, length(" region ") + 1) = " region " || '/')"

// ---- agents and stores
#define AGENT_COLUMNS                                                                                              \
  "select a.id, a.brand_id, a.person_id, a.code, a.name, a.phone, a.region, a.level, a.parent_id, a.state, s.id, " \
  "a.created_at"
#define AGENT_TABLES " from agents a join stores s on s.agent_id = a.id "
const Sql kAgent{"org.agent", AGENT_COLUMNS AGENT_TABLES "where a.id = $1"};
const Sql kAgentByCode{"org.agent_by_code", AGENT_COLUMNS AGENT_TABLES "where a.brand_id = $1 and a.code = $2"};
const Sql kAgentOfPerson{"org.agent_of_person", AGENT_COLUMNS AGENT_TABLES
                         "where a.person_id = $2 and a.brand_id = $1 and a.state <> 'left' order by a.id desc limit 1"};
const Sql kAgents{"org.agents", AGENT_COLUMNS AGENT_TABLES
                  "where a.brand_id = $1 and a.id > $2 and (a.state = $3 or $3 = '') and "
                  "(" IN_REGION("a.region", "$4") " or $4 = '') and (cast($6 as bigint) is null or a.id in "
                  "(select v.agent_id from staff_stores v where v.brand_id = $1 and v.person_id = $6)) "
                  "and ($7 = '' or a.phone = $7 or lower(a.code) like lower($8) escape '!' or lower(a.name) like "
                  "lower($8) escape '!') and (a.level = $9 or $9 = '') and (cast($10 as bigint) < 0 or "
                  "coalesce(a.parent_id, 0) = $10) order by a.id limit $5"};
const Sql kChildrenOf{"org.children_of", "select count(*) from agents where parent_id = $1"};
const Sql kAllAgents{"org.all_agents",
                     AGENT_COLUMNS ", s.name" AGENT_TABLES "where a.brand_id = $1 order by a.id limit $2"};
const Sql kAddAgent{"org.add_agent",
                    "insert into agents (id, brand_id, person_id, code, name, phone, region, level, parent_id, state, "
                    "created_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) "
                    "on conflict (brand_id, code) do nothing"};
const Sql kUpdateAgent{"org.update_agent",
                       "update agents set name = $2, phone = $3, region = $4, level = $5, parent_id = $6, state = $7, "
                       "version = version + 1 where id = $1"};
const Sql kSetCode{"org.set_code",
                   "update agents set code = $2, version = version + 1 where id = $1 and not exists (select 1 from "
                   "agents o where o.brand_id = agents.brand_id and o.code = $2 and o.id <> $1)"};
// union, not union all: it ends even if somebody has made a circle by hand.
const Sql kIsAbove{"org.is_above",
                   "with recursive up(id) as (select cast($2 as bigint) union select a.parent_id from agents a join up "
                   "on up.id = a.id where a.parent_id is not null) select 1 from up where id = $1"};
const Sql kAgentsEver{"org.agents_ever", "select count(*) from agents where brand_id = $1 and person_id = $2"};
const Sql kChangeState{"org.change_state",
                       "update agents set state = $3, version = version + 1 where id = $1 and state = $2"};
const Sql kAddChange{"org.add_change",
                     "insert into agent_changes (id, agent_id, from_state, to_state, by_person_id, reason, at) "
                     "values ($1, $2, $3, $4, $5, $6, $7)"};
const Sql kChanges{"org.changes",
                   "select from_state, to_state, by_person_id, reason, at from agent_changes where agent_id = $1 "
                   "order by id limit $2"};
// A thousand agents in four statements (or one, to change them) instead of thousands: a network of 10,000 took
// PostgreSQL 4 to 6 s row by row, all of it round trips. The rows travel as one JSON text; the engines read JSON by
// different functions, hence two texts.
#define FROM_JSON " from json_each($1) j"
#define FROM_JSONB                                                                                                  \
  " from jsonb_to_recordset(cast($1 as jsonb)) as j(id bigint, brand bigint, person bigint, code text, name text, " \
  "phone text, region text, level text, parent bigint, state text, store bigint, store_name text, change bigint)"
const Sql kAddAgents{
    "org.add_agents",
    "insert into agents (id, brand_id, person_id, code, name, phone, region, level, parent_id, state, "
    "created_at) select j.value ->> 'id', j.value ->> 'brand', j.value ->> 'person', j.value ->> 'code', "
    "j.value ->> 'name', j.value ->> 'phone', j.value ->> 'region', j.value ->> 'level', "
    "j.value ->> 'parent', j.value ->> 'state', $2" FROM_JSON,
    "insert into agents (id, brand_id, person_id, code, name, phone, region, level, parent_id, state, "
    "created_at) select j.id, j.brand, j.person, j.code, j.name, j.phone, j.region, j.level, j.parent, "
    "j.state, $2" FROM_JSONB};
const Sql kAddPersons{"org.add_persons",
                      "insert into persons (id, name, created_at) select j.value ->> 'person', j.value ->> 'name', "
                      "$2" FROM_JSON,
                      "insert into persons (id, name, created_at) select j.person, j.name, $2" FROM_JSONB};
const Sql kAddStores{"org.add_stores",
                     "insert into stores (id, brand_id, agent_id, name, created_at) select j.value ->> 'store', "
                     "j.value ->> 'brand', j.value ->> 'id', j.value ->> 'store_name', $2" FROM_JSON,
                     "insert into stores (id, brand_id, agent_id, name, created_at) select j.store, j.brand, j.id, "
                     "j.store_name, $2" FROM_JSONB};
const Sql kAddChanges{"org.add_changes",
                      "insert into agent_changes (id, agent_id, to_state, by_person_id, reason, at) "
                      "select j.value ->> 'change', j.value ->> 'id', j.value ->> 'state', $3, $4, $2" FROM_JSON,
                      "insert into agent_changes (id, agent_id, to_state, by_person_id, reason, at) "
                      "select j.change, j.id, j.state, $3, $4, $2" FROM_JSONB};
const Sql kUpdateAgents{
    "org.update_agents",
    "update agents set name = j.value ->> 'name', phone = j.value ->> 'phone', region = j.value ->> 'region', "
    "level = j.value ->> 'level', parent_id = j.value ->> 'parent', state = j.value ->> 'state', version = version + "
    "1" FROM_JSON " where agents.id = j.value ->> 'id'",
    "update agents set name = j.name, phone = j.phone, region = j.region, level = j.level, parent_id = j.parent, "
    "state = j.state, version = version + 1" FROM_JSONB " where agents.id = j.id"};
const Sql kStore{"org.store", "select id, brand_id, agent_id, name, created_at from stores where id = $1"};
const Sql kStores{"org.stores",
                  "select id, brand_id, agent_id, name, created_at from stores where id" LIANBO_IN_IDS("$1"),
                  "select id, brand_id, agent_id, name, created_at from stores where id" LIANBO_IN_IDS_POSTGRES("$1")};
const Sql kAgentsById{"org.agents_by_id", AGENT_COLUMNS AGENT_TABLES "where a.id" LIANBO_IN_IDS("$1"),
                      AGENT_COLUMNS AGENT_TABLES "where a.id" LIANBO_IN_IDS_POSTGRES("$1")};
#define STORES_FOR                                                                                                  \
  " from stores s join agents a on a.id = s.agent_id where s.brand_id = $1 and a.state not in ('applied', 'left') " \
  "and "                                                                                                            \
  "($2 = '' or a.region = $2 or substr(a.region, 1, length($2) + 1) = $2 || '/') and ($3 = '' or a.level = $3)"
const Sql kStoresFor{"org.stores_for", "select s.id" STORES_FOR " and s.id > $4 order by s.id limit $5"};
const Sql kCountStores{"org.count_stores", "select count(*)" STORES_FOR};
const Sql kAddStore{"org.add_store",
                    "insert into stores (id, brand_id, agent_id, name, created_at) values ($1, $2, $3, $4, $5)"};
const Sql kRenameStore{"org.rename_store", "update stores set name = $2 where id = $1"};
const Sql kRegionOfStore{"org.region_of_store",
                         "select a.region from stores s join agents a on a.id = s.agent_id where s.id = $1"};

// ---- the rules of the matrix, applications
const Sql kMatrixRules{"org.matrix_rules",
                       "select applications, admission, hand_to_parent, house_agent_id from matrix_rules "
                       "where brand_id = $1"};
const Sql kPutMatrixRules{
    "org.put_matrix_rules",
    "insert into matrix_rules (brand_id, applications, admission, hand_to_parent, house_agent_id, at) values ($1, $2, "
    "$3, $4, $5, $6) on conflict (brand_id) do update set applications = excluded.applications, admission = "
    "excluded.admission, hand_to_parent = excluded.hand_to_parent, house_agent_id = excluded.house_agent_id, "
    "at = excluded.at"};
const Sql kAddApplication{"org.add_application",
                          "insert into applications (agent_id, brand_id, share_id, opened_at, message, at) "
                          "values ($1, $2, $3, $4, $5, $6)"};
const Sql kDecideApplication{"org.decide_application",
                             "update applications set approved = $2, decided_by_id = $3, reason = $4, decided_at = $5 "
                             "where agent_id = $1 and approved is null"};
#define APPLICATION_COLUMNS                                                                                        \
  AGENT_COLUMNS                                                                                                    \
  ", p.share_id, p.opened_at, p.message, p.at, p.approved, p.decided_by_id, p.decided_at, p.reason from agents a " \
  "join stores s on s.agent_id = a.id join applications p on p.agent_id = a.id "
const Sql kNewestApplication{"org.newest_application", APPLICATION_COLUMNS
                             "where a.person_id = $2 and a.brand_id = $1 order by a.id desc limit 1"};
const Sql kApplications{
    "org.applications", APPLICATION_COLUMNS
    "where p.brand_id = $1 and p.agent_id > $2 and (cast($3 as bigint) is null or a.id in (select v.agent_id from "
    "staff_stores v where v.brand_id = $1 and v.person_id = $3)) and (cast($4 as bigint) = 0 or ($4 = 1 and p.approved "
    "is null) "
    "or ($4 = 2 and p.approved = 1) or ($4 = 3 and p.approved = 0)) order by p.agent_id limit $5"};
const Sql kRecruits{"org.recruits", APPLICATION_COLUMNS "where a.parent_id = $1 and a.id > $2 order by a.id limit $3"};

// ---- regions
#define REGION_COLUMNS "r.id, r.brand_id, r.name, r.created_at"
const Sql kRegion{"org.region", "select " REGION_COLUMNS " from regions r where r.id = $1"};
const Sql kRegionNamed{"org.region_named",
                       "select " REGION_COLUMNS " from regions r where r.brand_id = $1 and r.name = $2"};
const Sql kAddRegion{"org.add_region",
                     "insert into regions (id, brand_id, name, created_at) values ($1, $2, $3, $4) "
                     "on conflict (brand_id, name) do nothing"};
const Sql kRegions{"org.regions",
                   "select " REGION_COLUMNS
                   ", (select count(*) from agents a where a.brand_id = r.brand_id and a.region = r.name and a.state "
                   "<> 'left'), (select count(*) from agents a where a.brand_id = r.brand_id and a.region = r.name and "
                   "a.state = 'active') from regions r where r.brand_id = $1 and r.id > $2 and (cast($3 as bigint) is "
                   "null or exists (select 1 from staff_regions l join regions g on g.id = l.region_id "
                   "where l.brand_id = $1 and l.person_id = $3 and " IN_REGION("r.name", "g.name") ")) "
                   "order by r.id limit $4"};
const Sql kAnyRegionIn{"org.any_region_in",
                       "select 1 from regions r where r.brand_id = $1 and " IN_REGION("r.name", "$2") " limit 1"};
const Sql kLongestIn{
    "org.longest_region_in",
    "select coalesce(max(length(r.name)), 0) from regions r where r.brand_id = $1 and " IN_REGION("r.name", "$2")};
const Sql kMoveRegions{
    "org.move_regions",
    "update regions set name = $3 || substr(name, length($2) + 1) where brand_id = $1 and " IN_REGION("name", "$2")};
const Sql kMoveAgents{"org.move_agents_of_region",
                      "update agents set region = $3 || substr(region, length($2) + 1), version = version + 1 "
                      "where brand_id = $1 and " IN_REGION("region", "$2")};
const Sql kRegionInUse{"org.region_in_use",
                       "select 1 from regions r where r.id = $1 and (exists (select 1 from agents a where a.brand_id = "
                       "r.brand_id and " IN_REGION("a.region", "r.name") ") or exists (select 1 from staff_regions l "
                       "where l.region_id = r.id))"};
const Sql kRemoveRegion{"org.remove_region", "delete from regions where id = $1"};
const Sql kClearStaffRegions{"org.clear_staff_regions",
                             "delete from staff_regions where brand_id = $1 and person_id = $2"};
const Sql kAddStaffRegion{"org.add_staff_region",
                          "insert into staff_regions (brand_id, person_id, region_id) values ($1, $2, $3) "
                          "on conflict do nothing"};

// ---- people
#define PERSON_SEALED                                                                                         \
  "p.name, p.name_sealed, p.login_sealed, (select k.wrapped from person_keys k where k.person_id = p.id and " \
  "k.brand_id = 0 and k.purpose = 'everyday')"
const Sql kPerson{"org.person", "select p.id, " PERSON_SEALED ", p.password_hash from persons p where p.id = $1"};
const Sql kPersonName{
    "org.person_name",
    "select p.name, p.name_sealed, k.wrapped from persons p left join person_keys k on k.person_id = p.id and "
    "k.brand_id = 0 and k.purpose = 'everyday' where p.id = $1"};
const Sql kPersonByLogin{"org.person_by_login",
                         "select p.id, " PERSON_SEALED ", p.password_hash from persons p where p.login_sha256 = $1"};
const Sql kAddPerson{"org.add_person",
                     "insert into persons (id, name, name_sealed, login_sha256, login_sealed, password_hash, "
                     "created_at) values ($1, '', $2, $3, $4, $5, $6) on conflict do nothing"};
const Sql kAddPersonOfAgent{"org.add_person_of_agent",
                            "insert into persons (id, name, created_at) values ($1, $2, $3)"};
const Sql kSetPassword{"org.set_password",
                       "update persons set login_sha256 = $2, login_sealed = $3, password_hash = $4 where id = $1 and "
                       "password_hash is null and not exists (select 1 from persons o where o.login_sha256 = $2 and "
                       "o.id <> $1)"};
const Sql kPersonSince{"org.person_since", "select created_at from persons where id = $1"};
const Sql kClearPerson{"org.clear_person",
                       "update persons set name = '', login = null, login_sha256 = null, login_sealed = null, "
                       "name_sealed = null, password_hash = null, show_purchases = 0 where id = $1"};
const Sql kEndSessionsOf{"org.end_sessions_of", "delete from sessions where person_id = $1"};
const Sql kEndInvitesOf{"org.end_invites_of", "delete from invites where person_id = $1"};
const Sql kReadable{"org.readable_persons",
                    "select id, name, login from persons where login is not null order by login limit $1"};
const Sql kSealPerson{"org.seal_person",
                      "update persons set name = '', login = null, name_sealed = $2, login_sha256 = $3, "
                      "login_sealed = $4 where id = $1"};
const Sql kRemoveStaff{"org.remove_staff", "delete from staff where brand_id = $1 and person_id = $2"};
const Sql kVerifyBrand{"org.verify_brand",
                       "update brands set verified_as = nullif($2, ''), verified_at = nullif(cast($3 as "
                       "bigint), 0), version = version + 1 where id = $1"};
const Sql kRenameBrand{"org.rename_brand", "update brands set name = $2, version = version + 1 where id = $1"};
const Sql kAddStaff{"org.add_staff",
                    "insert into staff (brand_id, person_id, roles, created_at) values ($1, $2, $3, $4)"};
const Sql kSetRoles{"org.set_roles", "update staff set roles = $3 where brand_id = $1 and person_id = $2"};
const Sql kOtherOwners{"org.other_owners",
                       "select count(*) from staff where brand_id = $1 and person_id <> $2 and (roles & 1) <> 0"};
const Sql kStaff{"org.staff",
                 "select p.id, " PERSON_SEALED
                 ", s.roles, case when p.password_hash is null then 0 else 1 end "
                 "from staff s join persons p on p.id = s.person_id where s.brand_id = $1 and s.person_id > $2 "
                 "order by s.person_id limit $3"};
const Sql kStaffRegions{"org.staff_regions",
                        "select l.person_id, r.name from staff_regions l join regions r on r.id = l.region_id where "
                        "l.brand_id = $1 and l.person_id >= $2 and l.person_id <= $3 order by l.person_id, r.name"};
const Sql kStaffRelations{"org.staff_relations",
                          "select s.brand_id, s.roles, r.name from staff s left join staff_regions l on l.brand_id = "
                          "s.brand_id and l.person_id = s.person_id left join regions r on r.id = l.region_id "
                          "where s.person_id = $1 order by s.brand_id, r.name limit 10000"};
const Sql kAgentRelations{"org.agent_relations",
                          "select a.brand_id, a.id, s.id, a.state" AGENT_TABLES
                          "where a.person_id = $1 and a.state <> 'left' order by a.id limit 1000"};

// ---- sessions and invitations
const Sql kAddSession{"org.add_session",
                      "insert into sessions (token_sha256, person_id, kind, name, created_at, expires_at) "
                      "values ($1, $2, $3, $4, $5, $6)"};
// And whether the person is anything but a buyer: most are not, and nothing more need be asked.
const Sql kSession{"org.session",
                   "select s.person_id, case when exists (select 1 from staff t where t.person_id = s.person_id) or "
                   "exists (select 1 from agents a where a.person_id = s.person_id) then 1 else 0 end from sessions s "
                   "where s.token_sha256 = $1 and s.expires_at > $2"};
const Sql kApiTokens{"org.api_tokens",
                     "select token_sha256, name, created_at, expires_at from sessions where person_id = $1 and kind = "
                     "'api' order by created_at desc limit 200"};
const Sql kRevokeToken{"org.revoke_token",
                       "delete from sessions where token_sha256 = $2 and person_id = $1 and kind = 'api'"};
const Sql kEndSession{"org.end_session", "delete from sessions where token_sha256 = $1"};
const Sql kAddInvite{"org.add_invite",
                     "insert into invites (token_sha256, person_id, resets, expires_at) values ($1, $2, $3, $4)"};
const Sql kVoidInvites{"org.void_invites", "delete from invites where person_id = $1 and used_at is null"};
const Sql kResetPassword{"org.reset_password", "update persons set password_hash = $2 where id = $1"};
const Sql kResetLogin{"org.reset_login",
                      "update persons set login_sha256 = $2, login_sealed = $3, password_hash = $4 where id = $1 and "
                      "not exists (select 1 from persons o where o.login_sha256 = $2 and o.id <> $1)"};
const Sql kChangePassword{"org.change_password",
                          "update persons set password_hash = $3 where id = $1 and password_hash = $2"};
const Sql kEndSessions{"org.end_sessions",
                       "delete from sessions where person_id = $1 and token_sha256 <> $2 and (kind = 'login' or "
                       "cast($3 as bigint) = 1)"};
const Sql kUseInvite{"org.use_invite",
                     "update invites set used_at = $2 where token_sha256 = $1 and used_at is null and expires_at > $2 "
                     "returning person_id, resets"};
const Sql kForgetSessions{"org.forget_sessions",
                          "delete from sessions where token_sha256 in (select token_sha256 from sessions "
                          "where expires_at <= $1 limit $2)"};
const Sql kForgetInvites{"org.forget_invites",
                         "delete from invites where token_sha256 in (select token_sha256 from invites "
                         "where expires_at <= $1 limit $2)"};

// ---- audit, facts, nodes
const Sql kAddAudit{"org.add_audit",
                    "insert into audit (id, brand_id, actor_id, action, subject_kind, subject_id, detail, at) "
                    "values ($1, $2, $3, $4, $5, $6, $7, $8)"};
const Sql kAudit{
    "org.audit",
    "select id, actor_id, action, subject_kind, subject_id, detail, at from audit where brand_id = $1 and "
    "id < $2 and substr(action, 1, length($3)) = $3 and ($4 = '' or subject_kind = $4) and (cast($5 as bigint) "
    "= 0 or subject_id = $5) and (cast($6 as bigint) is null or actor_id = $6) and at >= $7 and at < $8 "
    "order by id desc limit $9"};
const Sql kFact{"org.fact", "select value from server_facts where name = $1"};
const Sql kAddFact{"org.add_fact",
                   "insert into server_facts (name, value) values ($1, $2) on conflict (name) do nothing"};
const Sql kReleaseNode{"org.release_node",
                       "update nodes set renewed_at = 0, horizon_at = $3 where node = $1 and holder = $2"};
const Sql kBusyNodes{"org.busy_nodes",
                     "select holder from nodes where renewed_at > $1 and holder <> $2 order by node limit 32"};
const Sql kNodeOf{"org.node_of", "select node from nodes where holder = $1 order by node limit 1"};
const Sql kTakeNode{"org.take_node",
                    "insert into nodes (node, holder, horizon_at, renewed_at) values ($1, $2, $3, $5) "
                    "on conflict (node) do update set holder = excluded.holder, renewed_at = excluded.renewed_at, "
                    "horizon_at = case when nodes.horizon_at + 1 + $4 > excluded.horizon_at "
                    "then nodes.horizon_at + 1 + $4 else excluded.horizon_at end "
                    "where nodes.holder = excluded.holder or nodes.renewed_at < $6 returning horizon_at"};
const Sql kRenewNode{"org.renew_node",
                     "update nodes set renewed_at = $4, horizon_at = case when horizon_at > $3 then horizon_at else $3 "
                     "end where node = $1 and holder = $2 returning horizon_at"};

Store read_store(const Row& r) {
  return Store{r.id<StoreId>(0), r.id<BrandId>(1), r.id<AgentId>(2), r.str(3), r.integer(4)};
}
Brand read_brand(const Row& r) {
  return {r.id<BrandId>(0), r.str(1), r.str(2), r.str(3), r.integer(4), r.str(5), r.integer(6)};
}

LockRules read_rules(const Row& r) {
  const auto days = [&](int column) { return static_cast<std::int32_t>(r.integer(column)); };
  return {days(0), days(1), days(2), days(3), r.flag(4), r.flag(5)};
}

AgentState read_state(const Row& r, int column) {
  const auto state = parse_state(r.text(column));
  CHECK(state.has_value());
  return *state;
}

Agent read_agent(const Row& r) {
  Agent a;
  a.id = r.id<AgentId>(0);
  a.brand = r.id<BrandId>(1);
  a.person = r.id<PersonId>(2);
  a.code = r.str(3);
  a.name = r.str(4);
  a.phone = r.str(5);
  a.region = r.str(6);
  a.level = r.str(7);
  a.parent = r.id<AgentId>(8);
  a.state = read_state(r, 9);
  a.store = r.id<StoreId>(10);
  a.created_at = r.integer(11);
  return a;
}

Application read_application(const Row& r) {
  Application out;
  out.agent = read_agent(r);
  out.share = r.id<ShareId>(12);
  out.opened_at = r.integer(13);
  out.message = r.str(14);
  out.at = r.integer(15);
  if (!r.is_null(16)) out.approved = r.flag(16);
  out.decided_by = r.id<PersonId>(17);
  out.decided_at = r.integer(18);
  out.reason = r.str(19);
  return out;
}

Region read_region(const Row& r) { return {r.id<RegionId>(0), r.id<BrandId>(1), r.str(2), r.integer(3)}; }

constexpr std::string_view kNamePurpose = "person.name", kLoginPurpose = "person.login";

// PERSON_SEALED behind the id. What is erased reads as "".
Person read_person(const Row& r) {
  Person p;
  p.id = r.id<PersonId>(0);
  const auto sealed = [&](int column) {
    return privacy::Sealed{p.id, {}, privacy::Use::everyday, r.str(column), r.str(4)};
  };
  p.name = r.is_null(2) ? r.str(1) : sealed(2).open(kNamePurpose).value_or("");
  p.login = sealed(3).open(kLoginPurpose).value_or("");
  p.password_hash = r.str(5);
  return p;
}

struct SealedPerson {
  std::string name, login_sha256, login;
};
SealedPerson seal_person(const privacy::PersonKey& key, const Call& call, std::string_view name,
                         std::string_view login) {
  CHECK(call.random != nullptr);
  return {privacy::seal(key, kNamePurpose, name, *call.random).text, privacy::lookup_digest("login", login),
          privacy::seal(key, kLoginPurpose, login, *call.random).text};
}

Param text_or_null(std::string_view text) { return text.empty() ? Param(nullptr) : Param(text); }
Instant first_integer(const Row& r) { return r.integer(0); }

}  // namespace

std::optional<Brand> brand(Tx& tx, BrandId id) { return tx.one(kBrand, {id}, read_brand); }
std::vector<Brand> brands(Tx& tx, int limit, BrandId after) {
  return tx.all(kBrands, {after.value, limit}, read_brand);
}
void add_brand(Tx& tx, const Brand& b) { tx.exec(kAddBrand, {b.id, b.name, b.currency, b.time_zone, b.created_at}); }
bool lock_brand(Tx& tx, BrandId id) { return tx.exec(kLockBrand, {id}) == 1; }
std::optional<LockRules> newest_rules(Tx& tx, BrandId id) { return tx.one(kNewestRules, {id}, read_rules); }
std::optional<LockRules> rules(Tx& tx, BrandId id, std::int32_t version) {
  return tx.one(kRules, {id, version}, read_rules);
}
void add_rules(Tx& tx, BrandId brand_id, const LockRules& r, Instant at) {
  tx.exec(kAddRules, {brand_id, r.version, r.validity_days, r.protect_days, r.order_extends_days, r.lock_agents,
                      r.self_purchase, at});
}

std::optional<Agent> agent(Tx& tx, AgentId id) { return tx.one(kAgent, {id}, read_agent); }
std::optional<Agent> agent_by_code(Tx& tx, BrandId brand_id, std::string_view code) {
  return tx.one(kAgentByCode, {brand_id, code}, read_agent);
}
std::optional<Agent> agent_of_person(Tx& tx, BrandId brand_id, PersonId person_id) {
  return tx.one(kAgentOfPerson, {brand_id, person_id}, read_agent);
}
std::vector<Agent> agents(Tx& tx, BrandId brand_id, const AgentFilter& filter, int limit, AgentId after) {
  const std::string_view state = filter.state ? state_text(*filter.state) : std::string_view{};
  std::string pattern = "%";
  for (const char c : filter.text) {
    if (c == '%' || c == '_' || c == '!') pattern += '!';
    pattern += c;
  }
  pattern += '%';
  const std::int64_t parent = filter.parent ? filter.parent->value : -1;
  return tx.all(
      kAgents,
      {brand_id, after.value, state, filter.region, limit, filter.scope, filter.text, pattern, filter.level, parent},
      read_agent);
}
std::int64_t children_of(Tx& tx, AgentId id) { return tx.number(kChildrenOf, {id}); }
std::optional<std::string> region_of_store(Tx& tx, StoreId id) {
  return tx.one(kRegionOfStore, {id}, [](const Row& r) { return r.str(0); });
}
std::vector<AgentAndStore> all_agents(Tx& tx, BrandId brand_id, std::size_t limit) {
  return tx.all(kAllAgents, {brand_id, limit}, [](const Row& r) { return AgentAndStore{read_agent(r), r.str(12)}; });
}
bool add_agent(Tx& tx, const Agent& a) {
  return tx.exec(kAddAgent, {a.id, a.brand, a.person, a.code, a.name, a.phone, a.region, a.level, a.parent,
                             state_text(a.state), a.created_at}) == 1;
}
namespace {
constexpr std::size_t kChunk = 1000;

void write_agent_row(JsonWriter& w, const Agent& a) {
  w.field("id", a.id.value).field("brand", a.brand.value).field("person", a.person.value).field("code", a.code);
  w.field("name", a.name).field("phone", a.phone).field("region", a.region).field("level", a.level);
  w.field("state", state_text(a.state)).key("parent");
  if (a.parent)
    w.value(a.parent.value);
  else
    w.null();
}
}  // namespace
void add_whole_agents(Tx& tx, std::span<const WholeAgent> rows, PersonId by, std::string_view reason, Instant at) {
  while (!rows.empty()) {
    const auto chunk = rows.first(std::min(kChunk, rows.size()));
    rows = rows.subspan(chunk.size());
    JsonWriter w;
    w.begin_list();
    for (const auto& [a, store_name, change_id] : chunk) {
      w.begin();
      write_agent_row(w, a);
      w.field("store", a.store.value).field("store_name", store_name).field("change", change_id).end();
    }
    w.end_list();
    const auto count = static_cast<std::int64_t>(chunk.size());
    CHECK(tx.exec(kAddPersons, {w.text(), at}) == count);
    CHECK(tx.exec(kAddAgents, {w.text(), at}) == count);
    CHECK(tx.exec(kAddStores, {w.text(), at}) == count);
    CHECK(tx.exec(kAddChanges, {w.text(), at, by, reason}) == count);
  }
}
void update_agents(Tx& tx, std::span<const Agent> rows) {
  while (!rows.empty()) {
    const auto chunk = rows.first(std::min(kChunk, rows.size()));
    rows = rows.subspan(chunk.size());
    JsonWriter w;
    w.begin_list();
    for (const Agent& a : chunk) {
      w.begin();
      write_agent_row(w, a);
      w.end();
    }
    w.end_list();
    CHECK(tx.exec(kUpdateAgents, {w.text()}) == static_cast<std::int64_t>(chunk.size()));
  }
}
void update_agent(Tx& tx, const Agent& a) {
  tx.exec(kUpdateAgent, {a.id, a.name, a.phone, a.region, a.level, a.parent, state_text(a.state)});
}
bool set_code(Tx& tx, AgentId id, std::string_view code) { return tx.exec(kSetCode, {id, code}) == 1; }
bool is_above(Tx& tx, AgentId above, AgentId below) { return tx.exists(kIsAbove, {above, below}); }
std::int64_t agents_ever(Tx& tx, BrandId brand_id, PersonId person_id) {
  return tx.number(kAgentsEver, {brand_id, person_id});
}
bool change_state(Tx& tx, AgentId id, AgentState from, AgentState to) {
  return tx.exec(kChangeState, {id, state_text(from), state_text(to)}) == 1;
}
void add_change(Tx& tx, std::int64_t id, AgentId agent_id, std::optional<AgentState> from, AgentState to, PersonId by,
                std::string_view reason, Instant at) {
  tx.exec(kAddChange, {id, agent_id, from ? Param(state_text(*from)) : Param(nullptr), state_text(to), by, reason, at});
}
std::vector<AgentChange> changes(Tx& tx, AgentId id, int limit) {
  return tx.all(kChanges, {id, limit}, [](const Row& r) {
    return AgentChange{r.is_null(0) ? std::nullopt : std::optional(read_state(r, 0)), read_state(r, 1),
                       r.id<PersonId>(2), r.str(3), r.integer(4)};
  });
}
std::optional<Store> store(Tx& tx, StoreId id) { return tx.one(kStore, {id}, read_store); }
std::vector<Store> stores(Tx& tx, std::span<const StoreId> ids) {
  db::IdList list;
  for (const StoreId id : ids) list.add(id);
  return tx.all(kStores, {list.text()}, read_store);
}
std::vector<Agent> agents_by_id(Tx& tx, std::span<const AgentId> ids) {
  db::IdList list;
  for (const AgentId id : ids) list.add(id);
  return tx.all(kAgentsById, {list.text()}, read_agent);
}
std::vector<StoreId> stores_for(Tx& tx, BrandId brand, const StoreFilter& filter, StoreId after, int limit) {
  return tx.all(kStoresFor, {brand, filter.region, filter.level, after.value, limit},
                [](const Row& r) { return r.id<StoreId>(0); });
}
std::int64_t count_stores(Tx& tx, BrandId brand, const StoreFilter& filter) {
  return tx.number(kCountStores, {brand, filter.region, filter.level});
}
void add_store(Tx& tx, const Store& s) { tx.exec(kAddStore, {s.id, s.brand, s.agent, s.name, s.created_at}); }
void rename_store(Tx& tx, StoreId id, std::string_view name) { tx.exec(kRenameStore, {id, name}); }

std::optional<MatrixRules> matrix_rules(Tx& tx, BrandId brand_id) {
  return tx.one(kMatrixRules, {brand_id}, [](const Row& r) {
    const auto applications = parse_applications(r.text(0));
    const auto admission = parse_admission(r.text(1));
    CHECK(applications && admission);
    return MatrixRules{*applications, *admission, r.flag(2), r.id<AgentId>(3)};
  });
}
void put_matrix_rules(Tx& tx, BrandId brand_id, const MatrixRules& r, Instant at) {
  tx.exec(kPutMatrixRules, {brand_id, applications_text(r.applications), admission_text(r.admission), r.hand_to_parent,
                            r.house_agent, at});
}
void add_application(Tx& tx, const Application& a) {
  tx.exec(kAddApplication, {a.agent.id, a.agent.brand, a.share, a.opened_at == 0 ? Param(nullptr) : Param(a.opened_at),
                            a.message, a.at});
}
void decide_application(Tx& tx, AgentId id, bool approved, PersonId by, std::string_view reason, Instant at) {
  tx.exec(kDecideApplication, {id, approved, by, reason, at});
}
std::optional<Application> newest_application(Tx& tx, BrandId brand_id, PersonId person_id) {
  return tx.one(kNewestApplication, {brand_id, person_id}, read_application);
}
std::vector<Application> applications(Tx& tx, BrandId brand_id, PersonId scope, Decided decided, int limit,
                                      AgentId after) {
  return tx.all(kApplications, {brand_id, after.value, scope, static_cast<int>(decided), limit}, read_application);
}
std::vector<Application> recruits(Tx& tx, AgentId recruiter, int limit, AgentId after) {
  return tx.all(kRecruits, {recruiter, after.value, limit}, read_application);
}

std::optional<Region> region(Tx& tx, RegionId id) { return tx.one(kRegion, {id}, read_region); }
std::optional<Region> region_named(Tx& tx, BrandId brand_id, std::string_view name) {
  return tx.one(kRegionNamed, {brand_id, name}, read_region);
}
bool add_region(Tx& tx, const Region& r) { return tx.exec(kAddRegion, {r.id, r.brand, r.name, r.created_at}) == 1; }
std::vector<RegionCount> regions(Tx& tx, BrandId brand_id, PersonId scope, int limit, RegionId after) {
  return tx.all(kRegions, {brand_id, after.value, scope, limit},
                [](const Row& r) { return RegionCount{read_region(r), r.integer(4), r.integer(5)}; });
}
bool any_region_in(Tx& tx, BrandId brand_id, std::string_view name) {
  return tx.exists(kAnyRegionIn, {brand_id, name});
}
std::int64_t longest_name_in(Tx& tx, BrandId brand_id, std::string_view name) {
  return tx.number(kLongestIn, {brand_id, name});
}
void move_regions(Tx& tx, BrandId brand_id, std::string_view from, std::string_view to) {
  tx.exec(kMoveRegions, {brand_id, from, to});
  tx.exec(kMoveAgents, {brand_id, from, to});
}
bool region_in_use(Tx& tx, RegionId id) { return tx.exists(kRegionInUse, {id}); }
void remove_region(Tx& tx, RegionId id) { tx.exec(kRemoveRegion, {id}); }

std::optional<Person> person(Tx& tx, PersonId id) { return tx.one(kPerson, {id}, read_person); }
std::string person_name(Tx& tx, PersonId id) {
  const auto name = tx.one(kPersonName, {id}, [&](const Row& r) {
    if (r.is_null(1)) return r.str(0);
    return privacy::Sealed{id, {}, privacy::Use::everyday, r.str(1), r.str(2)}.open(kNamePurpose).value_or("");
  });
  return name.value_or("");
}
std::optional<Person> person_by_login(Tx& tx, std::string_view login) {
  const std::string digest = privacy::lookup_digest("login", login);
  return tx.one(kPersonByLogin, {Param::blob(digest)}, read_person);
}
bool add_person(Tx& tx, const Call& call, const Person& p) {
  const auto key = privacy::new_key(p.id, {}, privacy::Use::everyday, *call.random);
  const auto sealed = seal_person(key, call, p.name, p.login);
  if (tx.exec(kAddPerson, {p.id, Param::blob(sealed.name), Param::blob(sealed.login_sha256), Param::blob(sealed.login),
                           text_or_null(p.password_hash), call.now}) != 1)
    return false;
  privacy::keep_key(tx, key, call.now);
  return true;
}
void add_person_of_agent(Tx& tx, PersonId id, std::string_view name, Instant at) {
  tx.exec(kAddPersonOfAgent, {id, name, at});
}
bool set_password(Tx& tx, const Call& call, PersonId id, std::string_view login, std::string_view hash) {
  const auto key = privacy::person_key(tx, call, id, {}, privacy::Use::everyday);
  const auto sealed = seal_person(key, call, {}, login);
  return tx.exec(kSetPassword, {id, Param::blob(sealed.login_sha256), Param::blob(sealed.login), hash}) == 1;
}
Instant person_since(Tx& tx, PersonId id) { return tx.number(kPersonSince, {id}); }
void close_account(Tx& tx, PersonId id) {
  tx.exec(kClearPerson, {id});
  tx.exec(kEndSessionsOf, {id});
  tx.exec(kEndInvitesOf, {id});
}
int seal_persons(Tx& tx, const Call& call, int limit) {
  struct Readable {
    PersonId id;
    std::string name, login;
  };
  const auto rows =
      tx.all(kReadable, {limit}, [](const Row& r) { return Readable{r.id<PersonId>(0), r.str(1), r.str(2)}; });
  for (const auto& p : rows) {
    const auto key = privacy::person_key(tx, call, p.id, {}, privacy::Use::everyday);
    const auto sealed = seal_person(key, call, p.name, p.login);
    tx.exec(kSealPerson, {p.id, Param::blob(sealed.name), Param::blob(sealed.login_sha256), Param::blob(sealed.login)});
  }
  return static_cast<int>(rows.size());
}
bool remove_staff(Tx& tx, BrandId brand_id, PersonId person_id) {
  return tx.exec(kRemoveStaff, {brand_id, person_id}) == 1;
}
void verify_brand(Tx& tx, BrandId id, std::string_view as, Instant at) { tx.exec(kVerifyBrand, {id, as, at}); }
void rename_brand(Tx& tx, BrandId brand_id, std::string_view name) { tx.exec(kRenameBrand, {brand_id, name}); }
std::vector<ApiToken> api_tokens(Tx& tx, PersonId person_id) {
  return tx.all(kApiTokens, {person_id},
                [](const Row& r) { return ApiToken{to_hex(r.text(0)), r.str(1), r.integer(2), r.integer(3)}; });
}
bool revoke_api_token(Tx& tx, PersonId person_id, std::string_view token_sha256) {
  return tx.exec(kRevokeToken, {person_id, Param::blob(token_sha256)}) == 1;
}
void add_staff(Tx& tx, BrandId brand_id, PersonId person_id, unsigned roles, Instant at) {
  tx.exec(kAddStaff, {brand_id, person_id, roles, at});
}
bool set_roles(Tx& tx, BrandId brand_id, PersonId person_id, unsigned roles) {
  return tx.exec(kSetRoles, {brand_id, person_id, roles}) == 1;
}
std::int64_t other_owners(Tx& tx, BrandId brand_id, PersonId person_id) {
  return tx.number(kOtherOwners, {brand_id, person_id});
}
std::vector<StaffMember> staff(Tx& tx, BrandId brand_id, int limit, PersonId after) {
  auto out = tx.all(kStaff, {brand_id, after.value, limit}, [](const Row& r) {
    const Person p = read_person(r);
    return StaffMember{p.id, p.name, p.login, static_cast<unsigned>(r.integer(5)), r.flag(6), {}};
  });
  if (out.empty()) return out;
  auto member = out.begin();
  tx.each(kStaffRegions, {brand_id, out.front().person, out.back().person}, [&](const Row& r) {
    while (member->person < r.id<PersonId>(0)) ++member;
    member->regions.push_back(r.str(1));
  });
  return out;
}
void set_staff_regions(Tx& tx, BrandId brand_id, PersonId person_id, std::span<const RegionId> regions) {
  tx.exec(kClearStaffRegions, {brand_id, person_id});
  for (const RegionId id : regions) tx.exec(kAddStaffRegion, {brand_id, person_id, id});
}
std::vector<StaffOf> staff_relations(Tx& tx, PersonId id) {
  std::vector<StaffOf> out;
  tx.each(kStaffRelations, {id}, [&](const Row& r) {
    if (out.empty() || out.back().brand != r.id<BrandId>(0))
      out.push_back({r.id<BrandId>(0), static_cast<unsigned>(r.integer(1))});
    if (!r.is_null(2)) out.back().regions.push_back(r.str(2));
  });
  return out;
}
std::vector<AgentOf> agent_relations(Tx& tx, PersonId id) {
  return tx.all(kAgentRelations, {id}, [](const Row& r) {
    return AgentOf{r.id<BrandId>(0), r.id<AgentId>(1), r.id<StoreId>(2), read_state(r, 3) == AgentState::active};
  });
}

void add_session(Tx& tx, std::string_view sha, PersonId person_id, std::string_view kind, std::string_view name,
                 Instant at, Instant expires_at) {
  tx.exec(kAddSession, {Param::blob(sha), person_id, kind, name, at, expires_at});
}
std::optional<Session> session(Tx& tx, std::string_view sha, Instant now) {
  return tx.one(kSession, {Param::blob(sha), now}, [](const Row& r) { return Session{r.id<PersonId>(0), r.flag(1)}; });
}
bool end_session(Tx& tx, std::string_view sha) { return tx.exec(kEndSession, {Param::blob(sha)}) == 1; }
void add_invite(Tx& tx, std::string_view sha, PersonId person_id, bool resets, Instant expires_at) {
  tx.exec(kAddInvite, {Param::blob(sha), person_id, resets, expires_at});
}
void void_invites(Tx& tx, PersonId person_id) { tx.exec(kVoidInvites, {person_id}); }
std::optional<UsedInvite> use_invite(Tx& tx, std::string_view sha, Instant now) {
  return tx.one(kUseInvite, {Param::blob(sha), now},
                [](const Row& r) { return UsedInvite{r.id<PersonId>(0), r.flag(1)}; });
}
bool reset_password(Tx& tx, const Call& call, PersonId id, std::string_view login, std::string_view hash) {
  if (login.empty()) return tx.exec(kResetPassword, {id, hash}) == 1;
  const auto key = privacy::person_key(tx, call, id, {}, privacy::Use::everyday);
  const auto sealed = seal_person(key, call, {}, login);
  return tx.exec(kResetLogin, {id, Param::blob(sealed.login_sha256), Param::blob(sealed.login), hash}) == 1;
}
bool change_password(Tx& tx, PersonId id, std::string_view old_hash, std::string_view new_hash) {
  return tx.exec(kChangePassword, {id, old_hash, new_hash}) == 1;
}
void end_sessions(Tx& tx, PersonId id, std::string_view but_sha, bool api_too) {
  tx.exec(kEndSessions, {id, Param::blob(but_sha), api_too});
}
std::int64_t forget_expired(Tx& tx, Instant now, int limit) {
  const std::int64_t sessions = tx.exec(kForgetSessions, {now, limit});
  return sessions + tx.exec(kForgetInvites, {now, limit});
}

void add_audit(Tx& tx, std::int64_t id, BrandId brand_id, PersonId actor, std::string_view action,
               std::string_view subject_kind, std::int64_t subject_id, std::string_view detail, Instant at) {
  tx.exec(kAddAudit, {id, brand_id, actor, action, subject_kind, subject_id == 0 ? Param(nullptr) : Param(subject_id),
                      detail, at});
}
std::vector<AuditRow> audit_rows(Tx& tx, BrandId brand_id, const AuditFilter& f, int limit, EventId before) {
  return tx.all(kAudit,
                {brand_id, before ? before.value : INT64_MAX, f.action, f.subject_kind, f.subject, f.actor, f.since,
                 f.until, limit},
                [](const Row& r) {
                  AuditRow row;
                  row.id = r.id<EventId>(0);
                  row.actor = r.id<PersonId>(1);
                  row.action = r.str(2);
                  row.subject_kind = r.str(3);
                  row.subject = r.integer(4);
                  row.detail = r.str(5);
                  row.at = r.integer(6);
                  return row;
                });
}
std::optional<std::string> fact(Tx& tx, std::string_view name) {
  return tx.one(kFact, {name}, [](const Row& r) { return r.str(0); });
}
void add_fact(Tx& tx, std::string_view name, std::string_view value) { tx.exec(kAddFact, {name, value}); }
std::optional<int> node_of(Tx& tx, std::string_view holder) {
  return tx.one(kNodeOf, {holder}, [](const Row& r) { return static_cast<int>(r.integer(0)); });
}
std::optional<Instant> take_node(Tx& tx, int node, std::string_view holder, Instant ids_now, DurationMs ahead_ms,
                                 Instant wall_now, Instant stale_at) {
  return tx.one(kTakeNode, {node, holder, ids_now + ahead_ms, ahead_ms, wall_now, stale_at}, first_integer);
}
std::vector<std::string> busy_nodes(Tx& tx, std::string_view but, Instant since) {
  return tx.all(kBusyNodes, {since, but}, [](const Row& r) { return r.str(0); });
}
void release_node(Tx& tx, int node, std::string_view holder, Instant newest) {
  tx.exec(kReleaseNode, {node, holder, newest});
}
std::optional<Instant> renew_node(Tx& tx, int node, std::string_view holder, Instant horizon_at, Instant wall_now) {
  return tx.one(kRenewNode, {node, holder, horizon_at, wall_now}, first_integer);
}

}  // namespace lianbo::org::store
