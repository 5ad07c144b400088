#include "app/dispatcher.hpp"

#include <algorithm>
#include <boost/json/serialize.hpp>
#include <chrono>
#include <optional>

#include "base/check.hpp"
#include "base/crypto.hpp"
#include "base/log.hpp"
#include "db/together.hpp"
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
const db::Sql kAddKey{
    "idempotency.add",
    "insert into idempotency_keys (bucket, person_id, key, request_sha256, status, content_type, reply, at, "
    "reply_sealed) values ($1, $2, $3, $4, $5, $6, '', $7, $8)"};
const db::Together kAddKeyTogether{kAddKey, db::Together::How::later};
const db::Sql kKeepReply{"idempotency.keep",
                         "update idempotency_keys set status = $4, content_type = $5, reply_sealed = $6 "
                         "where bucket = $1 and person_id = $2 and key = $3"};

constexpr const char* kCrowded = "more writes come than can be done; try again in a moment";
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
  for (const auto& route : routes_) {
    metrics_.emplace(&route, std::make_unique<net::RouteMetrics>(net::metrics(), route.id));
    if (deps_.at_once.contains(route.id)) at_once_.insert(&route);
  }
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

net::Workers& Dispatcher::workers_for(const Route* route) const {
  const bool slow =
      route != nullptr && route->run == Run::plain && route->access != Access::open && changes(route->method);
  if (slow && deps_.rail_workers && deps_.asks_rail.contains(route->id)) return *deps_.rail_workers;
  return slow ? *deps_.slow_workers : *deps_.workers;
}

struct Dispatcher::Exchange {
  Request request;
  Call call;
  const Route* route = nullptr;
  std::string allow;  // no route: the methods that have one here
  std::optional<Identity> identity;
  std::int64_t wait_ms = 0;
  std::chrono::steady_clock::time_point begun = std::chrono::steady_clock::now();
  Answer answer;
  std::optional<Result<Reply>> said;  // by the last run of a write's body
};

Dispatcher::Shared Dispatcher::exchange(Request&& request, Answer answer) {
  auto x = std::make_shared<Exchange>();
  x->call = make_call(request);
  x->call.request_id = next_request_id();
  auto match = router_.find(request.method, request.path);
  x->route = match.route;
  x->allow = std::move(match.allow);
  request.params = std::move(match.params);
  request.local = net::asked_from_this_machine(request);
  request.remote = deps_.proxies.client_of(request);
  x->request = std::move(request);
  x->answer = std::move(answer);
  return x;
}

void Dispatcher::on_request(Request&& request, net::ReplySink sink) {
  const Shared x = exchange(std::move(request), std::move(sink));
  if (begins_at_once(*x)) return begin(x);
  if (is_light(*x)) return identify_later(x);
  const std::int64_t arrived_ms = monotonic_ms();
  const bool taken = workers_for(x->route).submit([this, x, arrived_ms] {
    const std::int64_t now_ms = monotonic_ms();
    if (now_ms - arrived_ms > deps_.settings->http_request_ms)
      return end(*x, fail(Code::deadline_exceeded, "it waited too long for its turn and was not begun; try again"));
    x->call.now = deps_.clock->now();
    x->call.deadline_ms = now_ms + deps_.settings->http_request_ms;
    begin(x);
  });
  if (!taken) end(*x, fail(Code::overloaded, "every worker is busy and the queue is full"));
}

// A small write: preparing it computes and nothing else.
bool Dispatcher::is_light(const Exchange& x) const {
  const Route& route = *x.route;
  // Such a route's key is a write of its own.
  return route.run == Run::write && x.request.body.size() <= kSmallBody &&
         (route.idempotent || x.request.header("idempotency-key").empty());
}

// Nothing is waited for before its transaction, if it has one.
bool Dispatcher::begins_at_once(Exchange& x) {
  if (x.route == nullptr) return true;
  const Route& route = *x.route;
  if (route.run == Run::plain) return at_once_.contains(&route);
  if (!is_light(x)) return false;
  if (route.access == Access::open) return true;
  x.identity = known(x.request, x.call, route.access == Access::guest);
  return x.identity.has_value();
}

void Dispatcher::identify_later(const Shared& x) {
  const std::int64_t now_ms = monotonic_ms();
  bool full = false, wake = false;
  {
    const std::scoped_lock lock(waiting_mutex_);
    full = waiting_.size() >= static_cast<std::size_t>(deps_.settings->http_queue) ||
           (waiting_.size() >= kIdentifiedAtOnce && now_ms - waiting_.front().since_ms > kLongestWaitMs);
    if (!full) {
      waiting_.push_back({x, now_ms});
      wake = !std::exchange(identifying_, true);
    }
  }
  if (full) return end(*x, fail(Code::overloaded, "every worker is busy and the queue is full"));
  if (wake) wake_identifier();
}

