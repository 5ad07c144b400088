#include "db/postgres/crowd.hpp"

#include <map>
#include <set>
#include <utility>

#include "base/check.hpp"
#include "db/array.hpp"
#include "db/together.hpp"

namespace lianbo::db::pg {
namespace {

constexpr std::int64_t kFirstPlans = 8, kPlansFor = 128;  // crowds
constexpr int kTries = 3;                                 // of a transaction, each without those who spoiled the last
const Error kBroken{Code::internal, "another of the crowd's statements failed", {}, {}};

bool is_word(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'; }

// Where `word` stands in the text, outside of parentheses and quotes.
std::size_t find_outside(std::string_view text, std::string_view word) {
  int depth = 0;
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\'') quoted = !quoted;
    if (quoted) continue;
    if (depth == 0 && text.substr(i).starts_with(word)) return i;
    depth += text[i] == '(' ? 1 : text[i] == ')' ? -1 : 0;
  }
  return std::string_view::npos;
}

bool names(std::string_view text, std::string_view table) {
  for (auto at = text.find(table); at != std::string_view::npos; at = text.find(table, at + 1)) {
    const auto end = at + table.size();
    if ((at == 0 || !is_word(text[at - 1])) && (end == text.size() || !is_word(text[end]))) return true;
  }
  return false;
}

// "$3" becomes "k_.p3".
std::string with_columns(std::string_view text) {
  std::string out;
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\'') quoted = !quoted;
    if (text[i] == '$' && !quoted)
      out += "k_.p";
    else
      out += text[i];
  }
  return out;
}

// "unnest($1::bigint[], $2::text[]) with ordinality as k_ (p1, p2, n_)"; "": a type that has no array here.
std::string arrays(std::span<const Oid> types) {
  std::string from = "unnest(", columns;
  for (std::size_t i = 0; i < types.size(); ++i) {
    const char* type = types[i] == kInt8                           ? "bigint"
                       : types[i] == kText || types[i] == kVarchar ? "text"
                       : types[i] == kBytea                        ? "bytea"
                                                                   : nullptr;
    if (!type) return {};
    from += fmt::format("{}${}::{}[]", i ? ", " : "", i + 1, type);
    columns += fmt::format("p{}, ", i + 1);
  }
  return from + ") with ordinality as k_ (" + columns + "n_)";
}

// The text of a writing statement for arrays; "": there is none.
std::string written_for_all(std::string_view text, const std::string& from) {
  if (text.starts_with("insert into ")) {
    const auto values = find_outside(text, " values (");
    if (values == std::string_view::npos) return {};
    const auto open = values + 8;
    int depth = 0;
    auto close = open;
    for (bool quoted = false; close < text.size(); ++close) {
      if (text[close] == '\'') quoted = !quoted;
      if (quoted) continue;
      depth += text[close] == '(' ? 1 : text[close] == ')' ? -1 : 0;
      if (depth == 0) break;
    }
    return std::string(text.substr(0, values)) + " select " + with_columns(text.substr(open + 1, close - open - 1)) +
           " from " + from + std::string(text.substr(close + 1));
  }
  const bool deletes = text.starts_with("delete from ");
  const auto where = find_outside(text, " where ");
  if ((!deletes && !text.starts_with("update ")) || where == std::string_view::npos ||
      (!deletes && find_outside(text, " from ") != std::string_view::npos))
    return {};
  const auto returning = find_outside(text, " returning ");
  const bool returns = returning != std::string_view::npos;
  std::string out = with_columns(text.substr(0, where)) + (deletes ? " using " : " from ") + from +
                    with_columns(text.substr(where, returns ? returning - where : std::string_view::npos));
  if (returns) out += " returning k_.n_, " + with_columns(text.substr(returning + 11));
  return out;
}

std::string table_of(std::string_view text) {
  for (const std::string_view begin : {"insert into ", "update ", "delete from "})
    if (text.starts_with(begin)) {
      text.remove_prefix(begin.size());
      return std::string(text.substr(0, text.find(' ')));
    }
  return {};
}

