#include "app/backup.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <filesystem>
#include <memory>

#include "app/app.hpp"
#include "base/crypto.hpp"
#include "base/json.hpp"
#include "base/log.hpp"
#include "base/shape.hpp"
#include "db/schema.hpp"
#include "net/metrics.hpp"
#include "org/org_service.hpp"

namespace lianbo::app {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kWord = "lianbo-backup ";
constexpr int kForm = 1;
constexpr std::size_t kMaxHead = 65536;
constexpr std::string_view kSeal = "\nsha256 ";
constexpr std::size_t kSealBytes = kSeal.size() + 64 + 1;  // its digest in hex, and a line's end
constexpr std::size_t kPart = 1U << 18;
constexpr int kPackLevel = 1;  // a third of the size for a tenth of the time of the best
constexpr DurationMs kAgainMs = 10 * kMinuteMs;
constexpr std::string_view kPrefix = "lianbo-", kEnd = ".backup";

std::unexpected<Error> io_error(const std::string& path, int error) {
  return fail(error == ENOSPC || error == EDQUOT ? Code::disk_full : Code::io_failed, std::strerror(error), path);
}

// A file descriptor that closes itself.
class File {
 public:
  static Result<File> open(const std::string& path, int flags) {
    const int fd = ::open(path.c_str(), flags | O_CLOEXEC, 0600);
    if (fd < 0) return io_error(path, errno);
    return File(fd, path);
  }
  File(File&& other) noexcept : fd_(std::exchange(other.fd_, -1)), path_(std::move(other.path_)) {}
  File& operator=(File&&) = delete;
  ~File() {
    if (fd_ >= 0) ::close(fd_);
  }
  int fd() const { return fd_; }

  Status write(std::string_view data) {
    while (!data.empty()) {
      const ssize_t n = ::write(fd_, data.data(), data.size());
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) return io_error(path_, errno);
      data.remove_prefix(static_cast<std::size_t>(n));
    }
    return {};
  }
  // Fewer than asked only at the end of the file.
  Result<std::size_t> read(char* to, std::size_t size) {
    std::size_t got = 0;
    while (got < size) {
      const ssize_t n = ::read(fd_, to + got, size - got);
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) return io_error(path_, errno);
      if (n == 0) break;
      got += static_cast<std::size_t>(n);
    }
    return got;
  }
  Result<std::int64_t> size() const {
    struct stat about{};
    if (fstat(fd_, &about) != 0) return io_error(path_, errno);
    if (!S_ISREG(about.st_mode)) return fail(Code::io_failed, "is no file", path_);
    return about.st_size;
  }
  Status sync() {
    if (::fsync(fd_) != 0) return io_error(path_, errno);
    return {};
  }

 private:
  File(int fd, std::string path) : fd_(fd), path_(std::move(path)) {}
  int fd_;
  std::string path_;
};

struct RemovedAtTheEnd {
  std::string path;
  ~RemovedAtTheEnd() {
    std::error_code ignored;
    if (!path.empty()) fs::remove(path, ignored);
  }
};

Status sync_folder_of(const std::string& path) {
  TRY(auto folder, File::open(fs::absolute(path).parent_path().string(), O_RDONLY | O_DIRECTORY));
  return folder.sync();
}

std::string head_of(const BackupInfo& info) {
  return std::string(kWord) + std::to_string(kForm) + "\n" + backup_json(info) + "\n";
}

struct Unpacker {
  z_stream stream{};
  Unpacker() { inflateInit2(&stream, 15 + 16); }
  ~Unpacker() { inflateEnd(&stream); }
};
struct Packer {
  z_stream stream{};
  Packer() { deflateInit2(&stream, kPackLevel, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY); }
  ~Packer() { deflateEnd(&stream); }
};

