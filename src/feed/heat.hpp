// Heat: how much those who were shown an item make of it now (SPEC 9). Pure functions, whole numbers only.
//
// - A Decayed sum halves with each half-life. It is kept by half-lives on the clock: what fell into this one, what into
//   the one before, and a tail of all earlier ones. Within a half-life an event weighs more the later it came, as a
//   whole number, so events of this half-life and the last give the same sums in whatever order they arrive.
// - Heat is the sum of six terms. Each is weight × (its decayed sum) ÷ (decayed exposures + kPriorExposures), in
//   thousandths of a point, rounded down by itself: the terms add up to the score exactly.
// - kPriorExposures are invented exposures without effect, so that one lucky viewer makes nothing hot.
// Threads: any. Errors: none.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/clock.hpp"

namespace lianbo::feed {

enum class Kind { room, pin, upcoming };
std::string_view kind_name(Kind kind);
std::optional<Kind> parse_kind(std::string_view text);

// What a person shown an item may do with it, each once. value: what an order was worth, in ten-thousandths of
// Rules::full_value_fen.
enum class What { exposure, enter, stay, interact, click, order, value };
inline constexpr std::array<What, 7> kWhats{What::exposure, What::enter, What::stay, What::interact,
                                            What::click,    What::order, What::value};
inline constexpr std::array<What, 6> kTerms{What::enter, What::stay,  What::interact,
                                            What::click, What::order, What::value};
std::string_view what_name(What what);
std::optional<What> parse_what(std::string_view text);
inline constexpr std::int64_t kFullValue = 10'000;

inline constexpr DurationMs kRoomHalfLifeMs = 10 * kMinuteMs;
inline constexpr DurationMs kPinHalfLifeMs = 5 * kHourMs;
inline constexpr DurationMs half_life_of(Kind kind) { return kind == Kind::room ? kRoomHalfLifeMs : kPinHalfLifeMs; }

class Decayed {
 public:
  static constexpr int kUnitBits = 20;  // sum_at counts in 1/2^20

  void add(Instant at, std::int64_t n, DurationMs half_life);
  std::int64_t sum_at(Instant now, DurationMs half_life) const;
  bool empty() const { return now_ == 0 && before_ == 0 && tail_ == 0; }
  friend bool operator==(const Decayed&, const Decayed&) = default;

  // As a row keeps it.
  std::int64_t epoch_ = 0;  // which half-life since 1970 now_ is of
  std::int64_t now_ = 0, before_ = 0, tail_ = 0;

 private:
  void roll_to(std::int64_t epoch);
};

using Sums = std::array<Decayed, kWhats.size()>;  // by What
inline Decayed& sum_of(Sums& sums, What what) { return sums[static_cast<std::size_t>(what)]; }
inline const Decayed& sum_of(const Sums& sums, What what) { return sums[static_cast<std::size_t>(what)]; }

inline constexpr std::int64_t kPriorExposures = 20;
inline constexpr std::int64_t kMaxWeight = 1000;

using Weights = std::array<std::int64_t, kTerms.size()>;  // points of each term, in the order of kTerms
inline constexpr Weights kDefaultWeights{10, 20, 20, 30, 100, 100};

struct Heat {
  std::array<std::int64_t, kTerms.size()> terms{};  // thousandths of a point
  std::int64_t score = 0;
};
Heat heat_of(const Sums& sums, const Weights& weights, DurationMs half_life, Instant now);

// What n of these are worth, in thousandths of a point.
std::int64_t points_of(const Weights& weights, What what, std::int64_t n);
// The most one exposure can be worth: everything done once, and an order of full value.
std::int64_t most_points(const Weights& weights);

}  // namespace lianbo::feed
