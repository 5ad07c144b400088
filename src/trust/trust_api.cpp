#include "trust/trust_api.hpp"

#include "base/json.hpp"
#include "base/shape.hpp"
#include "catalog/catalog_service.hpp"
#include "live/live_service.hpp"
#include "org/consent.hpp"
#include "org/org_service.hpp"
#include "trust/trust_service.hpp"
#include "trust/trust_store.hpp"

namespace lianbo::trust {
namespace {

using net::Access;
using net::Method;
using net::Reply;
using net::Request;

constexpr int kOrdersInAnswer = 5;

std::string says(const Call& call, std::string_view en, std::string_view zh) {
  return std::string(call.chinese ? zh : en);
}

// ---- reviews

Shape review_shape(bool staff) {
  using namespace shape;
  Shape out = {id("id"),
               id("store_id"),
               text("store_name", 0, 200),
               id("product_id"),
               text("name", 0, 300, "of the buyer, masked"),
               integer("stars", 1, 5),
               text("words", 0, kMaxWords),
               boolean("verified", "always: only a received line can be reviewed"),
               instant("at")};
  if (staff) {
    out.push_back(id("order_id"));
    out.push_back(count("line"));
    out.push_back(nullable(instant("hidden_at")));
    out.push_back(text("hidden_reason", 0, kMaxReason));
  }
  return out;
}
Shape page_of_items(Shape item) {
  return {shape::list("items", std::move(item), 0, 200), shape::nullable(shape::id("next"))};
}
Shape page_query() {
  return {shape::opt(shape::text("limit", 1, 3, "1 to 200, default 50")),
          shape::opt(shape::text("after", 13, 13, "the id of the last item seen"))};
}

void write_review(JsonWriter& w, db::Tx& tx, const Review& v, bool staff) {
  const auto shop = org::find_store(tx, v.store);
  w.begin().field("id", v.id).field("store_id", v.store).field("store_name", shop ? shop->name : std::string());
  w.field("product_id", v.product);
  w.field("name", live::mask_name(org::person_name(tx, v.buyer))).field("stars", v.stars).field("words", v.words);
  w.field("verified", true).field_at("at", v.at);
  if (staff) {
    w.field("order_id", v.order).field("line", v.line).field_at("hidden_at", v.hidden_at);
    w.field("hidden_reason", v.hidden_reason);
  }
  w.end();
}
Reply review_reply(db::Tx& tx, const Review& v, int status) {
  JsonWriter w;
  write_review(w, tx, v, true);
  return Reply::json(w.take(), status);
}
// What buyers read above the list: of all reviews, not only of this page.
Shape page_with_summary() {
  using namespace shape;
  Shape out = page_of_items(review_shape(false));
  out.push_back(object("summary", {count("count"), count("stars", "the sum of all stars"),
                                   list_of("by_star", count(""), 5, 5, "how many gave one star, two, …")}));
  return out;
}
Reply review_page(db::Tx& tx, const std::vector<Review>& reviews, int limit, bool staff,
                  const StarCounts* stars = nullptr) {
  JsonWriter w;
  w.begin().key("items").begin_list();
  for (const Review& v : reviews) write_review(w, tx, v, staff);
  w.end_list().field("next",
                     !reviews.empty() && static_cast<int>(reviews.size()) == limit ? reviews.back().id : ReviewId{});
  if (stars != nullptr) {
    std::int64_t n = 0, sum = 0;
    for (std::size_t i = 0; i < stars->size(); ++i) n += (*stars)[i], sum += (*stars)[i] * static_cast<int>(i + 1);
    w.key("summary").begin().field("count", n).field("stars", sum).key("by_star").begin_list();
    for (const std::int64_t one : *stars) w.value(one);
    w.end_list().end();
  }
  return Reply::json(w.end().take());
}

// ---- the score

std::string part_title(const Call& call, Part part) {
  switch (part) {
    case Part::reviews:
      return says(call, "Verified reviews", "真实评价");
    case Part::shipping:
      return says(call, "Shipped within 48 hours", "48 小时内发货");
    case Part::refunds:
      return says(call, "Lines without refund or dispute", "无退款无纠纷");
    case Part::promises:
      return says(call, "Broadcasts that began on time", "按时开播");
  }
  return {};
}
std::string why_out(const Call& call, LeftOut why) {
  switch (why) {
    case LeftOut::own:
      return says(call, "The buyer is the host, or uses a browser of the host's", "买家是主播本人，或使用主播的设备");
    case LeftOut::agent:
      return says(call, "The buyer is an agent of the brand", "买家是本品牌的代理");
    case LeftOut::device:
      return says(call, "Another buyer of this store uses the same browser", "同一设备上还有本店的其他买家");
    case LeftOut::refunded:
      return says(call, "All of it was given back", "已全额退款");
  }
  return {};
}
std::string formula(const Call& call) {
  return says(
      call,
      "Each part is a share, good ÷ total, with a few invented cases added so that one case decides little: "
      "v = (good + prior_good) ÷ (total + prior_total); for refunds v = 1 − 5 × (1 − that), at least 0. A part gives "
      "weight × v points, the score is their sum: 90 is level 5, 80 level 4, 70 level 3, 50 level 2. Counted are the "
      "newest 1,000 orders of 180 days. Orders by the host, by agents of the brand, by several accounts of one "
      "browser, "
      "and what was given back do not count; an order given back whole counts as shipped only where that was late. "
      "With fewer than 10 rated lines the store is new.",
      "每一项为好评占比：v =（好 + 预设好）÷（总 + 预设总），预设值使个别订单影响很小；退款项为 v = 1 − 5 ×（1 − "
      "占比），"
      "最低为 0。每项得分 = 权重 × v，总分为各项之和：90 分为 5 级，80 分 4 级，70 分 3 级，50 分 2 级。统计最近 180 "
      "天内"
      "最新的 1000 "
      "笔订单；主播本人、本品牌代理、同一设备多个账号的订单，以及已退回的商品不计入；整单退回的订单仅在发货超时时计入发"
      "货项。评价少于 10 "
      "件的店铺显示为新店。");
}

Shape part_shape() {
  using namespace shape;
  return {choice("part", {"reviews", "shipping", "refunds", "promises"}),
          text("title", 1, 100),
          count("weight", "points at most"),
          count("good"),
          count("total"),
          count("prior_good"),
          count("prior_total"),
          bp("value_bp"),
          count("points_c", "hundredths of a point")};
}
Shape standing_shape() {
  using namespace shape;
  return {id("store_id"),
          count("version", "of the formula"),
          integer("score", 0, 100),
          boolean("new", "fewer than 10 rated lines"),
          nullable(integer("level", 1, 5, "null: new")),
          count("rated_lines"),
          count("rated_lines_wanted")};
}
Shape score_shape() {
  using namespace shape;
  Shape out = standing_shape();
  out.push_back(list("parts", part_shape(), 4, 4, "their points add up to the score"));
  out.push_back(
      object("left_out", {count("own"), count("agent"), count("device"), count("refunded")}, "lines that don't count"));
  out.push_back(text("formula", 1, 2000));
  return out;
}
// Its closing brace is left open.
void open_standing(JsonWriter& w, StoreId id, const Score& s) {
  w.begin().field("store_id", id).field("version", kScoreVersion).field("score", s.score).field("new", s.is_new());
  w.key("level");
  if (s.is_new())
    w.null();
  else
    w.value(s.level);
  w.field("rated_lines", s.rated_lines).field("rated_lines_wanted", kRatedLines);
}

Result<Reply> get_score(db::Tx& tx, const Call& call, const Request& request) {
  TRY(const auto id, request.id_param<StoreId>("store_id"));
  TRY(const Judged judged, judge_store(tx, id, call.now));
  const Score score = score_of(judged.inputs);
  std::array<std::int64_t, 4> out{};
  for (const auto& line : judged.left_out) ++out[static_cast<std::size_t>(line.why)];
  JsonWriter w;
  open_standing(w, id, score);
  w.key("parts").begin_list();
  for (const PartScore& p : score.parts) {
    w.begin().field("part", part_name(p.part)).field("title", part_title(call, p.part)).field("weight", p.weight);
    w.field("good", p.good).field("total", p.total).field("prior_good", p.prior_good);
    w.field("prior_total", p.prior_total).field("value_bp", p.value_bp).field("points_c", p.points_c).end();
  }
  w.end_list().key("left_out").begin();
  for (const LeftOut why : {LeftOut::own, LeftOut::agent, LeftOut::device, LeftOut::refunded})
    w.field(left_out_name(why), out[static_cast<std::size_t>(why)]);
  w.end().field("formula", formula(call)).end();
  return Reply::json(w.take());
}

// A score is reckoned from up to kScoreOrders orders: few stores to a page.
constexpr int kScoresAPage = 50;

Result<Reply> list_scores(db::Tx& tx, const Call& call, const Request& request) {
  TRY(const auto brand, request.id_param<BrandId>("brand_id"));
  TRY_OK(require_any_staff(call, brand, kAnyStaff));
  TRY(auto page, net::page_of(request));
  page.limit = std::min(page.limit, kScoresAPage);
  const PersonId scope = call.caller.scope(brand);
  const auto stores = scope ? store::stores_of_staff(tx, brand, scope, StoreId{page.after}, page.limit)
                            : org::stores_of(tx, brand, {}, StoreId{page.after}, page.limit);
  JsonWriter w;
  w.begin_list();
  for (const StoreId id : stores) {
    TRY(const Judged judged, judge_store(tx, id, call.now));
    TRY(const auto owner, org::store_owner(tx, id));
    open_standing(w, id, score_of(judged.inputs));
    w.field("store_name", owner.store.name).field("host_name", owner.agent.name).end();
  }
  w.end_list();
  return Reply::json(net::page_json(w.text(), static_cast<int>(stores.size()) == page.limit ? stores.back().value : 0));
}

Result<Reply> list_left_out(db::Tx& tx, const Call& call, const Request& request) {
  TRY(const auto id, request.id_param<StoreId>("store_id"));
  TRY(const auto shop, org::find_store(tx, id));
  if (!call.caller.owns_store(id)) TRY_OK(org::require_staff_at(tx, call, shop.brand, id, kAnyStaff));
  TRY(const Judged judged, judge_store(tx, id, call.now));
  JsonWriter w;
  w.begin().key("items").begin_list();
  for (const auto& out : judged.left_out)
    w.begin()
        .field("order_id", out.order)
        .field("line", out.line)
        .field("stars", out.stars)
        .field("why", left_out_name(out.why))
        .field("says", why_out(call, out.why))
        .end();
  return Reply::json(w.end_list().end().take());
}

// ---- in the room, one tap

Shape answer_shape() {
  using namespace shape;
  return {list("orders",
               {id("order_id"), text("state", 1, 20), fen("total_fen"), instant("placed_at"),
                text("title", 0, 500, "of the first line")},
               0, kOrdersInAnswer, "the caller's newest at this store"),
          object("standing", standing_shape()),
          object("promises", {count("kept"), count("due")}, "of the last 20 broadcasts"),
          nullable(object("next_broadcast", {id("id"), text("title", 0, 200), instant("scheduled_at")})),
          text("guarantee", 0, kMaxGuarantee, "the brand's, in the caller's language; empty: none"),
          boolean("followed", "by the caller"),
          count("followers")};
}

Result<Reply> get_answer(db::Tx& tx, const Call& call, const Request& request) {
  TRY(const auto id, request.id_param<StoreId>("store_id"));
  TRY(const Judged judged, judge_store(tx, id, call.now));
  TRY(const auto shop, org::find_store(tx, id));
  TRY(const Guarantee guarantee, guarantee_of(tx, shop.brand));
  JsonWriter w;
  w.begin().key("orders").begin_list();
  for (const auto& o : order::orders_at_store(tx, call, call.caller.person, id, kOrdersInAnswer))
    w.begin()
        .field("order_id", o.id)
        .field("state", order::state_name(o.state))
        .field("total_fen", o.total_fen)
        .field_at("placed_at", o.placed_at)
        .field("title", o.title)
        .end();
  w.end_list().key("standing");
  open_standing(w, id, score_of(judged.inputs));
  w.end().key("promises").begin().field("kept", judged.inputs.promises.kept).field("due", judged.inputs.promises.due);
  w.end().key("next_broadcast");
  if (const auto next = live::next_broadcast_of(tx, id, call.now))
    w.begin().field("id", next->id).field("title", next->title).field_at("scheduled_at", next->scheduled_at).end();
  else
    w.null();
  w.field("guarantee", call.chinese ? guarantee.text_zh : guarantee.text_en);
  w.field("followed", follows(tx, call, id)).field("followers", store::followers(tx, id)).end();
  return Reply::json(w.take());
}

// ---- follows

Shape followed_shape() {
  using namespace shape;
  return {id("store_id"),
          text("store_name", 0, 200),
          text("host_name", 0, 200),
          nullable(id("broadcast_id", "on air right now")),
          nullable(instant("next_at", "the next broadcast")),
          instant("at", "since when")};
}

Result<Reply> list_follows(db::Tx& tx, const Call& call, const Request& request) {
  TRY_OK(require_login(call));
  TRY(const auto page, net::page_of(request));
  const auto found = follows_of(tx, call, StoreId{page.after}, page.limit);
  JsonWriter w;
  w.begin_list();
  for (const Follow& f : found) {
    const auto owner = org::store_owner(tx, f.store);
    if (!owner) continue;
    const auto on_air = live::live_broadcast_of(tx, f.store);
    const auto next = live::next_broadcast_of(tx, f.store, call.now);
    w.begin().field("store_id", f.store).field("store_name", owner->store.name).field("host_name", owner->agent.name);
    w.field("broadcast_id", on_air && !on_air->rehearsal() ? on_air->id : BroadcastId{});
    w.field_at("next_at", next ? next->scheduled_at : 0).field_at("at", f.at).end();
  }
  w.end_list();
  return Reply::json(
      net::page_json(w.text(), static_cast<int>(found.size()) == page.limit ? found.back().store.value : 0));
}

Reply shows_reply(bool shows) { return Reply::json(JsonWriter().begin().field("show", shows).end().take()); }

Reply guarantee_reply(const Guarantee& g) {
  JsonWriter w;
  w.begin().field("text_zh", g.text_zh).field("text_en", g.text_en).field("version", g.version).end();
  return Reply::json(w.take());
}

}  // namespace

net::Routes trust_routes() {
  using namespace net;
  using namespace shape;
  Routes r;
  const std::string v1 = "/api/v1";

  r.push_back(write_route(Method::post, v1 + "/orders/{order_id}/reviews", "writeReview",
                          "Review a received line of one's own order, once", Access::login,
                          [](db::Tx& tx, const Call& call, const Request& request) -> Result<Reply> {
                            TRY(const auto order, request.id_param<OrderId>("order_id"));
                            TRY(const auto review,
                                write_review(tx, call, order, static_cast<int>(get_int(request.value, "line")),
                                             static_cast<int>(get_int(request.value, "stars")),
                                             get_text(request.value, "words")));
                            return review_reply(tx, review, 201);
                          })
                  .taking({integer("line", 0, 499), integer("stars", 1, 5), opt(text("words", 0, kMaxWords))})
                  .giving(review_shape(true))
                  .answers(201)
                  .may_fail({Code::not_found, Code::order_state_conflict, Code::conflict}));
  r.push_back(read_route(Method::get, v1 + "/orders/{order_id}/reviews", "listOrderReviews",
                         "What was written about an order's lines; for its buyer, its host and staff", Access::login,
                         [](db::Tx& tx, const Call& call, const Request& request) -> Result<Reply> {
                           TRY(const auto id, request.id_param<OrderId>("order_id"));
                           TRY(const auto all, reviews_of_order(tx, call, id));
                           return review_page(tx, all, 0, true);
                         })
                  .giving(page_of_items(review_shape(true)))
                  .may_fail({Code::not_found}));
  r.push_back(read_route(Method::get, v1 + "/stores/{store_id}/reviews", "listStoreReviews",
                         "A store's reviews, newest first", Access::guest,
                         [](db::Tx& tx, const Call&, const Request& request) -> Result<Reply> {
                           TRY(const auto id, request.id_param<StoreId>("store_id"));
                           TRY(const auto page, page_of(request));
                           TRY_OK(org::find_store(tx, id));
                           const StarCounts stars = store::stars_of_store(tx, id);
                           return review_page(tx, store::of_store(tx, id, ReviewId{page.after}, page.limit), page.limit,
                                              false, &stars);
                         })
                  .asking(page_query())
                  .giving(page_with_summary())
                  .may_fail({Code::not_found}));
  r.push_back(read_route(Method::get, v1 + "/products/{product_id}/reviews", "listProductReviews",
                         "A product's reviews in all stores, newest first", Access::guest,
                         [](db::Tx& tx, const Call&, const Request& request) -> Result<Reply> {
                           TRY(const auto id, request.id_param<ProductId>("product_id"));
                           TRY(const auto page, page_of(request));
                           TRY_OK(catalog::find_product(tx, id));
                           const StarCounts stars = store::stars_of_product(tx, id);
                           return review_page(tx, store::of_product(tx, id, ReviewId{page.after}, page.limit),
                                              page.limit, false, &stars);
                         })
                  .asking(page_query())
                  .giving(page_with_summary())
                  .may_fail({Code::not_found}));
  r.push_back(read_route(Method::get, v1 + "/brands/{brand_id}/reviews", "listBrandReviews",
                         "All reviews at the brand, the hidden ones too, newest first", Access::staff,
                         [](db::Tx& tx, const Call& call, const Request& request) -> Result<Reply> {
                           TRY(const auto id, request.id_param<BrandId>("brand_id"));
                           TRY_OK(require_any_staff(call, id, kAnyStaff));
                           TRY(const auto page, page_of(request));
                           return review_page(
                               tx, store::of_brand(tx, id, call.caller.scope(id), ReviewId{page.after}, page.limit),
                               page.limit, true);
                         })
                  .asking(page_query())
                  .giving(page_of_items(review_shape(true)))
                  .may_fail({Code::forbidden}));
  r.push_back(write_route(Method::post, v1 + "/reviews/{review_id}/hide", "hideReview",
                          "Hide a review's words with a reason; its stars go on counting", Access::staff,
                          [](db::Tx& tx, const Call& call, const Request& request) -> Result<Reply> {
                            TRY(const auto id, request.id_param<ReviewId>("review_id"));
                            TRY(const auto v, hide_review(tx, call, id, get_text(request.value, "reason")));
                            return review_reply(tx, v, 200);
                          })
                  .taking({text("reason", 1, kMaxReason, "kept in the audit")})
                  .giving(review_shape(true))
                  .may_fail({Code::not_found, Code::forbidden, Code::conflict}));
  r.push_back(write_route(Method::post, v1 + "/reviews/{review_id}/show", "showReview", "Show it again", Access::staff,
                          [](db::Tx& tx, const Call& call, const Request& request) -> Result<Reply> {
                            TRY(const auto id, request.id_param<ReviewId>("review_id"));
                            TRY(const auto v, show_review(tx, call, id));
                            return review_reply(tx, v, 200);
                          })
                  .giving(review_shape(true))
                  .may_fail({Code::not_found, Code::forbidden, Code::conflict}));

  r.push_back(read_route(Method::get, v1 + "/stores/{store_id}/score", "getStoreScore",
                         "Score and level of a store, what each part came from, and the formula", Access::guest,
                         get_score)
                  .giving(score_shape())
                  .may_fail({Code::not_found}));
  r.push_back(read_route(Method::get, v1 + "/brands/{brand_id}/scores", "listScores",
                         "Score and level of every store, in order of their making", Access::staff, list_scores)
                  .asking(page_query())
                  .giving(page_of_items([] {
                    Shape row = standing_shape();
                    row.push_back(text("store_name", 0, 200));
                    row.push_back(text("host_name", 0, 200));
                    return row;
                  }()))
                  .may_fail({Code::forbidden}));
  r.push_back(read_route(Method::get, v1 + "/stores/{store_id}/score/left-out", "listLeftOut",
                         "Which lines do not count in the score, and why; for the host and staff", Access::login,
                         list_left_out)
                  .giving({list("items",
                                {id("order_id"), count("line"), integer("stars", 0, 5, "0: no review"),
                                 choice("why", {"own", "agent", "device", "refunded"}), text("says", 1, 200)},
                                0, kScoreOrders * 100)})
                  .may_fail({Code::not_found, Code::forbidden}));
  r.push_back(read_route(Method::get, v1 + "/stores/{store_id}/answer", "getStoreAnswer",
                         "In the room, one tap: my orders here, the store's level, the guarantee, the next broadcast",
                         Access::guest, get_answer)
                  .giving(answer_shape())
                  .may_fail({Code::not_found}));

  const auto following = [&](Method method, const char* name, const char* summary, auto function) {
    r.push_back(write_route(method, v1 + "/stores/{store_id}/follow", name, summary, Access::login,
                            [function](db::Tx& tx, const Call& call, const Request& request) -> Result<Reply> {
                              TRY(const auto id, request.id_param<StoreId>("store_id"));
                              TRY_OK(function(tx, call, id));
                              return Reply::none();
                            })
                    .answers(204)
                    .may_fail({Code::not_found, Code::conflict}));
  };
  following(Method::put, "followStore", "Follow a host", follow);
  following(Method::del, "unfollowStore", "No longer", unfollow);
  r.push_back(
      read_route(Method::get, v1 + "/me/follows", "listFollows", "Whom the caller follows", Access::login, list_follows)
          .asking(page_query())
          .giving(page_of_items(followed_shape())));

  r.push_back(read_route(Method::get, v1 + "/products/{product_id}/known-buyers", "getKnownBuyers",
                         "How many of the people the caller knows bought it; names only of who shows it", Access::login,
                         [](db::Tx& tx, const Call& call, const Request& request) -> Result<Reply> {
                           TRY_OK(require_login(call));
                           TRY(const auto id, request.id_param<ProductId>("product_id"));
                           TRY(const auto known, known_buyers(tx, call, id));
                           JsonWriter w;
                           w.begin().field("known", known.known).field("bought", known.bought).key("names");
                           w.begin_list();
                           for (const auto& name : known.names) w.value(name);
                           return Reply::json(w.end_list().end().take());
                         })
                  .giving({count("known", "people the caller is tied to at the brand"), count("bought"),
                           list_of("names", text("", 0, 300), 0, kMaxNames)})
                  .may_fail({Code::not_found}));
  r.push_back(read_route(Method::get, v1 + "/me/show-purchases", "getShowPurchases",
                         "Whether people who know the caller see their name beside what they bought", Access::login,
                         [](db::Tx& tx, const Call& call, const Request&) -> Result<Reply> {
                           TRY_OK(require_login(call));
                           return shows_reply(org::shows_purchases(tx, call.caller.person));
                         })
                  .giving({boolean("show")}));
  r.push_back(write_route(Method::put, v1 + "/me/show-purchases", "putShowPurchases", "Show it, or not", Access::login,
                          [](db::Tx& tx, const Call& call, const Request& request) -> Result<Reply> {
                            TRY_OK(require_login(call));
                            org::show_purchases(tx, call.caller.person, get_bool(request.value, "show"));
                            return shows_reply(get_bool(request.value, "show"));
                          })
                  .taking({boolean("show")})
                  .giving({boolean("show")}));

  const Shape guarantee_shape{text("text_zh", 0, kMaxGuarantee), text("text_en", 0, kMaxGuarantee),
                              count("version", "0: the brand gives none")};
  r.push_back(read_route(Method::get, v1 + "/brands/{brand_id}/guarantee", "getGuarantee", "What the brand guarantees",
                         Access::guest,
                         [](db::Tx& tx, const Call&, const Request& request) -> Result<Reply> {
                           TRY(const auto id, request.id_param<BrandId>("brand_id"));
                           TRY(const auto g, guarantee_of(tx, id));
                           return guarantee_reply(g);
                         })
                  .giving(guarantee_shape)
                  .may_fail({Code::not_found}));
  r.push_back(write_route(Method::put, v1 + "/brands/{brand_id}/guarantee", "putGuarantee", "Say what it guarantees",
                          Access::staff,
                          [](db::Tx& tx, const Call& call, const Request& request) -> Result<Reply> {
                            TRY(const auto id, request.id_param<BrandId>("brand_id"));
                            TRY(const auto g, put_guarantee(tx, call, id,
                                                            {get_text(request.value, "text_zh"),
                                                             get_text(request.value, "text_en"), 0}));
                            return guarantee_reply(g);
                          })
                  .taking({text("text_zh", 1, kMaxGuarantee), text("text_en", 1, kMaxGuarantee)})
                  .giving(guarantee_shape)
                  .may_fail({Code::not_found, Code::forbidden}));
  return r;
}

}  // namespace lianbo::trust
