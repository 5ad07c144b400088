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
#include "db/together.hpp"

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
  EventRows rows;
  for (const Event& e : tx.events()) rows.add(e);
  if (rows.empty()) return;
  const auto texts = rows.texts();
  const std::vector<Param> params(texts.begin(), texts.end());
  tx.exec(kAddToOutbox, params);
}

std::vector<const Together*>& fit_for_crowds() {
  static std::vector<const Together*> all;
  return all;
}
}  // namespace

const Sql& add_to_outbox() { return kAddToOutbox; }
void EventRows::add(const Event& e) {
  if (!e.durable) return;
  any_ = true;
  bucket_.add(e.bucket);
  id_.add(e.id);
  brand_.add(e.brand);
  topic_.add(e.topic);
  key_.add(e.key);
  payload_.add(e.payload);
  at_.add(e.at);
}
std::vector<std::string_view> EventRows::texts() {
  return {bucket_.text(), id_.text(), brand_.text(), topic_.text(), key_.text(), payload_.text(), at_.text()};
}

Together::Together(const Sql& sql_, How how_, const char* text_) : sql(sql_), how(how_), text(text_) {
  CHECK(how != How::takes || text != nullptr);
  auto& all = fit_for_crowds();
  const auto index = static_cast<std::size_t>(sql.index);
  if (all.size() <= index) all.resize(index + 1);
  all[index] = this;
}
const Together* together_of(const Sql& sql) {
  const auto& all = fit_for_crowds();
  const auto index = static_cast<std::size_t>(sql.index);
  return index < all.size() ? all[index] : nullptr;
}
void submit_together(Database& db, std::int64_t key, Database::Body body, Database::Done done) {
  if (auto* engine = dynamic_cast<Engine*>(&db))
    engine->submit_together(key, std::move(body), std::move(done));
  else
    db.submit(std::move(body), std::move(done));
}
bool together(const Tx& tx) {
  const auto* own = dynamic_cast<const EngineTx*>(&tx);
  return own && own->in_crowd();
}

Status in_parts(Tx& tx, std::size_t n, const Part& part) {
  if (auto* own = dynamic_cast<EngineTx*>(&tx)) return own->in_parts(n, part);
  for (std::size_t i = 0; i < n; ++i) TRY_OK(part(tx, i));
  return {};
}
void for_each_part(Tx& tx, std::size_t n, const std::function<void(Tx&, std::size_t)>& part) {
  const Status done = in_parts(tx, n, [&](Tx& own, std::size_t i) -> Status {
    part(own, i);
    return {};
  });
  if (!done) throw DbFailure{done.error()};  // what a part threw
}
Status EngineTx::in_parts(std::size_t n, const Part& part) {
  for (std::size_t i = 0; i < n; ++i) TRY_OK(part(*this, i));
  return {};
}

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

void Engine::put(Job job) {
  Code refused;
  {
    const std::scoped_lock lock(mutex_);
    if (!closed_ && queue_.size() + crowd_.size() < queue_limit_) {
      const bool crowd = job.crowd_key != 0;
      (crowd ? crowd_ : queue_).push_back(std::move(job));
      (crowd ? crowd_arrived_ : arrived_).notify_one();
      return;
    }
    refused = closed_ ? Code::shutting_down : Code::overloaded;
  }
  if (refused == Code::overloaded) ++counters.queue_full;
  job.done(fail(refused, refused == Code::overloaded ? fmt::format("{} writes are waiting already", queue_limit_)
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

bool Engine::take_crowd(std::vector<Job>& out, std::size_t limit) {
  std::unique_lock lock(mutex_);
  crowd_arrived_.wait(lock, [&] { return closed_ || !crowd_.empty(); });
  std::unordered_set<std::int64_t> keys;
  std::deque<Job> later;
  while (!crowd_.empty() && out.size() < limit) {
    Job job = std::move(crowd_.front());
    crowd_.pop_front();
    const bool first = keys.insert(job.crowd_key).second;
    if (first)
      out.push_back(std::move(job));
    else
      later.push_back(std::move(job));
  }
  for (; !later.empty(); later.pop_back()) crowd_.push_front(std::move(later.back()));
  return !out.empty();
}

bool Engine::pass_on(Job& job) {
  const std::scoped_lock lock(mutex_);
  if (closed_) return false;
  job.crowd_key = 0;
  queue_.push_front(std::move(job));
  arrived_.notify_one();
  return true;
}

void Engine::close() {
  const std::scoped_lock lock(mutex_);
  closed_ = true;
  arrived_.notify_all();
  crowd_arrived_.notify_all();
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

Status Engine::guard(const Body& body, EngineTx& tx) {
  return guarded(tx, [&] { return body(tx); });
}

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
  out.waiting = static_cast<std::int64_t>(queue_.size() + crowd_.size());
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
