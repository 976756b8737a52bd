create table projects (
  id         text primary key,
  name       text not null unique,
  version    bigint not null default 0,
  created_at timestamptz not null
);

create table api_keys (
  id         text primary key,
  project_id text not null references projects (id),
  name       text not null,
  digest     bytea not null unique,
  scopes     text not null,
  created_at timestamptz not null,
  revoked_at timestamptz
);
create index api_keys_of_project on api_keys (project_id, id);

create table sign_in_links (
  digest     bytea primary key,
  project_id text not null references projects (id),
  expires_at timestamptz not null,
  used_at    timestamptz
);

create table dashboard_sessions (
  digest     bytea primary key,
  project_id text not null references projects (id),
  created_at timestamptz not null,
  expires_at timestamptz not null
);

create table vault_keys (
  id         text primary key,
  proof      bytea not null,
  created_at timestamptz not null
);

create table credentials (
  owner_id   text not null,
  field      text not null,
  project_id text not null references projects (id),
  generation integer not null,
  sealed     bytea not null,
  primary key (owner_id, field)
);

create table connector_profiles (
  id            text primary key,
  project_id    text not null references projects (id),
  connector_key text not null,
  auth_method   text not null,
  name          text not null,
  active        boolean not null,
  is_default    boolean not null,
  created_at    timestamptz not null,
  updated_at    timestamptz not null,
  deleted_at    timestamptz
);
create index connector_profiles_of_project on connector_profiles (project_id, connector_key, id);
create unique index connector_profiles_default on connector_profiles (project_id, connector_key)
  where is_default and deleted_at is null;

create table accounts (
  id                text primary key,
  project_id        text not null references projects (id),
  profile_id        text not null references connector_profiles (id),
  provider          text not null,
  auth_method       text not null,
  environment       text not null,
  origin_owner_id   text not null,
  origin_owner_name text not null,
  origin_username   text,
  label             text,
  type              text not null,
  shared            boolean not null,
  metadata          text not null,
  setup_information text not null,
  status            text not null,
  status_reasons    text not null,
  generation        integer not null,
  created_at        timestamptz not null,
  updated_at        timestamptz not null
);
create index accounts_of_project on accounts (project_id, id);
create index accounts_of_owner on accounts (project_id, origin_owner_id, id);
create index accounts_of_provider on accounts (project_id, provider, id);
create index accounts_of_status on accounts (project_id, status, id);
create index accounts_of_profile on accounts (profile_id);

create table connect_sessions (
  id                bigint primary key,
  project_id        text not null references projects (id),
  token_digest      bytea not null unique,
  origin_owner_id   text not null,
  origin_owner_name text not null,
  origin_username   text,
  provider          text,
  categories        text not null,
  profile_id        text references connector_profiles (id),
  account_id        text,
  multiple          boolean not null,
  label             text,
  type              text not null,
  shared            boolean not null,
  metadata          text not null,
  created_at        timestamptz not null,
  expires_at        timestamptz not null,
  used_at           timestamptz,
  linked_account_id text
);
create index connect_sessions_of_project on connect_sessions (project_id, id);

create table events (
  id         text primary key,
  project_id text not null references projects (id),
  type       text not null,
  subject    text not null,
  body       text not null,
  created_at timestamptz not null
);
create index events_of_project on events (project_id, id);

create table runs (
  id           text primary key,
  project_id   text not null references projects (id),
  account_id   text not null,
  provider     text not null,
  action_id    text not null,
  source       text not null,
  success      boolean not null,
  status_code  integer not null,
  error_code   text,
  message      text,
  started_at   timestamptz not null,
  duration_ms  integer not null
);
create index runs_of_project on runs (project_id, id);
create index runs_of_account on runs (project_id, account_id, id);
