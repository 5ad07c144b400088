#include "db/sqlite/sqlite.hpp"

#include <fcntl.h>
#include <fmt/core.h>
#include <sqlite3.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <limits>
#include <optional>
#include <thread>
#include <unordered_map>

#include "base/check.hpp"
#include "base/clock.hpp"
#include "db/engine.hpp"

namespace lianbo::db {
namespace {

// Copying the WAL back into the file, in pages of 4 KiB. See Copier.
constexpr int kCopyPages = 3'000;      // 12 MB of WAL between two copies
constexpr int kRestPages = 100;        // so few are left to the writer: some milliseconds
constexpr int kOwnCopyPages = 8'000;   // 32 MB: the copier falls behind, the writer copies
constexpr int kRestartPages = 64'000;  // readers kept it growing to 256 MB: wait for them, so that it starts anew
constexpr int kRestartWaitMs = 100;
constexpr int kRestWaitMs = 10;
constexpr int kFewCommits = 64;         // of this process; beyond, its readers use no map of the file
constexpr int kScriptWaitMs = 600'000;  // a migration waits for another process's migration

Code code_of(int rc) {
  switch (rc & 0xff) {
    case SQLITE_FULL:
      return Code::disk_full;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return Code::database_busy;
    case SQLITE_IOERR:
      return Code::io_failed;
    default:
      return Code::internal;
  }
}

Error error_of(sqlite3* db, int rc, std::string_view what) {
  std::string detail = fmt::format("{}: {} (sqlite {})", what, sqlite3_errmsg(db), rc);
  if (code_of(rc) == Code::database_busy) detail += "; another process holds the write lock";
  if (code_of(rc) == Code::disk_full) detail += "; free space where the database file is";
  return Error{code_of(rc), std::move(detail), {}, {}};
}

// SQLite numbers `$1` by its first appearance in the text, `?1` by what it says.
std::string with_question_marks(const char* text) {
  std::string out;
  bool quoted = false;
  for (const char* c = text; *c; ++c) {
    if (*c == '\'') quoted = !quoted;
    out += *c == '$' && !quoted && c[1] >= '0' && c[1] <= '9' ? '?' : *c;
  }
  return out;
}

enum class Control { begin_write, begin_read, commit, rollback, savepoint, release, undo, count };
constexpr std::array<const char*, static_cast<int>(Control::count)> kControlText = {
    "begin immediate", "begin", "commit", "rollback", "savepoint body", "release body", "rollback to body"};

class Connection {
 public:
  enum class Role { write, read };

  static Result<std::unique_ptr<Connection>> open(const std::string& path, Role role, int busy_timeout_ms) {
    std::unique_ptr<Connection> out(new Connection);
    const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE |
                      (role == Role::write ? SQLITE_OPEN_CREATE : 0);
    if (const int rc = sqlite3_open_v2(path.c_str(), &out->db_, flags, nullptr); rc != SQLITE_OK) {
      Error error = error_of(out->db_, rc, path);
      if (error.code == Code::internal) error.code = Code::io_failed;
      return fail(std::move(error));
    }
    sqlite3_busy_timeout(out->db_, busy_timeout_ms);
    if (role == Role::write) TRY_OK(out->enter_wal(path, busy_timeout_ms));
    TRY_OK(
        out->script("pragma synchronous = full; pragma foreign_keys = on; pragma temp_store = memory;"
                    "pragma mmap_size = 268435456; pragma journal_size_limit = 67108864; pragma trusted_schema = off;"
                    "pragma secure_delete = on;"));  // a destroyed key must not linger in a free page
    TRY_OK(out->script(role == Role::write ? "pragma cache_size = -65536"
                                           : "pragma cache_size = -8192; pragma query_only = on"));
    return out;
  }
  ~Connection() {
    for (sqlite3_stmt* statement : cache_) sqlite3_finalize(statement);
    for (sqlite3_stmt* statement : control_) sqlite3_finalize(statement);
    sqlite3_close(db_);
  }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  sqlite3* raw() const { return db_; }
  bool in_transaction() const { return sqlite3_get_autocommit(db_) == 0; }
  Error error(int rc, std::string_view what) const { return error_of(db_, rc, what); }

  int run(Control control) {
    sqlite3_stmt*& statement = control_[static_cast<int>(control)];
    const char* text = kControlText[static_cast<int>(control)];
    if (!statement)
      if (const int rc = sqlite3_prepare_v3(db_, text, -1, SQLITE_PREPARE_PERSISTENT, &statement, nullptr); rc)
        return rc;
    const int rc = sqlite3_step(statement);
    sqlite3_reset(statement);
    return rc == SQLITE_DONE ? SQLITE_OK : rc;
  }
  // A map is thrown away with each commit of another connection, and every thread of the process pays for that. Who
  // only looks keeps it.
  void read_without_map() {
    if (std::exchange(mapped_, false)) sqlite3_exec(db_, "pragma mmap_size = 0", nullptr, nullptr, nullptr);
  }
  Status script(const std::string& text) {
    if (const int rc = sqlite3_exec(db_, text.c_str(), nullptr, nullptr, nullptr); rc != SQLITE_OK)
      return fail(error(rc, "script"));
    return {};
  }

