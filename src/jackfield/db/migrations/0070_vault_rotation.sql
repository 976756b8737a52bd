-- Which keys seal, and since when: the one with the highest turn seals what is stored now. One without
-- a turn was announced by a rotation: no process starts without it any more.
alter table vault_keys add column turn integer;
alter table vault_keys add column sealing_since timestamptz;

-- Processes that hold keys, and what they last said of them.
create table vault_processes (
  id        text primary key,
  host      text not null,
  pid       integer not null,
  -- The ids of its keys, with blanks between them, and of the one that it seals with.
  keys      text not null,
  sealing   text not null,
  -- The roll call that it has answered.
  roll_call integer not null,
  seen_at   timestamptz not null
);

-- One row, once a rotation has begun: whose turn it is to rotate, and the last roll call.
create table vault_rotation (
  id           integer primary key,
  roll_call    integer not null,
  lease        text,
  leased_until timestamptz
);
