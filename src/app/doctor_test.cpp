// Each check is made to fail by what it is there to find.
#include "app/doctor.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "app/app.hpp"
#include "app/backup.hpp"
#include "net/server.hpp"
#include "pay/sandbox/sandbox.hpp"
#include "support/database.hpp"

namespace lianbo::app {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

template <class T>
T must(Result<T> result) {
  if (!result) throw std::runtime_error(result.error().text());
  if constexpr (!std::is_void_v<T>) return *std::move(result);
}

const db::Sql kAhead{"doctor_test.ahead",
                     "insert into nodes (node, holder, horizon_at, renewed_at) values (9, 'ahead', 0, $1)"};
const db::Sql kZone{"doctor_test.zone", "update brands set time_zone = 'Moon/Tycho'"};

// A set-up that is sound, but for the sandbox and the pages of a test's build.
class DoctorTest : public ::testing::TestWithParam<test::Engine> {
 protected:
  DoctorTest() : scratch_(GetParam(), test::ScratchDatabase::Start::empty), clock_(SystemClock().now()) {
    settings_.db_url = scratch_.url();
    settings_.http_port = 0;
    settings_.http_connections = 100;
    settings_.log_level = "off";
    settings_.backup_dir = folder_.path() + "/backups";
    settings_.privacy_key_file = folder_.path() + "/lianbo.key";
    fs::create_directory(settings_.backup_dir);
    const auto bench = must(Workbench::open(settings_, "test"));
    const Call call = bench->system_call();
    must(bench->db->write([&](db::Tx& tx) {
      org::NewBrand wish;
      wish.name = wish.owner_login = wish.owner_name = "owner";
      return org::create_brand(tx, call, wish);
    }));
    BackupKeeper keeper(*bench->db, settings_);
    must(keeper.make(clock_.now()));
    if (!postgres()) private_to_us();
    wish_.limits.free_warn_bytes = 1;
    wish_.limits.free_fail_bytes = 1;
    wish_.limits.commit_warn_ms = 60'000;
  }
  bool postgres() const { return GetParam() == test::Engine::postgres; }
  std::string path() const { return db_path(settings_.db_url); }
  static std::string db_path(const std::string& url) { return url.substr(url.find(':') + 1); }
  void private_to_us() {
    for (const char* end : {"", "-wal"}) chmod((path() + end).c_str(), 0600);
  }
  void run(const db::Sql& sql, std::initializer_list<db::Param> params = {}) {
    must(scratch_.open()->write([&](db::Tx& tx) -> Status {
      tx.exec(sql, params);
      return {};
    }));
    if (!postgres()) private_to_us();
  }
  std::string write(const std::string& name, const std::string& text, int mode = 0600) {
    const std::string at = folder_.path() + "/" + name;
    std::ofstream(at, std::ios::binary | std::ios::trunc) << text;
    chmod(at.c_str(), static_cast<mode_t>(mode));
    return at;
  }
  Finding of(const std::string& check) {
    if (!postgres()) private_to_us();  // looking at it makes the files beside it anew
    for (const auto& f : examine(settings_, clock_, wish_))
      if (f.check == check) return f;
    ADD_FAILURE() << "nothing is said of " << check;
    return {};
  }
  void expect(const std::string& check, Health health, const std::string& words) {
    const Finding f = of(check);
    EXPECT_EQ(f.health, health) << f.says.en;
    EXPECT_THAT(f.says.en, HasSubstr(words));
    EXPECT_FALSE(f.says.zh.empty());
    EXPECT_EQ(f.mend.en.empty(), health == Health::ok) << f.says.en;
    EXPECT_EQ(f.mend.zh.empty(), health == Health::ok) << f.says.zh;
  }

