// Coming in, being changed, getting back in: applications, edits of an agent, new passwords, and the audit that tells.
#include "org/recruiting.hpp"

#include <rapidcheck.h>

#include <boost/json/serialize.hpp>
#include <map>
#include <set>

#include "org/sessions.hpp"
#include "org/test_world.hpp"

namespace lianbo::org {
namespace {

class RecruitingTest : public OrgApiTest {
 protected:
  PersonId buyer(const std::string& login) {
    return *db().write([&](Tx& tx) { return register_person(tx, call(), login, login, "hash"); });
  }
  // A recruit link is known by its token; here the token is the recruiter's code.
  RecruitedByFn links() {
    return [this](Tx& tx, const Call&, BrandId at, std::string_view token) -> Result<RecruitedBy> {
      TRY(const Agent by, find_agent_by_code(tx, at, token));
      return RecruitedBy{ShareId{77}, by.id, kNow - 1};
    };
  }
  Result<Application> apply(PersonId person, const std::string& token = {}) {
    const Call who = as(person);
    return db().write([&](Tx& tx) {
      return apply_as_agent(tx, who, brand, {"Xiao", "13800138000", "I know everybody", token}, links());
    });
  }
  Result<Agent> edit(AgentId id, const AgentPatch& patch) {
    return db().write([&](Tx& tx) { return edit_agent(tx, call(), id, patch); });
  }
  Agent now(AgentId id) {
    return *db().read([&](Tx& tx) { return find_agent(tx, id); });
  }
  std::vector<std::pair<std::string, std::string>> at(AgentId id) {
    return {{"agent_id", id.text()}, {"brand_id", brand.text()}};
  }
};
ON_BOTH_ENGINES(RecruitingTest);

TEST_P(RecruitingTest, AnApplicationIsAnAgentWithTheRecruitersRegionAndTheirLink) {
  const Agent anna = *add_agent("anna", AgentState::active, {}, "华东");
  const PersonId xiao = buyer("xiao");
  const auto made = apply(xiao, "anna");
  ASSERT_TRUE(made) << made.error().text();
  EXPECT_EQ(made->agent.state, AgentState::applied);
  EXPECT_EQ(made->agent.person, xiao);
  EXPECT_EQ(made->agent.parent, anna.id);
  EXPECT_EQ(made->agent.region, "华东");
  EXPECT_EQ(made->share, ShareId{77});
  EXPECT_EQ(made->opened_at, kNow - 1);
  EXPECT_EQ(apply(xiao, "anna").error().code, Code::conflict);
  EXPECT_EQ(apply(buyer("yue"), "nobody").error().code, Code::not_found);
  // Once somebody gives a code, that is the agent's; the region decides whose staff may say yes.
  const Call south = [&] {
    EXPECT_TRUE(add_agent("s1", AgentState::active, {}, "华南"));
    return member("south", kOperator, {"华南"});
  }();
  EXPECT_EQ(code(ask("approveApplication", south, at(made->agent.id), "{}")), Code::forbidden);
  const Call east = member("east", kOperator, {"华东"});
  EXPECT_EQ(code(ask("approveApplication", east, at(made->agent.id), R"({"region":"华南"})")), Code::forbidden);
  EXPECT_EQ(code(ask("approveApplication", east, at(made->agent.id), R"({"code":"anna"})")), Code::conflict);
  const auto yes = ask("approveApplication", east, at(made->agent.id), R"({"code":"X1","level":"gold"})");
  ASSERT_TRUE(yes) << body(yes);
  EXPECT_EQ(now(made->agent.id).code, "X1");
  EXPECT_EQ(now(made->agent.id).level, "gold");
  EXPECT_EQ(now(made->agent.id).state, AgentState::active) << "nothing to learn here";
  EXPECT_EQ(code(ask("approveApplication", east, at(made->agent.id), "{}")), Code::agent_state_conflict);
  EXPECT_EQ(code(ask("refuseApplication", east, at(made->agent.id), R"({"reason":"no"})")), Code::agent_state_conflict);
}

TEST_P(RecruitingTest, WhoMayBecomeAParent) {
  const Agent active = *add_agent("active"), suspended = *add_agent("suspended", AgentState::suspended),
              training = *add_agent("training", AgentState::training);
  EXPECT_EQ(apply(buyer("p1"), "active")->agent.parent, active.id);
  EXPECT_EQ(apply(buyer("p2"), "suspended")->agent.parent, AgentId{});
  EXPECT_EQ(apply(buyer("p3"), "training")->agent.parent, AgentId{});
  // Somebody who was an agent, has left, and comes by a link of their own from then.
  const auto first = apply(buyer("p4"), "active");
  ASSERT_TRUE(db().write([&](Tx& tx) { return refuse_application(tx, call(), first->agent.id, "not now", {}); }));
  const auto again = apply(first->agent.person, first->agent.code);
  ASSERT_TRUE(again) << again.error().text();
  EXPECT_EQ(again->agent.parent, AgentId{}) << "nobody recruits themselves";
}

TEST_P(RecruitingTest, ApplicationsAreListedByDecisionAndSeenByWhoMadeThem) {
  const PersonId xiao = buyer("xiao"), yue = buyer("yue");
  const Agent anna = *add_agent("anna");
  const auto waits = apply(xiao, "anna"), refused = apply(yue);
  ASSERT_TRUE(ask("refuseApplication", staff(kOperator), at(refused->agent.id), R"({"reason":"too far away"})"));
  const auto listed = [&](const std::string& decision) {
    net::Request request;
    if (!decision.empty()) request.query = {{"decision", decision}};
    const auto reply = ask("listApplications", staff(kAuditor), at_brand(), "", request);
    EXPECT_TRUE(reply) << body(reply);
    const json::value page = *parse_json(reply->body);
    std::set<std::string> out;
    for (const auto& item : get_list(page, "items")) out.insert(get_text(item, "agent_id"));
    return out;
  };
  using Ids = std::set<std::string>;
  EXPECT_EQ(listed("waits"), Ids{waits->agent.id.text()});
  EXPECT_EQ(listed("refused"), Ids{refused->agent.id.text()});
  EXPECT_EQ(listed("approved"), Ids{});
  EXPECT_EQ(listed("").size(), 2u);
  const auto own = ask("getOwnApplication", as(yue), at_brand());
  ASSERT_TRUE(own) << body(own);
  EXPECT_EQ(get_text(*parse_json(own->body), "reason"), "too far away") << "also once it was refused";
  EXPECT_EQ(own->body.find("13800138000"), std::string::npos);
  EXPECT_EQ(get_text(*parse_json(body(ask("getOwnApplication", as(xiao), at_brand()))), "decision"), "waits");
  EXPECT_EQ(code(ask("getOwnApplication", as(anna.person), at_brand())), Code::not_found) << "came by no application";
  EXPECT_EQ(code(ask("listApplications", as(anna.person), at_brand())), Code::forbidden);
  const auto recruits = ask("listRecruits", as(anna.person), at(anna.id));
  ASSERT_TRUE(recruits) << body(recruits);
  EXPECT_NE(recruits->body.find(waits->agent.id.text()), std::string::npos);
  EXPECT_EQ(recruits->body.find(refused->agent.id.text()), std::string::npos);
  EXPECT_EQ(code(ask("listRecruits", as(xiao), at(anna.id))), Code::forbidden);
}

TEST_P(RecruitingTest, FiveApplicationsAreEnough) {
  const PersonId xiao = buyer("xiao");
  for (int i = 0; i < kMaxApplications; ++i) {
    const auto made = apply(xiao);
    ASSERT_TRUE(made) << i;
    ASSERT_TRUE(db().write([&](Tx& tx) { return refuse_application(tx, call(), made->agent.id, "no", {}); }));
  }
  EXPECT_EQ(apply(xiao).error().code, Code::conflict);
}

TEST_P(RecruitingTest, AnEditChangesWhatItNamesAndEachChangeIsTold) {
  const Agent boss = *add_agent("boss"), anna = *add_agent("A1", AgentState::active, boss.id, "华东");
  const auto edited = ask("editAgent", staff(kOperator), at(anna.id),
                          R"({"name":"Anna","phone":"13999999999","region":"华东/上海","parent_id":null})");
  ASSERT_TRUE(edited) << body(edited);
  const Agent after = now(anna.id);
  EXPECT_EQ(after.name, "Anna");
  EXPECT_EQ(after.phone, "13999999999");
  EXPECT_EQ(after.region, "华东/上海");
  EXPECT_EQ(after.parent, AgentId{});
  EXPECT_EQ(after.code, "A1");
  EXPECT_EQ(after.state, AgentState::active);
  const auto audit = ask("listAudit", staff(kAuditor), at_brand());
  const json::value page = *parse_json(body(audit));
  const json::value& row = get_list(page, "items").at(0);
  EXPECT_EQ(get_text(row, "action"), "agent.edit");
  EXPECT_EQ(get_text(row, "subject_id"), anna.id.text());
  EXPECT_EQ(json::serialize(get_object(row, "detail")),
            R"({"name":{"from":"agent A1","to":"Anna"},"phone":{"from":"138****5678","to":"139****9999"},)"
            R"("region":{"from":"华东","to":"华东/上海"},"parent":{"from":"boss","to":""}})");
  // Nothing changes: nothing is told.
  ASSERT_TRUE(ask("editAgent", staff(kOperator), at(anna.id), R"({"name":"Anna"})"));
  EXPECT_EQ(seen([&](Tx& tx) { return audit_of(tx, brand, {.action = "agent.edit"}, 10, {}); }).size(), 1u);
  for (const auto& [patch, where] :
       std::vector<std::pair<AgentPatch, std::string>>{{{.code = "boss"}, "/code"},
                                                       {{.code = ""}, "/code"},
                                                       {{.name = ""}, "/name"},
                                                       {{.phone = "call me"}, "/phone"},
                                                       {{.region = "a//b"}, "/region"},
                                                       {{.parent = anna.id}, "/parent_id"},
                                                       {{.parent = AgentId{12345}}, "/parent_id"}}) {
    const auto bad = edit(anna.id, patch);
    ASSERT_FALSE(bad) << where;
    EXPECT_EQ(bad.error().where, where);
  }
}

// Against a parent list in memory: an edit that would make a circle is refused, and no other.
TEST_P(RecruitingTest, NoEditOfAnyParentMakesACircle) {
  constexpr std::size_t kAgents = 7;
  std::vector<AgentId> agents;
  for (std::size_t i = 0; i < kAgents; ++i) agents.push_back(add_agent("c" + std::to_string(i))->id);
  EXPECT_TRUE(rc::check("circles", [&] {
    std::vector<int> parent(kAgents, -1);
    for (std::size_t i = 0; i < kAgents; ++i) {
      parent[i] = -1;
      RC_ASSERT(edit(agents[i], {.parent = AgentId{}}).has_value());
    }
    for (int step = *rc::gen::inRange(1, 12); step > 0; --step) {
      const auto child = *rc::gen::inRange<std::size_t>(0, kAgents);
      const auto wanted = *rc::gen::inRange<int>(-1, kAgents);
      bool circle = false;
      for (int at = wanted; at >= 0; at = parent[static_cast<std::size_t>(at)])
        circle = circle || at == static_cast<int>(child);
      const auto done =
          edit(agents[child], {.parent = wanted < 0 ? AgentId{} : agents[static_cast<std::size_t>(wanted)]});
      RC_ASSERT(done.has_value() == !circle);
      if (!circle)
        parent[child] = wanted;
      else
        RC_ASSERT(done.error().code == Code::parent_invalid);
    }
  }));
}

TEST_P(RecruitingTest, ANewPasswordPutsTheOldLoginsOut) {
  const Agent anna = *add_agent("A1");
  const std::string first = *db().write([&](Tx& tx) { return invite_agent(tx, call(), anna.id); });
  ASSERT_TRUE(
      ask("acceptInvite", guest(), {}, R"({"token":")" + first + R"(","login":"anna","password":"old password"})"));
  const auto logs_in = [&](const std::string& password) {
    return ask("createSession", guest(), {}, R"({"login":"anna","password":")" + password + "\"}").has_value();
  };
  const auto token_works = [&](const std::string& token) {
    return db().read([&](Tx& tx) { return caller_of_token(tx, call(), token); }).has_value();
  };
  const std::string session = get_text(
      *parse_json(ask("createSession", guest(), {}, R"({"login":"anna","password":"old password"})")->body), "token");
  const auto reset = ask("resetAgentPassword", staff(kOperator), at(anna.id));
  ASSERT_TRUE(reset) << body(reset);
  const std::string token = get_text(*parse_json(reset->body), "invite_token");
  EXPECT_TRUE(logs_in("old password")) << "good until the new one is chosen";
  const auto second = ask("resetAgentPassword", staff(kOperator), at(anna.id));
  const std::string newest = get_text(*parse_json(body(second)), "invite_token");
  EXPECT_EQ(code(ask("acceptInvite", guest(), {}, R"({"token":")" + token + R"(","password":"new password"})")),
            Code::invite_invalid)
      << "an older one is void";
  ASSERT_TRUE(ask("acceptInvite", guest(), {}, R"({"token":")" + newest + R"(","password":"new password"})"));
  EXPECT_TRUE(logs_in("new password"));
  EXPECT_FALSE(logs_in("old password"));
  EXPECT_FALSE(token_works(session));
  EXPECT_EQ(code(ask("acceptInvite", guest(), {}, R"({"token":")" + newest + R"(","password":"third one"})")),
            Code::invite_invalid);
  EXPECT_EQ(code(ask("resetAgentPassword", staff(kOperator), at((*add_agent("A2")).id))), Code::conflict)
      << "has none yet: an invitation";
  EXPECT_EQ(seen([&](Tx& tx) { return audit_of(tx, brand, {.action = "person.reset_password"}, 10, {}); }).size(), 2u);
}

TEST_P(RecruitingTest, NobodyGetsAtMoreThanTheirBrandBySomebodyElsesPassword) {
  const Agent anna = *add_agent("A1");
  ASSERT_TRUE(db().write([&](Tx& tx) {
    const std::string token = *invite_agent(tx, call(), anna.id);
    return accept_invite(tx, call(), token, "anna", "hash");
  }));
  // Staff of the brand: by an owner only, or an operator could become one.
  const StaffInvite fin = *db().write([&](Tx& tx) { return add_staff(tx, call(), brand, "fin", "Fin", kFinance); });
  ASSERT_TRUE(db().write([&](Tx& tx) { return accept_invite(tx, call(), fin.invite_token, "fin", "hash"); }));
  const auto of_staff = [&](const Call& who, PersonId person) {
    return code(ask("resetStaffPassword", who, {{"brand_id", brand.text()}, {"person_id", person.text()}}));
  };
  EXPECT_EQ(of_staff(staff(kOperator), fin.person), Code::forbidden);
  EXPECT_EQ(of_staff(staff(kOwner), fin.person), Code{});
  EXPECT_EQ(of_staff(staff(kOwner), buyer("stranger")), Code::not_found);
  // An agent here who owns another brand.
  const BrandId other = *db().write([&](Tx& tx) { return create_brand(tx, call(), new_brand("otherboss")); });
  const PersonId other_owner =
      (*db().read([&](Tx& tx) -> Result<Login> { return *find_login(tx, "otherboss"); })).person;
  const auto both = apply(other_owner);
  ASSERT_TRUE(both) << both.error().text();
  EXPECT_EQ(code(ask("resetAgentPassword", staff(kOwner), at(both->agent.id))), Code::forbidden);
  EXPECT_NE(other, brand);
  // Of another region.
  ASSERT_TRUE(edit(anna.id, {.region = "华东"}));
  ASSERT_TRUE(add_agent("s1", AgentState::active, {}, "华南"));
  EXPECT_EQ(code(ask("resetAgentPassword", member("south", kOperator, {"华南"}), at(anna.id))), Code::forbidden);
  EXPECT_EQ(code(ask("resetAgentPassword", member("east", kOperator, {"华东"}), at(anna.id))), Code{});
}

TEST_P(RecruitingTest, OnesOwnPasswordIsChangedWithTheOldOne) {
  const auto made = ask("createPerson", guest(), {}, R"({"login":"xiao","password":"old password","name":"Xiao"})");
  const PersonId xiao = get_id<PersonId>(*parse_json(made->body), "person_id");
  const std::string here = get_text(*parse_json(made->body), "token");
  const std::string there = get_text(
      *parse_json(ask("createSession", guest(), {}, R"({"login":"xiao","password":"old password"})")->body), "token");
  const std::string program =
      *db().write([&](Tx& tx) { return issue_session(tx, call(), xiao, TokenKind::api, "erp"); });
  const auto change = [&](const std::string& old_one, const std::string& new_one) {
    net::Request request;
    request.headers = {{"authorization", "Bearer " + here}};
    return ask("changePassword", as(xiao), {}, R"({"password":")" + old_one + R"(","new_password":")" + new_one + "\"}",
               request);
  };
  const auto works = [&](const std::string& token) {
    return db().read([&](Tx& tx) { return caller_of_token(tx, call(), token); }).has_value();
  };
  EXPECT_EQ(code(change("wrong", "new password")), Code::wrong_login);
  EXPECT_EQ(code(change("old password", "short")), Code::invalid_field);
  EXPECT_EQ(code(ask("changePassword", guest(), {}, R"({"password":"x","new_password":"new password"})")),
            Code::unauthenticated);
  ASSERT_TRUE(change("old password", "new password"));
  EXPECT_TRUE(works(here));
  EXPECT_FALSE(works(there)) << "other logins end";
  EXPECT_TRUE(works(program)) << "programs have tokens of their own";
  EXPECT_EQ(code(change("old password", "third password")), Code::wrong_login);
  EXPECT_TRUE(ask("createSession", guest(), {}, R"({"login":"xiao","password":"new password"})"));
}

