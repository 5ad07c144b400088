// A process that is killed takes nothing with it that it had answered, and leaves nothing half-done.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <set>
#include <thread>

#include "db/db.hpp"
#include "support/database.hpp"

namespace lianbo::db {
namespace {

const Sql kAddNode{"crash_test.add_node",
                   "insert into nodes (node, holder, horizon_at, renewed_at) values ($1, 'h', 0, 0)"};
const Sql kAddFact{"crash_test.add_fact", "insert into server_facts (name, value) values ($1, 'v')"};
const Sql kNodes{"crash_test.nodes", "select node from nodes order by node limit 1000000"};
const Sql kFacts{"crash_test.facts", "select name from server_facts limit 1000000"};

constexpr int kThreads = 4;

// Writes pairs of rows for ever, and tells each answered one through the pipe.
[[noreturn]] void write_and_tell(const test::ScratchDatabase& scratch, int first, int pipe_end) {
  const auto db = scratch.open();
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t)
    threads.emplace_back([&, t] {
      for (int number = first + t;; number += kThreads) {
        const Status done = db->write([&](Tx& tx) -> Status {
          tx.exec(kAddNode, {number});
          tx.exec(kAddFact, {std::to_string(number)});
          return {};
        });
        if (!done || write(pipe_end, &number, sizeof number) != sizeof number) _exit(3);
      }
    });
  for (;;) pause();
}

class CrashTest : public ::testing::TestWithParam<test::Engine> {};
ON_BOTH_ENGINES(CrashTest);

TEST_P(CrashTest, EveryAnsweredWriteIsThereAfterAKill) {
  const test::ScratchDatabase scratch(GetParam());
  std::set<std::int64_t> told;
  int first = 0;
  for (const int reports : {1, 2, 7, 20, 60, 150}) {
    int ends[2];
    ASSERT_EQ(pipe(ends), 0);
    const pid_t child = fork();
    if (child == 0) {
      close(ends[0]);
      write_and_tell(scratch, first, ends[1]);
    }
    close(ends[1]);
    int number = 0, count = 0;
    while (read(ends[0], &number, sizeof number) == sizeof number) {
      told.insert(number);
      if (++count == reports) kill(child, SIGKILL);
    }
    close(ends[0]);
    int how = 0;
    waitpid(child, &how, 0);
    ASSERT_TRUE(WIFSIGNALED(how)) << "the writer ended by itself: a write failed";
    EXPECT_GE(count, reports);
    first += 1'000'000;

    const auto db = scratch.open();
    ASSERT_TRUE(db->read([&](Tx& tx) -> Status {
      std::set<std::int64_t> nodes, facts;
      tx.each(kNodes, {}, [&](const Row& row) { nodes.insert(row.integer(0)); });
      tx.each(kFacts, {}, [&](const Row& row) { facts.insert(std::stoll(row.str(0))); });
      EXPECT_EQ(nodes, facts) << "a pair was torn";
      for (const auto n : told) EXPECT_TRUE(nodes.contains(n)) << n << " was answered and is gone";
      return {};
    }));
  }
}

}  // namespace
}  // namespace lianbo::db
