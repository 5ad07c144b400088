-- The feed: what people did with what they were shown, how hot that makes an item and how far it is shown (SPEC 9).

-- How a brand weighs what people do, and its ladder. Rows are never changed; the newest version counts. None: the
-- defaults of the program.
create table feed_rules (
  brand_id integer not null,
  version integer not null,
  weights text not null,         -- points of enter, stay, interact, click, order, value: [10,20,20,30,100,100]
  pools text not null,           -- quota and threshold of each: [[200,600],…]
  full_value_fen integer not null,
  by_person_id integer not null,
  at integer not null,
  primary key (brand_id, version)
) strict;

-- One person shown one item: that they were, and what they did with it, each once. A person's rows lie together.
create table feed_views (
  bucket integer not null,       -- of the person
  person_id integer not null,
  item_id integer not null,      -- a broadcast or a pin
  did integer not null,          -- bits: 1 enter, 2 stay, 4 interact, 8 click, 16 order
  at integer not null,           -- when it was shown
  entered_at integer,
  primary key (bucket, person_id, item_id)
) strict;

-- What happened in a second and is not in the items yet; taken out when it is counted. The bucket is the person's, so
-- that a crowd in one room does not wait for one row.
create table feed_counts (
  bucket integer not null,
  second integer not null,       -- UTC milliseconds / 1000
  item_id integer not null,
  what text not null,
  brand_id integer not null,
  store_id integer not null,
  kind text not null,
  n integer not null,
  primary key (bucket, second, item_id, what)
) strict;

-- An item's place on the ladder. Kept when it has left the feed: figures of the brand, and orders that come later.
create table feed_items (
  item_id integer primary key,
  brand_id integer not null,
  store_id integer not null,
  kind text not null check (kind in ('room', 'pin')),
  pool integer not null,
  used integer not null,         -- exposures in this pool
  points integer not null,       -- thousandths, in this pool
  resting integer not null,
  shown integer not null,        -- exposures in all
  first_at integer not null
) strict;
create index feed_items_by_store on feed_items (store_id, item_id);

-- Its decayed sums (src/feed/heat.hpp).
create table feed_sums (
  item_id integer not null,
  what text not null,
  epoch integer not null,
  now_n integer not null,
  before_n integer not null,
  tail_n integer not null,
  primary key (item_id, what)
) strict;

-- Exposures of each item on each day of the brand's zone, and the places that were filled: how fair the feed was.
create table feed_days (
  brand_id integer not null,
  day integer not null,
  item_id integer not null,
  kind text not null,
  exposures integer not null,
  primary key (brand_id, day, item_id)
) strict;
create table feed_places (
  brand_id integer not null,
  day integer not null,
  places integer not null,
  newcomers integer not null,    -- of them filled from pool 1
  wanting integer not null,      -- of the places that belong to pool 1, those for which it had nothing new to this viewer
  primary key (brand_id, day)
) strict;
