// Lucky bags: a draw that anybody can check (SPEC 5). Types, the published algorithm, and its check; pure.
//
// The algorithm, "lianbo-luckybag-1". B is the bag's id, S the seed: 32 secret random bytes as 64 small hex digits,
// drawn when the bag opens; E an entrant, by person id; H(x) the SHA-256 of the text x in small hex digits; "|" a line
// feed:
//   - when it opens, the commitment is published:   H("lianbo-luckybag-1|" B "|" S)
//   - who has entered when its time comes is the list of entrants, sorted; it is closed before the seed is told
//   - the ticket of an entrant is                   H("lianbo-luckybag-1|" B "|" S "|" E)
//   - the winners are the entrants with the smallest tickets, in that order (tickets compared as texts)
//   - seed, entrants and winners are published with the draw.
// So nobody who does not know the seed can steer it, and who knows it (the server) is bound to it before the first
// entry. What it does not exclude is a server that enters people of its own; the list of entrants shows them.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "live/offers.hpp"

namespace lianbo::live {

inline constexpr std::string_view kLuckyBagAlgorithm = "lianbo-luckybag-1";
inline constexpr std::int64_t kMinBagSeconds = 10, kMaxBagSeconds = 24 * 3600;
inline constexpr std::int64_t kMaxWinners = 1'000;
inline constexpr int kMaxOpenBags = 5;  // of one room
inline constexpr std::size_t kMaxBagText = 60;

enum class BagRule { chat, tap };  // who writes the word in the room; who taps
std::string_view bag_rule_text(BagRule rule);

struct BagWish {
  std::string title, prize;
  CouponId coupon;  // what winners get; none: the store hands the prize out
  BagRule rule = BagRule::tap;
  std::string word;
  std::int64_t winners = 0, seconds = 0;
};
Status check_bag(const BagWish& wish);

struct LuckyBag {
  LuckyBagId id;
  BrandId brand;
  StoreId store;
  BroadcastId broadcast;
  std::string title, prize;
  CouponId coupon;
  BagRule rule = BagRule::tap;
  std::string word;
  std::int64_t winners = 0;
  std::string commitment;     // hex
  std::string seed;           // 32 bytes; told only once drawn
  std::int64_t entrants = 0;  // when it was drawn
  std::int64_t media_ms = 0;
  Instant opened_at = 0, draws_at = 0, drawn_at = 0, cancelled_at = 0;
  bool open_at(Instant now) const { return drawn_at == 0 && cancelled_at == 0 && now < draws_at; }
};

std::string bag_commitment(LuckyBagId bag, std::string_view seed);
// The winners, best first: min(winners, entrants) of them.
std::vector<PersonId> draw_bag(LuckyBagId bag, std::string_view seed, std::span<const PersonId> entrants,
                               std::int64_t winners);

void write_bag(JsonWriter& w, const LuckyBag& bag);  // without the seed until it is drawn

// All that is needed to check a draw: what GET /lucky-bags/{id}/proof answers.
std::string bag_proof(const LuckyBag& bag, std::span<const PersonId> entrants, std::span<const PersonId> winners);
// Recomputes commitment and winners from such an answer. Ok, or what does not fit.
Status check_bag_proof(std::string_view proof_json);

}  // namespace lianbo::live
