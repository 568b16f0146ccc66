-- +goose Up

-- Whom the journal that a person reads calls by name: a choice of the organisation,
-- since some of its workers are threatened. No row: the one who accompanies the
-- person is named, the others by their function.
CREATE TABLE seen_naming (
	org_id  {{text}} NOT NULL,
	rule    {{text}} NOT NULL,
	version BIGINT NOT NULL,
	PRIMARY KEY (org_id)
) {{clustered}};

-- Workers who are never called by name there, whatever the rule.
CREATE TABLE seen_unnamed (
	org_id    {{text}} NOT NULL,
	worker_id {{text}} NOT NULL,
	PRIMARY KEY (org_id, worker_id)
) {{clustered}};
