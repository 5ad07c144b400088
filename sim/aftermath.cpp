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
constexpr DurationMs kTenthOfDay = kDayMs / 10;

}  // namespace

Status Day::aftermath() {
  const Instant end_of_day = now_;
  const Instant end = options_.start_at + kDays * kDayMs;
  later(options_.start_at + kFirstSettlementDay * kDayMs + kHourMs, [this] { late_refunds(); });
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
    if (amount > 0) later(now_ + 2 * kHourMs, [this, index, amount] { ask_part(index, 0, false, 0, amount, false); });
  }
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
  JsonWriter w;
  w.begin().field("carrier", "顺丰速运").field("tracking_number", fmt::format("SF{:012}", index + 1)).end();
  as_owner("POST", "/api/v1/orders/" + purchase.id + "/ship", w.take(), [this](const Answer& a) {
    if (!a.ok()) unexpected("ship", a);
  });
}

void Day::receive(int index) {
  Purchase& purchase = world_.purchases[static_cast<std::size_t>(index)];
  purchase.received = true;
  as(purchase.person, "POST", "/api/v1/orders/" + purchase.id + "/receive", {}, [this](const Answer& a) {
    if (!a.ok()) unexpected("receive", a);
  });
}

void Day::ask_back(int index, int line) {
  const AfterSalePlan plan = plan_after_sale(after_stream_);
  const BoughtLine bought = world_.purchases[static_cast<std::size_t>(index)].lines[static_cast<std::size_t>(line)];
  const Fen amount = plan.whole ? bought.paid_fen : bought.paid_fen / 2;
  const auto parts = split_amount(after_stream_, amount, plan.parts);
  Instant at = now_ + plan.after_days_tenths * kTenthOfDay;
  for (std::size_t i = 0; i < parts.size(); ++i, at += 2 * kHourMs) {
    const bool last = i + 1 == parts.size();
    // The goods come back with the last part.
    const std::int64_t qty = last && plan.returns_goods && plan.whole ? bought.qty : 0;
    later(at, [this, index, line, qty, fen = parts[i], withdraws = plan.withdraws] {
      ask_part(index, line, qty > 0, qty, fen, withdraws);
    });
  }
}

void Day::ask_part(int index, int line, bool returns_goods, std::int64_t qty, Fen amount_fen, bool withdraws) {
  const Purchase& purchase = world_.purchases[static_cast<std::size_t>(index)];
  const int person = purchase.person;
  JsonWriter w;
  w.begin().field("line", line).field("kind", returns_goods ? "return_and_refund" : "refund_only").field("qty", qty);
  w.field("amount_fen", amount_fen).field("reason", refund_reason(names_stream_)).end();
  as(person, "POST", "/api/v1/orders/" + purchase.id + "/after-sales", w.take(),
     [this, person, withdraws, returns_goods](const Answer& asked) {
       if (!asked.ok()) return unexpected("after-sale", asked);
       later(now_ + 4 * kHourMs, [this, person, withdraws, target = "/api/v1/after-sales/" + asked.text("id")] {
         const auto done = [this](const Answer& a) {
           if (!a.ok()) unexpected("after-sale answer", a);
         };
         if (withdraws)
           as(person, "POST", target + "/withdraw", {}, done);
         else
           as_owner("POST", target + "/approve", R"({"answer":"同意"})", done);
       });
       if (returns_goods && !withdraws)
         send_back(person, "/api/v1/after-sales/" + asked.text("id"), now_ + 28 * kHourMs);
     });
}

// The goods go back a day after it was agreed to, and are there two days later.
void Day::send_back(int person, const std::string& target, Instant at) {
  const auto done = [this](const Answer& a) {
    if (!a.ok()) unexpected("goods on their way back", a);
  };
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
  JsonWriter w;
  w.begin().field_at("cutoff_at", now_).end();
  TRY(const Answer run, owner_call("POST", brand("/settlements"), w.take()));
  if (!run.ok()) {
    unexpected("settlement", run);
    return {};
  }
  if (!get_list(run.body, "failed").empty()) complain("a settlement run could not settle every agent");
  if (!pay_out) return {};
  std::vector<std::string> due;
  TRY_OK(each_item("/api/v1/settlement-runs/" + run.text("id") + "/settlements", [&](const json::value& s) {
    if (get_int(s, "payable_fen") > 0) due.push_back(get_text(s, "id"));
  }));
  for (const auto& id : due)
    as_owner("POST", "/api/v1/settlements/" + id + "/paid", "{\"reference\":\"bank-" + id + "\"}",
             [this](const Answer& a) {
               if (!a.ok()) unexpected("payout", a);
             });
  return crew_.run();
}

}  // namespace lianbo::sim
