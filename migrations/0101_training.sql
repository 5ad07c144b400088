-- How somebody becomes an agent (SPEC 3): the brand's rules of its matrix, applications, training.

-- No row: the defaults of org::MatrixRules.
create table matrix_rules (
  brand_id integer primary key,
  applications text not null check (applications in ('open','by_share','closed')),
  admission text not null check (admission in ('automatic','by_staff')),
  hand_to_parent integer not null,  -- the customers of who leaves go to their parent, if active
  house_agent_id integer,           -- else to this agent, if active; null: else their locks end
  at integer not null
) strict;

-- Who asked to become an agent, and by whose recruit share. The agent is there from then on, in state 'applied'.
create table applications (
  agent_id integer primary key,
  brand_id integer not null,
  share_id integer,              -- the recruit share; null: applied without one
  opened_at integer,             -- when the applicant last opened it
  message text not null,
  at integer not null,
  approved integer,              -- 1, 0; null: waits
  decided_by_id integer,
  decided_at integer,
  reason text
) strict;
create index applications_by_brand on applications (brand_id, agent_id);

create table training_tasks (
  id integer primary key,
  brand_id integer not null,
  kind text not null check (kind in ('lesson','quiz','rehearsal')),
  title text not null,
  content text not null,         -- JSON: what the kind needs; answers of a quiz too
  required integer not null,
  position integer not null,
  version integer not null,      -- grows with the content
  counts_from integer not null,  -- what was done under an older version does not count
  created_at integer not null,
  retired_at integer
) strict;
create index training_tasks_by_brand on training_tasks (brand_id, position, id);

create table training_done (
  agent_id integer not null,
  task_id integer not null,
  version integer not null,      -- of the task
  by_person_id integer,          -- staff that waived it; null: the agent did it
  broadcast_id integer,          -- rehearsal: which
  at integer not null,
  primary key (agent_id, task_id)
) strict;

create table training_tries (
  id integer primary key,
  agent_id integer not null,
  task_id integer not null,
  version integer not null,
  right_answers integer not null,
  asked integer not null,
  passed integer not null,
  at integer not null
) strict;
create index training_tries_by_agent on training_tries (agent_id, task_id, id);
