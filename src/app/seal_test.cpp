// A database of a version that kept personal data readable is sealed when a server of this version first opens it.
#include <gtest/gtest.h>

#include "app/app.hpp"
#include "order/order_service.hpp"
#include "support/database.hpp"

namespace lianbo::app {
namespace {

const db::Sql kOldPerson{
    "seal_test.old_person",
    "insert into persons (id, name, login, password_hash, created_at) values ($1, $2, $3, 'x', 1)"};
const db::Sql kOldOrder{
    "seal_test.old_order",
    "insert into orders (bucket, id, brand_id, buyer_id, store_id, state, goods_fen, discount_fen, shipping_fen, "
    "total_fen, currency, lock_rules_version, address, placed_at, release_at) values ($1, $2, $3, $4, 1, 'placed', 1, "
    "0, "
    "0, 1, 'CNY', 1, $5, 1, 2)"};
const db::Sql kReadablePersons{"seal_test.readable_persons", "select count(*) from persons where login is not null"};
const db::Sql kReadableOrders{"seal_test.readable_orders", "select count(*) from orders where address <> ''"};
const db::Sql kFingerprint{"seal_test.fingerprint", "select count(*) from server_facts where name = 'sealed'"};

class SealTest : public test::StoreTest {
 protected:
  SealTest() {
    settings_.db_url = url();
    settings_.privacy_key_file = folder_.path() + "/key";
    settings_.log_level = "error";
  }
  ~SealTest() override { privacy::use_master_key(std::string(kSealKeyBytes, 'k')); }
  std::unique_ptr<Workbench> open() {
    auto bench = Workbench::open(settings_, "test");
    if (!bench) throw std::runtime_error(bench.error().text());
    return *std::move(bench);
  }
  std::int64_t count(const db::Sql& sql) {
    return *db().read([&](db::Tx& tx) -> Result<std::int64_t> { return tx.number(sql); });
  }
  test::ScratchFolder folder_;
  Settings settings_;
};

TEST_P(SealTest, SealsWhatAnOlderVersionLeftReadableOnce) {
  constexpr int kMany = 1203;  // more than two pages
  IdMaker ids;
  ASSERT_TRUE(db().write([&](db::Tx& tx) -> Status {
    for (int i = 0; i < kMany; ++i) {
      const std::string n = std::to_string(i);
      tx.exec(kOldPerson, {1000 + i, "Name " + n, "login" + n});
      const auto id = ids.make<OrderId>(1'800'000'000'000, i % 64);
      tx.exec(kOldOrder, {i % 64, id, BrandId{7}, PersonId{1000 + i}, "{\"name\":\"N" + n + "\"}"});
    }
    return {};
  }));
  auto bench = open();
  EXPECT_EQ(count(kReadablePersons), 0);
  EXPECT_EQ(count(kReadableOrders), 0);
  EXPECT_EQ(count(kFingerprint), 1);
  ASSERT_TRUE(db().read([&](db::Tx& tx) -> Status {
    for (const int i : {0, 499, 500, 1202}) {
      const auto found = org::find_login(tx, "login" + std::to_string(i));
      EXPECT_TRUE(found && found->person == PersonId{1000 + i} && found->password_hash == "x") << i;
      EXPECT_EQ(org::person_name(tx, PersonId{1000 + i}), "Name " + std::to_string(i));
    }
    return {};
  }));
  Call call = bench->system_call();
  call.caller.person = PersonId{1000};
  ASSERT_TRUE(db().read([&](db::Tx& tx) -> Status {
    IdMaker again;
    const auto id = again.make<OrderId>(1'800'000'000'000, 0);
    TRY(const auto order, order::visible_order(tx, call, id));
    EXPECT_EQ(order::address_of(order), "{\"name\":\"N0\"}");
    return {};
  }));
  bench.reset();
  open();  // nothing left to do
  EXPECT_EQ(count(kReadablePersons), 0);
}

ON_BOTH_ENGINES(SealTest);

}  // namespace
}  // namespace lianbo::app
