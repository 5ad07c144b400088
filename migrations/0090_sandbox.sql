-- The embedded payment sandbox: a party of its own that speaks WeChat Pay API v3 (docs/decisions/0003). None of the shop's
-- tables refer to these, and none of these to the shop's.

create table sandbox_keys (
  id integer primary key check (id = 1),
  appid text not null,
  mchid text not null,
  merchant_serial text not null,
  merchant_key_pem text not null,
  platform_serial text not null,
  platform_key_pem text not null,
  apiv3_key text not null,
  created_at integer not null
) strict;

create table sandbox_transactions (
  out_trade_no text primary key,
  description text not null,
  amount_fen integer not null check (amount_fen > 0),
  currency text not null,
  payer_openid text not null,
  attach text not null,
  notify_url text not null,
  expires_at integer not null,
  state text not null check (state in ('NOTPAY','SUCCESS','REFUND','CLOSED')),
  transaction_id text,
  paid_at integer,
  refunded_fen integer not null default 0 check (refunded_fen between 0 and amount_fen),  -- asked for, done or not
  refunds integer not null default 0,
  created_at integer not null,
  version integer not null default 0
) strict;
create unique index sandbox_transactions_by_id on sandbox_transactions (transaction_id) where transaction_id is not null;

-- Each order call of a transaction gives another one, good for two hours.
create table sandbox_prepays (
  prepay_id text primary key,    -- begins with its time
  out_trade_no text not null,
  created_at integer not null
) strict;

create table sandbox_refunds (
  out_refund_no text primary key,
  refund_id text not null,
  out_trade_no text not null,
  transaction_id text not null,
  refund_fen integer not null check (refund_fen > 0),
  total_fen integer not null,
  currency text not null,
  reason text not null,
  notify_url text not null,      -- '': nobody is told
  state text not null check (state in ('PROCESSING','SUCCESS')),
  due_at integer not null,       -- PROCESSING until then
  success_at integer,
  created_at integer not null
) strict;
create index sandbox_refunds_due on sandbox_refunds (due_at) where state = 'PROCESSING';

-- What must be told. The body is encrypted and signed anew at each sending.
create table sandbox_notices (
  event_id text primary key,     -- begins with its time
  event_type text not null,
  original_type text not null,
  summary text not null,
  resource text not null,        -- JSON, before encryption
  notify_url text not null,
  copies integer not null,       -- sent this many times at each try
  tries integer not null default 0,
  next_try_at integer not null,
  state text not null check (state in ('waiting','answered','given_up')),
  created_at integer not null
) strict;
create index sandbox_notices_due on sandbox_notices (next_try_at, event_id) where state = 'waiting';
