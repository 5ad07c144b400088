#include "live/offers_service.hpp"

#include <algorithm>

#include "base/check.hpp"
#include "base/crypto.hpp"
#include "catalog/catalog_service.hpp"
#include "catalog/words.hpp"
#include "live/crew_rows.hpp"
#include "live/live_events.hpp"
#include "live/live_service.hpp"
#include "live/live_store.hpp"
#include "live/offers_store.hpp"
#include "org/org_service.hpp"

namespace lianbo::live {
namespace {

constexpr int kMaxShownCoupons = 50;

// version 0: says nothing about being contained in a snapshot.
db::Event event_of(const Call& call, const char* topic, BrandId brand, BroadcastId broadcast, JsonWriter& w) {
  db::Event event;
  event.id = call.make_id<EventId>();
  event.brand = brand;
  event.topic = topic;
  event.key = broadcast.value;
  event.payload = w.end().take();
  event.at = call.now;
  return event;
}

void tell_flash(db::Tx& tx, const Call& call, const char* topic, const Broadcast& b, const FlashSale& flash) {
  JsonWriter w;
  w.begin().field("version", b.version).key("flash");
  write_flash(w, flash);
  tx.emit(event_of(call, topic, b.brand, b.id, w));
}

void tell_bag(db::Tx& tx, const Call& call, const char* topic, const Broadcast& b, const LuckyBag& bag,
              std::span<const PersonId> winners = {}) {
  JsonWriter w;
  w.begin().field("version", b.version).key("bag");
  write_bag(w, bag);
  if (bag.drawn_at != 0) {
    w.field("seed", to_hex(bag.seed)).key("winner_ids").begin_list();
    for (const PersonId person : winners) w.value(person);
    w.end_list();
  }
  tx.emit(event_of(call, topic, b.brand, b.id, w));
}

void tell_coupon(db::Tx& tx, const Call& call, const Broadcast& b, const catalog::Coupon& coupon) {
  JsonWriter w;
  w.begin().field("version", b.version).key("coupon");
  write_coupon(w, coupon);
  tx.emit(event_of(call, kCouponOffered, b.brand, b.id, w));
}

Status must_be_live(const Broadcast& b) {
  if (b.state == BroadcastState::live) return {};
  return fail(Code::broadcast_state_conflict,
              "the broadcast is " + std::string(state_name(b.state)) + "; this is done while it is live");
}

bool is_brands(const Call& call, BrandId brand) {
  return call.caller.system || (call.caller.roles_at(brand) & kOperates) != 0;
}
BasisPoints may_take_off(const Call& call, BrandId brand) {
  return is_brands(call, brand) ? kWholeBp : static_cast<BasisPoints>(call.settings->store_discount_max_bp);
}

std::unexpected<Error> no_flash() { return fail(Code::not_found, "there is no such flash price"); }
std::unexpected<Error> no_bag() { return fail(Code::not_found, "there is no such lucky bag"); }

}  // namespace

// ---- flash prices

Result<FlashSale> open_flash(db::Tx& tx, const Call& call, BroadcastId id, const FlashWish& wish) {
  TRY(const auto b, lock_room(tx, call, id));
  TRY_OK(must_be_live(b));
  const auto sale = catalog::sale_of(tx, wish.sku, b.store, call.now);
  if (!sale || sale->sku.brand != b.brand) return fail(Code::not_found, "the brand has no such SKU", "/sku_id");
  if (!on_shelf(tx, id, sale->sku.product))
    return fail(Code::not_on_shelf, sale->title + " is not on this broadcast's shelf", "/sku_id");
  if (!sale->on_sale) return fail(Code::not_on_sale, sale->title + " is no longer sold", "/sku_id");
  const Fen now_fen = sale->campaign ? sale->campaign->price_fen : sale->sku.price_fen;
  TRY_OK(check_flash(wish, now_fen, may_take_off(call, b.brand)));
  if (const std::int64_t left = catalog::stock_left(tx, wish.sku, b.store); left < wish.units)
    return fail(Code::sold_out,
                "this store can sell " + std::to_string(left) + ", " + std::to_string(wish.units) + " were announced",
                "/units");
  const auto open = store::open_flash(tx, id, kMaxOpenFlash + 1);
  for (const FlashSale& f : open)
    if (f.sku == wish.sku && !f.open_at(call.now)) {  // its time is up, the job has not come by yet
      store::close_flash(tx, f.id, f.ends_at);
      FlashSale over = f;
      over.closed_at = f.ends_at;
      tell_flash(tx, call, kFlashClosed, b, over);
    }
  if (open.size() >= static_cast<std::size_t>(kMaxOpenFlash))
    return fail(Code::conflict, "a room has at most " + std::to_string(kMaxOpenFlash) + " flash prices open");
  FlashSale f;
  f.id = call.make_id<FlashId>();
  f.brand = b.brand;
  f.store = b.store;
  f.broadcast = id;
  f.product = sale->sku.product;
  f.sku = wish.sku;
  f.price_fen = wish.price_fen;
  f.units = f.left = wish.units;
  f.media_ms = media_ms_at(b, call.now);
  f.opened_at = call.now;
  f.ends_at = call.now + wish.seconds * kSecondMs;
  if (!store::insert_flash(tx, f, call.caller.person))
    return fail(Code::conflict, "a flash price of this SKU is open in this room; close it first", "/sku_id");
  tell_flash(tx, call, kFlashOpened, b, f);
  return f;
}

Result<FlashSale> close_flash(db::Tx& tx, const Call& call, FlashId id) {
  const auto seen = store::flash(tx, id);
  if (!seen) return no_flash();
  TRY(const auto b, lock_room(tx, call, seen->broadcast));
  const Instant at = std::min(call.now, seen->ends_at);
  if (store::close_flash(tx, id, at)) {
    auto f = store::flash(tx, id);
    tell_flash(tx, call, kFlashClosed, b, *f);
  }
  return *store::flash(tx, id);
}

std::vector<FlashSale> open_flash_of(db::Tx& tx, BroadcastId id, Instant now) {
  auto open = store::open_flash(tx, id, 4 * kMaxOpenFlash);
  std::erase_if(open, [&](const FlashSale& f) { return !f.open_at(now); });
  return open;
}
std::vector<FlashSale> flash_of(db::Tx& tx, BroadcastId id, FlashId after, int limit) {
  return store::flash_of(tx, id, after, limit);
}

namespace {
void tell_flash_left(db::Tx& tx, const Call& call, const FlashSale& f) {
  JsonWriter w;
  w.begin().field("id", f.id).field("sku_id", f.sku).field("left", f.left);
  db::Event event = event_of(call, kFlashChanged, f.brand, f.broadcast, w);
  event.durable = false;  // the row says it to whoever comes later
  tx.emit(std::move(event));
}
}  // namespace

bool take_flash(db::Tx& tx, const Call& call, const FlashSale& flash, std::int64_t qty) {
  const auto left = store::take_flash(tx, flash.id, qty, call.now);
  if (!left) return false;
  FlashSale after = flash;
  after.left = *left;
  tell_flash_left(tx, call, after);
  return true;
}
void give_back_flash(db::Tx& tx, const Call& call, FlashId id, std::int64_t qty) {
  const auto after = store::return_flash(tx, id, qty);
  CHECK(after.has_value());
  if (after->open_at(call.now)) tell_flash_left(tx, call, *after);
}

// ---- coupons

Result<catalog::Coupon> give_room_coupon(db::Tx& tx, const Call& call, BroadcastId id, catalog::Coupon wish) {
  TRY(const auto b, lock_room(tx, call, id));
  TRY_OK(must_be_live(b));
  wish.brand = b.brand;
  wish.giver = catalog::Giver::room;
  wish.store = b.store;
  wish.broadcast = id;
  if (wish.starts_at == 0) wish.starts_at = call.now;
  if (!is_brands(call, b.brand)) TRY_OK(check_store_coupon(wish, may_take_off(call, b.brand)));
  TRY(const auto coupon, create_coupon(tx, call, std::move(wish)));
  store::show_coupon(tx, id, coupon.id, call.caller.person, call.now);
  tell_coupon(tx, call, b, coupon);
  return coupon;
}

Result<catalog::Coupon> offer_coupon(db::Tx& tx, const Call& call, BroadcastId id, CouponId coupon_id) {
  TRY(const auto b, lock_room(tx, call, id));
  TRY_OK(must_be_live(b));
  TRY(const auto coupon, catalog::find_coupon(tx, coupon_id));
  const bool fits = coupon.brand == b.brand && (!coupon.store || coupon.store == b.store) &&
                    (coupon.giver == catalog::Giver::brand || coupon.giver == catalog::Giver::store);
  if (!fits) return fail(Code::not_found, "this store has no such coupon to give", "/coupon_id");
  if (coupon.withdrawn_at != 0 || call.now >= coupon.ends_at || coupon.left() == 0)
    return fail(Code::coupon_gone, "it can't be claimed any more", "/coupon_id");
  if (store::show_coupon(tx, id, coupon_id, call.caller.person, call.now)) tell_coupon(tx, call, b, coupon);
  return coupon;
}

std::vector<catalog::Coupon> coupons_of_room(db::Tx& tx, BroadcastId id, Instant now) {
  std::vector<catalog::Coupon> out;
  for (const CouponId coupon : store::shown_coupons(tx, id, kMaxShownCoupons))
    if (auto c = catalog::find_coupon(tx, coupon); c && c->withdrawn_at == 0 && now < c->ends_at)
      out.push_back(*std::move(c));
  return out;
}

// ---- lucky bags

Result<LuckyBag> open_bag(db::Tx& tx, const Call& call, BroadcastId id, const BagWish& wish) {
  TRY(const auto b, lock_room(tx, call, id));
  TRY_OK(must_be_live(b));
  TRY_OK(check_bag(wish));
  const std::string word_key = catalog::comparable_text(wish.word);
  if (wish.rule == BagRule::chat && word_key.empty())
    return fail(Code::invalid_field, "a word has something in it beside blanks and dots", "/word");
  if (wish.rule == BagRule::chat && catalog::forbidden_word_in(tx, b.brand, wish.word))
    return fail(Code::invalid_field, "lines with this word would be held: the brand forbids it", "/word");
  if (store::open_bags(tx, id, call.now, kMaxOpenBags).size() >= static_cast<std::size_t>(kMaxOpenBags))
    return fail(Code::conflict, "a room has at most " + std::to_string(kMaxOpenBags) + " lucky bags open");
  LuckyBag bag;
  bag.id = call.make_id<LuckyBagId>();
  bag.brand = b.brand;
  bag.store = b.store;
  bag.broadcast = id;
  bag.title = wish.title;
  bag.prize = wish.prize;
  bag.coupon = wish.coupon;
  bag.rule = wish.rule;
  bag.word = wish.word;
  bag.winners = wish.winners;
  for (int i = 0; i < 4; ++i) {
    std::uint64_t word = call.random->next();
    for (int k = 0; k < 8; ++k, word >>= 8) bag.seed += static_cast<char>(word & 0xff);
  }
  bag.commitment = bag_commitment(bag.id, bag.seed);
  bag.media_ms = media_ms_at(b, call.now);
  bag.opened_at = call.now;
  bag.draws_at = call.now + wish.seconds * kSecondMs;
  if (wish.coupon) TRY_OK(catalog::promise_coupons(tx, wish.coupon, b.brand, wish.winners, bag.draws_at));
  store::insert_bag(tx, bag, word_key, call.caller.person);
  tell_bag(tx, call, kBagOpened, b, bag);
  return bag;
}

Result<LuckyBag> cancel_bag(db::Tx& tx, const Call& call, LuckyBagId id) {
  const auto seen = store::bag(tx, id);
  if (!seen) return no_bag();
  TRY(const auto b, lock_room(tx, call, seen->broadcast));
  auto bag = store::lock_bag(tx, id);
  if (bag->cancelled_at != 0) return *bag;
  if (bag->drawn_at != 0 || call.now >= bag->draws_at)
    return fail(Code::offer_closed, "the bag's time has come: it is drawn, not cancelled");
  bag->cancelled_at = call.now;
  store::set_cancelled(tx, id, call.now);
  if (bag->coupon) catalog::grant_coupons(tx, call, bag->coupon, bag->winners, {});
  tell_bag(tx, call, kBagCancelled, b, *bag);
  return *bag;
}

Result<LuckyBag> find_bag(db::Tx& tx, LuckyBagId id) {
  if (auto bag = store::bag(tx, id)) return *std::move(bag);
  return no_bag();
}

Status enter_bag(db::Tx& tx, const Call& call, LuckyBagId id) {
  TRY_OK(require_login(call));
  const auto bag = store::bag(tx, id);
  if (!bag) return no_bag();
  if (bag->rule == BagRule::chat)
    return fail(Code::offer_closed, "this bag is entered by writing \"" + bag->word + "\" in the room");
  if (!bag->open_at(call.now)) return fail(Code::offer_closed, "this bag takes no more entries");
  TRY(const auto b, visible_broadcast(tx, call.caller, bag->broadcast));
  TRY_OK(must_be_live(b));
  if (mark_of(tx, b.id, call.caller.person, call.now) == Mark::banned)
    return fail(Code::forbidden, "you are banned from this room");
  if (is_of_room(tx, b, call.caller.person))
    return fail(Code::forbidden, "the room's host and assistants enter none of its bags");
  store::insert_entrant(tx, id, call.caller.person, call.now);
  return {};
}

std::vector<LuckyBag> bags_of(db::Tx& tx, BroadcastId id, int limit) { return store::bags(tx, id, limit); }
std::vector<PersonId> entrants_of(db::Tx& tx, LuckyBagId id) { return store::entrants(tx, id); }
std::vector<PersonId> winners_of(db::Tx& tx, LuckyBagId id) { return store::winners(tx, id); }

std::vector<WrongDraw> wrong_draws(db::Tx& tx, int limit) {
  std::vector<WrongDraw> out;
  for (const LuckyBag& bag : store::drawn_bags(tx, limit)) {
    const auto proof = bag_proof(bag, store::entrants(tx, bag.id), store::winners(tx, bag.id));
    if (const auto right = check_bag_proof(proof); !right) out.push_back({bag.id, bag.brand, right.error().detail});
  }
  return out;
}

// ---- chat that is held

namespace {
// Only a guest's made-up name is kept with the line.
HeldLine named(db::Tx& tx, HeldLine line) {
  if (line.name.empty()) line.name = org::person_name(tx, line.person);
  if (line.name.empty()) line.name = kErasedName;
  return line;
}
}  // namespace

Result<std::vector<HeldLine>> held_chat(db::Tx& tx, const Call& call, BroadcastId id, ChatId after, int limit) {
  TRY(const auto b, find_broadcast(tx, id));
  TRY_OK(require_crew(tx, call.caller, b));
  auto lines = store::held(tx, id, after, limit);
  for (HeldLine& line : lines) line = named(tx, std::move(line));
  return lines;
}

Result<HeldLine> decide_held(db::Tx& tx, const Call& call, BroadcastId broadcast, ChatId id, bool release) {
  TRY(const auto b, lock_room(tx, call, broadcast));
  const std::string_view wanted = release ? "released" : "rejected";
  auto line = store::decide(tx, broadcast, id, wanted, call.caller.person, call.now);
  if (!line) {
    const auto decided = store::held_line(tx, broadcast, id);
    if (!decided) return fail(Code::not_found, "no line of this room is held under this id");
    if (decided->state == wanted) return named(tx, *decided);
    return fail(Code::conflict, "the line was " + decided->state + " already");
  }
  line = named(tx, *std::move(line));
  if (release) {
    TRY_OK(say_released(tx, call, b, *line));
  } else {
    JsonWriter w;
    w.begin().field("id", id).field("person_id", line->person);
    db::Event event = event_of(call, kChatRejected, b.brand, b.id, w);
    event.durable = false;
    tx.emit(std::move(event));
  }
  return *line;
}

// ---- jobs, and the end

Result<int> close_flash_due(db::Database& db, const Call& call, int limit) {
  TRY(const auto due,
      db.read([&](db::Tx& tx) -> Result<std::vector<FlashSale>> { return store::flash_due(tx, call.now, limit); }));
  for (const FlashSale& f : due)
    TRY_OK(db.write([&](db::Tx& tx) -> Status {
      TRY([[maybe_unused]] const auto closed, close_flash(tx, call, f.id));
      return {};
    }));
  return static_cast<int>(due.size());
}

Result<int> draw_bags_due(db::Database& db, const Call& call, int limit) {
  TRY(const auto due,
      db.read([&](db::Tx& tx) -> Result<std::vector<LuckyBagId>> { return store::bags_due(tx, call.now, limit); }));
  for (const LuckyBagId id : due)
    TRY_OK(db.write([&](db::Tx& tx) -> Status {
      TRY(const auto seen, find_bag(tx, id));
      TRY(const auto b, lock_room(tx, call, seen.broadcast));
      auto bag = store::lock_bag(tx, id);
      if (bag->drawn_at != 0 || bag->cancelled_at != 0) return {};
      const auto entrants = store::count_entrants(tx, id);
      const auto winners = draw_bag(id, bag->seed, entrants, bag->winners);
      for (std::size_t i = 0; i < winners.size(); ++i) store::set_place(tx, id, winners[i], static_cast<int>(i) + 1);
      bag->drawn_at = call.now;
      bag->entrants = static_cast<std::int64_t>(entrants.size());
      store::set_drawn(tx, *bag);
      if (bag->coupon) catalog::grant_coupons(tx, call, bag->coupon, bag->winners, winners);
      tell_bag(tx, call, kBagDrawn, b, *bag, winners);
      return {};
    }));
  return static_cast<int>(due.size());
}

void end_offers(db::Tx& tx, const Call& call, const Broadcast& b) {
  for (const FlashSale& f : store::open_flash(tx, b.id, 4 * kMaxOpenFlash)) {
    FlashSale over = f;
    over.closed_at = std::min(call.now, f.ends_at);
    store::close_flash(tx, f.id, over.closed_at);
    tell_flash(tx, call, kFlashClosed, b, over);
  }
  catalog::withdraw_room_coupons(tx, b.id, call.now);
}

}  // namespace lianbo::live
