#include "live/stream_store.hpp"

#include "live/live_store.hpp"

namespace lianbo::live::store {
namespace {

using db::Sql;

const Sql kFind{"stream.find", "select id from broadcasts where stream_name = $1"};
const Sql kKeys{"stream.keys", "select stream_key_sha256 from broadcasts where id = $1"};
const Sql kSetKeys{"stream.set_keys", "update broadcasts set stream_key_sha256 = $2 where id = $1"};
constexpr std::size_t kShaBytes = 32;  // the column holds the newest key's, and behind it that of the one before
const Sql kSetPublisher{"stream.set_publisher", "update broadcasts set publisher = $2, cut_at = $3 where id = $1"};
const Sql kSetFirst{"stream.set_first_frame", "update broadcasts set first_frame_at = $2 where id = $1"};
// What was stamped before there was a picture lies at its beginning.
const Sql kMovePins{"stream.move_pins",
                    "update pins set media_open_ms = 0, media_close_ms = case when closed_at is null then null else 0 "
                    "end where broadcast_id = $1"};
const Sql kMoveChat{"stream.move_chat", "update chat_lines set media_ms = 0 where broadcast_id = $1"};
const Sql kSetLag{"stream.set_lag", "update broadcasts set media_lag_ms = $2 where id = $1"};
const Sql kSetPictureOf{"stream.set_picture_of", "update broadcasts set picture_of = $2 where id = $1"};
const Sql kLost{"stream.lost",
                "select id from broadcasts where cut_at <= $1 and state = 'live' and publisher = '' and picture_of is "
                "null and started_at <= cut_at order by cut_at limit $2"};
const Sql kName{"stream.name", "update broadcasts set stream_name = $2 where id = $1"};
const Sql kPublished{"stream.published",
                     "select id from broadcasts where publisher <> '' and substr(publisher, 1, length(cast($1 as "
                     "text))) = $1 order by id limit $2"};
const Sql kCarried{"stream.first_frame_of_carriers",
                   "update broadcasts set first_frame_at = $2 where picture_of = $1 and first_frame_at is null and "
                   "state in ('scheduled', 'live')"};
const Sql kCarriedPins{"stream.move_pins_of_carriers",
                       "update pins set media_open_ms = 0, media_close_ms = case when closed_at is null then null else "
                       "0 end where broadcast_id in (select id from broadcasts where picture_of = $1 and state = "
                       "'live')"};

BroadcastId id_of(const db::Row& r) { return r.id<BroadcastId>(0); }

}  // namespace

std::optional<Broadcast> find_stream(db::Tx& tx, std::string_view stream) {
  const auto id = tx.one(kFind, {stream}, id_of);
  return id ? find(tx, *id) : std::nullopt;
}
StreamKeys stream_keys(db::Tx& tx, BroadcastId id) {
  const std::string all = tx.one(kKeys, {id}, [](const db::Row& r) { return r.str(0); }).value_or(std::string());
  return {all.substr(0, kShaBytes), all.size() > kShaBytes ? all.substr(kShaBytes) : std::string()};
}
void set_stream_keys(db::Tx& tx, BroadcastId id, const StreamKeys& keys) {
  tx.exec(kSetKeys, {id, db::Param::blob(keys.newest + keys.before)});
}
void set_publisher(db::Tx& tx, const Broadcast& b) {
  tx.exec(kSetPublisher, {b.id, b.publisher, b.cut_at == 0 ? std::optional<Instant>() : b.cut_at});
}
void set_first_frame(db::Tx& tx, const Broadcast& b) {
  tx.exec(kSetFirst, {b.id, b.first_frame_at});
  tx.exec(kMovePins, {b.id});
  tx.exec(kMoveChat, {b.id});
}
void set_lag(db::Tx& tx, BroadcastId id, std::int64_t lag_ms) { tx.exec(kSetLag, {id, lag_ms}); }
std::vector<BroadcastId> lost_pictures(db::Tx& tx, Instant cut_before, int limit) {
  return tx.all(kLost, {cut_before, limit}, id_of);
}
void set_picture_of(db::Tx& tx, BroadcastId id, BroadcastId of) { tx.exec(kSetPictureOf, {id, of}); }
void name_stream(db::Tx& tx, BroadcastId id, std::string_view name) { tx.exec(kName, {id, name}); }
std::vector<BroadcastId> published(db::Tx& tx, std::string_view clients, int limit) {
  return tx.all(kPublished, {clients, limit}, id_of);
}
void give_first_frame_to_carriers(db::Tx& tx, const Broadcast& b) {
  if (tx.exec(kCarried, {b.id, b.first_frame_at}) > 0) tx.exec(kCarriedPins, {b.id});
}

}  // namespace lianbo::live::store
