#include "live/live.hpp"

#include <algorithm>
#include <unordered_set>

#include "base/json.hpp"

namespace lianbo::live {
namespace {

Status state_conflict(const Broadcast& b, std::string_view what, std::string_view right) {
  return fail(Code::broadcast_state_conflict, "broadcast " + b.id.text() + " is " + std::string(state_name(b.state)) +
                                                  "; to " + std::string(what) + " it must be " + std::string(right));
}

// The instant at which the next thing happens in this broadcast: a clock that stepped back, or another server's that is
// late, must not put it before what already happened.
Instant not_before(const Broadcast& b, const std::optional<Pin>& newest, Instant now) {
  Instant at = std::max(now, b.started_at);
  if (newest) at = std::max({at, newest->opened_at, newest->closed_at});
  return at;
}

bool has_control(std::string_view text) {
  return std::any_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}
bool is_blank(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; });
}

}  // namespace

std::string_view state_name(BroadcastState state) {
  switch (state) {
    case BroadcastState::scheduled:
      return "scheduled";
    case BroadcastState::live:
      return "live";
    case BroadcastState::ended:
      return "ended";
    case BroadcastState::cancelled:
      return "cancelled";
  }
  return "";
}

std::string_view audience_name(Audience audience) { return audience == Audience::rehearsal ? "rehearsal" : "public"; }
std::optional<Audience> parse_audience(std::string_view text) {
  if (text == "public") return Audience::everybody;
  if (text == "rehearsal") return Audience::rehearsal;
  return std::nullopt;
}

std::optional<BroadcastState> parse_state(std::string_view text) {
  for (const auto s :
       {BroadcastState::scheduled, BroadcastState::live, BroadcastState::ended, BroadcastState::cancelled})
    if (text == state_name(s)) return s;
  return std::nullopt;
}

std::string_view mark_name(Mark mark) {
  switch (mark) {
    case Mark::none:
      return "none";
    case Mark::muted:
      return "muted";
    case Mark::banned:
      return "banned";
  }
  return "";
}

std::optional<Mark> parse_mark(std::string_view text) {
  for (const auto m : {Mark::none, Mark::muted, Mark::banned})
    if (text == mark_name(m)) return m;
  return std::nullopt;
}

Mark mark_at(const std::optional<RoomMark>& mark, Instant now) {
  return mark && now < mark->until_at ? mark->mark : Mark::none;
}

std::int64_t media_ms_at(const Broadcast& broadcast, Instant at) {
  if (broadcast.started_at == 0) return 0;
  if (broadcast.ended_at != 0) at = std::min(at, broadcast.ended_at);
  const Instant zero =
      broadcast.first_frame_at == 0 ? broadcast.started_at : broadcast.first_frame_at + broadcast.media_lag_ms;
  return std::max<std::int64_t>(0, at - zero);
}

std::string_view picture_name(Picture picture) {
  switch (picture) {
    case Picture::none:
      return "none";
    case Picture::on:
      return "on";
    case Picture::cut:
      return "cut";
    case Picture::over:
      return "over";
  }
  return {};
}

Picture picture_of(const Broadcast& b) {
  if (b.first_frame_at == 0) return Picture::none;
  if (b.state != BroadcastState::live) return Picture::over;
  // Who carries another's picture has no publisher of their own; their page looks at the other room.
  if (b.picture_of || !b.publisher.empty()) return Picture::on;
  return b.cut_at == 0 ? Picture::none : Picture::cut;  // none: it carried another's and has had none of its own
}

Status check_title(std::string_view title) {
  const std::size_t length = utf8_length(title);
  if (length < 1 || length > kMaxTitle || is_blank(title))
    return fail(Code::invalid_field, "a title has 1 to " + std::to_string(kMaxTitle) + " characters", "/title");
  if (has_control(title)) return fail(Code::invalid_field, "a title is one line without control characters", "/title");
  return {};
}

Status check_schedule(Instant scheduled_at, Instant now) {
  if (scheduled_at < now - kScheduleBackMs || scheduled_at > now + kScheduleAheadMs)
    return fail(Code::invalid_field,
                "must lie between an hour ago and 366 days ahead of " + format_rfc3339(now) + ", but is " +
                    format_rfc3339(scheduled_at),
                "/scheduled_at");
  return {};
}

Status check_shelf(std::span<const ProductId> products) {
  if (products.size() > kMaxShelf)
    return fail(Code::invalid_field,
                "a shelf holds at most " + std::to_string(kMaxShelf) + " products, but " +
                    std::to_string(products.size()) + " are given",
                "/product_ids");
  std::unordered_set<ProductId> seen;
  for (std::size_t i = 0; i < products.size(); ++i)
    if (!seen.insert(products[i]).second)
      return fail(Code::invalid_field, "product " + products[i].text() + " is on the list twice",
                  "/product_ids/" + std::to_string(i));
  return {};
}

