#include "sim/calibration.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace lianbo::sim {
namespace {

// Page views by hour of a big marketplace on a Sunday, over their mean.
constexpr std::array<double, 24> kHours = {0.86, 0.42, 0.22, 0.14, 0.12, 0.15, 0.30, 0.63, 0.84, 0.99, 1.12, 1.11,
                                           1.05, 1.14, 1.19, 1.23, 1.24, 1.13, 1.14, 1.43, 1.75, 2.00, 1.94, 1.44};

struct Knot {
  double share;
  double minutes;
};
// Shares of re-shares that came within so many minutes (8.5 million of them).
constexpr std::array<Knot, 16> kDelays = {{{0.00, 0.17},
                                           {0.01, 2.0},
                                           {0.02, 3.3},
                                           {0.05, 8.0},
                                           {0.10, 17.3},
                                           {0.15, 29.2},
                                           {0.20, 44.0},
                                           {0.25, 62.5},
                                           {0.40, 145.5},
                                           {0.50, 261.0},
                                           {0.60, 489.0},
                                           {0.75, 1140.0},
                                           {0.85, 2158.0},
                                           {0.90, 3328.0},
                                           {0.95, 5614.0},
                                           {1.00, 10080.0}}};

}  // namespace

double busyness(int minute_of_day) {
  const double at = (minute_of_day % kMinutesPerDay) / 60.0 - 0.5 + 24;
  const int hour = static_cast<int>(at);
  const double part = at - hour;
  return kHours[static_cast<std::size_t>(hour % 24)] * (1 - part) +
         kHours[static_cast<std::size_t>((hour + 1) % 24)] * part;
}

int session_minutes(Stream& stream) {
  return static_cast<int>(std::clamp(std::round(stream.lognormal(4.37, 0.89)), 5.0, 480.0));
}

double room_pull(int rank) { return std::pow(rank + 1.0, -0.90); }

double share_probability(int active_friends) { return std::clamp(0.010 + 0.0085 * (active_friends - 1), 0.0015, 1.0); }

DurationMs reshare_delay_ms(Stream& stream) {
  const double u = stream.unit();
  std::size_t i = 1;
  while (i + 1 < kDelays.size() && kDelays[i].share <= u) ++i;
  const Knot a = kDelays[i - 1];
  const Knot b = kDelays[i];
  const double part = (u - a.share) / (b.share - a.share);
  return static_cast<DurationMs>(a.minutes * std::pow(b.minutes / a.minutes, part) * kMinuteMs);
}

double conversion(Stream& stream) {
  const double z = stream.normal();
  const double sigma = z < 0 ? 0.90 : 1.80;  // ln(2.2/1.2) and ln(7.4/2.2), each over the quartile of a normal
  return std::min(0.15, 0.022 * std::exp(sigma * z));
}

double chat_rate(Stream& stream, double& memory) {
  constexpr double kKeep = 0.80;  // in the logarithm; after the exponential about 0.5
  memory = kKeep * memory + std::sqrt(1 - kKeep * kKeep) * stream.normal();
  return std::min(968.0, 4.0 * std::exp(1.95 * memory));
}

}  // namespace lianbo::sim
