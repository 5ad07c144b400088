#include "app/doctor.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sqlite3.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "app/backup.hpp"
#include "app/web_files.hpp"
#include "base/json.hpp"
#include "base/time_zone.hpp"
#include "db/db.hpp"
#include "db/schema.hpp"
#include "net/client.hpp"
#include "net/client_address.hpp"
#include "org/org_service.hpp"
#include "pay/wechat/crypto.hpp"
#include "pay/wechat/rail.hpp"
#include "privacy/vault.hpp"
#include "share/poster.hpp"

namespace lianbo::app {
namespace {

namespace fs = std::filesystem;

constexpr int kTrialCommits = 15;
constexpr std::int64_t kOldestPostgres = 130000;  // as its server_version_num says it

// The trial commit writes a fact as it stands. What the engine itself knows is asked in its own words, hence two texts.
const db::Sql kRewrite{"doctor.rewrite", "update server_facts set value = value where name = 'buckets'"};
const db::Sql kTrial{"doctor.trial", "insert into server_facts (name, value) values ('doctor', 'was here')"};
const db::Sql kServerVersion{"doctor.version", "select 0",
                             "select cast(current_setting('server_version_num') as bigint)"};
const db::Sql kItsClock{"doctor.clock", "select 0",
                        "select cast(extract(epoch from clock_timestamp()) * 1000 as bigint)"};
const db::Sql kNewestMark{"doctor.newest_mark", "select coalesce(max(renewed_at), 0) from nodes"};

const db::Sql kAnyKey{"doctor.any_key", "select 1 from person_keys limit 1"};

class Examination {
 public:
  Examination(const Clock& clock, const DoctorWish& wish) : clock_(clock), wish_(wish), limits_(wish.limits) {}

  std::vector<Finding> run(const Result<Settings>& settings) {
    if (!settings) {
      const Error& e = settings.error();
      std::string all = e.detail;
      for (const auto& line : e.more) all += (all.empty() ? "" : "; ") + line;
      add("config", Health::fail, {"the settings are wrong: " + all, "设置有误：" + all},
          {"correct them; docs/settings.md lists every setting, lianbo check-config shows what holds",
           "请按 docs/settings.md 更正，再用 lianbo check-config 查看生效的设置"});
      return std::move(out_);
    }
    s_ = &*settings;
    config();
    addresses();
    time_zones();
    files();
    secrets();
    database();
    disks();
    backups();
    port();
    pages();
    fonts();
    payment();
    media();
    return std::move(out_);
  }

 private:
  void add(std::string check, Health health, Words says, Words mend = {}) {
    out_.push_back({std::move(check), health, std::move(says), std::move(mend)});
  }
  void ok(std::string check, std::string en, std::string zh) { add(std::move(check), Health::ok, {en, zh}); }

  void config() {
    if (s_->clock != "system")
      add("config", Health::warn,
          {"the clock is simulated: nothing happens by itself", "时钟为模拟时钟：一切不会自动发生"},
          {"set clock = system for a server in earnest", "正式使用请设置 clock = system"});
    else if (s_->check_replies != 0)
      add("config", Health::warn, {"api.check_replies is on, which is for tests", "api.check_replies 已打开，仅供测试"},
          {"set api.check_replies = 0", "请设置 api.check_replies = 0"});
    else
      ok("config",
         wish_.config_file.empty() ? "the settings are sound (no file; defaults and environment)"
                                   : "the settings are sound (" + wish_.config_file + ")",
         wish_.config_file.empty() ? "设置无误（无设置文件，使用默认值与环境变量）"
                                   : "设置无误（" + wish_.config_file + "）");
  }

