// What db.hpp promises, on both engines.
#include "db/db.hpp"

#include <algorithm>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <atomic>
#include <barrier>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "support/database.hpp"

namespace lianbo::db {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const Sql kPut{"db_test.put", "insert into server_facts (name, value) values ($1, $2)"};
const Sql kGet{"db_test.get", "select value from server_facts where name = $1"};
const Sql kCount{"db_test.count", "select count(*) from server_facts"};
const Sql kNames{"db_test.names", "select name from server_facts order by name limit 1000"};
const Sql kSet{"db_test.set", "update server_facts set value = $2 where name = $1"};
const Sql kSetReturning{"db_test.set_returning",
                        "update server_facts set value = $2 where name = $1 returning name, value"};
const Sql kDelete{"db_test.delete", "delete from server_facts"};
const Sql kAddNode{"db_test.add_node",
                   "insert into nodes (node, holder, horizon_at, renewed_at) values ($1, $2, $3, 0)"};
const Sql kCountUp{"db_test.count_up",
                   "update nodes set horizon_at = horizon_at + 1 where node = $1 returning horizon_at"};
const Sql kHorizon{"db_test.horizon", "select horizon_at from nodes where node = $1"};
const Sql kHorizons{"db_test.horizons", "select cast(sum(horizon_at) as bigint), count(*) from nodes"};
const Sql kBadColumn{"db_test.duplicate",
                     "insert into nodes (node, holder, horizon_at, renewed_at) values ($1, 'x', 0, 0)"};
const Sql kAddRequest{
    "db_test.add_request",
    "insert into idempotency_keys (bucket, person_id, key, request_sha256, status, content_type, reply, at) "
    "values ($1, $2, $3, $4, 200, '', $5, 0)"};
const Sql kGetRequest{"db_test.get_request",
                      "select bucket, person_id, key, request_sha256, reply from idempotency_keys where key = $1"};
const Sql kAddAudit{"db_test.add_audit",
                    "insert into audit (id, brand_id, actor_id, action, subject_kind, subject_id, detail, at) "
                    "values ($1, $2, $3, 'a', 'b', $4, '{}', 0)"};
const Sql kGetAudit{"db_test.get_audit", "select brand_id, actor_id, subject_id from audit where id = $1"};
const Sql kOutbox{"db_test.outbox",
                  "select topic, bucket, id, brand_id, key, payload, at from outbox order by id limit 100"};
const Sql kTruths{"db_test.truths", "select node = 1, node = 2, node is null from nodes order by node limit 1"};

Status put(Tx& tx, std::string_view name, std::string_view value = "v") {
  tx.exec(kPut, {name, value});
  return {};
}
std::vector<std::string> names(Database& db) {
  return *db.read([](Tx& tx) -> Result<std::vector<std::string>> {
    return tx.all(kNames, {}, [](const Row& row) { return row.str(0); });
  });
}
std::int64_t horizon(Database& db, int node) {
  return *db.read([&](Tx& tx) -> Result<std::int64_t> { return tx.number(kHorizon, {node}); });
}
Event event(std::int64_t id, std::string topic, bool durable = true) {
  return Event{EventId{id}, 3, BrandId{7}, std::move(topic), 11, R"({"n":1})", 1'700'000'000'000, durable};
}

// Holds database threads in a body, so that others pile up behind it.
class Gate {
 public:
  void wait() {
    std::unique_lock lock(mutex_);
    ++waiting_;
    changed_.notify_all();
    changed_.wait(lock, [&] { return open_; });
  }
  void await_waiting(int count) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return waiting_ >= count; });
  }
  void open() {
    const std::scoped_lock lock(mutex_);
    open_ = true;
    changed_.notify_all();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool open_ = false;
  int waiting_ = 0;
};

