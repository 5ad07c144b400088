#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <map>
#include <regex>
#include <semaphore>
#include <thread>

#include "base/clock.hpp"
#include "db/db.hpp"
#include "db/migrations.hpp"
#include "support/database.hpp"

namespace lianbo::db {
namespace {

using test::ScratchDatabase;
using ::testing::HasSubstr;

constexpr Instant kNow = 1'800'000'000'000;
const Sql kRecorded{"migrate_test.recorded",
                    "select version, name, applied_at from schema_migrations order by version"};
const Sql kFacts{"migrate_test.facts", "select count(*) from server_facts"};

// Statements on tables that only these tests make are prepared here alone.
const Sql& only(const char* name, const char* text) {
  static std::map<std::string, std::unique_ptr<Sql>> all;
  auto& sql = all[name];
  if (!sql) sql = std::make_unique<Sql>(name, text);
  return *sql;
}
std::int64_t number(Database& db, const Sql& sql) {
  const auto out = db.read([&](Tx& tx) -> Result<std::int64_t> { return tx.number(sql); });
  return out ? *out : -1;
}

class MigrateTest : public ::testing::TestWithParam<test::Engine> {
 protected:
  MigrateTest() : scratch_(GetParam(), ScratchDatabase::Start::empty), db_(scratch_.open()) {}
  ScratchDatabase scratch_;
  std::unique_ptr<Database> db_;
};
ON_BOTH_ENGINES(MigrateTest);

TEST_P(MigrateTest, BringsAnEmptyDatabaseToTheNewestVersionOnce) {
  const auto before = migration_state(*db_);
  ASSERT_TRUE(before);
  ASSERT_FALSE(before->empty());
  for (const auto& state : *before) EXPECT_FALSE(state.applied);

  const auto first = migrate(*db_, kNow);
  ASSERT_TRUE(first) << first.error().text();
  EXPECT_EQ(*first, static_cast<int>(before->size()));
  EXPECT_EQ(number(*db_, kFacts), 0);
  const auto second = migrate(*db_, kNow + 1);
  ASSERT_TRUE(second);
  EXPECT_EQ(*second, 0);

  const auto after = migration_state(*db_);
  ASSERT_TRUE(after);
  for (const auto& state : *after) EXPECT_TRUE(state.applied);
  ASSERT_TRUE(db_->read([&](Tx& tx) -> Status {
    std::size_t i = 0;
    tx.each(kRecorded, {}, [&](const Row& row) {
      EXPECT_EQ(row.integer(0), (*after)[i].version);
      EXPECT_EQ(row.text(1), (*after)[i].name);
      EXPECT_EQ(row.integer(2), kNow);
      ++i;
    });
    EXPECT_EQ(i, after->size());
    return {};
  }));
}

TEST_P(MigrateTest, ManyProcessesAtOnceApplyEachMigrationOnce) {
  constexpr int kProcesses = 6;
  std::atomic<int> applied{0}, failed{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < kProcesses; ++i)
    threads.emplace_back([&] {
      const auto db = scratch_.open();
      const auto count = migrate(*db, kNow);
      if (count)
        applied += *count;
      else
        ++failed;
      EXPECT_TRUE(count) << count.error().text();
    });
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(failed, 0);
  EXPECT_EQ(applied, static_cast<int>(migration_state(*db_)->size()));
}

TEST_P(MigrateTest, RefusesAMigrationThatWasChangedAfterwards) {
  const Migration before[] = {{1, "one", "both", "create table t (a integer) strict;"}};
  const Migration after[] = {{1, "one", "both", "create table t (a integer, b integer) strict;"}};
  ASSERT_EQ(migrate(*db_, before, kNow), 1);
  const auto refused = migrate(*db_, after, kNow);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::conflict);
  EXPECT_THAT(refused.error().detail, HasSubstr("migration 1 (one) was changed"));
  EXPECT_FALSE(migration_state(*db_, after));
}

TEST_P(MigrateTest, RefusesADatabaseNewerThanTheProgram) {
  const Migration newer[] = {{1, "one", "both", "create table t (a integer) strict;"},
                             {2, "two", "both", "create table u (a integer) strict;"}};
  ASSERT_EQ(migrate(*db_, newer, kNow), 2);
  const auto refused = migrate(*db_, std::span(newer, 1), kNow);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::conflict);
  EXPECT_THAT(refused.error().detail, HasSubstr("migration 2 (two)"));
}

