alter table pending_links add column account_generation integer;
alter table pending_links add column identity_changed boolean not null default false;
