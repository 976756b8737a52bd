-- The limits that processes share on PostgreSQL. A key is a digest; `full_at` is in seconds.
create table limit_slots (
  key     bigint primary key,
  full_at double precision not null,
  granted double precision not null
);
create table limit_places (
  key          bigint not null,
  place        integer not null,
  process      text not null,
  leased_until timestamptz not null,
  primary key (key, place)
);
create table limit_lines (
  key     bigint not null,
  process text not null,
  since   timestamptz not null,
  until   timestamptz not null,
  primary key (key, process)
);
