-- offline: an older program would count in the old table what the new one counts in sets
-- What a person was shown, each item once, a few hundred items to a row: a row an item cost more than everything else
-- of a day with fifty million exposures. Of a person's parts of one kind only the last one grows.
create table exposure_sets (
  bucket integer not null,
  person_id integer not null,
  item_kind text not null check (item_kind = 'broadcast' or item_kind = 'product' or item_kind = 'clip'),
  part integer not null,
  items blob not null,           -- src/live/packed_ids.hpp
  n integer not null,            -- items in it
  at integer not null,           -- when the last of them was shown
  primary key (bucket, person_id, item_kind, part)
) strict;
insert into exposure_sets (bucket, person_id, item_kind, part, items, n, at)
select bucket, person_id, item_kind, 0, cast('h' || group_concat(printf('%016x', item_id), '') as blob), count(*), max(at)
from exposures group by bucket, person_id, item_kind;
drop table exposures;
