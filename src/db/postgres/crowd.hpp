// Runs a crowd of bodies (db/together.hpp) in one transaction of PostgreSQL. Private to src/db.
//
// Each body has a stack of its own (fiber.hpp). In turns all of them run until each waits for a statement; statements
// with one name are then asked as one, with an array for each parameter:
//   reads   select k_.n_, q_.* from unnest($1::bigint[], …) with ordinality as k_ (p1, …, n_)
//           cross join lateral (the text, with k_.p1 for $1) as q_
//   locks   update … from unnest(…) … returning k_.n_, …
//   later   insert … select … from unnest(…), when all bodies are through; the events' rows with them
// A body that fails has written nothing that counts, so its answer stands. One that fails or leaves after it has taken
// something makes the transaction begin again without it.
//
// The parts of one body (db::in_parts) run so too, inside its own transaction: there nobody leaves, because what is not
// fit for company is asked by itself, and what a part has put off is written before it looks at that table again.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "db/engine.hpp"
#include "db/postgres/connection.hpp"
#include "db/postgres/fiber.hpp"

namespace lianbo::db::pg {

class Member;

// A transaction of PostgreSQL: one statement by itself.
class PgTx : public EngineTx {
 protected:
  std::int64_t run_alone(Connection& connection, const Sql& sql, std::span<const Param> params, const RowFn* on_row);
  using EngineTx::raise;
  [[noreturn]] void raise(DbFailure failure) { EngineTx::raise(std::move(failure.error), failure.retry); }
};

class Crowd {
 public:
  enum class Of { bodies, parts };
  Crowd(Engine& engine, Of of) : engine_(engine), of_(of) {}
  ~Crowd();

  // Those that are settled afterwards have their result, and their commit is on disk. The others have left no trace and
  // must run alone.
  void run(Connection& connection, std::vector<Job>& jobs);

  // part(tx, i) for i in [0, n) inside the transaction that stands on this connection. The first error of a part;
  // failed: the engine's, after which the transaction is worth nothing.
  Status run_parts(Connection& connection, Tx& whole, std::size_t n, const Part& part,
                   std::optional<DbFailure>& failed);

  // How a statement runs here.
  struct Way {
    enum class Kind { alone, reads, locks, takes, later } kind = Kind::alone;
    std::string name, text;
    std::string table;          // that it writes
    std::vector<Oid> elements;  // per parameter: of what its array is
    bool binary = true;         // rows come as bytes, not as text
  };
  Result<const Way*> way_of(Connection& connection, const Sql& sql);
  Engine& engine() { return engine_; }
  Connection& connection() { return *connection_; }

 private:
  using Members = std::vector<std::unique_ptr<Member>>;
  enum class Outcome { committed, again, all_alone };
  class Columns;
  struct Asked;
  using Failed = std::optional<DbFailure>;
  using Rows = std::shared_ptr<PGresult>;
  Outcome try_once(std::vector<Job*>& jobs);
  Failed ask_for_all(Members& members);
  Failed gather(const Sql& sql, const std::vector<Member*>& askers, std::vector<Asked>& asked);
  void answer(Asked& asked);
  Failed gather_events(Members& members, std::vector<Asked>& asked);
  Failed gather_later(Members& members, std::vector<Asked>& asked);
  Failed prepare(const Sql& sql, const Way& way);
  Failed execute(std::span<Asked> asked);
  void use(Connection& connection);
  void finish_all(Members& members, const Error& error);
  Fiber& fiber(std::size_t number);

  Engine& engine_;
  const Of of_;
  Connection* connection_ = nullptr;
  std::int64_t prepared_on_ = -1;         // the backend's number
  std::int64_t crowds_ = 0;               // that ran on it
  std::vector<bool> prepared_;            // by the statement's index, on this connection
  std::vector<std::optional<Way>> ways_;  // by the statement's index
  std::vector<std::unique_ptr<Fiber>> fibers_;
};

}  // namespace lianbo::db::pg