  void addresses() {
    const auto address = net::Address::parse(s_->http_address);
    const auto proxies = net::TrustedProxies::parse(s_->http_trusted_proxies);
    const bool any_proxy = !s_->http_trusted_proxies.empty();
    const bool https = s_->public_url.starts_with("https://");
    if (!address)
      return add("addresses", Health::fail,
                 {"http.address \"" + s_->http_address + "\" is no IP address",
                  "http.address “" + s_->http_address + "”不是 IP 地址"},
                 {"write 127.0.0.1 behind a proxy, or 0.0.0.0 or :: to face the world",
                  "在代理之后写 127.0.0.1，直接对外写 0.0.0.0 或 ::"});
    if (!proxies)
      return add("addresses", Health::fail,
                 {proxies.error().detail, "http.trusted_proxies 有误：" + proxies.error().detail},
                 {"write addresses or networks, parted by commas: 127.0.0.1, 10.0.0.0/8",
                  "请写地址或网段，用逗号分隔：127.0.0.1, 10.0.0.0/8"});
    if (s_->metrics_port != 0 && s_->metrics_port == s_->http_port)
      return add("addresses", Health::fail,
                 {"metrics.port and http.port are the same", "metrics.port 与 http.port 相同"},
                 {"give metrics.port another number, or 0", "请为 metrics.port 换一个端口，或设为 0"});
    if (s_->public_url.empty() && !address->loopback())
      return add("addresses", Health::warn,
                 {"public_url is not set, so links, QR codes and cookies say the address the server listens on",
                  "未设置 public_url，链接、二维码与 Cookie 将使用监听地址"},
                 {"set public_url to how buyers reach this server: https://…",
                  "请把 public_url 设为买家访问的地址：https://…"});
    if (!s_->public_url.empty() && !https)
      return add("addresses", Health::warn,
                 {"public_url is not https: log-ins travel in the open", "public_url 不是 https：登录信息会明文传输"},
                 {"put a proxy with a certificate in front and set public_url = https://…",
                  "请在前面放置带证书的反向代理，并设置 public_url = https://…"});
    if (https && address->loopback() && !any_proxy)
      return add("addresses", Health::warn,
                 {"a proxy stands in front, but http.trusted_proxies is empty: all guests count as one address",
                  "前面有代理，但 http.trusted_proxies 为空：所有访客会被算作同一个地址"},
                 {"set http.trusted_proxies = 127.0.0.1 (and ::1) if the proxy is on this machine",
                  "若代理在本机，请设置 http.trusted_proxies = 127.0.0.1, ::1"});
    ok("addresses", "addresses and proxies fit together", "地址与代理设置相符");
  }

  void time_zones() {
    std::vector<std::string> missing;
    for (const char* zone : {"Asia/Shanghai", "Europe/Berlin"})
      if (!TimeZone::load(zone)) missing.push_back(zone);
    if (missing.empty()) return ok("time_zones", "the time zone data is there", "时区数据齐全");
    add("time_zones", Health::fail,
        {"time zones can't be read: " + missing.front(), "无法读取时区数据：" + missing.front()},
        {"install the package tzdata", "请安装 tzdata 软件包"});
  }

  void files() {
    rlimit limit{};
    getrlimit(RLIMIT_NOFILE, &limit);
    const auto there = static_cast<std::int64_t>(std::min<rlim_t>(limit.rlim_max, INT64_MAX));
    const std::int64_t wanted = s_->http_connections + limits_.spare_files;
    if (there >= wanted)
      return ok("open_files", fmt::format("{} files may be open, {} are needed", there, wanted),
                fmt::format("可打开 {} 个文件，需要 {} 个", there, wanted));
    add("open_files", Health::fail,
        {fmt::format("only {} files may be open; {} connections need {}", there, s_->http_connections, wanted),
         fmt::format("最多只能打开 {} 个文件；{} 个连接需要 {} 个", there, s_->http_connections, wanted)},
        {fmt::format("raise the limit (LimitNOFILE={} in the systemd unit, ulimit -n), or lower http.connections",
                     wanted),
         fmt::format("请提高上限（systemd 单元中 LimitNOFILE={}，或 ulimit -n），或降低 http.connections", wanted)});
  }

  // Whoever else may read it, named; "" when nobody.
  static std::string open_to_others(const std::string& path) {
    struct stat about{};
    if (path.empty() || stat(path.c_str(), &about) != 0 || (about.st_mode & 077) == 0) return {};
    return fmt::format("{} ({:o})", path, about.st_mode & 0777);
  }

  void secrets() {
    std::vector<std::string> paths = {s_->wechat_key_file, s_->wechat_apiv3_key_file, privacy::key_file(*s_)};
    if (db::engine_of(s_->db_url) == "sqlite") {
      const std::string path = db::sqlite_path(s_->db_url);
      paths.insert(paths.end(), {path, path + "-wal"});
    }
    const auto from_url = s_->db_url.find('@');  // a password in the address
    if (from_url != std::string::npos && s_->db_url.substr(0, from_url).find(':', 12) != std::string::npos)
      paths.push_back(wish_.config_file);
    std::error_code ignored;
    if (!s_->backup_dir.empty() && fs::is_directory(s_->backup_dir, ignored))
      for (const auto& entry : fs::directory_iterator(s_->backup_dir, ignored))
        if (entry.path().extension() == ".backup") paths.push_back(entry.path().string());
    std::string open;
    for (const auto& path : paths)
      if (const auto one = open_to_others(path); !one.empty()) open += (open.empty() ? "" : ", ") + one;
    if (open.empty())
      return ok("secrets", "keys, database and backups are for their owner alone", "密钥、数据库与备份仅属主可读");
    add("secrets", Health::fail, {"others on this machine can read " + open, "本机其他用户可以读取：" + open},
        {"chmod 600 these files", "请对这些文件执行 chmod 600"});
  }

