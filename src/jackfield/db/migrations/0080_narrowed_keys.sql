-- A key that another key minted, with less than it may do itself; limits is what it may do, as JSON.
alter table api_keys add column parent_id text;
alter table api_keys add column limits text;
create index api_keys_of_parent on api_keys (project_id, parent_id);

-- Calls of keys that may do a number of them, counted before each is sent.
create table api_key_calls (
  key_id     text primary key references api_keys (id),
  project_id text not null references projects (id),
  most       integer not null,
  used       integer not null
);
create index api_key_calls_of_project on api_key_calls (project_id);
