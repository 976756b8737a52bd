create table sign_ins (
  id                text primary key,
  project_id        text not null references projects (id),
  session_id        bigint not null,
  connector_key     text,
  profile_id        text references connector_profiles (id),
  account_id        text,
  stage             text not null,
  status            text not null,
  key_digest        bytea unique,
  state_digest      bytea unique,
  browser_digest    bytea,
  error_code        text,
  error_description text,
  linked_account_id text,
  pending_link_id   text,
  scopes_missing    text not null default '[]',
  created_at        timestamptz not null,
  updated_at        timestamptz not null,
  expires_at        timestamptz not null
);
create index sign_ins_of_session on sign_ins (project_id, session_id);
create index sign_ins_by_expiry on sign_ins (project_id, expires_at);
