alter table tool_feedback add column rating text;
alter table tool_feedback add column session_id text;
alter table tool_feedback add column run_id text;
