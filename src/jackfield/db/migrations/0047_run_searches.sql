-- What failed is looked for most, and is little of all.
create index runs_that_failed on runs (project_id, id) where not success;
create index runs_of_customer on runs (project_id, origin_owner_id, id);
