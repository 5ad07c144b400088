#include <set>

#include "catalog/catalog_api.hpp"
#include "catalog/coupon.hpp"
#include "catalog/shipping.hpp"
#include "catalog/words.hpp"
#include "org/org_service.hpp"

namespace lianbo::catalog {
namespace {

using db::Tx;
using net::Access;
using net::Method;
using net::read_route;
using net::Reply;
using net::Request;
using net::write_route;
using namespace lianbo::shape;

Shape page_of_items(Shape item) { return {list("items", std::move(item), 0, 200), nullable(id("next"))}; }
Shape page_query() {
  return {opt(text("limit", 1, 3, "1 to 200, default 50")),
          opt(text("after", 13, 13, "the `next` of the page before"))};
}
template <class Items, class Write>
Reply page_reply(const Items& items, int limit, Write&& write, std::int64_t last) {
  JsonWriter w;
  w.begin_list();
  for (const auto& item : items) write(w, item);
  w.end_list();
  return Reply::json(net::page_json(w.text(), static_cast<int>(items.size()) == limit ? last : 0));
}

// ---- campaigns

Shape rates_shape() {
  return {bp("host_bp"), bp("promoter_bp"), opt(bp("recruiter_bp", "default 0")), opt(bp("clipper_bp", "default 0")),
          opt(nullable(integer("freeze_days", 0, 365, "default: the server's setting")))};
}
Shape campaign_wish_shape() {
  return {text("name", 1, kMaxTitle),
          instant("starts_at"),
          instant("ends_at", "its prices and plans count until then"),
          opt(text("talking_points", 0, kMaxTalkingPoints, "what hosts say about it")),
          object("target",
                 {choice("kind", {"all", "region", "level", "list"}),
                  opt(text("name", 1, 64, "of the region (with those below it) or level")),
                  opt(list_of("store_ids", id(""), 1, kMaxCampaignStores))},
                 "the stores it goes to"),
          list("items",
               {id("sku_id"), price("price_fen"), opt(text("talking_points", 0, kMaxTalkingPoints)),
                opt(nullable(object("plan", rates_shape(), "owner or finance; absent: the brand's own plan")))},
               1, kMaxCampaignItems)};
}
Shape push_shape() {
  return {choice("kind", {"push", "undo"}),
          count("total", "stores to go through"),
          count("done", "gone through"),
          count("changed", "given the campaign, or relieved of it"),
          instant("started_at"),
          nullable(instant("finished_at"))};
}
Shape campaign_shape(bool whole) {
  Shape out{id("id"),
            id("brand_id"),
            text("name", 1, kMaxTitle),
            text("talking_points", 0, kMaxTalkingPoints),
            choice("state", {"draft", "pushed", "ended", "undone"}),
            boolean("counts_now", "pushed, and within its window"),
            instant("starts_at"),
            instant("ends_at"),
            object("target", {choice("kind", {"all", "region", "level", "list"}), text("name", 0, 64)}),
            nullable(instant("pushed_at")),
            nullable(instant("over_at")),
            instant("created_at"),
            count("version"),
            nullable(object("push", push_shape(), "the last push or undo: how far it is"))};
  if (whole)
    out.push_back(list("items",
                       {id("sku_id"), fen("price_fen"), text("talking_points", 0, kMaxTalkingPoints),
                        nullable(object("plan", {bp("host_bp"), bp("promoter_bp"), bp("recruiter_bp"), bp("clipper_bp"),
                                                 nullable(count("freeze_days")), count("version")}))},
                       0, 1000));
  return out;
}

CampaignWish campaign_wish(const json::value& body) {
  CampaignWish wish;
  wish.name = get_text(body, "name");
  wish.talking_points = get_text(body, "talking_points");
  wish.starts_at = get_instant(body, "starts_at");
  wish.ends_at = get_instant(body, "ends_at");
  const auto& target = get_object(body, "target");
  wish.target = parse_campaign_target(get_text(target, "kind")).value_or(CampaignTarget::all);
  wish.target_value = get_text(target, "name");
  for (const auto& store : get_list(target, "store_ids"))
    wish.stores.push_back(StoreId::parse(store.get_string()).value_or(StoreId{}));
  for (const auto& i : get_list(body, "items")) {
    CampaignItem item{get_id<SkuId>(i, "sku_id"), get_int(i, "price_fen"), get_text(i, "talking_points"), {}};
    if (has(i, "plan")) {
      const auto& rates = get_object(i, "plan");
      PlanRow plan;
      plan.host_bp = static_cast<BasisPoints>(get_int(rates, "host_bp"));
      plan.promoter_bp = static_cast<BasisPoints>(get_int(rates, "promoter_bp"));
      plan.recruiter_bp = static_cast<BasisPoints>(get_int(rates, "recruiter_bp"));
      plan.clipper_bp = static_cast<BasisPoints>(get_int(rates, "clipper_bp"));
      if (has(rates, "freeze_days")) plan.freeze_days = static_cast<std::int32_t>(get_int(rates, "freeze_days"));
      item.plan = plan;
    }
    wish.items.push_back(std::move(item));
  }
  return wish;
}

void write_push(JsonWriter& w, const Push& p) {
  w.begin().field("kind", p.undo ? "undo" : "push").field("total", p.total).field("done", p.done);
  w.field("changed", p.changed).field_at("started_at", p.started_at).field_at("finished_at", p.finished_at).end();
}
void write_campaign(JsonWriter& w, Tx& tx, const Call& call, const Campaign& c, bool whole) {
  w.begin().field("id", c.id).field("brand_id", c.brand).field("name", c.name);
  w.field("talking_points", c.talking_points).field("state", campaign_state_text(c.state));
  w.field("counts_now", c.state == CampaignState::pushed && c.starts_at <= call.now && call.now < c.ends_at);
  w.field_at("starts_at", c.starts_at).field_at("ends_at", c.ends_at);
  w.key("target").begin().field("kind", campaign_target_text(c.target)).field("name", c.target_value).end();
  w.field_at("pushed_at", c.pushed_at).field_at("over_at", c.over_at).field_at("created_at", c.created_at);
  w.field("version", c.version).key("push");
  if (const auto push = newest_push(tx, c.id))
    write_push(w, *push);
  else
    w.null();
  if (whole) {
    w.key("items").begin_list();
    for (const auto& i : items_of(tx, c)) {
      w.begin().field("sku_id", i.sku).field("price_fen", i.price_fen).field("talking_points", i.talking_points);
      w.key("plan");
      if (i.plan) {
        w.begin().field("host_bp", i.plan->host_bp).field("promoter_bp", i.plan->promoter_bp);
        w.field("recruiter_bp", i.plan->recruiter_bp).field("clipper_bp", i.plan->clipper_bp);
        w.field("freeze_days", i.plan->freeze_days).field("version", i.plan->version).end();
      } else {
        w.null();
      }
      w.end();
    }
    w.end_list();
  }
  w.end();
}
Reply campaign_reply(Tx& tx, const Call& call, const Campaign& c, int status = 200) {
  JsonWriter w;
  write_campaign(w, tx, call, c, true);
  return Reply::json(w.take(), status);
}
Reply push_reply(const Push& push) {
  JsonWriter w;
  write_push(w, push);
  return Reply::json(w.take());
}

Result<Campaign> visible_campaign(Tx& tx, const Call& call, const Request& request) {
  TRY(const auto id, request.id_param<CampaignId>("campaign_id"));
  TRY(auto c, find_campaign(tx, id));
  TRY_OK(require_staff(call, c.brand, kAnyStaff));
  return c;
}

void campaign_routes(net::Routes& r) {
  const std::vector<Code> refused = {Code::not_found, Code::campaign_state_conflict, Code::plan_over_cap,
                                     Code::conflict};
  r.push_back(write_route(Method::post, "/api/v1/brands/{brand_id}/campaigns", "createCampaign",
                          "A draft: SKUs with price, plan and talking points, a window, and the stores it goes to",
                          Access::staff,
                          [](Tx& tx, const Call& call, const Request& request) -> Result<Reply> {
                            TRY(const auto brand, request.id_param<BrandId>("brand_id"));
                            TRY_OK(require_staff(call, brand, kOperates));
                            TRY(const auto c, create_campaign(tx, call, brand, campaign_wish(request.value)));
                            return campaign_reply(tx, call, c, 201);
                          })
                  .taking(campaign_wish_shape())
                  .giving(campaign_shape(true))
                  .answers(201)
                  .may_fail(refused));
  r.push_back(read_route(Method::get, "/api/v1/brands/{brand_id}/campaigns", "listCampaigns",
                         "The brand's campaigns, oldest first", Access::staff,
                         [](Tx& tx, const Call& call, const Request& request) -> Result<Reply> {
                           TRY(const auto brand, request.id_param<BrandId>("brand_id"));
                           TRY(const auto page, net::page_of(request));
                           TRY_OK(require_staff(call, brand, kAnyStaff));
                           const auto all = campaigns_of(tx, brand, page.after, page.limit);
                           return page_reply(
                               all, page.limit,
                               [&](JsonWriter& w, const Campaign& c) { write_campaign(w, tx, call, c, false); },
                               all.empty() ? 0 : all.back().id.value);
                         })
                  .asking(page_query())
                  .giving(page_of_items(campaign_shape(false))));
  r.push_back(read_route(Method::get, "/api/v1/campaigns/{campaign_id}", "getCampaign",
                         "One campaign, with its items and how far its push is", Access::staff,
                         [](Tx& tx, const Call& call, const Request& request) -> Result<Reply> {
                           TRY(const auto c, visible_campaign(tx, call, request));
                           return campaign_reply(tx, call, c);
                         })
                  .giving(campaign_shape(true))
                  .may_fail({Code::not_found}));
  r.push_back(write_route(Method::put, "/api/v1/campaigns/{campaign_id}", "changeCampaign", "Replaces a draft",
                          Access::staff,
                          [](Tx& tx, const Call& call, const Request& request) -> Result<Reply> {
                            TRY(const auto seen, visible_campaign(tx, call, request));
                            TRY(const auto c, change_campaign(tx, call, seen.id, campaign_wish(request.value)));
                            return campaign_reply(tx, call, c);
                          })
                  .taking(campaign_wish_shape())
                  .giving(campaign_shape(true))
                  .may_fail(refused));
  const auto push_route = [&](const char* verb, const char* name, const char* summary, auto function) {
    r.push_back(write_route(Method::post, std::string("/api/v1/campaigns/{campaign_id}/") + verb, name, summary,
                            Access::staff,
                            [function](Tx& tx, const Call& call, const Request& request) -> Result<Reply> {
                              TRY(const auto seen, visible_campaign(tx, call, request));
                              TRY(const auto push, function(tx, call, seen.id));
                              return push_reply(push);
                            })
                    .giving(push_shape())
                    .may_fail({Code::not_found, Code::campaign_state_conflict}));
  };
  push_route("push", "pushCampaign",
             "Gives it to its stores, and to those that came since; poll the campaign for how far it is",
             push_campaign);
  push_route("undo", "undoCampaign", "Takes it back from every store; its prices and plans stop counting at once",
             undo_campaign);
  r.push_back(write_route(Method::post, "/api/v1/campaigns/{campaign_id}/end", "endCampaign",
                          "Ends it before its window does", Access::staff,
                          [](Tx& tx, const Call& call, const Request& request) -> Result<Reply> {
                            TRY(const auto seen, visible_campaign(tx, call, request));
                            TRY(const auto c, end_campaign(tx, call, seen.id));
                            return campaign_reply(tx, call, c);
                          })
                  .giving(campaign_shape(true))
                  .may_fail({Code::not_found, Code::campaign_state_conflict}));
  r.push_back(read_route(Method::get, "/api/v1/campaigns/{campaign_id}/stores", "listCampaignStores",
                         "The stores that have it; of a draft for a list of stores, that list", Access::staff,
                         [](Tx& tx, const Call& call, const Request& request) -> Result<Reply> {
                           TRY(const auto c, visible_campaign(tx, call, request));
                           TRY(const auto page, net::page_of(request));
                           const bool planned = c.state == CampaignState::draft && c.target == CampaignTarget::list;
                           const auto all = planned ? planned_stores(tx, c.id, StoreId{page.after}, page.limit)
                                                    : stores_of_campaign(tx, c.id, StoreId{page.after}, page.limit);
                           return page_reply(
                               all, page.limit, [](JsonWriter& w, StoreId s) { w.begin().field("store_id", s).end(); },
                               all.empty() ? 0 : all.back().value);
                         })
                  .asking(page_query())
                  .giving(page_of_items({id("store_id")}))
                  .may_fail({Code::not_found}));
  r.push_back(
      read_route(Method::get, "/api/v1/stores/{store_id}/assortment", "getAssortment",
                 "What to prepare a broadcast from: the store's campaigns that are on or to come, with price, "
                 "rates, stock and talking points",
                 Access::login,
                 [](Tx& tx, const Call& call, const Request& request) -> Result<Reply> {
                   TRY(const auto store_id, request.id_param<StoreId>("store_id"));
                   TRY(const auto store, org::find_store(tx, store_id));
                   if (!call.caller.owns_store(store_id))
                     TRY_OK(org::require_staff_at(tx, call, store.brand, store_id, kAnyStaff));
                   TRY(const auto items, assortment_of(tx, call, store_id));
                   JsonWriter w;
                   w.begin().field("store_id", store_id).key("items").begin_list();
                   for (const auto& i : items) {
                     w.begin().field("campaign_id", i.campaign).field("campaign", i.campaign_name);
                     w.field("campaign_points", i.campaign_points).field_at("starts_at", i.starts_at);
                     w.field_at("ends_at", i.ends_at);
                     w.field("counts_now", i.starts_at <= call.now).field("sku_id", i.sku.id);
                     w.field("product_id", i.sku.product).field("title", i.title);
                     w.field("sku_title", i.sku.title).field("image_url", i.image_url);
                     w.field("on_sale", i.on_sale).field("list_fen", i.sku.price_fen);
                     w.field("price_fen", i.price_fen).field("talking_points", i.talking_points);
                     w.field("left", i.left).field("host_bp", i.plan.host_bp);
                     w.field("promoter_bp", i.plan.promoter_bp).field("clipper_bp", i.plan.clipper_bp).end();
                   }
                   w.end_list().end();
                   return Reply::json(w.take());
                 })
          .giving(
              {id("store_id"),
               list("items",
                    {id("campaign_id"), text("campaign", 1, kMaxTitle), text("campaign_points", 0, kMaxTalkingPoints),
                     instant("starts_at"), instant("ends_at"), boolean("counts_now", "else it is to come"),
                     id("sku_id"), id("product_id"), text("title", 1, kMaxTitle), text("sku_title", 0, kMaxTitle),
                     text("image_url", 0, kMaxImageUrl), boolean("on_sale"), fen("list_fen"),
                     fen("price_fen", "of the campaign"), text("talking_points", 0, kMaxTalkingPoints),
                     count("left", "what this store can sell"), bp("host_bp"), bp("promoter_bp"), bp("clipper_bp")},
                    0, kMaxAssortment)})
          .may_fail({Code::not_found}));
}

// ---- allotments

Shape allotment_shape() {
  return {id("sku_id"),
          id("store_id"),
          count("units", "unsold"),
          count("keep", "refilled from the pool up to this when half is gone; 0: never"),
          boolean("shared", "when they are sold, the store sells from the pool like the others"),
          nullable(instant("until_at", "then what is left goes back to the pool"))};
}
void write_allotment(JsonWriter& w, const Allotment& a) {
  w.begin().field("sku_id", a.sku).field("store_id", a.store).field("units", a.units).field("keep", a.keep);
  w.field("shared", a.shared).field_at("until_at", a.until_at).end();
}
Shape with_terms(Shape first) {
  first.push_back(opt(integer("keep", 0, kMaxStock, "default 0: it is not refilled")));
  first.push_back(opt(boolean("shared", "default true")));
  first.push_back(opt(nullable(instant("until_at", "default: until it is taken back"))));
  return first;
}
AllotWish allot_wish(const json::value& body, std::int64_t units) {
  return {units, get_int(body, "keep"), get_bool(body, "shared", true), get_instant(body, "until_at")};
}

void allotment_routes(net::Routes& r) {
  const std::vector<Code> refused = {Code::not_found, Code::sold_out};
  r.push_back(write_route(Method::put, "/api/v1/stores/{store_id}/allotments/{sku_id}", "allotStock",
                          "The store has exactly so many unsold units of its own from now on: taken from the pool, or "
                          "given back to it",
                          Access::staff,
                          [](Tx& tx, const Call& call, const Request& request) -> Result<Reply> {
                            TRY(const auto store, request.id_param<StoreId>("store_id"));
                            TRY(const auto sku, request.id_param<SkuId>("sku_id"));
                            TRY(const auto a, allot(tx, call, sku, store,
                                                    allot_wish(request.value, get_int(request.value, "units"))));
                            JsonWriter w;
                            write_allotment(w, a);
                            return Reply::json(w.take());
                          })
                  .taking(with_terms({integer("units", 0, kMaxStock)}))
                  .giving(allotment_shape())
                  .may_fail(refused));
  r.push_back(write_route(Method::del, "/api/v1/stores/{store_id}/allotments/{sku_id}", "giveBackStock",
                          "What is left of the store's units goes back to the pool", Access::login,
                          [](Tx& tx, const Call& call, const Request& request) -> Result<Reply> {
                            TRY(const auto store, request.id_param<StoreId>("store_id"));
                            TRY(const auto sku, request.id_param<SkuId>("sku_id"));
                            TRY(const auto units, give_back(tx, call, sku, store));
                            return Reply::json(JsonWriter().begin().field("units", units).end().take());
                          })
                  .giving({count("units", "that went back")})
                  .may_fail(refused));
  r.push_back(
      write_route(Method::post, "/api/v1/brands/{brand_id}/allotments", "allotStockToStores",
                  "Units of one SKU for many stores, all or none", Access::staff,
                  [](Tx& tx, const Call& call, const Request& request) -> Result<Reply> {
                    TRY(const auto brand, request.id_param<BrandId>("brand_id"));
                    TRY_OK(require_staff(call, brand, kOperates));
                    const auto& body = request.value;
                    TRY(const auto sku, find_sku(tx, get_id<SkuId>(body, "sku_id")));
                    if (sku.brand != brand) return fail(Code::not_found, "the brand has no such SKU", "/sku_id");
                    std::int64_t units = 0, n = 0;
                    std::set<StoreId> named;
                    for (const auto& i : get_list(body, "items")) {
                      if (!named.insert(get_id<StoreId>(i, "store_id")).second)
                        return fail(Code::invalid_field, "this store is named twice",
                                    "/items/" + std::to_string(n) + "/store_id");
                      const auto wish = allot_wish(body, get_int(i, "units"));
                      auto done = allot(tx, call, sku.id, get_id<StoreId>(i, "store_id"), wish);
                      if (!done) {
                        Error e = done.error();
                        e.where = "/items/" + std::to_string(n) + e.where;
                        return fail(std::move(e));
                      }
                      units += done->units;
                      ++n;
                    }
                    return Reply::json(JsonWriter().begin().field("stores", n).field("units", units).end().take());
                  })
          .taking(with_terms({id("sku_id"), list("items", {id("store_id"), integer("units", 0, kMaxStock)}, 1, 1000)}))
          .giving({count("stores"), count("units", "that these stores have now")})
          .may_fail(refused));
  r.push_back(read_route(Method::get, "/api/v1/stores/{store_id}/allotments", "listStoreAllotments",
                         "Units set aside for this store", Access::login,
                         [](Tx& tx, const Call& call, const Request& request) -> Result<Reply> {
                           TRY(const auto store_id, request.id_param<StoreId>("store_id"));
                           TRY(const auto page, net::page_of(request));
                           TRY(const auto store, org::find_store(tx, store_id));
                           if (!call.caller.owns_store(store_id))
                             TRY_OK(org::require_staff_at(tx, call, store.brand, store_id, kAnyStaff));
                           const auto all = allotments_of_store(tx, store_id, SkuId{page.after}, page.limit);
                           return page_reply(all, page.limit, write_allotment, all.empty() ? 0 : all.back().sku.value);
                         })
                  .asking(page_query())
                  .giving(page_of_items(allotment_shape()))
                  .may_fail({Code::not_found}));
  r.push_back(read_route(Method::get, "/api/v1/skus/{sku_id}/allotments", "listSkuAllotments",
                         "The stores that have units of this SKU of their own", Access::staff,
                         [](Tx& tx, const Call& call, const Request& request) -> Result<Reply> {
                           TRY(const auto sku_id, request.id_param<SkuId>("sku_id"));
                           TRY(const auto page, net::page_of(request));
                           TRY(const auto sku, find_sku(tx, sku_id));
                           TRY_OK(require_staff(call, sku.brand, kAnyStaff));
                           const auto all = allotments_of_sku(tx, sku_id, StoreId{page.after}, page.limit);
                           return page_reply(all, page.limit, write_allotment,
                                             all.empty() ? 0 : all.back().store.value);
                         })
                  .asking(page_query())
                  .giving(page_of_items(allotment_shape()))
                  .may_fail({Code::not_found}));
}

// ---- coupons

Shape claim_shape() {
  return {object("coupon", coupon_shape()), instant("at"), nullable(id("order_id", "the order it was used for"))};
}
void write_claim(JsonWriter& w, const Claim& c) {
  w.begin().key("coupon");
  write_coupon(w, c.coupon);
  w.field_at("at", c.at).field("order_id", c.order).end();
}

void coupon_routes(net::Routes& r) {
  r.push_back(
      write_route(
          Method::post, "/api/v1/brands/{brand_id}/coupons", "createCoupon",
          "So many coupons with fixed terms: of the brand, for one store, or as prizes of lucky bags. A store's "
          "agent may make the store's own, within store.discount_max_bp",
          Access::login,
          [](Tx& tx, const Call& call, const Request& request) -> Result<Reply> {
            const auto& body = request.value;
            TRY(const auto brand, request.id_param<BrandId>("brand_id"));
            Coupon wish = coupon_wish(body);
            wish.brand = brand;
            wish.store = get_id<StoreId>(body, "store_id");
            const std::string giver = get_text(body, "giver");
            wish.giver = giver == "store" ? Giver::store : giver == "prize" ? Giver::prize : Giver::brand;
            if (wish.starts_at == 0) wish.starts_at = call.now;
            const bool own = wish.giver == Giver::store && call.caller.owns_store(wish.store);
            if (!own) TRY_OK(require_staff(call, brand, kOperates));
            if (own && (call.caller.roles_at(brand) & kOperates) == 0)
              TRY_OK(check_store_coupon(wish, static_cast<BasisPoints>(call.settings->store_discount_max_bp)));
            TRY(const auto c, create_coupon(tx, call, std::move(wish)));
            JsonWriter w;
            write_coupon(w, c);
            return Reply::json(w.take(), 201);
          })
          .taking([] {
            Shape s = coupon_wish_shape();
            s.insert(s.begin(), choice("giver", {"brand", "store", "prize"}));
            s.push_back(opt(nullable(id("store_id", "good in this store only"))));
            return s;
          }())
          .giving(coupon_shape())
          .answers(201)
          .may_fail({Code::not_found, Code::over_store_limit}));
  r.push_back(read_route(Method::get, "/api/v1/brands/{brand_id}/coupons", "listCoupons",
                         "Every coupon of the brand, oldest first", Access::staff,
                         [](Tx& tx, const Call& call, const Request& request) -> Result<Reply> {
                           TRY(const auto brand, request.id_param<BrandId>("brand_id"));
                           TRY(const auto page, net::page_of(request));
                           TRY_OK(require_staff(call, brand, kAnyStaff));
                           const auto all = coupons_of_brand(tx, brand, page.after, page.limit);
                           return page_reply(all, page.limit, write_coupon, all.empty() ? 0 : all.back().id.value);
                         })
                  .asking(page_query())
                  .giving(page_of_items(coupon_shape())));
  r.push_back(read_route(Method::get, "/api/v1/stores/{store_id}/coupons", "listStoreCoupons",
                         "What can be claimed in this store now: the brand's coupons and the store's own",
                         Access::guest,
                         [](Tx& tx, const Call& call, const Request& request) -> Result<Reply> {
                           TRY(const auto store_id, request.id_param<StoreId>("store_id"));
                           TRY(const auto store, org::find_store(tx, store_id));
                           const auto all = claimable_coupons(tx, store.brand, store_id, call.now, 50);
                           return page_reply(all, 0, write_coupon, 0);
                         })
                  .giving(page_of_items(coupon_shape()))
                  .may_fail({Code::not_found}));
  r.push_back(read_route(Method::get, "/api/v1/stores/{store_id}/prize-coupons", "listPrizeCoupons",
                         "What a lucky bag of this store may promise", Access::login,
                         [](Tx& tx, const Call& call, const Request& request) -> Result<Reply> {
                           TRY(const auto store_id, request.id_param<StoreId>("store_id"));
                           TRY(const auto store, org::find_store(tx, store_id));
                           if (!call.caller.owns_store(store_id))
                             TRY_OK(org::require_staff_at(tx, call, store.brand, store_id, kAnyStaff));
                           return page_reply(prize_coupons(tx, store.brand, store_id, call.now, 50), 0, write_coupon,
                                             0);
                         })
                  .giving(page_of_items(coupon_shape()))
                  .may_fail({Code::not_found, Code::forbidden}));
  r.push_back(write_route(Method::post, "/api/v1/coupons/{coupon_id}/claim", "claimCoupon",
                          "Claims it for the caller: once a person; again, it is the same claim", Access::login,
                          [](Tx& tx, const Call& call, const Request& request) -> Result<Reply> {
                            TRY(const auto coupon, request.id_param<CouponId>("coupon_id"));
                            TRY(const auto claim, claim_coupon(tx, call, coupon));
                            JsonWriter w;
                            write_claim(w, claim);
                            return Reply::json(w.take());
                          })
                  .giving(claim_shape())
                  .may_fail({Code::not_found, Code::coupon_gone, Code::coupon_unusable}));
  r.push_back(write_route(Method::post, "/api/v1/coupons/{coupon_id}/withdraw", "withdrawCoupon",
                          "Nobody can claim it any more; what was claimed stays good", Access::login,
                          [](Tx& tx, const Call& call, const Request& request) -> Result<Reply> {
                            TRY(const auto coupon_id, request.id_param<CouponId>("coupon_id"));
                            TRY(const auto seen, find_coupon(tx, coupon_id));
                            const bool own = (seen.giver == Giver::store || seen.giver == Giver::room) && seen.store &&
                                             call.caller.owns_store(seen.store);
                            if (!own) TRY_OK(require_staff(call, seen.brand, kOperates));
                            TRY(const auto c, withdraw_coupon(tx, call, seen));
                            JsonWriter w;
                            write_coupon(w, c);
                            return Reply::json(w.take());
                          })
                  .giving(coupon_shape())
                  .may_fail({Code::not_found}));
  r.push_back(
      read_route(Method::get, "/api/v1/coupons", "listMyCoupons", "What I have claimed, newest first", Access::login,
                 [](Tx& tx, const Call& call, const Request& request) -> Result<Reply> {
                   TRY(const auto page, net::page_of(request));
                   const PersonId me = call.caller.person;
                   const auto all = claims_of(tx, call.bucket(me), me, CouponId{page.after}, page.limit);
                   return page_reply(all, page.limit, write_claim, all.empty() ? 0 : all.back().coupon.id.value);
                 })
          .asking(page_query())
          .giving(page_of_items(claim_shape())));
}

// ---- shipping fees, forbidden words

Shape shipping_shape() {
  return {count("version", "0: there is no table, shipping is free"),
          list("rules",
               {text("region", 0, 60, "what the address's region begins with; \"\": everywhere else"),
                fen("first_fen", "for the first unit of an order"), fen("more_fen", "for each further unit"),
                nullable(fen("free_from_fen", "goods paid for at least this: no fee; null: never free"))},
               0, kMaxShippingRules)};
}
std::string shipping_json(const ShippingTable& table) {
  JsonWriter w;
  w.begin().field("version", table.version).key("rules").begin_list();
  for (const auto& rule : table.rules)
    w.begin()
        .field("region", rule.region)
        .field("first_fen", rule.first_fen)
        .field("more_fen", rule.more_fen)
        .field("free_from_fen", rule.free_from_fen)
        .end();
  w.end_list().end();
  return w.take();
}
std::string words_json(const std::vector<std::string>& words) {
  JsonWriter w;
  w.begin().key("words").begin_list();
  for (const auto& word : words) w.value(word);
  w.end_list().end();
  return w.take();
}

void rule_routes(net::Routes& r) {
  r.push_back(read_route(Method::get, "/api/v1/brands/{brand_id}/shipping", "getShipping",
                         "What shipping costs, by region", Access::guest,
                         [](Tx& tx, const Call&, const Request& request) -> Result<Reply> {
                           TRY(const auto brand, request.id_param<BrandId>("brand_id"));
                           TRY([[maybe_unused]] const auto found, org::find_brand(tx, brand));
                           return Reply::json(shipping_json(shipping_table(tx, brand)));
                         })
                  .giving(shipping_shape())
                  .may_fail({Code::not_found}));
  r.push_back(
      write_route(Method::put, "/api/v1/brands/{brand_id}/shipping", "putShipping",
                  "A new version of the table of fees; orders keep the one they were placed under", Access::staff,
                  [](Tx& tx, const Call& call, const Request& request) -> Result<Reply> {
                    TRY(const auto brand, request.id_param<BrandId>("brand_id"));
                    std::vector<ShippingRule> rules;
                    for (const auto& i : get_list(request.value, "rules")) {
                      ShippingRule rule{get_text(i, "region"), get_int(i, "first_fen"), get_int(i, "more_fen"), {}};
                      if (has(i, "free_from_fen")) rule.free_from_fen = get_int(i, "free_from_fen");
                      rules.push_back(std::move(rule));
                    }
                    TRY(const auto table, save_shipping(tx, call, brand, std::move(rules)));
                    return Reply::json(shipping_json(table));
                  })
          .taking({list("rules",
                        {text("region", 0, 60), price("first_fen"), opt(price("more_fen")),
                         opt(nullable(price("free_from_fen")))},
                        1, kMaxShippingRules)})
          .giving(shipping_shape())
          .may_fail({Code::not_found, Code::conflict}));
  const Shape words{list_of("words", text("", 0, 64), 0, kMaxWords)};
  r.push_back(read_route(Method::get, "/api/v1/brands/{brand_id}/forbidden-words", "getForbiddenWords",
                         "Chat that holds one of these is held for the room's assistants", Access::staff,
                         [](Tx& tx, const Call& call, const Request& request) -> Result<Reply> {
                           TRY(const auto brand, request.id_param<BrandId>("brand_id"));
                           TRY_OK(require_staff(call, brand, kAnyStaff));
                           return Reply::json(words_json(forbidden_words(tx, brand)));
                         })
                  .giving(words));
  r.push_back(write_route(Method::put, "/api/v1/brands/{brand_id}/forbidden-words", "putForbiddenWords",
                          "Replaces the list; case, width, blanks and dots between letters don't matter", Access::staff,
                          [](Tx& tx, const Call& call, const Request& request) -> Result<Reply> {
                            TRY(const auto brand, request.id_param<BrandId>("brand_id"));
                            std::vector<std::string> wish;
                            for (const auto& word : get_list(request.value, "words"))
                              wish.emplace_back(word.get_string());
                            TRY(const auto kept, set_forbidden_words(tx, call, brand, wish));
                            return Reply::json(words_json(kept));
                          })
                  .taking(words)
                  .giving(words));
}

}  // namespace

void add_offer_routes(net::Routes& routes) {
  campaign_routes(routes);
  allotment_routes(routes);
  coupon_routes(routes);
  rule_routes(routes);
}

}  // namespace lianbo::catalog
