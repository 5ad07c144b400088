#include "base/call.hpp"

namespace lianbo {
namespace {

std::string names_of(unsigned roles) {
  std::string out;
  for (auto [bit, name] :
       {std::pair{kOwner, "owner"}, {kOperator, "operator"}, {kFinance, "finance"}, {kAuditor, "auditor"}})
    if (roles & bit) out += (out.empty() ? "" : " or ") + std::string(name);
  return out;
}

// has: the roles the caller has over the thing in question.
Status require_roles(const Call& call, BrandId brand, unsigned has, unsigned roles) {
  if (call.caller.system || (has & roles) != 0) return {};
  if (call.caller.guest) return fail(Code::unauthenticated);
  const StaffOf* staff = call.caller.staff_of(brand);
  if (roles == 0) return fail(Code::forbidden, "only who it belongs to may do this");
  if (!staff || staff->regions.empty() || (staff->roles & roles) == 0)
    return fail(Code::forbidden, "needs the role " + names_of(roles) + " at this brand");
  std::string regions;
  for (const auto& region : staff->regions) regions += (regions.empty() ? "" : ", ") + region;
  return fail(Code::forbidden, "your rights at this brand are over " + regions + "; this lies outside");
}

}  // namespace

bool region_covers(std::string_view region, std::string_view place) {
  return place.starts_with(region) && (place.size() == region.size() || place[region.size()] == '/');
}

bool StaffOf::covers(std::string_view place) const {
  for (const auto& region : regions)
    if (region_covers(region, place)) return true;
  return regions.empty();
}

Status require_login(const Call& call) {
  if (call.caller.system || !call.caller.guest) return {};
  return fail(Code::unauthenticated);
}

Status require_staff(const Call& call, BrandId brand, unsigned roles) {
  return require_roles(call, brand, call.caller.roles_at(brand), roles);
}
Status require_staff_in(const Call& call, BrandId brand, std::string_view region, unsigned roles) {
  return require_roles(call, brand, call.caller.roles_at(brand, region), roles);
}
Status require_any_staff(const Call& call, BrandId brand, unsigned roles) {
  const StaffOf* staff = call.caller.staff_of(brand);
  return require_roles(call, brand, staff ? staff->roles : 0, roles);
}

namespace {
Status require_store_with(const Call& call, BrandId brand, StoreId store, unsigned has) {
  if (call.caller.system || call.caller.owns_store(store) || (has & kOperates) != 0) return {};
  if (call.caller.guest) return fail(Code::unauthenticated);
  if (call.caller.scope(brand)) return require_roles(call, brand, has, kOperates);
  return fail(Code::forbidden, "only the store's agent, or an owner or operator of the brand, may do this");
}
}  // namespace

Status require_store(const Call& call, BrandId brand, StoreId store) {
  return require_store_with(call, brand, store, call.caller.roles_at(brand));
}
Status require_store_in(const Call& call, BrandId brand, StoreId store, std::string_view region) {
  return require_store_with(call, brand, store, call.caller.roles_at(brand, region));
}

}  // namespace lianbo
