#include "app/backup.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "app/app_test_support.hpp"
#include "base/crypto.hpp"
#include "db/schema.hpp"

namespace lianbo::app {
namespace {

namespace fs = std::filesystem;
using net::Method;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr Instant kNow = 1'800'000'000'000;
const db::Sql kPut{"backup_test.put", "insert into server_facts (name, value) values ($1, $2)"};
const db::Sql kGet{"backup_test.get", "select value from server_facts where name = $1"};

std::string read_all(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return std::move(text).str();
}
void write_all(const std::string& path, std::string_view text) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << text;
}

// A set-up database with one fact of the test's own.
class BackupTest : public ::testing::TestWithParam<test::Engine> {
 protected:
  BackupTest() : scratch_(GetParam()), db_(scratch_.open()) {
    Settings settings;
    SecureRandom random;
    must(org::set_up(*db_, settings, random));
    put("mine", "kept");
  }
  void put(const std::string& name, const std::string& value) {
    must(db_->write([&](db::Tx& tx) -> Status {
      tx.exec(kPut, {name, value});
      return {};
    }));
  }
  std::string get(db::Database& db, const std::string& name) {
    return must(db.read([&](db::Tx& tx) -> Result<std::string> {
      return tx.one(kGet, {name}, [](const db::Row& r) { return r.str(0); }).value_or("");
    }));
  }
  std::string file(const std::string& name = "one.backup") const { return folder_.path() + "/" + name; }
  BackupInfo backup(const std::string& to) { return must(write_backup(*db_, scratch_.url(), to, kNow)); }
  // The error of restoring a file into a fresh place, which must be as empty afterwards as before.
  Error refused(const std::string& from) {
    const test::ScratchDatabase place(GetParam(), test::ScratchDatabase::Start::empty);
    const auto done = restore_backup(from, place.url(), kNow);
    EXPECT_FALSE(done);
    EXPECT_TRUE(db::check_empty(place.url())) << "something was left behind";
    return done ? Error{} : done.error();
  }

