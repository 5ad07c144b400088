// The PostgreSQL engine. Private to src/db; everybody else knows db/db.hpp.
//
// `writers` threads with a connection each take bodies from one bounded queue; each body is a transaction at READ
// COMMITTED. A serialisation failure or a deadlock runs the body again after a small random pause, a bounded number of
// times, then it is database_busy. Reads are REPEATABLE READ READ ONLY on a pool of `readers` connections.
//
// A connection that was lost is opened again, with growing pauses while that fails; meanwhile bodies fail with
// database_unavailable. A body whose transaction had not begun does not notice. One that was lost in the middle fails
// with database_unavailable and has done nothing. One that was lost during its commit may have been committed, and its
// error says so: whoever asked repeats it under its idempotency key.
//
// Statements are prepared by name when a connection first runs them; values go as text (blobs as binary) and rows come
// as text. Parameter types are PostgreSQL's inference alone, so that a statement means the same at every call;
// prepare_only refuses a parameter that would be narrower than 64 bits.
#pragma once

#include "db/db.hpp"

namespace lianbo::db {
Result<std::unique_ptr<Database>> open_postgres(const OpenOptions& options);
}
