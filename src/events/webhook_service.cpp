#include "events/webhook_service.hpp"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <set>
#include <thread>

#include "base/check.hpp"
#include "base/json.hpp"
#include "base/log.hpp"
#include "bus/journal.hpp"
#include "events/event_types.hpp"
#include "events/events_store.hpp"
#include "net/client.hpp"
#include "org/org_service.hpp"
#include "privacy/vault.hpp"

namespace lianbo::events {
namespace {

using Headers = std::vector<std::pair<std::string, std::string>>;

constexpr int kTellBatch = 200;             // events of one webhook in one transaction
constexpr std::int64_t kMaxWaiting = 5000;  // deliveries of one webhook; the rest waits in the journal
constexpr int kCallBatch = 100;             // deliveries of one webhook in one turn
constexpr DurationMs kTurnMs = 20 * kSecondMs, kLeaseMs = kMinuteMs;
constexpr int kWebhooksAtOnce = 1000;
constexpr int kForgetBatch = 5000;
constexpr std::size_t kMaxAnswer = 65536;
constexpr std::size_t kMaxError = 300;

std::string secrets_purpose(WebhookId id) { return "webhook.secrets " + id.text(); }

std::string seal_secrets(const Call& call, const Webhook& w) {
  return privacy::seal_for_server(secrets_purpose(w.id), secrets_json(w.secrets), *call.random);
}

Result<Webhook> opened(std::optional<store::Row> row) {
  if (!row) return fail(Code::not_found, "there is no such webhook");
  const auto secrets = privacy::open_for_server(secrets_purpose(row->webhook.id), row->sealed_secrets);
  if (!secrets) return fail(Code::key_missing, "this webhook's secrets were sealed under another master key");
  row->webhook.secrets = parse_secrets(*secrets);
  return std::move(row->webhook);
}

// The row is locked; who may not know of it is told that there is none.
Result<Webhook> lock_webhook(db::Tx& tx, const Call& call, WebhookId id) {
  TRY(Webhook w, opened(store::lock(tx, id)));
  if (call.caller.roles_at(w.brand) == 0 && !call.caller.system)
    return fail(Code::not_found, "there is no such webhook");
  TRY_OK(require_staff(call, w.brand, kOperates));
  return w;
}

void audit(db::Tx& tx, const Call& call, const Webhook& w, std::string_view action, std::string_view detail = "{}") {
  org::audit(tx, call, w.brand, action, "webhook", w.id.value, detail);
}

Status apply(const Call& call, Webhook& w, const WebhookWish& wish) {
  if (wish.url) {
    TRY_OK(parse_webhook_url(*wish.url, call.settings->webhook_allow_private != 0));
    w.url = *wish.url;
  }
  if (wish.description) w.description = *wish.description;
  if (wish.types) {
    TRY_OK(check_types(*wish.types));
    w.types = *wish.types;
  }
  return {};
}

std::string shortened(std::string text) {
  if (text.size() > kMaxError) {
    text.resize(kMaxError);
    while (!valid_utf8(text)) text.pop_back();
  }
  return text;
}

Headers headers_of(const Webhook& w, Instant now, std::string_view id, const std::string& body) {
  const std::int64_t seconds = now / kSecondMs;
  return {{"Content-Type", "application/json"},
          {"User-Agent", "Lianbo"},
          {"webhook-id", std::string(id)},
          {"webhook-timestamp", std::to_string(seconds)},
          {"webhook-signature", signatures(w.secrets, now, id, seconds, body)}};
}

// Staff learns of it by the audit list, by the webhook's note, and by an event that other webhooks are told.
void disable(db::Tx& tx, const Call& call, const Webhook& w, const std::string& why) {
  if (!store::disable(tx, w.id, why)) return;
  JsonWriter told;
  told.begin().field("webhook_id", w.id).field("why", why).end();
  audit(tx, call, w, "webhook.disabled", told.text());
  tx.emit({call.make_id<EventId>(), 0, w.brand, "webhook.disabled", w.id.value, told.text(), call.now, true});
  log_event(LogEvent::webhook_disabled, "{}: {}", w.id.text(), why);
}

}  // namespace

HookCaller http_caller(const Settings& settings) {
  const std::int64_t timeout_ms = settings.webhook_timeout_ms;
  const bool only_public = settings.webhook_allow_private == 0;
  return [timeout_ms, only_public](const WebhookUrl& url, const Headers& headers,
                                   const std::string& body) -> Result<HookAnswer> {
    net::HttpClientOptions options;
    options.url = url.origin;
    options.connect_ms = std::min<std::int64_t>(timeout_ms, 5000);
    options.timeout_ms = timeout_ms;
    options.max_body = kMaxAnswer;
    options.public_only = only_public;
    net::HttpClient client(std::move(options));
    net::HttpRequest request;
    request.method = "POST";
    request.target = url.target;
    request.headers = headers;
    request.body = body;
    TRY(const auto answer, client.send(request));
    return HookAnswer{answer.status, std::string(answer.header("retry-after"))};
  };
}

// ---- for staff

Result<MadeWebhook> create_webhook(db::Tx& tx, const Call& call, BrandId brand, const WebhookWish& wish,
                                   SecretKind kind) {
  TRY_OK(require_staff(call, brand, kOperates));
  TRY_OK(org::lock_brand(tx, brand));
  if (store::of_brand(tx, brand, static_cast<int>(kMaxWebhooks)).size() >= kMaxWebhooks)
    return fail(Code::conflict, "a brand has at most " + std::to_string(kMaxWebhooks) + " webhooks; delete one first");
  Webhook w;
  w.id = call.make_id<WebhookId>();
  w.brand = brand;
  w.created_at = call.now;
  w.cursor = bus::event_head(tx, "kept");  // from now on
  TRY_OK(apply(call, w, wish));
  Secret secret = make_secret(kind, *call.random, call.now);
  w.secrets.push_back(secret);
  store::insert(tx, w, seal_secrets(call, w));
  audit(tx, call, w, "webhook.create", JsonWriter().begin().field("url", w.url).end().take());
  return MadeWebhook{std::move(w), std::move(secret)};
}

Result<Webhook> find_webhook(db::Tx& tx, const Call& call, WebhookId id) {
  TRY(Webhook w, opened(store::find(tx, id)));
  if (!require_staff(call, w.brand, kAnyStaff)) return fail(Code::not_found, "there is no such webhook");
  return w;
}

Result<std::vector<Webhook>> webhooks_of(db::Tx& tx, const Call& call, BrandId brand) {
  TRY_OK(require_staff(call, brand, kAnyStaff));
  std::vector<Webhook> out;
  for (auto& row : store::of_brand(tx, brand, static_cast<int>(kMaxWebhooks))) {
    TRY(Webhook w, opened(std::move(row)));
    out.push_back(std::move(w));
  }
  return out;
}

Result<Webhook> change_webhook(db::Tx& tx, const Call& call, WebhookId id, const WebhookWish& wish) {
  TRY(Webhook w, lock_webhook(tx, call, id));
  TRY_OK(apply(call, w, wish));
  if (wish.active) {
    if (*wish.active && !w.active) {
      w.note.clear();
      w.failing_since = 0;
    }
    w.active = *wish.active;
  }
  store::save(tx, w, seal_secrets(call, w));
  if (wish.active.value_or(false) && wish.skip_missed) {
    w.cursor = bus::event_head(tx, "kept");
    store::set_cursor(tx, id, w.cursor);
  }
  JsonWriter detail;
  detail.begin().field("url", w.url).field("active", w.active).field("skip_missed", wish.skip_missed).end();
  audit(tx, call, w, "webhook.change", detail.text());
  return w;
}

Status delete_webhook(db::Tx& tx, const Call& call, WebhookId id) {
  TRY(const Webhook w, lock_webhook(tx, call, id));
  store::remove(tx, id);
  audit(tx, call, w, "webhook.delete", JsonWriter().begin().field("url", w.url).end().take());
  return {};
}

Result<Secret> add_secret(db::Tx& tx, const Call& call, WebhookId id, SecretKind kind, DurationMs overlap_ms) {
  TRY(Webhook w, lock_webhook(tx, call, id));
  for (auto& s : w.secrets) {
    const Instant until = call.now + overlap_ms;
    s.expires_at = s.expires_at == 0 ? until : std::min(s.expires_at, until);
  }
  std::erase_if(w.secrets, [&](const Secret& s) { return !s.active(call.now); });
  if (w.secrets.size() >= kMaxSecrets)
    return fail(Code::conflict, std::to_string(kMaxSecrets) + " secrets sign already; wait until one has ended");
  Secret secret = make_secret(kind, *call.random, call.now);
  w.secrets.insert(w.secrets.begin(), secret);
  store::save(tx, w, seal_secrets(call, w));
  audit(tx, call, w, "webhook.secret");
  return secret;
}

Status replay_event(db::Tx& tx, const Call& call, WebhookId id, EventId event) {
  TRY(const Webhook w, lock_webhook(tx, call, id));
  auto d = store::delivery_of(tx, id, event);
  if (!d || !bus::event_numbered(tx, d->seq))
    return fail(Code::not_found, "no delivery of this event is kept for this webhook", "/event_id");
  d->at = call.now;
  store::queue(tx, *d);
  audit(tx, call, w, "webhook.replay", JsonWriter().begin().field("event_id", event).end().take());
  return {};
}

Status replay_after(db::Tx& tx, const Call& call, WebhookId id, std::int64_t cursor) {
  TRY(const Webhook w, lock_webhook(tx, call, id));
  if (cursor < bus::event_head(tx, "forgotten"))
    return fail(Code::cursor_expired, "events are kept " + std::to_string(call.settings->events_days) + " days",
                "/after");
  if (cursor > w.cursor)
    return fail(Code::invalid_field, "must not lie ahead of what the webhook was told already", "/after");
  store::set_cursor(tx, id, cursor);
  audit(tx, call, w, "webhook.replay", JsonWriter().begin().field("after", id_text(cursor)).end().take());
  return {};
}

Result<PingAnswer> ping_webhook(db::Database& db, const Call& call, WebhookId id, const HookCaller& caller) {
  TRY(const Webhook w, db.read([&](db::Tx& tx) { return find_webhook(tx, call, id); }));
  TRY_OK(require_staff(call, w.brand, kOperates));
  TRY(const auto url, parse_webhook_url(w.url, call.settings->webhook_allow_private != 0));
  const auto event = call.make_id<EventId>();
  JsonWriter body;
  body.begin().field("id", event).key("cursor").null().field("type", "webhook.ping").key("timestamp").instant(call.now);
  body.field("brand_id", w.brand).field("subject_kind", "webhook").field("subject_id", w.id);
  body.key("data").begin().field("webhook_id", w.id).end().end();
  const std::int64_t begun = monotonic_ms();
  const auto answer = caller(url, headers_of(w, call.now, event.text(), body.text()), body.text());
  PingAnswer out;
  out.took_ms = monotonic_ms() - begun;
  if (answer)
    out.status = answer->status;
  else
    out.error = shortened(answer.error().text());
  return out;
}

// ---- jobs

Result<int> tell_webhooks(db::Database& db, const Call& call) {
  struct Behind {
    std::int64_t head = 0;
    std::vector<WebhookId> webhooks;
  };
  TRY(const Behind behind, db.read([](db::Tx& tx) -> Result<Behind> {
    Behind out;
    out.head = bus::event_head(tx, "kept");
    out.webhooks = store::active_behind(tx, out.head, kWebhooksAtOnce);
    return out;
  }));
  int told = 0;
  for (const WebhookId id : behind.webhooks) {
    TRY(const int now, db.write([&](db::Tx& tx) -> Result<int> {
      const auto row = store::lock(tx, id);
      if (!row || !row->webhook.active) return 0;
      const Webhook& w = row->webhook;
      if (store::waiting(tx, id, kMaxWaiting) >= kMaxWaiting) return 0;
      // Whatever is numbered up to this head is there to be read by the next statement.
      const std::int64_t head = bus::event_head(tx, "kept");
      const auto events = bus::events_of_brand(tx, w.brand, w.cursor, kTellBatch);
      for (const auto& kept : events) {
        const EventType* type = find_event_type(kept.event.topic);
        if (type == nullptr || !w.wants(type->type)) continue;
        store::Delivery d;
        d.webhook = id;
        d.seq = kept.seq;
        d.event = kept.event.id;
        d.type = type->type;
        d.subject = subject_of(*type, kept.event);
        d.at = call.now;
        store::queue(tx, d);
      }
      const bool full = static_cast<int>(events.size()) == kTellBatch;
      store::set_cursor(tx, id, full ? events.back().seq : std::max(head, w.cursor));
      return static_cast<int>(events.size());
    }));
    told += now;
  }
  return told;
}

namespace {

struct Turn {
  Webhook webhook;
  struct Item {
    store::Delivery delivery;
    std::string body;  // "": the event is no longer kept
  };
  std::vector<Item> items;
};

Result<Turn> prepare(db::Database& db, WebhookId id, Instant now) {
  return db.read([&](db::Tx& tx) -> Result<Turn> {
    Turn turn;
    TRY(turn.webhook, opened(store::find(tx, id)));
    for (auto& d : store::due(tx, id, now, kCallBatch)) {
      const auto kept = bus::event_numbered(tx, d.seq);
      const EventType* type = find_event_type(d.type);
      turn.items.push_back({std::move(d), kept && type ? event_json(*type, *kept) : std::string()});
    }
    return turn;
  });
}

// The outcome of one try, written down.
Status conclude(db::Database& db, const Call& call, const Webhook& w, const store::Delivery& d,
                const Result<HookAnswer>& answer, Instant now) {
  const Outcome outcome = answer ? outcome_of(answer->status) : Outcome::again;
  return db.write([&](db::Tx& tx) -> Status {
    if (outcome == Outcome::delivered) {
      store::delivered(tx, d, answer->status, now);
      store::set_failing(tx, w.id, 0);
      return {};
    }
    const int status = answer ? answer->status : 0;
    const std::string error = answer ? "HTTP " + std::to_string(status) : shortened(answer.error().text());
    const bool last = d.tries + 1 >= call.settings->webhook_tries && outcome != Outcome::gone;
    const DurationMs asked = answer ? retry_after_ms(answer->retry_after) : 0;
    store::failed(tx, d, last ? "dead" : "waiting", status, error,
                  now + wait_after(d.tries + 1, call.random->unit(), asked), now);
    const Instant since = store::mark_failing(tx, w.id, now);
    const std::int64_t hours = call.settings->webhook_disable_hours;
    if (outcome == Outcome::gone)
      disable(tx, call, w, "the receiver answers 410: it is gone");
    else if (now - since >= hours * kHourMs)
      disable(tx, call, w, "nothing was taken for " + std::to_string(hours) + " hours; the last answer: " + error);
    return {};
  });
}

Result<int> take_turn(db::Database& db, const Call& call, const Clock& clock, const HookCaller& caller, WebhookId id) {
  TRY(const bool mine,
      db.write([&](db::Tx& tx) -> Result<bool> { return store::lease(tx, id, clock.now(), clock.now() + kLeaseMs); }));
  if (!mine) return 0;
  const std::int64_t begun = monotonic_ms();
  const auto turn = [&]() -> Result<int> {
    TRY(const Turn all, prepare(db, id, clock.now()));
    TRY(const auto url, parse_webhook_url(all.webhook.url, call.settings->webhook_allow_private != 0));
    std::set<std::int64_t> held;  // subjects whose earlier event was not taken
    int done = 0;
    for (const auto& [d, body] : all.items) {
      if (monotonic_ms() - begun > kTurnMs) break;
      if (held.contains(d.subject)) continue;
      const Instant now = clock.now();
      if (body.empty()) {
        TRY_OK(db.write([&](db::Tx& tx) -> Status {
          store::failed(tx, d, "dead", 0, "the event is no longer kept", now, now);
          return {};
        }));
        continue;
      }
      const auto answer = caller(url, headers_of(all.webhook, now, d.event.text(), body), body);
      TRY_OK(conclude(db, call, all.webhook, d, answer, now));
      ++done;
      if (answer && outcome_of(answer->status) == Outcome::gone) break;
      if (!answer || outcome_of(answer->status) != Outcome::delivered) held.insert(d.subject);
      if (!answer) break;  // nobody is there: each try may cost a whole time-out
    }
    return done;
  }();
  TRY_OK(db.write([&](db::Tx& tx) -> Status {
    store::end_lease(tx, id);
    return {};
  }));
  return turn;
}

}  // namespace

Result<int> call_webhooks(db::Database& db, const Call& call, const Clock& clock, const HookCaller& caller) {
  TRY(const auto ids, db.read([&](db::Tx& tx) -> Result<std::vector<WebhookId>> {
    return store::due_webhooks(tx, call.now, kWebhooksAtOnce);
  }));
  std::atomic<std::size_t> next{0};
  std::atomic<int> done{0};
  const auto work = [&] {
    for (std::size_t i; (i = next++) < ids.size();) {
      const auto turn = take_turn(db, call, clock, caller, ids[i]);
      if (turn)
        done += *turn;
      else
        log_event(LogEvent::webhook_not_called, "{}: {}", ids[i].text(), turn.error().text());
    }
  };
  std::vector<std::thread> others;
  const auto threads = std::min<std::size_t>(ids.size(), static_cast<std::size_t>(call.settings->webhook_threads));
  for (std::size_t i = 1; i < threads; ++i) others.emplace_back(work);
  work();
  for (auto& thread : others) thread.join();
  return done.load();
}

Result<int> forget_events(db::Database& db, const Call& call, std::int64_t upto) {
  TRY(const std::int64_t passed,
      db.read([&](db::Tx& tx) -> Result<std::int64_t> { return std::min(upto, store::lowest_cursor(tx)); }));
  TRY(const int events, bus::forget_events(db, call.now - call.settings->events_days * kDayMs, passed, kForgetBatch));
  if (events == 0) return 0;
  TRY_OK(db.write([&](db::Tx& tx) -> Status {
    store::forget(tx, bus::event_head(tx, "forgotten"), kForgetBatch);
    return {};
  }));
  return events;
}

}  // namespace lianbo::events
