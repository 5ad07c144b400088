#include "share/landing.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <string>
#include <vector>

namespace lianbo::share {
namespace {

using live::BroadcastState;

constexpr StoreId kStore{1'000};
constexpr BroadcastId kBroadcast{2'000};
constexpr ProductId kProduct{3'000};
constexpr ClipId kClip{4'000};
const std::string kShare = "share=0123456789ABCDEF";

LandingState state_of(Kind kind) {
  LandingState s;
  s.kind = kind;
  s.token = "0123456789ABCDEF";
  s.store = kStore;
  s.broadcast = kBroadcast;
  s.product = kProduct;
  s.media_ms = 61'000;
  return s;
}

template <class Change>
LandingState with(Kind kind, Change change) {
  LandingState s = state_of(kind);
  change(s);
  return s;
}

std::string room(const std::string& rest) { return "/room/" + kBroadcast.text() + "?" + rest + kShare; }
std::string product(const std::string& rest) {
  return "/product/" + kProduct.text() + "?store=" + kStore.text() + "&" + rest + kShare;
}
std::string store(const std::string& rest) { return "/store/" + kStore.text() + "?" + rest + kShare; }
std::string shared_product() { return "product=" + kProduct.text() + "&"; }

struct Row {
  const char* says;
  LandingState state;
  LandsOn kind;
  std::string path;
};

TEST(Landing, EveryRowOfTheTableFirstThatFits) {
  std::vector<Row> rows;
  for (const Kind kind : {Kind::moment, Kind::receipt}) {
    const auto s = [kind](auto change) { return with(kind, change); };
    rows.insert(rows.end(),
                {
                    {"pin open", s([](auto& x) {
                       x.broadcast_state = BroadcastState::live;
                       x.pin_open = x.on_shelf = x.can_be_sold = true;
                       x.pin_start_ms = 5'000;
                       x.clip = kClip;
                     }),
                     LandsOn::room, room(shared_product())},
                    {"live, was pinned: its picture at the pin's start", s([](auto& x) {
                       x.broadcast_state = BroadcastState::live;
                       x.on_shelf = x.can_be_sold = true;
                       x.pin_start_ms = 5'000;
                       x.clip = kClip;
                     }),
                     LandsOn::room_shifted, room(shared_product() + "t=5000&shift=1&")},
                    {"live, pinned at the first millisecond", s([](auto& x) {
                       x.broadcast_state = BroadcastState::live;
                       x.pin_start_ms = 0;
                     }),
                     LandsOn::room_shifted, room(shared_product() + "t=0&shift=1&")},
                    {"live, on the shelf, never pinned", s([](auto& x) {
                       x.broadcast_state = BroadcastState::live;
                       x.on_shelf = x.can_be_sold = true;
                     }),
                     LandsOn::room, room(shared_product())},
                    {"live, sold out but on the shelf: still the room", s([](auto& x) {
                       x.broadcast_state = BroadcastState::live;
                       x.on_shelf = true;
                     }),
                     LandsOn::room, room(shared_product())},
                    {"live, neither pinned nor on the shelf any more", s([](auto& x) {
                       x.broadcast_state = BroadcastState::live;
                       x.can_be_sold = true;
                     }),
                     LandsOn::product, product("")},
                    {"ended, clip exists", s([](auto& x) {
                       x.broadcast_state = BroadcastState::ended;
                       x.clip = kClip;
                       x.can_be_sold = true;
                     }),
                     LandsOn::clip, "/clip/" + kClip.text() + "?t=61000&" + kShare},
                    {"ended, no recording: the product page", s([](auto& x) {
                       x.broadcast_state = BroadcastState::ended;
                       x.pin_start_ms = 5'000;
                       x.can_be_sold = x.on_shelf = true;
                     }),
                     LandsOn::product, product("")},
                    {"a clip of a broadcast that is still scheduled is not shown", s([](auto& x) {
                       x.broadcast_state = BroadcastState::scheduled;
                       x.clip = kClip;
                       x.can_be_sold = true;
                     }),
                     LandsOn::product, product("")},
                    {"scheduled", s([](auto& x) {
                       x.broadcast_state = BroadcastState::scheduled;
                       x.on_shelf = x.can_be_sold = true;
                     }),
                     LandsOn::product, product("")},
                    {"cancelled", s([](auto& x) {
                       x.broadcast_state = BroadcastState::cancelled;
                       x.on_shelf = x.can_be_sold = true;
                     }),
                     LandsOn::product, product("")},
                    {"no broadcast at all", s([](auto& x) {
                       x.broadcast = {};
                       x.can_be_sold = true;
                     }),
                     LandsOn::product, product("")},
                    {"can't be sold, alternatives", s([](auto& x) {
                       x.broadcast_state = BroadcastState::ended;
                       x.has_alternatives = true;
                     }),
                     LandsOn::product_gone, product("gone=1&")},
                    {"can be sold beats alternatives", s([](auto& x) { x.can_be_sold = x.has_alternatives = true; }),
                     LandsOn::product, product("")},
                    {"else", s([](auto& x) { x.broadcast_state = BroadcastState::ended; }), LandsOn::store,
                     store("why=sold_out&")},
                });
  }
  const auto broadcast = [](BroadcastState state) {
    return with(Kind::broadcast, [state](auto& x) {
      x.product = {};
      x.broadcast_state = state;
    });
  };
  rows.push_back({"broadcast live", broadcast(BroadcastState::live), LandsOn::room, room("")});
  rows.push_back(
      {"broadcast scheduled: the room waits", broadcast(BroadcastState::scheduled), LandsOn::room_waiting, room("")});
  rows.push_back({"broadcast ended", broadcast(BroadcastState::ended), LandsOn::store, store("why=broadcast_ended&")});
  rows.push_back(
      {"broadcast cancelled", broadcast(BroadcastState::cancelled), LandsOn::store, store("why=broadcast_cancelled&")});
  rows.push_back(
      {"product", with(Kind::product, [](auto& x) { x.can_be_sold = true; }), LandsOn::product, product("")});
  rows.push_back({"product gone", with(Kind::product, [](auto& x) { x.has_alternatives = true; }),
                  LandsOn::product_gone, product("gone=1&")});
  rows.push_back({"product sold out", state_of(Kind::product), LandsOn::store, store("why=sold_out&")});
  rows.push_back({"store", state_of(Kind::store), LandsOn::store, store("")});
  rows.push_back({"recruit", state_of(Kind::recruit), LandsOn::join, "/join/" + kStore.text() + "?" + kShare});
  rows.push_back({"clip", with(Kind::clip, [](auto& x) { x.clip = kClip; }), LandsOn::clip,
                  "/clip/" + kClip.text() + "?t=61000&" + kShare});
  rows.push_back(
      {"clip withdrawn", with(Kind::clip, [](auto& x) { x.can_be_sold = true; }), LandsOn::product, product("")});
  rows.push_back({"clip withdrawn, nothing else known", with(Kind::clip, [](auto& x) { x.product = {}; }),
                  LandsOn::store, store("why=clip_gone&")});

  for (const Row& row : rows) {
    const Landing got = land(row.state);
    EXPECT_EQ(lands_on_text(got.kind), lands_on_text(row.kind)) << kind_text(row.state.kind) << ": " << row.says;
    EXPECT_EQ(got.path, row.path) << kind_text(row.state.kind) << ": " << row.says;
    EXPECT_EQ(!got.why.empty(), got.path.find("why=") != std::string::npos) << row.says;
  }
}

TEST(Landing, ShowsTheSharedProductInEveryRowButTheLastAndStaysOnTheSite) {
  EXPECT_TRUE(rc::check("the product of a moment", [] {
    LandingState s = state_of(*rc::gen::element(Kind::moment, Kind::receipt));
    if (*rc::gen::inRange(0, 5) != 0) {
      s.broadcast_state = *rc::gen::element(BroadcastState::scheduled, BroadcastState::live, BroadcastState::ended,
                                            BroadcastState::cancelled);
    }
    s.pin_open = *rc::gen::arbitrary<bool>();
    if (*rc::gen::arbitrary<bool>()) s.pin_start_ms = *rc::gen::inRange<std::int64_t>(0, 1'000'000);
    s.on_shelf = *rc::gen::arbitrary<bool>();
    if (*rc::gen::arbitrary<bool>()) s.clip = kClip;
    s.can_be_sold = *rc::gen::arbitrary<bool>();
    s.has_alternatives = *rc::gen::arbitrary<bool>();
    const Landing got = land(s);
    RC_ASSERT(got.path.starts_with('/'));
    RC_ASSERT(!got.path.starts_with("//"));
    RC_ASSERT(got.path.ends_with(kShare));
    RC_ASSERT(std::count(got.path.begin(), got.path.end(), '?') == 1);
    const bool shows_product = got.path.find(kProduct.text()) != std::string::npos;
    const bool shows_clip_of_it = s.clip && got.path.find(s.clip.text()) != std::string::npos;
    RC_ASSERT(shows_product || shows_clip_of_it || got.kind == LandsOn::store);
    const bool could_show = s.can_be_sold || s.has_alternatives;
    if (got.kind == LandsOn::store) RC_ASSERT(!could_show && !got.why.empty());
    // Nothing ended is shown as live.
    if (s.broadcast_state != BroadcastState::live) RC_ASSERT(got.path.find("/room/") == std::string::npos);
  }));
}

}  // namespace
}  // namespace lianbo::share