  // A prepared statement in use; the cached one, or, when a row callback runs the very statement it is called from, one
  // of its own.
  class Use {
   public:
    Use(Connection& connection, const Sql& sql) {
      auto& cache = connection.cache_;
      const auto index = static_cast<std::size_t>(sql.index);
      if (index >= cache.size()) cache.resize(all_statements().size());
      own_ = cache[index] && sqlite3_stmt_busy(cache[index]);
      if (cache[index] && !own_) {
        statement_ = cache[index];
        return;
      }
      const std::string text = with_question_marks(sql.text);
      rc_ = sqlite3_prepare_v3(connection.db_, text.c_str(), static_cast<int>(text.size()) + 1,
                               own_ ? 0 : SQLITE_PREPARE_PERSISTENT, &statement_, nullptr);
      if (!own_) cache[index] = statement_;
    }
    ~Use() {
      if (own_)
        sqlite3_finalize(statement_);
      else
        sqlite3_reset(statement_);
    }
    Use(const Use&) = delete;
    Use& operator=(const Use&) = delete;
    sqlite3_stmt* get() const { return statement_; }
    int rc() const { return rc_; }

   private:
    sqlite3_stmt* statement_ = nullptr;
    int rc_ = SQLITE_OK;
    bool own_ = false;
  };

 private:
  Connection() = default;

  // Two processes that open a new file at once may collide here without SQLite waiting by itself.
  Status enter_wal(const std::string& path, int busy_timeout_ms) {
    const std::int64_t give_up_ms = monotonic_ms() + busy_timeout_ms;
    for (;;) {
      std::string mode;
      const int rc = sqlite3_exec(
          db_, "pragma journal_mode = wal",
          [](void* out, int, char** values, char**) {
            *static_cast<std::string*>(out) = values[0] ? values[0] : "";
            return 0;
          },
          &mode, nullptr);
      if (rc == SQLITE_OK && mode == "wal") return {};
      if (rc == SQLITE_OK)
        return fail(Code::io_failed, fmt::format("{}: no write-ahead log possible here (mode '{}'); "
                                                 "the file must be on a local disk",
                                                 path, mode));
      if (code_of(rc) != Code::database_busy || monotonic_ms() >= give_up_ms) return fail(error(rc, path));
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
  }

  sqlite3* db_ = nullptr;
  bool mapped_ = true;
  std::vector<sqlite3_stmt*> cache_;
  std::array<sqlite3_stmt*, static_cast<int>(Control::count)> control_{};
};

// What the writer has read from tables that seldom change (a brand, its plans, a store, what is pinned), so that the
// next order of the crowd need not look it up again. Nothing is named: a statement that only reads is kept while none
// of its tables is written. SQLite tells when it prepares a statement which tables it reads and writes.
// - Each writing statement makes what was read of its tables worthless; undoing makes everything worthless, and so does
//   another connection's commit (pragma data_version).
// - A table that was written a short while ago is not worth it. Nor is a statement whose answers hardly anybody asked
//   for again: it rests for a while. The writer's thread only.
class KeptReads {
 public:
  struct Cell {
    enum class Kind { null, integer, text } kind = Kind::null;
    std::int64_t integer = 0;
    std::string text;
  };
  struct Answer {
    std::vector<Cell> cells;
    std::size_t columns = 0, rows = 0;
    std::uint64_t at = 0;
  };
  static constexpr std::size_t kMaxCells = 600;

  void watch(sqlite3* db) {
    sqlite3_set_authorizer(
        db,
        [](void* self, int what, const char* table, const char*, const char*, const char*) {
          auto* me = static_cast<KeptReads*>(self);
          if (me->preparing_ == nullptr || table == nullptr) return SQLITE_OK;
          const bool writes = what == SQLITE_INSERT || what == SQLITE_UPDATE || what == SQLITE_DELETE;
          if (writes || what == SQLITE_READ) {
            auto& list = writes ? me->preparing_->writes : me->preparing_->reads;
            const int number = me->number_of(table);
            if (std::find(list.begin(), list.end(), number) == list.end()) list.push_back(number);
          }
          return SQLITE_OK;
        },
        this);
  }
  void preparing(int index) {
    const auto i = static_cast<std::size_t>(index);
    if (i >= statements_.size()) statements_.resize(all_statements().size());
    preparing_ = &statements_[i];
  }
  void prepared() { preparing_ = nullptr; }

