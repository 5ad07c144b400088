#include "share/share_store.hpp"

#include <limits>

#include "base/check.hpp"
#include "db/together.hpp"

namespace lianbo::share::store {
namespace {

using db::Row;
using db::Sql;
using db::Tx;

#define SHARE_COLUMNS                                                                                   \
  "s.id, s.token, s.brand_id, s.sharer_id, s.agent_id, s.kind, s.channel, s.store_id, s.broadcast_id, " \
  "s.product_id, s.pin_id, s.media_ms, s.clip_id, s.order_id, s.parent_id, s.root_id, s.depth, s.created_at"
#define GUARD_COLUMNS                                                                                          \
  "bucket, brand_id, buyer_id, agent_id, opened_at, protect_until, expires_at, rules_version, last_share_id, " \
  "moved_at, moved_id, merged_id, "                                                                            \
  "(select 1 from lock_departures d where d.agent_id = locks.agent_id)"
// Leaves out a guest's touch that is the person's by now.
#define NOT_MERGED                                                                           \
  "not exists (select 1 from locks g where g.bucket = t.bucket and g.brand_id = t.brand_id " \
  "and g.buyer_id = t.buyer_id and g.merged_id >= t.id)"

const Sql kInsertShare{"share.insert",
                       "insert into shares (id, token, brand_id, sharer_id, agent_id, kind, channel, store_id, "
                       "broadcast_id, product_id, pin_id, media_ms, clip_id, order_id, parent_id, root_id, depth, "
                       "created_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, "
                       "$17, $18) on conflict (token) do nothing"};
const Sql kFindShare{"share.find", "select " SHARE_COLUMNS " from shares s where s.id = $1"};
const Sql kFindByToken{"share.find_by_token", "select " SHARE_COLUMNS " from shares s where s.token = $1"};
const Sql kCameThrough{"share.came_through",
                       "select s.id, s.root_id, s.depth from locks l join shares s on s.id = l.last_share_id "
                       "where l.bucket = $1 and l.brand_id = $2 and l.buyer_id = $3"};
const Sql kSharesOf{"share.of_sharer",
                    "select " SHARE_COLUMNS
                    ", (select count(*) from touches t where t.share_id = s.id and t.merged_from_id is null), "
                    "(select count(*) from touches t where t.share_id = s.id and t.merged_from_id is null "
                    "and t.outcome in ('opened', 'taken_over')) "
                    "from shares s where s.sharer_id = $1 and s.id < $2 order by s.id desc limit $3"};
const Sql kSharesBelow{"share.below",
                       "select " SHARE_COLUMNS
                       ", (select count(*) from touches t where t.share_id = s.id and t.merged_from_id is null), "
                       "(select count(*) from touches t where t.share_id = s.id and t.merged_from_id is null "
                       "and t.outcome in ('opened', 'taken_over')) "
                       "from shares s where s.parent_id = $1 and s.id > $2 order by s.id limit $3"};
const Sql kAdoptShares{"share.adopt", "update shares set sharer_id = $2 where sharer_id = $1"};
const Sql kCascadeShares{"share.cascade_shares",
                         "select count(*), coalesce(max(depth), 0) from shares where root_id = $1"};
const Sql kCascadeTouches{"share.cascade_touches",
                          "select count(*), count(distinct t.buyer_id) from shares s "
                          "join touches t on t.share_id = s.id where s.root_id = $1 and " NOT_MERGED};
const Sql kCascadeReach{"share.cascade_reach",
                        "select count(*) from (select t.buyer_id from shares s join touches t on t.share_id = s.id "
                        "where s.root_id = $1 and " NOT_MERGED
                        " union select sharer_id from shares where root_id = $1) as people"};

// Makes the row or locks the one that is there, in one statement; either way nobody else moves this lock until the
// transaction ends. SQLite has one writer, so there is nothing to lock: it only looks, and the row is made when it is
// saved.
const Sql kLockGuard{"lock.guard",
                     "select " GUARD_COLUMNS " from locks where bucket = $1 and brand_id = $2 and buyer_id = $3",
                     "insert into locks (bucket, brand_id, buyer_id) values ($1, $2, $3) "
                     "on conflict (brand_id, buyer_id) do update set version = locks.version + 1 "
                     "returning " GUARD_COLUMNS};
// On PostgreSQL without a new version of a row that is written at the end anyway.
const Sql kLockGuardIfAny{"lock.guard_if_any",
                          "select " GUARD_COLUMNS " from locks where bucket = $1 and brand_id = $2 and buyer_id = $3",
                          "select " GUARD_COLUMNS
                          " from locks where bucket = $1 and brand_id = $2 and buyer_id = $3 "
                          "for update"};
const db::Together kLockGuardTogether{kLockGuardIfAny, db::Together::How::locks};
const Sql kReadGuard{"lock.find",
                     "select " GUARD_COLUMNS " from locks where bucket = $1 and brand_id = $2 and buyer_id = $3"};
const Sql kGuards{"lock.all", "select " GUARD_COLUMNS
                              " from locks where (brand_id, buyer_id) > ($1, $2) order by brand_id, buyer_id limit $3"};
const Sql kSaveGuard{"lock.save",
                     "insert into locks (bucket, brand_id, buyer_id, agent_id, opened_at, protect_until, expires_at, "
                     "rules_version, last_share_id, moved_at, moved_id, merged_id) "
                     "values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) "
                     "on conflict (brand_id, buyer_id) do update set agent_id = excluded.agent_id, "
                     "opened_at = excluded.opened_at, protect_until = excluded.protect_until, "
                     "expires_at = excluded.expires_at, rules_version = excluded.rules_version, "
                     "last_share_id = excluded.last_share_id, moved_at = excluded.moved_at, "
                     "moved_id = excluded.moved_id, merged_id = excluded.merged_id, version = locks.version + 1",
                     // The row is there and locked (lock.guard): an update is cheaper than a second try to insert.
                     "update locks set agent_id = $4, opened_at = $5, protect_until = $6, expires_at = $7, "
                     "rules_version = $8, last_share_id = $9, moved_at = $10, moved_id = $11, merged_id = $12, "
                     "version = version + 1 "
                     "where bucket = $1 and brand_id = $2 and buyer_id = $3"};
const db::Together kSaveGuardTogether{kSaveGuard, db::Together::How::later};

const Sql kInsertTouch{"touch.insert",
                       "insert into touches (bucket, id, brand_id, buyer_id, share_id, kind, agent_id, outcome, "
                       "rules_version, agent_active, buyer_is_agent, buyer_is_self, at, merged_from_id) "
                       "values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)"};
// A lock is the fold of all of them, so there is no limit to give: one buyer's openings of one brand's shares.
const Sql kTouchesOf{"touch.of_buyer",
                     "select id, share_id, kind, agent_id, outcome, rules_version, agent_active, buyer_is_agent, "
                     "buyer_is_self, at, merged_from_id from touches "
                     "where bucket = $1 and buyer_id = $2 and brand_id = $3 and id > $4 order by at, id"};
const Sql kOpenedAt{"touch.opened_at",
                    "select coalesce(max(at), 0) from touches where bucket = $1 and buyer_id = $2 and share_id = $3"};
const Sql kBrandsTouched{"touch.brands_of_buyer",
                         "select distinct brand_id from touches where bucket = $1 and buyer_id = $2 "
                         "order by brand_id limit 10000"};
const Sql kInsertLockOrder{"lock_order.insert",
                           "insert into lock_orders (bucket, id, brand_id, buyer_id, agent_id, rules_version, at) "
                           "values ($1, $2, $3, $4, $5, $6, $7)"};
const db::Together kInsertLockOrderTogether{kInsertLockOrder, db::Together::How::later};
const Sql kLockOrdersOf{"lock_order.of_buyer",
                        "select id, agent_id, rules_version, at from lock_orders "
                        "where bucket = $1 and buyer_id = $2 and brand_id = $3 and id > $4 order by at, id"};
const Sql kInsertHand{"lock_hand.insert",
                      "insert into lock_hands (bucket, id, brand_id, buyer_id, from_agent_id, to_agent_id, at, "
                      "merged_from_id) values ($1, $2, $3, $4, $5, $6, $7, $8)"};
const Sql kHandsOf{"lock_hand.of_buyer",
                   "select id, from_agent_id, to_agent_id, at, merged_from_id from lock_hands "
                   "where bucket = $1 and buyer_id = $2 and brand_id = $3 and id > $4 order by at, id"};
const Sql kAddDeparture{"lock_departure.add",
                        "insert into lock_departures (agent_id, brand_id, heir_agent_id, at) values ($1, $2, $3, $4) "
                        "on conflict (agent_id) do nothing"};
const Sql kDeparture{"lock_departure.find",
                     "select agent_id, brand_id, heir_agent_id, at, after_bucket, after_buyer from lock_departures "
                     "where agent_id = $1"};
const Sql kOpenDepartures{
    "lock_departure.open",
    "select agent_id, brand_id, heir_agent_id, at, after_bucket, after_buyer from lock_departures "
    "where done_at is null "
    "order by brand_id, agent_id limit $1"};
const Sql kMoveDeparture{"lock_departure.move",
                         "update lock_departures set after_bucket = $2, after_buyer = $3 where agent_id = $1"};
const Sql kCloseDeparture{"lock_departure.close", "update lock_departures set done_at = $2 where agent_id = $1"};
const Sql kLockedTo{
    "lock.locked_to",
    "select bucket, buyer_id from locks where agent_id = $1 and buyer_id > $2 order by buyer_id limit $3"};
const Sql kRecordMerge{"guest_merge.record",
                       "insert into guest_merges (guest_id, person_id, at) values ($1, $2, $3) "
                       "on conflict (guest_id) do update set person_id = excluded.person_id, at = excluded.at"};

Share share_of_row(const Row& r) {
  const std::optional<Kind> kind = parse_kind(r.text(5));
  const std::optional<Channel> channel = parse_channel(r.text(6));
  CHECK(kind && channel);
  return Share{r.id<ShareId>(0),
               r.str(1),
               r.id<BrandId>(2),
               r.id<PersonId>(3),
               r.id<AgentId>(4),
               *kind,
               *channel,
               r.id<StoreId>(7),
               r.id<BroadcastId>(8),
               r.id<ProductId>(9),
               r.id<PinId>(10),
               r.maybe(11),
               r.id<ClipId>(12),
               r.id<OrderId>(13),
               r.id<ShareId>(14),
               r.id<ShareId>(15),
               static_cast<std::int32_t>(r.integer(16)),
               r.integer(17)};
}

Guard guard_of_row(const Row& r) {
  Guard guard{static_cast<Bucket>(r.integer(0)),
              r.id<BrandId>(1),
              r.id<PersonId>(2),
              std::nullopt,
              r.id<ShareId>(8),
              r.integer(9),
              r.integer(10),
              r.integer(11),
              r.flag(12)};
  if (!r.is_null(3)) {
    guard.lock =
        Lock{r.id<AgentId>(3), r.integer(4), r.integer(5), r.integer(6), static_cast<std::int32_t>(r.integer(7))};
  }
  return guard;
}

}  // namespace

bool insert_share(Tx& tx, const Share& s) {
  return tx.exec(kInsertShare, {s.id, s.token, s.brand, s.sharer, s.agent, kind_text(s.kind), channel_text(s.channel),
                                s.store, s.broadcast, s.product, s.pin, s.media_ms, s.clip, s.order, s.parent, s.root,
                                s.depth, s.created_at}) == 1;
}

std::optional<Share> find_share(Tx& tx, ShareId id) { return tx.one(kFindShare, {id}, share_of_row); }
std::optional<Share> find_share_by_token(Tx& tx, std::string_view token) {
  return tx.one(kFindByToken, {token}, share_of_row);
}

std::optional<Came> came_through(Tx& tx, Bucket bucket, BrandId brand, PersonId buyer) {
  return tx.one(kCameThrough, {bucket, brand, buyer}, [](const Row& r) {
    return Came{r.id<ShareId>(0), r.id<ShareId>(1), static_cast<std::int32_t>(r.integer(2))};
  });
}

std::vector<ShareTally> shares_of(Tx& tx, PersonId sharer, const net::Page& page) {
  const std::int64_t before = page.after != 0 ? page.after : std::numeric_limits<std::int64_t>::max();
  return tx.all(kSharesOf, {sharer, before, page.limit},
                [](const Row& r) { return ShareTally{share_of_row(r), r.integer(18), r.integer(19)}; });
}

Instant opened_at(Tx& tx, Bucket bucket, PersonId buyer, ShareId share) {
  return tx.number(kOpenedAt, {bucket, buyer, share});
}
std::vector<ShareTally> shares_below(Tx& tx, ShareId parent, const net::Page& page) {
  return tx.all(kSharesBelow, {parent, page.after, page.limit},
                [](const Row& r) { return ShareTally{share_of_row(r), r.integer(18), r.integer(19)}; });
}

void adopt_shares(Tx& tx, PersonId guest, PersonId person) { tx.exec(kAdoptShares, {guest, person}); }

Cascade cascade_of(Tx& tx, ShareId root) {
  Cascade out;
  tx.each(kCascadeShares, {root}, [&](const Row& r) {
    out.size = r.integer(0);
    out.depth = r.integer(1);
  });
  tx.each(kCascadeTouches, {root}, [&](const Row& r) {
    out.touches = r.integer(0);
    out.visitors = r.integer(1);
  });
  out.reach = tx.number(kCascadeReach, {root});
  return out;
}

Guard lock_guard(Tx& tx, Bucket bucket, BrandId brand, PersonId buyer) {
  const auto there = tx.one(kLockGuard, {bucket, brand, buyer}, guard_of_row);
  return there.value_or(Guard{bucket, brand, buyer, std::nullopt, {}});
}
std::optional<Guard> lock_guard_if_any(Tx& tx, Bucket bucket, BrandId brand, PersonId buyer) {
  return tx.one(kLockGuardIfAny, {bucket, brand, buyer}, guard_of_row);
}
std::optional<Guard> read_guard(Tx& tx, Bucket bucket, BrandId brand, PersonId buyer) {
  return tx.one(kReadGuard, {bucket, brand, buyer}, guard_of_row);
}
std::vector<Guard> guards_after(Tx& tx, BrandId after_brand, PersonId after_buyer, int limit) {
  return tx.all(kGuards, {after_brand.value, after_buyer.value, limit}, guard_of_row);
}

void save_guard(Tx& tx, const Guard& g) {
  const Lock lock = g.lock.value_or(Lock{});
  tx.exec(kSaveGuard, {g.bucket, g.brand, g.buyer, lock.agent, lock.opened_at, lock.protect_until, lock.expires_at,
                       lock.rules_version, g.last_share, g.moved_at, g.moved_id, g.merged_id});
}

void insert_touch(Tx& tx, Bucket bucket, const Touch& t) {
  tx.exec(kInsertTouch,
          {bucket, t.id, t.brand, t.buyer, t.share, t.input.ad ? "ad" : "share", t.agent, outcome_text(t.outcome),
           t.rules_version, t.input.agent_active, t.input.buyer_is_agent, t.input.buyer_is_self, t.at, t.merged_from});
}

std::vector<Touch> touches_of(Tx& tx, const Guard& guard) {
  return tx.all(kTouchesOf, {guard.bucket, guard.buyer, guard.brand, guard.merged_id}, [&](const Row& r) {
    const std::optional<Outcome> outcome = parse_outcome(r.text(4));
    CHECK(outcome);
    Touch t;
    t.id = r.id<TouchId>(0);
    t.brand = guard.brand;
    t.buyer = guard.buyer;
    t.share = r.id<ShareId>(1);
    t.agent = r.id<AgentId>(3);
    t.outcome = *outcome;
    t.input = {t.agent, r.flag(6), r.flag(8), r.flag(7), r.text(2) == "ad"};
    t.rules_version = static_cast<std::int32_t>(r.integer(5));
    t.at = r.integer(9);
    t.merged_from = r.id<PersonId>(10);
    return t;
  });
}

std::vector<BrandId> brands_touched(Tx& tx, Bucket bucket, PersonId buyer) {
  return tx.all(kBrandsTouched, {bucket, buyer}, [](const Row& r) { return r.id<BrandId>(0); });
}

void insert_lock_order(Tx& tx, const Guard& guard, const LockOrder& order) {
  tx.exec(kInsertLockOrder,
          {guard.bucket, order.id, guard.brand, guard.buyer, order.agent, order.rules_version, order.at});
}
std::vector<LockOrder> lock_orders_of(Tx& tx, const Guard& guard) {
  return tx.all(kLockOrdersOf, {guard.bucket, guard.buyer, guard.brand, guard.merged_id}, [](const Row& r) {
    return LockOrder{r.id<OrderId>(0), r.id<AgentId>(1), static_cast<std::int32_t>(r.integer(2)), r.integer(3)};
  });
}

void insert_lock_hand(Tx& tx, const Guard& guard, const LockHand& h) {
  tx.exec(kInsertHand, {guard.bucket, h.id, guard.brand, guard.buyer, h.hand.from, h.hand.to, h.at, h.merged_from});
}
std::vector<LockHand> lock_hands_of(Tx& tx, const Guard& guard) {
  return tx.all(kHandsOf, {guard.bucket, guard.buyer, guard.brand, guard.merged_id}, [](const Row& r) {
    return LockHand{r.integer(0), {r.id<AgentId>(1), r.id<AgentId>(2)}, r.integer(3), r.id<PersonId>(4)};
  });
}
namespace {
Departure departure_of_row(const Row& r) {
  return {r.id<AgentId>(0),
          r.id<BrandId>(1),
          r.id<AgentId>(2),
          r.integer(3),
          {static_cast<Bucket>(r.integer(4)), r.id<PersonId>(5)}};
}
}  // namespace
void add_departure(Tx& tx, const Departure& d) { tx.exec(kAddDeparture, {d.agent, d.brand, d.heir, d.at}); }
std::optional<Departure> departure(Tx& tx, AgentId agent) { return tx.one(kDeparture, {agent}, departure_of_row); }
std::vector<Departure> open_departures(Tx& tx, int limit) { return tx.all(kOpenDepartures, {limit}, departure_of_row); }
void move_departure(Tx& tx, AgentId agent, const LockedBuyer& after) {
  tx.exec(kMoveDeparture, {agent, after.bucket, after.buyer});
}
void close_departure(Tx& tx, AgentId agent, Instant at) { tx.exec(kCloseDeparture, {agent, at}); }
std::vector<LockedBuyer> locked_to(Tx& tx, AgentId agent, const LockedBuyer& after, int limit) {
  return tx.all(kLockedTo, {agent, after.buyer.value, limit},
                [](const Row& r) { return LockedBuyer{static_cast<Bucket>(r.integer(0)), r.id<PersonId>(1)}; });
}

void record_merge(Tx& tx, PersonId guest, PersonId person, Instant at) { tx.exec(kRecordMerge, {guest, person, at}); }

}  // namespace lianbo::share::store