  void database() {
    const bool postgres = db::engine_of(s_->db_url) == "postgres";
    if (!postgres) {
      const fs::path path = db::sqlite_path(s_->db_url);
      std::error_code ec;
      if (!fs::exists(path, ec)) {
        const fs::path folder = fs::absolute(path).parent_path();
        if (access(folder.c_str(), W_OK | X_OK) == 0)
          return add(
              "database", Health::warn,
              {"there is no database yet at " + path.string(), "数据库尚不存在：" + path.string()},
              {"lianbo init --name NAME --owner LOGIN makes it", "请执行 lianbo init --name 名称 --owner 登录名"});
        return add("database", Health::fail,
                   {"the folder " + folder.string() + " is not there or can't be written",
                    "目录不存在或不可写：" + folder.string()},
                   {"make it, and give it to the user the server runs as", "请创建该目录，并交给运行服务的用户"});
      }
    }
    auto opened = db::open_database({.url = s_->db_url, .readers = 1, .writers = 1});
    if (!opened) {
      const Words mend =
          postgres ? Words{"is PostgreSQL running, and are host, name, user and password in db.url right?",
                           "请确认 PostgreSQL 正在运行，且 db.url 中的主机、库名、用户与密码正确"}
                   : Words{"is it a SQLite file on a local disk, and may this user read and write it and its folder?",
                           "请确认它是本地磁盘上的 SQLite 文件，且当前用户可读写该文件及其目录"};
      return add("database", Health::fail,
                 {"it can't be opened: " + opened.error().detail, "无法打开数据库：" + opened.error().detail}, mend);
    }
    auto& db = **opened;
    const auto number = [&](const db::Sql& sql) {
      return db.read([&](db::Tx& tx) -> Result<std::int64_t> { return tx.number(sql); }).value_or(0);
    };
    if (postgres) {
      const std::int64_t version = number(kServerVersion);
      if (version < kOldestPostgres)
        add("database", Health::fail,
            {fmt::format("PostgreSQL {} is too old", version / 10000),
             fmt::format("PostgreSQL {} 版本过旧", version / 10000)},
            {"use PostgreSQL 13 or newer", "请使用 PostgreSQL 13 或更新版本"});
      else
        ok("database", fmt::format("PostgreSQL {} answers", version / 10000),
           fmt::format("PostgreSQL {} 可用", version / 10000));
    } else {
      ok("database", std::string("SQLite ") + sqlite3_libversion() + " opens it",
         std::string("SQLite ") + sqlite3_libversion() + " 可打开数据库");
    }
    if (schema(db)) {
      writing(db);
      const Instant before = clock_.now();
      const Instant its = postgres ? number(kItsClock) : 0;
      skew(its == 0 ? 0 : std::max({Instant{0}, before - its, its - clock_.now()}), number(kNewestMark));
      brands(db);
      person_keys(db);
    }
  }

  void person_keys(db::Database& db) {
    const std::string path = privacy::key_file(*s_);
    const bool sealed = db.read([](db::Tx& tx) -> Result<bool> { return tx.exists(kAnyKey, {}); }).value_or(false);
    std::error_code ec;
    if (!sealed && !fs::exists(path, ec))
      return ok("privacy.key", "the key of personal data will be made at the first start",
                "个人信息密钥将在首次启动时生成");
    SecureRandom random;
    if (const auto opened = privacy::open_master_key(db, *s_, random, privacy::Need::must); !opened)
      return add(
          "privacy.key", Health::fail, {path + ": " + opened.error().detail, "个人信息密钥文件缺失或不符：" + path},
          {"put back the key file that belongs to this database (it is in no backup of the database), or name it "
           "in privacy.key_file",
           "请放回属于该数据库的密钥文件（数据库备份中不含它），或用 privacy.key_file 指明位置"});
    ok("privacy.key", "the key of personal data fits; keep a copy of " + path + " apart from the backups",
       "个人信息密钥相符；请将 " + path + " 另存一份，与备份分开保管");
  }

