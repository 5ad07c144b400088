#include "bus/outbox_relay.hpp"

#include <algorithm>
#include <chrono>
#include <optional>

#include "base/check.hpp"
#include "base/log.hpp"

namespace lianbo::bus {
namespace {

constexpr auto kRetry = std::chrono::milliseconds(200);  // after the database failed
constexpr int kStopAttempts = 3;
constexpr std::size_t kMaxPublished = 65536;  // beyond, the table remembers instead of this process

}  // namespace

OutboxRelay::OutboxRelay(db::Database& database, Bus& bus, Options options)
    : database_(database), bus_(bus), options_(std::move(options)) {
  database_.on_commit([this](std::vector<db::Event>&& events) { take(std::move(events)); });
}

OutboxRelay::~OutboxRelay() {
  stop();
  database_.on_commit({});
}

// On a database thread, right after the commit. Publishing under the mutex keeps the order of commits, and makes "now
// we are behind" one decision with the refusal that caused it.
void OutboxRelay::take(std::vector<db::Event>&& events) {
  const std::scoped_lock lock(mutex_);
  bool wake = false;
  for (db::Event& event : events) {
    if (!event.durable) {
      if (bus_.publish(std::move(event)))
        ++stats_.published;
      else
        ++stats_.dropped;
      continue;
    }
    if (!behind_) {
      const OutboxKey key{event.bucket, event.id.value};
      if (published_.size() < kMaxPublished && bus_.publish(std::move(event))) {
        ++stats_.published;
        published_[key] = steps_;
        wake = wake || published_.size() == 1 || published_.size() == static_cast<std::size_t>(options_.batch);
        continue;
      }
      behind_ = true;
      wake = true;
    }
    ++missed_;
  }
  if (wake) wake_.notify_one();
}

Status OutboxRelay::start() {
  {
    const std::scoped_lock lock(mutex_);
    if (started_) return {};
    started_ = true;
  }
  for (bool behind = true; behind;) {
    TRY_OK(step());
    const std::scoped_lock lock(mutex_);
    behind = behind_;
  }
  thread_ = std::thread([this] { run(); });
  return {};
}

Status OutboxRelay::flush() {
  {
    std::unique_lock lock(mutex_);
    const std::int64_t failed = failures_;
    caught_up_.wait(lock, [&] { return !behind_ || failures_ != failed || stopping_ || !started_; });
    if (behind_ && failures_ != failed) return std::unexpected(*last_failure_);
  }
  bus_.flush();
  return {};
}

Status OutboxRelay::drain() {
  std::unique_lock lock(mutex_);
  const std::int64_t mine = ++drains_asked_, failed = failures_;
  wake_.notify_one();
  drained_.wait(lock, [&] { return drains_done_ >= mine || failures_ != failed || stopping_ || !started_; });
  if (drains_done_ < mine && failures_ != failed) return std::unexpected(*last_failure_);
  return {};
}

void OutboxRelay::stop() {
  {
    const std::scoped_lock lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  caught_up_.notify_all();
  drained_.notify_all();
  if (thread_.joinable()) thread_.join();
}

RelayStats OutboxRelay::stats() const {
  const std::scoped_lock lock(mutex_);
  RelayStats out = stats_;
  out.waiting = static_cast<std::int64_t>(published_.size());
  out.behind = behind_;
  return out;
}

// The oldest rows of the outbox: what was not published yet is published, and when the bus has delivered all of them
// they move into the journal. How many there were; fewer than a batch: nothing is left of what was there. A row whose
// commit is on disk but whose event has not come yet can be published here and then again by take(): at least once.
Result<int> OutboxRelay::step() {
  std::int64_t missed = 0, now = 0;
  {
    const std::scoped_lock lock(mutex_);
    missed = missed_;
    now = ++steps_;
  }
  TRY(const auto rows,
      database_.read([&](db::Tx& tx) -> Result<std::vector<OutboxKey>> { return outbox_rows(tx, options_.batch); }));
  std::vector<OutboxKey> untold;
  {
    const std::scoped_lock lock(mutex_);
    std::copy_if(rows.begin(), rows.end(), std::back_inserter(untold),
                 [&](const OutboxKey& key) { return !published_.contains(key); });
  }
  if (!untold.empty()) {
    TRY(auto events, database_.read([&](db::Tx& tx) -> Result<std::vector<db::Event>> {
      std::vector<db::Event> out;
      for (const auto& key : untold)
        if (auto event = outbox_event(tx, key)) out.push_back(*std::move(event));
      return out;
    }));
    for (db::Event& event : events) {
      const OutboxKey key{event.bucket, event.id.value};
      while (!bus_.publish(event)) {
        if (bus_.stats().stopped)
          return fail(Code::shutting_down, "the bus takes nothing more; what is not delivered stays in the outbox");
        bus_.flush();
      }
      const std::scoped_lock lock(mutex_);
      ++stats_.published;
      ++stats_.recovered;
      published_[key] = now;
    }
  }
  bus_.flush();
  TRY(const int moved, keep_events(database_, rows));
  const bool all = static_cast<int>(rows.size()) < options_.batch;
  {
    const std::scoped_lock lock(mutex_);
    stats_.kept += moved;
    for (const auto& key : rows) published_.erase(key);
    // Told before this look at the whole table, and not in it: moved before its event came.
    if (all) std::erase_if(published_, [&](const auto& told) { return told.second < now; });
    if (all && missed_ == missed) {
      behind_ = false;
      caught_up_.notify_all();
    }
  }
  if (moved > 0 && options_.on_kept) options_.on_kept();
  return static_cast<int>(rows.size());
}

void OutboxRelay::run() {
  using Steady = std::chrono::steady_clock;
  const auto lazy = std::chrono::milliseconds(options_.lazy_ms), poll = std::chrono::milliseconds(options_.poll_ms);
  const auto batch = static_cast<std::size_t>(options_.batch);
  int failures = 0;
  for (;;) {
    std::int64_t drains = 0;
    bool stopping = false;
    {
      std::unique_lock lock(mutex_);
      const auto urgent = [&] { return stopping_ || behind_ || drains_asked_ > drains_done_; };
      wake_.wait_for(lock, poll, [&] { return urgent() || !published_.empty(); });
      if (!urgent() && !published_.empty())
        wake_.wait_until(lock, Steady::now() + lazy, [&] { return urgent() || published_.size() >= batch; });
      stopping = stopping_;
      drains = drains_asked_;
    }
    const auto done = step();
    if (done) {
      failures = 0;
      if (*done == options_.batch) continue;
      const std::scoped_lock lock(mutex_);
      drains_done_ = drains;
      drained_.notify_all();
      if (stopping) return;
      continue;
    }
    log_event(LogEvent::outbox_stuck, "{}", done.error().text());
    std::unique_lock lock(mutex_);
    ++failures_;
    last_failure_ = done.error();
    caught_up_.notify_all();
    drained_.notify_all();
    if (stopping_ && ++failures >= kStopAttempts) return;  // the rows stay: they are published at the next start
    wake_.wait_for(lock, kRetry, [&] { return stopping_; });
  }
}

}  // namespace lianbo::bus
