// What the routes of this folder share: pages of items and what an item must look like. Not for others.
#pragma once

#include <utility>
#include <vector>

#include "base/json.hpp"
#include "base/shape.hpp"
#include "net/route.hpp"

namespace lianbo::order {

inline Shape page_of_items(Shape item) {
  return {shape::list("items", std::move(item), 0, 200),
          shape::nullable(shape::id("next", "pass as ?after= for the next page"))};
}
inline Shape page_query() { return {shape::opt(shape::integer("limit", 1, 200)), shape::opt(shape::id("after"))}; }

// limit −1: the list is whole.
template <class T, class F>
net::Reply page_reply(const std::vector<T>& items, int limit, F&& write) {
  JsonWriter w;
  w.begin_list();
  for (const auto& item : items) w.raw(write(item));
  w.end_list();
  return net::Reply::json(
      net::page_json(w.text(), static_cast<int>(items.size()) == limit ? items.back().id.value : 0));
}

}  // namespace lianbo::order
