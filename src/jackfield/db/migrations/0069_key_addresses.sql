-- Where a key was last used from.
alter table api_key_uses add column address text;
