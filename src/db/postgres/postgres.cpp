#include "db/postgres/postgres.hpp"

#include <fmt/core.h>
#include <libpq-fe.h>

#include <algorithm>
#include <array>
#include <thread>

#include "base/check.hpp"
#include "base/clock.hpp"
#include "base/random.hpp"
#include "db/engine.hpp"
#include "db/postgres/connection.hpp"
#include "db/postgres/crowd.hpp"
#include "db/postgres/tools.hpp"

namespace lianbo::db {
namespace {

using pg::Connection;
using pg::PgResult;
using pg::succeeded;

constexpr int kAttempts = 10;  // of a body that meets serialisation failures or deadlocks
constexpr int kReconnectFirstMs = 50;
constexpr int kReconnectLongestMs = 5'000;
constexpr int kScriptLockMs = 2'000;    // what stands behind a migration in a table's queue waits no longer than this
constexpr int kScriptPauseMs = 500;     // then it lets the others go first, and tries again
constexpr int kScriptWaitMs = 600'000;  // for so long
constexpr const char* kScriptLock = "select pg_advisory_xact_lock(119109876540015)";  // "lianbo": one script at a time

class BodyTx final : public pg::PgTx {
 public:
  BodyTx(Connection& connection, Engine& engine) : connection_(connection), engine_(engine) {}

  Status in_parts(std::size_t n, const Part& part) override {
    if (n < 2 || rows_open_ > 0) return EngineTx::in_parts(n, part);
    if (!connection_.parts) connection_.parts = std::make_shared<pg::Crowd>(engine_, pg::Crowd::Of::parts);
    std::optional<DbFailure> failed;
    Status result = connection_.parts->run_parts(connection_, *this, n, part, failed);
    if (failed) raise(*std::move(failed));
    return result;
  }

 protected:
  std::int64_t run(const Sql& sql, std::span<const Param> params, const RowFn* on_row) override {
    engine_.counters.statements.fetch_add(1, std::memory_order_relaxed);
    if (engine_.fails(sql)) raise(Error{Code::io_failed, fmt::format("{}: a fault was injected", sql.name), {}, {}});
    check_params(sql, params);
    return run_alone(connection_, sql, params, on_row);
  }

 private:
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
    threads_.emplace_back([this, limit = static_cast<std::size_t>(options.batch_limit)] { crowd_loop(limit); });
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
        BodyTx tx(*connection, *this);
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
      static constexpr std::array kGood = {pg::kInt8,      pg::kText,       pg::kBytea, pg::kVarchar, pg::kInt8Array,
                                           pg::kTextArray, pg::kByteaArray, pg::kJson,  pg::kJsonb};
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

  // Whoever comes while a crowd runs makes the next one; one who comes alone runs as any other body.
  void crowd_loop(std::size_t limit) {
    const Inside inside;
    SeededRandom random(0);
    Link link(*this, nullptr);
    pg::Crowd crowd(*this, pg::Crowd::Of::bodies);
    std::vector<Job> jobs;
    while (take_crowd(jobs, limit)) {
      if (jobs.size() > 1)
        if (const auto connection = link.get()) {
          crowd.run(**connection, jobs);
          if (!(*connection)->alive()) link.drop();
        }
      for (Job& job : jobs) {
        if (!job.settled) {
          if (jobs.size() > 1 && pass_on(job)) continue;
          job.result = run_job(job, link, random);
        }
        answer(job);
      }
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
      BodyTx tx(*connection, *this);
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
        if (!connection->alive()) failure.error.detail += kMaybeCommitted;
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
