create table recovery_codes (
  digest     bytea primary key,
  project_id text not null references projects (id),
  member_id  text not null references members (id),
  used_at    timestamptz
);
create index recovery_codes_of_member on recovery_codes (project_id, member_id);

create table member_identities (
  issuer     text not null,
  subject    text not null,
  project_id text not null references projects (id),
  member_id  text not null references members (id),
  created_at timestamptz not null,
  primary key (issuer, subject)
);
create unique index member_identities_of_member on member_identities (member_id, issuer);

-- Answers of the identity provider that were taken, until they would have expired anyway.
create table sso_answers (
  digest     bytea primary key,
  expires_at timestamptz not null
);
create index sso_answers_ended on sso_answers (expires_at);
