#include "order/order_service.hpp"

#include <algorithm>
#include <map>

#include "base/check.hpp"
#include "base/json.hpp"
#include "base/log.hpp"
#include "base/shape.hpp"
#include "catalog/catalog_service.hpp"
#include "catalog/coupon.hpp"
#include "catalog/stock.hpp"
#include "clips/clips_service.hpp"
#include "ledger/ledger.hpp"
#include "live/live_service.hpp"
#include "live/offers_service.hpp"
#include "live/tally.hpp"
#include "order/after_sale_store.hpp"
#include "order/carriers.hpp"
#include "order/commission.hpp"
#include "order/order_parts.hpp"
#include "order/order_store.hpp"
#include "order/quote.hpp"
#include "order/refunds.hpp"
#include "org/org_service.hpp"
#include "share/share_service.hpp"

namespace lianbo::order {
namespace {

using ledger::Account;
using ledger::Cause;
using ledger::Posting;

std::string at_line(std::size_t i, std::string_view field) {
  return "/lines/" + std::to_string(i) + "/" + std::string(field);
}

std::vector<catalog::StockLine> stock_lines(const Order& o) {
  std::vector<catalog::StockLine> out;
  for (const auto& l : o.lines) out.push_back({l.sku, l.qty, l.allotted});
  return out;
}

void tell_paid(db::Tx& tx, const Call& call, const Order& o) {
  const auto& first = o.lines.front();
  std::int64_t qty = 0;
  for (const auto& l : o.lines) qty += l.qty;
  const auto name = get_text(parse_json(address_of(o)).value_or(json::value(json::object())), "name");
  JsonWriter w;
  w.begin().field("order_id", o.id).field("store_id", o.store).field("broadcast_id", o.broadcast);
  w.field("product_id", first.product).field("product", first.title).field("qty", qty);
  w.field("total_fen", o.total_fen).field("who", masked(name)).end();
  tell(tx, call, o, "order.paid", o.broadcast.value, w.take());
}

// Commission of every line, at the instant of payment: one entry per role that is held by somebody who is paid for it.
Status accrue(db::Tx& tx, const Call& call, const Order& o) {
  TRY(const auto rules, org::lock_rules_version(tx, o.brand, o.lock_rules_version));
  ledger::Transaction t{o.brand, o.bucket, Cause::accrual, o.id.value, 0, {}};
  Fen granted = 0;
  for (const auto& l : o.lines) {
    for (const Role role : kRoles) {
      const AgentId agent = earner(o.roles, role, o.buyer_agent, rules.self_purchase);
      const BasisPoints bp = l.rates.of(role);
      if (!agent || bp == 0) continue;
      const Fen amount = entry_fen(l.net_fen(), bp);
      store::Entry e;
      e.id = call.make_id<EntryId>(o.bucket);
      e.brand = o.brand;
      e.agent = agent;
      e.order = o.id;
      e.line = l.line;
      e.role = role;
      e.net_fen = l.net_fen();
      e.bp = bp;
      e.amount_fen = amount;
      e.state = "pending";
      e.at = call.now;
      store::insert_entry(tx, o.bucket, e);
      t.postings.push_back({Account::pending, agent, amount});
      granted += amount;
    }
  }
  if (granted != 0) {
    t.postings.push_back({Account::commission, {}, -granted});
    ledger::post(tx, call, t);
  }
  return {};
}

// The money of a placed order has come.
Status become_paid(db::Tx& tx, const Call& call, Order& o, std::string_view transaction_id, Instant paid_at) {
  store::set_paid(tx, o, paid_at);
  store::set_payment(tx, o.id, "paid", transaction_id, paid_at);
  catalog::sell_stock(tx, o.bucket, stock_lines(o));
  if (o.total_fen != 0)
    ledger::post(tx, call,
                 {o.brand,
                  o.bucket,
                  Cause::payment,
                  o.id.value,
                  0,
                  {{Account::buyers, {}, -o.total_fen}, {Account::sales, {}, o.total_fen}}});
  o.state = OrderState::paid;
  o.paid_at = paid_at;
  tally(tx, o, live::What::paid, paid_at);
  TRY_OK(accrue(tx, call, o));
  tell_paid(tx, call, o);
  return {};
}

// What an order took that is not stock is there again for others, and for this buyer.
void release_offers(db::Tx& tx, const Call& call, const Order& o) {
  if (o.coupon) catalog::unuse_coupon(tx, o.bucket, o.buyer, o.coupon, o.id);
  for (const auto& l : o.lines)
    if (l.flash) live::give_back_flash(tx, call, l.flash, l.qty);
}

void become_cancelled(db::Tx& tx, const Call& call, Order& o, std::string_view reason) {
  store::set_cancelled(tx, o, reason, call.now);
  store::set_payment(tx, o.id, "closed", {}, 0);
  release_offers(tx, call, o);
  catalog::release_stock(tx, call, o.bucket, stock_lines(o), o.store);
  o.state = OrderState::cancelled;
  o.cancel_reason = std::string(reason);
  o.cancelled_at = call.now;
  tell(tx, call, o, "order.cancelled", o.id.value, event_payload(o));
}

// Money that came for an order that is no longer there goes back by itself.
Status give_back_late(db::Tx& tx, const Call& call, Order& o, std::string_view transaction_id, Fen amount_fen,
                      Instant paid_at) {
  store::set_payment(tx, o.id, "late", transaction_id, paid_at);
  ledger::post(tx, call,
               {o.brand,
                o.bucket,
                Cause::late_payment,
                o.id.value,
                0,
                {{Account::buyers, {}, -amount_fen}, {Account::refund, {}, amount_fen}}});
  Refund r;
  r.amount_fen = amount_fen;
  return open_refund(tx, call, o, r);
}

}  // namespace

Result<Order> place(db::Tx& tx, const Call& call, const PlaceWish& wish) {
  TRY_OK(require_login(call));
  const PersonId buyer = call.caller.person;
  TRY(Draft draft, draft_order(tx, call, wish, true));
  const BrandId brand = draft.owner.store.brand;
  Order o;
  o.bucket = call.bucket(buyer);
  o.id = call.make_id<OrderId>(o.bucket);
  o.brand = brand;
  o.buyer = buyer;
  o.store = wish.store;
  o.broadcast = wish.broadcast;
  o.pin = draft.pin;
  o.currency = draft.currency;
  o.placed_at = call.now;
  o.release_at = call.now + call.settings->order_release_ms;
  o.lines = std::move(draft.lines);
  o.goods_fen = draft.goods_fen;
  o.discount_fen = draft.discount_fen;
  o.shipping_fen = draft.shipping.fee_fen;
  o.shipping_version = draft.shipping.version;
  o.total_fen = draft.total_fen;
  if (draft.coupon) o.coupon = draft.coupon->id;

  std::optional<share::Share> came_by;  // a clip's
  if (wish.share) {
    const auto share = share::find_share(tx, wish.share);
    if (!share || share->brand != brand) return fail(Code::invalid_field, "is not a share of this brand", "/share_id");
    o.share = wish.share;
    if (share->kind == share::Kind::clip) came_by = *share;
  }

  TRY(const auto rules, org::lock_rules(tx, brand));
  o.lock_rules_version = rules.version;
  TRY(const auto lock, share::lock_for_order(tx, call, brand, buyer, o.id, call.now));
  // Behind the buyer's guard row: an erasure takes that first, so no address is sealed under a key that is being
  // destroyed.
  o.address = seal_address(privacy::person_key(tx, call, buyer, brand, privacy::Use::everyday), o.id, wish.address_json,
                           *call.random);
  AttributionFacts facts;
  facts.store_agent = draft.owner.agent.id;
  if (lock) {
    facts.lock_agent = o.lock_agent = lock->agent;
    TRY(const auto promoter, org::find_agent(tx, lock->agent));
    if (promoter.parent) {
      TRY(const auto parent, org::find_agent(tx, promoter.parent));
      facts.promoter_parent = parent.id;
      facts.promoter_parent_active = parent.state == org::AgentState::active;
    }
  }
  // Bought where the clip is from: there its host earns as host, and who posted it as clipper.
  if (came_by)
    if (const auto clip = clips::find_clip(tx, came_by->clip); clip && clip->store == o.store)
      facts.clip_author = clips::clipper_of(tx, clip->id, came_by->store).value_or(AgentId{});
  o.roles = attribute(facts);
  // Who has only applied is no agent yet: what they buy is a buyer's.
  if (const auto self = org::agent_of_person(tx, brand, buyer); self && self->state != org::AgentState::applied)
    o.buyer_agent = self->id;

  // What the draft saw is taken now: another may have been faster.
  if (o.coupon) TRY_OK(catalog::use_coupon(tx, o.bucket, buyer, o.coupon, o.id, call.now));
  for (std::size_t i = 0; i < o.lines.size(); ++i)
    if (draft.flash[i] && !live::take_flash(tx, call, *draft.flash[i], o.lines[i].qty))
      return fail(Code::price_changed, o.lines[i].title + " is no longer sold at the flash price",
                  at_line(i, "price_fen"));
  TRY(const auto allotted, catalog::reserve_stock(tx, call, o.bucket, stock_lines(o), call.settings->lease_units,
                                                  draft.allotted ? o.store : StoreId{}));
  for (std::size_t i = 0; i < o.lines.size(); ++i) o.lines[i].allotted = allotted[i];
  store::insert_order(tx, o);
  for (const auto& l : o.lines) store::put_cart_line(tx, o.bucket, buyer, {o.store, l.sku, 0, {}, {}, 0});
  tally(tx, o, live::What::placed, o.placed_at);
  tell(tx, call, o, "order.placed", o.id.value, event_payload(o));
  if (o.total_fen == 0) TRY_OK(become_paid(tx, call, o, {}, call.now));  // nothing to pay: paid at once
  return o;
}

Result<Order> cancel(db::Tx& tx, const Call& call, OrderId id, std::string_view reason) {
  auto o = store::lock(tx, id);
  if (!o) return no_order();
  TRY_OK(may_act_for_buyer(tx, call, *o));
  if (o->state == OrderState::cancelled) return *o;
  if (o->state != OrderState::placed) return wrong_state(*o, "unpaid; ask for an after-sale instead");
  become_cancelled(tx, call, *o, reason);
  return *o;
}

Result<Order> receive(db::Tx& tx, const Call& call, OrderId id) {
  auto o = store::lock(tx, id);
  if (!o) return no_order();
  // Receipt starts the days for a return and the freeze of commissions: the seller can't say it for the buyer.
  if (!call.caller.system && (call.caller.guest || call.caller.person != o->buyer))
    return fail(call.caller.guest ? Code::unauthenticated : Code::forbidden, "only the buyer can say it has arrived");
  if (o->state == OrderState::received || o->state == OrderState::completed) return *o;
  if (o->state != OrderState::shipped) return wrong_state(*o, "shipped");
  store::set_received(tx, *o, call.now);
  o->state = OrderState::received;
  o->received_at = call.now;
  for (auto& l : o->lines) l.available_at = matures_at(call.now, l.rates.freeze_days);
  tell(tx, call, *o, "order.received", o->id.value, event_payload(*o));
  return *o;
}

Result<Order> visible_order(db::Tx& tx, const Call& call, OrderId id) {
  auto o = store::load(tx, id);
  // Who may not see it is told what a stranger is told: that there is none.
  if (!o) return no_order();
  if (call.caller.system || (!call.caller.guest && call.caller.person == o->buyer) ||
      call.caller.owns_store(o->store) || org::staff_roles_at(tx, call, o->brand, o->store) != 0)
    return *o;
  return no_order();
}

bool staff_may_read_address(db::Tx& tx, const Call& call, const Order& o) {
  return !call.caller.system && call.caller.person != o.buyer &&
         (org::staff_roles_at(tx, call, o.brand, o.store) & kOperates) != 0;
}

std::string order_json(const Call& call, const Order& o, bool whole_for_staff) {
  JsonWriter w;
  w.begin().field("id", o.id).field("brand_id", o.brand).field("store_id", o.store).field("buyer_id", o.buyer);
  w.field("broadcast_id", o.broadcast).field("pin_id", o.pin).field("share_id", o.share);
  w.field("coupon_id", o.coupon).field("state", state_name(o.state)).field("currency", o.currency);
  w.field("goods_fen", o.goods_fen).field("discount_fen", o.discount_fen).field("shipping_fen", o.shipping_fen);
  w.field("total_fen", o.total_fen).field("refunded_fen", o.refunded_fen);
  w.field("shipping_refunded_fen", o.shipping_refunded_fen);
  w.key("lines").begin_list();
  for (const auto& l : o.lines) {
    w.begin().field("line", l.line).field("sku_id", l.sku).field("product_id", l.product).field("title", l.title);
    w.field("sku_title", l.sku_title)
        .field("qty", l.qty)
        .field("list_fen", l.list_fen)
        .field("price_fen", l.price_fen)
        .field("price_source", source_name(l.source))
        .field("goods_fen", l.goods_fen);
    w.field("paid_fen", l.paid_fen).field("refunded_fen", l.refunded_fen).field("refunded_qty", l.refunded_qty);
    w.field("shipped_qty", l.shipped_qty).field("dropped_qty", l.dropped_qty).field("no_return", l.no_return).end();
  }
  w.end_list().key("parcels").begin_list();
  for (const auto& p : o.parcels) {
    w.begin().field("id", p.id).field("after_sale_id", p.after_sale).field("carrier", p.carrier);
    w.field("carrier_name", carrier_name(p.carrier, call.chinese)).field("tracking_number", p.tracking_number);
    w.field_at("at", p.at).key("lines").begin_list();
    for (const auto& l : p.lines) w.begin().field("line", l.line).field("sku_id", l.sku).field("qty", l.qty).end();
    w.end_list().end();
  }
  w.end_list();
  // The host sees what delivery needs, while it does.
  const bool delivers = o.state == OrderState::paid || o.state == OrderState::shipped;
  const bool whole = call.caller.system || call.caller.person == o.buyer ||
                     (delivers && call.caller.owns_store(o.store)) || whole_for_staff;
  w.key("address");
  const std::string address_json = address_of(o);
  if (whole) {
    w.raw(address_json);
  } else {
    const auto address = parse_json(address_json).value_or(json::value(json::object()));
    w.begin().field("name", masked(get_text(address, "name"))).field("phone", "");
    w.field("region", get_text(address, "region")).field("detail", "").end();
  }
  w.field("carrier", o.carrier).field("carrier_name", carrier_name(o.carrier, call.chinese));
  w.field("tracking_number", o.tracking_number).field("cancel_reason", o.cancel_reason);
  w.field_at("placed_at", o.placed_at).field_at("release_at", o.release_at).field_at("paid_at", o.paid_at);
  w.field_at("shipped_at", o.shipped_at).field_at("received_at", o.received_at);
  w.field_at("completed_at", o.completed_at).field_at("cancelled_at", o.cancelled_at).end();
  return w.take();
}

Status apply_payment(db::Tx& tx, const Call& call, std::string_view out_trade_no, std::string_view transaction_id,
                     Fen amount_fen, std::string_view currency, Instant success_at) {
  const auto id = OrderId::parse(out_trade_no);
  if (!id) return fail(Code::payment_mismatch, "out_trade_no is not an order of ours");
  auto o = store::lock(tx, *id);
  if (!o) return fail(Code::payment_mismatch, "there is no such order");
  const auto payment = store::payment(tx, *id);
  if (!payment) return fail(Code::payment_mismatch, "the order has no payment");
  if (amount_fen != payment->amount_fen || currency != o->currency)
    return fail(Code::payment_mismatch, "the order is over " + format_fen(payment->amount_fen) + " " + o->currency +
                                            ", the notice over " + format_fen(amount_fen) + " " +
                                            std::string(currency));
  if (payment->state == "paid" || payment->state == "late") {
    if (payment->transaction_id == transaction_id) return {};
    return fail(Code::payment_mismatch, "the order was paid by another transaction");
  }
  const Instant paid_at = success_at > 0 && success_at <= call.now ? std::max(success_at, o->placed_at) : call.now;
  if (o->state == OrderState::placed) return become_paid(tx, call, *o, transaction_id, paid_at);
  CHECK(o->state == OrderState::cancelled);
  return give_back_late(tx, call, *o, transaction_id, amount_fen, paid_at);
}

namespace {
// Asks the rail about an order it says is paid, and books it. False: it is not paid after all.
Result<bool> take_what_is_paid(db::Database& db, const Call& call, pay::PayRail& rail, OrderId id) {
  TRY(const auto trade, rail.query(id.text(), call.now, *call.random));
  if (trade.state != pay::TradeState::success) return false;
  TRY_OK(db.write([&](db::Tx& tx) {
    return apply_payment(tx, system_call(call), id.text(), trade.transaction_id, trade.amount_fen, trade.currency,
                         trade.success_at);
  }));
  return true;
}
}  // namespace

Result<PayAnswer> pay_order(db::Database& db, const Call& call, pay::PayRail& rail, OrderId id, std::string openid) {
  TRY(const auto o, db.read([&](db::Tx& tx) -> Result<Order> {
    TRY(auto seen, visible_order(tx, call, id));
    TRY_OK(may_act_for_buyer(tx, call, seen));
    return seen;
  }));
  if (o.state != OrderState::placed) return wrong_state(o, "unpaid");
  if (call.now >= o.release_at) return fail(Code::order_state_conflict, "the time to pay this order has passed");
  pay::PrepayWish wish;
  wish.out_trade_no = id.text();
  wish.description = o.lines.front().title;
  wish.amount_fen = o.total_fen;
  wish.currency = o.currency;
  wish.payer_openid = openid.empty() ? "lb-" + o.buyer.text() : std::move(openid);
  wish.expires_at = o.release_at;
  wish.notify_url = notify_url(call);
  const auto prepaid = rail.prepay(wish, call.now, *call.random);
  if (!prepaid) {
    // Paid already, and the notice is still on its way: the rail's word is taken at once.
    if (pay::refusal_of(prepaid.error()) == pay::Refusal::already_paid) {
      TRY(const bool taken, take_what_is_paid(db, call, rail, id));
      if (taken) return fail(Code::order_state_conflict, "the order is paid");
    }
    return fail(prepaid.error());
  }
  TRY(const auto state, db.write([&](db::Tx& tx) -> Result<OrderState> {
    const auto now_at = store::lock(tx, id);
    if (!now_at) return no_order();
    store::set_prepay(tx, id, prepaid->prepay_id, call.now);
    return now_at->state;
  }));
  if (state != OrderState::placed) {
    // Cancelled while the rail was asked: who cancelled it saw nothing to close there.
    if (const auto closed = close_payment(db, call, rail, id); !closed)
      log_event(LogEvent::payment_not_closed, "order {}: {}", id.text(), closed.error().text());
    return fail(Code::order_state_conflict, "the order is " + std::string(state_name(state)) + " by now");
  }
  return PayAnswer{prepaid->prepay_id, prepaid->pay_params};
}

Status close_payment(db::Database& db, const Call& call, pay::PayRail& rail, OrderId id) {
  TRY(const auto payment,
      db.read([&](db::Tx& tx) -> Result<std::optional<store::Payment>> { return store::payment(tx, id); }));
  if (!payment || payment->prepay_id.empty() || payment->state != "closed") return {};
  const auto closed = rail.close(id.text(), call.now, *call.random);
  if (closed || pay::refusal_of(closed.error()) != pay::Refusal::none)
    return {};  // closed, or the notice is on its way
  return fail(closed.error());
}

Result<int> release_unpaid(db::Database& db, const Call& caller, pay::PayRail& rail, int limit) {
  const Call call = system_call(caller);
  int done = 0;
  bool reachable = true;
  const auto one = [&](OrderId id) -> Result<bool> {
    TRY(const auto payment,
        db.read([&](db::Tx& tx) -> Result<std::optional<store::Payment>> { return store::payment(tx, id); }));
    // Once the client was given the means to pay, only the rail knows whether it did: close there, or learn that it
    // is paid. One that can't be reached is asked once a run: what needs it waits, what does not goes on.
    if (payment && !payment->prepay_id.empty()) {
      if (!reachable) return false;
      auto closed = rail.close(id.text(), call.now, *call.random);
      if (!closed) {
        const auto why = pay::refusal_of(closed.error());
        if (why == pay::Refusal::already_paid) {
          TRY(const bool taken, take_what_is_paid(db, call, rail, id));
          if (taken) return true;
        } else if (why != pay::Refusal::closed && why != pay::Refusal::not_found) {
          return fail(closed.error());
        }
      }
    }
    TRY_OK(db.write([&](db::Tx& tx) -> Status {
      auto o = store::lock(tx, id);
      if (o && o->state == OrderState::placed) become_cancelled(tx, call, *o, "unpaid");
      return {};
    }));
    return true;
  };
  for (store::Unpaid after;;) {
    TRY(const auto due, db.read([&](db::Tx& tx) -> Result<std::vector<store::Unpaid>> {
      return store::unpaid_until(tx, call.now, after, limit);
    }));
    for (const auto& unpaid : due) {
      if (const auto released = one(unpaid.order); released) {
        done += *released ? 1 : 0;
      } else {
        if (released.error().code == Code::payment_unreachable) reachable = false;
        log_event(LogEvent::order_not_moved, "order {} can't be released: {}", unpaid.order.text(),
                  released.error().text());
      }
    }
    if (static_cast<int>(due.size()) < limit) return done;
    after = due.back();
  }
}

Result<int> receive_shipped(db::Database& db, const Call& caller, int limit) {
  const Call call = system_call(caller);
  const Instant before = call.now - call.settings->order_auto_receive_days * kDayMs;
  int done = 0;
  for (store::Shipped after;;) {
    TRY(const auto due, db.read([&](db::Tx& tx) -> Result<std::vector<store::Shipped>> {
      return store::shipped_until(tx, before, after, limit);
    }));
    for (const auto& d : due) {
      const auto ok = db.write([&](db::Tx& tx) -> Status {
        TRY([[maybe_unused]] auto o, receive(tx, call, d.order));
        return {};
      });
      if (ok)
        ++done;
      else
        log_event(LogEvent::order_not_moved, "order {} can't be received: {}", d.order.text(), ok.error().text());
    }
    if (static_cast<int>(due.size()) < limit) return done;
    after = due.back();
  }
}

namespace {
// One line whose freeze has passed: its entries become available, and the order is complete with its last line.
Status mature(db::Tx& tx, const Call& call, const store::DueLine& d) {
  auto o = store::lock(tx, d.order);
  if (!o) return {};
  const auto& line = o->lines.at(static_cast<std::size_t>(d.line));
  // Looked at again behind the lock: an after-sale may have been opened since.
  const bool open = store::open_claims(tx, d.order, d.line) > 0;
  if (line.matured_at != 0 || !matures(line.available_at, open, call.now)) return {};
  ledger::Transaction t{o->brand, o->bucket, Cause::maturity, d.order.value, d.line, {}};
  std::map<AgentId, Fen> sums;
  for (const auto& e : store::entries_of(tx, d.order))
    if (e.line == d.line && e.state == "pending") sums[e.agent] += e.amount_fen;
  for (const auto& [agent, sum] : sums) {
    t.postings.push_back({Account::pending, agent, -sum});
    t.postings.push_back({Account::available, agent, sum});
  }
  store::mature_line(tx, d, call.now);
  if (!t.postings.empty()) ledger::post(tx, call, t);
  if (o->state == OrderState::received && store::all_matured(tx, d.order)) {
    store::set_completed(tx, *o, call.now);
    o->state = OrderState::completed;
    tell(tx, call, *o, "order.completed", o->id.value, event_payload(*o));
  }
  return {};
}
}  // namespace

Result<int> mature_lines(db::Database& db, const Call& caller, int limit) {
  const Call call = system_call(caller);
  int done = 0;
  for (store::DueLine after;;) {
    TRY(const auto due, db.read([&](db::Tx& tx) -> Result<std::vector<store::DueLine>> {
      return store::lines_to_mature(tx, call.now, after, limit);
    }));
    // Handed to the database together: it puts them into few commits, each still alone in its savepoint.
    const auto results =
        db::write_all(db, due.size(), [&](db::Tx& tx, std::size_t i) -> Status { return mature(tx, call, due[i]); });
    for (std::size_t i = 0; i < due.size(); ++i) {
      if (results[i])
        ++done;
      else
        log_event(LogEvent::order_not_moved, "order {} line {} can't mature: {}", due[i].order.text(), due[i].line,
                  results[i].error().text());
    }
    if (static_cast<int>(due.size()) < limit) return done;
    after = due.back();
  }
}

std::vector<Order> orders_of_buyer(db::Tx& tx, const Call& call, PersonId buyer, OrderId before, int limit) {
  std::vector<Order> out;
  for (const OrderId id : store::of_buyer(tx, call.bucket(buyer), buyer, before.value, limit))
    if (auto o = store::load(tx, id)) out.push_back(*std::move(o));
  return out;
}
std::vector<OrderId> orders_under_way(db::Tx& tx, const Call& call, PersonId buyer, BrandId brand, int limit) {
  return store::under_way(tx, call.bucket(buyer), buyer, brand, limit);
}
BuyerSum buyer_sum(db::Tx& tx, const Call& call, PersonId buyer, BrandId brand) {
  return store::buyer_sum(tx, call.bucket(buyer), buyer, brand);
}
void forget_buyer(db::Tx& tx, const Call& call, PersonId buyer, BrandId brand) {
  store::forget_words_of(tx, call.bucket(buyer), buyer, brand);
}

Status seal_addresses(db::Database& db, const Call& call) {
  constexpr int kPage = 500;
  OrderId after;
  for (;;) {
    TRY(const auto rows, db.write([&](db::Tx& tx) -> Result<std::vector<store::Readable>> {
      auto page = store::readable_addresses(tx, after, kPage);
      for (const auto& r : page) {
        const auto key = privacy::person_key(tx, call, r.buyer, r.brand, privacy::Use::everyday);
        store::seal_address(tx, r.id, seal_address(key, r.id, r.address_json, *call.random));
      }
      return page;
    }));
    if (static_cast<int>(rows.size()) < kPage) return {};
    after = rows.back().id;
  }
}

Result<share::ReceiptFacts> receipt_facts(db::Tx& tx, OrderId id) {
  const auto o = store::load(tx, id);
  if (!o) return no_order();
  share::ReceiptFacts f;
  f.brand = o->brand;
  f.store = o->store;
  f.broadcast = o->broadcast;
  f.pin = o->pin;
  f.product = o->lines.front().product;
  // The moment the buyer saw: the product of the pin it was bought from, closed since or not.
  if (o->pin)
    for (const auto& pin : live::pins_of(tx, o->broadcast, PinId{o->pin.value - 1}, 1))
      if (pin.id == o->pin) f.product = pin.product;
  f.buyer = o->buyer;
  f.paid = o->paid_at != 0;
  return f;
}

void merge_cart(db::Tx& tx, const Call& call, PersonId guest, PersonId person) {
  store::move_cart(tx, call.bucket(guest), guest, call.bucket(person), person);
}

}  // namespace lianbo::order
