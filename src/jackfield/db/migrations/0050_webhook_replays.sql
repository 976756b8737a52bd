-- What each attempt came to. Without a reference to its delivery, which may be deleted meanwhile.
create table webhook_attempts (
  project_id   text not null references projects (id),
  event_id     text not null,
  endpoint_id  text not null,
  id           text not null,
  status       integer,
  error        text,
  answer       text,
  duration_ms  integer,
  attempted_at timestamptz not null,
  primary key (project_id, event_id, endpoint_id, id)
);

create table webhook_replays (
  id           text primary key,
  project_id   text not null references projects (id),
  endpoint_id  text not null references webhook_endpoints (id) on delete cascade,
  status       text not null,
  outcome      text not null,
  events       text not null,
  since        timestamptz,
  until        timestamptz,
  total        integer not null,
  begun        integer not null,
  -- The ids of the event that was begun last, and of the last that there is to begin.
  reached      text not null,
  last_event   text not null,
  ended_reason text,
  leased_until timestamptz,
  created_at   timestamptz not null,
  updated_at   timestamptz not null
);
create unique index webhook_replays_running on webhook_replays (endpoint_id)
  where status = 'running';
create index webhook_replays_of_endpoint on webhook_replays (project_id, endpoint_id, id);
