#include "share/landing.hpp"

#include <fmt/format.h>

namespace lianbo::share {
namespace {

using live::BroadcastState;

class Lander {
 public:
  explicit Lander(const LandingState& state) : s_(state) {}

  Landing land() const {
    switch (s_.kind) {
      case Kind::moment:
      case Kind::receipt:
        return moment();
      case Kind::broadcast:
        return broadcast();
      case Kind::clip:
        if (s_.clip) return clip();
        return s_.product ? product("clip_gone") : store("clip_gone");
      case Kind::product:
        return product(why_not_sold());
      case Kind::store:
        return store({});
      case Kind::recruit:
        return to(LandsOn::join, fmt::format("/join/{}?", s_.store.text()), {});
    }
    return store({});
  }

 private:
  bool live() const { return s_.broadcast_state == BroadcastState::live; }
  bool ended() const { return s_.broadcast_state == BroadcastState::ended; }

  // The table of SPEC 6, row by row.
  Landing moment() const {
    if (live() && s_.pin_open) return room();
    if (live() && s_.pin_start_ms)
      return to(
          LandsOn::room_shifted,
          fmt::format("/room/{}?product={}&t={}&shift=1&", s_.broadcast.text(), s_.product.text(), *s_.pin_start_ms),
          {});
    if (live() && s_.on_shelf) return room();
    if (ended() && s_.clip) return clip();
    return product(why_not_sold());
  }

  std::string_view why_not_sold() const {
    if (!s_.store_open) return "store_closed";
    return s_.on_sale ? "sold_out" : "not_sold";
  }

  Landing broadcast() const {
    if (live()) return to(LandsOn::room, fmt::format("/room/{}?", s_.broadcast.text()), {});
    if (s_.broadcast_state == BroadcastState::scheduled)
      return to(LandsOn::room_waiting, fmt::format("/room/{}?", s_.broadcast.text()), {});
    return store(ended() ? "broadcast_ended" : "broadcast_cancelled");
  }

  Landing room() const {
    return to(LandsOn::room, fmt::format("/room/{}?product={}&", s_.broadcast.text(), s_.product.text()), {});
  }
  Landing clip() const {
    return to(LandsOn::clip, fmt::format("/clip/{}?t={}&", s_.clip.text(), s_.media_ms.value_or(0)), {});
  }
  Landing product(std::string_view why_not) const {
    const std::string page = fmt::format("/product/{}?store={}&", s_.product.text(), s_.store.text());
    if (s_.can_be_sold) return to(LandsOn::product, page, {});
    if (s_.has_alternatives) return to(LandsOn::product_gone, page + "gone=1&", {});
    return store(why_not);
  }
  Landing store(std::string_view why) const {
    std::string page = fmt::format("/store/{}?", s_.store.text());
    if (!why.empty()) page += fmt::format("why={}&", why);
    return to(LandsOn::store, page, why);
  }
  Landing to(LandsOn kind, std::string path, std::string_view why) const {
    return Landing{kind, std::move(path) + "share=" + s_.token, std::string(why)};
  }

  const LandingState& s_;
};

}  // namespace

std::string_view lands_on_text(LandsOn kind) {
  switch (kind) {
    case LandsOn::room:
      return "room";
    case LandsOn::room_shifted:
      return "room_shifted";
    case LandsOn::room_waiting:
      return "room_waiting";
    case LandsOn::clip:
      return "clip";
    case LandsOn::product:
      return "product";
    case LandsOn::product_gone:
      return "product_gone";
    case LandsOn::store:
      return "store";
    case LandsOn::join:
      return "join";
  }
  return {};
}

Landing land(const LandingState& state) { return Lander(state).land(); }

}  // namespace lianbo::share
