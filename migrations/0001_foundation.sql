-- The server itself: what is fixed at set-up, the nodes that make ids, the outbox, repeated requests, audit.

create table server_facts (
  name text primary key,   -- buckets, token_key (hex), simulated
  value text not null
) strict;

-- A running server leases a node number and a horizon: no id it makes is newer than the horizon without raising it first,
-- and the next holder of the number starts behind it.
create table nodes (
  node integer primary key,
  holder text not null,
  horizon_at integer not null,
  renewed_at integer not null
) strict;

create table outbox (
  bucket integer not null,
  id integer not null,
  brand_id integer,
  topic text not null,
  key integer not null,
  payload text not null,
  at integer not null,
  primary key (bucket, id)
) strict;

create table idempotency_keys (
  bucket integer not null,
  person_id integer not null,
  key text not null,
  request_sha256 blob not null,  -- of method, path and body
  status integer not null,
  content_type text not null,
  reply text not null,
  at integer not null,
  primary key (bucket, person_id, key)
) strict;
create index idempotency_keys_by_age on idempotency_keys (at);

create table audit (
  id integer primary key,
  brand_id integer,
  actor_id integer,        -- person; null: the server
  action text not null,    -- "agent.suspend"
  subject_kind text not null,
  subject_id integer,
  detail text not null,    -- JSON object
  at integer not null
) strict;
create index audit_by_brand on audit (brand_id, id);