// The answers of many submits, by number, and a wait for all of them.
class Answers {
 public:
  explicit Answers(int count) : results_(static_cast<std::size_t>(count)), left_(count) {}
  Database::Done slot(int i) {
    return [this, i](Status status) {
      const std::scoped_lock lock(mutex_);
      order_.push_back(i);
      results_[static_cast<std::size_t>(i)] = std::move(status);
      if (--left_ == 0) all_.notify_all();
    };
  }
  const std::vector<std::optional<Status>>& await() {
    std::unique_lock lock(mutex_);
    all_.wait(lock, [&] { return left_ == 0; });
    return results_;
  }
  const std::vector<int>& order() const { return order_; }

 private:
  std::mutex mutex_;
  std::condition_variable all_;
  std::vector<std::optional<Status>> results_;
  std::vector<int> order_;
  int left_;
};

class FailNth final : public FaultPlan {
 public:
  FailNth(int statement, int commit) : statement_(statement), commit_(commit) {}
  bool fail_statement(const Sql&) override { return --statement_ == 0; }
  bool fail_commit() override { return --commit_ == 0; }

 private:
  std::atomic<int> statement_;
  std::atomic<int> commit_;
};

class DbTest : public test::StoreTest {};
ON_BOTH_ENGINES(DbTest);

TEST_P(DbTest, WhatWasWrittenIsReadAfterTheAnswer) {
  ASSERT_TRUE(db().write([](Tx& tx) { return put(tx, "a", "1"); }));
  const auto value = db().read([](Tx& tx) -> Result<std::string> {
    return tx.one(kGet, {"a"}, [](const Row& row) { return row.str(0); }).value_or("none");
  });
  ASSERT_TRUE(value);
  EXPECT_EQ(*value, "1");
  reopen();
  EXPECT_THAT(names(db()), ElementsAre("a"));
}

TEST_P(DbTest, AWriteHandsOutWhatItsBodyReturns) {
  const Result<int> seven = db().write([](Tx&) -> Result<int> { return 7; });
  ASSERT_TRUE(seven);
  EXPECT_EQ(*seven, 7);
}

TEST_P(DbTest, ABodysErrorUndoesAllItWroteAndComesBackAsItIs) {
  const Status status = db().write([](Tx& tx) -> Status {
    TRY_OK(put(tx, "a"));
    tx.emit(event(1, "x"));
    return fail(Code::sold_out, "none left", "/qty");
  });
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, Code::sold_out);
  EXPECT_EQ(status.error().where, "/qty");
  EXPECT_THAT(names(db()), IsEmpty());
  EXPECT_EQ(db().read([](Tx& tx) -> Result<std::int64_t> { return tx.number(kCount); }), 0);
  EXPECT_EQ(db().stats().rollbacks, 1);
}

TEST_P(DbTest, ABodyThatThrowsIsUndoneAndTold) {
  const Status status = db().write([](Tx& tx) -> Status {
    TRY_OK(put(tx, "a"));
    throw std::runtime_error("surprise");
  });
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, Code::internal);
  EXPECT_THAT(status.error().detail, HasSubstr("surprise"));
  EXPECT_THAT(names(db()), IsEmpty());
}

TEST_P(DbTest, AnEngineErrorNamesItsStatementAndLeavesNothing) {
  ASSERT_TRUE(db().write([](Tx& tx) { return put(tx, "a"); }));
  const Status status = db().write([](Tx& tx) -> Status {
    TRY_OK(put(tx, "b"));
    return put(tx, "a");
  });
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, Code::internal);
  EXPECT_THAT(status.error().detail, HasSubstr("db_test.put"));
  EXPECT_THAT(names(db()), ElementsAre("a"));
  EXPECT_TRUE(db().write([](Tx& tx) { return put(tx, "c"); }));
}

TEST_P(DbTest, ABodyThatSwallowsAnEngineErrorStillFails) {
  ASSERT_TRUE(db().write([](Tx& tx) { return put(tx, "a"); }));
  const Status status = db().write([](Tx& tx) -> Status {
    TRY_OK(put(tx, "b"));
    try {
      TRY_OK(put(tx, "a"));
    } catch (const DbFailure&) {
    }
    return {};
  });
  EXPECT_FALSE(status);
  EXPECT_THAT(names(db()), ElementsAre("a"));
}

