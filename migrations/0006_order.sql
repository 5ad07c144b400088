-- Cart, orders, payment, after-sale, commission entries (SPEC 7, 8). Everything leads with the buyer's bucket.

create table cart_lines (
  bucket integer not null,
  buyer_id integer not null,
  store_id integer not null,
  sku_id integer not null,
  qty integer not null check (qty > 0),
  broadcast_id integer,
  share_id integer,
  added_at integer not null,
  primary key (bucket, buyer_id, store_id, sku_id)
) strict;

create table orders (
  bucket integer not null,
  id integer not null,
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
  currency text not null,
  -- attribution, fixed when placed (SPEC 6); null: nobody has that role
  host_agent_id integer,
  promoter_agent_id integer,
  recruiter_agent_id integer,
  clipper_agent_id integer,
  lock_agent_id integer,         -- the valid lock at that instant
  lock_rules_version integer not null,
  buyer_agent_id integer,        -- the buyer as agent of this brand
  cancel_reason text,
  address text not null,         -- JSON
  carrier text,
  tracking_number text,
  placed_at integer not null,
  release_at integer not null,   -- unpaid at this instant: cancelled, stock back
  paid_at integer,
  shipped_at integer,
  received_at integer,
  completed_at integer,
  cancelled_at integer,
  version integer not null default 0,
  primary key (bucket, id)
) strict;
create index orders_by_buyer on orders (bucket, buyer_id, id);
create index orders_by_store on orders (store_id, id);
create index orders_unpaid on orders (release_at) where state = 'placed';
create index orders_shipped on orders (shipped_at) where state = 'shipped';

create table order_lines (
  bucket integer not null,
  order_id integer not null,
  line integer not null,         -- from 0, in the buyer's order
  sku_id integer not null,
  product_id integer not null,
  title text not null,
  sku_title text not null,
  qty integer not null check (qty > 0),
  price_fen integer not null,    -- of one unit
  goods_fen integer not null,    -- price × qty
  paid_fen integer not null,     -- goods less its share of the discount
  refunded_fen integer not null default 0,
  refunded_qty integer not null default 0,
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
  primary key (bucket, order_id, line)
) strict;
create index order_lines_due on order_lines (available_at) where matured_at is null and available_at is not null;

create table payments (
  bucket integer not null,
  order_id integer not null,
  out_trade_no text not null,    -- the order's id: found again by decoding it
  prepay_id text,
  prepay_at integer,
  transaction_id text,
  amount_fen integer not null,
  state text not null check (state in ('open','paid','closed','late')),  -- late: paid after the order was cancelled
  at integer not null,
  paid_at integer,
  primary key (bucket, order_id)
) strict;

create table after_sales (
  bucket integer not null,
  id integer not null,
  brand_id integer not null,
  order_id integer not null,
  line integer not null,
  kind text not null check (kind in ('refund_only','return_and_refund')),
  state text not null check (state in ('requested','approved','refunded','rejected','withdrawn')),
  qty integer not null,          -- units that come back (0: money only)
  amount_fen integer not null,
  reason text not null,
  answer text,
  at integer not null,
  closed_at integer,
  version integer not null default 0,
  primary key (bucket, id)
) strict;
create index after_sales_by_order on after_sales (bucket, order_id, line, id);
create index after_sales_open on after_sales (brand_id, id) where state in ('requested','approved');

-- Money going back through the rail. cause: an after-sale, or a payment that came for a cancelled order.
create table refunds (
  bucket integer not null,
  id integer not null,
  brand_id integer not null,
  order_id integer not null,
  line integer,                  -- null: late payment, the whole order
  after_sale_id integer,
  amount_fen integer not null,
  restock_qty integer not null,
  state text not null check (state in ('due','sent','done','failed')),
  rail_refund_id text,
  tries integer not null default 0,
  next_try_at integer not null,
  last_error text,
  at integer not null,
  done_at integer,
  primary key (bucket, id)
) strict;
create index refunds_due on refunds (next_try_at) where state in ('due','sent');
create index refunds_by_order on refunds (bucket, order_id, id);

-- Commission: what a role earned on a line (seq 0, at payment) and each correction by a refund (seq 1, 2, …).
-- Σ amount_fen over the seqs = floor((paid_fen − refunded_fen) × bp / 10000), always.
create table entries (
  bucket integer not null,
  id integer not null,
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
  primary key (bucket, id),
  unique (bucket, order_id, line, role, seq)
) strict;
create index entries_to_settle on entries (brand_id, agent_id) where state = 'available';
create index entries_by_settlement on entries (settlement_id) where settlement_id is not null;
create index entries_by_agent on entries (agent_id, id);
