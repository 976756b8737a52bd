alter table connect_sessions add column relink boolean not null default false;
alter table connect_sessions add column actions text not null default '[]';
alter table connect_sessions add column allowed_origins text not null default '[]';
alter table connect_sessions add column revoked_at timestamptz;
alter table connect_sessions add column pending_link_id text;

alter table accounts add column allowed_actions text not null default 'null';

create table connect_frames (
  id         text primary key,
  project_id text not null references projects (id),
  session_id bigint not null,
  origin     text not null,
  expires_at timestamptz not null
);
create index connect_frames_of_project on connect_frames (project_id, expires_at);

create table pending_links (
  id                text primary key,
  project_id        text not null references projects (id),
  profile_id        text not null references connector_profiles (id),
  account_id        text,
  provider          text not null,
  auth_method       text not null,
  terms             text not null,
  setup_information text not null,
  status            text not null,
  created_at        timestamptz not null,
  expires_at        timestamptz not null,
  decided_at        timestamptz
);
create index pending_links_of_project on pending_links (project_id, status, id);