  test::ScratchFolder folder_;
  test::ScratchDatabase scratch_;
  SimulatedClock clock_;
  Settings settings_;
  DoctorWish wish_;
};
ON_BOTH_ENGINES(DoctorTest);

TEST_P(DoctorTest, ASoundSetUpIsHealthy) {
  const auto findings = examine(settings_, clock_, wish_);
  EXPECT_TRUE(healthy(findings)) << findings_text(findings);
  for (const char* check :
       {"config", "addresses", "time_zones", "open_files", "secrets", "database", "database.schema",
        "database.writable", "database.commit", "clock", "brands", "privacy.key", "disk.backups", "backups"}) {
    clock_.advance_to(SystemClock().now());  // PostgreSQL has a clock of its own
    expect(check, Health::ok, "");
  }
  expect("pay", Health::warn, "no money moves");
  EXPECT_THAT(findings_json(findings), HasSubstr("\"healthy\":true"));
  EXPECT_THAT(findings_text(findings), HasSubstr("0 failures"));
}

TEST_P(DoctorTest, ItLeavesTheDatabaseAsItWas) {
  static const db::Sql facts{"doctor_test.facts", "select count(*) from server_facts"};
  const auto count = [&] {
    return must(scratch_.open()->read([&](db::Tx& tx) -> Result<std::int64_t> { return tx.number(facts); }));
  };
  const auto before = count();
  examine(settings_, clock_, wish_);
  EXPECT_EQ(count(), before);
}

TEST_P(DoctorTest, WrongSettingsAreTheOnlyThingItCanSay) {
  const auto findings = examine(load_settings(write("x.conf", "http.colour = red\nhttp.port = x\n")), clock_, wish_);
  ASSERT_EQ(findings.size(), 1u);
  EXPECT_EQ(findings[0].check, "config");
  EXPECT_EQ(findings[0].health, Health::fail);
  EXPECT_THAT(findings[0].says.en, HasSubstr("line 1"));
  EXPECT_THAT(findings[0].says.zh, HasSubstr("line 2"));
}

TEST_P(DoctorTest, Config) {
  settings_.clock = "simulated:2026-11-11T00:00:00Z";
  expect("config", Health::warn, "simulated");
  settings_.clock = "system";
  settings_.check_replies = 1;
  expect("config", Health::warn, "for tests");
}

TEST_P(DoctorTest, Addresses) {
  const Settings good = settings_;
  settings_.http_address = "localhost";
  expect("addresses", Health::fail, "no IP address");
  settings_ = good;
  settings_.http_trusted_proxies = "proxy";
  expect("addresses", Health::fail, "proxy");
  settings_ = good;
  settings_.metrics_port = settings_.http_port = 1234;
  expect("addresses", Health::fail, "the same");
  settings_ = good;
  settings_.http_address = "0.0.0.0";
  expect("addresses", Health::warn, "public_url is not set");
  settings_.public_url = "http://shop.example";
  expect("addresses", Health::warn, "not https");
  settings_.public_url = "https://shop.example";
  settings_.http_address = "127.0.0.1";
  expect("addresses", Health::warn, "trusted_proxies is empty");
  settings_.http_trusted_proxies = "127.0.0.1";
  expect("addresses", Health::ok, "");
}

TEST_P(DoctorTest, OpenFiles) {
  wish_.limits.spare_files = std::int64_t{1} << 40;
  expect("open_files", Health::fail, "files may be open");
}

TEST_P(DoctorTest, Secrets) {
  settings_.wechat_key_file = write("key.pem", "secret", 0644);
  expect("secrets", Health::fail, "key.pem (644)");
  settings_.wechat_key_file.clear();
  const auto backup = list_backups(settings_.backup_dir)->front().name;
  chmod((settings_.backup_dir + "/" + backup).c_str(), 0640);
  expect("secrets", Health::fail, backup);
  chmod((settings_.backup_dir + "/" + backup).c_str(), 0600);
  expect("secrets", Health::ok, "");
}

TEST_P(DoctorTest, DatabaseThatCantBeOpened) {
  settings_.db_url =
      postgres() ? "postgres://nobody:secret@127.0.0.1:1/none" : "sqlite:" + write("letter.db", std::string(5000, 'x'));
  expect("database", Health::fail, "can't be opened");
  for (const auto& f : examine(settings_, clock_, wish_)) EXPECT_THAT(f.says.en, ::testing::Not(HasSubstr("secret@")));
}

TEST_P(DoctorTest, DatabaseThatIsNotThere) {
  if (postgres()) {
    const test::ScratchDatabase empty(GetParam(), test::ScratchDatabase::Start::empty);
    settings_.db_url = empty.url();
    return expect("database.schema", Health::warn, "empty");
  }
  settings_.db_url = "sqlite:" + folder_.path() + "/none.db";
  const auto there = examine(settings_, clock_, wish_);
  EXPECT_TRUE(healthy(there)) << findings_text(there);
  EXPECT_FALSE(fs::exists(folder_.path() + "/none.db")) << "looking must not make one";
  settings_.db_url = "sqlite:/no/such/folder/x.db";
  for (const auto& f : examine(settings_, clock_, wish_))
    EXPECT_TRUE(f.check != "database" || f.health == Health::fail) << f.says.en;
}

TEST_P(DoctorTest, Schema) {
  must(scratch_.open()->run_script(
      "insert into schema_migrations (version, name, checksum, applied_at) values (999999, 'of_tomorrow', 'x', 0);"));
  expect("database.schema", Health::fail, "of_tomorrow");
  must(
      scratch_.open()->run_script("delete from schema_migrations where version >= (select max(version) from "
                                  "schema_migrations where version < 999999);"));
  expect("database.schema", Health::warn, "1 migrations wait");
}

TEST_P(DoctorTest, Writing) {
  if (postgres()) {
    must(scratch_.open()->run_script("alter table server_facts rename to facts_of_the_server;"));
    return expect("database.writable", Health::fail, "can't be written");
  }
  const auto holder = scratch_.open();
  must(holder->write([&](db::Tx&) -> Status {  // somebody who never lets go of the write lock
    std::thread([&] { expect("database.writable", Health::fail, "can't be written"); }).join();
    return {};
  }));
}

TEST_P(DoctorTest, SlowCommits) {
  wish_.limits.commit_warn_ms = -1;
  expect("database.commit", Health::warn, "orders wait for the disk");
}

TEST_P(DoctorTest, ClockSkew) {
  run(kAhead, {clock_.now() + 5000});
  expect("clock", Health::warn, "apart");
  clock_.advance_to(clock_.now() + 6000);
  if (!postgres()) expect("clock", Health::ok, "agrees");
  clock_.advance_to(clock_.now() + kHourMs);
  if (postgres()) expect("clock", Health::fail, "apart");
}

TEST_P(DoctorTest, BrandsInAZoneThatIsNotKnown) {
  run(kZone);
  expect("brands", Health::fail, "Moon/Tycho");
}

TEST_P(DoctorTest, TheKeyOfPersonalData) {
  {
    const auto bench = must(Workbench::open(settings_, "test"));  // somebody's name is sealed
    const Call call = bench->system_call();
    must(bench->db->write([&](db::Tx& tx) { return org::register_person(tx, call, "ming", "Ming", "x"); }));
  }
  expect("privacy.key", Health::ok, "fits");
  const std::string file = settings_.privacy_key_file;
  chmod(file.c_str(), 0644);
  expect("secrets", Health::fail, "lianbo.key (644)");
  fs::rename(file, file + ".away");
  expect("privacy.key", Health::fail, "lianbo.key");
  EXPECT_FALSE(fs::exists(file)) << "looking must not make another";
  write("lianbo.key", std::string(64, 'a') + "\n");
  expect("privacy.key", Health::fail, "lianbo.key");
}

TEST_P(DoctorTest, Disks) {
  wish_.limits.free_warn_bytes = std::int64_t{1} << 60;
  expect("disk.backups", Health::warn, "GiB free");
  wish_.limits.free_fail_bytes = std::int64_t{1} << 60;
  expect("disk.backups", Health::fail, "GiB free");
  if (!postgres()) expect("disk.database", Health::fail, "GiB free");
}

TEST_P(DoctorTest, Backups) {
  const std::string newest = settings_.backup_dir + "/" + list_backups(settings_.backup_dir)->front().name;
  fs::resize_file(newest, fs::file_size(newest) / 2);
  expect("backups", Health::fail, "cut off");
  clock_.advance_to(clock_.now() + 49 * kHourMs);
  expect("backups", Health::fail, "older than twice");
  fs::remove(newest);
  expect("backups", Health::warn, "no backup yet");
  settings_.backup_dir = folder_.path() + "/nowhere";
  expect("backups", Health::fail, "not there");
  settings_.backup_dir.clear();
  expect("backups", Health::warn, "no backups by itself");
  if (postgres()) {
    const std::string path = getenv("PATH");
    setenv("PATH", folder_.path().c_str(), 1);
    expect("backups", Health::fail, "pg_dump");
    setenv("PATH", path.c_str(), 1);
  }
}

TEST_P(DoctorTest, Port) {
  net::Server other({}, [](net::Request&&, const net::ReplySink& sink) { sink(net::Reply::json("{}")); });
  must(other.start());
  settings_.http_port = other.port();
  expect("port", Health::fail, "another program");
  other.stop(0);
  expect("port", Health::ok, "free");
  net::Server lianbo({}, [](net::Request&&, const net::ReplySink& sink) { sink(net::Reply::json("{\"ok\":true}")); });
  must(lianbo.start());
  settings_.http_port = lianbo.port();
  expect("port", Health::ok, "a Lianbo runs");
  settings_.http_address = "203.0.113.1";
  expect("port", Health::fail, "203.0.113.1");
}

TEST_P(DoctorTest, Pages) {
  settings_.web_dir = folder_.path() + "/nowhere";
  expect("pages", Health::fail, "nowhere");
}

TEST_P(DoctorTest, Media) {
  const std::string path = getenv("PATH");
  setenv("PATH", folder_.path().c_str(), 1);
  expect("media", Health::warn, "ffmpeg");
  setenv("PATH", path.c_str(), 1);
}

// A self-signed certificate over a key of the test's own.
std::string certificate(const pay::PrivateKey& key, long from_s, long to_s) {
  BIO* in = BIO_new_mem_buf(key.pem().data(), static_cast<int>(key.pem().size()));
  const std::string pem = key.pem();
  BIO_free(in);
  in = BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()));
  EVP_PKEY* raw = PEM_read_bio_PrivateKey(in, nullptr, nullptr, nullptr);
  BIO_free(in);
  X509* x = X509_new();
  ASN1_INTEGER_set(X509_get_serialNumber(x), 0x1234ABCD);
  X509_gmtime_adj(X509_getm_notBefore(x), from_s);
  X509_gmtime_adj(X509_getm_notAfter(x), to_s);
  X509_set_pubkey(x, raw);
  X509_sign(x, raw, EVP_sha256());
  BIO* out = BIO_new(BIO_s_mem());
  PEM_write_bio_X509(out, x);
  char* text = nullptr;
  const long size = BIO_get_mem_data(out, &text);
  std::string made(text, static_cast<std::size_t>(size));
  BIO_free(out);
  X509_free(x);
  EVP_PKEY_free(raw);
  return made;
}

