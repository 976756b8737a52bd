create table audit_pushes (
  project_id   text not null,
  sink         text not null,
  -- Of the last record that it took.
  seq          bigint not null,
  hash         text not null,
  failures     integer not null,
  error        text,
  due_at       timestamptz not null,
  leased_until timestamptz,
  pushed_at    timestamptz,
  primary key (project_id, sink)
);
