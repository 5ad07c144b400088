#include "live/stream_service.hpp"

#include <algorithm>

#include "base/crypto.hpp"
#include "live/live_events.hpp"
#include "live/live_service.hpp"
#include "live/live_store.hpp"
#include "live/stream_store.hpp"
#include "net/metrics.hpp"
#include "net/target.hpp"
#include "org/org_service.hpp"

namespace lianbo::live {
namespace {

constexpr int kGoneAtOnce = 1000;
constexpr std::size_t kMostHookBytes = 8192;

std::unexpected<Error> no_such_key() {
  // The same for a name that is not there and a key that is not its: neither can be found by trying.
  return fail(Code::forbidden,
              "this stream key is good for no broadcast; the host's page shows the right one, or makes a new one");
}

Result<Broadcast> lock_stream(db::Tx& tx, std::string_view stream) {
  if (stream.empty()) return no_such_key();
  const auto found = store::find_stream(tx, stream);
  if (!found) return no_such_key();
  auto b = store::lock(tx, found->id);
  if (!b) return no_such_key();
  return *std::move(b);
}

Status check_publish(const Broadcast& b, Instant now) {
  if (b.state != BroadcastState::scheduled && b.state != BroadcastState::live)
    return fail(Code::broadcast_state_conflict,
                "this key was broadcast " + b.id.text() + "'s, which is " + std::string(state_name(b.state)));
  if (b.state == BroadcastState::scheduled && now > b.scheduled_at + kKeyDays * kDayMs)
    return fail(Code::forbidden,
                "this key has expired: its broadcast was to begin at " + format_rfc3339(b.scheduled_at));
  if (b.picture_of) return fail(Code::conflict, "this room carries the picture of broadcast " + b.picture_of.text());
  return {};
}

Status take_publisher(db::Tx& tx, const Call& call, Broadcast& b, std::string_view client) {
  if (!b.publisher.empty() && b.publisher != client)
    return fail(Code::conflict, "somebody publishes with this key already");
  const bool told = b.first_frame_at != 0;  // back after a cut, or after another's picture
  b.publisher = std::string(client);
  b.cut_at = 0;
  store::set_publisher(tx, b);
  if (told) tx.emit(stream_event(call, kStreamChanged, b));
  return {};
}

void leave(db::Tx& tx, const Call& call, Broadcast& b) {
  // An encoder that is tried before the broadcast begins, or that sent no frame, leaves nothing that was cut off.
  const bool cut = b.state == BroadcastState::live && b.first_frame_at != 0;
  b.publisher.clear();
  b.cut_at = cut ? call.now : 0;
  store::set_publisher(tx, b);
  if (cut) tx.emit(stream_event(call, kStreamChanged, b));
}

void begin_picture(db::Tx& tx, const Call& call, Broadcast& b, Instant at) {
  b.first_frame_at = at;
  store::set_first_frame(tx, b);
  store::give_first_frame_to_carriers(tx, b);
  tx.emit(stream_event(call, kStreamChanged, b));
}

// ---- hooks

struct Hook {
  enum class What { publish, done, other } what = What::other;
  PublishWish wish;
};

std::string value_in(std::string_view form, std::string_view name) {
  while (!form.empty()) {
    const auto end = std::min(form.find('&'), form.size());
    const std::string_view pair = form.substr(0, end);
    form.remove_prefix(std::min(end + 1, form.size()));
    const auto equals = pair.find('=');
    if (equals != std::string_view::npos && pair.substr(0, equals) == name)
      return net::percent_decode(pair.substr(equals + 1), true).value_or(std::string());
  }
  return {};
}

void count_publisher(std::string_view outcome) {
  net::metrics().counter(net::Metric::media_publishers, {outcome}).add();
}

// nginx: call=publish&name=…&clientid=…&key=… as a form. SRS: {"action":"on_publish","stream":…,"client_id":…,
// "param":"?key=…"}.
Hook read_hook(std::string_view body) {
  Hook hook;
  if (body.starts_with('{')) {
    const auto said = parse_json(body);
    if (!said) return hook;
    const std::string action = get_text(*said, "action");
    hook.what = action == "on_publish"     ? Hook::What::publish
                : action == "on_unpublish" ? Hook::What::done
                                           : Hook::What::other;
    hook.wish.stream = get_text(*said, "stream");
    hook.wish.client = get_text(*said, "client_id");
    std::string param = get_text(*said, "param");
    if (param.starts_with('?')) param.erase(0, 1);
    hook.wish.key = value_in(param, "key");
    return hook;
  }
  const std::string call = value_in(body, "call");
  hook.what = call == "publish" ? Hook::What::publish : call == "publish_done" ? Hook::What::done : Hook::What::other;
  hook.wish = {value_in(body, "name"), value_in(body, "key"), value_in(body, "clientid")};
  return hook;
}

}  // namespace

std::optional<Broadcast> broadcast_of_stream(db::Tx& tx, std::string_view stream) {
  return store::find_stream(tx, stream);
}

Result<Broadcast> admit_publisher(db::Tx& tx, const Call& call, const PublishWish& wish) {
  TRY(auto b, lock_stream(tx, wish.stream));
  const StreamKeys keys = store::stream_keys(tx, b.id);
  const std::string given = sha256(wish.key);
  const bool newest = same_bytes(keys.newest, given);
  if (!wish.trusted && !newest && !same_bytes(keys.before, given)) return no_such_key();
  TRY_OK(check_publish(b, call.now));
  TRY_OK(take_publisher(tx, call, b, wish.client));
  if (newest && !keys.before.empty()) store::set_stream_keys(tx, b.id, {keys.newest, {}});
  return b;
}

Result<Broadcast> may_publish(db::Tx& tx, const Call& call, BroadcastId id) {
  TRY(auto b, find_broadcast(tx, id));
  TRY_OK(org::require_store(tx, call, b.brand, b.store));
  TRY_OK(check_publish(b, call.now));
  return b;
}

Status publisher_left(db::Tx& tx, const Call& call, std::string_view stream, std::string_view client) {
  TRY(auto b, lock_stream(tx, stream));
  if (b.publisher == client) leave(tx, call, b);
  return {};
}

Result<int> publishers_gone(db::Tx& tx, const Call& call, std::string_view clients) {
  const auto all = store::published(tx, clients, kGoneAtOnce);
  for (const BroadcastId id : all)
    if (auto b = store::lock(tx, id); b && b->publisher.starts_with(clients)) leave(tx, call, *b);
  return static_cast<int>(all.size());
}

Result<std::optional<Instant>> frame_came(db::Tx& tx, const Call& call, std::string_view stream, Instant at) {
  TRY(auto b, lock_stream(tx, stream));
  if (b.state != BroadcastState::live) return std::optional<Instant>();
  if (b.first_frame_at == 0) begin_picture(tx, call, b, at);
  return std::optional<Instant>(b.first_frame_at);
}

void picture_at_start(db::Tx& tx, const Call& call, Broadcast& b) {
  if (b.first_frame_at == 0 && b.publisher.starts_with(kOutside)) begin_picture(tx, call, b, b.started_at);
}

void outsider_gone(db::Tx& tx, const Call& call, Broadcast& b) {
  if (b.publisher.starts_with(kOutside)) leave(tx, call, b);
}

Status set_lag(db::Tx& tx, const Call&, std::string_view stream, std::int64_t lag_ms) {
  if (const auto b = store::find_stream(tx, stream)) store::set_lag(tx, b->id, lag_ms);
  return {};
}

Result<Broadcast> carry_picture(db::Tx& tx, const Call& call, BroadcastId id, BroadcastId of) {
  TRY(auto b, lock_room(tx, call, id));
  TRY_OK(check_shelf_change(b));
  if (b.picture_of == of) return b;
  if (!b.publisher.empty()) return fail(Code::conflict, "somebody publishes into this room; end that first");
  if (of) {
    TRY(const auto head, find_broadcast(tx, of));
    if (head.brand != b.brand || head.rehearsal() || of == id)
      return fail(Code::not_found, "the brand has no such broadcast", "/of");
    if (head.picture_of)
      return fail(Code::conflict, "that room itself carries the picture of " + head.picture_of.text(), "/of");
    if (head.state != BroadcastState::scheduled && head.state != BroadcastState::live)
      return fail(Code::broadcast_state_conflict, "that broadcast is " + std::string(state_name(head.state)), "/of");
    // Media time is the head's; so one that has begun can only go back to where its own came from.
    if (b.first_frame_at != 0 && b.first_frame_at != head.first_frame_at)
      return fail(Code::broadcast_state_conflict, "this broadcast has begun with another picture");
    b.picture_of = of;
    store::set_picture_of(tx, id, of);
    if (head.ai_presenter && !b.ai_presenter) {
      for (const Broadcast& room : store::label_ai(tx, id)) b.version = room.version;
      b.ai_presenter = true;
    }
    if (b.first_frame_at != 0) {
      b.media_lag_ms = head.media_lag_ms;
      store::set_lag(tx, id, head.media_lag_ms);
    } else if (head.first_frame_at != 0) {
      b.first_frame_at = head.first_frame_at;
      b.media_lag_ms = head.media_lag_ms;
      store::set_first_frame(tx, b);
      store::set_lag(tx, id, head.media_lag_ms);
    }
  } else {
    b.picture_of = {};
    store::set_picture_of(tx, id, {});
    // Its media time goes on; a picture of its own may come now, and begins in the middle of it.
    b.cut_at = 0;
    store::set_publisher(tx, b);
    b.media_lag_ms = 0;
    store::set_lag(tx, id, 0);
  }
  tx.emit(stream_event(call, kStreamChanged, b));
  return b;
}

std::string camera_key(std::string_view own_secret, std::string_view stream) {
  return "camera" + to_hex(hmac_sha256(own_secret, stream));
}

PictureAddresses picture_addresses(const Settings& s) {
  PictureAddresses out;
  std::string base = s.media_public_url;
  while (base.ends_with('/')) base.pop_back();
  if (base.empty() && s.media_on != 0) base = ":" + std::to_string(s.media_http_port);
  if (!s.media_play_url.empty()) {
    out.live = out.all = s.media_play_url;
  } else if (!base.empty()) {
    out.live = base + "/streams/{stream}/live.m3u8";
    out.all = base + "/streams/{stream}/all.m3u8";
  }
  if (!base.empty()) out.clips = base + "/clips";
  out.ingest = s.media_rtmp_url;
  if (out.ingest.empty() && s.media_on != 0) out.ingest = ":" + std::to_string(s.media_rtmp_port) + "/live";
  return out;
}

net::Routes stream_routes(const StreamDeps& deps) {
  using namespace net;
  Routes routes;
  Route hooks = write_route(
      Method::post, "/media/hooks/{secret}", "mediaHook", "A media server tells who publishes and who is gone",
      Access::open, [deps](db::Tx& tx, const Call& call, const Request& request) -> Result<Reply> {
        const std::string_view secret = request.param("secret");
        const bool own = !deps.own_secret.empty() && same_bytes(secret, deps.own_secret);
        const bool outside = !deps.outside_secret.empty() && same_bytes(secret, deps.outside_secret);
        if (!own && !outside) return fail(Code::not_found, "there is no such hook");
        if (request.body.size() > kMostHookBytes) return fail(Code::body_too_large);
        Hook hook = read_hook(request.body);
        hook.wish.client = (own ? deps.own_client : std::string(kOutside)) + hook.wish.client;
        hook.wish.trusted = own && same_bytes(hook.wish.key, camera_key(deps.own_secret, hook.wish.stream));
        if (hook.what == Hook::What::publish) {
          const auto b = admit_publisher(tx, call, hook.wish);
          count_publisher(b ? "admitted" : "refused");
          if (!b) return fail(b.error());
          // Who runs another media server does not tell of frames: this is the first, as far as we know.
          if (outside && b->state == BroadcastState::live) TRY_OK(frame_came(tx, call, hook.wish.stream, call.now));
        } else if (hook.what == Hook::What::done) {
          count_publisher("left");
          TRY_OK(publisher_left(tx, call, hook.wish.stream, hook.wish.client));
        }
        return Reply{200, "0", "text/plain", {}};
      });
  hooks.raw_body = true;
  hooks.internal = true;
  hooks.idempotent = false;
  routes.push_back(std::move(hooks));
  routes.push_back(
      write_route(Method::put, "/api/v1/broadcasts/{broadcast_id}/picture", "carryPicture",
                  "Simulcast: this room shows the picture of another broadcast of its brand; null: its own again",
                  Access::login,
                  [](db::Tx& tx, const Call& call, const Request& request) -> Result<Reply> {
                    TRY(const auto id, request.id_param<BroadcastId>("broadcast_id"));
                    TRY_OK(carry_picture(tx, call, id, get_id<BroadcastId>(request.value, "of")));
                    return Reply::none();
                  })
          .taking({shape::nullable(shape::id("of", "the broadcast whose picture is carried"))})
          .answers(204)
          .may_fail({Code::not_found, Code::forbidden, Code::conflict, Code::broadcast_state_conflict}));
  return routes;
}

}  // namespace lianbo::live
