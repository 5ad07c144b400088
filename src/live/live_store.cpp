#include "live/live_store.hpp"

#include "base/check.hpp"
#include "db/array.hpp"
#include "db/together.hpp"
#include "live/evidence_rows.hpp"
#include "live/feed_rows.hpp"
#include "live/packed_ids.hpp"

namespace lianbo::live::store {
namespace {

#define BROADCAST_COLUMNS                                                                                    \
  "id, brand_id, store_id, title, state, scheduled_at, started_at, ended_at, likes, enters, peak_viewers, "  \
  "created_at, version, audience, ended_why, stream_name, first_frame_at, media_lag_ms, publisher, cut_at, " \
  "picture_of, ai_presenter"
#define PIN_COLUMNS "id, brand_id, broadcast_id, product_id, opened_at, media_open_ms, closed_at, media_close_ms"
#define CHAT_COLUMNS "id, person_id, name, text, media_ms, at"

using db::Sql;

const Sql kInsert{
    "live.insert",
    "insert into broadcasts (id, brand_id, store_id, title, state, scheduled_at, stream_key_sha256, "
    "created_at, audience, stream_name, ai_presenter) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)"};
const Sql kFind{"live.find", "select " BROADCAST_COLUMNS " from broadcasts where id = $1"};
const Sql kLock{"live.lock", "update broadcasts set version = version + 1 where id = $1 returning " BROADCAST_COLUMNS};
const Sql kLockStartable{"live.lock_startable",
                         "update broadcasts set version = version + 1 where store_id = $1 and state in "
                         "('scheduled', 'live')"};
const Sql kSetState{"live.set_state",
                    "update broadcasts set state = $2, started_at = $3, ended_at = $4, ended_why = $5 where id = $1"};
const Sql kSetPlan{"live.set_plan", "update broadcasts set title = $2, scheduled_at = $3 where id = $1"};
const Sql kLabelAi{
    "live.label_ai",
    "update broadcasts set ai_presenter = 1, version = version + 1 where (id = $1 or picture_of = $1) and "
    "ai_presenter = 0 returning " BROADCAST_COLUMNS};
const Sql kUnlabelAi{"live.unlabel_ai", "update broadcasts set ai_presenter = 0 where id = $1"};
const Sql kStartable{"live.startable", "select " BROADCAST_COLUMNS
                                       " from broadcasts where store_id = $1 and state in ('scheduled', 'live') "
                                       "order by id limit 1000"};
const Sql kCountScheduled{"live.count_scheduled",
                          "select count(*) from broadcasts where store_id = $1 and state = 'scheduled'"};
const Sql kLiveOf{"live.live_of",
                  "select " BROADCAST_COLUMNS " from broadcasts where store_id = $1 and state = 'live'"};
const Sql kPlannedOf{
    "live.planned_of",
    "select " BROADCAST_COLUMNS
    " from broadcasts where store_id = $1 and state = 'scheduled' and scheduled_at >= $2 and audience = 'public' "
    "order by scheduled_at, id limit $3"};
const Sql kOfStore{
    "live.of_store",
    "select " BROADCAST_COLUMNS
    " from broadcasts where store_id = $1 and id < $2 and (audience = 'public' or cast($4 as bigint) = 1) "
    "order by id desc limit $3"};
const Sql kNewestBySchedule{
    "live.newest_by_schedule",
    "select " BROADCAST_COLUMNS
    " from broadcasts where store_id = $1 and (scheduled_at <= $2 or state in ('live', 'ended')) and audience = "
    "'public' "
    " order by scheduled_at desc, id desc limit $3"};
const Sql kOnAir{
    "live.on_air",
    "select " BROADCAST_COLUMNS
    " from broadcasts where brand_id = $1 and state = 'live' and audience = 'public' order by scheduled_at desc, id "
    "desc limit $2"};
#define SELLING_ORDER " order by scheduled_at desc, id desc limit $3"
// A product on few shelves is looked for on them, one on many in the rooms on air: either walks little.
const Sql kOnShelves{"live.on_shelves",
                     "select count(*) from (select 1 from shelf_items where product_id = $1 limit $2) as few"};
const Sql kSellingFew{"live.selling_few",
                      "select " BROADCAST_COLUMNS
                      " from broadcasts where id in (select broadcast_id from shelf_items where product_id = $2) and "
                      "brand_id = $1 and state = 'live' and audience = 'public'" SELLING_ORDER};
const Sql kSellingMany{
    "live.selling_many",
    "select " BROADCAST_COLUMNS
    " from broadcasts where brand_id = $1 and state = 'live' and audience = 'public' and exists (select 1 from "
    "shelf_items where shelf_items.broadcast_id = broadcasts.id and shelf_items.product_id = $2)" SELLING_ORDER};
const Sql kComing{"live.coming", "select " BROADCAST_COLUMNS
                                 " from broadcasts where brand_id = $1 and state = 'scheduled' and scheduled_at >= $2 "
                                 "and audience = 'public' "
                                 "order by scheduled_at, id limit $3"};
const Sql kEnded{
    "live.ended",
    "select " BROADCAST_COLUMNS
    " from broadcasts where brand_id = $1 and state = 'ended' and audience = 'public' order by scheduled_at desc, id "
    "desc limit $2"};
const Sql kFindMany{"live.find_many", "select " BROADCAST_COLUMNS " from broadcasts where id" LIANBO_IN_IDS("$1"),
                    "select " BROADCAST_COLUMNS " from broadcasts where id" LIANBO_IN_IDS_POSTGRES("$1")};
// SQLite has one writer, so nothing changes under it. PostgreSQL: a shared lock, because a lock of its own would make
// everybody who clicks into one room wait for everybody else.
const Sql kHold{"live.hold", "select " BROADCAST_COLUMNS " from broadcasts where id = $1",
                "select " BROADCAST_COLUMNS " from broadcasts where id = $1 for share"};
const Sql kAddCounts{"live.add_counts",
                     "update broadcasts set likes = likes + $2, enters = enters + $3, enters_shared = "
                     "enters_shared + $5, enters_paid = enters_paid + $6, peak_viewers = case when "
                     "peak_viewers < $4 then $4 else peak_viewers end where id = $1"};
const Sql kAddMinute{"live.add_minute",
                     "insert into room_minutes (broadcast_id, minute, enters, likes, viewers, most_viewers) values "
                     "($1, $2, $3, $4, $5, $6) on conflict (broadcast_id, minute) do update set "
                     "enters = room_minutes.enters + excluded.enters, likes = room_minutes.likes + excluded.likes, "
                     "viewers = excluded.viewers, most_viewers = case when room_minutes.most_viewers < "
                     "excluded.most_viewers then excluded.most_viewers else room_minutes.most_viewers end"};

const Sql kClearShelf{"live.clear_shelf", "delete from shelf_items where broadcast_id = $1"};
const Sql kAddToShelf{"live.add_to_shelf",
                      "insert into shelf_items (broadcast_id, product_id, position) values ($1, $2, $3)"};
const Sql kShelf{"live.shelf",
                 "select product_id from shelf_items where broadcast_id = $1 order by position limit 200"};
const Sql kOnShelf{"live.on_shelf", "select 1 from shelf_items where broadcast_id = $1 and product_id = $2"};

const Sql kPutNote{"live.put_note",
                   "insert into shelf_notes (broadcast_id, product_id, text, at) values ($1, $2, $3, $4) on conflict "
                   "(broadcast_id, product_id) do update set text = excluded.text, at = excluded.at"};
const Sql kDropNote{"live.drop_note", "delete from shelf_notes where broadcast_id = $1 and product_id = $2"};
const Sql kNotes{"live.notes",
                 "select n.product_id, n.text from shelf_notes n join shelf_items s on s.broadcast_id = n.broadcast_id "
                 "and s.product_id = n.product_id where n.broadcast_id = $1 order by s.position limit 200"};

const Sql kInsertPin{"live.insert_pin",
                     "insert into pins (id, brand_id, broadcast_id, product_id, opened_at, media_open_ms) values "
                     "($1, $2, $3, $4, $5, $6)"};
const Sql kClosePin{"live.close_pin",
                    "update pins set closed_at = $2, media_close_ms = $3 where id = $1 and closed_at is null"};
const Sql kOpenPin{"live.open_pin", "select " PIN_COLUMNS " from pins where broadcast_id = $1 and closed_at is null"};
const Sql kOpenPinsOf{
    "live.open_pins_of",
    "select " PIN_COLUMNS " from pins where broadcast_id" LIANBO_IN_IDS("$1") " and closed_at is null",
    "select " PIN_COLUMNS " from pins where broadcast_id" LIANBO_IN_IDS_POSTGRES("$1") " and closed_at is null"};
// The open one first: it is the newest whatever the clock did.
const Sql kNewestPin{"live.newest_pin",
                     "select " PIN_COLUMNS
                     " from pins where broadcast_id = $1 order by case when closed_at is null then 0 "
                     "else 1 end, opened_at desc, closed_at desc, id desc limit 1"};
const Sql kNewestPinOf{"live.newest_pin_of",
                       "select " PIN_COLUMNS
                       " from pins where broadcast_id = $1 and product_id = $2 order by case when "
                       "closed_at is null then 0 else 1 end, opened_at desc, closed_at desc, id "
                       "desc limit 1"};
const Sql kPins{"live.pins",
                "select " PIN_COLUMNS " from pins where broadcast_id = $1 and id > $2 order by id limit $3"};

const Sql kInsertChat{"live.insert_chat",
                      "insert into chat_lines (broadcast_id, id, person_id, name, text, media_ms, at) values "
                      "($1, $2, $3, $4, $5, $6, $7)"};
const Sql kChat{"live.chat",
                "select " CHAT_COLUMNS " from chat_lines where broadcast_id = $1 and id > $2 order by id limit $3"};
const Sql kUnrecorded{"live.unrecorded_chat",
                      "select b.brand_id, c.broadcast_id, c.id, c.person_id, c.name, c.text, c.media_ms, c.at from "
                      "chat_lines c join broadcasts b on b.id = c.broadcast_id where c.in_evidence = 0 order by c.id "
                      "limit $1"};
const Sql kEndedAt{"live.ended_at", "select ended_at from broadcasts where id = $1"};
const Sql kSetRecorded{"live.set_recorded",
                       "update chat_lines set in_evidence = 1 where broadcast_id = $1 and id = $2"};
const db::Together kSetRecordedTogether{kSetRecorded, db::Together::How::later};
const Sql kChatOfPerson{"live.chat_of_person",
                        "select " CHAT_COLUMNS
                        " from chat_lines where broadcast_id = $1 and person_id = $2 order by id "
                        "limit $3"};
const Sql kReservedBy{"live.reserved_by",
                      "select broadcast_id from reservations where person_id = $1 and cancelled_at is null "
                      "order by broadcast_id limit $2"};
const Sql kLastChat{"live.last_chat",
                    "select " CHAT_COLUMNS " from chat_lines where broadcast_id = $1 order by id desc limit $2"};

const Sql kPutMark{"live.put_mark",
                   "insert into room_marks (broadcast_id, person_id, mark, by_person_id, until_at, at) values "
                   "($1, $2, $3, $4, $5, $6) on conflict (broadcast_id, person_id) do update set mark = excluded.mark, "
                   "by_person_id = excluded.by_person_id, until_at = excluded.until_at, at = excluded.at"};
const Sql kRemoveMark{"live.remove_mark", "delete from room_marks where broadcast_id = $1 and person_id = $2"};
const Sql kMark{"live.mark", "select mark, until_at from room_marks where broadcast_id = $1 and person_id = $2"};
const Sql kBanned{"live.banned",
                  "select person_id, until_at from room_marks where broadcast_id = $1 and mark = 'banned' and "
                  "(until_at is null or until_at > $2) order by at desc, person_id limit $3"};

const Sql kMarks{
    "live.marks",
    "select person_id, mark, until_at, at from room_marks where broadcast_id = $1 and (until_at is null or "
    "until_at > $2) order by at desc, person_id limit 200"};

const Sql kAddAssistant{"live.add_assistant",
                        "insert into room_assistants (store_id, person_id, at) values ($1, $2, $3) on conflict do "
                        "nothing"};
const Sql kRemoveAssistant{"live.remove_assistant",
                           "delete from room_assistants where store_id = $1 and person_id = $2"};
const Sql kIsAssistant{"live.is_assistant", "select 1 from room_assistants where store_id = $1 and person_id = $2"};
const Sql kAssistants{"live.assistants",
                      "select person_id, at from room_assistants where store_id = $1 order by at, person_id limit 100"};
const Sql kCountAssistants{"live.count_assistants", "select count(*) from room_assistants where store_id = $1"};

const Sql kReserve{"live.reserve",
                   "insert into reservations (broadcast_id, person_id, at) values ($1, $2, $3) on conflict "
                   "(broadcast_id, person_id) do update set cancelled_at = null, at = case when "
                   "reservations.cancelled_at is null then reservations.at else excluded.at end"};
const Sql kUnreserve{"live.unreserve",
                     "update reservations set cancelled_at = $3 where broadcast_id = $1 and person_id = $2 and "
                     "cancelled_at is null"};
const Sql kCountReservations{"live.count_reservations",
                             "select count(*) from reservations where broadcast_id = $1 and cancelled_at is null"};
const Sql kCountsOfReservations{"live.counts_of_reservations",
                                "select broadcast_id, count(*) from reservations where broadcast_id" LIANBO_IN_IDS(
                                    "$1") " and cancelled_at is null group by broadcast_id",
                                "select broadcast_id, count(*) from reservations where "
                                "broadcast_id" LIANBO_IN_IDS_POSTGRES("$1") " and cancelled_at is null group by "
                                                                            "broadcast_id"};
const Sql kTakeReminders{
    "live.take_reminders",
    "update reservations set reminded_at = $2 where person_id = $1 and cancelled_at is null and "
    "reminded_at is null and exists (select 1 from broadcasts b where b.id = "
    "reservations.broadcast_id and b.state = 'live' and b.started_at >= $3 and b.started_at <= $2) "
    "returning broadcast_id"};
const Sql kHasReservation{"live.has_reservation",
                          "select 1 from reservations where broadcast_id = $1 and person_id = $2 and cancelled_at is "
                          "null"};

// On SQLite there is one writer, and nothing to wait for.
const Sql kLockShown{"live.lock_shown", "select $1, $2, $3, $4 limit 0",
                     "insert into exposure_sets (bucket, person_id, item_kind, part, items, n, at) values ($1, $2, $3, "
                     "0, '', 0, $4) on conflict (bucket, person_id, item_kind, part) do update set at = "
                     "exposure_sets.at"};
const Sql kShown{"live.shown",
                 "select part, items from exposure_sets where bucket = $1 and person_id = $2 and item_kind = $3 order "
                 "by part"};
const Sql kSaveShown{"live.save_shown",
                     "insert into exposure_sets (bucket, person_id, item_kind, part, items, n, at) values ($1, $2, $3, "
                     "$4, $5, $6, $7) on conflict (bucket, person_id, item_kind, part) do update set items = "
                     "excluded.items, n = excluded.n, at = excluded.at"};
#define ROOMS_OF_THE_PUBLIC(in_ids) \
  "select id from broadcasts where id" in_ids " and audience = 'public' and state <> 'cancelled' order by id"
const Sql kRoomsOfThePublic{"live.rooms_of_the_public", ROOMS_OF_THE_PUBLIC(LIANBO_IN_IDS("$1")),
                            ROOMS_OF_THE_PUBLIC(LIANBO_IN_IDS_POSTGRES("$1"))};
#define PRODUCTS_ON_SALE(in_ids) "select id from products where id" in_ids " and on_sale = 1 order by id"
const Sql kProductsOnSale{"live.products_on_sale", PRODUCTS_ON_SALE(LIANBO_IN_IDS("$1")),
                          PRODUCTS_ON_SALE(LIANBO_IN_IDS_POSTGRES("$1"))};
const Sql kClick{"live.click",
                 "insert into product_clicks (bucket, person_id, store_id, broadcast_id, product_id, at) values "
                 "($1, $2, $3, $4, $5, $6) on conflict do nothing"};

// ---- for a feed (feed_rows.hpp)
const Sql kRoomsOnAir{"live.rooms_on_air", "select " BROADCAST_COLUMNS
                                           " from broadcasts where brand_id = $1 and state = 'live' and audience = "
                                           "'public' and id > $2 order by id limit $3"};
const Sql kComingBetween{"live.coming_between",
                         "select " BROADCAST_COLUMNS
                         " from broadcasts where brand_id = $1 and state = 'scheduled' and scheduled_at >= $2 and "
                         "scheduled_at < $3 and audience = 'public' order by scheduled_at, id limit $4"};
#define PUBLIC_BROADCASTS(in_ids) \
  "select " BROADCAST_COLUMNS " from broadcasts where id" in_ids " and audience = 'public' order by id"
const Sql kPublicBroadcasts{"live.public_broadcasts", PUBLIC_BROADCASTS(LIANBO_IN_IDS("$1")),
                            PUBLIC_BROADCASTS(LIANBO_IN_IDS_POSTGRES("$1"))};
const Sql kOnAirBetween{"live.on_air_between",
                        "select id from broadcasts where brand_id = $1 and state in ('live', 'ended') and audience = "
                        "'public' and started_at < $3 and (ended_at is null or ended_at > $2) and id > $4 order by id "
                        "limit $5"};
// The order of the tables is meant (SQLite joins a cross join as it is written): pins by their ids, each its broadcast.
#define PIN_AT_COLUMNS                                                                                            \
  "p.id, p.brand_id, p.broadcast_id, p.product_id, p.opened_at, p.media_open_ms, p.closed_at, p.media_close_ms, " \
  "b.store_id from pins p cross join broadcasts b"
const Sql kClosedPins{
    "live.closed_pins",
    "select " PIN_AT_COLUMNS
    " where b.id = p.broadcast_id and p.id < $1 and p.closed_at is not null and b.audience = 'public' "
    "order by p.id desc limit $2"};
#define PINS_TO_SHOW(in_ids)                                                                                          \
  "select " PIN_AT_COLUMNS                                                                                            \
  " join products r on r.id = p.product_id join stores s on s.id = b.store_id join agents a on a.id = s.agent_id "    \
  "where p.id" in_ids                                                                                                 \
  " and b.id = p.broadcast_id and p.closed_at is not null and r.on_sale = 1 and a.state = 'active' and b.audience = " \
  "'public' order by p.id"
const Sql kPinsToShow{"live.pins_to_show", PINS_TO_SHOW(LIANBO_IN_IDS("$1")),
                      PINS_TO_SHOW(LIANBO_IN_IDS_POSTGRES("$1"))};

Broadcast broadcast_of(const db::Row& row) {
  Broadcast b;
  b.id = row.id<BroadcastId>(0);
  b.brand = row.id<BrandId>(1);
  b.store = row.id<StoreId>(2);
  b.title = row.str(3);
  b.state = parse_state(row.text(4)).value_or(BroadcastState::cancelled);
  b.scheduled_at = row.integer(5);
  b.started_at = row.integer(6);
  b.ended_at = row.integer(7);
  b.likes = row.integer(8);
  b.enters = row.integer(9);
  b.peak_viewers = row.integer(10);
  b.created_at = row.integer(11);
  b.version = row.integer(12);
  b.audience = parse_audience(row.text(13)).value_or(Audience::rehearsal);
  b.ended_why = row.str(14);
  b.stream_name = row.str(15);
  b.first_frame_at = row.integer(16);
  b.media_lag_ms = row.integer(17);
  b.publisher = row.str(18);
  b.cut_at = row.integer(19);
  b.picture_of = row.id<BroadcastId>(20);
  b.ai_presenter = row.flag(21);
  return b;
}

Pin pin_of(const db::Row& row) {
  Pin p;
  p.id = row.id<PinId>(0);
  p.brand = row.id<BrandId>(1);
  p.broadcast = row.id<BroadcastId>(2);
  p.product = row.id<ProductId>(3);
  p.opened_at = row.integer(4);
  p.media_open_ms = row.integer(5);
  p.closed_at = row.integer(6);
  p.media_close_ms = row.integer(7);
  return p;
}

ChatLine chat_of(const db::Row& row) {
  return ChatLine{row.id<ChatId>(0), row.id<PersonId>(1), row.str(2), row.str(3), row.integer(4), row.integer(5)};
}

std::optional<std::int64_t> instant_or_null(Instant at) {
  return at == 0 || at == kForever ? std::nullopt : std::optional(at);
}
PinAt pin_at_of(const db::Row& row) { return {pin_of(row), row.id<StoreId>(8)}; }

}  // namespace

void insert_broadcast(db::Tx& tx, const Broadcast& b, const StreamKeys& keys) {
  tx.exec(kInsert, {b.id, b.brand, b.store, b.title, state_name(b.state), b.scheduled_at,
                    db::Param::blob(keys.newest + keys.before), b.created_at, audience_name(b.audience), b.stream_name,
                    b.ai_presenter ? 1 : 0});
}
std::map<BroadcastId, Broadcast> find_many(db::Tx& tx, std::span<const BroadcastId> ids) {
  std::map<BroadcastId, Broadcast> out;
  if (ids.empty()) return out;
  db::IdList list;
  for (const BroadcastId id : ids) list.add(id);
  tx.each(kFindMany, {list.text()}, [&](const db::Row& row) { out[row.id<BroadcastId>(0)] = broadcast_of(row); });
  return out;
}
std::optional<Broadcast> hold(db::Tx& tx, BroadcastId id) { return tx.one(kHold, {id}, broadcast_of); }
std::optional<Broadcast> find(db::Tx& tx, BroadcastId id) { return tx.one(kFind, {id}, broadcast_of); }
std::optional<Broadcast> lock(db::Tx& tx, BroadcastId id) { return tx.one(kLock, {id}, broadcast_of); }
void lock_startable(db::Tx& tx, StoreId store) { tx.exec(kLockStartable, {store}); }
void set_state(db::Tx& tx, const Broadcast& b) {
  tx.exec(kSetState,
          {b.id, state_name(b.state), instant_or_null(b.started_at), instant_or_null(b.ended_at), b.ended_why});
}
std::vector<Broadcast> label_ai(db::Tx& tx, BroadcastId id) { return tx.all(kLabelAi, {id}, broadcast_of); }
void unlabel_ai(db::Tx& tx, BroadcastId id) { tx.exec(kUnlabelAi, {id}); }
void set_plan(db::Tx& tx, const Broadcast& b) { tx.exec(kSetPlan, {b.id, b.title, b.scheduled_at}); }
std::int64_t count_scheduled(db::Tx& tx, StoreId store) { return tx.number(kCountScheduled, {store}); }
std::optional<Broadcast> live_of(db::Tx& tx, StoreId store) { return tx.one(kLiveOf, {store}, broadcast_of); }
std::vector<Broadcast> planned_of(db::Tx& tx, StoreId store, Instant from, int limit) {
  return tx.all(kPlannedOf, {store, from, limit}, broadcast_of);
}
std::vector<Broadcast> startable(db::Tx& tx, StoreId store) { return tx.all(kStartable, {store}, broadcast_of); }
std::vector<Broadcast> of_store(db::Tx& tx, StoreId store, bool rehearsals, BroadcastId after, int limit) {
  return tx.all(kOfStore, {store, after ? after.value : INT64_MAX, limit, rehearsals}, broadcast_of);
}
std::vector<Broadcast> newest_by_schedule(db::Tx& tx, StoreId store, Instant until, int limit) {
  return tx.all(kNewestBySchedule, {store, until, limit}, broadcast_of);
}
std::vector<Broadcast> on_air(db::Tx& tx, BrandId brand, int limit) {
  return tx.all(kOnAir, {brand, limit}, broadcast_of);
}
std::vector<Broadcast> selling(db::Tx& tx, BrandId brand, ProductId product, int limit) {
  constexpr int kFew = 1'000;
  const bool few = tx.number(kOnShelves, {product, kFew}) < kFew;
  return tx.all(few ? kSellingFew : kSellingMany, {brand, product, limit}, broadcast_of);
}
std::vector<Broadcast> coming(db::Tx& tx, BrandId brand, Instant from, int limit) {
  return tx.all(kComing, {brand, from, limit}, broadcast_of);
}
std::vector<Broadcast> ended(db::Tx& tx, BrandId brand, int limit) {
  return tx.all(kEnded, {brand, limit}, broadcast_of);
}
bool add_counts(db::Tx& tx, BroadcastId id, const RoomCounts& counts) {
  if (tx.exec(kAddCounts,
              {id, counts.likes, counts.enters, counts.peak_viewers, counts.enters_shared, counts.enters_paid}) != 1)
    return false;
  tx.exec(kAddMinute, {id, counts.at / kMinuteMs, counts.enters, counts.likes, counts.viewers, counts.most_viewers});
  return true;
}

void replace_shelf(db::Tx& tx, BroadcastId id, std::span<const ProductId> products) {
  tx.exec(kClearShelf, {id});
  int position = 0;
  for (const ProductId product : products) tx.exec(kAddToShelf, {id, product, position++});
}
std::vector<ProductId> shelf(db::Tx& tx, BroadcastId id) {
  return tx.all(kShelf, {id}, [](const db::Row& row) { return row.id<ProductId>(0); });
}
bool on_shelf(db::Tx& tx, BroadcastId id, ProductId product) { return tx.exists(kOnShelf, {id, product}); }
void put_note(db::Tx& tx, BroadcastId id, const ShelfNote& note, Instant at) {
  if (note.text.empty())
    tx.exec(kDropNote, {id, note.product});
  else
    tx.exec(kPutNote, {id, note.product, note.text, at});
}
std::vector<ShelfNote> notes(db::Tx& tx, BroadcastId id) {
  return tx.all(kNotes, {id}, [](const db::Row& row) { return ShelfNote{row.id<ProductId>(0), row.str(1)}; });
}

void insert_pin(db::Tx& tx, const Pin& p) {
  tx.exec(kInsertPin, {p.id, p.brand, p.broadcast, p.product, p.opened_at, p.media_open_ms});
}
void close_pin(db::Tx& tx, const Pin& p) { tx.exec(kClosePin, {p.id, p.closed_at, p.media_close_ms}); }
std::optional<Pin> open_pin(db::Tx& tx, BroadcastId id) { return tx.one(kOpenPin, {id}, pin_of); }
std::vector<Pin> open_pins(db::Tx& tx, std::span<const BroadcastId> ids) {
  db::IdList list;
  for (const BroadcastId id : ids) list.add(id);
  return tx.all(kOpenPinsOf, {list.text()}, pin_of);
}
std::optional<Pin> newest_pin(db::Tx& tx, BroadcastId id) { return tx.one(kNewestPin, {id}, pin_of); }
std::optional<Pin> newest_pin_of(db::Tx& tx, BroadcastId id, ProductId product) {
  return tx.one(kNewestPinOf, {id, product}, pin_of);
}
std::vector<Pin> pins(db::Tx& tx, BroadcastId id, PinId after, int limit) {
  return tx.all(kPins, {id, after.value, limit}, pin_of);
}

std::vector<UnrecordedChat> unrecorded_chat(db::Tx& tx, int limit) {
  return tx.all(kUnrecorded, {limit}, [](const db::Row& r) {
    return UnrecordedChat{r.id<BrandId>(0), r.id<BroadcastId>(1), r.id<ChatId>(2), r.id<PersonId>(3), r.str(4),
                          r.str(5),         r.integer(6),         r.integer(7)};
  });
}
void set_recorded(db::Tx& tx, BroadcastId broadcast, ChatId id) { tx.exec(kSetRecorded, {broadcast, id}); }
std::vector<ChatLine> chat_of_person(db::Tx& tx, BroadcastId id, PersonId person, int limit) {
  return tx.all(kChatOfPerson, {id, person, limit}, chat_of);
}
std::vector<BroadcastId> reserved_by(db::Tx& tx, PersonId person, int limit) {
  return tx.all(kReservedBy, {person, limit}, [](const db::Row& r) { return r.id<BroadcastId>(0); });
}
void insert_chat(db::Tx& tx, BroadcastId id, const ChatLine& line, std::string_view guest_name) {
  tx.exec(kInsertChat, {id, line.id, line.person, guest_name, line.text, line.media_ms, line.at});
}
std::vector<ChatLine> chat(db::Tx& tx, BroadcastId id, ChatId after, int limit) {
  return tx.all(kChat, {id, after.value, limit}, chat_of);
}
std::vector<ChatLine> last_chat(db::Tx& tx, BroadcastId id, int limit) {
  return tx.all(kLastChat, {id, limit}, chat_of);
}

void put_mark(db::Tx& tx, BroadcastId id, PersonId person, const RoomMark& mark, PersonId by, Instant at) {
  tx.exec(kPutMark, {id, person, mark_name(mark.mark), by.value, instant_or_null(mark.until_at), at});
}
void remove_mark(db::Tx& tx, BroadcastId id, PersonId person) { tx.exec(kRemoveMark, {id, person}); }
std::optional<RoomMark> mark(db::Tx& tx, BroadcastId id, PersonId person) {
  return tx.one(kMark, {id, person}, [](const db::Row& row) {
    return RoomMark{parse_mark(row.text(0)).value_or(Mark::none), row.maybe(1).value_or(kForever)};
  });
}
std::vector<MarkedPerson> marks(db::Tx& tx, BroadcastId id, Instant now) {
  return tx.all(kMarks, {id, now}, [](const db::Row& row) {
    const RoomMark mark{parse_mark(row.text(1)).value_or(Mark::none), row.maybe(2).value_or(kForever)};
    return MarkedPerson{row.id<PersonId>(0), {}, mark, row.integer(3)};
  });
}
std::vector<std::pair<PersonId, Instant>> banned(db::Tx& tx, BroadcastId id, Instant now, int limit) {
  return tx.all(kBanned, {id, now, limit},
                [](const db::Row& row) { return std::pair{row.id<PersonId>(0), row.maybe(1).value_or(kForever)}; });
}

bool add_assistant(db::Tx& tx, StoreId store, PersonId person, Instant at) {
  return tx.exec(kAddAssistant, {store, person, at}) == 1;
}
bool remove_assistant(db::Tx& tx, StoreId store, PersonId person) {
  return tx.exec(kRemoveAssistant, {store, person}) == 1;
}
bool is_assistant(db::Tx& tx, StoreId store, PersonId person) { return tx.exists(kIsAssistant, {store, person}); }
std::vector<Assistant> assistants(db::Tx& tx, StoreId store) {
  return tx.all(kAssistants, {store},
                [](const db::Row& row) { return Assistant{row.id<PersonId>(0), {}, row.integer(1)}; });
}
std::int64_t count_assistants(db::Tx& tx, StoreId store) { return tx.number(kCountAssistants, {store}); }

void put_reservation(db::Tx& tx, BroadcastId id, PersonId person, Instant at) { tx.exec(kReserve, {id, person, at}); }
bool cancel_reservation(db::Tx& tx, BroadcastId id, PersonId person, Instant at) {
  return tx.exec(kUnreserve, {id, person, at}) == 1;
}
std::int64_t count_reservations(db::Tx& tx, BroadcastId id) { return tx.number(kCountReservations, {id}); }
std::map<BroadcastId, std::int64_t> count_reservations(db::Tx& tx, std::span<const BroadcastId> ids) {
  db::IdList list;
  for (const BroadcastId id : ids) list.add(id);
  std::map<BroadcastId, std::int64_t> out;
  tx.each(kCountsOfReservations, {list.text()},
          [&](const db::Row& row) { out[row.id<BroadcastId>(0)] = row.integer(1); });
  return out;
}
std::vector<BroadcastId> take_reminders(db::Tx& tx, PersonId person, Instant now, Instant started_after) {
  return tx.all(kTakeReminders, {person, now, started_after},
                [](const db::Row& row) { return row.id<BroadcastId>(0); });
}
bool has_reservation(db::Tx& tx, BroadcastId id, PersonId person) { return tx.exists(kHasReservation, {id, person}); }

std::vector<ShownPart> lock_shown(db::Tx& tx, Bucket bucket, PersonId person, std::string_view kind, Instant at) {
  tx.exec(kLockShown, {bucket, person, kind, at});
  return tx.all(kShown, {bucket, person, kind}, [](const db::Row& row) {
    ShownPart out;
    out.part = static_cast<int>(row.integer(0));
    CHECK(unpack_ids(row.text(1), out.items));  // nobody else writes them
    return out;
  });
}
void save_shown(db::Tx& tx, Bucket bucket, PersonId person, std::string_view kind, const ShownPart& part, Instant at) {
  const std::string packed = pack_ids(part.items);
  tx.exec(kSaveShown,
          {bucket, person, kind, part.part, db::Param::blob(packed), static_cast<std::int64_t>(part.items.size()), at});
}
template <class Id>
static std::vector<Id> those_of(db::Tx& tx, const Sql& sql, std::span<const Id> ids) {
  db::IdList list;
  for (const Id id : ids) list.add(id);
  return tx.all(sql, {list.text()}, [](const db::Row& row) { return row.id<Id>(0); });
}
std::vector<BroadcastId> rooms_of_the_public(db::Tx& tx, std::span<const BroadcastId> ids) {
  return those_of(tx, kRoomsOfThePublic, ids);
}
std::vector<ProductId> products_on_sale(db::Tx& tx, std::span<const ProductId> ids) {
  return those_of(tx, kProductsOnSale, ids);
}
bool insert_click(db::Tx& tx, Bucket bucket, PersonId person, const Click& click, Instant at) {
  return tx.exec(kClick, {bucket, person, click.store, click.broadcast.value, click.product, at}) == 1;
}

}  // namespace lianbo::live::store

