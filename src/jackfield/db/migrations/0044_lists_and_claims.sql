create index accounts_of_provider_status on accounts (project_id, provider, status, id);
create index runs_failed on runs (project_id, id, status_code) where not success;
alter table account_tokens add column claimed_until timestamptz;
alter table account_tokens add column introspection_claimed_until timestamptz;
