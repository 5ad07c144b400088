#include "trials/trial_server.hpp"

#include <array>
#include <cstdlib>
#include <stdexcept>

#include "net/target.hpp"

namespace lianbo::trials {
namespace {

// Whether this thread has run a statement of a request since its last commit.
thread_local bool counted = false;

bool background(std::string_view name) {
  if (name == "outbox.add") return false;
  for (const std::string_view prefix : {"bus.", "outbox.", "journal.", "org.node", "org.lease", "app."})
    if (name.starts_with(prefix)) return true;
  return false;
}

}  // namespace

std::string_view break_name(Break kind) {
  static constexpr std::array<std::string_view, 5> kNames = {"nothing", "statement", "commit", "death before commit",
                                                             "death after commit"};
  return kNames[static_cast<std::size_t>(kind)];
}

void Faults::arm(Break kind, int nth) {
  fired_ = false;
  left_ = nth;
  kind_ = kind;
}
bool Faults::disarm() {
  kind_ = Break::nothing;
  return fired_.exchange(false);
}
bool Faults::fail_statement(const db::Sql& sql) {
  if (dead_) return true;
  if (background(sql.name)) return false;
  counted = true;
  if (kind_ != Break::statement || --left_ != 0) return false;
  fired_ = true;
  return true;
}
bool Faults::fail_commit() {
  if (dead_) return true;
  if (!counted) return false;
  counted = false;
  const Break kind = kind_;
  if (kind == Break::nothing || kind == Break::statement || --left_ != 0) return false;
  fired_ = true;
  if (kind != Break::commit) dead_ = true;
  return kind != Break::death_after_commit;
}

TrialServer::TrialServer(std::string db_url, Instant start_at) {
  settings_.db_url = std::move(db_url);
  settings_.clock = "simulated:" + format_rfc3339(start_at);
  settings_.http_port = 0;
  settings_.http_workers = 2;
  settings_.db_readers = 2;
  settings_.db_writers = 2;
  settings_.password_memory_kib = 8;
  settings_.password_passes = 1;
  settings_.check_replies = 1;
  settings_.session_days = 3650;  // the clock jumps by weeks
  // What breaks is meant to; LIANBO_TEST_LOG shows how the server tells it.
  settings_.log_level = std::getenv("LIANBO_TEST_LOG") ? "info" : "off";
  settings_.public_url = "http://trial.example";
  start();
}
TrialServer::~TrialServer() = default;

void TrialServer::start() {
  faults_ = std::make_unique<Faults>();
  auto started = app::App::start(settings_);
  if (!started) throw std::runtime_error("the server does not come up: " + started.error().text());
  app_ = *std::move(started);
  app_->bench().db->set_faults(faults_.get());
}

void TrialServer::revive() {
  app_.reset();
  ++deaths_;
  start();
}

TrialServer::Sent TrialServer::send(const Who& who, net::Method method, std::string_view path_and_query,
                                    std::string body, std::string_view key) {
  net::Request request;
  request.method = method;
  request.target = std::string(path_and_query);
  if (const auto ok = net::parse_target(request); !ok) throw std::logic_error("a trial asks for " + request.target);
  request.body = std::move(body);
  request.remote = "127.0.0.1";
  if (!request.body.empty()) request.headers.emplace_back("content-type", "application/json");
  if (!who.token.empty()) request.headers.emplace_back("authorization", "Bearer " + who.token);
  if (!who.guest.empty()) request.headers.emplace_back("cookie", "lb_guest=" + who.guest);
  request.headers.emplace_back("x-lianbo-csrf", "1");
  if (!key.empty()) request.headers.emplace_back("idempotency-key", std::string(key));
  return handled(std::move(request));
}

TrialServer::Sent TrialServer::send_notice(const pay::sandbox::OutgoingNotice& notice) {
  net::Request request;
  request.method = net::Method::post;
  request.target = request.path = "/api/v1/pay/wechat/notice";
  for (const auto& [name, value] : notice.headers) request.headers.emplace_back(net::lower(name), value);
  request.body = notice.body;
  request.remote = "127.0.0.1";
  return handled(std::move(request));
}

TrialServer::Sent TrialServer::handled(net::Request&& request) {
  net::Reply reply = app_->dispatcher().handle(std::move(request));
  Sent out;
  out.broke = faults_->disarm();
  if (faults_->dead()) {
    out.lost = true;
    revive();
    return out;
  }
  out.answer.status = reply.status;
  out.answer.body = std::move(reply.body);
  for (const auto& [name, value] : reply.headers) {
    if (name == "Idempotent-Replayed") out.answer.replayed = true;
    if (name == "Location" || name == "location") out.answer.location = value;
    if ((name == "Set-Cookie" || name == "set-cookie") && value.starts_with("lb_guest="))
      out.answer.cookie = value.substr(9, value.find(';') - 9);
  }
  if (auto value = parse_json(out.answer.body.empty() ? "{}" : out.answer.body)) out.answer.value = *std::move(value);
  return out;
}

}  // namespace lianbo::trials