namespace lianbo::live {

Instant ended_at(db::Tx& tx, BroadcastId id) { return tx.number(store::kEndedAt, {id}); }

std::vector<Broadcast> rooms_on_air(db::Tx& tx, BrandId brand, BroadcastId after, int limit) {
  return tx.all(store::kRoomsOnAir, {brand, after.value, limit}, store::broadcast_of);
}
std::vector<Broadcast> coming_between(db::Tx& tx, BrandId brand, Instant from, Instant until, int limit) {
  return tx.all(store::kComingBetween, {brand, from, until, limit}, store::broadcast_of);
}
std::vector<Broadcast> public_broadcasts(db::Tx& tx, std::span<const BroadcastId> ids) {
  db::IdList list;
  for (const BroadcastId id : ids) list.add(id);
  return tx.all(store::kPublicBroadcasts, {list.text()}, store::broadcast_of);
}
std::vector<BroadcastId> on_air_between(db::Tx& tx, BrandId brand, Instant from, Instant until, BroadcastId after,
                                        int limit) {
  return tx.all(store::kOnAirBetween, {brand, from, until, after.value, limit},
                [](const db::Row& row) { return row.id<BroadcastId>(0); });
}
std::vector<PinAt> closed_pins(db::Tx& tx, PinId before, int limit) {
  return tx.all(store::kClosedPins, {before ? before.value : INT64_MAX, limit}, store::pin_at_of);
}
std::vector<PinAt> pins_to_show(db::Tx& tx, std::span<const PinId> ids) {
  db::IdList list;
  for (const PinId id : ids) list.add(id);
  return tx.all(store::kPinsToShow, {list.text()}, store::pin_at_of);
}

}  // namespace lianbo::live
