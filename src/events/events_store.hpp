// All SQL of webhooks and their deliveries. Private to src/events; every function joins the Tx it is given.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "db/db.hpp"
#include "events/webhooks.hpp"

namespace lianbo::events::store {

void insert(db::Tx& tx, const Webhook& webhook, std::string_view sealed_secrets);
// Everything but cursor and lease.
void save(db::Tx& tx, const Webhook& webhook, std::string_view sealed_secrets);
bool remove(db::Tx& tx, WebhookId id);  // with its deliveries
struct Row {
  Webhook webhook;
  std::string sealed_secrets;
};
std::optional<Row> find(db::Tx& tx, WebhookId id);
std::optional<Row> lock(db::Tx& tx, WebhookId id);
std::vector<Row> of_brand(db::Tx& tx, BrandId brand, int limit);

// ---- telling
std::vector<WebhookId> active_behind(db::Tx& tx, std::int64_t head, int limit);
std::int64_t lowest_cursor(db::Tx& tx);  // of the active; INT64_MAX when there is none
void set_cursor(db::Tx& tx, WebhookId id, std::int64_t seq);
std::int64_t waiting(db::Tx& tx, WebhookId id, std::int64_t at_most);
struct Delivery {
  WebhookId webhook;
  std::int64_t seq = 0;
  EventId event;
  std::string type;
  std::int64_t subject = 0;
  std::string state;
  int tries = 0;
  Instant next_try_at = 0;
  int status = 0;
  std::string error;
  Instant at = 0, done_at = 0;
};
// Waits from `at` on; one that was there already, done or dead, waits again.
void queue(db::Tx& tx, const Delivery& delivery);
std::vector<WebhookId> due_webhooks(db::Tx& tx, Instant now, int limit);
// Takes the webhook for this server until then; false: another calls it, or it is no longer active.
bool lease(db::Tx& tx, WebhookId id, Instant now, Instant until);
void end_lease(db::Tx& tx, WebhookId id);
// Due, and nothing of the same subject before it still waits for its time.
std::vector<Delivery> due(db::Tx& tx, WebhookId id, Instant now, int limit);
void delivered(db::Tx& tx, const Delivery& d, int status, Instant now);
void failed(db::Tx& tx, const Delivery& d, std::string_view state, int status, std::string_view error,
            Instant next_try_at, Instant now);
void set_failing(db::Tx& tx, WebhookId id, Instant since);    // 0: no longer
Instant mark_failing(db::Tx& tx, WebhookId id, Instant now);  // since when
bool disable(db::Tx& tx, WebhookId id, std::string_view note);

// ---- looking
std::vector<Delivery> deliveries(db::Tx& tx, WebhookId id, std::string_view state, std::int64_t after, int limit);
std::optional<Delivery> delivery_of(db::Tx& tx, WebhookId id, EventId event);
std::int64_t forget(db::Tx& tx, std::int64_t upto, int limit);  // done or dead deliveries of events that are gone

}  // namespace lianbo::events::store
