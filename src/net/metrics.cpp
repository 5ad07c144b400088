#include "net/metrics.hpp"

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include <algorithm>
#include <limits>

#include "base/check.hpp"

namespace lianbo::net {
namespace {

std::vector<std::string> split(std::string_view list) {
  std::vector<std::string> out;
  while (!list.empty()) {
    const std::size_t comma = list.find(',');
    out.emplace_back(list.substr(0, comma));
    list = comma == std::string_view::npos ? std::string_view{} : list.substr(comma + 1);
  }
  return out;
}

using LabelValues = std::vector<std::string>;

struct Series {
  Counter counter;
  Gauge gauge;
  std::unique_ptr<Histogram> histogram;
};

struct Reader {
  std::int64_t id;
  LabelValues labels;
  std::function<std::int64_t()> read;
};

struct Family {
  std::vector<std::string> label_names;
  std::map<LabelValues, std::unique_ptr<Series>> series;
  std::vector<Reader> readers;
};

}  // namespace

const std::vector<MetricInfo>& all_metrics() {
  static const std::vector<MetricInfo> list = {
#define X(id, name, kind, labels, help) {name, #kind, labels, help},
      LIANBO_METRICS(X)
#undef X
  };
  return list;
}

void Histogram::observe_us(std::int64_t us) {
  const auto* bound = std::lower_bound(std::begin(kBoundsUs), std::end(kBoundsUs), us);
  counts_[static_cast<std::size_t>(bound - std::begin(kBoundsUs))].fetch_add(1, std::memory_order_relaxed);
  sum_us_.fetch_add(us, std::memory_order_relaxed);
}

struct Metrics::Impl {
  mutable std::mutex mutex;
  std::vector<Family> families;
  std::int64_t next_reader = 1;

  Series& series(Metric metric, std::string_view kind, Labels labels) {
    const auto index = static_cast<std::size_t>(metric);
    CHECK(all_metrics()[index].kind == kind);
    const std::lock_guard lock(mutex);
    Family& family = families[index];
    CHECK(labels.size() == family.label_names.size());
    LabelValues values(labels.begin(), labels.end());
    auto it = family.series.find(values);
    if (it == family.series.end()) {
      if (family.series.size() >= kMaxSeries) values.assign(values.size(), "other");
      auto& slot = family.series[values];
      if (!slot) {
        slot = std::make_unique<Series>();
        if (kind == "histogram") slot->histogram = std::make_unique<Histogram>();
      }
      return *slot;
    }
    return *it->second;
  }
};

Metrics::Metrics() : impl_(std::make_unique<Impl>()) {
  impl_->families.resize(all_metrics().size());
  for (std::size_t i = 0; i < impl_->families.size(); ++i)
    impl_->families[i].label_names = split(all_metrics()[i].labels);
}

Metrics::~Metrics() = default;

Counter& Metrics::counter(Metric metric, Labels labels) { return impl_->series(metric, "counter", labels).counter; }
Gauge& Metrics::gauge(Metric metric, Labels labels) { return impl_->series(metric, "gauge", labels).gauge; }
Histogram& Metrics::histogram(Metric metric, Labels labels) {
  return *impl_->series(metric, "histogram", labels).histogram;
}

Sample Metrics::sample(Metric metric, std::function<std::int64_t()> read, Labels labels) {
  const auto index = static_cast<std::size_t>(metric);
  CHECK(all_metrics()[index].kind != "histogram");
  const std::lock_guard lock(impl_->mutex);
  Family& family = impl_->families[index];
  CHECK(labels.size() == family.label_names.size());
  const std::int64_t id = impl_->next_reader++;
  family.readers.push_back({id, LabelValues(labels.begin(), labels.end()), std::move(read)});
  return Sample([impl = impl_.get(), index, id] {
    const std::lock_guard guard(impl->mutex);
    std::erase_if(impl->families[index].readers, [id](const Reader& r) { return r.id == id; });
  });
}

std::string Metrics::text() const {
  std::vector<prometheus::MetricFamily> out;
  {
    const std::lock_guard lock(impl_->mutex);
    for (std::size_t i = 0; i < impl_->families.size(); ++i) {
      const Family& family = impl_->families[i];
      const MetricInfo& about = all_metrics()[i];
      prometheus::MetricFamily shown;
      shown.name = about.name;
      shown.help = about.help;
      shown.type = about.kind == "counter" ? prometheus::MetricType::Counter
                   : about.kind == "gauge" ? prometheus::MetricType::Gauge
                                           : prometheus::MetricType::Histogram;
      const auto labelled = [&](const LabelValues& values) {
        prometheus::ClientMetric metric;
        for (std::size_t k = 0; k < values.size(); ++k) metric.label.push_back({family.label_names[k], values[k]});
        return metric;
      };
      std::map<LabelValues, std::int64_t> numbers;
      for (const auto& [values, series] : family.series) {
        if (!series->histogram) {
          numbers[values] += about.kind == "counter" ? series->counter.value() : series->gauge.value();
          continue;
        }
        prometheus::ClientMetric metric = labelled(values);
        std::int64_t total = 0;
        for (std::size_t b = 0; b < Histogram::kBuckets; ++b) {
          total += series->histogram->count(b);
          const double bound = b + 1 == Histogram::kBuckets ? std::numeric_limits<double>::infinity()
                                                            : static_cast<double>(Histogram::kBoundsUs[b]) / 1e6;
          metric.histogram.bucket.push_back({static_cast<std::uint64_t>(total), bound});
        }
        metric.histogram.sample_count = static_cast<std::uint64_t>(total);
        metric.histogram.sample_sum = static_cast<double>(series->histogram->sum_us()) / 1e6;
        shown.metric.push_back(std::move(metric));
      }
      for (const Reader& reader : family.readers) numbers[reader.labels] += reader.read();
      // A metric without labels that nobody has touched is 0, not absent: a dashboard then shows it from the start.
      if (family.label_names.empty() && about.kind != "histogram") numbers[{}] += 0;
      for (const auto& [values, number] : numbers) {
        prometheus::ClientMetric metric = labelled(values);
        metric.counter.value = static_cast<double>(number);
        metric.gauge.value = static_cast<double>(number);
        shown.metric.push_back(std::move(metric));
      }
      if (!shown.metric.empty()) out.push_back(std::move(shown));
    }
  }
  return prometheus::TextSerializer().Serialize(out);
}

Metrics& metrics() {
  static auto* const instance = new Metrics();
  return *instance;
}

std::string metrics_text() { return metrics().text(); }

RouteMetrics::RouteMetrics(Metrics& metrics, std::string_view route_id) {
  static constexpr std::string_view kClasses[] = {"1xx", "2xx", "3xx", "4xx", "5xx"};
  for (std::size_t i = 0; i < 5; ++i) classes_[i] = &metrics.counter(Metric::http_requests, {route_id, kClasses[i]});
  seconds_ = &metrics.histogram(Metric::http_seconds, {route_id});
}

void RouteMetrics::answered(int status, std::int64_t us) {
  const int status_class = status / 100;
  classes_[status_class < 1 || status_class > 5 ? 4 : status_class - 1]->add();
  seconds_->observe_us(us);
}

}  // namespace lianbo::net
