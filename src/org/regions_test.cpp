// Regions: what lies in what, who may do what where, and that renaming moves everything and loses nobody.
#include <rapidcheck.h>

#include <map>
#include <set>

#include "org/test_world.hpp"

namespace lianbo::org {
namespace {

TEST(Regions, ARegionCoversItselfAndWhatLiesBelowItAndNothingElse) {
  struct Row {
    const char* region;
    const char* place;
    bool covers;
  };
  for (const Row& row : {Row{"华东", "华东", true}, Row{"华东", "华东/上海", true}, Row{"华东", "华东/上海/徐汇", true},
                         Row{"华东", "华东二区", false}, Row{"华东/上海", "华东", false}, Row{"华东", "", false},
                         Row{"华东", "华南", false}, Row{"a", "A", false}}) {
    EXPECT_EQ(region_covers(row.region, row.place), row.covers) << row.region << " over " << row.place;
    StaffOf staff{BrandId{1}, kOperator, {row.region}};
    EXPECT_EQ(staff.covers(row.place), row.covers);
    staff.regions.clear();
    EXPECT_TRUE(staff.covers(row.place)) << "no regions: the whole brand";
  }
}

TEST(Regions, ANameIsAPathWithoutEmptyParts) {
  for (const char* good : {"", "华东", "华东/上海", "a b/c d", "North-1"}) EXPECT_FALSE(region_problem(good)) << good;
  for (const char* bad : {"/", "/a", "a/", "a//b", "a/ b", " a", "a\tb"}) EXPECT_TRUE(region_problem(bad)) << bad;
  EXPECT_TRUE(region_problem(std::string(kMaxRegion + 1, 'x')));
}

class RegionsTest : public OrgApiTest {
 protected:
  std::set<std::string> names(const Call& who) {
    const auto reply = ask("listRegions", who, at_brand());
    EXPECT_TRUE(reply) << body(reply);
    const json::value page = *parse_json(reply->body);
    std::set<std::string> out;
    for (const auto& item : get_list(page, "items")) out.insert(get_text(item, "name"));
    return out;
  }
  std::set<std::string> codes(const Call& who, const std::string& region = {}) {
    net::Request request;
    if (!region.empty()) request.query = {{"region", region}};
    const auto reply = ask("listAgents", who, at_brand(), "", request);
    EXPECT_TRUE(reply) << body(reply);
    const json::value page = *parse_json(reply->body);
    std::set<std::string> out;
    for (const auto& item : get_list(page, "items")) out.insert(get_text(item, "code"));
    return out;
  }
  std::vector<std::pair<std::string, std::string>> at(RegionId id) {
    return {{"brand_id", brand.text()}, {"region_id", id.text()}};
  }
  RegionId id_of(const std::string& name) {
    const auto all = seen([&](Tx& tx) { return regions_of(tx, brand, {}, 200, {}); });
    for (const auto& r : all)
      if (r.region.name == name) return r.region.id;
    return {};
  }
};
ON_BOTH_ENGINES(RegionsTest);
using Names = std::set<std::string>;

// A parent earns beside the agent: the tie is for those to make and to break who decide about both.
TEST_P(RegionsTest, StaffLimitedToRegionsTiesNobodyToAParentOutside) {
  ASSERT_TRUE(
      ask("importAgents", staff(kOperator), at_brand(),
          "code,name,region,parent\nE1,Li,华东,\nE2,Wang,华东/上海,\nE3,Wu,华东,S1\nS1,Zhao,华南,\nN1,Qian,,\n"));
  const Call east = member("east", kOperator, {"华东"});
  const auto edit = [&](const Call& by, const char* who, const char* parent) {
    const std::string id = *parent ? "\"" + by_code(parent).id.text() + "\"" : "null";
    return ask("editAgent", by, {{"agent_id", by_code(who).id.text()}}, R"({"parent_id":)" + id + "}");
  };
  const auto create = [&](const Call& by, const char* code, const char* parent) {
    return ask("createAgent", by, at_brand(),
               std::string(R"({"name":"x","region":"华东","code":")") + code + R"(","parent_id":")" +
                   by_code(parent).id.text() + "\"}");
  };
  EXPECT_TRUE(edit(east, "E1", "E2"));
  EXPECT_EQ(by_code("E1").parent, by_code("E2").id);
  for (const char* outside : {"S1", "N1"}) {
    const auto refused = edit(east, "E2", outside);
    EXPECT_EQ(code(refused), Code::forbidden) << outside;
    EXPECT_EQ(refused.error().where, "/parent_id");
    EXPECT_FALSE(by_code("E2").parent);
    EXPECT_EQ(code(create(east, "E9", outside)), Code::forbidden) << outside;
  }
  EXPECT_EQ(code(edit(east, "E3", "")), Code::forbidden) << "nor is one outside cut off";
  EXPECT_EQ(code(edit(east, "E3", "E1")), Code::forbidden);
  EXPECT_EQ(by_code("E3").parent, by_code("S1").id);
  EXPECT_TRUE(edit(east, "E3", "S1")) << "as it was: nothing is tied";
  EXPECT_TRUE(ask("editAgent", east, {{"agent_id", by_code("E3").id.text()}}, R"({"name":"Wu Li"})"));
  EXPECT_TRUE(create(east, "E9", "E1"));
  EXPECT_TRUE(edit(east, "E1", "")) << "both are theirs";
  EXPECT_TRUE(edit(staff(kOperator), "E2", "S1")) << "staff of the whole brand may";
}

TEST_P(RegionsTest, ARegionComesAboutByBeingNamed) {
  const auto imported = ask("importAgents", staff(kOperator), at_brand(),
                            "code,name,region\nA1,Li,华东/上海\nA2,Wang,华东/上海\nA3,Zhao,\n");
  ASSERT_TRUE(imported) << body(imported);
  EXPECT_EQ(get_int(*parse_json(imported->body), "regions"), 1);
  ASSERT_TRUE(add_agent("A4", AgentState::active, {}, "华南"));
  ASSERT_TRUE(ask("createRegion", staff(kOperator), at_brand(), R"({"name":"华北"})"));
  EXPECT_EQ(code(ask("createRegion", staff(kOperator), at_brand(), R"({"name":"华北"})")), Code::conflict);
  EXPECT_EQ(code(ask("createRegion", staff(kOperator), at_brand(), R"({"name":"华北/"})")), Code::invalid_field);
  EXPECT_EQ(names(staff(kAuditor)), (Names{"华东/上海", "华南", "华北"}));
  const auto bad = ask("importAgents", staff(kOperator), at_brand(), "code,name,region\nA5,Li,/华东\n");
  EXPECT_EQ(bad.error().where, "line 2, column region");
  EXPECT_EQ(names(staff(kAuditor)).size(), 3u);
  // Who has left counts for the name to stay, not for how many there are.
  const auto list = *parse_json(ask("listRegions", staff(kAuditor), at_brand())->body);
  EXPECT_EQ(get_int(get_list(list, "items").at(0), "agents"), 2);
}

TEST_P(RegionsTest, StaffLimitedToRegionsSeesAndChangesOnlyWhatLiesThere) {
  ASSERT_TRUE(ask("importAgents", staff(kOperator), at_brand(),
                  "code,name,region\nE1,Li,华东\nE2,Wang,华东/上海\nS1,Zhao,华南\nN1,Qian,\n"));
  const Call east = member("east", kOperator, {"华东"});
  EXPECT_EQ(codes(east), (Names{"E1", "E2"}));
  EXPECT_EQ(codes(east, "华东/上海"), (Names{"E2"}));
  EXPECT_EQ(codes(east, "华南"), Names{});
  EXPECT_EQ(codes(staff(kOperator), "华东"), (Names{"E1", "E2"}));
  EXPECT_EQ(names(east), (Names{"华东", "华东/上海"}));
  const auto agent = [&](const char* c) {
    return std::vector<std::pair<std::string, std::string>>{{"agent_id", by_code(c).id.text()}};
  };
  for (const char* route : {"getAgent", "inviteAgent"}) {
    EXPECT_TRUE(ask(route, east, agent("E2"))) << route;
    EXPECT_EQ(code(ask(route, east, agent("S1"))), Code::forbidden) << route;
    EXPECT_EQ(code(ask(route, east, agent("N1"))), Code::forbidden) << route << ": in no region is in none of mine";
  }
  EXPECT_TRUE(ask("setAgentState", east, agent("E1"), R"({"state":"suspended"})"));
  EXPECT_EQ(code(ask("setAgentState", east, agent("S1"), R"({"state":"suspended"})")), Code::forbidden);
  EXPECT_TRUE(ask("createAgent", east, at_brand(), R"({"code":"E3","name":"x","region":"华东/苏州"})"));
  EXPECT_EQ(code(ask("createAgent", east, at_brand(), R"({"code":"S2","name":"x","region":"华南"})")), Code::forbidden);
  EXPECT_EQ(code(ask("createAgent", east, at_brand(), R"({"code":"S2","name":"x"})")), Code::forbidden);
  EXPECT_EQ(code(ask("createRegion", east, at_brand(), R"({"name":"华中"})")), Code::forbidden);
  EXPECT_EQ(code(ask("renameRegion", east, at(id_of("华南")), R"({"name":"华东/南"})")), Code::forbidden);
  EXPECT_EQ(code(ask("renameRegion", east, at(id_of("华东/上海")), R"({"name":"华南/上海"})")), Code::forbidden);
  // What belongs to the brand as a whole is not theirs: a file may touch anybody.
  EXPECT_EQ(code(ask("importAgents", east, at_brand(), "code,name\nE1,Li\n")), Code::forbidden);
  const std::string rules =
      R"({"validity_days":10,"protect_days":0,"order_extends_days":0,"lock_agents":false,"self_purchase":false})";
  EXPECT_EQ(code(ask("putLockRules", east, at_brand(), rules)), Code::forbidden);
  EXPECT_EQ(code(ask("listStaff", east, at_brand())), Code::forbidden);
  EXPECT_TRUE(ask("getLockRules", east, at_brand()));
  const auto says = ask("setAgentState", east, agent("S1"), R"({"state":"suspended"})");
  EXPECT_NE(says.error().detail.find("华东"), std::string::npos) << "says where the rights end";
}

TEST_P(RegionsTest, TheRightsOfStaffAreLimitedAndWidenedByName) {
  ASSERT_TRUE(ask("createRegion", staff(kOperator), at_brand(), R"({"name":"华东"})"));
  ASSERT_TRUE(ask("createRegion", staff(kOperator), at_brand(), R"({"name":"华南"})"));
  const auto give = [&](const std::string& body) { return ask("addStaff", staff(kOwner), at_brand(), body); };
  const auto regions = [&]() -> std::vector<std::string> {
    const auto members = seen([&](Tx& tx) { return staff_of(tx, brand, 10, {}); });
    for (const auto& m : members)
      if (m.login == "op") return m.regions;
    return {"nobody"};
  };
  ASSERT_TRUE(give(R"({"login":"op","name":"Op","roles":["operator"],"regions":["华东","华南"]})"));
  EXPECT_EQ(regions(), (std::vector<std::string>{"华东", "华南"}));
  ASSERT_TRUE(give(R"({"login":"op","name":"Op","roles":["operator","auditor"]})"));
  EXPECT_EQ(regions(), (std::vector<std::string>{"华东", "华南"})) << "left out: as it was";
  const auto unknown = give(R"({"login":"op","name":"Op","roles":["operator"],"regions":["华东","华西"]})");
  EXPECT_EQ(code(unknown), Code::not_found);
  EXPECT_EQ(unknown.error().where, "/regions/1");
  EXPECT_EQ(code(give(R"({"login":"op","name":"Op","roles":["owner"]})")), Code::invalid_field)
      << "an owner's rights are never limited";
  EXPECT_EQ(regions().size(), 2u);
  EXPECT_EQ(code(ask("removeRegion", staff(kOperator), at(id_of("华东")))), Code::conflict)
      << "else the rights would become the whole brand's";
  ASSERT_TRUE(give(R"({"login":"op","name":"Op","roles":["owner"],"regions":[]})"));
  EXPECT_EQ(regions(), std::vector<std::string>{});
  EXPECT_TRUE(ask("removeRegion", staff(kOperator), at(id_of("华东"))));
}

TEST_P(RegionsTest, RenamingTakesAlongWhatLiesBelowAgentsAndRights) {
  ASSERT_TRUE(ask("importAgents", staff(kOperator), at_brand(),
                  "code,name,region\nE1,Li,华东\nE2,Wang,华东/上海\nX1,Zhao,华东二区\nS1,Qian,华南\n"));
  const Call before = member("east", kOperator, {"华东"});
  EXPECT_EQ(code(ask("renameRegion", staff(kOperator), at(id_of("华东")), R"({"name":"华南"})")), Code::conflict);
  ASSERT_TRUE(ask("renameRegion", staff(kOperator), at(id_of("华东")), R"({"name":"东区/一"})"));
  EXPECT_EQ(names(staff(kOperator)), (Names{"东区/一", "东区/一/上海", "华东二区", "华南"}));
  EXPECT_EQ(by_code("E1").region, "东区/一");
  EXPECT_EQ(by_code("E2").region, "东区/一/上海");
  EXPECT_EQ(by_code("X1").region, "华东二区");
  EXPECT_EQ(codes(as(before.caller.person)), (Names{"E1", "E2"}));
  const std::string deep(kMaxRegion - 2, 'x');
  EXPECT_EQ(code(ask("renameRegion", staff(kOperator), at(id_of("东区/一")), "{\"name\":\"" + deep + "\"}")),
            Code::invalid_field)
      << "the name below it would be too long";
  EXPECT_EQ(code(ask("removeRegion", staff(kOperator), at(id_of("东区/一")))), Code::conflict);
}

// The rule of the lists (in SQL) and the rule of single things (in C++) are the same, for any names and any limits.
TEST_P(RegionsTest, ListsHoldExactlyWhatMayBeReadOneByOne) {
  static int round = 0;
  const bool ok = rc::check("scope", [&] {
    const auto part = [] { return *rc::gen::element<std::string>("a", "b", "ab", "A", "华"); };
    const auto name = [&] {
      std::string out = part();
      for (int i = *rc::gen::inRange(0, 3); i > 0; --i) out += "/" + part();
      return out;
    };
    const std::string tag = std::to_string(++round);
    std::map<std::string, std::string> region_of;
    std::string file = "code,name,region\n";
    for (int i = 0; i < 8; ++i) {
      const std::string c = tag + "-" + std::to_string(i), region = i == 0 ? "" : tag + "/" + name();
      file += c + ",x," + region + "\n";
      region_of[c] = region;
    }
    RC_ASSERT(import_agents(db(), call(), brand, file, {}).has_value());
    std::vector<std::string> limits;
    for (int i = *rc::gen::inRange(1, 4); i > 0; --i) {
      limits.push_back(region_of[tag + "-" + std::to_string(*rc::gen::inRange(1, 8))]);
    }
    const Call limited = member("op" + tag, kOperator, limits);
    std::set<std::string> expected;
    for (const auto& [c, region] : region_of)
      if (limited.caller.roles_at(brand, region) != 0) expected.insert(c);
    RC_ASSERT(codes(limited) == expected);
  });
  EXPECT_TRUE(ok);
}

}  // namespace
}  // namespace lianbo::org
