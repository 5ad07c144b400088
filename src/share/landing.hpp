// Landing: where an opened share leads, by the table of SPEC 6, first row that fits. Exactly one redirect, never off
// the site; the product shown is the shared one in every row but the last. A pure function of what is true now.
//
// The pages' paths (stable, other parts link to them):
//   /room/{broadcast}?product=…[&t={media_ms}&shift=1]   the room, product card open [picture at that media time]
//   /product/{product}?store=…[&gone=1]                  [marked "no longer sold", with alternatives]
//   /clip/{clip}?t={media_ms}    /store/{store}[?why=…]    /join/{store}
// Each carries share={token}, so that the page can say what its orders came from.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "live/live.hpp"
#include "share/share.hpp"

namespace lianbo::share {

// Facts that can't matter for this share may be left as they are here.
struct LandingState {
  Kind kind = Kind::store;
  std::string token;
  StoreId store;
  BroadcastId broadcast;
  ProductId product;
  std::optional<std::int64_t> media_ms;  // shared media time

  std::optional<live::BroadcastState> broadcast_state;  // none: no broadcast, or it is gone
  bool pin_open = false;                                // the product is being explained in that broadcast now
  std::optional<std::int64_t> pin_start_ms;             // media time of its pin in that broadcast; none: never pinned
  bool on_shelf = false;
  ClipId clip;             // the recording that fits; none: there is none
  bool store_open = true;  // orders are taken there
  bool can_be_sold = false;
  bool on_sale = true;            // else it is no longer sold, whatever the stock
  bool has_alternatives = false;  // a product of the same brand and category that can be sold
};

enum class LandsOn { room, room_shifted, room_waiting, clip, product, product_gone, store, join };
std::string_view lands_on_text(LandsOn kind);

struct Landing {
  LandsOn kind = LandsOn::store;
  std::string path;
  // Store page instead of the target: broadcast_ended, broadcast_cancelled, store_closed, not_sold, sold_out,
  // clip_gone.
  std::string why;
};

Landing land(const LandingState& state);

}  // namespace lianbo::share
