#include "base/clock.hpp"

#include <chrono>
#include <cstdio>

#include "base/text.hpp"

namespace lianbo {

Instant SystemClock::now() const {
  using namespace std::chrono;
  return duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
}

void SimulatedClock::advance_to(Instant instant) {
  Instant seen = now_.load(std::memory_order_relaxed);
  while (seen < instant && !now_.compare_exchange_weak(seen, instant, std::memory_order_acq_rel)) {
  }
}

std::int64_t monotonic_ms() {
  using namespace std::chrono;
  return duration_cast<milliseconds>(steady_clock::now().time_since_epoch()).count();
}

std::string format_rfc3339(Instant instant) {
  using namespace std::chrono;
  const sys_time<milliseconds> t{milliseconds{instant}};
  const auto day = floor<days>(t);
  const year_month_day date{day};
  const hh_mm_ss time{t - day};
  char out[48];
  std::snprintf(out, sizeof out, "%04d-%02u-%02uT%02d:%02d:%02d.%03dZ", static_cast<int>(date.year()),
                static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                static_cast<int>(time.hours().count()), static_cast<int>(time.minutes().count()),
                static_cast<int>(time.seconds().count()), static_cast<int>(time.subseconds().count()));
  return out;
}

Result<Instant> parse_rfc3339(std::string_view text, std::string where) {
  const auto bad = [&] {
    return fail(Code::invalid_field,
                "\"" + std::string(text_front(text, 40)) + "\" is not an instant like 2026-11-11T12:00:00.000Z", where);
  };
  std::size_t at = 0;
  const auto digits = [&](int count, int& out) {
    out = 0;
    for (int i = 0; i < count; ++i, ++at) {
      if (at >= text.size() || text[at] < '0' || text[at] > '9') return false;
      out = out * 10 + (text[at] - '0');
    }
    return true;
  };
  const auto mark = [&](char c) { return at < text.size() && text[at] == c && (++at, true); };
  int y, mo, d, h, mi, s;
  if (!(digits(4, y) && mark('-') && digits(2, mo) && mark('-') && digits(2, d))) return bad();
  if (!(mark('T') || mark('t') || mark(' '))) return bad();
  if (!(digits(2, h) && mark(':') && digits(2, mi) && mark(':') && digits(2, s))) return bad();
  int ms = 0;
  if (mark('.')) {
    int seen = 0;
    for (; at < text.size() && text[at] >= '0' && text[at] <= '9'; ++at, ++seen)
      if (seen < 3) ms = ms * 10 + (text[at] - '0');
    if (seen == 0 || seen > 9) return bad();
    for (; seen < 3; ++seen) ms *= 10;
  }
  int offset_min = 0;
  if (mark('Z') || mark('z')) {
  } else if (at < text.size() && (text[at] == '+' || text[at] == '-')) {
    const int sign = text[at] == '-' ? -1 : 1;
    ++at;
    int oh, om;
    if (!(digits(2, oh) && mark(':') && digits(2, om)) || oh > 23 || om > 59) return bad();
    offset_min = sign * (oh * 60 + om);
  } else {
    return bad();
  }
  if (at != text.size() || h > 23 || mi > 59 || s > 59) return bad();
  using namespace std::chrono;
  const year_month_day date{year{y}, month{static_cast<unsigned>(mo)}, day{static_cast<unsigned>(d)}};
  if (!date.ok()) return bad();
  const auto t = sys_days{date} + hours{h} + minutes{mi - offset_min} + seconds{s} + milliseconds{ms};
  return duration_cast<milliseconds>(t.time_since_epoch()).count();
}

}  // namespace lianbo
