create table account_jobs (
  id           text primary key,
  project_id   text not null references projects (id),
  verb         text not null,
  status       text not null,
  -- The filters that the accounts were chosen by, as the address of their list; empty if one by one.
  query        text not null,
  actor        text not null,
  total        integer not null,
  done         integer not null default 0,
  failed       integer not null default 0,
  ended_reason text,
  leased_until timestamptz,
  created_at   timestamptz not null,
  updated_at   timestamptz not null
);
create index account_jobs_of_project on account_jobs (project_id, id);
create unique index account_jobs_running on account_jobs (project_id) where status = 'running';

-- Without a reference to the account, which the job may delete.
create table account_job_items (
  job_id     text not null references account_jobs (id) on delete cascade,
  account_id text not null,
  project_id text not null references projects (id),
  outcome    text not null,
  -- Of the account, as it was when the job began.
  name       text not null,
  provider   text not null,
  code       text,
  message    text,
  ended_at   timestamptz,
  primary key (job_id, account_id)
);
create index account_job_items_by_outcome on account_job_items (job_id, outcome, account_id);

create table account_changes (
  id         text primary key,
  project_id text not null references projects (id),
  account_id text not null references accounts (id) on delete cascade,
  kind       text not null,
  detail     text not null,
  actor      text not null,
  made_at    timestamptz not null
);
create index account_changes_of_account on account_changes (project_id, account_id, id);
create index account_changes_of_kind on account_changes (account_id, kind, id);

create table saved_views (
  id         text primary key,
  project_id text not null references projects (id),
  page       text not null,
  name       text not null,
  query      text not null,
  actor      text not null,
  created_at timestamptz not null,
  unique (project_id, page, name)
);
