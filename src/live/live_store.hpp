// All SQL of the live domain: rows in and out, no decisions. Private to src/live.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "db/db.hpp"
#include "live/live.hpp"
#include "live/live_service.hpp"

namespace lianbo::live::store {

void insert_broadcast(db::Tx& tx, const Broadcast& b, const StreamKeys& keys);
std::map<BroadcastId, Broadcast> find_many(db::Tx& tx, std::span<const BroadcastId> ids);
std::optional<Broadcast> hold(db::Tx& tx, BroadcastId id);
std::optional<Broadcast> find(db::Tx& tx, BroadcastId id);
// Locks the row until the end of the transaction and raises its version.
std::optional<Broadcast> lock(db::Tx& tx, BroadcastId id);
// Locks every broadcast of the store that could be or become live, so that only one start is decided at a time.
void lock_startable(db::Tx& tx, StoreId store);
void set_state(db::Tx& tx, const Broadcast& b);  // state, started_at, ended_at, ended_why
// Of it and of the rooms that carry its picture: those whose label is new, as they are now.
std::vector<Broadcast> label_ai(db::Tx& tx, BroadcastId id);
void unlabel_ai(db::Tx& tx, BroadcastId id);
void set_plan(db::Tx& tx, const Broadcast& b);  // title, scheduled_at
std::int64_t count_scheduled(db::Tx& tx, StoreId store);
std::optional<Broadcast> live_of(db::Tx& tx, StoreId store);
std::vector<Broadcast> planned_of(db::Tx& tx, StoreId store, Instant from, int limit);
std::vector<Broadcast> startable(db::Tx& tx, StoreId store);  // scheduled or live
std::vector<Broadcast> of_store(db::Tx& tx, StoreId store, bool rehearsals, BroadcastId after, int limit);
std::vector<Broadcast> newest_by_schedule(db::Tx& tx, StoreId store, Instant until, int limit);
std::vector<Broadcast> on_air(db::Tx& tx, BrandId brand, int limit);
std::vector<Broadcast> selling(db::Tx& tx, BrandId brand, ProductId product, int limit);
std::vector<Broadcast> coming(db::Tx& tx, BrandId brand, Instant from, int limit);
std::vector<Broadcast> ended(db::Tx& tx, BrandId brand, int limit);
bool add_counts(db::Tx& tx, BroadcastId id, const RoomCounts& counts);

void replace_shelf(db::Tx& tx, BroadcastId id, std::span<const ProductId> products);
std::vector<ProductId> shelf(db::Tx& tx, BroadcastId id);
bool on_shelf(db::Tx& tx, BroadcastId id, ProductId product);
void put_note(db::Tx& tx, BroadcastId id, const ShelfNote& note, Instant at);  // "": none
std::vector<ShelfNote> notes(db::Tx& tx, BroadcastId id);                      // of what is on the shelf, in order

void insert_pin(db::Tx& tx, const Pin& pin);
void close_pin(db::Tx& tx, const Pin& pin);
std::optional<Pin> open_pin(db::Tx& tx, BroadcastId id);
std::vector<Pin> open_pins(db::Tx& tx, std::span<const BroadcastId> ids);
std::optional<Pin> newest_pin(db::Tx& tx, BroadcastId id);
std::optional<Pin> newest_pin_of(db::Tx& tx, BroadcastId id, ProductId product);
std::vector<Pin> pins(db::Tx& tx, BroadcastId id, PinId after, int limit);

std::vector<UnrecordedChat> unrecorded_chat(db::Tx& tx, int limit);
void set_recorded(db::Tx& tx, BroadcastId broadcast, ChatId id);
std::vector<ChatLine> chat_of_person(db::Tx& tx, BroadcastId id, PersonId person, int limit);
std::vector<BroadcastId> reserved_by(db::Tx& tx, PersonId person, int limit);
void insert_chat(db::Tx& tx, BroadcastId id, const ChatLine& line, std::string_view guest_name);
std::vector<ChatLine> chat(db::Tx& tx, BroadcastId id, ChatId after, int limit);
std::vector<ChatLine> last_chat(db::Tx& tx, BroadcastId id, int limit);  // newest first

void put_mark(db::Tx& tx, BroadcastId id, PersonId person, const RoomMark& mark, PersonId by, Instant at);
void remove_mark(db::Tx& tx, BroadcastId id, PersonId person);
std::optional<RoomMark> mark(db::Tx& tx, BroadcastId id, PersonId person);
std::vector<MarkedPerson> marks(db::Tx& tx, BroadcastId id, Instant now);
std::vector<std::pair<PersonId, Instant>> banned(db::Tx& tx, BroadcastId id, Instant now, int limit);

bool add_assistant(db::Tx& tx, StoreId store, PersonId person, Instant at);
bool remove_assistant(db::Tx& tx, StoreId store, PersonId person);
bool is_assistant(db::Tx& tx, StoreId store, PersonId person);
std::vector<Assistant> assistants(db::Tx& tx, StoreId store);
std::int64_t count_assistants(db::Tx& tx, StoreId store);

void put_reservation(db::Tx& tx, BroadcastId id, PersonId person, Instant at);
bool cancel_reservation(db::Tx& tx, BroadcastId id, PersonId person, Instant at);
std::int64_t count_reservations(db::Tx& tx, BroadcastId id);
std::map<BroadcastId, std::int64_t> count_reservations(db::Tx& tx, std::span<const BroadcastId> ids);  // 0: left out
// Marks them as told, so that nobody is told twice.
std::vector<BroadcastId> take_reminders(db::Tx& tx, PersonId person, Instant now, Instant started_after);
bool has_reservation(db::Tx& tx, BroadcastId id, PersonId person);

// Of these, what everybody may be shown: a broadcast that was not cancelled; a product on sale.
std::vector<BroadcastId> rooms_of_the_public(db::Tx& tx, std::span<const BroadcastId> ids);
std::vector<ProductId> products_on_sale(db::Tx& tx, std::span<const ProductId> ids);
// What a person was shown of one kind, in parts; of other servers nobody adds to it until the transaction ends.
struct ShownPart {
  int part = 0;
  std::vector<std::int64_t> items;  // sorted
};
std::vector<ShownPart> lock_shown(db::Tx& tx, Bucket bucket, PersonId person, std::string_view kind, Instant at);
void save_shown(db::Tx& tx, Bucket bucket, PersonId person, std::string_view kind, const ShownPart& part, Instant at);
bool insert_click(db::Tx& tx, Bucket bucket, PersonId person, const Click& click, Instant at);  // false: was there

}  // namespace lianbo::live::store
