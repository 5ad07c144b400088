#include "feed/ladder.hpp"

#include <algorithm>
#include <cmath>
#include <string>

namespace lianbo::feed {
namespace {

constexpr double kZ = 1.645;

bool beats(std::int64_t points, std::int64_t exposures, std::int64_t threshold, std::int64_t most) {
  return sure_value(points, exposures, most) > threshold;
}

}  // namespace

const Pools& default_pools() {
  static const Pools pools{{200, 600}, {1'000, 2'000}, {5'000, 2'500}, {20'000, 3'000}, {100'000, 3'500}};
  return pools;
}

Status check_pools(const Pools& pools) {
  if (pools.empty() || pools.size() >= kMaxPools)
    return fail(Code::invalid_field, "from 1 to " + std::to_string(kMaxPools - 1) + " pools", "/pools");
  for (std::size_t i = 0; i < pools.size(); ++i)
    if (pools[i].quota <= (i == 0 ? 0 : pools[i - 1].quota))
      return fail(Code::invalid_field, "each quota is larger than the one before",
                  "/pools/" + std::to_string(i) + "/quota");
  return {};
}

std::int64_t sure_value(std::int64_t points, std::int64_t exposures, std::int64_t most) {
  if (exposures <= 0 || most <= 0 || points <= 0) return 0;
  const double n = static_cast<double>(exposures);
  const double p = std::min(1.0, static_cast<double>(points) / (n * static_cast<double>(most)));
  const double z2 = kZ * kZ;
  const double bound = (p + z2 / (2 * n) - kZ * std::sqrt(p * (1 - p) / n + z2 / (4 * n * n))) / (1 + z2 / n);
  return static_cast<std::int64_t>(std::max(0.0, std::floor(bound * static_cast<double>(most))));
}

Rung judge(Rung rung, const Evidence& evidence, const Pools& pools, std::int64_t most) {
  rung.used += evidence.exposures;
  rung.points += evidence.points;
  if (rung.pool > static_cast<int>(pools.size())) return rung;
  const Pool& pool = pools[static_cast<std::size_t>(rung.pool - 1)];
  if (rung.used < pool.quota) return rung;
  if (beats(rung.points, rung.used, pool.threshold, most)) return Rung{.pool = rung.pool + 1};
  rung.resting = true;
  return rung;
}

Outlook outlook_of(const Rung& rung, const Pools& pools, std::int64_t most) {
  Outlook out;
  out.sure = sure_value(rung.points, rung.used, most);
  if (rung.pool > static_cast<int>(pools.size())) return out;
  const Pool& pool = pools[static_cast<std::size_t>(rung.pool - 1)];
  out.quota = pool.quota;
  out.left = std::max<std::int64_t>(0, pool.quota - rung.used);
  out.threshold = pool.threshold;
  const std::int64_t exposures = std::max(pool.quota, rung.used);
  std::int64_t low = 0, high = std::max<std::int64_t>(0, exposures * most - rung.points);
  while (low < high) {
    const std::int64_t middle = low + (high - low) / 2;
    if (beats(rung.points + middle, exposures, pool.threshold, most))
      high = middle;
    else
      low = middle + 1;
  }
  out.points_wanted = low;
  return out;
}

Spread spread_of(std::vector<std::int64_t> exposures) {
  std::sort(exposures.begin(), exposures.end());
  Spread out;
  out.items = static_cast<std::int64_t>(exposures.size());
  __int128 weighed = 0;
  std::int64_t small = 0;
  for (std::size_t i = 0; i < exposures.size(); ++i) {
    out.exposures += exposures[i];
    weighed += static_cast<__int128>(2 * static_cast<std::int64_t>(i) + 1 - out.items) * exposures[i];
    if (i < exposures.size() / 2) small += exposures[i];
  }
  if (out.exposures == 0) return out;
  out.gini_bp = static_cast<std::int64_t>(weighed * 10'000 / (static_cast<__int128>(out.items) * out.exposures));
  out.smallest_half_bp = static_cast<std::int64_t>(static_cast<__int128>(small) * 10'000 / out.exposures);
  std::size_t whole = 0;
  __int128 sum = 0;
  for (std::int64_t step = 0; step <= kLorenzSteps; ++step) {
    const std::int64_t at = out.items * step;  // in parts of kLorenzSteps
    for (; static_cast<std::int64_t>(whole) < at / kLorenzSteps; ++whole) sum += exposures[whole];
    const __int128 part = at % kLorenzSteps == 0 ? 0 : static_cast<__int128>(exposures[whole]) * (at % kLorenzSteps);
    out.lorenz_bp.push_back(
        static_cast<std::int64_t>((sum * kLorenzSteps + part) * 10'000 / (kLorenzSteps * out.exposures)));
  }
  return out;
}

}  // namespace lianbo::feed
