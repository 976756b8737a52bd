alter table pending_links add column changes text not null default '[]';
alter table pending_links add column session_id bigint;
