#include "order/order.hpp"

#include <array>

namespace lianbo::order {
namespace {
constexpr std::array<std::string_view, 6> kStates = {"placed", "paid", "shipped", "received", "completed", "cancelled"};
constexpr std::array<std::string_view, 4> kRoleNames = {"host", "promoter", "recruiter", "clipper"};

std::string address_purpose(OrderId order) { return "order.address " + order.text(); }
}  // namespace

std::string address_of(const Order& order) { return order.address.open(address_purpose(order.id)).value_or("{}"); }
privacy::Sealed seal_address(const privacy::PersonKey& key, OrderId order, std::string_view json, Random& random) {
  return privacy::seal(key, address_purpose(order), json, random);
}

std::string_view state_name(OrderState state) { return kStates[static_cast<std::size_t>(state)]; }
std::string_view role_name(Role role) { return kRoleNames[static_cast<std::size_t>(role)]; }

std::optional<OrderState> order_state(std::string_view name) {
  for (std::size_t i = 0; i < kStates.size(); ++i)
    if (kStates[i] == name) return static_cast<OrderState>(i);
  return std::nullopt;
}
std::optional<Role> role_of(std::string_view name) {
  for (std::size_t i = 0; i < kRoleNames.size(); ++i)
    if (kRoleNames[i] == name) return static_cast<Role>(i);
  return std::nullopt;
}

AgentId Attribution::of(Role role) const {
  switch (role) {
    case Role::host:
      return host;
    case Role::promoter:
      return promoter;
    case Role::recruiter:
      return recruiter;
    case Role::clipper:
      return clipper;
  }
  return {};
}

BasisPoints Rates::of(Role role) const {
  switch (role) {
    case Role::host:
      return host_bp;
    case Role::promoter:
      return promoter_bp;
    case Role::recruiter:
      return recruiter_bp;
    case Role::clipper:
      return clipper_bp;
  }
  return 0;
}

}  // namespace lianbo::order
