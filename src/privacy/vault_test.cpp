// The vault: what is sealed opens for its owner, purpose and key only, and never again once the key is destroyed.
#include "privacy/vault.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "support/database.hpp"

namespace lianbo::privacy {
namespace {

const db::Sql kStored{"privacy_test.stored", "select wrapped from person_keys where person_id = $1"};
const db::Sql kSteal{"privacy_test.steal",
                     "update person_keys set wrapped = (select wrapped from person_keys where person_id = $2) "
                     "where person_id = $1"};

class VaultTest : public test::StoreTest {
 protected:
  Call call() {
    Call c;
    c.now = 1'800'000'000'000;
    c.random = &random_;
    return c;
  }
  PersonKey key_of(PersonId person, BrandId brand = {}, Use use = Use::everyday) {
    return *db().write([&](db::Tx& tx) -> Result<PersonKey> { return person_key(tx, call(), person, brand, use); });
  }
  std::string stored(PersonId person) {
    return *db().read([&](db::Tx& tx) -> Result<std::string> {
      return tx.one(kStored, {person}, [](const db::Row& r) { return r.str(0); }).value_or("");
    });
  }
  SecureRandom random_;
};

TEST_P(VaultTest, APersonHasOneKeyForEachBrandAndUse) {
  const PersonKey account = key_of(PersonId{1});
  EXPECT_EQ(key_of(PersonId{1}).bytes, account.bytes) << "made once";
  EXPECT_NE(key_of(PersonId{1}, BrandId{7}).bytes, account.bytes);
  EXPECT_NE(key_of(PersonId{1}, BrandId{7}, Use::evidence).bytes, key_of(PersonId{1}, BrandId{7}).bytes);
  EXPECT_NE(key_of(PersonId{2}).bytes, account.bytes);
  const auto brands = *db().read(
      [](db::Tx& tx) -> Result<std::vector<BrandId>> { return brands_with_key(tx, PersonId{1}, Use::everyday); });
  EXPECT_EQ(brands, (std::vector<BrandId>{BrandId{}, BrandId{7}}));
}

TEST_P(VaultTest, TheDatabaseHoldsNoKeyThatOpensAnything) {
  const PersonKey key = key_of(PersonId{1});
  EXPECT_EQ(stored(PersonId{1}).find(key.bytes), std::string::npos);
}

TEST_P(VaultTest, WhatIsSealedOpensForItsPurposeAndKeyAlone) {
  const PersonKey key = key_of(PersonId{1}), other = key_of(PersonId{2});
  const Sealed sealed = seal(key, "order.address A", "上海某路1号", random_);
  EXPECT_EQ(sealed.text.find("某路"), std::string::npos);
  EXPECT_EQ(sealed.open("order.address A"), "上海某路1号");
  EXPECT_EQ(sealed.open("order.address B"), std::nullopt) << "an address must not move to another order";
  EXPECT_EQ(open(other, "order.address A", sealed.text), std::nullopt);
  Sealed anothers = sealed;
  anothers.wrapped = other.wrapped;
  EXPECT_EQ(anothers.open("order.address A"), std::nullopt);
  Sealed claimed = sealed;
  claimed.person = PersonId{2};
  EXPECT_EQ(claimed.open("order.address A"), std::nullopt) << "a wrapped key is its person's";
  for (std::size_t i = 0; i < sealed.text.size(); ++i) {
    Sealed broken = sealed;
    broken.text[i] = static_cast<char>(broken.text[i] ^ 1);
    EXPECT_EQ(broken.open("order.address A"), std::nullopt) << "byte " << i;
  }
}

TEST_P(VaultTest, AKeyMovedToAnotherPersonsRowDoesNotOpen) {
  key_of(PersonId{1});
  key_of(PersonId{2});
  ASSERT_TRUE(db().write([](db::Tx& tx) -> Status {
    tx.exec(kSteal, {PersonId{1}, PersonId{2}});
    return {};
  }));
  EXPECT_FALSE(
      *db().read([](db::Tx& tx) -> Result<bool> { return find_key(tx, PersonId{1}, {}, Use::everyday).has_value(); }));
}

TEST_P(VaultTest, DestroyingTheKeyErasesWhatItSealed) {
  const PersonKey key = key_of(PersonId{1}, BrandId{7}), evidence = key_of(PersonId{1}, BrandId{7}, Use::evidence);
  Sealed sealed = seal(key, "p", "text", random_);
  const Sealed kept = seal(evidence, "p", "text", random_);
  ASSERT_TRUE(
      *db().write([](db::Tx& tx) -> Result<bool> { return destroy_key(tx, PersonId{1}, BrandId{7}, Use::everyday); }));
  sealed.wrapped.clear();  // what a row gives now
  EXPECT_EQ(sealed.open("p"), std::nullopt);
  EXPECT_EQ(kept.open("p"), "text") << "the evidence key is another";
  EXPECT_FALSE(
      *db().write([](db::Tx& tx) -> Result<bool> { return destroy_key(tx, PersonId{1}, BrandId{7}, Use::everyday); }));
  // Who comes back gets a new key; the old texts stay erased, and are not taken for tampered ones of the new.
  const PersonKey again = key_of(PersonId{1}, BrandId{7});
  EXPECT_NE(again.id, key.id);
  sealed.wrapped = again.wrapped;
  EXPECT_EQ(sealed.open("p"), std::nullopt);
}

ON_BOTH_ENGINES(VaultTest);

TEST(Vault, AnyTextComesBackAsItWas) {
  SecureRandom random;
  rc::check([&](const std::string& text, const std::string& purpose, std::uint32_t person) {
    const PersonKey key = new_key(PersonId{std::int64_t{person} + 1}, BrandId{3}, Use::everyday, random);
    const Sealed one = seal(key, purpose, text, random), two = seal(key, purpose, text, random);
    RC_ASSERT(one.open(purpose) == std::optional(text));
    RC_ASSERT(one.text != two.text);  // equal texts can't be told to be equal
    RC_ASSERT(open_for_server(purpose, seal_for_server(purpose, text, random)) == std::optional(text));
    RC_ASSERT(open_for_server(purpose + "x", seal_for_server(purpose, text, random)) == std::nullopt);
    RC_ASSERT(lookup_digest(purpose, text) == lookup_digest(purpose, text));
    RC_ASSERT(lookup_digest(purpose, text) != lookup_digest(purpose, text + "x"));
  });
}

class KeyFile : public ::testing::Test {
 protected:
  KeyFile() { settings_.db_url = "sqlite:" + folder_.path() + "/shop.db"; }
  ~KeyFile() override { use_master_key(std::string(kSealKeyBytes, 'k')); }
  std::string path() const { return folder_.path() + "/shop.db.key"; }
  Status read(Need need = Need::must) { return open_master_key(*db_, settings_, random_, need); }

