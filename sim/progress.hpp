// The live line of a simulated day on stderr: rewritten in place on a terminal, a new line every few seconds otherwise.
// One thread.
#pragma once

#include <cstdint>
#include <string>

#include "base/clock.hpp"
#include "base/money.hpp"

namespace lianbo::sim {

struct Moment {
  Instant now = 0;
  std::int64_t day = 0;  // 0: the sale day
  std::int64_t rooms = 0, viewers = 0, orders = 0, share_opens = 0, deliveries = 0;
  Fen amount_fen = 0;
};

class Progress {
 public:
  Progress(bool quiet, bool color, bool chinese);
  ~Progress() { done(); }
  void show(const Moment& moment);
  void say(const std::string& line);  // above the live line
  void done();

 private:
  bool quiet_, color_, chinese_, terminal_;
  bool line_open_ = false;
  std::int64_t shown_ms_ = 0, rate_ms_ = 0, rate_deliveries_ = 0;
  double rate_ = 0;
};

// "11-11 20:15" in the brand's zone.
std::string local_time(Instant at);
inline constexpr DurationMs kShanghaiMs = 8 * kHourMs;

// "¥1,234,567.80"
std::string money(Fen fen);
std::string grouped(std::int64_t number);
std::string progress_line(const Moment& moment, double deliveries_per_s, bool chinese);

}  // namespace lianbo::sim