TEST_P(MigrateTest, RefusesAMigrationPutInBetween) {
  const Migration all[] = {{1, "one", "both", "create table t (a integer) strict;"},
                           {2, "two", "both", "create table u (a integer) strict;"},
                           {3, "three", "both", "create table v (a integer) strict;"}};
  const Migration without_two[] = {all[0], all[2]};
  ASSERT_EQ(migrate(*db_, without_two, kNow), 2);
  const auto refused = migrate(*db_, all, kNow);
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().detail, HasSubstr("migration 2 (two) was never applied"));
}

TEST_P(MigrateTest, AMigrationThatFailsInTheMiddleLeavesNothingOfItself) {
  const Migration all[] = {{1, "one", "both", "create table t (a integer) strict;"},
                           {2, "two", "both", "create table u (a integer) strict; insert into nowhere values (1);"}};
  const auto failed = migrate(*db_, all, kNow);
  ASSERT_FALSE(failed);
  EXPECT_THAT(failed.error().detail, HasSubstr("migration 2 (two)"));
  EXPECT_EQ(number(*db_, only("db_test.only_t", "select count(*) from t")), 0);
  EXPECT_EQ(number(*db_, only("db_test.only_u", "select count(*) from u")), -1);
  const Migration mended[] = {all[0], {2, "two", "both", "create table u (a integer) strict;"}};
  EXPECT_EQ(migrate(*db_, mended, kNow), 1);
  EXPECT_EQ(number(*db_, only("db_test.only_u", "select count(*) from u")), 0);
}

// An old server goes on writing with the statements it has, while the new one brings the schema forward.
const Migration kOld[] = {{1, "one", "both", "create table t (id integer primary key, a integer not null) strict;"}};
const Migration kNew[] = {kOld[0],
                          {2, "two", "both",
                           "alter table t add column b text;"
                           "alter table t add column c integer not null default 7;"},
                          {3, "three", "both", "create index t_by_a on t (a); create table u (a integer) strict;"}};

TEST_P(MigrateTest, GoesForwardUnderLoad) {
  ASSERT_EQ(migrate(*db_, kOld, kNow), 1);
  const Sql& put = only("db_test.only_put_t", "insert into t (id, a) values ($1, $2)");
  const Sql& add = only("db_test.only_add_t", "update t set a = a + 1 where id = $1 returning a");
  const Sql& look = only("db_test.only_look_t", "select a from t where id = $1");
  std::atomic<bool> stop{false};
  std::atomic<int> written{0};
  const auto old_server = scratch_.open();
  std::vector<std::thread> threads;
  for (int w = 0; w < 3; ++w)
    threads.emplace_back([&, w] {
      for (int i = w; !stop; i += 3) {
        const Status done = old_server->write([&](Tx& tx) -> Status {
          tx.exec(put, {i, 1});
          EXPECT_EQ(tx.number(add, {i}), 2);
          return {};
        });
        ASSERT_TRUE(done) << done.error().text();
        EXPECT_EQ(*old_server->read([&](Tx& tx) -> Result<std::int64_t> { return tx.number(look, {i}); }), 2);
        ++written;
      }
    });
  while (written < 20) std::this_thread::yield();
  const auto forward = migrate(*scratch_.open(), kNew, kNow);
  const int before = written;
  while (written < before + 20) std::this_thread::yield();
  stop = true;
  for (auto& thread : threads) thread.join();
  ASSERT_TRUE(forward) << forward.error().text();
  EXPECT_EQ(*forward, 2);
  EXPECT_EQ(number(*db_, only("db_test.only_new_c", "select count(*) from t where b is null and c = 7")), written);
}

