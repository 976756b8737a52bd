create table webhook_endpoints (
  id              text primary key,
  project_id      text not null references projects (id),
  url             text not null,
  description     text,
  active          boolean not null,
  disabled_reason text,
  created_at      timestamptz not null,
  updated_at      timestamptz not null
);
create index webhook_endpoints_of_project on webhook_endpoints (project_id, id);

create table webhook_subscriptions (
  endpoint_id text not null references webhook_endpoints (id) on delete cascade,
  project_id  text not null references projects (id),
  event_type  text not null,
  primary key (endpoint_id, event_type)
);
create index webhook_subscriptions_of_type on webhook_subscriptions (project_id, event_type);

create table webhook_deliveries (
  endpoint_id  text not null references webhook_endpoints (id) on delete cascade,
  event_id     text not null,
  project_id   text not null references projects (id),
  status       text not null,
  attempts     integer not null,
  due_at       timestamptz not null,
  leased_until timestamptz,
  last_status  integer,
  last_error   text,
  created_at   timestamptz not null,
  updated_at   timestamptz not null,
  primary key (endpoint_id, event_id)
);
create index webhook_deliveries_due on webhook_deliveries (due_at) where status = 'pending';
create index webhook_deliveries_of_event on webhook_deliveries (project_id, event_id);
