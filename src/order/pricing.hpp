// What an order costs (SPEC 4, 5, 7): pure rules, to the fen.
//
//   unit price   the flash price of the room, if it has units for the line, else the store's campaign, else the list
//   goods        Σ unit price × quantity
//   discount     of one coupon, at most the goods; spread over the lines in proportion to their goods by largest
//                remainder, ties to the earlier line
//   paid_fen     of a line: its goods less its share of the discount; what commission and refunds are counted on
//   shipping     on the order, after the discount; on no line
//   total        goods − discount + shipping
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "base/money.hpp"
#include "base/result.hpp"

namespace lianbo::order {

enum class PriceSource { list, campaign, flash };
std::string_view source_name(PriceSource source);
std::optional<PriceSource> price_source(std::string_view name);

struct FlashOffer {
  Fen price_fen = 0;
  std::int64_t left = 0;
};
struct PriceOffers {
  Fen list_fen = 0;
  std::optional<Fen> campaign_fen;
  std::optional<FlashOffer> flash;  // open at this instant, in the order's room
};
struct UnitPrice {
  PriceSource source = PriceSource::list;
  Fen price_fen = 0;
};
UnitPrice resolve_price(const PriceOffers& offers, std::int64_t qty);

// What is taken off each line: adds up to discount_fen, which is at most the sum of the goods.
std::vector<Fen> spread_discount(Fen discount_fen, std::span<const Fen> goods_fen);

}  // namespace lianbo::order
