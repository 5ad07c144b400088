-- Paid places in the feed, and the age of what was seen.

-- Of feed_views.did: 64: came by a paid click; what this person does with the item counts for no heat any more.
alter table feed_places add column paid integer not null default 0;
-- The moment (clip) of the broadcast that is shown; 0: the room itself.
alter table promotions add column pin_id integer not null default 0;
-- What was seen is forgotten by age; `at` only grows.
create index feed_views_by_age on feed_views (at);
