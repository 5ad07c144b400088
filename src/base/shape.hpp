// Shape: what a JSON object must look like, said once.
//
// A route lists the shape of what it takes and what it gives; from it come the check of every request (unknown,
// missing, mistyped, over-long fields, each with its JSON pointer), the OpenAPI document and the TypeScript types. So a
// handler reads a body that is already right. Values; built at start, read-only afterwards, any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.hpp"

namespace lianbo {

struct Field;
using Shape = std::vector<Field>;

struct Field {
  enum class Kind { text, integer, number, boolean, id, instant, choice, object, list, any };
  std::string name;
  Kind kind = Kind::text;
  std::string doc;
  std::int64_t min = 0;  // text: code points; integer: value; list: items
  std::int64_t max = 0;
  bool optional = false;  // may be absent
  bool nullable = false;  // may be null
  std::vector<std::string> choices;
  Shape fields;  // object: its members; list: the members of an item, or one field named "" for a list of plain values
};

namespace shape {
Field text(std::string name, std::int64_t min, std::int64_t max, std::string doc = {});
Field integer(std::string name, std::int64_t min, std::int64_t max, std::string doc = {});
Field count(std::string name, std::string doc = {});  // 0 … 2^53
Field fen(std::string name, std::string doc = {});    // −kMaxSum … kMaxSum; answers only
Field price(std::string name, std::string doc = {});  // 0 … kMaxAmountFen; requests
Field bp(std::string name, std::string doc = {});     // 0 … 10000
Field number(std::string name, std::string doc = {});
Field boolean(std::string name, std::string doc = {});
Field id(std::string name, std::string doc = {});
Field instant(std::string name, std::string doc = {});
Field choice(std::string name, std::vector<std::string> choices, std::string doc = {});
Field object(std::string name, Shape fields, std::string doc = {});
Field list(std::string name, Shape item_fields, std::int64_t min, std::int64_t max, std::string doc = {});
Field list_of(std::string name, Field item, std::int64_t min, std::int64_t max, std::string doc = {});
Field any(std::string name, std::string doc = {});
Field opt(Field field);       // may be absent
Field nullable(Field field);  // may be null (and absent)
}  // namespace shape

// Ok, or the first field that is wrong, with its JSON pointer. Unknown members are refused.
Status check_shape(const json::value& value, const Shape& shape, const std::string& at = {});

// JSON Schema (2020-12, as OpenAPI 3.1 uses it) of an object of this shape.
std::string json_schema(const Shape& shape);

// Reading a body that check_shape has passed. Absent or null: the fallback.
std::string get_text(const json::value& body, std::string_view name, std::string fallback = {});
std::int64_t get_int(const json::value& body, std::string_view name, std::int64_t fallback = 0);
bool get_bool(const json::value& body, std::string_view name, bool fallback = false);
Instant get_instant(const json::value& body, std::string_view name, Instant fallback = 0);
bool has(const json::value& body, std::string_view name);  // present and not null
const json::array& get_list(const json::value& body, std::string_view name);
const json::value& get_object(const json::value& body, std::string_view name);
template <class T>
T get_id(const json::value& body, std::string_view name) {
  if (!has(body, name)) return T{};
  return T::parse(get_text(body, name)).value_or(T{});
}

}  // namespace lianbo
