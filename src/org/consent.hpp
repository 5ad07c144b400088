// Whether a person shows what they bought to people they know, by name (SPEC 11). Off until they say so themselves.
// Threads: any. Errors: none.
#pragma once

#include "db/db.hpp"

namespace lianbo::org {

bool shows_purchases(db::Tx& tx, PersonId person);
void show_purchases(db::Tx& tx, PersonId person, bool show);

}  // namespace lianbo::org
