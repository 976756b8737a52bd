-- A connector belongs to the project that uploaded it first.
create table uploaded_connectors (
  key        text primary key,
  project_id text not null references projects (id),
  -- The version that runs, once there is one.
  running_id text,
  created_at timestamptz not null
);
create index uploaded_connectors_of_project on uploaded_connectors (project_id, key);

create table connector_versions (
  id           text primary key,
  project_id   text not null references projects (id),
  key          text not null references uploaded_connectors (key),
  -- Empty where a draft does not say it.
  version      text not null,
  state        text not null,
  files        integer not null,
  size         integer not null,
  errors       integer not null,
  uploaded_by  text not null,
  uploaded_at  timestamptz not null,
  published_by text,
  published_at timestamptz
);
create unique index connector_versions_draft on connector_versions (key) where state = 'draft';
create unique index connector_versions_published on connector_versions (key, version)
  where state <> 'draft';

create table connector_files (
  version_id text not null references connector_versions (id) on delete cascade,
  name       text not null,
  project_id text not null references projects (id),
  content    bytea not null,
  primary key (version_id, name)
);

create index connector_profiles_pinned on connector_profiles (connector_key, pinned_version)
  where pinned_version is not null;
