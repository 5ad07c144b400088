#include "clips/clips_service.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <utility>

#include "base/crypto.hpp"
#include "base/log.hpp"
#include "catalog/catalog_service.hpp"
#include "clips/clips_store.hpp"
#include "live/live_events.hpp"
#include "live/live_service.hpp"
#include "live/stream_service.hpp"
#include "media/process.hpp"
#include "media/recording.hpp"
#include "net/metrics.hpp"
#include "org/org_service.hpp"
#include "privacy/vault.hpp"

namespace lianbo::clips {
namespace {

namespace fs = std::filesystem;

constexpr int kPinsAtOnce = 200, kCutsAtOnce = 20;
constexpr int kNameLength = 20;
constexpr int kMostOfMoment = 50;
constexpr std::int64_t kCutMs = 60'000;  // FFmpeg copies hours in less
constexpr std::size_t kBlock = 1U << 20;
constexpr int kPlacedAtOnce = 200;
constexpr DurationMs kNobodyHasItMs = kDayMs;  // after the pin closed: no server will bring the recording any more

std::unexpected<Error> no_clip() { return fail(Code::not_found, "there is no such clip"); }

std::string read_text(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  std::ostringstream out;
  out << in.rdbuf();
  return std::move(out).str();
}

struct File {
  std::int64_t bytes = 0;
  std::string sha256;
};
Result<File> digest_of(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) return fail(Code::io_failed, "can't be read", path);
  Sha256 digest;
  File out;
  std::string block(kBlock, '\0');
  while (in.read(block.data(), static_cast<std::streamsize>(block.size())) || in.gcount() > 0) {
    const auto n = static_cast<std::size_t>(in.gcount());
    digest.add(std::string_view(block).substr(0, n));
    out.bytes += static_cast<std::int64_t>(n);
  }
  out.sha256 = digest.finish();
  return out;
}

// What belongs together without a cut is one file, byte for byte.
Result<std::vector<std::string>> copy_parts(const std::vector<media::Segment>& segments, const std::string& from,
                                            const std::string& to) {
  std::vector<std::string> parts;
  std::ofstream out;
  for (const media::Segment& s : segments) {
    if (parts.empty() || s.after_cut) {
      parts.push_back(to + "/part" + std::to_string(parts.size()) + ".ts");
      out.close();
      out.open(parts.back(), std::ios::binary | std::ios::trunc);
    }
    std::ifstream in(from + "/" + s.file(), std::ios::binary);
    if (!in) return fail(Code::io_failed, "a segment is gone", from + "/" + s.file());
    out << in.rdbuf();
    if (!out) return fail(Code::disk_full, "can't be written", parts.back());
  }
  out.close();
  return parts;
}

Status make_files(const std::vector<media::Segment>& segments, const std::string& from, const std::string& to,
                  const std::string& ffmpeg) {
  std::error_code ec;
  fs::create_directories(to, ec);
  if (ec) return fail(Code::io_failed, ec.message(), to);
  TRY(const auto parts, copy_parts(segments, from, to));
  std::string list;
  for (const auto& part : parts) list += "file '" + fs::path(part).filename().string() + "'\n";
  std::ofstream(to + "/parts.txt", std::ios::binary) << list;
  std::vector<std::string> cut = {ffmpeg, "-hide_banner", "-loglevel", "error", "-nostdin", "-y"};
  if (parts.size() == 1)
    cut.insert(cut.end(), {"-i", parts.front()});
  else
    cut.insert(cut.end(), {"-f", "concat", "-safe", "0", "-i", to + "/parts.txt"});
  // Bit for bit the same file from the same segments.
  cut.insert(cut.end(), {"-map", "0:v?", "-map", "0:a?", "-c", "copy", "-bsf:a", "aac_adtstoasc", "-fflags",
                         "+bitexact", "-map_metadata", "-1", "-movflags", "+faststart", "-f", "mp4", to + "/new.mp4"});
  TRY_OK(media::run_program(cut, kCutMs));
  TRY_OK(media::run_program(
      {ffmpeg, "-hide_banner", "-loglevel", "error", "-nostdin", "-y", "-i", to + "/new.mp4", "-frames:v", "1", "-vf",
       "scale='min(720,iw)':-2", "-q:v", "4", "-f", "image2", "-update", "1", to + "/poster.jpg"},
      kCutMs));
  fs::rename(to + "/new.mp4", to + "/clip.mp4", ec);
  if (ec) return fail(Code::io_failed, ec.message(), to);
  for (const auto& part : parts) fs::remove(part, ec);
  fs::remove(to + "/parts.txt", ec);
  return {};
}

db::Event ready_event(const Call& call, const Clip& c) {
  db::Event event;
  event.id = call.make_id<EventId>();
  event.brand = c.brand;
  event.topic = kClipReady;
  event.key = c.broadcast.value;
  JsonWriter w;
  w.begin().field("clip_id", c.id).field("broadcast_id", c.broadcast).field("pin_id", c.pin);
  w.field("product_id", c.product).field("store_id", c.store).end();
  event.payload = w.take();
  event.at = call.now;
  return event;
}

enum class Cut { later, done, failed };

// Writes the file and fills the clip in; the database is not touched.
Result<Cut> cut(Clip& c, const Call& call, const Tools& tools) {
  const std::string from = tools.folder + "/streams/" + c.stream;
  media::Recording recording;
  const Instant closed_at = c.opened_at + (c.media_close_ms - c.media_open_ms);
  if (!recording.read(read_text(from + "/all.m3u8"))) {  // another server's, or not begun
    if (call.now < closed_at + kNobodyHasItMs) return Cut::later;
    return fail(Code::not_found, "nobody has brought its recording");
  }
  const bool complete = recording.closed() || recording.end_ms() >= c.media_close_ms;
  if (!complete && call.now < closed_at + kWaitForSegmentsMs) return Cut::later;
  const auto segments = recording.covering(c.media_open_ms, c.media_close_ms);
  ++c.tries;
  if (segments.empty()) return fail(Code::not_found, "nothing was recorded while this was explained");
  c.from_ms = segments.front().media_ms;
  c.to_ms = segments.back().end_ms();
  const std::string to = tools.folder + "/clips/" + c.name;
  TRY_OK(make_files(segments, from, to, tools.ffmpeg));
  TRY(const File file, digest_of(to + "/clip.mp4"));
  c.bytes = file.bytes;
  c.sha256 = file.sha256;
  c.signature = sign_bytes(brand_key_seed(c.brand), provenance_text(c));
  c.state = State::ready;
  c.ready_at = call.now;
  std::ofstream(to + "/provenance.json", std::ios::binary)
      << provenance_json(c, public_key(brand_key_seed(c.brand))) << "\n";
  return Cut::done;
}

std::int64_t bytes_in(const fs::path& folder, Instant& newest) {
  std::int64_t bytes = 0;
  std::error_code ec;
  for (const auto& entry : fs::directory_iterator(folder, ec)) {
    if (!entry.is_regular_file(ec)) continue;
    bytes += static_cast<std::int64_t>(entry.file_size(ec));
    const auto at = std::chrono::file_clock::to_sys(entry.last_write_time(ec)).time_since_epoch();
    newest = std::max(newest, static_cast<Instant>(std::chrono::duration_cast<std::chrono::milliseconds>(at).count()));
  }
  return bytes;
}

// In a transaction of its own for few; what the clip's state says at that instant holds.
bool is_shown(db::Tx& tx, const Clip& c) {
  if (c.state != State::ready || c.withdrawn_at != 0) return false;
  const auto product = catalog::find_product(tx, c.product);
  return product && product->on_sale;
}

bool place(const Tools& tools, const Clip& c, bool shown) {
  const std::string served = tools.folder + "/clips/" + c.name, aside = tools.folder + "/withdrawn/" + c.name;
  std::error_code ec;
  fs::create_directories(tools.folder + "/withdrawn", ec);
  ec.clear();
  if (shown)
    fs::rename(aside, served, ec);
  else
    fs::rename(served, aside, ec);
  return !ec;  // it was there already, or is another server's
}

Result<Clip> own_clip(db::Tx& tx, const Call& call, ClipId id) {
  TRY(auto clip, find_clip(tx, id));
  TRY_OK(org::require_store(tx, call, clip.brand, clip.store));
  return clip;
}

}  // namespace

