#include "base/log.hpp"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

namespace lianbo {
namespace {

spdlog::logger& logger() {
  static const auto instance = [] {
    auto l = std::make_shared<spdlog::logger>("lianbo", std::make_shared<spdlog::sinks::stderr_sink_mt>());
    l->set_pattern("%Y-%m-%dT%H:%M:%S.%eZ %l %v", spdlog::pattern_time_type::utc);
    return l;
  }();
  return *instance;
}

spdlog::level::level_enum of(LogLevel level) { return static_cast<spdlog::level::level_enum>(static_cast<int>(level)); }

}  // namespace

Status set_log_level(std::string_view name) {
  const std::string_view names[] = {"trace", "debug", "info", "warn", "error"};
  for (int i = 0; i < 5; ++i)
    if (names[i] == name) {
      logger().set_level(of(static_cast<LogLevel>(i)));
      return {};
    }
  return fail(Code::invalid_field, "\"" + std::string(name) + "\" is not a log level: trace, debug, info, warn, error",
              "log.level");
}

void log_line(LogLevel level, std::string_view text) { logger().log(of(level), "{}", text); }
bool log_enabled(LogLevel level) { return logger().should_log(of(level)); }

}  // namespace lianbo
