#include "live/offers_store.hpp"

#include <algorithm>

#include "base/check.hpp"

namespace lianbo::live::store {
namespace {

using db::Param;
using db::Row;
using db::Sql;
using db::Tx;

#define FLASH_COLUMNS                                                                                             \
  "id, brand_id, store_id, broadcast_id, product_id, sku_id, price_fen, units, units_left, media_ms, opened_at, " \
  "ends_at, closed_at"
const Sql kInsertFlash{
    "flash.insert",
    "insert into flash_sales (id, brand_id, store_id, broadcast_id, product_id, sku_id, price_fen, units, units_left, "
    "media_ms, opened_at, ends_at, opened_by) values ($1, $2, $3, $4, $5, $6, $7, $8, $8, $9, $10, $11, $12) on "
    "conflict do nothing"};
const Sql kFlash{"flash.load", "select " FLASH_COLUMNS " from flash_sales where id = $1"};
const Sql kCloseFlash{"flash.close", "update flash_sales set closed_at = $2 where id = $1 and closed_at is null"};
const Sql kOpenFlash{"flash.open",
                     "select " FLASH_COLUMNS
                     " from flash_sales where broadcast_id = $1 and closed_at is null order by id limit $2"};
const Sql kFlashOf{"flash.of_broadcast", "select " FLASH_COLUMNS
                                         " from flash_sales where broadcast_id = $1 and id > $2 order by id limit $3"};
const Sql kFlashDue{"flash.due",
                    "select " FLASH_COLUMNS
                    " from flash_sales where closed_at is null and ends_at <= $1 order by ends_at, id limit $2"};
const Sql kTakeFlash{"flash.take",
                     "update flash_sales set units_left = units_left - $2 where id = $1 and units_left >= $2 and "
                     "closed_at is null and ends_at > $3 returning units_left"};
const Sql kReturnFlash{"flash.return",
                       "update flash_sales set units_left = units_left + $2 where id = $1 returning " FLASH_COLUMNS};

const Sql kShowCoupon{"room_coupon.show",
                      "insert into room_coupons (broadcast_id, coupon_id, by_person_id, at) values ($1, $2, $3, $4) on "
                      "conflict do nothing"};
const Sql kShownCoupons{"room_coupon.shown",
                        "select coupon_id from room_coupons where broadcast_id = $1 order by at desc, coupon_id desc "
                        "limit $2"};

#define BAG_COLUMNS                                                                                                  \
  "id, brand_id, store_id, broadcast_id, title, prize, coupon_id, rule, word, winners, seed, commitment, entrants, " \
  "media_ms, opened_at, draws_at, drawn_at, cancelled_at"
const Sql kInsertBag{
    "luckybag.insert",
    "insert into lucky_bags (id, brand_id, store_id, broadcast_id, title, prize, coupon_id, rule, word, word_key, "
    "winners, seed, commitment, media_ms, opened_by, opened_at, draws_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, "
    "$10, $11, $12, $13, $14, $15, $16, $17)"};
const Sql kBag{"luckybag.load", "select " BAG_COLUMNS " from lucky_bags where id = $1"};
const Sql kLockBag{"luckybag.lock", "update lucky_bags set winners = winners where id = $1 returning " BAG_COLUMNS};
const Sql kBags{"luckybag.of_broadcast",
                "select " BAG_COLUMNS " from lucky_bags where broadcast_id = $1 order by id desc limit $2"};
const Sql kOpenBags{"luckybag.open",
                    "select " BAG_COLUMNS
                    " from lucky_bags where broadcast_id = $1 and drawn_at is null and cancelled_at is null and "
                    "draws_at > $2 order by id limit $3"};
const Sql kBagsByWord{"luckybag.by_word",
                      "select id from lucky_bags where broadcast_id = $1 and rule = 'chat' and word_key = $2 and "
                      "drawn_at is null and cancelled_at is null and draws_at > $3 order by id limit 20"};
const Sql kBagsDue{"luckybag.due",
                   "select id from lucky_bags where drawn_at is null and cancelled_at is null and draws_at <= $1 order "
                   "by draws_at, id limit $2"};
const Sql kDrawnBags{"luckybag.drawn",
                     "select " BAG_COLUMNS " from lucky_bags where drawn_at is not null order by id desc limit $1"};
const Sql kCancelBag{"luckybag.cancel", "update lucky_bags set cancelled_at = $2 where id = $1"};
const Sql kDrawBag{"luckybag.draw", "update lucky_bags set drawn_at = $2, entrants = $3 where id = $1"};
const Sql kEnter{"luckybag.enter",
                 "insert into lucky_entrants (bag_id, person_id, at) values ($1, $2, $3) on conflict do nothing"};
// Who is counted gets a place: 0, or a winner's. An entry that commits after this is none.
const Sql kCountEntrants{"luckybag.count_entrants",
                         "update lucky_entrants set place = 0 where bag_id = $1 returning person_id"};
const Sql kEntrants{"luckybag.entrants",
                    "select person_id from lucky_entrants where bag_id = $1 and place is not null order by person_id "
                    "limit 1000000"};
const Sql kSetPlace{"luckybag.set_place", "update lucky_entrants set place = $3 where bag_id = $1 and person_id = $2"};
const Sql kWinners{"luckybag.winners",
                   "select person_id from lucky_entrants where bag_id = $1 and place > 0 order by place limit "
                   "1000"};

#define HELD_COLUMNS "id, broadcast_id, person_id, guest, name, text, word, media_ms, at, state"
const Sql kInsertHeld{"held.insert",
                      "insert into held_chat (broadcast_id, id, person_id, guest, name, text, word, media_ms, at, "
                      "state) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'held')"};
const Sql kHeld{"held.of_broadcast",
                "select " HELD_COLUMNS
                " from held_chat where broadcast_id = $1 and id > $2 and state = 'held' order by id limit $3"};
const Sql kDecide{
    "held.decide",
    "update held_chat set state = $3, decided_by = $4, decided_at = $5 where broadcast_id = $1 and id = $2 "
    "and state = 'held' returning " HELD_COLUMNS};
const Sql kHeldLine{"held.load", "select " HELD_COLUMNS " from held_chat where broadcast_id = $1 and id = $2"};

FlashSale flash_row(const Row& r) {
  FlashSale f;
  f.id = r.id<FlashId>(0);
  f.brand = r.id<BrandId>(1);
  f.store = r.id<StoreId>(2);
  f.broadcast = r.id<BroadcastId>(3);
  f.product = r.id<ProductId>(4);
  f.sku = r.id<SkuId>(5);
  f.price_fen = r.integer(6);
  f.units = r.integer(7);
  f.left = r.integer(8);
  f.media_ms = r.integer(9);
  f.opened_at = r.integer(10);
  f.ends_at = r.integer(11);
  f.closed_at = r.integer(12);
  return f;
}

LuckyBag bag_row(const Row& r) {
  LuckyBag b;
  b.id = r.id<LuckyBagId>(0);
  b.brand = r.id<BrandId>(1);
  b.store = r.id<StoreId>(2);
  b.broadcast = r.id<BroadcastId>(3);
  b.title = r.str(4);
  b.prize = r.str(5);
  b.coupon = r.id<CouponId>(6);
  b.rule = r.text(7) == bag_rule_text(BagRule::chat) ? BagRule::chat : BagRule::tap;
  b.word = r.str(8);
  b.winners = r.integer(9);
  b.seed = r.str(10);
  b.commitment = r.str(11);
  b.entrants = r.integer(12);
  b.media_ms = r.integer(13);
  b.opened_at = r.integer(14);
  b.draws_at = r.integer(15);
  b.drawn_at = r.integer(16);
  b.cancelled_at = r.integer(17);
  return b;
}

HeldLine held_row(const Row& r) {
  HeldLine h;
  h.id = r.id<ChatId>(0);
  h.broadcast = r.id<BroadcastId>(1);
  h.person = r.id<PersonId>(2);
  h.guest = r.flag(3);
  h.name = r.str(4);
  h.text = r.str(5);
  h.word = r.str(6);
  h.media_ms = r.integer(7);
  h.at = r.integer(8);
  h.state = r.str(9);
  return h;
}

LuckyBagId bag_id(const Row& r) { return r.id<LuckyBagId>(0); }
PersonId person_id(const Row& r) { return r.id<PersonId>(0); }

}  // namespace

bool insert_flash(Tx& tx, const FlashSale& f, PersonId by) {
  return tx.exec(kInsertFlash, {f.id, f.brand, f.store, f.broadcast, f.product, f.sku, f.price_fen, f.units, f.media_ms,
                                f.opened_at, f.ends_at, by}) == 1;
}
std::optional<FlashSale> flash(Tx& tx, FlashId id) { return tx.one(kFlash, {id.value}, flash_row); }
bool close_flash(Tx& tx, FlashId id, Instant at) { return tx.exec(kCloseFlash, {id, at}) == 1; }
std::vector<FlashSale> open_flash(Tx& tx, BroadcastId broadcast, int limit) {
  return tx.all(kOpenFlash, {broadcast.value, limit}, flash_row);
}
std::vector<FlashSale> flash_of(Tx& tx, BroadcastId broadcast, FlashId after, int limit) {
  return tx.all(kFlashOf, {broadcast, after.value, limit}, flash_row);
}
std::vector<FlashSale> flash_due(Tx& tx, Instant now, int limit) { return tx.all(kFlashDue, {now, limit}, flash_row); }
std::optional<std::int64_t> take_flash(Tx& tx, FlashId id, std::int64_t qty, Instant now) {
  return tx.one(kTakeFlash, {id, qty, now}, [](const Row& r) { return r.integer(0); });
}
std::optional<FlashSale> return_flash(Tx& tx, FlashId id, std::int64_t qty) {
  return tx.one(kReturnFlash, {id, qty}, flash_row);
}

bool show_coupon(Tx& tx, BroadcastId broadcast, CouponId coupon, PersonId by, Instant at) {
  return tx.exec(kShowCoupon, {broadcast, coupon, by, at}) == 1;
}
std::vector<CouponId> shown_coupons(Tx& tx, BroadcastId broadcast, int limit) {
  return tx.all(kShownCoupons, {broadcast, limit}, [](const Row& r) { return r.id<CouponId>(0); });
}

void insert_bag(Tx& tx, const LuckyBag& b, std::string_view word_key, PersonId by) {
  tx.exec(kInsertBag,
          {b.id, b.brand, b.store, b.broadcast, b.title, b.prize, b.coupon, bag_rule_text(b.rule), b.word, word_key,
           b.winners, Param::blob(b.seed), b.commitment, b.media_ms, by, b.opened_at, b.draws_at});
}
std::optional<LuckyBag> bag(Tx& tx, LuckyBagId id) { return tx.one(kBag, {id.value}, bag_row); }
std::optional<LuckyBag> lock_bag(Tx& tx, LuckyBagId id) { return tx.one(kLockBag, {id.value}, bag_row); }
std::vector<LuckyBag> bags(Tx& tx, BroadcastId broadcast, int limit) {
  return tx.all(kBags, {broadcast, limit}, bag_row);
}
std::vector<LuckyBag> open_bags(Tx& tx, BroadcastId broadcast, Instant now, int limit) {
  return tx.all(kOpenBags, {broadcast, now, limit}, bag_row);
}
std::vector<LuckyBagId> bags_entered_by(Tx& tx, BroadcastId broadcast, std::string_view word_key, Instant now) {
  return tx.all(kBagsByWord, {broadcast, word_key, now}, bag_id);
}
std::vector<LuckyBagId> bags_due(Tx& tx, Instant now, int limit) { return tx.all(kBagsDue, {now, limit}, bag_id); }
std::vector<LuckyBag> drawn_bags(Tx& tx, int limit) { return tx.all(kDrawnBags, {limit}, bag_row); }
void set_cancelled(Tx& tx, LuckyBagId id, Instant at) { tx.exec(kCancelBag, {id, at}); }
void set_drawn(Tx& tx, const LuckyBag& b) { tx.exec(kDrawBag, {b.id, b.drawn_at, b.entrants}); }
bool insert_entrant(Tx& tx, LuckyBagId id, PersonId person, Instant at) {
  return tx.exec(kEnter, {id, person, at}) == 1;
}
std::vector<PersonId> count_entrants(Tx& tx, LuckyBagId id) {
  auto out = tx.all(kCountEntrants, {id}, person_id);
  std::sort(out.begin(), out.end());
  return out;
}
std::vector<PersonId> entrants(Tx& tx, LuckyBagId id) { return tx.all(kEntrants, {id}, person_id); }
void set_place(Tx& tx, LuckyBagId id, PersonId person, int place) {
  CHECK(tx.exec(kSetPlace, {id, person, place}) == 1);
}
std::vector<PersonId> winners(Tx& tx, LuckyBagId id) { return tx.all(kWinners, {id}, person_id); }

void insert_held(Tx& tx, const HeldLine& h) {
  tx.exec(kInsertHeld, {h.broadcast, h.id, h.person, static_cast<int>(h.guest),
                        h.guest ? std::string_view(h.name) : std::string_view(), h.text, h.word, h.media_ms, h.at});
}
std::vector<HeldLine> held(Tx& tx, BroadcastId broadcast, ChatId after, int limit) {
  return tx.all(kHeld, {broadcast, after.value, limit}, held_row);
}
std::optional<HeldLine> decide(Tx& tx, BroadcastId broadcast, ChatId id, std::string_view state, PersonId by,
                               Instant at) {
  return tx.one(kDecide, {broadcast, id, state, by, at}, held_row);
}
std::optional<HeldLine> held_line(Tx& tx, BroadcastId broadcast, ChatId id) {
  return tx.one(kHeldLine, {broadcast, id}, held_row);
}

}  // namespace lianbo::live::store
