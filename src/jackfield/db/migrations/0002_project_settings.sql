alter table projects add column settings text not null default '{}';
