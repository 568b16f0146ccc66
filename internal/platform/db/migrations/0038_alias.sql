-- +goose Up

-- alias_id is, since merged_at, the same human as person_id: reads resolve it,
-- nothing else is rewritten. ended_at is 0 while it holds. Rows of the file whose
-- id is greater than this one's were written since.
CREATE TABLE person_alias (
	org_id    {{text}} NOT NULL,
	id        {{text}} NOT NULL,
	alias_id  {{text}} NOT NULL,
	person_id {{text}} NOT NULL,
	reason    {{text}} NOT NULL,
	merged_at BIGINT NOT NULL,
	merged_by {{text}} NOT NULL,
	ended_at  BIGINT NOT NULL,
	ended_by  {{text}} NOT NULL,
	PRIMARY KEY (org_id, person_id, id),
	FOREIGN KEY (org_id, alias_id) REFERENCES person (org_id, id),
	FOREIGN KEY (org_id, person_id) REFERENCES person (org_id, id)
) {{clustered}};

CREATE UNIQUE INDEX person_alias_current ON person_alias (org_id, alias_id) WHERE ended_at = 0;
