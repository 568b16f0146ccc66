-- +goose Up

-- A request that a program may send again within a day (Idempotency-Key).
-- key_hash and digest: hex SHA-256 of the key, and of what was asked. status 0:
-- being answered. answer: sealed headers and body, so that they can be said again.
CREATE TABLE api_request (
	org_id   {{text}} NOT NULL,
	token_id {{text}} NOT NULL,
	key_hash {{text}} NOT NULL,
	digest   {{text}} NOT NULL,
	status   BIGINT NOT NULL,
	answer   {{blob}} NOT NULL,
	at       BIGINT NOT NULL,
	PRIMARY KEY (org_id, token_id, key_hash)
) {{clustered}};

CREATE INDEX api_request_age ON api_request (at);
