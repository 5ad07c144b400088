// The hosts of a day for everybody to see, the whole brand's or a region's (SPEC 9): by what was paid in their stores
// that day less what went back of it, by new buyers, and by kept promises, the most first.
//
// - No order counts whose buyer was an agent of the brand, logs in from a browser of the host's, or from one from which
//   another buyer of the store does that day; nor one that went back whole. So hosts who buy from each other, one
//   person with five accounts and a spree of refunds move nothing. A new buyer's first order ever paid at the brand is
//   in that store.
// - A host's takings are their own affair: the board tells the order, and of an amount or a number of buyers only its
//   first digit (docs/decisions/0060-leaderboard.md). Kept promises are on every host's page, and told as they are.
// Threads: any. Errors: not_found, invalid_field.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/call.hpp"
#include "base/money.hpp"
#include "db/db.hpp"
#include "net/route.hpp"

namespace lianbo::insight {

inline constexpr int kLeaders = 20;
inline constexpr DurationMs kBoardKeptMs = 30 * kSecondMs;  // a board is made anew when it is older

// 1,234,567 → 1,000,000; 999 → 900; nothing below 0.
Fen first_digit(Fen amount);

enum class BoardBy { paid, new_buyers, promises };

// What a store did on a day.
struct BoardRow {
  StoreId store;
  std::string host, store_name, region;
  bool active = false;
  Fen paid_fen = 0;
  std::int64_t new_buyers = 0;
  std::int64_t kept = 0, due = 0;  // promises: broadcasts planned for that day
};
// Of every store that did something. day: the instant it begins.
std::vector<BoardRow> board_of(db::Tx& tx, const Call& call, BrandId brand, std::string_view zone, Instant day);
// The first of them; region "": all, else those in it and in what lies below it.
std::vector<BoardRow> leaders_of(const std::vector<BoardRow>& board, BoardBy by, std::string_view region);

net::Route leaderboard_route();

}  // namespace lianbo::insight
