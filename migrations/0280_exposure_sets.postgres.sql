-- offline: an older program would count in the old table what the new one counts in sets
-- Its own text because hexadecimal digits are written otherwise here.
create table exposure_sets (
  bucket integer not null,
  person_id integer not null,
  item_kind text not null check (item_kind = 'broadcast' or item_kind = 'product' or item_kind = 'clip'),
  part integer not null,
  items blob not null,
  n integer not null,
  at integer not null,
  primary key (bucket, person_id, item_kind, part)
);
insert into exposure_sets (bucket, person_id, item_kind, part, items, n, at)
select bucket, person_id, item_kind, 0, convert_to('h' || string_agg(lpad(to_hex(item_id), 16, '0'), ''), 'UTF8'), count(*), max(at)
from exposures group by bucket, person_id, item_kind;
drop table exposures;