  void begin(std::int64_t data_version) {
    ++batch_;
    if (data_version != data_version_) forget();
    data_version_ = data_version;
  }
  void forget() {
    answers_.clear();
    older_.clear();
  }
  void written(int index) {
    ++step_;
    for (const int table : statements_[static_cast<std::size_t>(index)].writes)
      tables_[static_cast<std::size_t>(table)] = {step_, batch_};
  }
  bool worth_it(int index) {
    Tables& statement = statements_[static_cast<std::size_t>(index)];
    const auto& reads = statement.reads;
    if (statement.rests > 0) {
      --statement.rests;
      return false;
    }
    return !reads.empty() && std::all_of(reads.begin(), reads.end(), [&](int table) {
      const auto& t = tables_[static_cast<std::size_t>(table)];
      return t.batch == 0 || t.batch + kQuietBatches < batch_;
    });
  }
  // Good until the next call.
  const std::string& key_of(int index, std::span<const Param> params) {
    std::string& key = key_;
    key.assign(reinterpret_cast<const char*>(&index), sizeof index);
    for (const Param& p : params) {
      key += static_cast<char>(p.kind());
      const std::int64_t n =
          p.kind() == Param::Kind::integer ? p.integer() : static_cast<std::int64_t>(p.text().size());
      key.append(reinterpret_cast<const char*>(&n), sizeof n);
      if (p.kind() != Param::Kind::integer) key += p.text();
    }
    return key;
  }
  std::shared_ptr<const Answer> find(int index, const std::string& key) {
    auto known = look_up(index, key);
    Tables& statement = statements_[static_cast<std::size_t>(index)];
    statement.found += known ? 1 : 0;
    if (++statement.asked == kTrial) {
      if (statement.found < kTrial / 8) statement.rests = kRest;
      statement.asked = statement.found = 0;
    }
    return known;
  }
  void keep(std::string key, Answer answer) {
    if (answers_.size() >= kMaxAnswers / 2) older_ = std::exchange(answers_, {});
    answer.at = step_;
    answers_[std::move(key)] = std::make_shared<const Answer>(std::move(answer));
  }

 private:
  static constexpr std::uint64_t kQuietBatches = 4;
  static constexpr std::size_t kMaxAnswers = 40'000;
  static constexpr int kTrial = 512, kRest = 16'384;  // lookups of one statement
  struct Tables {
    std::vector<int> reads, writes;
    int asked = 0, found = 0, rests = 0;
  };
  struct Written {
    std::uint64_t step = 0, batch = 0;
  };
  std::shared_ptr<const Answer> look_up(int index, const std::string& key) {
    auto it = answers_.find(key);
    if (it == answers_.end()) {
      auto old = older_.extract(key);
      if (!old) return nullptr;
      it = answers_.insert(std::move(old)).position;
    }
    for (const int table : statements_[static_cast<std::size_t>(index)].reads)
      if (tables_[static_cast<std::size_t>(table)].step > it->second->at) return nullptr;
    return it->second;
  }
  int number_of(const char* table) {
    const auto [it, fresh] = numbers_.emplace(table, static_cast<int>(tables_.size()));
    if (fresh) tables_.emplace_back();
    return it->second;
  }

  std::vector<Tables> statements_;  // by the statement's index
  std::vector<Written> tables_;
  std::unordered_map<std::string, int> numbers_;
  std::unordered_map<std::string, std::shared_ptr<const Answer>> answers_, older_;  // what nobody asks for gets older
  std::string key_;
  Tables* preparing_ = nullptr;
  std::uint64_t step_ = 0, batch_ = 0;
  std::int64_t data_version_ = 0;
};

class KeptRow final : public Row {
 public:
  explicit KeptRow(const KeptReads::Answer& answer) : answer_(answer) {}
  void go_to(std::size_t row) { row_ = row; }
  bool is_null(int column) const override { return at(column).kind == KeptReads::Cell::Kind::null; }
  std::int64_t integer(int column) const override { return at(column).integer; }
  std::string_view text(int column) const override { return at(column).text; }

 private:
  const KeptReads::Cell& at(int column) const {
    return answer_.cells[row_ * answer_.columns + static_cast<std::size_t>(column)];
  }
  const KeptReads::Answer& answer_;
  std::size_t row_ = 0;
};

class SqliteRow final : public Row {
 public:
  explicit SqliteRow(sqlite3_stmt* statement) : statement_(statement) {}
  bool is_null(int column) const override { return sqlite3_column_type(statement_, column) == SQLITE_NULL; }
  std::int64_t integer(int column) const override { return sqlite3_column_int64(statement_, column); }
  std::string_view text(int column) const override {
    const void* data = sqlite3_column_type(statement_, column) == SQLITE_BLOB
                           ? sqlite3_column_blob(statement_, column)
                           : static_cast<const void*>(sqlite3_column_text(statement_, column));
    if (!data) return {};
    return {static_cast<const char*>(data), static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
  }

 private:
  sqlite3_stmt* statement_;
};

int bind(sqlite3_stmt* statement, int place, const Param& param) {
  // An empty view may have no address; bound as such it would become null.
  const char* data = param.text().data() ? param.text().data() : "";
  switch (param.kind()) {
    case Param::Kind::null:
      return sqlite3_bind_null(statement, place);
    case Param::Kind::integer:
      return sqlite3_bind_int64(statement, place, param.integer());
    case Param::Kind::text:
      return sqlite3_bind_text64(statement, place, data, param.text().size(), SQLITE_STATIC, SQLITE_UTF8);
    case Param::Kind::blob:
      return sqlite3_bind_blob64(statement, place, data, param.text().size(), SQLITE_STATIC);
  }
  return SQLITE_MISUSE;
}

class SqliteTx final : public EngineTx {
 public:
  SqliteTx(Connection& connection, Engine& engine, KeptReads* kept = nullptr)
      : connection_(connection), engine_(engine), kept_(kept) {}