  // False: there is nothing more to be looked at.
  bool schema(db::Database& db) {
    const auto states = db::migration_state(db);
    if (!states) {
      add("database.schema", Health::fail, {states.error().detail, "数据库结构与本程序不符：" + states.error().detail},
          {"run the version of Lianbo that this database belongs to, or a newer one",
           "请运行与该数据库相符或更新的 Lianbo 版本"});
      return false;
    }
    const auto waiting = std::count_if(states->begin(), states->end(), [](const auto& s) { return !s.applied; });
    const bool none = waiting == static_cast<std::ptrdiff_t>(states->size());
    if (none) {
      add("database.schema", Health::warn, {"the database is empty", "数据库是空的"},
          {"lianbo init --name NAME --owner LOGIN sets it up",
           "请执行 lianbo init --name 名称 --owner 登录名 进行初始化"});
      return false;
    }
    if (waiting == 0) {
      ok("database.schema", fmt::format("all {} migrations are applied", states->size()),
         fmt::format("{} 项迁移均已应用", states->size()));
      return true;
    }
    const auto alone = db::waiting_offline(db);
    const bool stop = alone && !alone->empty();
    add("database.schema", Health::warn,
        {fmt::format("{} migrations wait{}", waiting,
                     stop ? ", and no other server may run while they are applied" : ""),
         fmt::format("有 {} 项迁移待应用{}", waiting, stop ? "，且应用时不得有其他服务在运行" : "")},
        {stop ? "stop every server, make a backup, then lianbo migrate"
              : "lianbo migrate, or the next start, applies them",
         stop ? "请先停止所有服务并备份，再执行 lianbo migrate" : "执行 lianbo migrate 或下次启动时会自动应用"});
    return true;
  }

  void writing(db::Database& db) {
    const Status tried = db.write([](db::Tx& tx) -> Status {
      tx.exec(kTrial);
      return fail(Code::conflict, "enough");  // undoes it
    });
    if (!tried && tried.error().code != Code::conflict)
      return add("database.writable", Health::fail,
                 {"it can't be written: " + tried.error().detail, "数据库不可写：" + tried.error().detail},
                 {"give the database to the user the server runs as; is the disk full or mounted read-only?",
                  "请把数据库交给运行服务的用户；并检查磁盘是否已满或以只读方式挂载"});
    ok("database.writable", "it can be written", "数据库可写");
    std::vector<std::int64_t> us;
    for (int i = 0; i < kTrialCommits; ++i) {
      const auto begun = std::chrono::steady_clock::now();
      if (!db.write([](db::Tx& tx) -> Status {
            tx.exec(kRewrite);
            return {};
          }))
        return;
      us.push_back(
          std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - begun).count());
    }
    std::nth_element(us.begin(), us.begin() + kTrialCommits / 2, us.end());
    const double ms = static_cast<double>(us[kTrialCommits / 2]) / 1000;
    if (ms <= static_cast<double>(limits_.commit_warn_ms))
      return ok("database.commit", fmt::format("a commit takes {:.1f} ms", ms),
                fmt::format("一次提交耗时 {:.1f} 毫秒", ms));
    add("database.commit", Health::warn,
        {fmt::format("a commit takes {:.1f} ms, more than {} ms: orders wait for the disk", ms, limits_.commit_warn_ms),
         fmt::format("一次提交耗时 {:.1f} 毫秒，超过 {} 毫秒：下单会等待磁盘", ms, limits_.commit_warn_ms)},
        {"put the database on a local SSD; network and shared disks flush slowly",
         "请把数据库放在本地 SSD 上；网络盘与共享盘刷写很慢"});
  }

  // apart: how far the database's clock lay outside the time in which it was asked.
  void skew(std::int64_t apart, Instant newest_mark) {
    const Instant now = clock_.now();
    // A mark of a server from later than now: somebody's clock went ahead, or ours back.
    const std::int64_t ahead = std::max<std::int64_t>(0, newest_mark - now);
    const std::int64_t worst = std::max(apart, ahead);
    if (worst <= limits_.skew_warn_ms)
      return ok("clock", "this machine's clock agrees with the database", "本机时钟与数据库一致");
    add("clock", worst > limits_.skew_fail_ms ? Health::fail : Health::warn,
        {fmt::format("this machine's clock is {} ms apart from the database's", worst),
         fmt::format("本机时钟与数据库相差 {} 毫秒", worst)},
        {"let every machine keep its clock by NTP (timedatectl set-ntp true)",
         "请让各机器通过 NTP 对时（timedatectl set-ntp true）"});
  }