void Dispatcher::wake_identifier() {
  if (deps_.workers->submit([this] { identify_waiting(); })) return;
  std::deque<Waiting> refused;
  {
    const std::scoped_lock lock(waiting_mutex_);
    refused.swap(waiting_);
    identifying_ = false;
  }
  for (const Waiting& w : refused) end(*w.x, fail(Code::overloaded, "every worker is busy and the queue is full"));
}

void Dispatcher::identify_waiting() {
  std::vector<Waiting> some;
  bool more = false;
  {
    const std::scoped_lock lock(waiting_mutex_);
    while (!waiting_.empty() && some.size() < kIdentifiedAtOnce) {
      some.push_back(std::move(waiting_.front()));
      waiting_.pop_front();
    }
    more = identifying_ = !waiting_.empty();
  }
  if (more) wake_identifier();
  std::vector<Result<Caller>> found;
  const auto read = deps_.db->read([&](db::Tx& tx) -> Status {
    found.clear();
    for (const auto& [x, since_ms] : some) {
      x->call.now = deps_.clock->now();
      found.push_back(org::caller_of_token(tx, x->call, org::presented_token(x->request).token));
    }
    return {};
  });
  for (std::size_t i = 0; i < some.size(); ++i) try {
      identified(some[i], read ? std::move(found[i]) : Result<Caller>(fail(read.error())));
    } catch (const std::exception& e) {  // the others' turn, as if each had a worker of its own
      log_event(LogEvent::handler_threw, "{}: {}", some[i].x->call.request_id, e.what());
    }
}

void Dispatcher::identified(const Waiting& waited, Result<Caller> caller) {
  const Shared& x = waited.x;
  const std::int64_t now_ms = monotonic_ms();
  if (now_ms - waited.since_ms > deps_.settings->http_request_ms)
    return end(*x, fail(Code::deadline_exceeded, "it waited too long for its turn and was not begun; try again"));
  x->call.deadline_ms = now_ms + deps_.settings->http_request_ms;
  auto identity = identity_of(x->request, x->call, x->route->access == Access::guest, std::move(caller));
  if (!identity) return end(*x, fail(identity.error()));
  x->identity = *std::move(identity);
  begin(x);
}

Reply Dispatcher::handle(Request&& request) {
  std::mutex mutex;
  std::condition_variable answered;
  std::optional<Reply> out;
  begin(exchange(std::move(request), [&](Reply reply) {
    const std::scoped_lock lock(mutex);  // notify under the lock: the waiter's stack may be gone after it
    out = std::move(reply);
    answered.notify_one();
  }));
  std::unique_lock lock(mutex);
  answered.wait(lock, [&] { return out.has_value(); });
  return *std::move(out);
}

void Dispatcher::finish() {
  std::unique_lock lock(writes_mutex_);
  no_writes_.wait(lock, [this] { return writes_.empty(); });
}

void Dispatcher::begin(const Shared& x) {
  if (x->route == nullptr)
    return end(*x, x->allow.empty() ? fail(Code::not_found, "nothing lives at this address")
                                    : fail(Code::method_not_allowed, "offered here: " + x->allow));
  if (const auto admitted = admit(*x); !admitted) return end(*x, fail(admitted.error()));
  run(x);
}

void Dispatcher::end(Exchange& x, Result<Reply> answer) {
  const Call& call = x.call;
  if (answer && x.route != nullptr) {
    if (deps_.changes_relations.contains(x.route->id)) forget_callers();
    if (x.route->gives && deps_.settings->check_replies != 0 && answer->status < 300 && !answer->body.empty()) {
      const auto fits = [&]() -> Status {
        TRY(const auto said, parse_json(answer->body));
        return check_shape(said, *x.route->gives);
      }();
      if (!fits)
        answer = fail(Code::internal, x.route->id + " answers what its document does not say: " + fits.error().text());
    }
  }
  Reply reply = answer ? *std::move(answer) : net::problem_reply(answer.error(), call.chinese, call.request_id);
  reply.headers.reserve(reply.headers.size() + 4);
  if (answer) reply.headers.emplace_back("X-Request-Id", call.request_id);
  if (x.wait_ms > 0)
    for (auto& [name, value] : reply.headers)
      if (name == "Retry-After") value = std::to_string((x.wait_ms + 999) / 1000);
  if (x.route == nullptr && !x.allow.empty()) reply.headers.emplace_back("Allow", x.allow);
  const auto has_header = [&](std::string_view name) {
    return std::any_of(reply.headers.begin(), reply.headers.end(),
                       [&](const auto& h) { return net::equal_ignoring_case(h.first, name); });
  };
  if (!has_header("Cache-Control"))
    reply.headers.emplace_back("Cache-Control", has_header("ETag") ? "no-cache" : "no-store");
  reply.headers.emplace_back("X-Content-Type-Options", "nosniff");
  if (x.identity && x.identity->new_guest && !has_header("Set-Cookie"))
    reply.headers.emplace_back("Set-Cookie", std::move(x.identity->cookie));
  if (!answer && info(answer.error().code).http_status >= 500 && answer.error().code != Code::overloaded &&
      answer.error().code != Code::deadline_exceeded)
    log_event(LogEvent::request_failed, "{} {}: {}", call.request_id, x.route ? x.route->id : "?",
              answer.error().text());
  if (x.route != nullptr) {
    const auto us = std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - x.begun);
    metrics_.at(x.route)->answered(reply.status, us.count());
  }
  x.answer(std::move(reply));
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

