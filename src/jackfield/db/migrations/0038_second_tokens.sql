alter table account_tokens add column asked text;
alter table account_tokens add column apart text;
