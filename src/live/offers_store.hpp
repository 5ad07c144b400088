// All SQL of flash prices, coupons of a room, lucky bags and held chat. Private to src/live.
#pragma once

#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "db/db.hpp"
#include "live/offers_service.hpp"

namespace lianbo::live::store {

bool insert_flash(db::Tx& tx, const FlashSale& f, PersonId by);  // false: one is open for the SKU
std::optional<FlashSale> flash(db::Tx& tx, FlashId id);
bool close_flash(db::Tx& tx, FlashId id, Instant at);                             // false: it was closed
std::vector<FlashSale> open_flash(db::Tx& tx, BroadcastId broadcast, int limit);  // not closed; its time may be over
std::vector<FlashSale> flash_of(db::Tx& tx, BroadcastId broadcast, FlashId after, int limit);
std::vector<FlashSale> flash_due(db::Tx& tx, Instant now, int limit);
// Units left afterwards; none: it is closed, over, or has fewer.
std::optional<std::int64_t> take_flash(db::Tx& tx, FlashId id, std::int64_t qty, Instant now);
std::optional<FlashSale> return_flash(db::Tx& tx, FlashId id, std::int64_t qty);

bool show_coupon(db::Tx& tx, BroadcastId broadcast, CouponId coupon, PersonId by, Instant at);
std::vector<CouponId> shown_coupons(db::Tx& tx, BroadcastId broadcast, int limit);  // newest first

void insert_bag(db::Tx& tx, const LuckyBag& b, std::string_view word_key, PersonId by);
std::optional<LuckyBag> bag(db::Tx& tx, LuckyBagId id);
std::optional<LuckyBag> lock_bag(db::Tx& tx, LuckyBagId id);
std::vector<LuckyBag> bags(db::Tx& tx, BroadcastId broadcast, int limit);
std::vector<LuckyBag> open_bags(db::Tx& tx, BroadcastId broadcast, Instant now, int limit);
std::vector<LuckyBagId> bags_entered_by(db::Tx& tx, BroadcastId broadcast, std::string_view word_key, Instant now);
std::vector<LuckyBagId> bags_due(db::Tx& tx, Instant now, int limit);
void set_cancelled(db::Tx& tx, LuckyBagId id, Instant at);
void set_drawn(db::Tx& tx, const LuckyBag& b);
bool insert_entrant(db::Tx& tx, LuckyBagId id, PersonId person, Instant at);
std::vector<PersonId> count_entrants(db::Tx& tx, LuckyBagId id);  // sorted; who comes later is not among them
std::vector<PersonId> entrants(db::Tx& tx, LuckyBagId id);        // that were counted, sorted
void set_place(db::Tx& tx, LuckyBagId id, PersonId person, int place);
std::vector<PersonId> winners(db::Tx& tx, LuckyBagId id);

void insert_held(db::Tx& tx, const HeldLine& line);
std::vector<HeldLine> held(db::Tx& tx, BroadcastId broadcast, ChatId after, int limit);
// Decides a line that is still held.
std::optional<HeldLine> decide(db::Tx& tx, BroadcastId broadcast, ChatId id, std::string_view state, PersonId by,
                               Instant at);
std::optional<HeldLine> held_line(db::Tx& tx, BroadcastId broadcast, ChatId id);

}  // namespace lianbo::live::store
