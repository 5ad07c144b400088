#include "db/postgres/postgres.hpp"

#include <fmt/core.h>
#include <libpq-fe.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <deque>
#include <thread>

#include "base/check.hpp"
#include "base/clock.hpp"
#include "base/random.hpp"
#include "db/engine.hpp"
#include "db/postgres/tools.hpp"

namespace lianbo::db {
namespace {

constexpr int kAttempts = 10;  // of a body that meets serialisation failures or deadlocks
constexpr int kReconnectFirstMs = 50;
constexpr int kReconnectLongestMs = 5'000;
constexpr int kScriptLockMs = 2'000;    // what stands behind a migration in a table's queue waits no longer than this
constexpr int kScriptPauseMs = 500;     // then it lets the others go first, and tries again
constexpr int kScriptWaitMs = 600'000;  // for so long
constexpr const char* kScriptLock = "select pg_advisory_xact_lock(119109876540015)";  // "lianbo": one script at a time

// Type numbers of pg_type.
constexpr Oid kBool = 16, kBytea = 17, kInt8 = 20, kText = 25, kJson = 114, kByteaArray = 1001, kTextArray = 1009,
              kInt8Array = 1016, kVarchar = 1043, kJsonb = 3802;

struct ResultFree {
  void operator()(PGresult* result) const { PQclear(result); }
};
using PgResult = std::unique_ptr<PGresult, ResultFree>;

bool succeeded(const PgResult& result) {
  const auto status = PQresultStatus(result.get());
  return status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK;
}

class Connection {
 public:
  static Result<std::unique_ptr<Connection>> open(const std::string& url, int lock_timeout_ms) {
    std::unique_ptr<Connection> out(new Connection);
    // What stands behind dbname can't be overruled by the URL, what stands before it can.
    const char* keys[] = {"connect_timeout", "tcp_user_timeout", "fallback_application_name",
                          "dbname",          "client_encoding",  nullptr};
    const char* values[] = {"5", "15000", "lianbo", url.c_str(), "UTF8", nullptr};
    out->raw_ = PQconnectdbParams(keys, values, 1);
    if (!out->alive()) return fail(Code::database_unavailable, trimmed(PQerrorMessage(out->raw_)));
    PQsetNoticeProcessor(out->raw_, [](void*, const char*) {}, nullptr);
    const char* encoding = PQparameterStatus(out->raw_, "server_encoding");
    if (!encoding || std::string_view(encoding) != "UTF8")
      return fail(Code::conflict, fmt::format("the database's encoding is {}; create it with encoding 'UTF8'",
                                              encoding ? encoding : "?"));
    TRY_OK(out->command(fmt::format(
        "set bytea_output = hex; set lock_timeout = {}; set idle_in_transaction_session_timeout = 60000;"
        "select set_config('synchronous_commit', 'on', false) where current_setting('synchronous_commit') = 'off'",
        lock_timeout_ms)));
    return out;
  }
  ~Connection() { PQfinish(raw_); }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  PGconn* raw() const { return raw_; }
  bool alive() const { return PQstatus(raw_) == CONNECTION_OK; }
  bool in_transaction() const { return PQtransactionStatus(raw_) != PQTRANS_IDLE; }

  Status command(const std::string& text) {
    const PgResult result(PQexec(raw_, text.c_str()));
    if (!succeeded(result)) return fail(failure(result, text.substr(0, text.find(' '))).error);
    return {};
  }
  PgResult query(const char* text) { return PgResult(PQexec(raw_, text)); }

  // Null when it is prepared; else what PostgreSQL said.
  PgResult prepare(const Sql& sql) {
    const auto index = static_cast<std::size_t>(sql.index);
    if (index >= prepared_.size()) prepared_.resize(all_statements().size());
    if (prepared_[index]) return nullptr;
    PgResult result(PQprepare(raw_, sql.name, sql.postgres_text ? sql.postgres_text : sql.text, 0, nullptr));
    if (!succeeded(result)) return result;
    prepared_[index] = true;
    return nullptr;
  }

