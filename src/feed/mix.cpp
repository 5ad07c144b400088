#include "feed/mix.hpp"

#include <algorithm>

namespace lianbo::feed {

std::string_view why_name(Why why) {
  static constexpr std::array<std::string_view, 8> kNames{"locked",   "followed", "known", "heat",
                                                          "newcomer", "coming",   "more",  "paid"};
  return kNames.at(static_cast<std::size_t>(why));
}

const Entry* Mix::first(List& list) const {
  while (list.at < list.entries->size() && !fits((*list.entries)[list.at])) ++list.at;
  return list.at < list.entries->size() ? &(*list.entries)[list.at] : nullptr;
}

// The first whose store is not near; else the first.
const Entry* Mix::apart(List& list) const {
  const Entry* const best = first(list);
  if (!best) return nullptr;
  std::size_t looked = 0;
  for (std::size_t i = list.at; i < list.entries->size() && looked < kLookAhead; ++i) {
    const Entry& e = (*list.entries)[i];
    if (!fits(e)) continue;
    ++looked;
    if (std::find(near_.begin(), near_.end(), e.store) == near_.end()) return &e;
  }
  return best;
}

const Entry* Mix::hottest() {
  const Entry* const room = apart(rooms_);
  const Entry* const pin = apart(pins_);
  if (!room || !pin) return room ? room : pin;
  return pin->order > room->order ? pin : room;
}

// From the turn on, and around.
const Entry* Mix::newcomer_of(const std::vector<Entry>& entries) const {
  const std::size_t n = entries.size();
  for (std::size_t i = 0; i < n; ++i) {
    const Entry& e = entries[(static_cast<std::size_t>(turn_) + i) % n];
    if (fits(e)) return &e;
  }
  return nullptr;
}

const Entry* Mix::newcomer(bool pins_first) {
  if (pins_first)
    if (const Entry* pin = newcomer_of(line_up_.new_pins)) return pin;
  for (const Entry& e : started_)
    if (fits(e)) return &e;
  if (const Entry* room = newcomer_of(line_up_.new_rooms)) return room;
  return newcomer_of(line_up_.new_pins);
}

const Entry* Mix::coming() {
  for (const Entry& e : line_up_.coming) {
    if (!fits(e)) continue;
    for (const Tied& t : tied_)
      if (t.room.store == e.store) return &e;
  }
  return first(coming_);
}

Chosen Mix::take(const Entry& entry, Why why, Place place, std::int64_t known) {
  seen_.insert(entry.key());
  near_.push_back(entry.store);
  if (near_.size() > kStoreGap) near_.erase(near_.begin());
  return {entry, why, known, place};
}

Chosen Mix::pay(const Entry& entry) {
  seen_.insert(entry.key());
  return {entry, Why::paid, 0, Place::paid};
}

std::optional<Chosen> Mix::at(std::int64_t number) {
  const Place place = place_of(number);
  if (place == Place::newcomer) {
    const Entry* const e = newcomer(number / kCycle % 3 == 2);
    ++turn_;
    if (e) return take(*e, Why::newcomer, place);
  }
  if (place == Place::coming)
    if (const Entry* e = coming()) return take(*e, Why::coming, place);
  for (; tied_at_ < tied_.size(); ++tied_at_)
    if (const Tied& t = tied_[tied_at_]; fits(t.room)) return take(t.room, t.why, Place::ordinary, t.known);
  if (const Entry* e = hottest()) return take(*e, Why::heat, Place::ordinary);
  if (const Entry* e = newcomer(false)) {
    ++turn_;
    return take(*e, Why::newcomer, Place::ordinary);
  }
  if (const Entry* e = first(resting_)) return take(*e, Why::more, Place::ordinary);
  if (const Entry* e = first(coming_)) return take(*e, Why::coming, Place::ordinary);
  return std::nullopt;
}

}  // namespace lianbo::feed
