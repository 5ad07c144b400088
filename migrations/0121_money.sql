-- Settlement approved by a second person; payouts in batches, by file (SPEC 8).

alter table settlement_runs add column proposed_by_id integer;   -- null: no second person was needed
alter table settlement_runs add column proposal blob;            -- digest of what was proposed
alter table settlement_runs add column approved_by_id integer;
alter table settlement_runs add column approved_at integer;
create index settlement_runs_by_brand on settlement_runs (brand_id, id);

-- Whether a settlement needs a second person: auto is yes where at least two may pay.
create table money_rules (
  brand_id integer primary key,
  settlement_approval text not null check (settlement_approval in ('auto','always','never')),
  by_person_id integer,
  at integer not null
) strict;

create table payout_batches (
  id integer primary key,
  brand_id integer not null,
  by_person_id integer,
  at integer not null
) strict;
create index payout_batches_by_brand on payout_batches (brand_id, id);

-- One settlement's way to its agent. At most one of a settlement is sent or done.
create table payouts (
  id integer primary key,
  batch_id integer not null,
  brand_id integer not null,
  settlement_id integer not null,
  agent_id integer not null,
  amount_fen integer not null,
  state text not null check (state in ('sent','done','failed')),
  reference text,                -- of the bank, or of WeChat Pay
  reason text,                   -- of a failure
  at integer not null,
  done_at integer
) strict;
create index payouts_by_batch on payouts (batch_id, id);
create unique index payouts_standing on payouts (settlement_id) where state in ('sent','done');
