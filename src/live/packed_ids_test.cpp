#include "live/packed_ids.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <limits>
#include <set>

namespace lianbo::live {
namespace {

std::vector<std::int64_t> unpacked(std::string_view bytes) {
  std::vector<std::int64_t> out{99};
  EXPECT_TRUE(unpack_ids(bytes, out));
  return out;
}

RC_GTEST_PROP(PackedIds, AreTheSetThatWasPacked, ()) {
  auto ids = *rc::gen::container<std::set<std::int64_t>>(rc::gen::map(
      rc::gen::arbitrary<std::int64_t>(), [](std::int64_t x) { return x & std::numeric_limits<std::int64_t>::max(); }));
  const std::vector<std::int64_t> sorted(ids.begin(), ids.end());
  RC_ASSERT(unpacked(pack_ids(sorted)) == sorted);
}

TEST(PackedIds, HoldTheEnds) {
  const std::vector<std::int64_t> ends{0, 1, std::numeric_limits<std::int64_t>::max()};
  EXPECT_EQ(unpacked(pack_ids(ends)), ends);
  EXPECT_EQ(unpacked(pack_ids({})), std::vector<std::int64_t>{});
  EXPECT_EQ(unpacked(""), std::vector<std::int64_t>{});
}

TEST(PackedIds, ReadWhatTheMigrationWrote) {
  EXPECT_EQ(unpacked("h00000000000000ff000000000000000a"), (std::vector<std::int64_t>{10, 255}));
}

TEST(PackedIds, RefuseOtherBytes) {
  std::vector<std::int64_t> out;
  for (const std::string_view bytes :
       {"x", "h0", "h000000000000000g", "g\x80", "g\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01"})
    EXPECT_FALSE(unpack_ids(bytes, out)) << bytes;
}

TEST(PackedIds, OfRoomsOfOneDayTakeFiveBytesEach) {
  std::vector<std::int64_t> ids;
  for (std::int64_t i = 0; i < 10'000; ++i)
    ids.push_back(((91'000'000'000 + i * 3'600) << 22) | (i % 64) << 12 | 1 << 7);
  EXPECT_LE(pack_ids(ids).size(), ids.size() * 5 + 10);
}

}  // namespace
}  // namespace lianbo::live
