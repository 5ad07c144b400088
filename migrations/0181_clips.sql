-- Clips (SPEC 12): the recording of one pin.
alter table pins add column clipped integer not null default 0;  -- 1: its clip has a row, or there is none to be had
create index pins_to_clip on pins (id) where clipped = 0;

create table clips (
  id integer primary key,
  brand_id integer not null,
  store_id integer not null,        -- origin
  agent_id integer not null,        -- the host
  broadcast_id integer not null,
  pin_id integer not null unique,
  product_id integer not null,
  stream_name text not null,        -- the recording it is cut from
  title text not null,
  state text not null check (state in ('waiting','ready','failed','removed')),
  opened_at integer not null,       -- of the pin
  media_open_ms integer not null,
  media_close_ms integer not null,
  from_ms integer not null default 0,   -- of what was cut: whole segments
  to_ms integer not null default 0,
  name text not null,               -- of its folder; public
  bytes integer not null default 0,
  sha256 blob,
  signature blob,
  tries integer not null default 0,
  created_at integer not null,
  ready_at integer
) strict;
create index clips_by_product on clips (product_id, id);
create index clips_by_store on clips (store_id, id);
create index clips_by_broadcast on clips (broadcast_id, product_id);
create unique index clips_by_name on clips (name);
create index clips_waiting on clips (id) where state = 'waiting';

-- Published by another agent in their store: who came through it pays them as clipper.
create table clip_posts (
  clip_id integer not null,
  store_id integer not null,
  agent_id integer not null,
  posted_at integer not null,
  primary key (clip_id, store_id)
) strict;
create index clip_posts_by_store on clip_posts (store_id, clip_id);