 protected:
  std::int64_t run(const Sql& sql, std::span<const Param> params, const RowFn* on_row) override {
    engine_.counters.statements.fetch_add(1, std::memory_order_relaxed);
    if (engine_.fails(sql)) raise(Error{Code::io_failed, fmt::format("{}: a fault was injected", sql.name), {}, {}});
    check_params(sql, params);
    if (kept_) kept_->preparing(sql.index);
    const Connection::Use use(connection_, sql);
    if (kept_) kept_->prepared();
    sqlite3_stmt* statement = use.get();
    if (use.rc() != SQLITE_OK) raise(connection_.error(use.rc(), sql.name));
    if (const int wanted = sqlite3_bind_parameter_count(statement); wanted != static_cast<int>(params.size()))
      raise(Error{
          Code::internal, fmt::format("{} takes {} parameters, got {}", sql.name, wanted, params.size()), {}, {}});
    const bool reads = sqlite3_stmt_readonly(statement) != 0;
    if (!reads && rows_open_ > 0) raise(writes_within_rows(sql));
    std::string key;
    if (kept_ && !reads) kept_->written(sql.index);
    if (kept_ && reads && kept_->worth_it(sql.index)) {
      const std::string& looked_for = kept_->key_of(sql.index, params);
      if (const auto known = kept_->find(sql.index, looked_for)) {
        if (!on_row) return 0;
        KeptRow row(*known);
        for (std::size_t i = 0; i < known->rows; ++i) {
          row.go_to(i);
          const OpenRows open(rows_open_);
          (*on_row)(row);
        }
        return 0;
      }
      key = looked_for;
    }
    for (std::size_t i = 0; i < params.size(); ++i)
      if (const int rc = bind(statement, static_cast<int>(i) + 1, params[i]); rc != SQLITE_OK)
        raise(connection_.error(rc, sql.name));

    const SqliteRow row(statement);
    KeptReads::Answer answer;
    int rc;
    while ((rc = sqlite3_step(statement)) == SQLITE_ROW) {
      if (!key.empty()) note(statement, answer, key);
      if (!on_row) continue;
      const OpenRows open(rows_open_);
      (*on_row)(row);
    }
    if (rc != SQLITE_DONE) raise(connection_.error(rc, sql.name));
    if (!key.empty()) kept_->keep(std::move(key), std::move(answer));
    return reads ? 0 : sqlite3_changes64(connection_.raw());
  }

 private:
  // Another row of an answer that is to be kept; too many of them, and it is not (key becomes "").
  static void note(sqlite3_stmt* statement, KeptReads::Answer& answer, std::string& key) {
    answer.columns = static_cast<std::size_t>(sqlite3_column_count(statement));
    if (answer.cells.size() + answer.columns > KeptReads::kMaxCells) return key.clear();
    for (int i = 0; i < static_cast<int>(answer.columns); ++i) {
      KeptReads::Cell& cell = answer.cells.emplace_back();
      const SqliteRow row(statement);
      if (row.is_null(i)) continue;
      const bool number = sqlite3_column_type(statement, i) == SQLITE_INTEGER;
      cell.kind = number ? KeptReads::Cell::Kind::integer : KeptReads::Cell::Kind::text;
      if (number)
        cell.integer = row.integer(i);
      else
        cell.text = row.text(i);
    }
    ++answer.rows;
  }

  Connection& connection_;
  Engine& engine_;
  KeptReads* kept_;
};

Status sync_path(const std::string& path, int flags) {
  const int fd = ::open(path.c_str(), flags | O_CLOEXEC);
  if (fd < 0) return fail(Code::io_failed, fmt::format("{}: {}", path, std::strerror(errno)));
  const int rc = ::fsync(fd);
  const int error = errno;
  ::close(fd);
  if (rc != 0) return fail(Code::io_failed, fmt::format("{}: {}", path, std::strerror(error)));
  return {};
}
Status sync_folder_of(const std::string& path) {
  return sync_path(std::filesystem::absolute(path).parent_path().string(), O_RDONLY | O_DIRECTORY);
}

// Copies the WAL back into the file beside the writer, who goes on committing; only what came meanwhile is left to the
// writer, who copies it between two commits, so that the next one begins the WAL anew. Without that end the WAL would
// grow as long as somebody writes: what is copied beside a writer is never all.
// Threads: one of its own copies; the other functions are the writer's.
class Copier {
 public:
  Copier(std::string path, int busy_timeout_ms)
      : path_(std::move(path)), busy_timeout_ms_(busy_timeout_ms), thread_([this] { loop(); }) {}
  ~Copier() {
    {
      const std::scoped_lock lock(mutex_);
      ended_ = true;
    }
    changed_.notify_all();
    thread_.join();
  }
  Copier(const Copier&) = delete;
  Copier& operator=(const Copier&) = delete;

