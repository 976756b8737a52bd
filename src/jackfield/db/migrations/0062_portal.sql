create table portal_sessions (
  id                text primary key,
  project_id        text not null references projects (id),
  token_digest      bytea not null unique,
  -- Of the browser that opened it, or of the frame.
  key_digest        bytea unique,
  origin_owner_id   text not null,
  origin_owner_name text not null,
  rights            text not null,
  allowed_origins   text not null,
  locale            text,
  theme             text,
  open_seconds      integer not null,
  created_at        timestamptz not null,
  created_by        text not null,
  expires_at        timestamptz not null,
  opened_at         timestamptz,
  ends_at           timestamptz,
  revoked_at        timestamptz
);
create index portal_sessions_of_project on portal_sessions (project_id, id);
create index portal_sessions_of_owner on portal_sessions (project_id, origin_owner_id, id);

create table portal_frames (
  id         text primary key,
  project_id text not null references projects (id),
  session_id text not null,
  origin     text not null,
  expires_at timestamptz not null
);
create index portal_frames_of_session on portal_frames (project_id, session_id, id);
create index portal_frames_of_project on portal_frames (project_id, expires_at);
