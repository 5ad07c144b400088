#include "promo/auctioneer.hpp"

#include <algorithm>

#include "base/time_zone.hpp"
#include "live/live_events.hpp"
#include "order/line_facts.hpp"
#include "org/org_service.hpp"
#include "promo/promo_store.hpp"

namespace lianbo::promo {
namespace {

constexpr DurationMs kLookalikeMs = 90 * kDayMs;
constexpr int kLookalikeOrders = 200;
constexpr std::size_t kEndedKept = 10'000;
constexpr std::int64_t kPriorSlots = 2000;  // the usual day weighs like so many

std::vector<ProductId> products_of_buyers(db::Tx& tx, StoreId store, Instant now) {
  std::vector<ProductId> out;
  for (const auto& line : order::line_facts_of(tx, store, now - kLookalikeMs, kLookalikeOrders))
    if (!line.given_back()) out.push_back(line.product);
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

}  // namespace

Auctioneer::Auctioneer(std::string slot_key, RoomFactsFn room_facts)
    : key_(std::move(slot_key)), room_facts_(std::move(room_facts)) {}

std::shared_ptr<const Auctioneer::View> Auctioneer::read(db::Tx& tx, const Call& call, BrandId brand,
                                                         const View* before, Fen last_price_fen,
                                                         DurationMs& offset_ms) const {
  auto view = std::make_shared<View>();
  view->at = call.now;
  const auto open = store::not_ended(tx, brand, {}, static_cast<int>(kMaxOpenOfBrand));
  if (open.empty()) return view;
  Traffic traffic;
  traffic.hours = blend_hours(store::traffic_of(tx, brand), kPriorSlots);
  if (const auto found = org::find_brand(tx, brand))
    if (const auto zone = TimeZone::load(found->time_zone)) traffic.offset_ms = zone->offset_ms(call.now);
  offset_ms = traffic.offset_ms;
  std::vector<BroadcastId> rooms;
  for (const auto& p : open) rooms.push_back(p.broadcast);
  const auto broadcasts = live::find_broadcasts(tx, rooms);
  const auto tallies = store::open_tallies(tx, brand);
  for (const auto& p : open) {
    const auto room = broadcasts.find(p.broadcast);
    if (room == broadcasts.end() || !deliverable(p, room->second, call.now)) continue;
    Running r;
    const Running* was = nullptr;
    if (before != nullptr)
      for (const auto& old : before->running)
        if (old.p.id == p.id) was = &old;
    if (was != nullptr) r = *was;
    r.p = p;
    r.on_air_since = room->second.started_at;
    if (was == nullptr || call.now - r.facts_at >= kFactsMs) {
      r.room = room_facts_(tx, call, brand, p.store, p.broadcast);
      if (p.audience.kind == AudienceKind::lookalikes) r.store_products = products_of_buyers(tx, p.store, call.now);
      r.facts_at = call.now;
    }
    const auto tally = tallies.find(p.id);
    const auto t = tally == tallies.end() ? store::Tally{} : tally->second;
    r.spent_fen = t.spent_fen;
    r.click_ppm = click_ppm(t.shown, t.clicks);
    r.after_ppm = after_ppm(p.objective, r.room);
    r.plan = plan_of(p, r.on_air_since, traffic, r.after_ppm);
    r.pace = was != nullptr ? move_pace(r.plan, r.pace, r.spent_fen, call.now)
                            : begin_pace(r.plan, last_price_fen > 0 ? last_price_fen : 2 * p.reserve_fen, call.now);
    view->running.push_back(std::move(r));
  }
  return view;
}

std::shared_ptr<const Auctioneer::View> Auctioneer::view_of(db::Tx& tx, const Call& call, BrandId brand) {
  std::shared_ptr<const View> old;
  std::int64_t generation = 0;
  Fen last_price = 0;
  DurationMs offset = 0;
  {
    std::lock_guard lock(mutex_);
    BrandState& state = brands_[brand];
    old = state.view;
    generation = state.generation;
    last_price = state.last_price_fen;
    offset = state.offset_ms;
    const bool fresh = old && old->generation == generation && call.now >= old->at && call.now - old->at < kViewMs;
    // One reads; the others go on with what there is, if there is something.
    if (fresh || (state.reading && old)) return old;
    state.reading = true;
  }
  std::shared_ptr<const View> made;
  const auto done = [&] {
    std::lock_guard lock(mutex_);
    BrandState& state = brands_[brand];
    state.reading = false;
    if (!made) return;
    if (state.ended.size() > kEndedKept) state.ended.clear();
    state.offset_ms = offset;
    state.view = made;
  };
  try {
    auto view = std::const_pointer_cast<View>(read(tx, call, brand, old.get(), last_price, offset));
    view->generation = generation;
    made = std::move(view);
  } catch (...) {  // the engine failed: the next who asks reads
    done();
    throw;
  }
  done();
  return made;
}

bool Auctioneer::any(const Offers& offers) { return offers && !offers->running.empty(); }

std::optional<Placement> Auctioneer::choose(const Offers& view, const Call& call, BrandId brand, const Viewer& viewer,
                                            const SkipFn& skip) {
  if (!viewer.person) return std::nullopt;
  std::set<BroadcastId> gone;
  {
    std::lock_guard lock(mutex_);
    BrandState& state = brands_[brand];
    gone = state.ended;
    const std::int64_t local = call.now + state.offset_ms;
    ++state.slots[static_cast<int>((local % kDayMs + kDayMs) % kDayMs / kHourMs)];
  }
  std::vector<Bid> bids;
  std::vector<const Running*> bidders;
  for (const Running& r : view->running) {
    if (gone.contains(r.p.broadcast) || !reaches(r.p, viewer, r.store_products)) continue;
    if (skip && skip(r.p.broadcast, r.p.pin)) continue;
    const Fen worth = paced_worth(r.plan, r.pace, r.spent_fen, call.now);
    if (worth <= 0) continue;
    // Pacing has said what a click is worth; the objectives of a click are in it.
    bids.push_back({r.p.id, worth, r.click_ppm, kPpm, r.room.quality_bp, r.p.reserve_fen});
    bidders.push_back(&r);
  }
  const auto sold = auction(bids, 0);
  if (!sold) return std::nullopt;
  for (const Running* r : bidders) {
    if (r->p.id != sold->promotion) continue;
    {
      std::lock_guard lock(mutex_);
      brands_[brand].last_price_fen = sold->price_fen;
    }
    const Slot slot{r->p.id, sold->second, viewer.person, sold->price_fen, call.now};
    return Placement{r->p.id,    r->p.broadcast,  r->p.pin,
                     r->p.store, sold->price_fen, seal_slot(key_, slot, *call.random)};
  }
  return std::nullopt;
}

void Auctioneer::on_event(const db::Event& event) {
  const bool over = event.topic == live::kBroadcastEnded || event.topic == live::kBroadcastCancelled;
  if (!over && event.topic != live::kBroadcastStarted && event.topic != kPromotionChanged) return;
  std::lock_guard lock(mutex_);
  const auto found = brands_.find(event.brand);
  if (found == brands_.end()) return;
  ++found->second.generation;
  if (over) found->second.ended.insert(BroadcastId{event.key});
}

Result<int> Auctioneer::keep_traffic(db::Database& db, const Call&) {
  std::map<BrandId, std::map<int, std::int64_t>> slots;
  {
    std::lock_guard lock(mutex_);
    for (auto& [brand, state] : brands_)
      if (!state.slots.empty()) slots[brand].swap(state.slots);
  }
  if (slots.empty()) return 0;
  TRY_OK(db.write([&](db::Tx& tx) -> Status {
    for (const auto& [brand, hours] : slots)
      for (const auto& [hour, n] : hours) store::add_traffic(tx, brand, hour, n);
    return {};
  }));
  return 0;
}

}  // namespace lianbo::promo
