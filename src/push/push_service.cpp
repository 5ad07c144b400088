#include "push/push_service.hpp"

#include <algorithm>
#include <atomic>
#include <thread>

#include "base/crypto.hpp"
#include "base/json.hpp"
#include "base/shape.hpp"
#include "bus/journal.hpp"
#include "live/live_events.hpp"
#include "live/live_service.hpp"
#include "live/reminder_rows.hpp"
#include "org/org_service.hpp"
#include "privacy/vault.hpp"
#include "push/push.hpp"
#include "push/push_store.hpp"

namespace lianbo::push {
namespace {

using net::Access;
using net::Method;
using net::Reply;
using net::Request;

constexpr std::string_view kCursor = "push", kSealPurpose = "push.browser", kKeyPurpose = "push.vapid";
constexpr int kEvents = 500, kRounds = 20, kPeople = 500, kAtOnce = 64;
constexpr DurationMs kLeaseMs = kMinuteMs;            // a delivery that was taken and never finished is sent again
constexpr DurationMs kTokenMs = 12 * 60 * kMinuteMs;  // a push service takes 24 hours at most

std::string server_scalar() { return scalar_from(privacy::derived_key(kKeyPurpose)); }
std::string digest_of(std::string_view endpoint) { return to_hex(privacy::lookup_digest(kSealPurpose, endpoint)); }

std::string sealed(const Call& call, const Browser& b) {
  JsonWriter w;
  w.begin().field("endpoint", b.endpoint).field("p256dh", b.p256dh).field("auth", b.auth).end();
  return privacy::seal_for_server(kSealPurpose, w.text(), *call.random);
}
std::optional<Browser> opened(const store::Subscription& s) {
  const auto text = privacy::open_for_server(kSealPurpose, s.sealed);
  const auto value = text ? parse_json(*text) : Result<json::value>(fail(Code::not_found, "lost"));
  if (!value) return std::nullopt;
  return Browser{std::string(get_text(*value, "endpoint")), std::string(get_text(*value, "p256dh")),
                 std::string(get_text(*value, "auth")), s.language};
}

struct Message {
  std::string text;
  std::string topic;
  std::int64_t ttl_s = 0;
};
Result<Message> message_of(db::Tx& tx, const live::Broadcast& b, std::string_view language, std::int64_t ttl_s) {
  TRY(const auto owner, org::store_owner(tx, b.store));
  JsonWriter w;
  w.begin().field("title", b.title).field("tag", b.id).field("url", "/room/" + b.id.text()).field("lang", language);
  w.field("body", language == "zh" ? owner.agent.name + " 开播了，点这里进入直播间" : owner.agent.name + " is on air");
  return Message{w.end().take(), b.id.text(), ttl_s};
}

Result<events::HookAnswer> post(const Call& call, const Browser& to, const Message& m,
                                const events::HookCaller& caller) {
  TRY(const auto url, events::parse_webhook_url(to.endpoint, call.settings->webhook_allow_private != 0));
  std::string point, auth;
  if (!from_base64url(to.p256dh, point) || !from_base64url(to.auth, auth))
    return fail(Code::invalid_field, "a browser's keys are base64url", "/p256dh");
  SecureRandom random;  // of another thread than the call's
  const std::string once = scalar_from(random_bytes(random, kScalarBytes));
  TRY(const auto body, seal_message(m.text, point, auth, once, random_bytes(random, kSaltBytes)));
  TRY(const auto token, vapid_header(server_scalar(), url.origin, call.settings->public_url, call.now + kTokenMs));
  return caller(url,
                {{"Authorization", token},
                 {"Content-Encoding", "aes128gcm"},
                 {"Content-Type", "application/octet-stream"},
                 {"TTL", std::to_string(m.ttl_s)},
                 {"Urgency", "high"},
                 {"Topic", m.topic}},
                body);
}

// Its push service does not know it, or will not have us: 403 is another server's key.
bool is_gone(int status) { return status == 404 || status == 410 || status == 403; }

// Sends one, to the newest browser that is still there.
Status send_one(db::Database& db, const Call& call, const store::Delivery& d, const events::HookCaller& caller) {
  const Bucket bucket = call.bucket(d.person);
  TRY(const bool mine, db.write([&](db::Tx& tx) -> Result<bool> { return store::take(tx, d, call.now + kLeaseMs); }));
  if (!mine) return {};
  bool wanted = false, sent = false, again = false;
  for (std::size_t n = 0; n < kMaxBrowsers && !sent && !again; ++n) {
    Message message;
    std::optional<store::Subscription> to;
    TRY_OK(db.read([&](db::Tx& tx) -> Status {
      const auto b = live::find_broadcast(tx, d.broadcast);
      wanted = b && b->state == live::BroadcastState::live && call.now <= d.expires_at &&
               live::is_reserved(tx, d.broadcast, d.person);
      const auto browsers = store::of_person(tx, bucket, d.person);
      if (!wanted || browsers.empty()) return {};
      to = browsers.front();
      TRY(message, message_of(tx, *b, to->language, (d.expires_at - call.now) / kSecondMs));
      return {};
    }));
    if (!to) break;
    const auto browser = opened(*to);
    const auto answer = browser ? post(call, *browser, message, caller)
                                : Result<events::HookAnswer>(events::HookAnswer{.status = 410, .retry_after = {}});
    const int status = answer ? answer->status : 0;
    if (status / 100 == 2) {
      sent = true;
    } else if (is_gone(status) || (!answer && answer.error().code == Code::invalid_field)) {
      TRY_OK(db.write([&](db::Tx& tx) -> Status {
        store::remove(tx, bucket, d.person, to->id);
        return {};
      }));
    } else {
      again = true;
      const DurationMs wait =
          events::wait_after(d.tries + 1, 1.0, answer ? events::retry_after_ms(answer->retry_after) : 0);
      if (d.tries + 1 >= kMaxTries || call.now + wait > d.expires_at) break;
      store::Delivery taken = d;
      taken.due_at = call.now + kLeaseMs;
      return db.write([&](db::Tx& tx) -> Status {
        store::put_off(tx, taken, call.now + wait);
        return {};
      });
    }
  }
  return db.write([&](db::Tx& tx) -> Status {
    if (store::done(tx, d.id) && wanted && !sent) live::give_reminder_back(tx, d.broadcast, d.person);
    return {};
  });
}

// Reads what has begun since; how many events.
Result<int> read_events(db::Tx& tx, const Call& call) {
  if (bus::events_after(tx, bus::event_head(tx, kCursor), 1).empty()) return 0;
  const std::int64_t from = bus::lock_event_head(tx, kCursor);
  const auto events = bus::events_after(tx, from, kEvents);
  for (const auto& kept : events) {
    if (kept.event.topic != live::kBroadcastStarted) continue;
    const auto b = live::find_broadcast(tx, BroadcastId{kept.event.key});
    if (b && b->state == live::BroadcastState::live && !b->rehearsal() && b->started_at >= call.now - live::kRemindMs)
      store::begin_round(tx, {b->id, b->brand, b->started_at, {}});
  }
  if (!events.empty()) bus::set_event_head(tx, kCursor, events.back().seq);
  return static_cast<int>(events.size());
}
int go_round(db::Tx& tx, const Call& call, const store::Round& round) {
  const auto people = call.now <= round.started_at + live::kRemindMs
                          ? live::waiting_for(tx, round.broadcast, round.after, kPeople)
                          : std::vector<PersonId>{};
  for (const PersonId person : people) {
    const Bucket bucket = call.bucket(person);
    if (!store::has_any(tx, bucket, person) || !live::take_reminder(tx, round.broadcast, person, call.now)) continue;
    store::insert(
        tx, bucket,
        {call.make_id<store::DeliveryId>(), person, round.broadcast, call.now, 0, round.started_at + live::kRemindMs});
  }
  if (people.size() < static_cast<std::size_t>(kPeople))
    store::end_round(tx, round.broadcast);
  else
    store::move_round(tx, round.broadcast, people.back());
  return static_cast<int>(people.size()) + 1;
}

}  // namespace

std::string server_key() { return point_of(server_scalar()); }

Status subscribe(db::Tx& tx, const Call& call, const Browser& browser) {
  TRY_OK(require_login(call));
  const auto url = events::parse_webhook_url(browser.endpoint, call.settings->webhook_allow_private != 0);
  if (!url) return fail(Code::invalid_field, url.error().detail, "/endpoint");
  std::string point, auth;
  if (!from_base64url(browser.p256dh, point) || point.size() != kPointBytes || point.front() != '\x04')
    return fail(Code::invalid_field, "a point on P-256, 65 bytes in base64url", "/p256dh");
  if (!from_base64url(browser.auth, auth) || auth.size() != kSecretBytes)
    return fail(Code::invalid_field, "16 bytes in base64url", "/auth");
  const PersonId person = call.caller.person;
  const Bucket bucket = call.bucket(person);
  store::put(tx, bucket,
             {call.make_id<store::SubscriptionId>(), person, digest_of(browser.endpoint), sealed(call, browser),
              browser.language, call.now});
  const auto all = store::of_person(tx, bucket, person);
  for (std::size_t i = kMaxBrowsers; i < all.size(); ++i) store::remove(tx, bucket, person, all[i].id);
  return {};
}
void unsubscribe(db::Tx& tx, const Call& call, std::string_view endpoint) {
  const Bucket bucket = call.bucket(call.caller.person);
  for (const auto& s : store::of_person(tx, bucket, call.caller.person))
    if (s.digest == digest_of(endpoint)) store::remove(tx, bucket, call.caller.person, s.id);
}
void forget_person(db::Tx& tx, const Call& call, PersonId person) { store::forget(tx, call.bucket(person), person); }
std::vector<Asked> asked_by(db::Tx& tx, const Call& call, PersonId person) {
  std::vector<Asked> out;
  for (const auto& s : store::of_person(tx, call.bucket(person), person)) {
    const auto browser = opened(s);
    out.push_back({browser ? browser->endpoint : "", s.language, s.created_at});
  }
  return out;
}

Result<int> begin_rounds(db::Database& db, const Call& call) {
  TRY(const bool idle, db.read([&](db::Tx& tx) -> Result<bool> {
    return bus::events_after(tx, bus::event_head(tx, kCursor), 1).empty() && store::rounds(tx, 1).empty();
  }));
  if (idle) return 0;
  return db.write([&](db::Tx& tx) -> Result<int> {
    TRY(int did, read_events(tx, call));
    for (const auto& round : store::rounds(tx, kRounds)) did += go_round(tx, call, round);
    return did;
  });
}

Result<int> send_due(db::Database& db, const Call& call, const events::HookCaller& caller) {
  TRY(const auto due,
      db.read([&](db::Tx& tx) -> Result<std::vector<store::Delivery>> { return store::due(tx, call.now, kAtOnce); }));
  std::atomic<std::size_t> next{0};
  std::atomic<int> failed{0};
  const auto work = [&] {
    for (std::size_t i; (i = next++) < due.size();)
      if (!send_one(db, call, due[i], caller)) ++failed;
  };
  std::vector<std::thread> others;
  const auto threads = std::min<std::size_t>(due.size(), static_cast<std::size_t>(call.settings->webhook_threads));
  for (std::size_t i = 1; i < threads; ++i) others.emplace_back(work);
  work();
  for (auto& thread : others) thread.join();
  return static_cast<int>(due.size()) - failed.load();
}

net::Routes push_routes() {
  using namespace net;
  using namespace shape;
  Routes r;
  r.push_back(read_route(Method::get, "/api/v1/push/key", "getPushKey",
                         "The key a browser asks its push service for notifications with", Access::guest,
                         [](db::Tx&, const Call&, const Request&) -> Result<Reply> {
                           JsonWriter w;
                           return Reply::json(w.begin().field("key", to_base64url(server_key())).end().take());
                         })
                  .giving({text("key", 87, 87, "P-256, uncompressed, base64url")}));
  r.push_back(write_route(Method::put, "/api/v1/push/subscription", "putPushSubscription",
                          "This browser is told when a broadcast begins that the caller reserved", Access::login,
                          [](db::Tx& tx, const Call& call, const Request& request) -> Result<Reply> {
                            const auto& v = request.value;
                            TRY_OK(subscribe(tx, call,
                                             {std::string(get_text(v, "endpoint")), std::string(get_text(v, "p256dh")),
                                              std::string(get_text(v, "auth")), std::string(get_text(v, "language"))}));
                            return Reply::json(JsonWriter().begin().field("on", true).end().take());
                          })
                  .taking({text("endpoint", 8, 1000, "https, at a push service"), text("p256dh", 80, 100),
                           text("auth", 20, 30), choice("language", {"zh", "en"})})
                  .giving({boolean("on")})
                  .may_fail({Code::invalid_field}));
  r.push_back(write_route(Method::post, "/api/v1/push/unsubscribe", "removePushSubscription",
                          "This browser is told nothing any more", Access::login,
                          [](db::Tx& tx, const Call& call, const Request& request) -> Result<Reply> {
                            unsubscribe(tx, call, get_text(request.value, "endpoint"));
                            return Reply::json(JsonWriter().begin().field("on", false).end().take());
                          })
                  .taking({text("endpoint", 8, 1000)})
                  .giving({boolean("on")}));
  return r;
}

}  // namespace lianbo::push
