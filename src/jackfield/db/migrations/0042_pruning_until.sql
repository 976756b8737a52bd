alter table projects add column pruning_until timestamptz;
