-- Evidence (SPEC 14): an append-only log for each brand, each entry chained to the one before, written behind the shop's
-- back from events and chat lines. Personal data in it is sealed under the evidence key of its person.

-- The end of a brand's chain; locked by who appends.
create table evidence_heads (
  brand_id integer primary key,
  seq integer not null,            -- of the newest entry
  hash blob not null,
  segment integer not null,        -- the open one
  first_seq integer not null,      -- its first
  prev_hash blob not null,         -- of the entry before its first
  opened_at integer not null,
  anchor blob not null             -- of the newest closed segment
) strict;

create table evidence_entries (
  brand_id integer not null,
  seq integer not null,            -- from 1, without gaps
  segment integer not null,
  kind text not null,              -- "order.placed", "chat.said"
  subject_kind text not null check (subject_kind in ('order','broadcast','day')),
  subject_id integer not null,     -- day: days since 1970, of what belongs to neither
  at integer not null,
  digest blob not null,            -- SHA-256 of the record
  hash blob not null,              -- SHA-256 of the hash before and the digest
  record text,                     -- null: purged; digest and hash stay, so the chain can still be checked
  primary key (brand_id, seq)
) strict;
create index evidence_by_subject on evidence_entries (brand_id, subject_kind, subject_id, seq);

-- Closed: no entry is added any more. The row stays for ever, its entries until all of them are purged.
create table evidence_segments (
  brand_id integer not null,
  segment integer not null,
  first_seq integer not null,
  last_seq integer not null,
  prev_hash blob not null,
  last_hash blob not null,
  closed_at integer not null,
  anchor blob not null,            -- SHA-256 over all of this and the anchor before
  signature blob not null,         -- of the anchor, by the server's evidence key
  purged_at integer,               -- its entries are gone
  primary key (brand_id, segment)
) strict;

-- What evidence is about, and until when it is kept.
create table evidence_subjects (
  brand_id integer not null,
  kind text not null check (kind in ('order','broadcast','day')),
  id integer not null,
  ended_at integer,                -- of the broadcast, of the order's completion or cancelling, of the day
  due_at integer,                  -- purged from here on, unless held; null: not ended
  primary key (brand_id, kind, id)
) strict;
create index evidence_subjects_due on evidence_subjects (due_at) where due_at is not null;

-- Whose personal data is in the evidence of what.
create table evidence_people (
  person_id integer not null,
  brand_id integer not null,
  kind text not null,
  subject_id integer not null,
  primary key (person_id, brand_id, kind, subject_id)
) strict;
create index evidence_people_by_subject on evidence_people (brand_id, kind, subject_id);

create table legal_holds (
  id integer primary key,
  brand_id integer not null,
  kind text not null check (kind in ('order','broadcast','person','brand')),
  subject_id integer not null,
  reason text not null,
  set_by integer not null,
  set_at integer not null,
  released_by integer,
  released_at integer,
  release_reason text
) strict;
create index legal_holds_by_brand on legal_holds (brand_id, id);
create index legal_holds_standing on legal_holds (brand_id, kind, subject_id) where released_at is null;

-- Requests to erase a person.
create table erasures (
  id integer primary key,
  person_id integer not null,
  brand_id integer not null,       -- 0: everywhere, and the account with it
  asked_brand_id integer not null, -- whose staff asked; 0: the person
  receipt_sha256 blob not null unique,
  requested_by integer not null,
  reason text not null,
  state text not null check (state in ('waiting','partly','done')),  -- partly: but for evidence that must be kept
  requested_at integer not null,
  erased_at integer,
  done_at integer
) strict;
create index erasures_by_person on erasures (person_id, id);
create index erasures_by_brand on erasures (asked_brand_id, id);
create index erasures_open on erasures (id) where state <> 'done';

alter table chat_lines add column in_evidence integer not null default 0;
create index chat_lines_unrecorded on chat_lines (id) where in_evidence = 0;

-- For the data a person may see of themselves: what they reserved, and who of a brand's staff has read of them.
create index audit_by_subject on audit (subject_kind, subject_id, id) where subject_id is not null;
