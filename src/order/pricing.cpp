#include "order/pricing.hpp"

#include <array>
#include <numeric>

#include "base/check.hpp"

namespace lianbo::order {
namespace {
constexpr std::array<std::string_view, 3> kSources = {"list", "campaign", "flash"};
}  // namespace

std::string_view source_name(PriceSource source) { return kSources[static_cast<std::size_t>(source)]; }
std::optional<PriceSource> price_source(std::string_view name) {
  for (std::size_t i = 0; i < kSources.size(); ++i)
    if (kSources[i] == name) return static_cast<PriceSource>(i);
  return std::nullopt;
}

UnitPrice resolve_price(const PriceOffers& offers, std::int64_t qty) {
  if (offers.flash && qty <= offers.flash->left) return {PriceSource::flash, offers.flash->price_fen};
  if (offers.campaign_fen) return {PriceSource::campaign, *offers.campaign_fen};
  return {PriceSource::list, offers.list_fen};
}

std::vector<Fen> spread_discount(Fen discount_fen, std::span<const Fen> goods_fen) {
  CHECK(discount_fen >= 0 && discount_fen <= std::accumulate(goods_fen.begin(), goods_fen.end(), Fen{0}));
  if (discount_fen == 0) return std::vector<Fen>(goods_fen.size(), 0);
  return spread(discount_fen, goods_fen);
}

}  // namespace lianbo::order
