alter table account_tokens add column introspect_at timestamptz;
create index account_tokens_introspected on account_tokens (introspect_at) where introspect_at is not null;
