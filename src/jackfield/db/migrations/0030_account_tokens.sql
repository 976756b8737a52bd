create table account_tokens (
  account_id         text primary key references accounts (id) on delete cascade,
  project_id         text not null references projects (id),
  generation         integer not null,
  intent             integer not null,
  intent_at          timestamptz,
  leased_until       timestamptz,
  renewed_at         timestamptz not null,
  expires_at         timestamptz,
  refresh_expires_at timestamptz,
  stale_at           timestamptz,
  due_at             timestamptz,
  scopes             text,
  failures           integer not null default 0,
  failed_at          timestamptz,
  failure_code       text,
  retry_at           timestamptz,
  change             bigint not null
);
create index account_tokens_due on account_tokens (due_at) where due_at is not null;
create index account_tokens_changed on account_tokens (project_id, change);
alter table projects add column token_changes bigint not null default 0;
alter table connector_profiles add column client_refused_at timestamptz;
