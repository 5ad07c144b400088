#include "share/share_service.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <span>
#include <utility>

#include "catalog/catalog_service.hpp"
#include "clips/clips_service.hpp"
#include "live/live_service.hpp"
#include "live/tally.hpp"
#include "org/org_service.hpp"
#include "share/share_store.hpp"

namespace lianbo::share {
namespace {

constexpr int kMostSteps = 100;  // of a cascade, upwards

using db::Tx;
using store::Guard;

// A phone's clock runs a little ahead of the server's: a moment just past what was shown is the newest moment.
constexpr std::int64_t kMediaAheadMs = kMinuteMs;
constexpr int kTokenTries = 4;
constexpr int kPinPage = 200;

template <class T>
Result<T> at_place(Result<T> result, std::string_view place) {
  if (!result) result.error().where = place;
  return result;
}

// ---- making a share

// Who has applied sells for nobody yet: a buyer like others, until staff has said yes.
Result<bool> has_only_applied(Tx& tx, const AgentOf& agent) {
  if (agent.active) return false;
  TRY(const org::Agent known, org::find_agent(tx, agent.agent));
  return known.state == org::AgentState::applied;
}

// What the kinds may name beside their channel.
Status check_fields(const NewShare& wish) {
  struct Given {
    bool given;
    std::string_view field;
    std::initializer_list<Kind> kinds;
  };
  const Given fields[] = {
      {bool(wish.store),
       "store_id",
       {Kind::moment, Kind::broadcast, Kind::clip, Kind::product, Kind::store, Kind::recruit}},
      {bool(wish.broadcast), "broadcast_id", {Kind::moment, Kind::broadcast}},
      {bool(wish.product), "product_id", {Kind::moment, Kind::product}},
      {wish.media_ms.has_value(), "media_ms", {Kind::moment}},
      {bool(wish.clip), "clip_id", {Kind::clip}},
      {bool(wish.order), "order_id", {Kind::receipt}},
  };
  for (const Given& f : fields) {
    if (f.given && std::find(f.kinds.begin(), f.kinds.end(), wish.kind) == f.kinds.end()) {
      const std::string field(f.field);
      return fail(Code::invalid_field, "a share of kind " + std::string(kind_text(wish.kind)) + " takes no " + field,
                  "/" + field);
    }
  }
  return {};
}

Status need(bool given, std::string_view field, Kind kind) {
  if (given) return {};
  const std::string name(field);
  return fail(Code::missing_field, "a share of kind " + std::string(kind_text(kind)) + " needs " + name, "/" + name);
}

// The pin of the product that was open at that media time.
std::optional<live::Pin> covering_pin(Tx& tx, const live::Broadcast& broadcast, ProductId product,
                                      const live::Pin& last, std::int64_t media_ms) {
  const auto covers = [&](const live::Pin& pin) {
    return pin.product == product && pin.media_open_ms <= media_ms && (pin.open() || media_ms < pin.media_close_ms);
  };
  if (covers(last)) return last;
  for (PinId after;;) {
    const std::vector<live::Pin> pins = live::pins_of(tx, broadcast.id, after, kPinPage);
    for (const live::Pin& pin : pins)
      if (covers(pin)) return pin;
    if (pins.size() < static_cast<std::size_t>(kPinPage)) return std::nullopt;
    after = pins.back().id;
  }
}

Status same_store(const NewShare& wish, StoreId store) {
  if (!wish.store || wish.store == store) return {};
  return fail(Code::invalid_field, "this broadcast belongs to another store; leave store_id out", "/store_id");
}

// A rehearsal is not there for anybody it could be shared with.
Result<live::Broadcast> shareable(Tx& tx, const NewShare& wish) {
  TRY(live::Broadcast broadcast, at_place(live::find_broadcast(tx, wish.broadcast), "/broadcast_id"));
  if (broadcast.rehearsal()) return fail(Code::not_found, "a rehearsal is not shared", "/broadcast_id");
  return broadcast;
}

Status fill_moment(Tx& tx, const Call& call, const NewShare& wish, Share& share) {
  TRY_OK(need(bool(wish.broadcast), "broadcast_id", wish.kind));
  TRY_OK(need(bool(wish.product), "product_id", wish.kind));
  TRY(const live::Broadcast broadcast, shareable(tx, wish));
  TRY(const catalog::Product product, at_place(catalog::find_product(tx, wish.product), "/product_id"));
  TRY_OK(same_store(wish, broadcast.store));
  const std::optional<live::Pin> last = live::last_pin_of(tx, broadcast.id, product.id);
  if (!last && (product.brand != broadcast.brand || !live::on_shelf(tx, broadcast.id, product.id))) {
    return fail(Code::not_on_shelf, "a moment is of a product on the broadcast's shelf or once explained in it",
                "/product_id");
  }
  share.brand = broadcast.brand;
  share.store = broadcast.store;
  share.broadcast = broadcast.id;
  share.product = product.id;
  const std::int64_t shown_ms = live::media_ms_at(broadcast, call.now);
  if (wish.media_ms) {
    if (*wish.media_ms < 0 || *wish.media_ms > shown_ms + kMediaAheadMs) {
      return fail(Code::invalid_field,
                  "this broadcast has shown media times from 0 to " + std::to_string(shown_ms) + " ms", "/media_ms");
    }
    share.media_ms = std::min(*wish.media_ms, shown_ms);
  } else if (broadcast.state == live::BroadcastState::live) {
    share.media_ms = shown_ms;
  } else if (last) {
    share.media_ms = last->media_open_ms;
  }
  if (last && share.media_ms)
    if (const auto pin = covering_pin(tx, broadcast, product.id, *last, *share.media_ms)) share.pin = pin->id;
  return {};
}

Status fill_broadcast(Tx& tx, const NewShare& wish, Share& share) {
  TRY_OK(need(bool(wish.broadcast), "broadcast_id", wish.kind));
  TRY(const live::Broadcast broadcast, shareable(tx, wish));
  TRY_OK(same_store(wish, broadcast.store));
  share.brand = broadcast.brand;
  share.store = broadcast.store;
  share.broadcast = broadcast.id;
  return {};
}

Status fill_product(Tx& tx, const Call& call, const NewShare& wish, Share& share) {
  TRY_OK(need(bool(wish.product), "product_id", wish.kind));
  TRY(const catalog::Product product, at_place(catalog::find_product(tx, wish.product), "/product_id"));
  const AgentOf* own = call.caller.agent_at(product.brand);
  if (own != nullptr) {
    TRY(const bool applied, has_only_applied(tx, *own));
    if (applied) own = nullptr;
  }
  const StoreId wanted = wish.store ? wish.store : own != nullptr ? own->store : StoreId{};
  TRY_OK(need(bool(wanted), "store_id", wish.kind));
  TRY(const org::Store store, at_place(org::find_store(tx, wanted), "/store_id"));
  if (store.brand != product.brand)
    return fail(Code::invalid_field, "this store sells another brand's products", "/store_id");
  share.brand = product.brand;
  share.store = store.id;
  share.product = product.id;
  return {};
}

Status fill_store(Tx& tx, const NewShare& wish, Share& share) {
  TRY_OK(need(bool(wish.store), "store_id", wish.kind));
  TRY(const org::Store store, at_place(org::find_store(tx, wish.store), "/store_id"));
  share.brand = store.brand;
  share.store = store.id;
  return {};
}

// Who applies through it gets its sharer as recruiter, so only an active agent can make one, and only for themselves.
Status fill_recruit(const Call& call, const NewShare& wish, Share& share) {
  if (call.caller.agents.empty()) return fail(Code::forbidden, "only an agent can recruit");
  const AgentOf* own = nullptr;
  for (const AgentOf& agent : call.caller.agents)
    if (wish.store ? agent.store == wish.store : call.caller.agents.size() == 1) own = &agent;
  if (own == nullptr) {
    if (wish.store) return fail(Code::forbidden, "an agent recruits for their own store only", "/store_id");
    return need(false, "store_id", wish.kind);
  }
  if (!own->active) return fail(Code::agent_not_active, "only an active agent can recruit");
  share.brand = own->brand;
  share.store = own->store;
  return {};
}

Status fill_receipt(Tx& tx, const Call& call, const NewShare& wish, const OrderFactsFn& order_facts, Share& share) {
  TRY_OK(need(bool(wish.order), "order_id", wish.kind));
  if (!order_facts) return fail(Code::not_found, "no such order", "/order_id");
  TRY(const ReceiptFacts facts, at_place(order_facts(tx, wish.order), "/order_id"));
  // Somebody else's order looks like none.
  if (facts.buyer != call.caller.person) return fail(Code::not_found, "no such order", "/order_id");
  if (!facts.paid) return fail(Code::order_state_conflict, "an order can be shared once it is paid", "/order_id");
  share.brand = facts.brand;
  share.store = facts.store;
  share.broadcast = facts.broadcast;
  share.product = facts.product;
  share.pin = facts.pin;
  share.order = wish.order;
  if (share.broadcast && share.pin) {
    const std::vector<live::Pin> pins = live::pins_of(tx, share.broadcast, PinId{share.pin.value - 1}, 1);
    if (!pins.empty() && pins.front().id == share.pin) share.media_ms = pins.front().media_open_ms;
  }
  return {};
}

// Of the store it is from, or of one it is posted in.
Status fill_clip(Tx& tx, const NewShare& wish, Share& share) {
  TRY_OK(need(bool(wish.clip), "clip_id", wish.kind));
  const auto clip = clips::visible_clip(tx, wish.clip);
  if (!clip) return fail(Code::not_found, "there is no such clip", "/clip_id");
  share.brand = clip->brand;
  share.store = wish.store ? wish.store : clip->store;
  if (share.store != clip->store && !clips::clipper_of(tx, clip->id, share.store))
    return fail(Code::not_found, "the clip is not in this store", "/store_id");
  share.clip = clip->id;
  share.broadcast = clip->broadcast;
  share.product = clip->product;
  share.pin = clip->pin;
  return {};
}

Status fill_target(Tx& tx, const Call& call, const NewShare& wish, const OrderFactsFn& order_facts, Share& share) {
  switch (wish.kind) {
    case Kind::moment:
      return fill_moment(tx, call, wish, share);
    case Kind::broadcast:
      return fill_broadcast(tx, wish, share);
    case Kind::product:
      return fill_product(tx, call, wish, share);
    case Kind::store:
      return fill_store(tx, wish, share);
    case Kind::recruit:
      return fill_recruit(call, wish, share);
    case Kind::receipt:
      return fill_receipt(tx, call, wish, order_facts, share);
    case Kind::clip:
      return fill_clip(tx, wish, share);
  }
  return fail(Code::invalid_field, "no such kind", "/kind");
}

// ---- moving a lock

// The next step's stamp: after every step there is, whatever the clocks of other servers say.
struct Stamp {
  Instant at = 0;
  std::int64_t id = 0;
};
Stamp next_stamp(const Call& call, const Guard& guard) {
  Stamp stamp{std::max(call.now, guard.moved_at), 0};
  stamp.id = call.ids->next(stamp.at, guard.bucket);
  if (stamp.id <= guard.moved_id) stamp.id = call.ids->next(instant_in_id(guard.moved_id) + 1, guard.bucket);
  return stamp;
}

// An agent's own share speaks for that agent for ever, whatever becomes of them; who has only applied is no agent yet.
AgentId agent_who_shared(Tx& tx, const Share& share) {
  if (share.agent) return share.agent;
  const std::optional<org::Agent> since = org::agent_of_person(tx, share.brand, share.sharer);
  return since && since->state != org::AgentState::applied ? since->id : AgentId{};
}

// Whom the share speaks for at this instant; own: agent_who_shared.
Result<org::Agent> agent_spoken_for(Tx& tx, const Call& call, const Share& share, AgentId own, Instant at) {
  std::optional<Lock> lock;
  AgentId stores;
  if (!own) {
    lock = lock_of(tx, call.bucket(share.sharer), share.brand, share.sharer);
    if (!valid_at(lock, at)) {
      TRY(const org::Store store, org::find_store(tx, share.store));
      stores = store.agent;
    }
  }
  return org::find_agent(tx, effective_agent(own, lock, stores, at));
}

// Decides, appends the touch, moves the guard.
Touch append_touch(Tx& tx, const org::LockRules& rules, Guard& guard, const Stamp& stamp, ShareId share,
                   const TouchInput& input) {
  TouchDecision decision = decide_touch(guard.lock, input, rules, stamp.at);
  Touch touch{TouchId{stamp.id}, guard.brand, guard.buyer, share,        input.agent, decision.outcome, input,
              rules.version,     stamp.at,    PersonId{},  decision.lock};
  store::insert_touch(tx, guard.bucket, touch);
  guard.lock = std::move(decision.lock);
  guard.moved_at = stamp.at;
  guard.moved_id = stamp.id;
  store::save_guard(tx, guard);
  return touch;
}

// ---- a lock's history

// Rules by version, each read once.
class RulesBook {
 public:
  explicit RulesBook(Tx& tx) : tx_(tx) {}
  Result<org::LockRules> find(BrandId brand, std::int32_t version) {
    if (const auto known = known_.find({brand, version}); known != known_.end()) return known->second;
    TRY(const org::LockRules rules, org::lock_rules_version(tx_, brand, version));
    known_.emplace(std::pair{brand, version}, rules);
    return rules;
  }

