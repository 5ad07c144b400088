#include "catalog/offers_store.hpp"

#include "base/check.hpp"

namespace lianbo::catalog::store {
namespace {

using db::Param;
using db::Row;
using db::Sql;
using db::Tx;

#define CAMPAIGN_COLUMNS                                                                                      \
  "id, brand_id, name, talking_points, starts_at, ends_at, target, target_value, state, pushed_at, over_at, " \
  "created_at, version"
const Sql kInsertCampaign{
    "campaign.insert",
    "insert into campaigns (id, brand_id, name, talking_points, starts_at, ends_at, target, target_value, state, "
    "created_by, created_at, version) values ($1, $2, $3, $4, $5, $6, $7, $8, 'draft', $9, $10, 1)"};
const Sql kCampaign{"campaign.load", "select " CAMPAIGN_COLUMNS " from campaigns where id = $1"};
const Sql kLockCampaign{"campaign.lock",
                        "update campaigns set version = version + 1 where id = $1 returning " CAMPAIGN_COLUMNS};
const Sql kUpdateCampaign{"campaign.update",
                          "update campaigns set name = $2, talking_points = $3, starts_at = $4, ends_at = $5, target = "
                          "$6, target_value = $7 where id = $1"};
const Sql kSetCampaignState{"campaign.set_state",
                            "update campaigns set state = $2, pushed_at = $3, over_at = $4 where id = $1"};
const Sql kSetBegun{"campaign.set_begun", "update campaigns set begun_at = $2 where id = $1 and begun_at is null"};
const Sql kCampaigns{"campaign.of_brand",
                     "select " CAMPAIGN_COLUMNS " from campaigns where brand_id = $1 and id > $2 order by id limit $3"};
const Sql kTurning{"campaign.turning",
                   "select id, case when ends_at <= $1 then 0 else 1 end from campaigns where state = 'pushed' and "
                   "(ends_at <= $1 or (starts_at <= $1 and begun_at is null)) order by ends_at, id limit $2"};
const Sql kClearItems{"campaign.clear_items", "delete from campaign_items where campaign_id = $1"};
const Sql kInsertItem{"campaign.insert_item",
                      "insert into campaign_items (campaign_id, sku_id, position, price_fen, talking_points) values "
                      "($1, $2, $3, $4, $5)"};
const Sql kItems{"campaign.items",
                 "select sku_id, price_fen, talking_points from campaign_items where campaign_id = $1 order by "
                 "position limit 1000"};
const Sql kItemSkus{
    "campaign.item_skus",
    "select s.id, s.brand_id, s.product_id, s.code, s.title, s.price_fen, s.position, s.version from "
    "campaign_items i join skus s on s.id = i.sku_id where i.campaign_id = $1 order by i.position limit "
    "1000"};
// Ten thousand stores in ten statements: the identifiers travel as one JSON list, which the engines read by different
// functions.
const Sql kClearTargets{"campaign.clear_targets", "delete from campaign_stores where campaign_id = $1"};
const Sql kInsertTargets{"campaign.insert_targets",
                         "insert into campaign_stores (campaign_id, store_id) select $1, j.value from json_each($2) j "
                         "where true on conflict do nothing",
                         "insert into campaign_stores (campaign_id, store_id) select $1, cast(j.value as bigint) from "
                         "jsonb_array_elements_text(cast($2 as jsonb)) j on conflict do nothing"};
const Sql kTargets{"campaign.targets",
                   "select store_id from campaign_stores where campaign_id = $1 and store_id > $2 order by store_id "
                   "limit $3"};
const Sql kCountTargets{"campaign.count_targets", "select count(*) from campaign_stores where campaign_id = $1"};
// A store that has it, or had it before an undo, is left as it is.
const Sql kGive{"campaign.give",
                "insert into store_campaigns (store_id, ends_at, campaign_id, at) select j.value, $2, $1, $3 from "
                "json_each($4) j where true on conflict do nothing",
                "insert into store_campaigns (store_id, ends_at, campaign_id, at) select cast(j.value as bigint), $2, "
                "$1, $3 from jsonb_array_elements_text(cast($4 as jsonb)) j on conflict do nothing"};
const Sql kStoresOf{"campaign.stores",
                    "select store_id from store_campaigns where campaign_id = $1 and store_id > $2 and removed_at is "
                    "null order by store_id limit $3"};
const Sql kCountStoresOf{"campaign.count_stores",
                         "select count(*) from store_campaigns where campaign_id = $1 and removed_at is null"};
const Sql kTakeBack{"campaign.take_back",
                    "update store_campaigns set removed_at = $4 where campaign_id = $1 and store_id > $2 and store_id "
                    "<= $3 and removed_at is null"};

#define PUSH_COLUMNS "id, campaign_id, kind, total, done, changed, started_at, finished_at, after_store_id"
const Sql kInsertPush{
    "campaign.insert_push",
    "insert into campaign_pushes (id, campaign_id, brand_id, kind, total, done, changed, after_store_id, by_person_id, "
    "started_at) values ($1, $2, $3, $4, $5, 0, 0, 0, $6, $7)"};
const Sql kNewestPush{"campaign.newest_push",
                      "select " PUSH_COLUMNS " from campaign_pushes where campaign_id = $1 order by id desc limit 1"};
const Sql kLockPush{
    "campaign.lock_push",
    "update campaign_pushes set done = done where id = $1 and finished_at is null returning " PUSH_COLUMNS};
const Sql kSetPush{"campaign.set_push",
                   "update campaign_pushes set total = $2, done = $3, changed = $4, after_store_id = $5, finished_at = "
                   "$6 where id = $1"};
const Sql kOpenPushes{"campaign.open_pushes",
                      "select id from campaign_pushes where finished_at is null order by id limit $1"};

#define OF_STORE \
  " from store_campaigns g join campaigns c on c.id = g.campaign_id join campaign_items i on i.campaign_id = c.id "
#define COUNTING " g.store_id = $1 and g.ends_at > $2 and g.removed_at is null and c.state = 'pushed' "
const Sql kPrices{"campaign.prices", "select i.sku_id, c.id, i.price_fen" OF_STORE "where" COUNTING
                                     "and c.starts_at <= $2 order by c.pushed_at, c.id limit 5000"};
const Sql kAssortment{
    "campaign.assortment",
    "select c.id, c.name, c.talking_points, c.starts_at, c.ends_at, s.id, s.brand_id, s.product_id, s.code, s.title, "
    "s.price_fen, p.title, p.image_url, p.on_sale, i.price_fen, i.talking_points" OF_STORE
    "join skus s on s.id = i.sku_id join products p on p.id = s.product_id where" COUNTING
    "order by c.starts_at, c.id, i.position limit $3"};

#define COUPON_COLUMNS                                                                                               \
  "c.id, c.brand_id, c.giver, c.store_id, c.broadcast_id, c.name, c.off_fen, c.off_bp, c.cap_fen, c.min_spend_fen, " \
  "c.total, c.claimed, c.promised, c.starts_at, c.ends_at, c.withdrawn_at, c.created_at"
const Sql kInsertCoupon{
    "coupon.insert",
    "insert into coupons (id, brand_id, giver, store_id, broadcast_id, name, off_fen, off_bp, cap_fen, min_spend_fen, "
    "total, starts_at, ends_at, created_by, created_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, "
    "$13, $14, $15)"};
const Sql kCoupon{"coupon.load", "select " COUPON_COLUMNS " from coupons c where c.id = $1"};
const Sql kWithdraw{"coupon.withdraw", "update coupons set withdrawn_at = $2 where id = $1 and withdrawn_at is null"};
const Sql kWithdrawRoom{"coupon.withdraw_room",
                        "update coupons set withdrawn_at = $2 where broadcast_id = $1 and withdrawn_at is null"};
const Sql kCoupons{"coupon.of_brand", "select " COUPON_COLUMNS
                                      " from coupons c where c.brand_id = $1 and c.id > $2 order by c.id limit $3"};
const Sql kClaimable{"coupon.claimable",
                     "select " COUPON_COLUMNS
                     " from coupons c where c.brand_id = $1 and c.ends_at > $3 and c.starts_at <= $3 and c.claimed < "
                     "c.total and c.withdrawn_at is null and ((c.giver = 'brand' and c.store_id is null) or (c.giver "
                     "in ('brand', 'store') and c.store_id = $2)) order by c.id desc limit $4"};
// A bag promises so many of them; what is claimed was promised.
const Sql kPrizes{"coupon.prizes",
                  "select " COUPON_COLUMNS
                  " from coupons c where c.brand_id = $1 and c.giver = 'prize' and (c.store_id is null or c.store_id = "
                  "$2) and c.ends_at > $3 and c.withdrawn_at is null and c.promised < c.total order by c.id desc limit "
                  "$4"};
const Sql kInsertClaim{"coupon.insert_claim",
                       "insert into coupon_claims (bucket, person_id, coupon_id, at) values ($1, $2, $3, $4) on "
                       "conflict do nothing"};
const Sql kCountClaim{
    "coupon.count_claim",
    "update coupons set claimed = claimed + 1 where id = $1 and claimed < total and withdrawn_at is null and starts_at "
    "<= $2 and ends_at > $2 and giver <> 'prize' returning id, brand_id, giver, store_id, broadcast_id, name, off_fen, "
    "off_bp, cap_fen, min_spend_fen, total, claimed, promised, starts_at, ends_at, withdrawn_at, created_at"};
const Sql kClaim{"coupon.claim",
                 "select " COUPON_COLUMNS
                 ", k.at, k.order_id from coupon_claims k join coupons c on c.id = k.coupon_id where k.bucket = $1 and "
                 "k.person_id = $2 and k.coupon_id = $3"};
const Sql kClaims{
    "coupon.claims",
    "select " COUPON_COLUMNS
    ", k.at, k.order_id from coupon_claims k join coupons c on c.id = k.coupon_id where k.bucket = $1 and "
    "k.person_id = $2 and k.coupon_id < $3 order by k.coupon_id desc limit $4"};
const Sql kUsable{"coupon.usable",
                  "select " COUPON_COLUMNS
                  " from coupon_claims k join coupons c on c.id = k.coupon_id where k.bucket = $1 and k.person_id = $2 "
                  "and c.brand_id = $3 and k.order_id is null and c.ends_at > $4 order by c.ends_at, c.id limit $5"};
const Sql kUse{
    "coupon.use",
    "update coupon_claims set order_id = $4, used_at = $5 where bucket = $1 and person_id = $2 and coupon_id "
    "= $3 and order_id is null"};
const Sql kUnuse{"coupon.unuse",
                 "update coupon_claims set order_id = null, used_at = null where bucket = $1 and person_id = $2 and "
                 "coupon_id = $3 and order_id = $4"};
const Sql kPromise{"coupon.promise",
                   "update coupons set promised = promised + $2 where id = $1 and giver = 'prize' and withdrawn_at is "
                   "null and claimed + promised + $2 <= total"};
const Sql kSettlePromise{"coupon.settle_promise",
                         "update coupons set promised = promised - $2, claimed = claimed + $3 where id = $1"};

const Sql kShipping{
    "shipping.newest",
    "select version, region, first_fen, more_fen, free_from_fen from shipping_rules where brand_id = $1 "
    "and version = (select max(version) from shipping_rules where brand_id = $1) order by region limit "
    "1000"};
const Sql kInsertShipping{"shipping.insert",
                          "insert into shipping_rules (brand_id, version, region, first_fen, more_fen, free_from_fen, "
                          "by_person_id, at) values "
                          "($1, $2, $3, $4, $5, $6, $7, $8) on conflict do nothing"};

const Sql kWords{"words.of_brand", "select shown from forbidden_words where brand_id = $1 order by word limit 2000"};
const Sql kClearWords{"words.clear", "delete from forbidden_words where brand_id = $1"};
const Sql kInsertWord{"words.insert",
                      "insert into forbidden_words (brand_id, word, shown, at) values ($1, $2, $3, $4) on conflict do "
                      "nothing"};
// Where a text is in another has another name on each engine.
const Sql kWordIn{"words.match",
                  "select shown from forbidden_words where brand_id = $1 and instr($2, word) > 0 order by word limit 1",
                  "select shown from forbidden_words where brand_id = $1 and strpos($2, word) > 0 order by word limit "
                  "1"};

Param instant_or_null(Instant at) { return at == 0 ? Param(nullptr) : Param(at); }

std::string list_of_ids(std::span<const StoreId> ids) {
  std::string out = "[";
  for (const StoreId id : ids) out += (out.size() > 1 ? "," : "") + std::to_string(id.value);
  return out + "]";
}

Campaign campaign_of(const Row& r) {
  Campaign c;
  c.id = r.id<CampaignId>(0);
  c.brand = r.id<BrandId>(1);
  c.name = r.str(2);
  c.talking_points = r.str(3);
  c.starts_at = r.integer(4);
  c.ends_at = r.integer(5);
  c.target = parse_campaign_target(r.text(6)).value_or(CampaignTarget::all);
  c.target_value = r.str(7);
  for (const auto state : {CampaignState::draft, CampaignState::pushed, CampaignState::ended, CampaignState::undone})
    if (campaign_state_text(state) == r.text(8)) c.state = state;
  c.pushed_at = r.integer(9);
  c.over_at = r.integer(10);
  c.created_at = r.integer(11);
  c.version = r.integer(12);
  return c;
}

OpenPush push_of(const Row& r) {
  OpenPush p;
  p.push.id = r.integer(0);
  p.push.campaign = r.id<CampaignId>(1);
  p.push.undo = r.text(2) == "undo";
  p.push.total = r.integer(3);
  p.push.done = r.integer(4);
  p.push.changed = r.integer(5);
  p.push.started_at = r.integer(6);
  p.push.finished_at = r.integer(7);
  p.after = r.id<StoreId>(8);
  return p;
}

constexpr int kCouponColumns = 17;
Coupon coupon_of(const Row& r) {
  Coupon c;
  c.id = r.id<CouponId>(0);
  c.brand = r.id<BrandId>(1);
  for (const auto giver : {Giver::brand, Giver::store, Giver::room, Giver::prize})
    if (giver_text(giver) == r.text(2)) c.giver = giver;
  c.store = r.id<StoreId>(3);
  c.broadcast = r.id<BroadcastId>(4);
  c.name = r.str(5);
  c.off_fen = r.integer(6);
  c.off_bp = static_cast<BasisPoints>(r.integer(7));
  c.cap_fen = r.integer(8);
  c.min_spend_fen = r.integer(9);
  c.total = r.integer(10);
  c.claimed = r.integer(11);
  c.promised = r.integer(12);
  c.starts_at = r.integer(13);
  c.ends_at = r.integer(14);
  c.withdrawn_at = r.integer(15);
  c.created_at = r.integer(16);
  return c;
}
Claim claim_of(const Row& r) { return {coupon_of(r), r.integer(kCouponColumns), r.id<OrderId>(kCouponColumns + 1)}; }
StoreId store_of(const Row& r) { return r.id<StoreId>(0); }

}  // namespace

void insert_campaign(Tx& tx, const Campaign& c, PersonId by) {
  tx.exec(kInsertCampaign, {c.id, c.brand, c.name, c.talking_points, c.starts_at, c.ends_at,
                            campaign_target_text(c.target), c.target_value, by, c.created_at});
}
std::optional<Campaign> campaign(Tx& tx, CampaignId id) { return tx.one(kCampaign, {id.value}, campaign_of); }
std::optional<Campaign> lock_campaign(Tx& tx, CampaignId id) { return tx.one(kLockCampaign, {id.value}, campaign_of); }
void update_campaign(Tx& tx, const Campaign& c) {
  tx.exec(kUpdateCampaign,
          {c.id, c.name, c.talking_points, c.starts_at, c.ends_at, campaign_target_text(c.target), c.target_value});
}
void set_campaign_state(Tx& tx, const Campaign& c) {
  tx.exec(kSetCampaignState,
          {c.id, campaign_state_text(c.state), instant_or_null(c.pushed_at), instant_or_null(c.over_at)});
}
bool set_begun(Tx& tx, CampaignId id, Instant at) { return tx.exec(kSetBegun, {id, at}) == 1; }
std::vector<Campaign> campaigns(Tx& tx, BrandId brand, std::int64_t after, int limit) {
  return tx.all(kCampaigns, {brand, after, limit}, campaign_of);
}
std::vector<Turning> campaigns_turning(Tx& tx, Instant now, int limit) {
  return tx.all(kTurning, {now, limit}, [](const Row& r) { return Turning{r.id<CampaignId>(0), r.flag(1)}; });
}

void replace_items(Tx& tx, CampaignId id, std::span<const CampaignItem> all) {
  tx.exec(kClearItems, {id});
  int position = 0;
  for (const auto& i : all) tx.exec(kInsertItem, {id, i.sku, position++, i.price_fen, i.talking_points});
}
std::vector<CampaignItem> items(Tx& tx, CampaignId id) {
  return tx.all(kItems, {id}, [](const Row& r) { return CampaignItem{r.id<SkuId>(0), r.integer(1), r.str(2), {}}; });
}
std::vector<Sku> item_skus(Tx& tx, CampaignId id) {
  return tx.all(kItemSkus, {id}, [](const Row& r) {
    return Sku{r.id<SkuId>(0),
               r.id<BrandId>(1),
               r.id<ProductId>(2),
               r.str(3),
               r.str(4),
               r.integer(5),
               static_cast<std::int32_t>(r.integer(6)),
               r.integer(7)};
  });
}
void replace_target_stores(Tx& tx, CampaignId id, std::span<const StoreId> stores) {
  tx.exec(kClearTargets, {id});
  if (!stores.empty()) tx.exec(kInsertTargets, {id, list_of_ids(stores)});
}
std::vector<StoreId> target_stores(Tx& tx, CampaignId id, StoreId after, int limit) {
  return tx.all(kTargets, {id, after.value, limit}, store_of);
}
std::int64_t count_target_stores(Tx& tx, CampaignId id) { return tx.number(kCountTargets, {id}); }

std::int64_t give_stores(Tx& tx, const Campaign& c, std::span<const StoreId> stores, Instant now) {
  return stores.empty() ? 0 : tx.exec(kGive, {c.id, c.ends_at, now, list_of_ids(stores)});
}
std::vector<StoreId> stores_of_campaign(Tx& tx, CampaignId id, StoreId after, int limit) {
  return tx.all(kStoresOf, {id, after.value, limit}, store_of);
}
std::int64_t count_stores_of_campaign(Tx& tx, CampaignId id) { return tx.number(kCountStoresOf, {id}); }
std::int64_t take_back_stores(Tx& tx, CampaignId id, StoreId after, StoreId until, Instant now) {
  return tx.exec(kTakeBack, {id, after.value, until.value, now});
}

void insert_push(Tx& tx, const Push& p, BrandId brand, PersonId by) {
  tx.exec(kInsertPush, {p.id, p.campaign, brand, p.undo ? "undo" : "push", p.total, by, p.started_at});
}
std::optional<Push> newest_push(Tx& tx, CampaignId id) {
  return tx.one(kNewestPush, {id.value}, [](const Row& r) { return push_of(r).push; });
}
std::optional<OpenPush> lock_push(Tx& tx, std::int64_t id) { return tx.one(kLockPush, {id}, push_of); }
void set_push(Tx& tx, const OpenPush& p) {
  tx.exec(kSetPush,
          {p.push.id, p.push.total, p.push.done, p.push.changed, p.after.value, instant_or_null(p.push.finished_at)});
}
std::vector<std::int64_t> open_pushes(Tx& tx, int limit) {
  return tx.all(kOpenPushes, {limit}, [](const Row& r) { return r.integer(0); });
}

std::vector<std::pair<SkuId, CampaignPrice>> prices(Tx& tx, StoreId store, Instant now) {
  return tx.all(kPrices, {store.value, now}, [](const Row& r) {
    return std::pair{r.id<SkuId>(0), CampaignPrice{r.id<CampaignId>(1), r.integer(2)}};
  });
}
std::vector<AssortmentItem> assortment(Tx& tx, StoreId store, Instant now, int limit) {
  return tx.all(kAssortment, {store.value, now, limit}, [](const Row& r) {
    AssortmentItem i;
    i.campaign = r.id<CampaignId>(0);
    i.campaign_name = r.str(1);
    i.campaign_points = r.str(2);
    i.starts_at = r.integer(3);
    i.ends_at = r.integer(4);
    i.sku.id = r.id<SkuId>(5);
    i.sku.brand = r.id<BrandId>(6);
    i.sku.product = r.id<ProductId>(7);
    i.sku.code = r.str(8);
    i.sku.title = r.str(9);
    i.sku.price_fen = r.integer(10);
    i.title = r.str(11);
    i.image_url = r.str(12);
    i.on_sale = r.flag(13);
    i.price_fen = r.integer(14);
    i.talking_points = r.str(15);
    return i;
  });
}

void insert_coupon(Tx& tx, const Coupon& c, PersonId by) {
  tx.exec(kInsertCoupon, {c.id, c.brand, giver_text(c.giver), c.store, c.broadcast, c.name, c.off_fen, c.off_bp,
                          c.cap_fen, c.min_spend_fen, c.total, c.starts_at, c.ends_at, by, c.created_at});
}
std::optional<Coupon> coupon(Tx& tx, CouponId id) { return tx.one(kCoupon, {id.value}, coupon_of); }
void set_withdrawn(Tx& tx, CouponId id, Instant at) { tx.exec(kWithdraw, {id, at}); }
void withdraw_room(Tx& tx, BroadcastId broadcast, Instant at) { tx.exec(kWithdrawRoom, {broadcast, at}); }
std::vector<Coupon> coupons(Tx& tx, BrandId brand, std::int64_t after, int limit) {
  return tx.all(kCoupons, {brand, after, limit}, coupon_of);
}
std::vector<Coupon> prizes(Tx& tx, BrandId brand, StoreId store, Instant now, int limit) {
  return tx.all(kPrizes, {brand, store.value, now, limit}, coupon_of);
}
std::vector<Coupon> claimable(Tx& tx, BrandId brand, StoreId store, Instant now, int limit) {
  return tx.all(kClaimable, {brand, store.value, now, limit}, coupon_of);
}
bool insert_claim(Tx& tx, Bucket bucket, PersonId person, CouponId id, Instant at) {
  return tx.exec(kInsertClaim, {bucket, person, id, at}) == 1;
}
std::optional<Coupon> count_claim(Tx& tx, CouponId id, Instant now) {
  return tx.one(kCountClaim, {id, now}, coupon_of);
}
std::optional<Claim> claim(Tx& tx, Bucket bucket, PersonId person, CouponId id) {
  return tx.one(kClaim, {bucket, person, id}, claim_of);
}
std::vector<Claim> claims(Tx& tx, Bucket bucket, PersonId person, CouponId before, int limit) {
  return tx.all(kClaims, {bucket, person, before ? before.value : INT64_MAX, limit}, claim_of);
}
std::vector<Coupon> usable(Tx& tx, Bucket bucket, PersonId person, BrandId brand, Instant now, int limit) {
  return tx.all(kUsable, {bucket, person, brand, now, limit}, coupon_of);
}
bool use_claim(Tx& tx, Bucket bucket, PersonId person, CouponId id, OrderId order, Instant at) {
  return tx.exec(kUse, {bucket, person, id, order, at}) == 1;
}
void unuse_claim(Tx& tx, Bucket bucket, PersonId person, CouponId id, OrderId order) {
  tx.exec(kUnuse, {bucket, person, id, order});
}
bool promise(Tx& tx, CouponId id, std::int64_t n) { return tx.exec(kPromise, {id, n}) == 1; }
void settle_promise(Tx& tx, CouponId id, std::int64_t promised, std::int64_t granted) {
  CHECK(tx.exec(kSettlePromise, {id, promised, granted}) == 1);
}

std::vector<std::pair<std::int32_t, ShippingRule>> shipping(Tx& tx, BrandId brand) {
  return tx.all(kShipping, {brand}, [](const Row& r) {
    return std::pair{static_cast<std::int32_t>(r.integer(0)),
                     ShippingRule{r.str(1), r.integer(2), r.integer(3), r.maybe(4)}};
  });
}
bool insert_shipping(Tx& tx, BrandId brand, std::int32_t version, const ShippingRule& rule, PersonId by, Instant at) {
  return tx.exec(kInsertShipping,
                 {brand, version, rule.region, rule.first_fen, rule.more_fen, rule.free_from_fen, by, at}) == 1;
}
std::vector<std::string> words(Tx& tx, BrandId brand) {
  return tx.all(kWords, {brand}, [](const Row& r) { return r.str(0); });
}
void clear_words(Tx& tx, BrandId brand) { tx.exec(kClearWords, {brand}); }
bool insert_word(Tx& tx, BrandId brand, std::string_view word, std::string_view shown, Instant at) {
  return tx.exec(kInsertWord, {brand, word, shown, at}) == 1;
}
std::optional<std::string> word_in(Tx& tx, BrandId brand, std::string_view comparable) {
  return tx.one(kWordIn, {brand, comparable}, [](const Row& r) { return r.str(0); });
}

}  // namespace lianbo::catalog::store
