#include "live/live_api.hpp"

#include <algorithm>
#include <utility>

#include "catalog/catalog_service.hpp"
#include "db/gather.hpp"
#include "live/hall.hpp"
#include "live/live_events.hpp"
#include "live/live_service.hpp"
#include "org/org_service.hpp"

namespace lianbo::live {
namespace {

using net::Access;
using net::Method;
using net::Reply;
using net::Request;

constexpr std::int64_t kMaxExposures = 200;
constexpr std::int64_t kMaxClicks = 50;
constexpr std::int64_t kMaxCount = 9'007'199'254'740'991;

Shape broadcast_shape() {
  using namespace shape;
  return {id("id"),
          id("brand_id"),
          id("store_id"),
          text("title", 1, kMaxTitle),
          choice("state", {"scheduled", "live", "ended", "cancelled"}),
          instant("scheduled_at"),
          nullable(instant("started_at")),
          nullable(instant("ended_at", "also when it was cancelled")),
          count("likes"),
          count("enters", "how often somebody entered"),
          count("peak_viewers"),
          choice("audience", {"public", "rehearsal"}, "a rehearsal is for its crew and the brand's staff only"),
          boolean("ai_presenter",
                  "who is shown is, or was at some time of it, made by AI: to be labelled wherever it plays"),
          text("ended_why", 0, 20,
               "suspended, left: its agent was; lost: its picture never came back; empty: its crew or staff said so"),
          object("picture",
                 {choice("state", {"none", "on", "cut", "over"}, "cut: the host is reconnecting; over: a replay"),
                  text("stream", 0, 64, "its name in the addresses that getSite gives"),
                  nullable(instant("first_frame_at", "media time 0")),
                  nullable(instant("cut_at", "since when no frames come")),
                  nullable(id("of", "simulcast: the broadcast whose picture it carries"))})};
}
Shape with(Shape base, Shape more) {
  base.insert(base.end(), more.begin(), more.end());
  return base;
}
Shape pin_shape() {
  using namespace shape;
  return {id("id"),
          id("broadcast_id"),
          id("product_id"),
          instant("opened_at"),
          count("media_open_ms", "milliseconds since the broadcast's start"),
          nullable(instant("closed_at", "null: open")),
          nullable(count("media_close_ms"))};
}
Shape detail_shape() {
  using namespace shape;
  return with(broadcast_shape(),
              {text("store_name", 0, 200), text("host_name", 0, 200, "the agent whose store it is"),
               count("viewers", "in the room right now"), count("reservations"), boolean("reserved", "by the caller"),
               object("promises", {count("kept"), count("due")}),
               list_of("product_ids", id(""), 0, kMaxShelf, "the shelf, in order"),
               nullable(object("pin", pin_shape(), "the open one"))});
}
Shape chat_shape() {
  using namespace shape;
  return {id("id"), id("person_id"), text("name", 0, 200), text("text", 1, kMaxChat), count("media_ms"), instant("at")};
}
Shape page_shape(Shape item) {
  return {shape::list("items", std::move(item), 0, 200), shape::nullable(shape::id("next"))};
}
Shape page_query() {
  return {shape::opt(shape::text("limit", 1, 3, "1 to 200, default 50")),
          shape::opt(shape::text("after", 13, 13, "the id of the last item seen"))};
}

Reply broadcast_reply(const Broadcast& b, int status = 200) {
  JsonWriter w;
  write_broadcast(w, b);
  return Reply::json(w.take(), status);
}
Reply pin_reply(const Pin& pin) {
  JsonWriter w;
  write_pin(w, pin);
  return Reply::json(w.take());
}
// A broadcast's own members, its closing brace left open for more.
void open_broadcast(JsonWriter& w, const Broadcast& b) {
  JsonWriter own;
  write_broadcast(own, b);
  std::string text = own.take();
  text.pop_back();
  w.raw(text);
}

std::vector<ProductId> product_ids(const json::value& body) {
  std::vector<ProductId> out;
  for (const auto& item : get_list(body, "product_ids"))
    out.push_back(ProductId::parse(item.get_string()).value_or(ProductId{}));
  return out;
}

template <class Items, class Write>
Reply page_reply(const Items& items, int limit, Write&& write) {
  JsonWriter w;
  w.begin_list();
  for (const auto& item : items) write(w, item);
  w.end_list();
  const bool full = static_cast<int>(items.size()) == limit;
  return Reply::json(net::page_json(w.text(), full ? items.back().id.value : 0));
}

constexpr int kRoomsSelling = 50;

class LiveApi {
 public:
  explicit LiveApi(LiveDeps deps) : deps_(std::move(deps)) {}