std::string key_of(std::span<const Param> params) {
  std::string key;
  for (const Param& p : params) {
    key += static_cast<char>(p.kind());
    const std::int64_t n = p.kind() == Param::Kind::integer ? p.integer() : static_cast<std::int64_t>(p.text().size());
    key.append(reinterpret_cast<const char*>(&n), sizeof n);
    if (p.kind() != Param::Kind::integer) key += p.text();
  }
  return key;
}

std::string hex(std::string_view bytes) {
  static constexpr std::string_view digits = "0123456789abcdef";
  std::string out = "\\x";
  for (const char c : bytes) {
    out += digits[static_cast<unsigned char>(c) >> 4];
    out += digits[static_cast<unsigned char>(c) & 15];
  }
  return out;
}

void add(ArrayText& array, const Param& p) {
  switch (p.kind()) {
    case Param::Kind::null:
      return array.add_null();
    case Param::Kind::integer:
      return array.add(p.integer());
    case Param::Kind::text:
      return array.add(p.text());
    case Param::Kind::blob:
      return array.add(std::string_view(hex(p.text())));
  }
}

// A value that outlives the call it was given to.
class Kept {
 public:
  explicit Kept(const Param& p) : kind_(p.kind()), integer_(p.integer()), text_(p.text()) {}
  Param param() const {
    switch (kind_) {
      case Param::Kind::null:
        return nullptr;
      case Param::Kind::integer:
        return integer_;
      case Param::Kind::text:
        return text_;
      case Param::Kind::blob:
        return Param::blob(text_);
    }
    return nullptr;
  }

 private:
  Param::Kind kind_;
  std::int64_t integer_;
  std::string text_;
};

}  // namespace

// One body of the crowd, and its transaction as it sees it.
class Member final : public EngineTx {
 public:
  Member(Crowd& crowd, Job& job, Fiber& fiber) : crowd_(crowd), job_(job), fiber_(fiber) {}

  struct Later {
    const Sql* sql;
    std::vector<Kept> values;
  };

  void start() {
    fiber_.start([this] { result_ = Engine::guard(job_.body, *this); });
    go_on();
  }
  void go_on() { running_ = fiber_.resume(); }
  void give_up(const Error& error) {
    broken_ = error;
    asked_ = nullptr;
    go_on();
  }
  void answer(std::shared_ptr<PGresult> rows, std::vector<int> mine) {
    rows_ = std::move(rows);
    mine_ = std::move(mine);
    asked_ = nullptr;
  }
  void send_away() { left_ = true; }

  bool running() const { return running_; }
  bool left() const { return left_; }
  bool took = false;  // something that counts has been written for it
  const Sql* asked() const { return asked_; }
  std::span<const Param> params() const { return params_; }
  const Status& result() const { return result_; }
  Job& job() const { return job_; }
  std::vector<Later>& later() { return later_; }
  bool in_crowd() const override { return true; }

 protected:
  std::int64_t run(const Sql& sql, std::span<const Param> params, const RowFn* on_row) override {
    Engine& engine = crowd_.engine();
    engine.counters.statements.fetch_add(1, std::memory_order_relaxed);
    if (engine.fails(sql)) raise(Error{Code::io_failed, fmt::format("{}: a fault was injected", sql.name), {}, {}});
    check_params(sql, params);
    const auto found = crowd_.way_of(crowd_.connection(), sql);
    if (!found) leave();
    const Crowd::Way& way = **found;
    using Kind = Crowd::Way::Kind;
    if (way.kind != Kind::reads && rows_open_ > 0) raise(writes_within_rows(sql));
    if (way.kind == Kind::alone || params.size() != way.parameters) leave();
    // It would not see what it has put off.
    for (const std::string& table : written_)
      if (way.kind == Kind::later ? table == way.table && later_.back().sql != &sql : names(sql.text, table)) leave();
    if (way.kind == Kind::later) {
      if (written_.empty() || written_.back() != way.table) written_.push_back(way.table);
      later_.push_back({&sql, {params.begin(), params.end()}});
      return 1;
    }
    asked_ = &sql;
    params_ = params;
    fiber_.pause();
    if (left_) leave();
    if (broken_) raise(*broken_);
    const auto rows = std::exchange(rows_, nullptr);
    const auto mine = std::exchange(mine_, {});
    if (on_row) {
      PgRow row(rows.get(), 1);
      const OpenRows open(rows_open_);
      for (const int i : mine) {
        row.go_to(i);
        (*on_row)(row);
      }
    }
    return way.kind == Kind::reads ? 0 : static_cast<std::int64_t>(mine.size());
  }

