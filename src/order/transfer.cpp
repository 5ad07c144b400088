#include "order/transfer.hpp"

#include <algorithm>

#include "base/check.hpp"
#include "base/json.hpp"
#include "base/log.hpp"
#include "order/order_parts.hpp"
#include "order/refunds.hpp"
#include "order/settlement.hpp"
#include "org/org_service.hpp"
#include "org/storefront.hpp"

namespace lianbo::order {
namespace {

constexpr int kMaxShown = 100;
constexpr DurationMs kAskAfterMs = 30 * kMinuteMs;  // a notice usually comes first

// Between tries: 1 min, 2, 4, … 64 min.
Instant next_try(const store::Transfer& t, Instant now) { return now + (kMinuteMs << std::min(t.tries, 6)); }

void ended(store::Transfer& t, std::string_view state, Instant now) {
  t.state = state;
  t.done_at = now;
  t.confirm_params.clear();
  t.account.clear();
  t.holder.clear();
}

// A payout whose last transfer has ended.
Status conclude(db::Tx& tx, const Call& call, PayoutId id) {
  const auto payout = store::payout(tx, id);
  CHECK(payout.has_value());
  const auto moved = store::moved_of(tx, id);
  if (payout->state != "sent" || moved.open_fen > 0) return {};
  const auto parts = store::transfers_of(tx, id);
  if (moved.done_fen == payout->amount_fen) {
    const auto first = std::find_if(parts.begin(), parts.end(), [](const auto& t) { return t.state == "done"; });
    const std::string reference = first->bill_no.empty() ? first->number : first->bill_no;
    store::set_payout(tx, id, "done", reference, "", call.now);
    return settlement_paid(tx, call, payout->settlement, reference);
  }
  if (moved.done_fen == 0) {
    const auto last = std::find_if(parts.rbegin(), parts.rend(), [](const auto& t) { return !t.reason.empty(); });
    store::set_payout(tx, id, "failed", "", last == parts.rend() ? "" : last->reason, call.now);
  }
  return {};
}

}  // namespace

Result<SentBatch> send_batch(db::Tx& tx, const Call& call, PayoutBatchId id) {
  TRY(const auto batch, own_batch(tx, call, id));
  TRY_OK(org::lock_brand(tx, batch.brand));
  SentBatch out;
  std::int64_t on_the_way = 0;
  const Fen part = call.settings->payout_part_fen;
  for (const auto& p : store::payouts_of(tx, id)) {
    if (p.state != "sent") continue;
    const auto moved = store::moved_of(tx, p.id);
    if (moved.open_fen > 0) {
      ++on_the_way;
      continue;
    }
    const Fen left = p.amount_fen - moved.done_fen;
    const auto note = org::payout_note(tx, p.agent);
    if (!note || note->method != org::PayoutMethod::wechat || (left + part - 1) / part > kMaxParts) {
      ++out.by_file;
      continue;
    }
    int n = moved.transfers;
    for (Fen sent = 0; sent < left; sent += part) {
      store::Transfer t;
      t.n = ++n;
      t.number = p.id.text() + "N" + std::to_string(n);
      t.payout = p.id;
      t.brand = p.brand;
      t.agent = p.agent;
      t.account = note->account;
      t.holder = note->holder;
      t.amount_fen = std::min(part, left - sent);
      t.at = call.now;
      store::insert_transfer(tx, t);
      ++out.transfers;
    }
    out.amount_fen += left;
  }
  if (out.transfers == 0)
    return fail(Code::settlement_conflict, on_the_way > 0 ? "all that can be sent is on its way"
                                           : out.by_file > 0
                                               ? "none of these agents is paid by WeChat; use the batch's file"
                                               : "everything in this batch is paid or has failed");
  store::set_channel(tx, id, "rail");
  JsonWriter w;
  w.begin().field("transfers", out.transfers).field("amount_fen", out.amount_fen).end();
  org::audit(tx, call, batch.brand, "payout.send", "payout_batch", id.value, w.take());
  return out;
}

Status apply_transfer(db::Tx& tx, const Call& call, const pay::Transferred& said) {
  const auto seen = store::transfer(tx, said.out_bill_no);
  if (!seen) return fail(Code::payment_mismatch, "there is no transfer " + said.out_bill_no.substr(0, 32));
  TRY_OK(org::lock_brand(tx, seen->brand));  // beside the batch's results and another sending
  auto t = *store::transfer(tx, said.out_bill_no);
  if (said.amount_fen != 0 && said.amount_fen != t.amount_fen)
    return fail(Code::payment_mismatch, "transfer " + t.number + " is of another amount");
  const bool success = said.state == pay::TransferState::success;
  if (!t.open()) {
    if (t.state == "failed" && success)
      return fail(Code::payment_mismatch, "transfer " + t.number + " was told as failed before");
    return {};
  }
  if (!said.transfer_bill_no.empty()) t.bill_no = said.transfer_bill_no;
  switch (said.state) {
    case pay::TransferState::success:
      ended(t, "done", call.now);
      break;
    case pay::TransferState::failed:
      t.reason = said.fail_reason.empty() ? "the rail gave no reason" : said.fail_reason.substr(0, 200);
      ended(t, "failed", call.now);
      break;
    case pay::TransferState::waiting:
      t.state = "waiting";
      if (!said.confirm_params.empty()) t.confirm_params = said.confirm_params;
      break;
    case pay::TransferState::working:
      t.state = "sent";
      break;
  }
  t.tries = 0;
  t.next_at = call.now + kAskAfterMs;
  store::set_transfer(tx, t);
  return t.open() ? Status{} : conclude(tx, call, t.payout);
}

Result<int> send_transfers(db::Database& db, const Call& caller, pay::PayRail& rail, int limit) {
  const Call call = system_call(caller);
  TRY(const auto due, db.read([&](db::Tx& tx) -> Result<std::vector<std::string>> {
    return store::due_transfers(tx, call.now, limit);
  }));
  int done = 0;
  for (const auto& number : due) {
    TRY(const auto t, db.read([&](db::Tx& tx) -> Result<store::Transfer> { return *store::transfer(tx, number); }));
    if (!t.open()) continue;
    const auto send = [&] {
      return rail.transfer({t.number, t.account, t.holder, t.amount_fen, "佣金 " + t.number,
                            call.settings->wechat_transfer_post, notify_url(call)},
                           call.now, *call.random);
    };
    // Asked before, with an answer that was lost: what became of it comes first; the number stays.
    auto said = t.state == "due" && t.tries == 0 ? send() : rail.query_transfer(t.number, call.now, *call.random);
    if (!said && t.state == "due" && t.tries > 0 && pay::refusal_of(said.error()) == pay::Refusal::not_found)
      said = send();
    Status booked;
    if (said) {
      booked = db.write([&](db::Tx& tx) { return apply_transfer(tx, call, *said); });
      if (booked) {
        ++done;
        continue;
      }
    } else {
      booked = fail(said.error());
    }
    log_event(LogEvent::transfer_waits, "transfer {}: {}", number, booked.error().text());
    // It said no, and for good: the part has failed. Short of money, or no answer: later again.
    const bool refused = !said && said.error().code == Code::payment_refused &&
                         pay::refusal_of(said.error()) != pay::Refusal::not_enough;
    TRY_OK(db.write([&](db::Tx& tx) -> Status {
      TRY_OK(org::lock_brand(tx, t.brand));
      auto now_is = *store::transfer(tx, number);
      if (!now_is.open()) return {};
      now_is.reason = booked.error().text().substr(0, 200);
      if (refused && now_is.state == "due") {
        ended(now_is, "failed", call.now);
        store::set_transfer(tx, now_is);
        return conclude(tx, call, now_is.payout);
      }
      now_is.next_at = next_try(now_is, call.now);
      ++now_is.tries;
      store::set_transfer(tx, now_is);
      return {};
    }));
    if (booked.error().code == Code::payment_unreachable) break;  // each try may last as long as a time-out
  }
  return done;
}

Result<std::vector<store::Payout>> payouts_in(db::Tx& tx, const Call& call, PayoutBatchId id, std::int64_t after,
                                              int limit) {
  TRY_OK(own_batch(tx, call, id));
  return store::payouts_page(tx, id, after, limit);
}

std::string payout_json(const store::Payout& p, const store::Moved& moved) {
  JsonWriter w;
  w.begin().field("id", p.id).field("agent_id", p.agent).field("settlement_id", p.settlement);
  w.field("amount_fen", p.amount_fen).field("transferred_fen", moved.done_fen).field("on_its_way_fen", moved.open_fen);
  w.field("state", p.state).field("reference", p.reference).field("reason", p.reason).field_at("done_at", p.done_at);
  return w.end().take();
}

Result<std::string> transfers_json(db::Tx& tx, const Call& call, AgentId agent) {
  TRY_OK(require_agent_money(tx, call, agent));
  TRY(const auto a, org::find_agent(tx, agent));
  const bool own = !call.caller.guest && call.caller.person == a.person;
  JsonWriter w;
  w.begin().key("items").begin_list();
  for (const auto& t : store::transfers_of_agent(tx, agent, kMaxShown)) {
    w.begin().field("number", t.number).field("amount_fen", t.amount_fen).field("state", t.state);
    w.field("confirm_params", own ? t.confirm_params : "").field("reason", t.reason).field("bill_no", t.bill_no);
    w.field_at("at", t.at).field_at("done_at", t.done_at).end();
  }
  return w.end_list().end().take();
}

Result<std::string> account_of_own(db::Tx& tx, const Call& call, std::string_view number) {
  const auto none = [] { return fail(Code::not_found, "you have no such transfer", "/number"); };
  const auto t = store::transfer(tx, number);
  if (!t) return none();
  TRY(const auto agent, org::find_agent(tx, t->agent));
  if (call.caller.guest || agent.person != call.caller.person) return none();
  return t->account;
}

}  // namespace lianbo::order
