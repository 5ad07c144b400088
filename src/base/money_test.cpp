#include "base/money.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <limits>
#include <numeric>

#include "base/json.hpp"

namespace lianbo {
namespace {

constexpr Fen kMost = std::numeric_limits<Fen>::max();
constexpr Fen kLeast = std::numeric_limits<Fen>::min();

TEST(Money, a_share_is_the_floor_of_amount_times_rate) {
  struct Row {
    Fen amount;
    BasisPoints bp;
    Fen share;
  };
  for (const Row& row : std::vector<Row>{
           {0, 1000, 0},
           {9999, 1, 0},
           {10000, 1, 1},
           {19999, 1, 1},
           {1250, 1000, 125},
           {1259, 1000, 125},
           {1, 9999, 0},
           {1, 10000, 1},
           {100, 0, 0},
           {-1, 1, -1},
           {-10000, 1, -1},
           {-10001, 1, -2},
           {-1250, 1000, -125},
           {-1251, 1000, -126},
           {-7, 0, 0},
           {kMost, 10000, kMost},
           {kLeast, 10000, kLeast},
           {kMost, 5000, kMost / 2},
           {kLeast, 5000, kLeast / 2},
           {kLeast, 1, kLeast / 10000 - 1},
       })
    EXPECT_EQ(share_of(row.amount, row.bp), row.share) << row.amount << " at " << row.bp;
}

// floor(a × b / 10000) is the only q with q × 10000 ≤ a × b < (q + 1) × 10000.
TEST(Money, a_share_is_the_floor_for_every_amount_and_rate) {
  EXPECT_TRUE(rc::check("share_of is the floor", [] {
    const auto amount = *rc::gen::oneOf(rc::gen::arbitrary<Fen>(), rc::gen::inRange<Fen>(-100'000, 100'000),
                                        rc::gen::elementOf(std::vector<Fen>{kMost, kLeast, kMost - 1, kLeast + 1}));
    const auto bp = *rc::gen::inRange<BasisPoints>(0, kWholeBp + 1);
    const auto exact = static_cast<__int128>(amount) * bp;
    const auto whole = static_cast<__int128>(share_of(amount, bp)) * kWholeBp;
    RC_ASSERT(whole <= exact);
    RC_ASSERT(exact - whole < kWholeBp);
  }));
}

TEST(Money, sums_and_products_say_when_they_do_not_fit) {
  EXPECT_EQ(checked_add(1, 2), 3);
  EXPECT_EQ(checked_add(kMost, 0), kMost);
  EXPECT_EQ(checked_add(kMost, 1), std::nullopt);
  EXPECT_EQ(checked_add(kLeast, -1), std::nullopt);
  EXPECT_EQ(checked_mul(-3, 4), -12);
  EXPECT_EQ(checked_mul(kMost / 2, 2), kMost - 1);
  EXPECT_EQ(checked_mul(kMost / 2 + 1, 2), std::nullopt);
  EXPECT_EQ(checked_mul(kLeast, -1), std::nullopt);
}

TEST(Money, a_whole_is_spread_by_largest_remainder_and_ties_go_to_the_earlier) {
  struct Row {
    Fen total;
    std::vector<Fen> weights, parts;
  };
  for (const Row& row : std::vector<Row>{
           {100, {1, 1}, {50, 50}},
           {101, {1, 1}, {51, 50}},          // a tie: the earlier
           {100, {1, 1, 1}, {34, 33, 33}},   // a tie of three
           {101, {1, 1, 1}, {34, 34, 33}},   //
           {10, {3, 3, 4}, {3, 3, 4}},       // no remainder
           {10, {1, 2, 4}, {1, 3, 6}},       // 1.43, 2.86, 5.71: the two largest remainders
           {9, {1, 2, 4}, {1, 3, 5}},        // 1.29, 2.57, 5.14
           {1, {0, 0, 5}, {0, 0, 1}},        // nothing for a weight of 0
           {2, {0, 1, 0, 1}, {0, 1, 0, 1}},  //
           {0, {5, 7}, {0, 0}},              //
           {0, {0, 0}, {0, 0}},              // a free order of free things
           {5, {}, {}},                      //
           {7, {kMaxAmountFen}, {7}},        //
           {kMost, {kMost, kMost}, {kMost / 2 + 1, kMost / 2}},
       }) {
    EXPECT_EQ(spread(row.total, row.weights), row.parts) << "total " << row.total;
  }
}

TEST(Money, spread_parts_add_up_and_stay_within_one_fen_of_their_share) {
  EXPECT_TRUE(rc::check("spread", [] {
    const auto weights = *rc::gen::nonEmpty(rc::gen::container<std::vector<Fen>>(rc::gen::oneOf(
        rc::gen::inRange<Fen>(0, 10), rc::gen::inRange<Fen>(0, 1'000'000), rc::gen::inRange<Fen>(0, kMaxAmountFen))));
    const auto total = *rc::gen::oneOf(rc::gen::inRange<Fen>(0, 100), rc::gen::inRange<Fen>(0, kMaxAmountFen));
    __int128 sum = 0;
    for (const Fen w : weights) sum += w;
    RC_PRE(sum > 0);
    const auto parts = spread(total, weights);
    RC_ASSERT(parts.size() == weights.size());
    RC_ASSERT(std::accumulate(parts.begin(), parts.end(), Fen{0}) == total);
    // Who got the extra fen has a remainder no smaller than anybody who did not, and comes earlier when they are equal.
    for (std::size_t i = 0; i < parts.size(); ++i) {
      const auto exact = static_cast<__int128>(total) * weights[i];
      const auto extra_i = parts[i] - exact / sum;
      RC_ASSERT(extra_i == 0 || extra_i == 1);
      for (std::size_t j = 0; j < parts.size(); ++j) {
        const auto other = static_cast<__int128>(total) * weights[j];
        const auto extra_j = parts[j] - other / sum;
        if (extra_i == 1 && extra_j == 0) {
          RC_ASSERT(exact % sum >= other % sum);
          if (exact % sum == other % sum) RC_ASSERT(i < j);
        }
      }
    }
  }));
}

TEST(Money, decimal_amounts_are_read_exactly_or_refused_with_what_would_be_right) {
  struct Row {
    const char* text;
    std::optional<Fen> fen;
  };
  for (const Row& row : std::vector<Row>{
           {"0", 0},
           {"12", 1200},
           {"12.5", 1250},
           {"12.50", 1250},
           {"12.05", 1205},
           {"12.500000", 1250},
           {"0.01", 1},
           {"007.10", 710},
           {"10000000000", kMaxAmountFen},
           {"10000000000.00", kMaxAmountFen},
           {"10000000000.01", std::nullopt},  // the limit holds for the whole amount, not only before the point
           {"10000000000.99", std::nullopt},
           {"10000000001", std::nullopt},
           {"99999999999999999999", std::nullopt},
           {"12.505", std::nullopt},
           {"", std::nullopt},
           {".5", std::nullopt},
           {"12.", std::nullopt},
           {"-1", std::nullopt},
           {"+1", std::nullopt},
           {"1,000", std::nullopt},
           {"1e3", std::nullopt},
           {" 1", std::nullopt},
           {"1 ", std::nullopt},
           {"1.2x", std::nullopt},
           {"十二", std::nullopt},
       }) {
    const auto read = parse_decimal_fen(row.text, "line 3, column price");
    if (row.fen) {
      ASSERT_TRUE(read) << row.text;
      EXPECT_EQ(*read, *row.fen) << row.text;
    } else {
      ASSERT_FALSE(read) << row.text;
      EXPECT_EQ(read.error().code, Code::invalid_field);
      EXPECT_EQ(read.error().where, "line 3, column price");
      EXPECT_NE(read.error().detail.find("like 12.50"), std::string::npos);
    }
  }
}

TEST(Money, an_error_shows_the_start_of_a_long_text_without_cutting_a_character) {
  const std::string text = "x面膜面膜面膜面膜面膜面膜面膜面膜面膜面膜面膜面膜";
  const auto read = parse_decimal_fen(text);
  ASSERT_FALSE(read);
  EXPECT_TRUE(valid_utf8(read.error().detail)) << read.error().detail;
}

TEST(Money, amounts_are_written_with_two_decimals) {
  struct Row {
    Fen fen;
    const char* text;
  };
  for (const Row& row : std::vector<Row>{{0, "0.00"},
                                         {5, "0.05"},
                                         {-5, "-0.05"},
                                         {1250, "12.50"},
                                         {-1250, "-12.50"},
                                         {kMost, "92233720368547758.07"},
                                         {kLeast, "-92233720368547758.08"}})
    EXPECT_EQ(format_fen(row.fen), row.text);
}

TEST(Money, prices_are_written_as_on_the_pages) {
  EXPECT_EQ(price_text("CNY", 8800), "¥88.00");
  EXPECT_EQ(price_text("CNY", 123'456'789), "¥1,234,567.89");
  EXPECT_EQ(price_text("USD", 99'999), "$999.99");
  EXPECT_EQ(price_text("EUR", -100'000), "-€1,000.00");
  EXPECT_EQ(price_text("SEK", 5), "SEK 0.05");
}

TEST(Money, what_was_written_is_read_back) {
  EXPECT_TRUE(rc::check("format and parse", [] {
    const auto fen = *rc::gen::inRange<Fen>(0, kMaxAmountFen + 1);
    RC_ASSERT(parse_decimal_fen(format_fen(fen)).value() == fen);
  }));
}

}  // namespace
}  // namespace lianbo
