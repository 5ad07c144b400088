#include "sim/random_streams.hpp"

#include <cmath>
#include <numbers>
#include <numeric>

namespace lianbo::sim {
namespace {

std::uint64_t mix(std::uint64_t seed, std::string_view purpose, std::uint64_t index) {
  std::uint64_t h = 0xcbf29ce484222325ULL;  // FNV-1a
  for (const char c : purpose) h = (h ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
  SeededRandom a(seed ^ h);
  return a.next() ^ SeededRandom(index * 0x9e3779b97f4a7c15ULL + h).next();
}

}  // namespace

Stream::Stream(std::uint64_t seed, std::string_view purpose, std::uint64_t index)
    : source_(mix(seed, purpose, index)) {}

std::int64_t Stream::between(std::int64_t low, std::int64_t high) {
  return low + static_cast<std::int64_t>(below(static_cast<std::uint64_t>(high - low) + 1));
}

double Stream::normal() {
  const double radius = std::sqrt(-2 * std::log(1 - unit()));
  return radius * std::cos(2 * std::numbers::pi * unit());
}

double Stream::lognormal(double mu, double sigma) { return std::exp(mu + sigma * normal()); }

double Stream::exponential(double mean) { return -mean * std::log(1 - unit()); }

int Stream::poisson(double mean) {
  if (mean <= 0) return 0;
  if (mean > 60) {
    const double n = std::round(mean + std::sqrt(mean) * normal());
    return n < 0 ? 0 : static_cast<int>(n);
  }
  const double limit = std::exp(-mean);
  int n = 0;
  for (double p = unit(); p > limit; p *= unit()) ++n;
  return n;
}

std::size_t Stream::weighted(std::span<const double> weights) {
  double left = unit() * std::accumulate(weights.begin(), weights.end(), 0.0);
  std::size_t last = 0;
  for (std::size_t i = 0; i < weights.size(); ++i) {
    if (weights[i] <= 0) continue;
    last = i;
    left -= weights[i];
    if (left < 0) break;
  }
  return last;
}

}  // namespace lianbo::sim