std::string brand_key_seed(BrandId brand) { return privacy::derived_key("clips of brand " + brand.text()); }

Result<int> find_pins(db::Database& db, const Call& call) {
  int found = 0;
  for (PinId after;;) {
    TRY(const auto pins, db.read([&](db::Tx& tx) -> Result<std::vector<PinToClip>> {
      return store::pins_to_clip(tx, after, kPinsAtOnce);
    }));
    for (const auto& [pin, b] : pins) {
      after = std::max(after, pin.id);
      const bool recorded =
          b.first_frame_at != 0 && !b.rehearsal() && pin.media_close_ms - pin.media_open_ms >= kShortestMs;
      if (!recorded && b.state == live::BroadcastState::live && b.first_frame_at == 0) continue;  // it may still begin
      TRY_OK(db.write([&](db::Tx& tx) -> Status {
        if (!store::set_clipped(tx, pin.id) || !recorded) return {};
        TRY(const auto owner, org::store_owner(tx, b.store));
        TRY(const auto product, catalog::find_product(tx, pin.product));
        Clip c;
        c.id = call.make_id<ClipId>();
        c.brand = pin.brand;
        c.store = b.store;
        c.agent = owner.agent.id;
        c.broadcast = b.id;
        c.pin = pin.id;
        c.product = pin.product;
        c.stream = b.stream_name;
        c.title = clip_title(owner.agent.name, product.title);
        c.opened_at = pin.opened_at;
        c.media_open_ms = pin.media_open_ms;
        c.media_close_ms = pin.media_close_ms;
        c.name = call.random->base62(kNameLength);
        c.created_at = call.now;
        store::insert(tx, c);
        return {};
      }));
      ++found;
    }
    if (static_cast<int>(pins.size()) < kPinsAtOnce) return found;
  }
}

