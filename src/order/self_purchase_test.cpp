// SPEC 6: "With self_purchase false a role held by the buyer earns nothing." Each of the four roles, in each state the
// buyer's own agent can be in when they order, with and without payment for self-purchase; on both engines.
#include <gtest/gtest.h>

#include <map>
#include <vector>

#include "clips/clips_service.hpp"
#include "order/order_service.hpp"
#include "share/share_service.hpp"
#include "support/database.hpp"
#include "support/shop.hpp"

namespace lianbo::order {
namespace {

using org::AgentState;
using test::must;
using test::Shop;

const db::Sql kClip{
    "self_purchase_test.clip",
    "insert into clips (id, brand_id, store_id, agent_id, broadcast_id, pin_id, product_id, stream_name, "
    "title, state, opened_at, media_open_ms, media_close_ms, name, created_at, ready_at) values ($1, $2, "
    "$3, $4, 1, $1, $5, 's', 't', 'ready', $6, 0, 5000, $7, $6, $6)"};

class SelfPurchase : public test::StoreTest {
 protected:
  // 10 % host, 8 % promoter, 2 % recruiter, 5 % clipper.
  void plan(Shop& shop) {
    const Call call = shop.system();
    must(db().write([&](db::Tx& tx) {
      catalog::PlanRow row;
      row.brand = shop.brand();
      row.host_bp = 1000;
      row.promoter_bp = 800;
      row.recruiter_bp = 200;
      row.clipper_bp = 500;
      return catalog::save_plan(tx, call, row);
    }));
  }
  ClipId clip_of(Shop& shop, const org::Agent& host, ProductId product) {
    const Call call = shop.system();
    return must(db().write([&](db::Tx& tx) -> Result<ClipId> {
      const auto id = call.make_id<ClipId>();
      tx.exec(kClip, {id, shop.brand(), host.store, host.id, product, shop.now(), id.text()});
      return id;
    }));
  }
  share::Share clip_share(Shop& shop, PersonId by, ClipId clip, StoreId store) {
    const Call call = shop.as(by);
    share::NewShare wish;
    wish.kind = share::Kind::clip;
    wish.channel = share::Channel::dm;
    wish.clip = clip;
    wish.store = store;
    return must(db().write([&](db::Tx& tx) { return share::create_share(tx, call, wish, {}); }));
  }
  Result<Order> buy(Shop& shop, PersonId buyer, StoreId store, SkuId sku, ShareId share) {
    const Call call = shop.as(buyer);
    PlaceWish wish;
    wish.store = store;
    wish.lines = {{sku, 1, {}}};
    wish.share = share;
    wish.address_json = R"({"name":"x","phone":"13800138000","region":"上海","detail":"1"})";
    TRY(const auto placed, db().write([&](db::Tx& tx) { return place(tx, call, wish); }));
    return shop.pay(buyer, placed.id);
  }
};
ON_BOTH_ENGINES(SelfPurchase);

TEST_P(SelfPurchase, ARoleHeldByTheBuyerEarnsNothingWhateverBecameOfTheirAgent) {
  Shop shop(db());
  plan(shop);
  const auto tea = shop.item("tea", 10'000, 1000);
  constexpr Fen kHost = 1000, kRecruiter = 200, kClipper = 500;
  struct Row {
    Role role;
    AgentState then;  // of the buyer's agent, when they order
    bool paid;        // self-purchase
    bool holds;       // the role, by the order's record
    Fen earns;        // the buyer's agent on it; −1: nothing can be ordered
  };
  const std::vector<Row> rows = {
      {Role::host, AgentState::active, false, true, 0},
      {Role::host, AgentState::active, true, true, kHost},
      {Role::host, AgentState::suspended, false, true, 0},
      {Role::host, AgentState::suspended, true, true, kHost},
      {Role::host, AgentState::left, false, false, -1},  // the store is closed
      {Role::host, AgentState::left, true, false, -1},
      // Nobody comes under their own lock: opening one's own share is `self`, and a share of who has left locks nobody.
      {Role::promoter, AgentState::active, false, false, 0},
      {Role::promoter, AgentState::active, true, false, 0},
      {Role::promoter, AgentState::suspended, false, false, 0},
      {Role::promoter, AgentState::suspended, true, false, 0},
      {Role::promoter, AgentState::left, false, false, 0},
      {Role::promoter, AgentState::left, true, false, 0},
      {Role::recruiter, AgentState::active, false, true, 0},
      {Role::recruiter, AgentState::active, true, true, kRecruiter},
      {Role::recruiter, AgentState::suspended, false, false, 0},  // a recruiter who is not active earns nothing
      {Role::recruiter, AgentState::suspended, true, false, 0},
      {Role::recruiter, AgentState::left, false, false, 0},
      {Role::recruiter, AgentState::left, true, false, 0},
      {Role::clipper, AgentState::active, false, true, 0},
      {Role::clipper, AgentState::active, true, true, kClipper},
      {Role::clipper, AgentState::suspended, false, false, 0},  // nor does a clipper
      {Role::clipper, AgentState::suspended, true, false, 0},
      {Role::clipper, AgentState::left, false, false, 0},
      {Role::clipper, AgentState::left, true, false, 0},
  };
  int n = 0;
  for (const Row& row : rows) {
    SCOPED_TRACE(std::string(role_name(row.role)) + ", " + std::string(org::state_text(row.then)) +
                 (row.paid ? ", self-purchase is paid" : ""));
    const std::string no = std::to_string(++n);
    shop.lock_rules([&](org::LockRules& rules) {
      rules.lock_agents = true;
      rules.self_purchase = row.paid;
    });
    const auto me = shop.agent("Me" + no), other = shop.agent("Other" + no);
    const auto below = shop.agent("Below" + no, me.id);
    const auto own = shop.share_of(me.person, me.store);
    const auto theirs = shop.share_of(below.person, below.store);
    ShareId came_by;
    if (row.role == Role::clipper) {
      const ClipId clip = clip_of(shop, other, tea.product);
      const Call call = shop.as(me.person);
      must(db().write([&](db::Tx& tx) { return clips::post_clip(tx, call, clip, me.store); }));
      came_by = clip_share(shop, me.person, clip, me.store).id;
    }
    if (row.then != AgentState::active) shop.set_state(me.id, row.then);
    if (row.role == Role::promoter) shop.open(shop.as(me.person), own);
    if (row.role == Role::recruiter) shop.open(shop.as(me.person), theirs);

    const auto order = buy(shop, me.person, row.role == Role::host ? me.store : other.store, tea.sku, came_by);
    if (row.earns < 0) {
      ASSERT_FALSE(order);
      EXPECT_EQ(order.error().code, Code::agent_not_active);
      continue;
    }
    ASSERT_TRUE(order) << order.error().text();
    const Order seen = shop.order(order->id);
    EXPECT_EQ(seen.roles.of(row.role) == me.id, row.holds);
    std::map<Role, Fen> mine;
    for (const auto& e : shop.entries(seen.id))
      if (e.agent == me.id) mine[e.role] += e.amount_fen;
    EXPECT_EQ(mine[row.role], row.earns);
    for (const Role role : kRoles) {
      if (role != row.role) {
        EXPECT_EQ(mine[role], 0) << role_name(role);
      }
    }
    EXPECT_EQ(shop.balance(me.id, ledger::Account::pending), row.earns);
  }
  EXPECT_EQ(shop.problems(), "");
}

// Somebody else's purchase, for the same roles and states: what the rule must not take away.
TEST_P(SelfPurchase, WhatOthersBuyEarnsAsTheRoleSays) {
  Shop shop(db());
  plan(shop);
  const auto tea = shop.item("tea", 10'000, 1000);
  struct Row {
    Role role;
    AgentState then;
    Fen earns;  // −1: nothing can be ordered
  };
  int n = 0;
  for (const Row& row : std::vector<Row>{{Role::host, AgentState::active, 1000},
                                         {Role::host, AgentState::suspended, 1000},
                                         {Role::host, AgentState::left, -1},
                                         {Role::promoter, AgentState::active, 800},
                                         {Role::promoter, AgentState::suspended, 800},
                                         {Role::promoter, AgentState::left, 0},
                                         {Role::recruiter, AgentState::active, 200},
                                         {Role::recruiter, AgentState::suspended, 0},
                                         {Role::recruiter, AgentState::left, 0},
                                         {Role::clipper, AgentState::active, 500},
                                         {Role::clipper, AgentState::suspended, 0},
                                         {Role::clipper, AgentState::left, 0}}) {
    SCOPED_TRACE(std::string(role_name(row.role)) + ", " + std::string(org::state_text(row.then)));
    const std::string no = std::to_string(++n);
    const auto me = shop.agent("Me" + no), other = shop.agent("Other" + no);
    const auto below = shop.agent("Below" + no, me.id);
    const PersonId buyer = shop.person("Xiao" + no);
    if (row.role == Role::promoter) shop.open(shop.as(buyer), shop.share_of(me.person, me.store));
    if (row.role == Role::recruiter) shop.open(shop.as(buyer), shop.share_of(below.person, below.store));
    ShareId came_by;
    if (row.role == Role::clipper) {
      const ClipId clip = clip_of(shop, other, tea.product);
      const Call call = shop.as(me.person);
      must(db().write([&](db::Tx& tx) { return clips::post_clip(tx, call, clip, me.store); }));
      came_by = clip_share(shop, buyer, clip, me.store).id;
    }
    if (row.then != AgentState::active) shop.set_state(me.id, row.then);
    const auto order = buy(shop, buyer, row.role == Role::host ? me.store : other.store, tea.sku, came_by);
    ASSERT_EQ(order.has_value(), row.earns >= 0);
    if (order) {
      EXPECT_EQ(shop.balance(me.id, ledger::Account::pending), row.earns);
    }
  }
  EXPECT_EQ(shop.problems(), "");
}

}  // namespace
}  // namespace lianbo::order
