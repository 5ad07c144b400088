// What people do about trust (SPEC 11): review what they received, follow a host, show what they bought; what a buyer
// is told about a store; and what the brand does about it (a guarantee, a review hidden with a reason).
//
// - A review: of a received line that was not given back whole, by its buyer, once. It is never changed. Staff may hide
//   its words with a reason, which is audited; its stars go on counting, so that hiding raises no score.
// - People a buyer knows at a brand: whose links they opened, who opened theirs, and with whom they follow each other.
//   Told is how many of them bought a product; names only of who shows their purchases.
// All join the caller's transaction. Threads: any. Errors: not_found, forbidden, invalid_field, conflict,
// order_state_conflict.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "base/call.hpp"
#include "db/db.hpp"
#include "trust/score.hpp"

namespace lianbo::trust {

using ReviewId = Id<struct ReviewTag>;
inline constexpr std::size_t kMaxWords = 1000, kMaxReason = 300, kMaxGuarantee = 1000;  // characters
inline constexpr int kMaxFollows = 1000, kMaxTies = 300, kMaxNames = 20;

struct Review {
  ReviewId id;
  BrandId brand;
  StoreId store;
  ProductId product;
  OrderId order;
  int line = 0;
  PersonId buyer;
  int stars = 0;
  std::string words;
  Instant at = 0;
  Instant hidden_at = 0;  // 0: everybody may read it
  std::string hidden_reason;
};
// How many reviews gave one star, two, …
using StarCounts = std::array<std::int64_t, 5>;

Result<Review> write_review(db::Tx& tx, const Call& call, OrderId order, int line, int stars, std::string_view words);
// Of an order that the caller may see.
Result<std::vector<Review>> reviews_of_order(db::Tx& tx, const Call& call, OrderId order);
// Staff that operates the store. Hiding what is hidden, or the other way round: conflict.
Result<Review> hide_review(db::Tx& tx, const Call& call, ReviewId id, std::string_view reason);
Result<Review> show_review(db::Tx& tx, const Call& call, ReviewId id);

Result<Judged> judge_store(db::Tx& tx, StoreId store, Instant now);

struct Follow {
  StoreId store;
  Instant at = 0;
};
Status follow(db::Tx& tx, const Call& call, StoreId store);
Status unfollow(db::Tx& tx, const Call& call, StoreId store);
bool follows(db::Tx& tx, const Call& call, StoreId store);
// In order of store.
std::vector<Follow> follows_of(db::Tx& tx, const Call& call, StoreId after, int limit);

// The caller's people at the brand, at most kMaxTies.
std::vector<PersonId> ties_of(db::Tx& tx, const Call& call, BrandId brand);
struct KnownBuyers {
  std::int64_t known = 0, bought = 0;
  std::vector<std::string> names;  // of who shows it, at most kMaxNames
};
Result<KnownBuyers> known_buyers(db::Tx& tx, const Call& call, ProductId product);

struct Guarantee {
  std::string text_zh, text_en;
  std::int32_t version = 0;  // 0: the brand gives none
};
Result<Guarantee> guarantee_of(db::Tx& tx, BrandId brand);
Result<Guarantee> put_guarantee(db::Tx& tx, const Call& call, BrandId brand, const Guarantee& wish);

// What a buyer wrote about the brand's goods goes; their stars stay.
void forget_buyer(db::Tx& tx, const Call& call, PersonId buyer, BrandId brand);
void forget_person(db::Tx& tx, const Call& call, PersonId person);

}  // namespace lianbo::trust
