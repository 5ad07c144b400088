-- Personal data is sealed under a key of its person (SPEC 14). Destroying the row here erases what it sealed, wherever
-- that lies. Plain columns are emptied when a server that knows this schema first starts.

create table person_keys (
  person_id integer not null,
  brand_id integer not null,     -- 0: the person's own account
  purpose text not null check (purpose in ('everyday','evidence')),
  wrapped blob not null,         -- under the server's master key, which is in a file
  created_at integer not null,
  primary key (person_id, brand_id, purpose)
) strict;

alter table persons add column login_sha256 blob;  -- keyed: what a login is found by
alter table persons add column login_sealed blob;
alter table persons add column name_sealed blob;
create unique index persons_by_login on persons (login_sha256) where login_sha256 is not null;

alter table orders add column address_sealed blob;

alter table idempotency_keys add column reply_sealed blob;  -- under a key of the server: an answer may hold an address

-- Names of persons are looked up, not kept with what they said; guests have none but the one that was made up.
update chat_lines set name = '' where person_id in (select id from persons);
