-- Landings in a crowd (SPEC 6): what a touch writes is led by what grows with time instead of by the bucket, so that
-- a commit of hundreds changes a few pages of each table and not one for each bucket; and it lies in one tree, not two.
-- offline: touches, locks and tallies are rebuilt with other keys.

create table touches_by_time (
  id integer primary key,
  bucket integer not null,
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
  merged_from_id integer         -- the guest this touch belonged to before the login
) strict;
insert into touches_by_time (id, bucket, brand_id, buyer_id, share_id, kind, agent_id, outcome, rules_version,
  agent_active, buyer_is_agent, buyer_is_self, at, merged_from_id)
select id, bucket, brand_id, buyer_id, share_id, kind, agent_id, outcome, rules_version, agent_active, buyer_is_agent,
  buyer_is_self, at, merged_from_id from touches order by id;
drop table touches;
alter table touches_by_time rename to touches;
create index touches_by_buyer on touches (buyer_id, id);
create index touches_by_share on touches (share_id);

create table locks_by_buyer (
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
  primary key (brand_id, buyer_id)
) strict, without rowid;
insert into locks_by_buyer (bucket, brand_id, buyer_id, agent_id, opened_at, protect_until, expires_at, rules_version,
  last_share_id, moved_at, moved_id, merged_id, version)
select bucket, brand_id, buyer_id, agent_id, opened_at, protect_until, expires_at, rules_version, last_share_id, moved_at,
  moved_id, merged_id, version from locks order by brand_id, buyer_id;
drop table locks;
alter table locks_by_buyer rename to locks;
create index locks_by_agent on locks (agent_id, buyer_id) where agent_id is not null;

-- Customers are handed on in order of the buyer alone now; what was handed on already is passed over.
update lock_departures set after_bucket = -1, after_buyer = 0 where done_at is null;

create table tallies_by_time (
  id integer not null,
  bucket integer not null,
  what text not null check (what in
    ('exposure','enter','click','touch','visit','merged','placed','paid','refunded')),
  brand_id integer not null,
  person_id integer not null,
  store_id integer not null,
  broadcast_id integer not null,
  pin_id integer not null,
  share_id integer not null,
  product_id integer not null,
  order_id integer not null,
  line integer not null,
  n integer not null,
  amount_fen integer not null,
  at integer not null,
  primary key (id, bucket, what)
) strict, without rowid;
insert into tallies_by_time (id, bucket, what, brand_id, person_id, store_id, broadcast_id, pin_id, share_id, product_id,
  order_id, line, n, amount_fen, at)
select id, bucket, what, brand_id, person_id, store_id, broadcast_id, pin_id, share_id, product_id, order_id, line, n,
  amount_fen, at from tallies;
drop table tallies;
alter table tallies_by_time rename to tallies;
