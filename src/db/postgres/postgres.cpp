#include "db/postgres/postgres.hpp"
namespace lianbo::db {
Result<std::unique_ptr<Database>> open_postgres(const OpenOptions&) {
  return fail(Code::database_unavailable, "not built");
}
}  // namespace lianbo::db
