#include "net/metrics.hpp"

#include <gtest/gtest.h>

#include <set>
#include <thread>

namespace lianbo::net {
namespace {

bool has_line(const std::string& text, const std::string& line) {
  return ("\n" + text).find("\n" + line + "\n") != std::string::npos;
}

TEST(Metrics, CountersAppearWithTheirLabels) {
  Metrics m;
  m.counter(Metric::http_requests, {"getOrder", "2xx"}).add(3);
  m.counter(Metric::http_requests, {"getOrder", "2xx"}).add();
  const std::string text = m.text();
  EXPECT_TRUE(has_line(text, "lianbo_http_requests_total{route=\"getOrder\",status=\"2xx\"} 4")) << text;
  EXPECT_TRUE(has_line(text, "# TYPE lianbo_http_requests_total counter")) << text;
  EXPECT_TRUE(has_line(text, "lianbo_ws_cut_off_total 0")) << text;
}

TEST(Metrics, AHistogramIsCumulative) {
  Metrics m;
  RouteMetrics route(m, "placeOrder");
  route.answered(201, 100);  // exactly on the first bound
  route.answered(503, 101);
  route.answered(201, 11000000);
  const std::string text = m.text();
  EXPECT_TRUE(has_line(text, "lianbo_http_request_seconds_bucket{route=\"placeOrder\",le=\"0.0001\"} 1")) << text;
  EXPECT_TRUE(has_line(text, "lianbo_http_request_seconds_bucket{route=\"placeOrder\",le=\"0.00025\"} 2")) << text;
  EXPECT_TRUE(has_line(text, "lianbo_http_request_seconds_bucket{route=\"placeOrder\",le=\"10\"} 2")) << text;
  EXPECT_TRUE(has_line(text, "lianbo_http_request_seconds_bucket{route=\"placeOrder\",le=\"+Inf\"} 3")) << text;
  EXPECT_TRUE(has_line(text, "lianbo_http_request_seconds_count{route=\"placeOrder\"} 3")) << text;
  EXPECT_TRUE(has_line(text, "lianbo_http_requests_total{route=\"placeOrder\",status=\"2xx\"} 2")) << text;
  EXPECT_TRUE(has_line(text, "lianbo_http_requests_total{route=\"placeOrder\",status=\"5xx\"} 1")) << text;
}

TEST(Metrics, SamplesAddUpAndEnd) {
  Metrics m;
  const Sample one = m.sample(Metric::ws_open, [] { return 2; });
  {
    const Sample two = m.sample(Metric::ws_open, [] { return 40; });
    EXPECT_TRUE(has_line(m.text(), "lianbo_ws_connections 42"));
  }
  EXPECT_TRUE(has_line(m.text(), "lianbo_ws_connections 2"));
}

TEST(Metrics, ManyLabelsShareOneSeriesInTheEnd) {
  Metrics m;
  for (std::size_t i = 0; i < Metrics::kMaxSeries + 5; ++i) m.counter(Metric::events, {"t" + std::to_string(i)}).add();
  EXPECT_TRUE(has_line(m.text(), "lianbo_events_total{topic=\"other\"} 5"));
}

TEST(Metrics, ThreadsCountTogether) {
  Metrics m;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&] {
      Counter& counter = m.counter(Metric::room_refused, {"full"});
      for (int i = 0; i < 10000; ++i) counter.add();
    });
  for (int i = 0; i < 20; ++i) EXPECT_FALSE(m.text().empty());
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(m.counter(Metric::room_refused, {"full"}).value(), 40000);
}

TEST(Metrics, NamesAreOursAndUnique) {
  std::set<std::string_view> names;
  for (const MetricInfo& metric : all_metrics()) {
    EXPECT_TRUE(metric.name.starts_with("lianbo_")) << metric.name;
    EXPECT_EQ(metric.name.ends_with("_total"), metric.kind == "counter") << metric.name;
    EXPECT_TRUE(names.insert(metric.name).second) << metric.name;
    EXPECT_FALSE(metric.help.empty()) << metric.name;
  }
}

}  // namespace
}  // namespace lianbo::net
