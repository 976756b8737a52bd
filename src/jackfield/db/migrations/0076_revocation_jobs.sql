-- When the provider may first have been asked, and what a revocation found out, as JSON.
alter table account_job_items add column begun_at timestamptz;
alter table account_job_items add column details text;
-- The first of the jobs of one command, which may be over several projects.
alter table account_jobs add column batch_id text;
create index account_jobs_of_batch on account_jobs (batch_id);

-- A revocation waits for no other job.
drop index account_jobs_running;
create unique index account_jobs_running on account_jobs (project_id)
 where status = 'running' and verb <> 'revoke';
create index account_jobs_revoking on account_jobs (project_id)
 where status = 'running' and verb = 'revoke';
