// Programs that work for this one: started without a shell, with nothing of ours but what they are given, and never
// outliving us: the kernel kills a child when the thread that started it ends, whatever ended that (kill -9 too). So
// start them from threads that live as long as the child should.
//
// Child: one running program; destroying it kills it and waits. run_program: runs to the end, or is killed at its
// time. Threads: one for each object. Errors: io_failed says which program, and its last words on stderr.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace lianbo::media {

enum class Input { none, pipe };

class Child {
 public:
  Child() = default;
  ~Child() { kill_now(); }
  Child(Child&& other) noexcept { *this = std::move(other); }
  Child& operator=(Child&& other) noexcept;

  // errors_to: a file that its stdout and stderr are appended to; "": nowhere.
  static Result<Child> start(const std::vector<std::string>& command, Input input, const std::string& errors_to);

  bool running();  // looks once, does not wait
  pid_t pid() const { return pid_; }
  int input() const { return input_; }  // not blocking; -1: none
  void close_input();
  // SIGTERM, then SIGKILL when the time is up.
  void end(std::int64_t wait_ms);
  void kill_now();
  int exit_status() const { return status_; }  // as waitpid gives it, once it ran

 private:
  pid_t pid_ = 0;
  int input_ = -1;
  int status_ = 0;
};

Status run_program(const std::vector<std::string>& command, std::int64_t timeout_ms);

}  // namespace lianbo::media
