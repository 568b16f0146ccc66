-- +goose Up

-- What a program holds in a worker's name. token_hash: hex SHA-256 of the secret,
-- which is stored nowhere. scopes: "facts:read persons:read". aal: the assurance of
-- the session that made it. used_on: the last day it served, "" = never.
CREATE TABLE access_token (
	token_hash {{text}} NOT NULL PRIMARY KEY,
	org_id     {{text}} NOT NULL,
	id         {{text}} NOT NULL,
	worker     {{text}} NOT NULL,
	name       {{text}} NOT NULL,
	scopes     {{text}} NOT NULL,
	aal        BIGINT NOT NULL,
	made_at    BIGINT NOT NULL,
	ends_at    BIGINT NOT NULL,
	used_on    {{text}} NOT NULL,
	revoked_at BIGINT
) {{clustered}};

CREATE INDEX access_token_worker ON access_token (org_id, worker, id);