TEST_P(DbTest, TheNumberOfChangedRowsIsCounted) {
  ASSERT_TRUE(db().write([](Tx& tx) -> Status {
    EXPECT_EQ(tx.exec(kPut, {"a", "1"}), 1);
    EXPECT_EQ(tx.exec(kPut, {"b", "1"}), 1);
    EXPECT_EQ(tx.exec(kSet, {"a", "2"}), 1);
    EXPECT_EQ(tx.exec(kSet, {"nobody", "2"}), 0);
    EXPECT_EQ(tx.exec(kCount), 0);  // reads change nothing
    const auto row = tx.one(kSetReturning, {"b", "3"}, [](const Row& r) { return r.str(0) + r.str(1); });
    EXPECT_EQ(row, "b3");
    EXPECT_EQ(tx.exec(kDelete), 2);
    return {};
  }));
}

TEST_P(DbTest, EveryKindOfValueComesBackAsItWentIn) {
  const std::string bytes("\0\x01\xff' \\x\n", 8);
  const std::string text = "联播 🛒 \"quoted\" 'single' \\back $1 — end";
  const std::int64_t big = 9'007'199'254'740'993;  // 2^53 + 1
  const std::int64_t biggest = INT64_MAX;
  ASSERT_TRUE(db().write([&](Tx& tx) -> Status {
    tx.exec(kAddRequest, {biggest, big, text, Param::blob(bytes), std::string_view{}});
    tx.exec(kAddRequest, {INT64_MIN, 0, "empty", Param::blob({}), ""});
    tx.exec(kAddAudit, {big, BrandId{}, std::optional<std::int64_t>{}, nullptr});
    tx.exec(kAddAudit, {big + 1, BrandId{big}, std::optional<std::int64_t>{-1}, 0});
    return {};
  }));
  ASSERT_TRUE(db().read([&](Tx& tx) -> Status {
    int rows = 0;
    tx.each(kGetRequest, {text}, [&](const Row& row) {
      ++rows;
      EXPECT_EQ(row.integer(0), biggest);
      EXPECT_EQ(row.integer(1), big);
      EXPECT_EQ(row.text(2), text);
      EXPECT_EQ(row.str(3), bytes);
      EXPECT_EQ(row.text(4), "");
      EXPECT_FALSE(row.is_null(4));
    });
    tx.each(kGetRequest, {"empty"}, [&](const Row& row) {
      ++rows;
      EXPECT_EQ(row.integer(0), INT64_MIN);
      EXPECT_FALSE(row.is_null(3));
      EXPECT_EQ(row.text(3), "");
    });
    tx.each(kGetAudit, {big}, [&](const Row& row) {
      ++rows;
      for (int column : {0, 1, 2}) {
        EXPECT_TRUE(row.is_null(column));
        EXPECT_EQ(row.integer(column), 0);
        EXPECT_EQ(row.text(column), "");
        EXPECT_EQ(row.maybe(column), std::nullopt);
      }
    });
    tx.each(kGetAudit, {big + 1}, [&](const Row& row) {
      ++rows;
      EXPECT_EQ(row.id<BrandId>(0), BrandId{big});
      EXPECT_EQ(row.maybe(1), -1);
      EXPECT_EQ(row.maybe(2), 0);
    });
    EXPECT_EQ(rows, 4);
    return {};
  }));
}

