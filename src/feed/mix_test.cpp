// One viewer's stream, as properties over random line-ups.
#include "feed/mix.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <map>
#include <set>

namespace lianbo::feed {
namespace {

struct World {
  LineUp line_up;
  std::vector<Entry> started;
  std::vector<Tied> tied;
  std::set<std::int64_t> gone;
  Mix::Keys seen;
  std::int64_t turn = 0;

  Mix mix() { return {line_up, started, tied, is_there, seen, turn}; }
  const Mix::IsThere is_there = [this](std::int64_t key) { return !gone.contains(key); };
};

std::vector<Entry> some(std::int64_t& next, Kind kind, int most, int stores = 1000) {
  std::vector<Entry> out;
  const int n = *rc::gen::inRange(0, most);
  for (int i = 0; i < n; ++i)
    out.push_back({++next, *rc::gen::inRange(1, stores), *rc::gen::inRange<std::int64_t>(0, 10'000), kind});
  std::sort(out.begin(), out.end(), [](const Entry& a, const Entry& b) { return a.order > b.order; });
  return out;
}
void fill(World& w) {
  std::int64_t next = 0;
  w.line_up.hot_rooms = some(next, Kind::room, 60);
  w.line_up.hot_pins = some(next, Kind::pin, 60);
  w.line_up.new_rooms = some(next, Kind::room, 60);
  w.line_up.new_pins = some(next, Kind::pin, 30);
  w.line_up.resting = some(next, Kind::room, 30);
  w.line_up.coming = some(next, Kind::upcoming, 20);
  w.started = some(next, Kind::room, 5);
  w.turn = *rc::gen::inRange<std::int64_t>(0, 1000);
  for (const auto* list : {&w.line_up.hot_rooms, &w.line_up.new_rooms, &w.line_up.resting})
    for (const Entry& e : *list)
      if (*rc::gen::inRange(0, 10) == 0)
        w.tied.push_back({e, *rc::gen::element(Why::locked, Why::followed, Why::known), 1});
  for (std::int64_t id = 1; id <= next; ++id)
    if (*rc::gen::inRange(0, 8) == 0) w.gone.insert(id);
}
std::size_t there(const World& w, const std::vector<Entry>& list) {
  return static_cast<std::size_t>(
      std::count_if(list.begin(), list.end(), [&](const Entry& e) { return !w.gone.contains(e.key()); }));
}

TEST(MixProperty, NothingTwiceNothingThatIsGoneAndInTheEndEverything) {
  rc::check([] {
    World w;
    fill(w);
    std::set<std::int64_t> got;
    std::int64_t place = 0;
    for (bool more = true; more;) {  // page by page
      Mix mix = w.mix();
      for (int i = 0; i < 7; ++i, ++place) {
        const auto c = mix.at(place);
        if (!(more = c.has_value())) break;
        RC_ASSERT(got.insert(c->entry.key()).second);
        RC_ASSERT(!w.gone.contains(c->entry.key()));
      }
      w.turn = mix.turn();
    }
    std::size_t all = there(w, w.started);
    for (const auto* list : {&w.line_up.hot_rooms, &w.line_up.hot_pins, &w.line_up.new_rooms, &w.line_up.new_pins,
                             &w.line_up.resting, &w.line_up.coming})
      all += there(w, *list);
    RC_ASSERT(got.size() == all);
  });
}

TEST(MixProperty, ATenthOfThePlacesIsPool1sAsLongAsItHasSomethingForThisViewer) {
  rc::check([] {
    World w;
    fill(w);
    std::size_t left = there(w, w.line_up.new_rooms) + there(w, w.line_up.new_pins) + there(w, w.started);
    const auto is_new = [&](const Entry& e) {
      const auto in = [&](const std::vector<Entry>& list) {
        return std::any_of(list.begin(), list.end(), [&](const Entry& x) { return x.id == e.id; });
      };
      return in(w.line_up.new_rooms) || in(w.line_up.new_pins) || in(w.started);
    };
    Mix mix = w.mix();
    std::int64_t newcomers = 0;
    for (std::int64_t place = 0;; ++place) {
      const bool had = left > 0;
      const auto c = mix.at(place);
      if (!c) break;
      if (is_new(c->entry)) {
        ++newcomers;
        --left;
      }
      if (!had) continue;
      // Of the places up to here, whole tens: one in each.
      RC_ASSERT(newcomers >= (place + 1) / kCycle);
    }
  });
}

TEST(MixProperty, WhatIsPaidStandsBetweenTheOthersAndMovesNothingElse) {
  rc::check([] {
    World w;
    fill(w);
    w.tied.clear();
    std::int64_t store = 0;  // each of its own, so that no neighbours are kept apart
    for (auto* list : {&w.line_up.hot_rooms, &w.line_up.hot_pins, &w.line_up.new_rooms, &w.line_up.new_pins,
                       &w.line_up.resting, &w.line_up.coming, &w.started})
      for (Entry& e : *list) e.store = ++store;
    const auto run = [&](std::vector<Entry> bids) {
      w.seen.clear();
      Mix mix = w.mix();
      std::map<Why, std::vector<std::int64_t>> by_why;
      std::int64_t since = 5;
      for (std::int64_t place = 0;; ++place) {
        if (place_of(place) == Place::paid && !bids.empty()) {
          const Entry bid = bids.back();
          bids.pop_back();
          if (mix.may_be_paid(bid.key())) {
            const auto c = mix.pay(bid);
            RC_ASSERT(c.why == Why::paid);
            RC_ASSERT(since >= 4);
            since = 0;
            continue;
          }
        }
        const auto c = mix.at(place);
        if (!c) break;
        ++since;
        RC_ASSERT(c->why != Why::paid);
        RC_ASSERT(place_of(place) != Place::newcomer || c->why != Why::heat ||
                  std::none_of(w.line_up.new_pins.begin(), w.line_up.new_pins.end(),
                               [&](const Entry& e) { return mix.may_be_paid(e.key()); }));
        by_why[c->why].push_back(c->entry.id);
      }
      return by_why[Why::heat];
    };
    std::vector<Entry> bids;
    for (const Entry& e : w.line_up.resting)
      if (*rc::gen::arbitrary<bool>()) bids.push_back(e);
    RC_ASSERT(run({}) == run(bids));
  });
}

TEST(MixProperty, TiesFillTheOrdinaryPlacesFirstInTheirOrder) {
  rc::check([] {
    World w;
    fill(w);
    std::vector<std::int64_t> wanted, got;
    Mix mix = w.mix();
    for (std::int64_t place = 0; place < 400; ++place) {
      const auto c = mix.at(place);
      if (!c) break;
      const bool tied = c->why == Why::locked || c->why == Why::followed || c->why == Why::known;
      if (c->place != Place::ordinary) continue;
      // Once an ordinary place went to heat, no tie is left.
      if (tied)
        got.push_back(c->entry.id);
      else
        RC_ASSERT(std::all_of(w.tied.begin(), w.tied.end(), [&](const Tied& t) {
          return w.gone.contains(t.room.id) || w.seen.contains(t.room.key());
        }));
    }
    for (const Tied& t : w.tied)
      if (std::find(got.begin(), got.end(), t.room.id) != got.end()) wanted.push_back(t.room.id);
    RC_ASSERT(got == wanted);
  });
}

TEST(Mix, TheHottestComesFirstRoomOrPin) {
  World w;
  w.line_up.hot_rooms = {{1, 1, 900, Kind::room}, {2, 2, 300, Kind::room}};
  w.line_up.hot_pins = {{3, 3, 500, Kind::pin}, {4, 4, 300, Kind::pin}};
  Mix mix = w.mix();
  std::vector<std::int64_t> got;
  for (std::int64_t place = 0; const auto c = mix.at(place); ++place) got.push_back(c->entry.id);
  EXPECT_EQ(got, (std::vector<std::int64_t>{1, 3, 2, 4})) << "of equals the room";
}

TEST(Mix, OneStoreDoesNotFillTheNeighbourhood) {
  World w;
  for (std::int64_t i = 0; i < 10; ++i) w.line_up.hot_pins.push_back({100 + i, 1, 1000 - i, Kind::pin});
  for (std::int64_t i = 0; i < 10; ++i) w.line_up.hot_pins.push_back({200 + i, 2 + i, 500 - i, Kind::pin});
  Mix mix = w.mix();
  std::vector<std::int64_t> stores;
  for (std::int64_t place = 0; place < 10; ++place) stores.push_back(mix.at(place)->entry.store);
  for (std::size_t i = 0; i < stores.size(); ++i)
    for (std::size_t j = i + 1; j <= i + kStoreGap && j < stores.size(); ++j) EXPECT_NE(stores[i], stores[j]) << i;
}

TEST(Mix, WhoAsksBeforeTheNextLineUpGetsOtherNewcomers) {
  World w;
  for (std::int64_t i = 1; i <= 5; ++i) w.line_up.new_rooms.push_back({i, i, 0, Kind::room});
  for (std::int64_t i = 0; i < 50; ++i) w.line_up.hot_rooms.push_back({100 + i, 100 + i, 1000 - i, Kind::room});
  std::map<std::int64_t, int> shown;
  for (int viewer = 0; viewer < 100; ++viewer) {
    w.seen.clear();
    Mix mix = w.mix();
    for (std::int64_t place = 0; place < 10; ++place)
      if (const auto c = mix.at(place); c->why == Why::newcomer) ++shown[c->entry.id];
    w.turn = mix.turn();
  }
  for (std::int64_t i = 1; i <= 5; ++i) EXPECT_EQ(shown[i], 20) << "each alike";
}

// A day of a pool: whatever the others' heat, every room on air reaches its first 200 exposures as viewers come.
TEST(Mix, EveryRoomReachesItsFirst200AsViewersCome) {
  World w;
  std::map<std::int64_t, std::int64_t> exposures;
  constexpr int kNew = 30, kQuota = 200;
  for (std::int64_t i = 1; i <= kNew; ++i) exposures[i] = 0;
  for (std::int64_t i = 0; i < 500; ++i) w.line_up.hot_rooms.push_back({1000 + i, 1000 + i, 100'000 - i, Kind::room});
  int viewers = 0;
  for (; viewers < kNew * kQuota; ++viewers) {
    w.line_up.new_rooms.clear();
    for (const auto& [id, n] : exposures)
      if (n < kQuota) w.line_up.new_rooms.push_back({id, id, n, Kind::room});
    if (w.line_up.new_rooms.empty()) break;
    std::stable_sort(w.line_up.new_rooms.begin(), w.line_up.new_rooms.end(),
                     [](const Entry& a, const Entry& b) { return a.order < b.order; });
    w.seen.clear();
    w.turn = 0;
    Mix mix = w.mix();
    for (std::int64_t place = 0; place < 10; ++place)
      if (const auto c = mix.at(place); c->entry.id <= kNew) ++exposures[c->entry.id];
  }
  EXPECT_EQ(viewers, kNew * kQuota) << "one newcomer's place in each viewer's ten, none of them lost";
  for (const auto& [id, n] : exposures) EXPECT_EQ(n, kQuota) << id;
}

}  // namespace
}  // namespace lianbo::feed
