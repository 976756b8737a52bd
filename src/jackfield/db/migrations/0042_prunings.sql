create table prunings (
  project_id   text primary key references projects (id) on delete cascade,
  leased_until timestamptz not null
);
