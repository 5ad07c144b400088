-- What a host's own pages need: a room by the minute, talking points, the front of the store, where commission goes.

-- A room's minutes, for the board and the chart: added when the room writes its counts, so a minute in which nothing
-- changed has no row and is as the one before.
create table room_minutes (
  broadcast_id integer not null,
  minute integer not null,        -- UTC milliseconds / 60000
  enters integer not null,
  likes integer not null,
  viewers integer not null,       -- in the room when last written
  most_viewers integer not null,
  primary key (broadcast_id, minute)
) strict;

-- What the host wants to say about a product on the shelf; theirs and their assistants', never the buyers'.
create table shelf_notes (
  broadcast_id integer not null,
  product_id integer not null,
  text text not null,
  at integer not null,
  primary key (broadcast_id, product_id)
) strict;

alter table stores add column intro text not null default '';
alter table stores add column picture_tag text not null default '';  -- of the content; '': none
create table store_pictures (
  store_id integer primary key,
  type text not null,
  bytes blob not null,
  at integer not null
) strict;

-- Where an agent wants their commission: a note for whoever pays it out.
create table payout_notes (
  agent_id integer primary key,
  method text not null check (method in ('wechat','alipay','bank')),
  holder text not null,
  account text not null,
  at integer not null
) strict;

-- An agent's own customers, and a store's orders that wait to be sent.
create index locks_by_agent on locks (agent_id, bucket, buyer_id) where agent_id is not null;
create index orders_to_ship on orders (store_id, id) where state = 'paid';
