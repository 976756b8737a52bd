alter table connect_sessions add column external_trigger_token text;
alter table connect_sessions add column scopes text not null default 'null';
alter table connect_sessions add column latest_attempt text not null default 'null';
create index connect_sessions_of_pending_link on connect_sessions (project_id, pending_link_id)
  where pending_link_id is not null;
