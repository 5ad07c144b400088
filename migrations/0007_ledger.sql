-- Double entry, append only (SPEC 8). Every transaction's postings sum to 0. A positive amount is a credit: what is
-- owed to the agent, what was sold; buyers is the outside world (minus what came in from buyers).

create table ledger_txs (
  bucket integer not null,
  id integer not null,
  brand_id integer not null,
  cause text not null,           -- payment, accrual, refund, reversal, maturity, settlement, payout, late_payment, late_refund
  cause_id integer not null,     -- order, refund, line's order, settlement
  part integer not null,         -- line, or 0
  at integer not null,
  primary key (bucket, id),
  unique (bucket, cause, cause_id, part)
) strict;

create table ledger_postings (
  bucket integer not null,
  tx_id integer not null,
  n integer not null,
  account text not null check (account in
    ('buyers','sales','commission','refund','promotion','payout','pending','available','settled','paid','debt')),
  agent_id integer not null,     -- 0: the brand's own account
  amount_fen integer not null,
  primary key (bucket, tx_id, n)
) strict;
create index ledger_postings_by_agent on ledger_postings (agent_id, account) where agent_id <> 0;

-- One run of the settlement command; identified by brand and cut-off, so that a second run with the same is the same run.
create table settlement_runs (
  id integer primary key,
  brand_id integer not null,
  cutoff_at integer not null,
  started_at integer not null,
  finished_at integer,
  by_person_id integer,
  unique (brand_id, cutoff_at)
) strict;

create table settlements (
  id integer primary key,
  run_id integer not null,
  brand_id integer not null,
  agent_id integer not null,
  entries_fen integer not null,      -- Σ of the entries it took (may be negative)
  debt_before_fen integer not null,  -- ≥ 0
  worked_off_fen integer not null,   -- of that debt, now
  new_debt_fen integer not null,     -- when the entries sum below 0
  payable_fen integer not null,      -- ≥ 0
  state text not null check (state in ('settled','paid')),
  paid_at integer,
  payout_reference text,
  at integer not null,
  unique (run_id, agent_id)
) strict;
create index settlements_by_agent on settlements (agent_id, id);

-- The guard row of an agent's money: debt ≥ 0 mirrors the account, and whoever settles must update it first.
create table agent_accounts (
  agent_id integer primary key,
  brand_id integer not null,
  debt_fen integer not null default 0 check (debt_fen >= 0),
  version integer not null default 0
) strict;