  std::int64_t viewers(BroadcastId id) const { return deps_.viewers_of ? deps_.viewers_of(id) : 0; }

  Status names(db::Tx& tx, JsonWriter& w, StoreId store) const {
    TRY(const auto owner, org::store_owner(tx, store));
    w.field("store_name", owner.store.name).field("host_name", owner.agent.name);
    return {};
  }

  Result<Reply> show(db::Tx& tx, const Call& call, BroadcastId id) const {
    TRY(const auto b, visible_broadcast(tx, call.caller, id));
    JsonWriter w;
    open_broadcast(w, b);
    TRY_OK(names(tx, w, b.store));
    w.field("viewers", viewers(id)).field("reservations", reservations_of(tx, id));
    w.field("reserved", is_reserved(tx, id, call.caller.person));
    const Promises promises = promises_of(tx, b.store, call.now);
    w.key("promises").begin().field("kept", promises.kept).field("due", promises.due).end();
    w.key("product_ids").begin_list();
    for (const ProductId product : shelf_of(tx, id)) w.value(product);
    w.end_list().key("pin");
    if (const auto pin = open_pin(tx, id))
      write_pin(w, *pin);
    else
      w.null();
    w.end();
    return Reply::json(w.take());
  }

  void hall_list(db::Tx& tx, JsonWriter& w, PersonId caller, std::string_view name, const std::vector<Broadcast>& items,
                 const HallFacts& facts) const {
    w.key(name).begin_list();
    for (const Broadcast& b : items) {
      if (!write_hall_item(w, b, facts)) continue;
      const bool reserved = b.state == BroadcastState::scheduled && is_reserved(tx, b.id, caller);
      w.field("viewers", viewers(b.id)).field("reserved", reserved).end();
    }
    w.end_list();
  }

  Result<Reply> selling(db::Tx& tx, const Call& call, ProductId id) const {
    TRY(const auto product, catalog::find_product(tx, id));
    const Hall found{rooms_selling(tx, product.brand, id, kRoomsSelling), {}, {}};
    JsonWriter w;
    w.begin();
    hall_list(tx, w, call.caller.person, "items", found.on_air, hall_facts(tx, found));
    return Reply::json(w.end().take());
  }

  // The fullest rooms first; who is equal, the newest.
  Result<Reply> hall(db::Tx& tx, const Call& call, BrandId brand) const {
    TRY_OK(org::find_brand(tx, brand));
    Hall found = hall_of(tx, brand, call.now);
    std::vector<std::pair<std::int64_t, Broadcast>> ranked;
    for (Broadcast& b : found.on_air) ranked.emplace_back(viewers(b.id), std::move(b));
    std::stable_sort(ranked.begin(), ranked.end(), [](const auto& a, const auto& b) { return a.first > b.first; });
    found.on_air.clear();
    for (auto& [n, b] : ranked) found.on_air.push_back(std::move(b));
    const HallFacts facts = hall_facts(tx, found);
    JsonWriter w;
    w.begin();
    hall_list(tx, w, call.caller.person, "on_air", found.on_air, facts);
    hall_list(tx, w, call.caller.person, "next_up", found.next_up, facts);
    hall_list(tx, w, call.caller.person, "ended", found.ended, facts);
    w.end();
    return Reply::json(w.take());
  }

