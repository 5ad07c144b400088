// The SQLite engine. Private to src/db; everybody else knows db/db.hpp.
//
// One file in WAL mode, synchronous=full. One writer thread drains the queue and puts what waits (up to batch_limit
// bodies) into one commit, each body in a savepoint of its own: a lone body commits at once, a crowd shares one flush.
// A body that fails is undone alone. If the commit fails, nobody in it was answered and everybody gets the error, also
// those that had refused by themselves, because they had looked at what is now undone. If the engine itself gives up
// the whole transaction in the middle (disk full, I/O error), the body it happened in fails and the others run again,
// each alone.
//
// Writes begin with `begin immediate` and wait busy_timeout_ms for another process's write, so that a CLI command may
// work on the file of a running server. Reads take a connection from a pool and see one WAL snapshot. The WAL is copied
// back into the file by the writer thread, after its answers have left.
#pragma once

#include "db/db.hpp"

namespace lianbo::db {
Result<std::unique_ptr<Database>> open_sqlite(const std::string& path, const OpenOptions& options);
// A copy on the same file system, checked, becomes the database at path, where nothing may stand.
Status sqlite_take_in(const std::string& copy, const std::string& path);
}  // namespace lianbo::db