  void wal_has(int pages) { pages_.store(pages, std::memory_order_relaxed); }
  void begin() {
    const std::scoped_lock lock(mutex_);
    wanted_ = true;
    changed_.notify_all();
  }
  // Once, when little is left to copy.
  bool take_rest() { return rest_.load(std::memory_order_relaxed) && rest_.exchange(false); }
  void wait() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return !wanted_; });
    rest_ = false;
  }

 private:
  void loop() {
    std::unique_lock lock(mutex_);
    while (true) {
      changed_.wait(lock, [&] { return ended_ || wanted_; });
      if (ended_) return;
      lock.unlock();
      const bool rest = copy();
      lock.lock();
      wanted_ = false;
      rest_ = rest;
      changed_.notify_all();
    }
  }
  // What fails here is left to the writer: the rows are safe in the WAL.
  bool copy() {
    if (!connection_) {
      auto opened = Connection::open(path_, Connection::Role::read, busy_timeout_ms_);
      if (!opened || !(*opened)->script("pragma query_only = off")) return false;
      connection_ = *std::move(opened);
    }
    // Each pass finds less, because it takes less time; when it doesn't, the disk has not kept up, and the writer waits
    // for it.
    for (int left = std::numeric_limits<int>::max();;) {
      int copied = 0;
      if (sqlite3_wal_checkpoint_v2(connection_->raw(), nullptr, SQLITE_CHECKPOINT_PASSIVE, nullptr, &copied) !=
          SQLITE_OK)
        return false;
      const int now = pages_.load(std::memory_order_relaxed) - copied;
      if (now < 0) return false;  // it began anew by itself
      if (now <= kRestPages || now > left / 4 * 3) return true;
      left = now;
    }
  }

  const std::string path_;
  const int busy_timeout_ms_;
  std::atomic<int> pages_{0};
  std::atomic<bool> rest_{false};
  std::mutex mutex_;
  std::condition_variable changed_;
  bool wanted_ = false, ended_ = false;
  std::unique_ptr<Connection> connection_;  // the thread's
  std::thread thread_;
};

class SqliteDatabase final : public Engine {
 public:
  SqliteDatabase(std::string path, const OpenOptions& options, std::unique_ptr<Connection> writer, Flush flush)
      : Engine(options),
        path_(std::move(path)),
        batch_limit_(static_cast<std::size_t>(options.batch_limit)),
        unflushed_limit_(static_cast<std::size_t>(options.queue_limit)),
        busy_timeout_ms_(options.busy_timeout_ms),
        flush_(std::move(flush)),
        writer_(std::move(writer)),
        copier_(path_, options.busy_timeout_ms),
        readers_(options.readers, options.busy_timeout_ms,
                 [this] { return Connection::open(path_, Connection::Role::read, busy_timeout_ms_); }) {
    // Instead of SQLite's own checkpoints, which make the one who commits wait.
    sqlite3_wal_hook(
        writer_->raw(),
        [](void* self, sqlite3*, const char*, int pages) {
          static_cast<SqliteDatabase*>(self)->wal_pages_ = pages;
          return SQLITE_OK;
        },
        this);
    kept_.watch(writer_->raw());
    flusher_ = std::thread([this] { flush_loop(); });
    thread_ = std::thread([this] { write_loop(); });
  }
  ~SqliteDatabase() override {
    close();
    thread_.join();
    {
      const std::scoped_lock lock(flush_mutex_);
      ended_ = true;
    }
    changed_.notify_all();
    flusher_.join();
    if (wal_ >= 0) ::close(wal_);
    sqlite3_finalize(data_version_);
  }

  bool is_postgres() const override { return false; }

  Status read_body(const Body& body) override {
    CHECK(!Inside::now());
    TRY(auto connection, readers_.acquire());
    if (counters.commits.load(std::memory_order_relaxed) >= kFewCommits) connection->read_without_map();
    if (const int rc = connection->run(Control::begin_read); rc != SQLITE_OK)
      return fail(connection->error(rc, "begin"));
    Status result;
    {
      const Inside inside;
      SqliteTx tx(*connection, *this);
      result = run_read(body, tx);
    }
    if (connection->in_transaction() && connection->run(Control::commit) != SQLITE_OK) connection.drop();
    return result;
  }

  Status prepare_only(const Sql& sql) override {
    TRY(auto connection, readers_.acquire());
    const Connection::Use use(*connection, sql);
    if (use.rc() != SQLITE_OK) return fail(connection->error(use.rc(), sql.name));
    return {};
  }

