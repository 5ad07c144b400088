#include "app/dispatcher.hpp"

#include <algorithm>
#include <boost/json/serialize.hpp>
#include <chrono>

#include "base/check.hpp"
#include "base/crypto.hpp"
#include "base/log.hpp"
#include "net/problem.hpp"
#include "net/target.hpp"
#include "org/org_service.hpp"
#include "org/sessions.hpp"
#include "privacy/vault.hpp"

namespace lianbo::app {
namespace {

using net::Access;
using net::Method;
using net::Reply;
using net::Request;
using net::Route;
using net::Run;

// Keyed by the caller's bucket, so that the key stands on the shard of what it protects.
const db::Sql kClaimKey{
    "idempotency.claim",
    "insert into idempotency_keys (bucket, person_id, key, request_sha256, status, content_type, reply, "
    "at) values ($1, $2, $3, $4, 0, '', '', $5) on conflict do nothing"};
const db::Sql kReadKey{"idempotency.read",
                       "select request_sha256, status, content_type, reply, reply_sealed from idempotency_keys "
                       "where bucket = $1 and person_id = $2 and key = $3"};
const db::Sql kGiveKeyBack{"idempotency.give_back",
                           "delete from idempotency_keys where bucket = $1 and person_id = $2 and key = $3"};
const db::Sql kKeepReply{"idempotency.keep",
                         "update idempotency_keys set status = $4, content_type = $5, reply_sealed = $6 "
                         "where bucket = $1 and person_id = $2 and key = $3"};

constexpr std::size_t kMaxKey = 128;
constexpr std::string_view kReplyPurpose = "idempotency.reply";  // kept answers may hold an address

bool printable(std::string_view s) {
  return std::all_of(s.begin(), s.end(), [](char c) { return c > 0x20 && c < 0x7f; });
}

bool changes(Method method) { return method != Method::get; }

// An answer as it may lie in the database: what is told once is null.
Result<std::string> without_secrets(const std::string& body, const std::vector<std::string>& secrets) {
  if (secrets.empty() || body.empty()) return body;
  TRY(auto value, parse_json(body));
  if (auto* object = value.if_object())
    for (const auto& name : secrets)
      if (auto* member = object->if_contains(name)) *member = nullptr;
  return json::serialize(value);
}

std::string_view origin_host(std::string_view origin) {
  const auto at = origin.find("://");
  return at == std::string_view::npos ? std::string_view() : origin.substr(at + 3);
}

}  // namespace

Dispatcher::Dispatcher(DispatcherDeps deps, net::Routes routes)
    : deps_(std::move(deps)),
      routes_(std::move(routes)),
      router_(routes_),
      guests_(deps_.settings->rate_guest_per_min, static_cast<std::size_t>(deps_.settings->rate_addresses)),
      logins_(deps_.settings->rate_login_per_min, static_cast<std::size_t>(deps_.settings->rate_addresses)) {
  request_prefix_ = deps_.random->base62(6);
  for (const auto& route : routes_)
    metrics_.emplace(&route, std::make_unique<net::RouteMetrics>(net::metrics(), route.id));
}

std::string Dispatcher::next_request_id() { return request_prefix_ + "-" + std::to_string(++request_number_); }

Call Dispatcher::make_call(const Request& request) const {
  Call call;
  call.now = deps_.clock->now();
  call.deadline_ms = monotonic_ms() + deps_.settings->http_request_ms;
  call.chinese = net::prefers_chinese(request.header("accept-language"));
  call.ids = deps_.ids;
  call.random = deps_.random;
  call.settings = deps_.settings;
  call.buckets = deps_.buckets;
  return call;
}

Call Dispatcher::system_call() const {
  Call call = make_call(Request{});
  call.caller.guest = false;
  call.caller.system = true;
  call.deadline_ms = 0;
  return call;
}

void Dispatcher::forget_callers() {
  std::lock_guard lock(callers_mutex_);
  callers_.clear();
}

std::size_t Dispatcher::body_limit(Method method, std::string_view path) const {
  const auto match = router_.find(method, path);
  const bool file = match.route != nullptr && match.route->raw_body;
  return static_cast<std::size_t>(file ? deps_.settings->http_upload_bytes : deps_.settings->http_body_bytes);
}

net::Workers& Dispatcher::workers_for(const Request& request) const {
  const auto match = router_.find(request.method, request.path);
  const bool slow = match.route != nullptr && match.route->run == Run::plain && match.route->access != Access::open &&
                    changes(request.method);
  return slow ? *deps_.slow_workers : *deps_.workers;
}

void Dispatcher::on_request(Request&& request, net::ReplySink sink) {
  const bool chinese = net::prefers_chinese(request.header("accept-language"));
  const std::int64_t begun = monotonic_ms();
  net::Workers& workers = workers_for(request);
  const bool taken = workers.submit([this, request = std::move(request), sink, begun, chinese]() mutable {
    if (monotonic_ms() - begun > deps_.settings->http_request_ms)
      return sink(net::problem_reply(
          Error{Code::deadline_exceeded, "it waited too long for its turn and was not begun; try again", {}, {}},
          chinese, {}));
    sink(handle(std::move(request)));
  });
  if (!taken)
    sink(
        net::problem_reply(Error{Code::overloaded, "every worker is busy and the queue is full", {}, {}}, chinese, {}));
}

Reply Dispatcher::handle(Request&& request) {
  Call call = make_call(request);
  call.request_id = next_request_id();
  const auto begun = std::chrono::steady_clock::now();
  const auto match = router_.find(request.method, request.path);
  request.local = net::asked_from_this_machine(request);
  request.remote = deps_.proxies.client_of(request);
  Identity identity;
  std::int64_t wait_ms = 0;
  const auto answer = [&]() -> Result<Reply> {
    if (match.route == nullptr) {
      if (match.allow.empty()) return fail(Code::not_found, "nothing lives at this address");
      return fail(Code::method_not_allowed, "offered here: " + match.allow);
    }
    request.params = match.params;
    return run(*match.route, request, call, identity, wait_ms);
  }();
  Reply reply = answer ? *answer : net::problem_reply(answer.error(), call.chinese, call.request_id);
  if (answer) reply.headers.emplace_back("X-Request-Id", call.request_id);
  if (wait_ms > 0)
    for (auto& [name, value] : reply.headers)
      if (name == "Retry-After") value = std::to_string((wait_ms + 999) / 1000);
  if (match.route == nullptr && !match.allow.empty()) reply.headers.emplace_back("Allow", match.allow);
  const auto has_header = [&](std::string_view name) {
    return std::any_of(reply.headers.begin(), reply.headers.end(),
                       [&](const auto& h) { return net::equal_ignoring_case(h.first, name); });
  };
  if (!has_header("Cache-Control"))
    reply.headers.emplace_back("Cache-Control", has_header("ETag") ? "no-cache" : "no-store");
  reply.headers.emplace_back("X-Content-Type-Options", "nosniff");
  if (identity.new_guest && !has_header("Set-Cookie"))
    reply.headers.emplace_back("Set-Cookie",
                               org::guest_cookie(*deps_.settings, deps_.token_key, identity.caller.person));
  if (!answer && info(answer.error().code).http_status >= 500 && answer.error().code != Code::overloaded)
    log_event(LogEvent::request_failed, "{} {}: {}", call.request_id, match.route ? match.route->id : "?",
              answer.error().text());
  if (match.route != nullptr) {
    const auto us = std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - begun);
    metrics_.at(match.route)->answered(reply.status, us.count());
  }
  return reply;
}

