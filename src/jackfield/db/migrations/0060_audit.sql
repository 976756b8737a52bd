-- Without references to projects: what was done with one is told after its end, too. The chain of
-- the installation itself is called `installation`.
create table audit_chains (
  project_id       text primary key,
  -- Of the last record; 0 before the first.
  seq              bigint not null,
  hash             text not null,
  -- Of the last record that a checkpoint signs.
  signed_seq       bigint not null,
  -- Of the last record that was pruned, and what signs that.
  pruned_seq       bigint not null,
  pruned_body      text,
  pruned_signature text
);

create table audit_records (
  project_id  text not null,
  seq         bigint not null,
  hash        text not null,
  -- The record as it is hashed; the other columns repeat what records are found by.
  body        text not null,
  recorded_at timestamptz not null,
  family      text not null,
  kind        text not null,
  actor_kind  text not null,
  actor_id    text not null,
  target      text,
  account_id  text,
  action_id   text,
  effect      text,
  address     text,
  request_id  text,
  primary key (project_id, seq)
);
create index audit_records_of_kind on audit_records (project_id, kind, seq);
create index audit_records_of_actor on audit_records (project_id, actor_id, seq);
create index audit_records_of_account on audit_records (project_id, account_id, seq);
create index audit_records_of_target on audit_records (project_id, target, seq)
  where target is not null;
create index audit_records_of_request on audit_records (project_id, request_id, seq)
  where request_id is not null;
create index audit_records_by_time on audit_records (project_id, recorded_at);

-- The last of each hour.
create table audit_checkpoints (
  project_id text not null,
  hour       text not null,
  seq        bigint not null,
  body       text not null,
  signature  text not null,
  primary key (project_id, hour)
);

-- What is counted for a minute, and becomes a record then.
create table audit_tallies (
  project_id text not null,
  digest     text not null,
  due_at     timestamptz not null,
  body       text not null,
  count      integer not null,
  primary key (project_id, digest)
);
create index audit_tallies_due on audit_tallies (project_id, due_at);
