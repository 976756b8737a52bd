-- Calls that operators keep to make again; without secrets.
create table saved_calls (
  id         text primary key,
  project_id text not null references projects (id),
  name       text not null,
  action_id  text not null,
  -- Without a reference: the call outlives its account, and is made with another.
  account_id text,
  inputs     text not null,
  created_by text not null,
  created_at timestamptz not null,
  updated_at timestamptz not null
);
create index saved_calls_of_project on saved_calls (project_id, id);
