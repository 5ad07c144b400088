-- What the brand set an allotment to: beyond that, and beyond the level it is kept at, cancelled orders give back to all.
alter table stock_allotments add column granted_units integer not null default 0;