  test::ScratchFolder folder_;
  test::ScratchDatabase scratch_{test::Engine::sqlite};
  std::unique_ptr<db::Database> db_ = scratch_.open();
  Settings settings_;
  SecureRandom random_;
};

TEST_F(KeyFile, LiesBesideTheDatabaseAndIsItsOwnersAlone) {
  ASSERT_TRUE(read());
  struct stat info{};
  ASSERT_EQ(stat(path().c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600u);
  const std::string made = derived_key("x");
  ASSERT_TRUE(read());
  EXPECT_EQ(derived_key("x"), made) << "the same at the next start";
}

TEST_F(KeyFile, IsNamedByTheSettingAndHasAPlaceForPostgres) {
  settings_.privacy_key_file = "/etc/lianbo/key";
  EXPECT_EQ(key_file(settings_), "/etc/lianbo/key");
  settings_.privacy_key_file = "";
  settings_.db_url = "postgresql://me@host/shop";
  EXPECT_EQ(key_file(settings_), "lianbo.key");
  settings_.db_url = "shop.db";
  EXPECT_EQ(key_file(settings_), "shop.db.key");
}

TEST_F(KeyFile, ThatIsLostIsAnErrorAndNotANewKey) {
  ASSERT_TRUE(read());
  std::filesystem::rename(path(), path() + ".away");
  const Status lost = read();
  ASSERT_FALSE(lost);
  EXPECT_EQ(lost.error().code, Code::key_missing);
  EXPECT_EQ(lost.error().where, path());
  EXPECT_FALSE(std::filesystem::exists(path()));
  EXPECT_TRUE(read(Need::if_there));
  EXPECT_FALSE(has_master_key());
  std::filesystem::rename(path() + ".away", path());
  EXPECT_TRUE(read());
}

TEST_F(KeyFile, OfAnotherDatabaseIsRefused) {
  ASSERT_TRUE(read());
  std::ofstream(path()) << std::string(64, 'a') << "\n";
  EXPECT_EQ(read().error().code, Code::key_missing);
  EXPECT_FALSE(has_master_key()) << "nothing must be sealed under it";
  for (const std::string& wrong : {std::string(), std::string(63, 'a'), std::string(64, 'g')}) {
    std::ofstream(path()) << wrong << "\n";
    EXPECT_EQ(read().error().code, Code::key_missing) << wrong;
  }
}

}  // namespace
}  // namespace lianbo::privacy
