#include "promo/promo.hpp"

#include <algorithm>
#include <array>

#include "base/call.hpp"

namespace lianbo::promo {
namespace {

template <class E, std::size_t N>
std::optional<E> parse(const std::array<std::string_view, N>& names, std::string_view text) {
  for (std::size_t i = 0; i < N; ++i)
    if (names[i] == text) return static_cast<E>(i);
  return std::nullopt;
}
constexpr std::array<std::string_view, 3> kAudiences = {"everyone", "region", "lookalikes"};
constexpr std::array<std::string_view, 3> kStates = {"open", "paused", "ended"};
constexpr std::array<std::string_view, 5> kEnded = {"", "room_over", "window_over", "spent", "stopped"};

std::string amount(Fen fen) { return format_fen(fen); }

}  // namespace

std::string_view audience_name(AudienceKind kind) { return kAudiences.at(static_cast<std::size_t>(kind)); }
std::optional<AudienceKind> parse_audience(std::string_view text) { return parse<AudienceKind>(kAudiences, text); }
std::string_view state_name(State state) { return kStates.at(static_cast<std::size_t>(state)); }
std::optional<State> parse_state(std::string_view text) { return parse<State>(kStates, text); }
std::string_view ended_name(Ended ended) { return kEnded.at(static_cast<std::size_t>(ended)); }
std::optional<Ended> parse_ended(std::string_view text) { return parse<Ended>(kEnded, text); }

Status check_rules(const Rules& rules) {
  if (rules.reserve_fen < 1 || rules.reserve_fen > kMaxCapFen)
    return fail(Code::invalid_field, "a click costs 0.01 to " + amount(kMaxCapFen), "/reserve_fen");
  if (rules.ceiling_fen < rules.reserve_fen || rules.ceiling_fen > kMaxCapFen)
    return fail(Code::invalid_field, "at least the reserve and at most " + amount(kMaxCapFen), "/ceiling_fen");
  return {};
}

Result<Wish> check_wish(Wish w, const Rules& rules, const live::Broadcast& b, Instant now) {
  if (b.state != live::BroadcastState::scheduled && b.state != live::BroadcastState::live)
    return fail(Code::broadcast_state_conflict, "it is over; only a broadcast that is on air or to come is promoted",
                "/broadcast_id");
  if (b.rehearsal())
    return fail(Code::broadcast_state_conflict, "a rehearsal is for its crew; nobody else could come", "/broadcast_id");
  if (w.budget_fen < std::max(kMinBudgetFen, rules.reserve_fen) || w.budget_fen > kMaxBudgetFen)
    return fail(Code::invalid_field,
                "a budget is " + amount(std::max(kMinBudgetFen, rules.reserve_fen)) + " to " + amount(kMaxBudgetFen),
                "/budget_fen");
  if (w.cap_fen && (*w.cap_fen < 1 || *w.cap_fen > kMaxCapFen))
    return fail(Code::invalid_field, "a bid is 0.01 to " + amount(kMaxCapFen), "/cap_fen");
  if (w.cap_fen && w.objective == Objective::enter && *w.cap_fen < rules.reserve_fen)
    return fail(Code::invalid_field, "no click is sold below the reserve of " + amount(rules.reserve_fen), "/cap_fen");
  if (w.audience.kind == AudienceKind::region && w.audience.region.empty())
    return fail(Code::missing_field, "which region", "/audience/region");
  if (w.audience.kind != AudienceKind::region && !w.audience.region.empty())
    return fail(Code::invalid_field, "only where the audience is a region", "/audience/region");
  if (w.starts_at == 0) w.starts_at = b.state == live::BroadcastState::live ? now : std::max(now, b.scheduled_at);
  w.starts_at = std::max(w.starts_at, now);
  if (w.ends_at == 0) w.ends_at = w.starts_at + kUsualWindowMs;
  if (w.ends_at <= w.starts_at)
    return fail(Code::invalid_field, "must be later than its start, and than now", "/ends_at");
  if (w.ends_at - now > kMaxWindowMs) return fail(Code::invalid_field, "at most 31 days from now", "/ends_at");
  return w;
}

Ended due_end(const Promotion& p, const live::Broadcast& b, Fen spent_fen, Instant now) {
  if (p.state == State::ended) return Ended::none;
  if (b.state == live::BroadcastState::ended || b.state == live::BroadcastState::cancelled) return Ended::room_over;
  if (now >= p.ends_at) return Ended::window_over;
  if (p.budget_fen - spent_fen < p.reserve_fen) return Ended::spent;
  return Ended::none;
}

bool deliverable(const Promotion& p, const live::Broadcast& b, Instant now) {
  return p.state == State::open && b.id == p.broadcast && b.state == live::BroadcastState::live && !b.rehearsal() &&
         now >= p.starts_at && now < p.ends_at;
}

bool is_own(const Promotion& p, const Viewer& v) { return v.staff || (v.own_store && v.own_store == p.store); }

bool reaches(const Promotion& p, const Viewer& v, std::span<const ProductId> store_products) {
  if (is_own(p, v)) return false;
  if (std::binary_search(v.known.begin(), v.known.end(), p.id)) return false;
  if (p.audience.exclude_locked && v.locked) return false;
  switch (p.audience.kind) {
    case AudienceKind::everyone:
      return true;
    case AudienceKind::region:
      return !v.region.empty() && region_covers(p.audience.region, v.region);
    case AudienceKind::lookalikes:
      return !std::binary_search(v.stores.begin(), v.stores.end(), p.store) &&
             std::any_of(v.bought.begin(), v.bought.end(), [&](ProductId id) {
               return std::binary_search(store_products.begin(), store_products.end(), id);
             });
  }
  return false;
}

// Of 50 people shown a room two come.
std::int64_t click_ppm(std::int64_t shown, std::int64_t clicks) {
  return std::clamp<std::int64_t>(smoothed_ppm(clicks, std::max(shown, clicks), 2, 50), 1, kPpm);
}
// Of 50 who come, 20 open a card and one orders, for 82.00.
std::int64_t after_ppm(Objective objective, const RoomFacts& room) {
  switch (objective) {
    case Objective::enter:
      return kPpm;
    case Objective::product_click:
      return smoothed_ppm(room.product_clicks, room.enters, 20, 50);
    case Objective::order:
      return smoothed_ppm(room.orders, room.enters, 1, 50);
    case Objective::value:
      return smoothed_ppm(room.paid_fen, room.enters * 10'000, 8200, 50 * 10'000);
  }
  return 0;
}

PacePlan plan_of(const Promotion& p, Instant on_air_since, const Traffic& traffic, std::int64_t after) {
  PacePlan plan;
  plan.budget_fen = p.budget_fen;
  plan.from = std::min(std::max(p.starts_at, on_air_since), p.ends_at - 1);
  plan.to = p.ends_at;
  plan.traffic = traffic;
  plan.pace = p.pace;
  plan.floor_fen = p.reserve_fen;
  // With an automatic bid no single click takes more than a twentieth of the budget.
  plan.ceiling_fen = p.cap_fen ? click_worth({p.id, *p.cap_fen, kPpm, after, kWholeBp})
                               : std::min(p.ceiling_fen, std::max(p.reserve_fen, p.budget_fen / 20));
  return plan;
}

}  // namespace lianbo::promo
