#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/shape.hpp"
#include "sim/calibration.hpp"
#include "sim/day.hpp"

namespace lianbo::sim {
namespace {

constexpr std::size_t kShownInHall = 10;  // rooms on the first screen
constexpr double kEntersFromHall = 0.75;
constexpr double kLeastCharm = 0.02, kMoreCharm = 0.30;  // of who sees a room in a list, so many go in
constexpr double kEntersFromShare = 0.80;
constexpr double kFriendsWord = 2.0;  // a friend's share makes buying so much likelier
constexpr double kHostSharesPin = 0.35;
constexpr double kBuysFromPage = 0.03;  // of those whom a share leads to a product's page
constexpr DurationMs kSharesLast = 4 * kDayMs;
constexpr double kForbiddenLines = 0.004;
constexpr int kMostLinesOfOne = 6;  // chat lines of one person in a minute
constexpr double kCrowd = 12;       // viewers from which on a room chats at its full rate

std::string_view channel_name(ShareChannel channel) {
  switch (channel) {
    case ShareChannel::dm:
      return "dm";
    case ShareChannel::group:
      return "group";
    case ShareChannel::moments:
      return "moments";
  }
  return "other";
}

}  // namespace

Status Day::sale_day() {
  for (minute_ = 0; minute_ < kMinutesPerDay; ++minute_) {
    // Who leaves now has got everything first, so that the counts are exact.
    if (const auto seats = leaving_seats(); !seats.empty() && !exact()) TRY_OK(rooms_.settle(seats));
    end_rooms();
    rooms_.wait_for_left();
    start_rooms();
    run_agenda();
    for (auto& visits = world_.plan.visits; next_visit_ < visits.size() && visits[next_visit_].minute <= minute_;
         ++next_visit_)
      visit(visits[next_visit_].person);
    TRY_OK(crew_.run());
    TRY_OK(open_doors());
    play_in_rooms();
    act_in_rooms();
    TRY_OK(crew_.run());
    TRY_OK(rooms_.wait_for_said());
    decide_held();
    TRY_OK(crew_.run());
    TRY_OK(move_clock(options_.start_at + (minute_ + 1) * kMinuteMs));
    if (exact()) TRY_OK(rooms_.settle());
    show(0);
  }
  if (rooms_.open() > 0) TRY_OK(rooms_.settle());
  end_rooms();
  day_over_ = true;
  return crew_.run();
}

std::vector<Rooms::Seat> Day::leaving_seats() const {
  std::vector<Rooms::Seat> seats;
  for (const auto& room : world_.rooms) {
    if (!room.live) continue;
    for (const auto& w : room.watchers)
      if (room.plan.end_minute <= minute_ || w.since_minute + w.stay.minutes <= minute_) seats.push_back(w.seat);
  }
  return seats;
}

void Day::end_rooms() {
  for (auto& room : world_.rooms) {
    if (!room.live) continue;
    const bool ends = room.plan.end_minute <= minute_;
    std::vector<Watcher> leaving;
    std::erase_if(room.watchers, [&](const Watcher& w) {
      const bool goes = ends || w.since_minute + w.stay.minutes <= minute_;
      if (goes) leaving.push_back(w);
      return goes;
    });
    for (const auto& w : leaving) leave(room, w);
    if (!ends) continue;
    room.live = false;
    --rooms_on_air_;
    as(world_.host(room.plan.host).person, "POST", "/api/v1/broadcasts/" + room.id + "/end", {},
       [this](const Answer& a) {
         if (!a.ok()) unexpected("end", a);
       });
  }
}

void Day::leave(Room& room, const Watcher& watcher) {
  rooms_.leave(watcher.seat);
  --viewers_;
  world_.person(watcher.person).watching = false;
  if (!watcher.stay.on_to_another || minute_ >= kMinutesPerDay) return;
  if (options_.looking != Looking::hall) return visit(watcher.person);  // back to the list
  const int next = choose_room(watcher.person);
  if (next >= 0 && next != room.index) enter(watcher.person, world_.room(next), {}, 1);
}

void Day::start_rooms() {
  for (; next_room_ < world_.rooms.size() && world_.room(static_cast<int>(next_room_)).plan.start_minute <= minute_;
       ++next_room_) {
    Room& room = world_.room(static_cast<int>(next_room_));
    if (room.id.empty()) continue;
    const int host = room.plan.host;
    const int index = room.index;
    as(world_.host(host).person, "POST", "/api/v1/broadcasts/" + room.id + "/start", {},
       [this, index, host](const Answer& a) {
         if (!a.ok()) return unexpected("start", a);
         Room& started = world_.room(index);
         started.live = true;
         ++rooms_on_air_;
         report_.rooms_peak = std::max(report_.rooms_peak, rooms_on_air_);
         const int person = world_.host(host).person;
         open_room_play(started);
         pin_next(started);
         for (const auto channel : {ShareChannel::group, ShareChannel::moments})
           share({.kind = "broadcast", .person = person, .thing = index, .room = index, .host = host}, channel);
       });
  }
  for (auto& room : world_.rooms)
    if (room.live && room.next_pin_minute <= minute_) pin_next(room);
}

void Day::pin_next(Room& room) {
  room.next_pin_minute = minute_ + static_cast<int>(rooms_stream_.between(5, 14));
  const int product = room.shelf[room.next_on_shelf++ % room.shelf.size()];
  const int index = room.index;
  const int person = world_.host(room.plan.host).person;
  const bool shares = rooms_stream_.chance(kHostSharesPin);
  JsonWriter w;
  w.begin().field("product_id", world_.product(product).id).end();
  as(person, "POST", "/api/v1/broadcasts/" + room.id + "/pins", w.take(),
     [this, index, product, person, shares](const Answer& a) {
       if (!a.ok()) return unexpected("pin", a);
       Room& pinned = world_.room(index);
       journal_.pinned(pinned.id, a.text("id"));
       pinned.pinned = product;
       open_flash(pinned);
       if (shares)
         share({.kind = "moment",
                .person = person,
                .thing = index,
                .room = index,
                .host = pinned.plan.host,
                .product = product},
               plan_channel(shares_stream_));
     });
}

void Day::visit(int person) {
  if (world_.person(person).watching) return;
  if (options_.looking == Looking::hall) return visit_hall(person);
  if (options_.looking == Looking::feed) return visit_feed(person);
  std::vector<int> live;
  for (const auto& room : world_.rooms)
    if (room.live && world_.host(room.plan.host).person != person) live.push_back(room.index);
  for (std::size_t i = live.size(); i > 1; --i) std::swap(live[i - 1], live[visits_stream_.index(i)]);
  if (options_.looking == Looking::most_viewers)
    std::stable_sort(live.begin(), live.end(),
                     [&](int a, int b) { return world_.room(a).watchers.size() > world_.room(b).watchers.size(); });
  look_down(person, live, {});
}

void Day::visit_feed(int person) {
  as(person, "GET", brand("/feed?limit=50"), {}, [this, person](const Answer& page) {
    if (!page.ok()) return unexpected("feed", page);
    std::vector<int> rooms;
    for (const auto& item : get_list(page.body, "items")) {
      if (get_text(item, "kind") != "room") continue;
      const auto at = world_.room_of.find(get_text(item, "id"));
      if (at != world_.room_of.end() && world_.room(at->second).live) rooms.push_back(at->second);
    }
    look_down(person, rooms, page.text("feed"));
  });
}

// How likely somebody who sees the room goes in: the best known hosts draw most, and friends who watch.
double Day::charm(const Room& room, int person) const {
  const double own = kLeastCharm + kMoreCharm * room_pull(world_.host(room.plan.host).rank);
  return std::min(0.9, own * (person >= 0 && watched_.active_friends(room.index, person) > 0 ? 2 : 1));
}

// From the top, until one pleases them or they have seen enough.
void Day::look_down(int person, const std::vector<int>& rooms, const std::string& feed) {
  JsonWriter w;
  w.begin();
  if (!feed.empty()) w.field("feed", feed);
  w.key("items").begin_list();
  int chosen = -1;
  for (std::size_t i = 0; i < std::min(rooms.size(), kShownInHall) && chosen < 0; ++i) {
    Room& room = world_.room(rooms[i]);
    room.shown.insert(person);
    w.begin().field(feed.empty() ? "kind" : "what", feed.empty() ? "broadcast" : "exposure").field("id", room.id).end();
    if (visits_stream_.chance(charm(room, person))) chosen = room.index;
  }
  w.end_list().end();
  if (rooms.empty()) return;
  as(person, "POST", feed.empty() ? "/api/v1/exposures" : "/api/v1/feed/views", w.take(),
     [this, person, chosen](const Answer& counted) {
       if (!counted.ok()) return unexpected("exposures", counted);
       if (chosen >= 0) enter(person, world_.room(chosen), {}, 1);
     });
}

void Day::visit_hall(int person) {
  as(person, "GET", brand("/hall"), {}, [this, person](const Answer& hall) {
    if (!hall.ok()) return unexpected("hall", hall);
    JsonWriter w;
    w.begin().key("items").begin_list();
    std::size_t shown = 0;
    for (const auto& item : get_list(hall.body, "on_air")) {
      if (shown++ == kShownInHall) break;
      w.begin().field("kind", "broadcast").field("id", get_text(item, "id")).end();
    }
    w.end_list().end();
    if (shown == 0) return;
    as(person, "POST", "/api/v1/exposures", w.take(), [this, person](const Answer& counted) {
      if (!counted.ok()) return unexpected("exposures", counted);
      if (!visits_stream_.chance(kEntersFromHall)) return;
      const int room = choose_room(person);
      if (room >= 0) enter(person, world_.room(room), {}, 1);
    });
  });
}

// By the hosts' rank, and twice as likely where friends are.
int Day::choose_room(int person) {
  std::vector<int> live;
  for (const auto& room : world_.rooms)
    if (room.live && world_.host(room.plan.host).person != person) live.push_back(room.index);
  if (live.empty()) return -1;
  std::sort(live.begin(), live.end(), [&](int a, int b) {
    return world_.host(world_.room(a).plan.host).rank < world_.host(world_.room(b).plan.host).rank;
  });
  std::vector<double> weights;
  for (std::size_t i = 0; i < live.size(); ++i)
    weights.push_back(room_pull(static_cast<int>(i)) * (watched_.active_friends(live[i], person) > 0 ? 2 : 1));
  return live[visits_stream_.weighted(weights)];
}

void Day::enter(int person, Room& room, const std::string& share_id, double eagerness) {
  Person& who = world_.person(person);
  if (who.watching || !room.live || minute_ >= room.plan.end_minute) return;
  who.watching = true;
  Watcher watcher;
  watcher.person = person;
  watcher.share_id = share_id;
  watcher.since_minute = minute_;
  watcher.stay = plan_stay(stays_stream_, std::min(0.5, world_.host(room.plan.host).conversion * eagerness));
  entering_.push_back({room.index, watcher});
}

Status Day::open_doors() {
  if (entering_.empty()) return {};
  // Whether a pin of this minute comes in the snapshot or after it must not hang on the server's threads.
  if (exact()) TRY_OK(move_clock(now_));
  for (auto& [index, watcher] : entering_)
    watcher.seat = rooms_.enter(world_.room(index).id, world_.person(watcher.person).me);
  TRY_OK(rooms_.wait_for_snapshots());
  seat_entered();
  return {};
}

void Day::seat_entered() {
  for (auto& [index, watcher] : std::exchange(entering_, {})) {
    if (!rooms_.is_in(watcher.seat)) {
      world_.person(watcher.person).watching = false;
      complain("a viewer was not let into a room on air");
      continue;
    }
    ++report_.enters;
    ++viewers_;
    report_.viewers_peak = std::max(report_.viewers_peak, viewers_);
    Room& room = world_.room(index);
    room.watchers.push_back(watcher);
    if (room.visitors.insert(watcher.person).second) {
      if (room.visitors.size() == 100) room.hundredth_minute = minute_;
      if (room.visitors.size() == 1000) room.thousandth_minute = minute_;
    }
    watched_.set_active(index, watcher.person);
    if (room.pinned >= 0 && passed_on_.passes_on(shares_stream_, index, watcher.person, 0))
      share({.kind = "moment",
             .person = watcher.person,
             .thing = index,
             .room = index,
             .host = room.plan.host,
             .product = room.pinned},
            plan_channel(shares_stream_));
  }
}

void Day::act_in_rooms() {
  for (auto& room : world_.rooms) {
    if (!room.live || room.watchers.empty()) continue;
    std::erase_if(room.watchers, [&](const Watcher& w) {
      const bool gone = !rooms_.is_in(w.seat);  // turned away when its connection was opened again
      if (gone) {
        --viewers_;
        world_.person(w.person).watching = false;
      }
      return gone;
    });
    if (room.watchers.empty()) continue;
    const std::string title = room.pinned >= 0 ? world_.product(room.pinned).title : std::string();
    std::map<std::int64_t, int> said;
    const auto say = [&](const Watcher& w) {
      if (said[w.seat]++ == kMostLinesOfOne) return;
      std::string line = chat_.next_line(room.index, title, chat_stream_);
      if (play_stream_.chance(kForbiddenLines) && utf8_length(line) < 100) line += "，加我微信便宜拿";
      rooms_.say(w.seat, line);
    };
    const auto crowd = static_cast<double>(room.watchers.size());
    const double rate = chat_rate(chat_stream_, room.chat_memory) * std::min(1.0, crowd / kCrowd);
    const int lines = std::min(chat_stream_.poisson(rate), static_cast<int>(crowd));
    for (int i = 0; i < lines; ++i) say(room.watchers[chat_stream_.index(room.watchers.size())]);
    for (const auto& w : room.watchers) {
      const int at = minute_ - w.since_minute;
      if (at == w.stay.chat_minute) say(w);
      if (at == w.stay.like_minute) rooms_.like(w.seat, static_cast<int>(chat_stream_.between(1, 20)));
      if (room.pinned < 0) continue;
      if (at == w.stay.click_minute) look_at(w.person, room.pinned);
      if (at == w.stay.cart_minute) put_in_cart(w.person, room.plan.host, room.index, room.pinned);
      if (at == w.stay.buy_minute) {
        const int product =
            orders_stream_.chance(0.75) ? room.pinned : room.shelf[orders_stream_.index(room.shelf.size())];
        buy({w.person, room.plan.host, room.index, product, w.share_id});
      }
    }
  }
}

// ---- sharing

void Day::share(SharedThing what, ShareChannel channel) {
  JsonWriter w;
  w.begin().field("kind", what.kind).field("channel", channel_name(channel));
  if (what.kind == "moment" || what.kind == "broadcast") w.field("broadcast_id", world_.room(what.room).id);
  if (what.kind == "product") w.field("store_id", world_.host(what.host).store_id);
  if (what.kind == "moment" || what.kind == "product") w.field("product_id", world_.product(what.product).id);
  if (what.kind == "receipt") w.field("order_id", world_.purchases[static_cast<std::size_t>(what.purchase)].id);
  w.end();
  const int person = what.person;
  passed_on_.set_active(what.thing, person);
  as(person, "POST", "/api/v1/shares", w.take(), [this, what = std::move(what), channel](const Answer& a) {
    if (!a.ok()) return unexpected("share", a);
    SharedThing shared = what;
    shared.id = a.text("id");
    shared.token = a.text("token");
    if (shared.kind == "receipt") {
      // Of an order of several products the server shares the one that was being explained.
      shared.product = product_at(a.text("product_id"));
      const auto& lines = world_.purchases[static_cast<std::size_t>(shared.purchase)].lines;
      if (std::none_of(lines.begin(), lines.end(), [&](const BoughtLine& l) { return l.product == shared.product; }))
        complain("a receipt shares a product that was not bought");
    }
    journal_.shared(shared.id);
    ++report_.shares;
    for (const auto& opening : plan_openings(shares_stream_, world_.graph, shared.person, channel)) {
      const Instant at = now_ + opening.after_ms;
      if (at > options_.start_at + kDayMs + kSharesLast) continue;
      later(at, [this, who = opening.person, shared] { open_share(who, shared); });
    }
  });
}

int Day::product_at(const std::string& id) const {
  const auto at = world_.product_of.find(id);
  return at == world_.product_of.end() ? -1 : at->second;
}

void Day::open_share(int person, const SharedThing& shared) {
  as(person, "GET", "/s/" + shared.token, {}, [this, person, shared](const Answer& landing) {
    ++touches_;
    if (!landed_right(shared, landing)) {
      ++report_.wrong_landings;
      complain(fmt::format("a {} share landed at \"{}\" (status {})", shared.kind, landing.location, landing.status));
      return;
    }
    // The page behind it must not send people on.
    as(person, "GET", landing.location, {}, [this](const Answer& page) {
      if (page.status >= 300 && page.status < 400) {
        ++report_.wrong_landings;
        complain("a landing page redirects to " + page.location);
      }
    });
    if (landing.location.starts_with("/room/") && shared.room >= 0 && !day_over_) {
      if (shares_stream_.chance(kEntersFromShare)) enter(person, world_.room(shared.room), shared.id, kFriendsWord);
    } else if (landing.location.starts_with("/product/") && shared.product >= 0) {
      look_at(person, shared.product);
      if (!day_over_ && orders_stream_.chance(kBuysFromPage)) buy({person, shared.host, -1, shared.product, shared.id});
    }
    maybe_pass_on(person, shared);
  });
}

// SPEC 6: one redirect, on this site, to the shared product, or to the store's page saying why not.
bool Day::landed_right(const SharedThing& shared, const Answer& landing) const {
  const std::string& to = landing.location;
  if (landing.status != 302 || !to.starts_with('/') || to.starts_with("//")) return false;
  if (shared.product < 0) return to.starts_with("/room/") || to.starts_with("/store/");
  const std::string& product = world_.products[static_cast<std::size_t>(shared.product)].id;
  if (to.starts_with("/room/")) return to.find("product=" + product) != std::string::npos;
  if (to.starts_with("/product/")) return to.starts_with("/product/" + product);
  return to.starts_with("/store/") && to.find("why=") != std::string::npos;
}

void Day::maybe_pass_on(int person, const SharedThing& shared) {
  if (!passed_on_.passes_on(shares_stream_, shared.thing, person, 1)) return;
  SharedThing again = shared;
  again.person = person;
  again.purchase = -1;
  again.kind = shared.room < 0 ? "product" : shared.product < 0 ? "broadcast" : "moment";
  share(std::move(again), plan_channel(shares_stream_));
}

}  // namespace lianbo::sim
