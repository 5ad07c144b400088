-- Reviews, follows, a brand's guarantee, and which browsers people log in from (SPEC 11).

create table reviews (
  bucket integer not null,       -- of the buyer, as in the order's id
  id integer not null,
  brand_id integer not null,
  store_id integer not null,
  product_id integer not null,
  order_id integer not null,
  line integer not null,
  buyer_id integer not null,
  stars integer not null check (stars between 1 and 5),
  words text not null,           -- emptied when the buyer is erased
  at integer not null,
  hidden_at integer,             -- by staff, with a reason; its stars still count
  hidden_by_id integer,
  hidden_reason text,
  primary key (bucket, id),
  unique (bucket, order_id, line)
) strict;
create index reviews_by_store on reviews (store_id, id);
create index reviews_by_product on reviews (product_id, id);
create index reviews_by_brand on reviews (brand_id, id);

create table follows (
  bucket integer not null,
  person_id integer not null,
  store_id integer not null,
  at integer not null,
  primary key (bucket, person_id, store_id)
) strict;
create index follows_by_store on follows (store_id, person_id);

create table guarantees (
  brand_id integer primary key,
  text_zh text not null,
  text_en text not null,
  version integer not null,
  at integer not null
) strict;

-- A browser is known by a cookie, of which no more is kept than a part of its digest.
create table person_devices (
  device_id integer not null,
  person_id integer not null,
  at integer not null,           -- of the last login
  primary key (device_id, person_id)
) strict;
create index person_devices_by_person on person_devices (person_id, device_id);
create index person_devices_by_age on person_devices (at);