TEST_P(DbTest, AnyTextAndBytesComeBackAsTheyWentIn) {
  std::int64_t person = 0;
  EXPECT_TRUE(rc::check("round trip", [&](std::string bytes, std::int64_t number, std::vector<std::uint16_t> units) {
    std::string text;
    for (const auto unit : units) {  // two and three byte sequences, ASCII, never a zero or a surrogate
      if (unit < 0x80) {
        text += static_cast<char>(unit == 0 ? 'z' : unit);
      } else if (unit < 0x800) {
        text += static_cast<char>(0xc0 | unit >> 6);
        text += static_cast<char>(0x80 | (unit & 0x3f));
      } else if (unit < 0xd800 || unit > 0xdfff) {
        text += static_cast<char>(0xe0 | unit >> 12);
        text += static_cast<char>(0x80 | (unit >> 6 & 0x3f));
        text += static_cast<char>(0x80 | (unit & 0x3f));
      }
    }
    const std::string key = std::to_string(++person);
    RC_ASSERT(db().write([&](Tx& tx) -> Status {
                    tx.exec(kAddRequest, {number, person, key, Param::blob(bytes), text});
                    return {};
                  })
                  .has_value());
    RC_ASSERT(db().read([&](Tx& tx) -> Status {
                    RC_ASSERT(tx.one(kGetRequest, {key}, [&](const Row& row) {
                                  RC_ASSERT(row.integer(0) == number);
                                  RC_ASSERT(row.str(3) == bytes);
                                  RC_ASSERT(row.str(4) == text);
                                  return true;
                                }).has_value());
                    return {};
                  })
                  .has_value());
  }));
}

TEST_P(DbTest, AComparisonIsZeroOrOne) {
  ASSERT_TRUE(db().write([](Tx& tx) -> Status {
    tx.exec(kAddNode, {1, "h", 0});
    tx.each(kTruths, {}, [](const Row& row) {
      EXPECT_TRUE(row.flag(0));
      EXPECT_EQ(row.integer(0), 1);
      EXPECT_FALSE(row.flag(1));
      EXPECT_EQ(row.integer(2), 0);
    });
    return {};
  }));
}

TEST_P(DbTest, TextIsOrderedByItsBytes) {
  ASSERT_TRUE(db().write([](Tx& tx) -> Status {
    for (const char* name : {"b", "B", "a", "_", "é", "联"}) TRY_OK(put(tx, name));
    return {};
  }));
  EXPECT_THAT(names(db()), ElementsAre("B", "_", "a", "b", "é", "联"));
}

TEST_P(DbTest, AZeroByteInATextIsRefused) {
  const Status status = db().write([](Tx& tx) { return put(tx, std::string_view("a\0b", 3)); });
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, Code::invalid_field);
}

TEST_P(DbTest, AWrongNumberOfParametersIsAnError) {
  const Status status = db().write([](Tx& tx) -> Status {
    tx.exec(kPut, {"a"});
    return {};
  });
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, Code::internal);
}

TEST_P(DbTest, AStatementMayRunWithinItsOwnRows) {
  ASSERT_TRUE(db().write([](Tx& tx) -> Status {
    for (const char* name : {"a", "b", "c"}) TRY_OK(put(tx, name));
    return {};
  }));
  ASSERT_TRUE(db().read([](Tx& tx) -> Status {
    std::string seen;
    tx.each(kNames, {}, [&](const Row& outer) {
      tx.each(kNames, {}, [&](const Row& inner) { seen += outer.str(0) + inner.str(0) + " "; });
    });
    EXPECT_EQ(seen, "aa ab ac ba bb bc ca cb cc ");
    return {};
  }));
}

TEST_P(DbTest, WritingWithinRowsIsRefusedOnBothEngines) {
  const Status status = db().write([](Tx& tx) -> Status {
    TRY_OK(put(tx, "a"));
    tx.each(kNames, {}, [&](const Row&) { tx.exec(kPut, {"b", "v"}); });
    return {};
  });
  ASSERT_FALSE(status);
  EXPECT_THAT(status.error().detail, HasSubstr("collect them first"));
  EXPECT_THAT(names(db()), IsEmpty());
}

TEST_P(DbTest, AReadSeesOneSnapshot) {
  ASSERT_TRUE(db().write([](Tx& tx) { return put(tx, "a"); }));
  ASSERT_TRUE(db().read([&](Tx& tx) -> Status {
    EXPECT_EQ(tx.number(kCount), 1);
    std::thread([&] { EXPECT_TRUE(db().write([](Tx& other) { return put(other, "b"); })); }).join();
    EXPECT_EQ(tx.number(kCount), 1);
    return {};
  }));
  EXPECT_EQ(names(db()).size(), 2U);
}

