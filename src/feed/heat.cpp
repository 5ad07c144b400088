#include "feed/heat.hpp"

#include <algorithm>
#include <cmath>

namespace lianbo::feed {
namespace {

using Wide = __int128;

constexpr int kSteps = 1024;  // of a half-life
constexpr double kUnit = 1 << Decayed::kUnitBits;

// 2^(step / kSteps) and its inverse, in 1/2^kUnitBits.
struct Powers {
  std::array<std::int64_t, kSteps> up{}, down{};
  Powers() {
    for (int i = 0; i < kSteps; ++i) {
      const double x = static_cast<double>(i) / kSteps;
      up[static_cast<std::size_t>(i)] = std::llround(kUnit * std::exp2(x));
      down[static_cast<std::size_t>(i)] = std::llround(kUnit * std::exp2(-x));
    }
  }
};
const Powers& powers() {
  static const Powers all;
  return all;
}
std::size_t step_of(Instant at, DurationMs half_life) {
  return static_cast<std::size_t>(at % half_life * kSteps / half_life);
}

template <std::size_t N>
std::optional<std::size_t> index_of(const std::array<std::string_view, N>& names, std::string_view text) {
  const auto it = std::find(names.begin(), names.end(), text);
  if (it == names.end()) return std::nullopt;
  return static_cast<std::size_t>(it - names.begin());
}
constexpr std::array<std::string_view, 3> kKindNames{"room", "pin", "upcoming"};
constexpr std::array<std::string_view, 7> kWhatNames{"exposure", "enter", "stay", "interact",
                                                     "click",    "order", "value"};

}  // namespace

std::string_view kind_name(Kind kind) { return kKindNames.at(static_cast<std::size_t>(kind)); }
std::optional<Kind> parse_kind(std::string_view text) {
  if (const auto i = index_of(kKindNames, text)) return static_cast<Kind>(*i);
  return std::nullopt;
}
std::string_view what_name(What what) { return kWhatNames.at(static_cast<std::size_t>(what)); }
std::optional<What> parse_what(std::string_view text) {
  if (const auto i = index_of(kWhatNames, text)) return static_cast<What>(*i);
  return std::nullopt;
}

void Decayed::roll_to(std::int64_t epoch) {
  for (int i = 0; epoch_ < epoch && i < 64; ++i, ++epoch_) {
    tail_ = (tail_ >> 1) + before_;
    before_ = now_;
    now_ = 0;
  }
  epoch_ = std::max(epoch_, epoch);
}

void Decayed::add(Instant at, std::int64_t n, DurationMs half_life) {
  const std::int64_t epoch = at / half_life;
  if (empty()) epoch_ = epoch;
  roll_to(epoch);
  const std::int64_t weighed = n * powers().up[step_of(at, half_life)];
  switch (const std::int64_t age = epoch_ - epoch; age) {
    case 0:
      now_ += weighed;
      break;
    case 1:
      before_ += weighed;
      break;
    default:
      if (age < 64) tail_ += weighed >> (age - 2);
  }
}

std::int64_t Decayed::sum_at(Instant now, DurationMs half_life) const {
  const std::int64_t epoch = now / half_life;
  Decayed then = *this;
  then.roll_to(epoch);
  const Wide quarters = Wide(then.now_) * 4 + Wide(then.before_) * 2 + then.tail_;
  const std::size_t step = then.epoch_ == epoch ? step_of(now, half_life) : 0;
  return static_cast<std::int64_t>((quarters * powers().down[step]) >> (kUnitBits + 2));
}

Heat heat_of(const Sums& sums, const Weights& weights, DurationMs half_life, Instant now) {
  const Wide shown =
      Wide(sum_of(sums, What::exposure).sum_at(now, half_life)) + (kPriorExposures << Decayed::kUnitBits);
  Heat out;
  for (std::size_t i = 0; i < kTerms.size(); ++i) {
    const Decayed& sum = sum_of(sums, kTerms[i]);
    if (sum.empty() || weights[i] == 0) continue;
    const Wide points = Wide(sum.sum_at(now, half_life)) * weights[i] * 1000;
    out.terms[i] = static_cast<std::int64_t>(points / (kTerms[i] == What::value ? shown * kFullValue : shown));
    out.score += out.terms[i];
  }
  return out;
}

std::int64_t points_of(const Weights& weights, What what, std::int64_t n) {
  if (what == What::exposure) return 0;
  const std::int64_t milli = weights[static_cast<std::size_t>(what) - 1] * n * 1000;
  return what == What::value ? milli / kFullValue : milli;
}

std::int64_t most_points(const Weights& weights) {
  std::int64_t out = 0;
  for (const std::int64_t w : weights) out += w * 1000;
  return out;
}

}  // namespace lianbo::feed
