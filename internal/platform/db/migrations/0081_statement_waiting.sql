-- +goose Up

-- Words that a person wrote from their own space and that no worker has said they
-- read: the row goes when one does. note_id is the note beside which they stand.
CREATE TABLE statement_waiting (
	org_id     {{text}} NOT NULL,
	file_id    {{text}} NOT NULL,
	id         {{text}} NOT NULL,
	note_id    {{text}} NOT NULL,
	written_on {{text}} NOT NULL,
	PRIMARY KEY (org_id, file_id, id),
	FOREIGN KEY (org_id, file_id) REFERENCES person (org_id, id)
) {{clustered}};
