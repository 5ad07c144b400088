// Targets over single parsers: JSON, the request target, settings files, CSV of agents and catalogues, WebSocket
// frames, addresses of proxies, the head of a backup.
#include <algorithm>
#include <boost/json/serialize.hpp>
#include <cmath>

#include "app/backup.hpp"
#include "base/json.hpp"
#include "base/settings.hpp"
#include "catalog/csv_formats.hpp"
#include "fuzz/fuzz.hpp"
#include "net/client_address.hpp"
#include "net/target.hpp"
#include "net/websocket.hpp"
#include "org/agents_csv.hpp"

namespace lianbo::fuzz {

std::vector<Target>& targets() {
  static std::vector<Target> all;
  return all;
}

namespace {

// Equal, but for the last digits of numbers with a fraction or beyond 64 bits: the parser rounds those freely, and no
// rule of ours reads one.
bool same(const json::value& a, const json::value& b) {
  if (a.is_double() || b.is_double()) {
    if (!a.is_number() || !b.is_number()) return false;
    const double x = a.to_number<double>(), y = b.to_number<double>();
    return x == y || std::abs(x - y) <= 1e-12 * std::max(std::abs(x), std::abs(y)) || !std::isfinite(x);
  }
  if (a.is_array() && b.is_array())
    return std::equal(a.get_array().begin(), a.get_array().end(), b.get_array().begin(), b.get_array().end(), same);
  if (a.is_object() && b.is_object())
    return a.get_object().size() == b.get_object().size() &&
           std::all_of(a.get_object().begin(), a.get_object().end(), [&](const auto& member) {
             const json::value* other = b.get_object().if_contains(member.key());
             return other && same(member.value(), *other);
           });
  return a == b;
}

void json_text(std::string_view input) {
  const auto value = parse_json(input);
  if (!value) return;
  FUZZ_CHECK(valid_utf8(input), "what was taken is UTF-8");
  const std::string written = json::serialize(*value);
  const auto again = parse_json(written);
  FUZZ_CHECK(again.has_value(), written);
  FUZZ_CHECK(same(*again, *value), written);
}
const Registered kJson{"json", json_text};

void request_target(std::string_view input) {
  net::Request request;
  request.target = input;
  if (!net::parse_target(request)) return;
  FUZZ_CHECK(valid_utf8(request.path), request.path);
  FUZZ_CHECK(request.path.starts_with('/') || input.find("://") != std::string_view::npos || input.starts_with('#'),
             request.path);
  FUZZ_CHECK(("/" + request.path + "/").find("/../") == std::string::npos, request.path);
  for (const auto& [name, value] : request.query) FUZZ_CHECK(valid_utf8(name) && valid_utf8(value), name);
  const auto decoded = net::percent_decode(net::percent_encode(input), true);
  FUZZ_CHECK(decoded && *decoded == input, "encoding can be undone");
}
const Registered kTarget{"http_target", request_target};

void settings_file(std::string_view input) {
  Settings settings;
  const auto faults = apply_settings_text(settings, input, "x.conf");
  for (const auto& fault : faults) FUZZ_CHECK(fault.starts_with("x.conf line "), fault);
  // Whatever was in it, what holds is within its limits, and written down it means the same.
  Settings again;
  for (const auto& s : all_settings()) {
    const std::string text = setting_text(settings, s.name);
    FUZZ_CHECK(again.set(s.name, text).has_value(), s.name + " = " + text);
    FUZZ_CHECK(setting_text(again, s.name) == text, s.name);
  }
}
const Registered kSettings{"settings", settings_file};

void agents_csv(std::string_view input) {
  const org::KnownAgents known = {{"A1", {"", org::AgentState::active}}, {"A2", {"A1", org::AgentState::left}}};
  const auto rows = org::parse_agents(input, known);
  if (!rows) {
    FUZZ_CHECK(!rows.error().detail.empty(), "a refusal says why");
    return;
  }
  FUZZ_CHECK(!rows->empty(), "nothing is no network");
  for (const auto& row : *rows) {
    FUZZ_CHECK(!row.code.empty() && !row.name.empty(), row.code);
    FUZZ_CHECK(valid_utf8(row.code) && valid_utf8(row.name), row.code);
    FUZZ_CHECK(!row.parent || *row.parent != row.code, "nobody is above themselves");
  }
}
const Registered kAgents{"agents_csv", agents_csv};

void catalog_csv(std::string_view input) {
  catalog::CatalogOptions options;
  options.default_stock = 7;
  options.incomplete_off_sale = choose(input, 2) == 1;
  const auto file = catalog::parse_catalog(input, options);
  if (!file) {
    FUZZ_CHECK(!file.error().detail.empty(), "a refusal says why");
    return;
  }
  using catalog::CatalogFormat;
  for (const auto format : {CatalogFormat::lianbo, CatalogFormat::shopify, CatalogFormat::woocommerce}) {
    const auto written = catalog::write_catalog(file->products, format);
    if (!written) continue;
    const auto again = catalog::parse_catalog(*written, options);
    FUZZ_CHECK(again.has_value(), again.error().text() + "\n" + *written);
    FUZZ_CHECK(again->products == file->products, *written);
  }
}
const Registered kCatalog{"catalog_csv", catalog_csv};

// What a parser hands on, as one text.
struct Recorder final : net::WsSink {
  bool on_text(std::string_view text) override {
    FUZZ_CHECK(valid_utf8(text), "a text is UTF-8");
    FUZZ_CHECK(text.size() <= 4096, "and not above the limit");
    log += "T" + std::to_string(text.size()) + ":" + std::string(text);
    return true;
  }
  bool on_ping(std::string_view payload) override {
    log += "P" + std::string(payload);
    return true;
  }
  bool on_pong(std::string_view payload) override {
    log += "p" + std::string(payload);
    return true;
  }
  void on_close(int code, std::string_view reason) override {
    FUZZ_CHECK(valid_utf8(reason), "a reason is UTF-8");
    log += "C" + std::to_string(code) + ":" + std::string(reason);
  }
  std::string log;
};

void ws_frames(std::string_view input) {
  const auto role = choose(input, 2) == 0 ? net::WsParser::Role::server : net::WsParser::Role::client;
  const std::size_t step = 1 + choose(input, 7);
  Recorder whole, parts;
  net::WsParser at_once(role, 4096), bit_by_bit(role, 4096);
  const int code = at_once.feed(input, whole);
  int code_of_parts = 0;
  for (std::size_t at = 0; at < input.size() && code_of_parts == 0; at += step)
    code_of_parts = bit_by_bit.feed(input.substr(at, step), parts);
  FUZZ_CHECK(code == code_of_parts, "how the bytes are cut makes no difference");
  FUZZ_CHECK(whole.log == parts.log, whole.log + " / " + parts.log);
  FUZZ_CHECK(at_once.held_bytes() <= 64 * 1024, "what is held is bounded");
}
const Registered kFrames{"ws_frames", ws_frames};

void proxies(std::string_view input) {
  const auto line = input.find('\n');
  net::Request request;
  request.remote = "10.0.0.1";
  if (line != std::string_view::npos) request.headers.emplace_back("x-forwarded-for", input.substr(line + 1));
  const auto trusted = net::TrustedProxies::parse(input.substr(0, line));
  if (!trusted) return;
  const std::string client = trusted->client_of(request);
  const auto address = net::Address::parse(client);
  FUZZ_CHECK(address && address->text() == client, client);
  const auto counted = address->counted_as();
  FUZZ_CHECK(!counted.empty() && counted.size() < 64, counted);
}
const Registered kProxies{"proxies", proxies};

void backup_head(std::string_view input) {
  const auto head = app::read_backup_head(input);
  if (!head) return;
  const std::string line = "lianbo-backup 1\n" + app::backup_json(*head) + "\n";
  const auto again = app::read_backup_head(line);
  FUZZ_CHECK(again && app::backup_json(*again) == app::backup_json(*head), line);
}
const Registered kBackup{"backup_head", backup_head};

}  // namespace
}  // namespace lianbo::fuzz
