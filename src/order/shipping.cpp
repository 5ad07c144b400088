#include "order/shipping.hpp"

#include "order/carriers.hpp"
#include "order/commission.hpp"
#include "order/order_parts.hpp"
#include "order/order_store.hpp"
#include "org/org_service.hpp"

namespace lianbo::order {
namespace {

std::int64_t left_of(const Order& o) {
  std::int64_t n = 0;
  for (const auto& l : o.lines) n += l.unsent();
  return n;
}
bool anything_sent(const Order& o) {
  for (const auto& l : o.lines)
    if (l.shipped_qty > 0) return true;
  return false;
}

// What the parcel holds: the lines asked for, or all that is left.
Result<std::vector<ParcelLine>> contents(const Order& o, const ParcelWish& wish) {
  std::vector<ParcelLine> out;
  if (wish.lines.empty()) {
    for (const auto& l : o.lines)
      if (l.unsent() > 0) out.push_back({l.line, l.sku, l.unsent()});
    return out;
  }
  for (std::size_t i = 0; i < wish.lines.size(); ++i) {
    const auto& w = wish.lines[i];
    const std::string place = "/lines/" + std::to_string(i);
    if (w.line < 0 || w.line >= static_cast<int>(o.lines.size()))
      return fail(Code::invalid_field, "the order has lines 0 to " + std::to_string(o.lines.size() - 1),
                  place + "/line");
    for (const auto& before : out)
      if (before.line == w.line) return fail(Code::invalid_field, "names a line twice", place + "/line");
    const auto& line = o.lines[static_cast<std::size_t>(w.line)];
    if (w.qty < 1 || w.qty > line.unsent())
      return fail(Code::invalid_field, "1 to " + std::to_string(line.unsent()) + " units of this line are left to send",
                  place + "/qty");
    out.push_back({w.line, line.sku, w.qty});
  }
  return out;
}

bool same_contents(const Parcel& parcel, const ParcelWish& wish) {
  if (wish.lines.empty()) return true;
  if (wish.lines.size() != parcel.lines.size()) return false;
  for (const auto& w : wish.lines) {
    bool found = false;
    for (const auto& l : parcel.lines) found = found || (l.line == w.line && l.qty == w.qty);
    if (!found) return false;
  }
  return true;
}

}  // namespace

Result<Order> ship(db::Tx& tx, const Call& call, OrderId id, const ParcelWish& wish) {
  auto o = store::lock(tx, id);
  if (!o) return no_order();
  TRY_OK(org::require_store(tx, call, o->brand, o->store));
  TRY(const Carrier carrier, find_carrier(wish.carrier));
  TRY_OK(check_tracking_number(wish.tracking_number));
  for (const auto& p : o->parcels)
    if (!p.after_sale && p.carrier == carrier.code && p.tracking_number == wish.tracking_number) {
      if (same_contents(p, wish)) return *o;
      return fail(Code::order_state_conflict, "this parcel was recorded before, with other contents");
    }
  if (o->state != OrderState::paid) return wrong_state(*o, "paid");
  if (left_of(*o) == 0)
    return fail(Code::order_state_conflict, "every unit of the order was given back; there is nothing to ship");
  Parcel p;
  p.id = call.make_id<ParcelId>(o->bucket);
  p.carrier = std::string(carrier.code);
  p.tracking_number = wish.tracking_number;
  p.at = call.now;
  TRY(p.lines, contents(*o, wish));
  store::insert_parcel(tx, *o, p, call.caller.person);
  for (const auto& l : p.lines) {
    store::add_shipped(tx, *o, l.line, l.qty);
    o->lines[static_cast<std::size_t>(l.line)].shipped_qty += l.qty;
  }
  o->parcels.push_back(p);
  o->carrier = p.carrier;
  o->tracking_number = p.tracking_number;
  store::set_parcel(tx, *o);
  settle_shipping(tx, call, *o);
  if (o->state != OrderState::shipped) tell(tx, call, *o, "order.parcel_sent", o->id.value, event_payload(*o));
  return *o;
}

void settle_shipping(db::Tx& tx, const Call& call, Order& o) {
  if (o.state != OrderState::paid || left_of(o) != 0) return;
  if (anything_sent(o)) {
    store::set_shipped(tx, o, call.now);
    o.state = OrderState::shipped;
    o.shipped_at = call.now;
    tell(tx, call, o, "order.shipped", o.id.value, event_payload(o));
    return;
  }
  if (store::refunds_under_way(tx, o.id) > 0) return;
  // Nothing will arrive, so nothing is received: what is left of the commission is free after its days all the same.
  store::set_closed(tx, o, "refunded before it was shipped", call.now);
  o.state = OrderState::cancelled;
  o.cancel_reason = "refunded before it was shipped";
  o.cancelled_at = call.now;
  for (auto& l : o.lines) l.available_at = matures_at(call.now, l.rates.freeze_days);
  tell(tx, call, o, "order.cancelled", o.id.value, event_payload(o));
}

}  // namespace lianbo::order
