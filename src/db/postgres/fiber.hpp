// A function that can pause in the middle and go on later, on a stack of its own. Private to src/db.
//
// Threads: one thread starts and resumes a fiber. It must not pause inside a catch block.
#pragma once

#include <ucontext.h>

#include <cstddef>
#include <functional>

namespace lianbo::db::pg {

class Fiber {
 public:
  Fiber();
  ~Fiber();
  Fiber(const Fiber&) = delete;
  Fiber& operator=(const Fiber&) = delete;

  // The last work must have ended.
  void start(std::function<void()> work);
  // Runs until the work pauses (true) or ends (false).
  bool resume();
  // Only inside the work.
  void pause();

 private:
  static void enter();
  void leave_to_caller();

  void* memory_ = nullptr;
  std::size_t size_ = 0;
  ucontext_t own_{}, caller_{};
  std::function<void()> work_;
  bool running_ = false;
  void* sanitizer_ = nullptr;         // ThreadSanitizer's name of this stack
  void* sanitizer_caller_ = nullptr;  // and of the caller's
  void* fake_stack_ = nullptr;        // AddressSanitizer's
  const void* caller_bottom_ = nullptr;
  std::size_t caller_size_ = 0;
};

}  // namespace lianbo::db::pg
