-- Orders in a crowd (SPEC 7): what an order writes is led by what grows with time instead of by the bucket, and lies in
-- one tree instead of two or three, so that a commit of hundreds changes a few pages of each table and not one for each
-- bucket.
-- offline: orders, order_lines, payments and lock_orders are rebuilt with other keys.

create table orders_in_time (
  id integer primary key,
  bucket integer not null,
  brand_id integer not null,
  buyer_id integer not null,
  store_id integer not null,
  broadcast_id integer,
  pin_id integer,
  share_id integer,
  state text not null check (state in ('placed','paid','shipped','received','completed','cancelled')),
  goods_fen integer not null,
  discount_fen integer not null,
  shipping_fen integer not null,
  total_fen integer not null,    -- goods − discount + shipping
  refunded_fen integer not null default 0,
  shipping_refunded_fen integer not null default 0,
  currency text not null,
  -- attribution, fixed when placed (SPEC 6); null: nobody has that role
  host_agent_id integer,
  promoter_agent_id integer,
  recruiter_agent_id integer,
  clipper_agent_id integer,
  lock_agent_id integer,         -- the valid lock at that instant
  lock_rules_version integer not null,
  buyer_agent_id integer,        -- the buyer as agent of this brand
  coupon_id integer,
  shipping_version integer not null default 0,  -- 0: there was no table of fees
  cancel_reason text,
  address text not null,         -- JSON, of orders that are not sealed yet
  address_sealed blob,
  carrier text,
  tracking_number text,
  placed_at integer not null,
  release_at integer not null,   -- unpaid at this instant: cancelled, stock back
  paid_at integer,
  shipped_at integer,
  received_at integer,
  completed_at integer,
  cancelled_at integer,
  version integer not null default 0
) strict;
insert into orders_in_time (id, bucket, brand_id, buyer_id, store_id, broadcast_id, pin_id, share_id, state,
  goods_fen, discount_fen, shipping_fen, total_fen, refunded_fen, shipping_refunded_fen, currency, host_agent_id,
  promoter_agent_id, recruiter_agent_id, clipper_agent_id, lock_agent_id, lock_rules_version, buyer_agent_id,
  coupon_id, shipping_version, cancel_reason, address, address_sealed, carrier, tracking_number, placed_at,
  release_at, paid_at, shipped_at, received_at, completed_at, cancelled_at, version)
select id, bucket, brand_id, buyer_id, store_id, broadcast_id, pin_id, share_id, state, goods_fen, discount_fen,
  shipping_fen, total_fen, refunded_fen, shipping_refunded_fen, currency, host_agent_id, promoter_agent_id,
  recruiter_agent_id, clipper_agent_id, lock_agent_id, lock_rules_version, buyer_agent_id, coupon_id,
  shipping_version, cancel_reason, address, address_sealed, carrier, tracking_number, placed_at, release_at, paid_at,
  shipped_at, received_at, completed_at, cancelled_at, version
from orders order by id;
drop table orders;
alter table orders_in_time rename to orders;
create index orders_by_buyer on orders (buyer_id, id);
create index orders_by_store on orders (store_id, id);
create index orders_by_brand on orders (brand_id, id);
create index orders_unpaid on orders (release_at) where state = 'placed';
create index orders_shipped on orders (shipped_at) where state = 'shipped';
create index orders_to_ship on orders (store_id, id) where state = 'paid';
create index orders_to_ship_by_brand on orders (brand_id, id) where state = 'paid';

create table order_lines_in_time (
  order_id integer not null,
  line integer not null,         -- from 0, in the buyer's order
  bucket integer not null,
  sku_id integer not null,
  product_id integer not null,
  title text not null,
  sku_title text not null,
  qty integer not null check (qty > 0),
  price_fen integer not null,    -- of one unit
  list_fen integer,              -- the list price of one unit; null: placed before it was kept
  price_source text not null default 'list',  -- list, campaign, flash
  campaign_id integer,           -- the store's campaign for this SKU; its plan too
  flash_id integer,
  goods_fen integer not null,    -- price × qty
  paid_fen integer not null,     -- goods less its share of the discount
  refunded_fen integer not null default 0,
  refunded_qty integer not null default 0,
  allotted_qty integer not null default 0,    -- units out of the store's allotment
  shipped_qty integer not null default 0,     -- units that left, in parcels
  dropped_qty integer not null default 0,     -- units given up before they left
  renewed_at integer,            -- when the last exchange was complete
  no_return integer not null,
  plan_id integer,               -- snapshot of the commission plan; null: none applied
  plan_version integer not null,
  host_bp integer not null,
  promoter_bp integer not null,
  recruiter_bp integer not null,
  clipper_bp integer not null,
  freeze_days integer not null,
  available_at integer,          -- received + freeze; null before receipt
  matured_at integer,            -- when its entries became available
  primary key (order_id, line)
) strict, without rowid;
insert into order_lines_in_time (order_id, line, bucket, sku_id, product_id, title, sku_title, qty, price_fen,
  list_fen, price_source, campaign_id, flash_id, goods_fen, paid_fen, refunded_fen, refunded_qty, allotted_qty,
  shipped_qty, dropped_qty, renewed_at, no_return, plan_id, plan_version, host_bp, promoter_bp, recruiter_bp,
  clipper_bp, freeze_days, available_at, matured_at)
select order_id, line, bucket, sku_id, product_id, title, sku_title, qty, price_fen, list_fen, price_source,
  campaign_id, flash_id, goods_fen, paid_fen, refunded_fen, refunded_qty, allotted_qty, shipped_qty, dropped_qty,
  renewed_at, no_return, plan_id, plan_version, host_bp, promoter_bp, recruiter_bp, clipper_bp, freeze_days,
  available_at, matured_at
from order_lines order by order_id, line;
drop table order_lines;
alter table order_lines_in_time rename to order_lines;
create index order_lines_due on order_lines (available_at) where matured_at is null and available_at is not null;

create table payments_in_time (
  order_id integer primary key,
  bucket integer not null,
  out_trade_no text not null,    -- the order's id: found again by decoding it
  prepay_id text,
  prepay_at integer,
  transaction_id text,
  amount_fen integer not null,
  state text not null check (state in ('open','paid','closed','late')),  -- late: paid after the order was cancelled
  at integer not null,
  paid_at integer
) strict;
insert into payments_in_time (order_id, bucket, out_trade_no, prepay_id, prepay_at, transaction_id, amount_fen, state,
  at, paid_at)
select order_id, bucket, out_trade_no, prepay_id, prepay_at, transaction_id, amount_fen, state, at, paid_at
from payments order by order_id;
drop table payments;
alter table payments_in_time rename to payments;

create table lock_orders_in_time (
  buyer_id integer not null,
  id integer not null,           -- the order
  bucket integer not null,
  brand_id integer not null,
  agent_id integer not null,
  rules_version integer not null,
  at integer not null,
  primary key (buyer_id, id)
) strict, without rowid;
insert into lock_orders_in_time (buyer_id, id, bucket, brand_id, agent_id, rules_version, at)
select buyer_id, id, bucket, brand_id, agent_id, rules_version, at
from lock_orders order by buyer_id, id;
drop table lock_orders;
alter table lock_orders_in_time rename to lock_orders;
