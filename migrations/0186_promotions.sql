-- Promotions: paid traffic into rooms on air (SPEC 10).

-- The law, at every instant: pool + Σ leases' units + Σ leases' spent + returned = budget, each ≥ 0. While it is open
-- returned is 0; once it has ended pool and units are 0.
create table promotions (
  id integer primary key,
  brand_id integer not null,
  store_id integer not null,     -- of the broadcast
  broadcast_id integer not null,
  agent_id integer not null,     -- whose wallet pays; 0: the brand's
  by_person_id integer not null,
  objective text not null check (objective in ('enter','product_click','order','value')),
  budget_fen integer not null check (budget_fen > 0),
  pace text not null check (pace in ('smooth','fast')),
  cap_fen integer,               -- for one objective (value: for each 100.00 paid); null: automatic
  reserve_fen integer not null,  -- the brand's rules when it was bought
  ceiling_fen integer not null,  -- of a click, with an automatic bid
  audience text not null check (audience in ('everyone','region','lookalikes')),
  region text not null,          -- audience region
  exclude_locked integer not null,
  starts_at integer not null,
  ends_at integer not null,
  state text not null check (state in ('open','paused','ended')),
  ended_why text check (ended_why in ('room_over','window_over','spent','stopped')),
  pool_fen integer not null check (pool_fen >= 0),
  returned_fen integer not null default 0 check (returned_fen >= 0),
  created_at integer not null,
  ended_at integer
) strict;
create index promotions_by_brand on promotions (brand_id, id);
create index promotions_by_store on promotions (store_id, id);
create index promotions_by_broadcast on promotions (broadcast_id, id);
create index promotions_not_ended on promotions (brand_id, id) where state <> 'ended';

-- A slice of the budget in a bucket of buyers, and what happened there: a click touches only the row of its bucket.
create table promotion_leases (
  bucket integer not null,
  promotion_id integer not null,
  units integer not null check (units >= 0),
  spent integer not null check (spent >= 0),
  shown integer not null default 0,
  clicks integer not null default 0,  -- paid for
  primary key (bucket, promotion_id)
) strict;
create index promotion_leases_by_promotion on promotion_leases (promotion_id, units);

-- One person and one promotion: shown once, clicked once, charged at most once.
create table promotion_visits (
  bucket integer not null,
  promotion_id integer not null,
  person_id integer not null,
  shown_at integer,
  fresh integer not null default 0,      -- it was the person's first exposure to the room
  clicked_at integer,            -- into the room on air
  price_fen integer not null default 0,
  second_id integer not null default 0,  -- whom it had outbid; 0: nobody
  free text check (free in ('late','spent','closed','copied')),  -- clicked, and not charged, because
  touch_id integer,
  primary key (bucket, promotion_id, person_id)
) strict;
create index promotion_visits_by_person on promotion_visits (bucket, person_id, promotion_id);

-- How many of a room's enters came by a link into it, and by a paid slot; the rest came by themselves.
alter table broadcasts add column enters_shared integer not null default 0;
alter table broadcasts add column enters_paid integer not null default 0;
create index shares_by_broadcast on shares (broadcast_id, id) where broadcast_id is not null;

-- A brand's rules for what it sells; without a row, the built-in ones.
create table promotion_rules (
  brand_id integer primary key,
  reserve_fen integer not null,
  ceiling_fen integer not null,
  at integer not null
) strict;

-- Paid slots that came up, by the hour of the day in the brand's zone: what smooth pacing expects.
create table promotion_traffic (
  brand_id integer not null,
  hour integer not null,
  slots integer not null,
  primary key (brand_id, hour)
) strict;
