#include "catalog/stock.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <atomic>
#include <barrier>
#include <map>
#include <mutex>
#include <set>
#include <thread>

#include "base/check.hpp"
#include "base/json.hpp"
#include "base/shape.hpp"
#include "catalog/catalog_store.hpp"
#include "catalog/catalog_test_support.hpp"

namespace lianbo::catalog {
namespace {

using db::Tx;

constexpr std::int64_t kLease = 32;

SkuId add_sku(Tx& tx, const Call& call, std::int64_t stock) {
  Sku s;
  s.id = call.make_id<SkuId>();
  s.brand = BrandId{1};
  s.product = ProductId{s.id.value + 1};
  s.code = "S-" + s.id.text();
  s.price_fen = 100;
  CHECK(store::insert_sku(tx, s));
  open_stock(tx, s.brand, s.id, stock);
  return s.id;
}

struct Told {
  SkuId sku;
  std::int64_t left;
  bool operator==(const Told&) const = default;
};
std::vector<Told> take_told(Tx& tx) {
  std::vector<Told> out;
  for (const auto& e : tx.events()) {
    const auto payload = parse_json(e.payload);
    CHECK(payload.has_value() && e.topic == "stock.changed" &&
          e.key == get_id<ProductId>(*payload, "product_id").value);
    out.push_back({get_id<SkuId>(*payload, "sku_id"), get_int(*payload, "left", -1)});
  }
  tx.events().clear();
  return out;
}

class StockTest : public test::StoreTest {
 protected:
  // Runs in one transaction.
  void within(const std::function<void(Tx&, const Call&)>& body) {
    const Call call = caller_.system();
    const auto done = db().write([&](Tx& tx) -> Status {
      body(tx, call);
      return {};
    });
    ASSERT_TRUE(done) << done.error().text();
  }
  Status buy(SkuId sku, std::int64_t qty, Bucket bucket, std::int64_t lease = kLease) {
    const Call call = caller_.system();
    return db().write([&](Tx& tx) -> Status {
      const StockLine line{sku, qty};
      TRY_OK(reserve_stock(tx, call, bucket, std::span(&line, 1), lease));
      return {};
    });
  }
  StockCount count(SkuId sku) {
    return *db().read([&](Tx& tx) -> Result<StockCount> { return stock_count(tx, sku); });
  }
  SkuId sku_with(std::int64_t stock) {
    SkuId out;
    within([&](Tx& tx, const Call& call) { out = add_sku(tx, call, stock); });
    return out;
  }

