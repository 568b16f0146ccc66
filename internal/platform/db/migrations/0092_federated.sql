-- +goose Up

-- Who somebody is at an issuer of identities. subject_hash: hex SHA-256 of the
-- issuer's address and its name for them. issuer: its name in the settings.
-- used_on: the last day it served, '' = never.
CREATE TABLE federated (
	subject_hash {{text}} NOT NULL PRIMARY KEY,
	org_id       {{text}} NOT NULL,
	owner_kind   {{text}} NOT NULL,
	owner        {{text}} NOT NULL,
	id           {{text}} NOT NULL,
	issuer       {{text}} NOT NULL,
	linked_at    BIGINT NOT NULL,
	used_on      {{text}} NOT NULL
) {{clustered}};

CREATE INDEX federated_owner ON federated (org_id, owner_kind, owner);

-- What leaving the issuer too asks for: sealed JSON, NULL for the other ways in.
ALTER TABLE session ADD COLUMN federated {{blob}};
