-- Reading all rooms on air page by page read, and sorted, all of them for each page.
create index broadcasts_on_air on broadcasts (brand_id, id) where state = 'live' and audience = 'public';
