// Who knows whom: an undirected friendship graph in compressed rows. Nodes are 0 … size−1, friends of a node ascend,
// no node is its own friend, no edge stands twice. Read from an edge list or grown from a seed. Immutable; any thread.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "sim/random_streams.hpp"

namespace lianbo::sim {

class Graph {
 public:
  using Edge = std::pair<std::int32_t, std::int32_t>;

  // Edges in any order and direction; doubles and loops are dropped.
  Graph(int size, std::vector<Edge> edges);

  int size() const { return static_cast<int>(from_.size()) - 1; }
  std::size_t edges() const { return friends_.size() / 2; }
  std::span<const std::int32_t> friends(int node) const;
  int degree(int node) const { return static_cast<int>(friends(node).size()); }
  bool are_friends(int a, int b) const;

  // Mean of the nodes' own clustering: how many pairs of a node's friends are friends themselves. Nodes with more than
  // 200 friends are measured on their first 200.
  double clustering() const;
  // Nodes by falling degree; ties to the lower number.
  std::vector<std::int32_t> by_degree() const;

 private:
  std::vector<std::size_t> from_;
  std::vector<std::int32_t> friends_;
};

// A line is two numbers, separated by blanks, a comma or a TAB; # comments and one header line are skipped. Numbers may
// have gaps: people are numbered anew in their order. gz is inflated.
Result<Graph> parse_graph(std::string_view bytes);
Result<Graph> load_graph(const std::string& file);

// A small world with heavy-tailed degrees: newcomers befriend the well-connected and then friends of friends
// (Holme and Kim). Mean degree about 10.
Graph grow_graph(int size, std::uint64_t seed);

}  // namespace lianbo::sim
