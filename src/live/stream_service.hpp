// A broadcast's picture: who may send it, when its media time begins, whether it is there now (SPEC 5).
//
// - A publisher names the stream and its key. The key is good for one broadcast, from its scheduling until it has ended
//   or kKeyDays have passed since it was to begin; a new key voids the old one, at once or, so that a running picture
//   goes on and may come back, when it is first used. One publisher at a time.
// - The first frame that comes while the broadcast is live is media time 0; pins and lines of before then lie at 0.
// - Somebody who was cut off and comes back goes on in the same broadcast, with the same media time.
// - A simulcast room carries another broadcast's picture; its own key is refused as long as it does.
// The media plane and outside media servers call these through the same hooks (stream_api.cpp). All join a transaction.
// What the room is told is stream.changed (live_events.hpp). Errors: forbidden, conflict, broadcast_state_conflict.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/call.hpp"
#include "db/db.hpp"
#include "live/live.hpp"
#include "net/route.hpp"

namespace lianbo::live {

inline constexpr int kKeyDays = 1;
inline constexpr DurationMs kSoonBackMs = 20 * kSecondMs;  // within this "the host is reconnecting"

// How the names of an outside media server's clients begin.
inline constexpr std::string_view kOutside = "out:";

struct PublishWish {
  std::string stream, key;
  std::string client;    // names the connection, so that its end is not taken for another's
  bool trusted = false;  // the server itself
};
Result<Broadcast> admit_publisher(db::Tx& tx, const Call& call, const PublishWish& wish);
// May the caller send the picture from a browser? The host and the brand's operators.
Result<Broadcast> may_publish(db::Tx& tx, const Call& call, BroadcastId id);
Status publisher_left(db::Tx& tx, const Call& call, std::string_view stream, std::string_view client);
// All whose client begins so: their media server is gone. How many.
Result<int> publishers_gone(db::Tx& tx, const Call& call, std::string_view clients);

// A frame came at `at`. The instant of media time 0; none: the broadcast is not live.
Result<std::optional<Instant>> frame_came(db::Tx& tx, const Call& call, std::string_view stream, Instant at);
// The broadcast has just begun. An outside media server doesn't tell of frames: if its publisher is there already, the
// picture begins now.
void picture_at_start(db::Tx& tx, const Call& call, Broadcast& b);
// The key is void: an outside media server can't be told to cut off whoever publishes with it, nor will it say so if it
// crashed. The new key's holder takes over.
void outsider_gone(db::Tx& tx, const Call& call, Broadcast& b);
Status set_lag(db::Tx& tx, const Call& call, std::string_view stream, std::int64_t lag_ms);
std::optional<Broadcast> broadcast_of_stream(db::Tx& tx, std::string_view stream);

// The room carries the picture of another broadcast of its brand; none: its own again. Crew only.
Result<Broadcast> carry_picture(db::Tx& tx, const Call& call, BroadcastId id, BroadcastId of);
// Where pictures lie: addresses with {stream} in them, for the pages (site.hpp).
struct PictureAddresses {
  std::string live, all;  // playlists
  std::string clips;      // folder of clips
  std::string ingest;     // what an encoder is given as server
};
PictureAddresses picture_addresses(const Settings& settings);

struct StreamDeps {
  std::string own_secret;      // of this server's own media plane; "": there is none
  std::string own_client;      // how its clients' names begin: "own3:"
  std::string outside_secret;  // "": there is no other
};
// The key with which this server itself publishes a browser's camera to its own media plane.
std::string camera_key(std::string_view own_secret, std::string_view stream);
net::Routes stream_routes(const StreamDeps& deps);

}  // namespace lianbo::live
