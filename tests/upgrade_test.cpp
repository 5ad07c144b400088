// The migration that rebuilds orders, lines, payments and the locks' orders (0300) with rows: a database of the schema
// before it, with everything that can have happened to an order, comes out of it byte for byte; on both engines.
//
// The rows are made by a shop under today's schema, and carried into a database that knows only the migrations before
// it: column by column, as literals, so nothing is read or written by the code that is under test. Then that database
// is migrated, and every table that was there is compared with the shop's, literal by literal.
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <deque>
#include <map>
#include <memory>

#include "db/migrations.hpp"
#include "evidence/evidence_service.hpp"
#include "insight/verify.hpp"
#include "order/order_service.hpp"
#include "support/database.hpp"
#include "support/shop.hpp"
#include "trust/trust_service.hpp"

namespace lianbo {
namespace {

using order::AfterSaleKind;
using order::AfterSaleStep;
using test::must;
using test::Shop;

constexpr int kRebuilt = 300;  // the version of the migration

// Statements that are made here, each once; they stay, as all do.
const db::Sql& made(std::string text) {
  static std::deque<std::string> texts, names;
  static std::deque<db::Sql> all;
  for (std::size_t i = 0; i < texts.size(); ++i)
    if (texts[i] == text) return all[i];
  texts.push_back(std::move(text));
  names.push_back("upgrade_test.only_" + std::to_string(names.size()));
  return all.emplace_back(names.back().c_str(), texts.back().c_str());
}

std::vector<std::string> texts(db::Database& db, const db::Sql& sql) {
  return must(db.read([&](db::Tx& tx) -> Result<std::vector<std::string>> {
    return tx.all(sql, {}, [](const db::Row& row) { return row.str(0); });
  }));
}
void run(db::Database& db, const std::vector<std::string>& statements) {
  must(db.write([&](db::Tx& tx) -> Status {
    for (const auto& text : statements) tx.exec(made(text));
    return {};
  }));
}
std::int64_t number(db::Database& db, std::string text) {
  return must(db.read([&](db::Tx& tx) -> Result<std::int64_t> { return tx.number(made(std::move(text))); }));
}

using Columns = std::map<std::string, std::vector<std::string>>;  // by table

const db::Sql kColumns{
    "upgrade_test.only_columns",
    "select m.name, c.name from sqlite_master m, pragma_table_info(m.name) c where m.type = 'table' and m.name not "
    "like "
    "'sqlite_%' and m.name <> 'schema_migrations' order by m.name, c.cid",
    "select table_name, column_name from information_schema.columns where table_schema = 'public' and table_name <> "
    "'schema_migrations' order by table_name, ordinal_position"};

Columns columns_of(db::Database& db) {
  return must(db.read([&](db::Tx& tx) -> Result<Columns> {
    Columns out;
    tx.each(kColumns, {}, [&](const db::Row& row) { out[row.str(0)].push_back(row.str(1)); });
    return out;
  }));
}
std::string list_of(const std::vector<std::string>& columns) {
  std::string out;
  for (const auto& c : columns) out += (out.empty() ? "\"" : ", \"") + c + "\"";
  return out;
}
// Every row as "(1, 'text', null)", sorted: what can be written in again and what can be compared.
std::vector<std::string> rows_of(db::Database& db, test::Engine engine, const std::string& table,
                                 const std::vector<std::string>& columns) {
  std::string literal;
  for (const auto& c : columns)
    literal += (literal.empty() ? "'(' || " : " || ', ' || ") +
               (engine == test::Engine::sqlite ? "quote(\"" + c + "\")" : "quote_nullable(\"" + c + "\"::text)");
  auto out = texts(db, made("select " + literal + " || ')' from " + table));
  std::sort(out.begin(), out.end());
  return out;
}

// A database of the schema before the migration, with those of the shop's rows that it has room for.
Columns carry_back(db::Database& from, db::Database& to, test::Engine engine) {
  std::vector<db::Migration> before;
  for (const auto& m : db::all_migrations())
    if (m.version < kRebuilt) before.push_back(m);
  must(db::migrate(to, before, Shop::kDawn));
  const Columns columns = columns_of(to), today = columns_of(from);
  std::vector<std::string> statements;
  for (const auto& [table, names] : columns) {
    if (!today.contains(table)) throw std::runtime_error("the table " + table + " is gone today");
    const auto rows = rows_of(from, engine, table, names);
    constexpr std::size_t kTogether = 200;
    for (std::size_t i = 0; i < rows.size(); i += kTogether) {
      std::string values;
      for (std::size_t k = i; k < std::min(rows.size(), i + kTogether); ++k) values += (k == i ? "" : ", ") + rows[k];
      statements.push_back("insert into " + table + " (" + list_of(names) + ") values " + values);
    }
  }
  run(to, statements);
  return columns;
}

// Orders and after-sales in every state there is, payments too; reviews, settlements, a payout, evidence.
class History {
 public:
  explicit History(Shop& shop) : shop_(shop) {
    shop.plan(1000, 800, 200);
    const auto boss = shop.agent("Boss");
    anna_ = shop.agent("Anna", boss.id);
    tea_ = shop.item("tea", 9901, 500);
    soap_ = shop.item("soap", 333, 500);
    xiao_ = shop.person("Xiao");
    shop.open(shop.as(xiao_), shop.share_of(anna_.person, anna_.store));
    const PersonId guest = shop.new_guest(), mei = shop.person("Mei");
    shop.open(shop.guest(guest), shop.share_of(boss.person, boss.store));
    shop.log_in(guest, mei);
    shop.bought(mei, anna_.store, {{tea_.sku, 1, {}}});

    // What takes its time: completed, settled, paid out; goods that were never sent back.
    const auto done = delivered();
    review(done, 5);
    const auto lapsed = ask(delivered(), AfterSaleKind::return_and_refund);
    step(lapsed, AfterSaleStep::approve);
    const auto paid_back = ask(delivered(), AfterSaleKind::refund_only);
    step(paid_back, AfterSaleStep::approve);
    shop.pass(20 * kDayMs);
    must(shop.settle());
    for (const auto& s : shop.settlements(anna_.id)) must(shop.pay_out(s.id, "bank"));
    const auto after = ask(done, AfterSaleKind::return_and_refund, shop.owner());  // debt
    step(after, AfterSaleStep::approve);
    step(after, AfterSaleStep::goods_back);
    shop.jobs();
    shop.pass(kDayMs);
    must(shop.settle());

    // Orders under way.
    place();
    must(shop.cancel(shop.as(xiao_), place()));
    {  // paid after it was cancelled
      const OrderId late = place();
      must(shop.prepay(xiao_, late));
      must(shop.cancel(shop.as(xiao_), late));
      (void)shop.confirm(late);
      shop.deliver();
      shop.jobs();
    }
    bought();
    must(shop.ship(bought(), {"SF", "half", {{0, 1}}}));
    must(shop.ship(bought()));
    review(delivered(), 3);
    settle_late_payment();

    // After-sales, each left where it is.
    for (const auto& path : std::vector<std::pair<AfterSaleKind, std::vector<AfterSaleStep>>>{
             {AfterSaleKind::refund_only, {}},
             {AfterSaleKind::refund_only, {AfterSaleStep::withdraw}},
             {AfterSaleKind::refund_only, {AfterSaleStep::reject}},
             {AfterSaleKind::refund_only, {AfterSaleStep::reject, AfterSaleStep::dispute}},
             {AfterSaleKind::refund_only, {AfterSaleStep::reject, AfterSaleStep::dispute, AfterSaleStep::dismiss}},
             {AfterSaleKind::return_and_refund, {AfterSaleStep::approve}},
             {AfterSaleKind::return_and_refund, {AfterSaleStep::approve, AfterSaleStep::send_back}},
             {AfterSaleKind::exchange, {AfterSaleStep::approve, AfterSaleStep::goods_back}},
             {AfterSaleKind::exchange,
              {AfterSaleStep::approve, AfterSaleStep::goods_back, AfterSaleStep::send_replacement}},
             {AfterSaleKind::exchange,
              {AfterSaleStep::approve, AfterSaleStep::goods_back, AfterSaleStep::send_replacement,
               AfterSaleStep::receive_replacement}},
             {AfterSaleKind::refund_only, {AfterSaleStep::approve}}}) {
      const auto id = ask(delivered(), path.first);
      for (const auto s : path.second) step(id, s);
      words(id);
    }
    for (int i = 0; i < 20; ++i)
      if (must(evidence::record_evidence(shop.db(), shop.system())) == 0) break;
  }
  PersonId buyer() const { return xiao_; }
  StoreId store() const { return anna_.store; }
  SkuId sku() const { return tea_.sku; }

