-- +goose Up

-- The person's own words, sealed: append-only. note_id is the note they stand
-- beside, '' when they stand alone. by_person is 1 when the person wrote them, 0
-- when written_by took them down; reread says how the person heard them again.
CREATE TABLE statement (
	org_id     {{text}} NOT NULL,
	file_id    {{text}} NOT NULL,
	id         {{text}} NOT NULL,
	note_id    {{text}} NOT NULL,
	body       {{blob}} NOT NULL,
	said_on    {{text}} NOT NULL,
	reread     {{text}} NOT NULL,
	by_person  BIGINT NOT NULL,
	written_at BIGINT NOT NULL,
	written_by {{text}} NOT NULL,
	PRIMARY KEY (org_id, file_id, id),
	FOREIGN KEY (org_id, file_id) REFERENCES person (org_id, id)
) {{clustered}};
