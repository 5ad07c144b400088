#include "catalog/shipping.hpp"

#include <algorithm>
#include <set>

#include "base/json.hpp"
#include "catalog/catalog.hpp"
#include "catalog/offers_store.hpp"
#include "org/org_service.hpp"

namespace lianbo::catalog {
namespace {

constexpr std::size_t kMaxRegion = 60;

// Without blanks, ASCII letters small.
std::string comparable_region(std::string_view text) {
  std::string out;
  for (const char c : canonical_line(text))
    if (c != ' ') out += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return out;
}

}  // namespace

Status check_shipping(std::vector<ShippingRule>& rules) {
  if (rules.empty() || rules.size() > kMaxShippingRules)
    return fail(Code::invalid_field, "a table has 1 to " + std::to_string(kMaxShippingRules) + " rows", "/rules");
  std::set<std::string> seen;
  for (std::size_t i = 0; i < rules.size(); ++i) {
    auto& rule = rules[i];
    const auto at = [&](std::string_view field) { return "/rules/" + std::to_string(i) + "/" + std::string(field); };
    rule.region = canonical_line(rule.region);
    if (utf8_length(rule.region) > kMaxRegion)
      return fail(Code::invalid_field, "at most " + std::to_string(kMaxRegion) + " characters", at("region"));
    if (!seen.insert(comparable_region(rule.region)).second)
      return fail(Code::invalid_field, "this region has a row already", at("region"));
    for (const auto& [name, fen] : {std::pair{"first_fen", rule.first_fen}, std::pair{"more_fen", rule.more_fen},
                                    std::pair{"free_from_fen", rule.free_from_fen.value_or(0)}})
      if (fen < 0 || fen > kMaxAmountFen / 10'000)
        return fail(Code::invalid_field, "0 to " + std::to_string(kMaxAmountFen / 10'000) + " fen", at(name));
  }
  if (!seen.contains("")) return fail(Code::missing_field, "a row with region \"\": everywhere else", "/rules");
  return {};
}

ShippingFee shipping_fee(const ShippingTable& table, std::string_view region, std::int64_t units, Fen goods_paid_fen) {
  ShippingFee out;
  out.version = table.version;
  const std::string where = comparable_region(region);
  const ShippingRule* best = nullptr;
  std::size_t best_length = 0;
  for (const auto& rule : table.rules) {
    const std::string begins = comparable_region(rule.region);
    if (!where.starts_with(begins) || (best && begins.size() <= best_length)) continue;
    best = &rule;
    best_length = begins.size();
  }
  if (!best) return out;
  out.region = best->region;
  out.free_from_fen = best->free_from_fen;
  if (units > 0 && !(best->free_from_fen && goods_paid_fen >= *best->free_from_fen))
    out.fee_fen = best->first_fen + (units - 1) * best->more_fen;
  return out;
}

ShippingTable shipping_table(db::Tx& tx, BrandId brand) {
  ShippingTable out;
  for (auto& [version, rule] : store::shipping(tx, brand)) {
    out.version = version;
    out.rules.push_back(std::move(rule));
  }
  return out;
}

Result<ShippingTable> save_shipping(db::Tx& tx, const Call& call, BrandId brand, std::vector<ShippingRule> rules) {
  TRY_OK(require_staff(call, brand, kOperates));
  TRY_OK(check_shipping(rules));
  TRY_OK(org::lock_brand(tx, brand));
  std::sort(rules.begin(), rules.end(), [](const auto& a, const auto& b) { return a.region < b.region; });
  ShippingTable table = shipping_table(tx, brand);
  if (table.rules == rules) return table;
  ++table.version;
  table.rules = std::move(rules);
  for (const auto& rule : table.rules)
    if (!store::insert_shipping(tx, brand, table.version, rule, call.caller.person, call.now))
      return fail(Code::conflict, "others are changing this right now; nothing was changed, try again");
  org::audit(tx, call, brand, "shipping.save", "brand", brand.value,
             JsonWriter().begin().field("version", table.version).end().take());
  return table;
}

}  // namespace lianbo::catalog
