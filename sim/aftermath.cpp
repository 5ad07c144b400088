#include <fmt/format.h>

#include <algorithm>

#include "base/shape.hpp"
#include "sim/day.hpp"
#include "sim/names.hpp"

namespace lianbo::sim {
namespace {

constexpr int kDays = 22;
constexpr int kFirstSettlementDay = 14;  // most commission is free by then
constexpr int kSecondSettlementDay = 21;
constexpr DurationMs kLateStep = 3 * kHourMs;
constexpr double kLateRefunds = 0.05;  // goods taken back after the commission was settled
constexpr double kRefundsBeforeShipping = 0.03;
constexpr double kInParcels = 0.5;     // of orders of several lines
constexpr double kWantsAnother = 0.4;  // of those who send everything back: another size or colour
constexpr double kHasAReason = 0.3;    // of those who may not return without one
constexpr DurationMs kTenthOfDay = kDayMs / 10;

}  // namespace

Status Day::aftermath() {
  const Instant end_of_day = now_;
  const Instant end = options_.start_at + kDays * kDayMs;
  later(options_.start_at + kFirstSettlementDay * kDayMs + kHourMs, [this] { late_refunds(); });
  later(end - kDayMs, [this] { erase_somebody(); });
  plan_leavings();
  bool first = false;
  bool second = false;
  while (now_ < end) {
    if (stopped()) return fail(Code::shutting_down, "the run was stopped");
    // By the minute until the last unpaid order is decided, then by the hour, then coarser.
    const DurationMs over = now_ - end_of_day;
    TRY_OK(move_clock(std::min(end, now_ + (over < kHourMs ? kMinuteMs : over < kDayMs ? kHourMs : kLateStep))));
    const std::int64_t day = (now_ - options_.start_at) / kDayMs;
    if (!std::exchange(first, first || day >= kFirstSettlementDay) && first) TRY_OK(settle_accounts(true));
    run_agenda();
    TRY_OK(crew_.run());
    if (!std::exchange(second, second || day >= kSecondSettlementDay) && second) TRY_OK(settle_accounts(false));
    show(day);
  }
  agenda_.clear();
  return {};
}

void Day::plan_shipping(int index) {
  const Aftermath plan = plan_aftermath(after_stream_);
  Purchase& purchase = world_.purchases[static_cast<std::size_t>(index)];
  if (after_stream_.chance(kRefundsBeforeShipping)) {
    const Fen amount = purchase.lines[0].paid_fen;
    purchase.touched_after = true;
    if (amount > 0)
      later(now_ + 2 * kHourMs, [this, index, amount] { ask_part({index, 0, "refund_only", 0, amount}); });
    if (amount > 0 && purchase.lines.size() == 1) return;  // nothing is left to send
  }
  purchase.in_parcels = !purchase.touched_after && purchase.lines.size() > 1 && brand_stream_.chance(kInParcels);
  const Instant shipped = now_ + plan.ship_hours * kHourMs;
  later(shipped, [this, index] { ship(index); });
  const Instant received = shipped + plan.receive_days_tenths * kTenthOfDay;
  if (plan.confirms) later(received, [this, index] { receive(index); });
  for (std::size_t line = 0; line < purchase.lines.size(); ++line) {
    if (!comes_back(after_stream_) || (purchase.touched_after && line == 0)) continue;
    purchase.touched_after = true;
    // Who does not confirm has the goods all the same.
    later(received + kMinuteMs, [this, index, line] { ask_back(index, static_cast<int>(line)); });
  }
}

void Day::ship(int index) {
  const Purchase& purchase = world_.purchases[static_cast<std::size_t>(index)];
  if (purchase.in_parcels) return ship_in_parcels(index);
  JsonWriter w;
  w.begin().field("carrier", "顺丰速运").field("tracking_number", fmt::format("SF{:012}", index + 1)).end();
  as_owner("POST", "/api/v1/orders/" + purchase.id + "/ship", w.take(), [this](const Answer& a) {
    if (!a.ok()) return unexpected("ship", a);
    ++report_.parcels;
  });
}

void Day::receive(int index) {
  Purchase& purchase = world_.purchases[static_cast<std::size_t>(index)];
  purchase.received = true;
  as(purchase.person, "POST", "/api/v1/orders/" + purchase.id + "/receive", {}, [this, index](const Answer& a) {
    if (!a.ok()) return unexpected("receive", a);
    review(index);
  });
}

void Day::ask_back(int index, int line) {
  const AfterSalePlan plan = plan_after_sale(after_stream_);
  const BoughtLine bought = world_.purchases[static_cast<std::size_t>(index)].lines[static_cast<std::size_t>(line)];
  const Instant asked = now_ + plan.after_days_tenths * kTenthOfDay;
  if (plan.whole && plan.returns_goods && brand_stream_.chance(kWantsAnother)) {
    for (const Sku& sku : world_.product(bought.product).skus) {
      if (sku.id == bought.sku_id) continue;
      later(asked, [this, claim = Claim{index, line, "exchange", bought.qty, 0, plan.withdraws, false, sku.id}] {
        ask_part(claim);
      });
      return;
    }
  }
  const Fen amount = plan.whole ? bought.paid_fen : bought.paid_fen / 2;
  const auto parts = split_amount(after_stream_, amount, plan.parts);
  Instant at = asked;
  for (std::size_t i = 0; i < parts.size(); ++i, at += 2 * kHourMs) {
    const bool last = i + 1 == parts.size();
    // The goods come back with the last part.
    const std::int64_t qty = last && plan.returns_goods && plan.whole ? bought.qty : 0;
    later(at, [this, claim = Claim{index, line, qty > 0 ? "return_and_refund" : "refund_only", qty, parts[i],
                                   plan.withdraws}] { ask_part(claim); });
  }
}

void Day::ask_part(const Claim& claim) {
  const Purchase& purchase = world_.purchases[static_cast<std::size_t>(claim.purchase)];
  const int person = purchase.person;
  JsonWriter w;
  w.begin().field("line", claim.line).field("kind", claim.kind).field("qty", claim.qty);
  if (claim.kind == "exchange")
    w.field("sku_id", claim.sku_id);
  else
    w.field("amount_fen", claim.amount_fen);
  if (claim.faulty) w.field("cause", "fault");
  w.field("reason", claim.kind == "exchange" ? "换个规格" : refund_reason(names_stream_)).end();
  as(person, "POST", "/api/v1/orders/" + purchase.id + "/after-sales", w.take(),
     [this, person, claim](const Answer& asked) {
       if (asked.problem == "return_exempt" && !claim.faulty) {
         // Not without a reason; some have one.
         ++report_.exempt_refusals;
         if (!brand_stream_.chance(kHasAReason)) return;
         Claim again = claim;
         again.faulty = true;
         return ask_part(again);
       }
       if (!asked.ok()) return unexpected("after-sale", asked);
       const std::string target = "/api/v1/after-sales/" + asked.text("id");
       later(now_ + 4 * kHourMs, [this, person, withdraws = claim.withdraws, target] {
         if (withdraws)
           as(person, "POST", target + "/withdraw", {}, fine("withdrawal"));
         else
           as_owner("POST", target + "/approve", R"({"answer":"同意"})", fine("after-sale answer"));
       });
       if (claim.withdraws || claim.kind == "refund_only") return;
       send_back(person, target, now_ + 28 * kHourMs);
       if (claim.kind == "exchange") send_replacement(person, target, now_ + 28 * kHourMs + 2 * kDayMs + 6 * kHourMs);
     });
}

// The goods go back a day after it was agreed to, and are there two days later.
void Day::send_back(int person, const std::string& target, Instant at) {
  const Then done = fine("goods on their way back");
  later(at, [this, person, target, done] {
    as(person, "POST", target + "/send-back", R"({"carrier":"中通快递","tracking_number":"ZTO7"})", done);
  });
  later(at + 2 * kDayMs, [this, target, done] { as_owner("POST", target + "/goods-back", "{}", done); });
}

// The brand takes some goods back although the days for it are over and the commission is settled: debt.
void Day::late_refunds() {
  for (std::size_t i = 0; i < world_.purchases.size(); ++i) {
    Purchase& purchase = world_.purchases[i];
    if (!purchase.received || purchase.touched_after || !after_stream_.chance(kLateRefunds)) continue;
    purchase.touched_after = true;
    JsonWriter w;
    w.begin().field("line", 0).field("kind", "return_and_refund").field("qty", purchase.lines[0].qty);
    w.field("amount_fen", purchase.lines[0].paid_fen).field("reason", "质量问题，商家同意").end();
    as_owner("POST", "/api/v1/orders/" + purchase.id + "/after-sales", w.take(), [this](const Answer& asked) {
      if (!asked.ok()) return unexpected("late after-sale", asked);
      as_owner("POST", "/api/v1/after-sales/" + asked.text("id") + "/approve", R"({"answer":"同意"})",
               [this, id = asked.text("id")](const Answer& a) {
                 if (!a.ok()) return unexpected("late approval", a);
                 as_owner("POST", "/api/v1/after-sales/" + id + "/goods-back", "{}", [this](const Answer& back) {
                   if (!back.ok()) unexpected("late return", back);
                 });
               });
    });
  }
}

Status Day::settle_accounts(bool pay_out) {
  TRY(const Answer preview, owner_call("GET", brand("/settlements/preview?cutoff_at=" + format_rfc3339(now_))));
  if (!preview.ok()) return unexpected("preview", preview), Status{};
  JsonWriter w;
  w.begin().field_at("cutoff_at", now_).end();
  TRY(const Answer proposed, owner_call("POST", brand("/settlements"), w.take()));
  if (!proposed.ok()) return unexpected("settlement", proposed), Status{};
  TRY(const std::string run, approve_settlement(proposed));
  std::vector<std::pair<std::string, Fen>> due;
  Fen payable_fen = 0;
  TRY_OK(each_item("/api/v1/settlement-runs/" + run + "/settlements", [&](const json::value& s) {
    ++report_.settlements;
    payable_fen += get_int(s, "payable_fen");
    if (get_int(s, "payable_fen") > 0) due.emplace_back(get_text(s, "id"), get_int(s, "payable_fen"));
  }));
  agree("the preview of a settlement", payable_fen, preview.number("payable_fen"));
  if (!pay_out) return {};
  return pay_hosts(due);
}

}  // namespace lianbo::sim
