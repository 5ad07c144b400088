// PostgreSQL's own programs, run as child processes: pg_dump reads one consistent snapshot beside any load, pg_restore
// fills an empty database in one transaction. The connection's parts travel in the environment, so that no password
// stands in a list of processes. Private to src/db.
#pragma once

#include <string>

#include "base/result.hpp"

namespace lianbo::db {

Status pg_dump_to(const std::string& url, const std::string& file);
Status pg_restore_from(const std::string& url, const std::string& file);
Status pg_check_empty(const std::string& url);

}  // namespace lianbo::db
