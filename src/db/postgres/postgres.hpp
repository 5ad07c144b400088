// The PostgreSQL engine. Private to src/db; everybody else knows db/db.hpp.
#pragma once

#include "db/db.hpp"

namespace lianbo::db {
Result<std::unique_ptr<Database>> open_postgres(const OpenOptions& options);
}
