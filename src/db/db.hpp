// The seam to the two databases: SQLite and PostgreSQL behind one interface, one SQL text for both (DESIGN 4).
//
// - A statement is a named constant, `const Sql kFindOrder{"order.find", "select … where id = $1"};` at namespace
//   scope. Its name is the prepared statement, the metric label and what an error prints. All constants register
//   themselves, so that a test can prepare every one on both engines.
// - `write` runs a body in a transaction and returns after its commit is on disk. On SQLite one writer thread puts many
//   waiting bodies into one commit, each in a savepoint; on PostgreSQL each body is a transaction of a pooled
//   connection. **A body may run more than once** (PostgreSQL: serialisation failure, deadlock; SQLite: a batch that
//   broke), so it must have no effect outside its Tx. It must not wait, sleep or talk to a network. An error it returns
//   undoes all it wrote.
// - PostgreSQL runs at READ COMMITTED: each statement sees the newest committed rows, and nothing more is promised. A
//   body that decides on what it reads must first lock the root row it decides about, by updating it
//   (`update orders set version = version + 1 where … returning …`), or put the condition into the update itself.
// - `read` gives one snapshot of the whole database.
// - Engine failures (disk full, connection lost) do not come back as values from each statement: they unwind the body
//   (DbFailure) and end at write/read, which return them as an Error. Bodies never catch it.
// - While rows are being handed out (each), a body may read but not write: collect the rows first. A text never holds a
//   zero byte.
//
// Portable SQL: $n parameters; conditional updates with `returning` instead of `select … for update`; `on conflict`;
// CTE; windows; row comparison; `is not distinct from`; partial unique indexes; `cast(sum(x) as bigint)`; booleans are
// 0/1 integers; no now(), random(), round() or money division.
//
// Threads: Database from any thread; a Tx only inside its body.
#pragma once

#include <concepts>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "base/id.hpp"
#include "base/result.hpp"

namespace lianbo::db {

// A named statement. At namespace scope only: it registers itself for ever.
class Sql {
 public:
  // postgres_text: only where the engines must differ, with the reason beside it.
  Sql(const char* name, const char* text, const char* postgres_text = nullptr);
  Sql(const Sql&) = delete;
  Sql& operator=(const Sql&) = delete;

  const char* name;
  const char* text;
  const char* postgres_text;
  int index;  // dense; engines cache the prepared statement under it
};
const std::vector<const Sql*>& all_statements();

// A bound value. Texts are borrowed: they must live until the call returns.
class Param {
 public:
  enum class Kind { null, integer, text, blob };
  Param(std::nullptr_t) : kind_(Kind::null) {}
  template <std::integral T>
  Param(T v) : kind_(Kind::integer), integer_(static_cast<std::int64_t>(v)) {}
  Param(std::string_view v) : kind_(Kind::text), text_(v) {}
  Param(const std::string& v) : kind_(Kind::text), text_(v) {}
  Param(const char* v) : kind_(Kind::text), text_(v) {}
  template <class Tag>
  Param(Id<Tag> id) : kind_(id ? Kind::integer : Kind::null), integer_(id.value) {}
  template <class T>
  Param(const std::optional<T>& v) : Param(v ? Param(*v) : Param(nullptr)) {}
  static Param blob(std::string_view bytes) {
    Param p(bytes);
    p.kind_ = Kind::blob;
    return p;
  }

  Kind kind() const { return kind_; }
  std::int64_t integer() const { return integer_; }
  std::string_view text() const { return text_; }

