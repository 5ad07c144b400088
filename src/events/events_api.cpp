#include "events/events_api.hpp"

#include <algorithm>

#include "bus/journal.hpp"
#include "events/event_types.hpp"
#include "events/events_store.hpp"

namespace lianbo::events {
namespace {

using net::Access;
using net::Method;
using net::Reply;
using net::Request;
using namespace lianbo::shape;

constexpr int kReadAtOnce = 500;   // rows of the journal
constexpr int kReadAtMost = 5000;  // for one answer, however few of them are wanted

// "order.paid,order.refunded" of the query.
Result<std::vector<std::string>> types_asked(const Request& request) {
  std::vector<std::string> out;
  std::string_view rest = request.query_value("types");
  while (!rest.empty()) {
    const auto comma = std::min(rest.find(','), rest.size());
    out.emplace_back(rest.substr(0, comma));
    rest = comma == rest.size() ? std::string_view() : rest.substr(comma + 1);
  }
  if (const auto ok = check_types(out); !ok) return fail(ok.error().code, ok.error().detail, "query types");
  return out;
}

Result<Reply> list_events(db::Tx& tx, const Call& call, const Request& request) {
  TRY(const auto brand, request.id_param<BrandId>("brand_id"));
  TRY_OK(require_staff(call, brand, kAnyStaff));
  TRY(const auto page, net::page_of(request));
  TRY(const auto types, types_asked(request));
  const std::int64_t forgotten = bus::event_head(tx, "forgotten");
  if (page.after != 0 && page.after < forgotten)
    return fail(Code::cursor_expired,
                "events are kept " + std::to_string(call.settings->events_days) +
                    " days; what followed this cursor is gone. Read on after " + id_text(forgotten) +
                    " and look the rest up",
                "query after");
  std::int64_t cursor = page.after != 0 ? page.after : forgotten;
  JsonWriter w;
  w.begin().key("items").begin_list();
  int told = 0, read = 0;
  bool more = true;
  while (more && told < page.limit && read < kReadAtMost) {
    const auto rows = bus::events_of_brand(tx, brand, cursor, kReadAtOnce);
    more = static_cast<int>(rows.size()) == kReadAtOnce;
    for (const auto& kept : rows) {
      if (told == page.limit) {
        more = true;
        break;
      }
      ++read;
      cursor = kept.seq;
      const EventType* type = find_event_type(kept.event.topic);
      if (type == nullptr || (!types.empty() && std::find(types.begin(), types.end(), type->type) == types.end()))
        continue;
      w.raw(event_json(*type, kept));
      ++told;
    }
  }
  w.end_list().key("next");
  if (cursor == 0)
    w.null();
  else
    w.value(id_text(cursor));
  w.field("more", more).end();
  return Reply::json(w.take());
}

Shape webhook_shape() {
  return {id("id"),
          id("brand_id"),
          text("url", 1, kMaxUrl),
          text("description", 0, 200),
          list_of("types", text("", 1, 60), 0, 100, "none: every type"),
          choice("state", {"active", "disabled"}),
          text("note", 0, 1000, "why it was disabled"),
          nullable(id("cursor", "it was told of everything up to here")),
          nullable(instant("failing_since", "the first failure since the last success")),
          list("secrets", {choice("kind", {"hmac", "ed25519"}), instant("created_at"), nullable(instant("expires_at"))},
               0, 10, "that sign now, the newest first"),
          instant("created_at")};
}

void write_webhook(JsonWriter& w, const Call& call, const Webhook& h) {
  w.field("id", h.id).field("brand_id", h.brand).field("url", h.url).field("description", h.description);
  w.key("types").begin_list();
  for (const auto& type : h.types) w.value(type);
  w.end_list().field("state", h.active ? "active" : "disabled").field("note", h.note).key("cursor");
  if (h.cursor == 0)
    w.null();
  else
    w.value(id_text(h.cursor));
  w.field_at("failing_since", h.failing_since).key("secrets").begin_list();
  for (const auto& s : h.secrets) {
    if (!s.active(call.now)) continue;
    w.begin().field("kind", s.kind == SecretKind::hmac ? "hmac" : "ed25519");
    w.field_at("created_at", s.created_at).field_at("expires_at", s.expires_at).end();
  }
  w.end_list().field_at("created_at", h.created_at);
}

Reply webhook_reply(const Call& call, const Webhook& h) {
  JsonWriter w;
  w.begin();
  write_webhook(w, call, h);
  w.end();
  return Reply::json(w.take());
}

WebhookWish wish_of(const json::value& body) {
  WebhookWish wish;
  if (has(body, "url")) wish.url = get_text(body, "url");
  if (has(body, "description")) wish.description = get_text(body, "description");
  if (has(body, "types")) {
    wish.types.emplace();
    for (const auto& type : get_list(body, "types")) wish.types->emplace_back(type.get_string());
  }
  if (has(body, "state")) wish.active = get_text(body, "state") == "active";
  wish.skip_missed = get_bool(body, "skip_missed");
  return wish;
}

SecretKind kind_of(const json::value& body) {
  return get_text(body, "secret_kind") == "ed25519" ? SecretKind::ed25519 : SecretKind::hmac;
}

Field kind_field() { return opt(choice("secret_kind", {"hmac", "ed25519"}, "hmac (v1, default), or ed25519 (v1a)")); }
Field secret_field() { return text("secret", 10, 200, "whsec_… or, of ed25519, whpk_…; told here and never again"); }
Field types_field() { return opt(list_of("types", text("", 1, 60), 0, 100, "docs/events.md; none: every type")); }
Field url_field() { return text("url", 8, kMaxUrl, "https://…"); }

Shape delivery_shape() {
  return {id("event_id"),
          id("cursor"),
          text("type", 1, 60),
          choice("state", {"waiting", "delivered", "dead"}),
          count("tries"),
          nullable(instant("next_try_at")),
          nullable(integer("status", 100, 599, "HTTP, of the last try")),
          text("error", 0, 1000),
          instant("at"),
          nullable(instant("done_at"))};
}

void write_delivery(JsonWriter& w, const store::Delivery& d) {
  w.begin().field("event_id", d.event).field("cursor", id_text(d.seq)).field("type", d.type).field("state", d.state);
  w.field("tries", d.tries).field_at("next_try_at", d.state == "waiting" ? d.next_try_at : 0).key("status");
  if (d.status == 0)
    w.null();
  else
    w.value(d.status);
  w.field("error", d.error).field_at("at", d.at).field_at("done_at", d.done_at).end();
}

Result<Reply> list_deliveries(db::Tx& tx, const Call& call, const Request& request) {
  TRY(const auto id, request.id_param<WebhookId>("webhook_id"));
  TRY([[maybe_unused]] const auto w, find_webhook(tx, call, id));
  TRY(const auto page, net::page_of(request));
  const auto state = request.query_value("state");
  if (!state.empty() && state != "waiting" && state != "delivered" && state != "dead")
    return fail(Code::invalid_field, "must be waiting, delivered or dead", "query state");
  const auto rows = store::deliveries(tx, id, state, page.after, page.limit);
  JsonWriter out;
  out.begin_list();
  for (const auto& d : rows) write_delivery(out, d);
  out.end_list();
  return Reply::json(net::page_json(out.text(), static_cast<int>(rows.size()) == page.limit ? rows.back().seq : 0));
}

net::Route once(net::Route route) {
  route.idempotent = false;  // the answer holds a secret, which must not be kept
  return route;
}

}  // namespace

net::Routes events_routes(const EventsDeps& deps) {
  using net::read_route;
  using net::write_route;
  const std::string of_brand = "/api/v1/brands/{brand_id}", webhook = "/api/v1/webhooks/{webhook_id}";
  net::Routes out;
  const auto add = [&](net::Route route) { out.push_back(std::move(route)); };

  add(read_route(Method::get, of_brand + "/events", "listEvents",
                 "What has happened, in an order that never changes; keep `next` and nothing is missed or seen twice",
                 Access::staff, list_events)
          .asking({opt(integer("limit", 1, 200)), opt(id("after", "`next` of the answer before")),
                   opt(text("types", 1, 2000, "some only: order.paid,order.refunded"))})
          .giving({list("items", event_shape(), 0, 200),
                   nullable(id("next", "give as `after`, also when there is nothing")),
                   boolean("more", "there is more already")})
          .may_fail({Code::cursor_expired}));

  add(read_route(Method::get, of_brand + "/webhooks", "listWebhooks", "The brand's webhooks", Access::staff,
                 [](db::Tx& tx, const Call& call, const Request& request) -> Result<Reply> {
                   TRY(const auto brand, request.id_param<BrandId>("brand_id"));
                   TRY(const auto all, webhooks_of(tx, call, brand));
                   JsonWriter w;
                   w.begin().key("items").begin_list();
                   for (const auto& h : all) {
                     w.begin();
                     write_webhook(w, call, h);
                     w.end();
                   }
                   w.end_list().end();
                   return Reply::json(w.take());
                 })
          .giving({list("items", webhook_shape(), 0, static_cast<std::int64_t>(kMaxWebhooks))}));
  Shape made = webhook_shape();
  made.push_back(secret_field());
  add(once(write_route(Method::post, of_brand + "/webhooks", "createWebhook",
                       "Tell a program of events by HTTP, in the form of Standard Webhooks, from now on", Access::staff,
                       [](db::Tx& tx, const Call& call, const Request& request) -> Result<Reply> {
                         TRY(const auto brand, request.id_param<BrandId>("brand_id"));
                         TRY(const auto m,
                             create_webhook(tx, call, brand, wish_of(request.value), kind_of(request.value)));
                         JsonWriter w;
                         w.begin();
                         write_webhook(w, call, m.webhook);
                         w.field("secret", secret_text(m.secret)).end();
                         return Reply::json(w.take(), 201).with("cache-control", "no-store");
                       })
               .taking({url_field(), opt(text("description", 0, 200)), types_field(), kind_field()})
               .giving(made)
               .answers(201)
               .may_fail({Code::conflict})));
  add(read_route(Method::get, webhook, "getWebhook", "A webhook", Access::staff,
                 [](db::Tx& tx, const Call& call, const Request& request) -> Result<Reply> {
                   TRY(const auto id, request.id_param<WebhookId>("webhook_id"));
                   TRY(const auto w, find_webhook(tx, call, id));
                   return webhook_reply(call, w);
                 })
          .giving(webhook_shape())
          .may_fail({Code::not_found}));
  add(write_route(Method::patch, webhook, "changeWebhook",
                  "Change it; a disabled one that is made active goes on where it stood", Access::staff,
                  [](db::Tx& tx, const Call& call, const Request& request) -> Result<Reply> {
                    TRY(const auto id, request.id_param<WebhookId>("webhook_id"));
                    TRY(const auto w, change_webhook(tx, call, id, wish_of(request.value)));
                    return webhook_reply(call, w);
                  })
          .taking({opt(url_field()), opt(text("description", 0, 200)), types_field(),
                   opt(choice("state", {"active", "disabled"})),
                   opt(boolean("skip_missed", "with state active: what happened meanwhile is not told"))})
          .giving(webhook_shape())
          .may_fail({Code::not_found}));
  add(write_route(Method::del, webhook, "deleteWebhook", "Delete it with its deliveries", Access::staff,
                  [](db::Tx& tx, const Call& call, const Request& request) -> Result<Reply> {
                    TRY(const auto id, request.id_param<WebhookId>("webhook_id"));
                    TRY_OK(delete_webhook(tx, call, id));
                    return Reply::none();
                  })
          .answers(204)
          .may_fail({Code::not_found}));
  add(once(
      write_route(Method::post, webhook + "/secrets", "addWebhookSecret",
                  "A new secret; the old ones sign beside it for a while, so that a receiver can change over",
                  Access::staff,
                  [](db::Tx& tx, const Call& call, const Request& request) -> Result<Reply> {
                    TRY(const auto id, request.id_param<WebhookId>("webhook_id"));
                    TRY(const auto secret, add_secret(tx, call, id, kind_of(request.value),
                                                      get_int(request.value, "overlap_hours", 24) * kHourMs));
                    JsonWriter w;
                    w.begin().field("secret", secret_text(secret)).end();
                    return Reply::json(w.take()).with("cache-control", "no-store");
                  })
          .taking({kind_field(), opt(integer("overlap_hours", 0, 720, "the old ones sign for so long; default 24"))})
          .giving({secret_field()})
          .may_fail({Code::not_found, Code::conflict})));
  add(net::plain_route(Method::post, webhook + "/ping", "pingWebhook", "Send a test event now, once", Access::staff,
                       [deps](const Call& call, const Request& request) -> Result<Reply> {
                         TRY(const auto id, request.id_param<WebhookId>("webhook_id"));
                         TRY(const auto ping, ping_webhook(*deps.db, call, id, deps.caller));
                         JsonWriter w;
                         w.begin().field("taken", outcome_of(ping.status) == Outcome::delivered).key("status");
                         if (ping.status == 0)
                           w.null();
                         else
                           w.value(ping.status);
                         w.field("error", ping.error).field("took_ms", ping.took_ms).end();
                         return Reply::json(w.take());
                       })
          .giving({boolean("taken"), nullable(integer("status", 100, 999)), text("error", 0, 1000), count("took_ms")})
          .may_fail({Code::not_found}));
  add(read_route(Method::get, webhook + "/deliveries", "listWebhookDeliveries",
                 "Events on their way to a webhook, oldest first; ?state=dead lists the dead letters", Access::staff,
                 list_deliveries)
          .asking(
              {opt(choice("state", {"waiting", "delivered", "dead"})), opt(integer("limit", 1, 200)), opt(id("after"))})
          .giving({list("items", delivery_shape(), 0, 200), nullable(id("next"))})
          .may_fail({Code::not_found}));
  add(write_route(Method::post, webhook + "/replay", "replayWebhook",
                  "Send one event again, or everything after a cursor", Access::staff,
                  [](db::Tx& tx, const Call& call, const Request& request) -> Result<Reply> {
                    TRY(const auto id, request.id_param<WebhookId>("webhook_id"));
                    TRY(const auto w, find_webhook(tx, call, id));
                    TRY_OK(require_staff(call, w.brand, kOperates));
                    const bool one = has(request.value, "event_id"), from = has(request.value, "after");
                    if (one == from) return fail(Code::invalid_field, "give either event_id or after", "/event_id");
                    if (one) {
                      TRY_OK(replay_event(tx, call, id, get_id<EventId>(request.value, "event_id")));
                    } else {
                      TRY_OK(replay_after(tx, call, id, parse_id_text(get_text(request.value, "after")).value_or(0)));
                    }
                    return Reply::none();
                  })
          .taking({opt(nullable(id("event_id"))), opt(nullable(id("after", "a cursor; everything wanted behind it")))})
          .answers(204)
          .may_fail({Code::not_found, Code::cursor_expired}));
  return out;
}

}  // namespace lianbo::events
