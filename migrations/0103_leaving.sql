-- Customers of an agent who left are handed on (SPEC 3): to an heir fixed when they left, or their locks end.

create table lock_departures (
  agent_id integer primary key,  -- who left
  brand_id integer not null,
  heir_agent_id integer,         -- null: locks end
  at integer not null,
  after_bucket integer not null default -1,  -- how far the writing of their steps has come, by bucket and buyer
  after_buyer integer not null default 0,
  done_at integer                -- every lock has its step
) strict;
create index lock_departures_open on lock_departures (brand_id, agent_id) where done_at is null;

-- A step of a lock's history beside its touches and orders: at this instant the lock was from_agent's, if it was valid,
-- and went to to_agent, or ended.
create table lock_hands (
  bucket integer not null,
  id integer not null,
  brand_id integer not null,
  buyer_id integer not null,
  from_agent_id integer not null,
  to_agent_id integer,           -- null: it ended
  at integer not null,
  merged_from_id integer,        -- the guest this step belonged to before the login
  primary key (bucket, id)
) strict;
create index lock_hands_by_buyer on lock_hands (bucket, buyer_id, id);