 private:
  Kind kind_;
  std::int64_t integer_ = 0;
  std::string_view text_;
};

// One row of an answer, valid only while the callback that got it runs. Columns from 0.
class Row {
 public:
  virtual ~Row() = default;
  virtual bool is_null(int column) const = 0;
  virtual std::int64_t integer(int column) const = 0;   // null is 0
  virtual std::string_view text(int column) const = 0;  // null is ""; blobs as raw bytes
  std::string str(int column) const { return std::string(text(column)); }
  bool flag(int column) const { return integer(column) != 0; }
  template <class T>
  T id(int column) const {
    return T{integer(column)};
  }
  std::optional<std::int64_t> maybe(int column) const {
    if (is_null(column)) return std::nullopt;
    return integer(column);
  }
};

// Something happened, told to others in the same commit. topic: "order.paid"; key: what orders it among its like (a
// broadcast's, an order's id); payload: a JSON object. durable events are rows of the outbox until they were handed on
// (at least once); the others (chat, which has a row of its own) are handed on after the commit and lost in a crash.
struct Event {
  EventId id;
  Bucket bucket = 0;
  BrandId brand;
  std::string topic;
  std::int64_t key = 0;
  std::string payload;
  Instant at = 0;
  bool durable = true;
};

// Thrown by engines inside a body, caught by write/read. Not for domain code.
struct DbFailure {
  Error error;
  bool retry = false;  // the transaction may succeed when run again
};

class Tx {
 public:
  virtual ~Tx() = default;

  // Runs a statement and returns the number of rows it changed.
  std::int64_t exec(const Sql& sql, std::initializer_list<Param> params = {}) {
    return run(sql, std::span(params.begin(), params.size()), nullptr);
  }
  std::int64_t exec(const Sql& sql, std::span<const Param> params) { return run(sql, params, nullptr); }

  // Calls f(row) for each row.
  template <class F>
  void each(const Sql& sql, std::initializer_list<Param> params, F&& f) {
    const RowFn fn = [&](const Row& row) { f(row); };
    run(sql, std::span(params.begin(), params.size()), &fn);
  }
  // The first row, through f, or nothing.
  template <class F>
  auto one(const Sql& sql, std::initializer_list<Param> params, F&& f)
      -> std::optional<std::invoke_result_t<F, const Row&>> {
    std::optional<std::invoke_result_t<F, const Row&>> out;
    each(sql, params, [&](const Row& row) {
      if (!out) out = f(row);
    });
    return out;
  }
  // All rows, through f. The statement must bound them (`limit`).
  template <class F>
  auto all(const Sql& sql, std::initializer_list<Param> params, F&& f)
      -> std::vector<std::invoke_result_t<F, const Row&>> {
    std::vector<std::invoke_result_t<F, const Row&>> out;
    each(sql, params, [&](const Row& row) { out.push_back(f(row)); });
    return out;
  }
  bool exists(const Sql& sql, std::initializer_list<Param> params) {
    return one(sql, params, [](const Row&) { return true; }).has_value();
  }
  // The first column of the first row as an integer; 0 when there is none.
  std::int64_t number(const Sql& sql, std::initializer_list<Param> params = {}) {
    return one(sql, params, [](const Row& r) { return r.integer(0); }).value_or(0);
  }

  // Hands an event on after the commit (and, if durable, surely). Order within a transaction is kept.
  void emit(Event event) { events_.push_back(std::move(event)); }
  std::vector<Event>& events() { return events_; }

 protected:
  using RowFn = std::function<void(const Row&)>;
  // Throws DbFailure. on_row may be null.
  virtual std::int64_t run(const Sql& sql, std::span<const Param> params, const RowFn* on_row) = 0;

 private:
  std::vector<Event> events_;
};

// For tests: decides whether the n-th statement or commit fails. Called from engine threads.
class FaultPlan {
 public:
  virtual ~FaultPlan() = default;
  virtual bool fail_statement(const Sql& sql) = 0;
  virtual bool fail_commit() = 0;  // fails before the commit is durable
};

struct DbStats {
  std::int64_t transactions = 0, commits = 0, rollbacks = 0, retries = 0, statements = 0;
  std::int64_t queue_full = 0, waiting = 0;
};

class Database {
 public:
  virtual ~Database() = default;

  using Body = std::function<Status(Tx&)>;
  using Done = std::function<void(Status)>;