  Caller caller_;
};

TEST_P(StockTest, an_order_leases_a_handful_and_reserves_from_it) {
  const SkuId sku = sku_with(1000);
  ASSERT_TRUE(buy(sku, 3, 5));
  const auto c = count(sku);
  EXPECT_EQ(c.pool, 1000 - kLease);
  EXPECT_EQ(c.leased, kLease - 3);
  EXPECT_EQ(c.reserved, 3);
  EXPECT_TRUE(c.lawful());
  ASSERT_TRUE(buy(sku, 40, 5));
  EXPECT_EQ(count(sku).reserved, 43);
}

TEST_P(StockTest, lines_on_one_sku_are_summed_and_the_order_gets_all_or_none) {
  within([&](Tx& tx, const Call& call) {
    const SkuId a = add_sku(tx, call, 10), b = add_sku(tx, call, 5);
    const StockLine lines[] = {{b, 3}, {a, 4}, {b, 3}};
    const auto refused = reserve_stock(tx, call, 0, lines, kLease);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Code::sold_out);
    EXPECT_EQ(refused.error().where, "/lines/0");
    EXPECT_NE(refused.error().detail.find("S-" + b.text() + " has 5 left, 6 asked"), std::string::npos)
        << refused.error().detail;
    // The caller goes on after the refusal: nothing is reserved, nothing is lost, nobody was told.
    EXPECT_TRUE(tx.events().empty());
    for (const SkuId s : {a, b}) {
      EXPECT_EQ(stock_count(tx, s).reserved, 0);
      EXPECT_TRUE(stock_count(tx, s).lawful());
    }
    EXPECT_EQ(stock_left(tx, a), 10);
    const StockLine fits[] = {{b, 2}, {a, 4}, {b, 3}};
    EXPECT_TRUE(reserve_stock(tx, call, 0, fits, kLease));
    EXPECT_EQ(stock_left(tx, a), 6);
    EXPECT_EQ(stock_left(tx, b), 0);
  });
}

TEST_P(StockTest, sold_out_only_when_pool_and_all_leases_together_are_too_few) {
  within([&](Tx& tx, const Call& call) {
    const SkuId sku = add_sku(tx, call, 9);
    const auto reserve = [&](Bucket bucket, std::int64_t qty) {
      const StockLine line{sku, qty};
      return reserve_stock(tx, call, bucket, std::span(&line, 1), 3);
    };
    ASSERT_TRUE(reserve(1, 1));  // leases 3
    ASSERT_TRUE(reserve(2, 1));
    ASSERT_TRUE(reserve(3, 1));  // the pool is empty, each lease has 2
    EXPECT_EQ(stock_count(tx, sku).pool, 0);
    ASSERT_FALSE(reserve(4, 7));
    ASSERT_TRUE(reserve(4, 6));
    EXPECT_EQ(stock_left(tx, sku), 0);
    EXPECT_EQ(reserve(1, 1).error().code, Code::sold_out);
    EXPECT_TRUE(stock_count(tx, sku).lawful());
  });
}

TEST_P(StockTest, cancel_gives_back_and_pay_sells) {
  within([&](Tx& tx, const Call& call) {
    const SkuId sku = add_sku(tx, call, 4);
    const StockLine lines[] = {{sku, 1}, {sku, 1}};
    ASSERT_TRUE(reserve_stock(tx, call, 3, lines, kLease));
    sell_stock(tx, 3, lines);
    EXPECT_EQ(stock_count(tx, sku).sold, 2);
    ASSERT_TRUE(reserve_stock(tx, call, 3, lines, kLease));
    release_stock(tx, call, 3, lines);
    EXPECT_EQ(stock_left(tx, sku), 2);
    ASSERT_TRUE(restock(tx, call, sku, 3));
    EXPECT_EQ(stock_left(tx, sku), 5);
    EXPECT_EQ(stock_count(tx, sku).received, 7);
    EXPECT_TRUE(stock_count(tx, sku).lawful());
  });
}

TEST_P(StockTest, tells_when_few_are_left_and_when_there_are_some_again) {
  within([&](Tx& tx, const Call& call) {
    const SkuId sku = add_sku(tx, call, 300);
    const auto line = [&](std::int64_t qty) { return StockLine{sku, qty}; };
    const auto reserve = [&](std::int64_t qty) {
      const auto l = line(qty);
      ASSERT_TRUE(reserve_stock(tx, call, 1, std::span(&l, 1), kLease));
    };
    const auto release = [&](std::int64_t qty) {
      const auto l = line(qty);
      release_stock(tx, call, 1, std::span(&l, 1));
    };
    reserve(279);
    EXPECT_EQ(take_told(tx), std::vector<Told>{});
    reserve(1);
    EXPECT_EQ(take_told(tx), (std::vector<Told>{{sku, 20}}));
    reserve(20);
    EXPECT_EQ(take_told(tx), (std::vector<Told>{{sku, 0}}));
    release(50);
    EXPECT_EQ(take_told(tx), (std::vector<Told>{{sku, 50}}));  // available again
    release(1);
    EXPECT_EQ(take_told(tx), std::vector<Told>{});
    reserve(51);
    EXPECT_EQ(take_told(tx), (std::vector<Told>{{sku, 0}}));
    ASSERT_TRUE(restock(tx, call, sku, 400));
    EXPECT_EQ(take_told(tx), (std::vector<Told>{{sku, 400}}));
    ASSERT_TRUE(restock(tx, call, sku, 1));
    EXPECT_EQ(take_told(tx), std::vector<Told>{});
  });
}

TEST_P(StockTest, refuses_what_is_no_quantity_and_no_sku) {
  within([&](Tx& tx, const Call& call) {
    const SkuId sku = add_sku(tx, call, kMaxStock);
    const auto reserve = [&](std::vector<StockLine> lines) {
      return reserve_stock(tx, call, 0, lines, kLease).error();
    };
    EXPECT_EQ(reserve({{sku, 1}, {sku, 0}}).where, "/lines/1/qty");
    EXPECT_EQ(reserve({{sku, -1}}).code, Code::invalid_field);
    EXPECT_EQ(reserve({{sku, kMaxStock + 1}}).code, Code::invalid_field);
    EXPECT_EQ(reserve({{sku, kMaxStock}, {sku, 1}}).code, Code::sold_out);
    EXPECT_EQ(reserve({{sku, 1}, {SkuId{12345}, 1}}).code, Code::not_found);
    EXPECT_EQ(restock(tx, call, sku, 1).error().code, Code::invalid_field);
    EXPECT_EQ(restock(tx, call, SkuId{12345}, 1).error().code, Code::not_found);
    EXPECT_EQ(stock_count(tx, sku).reserved, 0);
    EXPECT_TRUE(stock_breaches(tx, BrandId{}, 10).empty());
  });
}

// ---- any history against the SPEC

struct Step {
  int kind;  // 0…5 reserve, 6 release, 7 sell, 8 restock
  Bucket bucket;
  std::vector<std::pair<int, int>> lines;  // SKU, qty
  int pick;
  int lease;
};
struct History {
  std::vector<int> stock;
  std::vector<Step> steps;
};
// From the whole range, however small the case is: RapidCheck's inRange shrinks with the size of the case.
rc::Gen<int> whole(int min, int max) { return rc::gen::resize(rc::kNominalSize, rc::gen::inRange(min, max)); }

rc::Gen<History> histories() {
  const auto qty = rc::gen::weightedOneOf<int>({{8, whole(1, 9)}, {1, whole(1, 320)}});
  const auto line = rc::gen::pair(whole(0, 3), qty);
  const auto lines = rc::gen::mapcat(whole(1, 5), [line](int n) {
    return rc::gen::container<std::vector<std::pair<int, int>>>(static_cast<std::size_t>(n), line);
  });
  const auto step =
      rc::gen::build<Step>(rc::gen::set(&Step::kind, whole(0, 9)), rc::gen::set(&Step::bucket, whole(0, 4)),
                           rc::gen::set(&Step::lines, lines), rc::gen::set(&Step::pick, whole(0, 100)),
                           rc::gen::set(&Step::lease, rc::gen::element(1, 4, 32)));
  return rc::gen::build<History>(rc::gen::set(&History::stock, rc::gen::container<std::vector<int>>(
                                                                   3, rc::gen::oneOf(whole(0, 40), whole(240, 700)))),
                                 rc::gen::set(&History::steps, rc::gen::container<std::vector<Step>>(step)));
}

// SPEC 4, in so many words: units are left, reserved or sold; an order gets all its lines or none.
struct Reference {
  struct Goods {
    std::int64_t received = 0, left = 0, reserved = 0, sold = 0;
  };
  std::map<SkuId, Goods> goods;

