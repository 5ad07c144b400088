// Router: which route answers a method and a path.
//
// A tree of path segments, built once at start and read-only afterwards (any thread). A literal segment is preferred to
// a parameter ("/orders/export" before "/orders/{id}"); if the preferred branch has no route of the method, the other
// is tried. "{name*}" as the last segment takes the rest of the path, slashes included ("/assets/" too, with an empty
// rest). A parameter never matches an empty segment, and "/a/" is not "/a". Two routes with one method and one path are
// a mistake of ours and stop the process (CHECK).
#pragma once

#include <array>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "net/route.hpp"

namespace lianbo::net {

struct RouteMatch {
  const Route* route = nullptr;
  std::vector<std::pair<std::string, std::string>> params;
  std::string allow;  // without route: "" for 404, else 405 and the value of Allow
};

class Router {
 public:
  // The routes must outlive the router and stay where they are.
  explicit Router(const Routes& routes);

  RouteMatch find(Method method, std::string_view path) const;

 private:
  static constexpr int kMethods = 5;
  struct Node {
    std::map<std::string, std::unique_ptr<Node>, std::less<>> literals;
    std::unique_ptr<Node> param;
    std::array<const Route*, kMethods> routes{};
    std::array<const Route*, kMethods> rest_routes{};  // "{name*}" below this node
  };
  struct Search;
  static bool walk(const Node& node, Search& search, std::size_t index);

  Node root_;
};

}  // namespace lianbo::net