  // On a connection of its own, in one transaction, with foreign keys checked only at its end: a migration may have to
  // rebuild a table others point to.
  Status run_script(std::string_view script) override {
    TRY(auto connection, Connection::open(path_, Connection::Role::write, kScriptWaitMs));
    TRY_OK(connection->script("pragma foreign_keys = off; begin immediate"));
    Status result = connection->script(std::string(script));
    if (result) result = check_foreign_keys(*connection);
    if (result) result = connection->script("commit");
    if (connection->in_transaction()) connection->run(Control::rollback);
    return result;
  }

  Status backup_to(const std::string& path) override;

 private:
  static Status check_foreign_keys(Connection& connection) {
    std::string broken;
    const int rc = sqlite3_exec(
        connection.raw(), "pragma foreign_key_check",
        [](void* out, int, char** values, char**) {
          *static_cast<std::string*>(out) =
              fmt::format("{} row {} points to a missing row of {}", values[0] ? values[0] : "?",
                          values[1] ? values[1] : "?", values[2] ? values[2] : "?");
          return 0;
        },
        &broken, nullptr);
    if (rc != SQLITE_OK) return fail(connection.error(rc, "foreign_key_check"));
    if (!broken.empty()) return fail(Code::internal, broken);
    return {};
  }

  void write_loop() {
    const Inside inside;
    std::vector<Job> jobs;
    while (take(jobs, batch_limit_)) {
      bool done = false;
      if (jobs.size() > 1 && careful_ == 0) {
        done = run_together(jobs, Undo::nobody);
        if (!done && careful_ > 0) done = run_together(jobs, Undo::each);
      } else {
        careful_ -= careful_ > 0 ? 1 : 0;
        done = run_together(jobs, Undo::each);
      }
      if (!done)
        for (Job& job : jobs)
          if (!job.settled) run_together({&job, 1}, Undo::each);
      for (Job& job : jobs) tell_early(job);
      hand_over(std::move(jobs));
      jobs.clear();
      copy_back();
    }
  }

  // Whoever was refused waits for the flush as well: it may have seen what is not on disk yet.
  void hand_over(std::vector<Job>&& jobs) {
    const bool dirty = std::exchange(committed_, false);
    {
      std::unique_lock lock(flush_mutex_);
      if (dirty || flushing_ || !unflushed_.empty()) {
        changed_.wait(lock, [&] { return unflushed_jobs_ < unflushed_limit_; });
        unflushed_jobs_ += jobs.size();
        unflushed_.push_back({std::move(jobs), dirty});
        changed_.notify_all();
        return;
      }
    }
    for (Job& job : jobs) answer(job);
  }

  void flush_loop() {
    const Inside inside;
    std::unique_lock lock(flush_mutex_);
    while (true) {
      changed_.wait(lock, [&] { return ended_ || !unflushed_.empty(); });
      if (unflushed_.empty()) return;
      std::vector<Batch> batches = std::exchange(unflushed_, {});
      flushing_ = true;
      lock.unlock();
      std::size_t count = 0;
      if (std::any_of(batches.begin(), batches.end(), [](const Batch& b) { return b.dirty; })) flush();
      for (Batch& batch : batches)
        for (Job& job : batch.jobs) {
          answer(job);
          ++count;
        }
      batches.clear();
      lock.lock();
      flushing_ = false;
      unflushed_jobs_ -= count;
      changed_.notify_all();
    }
  }

  // The file is there as long as a connection is open, and stays the same one; that it is there must be on disk as
  // well.
  void flush() {
    if (wal_ < 0) {
      wal_ = ::open((path_ + "-wal").c_str(), O_RDWR | O_CLOEXEC);
      CHECK(wal_ >= 0);
      CHECK(sync_folder_of(path_));
    }
    int rc;
    while ((rc = flush_(wal_)) != 0 && errno == EINTR) {
    }
    CHECK(rc == 0);
  }

