-- Wallets for promotions, and their account in the ledger (SPEC 10).
-- offline: ledger_postings is rebuilt, because its accounts were fixed by a check.

create table ledger_postings_whole (
  bucket integer not null,
  tx_id integer not null,
  n integer not null,
  account text not null check (account in
    ('buyers','sales','commission','refund','promotion','payout','pending','available','settled','paid','debt','wallet')),
  agent_id integer not null,     -- 0: the brand's own account
  amount_fen integer not null,
  primary key (bucket, tx_id, n)
) strict;
insert into ledger_postings_whole (bucket, tx_id, n, account, agent_id, amount_fen)
  select bucket, tx_id, n, account, agent_id, amount_fen from ledger_postings order by bucket, tx_id, n;
drop table ledger_postings;
alter table ledger_postings_whole rename to ledger_postings;
create index ledger_postings_by_agent on ledger_postings (agent_id, account) where agent_id <> 0;
create index ledger_postings_of_wallets on ledger_postings (agent_id, tx_id) where account = 'wallet';

-- The guard row of a wallet; balance_fen mirrors the account. agent_id 0: the brand's own.
create table wallets (
  brand_id integer not null,
  agent_id integer not null,
  balance_fen integer not null check (balance_fen >= 0),
  primary key (brand_id, agent_id)
) strict;

-- What finance put into a wallet, or took back (negative), and why.
create table wallet_credits (
  id integer primary key,
  brand_id integer not null,
  agent_id integer not null,
  amount_fen integer not null,
  reason text not null,
  by_person_id integer not null,
  at integer not null
) strict;
create index wallet_credits_by_brand on wallet_credits (brand_id, id);
