-- The figures of a brand and what they are made from (SPEC 13); docs/decisions/0040-figures.md says what each counts.

-- What happened and is not in the figures yet: a row in the fact's own transaction, taken out when it is counted.
-- 0 where there is none. id: the order, refund, touch or click; for exposures and enters the broadcast, for visits and
-- merges the person; those rows add up or stay single until they are counted.
create table tallies (
  bucket integer not null,
  id integer not null,
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
  primary key (bucket, id, what)
) strict;

-- Sums, each fact in every scope it belongs to, so that every roll-up adds up to the same.
--   minute     group: the minute                        id: 0
--   store      group: the day in the brand's zone       id: store
--   broadcast  group: the day                           id: broadcast, or the store when outside a room
--   pin        group: broadcast                         id: pin, or 0
--   cascade    group: the day                           id: the root share, or 0
--   share      group: the root share, or 0              id: share, or 0
--   spread     group: product                           id: broadcast, or the store when outside a room
create table figures (
  brand_id integer not null,
  scope text not null check (scope in ('minute','store','broadcast','pin','cascade','share','spread')),
  group_id integer not null,
  id integer not null,
  exposures integer not null,
  enters integer not null,
  clicks integer not null,
  touches integer not null,
  orders integer not null,
  paid_orders integer not null,
  units integer not null,
  paid_fen integer not null,
  refunded_fen integer not null,
  primary key (brand_id, scope, group_id, id)
) strict;

-- One person opening one product's card in one room (broadcast_id 0: outside a room) once.
create table product_clicks (
  bucket integer not null,
  person_id integer not null,
  store_id integer not null,
  broadcast_id integer not null,
  product_id integer not null,
  at integer not null,
  primary key (bucket, person_id, store_id, broadcast_id, product_id)
) strict;

-- Who was seen at a brand: the first day, and whether they came back within seven days of it.
create table visitors (
  bucket integer not null,
  brand_id integer not null,
  person_id integer not null,
  first_day integer not null,
  last_day integer not null,
  returned integer not null,
  primary key (bucket, brand_id, person_id)
) strict;
create table cohorts (
  brand_id integer not null,
  day integer not null,
  people integer not null,
  returned integer not null,
  primary key (brand_id, day)
) strict;

create index shares_by_parent on shares (parent_id, id) where parent_id is not null;
create index orders_to_ship_by_brand on orders (brand_id, id) where state = 'paid';

-- What happened before there were figures.
insert into tallies (bucket, id, what, brand_id, person_id, store_id, broadcast_id, pin_id, share_id, product_id,
  order_id, line, n, amount_fen, at)
select bucket, item_id, 'exposure', 0, 0, 0, item_id, 0, 0, 0, 0, 0, count(*), 0, min(at)
from exposures where item_kind = 'broadcast' group by bucket, item_id;
insert into tallies (bucket, id, what, brand_id, person_id, store_id, broadcast_id, pin_id, share_id, product_id,
  order_id, line, n, amount_fen, at)
select 0, id, 'enter', brand_id, 0, store_id, id, 0, 0, 0, 0, 0, enters, 0, coalesce(started_at, scheduled_at)
from broadcasts where enters > 0;
insert into tallies (bucket, id, what, brand_id, person_id, store_id, broadcast_id, pin_id, share_id, product_id,
  order_id, line, n, amount_fen, at)
select t.bucket, t.id, 'touch', t.brand_id, t.buyer_id, s.store_id, coalesce(s.broadcast_id, 0), coalesce(s.pin_id, 0),
  s.id, coalesce(s.product_id, 0), 0, 0, 1, 0, t.at
from touches t join shares s on s.id = t.share_id where t.merged_from_id is null;
insert into tallies (bucket, id, what, brand_id, person_id, store_id, broadcast_id, pin_id, share_id, product_id,
  order_id, line, n, amount_fen, at)
select bucket, id, 'placed', brand_id, buyer_id, store_id, coalesce(broadcast_id, 0), coalesce(pin_id, 0),
  coalesce(share_id, 0), 0, id, 0, 1, total_fen, placed_at from orders;
insert into tallies (bucket, id, what, brand_id, person_id, store_id, broadcast_id, pin_id, share_id, product_id,
  order_id, line, n, amount_fen, at)
select bucket, id, 'paid', brand_id, buyer_id, store_id, coalesce(broadcast_id, 0), coalesce(pin_id, 0),
  coalesce(share_id, 0), 0, id, 0, 1, total_fen, paid_at from orders where paid_at is not null;
insert into tallies (bucket, id, what, brand_id, person_id, store_id, broadcast_id, pin_id, share_id, product_id,
  order_id, line, n, amount_fen, at)
select r.bucket, r.id, 'refunded', o.brand_id, o.buyer_id, o.store_id, coalesce(o.broadcast_id, 0),
  coalesce(o.pin_id, 0), coalesce(o.share_id, 0), l.product_id, o.id, r.line, 1, r.amount_fen, coalesce(r.done_at, r.at)
from refunds r join orders o on o.bucket = r.bucket and o.id = r.order_id
join order_lines l on l.bucket = r.bucket and l.order_id = r.order_id and l.line = r.line
where r.state = 'done' and r.line is not null;
