create index runs_failed_of_account on runs (project_id, account_id, id) where not success;