  DbFailure failure(const PgResult& result, std::string_view what) const {
    const char* state_text = PQresultErrorField(result.get(), PG_DIAG_SQLSTATE);
    const std::string_view state = state_text ? state_text : "";
    const char* message = PQresultErrorField(result.get(), PG_DIAG_MESSAGE_PRIMARY);
    std::string detail = fmt::format("{}: {}", what, message ? std::string(message) : trimmed(PQerrorMessage(raw_)));
    if (!state.empty()) detail += fmt::format(" (SQLSTATE {})", state);
    const bool retry = state == "40001" || state == "40P01";
    Code code = Code::internal;
    if (!alive() || (state.starts_with("08") && state != "08P01") || state.starts_with("57P")) {
      code = Code::database_unavailable;
    } else if (retry || state == "55P03" || state == "57014" || state == "53300") {
      code = Code::database_busy;
    } else if (state == "53100") {
      code = Code::disk_full;
    } else if (state == "58030") {
      code = Code::io_failed;
    } else if (state == "22021") {
      code = Code::invalid_utf8;
    }
    return DbFailure{Error{code, std::move(detail), {}, {}}, retry};
  }

  static std::string trimmed(const char* message) {
    std::string out(message);
    while (!out.empty() && (out.back() == '\n' || out.back() == ' ')) out.pop_back();
    std::replace(out.begin(), out.end(), '\n', ' ');
    return out;
  }

 private:
  Connection() = default;
  PGconn* raw_ = nullptr;
  std::vector<bool> prepared_;
};

class PgRow final : public Row {
 public:
  explicit PgRow(PGresult* result) : result_(result) {}
  void go_to(int row) {
    row_ = row;
    decoded_.clear();
  }
  bool is_null(int column) const override { return PQgetisnull(result_, row_, column) != 0; }
  std::int64_t integer(int column) const override {
    const char* text = PQgetvalue(result_, row_, column);
    if (PQftype(result_, column) == kBool) return *text == 't';
    std::int64_t out = 0;
    std::from_chars(text, text + PQgetlength(result_, row_, column), out);
    return out;
  }
  std::string_view text(int column) const override {
    const std::string_view text(PQgetvalue(result_, row_, column),
                                static_cast<std::size_t>(PQgetlength(result_, row_, column)));
    return PQftype(result_, column) == kBytea ? decode(text) : text;
  }

 private:
  // "\x00ff"
  std::string_view decode(std::string_view hex) const {
    const auto digit = [](char c) { return c <= '9' ? c - '0' : c - 'a' + 10; };
    std::string& out = decoded_.emplace_back();
    for (std::size_t i = 2; i + 1 < hex.size(); i += 2)
      out += static_cast<char>(digit(hex[i]) << 4 | digit(hex[i + 1]));
    return out;
  }

  PGresult* result_;
  int row_ = 0;
  mutable std::deque<std::string> decoded_;  // a deque: earlier ones stay where they are
};

// The values of one call as libpq wants them.
class Arguments {
 public:
  explicit Arguments(std::span<const Param> params) {
    std::size_t bytes = 0;
    for (const Param& param : params) bytes += param.kind() == Param::Kind::text ? param.text().size() + 1 : 24;
    texts_.resize(bytes);
    char* at = texts_.data();
    for (const Param& param : params) {
      const char* value = nullptr;
      int length = 0;
      switch (param.kind()) {
        case Param::Kind::null:
          break;
        case Param::Kind::integer:
          value = at;
          at = std::to_chars(at, at + 23, param.integer()).ptr;
          *at++ = '\0';
          break;
        case Param::Kind::text:
          value = at;
          at = std::copy(param.text().begin(), param.text().end(), at);
          *at++ = '\0';
          break;
        case Param::Kind::blob:
          value = param.text().data() ? param.text().data() : "";
          length = static_cast<int>(param.text().size());
          break;
      }
      values_.push_back(value);
      lengths_.push_back(length);
      formats_.push_back(param.kind() == Param::Kind::blob ? 1 : 0);
    }
  }
  int count() const { return static_cast<int>(values_.size()); }
  const char* const* values() const { return values_.data(); }
  const int* lengths() const { return lengths_.data(); }
  const int* formats() const { return formats_.data(); }

 private:
  std::string texts_;
  std::vector<const char*> values_;
  std::vector<int> lengths_;
  std::vector<int> formats_;
};

class PgTx final : public EngineTx {
 public:
  PgTx(Connection& connection, Engine& engine) : connection_(connection), engine_(engine) {}

