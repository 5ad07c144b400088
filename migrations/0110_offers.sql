-- Campaigns, allotments, coupons, shipping fees, forbidden words (SPEC 4, 5, 7).

create table campaigns (
  id integer primary key,
  brand_id integer not null,
  name text not null,
  talking_points text not null,
  starts_at integer not null,
  ends_at integer not null,
  target text not null check (target in ('all','region','level','list')),
  target_value text not null,    -- the region or level
  state text not null check (state in ('draft','pushed','ended','undone')),
  pushed_at integer,
  over_at integer,               -- ended, undone, or its window passed
  begun_at integer,              -- when its beginning was told to rooms
  created_by integer,
  created_at integer not null,
  version integer not null default 0
) strict;
create index campaigns_by_brand on campaigns (brand_id, id);
create index campaigns_open on campaigns (ends_at) where state = 'pushed';

-- Fixed once the campaign is pushed. The commission plan of a SKU is a row of plans, scope campaign.
create table campaign_items (
  campaign_id integer not null,
  sku_id integer not null,
  position integer not null,
  price_fen integer not null check (price_fen >= 0),
  talking_points text not null,
  primary key (campaign_id, sku_id)
) strict;

-- Of a campaign for a list of stores: which.
create table campaign_stores (
  campaign_id integer not null,
  store_id integer not null,
  primary key (campaign_id, store_id)
) strict;

-- What a store was given. ends_at is the campaign's, so that an order looks at those that are not over only.
create table store_campaigns (
  store_id integer not null,
  ends_at integer not null,
  campaign_id integer not null,
  at integer not null,
  removed_at integer,
  primary key (store_id, ends_at, campaign_id)
) strict;
create index store_campaigns_by_campaign on store_campaigns (campaign_id, store_id);

-- A push or an undo on its way through the stores, in order of their ids.
create table campaign_pushes (
  id integer primary key,
  campaign_id integer not null,
  brand_id integer not null,
  kind text not null check (kind in ('push','undo')),
  total integer not null,
  done integer not null,
  changed integer not null,
  after_store_id integer not null,
  by_person_id integer,
  started_at integer not null,
  finished_at integer
) strict;
create index campaign_pushes_by_campaign on campaign_pushes (campaign_id, id);
create unique index campaign_pushes_open on campaign_pushes (campaign_id) where finished_at is null;

-- Units of a SKU leased to a store: pool + Σ bucket leases + Σ allotments + Σ reserved + Σ sold = received.
create table stock_allotments (
  sku_id integer not null,
  store_id integer not null,
  brand_id integer not null,
  units integer not null check (units >= 0),
  keep_units integer not null,   -- refilled from the pool up to this when half is gone; 0: never
  shared integer not null,       -- 1: when it is empty, the store sells from the pool like the others
  until_at integer,              -- then what is left goes back
  closed_at integer,             -- given back; null: it is the store's
  at integer not null,
  primary key (sku_id, store_id)
) strict;
create index stock_allotments_by_store on stock_allotments (store_id, sku_id);
create index stock_allotments_due on stock_allotments (until_at) where closed_at is null and until_at is not null;

create table coupons (
  id integer primary key,
  brand_id integer not null,
  giver text not null check (giver in ('brand','store','room','prize')),
  store_id integer,              -- it is good in this store only
  broadcast_id integer,          -- giver room: it is given, and good, in this room only
  name text not null,
  off_fen integer not null,      -- an amount off, or
  off_bp integer not null,       -- a rate off, with
  cap_fen integer not null,      -- at most this; 0: no cap
  min_spend_fen integer not null,
  total integer not null check (total > 0),
  claimed integer not null default 0 check (claimed >= 0 and claimed <= total),
  promised integer not null default 0,  -- giver prize: to winners of bags that are not drawn yet
  starts_at integer not null,
  ends_at integer not null,
  withdrawn_at integer,          -- nobody can claim it any more; what was claimed stays good
  created_by integer,
  created_at integer not null
) strict;
create index coupons_by_brand on coupons (brand_id, id);
create index coupons_by_store on coupons (store_id, id) where store_id is not null;
create index coupons_by_room on coupons (broadcast_id) where broadcast_id is not null;

-- Once a person. order_id: used by it; null again when that order is cancelled.
create table coupon_claims (
  bucket integer not null,
  person_id integer not null,
  coupon_id integer not null,
  at integer not null,
  order_id integer,
  used_at integer,
  primary key (bucket, person_id, coupon_id)
) strict;

-- Fees by the beginning of the address's region; '' is everywhere else. A table is never changed: a version is added.
create table shipping_rules (
  brand_id integer not null,
  version integer not null,
  region text not null,
  first_fen integer not null,
  more_fen integer not null,     -- for each further unit
  free_from_fen integer,         -- goods paid for at least this: no fee
  by_person_id integer,
  at integer not null,
  primary key (brand_id, version, region)
) strict;

-- word: as it is looked for (normalised); shown: as it was entered.
create table forbidden_words (
  brand_id integer not null,
  word text not null,
  shown text not null,
  at integer not null,
  primary key (brand_id, word)
) strict;

alter table orders add column coupon_id integer;
alter table orders add column shipping_version integer not null default 0;  -- 0: there was no table of fees
alter table order_lines add column list_fen integer;        -- the list price of one unit; null: placed before it was kept
alter table order_lines add column price_source text not null default 'list';  -- list, campaign, flash
alter table order_lines add column campaign_id integer;     -- the store's campaign for this SKU; its plan too
alter table order_lines add column flash_id integer;
alter table order_lines add column allotted_qty integer not null default 0;    -- units out of the store's allotment