 private:
  std::vector<order::PlaceLine> lines() { return {{tea_.sku, 2, {}}, {soap_.sku, 3, {}}}; }
  OrderId place() { return must(shop_.place(xiao_, anna_.store, lines())).id; }
  OrderId bought() { return shop_.bought(xiao_, anna_.store, lines()).id; }
  OrderId delivered() { return shop_.delivered(xiao_, anna_.store, lines()).id; }
  AfterSaleId ask(OrderId id, AfterSaleKind kind) { return ask(id, kind, shop_.as(xiao_)); }
  AfterSaleId ask(OrderId id, AfterSaleKind kind, const Call& by) {
    order::AfterSaleWish wish{0, kind, kind == AfterSaleKind::refund_only ? 0 : 1, 0, "不合适 'quoted'"};
    if (kind != AfterSaleKind::exchange) wish.amount_fen = 1234;
    return must(shop_.ask_back(by, id, wish)).id;
  }
  void step(AfterSaleId id, AfterSaleStep s) { must(shop_.step(shop_.system(), id, s, {"so", "SF", "SF7", {}})); }
  void words(AfterSaleId id) {
    const Call call = shop_.as(xiao_);
    (void)shop_.db().write([&](db::Tx& tx) { return order::add_words(tx, call, id, "看图"); });
  }
  void review(OrderId id, int stars) {
    const Call call = shop_.as(xiao_);
    must(shop_.db().write([&](db::Tx& tx) { return trust::write_review(tx, call, id, 0, stars, "好 \\ \"x\""); }));
  }
  // A payment whose notice comes when the order is no longer there.
  void settle_late_payment() {
    const OrderId id = place();
    must(shop_.prepay(xiao_, id));
    must(shop_.confirm(id));
    must(shop_.cancel(shop_.as(xiao_), id));
    shop_.deliver();
    shop_.jobs();
  }

