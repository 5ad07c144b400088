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
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "db/engine.hpp"
#include "db/postgres/connection.hpp"
#include "db/postgres/fiber.hpp"

namespace lianbo::db::pg {

class Member;

class Crowd {
 public:
  explicit Crowd(Engine& engine) : engine_(engine) {}
  ~Crowd();

  // Those that are settled afterwards have their result, and their commit is on disk. The others have left no trace and
  // must run alone.
  void run(Connection& connection, std::vector<Job>& jobs);

  // How a statement runs here.
  struct Way {
    enum class Kind { alone, reads, locks, takes, later } kind = Kind::alone;
    std::string name, text;
    std::string table;  // that it writes
    std::size_t parameters = 0;
    std::vector<bool> bytes;  // per parameter: a bytea
  };
  Result<const Way*> way_of(Connection& connection, const Sql& sql);
  Engine& engine() { return engine_; }
  Connection& connection() { return *connection_; }

 private:
  using Members = std::vector<std::unique_ptr<Member>>;
  enum class Outcome { committed, again, all_alone };
  Outcome try_once(std::vector<Job*>& jobs);
  std::optional<Error> ask_for_all(Members& members);
  std::optional<Error> ask(const Sql& sql, std::vector<Member*>& askers);
  std::optional<Error> write_last(Members& members);
  Result<std::shared_ptr<PGresult>> execute(const Way& way, std::vector<std::string_view> values);
  void prepare_connection(Connection& connection);
  void finish_all(Members& members, const Error& error);

  Engine& engine_;
  Connection* connection_ = nullptr;
  std::int64_t prepared_on_ = -1;         // the backend's number
  std::int64_t crowds_ = 0;               // that ran on it
  std::vector<bool> prepared_;            // by the statement's index, on this connection
  std::vector<std::optional<Way>> ways_;  // by the statement's index
  std::vector<std::unique_ptr<Fiber>> fibers_;
};

}  // namespace lianbo::db::pg
