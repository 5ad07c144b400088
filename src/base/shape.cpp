#include "base/shape.hpp"

#include <algorithm>

#include "base/check.hpp"
#include "base/money.hpp"
#include "base/text.hpp"

namespace lianbo {
namespace shape {
namespace {
constexpr std::int64_t kMaxExact = 9'007'199'254'740'991;  // 2^53 − 1: what a browser's number holds exactly
Field make(Field::Kind kind, std::string name, std::string doc, std::int64_t min = 0, std::int64_t max = 0) {
  Field f;
  f.kind = kind;
  f.name = std::move(name);
  f.doc = std::move(doc);
  f.min = min;
  f.max = max;
  return f;
}
}  // namespace

Field text(std::string name, std::int64_t min, std::int64_t max, std::string doc) {
  return make(Field::Kind::text, std::move(name), std::move(doc), min, max);
}
Field integer(std::string name, std::int64_t min, std::int64_t max, std::string doc) {
  return make(Field::Kind::integer, std::move(name), std::move(doc), min, max);
}
Field count(std::string name, std::string doc) { return integer(std::move(name), 0, kMaxExact, std::move(doc)); }
Field fen(std::string name, std::string doc) {
  return integer(std::move(name), -kMaxExact, kMaxExact, doc.empty() ? "amount in fen" : std::move(doc));
}
Field price(std::string name, std::string doc) {
  return integer(std::move(name), 0, kMaxAmountFen, doc.empty() ? "amount in fen" : std::move(doc));
}
Field bp(std::string name, std::string doc) {
  return integer(std::move(name), 0, kWholeBp, doc.empty() ? "rate in basis points" : std::move(doc));
}
Field number(std::string name, std::string doc) { return make(Field::Kind::number, std::move(name), std::move(doc)); }
Field boolean(std::string name, std::string doc) { return make(Field::Kind::boolean, std::move(name), std::move(doc)); }
Field id(std::string name, std::string doc) { return make(Field::Kind::id, std::move(name), std::move(doc)); }
Field instant(std::string name, std::string doc) { return make(Field::Kind::instant, std::move(name), std::move(doc)); }
Field choice(std::string name, std::vector<std::string> choices, std::string doc) {
  Field f = make(Field::Kind::choice, std::move(name), std::move(doc));
  f.choices = std::move(choices);
  return f;
}
Field object(std::string name, Shape fields, std::string doc) {
  Field f = make(Field::Kind::object, std::move(name), std::move(doc));
  f.fields = std::move(fields);
  return f;
}
Field list(std::string name, Shape item_fields, std::int64_t min, std::int64_t max, std::string doc) {
  Field f = make(Field::Kind::list, std::move(name), std::move(doc), min, max);
  f.fields = std::move(item_fields);
  return f;
}
Field list_of(std::string name, Field item, std::int64_t min, std::int64_t max, std::string doc) {
  item.name.clear();
  return list(std::move(name), Shape{std::move(item)}, min, max, std::move(doc));
}
Field any(std::string name, std::string doc) { return make(Field::Kind::any, std::move(name), std::move(doc)); }
Field opt(Field field) {
  field.optional = true;
  return field;
}
Field nullable(Field field) {
  field.optional = true;
  field.nullable = true;
  return field;
}
}  // namespace shape

namespace {

Status wrong(const std::string& at, std::string what) { return fail(Code::invalid_field, std::move(what), at); }

std::string kind_of(const json::value& v) {
  switch (v.kind()) {
    case json::kind::null:
      return "null";
    case json::kind::bool_:
      return "a boolean";
    case json::kind::int64:
    case json::kind::uint64:
      return "an integer";
    case json::kind::double_:
      return "a number with a fraction or exponent";
    case json::kind::string:
      return "a text";
    case json::kind::array:
      return "a list";
    case json::kind::object:
      return "an object";
  }
  return "something else";
}

std::string pointer(const std::string& at, std::string_view name) {
  std::string out = at + "/";
  for (const char c : text_front(name, 64)) {
    if (c == '~')
      out += "~0";
    else if (c == '/')
      out += "~1";
    else
      out += c;
  }
  return out;
}

Status check_field(const json::value& v, const Field& f, const std::string& at) {
  if (v.is_null()) {
    if (f.nullable) return {};
    return wrong(at, "must not be null");
  }
  switch (f.kind) {
    case Field::Kind::text: {
      const auto* s = v.if_string();
      if (!s) return wrong(at, "must be a text, but is " + kind_of(v));
      const auto n = static_cast<std::int64_t>(utf8_length(*s));
      if (n < f.min || n > f.max)
        return wrong(at, "must have " + std::to_string(f.min) + " to " + std::to_string(f.max) +
                             " characters, but has " + std::to_string(n));
      return {};
    }
    case Field::Kind::integer: {
      std::int64_t n;
      if (const auto* i = v.if_int64())
        n = *i;
      else if (v.is_uint64())
        return wrong(at, "must be at most " + std::to_string(f.max));
      else
        return wrong(at, "must be an integer, but is " + kind_of(v));
      if (n < f.min) return wrong(at, "must be at least " + std::to_string(f.min) + ", but is " + std::to_string(n));
      if (n > f.max) return wrong(at, "must be at most " + std::to_string(f.max) + ", but is " + std::to_string(n));
      return {};
    }
    case Field::Kind::number:
      return v.is_number() ? Status{} : wrong(at, "must be a number, but is " + kind_of(v));
    case Field::Kind::boolean:
      return v.is_bool() ? Status{} : wrong(at, "must be true or false, but is " + kind_of(v));
    case Field::Kind::id: {
      const auto* s = v.if_string();
      if (!s) return wrong(at, "must be an identifier (a text), but is " + kind_of(v));
      return parse_id_text(*s) ? Status{} : wrong(at, "is not an identifier of ours");
    }
    case Field::Kind::instant: {
      const auto* s = v.if_string();
      if (!s) return wrong(at, "must be an instant (a text like 2026-11-11T12:00:00.000Z), but is " + kind_of(v));
      TRY([[maybe_unused]] auto parsed, parse_rfc3339(*s, at));
      return {};
    }
    case Field::Kind::choice: {
      const auto* s = v.if_string();
      std::string all;
      for (const auto& c : f.choices) all += (all.empty() ? "" : ", ") + c;
      if (!s) return wrong(at, "must be one of " + all + ", but is " + kind_of(v));
      if (std::find(f.choices.begin(), f.choices.end(), std::string_view(*s)) == f.choices.end())
        return wrong(at, "must be one of " + all);
      return {};
    }
    case Field::Kind::object:
      return check_shape(v, f.fields, at);
    case Field::Kind::list: {
      const auto* a = v.if_array();
      if (!a) return wrong(at, "must be a list, but is " + kind_of(v));
      const auto n = static_cast<std::int64_t>(a->size());
      if (n < f.min || n > f.max)
        return wrong(at, "must have " + std::to_string(f.min) + " to " + std::to_string(f.max) + " items, but has " +
                             std::to_string(n));
      const bool plain = f.fields.size() == 1 && f.fields.front().name.empty();
      for (std::size_t i = 0; i < a->size(); ++i) {
        const std::string item_at = at + "/" + std::to_string(i);
        TRY_OK(plain ? check_field((*a)[i], f.fields.front(), item_at) : check_shape((*a)[i], f.fields, item_at));
      }
      return {};
    }
    case Field::Kind::any:
      return {};
  }
  return {};
}

void schema_of(JsonWriter& w, const Field& f);

void schema_object(JsonWriter& w, const Shape& shape) {
  w.field("type", "object").field("additionalProperties", false);
  w.key("properties").begin();
  for (const auto& f : shape) {
    w.key(f.name);
    schema_of(w, f);
  }
  w.end();
  if (std::any_of(shape.begin(), shape.end(), [](const Field& f) { return !f.optional; })) {
    w.key("required").begin_list();
    for (const auto& f : shape)
      if (!f.optional) w.value(f.name);
    w.end_list();
  }
}

void schema_of(JsonWriter& w, const Field& f) {
  w.begin();
  const auto type = [&](const char* name) {
    w.key("type");
    if (f.nullable)
      w.begin_list().value(name).value("null").end_list();
    else
      w.value(name);
  };
  if (!f.doc.empty()) w.field("description", f.doc);
  switch (f.kind) {
    case Field::Kind::text:
      type("string");
      w.field("minLength", f.min).field("maxLength", f.max);
      break;
    case Field::Kind::integer:
      type("integer");
      w.field("minimum", f.min).field("maximum", f.max);
      break;
    case Field::Kind::number:
      type("number");
      break;
    case Field::Kind::boolean:
      type("boolean");
      break;
    case Field::Kind::id:
      type("string");
      w.field("pattern", "^[0-9a-hjkmnp-tv-z]{13}$");
      break;
    case Field::Kind::instant:
      type("string");
      w.field("format", "date-time");
      break;
    case Field::Kind::choice:
      type("string");
      w.key("enum").begin_list();
      for (const auto& c : f.choices) w.value(c);
      if (f.nullable) w.null();
      w.end_list();
      break;
    case Field::Kind::object:
      if (f.nullable) {
        w.key("oneOf").begin_list().begin();
        schema_object(w, f.fields);
        w.end().begin().field("type", "null").end().end_list();
      } else {
        schema_object(w, f.fields);
      }
      break;
    case Field::Kind::list:
      type("array");
      w.field("minItems", f.min).field("maxItems", f.max).key("items");
      if (f.fields.size() == 1 && f.fields.front().name.empty()) {
        schema_of(w, f.fields.front());
      } else {
        w.begin();
        schema_object(w, f.fields);
        w.end();
      }
      break;
    case Field::Kind::any:
      break;
  }
  w.end();
}

const json::value* find(const json::value& body, std::string_view name) {
  const auto* o = body.if_object();
  if (!o) return nullptr;
  const auto* v = o->if_contains(name);
  return v && !v->is_null() ? v : nullptr;
}

}  // namespace

Status check_shape(const json::value& value, const Shape& shape, const std::string& at) {
  const auto* o = value.if_object();
  if (!o) return wrong(at, "must be an object, but is " + kind_of(value));
  for (const auto& member : *o) {
    const auto known = std::find_if(shape.begin(), shape.end(), [&](const Field& f) { return f.name == member.key(); });
    if (known == shape.end()) {
      std::string names;
      for (const auto& f : shape) names += (names.empty() ? "" : ", ") + f.name;
      return fail(Code::unknown_field, names.empty() ? "no fields are taken here" : "known here: " + names,
                  pointer(at, member.key()));
    }
  }
  for (const auto& f : shape) {
    const auto* v = o->if_contains(f.name);
    if (!v) {
      if (f.optional) continue;
      return fail(Code::missing_field, f.doc.empty() ? "must be given" : "must be given: " + f.doc,
                  pointer(at, f.name));
    }
    TRY_OK(check_field(*v, f, pointer(at, f.name)));
  }
  return {};
}

std::string json_schema(const Shape& shape) {
  JsonWriter w;
  w.begin();
  schema_object(w, shape);
  w.end();
  return w.take();
}

std::string get_text(const json::value& body, std::string_view name, std::string fallback) {
  const auto* v = find(body, name);
  return v && v->is_string() ? std::string(v->get_string()) : std::move(fallback);
}
std::int64_t get_int(const json::value& body, std::string_view name, std::int64_t fallback) {
  const auto* v = find(body, name);
  return v && v->is_int64() ? v->get_int64() : fallback;
}
bool get_bool(const json::value& body, std::string_view name, bool fallback) {
  const auto* v = find(body, name);
  return v && v->is_bool() ? v->get_bool() : fallback;
}
Instant get_instant(const json::value& body, std::string_view name, Instant fallback) {
  const auto* v = find(body, name);
  if (!v || !v->is_string()) return fallback;
  return parse_rfc3339(v->get_string()).value_or(fallback);
}
bool has(const json::value& body, std::string_view name) { return find(body, name) != nullptr; }
const json::array& get_list(const json::value& body, std::string_view name) {
  static const json::array empty;
  const auto* v = find(body, name);
  return v && v->is_array() ? v->get_array() : empty;
}
const json::value& get_object(const json::value& body, std::string_view name) {
  static const json::value empty = json::object();
  const auto* v = find(body, name);
  return v && v->is_object() ? *v : empty;
}

}  // namespace lianbo
