#include "base/id.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <set>
#include <thread>
#include <vector>

namespace lianbo {
namespace {

constexpr Instant kNoon = 1'800'000'000'000;

TEST(Ids, text_is_thirteen_characters_in_the_order_of_the_ids_and_reads_back) {
  EXPECT_EQ(id_text(1), "0000000000001");
  EXPECT_EQ(id_text(31), "000000000000z");
  EXPECT_EQ(id_text(32), "0000000000010");
  EXPECT_EQ(id_text(INT64_MAX), "7zzzzzzzzzzzz");
  EXPECT_EQ(id_text(0), "");
  EXPECT_TRUE(rc::check("id text", [] {
    const auto a = *rc::gen::inRange<std::int64_t>(1, INT64_MAX), b = *rc::gen::inRange<std::int64_t>(1, INT64_MAX);
    RC_ASSERT(id_text(a).size() == 13u);
    RC_ASSERT(parse_id_text(id_text(a)) == a);
    RC_ASSERT((id_text(a) < id_text(b)) == (a < b));
  }));
}

TEST(Ids, only_the_exact_text_of_an_id_is_one) {
  for (const std::string_view text :
       {"", "1", "000000000001", "00000000000001", "000000000000i", "000000000000l", "000000000000o", "000000000000u",
        "000000000000A", "000000000000 ", "000000000000-", "0000000000000", "8000000000000", "zzzzzzzzzzzzz"})
    EXPECT_FALSE(parse_id_text(text)) << text;
  EXPECT_FALSE(parse_id_text(std::string_view("000000000000\0", 13)));
  EXPECT_EQ(OrderId::parse("7zzzzzzzzzzzz"), OrderId{INT64_MAX});
}

TEST(Ids, an_id_tells_its_bucket_and_its_millisecond) {
  IdMaker maker(31);
  for (const Bucket bucket : {0, 1, 63, kMaxBuckets - 1}) {
    const auto id = maker.next(kNoon, bucket);
    EXPECT_EQ(bucket_in_id(id), bucket);
    EXPECT_EQ(instant_in_id(id), kNoon);
  }
}

TEST(Ids, of_one_bucket_only_grow_whatever_the_clock_does) {
  EXPECT_TRUE(rc::check("ids grow", [] {
    IdMaker maker(*rc::gen::inRange(0, 32), kNoon);
    std::int64_t last = 0;
    for (const auto step : *rc::gen::container<std::vector<int>>(rc::gen::inRange(-50, 50))) {
      for (int i = 0; i < 5; ++i) {
        const auto id = maker.next(kNoon + step, 7);
        RC_ASSERT(id > last);
        RC_ASSERT(instant_in_id(id) >= kNoon);  // never older than the floor
        last = id;
      }
    }
  }));
}

TEST(Ids, more_than_a_millisecond_holds_borrow_the_next_one) {
  IdMaker maker;
  std::set<std::int64_t> seen;
  std::int64_t last = 0;
  for (int i = 0; i < 1000; ++i) {
    last = maker.next(kNoon, 3);
    EXPECT_TRUE(seen.insert(last).second);
  }
  EXPECT_EQ(instant_in_id(last), kNoon + 999 / 128);
  EXPECT_EQ(maker.newest(), kNoon + 999 / 128);
}

TEST(Ids, two_nodes_and_many_threads_never_make_the_same) {
  IdMaker one(1), two(2);
  constexpr int kThreads = 4, kEach = 2000;
  std::vector<std::vector<std::int64_t>> made(kThreads);
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t)
    threads.emplace_back([&, t] {
      for (int i = 0; i < kEach; ++i) made[static_cast<std::size_t>(t)].push_back((t % 2 ? one : two).next(kNoon, 5));
    });
  for (auto& thread : threads) thread.join();
  std::set<std::int64_t> all;
  for (const auto& list : made) {
    EXPECT_TRUE(std::is_sorted(list.begin(), list.end()));
    all.insert(list.begin(), list.end());
  }
  EXPECT_EQ(all.size(), static_cast<std::size_t>(kThreads * kEach));
}

TEST(Ids, buyers_are_spread_over_all_buckets) {
  IdMaker maker;
  std::vector<int> buyers(64);
  for (int i = 0; i < 64'000; ++i) ++buyers[static_cast<std::size_t>(bucket_of(maker.make<PersonId>(kNoon), 64))];
  for (const int n : buyers) {
    EXPECT_GT(n, 850);
    EXPECT_LT(n, 1150);
  }
  EXPECT_EQ(bucket_of(PersonId{12345}, 1), 0);
}

}  // namespace
}  // namespace lianbo
