#include "sim/graph.hpp"

#include <algorithm>
#include <charconv>
#include <numeric>

#include "base/csv.hpp"
#include "sim/files.hpp"

namespace lianbo::sim {
namespace {

constexpr std::size_t kMaxEdges = 20'000'000;
constexpr std::size_t kMaxFileBytes = 512u << 20;

bool read_number(std::string_view& line, std::int64_t& out) {
  while (!line.empty() && (line[0] == ' ' || line[0] == '\t' || line[0] == ',')) line.remove_prefix(1);
  const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), out);
  if (error != std::errc{} || out < 0) return false;
  line.remove_prefix(static_cast<std::size_t>(end - line.data()));
  return true;
}

}  // namespace

Graph::Graph(int size, std::vector<Edge> edges) {
  const std::size_t half = edges.size();
  edges.reserve(half * 2);
  for (std::size_t i = 0; i < half; ++i) edges.emplace_back(edges[i].second, edges[i].first);
  std::sort(edges.begin(), edges.end());
  edges.erase(std::unique(edges.begin(), edges.end()), edges.end());
  from_.assign(static_cast<std::size_t>(size) + 1, 0);
  friends_.reserve(edges.size());
  for (const auto& [a, b] : edges) {
    if (a == b) continue;
    ++from_[static_cast<std::size_t>(a) + 1];
    friends_.push_back(b);
  }
  std::partial_sum(from_.begin(), from_.end(), from_.begin());
}

std::span<const std::int32_t> Graph::friends(int node) const {
  const auto i = static_cast<std::size_t>(node);
  return {friends_.data() + from_[i], from_[i + 1] - from_[i]};
}

bool Graph::are_friends(int a, int b) const {
  const auto row = friends(a);
  return std::binary_search(row.begin(), row.end(), b);
}

double Graph::clustering() const {
  double total = 0;
  for (int node = 0; node < size(); ++node) {
    auto row = friends(node);
    if (row.size() < 2) continue;
    row = row.first(std::min<std::size_t>(row.size(), 200));
    std::size_t closed = 0;
    for (std::size_t i = 0; i < row.size(); ++i)
      for (std::size_t k = i + 1; k < row.size(); ++k) closed += are_friends(row[i], row[k]);
    total += static_cast<double>(closed) / (static_cast<double>(row.size()) * static_cast<double>(row.size() - 1) / 2);
  }
  return size() == 0 ? 0 : total / size();
}

std::vector<std::int32_t> Graph::by_degree() const {
  std::vector<std::int32_t> order(static_cast<std::size_t>(size()));
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](auto a, auto b) { return degree(a) > degree(b); });
  return order;
}

Result<Graph> parse_graph(std::string_view bytes) {
  TRY(const PlainText plain, read_text(bytes, kMaxFileBytes));
  std::string_view text = plain.text;
  std::vector<std::pair<std::int64_t, std::int64_t>> named;
  bool header_seen = false;
  for (std::int64_t number = 1; !text.empty(); ++number) {
    std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    line = csv_trim(line);
    if (line.empty() || line[0] == '#') continue;
    std::int64_t a = 0;
    std::int64_t b = 0;
    const std::string_view whole = line;
    if (!read_number(line, a) || !read_number(line, b) || !csv_trim(line).empty()) {
      if (named.empty() && !header_seen) {
        header_seen = true;
        continue;
      }
      return fail(
          Code::csv_invalid,
          "\"" + std::string(whole.substr(0, 60)) + "\" is not an edge; an edge is two numbers, like \"12 345\"",
          csv_place(number));
    }
    if (named.size() == kMaxEdges) return fail(Code::body_too_large, "more than 20 million edges", csv_place(number));
    named.emplace_back(a, b);
  }
  if (named.empty()) return fail(Code::csv_invalid, "the graph has no edge; a line is two numbers, like \"12 345\"");
  std::vector<std::int64_t> names;
  names.reserve(named.size() * 2);
  for (const auto& [a, b] : named) {
    names.push_back(a);
    names.push_back(b);
  }
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  const auto place = [&](std::int64_t name) {
    return static_cast<std::int32_t>(std::lower_bound(names.begin(), names.end(), name) - names.begin());
  };
  std::vector<Graph::Edge> edges;
  edges.reserve(named.size());
  for (const auto& [a, b] : named) edges.emplace_back(place(a), place(b));
  return Graph(static_cast<int>(names.size()), std::move(edges));
}

Result<Graph> load_graph(const std::string& file) {
  TRY(const std::string bytes, read_file(file, kMaxFileBytes));
  auto graph = parse_graph(bytes);
  if (!graph) graph.error().where = file + (graph.error().where.empty() ? "" : ", " + graph.error().where);
  return graph;
}

Graph grow_graph(int size, std::uint64_t seed) {
  constexpr int kNewFriends = 5;
  constexpr double kFriendOfFriend = 0.80;
  Stream stream(seed, "graph");
  std::vector<std::vector<std::int32_t>> rows(static_cast<std::size_t>(size));
  std::vector<std::int32_t> ends;  // each node once per edge: a fair draw from it prefers the well-connected
  std::vector<Graph::Edge> edges;
  const auto know = [&](std::int32_t a, std::int32_t b) {
    auto& row = rows[static_cast<std::size_t>(a)];
    if (a == b || std::find(row.begin(), row.end(), b) != row.end()) return false;
    row.push_back(b);
    rows[static_cast<std::size_t>(b)].push_back(a);
    ends.push_back(a);
    ends.push_back(b);
    edges.emplace_back(a, b);
    return true;
  };
  const int core = std::min(size, kNewFriends + 1);
  for (int a = 0; a < core; ++a)
    for (int b = a + 1; b < core; ++b) know(a, b);
  for (int node = core; node < size; ++node) {
    std::int32_t last = -1;
    for (int made = 0, tries = 0; made < kNewFriends && tries < 200; ++tries) {
      std::int32_t other = -1;
      if (last >= 0 && stream.chance(kFriendOfFriend)) {
        const auto& row = rows[static_cast<std::size_t>(last)];
        other = row[stream.index(row.size())];
      } else {
        other = ends[stream.index(ends.size())];
        last = other;
      }
      if (know(node, other)) ++made;
    }
  }
  return Graph(size, std::move(edges));
}

}  // namespace lianbo::sim
