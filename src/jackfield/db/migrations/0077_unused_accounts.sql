-- Days on which the hub ran, each by its beginning: disuse is counted in them, not by the clock.
create table hub_days (
  day      integer primary key,
  began_at timestamptz not null
);

-- Accounts of which it was told that they are unused and will be suspended.
create table unused_accounts (
  account_id text primary key references accounts (id) on delete cascade,
  project_id text not null references projects (id),
  noticed_at timestamptz not null
);
create index unused_accounts_of_project on unused_accounts (project_id, noticed_at);
