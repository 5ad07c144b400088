-- An AI-made presenter is labelled for as long as they are shown (SPEC 14): live, in the replay, in each clip.
alter table broadcasts add column ai_presenter integer not null default 0;
