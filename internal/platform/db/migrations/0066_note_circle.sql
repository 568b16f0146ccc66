-- +goose Up

-- Named persons among those who accompany somebody: who reads the notes kept for
-- them. The name is sealed: it may tell why.
CREATE TABLE note_circle (
	org_id  {{text}} NOT NULL,
	id      {{text}} NOT NULL,
	file_id {{text}} NOT NULL,
	name    {{blob}} NOT NULL,
	made_at BIGINT NOT NULL,
	made_by {{text}} NOT NULL,
	PRIMARY KEY (org_id, id),
	FOREIGN KEY (org_id, file_id) REFERENCES person (org_id, id)
) {{clustered}};

CREATE INDEX note_circle_file ON note_circle (org_id, file_id);

CREATE TABLE note_circle_member (
	org_id    {{text}} NOT NULL,
	circle_id {{text}} NOT NULL,
	worker_id {{text}} NOT NULL,
	PRIMARY KEY (org_id, circle_id, worker_id),
	FOREIGN KEY (org_id, circle_id) REFERENCES note_circle (org_id, id)
) {{clustered}};
