#include "db/db.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <exception>
#include <iterator>
#include <unordered_set>

#include "base/check.hpp"
#include "db/array.hpp"
#include "db/engine.hpp"
#include "db/postgres/postgres.hpp"
#include "db/sqlite/sqlite.hpp"

namespace lianbo::db {
namespace {

std::vector<const Sql*>& registry() {
  static std::vector<const Sql*> statements;
  return statements;
}

thread_local bool t_inside = false;

}  // namespace

Sql::Sql(const char* name_, const char* text_, const char* postgres_text_)
    : name(name_), text(text_), postgres_text(postgres_text_), index(static_cast<int>(registry().size())) {
  static std::unordered_set<std::string_view> names;
  CHECK(names.insert(name).second);  // two statements of one name would share one prepared statement
  registry().push_back(this);
}

const std::vector<const Sql*>& all_statements() { return registry(); }

namespace {
// Two texts: SQLite runs it once an event, PostgreSQL once with arrays, because each statement is a journey there.
const Sql kAddToOutbox{"outbox.add",
                       "insert into outbox (bucket, id, brand_id, topic, key, payload, at) "
                       "values ($1, $2, $3, $4, $5, $6, $7)",
                       "insert into outbox (bucket, id, brand_id, topic, key, payload, at) "
                       "select * from unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::text[], $5::bigint[], "
                       "$6::text[], $7::bigint[])"};

void add_to_outbox_one_by_one(Tx& tx) {
  for (const Event& e : tx.events())
    if (e.durable) tx.exec(kAddToOutbox, {e.bucket, e.id, e.brand, e.topic, e.key, e.payload, e.at});
}

void add_to_outbox_at_once(Tx& tx) {
  ArrayText bucket, id, brand, topic, key, payload, at;
  bool any = false;
  for (const Event& e : tx.events()) {
    if (!e.durable) continue;
    any = true;
    bucket.add(e.bucket);
    id.add(e.id);
    brand.add(e.brand);
    topic.add(e.topic);
    key.add(e.key);
    payload.add(e.payload);
    at.add(e.at);
  }
  if (any)
    tx.exec(kAddToOutbox,
            {bucket.text(), id.text(), brand.text(), topic.text(), key.text(), payload.text(), at.text()});
}
}  // namespace

Inside::Inside() : before_(t_inside) { t_inside = true; }
Inside::~Inside() { t_inside = before_; }
bool Inside::now() { return t_inside; }

void EngineTx::check_params(const Sql& sql, std::span<const Param> params) {
  for (std::size_t i = 0; i < params.size(); ++i) {
    if (params[i].kind() == Param::Kind::text && params[i].text().find('\0') != std::string_view::npos)
      raise(Error{
          Code::invalid_field, fmt::format("{}: ${} holds a zero byte; a text must not", sql.name, i + 1), {}, {}});
  }
}

Error EngineTx::writes_within_rows(const Sql& sql) {
  return Error{Code::internal,
               fmt::format("{} writes while rows are being read; collect them first (Tx::all), then write", sql.name),
               {},
               {}};
}

void Engine::submit(Body body, Done done) {
  Code refused;
  {
    const std::scoped_lock lock(mutex_);
    if (!closed_ && queue_.size() < queue_limit_) {
      queue_.push_back(Job{std::move(body), std::move(done), {}, {}});
      arrived_.notify_one();
      return;
    }
    refused = closed_ ? Code::shutting_down : Code::overloaded;
  }
  if (refused == Code::overloaded) ++counters.queue_full;
  done(fail(refused, refused == Code::overloaded ? fmt::format("{} writes are waiting already", queue_limit_)
                                                 : std::string("the database is being closed")));
}

bool Engine::take(std::vector<Job>& out, std::size_t limit) {
  std::unique_lock lock(mutex_);
  arrived_.wait(lock, [&] { return closed_ || !queue_.empty(); });
  while (!queue_.empty() && out.size() < limit) {
    out.push_back(std::move(queue_.front()));
    queue_.pop_front();
  }
  return !out.empty();
}

void Engine::close() {
  const std::scoped_lock lock(mutex_);
  closed_ = true;
  arrived_.notify_all();
  closing_.notify_all();
}

void Engine::pause(std::chrono::milliseconds time) {
  std::unique_lock lock(mutex_);
  closing_.wait_for(lock, time, [&] { return closed_; });
}

namespace {
template <class F>
Status guarded(EngineTx& tx, F&& body) {
  try {
    Status result = body();
    if (result && tx.failure()) return fail(tx.failure()->error);
    return result;
  } catch (const DbFailure& failure) {
    return fail(failure.error);
  } catch (const std::exception& e) {
    return fail(Code::internal, fmt::format("a transaction's body threw: {}", e.what()));
  } catch (...) {
    return fail(Code::internal, "a transaction's body threw something that is no std::exception");
  }
}
}  // namespace

Status Engine::run_body(const Body& body, EngineTx& tx) const {
  return guarded(tx, [&]() -> Status {
    TRY_OK(body(tx));
    if (is_postgres())
      add_to_outbox_at_once(tx);
    else
      add_to_outbox_one_by_one(tx);
    return {};
  });
}

Status Engine::run_read(const Body& body, EngineTx& tx) {
  return guarded(tx, [&]() -> Status {
    TRY_OK(body(tx));
    if (!tx.events().empty())
      return fail(Code::internal, "a read emitted " + tx.events()[0].topic + "; only writes may");
    return {};
  });
}

void Engine::tell_early(Job& job) {
  if (!job.result || job.events.empty() || !sink_) return;
  const auto kept =
      std::stable_partition(job.events.begin(), job.events.end(), [](const Event& e) { return e.durable; });
  if (kept == job.events.end()) return;
  std::vector<Event> early(std::make_move_iterator(kept), std::make_move_iterator(job.events.end()));
  job.events.erase(kept, job.events.end());
  sink_(std::move(early));
}

void Engine::answer(Job& job) {
  ++counters.transactions;
  if (!job.result) ++counters.rollbacks;
  if (job.result && !job.events.empty() && sink_) sink_(std::move(job.events));
  job.done(std::move(job.result));
}

DbStats Engine::stats() const {
  DbStats out;
  out.transactions = counters.transactions;
  out.commits = counters.commits;
  out.rollbacks = counters.rollbacks;
  out.retries = counters.retries;
  out.statements = counters.statements;
  out.queue_full = counters.queue_full;
  const std::scoped_lock lock(mutex_);
  out.waiting = static_cast<std::int64_t>(queue_.size());
  return out;
}

Status Database::write_body(const Body& body) {
  CHECK(!Inside::now());  // a body joins its Tx; a done or a sink must not wait for the thread it runs on
  std::mutex mutex;
  std::condition_variable answered;
  std::optional<Status> result;
  submit([&body](Tx& tx) { return body(tx); },
         [&](Status status) {
           const std::scoped_lock lock(mutex);  // notify under the lock: the waiter's stack may be gone after it
           result = std::move(status);
           answered.notify_one();
         });
  std::unique_lock lock(mutex);
  answered.wait(lock, [&] { return result.has_value(); });
  return *std::move(result);
}

std::vector<Status> write_all(Database& db, std::size_t n, const std::function<Status(Tx&, std::size_t)>& body) {
  CHECK(!Inside::now());
  std::mutex mutex;
  std::condition_variable answered;
  std::vector<Status> results(n);
  std::size_t left = n;
  for (std::size_t i = 0; i < n; ++i)
    db.submit([&body, i](Tx& tx) { return body(tx, i); },
              [&, i](Status status) {
                const std::scoped_lock lock(mutex);
                results[i] = std::move(status);
                if (--left == 0) answered.notify_one();
              });
  std::unique_lock lock(mutex);
  answered.wait(lock, [&] { return left == 0; });
  return results;
}

Result<std::unique_ptr<Database>> open_database(const OpenOptions& options) {
  for (const auto& [name, value] : {std::pair{"readers", options.readers},
                                    {"writers", options.writers},
                                    {"queue_limit", options.queue_limit},
                                    {"batch_limit", options.batch_limit}})
    if (value < 1)
      return fail(Code::invalid_field, fmt::format("db {} is {}; it must be at least 1", name, value), name);
  const std::string_view url = options.url;
  if (url.starts_with("postgres://") || url.starts_with("postgresql://")) return open_postgres(options);
  const std::string path(url.starts_with("sqlite:") ? url.substr(7) : url);
  // What follows "://" may hold a password: never printed.
  if (const auto scheme = url.find("://"); scheme != std::string_view::npos && !url.starts_with("sqlite:"))
    return fail(
        Code::invalid_field,
        fmt::format("no database is called {}://; use sqlite:PATH or postgres://USER@HOST/NAME", url.substr(0, scheme)),
        "db.url");
  if (path.empty() || path == ":memory:")
    return fail(Code::invalid_field, fmt::format("'{}' is no file; use sqlite:PATH or postgres://USER@HOST/NAME", url),
                "db.url");
  return open_sqlite(path, options);
}

}  // namespace lianbo::db
