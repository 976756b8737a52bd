-- The words that an account is found by. Their bytes, not text, so that a prefix is a range in
-- every collation. Deleted with their account, by hand: a reference would need an index of its own.
create table account_words (
  project_id text not null references projects (id),
  account_id text not null,
  word       bytea not null,
  primary key (project_id, account_id, word)
);
create index account_words_of_project on account_words (project_id, word, account_id);

-- Apart from the accounts: written with the log, and may be lost as it may. Without a reference,
-- since an account may be deleted before its last run is logged.
create table account_uses (
  account_id  text primary key,
  project_id  text not null references projects (id),
  -- Empty if it was never used.
  last_run_id text not null
);
create index account_uses_in_order on account_uses (project_id, last_run_id, account_id);

-- The account's `updated_at` when its words, and the code of why it is not active, were written.
-- Processes of a version before this one write neither: what they change is done again.
alter table accounts add column words_at timestamptz;
alter table accounts add column reason text not null default '';
create index accounts_without_words on accounts (project_id, id)
  where words_at is null or words_at < updated_at;
create index accounts_of_reason on accounts (project_id, reason, id) where reason <> '';
create index accounts_of_type on accounts (project_id, type, id);
create index accounts_of_environment on accounts (project_id, environment, id);
create index accounts_by_customer on accounts (project_id, lower(origin_owner_name), id);
create index runs_failed_of_accounts on runs (project_id, id, account_id, success)
  where not success;