class DoctorOfPay : public DoctorTest {
 protected:
  DoctorOfPay() : sandbox_db_(scratch_.open()) {
    static const pay::sandbox::Keys keys = [] {
      SecureRandom random;
      return pay::sandbox::make_keys(random);
    }();
    pay::sandbox::Options options;
    options.keys = &keys;
    sandbox_ = must(pay::sandbox::Sandbox::open(*sandbox_db_, clock_.now(), options));
    rail_ = std::make_unique<net::Server>(net::ServerConfig{}, [this](net::Request&& r, const net::ReplySink& sink) {
      const auto said = must(sandbox_->handle(net::method_name(r.method), r.target, r.headers, r.body, clock_.now()));
      net::Reply reply{said.status, said.body, "application/json", {}};
      for (const auto& [name, value] : said.headers)
        if (name != "Content-Type") reply.headers.emplace_back(name, value);
      sink(std::move(reply));
    });
    must(rail_->start());
    const auto& k = sandbox_->keys();
    settings_.pay_rail = "wechat";
    settings_.public_url = "https://shop.example";
    settings_.http_trusted_proxies = "127.0.0.1";
    settings_.wechat_api = "http://127.0.0.1:" + std::to_string(rail_->port());
    settings_.wechat_appid = k.appid;
    settings_.wechat_mchid = k.mchid;
    settings_.wechat_serial = k.merchant_serial;
    settings_.wechat_key_file = write("key.pem", k.merchant.pem());
    settings_.wechat_apiv3_key_file = write("apiv3.key", k.apiv3_key);
    settings_.wechat_public_key_file = write("platform.pem", k.platform.public_key().pem());
    settings_.wechat_public_key_id = k.platform_serial;
  }
  std::unique_ptr<db::Database> sandbox_db_;
  std::unique_ptr<pay::sandbox::Sandbox> sandbox_;
  std::unique_ptr<net::Server> rail_;
};
INSTANTIATE_TEST_SUITE_P(On, DoctorOfPay, ::testing::Values(test::Engine::sqlite));

