#include "sim/progress.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>

namespace lianbo::sim {
namespace {
constexpr std::int64_t kTerminalMs = 100;
constexpr std::int64_t kPlainMs = 5000;
}  // namespace

std::string local_time(Instant at) {
  const std::string text = format_rfc3339(at + kShanghaiMs);
  return text.substr(5, 5) + " " + text.substr(11, 5);
}

std::string grouped(std::int64_t number) {
  std::string digits = std::to_string(number < 0 ? -number : number);
  for (int at = static_cast<int>(digits.size()) - 3; at > 0; at -= 3) digits.insert(static_cast<std::size_t>(at), ",");
  return (number < 0 ? "-" : "") + digits;
}

std::string money(Fen fen) {
  const Fen size = fen < 0 ? -fen : fen;
  return fmt::format("{}¥{}.{:02}", fen < 0 ? "-" : "", grouped(size / 100), size % 100);
}

std::string progress_line(const Moment& m, double rate, bool chinese) {
  if (chinese)
    return fmt::format("{}{}  开播 {:>3}  观看 {:>4}  订单 {:>5}  成交 {}  分享打开 {:>5}  推送 {:>6.0f}/秒",
                       local_time(m.now), m.day > 0 ? fmt::format(" 第{}天后", m.day) : "", m.rooms, m.viewers,
                       m.orders, money(m.amount_fen), m.share_opens, rate);
  return fmt::format(
      "{}{}  on air {:>3}  viewers {:>4}  orders {:>5}  paid {}  share opens {:>5}  deliveries {:>6.0f}/s",
      local_time(m.now), m.day > 0 ? fmt::format(" (day +{})", m.day) : "", m.rooms, m.viewers, m.orders,
      money(m.amount_fen), m.share_opens, rate);
}

Progress::Progress(bool quiet, bool color, bool chinese)
    : quiet_(quiet),
      color_(color),
      chinese_(chinese),
      terminal_(isatty(STDERR_FILENO) == 1),
      rate_ms_(monotonic_ms()) {}

void Progress::show(const Moment& moment) {
  if (quiet_) return;
  const std::int64_t now = monotonic_ms();
  if (now - shown_ms_ < (terminal_ ? kTerminalMs : kPlainMs)) return;
  if (now - rate_ms_ >= 1000) {
    rate_ = static_cast<double>(moment.deliveries - rate_deliveries_) * 1000.0 / static_cast<double>(now - rate_ms_);
    rate_ms_ = now;
    rate_deliveries_ = moment.deliveries;
  }
  shown_ms_ = now;
  const std::string line = progress_line(moment, rate_, chinese_);
  if (terminal_) {
    std::fprintf(stderr, color_ ? "\r\x1b[2K\x1b[36m%s\x1b[0m" : "\r%s   ", line.c_str());
    line_open_ = true;
  } else {
    std::fprintf(stderr, "%s\n", line.c_str());
  }
  std::fflush(stderr);
}

void Progress::say(const std::string& line) {
  if (quiet_) return;
  if (line_open_) std::fputs(color_ ? "\r\x1b[2K" : "\n", stderr);
  line_open_ = false;
  std::fprintf(stderr, "%s\n", line.c_str());
}

void Progress::done() {
  if (line_open_) std::fputc('\n', stderr);
  line_open_ = false;
}

}  // namespace lianbo::sim