// Head, packed copy, digest.
Status seal(const std::string& copy, const BackupInfo& info, File& out) {
  TRY(auto in, File::open(copy, O_RDONLY));
  Sha256 digest;
  const auto put = [&](std::string_view data) -> Status {
    digest.add(data);
    return out.write(data);
  };
  TRY_OK(put(head_of(info)));
  Packer packer;
  std::string from(kPart, '\0'), to(kPart, '\0');
  for (int flush = Z_NO_FLUSH; flush != Z_FINISH;) {
    TRY(const std::size_t got, in.read(from.data(), from.size()));
    flush = got < from.size() ? Z_FINISH : Z_NO_FLUSH;
    packer.stream.next_in = reinterpret_cast<Bytef*>(from.data());
    packer.stream.avail_in = static_cast<uInt>(got);
    do {
      packer.stream.next_out = reinterpret_cast<Bytef*>(to.data());
      packer.stream.avail_out = static_cast<uInt>(to.size());
      deflate(&packer.stream, flush);
      TRY_OK(put({to.data(), to.size() - packer.stream.avail_out}));
    } while (packer.stream.avail_out == 0);
  }
  return out.write(std::string(kSeal) + to_hex(digest.finish()) + "\n");
}

std::string instant_in_name(Instant at) {
  std::string out;
  for (const char c : format_rfc3339(at - at % kSecondMs))
    if (c == 'T' || c == 'Z' || (c >= '0' && c <= '9')) out += c;
  return out.substr(0, 15) + "Z";  // 20261123T054136Z
}

std::optional<Instant> instant_of_name(std::string_view name) {
  if (!name.starts_with(kPrefix) || !name.ends_with(kEnd) || name.size() != kPrefix.size() + 16 + kEnd.size())
    return std::nullopt;
  const std::string t(name.substr(kPrefix.size(), 16));
  const auto at = parse_rfc3339(t.substr(0, 4) + "-" + t.substr(4, 2) + "-" + t.substr(6, 2) + "T" + t.substr(9, 2) +
                                ":" + t.substr(11, 2) + ":" + t.substr(13, 2) + "Z");
  if (!at || t[8] != 'T' || t[15] != 'Z') return std::nullopt;
  return *at;
}

}  // namespace

std::string backup_json(const BackupInfo& info) {
  JsonWriter w;
  w.begin().field("engine", info.engine).field("program", info.program).field_at("made_at", info.made_at);
  w.field("migration", info.migration).field("migration_name", info.migration_name);
  w.field("copy_bytes", info.copy_bytes).end();
  return w.take();
}

Result<BackupInfo> write_backup(db::Database& db, const std::string& url, const std::string& file, Instant now) {
  std::error_code ec;
  if (fs::exists(file, ec))
    return fail(Code::conflict, "is there already, and a backup is never written over; choose another name", file);
  TRY(auto out, File::open(file + ".partial", O_WRONLY | O_CREAT));
  if (flock(out.fd(), LOCK_EX | LOCK_NB) != 0)
    return fail(Code::conflict, "another backup is being written to this name", file);
  const RemovedAtTheEnd copy{file + ".copy"}, partial{file + ".partial"};
  if (ftruncate(out.fd(), 0) != 0) return io_error(partial.path, errno);

  BackupInfo info;
  info.engine = db::engine_of(url);
  info.program = kVersion;
  info.made_at = now;
  TRY(const auto before, db::schema_version(db));
  TRY_OK(db.backup_to(copy.path));
  TRY(const auto after, db::schema_version(db));
  if (before.version != after.version)
    return fail(Code::conflict, "the schema was being changed meanwhile; try again when the new program runs", file);
  info.migration = after.version;
  info.migration_name = after.name;
  info.copy_bytes = static_cast<std::int64_t>(fs::file_size(copy.path, ec));
  if (ec) return io_error(copy.path, ec.value());
  TRY_OK(seal(copy.path, info, out));
  TRY_OK(out.sync());
  if (renameat2(AT_FDCWD, partial.path.c_str(), AT_FDCWD, file.c_str(), RENAME_NOREPLACE) != 0)
    return io_error(file, errno);
  TRY_OK(sync_folder_of(file));
  TRY(info.file_bytes, out.size());
  return info;
}