 private:
  [[noreturn]] void leave() {
    left_ = true;
    raise(Error{Code::internal, "this body runs alone", {}, {}});
  }

  Crowd& crowd_;
  Job& job_;
  Fiber& fiber_;
  bool running_ = false, left_ = false;
  Status result_;
  std::optional<Error> broken_;
  const Sql* asked_ = nullptr;
  std::span<const Param> params_;
  std::shared_ptr<PGresult> rows_;
  std::vector<int> mine_;
  std::vector<Later> later_;
  std::vector<std::string> written_;
};

Crowd::~Crowd() = default;

Result<const Crowd::Way*> Crowd::way_of(Connection& connection, const Sql& sql) {
  const auto index = static_cast<std::size_t>(sql.index);
  if (ways_.size() < all_statements().size()) ways_.resize(all_statements().size());
  if (ways_[index]) return &*ways_[index];
  const Together* said = together_of(sql);
  const std::string_view own = sql.postgres_text ? sql.postgres_text : sql.text;
  const std::string_view text = said && said->text && said->how != Together::How::takes ? said->text : own;
  Way way;
  way.name = std::string(sql.name) + "@crowd";
  // What the parameters are is PostgreSQL's inference, as elsewhere.
  const PgResult prepared(PQprepare(connection.raw(), "", std::string(text).c_str(), 0, nullptr));
  if (!succeeded(prepared)) return fail(connection.failure(prepared, sql.name).error);
  const PgResult described(PQdescribePrepared(connection.raw(), ""));
  if (!succeeded(described)) return fail(connection.failure(described, sql.name).error);
  std::vector<Oid> types;
  for (int i = 0; i < PQnparams(described.get()); ++i) types.push_back(PQparamtype(described.get(), i));
  way.parameters = types.size();
  way.table = table_of(text);
  const std::string from = arrays(types);
  if (types.empty()) {
    if (text.starts_with("select ")) way.text = "select cast(1 as bigint), q_.* from (" + std::string(text) + ") as q_";
  } else if (!from.empty() && text.starts_with("select ")) {
    way.text = "select k_.n_, q_.* from " + from + " cross join lateral (" + with_columns(text) + ") as q_";
  } else if (!from.empty() && said) {
    way.text = said->how == Together::How::takes ? std::string(said->text) : written_for_all(text, from);
  }
  if (!way.text.empty())
    way.kind = text.starts_with("select ")         ? Way::Kind::reads
               : said->how == Together::How::locks ? Way::Kind::locks
               : said->how == Together::How::takes ? Way::Kind::takes
                                                   : Way::Kind::later;
  ways_[index] = std::move(way);
  return &*ways_[index];
}

void Crowd::prepare_connection(Connection& connection) {
  connection_ = &connection;
  // Plans are made once and not for each call; but a table that was empty then may be large by now.
  if (crowds_ == kFirstPlans || crowds_ % kPlansFor == kPlansFor - 1)
    static_cast<void>(connection.command("discard plans"));
  ++crowds_;
  const auto backend = static_cast<std::int64_t>(PQbackendPID(connection.raw()));
  if (backend == prepared_on_) return;
  prepared_on_ = backend;
  prepared_.assign(all_statements().size(), false);
  static_cast<void>(connection.command("set plan_cache_mode = force_generic_plan; set jit = off"));
  crowds_ = 0;
}

