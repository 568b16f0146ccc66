-- +goose Up

-- The identifier a person had in the program they were imported from: the same
-- row imported again is recognised by it.
CREATE TABLE person_origin (
	org_id    {{text}} NOT NULL,
	value     {{text}} NOT NULL,
	person_id {{text}} NOT NULL,
	import_id {{text}} NOT NULL,
	PRIMARY KEY (org_id, value, person_id),
	FOREIGN KEY (org_id, person_id) REFERENCES person (org_id, id)
) {{clustered}};

CREATE INDEX person_origin_person ON person_origin (org_id, person_id);
