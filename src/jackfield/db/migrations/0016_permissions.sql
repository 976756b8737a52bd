create table account_permissions (
  account_id text primary key references accounts (id) on delete cascade,
  project_id text not null references projects (id),
  generation integer not null,
  probed_at  timestamptz not null,
  findings   text not null
);
