// Who a room belongs to, apart from what they may do. Threads: any. Errors: none.
#pragma once

#include "db/db.hpp"
#include "live/live.hpp"

namespace lianbo::live {

bool is_of_room(db::Tx& tx, const Broadcast& broadcast, PersonId person);  // its host, or an assistant of the store

}  // namespace lianbo::live
