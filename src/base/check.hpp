// CHECK: what must not happen. On in release builds; prints where and stops the process (a crash loses no answered
// request, a wrong answer would).
#pragma once

namespace lianbo {
[[noreturn]] void check_failed(const char* expression, const char* file, int line);
}

#define CHECK(expression) \
  ((expression) ? static_cast<void>(0) : ::lianbo::check_failed(#expression, __FILE__, __LINE__))
