// What a write body would do, without doing it: it runs in a transaction that is undone, and what it gave is kept. For
// imports that are looked through first. It holds the writer as long as the real thing. Threads: any.
#pragma once

#include <optional>
#include <utility>

#include "db/db.hpp"

namespace lianbo::db {

// body: Result<T>(Tx&). Its own error comes back as it is.
template <class F>
auto dry_run(Database& database, F&& body) -> std::invoke_result_t<F, Tx&> {
  using R = std::invoke_result_t<F, Tx&>;
  std::optional<R> out;
  const Status undone = database.write_body([&](Tx& tx) -> Status {
    out.emplace(body(tx));
    return fail(out->has_value() ? Error{Code::conflict, "undone on purpose", {}, {}} : out->error());
  });
  // A database that failed before the body ended has its own error.
  if (out && out->has_value() && undone.error().code == Code::conflict) return std::move(*out);
  return fail(undone.error());
}

}  // namespace lianbo::db
