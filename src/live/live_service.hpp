// What people do with broadcasts, one function per intent; all join a transaction.
//
// Every change first locks the broadcast's row by updating it, so that two changes of one broadcast follow each other
// on every engine. What happened leaves as an event of the same commit (live_events.hpp): a pin is durable before
// anybody is told. Errors: broadcast_state_conflict, already_live, agent_not_active, not_on_shelf, muted, forbidden,
// not_found.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/call.hpp"
#include "base/json.hpp"
#include "db/db.hpp"
#include "live/live.hpp"
#include "org/org.hpp"

namespace lianbo::live {

struct NewBroadcast {
  std::string title;
  Instant scheduled_at = 0;
  std::vector<ProductId> products;
  Audience audience = Audience::everybody;
  bool ai_presenter = false;
};
struct Scheduled {
  Broadcast broadcast;
  std::string stream_key;  // told here and never again; the row keeps its SHA-256
};

Result<Scheduled> schedule_broadcast(db::Tx& tx, const Call& call, StoreId store, const NewBroadcast& wish);
// A new key. Who publishes now is cut off and the old key void at once; or, with keep_picture, neither before the new
// key has been published with.
Result<Scheduled> renew_stream_key(db::Tx& tx, const Call& call, BroadcastId id, bool keep_picture = false);
// Public: the agent is active (training_incomplete names what is missing to who is in training). A rehearsal: active,
// or in training.
Result<Broadcast> start_broadcast(db::Tx& tx, const Call& call, BroadcastId id);
// Closes its open pin. A rehearsal that lasted long enough is a part of the training done.
Result<Broadcast> end_broadcast(db::Tx& tx, const Call& call, BroadcastId id);
// Ends what is live and has had no picture any more for media.lost_minutes, as its host would have: the open pin is
// closed, so that it becomes a clip, and the recording is the replay. A broadcast that never had a picture goes on.
Result<int> end_lost(db::Database& db, const Call& call, int limit);
// What an agent's state does to their broadcasts, in the same transaction: who is suspended or leaves is off the air at
// once; what was scheduled waits for the end of a suspension, and is cancelled when the agent leaves.
Status follow_agent(db::Tx& tx, const Call& call, const org::Agent& agent);
Result<Broadcast> cancel_broadcast(db::Tx& tx, const Call& call, BroadcastId id);
struct BroadcastPatch {
  std::optional<std::string> title;
  std::optional<Instant> scheduled_at;
  std::optional<bool> ai_presenter = std::nullopt;  // taken back only before the broadcast has begun
};
Result<Broadcast> change_broadcast(db::Tx& tx, const Call& call, BroadcastId id, const BroadcastPatch& patch);
// Replaces the shelf. An open pin of a product that leaves the shelf is closed.
Status set_shelf(db::Tx& tx, const Call& call, BroadcastId id, std::span<const ProductId> products);
Result<Pin> pin_product(db::Tx& tx, const Call& call, BroadcastId id, ProductId product);
Result<std::optional<Pin>> unpin(db::Tx& tx, const Call& call, BroadcastId id);  // nothing open: nothing changes

// Talking points: the store's and its assistants' own words about a product on the shelf. "" takes them away.
struct ShelfNote {
  ProductId product;
  std::string text;
};
Status set_note(db::Tx& tx, const Call& call, BroadcastId id, ProductId product, std::string_view text);
Result<std::vector<ShelfNote>> notes_of(db::Tx& tx, const Call& call, BroadcastId id);

Status reserve(db::Tx& tx, const Call& call, BroadcastId id);
Status unreserve(db::Tx& tx, const Call& call, BroadcastId id);
// What the caller is to be reminded of now: broadcasts they reserved that have begun at most kRemindMs ago. Each is
// given once to a person, whoever asks how often; none once unreserved.
Result<std::vector<Broadcast>> take_reminders(db::Tx& tx, const Call& call);

// minutes 0: for good. Mark::none lifts it.
Status mark_person(db::Tx& tx, const Call& call, BroadcastId id, PersonId person, Mark mark, std::int64_t minutes);
Status add_assistant(db::Tx& tx, const Call& call, StoreId store, PersonId person);
Status remove_assistant(db::Tx& tx, const Call& call, StoreId store, PersonId person);
struct Assistant {
  PersonId person;
  std::string name;
  Instant at = 0;
};
// By the login the person told the host. not_found: nobody has it.
Result<Assistant> add_assistant_by_login(db::Tx& tx, const Call& call, StoreId store, std::string_view login);
Result<std::vector<Assistant>> assistants_of(db::Tx& tx, const Call& call, StoreId store);
struct MarkedPerson {
  PersonId person;
  std::string name;  // a guest's made-up one
  RoomMark mark;
  Instant at = 0;
};
// Who is muted or banned in this room now, the newest first; at most 200.
Result<std::vector<MarkedPerson>> marks_of(db::Tx& tx, const Call& call, BroadcastId id);

// The broadcast, locked, its version raised, for its crew.
Result<Broadcast> lock_room(db::Tx& tx, const Call& call, BroadcastId id);

struct ChatWish {
  ChatId id;  // made by the caller, so that a body that runs twice says the same thing
  BroadcastId broadcast;
  PersonId person;
  bool guest = true;
  bool chinese = false;  // the language of a guest's made-up name
  std::string text;
  Instant now = 0;
};
// A line with one of the brand's forbidden words is held (event chat.held, held_chat in offers_service.hpp) and is told
// to nobody but the room's own people until one of them releases it.
Status say(db::Tx& tx, const ChatWish& wish);
struct HeldLine;
Status say_released(db::Tx& tx, const Call& call, const Broadcast& broadcast, const HeldLine& line);

struct Exposure {
  std::string kind;  // broadcast, product, clip
  std::int64_t item = 0;
};
// How many of them were new for this person.
std::int64_t record_exposures(db::Tx& tx, const Call& call, std::span<const Exposure> items);
// The same of many persons at once: their sets row by row, and one tally for each room.
struct Beacon {
  Bucket bucket = 0;
  PersonId person;
  Instant at = 0;
  std::vector<Exposure> items;
};
std::vector<std::int64_t> record_exposures(db::Tx& tx, std::span<const Beacon> beacons);
// As clients tell them: only what the public is shown counts, that is broadcasts for everybody that were not cancelled,
// products on sale, and clips of which clips_shown says so (none: no clip).
using ClipsShown = std::function<std::vector<ClipId>(db::Tx&, std::span<const ClipId>)>;
struct Counted {
  std::int64_t fresh = 0;
  std::vector<Exposure> left_out;  // each item once, in order of kind and item
};
std::vector<Counted> record_told_exposures(db::Tx& tx, std::span<const Beacon> beacons, const ClipsShown& clips_shown);

// The card of a product opened in a store's room, or on its page (broadcast none). Once a person, room and product.
struct Click {
  StoreId store;
  ProductId product;
  BroadcastId broadcast;
  ShareId share;  // come through
};
// How many of them were new. What is not there, or not together, is left out.
std::int64_t record_clicks(db::Tx& tx, const Call& call, std::span<const Click> clicks);

// Likes, enters and the peak, added to the row by the room now and then, and to the row of the minute.
struct RoomCounts {
  std::int64_t likes = 0, enters = 0, peak_viewers = 0;
  std::int64_t viewers = 0;                         // in the room now
  std::int64_t most_viewers = 0;                    // since the last time
  std::int64_t enters_shared = 0, enters_paid = 0;  // of the enters: who came by a link, or a paid slot
  Instant at = 0;
};
Status add_counts(db::Tx& tx, BroadcastId id, const RoomCounts& counts);

// ——— reading
Result<Broadcast> find_broadcast(db::Tx& tx, BroadcastId id);
// Of up to some hundred; one that is not there is left out.
std::map<BroadcastId, Broadcast> find_broadcasts(db::Tx& tx, std::span<const BroadcastId> ids);
// The same of one, and until the end of the transaction it neither starts nor ends. Many may hold it at once.
Result<Broadcast> hold_broadcast(db::Tx& tx, BroadcastId id);
// For whoever asks from outside: a rehearsal is there for its crew and staff over the store only; to others not_found.
Result<Broadcast> visible_broadcast(db::Tx& tx, const Caller& caller, BroadcastId id);
bool sees_rehearsals(db::Tx& tx, const Caller& caller, BrandId brand, StoreId store);
std::optional<Pin> open_pin(db::Tx& tx, BroadcastId id);
std::optional<Pin> last_pin_of(db::Tx& tx, BroadcastId id, ProductId product);  // open or closed, opened last
std::vector<Pin> pins_of(db::Tx& tx, BroadcastId id, PinId after, int limit);
bool on_shelf(db::Tx& tx, BroadcastId id, ProductId product);
std::vector<ProductId> shelf_of(db::Tx& tx, BroadcastId id);
std::optional<Broadcast> live_broadcast_of(db::Tx& tx, StoreId store);
std::optional<Broadcast> next_broadcast_of(db::Tx& tx, StoreId store, Instant now);    // scheduled, not long overdue
std::vector<Broadcast> planned_of(db::Tx& tx, StoreId store, Instant now, int limit);  // the same, the next first
std::vector<Broadcast> broadcasts_of(db::Tx& tx, StoreId store, bool rehearsals, BroadcastId after,
                                     int limit);  // newest first
Promises promises_of(db::Tx& tx, StoreId store, Instant now);
std::int64_t reservations_of(db::Tx& tx, BroadcastId id);
std::map<BroadcastId, std::int64_t> reservations_of(db::Tx& tx, std::span<const BroadcastId> ids);  // none: left out
bool is_reserved(db::Tx& tx, BroadcastId id, PersonId person);
bool is_assistant(db::Tx& tx, StoreId store, PersonId person);
// Who runs the room beside the host: ok for the store's own, its assistants, staff that operates the brand.
Status require_crew(db::Tx& tx, const Caller& caller, const Broadcast& broadcast);
Mark mark_of(db::Tx& tx, BroadcastId id, PersonId person, Instant now);

struct ChatLine {
  ChatId id;
  PersonId person;
  std::string name, text;
  std::int64_t media_ms = 0;
  Instant at = 0;
};
inline constexpr std::string_view kErasedName = "***";
std::vector<ChatLine> chat_of(db::Tx& tx, BroadcastId id, ChatId after, int limit);  // oldest first
std::vector<ChatLine> last_chat_of(db::Tx& tx, BroadcastId id, int limit);           // the newest, oldest first

// For the evidence: lines that it does not have yet (oldest first), and that it has them now.
struct UnrecordedChat {
  BrandId brand;
  BroadcastId broadcast;
  ChatId id;
  PersonId person;
  std::string guest_name, text;  // guest_name "": a person with a login
  std::int64_t media_ms = 0;
  Instant at = 0;
};
std::vector<UnrecordedChat> unrecorded_chat(db::Tx& tx, int limit);
void chat_recorded(db::Tx& tx, std::span<const UnrecordedChat> lines);
// What a person said in a room, and what they reserved: their own data.
std::vector<ChatLine> chat_of_person(db::Tx& tx, BroadcastId id, PersonId person, int limit);
std::vector<BroadcastId> reserved_by(db::Tx& tx, PersonId person, int limit);

struct Hall {
  std::vector<Broadcast> on_air, next_up, ended;
};
inline constexpr int kHallOnAir = 100, kHallNext = 30, kHallEnded = 30;
Hall hall_of(db::Tx& tx, BrandId brand, Instant now);
// On air with the product on the shelf, the newest first.
std::vector<Broadcast> rooms_selling(db::Tx& tx, BrandId brand, ProductId product, int limit);

}  // namespace lianbo::live