TEST_P(DbTest, AReadMayNotWriteOrEmit) {
  EXPECT_FALSE(db().read([](Tx& tx) { return put(tx, "a"); }));
  EXPECT_FALSE(db().read([](Tx& tx) -> Status {
    tx.emit(event(1, "x"));
    return {};
  }));
  EXPECT_THAT(names(db()), IsEmpty());
  EXPECT_TRUE(db().write([](Tx& tx) { return put(tx, "b"); }));
  EXPECT_THAT(names(db()), ElementsAre("b"));
}

TEST_P(DbTest, AReadsErrorComesBackAndTheConnectionServesOn) {
  reopen({.readers = 1});
  for (int i = 0; i < 3; ++i) {
    const Result<int> result = db().read([](Tx& tx) -> Result<int> {
      tx.number(kCount);
      return fail(Code::not_found, "nobody");
    });
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code, Code::not_found);
  }
  EXPECT_THAT(names(db()), IsEmpty());
}

TEST_P(DbTest, AReaderThatFindsNoConnectionIsToldInTime) {
  reopen({.readers = 1, .busy_timeout_ms = 20});
  ASSERT_TRUE(db().read([&](Tx&) -> Status {
    Status status;
    std::thread([&] { status = db().read([](Tx&) -> Status { return {}; }); }).join();
    EXPECT_FALSE(status);
    EXPECT_EQ(status ? Code::internal : status.error().code, Code::database_busy);
    return {};
  }));
}

TEST_P(DbTest, SixtyFourThreadsLoseNoIncrement) {
  ASSERT_TRUE(db().write([](Tx& tx) -> Status {
    tx.exec(kAddNode, {1, "h", 0});
    return {};
  }));
  constexpr int kThreads = 64, kTimes = 10;
  std::vector<std::thread> threads;
  std::mutex mutex;
  std::vector<std::int64_t> seen;
  for (int t = 0; t < kThreads; ++t)
    threads.emplace_back([&] {
      for (int i = 0; i < kTimes; ++i) {
        const auto value = db().write([](Tx& tx) -> Result<std::int64_t> { return tx.number(kCountUp, {1}); });
        const std::scoped_lock lock(mutex);
        seen.push_back(value.value_or(-1));
      }
    });
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(horizon(db(), 1), kThreads * kTimes);
  std::sort(seen.begin(), seen.end());
  for (int i = 0; i < kThreads * kTimes; ++i) EXPECT_EQ(seen[static_cast<std::size_t>(i)], i + 1);
}

TEST_P(DbTest, AFailingBodyInACrowdLeavesNoTraceAndTheOthersStay) {
  reopen({.writers = 1});
  constexpr int kBodies = 60;
  Gate gate;
  Answers first(1), answers(kBodies);
  db().submit(
      [&](Tx&) -> Status {
        gate.wait();
        return {};
      },
      first.slot(0));
  gate.await_waiting(1);
  for (int i = 0; i < kBodies; ++i)
    db().submit(
        [i](Tx& tx) -> Status {
          tx.exec(kAddNode, {i, "h", 0});
          if (i % 3 == 1) return fail(Code::sold_out, "no");
          if (i % 3 == 2) tx.exec(kBadColumn, {i});  // a duplicate: the engine fails
          return {};
        },
        answers.slot(i));
  EXPECT_EQ(db().stats().waiting, kBodies);
  gate.open();
  const auto& results = answers.await();
  first.await();
  for (int i = 0; i < kBodies; ++i) {
    ASSERT_EQ(results[static_cast<std::size_t>(i)]->has_value(), i % 3 == 0) << i;
    const auto rows = db().read([&](Tx& tx) -> Result<bool> { return tx.exists(kHorizon, {i}); });
    EXPECT_EQ(rows, i % 3 == 0) << i;
  }
  if (!on_postgres()) {
    EXPECT_LE(db().stats().commits, 3);  // a crowd shares
  }
}

