// The journal: durable events in one order that never changes, for readers that keep a cursor.
//
// - A row of the outbox moves here once it was handed on, and gets the next number behind the lock of one head row. The
//   lock is held until the commit, so numbers become visible in their order: who has read up to n misses nothing below.
//   The hot path does not know of it: orders write their outbox rows and no row that others write.
// - Of one key (an order, a broadcast) the numbers grow in the order of the changes: a change waits for the row lock of
//   the one before it, so its outbox row comes after, and whoever sees it sees the one before too.
// - A row moves in one transaction: it is in the outbox or in the journal, never in both or in neither.
// Threads: any; several movers follow each other.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "db/db.hpp"

namespace lianbo::bus {

struct OutboxKey {
  Bucket bucket = 0;
  std::int64_t id = 0;
  friend auto operator<=>(const OutboxKey&, const OutboxKey&) = default;
};
std::vector<OutboxKey> outbox_rows(db::Tx& tx, int limit);  // the oldest, in order
std::optional<db::Event> outbox_event(db::Tx& tx, const OutboxKey& key);
// Moves these rows, in this order; those that somebody else has moved are left out. How many it moved.
Result<int> keep_events(db::Database& db, std::span<const OutboxKey> rows);
// Moves all of the outbox without handing anything on: for commands and tests that run without a relay.
Result<int> keep_all_events(db::Database& db);

struct KeptEvent {
  std::int64_t seq = 0;
  db::Event event;
};
std::vector<KeptEvent> events_after(db::Tx& tx, std::int64_t seq, int limit);
std::vector<KeptEvent> events_of_brand(db::Tx& tx, BrandId brand, std::int64_t after, int limit);
std::optional<KeptEvent> event_numbered(db::Tx& tx, std::int64_t seq);

// How far somebody has come: "kept" the newest number, "forgotten" the newest that was deleted, or a reader's own.
std::int64_t event_head(db::Tx& tx, std::string_view name);
// Locks the head against everybody else who does the same, and tells where it stands.
std::int64_t lock_event_head(db::Tx& tx, std::string_view name);
void set_event_head(db::Tx& tx, std::string_view name, std::int64_t seq);

// Deletes events that are older than `before` and not numbered above `upto`, oldest first; how many.
Result<int> forget_events(db::Database& db, Instant before, std::int64_t upto, int limit);

}  // namespace lianbo::bus
