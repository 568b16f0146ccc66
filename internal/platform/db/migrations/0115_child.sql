-- +goose Up

-- What was shared, or passed on to who protects children, about a child of a file's
-- household. Kept apart: only those of its circle read it, never the person of the
-- file. kind: shared, worry. told: whether the family was told before. content is
-- sealed: the child, the words, to whom, who was told and how, or why not.
CREATE TABLE child_record (
	org_id      {{text}} NOT NULL,
	file_id     {{text}} NOT NULL,
	id          {{text}} NOT NULL,
	kind        {{text}} NOT NULL,
	happened_on {{text}} NOT NULL,
	told        BIGINT NOT NULL,
	content     {{blob}} NOT NULL,
	written_at  BIGINT NOT NULL,
	written_by  {{text}} NOT NULL,
	PRIMARY KEY (org_id, file_id, id),
	FOREIGN KEY (org_id, file_id) REFERENCES person (org_id, id)
) {{clustered}};

CREATE UNIQUE INDEX child_record_id ON child_record (org_id, id);

-- Who reads it: colleagues named one by one.
CREATE TABLE child_circle (
	org_id    {{text}} NOT NULL,
	record_id {{text}} NOT NULL,
	worker_id {{text}} NOT NULL,
	added_at  BIGINT NOT NULL,
	added_by  {{text}} NOT NULL,
	PRIMARY KEY (org_id, record_id, worker_id),
	FOREIGN KEY (org_id, record_id) REFERENCES child_record (org_id, id)
) {{clustered}};

-- What came after: an answer, a call, the family told since. Sealed, append-only.
CREATE TABLE child_follow (
	org_id     {{text}} NOT NULL,
	record_id  {{text}} NOT NULL,
	id         {{text}} NOT NULL,
	words      {{blob}} NOT NULL,
	written_at BIGINT NOT NULL,
	written_by {{text}} NOT NULL,
	PRIMARY KEY (org_id, record_id, id),
	FOREIGN KEY (org_id, record_id) REFERENCES child_record (org_id, id)
) {{clustered}};
