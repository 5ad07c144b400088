#include "insight/days.hpp"

#include <charconv>
#include <chrono>
#include <map>
#include <memory>
#include <mutex>

#include "base/log.hpp"
#include "base/time_zone.hpp"

namespace lianbo::insight {
namespace {

const TimeZone& zone_of(std::string_view name) {
  static std::mutex mutex;
  static std::map<std::string, std::unique_ptr<const TimeZone>, std::less<>> known;
  const std::scoped_lock lock(mutex);
  if (const auto it = known.find(name); it != known.end()) return *it->second;
  auto zone = TimeZone::load(name);
  if (!zone) log_event(LogEvent::zone_unknown, "{}: {}", name, zone.error().text());
  return *known
              .emplace(std::string(name),
                       std::make_unique<const TimeZone>(zone ? *std::move(zone) : *TimeZone::load("UTC")))
              .first->second;
}

}  // namespace

Instant day_start(std::string_view zone, Instant at) { return zone_of(zone).day_of(at); }
Instant day_shifted(std::string_view zone, Instant at, int days) {
  const TimeZone& z = zone_of(zone);
  const CivilTime civil = z.civil(at);
  return z.day_start(civil.year, civil.month, civil.day + days);
}
int days_between(std::string_view zone, Instant from, Instant to) {
  const auto day = [&](Instant at) {
    const CivilTime c = zone_of(zone).civil(at);
    return std::chrono::sys_days(std::chrono::year_month_day(std::chrono::year(c.year),
                                                             std::chrono::month(static_cast<unsigned>(c.month)),
                                                             std::chrono::day(static_cast<unsigned>(c.day))));
  };
  return static_cast<int>((day(to) - day(from)).count());
}
std::string day_text(std::string_view zone, Instant at) { return format_date(zone_of(zone).civil(at)); }

Result<Instant> parse_day(std::string_view zone, std::string_view text, std::string where) {
  int year = 0, month = 0, day = 0;
  const auto number = [&](std::size_t at, std::size_t size, int& out) {
    const char* end = text.data() + at + size;
    return std::from_chars(text.data() + at, end, out).ptr == end;
  };
  const bool read = text.size() == 10 && text[4] == '-' && text[7] == '-' && number(0, 4, year) &&
                    number(5, 2, month) && number(8, 2, day);
  const std::chrono::year_month_day date{std::chrono::year(year), std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day))};
  if (!read || year < 1970 || !date.ok())
    return fail(Code::invalid_field, "must be a day like 2026-11-11", std::move(where));
  return zone_of(zone).day_start(year, month, day);
}

}  // namespace lianbo::insight
