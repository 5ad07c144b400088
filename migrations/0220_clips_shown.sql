-- A clip may be taken out of sight by its own store, and put back; the clips of a brand are listed.
alter table clips add column withdrawn_at integer;
create index clips_by_brand on clips (brand_id, id);
-- Broadcasts whose picture is gone (media.lost_minutes).
create index broadcasts_cut on broadcasts (cut_at) where state = 'live' and publisher = '';
