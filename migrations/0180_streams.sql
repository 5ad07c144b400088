-- A broadcast's picture (SPEC 5). stream_name is public (it stands in addresses), the key is not.
alter table broadcasts add column stream_name text;
alter table broadcasts add column first_frame_at integer;                   -- media time 0; null: no frame came yet
alter table broadcasts add column media_lag_ms integer not null default 0;  -- how much later frames come than they say
alter table broadcasts add column publisher text not null default '';       -- whose frames come now; '': nobody's
alter table broadcasts add column cut_at integer;                           -- since when nobody publishes, after a first frame
alter table broadcasts add column picture_of integer;                       -- carries the picture of that broadcast
create unique index broadcasts_by_stream on broadcasts (stream_name) where stream_name is not null;
create index broadcasts_carrying on broadcasts (picture_of) where picture_of is not null;
create index broadcasts_published on broadcasts (id) where publisher <> '';
