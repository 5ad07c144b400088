-- Flash prices, lucky bags, coupons shown in a room, chat that is held (SPEC 5).

create table flash_sales (
  id integer primary key,
  brand_id integer not null,
  store_id integer not null,
  broadcast_id integer not null,
  product_id integer not null,
  sku_id integer not null,
  price_fen integer not null check (price_fen >= 0),
  units integer not null check (units > 0),
  units_left integer not null check (units_left >= 0 and units_left <= units),
  media_ms integer not null,
  opened_by integer,
  opened_at integer not null,
  ends_at integer not null,
  closed_at integer
) strict;
create index flash_sales_by_broadcast on flash_sales (broadcast_id, id);
create unique index flash_sales_open on flash_sales (broadcast_id, sku_id) where closed_at is null;
create index flash_sales_due on flash_sales (ends_at) where closed_at is null;

create table room_coupons (
  broadcast_id integer not null,
  coupon_id integer not null,
  by_person_id integer,
  at integer not null,
  primary key (broadcast_id, coupon_id)
) strict;

-- seed is a secret until drawn_at; commitment is published when the bag opens (live/lucky_bag.hpp).
create table lucky_bags (
  id integer primary key,
  brand_id integer not null,
  store_id integer not null,
  broadcast_id integer not null,
  title text not null,
  prize text not null,
  coupon_id integer,             -- winners get it
  rule text not null check (rule in ('chat','tap')),
  word text not null,            -- rule chat: what one has to write
  word_key text not null,        -- the same, normalised
  winners integer not null check (winners > 0),
  seed blob not null,
  commitment text not null,
  entrants integer not null default 0,
  media_ms integer not null,
  opened_by integer,
  opened_at integer not null,
  draws_at integer not null,
  drawn_at integer,
  cancelled_at integer
) strict;
create index lucky_bags_by_broadcast on lucky_bags (broadcast_id, id);
create index lucky_bags_due on lucky_bags (draws_at) where drawn_at is null and cancelled_at is null;

create table lucky_entrants (
  bag_id integer not null,
  person_id integer not null,
  at integer not null,
  place integer,                 -- of a winner, from 1; 0: was in the draw; null: not yet, or came too late
  primary key (bag_id, person_id)
) strict;

-- A line with a forbidden word waits here. Released, it becomes a line of the room under an id of that instant.
create table held_chat (
  broadcast_id integer not null,
  id integer not null,
  person_id integer not null,
  guest integer not null,
  name text not null,
  text text not null,
  word text not null,
  media_ms integer not null,
  at integer not null,
  state text not null check (state in ('held','released','rejected')),
  decided_by integer,
  decided_at integer,
  primary key (broadcast_id, id)
) strict;
