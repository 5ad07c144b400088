// Metrics: counters, gauges and histograms of the whole process, as text for /metrics (Prometheus exposition).
//
// Every metric is in the one list below, with its labels and what it means. Counting is one relaxed atomic add: look
// the Counter up once (it stays where it is for ever) and keep the reference. What another object counts already is
// read at scrape time through `sample`. prometheus-cpp's own counters add doubles in a compare-and-swap loop and its
// histograms lock; so only its text form is used here. Threads: any.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// X(id, "name", kind, "label,label", "help")
#define LIANBO_METRICS(X)                                                                                              \
  X(http_requests, "lianbo_http_requests_total", counter, "route,status",                                              \
    "requests answered, by route and status class")                                                                    \
  X(http_seconds, "lianbo_http_request_seconds", histogram, "route", "time from the whole request to its reply")       \
  X(http_in_flight, "lianbo_http_in_flight", gauge, "", "requests given to a handler and not yet answered")            \
  X(http_bad_requests, "lianbo_http_bad_requests_total", counter, "", "requests the server refused by itself")         \
  X(http_timeouts, "lianbo_http_timeouts_total", counter, "", "connections closed because their time was up")          \
  X(connections_open, "lianbo_connections_open", gauge, "", "open connections, HTTP and WebSocket")                    \
  X(connections_accepted, "lianbo_connections_accepted_total", counter, "", "connections accepted")                    \
  X(connections_refused, "lianbo_connections_refused_total", counter, "",                                              \
    "connections refused: http.connections is full")                                                                   \
  X(workers_waiting, "lianbo_workers_waiting", gauge, "", "requests waiting for a worker")                             \
  X(workers_running, "lianbo_workers_running", gauge, "", "requests being worked on")                                  \
  X(workers_done, "lianbo_workers_done_total", counter, "", "requests worked off")                                     \
  X(workers_refused, "lianbo_workers_refused_total", counter, "", "requests refused: http.queue is full")              \
  X(workers_thrown, "lianbo_workers_exceptions_total", counter, "", "requests that ended in an exception")             \
  X(ws_open, "lianbo_ws_connections", gauge, "", "open WebSockets")                                                    \
  X(ws_accepted, "lianbo_ws_accepted_total", counter, "", "WebSockets accepted")                                       \
  X(ws_received, "lianbo_ws_messages_received_total", counter, "", "messages from viewers")                            \
  X(ws_frames_sent, "lianbo_ws_frames_sent_total", counter, "", "frames sent to viewers")                              \
  X(ws_bytes_sent, "lianbo_ws_bytes_sent_total", counter, "", "bytes sent to viewers")                                 \
  X(ws_frames_dropped, "lianbo_ws_frames_dropped_total", counter, "", "counters left out for slow viewers")            \
  X(ws_cut_off, "lianbo_ws_cut_off_total", counter, "", "slow viewers cut off: room.queue_bytes were unsent")          \
  X(ws_protocol_errors, "lianbo_ws_protocol_errors_total", counter, "", "WebSockets closed for breaking the protocol") \
  X(db_transactions, "lianbo_db_transactions_total", counter, "", "transactions")                                      \
  X(db_commits, "lianbo_db_commits_total", counter, "", "commits; fewer than transactions when they share one")        \
  X(db_rollbacks, "lianbo_db_rollbacks_total", counter, "", "transactions undone")                                     \
  X(db_retries, "lianbo_db_retries_total", counter, "", "transactions run again after a conflict")                     \
  X(db_statements, "lianbo_db_statements_total", counter, "", "statements")                                            \
  X(db_refused, "lianbo_db_refused_total", counter, "", "writes refused: db.queue is full")                            \
  X(db_waiting, "lianbo_db_waiting", gauge, "", "writes waiting")                                                      \
  X(outbox_waiting, "lianbo_outbox_waiting", gauge, "", "events committed and not yet handed on")                      \
  X(events, "lianbo_events_total", counter, "topic", "events handed on, by topic")                                     \
  X(rooms_open, "lianbo_rooms_open", gauge, "", "rooms with at least one viewer")                                      \
  X(room_refused, "lianbo_room_refused_total", counter, "reason",                                                      \
    "what rooms refused: full, not_admitted, chat (too fast, muted), message (not understood)")                        \
  X(payments, "lianbo_payment_notices_total", counter, "outcome",                                                      \
    "notices of the payment rail: booked, ignored, refused, failed")                                                   \
  X(job_runs, "lianbo_job_runs_total", counter, "job,outcome", "runs of the server's jobs: done, failed")              \
  X(rate_refused, "lianbo_rate_refused_total", counter, "limit",                                                       \
    "requests answered 429 for their address: guest (rate.guest_per_min), login (rate.login_per_min)")                 \
  X(backups, "lianbo_backups_total", counter, "outcome", "backups the server made by itself or on request")            \
  X(backup_newest, "lianbo_backup_newest_seconds", gauge, "",                                                          \
    "when the newest backup in backup.dir was made, in seconds since 1970; 0: there is none")                          \
  X(media_recordings, "lianbo_media_recordings_open", gauge, "", "recordings that are not closed yet")                 \
  X(media_segments, "lianbo_media_segments_total", counter, "", "segments taken over into recordings")                 \
  X(media_restarts, "lianbo_media_restarts_total", counter, "", "times nginx was started again after it had ended")    \
  X(media_cameras, "lianbo_media_cameras", gauge, "", "browsers that send their camera now")                           \
  X(media_publishers, "lianbo_media_publishers_total", counter, "outcome",                                             \
    "who wanted to publish: admitted, refused; left: their end")                                                       \
  X(media_lost, "lianbo_media_broadcasts_lost_total", counter, "",                                                     \
    "broadcasts that ended because their picture never came back (media.lost_minutes)")                                \
  X(media_kept_bytes, "lianbo_media_kept_bytes", gauge, "",                                                            \
    "recordings and clips on the disk when media.disk_mb was looked at last; 0: it is not set")                        \
  X(clips, "lianbo_clips_total", counter, "outcome", "clips cut, by how it ended: ready, failed")                      \
  X(log_events, "lianbo_log_events_total", counter, "event", "log lines by event (docs/logs.md), warnings and errors")

