#include "support/database.hpp"

#include <fcntl.h>
#include <fmt/core.h>
#include <libpq-fe.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cctype>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <functional>

#include "base/check.hpp"
#include "base/crypto.hpp"
#include "db/migrations.hpp"

extern char** environ;

namespace lianbo::test {
namespace {
namespace fs = std::filesystem;

[[noreturn]] void give_up(const std::string& why) {
  std::fprintf(stderr, "test support: %s\n", why.c_str());
  std::fflush(stderr);
  std::_Exit(1);
}

void migrate_at(const std::string& url) {
  auto db = db::open_database({.url = url, .readers = 1, .writers = 1});
  if (!db) give_up(db.error().text());
  if (auto done = db::migrate(**db, 1'700'000'000'000); !done) give_up(done.error().text());
}

// ---- SQLite

const std::string& sqlite_template() {
  static const ScratchFolder folder;
  static const std::string path = [] {
    const std::string file = folder.path() + "/template.db";
    migrate_at("sqlite:" + file);
    return file;
  }();
  return path;
}

// ---- PostgreSQL

class PostgresServer {
 public:
  static PostgresServer& get() {
    static PostgresServer server;
    return server;
  }

  // The server's URL, for another of its databases.
  std::string url_of(const std::string& database) const { return url_for_(database); }
  const std::string& migrated_template() {
    if (template_.empty()) template_ = make_template();
    return template_;
  }
  void exec(const std::string& sql) { query(sql); }

 private:
  PostgresServer() {
    const char* given = std::getenv("LIANBO_TEST_POSTGRES");
    const std::string url = given && *given ? given : start_one();
    char* problem = nullptr;
    PQconninfoOption* options = PQconninfoParse(url.c_str(), &problem);
    if (!options) give_up(fmt::format("LIANBO_TEST_POSTGRES is no PostgreSQL URL: {}", problem ? problem : ""));
    std::string rest;
    for (PQconninfoOption* option = options; option->keyword; ++option)
      if (option->val && *option->val && std::string_view(option->keyword) != "dbname")
        rest += fmt::format("{}{}={}", rest.empty() ? "?" : "&", option->keyword, percent_encoded(option->val));
    PQconninfoFree(options);
    url_for_ = [rest](const std::string& database) { return "postgresql:///" + database + rest; };
    connection_ = PQconnectdb(url.c_str());
    if (PQstatus(connection_) != CONNECTION_OK) give_up(PQerrorMessage(connection_));
    PQsetNoticeProcessor(connection_, [](void*, const char*) {}, nullptr);
  }
  ~PostgresServer() { PQfinish(connection_); }

  static std::string percent_encoded(const char* text) {
    std::string out;
    for (const char* c = text; *c; ++c)
      out += std::isalnum(static_cast<unsigned char>(*c)) ? std::string(1, *c)
                                                          : fmt::format("%{:02X}", static_cast<unsigned char>(*c));
    return out;
  }

  // postgres.sh lives as long as it can read from us: until this process ends, in whatever way.
  static std::string start_one() {
    int to_server[2], from_server[2];
    CHECK(pipe2(to_server, O_CLOEXEC) == 0 && pipe2(from_server, O_CLOEXEC) == 0);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, to_server[0], STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions, from_server[1], STDOUT_FILENO);
    std::string script = LIANBO_SOURCE_DIR "/tests/support/postgres.sh";
    std::string verb = "serve";
    char* arguments[] = {script.data(), verb.data(), nullptr};
    pid_t pid = 0;
    if (posix_spawn(&pid, script.c_str(), &actions, nullptr, arguments, environ) != 0) give_up("can't run " + script);
    posix_spawn_file_actions_destroy(&actions);
    close(to_server[0]);
    close(from_server[1]);
    std::string line;
    for (char c; read(from_server[0], &c, 1) == 1 && c != '\n';) line += c;
    close(from_server[0]);
    if (line.empty()) give_up("no PostgreSQL: " + script + " serve failed");
    return line;
  }

  std::string query(const std::string& sql) {
    PGresult* result = PQexec(connection_, sql.c_str());
    const auto status = PQresultStatus(result);
    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) give_up(sql + ": " + PQerrorMessage(connection_));
    std::string out = status == PGRES_TUPLES_OK && PQntuples(result) > 0 ? PQgetvalue(result, 0, 0) : "";
    PQclear(result);
    return out;
  }

  // One for all processes that use this server with the same migrations.
  std::string make_template() {
    std::string all;
    for (const auto& migration : db::all_migrations())
      all += fmt::format("{} {} {}\n", migration.version, migration.engine, migration.sql);
    const std::string name = "lianbo_template_" + to_hex(sha256(all)).substr(0, 16);
    query("select pg_advisory_lock(4711)");
    if (query("select 1 from pg_database where datname = '" + name + "'").empty()) {
      query("drop database if exists " + name + "_new with (force)");
      query("create database " + name + "_new template template0 encoding 'UTF8' locale 'C'");
      migrate_at(url_of(name + "_new"));
      query("alter database " + name + "_new rename to " + name);
    }
    query("select pg_advisory_unlock(4711)");
    return name;
  }

  std::function<std::string(const std::string&)> url_for_;
  PGconn* connection_ = nullptr;
  std::string template_;
};

int next_number() {
  static std::atomic<int> number{0};
  return ++number;
}

}  // namespace

ScratchFolder::ScratchFolder() : path_((fs::temp_directory_path() / "lianbo-test-XXXXXX").string()) {
  if (!mkdtemp(path_.data())) give_up("can't make a folder in " + fs::temp_directory_path().string());
}
ScratchFolder::~ScratchFolder() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

ScratchDatabase::ScratchDatabase(Engine engine, Start start) : engine_(engine) {
  if (engine == Engine::sqlite) {
    name_ = fmt::format("{}/{}.db", fs::path(sqlite_template()).parent_path().string(), next_number());
    if (start == Start::migrated) fs::copy_file(sqlite_template(), name_);
    url_ = "sqlite:" + name_;
    return;
  }
  auto& server = PostgresServer::get();
  name_ = fmt::format("lianbo_{}_{}", getpid(), next_number());
  const std::string from = start == Start::migrated ? server.migrated_template() : "template0";
  server.exec(fmt::format("create database {} template {}", name_, from));
  url_ = server.url_of(name_);
}

ScratchDatabase::~ScratchDatabase() {
  if (engine_ == Engine::postgres) {
    PostgresServer::get().exec("drop database if exists " + name_ + " with (force)");
    return;
  }
  std::error_code ignored;
  for (const char* suffix : {"", "-wal", "-shm"}) fs::remove(name_ + suffix, ignored);
}

std::unique_ptr<db::Database> ScratchDatabase::open(db::OpenOptions options) const {
  options.url = url_;
  auto db = db::open_database(options);
  if (!db) give_up(db.error().text());
  return *std::move(db);
}

}  // namespace lianbo::test
