// Holds, erasures, and what is told about a person.
#include <algorithm>
#include <set>

#include "base/crypto.hpp"
#include "base/json.hpp"
#include "bus/journal.hpp"
#include "evidence/evidence_store.hpp"
#include "feed/feed_service.hpp"
#include "live/live_service.hpp"
#include "order/after_sale_service.hpp"
#include "order/order_service.hpp"
#include "org/devices.hpp"
#include "org/org_service.hpp"
#include "privacy/vault.hpp"
#include "push/push_service.hpp"
#include "share/share_service.hpp"
#include "trust/trust_service.hpp"

namespace lianbo::evidence {
namespace {

constexpr int kUnderWay = 20;  // orders named as the reason to wait
constexpr int kKeptLimit = 100'000;
constexpr int kErasuresAtOnce = 100;
constexpr int kReceiptLength = 32;
constexpr std::size_t kMaxReason = 500;
constexpr int kPage = 200;
constexpr std::size_t kMaxOrders = 2000, kMaxShares = 2000, kMaxChat = 5000, kMaxReadings = 1000;

Status check_reason(std::string_view reason) {
  if (reason.empty() || reason.size() > kMaxReason)
    return fail(Code::invalid_field, "say why, in 1 to " + std::to_string(kMaxReason) + " bytes", "/reason");
  return {};
}

// Where the person has left anything: brands that have a key of theirs.
std::vector<BrandId> brands_of(db::Tx& tx, PersonId person) {
  std::set<BrandId> out;
  for (const auto use : {privacy::Use::everyday, privacy::Use::evidence})
    for (const BrandId brand : privacy::brands_with_key(tx, person, use))
      if (brand) out.insert(brand);
  return {out.begin(), out.end()};
}

std::string says(const Call& call, std::string_view en, std::string_view zh) {
  return std::string(call.chinese ? zh : en);
}

}  // namespace

// ---- holds

Result<Hold> set_hold(db::Tx& tx, const Call& call, BrandId brand, std::string_view kind, std::int64_t subject_id,
                      std::string_view reason) {
  TRY_OK(require_staff(call, brand, kOperates));
  TRY_OK(check_reason(reason));
  if (kind == "order") {
    const auto o = order::visible_order(tx, call, OrderId{subject_id});
    if (!o || o->brand != brand) return fail(Code::not_found, "the brand has no such order", "/subject_id");
  } else if (kind == "broadcast") {
    const auto b = live::find_broadcast(tx, BroadcastId{subject_id});
    if (!b || b->brand != brand) return fail(Code::not_found, "the brand has no such broadcast", "/subject_id");
  } else if (kind == "brand") {
    subject_id = brand.value;
  } else if (kind != "person") {
    return fail(Code::invalid_field, "must be order, broadcast, person or brand", "/kind");
  }
  store::lock_head(tx, brand, call.now);  // no purge runs beside it
  Hold h{call.make_id<HoldId>(),
         brand,
         std::string(kind),
         subject_id,
         std::string(reason),
         call.caller.person,
         call.now,
         {},
         0,
         {}};
  store::add_hold(tx, h);
  JsonWriter detail;
  detail.begin().field("hold_id", h.id).field("reason", reason).end();
  org::audit(tx, call, brand, "hold.set", kind, subject_id, detail.text());
  return h;
}

Result<Hold> release_hold(db::Tx& tx, const Call& call, HoldId id, std::string_view reason) {
  const auto h = store::find_hold(tx, id);
  if (!h || (call.caller.roles_at(h->brand) == 0 && !call.caller.system))
    return fail(Code::not_found, "there is no such hold");
  TRY_OK(require_staff(call, h->brand, kOperates));
  TRY_OK(check_reason(reason));
  if (store::release_hold(tx, id, call.caller.person, reason, call.now)) {
    JsonWriter detail;
    detail.begin().field("hold_id", id).field("reason", reason).end();
    org::audit(tx, call, h->brand, "hold.release", h->kind, h->subject_id, detail.text());
  }
  return *store::find_hold(tx, id);
}

Result<std::vector<Hold>> holds_of(db::Tx& tx, const Call& call, BrandId brand, bool standing_only, HoldId after,
                                   int limit) {
  TRY_OK(require_staff(call, brand, kAnyStaff));
  return store::holds_of(tx, brand, standing_only, after, limit);
}

// ---- erasure

Result<ErasureView> erasure_view(db::Tx& tx, const Call& call, PersonId person, BrandId brand) {
  ErasureView v;
  v.waits_for = order::orders_under_way(tx, call, person, brand, kUnderWay);
  if (!brand) {
    const Caller relations = org::caller_of_person(tx, person);
    if (!relations.staff.empty()) v.blocked_by.emplace_back("staff");
    if (!relations.agents.empty()) v.blocked_by.emplace_back("agent");
  }
  for (const Kept& k : store::kept_of(tx, person, brand, kKeptLimit)) {
    (k.subject.kind == SubjectKind::order ? v.orders_kept : v.broadcasts_kept) += 1;
    v.held += k.held ? 1 : 0;
    v.open_ended = v.open_ended || k.held || k.due_at == 0;
    v.kept_until = std::max(v.kept_until, k.due_at);
  }
  return v;
}

std::string erasure_json(const Call& call, const std::optional<Erasure>& e, const ErasureView& v) {
  JsonWriter w;
  w.begin();
  if (e) {
    w.field("id", e->id).field("person_id", e->person).field("brand_id", e->brand).field("state", e->state);
    w.field_at("requested_at", e->requested_at).field_at("erased_at", e->erased_at).field_at("done_at", e->done_at);
  }
  const bool account = !e || !e->brand;
  w.key("erases").begin_list();
  if (account) w.value(says(call, "name, login and password: the account is closed", "姓名、账号和密码，账号随之注销"));
  w.value(says(call, "names, phone numbers and addresses of all orders", "所有订单的姓名、电话和地址"));
  w.value(says(call, "reasons given in after-sales, and the words of reviews", "售后申请中填写的原因，以及评价的文字"));
  w.end_list().key("keeps").begin_list();
  const auto keep = [&](std::string_view what, std::string_view why, std::int64_t count, Instant until,
                        const std::string& text) {
    w.begin().field("what", what).field("why", why).field("count", count).field_at("until", until);
    w.field("says", text).end();
  };
  const Instant until = v.open_ended ? 0 : v.kept_until;
  if (v.orders_kept > 0)
    keep("evidence_of_orders", "retention", v.orders_kept, until,
         says(call,
              "evidence of orders, sealed: the law wants it for three years from completion; its key is destroyed then",
              "订单存证（加密封存）：法律要求自交易完成之日起保存三年，到期销毁密钥"));
  if (v.broadcasts_kept > 0)
    keep("evidence_of_broadcasts", "retention", v.broadcasts_kept, until,
         says(call, "evidence of broadcasts you spoke in, sealed: kept three years from their end",
              "参与过的直播的存证（加密封存）：自直播结束之日起保存三年"));
  if (v.held > 0)
    keep("held", "legal_hold", v.held, 0,
         says(call, "of these, some are held for a proceeding and kept until the hold is released",
              "其中部分因法律程序被保全，解除保全前不会删除"));
  keep("amounts", "books", 0, 0,
       says(call, "amounts, goods and dates of orders, without a name: the books must stay whole",
            "订单的金额、商品和日期（不含身份信息）：账目必须完整"));
  w.end_list().key("waits_for").begin_list();
  for (const OrderId id : v.waits_for) w.value(id);
  w.end_list().key("blocked_by").begin_list();
  for (const auto& by : v.blocked_by) w.value(by);
  w.end_list().end();
  return w.take();
}

Result<Requested> request_erasure(db::Tx& tx, const Call& call, PersonId person, BrandId brand,
                                  std::string_view reason) {
  const bool own = !call.caller.guest && call.caller.person == person && !brand;
  BrandId scope = brand;
  if (own) {
    reason = "asked for by the person";
  } else {
    if (!brand) return fail(Code::forbidden, "only they themselves can ask for this");
    TRY_OK(require_staff(call, brand, kOperates));
    TRY_OK(check_reason(reason));
    const auto brands = brands_of(tx, person);
    if (std::find(brands.begin(), brands.end(), brand) == brands.end())
      return fail(Code::not_found, "this person has nothing to do with the brand");
    const Caller relations = org::caller_of_person(tx, person);
    // Nothing elsewhere: the account goes with it.
    if (brands.size() == 1 && relations.staff.empty() && relations.agents.empty()) scope = {};
  }
  TRY(const ErasureView view, erasure_view(tx, call, person, scope));
  if (!view.blocked_by.empty())
    return fail(Code::conflict, "they work for a brand as " + view.blocked_by.front() +
                                    "; that must end first: staff is let go by the brand's owner, an agent leaves");
  if (auto there = store::open_erasure(tx, person, scope)) return Requested{*std::move(there), {}};
  Requested out;
  out.receipt = call.random->base62(kReceiptLength);
  out.erasure = {call.make_id<ErasureId>(), person,    scope,    brand, call.caller.person,
                 std::string(reason),       "waiting", call.now, 0,     0};
  store::add_erasure(tx, out.erasure, sha256(out.receipt));
  org::audit(tx, call, brand, "erasure.request", "person", person.value,
             JsonWriter().begin().field("erasure_id", out.erasure.id).field("reason", reason).end().take());
  return out;
}

Result<Erasure> erasure_of_receipt(db::Tx& tx, std::string_view receipt) {
  if (auto e = store::erasure_of_receipt(tx, sha256(receipt))) return *std::move(e);
  return fail(Code::not_found, "there is no request with this receipt");
}

Result<std::vector<Erasure>> erasures_at(db::Tx& tx, const Call& call, BrandId brand, ErasureId after, int limit) {
  TRY_OK(require_staff(call, brand, kAnyStaff));
  return store::erasures_at(tx, brand, after, limit);
}

namespace {

// Whatever happened before the last half minute is in the evidence, the orders and words of this person with it:
// nothing of theirs is newer, because none of their orders is under way.
bool evidence_is_up_to_date(db::Tx& tx, const Call& call) {
  const Instant since = call.now - kErasureDelayMs / 2;
  for (const auto& kept : bus::events_after(tx, bus::event_head(tx, "evidence"), 1))
    if (kept.event.at < since) return false;
  for (const auto& key : bus::outbox_rows(tx, 1))
    if (const auto event = bus::outbox_event(tx, key); event && event->at < since) return false;
  for (const auto& line : live::unrecorded_chat(tx, 1))
    if (line.at < since) return false;
  return true;
}

// Moves one request on; whether it did.
Result<bool> move_on(db::Tx& tx, const Call& call, ErasureId id) {
  auto e = store::find_erasure(tx, id);
  if (!e || e->state == "done") return false;
  std::vector<BrandId> brands = brands_of(tx, e->person);
  if (e->brand) std::erase_if(brands, [&](BrandId b) { return b != e->brand; });
  bool moved = false;
  if (e->state == "waiting") {
    if (call.now - e->requested_at < kErasureDelayMs) return false;
    // Behind the guard row nobody places an order of this buyer.
    for (const BrandId brand : brands) share::lock_buyer(tx, call, brand, e->person);
    TRY(const ErasureView view, erasure_view(tx, call, e->person, e->brand));
    if (!view.waits_for.empty() || !view.blocked_by.empty() || !evidence_is_up_to_date(tx, call)) return false;
    for (const BrandId brand : brands) {
      privacy::destroy_key(tx, e->person, brand, privacy::Use::everyday);
      order::forget_buyer(tx, call, e->person, brand);
      trust::forget_buyer(tx, call, e->person, brand);
    }
    if (!e->brand) {
      privacy::destroy_key(tx, e->person, {}, privacy::Use::everyday);
      org::close_account(tx, e->person);
      trust::forget_person(tx, call, e->person);
      feed::forget_person(tx, call, e->person);
      push::forget_person(tx, call, e->person);
    }
    e->state = "partly";
    e->erased_at = call.now;
    moved = true;
  }
  bool left = false;
  for (const BrandId brand : brands) {
    if (store::has_evidence(tx, e->person, brand))
      left = true;
    else
      moved = privacy::destroy_key(tx, e->person, brand, privacy::Use::evidence) || moved;
  }
  if (!left) {
    e->state = "done";
    e->done_at = call.now;
    moved = true;
  }
  if (!moved) return false;
  store::set_erasure(tx, *e);
  org::audit(tx, call, e->brand, "erasure." + e->state, "person", e->person.value,
             JsonWriter().begin().field("erasure_id", e->id).end().take());
  return true;
}

}  // namespace

Result<int> run_erasures(db::Database& db, const Call& call) {
  int moved = 0;
  for (ErasureId after;;) {
    TRY(const auto open, db.read([&](db::Tx& tx) -> Result<std::vector<Erasure>> {
      return store::open_erasures(tx, after, kErasuresAtOnce);
    }));
    for (const auto& e : open) {
      TRY(const bool did, db.write([&](db::Tx& tx) { return move_on(tx, call, e.id); }));
      moved += did ? 1 : 0;
    }
    if (static_cast<int>(open.size()) < kErasuresAtOnce) return moved;
    after = open.back().id;
  }
}

// ---- about a person

namespace {

void write_lock(JsonWriter& w, db::Tx& tx, const Call& call, BrandId brand, PersonId person) {
  const auto why = share::explain_lock(tx, call.bucket(person), brand, person, call.now);
  if (why)
    w.raw(*why);
  else
    w.null();
}

}  // namespace

Result<std::string> own_data(db::Tx& tx, const Call& call) {
  TRY_OK(require_login(call));
  const PersonId me = call.caller.person;
  bool complete = true;
  const auto room = [&](std::size_t have, std::size_t most) {
    if (have < most) return true;
    complete = false;
    return false;
  };
  JsonWriter w;
  const auto account = org::find_account(tx, me);
  w.begin().field_at("made_at", call.now).key("person").begin().field("id", me);
  w.field("name", account ? account->name : "").field("login", account ? account->login : "");
  w.field_at("created_at", account ? account->created_at : 0).end();

  w.key("agents").begin_list();
  for (const auto& relation : call.caller.agents)
    if (const auto a = org::find_agent(tx, relation.agent))
      w.begin()
          .field("agent_id", a->id)
          .field("brand_id", a->brand)
          .field("code", a->code)
          .field("name", a->name)
          .field("phone", a->phone)
          .field("region", a->region)
          .end();
  w.end_list().key("orders").begin_list();
  std::size_t orders = 0;
  std::vector<OrderId> order_ids;
  for (OrderId before;;) {
    const auto page = order::orders_of_buyer(tx, call, me, before, kPage);
    for (const auto& o : page) {
      if (!room(orders, kMaxOrders)) break;
      ++orders;
      order_ids.push_back(o.id);
      w.begin().key("order").raw(order::order_json(call, o)).key("after_sales").begin_list();
      for (const auto& a : order::after_sales_of(tx, o.id)) w.raw(order::after_sale_json(a));
      w.end_list().end();
    }
    if (static_cast<int>(page.size()) < kPage || !complete) break;
    before = page.back().id;
  }
  w.end_list().key("locks").begin_list();
  for (const BrandId brand : brands_of(tx, me)) write_lock(w, tx, call, brand, me);
  w.end_list().key("shares").begin_list();
  std::size_t shares = 0;
  for (net::Page page{kPage, 0};;) {
    const auto rows = share::shares_of(tx, me, page);
    for (const auto& row : rows) {
      if (!room(shares, kMaxShares)) break;
      ++shares;
      w.begin()
          .field("id", row.share.id)
          .field("brand_id", row.share.brand)
          .field("kind", share::kind_text(row.share.kind));
      w.field("store_id", row.share.store).field_at("created_at", row.share.created_at);
      w.field("touches", row.touches).field("locks", row.locks).end();
    }
    if (static_cast<int>(rows.size()) < kPage || !complete) break;
    page.after = rows.back().share.id.value;
  }
  w.end_list().key("reservations").begin_list();
  for (const BroadcastId id : live::reserved_by(tx, me, kPage)) w.value(id);
  w.end_list().key("chat").begin_list();
  std::size_t lines = 0;
  for (const Kept& k : store::kept_of(tx, me, {}, kKeptLimit)) {
    if (k.subject.kind != SubjectKind::broadcast) continue;
    for (const auto& line : live::chat_of_person(tx, BroadcastId{k.subject.id}, me, kPage)) {
      if (!room(lines, kMaxChat)) break;
      ++lines;
      w.begin().field("broadcast_id", BroadcastId{k.subject.id}).field("text", line.text).field_at("at", line.at).end();
    }
  }
  // Browsers that asked for notifications, and when each device logged in last.
  w.end_list().key("browsers").begin_list();
  for (const auto& one : push::asked_by(tx, call, me))
    w.begin().field("endpoint", one.endpoint).field("language", one.language).field_at("asked_at", one.at).end();
  w.end_list().key("devices").begin_list();
  for (const Instant at : org::device_logins_of(tx, me)) w.begin().field_at("last_login_at", at).end();
  // Who of a brand's staff has read something of this person.
  w.end_list().key("read_by_staff").begin_list();
  std::size_t readings = 0;
  const auto read = [&](std::string_view kind, std::int64_t subject, OrderId order) {
    for (const auto& r : store::readings_of(tx, kind, subject, kPage)) {
      if (!room(readings, kMaxReadings)) return;
      ++readings;
      w.begin().field("brand_id", r.brand).field("what", r.action).field("order_id", order).field_at("at", r.at).end();
    }
  };
  read("person", me.value, {});
  for (const OrderId id : order_ids) read("order", id.value, id);
  w.end_list().key("erasure");
  TRY(const ErasureView view, erasure_view(tx, call, me, {}));
  w.raw(erasure_json(call, std::nullopt, view));
  w.field("complete", complete).end();
  return w.take();
}

Result<std::string> buyer_json(db::Tx& tx, const Call& call, BrandId brand, PersonId person) {
  TRY_OK(require_staff(call, brand, kOperates));
  const auto sum = order::buyer_sum(tx, call, person, brand);
  const bool locked = share::lock_of(tx, call.bucket(person), brand, person).has_value();
  if (sum.orders == 0 && !locked) return fail(Code::not_found, "this person has nothing to do with the brand");
  org::audit(tx, call, brand, "person.read", "person", person.value);
  const auto account = org::find_account(tx, person);
  JsonWriter w;
  w.begin().field("person_id", person).field("name", account ? account->name : "");
  w.field("login", account ? account->login : "").field("orders", sum.orders).field("paid_fen", sum.paid_fen);
  w.field_at("first_order_at", sum.first_at).field_at("last_order_at", sum.last_at).key("erasures").begin_list();
  for (const auto& e : store::erasures_of(tx, person, kPage))
    if (!e.brand || e.brand == brand)
      w.begin().field("id", e.id).field("state", e.state).field_at("requested_at", e.requested_at).end();
  w.end_list().end();
  return w.take();
}

Result<PersonId> find_buyer(db::Tx& tx, const Call& call, BrandId brand, std::string_view login) {
  TRY_OK(require_staff(call, brand, kOperates));
  const auto found = org::find_login(tx, login);
  const auto nobody = [] { return fail(Code::not_found, "no buyer of this brand has this login"); };
  if (!found) return nobody();
  if (order::buyer_sum(tx, call, found->person, brand).orders == 0 &&
      !share::lock_of(tx, call.bucket(found->person), brand, found->person))
    return nobody();
  return found->person;
}

}  // namespace lianbo::evidence
