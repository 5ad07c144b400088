#include "media/process.hpp"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <fstream>
#include <sstream>
#include <thread>
#include <utility>

#include "base/clock.hpp"

namespace lianbo::media {
namespace {

constexpr int kPipeBytes = 1 << 20;
constexpr std::size_t kLastWords = 400;

std::string last_words(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  std::string out = std::move(text).str();
  if (out.size() > kLastWords) out.erase(0, out.size() - kLastWords);
  for (char& c : out)
    if (static_cast<unsigned char>(c) < 0x20) c = ' ';
  return out;
}

}  // namespace

Child& Child::operator=(Child&& other) noexcept {
  if (this == &other) return *this;
  kill_now();
  pid_ = std::exchange(other.pid_, 0);
  input_ = std::exchange(other.input_, -1);
  status_ = other.status_;
  return *this;
}

Result<Child> Child::start(const std::vector<std::string>& command, Input input, const std::string& errors_to) {
  int ends[2] = {-1, -1};
  if (input == Input::pipe && pipe2(ends, O_CLOEXEC) != 0) return fail(Code::io_failed, "no pipe", command.front());
  const int null = open("/dev/null", O_RDWR | O_CLOEXEC);
  const int said = errors_to.empty() ? null : open(errors_to.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640);
  std::vector<char*> argv;
  for (const auto& a : command) argv.push_back(const_cast<char*>(a.c_str()));
  argv.push_back(nullptr);
  const pid_t parent = getpid();
  const pid_t pid = fork();
  if (pid == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) _exit(127);
    setpgid(0, 0);  // Ctrl-C is for us; we end our children in order
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, nullptr);
    signal(SIGPIPE, SIG_DFL);
    dup2(input == Input::pipe ? ends[0] : null, STDIN_FILENO);
    dup2(said < 0 ? null : said, STDOUT_FILENO);
    dup2(said < 0 ? null : said, STDERR_FILENO);
    close_range(3, ~0U, 0);  // sockets of our viewers are not theirs
    execvp(argv[0], argv.data());
    const char* why = strerror(errno);
    [[maybe_unused]] auto n = write(STDERR_FILENO, why, strlen(why));
    _exit(127);
  }
  const int forked = errno;
  if (said >= 0 && said != null) close(said);
  if (null >= 0) close(null);
  if (ends[0] >= 0) close(ends[0]);
  if (pid < 0) {
    if (ends[1] >= 0) close(ends[1]);
    return fail(Code::io_failed, strerror(forked), command.front());
  }
  Child child;
  child.pid_ = pid;
  if (ends[1] >= 0) {
    fcntl(ends[1], F_SETFL, fcntl(ends[1], F_GETFL) | O_NONBLOCK);
    fcntl(ends[1], F_SETPIPE_SZ, kPipeBytes);
    child.input_ = ends[1];
  }
  return child;
}

bool Child::running() {
  if (pid_ <= 0) return false;
  const pid_t got = waitpid(pid_, &status_, WNOHANG);
  if (got == pid_ || (got < 0 && errno == ECHILD)) {
    pid_ = 0;
    close_input();
  }
  return pid_ > 0;
}

void Child::close_input() {
  if (input_ >= 0) close(input_);
  input_ = -1;
}

void Child::end(std::int64_t wait_ms) {
  if (!running()) return;
  kill(pid_, SIGTERM);
  const std::int64_t until = monotonic_ms() + wait_ms;
  while (running() && monotonic_ms() < until) std::this_thread::sleep_for(std::chrono::milliseconds(5));
  kill_now();
}

void Child::kill_now() {
  close_input();
  if (!running()) return;
  kill(pid_, SIGKILL);
  waitpid(pid_, &status_, 0);
  pid_ = 0;
}

Status run_program(const std::vector<std::string>& command, std::int64_t timeout_ms) {
  char words[] = "/tmp/lianbo-child-XXXXXX";
  const int fd = mkstemp(words);
  if (fd < 0) return fail(Code::io_failed, strerror(errno), "/tmp");
  close(fd);
  const auto ran = [&]() -> Status {
    TRY(Child child, Child::start(command, Input::none, words));
    const std::int64_t until = monotonic_ms() + timeout_ms;
    while (child.running()) {
      if (monotonic_ms() > until)
        return fail(Code::deadline_exceeded, "did not end in " + std::to_string(timeout_ms) + " ms", command.front());
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    if (!WIFEXITED(child.exit_status()) || WEXITSTATUS(child.exit_status()) != 0)
      return fail(Code::io_failed, "failed: " + last_words(words), command.front());
    return {};
  }();
  unlink(words);
  return ran;
}

}  // namespace lianbo::media