  Shop& shop_;
  org::Agent anna_;
  Shop::Item tea_, soap_;
  PersonId xiao_;
};

class Upgrade : public ::testing::TestWithParam<test::Engine> {};
ON_BOTH_ENGINES(Upgrade);

TEST_P(Upgrade, OrdersOfEveryKindComeOutOfTheRebuildingByteForByte) {
  const test::ScratchDatabase shops(GetParam()), old(GetParam(), test::ScratchDatabase::Start::empty);
  const auto today = shops.open(), other = old.open();
  Shop shop(*today);
  const History history(shop);
  EXPECT_EQ(shop.problems(), "");
  EXPECT_EQ(number(*today, "select count(distinct state) from orders"), 6);
  EXPECT_EQ(number(*today, "select count(distinct state) from after_sales"), 13);
  EXPECT_EQ(number(*today, "select count(distinct state) from payments"), 4);
  for (const char* table : {"reviews", "evidence_entries", "refunds", "parcels", "settlements", "lock_orders",
                            "after_sale_evidence", "guest_merges", "ledger_postings"})
    EXPECT_GT(number(*today, std::string("select count(*) from ") + table), 0) << table;

  const Columns columns = carry_back(*today, *other, GetParam());
  ASSERT_GT(columns.size(), 60u);
  const auto applied = db::migrate(*other, Shop::kDawn + 1);
  ASSERT_TRUE(applied) << applied.error().text();
  EXPECT_GE(*applied, 3);
  std::size_t rows = 0;
  for (const auto& [table, names] : columns) {
    const auto before = rows_of(*today, GetParam(), table, names), after = rows_of(*other, GetParam(), table, names);
    ASSERT_EQ(before.size(), after.size()) << table;
    for (std::size_t i = 0; i < before.size(); ++i) ASSERT_EQ(before[i], after[i]) << table;
    rows += before.size();
  }
  EXPECT_GT(rows, 500u);

  // What stands in it is sound, reads as before, and the shop goes on from there.
  const auto report = must(insight::verify(*other));
  EXPECT_TRUE(report.ok()) << insight::verify_text(report);
  for (const auto& chain : must(evidence::verify_evidence(*other, {}))) EXPECT_EQ(chain.wrong, 0);
  const Call call = shop.system();
  for (const auto& text : texts(*today, made("select cast(id as text) from orders order by id"))) {
    const OrderId id{std::stoll(text)};
    const auto told = [&](db::Database& db) {
      return must(db.read([&](db::Tx& tx) -> Result<std::string> {
        TRY(const auto o, order::visible_order(tx, call, id));
        TRY(const auto why, order::explain_order(tx, call, id));
        return order::order_json(call, o, true) + why;
      }));
    };
    ASSERT_EQ(told(*today), told(*other)) << text;
  }
  const Call buyer = shop.as(history.buyer());
  order::PlaceWish wish;
  wish.store = history.store();
  wish.lines = {{history.sku(), 1, {}}};
  wish.address_json = R"({"name":"x","phone":"13800138000","region":"上海","detail":"1"})";
  const auto placed = other->write([&](db::Tx& tx) { return order::place(tx, buyer, wish); });
  ASSERT_TRUE(placed) << placed.error().text();
  must(other->write([&](db::Tx& tx) { return order::cancel(tx, buyer, placed->id, "changed my mind"); }));
  EXPECT_TRUE(must(insight::verify(*other)).ok());
}

// How long it takes: LIANBO_UPGRADE_ORDERS=200000 says for a shop with so many orders of two lines.
TEST_P(Upgrade, OfManyOrdersNoneIsLost) {
  const char* said = std::getenv("LIANBO_UPGRADE_ORDERS");
  const std::int64_t orders = said != nullptr ? std::strtoll(said, nullptr, 10) : 2000;
  const test::ScratchDatabase shops(GetParam()), old(GetParam(), test::ScratchDatabase::Start::empty);
  const auto today = shops.open(), other = old.open();
  Shop shop(*today);
  shop.plan(1000, 800, 200);
  const auto anna = shop.agent("Anna");
  const auto tea = shop.item("tea", 9901, 10), soap = shop.item("soap", 333, 10);
  const PersonId xiao = shop.person("Xiao");
  shop.open(shop.as(xiao), shop.share_of(anna.person, anna.store));
  shop.delivered(xiao, anna.store, {{tea.sku, 1, {}}, {soap.sku, 1, {}}});
  const Columns columns = carry_back(*today, *other, GetParam());

  // The order again and again, in all buckets, as time goes by.
  const auto copies = [&](const std::string& table, const std::string& id) {
    std::string out;
    for (const auto& c : columns.at(table))
      out += (out.empty() ? "" : ", ") + (c == id         ? "t.\"" + c + "\" + i * 1048576"
                                          : c == "bucket" ? std::string("(i * 37) % 64")
                                                          : "t.\"" + c + "\"");
    return "with recursive n(i) as (select 1 union all select i + 1 from n where i < " + std::to_string(orders) +
           ") insert into " + table + " (" + list_of(columns.at(table)) + ") select " + out + " from " + table +
           " t, n";
  };
  run(*other, {copies("orders", "id"), copies("order_lines", "order_id"), copies("payments", "order_id"),
               copies("lock_orders", "id")});
  const auto began = std::chrono::steady_clock::now();
  must(db::migrate(*other, Shop::kDawn + 1));
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
  std::printf("%lld orders of two lines: %.1f s, %.0f s a million\n", static_cast<long long>(orders), seconds,
              seconds * 1e6 / static_cast<double>(orders));
  EXPECT_EQ(number(*other, "select count(*) from orders"), orders + 1);
  EXPECT_EQ(number(*other, "select count(*) from order_lines"), 2 * (orders + 1));
  EXPECT_EQ(number(*other, "select count(*) from payments"), orders + 1);
  EXPECT_EQ(number(*other, "select count(*) from lock_orders"), orders + 1);
  EXPECT_EQ(number(*other,
                   "select count(*) from orders o join order_lines l on l.order_id = o.id and l.bucket = "
                   "o.bucket join payments p on p.order_id = o.id join lock_orders k on k.id = o.id"),
            2 * (orders + 1));
}

}  // namespace
}  // namespace lianbo
