#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <numeric>
#include <random>
#include <set>
#include <thread>

#include "base/crypto.hpp"
#include "base/csv.hpp"
#include "org/org_api.hpp"
#include "org/org_events.hpp"
#include "org/org_service.hpp"
#include "org/org_store.hpp"
#include "org/sessions.hpp"
#include "org/test_world.hpp"
#include "support/database.hpp"

namespace lianbo::org {
namespace {

using db::Tx;

const db::Sql kCountAgents{"test.org.count_agents", "select count(*) from agents"};
const db::Sql kCountStores{"test.org.count_stores", "select count(*) from stores"};
const db::Sql kCountPersons{"test.org.count_persons", "select count(*) from persons"};
const db::Sql kCountAudit{"test.org.count_audit", "select count(*) from audit where action = $1"};
const db::Sql kTokens{"test.org.tokens", "select token_sha256 from sessions"};
const db::Sql kStoresPerAgent{
    "test.org.stores_per_agent",
    "select count(*) from agents a where (select count(*) from stores s where s.agent_id = a.id) <> 1"};

ON_BOTH_ENGINES(OrgStoreTest);

TEST_P(OrgStoreTest, a_new_brand_has_an_owner_and_the_lock_rules_of_the_spec) {
  const auto found = db().read([&](Tx& tx) { return find_brand(tx, brand); });
  ASSERT_TRUE(found);
  EXPECT_EQ(found->name, "联播");
  EXPECT_EQ(found->currency, "CNY");
  EXPECT_EQ(found->time_zone, "Asia/Shanghai");
  const auto rules = db().read([&](Tx& tx) { return lock_rules(tx, brand); });
  ASSERT_TRUE(rules);
  EXPECT_EQ(rules->version, 1);
  EXPECT_TRUE(rules->same_rules({1, 30, 7, 45, false, false}));
  const auto owner = *db().read([&](Tx& tx) -> Result<Login> { return *find_login(tx, "boss"); });
  EXPECT_EQ(caller_of(owner.person).roles_at(brand), kOwner);
  const auto taken = db().write([&](Tx& tx) { return create_brand(tx, call(), new_brand("boss")); });
  EXPECT_EQ(taken.error().code, Code::login_taken);
  EXPECT_EQ((*db().read([&](Tx& tx) -> Result<std::vector<Brand>> { return all_brands(tx, 10); })).size(), 1u);
}

TEST_P(OrgStoreTest, changed_lock_rules_are_a_new_version_and_the_old_one_stays) {
  const auto set = [&](LockRules rules) {
    return db().write([&](Tx& tx) { return set_lock_rules(tx, call(), brand, rules); });
  };
  EXPECT_EQ(set({0, 30, 7, 45, false, false})->version, 1);  // the same rules: no new version
  EXPECT_EQ(set({0, -1, 0, 0, true, true})->version, 2);
  EXPECT_EQ(set({0, 30, 7, 45, false, false})->version, 3);
  EXPECT_EQ(set({0, 0, 7, 45, false, false}).error().where, "/validity_days");
  const auto second = db().read([&](Tx& tx) { return lock_rules_version(tx, brand, 2); });
  EXPECT_TRUE(second->same_rules({2, -1, 0, 0, true, true}));
  EXPECT_EQ(db().read([&](Tx& tx) { return lock_rules_version(tx, brand, 4); }).error().code, Code::not_found);
  EXPECT_EQ(count(kCountAudit, {"lock_rules.change"}), 2);
}

TEST_P(OrgStoreTest, an_agent_comes_with_one_store_and_a_code_is_taken_once) {
  const Agent agent = *add_agent("A1");
  const auto owner = db().read([&](Tx& tx) { return store_owner(tx, agent.store); });
  ASSERT_TRUE(owner);
  EXPECT_EQ(owner->agent.id, agent.id);
  EXPECT_EQ(owner->store.name, "agent A1");
  EXPECT_EQ(owner->store.brand, brand);
  EXPECT_EQ(add_agent("A1").error().code, Code::conflict);
  EXPECT_EQ(add_agent("A2", AgentState::left).error().code, Code::invalid_field);
  EXPECT_EQ(add_agent("A2", AgentState::active, AgentId{77}).error().code, Code::parent_invalid);
  EXPECT_EQ(add_agent("A2", AgentState::active, agent.id)->parent, agent.id);
  EXPECT_EQ(count(kCountAgents), 2);
  EXPECT_EQ(count(kCountStores), 2);
  EXPECT_EQ(count(kCountPersons), 3);
}

TEST_P(OrgStoreTest, a_parent_of_another_brand_is_refused) {
  const auto other = *db().write([&](Tx& tx) { return create_brand(tx, call(), new_brand("other")); });
  const Agent agent = *add_agent("A1");
  NewAgent wish;
  wish.code = "B1";
  wish.name = "B";
  wish.parent = agent.id;
  const auto made = db().write([&](Tx& tx) { return create_agent(tx, call(), other, wish); });
  EXPECT_EQ(made.error().code, Code::parent_invalid);
}

TEST_P(OrgStoreTest, every_change_of_state_is_kept_audited_and_told) {
  std::vector<std::string> told;
  std::mutex mutex;
  db().on_commit([&](std::vector<db::Event>&& events) {
    const std::scoped_lock lock(mutex);
    for (const auto& e : events)
      if (e.topic == kAgentChanged) told.push_back(e.payload.substr(e.payload.find("\"from\"")));
  });
  const Agent agent = *add_agent("A1", AgentState::applied);
  const auto go = [&](AgentState to) {
    return db().write([&](Tx& tx) { return set_agent_state(tx, call(), agent.id, to, "because"); });
  };
  EXPECT_EQ(go(AgentState::active).error().code, Code::agent_state_conflict);
  for (const auto to :
       {AgentState::training, AgentState::active, AgentState::suspended, AgentState::active, AgentState::left})
    ASSERT_TRUE(go(to)) << state_text(to);
  for (const auto to : {AgentState::applied, AgentState::training, AgentState::active, AgentState::suspended})
    EXPECT_EQ(go(to).error().code, Code::agent_state_conflict);
  const auto changes =
      *db().read([&](Tx& tx) -> Result<std::vector<store::AgentChange>> { return store::changes(tx, agent.id, 100); });
  ASSERT_EQ(changes.size(), 6u);
  EXPECT_EQ(changes[0].from, std::nullopt);
  EXPECT_EQ(changes[5].from, AgentState::active);
  EXPECT_EQ(changes[5].to, AgentState::left);
  EXPECT_EQ(changes[5].reason, "because");
  EXPECT_EQ(count(kCountAudit, {"agent.state"}), 5);
  const std::scoped_lock lock(mutex);
  ASSERT_EQ(told.size(), 6u);
  EXPECT_EQ(told[0], R"("from":null,"to":"applied"})");
  EXPECT_EQ(told[5], R"("from":"active","to":"left"})");
}

TEST_P(OrgStoreTest, who_has_left_is_no_agent_of_the_brand_any_more) {
  const Agent agent = *add_agent("A1");
  const auto mine = [&] {
    return *db().read([&](Tx& tx) -> Result<std::optional<Agent>> { return agent_of_person(tx, brand, agent.person); });
  };
  EXPECT_EQ(mine()->id, agent.id);
  EXPECT_TRUE(caller_of(agent.person).agent_at(brand)->active);
  ASSERT_TRUE(db().write([&](Tx& tx) { return set_agent_state(tx, call(), agent.id, AgentState::suspended, ""); }));
  EXPECT_EQ(mine()->id, agent.id);
  EXPECT_FALSE(caller_of(agent.person).agent_at(brand)->active);
  ASSERT_TRUE(db().write([&](Tx& tx) { return set_agent_state(tx, call(), agent.id, AgentState::left, ""); }));
  EXPECT_FALSE(mine());
  EXPECT_EQ(caller_of(agent.person).agent_at(brand), nullptr);
}

TEST_P(OrgStoreTest, pages_of_agents_hold_each_one_once_and_filters_hold) {
  for (int i = 0; i < 7; ++i)
    ASSERT_TRUE(add_agent("A" + std::to_string(i), i % 2 ? AgentState::active : AgentState::training));
  std::vector<std::string> seen;
  AgentId after;
  for (;;) {
    const auto page =
        *db().read([&](Tx& tx) -> Result<std::vector<Agent>> { return agents_of(tx, brand, {}, 3, after); });
    if (page.empty()) break;
    for (const auto& a : page) seen.push_back(a.code);
    after = page.back().id;
  }
  EXPECT_EQ(seen, (std::vector<std::string>{"A0", "A1", "A2", "A3", "A4", "A5", "A6"}));
  const auto active = *db().read([&](Tx& tx) -> Result<std::vector<Agent>> {
    return agents_of(tx, brand, {AgentState::active, "", {}}, 100, {});
  });
  EXPECT_EQ(active.size(), 3u);
  const auto nowhere = *db().read([&](Tx& tx) -> Result<std::vector<Agent>> {
    return agents_of(tx, brand, {std::nullopt, "nowhere", {}}, 100, {});
  });
  EXPECT_TRUE(nowhere.empty());
}

// ---- the file

TEST_P(OrgStoreTest, ten_thousand_agents_come_in_with_shuffled_parents_and_again_without_change) {
  constexpr int kAgents = 10'000;
  std::mt19937 shuffle(7);
  std::vector<int> order(kAgents), parent(kAgents, -1);
  std::iota(order.begin(), order.end(), 0);
  for (int i = 1; i < kAgents; ++i)
    if (shuffle() % 50 != 0)
      parent[static_cast<std::size_t>(i)] = static_cast<int>(shuffle() % static_cast<unsigned>(i));
  std::shuffle(order.begin(), order.end(), shuffle);
  const auto code = [](int i) { return i < 0 ? std::string() : "C" + std::to_string(i); };
  CsvWriter w;
  w.row({"编号", "姓名", "手机", "地区", "级别", "上级"});
  for (const int i : order)
    w.row({code(i), "代理" + std::to_string(i), "+86 13800000000", "华东", "gold",
           code(parent[static_cast<std::size_t>(i)])});

  const Instant began = monotonic_ms();
  const auto report = import_agents(db(), call(), brand, w.text());
  const Instant took = monotonic_ms() - began;
  ASSERT_TRUE(report) << report.error().text();
  RecordProperty("ms", static_cast<int>(took));
  EXPECT_EQ(report->imported, kAgents);
  EXPECT_EQ(report->stores, kAgents);
  EXPECT_EQ(count(kCountAgents), kAgents);
  EXPECT_EQ(count(kStoresPerAgent), 0);
  for (const int i : {0, 1, 17, 5'000, 9'999}) {
    const Agent agent = by_code(code(i));
    const int p = parent[static_cast<std::size_t>(i)];
    EXPECT_EQ(agent.parent, p < 0 ? AgentId{} : by_code(code(p)).id);
    EXPECT_EQ(agent.phone, "+86 13800000000");
    EXPECT_EQ(agent.state, AgentState::active);
  }
  const auto again = import_agents(db(), call(kNow + 1), brand, w.text());
  ASSERT_TRUE(again) << again.error().text();
  EXPECT_EQ(again->imported, 0);
  EXPECT_EQ(again->updated, 0);
  EXPECT_EQ(again->unchanged, kAgents);
  EXPECT_EQ(count(kCountStores), kAgents);
}

TEST_P(OrgStoreTest, a_second_file_changes_by_code_only_what_it_says) {
  ASSERT_TRUE(
      import_agents(db(), call(), brand, "code,name,phone,parent,store\nA1,Li,13800000001,,Li's\nA2,Wang,,A1,\n"));
  const Agent before = by_code("A1");
  const auto report =
      import_agents(db(), call(), brand, "code,name,state,store\nA1,Li Lei,suspended,\nA2,Wang,,\nA3,New,,\n");
  ASSERT_TRUE(report) << report.error().text();
  EXPECT_EQ(report->imported, 1);
  EXPECT_EQ(report->updated, 1);
  EXPECT_EQ(report->unchanged, 1);
  const Agent after = by_code("A1");
  EXPECT_EQ(after.id, before.id);
  EXPECT_EQ(after.person, before.person);
  EXPECT_EQ(after.name, "Li Lei");
  EXPECT_EQ(after.phone, "13800000001");
  EXPECT_EQ(after.state, AgentState::suspended);
  EXPECT_EQ(db().read([&](Tx& tx) { return find_store(tx, after.store); })->name, "Li's");
  EXPECT_EQ(by_code("A2").parent, before.id);
  EXPECT_EQ(count(kCountAudit, {"agent.state"}), 1);
  // A parent may be an agent of an earlier file.
  ASSERT_TRUE(import_agents(db(), call(), brand, "code,name,parent\nA4,Zhao,A2\nA1,Li Lei,\n"));
  EXPECT_EQ(by_code("A4").parent, by_code("A2").id);
  // And a circle through one is refused.
  EXPECT_EQ(import_agents(db(), call(), brand, "code,name,parent\nA1,Li Lei,A4\n").error().where,
            "line 2, column parent");
  EXPECT_FALSE(by_code("A1").parent);
}

TEST_P(OrgStoreTest, a_file_with_one_bad_row_imports_nothing) {
  ASSERT_TRUE(import_agents(db(), call(), brand, "code,name\nA1,Li\n"));
  const auto bad = import_agents(db(), call(), brand, "code,name,parent\nA1,Changed,\nA2,Wang,A1\nA3,Zhao,A9\n");
  ASSERT_FALSE(bad);
  EXPECT_EQ(bad.error().text(),
            "csv_invalid: no agent has the code \"A9\", neither in this file nor before it (at line 4, column parent)");
  EXPECT_EQ(by_code("A1").name, "Li");
  EXPECT_EQ(count(kCountAgents), 1);
  EXPECT_EQ(count(kCountAudit, {"agents.import"}), 1);
  EXPECT_EQ(import_agents(db(), call(), BrandId{5}, "code,name\nA1,Li\n").error().code, Code::not_found);
}

class FailNth : public db::FaultPlan {
 public:
  explicit FailNth(int n) : left_(n) {}
  bool fail_statement(const db::Sql& sql) override {
    return std::string_view(sql.name).starts_with("org.") && left_-- == 0;
  }
  bool fail_commit() override { return left_-- == 0; }

