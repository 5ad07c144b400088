// Fuzz targets: what a stranger can send us, and what must be true of it whatever it is.
//
// A target is a function over bytes that aborts when something is wrong (FUZZ_CHECK), besides what the sanitizers see.
// `./dev fuzz [NAME] [SECONDS]` drives them with libFuzzer (clang); the inputs that are kept, tests/fuzz/corpus/NAME/,
// and the samples a target makes itself are run by fuzz_test in every ./dev test. A target gives the same for the same
// bytes: nothing it does may stay. One thread.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

namespace lianbo::fuzz {

struct Target {
  const char* name;
  void (*run)(std::string_view input);
  // Good inputs that are made rather than kept, because they follow the code (a request for each route). May be null.
  std::vector<std::string> (*samples)();
};
std::vector<Target>& targets();

struct Registered {
  Registered(const char* name, void (*run)(std::string_view), std::vector<std::string> (*samples)() = nullptr) {
    targets().push_back({name, run, samples});
  }
};

#define FUZZ_CHECK(condition, words)                                                                       \
  do {                                                                                                     \
    if (!(condition)) {                                                                                    \
      std::fprintf(stderr, "%s:%d: %s: %s\n", __FILE__, __LINE__, #condition, std::string(words).c_str()); \
      std::abort();                                                                                        \
    }                                                                                                      \
  } while (false)

// The first byte chooses among n; the rest is left.
inline std::size_t choose(std::string_view& input, std::size_t n) {
  if (input.empty()) return 0;
  const auto byte = static_cast<unsigned char>(input.front());
  input.remove_prefix(1);
  return byte % n;
}

}  // namespace lianbo::fuzz
