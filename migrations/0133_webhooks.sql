-- Programs of the brand that are told of events by HTTP (Standard Webhooks).

create table webhooks (
  id integer primary key,
  brand_id integer not null,
  url text not null,
  description text not null,
  types text not null,           -- JSON list of event types; [] is every one
  secrets blob not null,         -- sealed for the server: JSON list, the newest first
  state text not null check (state in ('active','disabled')),
  note text not null default '', -- why it was disabled
  cursor_seq integer not null,   -- events up to here have their deliveries
  failing_since integer,         -- the first failure since the last success
  calling_until integer not null default 0,  -- lease of the server that is calling it
  created_at integer not null,
  version integer not null default 0
) strict;
create index webhooks_by_brand on webhooks (brand_id, id);

-- One event on its way to one webhook.
create table webhook_deliveries (
  webhook_id integer not null,
  seq integer not null,          -- of the event
  event_id integer not null,
  type text not null,
  subject_id integer not null,   -- events of one subject go one after another
  state text not null check (state in ('waiting','delivered','dead')),
  tries integer not null default 0,
  next_try_at integer not null,
  status integer,                -- HTTP, of the last try
  error text,
  at integer not null,
  done_at integer,
  primary key (webhook_id, seq)
) strict;
create index webhook_deliveries_due on webhook_deliveries (next_try_at) where state = 'waiting';
create index webhook_deliveries_order on webhook_deliveries (webhook_id, subject_id, seq) where state = 'waiting';
