// The auction for one paid slot: who gets it and what a click from it costs (SPEC 10). Pure functions.
//
// A bid is for one objective. What one click is worth is bid × the objectives expected of a click, rounded down to a
// fen; the slot goes to the highest worth × P(click) × quality, which is the contract's bid × P(objective) × quality.
// Equal scores go to the older promotion (the smaller id). Who is worth less than the reserve does not take part.
//
// The price of a click is the least worth with which the winner would still have won against the second, and never
// below the reserve; so it is never above the winner's own worth, and bidding more never makes the same slot dearer.
// All integers (parts per million, basis points, fen): every server and every replay decides alike.
// Threads: any. Errors: none.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "base/id.hpp"
#include "base/money.hpp"

namespace lianbo::promo {

using PromotionId = Id<struct PromotionTag>;

inline constexpr int kAuctionVersion = 1;
inline constexpr std::int64_t kPpm = 1'000'000;

// At most one slot in six is paid, anywhere in the feed: the fifth, the eleventh, … (positions from 0). All of them are
// even, so they never fall on a newcomer's or a coming broadcast's place, which are odd (feed/mix.hpp).
inline constexpr std::int64_t kSlotsPerPaid = 6, kPaidSlot = 4;
constexpr bool is_paid_slot(std::int64_t position) { return position % kSlotsPerPaid == kPaidSlot; }

enum class Objective { enter, product_click, order, value };
std::string_view objective_name(Objective objective);
std::optional<Objective> parse_objective(std::string_view text);

struct Bid {
  PromotionId promotion;
  Fen bid_fen = 0;                // for one objective; value: for each 100.00 paid
  std::int64_t click_ppm = 0;     // P(click | shown)
  std::int64_t after_ppm = kPpm;  // objectives expected of a click; enter: one
  BasisPoints quality_bp = kWholeBp;
  Fen reserve_fen = 0;  // of the rules it was bought under; it pays at least this
};
// What one click is worth to who bids: floor(bid × after).
Fen click_worth(const Bid& bid);

struct Sold {
  PromotionId promotion;
  Fen price_fen = 0;   // of a click, should one come
  Fen worth_fen = 0;   // what the winner would have paid at most
  PromotionId second;  // whom it outbid; none: nobody, the reserve is the price
  int entrants = 0;    // who took part

  friend bool operator==(const Sold&, const Sold&) = default;
};
// reserve_fen: of all bids, beside their own.
std::optional<Sold> auction(std::span<const Bid> bids, Fen reserve_fen);

// A share in ppm with invented cases added, so that a few events decide little: (good + prior_good) ÷ (total +
// prior_total), at least 0.
std::int64_t smoothed_ppm(std::int64_t good, std::int64_t total, std::int64_t prior_good, std::int64_t prior_total);

}  // namespace lianbo::promo
