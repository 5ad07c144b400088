-- People and the matrix (SPEC 3).

create table brands (
  id integer primary key,
  name text not null,
  currency text not null,
  time_zone text not null,
  created_at integer not null,
  version integer not null default 0
) strict;

-- Lock rules, snapshotted by version (SPEC 6).
create table lock_rules (
  brand_id integer not null,
  version integer not null,
  validity_days integer not null,
  protect_days integer not null,
  order_extends_days integer not null,
  lock_agents integer not null,
  self_purchase integer not null,
  at integer not null,
  primary key (brand_id, version)
) strict;

create table persons (
  id integer primary key,
  name text not null,
  login text unique,             -- null until invited or registered
  password_hash text,
  show_purchases integer not null default 0,
  created_at integer not null
) strict;

create table staff (
  brand_id integer not null,
  person_id integer not null,
  roles integer not null,        -- bits of StaffRole
  created_at integer not null,
  primary key (brand_id, person_id)
) strict;
create index staff_by_person on staff (person_id);

create table agents (
  id integer primary key,
  brand_id integer not null,
  person_id integer not null,
  code text not null,            -- the brand's own number for them
  name text not null,
  phone text not null,
  region text not null,
  level text not null,
  parent_id integer,
  state text not null check (state in ('applied','training','active','suspended','left')),
  created_at integer not null,
  version integer not null default 0,
  unique (brand_id, code)
) strict;
create index agents_by_person on agents (person_id);
create index agents_by_parent on agents (parent_id);

create table agent_changes (
  id integer primary key,
  agent_id integer not null,
  from_state text,
  to_state text not null,
  by_person_id integer,
  reason text not null,
  at integer not null
) strict;
create index agent_changes_by_agent on agent_changes (agent_id, id);

create table stores (
  id integer primary key,
  brand_id integer not null,
  agent_id integer not null unique,
  name text not null,
  created_at integer not null
) strict;
create index stores_by_brand on stores (brand_id, id);

create table invites (
  token_sha256 blob primary key,
  person_id integer not null,
  expires_at integer not null,
  used_at integer
) strict;

create table sessions (
  token_sha256 blob primary key,
  person_id integer not null,
  kind text not null check (kind in ('login','api')),
  name text not null,            -- of an API token: what it is for
  created_at integer not null,
  expires_at integer not null
) strict;
create index sessions_by_person on sessions (person_id);
