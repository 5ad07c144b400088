#include "feed/feed_api.hpp"

#include "base/json.hpp"
#include "base/shape.hpp"
#include "catalog/catalog_service.hpp"
#include "live/hall.hpp"
#include "live/live_api.hpp"
#include "live/live_service.hpp"
#include "org/org_service.hpp"

namespace lianbo::feed {
namespace {

using net::Access;
using net::Method;
using net::Reply;
using net::Request;

constexpr int kDefaultPage = 20;
constexpr int kMaxFairDays = 90;
constexpr std::int64_t kMaxPoints = 1'000'000'000;

Result<std::int64_t> number_in(const Request& request, std::string_view name, std::int64_t fallback,
                               std::int64_t most) {
  const std::string_view text = request.query_value(name);
  if (text.empty()) return fallback;
  std::int64_t n = 0;
  for (const char c : text) {
    if (c < '0' || c > '9' || n > most) n = most + 1;
    if (n <= most) n = n * 10 + (c - '0');
  }
  if (n < 1 || n > most) return fail(Code::invalid_field, "from 1 to " + std::to_string(most), std::string(name));
  return n;
}

// ---- the stream

Shape pin_item_shape() {
  using namespace shape;
  return {id("id"),
          id("broadcast_id"),
          id("product_id"),
          instant("opened_at"),
          count("media_open_ms"),
          nullable(instant("closed_at")),
          nullable(count("media_close_ms")),
          id("store_id"),
          text("store_name", 0, 200),
          text("host_name", 0, 200),
          text("title", 0, 500, "of the product"),
          text("image_url", 0, 2000),
          count("price_fen", "of the cheapest SKU"),
          nullable(object(
              "clip",
              {id("id"), text("title", 1, 100),
               text("name", 1, 64, "of its folder under the address of clips that getSite gives: clip.mp4, poster.jpg"),
               boolean("ai_presenter", "the presenter is made by AI: say so where it is shown")},
              "the moment's recording, once it is cut"))};
}
Shape item_shape() {
  using namespace shape;
  return {choice("kind", {"room", "pin", "upcoming"}, "a room on air, a moment of one, or a broadcast that is coming"),
          id("id", "to be told in recordFeedViews"),
          choice("why", {"locked", "followed", "known", "heat", "newcomer", "coming", "more", "paid"},
                 "why it stands here: the caller's host, one they follow, people they know are in it; its heat; new, "
                 "and everything new is shown; it is coming; nothing hotter is left; somebody paid for it"),
          count("known", "people the caller knows who are in it"),
          nullable(object("broadcast", live::hall_item_shape(), "of a room, and of what is coming")),
          nullable(object("pin", pin_item_shape(), "of a moment")),
          nullable(object("paid", {id("promotion_id"), text("address", 1, 400, "where a click goes: into the room")},
                          "of what somebody paid for; to be marked as such"))};
}

void write_pin_item(JsonWriter& w, db::Tx& tx, const live::PinAt& at, const std::map<StoreId, org::StoreOwner>& owners,
                    const clips::Clip* clip) {
  const live::Pin& p = at.pin;
  w.begin().field("id", p.id).field("broadcast_id", p.broadcast).field("product_id", p.product);
  w.field_at("opened_at", p.opened_at).field("media_open_ms", p.media_open_ms).field_at("closed_at", p.closed_at);
  w.field("media_close_ms", p.media_close_ms).field("store_id", at.store);
  const auto owner = owners.find(at.store);
  w.field("store_name", owner == owners.end() ? "" : owner->second.store.name);
  w.field("host_name", owner == owners.end() ? "" : owner->second.agent.name);
  Fen lowest = 0;
  for (const auto& sku : catalog::skus_of(tx, p.product))
    lowest = lowest == 0 ? sku.price_fen : std::min(lowest, sku.price_fen);
  const auto product = catalog::find_product(tx, p.product);
  w.field("title", product ? product->title : "").field("image_url", product ? product->image_url : "");
  w.field("price_fen", lowest).key("clip");
  if (clip != nullptr && clip->state == clips::State::ready)
    w.begin()
        .field("id", clip->id)
        .field("title", clip->title)
        .field("name", clip->name)
        .field("ai_presenter", clip->ai_presenter)
        .end();
  else
    w.null();
  w.end();
}

Result<Reply> get_feed(const FeedDeps& deps, db::Tx& tx, const Call& call, const Request& request) {
  TRY(const auto brand, request.id_param<BrandId>("brand_id"));
  TRY(const auto limit, number_in(request, "limit", kDefaultPage, kMaxPage));
  TRY(const Page page, deps.feed->page(tx, call, brand, request.query_value("cursor"), static_cast<int>(limit)));
  live::Hall hall;
  std::vector<StoreId> stores;
  for (const Chosen& c : page.items) {
    if (c.entry.kind == Kind::pin)
      stores.push_back(StoreId{c.entry.store});
    else
      (c.entry.kind == Kind::room ? hall.on_air : hall.next_up).push_back(page.broadcasts.at(c.entry.id));
  }
  const live::HallFacts facts = live::hall_facts(tx, hall);
  const auto owners = org::store_owners(tx, stores);
  JsonWriter w;
  w.begin().field("feed", page.session).key("items").begin_list();
  for (const Chosen& c : page.items) {
    w.begin().field("kind", kind_name(c.entry.kind)).field("id", id_text(c.entry.id)).field("why", why_name(c.why));
    w.field("known", c.known).key("broadcast");
    if (c.entry.kind == Kind::pin) {
      w.null().key("pin");
      const auto clip = page.recordings.find(PinId{c.entry.id});
      write_pin_item(w, tx, page.pins.at(c.entry.id), owners, clip == page.recordings.end() ? nullptr : &clip->second);
    } else {
      const live::Broadcast& b = page.broadcasts.at(c.entry.id);
      if (live::write_hall_item(w, b, facts)) {
        w.field("viewers", c.entry.kind == Kind::room ? deps.viewers_of(b.id) : 0);
        w.field("reserved", c.entry.kind == Kind::upcoming && live::is_reserved(tx, b.id, call.caller.person)).end();
      } else {
        w.null();
      }
      w.key("pin").null();
    }
    w.key("paid");
    if (const auto paid = page.paid.find(c.entry.key()); paid != page.paid.end())
      w.begin()
          .field("promotion_id", paid->second.promotion)
          .field("address", promo::slot_address(paid->second.token))
          .end();
    else
      w.null();
    w.end();
  }
  w.end_list().key("next");
  if (page.next.empty())
    w.null();
  else
    w.value(page.next);
  return Reply::json(w.end().take());
}

Result<Reply> record_views(const FeedDeps& deps, db::Tx& tx, const Call& call, const Request& request) {
  std::vector<Deed> deeds;
  for (const auto& item : get_list(request.value, "items"))
    deeds.push_back(
        {parse_id_text(get_text(item, "id")).value_or(0), parse_what(get_text(item, "what")).value_or(What::exposure)});
  TRY(const auto noted, deps.feed->note(tx, call, get_text(request.value, "feed"), deeds));
  JsonWriter w;
  w.begin().field("counted", std::count(noted.begin(), noted.end(), Noted::counted)).key("items").begin_list();
  for (const Noted n : noted) w.value(noted_name(n));
  return Reply::json(w.end_list().end().take());
}

// ---- rules

Shape rules_shape() {
  using namespace shape;
  return {object("weights",
                 {integer("enter", 0, kMaxWeight), integer("stay", 0, kMaxWeight, "30 seconds"),
                  integer("interact", 0, kMaxWeight), integer("click", 0, kMaxWeight, "a product's card"),
                  integer("order", 0, kMaxWeight), integer("value", 0, kMaxWeight, "an order of the full value")},
                 "points of each deed, once a person and item"),
          price("full_value_fen", "an order of so much or more has the full value, less has its share"),
          list("pools",
               {integer("quota", 1, kMaxPoints, "exposures"),
                integer("threshold_milli", 0, kMaxPoints,
                        "what is sure of the value of one exposure must be more, to "
                        "rise; thousandths of a point")},
               1, kMaxPools - 1, "the pools with a quota; after them comes one without")};
}
Shape rules_answer() {
  Shape out = rules_shape();
  out.push_back(shape::count("version", "0: the program's own, never changed by the brand"));
  out.push_back(shape::count("room_half_life_ms"));
  out.push_back(shape::count("pin_half_life_ms"));
  return out;
}
Reply rules_reply(const Rules& rules) {
  JsonWriter w;
  w.begin().key("weights").begin();
  for (std::size_t i = 0; i < kTerms.size(); ++i) w.field(what_name(kTerms[i]), rules.weights[i]);
  w.end().field("full_value_fen", rules.full_value_fen).key("pools").begin_list();
  for (const Pool& p : rules.pools) w.begin().field("quota", p.quota).field("threshold_milli", p.threshold).end();
  w.end_list().field("version", rules.version);
  w.field("room_half_life_ms", kRoomHalfLifeMs).field("pin_half_life_ms", kPinHalfLifeMs).end();
  return Reply::json(w.take());
}

// ---- where an item stands

Shape standing_shape() {
  using namespace shape;
  return {choice("kind", {"room", "pin"}),
          id("id"),
          text("title", 0, 500, "of the room, or of the moment's product while it may be shown"),
          integer("pool", 1, kMaxPools),
          boolean("resting", "its quota is used and it did not rise; new evidence is judged at once"),
          count("shown", "exposures in all"),
          count("used", "exposures in this pool"),
          nullable(count("quota", "null: the last pool, without one")),
          count("score_milli", "its heat, in thousandths of a point an exposure"),
          list("terms",
               {choice("term", {"enter", "stay", "interact", "click", "order", "value"}), count("weight"),
                count("score_milli")},
               6, 6, "they add up to the score"),
          count("sure_milli", "what is sure of its value per exposure in this pool (lower bound at 95 %)"),
          nullable(count("threshold_milli", "what that must beat")),
          list("would_lift",
               {choice("what", {"enter", "stay", "interact", "click", "order"}),
                count("n", "so many more, at the quota's exposures")},
               0, 5, "each by itself; empty: nothing more is wanted than the rest of the quota"),
          count("rules_version")};
}
std::string title_of(db::Tx& tx, const Standing& s) {
  if (s.item.kind == Kind::room) {
    const auto b = live::find_broadcast(tx, BroadcastId{s.item.id});
    return b ? b->title : "";
  }
  const auto pins = live::pins_to_show(tx, std::array{PinId{s.item.id}});
  if (pins.empty()) return "";
  const auto product = catalog::find_product(tx, pins.front().pin.product);
  return product ? product->title : "";
}
void write_standing(JsonWriter& w, db::Tx& tx, const Standing& s, const Rules& rules, Instant now) {
  const Heat heat = heat_of(s.sums, rules.weights, half_life_of(s.item.kind), now);
  const Outlook outlook = outlook_of(s.rung, rules.pools, rules.most());
  w.begin()
      .field("kind", kind_name(s.item.kind))
      .field("id", id_text(s.item.id))
      .field("title", title_of(tx, s))
      .field("pool", s.rung.pool);
  w.field("resting", s.rung.resting).field("shown", s.shown).field("used", s.rung.used).key("quota");
  if (outlook.quota == 0)
    w.null();
  else
    w.value(outlook.quota);
  w.field("score_milli", heat.score).key("terms").begin_list();
  for (std::size_t i = 0; i < kTerms.size(); ++i)
    w.begin()
        .field("term", what_name(kTerms[i]))
        .field("weight", rules.weights[i])
        .field("score_milli", heat.terms[i])
        .end();
  w.end_list().field("sure_milli", outlook.sure).key("threshold_milli");
  if (outlook.quota == 0)
    w.null();
  else
    w.value(outlook.threshold);
  w.key("would_lift").begin_list();
  for (std::size_t i = 0; i + 1 < kTerms.size(); ++i) {
    const std::int64_t each = rules.weights[i] * 1000;
    if (outlook.points_wanted == 0 || each == 0) continue;
    w.begin().field("what", what_name(kTerms[i])).field("n", (outlook.points_wanted + each - 1) / each).end();
  }
  w.end_list().field("rules_version", rules.version).end();
}

Result<Reply> get_standing(db::Tx& tx, const Call& call, const Request& request) {
  TRY(const auto id, request.id_param<BroadcastId>("broadcast_id"));
  TRY(const Standing s, standing_of_room(tx, call, id));
  TRY(const Rules rules, rules_of(tx, s.item.brand));
  JsonWriter w;
  write_standing(w, tx, s, rules, call.now);
  return Reply::json(w.take());
}

Result<Reply> list_standings(db::Tx& tx, const Call& call, const Request& request) {
  TRY(const auto id, request.id_param<StoreId>("store_id"));
  TRY(const auto page, net::page_of(request));
  TRY(const auto found, standings_of_store(tx, call, id, page.after ? page.after : INT64_MAX, page.limit));
  TRY(const auto shop, org::find_store(tx, id));
  TRY(const Rules rules, rules_of(tx, shop.brand));
  JsonWriter w;
  w.begin_list();
  for (const Standing& s : found) write_standing(w, tx, s, rules, call.now);
  w.end_list();
  return Reply::json(net::page_json(w.text(), static_cast<int>(found.size()) == page.limit ? found.back().item.id : 0));
}

// ---- fairness

Shape fairness_shape() {
  using namespace shape;
  return {text("from", 10, 10, "the first day, of the brand's zone"),
          text("to", 10, 10, "today"),
          count("rooms", "that were on air in these days"),
          count("exposures", "of rooms"),
          bp("gini_bp", "0: every room was shown as often"),
          bp("smallest_half_bp", "of all exposures, what the half of the rooms that was shown least had"),
          list_of("lorenz_bp", bp(""), 0, kLorenzSteps + 1,
                  "of all exposures, what the least shown 0, 5, … 100 % of the rooms had"),
          count("first_quota", "exposures of pool 1"),
          count("rooms_below_first_quota", "by now"),
          count("resting", "rooms, by now"),
          list("pools", {integer("pool", 1, kMaxPools), count("rooms", "in it by now")}, 0, kMaxPools),
          count("places", "filled in feeds"),
          count("newcomer_places", "of them, those of pool 1"),
          bp("newcomer_bp", "their share"),
          count("paid_places", "of them, those somebody paid for: at most one in six of a feed"),
          count("wanting", "places kept for pool 1 for which it had nothing the viewer had not seen"),
          boolean("floor_kept", "a tenth of the places went to pool 1, but for those it had nothing for")};
}
Result<Reply> get_fairness(db::Tx& tx, const Call& call, const Request& request) {
  TRY(const auto id, request.id_param<BrandId>("brand_id"));
  TRY(const auto days, number_in(request, "days", 1, kMaxFairDays));
  TRY(const auto brand, org::find_brand(tx, id));
  TRY(const auto zone, TimeZone::load(brand.time_zone));
  const CivilTime today = zone.civil(call.now);
  const Instant from = zone.day_start(today.year, today.month, today.day - static_cast<int>(days) + 1);
  const Instant until = zone.day_start(today.year, today.month, today.day + 1);
  TRY(const Fairness f, fairness_of(tx, call, id, from, until));
  TRY(const Rules rules, rules_of(tx, id));
  JsonWriter w;
  w.begin().field("from", format_date(zone.civil(from))).field("to", format_date(today));
  w.field("rooms", f.spread.items).field("exposures", f.spread.exposures).field("gini_bp", f.spread.gini_bp);
  w.field("smallest_half_bp", f.spread.smallest_half_bp).field("first_quota", rules.pools.front().quota);
  w.key("lorenz_bp").begin_list();
  for (const std::int64_t at : f.spread.lorenz_bp) w.value(at);
  w.end_list();
  w.field("rooms_below_first_quota", f.below_first).field("resting", f.resting).key("pools").begin_list();
  for (std::size_t i = 1; i <= std::max<std::size_t>(rules.pools.size() + 1, 1); ++i)
    w.begin().field("pool", i).field("rooms", f.pools[i]).end();
  w.end_list().field("places", f.places.places).field("newcomer_places", f.places.newcomers);
  w.field("newcomer_bp", f.places.places == 0 ? 0 : f.places.newcomers * 10'000 / f.places.places);
  w.field("paid_places", f.places.paid).field("wanting", f.places.wanting);
  // Places come in whole pages, so up to one cycle a feed is not full yet.
  w.field("floor_kept", (f.places.newcomers + f.places.wanting) * kCycle >= f.places.places - f.places.places % kCycle);
  return Reply::json(w.end().take());
}

}  // namespace

net::Routes feed_routes(FeedDeps deps) {
  using namespace net;
  using namespace shape;
  Routes r;
  const std::string v1 = "/api/v1";

  r.push_back(
      read_route(
          Method::get, v1 + "/brands/{brand_id}/feed", "getFeed",
          "Rooms on air, moments and what is coming, in one stream for the caller, nothing twice", Access::guest,
          [deps](db::Tx& tx, const Call& call, const Request& request) { return get_feed(deps, tx, call, request); })
          .asking({opt(text("limit", 1, 2, "1 to 50, default 20")),
                   opt(text("cursor", 1, 40, "next of the page before; absent: a new feed"))})
          .giving({text("feed", 1, 40, "to be told in recordFeedViews"), list("items", item_shape(), 0, kMaxPage),
                   nullable(text("next", 1, 40, "the cursor of the next page; null: that was all"))})
          .may_fail({Code::not_found, Code::cursor_expired, Code::invalid_field}));
  Route views =
      write_route(Method::post, v1 + "/feed/views", "recordFeedViews",
                  "What the caller saw of a feed and did with it; each counts once, and only what this feed has shown",
                  Access::guest,
                  [deps](db::Tx& tx, const Call& call, const Request& request) {
                    return record_views(deps, tx, call, request);
                  })
          .taking({text("feed", 1, 40),
                   list("items", {id("id"), choice("what", {"exposure", "enter", "stay", "interact", "click"})}, 1,
                        kMaxDeeds)})
          .giving(
              {count("counted"),
               list_of("items", choice("", {"counted", "repeated", "not_shown", "too_soon", "own", "paid", "in_room"}),
                       1, kMaxDeeds,
                       "in the order of the request; not_shown: not in this feed, or its exposure was never told; "
                       "own: agents of the brand count for nothing; paid: told to its promotion, counts for no "
                       "heat; in_room: of a room only its exposure is told, the rest counts when the server sees it")})
          .may_fail({Code::cursor_expired});
  views.idempotent = false;  // it is by nature
  r.push_back(std::move(views));

  r.push_back(read_route(Method::get, v1 + "/brands/{brand_id}/feed/rules", "getFeedRules",
                         "What makes an item hot and lets it rise", Access::guest,
                         [](db::Tx& tx, const Call&, const Request& request) -> Result<Reply> {
                           TRY(const auto id, request.id_param<BrandId>("brand_id"));
                           TRY(const Rules rules, rules_of(tx, id));
                           return rules_reply(rules);
                         })
                  .giving(rules_answer())
                  .may_fail({Code::not_found}));
  r.push_back(write_route(Method::put, v1 + "/brands/{brand_id}/feed/rules", "putFeedRules",
                          "A new version of them; by staff that operates the brand", Access::staff,
                          [](db::Tx& tx, const Call& call, const Request& request) -> Result<Reply> {
                            TRY(const auto id, request.id_param<BrandId>("brand_id"));
                            Rules wish;
                            const auto& weights = get_object(request.value, "weights");
                            for (std::size_t i = 0; i < kTerms.size(); ++i)
                              wish.weights[i] = get_int(weights, what_name(kTerms[i]));
                            wish.full_value_fen = get_int(request.value, "full_value_fen");
                            wish.pools.clear();
                            for (const auto& p : get_list(request.value, "pools"))
                              wish.pools.push_back({get_int(p, "quota"), get_int(p, "threshold_milli")});
                            TRY(const Rules rules, put_rules(tx, call, id, wish));
                            return rules_reply(rules);
                          })
                  .taking(rules_shape())
                  .giving(rules_answer())
                  .may_fail({Code::not_found, Code::forbidden, Code::conflict, Code::invalid_field}));

  r.push_back(read_route(Method::get, v1 + "/broadcasts/{broadcast_id}/standing", "getStanding",
                         "For its host: my pool, my quota, my terms, what would lift me", Access::login, get_standing)
                  .giving(standing_shape())
                  .may_fail({Code::not_found, Code::forbidden}));
  r.push_back(read_route(Method::get, v1 + "/stores/{store_id}/standings", "listStandings",
                         "For its host: every room and moment of the store that was shown, the newest first",
                         Access::login, list_standings)
                  .asking({opt(text("limit", 1, 3, "1 to 200, default 50")),
                           opt(text("after", 13, 13, "the id of the last item seen"))})
                  .giving({list("items", standing_shape(), 0, 200), nullable(id("next"))})
                  .may_fail({Code::not_found, Code::forbidden}));
  r.push_back(read_route(Method::get, v1 + "/brands/{brand_id}/feed/fairness", "getFeedFairness",
                         "How exposures spread over the rooms, and whether newcomers had their share", Access::staff,
                         get_fairness)
                  .asking({opt(text("days", 1, 2, "up to today; 1 to 90, default 1"))})
                  .giving(fairness_shape())
                  .may_fail({Code::not_found, Code::forbidden, Code::invalid_field}));
  return r;
}

}  // namespace lianbo::feed
