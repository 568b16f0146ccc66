-- +goose Up

-- One file brought in from another program: what it is, how its columns are read,
-- where the work stands. head is sealed (the file's name, its columns, the mapping).
-- state: reading, read, checking, checked, running, done, undoing, undone, failed.
CREATE TABLE import (
	org_id       {{text}} NOT NULL,
	id           {{text}} NOT NULL,
	team_id      {{text}} NOT NULL,
	worker_id    {{text}} NOT NULL,
	state        {{text}} NOT NULL,
	head         {{blob}} NOT NULL,
	version      BIGINT NOT NULL,
	made_at      BIGINT NOT NULL,
	confirmed_at BIGINT NOT NULL,
	ended_at     BIGINT NOT NULL,
	PRIMARY KEY (org_id, id)
) {{rows}};

CREATE INDEX import_team ON import (org_id, team_id, id);
CREATE INDEX import_age ON import (made_at);

-- One row of it. line is the one people see in their file. cells and problems are
-- sealed, and emptied thirty days after the end. verdict: '' not checked, fresh,
-- known (looks like somebody known), bad, twice. choice: '', same, other, skip.
-- outcome: '' not yet, created, added, skipped, bad, removed, kept.
-- same_as is whom a known row looks like most; person_id whom the row became or
-- went to; made lists the facts it wrote.
CREATE TABLE import_row (
	org_id    {{text}} NOT NULL,
	import_id {{text}} NOT NULL,
	line      BIGINT NOT NULL,
	cells     {{blob}} NOT NULL,
	problems  {{blob}} NOT NULL,
	verdict   {{text}} NOT NULL,
	choice    {{text}} NOT NULL,
	same_as   {{text}} NOT NULL,
	outcome   {{text}} NOT NULL,
	person_id {{text}} NOT NULL,
	made      {{text}} NOT NULL,
	PRIMARY KEY (org_id, import_id, line),
	FOREIGN KEY (org_id, import_id) REFERENCES import (org_id, id)
) {{rows}};

CREATE INDEX import_row_verdict ON import_row (org_id, import_id, verdict, line);
CREATE INDEX import_row_outcome ON import_row (org_id, import_id, outcome, line);