Result<std::shared_ptr<PGresult>> Crowd::execute(const Way& way, std::vector<std::string_view> values) {
  std::vector<const char*> pointers;
  pointers.reserve(values.size());
  for (const auto value : values) pointers.push_back(value.data());
  std::shared_ptr<PGresult> out(PQexecPrepared(connection_->raw(), way.name.c_str(), static_cast<int>(pointers.size()),
                                               pointers.data(), nullptr, nullptr, 0),
                                [](PGresult* r) { PQclear(r); });
  const auto status = PQresultStatus(out.get());
  if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK)
    return fail(Code::internal, way.name + ": " + Connection::trimmed(PQresultErrorMessage(out.get())));
  return out;
}

namespace {
// An array for each parameter, a place in it for each set of values.
class Columns {
 public:
  explicit Columns(std::size_t parameters) : arrays_(parameters) {}
  void put(std::size_t parameter, const Param& value) { add(arrays_[parameter], value); }
  std::vector<std::string_view> texts() {
    std::vector<std::string_view> out;
    for (ArrayText& array : arrays_) out.push_back(array.text());
    return out;
  }

 private:
  std::vector<ArrayText> arrays_;
};
}  // namespace

std::optional<Error> Crowd::ask(const Sql& sql, std::vector<Member*>& askers) {
  const auto found = way_of(*connection_, sql);
  if (!found) return found.error();
  const Way& way = **found;
  if (const auto index = static_cast<std::size_t>(sql.index); !prepared_[index]) {
    const PgResult done(PQprepare(connection_->raw(), way.name.c_str(), way.text.c_str(), 0, nullptr));
    if (!succeeded(done)) return connection_->failure(done, way.name).error;
    prepared_[index] = true;
  }
  // Who asks the same shares a place, unless it takes something.
  std::map<std::string, std::size_t> places;
  std::vector<std::vector<Member*>> who;
  Columns columns(way.parameters);
  for (Member* m : askers) {
    if (way.kind != Way::Kind::takes) {
      const auto [it, fresh] = places.emplace(key_of(m->params()), who.size());
      if (!fresh) {
        who[it->second].push_back(m);
        continue;
      }
    }
    who.push_back({m});
    for (std::size_t i = 0; i < way.parameters; ++i) columns.put(i, m->params()[i]);
  }
  const auto result = execute(way, columns.texts());
  if (!result) return result.error();
  std::vector<std::vector<int>> rows(who.size());
  for (int i = 0; i < PQntuples(result->get()); ++i) {
    std::int64_t place = 0;
    const char* text = PQgetvalue(result->get(), i, 0);
    std::from_chars(text, text + PQgetlength(result->get(), i, 0), place);
    rows[static_cast<std::size_t>(place - 1)].push_back(i);
  }
  for (std::size_t place = 0; place < who.size(); ++place)
    for (std::size_t k = 0; k < who[place].size(); ++k) {
      Member& m = *who[place][k];
      if (way.kind == Way::Kind::takes && !rows[place].empty()) m.took = true;
      // Two who lock one row decide one after the other.
      if (way.kind == Way::Kind::locks && k > 0 && !rows[place].empty()) m.send_away();
      m.answer(*result, rows[place]);
    }
  return {};
}

std::optional<Error> Crowd::ask_for_all(Members& members) {
  for (;;) {
    std::map<int, std::vector<Member*>> askers;  // by the statement's index: as they stand in the bodies, nearly
    for (const auto& m : members)
      if (m->running()) askers[m->asked()->index].push_back(m.get());
    if (askers.empty()) return {};
    for (auto& [index, group] : askers)
      if (auto error = ask(*group.front()->asked(), group)) return error;
    for (auto& [index, group] : askers)
      for (Member* m : group) m->go_on();
  }
}

