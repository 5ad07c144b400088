#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <map>
#include <numeric>
#include <set>

#include "base/csv.hpp"
#include "base/json.hpp"
#include "sim/calendar.hpp"
#include "sim/calibration.hpp"
#include "sim/catalog_seed.hpp"
#include "sim/chat_book.hpp"
#include "sim/names.hpp"
#include "sim/workload.hpp"

namespace lianbo::sim {
namespace {

TEST(DayPlan, IsDeterminedByItsSeed) {
  EXPECT_EQ(plan_day({}, 1), plan_day({}, 1));
  EXPECT_NE(plan_day({}, 1), plan_day({}, 2));
}

TEST(DayPlan, ReachesThePeakOfRoomsInTheEveningAndHardlyAnyAtNight) {
  const DayPlan plan = plan_day({}, 1);
  const auto rooms = rooms_on_air(plan, kMinutesPerDay);
  EXPECT_EQ(*std::max_element(rooms.begin() + 20 * 60, rooms.begin() + 23 * 60), 40);
  EXPECT_GE(*std::max_element(rooms.begin(), rooms.end()), 40);
  EXPECT_LE(*std::max_element(rooms.begin(), rooms.end()), 42);
  // Long sessions of the evening may reach into the night; the small hours are quiet.
  EXPECT_LT(std::accumulate(rooms.begin() + 4 * 60, rooms.begin() + 5 * 60, 0) / 60.0, 12);
}

TEST(DayPlan, AHostIsNeverOnAirTwiceAtATimeAndEndsAfterTheStart) {
  const DayPlan plan = plan_day({50, 40, 100, 2, 1440, 0}, 5);
  std::map<int, int> free_from;
  for (const auto& b : plan.broadcasts) {
    EXPECT_GT(b.end_minute, b.start_minute);
    EXPECT_LE(b.end_minute, 1440);
    EXPECT_GE(b.start_minute, free_from[b.host]);
    free_from[b.host] = b.end_minute;
  }
}

TEST(DayPlan, VisitsFollowTheHourAndAFewPeopleMakeMany) {
  DaySize size;
  size.people = 20000;
  const DayPlan plan = plan_day(size, 1);
  EXPECT_NEAR(static_cast<double>(plan.visits.size()), 2.0 * size.people, 0.05 * 2 * size.people);
  EXPECT_TRUE(
      std::is_sorted(plan.visits.begin(), plan.visits.end(), [](auto& a, auto& b) { return a.minute < b.minute; }));
  std::vector<double> hours(24, 0);
  std::map<int, int> of_person;
  for (const auto& v : plan.visits) {
    hours[static_cast<std::size_t>(v.minute / 60)] += 24.0 / static_cast<double>(plan.visits.size());
    ++of_person[v.person];
  }
  EXPECT_NEAR(hours[21], 1.97, 0.12);
  EXPECT_NEAR(hours[4], 0.13, 0.04);
  EXPECT_LT(of_person.size(), 0.85 * size.people);
}

TEST(DayPlan, CanBeginAtAnyHour) {
  DaySize size;
  size.first_minute_of_day = 12 * 60;
  const auto rooms = rooms_on_air(plan_day(size, 1), 1440);
  const auto peak = std::max_element(rooms.begin(), rooms.end()) - rooms.begin();
  EXPECT_GE(peak, 8 * 60);
  EXPECT_LE(peak, 11 * 60);
}

TEST(Catalog, HasAboutSixtyProductsWithUniqueCodesAndFewHotOnes) {
  const auto products = make_catalog(1);
  EXPECT_EQ(products.size(), 60u);
  std::set<std::string> codes;
  int hot = 0;
  for (const auto& p : products) {
    EXPECT_GE(p.skus.size(), 1u);
    EXPECT_LE(p.skus.size(), 4u);
    EXPECT_FALSE(p.title.starts_with("*"));
    hot += p.hot;
    for (const auto& s : p.skus) {
      EXPECT_TRUE(codes.insert(s.code).second) << s.code;
      EXPECT_GT(s.price_fen, 0);
      EXPECT_GT(s.stock, 0);
      EXPECT_TRUE(!p.hot || s.stock <= 20);
    }
  }
  EXPECT_GE(hot, 3);
  EXPECT_LE(hot, 8);
}

TEST(Catalog, TheMedianOrderIsAbout82Yuan) {
  const auto products = make_catalog(1);
  std::vector<Fen> prices;
  for (const auto& p : products)
    for (const auto& s : p.skus) prices.push_back(s.price_fen);
  Stream stream(1, "orders");
  std::vector<Fen> totals;
  for (int i = 0; i < 20000; ++i) {
    Fen total = 0;
    for (const auto& line : plan_order(stream, stream.index(prices.size()), prices.size()))
      total += prices[line.sku] * line.qty;
    totals.push_back(total);
  }
  std::nth_element(totals.begin(), totals.begin() + 10000, totals.end());
  EXPECT_NEAR(static_cast<double>(totals[10000]), 8200, 1000);
}

TEST(Catalog, FileReadsBackAsWritten) {
  const auto csv = read_csv(catalog_csv(make_catalog(1)));
  ASSERT_TRUE(csv.has_value()) << csv.error().text();
  EXPECT_GT(csv->rows.size(), 90u);
  for (const auto& row : csv->rows) EXPECT_EQ(row.cells.size(), csv->header.cells.size());
}

TEST(Agents, AreATreeWithParentsNamedBefore) {
  const auto agents = make_agents(200, 1);
  ASSERT_EQ(agents.size(), 200u);
  std::set<std::string> codes;
  int roots = 0;
  for (const auto& a : agents) {
    roots += a.parent.empty();
    EXPECT_TRUE(a.parent.empty() || codes.contains(a.parent));
    EXPECT_TRUE(codes.insert(a.code).second);
    EXPECT_EQ(a.phone.size(), 11u);
  }
  EXPECT_EQ(roots, 10);
  const auto csv = read_csv(agents_csv(agents));
  ASSERT_TRUE(csv.has_value()) << csv.error().text();
  EXPECT_EQ(csv->rows.size(), 200u);
}

TEST(Chat, OnlyWhatIsFitToBeSaidIsKept) {
  EXPECT_TRUE(fit_to_say("主播好 666"));
  EXPECT_FALSE(fit_to_say(""));
  EXPECT_FALSE(fit_to_say("a\tb"));
  EXPECT_FALSE(fit_to_say("a\x7f"));
  EXPECT_FALSE(fit_to_say("a\xc2\x85"));
  EXPECT_FALSE(fit_to_say("bad \xff bytes"));
  EXPECT_FALSE(fit_to_say(std::string(201, 'x')));
  EXPECT_TRUE(fit_to_say(std::string(200, 'x')));
}

TEST(Chat, ReadsRoomsAndMinutesAndCountsWhatItDrops) {
  auto book = ChatBook::parse("room\tminute\ttext\n5\t1\tone\n5\t1\t\n7\t2\tother\n5\t2\ttwo\nbroken line\n");
  ASSERT_TRUE(book.has_value()) << book.error().text();
  EXPECT_EQ(book->lines(), 3u);
  EXPECT_EQ(book->dropped(), 2u);
  Stream stream(1, "chat");
  const std::string a = book->next_line(0, "x", stream);
  const std::string b = book->next_line(0, "x", stream);
  EXPECT_EQ((std::set<std::string>{a, b}), (std::set<std::string>{"one", "two"}));
  EXPECT_EQ(book->next_line(1, "x", stream), "other");
  EXPECT_FALSE(ChatBook::parse("room\tminute\ttext\n").has_value());
}

TEST(Chat, MadeLinesAreFitAndNearlyHalfRepeatOneJustSaid) {
  ChatBook book;
  Stream stream(1, "chat");
  int repeats = 0;
  std::set<std::string> said;
  for (int i = 0; i < 5000; ++i) {
    const std::string line = book.next_line(3, "禾小满 五常大米", stream);
    ASSERT_TRUE(fit_to_say(line)) << line;
    repeats += !said.insert(line).second;
    if (i % 40 == 39) said.clear();
  }
  EXPECT_GT(repeats / 5000.0, 0.35);
}

TEST(Buyers, MostPayAtOnceAndEveryOtherWayHappens) {
  Stream stream(1, "payments");
  std::map<Paying, int> ways;
  for (int i = 0; i < 4000; ++i) {
    const PaymentPlan plan = plan_payment(stream);
    ++ways[plan.how];
    EXPECT_TRUE(plan.how != Paying::late || plan.after_minutes < 15);
    EXPECT_TRUE(plan.how != Paying::after_release || plan.after_minutes > 15);
  }
  EXPECT_EQ(ways.size(), 6u);
  EXPECT_NEAR(ways[Paying::at_once] / 4000.0, 0.70, 0.03);
}

TEST(Buyers, AStayHappensWithinItself) {
  Stream stream(1, "stays");
  int buys = 0;
  for (int i = 0; i < 20000; ++i) {
    const Stay stay = plan_stay(stream, 0.05);
    for (const int minute : {stay.chat_minute, stay.like_minute, stay.click_minute, stay.cart_minute, stay.buy_minute})
      ASSERT_LT(minute, stay.minutes);
    if (stay.buy_minute >= 0) {
      ++buys;
      EXPECT_EQ(stay.click_minute, stay.buy_minute);
    }
  }
  EXPECT_NEAR(buys / 20000.0, 0.05, 0.006);
}

TEST(Buyers, AboutThreeInTenLinesComeBackWithinSevenDays) {
  Stream stream(1, "returns");
  int back = 0;
  for (int i = 0; i < 10000; ++i) {
    back += comes_back(stream);
    EXPECT_LT(plan_after_sale(stream).after_days_tenths, 70);
  }
  EXPECT_NEAR(back / 10000.0, 0.30, 0.02);
}

TEST(Buyers, ARefundInPartsAddsUpToTheFen) {
  EXPECT_TRUE(rc::check("parts add up", [] {
    const auto total = *rc::gen::inRange<Fen>(0, 1'000'000);
    const int parts = *rc::gen::inRange(1, 6);
    Stream stream(*rc::gen::arbitrary<std::uint64_t>(), "split");
    const auto split = split_amount(stream, total, parts);
    RC_ASSERT(std::accumulate(split.begin(), split.end(), Fen{0}) == total);
    RC_ASSERT(static_cast<Fen>(split.size()) == std::min<Fen>(total, parts));
    for (const Fen f : split) RC_ASSERT(f >= 1);
  }));
}

TEST(Shares, GoToFriendsOnlyAndToFewInADirectMessage) {
  const Graph graph = grow_graph(300, 1);
  Stream stream(1, "openings");
  for (int person = 0; person < 300; ++person) {
    for (const auto channel : {ShareChannel::dm, ShareChannel::group, ShareChannel::moments}) {
      const auto openings = plan_openings(stream, graph, person, channel);
      EXPECT_TRUE(channel != ShareChannel::dm || openings.size() <= 3);
      for (const auto& o : openings) {
        EXPECT_TRUE(graph.are_friends(person, o.person));
        EXPECT_GT(o.after_ms, 0);
      }
    }
  }
}

}  // namespace
}  // namespace lianbo::sim
