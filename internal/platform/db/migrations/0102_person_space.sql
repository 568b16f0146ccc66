-- +goose Up

-- What a person's own space shows, when somebody may look over their shoulder: items
-- left out, a home that names nobody, and whether only the counter may change it.
-- No row: everything shows.
CREATE TABLE person_space (
	org_id    {{text}} NOT NULL,
	person_id {{text}} NOT NULL,
	hidden    {{text}} NOT NULL,
	neutral   BIGINT NOT NULL,
	locked    BIGINT NOT NULL,
	version   BIGINT NOT NULL,
	PRIMARY KEY (org_id, person_id),
	FOREIGN KEY (org_id, person_id) REFERENCES person (org_id, id)
) {{clustered}};
