-- Apart from `dashboard_sessions`: a process of the version before would let a viewer do everything.
create table member_sessions (
  digest     bytea primary key,
  project_id text not null references projects (id),
  member_id  text not null references members (id),
  generation integer not null,
  method     text not null,
  user_agent text,
  created_at timestamptz not null,
  expires_at timestamptz not null
);
create index member_sessions_of_member on member_sessions (member_id, created_at);
create index member_sessions_of_project on member_sessions (project_id, expires_at);

create table member_links (
  digest     bytea primary key,
  project_id text not null references projects (id),
  member_id  text not null references members (id),
  expires_at timestamptz not null,
  used_at    timestamptz
);
create index member_links_of_project on member_links (project_id, expires_at);

-- By a digest of an e-mail address or of where an attempt came from.
create table sign_in_attempts (
  subject  bytea primary key,
  failures integer not null,
  ends_at  timestamptz not null
);
create index sign_in_attempts_ended on sign_in_attempts (ends_at);
