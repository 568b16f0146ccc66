-- +goose Up

-- The text of a form whose session had ended, sealed, for its worker alone.
CREATE TABLE draft (
	org_id    {{text}} NOT NULL,
	worker_id {{text}} NOT NULL,
	id        {{text}} NOT NULL,
	path      {{text}} NOT NULL,
	fields    {{blob}} NOT NULL,
	saved_at  BIGINT NOT NULL,
	PRIMARY KEY (org_id, worker_id, id)
) {{rows}};

CREATE INDEX draft_age ON draft (saved_at);
