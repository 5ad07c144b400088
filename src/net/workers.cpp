#include "net/workers.hpp"
#include "base/log.hpp"

#include <exception>

namespace lianbo::net {

Workers::Workers(int threads, std::size_t queue_limit, Now now)
    : queue_limit_(queue_limit), crowd_(kCrowd * static_cast<std::size_t>(threads)), now_(std::move(now)) {
  threads_.reserve(static_cast<std::size_t>(threads));
  for (int i = 0; i < threads; ++i) threads_.emplace_back([this] { run(); });
}

Workers::~Workers() { stop(); }

bool Workers::submit(Task task) {
  {
    const std::int64_t now_ms = now_();
    const std::lock_guard lock(mutex_);
    const bool slow = queue_.size() >= crowd_ && now_ms - queue_.front().since_ms > kLongestWaitMs;
    if (stopping_ || slow || queue_.size() >= queue_limit_) {
      refused_.fetch_add(1, std::memory_order_relaxed);
      return false;
    }
    queue_.push_back({std::move(task), now_ms});
  }
  wake_.notify_one();
  return true;
}

void Workers::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  for (std::thread& thread : threads_)
    if (thread.joinable()) thread.join();
}

WorkerStats Workers::stats() const {
  WorkerStats out;
  {
    const std::lock_guard lock(mutex_);
    out.waiting = static_cast<std::int64_t>(queue_.size());
  }
  out.running = running_.load(std::memory_order_relaxed);
  out.done = done_.load(std::memory_order_relaxed);
  out.refused = refused_.load(std::memory_order_relaxed);
  out.thrown = thrown_.load(std::memory_order_relaxed);
  return out;
}

void Workers::run() {
  while (true) {
    Task task;
    {
      std::unique_lock lock(mutex_);
      wake_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
      if (queue_.empty()) return;
      task = std::move(queue_.front().task);
      queue_.pop_front();
    }
    running_.fetch_add(1, std::memory_order_relaxed);
    try {
      task();
    } catch (const std::exception& e) {
      thrown_.fetch_add(1, std::memory_order_relaxed);
      log_event(LogEvent::handler_threw, "a worker's task threw: {}", e.what());
    } catch (...) {
      thrown_.fetch_add(1, std::memory_order_relaxed);
      log_event(LogEvent::handler_threw, "a worker's task threw something that is no exception");
    }
    task = nullptr;
    running_.fetch_sub(1, std::memory_order_relaxed);
    done_.fetch_add(1, std::memory_order_relaxed);
  }
}

}  // namespace lianbo::net
