#include "catalog/coupon.hpp"

#include <algorithm>

#include "base/check.hpp"
#include "catalog/offers_store.hpp"
#include "org/org_service.hpp"

namespace lianbo::catalog {
namespace {

std::string amount(Fen fen) { return format_fen(fen); }

}  // namespace

std::string_view giver_text(Giver giver) {
  switch (giver) {
    case Giver::brand:
      return "brand";
    case Giver::store:
      return "store";
    case Giver::room:
      return "room";
    case Giver::prize:
      return "prize";
  }
  return "brand";
}

Status check_coupon(const Coupon& c, Instant now) {
  if (c.name.empty() || utf8_length(c.name) > kMaxCouponName)
    return fail(Code::invalid_field, "a name has 1 to " + std::to_string(kMaxCouponName) + " characters", "/name");
  if ((c.off_fen != 0) == (c.off_bp != 0))
    return fail(Code::invalid_field, "give either an amount (off_fen) or a rate (off_bp)", "/off_fen");
  if (c.off_fen < 0 || c.off_fen > kMaxAmountFen)
    return fail(Code::invalid_field, "an amount is 1 to " + std::to_string(kMaxAmountFen) + " fen", "/off_fen");
  if (c.off_bp < 0 || c.off_bp > kWholeBp)
    return fail(Code::invalid_field, "a rate is 1 to 10000 basis points", "/off_bp");
  if (c.cap_fen < 0 || c.cap_fen > kMaxAmountFen || (c.cap_fen != 0 && c.off_bp == 0))
    return fail(Code::invalid_field, "a cap is for a rate, and at least 1 fen", "/cap_fen");
  if (c.min_spend_fen < 0 || c.min_spend_fen > kMaxAmountFen)
    return fail(Code::invalid_field, "0 to " + std::to_string(kMaxAmountFen) + " fen", "/min_spend_fen");
  if (c.total < 1 || c.total > kMaxCoupons)
    return fail(Code::invalid_field, "there are 1 to " + std::to_string(kMaxCoupons) + " of them", "/total");
  if (c.ends_at <= c.starts_at || c.ends_at <= now)
    return fail(Code::invalid_field, "a coupon ends after it has begun, and after now", "/ends_at");
  if (c.ends_at - c.starts_at > kMaxCouponMs)
    return fail(Code::invalid_field, "a coupon is good for at most 366 days", "/ends_at");
  if (c.giver == Giver::store && !c.store) return fail(Code::missing_field, "the store that gives it", "/store_id");
  if ((c.giver == Giver::room) != static_cast<bool>(c.broadcast))
    return fail(Code::invalid_field, "a coupon of a room names its broadcast, no other does", "/broadcast_id");
  return {};
}

Status check_store_coupon(const Coupon& c, BasisPoints max_bp) {
  const Fen most = share_of(c.min_spend_fen, max_bp);
  if (c.off_fen > most)
    return fail(Code::over_store_limit,
                "a store may take off at most " + std::to_string(max_bp) + " basis points: " + amount(most) + " of " +
                    amount(c.min_spend_fen) + " that have to be spent, not " + amount(c.off_fen),
                "/off_fen");
  if (c.off_bp > max_bp)
    return fail(
        Code::over_store_limit,
        "a store may take off at most " + std::to_string(max_bp) + " basis points, not " + std::to_string(c.off_bp),
        "/off_bp");
  return {};
}

Status coupon_fits(const Coupon& c, const CouponUse& use) {
  const auto unusable = [](std::string why) { return fail(Code::coupon_unusable, std::move(why), "/coupon_id"); };
  if (use.now < c.starts_at) return unusable("it is not good yet");
  if (use.now >= c.ends_at) return unusable("it has expired");
  if (c.store && c.store != use.store) return unusable("it is good in another store only");
  if (c.broadcast && c.broadcast != use.broadcast) return unusable("it is good in the room it was given in only");
  if (use.goods_fen < c.min_spend_fen)
    return unusable("it needs goods for " + amount(c.min_spend_fen) + "; these are " + amount(use.goods_fen));
  return {};
}

Fen coupon_discount(const Coupon& c, Fen goods_fen) {
  if (c.off_fen != 0) return std::min(c.off_fen, goods_fen);
  const Fen off = share_of(goods_fen, c.off_bp);
  return c.cap_fen != 0 ? std::min(off, c.cap_fen) : off;
}

Result<Coupon> create_coupon(db::Tx& tx, const Call& call, Coupon wish) {
  wish.name = canonical_line(wish.name);
  wish.id = call.make_id<CouponId>();
  wish.claimed = wish.promised = 0;
  wish.withdrawn_at = 0;
  wish.created_at = call.now;
  TRY_OK(check_coupon(wish, call.now));
  if (wish.store) {
    TRY(const auto store, org::find_store(tx, wish.store));
    if (store.brand != wish.brand) return fail(Code::not_found, "the brand has no such store", "/store_id");
  }
  store::insert_coupon(tx, wish, call.caller.person);
  JsonWriter w;
  w.begin().field("giver", giver_text(wish.giver)).field("store_id", wish.store).field("total", wish.total);
  w.field("off_fen", wish.off_fen).field("off_bp", wish.off_bp).field("min_spend_fen", wish.min_spend_fen).end();
  org::audit(tx, call, wish.brand, "coupon.create", "coupon", wish.id.value, w.take());
  return wish;
}

Result<Coupon> withdraw_coupon(db::Tx& tx, const Call& call, const Coupon& c) {
  if (c.withdrawn_at != 0) return c;
  store::set_withdrawn(tx, c.id, call.now);
  org::audit(tx, call, c.brand, "coupon.withdraw", "coupon", c.id.value);
  return find_coupon(tx, c.id);
}

void withdraw_room_coupons(db::Tx& tx, BroadcastId broadcast, Instant now) { store::withdraw_room(tx, broadcast, now); }

Result<Coupon> find_coupon(db::Tx& tx, CouponId id) {
  if (auto c = store::coupon(tx, id)) return *std::move(c);
  return fail(Code::not_found, "no coupon has this id: " + id.text());
}
std::vector<Coupon> coupons_of_brand(db::Tx& tx, BrandId brand, std::int64_t after, int limit) {
  return store::coupons(tx, brand, after, limit);
}
std::vector<Coupon> prize_coupons(db::Tx& tx, BrandId brand, StoreId store_id, Instant now, int limit) {
  return store::prizes(tx, brand, store_id, now, limit);
}
std::vector<Coupon> claimable_coupons(db::Tx& tx, BrandId brand, StoreId store_id, Instant now, int limit) {
  return store::claimable(tx, brand, store_id, now, limit);
}

Result<Claim> claim_coupon(db::Tx& tx, const Call& call, CouponId id) {
  TRY_OK(require_login(call));
  const PersonId person = call.caller.person;
  const Bucket bucket = call.bucket(person);
  TRY(const Coupon coupon, find_coupon(tx, id));
  if (!store::insert_claim(tx, bucket, person, id, call.now)) return *store::claim(tx, bucket, person, id);
  const auto counted = store::count_claim(tx, id, call.now);
  if (!counted) {
    if (coupon.giver == Giver::prize) return fail(Code::coupon_unusable, "only winners of a lucky bag get it");
    if (coupon.withdrawn_at != 0) return fail(Code::coupon_unusable, "it is no longer given");
    if (call.now < coupon.starts_at) return fail(Code::coupon_unusable, "it is not given yet");
    if (call.now >= coupon.ends_at) return fail(Code::coupon_unusable, "it has expired");
    return fail(Code::coupon_gone, "all " + std::to_string(coupon.total) + " were claimed");
  }
  if (counted->left() == 0 && counted->broadcast) {
    db::Event event;
    event.id = call.make_id<EventId>();
    event.brand = coupon.brand;
    event.topic = "coupon.gone";
    event.key = counted->broadcast.value;
    event.payload = JsonWriter().begin().field("coupon_id", id).end().take();
    event.at = call.now;
    tx.emit(std::move(event));
  }
  return Claim{*counted, call.now, {}};
}

std::vector<Claim> claims_of(db::Tx& tx, Bucket bucket, PersonId person, CouponId before, int limit) {
  return store::claims(tx, bucket, person, before, limit);
}
std::vector<Coupon> usable_coupons(db::Tx& tx, Bucket bucket, PersonId person, BrandId brand, Instant now, int limit) {
  return store::usable(tx, bucket, person, brand, now, limit);
}

Status use_coupon(db::Tx& tx, Bucket bucket, PersonId person, CouponId id, OrderId order, Instant now) {
  if (store::use_claim(tx, bucket, person, id, order, now)) return {};
  const auto claim = store::claim(tx, bucket, person, id);
  return fail(Code::coupon_unusable,
              claim ? "it was used for order " + claim->order.text() : "you have not claimed this coupon",
              "/coupon_id");
}
void unuse_coupon(db::Tx& tx, Bucket bucket, PersonId person, CouponId id, OrderId order) {
  store::unuse_claim(tx, bucket, person, id, order);
}

Status promise_coupons(db::Tx& tx, CouponId id, BrandId brand, std::int64_t n, Instant until) {
  TRY(const Coupon c, find_coupon(tx, id));
  if (c.brand != brand || c.giver != Giver::prize)
    return fail(Code::invalid_field, "a prize is a coupon of this brand whose giver is prize", "/coupon_id");
  if (c.ends_at <= until) return fail(Code::coupon_unusable, "it expires before the draw", "/coupon_id");
  if (!store::promise(tx, id, n))
    return fail(Code::coupon_gone,
                std::to_string(c.total - c.claimed - c.promised) + " are left, " + std::to_string(n) + " are needed",
                "/coupon_id");
  return {};
}

void grant_coupons(db::Tx& tx, const Call& call, CouponId id, std::int64_t promised,
                   std::span<const PersonId> winners) {
  std::int64_t granted = 0;
  for (const PersonId person : winners)
    granted += store::insert_claim(tx, call.bucket(person), person, id, call.now) ? 1 : 0;
  store::settle_promise(tx, id, promised, granted);
}

void write_coupon(JsonWriter& w, const Coupon& c) {
  w.begin().field("id", c.id).field("brand_id", c.brand).field("giver", giver_text(c.giver));
  w.field("store_id", c.store).field("broadcast_id", c.broadcast).field("name", c.name);
  w.field("off_fen", c.off_fen).field("off_bp", c.off_bp).field("cap_fen", c.cap_fen);
  w.field("min_spend_fen", c.min_spend_fen).field("total", c.total).field("left", c.left());
  w.field_at("starts_at", c.starts_at).field_at("ends_at", c.ends_at).field_at("withdrawn_at", c.withdrawn_at).end();
}
Shape coupon_shape() {
  using namespace shape;
  return {id("id"),
          id("brand_id"),
          choice("giver", {"brand", "store", "room", "prize"}),
          nullable(id("store_id", "good in this store only")),
          nullable(id("broadcast_id", "given and good in this room only")),
          text("name", 1, kMaxCouponName),
          fen("off_fen", "an amount off, or 0"),
          bp("off_bp", "a rate off, or 0"),
          fen("cap_fen", "a rate takes off at most this; 0: no cap"),
          fen("min_spend_fen", "goods of at least this"),
          count("total"),
          count("left"),
          instant("starts_at"),
          instant("ends_at"),
          nullable(instant("withdrawn_at"))};
}

Shape coupon_wish_shape() {
  using namespace shape;
  return {text("name", 1, kMaxCouponName),
          opt(price("off_fen", "an amount off; this or off_bp")),
          opt(bp("off_bp", "a rate off")),
          opt(price("cap_fen", "a rate takes off at most this")),
          opt(price("min_spend_fen", "goods of at least this")),
          integer("total", 1, kMaxCoupons),
          opt(nullable(instant("starts_at", "default: now"))),
          instant("ends_at")};
}
Coupon coupon_wish(const json::value& body) {
  Coupon c;
  c.name = get_text(body, "name");
  c.off_fen = get_int(body, "off_fen");
  c.off_bp = static_cast<BasisPoints>(get_int(body, "off_bp"));
  c.cap_fen = get_int(body, "cap_fen");
  c.min_spend_fen = get_int(body, "min_spend_fen");
  c.total = get_int(body, "total");
  c.starts_at = get_instant(body, "starts_at");
  c.ends_at = get_instant(body, "ends_at");
  return c;
}

}  // namespace lianbo::catalog
