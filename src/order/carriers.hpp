// Carriers: the list of those that bring parcels, by a short code that is stored.
//
// A carrier is given by its code in either case, or by a name of the list ("顺丰", "SF Express"); OTHER is for one that
// is not in it. Pure functions over a constant table.
#pragma once

#include <span>
#include <string_view>

#include "base/result.hpp"

namespace lianbo::order {

struct Carrier {
  std::string_view code, name_zh, name_en;
  std::string_view also;  // another name it goes by
};
std::span<const Carrier> carriers();
// invalid_field at /carrier.
Result<Carrier> find_carrier(std::string_view code_or_name);
std::string_view carrier_name(std::string_view code, bool chinese);
// 1 to 40 letters, digits and hyphens; at /tracking_number.
Status check_tracking_number(std::string_view number);

}  // namespace lianbo::order
