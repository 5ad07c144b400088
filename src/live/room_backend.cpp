#include "live/room_backend.hpp"

#include <algorithm>
#include <utility>

#include "catalog/shelf_rows.hpp"
#include "live/live_events.hpp"
#include "live/live_store.hpp"
#include "live/offers_service.hpp"

namespace lianbo::live {
namespace {

constexpr int kMaxBanned = 1000;                // people told to a room; the newest bans
constexpr std::size_t kShelfBytes = 64 * 1024;  // beyond, products come without their SKUs: a snapshot must fit a queue
constexpr std::size_t kShelfSkus = 20;          // SKUs of one product
constexpr int kMaxOwn = 5000;                   // SKUs that a store has units of its own of
constexpr int kSnapshotBags = 5;                // the newest, drawn or not

// What a SKU costs in this store: its campaign's price, else the list's. Flash prices are among the offers.
Fen price_of(const catalog::ProductView& view, std::size_t i) {
  return view.prices[i] ? view.prices[i]->price_fen : view.skus[i].price_fen;
}

void write_shelf_item(JsonWriter& w, const catalog::ProductView& view) {
  const catalog::Product& product = view.product;
  Fen price_fen = view.skus.empty() ? 0 : price_of(view, 0);
  std::int64_t left = 0;
  for (std::size_t i = 0; i < view.skus.size(); ++i) price_fen = std::min(price_fen, price_of(view, i));
  for (const std::int64_t n : view.left) left += n;
  w.begin().field("product_id", product.id).field("title", product.title).field("image_url", product.image_url);
  w.field("on_sale", product.on_sale).field("price_fen", price_fen).field("left", left).key("skus");
  if (view.skus.size() > kShelfSkus || w.text().size() > kShelfBytes) {
    w.null();
  } else {
    w.begin_list();
    for (std::size_t i = 0; i < view.skus.size(); ++i) {
      const auto& sku = view.skus[i];
      w.begin().field("sku_id", sku.id).field("title", sku.title).field("price_fen", price_of(view, i));
      w.field("list_fen", sku.price_fen).field("left", view.left[i]).end();
    }
    w.end_list();
  }
  w.end();
}

std::string offers_of(db::Tx& tx, BroadcastId id, Instant now) {
  JsonWriter w;
  w.begin().key("coupons").begin_list();
  for (const auto& coupon : coupons_of_room(tx, id, now)) write_coupon(w, coupon);
  w.end_list().key("flash").begin_list();
  for (const auto& flash : open_flash_of(tx, id, now)) write_flash(w, flash);
  w.end_list().key("lucky_bags").begin_list();
  for (const auto& bag : bags_of(tx, id, kSnapshotBags))
    if (bag.cancelled_at == 0) write_bag(w, bag);
  w.end_list().end();
  return w.take();
}

}  // namespace

Result<RoomSnapshot> read_snapshot(db::Tx& tx, BroadcastId id, Instant now) {
  RoomSnapshot out;
  TRY(out.broadcast, find_broadcast(tx, id));

  JsonWriter broadcast;
  write_broadcast(broadcast, out.broadcast);
  out.broadcast_json = broadcast.take();

  JsonWriter pin;
  if (const auto open = open_pin(tx, id))
    write_pin(pin, *open);
  else
    pin.null();
  out.pin_json = pin.take();

  out.shelf = shelf_of(tx, id);
  JsonWriter shelf;
  shelf.begin_list();
  TRY(const auto views, catalog::view_products(tx, out.shelf, out.broadcast.store, now));
  for (const auto& view : views) write_shelf_item(shelf, view);
  out.shelf_json = shelf.end_list().take();
  out.own = catalog::allotments_of_store(tx, out.broadcast.store, {}, kMaxOwn);
  out.offers_json = offers_of(tx, id, now);

  JsonWriter chat;
  chat.begin_list();
  for (const ChatLine& line : last_chat_of(tx, id, kSnapshotChat)) {
    write_chat(chat, line);
    out.chat.push_back(line.id);
  }
  out.chat_json = chat.end_list().take();

  out.banned = store::banned(tx, id, now, kMaxBanned);
  out.all_banned = out.banned.size() < static_cast<std::size_t>(kMaxBanned);
  return out;
}

Status DbRoomBackend::admit(BroadcastId id, const Caller& caller, bool as_crew, Instant now) {
  return database_.read([&](db::Tx& tx) -> Status {
    TRY(const auto b, visible_broadcast(tx, caller, id));
    if (as_crew) TRY_OK(require_crew(tx, caller, b));
    if (b.state == BroadcastState::cancelled)
      return fail(Code::broadcast_state_conflict, "broadcast " + id.text() + " was cancelled; it has no room");
    if (mark_of(tx, id, caller.person, now) == Mark::banned)
      return fail(Code::forbidden, "you are banned from this room");
    return {};
  });
}

Result<RoomSnapshot> DbRoomBackend::snapshot(BroadcastId id, Instant now) {
  return database_.read([&](db::Tx& tx) { return read_snapshot(tx, id, now); });
}

void DbRoomBackend::say(ChatWish wish, Done done) {
  database_.submit([wish = std::move(wish)](db::Tx& tx) { return live::say(tx, wish); }, std::move(done));
}

void DbRoomBackend::add_counts(BroadcastId id, RoomCounts counts, std::vector<Entered> entered, Done done) {
  database_.submit(
      [id, counts, entered = std::move(entered), came_by = came_by_](db::Tx& tx) {
        RoomCounts all = counts;
        std::vector<std::pair<PersonId, Instant>> who;
        for (const auto& [person, at] : entered) who.emplace_back(person, at);
        if (came_by && !who.empty())
          for (const Via via : came_by(tx, id, who)) {
            if (via == Via::shared) ++all.enters_shared;
            if (via == Via::paid) ++all.enters_paid;
          }
        return live::add_counts(tx, id, all);
      },
      std::move(done));
}

Result<std::string> DbRoomBackend::board(BroadcastId id, Instant now) {
  if (!board_) return std::string();
  return database_.read([&](db::Tx& tx) { return board_(tx, id, now); });
}

}  // namespace lianbo::live
