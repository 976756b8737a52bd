-- One row, once there was a backup: the number of the newest file of shredding keys. It only grows,
-- where a clock may be set back.
create table shredding_key_files (
  id     integer primary key,
  number bigint not null
);