 private:
  std::atomic<int> left_;
};

TEST_P(OrgStoreTest, an_import_that_breaks_at_any_statement_or_the_commit_leaves_nothing) {
  const std::string file = "code,name,parent\nA2,Wang,A1\nA1,Li,\n";
  bool done = false;
  int broken = 0;
  for (int n = 0; n < 100 && !done; ++n) {
    FailNth faults(n);
    db().set_faults(&faults);
    const auto report = import_agents(db(), call(), brand, file);
    db().set_faults(nullptr);
    if (report) {
      done = true;
      EXPECT_EQ(count(kCountAgents), 2);
    } else {
      ++broken;
      ASSERT_EQ(count(kCountAgents), 0) << n;
      ASSERT_EQ(count(kCountStores), 0) << n;
      ASSERT_EQ(count(kCountPersons), 1) << n;
    }
  }
  EXPECT_TRUE(done);
  EXPECT_GT(broken, 7);  // lock, read, four inserts, audit, commit
}

// ---- logins, tokens, invitations

TEST_P(OrgStoreTest, a_token_opens_a_session_until_it_expires_or_ends_and_only_its_digest_is_kept) {
  const PersonId person = *db().write([&](Tx& tx) { return register_person(tx, call(), "li", "Li", "hash"); });
  const auto issue = [&](TokenKind kind, int days) {
    return *db().write([&](Tx& tx) { return issue_session(tx, call(), person, kind, "desk", days); });
  };
  const auto who = [&](const std::string& token, Instant now) {
    return db().read([&](Tx& tx) { return caller_of_token(tx, call(now), token); });
  };
  const std::string token = issue(TokenKind::login, 0), api = issue(TokenKind::api, 1);
  EXPECT_EQ(who(token, kNow)->person, person);
  EXPECT_FALSE(who(token, kNow)->guest);
  EXPECT_TRUE(who(token, kNow + 30 * kDayMs - 1));
  EXPECT_EQ(who(token, kNow + 30 * kDayMs).error().code, Code::unauthenticated);
  EXPECT_TRUE(who(api, kNow + kDayMs - 1));
  EXPECT_FALSE(who(api, kNow + kDayMs));
  EXPECT_FALSE(who("", kNow));
  EXPECT_FALSE(who(token + "x", kNow));
  const auto kept = *db().read([&](Tx& tx) -> Result<std::vector<std::string>> {
    return tx.all(kTokens, {}, [](const db::Row& r) { return r.str(0); });
  });
  ASSERT_EQ(kept.size(), 2u);
  EXPECT_NE(std::find(kept.begin(), kept.end(), sha256(token)), kept.end());
  EXPECT_EQ(std::find(kept.begin(), kept.end(), token), kept.end());
  EXPECT_EQ(*db().write([&](Tx& tx) -> Result<std::int64_t> { return forget_expired(tx, kNow + kDayMs); }), 1);
  EXPECT_TRUE(*db().write([&](Tx& tx) -> Result<bool> { return end_session(tx, token); }));
  EXPECT_FALSE(who(token, kNow));
}

TEST_P(OrgStoreTest, an_invitation_of_an_agent_is_good_once_for_seven_days_and_for_a_free_login) {
  const Agent agent = *add_agent("A1");
  ASSERT_TRUE(db().write([&](Tx& tx) { return register_person(tx, call(), "taken", "Wang", "hash"); }));
  const std::string token = *db().write([&](Tx& tx) { return invite_agent(tx, call(), agent.id); });
  const auto accept = [&](const std::string& t, const std::string& login, Instant now) {
    return db().write([&](Tx& tx) { return accept_invite(tx, call(now), t, login, "hash"); });
  };
  EXPECT_EQ(accept("no such token", "li", kNow).error().code, Code::invite_invalid);
  EXPECT_EQ(accept(token, "li", kNow + 7 * kDayMs).error().code, Code::invite_invalid);
  EXPECT_EQ(accept(token, "taken", kNow).error().code, Code::login_taken);  // and the invitation is not used up by it
  const std::string second = *db().write([&](Tx& tx) { return invite_agent(tx, call(), agent.id); });
  EXPECT_EQ(*accept(token, "li", kNow + 7 * kDayMs - 1), agent.person);
  EXPECT_EQ(accept(token, "li", kNow).error().code, Code::invite_invalid);
  EXPECT_EQ(accept(second, "li2", kNow).error().code, Code::invite_invalid);  // has a password by now
  EXPECT_EQ(db().write([&](Tx& tx) { return invite_agent(tx, call(), agent.id); }).error().code, Code::conflict);
}

TEST_P(OrgStoreTest, staff_is_invited_and_a_login_taken_by_a_stranger_gets_no_role) {
  const auto add = [&](const std::string& login, unsigned roles) {
    return db().write([&](Tx& tx) { return add_staff(tx, call(), brand, login, "Fin", roles); });
  };
  const StaffInvite fin = *add("fin", kFinance);
  EXPECT_EQ(fin.invite_token.size(), 43u);
  EXPECT_EQ(caller_of(fin.person).roles_at(brand), kFinance);
  EXPECT_EQ(add("fin", kFinance | kAuditor)->person, fin.person);
  EXPECT_EQ(caller_of(fin.person).roles_at(brand), kFinance | kAuditor);
  const PersonId squatter = *db().write([&](Tx& tx) { return register_person(tx, call(), "cfo", "?", "hash"); });
  EXPECT_EQ(add("cfo", kFinance).error().code, Code::login_taken);
  EXPECT_EQ(caller_of(squatter).roles_at(brand), 0u);
  EXPECT_EQ(add("x1", 0).error().where, "/roles");
  EXPECT_EQ(add("boss", kAuditor).error().code, Code::conflict);  // the only owner
  ASSERT_TRUE(add("fin", kOwner));
  ASSERT_TRUE(add("boss", kAuditor));
  const auto staff =
      *db().read([&](Tx& tx) -> Result<std::vector<StaffMember>> { return staff_of(tx, brand, 10, {}); });
  ASSERT_EQ(staff.size(), 2u);
  EXPECT_EQ(staff[0].login, "boss");
  EXPECT_EQ(staff[0].roles, kAuditor);
  EXPECT_TRUE(staff[0].has_password);
  EXPECT_FALSE(staff[1].has_password);
}

// ---- the server itself

TEST_P(OrgStoreTest, set_up_fixes_the_buckets_and_the_key_of_guest_cookies) {
  EXPECT_EQ(server_facts(db()).error().code, Code::not_found);
  settings.buckets = 16;
  const auto first = set_up(db(), settings, random);
  ASSERT_TRUE(first) << first.error().text();
  EXPECT_EQ(first->buckets, 16);
  EXPECT_GE(first->token_key.size(), 32u);
  reopen();
  const auto second = set_up(db(), settings, random);
  ASSERT_TRUE(second);
  EXPECT_EQ(second->token_key, first->token_key);
  EXPECT_EQ(*token_key(db()), first->token_key);
  settings.buckets = 64;
  const auto other = set_up(db(), settings, random);
  ASSERT_FALSE(other);
  EXPECT_EQ(other.error().where, "buckets");
  EXPECT_NE(other.error().detail.find("buckets = 16"), std::string::npos);
  EXPECT_EQ(server_facts(db())->buckets, 16);
  settings.buckets = 16;
  settings.clock = "simulated:2026-11-11T00:00:00Z";
  EXPECT_EQ(set_up(db(), settings, random).error().where, "clock");
}

// Stops the import before it writes a row it has read, until somebody else has changed that row or can't.
class PauseBeforeUpdate final : public db::FaultPlan {
 public:
  explicit PauseBeforeUpdate(std::function<void()> meanwhile) : meanwhile_(std::move(meanwhile)) {}
  bool fail_statement(const db::Sql& sql) override {
    if (std::string_view(sql.name) == "org.update_agent" && !std::exchange(met_, true)) meanwhile_();
    return false;
  }
  bool fail_commit() override { return false; }