  std::optional<SkuId> reserve(const std::map<SkuId, std::int64_t>& order) {  // the first SKU that is short
    for (const auto& [sku, qty] : order)
      if (goods[sku].left < qty) return sku;
    for (const auto& [sku, qty] : order) {
      goods[sku].left -= qty;
      goods[sku].reserved += qty;
    }
    return std::nullopt;
  }
};

void live_through(Tx& tx, const Call& call, const History& history, bool count_each_step) {
  Reference reference;
  std::vector<SkuId> skus;
  for (const int stock : history.stock) {
    skus.push_back(add_sku(tx, call, stock));
    reference.goods[skus.back()] = {stock, stock, 0, 0};
  }
  struct Order {
    Bucket bucket;
    std::vector<StockLine> lines;
    std::map<SkuId, std::int64_t> sums;
  };
  std::vector<Order> open;
  tx.events().clear();
  for (const Step& step : history.steps) {
    std::map<SkuId, std::int64_t> before;
    for (const auto& [sku, g] : reference.goods) before[sku] = g.left;
    if (step.kind <= 5) {
      Order order{step.bucket, {}, {}};
      for (const auto& [which, qty] : step.lines) {
        order.lines.push_back({skus[static_cast<std::size_t>(which)], qty});
        order.sums[order.lines.back().sku] += qty;
      }
      const auto refused = reference.reserve(order.sums);
      const auto done = reserve_stock(tx, call, step.bucket, order.lines, step.lease);
      RC_ASSERT(done.has_value() == !refused.has_value());
      if (refused) {
        const auto first =
            std::find_if(order.lines.begin(), order.lines.end(), [&](auto& l) { return l.sku == *refused; });
        RC_ASSERT(done.error().code == Code::sold_out);
        RC_ASSERT(done.error().where == "/lines/" + std::to_string(first - order.lines.begin()));
        RC_ASSERT(done.error().detail.find(" has " + std::to_string(before[*refused]) + " left") != std::string::npos);
      } else {
        open.push_back(std::move(order));
      }
    } else if (step.kind == 8) {
      const SkuId sku = skus[static_cast<std::size_t>(step.pick) % skus.size()];
      const int qty = step.lines[0].second;
      RC_ASSERT(restock(tx, call, sku, qty).has_value());
      reference.goods[sku].received += qty;
      reference.goods[sku].left += qty;
    } else if (!open.empty()) {
      const auto at = open.begin() + step.pick % static_cast<int>(open.size());
      for (const auto& [sku, qty] : at->sums) {
        reference.goods[sku].reserved -= qty;
        (step.kind == 6 ? reference.goods[sku].left : reference.goods[sku].sold) += qty;
      }
      if (step.kind == 6)
        release_stock(tx, call, at->bucket, at->lines);
      else
        sell_stock(tx, at->bucket, at->lines);
      open.erase(at);
    }
    std::vector<Told> expected;
    for (const auto& [sku, g] : reference.goods) {
      if (g.left != before[sku] && (g.left <= kTellBelow || before[sku] == 0)) expected.push_back({sku, g.left});
      if (!count_each_step && &step != &history.steps.back()) continue;
      const auto c = stock_count(tx, sku);
      RC_ASSERT(c.lawful());
      RC_ASSERT(c.pool >= 0);
      RC_ASSERT(c.received == g.received);
      RC_ASSERT(c.left() == g.left);
      RC_ASSERT(c.reserved == g.reserved);
      RC_ASSERT(c.sold == g.sold);
    }
    RC_ASSERT(take_told(tx) == expected);
  }
}

TEST_P(StockTest, any_history_leaves_what_the_spec_says) {
  // 100 cases of so many histories each; the whole run does 10,000 and more.
  const int per_case = full_run() ? (on_postgres() ? 5 : 120) : (on_postgres() ? 1 : 10);
  EXPECT_TRUE(rc::check("store = reference model", [&] {
    std::vector<History> all;
    for (int i = 0; i < per_case; ++i) all.push_back(*histories());
    const Call call = caller_.system();
    std::exception_ptr failed;
    const auto done = db().write([&](Tx& tx) -> Status {
      try {
        for (const auto& history : all) live_through(tx, call, history, !on_postgres());
      } catch (const db::DbFailure&) {
        throw;
      } catch (...) {
        failed = std::current_exception();
      }
      return {};
    });
    if (failed) std::rethrow_exception(failed);
    RC_ASSERT(done.has_value());
  }));
  EXPECT_TRUE(db().read([&](Tx& tx) -> Status {
    EXPECT_TRUE(stock_breaches(tx, BrandId{}, 10).empty());
    return {};
  }));
}

// ---- allotments

TEST_P(StockTest, a_stores_own_units_are_nobody_elses) {
  within([&](Tx& tx, const Call& call) {
    const SkuId id = add_sku(tx, call, 10);
    const Sku sku = *store::sku(tx, id);
    const StoreId anna{1}, bella{2};
    ASSERT_TRUE(allot_stock(tx, call, sku, anna, {4, 0, true, 0}));
    EXPECT_EQ(stock_count(tx, id).allotted, 4);
    EXPECT_EQ(stock_left(tx, id), 6);
    EXPECT_EQ(stock_left(tx, id, anna), 10);
    EXPECT_EQ(stock_left(tx, id, bella), 6);
    const auto reserve = [&](StoreId store_id, std::int64_t qty) {
      const StockLine line{id, qty};
      return reserve_stock(tx, call, 3, std::span(&line, 1), 3, store_id);
    };
    EXPECT_EQ(reserve(bella, 7).error().detail, "SKU S-" + id.text() + " has 6 left, 7 asked");
    ASSERT_TRUE(reserve(bella, 6));
    EXPECT_EQ(reserve(bella, 1).error().code, Code::sold_out) << "four are left, and they are Anna's";
    const auto own = reserve(anna, 3);
    ASSERT_TRUE(own);
    EXPECT_EQ(*own, std::vector<std::int64_t>{3});
    EXPECT_EQ(reserve(anna, 2).error().detail, "SKU S-" + id.text() + " has 1 left, 2 asked");
    EXPECT_EQ(give_back_stock(tx, call, id, anna), 1);
    EXPECT_FALSE(allotment_of(tx, id, anna));
    EXPECT_EQ(stock_left(tx, id, bella), 1);
    // Cancelled after that, Anna's units are everybody's.
    const StockLine line{id, 3, 3};
    release_stock(tx, call, 3, std::span(&line, 1), anna);
    EXPECT_EQ(stock_left(tx, id, bella), 4);
    EXPECT_TRUE(stock_count(tx, id).lawful());
  });
}

TEST_P(StockTest, an_allotment_grows_shrinks_is_refilled_and_goes_back_by_its_time) {
  SkuId id;
  within([&](Tx& tx, const Call& call) {
    id = add_sku(tx, call, 100);
    const Sku sku = *store::sku(tx, id);
    const StoreId anna{1};
    const auto own = [&] { return allotment_of(tx, id, anna)->units; };
    ASSERT_TRUE(allot_stock(tx, call, sku, anna, {10, 0, false, 0}));
    EXPECT_EQ(stock_left(tx, id, anna), 10) << "not shared: it sells its own and no more";
    ASSERT_TRUE(allot_stock(tx, call, sku, anna, {30, 0, true, 0}));
    EXPECT_EQ(stock_count(tx, id).pool, 70);
    ASSERT_TRUE(allot_stock(tx, call, sku, anna, {8, 8, true, caller_.now + kHourMs}));
    EXPECT_EQ(stock_count(tx, id).pool, 92);
    const auto buy_own = [&](std::int64_t qty) {
      const StockLine line{id, qty};
      const auto done = reserve_stock(tx, call, 0, std::span(&line, 1), kLease, anna);
      ASSERT_TRUE(done);
      EXPECT_EQ(done->at(0), qty) << "all out of the allotment, which is refilled";
    };
    buy_own(3);
    EXPECT_EQ(own(), 5) << "more than half of 8 is left";
    buy_own(1);
    EXPECT_EQ(own(), 8) << "half: refilled";
    buy_own(20);
    EXPECT_EQ(own(), 8) << "refilled for the order, and to 8 after it";
    EXPECT_EQ(stock_count(tx, id).pool, 100 - 24 - 8);
    // Too much is refused, and nothing has moved.
    const auto refused = allot_stock(tx, call, sku, anna, {77, 0, true, 0});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Code::sold_out);
    EXPECT_EQ(own(), 8);
    EXPECT_TRUE(stock_count(tx, id).lawful());
    // Leases of buckets are reached too.
    const StockLine line{id, 1};
    ASSERT_TRUE(reserve_stock(tx, call, 9, std::span(&line, 1), 60));
    EXPECT_EQ(stock_count(tx, id).pool, 8);
    ASSERT_TRUE(allot_stock(tx, call, sku, anna, {75, 0, true, caller_.now + kHourMs}));
    EXPECT_EQ(own(), 75);
    EXPECT_TRUE(stock_count(tx, id).lawful());
    EXPECT_EQ(allot_stock(tx, call, sku, anna, {-1, 0, true, 0}).error().where, "/units");
    EXPECT_EQ(allot_stock(tx, call, sku, anna, {1, 0, true, caller_.now}).error().where, "/until_at");
  });
  caller_.now += kHourMs;
  EXPECT_EQ(*give_back_due(db(), caller_.system(), 10), 1);
  EXPECT_EQ(count(id).allotted, 0);
  EXPECT_EQ(count(id).left(), 75);
  EXPECT_EQ(*give_back_due(db(), caller_.system(), 10), 0);
}

