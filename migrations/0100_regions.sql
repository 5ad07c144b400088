-- Regions: what a brand groups its stores by (SPEC 3). A name may be a path: who has rights over 华东 has them over 华东/上海.
-- An agent's region is its name, in agents.region ("": none); every name that an agent has is a row here.

create table regions (
  id integer primary key,
  brand_id integer not null,
  name text not null,
  created_at integer not null,
  unique (brand_id, name)
) strict;

-- Agents that came before their regions were things of the brand.
insert into regions (id, brand_id, name, created_at)
  select min(id), brand_id, region, min(created_at) from agents where region <> '' group by brand_id, region;

-- What a staff member's rights are limited to; none: the whole brand.
create table staff_regions (
  brand_id integer not null,
  person_id integer not null,
  region_id integer not null,
  primary key (brand_id, person_id, region_id)
) strict;

-- The stores a limited staff member may see: what lists of other domains join.
create view staff_stores as
  select l.brand_id, l.person_id, s.id as store_id, a.id as agent_id
  from staff_regions l
  join regions r on r.id = l.region_id
  join agents a on a.brand_id = l.brand_id and (a.region = r.name or substr(a.region, 1, length(r.name) + 1) = r.name || '/')
  join stores s on s.agent_id = a.id;
