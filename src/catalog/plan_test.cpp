#include "catalog/plan.hpp"

#include <gtest/gtest.h>

#include <thread>

#include "base/shape.hpp"
#include "catalog/catalog_api.hpp"
#include "catalog/catalog_test_support.hpp"

namespace lianbo::catalog {
namespace {

using db::Tx;

TEST(CheckPlan, rates_are_0_to_10000_and_add_up_to_the_cap_at_most) {
  struct Case {
    BasisPoints host, promoter, recruiter, clipper, cap;
    Code code;  // internal: right
    const char* where;
  };
  const Case cases[] = {
      {0, 0, 0, 0, 3000, Code::internal, ""},
      {1000, 1000, 500, 500, 3000, Code::internal, ""},
      {3000, 0, 0, 0, 3000, Code::internal, ""},
      {1000, 1000, 500, 501, 3000, Code::plan_over_cap, ""},
      {3001, 0, 0, 0, 3000, Code::plan_over_cap, ""},
      {10000, 0, 0, 0, 10000, Code::internal, ""},
      {1, 0, 0, 0, 0, Code::plan_over_cap, ""},
      {-1, 0, 0, 0, 3000, Code::invalid_field, "/host_bp"},
      {5000, -5000, 0, 0, 3000, Code::invalid_field, "/promoter_bp"},
      {0, 0, 10001, 0, 10000, Code::invalid_field, "/recruiter_bp"},
      {0, 0, 0, -1, 10000, Code::invalid_field, "/clipper_bp"},
      {2147483647, 2147483647, 2, 0, 3000, Code::invalid_field, "/host_bp"},
  };
  for (const auto& c : cases) {
    const Status status = check_plan({PlanId{}, 1, c.host, c.promoter, c.recruiter, c.clipper, 7}, c.cap);
    EXPECT_EQ(status ? Code::internal : status.error().code, c.code) << c.host << " " << c.promoter;
    EXPECT_EQ(status ? "" : status.error().where, c.where);
  }
  EXPECT_FALSE(check_plan({PlanId{}, 1, 0, 0, 0, 0, -1}, 3000));
  EXPECT_FALSE(check_plan({PlanId{}, 1, 0, 0, 0, 0, 366}, 3000));
}

class PlanTest : public test::StoreTest {
 protected:
  PlanTest() : brand_(make_brand(db(), caller_)) {
    const Call call = caller_.system();
    auto agents = org::import_agents(db(), call, brand_, "code,name\nA1,Li\n", {});
    EXPECT_TRUE(agents) << agents.error().text();
    CatalogProduct tea{"tea", "Tea", "", "", "", true, false, {{"tea-a", "a", 100, 1, 0}, {"tea-b", "b", 100, 1, 0}},
                       0,     false};
    const auto view = db().write([&](Tx& tx) { return create_product(tx, call, brand_, tea); });
    EXPECT_TRUE(view) << view.error().text();
    a_ = view->skus[0].id;
    b_ = view->skus[1].id;
    agent_ = db().read([&](Tx& tx) { return org::find_agent_by_code(tx, brand_, "A1"); })->id;
  }
  Result<PlanRow> save(PlanScope scope, std::int64_t scope_id, SkuId sku, BasisPoints host, bool withdrawn = false) {
    const Call call = caller_.system();
    PlanRow wish;
    wish.brand = brand_;
    wish.scope = scope;
    wish.scope_id = scope_id;
    wish.sku = sku;
    wish.host_bp = host;
    wish.withdrawn = withdrawn;
    return db().write([&](Tx& tx) { return save_plan(tx, call, wish); });
  }
  BasisPoints host_bp(SkuId sku, AgentId host, std::int64_t campaign = 0) {
    return db().read([&](Tx& tx) -> Result<Plan> { return plan_for(tx, brand_, sku, host, campaign, 7); })->host_bp;
  }

