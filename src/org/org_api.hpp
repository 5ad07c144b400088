// Routes of people and the matrix: brands, staff, agents, stores, logins. JSON to struct, who may, struct to JSON.
//
// Logging in and registering are plain routes, because hashing a password is slow on purpose and belongs in no
// transaction; the import opens its own. Phone numbers: whole only to the agent and, one at a time and audited, to
// staff that operates the brand; masked in every list.
#pragma once

#include <functional>

#include "net/route.hpp"
#include "org/org_service.hpp"
#include "org/recruiting.hpp"

namespace lianbo::org {

// Called in the transaction of a login, with the guest the person was until now: merges what the guest did.
using LoginHook = std::function<Status(db::Tx&, const Call&, PersonId guest, PersonId person)>;

struct OrgDeps {
  db::Database* db = nullptr;
  const Settings* settings = nullptr;
  LoginHook on_login = {};          // may be empty
  StateHook follow = {};            // may be empty
  RecruitedByFn recruited_by = {};  // may be empty: applications without a share only
};
// All of this folder: these, recruiting's and training's.
net::Routes org_routes(const OrgDeps& deps);
net::Routes recruiting_routes(const OrgDeps& deps);
net::Routes training_routes();

}  // namespace lianbo::org
