// The mix: which item stands at which place of one viewer's feed. Pure: a line-up (all items of a brand in their
// orders, made now and then, never changed), the viewer's ties, what they were shown already, and a place give an item.
//
// - Places are numbered from 0 over all pages. Of every ten, one belongs to pool 1 (newcomers), one to a broadcast that
//   is coming; of every six, one may be paid (promo/auction.hpp); the others are ordinary. A place whose kind has
//   nothing left, and a paid one that nobody bids for, is ordinary. What is paid stands between the others and moves
//   nothing else.
// - Ordinary places: first rooms the viewer is tied to (the locked agent's, followed hosts', where people they know
//   are), then rooms and pins by heat, then newcomers, then what rests, then what is coming.
// - Newcomers: who was shown least comes first, so all of them get on alike and a new one catches up at once; rooms
//   before pins, but every third newcomer's place is a pin's. `turn` moves on with each place, so that viewers who ask
//   before the next line-up get others.
// - Nothing twice in one feed. Of a hot store at most one among kStoreGap neighbours, unless nothing else is near.
// Threads: a LineUp any, a Mix one. Errors: none.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "feed/heat.hpp"
#include "promo/auction.hpp"

namespace lianbo::feed {

inline constexpr std::int64_t kCycle = 10, kNewcomersPlace = 3, kComingPlace = 7;
inline constexpr std::size_t kStoreGap = 4, kLookAhead = 50;

enum class Place { ordinary, newcomer, coming, paid };
inline Place place_of(std::int64_t number) {
  const std::int64_t n = number % kCycle;
  return n == kNewcomersPlace          ? Place::newcomer
         : n == kComingPlace           ? Place::coming
         : promo::is_paid_slot(number) ? Place::paid
                                       : Place::ordinary;
}

struct Entry {
  std::int64_t id = 0;
  std::int64_t store = 0;
  std::int64_t order = 0;  // score, exposures or instant: what its list is in order of
  Kind kind = Kind::room;
  // A broadcast that is coming is another thing than the room it becomes.
  std::int64_t key() const { return kind == Kind::upcoming ? -id : id; }
};

struct LineUp {
  std::vector<Entry> hot_rooms, hot_pins;  // above pool 1 and not resting, the hottest first
  std::vector<Entry> new_rooms, new_pins;  // in pool 1 and not resting, the least shown first
  std::vector<Entry> resting;              // the hottest first
  std::vector<Entry> coming;               // the next first
};

enum class Why { locked, followed, known, heat, newcomer, coming, more, paid };
std::string_view why_name(Why why);

struct Tied {
  Entry room;
  Why why = Why::locked;
  std::int64_t known = 0;  // people the viewer knows in it
};
struct Chosen {
  Entry entry;
  Why why = Why::heat;
  std::int64_t known = 0;
  Place place = Place::ordinary;
};

class Mix {
 public:
  using Keys = std::unordered_set<std::int64_t>;
  using IsThere = std::function<bool(std::int64_t key)>;
  // started: rooms that began after the line-up was made; is_there: false for what is gone since. All are borrowed.
  Mix(const LineUp& line_up, const std::vector<Entry>& started, const std::vector<Tied>& tied, const IsThere& is_there,
      Keys& seen, std::int64_t turn)
      : line_up_(line_up), started_(started), tied_(tied), is_there_(is_there), seen_(seen), turn_(turn) {}

  // The item for this place, which is seen from now on; none: there is nothing left.
  std::optional<Chosen> at(std::int64_t place);
  // Of a paid place; is seen from now on, if it may be there.
  bool may_be_paid(std::int64_t key) const { return !seen_.contains(key) && is_there_(key); }
  Chosen pay(const Entry& entry);
  std::int64_t turn() const { return turn_; }

 private:
  struct List {
    const std::vector<Entry>* entries;
    std::size_t at = 0;  // all before it were seen
  };
  bool fits(const Entry& e) const { return !seen_.contains(e.key()) && is_there_(e.key()); }
  const Entry* first(List& list) const;
  const Entry* hottest();
  const Entry* apart(List& list) const;
  const Entry* newcomer(bool pins_first);
  const Entry* newcomer_of(const std::vector<Entry>& entries) const;
  const Entry* coming();
  Chosen take(const Entry& entry, Why why, Place place, std::int64_t known = 0);

  const LineUp& line_up_;
  const std::vector<Entry>& started_;
  const std::vector<Tied>& tied_;
  const IsThere& is_there_;
  Keys& seen_;
  std::int64_t turn_;
  std::size_t tied_at_ = 0;
  List rooms_{&line_up_.hot_rooms}, pins_{&line_up_.hot_pins}, resting_{&line_up_.resting}, coming_{&line_up_.coming};
  std::vector<std::int64_t> near_;  // stores of the last places
};

}  // namespace lianbo::feed
