-- +goose Up

-- The rights of a file over the months to come, from what was announced: one row a
-- file, written again on demand. content is JSON: identifiers, months and amounts,
-- never compared or searched.
CREATE TABLE outlook (
	org_id       {{text}} NOT NULL,
	file_id      {{text}} NOT NULL,
	first_month  BIGINT NOT NULL,
	law          {{text}} NOT NULL,
	facts_digest {{text}} NOT NULL,
	computed_at  BIGINT NOT NULL,
	computed_by  {{text}} NOT NULL,
	content      {{blob}} NOT NULL,
	PRIMARY KEY (org_id, file_id),
	FOREIGN KEY (org_id, file_id) REFERENCES person (org_id, id)
) {{rows}};
