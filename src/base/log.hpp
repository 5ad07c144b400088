// Log lines: structured enough to grep, no personal data (ids, never names, phones, addresses or tokens).
// Threads: any. Goes to stderr through spdlog; set_log_level once at start.
#pragma once

#include <fmt/format.h>

#include <string>
#include <string_view>

#include "base/result.hpp"

namespace lianbo {

enum class LogLevel { trace, debug, info, warn, error };

Status set_log_level(std::string_view name);
void log_line(LogLevel level, std::string_view text);
bool log_enabled(LogLevel level);

template <class... A>
void log_at(LogLevel level, fmt::format_string<A...> format, A&&... args) {
  if (log_enabled(level)) log_line(level, fmt::format(format, std::forward<A>(args)...));
}
template <class... A>
void log_debug(fmt::format_string<A...> f, A&&... a) {
  log_at(LogLevel::debug, f, std::forward<A>(a)...);
}
template <class... A>
void log_info(fmt::format_string<A...> f, A&&... a) {
  log_at(LogLevel::info, f, std::forward<A>(a)...);
}
template <class... A>
void log_warn(fmt::format_string<A...> f, A&&... a) {
  log_at(LogLevel::warn, f, std::forward<A>(a)...);
}
template <class... A>
void log_error(fmt::format_string<A...> f, A&&... a) {
  log_at(LogLevel::error, f, std::forward<A>(a)...);
}

}  // namespace lianbo
