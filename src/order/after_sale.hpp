// After-sales: types, the state machine and the rules of what may be asked for (SPEC 7). Pure functions of their inputs
// and of `now`; no database, no clock.
//
//   requested ─▶ refunding ─▶ refunded                 refund only
//   requested ─▶ returning ─▶ returned ─▶ refunding …  return and refund
//   requested ─▶ returning ─▶ returned ─▶ replacing ─▶ replaced ─▶ exchanged
//   requested, returned ─▶ rejected ─▶ disputed ─▶ as if agreed, or dismissed
//
// The whole machine is the table transitions(): a (state, step) that is not in it is refused. Each state that waits for
// somebody has a deadline after which the step time_up is taken by itself; a step that comes at or after it finds the
// state that follows. While an after-sale is open, the commission of its line stays frozen.
#pragma once

#include <algorithm>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/id.hpp"
#include "base/money.hpp"
#include "base/result.hpp"
#include "base/settings.hpp"

namespace lianbo::order {

enum class AfterSaleKind { refund_only, return_and_refund, exchange };
enum class AfterSaleCause { no_reason, fault };
enum class AfterSaleState {
  requested,
  returning,  // agreed to; the buyer sends the goods back
  returned,   // on their way back
  refunding,  // the money is on its way back
  replacing,  // the goods are back; the shop sends others
  replaced,   // on their way
  rejected,
  disputed,
  refunded,
  exchanged,
  withdrawn,
  dismissed,
  lapsed,  // the goods were not sent back in time
};
enum class AfterSaleStep {
  request,
  approve,
  reject,
  withdraw,
  send_back,
  goods_back,
  send_replacement,
  receive_replacement,
  refund_instead,
  dispute,
  uphold,
  dismiss,
  money_back,
  time_up,
};
// Who takes a step. judge: staff, but not who refused, unless the brand has nobody else. rail: money has moved.
enum class AfterSaleActor { buyer, staff, shipper, judge, rail, clock };

std::string_view kind_name(AfterSaleKind kind);
std::string_view cause_name(AfterSaleCause cause);
std::string_view state_name(AfterSaleState state);
std::string_view step_name(AfterSaleStep step);
std::optional<AfterSaleKind> after_sale_kind(std::string_view name);
std::optional<AfterSaleCause> after_sale_cause(std::string_view name);
std::optional<AfterSaleState> after_sale_state(std::string_view name);
std::optional<AfterSaleStep> after_sale_step(std::string_view name);

struct Transition {
  AfterSaleState from;
  AfterSaleStep step;
  AfterSaleActor who;
  // Where it leads, by kind; none: this kind has no such step.
  std::optional<AfterSaleState> refund_only, return_and_refund, exchange;
  // The row counts only while the goods are away, or back; none: in either case.
  std::optional<bool> goods_back = {};
};
std::span<const Transition> transitions();
// The row for it, or nothing.
const Transition* transition_of(AfterSaleState from, AfterSaleStep step, bool goods_back);
std::optional<AfterSaleState> next_state(AfterSaleState from, AfterSaleStep step, AfterSaleKind kind, bool goods_back);
// "approve, reject, withdraw": what may happen to it now, for an error that says what would be right.
std::string steps_from(AfterSaleState from, AfterSaleKind kind, bool goods_back);

bool is_open(AfterSaleState state);
// When its time is up; 0: it waits for nobody.
Instant due_at(AfterSaleState state, const Settings& settings, Instant now);

struct AfterSale {
  AfterSaleId id;
  Bucket bucket = 0;
  BrandId brand;
  OrderId order;
  int line = 0;
  AfterSaleKind kind = AfterSaleKind::refund_only;
  AfterSaleCause cause = AfterSaleCause::no_reason;
  AfterSaleState state = AfterSaleState::requested;
  std::int64_t qty = 0;  // units that come back, are exchanged, or need not be sent
  Fen amount_fen = 0;    // of the line; of an exchange: what is paid back if there is no replacement
  Fen shipping_fen = 0;  // of the order's shipping fee
  SkuId sku;             // exchange: what is sent instead
  std::string reason, answer;
  Instant at = 0, due_at = 0, closed_at = 0;
  Instant dispute_until = 0;
  int disputes = 0;
  PersonId refused_by;
  Instant goods_back_at = 0;
  std::int64_t restocked_qty = 0;
  std::string back_carrier, back_number;
  int steps = 0, pieces = 0;
};

struct AfterSaleWish {
  int line = 0;
  AfterSaleKind kind = AfterSaleKind::refund_only;
  std::int64_t qty = 0;
  Fen amount_fen = 0;  // of an exchange it is computed
  std::string reason;
  AfterSaleCause cause = AfterSaleCause::no_reason;
  Fen shipping_fen = 0;
  SkuId sku = {};  // exchange: none is the same SKU
};

// What stands against a line (and, of the shipping fee, against its order) besides the after-sale in question.
struct Claims {
  Fen open_fen = 0;              // of the line, asked for and not yet paid back
  Fen agreed_fen = 0;            // of that, on its way back already
  std::int64_t open_unsent = 0;  // units that would not be sent, not yet agreed to
  std::int64_t open_goods = 0;   // units that would come back
  std::int64_t gone_goods = 0;   // units that came back for money
  Fen open_shipping_fen = 0;     // of the order
};
struct AfterSaleFacts {
  bool staff = false;  // the shop itself asks: not bound by the buyer's days
  bool paid = false;
  Instant received_at = 0;  // of the order, or the line's last replacement
  bool no_return = false;
  std::int64_t qty = 0, shipped_qty = 0, dropped_qty = 0;
  Fen net_fen = 0;            // of the line
  Fen shipping_left_fen = 0;  // of the order's shipping fee, not paid back
  Claims claims;
  std::int64_t unsent() const { return qty - shipped_qty - dropped_qty; }
  std::int64_t returnable() const { return shipped_qty - claims.gone_goods - claims.open_goods; }
  // Units that have not left and that nobody asks to keep here. What was asked for and has left since counts for none.
  std::int64_t unsent_free() const { return std::max<std::int64_t>(0, unsent() - claims.open_unsent); }
};
// Ok, or why it can't be asked for. Of an exchange, amount_fen is set: the units' part of what is left of the line.
Status check_wish(AfterSaleWish& wish, const AfterSaleFacts& facts, const Settings& settings, Instant now);
// Whether a refused claim would still fit: money and units may have gone elsewhere meanwhile.
Status check_revived(const AfterSale& a, const AfterSaleFacts& facts);
// Units that stay in the store when a refund only is agreed to: those asked for that have not left; all, if the whole
// of what is left of a line is paid back before any of it left.
std::int64_t units_dropped(const AfterSale& a, const AfterSaleFacts& facts);

// Evidence: at most so many pieces a case; a picture (JPEG, PNG, WebP) is kept in the database, so it is small.
inline constexpr int kMaxEvidence = 20;
inline constexpr std::size_t kMaxEvidenceText = 1000;
inline constexpr std::size_t kMaxPictureBytes = 300 * 1024;
inline constexpr int kMaxDisputes = 2;  // of the claim, and of the goods that came back

}  // namespace lianbo::order
