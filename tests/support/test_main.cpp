#include <gtest/gtest.h>
#include <spdlog/spdlog.h>

#include <cstdlib>

#include "base/crypto.hpp"

int main(int argc, char** argv) {
  ::testing::InitGoogleTest(&argc, argv);
  lianbo::crypto_init();
  if (!std::getenv("LIANBO_TEST_LOG")) spdlog::set_level(spdlog::level::off);
  return RUN_ALL_TESTS();
}
