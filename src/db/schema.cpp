#include "db/schema.hpp"

#include <fcntl.h>
#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include "db/migrations.hpp"
#include "db/postgres/tools.hpp"
#include "db/sqlite/sqlite.hpp"

namespace lianbo::db {

SchemaVersion newest_migration(bool postgres) {
  SchemaVersion out;
  for (const Migration& m : all_migrations())
    if ((postgres || std::string_view(m.engine) != "postgres") && m.version >= out.version) out = {m.version, m.name};
  return out;
}

Result<SchemaVersion> schema_version(Database& db) {
  TRY(const auto states, migration_state(db));
  SchemaVersion out;
  for (const auto& state : states)
    if (state.applied) out = {state.version, state.name};
  return out;
}

Result<std::vector<SchemaVersion>> waiting_offline(Database& db) {
  TRY(const auto states, migration_state(db));
  std::vector<SchemaVersion> out;
  if (std::none_of(states.begin(), states.end(), [](const auto& s) { return s.applied; })) return out;
  for (const auto& state : states) {
    if (state.applied) continue;
    for (const Migration& m : all_migrations())
      if (m.version == state.version && is_offline(m.sql)) {
        out.push_back({state.version, state.name});
        break;
      }
  }
  return out;
}

std::string_view engine_of(std::string_view url) {
  return url.starts_with("postgres://") || url.starts_with("postgresql://") ? "postgres" : "sqlite";
}

std::string sqlite_path(std::string_view url) { return std::string(url.starts_with("sqlite:") ? url.substr(7) : url); }

Status check_empty(const std::string& url) {
  if (engine_of(url) == "postgres") return pg_check_empty(url);
  const std::string path = sqlite_path(url);
  std::error_code ignored;
  for (const char* end : {"", "-wal", "-shm", "-journal"})
    if (std::filesystem::exists(path + end, ignored))
      return fail(Code::conflict,
                  fmt::format("{}{} is there already; restore to another place, or move it away first", path, end),
                  "db.url");
  return {};
}

Status restore_from(const std::string& copy, const std::string& url) {
  TRY_OK(check_empty(url));
  if (engine_of(url) == "postgres") return pg_restore_from(url, copy);
  return sqlite_take_in(copy, sqlite_path(url));
}

}  // namespace lianbo::db
