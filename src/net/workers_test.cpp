#include "net/workers.hpp"

#include <gtest/gtest.h>

#include <latch>
#include <stdexcept>

namespace lianbo::net {
namespace {

TEST(Workers, AFullQueueRefusesAndCounts) {
  Workers workers(1, 2);
  std::latch begun(1), go(1);
  ASSERT_TRUE(workers.submit([&] {
    begun.count_down();
    go.wait();
  }));
  begun.wait();
  EXPECT_TRUE(workers.submit([] {}));
  EXPECT_TRUE(workers.submit([] {}));
  EXPECT_FALSE(workers.submit([] {}));
  EXPECT_EQ(workers.stats().waiting, 2);
  EXPECT_EQ(workers.stats().running, 1);
  EXPECT_EQ(workers.stats().refused, 1);
  go.count_down();
  workers.stop();
  EXPECT_EQ(workers.stats().done, 3);
  EXPECT_EQ(workers.stats().waiting, 0);
}

TEST(Workers, ACrowdWhoseFirstHasWaitedLongIsLetGrowNoMore) {
  std::atomic<std::int64_t> now{1000};
  Workers workers(1, 1000, [&] { return now.load(); });
  std::latch begun(1), go(1);
  ASSERT_TRUE(workers.submit([&] {
    begun.count_down();
    go.wait();
  }));
  begun.wait();
  ASSERT_TRUE(workers.submit([] {}));
  now += Workers::kLongestWaitMs + 1;
  EXPECT_TRUE(workers.submit([] {})) << "a few wait for one that is long";
  for (std::size_t i = 2; i < Workers::kCrowd; ++i) ASSERT_TRUE(workers.submit([] {}));
  EXPECT_FALSE(workers.submit([] {})) << "the first has waited for longer than anybody should";
  EXPECT_EQ(workers.stats().refused, 1);
  now -= Workers::kLongestWaitMs;
  EXPECT_TRUE(workers.submit([] {})) << "a crowd that moves on may grow";
  go.count_down();
  workers.stop();
}

TEST(Workers, StopRunsWhatWasTakenInAndNothingMore) {
  std::atomic<int> ran{0};
  Workers workers(4, 1000);
  int taken = 0;
  for (int i = 0; i < 500; ++i) taken += workers.submit([&] { ++ran; });
  workers.stop();
  EXPECT_EQ(taken, 500);
  EXPECT_EQ(ran, 500);
  EXPECT_FALSE(workers.submit([&] { ++ran; }));
  EXPECT_EQ(ran, 500);
}

TEST(Workers, ATaskThatThrowsHurtsNoOther) {
  std::atomic<int> ran{0};
  Workers workers(1, 10);
  workers.submit([] { throw std::runtime_error("on purpose"); });
  workers.submit([&] { ++ran; });
  workers.stop();
  EXPECT_EQ(ran, 1);
  EXPECT_EQ(workers.stats().thrown, 1);
}

TEST(Workers, TasksRunAtTheSameTime) {
  Workers workers(4, 10);
  std::latch together(4);
  for (int i = 0; i < 4; ++i) workers.submit([&] { together.arrive_and_wait(); });
  workers.stop();
  EXPECT_EQ(workers.stats().done, 4);
}

}  // namespace
}  // namespace lianbo::net
