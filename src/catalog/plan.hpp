// Commission plans (SPEC 8): rates of the four roles, at most two levels of agents, by construction: there is no field
// for more.
//
// A plan row is never changed; a change is a new version of its (scope, SKU), and a withdrawal is a version without
// rates. The newest version counts. An agent's own plan beats the campaign's, that beats the brand's; within a scope
// the row of the SKU beats the row for all SKUs. check_plan is pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/call.hpp"
#include "base/money.hpp"
#include "base/result.hpp"
#include "db/db.hpp"

namespace lianbo::catalog {

struct Plan {
  PlanId id;  // 0: there is none, every rate is 0
  std::int32_t version = 0;
  BasisPoints host_bp = 0, promoter_bp = 0, recruiter_bp = 0, clipper_bp = 0;
  std::int32_t freeze_days = 0;
};

// Each rate 0…10000 and their sum at most cap_bp.
Status check_plan(const Plan& plan, BasisPoints cap_bp);

// The plan for one unit of the SKU sold by this host. campaign_id 0: none.
Plan plan_for(db::Tx& tx, BrandId brand, SkuId sku, AgentId host, std::int64_t campaign_id,
              std::int32_t default_freeze_days);

enum class PlanScope { brand, campaign, agent };
std::string_view plan_scope_text(PlanScope scope);
std::optional<PlanScope> parse_plan_scope(std::string_view text);

struct PlanRow {
  PlanId id;
  BrandId brand;
  PlanScope scope = PlanScope::brand;
  std::int64_t scope_id = 0;  // campaign or agent; 0 for the brand's
  SkuId sku;                  // 0: every SKU without a row of its own
  std::int32_t version = 0;
  bool withdrawn = false;
  BasisPoints host_bp = 0, promoter_bp = 0, recruiter_bp = 0, clipper_bp = 0;
  std::optional<std::int32_t> freeze_days;  // none: the server's setting
  PersonId by;
  Instant at = 0;
};

// Saves a new version (id, version, by and at are set here). Owner or finance only; audited. Same rates as the newest
// version: that version is answered and nothing is written.
Result<PlanRow> save_plan(db::Tx& tx, const Call& call, PlanRow wish);
// The newest version of each (scope, SKU) of the brand, in order of id.
std::vector<PlanRow> current_plans(db::Tx& tx, BrandId brand, std::int64_t after, int limit);
// Every version of the brand's, a campaign's or an agent's own plans, withdrawn ones too, oldest first.
std::vector<PlanRow> plan_versions(db::Tx& tx, BrandId brand, PlanScope scope, std::int64_t scope_id,
                                   std::int64_t after, int limit);

}  // namespace lianbo::catalog
