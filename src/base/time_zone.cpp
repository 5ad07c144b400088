#include "base/time_zone.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <utility>

namespace lianbo {
namespace {

constexpr const char* kFolder = "/usr/share/zoneinfo/";
constexpr std::size_t kLargestFile = 1u << 20;
constexpr std::pair<std::string_view, std::int64_t> kFixed[] = {
    {"UTC", 0},
    {"Asia/Shanghai", 8 * 3600},
    {"Asia/Chongqing", 8 * 3600},
    {"Asia/Hong_Kong", 8 * 3600},
    {"Asia/Macau", 8 * 3600},
    {"Asia/Taipei", 8 * 3600},
    {"Asia/Singapore", 8 * 3600},
    {"Asia/Kuala_Lumpur", 8 * 3600},
    {"Asia/Urumqi", 6 * 3600},
    {"Asia/Tokyo", 9 * 3600},
    {"Asia/Seoul", 9 * 3600},
    {"Asia/Bangkok", 7 * 3600},
    {"Asia/Ho_Chi_Minh", 7 * 3600},
    {"Asia/Jakarta", 7 * 3600},
};

std::int64_t days_from_civil(int year, int month, int day) {
  using namespace std::chrono;
  const int whole = (month - 1) / 12 - (month < 1 ? 1 : 0);
  year += whole;
  month -= 12 * whole;
  const sys_days first = std::chrono::year(year) / std::chrono::month(static_cast<unsigned>(month)) / 1;
  return first.time_since_epoch().count() + day - 1;
}

std::int64_t floor_div(std::int64_t a, std::int64_t b) { return a / b - (a % b < 0 ? 1 : 0); }

// Big-endian integers out of a file, with its end watched.
class Reader {
 public:
  explicit Reader(std::string_view bytes) : bytes_(bytes) {}
  bool skip(std::size_t n) {
    if (n > bytes_.size()) return false;
    bytes_.remove_prefix(n);
    return true;
  }
  template <class T>
  bool number(T& out) {
    if (bytes_.size() < sizeof(T)) return false;
    std::uint64_t v = 0;
    for (std::size_t i = 0; i < sizeof(T); ++i) v = v << 8 | static_cast<unsigned char>(bytes_[i]);
    out = static_cast<T>(v);
    return skip(sizeof(T));
  }
  std::string_view rest() const { return bytes_; }

