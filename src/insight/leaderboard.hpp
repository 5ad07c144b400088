// The hosts of the day for everybody to see: by what was paid in their stores today, less what went back, the most
// first (SPEC 9). A host's takings are their own affair: the board tells the order, and of the amount only its first
// digit (docs/decisions/0060-leaderboard.md). Threads: any.
#pragma once

#include <string>
#include <vector>

#include "base/call.hpp"
#include "base/money.hpp"
#include "db/db.hpp"
#include "net/route.hpp"

namespace lianbo::insight {

inline constexpr int kLeaders = 20;

// 1,234,567 → 1,000,000; 999 → 900; nothing below 0.
Fen first_digit(Fen amount);

struct Leader {
  StoreId store;
  BroadcastId live;  // on air now, or none
  std::string host, store_name;
  Fen at_least_fen = 0;
};
std::vector<Leader> leaders_of(db::Tx& tx, BrandId brand, std::string_view zone, Instant now);

net::Route leaderboard_route();

}  // namespace lianbo::insight
