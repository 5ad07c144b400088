#include "feed/feed_service.hpp"

#include <algorithm>
#include <set>
#include <tuple>

#include "base/json.hpp"
#include "base/shape.hpp"
#include "bus/journal.hpp"
#include "clips/clips_service.hpp"
#include "live/live_events.hpp"
#include "order/order_service.hpp"
#include "org/org_service.hpp"
#include "share/share_service.hpp"
#include "trust/trust_service.hpp"

namespace lianbo::feed {
namespace {

constexpr int kRows = 500;            // of one reading
constexpr int kCountRows = 20'000;    // of one adding up
constexpr std::size_t kActs = 5'000;  // of one writing
constexpr int kTokenLength = 20;
constexpr int kFollowed = 200;
constexpr DurationMs kAskedMs = 10 * kMinuteMs;  // a brand whose feed nobody asks for is not lined up
constexpr DurationMs kLineUpMs = kSecondMs;      // heat falls by itself; changes are seen at once
constexpr DurationMs kOverdueMs = 10 * kMinuteMs;
constexpr std::string_view kCursor = "feed", kFoldLock = "feed.fold";

void by_most(std::vector<Entry>& list) {
  std::sort(list.begin(), list.end(),
            [](const Entry& a, const Entry& b) { return std::tie(b.order, a.id) < std::tie(a.order, b.id); });
}
void by_least(std::vector<Entry>& list) {
  std::sort(list.begin(), list.end(),
            [](const Entry& a, const Entry& b) { return std::tie(a.order, a.id) < std::tie(b.order, b.id); });
}

Standing at_the_foot(const live::Broadcast& b) {
  Standing out;
  out.item = {b.id.value, Kind::room, b.brand, b.store};
  return out;
}

// Agents and staff lift nobody. Who has only applied is a buyer still.
bool works_for(db::Tx& tx, const Call& call, BrandId brand) {
  if (call.caller.staff_of(brand) != nullptr) return true;
  const AgentOf* as_agent = call.caller.agent_at(brand);
  if (as_agent == nullptr || as_agent->active) return as_agent != nullptr;
  const auto agent = org::find_agent(tx, as_agent->agent);
  return agent && agent->state != org::AgentState::applied;
}

std::int64_t value_of(Fen total, Fen full) {
  return full <= 0 ? kFullValue : std::min(total, full) * kFullValue / full;
}

}  // namespace

std::string_view noted_name(Noted noted) {
  static constexpr std::array<std::string_view, 7> kNames{"counted", "repeated", "not_shown", "too_soon",
                                                          "own",     "paid",     "in_room"};
  return kNames.at(static_cast<std::size_t>(noted));
}

// ---- rules, and what is told of an item

Result<Rules> rules_of(db::Tx& tx, BrandId brand) {
  TRY_OK(org::find_brand(tx, brand));
  return store::newest_rules(tx, brand).value_or(Rules{});
}

Result<Rules> put_rules(db::Tx& tx, const Call& call, BrandId brand, const Rules& wish) {
  TRY_OK(require_staff(call, brand, kOperates));
  TRY_OK(org::lock_brand(tx, brand));
  TRY_OK(check_pools(wish.pools));
  if (wish.most() == 0) return fail(Code::invalid_field, "at least one term has a weight", "/weights");
  TRY(const Rules was, rules_of(tx, brand));
  Rules rules = wish;
  rules.version = was.version;
  if (rules.weights == was.weights && rules.pools == was.pools && rules.full_value_fen == was.full_value_fen &&
      was.version > 0)
    return was;
  ++rules.version;
  if (!store::add_rules(tx, brand, rules, call.caller.person, call.now))
    return fail(Code::conflict, "somebody else has just changed the rules; read them again");
  JsonWriter detail;
  detail.begin().field("version", rules.version).end();
  org::audit(tx, call, brand, "feed_rules.put", "brand", brand.value, detail.text());
  return rules;
}

Result<Standing> standing_of_room(db::Tx& tx, const Call& call, BroadcastId room) {
  TRY(const auto b, live::visible_broadcast(tx, call.caller, room));
  if (b.rehearsal()) return fail(Code::not_found, "a rehearsal is not in the feed");
  if (!call.caller.owns_store(b.store)) TRY_OK(org::require_staff_at(tx, call, b.brand, b.store, kAnyStaff));
  auto found = store::standings(tx, std::array{room.value});
  if (found.empty()) return at_the_foot(b);
  return std::move(found.begin()->second);
}

Result<std::vector<Standing>> standings_of_store(db::Tx& tx, const Call& call, StoreId id, std::int64_t before,
                                                 int limit) {
  TRY(const auto shop, org::find_store(tx, id));
  if (!call.caller.owns_store(id)) TRY_OK(org::require_staff_at(tx, call, shop.brand, id, kAnyStaff));
  return store::standings_of_store(tx, id, before, limit);
}

Result<Fairness> fairness_of(db::Tx& tx, const Call& call, BrandId brand, Instant from, Instant until) {
  TRY_OK(require_staff(call, brand, kAnyStaff));
  TRY(const Rules rules, rules_of(tx, brand));
  std::map<std::int64_t, std::int64_t> shown;  // a room that was on air and shown to nobody is there with 0
  for (BroadcastId after;;) {
    const auto page = live::on_air_between(tx, brand, from, until, after, kRows);
    for (const BroadcastId id : page) shown[id.value] = 0;
    if (page.size() < static_cast<std::size_t>(kRows)) break;
    after = page.back();
  }
  for (std::int64_t after = 0;;) {
    const auto page = store::rooms_shown(tx, brand, from, until, after, kRows);
    for (const auto& [id, n] : page) shown[id] = n;
    if (page.size() < static_cast<std::size_t>(kRows)) break;
    after = page.back().first;
  }
  Fairness out;
  std::vector<std::int64_t> ids, counts;
  for (const auto& [id, n] : shown) {
    ids.push_back(id);
    counts.push_back(n);
  }
  for (std::size_t i = 0; i < ids.size(); i += kRows) {
    const std::span part = std::span(ids).subspan(i, std::min<std::size_t>(kRows, ids.size() - i));
    const auto found = store::standings(tx, part);
    for (const std::int64_t id : part) {
      const auto it = found.find(id);
      const Rung rung = it == found.end() ? Rung{} : it->second.rung;
      const std::int64_t in_all = it == found.end() ? 0 : it->second.shown;
      if (in_all < rules.pools.front().quota) ++out.below_first;
      ++out.pools[std::min<std::size_t>(static_cast<std::size_t>(rung.pool), kMaxPools)];
      if (rung.resting) ++out.resting;
    }
  }
  out.spread = feed::spread_of(std::move(counts));
  out.places = store::places_between(tx, brand, from, until);
  return out;
}

void merge_guest(db::Tx& tx, const Call& call, PersonId guest, PersonId person) {
  store::merge_views(tx, call.bucket(guest), guest, call.bucket(person), person);
}
void forget_person(db::Tx& tx, const Call& call, PersonId person) {
  store::forget_views(tx, call.bucket(person), person);
}
Result<int> forget_old_views(db::Database& db, const Call& call, int limit) {
  const Instant before = call.now - kViewsKeptMs;
  TRY(const bool any, db.read([&](db::Tx& tx) -> Result<bool> { return store::any_view_before(tx, before); }));
  if (!any) return 0;
  return db.write([&](db::Tx& tx) -> Result<int> { return store::forget_views_before(tx, before, limit); });
}

// ---- items

Feed::Brand& Feed::brand_at(BrandId id) {
  auto& brand = brands_[id];
  if (!brand) brand = std::make_unique<Brand>();
  return *brand;
}

void Feed::add(Brand& brand, BrandId id, std::int64_t key, Item item) {
  const Entry entry{std::abs(key), item.store.value, 0, item.kind};
  if (item.kind == Kind::room) brand.room_of_store[item.store.value] = key;
  if (item.kind == Kind::pin) brand.pins_of_product[item.product.value].push_back(key);
  const bool is_room = item.kind == Kind::room;
  if (!brand.items.insert_or_assign(key, std::move(item)).second) return;  // told twice
  where_[key] = id;
  ++brand.changes;
  brand.stale = true;
  if (is_room) brand.started.emplace_back(brand.changes, entry);
}

void Feed::remove(Brand& brand, std::int64_t key) {
  const auto it = brand.items.find(key);
  if (it == brand.items.end()) return;
  const Item& item = it->second;
  if (item.kind == Kind::room) {
    const auto room = brand.room_of_store.find(item.store.value);
    if (room != brand.room_of_store.end() && room->second == key) brand.room_of_store.erase(room);
  }
  if (item.kind == Kind::pin) std::erase(brand.pins_of_product[item.product.value], key);
  brand.items.erase(it);
  where_.erase(key);
  ++brand.changes;
  brand.stale = true;
}

void Feed::remove_key(std::int64_t key) {
  if (const auto it = where_.find(key); it != where_.end()) remove(brand_at(it->second), key);
}

void Feed::set_standing(const Standing& s) {
  const auto it = brands_.find(s.item.brand);
  if (it == brands_.end()) return;
  const auto item = it->second->items.find(s.item.id);
  if (item == it->second->items.end()) return;
  item->second.rung = s.rung;
  item->second.shown = s.shown;
  item->second.sums = std::make_unique<Sums>(s.sums);
  it->second->stale = true;
}

Status Feed::load(Instant now) {
  std::unique_lock lock(mutex_);
  return db_.read([&](db::Tx& tx) -> Status {
    for (BrandId after;;) {
      const auto page = org::all_brands(tx, kRows, after);
      for (const auto& b : page) TRY_OK(load_brand(tx, b.id, now));
      if (page.size() < static_cast<std::size_t>(kRows)) break;
      after = page.back().id;
    }
    TRY_OK(load_pins(tx, now));
    return load_standings(tx);
  });
}

Status Feed::load_brand(db::Tx& tx, BrandId id, Instant now) {
  Brand& brand = brand_at(id);
  if (const auto rules = store::newest_rules(tx, id)) brand.rules = *rules;
  for (BroadcastId after;;) {
    const auto page = live::rooms_on_air(tx, id, after, kRows);
    for (const auto& b : page) add(brand, id, b.id.value, {.kind = Kind::room, .store = b.store, .at = b.started_at});
    if (page.size() < static_cast<std::size_t>(kRows)) break;
    after = page.back().id;
  }
  for (const auto& b : live::coming_between(tx, id, now - kOverdueMs, now + kComingMs, kMaxComing))
    add(brand, id, -b.id.value, {.kind = Kind::upcoming, .store = b.store, .at = b.scheduled_at});
  return {};
}

Status Feed::load_pins(db::Tx& tx, Instant now) {
  std::size_t taken = 0;
  for (PinId before; taken < max_pins_;) {
    const auto page = live::closed_pins(tx, before, kRows);
    for (const auto& p : page) {
      if (p.pin.closed_at < now - kPinAgeMs) return {};
      if (p.pin.closed_at - p.pin.opened_at < kPinLengthMs) continue;
      add(brand_at(p.pin.brand), p.pin.brand, p.pin.id.value,
          {.kind = Kind::pin, .store = p.store, .product = p.pin.product, .at = p.pin.closed_at});
      ++taken;
    }
    if (page.size() < static_cast<std::size_t>(kRows)) break;
    before = page.back().pin.id;
  }
  return {};
}

Status Feed::load_standings(db::Tx& tx) {
  std::vector<std::int64_t> keys;
  for (const auto& [key, brand] : where_)
    if (key > 0) keys.push_back(key);
  std::sort(keys.begin(), keys.end());  // rows that lie together are read together
  for (std::size_t i = 0; i < keys.size(); i += kRows)
    for (const auto& [id, s] :
         store::standings(tx, std::span(keys).subspan(i, std::min<std::size_t>(kRows, keys.size() - i))))
      set_standing(s);
  for (auto& [id, brand] : brands_)
    for (auto& [product, pins] : brand->pins_of_product) std::sort(pins.begin(), pins.end());
  return {};
}

void Feed::broadcast_changed(const db::Event& event) {
  const auto value = parse_json(event.payload);
  if (!value) return;
  const json::value& b = get_object(*value, "broadcast");
  if (get_text(b, "audience") == live::audience_name(live::Audience::rehearsal)) return;
  const StoreId store = get_id<StoreId>(b, "store_id");
  const std::int64_t id = event.key;
  std::unique_lock lock(mutex_);
  Brand& brand = brand_at(event.brand);
  const auto state = live::parse_state(get_text(b, "state"));
  if (state == live::BroadcastState::scheduled) {
    // Events of one broadcast come in order: a room is never told to be scheduled after it has begun.
    remove(brand, -id);
    add(brand, event.brand, -id, {.kind = Kind::upcoming, .store = store, .at = get_instant(b, "scheduled_at")});
    return;
  }
  remove(brand, -id);
  if (state != live::BroadcastState::live) return remove(brand, id);
  if (!brand.items.contains(id))
    add(brand, event.brand, id, {.kind = Kind::room, .store = store, .at = get_instant(b, "started_at")});
}

void Feed::pin_closed(const db::Event& event) {
  const auto value = parse_json(event.payload);
  if (!value) return;
  const json::value& p = get_object(*value, "pin");
  const PinId id = get_id<PinId>(p, "id");
  const Instant closed_at = get_instant(p, "closed_at");
  if (closed_at - get_instant(p, "opened_at") < kPinLengthMs) return;
  std::unique_lock lock(mutex_);
  Brand& brand = brand_at(event.brand);
  const auto room = brand.items.find(event.key);
  if (room == brand.items.end() || brand.items.contains(id.value)) return;  // a rehearsal's, or told twice
  add(brand, event.brand, id.value,
      {.kind = Kind::pin, .store = room->second.store, .product = get_id<ProductId>(p, "product_id"), .at = closed_at});
}

void Feed::on_event(const db::Event& event) {
  const std::string_view topic = event.topic;
  if (topic == live::kPinClosed) return pin_closed(event);
  if (topic == live::kBroadcastStarted || topic == live::kBroadcastEnded || topic == live::kBroadcastScheduled ||
      topic == live::kBroadcastCancelled || topic == live::kBroadcastChanged)
    return broadcast_changed(event);
  if (topic == live::kChatSaid) {
    if (const auto value = parse_json(event.payload))
      wait({get_id<PersonId>(*value, "person_id"), event.key, What::interact, get_instant(*value, "at", event.at)});
  }
}

// ---- the line-up

int Feed::line_up(Instant now) {
  std::vector<BrandId> due;
  {
    std::shared_lock lock(mutex_);
    for (const auto& [id, brand] : brands_)
      if ((brand->asked_at > now - kAskedMs && (brand->stale || now - brand->made_at >= kLineUpMs)) ||
          now - brand->made_at >= kHourMs)  // pins that are too old go also where nobody looks
        due.push_back(id);
  }
  for (const BrandId id : due) {
    Brand* brand = nullptr;
    {
      std::shared_lock lock(mutex_);
      brand = brands_.at(id).get();
    }
    make_line_up(*brand, now);
  }
  return 0;  // it is never done for good
}

// Made beside those who read; only taking it into use holds them up.
void Feed::make_line_up(Brand& brand, Instant now) {
  auto made = std::make_shared<LineUp>();
  std::vector<std::int64_t> old_pins;
  std::int64_t changes = 0;
  {
    std::shared_lock lock(mutex_);
    changes = brand.changes;
    brand.stale = false;
    for (const auto& [key, item] : brand.items) {
      Entry e{std::abs(key), item.store.value, 0, item.kind};
      if (item.kind == Kind::upcoming) {
        if (item.at <= now - kOverdueMs || item.at >= now + kComingMs) continue;
        e.order = item.at;
        made->coming.push_back(e);
        continue;
      }
      if (item.kind == Kind::pin && item.at < now - kPinAgeMs) {
        old_pins.push_back(key);
        continue;
      }
      if (item.rung.pool == 1 && !item.rung.resting) {
        e.order = item.shown;
        (item.kind == Kind::room ? made->new_rooms : made->new_pins).push_back(e);
        continue;
      }
      if (item.sums) e.order = heat_of(*item.sums, brand.rules.weights, half_life_of(item.kind), now).score;
      (item.rung.resting ? made->resting : item.kind == Kind::room ? made->hot_rooms : made->hot_pins).push_back(e);
    }
  }
  by_most(made->hot_rooms);
  by_most(made->hot_pins);
  by_most(made->resting);
  by_least(made->new_rooms);
  by_least(made->new_pins);
  by_least(made->coming);
  if (made->coming.size() > static_cast<std::size_t>(kMaxComing)) made->coming.resize(kMaxComing);
  std::unique_lock lock(mutex_);
  if (changes < brand.made_changes) return;  // somebody else made a newer one meanwhile
  brand.made_changes = changes;
  brand.line_up = std::move(made);
  brand.made_at = now;
  brand.turn = 0;
  std::erase_if(brand.started, [&](const auto& s) { return s.first <= changes; });
  for (const std::int64_t key : old_pins) remove(brand, key);
}

// ---- sessions

Feed::SessionPtr Feed::open_session(const Call& call, BrandId brand) {
  auto session = std::make_shared<Session>();
  session->token = call.random->base62(kTokenLength);
  session->person = call.caller.person;
  session->brand = brand;
  session->used_at = call.now;
  std::lock_guard lock(sessions_mutex_);
  const auto drop = [&](const std::string& token) {
    const auto it = sessions_.find(token);
    if (it == sessions_.end()) return;
    const Kept at = it->second;
    auto& own = of_person_[(*at.session)->person.value];
    std::erase(own, token);
    if (own.empty()) of_person_.erase((*at.session)->person.value);
    (at.used ? by_use_ : opened_).erase(at.session);
    sessions_.erase(it);
  };
  for (auto* list : {&opened_, &by_use_})
    while (!list->empty() && (sessions_.size() >= max_sessions_ || list->front()->used_at < call.now - kSessionMs))
      drop(std::string(list->front()->token));
  if (const auto own = of_person_.find(session->person.value);
      own != of_person_.end() && own->second.size() >= kSessionsOfPerson)
    drop(std::string(own->second.front()));
  of_person_[session->person.value].push_back(session->token);
  sessions_[session->token] = {opened_.insert(opened_.end(), session), false};
  return session;
}

Feed::SessionPtr Feed::find_session(std::string_view token, const Call& call) {
  std::lock_guard lock(sessions_mutex_);
  const auto it = sessions_.find(std::string(token));
  if (it == sessions_.end()) return nullptr;
  Kept& at = it->second;
  const SessionPtr session = *at.session;
  if (session->person != call.caller.person || session->used_at < call.now - kSessionMs) return nullptr;
  session->used_at = call.now;
  by_use_.splice(by_use_.end(), at.used ? by_use_ : opened_, at.session);
  at.used = true;
  return session;
}

std::vector<Tied> Feed::tied_rooms(const Brand& brand, const Session& session) const {
  std::vector<Tied> out;
  const auto put = [&](std::int64_t room, Why why, std::int64_t known) {
    const auto it = brand.items.find(room);
    if (it == brand.items.end() || it->second.kind != Kind::room) return;
    for (Tied& t : out)
      if (t.room.id == room) {
        t.known += known;
        return;
      }
    out.push_back({{room, it->second.store.value, 0, Kind::room}, why, known});
  };
  for (const auto& [store, why] : session.tied)
    if (const auto it = brand.room_of_store.find(store.value); it != brand.room_of_store.end()) put(it->second, why, 0);
  std::map<std::int64_t, std::int64_t> rooms;
  {
    std::lock_guard lock(presence_mutex_);
    for (const PersonId person : session.known)
      if (const auto it = watching_.find(person.value); it != watching_.end()) ++rooms[it->second.room];
  }
  std::vector<std::pair<std::int64_t, std::int64_t>> fullest;
  for (const auto& [room, n] : rooms) fullest.emplace_back(-n, room);
  std::sort(fullest.begin(), fullest.end());
  for (const auto& [n, room] : fullest) put(room, Why::known, -n);
  return out;
}

// Leaves those that are there by the rows, with their rows.
Status Feed::look_up(db::Tx& tx, const Call& call, const Session& session, Page& page,
                     std::vector<std::pair<std::int64_t, Chosen>>& chosen) {
  std::vector<BroadcastId> broadcasts;
  std::vector<PinId> pins;
  for (const auto& [place, c] : chosen) {
    if (c.entry.kind == Kind::pin)
      pins.push_back(PinId{c.entry.id});
    else
      broadcasts.push_back(BroadcastId{c.entry.id});
    if (c.why == Why::paid) broadcasts.push_back(session.paid.at(c.entry.key()).broadcast);
  }
  for (auto& b : live::public_broadcasts(tx, broadcasts)) page.broadcasts[b.id.value] = std::move(b);
  for (auto& p : live::pins_to_show(tx, pins)) page.pins[p.pin.id.value] = p;
  page.recordings.merge(clips::clips_of_pins(tx, pins));
  for (const auto& [pin, clip] : page.recordings)
    if (clip.withdrawn_at != 0) page.pins.erase(pin.value);
  std::erase_if(chosen, [&](const auto& c) {
    const Entry& e = c.second.entry;
    if (c.second.why == Why::paid) {  // whatever is shown: only into a room on air
      const auto room = page.broadcasts.find(session.paid.at(e.key()).broadcast.value);
      if (room == page.broadcasts.end() || room->second.state != live::BroadcastState::live) return true;
    }
    if (e.kind == Kind::pin) return !page.pins.contains(e.id);
    const auto it = page.broadcasts.find(e.id);
    if (it == page.broadcasts.end()) return true;
    const live::Broadcast& b = it->second;
    if (e.kind == Kind::room) return b.state != live::BroadcastState::live;
    return b.state != live::BroadcastState::scheduled || b.scheduled_at <= call.now - kOverdueMs;
  });
  return {};
}

Status Feed::fill(db::Tx& tx, const Call& call, Session& session, int limit, Page& page) {
  std::vector<std::pair<std::int64_t, Chosen>> got;
  std::vector<std::int64_t> wanted;
  for (int i = 0; i < limit && session.seen.size() + wanted.size() < kMaxSessionItems; ++i)
    wanted.push_back(session.place + i);
  promo::Auctioneer::Offers offers;
  promo::Viewer viewer;
  viewer.person = session.person;
  const bool sells = auctioneer_ && std::any_of(wanted.begin(), wanted.end(),
                                                [](std::int64_t place) { return place_of(place) == Place::paid; });
  if (sells) offers = auctioneer_->offers(tx, call, session.brand);
  if (promo::Auctioneer::any(offers)) viewer = promo::viewer_of(tx, call, session.brand);
  for (int round = 0; round < 4 && !wanted.empty(); ++round) {
    std::vector<std::pair<std::int64_t, Chosen>> chosen;
    {
      std::shared_lock lock(mutex_);
      const auto it = brands_.find(session.brand);
      if (it == brands_.end()) break;
      Brand& brand = *it->second;
      std::vector<Entry> started;
      for (const auto& [change, entry] : brand.started) started.push_back(entry);
      const auto tied = tied_rooms(brand, session);
      const Mix::IsThere is_there = [&](std::int64_t key) { return brand.items.contains(key); };
      Mix mix(*brand.line_up, started, tied, is_there, session.seen, brand.turn);
      const auto pay = [&](std::int64_t place) -> std::optional<Chosen> {
        if (!sells || session.ended || place_of(place) != Place::paid) return std::nullopt;
        const auto key_of = [](BroadcastId room, PinId pin) { return pin ? pin.value : room.value; };
        const auto p = auctioneer_->choose(offers, call, session.brand, viewer, [&](BroadcastId room, PinId pin) {
          return !mix.may_be_paid(key_of(room, pin)) || !brand.items.contains(room.value);
        });
        if (!p) return std::nullopt;
        const Entry entry{key_of(p->broadcast, p->pin), p->store.value, 0, p->pin ? Kind::pin : Kind::room};
        session.paid.insert_or_assign(entry.key(), *p);
        return mix.pay(entry);
      };
      for (const std::int64_t place : wanted) {
        if (auto paid = pay(place))
          chosen.emplace_back(place, *paid);
        else if (auto c = mix.at(place))
          chosen.emplace_back(place, *c);
        else
          session.ended = true;
      }
      brand.turn = mix.turn();
    }
    const auto asked = chosen;
    TRY_OK(look_up(tx, call, session, page, chosen));
    wanted.clear();
    for (const auto& [place, c] : asked)
      if (std::none_of(chosen.begin(), chosen.end(), [&, p = place](const auto& x) { return x.first == p; }))
        wanted.push_back(place);
    got.insert(got.end(), chosen.begin(), chosen.end());
  }
  std::sort(got.begin(), got.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  session.place += limit;
  // Where natural items were gone meanwhile a paid one would come too soon: it waits for its next place.
  std::erase_if(got, [&](const auto& x) {
    const Chosen& c = x.second;
    if (c.why != Why::paid) {
      ++session.since_paid;
      return false;
    }
    if (session.since_paid >= promo::kSlotsPerPaid - 1) {
      session.since_paid = 0;
      return false;
    }
    session.seen.erase(c.entry.key());
    session.paid.erase(c.entry.key());
    return true;
  });
  count_places(session.brand, call.now, got);
  for (const auto& [place, c] : got) page.items.push_back(c);
  return {};
}

void Feed::count_places(BrandId brand, Instant at, const std::vector<std::pair<std::int64_t, Chosen>>& chosen) {
  store::Places n;
  for (const auto& [place, c] : chosen) {
    ++n.places;
    if (c.why == Why::newcomer) ++n.newcomers;
    if (c.why == Why::paid) ++n.paid;
    if (place_of(place) == Place::newcomer && c.why != Why::newcomer) ++n.wanting;
  }
  std::lock_guard lock(presence_mutex_);
  store::Places& sum = places_[{brand, at - at % kMinuteMs}];
  sum.places += n.places;
  sum.newcomers += n.newcomers;
  sum.wanting += n.wanting;
  sum.paid += n.paid;
}

Result<Page> Feed::page(db::Tx& tx, const Call& call, BrandId id, std::string_view cursor, int limit) {
  SessionPtr session;
  std::size_t number = 0;
  if (cursor.empty()) {
    TRY_OK(org::find_brand(tx, id));
    bool fresh = false;
    {
      std::shared_lock lock(mutex_);
      const auto it = brands_.find(id);
      if (it != brands_.end()) {
        // Where nobody has looked for a while no job lines up: what changed meanwhile is put in now.
        const bool looked_at = it->second->asked_at.exchange(call.now) > call.now - kAskedMs;
        fresh =
            it->second->made_at != 0 && it->second->made_at > call.now - kAskedMs && (looked_at || !it->second->stale);
      }
    }
    if (!fresh) {
      Brand* brand = nullptr;
      {
        std::unique_lock lock(mutex_);
        brand = &brand_at(id);
        brand->asked_at = call.now;
      }
      make_line_up(*brand, call.now);
    }
    session = open_session(call, id);
    const Bucket bucket = call.bucket(call.caller.person);
    if (const auto lock = share::lock_of(tx, bucket, id, call.caller.person); share::valid_at(lock, call.now))
      if (const auto agent = org::find_agent(tx, lock->agent)) session->tied.emplace_back(agent->store, Why::locked);
    for (const auto& f : trust::follows_of(tx, call, {}, kFollowed)) session->tied.emplace_back(f.store, Why::followed);
    if (!call.caller.guest) session->known = trust::ties_of(tx, call, id);
  } else {
    const auto dot = cursor.find('.');
    session = find_session(cursor.substr(0, dot), call);
    if (!session || session->brand != id)
      return fail(Code::cursor_expired, "this feed is over; ask for the first page again", "cursor");
    for (const char c : dot == std::string_view::npos ? std::string_view("x") : cursor.substr(dot + 1)) {
      if (c < '0' || c > '9' || number > kMaxSessionItems)
        return fail(Code::invalid_field, "the cursor of an answer of this feed", "cursor");
      number = number * 10 + static_cast<std::size_t>(c - '0');
    }
    std::shared_lock lock(mutex_);
    if (const auto it = brands_.find(id); it != brands_.end()) it->second->asked_at = call.now;
  }
  std::lock_guard lock(session->mutex);
  Page page;
  page.session = session->token;
  if (number > session->pages.size())
    return fail(Code::invalid_field, "the cursor of an answer of this feed", "cursor");
  if (number < session->pages.size()) {  // asked again: the same, without what has ended
    std::vector<std::pair<std::int64_t, Chosen>> again;
    for (const Chosen& c : session->pages[number]) again.emplace_back(0, c);
    TRY_OK(look_up(tx, call, *session, page, again));
    for (const auto& [place, c] : again) page.items.push_back(c);
  } else {
    TRY_OK(fill(tx, call, *session, limit, page));
    session->pages.push_back(page.items);
  }
  for (const Chosen& c : page.items)
    if (c.why == Why::paid) page.paid.emplace(c.entry.key(), session->paid.at(c.entry.key()));
  const bool last = number + 1 == session->pages.size() &&
                    (session->ended || page.items.empty() || session->seen.size() >= kMaxSessionItems);
  if (!last) page.next = session->token + "." + std::to_string(number + 1);
  return page;
}

// ---- what people do

std::optional<ItemFacts> Feed::facts_of(db::Tx& tx, std::int64_t id) const {
  {
    std::shared_lock lock(mutex_);
    if (const auto where = where_.find(id); where != where_.end()) {
      const Item& item = brands_.at(where->second)->items.at(id);
      return ItemFacts{id, item.kind, where->second, item.store};
    }
  }
  const auto found = store::standings(tx, std::array{id});  // it has left the feed
  if (found.empty()) return std::nullopt;
  return found.begin()->second.item;
}

// False: done before, or never shown.
bool Feed::count_deed(db::Tx& tx, PersonId person, const ItemFacts& item, What what, std::int64_t n, Instant at) const {
  const Bucket bucket = bucket_of(person, buckets_);
  const bool is_new = what == What::exposure ? store::add_view(tx, bucket, person, item.id, at)
                      : what == What::value  ? true
                      : what == What::stay   ? store::mark_stayed(tx, bucket, person, item.id, at - kStayMs)
                                             : store::mark_done(tx, bucket, person, item.id, what, at);
  if (is_new) store::add_count(tx, bucket, {at / kSecondMs, item, what, n});
  return is_new;
}

Result<std::vector<Noted>> Feed::note(db::Tx& tx, const Call& call, std::string_view token,
                                      std::span<const Deed> deeds) {
  const SessionPtr session = find_session(token, call);
  if (!session) return fail(Code::cursor_expired, "this feed is over; what was seen in it counts no more", "/feed");
  std::vector<Noted> out(deeds.size(), Noted::not_shown);
  if (works_for(tx, call, session->brand)) return std::vector<Noted>(deeds.size(), Noted::own);
  // Exposures before what follows from them; rows in one order, so that two batches don't wait for each other in a
  // ring.
  std::vector<std::size_t> order(deeds.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return std::tie(deeds[a].item, deeds[a].what, a) < std::tie(deeds[b].item, deeds[b].what, b);
  });
  Mix::Keys shown;
  std::map<std::int64_t, promo::Placement> paid;
  {
    std::lock_guard lock(session->mutex);
    shown = session->seen;
    paid = session->paid;
  }
  std::vector<std::string> slots;
  const PersonId person = call.caller.person;
  std::vector<live::Exposure> rooms;
  for (const std::size_t i : order) {
    const Deed& deed = deeds[i];
    if (!shown.contains(deed.item)) continue;
    if (const auto slot = paid.find(deed.item); slot != paid.end()) {
      out[i] = Noted::paid;
      if (deed.what == What::exposure) slots.push_back(slot->second.token);
      continue;
    }
    const auto item = facts_of(tx, deed.item);
    if (!item || item->kind == Kind::upcoming) continue;
    if (item->kind == Kind::room && deed.what != What::exposure) {
      out[i] = Noted::in_room;
      continue;
    }
    if (count_deed(tx, person, *item, deed.what, 1, call.now)) {
      out[i] = Noted::counted;
      if (deed.what == What::exposure && item->kind == Kind::room) rooms.push_back({"broadcast", deed.item});
      continue;
    }
    const auto view = store::find_view(tx, call.bucket(person), person, deed.item);
    if (!view) continue;
    const bool done = deed.what == What::exposure || (view->did / store::bit_of(deed.what)) % 2 == 1;
    if (done)
      out[i] = Noted::repeated;
    else if (deed.what == What::stay)
      out[i] = Noted::too_soon;
  }
  if (!slots.empty()) promo::show_slots(tx, call, auctioneer_->slot_key(), slots);
  live::record_exposures(tx, call, rooms);  // the brand's figures count them too, once a person and room
  return out;
}

void Feed::came_paid(db::Tx& tx, const Call& call, BroadcastId room, PinId pin) {
  const PersonId person = call.caller.person;
  for (const std::int64_t item : {room.value, pin.value})
    if (item != 0) store::mark_paid(tx, bucket_of(person, buckets_), person, item, call.now);
}

void Feed::clicked(db::Tx& tx, const Call& call, std::span<const live::Click> clicks) {
  std::set<std::int64_t> rooms;
  for (const auto& c : clicks)
    if (c.broadcast) rooms.insert(c.broadcast.value);
  for (const std::int64_t room : rooms)
    if (const auto item = facts_of(tx, room)) count_deed(tx, call.caller.person, *item, What::click, 1, call.now);
}

void Feed::wait(Act act) {
  std::lock_guard lock(presence_mutex_);
  if (waiting_.size() < kMaxWaiting)
    waiting_.push_back(act);
  else
    ++lost_;
}

void Feed::watched(BroadcastId room, PersonId person, bool came, Instant now) {
  if (came) wait({person, room.value, What::enter, now});
  std::lock_guard lock(presence_mutex_);
  if (came) {
    const Watch watch{room.value, now};
    watching_[person.value] = watch;
    if (staying_.size() < kMaxWaiting) staying_.push_back({person, watch});
  } else if (const auto it = watching_.find(person.value); it != watching_.end() && it->second.room == room.value) {
    watching_.erase(it);
  }
}

std::vector<Feed::Act> Feed::take_acts(Instant now) {
  std::lock_guard lock(presence_mutex_);
  const auto end = waiting_.begin() + static_cast<std::ptrdiff_t>(std::min(waiting_.size(), kActs));
  std::vector<Act> out(waiting_.begin(), end);
  waiting_.erase(waiting_.begin(), end);
  for (; !staying_.empty() && out.size() < kActs && staying_.front().watch.since + kStayMs <= now;
       staying_.pop_front()) {
    const Due& due = staying_.front();
    const auto it = watching_.find(due.person.value);
    if (it != watching_.end() && it->second.room == due.watch.room && it->second.since == due.watch.since)
      out.push_back({due.person, due.watch.room, What::stay, due.watch.since + kStayMs});
  }
  return out;
}

void Feed::count_order(db::Tx& tx, const Call& call, const db::Event& event) const {
  const auto value = parse_json(event.payload);
  if (!value) return;
  const auto o = order::visible_order(tx, call, get_id<OrderId>(*value, "order_id"));
  if (!o) return;
  const Rules rules = store::newest_rules(tx, o->brand).value_or(Rules{});
  const std::int64_t worth = value_of(o->total_fen, rules.full_value_fen);
  const auto count = [&](std::int64_t id) {
    const auto item = facts_of(tx, id);
    if (item && count_deed(tx, o->buyer, *item, What::order, 1, event.at))
      count_deed(tx, o->buyer, *item, What::value, worth, event.at);
  };
  if (o->broadcast) count(o->broadcast.value);
  // And for the moments they looked at before: those of what they bought.
  for (const auto& view :
       store::entered_since(tx, bucket_of(o->buyer, buckets_), o->buyer, event.at - kOrderAfterPinMs, kRows)) {
    ProductId product;
    {
      std::shared_lock lock(mutex_);
      if (const auto where = where_.find(view.item); where != where_.end()) {
        const Item& item = brands_.at(where->second)->items.at(view.item);
        if (item.kind == Kind::pin) product = item.product;
      }
    }
    if (product && std::any_of(o->lines.begin(), o->lines.end(), [&](const auto& l) { return l.product == product; }))
      count(view.item);
  }
}

Result<int> Feed::count_orders(db::Tx& tx, const Call& call) const {
  const std::int64_t head = bus::event_head(tx, kCursor);
  if (bus::events_after(tx, head, 1).empty()) return 0;
  const std::int64_t from = bus::lock_event_head(tx, kCursor);
  const auto events = bus::events_after(tx, from, kRows);
  for (const auto& kept : events)
    if (kept.event.topic == "order.paid") count_order(tx, call, kept.event);
  if (!events.empty()) bus::set_event_head(tx, kCursor, events.back().seq);
  return static_cast<int>(events.size());
}

Result<Instant> Feed::day_of(db::Tx& tx, BrandId brand, Instant at) {
  std::lock_guard lock(zones_mutex_);
  auto it = zones_.find(brand);
  if (it == zones_.end()) {
    TRY(const auto found, org::find_brand(tx, brand));
    TRY(auto zone, TimeZone::load(found.time_zone));
    it = zones_.emplace(brand, std::move(zone)).first;
  }
  return it->second.day_of(at);
}

Result<int> Feed::fold(db::Tx& tx, const Call& call, std::vector<Standing>& changed) {
  const std::int64_t second = call.now / kSecondMs;
  if (!store::any_count_before(tx, second)) return 0;
  bus::lock_event_head(tx, kFoldLock);  // one server at a time
  const auto counts = store::take_counts(tx, second, kCountRows);
  std::map<std::int64_t, Standing> standings;
  std::map<BrandId, Rules> rules;
  std::vector<std::int64_t> ids;
  // What happened to an item in a second, whoever wrote it and when.
  std::map<std::pair<std::int64_t, std::int64_t>, std::array<std::int64_t, kWhats.size()>> sums;
  for (const auto& c : counts) {
    auto& sum = sums[{c.second, c.item.id}];
    sum[static_cast<std::size_t>(c.what)] += c.n;
    const auto [it, is_new] = standings.try_emplace(c.item.id);
    if (!is_new) continue;
    it->second.item = c.item;
    it->second.first_at = c.second * kSecondMs;
    ids.push_back(c.item.id);
    if (!rules.contains(c.item.brand)) rules[c.item.brand] = store::newest_rules(tx, c.item.brand).value_or(Rules{});
  }
  for (std::size_t i = 0; i < ids.size(); i += kRows)
    for (auto& [id, s] : store::standings(tx, std::span(ids).subspan(i, std::min<std::size_t>(kRows, ids.size() - i))))
      standings[id] = s;
  std::map<std::tuple<BrandId, Instant, std::int64_t>, std::int64_t> days;
  for (const auto& [key, sum] : sums) {
    Standing& s = standings.at(key.second);
    const Rules& r = rules.at(s.item.brand);
    const Instant at = key.first * kSecondMs;
    Evidence evidence;
    for (const What what : kWhats) {
      const std::int64_t n = sum[static_cast<std::size_t>(what)];
      if (n == 0) continue;
      sum_of(s.sums, what).add(at, n, half_life_of(s.item.kind));
      evidence.points += points_of(r.weights, what, n);
    }
    evidence.exposures = sum[static_cast<std::size_t>(What::exposure)];
    s.shown += evidence.exposures;
    s.rung = judge(s.rung, evidence, r.pools, r.most());
    if (evidence.exposures > 0) {
      TRY(const Instant day, day_of(tx, s.item.brand, at));
      days[{s.item.brand, day, s.item.id}] += evidence.exposures;
    }
  }
  for (const auto& [id, s] : standings) {
    store::save_standing(tx, s);
    changed.push_back(s);
  }
  for (const auto& [key, n] : days) {
    const auto& [brand, day, id] = key;
    store::add_day(tx, brand, day, standings.at(id).item, n);
  }
  return static_cast<int>(counts.size());
}

Result<int> Feed::count(const Call& call) {
  const std::vector<Act> acts = take_acts(call.now);
  std::map<std::pair<BrandId, Instant>, store::Places> places;
  {
    std::lock_guard lock(presence_mutex_);
    places.swap(places_);
  }
  if (acts.empty() && places.empty()) {
    TRY(const bool idle, db_.read([&](db::Tx& tx) -> Result<bool> {
      return !store::any_count_before(tx, call.now / kSecondMs) &&
             bus::events_after(tx, bus::event_head(tx, kCursor), 1).empty();
    }));
    if (idle) return 0;
  }
  std::vector<Standing> changed;
  std::map<BrandId, Rules> rules;
  const auto done = db_.write([&](db::Tx& tx) -> Result<int> {
    changed.clear();  // a body may run again
    rules.clear();
    for (const Act& act : acts)
      if (const auto item = facts_of(tx, act.item)) count_deed(tx, act.person, *item, act.what, 1, act.at);
    for (const auto& [key, n] : places) {
      TRY(const Instant day, day_of(tx, key.first, key.second));
      store::add_places(tx, key.first, day, n);
    }
    TRY(const int orders, count_orders(tx, call));
    TRY(const int counts, fold(tx, call, changed));
    for (const Standing& s : changed)
      if (!rules.contains(s.item.brand)) rules[s.item.brand] = store::newest_rules(tx, s.item.brand).value_or(Rules{});
    return orders + counts + static_cast<int>(acts.size());
  });
  if (!done) {
    std::lock_guard lock(presence_mutex_);
    waiting_.insert(waiting_.begin(), acts.begin(), acts.end());
    for (const auto& [key, n] : places) {
      store::Places& sum = places_[key];
      sum.places += n.places;
      sum.newcomers += n.newcomers;
      sum.wanting += n.wanting;
      sum.paid += n.paid;
    }
    return fail(done.error());
  }
  std::unique_lock lock(mutex_);
  for (const Standing& s : changed) set_standing(s);
  for (const auto& [id, r] : rules) brand_at(id).rules = r;
  return *done;
}

std::vector<PinId> Feed::pins_of_product(BrandId id, ProductId product, std::size_t limit) const {
  std::shared_lock lock(mutex_);
  std::vector<PinId> out;
  const auto brand = brands_.find(id);
  if (brand == brands_.end()) return out;
  const auto it = brand->second->pins_of_product.find(product.value);
  if (it == brand->second->pins_of_product.end()) return out;
  for (auto pin = it->second.rbegin(); pin != it->second.rend() && out.size() < limit; ++pin)
    out.push_back(PinId{*pin});
  return out;
}

Feed::Stats Feed::stats() const {
  Stats out;
  {
    std::shared_lock lock(mutex_);
    out.items = static_cast<std::int64_t>(where_.size());
  }
  {
    std::lock_guard lock(sessions_mutex_);
    out.sessions = static_cast<std::int64_t>(sessions_.size());
  }
  std::lock_guard lock(presence_mutex_);
  out.waiting = static_cast<std::int64_t>(waiting_.size());
  out.lost = lost_;
  return out;
}

}  // namespace lianbo::feed