TEST_P(RecruitingTest, TheAuditIsReadNewestFirstPageByPageAndFiltered) {
  const Agent anna = *add_agent("A1");
  ASSERT_TRUE(edit(anna.id, {.level = "gold"}));
  ASSERT_TRUE(db().write([&](Tx& tx) {
    return set_agent_state(tx, call(kNow + kHourMs), anna.id, AgentState::suspended, "complaints", {});
  }));
  const auto actions = [&](const AuditFilter& filter) {
    std::vector<std::string> out;
    for (const auto& row : seen([&](Tx& tx) { return audit_of(tx, brand, filter, 100, {}); }))
      out.push_back(row.action);
    return out;
  };
  using Actions = std::vector<std::string>;
  EXPECT_EQ(actions({}), (Actions{"agent.state", "agent.edit", "agent.create", "brand.create"}));
  EXPECT_EQ(actions({.action = "agent."}), (Actions{"agent.state", "agent.edit", "agent.create"}));
  EXPECT_EQ(actions({.action = "agent.state"}), Actions{"agent.state"});
  EXPECT_EQ(actions({.subject_kind = "agent", .subject = anna.id.value}).size(), 3u);
  EXPECT_EQ(actions({.since = kNow + 1}), Actions{"agent.state"});
  EXPECT_EQ(actions({.until = kNow + kHourMs}).size(), 3u);
  EXPECT_EQ(actions({.actor = PersonId{1}}), Actions{});
  net::Request page;
  page.query = {{"limit", "3"}};
  const auto first = ask("listAudit", staff(kOwner), at_brand(), "", page);
  ASSERT_TRUE(first) << body(first);
  page.query.emplace_back("after", get_text(*parse_json(first->body), "next"));
  const auto rest = ask("listAudit", staff(kOwner), at_brand(), "", page);
  const json::value last = *parse_json(body(rest));
  ASSERT_EQ(get_list(last, "items").size(), 1u);
  EXPECT_EQ(get_text(get_list(last, "items").at(0), "action"), "brand.create");
  EXPECT_EQ(code(ask("listAudit", staff(kOperator), at_brand())), Code::forbidden);
  EXPECT_EQ(code(ask("listAudit", staff(kFinance), at_brand())), Code::forbidden);
  ASSERT_TRUE(add_agent("A2", AgentState::active, {}, "华东"));
  EXPECT_EQ(code(ask("listAudit", member("east", kAuditor, {"华东"}), at_brand())), Code::forbidden);
}

}  // namespace
}  // namespace lianbo::org