TEST_P(DoctorOfPay, KeysThatFitAreTakenOnline) {
  expect("pay", Health::ok, "not asked online");
  wish_.online = true;
  expect("pay", Health::ok, "takes our signature");
}

TEST_P(DoctorOfPay, WhatIsMissingOrNoKeyIsNamed) {
  const Settings good = settings_;
  settings_.pay_rail = "alipay";
  expect("pay", Health::fail, "alipay");
  settings_ = good;
  settings_.wechat_mchid.clear();
  expect("pay", Health::fail, "wechat.mchid");
  settings_ = good;
  settings_.wechat_key_file = settings_.wechat_public_key_file;
  expect("pay", Health::fail, "wechat.key_file");
  settings_ = good;
  settings_.wechat_apiv3_key_file = write("short.key", "short");
  expect("pay", Health::fail, "32");
  settings_ = good;
  settings_.public_url = "http://shop.example";
  expect("pay", Health::fail, "https://");
}

TEST_P(DoctorOfPay, CertificatesThatEndOrDoNotFit) {
  const auto& merchant = sandbox_->keys().merchant;
  settings_.wechat_serial = "1234ABCD";
  settings_.wechat_cert_file = write("cert.pem", certificate(merchant, -1000, 90 * 86400));
  expect("pay", Health::ok, "");
  settings_.wechat_serial = "1234";
  expect("pay", Health::fail, "1234ABCD");
  settings_.wechat_serial = "1234ABCD";
  write("cert.pem", certificate(merchant, -1000, 10 * 86400));
  expect("pay", Health::warn, "ends at");
  write("cert.pem", certificate(merchant, -1000, -10));
  expect("pay", Health::fail, "not now");
  write("cert.pem", certificate(merchant, 86400, 90 * 86400));
  expect("pay", Health::fail, "not now");
  write("cert.pem", certificate(sandbox_->keys().platform, -1000, 90 * 86400));
  expect("pay", Health::fail, "not the key of the certificate");
  write("cert.pem", "no certificate");
  expect("pay", Health::fail, "wechat.cert_file");
  settings_.wechat_cert_file.clear();
  settings_.wechat_public_key_file = write("platform-cert.pem", certificate(sandbox_->keys().platform, -1000, -10));
  expect("pay", Health::fail, "wechat.public_key_file");
}

TEST_P(DoctorOfPay, AWrongKeyIsFoundOnline) {
  wish_.online = true;
  const Settings good = settings_;
  settings_.wechat_key_file = write("other.pem", sandbox_->keys().platform.pem());
  expect("pay", Health::fail, "does not take our questions");
  settings_ = good;
  settings_.wechat_public_key_file = write("other-public.pem", sandbox_->keys().merchant.public_key().pem());
  expect("pay", Health::fail, "does not take our questions");
  settings_ = good;
  rail_->stop(0);
  expect("pay", Health::fail, "does not take our questions");
}

}  // namespace
}  // namespace lianbo::app
