// Everything that can happen to orders, at once: buyers, hosts, staff, the payment rail and the server's jobs, each on
// a thread of its own, over few goods and few people so that they meet. What is left must agree from row to row.
#include <gtest/gtest.h>

#include <atomic>
#include <mutex>
#include <random>
#include <thread>

#include "catalog/catalog_service.hpp"
#include "order/after_sale_store.hpp"
#include "order/order_service.hpp"
#include "order/order_store.hpp"
#include "order/settlement.hpp"
#include "support/database.hpp"
#include "support/shop.hpp"

namespace lianbo::order {
namespace {

using test::must;
using test::Shop;

class OrderCrowd : public test::StoreTest {};

TEST_P(OrderCrowd, WhateverRunsTogetherLeavesBooksThatAgree) {
  Shop shop(db());
  shop.settings().order_release_ms = kMinuteMs;
  shop.plan(1000, 800, 200);
  const auto boss = shop.agent("Boss");
  const std::vector<org::Agent> agents = {shop.agent("Anna", boss.id), shop.agent("Bella", boss.id), boss};
  const std::vector<Shop::Item> goods = {shop.item("mask", 9901, 40), shop.item("soap", 33, 25),
                                         shop.item("gift", 0, 9)};
  std::vector<PersonId> people;
  for (int i = 0; i < 5; ++i) people.push_back(shop.person("P" + std::to_string(i)));
  people.push_back(agents[0].person);
  std::vector<share::Share> shares;
  for (const auto& a : agents) shares.push_back(shop.share_of(a.person, a.store));
  shares.push_back(shop.share_of(people[0], agents[1].store));

  std::mutex mutex;
  std::vector<OrderId> orders;
  std::vector<pay::sandbox::OutgoingNotice> notices;
  std::atomic<int> broke{0};
  const auto pick_order = [&](std::mt19937& rng) {
    const std::lock_guard lock(mutex);
    if (orders.empty()) return OrderId{};
    return orders[orders.size() - 1 - rng() % std::min<std::size_t>(orders.size(), 24)];  // where the others are too
  };
  // Refusals are part of the game; what may not happen is a failure of our own.
  const auto note = [&](const auto& result) {
    if (result) return;
    const auto code = result.error().code;
    if (code == Code::internal || code == Code::io_failed || code == Code::database_unavailable) {
      ++broke;
      ADD_FAILURE() << result.error().text();
    }
  };

  const auto pay = [&](OrderId id) {
    const auto o = shop.order(id);
    const auto answer = pay_order(db(), shop.as(o.buyer), shop.rail(), id, {});
    note(answer);
    if (answer) note(shop.sandbox().pay(answer->prepay_id, "lb-" + o.buyer.text(), shop.now()));
  };
  const auto buyer = [&](unsigned seed, int rounds) {
    std::mt19937 rng(seed);
    for (int i = 0; i < rounds; ++i) {
      const PersonId me = people[rng() % people.size()];
      const Call call = shop.as(me);
      const OrderId id = pick_order(rng);
      switch (rng() % 9) {
        case 0:
        case 1:
        case 2: {
          PlaceWish wish;
          wish.store = agents[rng() % agents.size()].store;
          for (unsigned n = 1 + rng() % 3; n > 0; --n)
            wish.lines.push_back({goods[rng() % goods.size()].sku, 1 + static_cast<std::int64_t>(rng() % 3), {}});
          const auto o = db().write([&](db::Tx& tx) { return place(tx, call, wish); });
          note(o);
          if (!o) break;
          {
            const std::lock_guard lock(mutex);
            orders.push_back(o->id);
          }
          if (rng() % 4 != 0) pay(o->id);
          break;
        }
        case 3:
        case 4:
          if (id) pay(id);
          break;
        case 5: {
          if (!id) break;
          const Call theirs = shop.as(shop.order(id).buyer);
          note(db().write([&](db::Tx& tx) { return cancel(tx, theirs, id, "no"); }));
          break;
        }
        case 6:
          if (id) note(db().write([&](db::Tx& tx) { return receive(tx, shop.system(), id); }));
          break;
        case 7:
          if (id) {
            AfterSaleWish wish{static_cast<int>(rng() % 2), AfterSaleKind::refund_only, 0,
                               1 + static_cast<Fen>(rng() % 6000), "so"};
            if (rng() % 3 == 0) {
              wish.kind = rng() % 2 ? AfterSaleKind::return_and_refund : AfterSaleKind::exchange;
              wish.qty = 1;
              if (wish.kind == AfterSaleKind::exchange) wish.amount_fen = 0;
            } else if (rng() % 3 == 0) {
              wish.qty = 1;  // given up before it leaves
            }
            note(db().write([&](db::Tx& tx) { return request_after_sale(tx, shop.system(), id, wish); }));
          }
          break;
        case 8:
          note(db().write([&](db::Tx& tx) { return share::touch_share(tx, call, shares[rng() % shares.size()]); }));
          break;
      }
    }
  };
  const auto staff = [&](unsigned seed, int rounds) {
    std::mt19937 rng(seed);
    const Call call = shop.owner();
    for (int i = 0; i < rounds; ++i) {
      const OrderId id = pick_order(rng);
      switch (rng() % 6) {
        case 0:
        case 1:
          if (id)
            note(db().write([&](db::Tx& tx) {
              ParcelWish wish{"SF", "SF" + std::to_string(rng() % 1000), {}};
              if (rng() % 3 == 0) wish.lines.push_back({0, 1});  // a part of it
              return ship(tx, call, id, wish);
            }));
          if (id) note(db().write([&](db::Tx& tx) { return receive(tx, shop.system(), id); }));
          break;
        case 2:
        case 3: {
          const auto open = must(db().read([&](db::Tx& tx) -> Result<std::vector<AfterSale>> {
            return store::open_after_sales(tx, shop.brand(), {}, 0, 50);
          }));
          if (open.empty()) break;
          const auto& a = open[rng() % open.size()];
          static constexpr AfterSaleStep kSteps[] = {
              AfterSaleStep::approve,          AfterSaleStep::approve,
              AfterSaleStep::reject,           AfterSaleStep::withdraw,
              AfterSaleStep::send_back,        AfterSaleStep::goods_back,
              AfterSaleStep::goods_back,       AfterSaleStep::dispute,
              AfterSaleStep::uphold,           AfterSaleStep::send_replacement,
              AfterSaleStep::dismiss,          AfterSaleStep::refund_instead,
              AfterSaleStep::send_replacement, AfterSaleStep::receive_replacement};
          const auto step = kSteps[rng() % std::size(kSteps)];
          note(db().write([&](db::Tx& tx) {
            return take_step(tx, call, a.id, step, {"so", "SF", "SF" + std::to_string(rng() % 100), {}});
          }));
          break;
        }
        case 4:
          note(db().write([&](db::Tx& tx) { return catalog::receive_stock(tx, call, goods[rng() % 2].sku, 3); }));
          break;
        case 5: {
          const auto run = run_settlement(db(), call, shop.brand(), shop.now() - static_cast<Instant>(rng() % 3));
          note(run);
          if (run)
            for (const auto& a : agents)
              for (const auto& s : shop.settlements(a.id))
                if (s.state == "settled") note(shop.pay_out(s.id, "bank"));
          break;
        }
      }
    }
  };
  const auto server = [&](unsigned seed, int rounds) {
    std::mt19937 rng(seed);
    for (int i = 0; i < rounds; ++i) {
      note(release_unpaid(db(), shop.system(), shop.rail(), 3));
      note(send_refunds(db(), shop.system(), shop.rail(), 10));
      note(close_overdue(db(), shop.system(), 10));
      note(mature_lines(db(), shop.system(), 10));
      std::vector<pay::sandbox::OutgoingNotice> told;
      note(shop.sandbox().deliver_due(shop.now(), [&](const pay::sandbox::OutgoingNotice& n) {
        told.push_back(n);
        return 200;
      }));
      {
        const std::lock_guard lock(mutex);
        notices.insert(notices.end(), told.begin(), told.end());
        for (int k = 0; k < 3 && !notices.empty(); ++k) told.push_back(notices[rng() % notices.size()]);
      }
      for (const auto& n : told)
        if (rng() % 5 != 0) (void)shop.take(n);  // once, several times, late, or never
      if (rng() % 8 == 0) shop.leap(20 * kSecondMs);
      if (rng() % 40 == 0) shop.leap(5 * kDayMs);
    }
  };

  const char* full = std::getenv("LIANBO_FULL");
  const int rounds = full != nullptr ? 1000 : 60;
  const unsigned seed = full != nullptr ? std::random_device{}() : 7;
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::vector<std::thread> threads;
  for (unsigned i = 0; i < 4; ++i) threads.emplace_back(buyer, seed + i, rounds);
  for (unsigned i = 0; i < 2; ++i) threads.emplace_back(staff, seed + 100 + i, rounds);
  for (unsigned i = 0; i < 2; ++i) threads.emplace_back(server, seed + 200 + i, rounds);
  for (auto& t : threads) t.join();
  EXPECT_EQ(broke, 0);
  EXPECT_EQ(shop.problems(), "");
  // And when all that is due has been done, nobody is left with money or goods that are not theirs.
  shop.pass(30 * kDayMs);
  must(shop.settle());
  EXPECT_EQ(shop.problems(), "");
  const auto report = shop.report();
  EXPECT_GT(report.orders_paid, 0);
  EXPECT_GT(report.orders_cancelled, 0);
  EXPECT_EQ(report.ledger_difference_fen, 0);
  EXPECT_EQ(report.oversold_units, 0);
}

ON_BOTH_ENGINES(OrderCrowd);

}  // namespace
}  // namespace lianbo::order
