#include "bus/journal.hpp"

#include "db/array.hpp"

namespace lianbo::bus {
namespace {

using db::Row;
using db::Sql;

// Two texts: the order of insertion is the rowid in SQLite and a column of its own in PostgreSQL.
const Sql kOutboxRows{"bus.outbox_rows", "select bucket, id from outbox order by rowid limit $1",
                      "select bucket, id from outbox order by n limit $1"};
const Sql kOutboxEvent{"bus.outbox_event",
                       "select 0, id, bucket, brand_id, topic, key, payload, at from outbox "
                       "where bucket = $1 and id = $2"};
// Two texts: SQLite moves row by row; PostgreSQL a whole batch in one journey ($2, $3: arrays).
const Sql kKeep{"bus.keep",
                "insert into events (seq, id, bucket, brand_id, topic, key, payload, at) "
                "select $1, id, bucket, brand_id, topic, key, payload, at from outbox where bucket = $2 and id = $3",
                "with taken as (delete from outbox o using unnest($2::bigint[], $3::bigint[]) with ordinality as "
                "k(bucket, id, i) where o.bucket = k.bucket and o.id = k.id returning k.i, o.id, o.bucket, o.brand_id, "
                "o.topic, o.key, o.payload, o.at) insert into events (seq, id, bucket, brand_id, topic, key, payload, "
                "at) select cast($1 as bigint) + i, id, bucket, brand_id, topic, key, payload, at from taken"};
const Sql kOutboxDelete{"bus.outbox_delete", "delete from outbox where bucket = $1 and id = $2"};
#define EVENT_COLUMNS "select seq, id, bucket, brand_id, topic, key, payload, at from events "
const Sql kAfter{"bus.events_after", EVENT_COLUMNS "where seq > $1 order by seq limit $2"};
const Sql kOfBrand{"bus.events_of_brand", EVENT_COLUMNS "where brand_id = $1 and seq > $2 order by seq limit $3"};
const Sql kNumbered{"bus.event_numbered", EVENT_COLUMNS "where seq = $1"};
const Sql kHead{"bus.event_head", "select seq from event_heads where name = $1"};
const Sql kMoveHead{"bus.move_event_head",
                    "insert into event_heads (name, seq) values ($1, $2) on conflict (name) do update set "
                    "seq = event_heads.seq + excluded.seq returning seq"};
const Sql kSetHead{"bus.set_event_head",
                   "insert into event_heads (name, seq) values ($1, $2) on conflict (name) do update set "
                   "seq = excluded.seq"};
const Sql kOldest{"bus.oldest_events", "select seq, at from events where seq <= $1 order by seq limit $2"};
const Sql kForget{"bus.forget_events", "delete from events where seq <= $1"};

constexpr std::string_view kKept = "kept", kForgotten = "forgotten";
constexpr int kBatch = 500;

KeptEvent read_event(const Row& row) {
  KeptEvent out;
  out.seq = row.integer(0);
  out.event.id = row.id<EventId>(1);
  out.event.bucket = static_cast<Bucket>(row.integer(2));
  out.event.brand = row.id<BrandId>(3);
  out.event.topic = row.str(4);
  out.event.key = row.integer(5);
  out.event.payload = row.str(6);
  out.event.at = row.integer(7);
  return out;
}

}  // namespace

std::vector<OutboxKey> outbox_rows(db::Tx& tx, int limit) {
  return tx.all(kOutboxRows, {limit},
                [](const Row& row) { return OutboxKey{static_cast<Bucket>(row.integer(0)), row.integer(1)}; });
}

std::optional<db::Event> outbox_event(db::Tx& tx, const OutboxKey& key) {
  return tx.one(kOutboxEvent, {key.bucket, key.id}, [](const Row& row) { return read_event(row).event; });
}

Result<int> keep_events(db::Database& db, std::span<const OutboxKey> rows) {
  if (rows.empty()) return 0;
  const auto count = static_cast<std::int64_t>(rows.size());
  return db.write([&](db::Tx& tx) -> Result<int> {
    std::int64_t seq = 0;
    tx.each(kMoveHead, {kKept, count}, [&](const Row& row) { seq = row.integer(0) - count; });
    if (db.is_postgres()) {
      db::ArrayText buckets, ids;
      for (const auto& [bucket, id] : rows) {
        buckets.add(bucket);
        ids.add(id);
      }
      return static_cast<int>(tx.exec(kKeep, {seq, buckets.text(), ids.text()}));
    }
    int moved = 0;
    for (const auto& [bucket, id] : rows) {
      if (tx.exec(kKeep, {++seq, bucket, id}) == 0) continue;
      tx.exec(kOutboxDelete, {bucket, id});
      ++moved;
    }
    return moved;
  });
}

Result<int> keep_all_events(db::Database& db) {
  for (int moved = 0;;) {
    TRY(const auto rows, db.read([](db::Tx& tx) -> Result<std::vector<OutboxKey>> { return outbox_rows(tx, kBatch); }));
    if (rows.empty()) return moved;
    TRY(const int now, keep_events(db, rows));
    moved += now;
  }
}

std::vector<KeptEvent> events_after(db::Tx& tx, std::int64_t seq, int limit) {
  return tx.all(kAfter, {seq, limit}, read_event);
}
std::vector<KeptEvent> events_of_brand(db::Tx& tx, BrandId brand, std::int64_t after, int limit) {
  return tx.all(kOfBrand, {brand, after, limit}, read_event);
}
std::optional<KeptEvent> event_numbered(db::Tx& tx, std::int64_t seq) { return tx.one(kNumbered, {seq}, read_event); }

std::int64_t event_head(db::Tx& tx, std::string_view name) { return tx.number(kHead, {name}); }
std::int64_t lock_event_head(db::Tx& tx, std::string_view name) { return tx.number(kMoveHead, {name, 0}); }
void set_event_head(db::Tx& tx, std::string_view name, std::int64_t seq) { tx.exec(kSetHead, {name, seq}); }

Result<int> forget_events(db::Database& db, Instant before, std::int64_t upto, int limit) {
  // Asked after each batch of events, and hardly ever is one old enough.
  TRY(const bool any, db.read([&](db::Tx& tx) -> Result<bool> {
    const auto at = tx.one(kOldest, {upto, 1}, [](const Row& row) { return row.integer(1); });
    return at && *at < before;
  }));
  if (!any) return 0;
  return db.write([&](db::Tx& tx) -> Result<int> {
    // Instants need not grow with the numbers: nothing is deleted from behind the first event that is still young.
    std::int64_t last = 0;
    int count = 0;
    bool old = true;
    tx.each(kOldest, {upto, limit}, [&](const Row& row) {
      old = old && row.integer(1) < before;
      if (!old) return;
      last = row.integer(0);
      ++count;
    });
    if (count == 0) return 0;
    tx.exec(kForget, {last});
    set_event_head(tx, kForgotten, last);
    return count;
  });
}

}  // namespace lianbo::bus
