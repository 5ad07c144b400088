#include "net/loop.hpp"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <utility>

#include "base/check.hpp"
#include "base/log.hpp"

namespace lianbo::net {
namespace {

constexpr int kEventsInOneGo = 256;

std::int64_t now_us() {
  return std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

template <class F>
void guarded(F&& f) {
  try {
    f();
  } catch (const std::exception& e) {
    log_event(LogEvent::handler_threw, "an I/O handler threw: {}", e.what());
  }
}

}  // namespace

Loop::Loop() : epoll_(::epoll_create1(EPOLL_CLOEXEC)), wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  CHECK(epoll_ >= 0 && wake_ >= 0);
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.ptr = nullptr;
  CHECK(::epoll_ctl(epoll_, EPOLL_CTL_ADD, wake_, &event) == 0);
}

Loop::~Loop() {
  soon_.clear();
  timers_.clear();
  ::close(wake_);
  ::close(epoll_);
}

void Loop::wake() {
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t n = ::write(wake_, &one, sizeof one);
}

bool Loop::watch(int fd, Watched& who, bool level) {
  epoll_event event{};
  event.events =
      level ? static_cast<std::uint32_t>(EPOLLIN)
            : static_cast<std::uint32_t>(EPOLLIN | EPOLLOUT | EPOLLRDHUP) | static_cast<std::uint32_t>(EPOLLET);
  event.data.ptr = &who;
  return ::epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event) == 0;
}

void Loop::forget(int fd, Watched& who) {
  epoll_event event{};
  ::epoll_ctl(epoll_, EPOLL_CTL_DEL, fd, &event);
  std::replace(batch_, batch_ + in_batch_, static_cast<void*>(&who), static_cast<void*>(nullptr));
}

Loop::TimerId Loop::after_us(std::int64_t us, Fn fn) {
  const TimerId id{now_us() + us, ++next_timer_};
  timers_.emplace(id, std::move(fn));
  return id;
}

void Loop::when_idle(std::int64_t us, Fn fn) {
  while (!idle_.empty() && !timers_.contains(idle_.front())) idle_.pop_front();
  idle_.push_back(after_us(us, std::move(fn)));
}

int Loop::wait_ms() const {
  if (has_mail_ || !soon_.empty() || !idle_.empty()) return 0;
  if (timers_.empty()) return -1;
  return static_cast<int>(std::clamp<std::int64_t>((timers_.begin()->first.first - now_us() + 999) / 1000, 0, 60'000));
}

std::int64_t Loop::now_ms() { return now_us() / 1000; }

void Loop::run_timers() {
  if (timers_.empty()) return;
  const std::int64_t now = now_us();
  while (!timers_.empty() && timers_.begin()->first.first <= now) {
    Fn fn = std::move(timers_.begin()->second);
    timers_.erase(timers_.begin());
    guarded(fn);
  }
}

// One at a time: it may be long, and others may have come meanwhile.
void Loop::run_idle() {
  while (!idle_.empty()) {
    const auto due = timers_.extract(idle_.front());
    idle_.pop_front();
    if (due) return guarded(due.mapped());
  }
}

void Loop::run(const std::function<void()>& mail) {
  epoll_event events[kEventsInOneGo];
  void* batch[kEventsInOneGo];
  while (!stopping_) {
    const int n = ::epoll_wait(epoll_, events, kEventsInOneGo, wait_ms());
    if (n < 0) CHECK(errno == EINTR);
    woke_ms_ = now_ms();
    for (int i = 0; i < n; ++i) batch[i] = events[i].data.ptr;
    batch_ = batch;
    in_batch_ = std::max(n, 0);
    for (int i = 0; i < in_batch_ && !stopping_; ++i) {
      if (events[i].data.ptr == nullptr) {
        std::uint64_t count = 0;
        [[maybe_unused]] const ssize_t got = ::read(wake_, &count, sizeof count);
        has_mail_ = true;
      } else if (batch[i] != nullptr) {
        guarded([&] { static_cast<Watched*>(batch[i])->on_ready(events[i].events); });
      }
    }
    in_batch_ = 0;
    batch_ = nullptr;
    const bool idle = n == 0 && soon_.empty() && !has_mail_;
    for (Fn& fn : std::exchange(soon_, {})) guarded(fn);
    if (has_mail_ && !stopping_) {
      has_mail_ = false;
      guarded(mail);
    }
    if (!stopping_) run_timers();
    if (idle && !stopping_) run_idle();
  }
}

}  // namespace lianbo::net