// Who asks, if that can be told without the database.
std::optional<Dispatcher::Identity> Dispatcher::known(const Request& request, Call& call, bool make_guest) {
  const auto presented = org::presented_token(request);
  if (presented.token.empty()) return guest_of(request, call, make_guest);
  const std::lock_guard lock(callers_mutex_);
  const auto it = callers_.find(sha256(presented.token));
  if (it == callers_.end() || it->second.until_ms <= monotonic_ms()) return std::nullopt;
  Identity out{it->second.caller, false, presented.via_cookie, {}};
  out.caller.via_cookie = presented.via_cookie;
  return out;
}

Dispatcher::Identity Dispatcher::guest_of(const Request& request, Call& call, bool make_guest) {
  Identity out;
  if (const auto guest = org::verify_guest(deps_.token_key, request.cookie(org::kGuestCookie))) {
    out.caller.person = *guest;
    out.by_cookie = true;
  } else if (make_guest) {
    // No row, no bucket of its own yet: a person is hashed to a bucket by the whole id.
    out.caller.person = call.make_id<PersonId>();
    out.new_guest = true;
    out.cookie = org::guest_cookie(*deps_.settings, deps_.token_key, out.caller.person);
  }
  return out;
}

Result<Dispatcher::Identity> Dispatcher::identify(const Request& request, Call& call, bool make_guest) {
  if (auto out = known(request, call, make_guest)) return *std::move(out);
  const auto presented = org::presented_token(request);
  return identity_of(request, call, make_guest,
                     deps_.db->read([&](db::Tx& tx) { return org::caller_of_token(tx, call, presented.token); }));
}

