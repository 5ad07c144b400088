// Jobs: what is due by the clock. Unpaid orders are released, shipped ones received, refunds sent, matured lines made
// available, the sandbox's notices delivered, the ids' horizon raised, old keys forgotten.
//
// On the system clock they run on a thread of their own every jobs.ms, and at once when nudged. On a simulated clock
// they run when the clock is moved (run_due), and nothing runs by itself. Every job is safe to repeat: what it did half
// is done by the next run. Threads: run_due from any, one at a time.
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/call.hpp"
#include "base/result.hpp"

namespace lianbo::app {

struct Job {
  std::string name;
  // Does some of what is due at call.now; how much. Called again while it did something, at most kRounds times.
  std::function<Result<int>(const Call&)> run;
};

class Jobs {
 public:
  static constexpr int kRounds = 1000;

  Jobs(std::vector<Job> jobs, std::function<Call()> make_call);
  ~Jobs();

  void run_due();
  void start(std::int64_t every_ms);  // the thread
  void nudge();
  void stop();

 private:
  std::vector<Job> jobs_;
  std::function<Call()> make_call_;
  std::mutex run_mutex_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool nudged_ = false, stopping_ = false;
  std::thread thread_;
};

}  // namespace lianbo::app
