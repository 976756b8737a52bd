create index runs_of_customer on runs (project_id, origin_owner_id, id);
