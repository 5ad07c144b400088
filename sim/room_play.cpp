// What happens in a room beside pins and chat: flash prices, coupons, lucky bags, held lines, muting; and what people
// do there for the days to come: follow a host, reserve the next broadcast.
#include <fmt/format.h>

#include <algorithm>

#include "base/shape.hpp"
#include "sim/bag_proof.hpp"
#include "sim/day.hpp"

namespace lianbo::sim {
namespace {

constexpr double kRoomsWithCoupon = 0.4;
constexpr double kRoomsWithBag = 0.35;
constexpr double kPinsWithFlash = 0.06;
constexpr double kBuysAtFlash = 0.10;
constexpr int kFlashMinutes = 5;
constexpr int kBagMinutes = 4;
constexpr std::size_t kBagCrowd = 3;  // nobody opens one for an empty room
constexpr std::size_t kMostTaps = 12;
constexpr double kTaps = 0.7;
constexpr double kByWord = 0.3;
constexpr double kSaysTheWord = 0.6;
constexpr std::string_view kBagWord = "福气到";
constexpr double kReleased = 0.3;  // of held lines; the others are rejected
constexpr double kMuted = 0.5;     // of those whose line is rejected
constexpr double kFollows = 0.25;
constexpr double kReserves = 0.5;

}  // namespace

void Day::open_room_play(Room& room) {
  const int index = room.index;
  if (play_stream_.chance(kRoomsWithBag)) room.bag_minute = minute_ + static_cast<int>(play_stream_.between(4, 25));
  if (!play_stream_.chance(kRoomsWithCoupon)) return;
  JsonWriter w;
  w.begin().field("name", "本场满 39 减 3").field("off_fen", 300).field("min_spend_fen", 3900);
  w.field("total", play_stream_.between(10, 30));
  w.field_at("ends_at", options_.start_at + (room.plan.end_minute + 60) * kMinuteMs).end();
  as(world_.host(room.plan.host).person, "POST", "/api/v1/broadcasts/" + room.id + "/coupons", w.take(),
     [this, index](const Answer& a) {
       if (!a.ok()) return unexpected("room coupon", a);
       world_.room(index).coupon = {a.text("id"), a.number("min_spend_fen"), false};
     });
}

void Day::play_in_rooms() {
  for (auto& room : world_.rooms) {
    if (!room.live || room.bag_minute < 0 || minute_ < room.bag_minute || room.watchers.size() < kBagCrowd) continue;
    room.bag_minute = -1;
    if (minute_ + kBagMinutes < room.plan.end_minute) open_bag(room);
  }
}

// A product was just pinned: sometimes at a price for a few minutes and a few units.
void Day::open_flash(Room& room) {
  if (room.pinned < 0 || minute_ < room.flash.until_minute || !play_stream_.chance(kPinsWithFlash)) return;
  const Sku& sku = world_.product(room.pinned).skus[0];
  const Fen price = sku.price_fen * 8 / 10 / 10 * 10;
  if (price <= 0) return;
  JsonWriter w;
  w.begin().field("sku_id", sku.id).field("price_fen", price).field("units", play_stream_.between(3, 12));
  w.field("seconds", kFlashMinutes * 60).end();
  const int index = room.index;
  as(world_.host(room.plan.host).person, "POST", "/api/v1/broadcasts/" + room.id + "/flash", w.take(),
     [this, index, sku = sku.id, price](const Answer& a) {
       if (a.problem == "sold_out") return;  // there are not so many left
       if (!a.ok()) return unexpected("flash price", a);
       ++report_.flash_prices;
       Room& there = world_.room(index);
       there.flash = {sku, price, minute_ + kFlashMinutes};
       for (const Watcher& watcher : there.watchers)
         if (play_stream_.chance(kBuysAtFlash))
           buy({watcher.person, there.plan.host, index, there.pinned, watcher.share_id});
     });
}

void Day::open_bag(Room& room) {
  const bool by_word = play_stream_.chance(kByWord);
  JsonWriter w;
  w.begin().field("title", by_word ? "口令福袋" : "福袋").field("rule", by_word ? "chat" : "tap");
  if (by_word) w.field("word", kBagWord);
  if (prize_.id.empty() || play_stream_.chance(0.5))
    w.field("prize", "试用装一份");
  else
    w.field("coupon_id", prize_.id);
  w.field("winners", play_stream_.between(1, 3)).field("seconds", kBagMinutes * 60).end();
  const int index = room.index;
  as(world_.host(room.plan.host).person, "POST", "/api/v1/broadcasts/" + room.id + "/lucky-bags", w.take(),
     [this, index, by_word](const Answer& a) {
       if (!a.ok()) return unexpected("lucky bag", a);
       const std::string bag = a.text("id");
       later(now_ + (kBagMinutes + 1) * kMinuteMs,
             [this, bag, commitment = a.text("commitment")] { check_draw(bag, commitment); });
       std::size_t taps = 0;
       for (const Watcher& watcher : world_.room(index).watchers) {
         if (is_of_room(index, watcher.person)) continue;
         if (by_word) {
           // Who has no login can't win; they may say it all the same.
           if (rooms_.is_in(watcher.seat) && play_stream_.chance(kSaysTheWord))
             rooms_.say(watcher.seat, std::string(kBagWord));
           continue;
         }
         if (taps == kMostTaps || !play_stream_.chance(kTaps)) continue;
         ++taps;
         const int person = watcher.person;
         registered(person, [this, person, bag, index] {
           if (is_of_room(index, person)) return;  // meanwhile
           as(person, "POST", "/api/v1/lucky-bags/" + bag + "/entry", {}, fine("entering a lucky bag"));
         });
       }
     });
}

// Whose room it is enters none of its bags.
bool Day::is_of_room(int room, int person) {
  const Host& host = world_.host(world_.room(room).plan.host);
  return person == host.person || person == host.assistant;
}

// Everybody can check a draw; so it is done for each of them.
void Day::check_draw(const std::string& bag, const std::string& commitment) {
  as_owner("GET", "/api/v1/lucky-bags/" + bag + "/proof", {}, [this, commitment](const Answer& a) {
    if (!a.ok()) return unexpected("proof of a lucky bag", a);
    ++report_.lucky_bags;
    report_.bag_entrants += static_cast<std::int64_t>(get_list(a.body, "entrants").size());
    report_.bag_winners += static_cast<std::int64_t>(get_list(a.body, "winners").size());
    if (draw_holds(a.body, commitment)) return;
    ++report_.wrong_draws;
    complain("the draw of a lucky bag does not follow from its proof");
  });
}

// ---- lines that wait for the room's crew

void Day::decide_held() {
  const std::set<std::string> broadcasts = rooms_.take_held();
  for (auto& room : world_.rooms) {
    if (!room.live || !broadcasts.contains(room.id)) continue;
    const int index = room.index;
    as(world_.host(room.plan.host).person, "GET", "/api/v1/broadcasts/" + room.id + "/held-chat?limit=200", {},
       [this, index](const Answer& a) {
         if (!a.ok()) return unexpected("held lines", a);
         for (const auto& line : get_list(a.body, "items"))
           decide_line(world_.room(index), get_text(line, "id"), get_text(line, "person_id"),
                       play_stream_.chance(kReleased));
       });
  }
}

void Day::decide_line(Room& room, const std::string& line, const std::string& writer, bool release) {
  const int index = room.index;
  as(world_.host(room.plan.host).person, "POST",
     fmt::format("/api/v1/broadcasts/{}/held-chat/{}/{}", room.id, line, release ? "release" : "reject"), {},
     [this, index, release, writer](const Answer& a) {
       if (!a.ok()) return unexpected("a held line's answer", a);
       ++(release ? report_.lines_released : report_.lines_rejected);
       if (!release && !writer.empty() && play_stream_.chance(kMuted)) mute(world_.room(index), writer);
     });
}

// By the room's assistant: a friend whom the host asks the first time there is somebody to mute.
void Day::mute(Room& room, const std::string& writer) {
  Host& host = world_.host(room.plan.host);
  if (writer == world_.person(host.person).id) return;
  const auto say = [this, broadcast = room.id, writer](int assistant) {
    JsonWriter w;
    w.begin().field("person_id", writer).field("mark", "muted").field("minutes", 30).end();
    as(assistant, "POST", "/api/v1/broadcasts/" + broadcast + "/marks", w.take(), [this](const Answer& a) {
      if (!a.ok()) return unexpected("mute", a);
      ++report_.viewers_muted;
    });
  };
  if (host.assistant >= 0) return say(host.assistant);
  for (const auto f : world_.graph.friends(host.person)) {
    if (world_.person(f).host >= 0 || world_.person(f).applied) continue;
    if (world_.person(f).me.token.empty() && !world_.person(f).login.empty()) continue;  // registering just now
    registered(f, [this, f, h = room.plan.host, say] {
      as(world_.host(h).person, "PUT",
         "/api/v1/stores/" + world_.host(h).store_id + "/assistants/" + world_.person(f).id, {},
         [this, f, h, say](const Answer& a) {
           if (!a.ok()) return unexpected("assistant", a);
           world_.host(h).assistant = f;
           say(f);
         });
    });
    return;
  }
}

// ---- for the days to come

void Day::follow_and_reserve(int index) {
  const Purchase& purchase = world_.purchases[static_cast<std::size_t>(index)];
  const int person = purchase.person;
  Host& host = world_.host(purchase.host);
  if (play_stream_.chance(kFollows))
    as(person, "PUT", "/api/v1/stores/" + host.store_id + "/follow", {}, [this](const Answer& a) {
      if (!a.ok()) return unexpected("follow", a);
      ++report_.follows;
    });
  if (host.next_broadcast.empty() || day_over_ || host.reserved.contains(person) || !play_stream_.chance(kReserves))
    return;
  host.reserved.insert(person);
  as(person, "POST", "/api/v1/broadcasts/" + host.next_broadcast + "/reservation", {}, [this](const Answer& a) {
    if (!a.ok()) return unexpected("reservation", a);
    ++report_.reservations;
  });
}

// The evening after: who promised to be back goes on air, and who reserved is told, once.
void Day::hold_next_broadcasts() {
  for (std::size_t h = 0; h < world_.hosts.size(); ++h) {
    const Host& host = world_.hosts[h];
    if (host.next_broadcast.empty()) continue;
    const std::string target = "/api/v1/broadcasts/" + host.next_broadcast;
    as(host.person, "POST", target + "/start", {}, [this, h, target](const Answer& started) {
      if (!started.ok()) return unexpected("next broadcast", started);
      const Host& back = world_.hosts[h];
      for (const int person : back.reserved) {
        const auto took = [this, id = back.next_broadcast](std::int64_t& count) {
          return [this, id, &count](const Answer& a) {
            if (!a.ok()) return unexpected("reminders", a);
            for (const auto& item : get_list(a.body, "items")) count += get_text(item, "broadcast_id") == id;
          };
        };
        as(person, "POST", "/api/v1/reminders/take", {}, took(report_.reminders));
        as(person, "POST", "/api/v1/reminders/take", {}, took(report_.second_reminders));
      }
      later(now_ + 2 * kHourMs, [this, target, person = back.person] {
        as(person, "POST", target + "/end", {}, fine("end of the next broadcast"));
      });
    });
  }
}

}  // namespace lianbo::sim
