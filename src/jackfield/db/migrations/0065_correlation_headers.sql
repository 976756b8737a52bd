-- Headers by which a client finds its calls again, of the names that a project keeps.
create table run_headers (
  run_id     text not null,
  project_id text not null references projects (id),
  name       text not null,
  value      text not null,
  primary key (run_id, name)
);
create index run_headers_by_value on run_headers (project_id, name, value, run_id);
create index run_headers_of_project on run_headers (project_id, run_id);