Status check_start(const Broadcast& b) {
  return b.state == BroadcastState::scheduled ? Status{} : state_conflict(b, "start", "scheduled");
}
Status check_end(const Broadcast& b) {
  return b.state == BroadcastState::live ? Status{} : state_conflict(b, "end", "live");
}
Status check_cancel(const Broadcast& b) {
  return b.state == BroadcastState::scheduled ? Status{} : state_conflict(b, "cancel", "scheduled");
}
Status check_move(const Broadcast& b, Instant to, Instant now) {
  if (b.state != BroadcastState::scheduled) return state_conflict(b, "move", "scheduled");
  if (now >= b.scheduled_at)
    return fail(Code::broadcast_state_conflict, "its time has come (" + format_rfc3339(b.scheduled_at) +
                                                    "); start it or cancel it, and schedule another");
  return check_schedule(to, now);
}
Status check_rename(const Broadcast& b) {
  return b.state == BroadcastState::scheduled || b.state == BroadcastState::live
             ? Status{}
             : state_conflict(b, "rename", "scheduled or live");
}
Status check_note(std::string_view text) {
  if (utf8_length(text) > kMaxNote)
    return fail(Code::invalid_field, "has at most " + std::to_string(kMaxNote) + " characters", "/text");
  return {};
}
Status check_pin(const Broadcast& b) {
  return b.state == BroadcastState::live ? Status{} : state_conflict(b, "pin a product", "live");
}
Status check_shelf_change(const Broadcast& b) {
  return b.state == BroadcastState::scheduled || b.state == BroadcastState::live
             ? Status{}
             : state_conflict(b, "change the shelf", "scheduled or live");
}

Status check_chat(const Broadcast& b, Mark mark, std::string_view text) {
  if (b.state != BroadcastState::scheduled && b.state != BroadcastState::live)
    return state_conflict(b, "write in the room", "scheduled or live");
  if (mark == Mark::banned) return fail(Code::forbidden, "you are banned from this room");
  if (mark == Mark::muted) return fail(Code::muted, "you may watch, but not write");
  const std::size_t length = utf8_length(text);
  if (length < 1 || length > kMaxChat || is_blank(text))
    return fail(Code::invalid_field,
                "a chat line has 1 to " + std::to_string(kMaxChat) + " characters, this one has " +
                    std::to_string(is_blank(text) ? 0 : length),
                "/text");
  return {};
}

PinStep open_step(const Broadcast& broadcast, const std::optional<Pin>& newest, ProductId product, Instant now) {
  PinStep step;
  step.at = not_before(broadcast, newest, now);
  if (newest && newest->open() && newest->product == product) return step;
  if (newest && newest->open()) step = close_step(broadcast, newest, now);
  Pin pin;
  pin.brand = broadcast.brand;
  pin.broadcast = broadcast.id;
  pin.product = product;
  pin.opened_at = step.at;
  // The stream's lag is measured anew now and then: media time may step back as the clock may.
  const std::optional<Pin>& before = step.closes ? step.closes : newest;
  pin.media_open_ms = std::max(media_ms_at(broadcast, step.at), before ? before->media_close_ms : 0);
  step.opens = pin;
  return step;
}

PinStep close_step(const Broadcast& broadcast, const std::optional<Pin>& newest, Instant now) {
  PinStep step;
  step.at = not_before(broadcast, newest, now);
  if (!newest || !newest->open()) return step;
  step.closes = *newest;
  step.closes->closed_at = step.at;
  step.closes->media_close_ms = std::max(media_ms_at(broadcast, step.at), newest->media_open_ms);
  return step;
}

bool promise_kept(const Broadcast& b) {
  if (b.started_at == 0) return false;
  const DurationMs off = b.started_at - b.scheduled_at;
  return -kPromiseSlackMs <= off && off <= kPromiseSlackMs;
}

bool promise_due(const Broadcast& b, Instant now) {
  switch (b.state) {
    case BroadcastState::live:
    case BroadcastState::ended:
      return true;
    case BroadcastState::cancelled:
      return b.ended_at >= b.scheduled_at;
    case BroadcastState::scheduled:
      return now > b.scheduled_at + kPromiseSlackMs;
  }
  return false;
}

Promises count_promises(std::span<const Broadcast> newest_first, Instant now) {
  Promises out;
  for (const Broadcast& b : newest_first) {
    if (out.due == kPromises) break;
    if (!promise_due(b, now)) continue;
    ++out.due;
    out.kept += promise_kept(b) ? 1 : 0;
  }
  return out;
}

std::string mask_name(std::string_view name) {
  std::size_t first = name.empty() ? 0 : 1;
  while (first < name.size() && (static_cast<unsigned char>(name[first]) & 0xc0) == 0x80) ++first;
  return std::string(name.substr(0, first)) + "**";
}

}  // namespace lianbo::live
