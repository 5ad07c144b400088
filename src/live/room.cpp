#include "live/room.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>

#include "base/log.hpp"
#include "live/live_events.hpp"
#include "live/offers_service.hpp"

namespace lianbo::live {
namespace {

constexpr DurationMs kChatWindowMs = 10 * kSecondMs;
constexpr DurationMs kLikeWindowMs = 10 * kSecondMs;
constexpr std::int64_t kLikesPerWindow = 500;  // of one viewer; more are not counted
constexpr std::int64_t kMaxLikes = 50;         // in one message
constexpr DurationMs kFlushMs = 10 * kSecondMs;
constexpr int kMostCountsUnderWay = 512;  // rooms whose counts are being written
constexpr DurationMs kBoardMs = 5 * kSecondMs;
constexpr DurationMs kSnapshotMs = 30 * kSecondMs;  // so long one is kept for those who come,
constexpr std::int64_t kSnapshotBehind = 100;       // unless so many messages came after it
constexpr std::size_t kMaxEntered = 100'000;        // of one flush whose ways are asked
constexpr int kFlushAttempts = 3;                   // of a room that has closed
constexpr int kRereads = 3;                         // of a snapshot that a busy room has outrun
constexpr int kBadMessages = 50;                    // of one viewer; then it is closed
constexpr std::size_t kMaxRef = 64;
constexpr int kPolicy = 1008, kRestart = 1012, kTryLater = 1013;  // RFC 6455 7.4
constexpr DurationMs kTickMs = 50;
constexpr std::int64_t kTickMessages = 64;  // told without waiting for the end of the tick: so many,
constexpr std::size_t kTickBytes = 32768;   // or so large (a viewer's queue must take several of them)
constexpr std::uint64_t kReconnectMinMs = 500, kReconnectSpreadMs = 4501;

net::FramePtr frame_of(JsonWriter& w, bool droppable = false) { return net::text_frame(w.text(), droppable); }

// What a client may have back: a text or an integer, as JSON. nullopt: neither, or too long.
std::optional<std::string> echo_of(const json::value& message, std::string_view name) {
  const auto* v = message.as_object().if_contains(name);
  if (!v || v->is_null()) return std::string();
  if (const auto* n = v->if_int64()) return std::to_string(*n);
  if (const auto* s = v->if_string(); s && s->size() <= kMaxRef) {
    std::string out;
    append_json_text(out, *s);
    return out;
  }
  return std::nullopt;
}

std::int64_t monotonic_us() {
  return std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

json::value parsed(const db::Event& event) {
  auto value = parse_json(event.payload);
  if (value && value->is_object()) return *std::move(value);
  log_event(LogEvent::room_event_invalid, "{} {}: its payload is no JSON object", event.topic, event.id.value);
  return json::object();
}

}  // namespace

net::FramePtr error_frame(const Error& error, bool chinese, std::string_view ref) {
  const ErrorInfo& what = info(error.code);
  JsonWriter w;
  w.begin().field("t", "error").field("name", what.name);
  w.field("title", chinese ? what.title_zh : what.title_en).field("detail", error.detail);
  if (!error.where.empty()) w.field("where", error.where);
  if (!ref.empty()) w.key("ref").raw(ref);
  w.end();
  return frame_of(w);
}

std::optional<net::FramePtr> pong_frame(const json::value& ping) {
  const auto id = echo_of(ping, "id");
  if (!id) return std::nullopt;
  JsonWriter w;
  w.begin().field("t", "pong");
  if (!id->empty()) w.key("id").raw(*id);
  w.end();
  return frame_of(w);
}

std::expected<GoWish, BadGo> read_go(const json::value& message) {
  const auto ref = echo_of(message, "ref");
  if (!ref)
    return std::unexpected(
        BadGo{Error{Code::invalid_field, "must be an integer or a text of at most 64 bytes", "/ref", {}}, {}});
  const auto* room = message.as_object().if_contains("room");
  if (room && room->is_null()) return GoWish{{}, {}, *ref};
  const auto id = BroadcastId::parse(get_text(message, "room"));
  if (!id)
    return std::unexpected(
        BadGo{Error{Code::invalid_field, "must be the id of a broadcast, or null for no room", "/room", {}}, *ref});
  return GoWish{*id, get_text(message, "since"), *ref};
}

RoomStats RoomCounters::read() const {
  RoomStats out;
  out.rooms = rooms;
  out.viewers = viewers;
  out.messages_sent = messages_sent;
  out.deliveries = deliveries;
  out.dropped = dropped;
  out.cut = cut;
  out.joins = joins;
  out.resumes = resumes;
  out.snapshots_read = snapshots_read;
  out.snapshots_sent = snapshots_sent;
  out.chats = chats;
  out.chats_refused = chats_refused;
  out.likes = likes;
  out.full = full;
  out.refused = refused;
  out.bad_messages = bad_messages;
  return out;
}

InFlight::Token InFlight::begin() {
  {
    const std::scoped_lock lock(mutex_);
    ++count_;
  }
  return Token(static_cast<void*>(nullptr), [self = shared_from_this()](void*) {
    const std::scoped_lock lock(self->mutex_);
    if (--self->count_ == 0) self->idle_.notify_all();
  });
}

bool InFlight::wait_idle(std::int64_t timeout_ms) {
  std::unique_lock lock(mutex_);
  return idle_.wait_for(lock, std::chrono::milliseconds(timeout_ms), [&] { return count_ == 0; });
}

std::int64_t InFlight::count() const {
  const std::scoped_lock lock(mutex_);
  return count_;
}

struct Room::Viewer {
  net::WsPtr connection;
  PersonId person;
  bool guest = true;
  bool chinese = false;
  bool crew = false;
  bool holding = true;   // its snapshot is not there yet
  bool closing = false;  // cut off, or closed by us: sends nothing more
  bool gone = false;
  std::size_t index = 0;
  int bad_messages = 0;
  Instant like_window_at = 0;
  std::int64_t likes_in_window = 0;
};

// While somebody walks over viewers_, who leaves stays in place; the last walk takes them out.
class Room::Walk {
 public:
  explicit Walk(Room& room) : room_(room) { ++room_.walks_; }
  ~Walk() {
    if (--room_.walks_ == 0) room_.sweep();
  }
  Walk(const Walk&) = delete;
  Walk& operator=(const Walk&) = delete;

