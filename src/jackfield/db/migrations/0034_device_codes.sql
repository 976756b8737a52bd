alter table sign_ins add column poll_at timestamptz;
alter table sign_ins add column poll_seconds integer not null default 0;
