// Reminders given by other means than a page: the same one per person and broadcast that take_reminders gives, taken
// from the same row. Threads: any. Errors: none.
#pragma once

#include <vector>

#include "db/db.hpp"
#include "live/live.hpp"

namespace lianbo::live {

// Who reserved it and was not reminded yet, in order of the person; after: the last one seen, or none.
std::vector<PersonId> waiting_for(db::Tx& tx, BroadcastId id, PersonId after, int limit);
// False: given already, or not wanted any more.
bool take_reminder(db::Tx& tx, BroadcastId id, PersonId person, Instant now);
// It could not be given after all: a page may.
void give_reminder_back(db::Tx& tx, BroadcastId id, PersonId person);

}  // namespace lianbo::live
