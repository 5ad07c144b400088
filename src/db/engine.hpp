// What both engines share: the bounded queue of write bodies, the running of one body, the handing on of its events and
// its answer, the counters, and the pool of reading connections. Private to src/db.
//
// Order of an answer: commit on disk → the sink gets the body's events → done. (SQLite: events that are not durable may
// come to the sink once they are committed.) So whoever got an answer may rely on its
// events having been handed on.
//
// Threads: submit and take from any thread. A thread that runs a body or a done is "inside": write and read CHECK that
// they are not called from there, because they would wait for themselves.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <utility>

#include "db/array.hpp"
#include "db/db.hpp"
#include "db/together.hpp"

namespace lianbo::db {

class Inside {
 public:
  Inside();
  ~Inside();
  static bool now();

 private:
  bool before_;
};

struct Job {
  Database::Body body;
  Database::Done done;
  Status result;
  std::vector<Event> events;
  bool settled = false;        // result stands, whatever becomes of the others in its batch
  std::int64_t crowd_key = 0;  // of a body that may run with others
};

inline constexpr const char* kMaybeCommitted =
    "; it is not known whether it was committed: repeat it under the same Idempotency-Key";

// A Tx that remembers the engine's failure, so that a body that swallowed it can't pass for a success.
class EngineTx : public Tx {
 public:
  const std::optional<DbFailure>& failure() const { return failure_; }
  virtual bool in_crowd() const { return false; }
  virtual Status in_parts(std::size_t n, const Part& part);

 protected:
  [[noreturn]] void raise(Error error, bool retry = false) {
    failure_ = DbFailure{error, retry};
    throw DbFailure{std::move(error), retry};
  }
  void check_params(const Sql& sql, std::span<const Param> params);

  // Row callbacks running now. Within them a body may only read: what a write does to the rows still to come differs
  // between the engines.
  int rows_open_ = 0;
  struct OpenRows {
    explicit OpenRows(int& count_) : count(count_) { ++count; }
    ~OpenRows() { --count; }
    int& count;
  };
  static Error writes_within_rows(const Sql& sql);

 private:
  std::optional<DbFailure> failure_;
};

// Durable events as arrays of the outbox's columns, for PostgreSQL.
const Sql& add_to_outbox();
class EventRows {
 public:
  void add(const Event& e);  // one that isn't durable is left out
  bool empty() const { return !any_; }
  std::vector<std::string_view> texts();

 private:
  ArrayText bucket_, id_, brand_, topic_, key_, payload_, at_;
  bool any_ = false;
};

class Engine : public Database {
 public:
  explicit Engine(const OpenOptions& options) : queue_limit_(static_cast<std::size_t>(options.queue_limit)) {}

  void submit(Body body, Done done) final { put({std::move(body), std::move(done), {}, {}}); }
  // See together.hpp.
  void submit_together(std::int64_t key, Body body, Done done) {
    Job job{std::move(body), std::move(done), {}, {}};
    job.crowd_key = is_postgres() ? key : 0;
    put(std::move(job));
  }
  // Runs a body; everything thrown becomes a Status.
  static Status guard(const Body& body, EngineTx& tx);
  void on_commit(std::function<void(std::vector<Event>&&)> sink) final { sink_ = std::move(sink); }
  DbStats stats() const final;
  void set_faults(FaultPlan* plan) final { faults_ = plan; }

  bool fails(const Sql& sql) const {
    FaultPlan* plan = faults_;
    return plan && plan->fail_statement(sql);
  }
  bool commit_fails() const {
    FaultPlan* plan = faults_;
    return plan && plan->fail_commit();
  }

  struct Counters {
    std::atomic<std::int64_t> transactions{0}, commits{0}, rollbacks{0}, retries{0}, statements{0}, queue_full{0};
  };
  Counters counters;

 protected:
  // Takes up to `limit` waiting jobs, in order; waits for the first. False: closed, and nothing is left.
  bool take(std::vector<Job>& out, std::size_t limit);
  // The same of those who may run together, each of another key.
  bool take_crowd(std::vector<Job>& out, std::size_t limit);
  // Lets another thread run it, alone. False: closed; whoever has it must run it.
  bool pass_on(Job& job);
  void close();  // what was accepted is still run; new bodies get shutting_down
  // Waits, but not longer than the closing.
  void pause(std::chrono::milliseconds time);

  // Runs a body; run_body then writes its durable events to the outbox, run_read refuses them. Everything thrown
  // becomes a Status.
  Status run_body(const Body& body, EngineTx& tx) const;
  static Status run_read(const Body& body, EngineTx& tx);
  void tell_early(Job& job);  // what is not durable, before the flush
  void answer(Job& job);

 private:
  void put(Job job);

  const std::size_t queue_limit_;
  mutable std::mutex mutex_;
  std::condition_variable arrived_;
  std::condition_variable closing_;
  std::deque<Job> queue_;
  std::condition_variable crowd_arrived_;
  std::deque<Job> crowd_;
  bool closed_ = false;
  std::function<void(std::vector<Event>&&)> sink_;
  std::atomic<FaultPlan*> faults_{nullptr};
};

// Up to `limit` connections, opened when first needed, the last used first. Who finds none free waits `wait_ms`.
template <class Connection>
class Pool {
 public:
  using Open = std::function<Result<std::unique_ptr<Connection>>()>;
  Pool(int limit, int wait_ms, Open open) : limit_(limit), wait_ms_(wait_ms), open_(std::move(open)) {}

  class Lease {
   public:
    Lease(Pool& pool, std::unique_ptr<Connection> connection) : pool_(&pool), connection_(std::move(connection)) {}
    Lease(Lease&& other) noexcept
        : pool_(std::exchange(other.pool_, nullptr)), connection_(std::move(other.connection_)) {}
    Lease& operator=(Lease&&) = delete;
    ~Lease() {
      if (pool_) pool_->put_back(std::move(connection_));
    }
    Connection& operator*() const { return *connection_; }
    Connection* operator->() const { return connection_.get(); }
    void drop() { connection_.reset(); }  // broken: the pool opens another when it needs one

   private:
    Pool* pool_;
    std::unique_ptr<Connection> connection_;
  };

  Result<Lease> acquire() {
    std::unique_lock lock(mutex_);
    if (!freed_.wait_for(lock, std::chrono::milliseconds(wait_ms_), [&] { return used_ < limit_; }))
      return fail(Code::database_busy,
                  "all reading connections have been busy for " + std::to_string(wait_ms_) + " ms");
    ++used_;
    if (!free_.empty()) {
      auto connection = std::move(free_.back());
      free_.pop_back();
      return Lease(*this, std::move(connection));
    }
    lock.unlock();
    auto opened = open_();
    if (!opened) {
      put_back(nullptr);
      return lianbo::fail(std::move(opened).error());
    }
    return Lease(*this, *std::move(opened));
  }

 private:
  void put_back(std::unique_ptr<Connection> connection) {
    const std::scoped_lock lock(mutex_);
    --used_;
    if (connection) free_.push_back(std::move(connection));
    freed_.notify_one();
  }

  const int limit_;
  const int wait_ms_;
  const Open open_;
  std::mutex mutex_;
  std::condition_variable freed_;
  std::vector<std::unique_ptr<Connection>> free_;
  int used_ = 0;
};

}  // namespace lianbo::db
