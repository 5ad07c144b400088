// Which schema a database has and how it moves on, and how a copy of a database comes back into an empty place.
//
// A server of a new version starts while one of the old version still works on the same database: migrations only add
// (tables, columns that may be left out, indexes), so that both can go on. A file that must do more says
// "-- offline: why" and is applied only when nobody else is at work.
//
// A copy is what Database::backup_to wrote: SQLite's own file, or PostgreSQL's custom archive (pg_dump). Nothing is
// ever written over: a place that is not empty is refused. Threads: any; each call stands alone.
#pragma once

#include <string>
#include <vector>

#include "db/db.hpp"

namespace lianbo::db {

struct SchemaVersion {
  int version = 0;  // of the newest migration; 0: none
  std::string name;
};
SchemaVersion newest_migration(bool postgres);       // that this program knows
Result<SchemaVersion> schema_version(Database& db);  // that this database has
// Migrations this database still needs and that nobody else may be at work beside. None for a new database.
Result<std::vector<SchemaVersion>> waiting_offline(Database& db);

std::string_view engine_of(std::string_view url);  // "sqlite", "postgres"
std::string sqlite_path(std::string_view url);     // of "sqlite:PATH" or a bare path
// Ok when nothing stands there yet: no file, or a database without tables.
Status check_empty(const std::string& url);
// Brings a copy into an empty place. SQLite: checked whole before it gets its name; PostgreSQL: in one transaction.
Status restore_from(const std::string& copy, const std::string& url);

}  // namespace lianbo::db