Result<BackupInfo> read_backup_head(std::string_view start) {
  const auto none = [](std::string_view why) {
    return fail(Code::bad_request, "this is no backup of Lianbo: " + std::string(why));
  };
  if (!start.starts_with(kWord)) return none("its first line is not \"lianbo-backup 1\"");
  const auto line = start.find('\n');
  if (line == std::string_view::npos) return none("it ends within its first line");
  int form = 0;
  const std::string_view number = start.substr(kWord.size(), line - kWord.size());
  const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), form);
  if (error != std::errc{} || end != number.data() + number.size()) return none("its form has no number");
  if (form != kForm)
    return fail(Code::conflict, fmt::format("this backup has form {}; this program reads form {}: use the Lianbo that "
                                            "made it, or a newer one",
                                            form, kForm));
  start.remove_prefix(line + 1);
  const auto second = start.find('\n');
  if (second == std::string_view::npos) return none("it ends within its second line");
  const auto value = parse_json(start.substr(0, second));
  if (!value) return none("its second line is not JSON");
  using namespace lianbo::shape;
  const Shape shape{
      choice("engine", {"sqlite", "postgres"}), text("program", 1, 40), instant("made_at"), count("migration"),
      text("migration_name", 0, 200),           count("copy_bytes")};
  if (const auto ok = check_shape(*value, shape); !ok) return none(ok.error().text());
  BackupInfo info;
  info.engine = get_text(*value, "engine");
  info.program = get_text(*value, "program");
  info.made_at = get_instant(*value, "made_at");
  info.migration = static_cast<int>(std::min<std::int64_t>(get_int(*value, "migration"), 1'000'000));
  info.migration_name = get_text(*value, "migration_name");
  info.copy_bytes = get_int(*value, "copy_bytes");
  return info;
}

Result<BackupInfo> check_backup(const std::string& file, const std::function<Status(std::string_view)>& unpacked) {
  TRY(auto in, File::open(file, O_RDONLY));
  TRY(const std::int64_t size, in.size());
  const auto damaged = [&](const std::string& why) { return fail(Code::conflict, why, file); };
  std::string part(kPart, '\0');
  TRY(std::size_t got, in.read(part.data(), part.size()));
  auto head = read_backup_head(std::string_view(part).substr(0, std::min(got, kMaxHead)));
  if (!head) {
    Error error = head.error();
    error.where = file;
    return fail(std::move(error));
  }
  head->file_bytes = size;
  std::size_t at = part.find('\n', part.find('\n') + 1) + 1;
  const std::int64_t sealed = size - static_cast<std::int64_t>(kSealBytes);
  std::string end(kSealBytes, '\0');
  if (sealed < static_cast<std::int64_t>(at) || lseek(in.fd(), sealed, SEEK_SET) != sealed)
    return damaged("the backup is cut off: its end is missing");
  TRY_OK(in.read(end.data(), end.size()));
  if (!end.starts_with(kSeal) || end.back() != '\n')
    return damaged(fmt::format("the backup is cut off: its end is missing (it has {} bytes)", size));
  lseek(in.fd(), static_cast<off_t>(got), SEEK_SET);

  Sha256 digest;
  Unpacker unpacker;
  std::string out(kPart, '\0');
  std::int64_t read_bytes = 0, copy_bytes = 0;
  bool ended = false, broken = false;
  for (;;) {
    const std::size_t use =
        static_cast<std::size_t>(std::min<std::int64_t>(static_cast<std::int64_t>(got), sealed - read_bytes));
    digest.add(std::string_view(part).substr(0, use));
    read_bytes += static_cast<std::int64_t>(use);
    unpacker.stream.next_in = reinterpret_cast<Bytef*>(part.data() + at);
    unpacker.stream.avail_in = static_cast<uInt>(use - std::min(at, use));
    at = 0;
    while (!broken && !ended) {
      unpacker.stream.next_out = reinterpret_cast<Bytef*>(out.data());
      unpacker.stream.avail_out = static_cast<uInt>(out.size());
      const int rc = inflate(&unpacker.stream, Z_NO_FLUSH);
      const std::size_t made = out.size() - unpacker.stream.avail_out;
      copy_bytes += static_cast<std::int64_t>(made);
      if (copy_bytes > head->copy_bytes) broken = true;
      if (!broken && made != 0 && unpacked) TRY_OK(unpacked({out.data(), made}));
      ended = rc == Z_STREAM_END;
      broken = broken || (rc != Z_OK && rc != Z_STREAM_END && rc != Z_BUF_ERROR);
      if (rc == Z_BUF_ERROR || (unpacker.stream.avail_in == 0 && unpacker.stream.avail_out != 0)) break;
    }
    if (read_bytes >= sealed) break;
    TRY(got, in.read(part.data(), part.size()));
    if (got == 0) return damaged("the file became shorter while it was read");
  }
  if (to_hex(digest.finish()) != end.substr(kSeal.size(), 64))
    return damaged("the backup is damaged or was changed: its digest does not fit");
  if (broken || !ended || copy_bytes != head->copy_bytes)
    return damaged("the backup does not hold what its head says; it was not made by Lianbo");
  return *head;
}

