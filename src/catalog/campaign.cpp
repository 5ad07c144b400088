#include "catalog/campaign.hpp"

#include <algorithm>
#include <unordered_set>

#include "base/check.hpp"
#include "base/json.hpp"
#include "catalog/catalog_events.hpp"
#include "catalog/catalog_store.hpp"
#include "catalog/offers_store.hpp"
#include "catalog/stock.hpp"
#include "org/org_service.hpp"

namespace lianbo::catalog {
namespace {

std::unexpected<Error> no_campaign(CampaignId id) {
  return fail(Code::not_found, "no campaign has this id: " + id.text());
}
std::unexpected<Error> wrong_state(const Campaign& c, std::string_view wanted) {
  return fail(Code::campaign_state_conflict, "the campaign is " + std::string(campaign_state_text(c.state)) +
                                                 "; this needs it " + std::string(wanted));
}

Result<Campaign> lock_campaign(db::Tx& tx, CampaignId id) {
  if (auto c = store::lock_campaign(tx, id)) return *std::move(c);
  return no_campaign(id);
}

std::string at_item(std::size_t i, std::string_view field) {
  return "/items/" + std::to_string(i) + "/" + std::string(field);
}

org::StoreFilter filter_of(const Campaign& c) {
  return {c.target == CampaignTarget::region ? c.target_value : "",
          c.target == CampaignTarget::level ? c.target_value : ""};
}

void fill(Campaign& c, const CampaignWish& wish) {
  c.name = wish.name;
  c.talking_points = wish.talking_points;
  c.starts_at = wish.starts_at;
  c.ends_at = wish.ends_at;
  c.target = wish.target;
  c.target_value = wish.target_value;
}

// Items, their plans and the list of stores, in the light of what the brand has.
Status keep_contents(db::Tx& tx, const Call& call, const Campaign& c, const CampaignWish& wish) {
  for (std::size_t i = 0; i < wish.items.size(); ++i) {
    const auto sku = store::sku(tx, wish.items[i].sku);
    if (!sku || sku->brand != c.brand)
      return fail(Code::not_found, "the brand has no SKU " + wish.items[i].sku.text(), at_item(i, "sku_id"));
  }
  if (c.target == CampaignTarget::list) {
    const auto known = org::stores_of_brand(tx, c.brand, wish.stores);
    if (known.size() != wish.stores.size())
      for (std::size_t i = 0; i < wish.stores.size(); ++i)
        if (!std::binary_search(known.begin(), known.end(), wish.stores[i]))
          return fail(Code::not_found, "the brand has no store " + wish.stores[i].text(),
                      "/target/store_ids/" + std::to_string(i));
  }
  store::replace_target_stores(
      tx, c.id, c.target == CampaignTarget::list ? std::span<const StoreId>(wish.stores) : std::span<const StoreId>());
  store::replace_items(tx, c.id, wish.items);
  const auto before = store::plans_of_campaign(tx, c.brand, c.id);
  for (std::size_t i = 0; i < wish.items.size(); ++i) {
    const auto& item = wish.items[i];
    if (!item.plan) continue;
    PlanRow row = *item.plan;
    row.brand = c.brand;
    row.scope = PlanScope::campaign;
    row.scope_id = c.id.value;
    row.sku = item.sku;
    if (auto saved = save_plan(tx, call, row); !saved) {
      Error e = saved.error();
      e.where = at_item(i, "plan") + e.where;
      return fail(std::move(e));
    }
  }
  for (const PlanRow& row : before) {
    if (row.withdrawn) continue;
    const bool kept = std::any_of(wish.items.begin(), wish.items.end(),
                                  [&](const CampaignItem& i) { return i.sku == row.sku && i.plan; });
    if (kept) continue;
    PlanRow gone = row;
    gone.withdrawn = true;
    TRY([[maybe_unused]] const auto saved, save_plan(tx, call, gone));
  }
  return {};
}

void audit(db::Tx& tx, const Call& call, const Campaign& c, std::string_view what) {
  org::audit(tx, call, c.brand, "campaign." + std::string(what), "campaign", c.id.value,
             JsonWriter().begin().field("name", c.name).end().take());
}

void tell(db::Tx& tx, const Call& call, const Campaign& c, const char* topic, std::int64_t stores) {
  db::Event event;
  event.id = call.make_id<EventId>();
  event.brand = c.brand;
  event.topic = topic;
  event.key = c.id.value;
  event.payload = JsonWriter().begin().field("campaign_id", c.id).field("stores", stores).end().take();
  event.at = call.now;
  tx.emit(std::move(event));
}

// Its prices count from now on, or no longer.
void tell_prices(db::Tx& tx, const Call& call, const Campaign& c) {
  for (const Sku& sku : store::item_skus(tx, c.id)) tx.emit(campaign_price_changed(call, sku, c.id));
}

Push start_push(db::Tx& tx, const Call& call, const Campaign& c, bool undo, std::int64_t total) {
  Push push;
  push.id = call.make_id<CampaignId>().value;
  push.campaign = c.id;
  push.undo = undo;
  push.total = total;
  push.started_at = call.now;
  store::insert_push(tx, push, c.brand, call.caller.person);
  // Whoever runs the jobs is nudged by this.
  tell(tx, call, c, undo ? "campaign.undo_wanted" : "campaign.push_wanted", total);
  return push;
}

void stop_push(db::Tx& tx, const Push& running, Instant now) {
  if (auto open = store::lock_push(tx, running.id)) {
    open->push.finished_at = now;
    store::set_push(tx, *open);
  }
}

// One thousand stores. False: it was finished already.
Result<bool> step(db::Tx& tx, const Call& call, std::int64_t push_id) {
  auto open = store::lock_push(tx, push_id);
  if (!open) return false;
  Push& push = open->push;
  TRY(const Campaign c, find_campaign(tx, push.campaign));
  std::vector<StoreId> stores;
  if (push.undo) {
    stores = store::stores_of_campaign(tx, c.id, open->after, kStoresAtOnce);
    if (!stores.empty()) push.changed += store::take_back_stores(tx, c.id, open->after, stores.back(), call.now);
  } else if (c.state == CampaignState::pushed) {
    stores = c.target == CampaignTarget::list ? store::target_stores(tx, c.id, open->after, kStoresAtOnce)
                                              : org::stores_of(tx, c.brand, filter_of(c), open->after, kStoresAtOnce);
    push.changed += store::give_stores(tx, c, stores, call.now);
  }
  push.done += static_cast<std::int64_t>(stores.size());
  push.total = std::max(push.total, push.done);  // stores may have come since it was begun
  if (!stores.empty()) open->after = stores.back();
  if (static_cast<int>(stores.size()) < kStoresAtOnce) {
    push.total = push.done;
    push.finished_at = call.now;
    tell(tx, call, c, push.undo ? "campaign.undone" : "campaign.pushed", push.changed);
    if (!push.undo && push.changed > 0 && c.starts_at <= call.now && call.now < c.ends_at) tell_prices(tx, call, c);
  }
  store::set_push(tx, *open);
  return true;
}

}  // namespace

std::string_view campaign_state_text(CampaignState state) {
  switch (state) {
    case CampaignState::draft:
      return "draft";
    case CampaignState::pushed:
      return "pushed";
    case CampaignState::ended:
      return "ended";
    case CampaignState::undone:
      return "undone";
  }
  return "draft";
}
std::string_view campaign_target_text(CampaignTarget target) {
  switch (target) {
    case CampaignTarget::all:
      return "all";
    case CampaignTarget::region:
      return "region";
    case CampaignTarget::level:
      return "level";
    case CampaignTarget::list:
      return "list";
  }
  return "all";
}
std::optional<CampaignTarget> parse_campaign_target(std::string_view text) {
  for (const auto target : {CampaignTarget::all, CampaignTarget::region, CampaignTarget::level, CampaignTarget::list})
    if (campaign_target_text(target) == text) return target;
  return std::nullopt;
}

Status check_campaign(const CampaignWish& wish, Instant now) {
  if (wish.name.empty() || utf8_length(wish.name) > kMaxTitle)
    return fail(Code::invalid_field, "a name has 1 to " + std::to_string(kMaxTitle) + " characters", "/name");
  if (utf8_length(wish.talking_points) > kMaxTalkingPoints)
    return fail(Code::invalid_field, "at most " + std::to_string(kMaxTalkingPoints) + " characters", "/talking_points");
  if (wish.ends_at <= wish.starts_at)
    return fail(Code::invalid_field, "a campaign ends after it has begun", "/ends_at");
  if (wish.ends_at <= now) return fail(Code::invalid_field, "this window has passed", "/ends_at");
  if (wish.ends_at - wish.starts_at > kMaxCampaignMs)
    return fail(Code::invalid_field, "a campaign lasts at most 366 days", "/ends_at");
  const bool named = wish.target == CampaignTarget::region || wish.target == CampaignTarget::level;
  if (named == wish.target_value.empty())
    return fail(named ? Code::missing_field : Code::invalid_field,
                named ? "the " + std::string(campaign_target_text(wish.target)) + " it goes to"
                      : "only a region or a level has a name",
                "/target/name");
  if ((wish.target == CampaignTarget::list) == wish.stores.empty())
    return fail(wish.stores.empty() ? Code::missing_field : Code::invalid_field,
                wish.stores.empty() ? "the stores it goes to" : "only a list names stores", "/target/store_ids");
  if (wish.stores.size() > kMaxCampaignStores)
    return fail(Code::invalid_field, "at most " + std::to_string(kMaxCampaignStores) + " stores", "/target/store_ids");
  std::unordered_set<StoreId> stores;
  for (std::size_t i = 0; i < wish.stores.size(); ++i)
    if (!stores.insert(wish.stores[i]).second)
      return fail(Code::invalid_field, "this store is named twice", "/target/store_ids/" + std::to_string(i));
  if (wish.items.empty() || wish.items.size() > kMaxCampaignItems)
    return fail(Code::invalid_field, "a campaign has 1 to " + std::to_string(kMaxCampaignItems) + " SKUs", "/items");
  std::unordered_set<SkuId> skus;
  for (std::size_t i = 0; i < wish.items.size(); ++i) {
    const auto& item = wish.items[i];
    if (!skus.insert(item.sku).second)
      return fail(Code::invalid_field, "this SKU is named twice", at_item(i, "sku_id"));
    if (item.price_fen < 0 || item.price_fen > kMaxAmountFen)
      return fail(Code::invalid_field, "a price is 0 to " + std::to_string(kMaxAmountFen) + " fen",
                  at_item(i, "price_fen"));
    if (utf8_length(item.talking_points) > kMaxTalkingPoints)
      return fail(Code::invalid_field, "at most " + std::to_string(kMaxTalkingPoints) + " characters",
                  at_item(i, "talking_points"));
  }
  return {};
}

Result<Campaign> create_campaign(db::Tx& tx, const Call& call, BrandId brand, CampaignWish wish) {
  TRY_OK(require_staff(call, brand, kOperates));
  TRY([[maybe_unused]] const auto found, org::find_brand(tx, brand));
  wish.name = canonical_line(wish.name);
  TRY_OK(check_campaign(wish, call.now));
  Campaign c;
  c.id = call.make_id<CampaignId>();
  c.brand = brand;
  c.created_at = call.now;
  c.version = 1;
  fill(c, wish);
  store::insert_campaign(tx, c, call.caller.person);
  TRY_OK(keep_contents(tx, call, c, wish));
  audit(tx, call, c, "create");
  return c;
}

Result<Campaign> change_campaign(db::Tx& tx, const Call& call, CampaignId id, CampaignWish wish) {
  TRY(Campaign c, lock_campaign(tx, id));
  TRY_OK(require_staff(call, c.brand, kOperates));
  if (c.state != CampaignState::draft)
    return wrong_state(c, "a draft: what stores were given is fixed; end it and push another");
  wish.name = canonical_line(wish.name);
  TRY_OK(check_campaign(wish, call.now));
  fill(c, wish);
  store::update_campaign(tx, c);
  TRY_OK(keep_contents(tx, call, c, wish));
  audit(tx, call, c, "change");
  return c;
}

Result<Campaign> find_campaign(db::Tx& tx, CampaignId id) {
  if (auto c = store::campaign(tx, id)) return *std::move(c);
  return no_campaign(id);
}
std::vector<Campaign> campaigns_of(db::Tx& tx, BrandId brand, std::int64_t after, int limit) {
  return store::campaigns(tx, brand, after, limit);
}
std::vector<CampaignItem> items_of(db::Tx& tx, const Campaign& c) {
  auto items = store::items(tx, c.id);
  for (const PlanRow& plan : store::plans_of_campaign(tx, c.brand, c.id)) {
    if (plan.withdrawn) continue;
    const auto item = std::find_if(items.begin(), items.end(), [&](const auto& i) { return i.sku == plan.sku; });
    if (item != items.end()) item->plan = plan;
  }
  return items;
}
std::vector<StoreId> planned_stores(db::Tx& tx, CampaignId id, StoreId after, int limit) {
  return store::target_stores(tx, id, after, limit);
}
std::vector<StoreId> stores_of_campaign(db::Tx& tx, CampaignId id, StoreId after, int limit) {
  return store::stores_of_campaign(tx, id, after, limit);
}

Result<Push> push_campaign(db::Tx& tx, const Call& call, CampaignId id) {
  TRY(Campaign c, lock_campaign(tx, id));
  TRY_OK(require_staff(call, c.brand, kOperates));
  if (c.state != CampaignState::draft && c.state != CampaignState::pushed) return wrong_state(c, "a draft, or pushed");
  if (c.ends_at <= call.now) return fail(Code::campaign_state_conflict, "the campaign's window has passed");
  if (const auto running = store::newest_push(tx, id); running && running->finished_at == 0) return *running;
  if (c.state == CampaignState::draft) {
    c.state = CampaignState::pushed;
    c.pushed_at = call.now;
    store::set_campaign_state(tx, c);
  }
  audit(tx, call, c, "push");
  const std::int64_t total = c.target == CampaignTarget::list ? store::count_target_stores(tx, id)
                                                              : org::count_stores(tx, c.brand, filter_of(c));
  return start_push(tx, call, c, false, total);
}

Result<Push> undo_campaign(db::Tx& tx, const Call& call, CampaignId id) {
  TRY(Campaign c, lock_campaign(tx, id));
  TRY_OK(require_staff(call, c.brand, kOperates));
  const auto newest = store::newest_push(tx, id);
  if (c.state == CampaignState::undone && newest) return *newest;
  if (c.state != CampaignState::pushed) return wrong_state(c, "pushed");
  if (newest && newest->finished_at == 0) stop_push(tx, *newest, call.now);
  c.state = CampaignState::undone;
  c.over_at = call.now;
  store::set_campaign_state(tx, c);
  tell_prices(tx, call, c);
  audit(tx, call, c, "undo");
  return start_push(tx, call, c, true, store::count_stores_of_campaign(tx, id));
}

Result<Campaign> end_campaign(db::Tx& tx, const Call& call, CampaignId id) {
  TRY(Campaign c, lock_campaign(tx, id));
  TRY_OK(require_staff(call, c.brand, kOperates));
  if (c.state == CampaignState::ended) return c;
  if (c.state != CampaignState::pushed) return wrong_state(c, "pushed");
  if (const auto newest = store::newest_push(tx, id); newest && newest->finished_at == 0)
    stop_push(tx, *newest, call.now);
  c.state = CampaignState::ended;
  c.over_at = call.now;
  store::set_campaign_state(tx, c);
  tell_prices(tx, call, c);
  tell(tx, call, c, "campaign.ended", store::count_stores_of_campaign(tx, id));
  audit(tx, call, c, "end");
  return c;
}

std::optional<Push> newest_push(db::Tx& tx, CampaignId id) { return store::newest_push(tx, id); }

Result<int> run_pushes(db::Database& db, const Call& call, int limit) {
  TRY(const auto open,
      db.read([&](db::Tx& tx) -> Result<std::vector<std::int64_t>> { return store::open_pushes(tx, limit); }));
  int done = 0;
  for (const std::int64_t id : open)
    for (bool more = true; more && done < limit;) {
      TRY(more, db.write([&](db::Tx& tx) { return step(tx, call, id); }));
      done += more ? 1 : 0;
    }
  return done;
}

Result<int> campaign_clock(db::Database& db, const Call& call, int limit) {
  TRY(const auto turning, db.read([&](db::Tx& tx) -> Result<std::vector<store::Turning>> {
    return store::campaigns_turning(tx, call.now, limit);
  }));
  for (const auto& t : turning)
    TRY_OK(db.write([&](db::Tx& tx) -> Status {
      TRY(Campaign c, lock_campaign(tx, t.id));
      if (c.state != CampaignState::pushed) return {};
      if (t.begins) {
        if (store::set_begun(tx, c.id, call.now)) tell_prices(tx, call, c);
        return {};
      }
      if (const auto newest = store::newest_push(tx, c.id); newest && newest->finished_at == 0)
        stop_push(tx, *newest, call.now);
      c.state = CampaignState::ended;
      c.over_at = c.ends_at;
      store::set_campaign_state(tx, c);
      tell_prices(tx, call, c);
      tell(tx, call, c, "campaign.ended", store::count_stores_of_campaign(tx, c.id));
      return {};
    }));
  return static_cast<int>(turning.size());
}

std::unordered_map<SkuId, CampaignPrice> campaign_prices(db::Tx& tx, StoreId store_id, Instant now) {
  std::unordered_map<SkuId, CampaignPrice> out;
  for (const auto& [sku, price] : store::prices(tx, store_id, now)) out[sku] = price;
  return out;
}

std::optional<Sale> sale_of(db::Tx& tx, SkuId sku, StoreId store_id, Instant now) {
  return store::sale(tx, sku, store_id, now);
}

Result<std::vector<AssortmentItem>> assortment_of(db::Tx& tx, const Call& call, StoreId store_id) {
  TRY(const auto owner, org::store_owner(tx, store_id));
  auto items = store::assortment(tx, store_id, call.now, kMaxAssortment);
  for (auto& item : items) {
    item.left = stock_left(tx, item.sku.id, store_id);
    item.plan = plan_for(tx, owner.store.brand, item.sku.id, owner.agent.id, item.campaign.value,
                         static_cast<std::int32_t>(call.settings->freeze_days));
  }
  return items;
}

}  // namespace lianbo::catalog
