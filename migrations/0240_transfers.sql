-- Payouts through the payment rail: transfers to a person, in parts (SPEC 8), and the sandbox's side of them.

-- file: it leaves as a CSV; rail: finance had it sent through the payment rail.
alter table payout_batches add column channel text not null default 'file' check (channel in ('file','rail'));

-- One transfer: a part of a payout. Its number is the key of repetition at the rail and is never used twice.
create table transfers (
  number text primary key,       -- out_bill_no: the payout's number and a count, so it grows with time
  payout_id integer not null,
  n integer not null,            -- 1, 2, … of the payout
  brand_id integer not null,
  agent_id integer not null,
  account text not null,         -- openid and name it goes to, as they were when it was made; '' once it has ended
  holder text not null,
  amount_fen integer not null check (amount_fen > 0),
  state text not null check (state in ('due','sent','waiting','done','failed')),
  bill_no text,                  -- the rail's number
  confirm_params text,           -- waiting: what the agent's WeChat needs to confirm
  reason text,
  tries integer not null default 0,
  next_at integer not null,      -- when the rail is asked (again)
  at integer not null,
  done_at integer
) strict;
create unique index transfers_of_payout on transfers (payout_id, n);
create index transfers_due on transfers (next_at) where state in ('due','sent','waiting');
create index transfers_of_agent on transfers (agent_id, at);

create table sandbox_transfers (
  out_bill_no text primary key,
  transfer_bill_no text not null,
  openid text not null,
  amount_fen integer not null check (amount_fen > 0),
  remark text not null,
  notify_url text not null,      -- '': nobody is told
  state text not null check (state in ('WAIT_USER_CONFIRM','SUCCESS','FAIL')),
  fail_reason text,
  created_at integer not null,
  updated_at integer not null
) strict;
create index sandbox_transfers_due on sandbox_transfers (created_at) where state = 'WAIT_USER_CONFIRM';
