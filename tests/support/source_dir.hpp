// Where the repository is: found from the test program's own place (build/<name>/ below it), so that no path of a
// machine is compiled in and the compiler cache serves every clone. LIANBO_SOURCE_DIR in the environment wins, for a
// build folder elsewhere (ctest sets it).
#pragma once

#include <cstdlib>
#include <filesystem>

namespace lianbo::test {

inline const std::filesystem::path& source_dir() {
  static const std::filesystem::path found = [] {
    if (const char* said = std::getenv("LIANBO_SOURCE_DIR")) return std::filesystem::path(said);
    auto folder = std::filesystem::read_symlink("/proc/self/exe").parent_path();
    while (folder != folder.root_path() && !std::filesystem::exists(folder / "migrations"))
      folder = folder.parent_path();
    return folder;
  }();
  return found;
}

}  // namespace lianbo::test
