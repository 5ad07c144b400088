-- An invitation to choose a first password, or a new one in the place of the old (resets = 1).

alter table invites add column resets integer not null default 0;
create index invites_by_person on invites (person_id);
