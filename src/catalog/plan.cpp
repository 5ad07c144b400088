#include "catalog/plan.hpp"

#include "base/json.hpp"
#include "catalog/catalog_store.hpp"
#include "org/org_service.hpp"

namespace lianbo::catalog {
namespace {

bool same_terms(const PlanRow& a, const PlanRow& b) {
  if (a.withdrawn || b.withdrawn) return a.withdrawn == b.withdrawn;
  return a.host_bp == b.host_bp && a.promoter_bp == b.promoter_bp && a.recruiter_bp == b.recruiter_bp &&
         a.clipper_bp == b.clipper_bp && a.freeze_days == b.freeze_days;
}

Plan plan_of(const PlanRow& row, std::int32_t default_freeze_days) {
  return Plan{row.id,
              row.version,
              row.host_bp,
              row.promoter_bp,
              row.recruiter_bp,
              row.clipper_bp,
              row.freeze_days.value_or(default_freeze_days)};
}

}  // namespace

Status check_plan(const Plan& plan, BasisPoints cap_bp) {
  std::int64_t sum = 0;
  for (const auto& [name, bp] :
       {std::pair{"host_bp", plan.host_bp}, std::pair{"promoter_bp", plan.promoter_bp},
        std::pair{"recruiter_bp", plan.recruiter_bp}, std::pair{"clipper_bp", plan.clipper_bp}}) {
    if (bp < 0 || bp > kWholeBp)
      return fail(Code::invalid_field, "a rate is 0 to 10000 basis points, not " + std::to_string(bp),
                  std::string("/") + name);
    sum += bp;
  }
  if (plan.freeze_days < 0 || plan.freeze_days > 365)
    return fail(Code::invalid_field, "0 to 365 days, not " + std::to_string(plan.freeze_days), "/freeze_days");
  if (sum > cap_bp)
    return fail(Code::plan_over_cap, "the four rates add up to " + std::to_string(sum) + " basis points; at most " +
                                         std::to_string(cap_bp) + " may be paid out of one sale");
  return {};
}

std::string_view plan_scope_text(PlanScope scope) {
  switch (scope) {
    case PlanScope::brand:
      return "brand";
    case PlanScope::campaign:
      return "campaign";
    case PlanScope::agent:
      return "agent";
  }
  return "brand";
}
std::optional<PlanScope> parse_plan_scope(std::string_view text) {
  for (const auto scope : {PlanScope::brand, PlanScope::campaign, PlanScope::agent})
    if (plan_scope_text(scope) == text) return scope;
  return std::nullopt;
}

Plan plan_for(db::Tx& tx, BrandId brand, SkuId sku, AgentId host, std::int64_t campaign_id,
              std::int32_t default_freeze_days) {
  const auto rows = store::plans_for(tx, brand, sku, host, campaign_id);
  const PlanRow* best = nullptr;
  for (const auto& row : rows) {
    if (row.withdrawn) continue;
    if (!best || row.scope > best->scope || (row.scope == best->scope && row.sku > best->sku)) best = &row;
  }
  return best ? plan_of(*best, default_freeze_days) : Plan{};
}

Result<PlanRow> save_plan(db::Tx& tx, const Call& call, PlanRow wish) {
  TRY_OK(require_staff(call, wish.brand, kPays));
  if (!wish.withdrawn)
    TRY_OK(check_plan(plan_of(wish, 0),
                      static_cast<BasisPoints>(call.settings ? call.settings->plan_cap_bp : Settings{}.plan_cap_bp)));
  if ((wish.scope == PlanScope::brand) != (wish.scope_id == 0))
    return fail(wish.scope_id ? Code::invalid_field : Code::missing_field,
                wish.scope_id ? "the brand's own plan has no scope_id"
                              : "the id of the " + std::string(plan_scope_text(wish.scope)) + " this plan is for",
                "/scope_id");
  if (wish.scope == PlanScope::agent) {
    const auto agent = org::find_agent(tx, AgentId{wish.scope_id});
    if (!agent || agent->brand != wish.brand)
      return fail(Code::invalid_field, "no agent of this brand has this id", "/scope_id");
  }
  if (wish.sku) {
    const auto sku = store::sku(tx, wish.sku);
    if (!sku || sku->brand != wish.brand)
      return fail(Code::invalid_field, "no SKU of this brand has this id", "/sku_id");
  }
  // Two who save at once: the later one reads again and becomes the next version.
  for (int tries = 0; tries < 16; ++tries) {
    const auto newest = store::newest_plan(tx, wish.brand, wish.scope, wish.scope_id, wish.sku);
    if (newest && same_terms(*newest, wish)) return *newest;
    if (!newest && wish.withdrawn) return fail(Code::not_found, "there is no such plan to withdraw");
    wish.id = call.make_id<PlanId>();
    wish.version = newest ? newest->version + 1 : 1;
    wish.by = call.caller.person;
    wish.at = call.now;
    if (!store::insert_plan(tx, wish)) continue;
    JsonWriter w;
    w.begin().field("scope", plan_scope_text(wish.scope));
    if (wish.scope_id) w.field("scope_id", id_text(wish.scope_id));
    w.field("sku_id", wish.sku).field("version", wish.version).field("withdrawn", wish.withdrawn);
    if (!wish.withdrawn)
      w.field("host_bp", wish.host_bp)
          .field("promoter_bp", wish.promoter_bp)
          .field("recruiter_bp", wish.recruiter_bp)
          .field("clipper_bp", wish.clipper_bp);
    w.end();
    org::audit(tx, call, wish.brand, "plan.save", "plan", wish.id.value, w.take());
    return wish;
  }
  return fail(Code::conflict, "this plan is being changed by others right now; try again");
}

std::vector<PlanRow> current_plans(db::Tx& tx, BrandId brand, std::int64_t after, int limit) {
  return store::current_plans(tx, brand, after, limit);
}

std::vector<PlanRow> plan_versions(db::Tx& tx, BrandId brand, PlanScope scope, std::int64_t scope_id,
                                   std::int64_t after, int limit) {
  return store::plan_versions(tx, brand, scope, scope_id, after, limit);
}

}  // namespace lianbo::catalog
