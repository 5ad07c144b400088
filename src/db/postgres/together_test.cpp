// Bodies that run together: what each sees and writes is what it would alone.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <condition_variable>
#include <map>
#include <mutex>

#include "db/together.hpp"
#include "support/database.hpp"

namespace lianbo::db {
namespace {

using ::testing::ElementsAre;
using How = Together::How;

const Sql kAdd{"together_test.add", "insert into nodes (node, holder, horizon_at, renewed_at) values ($1, $2, $3, 0)"};
const Together kAddTogether{kAdd, How::later};
const Sql kAddAtOnce{"together_test.add_at_once",
                     "insert into nodes (node, holder, horizon_at, renewed_at) values ($1, 'x', 0, 0)"};
const Sql kFind{"together_test.find", "select holder, horizon_at from nodes where node = $1"};
const Sql kAll{"together_test.all", "select holder from nodes where node > $1 order by node limit 100"};
const Sql kSum{"together_test.sum", "select cast(coalesce(sum(horizon_at), 0) as bigint) from nodes"};
const Sql kLock{"together_test.lock",
                "update nodes set renewed_at = renewed_at + 1 where node = $1 returning holder, horizon_at"};
const Together kLockTogether{kLock, How::locks};
const Sql kSet{"together_test.set", "update nodes set horizon_at = $2 where node = $1"};
const Together kSetTogether{kSet, How::later};
const Sql kDrop{"together_test.drop", "delete from nodes where node = $1 and holder = $2"};
const Together kDropTogether{kDrop, How::later};
const Sql kTake{"together_test.take",
                "update nodes set horizon_at = horizon_at - $2 where node = $1 and horizon_at >= $2"};
const Together kTakeTogether{
    kTake, How::takes,
    "with k_ as (select * from unnest($1::bigint[], $2::bigint[]) with ordinality as x (node, qty, n_)), s_ as (select "
    "node, cast(sum(qty) as bigint) as qty from k_ group by node), u_ as (update nodes o set horizon_at = o.horizon_at "
    "- s_.qty from s_ where o.node = s_.node and o.horizon_at >= s_.qty returning o.node) select k_.n_ from k_ join u_ "
    "on u_.node = k_.node"};
const Sql kAddRequest{
    "together_test.add_request",
    "insert into idempotency_keys (bucket, person_id, key, request_sha256, status, content_type, reply, at, "
    "reply_sealed) values ($1, $2, $3, $4, 200, '', $5, 0, $6)"};
const Together kAddRequestTogether{kAddRequest, How::later};
const Sql kGetRequest{"together_test.get_request",
                      "select key, request_sha256, reply, reply_sealed from idempotency_keys where bucket = $1 and "
                      "person_id = $2 and key = $3"};
const Sql kOutbox{"together_test.outbox", "select topic from outbox order by id limit 100"};

class TogetherTest : public ::testing::Test {
 protected:
  TogetherTest() {
    db_ = scratch_.open({.writers = 2});
    db_->on_commit([this](std::vector<Event>&& events) {
      const std::scoped_lock lock(mutex_);
      told_ += events.size();
    });
  }

  // All bodies together: they are handed over while a first one holds the crowd's thread.
  std::vector<Status> run(const std::vector<Database::Body>& bodies, const std::vector<std::int64_t>& keys = {}) {
    std::vector<Status> out(bodies.size());
    std::size_t left = bodies.size() + 1;
    bool holds = false, handed_over = false;
    submit_together(
        *db_, 1'000'000,
        [&](Tx&) -> Status {
          std::unique_lock lock(mutex_);
          holds = true;
          changed_.notify_all();
          changed_.wait(lock, [&] { return handed_over; });
          return {};
        },
        [&](const Status&) { done(left); });
    {
      std::unique_lock lock(mutex_);  // alone: who comes earlier would run with it
      changed_.wait(lock, [&] { return holds; });
    }
    for (std::size_t i = 0; i < bodies.size(); ++i)
      submit_together(*db_, keys.empty() ? static_cast<std::int64_t>(i) + 1 : keys[i], bodies[i],
                      [&, i](Status status) {
                        out[i] = std::move(status);
                        done(left);
                      });
    std::unique_lock lock(mutex_);
    handed_over = true;
    changed_.notify_all();
    changed_.wait(lock, [&] { return left == 0; });
    return out;
  }
  void add(std::int64_t node, std::string_view holder, std::int64_t horizon) {
    ASSERT_TRUE(db_->write([&](Tx& tx) -> Status {
      tx.exec(kAdd, {node, holder, horizon});
      return {};
    }));
  }
  std::int64_t horizon(std::int64_t node) {
    return *db_->read([&](Tx& tx) -> Result<std::int64_t> {
      return tx.one(kFind, {node}, [](const Row& r) { return r.integer(1); }).value_or(-1);
    });
  }
  std::vector<std::string> texts(const Sql& sql, std::initializer_list<Param> params = {}) {
    return *db_->read([&](Tx& tx) -> Result<std::vector<std::string>> {
      return tx.all(sql, params, [](const Row& r) { return r.str(0); });
    });
  }

