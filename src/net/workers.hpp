// Workers: the bounded pool that runs requests.
//
// A full queue refuses (submit gives false; the caller answers `overloaded`), so a crowd gets quick refusals instead of
// slow answers; and a queue is full, too, when a crowd waits in it and its first has waited for kLongestWaitMs: past
// what the machine can do more would only make everybody wait. Whoever submits checks its own deadline when the work
// begins. stop() lets everything that was taken in run to its end. Exceptions of a task end at the pool: logged and
// counted. Threads: submit and stats from any; stop once, not from a worker.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "base/clock.hpp"

namespace lianbo::net {

struct WorkerStats {
  std::int64_t waiting = 0;
  std::int64_t running = 0;
  std::int64_t done = 0;
  std::int64_t refused = 0;  // the queue was full (see above), or the pool stopping
  std::int64_t thrown = 0;
};

class Workers {
 public:
  using Task = std::move_only_function<void()>;

  static constexpr std::int64_t kLongestWaitMs = 500;
  static constexpr std::size_t kCrowd = 4;  // waiting for each thread

  using Now = std::function<std::int64_t()>;  // milliseconds that only grow
  Workers(int threads, std::size_t queue_limit, Now now = monotonic_ms);
  ~Workers();
  Workers(const Workers&) = delete;
  Workers& operator=(const Workers&) = delete;

  bool submit(Task task);
  void stop();
  WorkerStats stats() const;

 private:
  void run();

  struct Waiting {
    Task task;
    std::int64_t since_ms;
  };
  const std::size_t queue_limit_;
  const std::size_t crowd_;
  const Now now_;
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Waiting> queue_;
  bool stopping_ = false;
  std::atomic<std::int64_t> running_{0}, done_{0}, refused_{0}, thrown_{0};
  std::vector<std::thread> threads_;
};

}  // namespace lianbo::net
