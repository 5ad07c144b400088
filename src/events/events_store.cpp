#include "events/events_store.hpp"

#include "base/json.hpp"
#include "base/shape.hpp"

namespace lianbo::events::store {
namespace {

using db::Param;
using db::Sql;

#define WEBHOOK_COLUMNS \
  "id, brand_id, url, description, types, secrets, state, note, cursor_seq, failing_since, created_at"
const Sql kInsert{"webhook.insert",
                  "insert into webhooks (id, brand_id, url, description, types, secrets, state, note, cursor_seq, "
                  "created_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)"};
const Sql kSave{"webhook.save",
                "update webhooks set url = $2, description = $3, types = $4, secrets = $5, state = $6, note = $7, "
                "failing_since = $8 where id = $1"};
const Sql kRemove{"webhook.remove", "delete from webhooks where id = $1"};
const Sql kRemoveDeliveries{"webhook.remove_deliveries", "delete from webhook_deliveries where webhook_id = $1"};
const Sql kFind{"webhook.find", "select " WEBHOOK_COLUMNS " from webhooks where id = $1"};
const Sql kLock{"webhook.lock", "update webhooks set version = version + 1 where id = $1 returning " WEBHOOK_COLUMNS};
const Sql kOfBrand{"webhook.of_brand",
                   "select " WEBHOOK_COLUMNS " from webhooks where brand_id = $1 order by id limit $2"};
const Sql kActive{"webhook.active",
                  "select id from webhooks where state = 'active' and cursor_seq < $1 order by cursor_seq limit $2"};
const Sql kLowest{"webhook.lowest_cursor",
                  "select coalesce(min(cursor_seq), 9223372036854775807) from webhooks where state = 'active'"};
const Sql kSetCursor{"webhook.set_cursor", "update webhooks set cursor_seq = $2 where id = $1"};
const Sql kWaiting{"webhook.waiting",
                   "select count(*) from (select 1 from webhook_deliveries where webhook_id = $1 and "
                   "state = 'waiting' limit $2) w"};
const Sql kQueue{"webhook.queue",
                 "insert into webhook_deliveries (webhook_id, seq, event_id, type, subject_id, state, next_try_at, at) "
                 "values ($1, $2, $3, $4, $5, 'waiting', $6, $6) on conflict (webhook_id, seq) do update set "
                 "state = 'waiting', tries = 0, next_try_at = excluded.next_try_at, done_at = null "
                 "where webhook_deliveries.state <> 'waiting'"};
const Sql kDueWebhooks{"webhook.due_webhooks",
                       "select distinct d.webhook_id from webhook_deliveries d join webhooks w on w.id = d.webhook_id "
                       "where d.state = 'waiting' and d.next_try_at <= $1 and w.state = 'active' order by 1 limit $2"};
const Sql kLease{"webhook.lease",
                 "update webhooks set calling_until = $3 where id = $1 and state = 'active' and calling_until <= $2"};
const Sql kEndLease{"webhook.end_lease", "update webhooks set calling_until = 0 where id = $1"};
#define DELIVERY_COLUMNS                                                                                              \
  "d.webhook_id, d.seq, d.event_id, d.type, d.subject_id, d.state, d.tries, d.next_try_at, d.status, d.error, d.at, " \
  "d.done_at"
const Sql kDue{"webhook.due",
               "select " DELIVERY_COLUMNS
               " from webhook_deliveries d where d.webhook_id = $1 and d.state = 'waiting' and d.next_try_at <= $2 "
               "and not exists (select 1 from webhook_deliveries e where e.webhook_id = d.webhook_id and "
               "e.subject_id = d.subject_id and e.seq < d.seq and e.state = 'waiting' and e.next_try_at > $2) "
               "order by d.seq limit $3"};
const Sql kDelivered{"webhook.delivered",
                     "update webhook_deliveries set state = 'delivered', tries = tries + 1, status = $3, error = null, "
                     "done_at = $4 where webhook_id = $1 and seq = $2"};
const Sql kFailed{"webhook.failed",
                  "update webhook_deliveries set state = $3, tries = tries + 1, status = $4, error = $5, "
                  "next_try_at = $6, done_at = $7 where webhook_id = $1 and seq = $2"};
const Sql kSetFailing{"webhook.set_failing", "update webhooks set failing_since = $2 where id = $1"};
const Sql kMarkFailing{"webhook.mark_failing",
                       "update webhooks set failing_since = coalesce(failing_since, $2) where id = $1 "
                       "returning failing_since"};
const Sql kDisable{"webhook.disable",
                   "update webhooks set state = 'disabled', note = $2 where id = $1 and state = 'active'"};
const Sql kDeliveries{"webhook.deliveries",
                      "select " DELIVERY_COLUMNS
                      " from webhook_deliveries d where d.webhook_id = $1 and (d.state = $2 or $2 = '') and d.seq > $3 "
                      "order by d.seq limit $4"};
const Sql kDeliveryOf{"webhook.delivery_of",
                      "select " DELIVERY_COLUMNS
                      " from webhook_deliveries d where d.webhook_id = $1 and d.event_id = $2 order by d.seq limit 1"};
const Sql kForget{"webhook.forget",
                  "delete from webhook_deliveries where (webhook_id, seq) in (select webhook_id, seq from "
                  "webhook_deliveries where seq <= $1 limit $2)"};

Param instant_or_null(Instant at) { return at == 0 ? Param(nullptr) : Param(at); }

std::string types_json(const std::vector<std::string>& types) {
  JsonWriter w;
  w.begin_list();
  for (const auto& type : types) w.value(type);
  return w.end_list().take();
}

Row read_webhook(const db::Row& r) {
  Row out;
  Webhook& w = out.webhook;
  w.id = r.id<WebhookId>(0);
  w.brand = r.id<BrandId>(1);
  w.url = r.str(2);
  w.description = r.str(3);
  if (const auto types = parse_json(r.text(4)); types && types->is_array())
    for (const auto& type : types->get_array())
      if (type.is_string()) w.types.emplace_back(type.get_string());
  out.sealed_secrets = r.str(5);
  w.active = r.text(6) == "active";
  w.note = r.str(7);
  w.cursor = r.integer(8);
  w.failing_since = r.integer(9);
  w.created_at = r.integer(10);
  return out;
}

Delivery read_delivery(const db::Row& r) {
  return {r.id<WebhookId>(0),
          r.integer(1),
          r.id<EventId>(2),
          r.str(3),
          r.integer(4),
          r.str(5),
          static_cast<int>(r.integer(6)),
          r.integer(7),
          static_cast<int>(r.integer(8)),
          r.str(9),
          r.integer(10),
          r.integer(11)};
}
std::string_view state_of(const Webhook& w) { return w.active ? "active" : "disabled"; }
WebhookId first_id(const db::Row& r) { return r.id<WebhookId>(0); }

}  // namespace

void insert(db::Tx& tx, const Webhook& w, std::string_view sealed) {
  tx.exec(kInsert, {w.id, w.brand, w.url, w.description, types_json(w.types), Param::blob(sealed), state_of(w), w.note,
                    w.cursor, w.created_at});
}
void save(db::Tx& tx, const Webhook& w, std::string_view sealed) {
  tx.exec(kSave, {w.id, w.url, w.description, types_json(w.types), Param::blob(sealed), state_of(w), w.note,
                  instant_or_null(w.failing_since)});
}
bool remove(db::Tx& tx, WebhookId id) {
  tx.exec(kRemoveDeliveries, {id});
  return tx.exec(kRemove, {id}) == 1;
}
std::optional<Row> find(db::Tx& tx, WebhookId id) { return tx.one(kFind, {id}, read_webhook); }
std::optional<Row> lock(db::Tx& tx, WebhookId id) { return tx.one(kLock, {id}, read_webhook); }
std::vector<Row> of_brand(db::Tx& tx, BrandId brand, int limit) {
  return tx.all(kOfBrand, {brand, limit}, read_webhook);
}

std::vector<WebhookId> active_behind(db::Tx& tx, std::int64_t head, int limit) {
  return tx.all(kActive, {head, limit}, first_id);
}
std::int64_t lowest_cursor(db::Tx& tx) { return tx.number(kLowest); }
void set_cursor(db::Tx& tx, WebhookId id, std::int64_t seq) { tx.exec(kSetCursor, {id, seq}); }
std::int64_t waiting(db::Tx& tx, WebhookId id, std::int64_t at_most) { return tx.number(kWaiting, {id, at_most}); }
void queue(db::Tx& tx, const Delivery& d) { tx.exec(kQueue, {d.webhook, d.seq, d.event, d.type, d.subject, d.at}); }
std::vector<WebhookId> due_webhooks(db::Tx& tx, Instant now, int limit) {
  return tx.all(kDueWebhooks, {now, limit}, first_id);
}
bool lease(db::Tx& tx, WebhookId id, Instant now, Instant until) { return tx.exec(kLease, {id, now, until}) == 1; }
void end_lease(db::Tx& tx, WebhookId id) { tx.exec(kEndLease, {id}); }
std::vector<Delivery> due(db::Tx& tx, WebhookId id, Instant now, int limit) {
  return tx.all(kDue, {id, now, limit}, read_delivery);
}
void delivered(db::Tx& tx, const Delivery& d, int status, Instant now) {
  tx.exec(kDelivered, {d.webhook, d.seq, status, now});
}
void failed(db::Tx& tx, const Delivery& d, std::string_view state, int status, std::string_view error,
            Instant next_try_at, Instant now) {
  tx.exec(kFailed, {d.webhook, d.seq, state, status == 0 ? Param(nullptr) : Param(status), error, next_try_at,
                    state == "waiting" ? Param(nullptr) : Param(now)});
}
void set_failing(db::Tx& tx, WebhookId id, Instant since) { tx.exec(kSetFailing, {id, instant_or_null(since)}); }
Instant mark_failing(db::Tx& tx, WebhookId id, Instant now) { return tx.number(kMarkFailing, {id, now}); }
bool disable(db::Tx& tx, WebhookId id, std::string_view note) { return tx.exec(kDisable, {id, note}) == 1; }

std::vector<Delivery> deliveries(db::Tx& tx, WebhookId id, std::string_view state, std::int64_t after, int limit) {
  return tx.all(kDeliveries, {id, state, after, limit}, read_delivery);
}
std::optional<Delivery> delivery_of(db::Tx& tx, WebhookId id, EventId event) {
  return tx.one(kDeliveryOf, {id, event}, read_delivery);
}
std::int64_t forget(db::Tx& tx, std::int64_t upto, int limit) { return tx.exec(kForget, {upto, limit}); }

}  // namespace lianbo::events::store
