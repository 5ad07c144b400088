// What a caller is told when something can't be done.
//
// An Error has a code from the one list (error_list.hpp), a detail that says what was wrong and what would be right,
// and a place: a JSON pointer ("/lines/0/qty"), a field, or "line 12, column price". Values, copyable, no threads.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/error_list.hpp"

namespace lianbo {

enum class Code : std::uint16_t {
#define X(name, number, status, en, zh) name = number,
  LIANBO_ERRORS(X)
#undef X
};

struct ErrorInfo {
  Code code;
  std::string_view name;  // "sold_out"
  int number;
  int http_status;
  std::string_view title_en;
  std::string_view title_zh;
};

// The whole list, in order of number. For docs, OpenAPI and tests.
const std::vector<ErrorInfo>& all_errors();
const ErrorInfo& info(Code code);

struct Error {
  Code code = Code::internal;
  std::string detail;
  std::string where;
  // More places of the same kind (a CSV's bad cells): each "line 3, column price: …". Bounded by who makes it.
  std::vector<std::string> more;

  // "sold_out: SKU T-01 has 0 left, 2 asked (at /lines/0/qty)"
  std::string text() const;
};

}  // namespace lianbo
