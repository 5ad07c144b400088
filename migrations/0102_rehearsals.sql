-- A rehearsal is a broadcast for its host, the store's assistants and the brand's staff only: not in the hall, not in
-- feeds, never ordered from. Why a broadcast ended or was cancelled, when it was not its host who said so.

alter table broadcasts add column audience text not null default 'public' check (audience in ('public','rehearsal'));
alter table broadcasts add column ended_why text not null default '';
