#include "db/postgres/fiber.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <new>

#include "base/check.hpp"

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define LIANBO_ASAN 1
#endif
#if __has_feature(thread_sanitizer)
#define LIANBO_TSAN 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__)
#define LIANBO_ASAN 1
#endif
#if defined(__SANITIZE_THREAD__)
#define LIANBO_TSAN 1
#endif

#ifdef LIANBO_ASAN
#include <sanitizer/common_interface_defs.h>
#endif
#ifdef LIANBO_TSAN
#include <sanitizer/tsan_interface.h>
#endif

namespace lianbo::db::pg {
namespace {
#ifdef LIANBO_ASAN
constexpr std::size_t kStackBytes = 1 << 20;
#else
constexpr std::size_t kStackBytes = 256 << 10;
#endif
thread_local Fiber* t_entering = nullptr;
}  // namespace

Fiber::Fiber() {
  const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  size_ = kStackBytes + page;
  memory_ = mmap(nullptr, size_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory_ == MAP_FAILED) throw std::bad_alloc();
  mprotect(memory_, page, PROT_NONE);  // what runs over ends here
  getcontext(&own_);
  own_.uc_stack.ss_sp = static_cast<char*>(memory_) + page;
  own_.uc_stack.ss_size = kStackBytes;
  own_.uc_link = nullptr;
  makecontext(&own_, &Fiber::enter, 0);
#ifdef LIANBO_TSAN
  sanitizer_ = __tsan_create_fiber(0);
#endif
}

Fiber::~Fiber() {
  CHECK(!running_);
#ifdef LIANBO_TSAN
  __tsan_destroy_fiber(sanitizer_);
#endif
  munmap(memory_, size_);
}

void Fiber::start(std::function<void()> work) {
  CHECK(!running_);
  work_ = std::move(work);
  running_ = true;
}

bool Fiber::resume() {
  CHECK(running_);
  t_entering = this;
#ifdef LIANBO_TSAN
  sanitizer_caller_ = __tsan_get_current_fiber();
  __tsan_switch_to_fiber(sanitizer_, 0);
#endif
#ifdef LIANBO_ASAN
  void* fake = nullptr;
  __sanitizer_start_switch_fiber(&fake, own_.uc_stack.ss_sp, own_.uc_stack.ss_size);
#endif
  swapcontext(&caller_, &own_);
#ifdef LIANBO_ASAN
  __sanitizer_finish_switch_fiber(fake, nullptr, nullptr);
#endif
  return running_;
}

void Fiber::leave_to_caller() {
#ifdef LIANBO_TSAN
  __tsan_switch_to_fiber(sanitizer_caller_, 0);
#endif
#ifdef LIANBO_ASAN
  __sanitizer_start_switch_fiber(&fake_stack_, caller_bottom_, caller_size_);
#endif
  swapcontext(&own_, &caller_);
#ifdef LIANBO_ASAN
  __sanitizer_finish_switch_fiber(fake_stack_, &caller_bottom_, &caller_size_);
#endif
}

void Fiber::pause() { leave_to_caller(); }

// The stack is used again for the next work; it is never left by returning.
void Fiber::enter() {
  Fiber* self = t_entering;
#ifdef LIANBO_ASAN
  __sanitizer_finish_switch_fiber(nullptr, &self->caller_bottom_, &self->caller_size_);
#endif
  for (;;) {
    self->work_();
    self->work_ = nullptr;
    self->running_ = false;
    self->leave_to_caller();
  }
}

}  // namespace lianbo::db::pg