TEST_P(StockTest, what_was_reserved_when_an_allotment_was_set_to_nothing_is_everybodys_again) {
  struct Row {
    const char* says;
    AllotWish then;            // set while three of its ten units are reserved
    std::int64_t own, common;  // after the order is cancelled; 40 units in all
  };
  for (const Row& row : std::vector<Row>{{"left as it is", {7, 0, true, 0}, 10, 30},
                                         {"less", {2, 0, true, 0}, 5, 35},
                                         {"nothing", {0, 0, true, 0}, 0, 40},
                                         {"nothing, and the store may sell no more", {0, 0, false, 0}, 0, 40},
                                         {"nothing, but kept at two", {0, 2, true, 0}, 2, 38}})
    within([&](Tx& tx, const Call& call) {
      const SkuId id = add_sku(tx, call, 40);
      const Sku sku = *store::sku(tx, id);
      const StoreId anna{1};
      ASSERT_TRUE(allot_stock(tx, call, sku, anna, {10, 0, true, 0}));
      StockLine line{id, 3};
      line.allotted = reserve_stock(tx, call, 0, std::span(&line, 1), kLease, anna)->at(0);
      ASSERT_EQ(line.allotted, 3);
      ASSERT_TRUE(allot_stock(tx, call, sku, anna, row.then)) << row.says;
      EXPECT_EQ(allotment_of(tx, id, anna)->units, row.then.units) << row.says;
      EXPECT_EQ(stock_count(tx, id).reserved, 3) << row.says << ": the buyer has 15 minutes, whatever the brand does";
      release_stock(tx, call, 0, std::span(&line, 1), anna);
      EXPECT_EQ(allotment_of(tx, id, anna)->units, row.own) << row.says;
      EXPECT_EQ(stock_left(tx, id), row.common) << row.says;
      EXPECT_TRUE(stock_count(tx, id).lawful()) << row.says;
    });
}