Result<int> cut_clips(db::Database& db, const Call& call, const Tools& tools) {
  int done = 0;
  for (ClipId after;;) {
    TRY(auto clips,
        db.read([&](db::Tx& tx) -> Result<std::vector<Clip>> { return store::waiting(tx, after, kCutsAtOnce); }));
    for (Clip& c : clips) {
      after = c.id;
      auto how = cut(c, call, tools);
      if (how && *how == Cut::later) continue;
      if (!how) {
        log_event(LogEvent::media_failed, "clip {}: {}", c.id.text(), how.error().text());
        if (c.tries >= kTries || how.error().code == Code::not_found) c.state = State::failed;
      }
      bool shown = false;
      TRY_OK(db.write([&](db::Tx& tx) -> Status {
        store::set_cut(tx, c);
        if (c.state == State::ready) tx.emit(ready_event(call, c));
        shown = is_shown(tx, c);
        return {};
      }));
      if (c.state == State::ready && !shown) place(tools, c, false);  // withdrawn while it was being cut
      if (c.state != State::waiting) net::metrics().counter(net::Metric::clips, {state_name(c.state)}).add();
      if (c.state == State::ready) ++done;
    }
    if (static_cast<int>(clips.size()) < kCutsAtOnce) return done;
  }
}

Result<int> place_clips(db::Database& db, const Call&, const Tools& tools, const std::vector<ProductId>& products) {
  int moved = 0;
  const auto put = [&](const std::vector<Clip>& clips, const std::vector<bool>& shown) {
    for (std::size_t i = 0; i < clips.size(); ++i)
      if (clips[i].state == State::ready) moved += place(tools, clips[i], shown[i]);
  };
  for (const ProductId product : products)
    for (ClipId before;;) {
      std::vector<Clip> clips;
      std::vector<bool> shown;
      TRY_OK(db.read([&](db::Tx& tx) -> Status {
        clips = store::every_of_product(tx, product, before, kPlacedAtOnce);
        shown.clear();
        for (const Clip& c : clips) shown.push_back(is_shown(tx, c));
        return {};
      }));
      put(clips, shown);
      if (static_cast<int>(clips.size()) < kPlacedAtOnce) break;
      before = clips.back().id;
    }
  if (!products.empty()) return moved;
  std::vector<std::string> names;
  std::error_code ec;
  for (const char* part : {"clips", "withdrawn"})
    for (const auto& entry : fs::directory_iterator(tools.folder + "/" + part, ec))
      names.push_back(entry.path().filename().string());
  for (std::size_t from = 0; from < names.size(); from += kPlacedAtOnce) {
    std::vector<Clip> clips;
    std::vector<bool> shown;
    TRY_OK(db.read([&](db::Tx& tx) -> Status {
      for (std::size_t i = from; i < std::min(names.size(), from + kPlacedAtOnce); ++i)
        if (auto clip = store::find_by_name(tx, names[i])) {
          shown.push_back(is_shown(tx, *clip));
          clips.push_back(*std::move(clip));
        }
      return {};
    }));
    put(clips, shown);
  }
  return moved;
}

