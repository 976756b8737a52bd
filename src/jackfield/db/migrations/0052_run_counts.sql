-- How many runs began in each hour; written in the transactions that write the runs.
create table run_counts (
  project_id text not null references projects (id),
  hour       timestamptz not null,
  provider   text not null,
  source     text not null,
  outcome    text not null,
  total      bigint not null,
  primary key (project_id, hour, provider, source, outcome)
);

-- How far back the log was counted that is older than the counts.
create table run_count_fills (
  project_id   text primary key references projects (id),
  -- The hour in which it began, of which some runs are older than the counts.
  begun_in     timestamptz not null,
  filled_from  timestamptz not null,
  ended_at     timestamptz,
  leased_until timestamptz not null
);
