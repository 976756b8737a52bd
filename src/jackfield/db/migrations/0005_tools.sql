create table tool_feedback (
  id         text primary key,
  project_id text not null references projects (id),
  account_id text not null,
  tools      text not null,
  feedback   text not null,
  created_at timestamptz not null
);
create index tool_feedback_of_project on tool_feedback (project_id, id);

create table files (
  digest       bytea primary key,
  project_id   text not null references projects (id),
  name         text not null,
  content_type text not null,
  size         bigint not null,
  content      bytea not null,
  expires_at   timestamptz not null
);
create index files_of_project on files (project_id, expires_at);
