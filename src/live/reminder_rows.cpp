#include "live/reminder_rows.hpp"

namespace lianbo::live {
namespace {

using db::Sql;

const Sql kWaitingFor{"live.waiting_for",
                      "select person_id from reservations where broadcast_id = $1 and person_id > $2 and cancelled_at "
                      "is null and reminded_at is null order by person_id limit $3"};
const Sql kTakeReminder{"live.take_reminder",
                        "update reservations set reminded_at = $3 where broadcast_id = $1 and person_id = $2 and "
                        "cancelled_at is null and reminded_at is null"};
const Sql kGiveReminderBack{"live.give_reminder_back",
                            "update reservations set reminded_at = null where broadcast_id = $1 and person_id = $2"};

}  // namespace

std::vector<PersonId> waiting_for(db::Tx& tx, BroadcastId id, PersonId after, int limit) {
  return tx.all(kWaitingFor, {id, after.value, limit}, [](const db::Row& row) { return row.id<PersonId>(0); });
}
bool take_reminder(db::Tx& tx, BroadcastId id, PersonId person, Instant now) {
  return tx.exec(kTakeReminder, {id, person, now}) == 1;
}
void give_reminder_back(db::Tx& tx, BroadcastId id, PersonId person) { tx.exec(kGiveReminderBack, {id, person}); }

}  // namespace lianbo::live
