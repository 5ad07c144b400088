// Every setting of the server: name, default, limits and what it is for, in one list. From it come the settings file,
// the LIANBO_… environment variables, `lianbo check-config` and docs/settings.md.
//
// Names of the file: dots ("order.release_ms"); of the environment: LIANBO_ORDER_RELEASE_MS.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.hpp"

// X(field, "name", default, min, max, "what it is")
#define LIANBO_INT_SETTINGS(X)                                                                                        \
  X(http_port, "http.port", 8480, 0, 65535, "port to listen on; 0 takes any free one")                                \
  X(http_io_threads, "http.io_threads", 1, 1, 64, "threads that serve sockets and rooms")                             \
  X(http_workers, "http.workers", 32, 1, 512, "threads that run requests; as many orders can share one commit")       \
  X(http_queue, "http.queue", 2048, 1, 1000000, "requests that may wait for a worker; beyond: 503 with Retry-After")  \
  X(http_body_bytes, "http.body_bytes", 1048576, 1024, 67108864, "largest body of an ordinary request")               \
  X(http_upload_bytes, "http.upload_bytes", 33554432, 1024, 1073741824, "largest body of a file import")              \
  X(http_header_bytes, "http.header_bytes", 16384, 1024, 262144, "largest header block")                              \
  X(http_uri_bytes, "http.uri_bytes", 4096, 256, 65536, "longest address")                                            \
  X(http_idle_ms, "http.idle_ms", 60000, 1000, 3600000, "an idle keep-alive connection is closed after this")         \
  X(http_header_ms, "http.header_ms", 10000, 100, 600000, "from a request's first byte to the end of its header")     \
  X(http_body_ms, "http.body_ms", 20000, 100, 600000, "grace for a body; beyond, http.body_rate is asked for")        \
  X(http_body_rate, "http.body_rate", 8192, 1, 1073741824, "bytes a second of a body that outlasts its grace")        \
  X(http_write_ms, "http.write_ms", 30000, 100, 600000, "a reply that can't be sent for this long ends")              \
  X(http_linger_ms, "http.linger_ms", 2000, 0, 60000, "after a refusal we read on so long, so that the peer sees it") \
  X(http_max_requests, "http.max_requests", 100000, 1, 1000000000, "requests of one connection; then it is closed")   \
  X(http_request_ms, "http.request_ms", 15000, 100, 600000, "a request older than this is not begun")                 \
  X(http_connections, "http.connections", 16000, 16, 1000000, "open connections; beyond: refused")                    \
  X(ws_ping_ms, "ws.ping_ms", 30000, 1000, 3600000, "a silent viewer is pinged, and after twice this cut off")        \
  X(ws_close_ms, "ws.close_ms", 5000, 100, 60000, "longest wait for a viewer's close frame")                          \
  X(ws_send_buffer, "ws.send_buffer", 65536, 0, 16777216, "bytes the kernel holds for a slow viewer; 0: its default") \
  X(metrics_port, "metrics.port", 0, 0, 65535, "port of /metrics alone; 0: http.port, for this machine alone")        \
  X(rate_guest_per_min, "rate.guest_per_min", 3000, 0, 1000000,                                                       \
    "writes by guests from one address a minute and at once; beyond: 429; 0: no limit")                               \
  X(rate_login_per_min, "rate.login_per_min", 120, 0, 1000000,                                                        \
    "log-ins and registrations from one address a minute and at once; 0: no limit")                                   \
  X(rate_addresses, "rate.addresses", 65536, 16, 10000000, "addresses the limits remember")                           \
  X(room_viewers, "room.viewers", 20000, 1, 1000000, "viewers of one room")                                           \
  X(room_queue_bytes, "room.queue_bytes", 262144, 4096, 67108864, "unsent bytes of one viewer; beyond: cut off")      \
  X(room_history, "room.history", 512, 16, 65536, "messages a room keeps so that a viewer can resume")                \
  X(room_message_bytes, "room.message_bytes", 4096, 128, 65536, "largest message a viewer may send")                  \
  X(room_chat_per_10s, "room.chat_per_10s", 10, 1, 1000, "chat lines one person may send in 10 s")                    \
  X(room_counts_ms, "room.counts_ms", 1000, 50, 60000, "how often likes and viewer counts are told")                  \
  X(stop_ms, "stop_ms", 10000, 0, 600000, "longest graceful stop")                                                    \
  X(db_readers, "db.readers", 4, 1, 64, "reading connections")                                                        \
  X(db_writers, "db.writers", 16, 1, 256, "writing connections (PostgreSQL)")                                         \
  X(db_queue, "db.queue", 4096, 1, 1000000, "writes that may wait; beyond: 503")                                      \
  X(db_batch, "db.batch", 256, 1, 4096, "writes that share one commit (SQLite)")                                      \
  X(buckets, "buckets", 64, 1, 1024, "shards of buyers' data; fixed when the database is set up")                     \
  X(session_days, "session.days", 30, 1, 3650, "a login lasts this long")                                             \
  X(password_memory_kib, "password.memory_kib", 65536, 8, 4194304, "memory of one Argon2id hash")                     \
  X(password_passes, "password.passes", 2, 1, 100, "passes of one Argon2id hash")                                     \
  X(order_release_ms, "order.release_ms", 900000, 1000, 604800000, "an unpaid order gives its stock back after this") \
  X(order_max_lines, "order.max_lines", 50, 1, 500, "lines of one order")                                             \
  X(order_auto_receive_days, "order.auto_receive_days", 10, 1, 365, "a shipped order counts as received after this")  \
  X(return_days, "order.return_days", 7, 0, 365, "no-reason return, counted from receipt")                            \
  X(fault_days, "order.fault_days", 15, 0, 3650, "after-sale of faulty or wrong goods, counted from receipt")         \
  X(after_sale_answer_days, "after_sale.answer_days", 3, 0, 365, "unanswered, an after-sale is agreed to by itself")  \
  X(after_sale_send_back_days, "after_sale.send_back_days", 7, 0, 365,                                                \
    "goods not sent back by then: the after-sale is closed")                                                          \
  X(after_sale_arrive_days, "after_sale.arrive_days", 10, 0, 365, "goods on their way back count as arrived by then") \
  X(after_sale_replace_days, "after_sale.replace_days", 7, 0, 365, "a replacement not sent by then becomes a refund") \
  X(after_sale_dispute_days, "after_sale.dispute_days", 7, 0, 365, "a refusal may be disputed this long")             \
  X(after_sale_decide_days, "after_sale.decide_days", 7, 0, 365, "an undecided dispute is the buyer's by then")       \
  X(freeze_days, "commission.freeze_days", 7, 0, 365,                                                                 \
    "commission is frozen this long after receipt, unless the plan says otherwise")                                   \
  X(plan_cap_bp, "commission.cap_bp", 3000, 0, 10000, "the roles' rates of a plan may add up to this")                \
  X(payout_part_fen, "payout.part_fen", 20000, 10, 1000000000,                                                        \
    "largest single transfer through the rail; more goes in parts (WeChat Pay: 20000 until raised)")                  \
  X(lease_units, "stock.lease_units", 32, 1, 100000, "units a bucket leases from a SKU's pool at a time")             \
  X(store_discount_max_bp, "store.discount_max_bp", 3000, 0, 10000,                                                   \
    "what a store may take off by a coupon or flash price of its own; brand staff is not bound by it")                \
  X(idempotency_hours, "idempotency.hours", 48, 1, 720, "how long a repeated request is recognised")                  \
  X(verify_hours, "verify.hours", 24, 0, 8760,                                                                        \
    "how often the server verifies all rows by itself and logs what differs; 0: never")                               \
  X(check_replies, "api.check_replies", 0, 0, 1,                                                                      \
    "1: an answer that is not of its documented shape becomes a 500; for tests")                                      \
  X(backup_hours, "backup.hours", 24, 0, 8760, "a copy into backup.dir this often; 0: only when asked")               \
  X(backup_keep, "backup.keep", 7, 1, 10000, "copies that stay in backup.dir; older ones are removed")                \
  X(events_days, "events.days", 30, 1, 3650,                                                                          \
    "how long events stay readable by cursor and can be sent again to webhooks")                                      \
  X(webhook_tries, "webhook.tries", 15, 1, 50, "an event is tried so often at a webhook before it is a dead letter")  \
  X(webhook_timeout_ms, "webhook.timeout_ms", 10000, 100, 60000, "a webhook has this long to answer")                 \
  X(webhook_threads, "webhook.threads", 4, 1, 64, "webhooks that are called at the same time")                        \
  X(webhook_disable_hours, "webhook.disable_hours", 72, 1, 8760,                                                      \
    "a webhook that has failed this long is disabled, and staff is told")                                             \
  X(webhook_allow_private, "webhook.allow_private", 0, 0, 1,                                                          \
    "1: webhooks may be http:// and lie at private and loopback addresses; for tests and closed networks")            \
  X(evidence_days, "evidence.days", 1096, 1096, 36500,                                                                \
    "evidence is kept this long from the end of the broadcast or the completion of the order")                        \
  X(media_on, "media.on", 0, 0, 1,                                                                                    \
    "1: the server starts nginx and takes pictures in (packages nginx, libnginx-mod-rtmp, ffmpeg)")                   \
  X(media_rtmp_port, "media.rtmp_port", 1935, 0, 65535, "port that encoders publish to; 0: any free one")             \
  X(media_http_port, "media.http_port", 8490, 0, 65535, "port of playlists, segments and clips; 0: any free one")     \
  X(media_segment_ms, "media.segment_ms", 900, 200, 10000, "a segment ends with the first key frame after this")      \
  X(media_cameras, "media.cameras", 20, 0, 10000,                                                                     \
    "browsers that may send their camera at once; each costs an encoder")                                             \
  X(media_lost_minutes, "media.lost_minutes", 30, 0, 10080,                                                           \
    "a broadcast whose picture has been gone this long ends by itself; 0: never")                                     \
  X(media_disk_mb, "media.disk_mb", 0, 0, 1000000000,                                                                 \
    "clips and recordings may take this much; beyond, the oldest that nothing holds go; 0: no limit")                 \
  X(jobs_ms, "jobs.ms", 1000, 10, 3600000, "how often the server looks for work that is due")