Result<Reply> Dispatcher::ask(const Call& call, const Request& from, const std::string& target) {
  Request request;
  request.target = target;
  request.headers = from.headers;
  request.remote = from.remote;
  TRY_OK(net::parse_target(request));
  const auto match = router_.find(Method::get, request.path);
  if (match.route == nullptr || (match.route->access != Access::open && match.route->access != Access::guest))
    return fail(Code::not_found, "nothing a guest may read lives at this address");
  request.params = match.params;
  if (match.route->run == Run::plain) return match.route->plain_handler(call, request);
  return deps_.db->read([&](db::Tx& tx) { return match.route->tx_handler(tx, call, request); });
}

Result<Dispatcher::Identity> Dispatcher::identify(const Request& request, Call& call, bool make_guest) {
  Identity out;
  const auto presented = org::presented_token(request);
  if (!presented.token.empty()) {
    const std::string key = sha256(presented.token);
    {
      std::lock_guard lock(callers_mutex_);
      const auto it = callers_.find(key);
      if (it != callers_.end() && it->second.until_ms > monotonic_ms()) out.caller = it->second.caller;
    }
    if (!out.caller.person) {
      auto found = deps_.db->read([&](db::Tx& tx) { return org::caller_of_token(tx, call, presented.token); });
      if (found) {
        out.caller = *found;
        std::lock_guard lock(callers_mutex_);
        if (callers_.size() >= kRemembered) callers_.clear();
        callers_[key] = {out.caller, monotonic_ms() + kRememberMs};
      } else if (found.error().code != Code::unauthenticated || !presented.via_cookie) {
        return fail(found.error());
      }
      // A cookie whose session has ended is no error: its owner is a guest again.
    }
    if (out.caller.person) {
      out.by_cookie = presented.via_cookie;
      out.caller.via_cookie = presented.via_cookie;
      return out;
    }
  }
  if (const auto guest = org::verify_guest(deps_.token_key, request.cookie(org::kGuestCookie))) {
    out.caller.person = *guest;
    out.by_cookie = true;
  } else if (make_guest) {
    // No row, no bucket of its own yet: a person is hashed to a bucket by the whole id.
    out.caller.person = call.make_id<PersonId>();
    out.new_guest = true;
  }
  return out;
}