Result<Restored> restore_backup(const std::string& file, const std::string& url, Instant now) {
  const std::string_view engine = db::engine_of(url);
  {
    TRY(auto in, File::open(file, O_RDONLY));
    std::string start(kMaxHead, '\0');
    TRY(const std::size_t got, in.read(start.data(), start.size()));
    auto head = read_backup_head(std::string_view(start).substr(0, got));
    if (!head) {
      Error error = head.error();
      error.where = file;
      return fail(std::move(error));
    }
    if (head->engine != engine)
      return fail(Code::conflict,
                  fmt::format("this is a backup of a {} database, and db.url names a {} one", head->engine, engine),
                  file);
    if (const auto known = db::newest_migration(engine == "postgres"); head->migration > known.version)
      return fail(
          Code::conflict,
          fmt::format("this backup was made by Lianbo {} at migration {} ({}); this program, {}, knows "
                      "migrations up to {} ({}): use that version or a newer one",
                      head->program, head->migration, head->migration_name, kVersion, known.version, known.name),
          file);
  }
  TRY_OK(db::check_empty(url));
  const std::string path = engine == "sqlite" ? db::sqlite_path(url) : file;
  const RemovedAtTheEnd copy{path + ".restoring"};
  Restored out;
  {
    TRY(auto to, File::open(copy.path, O_WRONLY | O_CREAT | O_EXCL));
    TRY(out.from, check_backup(file, [&](std::string_view part) { return to.write(part); }));
    TRY_OK(to.sync());
  }
  TRY_OK(db::restore_from(copy.path, url));
  TRY(const auto db, db::open_database({.url = url}));
  TRY(out.migrated, db::migrate(*db, now));
  TRY(const auto facts, org::server_facts(*db));
  TRY(out.verify, insight::verify(*db));
  return out;
}

// ---- BackupKeeper

Result<std::vector<BackupFile>> list_backups(const std::string& folder) {
  std::error_code ec;
  std::vector<BackupFile> out;
  for (fs::directory_iterator it(folder, ec), end; !ec && it != end; it.increment(ec)) {
    const std::string name = it->path().filename().string();
    const auto at = instant_of_name(name);
    std::error_code ignored;
    if (at && it->is_regular_file(ignored))
      out.push_back({name, *at, static_cast<std::int64_t>(it->file_size(ignored))});
  }
  if (ec) return io_error(folder, ec.value());
  std::sort(out.begin(), out.end(), [](const auto& x, const auto& y) { return x.made_at > y.made_at; });
  return out;
}

Result<std::vector<BackupFile>> BackupKeeper::list() const {
  if (settings_.backup_dir.empty())
    return fail(Code::invalid_field, "no folder for backups is set: backup.dir", "backup.dir");
  return list_backups(settings_.backup_dir);
}

Result<BackupFile> BackupKeeper::make(Instant now) {
  TRY(const auto before, list());
  const fs::path folder = settings_.backup_dir;
  // One maker a folder; what a killed one left behind is then nobody's.
  TRY(auto lock, File::open((folder / ".lock").string(), O_RDWR | O_CREAT));
  if (flock(lock.fd(), LOCK_EX | LOCK_NB) != 0)
    return fail(Code::conflict, "a backup is being made already", settings_.backup_dir);
  std::error_code ec;
  for (fs::directory_iterator it(folder, ec), end; !ec && it != end; it.increment(ec)) {
    const std::string name = it->path().filename().string();
    for (const std::string_view left : {".copy", ".partial"})
      if (name.ends_with(left) && instant_of_name(std::string_view(name).substr(0, name.size() - left.size()))) {
        std::error_code ignored;
        fs::remove(it->path(), ignored);
      }
  }
  // Names have whole seconds: a second one within the same is called after the next.
  BackupFile made;
  made.made_at = now - now % kSecondMs;
  if (!before.empty() && before.front().made_at >= made.made_at) made.made_at = before.front().made_at + kSecondMs;
  made.name = std::string(kPrefix) + instant_in_name(made.made_at) + std::string(kEnd);
  TRY(const auto info, write_backup(db_, settings_.db_url, (folder / made.name).string(), now));
  made.bytes = info.file_bytes;
  for (std::size_t i = static_cast<std::size_t>(settings_.backup_keep) - 1; i < before.size(); ++i)
    if (!fs::remove(folder / before[i].name, ec) && ec) return io_error(before[i].name, ec.value());
  return made;
}

