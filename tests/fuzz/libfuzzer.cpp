// The driver for libFuzzer: LIANBO_FUZZ names the target; with LIANBO_FUZZ_SAMPLES=FOLDER its samples are written there
// and nothing is run; with LIANBO_FUZZ=list the names are printed.
#include <cstdint>
#include <cstring>
#include <fstream>

#include "base/crypto.hpp"
#include "base/log.hpp"
#include "fuzz/fuzz.hpp"

namespace {
const lianbo::fuzz::Target* g_target = nullptr;
}

// Fonts are kept until the process ends, and libFuzzer looks for leaks before that (see support/test_main.cpp).
extern "C" const char* __lsan_default_suppressions();
extern "C" const char* __lsan_default_suppressions() { return "leak:libfontconfig\nleak:libcairo"; }

extern "C" int LLVMFuzzerInitialize(int*, char***) {
  using namespace lianbo;
  crypto_init();
  static_cast<void>(set_log_level("off"));
  const char* name = std::getenv("LIANBO_FUZZ");
  for (const auto& target : fuzz::targets()) {
    if (name && std::strcmp(name, "list") == 0) std::printf("%s\n", target.name);
    if (name && std::strcmp(name, target.name) == 0) g_target = &target;
  }
  if (!g_target) std::exit(name && std::strcmp(name, "list") == 0 ? 0 : 2);
  if (const char* folder = std::getenv("LIANBO_FUZZ_SAMPLES")) {
    int n = 0;
    if (g_target->samples)
      for (const auto& sample : g_target->samples())
        std::ofstream(std::string(folder) + "/sample-" + std::to_string(n++), std::ios::binary) << sample;
    std::exit(0);
  }
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  g_target->run({reinterpret_cast<const char*>(data), size});
  return 0;
}
