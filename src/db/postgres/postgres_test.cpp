// What only PostgreSQL can do to us: conflicts between writers, and connections that break.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <barrier>
#include <thread>

#include "base/clock.hpp"
#include "db/array.hpp"
#include "db/db.hpp"
#include "support/database.hpp"

namespace lianbo::db {
namespace {

using test::ScratchDatabase;
using ::testing::HasSubstr;

const Sql kAddNode{"postgres_test.add_node",
                   "insert into nodes (node, holder, horizon_at, renewed_at) values ($1, $2, 0, 0)"};
const Sql kCountUp{"postgres_test.count_up", "update nodes set horizon_at = horizon_at + 1 where node = $1"};
const Sql kSum{"postgres_test.sum", "select cast(coalesce(sum(horizon_at), 0) as bigint) from nodes"};
const Sql kCount{"postgres_test.count", "select count(*) from nodes"};
// SQLite's text does nothing; there is no server to talk to.
const Sql kEndMine{"postgres_test.end_mine", "select 1", "select pg_terminate_backend(pg_backend_pid())"};
const Sql kEndOthers{"postgres_test.end_others", "select 1",
                     "select count(pg_terminate_backend(pid)) from pg_stat_activity "
                     "where datname = current_database() and pid <> pg_backend_pid()"};
const Sql kArrays{"postgres_test.arrays", "select $1, $2",
                  "select n, t from unnest($1::bigint[], $2::text[]) as x (n, t)"};
const Sql& flaky() {
  static const Sql sql{"db_test.only_flaky", "select 1", "select flaky()"};
  return sql;
}

class PostgresTest : public ::testing::Test {
 protected:
  PostgresTest() : db_(scratch_.open()) {}
  void reopen(const OpenOptions& options) {
    db_.reset();
    db_ = scratch_.open(options);
  }
  std::int64_t number(const Sql& sql) {
    return *db_->read([&](Tx& tx) -> Result<std::int64_t> { return tx.number(sql); });
  }
  Status add(int node) {
    return db_->write([node](Tx& tx) -> Status {
      tx.exec(kAddNode, {node, "h"});
      return {};
    });
  }
  // flaky() fails with a serialisation failure as often as told.
  void make_flaky(int times) {
    const Status done = db_->run_script(
        "create sequence calls; create function flaky() returns bigint language plpgsql as $$ begin "
        "if nextval('calls') <= " +
        std::to_string(times) + " then raise serialization_failure; end if; return 1; end $$;");
    ASSERT_TRUE(done) << done.error().text();
  }

  ScratchDatabase scratch_{test::Engine::postgres};
  std::unique_ptr<Database> db_;
};

TEST_F(PostgresTest, ADeadlockIsRunAgainUntilBothSucceed) {
  reopen({.writers = 2});
  ASSERT_TRUE(add(1));
  ASSERT_TRUE(add(2));
  std::barrier both(2);
  const auto cross = [&](int first, int second) {
    bool met = false;
    const Status status = db_->write([&](Tx& tx) -> Status {
      tx.exec(kCountUp, {first});
      if (!met) {  // only the first run waits for the other
        met = true;
        both.arrive_and_wait();
      }
      tx.exec(kCountUp, {second});
      return {};
    });
    EXPECT_TRUE(status) << (status ? "" : status.error().text());
  };
  std::thread other([&] { cross(2, 1); });
  cross(1, 2);
  other.join();
  EXPECT_EQ(number(kSum), 4);
  EXPECT_GE(db_->stats().retries, 1);
}

TEST_F(PostgresTest, ASerialisationFailureRunsTheBodyAgainFromItsStart) {
  make_flaky(3);
  int runs = 0;
  int handed_on = 0;
  db_->on_commit([&](std::vector<Event>&& events) { handed_on += static_cast<int>(events.size()); });
  ASSERT_TRUE(db_->write([&](Tx& tx) -> Status {
    ++runs;
    tx.exec(kAddNode, {1, "h"});
    tx.emit(Event{EventId{5}, 0, BrandId{}, "x", 0, "{}", 0, true});
    tx.number(flaky());
    return {};
  }));
  EXPECT_EQ(runs, 4);
  EXPECT_EQ(handed_on, 1);
  EXPECT_EQ(number(kCount), 1);
  EXPECT_EQ(db_->stats().retries, 3);
}

TEST_F(PostgresTest, RunningAgainHasAnEnd) {
  make_flaky(1'000'000);
  int runs = 0;
  const Status status = db_->write([&](Tx& tx) -> Status {
    ++runs;
    tx.number(flaky());
    return {};
  });
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, Code::database_busy);
  EXPECT_EQ(runs, 10);
}

TEST_F(PostgresTest, ABodyThatLosesItsConnectionFailsAndTheNextOneSucceeds) {
  reopen({.writers = 1});
  const Status lost = db_->write([](Tx& tx) -> Status {
    tx.exec(kAddNode, {1, "h"});
    tx.number(kEndMine);
    return {};
  });
  ASSERT_FALSE(lost);
  EXPECT_EQ(lost.error().code, Code::database_unavailable);
  EXPECT_EQ(number(kCount), 0);
  EXPECT_TRUE(add(2));
  EXPECT_EQ(number(kCount), 1);
}

TEST_F(PostgresTest, ConnectionsThatDiedAtRestAreNotNoticed) {
  reopen({.readers = 3, .writers = 2});
  for (int i = 0; i < 4; ++i) ASSERT_TRUE(add(i));
  ASSERT_TRUE(db_->read([&](Tx& tx) -> Status {  // opens a second reader, then ends everybody else
    std::thread([&] { EXPECT_EQ(number(kCount), 4); }).join();
    EXPECT_GE(tx.number(kEndOthers), 2);
    return {};
  }));
  for (int i = 4; i < 8; ++i) EXPECT_TRUE(add(i));
  EXPECT_EQ(number(kCount), 8);
}

TEST_F(PostgresTest, ACommitOfUnknownOutcomeSaysSo) {
  ASSERT_TRUE(
      db_->run_script("create function die() returns trigger language plpgsql as $$ begin "
                      "perform pg_terminate_backend(pg_backend_pid()); return null; end $$;"
                      "create constraint trigger t after insert on nodes deferrable initially deferred for each row "
                      "when (new.node = 13) execute function die();"));
  const Status status = add(13);
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, Code::database_unavailable);
  EXPECT_THAT(status.error().detail, HasSubstr("not known whether it was committed"));
  EXPECT_TRUE(add(14));
}

