#include "sim/graph.hpp"

#include <gtest/gtest.h>

#include <filesystem>

#include "sim/calibration.hpp"
#include "sim/workload.hpp"
#include "support/source_dir.hpp"

namespace lianbo::sim {
namespace {

TEST(Graph, DropsLoopsAndDoublesAndKnowsBothDirections) {
  const Graph graph(4, {{0, 1}, {1, 0}, {0, 1}, {2, 2}, {3, 0}});
  EXPECT_EQ(graph.edges(), 2u);
  EXPECT_EQ(graph.degree(0), 2);
  EXPECT_EQ(graph.degree(2), 0);
  EXPECT_TRUE(graph.are_friends(1, 0));
  EXPECT_TRUE(graph.are_friends(0, 3));
  EXPECT_FALSE(graph.are_friends(2, 2));
  EXPECT_EQ(graph.by_degree(), (std::vector<std::int32_t>{0, 1, 3, 2}));
}

TEST(Graph, ClusteringOfATriangleIsOneAndOfAStarNothing) {
  EXPECT_DOUBLE_EQ(Graph(3, {{0, 1}, {1, 2}, {0, 2}}).clustering(), 1.0);
  EXPECT_DOUBLE_EQ(Graph(4, {{0, 1}, {0, 2}, {0, 3}}).clustering(), 0.0);
}

TEST(GraphFile, TakesBlanksCommasTabsCommentsHeadersAndGaps) {
  const auto graph = parse_graph("node_1,node_2\n# a comment\n10 700\r\n700,20\n\n20\t10");
  ASSERT_TRUE(graph.has_value()) << graph.error().text();
  EXPECT_EQ(graph->size(), 3);
  EXPECT_EQ(graph->edges(), 3u);
  EXPECT_DOUBLE_EQ(graph->clustering(), 1.0);
}

TEST(GraphFile, NamesTheLineOfABadEdge) {
  const auto graph = parse_graph("1 2\n2 3\n3\n");
  ASSERT_FALSE(graph.has_value());
  EXPECT_EQ(graph.error().code, Code::csv_invalid);
  EXPECT_EQ(graph.error().where, "line 3");
  EXPECT_FALSE(parse_graph("1 2\n2 -3\n").has_value());
  EXPECT_FALSE(parse_graph("1 2 3\n1 2 3\n").has_value());
  EXPECT_FALSE(parse_graph("").has_value());
  EXPECT_FALSE(parse_graph("a b\n").has_value());
}

TEST(GraphFile, AMissingFileIsNamed) {
  const auto graph = load_graph("/nowhere/edges.txt");
  ASSERT_FALSE(graph.has_value());
  EXPECT_EQ(graph.error().code, Code::io_failed);
  EXPECT_EQ(graph.error().where, "/nowhere/edges.txt");
}

TEST(GraphFile, RealNetworkOfDeezer) {
  const std::string file = test::source_dir().string() + "/../shared/data/open/deezer_hu_edges.txt.gz";
  if (!std::filesystem::exists(file)) GTEST_SKIP() << "no " << file;
  const auto graph = load_graph(file);
  ASSERT_TRUE(graph.has_value()) << graph.error().text();
  EXPECT_EQ(graph->size(), 47538);
  EXPECT_EQ(graph->edges(), 222887u);
  EXPECT_GT(graph->clustering(), 0.05);
}

TEST(GrownGraph, IsTheSameForASeedAndAnotherForAnother) {
  const Graph a = grow_graph(500, 3);
  const Graph b = grow_graph(500, 3);
  const Graph c = grow_graph(500, 4);
  ASSERT_EQ(a.edges(), b.edges());
  bool differs = a.edges() != c.edges();
  for (int i = 0; i < 500; ++i) {
    EXPECT_TRUE(std::equal(a.friends(i).begin(), a.friends(i).end(), b.friends(i).begin(), b.friends(i).end()));
    differs |= a.degree(i) != c.degree(i);
  }
  EXPECT_TRUE(differs);
}

TEST(GrownGraph, IsASmallWorldWithHeavyTailedDegrees) {
  const Graph graph = grow_graph(5000, 1);
  const double mean = 2.0 * static_cast<double>(graph.edges()) / graph.size();
  EXPECT_NEAR(mean, 10, 0.5);
  EXPECT_GT(graph.clustering(), 0.15);  // a random graph of this size: 0.002
  const auto order = graph.by_degree();
  EXPECT_GT(graph.degree(order.front()), 12 * mean);
  EXPECT_GE(graph.degree(order.back()), 1);
  // The best connected tenth has far more than a tenth of the edges, the middle fewer than the mean.
  std::size_t top = 0;
  for (std::size_t i = 0; i < 500; ++i) top += static_cast<std::size_t>(graph.degree(order[i]));
  EXPECT_GT(static_cast<double>(top), 0.28 * 2 * static_cast<double>(graph.edges()));
  EXPECT_LT(graph.degree(order[2500]), mean);
}

TEST(GrownGraph, TinySizesAreFine) {
  for (int size = 1; size < 12; ++size) EXPECT_EQ(grow_graph(size, 1).size(), size);
}

// The cascade process as the day runs it, without a server: a share is opened by some friends, who may pass it on.
struct Spread {
  int shares = 0, opens = 0, depth = 0;
};
Spread spread(const Graph& graph, int root, Stream& stream, Cascades& cascades, int thing) {
  Spread out;
  std::vector<std::pair<int, int>> sharing = {{root, 0}};
  std::unordered_set<int> seen = {root};
  cascades.set_active(thing, root);
  for (std::size_t i = 0; i < sharing.size(); ++i) {
    const auto [sharer, depth] = sharing[i];
    ++out.shares;
    out.depth = std::max(out.depth, depth);
    for (const auto& o : plan_openings(stream, graph, sharer, plan_channel(stream))) {
      ++out.opens;
      if (!seen.insert(o.person).second || !cascades.passes_on(stream, thing, o.person, 1)) continue;
      cascades.set_active(thing, o.person);
      sharing.emplace_back(o.person, depth + 1);
    }
  }
  return out;
}

TEST(Cascade, StaysSmallAndSeldomDeeperThanThree) {
  const Graph graph = grow_graph(5000, 1);
  Stream stream(1, "cascades");
  Cascades cascades(graph);
  int deep = 0;
  int deepest = 0;
  int passed_on = 0;
  constexpr int kRoots = 4000;
  for (int i = 0; i < kRoots; ++i) {
    const Spread s = spread(graph, static_cast<int>(stream.index(5000)), stream, cascades, i);
    deep += s.depth > 3;
    deepest = std::max(deepest, s.depth);
    passed_on += s.shares > 1;
  }
  EXPECT_LT(deep, kRoots / 200);
  EXPECT_GE(deepest, 2);
  EXPECT_LE(deepest, 8);
  EXPECT_GT(passed_on, kRoots / 200);
  EXPECT_LT(passed_on, kRoots / 5);
}

TEST(Cascade, CountsOnlyActiveFriendsOfTheSameThing) {
  const Graph star(5, {{0, 1}, {0, 2}, {0, 3}, {0, 4}});
  Cascades cascades(star);
  cascades.set_active(1, 1);
  cascades.set_active(1, 2);
  cascades.set_active(2, 3);
  EXPECT_EQ(cascades.active_friends(1, 0), 2);
  EXPECT_EQ(cascades.active_friends(2, 0), 1);
  EXPECT_EQ(cascades.active_friends(3, 0), 0);
  EXPECT_EQ(cascades.active_friends(1, 3), 0);
}

TEST(Cascade, PassingOnHappensAsOftenAsMeasured) {
  std::vector<Graph::Edge> edges;
  for (int i = 1; i <= 11; ++i) edges.emplace_back(0, i);
  const Graph star(12, edges);
  Cascades cascades(star);
  for (int i = 1; i <= 11; ++i) cascades.set_active(7, i);
  Stream stream(1, "passing");
  int n = 0;
  for (int i = 0; i < 40000; ++i) n += cascades.passes_on(stream, 7, 0, 1);
  EXPECT_NEAR(n / 40000.0, 0.095, 0.006);
}

}  // namespace
}  // namespace lianbo::sim
