-- How far each connect session came. Written with the log, and may be lost as it may.
create table link_steps (
  project_id    text not null references projects (id),
  session_id    bigint not null,
  step          text not null,
  -- Empty before one is chosen.
  connector_key text not null,
  -- The key of a field, or the code of an error; never what was typed.
  detail        text not null,
  first_at      timestamptz not null,
  last_at       timestamptz not null,
  times         integer not null,
  primary key (project_id, session_id, step, connector_key, detail)
);
create index link_steps_by_time on link_steps (project_id, first_at);

-- How fast each endpoint answered lately.
create index webhook_attempts_of_endpoint on webhook_attempts (project_id, endpoint_id, id);