Result<int> BackupKeeper::run_due(Instant now) {
  {
    const std::scoped_lock lock(mutex_);
    if (!looked_) {
      if (const auto there = list(); there && !there->empty()) newest_at_ = there->front().made_at;
      looked_ = true;
    }
    const bool due =
        settings_.backup_hours > 0 && now >= newest_at_ + settings_.backup_hours * kHourMs && now >= not_before_;
    if (!due && !asked_) return 0;
    asked_ = false;
  }
  const auto made = make(now);
  net::metrics().counter(net::Metric::backups, {made ? "done" : "failed"}).add();
  const std::scoped_lock lock(mutex_);
  if (made) {
    newest_at_ = made->made_at;
    last_error_.clear();
    log_event(LogEvent::backup_done, "{}, {} bytes", made->name, made->bytes);
    return 0;
  }
  not_before_ = now + kAgainMs;
  last_error_ = made.error().text();
  log_event(LogEvent::backup_failed, "{}", last_error_);
  return 0;
}

void BackupKeeper::ask() {
  const std::scoped_lock lock(mutex_);
  asked_ = true;
}
std::string BackupKeeper::last_error() const {
  const std::scoped_lock lock(mutex_);
  return last_error_;
}
Instant BackupKeeper::newest_at() const {
  const std::scoped_lock lock(mutex_);
  return newest_at_;
}

// What concerns the whole server is its only brand's owner's to do; with several brands, of who runs the machine.
static Status require_server_owner(db::Database& db, const Call& call) {
  return db.read([&](db::Tx& tx) -> Status {
    const auto brands = org::all_brands(tx, 2);
    if (brands.size() != 1)
      return fail(Code::forbidden, "several brands live here: backups are made by who runs the server (lianbo backup)");
    return require_staff(call, brands.front().id, kOwner);
  });
}

net::Routes backup_routes(BackupKeeper& keeper, db::Database& db, const Settings& settings,
                          std::function<void()> nudge) {
  using namespace lianbo::shape;
  net::Routes routes;
  routes.push_back(
      net::plain_route(net::Method::get, "/api/v1/backups", "listBackups",
                       "The server's own backups, newest first, and their plan", net::Access::staff,
                       [&](const Call& call, const net::Request&) -> Result<net::Reply> {
                         TRY_OK(require_server_owner(db, call));
                         std::vector<BackupFile> files;
                         if (!settings.backup_dir.empty()) {
                           TRY(files, keeper.list());
                         }
                         const std::string error = keeper.last_error();
                         JsonWriter w;
                         w.begin().field("planned", !settings.backup_dir.empty() && settings.backup_hours > 0);
                         w.field("hours", settings.backup_hours).field("keep", settings.backup_keep);
                         w.key("last_error");
                         if (error.empty())
                           w.null();
                         else
                           w.value(error);
                         w.key("items").begin_list();
                         for (std::size_t i = 0; i < files.size() && i < 200; ++i)
                           w.begin()
                               .field("name", files[i].name)
                               .field_at("made_at", files[i].made_at)
                               .field("bytes", files[i].bytes)
                               .end();
                         w.end_list().end();
                         return net::Reply::json(w.take());
                       })
          .giving({boolean("planned"), count("hours"), count("keep"), nullable(text("last_error", 0, 2000)),
                   list("items", {text("name", 1, 60), instant("made_at"), count("bytes")}, 0, 200)}));
  routes.push_back(net::plain_route(net::Method::post, "/api/v1/backups", "makeBackup",
                                    "Makes a backup now, beside whatever goes on; it is in the list when it is done",
                                    net::Access::staff,
                                    [&, nudge](const Call& call, const net::Request&) -> Result<net::Reply> {
                                      TRY_OK(require_server_owner(db, call));
                                      if (settings.backup_dir.empty())
                                        return fail(Code::conflict, "no folder for backups is set: backup.dir");
                                      keeper.ask();
                                      nudge();
                                      return net::Reply{202, {}, {}, {}};
                                    })
                       .answers(202)
                       .may_fail({Code::conflict}));
  return routes;
}

}  // namespace lianbo::app
