#include "bus/outbox_relay.hpp"

#include <algorithm>
#include <chrono>
#include <optional>

#include "base/check.hpp"
#include "base/log.hpp"

namespace lianbo::bus {
namespace {

const db::Sql kOutboxRead{"bus.outbox_read",
                          "select bucket, id, brand_id, topic, key, payload, at from outbox order by id limit $1"};
const db::Sql kOutboxDelete{"bus.outbox_delete", "delete from outbox where bucket = $1 and id = $2"};

constexpr auto kRetry = std::chrono::milliseconds(200);  // after the database failed
constexpr int kStopAttempts = 3;

}  // namespace

OutboxRelay::OutboxRelay(db::Database& database, Bus& bus, Options options)
    : database_(database), bus_(bus), options_(options) {
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
      const Key key{event.bucket, event.id.value};
      if (bus_.publish(std::move(event))) {
        ++stats_.published;
        delivered_later_.push_back(key);
        wake =
            wake || delivered_later_.size() == 1 || delivered_later_.size() == static_cast<std::size_t>(options_.batch);
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
  TRY_OK(catch_up());
  thread_ = std::thread([this] { run(); });
  return {};
}

void OutboxRelay::flush() {
  {
    std::unique_lock lock(mutex_);
    caught_up_.wait(lock, [&] { return !behind_ || stopping_ || !started_; });
  }
  bus_.flush();
}

void OutboxRelay::stop() {
  {
    const std::scoped_lock lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  caught_up_.notify_all();
  if (thread_.joinable()) thread_.join();
}

RelayStats OutboxRelay::stats() const {
  const std::scoped_lock lock(mutex_);
  RelayStats out = stats_;
  out.waiting = static_cast<std::int64_t>(delivered_later_.size());
  out.behind = behind_;
  return out;
}

Status OutboxRelay::delete_rows(const std::vector<Key>& keys) {
  if (keys.empty()) return {};
  TRY_OK(database_.write([&](db::Tx& tx) -> Status {
    for (const auto& [bucket, id] : keys) tx.exec(kOutboxDelete, {bucket, id});
    return {};
  }));
  const std::scoped_lock lock(mutex_);
  stats_.deleted += static_cast<std::int64_t>(keys.size());
  return {};
}

// Publishes the outbox from its beginning until nothing is left and nothing came meanwhile. Rows already published are
// deleted first, so that only what was not delivered is told again. A row whose commit is on disk but whose event has
// not come yet can be published here and then again by take(): at least once.
Status OutboxRelay::catch_up() {
  for (;;) {
    std::vector<Key> published;
    std::int64_t missed = 0;
    {
      const std::scoped_lock lock(mutex_);
      published.swap(delivered_later_);
      missed = missed_;
    }
    bus_.flush();
    if (const Status deleted = delete_rows(published); !deleted) {
      const std::scoped_lock lock(mutex_);
      delivered_later_.insert(delivered_later_.end(), published.begin(), published.end());
      return deleted;
    }
    std::vector<db::Event> rows;
    TRY_OK(database_.read([&](db::Tx& tx) -> Status {
      rows = tx.all(kOutboxRead, {options_.batch}, [](const db::Row& row) {
        db::Event event;
        event.bucket = static_cast<Bucket>(row.integer(0));
        event.id = row.id<EventId>(1);
        event.brand = row.id<BrandId>(2);
        event.topic = row.str(3);
        event.key = row.integer(4);
        event.payload = row.str(5);
        event.at = row.integer(6);
        return event;
      });
      return {};
    }));
    if (rows.empty()) {
      const std::scoped_lock lock(mutex_);
      if (missed_ != missed) continue;
      behind_ = false;
      caught_up_.notify_all();
      return {};
    }
    for (db::Event& event : rows) {
      const Key key{event.bucket, event.id.value};
      while (!bus_.publish(event)) {
        if (bus_.stats().stopped)
          return fail(Code::shutting_down, "the bus takes nothing more; what is not delivered stays in the outbox");
        bus_.flush();
      }
      const std::scoped_lock lock(mutex_);
      ++stats_.published;
      ++stats_.recovered;
      delivered_later_.push_back(key);
    }
  }
}

void OutboxRelay::run() {
  using Steady = std::chrono::steady_clock;
  const auto lazy = std::chrono::milliseconds(options_.lazy_ms);
  const auto batch = static_cast<std::size_t>(options_.batch);
  int failures = 0;
  for (;;) {
    std::vector<Key> keys;
    bool behind = false;
    bool stopping = false;
    {
      std::unique_lock lock(mutex_);
      wake_.wait(lock, [&] { return stopping_ || behind_ || !delivered_later_.empty(); });
      if (!stopping_ && !behind_)
        wake_.wait_until(lock, Steady::now() + lazy,
                         [&] { return stopping_ || behind_ || delivered_later_.size() >= batch; });
      stopping = stopping_;
      behind = behind_ && !stopping_;
      if (!behind) {
        const auto n = static_cast<std::ptrdiff_t>(std::min(batch, delivered_later_.size()));
        keys.assign(delivered_later_.begin(), delivered_later_.begin() + n);
        delivered_later_.erase(delivered_later_.begin(), delivered_later_.begin() + n);
      }
      if (stopping && keys.empty()) return;
    }
    Status done;
    if (behind) {
      done = catch_up();
    } else {
      bus_.flush();
      done = delete_rows(keys);
    }
    if (done) {
      failures = 0;
      continue;
    }
    log_event(LogEvent::outbox_stuck, "{}", done.error().text());
    std::unique_lock lock(mutex_);
    delivered_later_.insert(delivered_later_.begin(), keys.begin(), keys.end());
    if (stopping_ && ++failures >= kStopAttempts) return;  // the rows stay: they are published at the next start
    wake_.wait_for(lock, kRetry, [&] { return stopping_; });
  }
}

}  // namespace lianbo::bus
