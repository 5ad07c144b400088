// What is done with webhooks: made and changed by staff, told of events, called.
//
// - Telling (tell_webhooks) reads the journal behind each webhook's cursor and makes a delivery of each event that is
//   wanted, in one transaction with the cursor: each event once. Calling (call_webhooks) sends what is due.
// - At least once: what was taken but could not be written down is sent again, under the same webhook-id. Events of one
//   subject (an order, a broadcast) are sent one after another, a later one not before the earlier was taken or is a
//   dead letter; different subjects may overtake each other.
// - A failed try is repeated after wait_after; after webhook.tries it is a dead letter, to be listed and sent again by
//   hand. A webhook that has failed for webhook.disable_hours, or answers 410, is disabled: an audit row, an event and
//   its note tell staff. Its events wait, as long as they are kept.
// - Who is called: never a private or loopback address, whatever a name resolves to at that moment (see http_caller).
// Threads: any. Nothing waits for a network inside a transaction.
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "base/call.hpp"
#include "db/db.hpp"
#include "events/webhooks.hpp"

namespace lianbo::events {

struct HookAnswer {
  int status = 0;
  std::string retry_after;
};
// Posts a body. An Error: nobody answered, or may be asked. Called from several threads at once.
using HookCaller = std::function<Result<HookAnswer>(
    const WebhookUrl& url, const std::vector<std::pair<std::string, std::string>>& headers, const std::string& body)>;
// Over HTTPS with verified certificates; follows no redirect; refuses private addresses (unless webhook.allow_private)
// by looking at the one it is about to connect to; bounded in time and in what it reads of the answer.
HookCaller http_caller(const Settings& settings);

// ---- for staff (of the webhook's brand: any role reads, operators change)
struct WebhookWish {
  std::optional<std::string> url, description;
  std::optional<std::vector<std::string>> types;
  std::optional<bool> active;
  bool skip_missed = false;  // with active: what happened meanwhile is not told
};
struct MadeWebhook {
  Webhook webhook;
  Secret secret;  // told once
};
Result<MadeWebhook> create_webhook(db::Tx& tx, const Call& call, BrandId brand, const WebhookWish& wish,
                                   SecretKind kind);
Result<Webhook> find_webhook(db::Tx& tx, const Call& call, WebhookId id);
Result<std::vector<Webhook>> webhooks_of(db::Tx& tx, const Call& call, BrandId brand);
Result<Webhook> change_webhook(db::Tx& tx, const Call& call, WebhookId id, const WebhookWish& wish);
Status delete_webhook(db::Tx& tx, const Call& call, WebhookId id);
// The old ones still sign for so long.
Result<Secret> add_secret(db::Tx& tx, const Call& call, WebhookId id, SecretKind kind, DurationMs overlap_ms);
Status replay_event(db::Tx& tx, const Call& call, WebhookId id, EventId event);
// Everything after the cursor that is wanted is told again.
Status replay_after(db::Tx& tx, const Call& call, WebhookId id, std::int64_t cursor);
struct PingAnswer {
  int status = 0;  // 0: nobody answered
  std::string error;
  std::int64_t took_ms = 0;
};
// Sends an event webhook.ping now, once; it is in no list.
Result<PingAnswer> ping_webhook(db::Database& db, const Call& call, WebhookId id, const HookCaller& caller);

// ---- jobs
Result<int> tell_webhooks(db::Database& db, const Call& call);  // how many events they were told of
Result<int> call_webhooks(db::Database& db, const Call& call, const Clock& clock, const HookCaller& caller);
// Deletes events older than events.days that every active webhook and the other readers (upto) have passed, and the
// deliveries of those that are gone.
Result<int> forget_events(db::Database& db, const Call& call, std::int64_t upto);

}  // namespace lianbo::events