 private:
  Tx& tx_;
  std::map<std::pair<BrandId, std::int32_t>, org::LockRules> known_;
};

Result<std::vector<LockStep>> steps_of(RulesBook& book, BrandId brand, const std::vector<Touch>& touches,
                                       const std::vector<store::LockOrder>& orders,
                                       const std::vector<store::LockHand>& hands) {
  std::vector<LockStep> steps;
  steps.reserve(touches.size() + orders.size() + hands.size());
  for (const Touch& touch : touches) {
    TRY(const org::LockRules rules, book.find(brand, touch.rules_version));
    steps.push_back({touch.at, touch.id.value, rules, false, touch.input, {}});
  }
  for (const store::LockOrder& order : orders) {
    TRY(const org::LockRules rules, book.find(brand, order.rules_version));
    steps.push_back({order.at, order.id.value, rules, true, {}, order.agent});
  }
  for (const store::LockHand& hand : hands) steps.push_back({hand.at, hand.id, {}, false, {}, {}, hand.hand});
  return steps;
}

Result<std::optional<Lock>> fold_rows(Tx& tx, RulesBook& book, const Guard& guard) {
  TRY(std::vector<LockStep> steps, steps_of(book, guard.brand, store::touches_of(tx, guard),
                                            store::lock_orders_of(tx, guard), store::lock_hands_of(tx, guard)));
  return fold(std::move(steps));
}

// ---- who left

// The step that the departure of the lock's agent makes due, if it has not been written yet: at the departure, but
// after every step there is.
std::optional<std::pair<Hand, Instant>> due_hand(Tx& tx, const Guard& guard) {
  if (!guard.lock) return std::nullopt;
  const auto left = store::departure(tx, guard.lock->agent);
  if (!left) return std::nullopt;
  const Instant at = std::max(left->at, guard.moved_at);
  if (!valid_at(guard.lock, at)) return std::nullopt;
  Hand hand{left->agent, left->heir};
  // Nobody is their own customer.
  if (hand.to)
    if (const auto heir = org::find_agent(tx, hand.to); !heir || heir->person == guard.buyer) hand.to = {};
  return std::pair{hand, at};
}

// Writes the steps that are due; the guard is saved if there were any. An heir may have left since, too.
void catch_up(Tx& tx, const Call& call, Guard& guard) {
  if (!guard.departed) return;
  while (const auto due = due_hand(tx, guard)) {
    Call then = call;
    then.now = due->second;
    const Stamp stamp = next_stamp(then, guard);
    store::insert_lock_hand(tx, guard, {stamp.id, due->first, stamp.at, {}});
    guard.lock = hand_on(*guard.lock, due->first, stamp.at);
    guard.moved_at = stamp.at;
    guard.moved_id = stamp.id;
    store::save_guard(tx, guard);
  }
  guard.departed = false;
}

// The lock as it is when all that is due has been written.
std::optional<Lock> caught_up(Tx& tx, Guard guard) {
  if (guard.departed)
    while (const auto due = due_hand(tx, guard)) {
      guard.lock = hand_on(*guard.lock, due->first, due->second);
      guard.moved_at = due->second;
    }
  return guard.lock;
}

Status merge_brand(Tx& tx, const Call& call, RulesBook& book, BrandId brand, PersonId guest_id, PersonId person_id) {
  std::optional<Guard> guest = store::lock_guard_if_any(tx, call.bucket(guest_id), brand, guest_id);
  if (!guest) return {};
  catch_up(tx, call, *guest);
  std::vector<Touch> moved = store::touches_of(tx, *guest);
  if (moved.empty()) return {};
  std::vector<store::LockHand> moved_hands = store::lock_hands_of(tx, *guest);
  Guard person = store::lock_guard(tx, call.bucket(person_id), brand, person_id);
  catch_up(tx, call, person);
  const std::vector<Touch> own = store::touches_of(tx, person);

  // Who the guest was is known only now: whether they are an agent, and whose shares were their own agent's.
  const std::optional<org::Agent> as_agent = org::agent_of_person(tx, brand, person_id);
  std::vector<Touch> all = own;
  for (Touch& touch : moved) {
    const Stamp stamp = next_stamp(call, person);
    person.moved_id = stamp.id;
    person.moved_at = std::max(person.moved_at, touch.at);
    touch.id = TouchId{stamp.id};
    touch.buyer = person_id;
    touch.merged_from = guest_id;
    touch.input.buyer_is_self = as_agent && touch.agent == as_agent->id;
    touch.input.buyer_is_agent = as_agent && as_agent->active();
    all.push_back(touch);
  }
  std::vector<store::LockHand> hands = store::lock_hands_of(tx, person);
  for (store::LockHand& hand : moved_hands) {
    hand.id = next_stamp(call, person).id;
    person.moved_id = hand.id;
    person.moved_at = std::max(person.moved_at, hand.at);
    hand.merged_from = guest_id;
    store::insert_lock_hand(tx, person, hand);
    hands.push_back(hand);
  }
  TRY(std::vector<LockStep> steps, steps_of(book, brand, all, store::lock_orders_of(tx, person), hands));
  const std::vector<LockMove> moves = replay(steps);
  std::map<std::int64_t, Outcome> outcomes;
  for (std::size_t i = 0; i < steps.size(); ++i) outcomes.emplace(steps[i].id, moves[i].outcome);
  for (Touch& touch : moved) {
    touch.outcome = outcomes.at(touch.id.value);
    store::insert_touch(tx, person.bucket, touch);
  }
  person.lock = moves.back().lock;

  // The share they came through last, as either of the two; one of their own is no way to have come.
  for (ShareId* last : {&guest->last_share, &person.last_share})
    if (const auto came = store::find_share(tx, *last); came && (came->sharer == person_id || came->sharer == guest_id))
      *last = {};
  std::sort(all.begin(), all.end(),
            [](const Touch& a, const Touch& b) { return std::pair(a.at, a.id) > std::pair(b.at, b.id); });
  const auto newest = std::find_if(all.begin(), all.end(), [&](const Touch& touch) {
    return touch.share && (touch.share == guest->last_share || touch.share == person.last_share);
  });
  if (newest != all.end()) person.last_share = newest->share;
  store::save_guard(tx, person);

  guest->lock.reset();
  guest->last_share = {};
  guest->merged_id = guest->moved_id;
  store::save_guard(tx, *guest);
  return {};
}

// ---- telling why

void write_lock(JsonWriter& w, const std::optional<Lock>& lock) {
  if (!lock) {
    w.null();
    return;
  }
  w.begin()
      .field("agent_id", lock->agent)
      .field_at("opened_at", lock->opened_at)
      .field_at("protect_until", lock->protect_until)
      .field_at("expires_at", lock->expires_at)
      .field("rules_version", lock->rules_version)
      .end();
}

void write_rules(JsonWriter& w, const org::LockRules& rules) {
  w.begin()
      .field("version", rules.version)
      .field("validity_days", rules.validity_days)
      .field("protect_days", rules.protect_days)
      .field("order_extends_days", rules.order_extends_days)
      .field("lock_agents", rules.lock_agents)
      .field("self_purchase", rules.self_purchase)
      .end();
}

void write_touch(JsonWriter& w, const Touch& touch, const LockMove& move) {
  w.field("kind", touch.input.ad ? "ad" : "share")
      .field("touch_id", touch.id)
      .field("share_id", touch.share)
      .field("agent_id", touch.agent)
      .field("outcome", outcome_text(move.outcome))
      .field("outcome_then", outcome_text(touch.outcome))
      .field("loser_agent_id", move.loser)
      .field("agent_active", touch.input.agent_active)
      .field("buyer_is_agent", touch.input.buyer_is_agent)
      .field("buyer_is_self", touch.input.buyer_is_self)
      .field("merged_from_id", touch.merged_from);
}

}  // namespace

Result<Share> create_share(Tx& tx, const Call& call, const NewShare& wish, const OrderFactsFn& order_facts) {
  if (!call.caller.person) return fail(Code::unauthenticated);
  TRY_OK(check_fields(wish));
  Share share;
  share.sharer = call.caller.person;
  share.kind = wish.kind;
  share.channel = wish.channel;
  share.created_at = call.now;
  TRY_OK(fill_target(tx, call, wish, order_facts, share));
  if (const AgentOf* agent = call.caller.agent_at(share.brand)) {
    TRY(const bool applied, has_only_applied(tx, *agent));
    if (!applied) share.agent = agent->agent;
  }

  const Bucket bucket = call.bucket(share.sharer);
  share.id = call.make_id<ShareId>(bucket);
  share.root = share.id;
  if (const auto came = store::came_through(tx, bucket, share.brand, share.sharer)) {
    share.parent = came->share;
    share.root = came->root;
    share.depth = came->depth + 1;
  }
  for (int i = 0; i < kTokenTries; ++i) {
    share.token = call.random->base62(kTokenLength);
    if (store::insert_share(tx, share)) return share;
  }
  return fail(Code::internal, "no free token was found; the source of randomness repeats itself");
}

Result<Share> create_receipt_share(Tx& tx, const Call& call, OrderId order, Channel channel,
                                   const OrderFactsFn& order_facts) {
  NewShare wish;
  wish.kind = Kind::receipt;
  wish.channel = channel;
  wish.order = order;
  return create_share(tx, call, wish, order_facts);
}

Result<Share> find_share(Tx& tx, ShareId id) {
  if (auto share = store::find_share(tx, id)) return *std::move(share);
  return fail(Code::not_found, "no such share");
}

Result<Share> find_share_by_token(Tx& tx, std::string_view token) {
  if (auto share = store::find_share_by_token(tx, token)) return *std::move(share);
  return fail(Code::not_found, "this link leads nowhere; ask for it again");
}

Status require_own_share(Tx& tx, const Call& call, const Share& share) {
  if (call.caller.person && call.caller.person == share.sharer) return {};
  return org::require_staff_at(tx, call, share.brand, share.store, kAnyStaff);
}

Status require_share_above(Tx& tx, const Call& call, const Share& share) {
  const Status own = require_own_share(tx, call, share);
  if (own || !call.caller.person) return own;
  Share above = share;
  for (int step = 0; above.parent && step < kMostSteps; ++step) {
    TRY(above, find_share(tx, above.parent));
    if (above.sharer == call.caller.person) return {};
  }
  return own;
}

std::string share_url(const Settings& settings, std::string_view token) {
  std::string url = settings.public_url;
  if (url.empty()) url = "http://" + settings.http_address + ":" + std::to_string(settings.http_port);
  while (url.ends_with('/')) url.pop_back();
  return url + "/s/" + std::string(token);
}

namespace {

// What the openings of one link have in common: read by the first of them.
struct Link {
  std::optional<Result<Share>> share;
  std::optional<Result<Landing>> landing;
  std::optional<org::LockRules> rules;
  std::optional<AgentId> own;       // agent_who_shared
  std::optional<org::Agent> agent;  // of own; whom others speak for depends on their locks, which move
};

Result<Touch> touch_link(Tx& tx, const Call& call, Link& link) {
  const Share& share = **link.share;
  const PersonId buyer = call.caller.person;
  if (!buyer) return fail(Code::unauthenticated);
  Guard guard = store::lock_guard(tx, call.bucket(buyer), share.brand, buyer);
  catch_up(tx, call, guard);
  const Stamp stamp = next_stamp(call, guard);
  if (!link.rules) {
    TRY(link.rules, org::lock_rules(tx, share.brand));
  }
  if (!link.own) link.own = agent_who_shared(tx, share);
  std::optional<org::Agent> spoken_for = link.agent;
  if (!spoken_for) {
    TRY(spoken_for, agent_spoken_for(tx, call, share, *link.own, stamp.at));
    if (*link.own) link.agent = spoken_for;
  }
  const org::LockRules& rules = *link.rules;
  const org::Agent& agent = *spoken_for;
  const AgentOf* as_agent = call.caller.agent_at(share.brand);
  // Opening one's own link is no way to have come here.
  if (share.sharer != buyer) guard.last_share = share.id;
  const Touch touch = append_touch(tx, rules, guard, stamp, share.id,
                                   {.agent = agent.id,
                                    .agent_active = agent.active(),
                                    .buyer_is_self = agent.person == buyer,
                                    .buyer_is_agent = as_agent != nullptr && as_agent->active});
  live::Tally fact{.what = live::What::touch, .bucket = guard.bucket, .id = touch.id.value, .at = touch.at};
  fact.brand = share.brand;
  fact.person = buyer;
  fact.store = share.store;
  fact.broadcast = share.broadcast;
  fact.pin = share.pin;
  fact.share = share.id;
  live::tally(tx, fact);
  return touch;
}

}  // namespace

Result<Touch> touch_share(Tx& tx, const Call& call, const Share& share) {
  Link link;
  link.share = share;
  return touch_link(tx, call, link);
}

Result<Touch> touch_ad(Tx& tx, const Call& call, BrandId brand) {
  const PersonId buyer = call.caller.person;
  if (!buyer) return fail(Code::unauthenticated);
  Guard guard = store::lock_guard(tx, call.bucket(buyer), brand, buyer);
  catch_up(tx, call, guard);
  TRY(const org::LockRules rules, org::lock_rules(tx, brand));
  return append_touch(tx, rules, guard, next_stamp(call, guard), {}, {.ad = true});
}

Result<Landing> landing_of(Tx& tx, const Call&, const Share& share) {
  LandingState s;
  s.kind = share.kind;
  s.token = share.token;
  s.store = share.store;
  s.broadcast = share.broadcast;
  s.product = share.product;
  s.media_ms = share.media_ms;
  bool in_room = false;
  if (share.broadcast) {
    TRY(const live::Broadcast broadcast, live::find_broadcast(tx, share.broadcast));
    s.broadcast_state = broadcast.state;
    // Of a clip the room is no target: when the clip is gone, its product is.
    if (share.product && share.kind != Kind::clip && broadcast.state == live::BroadcastState::live) {
      const std::optional<live::Pin> open = live::open_pin(tx, share.broadcast);
      s.pin_open = open && open->product == share.product;
      if (!s.pin_open) {
        std::optional<live::Pin> pin = live::last_pin_of(tx, share.broadcast, share.product);
        if (pin && share.pin && pin->id != share.pin) {
          const std::vector<live::Pin> own = live::pins_of(tx, share.broadcast, PinId{share.pin.value - 1}, 1);
          if (!own.empty() && own.front().id == share.pin) pin = own.front();
        }
        if (pin) s.pin_start_ms = pin->media_open_ms;
        s.on_shelf = !pin && live::on_shelf(tx, share.broadcast, share.product);
      }
      in_room = s.pin_open || s.pin_start_ms || s.on_shelf;
    }
  }
  if (share.kind == Kind::clip) {
    if (clips::visible_clip(tx, share.clip)) s.clip = share.clip;
  } else if (s.broadcast_state == live::BroadcastState::ended && share.product) {
    if (const auto clip = clips::clip_for_moment(tx, share.broadcast, share.product, share.pin, share.media_ms))
      s.clip = clip->id;
  }
  if (share.product && !in_room) {
    TRY(const auto owner, org::store_owner(tx, share.store));
    s.store_open = owner.agent.state == org::AgentState::active || owner.agent.state == org::AgentState::suspended;
    s.can_be_sold = s.store_open && catalog::product_can_be_sold(tx, share.product, share.store);
    if (s.store_open && !s.can_be_sold) {
      TRY(const catalog::Product product, catalog::find_product(tx, share.product));
      s.on_sale = product.on_sale;
      s.has_alternatives = !catalog::alternatives(tx, product, 1).empty();
    }
  }
  return land(s);
}

Result<std::vector<Result<Landing>>> open_shares(Tx& tx, std::span<const Opening> openings) {
  std::map<std::string_view, Link> links;
  std::vector<Result<Landing>> out;
  out.reserve(openings.size());
  for (const Opening& opening : openings) {
    Link& link = links[opening.token];
    if (!link.share) link.share = find_share_by_token(tx, opening.token);
    if (*link.share && !link.landing) link.landing = landing_of(tx, opening.call, **link.share);
    if (!*link.share) {
      out.push_back(fail(link.share->error()));
    } else if (!*link.landing) {
      out.push_back(*link.landing);
    } else {
      if (opening.counts) TRY_OK(touch_link(tx, opening.call, link));
      out.push_back(*link.landing);
    }
  }
  return out;
}

bool is_preview(const net::Request& request) {
  if (request.head) return true;
  for (const std::string_view header : {"purpose", "sec-purpose", "x-purpose", "x-moz"}) {
    const std::string_view value = request.header(header);
    for (const std::string_view word : {"prefetch", "prerender", "preview"})
      if (value.find(word) != std::string_view::npos) return true;
  }
  // Link previews and crawlers that say who they are. WeChat's own browser (MicroMessenger) is a person.
  static constexpr std::array<std::string_view, 22> kMachines{"facebookexternalhit",
                                                              "Facebot",
                                                              "Twitterbot",
                                                              "LinkedInBot",
                                                              "Slackbot",
                                                              "Discordbot",
                                                              "TelegramBot",
                                                              "WhatsApp/",
                                                              "SkypeUriPreview",
                                                              "Googlebot",
                                                              "bingbot",
                                                              "Baiduspider",
                                                              "Bytespider",
                                                              "Sogou web spider",
                                                              "360Spider",
                                                              "YisouSpider",
                                                              "PetalBot",
                                                              "YandexBot",
                                                              "Applebot",
                                                              "DuckDuckBot",
                                                              "GPTBot",
                                                              "Tencent-Link-Preview"};
  const std::string_view browser = request.header("user-agent");
  return std::any_of(kMachines.begin(), kMachines.end(),
                     [&](std::string_view machine) { return browser.find(machine) != std::string_view::npos; });
}

std::optional<Lock> lock_of(Tx& tx, Bucket bucket, BrandId brand, PersonId buyer) {
  const std::optional<Guard> guard = store::read_guard(tx, bucket, brand, buyer);
  return guard ? caught_up(tx, *guard) : std::nullopt;
}

Result<std::optional<Lock>> lock_for_order(Tx& tx, const Call& call, BrandId brand, PersonId buyer, OrderId order,
                                           Instant t) {
  std::optional<Guard> guard = store::lock_guard_if_any(tx, call.bucket(buyer), brand, buyer);
  if (!guard) return std::optional<Lock>{};
  catch_up(tx, call, *guard);
  // The order's id is given, so it is its instant that yields when it would stand before a step already taken.
  Instant at = std::max(t, guard->moved_at);
  if (at == guard->moved_at && order.value <= guard->moved_id) ++at;
  if (!valid_at(guard->lock, at)) return std::optional<Lock>{};
  const std::optional<Lock> before = guard->lock;
  TRY(const org::LockRules rules, org::lock_rules(tx, brand));
  store::insert_lock_order(tx, *guard, {order, before->agent, rules.version, at});
  guard->lock = extend_by_order(*before, rules, at);
  guard->moved_at = at;
  guard->moved_id = std::max(guard->moved_id, order.value);
  store::save_guard(tx, *guard);
  return before;
}

Status follow_agent(Tx& tx, const Call& call, const org::Agent& agent, org::AgentState) {
  TRY_OK(live::follow_agent(tx, call, agent));
  if (agent.state != org::AgentState::left) return {};
  const AgentId heir = org::heir_of(tx, agent);
  store::add_departure(tx, {agent.id, agent.brand, heir, call.now});
  org::audit(tx, call, agent.brand, "agent.customers", "agent", agent.id.value,
             JsonWriter().begin().field("heir_agent_id", heir).end().take());
  return {};
}

Result<int> hand_on_customers(db::Database& db, const Call& call, int limit) {
  constexpr int kAtOnce = 200;  // locks of one commit
  int looked_at = 0;
  TRY(const auto open,
      db.read([&](Tx& tx) -> Result<std::vector<store::Departure>> { return store::open_departures(tx, limit); }));
  for (const store::Departure& left : open) {
    store::LockedBuyer after = left.after;
    for (;;) {
      if (looked_at >= limit) return looked_at;
      const int size = std::min(kAtOnce, limit - looked_at);
      TRY(const auto buyers, db.write([&](Tx& tx) -> Result<std::vector<store::LockedBuyer>> {
        auto some = store::locked_to(tx, left.agent, after, size);
        for (const auto& [bucket, buyer] : some)
          if (auto guard = store::lock_guard_if_any(tx, bucket, left.brand, buyer)) catch_up(tx, call, *guard);
        if (some.size() < static_cast<std::size_t>(size))
          store::close_departure(tx, left.agent, call.now);
        else
          store::move_departure(tx, left.agent, some.back());
        return some;
      }));
      looked_at += static_cast<int>(buyers.size());
      if (buyers.size() < static_cast<std::size_t>(size)) break;
      after = buyers.back();
    }
  }
  return looked_at;
}

Result<org::RecruitedBy> recruited_by(Tx& tx, const Call& call, BrandId brand, std::string_view token) {
  const auto share = store::find_share_by_token(tx, token);
  if (!share || share->brand != brand || share->kind != Kind::recruit)
    return fail(Code::not_found, "this is no recruit link of this brand; leave it out, or ask for it again",
                "/share_token");
  const PersonId person = call.caller.person;
  return org::RecruitedBy{share->id, share->agent, store::opened_at(tx, call.bucket(person), person, share->id)};
}

void lock_buyer(Tx& tx, const Call& call, BrandId brand, PersonId buyer) {
  store::lock_guard(tx, call.bucket(buyer), brand, buyer);
}

Status merge_guest(Tx& tx, const Call& call, PersonId guest, PersonId person) {
  if (!guest || !person || guest == person) return {};
  RulesBook book(tx);
  for (const BrandId brand : store::brands_touched(tx, call.bucket(guest), guest))
    TRY_OK(merge_brand(tx, call, book, brand, guest, person));
  store::adopt_shares(tx, guest, person);
  store::record_merge(tx, guest, person, call.now);
  live::tally(
      tx,
      {.what = live::What::merged, .bucket = call.bucket(guest), .id = guest.value, .person = person, .at = call.now});
  return {};
}

Result<std::optional<Lock>> rebuild_lock(Tx& tx, Bucket bucket, BrandId brand, PersonId buyer) {
  const std::optional<Guard> guard = store::read_guard(tx, bucket, brand, buyer);
  RulesBook book(tx);
  // Without a guard row there must be no history either; a row that was lost shows as a difference.
  return fold_rows(tx, book, guard.value_or(Guard{bucket, brand, buyer, std::nullopt, {}, 0, 0, 0}));
}

Result<std::vector<LockDifference>> verify_locks(Tx& tx, std::int64_t& checked) {
  constexpr int kPage = 500;
  std::vector<LockDifference> out;
  RulesBook book(tx);
  BrandId brand;
  PersonId buyer;
  for (;;) {
    const std::vector<Guard> guards = store::guards_after(tx, brand, buyer, kPage);
    for (const Guard& guard : guards) {
      TRY(const std::optional<Lock> rebuilt, fold_rows(tx, book, guard));
      if (rebuilt != guard.lock) out.push_back({guard.bucket, guard.brand, guard.buyer, guard.lock, rebuilt});
      ++checked;
    }
    if (guards.size() < static_cast<std::size_t>(kPage)) return out;
    brand = guards.back().brand;
    buyer = guards.back().buyer;
  }
}

Result<std::string> explain_lock(Tx& tx, Bucket bucket, BrandId brand, PersonId buyer, Instant now,
                                 std::optional<Instant> until) {
  const Guard guard =
      store::read_guard(tx, bucket, brand, buyer).value_or(Guard{bucket, brand, buyer, std::nullopt, {}, 0, 0, 0});
  std::vector<Touch> touches = store::touches_of(tx, guard);
  std::vector<store::LockOrder> orders = store::lock_orders_of(tx, guard);
  std::vector<store::LockHand> hands = store::lock_hands_of(tx, guard);
  // A step that is due and not yet written counts already; it is shown without an identifier of its own.
  for (Guard ahead = guard; const auto due = due_hand(tx, ahead);) {
    hands.push_back({INT64_MAX - 1000 + static_cast<std::int64_t>(hands.size()), due->first, due->second, {}});
    ahead.lock = hand_on(*ahead.lock, due->first, due->second);
    ahead.moved_at = due->second;
  }
  if (until) {
    std::erase_if(touches, [&](const Touch& t) { return t.at > *until; });
    std::erase_if(orders, [&](const store::LockOrder& o) { return o.at > *until; });
    std::erase_if(hands, [&](const store::LockHand& h) { return h.at > *until; });
  }
  RulesBook book(tx);
  TRY(std::vector<LockStep> steps, steps_of(book, brand, touches, orders, hands));
  const std::vector<LockMove> moves = replay(steps);
  std::map<std::int64_t, const Touch*> touch_by_id;
  for (const Touch& touch : touches) touch_by_id.emplace(touch.id.value, &touch);
  std::map<std::int32_t, org::LockRules> rules;
  const std::optional<Lock> lock = moves.empty() ? std::nullopt : moves.back().lock;

  JsonWriter w;
  w.begin().field("brand_id", brand).field("buyer_id", buyer).key("lock");
  write_lock(w, lock);
  w.field("valid", valid_at(lock, until.value_or(now))).key("steps").begin_list();
  for (std::size_t i = 0; i < steps.size(); ++i) {
    w.begin().field_at("at", steps[i].at).key("rules_version");
    if (steps[i].hand) {
      w.null()
          .field("kind", "handed_on")
          .field("agent_id", steps[i].hand->from)
          .field("to_agent_id", steps[i].hand->to);
      w.key("lock_after");
      write_lock(w, moves[i].lock);
      w.end();
      continue;
    }
    w.value(steps[i].rules.version);
    rules.emplace(steps[i].rules.version, steps[i].rules);
    if (steps[i].order) {
      w.field("kind", "order").field("order_id", OrderId{steps[i].id}).field("agent_id", steps[i].order_agent);
    } else {
      write_touch(w, *touch_by_id.at(steps[i].id), moves[i]);
    }
    w.key("lock_after");
    write_lock(w, moves[i].lock);
    w.end();
  }
  w.end_list().key("rules").begin_list();
  for (const auto& [version, r] : rules) write_rules(w, r);
  w.end_list().end();
  return w.take();
}

Cascade cascade_of(Tx& tx, ShareId root) { return store::cascade_of(tx, root); }
std::vector<ShareTally> shares_of(Tx& tx, PersonId sharer, const net::Page& page) {
  return store::shares_of(tx, sharer, page);
}
std::vector<ShareTally> shares_below(Tx& tx, ShareId parent, const net::Page& page) {
  return store::shares_below(tx, parent, page);
}

}  // namespace lianbo::share
