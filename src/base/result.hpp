// Result<T> = std::expected<T, Error>, and TRY, which hands an error on.
//
//   TRY(auto order, load(tx, id));     // declares `order`, or returns the error
//   TRY_OK(check_plan(plan));          // for Status
//   return fail(Code::sold_out, "SKU T-01 has 0 left, 2 asked", "/lines/0/qty");
#pragma once

#include <expected>
#include <string>
#include <utility>

#include "base/error.hpp"

namespace lianbo {

template <class T>
using Result = std::expected<T, Error>;
using Status = Result<void>;

inline std::unexpected<Error> fail(Code code, std::string detail = {}, std::string where = {}) {
  return std::unexpected<Error>(Error{code, std::move(detail), std::move(where), {}});
}
inline std::unexpected<Error> fail(Error error) { return std::unexpected<Error>(std::move(error)); }

}  // namespace lianbo

#define LIANBO_CONCAT2(a, b) a##b
#define LIANBO_CONCAT(a, b) LIANBO_CONCAT2(a, b)
#define LIANBO_TRY(tmp, decl, ...)                                             \
  auto tmp = (__VA_ARGS__);                                                    \
  if (!tmp) return ::std::unexpected<::lianbo::Error>(std::move(tmp).error()); \
  decl = *std::move(tmp)
#define TRY(decl, ...) LIANBO_TRY(LIANBO_CONCAT(try_, __COUNTER__), decl, __VA_ARGS__)
#define LIANBO_TRY_OK(tmp, ...)                                                                            \
  do {                                                                                                     \
    if (auto tmp = (__VA_ARGS__); !tmp) return ::std::unexpected<::lianbo::Error>(std::move(tmp).error()); \
  } while (false)
#define TRY_OK(...) LIANBO_TRY_OK(LIANBO_CONCAT(try_, __COUNTER__), __VA_ARGS__)