  test::ScratchFolder folder_;
  test::ScratchDatabase scratch_;
  std::unique_ptr<db::Database> db_;
};
ON_BOTH_ENGINES(BackupTest);

TEST_P(BackupTest, ComesBackWithEverythingBeforeIt) {
  const auto made = backup(file());
  put("later", "lost");
  EXPECT_EQ(made.engine, GetParam() == test::Engine::sqlite ? "sqlite" : "postgres");
  EXPECT_EQ(made.made_at, kNow);
  EXPECT_EQ(made.migration, db::newest_migration(GetParam() == test::Engine::postgres).version);
  struct stat about{};
  ASSERT_EQ(stat(file().c_str(), &about), 0);
  EXPECT_EQ(about.st_mode & 0777, 0600u) << "it holds keys and addresses";
  EXPECT_EQ(about.st_size, made.file_bytes);
  EXPECT_EQ(std::distance(fs::directory_iterator(folder_.path()), {}), 1) << "nothing else is left lying around";
  const auto looked = must(check_backup(file()));
  EXPECT_EQ(backup_json(looked), backup_json(made));

  const test::ScratchDatabase place(GetParam(), test::ScratchDatabase::Start::empty);
  const auto restored = must(restore_backup(file(), place.url(), kNow));
  EXPECT_EQ(restored.migrated, 0);
  EXPECT_TRUE(restored.verify.ok()) << insight::verify_text(restored.verify);
  EXPECT_FALSE(restored.verify.checks.empty());
  const auto again = place.open();
  EXPECT_EQ(get(*again, "mine"), "kept");
  EXPECT_EQ(get(*again, "later"), "");
}

TEST_P(BackupTest, NothingIsEverWrittenOver) {
  backup(file());
  const auto over = write_backup(*db_, scratch_.url(), file(), kNow);
  ASSERT_FALSE(over);
  EXPECT_EQ(over.error().code, Code::conflict);
  const auto into = restore_backup(file(), scratch_.url(), kNow);
  ASSERT_FALSE(into);
  EXPECT_EQ(into.error().code, Code::conflict);
  EXPECT_EQ(get(*db_, "mine"), "kept");
  EXPECT_FALSE(write_backup(*db_, scratch_.url(), "/no/such/folder/x.backup", kNow));
}

TEST_P(BackupTest, EveryTruncationAndEveryChangeIsKnown) {
  backup(file());
  const std::string whole = read_all(file());
  const std::string other = file("other.backup");
  const auto said_of = [&](const std::string& bytes) {
    write_all(other, bytes);
    const auto checked = check_backup(other);
    EXPECT_FALSE(checked);
    return checked ? std::string() : checked.error().text();
  };
  const std::size_t head = whole.find('\n', whole.find('\n') + 1) + 1;
  for (std::size_t size = 0; size < head; ++size) EXPECT_THAT(said_of(whole.substr(0, size)), HasSubstr("no backup"));
  for (std::size_t size = head; size < whole.size(); size += 1 + whole.size() / 50)
    EXPECT_THAT(said_of(whole.substr(0, size)), HasSubstr("cut off")) << size;
  EXPECT_THAT(said_of(whole.substr(0, whole.size() - 1)), HasSubstr("cut off"));
  EXPECT_THAT(said_of(whole + "x"), HasSubstr("cut off"));
  for (std::size_t at = head; at < whole.size() - 73; at += 1 + whole.size() / 50) {
    std::string changed = whole;
    changed[at] = static_cast<char>(changed[at] ^ 0x10);
    EXPECT_THAT(said_of(changed), HasSubstr("digest does not fit")) << at;
  }
  std::string digest = whole;
  digest[digest.size() - 2] = digest[digest.size() - 2] == '0' ? '1' : '0';
  EXPECT_THAT(said_of(digest), HasSubstr("digest does not fit"));
  EXPECT_THAT(said_of("-- PostgreSQL database dump\n"), HasSubstr("no backup of Lianbo"));

  write_all(other, whole.substr(0, whole.size() / 2));
  EXPECT_THAT(refused(other).text(), HasSubstr("cut off"));
  std::string changed = whole;
  changed[head + 100] = static_cast<char>(changed[head + 100] ^ 1);
  write_all(other, changed);
  EXPECT_THAT(refused(other).text(), HasSubstr("digest does not fit"));
}

// A file with another head, sealed anew: only its words differ.
std::string with_head(const std::string& whole, const std::function<void(std::string&)>& change) {
  const std::size_t head = whole.find('\n', whole.find('\n') + 1) + 1;
  std::string words = whole.substr(0, head);
  change(words);
  std::string out = words + whole.substr(head, whole.size() - head - 73);
  return out + "\nsha256 " + to_hex(sha256(out)) + "\n";
}
void replace(std::string& text, const std::string& from, const std::string& to) {
  const auto at = text.find(from);
  ASSERT_NE(at, std::string::npos) << text;
  text.replace(at, from.size(), to);
}

TEST_P(BackupTest, AnotherVersionOrEngineIsRefusedInWords) {
  const auto made = backup(file());
  const std::string whole = read_all(file()), other = file("other.backup");
  write_all(other, with_head(whole, [](std::string& h) { replace(h, "lianbo-backup 1", "lianbo-backup 2"); }));
  EXPECT_THAT(refused(other).text(), HasSubstr("form 2"));
  const std::string migration = "\"migration\":" + std::to_string(made.migration);
  write_all(other, with_head(whole, [&](std::string& h) { replace(h, migration, "\"migration\":999999"); }));
  EXPECT_THAT(refused(other).text(), HasSubstr("use that version or a newer one"));
  write_all(other, with_head(whole, [&](std::string& h) {
              replace(h, made.engine, made.engine == "sqlite" ? "postgres" : "sqlite");
            }));
  EXPECT_THAT(refused(other).text(), HasSubstr("backup of a"));
  write_all(other, with_head(whole, [&](std::string& h) {
              replace(h, "\"copy_bytes\":" + std::to_string(made.copy_bytes), "\"copy_bytes\":7");
            }));
  EXPECT_THAT(refused(other).text(), HasSubstr("not made by Lianbo"));
}

TEST_P(BackupTest, AnOlderSchemaIsBroughtForward) {
  must(db_->run_script("delete from schema_migrations where version >= 240;"));
  const auto made = backup(file());
  const int newest = db::newest_migration(GetParam() == test::Engine::postgres).version;
  EXPECT_LT(made.migration, newest);
  // What migration 240 makes is there already, so bringing it forward must fail aloud, and not be passed over.
  const test::ScratchDatabase place(GetParam(), test::ScratchDatabase::Start::empty);
  const auto done = restore_backup(file(), place.url(), kNow);
  ASSERT_FALSE(done);
  EXPECT_THAT(done.error().text(), HasSubstr("migration 240"));
}

TEST_P(BackupTest, TheKeeperKeepsTheNewest) {
  Settings settings;
  settings.db_url = scratch_.url();
  settings.backup_dir = folder_.path();
  settings.backup_hours = 6;
  settings.backup_keep = 2;
  write_all(file("notes.txt"), "not the keeper's");
  write_all(file("lianbo-20200101T000000Z.backup.partial"), "of a killed one");
  const auto names = [&](const BackupKeeper& keeper) {
    std::vector<std::string> out;
    for (const auto& f : must(keeper.list())) out.push_back(f.name);
    return out;
  };
  {
    BackupKeeper keeper(*db_, settings);
    must(keeper.run_due(kNow));
    EXPECT_THAT(names(keeper), ElementsAre("lianbo-20270115T080000Z.backup"));
    EXPECT_FALSE(fs::exists(file("lianbo-20200101T000000Z.backup.partial")));
    must(keeper.run_due(kNow + 6 * kHourMs - 1));
    EXPECT_EQ(names(keeper).size(), 1u) << "not due";
    must(keeper.run_due(kNow + 6 * kHourMs));
    EXPECT_EQ(names(keeper).size(), 2u);
  }
  BackupKeeper after_restart(*db_, settings);
  must(after_restart.run_due(kNow + 7 * kHourMs));
  EXPECT_EQ(names(after_restart).size(), 2u) << "the names say when the last one was made";
  after_restart.ask();
  must(after_restart.run_due(kNow + 7 * kHourMs));
  EXPECT_THAT(names(after_restart), ElementsAre("lianbo-20270115T150000Z.backup", "lianbo-20270115T140000Z.backup"));
  EXPECT_EQ(after_restart.newest_at(), kNow + 7 * kHourMs);
  after_restart.ask();
  must(after_restart.run_due(kNow + 7 * kHourMs));
  EXPECT_EQ(names(after_restart).front(), "lianbo-20270115T150001Z.backup") << "two within a second";
  EXPECT_EQ(read_all(file("notes.txt")), "not the keeper's");
  must(check_backup(file("lianbo-20270115T150001Z.backup")));

  settings.backup_dir = folder_.path() + "/nowhere";
  BackupKeeper lost(*db_, settings);
  must(lost.run_due(kNow));
  EXPECT_THAT(lost.last_error(), HasSubstr("nowhere"));
  EXPECT_EQ(lost.newest_at(), 0);
}

class BackupApiTest : public ServerTest {
 protected:
  void SetUp() override {}
};

TEST_F(BackupApiTest, TheOwnerOfTheOnlyBrandAsksForOneAndSeesIt) {
  test::ScratchFolder folder;
  Settings settings;
  settings.backup_dir = folder.path();
  settings.backup_hours = 0;
  settings.jobs_ms = 10;
  start(settings);
  const auto home = brand("home");
  const auto owner = token_of(home.owner);
  auto list = said(call(Method::get, "/api/v1/backups", owner), 200);
  EXPECT_FALSE(get_bool(list, "planned", true));
  EXPECT_TRUE(get_list(list, "items").empty());
  EXPECT_EQ(call(Method::post, "/api/v1/backups", owner).status, 202);
  for (int i = 0; i < 100'000 && get_list(list, "items").empty(); ++i)
    list = said(call(Method::get, "/api/v1/backups", owner), 200);
  ASSERT_EQ(get_list(list, "items").size(), 1u) << get_text(list, "last_error");
  must(check_backup(folder.path() + "/" + get_text(get_list(list, "items").at(0), "name")));
  EXPECT_EQ(call(Method::get, "/api/v1/backups", token_of(staff(home.id, "operator", kOperator))).status, 403);

  brand("another");
  EXPECT_EQ(call(Method::get, "/api/v1/backups", owner).status, 403) << "not one of several brands' affair";
  EXPECT_EQ(call(Method::post, "/api/v1/backups", owner).status, 403);
}

TEST_F(BackupApiTest, WithoutAFolderThereIsNone) {
  start({});
  const auto owner = token_of(brand("home").owner);
  EXPECT_EQ(call(Method::post, "/api/v1/backups", owner).status, 409);
  EXPECT_FALSE(get_bool(said(call(Method::get, "/api/v1/backups", owner), 200), "planned", true));
}

}  // namespace
}  // namespace lianbo::app
