#include "clips/clips_store.hpp"

#include "db/array.hpp"

namespace lianbo::clips::store {
namespace {

using db::Param;
using db::Sql;

#define CLIP_COLUMNS                                                                                             \
  "c.id, c.brand_id, c.store_id, c.agent_id, c.broadcast_id, c.pin_id, c.product_id, c.stream_name, c.title, "   \
  "c.state, "                                                                                                    \
  "c.opened_at, c.media_open_ms, c.media_close_ms, c.from_ms, c.to_ms, c.name, c.bytes, c.sha256, c.signature, " \
  "c.tries, c.created_at, c.ready_at, c.withdrawn_at, (select a.ai_presenter from broadcasts a where a.id = "    \
  "c.broadcast_id)"

const Sql kPins{
    "clips.pins_to_clip",
    "select p.id, p.brand_id, p.broadcast_id, p.product_id, p.opened_at, p.media_open_ms, p.closed_at, "
    "p.media_close_ms, b.store_id, b.state, b.audience, b.first_frame_at, coalesce(h.stream_name, "
    "b.stream_name) from pins p join broadcasts b on b.id = p.broadcast_id left join broadcasts h on h.id = "
    "b.picture_of where p.clipped = 0 and p.closed_at is not null and p.id > $1 order by p.id limit $2"};
const Sql kSetClipped{"clips.set_clipped", "update pins set clipped = 1 where id = $1 and clipped = 0"};
const Sql kInsert{
    "clips.insert",
    "insert into clips (id, brand_id, store_id, agent_id, broadcast_id, pin_id, product_id, stream_name, "
    "title, state, opened_at, media_open_ms, media_close_ms, name, created_at) values ($1, $2, $3, $4, $5, "
    "$6, $7, $8, $9, $10, $11, $12, $13, $14, $15)"};
const Sql kFind{"clips.find", "select " CLIP_COLUMNS " from clips c where c.id = $1"};
#define SHOWN_CLIPS(in_ids)                                                           \
  "select c.id from clips c join products p on p.id = c.product_id where c.id" in_ids \
  " and c.state = 'ready' and "                                                       \
  "c.withdrawn_at is null and p.on_sale = 1 order by c.id"
const Sql kShown{"clips.shown", SHOWN_CLIPS(LIANBO_IN_IDS("$1")), SHOWN_CLIPS(LIANBO_IN_IDS_POSTGRES("$1"))};
const Sql kFindByName{"clips.find_by_name", "select " CLIP_COLUMNS " from clips c where c.name = $1"};
const Sql kWaiting{"clips.waiting", "select " CLIP_COLUMNS
                                    " from clips c where c.state = 'waiting' and c.id > $1 order by c.id limit $2"};
const Sql kSetCut{"clips.set_cut",
                  "update clips set state = $2, from_ms = $3, to_ms = $4, bytes = $5, sha256 = $6, signature = $7, "
                  "tries = $8, ready_at = $9 where id = $1"};
const Sql kSetTitle{"clips.set_title", "update clips set title = $2 where id = $1"};
const Sql kSetWithdrawn{"clips.set_withdrawn", "update clips set withdrawn_at = $2 where id = $1"};
const Sql kOfProduct{"clips.of_product", "select " CLIP_COLUMNS
                                         " from clips c where c.product_id = $1 and c.id < $2 and c.state = 'ready' "
                                         "and c.withdrawn_at is null order by c.id desc limit $3"};
const Sql kEveryOfProduct{"clips.every_of_product",
                          "select " CLIP_COLUMNS
                          " from clips c where c.product_id = $1 and c.id < $2 order by c.id desc limit $3"};
const Sql kOfBrand{"clips.of_brand", "select " CLIP_COLUMNS
                                     " from clips c where c.brand_id = $1 and c.id < $2 order by c.id desc limit $3"};
const Sql kOfStore{
    "clips.of_store",
    "select " CLIP_COLUMNS
    " from clips c where c.id < $2 and "
    "(c.store_id = $1 or exists (select 1 from clip_posts o where o.clip_id = c.id and o.store_id = $1)) "
    "order by c.id desc limit $3"};
const Sql kOfBroadcast{"clips.of_broadcast",
                       "select " CLIP_COLUMNS
                       " from clips c where c.broadcast_id = $1 and c.product_id = $2 and c.state "
                       "= 'ready' and c.withdrawn_at is null order by c.id desc limit $3"};
const Sql kOfPins{"clips.of_pins", "select " CLIP_COLUMNS " from clips c where c.pin_id" LIANBO_IN_IDS("$1"),
                  "select " CLIP_COLUMNS " from clips c where c.pin_id" LIANBO_IN_IDS_POSTGRES("$1")};
const Sql kPutPost{
    "clips.put_post",
    "insert into clip_posts (clip_id, store_id, agent_id, posted_at) values ($1, $2, $3, $4) on conflict "
    "(clip_id, store_id) do nothing"};
const Sql kRemovePost{"clips.remove_post", "delete from clip_posts where clip_id = $1 and store_id = $2"};
const Sql kPoster{"clips.poster", "select agent_id from clip_posts where clip_id = $1 and store_id = $2"};

Clip clip_of(const db::Row& r) {
  Clip c;
  c.id = r.id<ClipId>(0);
  c.brand = r.id<BrandId>(1);
  c.store = r.id<StoreId>(2);
  c.agent = r.id<AgentId>(3);
  c.broadcast = r.id<BroadcastId>(4);
  c.pin = r.id<PinId>(5);
  c.product = r.id<ProductId>(6);
  c.stream = r.str(7);
  c.title = r.str(8);
  c.state = parse_state(r.text(9)).value_or(State::failed);
  c.opened_at = r.integer(10);
  c.media_open_ms = r.integer(11);
  c.media_close_ms = r.integer(12);
  c.from_ms = r.integer(13);
  c.to_ms = r.integer(14);
  c.name = r.str(15);
  c.bytes = r.integer(16);
  c.sha256 = r.str(17);
  c.signature = r.str(18);
  c.tries = static_cast<int>(r.integer(19));
  c.created_at = r.integer(20);
  c.ready_at = r.integer(21);
  c.withdrawn_at = r.integer(22);
  c.ai_presenter = r.flag(23);
  return c;
}

std::int64_t upper(ClipId before) { return before ? before.value : INT64_MAX; }

}  // namespace

std::vector<PinToClip> pins_to_clip(db::Tx& tx, PinId after, int limit) {
  return tx.all(kPins, {after.value, limit}, [](const db::Row& r) {
    PinToClip out;
    out.pin = {r.id<PinId>(0), r.id<BrandId>(1), r.id<BroadcastId>(2), r.id<ProductId>(3),
               r.integer(4),   r.integer(5),     r.integer(6),         r.integer(7)};
    out.broadcast.id = out.pin.broadcast;
    out.broadcast.brand = out.pin.brand;
    out.broadcast.store = r.id<StoreId>(8);
    out.broadcast.state = live::parse_state(r.text(9)).value_or(live::BroadcastState::cancelled);
    out.broadcast.audience = live::parse_audience(r.text(10)).value_or(live::Audience::rehearsal);
    out.broadcast.first_frame_at = r.integer(11);
    out.broadcast.stream_name = r.str(12);
    return out;
  });
}
bool set_clipped(db::Tx& tx, PinId pin) { return tx.exec(kSetClipped, {pin}) > 0; }
void insert(db::Tx& tx, const Clip& c) {
  tx.exec(kInsert, {c.id, c.brand, c.store, c.agent, c.broadcast, c.pin, c.product, c.stream, c.title,
                    state_name(c.state), c.opened_at, c.media_open_ms, c.media_close_ms, c.name, c.created_at});
}
std::optional<Clip> find(db::Tx& tx, ClipId id) { return tx.one(kFind, {id}, clip_of); }
std::vector<ClipId> shown(db::Tx& tx, std::span<const ClipId> ids) {
  db::IdList list;
  for (const ClipId id : ids) list.add(id);
  return tx.all(kShown, {list.text()}, [](const db::Row& r) { return r.id<ClipId>(0); });
}
std::optional<Clip> find_by_name(db::Tx& tx, std::string_view name) { return tx.one(kFindByName, {name}, clip_of); }
std::vector<Clip> waiting(db::Tx& tx, ClipId after, int limit) {
  return tx.all(kWaiting, {after.value, limit}, clip_of);
}
void set_cut(db::Tx& tx, const Clip& c) {
  tx.exec(kSetCut, {c.id, state_name(c.state), c.from_ms, c.to_ms, c.bytes, Param::blob(c.sha256),
                    Param::blob(c.signature), c.tries, c.ready_at == 0 ? std::optional<Instant>() : c.ready_at});
}
bool set_title(db::Tx& tx, ClipId id, std::string_view title) { return tx.exec(kSetTitle, {id, title}) > 0; }
std::vector<Clip> of_product(db::Tx& tx, ProductId product, ClipId before, int limit) {
  return tx.all(kOfProduct, {product, upper(before), limit}, clip_of);
}
bool set_withdrawn(db::Tx& tx, ClipId id, Instant at) {
  return tx.exec(kSetWithdrawn, {id, at == 0 ? std::optional<Instant>() : at}) > 0;
}
std::vector<Clip> every_of_product(db::Tx& tx, ProductId product, ClipId before, int limit) {
  return tx.all(kEveryOfProduct, {product, upper(before), limit}, clip_of);
}
std::vector<Clip> of_brand(db::Tx& tx, BrandId brand, ClipId before, int limit) {
  return tx.all(kOfBrand, {brand, upper(before), limit}, clip_of);
}
std::vector<Clip> of_store(db::Tx& tx, StoreId store, ClipId before, int limit) {
  return tx.all(kOfStore, {store, upper(before), limit}, clip_of);
}
std::vector<Clip> of_broadcast(db::Tx& tx, BroadcastId broadcast, ProductId product, int limit) {
  return tx.all(kOfBroadcast, {broadcast, product, limit}, clip_of);
}
std::vector<Clip> of_pins(db::Tx& tx, std::span<const PinId> pins) {
  db::IdList list;
  for (const PinId pin : pins) list.add(pin);
  return tx.all(kOfPins, {list.text()}, clip_of);
}
void put_post(db::Tx& tx, ClipId clip, StoreId store, AgentId agent, Instant at) {
  tx.exec(kPutPost, {clip, store, agent, at});
}
bool remove_post(db::Tx& tx, ClipId clip, StoreId store) { return tx.exec(kRemovePost, {clip, store}) > 0; }
std::optional<AgentId> poster(db::Tx& tx, ClipId clip, StoreId store) {
  return tx.one(kPoster, {clip, store}, [](const db::Row& r) { return r.id<AgentId>(0); });
}

}  // namespace lianbo::clips::store
