#include "sim/calibration.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

namespace lianbo::sim {
namespace {

double quantile(std::vector<double> values, double q) {
  std::sort(values.begin(), values.end());
  return values[static_cast<std::size_t>(q * static_cast<double>(values.size() - 1))];
}

TEST(Streams, SameSeedAndPurposeGiveTheSameNumbersAndAnythingElseDoesNot) {
  Stream a(7, "visits");
  Stream b(7, "visits");
  Stream other_purpose(7, "payments");
  Stream other_seed(8, "visits");
  Stream other_index(7, "visits", 1);
  const auto first = a.next();
  EXPECT_EQ(first, b.next());
  EXPECT_NE(first, other_purpose.next());
  EXPECT_NE(first, other_seed.next());
  EXPECT_NE(first, other_index.next());
}

TEST(Streams, DrawsHaveTheirMeans) {
  Stream stream(1, "means");
  double normal = 0;
  double square = 0;
  double exponential = 0;
  double few = 0;
  double many = 0;
  constexpr int kDraws = 40000;
  for (int i = 0; i < kDraws; ++i) {
    const double z = stream.normal();
    normal += z;
    square += z * z;
    exponential += stream.exponential(11);
    few += stream.poisson(2.5);
    many += stream.poisson(120);
  }
  EXPECT_NEAR(normal / kDraws, 0, 0.03);
  EXPECT_NEAR(square / kDraws, 1, 0.04);
  EXPECT_NEAR(exponential / kDraws, 11, 0.3);
  EXPECT_NEAR(few / kDraws, 2.5, 0.05);
  EXPECT_NEAR(many / kDraws, 120, 0.5);
}

TEST(Streams, WeightedNeverPicksAWeightOfZero) {
  Stream stream(1, "weights");
  const std::vector<double> weights = {0, 3, 0, 1, 0};
  int ones = 0;
  for (int i = 0; i < 8000; ++i) {
    const auto at = stream.weighted(weights);
    ASSERT_TRUE(at == 1 || at == 3);
    ones += at == 1;
  }
  EXPECT_NEAR(ones / 8000.0, 0.75, 0.02);
}

TEST(Calibration, TheDayPeaksAt21AtTwiceTheMeanAndIsLowestAt4) {
  double sum = 0;
  int peak = 0;
  int trough = 0;
  for (int m = 0; m < kMinutesPerDay; ++m) {
    sum += busyness(m);
    if (busyness(m) > busyness(peak)) peak = m;
    if (busyness(m) < busyness(trough)) trough = m;
  }
  EXPECT_NEAR(sum / kMinutesPerDay, 1.0, 0.025);
  EXPECT_EQ(peak / 60, 21);
  EXPECT_EQ(trough / 60, 4);
  EXPECT_NEAR(busyness(peak), kPeakBusyness, 1e-9);
  EXPECT_NEAR(busyness(trough), 0.12, 1e-9);
  EXPECT_DOUBLE_EQ(busyness(5), busyness(5 + kMinutesPerDay));
}

TEST(Calibration, SessionsHaveAMedianOf79MinutesAndTheRightSpread) {
  Stream stream(3, "sessions");
  std::vector<double> minutes;
  for (int i = 0; i < 20000; ++i) minutes.push_back(session_minutes(stream));
  EXPECT_NEAR(quantile(minutes, 0.5), 79, 3);
  EXPECT_NEAR(std::log(quantile(minutes, 0.75) / quantile(minutes, 0.25)), 2 * 0.6745 * 0.89, 0.06);
  EXPECT_GE(quantile(minutes, 0), 5);
  EXPECT_LE(quantile(minutes, 1), 480);
}

TEST(Calibration, ReshareDelaysFollowTheMeasuredQuartiles) {
  Stream stream(3, "delays");
  std::vector<double> minutes;
  for (int i = 0; i < 40000; ++i) minutes.push_back(static_cast<double>(reshare_delay_ms(stream)) / kMinuteMs);
  EXPECT_NEAR(quantile(minutes, 0.25), 62.5, 4);
  EXPECT_NEAR(quantile(minutes, 0.50), 261, 12);
  EXPECT_NEAR(quantile(minutes, 0.75), 1140, 50);
  EXPECT_LE(quantile(minutes, 1), 7 * 1440);
  const auto first_hour = std::count_if(minutes.begin(), minutes.end(), [](double m) { return m < 60; });
  EXPECT_NEAR(static_cast<double>(first_hour) / 40000, 0.244, 0.01);
}

TEST(Calibration, TheChanceToPassOnGrowsWithActiveFriends) {
  EXPECT_DOUBLE_EQ(share_probability(1), 0.010);
  EXPECT_DOUBLE_EQ(share_probability(2), 0.0185);
  EXPECT_DOUBLE_EQ(share_probability(11), 0.095);
  EXPECT_DOUBLE_EQ(share_probability(0), 0.0015);
  EXPECT_DOUBLE_EQ(share_probability(100000), 1.0);
}

TEST(Calibration, ConversionHasTheQuartilesOfShoppingRooms) {
  Stream stream(3, "conversion");
  std::vector<double> rates;
  for (int i = 0; i < 20000; ++i) rates.push_back(conversion(stream));
  EXPECT_NEAR(quantile(rates, 0.25), 0.012, 0.001);
  EXPECT_NEAR(quantile(rates, 0.50), 0.022, 0.001);
  EXPECT_NEAR(quantile(rates, 0.75), 0.074, 0.006);
  EXPECT_LE(quantile(rates, 1), 0.15);
}

TEST(Calibration, ViewersDivideOverRoomsWithASlopeOfMinusPointNine) {
  EXPECT_DOUBLE_EQ(room_pull(0), 1.0);
  EXPECT_NEAR(std::log(room_pull(9) / room_pull(0)) / std::log(10.0), -0.90, 1e-9);
}

TEST(Calibration, ChatIsMostlySlowSometimesAFloodAndRemembersItsLastMinute) {
  Stream stream(3, "chat");
  std::vector<double> rates;
  for (int room = 0; room < 400; ++room) {
    double memory = stream.normal();
    for (int m = 0; m < 100; ++m) rates.push_back(chat_rate(stream, memory));
  }
  EXPECT_NEAR(quantile(rates, 0.5), 4, 0.6);
  EXPECT_NEAR(quantile(rates, 0.9), 52, 11);
  EXPECT_NEAR(quantile(rates, 0.99), 343, 90);
  EXPECT_LE(quantile(rates, 1), 968);
  double mean = 0;
  for (const double r : rates) mean += r / static_cast<double>(rates.size());
  double same = 0;
  double next = 0;
  for (std::size_t i = 0; i + 1 < rates.size(); ++i) {
    if (i % 100 == 99) continue;
    same += (rates[i] - mean) * (rates[i] - mean);
    next += (rates[i] - mean) * (rates[i + 1] - mean);
  }
  EXPECT_NEAR(next / same, 0.54, 0.15);
}

}  // namespace
}  // namespace lianbo::sim
