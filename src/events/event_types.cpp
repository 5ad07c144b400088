#include "events/event_types.hpp"

#include <algorithm>
#include <boost/json/serialize.hpp>
#include <set>

#include "base/check.hpp"

namespace lianbo::events {
namespace {

using namespace lianbo::shape;

Shape order_data() { return {id("order_id"), id("store_id"), text("state", 1, 20), fen("total_fen"), id("buyer_id")}; }
Shape after_sale_data() {
  return {id("after_sale_id"),  id("order_id"), count("line"),     text("kind", 1, 30),
          text("state", 1, 30), count("qty"),   fen("amount_fen"), fen("shipping_fen", "of the order's shipping fee")};
}
Shape broadcast_data() {
  return {count("version", "of the broadcast, after the change"),
          object("broadcast", {id("id"), id("brand_id"), id("store_id"), text("title", 1, 200), text("state", 1, 20),
                               instant("scheduled_at"), nullable(instant("started_at")), nullable(instant("ended_at")),
                               text("audience", 1, 20), text("ended_why", 0, 100),
                               object("picture", {choice("state", {"none", "on", "cut", "over"}), text("stream", 0, 64),
                                                  nullable(instant("first_frame_at")), nullable(instant("cut_at")),
                                                  nullable(id("of"))})})};
}
Shape pin_data() {
  return {count("version"),
          object("pin", {id("id"), id("broadcast_id"), id("product_id"), instant("opened_at"), count("media_open_ms"),
                         nullable(instant("closed_at")), nullable(count("media_close_ms"))})};
}

std::vector<EventType> make() {
  std::vector<EventType> all;
  const auto add = [&](std::string type, std::string kind, std::string field, std::string says, Shape data) {
    all.push_back({std::move(type), std::move(kind), std::move(field), std::move(says), std::move(data)});
  };
  const auto order = [&](std::string type, std::string says) {
    add(std::move(type), "order", "order_id", std::move(says), order_data());
  };
  order("order.placed", "an order is placed; its stock is reserved");
  add("order.paid", "order", "order_id", "the payment rail said that it is paid",
      {id("order_id"), id("store_id"), nullable(id("broadcast_id")), id("product_id", "of the first line"),
       count("qty", "of all lines"), fen("total_fen")});
  order("order.cancelled", "cancelled by the buyer or staff, or unpaid when its time was up");
  order("order.shipped", "the goods are on their way");
  order("order.received", "the buyer has them, or did not object in time");
  order("order.completed", "its last line has matured");
  order("order.refunded", "money of a line has gone back through the rail");
  order("order.late_refunded", "money that came for a cancelled order has gone back");
  add("after_sale.requested", "order", "order_id", "somebody asks for money back", after_sale_data());
  add("broadcast.started", "broadcast", "", "a store is on air", broadcast_data());
  add("broadcast.ended", "broadcast", "", "its open pin is closed before", broadcast_data());
  add("broadcast.cancelled", "broadcast", "", "a scheduled broadcast will not be", broadcast_data());
  add("pin.opened", "broadcast", "", "a product is being explained", pin_data());
  add("pin.closed", "broadcast", "", "it no longer is", pin_data());
  add("shelf.changed", "broadcast", "", "the whole shelf, in order",
      {count("version"), list_of("product_ids", id(""), 0, 1000)});
  add("room.marked", "broadcast", "", "a person was muted or banned in a room, or is no longer",
      {count("version"), id("person_id"), text("mark", 1, 10), nullable(instant("until_at"))});
  add("product.changed", "product", "", "a product's title, price or state has changed",
      {id("product_id"), boolean("on_sale")});
  add("price.changed", "product", "", "a SKU has another price",
      {id("product_id"), id("sku_id"), price("price_fen"), opt(nullable(id("campaign_id", "by this campaign")))});
  add("stock.changed", "product", "",
      "a SKU is sold out, available again, or has few left; `left` is exact at that commit",
      {id("product_id"), id("sku_id"), count("left"), opt(nullable(id("store_id", "of its own allotment")))});
  add("agent.changed", "agent", "", "an agent is there, or is in another state",
      {id("agent_id"), id("store_id"), nullable(text("from", 1, 20)), text("to", 1, 20)});
  add("broadcast.scheduled", "broadcast", "", "a broadcast is planned", broadcast_data());
  add("stream.changed", "broadcast", "", "its picture is there, is cut off, or is back", broadcast_data());
  add("stream.key_changed", "broadcast", "", "its stream key was renewed; the old one is void", broadcast_data());
  add("clip.ready", "broadcast", "", "the recording of a pin can be watched",
      {id("clip_id"), id("broadcast_id"), id("pin_id"), id("product_id"), id("store_id")});
  add("clip.withdrawn", "broadcast", "", "a clip was taken out of sight by its store, or shown again",
      {id("clip_id"), id("product_id"), id("store_id"), boolean("withdrawn")});
  add("broadcast.changed", "broadcast", "", "it has another title or time", broadcast_data());
  const Shape flash = {
      id("id"),       id("broadcast_id"), id("product_id"),     id("sku_id"),       price("price_fen"),
      count("units"), count("left"),      instant("opened_at"), instant("ends_at"), nullable(instant("closed_at"))};
  add("flash.opened", "broadcast", "", "a limited number of units at a flash price",
      {count("version"), object("flash", flash)});
  add("flash.changed", "broadcast", "", "so many are left of it", {id("id"), id("sku_id"), count("left")});
  add("flash.closed", "broadcast", "", "its units or its seconds are over", {count("version"), object("flash", flash)});
  add("coupon.offered", "broadcast", "", "a coupon can be claimed in the room",
      {count("version"), object("coupon", {id("id"), text("name", 0, 200), count("total"), count("left"),
                                           nullable(instant("ends_at"))})});
  add("coupon.gone", "broadcast", "", "all of them were claimed", {id("coupon_id")});
  const Shape bag = {id("id"), id("broadcast_id"), text("title", 0, 200), count("winners"), instant("draws_at")};
  add("luckybag.opened", "broadcast", "", "a lucky bag can be entered", {count("version"), object("bag", bag)});
  add("luckybag.drawn", "broadcast", "", "its winners are drawn; the seed lets anybody check",
      {count("version"), object("bag", bag), opt(text("seed", 0, 200)), opt(list_of("winner_ids", id(""), 0, 100000))});
  add("luckybag.cancelled", "broadcast", "", "it will not be drawn", {count("version"), object("bag", bag)});
  for (const auto& [type, when] : {std::pair{"campaign.pushed", "a campaign has reached its stores"},
                                   {"campaign.undone", "it was taken back from them"},
                                   {"campaign.ended", "its window is over, or it was ended"}})
    add(type, "campaign", "campaign_id", when, {id("campaign_id"), count("stores", "how many it changed")});
  add("after_sale.changed", "order", "order_id", "an after-sale is in another state", after_sale_data());
  add("order.parcel_sent", "order", "order_id", "a parcel is on its way, and more is to follow", order_data());
  add("evidence.anchored", "brand", "", "a segment of the brand's evidence was closed; keep the anchor elsewhere",
      {count("segment"), count("first_seq"), count("last_seq"), text("last_hash", 64, 64), text("anchor", 64, 64)});
  add("recording.kept", "broadcast", "",
      "a recording of a broadcast, or of one pin, was finished; its digest is evidence",
      {id("broadcast_id"), nullable(id("pin_id")), text("sha256", 64, 64), count("bytes"), count("duration_ms")});
  add("promotion.changed", "promotion", "",
      "paid traffic was bought, paused, resumed or ended; `returned_fen` is back in the wallet",
      {id("promotion_id"), id("broadcast_id"), id("store_id"), choice("state", {"open", "paused", "ended"}),
       text("ended_why", 0, 20, "room_over, window_over, spent, stopped"), price("budget_fen"), price("returned_fen")});
  add("webhook.disabled", "webhook", "", "a webhook failed for too long, or said that it is gone; staff must look",
      {id("webhook_id"), text("why", 1, 500)});
  std::sort(all.begin(), all.end(), [](const EventType& a, const EventType& b) { return a.type < b.type; });
  return all;
}

void write_value(JsonWriter& w, const json::value& value, const Field& field);

// Only what is listed.
void write_object(JsonWriter& w, const json::object& object, const Shape& shape) {
  w.begin();
  for (const Field& field : shape) {
    const json::value* value = object.if_contains(field.name);
    if (value == nullptr) continue;
    w.key(field.name);
    write_value(w, *value, field);
  }
  w.end();
}

void write_value(JsonWriter& w, const json::value& value, const Field& field) {
  if (field.kind == Field::Kind::object && value.is_object())
    write_object(w, value.get_object(), field.fields);
  else
    w.raw(json::serialize(value));
}

}  // namespace

const std::vector<EventType>& event_types() {
  static const std::vector<EventType> all = make();
  return all;
}

const EventType* find_event_type(std::string_view type) {
  const auto& all = event_types();
  const auto it = std::lower_bound(all.begin(), all.end(), type,
                                   [](const EventType& a, std::string_view name) { return a.type < name; });
  return it != all.end() && it->type == type ? &*it : nullptr;
}

bool is_internal_topic(std::string_view topic) {
  static const std::set<std::string_view> all = {"refund.due",          "refund.failed", "chat.said",
                                                 "chat.held",           "chat.rejected", "campaign.push_wanted",
                                                 "campaign.undo_wanted"};
  return all.contains(topic);
}

std::int64_t subject_of(const EventType& type, const db::Event& event) {
  if (type.subject_field.empty()) return event.key;
  const auto payload = parse_json(event.payload);
  if (!payload || !has(*payload, type.subject_field)) return 0;
  return parse_id_text(get_text(*payload, type.subject_field)).value_or(0);
}

std::string event_json(const EventType& type, const bus::KeptEvent& kept) {
  const auto& e = kept.event;
  const auto payload = parse_json(e.payload);
  const std::int64_t subject = subject_of(type, e);
  JsonWriter w;
  w.begin()
      .field("id", e.id)
      .field("cursor", id_text(kept.seq))
      .field("type", type.type)
      .key("timestamp")
      .instant(e.at);
  w.field("brand_id", e.brand).field("subject_kind", type.subject_kind).key("subject_id");
  if (subject == 0)
    w.null();
  else
    w.value(id_text(subject));
  w.key("data");
  write_object(w, payload && payload->is_object() ? payload->get_object() : json::object(), type.data);
  w.end();
  return w.take();
}

Shape event_shape() {
  return {id("id", "the same at every delivery: what repetitions are told by"),
          id("cursor", "give as `after` to read on from here"),
          text("type", 1, 60),
          instant("timestamp", "when it happened"),
          id("brand_id"),
          text("subject_kind", 1, 30),
          nullable(id("subject_id", "events of one subject come in the order of its changes")),
          any("data", "see docs/events.md")};
}

std::string mismatch(const db::Event& event) {
  if (is_internal_topic(event.topic)) return {};
  const EventType* type = find_event_type(event.topic);
  if (type == nullptr) return event.topic + " is not in the catalogue (src/events/event_types.cpp)";
  const auto payload = parse_json(event.payload);
  if (!payload || !payload->is_object()) return event.topic + ": its payload is no JSON object";
  // What it tells must be of the shape; what it holds beside that stays here.
  JsonWriter told;
  write_object(told, payload->get_object(), type->data);
  if (const auto ok = check_shape(*parse_json(told.text()), type->data); !ok)
    return event.topic + ": " + ok.error().text();
  if (!type->subject_field.empty() && subject_of(*type, event) == 0) return event.topic + " names no subject";
  return {};
}

namespace {
std::string kind_name(const Field& f) {
  switch (f.kind) {
    case Field::Kind::text:
    case Field::Kind::choice:
      return "text";
    case Field::Kind::integer:
    case Field::Kind::number:
      return "number";
    case Field::Kind::boolean:
      return "boolean";
    case Field::Kind::id:
      return "id";
    case Field::Kind::instant:
      return "instant";
    case Field::Kind::list:
      return "list";
    default:
      return "object";
  }
}

std::string fields_text(const Shape& shape) {
  std::string out;
  for (const Field& f : shape) {
    out += (out.empty() ? "`" : ", `") + f.name + "` " + kind_name(f);
    if (f.nullable) out += " or null";
    if (!f.doc.empty()) out += " (" + f.doc + ")";
    if (f.kind == Field::Kind::object) out += " {" + fields_text(f.fields) + "}";
  }
  return out;
}
}  // namespace

std::string event_table() {
  std::string out = "| type | subject | told when | data |\n|---|---|---|---|\n";
  for (const EventType& t : event_types())
    out += "| `" + t.type + "` | " + t.subject_kind + " | " + t.says + " | " + fields_text(t.data) + " |\n";
  return out;
}

}  // namespace lianbo::events
