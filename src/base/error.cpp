#include "base/error.hpp"

#include <algorithm>

#include "base/check.hpp"

namespace lianbo {

const std::vector<ErrorInfo>& all_errors() {
  static const std::vector<ErrorInfo> list = {
#define X(name, number, status, en, zh) {Code::name, #name, number, status, en, zh},
      LIANBO_ERRORS(X)
#undef X
  };
  return list;
}

const ErrorInfo& info(Code code) {
  const auto& list = all_errors();
  auto it = std::find_if(list.begin(), list.end(), [&](const ErrorInfo& i) { return i.code == code; });
  CHECK(it != list.end());
  return *it;
}

std::string Error::text() const {
  std::string out(info(code).name);
  if (!detail.empty()) out += ": " + detail;
  if (!where.empty()) out += " (at " + where + ")";
  for (const auto& m : more) out += "\n  " + m;
  return out;
}

}  // namespace lianbo
