create table account_checks (
  account_id   text primary key references accounts (id) on delete cascade,
  project_id   text not null references projects (id),
  provider     text not null,
  due_at       timestamptz,
  leased_until timestamptz
);
create index account_checks_due on account_checks (due_at) where due_at is not null;
insert into account_checks (account_id, project_id, provider, due_at)
select id, project_id, provider, updated_at from accounts;
