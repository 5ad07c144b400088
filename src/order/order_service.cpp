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
#include "ledger/ledger.hpp"
#include "live/live_service.hpp"
#include "live/offers_service.hpp"
#include "live/tally.hpp"
#include "order/commission.hpp"
#include "order/order_store.hpp"
#include "order/quote.hpp"
#include "org/org_service.hpp"
#include "share/share_service.hpp"

namespace lianbo::order {
namespace {

using ledger::Account;
using ledger::Cause;
using ledger::Posting;

constexpr std::int64_t kMaxRefunds = 50;      // of one order; WeChat Pay gives no more
constexpr std::int64_t kMaxAfterSales = 200;  // of one order, with those that came to nothing

std::string at_line(std::size_t i, std::string_view field) {
  return "/lines/" + std::to_string(i) + "/" + std::string(field);
}

std::unexpected<Error> no_order() { return fail(Code::not_found, "there is no such order"); }
std::unexpected<Error> wrong_state(const Order& o, std::string_view wanted) {
  return fail(Code::order_state_conflict,
              "the order is " + std::string(state_name(o.state)) + "; this needs it " + std::string(wanted));
}

std::vector<catalog::StockLine> stock_lines(const Order& o) {
  std::vector<catalog::StockLine> out;
  for (const auto& l : o.lines) out.push_back({l.sku, l.qty, l.allotted});
  return out;
}

void tell(db::Tx& tx, const Call& call, const Order& o, std::string topic, std::int64_t key, std::string payload) {
  tx.emit(
      {call.make_id<EventId>(o.bucket), o.bucket, o.brand, std::move(topic), key, std::move(payload), call.now, true});
}

// "王**": what others in the room may read.
std::string masked(std::string_view name) {
  if (name.empty()) return "**";
  std::size_t n = 1;
  while (n < name.size() && (static_cast<unsigned char>(name[n]) & 0xc0) == 0x80) ++n;
  return std::string(name.substr(0, n)) + "**";
}

std::string event_payload(const Order& o) {
  JsonWriter w;
  w.begin().field("order_id", o.id).field("store_id", o.store).field("state", state_name(o.state));
  w.field("total_fen", o.total_fen).field("buyer_id", o.buyer).end();
  return w.take();
}

void tally(db::Tx& tx, const Order& o, live::What what, Instant at, const Refund* refund = nullptr) {
  live::Tally fact{.what = what, .bucket = o.bucket, .id = refund ? refund->id.value : o.id.value, .at = at};
  fact.brand = o.brand;
  fact.person = o.buyer;
  fact.store = o.store;
  fact.broadcast = o.broadcast;
  fact.pin = o.pin;
  fact.share = o.share;
  fact.order = o.id;
  fact.amount_fen = refund ? refund->amount_fen : o.total_fen;
  if (refund) {
    fact.line = refund->line;
    fact.product = o.lines.at(static_cast<std::size_t>(refund->line)).product;
  }
  live::tally(tx, fact);
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

Status may_act_for_buyer(db::Tx& tx, const Call& call, const Order& o) {
  if (call.caller.system || (!call.caller.guest && call.caller.person == o.buyer)) return {};
  return org::require_staff_at(tx, call, o.brand, o.store, kOperates);
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

Call system_call(const Call& call) {
  Call out = call;
  out.caller = {};
  out.caller.guest = false;
  out.caller.system = true;
  return out;
}

// Money that came for an order that is no longer there goes back by itself.
void give_back_late(db::Tx& tx, const Call& call, const Order& o, std::string_view transaction_id, Fen amount_fen,
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
  r.id = call.make_id<RefundId>(o.bucket);
  r.bucket = o.bucket;
  r.brand = o.brand;
  r.order = o.id;
  r.amount_fen = amount_fen;
  r.at = call.now;
  store::insert_refund(tx, r);
  tell(tx, call, o, "refund.due", r.id.value, event_payload(o));
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

  if (wish.share) {
    const auto share = share::find_share(tx, wish.share);
    if (!share || share->brand != brand) return fail(Code::invalid_field, "is not a share of this brand", "/share_id");
    o.share = wish.share;
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
  o.roles = attribute(facts);
  if (const auto self = org::agent_of_person(tx, brand, buyer)) o.buyer_agent = self->id;

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

Result<Order> ship(db::Tx& tx, const Call& call, OrderId id, std::string_view carrier, std::string_view number) {
  auto o = store::lock(tx, id);
  if (!o) return no_order();
  TRY_OK(org::require_store(tx, call, o->brand, o->store));
  if (o->state == OrderState::shipped && o->carrier == carrier && o->tracking_number == number) return *o;
  if (o->state != OrderState::paid) return wrong_state(*o, "paid");
  // Units whose refund was agreed to before they left go on sale again, once the money has gone.
  std::int64_t units = 0;
  for (const auto& l : o->lines) units += l.qty - l.refunded_qty;
  for (const auto& r : store::refunds_of(tx, id))
    if (r.state != "done") units -= r.restock_qty;
  if (units <= 0)
    return fail(Code::order_state_conflict, "every unit of the order was given back; there is nothing to ship");
  store::set_shipped(tx, *o, carrier, number, call.now);
  o->state = OrderState::shipped;
  o->shipped_at = call.now;
  o->carrier = std::string(carrier);
  o->tracking_number = std::string(number);
  tell(tx, call, *o, "order.shipped", o->id.value, event_payload(*o));
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
    w.field("no_return", l.no_return).end();
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
  w.field("carrier", o.carrier).field("tracking_number", o.tracking_number).field("cancel_reason", o.cancel_reason);
  w.field_at("placed_at", o.placed_at).field_at("release_at", o.release_at).field_at("paid_at", o.paid_at);
  w.field_at("shipped_at", o.shipped_at).field_at("received_at", o.received_at);
  w.field_at("completed_at", o.completed_at).field_at("cancelled_at", o.cancelled_at).end();
  return w.take();
}

Result<AfterSale> request_after_sale(db::Tx& tx, const Call& call, OrderId id, const AfterSaleWish& wish) {
  auto o = store::lock(tx, id);
  if (!o) return no_order();
  TRY_OK(may_act_for_buyer(tx, call, *o));
  const bool staff = call.caller.system || (org::staff_roles_at(tx, call, o->brand, o->store) & kOperates) != 0;
  if (o->state == OrderState::placed || o->state == OrderState::cancelled) return wrong_state(*o, "paid");
  if (wish.line < 0 || wish.line >= static_cast<int>(o->lines.size()))
    return fail(Code::invalid_field, "the order has lines 0 to " + std::to_string(o->lines.size() - 1), "/line");
  const auto& line = o->lines[static_cast<std::size_t>(wish.line)];
  if (!staff && o->received_at != 0) {
    if (line.no_return)
      return fail(Code::order_state_conflict,
                  "this product is exempt from no-reason return; the store can still agree to one");
    if (call.now >= o->received_at + call.settings->return_days * kDayMs)
      return fail(Code::order_state_conflict,
                  "the " + std::to_string(call.settings->return_days) +
                      " days from receipt have passed; the store can still agree to a return");
  }
  if (wish.returns_goods && o->shipped_at == 0)
    return fail(Code::order_state_conflict, "nothing was shipped yet: ask for refund_only", "/kind");
  // Units go on sale again only if they are there: never shipped, or sent back.
  if (wish.returns_goods && wish.qty < 1)
    return fail(Code::invalid_field, "a return has at least 1 unit; for money only ask for refund_only", "/qty");
  if (!wish.returns_goods && o->shipped_at != 0 && wish.qty != 0)
    return fail(Code::invalid_field, "the goods were shipped: refund_only takes 0 units, else return_and_refund",
                "/qty");
  const auto claims = store::claims(tx, id);
  if (claims.standing >= kMaxRefunds || claims.all >= kMaxAfterSales)
    return fail(Code::refund_exceeds, "an order takes at most " + std::to_string(kMaxRefunds) + " refunds and " +
                                          std::to_string(kMaxAfterSales) + " after-sales");
  const auto open = store::open_claims(tx, id, wish.line);
  const Fen left = line.net_fen() - open.amount_fen;
  if (wish.amount_fen < 0 || wish.amount_fen > left)
    return fail(Code::refund_exceeds,
                "at most " + format_fen(left) + " can still be refunded for this line (" + format_fen(line.paid_fen) +
                    " paid, " + format_fen(line.refunded_fen) + " refunded, " + format_fen(open.amount_fen) +
                    " asked for)",
                "/amount_fen");
  if (wish.amount_fen == 0) return fail(Code::invalid_field, "must be at least 1", "/amount_fen");
  const std::int64_t units = line.qty - line.refunded_qty - open.qty;
  if (wish.qty < 0 || wish.qty > units)
    return fail(Code::invalid_field, "at most " + std::to_string(units) + " units of this line can still come back",
                "/qty");

  AfterSale a;
  a.id = call.make_id<AfterSaleId>(o->bucket);
  a.bucket = o->bucket;
  a.brand = o->brand;
  a.order = id;
  a.line = wish.line;
  a.returns_goods = wish.returns_goods;
  a.qty = wish.qty;
  a.amount_fen = wish.amount_fen;
  a.reason = wish.reason;
  a.at = call.now;
  store::insert_after_sale(tx, a);
  tell(tx, call, *o, "after_sale.requested", a.id.value, after_sale_json(a));
  return a;
}

namespace {
struct OpenCase {
  Order order;
  AfterSale after_sale;
};
// Locks the order first, then reads the case: every decision about it stands behind that lock.
Result<OpenCase> open_case(db::Tx& tx, AfterSaleId id) {
  const auto seen = store::after_sale(tx, id);
  if (!seen) return fail(Code::not_found, "there is no such after-sale");
  auto o = store::lock(tx, seen->order);
  auto a = store::after_sale(tx, id);
  if (!o || !a) return fail(Code::not_found, "there is no such after-sale");
  return OpenCase{std::move(*o), std::move(*a)};
}
}  // namespace

Result<AfterSale> approve_after_sale(db::Tx& tx, const Call& call, AfterSaleId id, std::string_view answer) {
  TRY(auto c, open_case(tx, id));
  auto& [o, a] = c;
  TRY_OK(org::require_staff_at(tx, call, o.brand, o.store, kOperates));
  if (a.state == AfterSaleState::approved || a.state == AfterSaleState::refunded) return a;
  if (a.state != AfterSaleState::requested)
    return fail(Code::order_state_conflict, "the after-sale is " + std::string(state_name(a.state)));
  store::close_after_sale(tx, a, AfterSaleState::approved, answer, 0);
  Refund r;
  r.id = call.make_id<RefundId>(o.bucket);
  r.bucket = o.bucket;
  r.brand = o.brand;
  r.order = o.id;
  r.line = a.line;
  r.after_sale = a.id;
  r.amount_fen = a.amount_fen;
  // What was asked for before the goods left, and answered after, brings no unit back.
  r.restock_qty = a.returns_goods || o.shipped_at == 0 ? a.qty : 0;
  r.at = call.now;
  store::insert_refund(tx, r);
  a.state = AfterSaleState::approved;
  a.answer = std::string(answer);
  tell(tx, call, o, "refund.due", r.id.value, after_sale_json(a));
  return a;
}

Result<AfterSale> close_after_sale(db::Tx& tx, const Call& call, AfterSaleId id, AfterSaleState state,
                                   std::string_view answer) {
  TRY(auto c, open_case(tx, id));
  auto& [o, a] = c;
  TRY_OK(state == AfterSaleState::withdrawn ? may_act_for_buyer(tx, call, o)
                                            : org::require_staff_at(tx, call, o.brand, o.store, kOperates));
  if (a.state == state) return a;
  if (a.state != AfterSaleState::requested)
    return fail(Code::order_state_conflict, "the after-sale is " + std::string(state_name(a.state)));
  store::close_after_sale(tx, a, state, answer, call.now);
  a.state = state;
  a.answer = std::string(answer);
  a.closed_at = call.now;
  tell(tx, call, o, "after_sale.closed", a.id.value, after_sale_json(a));
  return a;
}

std::string after_sale_json(const AfterSale& a) {
  JsonWriter w;
  w.begin().field("id", a.id).field("order_id", a.order).field("line", a.line);
  w.field("kind", a.returns_goods ? "return_and_refund" : "refund_only").field("state", state_name(a.state));
  w.field("qty", a.qty).field("amount_fen", a.amount_fen).field("reason", a.reason).field("answer", a.answer);
  w.field_at("at", a.at).field_at("closed_at", a.closed_at).end();
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
  give_back_late(tx, call, *o, transaction_id, amount_fen, paid_at);
  return {};
}

Status apply_refund(db::Tx& tx, const Call& call, std::string_view out_refund_no, std::string_view rail_refund_id,
                    Fen refund_fen) {
  const auto id = RefundId::parse(out_refund_no);
  const auto seen = id ? store::refund(tx, *id) : std::nullopt;
  if (!seen) return fail(Code::payment_mismatch, "out_refund_no is not a refund of ours");
  auto o = store::lock(tx, seen->order);
  const auto r = store::refund(tx, *id);
  if (!o || !r) return fail(Code::payment_mismatch, "the refund's order is not there");
  if (refund_fen != r->amount_fen)
    return fail(Code::payment_mismatch,
                "the refund is over " + format_fen(r->amount_fen) + ", the notice over " + format_fen(refund_fen));
  if (!store::refund_done(tx, *id, rail_refund_id, call.now)) return {};  // told before

  if (r->line < 0) {
    ledger::post(tx, call,
                 {o->brand,
                  o->bucket,
                  Cause::late_refund,
                  id->value,
                  0,
                  {{Account::refund, {}, -r->amount_fen}, {Account::buyers, {}, r->amount_fen}}});
    tell(tx, call, *o, "order.late_refunded", o->id.value, event_payload(*o));
    return {};
  }

  auto& line = o->lines.at(static_cast<std::size_t>(r->line));
  const Fen old_net = line.net_fen();
  const Fen new_net = old_net - r->amount_fen;
  CHECK(new_net >= 0);
  store::add_refunded(tx, o->id, r->line, r->amount_fen, r->restock_qty);
  tally(tx, *o, live::What::refunded, call.now, &*r);
  ledger::post(tx, call,
               {o->brand,
                o->bucket,
                Cause::refund,
                id->value,
                0,
                {{Account::refund, {}, -r->amount_fen}, {Account::buyers, {}, r->amount_fen}}});

  // Each role's entry follows the net. A line that has matured gives its correction to the next settlement.
  ledger::Transaction t{o->brand, o->bucket, Cause::reversal, id->value, 0, {}};
  Fen taken_back = 0;
  std::map<Role, store::Entry> last;
  for (auto& e : store::entries_of(tx, o->id))
    if (e.line == r->line && (!last.contains(e.role) || last[e.role].seq < e.seq)) last[e.role] = e;
  const bool matured = line.matured_at != 0;
  for (auto& [role, e] : last) {
    const Fen correction = correction_fen(old_net, new_net, e.bp);
    if (correction == 0) continue;
    store::Entry c = e;
    c.id = call.make_id<EntryId>(o->bucket);
    c.seq = e.seq + 1;
    c.net_fen = new_net;
    c.amount_fen = correction;
    c.state = matured ? "available" : "pending";
    c.available_at = matured ? call.now : 0;
    c.refund = *id;
    c.settlement = {};
    c.at = call.now;
    store::insert_entry(tx, o->bucket, c);
    t.postings.push_back({matured ? Account::available : Account::pending, c.agent, correction});
    taken_back += correction;
  }
  if (!t.postings.empty()) {
    t.postings.push_back({Account::commission, {}, -taken_back});
    ledger::post(tx, call, t);
  }
  if (r->restock_qty > 0) TRY_OK(catalog::restock(tx, call, line.sku, r->restock_qty));
  if (r->after_sale)
    if (auto a = store::after_sale(tx, r->after_sale))
      store::close_after_sale(tx, *a, AfterSaleState::refunded, a->answer, call.now);
  o->refunded_fen += r->amount_fen;
  tell(tx, call, *o, "order.refunded", o->id.value, event_payload(*o));
  return {};
}

namespace {
std::string notify_url(const Call& call) { return call.settings->public_url + "/api/v1/pay/wechat/notice"; }
}  // namespace

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
  TRY(const auto due,
      db.read([&](db::Tx& tx) -> Result<std::vector<OrderId>> { return store::shipped_until(tx, before, limit); }));
  int done = 0;
  for (const OrderId id : due) {
    const auto ok = db.write([&](db::Tx& tx) -> Status {
      TRY([[maybe_unused]] auto o, receive(tx, call, id));
      return {};
    });
    if (ok)
      ++done;
    else
      log_event(LogEvent::order_not_moved, "order {} can't be received: {}", id.text(), ok.error().text());
  }
  return done;
}

Result<int> send_refunds(db::Database& db, const Call& caller, pay::PayRail& rail, int limit) {
  const Call call = system_call(caller);
  TRY(const auto due,
      db.read([&](db::Tx& tx) -> Result<std::vector<RefundId>> { return store::due_refunds(tx, call.now, limit); }));
  int done = 0;
  for (const RefundId id : due) {
    struct Facts {
      Refund refund;
      store::Payment payment;
      std::string currency, reason;
    };
    const auto one = [&]() -> Status {
      TRY(const auto facts, db.read([&](db::Tx& tx) -> Result<Facts> {
        const auto r = store::refund(tx, id);
        if (!r) return fail(Code::not_found);
        const auto p = store::payment(tx, r->order);
        const auto o = store::load(tx, r->order);
        if (!p || !o) return fail(Code::not_found);
        std::string reason = "late payment";
        if (const auto a = store::after_sale(tx, r->after_sale)) reason = a->reason;
        return Facts{*r, *p, o->currency, reason};
      }));
      auto answer = rail.refund({facts.refund.order.text(), id.text(), facts.refund.amount_fen,
                                 facts.payment.amount_fen, facts.currency, facts.reason, notify_url(call)},
                                call.now, *call.random);
      if (answer && answer->state == pay::RefundState::success)
        return db.write(
            [&](db::Tx& tx) { return apply_refund(tx, call, id.text(), answer->refund_id, answer->refund_fen); });
      // 1 min, 2, 4, … 64 min between tries; a refund under way is asked after with the same number.
      const Instant next = call.now + (kMinuteMs << std::min(facts.refund.tries, 6));
      std::string error;
      if (!answer) error = answer.error().text();
      if (answer && (answer->state == pay::RefundState::abnormal || answer->state == pay::RefundState::closed))
        error = "the rail says " + std::string(pay::state_name(answer->state));
      if (!error.empty()) log_event(LogEvent::refund_waits, "refund {}: {}", id.text(), error);
      TRY_OK(db.write([&](db::Tx& tx) -> Status {
        store::refund_tried(tx, id, answer ? "sent" : "due", error, next);
        return {};
      }));
      if (!answer) return fail(answer.error());
      return {};
    };
    if (const auto ok = one(); ok) {
      ++done;
    } else if (ok.error().code == Code::payment_unreachable) {
      break;  // each try may last as long as a time-out; the others stay due
    } else if (ok.error().code != Code::payment_refused) {
      // What the rail did is not to be had into the books. Not again at once: it must not stand before all others.
      log_event(LogEvent::refund_not_booked, "refund {}: {}", id.text(), ok.error().text());
      TRY_OK(db.write([&](db::Tx& tx) -> Status {
        store::refund_tried(tx, id, "sent", ok.error().text(), call.now + kHourMs);
        return {};
      }));
    }
  }
  return done;
}

Result<int> mature_lines(db::Database& db, const Call& caller, int limit) {
  const Call call = system_call(caller);
  TRY(const auto due, db.read([&](db::Tx& tx) -> Result<std::vector<store::DueLine>> {
    return store::lines_to_mature(tx, call.now, limit);
  }));
  int done = 0;
  for (const auto& d : due) {
    const auto ok = db.write([&](db::Tx& tx) -> Status {
      auto o = store::lock(tx, d.order);
      if (!o) return {};
      const auto& line = o->lines.at(static_cast<std::size_t>(d.line));
      // Looked at again behind the lock: an after-sale may have been opened since.
      const bool open = store::open_claims(tx, d.order, d.line).count > 0;
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
    });
    if (ok)
      ++done;
    else
      log_event(LogEvent::order_not_moved, "order {} line {} can't mature: {}", d.order.text(), d.line,
                ok.error().text());
  }
  return done;
}

std::vector<Order> orders_of_buyer(db::Tx& tx, const Call& call, PersonId buyer, OrderId before, int limit) {
  std::vector<Order> out;
  for (const OrderId id : store::of_buyer(tx, call.bucket(buyer), buyer, before.value, limit))
    if (auto o = store::load(tx, id)) out.push_back(*std::move(o));
  return out;
}
std::vector<AfterSale> after_sales_of(db::Tx& tx, OrderId id) { return store::after_sales_of(tx, id); }
std::vector<OrderId> orders_under_way(db::Tx& tx, const Call& call, PersonId buyer, BrandId brand, int limit) {
  return store::under_way(tx, call.bucket(buyer), buyer, brand, limit);
}
BuyerSum buyer_sum(db::Tx& tx, const Call& call, PersonId buyer, BrandId brand) {
  return store::buyer_sum(tx, call.bucket(buyer), buyer, brand);
}
void forget_buyer(db::Tx& tx, const Call& call, PersonId buyer, BrandId brand) {
  store::forget_buyer(tx, call.bucket(buyer), buyer, brand);
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
