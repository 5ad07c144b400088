#include "order/order_parts.hpp"

#include "base/json.hpp"
#include "org/org_service.hpp"

namespace lianbo::order {

std::unexpected<Error> no_order() { return fail(Code::not_found, "there is no such order"); }
std::unexpected<Error> wrong_state(const Order& o, std::string_view wanted) {
  return fail(Code::order_state_conflict,
              "the order is " + std::string(state_name(o.state)) + "; this needs it " + std::string(wanted));
}

Status may_act_for_buyer(db::Tx& tx, const Call& call, const Order& o) {
  if (call.caller.system || (!call.caller.guest && call.caller.person == o.buyer)) return {};
  return org::require_staff_at(tx, call, o.brand, o.store, kOperates);
}

Call system_call(const Call& call) {
  Call out = call;
  out.caller = {};
  out.caller.guest = false;
  out.caller.system = true;
  return out;
}

void tell(db::Tx& tx, const Call& call, const Order& o, std::string topic, std::int64_t key, std::string payload) {
  tx.emit(
      {call.make_id<EventId>(o.bucket), o.bucket, o.brand, std::move(topic), key, std::move(payload), call.now, true});
}

std::string event_payload(const Order& o) {
  JsonWriter w;
  w.begin().field("order_id", o.id).field("store_id", o.store).field("state", state_name(o.state));
  w.field("total_fen", o.total_fen).field("buyer_id", o.buyer).end();
  return w.take();
}

void tally(db::Tx& tx, const Order& o, live::What what, Instant at, const Refund* refund) {
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

std::string masked(std::string_view name) {
  if (name.empty()) return "**";
  std::size_t n = 1;
  while (n < name.size() && (static_cast<unsigned char>(name[n]) & 0xc0) == 0x80) ++n;
  return std::string(name.substr(0, n)) + "**";
}

}  // namespace lianbo::order
