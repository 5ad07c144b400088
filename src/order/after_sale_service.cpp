#include "order/after_sale_service.hpp"

#include <algorithm>
#include <array>

#include "base/check.hpp"
#include "base/crypto.hpp"
#include "base/json.hpp"
#include "base/log.hpp"
#include "catalog/catalog_service.hpp"
#include "catalog/stock.hpp"
#include "order/after_sale_store.hpp"
#include "order/carriers.hpp"
#include "order/order_parts.hpp"
#include "order/order_store.hpp"
#include "order/refunds.hpp"
#include "order/shipping.hpp"
#include "org/org_service.hpp"
#include "org/storefront.hpp"

namespace lianbo::order {
namespace {

using State = AfterSaleState;
using Step = AfterSaleStep;
using Kind = AfterSaleKind;

constexpr std::int64_t kMaxRefunds = 50;  // of one order; WeChat Pay gives no more
constexpr std::int64_t kMaxCases = 200;   // of one order, with those that came to nothing

struct Case {
  Order order;
  AfterSale a;
  const OrderLine& line() const { return order.lines.at(static_cast<std::size_t>(a.line)); }
  OrderLine& line() { return order.lines.at(static_cast<std::size_t>(a.line)); }
};

// For whoever listens: ids, states and amounts, none of the words people wrote.
std::string event_of(const AfterSale& a) {
  JsonWriter w;
  w.begin().field("after_sale_id", a.id).field("order_id", a.order).field("line", a.line);
  w.field("kind", kind_name(a.kind)).field("state", state_name(a.state)).field("qty", a.qty);
  w.field("amount_fen", a.amount_fen).field("shipping_fen", a.shipping_fen).end();
  return w.take();
}

// Locks the order first, then reads the case: every decision about it stands behind that lock.
Result<Case> locked(db::Tx& tx, AfterSaleId id) {
  const auto seen = store::after_sale(tx, id);
  if (!seen) return fail(Code::not_found, "there is no such after-sale");
  auto o = store::lock(tx, seen->order);
  auto a = store::after_sale(tx, id);
  if (!o || !a) return fail(Code::not_found, "there is no such after-sale");
  return Case{*std::move(o), *std::move(a)};
}

AfterSaleFacts facts_of(db::Tx& tx, const Order& o, int line_no, bool staff, AfterSaleId except) {
  const auto& line = o.lines.at(static_cast<std::size_t>(line_no));
  AfterSaleFacts f;
  f.staff = staff;
  f.paid = o.paid_at != 0;
  f.received_at = o.received_at == 0 ? 0 : std::max(o.received_at, line.renewed_at);
  f.no_return = line.no_return;
  f.qty = line.qty;
  f.shipped_qty = line.shipped_qty;
  f.dropped_qty = line.dropped_qty;
  f.net_fen = line.net_fen();
  f.shipping_left_fen = o.shipping_fen - o.shipping_refunded_fen;
  f.claims = store::claims_on(tx, o.id, line_no, except);
  return f;
}

// Whether another than this person could decide for the brand.
bool somebody_else(db::Tx& tx, BrandId brand, PersonId person) {
  for (const auto& member : org::staff_of(tx, brand, 200, {}))
    if (member.person != person && (member.roles & kOperates) != 0) return true;
  return false;
}

Status may_take(db::Tx& tx, const Call& call, const Case& c, AfterSaleActor who) {
  if (call.caller.system) return {};
  switch (who) {
    case AfterSaleActor::buyer:
      return may_act_for_buyer(tx, call, c.order);
    case AfterSaleActor::staff:
      return org::require_staff_at(tx, call, c.order.brand, c.order.store, kOperates);
    case AfterSaleActor::shipper:
      return org::require_store(tx, call, c.order.brand, c.order.store);
    case AfterSaleActor::judge:
      TRY_OK(org::require_staff_at(tx, call, c.order.brand, c.order.store, kOperates));
      if (call.caller.person == c.a.refused_by && somebody_else(tx, c.order.brand, call.caller.person))
        return fail(Code::second_person, "you refused it; a dispute is decided by somebody else of the brand");
      return {};
    case AfterSaleActor::rail:
    case AfterSaleActor::clock:
      return fail(Code::forbidden, "this happens by itself");
  }
  return {};
}

Status take_in(db::Tx& tx, const Call& call, Case& c, std::int64_t restock_qty) {
  c.a.goods_back_at = call.now;
  if (restock_qty > 0) TRY_OK(catalog::restock(tx, call, c.line().sku, restock_qty));
  c.a.restocked_qty = restock_qty;
  return {};
}

Status send_replacement(db::Tx& tx, const Call& call, Case& c, const StepDetail& detail) {
  TRY(const Carrier carrier, find_carrier(detail.carrier));
  TRY_OK(check_tracking_number(detail.tracking_number));
  const catalog::StockLine unit{c.a.sku, c.a.qty};
  auto reserved = catalog::reserve_stock(tx, call, c.a.bucket, {&unit, 1}, call.settings->lease_units);
  if (!reserved) {
    Error e = reserved.error();
    e.where.clear();
    if (e.code == Code::sold_out) e.detail += "; the buyer can be refunded instead (refund_instead)";
    return fail(std::move(e));
  }
  catalog::sell_stock(tx, c.a.bucket, {&unit, 1});
  Parcel p;
  p.id = call.make_id<ParcelId>(c.a.bucket);
  p.after_sale = c.a.id;
  p.carrier = std::string(carrier.code);
  p.tracking_number = detail.tracking_number;
  p.at = call.now;
  p.lines.push_back({c.a.line, c.a.sku, c.a.qty});
  store::insert_parcel(tx, c.order, p, call.caller.person);
  return {};
}

Status give_money_back(db::Tx& tx, const Call& call, Case& c) {
  auto& [o, a] = c;
  Refund r;
  r.line = a.line;
  r.after_sale = a.id;
  r.amount_fen = a.amount_fen + a.shipping_fen;
  r.shipping_fen = a.shipping_fen;
  r.units = a.kind == Kind::refund_only ? 0 : a.qty;
  if (a.kind == Kind::refund_only) {
    // What was asked for before the goods left, and answered after, keeps no unit here.
    const auto facts = facts_of(tx, o, a.line, true, a.id);
    r.units = r.restock_qty = units_dropped(a, facts);
    if (r.units > 0) {
      store::add_dropped(tx, o, a.line, r.units);
      c.line().dropped_qty += r.units;
    }
    // Nothing of the order will leave: its shipping fee goes back with the last of it.
    bool nothing_leaves = o.state == OrderState::paid;
    for (const auto& l : o.lines) nothing_leaves = nothing_leaves && l.shipped_qty == 0 && l.unsent() == 0;
    const Fen fee = facts.shipping_left_fen - facts.claims.open_shipping_fen;
    if (nothing_leaves && fee > a.shipping_fen) {
      a.shipping_fen = r.shipping_fen = fee;
      r.amount_fen = a.amount_fen + fee;
      store::save_after_sale(tx, a);
    }
  }
  return open_refund(tx, call, o, r);
}

// Moves the case and does what goes with it. The step is allowed; errors undo the caller's transaction.
Status go(db::Tx& tx, const Call& call, Case& c, Step step, State to, const StepDetail& detail) {
  auto& a = c.a;
  const State from = a.state;
  switch (step) {
    case Step::send_back: {
      TRY(const Carrier carrier, find_carrier(detail.carrier));
      TRY_OK(check_tracking_number(detail.tracking_number));
      a.back_carrier = std::string(carrier.code);
      a.back_number = detail.tracking_number;
      break;
    }
    case Step::goods_back: {
      const std::int64_t fit = detail.restock_qty.value_or(a.qty);
      if (fit < 0 || fit > a.qty)
        return fail(Code::invalid_field, "0 to " + std::to_string(a.qty) + " units came back", "/restock_qty");
      TRY_OK(take_in(tx, call, c, fit));
      break;
    }
    case Step::uphold:
      // Goods that were refused when they came are in the shop; whether they can be sold again, the shop says.
      if (a.goods_back_at != 0) {
        const std::int64_t fit = detail.restock_qty.value_or(0);
        if (fit < 0 || fit > a.qty)
          return fail(Code::invalid_field, "0 to " + std::to_string(a.qty) + " units came back", "/restock_qty");
        TRY_OK(take_in(tx, call, c, fit));
      }
      break;
    case Step::reject:
      a.refused_by = call.caller.person;
      a.dispute_until = call.now + call.settings->after_sale_dispute_days * kDayMs;
      if (from == State::returned) a.goods_back_at = call.now;
      break;
    case Step::dispute:
      ++a.disputes;
      break;
    case Step::send_replacement:
      TRY_OK(send_replacement(tx, call, c, detail));
      break;
    case Step::time_up:
      // Nobody has seen the goods: they count as back, but not as fit to be sold.
      if (from == State::returned) a.goods_back_at = call.now;
      break;
    default:
      break;
  }
  a.state = to;
  a.due_at = due_at(to, *call.settings, call.now);
  a.closed_at = is_open(to) ? 0 : call.now;
  if (!detail.note.empty() && step != Step::withdraw && step != Step::dispute && step != Step::send_back)
    a.answer = detail.note;
  store::insert_step(tx, a,
                     {a.steps++, std::string(step_name(step)), std::string(state_name(to)), call.caller.person,
                      detail.note, call.now});
  store::save_after_sale(tx, a);
  if (to == State::exchanged) {
    store::set_renewed(tx, c.order, a.line, call.now);
    c.line().renewed_at = call.now;
  }
  if (to == State::refunding) {
    TRY_OK(give_money_back(tx, call, c));
    a = *store::after_sale(tx, a.id);  // a refund of nothing is done already
    settle_shipping(tx, call, c.order);
  }
  tell(tx, call, c.order, "after_sale.changed", a.id.value, event_of(a));
  return {};
}

// What the clock has done to the case by now, whether or not the job has run.
Status catch_up(db::Tx& tx, const Call& call, Case& c) {
  for (int i = 0; i < 10 && c.a.due_at != 0 && c.a.due_at <= call.now; ++i) {
    const auto to = next_state(c.a.state, Step::time_up, c.a.kind, c.a.goods_back_at != 0);
    CHECK(to.has_value());
    TRY_OK(go(tx, system_call(call), c, Step::time_up, *to, {}));
  }
  return {};
}

Result<AfterSale> visible_case(db::Tx& tx, const Call& call, AfterSaleId id) {
  const auto a = store::after_sale(tx, id);
  const auto o = a ? store::load(tx, a->order) : std::nullopt;
  if (!o) return fail(Code::not_found, "there is no such after-sale");
  if (call.caller.system || (!call.caller.guest && call.caller.person == o->buyer) ||
      org::staff_roles_at(tx, call, o->brand, o->store) != 0)
    return *a;
  return fail(Code::not_found, "there is no such after-sale");
}

Result<Case> open_for_evidence(db::Tx& tx, const Call& call, AfterSaleId id) {
  TRY(auto c, locked(tx, id));
  TRY_OK(may_act_for_buyer(tx, call, c.order));
  TRY_OK(catch_up(tx, call, c));
  const bool disputable = c.a.state == State::rejected && call.now < c.a.dispute_until;
  if (!is_open(c.a.state) && !disputable)
    return fail(Code::order_state_conflict,
                "the after-sale is " + std::string(state_name(c.a.state)) + "; nothing more is added to it");
  if (c.a.pieces >= kMaxEvidence)
    return fail(Code::order_state_conflict, "at most " + std::to_string(kMaxEvidence) + " pieces of evidence a case");
  return c;
}

}  // namespace

Result<AfterSale> request_after_sale(db::Tx& tx, const Call& call, OrderId id, const AfterSaleWish& asked) {
  auto o = store::lock(tx, id);
  if (!o) return no_order();
  TRY_OK(may_act_for_buyer(tx, call, *o));
  const bool staff = call.caller.system || (org::staff_roles_at(tx, call, o->brand, o->store) & kOperates) != 0;
  if (asked.line < 0 || asked.line >= static_cast<int>(o->lines.size()))
    return fail(Code::invalid_field, "the order has lines 0 to " + std::to_string(o->lines.size() - 1), "/line");
  AfterSaleWish wish = asked;
  TRY_OK(check_wish(wish, facts_of(tx, *o, wish.line, staff, {}), *call.settings, call.now));
  const auto& line = o->lines[static_cast<std::size_t>(wish.line)];
  if (wish.kind == Kind::exchange) {
    if (!wish.sku) wish.sku = line.sku;
    const auto sku = catalog::find_sku(tx, wish.sku);
    if (!sku || sku->product != line.product)
      return fail(Code::invalid_field, "an exchange is for a SKU of the same product", "/sku_id");
  }
  const auto cases = store::count_cases(tx, id);
  if (cases.standing >= kMaxRefunds || cases.all >= kMaxCases)
    return fail(Code::refund_exceeds, "an order takes at most " + std::to_string(kMaxRefunds) + " refunds and " +
                                          std::to_string(kMaxCases) + " after-sales");
  AfterSale a;
  a.id = call.make_id<AfterSaleId>(o->bucket);
  a.bucket = o->bucket;
  a.brand = o->brand;
  a.order = id;
  a.line = wish.line;
  a.kind = wish.kind;
  a.cause = wish.cause;
  a.qty = wish.qty;
  a.amount_fen = wish.amount_fen;
  a.shipping_fen = wish.shipping_fen;
  a.sku = wish.sku;
  a.reason = wish.reason;
  a.at = call.now;
  a.due_at = due_at(State::requested, *call.settings, call.now);
  store::insert_after_sale(tx, a);
  store::insert_step(tx, a,
                     {a.steps++, std::string(step_name(Step::request)), std::string(state_name(a.state)),
                      call.caller.person, wish.reason, call.now});
  store::save_after_sale(tx, a);
  tell(tx, call, *o, "after_sale.requested", a.id.value, event_of(a));
  return a;
}

Result<AfterSale> take_step(db::Tx& tx, const Call& call, AfterSaleId id, AfterSaleStep step,
                            const StepDetail& detail) {
  TRY(auto c, locked(tx, id));
  // Who may take it at all is asked before anything of the case is told.
  bool known = false;
  for (const auto& t : transitions())
    if (t.step == step) {
      TRY_OK(may_take(tx, call, c, t.who));
      known = true;
      break;
    }
  CHECK(known);
  std::string last;  // that somebody took, not the clock or the rail
  for (const auto& s : store::steps_of(tx, id))
    if (s.step != step_name(Step::time_up) && s.step != step_name(Step::money_back)) last = s.step;
  TRY_OK(catch_up(tx, call, c));
  if (last == step_name(step)) return c.a;
  const bool back = c.a.goods_back_at != 0;
  const auto to = next_state(c.a.state, step, c.a.kind, back);
  if (!to)
    return fail(Code::order_state_conflict, "the " + std::string(kind_name(c.a.kind)) + " is " +
                                                std::string(state_name(c.a.state)) +
                                                "; what may happen now: " + steps_from(c.a.state, c.a.kind, back));
  if (step == Step::dispute) {
    if (call.now >= c.a.dispute_until)
      return fail(Code::return_time_over,
                  "a refusal can be disputed until " + format_rfc3339(c.a.dispute_until) + "; it is final now");
    if (c.a.disputes >= kMaxDisputes)
      return fail(Code::order_state_conflict,
                  "it was disputed " + std::to_string(kMaxDisputes) + " times; the last refusal is final");
    TRY_OK(check_revived(c.a, facts_of(tx, c.order, c.a.line, true, id)));
  }
  TRY_OK(go(tx, call, c, step, *to, detail));
  return c.a;
}

Status money_is_back(db::Tx& tx, const Call& call, const Order& o, AfterSaleId id) {
  auto a = store::after_sale(tx, id);
  CHECK(a && a->state == State::refunding);
  a->state = State::refunded;
  a->due_at = 0;
  a->closed_at = call.now;
  store::insert_step(
      tx, *a,
      {a->steps++, std::string(step_name(Step::money_back)), std::string(state_name(a->state)), {}, {}, call.now});
  store::save_after_sale(tx, *a);
  tell(tx, call, o, "after_sale.changed", id.value, event_of(*a));
  return {};
}

Result<int> close_overdue(db::Database& db, const Call& caller, int limit) {
  const Call call = system_call(caller);
  int done = 0;
  for (store::DueCase after;;) {
    TRY(const auto due, db.read([&](db::Tx& tx) -> Result<std::vector<store::DueCase>> {
      return store::due_after_sales(tx, call.now, after, limit);
    }));
    for (const auto& d : due) {
      const auto ok = db.write([&](db::Tx& tx) -> Status {
        TRY(auto c, locked(tx, d.id));
        return catch_up(tx, call, c);
      });
      if (ok)
        ++done;
      else
        log_event(LogEvent::after_sale_stuck, "after-sale {}: {}", d.id.text(), ok.error().text());
    }
    if (static_cast<int>(due.size()) < limit) return done;
    after = due.back();
  }
}

Status add_words(db::Tx& tx, const Call& call, AfterSaleId id, std::string_view text) {
  if (text.empty() || utf8_length(text) > kMaxEvidenceText)
    return fail(Code::invalid_field, "1 to " + std::to_string(kMaxEvidenceText) + " characters", "/text");
  TRY(auto c, open_for_evidence(tx, call, id));
  store::insert_words(tx, c.a, call.caller.person, text, call.now);
  ++c.a.pieces;
  store::save_after_sale(tx, c.a);
  return {};
}

Result<std::string> add_picture(db::Tx& tx, const Call& call, AfterSaleId id, std::string_view bytes) {
  TRY(auto c, open_for_evidence(tx, call, id));
  if (bytes.size() > kMaxPictureBytes)
    return fail(Code::body_too_large, "a picture has at most " + std::to_string(kMaxPictureBytes / 1024) +
                                          " KiB; make it smaller before sending it");
  const auto type = org::picture_type(bytes);
  if (!type) return fail(Code::unsupported_media_type, "send a JPEG, PNG or WebP picture");
  const std::string digest = sha256(bytes);
  if (!store::picture(tx, id, digest)) {
    store::insert_picture(tx, c.a, call.caller.person, *type, digest, bytes, call.now);
    ++c.a.pieces;
    store::save_after_sale(tx, c.a);
  }
  return to_hex(digest);
}

Result<PictureBytes> picture(db::Tx& tx, const Call& call, AfterSaleId id, std::string_view sha256_hex) {
  TRY([[maybe_unused]] const auto a, visible_case(tx, call, id));
  std::string digest;
  for (std::size_t i = 0; i + 1 < sha256_hex.size() && sha256_hex.size() == 64; i += 2) {
    const auto nibble = [](char c) {
      return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : 16;
    };
    const int high = nibble(sha256_hex[i]), low = nibble(sha256_hex[i + 1]);
    if (high > 15 || low > 15) break;
    digest += static_cast<char>(high << 4 | low);
  }
  const auto found = digest.size() == 32 ? store::picture(tx, id, digest) : std::nullopt;
  if (!found) return fail(Code::not_found, "there is no such picture");
  return PictureBytes{found->media_type, found->bytes};
}

namespace {
void write_case(JsonWriter& w, const AfterSale& a) {
  w.field("id", a.id).field("order_id", a.order).field("line", a.line).field("kind", kind_name(a.kind));
  w.field("cause", cause_name(a.cause)).field("state", state_name(a.state)).field("open", is_open(a.state));
  w.field("qty", a.qty).field("amount_fen", a.amount_fen).field("shipping_fen", a.shipping_fen);
  w.field("sku_id", a.sku).field("reason", a.reason).field("answer", a.answer);
  w.field("back_carrier", a.back_carrier).field("back_number", a.back_number).field("restocked_qty", a.restocked_qty);
  w.field_at("at", a.at).field_at("due_at", a.due_at).field_at("closed_at", a.closed_at);
  w.field_at("dispute_until", a.state == State::rejected && a.disputes < kMaxDisputes ? a.dispute_until : 0);
}
}  // namespace

std::vector<AfterSale> after_sales_of(db::Tx& tx, OrderId order) { return store::after_sales_of(tx, order); }

std::string after_sale_json(const AfterSale& a) {
  JsonWriter w;
  w.begin();
  write_case(w, a);
  return w.end().take();
}

std::string titled_after_sale_json(db::Tx& tx, const AfterSale& a) {
  const auto [title, sku] = store::title_of_line(tx, a);
  JsonWriter w;
  w.begin();
  write_case(w, a);
  return w.field("title", title).field("sku_title", sku).end().take();
}

Result<std::string> after_sale_detail(db::Tx& tx, const Call& call, AfterSaleId id) {
  TRY(const auto a, visible_case(tx, call, id));
  JsonWriter w;
  w.begin();
  write_case(w, a);
  w.key("may").begin_list();
  for (const auto& t : transitions()) {
    if (t.from != a.state || t.goods_back.value_or(a.goods_back_at != 0) != (a.goods_back_at != 0)) continue;
    if (t.who == AfterSaleActor::clock || t.who == AfterSaleActor::rail) continue;
    if (next_state(a.state, t.step, a.kind, a.goods_back_at != 0)) w.value(step_name(t.step));
  }
  w.end_list().key("steps").begin_list();
  for (const auto& s : store::steps_of(tx, id)) {
    w.begin().field("n", s.n).field("step", s.step).field("to_state", s.to_state).field("by_id", s.by);
    w.field("note", s.note).field_at("at", s.at).end();
  }
  w.end_list().key("evidence").begin_list();
  for (const auto& e : store::evidence_of(tx, id)) {
    w.begin().field("n", e.n).field("by_id", e.by).field("text", e.text).field("media_type", e.media_type);
    w.field("sha256", e.sha256).field("size", e.size).field_at("at", e.at).end();
  }
  w.end_list().end();
  return w.take();
}

}  // namespace lianbo::order
