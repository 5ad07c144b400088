-- Products, stock, commission plans (SPEC 4, 8).

create table products (
  id integer primary key,
  brand_id integer not null,
  code text not null,            -- the brand's handle; how a second import finds it again
  title text not null,
  category text not null,
  description text not null,
  image_url text not null,
  on_sale integer not null,
  no_return integer not null default 0,  -- exempt from the seven-day return
  created_at integer not null,
  updated_at integer not null,
  version integer not null default 0,
  unique (brand_id, code)
) strict;
create index products_by_category on products (brand_id, category, id);

create table skus (
  id integer primary key,
  brand_id integer not null,
  product_id integer not null,
  code text not null,
  title text not null,           -- options: "red / 42"; empty for a product of one SKU
  price_fen integer not null check (price_fen >= 0),
  position integer not null,
  version integer not null default 0,
  unique (brand_id, code)
) strict;
create index skus_by_product on skus (product_id, position, id);

-- pool + Σ leases + reserved + sold = received, at every instant.
create table stock_pools (
  sku_id integer primary key,
  brand_id integer not null,
  received integer not null check (received >= 0),
  pool integer not null check (pool >= 0)
) strict;

-- What a bucket of buyers may sell without asking the pool, and what it has reserved and sold.
create table stock_leases (
  bucket integer not null,
  sku_id integer not null,
  units integer not null check (units >= 0),
  reserved integer not null check (reserved >= 0),
  sold integer not null check (sold >= 0),
  primary key (bucket, sku_id)
) strict;
create index stock_leases_by_sku on stock_leases (sku_id, units);

-- Commission plans. scope: the brand's, a campaign's, an agent's own. sku_id 0: every SKU without a row of its own.
-- Rows are never changed: a new version is a new row. The newest version of a (scope, sku) counts; a row whose rates are
-- all null withdraws it.
create table plans (
  id integer primary key,
  brand_id integer not null,
  scope text not null check (scope in ('brand','campaign','agent')),
  scope_id integer not null,     -- 0 for the brand's
  sku_id integer not null,
  version integer not null,
  host_bp integer,
  promoter_bp integer,
  recruiter_bp integer,
  clipper_bp integer,
  freeze_days integer,
  by_person_id integer,
  at integer not null,
  unique (brand_id, scope, scope_id, sku_id, version)
) strict;