  // One transaction, one commit. False: those that are not settled must run again, each alone; with Undo::nobody and
  // careful_ raised: together, with Undo::each. A savepoint for each body costs a copy of every page it changes, so
  // it is left out while no body fails after it has written.
  enum class Undo { each, nobody };
  bool run_together(std::span<Job> jobs, Undo undo) {
    const bool crowd = jobs.size() > 1 && undo == Undo::each;
    const bool bold = jobs.size() > 1 && undo == Undo::nobody;
    if (const int rc = writer_->run(Control::begin_write); rc != SQLITE_OK) return give_up(jobs, rc, "begin");
    kept_.begin(data_version());
    bool writes = false;
    for (Job& job : jobs) {
      if (job.settled) continue;
      if (crowd)
        if (const int rc = writer_->run(Control::savepoint); rc != SQLITE_OK) return give_up(jobs, rc, "savepoint");
      const std::int64_t changes = sqlite3_total_changes64(writer_->raw());
      SqliteTx tx(*writer_, *this, &kept_);
      job.result = run_body(job.body, tx);
      if (!writer_->in_transaction()) {  // the engine undid everything
        CHECK(!job.result);
        kept_.forget();
        job.settled = true;
        return jobs.size() == 1;
      }
      if (job.result) {
        job.events = std::move(tx.events());
        writes = true;
      } else if (sqlite3_total_changes64(writer_->raw()) != changes) {
        kept_.forget();
        if (bold) {  // its answer stands; the others run again, in the same order
          writer_->run(Control::rollback);
          careful_ = kCarefulBatches;
          job.settled = true;
          for (Job& again : jobs) again.events.clear();
          return false;
        }
        if (crowd)
          if (const int rc = writer_->run(Control::undo); rc != SQLITE_OK) return give_up(jobs, rc, "undo");
      }
      if (crowd)
        if (const int rc = writer_->run(Control::release); rc != SQLITE_OK) return give_up(jobs, rc, "release");
    }
    if (!writes) {
      writer_->run(Control::rollback);
      return true;
    }
    if (commit_fails()) {
      writer_->run(Control::rollback);
      return give_up(jobs, Error{Code::io_failed, "commit: a fault was injected", {}, {}});
    }
    const int rc = writer_->run(Control::commit);
    if (rc == SQLITE_OK) {
      ++counters.commits;
      committed_ = true;
      return true;
    }
    // A constraint that is only checked at the commit is one body's fault: find it.
    if ((rc & 0xff) == SQLITE_CONSTRAINT && jobs.size() > 1) {
      writer_->run(Control::rollback);
      kept_.forget();
      return false;
    }
    return give_up(jobs, rc, "commit");
  }

  bool give_up(std::span<Job> jobs, int rc, std::string_view what) { return give_up(jobs, writer_->error(rc, what)); }
  bool give_up(std::span<Job> jobs, const Error& error) {
    kept_.forget();
    if (writer_->in_transaction()) writer_->run(Control::rollback);
    for (Job& job : jobs) {
      job.result = fail(error);
      job.events.clear();
    }
    return true;
  }

  // Grows with each commit of another connection, of this process or another.
  std::int64_t data_version() {
    if (!data_version_ && sqlite3_prepare_v3(writer_->raw(), "pragma data_version", -1, SQLITE_PREPARE_PERSISTENT,
                                             &data_version_, nullptr) != SQLITE_OK)
      return -++unknown_versions_;
    const bool known = sqlite3_step(data_version_) == SQLITE_ROW;
    const std::int64_t out = known ? sqlite3_column_int64(data_version_, 0) : -++unknown_versions_;
    sqlite3_reset(data_version_);
    return out;
  }

  void copy_back() {
    if (wal_pages_ < wal_pages_before_) next_copy_pages_ = kCopyPages;  // the WAL began anew
    wal_pages_before_ = wal_pages_;
    copier_.wal_has(wal_pages_);
    if (copier_.take_rest()) return copy_now(SQLITE_CHECKPOINT_RESTART, kRestWaitMs);
    if (wal_pages_ < next_copy_pages_) return;
    next_copy_pages_ = wal_pages_ + kCopyPages;
    if (wal_pages_ < kOwnCopyPages) {
      next_copy_pages_ = std::min(next_copy_pages_, kOwnCopyPages);
      return copier_.begin();
    }
    copier_.wait();
    copy_now(SQLITE_CHECKPOINT_RESTART, wal_pages_ < kRestartPages ? kRestWaitMs : kRestartWaitMs);
  }
  // What fails here is tried again 12 MB later; the rows are safe in the WAL.
  void copy_now(int mode, int wait_ms) {
    sqlite3_busy_timeout(writer_->raw(), wait_ms);
    sqlite3_wal_checkpoint_v2(writer_->raw(), nullptr, mode, nullptr, nullptr);
    sqlite3_busy_timeout(writer_->raw(), busy_timeout_ms_);
  }

  const std::string path_;
  const std::size_t batch_limit_;
  const std::size_t unflushed_limit_;  // writes that are committed and not answered; beyond, the writer waits
  const int busy_timeout_ms_;
  const Flush flush_;
  // Batches that undo each body by itself, after one in which somebody failed who had written.
  static constexpr int kCarefulBatches = 16;
  int careful_ = 0;
  KeptReads kept_;  // the thread's, as is all that follows
  std::unique_ptr<Connection> writer_;
  bool committed_ = false;  // by the batch under way
  sqlite3_stmt* data_version_ = nullptr;
  std::int64_t unknown_versions_ = 0;
  int wal_pages_ = 0;
  int wal_pages_before_ = 0;
  int next_copy_pages_ = kCopyPages;
  Copier copier_;

  struct Batch {
    std::vector<Job> jobs;
    bool dirty;
  };
  std::mutex flush_mutex_;
  std::condition_variable changed_;
  std::vector<Batch> unflushed_;
  std::size_t unflushed_jobs_ = 0;
  bool flushing_ = false, ended_ = false;
  int wal_ = -1;  // the flusher's