  void brands(db::Database& db) {
    const auto all = db.read([](db::Tx& tx) -> Result<std::vector<org::Brand>> { return org::all_brands(tx, 1000); });
    if (!all) return;
    if (all->empty())
      return add("brands", Health::warn, {"there is no brand yet", "还没有品牌"},
                 {"lianbo init --name NAME --owner LOGIN", "请执行 lianbo init --name 名称 --owner 登录名"});
    for (const auto& brand : *all)
      if (!TimeZone::load(brand.time_zone))
        return add(
            "brands", Health::fail,
            {"brand " + brand.id.text() + " has the time zone \"" + brand.time_zone + "\", which is not known here",
             "品牌 " + brand.id.text() + " 的时区“" + brand.time_zone + "”在本机无法识别"},
            {"install tzdata, or correct the brand's time zone", "请安装 tzdata，或更正该品牌的时区"});
    ok("brands", fmt::format("{} brands live here", all->size()), fmt::format("共有 {} 个品牌", all->size()));
  }

  void disk(const char* check, const std::string& path) {
    struct statvfs about{};
    std::error_code ec;
    fs::path at = fs::absolute(path, ec);
    while (!fs::exists(at, ec) && at.has_relative_path()) at = at.parent_path();
    if (statvfs(at.c_str(), &about) != 0)
      return add(check, Health::fail,
                 {at.string() + ": " + std::strerror(errno), at.string() + "：" + std::strerror(errno)},
                 {"is the disk mounted?", "请检查磁盘是否已挂载"});
    const auto free = static_cast<std::int64_t>(about.f_bavail) * static_cast<std::int64_t>(about.f_frsize);
    const std::string gib = fmt::format("{:.1f} GiB", static_cast<double>(free) / (1 << 30));
    if (free >= limits_.free_warn_bytes)
      return ok(check, gib + " free at " + at.string(), at.string() + " 剩余 " + gib);
    add(check, free < limits_.free_fail_bytes ? Health::fail : Health::warn,
        {"only " + gib + " free at " + at.string(), at.string() + " 仅剩 " + gib},
        {"free space or move it to a larger disk; a full disk stops every sale",
         "请清理空间或换更大的磁盘；磁盘写满后无法成交"});
  }

  void disks() {
    if (db::engine_of(s_->db_url) == "sqlite") disk("disk.database", db::sqlite_path(s_->db_url));
    if (!s_->backup_dir.empty()) disk("disk.backups", s_->backup_dir);
  }

  static bool found(const std::string& program) {
    const char* path = std::getenv("PATH");
    std::string_view rest = path ? path : "/usr/bin:/bin";
    while (!rest.empty()) {
      const auto colon = rest.find(':');
      const std::string one = std::string(rest.substr(0, colon)) + "/" + program;
      if (access(one.c_str(), X_OK) == 0) return true;
      rest = colon == std::string_view::npos ? std::string_view{} : rest.substr(colon + 1);
    }
    return false;
  }

  void backups() {
    const bool postgres = db::engine_of(s_->db_url) == "postgres";
    if (postgres && (!found("pg_dump") || !found("pg_restore")))
      return add("backups", Health::fail,
                 {"pg_dump or pg_restore is not installed: no backup can be made or brought back",
                  "未安装 pg_dump 或 pg_restore：无法备份与恢复"},
                 {"install postgresql-client, of the server's version or newer",
                  "请安装不低于服务器版本的 postgresql-client"});
    if (s_->backup_dir.empty() || s_->backup_hours == 0)
      return add("backups", Health::warn, {"the server makes no backups by itself", "服务不会自动备份"},
                 {"set backup.dir (on another disk), or plan lianbo backup FILE yourself",
                  "请设置 backup.dir（放在另一块磁盘上），或自行定时执行 lianbo backup 文件"});
    std::error_code ec;
    if (!fs::is_directory(s_->backup_dir, ec) || access(s_->backup_dir.c_str(), W_OK | X_OK) != 0)
      return add("backups", Health::fail,
                 {"backup.dir " + s_->backup_dir + " is not there or can't be written",
                  "backup.dir 不存在或不可写：" + s_->backup_dir},
                 {"make it, and give it to the user the server runs as", "请创建该目录，并交给运行服务的用户"});
    const auto files = list_backups(s_->backup_dir);
    const Instant now = clock_.now();
    if (!files || files->empty())
      return add("backups", Health::warn,
                 {"there is no backup yet in " + s_->backup_dir, "备份目录中还没有备份：" + s_->backup_dir},
                 {"a running server makes the first at once; or lianbo backup",
                  "服务启动后会立即生成第一份；也可执行 lianbo backup"});
    const BackupFile& newest = files->front();
    if (newest.made_at + 2 * s_->backup_hours * kHourMs < now)
      return add("backups", Health::fail,
                 {"the newest backup, " + newest.name + ", is older than twice backup.hours",
                  "最新的备份 " + newest.name + " 已超过两个备份周期"},
                 {"is the server running? look for backup.failed in its log",
                  "请确认服务正在运行，并在日志中查找 backup.failed"});
    if (const auto whole = check_backup(s_->backup_dir + "/" + newest.name); !whole)
      return add(
          "backups", Health::fail,
          {newest.name + ": " + whole.error().detail, newest.name + "：备份文件已损坏（" + whole.error().detail + "）"},
          {"make another (lianbo backup) and look at the disk", "请重新备份（lianbo backup），并检查磁盘"});
    ok("backups", fmt::format("{} backups, the newest is whole: {}", files->size(), newest.name),
       fmt::format("共 {} 份备份，最新一份完好：{}", files->size(), newest.name));
  }