std::optional<Error> Crowd::write_last(Members& members) {
  std::vector<const Sql*> order;
  std::map<const Sql*, Columns> columns;
  EventRows events;
  for (const auto& m : members) {
    if (!m->result()) continue;
    for (const auto& later : m->later()) {
      const auto [it, fresh] = columns.try_emplace(later.sql, later.values.size());
      if (fresh) order.push_back(later.sql);
      for (std::size_t i = 0; i < later.values.size(); ++i) it->second.put(i, later.values[i].param());
    }
    for (const Event& e : m->events()) events.add(e);
  }
  if (!events.empty()) {
    const auto way = way_of(*connection_, add_to_outbox());
    if (!way) return way.error();
    if (const PgResult problem = connection_->prepare(add_to_outbox()))
      return connection_->failure(problem, add_to_outbox().name).error;
    Way plain;
    plain.name = add_to_outbox().name;
    if (const auto done = execute(plain, events.texts()); !done) return done.error();
  }
  for (const Sql* sql : order) {
    const auto way = way_of(*connection_, *sql);
    if (!way) return way.error();
    if (const auto index = static_cast<std::size_t>(sql->index); !prepared_[index]) {
      const PgResult done(PQprepare(connection_->raw(), (*way)->name.c_str(), (*way)->text.c_str(), 0, nullptr));
      if (!succeeded(done)) return connection_->failure(done, (*way)->name).error;
      prepared_[index] = true;
    }
    if (const auto done = execute(**way, columns.at(sql).texts()); !done) return done.error();
  }
  return {};
}

void Crowd::finish_all(Members& members, const Error& error) {
  for (const auto& m : members)
    while (m->running()) m->give_up(error);
}

Crowd::Outcome Crowd::try_once(std::vector<Job*>& jobs) {
  if (!connection_->command("begin isolation level read committed")) return Outcome::all_alone;
  Members members;
  for (std::size_t i = 0; i < jobs.size(); ++i) {
    if (i >= fibers_.size()) fibers_.push_back(std::make_unique<Fiber>());
    members.push_back(std::make_unique<Member>(*this, *jobs[i], *fibers_[i]));
  }
  for (const auto& m : members) m->start();
  auto error = ask_for_all(members);
  finish_all(members, kBroken);
  // Who left runs alone, whatever its body made of it; if it had taken something, nobody may keep this transaction.
  bool spoiled = false;
  jobs.clear();
  for (const auto& m : members) {
    const bool good = m->result() && !m->left();
    spoiled = spoiled || (m->took && !good);
    if (good)
      jobs.push_back(&m->job());
    else if (!m->left() && !error && !m->took) {
      m->job().result = m->result();
      m->job().settled = true;
    }
  }
  if (!error && spoiled) {
    static_cast<void>(connection_->command("rollback"));
    return Outcome::again;
  }
  std::erase_if(members, [](const auto& m) { return !m->result() || m->left(); });
  if (!error && members.empty()) {
    static_cast<void>(connection_->command("rollback"));
    return Outcome::committed;
  }
  if (!error) error = write_last(members);
  if (error) {
    static_cast<void>(connection_->command("rollback"));
    return Outcome::all_alone;
  }
  Status result;
  if (engine_.commit_fails()) {
    static_cast<void>(connection_->command("rollback"));
    result = fail(Code::io_failed, "commit: a fault was injected");
  } else if (const PgResult committed = connection_->query("commit"); !succeeded(committed)) {
    if (connection_->alive()) return Outcome::all_alone;
    Error lost = connection_->failure(committed, "commit").error;
    lost.detail += kMaybeCommitted;
    result = fail(std::move(lost));
  } else {
    ++engine_.counters.commits;
  }
  for (const auto& m : members) {
    m->job().result = result;
    m->job().settled = true;
    if (result) m->job().events = std::move(m->events());
  }
  return Outcome::committed;
}

void Crowd::run(Connection& connection, std::vector<Job>& jobs) {
  prepare_connection(connection);
  std::vector<Job*> together;
  for (Job& job : jobs) together.push_back(&job);
  for (int i = 0; i < kTries && !together.empty(); ++i)
    if (try_once(together) != Outcome::again) break;
  if (connection.alive() && connection.in_transaction()) static_cast<void>(connection.command("rollback"));
}

}  // namespace lianbo::db::pg
