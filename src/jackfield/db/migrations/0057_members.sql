create table members (
  id                 text primary key,
  -- The project that the member came by first: what is the member's own is written and sealed there.
  project_id         text not null references projects (id),
  email              text not null unique,
  name               text not null,
  password           text,
  -- Sessions of an earlier generation have ended.
  session_generation integer not null,
  -- How often a second factor was set up, while there is one.
  factor_generation  integer,
  -- The last step of time of which a code was taken.
  factor_step        bigint not null,
  created_at         timestamptz not null,
  signed_in_at       timestamptz
);

create table memberships (
  project_id  text not null references projects (id),
  member_id   text not null references members (id),
  role        text not null,
  -- Whether groups of the identity provider decide on it.
  is_from_sso boolean not null,
  created_at  timestamptz not null,
  created_by  text not null,
  removed_at  timestamptz,
  removed_by  text,
  primary key (project_id, member_id)
);
create index memberships_of_member on memberships (member_id, project_id);

create table member_invites (
  id           text primary key,
  project_id   text not null references projects (id),
  email        text not null,
  role         text not null,
  digest       bytea not null unique,
  created_at   timestamptz not null,
  created_by   text not null,
  expires_at   timestamptz not null,
  accepted_at  timestamptz,
  cancelled_at timestamptz
);
create index member_invites_of_project on member_invites (project_id, id);
create index member_invites_of_email on member_invites (email);
create unique index member_invites_open on member_invites (project_id, email)
  where accepted_at is null and cancelled_at is null;

alter table projects add column requires_second_factor boolean not null default false;
