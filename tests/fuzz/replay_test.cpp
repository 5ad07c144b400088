// What fuzzing has found worth keeping is run in every test, and what a target makes itself.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>

#include "fuzz/fuzz.hpp"
#include "support/source_dir.hpp"

namespace lianbo::fuzz {
namespace {

namespace fs = std::filesystem;

class Replay : public ::testing::TestWithParam<Target> {};
INSTANTIATE_TEST_SUITE_P(Of, Replay, ::testing::ValuesIn(targets()),
                         [](const auto& one) { return std::string(one.param.name); });

TEST_P(Replay, EveryKeptInput) {
  const fs::path folder = test::source_dir() / "tests/fuzz/corpus" / GetParam().name;
  int run = 0;
  if (fs::exists(folder))
    for (const auto& file : fs::directory_iterator(folder)) {
      std::ifstream in(file.path(), std::ios::binary);
      const std::string input{std::istreambuf_iterator<char>(in), {}};
      SCOPED_TRACE(file.path().string());
      GetParam().run(input);
      ++run;
    }
  if (GetParam().samples)
    for (const auto& sample : GetParam().samples()) {
      GetParam().run(sample);
      ++run;
    }
  GetParam().run("");
  EXPECT_GE(run, 5) << "a target without inputs tests nothing: " << folder;
}

TEST(Corpus, IsSmallAndBelongsToTargets) {
  std::set<std::string> names;
  for (const auto& target : targets()) EXPECT_TRUE(names.insert(target.name).second) << target.name;
  std::uintmax_t bytes = 0;
  for (const auto& file : fs::recursive_directory_iterator(test::source_dir() / "tests/fuzz/corpus"))
    if (file.is_regular_file()) {
      bytes += file.file_size();
      EXPECT_TRUE(names.contains(file.path().parent_path().filename().string())) << file.path();
    }
  EXPECT_LT(bytes, 100'000u);
}

}  // namespace
}  // namespace lianbo::fuzz