  Pool<Connection> readers_;
  std::thread thread_, flusher_;
};

// Copies in one step, so in one snapshot; the writer goes on meanwhile.
Status copy_database(const std::string& from, const std::string& to, int busy_timeout_ms) {
  TRY(auto source, Connection::open(from, Connection::Role::read, busy_timeout_ms));
  sqlite3* target = nullptr;
  Status result;
  // Made before SQLite opens it, readable for nobody else: in it are people's addresses.
  const int fd = ::open(to.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (fd < 0) return fail(Code::io_failed, fmt::format("{}: {}", to, std::strerror(errno)));
  ::close(fd);
  int rc =
      sqlite3_open_v2(to.c_str(), &target, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_EXRESCODE, nullptr);
  if (rc == SQLITE_OK)
    rc = sqlite3_exec(target, "pragma synchronous = off; pragma journal_mode = off", nullptr, nullptr, nullptr);
  if (rc != SQLITE_OK) {
    result = fail(error_of(target, rc, to));
  } else if (sqlite3_backup* backup = sqlite3_backup_init(target, "main", source->raw(), "main"); !backup) {
    result = fail(error_of(target, sqlite3_errcode(target), to));
  } else {
    const int step = sqlite3_backup_step(backup, -1);
    rc = sqlite3_backup_finish(backup);
    if (step != SQLITE_DONE) result = fail(error_of(target, rc == SQLITE_OK ? step : rc, "backup to " + to));
  }
  sqlite3_close(target);
  return result;
}

Status SqliteDatabase::backup_to(const std::string& path) {
  namespace fs = std::filesystem;
  std::error_code ignored;
  if (path.empty() || fs::equivalent(path, path_, ignored) || fs::exists(path + "-wal", ignored))
    return fail(Code::conflict, fmt::format("'{}' is a database in use; choose another file for the copy", path));
  const std::string partial = path + ".partial";
  fs::remove(partial, ignored);
  Status result = copy_database(path_, partial, busy_timeout_ms_);
  if (result) result = sync_path(partial, O_RDWR);
  if (result && std::rename(partial.c_str(), path.c_str()) != 0)
    result = fail(Code::io_failed, fmt::format("{}: {}", path, std::strerror(errno)));
  if (!result) {
    fs::remove(partial, ignored);
    return result;
  }
  const fs::path folder = fs::absolute(path).parent_path();
  return sync_path(folder.string(), O_RDONLY | O_DIRECTORY);
}

// "file:PATH?immutable=1": read without any file beside it.
std::string frozen_uri(const std::string& path) {
  std::string out = "file:";
  for (const char c : path) {
    if (c == '?' || c == '#' || c == '%')
      out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    else
      out += c;
  }
  return out + "?immutable=1";
}

Status check_copy(const std::string& copy) {
  sqlite3* db = nullptr;
  int rc = sqlite3_open_v2(frozen_uri(copy).c_str(), &db,
                           SQLITE_OPEN_READONLY | SQLITE_OPEN_URI | SQLITE_OPEN_EXRESCODE, nullptr);
  std::string said;
  if (rc == SQLITE_OK)
    rc = sqlite3_exec(
        db, "pragma quick_check(1)",
        [](void* out, int, char** values, char**) {
          *static_cast<std::string*>(out) = values[0] ? values[0] : "";
          return 0;
        },
        &said, nullptr);
  Status result;
  if (rc != SQLITE_OK)
    result = fail(error_of(db, rc, copy));
  else if (said != "ok")
    result = fail(Code::io_failed, fmt::format("{}: the database in it is damaged: {}", copy, said));
  sqlite3_close(db);
  return result;
}

}  // namespace

Status sqlite_take_in(const std::string& copy, const std::string& path) {
  TRY_OK(check_copy(copy));
  TRY_OK(sync_path(copy, O_RDWR));
  if (renameat2(AT_FDCWD, copy.c_str(), AT_FDCWD, path.c_str(), RENAME_NOREPLACE) != 0)
    return fail(errno == EEXIST ? Code::conflict : Code::io_failed, fmt::format("{}: {}", path, std::strerror(errno)));
  return sync_folder_of(path);
}

Result<std::unique_ptr<Database>> open_sqlite(const std::string& path, const OpenOptions& options, Flush flush) {
  // Nobody asks how much memory SQLite has; counting it takes a lock for each piece.
  static const int uncounted = sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
  static_cast<void>(uncounted);
  TRY(auto writer, Connection::open(path, Connection::Role::write, options.busy_timeout_ms));
  // Commits do not flush by themselves: SqliteDatabase::flush does, before anybody is answered. Copying back still
  // does.
  TRY_OK(writer->script("pragma synchronous = normal"));
  if (!flush) flush = [](int fd) { return ::fdatasync(fd); };
  return std::make_unique<SqliteDatabase>(path, options, std::move(writer), std::move(flush));
}

}  // namespace lianbo::db
