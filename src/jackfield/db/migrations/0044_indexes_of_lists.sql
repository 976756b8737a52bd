create index accounts_of_provider_status on accounts (project_id, provider, status, id);