 private:
  Room& room_;
};

Room::Room(std::shared_ptr<RoomContext> context, BroadcastId id, std::string epoch)
    : context_(std::move(context)), id_(id), epoch_(std::move(epoch)) {}

// ——— joining

void Room::join(const net::WsPtr& connection, const Visitor& visitor) {
  const Instant now = context_->clock->now();
  auto viewer = std::make_shared<Viewer>();
  viewer->connection = connection;
  viewer->person = visitor.person;
  viewer->guest = visitor.guest;
  viewer->chinese = visitor.chinese;
  viewer->crew = visitor.crew;
  if (viewers() >= context_->settings->room_viewers) {
    ++context_->counters.full;
    dismiss(
        viewer,
        Error{Code::room_full, "at most " + std::to_string(context_->settings->room_viewers) + " may watch", {}, {}},
        kTryLater);
    return vanish_if_empty();
  }
  if (is_banned(visitor.person, now)) {
    ++context_->counters.refused;
    dismiss(viewer, Error{Code::forbidden, "you are banned from this room", {}, {}}, kPolicy);
    return vanish_if_empty();
  }
  viewer->index = viewers_.size();
  viewers_.push_back(viewer);
  row_.add(*connection);
  connection->user = viewer;
  viewer_count_.store(viewers() + 1, std::memory_order_relaxed);
  ++context_->counters.viewers;
  unflushed_.peak_viewers = std::max(unflushed_.peak_viewers, viewers());
  unflushed_.most_viewers = std::max(unflushed_.most_viewers, viewers());
  if (viewer->crew) {
    ++crew_;
    told_board_.clear();  // they have none yet
    board_at_ = 0;
  }
  const Walk walk(*this);
  if (resume(viewer, visitor.since)) {
    ++context_->counters.resumes;
    return;
  }
  ++context_->counters.joins;
  ++unflushed_.enters;
  if (visitor.person && entered_.size() < kMaxEntered) entered_.push_back({visitor.person, now});
  if (is_snapshot_fresh())
    release(viewer);
  else
    want_snapshot();
}

bool Room::resume(const ViewerPtr& viewer, std::string_view since) {
  const std::size_t dot = since.rfind('.');
  if (dot == std::string_view::npos || since.substr(0, dot) != epoch_) return false;
  const std::string_view digits = since.substr(dot + 1);
  std::int64_t seq = -1;
  const auto [end, ec] = std::from_chars(digits.data(), digits.data() + digits.size(), seq);
  if (ec != std::errc{} || end != digits.data() + digits.size()) return false;
  if (seq < 0 || seq > seq_ || !ring_has_all_after(seq)) return false;
  viewer->holding = false;
  JsonWriter w;
  w.begin().field("t", "resumed").field("epoch", epoch_).field("seq", seq).end();
  send(viewer, frame_of(w));
  replay(viewer, seq);
  return true;
}

bool Room::ring_has_all_after(std::int64_t seq) const { return seq >= seq_ - static_cast<std::int64_t>(ring_.size()); }

void Room::replay(const ViewerPtr& viewer, std::int64_t after) {
  row_[viewer->index].told = seq_;
  if (after == seq_) return;
  const auto missed = static_cast<std::size_t>(seq_ - after);
  if (send(viewer, run_of(missed))) context_->counters.deliveries += static_cast<std::int64_t>(missed);
}

bool Room::is_snapshot_fresh() const {
  const DurationMs age = context_->clock->now() - snapshot_at_;
  return snapshot_seq_ >= 0 && age >= 0 && age < kSnapshotMs && ring_has_all_after(snapshot_seq_) &&
         seq_ - snapshot_seq_ <= std::min(kSnapshotBehind, context_->settings->room_history);
}

// With the counts as they are, or were a moment ago, and what was told since: all that who comes gets, in one send.
net::FramePtr Room::snapshot_frame() {
  const Instant now = context_->clock->now();
  if (!snapshot_frame_ || frame_seq_ != seq_ || now < frame_at_ ||
      now - frame_at_ >= context_->settings->room_counts_ms) {
    frame_at_ = now;
    frame_seq_ = seq_;
    JsonWriter counts;
    counts.begin().field("viewers", viewers()).field("likes", likes_).end();
    snapshot_frame_ = net::text_frame(snapshot_head_ + counts.take() + snapshot_tail_);
    if (seq_ > snapshot_seq_) {
      auto all = std::make_shared<net::Frame>(*snapshot_frame_);
      all->bytes += run_of(static_cast<std::size_t>(seq_ - snapshot_seq_))->bytes;
      snapshot_frame_ = std::move(all);
    }
  }
  return snapshot_frame_;
}

void Room::want_snapshot() {
  if (reading_) return;
  reading_ = true;
  ++context_->counters.snapshots_read;
  const std::int64_t base = seq_;
  const Instant now = context_->clock->now();
  const bool taken = context_->work([self = shared_from_this(), token = context_->in_flight->begin(), base, now] {
    auto snapshot = std::make_shared<Result<RoomSnapshot>>(self->context_->backend->snapshot(self->id_, now));
    self->context_->post(self->id_.value,
                         [self, token, snapshot, base] { self->snapshot_read(std::move(*snapshot), base); });
  });
  if (!taken) snapshot_read(fail(Code::overloaded, "too many are entering at once; try again shortly"), base);
}

void Room::snapshot_read(Result<RoomSnapshot> snapshot, std::int64_t base) {
  reading_ = false;
  if (closed_) return;
  const Walk walk(*this);
  if (snapshot && !ring_has_all_after(base)) {
    if (rereads_++ < kRereads) return want_snapshot();
    snapshot = fail(Code::overloaded, "the room is too busy to enter; try again shortly");
  }
  rereads_ = 0;
  if (!snapshot) {
    log_event(LogEvent::room_no_snapshot, "room {}: {}", id_.text(), snapshot.error().text());
    for (std::size_t i = 0; i < viewers_.size(); ++i)
      if (viewers_[i]->holding) dismiss(viewers_[i], snapshot.error(), kTryLater);
    return;
  }

  const Instant now = context_->clock->now();
  for (const auto& [person, until] : snapshot->banned)
    if (banned_.emplace(person.value, until).second && is_banned(person, now)) expel(person);
  if (!shelf_known_) {
    shelf_known_ = true;
    for (const ProductId product : snapshot->shelf) shelf_.insert(product.value);
    context_->shows(id_, snapshot->shelf);
  }
  door_known_ = snapshot->all_banned && !snapshot->broadcast.rehearsal() &&
                snapshot->broadcast.state != BroadcastState::cancelled && !cancelled_;
  if (!store_) {
    store_ = snapshot->broadcast.store;
    for (const catalog::Allotment& a : snapshot->own) own_.emplace(a.sku.value, a);
  }
  if (!flushing_) likes_ = std::max(likes_, snapshot->broadcast.likes + unflushed_.likes);

  std::int64_t contained = base;
  for (const Message& message : ring_) {
    if (message.seq <= base) continue;
    const bool in_it = message.chat ? std::find(snapshot->chat.begin(), snapshot->chat.end(),
                                                ChatId{message.event_id}) != snapshot->chat.end()
                                    : message.version > 0 && message.version <= snapshot->broadcast.version;
    if (!in_it) break;
    contained = message.seq;
  }

  JsonWriter w;
  w.begin().field("t", "snapshot").field("epoch", epoch_).field("seq", contained);
  w.key("broadcast").raw(snapshot->broadcast_json).key("pin").raw(snapshot->pin_json);
  w.key("shelf").raw(snapshot->shelf_json).key("offers").raw(snapshot->offers_json);
  snapshot_head_ = w.take() + R"(,"counts":)";
  snapshot_tail_ = R"(,"chat":)" + snapshot->chat_json + "}";
  snapshot_seq_ = contained;
  snapshot_at_ = now;
  snapshot_frame_.reset();
  release_holding();
}

void Room::release_holding() {
  const Walk walk(*this);
  for (std::size_t i = 0; i < viewers_.size(); ++i)
    if (viewers_[i]->holding) release(ViewerPtr(viewers_[i]));
}

void Room::release(const ViewerPtr& viewer) {
  viewer->holding = false;
  if (!send(viewer, snapshot_frame())) return;
  row_[viewer->index].told = seq_;
  ++context_->counters.snapshots_sent;
  context_->counters.deliveries += seq_ - snapshot_seq_;
}

// ——— leaving

void Room::leave(const net::WsPtr& connection) {
  if (const auto viewer = std::static_pointer_cast<Viewer>(connection->user)) remove(viewer);
}

void Room::remove(const ViewerPtr& viewer) {
  if (viewer->gone) return;
  viewer->gone = true;
  viewer->connection->user.reset();
  viewer->connection->get_up();
  viewer->connection.reset();
  viewer_count_.store(viewers() - 1, std::memory_order_relaxed);
  --context_->counters.viewers;
  if (viewer->crew) --crew_;
  if (walks_ > 0) {
    ++departed_;
    return;
  }
  take_out(viewer);
  vanish_if_empty();
}

void Room::take_out(const ViewerPtr& viewer) {
  const std::size_t index = viewer->index;
  row_.take_out(index);
  viewers_[index] = viewers_.back();
  viewers_[index]->index = index;
  viewers_.pop_back();
}

void Room::sweep() {
  if (departed_ == 0) return;
  departed_ = 0;
  for (std::size_t i = viewers_.size(); i-- > 0;)
    if (viewers_[i]->gone) take_out(ViewerPtr(viewers_[i]));
  vanish_if_empty();
}

void Room::vanish_if_empty() {
  if (closed_ || !viewers_.empty()) return;
  closed_ = true;
  flush_counts();
  context_->emptied(id_);
}

void Room::dismiss(const ViewerPtr& viewer, const Error& error, int code) {
  if (viewer->gone || viewer->closing) return;
  const net::WsPtr connection = viewer->connection;
  connection->send(error_frame(error, viewer->chinese, {}));
  viewer->closing = true;
  viewer->holding = false;
  connection->close(code, info(error.code).name);
}

void Room::stop(Random& random) {
  const Walk walk(*this);
  tell_now();
  for (std::size_t i = 0; i < viewers_.size(); ++i) {
    const ViewerPtr viewer = viewers_[i];
    if (viewer->gone || viewer->closing) continue;
    JsonWriter w;
    w.begin().field("t", "reconnect").field("after_ms", kReconnectMinMs + random.below(kReconnectSpreadMs)).end();
    const net::WsPtr connection = viewer->connection;
    send(viewer, frame_of(w));
    viewer->closing = true;
    connection->close(kRestart, "reconnect");
  }
  flush_counts();
}

// ——— telling

bool Room::send(const ViewerPtr& viewer, const net::FramePtr& frame) {
  if (viewer->gone || viewer->closing) return false;
  const net::WsPtr connection = viewer->connection;  // it may leave while it is being sent to
  if (frame->droppable && connection->queued_bytes() > 0) {
    ++context_->counters.dropped;
    return false;
  }
  if (connection->send(frame)) return true;
  viewer->closing = true;
  ++context_->counters.cut;
  return false;
}

void Room::send_error(const ViewerPtr& viewer, const Error& error, std::string_view ref) {
  send(viewer, error_frame(error, viewer->chinese, ref));
}

std::int64_t Room::publish(std::string_view type, std::string_view members, const db::Event& event,
                           std::int64_t version) {
  if (event.id && !seen_.insert(event.id.value).second) return 0;
  ++seq_;
  std::string text = R"({"t":")";
  text.append(type).append(R"(","seq":)").append(std::to_string(seq_));
  if (members.size() > 2)
    text.append(",").append(members.substr(1));
  else
    text.append("}");
  ring_.push_back(Message{seq_, net::text_frame(text), event.id.value, version, event.topic == kChatSaid});
  untold_bytes_ += ring_.back().frame->bytes.size();
  if (ring_.size() > static_cast<std::size_t>(context_->settings->room_history)) {
    seen_.erase(ring_.front().event_id);
    ring_.pop_front();
  }
  ++context_->counters.messages_sent;
  const std::int64_t seq = seq_;
  tell();
  return seq;
}

// What comes with one batch of events goes together. A message that comes alone, as the one before it did, waits only
// until the thread has nothing else to do; when two have come the tick begins.
void Room::tell() {
  const std::int64_t most = std::min(kTickMessages, context_->settings->room_history / 2);
  if (!context_->later || seq_ - told_ >= most || untold_bytes_ >= kTickBytes) return tell_now();
  if (telling_later_) return;
  telling_later_ = true;
  const DurationMs wait = rest_of_tick();
  auto go = [self = shared_from_this(), token = context_->in_flight->begin()] { self->tell_what_came(); };
  if (wait <= 0)
    context_->post(id_.value, std::move(go));
  else if (context_->when_idle && told_together_ <= 1)
    context_->when_idle(id_.value, wait, std::move(go));
  else
    context_->later(id_.value, wait, std::move(go));
}

void Room::tell_what_came() {
  telling_later_ = false;
  if (told_ == seq_) return;
  const DurationMs wait = rest_of_tick();
  if (wait <= 0 || (told_together_ <= 1 && seq_ - told_ == 1)) return tell_now();
  telling_later_ = true;
  context_->later(id_.value, wait, [self = shared_from_this(), token = context_->in_flight->begin()] {
    self->telling_later_ = false;
    self->tell_now();
  });
}

DurationMs Room::rest_of_tick() const {
  return std::min(told_at_ + tick_ms_ - context_->clock->now(), tick_ms_);  // a clock may be set back
}

// The newest messages as one run of bytes.
net::FramePtr Room::run_of(std::size_t count) const {
  if (count == 1) return ring_.back().frame;
  auto frame = std::make_shared<net::Frame>();
  std::size_t bytes = 0;
  for (std::size_t i = ring_.size() - count; i < ring_.size(); ++i) bytes += ring_[i].frame->bytes.size();
  frame->bytes.reserve(bytes);
  for (std::size_t i = ring_.size() - count; i < ring_.size(); ++i) frame->bytes += ring_[i].frame->bytes;
  return frame;
}

// Who spoke is told the lines, and that theirs is among them, in one send.
std::int64_t Room::tell_speakers(const net::Frame& frame, std::int64_t after) {
  std::int64_t sends = 0;
  for (auto& [to, answer] : after_telling_) {
    const ViewerPtr viewer = to.lock();
    if (!viewer || viewer->holding || viewer->gone) continue;
    auto& told = row_[viewer->index].told;
    if (told != after) continue;  // told apart, or with an earlier answer
    told = told_;
    auto both = std::make_shared<net::Frame>(frame);
    both->bytes += answer->bytes;
    answer.reset();
    if (send(viewer, both)) ++sends;
  }
  return sends;
}

void Room::tell_now() {
  if (told_ == seq_) return;
  const std::int64_t began = monotonic_us();
  const net::FramePtr frame = run_of(static_cast<std::size_t>(seq_ - told_));
  const std::int64_t after = std::exchange(told_, seq_);
  told_together_ = told_ - after;
  untold_bytes_ = 0;
  {
    const Walk walk(*this);
    left_over_.clear();
    std::int64_t sends = tell_speakers(*frame, after);
    sends += row_.send(*frame, after, told_, left_over_);
    for (const net::WsRow::Left& left : left_over_) {
      const ViewerPtr viewer = viewers_[left.place];
      if (viewer->holding || viewer->gone) continue;
      if (left.sent != net::WsRow::kNotTried) {
        const net::WsPtr connection = viewer->connection;
        if (connection->went_out(frame, left.sent)) {
          ++sends;
        } else {
          viewer->closing = true;
          ++context_->counters.cut;
        }
      } else if (auto& told = row_[left.place].told; told != after) {
        replay(viewer, told);
      } else {
        told = told_;
        if (send(viewer, frame)) ++sends;
      }
    }
    context_->counters.deliveries += sends * told_together_;
  }
  told_at_ = context_->clock->now();
  tick_ms_ = std::max(kTickMs, (monotonic_us() - began) / 1000);
  for (const auto& [to, answer] : std::exchange(after_telling_, {}))
    if (const ViewerPtr viewer = answer ? to.lock() : nullptr) send(viewer, answer);
}

void Room::on_event(const db::Event& event) {
  if (closed_) return;
  const std::string_view topic = event.topic;
  if (topic == kChatSaid) {
    const std::int64_t seq = publish("chat", event.payload, event, 0);
    const auto pending = pending_.extract(event.id.value);
    if (pending.empty()) return;
    ++context_->counters.chats;
    const ViewerPtr viewer = pending.mapped().viewer.lock();
    if (!viewer) return;
    JsonWriter w;
    w.begin().field("t", "said");
    if (!pending.mapped().ref.empty()) w.key("ref").raw(pending.mapped().ref);
    w.field("seq", seq).end();
    if (told_ == seq_)
      send(viewer, frame_of(w));
    else
      after_telling_.emplace_back(viewer, frame_of(w));  // the line itself comes first
  } else if (topic == kChatHeld) {
    chat_held(event);
  } else if (topic == kChatRejected) {
    chat_rejected(parsed(event));
  } else if (topic == "stock.changed") {
    if (!shelf_known_ || shelf_.contains(event.key)) stock_changed(event);
  } else if (topic == "price.changed" || topic == "product.changed") {
    if (shelf_known_ && !shelf_.contains(event.key)) return;
    publish(topic.substr(0, topic.find('.')), event.payload, event, 0);
  } else if (topic == "order.paid") {
    const json::value payload = parsed(event);
    JsonWriter w;
    w.begin().field("name", mask_name(get_text(payload, "who"))).field("title", get_text(payload, "product"));
    w.field("qty", get_int(payload, "qty", 1)).end();
    publish("order", w.text(), event, 0);
  } else {
    const json::value payload = parsed(event);
    const std::int64_t version = get_int(payload, "version");
    if (topic == kPinOpened || topic == kPinClosed) {
      publish(topic, event.payload, event, version);
    } else if (topic == kBroadcastStarted) {
      publish("started", event.payload, event, version);
    } else if (topic == kBroadcastEnded || topic == kBroadcastCancelled) {
      if (topic == kBroadcastCancelled) {
        cancelled_ = true;
        door_known_ = false;
      }
      publish("ended", event.payload, event, version);
      flush_counts();
    } else if (topic == kStreamChanged) {
      publish("picture", event.payload, event, version);
    } else if (topic == kBroadcastChanged) {
      publish("changed", event.payload, event, version);
    } else if (topic == kShelfChanged) {
      shelf_known_ = true;
      shelf_.clear();
      std::vector<ProductId> products;
      for (const auto& item : get_list(payload, "product_ids"))
        if (const auto id = item.is_string() ? ProductId::parse(item.get_string()) : std::nullopt) {
          shelf_.insert(id->value);
          products.push_back(*id);
        }
      context_->shows(id_, products);
      publish("shelf", event.payload, event, version);
    } else if (topic == kRoomMarked) {
      publish("muted", event.payload, event, version);
      marked(payload);
    } else if (is_offer_topic(topic)) {
      publish(topic, event.payload, event, version);
    }
  }
}

// What is left for this room: a change of the common stock leaves its store's own units, a change of another store's
// units is none of its business.
void Room::stock_changed(const db::Event& event) {
  const json::value payload = parsed(event);
  const auto sku = get_id<SkuId>(payload, "sku_id");
  const auto store = get_id<StoreId>(payload, "store_id");
  std::int64_t left = get_int(payload, "left");
  if (store) {
    if (store_ && store != store_) return;
    if (!has(payload, "own"))
      own_.erase(sku.value);
    else if (store_)
      own_.insert_or_assign(
          sku.value, catalog::Allotment{sku, store, get_int(payload, "own"), 0, get_bool(payload, "shared"), 0, 0, 0});
  } else if (const auto own = own_.find(sku.value); own != own_.end()) {
    left = own->second.units + (own->second.shared ? left : 0);
  }
  JsonWriter w;
  w.begin().field("product_id", ProductId{event.key}).field("sku_id", sku).field("left", left);
  if (store) w.field("store_id", store);
  publish("stock", w.end().text(), event, 0);
}

// Nobody reads it but the crew; the sender is told that it waits.
void Room::chat_held(const db::Event& event) {
  const auto pending = pending_.extract(event.id.value);
  if (!pending.empty()) {
    if (const ViewerPtr viewer = pending.mapped().viewer.lock()) {
      JsonWriter w;
      w.begin().field("t", "held").field("id", ChatId{event.id.value});
      if (!pending.mapped().ref.empty()) w.key("ref").raw(pending.mapped().ref);
      w.end();
      send(viewer, frame_of(w));
    }
  }
  JsonWriter w;
  w.begin().field("t", "held_line").key("line").raw(event.payload).end();
  tell_crew(frame_of(w));
}

void Room::chat_rejected(const json::value& payload) {
  const auto person = get_id<PersonId>(payload, "person_id");
  JsonWriter w;
  w.begin().field("t", "rejected").field("id", get_id<ChatId>(payload, "id")).end();
  const net::FramePtr frame = frame_of(w);
  const Walk walk(*this);
  for (std::size_t i = 0; i < viewers_.size(); ++i)
    if (viewers_[i]->person == person && !viewers_[i]->holding) send(ViewerPtr(viewers_[i]), frame);
}

void Room::marked(const json::value& payload) {
  const auto person = get_id<PersonId>(payload, "person_id");
  if (!person) return;
  const bool banned = get_text(payload, "mark") == mark_name(Mark::banned);
  banned_[person.value] = banned ? get_instant(payload, "until_at", kForever) : 0;
  if (banned && is_banned(person, context_->clock->now())) expel(person);
}

bool Room::is_banned(PersonId person, Instant now) const {
  const auto it = banned_.find(person.value);
  return it != banned_.end() && now < it->second;
}

void Room::expel(PersonId person) {
  const Walk walk(*this);
  for (std::size_t i = 0; i < viewers_.size(); ++i)
    if (viewers_[i]->person == person)
      dismiss(ViewerPtr(viewers_[i]), Error{Code::forbidden, "you are banned from this room", {}, {}}, kPolicy);
}

// ——— what viewers say

std::optional<GoWish> Room::text(const net::WsPtr& connection, std::string_view text) {
  const auto viewer = std::static_pointer_cast<Viewer>(connection->user);
  if (!viewer || viewer->gone || viewer->closing) return std::nullopt;
  const auto bad = [&](const Error& error) {
    bad_message(viewer, error);
    return std::nullopt;
  };
  const auto limit = static_cast<std::size_t>(context_->settings->room_message_bytes);
  if (text.size() > limit)
    return bad(Error{Code::body_too_large, "a message has at most " + std::to_string(limit) + " bytes", {}, {}});
  auto message = parse_json(text);
  if (!message) return bad(message.error());
  if (!message->is_object())
    return bad(Error{Code::bad_request, R"(a message is an object like {"t":"chat","text":"…"})", {}, {}});
  const std::string type = get_text(*message, "t");
  if (type == "chat") {
    chat(viewer, *message);
  } else if (type == "like") {
    like(viewer, *message);
  } else if (type == "ping") {
    const auto pong = pong_frame(*message);
    if (!pong) return bad(Error{Code::invalid_field, "must be an integer or a text of at most 64 bytes", "/id", {}});
    send(viewer, *pong);
  } else if (type == "go") {
    auto wish = read_go(*message);
    if (wish) return *std::move(wish);
    bad_message(viewer, wish.error().error, wish.error().ref);
  } else {
    return bad(Error{Code::bad_request, R"("t" must be chat, like, ping or go)", "/t", {}});
  }
  return std::nullopt;
}

std::optional<Status> Room::door(PersonId person, Instant now) const {
  if (!door_known_ || closed_) return std::nullopt;
  if (is_banned(person, now)) return fail(Code::forbidden, "you are banned from this room");
  if (viewers() >= context_->settings->room_viewers)
    return fail(Code::room_full, "at most " + std::to_string(context_->settings->room_viewers) + " may watch");
  return Status{};
}

void Room::answer(const net::WsPtr& connection, const net::FramePtr& frame) {
  const Walk walk(*this);
  if (const auto viewer = std::static_pointer_cast<Viewer>(connection->user)) send(viewer, frame);
}

void Room::bad_message(const ViewerPtr& viewer, const Error& error, std::string_view ref) {
  ++context_->counters.bad_messages;
  const Walk walk(*this);
  if (++viewer->bad_messages >= kBadMessages) return dismiss(viewer, error, kPolicy);
  send_error(viewer, error, ref);
}

bool Room::may_chat(PersonId person, Instant now) {
  auto& times = chat_times_[person.value];
  while (!times.empty() && times.front() <= now - kChatWindowMs) times.pop_front();
  if (static_cast<std::int64_t>(times.size()) >= context_->settings->room_chat_per_10s) return false;
  times.push_back(now);
  return true;
}

void Room::chat(const ViewerPtr& viewer, const json::value& message) {
  const auto ref = echo_of(message, "ref");
  if (!ref)
    return bad_message(viewer,
                       Error{Code::invalid_field, "must be an integer or a text of at most 64 bytes", "/ref", {}});
  const auto* said = message.as_object().if_contains("text");
  if (!said || !said->is_string())
    return bad_message(viewer, Error{Code::invalid_field, "must be a text of 1 to 200 characters", "/text", {}}, *ref);
  ChatWish wish;
  wish.broadcast = id_;
  wish.person = viewer->person;
  wish.guest = viewer->guest;
  wish.chinese = viewer->chinese;
  wish.text = std::string(said->get_string());
  wish.now = context_->clock->now();
  // Length first, so that what could never be said does not count against the limit.
  Broadcast open_room;
  if (const Status right = check_chat(open_room, Mark::none, wish.text); !right)
    return bad_message(viewer, right.error(), *ref);
  if (!may_chat(viewer->person, wish.now)) {
    ++context_->counters.chats_refused;
    return send_error(viewer,
                      Error{Code::too_many_requests,
                            "at most " + std::to_string(context_->settings->room_chat_per_10s) + " lines in 10 s",
                            {},
                            {}},
                      *ref);
  }
  wish.id = context_->ids->make<ChatId>(wish.now);
  const ChatId id = wish.id;
  pending_[id.value] = Pending{viewer, *ref};
  context_->backend->say(std::move(wish), [self = shared_from_this(), token = context_->in_flight->begin(),
                                           id](const Status& status) {
    if (status) return;  // the event tells everybody, and then the sender
    self->context_->post(self->id_.value, [self, token, id, error = status.error()] { self->chat_failed(id, error); });
  });
}

void Room::chat_failed(ChatId id, const Error& error) {
  const auto pending = pending_.extract(id.value);
  ++context_->counters.chats_refused;
  if (pending.empty()) return;
  if (const ViewerPtr viewer = pending.mapped().viewer.lock()) {
    const Walk walk(*this);
    send_error(viewer, error, pending.mapped().ref);
  }
}

void Room::like(const ViewerPtr& viewer, const json::value& message) {
  const std::int64_t n = get_int(message, "n", 1);
  const auto* given = message.as_object().if_contains("n");
  if ((given && !given->is_int64()) || n < 1 || n > kMaxLikes)
    return bad_message(viewer, Error{Code::invalid_field, "must be an integer from 1 to 50", "/n", {}});
  const Instant now = context_->clock->now();
  if (now - viewer->like_window_at >= kLikeWindowMs) {
    viewer->like_window_at = now;
    viewer->likes_in_window = 0;
  }
  const std::int64_t counted = std::min(n, kLikesPerWindow - viewer->likes_in_window);
  viewer->likes_in_window += counted;
  likes_ += counted;
  unflushed_.likes += counted;
  context_->counters.likes += counted;
}

// ——— now and then

void Room::tick(Instant now) {
  if (closed_) return;
  if (now - counts_at_ >= context_->settings->room_counts_ms) {
    counts_at_ = now;
    tell_counts(now);
    std::erase_if(chat_times_, [&](const auto& entry) {
      return entry.second.empty() || entry.second.back() <= now - kChatWindowMs;
    });
    std::erase_if(pending_, [](const auto& entry) { return entry.second.viewer.expired(); });
  }
  if (crew_ > 0 && now - board_at_ >= kBoardMs) {
    board_at_ = now;
    want_board(now);
  }
  // When ten thousand rooms have filled in the same minute, not all of them stand in the writer's queue at once.
  if (now - flushed_at_ >= kFlushMs && context_->counts_under_way < kMostCountsUnderWay) {
    flushed_at_ = now;
    flush_counts();
  }
}

void Room::tell_counts(Instant) {
  if (told_viewers_ == viewers() && told_likes_ == likes_) return;
  told_viewers_ = viewers();
  told_likes_ = likes_;
  JsonWriter w;
  w.begin().field("t", "counts").field("viewers", viewers()).field("likes", likes_).end();
  const net::FramePtr frame = frame_of(w, true);
  const Walk walk(*this);
  for (std::size_t i = 0; i < viewers_.size(); ++i)
    if (!viewers_[i]->holding) send(ViewerPtr(viewers_[i]), frame);
}

void Room::tell_crew(const net::FramePtr& frame) {
  const Walk walk(*this);
  for (std::size_t i = 0; i < viewers_.size(); ++i)
    if (viewers_[i]->crew && !viewers_[i]->holding) send(ViewerPtr(viewers_[i]), frame);
}

void Room::want_board(Instant now) {
  if (reading_board_) return;
  reading_board_ = context_->work([self = shared_from_this(), token = context_->in_flight->begin(), now] {
    auto board = std::make_shared<Result<std::string>>(self->context_->backend->board(self->id_, now));
    self->context_->post(self->id_.value, [self, token, board] { self->board_read(*board); });
  });
}

void Room::board_read(const Result<std::string>& board) {
  reading_board_ = false;
  if (closed_) return;
  if (!board) return log_event(LogEvent::room_no_snapshot, "room {}: no board: {}", id_.text(), board.error().text());
  if (board->empty() || *board == told_board_) return;
  told_board_ = *board;
  JsonWriter w;
  w.begin().field("t", "board").key("board").raw(*board).end();
  tell_crew(frame_of(w, true));
}

void Room::flush_counts() {
  if (flushing_) return;  // what came meanwhile goes with the next one
  if (unflushed_.likes == 0 && unflushed_.enters == 0 && unflushed_.peak_viewers <= flushed_peak_ &&
      viewers() == flushed_viewers_)
    return;
  flushing_ = true;
  unflushed_.viewers = viewers();
  unflushed_.at = context_->clock->now();
  const RoomCounts counts = unflushed_;
  const std::vector<Entered> entered = std::exchange(entered_, {});
  unflushed_ = RoomCounts{.peak_viewers = counts.peak_viewers, .most_viewers = viewers()};
  flushed_viewers_ = viewers();
  ++context_->counts_under_way;
  context_->backend->add_counts(
      id_, counts, entered,
      [self = shared_from_this(), token = context_->in_flight->begin(), counts, entered](const Status& status) {
        --self->context_->counts_under_way;
        self->context_->post(self->id_.value, [self, token, counts, entered, status] {
          if (!status) self->entered_.insert(self->entered_.end(), entered.begin(), entered.end());
          self->counts_flushed(counts, status);
        });
      });
}

void Room::counts_flushed(const RoomCounts& counts, const Status& status) {
  flushing_ = false;
  if (status) {
    flush_failures_ = 0;
    flushed_peak_ = std::max(flushed_peak_, counts.peak_viewers);
  } else {
    log_event(LogEvent::room_counts_lost, "room {}: {}", id_.text(), status.error().text());
    unflushed_.likes += counts.likes;
    unflushed_.enters += counts.enters;
    unflushed_.most_viewers = std::max(unflushed_.most_viewers, counts.most_viewers);
    flushed_viewers_ = -1;
    if (++flush_failures_ >= kFlushAttempts) return;
  }
  if (closed_) flush_counts();
}

}  // namespace lianbo::live
