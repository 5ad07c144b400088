// What is done with flash prices, coupons of a room, lucky bags and held chat; all join a transaction.
//
// The host, the store's assistants and staff that operates the brand open and close; the broadcast's row is locked
// first by what must be told in order. Events (key: broadcast): flash.opened, flash.closed, coupon.offered,
// luckybag.opened, luckybag.drawn, luckybag.cancelled carry the broadcast's version; flash.changed {id, sku_id, left}
// and coupon.gone {coupon_id} do not. Payloads name people by id only.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/call.hpp"
#include "catalog/coupon.hpp"
#include "db/db.hpp"
#include "live/live.hpp"
#include "live/lucky_bag.hpp"
#include "live/offers.hpp"

namespace lianbo::live {

inline constexpr const char* kFlashOpened = "flash.opened";         // {version, flash}
inline constexpr const char* kFlashChanged = "flash.changed";       // {id, sku_id, left}
inline constexpr const char* kFlashClosed = "flash.closed";         // {version, flash}
inline constexpr const char* kCouponOffered = "coupon.offered";     // {version, coupon}
inline constexpr const char* kCouponGone = "coupon.gone";           // {coupon_id}
inline constexpr const char* kBagOpened = "luckybag.opened";        // {version, bag}
inline constexpr const char* kBagDrawn = "luckybag.drawn";          // {version, bag, seed, winner_ids}
inline constexpr const char* kBagCancelled = "luckybag.cancelled";  // {version, bag}

// ---- flash prices
Result<FlashSale> open_flash(db::Tx& tx, const Call& call, BroadcastId broadcast, const FlashWish& wish);
Result<FlashSale> close_flash(db::Tx& tx, const Call& call, FlashId id);
std::vector<FlashSale> open_flash_of(db::Tx& tx, BroadcastId broadcast, Instant now);
std::vector<FlashSale> flash_of(db::Tx& tx, BroadcastId broadcast, FlashId after, int limit);
// An order takes its units, or is told that they are gone (false); a cancelled one gives them back.
bool take_flash(db::Tx& tx, const Call& call, const FlashSale& flash, std::int64_t qty);
void give_back_flash(db::Tx& tx, const Call& call, FlashId id, std::int64_t qty);

// ---- coupons
// A coupon that is given in this room only.
Result<catalog::Coupon> give_room_coupon(db::Tx& tx, const Call& call, BroadcastId broadcast, catalog::Coupon wish);
// Shows the room a coupon of the brand or of the store.
Result<catalog::Coupon> offer_coupon(db::Tx& tx, const Call& call, BroadcastId broadcast, CouponId coupon);
std::vector<catalog::Coupon> coupons_of_room(db::Tx& tx, BroadcastId broadcast, Instant now);

// ---- lucky bags
Result<LuckyBag> open_bag(db::Tx& tx, const Call& call, BroadcastId broadcast, const BagWish& wish);
Result<LuckyBag> cancel_bag(db::Tx& tx, const Call& call, LuckyBagId id);
Result<LuckyBag> find_bag(db::Tx& tx, LuckyBagId id);
// A tap, by somebody with a login; again, it is the same entry. offer_closed: too late, or entered by chat.
Status enter_bag(db::Tx& tx, const Call& call, LuckyBagId id);
std::vector<LuckyBag> bags_of(db::Tx& tx, BroadcastId broadcast, int limit);  // newest first
std::vector<PersonId> entrants_of(db::Tx& tx, LuckyBagId id);                 // of the draw, sorted
std::vector<PersonId> winners_of(db::Tx& tx, LuckyBagId id);                  // best first

// ---- chat that is held
struct HeldLine {
  ChatId id;
  BroadcastId broadcast;
  PersonId person;
  bool guest = true;
  std::string name, text, word;
  std::int64_t media_ms = 0;
  Instant at = 0;
  std::string state;  // held, released, rejected
};
Result<std::vector<HeldLine>> held_chat(db::Tx& tx, const Call& call, BroadcastId broadcast, ChatId after, int limit);
Result<HeldLine> decide_held(db::Tx& tx, const Call& call, BroadcastId broadcast, ChatId id, bool release);

// Jobs.
Result<int> close_flash_due(db::Database& db, const Call& call, int limit);
Result<int> draw_bags_due(db::Database& db, const Call& call, int limit);

// At a broadcast's end, under its lock: flash prices close, coupons of the room can't be claimed any more. Bags are
// drawn at their time all the same.
void end_offers(db::Tx& tx, const Call& call, const Broadcast& broadcast);

}  // namespace lianbo::live
