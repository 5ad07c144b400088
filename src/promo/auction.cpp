#include "promo/auction.hpp"

#include <algorithm>
#include <array>

namespace lianbo::promo {
namespace {

using Wide = __int128;  // worth ≤ 10^12, ppm ≤ 10^6, quality ≤ 10^5

constexpr std::array<std::string_view, 4> kObjectives = {"enter", "product_click", "order", "value"};

Wide weight(const Bid& bid) { return Wide{bid.click_ppm} * bid.quality_bp; }

}  // namespace

std::string_view objective_name(Objective objective) { return kObjectives.at(static_cast<std::size_t>(objective)); }
std::optional<Objective> parse_objective(std::string_view text) {
  for (std::size_t i = 0; i < kObjectives.size(); ++i)
    if (kObjectives[i] == text) return static_cast<Objective>(i);
  return std::nullopt;
}

Fen click_worth(const Bid& bid) {
  const Wide worth = Wide{bid.bid_fen} * bid.after_ppm / kPpm;
  return static_cast<Fen>(std::clamp<Wide>(worth, 0, kMaxAmountFen));
}

std::optional<Sold> auction(std::span<const Bid> bids, Fen reserve_fen) {
  const Bid *first = nullptr, *second = nullptr;
  Wide first_score = 0, second_score = 0;
  int entrants = 0;
  const auto beats = [](Wide a, const Bid& x, Wide b, const Bid* y) {
    return y == nullptr || a > b || (a == b && x.promotion < y->promotion);
  };
  for (const Bid& bid : bids) {
    const Fen worth = click_worth(bid);
    if (worth <= 0 || worth < std::max(reserve_fen, bid.reserve_fen) || weight(bid) <= 0) continue;
    ++entrants;
    const Wide score = worth * weight(bid);
    if (beats(score, bid, first_score, first)) {
      second = first;
      second_score = first_score;
      first = &bid;
      first_score = score;
    } else if (beats(score, bid, second_score, second)) {
      second = &bid;
      second_score = score;
    }
  }
  if (first == nullptr) return std::nullopt;
  Sold sold{first->promotion, std::max({reserve_fen, first->reserve_fen, Fen{1}}), click_worth(*first), {}, entrants};
  if (second != nullptr) {
    sold.second = second->promotion;
    // The least p with p × weight ≥ the second's score, or > where the second wins a tie.
    const Wide w = weight(*first);
    const bool wins_ties = first->promotion < second->promotion;
    const Wide least = wins_ties ? (second_score + w - 1) / w : second_score / w + 1;
    sold.price_fen = std::max(sold.price_fen, static_cast<Fen>(least));
  }
  return sold;
}

std::int64_t smoothed_ppm(std::int64_t good, std::int64_t total, std::int64_t prior_good, std::int64_t prior_total) {
  const Wide all = Wide{total} + prior_total;
  if (all <= 0) return 0;
  return static_cast<std::int64_t>(std::max<Wide>(0, (Wide{good} + prior_good) * kPpm / all));
}

}  // namespace lianbo::promo
