#include "app/openapi.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "base/json.hpp"
#include "base/shape.hpp"

namespace lianbo::app {
namespace {

using net::Access;
using net::Route;

std::string lower(std::string_view method) {
  std::string out(method);
  std::transform(out.begin(), out.end(), out.begin(), [](unsigned char c) { return std::tolower(c); });
  return out;
}

std::string tag_of(const Route& route) {
  // "/api/v1/orders/{order_id}" → "orders"; brand-wide lists are named by what they list.
  std::string_view rest = route.path;
  constexpr std::string_view kPrefix = "/api/v1/";
  if (!rest.starts_with(kPrefix)) return "pages";
  rest.remove_prefix(kPrefix.size());
  constexpr std::string_view kBrand = "brands/{brand_id}/";
  if (rest.starts_with(kBrand)) rest.remove_prefix(kBrand.size());
  return std::string(rest.substr(0, rest.find_first_of("/:")));
}

void write_parameters(JsonWriter& w, const Route& route) {
  w.key("parameters").begin_list();
  std::string_view path = route.path;
  for (auto at = path.find('{'); at != std::string_view::npos; at = path.find('{', at + 1)) {
    std::string name(path.substr(at + 1, path.find('}', at) - at - 1));
    if (name.ends_with('*')) name.pop_back();
    w.begin().field("name", name).field("in", "path").field("required", true);
    w.key("schema").begin().field("type", "string").end().end();
  }
  for (const auto& field : route.query) {
    w.begin().field("name", field.name).field("in", "query").field("required", !field.optional);
    if (!field.doc.empty()) w.field("description", field.doc);
    w.key("schema").begin();
    switch (field.kind) {
      case Field::Kind::integer:
        w.field("type", "integer").field("minimum", field.min).field("maximum", field.max);
        break;
      case Field::Kind::boolean:
        w.field("type", "boolean");
        break;
      case Field::Kind::choice:
        w.field("type", "string").key("enum").begin_list();
        for (const auto& c : field.choices) w.value(c);
        w.end_list();
        break;
      default:
        w.field("type", "string");
    }
    w.end().end();
  }
  if (route.method != net::Method::get && route.access != Access::open) {
    w.begin().field("name", "X-Lianbo-Csrf").field("in", "header").field("required", false);
    w.field("description", "any value; required when a cookie identifies the caller");
    w.key("schema").begin().field("type", "string").end().end();
    w.begin().field("name", "Idempotency-Key").field("in", "header").field("required", route.require_key);
    w.field("description", "the same key and body give the same answer; the same key with another body is an error");
    w.key("schema").begin().field("type", "string").field("maxLength", 128).end().end();
  }
  w.end_list();
}

std::vector<Code> errors_of(const Route& route) {
  std::vector<Code> all = route.errors;
  if (route.access != Access::open && route.access != Access::guest) all.push_back(Code::unauthenticated);
  if (route.access == Access::staff || route.access == Access::login) all.push_back(Code::forbidden);
  if (route.takes)
    for (const Code c : {Code::malformed_json, Code::invalid_field, Code::missing_field, Code::unknown_field,
                         Code::unsupported_media_type, Code::body_too_large})
      all.push_back(c);
  if (route.method != net::Method::get && route.access != Access::open) {
    all.push_back(Code::csrf_refused);
    all.push_back(Code::idempotency_mismatch);
  }
  if (route.limited()) all.push_back(Code::too_many_requests);
  if (route.require_key) all.push_back(Code::idempotency_required);
  for (const Code c : {Code::overloaded, Code::internal}) all.push_back(c);
  std::sort(all.begin(), all.end());
  all.erase(std::unique(all.begin(), all.end()), all.end());
  return all;
}

void write_operation(JsonWriter& w, const Route& route) {
  w.begin().field("operationId", route.id).field("summary", route.summary);
  w.key("tags").begin_list().value(tag_of(route)).end_list();
  write_parameters(w, route);
  w.key("security").begin_list();
  switch (route.access) {
    case Access::open:
      break;
    case Access::guest:
      w.begin().end().begin().key("guest").begin_list().end_list().end();
      [[fallthrough]];
    case Access::login:
    case Access::staff:
      w.begin().key("token").begin_list().end_list().end().begin().key("session").begin_list().end_list().end();
  }
  w.end_list();
  if (route.takes || route.raw_body) {
    const bool needed = route.raw_body || std::any_of(route.takes->begin(), route.takes->end(),
                                                      [](const Field& f) { return !f.optional; });
    w.key("requestBody").begin().field("required", needed).key("content").begin();
    if (route.takes)
      w.key("application/json").begin().key("schema").raw(json_schema(*route.takes)).end();
    else
      w.key("application/octet-stream")
          .begin()
          .key("schema")
          .begin()
          .field("type", "string")
          .field("format", "binary")
          .end()
          .end();
    w.end().end();
  }
  w.key("responses").begin();
  w.key(std::to_string(route.success)).begin().field("description", route.success == 302 ? "the one redirect" : "done");
  if (route.gives)
    w.key("content").begin().key("application/json").begin().key("schema").raw(json_schema(*route.gives)).end().end();
  w.end();
  std::map<int, std::string> by_status;
  for (const Code code : errors_of(route)) {
    auto& names = by_status[info(code).http_status];
    names += (names.empty() ? "" : ", ") + std::string(info(code).name);
  }
  for (const auto& [status, names] : by_status) {
    w.key(std::to_string(status)).begin().field("description", names).key("content").begin();
    w.key("application/problem+json").begin().key("schema").begin();
    w.field("$ref", "#/components/schemas/Problem").end().end().end().end();
  }
  w.end().end();
}

}  // namespace

std::string openapi_json(const net::Routes& routes, std::string_view version) {
  std::map<std::string, std::map<std::string, const Route*>> paths;
  for (const auto& route : routes)
    if (!route.internal) paths[route.path][lower(net::method_name(route.method))] = &route;
  JsonWriter w;
  w.begin().field("openapi", "3.1.0");
  w.key("info").begin().field("title", "Lianbo").field("version", version);
  w.field(
      "description",
      "Matrix live commerce: one brand, many hosts. Amounts are fen (integers, _fen); rates basis points (_bp); "
      "instants "
      "RFC 3339 in UTC (_at); identifiers are opaque texts; lists are pages of {items, next}. Rooms are WebSockets at "
      "/api/v1/rooms/{broadcast_id}/ws; their messages are described in docs/api.md.");
  w.key("license").begin().field("name", "Apache-2.0").field("identifier", "Apache-2.0").end().end();
  w.key("paths").begin();
  for (const auto& [path, methods] : paths) {
    w.key(path).begin();
    for (const auto& [method, route] : methods) {
      w.key(method);
      write_operation(w, *route);
    }
    w.end();
  }
  w.end();
  w.key("components").begin();
  w.key("securitySchemes").begin();
  w.key("token").begin().field("type", "http").field("scheme", "bearer").end();
  w.key("session").begin().field("type", "apiKey").field("in", "cookie").field("name", "lb_sid").end();
  w.key("guest").begin().field("type", "apiKey").field("in", "cookie").field("name", "lb_guest").end();
  w.end();
  w.key("schemas").begin().key("Problem").begin().field("type", "object");
  w.field("description", "RFC 9457 problem document");
  w.key("required").begin_list().value("type").value("title").value("status").value("code").value("name").end_list();
  w.key("properties").begin();
  for (const char* name : {"type", "title", "name", "detail", "where", "request_id"})
    w.key(name).begin().field("type", "string").end();
  for (const char* name : {"status", "code"}) w.key(name).begin().field("type", "integer").end();
  w.key("more").begin().field("type", "array").key("items").begin().field("type", "string").end().end();
  w.end();
  w.key("x-codes").begin_list();
  for (const auto& e : all_errors())
    w.begin()
        .field("code", e.number)
        .field("name", e.name)
        .field("status", e.http_status)
        .field("en", e.title_en)
        .field("zh", e.title_zh)
        .end();
  w.end_list().end().end().end().end();
  return w.take();
}

}  // namespace lianbo::app
