// What a room offers beside its shelf: flash prices, coupons, lucky bags (SPEC 5). Types and pure rules.
//
// - A flash price: so many units of one SKU, for so many seconds, in one live broadcast. At most one is open for a SKU
//   in a room. An order placed in the room takes its units with a conditional update, so no more are ever sold at that
//   price; a cancelled order gives them back. It ends by its time, by hand, or with the broadcast.
// - A coupon of the room is claimed while the broadcast is on and good for orders placed in it (catalog/coupon.hpp).
// - A lucky bag: see lucky_bag.hpp.
// What a store's own people open comes out of the brand's money: store.discount_max_bp bounds it; brand staff is free.
#pragma once

#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "base/json.hpp"
#include "base/money.hpp"
#include "base/result.hpp"
#include "catalog/catalog.hpp"

namespace lianbo {

using FlashId = Id<struct FlashTag>;
using LuckyBagId = Id<struct LuckyBagTag>;

}  // namespace lianbo

namespace lianbo::live {

inline constexpr std::int64_t kMinFlashSeconds = 10, kMaxFlashSeconds = 24 * 3600;
inline constexpr std::int64_t kMaxFlashUnits = 1'000'000;
inline constexpr int kMaxOpenFlash = 20;  // of one room

struct FlashSale {
  FlashId id;
  BrandId brand;
  StoreId store;
  BroadcastId broadcast;
  ProductId product;
  SkuId sku;
  Fen price_fen = 0;
  std::int64_t units = 0, left = 0;
  std::int64_t media_ms = 0;  // of the broadcast, when it was opened
  Instant opened_at = 0, ends_at = 0, closed_at = 0;
  bool open_at(Instant now) const { return closed_at == 0 && now < ends_at; }
};

struct FlashWish {
  SkuId sku;
  Fen price_fen = 0;
  std::int64_t units = 0, seconds = 0;
};
// price_now_fen: what the SKU costs in the store without it. max_bp: what may be taken off; 10000 for brand staff.
Status check_flash(const FlashWish& wish, Fen price_now_fen, BasisPoints max_bp);

void write_flash(JsonWriter& w, const FlashSale& flash);

}  // namespace lianbo::live
