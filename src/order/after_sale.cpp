#include "order/after_sale.hpp"

#include <algorithm>
#include <array>

namespace lianbo::order {
namespace {

using State = AfterSaleState;
using Step = AfterSaleStep;
using Who = AfterSaleActor;
using Kind = AfterSaleKind;

constexpr std::array<std::string_view, 3> kKinds = {"refund_only", "return_and_refund", "exchange"};
constexpr std::array<std::string_view, 2> kCauses = {"no_reason", "fault"};
constexpr std::array<std::string_view, 13> kStates = {"requested", "returning", "returned", "refunding", "replacing",
                                                      "replaced",  "rejected",  "disputed", "refunded",  "exchanged",
                                                      "withdrawn", "dismissed", "lapsed"};
constexpr std::array<std::string_view, 14> kSteps = {
    "request",        "approve",    "reject",           "withdraw",
    "send_back",      "goods_back", "send_replacement", "receive_replacement",
    "refund_instead", "dispute",    "uphold",           "dismiss",
    "money_back",     "time_up"};

template <class E, std::size_t N>
std::optional<E> named(const std::array<std::string_view, N>& names, std::string_view name) {
  for (std::size_t i = 0; i < N; ++i)
    if (names[i] == name) return static_cast<E>(i);
  return std::nullopt;
}

constexpr std::nullopt_t none = std::nullopt;

// state × step → who may, and the state that follows for each kind.
const Transition kTransitions[] = {
    // from              step                        who            refund only       return            exchange
    {State::requested, Step::approve, Who::staff, State::refunding, State::returning, State::returning},
    {State::requested, Step::time_up, Who::clock, State::refunding, State::returning, State::returning},
    {State::requested, Step::reject, Who::staff, State::rejected, State::rejected, State::rejected},
    {State::requested, Step::withdraw, Who::buyer, State::withdrawn, State::withdrawn, State::withdrawn},

    {State::returning, Step::send_back, Who::buyer, none, State::returned, State::returned},
    {State::returning, Step::goods_back, Who::staff, none, State::refunding, State::replacing},
    {State::returning, Step::withdraw, Who::buyer, none, State::withdrawn, State::withdrawn},
    {State::returning, Step::time_up, Who::clock, none, State::lapsed, State::lapsed},

    {State::returned, Step::goods_back, Who::staff, none, State::refunding, State::replacing},
    {State::returned, Step::reject, Who::staff, none, State::rejected, State::rejected},
    {State::returned, Step::time_up, Who::clock, none, State::refunding, State::replacing},

    {State::replacing, Step::send_replacement, Who::shipper, none, none, State::replaced},
    {State::replacing, Step::refund_instead, Who::staff, none, none, State::refunding},
    {State::replacing, Step::time_up, Who::clock, none, none, State::refunding},

    {State::replaced, Step::receive_replacement, Who::buyer, none, none, State::exchanged},
    {State::replaced, Step::time_up, Who::clock, none, none, State::exchanged},

    {State::refunding, Step::money_back, Who::rail, State::refunded, State::refunded, State::refunded},

    {State::rejected, Step::dispute, Who::buyer, State::disputed, State::disputed, State::disputed},

    {State::disputed, Step::uphold, Who::judge, State::refunding, State::returning, State::returning, false},
    {State::disputed, Step::uphold, Who::judge, none, State::refunding, State::replacing, true},
    {State::disputed, Step::time_up, Who::clock, State::refunding, State::returning, State::returning, false},
    {State::disputed, Step::time_up, Who::clock, none, State::refunding, State::replacing, true},
    {State::disputed, Step::dismiss, Who::judge, State::dismissed, State::dismissed, State::dismissed},
    {State::disputed, Step::withdraw, Who::buyer, State::withdrawn, State::withdrawn, State::withdrawn},
};

const std::optional<State>& target(const Transition& t, Kind kind) {
  return kind == Kind::refund_only ? t.refund_only : kind == Kind::exchange ? t.exchange : t.return_and_refund;
}

std::string units_text(std::int64_t n) { return std::to_string(n) + (n == 1 ? " unit" : " units"); }

Status check_amounts(Fen amount_fen, Fen shipping_fen, const AfterSaleFacts& f) {
  const Fen left = f.net_fen - f.claims.open_fen;
  if (amount_fen < 0 || amount_fen > left)
    return fail(Code::refund_exceeds,
                "at most " + format_fen(left) + " can still be refunded for this line (" + format_fen(f.net_fen) +
                    " not yet refunded, " + format_fen(f.claims.open_fen) + " of it asked for)",
                "/amount_fen");
  const Fen shipping_left = f.shipping_left_fen - f.claims.open_shipping_fen;
  if (shipping_fen < 0 || shipping_fen > shipping_left)
    return fail(Code::refund_exceeds,
                "at most " + format_fen(shipping_left) + " of the order's shipping fee can still be refunded",
                "/shipping_fen");
  return {};
}

}  // namespace

std::string_view kind_name(AfterSaleKind kind) { return kKinds[static_cast<std::size_t>(kind)]; }
std::string_view cause_name(AfterSaleCause cause) { return kCauses[static_cast<std::size_t>(cause)]; }
std::string_view state_name(AfterSaleState state) { return kStates[static_cast<std::size_t>(state)]; }
std::string_view step_name(AfterSaleStep step) { return kSteps[static_cast<std::size_t>(step)]; }
std::optional<AfterSaleKind> after_sale_kind(std::string_view name) { return named<Kind>(kKinds, name); }
std::optional<AfterSaleCause> after_sale_cause(std::string_view name) { return named<AfterSaleCause>(kCauses, name); }
std::optional<AfterSaleState> after_sale_state(std::string_view name) { return named<State>(kStates, name); }
std::optional<AfterSaleStep> after_sale_step(std::string_view name) { return named<Step>(kSteps, name); }

std::span<const Transition> transitions() { return kTransitions; }

const Transition* transition_of(AfterSaleState from, AfterSaleStep step, bool goods_back) {
  for (const auto& t : kTransitions)
    if (t.from == from && t.step == step && t.goods_back.value_or(goods_back) == goods_back) return &t;
  return nullptr;
}

std::optional<AfterSaleState> next_state(AfterSaleState from, AfterSaleStep step, AfterSaleKind kind, bool goods_back) {
  const Transition* t = transition_of(from, step, goods_back);
  return t ? target(*t, kind) : std::nullopt;
}

std::string steps_from(AfterSaleState from, AfterSaleKind kind, bool goods_back) {
  std::string out;
  for (const auto& t : kTransitions)
    if (t.from == from && t.who != Who::rail && t.who != Who::clock && target(t, kind) &&
        t.goods_back.value_or(goods_back) == goods_back)
      out += (out.empty() ? "" : ", ") + std::string(step_name(t.step));
  return out.empty() ? "nothing" : out;
}

bool is_open(AfterSaleState state) {
  switch (state) {
    case State::requested:
    case State::returning:
    case State::returned:
    case State::refunding:
    case State::replacing:
    case State::replaced:
    case State::disputed:
      return true;
    default:
      return false;
  }
}

Instant due_at(AfterSaleState state, const Settings& s, Instant now) {
  switch (state) {
    case State::requested:
      return now + s.after_sale_answer_days * kDayMs;
    case State::returning:
      return now + s.after_sale_send_back_days * kDayMs;
    case State::returned:
      return now + s.after_sale_arrive_days * kDayMs;
    case State::replacing:
      return now + s.after_sale_replace_days * kDayMs;
    case State::replaced:
      return now + s.order_auto_receive_days * kDayMs;
    case State::disputed:
      return now + s.after_sale_decide_days * kDayMs;
    default:
      return 0;
  }
}

Status check_wish(AfterSaleWish& wish, const AfterSaleFacts& f, const Settings& settings, Instant now) {
  if (!f.paid) return fail(Code::order_state_conflict, "the order is not paid; an unpaid one can be cancelled");
  if (!f.staff && f.received_at != 0) {
    if (wish.cause == AfterSaleCause::no_reason && f.no_return)
      return fail(Code::return_exempt,
                  "this product is exempt from no-reason return; goods that are faulty or wrong can still be claimed "
                  "with cause \"fault\"");
    const std::int64_t days = wish.cause == AfterSaleCause::fault ? settings.fault_days : settings.return_days;
    if (now >= f.received_at + days * kDayMs)
      return fail(Code::return_time_over, "the " + std::to_string(days) +
                                              " days from receipt have passed; the shop can still agree to an "
                                              "after-sale by opening one itself");
  }
  if (wish.sku && wish.kind != Kind::exchange)
    return fail(Code::invalid_field, "only an exchange names what is sent instead", "/sku_id");
  if (wish.kind == Kind::refund_only) {
    if (wish.qty < 0 || wish.qty > f.unsent_free())
      return fail(Code::invalid_field,
                  f.unsent() == 0 ? "the goods have left: refund_only takes 0 units, else ask for return_and_refund"
                                  : "at most " + units_text(f.unsent_free()) +
                                        " of this line have not left yet and are not asked for",
                  "/qty");
  } else {
    if (f.shipped_qty == 0)
      return fail(Code::order_state_conflict, "nothing of this line has left yet: ask for refund_only", "/kind");
    if (wish.qty < 1)
      return fail(Code::invalid_field, "at least 1 unit comes back; for money only ask for refund_only", "/qty");
    if (wish.qty > f.returnable())
      return fail(Code::invalid_field, "at most " + units_text(f.returnable()) + " of this line can still come back",
                  "/qty");
  }
  if (wish.kind == Kind::exchange) {
    if (wish.amount_fen != 0 || wish.shipping_fen != 0)
      return fail(Code::invalid_field, "an exchange moves no money: leave it at 0", "/amount_fen");
    // Units that somebody can still ask for share what is left of the line; the last of them takes the rest. Units
    // asked for before they left, and gone since, have their money asked for already: they share nothing, but can be
    // exchanged.
    const Fen left = f.net_fen - f.claims.open_fen;
    const std::int64_t units = std::max(wish.qty, f.returnable() + f.unsent() - f.claims.open_unsent);
    wish.amount_fen = wish.qty == units ? left : static_cast<Fen>(static_cast<__int128>(left) * wish.qty / units);
  }
  TRY_OK(check_amounts(wish.amount_fen, wish.shipping_fen, f));
  // Something must come of it: money, or (of goods that cost nothing) units.
  if (wish.kind != Kind::exchange && wish.amount_fen + wish.shipping_fen == 0 && (wish.qty == 0 || f.net_fen != 0))
    return fail(Code::invalid_field, "must be at least 1", "/amount_fen");
  return {};
}

Status check_revived(const AfterSale& a, const AfterSaleFacts& f) {
  TRY_OK(check_amounts(a.amount_fen, a.shipping_fen, f));
  if (a.kind != Kind::refund_only && a.qty > f.returnable())
    return fail(Code::refund_exceeds, "its units have come back under another after-sale meanwhile");
  return {};
}

std::int64_t units_dropped(const AfterSale& a, const AfterSaleFacts& f) {
  if (a.kind != Kind::refund_only) return 0;
  const bool whole = a.amount_fen > 0 && a.amount_fen == f.net_fen - f.claims.agreed_fen;
  if (f.shipped_qty == 0 && whole) return f.unsent();
  return std::min(a.qty, f.unsent());
}

}  // namespace lianbo::order