#define LIANBO_TEXT_SETTINGS(X)                                                                                        \
  X(http_address, "http.address", "127.0.0.1", "address to listen on; loopback unless told otherwise")                 \
  X(http_trusted_proxies, "http.trusted_proxies", "", "addresses or a.b.c.d/n whose X-Forwarded-For is believed")      \
  X(metrics_address, "metrics.address", "127.0.0.1", "address of metrics.port")                                        \
  X(backup_dir, "backup.dir", "", "folder of the server's own backups; empty: it makes none")                          \
  X(media_dir, "media.dir", "", "folder of recordings and clips; default: media beside the database file, or ./media") \
  X(media_rtmp_address, "media.rtmp_address", "127.0.0.1", "address that encoders publish to")                         \
  X(media_http_address, "media.http_address", "127.0.0.1", "address of playlists, segments and clips")                 \
  X(media_public_url, "media.public_url", "",                                                                          \
    "how viewers reach them, https://…; default: the page's host and media.http_port")                                 \
  X(media_rtmp_url, "media.rtmp_url", "",                                                                              \
    "what hosts are told to publish to; default: the page's host and media.rtmp_port")                                 \
  X(media_play_url, "media.play_url", "",                                                                              \
    "playlists of an outside media server, with {stream} in it; its own are used then")                                \
  X(media_hook_secret, "media.hook_secret", "", "an outside media server calls /media/hooks/SECRET; empty: none may")  \
  X(media_nginx, "media.nginx", "nginx", "the nginx program")                                                          \
  X(media_nginx_module, "media.nginx_module", "/usr/lib/nginx/modules/ngx_rtmp_module.so",                             \
    "its RTMP module; empty: built in")                                                                                \
  X(media_ffmpeg, "media.ffmpeg", "ffmpeg", "the FFmpeg program")                                                      \
  X(public_url, "public_url", "", "how buyers reach this server, https://…; default: the address it listens on")       \
  X(db_url, "db.url", "sqlite:lianbo.db", "sqlite:PATH or postgres://…")                                               \
  X(clock, "clock", "system", "system, or simulated:RFC3339 (a simulated day; time moves by POST /api/v1/clock)")      \
  X(log_level, "log.level", "info", "trace, debug, info, warn, error, off")                                            \
  X(web_dir, "web.dir", "", "built web pages; default: beside the program")                                            \
  X(privacy_key_file, "privacy.key_file", "",                                                                          \
    "file with the key that personal data is sealed under; default: beside the database file, or lianbo.key")          \
  X(pay_rail, "pay.rail", "sandbox", "sandbox or wechat")                                                              \
  X(wechat_api, "wechat.api", "https://api.mch.weixin.qq.com", "WeChat Pay's host")                                    \
  X(wechat_appid, "wechat.appid", "", "appid of the official account or mini-program")                                 \
  X(wechat_mchid, "wechat.mchid", "", "merchant number")                                                               \
  X(wechat_serial, "wechat.serial", "", "serial number of the merchant certificate")                                   \
  X(wechat_cert_file, "wechat.cert_file", "", "that certificate (PEM), optional: lianbo doctor compares with it")      \
  X(wechat_key_file, "wechat.key_file", "", "file with the merchant's private key (PEM)")                              \
  X(wechat_apiv3_key_file, "wechat.apiv3_key_file", "", "file with the 32-byte APIv3 key")                             \
  X(wechat_public_key_file, "wechat.public_key_file", "", "file with WeChat Pay's public key (PEM)")                   \
  X(wechat_public_key_id, "wechat.public_key_id", "", "PUB_KEY_ID_… of that key")                                      \
  X(wechat_transfer_scene, "wechat.transfer_scene", "1005", "scene of transfers to agents; 1005: commission")          \
  X(wechat_transfer_post, "wechat.transfer_post", "带货主播", "what agents do, as reported with each transfer")

namespace lianbo {

struct Settings {
#define X(field, name, def, min, max, doc) std::int64_t field = def;
  LIANBO_INT_SETTINGS(X)
#undef X
#define X(field, name, def, doc) std::string field = def;
  LIANBO_TEXT_SETTINGS(X)
#undef X

  // Sets one by its name; refuses unknown names and values outside the limits, and says what would be right.
  Status set(std::string_view name, std::string_view value);
};

struct SettingInfo {
  std::string name, env, fallback, doc;
  bool integer;
  std::int64_t min, max;
};
const std::vector<SettingInfo>& all_settings();
// The value as text, for `check-config --json`.
std::string setting_text(const Settings& settings, std::string_view name);

// Applies the text of a settings file (lines "name = value", # comments). Every fault in it, with file and line.
std::vector<std::string> apply_settings_text(Settings& settings, std::string_view text, const std::string& file);
// Defaults, then the file ("" for none), then the environment. Collects every error.
Result<Settings> load_settings(const std::string& file);

}  // namespace lianbo
