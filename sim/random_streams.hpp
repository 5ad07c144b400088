// Streams of chance for a simulated day. Every purpose ("visits", "payments", …) draws from a stream of its own,
// derived from the seed and the purpose's name, so that a change in one part of the day leaves the others as they were,
// and the same seed gives the same day. One thread each.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "base/random.hpp"

namespace lianbo::sim {

class Stream final : public Random {
 public:
  Stream(std::uint64_t seed, std::string_view purpose, std::uint64_t index = 0);

  std::uint64_t next() override { return source_.next(); }

  std::size_t index(std::size_t size) { return static_cast<std::size_t>(below(size)); }
  std::int64_t between(std::int64_t low, std::int64_t high);  // both included
  double normal();                                            // mean 0, deviation 1
  double lognormal(double mu, double sigma);
  double exponential(double mean);
  int poisson(double mean);
  // An index in proportion to weights (each ≥ 0, not all 0).
  std::size_t weighted(std::span<const double> weights);

  template <class T>
  const T& pick(std::span<const T> items) {
    return items[index(items.size())];
  }
  template <class T>
  void shuffle(std::vector<T>& items) {
    for (std::size_t i = items.size(); i > 1; --i) std::swap(items[i - 1], items[index(i)]);
  }

 private:
  SeededRandom source_;
};

}  // namespace lianbo::sim