// SPEC 4 with units set aside: own first, the common ones for whoever may.
struct Shops {
  struct Own {
    std::int64_t units = 0, keep = 0;
    bool open = false, shared = true;
    std::int64_t granted = 0;
    std::int64_t comes_back(std::int64_t qty) const {
      if (!open) return 0;
      if (keep == 0) return granted == 0 ? 0 : qty;  // the brand took all of it back
      return std::clamp<std::int64_t>(std::max(keep, granted) - units, 0, qty);
    }
  };
  std::int64_t received = 0, common = 0, reserved = 0, sold = 0;
  std::map<StoreId, Own> own;

  std::int64_t left(StoreId s) {
    const Own& o = own[s];
    return o.open ? o.units + (o.shared ? common : 0) : common;
  }
  std::optional<std::int64_t> reserve(StoreId s, std::int64_t qty, std::int64_t pool) {
    Own& o = own[s];
    std::int64_t more = 0;
    if (o.open && o.keep > 0 && o.units - qty <= o.keep / 2)
      more = std::min(pool, std::max<std::int64_t>(0, o.keep - (o.units - qty)));
    o.units += more;
    common -= more;
    if (left(s) < qty) return std::nullopt;
    const std::int64_t from_own = o.open ? std::min(o.units, qty) : 0;
    o.units -= from_own;
    common -= qty - from_own;
    reserved += qty;
    return from_own;
  }
};

