#include "live/offers.hpp"

namespace lianbo::live {

Status check_flash(const FlashWish& wish, Fen price_now_fen, BasisPoints max_bp) {
  if (wish.units < 1 || wish.units > kMaxFlashUnits)
    return fail(Code::invalid_field, "1 to " + std::to_string(kMaxFlashUnits) + " units", "/units");
  if (wish.seconds < kMinFlashSeconds || wish.seconds > kMaxFlashSeconds)
    return fail(Code::invalid_field,
                std::to_string(kMinFlashSeconds) + " to " + std::to_string(kMaxFlashSeconds) + " seconds", "/seconds");
  if (wish.price_fen < 0 || wish.price_fen >= price_now_fen)
    return fail(Code::invalid_field, "a flash price is below what it costs now, " + format_fen(price_now_fen),
                "/price_fen");
  if (const Fen most = share_of(price_now_fen, max_bp); price_now_fen - wish.price_fen > most)
    return fail(Code::over_store_limit,
                "a store may take off at most " + std::to_string(max_bp) + " basis points: " + format_fen(most) +
                    " of " + format_fen(price_now_fen),
                "/price_fen");
  return {};
}

void write_flash(JsonWriter& w, const FlashSale& f) {
  w.begin().field("id", f.id).field("broadcast_id", f.broadcast).field("product_id", f.product);
  w.field("sku_id", f.sku).field("price_fen", f.price_fen).field("units", f.units).field("left", f.left);
  w.field("media_ms", f.media_ms).field_at("opened_at", f.opened_at).field_at("ends_at", f.ends_at);
  w.field_at("closed_at", f.closed_at).end();
}

}  // namespace lianbo::live
