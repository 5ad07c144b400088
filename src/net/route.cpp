#include "net/route.hpp"

#include <charconv>

namespace lianbo::net {
namespace {

std::string_view find_pair(const std::vector<std::pair<std::string, std::string>>& pairs, std::string_view name) {
  for (const auto& [key, value] : pairs)
    if (key == name) return value;
  return {};
}

Route make_route(Method method, std::string path, std::string id, std::string summary, Access access, Run run) {
  Route route;
  route.method = method;
  route.path = std::move(path);
  route.id = std::move(id);
  route.summary = std::move(summary);
  route.access = access;
  route.run = run;
  return route;
}

}  // namespace

std::string_view method_name(Method method) {
  switch (method) {
    case Method::get:
      return "GET";
    case Method::post:
      return "POST";
    case Method::put:
      return "PUT";
    case Method::patch:
      return "PATCH";
    case Method::del:
      return "DELETE";
  }
  return "GET";
}

std::string_view Request::header(std::string_view lower_name) const { return find_pair(headers, lower_name); }
std::string_view Request::param(std::string_view name) const { return find_pair(params, name); }
std::string_view Request::query_value(std::string_view name) const { return find_pair(query, name); }

std::string_view Request::cookie(std::string_view name) const {
  for (const auto& [header_name, text] : headers) {
    if (header_name != "cookie") continue;
    std::string_view rest = text;
    while (!rest.empty()) {
      const std::size_t end = rest.find(';');
      std::string_view item = rest.substr(0, end);
      rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end + 1);
      while (!item.empty() && (item.front() == ' ' || item.front() == '\t')) item.remove_prefix(1);
      while (!item.empty() && (item.back() == ' ' || item.back() == '\t')) item.remove_suffix(1);
      const std::size_t equals = item.find('=');
      if (equals == std::string_view::npos || item.substr(0, equals) != name) continue;
      std::string_view found = item.substr(equals + 1);
      if (found.size() >= 2 && found.front() == '"' && found.back() == '"') found = found.substr(1, found.size() - 2);
      return found;
    }
  }
  return {};
}

Result<Page> page_of(const Request& request) {
  Page page;
  if (const std::string_view limit = request.query_value("limit"); !limit.empty()) {
    const auto [end, error] = std::from_chars(limit.data(), limit.data() + limit.size(), page.limit);
    if (error != std::errc{} || end != limit.data() + limit.size() || page.limit < 1 || page.limit > 200)
      return fail(Code::invalid_field, "limit must be a whole number from 1 to 200", "query limit");
  }
  if (const std::string_view after = request.query_value("after"); !after.empty()) {
    const auto id = parse_id_text(after);
    if (!id) return fail(Code::invalid_field, "after must be the `next` of the page before", "query after");
    page.after = *id;
  }
  return page;
}

std::string page_json(std::string_view items_json_list, std::int64_t next) {
  std::string out;
  out.reserve(items_json_list.size() + 40);
  out += "{\"items\":";
  out += items_json_list.empty() ? std::string_view("[]") : items_json_list;
  out += ",\"next\":";
  if (next == 0)
    out += "null";
  else
    append_json_text(out, id_text(next));
  out += '}';
  return out;
}

Route read_route(Method method, std::string path, std::string id, std::string summary, Access access,
                 TxHandler handler) {
  Route route = make_route(method, std::move(path), std::move(id), std::move(summary), access, Run::read);
  route.tx_handler = std::move(handler);
  return route;
}

Route write_route(Method method, std::string path, std::string id, std::string summary, Access access,
                  TxHandler handler) {
  Route route = make_route(method, std::move(path), std::move(id), std::move(summary), access, Run::write);
  route.tx_handler = std::move(handler);
  return route;
}

Route plain_route(Method method, std::string path, std::string id, std::string summary, Access access,
                  PlainHandler handler) {
  Route route = make_route(method, std::move(path), std::move(id), std::move(summary), access, Run::plain);
  route.plain_handler = std::move(handler);
  return route;
}

}  // namespace lianbo::net
