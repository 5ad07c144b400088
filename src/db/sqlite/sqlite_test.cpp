// What only SQLite can do wrong: one commit for many, one file for several processes, a disk that fills up or breaks.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <functional>
#include <future>
#include <mutex>
#include <thread>

#include "db/db.hpp"
#include "db/sqlite/sqlite.hpp"
#include "support/database.hpp"

namespace lianbo::db {
namespace {

namespace fs = std::filesystem;
using test::ScratchDatabase;
using ::testing::HasSubstr;

const Sql kPut{"sqlite_test.put", "insert into server_facts (name, value) values ($1, $2)"};
const Sql kForgetAll{"sqlite_test.forget_all", "delete from server_facts"};
const Sql kCount{"sqlite_test.count", "select count(*) from server_facts"};
const Sql kCountUp{"sqlite_test.count_up",
                   "insert into nodes (node, holder, horizon_at, renewed_at) values (1, 'h', 1, 0) "
                   "on conflict (node) do update set horizon_at = nodes.horizon_at + 1"};
const Sql kHorizon{"sqlite_test.horizon", "select horizon_at from nodes where node = 1"};

// SQLite's own statements: not for the test that prepares all on both engines.
const Sql& page_limit() {
  static const Sql sql{"db_test.only_page_limit", "pragma max_page_count = 300"};
  return sql;
}
const Sql& no_page_limit() {
  static const Sql sql{"db_test.only_no_page_limit", "pragma max_page_count = 1000000000"};
  return sql;
}
const Sql& children() {
  static const Sql sql{"db_test.only_child", "insert into child (parent) values ($1)"};
  return sql;
}
const Sql& count_children() {
  static const Sql sql{"db_test.only_children", "select count(*) from child"};
  return sql;
}
const Sql& integrity() {
  static const Sql sql{"db_test.only_integrity", "pragma integrity_check"};
  return sql;
}

Status put(Tx& tx, std::string_view name, std::string_view value = "v") {
  tx.exec(kPut, {name, value});
  return {};
}

class SqliteTest : public ::testing::Test {
 protected:
  SqliteTest() : db_(scratch_.open()) {}

  std::string path() const { return scratch_.url().substr(7); }
  std::int64_t number(const Sql& sql) {
    return *db_->read([&](Tx& tx) -> Result<std::int64_t> { return tx.number(sql); });
  }
  // Runs the bodies in one batch: they wait in the queue while the writer is held in a body before them.
  std::vector<Status> together(std::vector<Database::Body> bodies, const std::function<void()>& before = {}) {
    std::promise<void> inside, go;
    std::vector<std::promise<Status>> answers(bodies.size() + 1);
    db_->submit(
        [&](Tx&) -> Status {
          inside.set_value();
          go.get_future().wait();
          return fail(Code::conflict, "commits nothing");
        },
        [&](Status status) { answers[0].set_value(std::move(status)); });
    inside.get_future().wait();
    for (std::size_t i = 0; i < bodies.size(); ++i)
      db_->submit(std::move(bodies[i]), [&, i](Status status) { answers[i + 1].set_value(std::move(status)); });
    if (before) before();
    go.set_value();
    std::vector<Status> out;
    for (auto& answer : answers) out.push_back(answer.get_future().get());
    out.erase(out.begin());
    return out;
  }

