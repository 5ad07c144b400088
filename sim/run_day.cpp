#include "sim/run_day.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "base/shape.hpp"
#include "sim/day.hpp"

namespace lianbo::sim {
namespace {

constexpr std::size_t kMostComplaints = 40;
constexpr std::size_t kShownHosts = 8;
// The owner and the clock are one person each to the crew; people have the keys from 1 on.
constexpr std::size_t kOwnerKey = 0;

// Keys of one run must not be taken for those of another against the same database.
std::string run_name(std::uint64_t seed) {
  Stream stream(seed ^ static_cast<std::uint64_t>(SystemClock().now()), "run");
  return stream.base62(8);
}

}  // namespace

Day::Day(const DemoOptions& options, World world, ChatBook chat)
    : options_(options),
      world_(std::move(world)),
      chat_(std::move(chat)),
      line_({options.base_url, options.clock_token, options.reconnect, options.stopped, run_name(options.seed)}),
      crew_(line_, options.workers),
      rooms_(line_),
      watched_(world_.graph),
      passed_on_(world_.graph),
      progress_(options.quiet, !options.no_color, options.chinese),
      rooms_stream_(options.seed, "rooms"),
      visits_stream_(options.seed, "visiting"),
      stays_stream_(options.seed, "stays"),
      chat_stream_(options.seed, "chat"),
      orders_stream_(options.seed, "orders"),
      payments_stream_(options.seed, "payments"),
      shares_stream_(options.seed, "shares"),
      after_stream_(options.seed, "aftermath"),
      names_stream_(options.seed, "names"),
      brand_stream_(options.seed, "brand"),
      play_stream_(options.seed, "play") {
  owner_.token = options_.owner_token;
  clock_keeper_.token = options_.clock_token;
  report_.seed = options_.seed;
  report_.workers = options_.workers;
  report_.people = world_.graph.size();
  report_.friendships = static_cast<std::int64_t>(world_.graph.edges());
}

Status Day::move_clock(Instant to) {
  line_.set_now(to);
  JsonWriter w;
  w.begin().field_at("now", to).end();
  TRY(const Answer moved,
      crew_.call(Wish{"POST", "/api/v1/clock", w.take(), "application/json", {}, true}, clock_keeper_));
  if (!moved.ok())
    return fail(Code::conflict, fmt::format("the server's clock could not be moved: {} {} ({})", moved.status,
                                            moved.problem, moved.detail));
  now_ = to;
  // The server counts since its start; a lower number says that it was started again.
  const auto grown = [](std::int64_t& seen, std::int64_t told) {
    const std::int64_t more = told >= seen ? told - seen : told;
    seen = told;
    return more;
  };
  report_.messages_sent += grown(server_messages_, moved.number("messages_sent"));
  all_server_deliveries_ += grown(server_deliveries_, moved.number("deliveries"));
  return {};
}

void Day::run_agenda() {
  while (!agenda_.empty() && agenda_.begin()->first <= now_) {
    const auto what = std::move(agenda_.begin()->second);
    agenda_.erase(agenda_.begin());
    what();
  }
}

void Day::show(std::int64_t day) {
  progress_.show(
      {now_, day, rooms_on_air_, viewers_, orders_placed_, touches_, rooms_.heard().deliveries, amount_fen_});
}

void Day::as(int person, std::string method, std::string target, std::string body, Then then) {
  const bool read = then != nullptr;
  crew_.ask(static_cast<std::size_t>(person) + 1, world_.person(person).me,
            Wish{std::move(method), std::move(target), std::move(body), "application/json", {}, read}, std::move(then));
}

void Day::as_owner(std::string method, std::string target, std::string body, Then then) {
  crew_.ask(kOwnerKey, owner_,
            Wish{std::move(method), std::move(target), std::move(body), "application/json", {}, true}, std::move(then));
}

Result<Answer> Day::owner_call(std::string method, std::string target, std::string body, std::string type) {
  Wish wish{std::move(method), std::move(target), std::move(body), "application/json", {}, true};
  if (!type.empty()) wish.content_type = std::move(type);
  return crew_.call(std::move(wish), owner_);
}

Status Day::each_item(std::string target, const std::function<void(const json::value&)>& take) {
  target += target.find('?') == std::string::npos ? '?' : '&';
  target += "limit=200";
  std::string after;
  do {
    TRY(const Answer page, owner_call("GET", after.empty() ? target : target + "&after=" + after));
    if (!page.ok())
      return fail(Code::conflict,
                  fmt::format("{} answered {} {} ({})", target, page.status, page.problem, page.detail));
    for (const auto& item : get_list(page.body, "items")) take(item);
    after = page.text("next");
  } while (!after.empty());
  return {};
}

void Day::unexpected(std::string_view what, const Answer& answer) {
  ++report_.unexpected_answers;
  complain(fmt::format("{}: {} {} {}", what, answer.status, answer.problem, answer.detail));
}

void Day::complain(std::string text) {
  if (report_.complaints.size() < kMostComplaints) report_.complaints.push_back(std::move(text));
}

Day::Then Day::fine(std::string_view what) {
  return [this, what](const Answer& a) {
    if (!a.ok()) unexpected(what, a);
  };
}

void Day::agree(std::string_view what, std::int64_t server, std::int64_t ours) {
  if (server == ours || (line_.recoveries() > 0 && server > ours)) return;
  complain(fmt::format("{}: the server says {}, the day counted {}", what, server, ours));
}

std::vector<std::string> Day::host_logins(std::size_t most) {
  std::vector<const Host*> known;
  for (const Host& host : world_.hosts)
    if (host.person >= 0 && !world_.person(host.person).me.token.empty() &&
        world_.person(host.person).login.starts_with("host-"))
      known.push_back(&host);
  std::stable_sort(known.begin(), known.end(), [](const Host* a, const Host* b) { return a->rank < b->rank; });
  std::vector<std::string> out;
  for (const Host* host : known)
    if (out.size() < most) out.push_back(world_.person(host->person).login);
  return out;
}

std::string Day::brand(std::string_view rest) const {
  return fmt::format("/api/v1/brands/{}{}", options_.brand_id, rest);
}

Status Day::close() {
  progress_.say(options_.chinese ? "核对全部数据……" : "Verifying everything …");
  report_.simulated_s = (now_ - options_.start_at) / 1000;
  for (const Room& r : world_.rooms) {
    if (r.id.empty()) continue;
    const Host& host = world_.host(r.plan.host);
    report_.rooms.push_back({host.code, r.plan.start_minute, host.rank,
                             std::llround(charm(r, -1) * host.conversion * 1e6),
                             static_cast<std::int64_t>(r.shown.size()), static_cast<std::int64_t>(r.visitors.size()),
                             r.orders, r.hundredth_minute, r.thousandth_minute});
  }
  TRY_OK(look_up_answers());
  TRY_OK(read_figures());
  TRY_OK(read_events());
  TRY_OK(read_books());
  TRY_OK(check_evidence());
  TRY_OK(back_up());
  progress_.done();
  return {};
}

Status Day::look_up_answers() {
  std::unordered_map<std::string, OrderFact> orders;
  TRY_OK(each_item(brand("/orders"), [&](const json::value& o) {
    orders.emplace(get_text(o, "id"), order_fact(o));
    if (get_instant(o, "paid_at") == 0) return;
    report_.shipping_fen += get_int(o, "shipping_fen");
    report_.discount_fen += get_int(o, "discount_fen");
    for (const auto& line : get_list(o, "lines")) {
      const std::string source = get_text(line, "price_source");
      if (source == "campaign") report_.campaign_units += get_int(line, "qty");
      if (source == "flash") report_.flash_units += get_int(line, "qty");
    }
  }));
  for (const auto& [id, order] : orders) report_.kept_orders += order.paid_at != 0 && order.refunded_fen == 0;
  std::vector<std::string> lost = journal_.lost_orders(orders);
  for (const auto& [broadcast, answered] : journal_.pins()) {
    std::set<std::string> found;
    TRY_OK(each_item("/api/v1/broadcasts/" + broadcast + "/pins",
                     [&](const json::value& p) { found.insert(get_text(p, "id")); }));
    for (auto& pin : Journal::lost_pins(answered, found)) lost.push_back(std::move(pin));
  }
  for (const auto& id : journal_.shares())
    as_owner("GET", "/api/v1/shares/" + id, {}, [&lost, id](const Answer& a) {
      if (!a.ok()) lost.push_back("share " + id);
    });
  TRY_OK(crew_.run());
  report_.answers_checked = static_cast<std::int64_t>(journal_.answers());
  report_.lost_answers = static_cast<std::int64_t>(lost.size());
  for (const auto& what : lost) complain("answered and gone: " + what);
  return {};
}

Status Day::read_figures() {
  TRY(const Answer verified, owner_call("POST", brand("/verify")));
  if (!verified.ok()) return fail(Code::conflict, "verify answered " + verified.problem + " " + verified.detail);
  report_.verify = get_bool(verified.body, "ok") ? "ok" : "differs";
  for (const auto& check : get_list(verified.body, "checks"))
    for (const auto& difference : get_list(check, "differences"))
      complain(fmt::format("verify {}: {}", get_text(check, "name"), std::string(difference.as_string())));

  TRY(const Answer figures, owner_call("GET", brand("/report")));
  if (!figures.ok()) return fail(Code::conflict, "report answered " + figures.problem + " " + figures.detail);
#define X(name, en, zh) \
  if (has(figures.body, #name)) report_.name = figures.number(#name);
  LIANBO_DAY_FIGURES(X)
#undef X
  for (const auto& hour : get_list(figures.body, "hours")) {
    const Instant at = get_instant(hour, "at");
    if (at < options_.start_at - kHourMs || at >= options_.start_at + kDayMs) continue;
    report_.gmv_by_hour[static_cast<std::size_t>((at + kShanghaiMs) % kDayMs / kHourMs)] += get_int(hour, "gmv_fen");
  }
  std::unordered_map<std::string, std::string> codes;
  for (const auto& h : world_.hosts) codes.emplace(h.agent_id, h.code);
  for (const auto& h : get_list(figures.body, "top_hosts"))
    report_.top_hosts.push_back(
        {get_text(h, "name"), codes[get_text(h, "agent_id")], get_int(h, "orders"), get_int(h, "gmv_fen")});

  const Heard& heard = rooms_.heard();
  report_.deliveries = heard.deliveries;
  report_.sequence_gaps = heard.gaps;
  report_.chat_refused = heard.refused;
  report_.lines_held = heard.held;
  report_.requests = crew_.requests();
  report_.recoveries = line_.recoveries();
  if (rooms_.dropped() > 0) complain(fmt::format("{} viewers were turned away", rooms_.dropped()));

  // What both sides know must agree.
  agree("orders placed", report_.orders_placed, orders_placed_);
  agree("shares", figures.number("shares"), report_.shares);
  agree("shares opened", report_.touches, touches_);
  agree("chat lines", figures.number("chat_lines"), heard.said + report_.lines_released);
  agree("held lines", report_.lines_released + report_.lines_rejected, report_.lines_held);
  agree("rooms entered", figures.number("enters"), report_.enters);
  if (exact()) agree("deliveries", all_server_deliveries_, report_.deliveries);
  report_.likes = figures.number("likes");
  return {};
}

Result<DemoReport> run_day(const DemoOptions& options) {
  if (options.people < 2 || options.agents < 1 || options.peak_rooms < 1 || options.workers < 1)
    return fail(Code::invalid_field, "at least 2 people, 1 agent, 1 room and 1 worker are needed");
  const std::int64_t begun_ms = monotonic_ms();
  Graph graph = grow_graph(options.graph_file.empty() ? options.people : 2, options.seed);
  if (!options.graph_file.empty()) {
    TRY(graph, load_graph(options.graph_file));
  }
  ChatBook chat;
  if (!options.chat_file.empty()) {
    TRY(chat, ChatBook::load(options.chat_file));
  }
  Day day(options, World(std::move(graph)), std::move(chat));
  TRY_OK(day.set_up());
  if (options.hosts_are_in) options.hosts_are_in(day.host_logins(kShownHosts), std::string(kPassword));
  TRY_OK(day.sale_day());
  if (!options.day_only) TRY_OK(day.aftermath());
  TRY_OK(day.close());
  DemoReport report = day.take_report();
  report.wall_s = static_cast<double>(monotonic_ms() - begun_ms) / 1000;
  if (!options.report_file.empty()) {
    const std::string text = report.to_json() + "\n";
    std::FILE* out = std::fopen(options.report_file.c_str(), "wb");
    const bool written = out != nullptr && std::fwrite(text.data(), 1, text.size(), out) == text.size();
    if (out == nullptr || std::fclose(out) != 0 || !written)
      return fail(Code::io_failed, "the report can't be written", options.report_file);
  }
  return report;
}

}  // namespace lianbo::sim