TEST_P(StockTest, any_history_of_stores_with_units_of_their_own_keeps_the_law) {
  const int per_case = on_postgres() ? 1 : 8;
  EXPECT_TRUE(rc::check("stores and allotments = reference model", [&] {
    const Call call = caller_.system();
    const auto done = db().write([&](Tx& tx) -> Status {
      for (int round = 0; round < per_case; ++round) {
        const int stock = *whole(0, 400);
        const SkuId id = add_sku(tx, call, stock);
        const Sku sku = *store::sku(tx, id);
        Shops shops;
        shops.received = shops.common = stock;
        struct Order {
          StoreId store;
          Bucket bucket;
          std::int64_t qty, own;
        };
        std::vector<Order> open;
        const int steps = *whole(1, 40);
        for (int step = 0; step < steps; ++step) {
          const StoreId s{*whole(1, 4)};
          const Bucket bucket = *whole(0, 3);
          const int kind = *whole(0, 10);
          if (kind <= 4) {
            const std::int64_t qty = *whole(1, 12);
            const std::int64_t pool = stock_count(tx, id).pool;
            const auto expected = shops.reserve(s, qty, pool);
            const StockLine lines[] = {{id, (qty + 1) / 2}, {id, qty / 2 > 0 ? qty / 2 : 1}};
            const std::size_t n = qty == 1 ? 1 : 2;
            const auto got = reserve_stock(tx, call, bucket, std::span(lines, n), 4, s);
            RC_ASSERT(got.has_value() == expected.has_value());
            if (got) {
              const std::int64_t own = (*got)[0] + (n == 2 ? (*got)[1] : 0);
              RC_ASSERT(own == *expected);
              RC_ASSERT((*got)[0] <= lines[0].qty);
              open.push_back({s, bucket, qty, own});
            }
          } else if (kind <= 6 && !open.empty()) {
            const auto at = open.begin() + *whole(0, static_cast<int>(open.size()));
            const StockLine line{id, at->qty, at->own};
            shops.reserved -= at->qty;
            if (kind == 5) {
              sell_stock(tx, at->bucket, std::span(&line, 1));
              shops.sold += at->qty;
            } else {
              release_stock(tx, call, at->bucket, std::span(&line, 1), at->store);
              auto& own = shops.own[at->store];
              const std::int64_t back = own.comes_back(at->own);
              own.units += back;
              shops.common += at->qty - back;
            }
            open.erase(at);
          } else if (kind <= 8) {
            const AllotWish wish{*whole(0, 60), *whole(0, 2) * *whole(0, 20), *whole(0, 2) == 1, 0};
            auto& own = shops.own[s];
            const std::int64_t more = wish.units - own.units;
            const bool fits = more <= shops.common;
            RC_ASSERT(allot_stock(tx, call, sku, s, wish).has_value() == fits);
            if (fits) {
              shops.common -= more;
              own = {wish.units, wish.keep, true, wish.shared, wish.units};
            } else {
              own.open = allotment_of(tx, id, s).has_value();  // an empty one may have been opened
              if (own.open && own.units == 0 && own.keep == 0) own.shared = allotment_of(tx, id, s)->shared;
            }
          } else {
            auto& own = shops.own[s];
            RC_ASSERT(give_back_stock(tx, call, id, s) == own.units);
            shops.common += own.units;
            own = {};
          }
          const auto c = stock_count(tx, id);
          RC_ASSERT(c.lawful());
          RC_ASSERT(c.pool >= 0);
          RC_ASSERT(c.left() == shops.common);
          RC_ASSERT(c.reserved == shops.reserved);
          RC_ASSERT(c.sold == shops.sold);
          for (int k = 1; k < 4; ++k) RC_ASSERT(stock_left(tx, id, StoreId{k}) == shops.left(StoreId{k}));
        }
      }
      tx.events().clear();
      return {};
    });
    RC_ASSERT(done.has_value());
  }));
}