  void port() {
    const auto address = net::Address::parse(s_->http_address);
    if (!address || s_->http_port == 0) return;
    const int fd = socket(address->v4() ? AF_INET : AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) return;
    const int on = 1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    int rc = 0;
    if (address->v4()) {
      sockaddr_in to{};
      to.sin_family = AF_INET;
      to.sin_port = htons(static_cast<std::uint16_t>(s_->http_port));
      std::memcpy(&to.sin_addr, address->bytes.data() + 12, 4);
      rc = bind(fd, reinterpret_cast<const sockaddr*>(&to), sizeof to);
    } else {
      sockaddr_in6 to{};
      to.sin6_family = AF_INET6;
      to.sin6_port = htons(static_cast<std::uint16_t>(s_->http_port));
      std::memcpy(&to.sin6_addr, address->bytes.data(), 16);
      rc = bind(fd, reinterpret_cast<const sockaddr*>(&to), sizeof to);
    }
    // Listening too: two may be bound, one may listen.
    if (rc == 0) rc = listen(fd, 1);
    const int error = errno;
    close(fd);
    const std::string where = fmt::format("{}:{}", s_->http_address, s_->http_port);
    if (rc == 0) return ok("port", where + " is free", where + " 可用");
    if (error == EADDRINUSE) {
      const bool any = s_->http_address == "0.0.0.0" || s_->http_address == "::";
      const std::string host = any ? "127.0.0.1" : address->v4() ? s_->http_address : "[" + s_->http_address + "]";
      net::HttpClient client(
          {.url = "http://" + host + ":" + std::to_string(s_->http_port), .connect_ms = 500, .timeout_ms = 2000});
      const auto answer = client.send({.target = "/healthz"});
      if (answer && answer->status == 200 && answer->body == "{\"ok\":true}")
        return ok("port", "a Lianbo runs at " + where, "Lianbo 正在 " + where + " 运行");
      return add("port", Health::fail, {"another program listens at " + where, where + " 已被其他程序占用"},
                 {"stop it (ss -ltnp shows which), or choose another http.port",
                  "请停止该程序（用 ss -ltnp 查看），或更换 http.port"});
    }
    add("port", Health::fail, {where + ": " + std::strerror(error), where + "：" + std::strerror(error)},
        {"choose an http.address of this machine and an http.port this user may open (1024 and above)",
         "请使用本机的地址作为 http.address，并选择当前用户可用的端口（1024 以上）"});
  }

  void pages() {
    const auto files = load_web_files(*s_, program_folder());
    if (!files)
      return add("pages", Health::fail, {files.error().text(), "网页目录有误：" + files.error().text()},
                 {"let web.dir name the folder of the built pages, or leave it empty",
                  "请让 web.dir 指向已构建的网页目录，或留空"});
    if (!files->present())
      return add("pages", Health::warn, {"the web pages are not built", "网页尚未构建"},
                 {"./dev web builds them; the package brings them along", "请执行 ./dev web 构建；安装包中已包含"});
    ok("pages", fmt::format("{} files of web pages", files->files.size()),
       fmt::format("共 {} 个网页文件", files->files.size()));
  }