Result<int> keep_budget(db::Database& db, const Call& call, const Tools& tools, const HeldFn& held) {
  const std::int64_t budget = call.settings->media_disk_mb * 1'000'000;
  if (budget == 0) return 0;
  std::vector<Kept> all;
  std::error_code ec;
  for (const char* part : {"streams", "clips", "withdrawn"})
    for (const auto& entry : fs::directory_iterator(tools.folder + "/" + part, ec)) {
      Kept kept{part + ("/" + entry.path().filename().string()), 0, 0};
      kept.bytes = bytes_in(entry.path(), kept.at);
      all.push_back(std::move(kept));
    }
  std::int64_t sum = 0;
  for (const Kept& k : all) sum += k.bytes;
  auto& told = net::metrics().gauge(net::Metric::media_kept_bytes);
  told.set(sum);
  if (sum <= budget) return 0;
  std::vector<bool> locked(all.size(), true);
  std::vector<ClipId> clip_of(all.size());
  const DurationMs keep_ms = call.settings->evidence_days * kDayMs;
  TRY_OK(db.read([&](db::Tx& tx) -> Status {
    for (std::size_t i = 0; i < all.size(); ++i) {
      const std::string name = all[i].folder.substr(all[i].folder.find('/') + 1);
      if (!all[i].folder.starts_with("streams/")) {
        const auto clip = store::find_by_name(tx, name);
        if (clip && clip->state == State::waiting) continue;  // it is being cut
        if (clip) clip_of[i] = clip->id;
        locked[i] = clip && held(tx, clip->brand, clip->broadcast);
      } else {
        const auto b = live::broadcast_of_stream(tx, name);
        if (!b || b->state == live::BroadcastState::live || b->state == live::BroadcastState::scheduled) continue;
        locked[i] = call.now < b->ended_at + keep_ms || held(tx, b->brand, b->id);
      }
    }
    return {};
  }));
  const auto gone = to_remove(all, budget, locked);
  for (const std::size_t i : gone) {
    sum -= all[i].bytes;
    if (clip_of[i])
      TRY_OK(db.write([&](db::Tx& tx) -> Status {
        auto clip = store::find(tx, clip_of[i]);
        if (!clip) return {};
        clip->state = State::removed;
        store::set_cut(tx, *clip);
        return {};
      }));
    fs::remove_all(tools.folder + "/" + all[i].folder, ec);
  }
  told.set(sum);
  if (sum > budget)
    log_event(LogEvent::media_full, "{} MB are kept, {} are allowed: everything left is live or held", sum / 1'000'000,
              call.settings->media_disk_mb);
  return static_cast<int>(gone.size());
}

Result<Clip> find_clip(db::Tx& tx, ClipId id) {
  if (auto clip = store::find(tx, id)) return *std::move(clip);
  return no_clip();
}

Result<Clip> visible_clip(db::Tx& tx, ClipId id) {
  TRY(auto clip, find_clip(tx, id));
  if (clip.state != State::ready) return no_clip();
  if (clip.withdrawn_at != 0) return fail(Code::not_found, "its store has withdrawn this clip");
  const auto product = catalog::find_product(tx, clip.product);
  if (!product || !product->on_sale) return fail(Code::not_found, "its product is withdrawn, and the clip with it");
  return clip;
}

std::vector<ClipId> shown_clips(db::Tx& tx, std::span<const ClipId> ids) { return store::shown(tx, ids); }

Result<Clip> rename_clip(db::Tx& tx, const Call& call, ClipId id, std::string_view title) {
  TRY(auto clip, own_clip(tx, call, id));
  TRY_OK(live::check_title(title));
  store::set_title(tx, id, title);
  clip.title = std::string(title);
  return clip;
}

