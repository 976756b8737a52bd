create table revocations (
  account_id   text primary key references accounts (id) on delete cascade,
  project_id   text not null references projects (id),
  ending       text not null,
  generation   integer not null,
  begun_at     timestamptz not null,
  leased_until timestamptz not null
);
create index revocations_of_project on revocations (project_id);
