#include "org/agents_csv.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <map>
#include <numeric>
#include <random>

#include "base/clock.hpp"

namespace lianbo::org {
namespace {

const KnownAgents kNobody;

TEST(AgentsCsv, reads_columns_in_any_order_and_in_chinese) {
  const auto english = parse_agents(
      "parent,name,code,level,phone,region,state,store\n,Li, A1 ,gold,138 1234 5678,华东,training,Li's\n"
      "A1,Wang,A2,,,,,\n",
      kNobody);
  ASSERT_TRUE(english) << english.error().text();
  ASSERT_EQ(english->size(), 2u);
  const AgentRow& li = (*english)[0];
  EXPECT_EQ(li.line, 2);
  EXPECT_EQ(li.code, "A1");
  EXPECT_EQ(li.name, "Li");
  EXPECT_EQ(li.phone, "138 1234 5678");
  EXPECT_EQ(li.region, "华东");
  EXPECT_EQ(li.level, "gold");
  EXPECT_EQ(li.parent, "");
  EXPECT_EQ(li.state, AgentState::training);
  EXPECT_EQ(li.store, "Li's");
  EXPECT_EQ((*english)[1].parent, "A1");
  EXPECT_EQ((*english)[1].state, std::nullopt);
  EXPECT_EQ((*english)[1].store, std::nullopt);

  const auto chinese = parse_agents("编号,姓名,手机,地区,级别,上级,状态,店铺\nA1,张三,,,,,停用,张三的店\n", kNobody);
  ASSERT_TRUE(chinese) << chinese.error().text();
  EXPECT_EQ((*chinese)[0].state, AgentState::suspended);
  EXPECT_EQ((*chinese)[0].store, "张三的店");

  const auto bare = parse_agents("Code\tName\nA1\tLi\n", kNobody);
  ASSERT_TRUE(bare) << bare.error().text();
  EXPECT_EQ((*bare)[0].phone, std::nullopt);
  EXPECT_EQ((*bare)[0].parent, std::nullopt);
}

struct Bad {
  const char* name;
  const char* text;
  const char* where;
  const char* says;
};

TEST(AgentsCsv, refuses_each_kind_of_mistake_at_its_line_and_column) {
  KnownAgents known;
  known["K1"] = {"", AgentState::active};
  known["K2"] = {"K1", AgentState::applied};
  known["K3"] = {"K2", AgentState::left};
  const std::string over(65, 'x');
  const std::string long_name = "code,name\nA1," + over + "\n", long_code = "code,name\n" + over + ",Li\n";
  const Bad cases[] = {
      {"empty file", "", "line 1", "empty"},
      {"header only", "code,name\n\n", "line 1", "no rows"},
      {"no code", "name,parent\nLi,\n", "line 1, column code", "编号"},
      {"no name", "code,parent\nA1,\n", "line 1, column name", "姓名"},
      {"unknown column", "code,name,parnet\nA1,Li,\n", "line 1, column parnet", "known are"},
      {"column twice", "code,name,编号\nA1,Li,A1\n", "line 1, column 编号", "more than once"},
      {"empty name", "code,name\nA1, \n", "line 2, column name", "empty"},
      {"empty code", "code,name\n,Li\n", "line 2, column code", "empty"},
      {"long name", long_name.c_str(), "line 2, column name", "at most 64"},
      {"long code", long_code.c_str(), "line 2, column code", "at most 64"},
      {"line end in a name", "code,name\nA1,\"L\ni\"\n", "line 2, column name", "line ends"},
      {"phone", "code,name,phone\nA1,Li,call me\n", "line 2, column phone", "phone number"},
      {"state", "code,name,state\nA1,Li,busy\n", "line 2, column state", "applied, training"},
      {"cells missing", "code,name,phone\nA1,Li\n", "line 2", "2 cells, the header has 3"},
      {"cells too many", "code,name\nA1,Li,x\n", "line 2", "3 cells, the header has 2"},
      {"code twice", "code,name\nA1,Li\nA2,Wang\nA1,Li\n", "line 4, column code", "line 2 already"},
      {"unknown parent", "code,name,parent\nA1,Li,A9\n", "line 2, column parent", "\"A9\""},
      {"own parent", "code,name,parent\nA1,Li,A1\n", "line 2, column parent", "own parent"},
      {"circle of two", "code,name,parent\nA1,Li,A2\nA2,Wang,A1\n", "line 2, column parent", "A1 → A2 → A1"},
      {"circle through who is known", "code,name,parent\nK1,Li,K2\n", "line 2, column parent", "K1 → K2 → K1"},
      {"left stays left", "code,name,state\nK3,Li,active\n", "line 2, column state", "stays so"},
      {"no short cut", "code,name,state\nK2,Li,active\n", "line 2, column state", "only training, left"},
      {"GBK", "code,name\nA1,\xd5\xc5\xc8\xfd\n", "line 2, column 4", "GBK"},
  };
  for (const auto& c : cases) {
    const auto rows = parse_agents(c.text, known);
    ASSERT_FALSE(rows) << c.name;
    EXPECT_EQ(rows.error().where, c.where) << c.name << ": " << rows.error().text();
    EXPECT_NE(rows.error().detail.find(c.says), std::string::npos) << c.name << ": " << rows.error().text();
  }
}

TEST(AgentsCsv, tells_every_mistake_in_one_go_in_order_of_lines) {
  const auto rows = parse_agents(
      "code,name,parent,state\n"
      "A1,,A9,\n"
      "A2,Li,A3,\n"
      "A3,Wang,A2,odd\n"
      "A4,Zhao,A1,\n"
      "A4,Zhao,A4,\n",
      kNobody);
  ASSERT_FALSE(rows);
  EXPECT_EQ(rows.error().detail.substr(0, 8), "6 errors");
  std::vector<std::string> places;
  for (const auto& more : rows.error().more) places.push_back(more.substr(0, more.find(':')));
  EXPECT_EQ(places, (std::vector<std::string>{"line 2, column name", "line 2, column parent", "line 3, column parent",
                                              "line 4, column state", "line 6, column parent", "line 6, column code"}));
}

TEST(AgentsCsv, tells_the_first_hundred_and_how_many_there_are) {
  std::string text = "code,name\n";
  for (int i = 0; i < 1234; ++i) text += "A" + std::to_string(i) + ",\n";
  const auto rows = parse_agents(text, kNobody);
  ASSERT_FALSE(rows);
  EXPECT_EQ(rows.error().detail, "1234 errors; the first: must not be empty");
  EXPECT_EQ(rows.error().more.size(), CsvErrors::kMax + 1);
}

TEST(AgentsCsv, a_row_that_names_no_parent_column_keeps_the_known_one_and_can_close_no_circle) {
  KnownAgents known;
  known["K1"] = {"", AgentState::active};
  known["K2"] = {"K1", AgentState::active};
  EXPECT_TRUE(parse_agents("code,name\nK1,Li\nK2,Wang\n", known));
  // Moving both at once is right although each half alone would be a circle with what is known.
  EXPECT_TRUE(parse_agents("code,name,parent\nK1,Li,K2\nK2,Wang,\n", known));
}

// A forest over n agents: parent[i] < i, or −1.
std::vector<int> any_forest(std::size_t n) {
  std::vector<int> parent(n, -1);
  for (std::size_t i = 1; i < n; ++i) parent[i] = *rc::gen::inRange(-1, static_cast<int>(i));
  return parent;
}
std::string code(int i) { return i < 0 ? "" : "C" + std::to_string(i); }

std::string file_of(const std::vector<int>& parent, const std::vector<std::size_t>& order) {
  CsvWriter w;
  w.row({"code", "name", "parent"});
  for (const auto i : order) w.row({code(static_cast<int>(i)), "agent " + std::to_string(i), code(parent[i])});
  return w.take();
}

TEST(AgentsCsvProperty, a_shuffled_forest_gives_the_same_tree_whatever_was_known_of_it) {
  EXPECT_TRUE(rc::check("shuffled", [] {
    const auto n = *rc::gen::inRange<std::size_t>(1, 60);
    const auto parent = any_forest(n);
    std::vector<std::size_t> order(n);
    std::iota(order.begin(), order.end(), 0u);
    std::shuffle(order.begin(), order.end(), std::minstd_rand(*rc::gen::arbitrary<unsigned>()));
    KnownAgents known;  // the first k came in before
    const auto k = *rc::gen::inRange<std::size_t>(0, n);
    for (std::size_t i = 0; i < k; ++i) known[code(static_cast<int>(i))] = {code(parent[i]), AgentState::active};
    const auto rows = parse_agents(file_of(parent, order), known);
    RC_ASSERT(rows.has_value());
    std::map<std::string, std::string> tree;
    for (const auto& row : *rows) tree[row.code] = *row.parent;
    RC_ASSERT(tree.size() == n);
    for (std::size_t i = 0; i < n; ++i) RC_ASSERT(tree[code(static_cast<int>(i))] == code(parent[i]));
  }));
}

TEST(AgentsCsvProperty, a_circle_put_into_a_forest_is_refused) {
  EXPECT_TRUE(rc::check("circle", [] {
    const auto n = *rc::gen::inRange<std::size_t>(2, 60);
    auto parent = any_forest(n);
    // Some agent becomes the child of one of their descendants.
    const auto low = *rc::gen::inRange<std::size_t>(1, n);
    if (parent[low] < 0) parent[low] = *rc::gen::inRange(0, static_cast<int>(low));
    int top = parent[low];
    const auto steps = *rc::gen::inRange(0, 20);
    for (int i = 0; i < steps && parent[static_cast<std::size_t>(top)] >= 0; ++i)
      top = parent[static_cast<std::size_t>(top)];
    parent[static_cast<std::size_t>(top)] = static_cast<int>(low);
    std::vector<std::size_t> order(n);
    std::iota(order.begin(), order.end(), 0u);
    std::shuffle(order.begin(), order.end(), std::minstd_rand(*rc::gen::arbitrary<unsigned>()));
    const auto rows = parse_agents(file_of(parent, order), kNobody);
    RC_ASSERT(!rows.has_value());
    RC_ASSERT(rows.error().detail.find("circle") != std::string::npos);
  }));
}

TEST(AgentsCsv, a_chain_of_ten_thousand_is_fine_and_quick) {
  std::vector<int> parent(10'000);
  std::iota(parent.begin(), parent.end(), -1);
  std::vector<std::size_t> order(parent.size());
  std::iota(order.begin(), order.end(), 0u);
  std::shuffle(order.begin(), order.end(), std::minstd_rand(1));
  const auto began = monotonic_ms();
  EXPECT_TRUE(parse_agents(file_of(parent, order), kNobody));
  EXPECT_LT(monotonic_ms() - began, 2000);
}

}  // namespace
}  // namespace lianbo::org
