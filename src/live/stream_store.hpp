// SQL of a broadcast's picture. Private to src/live.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "db/db.hpp"
#include "live/live.hpp"

namespace lianbo::live::store {

std::optional<Broadcast> find_stream(db::Tx& tx, std::string_view stream);
StreamKeys stream_keys(db::Tx& tx, BroadcastId id);
void set_stream_keys(db::Tx& tx, BroadcastId id, const StreamKeys& keys);
void set_publisher(db::Tx& tx, const Broadcast& b);  // publisher, cut_at
void set_first_frame(db::Tx& tx, const Broadcast& b);
void set_lag(db::Tx& tx, BroadcastId id, std::int64_t lag_ms);
std::vector<BroadcastId> lost_pictures(db::Tx& tx, Instant cut_before, int limit);
void set_picture_of(db::Tx& tx, BroadcastId id, BroadcastId of);
void name_stream(db::Tx& tx, BroadcastId id, std::string_view name);
std::vector<BroadcastId> published(db::Tx& tx, std::string_view clients, int limit);
// Rooms that carry it and have no media time yet get its.
void give_first_frame_to_carriers(db::Tx& tx, const Broadcast& b);

}  // namespace lianbo::live::store
