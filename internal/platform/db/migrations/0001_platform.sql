-- What every room needs: facts about this installation, jobs, and the outbox.
-- Instants are µs UTC. org_id is '' for what belongs to no organisation.

-- +goose Up
CREATE TABLE install (
	name  {{text}} NOT NULL PRIMARY KEY,
	value {{text}} NOT NULL
) {{clustered}};

CREATE TABLE job (
	id          {{text}} NOT NULL PRIMARY KEY,
	kind        {{text}} NOT NULL,
	org_id      {{text}} NOT NULL,
	args        {{text}} NOT NULL,
	run_at      BIGINT NOT NULL,
	lease_until BIGINT NOT NULL DEFAULT 0,
	attempts    BIGINT NOT NULL DEFAULT 0,
	dead_at     BIGINT NOT NULL DEFAULT 0,
	error       {{text}} NOT NULL DEFAULT '',
	created_at  BIGINT NOT NULL
) {{rows}};
CREATE INDEX job_due ON job (dead_at, run_at, id);

CREATE TABLE outbox (
	seq        {{serial}},
	id         {{text}} NOT NULL,
	topic      {{text}} NOT NULL,
	org_id     {{text}} NOT NULL,
	args       {{text}} NOT NULL,
	created_at BIGINT NOT NULL
) {{rows}};
