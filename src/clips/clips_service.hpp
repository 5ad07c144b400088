// What people do with clips, and how they come to be.
//
// find_pins → cut_clips run as jobs of the server that has the recordings: a pin that was closed gets a row at once and
// its file as soon as the segments it needs are there. Both may be killed at any point and run again.
// Errors: not_found, forbidden, conflict, invalid_field, agent_not_active, io_failed.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/call.hpp"
#include "clips/clips.hpp"
#include "db/db.hpp"
#include "live/live.hpp"
#include "net/route.hpp"

namespace lianbo::clips {

struct PinToClip {
  live::Pin pin;
  live::Broadcast broadcast;
};

// ---- jobs
Result<int> find_pins(db::Database& db, const Call& call);
struct Tools {
  std::string folder;  // of the media plane
  std::string ffmpeg;
};
Result<int> cut_clips(db::Database& db, const Call& call, const Tools& tools);
// Is this broadcast's recording held as evidence, whatever its age?
using HeldFn = std::function<bool(db::Tx&, BrandId, BroadcastId)>;
// Removes what does not fit into media.disk_mb. A recording is kept as long as evidence is (evidence.days from its
// end); beyond, and clips at any age, the oldest goes first, unless its broadcast or brand is held.
Result<int> keep_budget(db::Database& db, const Call& call, const Tools& tools, const HeldFn& held);

// Files of clips that are not shown are put aside (withdrawn/), where nothing serves them; those that are shown again
// come back. Of these products; of none: of all there are, which a start does, since the last run may have been killed.
Result<int> place_clips(db::Database& db, const Call& call, const Tools& tools, const std::vector<ProductId>& products);

// ---- people
Result<Clip> find_clip(db::Tx& tx, ClipId id);     // whatever its state
Result<Clip> visible_clip(db::Tx& tx, ClipId id);  // ready, not withdrawn, its product on sale; else not_found
// Which of these are visible.
std::vector<ClipId> shown_clips(db::Tx& tx, std::span<const ClipId> ids);
// Out of sight, or back again; its own store says it, or who operates the brand.
Result<Clip> withdraw_clip(db::Tx& tx, const Call& call, ClipId id, bool withdrawn);
Result<Clip> rename_clip(db::Tx& tx, const Call& call, ClipId id, std::string_view title);
Status post_clip(db::Tx& tx, const Call& call, ClipId id, StoreId store);
Status unpost_clip(db::Tx& tx, const Call& call, ClipId id, StoreId store);

// ---- what others ask
// The clip that shows the product at this media time of the broadcast; else one that shows it there at all.
std::optional<Clip> clip_for_moment(db::Tx& tx, BroadcastId broadcast, ProductId product, PinId pin,
                                    std::optional<std::int64_t> media_ms);
// The clips of these pins, in whatever state; a pin has at most one. What their stores have withdrawn is not to be
// shown.
std::map<PinId, Clip> clips_of_pins(db::Tx& tx, std::span<const PinId> pins);
// Who posted it in that store: the clipper of who came through there. None: nobody, or no longer active.
std::optional<AgentId> clipper_of(db::Tx& tx, ClipId clip, StoreId store);
std::string brand_key_seed(BrandId brand);  // Ed25519

inline constexpr const char* kClipWithdrawn = "clip.withdrawn";  // {clip_id, product_id, store_id, withdrawn}
inline constexpr const char* kClipReady = "clip.ready";  // {clip_id, broadcast_id, pin_id, product_id, store_id}
net::Routes clip_routes();

}  // namespace lianbo::clips