TEST_F(PostgresTest, AServerThatIsNotThereIsSaidSoAndNoPasswordShown) {
  const auto db = open_database({.url = "postgresql://lianbo:hunter2@/nothing?host=/nonexistent"});
  ASSERT_FALSE(db);
  EXPECT_EQ(db.error().code, Code::database_unavailable);
  EXPECT_THAT(db.error().text(), Not(HasSubstr("hunter2")));
}

TEST_F(PostgresTest, ALockHeldTooLongIsBusy) {
  reopen({.writers = 2, .busy_timeout_ms = 20});
  ASSERT_TRUE(add(1));
  ASSERT_TRUE(db_->write([&](Tx& tx) -> Status {
    tx.exec(kCountUp, {1});
    Status status;
    std::thread([&] {
      status = db_->write([](Tx& other) -> Status {
        other.exec(kCountUp, {1});
        return {};
      });
    }).join();
    EXPECT_EQ(status ? Code::internal : status.error().code, Code::database_busy);
    return {};
  }));
  EXPECT_EQ(number(kSum), 1);
}

TEST_F(PostgresTest, TextThatIsNoUtf8IsRefused) {
  const Status status = db_->write([](Tx& tx) -> Status {
    tx.exec(kAddNode, {1, "\xff\xfe"});
    return {};
  });
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, Code::invalid_utf8);
}

TEST_F(PostgresTest, AParameterNarrowerThanSixtyFourBitsIsFoundByPreparing) {
  static const Sql narrow{"db_test.only_narrow", "select coalesce($1, 0)"};
  const Status status = db_->prepare_only(narrow);
  ASSERT_FALSE(status);
  EXPECT_THAT(status.error().detail, HasSubstr("cast($1 as bigint)"));
}

TEST_F(PostgresTest, ArraysCarryABatch) {
  ArrayText numbers, texts;
  const std::vector<std::string> words = {"plain", "", "null", R"(a "quoted" \ {brace}, comma)", "联播\n"};
  for (std::size_t i = 0; i < words.size(); ++i) {
    numbers.add(BrandId{i == 1 ? 0 : INT64_MAX - static_cast<std::int64_t>(i)});
    texts.add(std::string_view(words[i]));
  }
  numbers.add(-1);
  texts.add_null();
  ASSERT_TRUE(db_->read([&](Tx& tx) -> Status {
    std::size_t i = 0;
    tx.each(kArrays, {numbers.text(), texts.text()}, [&](const Row& row) {
      if (i < words.size()) {
        EXPECT_EQ(row.text(1), words[i]);
        EXPECT_EQ(row.is_null(0), i == 1);
        EXPECT_EQ(row.integer(0), i == 1 ? 0 : INT64_MAX - static_cast<std::int64_t>(i));
      } else {
        EXPECT_EQ(row.integer(0), -1);
        EXPECT_TRUE(row.is_null(1));
      }
      ++i;
    });
    EXPECT_EQ(i, words.size() + 1);
    return {};
  }));
}

TEST_F(PostgresTest, ABackupSaysWhatPgDumpSays) {
  const Status status = db_->backup_to("/no/such/folder/x");
  ASSERT_FALSE(status);
  EXPECT_THAT(status.error().detail, HasSubstr("/no/such/folder/x"));
}

}  // namespace
}  // namespace lianbo::db
