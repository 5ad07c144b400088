#include "live/live_service.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include "base/crypto.hpp"
#include "catalog/catalog_service.hpp"
#include "catalog/words.hpp"
#include "db/together.hpp"
#include "live/crew_rows.hpp"
#include "live/live_events.hpp"
#include "live/live_store.hpp"
#include "live/offers_service.hpp"
#include "live/offers_store.hpp"
#include "live/stream_service.hpp"
#include "live/stream_store.hpp"
#include "live/tally.hpp"
#include "net/metrics.hpp"
#include "org/org_service.hpp"
#include "org/training.hpp"

namespace lianbo::live {
namespace {

constexpr int kStreamKeyLength = 32;   // base62: 190 bits
constexpr int kStreamNameLength = 20;  // it stands in addresses; a rehearsal's is known to its crew alone
constexpr std::int64_t kMaxAssistants = 50;
constexpr std::int64_t kMaxMarkMinutes = 60 * 24 * 366;
constexpr std::size_t kShownPart = 512;  // items, from which on another part is begun

// Somebody was seen at the brand.
void tally_visit(db::Tx& tx, Bucket bucket, PersonId person, BrandId brand, Instant at) {
  if (!brand) return;
  tally(tx, {.what = What::visit, .bucket = bucket, .id = person.value, .brand = brand, .person = person, .at = at});
}

std::unexpected<Error> no_broadcast(BroadcastId id) {
  return fail(Code::not_found, "there is no broadcast " + id.text());
}

// The guard of every change: the row is locked before anything is decided about it.
Result<Broadcast> lock_broadcast(db::Tx& tx, BroadcastId id) {
  if (auto b = store::lock(tx, id)) return *std::move(b);
  return no_broadcast(id);
}

Status check_products(db::Tx& tx, const Broadcast& b, std::span<const ProductId> products) {
  TRY_OK(check_shelf(products));
  for (std::size_t i = 0; i < products.size(); ++i) {
    const auto product = catalog::find_product(tx, products[i]);
    if (!product || product->brand != b.brand)
      return fail(Code::not_found, "the brand has no product " + products[i].text(),
                  "/product_ids/" + std::to_string(i));
  }
  return {};
}

// Closing before opening: at most one row may be open at any statement.
Result<std::optional<Pin>> apply(db::Tx& tx, const Call& call, const Broadcast& b, const PinStep& step) {
  if (step.closes) {
    store::close_pin(tx, *step.closes);
    tx.emit(pin_event(call, kPinClosed, b, *step.closes));
  }
  if (!step.opens) return std::optional<Pin>{};
  Pin pin = *step.opens;
  pin.id = call.make_id<PinId>();
  store::insert_pin(tx, pin);
  tx.emit(pin_event(call, kPinOpened, b, pin));
  return std::optional<Pin>(pin);
}

// Names of persons are not kept with what they said: they are looked up, so that an erased person has none here either.
std::vector<ChatLine> with_names(db::Tx& tx, std::vector<ChatLine> lines) {
  std::map<PersonId, std::string> names;
  for (auto& line : lines) {
    if (!line.name.empty()) continue;
    const auto [it, fresh] = names.try_emplace(line.person);
    if (fresh) it->second = org::person_name(tx, line.person);
    line.name = it->second.empty() ? std::string(kErasedName) : it->second;
  }
  return lines;
}

// Everybody reads it; whoever has a login and wrote the word of a lucky bag has entered it.
void publish(db::Tx& tx, const Broadcast& b, const ChatLine& line, bool guest) {
  store::insert_chat(tx, b.id, line, guest ? std::string_view(line.name) : std::string_view());
  tx.emit(chat_event(b, line));
  if (guest) return;
  const auto bags = store::bags_entered_by(tx, b.id, catalog::comparable_text(line.text), line.at);
  if (bags.empty() || is_of_room(tx, b, line.person)) return;
  for (const LuckyBagId bag : bags) store::insert_entrant(tx, bag, line.person, line.at);
}

std::string guest_name(PersonId person, bool chinese) {
  return (chinese ? "访客" : "Guest ") + person.text().substr(7);
}

}  // namespace

Result<Broadcast> lock_room(db::Tx& tx, const Call& call, BroadcastId id) {
  TRY(auto b, lock_broadcast(tx, id));
  TRY_OK(require_crew(tx, call.caller, b));
  return b;
}

Result<Scheduled> schedule_broadcast(db::Tx& tx, const Call& call, StoreId store_id, const NewBroadcast& wish) {
  TRY(const auto owner, org::store_owner(tx, store_id));
  TRY_OK(org::require_store(tx, call, owner.store.brand, store_id));
  TRY_OK(check_title(wish.title));
  TRY_OK(check_schedule(wish.scheduled_at, call.now));
  if (owner.agent.state == org::AgentState::left)
    return fail(Code::agent_not_active, "agent " + owner.agent.code + " has left");
  if (wish.audience == Audience::rehearsal && owner.agent.state == org::AgentState::applied)
    return fail(Code::agent_not_active, "agent " + owner.agent.code + " was not taken in yet");
  if (store::count_scheduled(tx, store_id) >= static_cast<std::int64_t>(kMaxScheduled))
    return fail(Code::conflict,
                "a store has at most " + std::to_string(kMaxScheduled) + " broadcasts scheduled; cancel one first");
  Scheduled out;
  Broadcast& b = out.broadcast;
  b.id = call.make_id<BroadcastId>();
  b.brand = owner.store.brand;
  b.store = store_id;
  b.title = wish.title;
  b.scheduled_at = wish.scheduled_at;
  b.created_at = call.now;
  b.audience = wish.audience;
  b.ai_presenter = wish.ai_presenter;
  TRY_OK(check_products(tx, b, wish.products));
  out.stream_key = call.random->base62(kStreamKeyLength);
  b.stream_name = call.random->base62(kStreamNameLength);
  store::insert_broadcast(tx, b, {sha256(out.stream_key), {}});
  store::replace_shelf(tx, b.id, wish.products);
  tx.emit(broadcast_event(call, kBroadcastScheduled, b));
  return out;
}

Result<Scheduled> renew_stream_key(db::Tx& tx, const Call& call, BroadcastId id, bool keep_picture) {
  TRY(auto b, lock_broadcast(tx, id));
  TRY_OK(org::require_store(tx, call, b.brand, b.store));
  TRY_OK(check_shelf_change(b));
  Scheduled out{std::move(b), call.random->base62(kStreamKeyLength)};
  StreamKeys keys{sha256(out.stream_key), {}};
  if (keep_picture) keys.before = store::stream_keys(tx, id).in_use();
  store::set_stream_keys(tx, id, keys);
  if (out.broadcast.stream_name.empty()) {
    out.broadcast.stream_name = call.random->base62(kStreamNameLength);
    store::name_stream(tx, id, out.broadcast.stream_name);
  }
  if (!keep_picture) {
    tx.emit(stream_event(call, kStreamKeyChanged, out.broadcast));
    outsider_gone(tx, call, out.broadcast);
  }
  return out;
}

Result<Broadcast> start_broadcast(db::Tx& tx, const Call& call, BroadcastId id) {
  TRY(const auto found, find_broadcast(tx, id));
  TRY_OK(org::require_store(tx, call, found.brand, found.store));
  store::lock_startable(tx, found.store);
  TRY(auto b, lock_broadcast(tx, id));
  TRY_OK(check_start(b));
  TRY(const auto owner, org::store_owner(tx, b.store));
  if (!b.rehearsal() || owner.agent.state != org::AgentState::training) TRY_OK(org::check_admitted(tx, owner.agent));
  if (const auto other = store::live_of(tx, b.store))
    return fail(Code::already_live, "broadcast " + other->id.text() + " of this store is live; end it first");
  b.state = BroadcastState::live;
  b.started_at = call.now;
  store::set_state(tx, b);
  tx.emit(broadcast_event(call, kBroadcastStarted, b));
  picture_at_start(tx, call, b);
  return b;
}

namespace {
Status end_now(db::Tx& tx, const Call& call, Broadcast& b, std::string_view why) {
  const PinStep step = close_step(b, store::newest_pin(tx, b.id), call.now);
  TRY_OK(apply(tx, call, b, step));
  b.state = BroadcastState::ended;
  b.ended_at = step.at;
  b.ended_why = std::string(why);
  store::set_state(tx, b);
  end_offers(tx, call, b);
  tx.emit(broadcast_event(call, kBroadcastEnded, b));
  return {};
}

void cancel_now(db::Tx& tx, const Call& call, Broadcast& b, std::string_view why) {
  b.state = BroadcastState::cancelled;
  b.ended_at = call.now;
  b.ended_why = std::string(why);
  store::set_state(tx, b);
  tx.emit(broadcast_event(call, kBroadcastCancelled, b));
}
}  // namespace

Result<Broadcast> end_broadcast(db::Tx& tx, const Call& call, BroadcastId id) {
  TRY(const auto found, find_broadcast(tx, id));
  // Whoever changes an agent's state has the brand's row first and the broadcast's then; so has a rehearsal that may.
  if (found.rehearsal()) TRY_OK(org::lock_brand(tx, found.brand));
  TRY(auto b, lock_broadcast(tx, id));
  TRY_OK(org::require_store(tx, call, b.brand, b.store));
  TRY_OK(check_end(b));
  TRY_OK(end_now(tx, call, b, ""));
  if (b.rehearsal()) {
    TRY(const auto owner, org::store_owner(tx, b.store));
    TRY_OK(org::rehearsed(tx, call, owner.agent, b.id, b.ended_at - b.started_at));
  }
  return b;
}

Result<int> end_lost(db::Database& db, const Call& call, int limit) {
  const DurationMs longest = call.settings->media_lost_minutes * kMinuteMs;
  if (longest == 0) return 0;
  const Instant before = call.now - longest;
  TRY(const auto lost,
      db.read([&](db::Tx& tx) -> Result<std::vector<BroadcastId>> { return store::lost_pictures(tx, before, limit); }));
  int ended = 0;
  for (const BroadcastId id : lost) {
    bool now = false;
    TRY_OK(db.write([&](db::Tx& tx) -> Status {
      TRY(auto b, lock_broadcast(tx, id));
      now = b.state == BroadcastState::live && b.publisher.empty() && b.cut_at != 0 && b.cut_at <= before &&
            !b.picture_of && b.started_at <= b.cut_at;
      if (now) TRY_OK(end_now(tx, call, b, "lost"));  // a rehearsal that is lost counts for nothing
      return {};
    }));
    if (!now) continue;
    ++ended;
    net::metrics().counter(net::Metric::media_lost).add();
  }
  return ended;
}

Status follow_agent(db::Tx& tx, const Call& call, const org::Agent& agent) {
  if (agent.state != org::AgentState::suspended && agent.state != org::AgentState::left) return {};
  store::lock_startable(tx, agent.store);
  for (Broadcast& b : store::startable(tx, agent.store)) {
    if (b.state == BroadcastState::live)
      TRY_OK(end_now(tx, call, b, org::state_text(agent.state)));
    else if (agent.state == org::AgentState::left)
      cancel_now(tx, call, b, org::state_text(agent.state));
  }
  if (agent.state == org::AgentState::left) catalog::give_back_store(tx, call, agent.store);
  return {};
}

Result<Broadcast> cancel_broadcast(db::Tx& tx, const Call& call, BroadcastId id) {
  TRY(auto b, lock_broadcast(tx, id));
  TRY_OK(org::require_store(tx, call, b.brand, b.store));
  TRY_OK(check_cancel(b));
  cancel_now(tx, call, b, "");
  return b;
}

Result<Broadcast> change_broadcast(db::Tx& tx, const Call& call, BroadcastId id, const BroadcastPatch& patch) {
  TRY(auto b, lock_broadcast(tx, id));
  TRY_OK(org::require_store(tx, call, b.brand, b.store));
  const std::string title = patch.title.value_or(b.title);
  const Instant at = patch.scheduled_at.value_or(b.scheduled_at);
  TRY_OK(check_rename(b));
  if (title != b.title) TRY_OK(check_title(title));
  if (at != b.scheduled_at) TRY_OK(check_move(b, at, call.now));
  const bool ai = patch.ai_presenter.value_or(b.ai_presenter);
  if (!ai && b.ai_presenter && b.state != BroadcastState::scheduled)
    return fail(Code::broadcast_state_conflict,
                "what was shown as made by AI stays labelled: in the replay and in every clip", "/ai_presenter");
  if (title == b.title && at == b.scheduled_at && ai == b.ai_presenter) return b;
  if (ai && !b.ai_presenter) {
    for (const Broadcast& room : store::label_ai(tx, id)) {
      if (room.id == id)
        b.version = room.version;
      else
        tx.emit(broadcast_event(call, kBroadcastChanged, room));
    }
  } else if (ai != b.ai_presenter) {
    store::unlabel_ai(tx, id);
  }
  b.ai_presenter = ai;
  b.title = title;
  b.scheduled_at = at;
  store::set_plan(tx, b);
  tx.emit(broadcast_event(call, kBroadcastChanged, b));
  return b;
}

Status set_shelf(db::Tx& tx, const Call& call, BroadcastId id, std::span<const ProductId> products) {
  TRY(const auto b, lock_broadcast(tx, id));
  TRY_OK(org::require_store(tx, call, b.brand, b.store));
  TRY_OK(check_shelf_change(b));
  TRY_OK(check_products(tx, b, products));
  const auto open = store::open_pin(tx, id);
  if (open && std::find(products.begin(), products.end(), open->product) == products.end())
    TRY_OK(apply(tx, call, b, close_step(b, open, call.now)));
  store::replace_shelf(tx, id, products);
  tx.emit(shelf_event(call, b, products));
  return {};
}

Result<Pin> pin_product(db::Tx& tx, const Call& call, BroadcastId id, ProductId product) {
  TRY(const auto b, lock_broadcast(tx, id));
  TRY_OK(require_crew(tx, call.caller, b));
  TRY_OK(check_pin(b));
  if (!store::on_shelf(tx, id, product))
    return fail(Code::not_on_shelf, "product " + product.text() + " is not on the shelf of broadcast " + id.text(),
                "/product_id");
  const auto newest = store::newest_pin(tx, id);
  TRY(auto opened, apply(tx, call, b, open_step(b, newest, product, call.now)));
  return opened ? *opened : *newest;
}

Result<std::optional<Pin>> unpin(db::Tx& tx, const Call& call, BroadcastId id) {
  TRY(const auto b, lock_broadcast(tx, id));
  TRY_OK(require_crew(tx, call.caller, b));
  TRY_OK(check_pin(b));
  const PinStep step = close_step(b, store::newest_pin(tx, id), call.now);
  TRY_OK(apply(tx, call, b, step));
  return step.closes;
}

Status set_note(db::Tx& tx, const Call& call, BroadcastId id, ProductId product, std::string_view text) {
  TRY(const auto b, lock_broadcast(tx, id));
  TRY_OK(require_crew(tx, call.caller, b));
  TRY_OK(check_shelf_change(b));
  TRY_OK(check_note(text));
  if (!store::on_shelf(tx, id, product))
    return fail(Code::not_on_shelf, "product " + product.text() + " is not on the shelf of broadcast " + id.text(),
                "/product_id");
  store::put_note(tx, id, {product, std::string(text)}, call.now);
  return {};
}

Result<std::vector<ShelfNote>> notes_of(db::Tx& tx, const Call& call, BroadcastId id) {
  TRY(const auto b, find_broadcast(tx, id));
  TRY_OK(require_crew(tx, call.caller, b));
  return store::notes(tx, id);
}

Status reserve(db::Tx& tx, const Call& call, BroadcastId id) {
  TRY_OK(require_login(call));
  TRY(const auto b, find_broadcast(tx, id));
  if (b.rehearsal()) return no_broadcast(id);
  if (b.state != BroadcastState::scheduled)
    return fail(Code::broadcast_state_conflict, "broadcast " + id.text() + " is " + std::string(state_name(b.state)) +
                                                    "; only a scheduled one can be reserved");
  store::put_reservation(tx, id, call.caller.person, call.now);
  return {};
}

Status unreserve(db::Tx& tx, const Call& call, BroadcastId id) {
  TRY_OK(require_login(call));
  TRY(const auto b, find_broadcast(tx, id));
  store::cancel_reservation(tx, b.id, call.caller.person, call.now);
  return {};
}

Result<std::vector<Broadcast>> take_reminders(db::Tx& tx, const Call& call) {
  TRY_OK(require_login(call));
  std::vector<Broadcast> out;
  for (const BroadcastId id : store::take_reminders(tx, call.caller.person, call.now, call.now - kRemindMs)) {
    TRY(auto b, find_broadcast(tx, id));
    out.push_back(std::move(b));
  }
  return out;
}

Status mark_person(db::Tx& tx, const Call& call, BroadcastId id, PersonId person, Mark mark, std::int64_t minutes) {
  TRY(const auto b, lock_broadcast(tx, id));
  TRY_OK(require_crew(tx, call.caller, b));
  if (minutes < 0 || minutes > kMaxMarkMinutes)
    return fail(Code::invalid_field, "must be 0 (for good) to " + std::to_string(kMaxMarkMinutes), "/minutes");
  TRY(const auto owner, org::store_owner(tx, b.store));
  if (mark != Mark::none && person == owner.agent.person)
    return fail(Code::forbidden, "the host can't be muted or banned in their own room", "/person_id");
  const RoomMark wish{mark, minutes == 0 ? kForever : call.now + minutes * kMinuteMs};
  if (mark == Mark::none)
    store::remove_mark(tx, id, person);
  else
    store::put_mark(tx, id, person, wish, call.caller.person, call.now);
  tx.emit(mark_event(call, b, person, wish));
  return {};
}

Status add_assistant(db::Tx& tx, const Call& call, StoreId store_id, PersonId person) {
  TRY(const auto s, org::find_store(tx, store_id));
  TRY_OK(org::require_store(tx, call, s.brand, store_id));
  if (org::person_name(tx, person).empty())
    return fail(Code::not_found, "there is no person " + person.text() + " with a login", "/person_id");
  if (store::count_assistants(tx, store_id) >= kMaxAssistants && !store::is_assistant(tx, store_id, person))
    return fail(Code::conflict, "a store has at most " + std::to_string(kMaxAssistants) + " assistants");
  if (store::add_assistant(tx, store_id, person, call.now))
    org::audit(tx, call, s.brand, "assistant.add", "store", store_id.value,
               JsonWriter().begin().field("person_id", person).end().take());
  return {};
}

Result<Assistant> add_assistant_by_login(db::Tx& tx, const Call& call, StoreId store_id, std::string_view login) {
  TRY(const auto s, org::find_store(tx, store_id));
  TRY_OK(org::require_store(tx, call, s.brand, store_id));
  const auto found = org::find_login(tx, login);
  if (!found) return fail(Code::not_found, "nobody has this login; ask the person how they log in", "/login");
  TRY_OK(add_assistant(tx, call, store_id, found->person));
  TRY(auto all, assistants_of(tx, call, store_id));
  for (Assistant& one : all)
    if (one.person == found->person) return std::move(one);
  return fail(Code::not_found, "they are no assistant");
}

Result<std::vector<Assistant>> assistants_of(db::Tx& tx, const Call& call, StoreId store_id) {
  TRY(const auto s, org::find_store(tx, store_id));
  TRY_OK(org::require_store(tx, call, s.brand, store_id));
  auto out = store::assistants(tx, store_id);
  for (Assistant& one : out) one.name = org::person_name(tx, one.person);
  return out;
}

Result<std::vector<MarkedPerson>> marks_of(db::Tx& tx, const Call& call, BroadcastId id) {
  TRY(const auto b, find_broadcast(tx, id));
  TRY_OK(require_crew(tx, call.caller, b));
  auto out = store::marks(tx, id, call.now);
  for (MarkedPerson& one : out) {
    one.name = org::person_name(tx, one.person);
    if (one.name.empty()) one.name = guest_name(one.person, call.chinese);
  }
  return out;
}

Status remove_assistant(db::Tx& tx, const Call& call, StoreId store_id, PersonId person) {
  TRY(const auto s, org::find_store(tx, store_id));
  TRY_OK(org::require_store(tx, call, s.brand, store_id));
  if (store::remove_assistant(tx, store_id, person))
    org::audit(tx, call, s.brand, "assistant.remove", "store", store_id.value,
               JsonWriter().begin().field("person_id", person).end().take());
  return {};
}

Status say(db::Tx& tx, const ChatWish& wish) {
  TRY(const auto b, find_broadcast(tx, wish.broadcast));
  TRY_OK(check_chat(b, mark_of(tx, b.id, wish.person, wish.now), wish.text));
  ChatLine line;
  line.id = wish.id;
  line.person = wish.person;
  line.name = wish.guest ? guest_name(wish.person, wish.chinese) : org::person_name(tx, wish.person);
  line.text = wish.text;
  line.media_ms = media_ms_at(b, wish.now);
  line.at = wish.now;
  if (const auto word = catalog::forbidden_word_in(tx, b.brand, wish.text)) {
    const HeldLine held{line.id,   b.id,  line.person,   wish.guest, line.name,
                        line.text, *word, line.media_ms, line.at,    "held"};
    store::insert_held(tx, held);
    tx.emit(held_event(b, held));
    return {};
  }
  publish(tx, b, line, wish.guest);
  return {};
}

Status say_released(db::Tx& tx, const Call& call, const Broadcast& b, const HeldLine& held) {
  // A line of this instant: who follows the room by the ids of its lines does not miss it.
  ChatLine line{call.make_id<ChatId>(), held.person, held.name, held.text, media_ms_at(b, call.now), call.now};
  publish(tx, b, line, held.guest);
  return {};
}

std::int64_t record_exposures(db::Tx& tx, const Call& call, std::span<const Exposure> items) {
  const PersonId person = call.caller.person;
  const Beacon beacon{call.bucket(person), person, call.now, {items.begin(), items.end()}};
  return record_exposures(tx, std::span(&beacon, 1)).front();
}

std::vector<Counted> record_told_exposures(db::Tx& tx, std::span<const Beacon> beacons, const ClipsShown& clips_shown) {
  std::set<BroadcastId> rooms;
  std::set<ProductId> products;
  std::set<ClipId> clips;
  for (const Beacon& beacon : beacons)
    for (const Exposure& item : beacon.items) {
      if (item.kind == "broadcast") rooms.insert(BroadcastId{item.item});
      if (item.kind == "product") products.insert(ProductId{item.item});
      if (item.kind == "clip") clips.insert(ClipId{item.item});
    }
  const auto told = [](const auto& ids) {
    using Ids = std::remove_cvref_t<decltype(ids)>;
    return std::vector<typename Ids::value_type>(ids.begin(), ids.end());
  };
  const auto keep = [](auto& ids, const auto& shown) {
    ids.clear();
    ids.insert(shown.begin(), shown.end());
  };
  if (!rooms.empty()) keep(rooms, store::rooms_of_the_public(tx, told(rooms)));
  if (!products.empty()) keep(products, store::products_on_sale(tx, told(products)));
  if (!clips.empty()) keep(clips, clips_shown ? clips_shown(tx, told(clips)) : std::vector<ClipId>{});

  std::vector<Counted> out(beacons.size());
  std::vector<Beacon> shown(beacons.begin(), beacons.end());
  for (std::size_t i = 0; i < shown.size(); ++i) {
    std::erase_if(shown[i].items, [&](const Exposure& item) {
      const bool is = item.kind == "broadcast" ? rooms.contains(BroadcastId{item.item})
                      : item.kind == "product" ? products.contains(ProductId{item.item})
                                               : item.kind == "clip" && clips.contains(ClipId{item.item});
      if (!is) out[i].left_out.push_back(item);
      return !is;
    });
    auto& left_out = out[i].left_out;
    const auto key = [](const Exposure& item) { return std::tie(item.kind, item.item); };
    std::ranges::sort(left_out, {}, key);
    const auto again = std::ranges::unique(left_out, {}, key);
    left_out.erase(again.begin(), again.end());
  }
  const auto fresh = record_exposures(tx, shown);
  for (std::size_t i = 0; i < fresh.size(); ++i) out[i].fresh = fresh[i];
  return out;
}

// Persons and rooms in order of key, so that two servers can't wait for each other.
std::vector<std::int64_t> record_exposures(db::Tx& tx, std::span<const Beacon> beacons) {
  std::vector<const Beacon*> order;
  for (const Beacon& beacon : beacons) order.push_back(&beacon);
  std::sort(order.begin(), order.end(), [](const Beacon* a, const Beacon* b) {
    return std::tie(a->bucket, a->person, a) < std::tie(b->bucket, b->person, b);
  });
  struct Shown {
    const Exposure* item;
    const Beacon* beacon;
    bool is(const Shown& other) const { return item->item == other.item->item && item->kind == other.item->kind; }
  };
  std::vector<std::int64_t> counted(beacons.size());
  std::vector<std::pair<std::int64_t, Instant>> rooms;
  std::map<std::int64_t, BrandId> brands;
  std::vector<Shown> shown, fresh;
  for (std::size_t i = 0; i < order.size();) {
    const Bucket bucket = order[i]->bucket;
    const PersonId person = order[i]->person;
    shown.clear();
    for (; i < order.size() && order[i]->person == person; ++i)
      for (const Exposure& item : order[i]->items) shown.push_back({&item, order[i]});
    std::sort(shown.begin(), shown.end(), [](const Shown& a, const Shown& b) {
      return std::tie(a.item->kind, a.item->item, a.beacon) < std::tie(b.item->kind, b.item->item, b.beacon);
    });
    BrandId visited;
    Instant visited_at = 0;
    for (auto from = shown.cbegin(); from != shown.cend();) {
      const std::string& kind = from->item->kind;
      auto to = from;
      fresh.clear();
      for (; to != shown.cend() && to->item->kind == kind; ++to)
        if (fresh.empty() || !fresh.back().is(*to)) fresh.push_back(*to);
      from = to;
      auto parts = store::lock_shown(tx, bucket, person, kind, fresh.front().beacon->at);
      for (const auto& part : parts) {
        auto known = part.items.begin();
        std::erase_if(fresh, [&](const Shown& s) {
          known = std::lower_bound(known, part.items.end(), s.item->item);
          return known != part.items.end() && *known == s.item->item;
        });
      }
      if (fresh.empty()) continue;
      if (parts.empty() || parts.back().items.size() >= kShownPart)
        parts.push_back({parts.empty() ? 0 : parts.back().part + 1, {}});
      auto& last = parts.back();
      const auto middle = static_cast<std::ptrdiff_t>(last.items.size());
      Instant at = 0;
      for (const Shown& s : fresh) {
        ++counted[static_cast<std::size_t>(s.beacon - beacons.data())];
        last.items.push_back(s.item->item);
        at = std::max(at, s.beacon->at);
        if (kind == "broadcast") rooms.emplace_back(s.item->item, s.beacon->at);
      }
      std::inplace_merge(last.items.begin(), last.items.begin() + middle, last.items.end());
      store::save_shown(tx, bucket, person, kind, last, at);
      if (kind != "broadcast") continue;
      visited_at = at;
      for (const Shown& s : fresh) {
        const auto [known, is_new] = brands.try_emplace(s.item->item);
        if (is_new)
          if (const auto b = store::find(tx, BroadcastId{s.item->item})) known->second = b->brand;
        if ((visited = known->second)) break;
      }
    }
    tally_visit(tx, bucket, person, visited, visited_at);
  }
  // A lone beacon's rooms are counted in its person's bucket, so that a crowd of them does not wait for one row.
  const Bucket bucket = beacons.size() == 1 ? beacons.front().bucket : 0;
  std::sort(rooms.begin(), rooms.end());
  for (std::size_t i = 0, end; i < rooms.size(); i = end) {
    for (end = i; end < rooms.size() && rooms[end].first == rooms[i].first;) ++end;
    const auto& [id, at] = rooms[i];
    tally(tx, {.what = What::exposure,
               .bucket = bucket,
               .id = id,
               .broadcast = {id},
               .n = static_cast<std::int64_t>(end - i),
               .at = at});
  }
  return counted;
}

std::int64_t record_clicks(db::Tx& tx, const Call& call, std::span<const Click> clicks) {
  std::vector<Click> sorted(clicks.begin(), clicks.end());
  std::sort(sorted.begin(), sorted.end(), [](const Click& a, const Click& b) {
    return std::tie(a.store, a.broadcast, a.product) < std::tie(b.store, b.broadcast, b.product);
  });
  const PersonId person = call.caller.person;
  const Bucket bucket = call.bucket(person);
  std::int64_t counted = 0;
  BrandId visited;
  for (const Click& click : sorted) {
    const auto store = org::find_store(tx, click.store);
    const auto product = catalog::find_product(tx, click.product);
    if (!store || !product || product->brand != store->brand) continue;
    if (click.broadcast) {
      const auto b = store::find(tx, click.broadcast);
      if (!b || b->store != click.store || b->rehearsal()) continue;
    }
    if (!store::insert_click(tx, bucket, person, click, call.now)) continue;
    ++counted;
    visited = store->brand;
    Tally fact{.what = What::click, .bucket = bucket, .id = call.make_id<EventId>(bucket).value, .at = call.now};
    fact.brand = store->brand;
    fact.person = person;
    fact.store = click.store;
    fact.broadcast = click.broadcast;
    fact.share = click.share;
    fact.product = click.product;
    if (const auto pin = click.broadcast ? store::open_pin(tx, click.broadcast) : std::nullopt)
      if (pin->product == click.product) fact.pin = pin->id;
    tally(tx, fact);
  }
  tally_visit(tx, bucket, person, visited, call.now);
  return counted;
}

Status add_counts(db::Tx& tx, BroadcastId id, const RoomCounts& counts) {
  if (!store::add_counts(tx, id, counts)) return no_broadcast(id);
  if (counts.enters > 0 && !store::find(tx, id).value_or(Broadcast{}).rehearsal())
    tally(tx, {.what = What::enter, .id = id.value, .broadcast = id, .n = counts.enters, .at = counts.at});
  return {};
}

bool is_of_room(db::Tx& tx, const Broadcast& b, PersonId person) {
  const auto owner = org::store_owner(tx, b.store);
  return (owner && owner->agent.person == person) || store::is_assistant(tx, b.store, person);
}

Status require_crew(db::Tx& tx, const Caller& caller, const Broadcast& b) {
  if (!caller.guest && store::is_assistant(tx, b.store, caller.person)) return {};
  Call call;
  call.caller = caller;
  return org::require_store(tx, call, b.brand, b.store);
}

Result<Broadcast> find_broadcast(db::Tx& tx, BroadcastId id) {
  if (auto b = store::find(tx, id)) return *std::move(b);
  return no_broadcast(id);
}
std::map<BroadcastId, Broadcast> find_broadcasts(db::Tx& tx, std::span<const BroadcastId> ids) {
  return store::find_many(tx, ids);
}
Result<Broadcast> hold_broadcast(db::Tx& tx, BroadcastId id) {
  if (auto b = store::hold(tx, id)) return *std::move(b);
  return no_broadcast(id);
}
bool sees_rehearsals(db::Tx& tx, const Caller& caller, BrandId brand, StoreId store_id) {
  if (caller.system || caller.owns_store(store_id)) return true;
  if (!caller.guest && store::is_assistant(tx, store_id, caller.person)) return true;
  Call call;
  call.caller = caller;
  return org::staff_roles_at(tx, call, brand, store_id) != 0;
}
Result<Broadcast> visible_broadcast(db::Tx& tx, const Caller& caller, BroadcastId id) {
  TRY(auto b, find_broadcast(tx, id));
  if (b.rehearsal() && !sees_rehearsals(tx, caller, b.brand, b.store)) return no_broadcast(id);
  return b;
}
std::optional<Pin> open_pin(db::Tx& tx, BroadcastId id) { return store::open_pin(tx, id); }
std::optional<Pin> last_pin_of(db::Tx& tx, BroadcastId id, ProductId product) {
  return store::newest_pin_of(tx, id, product);
}
std::vector<Pin> pins_of(db::Tx& tx, BroadcastId id, PinId after, int limit) {
  return store::pins(tx, id, after, limit);
}
bool on_shelf(db::Tx& tx, BroadcastId id, ProductId product) { return store::on_shelf(tx, id, product); }
std::vector<ProductId> shelf_of(db::Tx& tx, BroadcastId id) { return store::shelf(tx, id); }
std::optional<Broadcast> live_broadcast_of(db::Tx& tx, StoreId id) { return store::live_of(tx, id); }
std::optional<Broadcast> next_broadcast_of(db::Tx& tx, StoreId id, Instant now) {
  auto planned = planned_of(tx, id, now, 1);
  if (planned.empty()) return std::nullopt;
  return std::move(planned.front());
}
std::vector<Broadcast> planned_of(db::Tx& tx, StoreId id, Instant now, int limit) {
  return store::planned_of(tx, id, now - kScheduleBackMs, limit);
}
std::vector<Broadcast> broadcasts_of(db::Tx& tx, StoreId id, bool rehearsals, BroadcastId after, int limit) {
  return store::of_store(tx, id, rehearsals, after, limit);
}
Promises promises_of(db::Tx& tx, StoreId id, Instant now) {
  // Cancelled in time is no promise, so a few more rows are read than are counted.
  return count_promises(store::newest_by_schedule(tx, id, now, 5 * kPromises), now);
}
std::int64_t reservations_of(db::Tx& tx, BroadcastId id) { return store::count_reservations(tx, id); }
std::map<BroadcastId, std::int64_t> reservations_of(db::Tx& tx, std::span<const BroadcastId> ids) {
  return store::count_reservations(tx, ids);
}
bool is_reserved(db::Tx& tx, BroadcastId id, PersonId person) { return store::has_reservation(tx, id, person); }
bool is_assistant(db::Tx& tx, StoreId id, PersonId person) { return store::is_assistant(tx, id, person); }
Mark mark_of(db::Tx& tx, BroadcastId id, PersonId person, Instant now) {
  return mark_at(store::mark(tx, id, person), now);
}
std::vector<ChatLine> chat_of(db::Tx& tx, BroadcastId id, ChatId after, int limit) {
  return with_names(tx, store::chat(tx, id, after, limit));
}
std::vector<UnrecordedChat> unrecorded_chat(db::Tx& tx, int limit) { return store::unrecorded_chat(tx, limit); }
void chat_recorded(db::Tx& tx, std::span<const UnrecordedChat> lines) {
  db::for_each_part(tx, lines.size(),
                    [&](db::Tx& part, std::size_t i) { store::set_recorded(part, lines[i].broadcast, lines[i].id); });
}
std::vector<ChatLine> chat_of_person(db::Tx& tx, BroadcastId id, PersonId person, int limit) {
  return store::chat_of_person(tx, id, person, limit);
}
std::vector<BroadcastId> reserved_by(db::Tx& tx, PersonId person, int limit) {
  return store::reserved_by(tx, person, limit);
}
std::vector<ChatLine> last_chat_of(db::Tx& tx, BroadcastId id, int limit) {
  auto lines = with_names(tx, store::last_chat(tx, id, limit));
  std::reverse(lines.begin(), lines.end());
  return lines;
}

Hall hall_of(db::Tx& tx, BrandId brand, Instant now) {
  return Hall{store::on_air(tx, brand, kHallOnAir), store::coming(tx, brand, now - kScheduleBackMs, kHallNext),
              store::ended(tx, brand, kHallEnded)};
}

std::vector<Broadcast> rooms_selling(db::Tx& tx, BrandId brand, ProductId product, int limit) {
  return store::selling(tx, brand, product, limit);
}

}  // namespace lianbo::live
