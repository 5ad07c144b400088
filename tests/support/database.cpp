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
#include <map>
#include <memory>

#include "base/check.hpp"
#include "base/crypto.hpp"
#include "db/migrations.hpp"
#include "support/source_dir.hpp"

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

class Session {
 public:
  explicit Session(const std::string& url) : connection_(PQconnectdb(url.c_str())) {
    if (PQstatus(connection_) != CONNECTION_OK) give_up(PQerrorMessage(connection_));
    PQsetNoticeProcessor(connection_, [](void*, const char*) {}, nullptr);
  }
  ~Session() { PQfinish(connection_); }
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  // Whether the server still answers: a test may have ended every session of a database.
  bool answers() {
    PQclear(PQexec(connection_, "select 1"));
    return PQstatus(connection_) == CONNECTION_OK;
  }

  // The first value of the answer, or "".
  std::string query(const std::string& sql) {
    PGresult* result = PQexec(connection_, sql.c_str());
    const auto status = PQresultStatus(result);
    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) give_up(sql + ": " + PQerrorMessage(connection_));
    std::string out = PQntuples(result) > 0 ? PQgetvalue(result, 0, 0) : "";
    PQclear(result);
    return out;
  }

 private:
  PGconn* connection_;
};

class PostgresServer {
 public:
  static PostgresServer& get() {
    static PostgresServer server;
    return server;
  }

  struct Lent {
    std::string name;
    std::string url;
    std::string schema;  // as it went out; empty: not to be lent again
  };
  Lent lend_empty() { return make("template0"); }
  // With the newest schema and no rows. Making a database takes some 70 ms, emptying one some 10: one that comes back
  // with the schema it went out with is lent again.
  Lent lend_migrated() {
    if (!free_.empty()) {
      Lent out = std::move(free_.back());
      free_.pop_back();
      return out;
    }
    if (template_.empty()) prepare_template();
    Lent out = make(template_);
    out.schema = schema_;
    return out;
  }
  void take_back(Lent lent) {
    if (!lent.schema.empty() && empty_tables(lent))
      free_.push_back(std::move(lent));
    else
      drop(lent);
  }

 private:
  PostgresServer() {
    const char* given = std::getenv("LIANBO_TEST_POSTGRES");
    const std::string url = given && *given ? given : start_one();
    char* problem = nullptr;
    PQconninfoOption* options = PQconninfoParse(url.c_str(), &problem);
    if (!options) give_up(fmt::format("LIANBO_TEST_POSTGRES is no PostgreSQL URL: {}", problem ? problem : ""));
    for (PQconninfoOption* option = options; option->keyword; ++option)
      if (option->val && *option->val && std::string_view(option->keyword) != "dbname")
        parameters_ +=
            fmt::format("{}{}={}", parameters_.empty() ? "?" : "&", option->keyword, percent_encoded(option->val));
    PQconninfoFree(options);
    session_ = std::make_unique<Session>(url);
  }
  ~PostgresServer() {
    for (const Lent& lent : free_) drop(lent);
  }

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
    std::string script = (source_dir() / "tests/support/postgres.sh").string();
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

  std::string url_of(const std::string& name) const { return "postgresql:///" + name + parameters_; }
  Lent make(const std::string& from) {
    const std::string name = fmt::format("lianbo_{}_{}", getpid(), ++made_);
    session_->query("create database " + name + " template " + from);
    return {name, url_of(name), ""};
  }
  void drop(const Lent& lent) {
    cleaners_.erase(lent.name);
    session_->query("drop database if exists " + lent.name + " with (force)");
  }

  // One template for all processes that use this server with the same migrations.
  void prepare_template() {
    std::string all;
    for (const auto& m : db::all_migrations()) all += fmt::format("{} {} {}\n", m.version, m.engine, m.sql);
    template_ = "lianbo_template_" + to_hex(sha256(all)).substr(0, 16);
    const std::string draft = template_ + "_draft";
    session_->query("select pg_advisory_lock(4711)");
    if (session_->query("select 1 from pg_database where datname = '" + template_ + "'").empty()) {
      session_->query("drop database if exists " + draft + " with (force)");
      session_->query("create database " + draft + " template template0 encoding 'UTF8' locale 'C'");
      migrate_at(url_of(draft));
      session_->query("alter database " + draft + " rename to " + template_);
    }
    session_->query("select pg_advisory_unlock(4711)");
    const Lent sample = make(template_);
    // Rows that a migration brings: then emptying would not give back what the template has.
    Session session(sample.url);
    if (!has_rows(session)) schema_ = schema_of(session);
    drop(sample);
  }

  static bool has_rows(Session& session) {
    const std::string any = session.query(
        "select string_agg('exists (select 1 from ' || oid::regclass || ')', ' or ') from pg_class "
        "where relnamespace = 'public'::regnamespace and relkind = 'r' and relname <> 'schema_migrations'");
    return !any.empty() && session.query("select 1 where " + any) == "1";
  }

  static std::string schema_of(Session& session) {
    return session.query(
        "select md5(string_agg(concat(relname, relkind, relnatts), ',' order by relname)) || "
        "(select md5(string_agg(m::text, ',' order by m::text)) from schema_migrations m) || "
        "(select count(*) from pg_proc where pronamespace = 'public'::regnamespace) || "
        "(select count(*) from pg_trigger) from pg_class where relnamespace = 'public'::regnamespace");
  }
  // False: its schema is no longer the migrations'.
  bool empty_tables(const Lent& lent) {
    // One session for each database as long as it stands: a new one takes 50 ms to learn all tables.
    auto& session = cleaners_[lent.name];
    if (!session || !session->answers()) session = std::make_unique<Session>(lent.url);
    if (schema_of(*session) != lent.schema) return false;
    session->query(
        "set session_replication_role = replica; do $$ declare t regclass; begin "
        "for t in select oid from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r' "
        "and relname <> 'schema_migrations' loop execute 'delete from ' || t; end loop; end $$");
    return true;
  }

  std::string parameters_;  // of the URL: "?host=…&user=…"
  std::unique_ptr<Session> session_;
  std::string template_;
  std::string schema_;
  std::vector<Lent> free_;
  std::map<std::string, std::unique_ptr<Session>> cleaners_;  // by the database's name
  int made_ = 0;
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
  const auto lent = start == Start::migrated ? server.lend_migrated() : server.lend_empty();
  name_ = lent.name;
  url_ = lent.url;
  schema_ = lent.schema;
}

ScratchDatabase::~ScratchDatabase() {
  if (engine_ == Engine::postgres) {
    PostgresServer::get().take_back({name_, url_, schema_});
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
