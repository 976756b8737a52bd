-- Without its shredding key, nothing opens what was sealed with it. Kept out of backups: a key that
-- is deleted here is gone. The key of the project itself is that of no owner ('').
create table shredding_keys (
  project_id text not null references projects (id),
  owner_id   text not null,
  key        bytea not null,
  primary key (project_id, owner_id)
);

-- Whose shredding key a secret needs; null for what was sealed without one.
alter table credentials add column shredded_with text;