  test::ScratchDatabase scratch_{test::Engine::postgres};
  std::mutex mutex_;
  std::condition_variable changed_;
  std::size_t told_ = 0;
  std::unique_ptr<Database> db_;

 private:
  void done(std::size_t& left) {
    const std::scoped_lock lock(mutex_);
    --left;
    changed_.notify_all();
  }
};

TEST_F(TogetherTest, EachReadsAndWritesItsOwnRowsInOneCommit) {
  for (int i = 1; i <= 20; ++i) add(i, "h" + std::to_string(i), i);
  const auto commits = db_->stats().commits;
  std::vector<Database::Body> bodies;
  std::map<int, std::string> seen;
  for (int i = 1; i <= 20; ++i)
    bodies.emplace_back([&, i](Tx& tx) -> Status {
      EXPECT_TRUE(together(tx));
      const auto mine = tx.one(kLock, {i}, [](const Row& r) { return r.str(0) + "/" + r.str(1); });
      EXPECT_FALSE(tx.exists(kFind, {100 + i}));
      if (i % 2 == 0) {
        EXPECT_EQ(tx.all(kAll, {18}, [](const Row& r) { return r.str(0); }).size(), 2U);
      }
      if (i % 3 == 0) tx.exec(kSet, {i, 100 * i});
      if (i % 3 == 1) tx.exec(kAdd, {100 + i, "new \"'\\ {}," + *mine, i});
      if (i % 3 == 2) tx.exec(kDrop, {i, "h" + std::to_string(i)});
      tx.exec(kAddRequest, {0, i, "k", Param::blob("d"), "r", nullptr});
      tx.emit(Event{EventId{i}, 0, BrandId{}, "t" + std::to_string(i), 0, "{}", 0, true});
      seen[i] = *mine;
      return {};
    });
  for (const Status& s : run(bodies)) EXPECT_TRUE(s) << s.error().text();
  EXPECT_LE(db_->stats().commits, commits + 2);  // the first body may be one of them
  for (int i = 1; i <= 20; ++i) {
    EXPECT_EQ(seen[i], "h" + std::to_string(i) + "/" + std::to_string(i));
    EXPECT_EQ(horizon(i), i % 3 == 0 ? 100 * i : i % 3 == 1 ? i : -1);
    EXPECT_EQ(horizon(100 + i), i % 3 == 1 ? i : -1);
  }
  EXPECT_EQ(texts(kAll, {100}).front(), "new \"'\\ {},h1/1");
  EXPECT_EQ(texts(kOutbox).size(), 20U);
  EXPECT_EQ(told_, 20U);
}

TEST_F(TogetherTest, WhoFailsHarmsNobody) {
  const auto said = run({[](Tx& tx) -> Status {
                           tx.exec(kAdd, {1, "a", 1});
                           return {};
                         },
                         [](Tx& tx) -> Status {
                           tx.exec(kAdd, {2, "b", 1});
                           tx.emit(Event{EventId{2}, 0, BrandId{}, "no", 0, "{}", 0, true});
                           return fail(Code::conflict, "not me");
                         },
                         [](Tx& tx) -> Status {
                           tx.exec(kAdd, {3, "c", 1});
                           return {};
                         }});
  EXPECT_TRUE(said[0]);
  ASSERT_FALSE(said[1]);
  EXPECT_EQ(said[1].error().detail, "not me");
  EXPECT_TRUE(said[2]);
  EXPECT_THAT(texts(kAll, {0}), ElementsAre("a", "c"));
  EXPECT_EQ(told_, 0U);
}

TEST_F(TogetherTest, WhatIsNotFitForACrowdRunsAlone) {
  int runs = 0;
  const auto said = run({[&](Tx& tx) -> Status {
                           ++runs;
                           tx.exec(kAddAtOnce, {1});
                           EXPECT_FALSE(together(tx));
                           return {};
                         },
                         [](Tx& tx) -> Status {  // it would not see what it has put off
                           tx.exec(kAdd, {2, "b", 1});
                           EXPECT_TRUE(tx.exists(kFind, {2}));
                           return {};
                         },
                         [](Tx& tx) -> Status {
                           tx.exec(kAdd, {3, "c", 1});
                           return {};
                         }});
  for (const Status& s : said) EXPECT_TRUE(s) << s.error().text();
  EXPECT_EQ(runs, 2);
  EXPECT_THAT(texts(kAll, {0}), ElementsAre("x", "b", "c"));
}

TEST_F(TogetherTest, AKeyThatIsThereAlreadyMakesAllRunAloneAndOnlyItsOwnerFails) {
  add(2, "there", 1);
  std::vector<Database::Body> bodies;
  for (int i = 1; i <= 4; ++i)
    bodies.emplace_back([i](Tx& tx) -> Status {
      tx.exec(kAdd, {i, "n" + std::to_string(i), 1});
      return {};
    });
  const auto said = run(bodies);
  for (std::size_t i = 0; i < 4; ++i) EXPECT_EQ(said[i].has_value(), i != 1);
  EXPECT_THAT(texts(kAll, {0}), ElementsAre("n1", "there", "n3", "n4"));
}

TEST_F(TogetherTest, WhatIsTakenIsTakenOnceAndGivenBackByWhoFails) {
  add(1, "stock", 10);
  add(2, "little", 2);
  const auto take = [](int node, bool fails) {
    return [node, fails](Tx& tx) -> Status {
      const bool got = tx.exec(kTake, {node, 1}) == 1;
      if (!got) return fail(Code::sold_out, "none");
      if (fails) return fail(Code::conflict, "changed its mind");
      return {};
    };
  };
  std::vector<Database::Body> bodies;
  for (int i = 0; i < 6; ++i) bodies.emplace_back(take(1, i == 2));
  auto said = run(bodies);
  for (std::size_t i = 0; i < 6; ++i) EXPECT_EQ(said[i].has_value(), i != 2);
  EXPECT_EQ(horizon(1), 5);
  // Three ask for two: together they get none; that body decides what it does then.
  said = run({take(2, false), take(2, false), take(2, false)});
  EXPECT_EQ(horizon(2), 2);
  for (const Status& s : said) EXPECT_FALSE(s);
}

TEST_F(TogetherTest, WhoLocksOneRowDecidesOneAfterTheOther) {
  add(1, "one", 0);
  std::vector<Database::Body> bodies;
  for (int i = 0; i < 5; ++i)
    bodies.emplace_back([](Tx& tx) -> Status {
      const auto seen = tx.one(kLock, {1}, [](const Row& r) { return r.integer(1); });
      tx.exec(kSet, {1, *seen + 1});
      return {};
    });
  for (const Status& s : run(bodies)) EXPECT_TRUE(s);
  EXPECT_EQ(horizon(1), 5);
  for (const Status& s : run(bodies, {7, 7, 8, 7, 8})) EXPECT_TRUE(s);
  EXPECT_EQ(horizon(1), 10);
}

TEST_F(TogetherTest, ValuesComeAsTheyWent) {
  const std::string bytes("\0\xff\\\"{", 5), text = "a\\b\"c,{}' 名";
  std::vector<Database::Body> bodies;
  for (int i = 1; i <= 2; ++i)
    bodies.emplace_back([&, i](Tx& tx) -> Status {
      tx.exec(kAddRequest, {0, i, text, Param::blob(bytes), "", i == 1 ? Param(nullptr) : Param::blob("")});
      return {};
    });
  for (const Status& s : run(bodies)) ASSERT_TRUE(s) << s.error().text();
  bodies.clear();
  for (int i = 1; i <= 2; ++i)
    bodies.emplace_back([&, i](Tx& tx) -> Status {
      int rows = 0;
      tx.each(kGetRequest, {0, i, text}, [&](const Row& r) {
        ++rows;
        EXPECT_EQ(r.text(0), text);
        EXPECT_EQ(r.text(1), bytes);
        EXPECT_EQ(r.text(2), "");
        EXPECT_EQ(r.is_null(3), i == 1);
        EXPECT_EQ(tx.number(kSum), 0);  // a read within rows
      });
      EXPECT_EQ(rows, 1);
      return {};
    });
  for (const Status& s : run(bodies)) EXPECT_TRUE(s) << s.error().text();
}

TEST_F(TogetherTest, OneThatThrowsOrLosesTheConnectionIsAnError) {
  static const Sql end_mine{"together_test.end_mine", "select 1", "select pg_terminate_backend(pg_backend_pid())"};
  int runs = 0;
  const auto said = run({[&](Tx& tx) -> Status {
                           if (++runs == 1) tx.number(end_mine);
                           tx.exec(kAdd, {1, "a", 1});
                           return {};
                         },
                         [](Tx& tx) -> Status {
                           tx.exec(kAdd, {2, "b", 1});
                           return {};
                         },
                         [](Tx&) -> Status { throw std::runtime_error("oh"); }});
  EXPECT_TRUE(said[0]);
  EXPECT_TRUE(said[1]);
  EXPECT_FALSE(said[2]);
  EXPECT_THAT(texts(kAll, {0}), ElementsAre("a", "b"));
}

class PartsTest : public test::StoreTest {
 protected:
  std::vector<std::string> holders() {
    return *db().read([](Tx& tx) -> Result<std::vector<std::string>> {
      return tx.all(kAll, {0}, [](const Row& r) { return r.str(0); });
    });
  }
  // Nodes 1 to n, called n1 … with their number as horizon.
  void add_nodes(std::size_t n) {
    ASSERT_TRUE(db().write([&](Tx& tx) -> Status {
      for_each_part(tx, n,
                    [](Tx& part, std::size_t i) { part.exec(kAdd, {i + 1, "n" + std::to_string(i + 1), i + 1}); });
      return {};
    }));
  }
};
ON_BOTH_ENGINES(PartsTest);

TEST_P(PartsTest, EachReadsAndWritesItsOwnRows) {
  constexpr std::size_t kMany = 700;  // more than wait side by side
  add_nodes(kMany);
  std::vector<std::string> seen(kMany);
  ASSERT_TRUE(db().read([&](Tx& tx) -> Status {
    return in_parts(tx, kMany, [&](Tx& part, std::size_t i) -> Status {
      EXPECT_FALSE(together(part));
      const auto mine = part.one(kFind, {i + 1}, [](const Row& r) { return r.str(0) + "/" + r.str(1); });
      if (i % 3 == 0) {
        EXPECT_FALSE(part.exists(kFind, {i + 10'000}));
      }
      if (i % 100 == 7) {
        EXPECT_EQ(part.number(kSum), static_cast<std::int64_t>(kMany * (kMany + 1) / 2));
      }
      seen[i] = *mine;
      return {};
    });
  }));
  for (std::size_t i = 0; i < kMany; ++i) EXPECT_EQ(seen[i], "n" + std::to_string(i + 1) + "/" + std::to_string(i + 1));

  std::size_t told = 0;
  db().on_commit([&](std::vector<Event>&& events) {
    for (const Event& e : events) EXPECT_EQ(e.id.value, static_cast<std::int64_t>(++told));
  });
  ASSERT_TRUE(db().write([&](Tx& tx) -> Status {
    for_each_part(tx, 20, [&](Tx& part, std::size_t i) {
      if (part.exists(kFind, {i + 1})) part.exec(kSet, {i + 1, 5000 + i});
      part.emit(Event{EventId{static_cast<std::int64_t>(i) + 1}, 0, BrandId{}, "t", 0, "{}", 0, true});
    });
    EXPECT_EQ(tx.one(kFind, {20}, [](const Row& r) { return r.integer(1); }), 5019);  // written when all are through
    return {};
  }));
  EXPECT_EQ(told, 20U);
}

TEST_P(PartsTest, APartSeesWhatItHasPutOff) {
  ASSERT_TRUE(db().write([&](Tx& tx) -> Status {
    return in_parts(tx, 30, [](Tx& part, std::size_t i) -> Status {
      part.exec(kAdd, {i + 1, "a", 1});
      EXPECT_EQ(part.one(kFind, {i + 1}, [](const Row& r) { return r.str(0); }), "a");
      part.exec(kSet, {i + 1, 7});
      part.exec(kDrop, {i + 1, i % 2 == 0 ? "a" : "b"});  // another statement of the same table
      if (i == 4) part.exec(kAddAtOnce, {1000});          // nobody has said how it runs with others
      return {};
    });
  }));
  EXPECT_EQ(holders().size(), 16U);
  EXPECT_EQ(*db().read([](Tx& tx) -> Result<std::int64_t> { return tx.number(kSum); }), 15 * 7);
}

TEST_P(PartsTest, WhatNeedsItsCountIsAskedAtOnce) {
  add_nodes(1);
  int got = 0;
  ASSERT_TRUE(db().write([&](Tx& tx) -> Status {
    tx.exec(kSet, {1, 5});
    for_each_part(tx, 8, [&](Tx& part, std::size_t) { got += static_cast<int>(part.exec(kTake, {1, 1})); });
    return {};
  }));
  EXPECT_EQ(got, 5);
}

TEST_P(PartsTest, TheFirstErrorIsTheBodysAndUndoesIt) {
  add_nodes(3);
  for (const bool asks : {false, true}) {
    const Status done = db().write([&](Tx& tx) -> Status {
      return in_parts(tx, 300, [&](Tx& part, std::size_t i) -> Status {
        part.exec(kAdd, {i + 100, "x", 1});
        if (asks) static_cast<void>(part.exists(kGetRequest, {0, 1, "k"}));
        if (i == 5 || i == 250) return fail(Code::conflict, "part " + std::to_string(i));
        return {};
      });
    });
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().detail, "part 5");
  }
  const Status thrown = db().write([&](Tx& tx) -> Status {
    for_each_part(tx, 3, [](Tx& part, std::size_t i) {
      part.exec(kAdd, {i + 100, "x", 1});
      if (i == 1) throw std::runtime_error("oh");
    });
    return {};
  });
  ASSERT_FALSE(thrown);
  const Status twice = db().write([&](Tx& tx) -> Status {
    for_each_part(tx, 3, [](Tx& part, std::size_t) { part.exec(kAdd, {50, "x", 1}); });
    return {};
  });
  EXPECT_FALSE(twice);
  EXPECT_THAT(holders(), ElementsAre("n1", "n2", "n3"));
}

TEST_P(PartsTest, AFailureOfTheDatabaseUndoesTheBody) {
  class Fails final : public FaultPlan {
   public:
    bool fail_statement(const Sql& sql) override { return &sql == &kFind && --left_ == 0; }
    bool fail_commit() override { return false; }

   private:
    std::atomic<int> left_{5};
  } plan;
  add_nodes(3);
  db().set_faults(&plan);
  const Status done = db().write([&](Tx& tx) -> Status {
    for_each_part(tx, 10, [](Tx& part, std::size_t i) {
      part.exec(kAddRequest, {0, i, "k", Param::blob("d"), "r", nullptr});
      static_cast<void>(part.exists(kFind, {i}));
    });
    return {};
  });
  db().set_faults(nullptr);
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code, Code::io_failed);
  EXPECT_FALSE(*db().read([](Tx& tx) -> Result<bool> { return tx.exists(kGetRequest, {0, 1, "k"}); }));
}

TEST(TogetherOnSqlite, SuchABodyIsOneLikeAnyOther) {
  test::ScratchDatabase scratch{test::Engine::sqlite};
  const auto db = scratch.open();
  std::mutex mutex;
  std::condition_variable changed;
  int left = 3;
  for (int i = 1; i <= 3; ++i)
    submit_together(
        *db, i,
        [i](Tx& tx) -> Status {
          EXPECT_FALSE(together(tx));
          tx.exec(kAdd, {i, "n", i});
          return {};
        },
        [&](const Status& status) {
          EXPECT_TRUE(status);
          const std::scoped_lock lock(mutex);
          --left;
          changed.notify_one();
        });
  std::unique_lock lock(mutex);
  changed.wait(lock, [&] { return left == 0; });
  EXPECT_EQ(*db->read([](Tx& tx) -> Result<std::int64_t> { return tx.number(kSum); }), 6);
}

}  // namespace
}  // namespace lianbo::db
