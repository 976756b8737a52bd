create table sent_codes (
  id           text primary key,
  project_id   text not null references projects (id),
  profile_id   text not null references connector_profiles (id),
  installation bytea not null,
  code_digest  bytea not null,
  received_at  timestamptz not null,
  taken_at     timestamptz,
  expires_at   timestamptz not null,
  unique (project_id, profile_id, installation)
);
create index sent_codes_by_expiry on sent_codes (project_id, expires_at);
