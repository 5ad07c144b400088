// All SQL of campaigns, coupons, shipping fees and forbidden words. Rows in, rows out. For this folder only.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "catalog/campaign.hpp"
#include "catalog/coupon.hpp"
#include "catalog/shipping.hpp"
#include "db/db.hpp"

namespace lianbo::catalog::store {

// ---- campaigns
void insert_campaign(db::Tx& tx, const Campaign& c, PersonId by);
std::optional<Campaign> campaign(db::Tx& tx, CampaignId id);
// Locks the row and raises its version.
std::optional<Campaign> lock_campaign(db::Tx& tx, CampaignId id);
void update_campaign(db::Tx& tx, const Campaign& c);  // texts, window, target
void set_campaign_state(db::Tx& tx, const Campaign& c);
bool set_begun(db::Tx& tx, CampaignId id, Instant at);  // false: it was told
std::vector<Campaign> campaigns(db::Tx& tx, BrandId brand, std::int64_t after, int limit);
struct Turning {
  CampaignId id;
  bool begins = false;  // else it ends
};
std::vector<Turning> campaigns_turning(db::Tx& tx, Instant now, int limit);

void replace_items(db::Tx& tx, CampaignId id, std::span<const CampaignItem> items);
std::vector<CampaignItem> items(db::Tx& tx, CampaignId id);  // in order, without plans
std::vector<Sku> item_skus(db::Tx& tx, CampaignId id);
// Replaces the list of a campaign for a list of stores.
void replace_target_stores(db::Tx& tx, CampaignId id, std::span<const StoreId> stores);
std::vector<StoreId> target_stores(db::Tx& tx, CampaignId id, StoreId after, int limit);
std::int64_t count_target_stores(db::Tx& tx, CampaignId id);

std::int64_t give_stores(db::Tx& tx, const Campaign& c, std::span<const StoreId> stores, Instant now);  // new ones
std::vector<StoreId> stores_of_campaign(db::Tx& tx, CampaignId id, StoreId after, int limit);
std::int64_t count_stores_of_campaign(db::Tx& tx, CampaignId id);
std::int64_t take_back_stores(db::Tx& tx, CampaignId id, StoreId after, StoreId until, Instant now);

void insert_push(db::Tx& tx, const Push& push, BrandId brand, PersonId by);
std::optional<Push> newest_push(db::Tx& tx, CampaignId id);
struct OpenPush {
  Push push;
  StoreId after;
};
std::optional<OpenPush> lock_push(db::Tx& tx, std::int64_t id);  // none: it is finished
void set_push(db::Tx& tx, const OpenPush& push);
std::vector<std::int64_t> open_pushes(db::Tx& tx, int limit);

std::vector<std::pair<SkuId, CampaignPrice>> prices(db::Tx& tx, StoreId store, Instant now);  // the last one counts
std::vector<AssortmentItem> assortment(db::Tx& tx, StoreId store, Instant now, int limit);    // without plans

// ---- coupons
void insert_coupon(db::Tx& tx, const Coupon& c, PersonId by);
std::optional<Coupon> coupon(db::Tx& tx, CouponId id);
void set_withdrawn(db::Tx& tx, CouponId id, Instant at);
void withdraw_room(db::Tx& tx, BroadcastId broadcast, Instant at);
std::vector<Coupon> coupons(db::Tx& tx, BrandId brand, std::int64_t after, int limit);
std::vector<Coupon> prizes(db::Tx& tx, BrandId brand, StoreId store, Instant now, int limit);
std::vector<Coupon> claimable(db::Tx& tx, BrandId brand, StoreId store, Instant now, int limit);
bool insert_claim(db::Tx& tx, Bucket bucket, PersonId person, CouponId id, Instant at);  // false: there is one
// One more is out. The coupon after it; none: it can't be claimed (any more).
std::optional<Coupon> count_claim(db::Tx& tx, CouponId id, Instant now);
std::optional<Claim> claim(db::Tx& tx, Bucket bucket, PersonId person, CouponId id);
std::vector<Claim> claims(db::Tx& tx, Bucket bucket, PersonId person, CouponId before, int limit);
std::vector<Coupon> usable(db::Tx& tx, Bucket bucket, PersonId person, BrandId brand, Instant now, int limit);
bool use_claim(db::Tx& tx, Bucket bucket, PersonId person, CouponId id, OrderId order, Instant at);
void unuse_claim(db::Tx& tx, Bucket bucket, PersonId person, CouponId id, OrderId order);
bool promise(db::Tx& tx, CouponId id, std::int64_t n);  // false: not so many are left
void settle_promise(db::Tx& tx, CouponId id, std::int64_t promised, std::int64_t granted);

// ---- shipping fees, forbidden words
std::vector<std::pair<std::int32_t, ShippingRule>> shipping(db::Tx& tx, BrandId brand);  // of the newest version
bool insert_shipping(db::Tx& tx, BrandId brand, std::int32_t version, const ShippingRule& rule, PersonId by,
                     Instant at);  // false: that version is there
std::vector<std::string> words(db::Tx& tx, BrandId brand);
void clear_words(db::Tx& tx, BrandId brand);
bool insert_word(db::Tx& tx, BrandId brand, std::string_view word, std::string_view shown, Instant at);
std::optional<std::string> word_in(db::Tx& tx, BrandId brand, std::string_view comparable);

}  // namespace lianbo::catalog::store
