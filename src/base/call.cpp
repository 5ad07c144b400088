#include "base/call.hpp"

namespace lianbo {

Status require_login(const Call& call) {
  if (call.caller.system || !call.caller.guest) return {};
  return fail(Code::unauthenticated);
}

Status require_staff(const Call& call, BrandId brand, unsigned roles) {
  if (call.caller.system || (call.caller.roles_at(brand) & roles) != 0) return {};
  if (call.caller.guest) return fail(Code::unauthenticated);
  std::string names;
  for (auto [bit, name] :
       {std::pair{kOwner, "owner"}, {kOperator, "operator"}, {kFinance, "finance"}, {kAuditor, "auditor"}})
    if (roles & bit) names += (names.empty() ? "" : " or ") + std::string(name);
  return fail(Code::forbidden, "needs the role " + names + " at this brand");
}

Status require_store(const Call& call, BrandId brand, StoreId store) {
  if (call.caller.system || call.caller.owns_store(store) || (call.caller.roles_at(brand) & kOperates) != 0) return {};
  if (call.caller.guest) return fail(Code::unauthenticated);
  return fail(Code::forbidden, "only the store's agent, or an owner or operator of the brand, may do this");
}

}  // namespace lianbo
