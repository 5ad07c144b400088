// Backup: a whole database in one sealed file, made while it serves, and the way back.
//
// The file: a line "lianbo-backup 1", a line of JSON that says what it is (engine, schema, program, instant), the
// engine's own copy (a SQLite file, or pg_dump's custom archive) as gzip, and a last line "sha256 …" over all before
// it. So a file that was cut off, damaged or changed is known before anything is written, and what is in it can be had
// with `tail -n +3 FILE | gunzip` where no Lianbo is. It holds everything, keys and addresses too: mode 0600.
//
// A backup gets its name when it is complete and on disk; nothing is ever written over, neither by a backup nor by a
// restore. Threads: each function stands alone; BackupKeeper from any.
#pragma once

#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/settings.hpp"
#include "db/db.hpp"
#include "insight/verify.hpp"
#include "net/route.hpp"

namespace lianbo::app {

struct BackupInfo {
  std::string engine;   // sqlite, postgres
  std::string program;  // the version of Lianbo that made it
  Instant made_at = 0;  // everything answered before it is in the copy
  int migration = 0;    // newest one applied
  std::string migration_name;
  std::int64_t copy_bytes = 0;  // of the engine's copy, unpacked
  std::int64_t file_bytes = 0;
};
std::string backup_json(const BackupInfo& info);

Result<BackupInfo> write_backup(db::Database& db, const std::string& url, const std::string& file, Instant now);
// The two lines a file begins with. size: of what was read of it, which holds them or is all there is.
Result<BackupInfo> read_backup_head(std::string_view start);
// The whole file, digest and packing included. unpacked gets the engine's copy in parts; may be empty.
Result<BackupInfo> check_backup(const std::string& file, const std::function<Status(std::string_view)>& unpacked = {});

struct Restored {
  BackupInfo from;
  int migrated = 0;  // migrations this program added
  insight::VerifyReport verify;
};
// Into the empty place that url names; brings the schema forward and verifies every row.
Result<Restored> restore_backup(const std::string& file, const std::string& url, Instant now);

// The server's own copies in backup.dir: "lianbo-20261123T054136Z.backup". One maker at a time, whichever process.
struct BackupFile {
  std::string name;
  Instant made_at = 0;
  std::int64_t bytes = 0;
};
// Of a folder, newest first. Other files in it don't count.
Result<std::vector<BackupFile>> list_backups(const std::string& folder);

class BackupKeeper {
 public:
  BackupKeeper(db::Database& db, const Settings& settings) : db_(db), settings_(settings) {}

  // Newest first.
  Result<std::vector<BackupFile>> list() const;
  // Makes one and removes what is beyond backup.keep; the newest are never removed before the new one is complete.
  Result<BackupFile> make(Instant now);
  // Makes one if it is due, or was asked for. What it did is counted and logged.
  Result<int> run_due(Instant now);
  void ask();  // for one at the next turn
  // What the last try of this process came to, if it failed.
  std::string last_error() const;
  Instant newest_at() const;

 private:
  db::Database& db_;
  const Settings& settings_;
  mutable std::mutex mutex_;
  bool asked_ = false;
  bool looked_ = false;  // into the folder
  Instant newest_at_ = 0;
  Instant not_before_ = 0;  // after a failure
  std::string last_error_;
};

// GET and POST /api/v1/backups, for the owner of the server's only brand. All four outlive the routes.
net::Routes backup_routes(BackupKeeper& keeper, db::Database& db, const Settings& settings,
                          std::function<void()> nudge);

}  // namespace lianbo::app