Result<Clip> withdraw_clip(db::Tx& tx, const Call& call, ClipId id, bool withdrawn) {
  TRY(auto clip, own_clip(tx, call, id));
  if ((clip.withdrawn_at != 0) == withdrawn) return clip;
  clip.withdrawn_at = withdrawn ? call.now : 0;
  store::set_withdrawn(tx, id, clip.withdrawn_at);
  db::Event event;
  event.id = call.make_id<EventId>();
  event.brand = clip.brand;
  event.topic = kClipWithdrawn;
  event.key = clip.broadcast.value;
  JsonWriter w;
  w.begin().field("clip_id", id).field("product_id", clip.product).field("store_id", clip.store);
  event.payload = w.field("withdrawn", withdrawn).end().take();
  event.at = call.now;
  tx.emit(event);
  org::audit(tx, call, clip.brand, withdrawn ? "clip.withdraw" : "clip.show", "clip", id.value, "{}");
  return clip;
}

Status post_clip(db::Tx& tx, const Call& call, ClipId id, StoreId store_id) {
  TRY(const auto clip, visible_clip(tx, id));
  TRY(const auto owner, org::store_owner(tx, store_id));
  if (owner.store.brand != clip.brand) return fail(Code::not_found, "the brand has no such store", "/store_id");
  TRY_OK(org::require_store(tx, call, clip.brand, store_id));
  if (store_id == clip.store) return fail(Code::conflict, "it is this store's own clip already", "/store_id");
  if (!owner.agent.active())
    return fail(Code::agent_not_active, "agent " + owner.agent.code + " is not active", "/store_id");
  store::put_post(tx, id, store_id, owner.agent.id, call.now);
  org::audit(tx, call, clip.brand, "clip.post", "clip", id.value,
             JsonWriter().begin().field("store_id", store_id).end().take());
  return {};
}

Status unpost_clip(db::Tx& tx, const Call& call, ClipId id, StoreId store_id) {
  TRY(const auto clip, find_clip(tx, id));
  TRY_OK(org::require_store(tx, call, clip.brand, store_id));
  if (store::remove_post(tx, id, store_id))
    org::audit(tx, call, clip.brand, "clip.unpost", "clip", id.value,
               JsonWriter().begin().field("store_id", store_id).end().take());
  return {};
}

std::optional<Clip> clip_for_moment(db::Tx& tx, BroadcastId broadcast, ProductId product, PinId pin,
                                    std::optional<std::int64_t> media_ms) {
  const auto all = store::of_broadcast(tx, broadcast, product, kMostOfMoment);
  if (all.empty()) return std::nullopt;
  const auto item = catalog::find_product(tx, product);
  if (!item || !item->on_sale) return std::nullopt;
  for (const Clip& c : all)
    if (pin && c.pin == pin) return c;
  for (const Clip& c : all)
    if (media_ms && c.media_open_ms <= *media_ms && *media_ms < c.media_close_ms) return c;
  return all.front();
}

std::map<PinId, Clip> clips_of_pins(db::Tx& tx, std::span<const PinId> pins) {
  std::map<PinId, Clip> out;
  if (pins.empty()) return out;
  for (Clip& c : store::of_pins(tx, pins)) out.insert_or_assign(c.pin, std::move(c));
  return out;
}

std::optional<AgentId> clipper_of(db::Tx& tx, ClipId clip, StoreId store_id) {
  const auto agent = store::poster(tx, clip, store_id);
  if (!agent) return std::nullopt;
  const auto found = org::find_agent(tx, *agent);
  return found && found->active() ? agent : std::nullopt;
}

// ---- routes

