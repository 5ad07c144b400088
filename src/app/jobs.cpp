#include "app/jobs.hpp"

#include "base/log.hpp"
#include "net/metrics.hpp"

namespace lianbo::app {

Jobs::Jobs(std::vector<Job> jobs, std::function<Call()> make_call)
    : jobs_(std::move(jobs)), make_call_(std::move(make_call)) {}
Jobs::~Jobs() { stop(); }

void Jobs::run_due() {
  std::lock_guard lock(run_mutex_);
  for (const auto& job : jobs_) {
    for (int round = 0; round < kRounds; ++round) {
      const auto did = job.run(make_call_());
      net::metrics().counter(net::Metric::job_runs, {job.name, did ? "done" : "failed"}).add();
      if (!did) log_event(LogEvent::job_failed, "{}: {}", job.name, did.error().text());
      if (!did || *did == 0) break;
    }
  }
}

void Jobs::start(std::int64_t every_ms) {
  thread_ = std::thread([this, every_ms] {
    std::unique_lock lock(mutex_);
    while (!stopping_) {
      wake_.wait_for(lock, std::chrono::milliseconds(every_ms), [&] { return nudged_ || stopping_; });
      nudged_ = false;
      if (stopping_) return;
      lock.unlock();
      run_due();
      lock.lock();
    }
  });
}

void Jobs::nudge() {
  std::lock_guard lock(mutex_);
  nudged_ = true;
  wake_.notify_one();
}

void Jobs::stop() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
    wake_.notify_one();
  }
  if (thread_.joinable()) thread_.join();
}

}  // namespace lianbo::app
