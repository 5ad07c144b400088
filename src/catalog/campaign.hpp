// Campaigns: one assortment pushed to many stores (SPEC 4).
//
//   draft ──push──▶ pushed ──end, or its window passes──▶ ended
//                     └──undo──▶ undone
//
// - A draft may be changed; what is pushed is fixed, so that a line's price can be checked years later. A push goes
//   through the stores a thousand at a time, each thousand in a transaction of its own: run_pushes does it, goes on
//   where it was killed, and tells how far it is. Pushing again brings in the stores that came since; no store gets
//   a campaign twice. A store has the campaign as soon as its thousand is through.
// - A campaign counts in a store for starts_at ≤ now < ends_at, while it is pushed and the store has it. When several
//   name the same SKU, the one pushed last counts. Ended and undone stop at once, everywhere, by one row.
// - Undone is final, like ended; the stores' rows are marked as taken back, not deleted.
// - A SKU's plan in a campaign is an ordinary plan of scope campaign, saved with the draft by who may save plans.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/call.hpp"
#include "base/result.hpp"
#include "catalog/catalog.hpp"
#include "catalog/plan.hpp"
#include "db/db.hpp"

namespace lianbo::catalog {

enum class CampaignState { draft, pushed, ended, undone };
std::string_view campaign_state_text(CampaignState state);
enum class CampaignTarget { all, region, level, list };
std::string_view campaign_target_text(CampaignTarget target);
std::optional<CampaignTarget> parse_campaign_target(std::string_view text);

inline constexpr std::size_t kMaxCampaignItems = 500;
inline constexpr std::size_t kMaxCampaignStores = 20'000;  // of a list
inline constexpr std::size_t kMaxTalkingPoints = 4'000;
inline constexpr DurationMs kMaxCampaignMs = 366 * kDayMs;
inline constexpr int kStoresAtOnce = 1'000;  // of a push, in one transaction

struct CampaignItem {
  SkuId sku;
  Fen price_fen = 0;
  std::string talking_points;
  std::optional<PlanRow> plan;  // its rates and freeze; none: the brand's own plan
};
struct CampaignWish {
  std::string name, talking_points;
  Instant starts_at = 0, ends_at = 0;
  CampaignTarget target = CampaignTarget::all;
  std::string target_value;     // region or level
  std::vector<StoreId> stores;  // list
  std::vector<CampaignItem> items;
};
struct Campaign {
  CampaignId id;
  BrandId brand;
  std::string name, talking_points;
  Instant starts_at = 0, ends_at = 0;
  CampaignTarget target = CampaignTarget::all;
  std::string target_value;
  CampaignState state = CampaignState::draft;
  Instant pushed_at = 0, over_at = 0, created_at = 0;
  std::int64_t version = 0;
};
// What can be said without the database: lengths, window, target, items that name a SKU twice.
Status check_campaign(const CampaignWish& wish, Instant now);

Result<Campaign> create_campaign(db::Tx& tx, const Call& call, BrandId brand, CampaignWish wish);
Result<Campaign> change_campaign(db::Tx& tx, const Call& call, CampaignId id, CampaignWish wish);
Result<Campaign> find_campaign(db::Tx& tx, CampaignId id);
std::vector<Campaign> campaigns_of(db::Tx& tx, BrandId brand, std::int64_t after, int limit);  // oldest first
std::vector<CampaignItem> items_of(db::Tx& tx, const Campaign& campaign);                      // with their plans
std::vector<StoreId> planned_stores(db::Tx& tx, CampaignId id, StoreId after, int limit);  // its list, pushed or not
std::vector<StoreId> stores_of_campaign(db::Tx& tx, CampaignId id, StoreId after, int limit);  // that have it now

struct Push {
  std::int64_t id = 0;
  CampaignId campaign;
  bool undo = false;
  std::int64_t total = 0;    // stores to go through
  std::int64_t done = 0;     // gone through
  std::int64_t changed = 0;  // given the campaign, or relieved of it
  Instant started_at = 0, finished_at = 0;
};
// One call each; repeated while it is under way it answers how far it is.
Result<Push> push_campaign(db::Tx& tx, const Call& call, CampaignId id);
Result<Push> undo_campaign(db::Tx& tx, const Call& call, CampaignId id);
Result<Campaign> end_campaign(db::Tx& tx, const Call& call, CampaignId id);
std::optional<Push> newest_push(db::Tx& tx, CampaignId id);

// Jobs. Event campaign.pushed / campaign.undone {campaign_id, stores} when all stores are through, campaign.ended;
// price.changed for each of its SKUs whenever its prices begin or cease to count (see catalog_events.hpp).
Result<int> run_pushes(db::Database& db, const Call& call, int limit);      // thousands of stores
Result<int> campaign_clock(db::Database& db, const Call& call, int limit);  // beginnings and ends that have come

struct CampaignPrice {
  CampaignId id;
  Fen price_fen = 0;
};
// What the store's campaigns say at this instant.
std::unordered_map<SkuId, CampaignPrice> campaign_prices(db::Tx& tx, StoreId store, Instant now);
// Everything an order has to know of a SKU in a store.
struct Sale {
  Sku sku;
  std::string title;  // of the product
  bool on_sale = true, no_return = false;
  bool allotted = false;  // the store has units of its own
  std::optional<CampaignPrice> campaign;
};
std::optional<Sale> sale_of(db::Tx& tx, SkuId sku, StoreId store, Instant now);

// What a host prepares a broadcast from: the SKUs of the store's campaigns that are on or to come.
struct AssortmentItem {
  CampaignId campaign;
  std::string campaign_name, campaign_points;
  Instant starts_at = 0, ends_at = 0;
  Sku sku;
  std::string title, image_url;
  bool on_sale = true;
  Fen price_fen = 0;  // of the campaign
  std::string talking_points;
  std::int64_t left = 0;  // what this store can sell
  Plan plan;              // as it would apply to an order of this store in the campaign
};
inline constexpr int kMaxAssortment = 2'000;
Result<std::vector<AssortmentItem>> assortment_of(db::Tx& tx, const Call& call, StoreId store);

}  // namespace lianbo::catalog