  Caller caller_;
  BrandId brand_;
  SkuId a_, b_;
  AgentId agent_;
};

TEST_P(PlanTest, without_a_plan_nobody_earns) {
  const auto plan = *db().read([&](Tx& tx) -> Result<Plan> { return plan_for(tx, brand_, a_, agent_, 5, 7); });
  EXPECT_FALSE(plan.id);
  EXPECT_EQ(plan.host_bp + plan.promoter_bp + plan.recruiter_bp + plan.clipper_bp, 0);
}

TEST_P(PlanTest, the_agents_plan_beats_the_campaigns_and_that_the_brands_and_a_skus_row_the_row_for_all) {
  constexpr std::int64_t kCampaign = 5;
  const AgentId other{agent_.value + 1};
  // Each step adds a plan that must beat all before it, for SKU a, this agent and this campaign.
  struct Step {
    PlanScope scope;
    std::int64_t scope_id;
    SkuId sku;
  };
  const Step steps[] = {{PlanScope::brand, 0, {}},
                        {PlanScope::brand, 0, a_},
                        {PlanScope::campaign, kCampaign, {}},
                        {PlanScope::campaign, kCampaign, a_},
                        {PlanScope::agent, agent_.value, {}},
                        {PlanScope::agent, agent_.value, a_}};
  for (int i = 0; i < 6; ++i) {
    const auto& s = steps[i];
    ASSERT_TRUE(save(s.scope, s.scope_id, s.sku, 100 + i));
    EXPECT_EQ(host_bp(a_, agent_, kCampaign), 100 + i);
  }
  EXPECT_EQ(host_bp(b_, agent_, kCampaign), 104);
  EXPECT_EQ(host_bp(a_, other, kCampaign), 103);
  EXPECT_EQ(host_bp(b_, other, kCampaign), 102);
  EXPECT_EQ(host_bp(a_, other), 101);
  EXPECT_EQ(host_bp(b_, other), 100);
  EXPECT_EQ(host_bp(b_, AgentId{}, 6), 100);
  // Withdrawn, one by one: the next best counts again.
  for (int i = 5; i >= 0; --i) {
    const auto& s = steps[i];
    ASSERT_TRUE(save(s.scope, s.scope_id, s.sku, 0, true));
    EXPECT_EQ(host_bp(a_, agent_, kCampaign), i == 0 ? 0 : 99 + i);
  }
}

TEST_P(PlanTest, a_change_is_a_new_version_and_the_same_again_is_none) {
  EXPECT_EQ(save(PlanScope::brand, 0, {}, 100)->version, 1);
  EXPECT_EQ(save(PlanScope::brand, 0, {}, 100)->version, 1);
  EXPECT_EQ(save(PlanScope::brand, 0, {}, 200)->version, 2);
  EXPECT_EQ(save(PlanScope::brand, 0, a_, 200)->version, 1);
  EXPECT_EQ(save(PlanScope::brand, 0, {}, 0, true)->version, 3);
  EXPECT_EQ(save(PlanScope::brand, 0, {}, 300)->version, 4);
  const auto now = *db().read([&](Tx& tx) -> Result<std::vector<PlanRow>> { return current_plans(tx, brand_, 0, 10); });
  ASSERT_EQ(now.size(), 2u);
  EXPECT_EQ(now[0].sku, a_);
  EXPECT_EQ(now[1].version, 4);
}

TEST_P(PlanTest, freeze_days_are_the_plans_or_else_the_settings) {
  const Call call = caller_.system();
  PlanRow wish;
  wish.brand = brand_;
  wish.freeze_days = 15;
  const auto days = [&](SkuId sku) {
    return db().read([&](Tx& tx) -> Result<Plan> { return plan_for(tx, brand_, sku, agent_, 0, 7); })->freeze_days;
  };
  ASSERT_TRUE(db().write([&](Tx& tx) { return save_plan(tx, call, wish); }));
  EXPECT_EQ(days(a_), 15);
  wish.sku = a_;
  wish.freeze_days.reset();
  ASSERT_TRUE(db().write([&](Tx& tx) { return save_plan(tx, call, wish); }));
  EXPECT_EQ(days(a_), 7);
  EXPECT_EQ(days(b_), 15);
}

TEST_P(PlanTest, refuses_what_does_not_fit) {
  EXPECT_EQ(save(PlanScope::brand, 0, {}, 3001).error().code, Code::plan_over_cap);
  EXPECT_EQ(save(PlanScope::brand, 9, {}, 1).error().where, "/scope_id");
  EXPECT_EQ(save(PlanScope::agent, 0, {}, 1).error().code, Code::missing_field);
  EXPECT_EQ(save(PlanScope::agent, 9, {}, 1).error().where, "/scope_id");
  EXPECT_EQ(save(PlanScope::brand, 0, SkuId{9}, 1).error().where, "/sku_id");
  EXPECT_EQ(save(PlanScope::brand, 0, {}, 0, true).error().code, Code::not_found);
  const auto now = *db().read([&](Tx& tx) -> Result<std::vector<PlanRow>> { return current_plans(tx, brand_, 0, 10); });
  EXPECT_TRUE(now.empty());
}

TEST_P(PlanTest, owner_and_finance_may_change_it_and_nobody_else) {
  PlanRow wish;
  wish.brand = brand_;
  for (const auto& [roles, may] : {std::pair{kOwner, true}, {kFinance, true}, {kOperator, false}, {kAuditor, false}}) {
    const Call call = caller_.staff(brand_, roles);
    ++wish.host_bp;
    const auto saved = db().write([&](Tx& tx) { return save_plan(tx, call, wish); });
    EXPECT_EQ(saved.has_value(), may) << roles;
    if (saved) {
      EXPECT_EQ(saved->by, PersonId{77});
    } else {
      EXPECT_EQ(saved.error().code, Code::forbidden);
    }
  }
  const Call elsewhere = caller_.staff(BrandId{brand_.value + 1}, kOwner), guest = caller_.guest();
  EXPECT_EQ(db().write([&](Tx& tx) { return save_plan(tx, elsewhere, wish); }).error().code, Code::forbidden);
  EXPECT_EQ(db().write([&](Tx& tx) { return save_plan(tx, guest, wish); }).error().code, Code::unauthenticated);
}

TEST_P(PlanTest, two_who_save_at_once_make_two_versions) {
  std::vector<std::thread> threads;
  std::atomic<int> saved{0};
  for (int i = 1; i <= 8; ++i) threads.emplace_back([&, i] { saved += save(PlanScope::brand, 0, {}, i).has_value(); });
  for (auto& t : threads) t.join();
  EXPECT_EQ(saved, 8);
  const auto now = *db().read([&](Tx& tx) -> Result<std::vector<PlanRow>> { return current_plans(tx, brand_, 0, 10); });
  ASSERT_EQ(now.size(), 1u);
  EXPECT_EQ(now[0].version, 8);
}

ON_BOTH_ENGINES(PlanTest);

TEST(PlanRoute, refuses_a_third_level_by_its_shape) {
  for (const auto& route : catalog_routes({})) {
    if (route.id != "putPlan") continue;
    for (const char* field : {"grand_recruiter_bp", "level3_bp", "levels", "recruiting_fee_fen", "join_fee_fen"}) {
      const auto body =
          parse_json(R"({"scope":"brand","host_bp":1,"promoter_bp":1,")" + std::string(field) + R"(":1})");
      const auto checked = check_shape(*body, *route.takes);
      ASSERT_FALSE(checked) << field;
      EXPECT_EQ(checked.error().code, Code::unknown_field);
      EXPECT_EQ(checked.error().where, "/" + std::string(field));
      EXPECT_NE(checked.error().detail.find("recruiter_bp"), std::string::npos) << checked.error().detail;
    }
    return;
  }
  FAIL() << "no route putPlan";
}

}  // namespace
}  // namespace lianbo::catalog
