#include "base/random.hpp"

#include <sodium.h>

namespace lianbo {

std::uint64_t Random::below(std::uint64_t bound) {
  const std::uint64_t threshold = (0 - bound) % bound;
  for (;;) {
    const std::uint64_t x = next();
    if (x >= threshold) return x % bound;
  }
}

double Random::unit() { return static_cast<double>(next() >> 11) * 0x1.0p-53; }

std::string Random::base62(int length) {
  static constexpr char kDigits[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
  std::string out(static_cast<std::size_t>(length), '0');
  for (char& c : out) c = kDigits[below(62)];
  return out;
}

// A call of the kernel for each number was a third of the cost of a nonce. Taken in parts, each number handed out once
// and wiped.
std::uint64_t SecureRandom::next() {
  constexpr std::size_t kNumbers = 32;
  thread_local std::uint64_t numbers[kNumbers];
  thread_local std::size_t left = 0;
  if (left == 0) {
    randombytes_buf(numbers, sizeof numbers);
    left = kNumbers;
  }
  const std::uint64_t out = numbers[--left];
  numbers[left] = 0;
  return out;
}

std::uint64_t SeededRandom::next() {
  std::uint64_t z = (state_ += 0x9e3779b97f4a7c15ULL);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
  return z ^ (z >> 31);
}

}  // namespace lianbo
