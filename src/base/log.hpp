// Log lines: one event of the list below each, with its name in front, so that they can be searched, counted and
// alarmed on. "2026-11-23T05:41:36.120Z error job.failed verify: …". No personal data (ids, never names, phones,
// addresses or tokens).
//
// From the list come docs/logs.md and the metric lianbo_log_events_total. A new kind of line is a new line of the list.
// Threads: any. Goes to stderr through spdlog; set_log_level once at start.
#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

// X(id, "name", level, "what happened, and what to do about it")
#define LIANBO_LOG_EVENTS(X)                                                                                         \
  X(server_started, "server.started", info, "the server listens")                                                    \
  X(server_stopping, "server.stopping", info, "a stop was asked for: rooms say goodbye, requests finish")            \
  X(schema_migrated, "schema.migrated", info, "migrations were applied when the server started")                     \
  X(pages_loaded, "pages.loaded", info, "the web pages were read into memory")                                       \
  X(pages_missing, "pages.missing", info,                                                                            \
    "no web pages were found: ./dev web makes them, web.dir says where they are")                                    \
  X(rail_sandbox, "rail.sandbox", warn, "payments go through the embedded sandbox and no money moves: set pay.rail") \
  X(key_made, "key.made", info,                                                                                      \
    "the key that personal data is sealed under was made: keep a copy of it apart from the database's")              \
  X(node_kept, "node.kept", warn, "the node number could not be given back; it is free again when its lease ends")   \
  X(node_lost, "node.lost", error, "another server took this node number over: this one stops")                      \
  X(accept_paused, "accept.paused", warn,                                                                            \
    "no connection could be accepted, mostly for want of file descriptors: "                                         \
    "raise the limit of open files")                                                                                 \
  X(handler_threw, "handler.threw", error, "code of the server threw where it must not; a fault to report")          \
  X(request_failed, "request.failed", error, "a request was answered 5xx, with its request id and cause")            \
  X(job_failed, "job.failed", error, "a job of the server failed; it is tried again at its next turn")               \
  X(webhook_disabled, "webhook.disabled", warn, "a webhook failed for too long and is called no more: see its note") \
  X(webhook_not_called, "webhook.not_called", warn, "a webhook could not be called; its events wait")                \
  X(evidence_differs, "evidence.differs", error, "the chain of evidence is broken: somebody changed rows")           \
  X(verify_differs, "verify.differs", error, "the server's own verify found rows that disagree; see operations.md")  \
  X(backup_done, "backup.done", info, "a backup was written and sealed")                                             \
  X(backup_failed, "backup.failed", error, "a backup was not written; the ones before it are untouched")             \
  X(outbox_stuck, "outbox.stuck", warn, "committed events could not be handed on; they stay and are tried again")    \
  X(payment_not_closed, "payment.not_closed", warn,                                                                  \
    "the rail did not close a cancelled order's payment; what is "                                                   \
    "paid all the same goes back by itself")                                                                         \
  X(notice_refused, "notice.refused", warn, "a payment notice was not believed or did not fit")                      \
  X(notice_failed, "notice.failed", error, "a payment notice could not be booked; the rail sends it again")          \
  X(order_not_moved, "order.not_moved", warn, "an order that was due could not be released, received or matured")    \
  X(refund_waits, "refund.waits", warn, "a refund has not gone through at the rail; it is tried again")              \
  X(refund_failed, "refund.failed", error,                                                                           \
    "the rail gave a refund up: staff tries it anew or pays otherwise (GET /brands/{id}/refunds)")                   \
  X(refund_twice, "refund.twice", error, "the rail refunded what had been paid back before: ask the buyer")          \
  X(after_sale_stuck, "after_sale.stuck", warn, "an after-sale is over its time and could not go on; tried again")   \
  X(transfer_waits, "transfer.waits", warn, "a transfer of commission has not gone through; it is tried again")      \
  X(refund_not_booked, "refund.not_booked", error, "the rail refunded, but it could not be booked; tried again")     \
  X(room_event_invalid, "room.event_invalid", error, "an event for a room could not be read; a fault to report")     \
  X(room_no_snapshot, "room.no_snapshot", warn, "a room's viewers could not be given its state; they come again")    \
  X(room_counts_lost, "room.counts_lost", warn, "likes and enters of a room were not written; tried again later")    \
  X(wall_not_read, "wall.not_read", warn, "what a brand has on air could not be read; tried again at the next turn") \
  X(media_down, "media.down", error, "nginx of the media plane ended; it is started again, hosts have to reconnect") \
  X(media_failed, "media.failed", warn, "a recording, a clip or a camera could not go on; its line says why")        \
  X(media_full, "media.full", warn, "recordings and clips take more than media.disk_mb, and all of them are held")   \
  X(zone_unknown, "zone.unknown", warn, "a brand's time zone is not on this machine; its days are those of UTC")

namespace lianbo {

enum class LogLevel { trace, debug, info, warn, error, off };

enum class LogEvent {
#define X(id, name, level, doc) id,
  LIANBO_LOG_EVENTS(X)
#undef X
};

struct LogEventInfo {
  std::string_view name;
  LogLevel level;
  std::string_view doc;
};
const std::vector<LogEventInfo>& all_log_events();
std::string_view level_name(LogLevel level);

Status set_log_level(std::string_view name);
void log_line(LogEvent event, std::string_view text);
// How often an event was logged since the start, whatever the level lets through.
std::int64_t log_count(LogEvent event);

template <class... A>
void log_event(LogEvent event, fmt::format_string<A...> format, A&&... args) {
  log_line(event, fmt::format(format, std::forward<A>(args)...));
}

}  // namespace lianbo