namespace lianbo::net {

enum class Metric {
#define X(id, name, kind, labels, help) id,
  LIANBO_METRICS(X)
#undef X
};

class Counter {
 public:
  void add(std::int64_t n = 1) { value_.fetch_add(n, std::memory_order_relaxed); }
  std::int64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::int64_t> value_{0};
};

class Gauge {
 public:
  void set(std::int64_t v) { value_.store(v, std::memory_order_relaxed); }
  void add(std::int64_t n) { value_.fetch_add(n, std::memory_order_relaxed); }
  std::int64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::int64_t> value_{0};
};

// Times, in buckets from 0.1 ms to 10 s.
class Histogram {
 public:
  static constexpr std::int64_t kBoundsUs[] = {100,   250,    500,    1000,   2500,    5000,    10000,   25000,
                                               50000, 100000, 250000, 500000, 1000000, 2500000, 5000000, 10000000};
  static constexpr std::size_t kBuckets = sizeof kBoundsUs / sizeof kBoundsUs[0] + 1;

  void observe_us(std::int64_t us);
  std::int64_t count(std::size_t bucket) const { return counts_[bucket].load(std::memory_order_relaxed); }
  std::int64_t sum_us() const { return sum_us_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::int64_t> counts_[kBuckets]{};
  std::atomic<std::int64_t> sum_us_{0};
};

// While it lives, a sample is part of the text. After its end the function is not called any more.
class Sample {
 public:
  Sample() = default;
  explicit Sample(std::function<void()> remove) : remove_(std::move(remove)) {}
  Sample(Sample&& other) noexcept : remove_(std::exchange(other.remove_, nullptr)) {}
  Sample& operator=(Sample&& other) noexcept {
    std::swap(remove_, other.remove_);
    return *this;
  }
  ~Sample() {
    if (remove_) remove_();
  }

 private:
  std::function<void()> remove_;
};

class Metrics {
 public:
  using Labels = std::initializer_list<std::string_view>;  // values, in the order of the list above

  Metrics();
  ~Metrics();
  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;

  // The kind must be the metric's (CHECK). A metric has at most kMaxSeries label sets; beyond, all share one series
  // whose labels are "other".
  static constexpr std::size_t kMaxSeries = 1000;
  Counter& counter(Metric metric, Labels labels = {});
  Gauge& gauge(Metric metric, Labels labels = {});
  Histogram& histogram(Metric metric, Labels labels = {});
  // A counter or gauge that somebody else keeps. The function is called while text() runs, from any thread, and must
  // not call Metrics. Several samples of one series are added up. The Sample must not outlive the Metrics.
  [[nodiscard]] Sample sample(Metric metric, std::function<std::int64_t()> read, Labels labels = {});

  std::string text() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// The process's metrics, never destroyed.
Metrics& metrics();
std::string metrics_text();

// What the dispatcher counts for one route: five status classes and the time. Made once per route, at start.
class RouteMetrics {
 public:
  RouteMetrics(Metrics& metrics, std::string_view route_id);
  void answered(int status, std::int64_t us);

 private:
  Counter* classes_[5];
  Histogram* seconds_;
};

struct MetricInfo {
  std::string_view name, kind, labels, help;
};
const std::vector<MetricInfo>& all_metrics();

}  // namespace lianbo::net