  void fonts() {
    if (share::can_draw("联播直播间 ￥ Abc"))
      return ok("fonts", "posters can be drawn in Chinese and Latin", "海报可以绘制中文与拉丁文字");
    add("fonts", Health::fail,
        {"no font here has Chinese letters: posters would show boxes", "本机没有中文字体：海报会显示方框"},
        {"install fonts-noto-cjk", "请安装 fonts-noto-cjk"});
  }

  static std::string read_small(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    std::string text(65536, '\0');
    in.read(text.data(), static_cast<std::streamsize>(text.size()));
    text.resize(static_cast<std::size_t>(in.gcount()));
    return text;
  }

  // False: something was said about it.
  bool certificate(const char* setting, const pay::Certificate& certificate) {
    const Instant now = clock_.now();
    if (now >= certificate.ends_at || now < certificate.begins_at) {
      add("pay", Health::fail,
          {fmt::format("the certificate of {} is valid from {} to {}, not now", setting,
                       format_rfc3339(certificate.begins_at), format_rfc3339(certificate.ends_at)),
           fmt::format("{} 的证书有效期为 {} 至 {}，当前无效", setting, format_rfc3339(certificate.begins_at),
                       format_rfc3339(certificate.ends_at))},
          {"renew it in WeChat Pay's merchant centre and put the new file and serial number into the settings",
           "请在微信支付商户平台更新证书，并把新文件与序列号写入设置"});
      return false;
    }
    if (now + limits_.certificate_warn_ms >= certificate.ends_at) {
      add("pay", Health::warn,
          {fmt::format("the certificate of {} ends at {}", setting, format_rfc3339(certificate.ends_at)),
           fmt::format("{} 的证书将于 {} 到期", setting, format_rfc3339(certificate.ends_at))},
          {"renew it in time, in WeChat Pay's merchant centre", "请及时在微信支付商户平台更新证书"});
      return false;
    }
    return true;
  }

  void payment() {
    if (s_->pay_rail == "sandbox")
      return add("pay", Health::warn,
                 {"payments go through the embedded sandbox: no money moves", "支付走内置沙箱：没有真实资金流动"},
                 {"for real sales set pay.rail = wechat and the wechat.… settings",
                  "正式销售请设置 pay.rail = wechat 及 wechat.… 各项"});
    if (s_->pay_rail != "wechat")
      return add("pay", Health::fail, {"pay.rail is \"" + s_->pay_rail + "\"", "pay.rail 的值为“" + s_->pay_rail + "”"},
                 {"write sandbox or wechat", "请写 sandbox 或 wechat"});
    auto rail = pay::make_wechat_rail(*s_);
    if (!rail)
      return add("pay", Health::fail, {rail.error().text(), "微信支付设置有误：" + rail.error().text()},
                 {"take the file or number from WeChat Pay's merchant centre (API security)",
                  "请到微信支付商户平台（API 安全）获取正确的文件或编号"});
    if (!s_->public_url.starts_with("https://"))
      return add("pay", Health::fail,
                 {"WeChat Pay sends its notices to public_url, which must begin with https://",
                  "微信支付会把通知发往 public_url，它必须以 https:// 开头"},
                 {"set public_url = https://…", "请设置 public_url = https://…"});
    if (const std::string pem = read_small(s_->wechat_public_key_file);
        pem.find("BEGIN CERTIFICATE") != std::string::npos)
      if (const auto platform = pay::Certificate::from_pem(pem);
          platform && !certificate("wechat.public_key_file", *platform))
        return;
    if (!s_->wechat_cert_file.empty()) {
      const auto own = pay::Certificate::from_pem(read_small(s_->wechat_cert_file));
      if (!own)
        return add("pay", Health::fail,
                   {"wechat.cert_file: " + own.error().detail, "wechat.cert_file 有误：" + own.error().detail},
                   {"it is apiclient_cert.pem of WeChat Pay's merchant centre",
                    "它应是微信支付商户平台的 apiclient_cert.pem"});
      if (!certificate("wechat.cert_file", *own)) return;
      if (own->serial != s_->wechat_serial)
        return add("pay", Health::fail,
                   {"the certificate's serial number is " + own->serial + ", wechat.serial says " + s_->wechat_serial,
                    "证书序列号为 " + own->serial + "，而 wechat.serial 写的是 " + s_->wechat_serial},
                   {"set wechat.serial = " + own->serial, "请设置 wechat.serial = " + own->serial});
      const auto key = pay::PrivateKey::from_pem(read_small(s_->wechat_key_file));
      if (!key || !own->key.verify("lianbo", key->sign("lianbo")))
        return add("pay", Health::fail,
                   {"wechat.key_file is not the key of the certificate in wechat.cert_file",
                    "wechat.key_file 与 wechat.cert_file 中的证书不配对"},
                   {"use apiclient_key.pem and apiclient_cert.pem of the same download",
                    "请使用同一次下载的 apiclient_key.pem 与 apiclient_cert.pem"});
    }
    if (!wish_.online)
      return ok("pay", "WeChat Pay's keys can be read and fit (not asked online; --online does)",
                "微信支付密钥可读且相符（未联网验证；可用 --online）");
    SecureRandom random;
    const auto asked = (*rail)->query("lianbodoctor" + random.base62(12), clock_.now(), random);
    if (!asked && pay::refusal_of(asked.error()) == pay::Refusal::not_found)
      return ok("pay", "WeChat Pay takes our signature, and we its", "微信支付接受我方签名，我方也能验证其签名");
    const std::string said = asked ? "an answer about a payment that was never made" : asked.error().detail;
    add("pay", Health::fail, {"WeChat Pay does not take our questions: " + said, "微信支付不接受我方请求：" + said},
        {"a signature refused: wechat.key_file and wechat.serial belong together, and to wechat.mchid; an answer that "
         "does "
         "not verify: wechat.public_key_file and wechat.public_key_id; no answer: can this machine reach wechat.api?",
         "签名被拒：wechat.key_file、wechat.serial 与 wechat.mchid 须属于同一商户；应答验签失败：检查 "
         "wechat.public_key_file 与 "
         "wechat.public_key_id；无应答：检查本机能否访问 wechat.api"});
  }

