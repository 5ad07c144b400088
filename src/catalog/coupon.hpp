// Coupons: so many of them, each person claims one once and uses it for one order (SPEC 5, 7).
//
// - Given by the brand (good in every store), for one store, in one room (claimed while its broadcast is on, good for
//   orders placed in it), or as a prize (only the winners of lucky bags get one).
// - Worth an amount, or a rate of the goods with a cap; never more than the goods. The goods are the lines at their
//   prices of the instant, flash and campaign prices included; a minimum spend looks at the same sum.
// - Terms are fixed when it is made. `claimed` is raised by a conditional update, so no more than `total` are ever out,
//   and 0 ≤ claimed ≤ total by a check of the table. A cancelled order gives its coupon back to the buyer; a refunded
//   one does not.
// - What a store gives by itself comes out of the brand's money: store.discount_max_bp bounds it.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/call.hpp"
#include "base/json.hpp"
#include "base/result.hpp"
#include "base/shape.hpp"
#include "catalog/catalog.hpp"
#include "db/db.hpp"

namespace lianbo::catalog {

enum class Giver { brand, store, room, prize };
std::string_view giver_text(Giver giver);

inline constexpr std::size_t kMaxCouponName = 60;
inline constexpr std::int64_t kMaxCoupons = 10'000'000;
inline constexpr DurationMs kMaxCouponMs = 366 * kDayMs;

struct Coupon {
  CouponId id;
  BrandId brand;
  Giver giver = Giver::brand;
  StoreId store;
  BroadcastId broadcast;
  std::string name;
  Fen off_fen = 0;         // either this …
  BasisPoints off_bp = 0;  // … or this,
  Fen cap_fen = 0;         // with at most this; 0: no cap
  Fen min_spend_fen = 0;
  std::int64_t total = 0, claimed = 0, promised = 0;
  Instant starts_at = 0, ends_at = 0, withdrawn_at = 0, created_at = 0;
  std::int64_t left() const { return total - claimed; }
};

// ---- rules
Status check_coupon(const Coupon& coupon, Instant now);
// What it takes off the largest-priced order it may be used for stays within max_bp of what has to be spent.
Status check_store_coupon(const Coupon& coupon, BasisPoints max_bp);
struct CouponUse {
  StoreId store;
  BroadcastId broadcast;
  Fen goods_fen = 0;
  Instant now = 0;
};
// coupon_unusable, saying why not.
Status coupon_fits(const Coupon& coupon, const CouponUse& use);
// min(amount, goods), or floor(goods × bp / 10000) up to the cap.
Fen coupon_discount(const Coupon& coupon, Fen goods_fen);

// ---- what is done with them. Who may is asked by the callers (offers_api, live).
Result<Coupon> create_coupon(db::Tx& tx, const Call& call, Coupon wish);
Result<Coupon> withdraw_coupon(db::Tx& tx, const Call& call, const Coupon& coupon);
// What was given in this room can't be claimed any more.
void withdraw_room_coupons(db::Tx& tx, BroadcastId broadcast, Instant now);
Result<Coupon> find_coupon(db::Tx& tx, CouponId id);
std::vector<Coupon> coupons_of_brand(db::Tx& tx, BrandId brand, std::int64_t after, int limit);
// That anybody can claim now in this store: the brand's and the store's own.
// What a bag of this store may promise now, newest first.
std::vector<Coupon> prize_coupons(db::Tx& tx, BrandId brand, StoreId store, Instant now, int limit);
std::vector<Coupon> claimable_coupons(db::Tx& tx, BrandId brand, StoreId store, Instant now, int limit);

struct Claim {
  Coupon coupon;
  Instant at = 0;
  OrderId order;  // used by it
};
// Once a person; again, it is the same claim. coupon_gone, coupon_unusable (window, withdrawn, prize).
Result<Claim> claim_coupon(db::Tx& tx, const Call& call, CouponId id);
std::vector<Claim> claims_of(db::Tx& tx, Bucket bucket, PersonId person, CouponId before, int limit);  // newest first
// That are not used and not over.
std::vector<Coupon> usable_coupons(db::Tx& tx, Bucket bucket, PersonId person, BrandId brand, Instant now, int limit);
// Ties the person's claim to the order: coupon_unusable if there is none, or another order has it.
Status use_coupon(db::Tx& tx, Bucket bucket, PersonId person, CouponId id, OrderId order, Instant now);
void unuse_coupon(db::Tx& tx, Bucket bucket, PersonId person, CouponId id, OrderId order);
// Keeps n of a prize coupon for winners to come; grant gives them out (promised − kept, claimed + winners).
Status promise_coupons(db::Tx& tx, CouponId id, BrandId brand, std::int64_t n, Instant until);
void grant_coupons(db::Tx& tx, const Call& call, CouponId id, std::int64_t promised, std::span<const PersonId> winners);

void write_coupon(JsonWriter& w, const Coupon& coupon);
Shape coupon_shape();
// The terms, as whoever makes one says them.
Shape coupon_wish_shape();
Coupon coupon_wish(const json::value& body);

}  // namespace lianbo::catalog
