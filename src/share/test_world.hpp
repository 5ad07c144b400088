// For this folder's tests: a brand with agents A and B, their stores, a product with stock and an alternative, and
// calls by anybody at any instant. Ids and chance come from a seed.
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "catalog/catalog_service.hpp"
#include "live/live_service.hpp"
#include "org/org_service.hpp"
#include "share/share_service.hpp"
#include "share/share_store.hpp"
#include "support/database.hpp"

namespace lianbo::share {

inline constexpr Instant kDawn = 1'800'000'000'000;

class ShareWorld : public test::StoreTest {
 protected:
  // The answer of a transaction that must succeed.
  template <class F>
  auto write(F&& body) {
    auto result = db().write(std::forward<F>(body));
    if (!result) ADD_FAILURE() << result.error().text();
    return *std::move(result);
  }
  template <class F>
  void write_ok(F&& body) {
    const Status done = db().write([&](db::Tx& tx) -> Status { return body(tx); });
    EXPECT_TRUE(done) << done.error().text();
  }
  template <class F>
  auto read(F&& body) {
    auto result = db().read(std::forward<F>(body));
    if (!result) ADD_FAILURE() << result.error().text();
    return *std::move(result);
  }
  // The error of a transaction that must be refused.
  template <class F>
  Error refused(F&& body) {
    const auto result = db().write(std::forward<F>(body));
    if (result) {
      ADD_FAILURE() << "was accepted";
      return {};
    }
    return result.error();
  }

  void SetUp() override {
    settings_.public_url = "https://shop.example/";
    brand_ = write([&](db::Tx& tx) {
      org::NewBrand wish;
      wish.name = "茶";
      wish.owner_login = "owner";
      wish.owner_name = "Owner";
      wish.owner_password_hash = "x";
      return org::create_brand(tx, system(), wish);
    });
    a_ = make_agent("A", org::AgentState::active);
    b_ = make_agent("B", org::AgentState::active);
    tea_ = make_product("tea", "tea", 10);
    green_ = make_product("green", "tea", 10);
  }

  Call system(Instant now = kDawn) {
    Call call;
    call.caller.system = true;
    call.caller.guest = false;
    return filled(std::move(call), now);
  }
  Call guest(PersonId person, Instant now = kDawn) {
    Call call;
    call.caller.person = person;
    return filled(std::move(call), now);
  }
  // With all relations, as a session gives them.
  Call person(PersonId id, Instant now = kDawn) {
    Call call;
    call.caller = read([&](db::Tx& tx) -> Result<Caller> { return org::caller_of_person(tx, id); });
    call.caller.person = id;
    call.caller.guest = false;
    return filled(std::move(call), now);
  }
  PersonId new_person() { return ids_.make<PersonId>(kDawn, 0); }

  org::Agent make_agent(const std::string& code, org::AgentState state) {
    return write([&](db::Tx& tx) {
      org::NewAgent wish;
      wish.code = code;
      wish.name = "Agent " + code;
      wish.state = state;
      return org::create_agent(tx, system(), brand_, wish);
    });
  }
  void suspend(const org::Agent& agent) {
    write([&](db::Tx& tx) {
      return org::set_agent_state(tx, system(), agent.id, org::AgentState::suspended, "test", {});
    });
  }
  ProductId make_product(const std::string& code, const std::string& category, std::int64_t stock) {
    return write([&](db::Tx& tx) -> Result<ProductId> {
      catalog::CatalogProduct wish;
      wish.code = code;
      wish.title = "Product " + code;
      wish.category = category;
      wish.skus.push_back({code + "-1", "", 1'250, stock, 0});
      TRY(const auto view, catalog::create_product(tx, system(), brand_, wish));
      return view.product.id;
    });
  }
  void take_off_sale(ProductId id) {
    write([&](db::Tx& tx) {
      catalog::ProductPatch patch;
      patch.on_sale = false;
      return catalog::patch_product(tx, system(), id, patch);
    });
  }
  void set_rules(std::int32_t validity, std::int32_t protect, std::int32_t extends = 45, bool lock_agents = false) {
    write([&](db::Tx& tx) {
      org::LockRules rules;
      rules.validity_days = validity;
      rules.protect_days = protect;
      rules.order_extends_days = extends;
      rules.lock_agents = lock_agents;
      return org::set_lock_rules(tx, system(), brand_, rules);
    });
  }
  BroadcastId make_broadcast(const org::Agent& host, std::vector<ProductId> shelf) {
    return write([&](db::Tx& tx) -> Result<BroadcastId> {
      live::NewBroadcast wish;
      wish.title = "Evening";
      wish.scheduled_at = kDawn + kHourMs;
      wish.products = std::move(shelf);
      TRY(const live::Scheduled scheduled, live::schedule_broadcast(tx, system(), host.store, wish));
      return scheduled.broadcast.id;
    });
  }
  void start(BroadcastId id, Instant at) {
    write([&](db::Tx& tx) { return live::start_broadcast(tx, system(at), id); });
  }
  void end(BroadcastId id, Instant at) {
    write([&](db::Tx& tx) { return live::end_broadcast(tx, system(at), id); });
  }
  live::Pin pin(BroadcastId id, ProductId product, Instant at) {
    return write([&](db::Tx& tx) { return live::pin_product(tx, system(at), id, product); });
  }

  Share share_of(const Call& call, const NewShare& wish) {
    return write([&](db::Tx& tx) { return create_share(tx, call, wish, facts_); });
  }
  NewShare store_wish(StoreId store) {
    NewShare wish;
    wish.kind = Kind::store;
    wish.channel = Channel::dm;
    wish.store = store;
    return wish;
  }
  Share agents_share(const org::Agent& agent) { return share_of(person(agent.person), store_wish(agent.store)); }
  Touch touch(const Call& call, const Share& share) {
    return write([&](db::Tx& tx) { return touch_share(tx, call, share); });
  }
  void log_in(PersonId guest_id, PersonId as, Instant now) {
    const Call call = person(as, now);
    write_ok([&](db::Tx& tx) { return merge_guest(tx, call, guest_id, as); });
  }
  std::optional<Lock> lock(PersonId buyer) {
    return read([&](db::Tx& tx) -> Result<std::optional<Lock>> { return lock_of(tx, bucket(buyer), brand_, buyer); });
  }
  std::optional<Lock> rebuilt(PersonId buyer) {
    return read([&](db::Tx& tx) { return rebuild_lock(tx, bucket(buyer), brand_, buyer); });
  }
  std::vector<Touch> touches(PersonId buyer) {
    return read([&](db::Tx& tx) -> Result<std::vector<Touch>> {
      return store::touches_of(tx, {bucket(buyer), brand_, buyer, std::nullopt, {}, 0, 0, 0});
    });
  }
  std::optional<Lock> order(PersonId buyer, Instant t) {
    return write([&](db::Tx& tx) {
      const Call call = system(t);
      return lock_for_order(tx, call, brand_, buyer, call.make_id<OrderId>(bucket(buyer)), t);
    });
  }
  Bucket bucket(PersonId person) const { return bucket_of(person, kDefaultBuckets); }

  Settings settings_;
  IdMaker ids_;
  SecureRandom random_;
  OrderFactsFn facts_;
  BrandId brand_;
  org::Agent a_, b_;
  ProductId tea_, green_;

 private:
  Call filled(Call call, Instant now) {
    call.now = now;
    call.ids = &ids_;
    call.random = &random_;
    call.settings = &settings_;
    return call;
  }
};

}  // namespace lianbo::share