  void media() {
    std::string missing;
    for (const char* program : {"ffmpeg", "ffprobe", "nginx"})
      if (!found(program)) missing += (missing.empty() ? "" : ", ") + std::string(program);
    if (missing.empty()) return ok("media", "ffmpeg, ffprobe and nginx are there", "ffmpeg、ffprobe 与 nginx 均已安装");
    add("media", Health::warn,
        {"not found: " + missing + "; pictures of broadcasts need them", "未找到：" + missing + "；直播画面需要它们"},
        {"install ffmpeg, nginx and libnginx-mod-rtmp", "请安装 ffmpeg、nginx 与 libnginx-mod-rtmp"});
  }

  const Clock& clock_;
  const DoctorWish& wish_;
  const DoctorLimits& limits_;
  const Settings* s_ = nullptr;
  std::vector<Finding> out_;
};

const char* const kHealth[] = {"ok", "warn", "fail"};

}  // namespace

std::vector<Finding> examine(const Result<Settings>& settings, const Clock& clock, const DoctorWish& wish) {
  return Examination(clock, wish).run(settings);
}

bool healthy(const std::vector<Finding>& findings) {
  return std::none_of(findings.begin(), findings.end(), [](const auto& f) { return f.health == Health::fail; });
}

std::string findings_json(const std::vector<Finding>& findings) {
  const auto words = [](JsonWriter& w, const char* name, const Words& said) {
    w.key(name).begin().field("en", said.en).field("zh", said.zh).end();
  };
  JsonWriter w;
  w.begin().field("healthy", healthy(findings)).key("checks").begin_list();
  for (const auto& f : findings) {
    w.begin().field("check", f.check).field("health", kHealth[static_cast<int>(f.health)]);
    words(w, "says", f.says);
    words(w, "mend", f.mend);
    w.end();
  }
  w.end_list().end();
  return w.take();
}

std::string findings_text(const std::vector<Finding>& findings) {
  std::string out;
  int counts[3] = {};
  for (const auto& f : findings) {
    ++counts[static_cast<int>(f.health)];
    out += fmt::format("{:<5} {:<18} {}\n",
                       f.health == Health::ok     ? "ok"
                       : f.health == Health::warn ? "WARN"
                                                  : "FAIL",
                       f.check, f.says.en);
    const std::string in(25, ' ');
    out += in + f.says.zh + "\n";
    if (!f.mend.en.empty()) out += in + "→ " + f.mend.en + "\n" + in + "→ " + f.mend.zh + "\n";
  }
  return out + fmt::format("doctor: {} ok, {} warnings, {} failures 正常 {}，警告 {}，故障 {}\n", counts[0], counts[1],
                           counts[2], counts[0], counts[1], counts[2]);
}

}  // namespace lianbo::app
