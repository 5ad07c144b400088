// Private to net/: the event loop of one I/O thread. epoll, edge-triggered: a socket is registered once, for reading
// and writing, and never again, so that a request costs no system call beyond its recv and its send, and a connection
// at rest costs nothing here. What is told of a socket is that it may have become ready; whoever is told reads, or
// sends, until the kernel has no more.
//
// Threads: everything on the loop's own thread, but wake, which is for any.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <vector>

namespace lianbo::net {

class Watched {
 public:
  // events: EPOLLIN, EPOLLOUT, EPOLLRDHUP, EPOLLHUP, EPOLLERR.
  virtual void on_ready(std::uint32_t events) = 0;

 protected:
  ~Watched() = default;
};

class Loop {
 public:
  using Fn = std::move_only_function<void()>;
  using TimerId = std::pair<std::int64_t, std::int64_t>;  // when, and a number

  Loop();
  ~Loop();
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  // Runs until stop. mail is called after a wake, once for any number of them.
  void run(const std::function<void()>& mail);
  void stop() { stopping_ = true; }
  void wake();                                          // from any thread
  void mail_is_here() { has_mail_ = true; }             // the same from the loop's own
  void soon(Fn fn) { soon_.push_back(std::move(fn)); }  // after what is being done now

  // level: told again and again as long as there is something to read (for a socket that accepts).
  bool watch(int fd, Watched& who, bool level = false);
  void forget(int fd, Watched& who);  // before fd is closed; nothing is told of it afterwards

  TimerId after_us(std::int64_t us, Fn fn);
  // As soon as nobody has anything to be told and no mail is here; at the latest after us.
  void when_idle(std::int64_t us, Fn fn);
  void cancel(const TimerId& timer) { timers_.erase(timer); }
  void cancel_all() { timers_.clear(); }
  // monotonic_ms() when the loop woke up last: for deadlines of seconds, which need no look at the clock each.
  std::int64_t woke_ms() const { return woke_ms_; }

 private:
  static std::int64_t now_ms();
  int wait_ms() const;
  void run_timers();
  void run_idle();

  int epoll_ = -1;
  std::int64_t woke_ms_ = now_ms();
  int wake_ = -1;
  bool stopping_ = false;
  bool has_mail_ = false;
  std::vector<Fn> soon_;
  std::map<TimerId, Fn> timers_;
  std::deque<TimerId> idle_;  // those of timers_ that need not wait, and some that have run
  std::int64_t next_timer_ = 0;
  void** batch_ = nullptr;  // whom the events under way are for
  int in_batch_ = 0;
};

}  // namespace lianbo::net
