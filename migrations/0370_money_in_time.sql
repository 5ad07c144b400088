-- Payments in a crowd (SPEC 8): what a payment writes into the books is led by what grows with time instead of by the bucket,
-- as orders are since 0300, so that a commit of many changes a few pages of each tree and not one for each bucket.
-- offline: ledger_txs, ledger_postings and entries are rebuilt with other keys.

create table ledger_txs_in_time (
  id integer primary key,
  bucket integer not null,
  brand_id integer not null,
  cause text not null,           -- payment, accrual, refund, reversal, maturity, settlement, payout, late_payment, late_refund
  cause_id integer not null,     -- order, refund, line's order, settlement
  part integer not null,         -- line, or 0
  at integer not null,
  unique (cause_id, cause, part)
) strict;
insert into ledger_txs_in_time (id, bucket, brand_id, cause, cause_id, part, at)
select id, bucket, brand_id, cause, cause_id, part, at from ledger_txs order by id;
drop table ledger_txs;
alter table ledger_txs_in_time rename to ledger_txs;

create table ledger_postings_in_time (
  tx_id integer not null,
  n integer not null,
  bucket integer not null,
  account text not null check (account in
    ('buyers','sales','commission','refund','promotion','payout','pending','available','settled','paid','debt','wallet')),
  agent_id integer not null,     -- 0: the brand's own account
  amount_fen integer not null,
  primary key (tx_id, n)
) strict, without rowid;
insert into ledger_postings_in_time (tx_id, n, bucket, account, agent_id, amount_fen)
select tx_id, n, bucket, account, agent_id, amount_fen from ledger_postings order by tx_id, n;
drop table ledger_postings;
alter table ledger_postings_in_time rename to ledger_postings;
create index ledger_postings_by_agent on ledger_postings (agent_id, account) where agent_id <> 0;
create index ledger_postings_of_wallets on ledger_postings (agent_id, tx_id) where account = 'wallet';

create table entries_in_time (
  id integer primary key,
  bucket integer not null,
  brand_id integer not null,
  agent_id integer not null,
  order_id integer not null,
  line integer not null,
  role text not null check (role in ('host','promoter','recruiter','clipper')),
  seq integer not null,
  net_fen integer not null,      -- the line's net after the cause
  bp integer not null,
  amount_fen integer not null,
  state text not null check (state in ('pending','available','settled','paid')),
  refund_id integer,             -- cause of seq > 0
  settlement_id integer,
  at integer not null,
  available_at integer,          -- when it became available; null while pending
  unique (order_id, line, role, seq)
) strict;
insert into entries_in_time (id, bucket, brand_id, agent_id, order_id, line, role, seq, net_fen, bp, amount_fen, state,
  refund_id, settlement_id, at, available_at)
select id, bucket, brand_id, agent_id, order_id, line, role, seq, net_fen, bp, amount_fen, state, refund_id,
  settlement_id, at, available_at
from entries order by id;
drop table entries;
alter table entries_in_time rename to entries;
create index entries_to_settle on entries (brand_id, agent_id) where state = 'available';
create index entries_by_settlement on entries (settlement_id) where settlement_id is not null;
create index entries_by_agent on entries (agent_id, id);
