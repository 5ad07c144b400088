#include "db/postgres/crowd.hpp"

#include <array>
#include <map>
#include <unordered_map>
#include <utility>

#include "base/check.hpp"
#include "db/together.hpp"

namespace lianbo::db::pg {
namespace {

constexpr std::int64_t kFirstPlans = 8, kPlansFor = 128;  // crowds
constexpr int kTries = 3;                                 // of a transaction, each without those who spoiled the last
constexpr const char* kCommit = "commit@crowd";
constexpr std::size_t kParts = 128;  // that wait side by side
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

// The type of an array's values for a parameter; 0: one that has no array here.
Oid element_of(Oid type) {
  return type == kInt8 || type == kText || type == kBytea ? type : type == kVarchar ? kText : 0;
}

// "unnest($1::bigint[], $2::text[]) with ordinality as k_ (p1, p2, n_)"; "": a type that has no array here.
std::string arrays(std::span<const Oid> types) {
  std::string from = "unnest(", columns;
  for (std::size_t i = 0; i < types.size(); ++i) {
    const Oid element = element_of(types[i]);
    if (element == 0) return {};
    const char* type = element == kInt8 ? "bigint" : element == kText ? "text" : "bytea";
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

// An array as PostgreSQL's binary protocol has it: nothing is escaped, and nothing parsed there. One dimension from 1.
class BinaryArray {
 public:
  explicit BinaryArray(Oid element) : element_(element) {
    put32(1);
    put32(0);  // whether there are nulls; ignored by the server, which looks
    put32(element);
    put32(0);  // how many
    put32(1);
  }
  void add(std::int64_t value) {
    if (element_ != kInt8) return add(std::string_view(std::to_string(value)));
    put32(8);
    put32(static_cast<std::uint32_t>(static_cast<std::uint64_t>(value) >> 32));
    put32(static_cast<std::uint32_t>(value));
    count();
  }
  void add(std::string_view bytes) {
    put32(static_cast<std::uint32_t>(bytes.size()));
    bytes_ += bytes;
    count();
  }
  void add_null() {
    put32(UINT32_MAX);
    bytes_[7] = 1;
    count();
  }
  void add(const Param& p) {
    switch (p.kind()) {
      case Param::Kind::null:
        return add_null();
      case Param::Kind::integer:
        return add(p.integer());
      case Param::Kind::text:
      case Param::Kind::blob:
        return add(p.text());
    }
  }
  Oid element() const { return element_; }
  std::string_view bytes() const { return bytes_; }

 private:
  void put32(std::uint32_t value) {
    for (int shift = 24; shift >= 0; shift -= 8) bytes_ += static_cast<char>(value >> shift);
  }
  void count() {
    ++count_;
    for (int i = 0; i < 4; ++i) bytes_[static_cast<std::size_t>(12 + i)] = static_cast<char>(count_ >> (24 - 8 * i));
  }

  const Oid element_;
  std::uint32_t count_ = 0;
  std::string bytes_;
};

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

std::int64_t PgTx::run_alone(Connection& connection, const Sql& sql, std::span<const Param> params,
                             const RowFn* on_row) {
  if (const PgResult problem = connection.prepare(sql)) raise(connection.failure(problem, sql.name));
  const Arguments arguments(params);
  const PgResult result(PQexecPrepared(connection.raw(), sql.name, arguments.count(), arguments.values(),
                                       arguments.lengths(), arguments.formats(), 0));
  if (!succeeded(result)) raise(connection.failure(result, sql.name));
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

// One body of the crowd, or one part of a body, and its transaction as it sees it.
class Member final : public PgTx {
 public:
  Member(Crowd& crowd, Crowd::Of of, const Database::Body& body, Fiber& fiber)
      : crowd_(crowd), of_(of), body_(body), fiber_(fiber) {}

  struct Later {
    const Sql* sql;
    std::vector<Kept> values;
  };

  void start() {
    fiber_.start([this] { result_ = Engine::guard(body_, *this); });
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
  bool took = false;                           // something that counts has been written for it
  const Sql* asked() const { return asked_; }  // null while it runs: what was put off must be written first
  std::span<const Param> params() const { return params_; }
  const Status& result() const { return result_; }
  std::vector<Later> take_later() {
    written_.clear();
    return std::exchange(later_, {});
  }
  bool in_crowd() const override { return of_ == Crowd::Of::bodies; }

 protected:
  std::int64_t run(const Sql& sql, std::span<const Param> params, const RowFn* on_row) override {
    Engine& engine = crowd_.engine();
    engine.counters.statements.fetch_add(1, std::memory_order_relaxed);
    if (engine.fails(sql)) raise(Error{Code::io_failed, fmt::format("{}: a fault was injected", sql.name), {}, {}});
    check_params(sql, params);
    const auto found = crowd_.way_of(crowd_.connection(), sql);
    if (!found) {
      if (of_ == Crowd::Of::parts) raise(found.error());
      leave();
    }
    const Crowd::Way& way = **found;
    using Kind = Crowd::Way::Kind;
    if (way.kind != Kind::reads && way.kind != Kind::alone && rows_open_ > 0) raise(writes_within_rows(sql));
    const bool alone = way.kind == Kind::alone || params.size() != way.elements.size();
    if (alone && of_ == Crowd::Of::bodies) leave();
    // It would not see what it has put off.
    for (const std::string& table : written_)
      if (way.kind == Kind::later ? table == way.table && later_.back().sql != &sql : names(sql.text, table)) {
        if (of_ == Crowd::Of::bodies) leave();
        pause();  // until it is written
        break;
      }
    if (alone) return run_alone(crowd_.connection(), sql, params, on_row);
    if (way.kind == Kind::later) {
      if (written_.empty() || written_.back() != way.table) written_.push_back(way.table);
      later_.push_back({&sql, {params.begin(), params.end()}});
      return 1;
    }
    asked_ = &sql;
    params_ = params;
    pause();
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
  void pause() {
    fiber_.pause();
    if (left_) leave();
    if (broken_) raise(*broken_);
  }
  [[noreturn]] void leave() {
    left_ = true;
    raise(Error{Code::internal, "this body runs alone", {}, {}});
  }

  Crowd& crowd_;
  const Crowd::Of of_;
  const Database::Body& body_;
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
  const bool own_form = said && said->text != nullptr;
  const std::string_view text = own_form && said->how != Together::How::takes ? said->text : own;
  // Parts see one another's rows, and what is written for good by a text of its own has its count looked at.
  const bool fits = said && (of_ == Of::bodies || (said->how == Together::How::later && !own_form));
  Way way;
  way.name = std::string(sql.name) + "@crowd";
  // What the parameters are is PostgreSQL's inference, as elsewhere.
  const PgResult prepared(PQprepare(connection.raw(), "", std::string(text).c_str(), 0, nullptr));
  if (!succeeded(prepared)) return fail(connection.failure(prepared, sql.name).error);
  const PgResult described(PQdescribePrepared(connection.raw(), ""));
  if (!succeeded(described)) return fail(connection.failure(described, sql.name).error);
  std::vector<Oid> types;
  for (int i = 0; i < PQnparams(described.get()); ++i) types.push_back(PQparamtype(described.get(), i));
  for (const Oid type : types) way.elements.push_back(element_of(type));
  for (int i = 0; i < PQnfields(described.get()); ++i)
    way.binary = way.binary && PgRow::reads(PQftype(described.get(), i));
  way.table = table_of(text);
  const std::string from = arrays(types);
  if (types.empty()) {
    if (text.starts_with("select ")) way.text = "select cast(1 as bigint), q_.* from (" + std::string(text) + ") as q_";
  } else if (!from.empty() && text.starts_with("select ")) {
    way.text = "select k_.n_, q_.* from " + from + " cross join lateral (" + with_columns(text) + ") as q_";
  } else if (!from.empty() && fits) {
    way.text = said->how == Together::How::takes ? std::string(said->text) : written_for_all(text, from);
  }
  if (!way.text.empty())
    way.kind = fits && said->how == Together::How::locks ? Way::Kind::locks
               : text.starts_with("select ")             ? Way::Kind::reads
               : said->how == Together::How::takes       ? Way::Kind::takes
                                                         : Way::Kind::later;
  ways_[index] = std::move(way);
  return &*ways_[index];
}

void Crowd::use(Connection& connection) {
  connection_ = &connection;
  // Plans are made once and not for each call; but a table that was empty then may be large by now.
  if (of_ == Of::bodies && (crowds_ == kFirstPlans || crowds_ % kPlansFor == kPlansFor - 1))
    static_cast<void>(connection.command("discard plans"));
  ++crowds_;
  const auto backend = static_cast<std::int64_t>(PQbackendPID(connection.raw()));
  if (backend == prepared_on_) return;
  prepared_on_ = backend;
  prepared_.assign(all_statements().size(), false);
  crowds_ = 0;
  if (of_ != Of::bodies) return;
  static_cast<void>(connection.command("set plan_cache_mode = force_generic_plan; set jit = off"));
  const PgResult commit(PQprepare(connection.raw(), kCommit, "commit", 0, nullptr));
}

Fiber& Crowd::fiber(std::size_t number) {
  while (fibers_.size() <= number) fibers_.push_back(std::make_unique<Fiber>());
  return *fibers_[number];
}

Crowd::Failed Crowd::prepare(const Sql& sql, const Way& way) {
  const auto index = static_cast<std::size_t>(sql.index);
  if (prepared_[index]) return {};
  const PgResult done(PQprepare(connection_->raw(), way.name.c_str(), way.text.c_str(), 0, nullptr));
  if (!succeeded(done)) return connection_->failure(done, way.name);
  prepared_[index] = true;
  return {};
}

// An array for each parameter, a place in it for each set of values.
class Crowd::Columns {
 public:
  explicit Columns(std::span<const Oid> elements) : arrays_(elements.begin(), elements.end()) {}
  void put(std::size_t parameter, const Param& value) { arrays_[parameter].add(value); }
  const std::vector<BinaryArray>& arrays() const { return arrays_; }

 private:
  std::vector<BinaryArray> arrays_;
};

// One statement for many.
struct Crowd::Asked {
  std::string name;
  const Way* way;  // null: it writes and answers nothing
  Columns columns;
  std::vector<std::vector<Member*>> who;  // in each place
  Rows rows;
};

// All in one journey, in this order; after the first that fails nothing is done.
Crowd::Failed Crowd::execute(std::span<Asked> asked) {
  PGconn* const raw = connection_->raw();
  const bool many = asked.size() > 1;
  if (many) CHECK(PQenterPipelineMode(raw) == 1);
  std::vector<PgResult> results;
  for (const Asked& one : asked) {
    std::vector<const char*> values;
    std::vector<int> lengths, formats;
    for (const BinaryArray& array : one.columns.arrays()) {
      values.push_back(array.bytes().data());
      lengths.push_back(static_cast<int>(array.bytes().size()));
      formats.push_back(1);
    }
    const auto n = static_cast<int>(values.size());
    const int binary = one.way && one.way->binary ? 1 : 0;
    if (!many)
      results.emplace_back(
          PQexecPrepared(raw, one.name.c_str(), n, values.data(), lengths.data(), formats.data(), binary));
    else if (PQsendQueryPrepared(raw, one.name.c_str(), n, values.data(), lengths.data(), formats.data(), binary) != 1)
      break;
  }
  if (many && PQpipelineSync(raw) == 1) {
    for (bool synced = false; !synced && connection_->alive();) {
      PgResult result(PQgetResult(raw));
      if (!result) continue;  // the end of one statement's answers
      synced = PQresultStatus(result.get()) == PGRES_PIPELINE_SYNC;
      if (!synced) results.push_back(std::move(result));
    }
  }
  if (many && connection_->alive()) CHECK(PQexitPipelineMode(raw) == 1);
  for (std::size_t i = 0; i < asked.size(); ++i) {
    if (i >= results.size()) return connection_->failure(nullptr, asked[i].name);
    if (!succeeded(results[i])) return connection_->failure(results[i], asked[i].name);
    asked[i].rows = Rows(results[i].release(), [](PGresult* r) { PQclear(r); });
  }
  return {};
}

Crowd::Failed Crowd::gather(const Sql& sql, const std::vector<Member*>& askers, std::vector<Asked>& asked) {
  const auto found = way_of(*connection_, sql);
  if (!found) return DbFailure{found.error()};
  const Way& way = **found;
  if (auto failed = prepare(sql, way)) return failed;
  Asked& one = asked.emplace_back(way.name, &way, Columns(way.elements));
  // Who asks the same shares a place, unless it takes something.
  std::unordered_map<std::string, std::size_t> places;
  for (Member* m : askers) {
    if (way.kind != Way::Kind::takes) {
      const auto [it, fresh] = places.emplace(key_of(m->params()), one.who.size());
      if (!fresh) {
        one.who[it->second].push_back(m);
        continue;
      }
    }
    one.who.push_back({m});
    for (std::size_t i = 0; i < way.elements.size(); ++i) one.columns.put(i, m->params()[i]);
  }
  return {};
}

void Crowd::answer(Asked& asked) {
  const Way& way = *asked.way;
  std::vector<std::vector<int>> rows(asked.who.size());
  PgRow row(asked.rows.get());
  for (int i = 0; i < PQntuples(asked.rows.get()); ++i) {
    row.go_to(i);
    rows[static_cast<std::size_t>(row.integer(0) - 1)].push_back(i);
  }
  for (std::size_t place = 0; place < asked.who.size(); ++place)
    for (std::size_t k = 0; k < asked.who[place].size(); ++k) {
      Member& m = *asked.who[place][k];
      if (way.kind == Way::Kind::takes && !rows[place].empty()) m.took = true;
      // Two who lock one row decide one after the other.
      if (way.kind == Way::Kind::locks && k > 0 && !rows[place].empty()) m.send_away();
      m.answer(asked.rows, rows[place]);
    }
}

Crowd::Failed Crowd::ask_for_all(Members& members) {
  std::vector<Member*> running;
  for (const auto& m : members)
    if (m->running()) running.push_back(m.get());
  while (!running.empty()) {
    std::map<int, std::vector<Member*>> askers;  // by the statement's index: as they stand in the bodies, nearly
    bool behind = false;                         // somebody, with what it has put off
    const std::vector<Member*> waiting = running;
    for (Member* m : waiting)
      if (m->asked())
        askers[m->asked()->index].push_back(m);
      else
        behind = true;
    std::vector<Asked> asked;
    if (behind)
      if (auto failed = gather_later(members, asked)) return failed;
    for (const auto& [index, group] : askers)
      if (auto failed = gather(*group.front()->asked(), group, asked)) return failed;
    if (auto failed = execute(asked)) return failed;
    for (Asked& one : asked)
      if (one.way) answer(one);
    for (Member* m : waiting) m->go_on();
    std::erase_if(running, [](const Member* m) { return !m->running(); });
  }
  return {};
}

Crowd::Failed Crowd::gather_events(Members& members, std::vector<Asked>& asked) {
  static constexpr std::array kTypes{kInt8, kInt8, kInt8, kText, kInt8, kText, kInt8};
  Columns columns(kTypes);
  bool any = false;
  for (const auto& m : members)
    for (const Event& e : m->events()) {
      if (!e.durable) continue;
      const Param values[] = {e.bucket, e.id, e.brand, e.topic, e.key, e.payload, e.at};
      for (std::size_t i = 0; i < kTypes.size(); ++i) columns.put(i, values[i]);
      any = true;
    }
  if (!any) return {};
  if (const PgResult problem = connection_->prepare(add_to_outbox()))
    return connection_->failure(problem, add_to_outbox().name);
  asked.emplace_back(add_to_outbox().name, nullptr, std::move(columns));
  return {};
}

// What the members have put off until now, one statement a table.
Crowd::Failed Crowd::gather_later(Members& members, std::vector<Asked>& asked) {
  std::map<const Sql*, std::size_t> places;
  for (const auto& m : members)
    for (const auto& later : m->take_later()) {
      const auto [it, fresh] = places.try_emplace(later.sql, asked.size());
      if (fresh) {
        const auto way = way_of(*connection_, *later.sql);
        if (!way) return DbFailure{way.error()};
        if (auto failed = prepare(*later.sql, **way)) return failed;
        asked.emplace_back((*way)->name, nullptr, Columns((*way)->elements));
      }
      Columns& columns = asked[it->second].columns;
      for (std::size_t i = 0; i < later.values.size(); ++i) columns.put(i, later.values[i].param());
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
  std::map<const Member*, Job*> job_of;
  for (std::size_t i = 0; i < jobs.size(); ++i) {
    members.push_back(std::make_unique<Member>(*this, of_, jobs[i]->body, fiber(i)));
    job_of[members.back().get()] = jobs[i];
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
    Job& job = *job_of.at(m.get());
    if (good)
      jobs.push_back(&job);
    else if (!m->left() && !error && !m->took) {
      job.result = m->result();
      job.settled = true;
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
  std::vector<Asked> last;
  if (!error) error = gather_events(members, last);
  if (!error) error = gather_later(members, last);
  const bool commits = !error && !engine_.commit_fails();
  if (commits) last.emplace_back(kCommit, nullptr, Columns({}));
  if (!error) error = execute(last);
  Status result;
  if (error && commits && !connection_->alive()) {
    error->error.detail += kMaybeCommitted;
    result = fail(std::move(error->error));
  } else if (error) {
    static_cast<void>(connection_->command("rollback"));
    return Outcome::all_alone;
  } else if (!commits) {
    static_cast<void>(connection_->command("rollback"));
    result = fail(Code::io_failed, "commit: a fault was injected");
  } else {
    ++engine_.counters.commits;
  }
  for (const auto& m : members) {
    Job& job = *job_of.at(m.get());
    job.result = result;
    job.settled = true;
    if (result) job.events = std::move(m->events());
  }
  return Outcome::committed;
}

Status Crowd::run_parts(Connection& connection, Tx& whole, std::size_t n, const Part& part, Failed& failed) {
  use(connection);
  Members members;
  std::vector<Database::Body> bodies;
  bodies.reserve(n);
  Status result;
  for (std::size_t i = 0, waiting = 0; i < n && result && !failed; ++i) {
    bodies.emplace_back([&part, i](Tx& tx) { return part(tx, i); });
    members.push_back(std::make_unique<Member>(*this, of_, bodies.back(), fiber(waiting)));
    members.back()->start();
    // One that waits for nothing leaves its stack to the next.
    if (members.back()->running())
      ++waiting;
    else
      result = members.back()->result();
    if (waiting < kParts && i + 1 < n) continue;
    failed = ask_for_all(members);
    waiting = 0;
    for (const auto& m : members)
      if (result && !m->running()) result = m->result();
  }
  for (const auto& m : members)
    if (!failed && !m->running()) failed = m->failure();
  finish_all(members, kBroken);
  std::vector<Asked> last;
  if (!failed && result) failed = gather_later(members, last);
  if (!failed && !last.empty()) failed = execute(last);
  for (const auto& m : members)
    for (Event& e : m->events()) whole.emit(std::move(e));
  return result;
}

void Crowd::run(Connection& connection, std::vector<Job>& jobs) {
  use(connection);
  std::vector<Job*> together;
  for (Job& job : jobs) together.push_back(&job);
  for (int i = 0; i < kTries && !together.empty(); ++i)
    if (try_once(together) != Outcome::again) break;
  if (connection.alive() && connection.in_transaction()) static_cast<void>(connection.command("rollback"));
}

}  // namespace lianbo::db::pg
