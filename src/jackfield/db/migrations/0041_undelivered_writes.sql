create table undelivered_writes (
  project_id text not null references projects (id),
  mark       bytea not null,
  process    text not null,
  state      text not null,
  noted_at   timestamptz not null,
  expires_at timestamptz not null,
  primary key (project_id, mark, process)
);
