create table idempotency_keys (
  project_id  text not null references projects (id),
  digest      bytea not null,
  id          text not null,
  state       text not null,
  lease_until timestamptz not null,
  expires_at  timestamptz not null,
  primary key (project_id, digest)
);
create index idempotency_keys_by_expiry on idempotency_keys (project_id, expires_at);
