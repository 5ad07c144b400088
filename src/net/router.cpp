#include "net/router.hpp"

#include "base/check.hpp"

namespace lianbo::net {
namespace {

// "/a/b" → {"a", "b"}; "/" → {""}.
std::vector<std::string_view> segments_of(std::string_view path) {
  std::vector<std::string_view> out;
  out.reserve(8);
  std::size_t from = path.empty() || path[0] != '/' ? 0 : 1;
  while (true) {
    const std::size_t slash = path.find('/', from);
    out.push_back(path.substr(from, slash == std::string_view::npos ? slash : slash - from));
    if (slash == std::string_view::npos) return out;
    from = slash + 1;
  }
}

bool is_param(std::string_view segment) {
  return segment.size() > 2 && segment.front() == '{' && segment.back() == '}';
}
bool is_rest(std::string_view segment) { return is_param(segment) && segment[segment.size() - 2] == '*'; }

}  // namespace

struct Router::Search {
  int method;
  std::vector<std::string_view> segments;
  const Route* route = nullptr;
  bool allowed[kMethods] = {};

  bool take(const std::array<const Route*, kMethods>& routes) {
    for (int m = 0; m < kMethods; ++m) allowed[m] |= routes[static_cast<std::size_t>(m)] != nullptr;
    route = routes[static_cast<std::size_t>(method)];
    return route != nullptr;
  }
};

Router::Router(const Routes& routes) {
  for (const Route& route : routes) {
    CHECK(!route.path.empty() && route.path[0] == '/');
    Node* node = &root_;
    const auto segments = segments_of(route.path);
    auto* slots = &node->routes;
    for (std::size_t i = 0; i < segments.size(); ++i) {
      if (is_rest(segments[i])) {
        CHECK(i + 1 == segments.size());
        slots = &node->rest_routes;
        break;
      }
      std::unique_ptr<Node>& next = is_param(segments[i]) ? node->param : node->literals[std::string(segments[i])];
      if (!next) next = std::make_unique<Node>();
      node = next.get();
      slots = &node->routes;
    }
    const Route*& slot = (*slots)[static_cast<std::size_t>(route.method)];
    CHECK(slot == nullptr);
    slot = &route;
  }
}

bool Router::walk(const Node& node, Search& search, std::size_t index) {
  if (index == search.segments.size()) return search.take(node.routes);
  const std::string_view segment = search.segments[index];
  if (const auto it = node.literals.find(segment); it != node.literals.end())
    if (walk(*it->second, search, index + 1)) return true;
  if (node.param && !segment.empty())
    if (walk(*node.param, search, index + 1)) return true;
  return search.take(node.rest_routes);
}

RouteMatch Router::find(Method method, std::string_view path) const {
  Search search;
  search.method = static_cast<int>(method);
  search.segments = segments_of(path);
  RouteMatch match;
  if (!walk(root_, search, 0)) {
    for (int m = 0; m < kMethods; ++m) {
      if (!search.allowed[m]) continue;
      if (!match.allow.empty()) match.allow += ", ";
      match.allow += method_name(static_cast<Method>(m));
      if (static_cast<Method>(m) == Method::get) match.allow += ", HEAD";
    }
    return match;
  }
  match.route = search.route;
  if (match.route->path.find('{') == std::string::npos) return match;
  const auto pattern = segments_of(match.route->path);
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    if (!is_param(pattern[i])) continue;
    if (is_rest(pattern[i])) {
      std::string_view rest;
      if (i < search.segments.size()) {
        const char* from = search.segments[i].data();
        rest = std::string_view(from, static_cast<std::size_t>(path.data() + path.size() - from));
      }
      match.params.emplace_back(pattern[i].substr(1, pattern[i].size() - 3), rest);
    } else {
      match.params.emplace_back(pattern[i].substr(1, pattern[i].size() - 2), search.segments[i]);
    }
  }
  return match;
}

}  // namespace lianbo::net