// A long reader (verify, a backup) holds a table; a migration that waits for it must not hold up everybody else.
TEST_P(MigrateTest, WaitsForALongReaderWithoutHoldingUpTheOthers) {
  ASSERT_EQ(migrate(*db_, kOld, kNow), 1);
  const Sql& put = only("db_test.only_put_t", "insert into t (id, a) values ($1, $2)");
  const Sql& count = only("db_test.only_count_t", "select count(*) from t");
  std::binary_semaphore reading{0}, done_reading{0};
  std::thread reader([&] {
    EXPECT_TRUE(db_->read([&](Tx& tx) -> Status {
      EXPECT_EQ(tx.number(count), 0);
      reading.release();
      done_reading.acquire();
      return {};
    }));
  });
  reading.acquire();
  Result<int> forward = 0;
  std::thread newer([&] { forward = migrate(*scratch_.open(), kNew, kNow); });
  const auto busy = scratch_.open({.readers = 2, .writers = 2, .busy_timeout_ms = 10'000});
  const std::int64_t until = monotonic_ms() + 3'000;
  int writes = 0;
  for (; monotonic_ms() < until; ++writes) {
    const Status done = busy->write([&](Tx& tx) -> Status {
      tx.exec(put, {writes, 1});
      return {};
    });
    ASSERT_TRUE(done) << "after " << writes << " writes: " << done.error().text();
  }
  EXPECT_GT(writes, 10);
  done_reading.release();
  newer.join();
  reader.join();
  ASSERT_TRUE(forward) << forward.error().text();
  EXPECT_EQ(*forward, 2);
}

// The process dies in the middle of a migration: nothing of it stays, and the next start does it from the beginning.
TEST_P(MigrateTest, OneKilledHalfWayLeavesNothingOfIt) {
  const Migration slow[] = {
      kOld[0],
      {2, "two", "both",
       "create table u (a integer) strict;"
       "insert into u (a) with recursive n (i) as (select 1 union all select i + 1 from n where i "
       "< 3000000) select i from n;"}};
  ASSERT_EQ(migrate(*db_, kOld, kNow), 1);
  db_.reset();
  const pid_t child = fork();
  if (child == 0) _exit(migrate(*scratch_.open(), slow, kNow) ? 0 : 3);
  const auto other = scratch_.open({.readers = 1, .writers = 1, .busy_timeout_ms = 20});
  // It is in the middle once the lock that migrations take is taken.
  const Sql& locks =
      only("db_test.only_locks", "select count(*) from pg_locks where locktype = 'advisory' and granted");
  const Sql& touch = only("db_test.only_touch", "update t set a = a where id = 0");
  const auto begun = [&] {
    if (GetParam() == test::Engine::postgres) return number(*other, locks) > 0;
    return !other->write([&](Tx& tx) -> Status {
      tx.exec(touch);
      return {};
    });
  };
  int status = 0;
  while (!begun() && waitpid(child, &status, WNOHANG) == 0) std::this_thread::yield();
  kill(child, SIGKILL);
  waitpid(child, &status, 0);
  ASSERT_TRUE(WIFSIGNALED(status)) << "it was done before it could be killed";

  db_ = scratch_.open();
  const Migration mended[] = {kOld[0], {2, "two", "both", "create table u (a integer) strict;"}};
  const auto again = migrate(*db_, mended, kNow);
  ASSERT_TRUE(again) << again.error().text();
  EXPECT_EQ(*again, 1) << "the killed one was not applied";
  EXPECT_EQ(number(*db_, only("db_test.only_u", "select count(*) from u")), 0);
}

TEST(OfflineMigrations, SayItInALine) {
  EXPECT_TRUE(is_offline("-- offline: the table is rebuilt\ndrop table t;"));
  EXPECT_TRUE(is_offline("-- A table.\n-- offline: it is rebuilt\ndrop table t;"));
  EXPECT_FALSE(is_offline("create table t (a integer); -- offline: no"));
  EXPECT_FALSE(is_offline(""));
}

TEST_P(MigrateTest, AFileForPostgresAloneTakesThePlaceOfTheCommonOne) {
  const Migration all[] = {
      {1, "one", "both", "create table t (a integer) strict; insert into t values (1);"},
      {1, "one", "postgres", "create table t (a integer) strict; insert into t values (2);"},
      {2, "two", "postgres", "insert into t values (10);"},
      {3, "three", "both", "insert into t values (100);"},
  };
  const bool postgres = GetParam() == test::Engine::postgres;
  EXPECT_EQ(migrate(*db_, all, kNow), postgres ? 3 : 2);
  EXPECT_EQ(number(*db_, only("db_test.only_sum", "select cast(sum(a) as bigint) from t")), postgres ? 112 : 101);
  EXPECT_EQ(migrate(*db_, all, kNow), 0);
}

TEST_P(MigrateTest, ABrokenForeignKeyIsFoundBeforeTheCommit) {
  const Migration all[] = {{1, "one", "both",
                            "create table p (id integer primary key) strict;"
                            "create table c (id integer primary key, p integer references p (id)) strict;"
                            "insert into c (id, p) values (1, 99);"}};
  EXPECT_FALSE(migrate(*db_, all, kNow));
  EXPECT_EQ(number(*db_, only("db_test.only_p", "select count(*) from p")), -1);
}

TEST(ToPostgresTest, SpeaksPostgres) {
  EXPECT_EQ(to_postgres("create table t (a integer, b blob not null) strict;"),
            "create table t (a bigint, b bytea not null) ;");
  EXPECT_EQ(
      to_postgres("create table t (\n  a text primary key, -- a text, an integer\n  text text not null\n) strict;\n"),
      "create table t (\n  a text collate \"C\" primary key, -- a text, an integer\n"
      "  text text collate \"C\" not null\n) ;\n");
  EXPECT_EQ(to_postgres("create table t (a integer primary key) strict, without rowid;\ncreate index i on t (a);"),
            "create table t (a bigint primary key)   ;\ncreate index i on t (a);");
  EXPECT_EQ(to_postgres("create table t (a integer) without rowid, strict; create table strict (a integer);"),
            "create table t (a bigint)   ; create table strict (a bigint);");
  EXPECT_EQ(to_postgres("alter table t add column c text default 'a blob; strict';"),
            "alter table t add column c text collate \"C\" default 'a blob; strict';");
  EXPECT_EQ(to_postgres("create table t (s text not null check (s in ('strict','it''s an integer'))) strict;"),
            "create table t (s text collate \"C\" not null check (s in ('strict','it''s an integer'))) ;");
  EXPECT_EQ(to_postgres("insert into t values (',', 'x integer'), ('y', 'z');"),
            "insert into t values (',', 'x integer'), ('y', 'z');");
}

TEST(ToSqliteTest, ChecksWithoutLists) {
  EXPECT_EQ(
      to_sqlite("create table t (s text not null check (s in ('a','it''s, b', 'c')), -- why\n  n integer) strict;"),
      "create table t (s text not null check (s = 'a' or s = 'it''s, b' or s = 'c'), -- why\n  n integer) strict;");
  EXPECT_EQ(to_sqlite("t text check (t in\n    ('a',  -- first\n 'b'))\n) strict;\ncreate table u (n integer check (n "
                      "in (1, 2)));"),
            "t text check (t = 'a' or t = 'b')\n) strict;\ncreate table u (n integer check (n = 1 or n = 2));");
  for (const char* same :
       {"select 1 where x in ('a','b');", "a integer check (a > 0 and a in (1, 2))",
        "a integer check (a in (1, 2) or b = 1)", "check (a in (1, 2", "insert into t values ('check (a in (1))');"})
    EXPECT_EQ(to_sqlite(same), same);
}

TEST(ToSqliteTest, NoTableHasAList) {
  const test::ScratchDatabase scratch(test::Engine::sqlite);
  const auto db = scratch.open();
  ASSERT_TRUE(db->read([](Tx& tx) -> Status {
    const std::regex list(R"(check \(\w+\s+in\b)");
    std::string lists;
    tx.each(only("migrate_test.only_tables", "select name, sql from sqlite_schema where type = 'table'"), {},
            [&](const Row& row) {
              if (std::regex_search(row.str(1), list)) lists += row.str(0) + " ";
            });
    EXPECT_EQ(lists, "");
    return {};
  }));
}

}  // namespace
}  // namespace lianbo::db
