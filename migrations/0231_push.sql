-- Web push: browsers that asked to be told when a broadcast begins that their person reserved.

-- The address of a browser at its push service, and the keys it gave; sealed for the server. A browser belongs to whoever
-- asked last.
create table push_subscriptions (
  bucket integer not null,       -- of the person
  person_id integer not null,
  id integer not null,
  digest text not null,          -- of the address
  sealed blob not null,          -- {endpoint, p256dh, auth}
  language text not null check (language in ('zh','en')),
  created_at integer not null,
  primary key (bucket, person_id, id)
) strict;
create unique index push_subscriptions_by_digest on push_subscriptions (digest);

-- Broadcasts that have begun and whose reservations are gone through, person by person.
create table push_rounds (
  broadcast_id integer primary key,
  brand_id integer not null,
  started_at integer not null,
  after_person_id integer not null
) strict;

-- One reminder to send: taken from the person's reservation, so that no page gives it again.
create table push_deliveries (
  id integer primary key,
  bucket integer not null,
  person_id integer not null,
  broadcast_id integer not null,
  due_at integer not null,
  tries integer not null,
  expires_at integer not null
) strict;
create index push_deliveries_by_due on push_deliveries (due_at, id);
