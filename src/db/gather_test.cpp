#include "db/gather.hpp"

#include <gtest/gtest.h>

#include <condition_variable>
#include <functional>
#include <map>

#include "support/database.hpp"

namespace lianbo::db {
namespace {

const Sql kAddNumber{"gather_test.add", "insert into server_facts (name, value) values ($1, $2)"};
const Sql kCountNumbers{"gather_test.count", "select count(*) from server_facts where name like 'gather-%'"};

class GatherTest : public test::StoreTest {};

struct Answers {
  std::mutex mutex;
  std::condition_variable came;
  std::map<int, Result<int>> of;

  void take(int i, Result<int> answer) {
    const std::scoped_lock lock(mutex);
    of.emplace(i, std::move(answer));
    came.notify_all();
  }
  void wait(std::size_t n) {
    std::unique_lock lock(mutex);
    came.wait(lock, [&] { return of.size() == n; });
  }
};

TEST_P(GatherTest, EachGetsItsOwnAnswerAndOneThatFailsFailsAlone) {
  Gather<int, int> gather(db(), 10, [](Tx& tx, std::span<const int> wishes) -> Result<std::vector<int>> {
    std::vector<int> out;
    for (const int wish : wishes) {
      if (wish == 13) return fail(Code::conflict, "not this one");
      tx.exec(kAddNumber, {"gather-" + std::to_string(wish), std::to_string(wish)});
      out.push_back(wish * 2);
    }
    return out;
  });
  Answers answers;
  for (int i = 0; i < 50; ++i) gather.add(i, 3, [&, i](Result<int> answer) { answers.take(i, std::move(answer)); });
  answers.wait(50);
  for (const auto& [i, answer] : answers.of) {
    if (i == 13) {
      ASSERT_FALSE(answer);
      EXPECT_EQ(answer.error().code, Code::conflict);
    } else {
      ASSERT_TRUE(answer) << i;
      EXPECT_EQ(*answer, i * 2);
    }
  }
  EXPECT_EQ(*db().read([](Tx& tx) -> Result<std::int64_t> { return tx.number(kCountNumbers); }), 49);
}

TEST_P(GatherTest, WhatComesMeanwhileIsWrittenTogether) {
  std::mutex mutex;
  std::condition_variable changed;
  bool open = false;
  std::vector<std::size_t> sizes;
  Gather<int, int> gather(db(), 100, [&](Tx&, std::span<const int> wishes) -> Result<std::vector<int>> {
    std::unique_lock lock(mutex);
    changed.wait(lock, [&] { return open; });
    sizes.push_back(wishes.size());
    return std::vector<int>(wishes.begin(), wishes.end());
  });
  Answers answers;
  for (int i = 0; i < 40; ++i) gather.add(i, 1, [&, i](Result<int> answer) { answers.take(i, std::move(answer)); });
  {
    const std::scoped_lock lock(mutex);
    open = true;
    changed.notify_all();
  }
  answers.wait(40);
  EXPECT_EQ(sizes.size(), 3u) << "two alone, on their way at once; then all that had come meanwhile";
}

ON_BOTH_ENGINES(GatherTest);

}  // namespace
}  // namespace lianbo::db
