#include "app/first_page.hpp"

#include <algorithm>
#include <cctype>
#include <optional>
#include <utility>
#include <vector>

#include "base/json.hpp"
#include "base/money.hpp"

namespace lianbo::app {
namespace {

// Identifiers and tokens look the same in an address whoever writes it; anything else is not carried.
bool plain(std::string_view text) {
  return !text.empty() && text.size() <= 64 &&
         std::all_of(text.begin(), text.end(), [](unsigned char c) { return std::isalnum(c) != 0; });
}

struct Answers {
  const Ask& ask;
  const Call& call;
  const net::Request& request;
  std::vector<std::pair<std::string, std::string>> kept;

  // The answer as JSON; nothing when it is not a plain 200.
  std::optional<json::object> get(const std::string& target) {
    const auto reply = ask(call, request, target);
    if (!reply || reply->status != 200) return std::nullopt;
    auto value = parse_json(reply->body);
    if (!value || !value->is_object()) return std::nullopt;
    kept.emplace_back(target, reply->body);
    return std::move(value->as_object());
  }
};

std::string text_of(const json::object& from, std::string_view name) {
  const auto* value = from.if_contains(name);
  return value != nullptr && value->is_string() ? std::string(value->as_string()) : std::string();
}

std::string currency_of(const json::object& site, std::string_view brand) {
  if (const auto* brands = site.if_contains("brands"); brands != nullptr && brands->is_array())
    for (const auto& one : brands->as_array())
      if (one.is_object() && text_of(one.as_object(), "id") == brand) return text_of(one.as_object(), "currency");
  return "CNY";
}

// What the living card says first: the price, in this store, of the first SKU that is not sold out.
std::optional<Fen> price_of(const json::object& product) {
  std::optional<Fen> first;
  const auto* skus = product.if_contains("skus");
  if (skus == nullptr || !skus->is_array()) return first;
  for (const auto& sku : skus->as_array()) {
    if (!sku.is_object()) continue;
    const auto& of = sku.as_object();
    const auto* fen = of.if_contains("store_price_fen");
    if (fen == nullptr || !fen->is_int64()) fen = of.if_contains("price_fen");
    if (fen == nullptr || !fen->is_int64()) continue;
    const auto* gone = of.if_contains("sold_out");
    if (gone == nullptr || !gone->is_bool() || !gone->get_bool()) return fen->as_int64();
    if (!first) first = fen->as_int64();
  }
  return first;
}

// JSON inside a script element: no "<" may stand there as itself.
std::string embedded(const std::vector<std::pair<std::string, std::string>>& answers) {
  std::string out = "{";
  for (const auto& [target, body] : answers) {
    if (out.size() > 1) out += ',';
    out += '"' + target + "\":";
    for (const char c : body) {
      if (c == '<')
        out += "\\u003c";
      else
        out += c;
    }
  }
  return out + "}";
}

}  // namespace

std::string escape_html(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

FirstPage first_page(const Ask& ask, const Call& call, const net::Request& request) {
  constexpr std::string_view kRoom = "/room/", kProduct = "/product/";
  const std::string_view path = request.path;
  const bool room = path.starts_with(kRoom);
  if (!ask || (!room && !path.starts_with(kProduct))) return {};
  const std::string_view id = path.substr((room ? kRoom : kProduct).size());
  if (!plain(id)) return {};

  Answers answers{ask, call, request, {}};
  const std::string_view share = request.query_value("share");
  std::optional<json::object> site;
  if (share.empty() || plain(share))
    site = answers.get(share.empty() ? "/api/v1/site" : "/api/v1/site?share=" + std::string(share));

  std::string product_id, store, host, title;
  if (room) {
    const auto broadcast = answers.get("/api/v1/broadcasts/" + std::string(id));
    if (!broadcast) return {};
    product_id = request.query_value("product");
    store = text_of(*broadcast, "store_id");
    host = text_of(*broadcast, "host_name");
    title = text_of(*broadcast, "title");
  } else {
    product_id = id;
    store = request.query_value("store");
  }
  answers.get("/api/v1/me");
  std::string card, image;
  if (plain(product_id) && (store.empty() || plain(store))) {
    const auto product =
        answers.get("/api/v1/products/" + product_id + (store.empty() ? std::string() : "?store_id=" + store));
    if (product) {
      const std::string name = text_of(*product, "title");
      image = text_of(*product, "image_url");
      const auto price = price_of(*product);
      title = title.empty() ? name : name + " · " + title;
      card = R"(<section id="first" class=")" + std::string(room ? "sheet" : "page") + R"("><div class="art">)";
      if (!image.empty()) card += R"(<img alt="" src=")" + escape_html(image) + R"(" fetchpriority="high">)";
      card += "</div><div><h2>" + escape_html(name) + "</h2>";
      if (price)
        card += "<p>" +
                escape_html(price_text(site ? currency_of(*site, text_of(*product, "brand_id")) : "CNY", *price)) +
                "</p>";
      if (!host.empty()) card += "<small>" + escape_html(host) + "</small>";
      card += "</div></section>";
    }
  }

  FirstPage out;
  if (!title.empty()) {
    out.head = R"(<meta property="og:type" content="product"><meta property="og:title" content=")" +
               escape_html(title) + R"(">)";
    if (!image.empty()) out.head += R"(<meta property="og:image" content=")" + escape_html(image) + R"(">)";
  }
  out.body = card + R"(<script type="application/json" id="first-answers">)" + embedded(answers.kept) + "</script>";
  return out;
}

}  // namespace lianbo::app