 private:
  LiveDeps deps_;
};

Result<Reply> scheduled_reply(const Scheduled& s, int status) {
  JsonWriter w;
  open_broadcast(w, s.broadcast);
  w.field("stream_key", s.stream_key).end();
  return Reply::json(w.take(), status);
}

std::vector<Exposure> exposures_in(const net::Request& request) {
  std::vector<Exposure> out;
  const auto& items = get_list(request.value, "items");
  out.reserve(items.size());
  for (const auto& item : items)
    out.push_back({get_text(item, "kind"), parse_id_text(get_text(item, "id")).value_or(0)});
  return out;
}
net::Reply exposures_reply(const Counted& counted) {
  JsonWriter w;
  w.begin().field("counted", counted.fresh).key("left_out").begin_list();
  for (const Exposure& item : counted.left_out)
    w.begin().field("kind", item.kind).field("id", id_text(item.item)).end();
  w.end_list().end();
  return net::Reply::json(w.take());
}

}  // namespace

std::function<void(const Call&, const net::Request&, std::function<void(Result<net::Reply>)>)> gather_exposures(
    db::Database& db, ClipsShown clips_shown) {
  constexpr std::size_t kTogether = 20'000;  // exposures of one body: some 30 ms of the writer
  const auto gather = std::make_shared<db::Gather<Beacon, Counted>>(
      db, kTogether,
      [shown = std::move(clips_shown)](db::Tx& tx, std::span<const Beacon> beacons) -> Result<std::vector<Counted>> {
        return record_told_exposures(tx, beacons, shown);
      });
  return [gather](const Call& call, const net::Request& request, std::function<void(Result<net::Reply>)> answer) {
    const PersonId person = call.caller.person;
    Beacon beacon{call.bucket(person), person, call.now, exposures_in(request)};
    const std::size_t n = beacon.items.size();
    gather->add(std::move(beacon), n, [answer = std::move(answer)](Result<Counted> counted) {
      if (!counted) return answer(fail(counted.error()));
      answer(exposures_reply(*counted));
    });
  };
}

Shape hall_item_shape() {
  using namespace shape;
  return with(broadcast_shape(), {text("store_name", 0, 200), text("host_name", 0, 200), count("reservations"),
                                  nullable(object("explaining",
                                                  {id("product_id"), text("title", 0, 500), text("image_url", 0, 2000),
                                                   count("price_fen", "of the cheapest SKU")},
                                                  "what is being explained right now")),
                                  count("viewers", "in the room right now"),
                                  boolean("reserved", "by the caller; only while it is scheduled")});
}

net::Routes live_routes(LiveDeps deps) {
  using namespace net;
  const auto clicked = deps.clicked;
  const auto clips_shown = deps.clips_shown;
  const auto api = std::make_shared<LiveApi>(std::move(deps));
  const Shape product_list{shape::list_of("product_ids", shape::id(""), 0, kMaxShelf, "the shelf, in order")};
  const Shape keyed = with(broadcast_shape(), {shape::text("stream_key", 32, 32, "shown here and never again")});
  const Shape keyed_once = with(
      broadcast_shape(), {shape::nullable(shape::text("stream_key", 32, 32, "shown once; null in a repeated answer"))});
  Routes routes;

  routes.push_back(
      write_route(Method::post, "/api/v1/stores/{store_id}/broadcasts", "scheduleBroadcast", "Schedule a broadcast",
                  Access::login,
                  [](db::Tx& tx, const Call& call, const Request& request) -> Result<Reply> {
                    TRY(const auto store, request.id_param<StoreId>("store_id"));
                    const NewBroadcast wish{
                        get_text(request.value, "title"), get_instant(request.value, "scheduled_at"),
                        product_ids(request.value),
                        parse_audience(get_text(request.value, "audience")).value_or(Audience::everybody),
                        get_bool(request.value, "ai_presenter")};
                    TRY(const auto scheduled, schedule_broadcast(tx, call, store, wish));
                    return scheduled_reply(scheduled, 201);
                  })
          .taking({shape::text("title", 1, kMaxTitle), shape::instant("scheduled_at"),
                   shape::opt(shape::list_of("product_ids", shape::id(""), 0, kMaxShelf, "the shelf, in order")),
                   shape::opt(shape::choice("audience", {"public", "rehearsal"}, "default public")),
                   shape::opt(shape::boolean("ai_presenter", "who is shown is made by AI; default false"))})
          .giving(keyed_once)
          .telling_once({"stream_key"})
          .answers(201)
          .may_fail({Code::not_found, Code::forbidden, Code::agent_not_active, Code::conflict}));

  Route renew =
      write_route(Method::post, "/api/v1/broadcasts/{broadcast_id}/stream-key", "renewStreamKey",
                  "A new stream key; the old one is void, and who publishes with it cut off", Access::login,
                  [](db::Tx& tx, const Call& call, const Request& request) -> Result<Reply> {
                    TRY(const auto id, request.id_param<BroadcastId>("broadcast_id"));
                    TRY(const auto scheduled, renew_stream_key(tx, call, id, get_bool(request.value, "keep_picture")));
                    return scheduled_reply(scheduled, 200);
                  })
          .taking({shape::opt(shape::boolean(
              "keep_picture", "who publishes goes on, and the old key is good until the new one is used"))})
          .giving(keyed)
          .may_fail({Code::not_found, Code::forbidden, Code::broadcast_state_conflict});
  renew.idempotent = false;  // asked again it gives another key; kept replies must not hold keys without need
  routes.push_back(std::move(renew));

  routes.push_back(read_route(Method::get, "/api/v1/stores/{store_id}/broadcasts", "listBroadcasts",
                              "A store's broadcasts, newest first", Access::guest,
                              [](db::Tx& tx, const Call& call, const Request& request) -> Result<Reply> {
                                TRY(const auto store, request.id_param<StoreId>("store_id"));
                                TRY(const auto page, page_of(request));
                                TRY(const auto shop, org::find_store(tx, store));
                                const bool rehearsals = sees_rehearsals(tx, call.caller, shop.brand, store);
                                return page_reply(
                                    broadcasts_of(tx, store, rehearsals, BroadcastId{page.after}, page.limit),
                                    page.limit, write_broadcast);
                              })
                       .asking(page_query())
                       .giving(page_shape(broadcast_shape()))
                       .may_fail({Code::not_found}));

  routes.push_back(read_route(Method::get, "/api/v1/broadcasts/{broadcast_id}", "getBroadcast",
                              "A broadcast, its shelf and its open pin", Access::guest,
                              [api](db::Tx& tx, const Call& call, const Request& request) -> Result<Reply> {
                                TRY(const auto id, request.id_param<BroadcastId>("broadcast_id"));
                                return api->show(tx, call, id);
                              })
                       .giving(detail_shape())
                       .may_fail({Code::not_found}));

  routes.push_back(
      write_route(
          Method::patch, "/api/v1/broadcasts/{broadcast_id}", "changeBroadcast",
          "Another title, another time as long as the old one has not come, or the label of a presenter made by AI",
          Access::login,
          [](db::Tx& tx, const Call& call, const Request& request) -> Result<Reply> {
            TRY(const auto id, request.id_param<BroadcastId>("broadcast_id"));
            BroadcastPatch patch;
            if (has(request.value, "title")) patch.title = get_text(request.value, "title");
            if (has(request.value, "scheduled_at")) patch.scheduled_at = get_instant(request.value, "scheduled_at");
            if (has(request.value, "ai_presenter")) patch.ai_presenter = get_bool(request.value, "ai_presenter");
            TRY(const auto b, change_broadcast(tx, call, id, patch));
            return broadcast_reply(b);
          })
          .taking({shape::opt(shape::text("title", 1, kMaxTitle)), shape::opt(shape::instant("scheduled_at")),
                   shape::opt(shape::boolean("ai_presenter", "taken back only before it has begun"))})
          .giving(broadcast_shape())
          .may_fail({Code::not_found, Code::forbidden, Code::broadcast_state_conflict}));

  routes.push_back(
      read_route(Method::get, "/api/v1/broadcasts/{broadcast_id}/notes", "listNotes",
                 "Talking points of what is on the shelf; for the host and the room's assistants", Access::login,
                 [](db::Tx& tx, const Call& call, const Request& request) -> Result<Reply> {
                   TRY(const auto id, request.id_param<BroadcastId>("broadcast_id"));
                   TRY(const auto notes, notes_of(tx, call, id));
                   JsonWriter w;
                   w.begin().key("items").begin_list();
                   for (const ShelfNote& note : notes)
                     w.begin().field("product_id", note.product).field("text", note.text).end();
                   return Reply::json(w.end_list().end().take());
                 })
          .giving({shape::list("items", {shape::id("product_id"), shape::text("text", 1, kMaxNote)}, 0, kMaxShelf)})
          .may_fail({Code::not_found, Code::forbidden}));
  routes.push_back(
      write_route(Method::put, "/api/v1/broadcasts/{broadcast_id}/notes/{product_id}", "putNote",
                  "What to say about a product on the shelf; empty takes it away", Access::login,
                  [](db::Tx& tx, const Call& call, const Request& request) -> Result<Reply> {
                    TRY(const auto id, request.id_param<BroadcastId>("broadcast_id"));
                    TRY(const auto product, request.id_param<ProductId>("product_id"));
                    TRY_OK(set_note(tx, call, id, product, get_text(request.value, "text")));
                    return Reply::none();
                  })
          .taking({shape::text("text", 0, kMaxNote)})
          .answers(204)
          .may_fail({Code::not_found, Code::forbidden, Code::broadcast_state_conflict, Code::not_on_shelf}));

  routes.push_back(write_route(Method::put, "/api/v1/broadcasts/{broadcast_id}/shelf", "setShelf",
                               "Replace the shelf; the pin of a product that leaves it is closed", Access::login,
                               [](db::Tx& tx, const Call& call, const Request& request) -> Result<Reply> {
                                 TRY(const auto id, request.id_param<BroadcastId>("broadcast_id"));
                                 TRY_OK(set_shelf(tx, call, id, product_ids(request.value)));
                                 return Reply::none();
                               })
                       .taking(product_list)
                       .answers(204)
                       .may_fail({Code::not_found, Code::forbidden, Code::broadcast_state_conflict}));

  const auto change = [&](const char* verb, const char* name, const char* summary, auto function,
                          std::vector<Code> errors) {
    errors.insert(errors.end(), {Code::not_found, Code::forbidden, Code::broadcast_state_conflict});
    routes.push_back(write_route(Method::post, std::string("/api/v1/broadcasts/{broadcast_id}/") + verb, name, summary,
                                 Access::login,
                                 [function](db::Tx& tx, const Call& call, const Request& request) -> Result<Reply> {
                                   TRY(const auto id, request.id_param<BroadcastId>("broadcast_id"));
                                   TRY(const auto b, function(tx, call, id));
                                   return broadcast_reply(b);
                                 })
                         .giving(broadcast_shape())
                         .may_fail(std::move(errors)));
  };
  change("start", "startBroadcast", "Go live", start_broadcast,
         {Code::already_live, Code::agent_not_active, Code::training_incomplete});
  change("end", "endBroadcast", "End a live broadcast; its open pin is closed", end_broadcast, {});
  change("cancel", "cancelBroadcast", "Cancel a scheduled broadcast", cancel_broadcast, {});

  routes.push_back(
      write_route(Method::post, "/api/v1/broadcasts/{broadcast_id}/pins", "openPin",
                  "Open a product's pin; the one that is open is closed", Access::login,
                  [](db::Tx& tx, const Call& call, const Request& request) -> Result<Reply> {
                    TRY(const auto id, request.id_param<BroadcastId>("broadcast_id"));
                    TRY(const auto pin, pin_product(tx, call, id, get_id<ProductId>(request.value, "product_id")));
                    return pin_reply(pin);
                  })
          .taking({shape::id("product_id")})
          .giving(pin_shape())
          .may_fail({Code::not_found, Code::forbidden, Code::broadcast_state_conflict, Code::not_on_shelf}));

  routes.push_back(write_route(Method::del, "/api/v1/broadcasts/{broadcast_id}/pins/open", "closePin",
                               "Close the open pin, if there is one", Access::login,
                               [](db::Tx& tx, const Call& call, const Request& request) -> Result<Reply> {
                                 TRY(const auto id, request.id_param<BroadcastId>("broadcast_id"));
                                 TRY_OK(unpin(tx, call, id));
                                 return Reply::none();
                               })
                       .answers(204)
                       .may_fail({Code::not_found, Code::forbidden, Code::broadcast_state_conflict}));

  routes.push_back(read_route(Method::get, "/api/v1/broadcasts/{broadcast_id}/pins", "listPins",
                              "What was explained when, in order", Access::guest,
                              [](db::Tx& tx, const Call& call, const Request& request) -> Result<Reply> {
                                TRY(const auto id, request.id_param<BroadcastId>("broadcast_id"));
                                TRY(const auto page, page_of(request));
                                TRY_OK(visible_broadcast(tx, call.caller, id));
                                return page_reply(pins_of(tx, id, PinId{page.after}, page.limit), page.limit,
                                                  write_pin);
                              })
                       .asking(page_query())
                       .giving(page_shape(pin_shape()))
                       .may_fail({Code::not_found}));

  const Shape hall_items = hall_item_shape();
  routes.push_back(read_route(Method::get, "/api/v1/brands/{brand_id}/hall", "getHall",
                              "The live hall: on air, next up, ended", Access::guest,
                              [api](db::Tx& tx, const Call& call, const Request& request) -> Result<Reply> {
                                TRY(const auto brand, request.id_param<BrandId>("brand_id"));
                                return api->hall(tx, call, brand);
                              })
                       .giving({shape::list("on_air", hall_items, 0, kHallOnAir, "the fullest rooms first"),
                                shape::list("next_up", hall_items, 0, kHallNext, "the next first"),
                                shape::list("ended", hall_items, 0, kHallEnded, "the newest first")})
                       .may_fail({Code::not_found}));

  routes.push_back(read_route(Method::get, "/api/v1/products/{product_id}/rooms", "listRoomsSelling",
                              "Rooms on air that sell a product, the newest first", Access::guest,
                              [api](db::Tx& tx, const Call& call, const Request& request) -> Result<Reply> {
                                TRY(const auto product, request.id_param<ProductId>("product_id"));
                                return api->selling(tx, call, product);
                              })
                       .giving({shape::list("items", hall_items, 0, kRoomsSelling)})
                       .may_fail({Code::not_found}));

  const auto reservation = [&](Method method, const char* name, const char* summary, auto function) {
    routes.push_back(write_route(method, "/api/v1/broadcasts/{broadcast_id}/reservation", name, summary, Access::login,
                                 [function](db::Tx& tx, const Call& call, const Request& request) -> Result<Reply> {
                                   TRY(const auto id, request.id_param<BroadcastId>("broadcast_id"));
                                   TRY_OK(function(tx, call, id));
                                   return Reply::none();
                                 })
                         .answers(204)
                         .may_fail({Code::not_found, Code::broadcast_state_conflict}));
  };
  reservation(Method::post, "reserveBroadcast", "Remind me of this broadcast", reserve);
  reservation(Method::del, "unreserveBroadcast", "Don't remind me", unreserve);

  routes.push_back(
      write_route(Method::post, "/api/v1/reminders/take", "takeReminders",
                  "Broadcasts the caller reserved that have just begun; each is given once", Access::login,
                  [api](db::Tx& tx, const Call& call, const Request&) -> Result<Reply> {
                    TRY(const auto due, take_reminders(tx, call));
                    JsonWriter w;
                    w.begin().key("items").begin_list();
                    for (const Broadcast& b : due) {
                      w.begin().field("broadcast_id", b.id).field("brand_id", b.brand).field("title", b.title);
                      TRY_OK(api->names(tx, w, b.store));
                      w.field_at("started_at", b.started_at).end();
                    }
                    return Reply::json(w.end_list().end().take());
                  })
          .giving({shape::list(
              "items",
              {shape::id("broadcast_id"), shape::id("brand_id"), shape::text("title", 0, 200),
               shape::text("store_name", 0, 200), shape::text("host_name", 0, 200), shape::instant("started_at")},
              0, 1000)}));

  routes.push_back(write_route(Method::post, "/api/v1/broadcasts/{broadcast_id}/marks", "markPerson",
                               "Mute or ban a person in this room, or lift it", Access::login,
                               [](db::Tx& tx, const Call& call, const Request& request) -> Result<Reply> {
                                 TRY(const auto id, request.id_param<BroadcastId>("broadcast_id"));
                                 TRY_OK(mark_person(tx, call, id, get_id<PersonId>(request.value, "person_id"),
                                                    parse_mark(get_text(request.value, "mark")).value_or(Mark::none),
                                                    get_int(request.value, "minutes")));
                                 return Reply::none();
                               })
                       .taking({shape::id("person_id"), shape::choice("mark", {"none", "muted", "banned"}),
                                shape::opt(shape::integer("minutes", 0, kMaxCount, "0, or absent: for good"))})
                       .answers(204)
                       .may_fail({Code::not_found, Code::forbidden}));

  routes.push_back(read_route(Method::get, "/api/v1/broadcasts/{broadcast_id}/marks", "listMarks",
                              "Who is muted or banned in this room; for the host and the room's assistants",
                              Access::login,
                              [](db::Tx& tx, const Call& call, const Request& request) -> Result<Reply> {
                                TRY(const auto id, request.id_param<BroadcastId>("broadcast_id"));
                                TRY(const auto marks, marks_of(tx, call, id));
                                JsonWriter w;
                                w.begin().key("items").begin_list();
                                for (const MarkedPerson& one : marks) {
                                  w.begin().field("person_id", one.person).field("name", one.name);
                                  w.field("mark", mark_name(one.mark.mark)).field_at("at", one.at);
                                  w.field_at("until_at", one.mark.until_at == kForever ? 0 : one.mark.until_at).end();
                                }
                                return Reply::json(w.end_list().end().take());
                              })
                       .giving({shape::list("items",
                                            {shape::id("person_id"), shape::text("name", 0, 200),
                                             shape::choice("mark", {"muted", "banned"}), shape::instant("at"),
                                             shape::nullable(shape::instant("until_at", "null: for good"))},
                                            0, 200)})
                       .may_fail({Code::not_found, Code::forbidden}));

  routes.push_back(read_route(Method::get, "/api/v1/broadcasts/{broadcast_id}/chat", "listChat",
                              "What was written in the room, in order", Access::guest,
                              [](db::Tx& tx, const Call& call, const Request& request) -> Result<Reply> {
                                TRY(const auto id, request.id_param<BroadcastId>("broadcast_id"));
                                TRY(const auto page, page_of(request));
                                TRY_OK(visible_broadcast(tx, call.caller, id));
                                return page_reply(chat_of(tx, id, ChatId{page.after}, page.limit), page.limit,
                                                  write_chat);
                              })
                       .asking(page_query())
                       .giving(page_shape(chat_shape()))
                       .may_fail({Code::not_found}));

  const Shape assistant_shape{shape::id("person_id"), shape::text("name", 0, 200), shape::instant("at")};
  const auto write_assistant = [](JsonWriter& w, const Assistant& one) {
    w.begin().field("person_id", one.person).field("name", one.name).field_at("at", one.at).end();
  };
  routes.push_back(read_route(Method::get, "/api/v1/stores/{store_id}/assistants", "listAssistants",
                              "Who may pin, mute and ban in this store's rooms", Access::login,
                              [write_assistant](db::Tx& tx, const Call& call, const Request& request) -> Result<Reply> {
                                TRY(const auto store, request.id_param<StoreId>("store_id"));
                                TRY(const auto assistants, assistants_of(tx, call, store));
                                JsonWriter w;
                                w.begin().key("items").begin_list();
                                for (const Assistant& one : assistants) write_assistant(w, one);
                                return Reply::json(w.end_list().end().take());
                              })
                       .giving({shape::list("items", assistant_shape, 0, 100)})
                       .may_fail({Code::not_found, Code::forbidden}));
  routes.push_back(
      write_route(Method::post, "/api/v1/stores/{store_id}/assistants", "addAssistantByLogin",
                  "The same, by the login the person told the host", Access::login,
                  [write_assistant](db::Tx& tx, const Call& call, const Request& request) -> Result<Reply> {
                    TRY(const auto store, request.id_param<StoreId>("store_id"));
                    TRY(const auto one, add_assistant_by_login(tx, call, store, get_text(request.value, "login")));
                    JsonWriter w;
                    write_assistant(w, one);
                    return Reply::json(w.take(), 201);
                  })
          .taking({shape::text("login", 2, 64)})
          .giving(assistant_shape)
          .answers(201)
          .may_fail({Code::not_found, Code::forbidden, Code::conflict}));
  const auto assistant = [&](Method method, const char* name, const char* summary, auto function) {
    routes.push_back(write_route(method, "/api/v1/stores/{store_id}/assistants/{person_id}", name, summary,
                                 Access::login,
                                 [function](db::Tx& tx, const Call& call, const Request& request) -> Result<Reply> {
                                   TRY(const auto store, request.id_param<StoreId>("store_id"));
                                   TRY(const auto person, request.id_param<PersonId>("person_id"));
                                   TRY_OK(function(tx, call, store, person));
                                   return Reply::none();
                                 })
                         .answers(204)
                         .may_fail({Code::not_found, Code::forbidden, Code::conflict}));
  };
  assistant(Method::put, "addAssistant", "Let a person pin, mute and ban in this store's rooms", add_assistant);
  assistant(Method::del, "removeAssistant", "Take that away", remove_assistant);

  Route beacon =
      write_route(Method::post, "/api/v1/exposures", "recordExposures",
                  "What was shown to the caller; each counts once, of what the public is shown", Access::guest,
                  [clips_shown](db::Tx& tx, const Call& call, const Request& request) -> Result<Reply> {
                    const PersonId person = call.caller.person;
                    const Beacon told{call.bucket(person), person, call.now, exposures_in(request)};
                    return exposures_reply(record_told_exposures(tx, std::span(&told, 1), clips_shown).front());
                  })
          .taking({shape::list("items", {shape::choice("kind", {"broadcast", "product", "clip"}), shape::id("id")}, 1,
                               kMaxExposures)})
          .giving({shape::count("counted", "how many were new"),
                   shape::list("left_out", {shape::text("kind", 1, 20), shape::id("id")}, 0, kMaxExposures)});
  beacon.idempotent = false;  // it is by nature; a key would cost more than the rows
  routes.push_back(std::move(beacon));

  Route clicks =
      write_route(Method::post, "/api/v1/clicks", "recordClicks",
                  "The caller opened a product's card; each product counts once a room", Access::guest,
                  [clicked](db::Tx& tx, const Call& call, const Request& request) -> Result<Reply> {
                    std::vector<Click> wish;
                    for (const auto& item : get_list(request.value, "items"))
                      wish.push_back({get_id<StoreId>(item, "store_id"), get_id<ProductId>(item, "product_id"),
                                      get_id<BroadcastId>(item, "broadcast_id"), get_id<ShareId>(item, "share_id")});
                    const std::int64_t counted = record_clicks(tx, call, wish);
                    if (clicked) clicked(tx, call, wish);
                    return Reply::json(JsonWriter().begin().field("counted", counted).end().take());
                  })
          .taking({shape::list("items",
                               {shape::id("store_id"), shape::id("product_id"),
                                shape::nullable(shape::id("broadcast_id", "the room; null: outside of one")),
                                shape::nullable(shape::id("share_id", "the share the caller came through"))},
                               1, kMaxClicks)})
          .giving({shape::count("counted", "how many were new")});
  clicks.idempotent = false;
  routes.push_back(std::move(clicks));
  add_offer_routes(routes);
  return routes;
}

}  // namespace lianbo::live
