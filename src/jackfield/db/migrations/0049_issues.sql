create table issues (
  id                text primary key,
  project_id        text not null references projects (id),
  account_id        text not null,
  provider          text not null,
  origin_owner_id   text not null,
  origin_owner_name text not null,
  cause             text not null,
  code              text not null,
  message           text not null,
  step              text not null,
  status            text not null,
  first_seen_at     timestamptz not null,
  last_seen_at      timestamptz not null,
  occurrences       bigint not null,
  reopened          integer not null,
  actions           text not null,
  request_ids       text not null,
  generation        integer not null,
  account_failing   boolean not null,
  last_run_id       text not null,
  settled_run_id    text not null,
  resolved_at       timestamptz,
  resolution        text,
  resolved_by       text,
  muted_at          timestamptz,
  muted_until       timestamptz
);
create index issues_of_project on issues (project_id, status, id);
create index issues_of_account on issues (project_id, account_id, id);
create unique index issues_open on issues (project_id, account_id, cause) where status = 'open';

-- How far the log and the accounts of a project were read.
create table issue_readings (
  project_id    text primary key references projects (id),
  runs_until    timestamptz not null,
  changes_until timestamptz not null,
  -- The last run that was read, while there are more.
  resume_after  text not null default '',
  leased_until  timestamptz not null
);

-- Failed runs that were read, as long as they are looked at again.
create table issue_runs (
  run_id     text primary key,
  project_id text not null references projects (id)
);
create index issue_runs_of_project on issue_runs (project_id, run_id);

create index accounts_failing on accounts (project_id, updated_at, id)
  where status in ('error', 'expired');
create index account_tokens_failing on account_tokens (project_id, failed_at, account_id)
  where failures > 0;
