#include "db/postgres/tools.hpp"

#include <fcntl.h>
#include <fmt/core.h>
#include <libpq-fe.h>
#include <signal.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <vector>

#include "db/db.hpp"

namespace lianbo::db {
namespace {

constexpr std::size_t kMaxWords = 4096;  // of what a program complains about

const Sql kTables{"restore.tables_postgres", "select 0",
                  "select count(*) from information_schema.tables where table_schema not in ('pg_catalog', "
                  "'information_schema')"};

struct Target {
  std::vector<std::string> environment;
  std::string name;
};

Result<Target> target_of(const std::string& url) {
  char* problem = nullptr;
  const std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)> options(PQconninfoParse(url.c_str(), &problem),
                                                                             &PQconninfoFree);
  if (!options) {
    std::string said = problem ? problem : "?";
    PQfreemem(problem);
    return fail(Code::invalid_field, "db.url can't be read: " + said, "db.url");
  }
  Target out;
  std::vector<std::string> set;
  for (const PQconninfoOption* option = options.get(); option->keyword; ++option) {
    if (!option->val || !*option->val) continue;
    if (std::string_view(option->keyword) == "dbname") out.name = option->val;
    if (!option->envvar) continue;
    set.push_back(std::string(option->envvar) + "=");
    out.environment.push_back(set.back() + option->val);
  }
  for (char** e = environ; *e; ++e)
    if (std::none_of(set.begin(), set.end(), [&](const auto& s) { return std::string_view(*e).starts_with(s); }))
      out.environment.emplace_back(*e);
  return out;
}

// Runs a program until it ends; its complaint is the error.
Status run_tool(std::vector<std::string> arguments, const Target& target) {
  const std::string program = arguments.front();
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return fail(Code::io_failed, fmt::format("pipe: {}", std::strerror(errno)));
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, ends[1], STDERR_FILENO);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t none;
  sigemptyset(&none);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);

  std::vector<char*> argv, env;
  for (auto& a : arguments) argv.push_back(a.data());
  argv.push_back(nullptr);
  for (const auto& e : target.environment) env.push_back(const_cast<char*>(e.c_str()));
  env.push_back(nullptr);
  pid_t pid = 0;
  const int rc = posix_spawnp(&pid, program.c_str(), &actions, &attributes, argv.data(), env.data());
  posix_spawn_file_actions_destroy(&actions);
  posix_spawnattr_destroy(&attributes);
  close(ends[1]);
  if (rc != 0) {
    close(ends[0]);
    return fail(Code::io_failed, fmt::format("{} can't be run ({}): install PostgreSQL's client programs, of the "
                                             "server's version or newer (postgresql-client)",
                                             program, std::strerror(rc)));
  }
  std::string words;
  char part[1024];
  for (ssize_t n; (n = read(ends[0], part, sizeof part)) > 0 || (n < 0 && errno == EINTR);)
    if (n > 0 && words.size() < kMaxWords) words.append(part, static_cast<std::size_t>(n));
  close(ends[0]);
  int status = 0;
  while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return {};
  while (!words.empty() && words.back() == '\n') words.pop_back();
  std::replace(words.begin(), words.end(), '\n', ' ');
  if (WIFSIGNALED(status)) words = fmt::format("{} was ended by signal {}. {}", program, WTERMSIG(status), words);
  return fail(Code::io_failed, words.empty() ? fmt::format("{} failed", program) : words);
}

}  // namespace

Status pg_dump_to(const std::string& url, const std::string& file) {
  TRY(const Target target, target_of(url));
  // pg_dump would make the file readable for everybody; in it are people's addresses.
  const int fd = ::open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (fd < 0) return fail(Code::io_failed, fmt::format("{}: {}", file, std::strerror(errno)));
  ::close(fd);
  return run_tool({"pg_dump", "--format=custom", "--compress=0", "--no-owner", "--no-privileges",
                   "--lock-wait-timeout=60000", "--no-password", "--file=" + file},
                  target);
}

Status pg_restore_from(const std::string& url, const std::string& file) {
  TRY(const Target target, target_of(url));
  std::string name;
  for (const char c : target.name) {
    if (c == '\'' || c == '\\') name += '\\';
    name += c;
  }
  return run_tool({"pg_restore", "--exit-on-error", "--single-transaction", "--no-owner", "--no-privileges",
                   "--no-password", "--dbname=dbname='" + name + "'", file},
                  target);
}

Status pg_check_empty(const std::string& url) {
  TRY(const auto db, open_database({.url = url, .readers = 1, .writers = 1}));
  return db->read([](Tx& tx) -> Status {
    if (const auto tables = tx.number(kTables); tables != 0)
      return fail(Code::conflict,
                  fmt::format("the database holds {} tables; restore into an empty one (createdb NAME)", tables),
                  "db.url");
    return {};
  });
}

}  // namespace lianbo::db
