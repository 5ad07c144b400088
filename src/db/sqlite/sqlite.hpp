// The SQLite engine. Private to src/db; everybody else knows db/db.hpp.
//
// One file in WAL mode. One writer thread drains the queue and puts what waits (up to batch_limit bodies) into one
// commit, each body in a savepoint of its own: a lone body commits at once, a crowd shares one flush.
//
// A commit is there for the next body and for readers before the WAL is flushed; its answers and durable events leave
// after the flush, which a thread of its own does for all that was committed meanwhile, while the writer goes on.
// Events that are not durable (chat) leave before the flush, so a slow disk holds up no talk. If the WAL can't be
// flushed nobody knows what is on disk, so the process stops, and the next start finds out
// (docs/decisions/0072-commits-before-their-flush.md).
//
// A body that fails is undone alone. If the commit fails, nobody in it was answered and everybody gets the error, also
// those that had refused by themselves, because they had looked at what is now undone. If the engine itself gives up
// the whole transaction in the middle (disk full, I/O error), the body it happened in fails and the others run again,
// each alone.
//
// Writes begin with `begin immediate` and wait busy_timeout_ms for another process's write, so that a CLI command may
// work on the file of a running server. Reads take a connection from a pool and see one WAL snapshot. The WAL is copied
// back into the file by the writer thread, after it has handed on what it committed.
#pragma once

#include "db/db.hpp"

namespace lianbo::db {
using Flush = std::function<int(int fd)>;  // as fdatasync; tests put a slow disk here
Result<std::unique_ptr<Database>> open_sqlite(const std::string& path, const OpenOptions& options, Flush flush = {});
// A copy on the same file system, checked, becomes the database at path, where nothing may stand.
Status sqlite_take_in(const std::string& copy, const std::string& path);
}  // namespace lianbo::db