TEST_P(StockTest, a_broken_law_is_found) {
  const SkuId sku = sku_with(10);
  ASSERT_TRUE(buy(sku, 2, 1));
  ASSERT_TRUE(db().run_script("update stock_leases set sold = sold + 1"));
  within([&](Tx& tx, const Call&) {
    const auto found = stock_breaches(tx, BrandId{1}, 10);
    ASSERT_EQ(found.size(), 1u);
    EXPECT_EQ(found[0].sku, sku);
    EXPECT_FALSE(found[0].count.lawful());
    EXPECT_TRUE(stock_breaches(tx, BrandId{2}, 10).empty());
  });
}

// ---- many at once

TEST_P(StockTest, sixty_four_buyers_of_a_hundred_units_get_exactly_a_hundred) {
  const int rounds = full_run() ? 40 : 4;
  std::mutex mutex;
  std::map<SkuId, std::set<std::int64_t>> told;
  db().on_commit([&](std::vector<db::Event>&& events) {
    const std::scoped_lock lock(mutex);
    for (const auto& e : events) {
      const auto payload = parse_json(e.payload);
      told[get_id<SkuId>(*payload, "sku_id")].insert(get_int(*payload, "left", -1));
    }
  });
  std::vector<SkuId> skus;
  for (int round = 0; round < rounds; ++round) {
    const SkuId sku = sku_with(100);
    skus.push_back(sku);
    const int buckets = round % 2 == 0 ? 64 : 4;
    std::atomic<int> sold{0}, sold_out{0}, other{0};
    std::barrier start(64);
    std::vector<std::thread> buyers;
    for (int i = 0; i < 64; ++i)
      buyers.emplace_back([&, i] {
        start.arrive_and_wait();
        for (int k = 0; k < 3; ++k) {
          const auto done = buy(sku, 1, i % buckets, round % 3 == 0 ? 1 : kLease);
          ++(done ? sold : done.error().code == Code::sold_out ? sold_out : other);
        }
      });
    for (auto& b : buyers) b.join();
    EXPECT_EQ(sold, 100);
    EXPECT_EQ(sold_out, 64 * 3 - 100);
    EXPECT_EQ(other, 0);
  }
  // Everybody was told each of the last units, and that it is sold out.
  for (const SkuId sku : skus) {
    EXPECT_EQ(told[sku].size(), 21u);
    EXPECT_TRUE(told[sku].contains(0));
  }
  reopen();
  for (const SkuId sku : skus) {
    const auto c = count(sku);
    EXPECT_EQ(c.reserved, 100);
    EXPECT_EQ(c.left(), 0);
    EXPECT_TRUE(c.lawful());
  }
}

