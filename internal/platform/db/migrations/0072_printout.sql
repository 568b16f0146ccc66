-- +goose Up

-- A sheet says rights, a plan or a whole file: one space of codes, so that a
-- counter types a code without knowing what was printed.
ALTER TABLE sheet ADD COLUMN kind {{text}} NOT NULL DEFAULT 'rights';

-- What a printed plan or file said, sealed: its code leads to the document as it
-- was. digest tells whether the file has changed since.
CREATE TABLE printout (
	org_id    {{text}} NOT NULL,
	code      {{text}} NOT NULL,
	person_id {{text}} NOT NULL,
	digest    {{text}} NOT NULL,
	content   {{blob}} NOT NULL,
	PRIMARY KEY (org_id, code),
	FOREIGN KEY (org_id, code) REFERENCES sheet (org_id, code)
) {{rows}};

CREATE INDEX printout_person ON printout (org_id, person_id, digest);
