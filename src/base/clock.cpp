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
  // By hand: it stands in every answer, and printf takes longer than all the rest of a small one.
  std::string out = "0000-00-00T00:00:00.000Z";
  const auto put = [&](std::size_t at, std::size_t digits, std::int64_t n) {
    for (std::size_t i = at + digits; i-- > at; n /= 10) out[i] = static_cast<char>('0' + n % 10);
  };
  const int year = static_cast<int>(date.year());
  put(5, 2, static_cast<unsigned>(date.month()));
  put(8, 2, static_cast<unsigned>(date.day()));
  put(11, 2, time.hours().count());
  put(14, 2, time.minutes().count());
  put(17, 2, time.seconds().count());
  put(20, 3, time.subseconds().count());
  if (year >= 0 && year <= 9999) {
    put(0, 4, year);
    return out;
  }
  char far[16];  // beyond what can be written
  std::snprintf(far, sizeof far, "%04d", year);
  return out.replace(0, 4, far);
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
