-- What happened, in one order that never changes: a row moves here from the outbox once it was handed on (SPEC 14).

create table events (
  seq integer primary key,       -- grows in the order of commits; a reader that has seen n misses nothing below it
  id integer not null,
  bucket integer not null,
  brand_id integer,
  topic text not null,
  key integer not null,
  payload text not null,
  at integer not null
) strict;
create index events_by_brand on events (brand_id, seq);

create table event_heads (
  name text primary key,         -- kept: the newest number given; forgotten: the newest deleted; others: how far they read
  seq integer not null
) strict;
