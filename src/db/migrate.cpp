#include <fmt/core.h>

#include <algorithm>
#include <cctype>
#include <map>

#include "base/crypto.hpp"
#include "db/migrations.hpp"

namespace lianbo::db {
namespace {

constexpr Migration kMigrations[] = {
#include "migrations.inc"
};

// Two texts: where a database keeps the list of its tables is its own affair.
const Sql kHasTable{"migrate.has_table",
                    "select 1 from sqlite_master where type = 'table' and name = 'schema_migrations'",
                    "select 1 from information_schema.tables "
                    "where table_schema = current_schema() and table_name = 'schema_migrations'"};
const Sql kApplied{"migrate.applied", "select version, name, checksum from schema_migrations order by version"};

constexpr const char* kCreateTable =
    "create table if not exists schema_migrations ("
    "  version integer primary key, name text not null, checksum text not null, applied_at integer not null) strict;";

struct Applied {
  std::string name;
  std::string checksum;
};
using AppliedByVersion = std::map<int, Applied>;

std::string checksum_of(const Migration& migration) { return to_hex(sha256(migration.sql)); }

Result<AppliedByVersion> load_applied(Database& db) {
  return db.read([](Tx& tx) -> Result<AppliedByVersion> {
    AppliedByVersion out;
    if (!tx.exists(kHasTable, {})) return out;
    tx.each(kApplied, {},
            [&](const Row& row) { out[static_cast<int>(row.integer(0))] = Applied{row.str(1), row.str(2)}; });
    return out;
  });
}

// A file for PostgreSQL alone beats the common one of its version.
std::vector<Migration> for_engine(std::span<const Migration> migrations, bool postgres) {
  std::map<int, Migration> chosen;
  for (const Migration& migration : migrations) {
    const bool special = std::string_view(migration.engine) == "postgres";
    if (special && !postgres) continue;
    if (special)
      chosen.insert_or_assign(migration.version, migration);
    else
      chosen.emplace(migration.version, migration);
  }
  std::vector<Migration> out;
  for (const auto& [version, migration] : chosen) out.push_back(migration);
  return out;
}

Status check_history(const std::vector<Migration>& known, const AppliedByVersion& applied) {
  for (const auto& [version, row] : applied) {
    const auto it = std::find_if(known.begin(), known.end(), [&](const Migration& m) { return m.version == version; });
    if (it == known.end())
      return fail(Code::conflict, fmt::format("the database has migration {} ({}), which this program does not know; "
                                              "run the newer program",
                                              version, row.name));
    if (checksum_of(*it) != row.checksum)
      return fail(Code::conflict,
                  fmt::format("migration {} ({}) was changed after it was applied; put the file back as it "
                              "was and write the change as a new migration",
                              version, row.name));
  }
  for (const Migration& migration : known)
    if (!applied.contains(migration.version) && !applied.empty() && migration.version < applied.rbegin()->first)
      return fail(Code::conflict,
                  fmt::format("migration {} ({}) was never applied though {} was; give it the next free number",
                              migration.version, migration.name, applied.rbegin()->first));
  return {};
}

// ---- the dialect

struct Token {
  enum class Kind { word, other, space } kind;  // space: blanks and comments
  std::string_view text;
};

bool word_char(char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_'; }

std::vector<Token> tokens_of(std::string_view sql) {
  std::vector<Token> out;
  for (std::size_t at = 0; at < sql.size();) {
    std::size_t end = at + 1;
    Token::Kind kind = Token::Kind::other;
    if (sql.substr(at, 2) == "--") {
      kind = Token::Kind::space;
      end = std::min(sql.find('\n', at), sql.size());
    } else if (std::isspace(static_cast<unsigned char>(sql[at]))) {
      kind = Token::Kind::space;
    } else if (sql[at] == '\'' || sql[at] == '"') {
      end = std::min(sql.find(sql[at], at + 1), sql.size() - 1) + 1;
    } else if (word_char(sql[at])) {
      kind = Token::Kind::word;
      while (end < sql.size() && word_char(sql[end])) ++end;
    }
    out.push_back({kind, sql.substr(at, end - at)});
    at = end;
  }
  return out;
}

}  // namespace

std::span<const Migration> all_migrations() { return kMigrations; }

bool is_offline(std::string_view sql) {
  constexpr std::string_view kMark = "-- offline:";
  return sql.starts_with(kMark) || sql.find("\n" + std::string(kMark)) != std::string_view::npos;
}

std::string to_postgres(std::string_view sql) {
  std::string out;
  std::string_view before;  // the last two tokens that are no space
  std::string_view before_that;
  bool after_table = false;  // behind a table's closing parenthesis, up to the semicolon
  bool creating = false;     // within create table
  int depth = 0;
  for (const Token& token : tokens_of(sql)) {
    if (token.kind == Token::Kind::space) {
      out += token.text;
      continue;
    }
    const bool option = after_table && (token.text == "strict" || token.text == "without" || token.text == "rowid" ||
                                        (token.text == "," && depth == 0));
    if (token.text == "(") ++depth;
    if (token.text == ")") --depth;
    const bool type_place = token.kind == Token::Kind::word && !before.empty() && word_char(before.back());
    const bool column = type_place && (before_that == "(" || before_that == "," || before_that == "column");
    if (option) {
    } else if (type_place && token.text == "integer") {
      out += "bigint";
    } else if (type_place && token.text == "blob") {
      out += "bytea";
    } else if (column && token.text == "text") {
      out += "text collate \"C\"";
    } else {
      out += token.text;
    }
    if (token.text == "table" && before == "create") creating = true;
    if (token.text == ";") creating = after_table = false;
    if (token.text == ")" && depth == 0) after_table = creating;
    before_that = std::exchange(before, token.text);
  }
  return out;
}

std::string to_sqlite(std::string_view sql) {
  const std::vector<Token> tokens = tokens_of(sql);
  std::vector<std::size_t> words;  // tokens that are no space
  for (std::size_t i = 0; i < tokens.size(); ++i)
    if (tokens[i].kind != Token::Kind::space) words.push_back(i);
  const auto is = [&](std::size_t w, std::string_view text) {
    return w < words.size() && tokens[words[w]].text == text;
  };
  std::string out;
  std::size_t copied = 0;
  for (std::size_t w = 0; w < words.size(); ++w) {
    if (!is(w, "check") || !is(w + 1, "(") || !is(w + 3, "in") || !is(w + 4, "(")) continue;
    const std::string_view column = tokens[words[w + 2]].text;
    std::string chain;
    std::size_t end = w + 5;
    bool plain = true;
    for (; end < words.size() && !is(end, ")"); ++end) {
      const std::string_view value = tokens[words[end]].text;
      if (value == ",") continue;
      plain = plain && (value.front() == '\'' || word_char(value.front()));
      if (!is(end - 1, ",") && chain.ends_with('\'') && value.front() == '\'' && words[end] == words[end - 1] + 1) {
        chain += value;  // the rest of 'it''s'
        continue;
      }
      if (!chain.empty()) chain += " or ";
      chain.append(column).append(" = ").append(value);
    }
    if (!plain || !is(end, ")") || !is(end + 1, ")")) continue;
    for (; copied <= words[w + 1]; ++copied) out += tokens[copied].text;
    out += chain;
    copied = words[end + 1];
    w = end;
  }
  for (; copied < tokens.size(); ++copied) out += tokens[copied].text;
  return out;
}

Result<int> migrate(Database& db, std::span<const Migration> migrations, Instant now) {
  const auto known = for_engine(migrations, db.is_postgres());
  const auto script = [&](const std::string& sql) {
    return db.run_script(db.is_postgres() ? to_postgres(sql) : to_sqlite(sql));
  };

  TRY(auto applied, load_applied(db));
  if (applied.empty()) TRY_OK(script(kCreateTable));
  TRY_OK(check_history(known, applied));
  int count = 0;
  for (const Migration& migration : known) {
    if (applied.contains(migration.version)) continue;
    // The row first: if another process was quicker, its key refuses this one before anything else is done.
    const Status done = script(fmt::format(
        "insert into schema_migrations (version, name, checksum, applied_at) values ({}, '{}', '{}', {});\n{}",
        migration.version, migration.name, checksum_of(migration), now, migration.sql));
    if (done) {
      ++count;
      continue;
    }
    TRY(applied, load_applied(db));
    TRY_OK(check_history(known, applied));
    if (applied.contains(migration.version)) continue;
    Error error = done.error();
    error.detail = fmt::format("migration {} ({}): {}", migration.version, migration.name, error.detail);
    return fail(std::move(error));
  }
  return count;
}

Result<std::vector<MigrationState>> migration_state(Database& db, std::span<const Migration> migrations) {
  TRY(const auto applied, load_applied(db));
  const auto known = for_engine(migrations, db.is_postgres());
  TRY_OK(check_history(known, applied));
  std::vector<MigrationState> out;
  for (const Migration& migration : known)
    out.push_back({migration.version, migration.name, applied.contains(migration.version)});
  return out;
}

Result<int> migrate(Database& db, Instant now) { return migrate(db, kMigrations, now); }
Result<std::vector<MigrationState>> migration_state(Database& db) { return migration_state(db, kMigrations); }

}  // namespace lianbo::db