TEST_P(DbTest, EventsAreHandedOnInOrderBeforeTheAnswerAndDurableOnesAreRows) {
  reopen({.writers = 1});
  std::mutex mutex;
  std::vector<std::string> log;
  const auto note = [&](const std::string& line) {
    const std::scoped_lock lock(mutex);
    log.push_back(line);
  };
  db().on_commit([&](std::vector<Event>&& events) {
    for (const Event& e : events) note(e.topic);
  });
  Gate gate;
  Answers answers(4);
  db().submit(
      [&](Tx&) -> Status {
        gate.wait();
        return {};
      },
      answers.slot(0));
  gate.await_waiting(1);
  for (int i = 1; i < 4; ++i)
    db().submit(
        [i](Tx& tx) -> Status {
          tx.emit(event(i * 10, "a" + std::to_string(i)));
          tx.emit(event(i * 10 + 1, "chat" + std::to_string(i), false));
          tx.emit(event(i * 10 + 2, "b" + std::to_string(i)));
          if (i == 2) return fail(Code::conflict, "no");
          return {};
        },
        [&, i, done = answers.slot(i)](Status status) {
          note("done" + std::to_string(i));
          done(std::move(status));
        });
  gate.open();
  answers.await();
  const auto is_chat = [](const std::string& line) { return line.starts_with("chat"); };
  const auto place = [&](const char* line) { return std::find(log.begin(), log.end(), line); };
  EXPECT_LT(place("chat1"), place("done1"));
  EXPECT_LT(place("chat3"), place("done3"));
  EXPECT_LT(place("chat1"), place("chat3"));
  EXPECT_EQ(std::count_if(log.begin(), log.end(), is_chat), 2);
  std::erase_if(log, is_chat);  // talk need not wait for the disk; the rest stands in its order
  EXPECT_THAT(log, ElementsAre("a1", "b1", "done1", "done2", "a3", "b3", "done3"));
  ASSERT_TRUE(db().read([](Tx& tx) -> Status {
    std::vector<std::string> topics;
    tx.each(kOutbox, {}, [&](const Row& row) {
      topics.push_back(row.str(0));
      EXPECT_EQ(row.integer(1), 3);
      EXPECT_EQ(row.id<BrandId>(3), BrandId{7});
      EXPECT_EQ(row.integer(4), 11);
      EXPECT_EQ(row.text(5), R"({"n":1})");
      EXPECT_EQ(row.integer(6), 1'700'000'000'000);
    });
    EXPECT_THAT(topics, ElementsAre("a1", "b1", "a3", "b3"));
    return {};
  }));
}

TEST_P(DbTest, AFullQueueRefusesAtOnceAndCountsIt) {
  reopen({.writers = 1, .queue_limit = 2});
  Gate gate;
  Answers answers(5);
  db().submit(
      [&](Tx&) -> Status {
        gate.wait();
        return {};
      },
      answers.slot(0));
  gate.await_waiting(1);
  for (int i = 1; i < 5; ++i) db().submit([](Tx&) -> Status { return {}; }, answers.slot(i));
  EXPECT_THAT(answers.order(), ElementsAre(3, 4));  // before the gate opens
  EXPECT_EQ(db().stats().queue_full, 2);
  EXPECT_EQ(db().stats().waiting, 2);
  gate.open();
  const auto& results = answers.await();
  for (int i : {0, 1, 2}) EXPECT_TRUE(*results[static_cast<std::size_t>(i)]) << i;
  for (int i : {3, 4}) EXPECT_EQ(results[static_cast<std::size_t>(i)]->error().code, Code::overloaded) << i;
}

TEST_P(DbTest, ClosingRunsWhatWasAccepted) {
  Answers answers(20);
  for (int i = 0; i < 20; ++i) db().submit([i](Tx& tx) { return put(tx, std::to_string(i)); }, answers.slot(i));
  reopen();
  for (const auto& result : answers.await()) EXPECT_TRUE(*result);
  EXPECT_EQ(names(db()).size(), 20U);
}

