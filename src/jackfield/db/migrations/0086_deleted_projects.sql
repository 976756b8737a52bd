-- Since when a project is being deleted: nothing finds it by its name any more.
alter table projects add column deleted_at timestamptz;