namespace {

using net::Access;
using net::Method;
using net::Reply;
using net::Request;

Shape clip_shape() {
  using namespace shape;
  return {id("id"),
          id("brand_id"),
          id("store_id", "its origin"),
          text("store_name", 0, 200),
          text("host_name", 0, 200),
          id("broadcast_id"),
          id("pin_id"),
          id("product_id"),
          text("title", 1, kMaxTitle),
          choice("state", {"waiting", "ready", "failed", "removed"}, "waiting: it is being cut"),
          text("name", 1, 64, "of its folder under the address of clips that getSite gives: clip.mp4, poster.jpg"),
          count("media_open_ms", "of the pin, in the broadcast's media time"),
          count("media_close_ms"),
          count("from_ms", "media time of the clip's first frame"),
          count("to_ms"),
          instant("created_at"),
          nullable(instant("ready_at")),
          nullable(instant("withdrawn_at", "its store took it out of sight")),
          boolean("ai_presenter", "who is shown is made by AI: to be labelled while it plays"),
          boolean("shown", "it can be watched: ready, not withdrawn, its product on sale")};
}

Status write_clip(db::Tx& tx, JsonWriter& w, const Clip& c) {
  TRY(const auto owner, org::store_owner(tx, c.store));
  w.begin().field("id", c.id).field("brand_id", c.brand).field("store_id", c.store);
  w.field("store_name", owner.store.name).field("host_name", owner.agent.name).field("broadcast_id", c.broadcast);
  w.field("pin_id", c.pin).field("product_id", c.product).field("title", c.title).field("state", state_name(c.state));
  w.field("name", c.name).field("media_open_ms", c.media_open_ms).field("media_close_ms", c.media_close_ms);
  w.field("from_ms", c.from_ms).field("to_ms", c.to_ms).field_at("created_at", c.created_at);
  w.field_at("ready_at", c.ready_at)
      .field_at("withdrawn_at", c.withdrawn_at)
      .field("ai_presenter", c.ai_presenter)
      .field("shown", is_shown(tx, c))
      .end();
  return {};
}

Result<Reply> clip_reply(db::Tx& tx, const Clip& c) {
  JsonWriter w;
  TRY_OK(write_clip(tx, w, c));
  return Reply::json(w.take());
}

Result<Reply> list_reply(db::Tx& tx, const std::vector<Clip>& clips, int limit) {
  JsonWriter w;
  w.begin_list();
  for (const Clip& c : clips) TRY_OK(write_clip(tx, w, c));
  w.end_list();
  return Reply::json(net::page_json(w.text(), static_cast<int>(clips.size()) == limit ? clips.back().id.value : 0));
}

// Who may see what is not shown gets all; others what is shown, so that a page may hold less than its limit.
Result<Reply> some_reply(db::Tx& tx, const std::vector<Clip>& all, bool whole, int limit) {
  JsonWriter w;
  w.begin_list();
  for (const Clip& c : all)
    if (whole || c.state == State::waiting || is_shown(tx, c)) TRY_OK(write_clip(tx, w, c));
  w.end_list();
  return Reply::json(net::page_json(w.text(), static_cast<int>(all.size()) == limit ? all.back().id.value : 0));
}

Shape page_shape() { return {shape::list("items", clip_shape(), 0, 200), shape::nullable(shape::id("next"))}; }
Shape page_query() {
  return {shape::opt(shape::text("limit", 1, 3, "1 to 200, default 50")),
          shape::opt(shape::text("after", 13, 13, "the id of the last item seen"))};
}

}  // namespace

