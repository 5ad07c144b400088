// The migrations inside the program, and the runner over any list of them (for its tests). Private to src/db.
#pragma once

#include <span>

#include "db/db.hpp"

namespace lianbo::db {

struct Migration {
  int version;
  const char* name;
  const char* engine;  // "both"; "postgres": in place of the one with the same version, or only there
  const char* sql;
};
std::span<const Migration> all_migrations();  // in order of version

Result<int> migrate(Database& db, std::span<const Migration> migrations, Instant now);
Result<std::vector<MigrationState>> migration_state(Database& db, std::span<const Migration> migrations);

// Does the file say that nobody else may be at work while it is applied? A line "-- offline: why".
bool is_offline(std::string_view sql);

// The one dialect of the files in PostgreSQL's words: `integer` is bigint, `blob` is bytea, a text column is compared
// by its bytes as SQLite does (collate "C"), `strict` and `without rowid` go.
std::string to_postgres(std::string_view sql);

// In SQLite's words: `check (x in ('a','b','c'))` is `check (x = 'a' or x = 'b' or x = 'c')`. SQLite 3.40 builds a
// b-tree of the list for each row it writes, which takes twice as long as writing the row.
std::string to_sqlite(std::string_view sql);

}  // namespace lianbo::db
