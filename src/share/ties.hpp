// Who is tied to a person by links: whose links they opened, and who opened theirs (SPEC 11). People with a history of
// their own only: what a guest opened counts as their person's once they log in. The newest links first, bounded.
// Threads: any. Errors: none.
#pragma once

#include <vector>

#include "base/call.hpp"
#include "db/db.hpp"

namespace lianbo::share {

std::vector<PersonId> tied_by_shares(db::Tx& tx, const Call& call, BrandId brand, PersonId person, int limit);

}  // namespace lianbo::share