  ScratchDatabase scratch_{test::Engine::sqlite};
  std::unique_ptr<Database> db_;
};

TEST_F(SqliteTest, ACrowdSharesOneCommitInItsOrder) {
  std::vector<Database::Body> bodies;
  for (int i = 0; i < 100; ++i)
    bodies.push_back([i](Tx& tx) -> Status {
      EXPECT_EQ(tx.number(kCount), i);  // each sees those before it
      return put(tx, std::to_string(i));
    });
  for (const Status& status : together(std::move(bodies))) EXPECT_TRUE(status);
  EXPECT_EQ(number(kCount), 100);
  EXPECT_EQ(db_->stats().commits, 1);
}

TEST_F(SqliteTest, WhatTheWriterHasReadIsForgottenWhenItChanges) {
  const auto count_up = [](Tx& tx) -> Status {
    tx.exec(kCountUp);
    return {};
  };
  const auto seen = [&](int times) {  // long enough for it to be kept
    std::int64_t last = 0;
    for (int i = 0; i < times; ++i)
      last = *db_->write([](Tx& tx) -> Result<std::int64_t> { return tx.number(kHorizon); });
    return last;
  };
  ASSERT_TRUE(db_->write(count_up));
  EXPECT_EQ(seen(20), 1);
  ASSERT_TRUE(db_->write(count_up));
  EXPECT_EQ(seen(20), 2) << "changed by itself";
  const auto other = scratch_.open();
  ASSERT_TRUE(other->write(count_up));
  EXPECT_EQ(seen(20), 3) << "changed by another process";
  const auto results = together({
      [&](Tx& tx) -> Status {
        TRY_OK(count_up(tx));
        EXPECT_EQ(tx.number(kHorizon), 4);
        return fail(Code::conflict, "has seen what is undone");
      },
      [](Tx& tx) -> Status {
        EXPECT_EQ(tx.number(kHorizon), 3);
        return {};
      },
  });
  EXPECT_FALSE(results[0]);
  EXPECT_TRUE(results[1]);
  EXPECT_EQ(seen(1), 3) << "undone";
}

TEST_F(SqliteTest, OneWhoFailsAfterWritingIsUndoneAlone) {
  std::vector<Database::Body> bodies;
  for (int i = 0; i < 40; ++i)
    bodies.push_back([i](Tx& tx) -> Status {
      TRY_OK(put(tx, std::to_string(i)));
      if (i % 10 == 3) return fail(Code::sold_out, "after it has written");
      return {};
    });
  for (int round = 0; round < 2; ++round) {  // the second time the writer is careful from the start
    const auto results = together(bodies);
    for (std::size_t i = 0; i < results.size(); ++i) EXPECT_EQ(results[i].has_value(), i % 10 != 3) << i;
    EXPECT_EQ(number(kCount), 36);
    ASSERT_TRUE(db_->write([](Tx& tx) -> Status {
      tx.exec(kForgetAll);
      return {};
    }));
  }
}

// A disk that stands still while a flush waits in it.
struct SlowDisk {
  std::promise<void> inside, go;
  std::atomic<bool> stands{false};
  Flush flush() {
    return [this](int fd) {
      if (stands.exchange(false)) {
        inside.set_value();
        go.get_future().wait();
      }
      return ::fdatasync(fd);
    };
  }
};

TEST_F(SqliteTest, WhileTheDiskStandsTalkGoesOnAndNothingIsAnswered) {
  SlowDisk disk;
  db_ = *open_sqlite(path(), {}, disk.flush());
  std::mutex mutex;
  std::vector<std::string> told;
  std::promise<void> said;
  db_->on_commit([&](std::vector<Event>&& events) {
    const std::scoped_lock lock(mutex);
    for (const Event& event : events) {
      told.push_back(event.topic);
      if (event.topic == "line.3") said.set_value();
    }
  });
  const auto line = [](const std::string& topic, bool durable) {
    return [topic, durable](Tx& tx) -> Status {
      TRY_OK(put(tx, topic));
      tx.emit({EventId{static_cast<std::int64_t>(std::hash<std::string>{}(topic) >> 2)},
               0,
               {},
               topic,
               0,
               "{}",
               1,
               durable});
      return {};
    };
  };
  std::atomic<int> answered{0};
  std::vector<std::promise<Status>> answers(5);
  const auto submit = [&](std::size_t i, Database::Body body) {
    db_->submit(std::move(body), [&, i](Status status) {
      ++answered;
      answers[i].set_value(std::move(status));
    });
  };
  disk.stands = true;
  submit(0, line("pin.opened", true));
  disk.inside.get_future().wait();
  submit(1, line("line.1", false));
  submit(2, line("pin.closed", true));
  submit(3, line("line.2", false));
  submit(4, line("line.3", false));
  said.get_future().wait();  // although the disk stands
  EXPECT_EQ(answered, 0) << "an answer before its row is on disk";
  {
    const std::scoped_lock lock(mutex);
    EXPECT_EQ(told, (std::vector<std::string>{"line.1", "line.2", "line.3"})) << "a pin is durable before it is told";
  }
  EXPECT_EQ(number(kCount), 5);
  disk.go.set_value();
  for (auto& answer : answers) EXPECT_TRUE(answer.get_future().get());
  const std::scoped_lock lock(mutex);
  EXPECT_EQ(told.size(), 5U);
}

TEST_F(SqliteTest, ARefusalWaitsForTheFlushOfWhatItSaw) {
  SlowDisk disk;
  db_ = *open_sqlite(path(), {}, disk.flush());
  std::promise<Status> written, refused;
  std::atomic<bool> released{false}, early{false};
  disk.stands = true;
  db_->submit([](Tx& tx) { return put(tx, "the last unit"); }, [&](Status s) { written.set_value(std::move(s)); });
  disk.inside.get_future().wait();
  db_->submit(
      [&](Tx& tx) -> Status {
        EXPECT_EQ(tx.number(kCount), 1);
        return fail(Code::sold_out, "the last unit is gone");
      },
      [&](Status s) {
        early = !released;
        refused.set_value(std::move(s));
      });
  for (int i = 0; i < 2; ++i) {  // when the second has begun, the batch of the refusal is over
    std::promise<void> behind;
    db_->submit(
        [&](Tx&) -> Status {
          behind.set_value();
          return fail(Code::conflict, "commits nothing");
        },
        [](Status) {});
    behind.get_future().wait();
  }
  released = true;
  disk.go.set_value();
  EXPECT_TRUE(written.get_future().get());
  EXPECT_FALSE(refused.get_future().get());
  EXPECT_FALSE(early) << "told that it is sold out before the sale was on disk";
}

TEST_F(SqliteTest, ABatchIsNoLargerThanItsLimit) {
  db_.reset();
  db_ = scratch_.open({.batch_limit = 8});
  for (const Status& status : together(std::vector<Database::Body>(20, [](Tx& tx) -> Status {
         tx.exec(kCountUp);
         return {};
       })))
    EXPECT_TRUE(status);
  EXPECT_EQ(number(kHorizon), 20);
  EXPECT_EQ(db_->stats().commits, 3);
}

TEST_F(SqliteTest, AFullDiskFailsTheBodyItMeetsAndTheOthersRunAgain) {
  ASSERT_TRUE(db_->write([](Tx& tx) -> Status {
    tx.exec(page_limit());
    return put(tx, "before");
  }));
  const std::string large(4'000'000, 'x');
  const auto results = together({
      [](Tx& tx) { return put(tx, "a"); },
      [&](Tx& tx) { return put(tx, "large", large); },
      [](Tx& tx) { return put(tx, "b"); },
      [](Tx&) -> Status { return fail(Code::sold_out, "no"); },
  });
  EXPECT_TRUE(results[0]);
  ASSERT_FALSE(results[1]);
  EXPECT_EQ(results[1].error().code, Code::disk_full);
  EXPECT_THAT(results[1].error().detail, HasSubstr("sqlite_test.put"));
  EXPECT_TRUE(results[2]);
  EXPECT_EQ(results[3].error().code, Code::sold_out);
  EXPECT_EQ(number(kCount), 3);
  const Status alone = db_->write([&](Tx& tx) { return put(tx, "large", large); });
  ASSERT_FALSE(alone);
  EXPECT_EQ(alone.error().code, Code::disk_full);
  ASSERT_TRUE(db_->write([&](Tx& tx) -> Status {
    tx.exec(no_page_limit());
    return put(tx, "large", large);
  }));
  EXPECT_EQ(number(kCount), 4);
}

TEST_F(SqliteTest, ADiskThatBreaksAtTheCommitFailsEverybodyInIt) {
  ASSERT_TRUE(db_->write([](Tx& tx) { return put(tx, "before"); }));
  // No file may grow from here on: the commit's pages can't be written.
  const auto old_handler = signal(SIGXFSZ, SIG_IGN);
  rlimit old_limit{};
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &old_limit), 0);
  const auto results = together({
                                    [](Tx& tx) { return put(tx, "a", std::string(20'000, 'a')); },
                                    [](Tx& tx) { return put(tx, "b", std::string(20'000, 'b')); },
                                    [](Tx&) -> Status { return fail(Code::sold_out, "had looked at what is undone"); },
                                },
                                [&] {
                                  const rlimit limit{fs::file_size(path() + "-wal"), old_limit.rlim_max};
                                  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &limit), 0);
                                });
  setrlimit(RLIMIT_FSIZE, &old_limit);
  signal(SIGXFSZ, old_handler);
  for (const Status& result : results) {
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code, Code::io_failed) << result.error().text();
  }
  EXPECT_EQ(number(kCount), 1);
  EXPECT_TRUE(db_->write([](Tx& tx) { return put(tx, "after"); }));
  db_.reset();
  db_ = scratch_.open();
  EXPECT_EQ(number(kCount), 2);
}

TEST_F(SqliteTest, AConstraintCheckedAtTheCommitFailsOnlyWhoBrokeIt) {
  ASSERT_TRUE(db_->run_script(
      "create table parent (id integer primary key) strict; insert into parent values (1);"
      "create table child (parent integer references parent (id) deferrable initially deferred) strict;"));
  const auto child_of = [](int parent) {
    return [parent](Tx& tx) -> Status {
      tx.exec(children(), {parent});
      return {};
    };
  };
  const auto results = together({child_of(1), child_of(99), child_of(1)});
  EXPECT_TRUE(results[0]);
  ASSERT_FALSE(results[1]);
  EXPECT_EQ(results[1].error().code, Code::internal);
  EXPECT_TRUE(results[2]);
  EXPECT_EQ(number(count_children()), 2);
}

TEST_F(SqliteTest, TwoProcessesOnOneFileLoseNothing) {
  const auto other = scratch_.open();  // as `lianbo settle` beside the server
  std::vector<std::thread> threads;
  for (Database* db : {db_.get(), other.get()})
    for (int t = 0; t < 4; ++t)
      threads.emplace_back([db] {
        for (int i = 0; i < 50; ++i)
          EXPECT_TRUE(db->write([](Tx& tx) -> Status {
            tx.exec(kCountUp);
            return {};
          }));
      });
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(number(kHorizon), 400);
}

TEST_F(SqliteTest, AWriterThatWaitsTooLongForAnotherProcessIsToldSo) {
  const auto other = scratch_.open({.busy_timeout_ms = 20});
  ASSERT_TRUE(db_->write([&](Tx&) -> Status {
    Status status;
    std::thread([&] { status = other->write([](Tx& tx) { return put(tx, "a"); }); }).join();
    EXPECT_FALSE(status);
    EXPECT_EQ(status ? Code::internal : status.error().code, Code::database_busy);
    return {};
  }));
  EXPECT_TRUE(other->write([](Tx& tx) { return put(tx, "a"); }));
}

TEST_F(SqliteTest, ABackupIsACompleteDatabaseOfOneInstant) {
  ASSERT_TRUE(db_->write([](Tx& tx) { return put(tx, "a"); }));
  const test::ScratchFolder folder;
  const std::string copy = folder.path() + "/copy.db";
  ASSERT_TRUE(db_->backup_to(copy));
  ASSERT_TRUE(db_->write([](Tx& tx) { return put(tx, "b"); }));
  EXPECT_FALSE(fs::exists(copy + ".partial"));
  {
    const auto db = open_database({.url = copy});
    ASSERT_TRUE(db);
    EXPECT_EQ((*db)->read([](Tx& tx) -> Result<std::int64_t> { return tx.number(kCount); }), 1);
    const auto sound = (*db)->read([](Tx& tx) -> Result<std::string> {
      return tx.one(integrity(), {}, [](const Row& row) { return row.str(0); }).value_or("");
    });
    EXPECT_EQ(sound, "ok");
    const Status over_it = db_->backup_to(copy);  // now it is in use
    ASSERT_FALSE(over_it);
    EXPECT_EQ(over_it.error().code, Code::conflict);
  }
  ASSERT_TRUE(db_->backup_to(copy));  // replaces the old one
  EXPECT_FALSE(db_->backup_to(path()));
  const Status nowhere = db_->backup_to(folder.path() + "/no/such/folder/copy.db");
  EXPECT_FALSE(nowhere);
}

TEST_F(SqliteTest, ABackupDuringWritesTearsNoTransaction) {
  std::atomic<bool> stop{false};
  std::thread writer([&] {
    for (int i = 0; !stop; ++i)
      EXPECT_TRUE(db_->write([i](Tx& tx) -> Status {
        TRY_OK(put(tx, "x" + std::to_string(i)));
        return put(tx, "y" + std::to_string(i));
      }));
  });
  const test::ScratchFolder folder;
  for (int i = 0; i < 5; ++i) {
    const std::string copy = folder.path() + "/" + std::to_string(i) + ".db";
    EXPECT_TRUE(db_->backup_to(copy));
    const auto db = open_database({.url = copy});
    ASSERT_TRUE(db);
    EXPECT_EQ(*(*db)->read([](Tx& tx) -> Result<std::int64_t> { return tx.number(kCount); }) % 2, 0);
  }
  stop = true;
  writer.join();
}

// It is copied back from 12 MB on, beside those who write; if that falls behind, the writer itself does it at 32 MB.
TEST_F(SqliteTest, TheWriteAheadLogStaysSmall) {
  const std::string large(1'000'000, 'x');
  for (int i = 0; i < 60; ++i) ASSERT_TRUE(db_->write([&](Tx& tx) { return put(tx, std::to_string(i), large); }));
  EXPECT_LT(fs::file_size(path() + "-wal"), 36'000'000U);
}

TEST_F(SqliteTest, TheWriteAheadLogStaysSmallWhileACrowdWritesAndOthersRead) {
  const std::string row(10'000, 'x');
  std::atomic<bool> stop{false};
  std::thread reader([&] {
    while (!stop) EXPECT_GE(number(kCount), 0);
  });
  constexpr int kCrowd = 100, kRounds = 100;
  for (int round = 0; round < kRounds; ++round) {
    const auto results = write_all(*db_, kCrowd, [&](Tx& tx, std::size_t i) {
      return put(tx, std::to_string(round * kCrowd + static_cast<int>(i)), row);
    });
    for (const Status& result : results) ASSERT_TRUE(result);
  }
  stop = true;
  reader.join();
  // 32 MB and a batch; 12 MB more where, on a busy machine, the reader does not let go within 10 ms.
  EXPECT_LT(fs::file_size(path() + "-wal"), 46'000'000U) << "of 100 MB that were written";
  db_.reset();
  db_ = scratch_.open();
  EXPECT_EQ(number(kCount), kCrowd * kRounds);
}

TEST_F(SqliteTest, AFileThatIsNoDatabaseIsRefused) {
  const test::ScratchFolder folder;
  const auto missing = open_database({.url = "sqlite:" + folder.path() + "/no/such/folder/x.db"});
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, Code::io_failed);
  const std::string path = folder.path() + "/letter.txt";
  FILE* file = fopen(path.c_str(), "w");
  ASSERT_TRUE(file);
  fputs(std::string(5000, 'x').c_str(), file);
  fclose(file);
  const auto letter = open_database({.url = path});
  ASSERT_FALSE(letter);
  EXPECT_THAT(letter.error().detail, HasSubstr("not a database"));
}

}  // namespace
}  // namespace lianbo::db