TEST_P(DbTest, AFaultAtAnyStatementLeavesNothingHalfDone) {
  const int statements = on_postgres() ? 3 : 4;  // two of the body; the events one by one, or all at once
  for (int n = 1; n <= statements + 1; ++n) {
    FailNth plan(n, 0);
    db().set_faults(&plan);
    const Status status = db().write([](Tx& tx) -> Status {
      TRY_OK(put(tx, "a"));
      TRY_OK(put(tx, "b"));
      tx.emit(event(1, "x"));
      tx.emit(event(2, "y"));
      return {};
    });
    db().set_faults(nullptr);
    EXPECT_EQ(status.has_value(), n > statements) << n;
    const auto rows = db().read([](Tx& tx) -> Result<std::size_t> {
      return tx.all(kNames, {}, [](const Row&) { return 0; }).size() +
             tx.all(kOutbox, {}, [](const Row&) { return 0; }).size();
    });
    EXPECT_EQ(rows, n > statements ? 4U : 0U) << n;
  }
}

TEST_P(DbTest, AFailedCommitIsNobodysSuccess) {
  reopen({.writers = 1});
  int handed_on = 0;
  db().on_commit([&](std::vector<Event>&& events) { handed_on += static_cast<int>(events.size()); });
  constexpr int kBodies = 10;
  FailNth plan(0, 1);
  Gate gate;
  Answers first(1), answers(kBodies);
  db().submit(
      [&](Tx&) -> Status {
        gate.wait();
        return fail(Code::conflict, "commits nothing");
      },
      first.slot(0));
  gate.await_waiting(1);
  db().set_faults(&plan);
  for (int i = 0; i < kBodies; ++i)
    db().submit(
        [i](Tx& tx) -> Status {
          tx.emit(event(i + 1, "x"));
          return put(tx, std::to_string(i));
        },
        answers.slot(i));
  gate.open();
  int failed = 0;
  for (const auto& result : answers.await()) {
    if (*result) continue;
    ++failed;
    EXPECT_EQ(result->error().code, Code::io_failed);
  }
  db().set_faults(nullptr);
  EXPECT_EQ(failed, on_postgres() ? 1 : kBodies);  // SQLite: the one commit was everybody's
  EXPECT_EQ(static_cast<int>(names(db()).size()), kBodies - failed);
  EXPECT_EQ(handed_on, kBodies - failed);
  EXPECT_TRUE(db().write([](Tx& tx) { return put(tx, "after"); }));
}

TEST_P(DbTest, AStatementThatCannotBePreparedIsNamed) {
  EXPECT_TRUE(db().prepare_only(kPut));
  static const Sql wrong{"db_test.only_wrong", "select nothing from nowhere"};
  const Status status = db().prepare_only(wrong);
  ASSERT_FALSE(status);
  EXPECT_THAT(status.error().detail, HasSubstr("db_test.only_wrong"));
}

TEST_P(DbTest, StatementsAndTransactionsAreCounted) {
  const DbStats before = db().stats();
  ASSERT_TRUE(db().write([](Tx& tx) -> Status {
    TRY_OK(put(tx, "a"));
    return put(tx, "b");
  }));
  ASSERT_FALSE(db().write([](Tx&) -> Status { return fail(Code::conflict); }));
  const DbStats after = db().stats();
  EXPECT_EQ(after.transactions - before.transactions, 2);
  EXPECT_EQ(after.commits - before.commits, 1);
  EXPECT_EQ(after.rollbacks - before.rollbacks, 1);
  EXPECT_EQ(after.statements - before.statements, 2);
}

TEST(OpenDatabaseTest, AnUnknownUrlIsRefusedWithoutShowingItsPassword) {
  const auto db = open_database({.url = "mysql://root:hunter2@host/db"});
  ASSERT_FALSE(db);
  EXPECT_EQ(db.error().code, Code::invalid_field);
  EXPECT_THAT(db.error().text(), Not(HasSubstr("hunter2")));
  EXPECT_THAT(db.error().text(), HasSubstr("postgres://"));
  EXPECT_FALSE(open_database({.url = ""}));
  EXPECT_FALSE(open_database({.url = ":memory:"}));
  EXPECT_FALSE(open_database({.url = "x.db", .readers = 0}));
}

}  // namespace
}  // namespace lianbo::db
