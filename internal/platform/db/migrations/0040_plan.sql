-- +goose Up

-- What matters to the person, in their own words: append-only, the last said first.
-- reread says how they heard or read it again, reread_in in which language.
CREATE TABLE expectation (
	org_id      {{text}} NOT NULL,
	file_id     {{text}} NOT NULL,
	id          {{text}} NOT NULL,
	words       {{text}} NOT NULL,
	said_on     {{text}} NOT NULL,
	reread      {{text}} NOT NULL,
	reread_in   {{text}} NOT NULL,
	recorded_at BIGINT NOT NULL,
	recorded_by {{text}} NOT NULL,
	PRIMARY KEY (org_id, file_id, id),
	FOREIGN KEY (org_id, file_id) REFERENCES person (org_id, id)
) {{clustered}};

-- What the person chose to aim at, and on which day.
CREATE TABLE goal (
	org_id     {{text}} NOT NULL,
	file_id    {{text}} NOT NULL,
	id         {{text}} NOT NULL,
	title      {{text}} NOT NULL,
	chosen_on  {{text}} NOT NULL,
	state      {{text}} NOT NULL,
	version    BIGINT NOT NULL,
	changed_at BIGINT NOT NULL,
	changed_by {{text}} NOT NULL,
	PRIMARY KEY (org_id, file_id, id),
	FOREIGN KEY (org_id, file_id) REFERENCES person (org_id, id)
) {{clustered}};

-- One thing to do. goal_id and right_name are '' when it serves none; online, desk,
-- phone and letter are its ways, '' for those it has not; due_on is '' without date.
CREATE TABLE step (
	org_id     {{text}} NOT NULL,
	file_id    {{text}} NOT NULL,
	id         {{text}} NOT NULL,
	goal_id    {{text}} NOT NULL,
	right_name {{text}} NOT NULL,
	title      {{text}} NOT NULL,
	detail     {{text}} NOT NULL,
	who        {{text}} NOT NULL,
	online     {{text}} NOT NULL,
	desk       {{text}} NOT NULL,
	phone      {{text}} NOT NULL,
	letter     {{text}} NOT NULL,
	due_on     {{text}} NOT NULL,
	state      {{text}} NOT NULL,
	outcome    {{text}} NOT NULL,
	worker_id  {{text}} NOT NULL,
	version    BIGINT NOT NULL,
	changed_at BIGINT NOT NULL,
	changed_by {{text}} NOT NULL,
	PRIMARY KEY (org_id, file_id, id),
	FOREIGN KEY (org_id, file_id) REFERENCES person (org_id, id)
) {{clustered}};

-- Whose due dates they are, for the first page of the day.
CREATE INDEX step_due ON step (org_id, worker_id, due_on) WHERE due_on <> '' AND state IN ('todo', 'waiting');

-- A paper that a step needs and who or what text requires it.
CREATE TABLE step_paper (
	org_id      {{text}} NOT NULL,
	file_id     {{text}} NOT NULL,
	step_id     {{text}} NOT NULL,
	place       BIGINT NOT NULL,
	name        {{text}} NOT NULL,
	required_by {{text}} NOT NULL,
	PRIMARY KEY (org_id, file_id, step_id, place),
	FOREIGN KEY (org_id, file_id, step_id) REFERENCES step (org_id, file_id, id)
) {{clustered}};

-- What happened to a step: append-only. worker_id is who answers for it since then.
CREATE TABLE step_event (
	org_id    {{text}} NOT NULL,
	file_id   {{text}} NOT NULL,
	step_id   {{text}} NOT NULL,
	id        {{text}} NOT NULL,
	kind      {{text}} NOT NULL,
	says      {{text}} NOT NULL,
	worker_id {{text}} NOT NULL,
	at        BIGINT NOT NULL,
	by_worker {{text}} NOT NULL,
	PRIMARY KEY (org_id, file_id, step_id, id),
	FOREIGN KEY (org_id, file_id, step_id) REFERENCES step (org_id, file_id, id)
) {{clustered}};
