-- Who runs the server has seen whose brand it is: the company's name, shown beside the brand's (SPEC 11).
alter table brands add column verified_as text;
alter table brands add column verified_at integer;
