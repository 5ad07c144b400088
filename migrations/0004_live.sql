-- Broadcasts, pins, rooms (SPEC 5).

create table broadcasts (
  id integer primary key,
  brand_id integer not null,
  store_id integer not null,
  title text not null,
  state text not null check (state in ('scheduled','live','ended','cancelled')),
  scheduled_at integer not null,
  started_at integer,            -- also media time 0 until a stream says otherwise
  ended_at integer,
  stream_key_sha256 blob not null,
  likes integer not null default 0,
  enters integer not null default 0,
  peak_viewers integer not null default 0,
  created_at integer not null,
  version integer not null default 0
) strict;
create index broadcasts_by_store on broadcasts (store_id, scheduled_at);
create index broadcasts_by_state on broadcasts (brand_id, state, scheduled_at);
create unique index broadcasts_one_live on broadcasts (store_id) where state = 'live';

create table shelf_items (
  broadcast_id integer not null,
  product_id integer not null,
  position integer not null,
  primary key (broadcast_id, product_id)
) strict;

create table pins (
  id integer primary key,
  brand_id integer not null,
  broadcast_id integer not null,
  product_id integer not null,
  opened_at integer not null,
  media_open_ms integer not null,
  closed_at integer,
  media_close_ms integer
) strict;
create index pins_by_broadcast on pins (broadcast_id, id);
create unique index pins_one_open on pins (broadcast_id) where closed_at is null;

create table chat_lines (
  broadcast_id integer not null,
  id integer not null,
  person_id integer not null,
  name text not null,
  text text not null,
  media_ms integer not null,
  at integer not null,
  primary key (broadcast_id, id)
) strict;

-- muted: may watch, not write; banned: may not enter. until_at null: for good.
create table room_marks (
  broadcast_id integer not null,
  person_id integer not null,
  mark text not null check (mark in ('muted','banned')),
  by_person_id integer not null,
  until_at integer,
  at integer not null,
  primary key (broadcast_id, person_id)
) strict;

create table room_assistants (
  store_id integer not null,
  person_id integer not null,
  at integer not null,
  primary key (store_id, person_id)
) strict;

create table reservations (
  broadcast_id integer not null,
  person_id integer not null,
  at integer not null,
  cancelled_at integer,
  reminded_at integer,
  primary key (broadcast_id, person_id)
) strict;

-- One item shown to one person once.
create table exposures (
  bucket integer not null,
  person_id integer not null,
  item_kind text not null check (item_kind in ('broadcast','product','clip')),
  item_id integer not null,
  at integer not null,
  primary key (bucket, person_id, item_kind, item_id)
) strict;
