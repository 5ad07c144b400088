#include "sim/report.hpp"

#include <gtest/gtest.h>

#include "base/json.hpp"
#include "base/shape.hpp"
#include "sim/journal.hpp"
#include "sim/progress.hpp"

namespace lianbo::sim {
namespace {

TEST(Report, JsonHasEveryFigureThatWasPromised) {
  DemoReport report;
  report.verify = "ok";
  report.gmv_fen = 1234;
  const auto json = parse_json(report.to_json());
  ASSERT_TRUE(json.has_value()) << json.error().text();
  for (const char* name : {"agents",
                           "broadcasts",
                           "people",
                           "exposures",
                           "touches",
                           "locks_opened",
                           "locks_taken_over",
                           "locks_protected",
                           "orders_placed",
                           "orders_paid",
                           "sold_out_refusals",
                           "refunds",
                           "gmv_fen",
                           "refunded_fen",
                           "commission_pending_fen",
                           "commission_available_fen",
                           "commission_settled_fen",
                           "debt_fen",
                           "oversold_units",
                           "ledger_difference_fen",
                           "messages_sent",
                           "deliveries",
                           "share_cascades",
                           "cascade_depth_max",
                           "verify",
                           "wall_s",
                           "simulated_s"})
    EXPECT_TRUE(has(*json, name)) << name;
  EXPECT_EQ(get_int(*json, "gmv_fen"), 1234);
  EXPECT_EQ(get_text(*json, "verify"), "ok");
}

TEST(Report, IsGoodOnlyWhenEveryLawHolds) {
  DemoReport report;
  EXPECT_FALSE(report.good());  // not verified
  report.verify = "ok";
  EXPECT_TRUE(report.good());
  const auto breaks = [&](std::int64_t& law, const char* name) {
    law = 1;
    EXPECT_FALSE(report.good()) << name;
    law = 0;
  };
#define X(name, en, zh) breaks(report.name, #name);
  LIANBO_DAY_LAWS(X)
#undef X
  breaks(report.unexpected_answers, "an answer that the day does not know");
  EXPECT_TRUE(report.good());
  report.complaints = {"orders placed: the server says 2, the day counted 3"};
  EXPECT_FALSE(report.good()) << "the server and the day disagree";
  report.complaints.clear();
  EXPECT_TRUE(report.good());
  report.verify = "differs";
  EXPECT_FALSE(report.good());
}

TEST(Report, CanBeReadInBothLanguages) {
  DemoReport report;
  report.verify = "ok";
  report.exposures = 1000;
  report.enters = 250;
  report.gmv_fen = 123456789;
  report.gmv_by_hour[21] = 5000;
  report.top_hosts.push_back({"王芳", "D00001", 12, 98765});
  report.complaints.emplace_back("something odd");
  const std::string english = report.to_text(false);
  EXPECT_NE(english.find("¥1,234,567.89"), std::string::npos);
  EXPECT_NE(english.find("25.0%"), std::string::npos);
  EXPECT_NE(english.find("王芳 D00001"), std::string::npos);
  EXPECT_NE(english.find("something odd"), std::string::npos);
  const std::string chinese = report.to_text(true);
  EXPECT_NE(chinese.find("成交额"), std::string::npos);
  EXPECT_NE(chinese.find("转化漏斗"), std::string::npos);
  EXPECT_EQ(chinese.find("Paid by buyers"), std::string::npos);
}

TEST(Report, BarsGrowInEighths) {
  EXPECT_EQ(bar(0, 10, 4), "");
  EXPECT_EQ(bar(10, 10, 4), "████");
  EXPECT_EQ(bar(5, 10, 4), "██");
  EXPECT_EQ(bar(1, 32, 4), "▏");
  EXPECT_EQ(bar(0.0001, 10, 4), "▏");
  EXPECT_EQ(bar(50, 10, 2), "██");
  EXPECT_EQ(bar(5, 0, 4), "");
}

TEST(Progress, SaysTheTimeThereAndTheMoneyInGroups) {
  EXPECT_EQ(local_time(*parse_rfc3339("2026-11-10T16:05:00Z")), "11-11 00:05");
  EXPECT_EQ(money(123456), "¥1,234.56");
  EXPECT_EQ(money(-5), "-¥0.05");
  EXPECT_EQ(grouped(1000000), "1,000,000");
  EXPECT_EQ(grouped(-999), "-999");
  const Moment moment{*parse_rfc3339("2026-11-11T12:30:00Z"), 0, 40, 150, 320, 77, 9999, 1234500};
  EXPECT_EQ(
      progress_line(moment, 4321, false),
      "11-11 20:30  on air  40  viewers  150  orders   320  paid ¥12,345.00  share opens    77  deliveries   4321/s");
  EXPECT_NE(progress_line(moment, 4321, true).find("开播  40"), std::string::npos);
}

TEST(Journal, NamesWhatWasAnsweredAndIsGone) {
  Journal journal;
  journal.ordered("o1");
  journal.ordered("o2");
  journal.ordered("o3");
  journal.paid("o1");
  journal.paid("o2");
  journal.pinned("b1", "p1");
  journal.shared("s1");
  EXPECT_EQ(journal.answers(), 7u);
  OrderFact paid;
  paid.paid_at = 1;
  EXPECT_TRUE(journal.lost_orders({{"o1", paid}, {"o2", paid}, {"o3", {}}}).empty());
  EXPECT_EQ(journal.lost_orders({{"o1", paid}, {"o2", {}}}),
            (std::vector<std::string>{"order o3", "payment of order o2"}));
  EXPECT_EQ(Journal::lost_pins({"p1", "p2"}, {"p2", "p9"}), (std::vector<std::string>{"pin p1"}));
}

}  // namespace
}  // namespace lianbo::sim
