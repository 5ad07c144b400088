// Time: instants are UTC milliseconds, and every rule takes them as an argument (SPEC 2).
//
// Only this file reads the machine's clock. The same engine runs on SystemClock and on SimulatedClock; both are safe
// to read from any thread.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace lianbo {

using Instant = std::int64_t;     // UTC, milliseconds since 1970
using DurationMs = std::int64_t;  // milliseconds

inline constexpr DurationMs kSecondMs = 1000;
inline constexpr DurationMs kMinuteMs = 60 * kSecondMs;
inline constexpr DurationMs kHourMs = 60 * kMinuteMs;
inline constexpr DurationMs kDayMs = 86'400'000;  // a day in a rule (SPEC 2)
// "For ever" as an instant; beyond every date that can be written (9999-12-31T23:59:59.999Z).
inline constexpr Instant kForever = 253'402'300'799'999;

class Clock {
 public:
  virtual ~Clock() = default;
  virtual Instant now() const = 0;
};

class SystemClock final : public Clock {
 public:
  Instant now() const override;
};

// Stands still until it is set; never goes back (set to an earlier instant is ignored).
class SimulatedClock final : public Clock {
 public:
  explicit SimulatedClock(Instant start) : now_(start) {}
  Instant now() const override { return now_.load(std::memory_order_acquire); }
  void advance_to(Instant instant);

 private:
  std::atomic<Instant> now_;
};

// Monotonic milliseconds, for waits and measurements only; never stored, never compared with an Instant.
std::int64_t monotonic_ms();

// "2026-11-11T12:00:00.000Z"; kForever included.
std::string format_rfc3339(Instant instant);
// Accepts Z or an offset, with or without a fraction of up to nine digits (cut to milliseconds).
Result<Instant> parse_rfc3339(std::string_view text, std::string where = {});

}  // namespace lianbo