net::Routes clip_routes() {
  using namespace net;
  Routes routes;
  routes.push_back(read_route(Method::get, "/api/v1/clips/{clip_id}", "getClip", "A clip that is shown", Access::guest,
                              [](db::Tx& tx, const Call&, const Request& request) -> Result<Reply> {
                                TRY(const auto id, request.id_param<ClipId>("clip_id"));
                                TRY(const auto clip, visible_clip(tx, id));
                                return clip_reply(tx, clip);
                              })
                       .giving(clip_shape())
                       .may_fail({Code::not_found}));
  routes.push_back(
      read_route(Method::get, "/api/v1/clips/{clip_id}/provenance", "getClipProvenance",
                 "What is signed about it; lianbo clip verify checks it against the file", Access::guest,
                 [](db::Tx& tx, const Call&, const Request& request) -> Result<Reply> {
                   TRY(const auto id, request.id_param<ClipId>("clip_id"));
                   TRY(const auto clip, find_clip(tx, id));
                   if (clip.sha256.empty()) return no_clip();
                   return Reply::json(provenance_json(clip, public_key(brand_key_seed(clip.brand))));
                 })
          .giving({shape::id("clip_id"), shape::id("brand_id"), shape::id("broadcast_id"), shape::id("pin_id"),
                   shape::id("product_id"), shape::id("host_agent_id"), shape::instant("opened_at"),
                   shape::count("from_ms"), shape::count("to_ms"), shape::text("sha256", 64, 64),
                   shape::text("signature", 128, 128, "Ed25519, by the brand's key"),
                   shape::text("public_key", 64, 64)})
          .may_fail({Code::not_found}));
  routes.push_back(write_route(Method::patch, "/api/v1/clips/{clip_id}", "renameClip", "Another title", Access::login,
                               [](db::Tx& tx, const Call& call, const Request& request) -> Result<Reply> {
                                 TRY(const auto id, request.id_param<ClipId>("clip_id"));
                                 TRY(const auto clip, rename_clip(tx, call, id, get_text(request.value, "title")));
                                 return clip_reply(tx, clip);
                               })
                       .taking({shape::text("title", 1, kMaxTitle)})
                       .giving(clip_shape())
                       .may_fail({Code::not_found, Code::forbidden}));
  const auto withdrawn = [&](Method method, const char* name, const char* summary, bool what) {
    routes.push_back(write_route(method, "/api/v1/clips/{clip_id}/withdrawn", name, summary, Access::login,
                                 [what](db::Tx& tx, const Call& call, const Request& request) -> Result<Reply> {
                                   TRY(const auto id, request.id_param<ClipId>("clip_id"));
                                   TRY(const auto clip, withdraw_clip(tx, call, id, what));
                                   return clip_reply(tx, clip);
                                 })
                         .giving(clip_shape())
                         .may_fail({Code::not_found, Code::forbidden}));
  };
  withdrawn(Method::put, "withdrawClip", "Take a clip of one's own store out of sight, its files too", true);
  withdrawn(Method::del, "showClip", "Show it again", false);
  routes.push_back(read_route(Method::get, "/api/v1/products/{product_id}/clips", "listProductClips",
                              "All clips of the same item, newest first", Access::guest,
                              [](db::Tx& tx, const Call&, const Request& request) -> Result<Reply> {
                                TRY(const auto id, request.id_param<ProductId>("product_id"));
                                TRY(const auto page, page_of(request));
                                TRY(const auto product, catalog::find_product(tx, id));
                                const auto clips = product.on_sale
                                                       ? store::of_product(tx, id, ClipId{page.after}, page.limit)
                                                       : std::vector<Clip>();
                                return list_reply(tx, clips, page.limit);
                              })
                       .asking(page_query())
                       .giving(page_shape())
                       .may_fail({Code::not_found}));
  routes.push_back(
      read_route(Method::get, "/api/v1/stores/{store_id}/clips", "listStoreClips",
                 "A store's clips and those posted in it, newest first; its own agent and who operates the "
                 "brand see those that are not shown, too",
                 Access::guest,
                 [](db::Tx& tx, const Call& call, const Request& request) -> Result<Reply> {
                   TRY(const auto id, request.id_param<StoreId>("store_id"));
                   TRY(const auto page, page_of(request));
                   TRY(const auto found, org::find_store(tx, id));
                   const bool own = org::require_store(tx, call, found.brand, id).has_value();
                   return some_reply(tx, store::of_store(tx, id, ClipId{page.after}, page.limit), own, page.limit);
                 })
          .asking(page_query())
          .giving(page_shape())
          .may_fail({Code::not_found}));
  routes.push_back(
      read_route(Method::get, "/api/v1/brands/{brand_id}/clips", "listBrandClips",
                 "All clips of a brand, newest first; its staff sees those that are not shown, too", Access::guest,
                 [](db::Tx& tx, const Call& call, const Request& request) -> Result<Reply> {
                   TRY(const auto id, request.id_param<BrandId>("brand_id"));
                   TRY(const auto page, page_of(request));
                   TRY_OK(org::find_brand(tx, id));
                   const auto& staff = call.caller.staff;
                   const bool own =
                       std::any_of(staff.begin(), staff.end(), [&](const StaffOf& s) { return s.brand == id; });
                   return some_reply(tx, store::of_brand(tx, id, ClipId{page.after}, page.limit), own, page.limit);
                 })
          .asking(page_query())
          .giving(page_shape())
          .may_fail({Code::not_found}));
  const auto post = [&](Method method, const char* name, const char* summary, auto function) {
    routes.push_back(write_route(method, "/api/v1/clips/{clip_id}/posts/{store_id}", name, summary, Access::login,
                                 [function](db::Tx& tx, const Call& call, const Request& request) -> Result<Reply> {
                                   TRY(const auto id, request.id_param<ClipId>("clip_id"));
                                   TRY(const auto store_id, request.id_param<StoreId>("store_id"));
                                   TRY_OK(function(tx, call, id, store_id));
                                   return Reply::none();
                                 })
                         .answers(204)
                         .may_fail({Code::not_found, Code::forbidden, Code::conflict, Code::agent_not_active}));
  };
  post(Method::put, "postClip", "Publish another store's clip in one's own, as clipper", post_clip);
  post(Method::del, "unpostClip", "Take it out of one's own store again", unpost_clip);
  return routes;
}

}  // namespace lianbo::clips
