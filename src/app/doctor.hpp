// Doctor: looks at a set-up from outside and says what is wrong and how to mend it, in English and Chinese.
//
// It changes nothing that stays: the schema is not brought forward, the trial write is undone, the trial commit writes
// a row as it is. It runs beside a server. Each check says one of ok, warn (it works, but not as it should in earnest)
// and fail (it will not work, or not safely); what can't be looked at because something before it failed is left out.
// Nothing it says holds a password: of addresses of databases only the engine is told.
#pragma once

#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "base/settings.hpp"

namespace lianbo::app {

enum class Health { ok, warn, fail };

struct Words {
  std::string en, zh;
};
struct Finding {
  std::string check;  // "database.schema"
  Health health = Health::ok;
  Words says;
  Words mend;  // empty when there is nothing to do
};

// What is too little or too much; the defaults are for a server in earnest.
struct DoctorLimits {
  std::int64_t commit_warn_ms = 25;  // the median of some commits
  std::int64_t free_warn_bytes = std::int64_t{5} << 30, free_fail_bytes = std::int64_t{512} << 20;
  DurationMs skew_warn_ms = 1000, skew_fail_ms = 10'000;
  std::int64_t spare_files = 512;  // beside http.connections
  DurationMs certificate_warn_ms = 30 * kDayMs;
};
struct DoctorWish {
  std::string config_file;  // as it was given; "" for none
  bool online = false;      // also ask the payment rail whether it takes our key
  DoctorLimits limits = {};
};

// settings: as loaded, or why they could not be.
std::vector<Finding> examine(const Result<Settings>& settings, const Clock& clock, const DoctorWish& wish);

bool healthy(const std::vector<Finding>& findings);  // nothing failed
std::string findings_json(const std::vector<Finding>& findings);
std::string findings_text(const std::vector<Finding>& findings);

}  // namespace lianbo::app
