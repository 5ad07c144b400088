// Where chance comes from. Rules never draw it themselves; they are handed a Random (DESIGN 3).
//
// SecureRandom: the operating system's generator through libsodium; any thread. SeededRandom: splitmix64, for
// simulations and tests only; one thread.
#pragma once

#include <cstdint>
#include <string>

namespace lianbo {

class Random {
 public:
  virtual ~Random() = default;
  virtual std::uint64_t next() = 0;
  std::uint64_t below(std::uint64_t bound);  // uniform in [0, bound), bound > 0, without modulo bias
  double unit();                             // [0, 1), 53 bits; never for money
  bool chance(double p) { return unit() < p; }
  std::string base62(int length);
};

class SecureRandom final : public Random {
 public:
  std::uint64_t next() override;
};

class SeededRandom final : public Random {
 public:
  explicit SeededRandom(std::uint64_t seed) : state_(seed) {}
  std::uint64_t next() override;

 private:
  std::uint64_t state_;
};

}  // namespace lianbo