 private:
  std::string_view bytes_;
};

struct Header {
  char version = 0;
  std::uint32_t utc_count = 0, standard_count = 0, leap_count = 0, time_count = 0, type_count = 0, text_count = 0;
  std::size_t body(std::size_t time_size) const {
    return time_count * (time_size + 1) + type_count * 6 + text_count + leap_count * (time_size + 4) + standard_count +
           utc_count;
  }
};
bool read_header(Reader& in, Header& h) {
  if (!in.rest().starts_with("TZif") || in.rest().size() < 44) return false;
  h.version = in.rest()[4];
  return in.skip(20) && in.number(h.utc_count) && in.number(h.standard_count) && in.number(h.leap_count) &&
         in.number(h.time_count) && in.number(h.type_count) && in.number(h.text_count);
}

// Pieces of a POSIX zone text: "EST5EDT,M3.2.0,M11.1.0", "<+0330>-3:30".
struct Scanner {
  std::string_view text;
  bool eat(char c) {
    if (text.empty() || text.front() != c) return false;
    text.remove_prefix(1);
    return true;
  }
  bool name() {
    if (eat('<')) {
      const auto end = text.find('>');
      if (end == std::string_view::npos) return false;
      text.remove_prefix(end + 1);
      return true;
    }
    std::size_t n = 0;
    while (n < text.size() && ((text[n] >= 'A' && text[n] <= 'Z') || (text[n] >= 'a' && text[n] <= 'z'))) ++n;
    text.remove_prefix(n);
    return n >= 3;
  }
  bool number(std::int64_t& out) {
    std::size_t n = 0;
    for (out = 0; n < text.size() && n < 6 && text[n] >= '0' && text[n] <= '9'; ++n) out = out * 10 + (text[n] - '0');
    text.remove_prefix(n);
    return n > 0;
  }
  bool clock(std::int64_t& seconds) {  // [+-]h[:m[:s]]
    const bool negative = eat('-');
    if (!negative) eat('+');
    std::int64_t h = 0, m = 0, s = 0;
    if (!number(h)) return false;
    if (eat(':') && !number(m)) return false;
    if (eat(':') && !number(s)) return false;
    seconds = (h * 60 + m) * 60 + s;
    if (negative) seconds = -seconds;
    return true;
  }
};

}  // namespace

bool TimeZone::parse_rule(std::string_view text, Rule& rule) {
  Scanner in{text};
  if (!in.name() || !in.clock(rule.standard_s)) return false;
  rule.standard_s = -rule.standard_s;  // POSIX counts west
  if (in.text.empty()) return true;
  if (!in.name()) return false;
  rule.has_summer = true;
  rule.summer_s = rule.standard_s + 3600;
  if (!in.text.empty() && in.text.front() != ',') {
    if (!in.clock(rule.summer_s)) return false;
    rule.summer_s = -rule.summer_s;
  }
  for (RuleDay* day : {&rule.summer_from, &rule.summer_to}) {
    std::int64_t a = 0, b = 0, c = 0;
    if (!in.eat(',')) return false;
    if (in.eat('M')) {
      if (!in.number(a) || !in.eat('.') || !in.number(b) || !in.eat('.') || !in.number(c)) return false;
      if (a < 1 || a > 12 || b < 1 || b > 5 || c > 6) return false;
      *day = {'M', static_cast<int>(a), static_cast<int>(b), static_cast<int>(c), 7200};
    } else {
      const bool julian = in.eat('J');
      if (!in.number(a) || a > 365) return false;
      *day = {julian ? 'J' : '0', 0, 0, static_cast<int>(a), 7200};
    }
    if (in.eat('/') && !in.clock(day->at_s)) return false;
  }
  return in.text.empty();
}

std::int64_t TimeZone::rule_offset_s(const Rule& rule, std::int64_t utc_s) {
  if (!rule.has_summer) return rule.standard_s;
  using namespace std::chrono;
  const year_month_day date{sys_days{days{floor_div(utc_s + rule.standard_s, 86400)}}};
  const int year = static_cast<int>(date.year());
  const auto local_s = [&](const RuleDay& d) {
    std::int64_t day = 0;
    if (d.kind == 'M') {
      const std::int64_t first = days_from_civil(year, d.month, 1);
      const int weekday = static_cast<int>(((first + 4) % 7 + 7) % 7);
      day = first + (d.day - weekday + 7) % 7 + 7 * (d.week - 1);
      while (day >= days_from_civil(year, d.month + 1, 1)) day -= 7;
    } else {
      const bool leap = std::chrono::year(year).is_leap();
      day = days_from_civil(year, 1, 1) + (d.kind == '0' ? d.day : d.day - 1 + (leap && d.day >= 60 ? 1 : 0));
    }
    return day * 86400 + d.at_s;
  };
  const std::int64_t from = local_s(rule.summer_from) - rule.standard_s;
  const std::int64_t to = local_s(rule.summer_to) - rule.summer_s;
  const bool summer = from < to ? utc_s >= from && utc_s < to : utc_s >= from || utc_s < to;
  return summer ? rule.summer_s : rule.standard_s;
}

Result<TimeZone> TimeZone::parse(std::string_view tzif) {
  const auto broken = [] { return fail(Code::invalid_field, "is not a time zone file", "time_zone"); };
  Reader in(tzif);
  Header h;
  if (!read_header(in, h)) return broken();
  std::size_t time_size = 4;
  if (h.version >= '2') {
    if (!in.skip(h.body(4)) || !read_header(in, h)) return broken();
    time_size = 8;
  }
  if (h.time_count > 4096 || h.type_count == 0 || h.type_count > 256 || in.rest().size() < h.body(time_size))
    return broken();
  TimeZone zone;
  for (std::uint32_t i = 0; i < h.time_count; ++i) {
    std::int64_t at = 0;
    if (time_size == 8) {
      in.number(at);
    } else {
      std::int32_t short_at = 0;
      in.number(short_at);
      at = short_at;
    }
    zone.changes_.push_back({at, 0});
  }
  std::vector<std::uint8_t> kinds(h.time_count);
  for (auto& kind : kinds) {
    in.number(kind);
    if (kind >= h.type_count) return broken();
  }
  std::vector<std::int64_t> offsets(h.type_count);
  for (auto& offset : offsets) {
    std::int32_t seconds = 0;
    in.number(seconds);
    in.skip(2);
    offset = seconds;
  }
  for (std::size_t i = 0; i < kinds.size(); ++i) zone.changes_[i].offset_s = offsets[kinds[i]];
  zone.first_s_ = offsets.front();
  zone.rule_.standard_s = zone.changes_.empty() ? zone.first_s_ : zone.changes_.back().offset_s;
  in.skip(h.text_count + h.leap_count * (time_size + 4) + h.standard_count + h.utc_count);
  std::string_view footer = in.rest();
  if (time_size == 8 && footer.size() > 2 && footer.front() == '\n') {
    footer.remove_prefix(1);
    footer = footer.substr(0, footer.find('\n'));
    Rule rule;
    if (!footer.empty() && parse_rule(footer, rule)) zone.rule_ = rule;
  }
  return zone;
}

Result<TimeZone> TimeZone::load(std::string_view name) {
  bool plain = !name.empty() && name.size() <= 64 && name.front() != '/' && name.find("..") == std::string_view::npos;
  for (const char c : name) plain = plain && c > ' ' && c < 0x7f;
  if (plain) {
    const std::string path = kFolder + std::string(name);
    std::error_code none;
    std::ifstream in;
    std::string bytes;
    if (std::filesystem::is_regular_file(path, none)) {  // a folder can be opened, and reading it throws
      in.open(path, std::ios::binary);
      bytes.assign(std::istreambuf_iterator<char>(in), {});
    }
    if (!bytes.empty() && bytes.size() <= kLargestFile)
      if (auto zone = parse(bytes)) return zone;
    for (const auto& [known, offset] : kFixed)
      if (known == name) {
        TimeZone zone;
        zone.first_s_ = zone.rule_.standard_s = offset;
        return zone;
      }
  }
  return fail(Code::invalid_field,
              "this machine knows no time zone \"" + std::string(name) + "\"; one like Asia/Shanghai is expected",
              "time_zone");
}

std::int64_t TimeZone::offset_s(std::int64_t utc_s) const {
  const auto next = std::upper_bound(changes_.begin(), changes_.end(), utc_s,
                                     [](std::int64_t s, const Change& c) { return s < c.at_s; });
  if (next == changes_.end()) return rule_offset_s(rule_, utc_s);
  return next == changes_.begin() ? first_s_ : std::prev(next)->offset_s;
}

DurationMs TimeZone::offset_ms(Instant instant) const { return offset_s(floor_div(instant, 1000)) * 1000; }

CivilTime TimeZone::civil(Instant instant) const {
  const std::int64_t local = instant + offset_ms(instant);
  const std::int64_t days = floor_div(local, kDayMs);
  const std::int64_t in_day = local - days * kDayMs;
  const std::chrono::year_month_day date{std::chrono::sys_days{std::chrono::days{days}}};
  return {static_cast<int>(date.year()),
          static_cast<int>(static_cast<unsigned>(date.month())),
          static_cast<int>(static_cast<unsigned>(date.day())),
          static_cast<int>(in_day / kHourMs),
          static_cast<int>(in_day / kMinuteMs % 60),
          static_cast<int>(in_day / kSecondMs % 60),
          static_cast<int>(in_day % 1000)};
}

Instant TimeZone::day_start(int year, int month, int day) const {
  const Instant wall = days_from_civil(year, month, day) * kDayMs;
  const DurationMs before = offset_ms(wall - kDayMs), after = offset_ms(wall + kDayMs);
  for (const DurationMs offset : {before, after})
    if (offset_ms(wall - offset) == offset) return wall - offset;
  return wall - before;  // midnight is skipped: the day begins where the clocks jump
}

Instant TimeZone::day_of(Instant instant) const {
  const CivilTime at = civil(instant);
  return day_start(at.year, at.month, at.day);
}

std::string format_date(const CivilTime& at) {
  char text[40];
  std::snprintf(text, sizeof text, "%04d-%02d-%02d", at.year, at.month, at.day);
  return text;
}
std::string format_date_time(const CivilTime& at) {
  char text[64];
  std::snprintf(text, sizeof text, "%04d-%02d-%02d %02d:%02d:%02d", at.year, at.month, at.day, at.hour, at.minute,
                at.second);
  return text;
}

}  // namespace lianbo
