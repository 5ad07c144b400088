-- Shares, touches, locks (SPEC 6).

create table shares (
  id integer primary key,
  token text not null unique,    -- 16 characters of base62
  brand_id integer not null,
  sharer_id integer not null,    -- person
  agent_id integer,              -- the sharer as agent of this brand, when shared
  kind text not null check (kind in ('moment','broadcast','clip','product','store','recruit','receipt')),
  channel text not null check (channel in ('dm','group','moments','article','poster','other')),
  store_id integer not null,
  broadcast_id integer,
  product_id integer,
  pin_id integer,
  media_ms integer,
  clip_id integer,
  order_id integer,              -- receipt: the paid order
  parent_id integer,             -- the share its sharer came through
  root_id integer not null,
  depth integer not null,        -- 0 for a root
  created_at integer not null
) strict;
create index shares_by_sharer on shares (sharer_id, id);
create index shares_by_root on shares (root_id, id);

-- One person opening one share. Appended only; a lock is the fold of its buyer's touches and orders.
create table touches (
  bucket integer not null,
  id integer not null,
  brand_id integer not null,
  buyer_id integer not null,
  share_id integer,
  kind text not null check (kind in ('share','ad')),
  agent_id integer,              -- whom it speaks for; null: nobody who could lock
  outcome text not null check (outcome in
    ('self','agent','opened','renewed','protected','taken_over','inactive','nobody','ad')),
  rules_version integer not null,
  agent_active integer not null,     -- inputs of the decision, kept so that it can be asked why
  buyer_is_agent integer not null,
  buyer_is_self integer not null,    -- the buyer is that agent's own person
  at integer not null,
  merged_from_id integer,        -- the guest this touch belonged to before the login
  primary key (bucket, id)
) strict;
create index touches_by_buyer on touches (bucket, buyer_id, id);
create index touches_by_share on touches (share_id);

create table locks (
  bucket integer not null,
  brand_id integer not null,
  buyer_id integer not null,
  agent_id integer,              -- null: a row that only guards, no lock was ever opened
  opened_at integer not null default 0,
  protect_until integer not null default 0,
  expires_at integer not null default 0,
  rules_version integer not null default 0,
  last_share_id integer,         -- the share the buyer came through last: parent of what they share
  moved_at integer not null default 0,   -- of the newest touch or order
  moved_id integer not null default 0,   -- the largest id of a touch or order
  merged_id integer not null default 0,  -- a guest's: touches up to this one belong to the person who logged in
  version integer not null default 0,
  primary key (bucket, brand_id, buyer_id)
) strict;

-- Moves of a lock by orders (the touches are the other half of its history).
create table lock_orders (
  bucket integer not null,
  id integer not null,           -- the order
  brand_id integer not null,
  buyer_id integer not null,
  agent_id integer not null,
  rules_version integer not null,
  at integer not null,
  primary key (bucket, id)
) strict;
create index lock_orders_by_buyer on lock_orders (bucket, buyer_id, id);

-- Guests who became persons.
create table guest_merges (
  guest_id integer primary key,
  person_id integer not null,
  at integer not null
) strict;
