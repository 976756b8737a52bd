alter table api_keys add column expires_at timestamptz;
alter table api_keys add column disabled_at timestamptz;
alter table api_keys add column created_by text;

-- Apart from the keys: written with the log, and may be lost as it may.
create table api_key_uses (
  key_id     text primary key references api_keys (id),
  project_id text not null references projects (id),
  used_at    timestamptz not null,
  user_agent text
);
