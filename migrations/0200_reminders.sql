-- A person's reservations, for the reminders that are due to them.
create index reservations_by_person on reservations (person_id, broadcast_id);
