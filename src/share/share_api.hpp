// Routes of shares: JSON to struct, who may, struct to JSON; and the landing, GET /s/{token}.
//
// The landing is a write behind a GET: it records the touch, moves the lock and answers with exactly one redirect,
// which nobody may cache. A machine that only looks (see is_preview) gets the same answer and leaves no trace. The
// poster is drawn on a worker, outside any transaction; only who made the share (or the brand's staff) gets it, since
// it shows the token. Reading somebody else's lock is audited.
#pragma once

#include <functional>

#include "net/route.hpp"
#include "share/share.hpp"

namespace lianbo::share {

struct ShareDeps {
  db::Database* db = nullptr;
  OrderFactsFn order_facts;  // empty: receipts can't be shared
};
net::Routes share_routes(const ShareDeps& deps);

// openShare for landings that come at once: they are decided by one body (decision 0068), so what those of one link
// have in common is read once. For app::DispatcherDeps::gathered, where one thread writes (SQLite).
std::function<void(const Call&, const net::Request&, std::function<void(Result<net::Reply>)>)> gather_landings(
    db::Database& db);

}  // namespace lianbo::share