 private:
  std::function<void()> meanwhile_;
  bool met_ = false;
};

TEST_P(OrgStoreTest, an_agent_suspended_during_an_import_stays_suspended) {
  const auto agent = *add_agent("A1");
  std::mutex mutex;
  std::condition_variable changed;
  bool suspended = false;
  std::jthread staff;
  PauseBeforeUpdate plan([&] {
    staff = std::jthread([&] {
      EXPECT_TRUE(db().write(
          [&](Tx& tx) { return set_agent_state(tx, call(), agent.id, AgentState::suspended, "complaints"); }));
      const std::scoped_lock lock(mutex);
      suspended = true;
      changed.notify_one();
    });
    std::unique_lock lock(mutex);
    changed.wait_for(lock, std::chrono::milliseconds(300), [&] { return suspended; });
  });
  db().set_faults(&plan);
  EXPECT_TRUE(import_agents(db(), call(), brand, "code,name\nA1,Li Lei\n"));
  staff.join();
  db().set_faults(nullptr);
  EXPECT_EQ(by_code("A1").state, AgentState::suspended);
  EXPECT_EQ(by_code("A1").name, "Li Lei");
}

TEST_P(OrgStoreTest, nodes_are_leased_apart_and_ids_of_the_next_holder_start_behind_the_horizon) {
  constexpr Instant kWall = 1'800'000'000'000;
  const auto a = lease_node(db(), "a:1", kWall, kNow);
  ASSERT_TRUE(a) << a.error().text();
  EXPECT_EQ(a->floor, kNow);
  EXPECT_EQ(a->horizon_at, kNow + kHorizonAheadMs);
  auto b = *lease_node(db(), "b:1", kWall, kNow);
  EXPECT_NE(b.node, a->node);
  // a was killed and starts again at once: its own number, behind what it may have made.
  const auto again = *lease_node(db(), "a:1", kWall + 1, kNow + 1);
  EXPECT_EQ(again.node, a->node);
  EXPECT_GT(again.floor, a->horizon_at);
  IdMaker before(a->node, a->floor), after(again.node, again.floor);
  EXPECT_LT(before.next(a->horizon_at, 3), after.next(kNow, 3));
  // The horizon only rises.
  ASSERT_TRUE(renew_horizon(db(), b, kWall + 10, kNow + 50'000));
  EXPECT_EQ(b.horizon_at, kNow + 50'000 + kHorizonAheadMs);
  ASSERT_TRUE(renew_horizon(db(), b, kWall + 20, kNow));
  EXPECT_EQ(b.horizon_at, kNow + 50'000 + kHorizonAheadMs);
  // All taken; then free again once they were not renewed for the lease's length.
  std::set<int> nodes{a->node, b.node};
  for (int i = 2; i < 32; ++i) nodes.insert(lease_node(db(), "c:" + std::to_string(i), kWall, kNow)->node);
  EXPECT_EQ(nodes.size(), 32u);
  EXPECT_EQ(lease_node(db(), "d:1", kWall + 30, kNow).error().code, Code::overloaded);
  ASSERT_TRUE(renew_horizon(db(), b, kWall + kLeaseMs, kNow));
  const auto heir = lease_node(db(), "d:1", kWall + kLeaseMs + 20, kNow);
  ASSERT_TRUE(heir) << heir.error().text();
  EXPECT_NE(heir->node, b.node);
  // Whoever lost the number is told.
  auto lost = *heir;
  lost.holder = "somebody else";
  EXPECT_EQ(renew_horizon(db(), lost, kWall, kNow).error().code, Code::conflict);
}

// ---- routes

ON_BOTH_ENGINES(OrgApiTest);

TEST_P(OrgApiTest, registering_logging_in_and_out_carry_the_guest_along) {
  const auto made = ask("createPerson", guest(), {}, R"({"login":"Li.Lei","password":"correct horse","name":"李雷"})");
  ASSERT_TRUE(made) << body(made);
  const auto value = *parse_json(made->body);
  const PersonId person = get_id<PersonId>(value, "person_id");
  ASSERT_EQ(merged.size(), 1u);
  EXPECT_EQ(merged[0], std::pair(PersonId{99}, person));
  EXPECT_EQ(code(ask("createPerson", guest(), {}, R"({"login":"li.lei","password":"correct horse","name":"x"})")),
            Code::login_taken);

  const auto in = ask("createSession", guest(7), {}, R"({"login":"LI.LEI","password":"correct horse"})");
  ASSERT_TRUE(in) << body(in);
  EXPECT_EQ(merged.back(), std::pair(PersonId{7}, person));
  const std::string token = get_text(*parse_json(in->body), "token");
  std::vector<std::string> cookies;
  for (const auto& [name, text] : in->headers)
    if (name == "set-cookie") cookies.push_back(text);
  ASSERT_EQ(cookies.size(), 2u);
  EXPECT_TRUE(cookies[0].starts_with("lb_sid=" + token + ";"));
  EXPECT_TRUE(cookies[1].starts_with("lb_guest=;"));

  const auto whoami = ask("getMe", as(person), {});
  EXPECT_NE(body(whoami).find("李雷"), std::string::npos);
  net::Request with_cookie;
  with_cookie.headers = {{"cookie", "lb_sid=" + token}};
  ASSERT_TRUE(ask("deleteSession", as(person), {}, "", with_cookie));
  EXPECT_FALSE(db().read([&](Tx& tx) { return caller_of_token(tx, call(), token); }));
}

TEST_P(OrgApiTest, a_wrong_password_and_an_unknown_login_look_alike_and_guessing_is_stopped) {
  ASSERT_TRUE(ask("createPerson", guest(), {}, R"({"login":"li","password":"correct horse","name":"Li"})"));
  const auto wrong = ask("createSession", guest(), {}, R"({"login":"li","password":"wrong horse"})");
  const auto unknown = ask("createSession", guest(), {}, R"({"login":"nobody","password":"wrong horse"})");
  EXPECT_EQ(code(wrong), Code::wrong_login);
  EXPECT_EQ(body(wrong), body(unknown));
  for (int i = 1; i < LoginThrottle::kAttempts; ++i)
    EXPECT_EQ(code(ask("createSession", guest(), {}, R"({"login":"LI","password":"wrong horse"})")), Code::wrong_login);
  EXPECT_EQ(code(ask("createSession", guest(), {}, R"({"login":"li","password":"correct horse"})")),
            Code::too_many_requests);
  Call later = guest();
  later.now += LoginThrottle::kWindowMs;
  EXPECT_TRUE(ask("createSession", later, {}, R"({"login":"li","password":"correct horse"})"));
}

TEST_P(OrgApiTest, an_invited_agent_logs_in_as_the_agent) {
  const Agent agent = *add_agent("A1");
  const std::vector<std::pair<std::string, std::string>> at{{"agent_id", agent.id.text()}};
  EXPECT_EQ(code(ask("inviteAgent", staff(kFinance), at)), Code::forbidden);
  const auto invite = ask("inviteAgent", staff(kOperator), at);
  ASSERT_TRUE(invite) << body(invite);
  const std::string token = get_text(*parse_json(invite->body), "invite_token");
  const auto in =
      ask("acceptInvite", guest(), {}, R"({"token":")" + token + R"(","login":"host","password":"correct horse"})");
  ASSERT_TRUE(in) << body(in);
  EXPECT_NE(in->body.find(agent.store.text()), std::string::npos);
  EXPECT_EQ(code(ask("acceptInvite", guest(), {},
                     R"({"token":")" + token + R"(","login":"host2","password":"correct horse"})")),
            Code::invite_invalid);
}

TEST_P(OrgApiTest, a_phone_number_is_whole_only_for_the_agent_and_for_staff_that_operates_and_that_is_audited) {
  const Agent agent = *add_agent("A1");
  const std::vector<std::pair<std::string, std::string>> at{{"agent_id", agent.id.text()}};
  const auto phone = [&](const Call& who) { return get_text(*parse_json(ask("getAgent", who, at)->body), "phone"); };
  EXPECT_EQ(phone(as(agent.person)), "13812345678");
  EXPECT_EQ(count(kCountAudit, {"agent.read_phone"}), 0);
  EXPECT_EQ(phone(staff(kOperator)), "13812345678");
  EXPECT_EQ(count(kCountAudit, {"agent.read_phone"}), 1);
  EXPECT_EQ(phone(staff(kAuditor)), "138****5678");
  EXPECT_EQ(count(kCountAudit, {"agent.read_phone"}), 1);
  EXPECT_EQ(code(ask("getAgent", as((*add_agent("A2")).person), at)), Code::forbidden);
  EXPECT_EQ(code(ask("getAgent", guest(), at)), Code::unauthenticated);
  const auto list = ask("listAgents", staff(kOwner), at_brand());
  EXPECT_EQ(body(list).find("13812345678"), std::string::npos);
  const auto store = ask("getStore", guest(), {{"store_id", agent.store.text()}});
  ASSERT_TRUE(store) << body(store);
  EXPECT_EQ(store->body.find("5678"), std::string::npos);
}

TEST_P(OrgApiTest, each_route_of_a_brand_asks_for_the_right_role) {
  const std::string rules =
      R"({"validity_days":10,"protect_days":0,"order_extends_days":0,"lock_agents":false,"self_purchase":false})";
  const std::string member = R"({"login":"fin","name":"Fin","roles":["finance"]})",
                    agent = R"({"code":"A1","name":"Li"})";
  struct Case {
    const char* route;
    std::string body;
    unsigned roles;  // those that may
  };
  const Case cases[] = {
      {"getLockRules", "", kAnyStaff},
      {"putLockRules", rules, kOperates},
      {"addStaff", member, kOwner},
      {"listStaff", "", kAnyStaff},
      {"listAgents", "", kAnyStaff},
      {"createAgent", agent, kOperates},
      {"importAgents", "code,name\nA1,Li\n", kOperates},
  };
  for (const auto& c : cases) {
    EXPECT_EQ(code(ask(c.route, guest(), at_brand(), c.body)), Code::unauthenticated) << c.route;
    for (const unsigned role : {kOwner, kOperator, kFinance, kAuditor}) {
      const Code got = code(ask(c.route, staff(role), at_brand(), c.body));
      EXPECT_EQ(got == Code::forbidden, (role & c.roles) == 0) << c.route << " " << role_names(role)[0];
      Call elsewhere = staff(role);
      elsewhere.caller.staff[0].brand = BrandId{12345};
      EXPECT_EQ(code(ask(c.route, elsewhere, at_brand(), c.body)), Code::forbidden) << c.route;
    }
  }
  EXPECT_EQ(
      code(ask("createBrand", staff(kOwner), {}, R"({"name":"B","owner_login":"bb","owner_password":"12345678"})")),
      Code::forbidden);
  EXPECT_TRUE(ask("createBrand", call(), {}, R"({"name":"B","owner_login":"bb","owner_password":"12345678"})"));
  EXPECT_TRUE(ask("getBrand", guest(), at_brand()));
  EXPECT_EQ(code(ask("getBrand", guest(), {{"brand_id", "nonsense"}})), Code::not_found);
}

TEST_P(OrgApiTest, agents_are_added_listed_in_pages_and_moved) {
  ASSERT_TRUE(
      ask("importAgents", staff(kOperator), at_brand(), "code,name,region\nA1,Li,华东\nA2,Wang,华南\nA3,Zhao,华东\n"));
  const auto made = ask("createAgent", staff(kOperator), at_brand(),
                        R"({"code":" A4 ","name":"Qian","state":"applied","store":"Qian's"})");
  ASSERT_TRUE(made) << body(made);
  const std::string id = get_text(*parse_json(made->body), "id");
  net::Request page;
  page.query = {{"limit", "2"}, {"region", "华东"}};
  const auto first = ask("listAgents", staff(kAuditor), at_brand(), "", page);
  ASSERT_TRUE(first) << body(first);
  EXPECT_EQ(get_list(*parse_json(first->body), "items").size(), 2u);
  page.query.emplace_back("after", get_text(*parse_json(first->body), "next"));
  EXPECT_EQ(body(ask("listAgents", staff(kAuditor), at_brand(), "", page)), R"({"items":[],"next":null})");
  page.query = {{"state", "busy"}};
  EXPECT_EQ(code(ask("listAgents", staff(kAuditor), at_brand(), "", page)), Code::invalid_field);
  EXPECT_EQ(code(ask("setAgentState", staff(kOperator), {{"agent_id", id}}, R"({"state":"active"})")),
            Code::agent_state_conflict);
  EXPECT_EQ(code(ask("setAgentState", staff(kFinance), {{"agent_id", id}}, R"({"state":"training"})")),
            Code::forbidden);
  EXPECT_TRUE(ask("setAgentState", staff(kOperator), {{"agent_id", id}}, R"({"state":"training","reason":"passed"})"));
}

TEST_P(OrgApiTest, an_api_token_has_its_owners_rights) {
  const auto owner = *db().read([&](Tx& tx) -> Result<Login> { return *find_login(tx, "boss"); });
  EXPECT_EQ(code(ask("createApiToken", guest(), {}, R"({"name":"erp"})")), Code::unauthenticated);
  const auto made = ask("createApiToken", as(owner.person), {}, R"({"name":"erp","days":2})");
  ASSERT_TRUE(made) << body(made);
  const std::string token = get_text(*parse_json(made->body), "token");
  EXPECT_EQ(db().read([&](Tx& tx) { return caller_of_token(tx, call(kNow + 2 * kDayMs - 1), token); })->roles_at(brand),
            kOwner);
  EXPECT_FALSE(db().read([&](Tx& tx) { return caller_of_token(tx, call(kNow + 2 * kDayMs), token); }));
}

TEST(OrgStoreProperty, an_imported_forest_is_the_tree_in_the_database) {
  EXPECT_TRUE(rc::check("forest", [] {
    static test::ScratchDatabase scratch(test::Engine::sqlite);
    static const auto database = scratch.open();
    static IdMaker ids;
    static SecureRandom random;
    static int round = 0;
    Call call;
    call.caller.system = true;
    call.now = kNow;
    call.ids = &ids;
    call.random = &random;
    NewBrand wish;
    wish.name = "b";
    wish.owner_login = "owner" + std::to_string(++round);
    wish.owner_name = "o";
    const BrandId brand = *database->write([&](Tx& tx) { return create_brand(tx, call, wish); });
    const auto n = *rc::gen::inRange<std::size_t>(1, 40);
    std::vector<int> parent(n, -1);
    for (std::size_t i = 1; i < n; ++i) parent[i] = *rc::gen::inRange(-1, static_cast<int>(i));
    const auto code = [](int i) { return i < 0 ? std::string() : "C" + std::to_string(i); };
    // The forest comes in two files that cut it anywhere; the second is whole, so it also repeats the first.
    const auto cut = *rc::gen::inRange<std::size_t>(0, n);
    for (const std::size_t size : {cut, n}) {
      if (size == 0) continue;
      std::vector<std::size_t> order(size);
      std::iota(order.begin(), order.end(), 0u);
      std::shuffle(order.begin(), order.end(), std::minstd_rand(*rc::gen::arbitrary<unsigned>()));
      CsvWriter w;
      w.row({"code", "name", "parent"});
      for (const auto i : order) w.row({code(static_cast<int>(i)), "x", code(parent[i])});
      RC_ASSERT(import_agents(*database, call, brand, w.text()).has_value());
    }
    const auto agents =
        *database->read([&](Tx& tx) -> Result<std::vector<Agent>> { return agents_of(tx, brand, {}, 200, {}); });
    RC_ASSERT(agents.size() == n);
    std::map<AgentId, std::string> codes;
    for (const auto& a : agents) codes[a.id] = a.code;
    for (const auto& a : agents)
      RC_ASSERT(codes[a.parent] == code(parent[static_cast<std::size_t>(std::stoi(a.code.substr(1)))]));
  }));
}

}  // namespace
}  // namespace lianbo::org