Status Dispatcher::within_limits(const Request& request, const Caller& caller, bool logs_in, std::int64_t& wait_ms) {
  if (!logs_in && !caller.guest) return {};
  const auto address = net::Address::parse(request.remote);
  wait_ms = (logs_in ? logins_ : guests_).take(address ? address->counted_as() : request.remote, monotonic_ms());
  if (wait_ms == 0) return {};
  net::metrics().counter(net::Metric::rate_refused, {logs_in ? "login" : "guest"}).add();
  return fail(Code::too_many_requests, logs_in
                                           ? "too many log-ins from your address; wait a moment"
                                           : "too many changes by guests from your address; wait a moment, or log in");
}

Result<Reply> Dispatcher::run(const Route& route, Request& request, Call& call, Identity& identity,
                              std::int64_t& wait_ms) {
  if (route.access != Access::open) {
    TRY(identity, identify(request, call, route.access == Access::guest));
    call.caller = identity.caller;
    if (route.access != Access::guest && call.caller.guest) return fail(Code::unauthenticated);
    if (route.access == Access::staff && call.caller.staff.empty())
      return fail(Code::forbidden, "this is for the brand's staff");
    if (identity.by_cookie && changes(request.method) && request.header("x-lianbo-csrf").empty())
      return fail(Code::csrf_refused, "send the header X-Lianbo-Csrf with every change that is made with a cookie");
    if (route.limited()) TRY_OK(within_limits(request, call.caller, route.logs_in, wait_ms));
  }

  if (route.takes) {
    const auto type = request.header("content-type");
    if (!request.body.empty() && !type.starts_with("application/json"))
      return fail(Code::unsupported_media_type, "send application/json");
    TRY(request.value, parse_json(request.body.empty() ? std::string_view("{}") : std::string_view(request.body)));
    TRY_OK(check_shape(request.value, *route.takes));
  } else if (!route.raw_body && !request.body.empty() && request.body != "{}") {
    return fail(Code::bad_request, "this call takes no body");
  }

  Result<Reply> reply;
  switch (route.run) {
    case Run::read:
      reply = deps_.db->read([&](db::Tx& tx) { return route.tx_handler(tx, call, request); });
      break;
    case Run::write:
      reply = run_write(route, request, call);
      break;
    case Run::plain:
      reply = changes(request.method) ? under_key(request, call, [&] { return route.plain_handler(call, request); })
                                      : route.plain_handler(call, request);
      break;
  }
  if (reply && deps_.changes_relations.contains(route.id)) forget_callers();
  if (reply && route.gives && deps_.settings->check_replies != 0 && reply->status < 300 && !reply->body.empty()) {
    TRY(const auto said, parse_json(reply->body));
    if (const auto ok = check_shape(said, *route.gives); !ok)
      return fail(Code::internal, route.id + " answers what its document does not say: " + ok.error().text());
  }
  return reply;
}

Result<std::string> Dispatcher::key_of(const Request& request) {
  const auto key = request.header("idempotency-key");
  if (key.size() > kMaxKey || !printable(key))
    return fail(Code::invalid_field, "an Idempotency-Key has 1 to 128 printable ASCII characters", "Idempotency-Key");
  return std::string(key);
}

// What a key stands for: its method, path, query and body.
std::string Dispatcher::digest_of(const Request& request) {
  return sha256(std::string(method_name(request.method)) + "\n" + request.target + "\n" + request.body);
}

