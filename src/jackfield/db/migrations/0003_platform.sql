alter table connector_profiles add column environment text not null default 'production';
alter table connector_profiles add column setup text not null default '{}';
alter table connector_profiles add column generation integer not null default 1;
alter table connector_profiles add column allowed_actions text;
alter table connector_profiles add column pinned_version text;
create index accounts_of_profile_status on accounts (project_id, profile_id, status, id);

alter table runs add column request_id text;
alter table runs add column key_id text;
alter table runs add column user_agent text;
alter table runs add column profile_id text;
alter table runs add column connector_version text;
alter table runs add column action_type text;
alter table runs add column auth_method text;
alter table runs add column mode text;
alter table runs add column origin_owner_id text;
alter table runs add column origin_owner_name text;
alter table runs add column steps text not null default '[]';
alter table runs add column step_count integer not null default 0;
alter table runs add column exchange_count integer not null default 0;
create index runs_of_request on runs (request_id);

create table run_bodies (
  run_id     text primary key,
  project_id text not null references projects (id),
  content    text not null
);
create index run_bodies_of_project on run_bodies (project_id, run_id);

create table api_requests (
  id           text primary key,
  project_id   text not null references projects (id),
  key_id       text,
  user_agent   text,
  category     text not null,
  account_id   text,
  http_method  text not null,
  path         text not null,
  success      boolean not null,
  status_code  integer not null,
  error_code   text,
  started_at   timestamptz not null,
  duration_ms  integer not null
);
create index api_requests_of_project on api_requests (project_id, id);
