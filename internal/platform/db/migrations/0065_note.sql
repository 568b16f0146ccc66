-- +goose Up

-- What a worker noted in a file. Its words stand in note_text; text_id is the
-- one that counts. visibility says for whom: author, circle (of circle_id), team,
-- person. exchange_id and step_id are '' when it is about none. withdrawn_at is 0
-- unless somebody withdrew it: nothing is deleted.
CREATE TABLE note (
	org_id       {{text}} NOT NULL,
	file_id      {{text}} NOT NULL,
	id           {{text}} NOT NULL,
	author_id    {{text}} NOT NULL,
	kind         {{text}} NOT NULL,
	happened_on  {{text}} NOT NULL,
	visibility   {{text}} NOT NULL,
	circle_id    {{text}} NOT NULL,
	exchange_id  {{text}} NOT NULL,
	step_id      {{text}} NOT NULL,
	text_id      {{text}} NOT NULL,
	written_at   BIGINT NOT NULL,
	withdrawn_at BIGINT NOT NULL,
	withdrawn_by {{text}} NOT NULL,
	PRIMARY KEY (org_id, file_id, id),
	FOREIGN KEY (org_id, file_id) REFERENCES person (org_id, id)
) {{clustered}};

CREATE UNIQUE INDEX note_id ON note (org_id, id);

-- One version of a note, or the reason of its withdrawal: append-only but for
-- state (kept, waiting for a choice, aside, reason). body is sealed. Who may read
-- it is what visibility and circle_id were when it was written.
CREATE TABLE note_text (
	org_id      {{text}} NOT NULL,
	note_id     {{text}} NOT NULL,
	id          {{text}} NOT NULL,
	state       {{text}} NOT NULL,
	kind        {{text}} NOT NULL,
	happened_on {{text}} NOT NULL,
	visibility  {{text}} NOT NULL,
	circle_id   {{text}} NOT NULL,
	body        {{blob}} NOT NULL,
	written_at  BIGINT NOT NULL,
	written_by  {{text}} NOT NULL,
	PRIMARY KEY (org_id, note_id, id),
	FOREIGN KEY (org_id, note_id) REFERENCES note (org_id, id)
) {{clustered}};
