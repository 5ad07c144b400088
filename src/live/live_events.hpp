// What the live domain tells others, and how its things look in JSON (events, API and rooms say the same).
//
// key is the broadcast's id. Payloads are objects; "version" is the broadcast's version after the change, by which a
// room knows whether a snapshot already contains it. chat.said is not durable: the line has a row of its own; its event
// id is the line's id.
#pragma once

#include "base/call.hpp"
#include "base/json.hpp"
#include "db/db.hpp"
#include "live/live.hpp"
#include "live/live_service.hpp"

namespace lianbo::live {

inline constexpr const char* kBroadcastScheduled = "broadcast.scheduled";  // {version, broadcast}
inline constexpr const char* kBroadcastStarted = "broadcast.started";      // {version, broadcast}
inline constexpr const char* kBroadcastEnded = "broadcast.ended";          // {version, broadcast}
inline constexpr const char* kBroadcastCancelled = "broadcast.cancelled";  // {version, broadcast}
inline constexpr const char* kBroadcastChanged = "broadcast.changed";      // {version, broadcast}: title or time
inline constexpr const char* kPinOpened = "pin.opened";                    // {version, pin}
inline constexpr const char* kPinClosed = "pin.closed";                    // {version, pin}
inline constexpr const char* kStreamChanged = "stream.changed";            // {version, broadcast}: its picture
inline constexpr const char* kStreamKeyChanged = "stream.key_changed";     // {version, broadcast}: the old key is void
inline constexpr const char* kShelfChanged = "shelf.changed";              // {version, product_ids}
inline constexpr const char* kRoomMarked = "room.marked";                  // {version, person_id, mark, until_at}
inline constexpr const char* kChatSaid = "chat.said";                      // {id, person_id, name, text, media_ms, at}
inline constexpr const char* kChatHeld = "chat.held";          // the line, as write_held writes it; not durable
inline constexpr const char* kChatRejected = "chat.rejected";  // {id, person_id}; not durable

void write_broadcast(JsonWriter& w, const Broadcast& broadcast);
void write_pin(JsonWriter& w, const Pin& pin);
void write_chat(JsonWriter& w, const ChatLine& line);
void write_held(JsonWriter& w, const HeldLine& line);

db::Event broadcast_event(const Call& call, const char* topic, const Broadcast& broadcast);
db::Event stream_event(const Call& call, const char* topic, const Broadcast& broadcast);
db::Event pin_event(const Call& call, const char* topic, const Broadcast& broadcast, const Pin& pin);
db::Event shelf_event(const Call& call, const Broadcast& broadcast, std::span<const ProductId> products);
db::Event mark_event(const Call& call, const Broadcast& broadcast, PersonId person, const RoomMark& mark);
db::Event chat_event(const Broadcast& broadcast, const ChatLine& line);
db::Event held_event(const Broadcast& broadcast, const HeldLine& line);

}  // namespace lianbo::live
