// Promotion (投放): paid traffic into one broadcast while it is on air (SPEC 10). Types and pure rules.
//
// - A budget leaves the wallet when a promotion is bought, and what was not spent comes back when it ends: with the
// room,
//   with its window, when less than one click is left, or when its buyer stops it.
// - It is delivered only while its room is on air and within its window; the plan of smooth pacing begins when both
// have.
// - A click is charged once a person and promotion, at the price of the auction that its slot was sold in.
// Why and what else was decided: docs/decisions/0061 to 0064. Threads: any. Errors: invalid_field, missing_field.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "live/live.hpp"
#include "promo/auction.hpp"
#include "promo/pacing.hpp"

namespace lianbo::promo {

inline constexpr Fen kMinBudgetFen = 100, kMaxBudgetFen = 100'000'000, kMaxCapFen = 10'000'000;
inline constexpr DurationMs kMaxWindowMs = 31 * kDayMs, kUsualWindowMs = 2 * kHourMs;
inline constexpr DurationMs kTokenMs = 30 * kMinuteMs;  // a slot shown longer ago is not charged any more
inline constexpr std::size_t kMaxOpenOfStore = 10, kMaxOpenOfBrand = 2000;
inline constexpr std::int64_t kSlicesOfBudget = 256;  // a bucket leases a 256th at a time

enum class AudienceKind { everyone, region, lookalikes };
std::string_view audience_name(AudienceKind kind);
std::optional<AudienceKind> parse_audience(std::string_view text);
struct Audience {
  AudienceKind kind = AudienceKind::everyone;
  std::string region;           // kind region: and whatever lies below it
  bool exclude_locked = false;  // whoever is locked to an agent of the brand

  friend bool operator==(const Audience&, const Audience&) = default;
};

enum class State { open, paused, ended };
enum class Ended { none, room_over, window_over, spent, stopped };
std::string_view state_name(State state);
std::string_view ended_name(Ended ended);  // "" for none
std::optional<State> parse_state(std::string_view text);
std::optional<Ended> parse_ended(std::string_view text);

struct Promotion {
  PromotionId id;
  BrandId brand;
  StoreId store;
  BroadcastId broadcast;
  PinId pin;      // the moment (clip) of it that is shown; none: the room itself
  AgentId agent;  // whose wallet paid; none: the brand's
  PersonId by;
  Objective objective = Objective::enter;
  Fen budget_fen = 0;
  Pace pace = Pace::smooth;
  std::optional<Fen> cap_fen;  // for one objective (value: for each 100.00 paid); none: automatic
  Fen reserve_fen = 0, ceiling_fen = 0;
  Audience audience;
  Instant starts_at = 0, ends_at = 0;
  State state = State::open;
  Ended ended = Ended::none;
  Fen returned_fen = 0;
  Instant created_at = 0, ended_at = 0;

  Bucket bucket() const { return 0; }
};

// A brand's rules for what it sells. Without any of its own: these.
struct Rules {
  Fen reserve_fen = 10;    // a click costs at least this
  Fen ceiling_fen = 1000;  // and with an automatic bid at most this

  friend bool operator==(const Rules&, const Rules&) = default;
};
Status check_rules(const Rules& rules);

struct Wish {
  BroadcastId broadcast;
  PinId pin;  // closed, of this broadcast
  Objective objective = Objective::enter;
  Fen budget_fen = 0;
  Instant starts_at = 0;  // 0: at once, or when the broadcast is to begin
  Instant ends_at = 0;    // 0: two hours after the start
  Pace pace = Pace::smooth;
  std::optional<Fen> cap_fen;
  Audience audience;
};
// The wish with its window filled in, or what is wrong with it.
Result<Wish> check_wish(Wish wish, const Rules& rules, const live::Broadcast& broadcast, Instant now);

// Why it ends now, if it does.
Ended due_end(const Promotion& p, const live::Broadcast& broadcast, Fen spent_fen, Instant now);
bool deliverable(const Promotion& p, const live::Broadcast& broadcast, Instant now);

// What somebody who looks at the feed is, to a brand.
struct Viewer {
  PersonId person;
  std::string region;   // of the agent they are locked to, else of the store they bought in last; "": unknown
  bool locked = false;  // to any agent of the brand
  StoreId own_store;    // an agent's
  bool staff = false;
  std::vector<ProductId> bought;   // at the brand, sorted
  std::vector<StoreId> stores;     // bought in, sorted
  std::vector<PromotionId> known;  // clicked already, sorted
};
// Who clicks for the one who pays is not counted: the room's own host, and the brand's staff.
bool is_own(const Promotion& p, const Viewer& viewer);
// store_products: what the buyers of the promotion's store bought, sorted. A lookalike has bought one of them,
// elsewhere.
bool reaches(const Promotion& p, const Viewer& viewer, std::span<const ProductId> store_products);

// What the room has shown so far, for what a click can be expected to do.
struct RoomFacts {
  std::int64_t enters = 0, product_clicks = 0, orders = 0;
  Fen paid_fen = 0;
  BasisPoints quality_bp = kWholeBp;
};
// P(click | shown) of a promotion, and the objectives expected of a click into its room.
std::int64_t click_ppm(std::int64_t shown, std::int64_t clicks);
std::int64_t after_ppm(Objective objective, const RoomFacts& room);

// The pacing of the promotion in its room, in terms of what a click is worth.
PacePlan plan_of(const Promotion& p, Instant on_air_since, const Traffic& traffic, std::int64_t after_ppm);

}  // namespace lianbo::promo
