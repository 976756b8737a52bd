alter table connect_sessions add column attempts integer not null default 0;
