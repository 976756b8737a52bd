alter table connector_profiles add column seen_version text;
