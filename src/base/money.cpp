#include "base/money.hpp"

#include <algorithm>
#include <numeric>

#include "base/check.hpp"
#include "base/text.hpp"

namespace lianbo {

Fen share_of(Fen amount_fen, BasisPoints bp) {
  const __int128 product = static_cast<__int128>(amount_fen) * bp;
  __int128 quotient = product / kWholeBp;
  if (product % kWholeBp != 0 && product < 0) --quotient;
  return static_cast<Fen>(quotient);
}

std::optional<Fen> checked_add(Fen a, Fen b) {
  Fen out;
  if (__builtin_add_overflow(a, b, &out)) return std::nullopt;
  return out;
}

std::optional<Fen> checked_mul(Fen a, std::int64_t b) {
  Fen out;
  if (__builtin_mul_overflow(a, b, &out)) return std::nullopt;
  return out;
}

std::vector<Fen> spread(Fen total_fen, std::span<const Fen> weights) {
  CHECK(total_fen >= 0);
  __int128 sum = 0;
  for (Fen w : weights) {
    CHECK(w >= 0);
    sum += w;
  }
  std::vector<Fen> parts(weights.size(), 0);
  if (sum == 0) return parts;
  std::vector<__int128> remainders(weights.size());
  Fen given = 0;
  for (std::size_t i = 0; i < weights.size(); ++i) {
    const __int128 product = static_cast<__int128>(total_fen) * weights[i];
    parts[i] = static_cast<Fen>(product / sum);
    remainders[i] = product % sum;
    given += parts[i];
  }
  std::vector<std::size_t> order(weights.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return remainders[a] > remainders[b]; });
  for (std::size_t k = 0; given < total_fen; ++k, ++given) ++parts[order[k]];
  return parts;
}

Result<Fen> parse_decimal_fen(std::string_view text, std::string where) {
  const auto bad = [&](const char* why) {
    return fail(Code::invalid_field,
                "\"" + std::string(text_front(text, 40)) + "\" " + why + "; an amount is like 12.50", where);
  };
  if (text.empty()) return bad("is empty");
  if (text.front() == '-') return bad("is negative");
  Fen whole = 0;
  std::size_t i = 0;
  for (; i < text.size() && text[i] >= '0' && text[i] <= '9'; ++i) {
    whole = whole * 10 + (text[i] - '0');
    if (whole > kMaxAmountFen / 100) return bad("is too large");
  }
  if (i == 0) return bad("does not begin with a digit");
  Fen cents = 0;
  if (i < text.size()) {
    if (text[i] != '.') return bad("is not a plain decimal number");
    const std::string_view decimals = text.substr(i + 1);
    if (decimals.empty()) return bad("ends in a point");
    for (std::size_t k = 0; k < decimals.size(); ++k) {
      if (decimals[k] < '0' || decimals[k] > '9') return bad("is not a plain decimal number");
      if (k < 2)
        cents = cents * 10 + (decimals[k] - '0');
      else if (decimals[k] != '0')
        return bad("has more than two decimals");
    }
    if (decimals.size() == 1) cents *= 10;
  }
  if (whole * 100 + cents > kMaxAmountFen) return bad("is too large");
  return whole * 100 + cents;
}

std::string format_fen(Fen amount_fen) {
  const bool negative = amount_fen < 0;
  const std::uint64_t magnitude =
      negative ? ~static_cast<std::uint64_t>(amount_fen) + 1 : static_cast<std::uint64_t>(amount_fen);
  std::string cents = std::to_string(magnitude % 100);
  if (cents.size() == 1) cents.insert(cents.begin(), '0');
  return (negative ? "-" : "") + std::to_string(magnitude / 100) + "." + cents;
}

std::string price_text(std::string_view currency, Fen amount_fen) {
  std::string text = format_fen(amount_fen);
  const std::size_t begin = text.front() == '-' ? 1 : 0;
  for (std::size_t at = text.size() - 3; at > begin + 3;) text.insert(at -= 3, ",");
  const std::string symbol = currency == "CNY"   ? "¥"
                             : currency == "USD" ? "$"
                             : currency == "EUR" ? "€"
                             : currency == "GBP" ? "£"
                                                 : std::string(currency) + " ";
  return text.insert(begin, symbol);
}

}  // namespace lianbo
