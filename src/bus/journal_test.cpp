// The journal: nothing lost, nothing twice, and of one key in the order of its changes, whoever writes, moves and reads
// at the same time.
#include "bus/journal.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <atomic>
#include <map>
#include <set>
#include <thread>

#include "base/json.hpp"
#include "base/random.hpp"
#include "base/shape.hpp"
#include "support/database.hpp"

namespace lianbo::bus {
namespace {

const db::Sql kMakeRow{"journal_test.make",
                       "insert into nodes (node, holder, horizon_at, renewed_at) values ($1, '', 0, 0)"};
const db::Sql kChangeRow{"journal_test.change",
                         "update nodes set renewed_at = renewed_at + 1 where node = $1 returning renewed_at"};
const db::Sql kOutboxSize{"journal_test.outbox", "select count(*) from outbox"};

constexpr BrandId kBrand{7};

db::Event event(std::int64_t id, std::int64_t key, std::int64_t n, BrandId brand = kBrand, Instant at = 1000) {
  return {EventId{id}, static_cast<Bucket>(id % 3),         brand, "thing.changed",
          key,         "{\"n\":" + std::to_string(n) + "}", at};
}
std::int64_t n_of(const KeptEvent& kept) { return get_int(*parse_json(kept.event.payload), "n"); }

class JournalTest : public test::StoreTest {
 protected:
  void commit(std::vector<db::Event> events) {
    ASSERT_TRUE(db().write([&](db::Tx& tx) -> Status {
      for (auto& e : events) tx.emit(e);
      return {};
    }));
  }
  std::vector<KeptEvent> all(std::int64_t after = 0) {
    return *db().read([&](db::Tx& tx) -> Result<std::vector<KeptEvent>> { return events_after(tx, after, 100000); });
  }
};

TEST_P(JournalTest, NumbersWhatMovesAndKeepsItAsItWas) {
  commit({event(5, 1, 1), event(3, 1, 2)});
  EXPECT_EQ(*keep_all_events(db()), 2);
  commit({event(4, 2, 1)});
  EXPECT_EQ(*keep_all_events(db()), 1);
  const auto kept = all();
  ASSERT_EQ(kept.size(), 3u);
  EXPECT_EQ(kept[0].event.id, EventId{5}) << "the order of commits, not of identifiers";
  EXPECT_EQ(kept[1].event.id, EventId{3});
  EXPECT_EQ(kept[2].event.id, EventId{4});
  for (std::size_t i = 0; i < kept.size(); ++i) EXPECT_EQ(kept[i].seq, static_cast<std::int64_t>(i) + 1);
  EXPECT_EQ(kept[0].event.topic, "thing.changed");
  EXPECT_EQ(kept[0].event.brand, kBrand);
  EXPECT_EQ(kept[0].event.bucket, 2);
  EXPECT_EQ(kept[0].event.key, 1);
  EXPECT_EQ(kept[0].event.payload, "{\"n\":1}");
  EXPECT_EQ(kept[0].event.at, 1000);
}

TEST_P(JournalTest, WhatSomebodyElseHasMovedIsLeftOut) {
  commit({event(1, 1, 1), event(2, 1, 2)});
  const auto rows = *db().read([](db::Tx& tx) -> Result<std::vector<OutboxKey>> { return outbox_rows(tx, 10); });
  EXPECT_EQ(*keep_events(db(), std::span(rows).first(1)), 1);
  EXPECT_EQ(*keep_events(db(), rows), 1);
  EXPECT_EQ(*keep_events(db(), rows), 0);
  const auto kept = all();
  ASSERT_EQ(kept.size(), 2u);
  EXPECT_LT(kept[0].seq, kept[1].seq);
}

TEST_P(JournalTest, ForgetsFromTheOldEndOnlyAndSaysHowFar) {
  for (int i = 1; i <= 6; ++i) commit({event(i, 1, i, kBrand, i == 4 ? 10 : i * 100)});
  ASSERT_EQ(*keep_all_events(db()), 6);
  EXPECT_EQ(*forget_events(db(), 300, 1, 10), 1) << "a reader has come to 1 only";
  EXPECT_EQ(*forget_events(db(), 300, 100, 10), 1)
      << "3 is young, and what is behind it waits, however old it says it is";
  EXPECT_EQ(*forget_events(db(), 300, 100, 10), 0);
  EXPECT_EQ(all().front().seq, 3);
  EXPECT_EQ(*db().read([](db::Tx& tx) -> Result<std::int64_t> { return event_head(tx, "forgotten"); }), 2);
  EXPECT_EQ(*forget_events(db(), 1000, 100, 3), 3);
  EXPECT_EQ(*forget_events(db(), 1000, 100, 3), 1);
  EXPECT_TRUE(all().empty());
  commit({event(7, 1, 7)});
  ASSERT_EQ(*keep_all_events(db()), 1);
  EXPECT_EQ(all().front().seq, 7) << "a number is never given twice";
}

// Four writers change eight things, each behind its row's lock and with an identifier made before; two movers race each
// other; a reader follows with a cursor, in small pages, all the while.
TEST_P(JournalTest, AReaderWithACursorMissesNothingAndSeesNothingTwice) {
  constexpr int kWriters = 4, kKeys = 8, kEach = 150;
  ASSERT_TRUE(db().write([](db::Tx& tx) -> Status {
    for (int key = 0; key < kKeys; ++key) tx.exec(kMakeRow, {key});
    return {};
  }));
  std::atomic<std::int64_t> ids{0};
  std::atomic<int> writing{kWriters}, moving{2};
  std::vector<std::thread> threads;
  for (int w = 0; w < kWriters; ++w)
    threads.emplace_back([&, w] {
      SeededRandom random(static_cast<std::uint64_t>(w));
      for (int i = 0; i < kEach; ++i) {
        const std::int64_t id = ++ids, other = ++ids;
        const auto key = static_cast<std::int64_t>(random.below(kKeys));
        const bool fails = random.chance(0.1);
        const Status done = db().write([&](db::Tx& tx) -> Status {
          std::int64_t n = 0;
          tx.each(kChangeRow, {key}, [&](const db::Row& row) { n = row.integer(0); });
          for (int turn = 0; turn < 20; ++turn) std::this_thread::yield();  // others come in between
          tx.emit(event(id, key, 2 * n - 1));
          tx.emit(event(other, key, 2 * n, key % 2 == 0 ? kBrand : BrandId{9}));
          if (fails) return fail(Code::conflict);
          return {};
        });
        EXPECT_EQ(done.has_value(), !fails) << (done ? "" : done.error().text());
      }
      --writing;
    });
  for (int m = 0; m < 2; ++m)
    threads.emplace_back([&] {
      for (bool last = false; !last;) {
        last = writing == 0;
        EXPECT_TRUE(keep_all_events(db()));
      }
      --moving;
    });
  std::map<std::int64_t, std::int64_t> newest;  // of each key
  std::int64_t cursor = 0, of_brand = 0, cursor_of_brand = 0, seen = 0;
  for (bool last = false; !last;) {
    last = moving == 0;
    for (bool more = true; more;) {
      const auto page =
          *db().read([&](db::Tx& tx) -> Result<std::vector<KeptEvent>> { return events_after(tx, cursor, 7); });
      more = !page.empty();
      for (const auto& kept : page) {
        ASSERT_GT(kept.seq, cursor);
        cursor = kept.seq;
        ++seen;
        ASSERT_EQ(n_of(kept), ++newest[kept.event.key]) << "key " << kept.event.key << " at number " << kept.seq;
      }
    }
    for (bool more = true; more;) {
      const auto page = *db().read([&](db::Tx& tx) -> Result<std::vector<KeptEvent>> {
        return events_of_brand(tx, kBrand, cursor_of_brand, 5);
      });
      more = !page.empty();
      of_brand += static_cast<std::int64_t>(page.size());
      if (more) cursor_of_brand = page.back().seq;
    }
  }
  for (auto& thread : threads) thread.join();
  std::int64_t written = 0, of_brand_written = 0;
  const auto kept = all();
  for (const auto& [key, n] : newest) written += n;
  for (const auto& e : kept) of_brand_written += e.event.brand == kBrand ? 1 : 0;
  EXPECT_EQ(seen, written);
  EXPECT_EQ(seen, static_cast<std::int64_t>(kept.size())) << "what came late stands behind the cursor";
  EXPECT_EQ(of_brand, of_brand_written);
  EXPECT_GT(seen, kWriters * kEach);
  EXPECT_EQ(*db().read([](db::Tx& tx) -> Result<std::int64_t> { return tx.number(kOutboxSize); }), 0);
}

// A fault at any statement or commit of a move leaves each event in the outbox or in the journal, never in both.
class FailAt : public db::FaultPlan {
 public:
  explicit FailAt(int n) : left_(n) {}
  bool fail_statement(const db::Sql&) override { return --left_ == 0; }
  bool fail_commit() override { return --left_ == 0; }

 private:
  std::atomic<int> left_;
};

TEST_P(JournalTest, AMoveThatBreaksHasMovedNothing) {
  commit({event(1, 1, 1), event(2, 1, 2), event(3, 1, 3)});
  const auto rows = *db().read([](db::Tx& tx) -> Result<std::vector<OutboxKey>> { return outbox_rows(tx, 10); });
  for (int n = 1;; ++n) {
    FailAt faults(n);
    db().set_faults(&faults);
    const auto moved = keep_events(db(), rows);
    db().set_faults(nullptr);
    if (moved) {
      EXPECT_GT(n, 2) << "no statement and no commit was hit";
      break;
    }
    EXPECT_TRUE(all().empty());
    EXPECT_EQ(*db().read([](db::Tx& tx) -> Result<std::int64_t> { return tx.number(kOutboxSize); }), 3);
  }
  const auto kept = all();
  ASSERT_EQ(kept.size(), 3u);
  for (std::size_t i = 0; i < 3; ++i) EXPECT_EQ(n_of(kept[i]), static_cast<std::int64_t>(i) + 1);
}

ON_BOTH_ENGINES(JournalTest);

}  // namespace
}  // namespace lianbo::bus