 protected:
  std::int64_t run(const Sql& sql, std::span<const Param> params, const RowFn* on_row) override {
    engine_.counters.statements.fetch_add(1, std::memory_order_relaxed);
    if (engine_.fails(sql)) raise(Error{Code::io_failed, fmt::format("{}: a fault was injected", sql.name), {}, {}});
    check_params(sql, params);
    if (const PgResult problem = connection_.prepare(sql)) raise(connection_.failure(problem, sql.name));
    const Arguments arguments(params);
    const PgResult result(PQexecPrepared(connection_.raw(), sql.name, arguments.count(), arguments.values(),
                                         arguments.lengths(), arguments.formats(), 0));
    if (!succeeded(result)) raise(connection_.failure(result, sql.name));
    const bool reads = std::string_view(PQcmdStatus(result.get())).starts_with("SELECT");
    if (!reads && rows_open_ > 0) raise(writes_within_rows(sql));
    if (on_row) {
      PgRow row(result.get());
      const OpenRows open(rows_open_);
      for (int i = 0, count = PQntuples(result.get()); i < count; ++i) {
        row.go_to(i);
        (*on_row)(row);
      }
    }
    if (reads) return 0;
    const std::string_view changed = PQcmdTuples(result.get());
    std::int64_t out = 0;
    std::from_chars(changed.data(), changed.data() + changed.size(), out);
    return out;
  }

 private:
  using EngineTx::raise;
  [[noreturn]] void raise(DbFailure failure) { EngineTx::raise(std::move(failure.error), failure.retry); }

  Connection& connection_;
  Engine& engine_;
};

class PostgresDatabase final : public Engine {
 public:
  PostgresDatabase(const OpenOptions& options, std::unique_ptr<Connection> first)
      : Engine(options),
        url_(options.url),
        lock_timeout_ms_(options.busy_timeout_ms),
        readers_(options.readers, options.busy_timeout_ms,
                 [this] { return Connection::open(url_, lock_timeout_ms_); }) {
    for (int i = 0; i < options.writers; ++i)
      threads_.emplace_back(
          [this, i, link = std::make_shared<Link>(*this, std::move(first))] { write_loop(*link, i); });
  }
  ~PostgresDatabase() override {
    close();
    for (std::thread& thread : threads_) thread.join();
  }

  bool is_postgres() const override { return true; }

  Status read_body(const Body& body) override {
    CHECK(!Inside::now());
    for (int attempt = 1;; ++attempt) {
      TRY(auto connection, readers_.acquire());
      const PgResult begun = connection->query("begin isolation level repeatable read read only");
      if (!succeeded(begun)) {
        const Error error = connection->failure(begun, "begin").error;
        const bool lost = !connection->alive();
        connection.drop();
        // The server may have been restarted since: every connection at rest is a dead one.
        if (lost && attempt <= kAttempts) continue;
        return fail(error);
      }
      Status result;
      bool again = false;
      {
        const Inside inside;
        PgTx tx(*connection, *this);
        result = run_read(body, tx);
        again = tx.failure() && tx.failure()->retry;  // a standby that had to clear rows away
      }
      if (!connection->alive() || !connection->command("commit")) connection.drop();
      if (!again || attempt >= kAttempts) return result;
      ++counters.retries;
    }
  }

  Status prepare_only(const Sql& sql) override {
    TRY(auto connection, readers_.acquire());
    if (const PgResult problem = connection->prepare(sql)) return fail(connection->failure(problem, sql.name).error);
    const PgResult description(PQdescribePrepared(connection->raw(), sql.name));
    if (!succeeded(description)) return fail(connection->failure(description, sql.name).error);
    for (int i = 0; i < PQnparams(description.get()); ++i) {
      const Oid type = PQparamtype(description.get(), i);
      static constexpr std::array kGood = {kInt8,      kText,       kBytea, kVarchar, kInt8Array,
                                           kTextArray, kByteaArray, kJson,  kJsonb};
      if (std::find(kGood.begin(), kGood.end(), type) == kGood.end())
        return fail(Code::internal,
                    fmt::format("{}: PostgreSQL takes ${} for a value of type {}; write cast(${} as bigint) or as text",
                                sql.name, i + 1, type, i + 1));
    }
    return {};
  }

