// Private to net/: one I/O thread, its event loop, its mailbox, and the sessions that live on it.
//
// Sessions keep themselves alive while they are linked to their thread (SelfList), so nobody else has to own them;
// other threads hold weak pointers and reach a session only by a post to the mailbox.
#pragma once

#include <unistd.h>

#include <array>
#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "net/loop.hpp"
#include "net/send_ring.hpp"
#include "net/server.hpp"

namespace lianbo::net {

// A file descriptor on its way from one thread to another.
class Fd {
 public:
  explicit Fd(int fd = -1) : fd_(fd) {}
  Fd(Fd&& other) noexcept : fd_(other.take()) {}
  Fd& operator=(Fd&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~Fd() {
    if (fd_ >= 0) ::close(fd_);
  }
  int get() const { return fd_; }
  int take() { return std::exchange(fd_, -1); }
  void close() {
    if (fd_ >= 0) ::close(std::exchange(fd_, -1));
  }

 private:
  int fd_;
};

// Functions from other threads, run in order on the I/O thread. Outlives the thread: a post to a closed one is refused.
class Mailbox {
 public:
  using Fn = std::move_only_function<void()>;

  void open(Loop& loop);  // on the I/O thread
  void close();
  bool post(Fn fn);
  bool on_own_thread() const { return owner_.load(std::memory_order_relaxed) == std::this_thread::get_id(); }
  void drain();  // on the I/O thread

 private:
  std::mutex mutex_;
  Loop* loop_ = nullptr;
  std::vector<Fn> queue_;
  std::atomic<std::thread::id> owner_{};
};

// Sessions of one kind on one thread. A linked session owns itself (self_). T has prev_, next_, self_.
template <class T>
class SelfList {
 public:
  void link(const std::shared_ptr<T>& session) {
    session->self_ = session;
    session->next_ = head_;
    if (head_ != nullptr) head_->prev_ = session.get();
    head_ = session.get();
  }
  // The caller must hold the session itself.
  void unlink(T& session) {
    if (!session.self_) return;
    if (session.prev_ != nullptr)
      session.prev_->next_ = session.next_;
    else
      head_ = session.next_;
    if (session.next_ != nullptr) session.next_->prev_ = session.prev_;
    session.prev_ = session.next_ = nullptr;
    session.self_.reset();
  }
  // f may unlink the session it is given, and no other.
  template <class F>
  void each(F&& f) {
    for (T* at = head_; at != nullptr;) {
      T* const next = at->next_;
      const std::shared_ptr<T> hold = at->self_;
      f(*at);
      at = next;
    }
  }

 private:
  T* head_ = nullptr;
};

enum Stat {
  kAccepted,
  kRefused,
  kRequests,
  kInFlight,
  kBadRequests,
  kTimeouts,
  kHttpOpen,
  kWsOpen,
  kWsAccepted,
  kWsReceived,
  kWsFramesSent,
  kWsBytesSent,
  kWsDropped,
  kWsCutOff,
  kWsProtocolErrors,
  kStats
};

class HttpSession;
class WsSession;
class IoThread;

// What all threads of one server share.
struct ServerCore {
  ServerConfig config;
  RequestHandler on_request;
  UpgradeHandler on_upgrade;
  std::vector<std::unique_ptr<IoThread>> threads;
  std::atomic<bool> stopping{false};
  std::atomic<std::int64_t> open{0};
  std::mutex mutex;  // with changed: somebody waits in stop() for connections to end
  std::condition_variable changed;

  int home(std::int64_t home_key) const;
  std::int64_t total(Stat stat) const;
  void connection_closed();
};

class IoThread {
 public:
  IoThread(ServerCore& server, int number);
  ~IoThread();

  void start();
  void join();
  void end();  // on the thread: ends every session, timer and the mailbox; the loop then runs out
  void begin_stop();
  void close_rooms(const std::function<void(int)>& last_words);
  void adopt(Fd fd, std::string remote);  // on the thread
  void every(std::int64_t ms, std::function<void(int)> fn);
  void after(std::int64_t ms, Loop::Fn fn);
  void when_idle(std::int64_t ms, Loop::Fn fn);

  // On the thread: nobody else writes, so no bus is locked for it.
  void add(Stat stat, std::int64_t n = 1) {
    stats_[stat].store(stats_[stat].load(std::memory_order_relaxed) + n, std::memory_order_relaxed);
  }
  std::int64_t stat(Stat stat) const { return stats_[stat].load(std::memory_order_relaxed); }
  const std::string& date();             // of the Date header
  bool ended() const { return ended_; }  // on the thread: nothing new may begin
  // On the thread; nullptr: none to be had.
  SendRing* ring() {
    if (!asked_for_ring_) {
      asked_for_ring_ = true;
      ring_ = SendRing::make();
    }
    return ring_.get();
  }
  void lose_ring() { ring_.reset(); }

  ServerCore& core;
  const int index;
  Loop loop;
  std::shared_ptr<Mailbox> mailbox = std::make_shared<Mailbox>();
  SelfList<HttpSession> http;
  SelfList<WsSession> ws;
  std::array<char, 65536> scratch;
  std::function<void()> on_sweep;  // the acceptor's, on thread 0

 private:
  struct Ticker {
    std::int64_t ms;
    std::function<void(int)> fn;
    std::int64_t due_us = 0;
  };
  void sweep();
  void tick(Ticker& ticker);

  std::array<std::atomic<std::int64_t>, kStats> stats_{};
  std::vector<std::unique_ptr<Ticker>> tickers_;
  std::thread thread_;
  std::string date_;
  std::int64_t date_second_ = -1;
  std::int64_t date_looked_ms_ = 0;
  bool ended_ = false;
  bool asked_for_ring_ = false;
  std::unique_ptr<SendRing> ring_;
};

}  // namespace lianbo::net
