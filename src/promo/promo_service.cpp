#include "promo/promo_service.hpp"

#include <algorithm>
#include <array>

#include "base/check.hpp"
#include "base/crypto.hpp"
#include "base/json.hpp"
#include "live/feed_rows.hpp"
#include "live/live_service.hpp"
#include "order/line_facts.hpp"
#include "org/org_service.hpp"
#include "promo/promo_store.hpp"
#include "share/share_service.hpp"

namespace lianbo::promo {
namespace {

using ledger::Account;
using ledger::Cause;

constexpr int kBoughtLines = 100, kClickedKept = 500, kPageOfDue = 200;
constexpr std::array<std::string_view, 5> kFree = {"", "late", "spent", "closed", "copied"};
constexpr std::string_view kSlotPurpose = "promotion slot";

void move_money(db::Tx& tx, const Call& call, BrandId brand, AgentId agent, Cause cause, std::int64_t id,
                Fen to_wallet_fen) {
  CHECK(ledger::post(
      tx, call,
      {brand, 0, cause, id, 0, {{Account::promotion, {}, -to_wallet_fen}, {Account::wallet, agent, to_wallet_fen}}}));
}

Status too_low(db::Tx& tx, BrandId brand, AgentId agent, Fen asked, const char* where) {
  return fail(Code::wallet_too_low,
              "the wallet has " + format_fen(store::wallet_balance(tx, brand, agent)) + ", " + format_fen(asked) +
                  " are needed",
              where);
}

void tell(db::Tx& tx, const Call& call, const Promotion& p) {
  JsonWriter w;
  w.begin().field("promotion_id", p.id).field("broadcast_id", p.broadcast).field("store_id", p.store);
  w.field("state", state_name(p.state)).field("ended_why", ended_name(p.ended)).field("budget_fen", p.budget_fen);
  w.field("returned_fen", p.returned_fen).end();
  db::Event event;
  event.id = call.make_id<EventId>(0);
  event.brand = p.brand;
  event.topic = kPromotionChanged;
  event.key = p.id.value;
  event.payload = w.take();
  event.at = call.now;
  tx.emit(std::move(event));
}

// Of a promotion that is locked and has not ended.
void end_now(db::Tx& tx, const Call& call, Promotion& p, Ended why) {
  const Fen spent = store::close_leases(tx, p.id);
  CHECK(spent <= p.budget_fen);
  p.state = State::ended;
  p.ended = why;
  p.returned_fen = p.budget_fen - spent;
  p.ended_at = std::max(call.now, p.created_at);
  store::set_ended(tx, p);
  if (p.returned_fen > 0) {
    store::lock_wallet(tx, p.brand, p.agent);
    CHECK(store::add_to_wallet(tx, p.brand, p.agent, p.returned_fen));
    move_money(tx, call, p.brand, p.agent, Cause::promotion_returned, p.id.value, p.returned_fen);
  }
  tell(tx, call, p);
}

// The promotion, locked, for who may steer it: its payer, or staff that operates its store.
Result<Promotion> steered(db::Tx& tx, const Call& call, PromotionId id) {
  auto p = store::lock(tx, id);
  if (!p) return fail(Code::not_found, "there is no such promotion");
  const AgentOf* as_agent = call.caller.agent_at(p->brand);
  if (!p->agent || as_agent == nullptr || as_agent->agent != p->agent)
    TRY_OK(org::require_staff_at(tx, call, p->brand, p->store, kOperates));
  if (p->state == State::ended)
    return fail(Code::promotion_state_conflict, "this promotion has ended; another one can be bought");
  return *std::move(p);
}

void audit(db::Tx& tx, const Call& call, const Promotion& p, std::string_view what) {
  JsonWriter w;
  w.begin().field("broadcast_id", p.broadcast).field("budget_fen", p.budget_fen).end();
  org::audit(tx, call, p.brand, "promotion." + std::string(what), "promotion", p.id.value, w.text());
}

Status check_agent_of(db::Tx& tx, BrandId brand, AgentId agent) {
  if (!agent) return {};
  const auto found = org::find_agent(tx, agent);
  if (!found || found->brand != brand) return fail(Code::not_found, "the brand has no such agent", "/agent_id");
  return {};
}

}  // namespace

std::string_view free_name(Free free) { return kFree.at(static_cast<std::size_t>(free)); }

// ---- wallets

Result<Credit> credit_wallet(db::Tx& tx, const Call& call, BrandId brand, AgentId agent, Fen amount_fen,
                             std::string_view reason) {
  TRY_OK(require_staff(call, brand, kPays));
  TRY_OK(check_agent_of(tx, brand, agent));
  if (amount_fen == 0 || amount_fen > kMaxBudgetFen || amount_fen < -kMaxBudgetFen)
    return fail(Code::invalid_field, "an amount up to " + format_fen(kMaxBudgetFen) + ", and not nothing",
                "/amount_fen");
  if (const auto wrong = org::text_problem(reason, 1, kMaxReason)) return fail(Code::invalid_field, *wrong, "/reason");
  store::lock_wallet(tx, brand, agent);
  if (!store::add_to_wallet(tx, brand, agent, amount_fen))
    return fail(too_low(tx, brand, agent, -amount_fen, "/amount_fen").error());
  const Credit credit{call.make_id<CreditId>(), brand,   agent, amount_fen, std::string(reason),
                      call.caller.person,       call.now};
  store::insert_credit(tx, credit);
  move_money(tx, call, brand, agent, Cause::wallet_credit, credit.id.value, amount_fen);
  JsonWriter w;
  w.begin().field("agent_id", agent).field("amount_fen", amount_fen).field("reason", reason).end();
  org::audit(tx, call, brand, "wallet.credit", "wallet", credit.id.value, w.text());
  return credit;
}

namespace {
Status require_wallet(db::Tx& tx, const Call& call, BrandId brand, AgentId agent) {
  const AgentOf* as_agent = call.caller.agent_at(brand);
  if (agent && as_agent != nullptr && as_agent->agent == agent) return {};
  TRY_OK(check_agent_of(tx, brand, agent));
  if (!agent) return require_staff(call, brand, kAnyStaff);
  TRY(const auto found, org::find_agent(tx, agent));
  return org::require_staff_at(tx, call, brand, found.store, kAnyStaff);
}
}  // namespace

Result<Wallet> wallet_of(db::Tx& tx, const Call& call, BrandId brand, AgentId agent) {
  TRY_OK(require_wallet(tx, call, brand, agent));
  return Wallet{brand, agent, store::wallet_balance(tx, brand, agent)};
}
Result<std::vector<WalletMove>> wallet_moves(db::Tx& tx, const Call& call, BrandId brand, AgentId agent,
                                             LedgerTxId before, int limit) {
  TRY_OK(require_wallet(tx, call, brand, agent));
  std::vector<WalletMove> out;
  for (const auto& line : ledger::wallet_lines(tx, brand, agent, before, limit)) {
    WalletMove move{line, {}};
    if (line.cause == Cause::wallet_credit)
      if (const auto credit = store::find_credit(tx, CreditId{line.cause_id})) move.reason = credit->reason;
    out.push_back(std::move(move));
  }
  return out;
}

// ---- rules

Rules rules_of(db::Tx& tx, BrandId brand) { return store::rules(tx, brand).value_or(Rules{}); }
Result<Rules> put_rules(db::Tx& tx, const Call& call, BrandId brand, const Rules& rules) {
  TRY_OK(require_staff(call, brand, kOperates));
  TRY_OK(check_rules(rules));
  store::put_rules(tx, brand, rules, call.now);
  JsonWriter w;
  w.begin().field("reserve_fen", rules.reserve_fen).field("ceiling_fen", rules.ceiling_fen).end();
  org::audit(tx, call, brand, "promotion.rules", "brand", brand.value, w.text());
  return rules;
}

// ---- promotions

Result<Promotion> buy(db::Tx& tx, const Call& call, const Wish& asked) {
  TRY(const auto broadcast, live::visible_broadcast(tx, call.caller, asked.broadcast));
  TRY_OK(org::require_store(tx, call, broadcast.brand, broadcast.store));
  TRY(const auto owner, org::store_owner(tx, broadcast.store));
  if (!owner.agent.active())
    return fail(Code::agent_not_active, "the host of this broadcast is not active; nobody could be let in");
  const Rules rules = rules_of(tx, broadcast.brand);
  TRY(const Wish wish, check_wish(asked, rules, broadcast, call.now));
  if (wish.pin) {
    const auto shown = live::pins_to_show(tx, std::array{wish.pin});
    if (shown.empty() || shown.front().pin.broadcast != broadcast.id)
      return fail(Code::not_found, "a moment of this broadcast that is over, of a product on sale", "/pin_id");
  }
  Promotion p;
  p.brand = broadcast.brand;
  p.store = broadcast.store;
  p.broadcast = broadcast.id;
  p.pin = wish.pin;
  p.agent = call.caller.owns_store(broadcast.store) ? owner.agent.id : AgentId{};
  p.by = call.caller.person;
  p.objective = wish.objective;
  p.budget_fen = wish.budget_fen;
  p.pace = wish.pace;
  p.cap_fen = wish.cap_fen;
  p.reserve_fen = rules.reserve_fen;
  p.ceiling_fen = rules.ceiling_fen;
  p.audience = wish.audience;
  p.starts_at = wish.starts_at;
  p.ends_at = wish.ends_at;
  p.created_at = call.now;
  store::lock_wallet(tx, p.brand, p.agent);
  if (store::count_open_of_store(tx, p.store) >= static_cast<std::int64_t>(kMaxOpenOfStore) ||
      store::count_open_of_brand(tx, p.brand) >= static_cast<std::int64_t>(kMaxOpenOfBrand))
    return fail(Code::conflict,
                "there are as many promotions under way as there may be: " + std::to_string(kMaxOpenOfStore) +
                    " of a store, " + std::to_string(kMaxOpenOfBrand) + " of a brand");
  if (!store::add_to_wallet(tx, p.brand, p.agent, -p.budget_fen))
    return fail(too_low(tx, p.brand, p.agent, p.budget_fen, "/budget_fen").error());
  p.id = call.make_id<PromotionId>();
  store::insert(tx, p);
  move_money(tx, call, p.brand, p.agent, Cause::promotion_bought, p.id.value, -p.budget_fen);
  audit(tx, call, p, "buy");
  tell(tx, call, p);
  return p;
}

namespace {
Result<Promotion> turn(db::Tx& tx, const Call& call, PromotionId id, State to, std::string_view what) {
  TRY(auto p, steered(tx, call, id));
  if (p.state == to) return p;
  p.state = to;
  store::set_state(tx, id, to);
  audit(tx, call, p, what);
  tell(tx, call, p);
  return p;
}
}  // namespace

Result<Promotion> pause(db::Tx& tx, const Call& call, PromotionId id) {
  return turn(tx, call, id, State::paused, "pause");
}
Result<Promotion> resume(db::Tx& tx, const Call& call, PromotionId id) {
  return turn(tx, call, id, State::open, "resume");
}
Result<Promotion> stop(db::Tx& tx, const Call& call, PromotionId id) {
  TRY(auto p, steered(tx, call, id));
  end_now(tx, call, p, Ended::stopped);
  audit(tx, call, p, "stop");
  return p;
}

Result<Promotion> find_promotion(db::Tx& tx, const Call& call, PromotionId id) {
  auto p = store::find(tx, id);
  if (!p) return fail(Code::not_found, "there is no such promotion");
  if (!call.caller.owns_store(p->store) && !org::require_staff_at(tx, call, p->brand, p->store, kAnyStaff))
    return fail(Code::not_found, "there is no such promotion");  // to strangers
  return *std::move(p);
}

Spent spent_of(db::Tx& tx, PromotionId id) {
  const auto t = store::tally_of(tx, id);
  return {t.spent_fen, t.shown, t.clicks};
}

Result<int> end_due(db::Database& db, const Call& call, int limit) {
  std::vector<PromotionId> due;
  PromotionId after;
  for (bool more = true; more && static_cast<int>(due.size()) < limit;) {
    TRY_OK(db.read([&](db::Tx& tx) -> Status {
      const auto page = store::not_ended(tx, {}, after, kPageOfDue);
      more = static_cast<int>(page.size()) == kPageOfDue;
      if (page.empty()) return {};
      after = page.back().id;
      std::vector<BroadcastId> rooms;
      for (const auto& p : page) rooms.push_back(p.broadcast);
      const auto broadcasts = live::find_broadcasts(tx, rooms);
      for (const auto& p : page) {
        const auto b = broadcasts.find(p.broadcast);
        // The sum over its leases is read only where nothing else decides.
        if (b == broadcasts.end() || due_end(p, b->second, 0, call.now) != Ended::none ||
            due_end(p, b->second, store::tally_of(tx, p.id).spent_fen, call.now) != Ended::none)
          due.push_back(p.id);
      }
      return {};
    }));
  }
  int ended = 0;
  for (const PromotionId id : due) {
    TRY_OK(db.write([&](db::Tx& tx) -> Status {
      auto p = store::lock(tx, id);
      if (!p || p->state == State::ended) return {};
      TRY(const auto b, live::find_broadcast(tx, p->broadcast));
      const Ended why = due_end(*p, b, store::tally_of(tx, id).spent_fen, call.now);
      if (why != Ended::none) end_now(tx, call, *p, why);
      return {};
    }));
    ++ended;
  }
  return ended;
}

// ---- slots

std::string slot_key(std::string_view server_key) { return hmac_sha256(server_key, kSlotPurpose); }

std::string seal_slot(std::string_view key, const Slot& s, Random& random) {
  std::string text;
  for (const std::int64_t n : {s.promotion.value, s.second.value, s.person.value, s.price_fen, s.at})
    for (int shift = 0; shift < 64; shift += 8)
      text += static_cast<char>((static_cast<std::uint64_t>(n) >> shift) & 255);
  return to_base64url(seal_bytes(key, kSlotPurpose, text, random));
}
std::optional<Slot> open_slot(std::string_view key, std::string_view token) {
  std::string padded, sealed, text;
  for (const char c : token) padded += c == '-' ? '+' : c == '_' ? '/' : c;
  while (padded.size() % 4 != 0) padded += '=';
  if (!from_base64(padded, sealed) || !open_bytes(key, kSlotPurpose, sealed, text) || text.size() != 40)
    return std::nullopt;
  std::array<std::int64_t, 5> n{};
  for (std::size_t i = 0; i < n.size(); ++i) {
    std::uint64_t value = 0;
    for (std::size_t k = 8; k-- > 0;) value = value << 8 | static_cast<unsigned char>(text[i * 8 + k]);
    n[i] = static_cast<std::int64_t>(value);
  }
  return Slot{PromotionId{n[0]}, PromotionId{n[1]}, PersonId{n[2]}, n[3], n[4]};
}
std::string slot_address(std::string_view token) { return "/ad/" + std::string(token); }

Viewer viewer_of(db::Tx& tx, const Call& call, BrandId brand) {
  Viewer v;
  v.person = call.caller.person;
  v.staff = call.caller.staff_of(brand) != nullptr;
  if (const AgentOf* as_agent = call.caller.agent_at(brand)) v.own_store = as_agent->store;
  if (!v.person) return v;
  const Bucket bucket = call.bucket(v.person);
  const auto bought = order::bought_by(tx, call, v.person, brand, kBoughtLines);
  if (const auto lock = share::lock_of(tx, bucket, brand, v.person); share::valid_at(lock, call.now)) {
    v.locked = true;
    if (const auto agent = org::find_agent(tx, lock->agent)) v.region = agent->region;
  } else if (!bought.empty()) {
    if (const auto owner = org::store_owner(tx, bought.front().store)) v.region = owner->agent.region;
  }
  for (const auto& line : bought) {
    v.bought.push_back(line.product);
    v.stores.push_back(line.store);
  }
  v.known = store::clicked_by(tx, bucket, v.person, kClickedKept);
  const auto sorted = [](auto& list) {
    std::sort(list.begin(), list.end());
    list.erase(std::unique(list.begin(), list.end()), list.end());
  };
  sorted(v.bought);
  sorted(v.stores);
  sorted(v.known);
  return v;
}

Result<Clicked> click_slot(db::Tx& tx, const Call& call, std::string_view key, std::string_view token, bool preview) {
  const auto slot = open_slot(key, token);
  const auto p = slot ? store::find(tx, slot->promotion) : std::nullopt;
  if (!p) return fail(Code::not_found, "there is nothing behind this address");
  TRY(const auto room, live::hold_broadcast(tx, p->broadcast));
  Clicked out;
  out.room = room.id;
  out.pin = p->pin;
  out.into_room = room.state == live::BroadcastState::live && !room.rehearsal();
  out.lands_on = out.into_room ? "/room/" + room.id.text() : "/store/" + p->store.text();
  const PersonId person = call.caller.person;
  const AgentOf* as_agent = call.caller.agent_at(p->brand);
  Viewer self;
  self.staff = call.caller.staff_of(p->brand) != nullptr;
  if (as_agent != nullptr) self.own_store = as_agent->store;
  if (!out.into_room || preview || !person || person != slot->person || is_own(*p, self)) return out;

  const Bucket bucket = call.bucket(person);
  if (!store::insert_clicked(tx, bucket, p->id, person, slot->second, call.now)) return out;
  out.counted = true;
  out.price_fen = slot->price_fen;
  if (call.now - slot->at > kTokenMs) {
    out.free = Free::late;
  } else if (!deliverable(*p, room, call.now)) {
    out.free = Free::closed;
  } else if (!store::spend_leased(tx, bucket, p->id, out.price_fen)) {
    store::BudgetRows rows(tx, p->id);
    const auto drawn = db::draw(rows, bucket, out.price_fen, std::max(out.price_fen, p->budget_fen / kSlicesOfBudget));
    if (!drawn.enough) out.free = drawn.known ? Free::spent : Free::closed;
  }
  if (out.free != Free::none) out.price_fen = 0;
  if (out.price_fen > 0) store::add_counts(tx, bucket, p->id, 0, 1);
  TRY(const auto touch, share::touch_ad(tx, call, p->brand));
  store::set_click(tx, bucket, p->id, person, out.price_fen, out.free, touch.id);
  return out;
}

std::int64_t show_slots(db::Tx& tx, const Call& call, std::string_view key, std::span<const std::string> tokens) {
  const PersonId person = call.caller.person;
  if (!person) return 0;
  std::vector<Slot> slots;
  for (const auto& token : tokens)
    if (const auto slot = open_slot(key, token); slot && slot->person == person && call.now - slot->at <= kTokenMs)
      slots.push_back(*slot);
  std::sort(slots.begin(), slots.end(), [](const Slot& a, const Slot& b) { return a.promotion < b.promotion; });
  const Bucket bucket = call.bucket(person);
  std::int64_t shown = 0;
  for (const Slot& slot : slots) {
    const auto p = store::find(tx, slot.promotion);
    if (!p) continue;
    // The room itself was shown to a person once, whoever paid for it.
    const live::Exposure room{"broadcast", p->broadcast.value};
    const bool fresh = live::record_exposures(tx, call, std::span(&room, 1)) > 0;
    if (!store::insert_shown(tx, bucket, p->id, person, fresh, call.now)) continue;
    store::add_counts(tx, bucket, p->id, 1, 0);
    ++shown;
  }
  return shown;
}

void merge_guest(db::Tx& tx, const Call& call, PersonId guest, PersonId person) {
  store::copy_visits(tx, call.bucket(guest), guest, call.bucket(person), person);
}

}  // namespace lianbo::promo