  // A table's lock is waited for in short turns: a long reader (verify, a backup) would hold it up, and it everybody
  // else.
  Status run_script(std::string_view script) override {
    const std::int64_t give_up_ms = monotonic_ms() + kScriptWaitMs;
    for (;;) {
      const Status done = try_script(std::string(script));
      if (done || done.error().code != Code::database_busy || monotonic_ms() >= give_up_ms) return done;
      pause(std::chrono::milliseconds(kScriptPauseMs));
    }
  }

  Status backup_to(const std::string& path) override { return pg_dump_to(url_, path); }

 private:
  Status try_script(const std::string& script) {
    TRY(auto connection, Connection::open(url_, kScriptLockMs));
    TRY_OK(connection->command("begin isolation level read committed"));
    TRY_OK(connection->command(kScriptLock));
    const PgResult result = connection->query(script.c_str());
    if (!succeeded(result)) return fail(connection->failure(result, "script").error);
    return connection->command("commit");
  }

  // A writer thread's connection, which comes back when it was lost.
  class Link {
   public:
    Link(PostgresDatabase& database, std::unique_ptr<Connection> connection)
        : database_(database), connection_(std::move(connection)) {}

    Result<Connection*> get() {
      if (connection_ && connection_->alive()) return connection_.get();
      connection_.reset();
      if (monotonic_ms() < not_before_ms_)
        return fail(Code::database_unavailable, fmt::format("no connection: {}; it is tried again soon", why_));
      auto opened = Connection::open(database_.url_, database_.lock_timeout_ms_);
      if (!opened) {
        why_ = opened.error().detail;
        not_before_ms_ = monotonic_ms() + pause_ms_;
        pause_ms_ = std::min(pause_ms_ * 2, kReconnectLongestMs);
        return fail(std::move(opened).error());
      }
      pause_ms_ = kReconnectFirstMs;
      connection_ = *std::move(opened);
      return connection_.get();
    }
    void drop() { connection_.reset(); }

   private:
    PostgresDatabase& database_;
    std::unique_ptr<Connection> connection_;
    std::int64_t not_before_ms_ = 0;
    int pause_ms_ = kReconnectFirstMs;
    std::string why_;
  };

  void write_loop(Link& link, int number) {
    const Inside inside;
    SeededRandom random(static_cast<std::uint64_t>(number) + 1);
    std::vector<Job> jobs;
    while (take(jobs, 1)) {
      jobs[0].result = run_job(jobs[0], link, random);
      answer(jobs[0]);
      jobs.clear();
    }
  }

  Status run_job(Job& job, Link& link, Random& random) {
    for (int attempt = 1;; ++attempt) {
      TRY(Connection * connection, link.get());
      const PgResult begun = connection->query("begin isolation level read committed");
      if (!succeeded(begun)) {
        const Error error = connection->failure(begun, "begin").error;
        const bool lost = !connection->alive();
        link.drop();
        if (lost && attempt == 1) continue;  // it died while it was at rest; nothing has been done yet
        return fail(error);
      }
      PgTx tx(*connection, *this);
      DbFailure failure;
      if (const Status result = run_body(job.body, tx); !result) {
        failure = DbFailure{result.error(), tx.failure() && tx.failure()->retry};
      } else if (commit_fails()) {
        failure = DbFailure{Error{Code::io_failed, "commit: a fault was injected", {}, {}}};
      } else {
        const PgResult committed = connection->query("commit");
        if (succeeded(committed)) {
          ++counters.commits;
          job.events = std::move(tx.events());
          return {};
        }
        failure = connection->failure(committed, "commit");
        if (!connection->alive())
          failure.error.detail +=
              "; it is not known whether it was committed: repeat it under the same Idempotency-Key";
      }
      if (!connection->alive() || (connection->in_transaction() && !connection->command("rollback"))) link.drop();
      if (!failure.retry || attempt >= kAttempts) return fail(std::move(failure.error));
      ++counters.retries;
      pause(std::chrono::milliseconds(random.below(std::uint64_t{2} << std::min(attempt, 6))));
    }
  }

  const std::string url_;
  const int lock_timeout_ms_;
  Pool<Connection> readers_;
  std::vector<std::thread> threads_;
};

}  // namespace

Result<std::unique_ptr<Database>> open_postgres(const OpenOptions& options) {
  TRY(auto first, Connection::open(options.url, options.busy_timeout_ms));
  return std::make_unique<PostgresDatabase>(options, std::move(first));
}

}  // namespace lianbo::db
