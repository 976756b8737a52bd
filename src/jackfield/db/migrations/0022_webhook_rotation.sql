alter table webhook_endpoints add column previous_secret_until timestamptz;
