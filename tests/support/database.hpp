// Databases for tests, and the fixture that runs a test on both engines.
//
//   class OrderStoreTest : public test::StoreTest {};
//   TEST_P(OrderStoreTest, KeepsWhatWasPlaced) { ASSERT_TRUE(db().write([&](Tx& tx) { … })); }
//   ON_BOTH_ENGINES(OrderStoreTest);
//
// Each test has a database of its own, migrated and without rows. SQLite: a file in a temporary folder.
// PostgreSQL: a database of the server that LIANBO_TEST_POSTGRES names, or else of a temporary cluster that this
// process starts when it first needs one and that ends with it, however it ends (see postgres.sh).
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <ostream>
#include <string>

#include "db/db.hpp"

namespace lianbo::test {

enum class Engine { sqlite, postgres };
inline std::ostream& operator<<(std::ostream& out, Engine engine) {
  return out << (engine == Engine::sqlite ? "sqlite" : "postgres");
}

// A database that is removed with this object. Close every Database on it before.
class ScratchDatabase {
 public:
  enum class Start { migrated, empty };
  explicit ScratchDatabase(Engine engine, Start start = Start::migrated);
  ~ScratchDatabase();
  ScratchDatabase(const ScratchDatabase&) = delete;
  ScratchDatabase& operator=(const ScratchDatabase&) = delete;

  const std::string& url() const { return url_; }
  std::unique_ptr<db::Database> open(db::OpenOptions options = kOptions) const;  // options.url is set here

  inline static const db::OpenOptions kOptions{.readers = 4, .writers = 4};

 private:
  Engine engine_;
  std::string name_;  // the file, or the database's name
  std::string url_;
  std::string schema_;
};

// A folder that is removed with this object.
class ScratchFolder {
 public:
  ScratchFolder();
  ~ScratchFolder();
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

class StoreTest : public ::testing::TestWithParam<Engine> {
 protected:
  StoreTest() : scratch_(GetParam()), db_(scratch_.open()) {}

  db::Database& db() { return *db_; }
  bool on_postgres() const { return GetParam() == Engine::postgres; }
  const std::string& url() const { return scratch_.url(); }
  // Closes the database and opens it again, as a restart does.
  void reopen(const db::OpenOptions& options = ScratchDatabase::kOptions) {
    db_.reset();
    db_ = scratch_.open(options);
  }

 private:
  ScratchDatabase scratch_;
  std::unique_ptr<db::Database> db_;
};

}  // namespace lianbo::test

#define ON_BOTH_ENGINES(Suite)                                                                                  \
  INSTANTIATE_TEST_SUITE_P(On, Suite,                                                                           \
                           ::testing::Values(::lianbo::test::Engine::sqlite, ::lianbo::test::Engine::postgres), \
                           ::testing::PrintToStringParamName())
