#include "live/live_events.hpp"

#include "live/offers_service.hpp"

namespace lianbo::live {
namespace {

db::Event event_of(const Call& call, const char* topic, const Broadcast& b, JsonWriter& w) {
  db::Event event;
  event.id = call.make_id<EventId>();
  event.brand = b.brand;
  event.topic = topic;
  event.key = b.id.value;
  event.payload = w.take();
  event.at = call.now;
  return event;
}

}  // namespace

void write_broadcast(JsonWriter& w, const Broadcast& b) {
  w.begin().field("id", b.id).field("brand_id", b.brand).field("store_id", b.store).field("title", b.title);
  w.field("state", state_name(b.state)).field_at("scheduled_at", b.scheduled_at);
  w.field_at("started_at", b.started_at).field_at("ended_at", b.ended_at);
  w.field("likes", b.likes).field("enters", b.enters).field("peak_viewers", b.peak_viewers);
  w.field("audience", audience_name(b.audience)).field("ai_presenter", b.ai_presenter).field("ended_why", b.ended_why);
  w.key("picture").begin().field("state", picture_name(picture_of(b))).field("stream", b.stream_name);
  w.field_at("first_frame_at", b.first_frame_at).field_at("cut_at", b.cut_at).field("of", b.picture_of).end().end();
}

void write_pin(JsonWriter& w, const Pin& pin) {
  w.begin().field("id", pin.id).field("broadcast_id", pin.broadcast).field("product_id", pin.product);
  w.field_at("opened_at", pin.opened_at).field("media_open_ms", pin.media_open_ms);
  w.field_at("closed_at", pin.closed_at).key("media_close_ms");
  if (pin.open())
    w.null();
  else
    w.value(pin.media_close_ms);
  w.end();
}

void write_chat(JsonWriter& w, const ChatLine& line) {
  w.begin().field("id", line.id).field("person_id", line.person).field("name", line.name).field("text", line.text);
  w.field("media_ms", line.media_ms).field_at("at", line.at).end();
}

void write_held(JsonWriter& w, const HeldLine& line) {
  w.begin().field("id", line.id).field("person_id", line.person).field("name", line.name).field("text", line.text);
  w.field("word", line.word).field("state", line.state).field("media_ms", line.media_ms).field_at("at", line.at).end();
}

db::Event broadcast_event(const Call& call, const char* topic, const Broadcast& broadcast) {
  JsonWriter w;
  w.begin().field("version", broadcast.version).key("broadcast");
  write_broadcast(w, broadcast);
  w.end();
  return event_of(call, topic, broadcast, w);
}

db::Event stream_event(const Call& call, const char* topic, const Broadcast& broadcast) {
  return broadcast_event(call, topic, broadcast);
}

db::Event pin_event(const Call& call, const char* topic, const Broadcast& broadcast, const Pin& pin) {
  JsonWriter w;
  w.begin().field("version", broadcast.version).key("pin");
  write_pin(w, pin);
  w.end();
  return event_of(call, topic, broadcast, w);
}

db::Event shelf_event(const Call& call, const Broadcast& broadcast, std::span<const ProductId> products) {
  JsonWriter w;
  w.begin().field("version", broadcast.version).key("product_ids").begin_list();
  for (const ProductId product : products) w.value(product);
  w.end_list().end();
  return event_of(call, kShelfChanged, broadcast, w);
}

db::Event mark_event(const Call& call, const Broadcast& broadcast, PersonId person, const RoomMark& mark) {
  JsonWriter w;
  w.begin().field("version", broadcast.version).field("person_id", person).field("mark", mark_name(mark.mark));
  w.field_at("until_at", mark.until_at == kForever ? 0 : mark.until_at).end();
  return event_of(call, kRoomMarked, broadcast, w);
}

db::Event chat_event(const Broadcast& broadcast, const ChatLine& line) {
  JsonWriter w;
  write_chat(w, line);
  db::Event event;
  event.id = EventId{line.id.value};
  event.brand = broadcast.brand;
  event.topic = kChatSaid;
  event.key = broadcast.id.value;
  event.payload = w.take();
  event.at = line.at;
  event.durable = false;
  return event;
}

db::Event held_event(const Broadcast& broadcast, const HeldLine& line) {
  db::Event event;
  event.id = EventId{line.id.value};
  event.brand = broadcast.brand;
  event.topic = kChatHeld;
  event.key = broadcast.id.value;
  JsonWriter w;
  write_held(w, line);
  event.payload = w.take();
  event.at = line.at;
  event.durable = false;
  return event;
}

}  // namespace lianbo::live