TEST_P(StockTest, orders_of_many_lines_cancelled_and_paid_at_once_keep_the_law) {
  std::vector<SkuId> skus;
  for (int i = 0; i < 6; ++i) skus.push_back(sku_with(i % 2 == 0 ? 40 : 400));
  const int threads = 16, orders = full_run() ? 200 : 30;
  std::atomic<int> wrong{0};
  std::atomic<std::int64_t> paid{0};
  std::vector<std::thread> buyers;
  for (int t = 0; t < threads; ++t)
    buyers.emplace_back([&, t] {
      SeededRandom random(static_cast<std::uint64_t>(t) + 7);
      const Call call = caller_.system();
      for (int k = 0; k < orders; ++k) {
        std::vector<StockLine> lines;
        for (int n = 0; n < 3; ++n)
          lines.push_back({skus[random.below(skus.size())], 1 + static_cast<int>(random.below(3))});
        const Bucket bucket = t % 8;
        const auto placed = db().write([&](Tx& tx) { return reserve_stock(tx, call, bucket, lines, 4); });
        if (!placed) {
          wrong += placed.error().code != Code::sold_out;
          continue;
        }
        const bool pays = random.chance(0.2);
        const auto ended = db().write([&](Tx& tx) -> Status {
          if (pays)
            sell_stock(tx, bucket, lines);
          else
            release_stock(tx, call, bucket, lines);
          return {};
        });
        wrong += !ended;
        if (pays)
          for (const auto& l : lines) paid += l.qty;
      }
    });
  for (auto& b : buyers) b.join();
  EXPECT_EQ(wrong, 0);
  std::int64_t sold = 0;
  for (const SkuId sku : skus) {
    const auto c = count(sku);
    EXPECT_TRUE(c.lawful());
    EXPECT_EQ(c.reserved, 0);
    sold += c.sold;
  }
  EXPECT_EQ(sold, paid);
}

TEST_P(StockTest, a_crowd_in_stores_whose_units_come_and_go_keeps_the_law) {
  // Buyers of four stores, two of which have units of their own that are raised, lowered and taken back meanwhile.
  const SkuId id = sku_with(600);
  Sku sku;
  within([&](Tx& tx, const Call&) { sku = *store::sku(tx, id); });
  const int threads = 12, rounds = full_run() ? 200 : 40;
  std::atomic<int> wrong{0}, law{0};
  std::atomic<std::int64_t> paid{0};
  std::vector<std::thread> crowd;
  for (int t = 0; t < threads; ++t)
    crowd.emplace_back([&, t] {
      SeededRandom random(static_cast<std::uint64_t>(t) + 3);
      const Call call = caller_.system();
      for (int k = 0; k < rounds; ++k) {
        const StoreId store_id{1 + static_cast<int>(random.below(4))};
        if (t == 0) {  // the brand
          const StoreId of{1 + static_cast<int>(random.below(2))};
          const auto moved = db().write([&](Tx& tx) -> Status {
            if (random.chance(0.2)) {
              give_back_stock(tx, call, id, of);
              return {};
            }
            TRY_OK(allot_stock(
                tx, call, sku, of,
                {static_cast<std::int64_t>(random.below(40)), random.chance(0.5) ? 8 : 0, random.chance(0.7), 0}));
            return {};
          });
          wrong += !moved && moved.error().code != Code::sold_out;
          continue;
        }
        const Bucket bucket = t % 5;
        StockLine line{id, 1 + static_cast<int>(random.below(3))};
        const auto placed =
            db().write([&](Tx& tx) { return reserve_stock(tx, call, bucket, std::span(&line, 1), 4, store_id); });
        if (!placed) {
          wrong += placed.error().code != Code::sold_out;
          continue;
        }
        line.allotted = placed->at(0);
        const bool pays = random.chance(0.3);
        wrong += !db().write([&](Tx& tx) -> Status {
          if (pays)
            sell_stock(tx, bucket, std::span(&line, 1));
          else
            release_stock(tx, call, bucket, std::span(&line, 1), store_id);
          return {};
        });
        if (pays) paid += line.qty;
        law += !count(id).lawful();  // one snapshot beside all the others: at every instant
      }
    });
  for (auto& c : crowd) c.join();
  EXPECT_EQ(wrong, 0);
  EXPECT_EQ(law, 0);
  const auto c = count(id);
  EXPECT_TRUE(c.lawful());
  EXPECT_EQ(c.reserved, 0);
  EXPECT_EQ(c.sold, paid);
}

ON_BOTH_ENGINES(StockTest);

}  // namespace
}  // namespace lianbo::catalog