// Plain routes are safe to repeat by what they do; their answers may hold secrets and are not kept. But a key that
// comes back with another request is refused here too, unless the first was refused itself.
Result<Reply> Dispatcher::under_key(const Request& request, const Call& call,
                                    const std::function<Result<Reply>()>& handler) {
  TRY(const std::string key, key_of(request));
  if (key.empty() || !call.caller.person) return handler();
  const std::string digest = digest_of(request);
  const Bucket bucket = call.bucket(call.caller.person);
  TRY(const bool fresh, deps_.db->write([&](db::Tx& tx) -> Result<bool> {
    if (tx.exec(kClaimKey, {bucket, call.caller.person, key, db::Param::blob(digest), call.now}) != 0) return true;
    const auto same =
        tx.one(kReadKey, {bucket, call.caller.person, key}, [&](const db::Row& row) { return row.text(0) == digest; });
    if (same.value_or(true)) return false;
    return fail(Code::idempotency_mismatch, "use another key for another request", "Idempotency-Key");
  }));
  auto reply = handler();
  if (!reply && fresh)
    TRY_OK(deps_.db->write([&](db::Tx& tx) -> Status {
      tx.exec(kGiveKeyBack, {bucket, call.caller.person, key});
      return {};
    }));
  return reply;
}

Result<Reply> Dispatcher::run_write(const Route& route, const Request& request, const Call& call) {
  TRY(const std::string key, key_of(request));
  if (key.empty() || !route.idempotent || !call.caller.person) {
    if (route.require_key)
      return fail(Code::idempotency_required,
                  "give a fresh Idempotency-Key for each order, the same one for each repetition", "Idempotency-Key");
    return under_key(request, call,
                     [&] { return deps_.db->write([&](db::Tx& tx) { return route.tx_handler(tx, call, request); }); });
  }
  const std::string digest = digest_of(request);
  const Bucket bucket = call.bucket(call.caller.person);
  const db::Param id[] = {bucket, call.caller.person, key};
  return deps_.db->write([&](db::Tx& tx) -> Result<Reply> {
    if (tx.exec(kClaimKey, {id[0], id[1], id[2], db::Param::blob(digest), call.now}) == 0) {
      Reply stored;
      bool same = false;
      tx.each(kReadKey, {id[0], id[1], id[2]}, [&](const db::Row& row) {
        same = row.text(0) == digest;
        stored.status = static_cast<int>(row.integer(1));
        stored.content_type = row.str(2);
        if (row.is_null(4))
          stored.body = row.str(3);
        else if (auto body = privacy::open_for_server(kReplyPurpose, row.text(4)))
          stored.body = *std::move(body);
        else
          stored.status = 0;
      });
      if (!same) return fail(Code::idempotency_mismatch, "use another key for another request", "Idempotency-Key");
      if (stored.status == 0)
        return fail(Code::key_missing, "the answer that was kept for this key was sealed under another master key");
      stored.headers.emplace_back("Idempotent-Replayed", "true");
      return stored;
    }
    TRY(auto reply, route.tx_handler(tx, call, request));
    TRY(const std::string known, without_secrets(reply.body, route.secrets));
    const std::string kept = privacy::seal_for_server(kReplyPurpose, known, *call.random);
    tx.exec(kKeepReply, {id[0], id[1], id[2], reply.status, reply.content_type, db::Param::blob(kept)});
    return reply;
  });
}

void Dispatcher::add_socket(std::string path, Accept accept) {
  sockets_.push_back(net::plain_route(net::Method::get, path, path, "A WebSocket", net::Access::guest, {}));
  accepts_[std::move(path)] = std::move(accept);
  socket_router_ = std::make_unique<net::Router>(sockets_);
}

void Dispatcher::on_upgrade(Request&& request, net::UpgradeSink sink) {
  const bool taken = deps_.workers->submit([this, request = std::move(request), sink]() mutable {
    auto match = socket_router_ ? socket_router_->find(net::Method::get, request.path) : net::RouteMatch{};
    if (match.route == nullptr) return sink(fail(Code::not_found, "no WebSocket lives at this address"));
    request.params = std::move(match.params);
    Call call = make_call(request);
    call.request_id = next_request_id();
    request.remote = deps_.proxies.client_of(request);
    auto identity = identify(request, call, true);
    if (!identity) return sink(fail(identity.error()));
    std::int64_t wait_ms = 0;
    if (const auto ok = within_limits(request, identity->caller, false, wait_ms); !ok) return sink(fail(ok.error()));
    // A page of another site must not watch with our visitor's cookie.
    const auto origin = request.header("origin");
    if (identity->by_cookie && !origin.empty() && origin_host(origin) != request.header("host"))
      return sink(fail(Code::csrf_refused, "this WebSocket was opened by a page of another site"));
    call.caller = identity->caller;
    auto accept = accepts_.at(match.route->path)(request, call);
    if (accept && identity->new_guest)
      accept->headers.emplace_back("Set-Cookie",
                                   org::guest_cookie(*deps_.settings, deps_.token_key, call.caller.person));
    sink(std::move(accept));
  });
  if (!taken) sink(fail(Code::overloaded, "every worker is busy and the queue is full"));
}

}  // namespace lianbo::app
