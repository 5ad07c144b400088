#include "order/refunds.hpp"

#include <algorithm>
#include <atomic>
#include <charconv>
#include <map>
#include <thread>

#include "base/check.hpp"
#include "base/json.hpp"
#include "base/log.hpp"
#include "catalog/catalog_service.hpp"
#include "catalog/stock.hpp"
#include "ledger/ledger.hpp"
#include "order/after_sale_service.hpp"
#include "order/after_sale_store.hpp"
#include "order/commission.hpp"
#include "order/order_parts.hpp"
#include "order/order_store.hpp"
#include "order/shipping.hpp"
#include "org/org_service.hpp"

namespace lianbo::order {
namespace {

using ledger::Account;
using ledger::Cause;

constexpr int kMaxTries = 16;  // refusals of the rail, about 12 h; after that staff looks at it
constexpr unsigned kMendsRefunds = kOperates | kPays;

struct Number {
  RefundId id;
  int attempt = 1;
};
std::optional<Number> parse_number(std::string_view text) {
  const auto id = RefundId::parse(text.substr(0, 13));
  if (!id) return std::nullopt;
  Number out{*id, 1};
  if (text.size() > 13) {
    const auto digits = text.substr(14);
    const auto [end, ec] = std::from_chars(digits.data(), digits.data() + digits.size(), out.attempt);
    if (text[13] != '_' || ec != std::errc{} || end != digits.data() + digits.size() || out.attempt < 2)
      return std::nullopt;
  }
  return out;
}

struct Locked {
  Order order;
  Refund refund;
};
// Behind the order's lock. payment_mismatch when there is no such refund.
Result<Locked> locked(db::Tx& tx, RefundId id) {
  const auto seen = store::refund(tx, id);
  if (!seen) return fail(Code::payment_mismatch, "out_refund_no is not a refund of ours");
  auto o = store::lock(tx, seen->order);
  auto r = store::refund(tx, id);
  if (!o || !r) return fail(Code::payment_mismatch, "the refund's order is not there");
  return Locked{*std::move(o), *std::move(r)};
}

// For whoever listens: ids and amounts.
std::string event_of(const Refund& r) {
  JsonWriter w;
  w.begin().field("refund_id", r.id).field("order_id", r.order).field("after_sale_id", r.after_sale);
  w.field("amount_fen", r.amount_fen).end();
  return w.take();
}

// Each role's entry follows the line's net. A line that has matured gives its correction to the next settlement.
void correct_entries(db::Tx& tx, const Call& call, const Order& o, const OrderLine& line, const Refund& r, Fen old_net,
                     Fen new_net) {
  ledger::Transaction t{o.brand, o.bucket, Cause::reversal, r.id.value, 0, {}};
  Fen taken_back = 0;
  std::map<Role, store::Entry> last;
  for (auto& e : store::entries_of(tx, o.id))
    if (e.line == r.line && (!last.contains(e.role) || last[e.role].seq < e.seq)) last[e.role] = e;
  const bool matured = line.matured_at != 0;
  for (auto& [role, e] : last) {
    const Fen correction = correction_fen(old_net, new_net, e.bp);
    if (correction == 0) continue;
    store::Entry c = e;
    c.id = call.make_id<EntryId>(o.bucket);
    c.seq = e.seq + 1;
    c.net_fen = new_net;
    c.amount_fen = correction;
    c.state = matured ? "available" : "pending";
    c.available_at = matured ? call.now : 0;
    c.refund = r.id;
    c.settlement = {};
    c.at = call.now;
    store::insert_entry(tx, o.bucket, c);
    t.postings.push_back({matured ? Account::available : Account::pending, c.agent, correction});
    taken_back += correction;
  }
  if (t.postings.empty()) return;
  t.postings.push_back({Account::commission, {}, -taken_back});
  ledger::post(tx, call, t);
}

// The money has gone: books, entries, units, after-sale, order.
Status book(db::Tx& tx, const Call& call, Order& o, const Refund& r) {
  const bool late = r.line < 0;
  if (r.amount_fen != 0)
    ledger::post(tx, call,
                 {o.brand,
                  o.bucket,
                  late ? Cause::late_refund : Cause::refund,
                  r.id.value,
                  0,
                  {{Account::refund, {}, -r.amount_fen}, {Account::buyers, {}, r.amount_fen}}});
  if (late) {
    tell(tx, call, o, "order.late_refunded", o.id.value, event_payload(o));
    return {};
  }
  auto& line = o.lines.at(static_cast<std::size_t>(r.line));
  const Fen old_net = line.net_fen();
  const Fen of_line = r.amount_fen - r.shipping_fen;
  CHECK(of_line >= 0 && old_net - of_line >= 0);
  store::add_refunded(tx, o.id, r.line, of_line, r.shipping_fen, r.units);
  line.refunded_fen += of_line;
  line.refunded_qty += r.units;
  o.refunded_fen += r.amount_fen;
  o.shipping_refunded_fen += r.shipping_fen;
  CHECK(o.shipping_refunded_fen <= o.shipping_fen);
  tally(tx, o, live::What::refunded, call.now, &r);
  correct_entries(tx, call, o, line, r, old_net, line.net_fen());
  if (r.restock_qty > 0) TRY_OK(catalog::restock(tx, call, line.sku, r.restock_qty));
  if (r.after_sale) TRY_OK(money_is_back(tx, call, o, r.after_sale));
  tell(tx, call, o, "order.refunded", o.id.value, event_payload(o));
  settle_shipping(tx, call, o);
  return {};
}

Status give_up(db::Tx& tx, const Call& call, const Locked& l, std::string_view why) {
  if (!store::refund_failed(tx, l.refund.id, why)) return {};
  log_event(LogEvent::refund_failed, "refund {}: {}", l.refund.id.text(), why);
  tell(tx, call, l.order, "refund.failed", l.refund.id.value, event_of(l.refund));
  return {};
}

}  // namespace

std::string refund_number(const Refund& r) {
  return r.attempt == 1 ? r.id.text() : r.id.text() + "_" + std::to_string(r.attempt);
}

std::string notify_url(const Call& call) { return call.settings->public_url + "/api/v1/pay/wechat/notice"; }

Status open_refund(db::Tx& tx, const Call& call, Order& o, Refund r) {
  r.id = call.make_id<RefundId>(o.bucket);
  r.bucket = o.bucket;
  r.brand = o.brand;
  r.order = o.id;
  r.at = call.now;
  store::insert_refund(tx, r);
  if (r.amount_fen == 0) {
    CHECK(store::refund_done(tx, r.id, {}, call.now));
    return book(tx, call, o, r);
  }
  tell(tx, call, o, "refund.due", r.id.value, event_of(r));
  return {};
}

Status apply_refund(db::Tx& tx, const Call& call, std::string_view out_refund_no, std::string_view rail_refund_id,
                    Fen refund_fen) {
  const auto number = parse_number(out_refund_no);
  if (!number) return fail(Code::payment_mismatch, "out_refund_no is not a refund of ours");
  TRY(auto l, locked(tx, number->id));
  auto& [o, r] = l;
  if (refund_fen != r.amount_fen)
    return fail(Code::payment_mismatch,
                "the refund is over " + format_fen(r.amount_fen) + ", the notice over " + format_fen(refund_fen));
  if (r.state == "done" && (!r.paid_otherwise.empty() || r.attempt != number->attempt)) {
    // Nothing more is booked: what the shop owed was paid. That it was paid twice is between the shop and the buyer.
    log_event(LogEvent::refund_twice, "refund {}: by the rail as {} too", r.id.text(), out_refund_no);
    store::refund_twice(tx, r.id, "paid twice: by the rail as " + std::string(out_refund_no) + " too");
    return {};
  }
  if (number->attempt > r.attempt) return fail(Code::payment_mismatch, "this number was never asked for");
  if (!store::refund_done(tx, r.id, rail_refund_id, call.now)) return {};  // told before
  return book(tx, call, o, r);
}

Status apply_refund_failure(db::Tx& tx, const Call& call, std::string_view out_refund_no, pay::RefundState state) {
  const auto number = parse_number(out_refund_no);
  if (!number) return fail(Code::payment_mismatch, "out_refund_no is not a refund of ours");
  TRY(const auto l, locked(tx, number->id));
  if (number->attempt != l.refund.attempt) return {};  // of an attempt that was given up before
  return give_up(tx, call, l, "the rail says " + std::string(pay::state_name(state)));
}

Result<int> send_refunds(db::Database& db, const Call& caller, pay::PayRail& rail, int limit, int threads) {
  const Call call = system_call(caller);
  TRY(const auto due,
      db.read([&](db::Tx& tx) -> Result<std::vector<RefundId>> { return store::due_refunds(tx, call.now, limit); }));
  const auto send = [&](RefundId id) -> Status {
    struct Facts {
      Refund refund;
      store::Payment payment;
      std::string currency, reason;
    };
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
    const auto& r = facts.refund;
    const std::string number = refund_number(r);
    auto answer = rail.refund({r.order.text(), number, r.amount_fen, facts.payment.amount_fen, facts.currency,
                               facts.reason, notify_url(call)},
                              call.now, *call.random);
    if (answer && answer->state == pay::RefundState::success)
      return db.write(
          [&](db::Tx& tx) { return apply_refund(tx, call, number, answer->refund_id, answer->refund_fen); });
    if (answer && answer->state != pay::RefundState::processing)
      return db.write([&](db::Tx& tx) { return apply_refund_failure(tx, call, number, answer->state); });
    // 1 min, 2, 4, … 64 min between tries; a refund under way is asked after with the same number.
    const Instant next = call.now + (kMinuteMs << std::min(r.tries, 6));
    std::string error;
    if (!answer) {
      error = answer.error().text();
      log_event(LogEvent::refund_waits, "refund {}: {}", id.text(), error);
    }
    const bool refused = !answer && answer.error().code == Code::payment_refused;
    const bool hopeless =
        refused && pay::refusal_of(answer.error()) != pay::Refusal::not_enough && r.tries + 1 >= kMaxTries;
    TRY_OK(db.write([&](db::Tx& tx) -> Status {
      if (!hopeless) {
        store::refund_tried(tx, id, answer ? "sent" : "due", error, next);
        return {};
      }
      TRY(const auto l, locked(tx, id));
      return give_up(tx, call, l, error);
    }));
    if (!answer) return fail(answer.error());
    return {};
  };

  std::atomic<std::size_t> next{0};
  std::atomic<int> done{0};
  std::atomic<bool> reachable{true};  // each try may last as long as a time-out; the others stay due
  const auto work = [&]() -> Status {
    for (std::size_t i = next++; i < due.size() && reachable; i = next++) {
      const auto ok = send(due[i]);
      if (ok) {
        ++done;
      } else if (ok.error().code == Code::payment_unreachable) {
        reachable = false;
      } else if (ok.error().code != Code::payment_refused) {
        // What the rail did is not to be had into the books. Not again at once: it must not stand before all others.
        log_event(LogEvent::refund_not_booked, "refund {}: {}", due[i].text(), ok.error().text());
        TRY_OK(db.write([&](db::Tx& tx) -> Status {
          store::refund_tried(tx, due[i], "sent", ok.error().text(), call.now + kHourMs);
          return {};
        }));
      }
    }
    return {};
  };
  std::vector<Status> ended(std::clamp<std::size_t>(due.size(), 1, static_cast<std::size_t>(std::max(threads, 1))));
  std::vector<std::thread> helpers;
  for (std::size_t i = 1; i < ended.size(); ++i) helpers.emplace_back([&, i] { ended[i] = work(); });
  ended[0] = work();
  for (auto& helper : helpers) helper.join();
  for (const Status& status : ended) TRY_OK(status);
  return done.load();
}

Result<Refund> retry_refund(db::Database& db, const Call& call, pay::PayRail& rail, RefundId id) {
  TRY(const auto seen, db.read([&](db::Tx& tx) -> Result<Refund> {
    const auto r = store::refund(tx, id);
    if (!r) return fail(Code::not_found, "there is no such refund");
    TRY_OK(require_staff(call, r->brand, kMendsRefunds));
    return *r;
  }));
  const auto now_is = [&] { return db.read([&](db::Tx& tx) -> Result<Refund> { return *store::refund(tx, id); }); };
  if (seen.state == "done") return seen;
  if (seen.state != "failed")
    return fail(Code::order_state_conflict, "the refund is " + seen.state + "; only one that failed is retried");
  const std::string number = refund_number(seen);
  const auto answer = rail.query_refund(number, call.now, *call.random);
  if (!answer && pay::refusal_of(answer.error()) != pay::Refusal::not_found) return fail(answer.error());
  if (answer && answer->state == pay::RefundState::success) {
    TRY_OK(db.write([&](db::Tx& tx) {
      return apply_refund(tx, system_call(call), number, answer->refund_id, answer->refund_fen);
    }));
    return now_is();
  }
  // Money that is still at the rail under the old number must not go out a second time under a new one.
  if (answer && answer->state != pay::RefundState::closed)
    return fail(Code::order_state_conflict,
                "the rail says " + std::string(pay::state_name(answer->state)) +
                    ": the money is still there; finish it on the rail's own pages, or pay otherwise and say so");
  return db.write([&](db::Tx& tx) -> Result<Refund> {
    TRY(const auto l, locked(tx, id));
    if (store::refund_retry(tx, id, l.refund.attempt, call.now)) {
      org::audit(tx, call, l.order.brand, "refund.retry", "refund", id.value);
      tell(tx, call, l.order, "refund.due", id.value, event_of(l.refund));
    }
    return *store::refund(tx, id);
  });
}

Result<Refund> refund_paid_otherwise(db::Tx& tx, const Call& call, RefundId id, std::string_view reference) {
  const auto seen = store::refund(tx, id);
  if (!seen) return fail(Code::not_found, "there is no such refund");
  TRY_OK(require_staff(call, seen->brand, kPays));
  TRY(auto l, locked(tx, id));
  auto& [o, r] = l;
  if (r.state == "done" && r.paid_otherwise == reference) return r;
  if (r.state != "failed")
    return fail(Code::order_state_conflict, "the refund is " + r.state + "; only one that failed is paid otherwise");
  CHECK(store::refund_done_otherwise(tx, id, reference, call.now));
  JsonWriter w;
  w.begin().field("reference", reference).field("amount_fen", r.amount_fen).end();
  org::audit(tx, call, o.brand, "refund.paid_otherwise", "refund", id.value, w.take());
  TRY_OK(book(tx, call, o, r));
  return *store::refund(tx, id);
}

Result<std::vector<Refund>> failed_refunds(db::Tx& tx, const Call& call, BrandId brand, std::int64_t after, int limit) {
  TRY_OK(require_staff(call, brand, kAnyStaff));
  return store::failed_refunds(tx, brand, after, limit);
}

std::string refund_json(const Refund& r) {
  JsonWriter w;
  w.begin().field("id", r.id).field("order_id", r.order).key("line");
  if (r.line < 0)
    w.null();
  else
    w.value(r.line);
  w.field("after_sale_id", r.after_sale).field("amount_fen", r.amount_fen).field("shipping_fen", r.shipping_fen);
  w.field("units", r.units).field("state", r.state).field("number", refund_number(r)).field("tries", r.tries);
  w.field("last_error", r.last_error).field("paid_otherwise", r.paid_otherwise).field_at("at", r.at).end();
  return w.take();
}

}  // namespace lianbo::order
