#include "base/log.hpp"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <atomic>

namespace lianbo {
namespace {

constexpr std::string_view kLevels[] = {"trace", "debug", "info", "warn", "error", "off"};

spdlog::logger& logger() {
  static const auto instance = [] {
    auto l = std::make_shared<spdlog::logger>("lianbo", std::make_shared<spdlog::sinks::stderr_sink_mt>());
    l->set_pattern("%Y-%m-%dT%H:%M:%S.%eZ %v", spdlog::pattern_time_type::utc);
    return l;
  }();
  return *instance;
}

spdlog::level::level_enum of(LogLevel level) {
  return level == LogLevel::off ? spdlog::level::off : static_cast<spdlog::level::level_enum>(static_cast<int>(level));
}

std::atomic<std::int64_t>& counter(LogEvent event) {
  static std::vector<std::atomic<std::int64_t>> counters(all_log_events().size());
  return counters[static_cast<std::size_t>(event)];
}

}  // namespace

const std::vector<LogEventInfo>& all_log_events() {
  static const std::vector<LogEventInfo> list = {
#define X(id, name, level, doc) {name, LogLevel::level, doc},
      LIANBO_LOG_EVENTS(X)
#undef X
  };
  return list;
}

std::string_view level_name(LogLevel level) { return kLevels[static_cast<int>(level)]; }

Status set_log_level(std::string_view name) {
  for (int i = 0; i <= static_cast<int>(LogLevel::off); ++i)
    if (kLevels[i] == name) {
      logger().set_level(of(static_cast<LogLevel>(i)));
      return {};
    }
  return fail(Code::invalid_field,
              "\"" + std::string(name) + "\" is not a log level: trace, debug, info, warn, error, off", "log.level");
}

void log_line(LogEvent event, std::string_view text) {
  counter(event).fetch_add(1, std::memory_order_relaxed);
  const LogEventInfo& about = all_log_events()[static_cast<std::size_t>(event)];
  if (!logger().should_log(of(about.level))) return;
  // One line an event, whatever somebody's text holds.
  std::string line;
  for (const char c : text) {
    if (c == '\n')
      line += "; ";
    else
      line += static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? '?' : c;
  }
  logger().log(of(about.level), "{} {} {}", level_name(about.level), about.name, line);
}

std::int64_t log_count(LogEvent event) { return counter(event).load(std::memory_order_relaxed); }

}  // namespace lianbo
