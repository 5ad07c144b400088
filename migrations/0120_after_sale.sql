-- Parcels, after-sales as a state machine with steps and evidence, refunds that the rail did not carry out (SPEC 7).
-- offline: after_sales is rebuilt, because its kinds and states were fixed by a check.

alter table order_lines add column shipped_qty integer not null default 0;  -- units that left, in parcels
alter table order_lines add column dropped_qty integer not null default 0;  -- units given up before they left
alter table order_lines add column renewed_at integer;                      -- when the last exchange was complete
alter table orders add column shipping_refunded_fen integer not null default 0;
create index orders_by_brand on orders (brand_id, id);

update order_lines set shipped_qty = qty where exists (select 1 from orders o where o.bucket = order_lines.bucket
  and o.id = order_lines.order_id and o.shipped_at is not null);
update order_lines set dropped_qty = refunded_qty where shipped_qty = 0;

create table parcels (
  bucket integer not null,
  id integer not null,
  brand_id integer not null,
  order_id integer not null,
  after_sale_id integer,         -- a replacement; null: of the order itself
  carrier text not null,         -- a code of the list of carriers
  tracking_number text not null,
  by_person_id integer,
  at integer not null,
  primary key (bucket, id)
) strict;
create index parcels_by_order on parcels (bucket, order_id, id);

create table parcel_lines (
  bucket integer not null,
  parcel_id integer not null,
  line integer not null,         -- of the order
  sku_id integer not null,       -- of a replacement perhaps another than the line's
  qty integer not null check (qty > 0),
  primary key (bucket, parcel_id, line)
) strict;

insert into parcels (bucket, id, brand_id, order_id, carrier, tracking_number, at)
  select bucket, id, brand_id, id, coalesce(carrier, 'OTHER'), coalesce(tracking_number, ''), shipped_at
  from orders where shipped_at is not null;
insert into parcel_lines (bucket, parcel_id, line, sku_id, qty)
  select l.bucket, l.order_id, l.line, l.sku_id, l.shipped_qty from order_lines l where l.shipped_qty > 0;

create table after_sales_whole (
  bucket integer not null,
  id integer not null,
  brand_id integer not null,
  order_id integer not null,
  line integer not null,
  kind text not null check (kind in ('refund_only','return_and_refund','exchange')),
  cause text not null check (cause in ('no_reason','fault')),
  state text not null check (state in ('requested','returning','returned','refunding','replacing','replaced','rejected',
    'disputed','refunded','exchanged','withdrawn','dismissed','lapsed')),
  qty integer not null,          -- units that come back, are exchanged, or need not be sent (0: money only)
  amount_fen integer not null,   -- of the line; of an exchange, what is paid back if no replacement can be sent
  shipping_fen integer not null, -- of the order's shipping fee
  sku_id integer,                -- exchange: what is sent instead
  reason text not null,
  answer text,
  at integer not null,
  due_at integer,                -- at this instant the state's time is up
  closed_at integer,
  dispute_until integer,         -- of a refusal
  disputes integer not null,
  refused_by_id integer,         -- the person who refused last
  goods_back_at integer,
  restocked_qty integer not null,
  back_carrier text,             -- the parcel back
  back_number text,
  steps integer not null,
  pieces integer not null,       -- of evidence
  version integer not null default 0,
  primary key (bucket, id)
) strict;
insert into after_sales_whole (bucket, id, brand_id, order_id, line, kind, cause, state, qty, amount_fen, shipping_fen,
  reason, answer, at, closed_at, disputes, restocked_qty, steps, pieces)
  select bucket, id, brand_id, order_id, line, kind, 'no_reason',
    case state when 'approved' then 'refunding' else state end, qty, amount_fen, 0, reason, answer, at, closed_at, 0, 0,
    0, 0 from after_sales;
drop table after_sales;
alter table after_sales_whole rename to after_sales;
create index after_sales_by_order on after_sales (bucket, order_id, line, id);
create index after_sales_open on after_sales (brand_id, id)
  where state in ('requested','returning','returned','refunding','replacing','replaced','disputed');
create index after_sales_due on after_sales (due_at, id) where due_at is not null;

-- What happened to an after-sale, step by step.
create table after_sale_steps (
  bucket integer not null,
  after_sale_id integer not null,
  n integer not null,            -- from 0
  step text not null,
  to_state text not null,
  by_person_id integer,          -- null: the server, by the clock, or the payment rail
  note text not null,
  at integer not null,
  primary key (bucket, after_sale_id, n)
) strict;

-- What either side shows: words, or a picture with its digest. Small and few: see after_sale.hpp.
create table after_sale_evidence (
  bucket integer not null,
  after_sale_id integer not null,
  n integer not null,            -- from 0
  by_person_id integer,
  body text,                     -- words; null: a picture
  media_type text,
  sha256 blob,
  bytes blob,
  at integer not null,
  primary key (bucket, after_sale_id, n)
) strict;

alter table refunds add column shipping_fen integer not null default 0;  -- of amount_fen: of the order's shipping fee
alter table refunds add column units integer not null default 0;         -- of the line, given back with it
alter table refunds add column attempt integer not null default 1;       -- each under a number of its own at the rail
alter table refunds add column paid_otherwise text;                      -- how, when it was not the rail
update refunds set units = restock_qty;
create index refunds_failed on refunds (brand_id, id) where state = 'failed';
