#include "base/crypto.hpp"
#include "live/live_api.hpp"
#include "live/live_events.hpp"
#include "live/live_service.hpp"
#include "live/offers_service.hpp"
#include "org/org_service.hpp"

namespace lianbo::live {
namespace {

using db::Tx;
using net::Access;
using net::Method;
using net::read_route;
using net::Reply;
using net::Request;
using net::Route;
using net::write_route;
using namespace lianbo::shape;

constexpr int kShownBags = 50;

Shape page_of_items(Shape item) { return {list("items", std::move(item), 0, 200), nullable(id("next"))}; }
Shape page_query() {
  return {opt(text("limit", 1, 3, "1 to 200, default 50")),
          opt(text("after", 13, 13, "the `next` of the page before"))};
}
template <class Items, class Write>
Reply items_reply(const Items& items, Write&& write, std::int64_t next = 0) {
  JsonWriter w;
  w.begin_list();
  for (const auto& item : items) write(w, item);
  w.end_list();
  return Reply::json(net::page_json(w.text(), next));
}
template <class T, class Write>
Reply one_reply(const T& item, Write&& write, int status = 200) {
  JsonWriter w;
  write(w, item);
  return Reply::json(w.take(), status);
}

Shape flash_shape() {
  return {id("id"),
          id("broadcast_id"),
          id("product_id"),
          id("sku_id"),
          fen("price_fen"),
          count("units"),
          count("left"),
          count("media_ms", "of the broadcast, when it was opened"),
          instant("opened_at"),
          instant("ends_at"),
          nullable(instant("closed_at"))};
}

void flash_routes(net::Routes& r) {
  r.push_back(write_route(Method::post, "/api/v1/broadcasts/{broadcast_id}/flash", "openFlash",
                          "A flash price in this room: so many units, for so many seconds. The store's own people stay "
                          "within store.discount_max_bp",
                          Access::login,
                          [](Tx& tx, const Call& call, const Request& request) -> Result<Reply> {
                            TRY(const auto broadcast, request.id_param<BroadcastId>("broadcast_id"));
                            const auto& body = request.value;
                            const FlashWish wish{get_id<SkuId>(body, "sku_id"), get_int(body, "price_fen"),
                                                 get_int(body, "units"), get_int(body, "seconds")};
                            TRY(const auto flash, open_flash(tx, call, broadcast, wish));
                            return one_reply(flash, write_flash, 201);
                          })
                  .taking({id("sku_id"), price("price_fen"), integer("units", 1, kMaxFlashUnits),
                           integer("seconds", kMinFlashSeconds, kMaxFlashSeconds)})
                  .giving(flash_shape())
                  .answers(201)
                  .may_fail({Code::not_found, Code::broadcast_state_conflict, Code::not_on_shelf, Code::not_on_sale,
                             Code::over_store_limit, Code::sold_out, Code::conflict}));
  r.push_back(read_route(Method::get, "/api/v1/broadcasts/{broadcast_id}/flash", "listFlash",
                         "Flash prices of this broadcast, open and over, in order", Access::guest,
                         [](Tx& tx, const Call& call, const Request& request) -> Result<Reply> {
                           TRY(const auto broadcast, request.id_param<BroadcastId>("broadcast_id"));
                           TRY(const auto page, net::page_of(request));
                           TRY_OK(visible_broadcast(tx, call.caller, broadcast));
                           const auto all = flash_of(tx, broadcast, FlashId{page.after}, page.limit);
                           const bool full = static_cast<int>(all.size()) == page.limit;
                           return items_reply(all, write_flash, full ? all.back().id.value : 0);
                         })
                  .asking(page_query())
                  .giving(page_of_items(flash_shape()))
                  .may_fail({Code::not_found}));
  r.push_back(write_route(Method::post, "/api/v1/flash/{flash_id}/close", "closeFlash", "Ends a flash price now",
                          Access::login,
                          [](Tx& tx, const Call& call, const Request& request) -> Result<Reply> {
                            TRY(const auto flash_id, request.id_param<FlashId>("flash_id"));
                            TRY(const auto flash, close_flash(tx, call, flash_id));
                            return one_reply(flash, write_flash);
                          })
                  .giving(flash_shape())
                  .may_fail({Code::not_found}));
}

void coupon_routes(net::Routes& r) {
  const std::vector<Code> refused = {Code::not_found, Code::broadcast_state_conflict, Code::over_store_limit,
                                     Code::coupon_gone};
  r.push_back(
      write_route(Method::post, "/api/v1/broadcasts/{broadcast_id}/coupons", "giveRoomCoupon",
                  "So many coupons for who is in this room: claimed while it is on, good for orders placed in it",
                  Access::login,
                  [](Tx& tx, const Call& call, const Request& request) -> Result<Reply> {
                    TRY(const auto broadcast, request.id_param<BroadcastId>("broadcast_id"));
                    TRY(const auto c, give_room_coupon(tx, call, broadcast, catalog::coupon_wish(request.value)));
                    return one_reply(c, catalog::write_coupon, 201);
                  })
          .taking(catalog::coupon_wish_shape())
          .giving(catalog::coupon_shape())
          .answers(201)
          .may_fail(refused));
  r.push_back(write_route(Method::post, "/api/v1/broadcasts/{broadcast_id}/coupons/{coupon_id}/offer", "offerCoupon",
                          "Shows the room a coupon of the brand or of this store", Access::login,
                          [](Tx& tx, const Call& call, const Request& request) -> Result<Reply> {
                            TRY(const auto broadcast, request.id_param<BroadcastId>("broadcast_id"));
                            TRY(const auto coupon, request.id_param<CouponId>("coupon_id"));
                            TRY(const auto c, offer_coupon(tx, call, broadcast, coupon));
                            return one_reply(c, catalog::write_coupon);
                          })
                  .giving(catalog::coupon_shape())
                  .may_fail(refused));
  r.push_back(read_route(Method::get, "/api/v1/broadcasts/{broadcast_id}/coupons", "listRoomCoupons",
                         "Coupons shown in this room that are not over", Access::guest,
                         [](Tx& tx, const Call& call, const Request& request) -> Result<Reply> {
                           TRY(const auto broadcast, request.id_param<BroadcastId>("broadcast_id"));
                           TRY_OK(visible_broadcast(tx, call.caller, broadcast));
                           return items_reply(coupons_of_room(tx, broadcast, call.now), catalog::write_coupon);
                         })
                  .giving(page_of_items(catalog::coupon_shape()))
                  .may_fail({Code::not_found}));
}

Shape bag_shape() {
  return {id("id"),
          id("broadcast_id"),
          text("title", 1, kMaxBagText),
          text("prize", 0, kMaxBagText),
          nullable(id("coupon_id", "what winners get")),
          choice("rule", {"chat", "tap"}, "enter by writing the word in the room, or by a tap"),
          text("word", 0, kMaxBagText),
          count("winners"),
          text("commitment", 64, 64, "told when it opens: the seed is bound by it"),
          text("algorithm", 1, 40),
          count("media_ms"),
          instant("opened_at"),
          instant("draws_at"),
          nullable(instant("drawn_at")),
          nullable(instant("cancelled_at")),
          count("entrants", "in the draw; 0 until then")};
}
Shape bag_detail_shape() {
  Shape s = bag_shape();
  s.push_back(nullable(text("seed", 64, 64, "told with the draw")));
  s.push_back(list("winners_list", {id("person_id"), text("name", 0, 100, "masked")}, 0, kMaxWinners, "best first"));
  return s;
}

Result<Reply> show_bag(Tx& tx, const Call& call, const Request& request) {
  TRY(const auto bag_id, request.id_param<LuckyBagId>("bag_id"));
  TRY(const auto bag, find_bag(tx, bag_id));
  TRY_OK(visible_broadcast(tx, call.caller, bag.broadcast));
  JsonWriter own;
  write_bag(own, bag);
  std::string text = own.take();
  text.pop_back();
  JsonWriter w;
  w.raw(text).key("seed");
  if (bag.drawn_at != 0)
    w.value(to_hex(bag.seed));
  else
    w.null();
  w.key("winners_list").begin_list();
  for (const PersonId person : winners_of(tx, bag_id))
    w.begin().field("person_id", person).field("name", mask_name(org::person_name(tx, person))).end();
  w.end_list().end();
  return Reply::json(w.take());
}

void bag_routes(net::Routes& r) {
  r.push_back(write_route(Method::post, "/api/v1/broadcasts/{broadcast_id}/lucky-bags", "openLuckyBag",
                          "A lucky bag in this room, drawn by a seed that is committed to now and told with the draw",
                          Access::login,
                          [](Tx& tx, const Call& call, const Request& request) -> Result<Reply> {
                            TRY(const auto broadcast, request.id_param<BroadcastId>("broadcast_id"));
                            const auto& body = request.value;
                            BagWish wish;
                            wish.title = catalog::canonical_line(get_text(body, "title"));
                            wish.prize = catalog::canonical_line(get_text(body, "prize"));
                            wish.coupon = get_id<CouponId>(body, "coupon_id");
                            wish.rule = get_text(body, "rule") == "chat" ? BagRule::chat : BagRule::tap;
                            wish.word = catalog::canonical_line(get_text(body, "word"));
                            wish.winners = get_int(body, "winners");
                            wish.seconds = get_int(body, "seconds");
                            TRY(const auto bag, open_bag(tx, call, broadcast, wish));
                            return one_reply(bag, write_bag, 201);
                          })
                  .taking({text("title", 1, kMaxBagText), opt(text("prize", 0, kMaxBagText)),
                           opt(nullable(id("coupon_id", "a coupon whose giver is prize"))),
                           choice("rule", {"chat", "tap"}), opt(text("word", 0, kMaxBagText)),
                           integer("winners", 1, kMaxWinners), integer("seconds", kMinBagSeconds, kMaxBagSeconds)})
                  .giving(bag_shape())
                  .answers(201)
                  .may_fail({Code::not_found, Code::broadcast_state_conflict, Code::coupon_gone, Code::coupon_unusable,
                             Code::conflict}));
  r.push_back(read_route(Method::get, "/api/v1/broadcasts/{broadcast_id}/lucky-bags", "listLuckyBags",
                         "Lucky bags of this broadcast, newest first", Access::guest,
                         [](Tx& tx, const Call& call, const Request& request) -> Result<Reply> {
                           TRY(const auto broadcast, request.id_param<BroadcastId>("broadcast_id"));
                           TRY_OK(visible_broadcast(tx, call.caller, broadcast));
                           return items_reply(bags_of(tx, broadcast, kShownBags), write_bag);
                         })
                  .giving(page_of_items(bag_shape()))
                  .may_fail({Code::not_found}));
  r.push_back(read_route(Method::get, "/api/v1/lucky-bags/{bag_id}", "getLuckyBag",
                         "A lucky bag; once drawn, with seed and winners", Access::guest, show_bag)
                  .giving(bag_detail_shape())
                  .may_fail({Code::not_found}));
  r.push_back(read_route(Method::get, "/api/v1/lucky-bags/{bag_id}/proof", "getLuckyBagProof",
                         "Everything the draw was made from: lianbo luckybag verify recomputes it, and so can anybody",
                         Access::guest,
                         [](Tx& tx, const Call& call, const Request& request) -> Result<Reply> {
                           TRY(const auto bag_id, request.id_param<LuckyBagId>("bag_id"));
                           TRY(const auto bag, find_bag(tx, bag_id));
                           TRY_OK(visible_broadcast(tx, call.caller, bag.broadcast));
                           return Reply::json(bag_proof(bag, entrants_of(tx, bag_id), winners_of(tx, bag_id)));
                         })
                  .giving({text("algorithm", 1, 40), id("id"), text("commitment", 64, 64),
                           nullable(text("seed", 64, 64)), count("winners_wanted"), instant("opened_at"),
                           nullable(instant("drawn_at")), list_of("entrants", id(""), 0, 1'000'000, "sorted"),
                           list_of("winners", id(""), 0, kMaxWinners, "best first")})
                  .may_fail({Code::not_found}));
  r.push_back(write_route(Method::post, "/api/v1/lucky-bags/{bag_id}/entry", "enterLuckyBag",
                          "Enters a bag that is entered by a tap; again, it is the same entry", Access::login,
                          [](Tx& tx, const Call& call, const Request& request) -> Result<Reply> {
                            TRY(const auto bag_id, request.id_param<LuckyBagId>("bag_id"));
                            TRY_OK(enter_bag(tx, call, bag_id));
                            return Reply::none();
                          })
                  .answers(204)
                  .may_fail({Code::not_found, Code::offer_closed, Code::broadcast_state_conflict, Code::forbidden}));
  r.push_back(write_route(Method::post, "/api/v1/lucky-bags/{bag_id}/cancel", "cancelLuckyBag",
                          "Takes a bag back before its time", Access::login,
                          [](Tx& tx, const Call& call, const Request& request) -> Result<Reply> {
                            TRY(const auto bag_id, request.id_param<LuckyBagId>("bag_id"));
                            TRY(const auto bag, cancel_bag(tx, call, bag_id));
                            return one_reply(bag, write_bag);
                          })
                  .giving(bag_shape())
                  .may_fail({Code::not_found, Code::offer_closed}));
}

Shape held_shape() {
  return {id("id"),
          id("person_id"),
          text("name", 0, 200),
          text("text", 1, kMaxChat),
          text("word", 1, 64, "the forbidden word"),
          choice("state", {"held", "released", "rejected"}),
          count("media_ms"),
          instant("at")};
}

void held_routes(net::Routes& r) {
  r.push_back(read_route(Method::get, "/api/v1/broadcasts/{broadcast_id}/held-chat", "listHeldChat",
                         "Lines that wait for the room's crew because of a forbidden word, oldest first", Access::login,
                         [](Tx& tx, const Call& call, const Request& request) -> Result<Reply> {
                           TRY(const auto broadcast, request.id_param<BroadcastId>("broadcast_id"));
                           TRY(const auto page, net::page_of(request));
                           TRY(const auto all, held_chat(tx, call, broadcast, ChatId{page.after}, page.limit));
                           const bool full = static_cast<int>(all.size()) == page.limit;
                           return items_reply(all, write_held, full ? all.back().id.value : 0);
                         })
                  .asking(page_query())
                  .giving(page_of_items(held_shape()))
                  .may_fail({Code::not_found, Code::forbidden}));
  for (const auto& [verb, name, summary, release] :
       {std::tuple{"release", "releaseHeldChat", "Tells the room a line that was held", true},
        std::tuple{"reject", "rejectHeldChat", "Keeps it from the room; its sender is told", false}})
    r.push_back(write_route(Method::post, std::string("/api/v1/broadcasts/{broadcast_id}/held-chat/{chat_id}/") + verb,
                            name, summary, Access::login,
                            [release = release](Tx& tx, const Call& call, const Request& request) -> Result<Reply> {
                              TRY(const auto broadcast, request.id_param<BroadcastId>("broadcast_id"));
                              TRY(const auto chat, request.id_param<ChatId>("chat_id"));
                              TRY(const auto line, decide_held(tx, call, broadcast, chat, release));
                              return one_reply(line, write_held);
                            })
                    .giving(held_shape())
                    .may_fail({Code::not_found, Code::forbidden, Code::conflict}));
}

}  // namespace

void add_offer_routes(net::Routes& routes) {
  flash_routes(routes);
  coupon_routes(routes);
  bag_routes(routes);
  held_routes(routes);
}

}  // namespace lianbo::live
