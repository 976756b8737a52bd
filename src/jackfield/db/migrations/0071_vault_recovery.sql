-- A copy of the keyring that the recovery key opens: one row, once there is such a key.
create table vault_recovery (
  id        integer primary key,
  -- The public half of the recovery key, which the keyring names.
  recipient text not null,
  -- The ids of the keys in the copy, with blanks between them.
  keys      text not null,
  copy      bytea not null,
  made_at   timestamptz not null
);
