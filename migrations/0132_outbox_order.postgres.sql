-- The order of insertion, which SQLite has as rowid. A change waits for the row lock of the one before it and writes its
-- events after that, so of one key the numbers grow in the order of commits.
create sequence outbox_n;
alter table outbox add column n bigint not null default nextval('outbox_n');
create index outbox_by_n on outbox (n);