  // Runs body in a write transaction. done is called once, on a database thread, after the commit is on disk (Ok) or
  // after everything was undone (the body's error, or the engine's). done must be quick and must not call write or
  // read. When the queue is full, done gets Code::overloaded at once.
  virtual void submit(Body body, Done done) = 0;
  // Runs body against one snapshot, on the calling thread.
  virtual Status read_body(const Body& body) = 0;

  // body: Result<T>(Tx&) or Status(Tx&). Blocks until the commit is on disk.
  template <class F>
  auto write(F&& body) -> std::invoke_result_t<F, Tx&> {
    using R = std::invoke_result_t<F, Tx&>;
    if constexpr (std::is_same_v<R, Status>) {
      return write_body([&](Tx& tx) -> Status { return body(tx); });
    } else {
      std::optional<R> out;
      const Status done = write_body([&](Tx& tx) -> Status {
        out.emplace(body(tx));
        if (!*out) return fail(out->error());
        return {};
      });
      if (!done) return fail(done.error());
      return std::move(*out);
    }
  }
  template <class F>
  auto read(F&& body) -> std::invoke_result_t<F, Tx&> {
    using R = std::invoke_result_t<F, Tx&>;
    if constexpr (std::is_same_v<R, Status>) {
      return read_body([&](Tx& tx) -> Status { return body(tx); });
    } else {
      std::optional<R> out;
      const Status done = read_body([&](Tx& tx) -> Status {
        out.emplace(body(tx));
        if (!*out) return fail(out->error());
        return {};
      });
      if (!done) return fail(done.error());
      return std::move(*out);
    }
  }
  Status write_body(const Body& body);  // submit, and wait

  // Called with the events of each committed body, before its done, so that an answered request's events have been
  // handed on. In the order of commits (SQLite: of all; PostgreSQL: of each connection, from several threads at once).
  // It must be quick and must not call write or read. Set before the first write.
  virtual void on_commit(std::function<void(std::vector<Event>&&)> sink) = 0;

  virtual bool is_postgres() const = 0;
  // Prepares a statement without running it (for the test that prepares all of them).
  virtual Status prepare_only(const Sql& sql) = 0;
  // Runs a script of several statements (migrations). Not for anything else.
  virtual Status run_script(std::string_view script) = 0;
  // A consistent copy of one instant while running. SQLite: a database file; PostgreSQL: an archive, by pg_dump. The
  // way back is in db/schema.hpp.
  virtual Status backup_to(const std::string& path) = 0;
  virtual DbStats stats() const = 0;
  virtual void set_faults(FaultPlan* plan) = 0;  // tests; nullptr ends it
};

// Runs body(tx, i) for i in [0, n), each a write of its own, all handed over before the first is waited for: SQLite
// puts them into few commits. Results in order. For a job's page, not for millions: n ≤ queue_limit / 2 leaves room.
std::vector<Status> write_all(Database& db, std::size_t n, const std::function<Status(Tx&, std::size_t)>& body);

struct OpenOptions {
  // "sqlite:PATH", a bare path, or "postgres://…" / "postgresql://…" (anything libpq takes).
  std::string url = {};
  int readers = 4;         // SQLite: reader connections; PostgreSQL: read connections
  int writers = 8;         // PostgreSQL only: connections that run write bodies
  int queue_limit = 4096;  // write bodies waiting; beyond: overloaded
  int batch_limit = 256;   // SQLite: bodies per commit
  int busy_timeout_ms = 5000;
};
Result<std::unique_ptr<Database>> open_database(const OpenOptions& options);

// Brings the schema to the newest version, one migration a transaction; each is recorded with its checksum, and a file
// that has changed since is an error. Safe to run from several processes at once. Returns how many were applied.
Result<int> migrate(Database& db, Instant now);
struct MigrationState {
  int version;
  std::string name;
  bool applied;
};
Result<std::vector<MigrationState>> migration_state(Database& db);

}  // namespace lianbo::db
