// Files that a simulated day reads: whole, bounded, xz inflated where the name says so.
#pragma once

#include <string>
#include <string_view>

#include "base/result.hpp"

namespace lianbo::sim {

// io_failed with the file's name, body_too_large beyond the limit.
Result<std::string> read_file(const std::string& file, std::size_t limit_bytes);
Result<std::string> unxz(std::string_view bytes, std::size_t limit_bytes);
bool is_xz(std::string_view bytes);

}  // namespace lianbo::sim
