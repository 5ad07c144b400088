// Money: signed 64-bit fen, rates in basis points, no floating point (SPEC 2).
//
// share_of is floor(amount × bp / 10000), exact for every amount (128-bit inside). spread divides a whole by largest
// remainder, ties to the earlier part (SPEC 7), so the parts always add up to the whole. Pure functions.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace lianbo {

using Fen = std::int64_t;
using BasisPoints = std::int32_t;

inline constexpr BasisPoints kWholeBp = 10000;
// Nothing sold here costs more than this (10 billion yuan); sums of 2^22 of them still fit into 64 bits.
inline constexpr Fen kMaxAmountFen = 1'000'000'000'000;

// floor(amount × bp / 10000), towards minus infinity.
Fen share_of(Fen amount_fen, BasisPoints bp);

// Overflow-checked.
std::optional<Fen> checked_add(Fen a, Fen b);
std::optional<Fen> checked_mul(Fen a, std::int64_t b);

// Splits total (0 ≤ total) over weights (each ≥ 0) in proportion, by largest remainder, ties to the earlier part.
// Σ result = total, unless every weight is 0: then all parts are 0 and the caller must not have asked.
std::vector<Fen> spread(Fen total_fen, std::span<const Fen> weights);

// "12.50" → 1250. Refuses more than two decimals, signs, thousands marks, empty text.
Result<Fen> parse_decimal_fen(std::string_view text, std::string where = {});
// 1250 → "12.50", −5 → "-0.05"
std::string format_fen(Fen amount_fen);
// As the pages write it: "¥1,250.00", of $, € and £ alike; of other currencies "SEK 1,250.00".
std::string price_text(std::string_view currency, Fen amount_fen);

}  // namespace lianbo