Result<Dispatcher::Identity> Dispatcher::identity_of(const Request& request, Call& call, bool make_guest,
                                                     Result<Caller> found) {
  const auto presented = org::presented_token(request);
  if (!found && (found.error().code != Code::unauthenticated || !presented.via_cookie)) return fail(found.error());
  // A cookie whose session has ended is no error: its owner is a guest again.
  if (!found) return guest_of(request, call, make_guest);
  Identity out{*std::move(found), false, presented.via_cookie, {}};
  {
    const std::lock_guard lock(callers_mutex_);
    if (callers_.size() >= kRemembered) callers_.clear();
    callers_[sha256(presented.token)] = {out.caller, monotonic_ms() + kRememberMs};
  }
  out.caller.via_cookie = presented.via_cookie;
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

Status Dispatcher::admit(Exchange& x) {
  const Route& route = *x.route;
  Request& request = x.request;
  Call& call = x.call;
  if (route.access != Access::open) {
    if (!x.identity) {
      TRY(x.identity, identify(request, call, route.access == Access::guest));
    }
    call.caller = x.identity->caller;
    if (route.access != Access::guest && call.caller.guest) return fail(Code::unauthenticated);
    if (route.access == Access::staff && call.caller.staff.empty())
      return fail(Code::forbidden, "this is for the brand's staff");
    if (x.identity->by_cookie && changes(request.method) && request.header("x-lianbo-csrf").empty())
      return fail(Code::csrf_refused, "send the header X-Lianbo-Csrf with every change that is made with a cookie");
    if (route.limited()) TRY_OK(within_limits(request, call.caller, route.logs_in, x.wait_ms));
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
  return {};
}

void Dispatcher::run(const Shared& x) {
  const Route& route = *x->route;
  switch (route.run) {
    case Run::read:
      return end(*x, deps_.db->read([&](db::Tx& tx) { return route.tx_handler(tx, x->call, x->request); }));
    case Run::write:
      return run_write(x);
    case Run::plain:
      return end(*x, changes(x->request.method)
                         ? under_key(x->request, x->call, [&] { return route.plain_handler(x->call, x->request); })
                         : route.plain_handler(x->call, x->request));
  }
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

std::optional<Dispatcher::Write> Dispatcher::write_begins() {
  const std::int64_t now_ms = deps_.monotonic();
  const std::scoped_lock lock(writes_mutex_);
  if (writes_.size() >= kCrowdOfWrites && now_ms - writes_.front() > kLongestWaitMs) return std::nullopt;
  return writes_.insert(writes_.end(), now_ms);
}

void Dispatcher::write_ended(Write mine) {
  const std::scoped_lock lock(writes_mutex_);
  writes_.erase(mine);
  if (writes_.empty()) no_writes_.notify_all();
}

void Dispatcher::write(const Shared& x, std::function<Result<Reply>(db::Tx&)> body) {
  const auto mine = write_begins();
  if (!mine) return end(*x, fail(Code::overloaded, kCrowded));
  auto run = [x, body = std::move(body)](db::Tx& tx) -> Status {
    x->said = body(tx);
    if (!*x->said) return fail(x->said->error());
    return {};
  };
  auto done = [this, x, mine = *mine](const Status& status) {
    end(*x, status ? *std::move(x->said) : fail(status.error()));
    write_ended(mine);
  };
  if (deps_.side_by_side.contains(x->route->id) && x->call.caller.person)
    db::submit_together(*deps_.db, x->call.caller.person.value, std::move(run), std::move(done));
  else
    deps_.db->submit(std::move(run), std::move(done));
}

void Dispatcher::run_write(const Shared& x) {
  const Route& route = *x->route;
  const Call& call = x->call;
  auto key = key_of(x->request);
  if (!key) return end(*x, fail(key.error()));
  if (key->empty() || !route.idempotent || !call.caller.person) {
    if (route.require_key)
      return end(
          *x, fail(Code::idempotency_required,
                   "give a fresh Idempotency-Key for each order, the same one for each repetition", "Idempotency-Key"));
    if (const auto gathered = deps_.gathered.find(route.id); gathered != deps_.gathered.end() && key->empty()) {
      const auto mine = write_begins();
      if (!mine) return end(*x, fail(Code::overloaded, kCrowded));
      return gathered->second(call, x->request, [this, x, mine = *mine](Result<Reply> reply) {
        end(*x, std::move(reply));
        write_ended(mine);
      });
    }
    const auto handler = [x](db::Tx& tx) { return x->route->tx_handler(tx, x->call, x->request); };
    if (key->empty() || !call.caller.person) return write(x, handler);
    return end(*x, under_key(x->request, call, [&] { return deps_.db->write(handler); }));
  }
  write(x, [this, x, key = *std::move(key), digest = digest_of(x->request)](db::Tx& tx) -> Result<Reply> {
    const Call& by = x->call;
    const db::Param id[] = {by.bucket(by.caller.person), by.caller.person, key};
    // SQLite has one writer: it looks, and writes the key once, with its answer; so does a crowd, which runs again one
    // by one if somebody wrote the key meanwhile. On PostgreSQL else the key is claimed first, so that who repeats it
    // meanwhile waits.
    const bool claims = deps_.db->is_postgres() && !db::together(tx);
    if (!claims || tx.exec(kClaimKey, {id[0], id[1], id[2], db::Param::blob(digest), by.now}) == 0) {
      Reply stored;
      bool there = false, same = false;
      tx.each(kReadKey, {id[0], id[1], id[2]}, [&](const db::Row& row) {
        there = true;
        same = row.text(0) == digest;
        stored.status = static_cast<int>(row.integer(1));
        stored.content_type = row.str(2);
        if (row.is_null(4))
          stored.body = row.str(3);
        else if (auto kept = privacy::open_for_server(kReplyPurpose, row.text(4)))
          stored.body = *std::move(kept);
        else
          stored.status = 0;
      });
      if (there || claims) {
        if (!same) return fail(Code::idempotency_mismatch, "use another key for another request", "Idempotency-Key");
        if (stored.status == 0)
          return fail(Code::key_missing, "the answer that was kept for this key was sealed under another master key");
        stored.headers.emplace_back("Idempotent-Replayed", "true");
        return stored;
      }
    }
    TRY(auto reply, x->route->tx_handler(tx, by, x->request));
    TRY(const std::string known, without_secrets(reply.body, x->route->secrets));
    const std::string kept = privacy::seal_for_server(kReplyPurpose, known, *by.random);
    if (claims)
      tx.exec(kKeepReply, {id[0], id[1], id[2], reply.status, reply.content_type, db::Param::blob(kept)});
    else
      tx.exec(kAddKey, {id[0], id[1], id[2], db::Param::blob(digest), reply.status, reply.content_type, by.now,
                        db::Param::blob(kept)});
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
    if (accept && identity->new_guest) accept->headers.emplace_back("Set-Cookie", identity->cookie);
    sink(std::move(accept));
  });
  if (!taken) sink(fail(Code::overloaded, "every worker is busy and the queue is full"));
}

}  // namespace lianbo::app
