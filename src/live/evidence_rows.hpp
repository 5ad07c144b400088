// When a broadcast ended, for the evidence of what was said in it: one column, asked for each line. Threads: any.
// Errors: none.
#pragma once

#include "db/db.hpp"
#include "live/live.hpp"

namespace lianbo::live {

Instant ended_at(db::Tx& tx, BroadcastId id);  // 0: not yet, or there is no such broadcast

}  // namespace lianbo::live
