-- Accounts that nobody has a reason to use: a use of one is an alarm.
create table decoys (
  account_id text primary key references accounts (id) on delete cascade,
  project_id text not null references projects (id),
  created_at timestamptz not null,
  touches    integer not null default 0,
  touched_at timestamptz,
  -- When it was last told, and of whom: many touches of one are told once a minute.
  alarmed_at timestamptz,
  alarmed_by text
);
create index decoys_of_project on decoys (project_id, account_id);
create index decoys_touched on decoys (project_id, touched_at) where touched_at is not null;
