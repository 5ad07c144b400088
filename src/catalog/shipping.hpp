// Shipping fees: a brand's table from region to fee, by version (SPEC 7). Pure rules, and two functions that keep it.
//
// - A rule counts for addresses whose region begins with its own, blanks and ASCII case aside; the longest that fits
//   counts, "" is everywhere else and always there. No table: shipping is free (version 0).
// - The fee is first_fen for the first unit of the order and more_fen for each further one; nothing, when the goods are
//   paid with free_from_fen or more after every discount.
// - The fee is on the order, not on its lines: no commission, no discount and no refund of a line ever touches it. An
//   order that is refunded whole before it was shipped gives it back; one that was shipped does not (docs/decisions).
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/call.hpp"
#include "base/money.hpp"
#include "base/result.hpp"
#include "db/db.hpp"

namespace lianbo::catalog {

inline constexpr std::size_t kMaxShippingRules = 500;

struct ShippingRule {
  std::string region;
  Fen first_fen = 0, more_fen = 0;
  std::optional<Fen> free_from_fen;  // none: never free
  bool operator==(const ShippingRule&) const = default;
};
struct ShippingTable {
  std::int32_t version = 0;
  std::vector<ShippingRule> rules;
};
struct ShippingFee {
  std::int32_t version = 0;
  std::string region;  // of the rule that counts
  Fen fee_fen = 0;
  std::optional<Fen> free_from_fen;
};

// Makes regions canonical. At most kMaxShippingRules, none twice, "" among them.
Status check_shipping(std::vector<ShippingRule>& rules);
ShippingFee shipping_fee(const ShippingTable& table, std::string_view region, std::int64_t units, Fen goods_paid_fen);

ShippingTable shipping_table(db::Tx& tx, BrandId brand);  // the newest
// A new version; the newest itself when nothing changes. Who operates the brand; audited.
Result<ShippingTable> save_shipping(db::Tx& tx, const Call& call, BrandId brand, std::vector<ShippingRule> rules);

}  // namespace lianbo::catalog
