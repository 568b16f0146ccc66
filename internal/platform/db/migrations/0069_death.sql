-- +goose Up

-- A partial date; '' while the person lives. A file whose person died is read and
-- no longer written.
ALTER TABLE person ADD COLUMN died_on {{text}} NOT NULL DEFAULT '';

-- A death as it was recorded, and taken back when it was a mistake: undone_at is 0
-- while it stands. source is how it was learnt.
CREATE TABLE death (
	org_id      {{text}} NOT NULL,
	person_id   {{text}} NOT NULL,
	id          {{text}} NOT NULL,
	died_on     {{text}} NOT NULL,
	source      {{text}} NOT NULL,
	detail      {{text}} NOT NULL,
	at          BIGINT NOT NULL,
	by_worker   {{text}} NOT NULL,
	undone_at   BIGINT NOT NULL,
	undone_by   {{text}} NOT NULL,
	PRIMARY KEY (org_id, person_id, id),
	FOREIGN KEY (org_id, person_id) REFERENCES person (org_id, id)
) {{clustered}};

-- The stays and couples that a death ended, with the end they had before, so that a
-- mistake is taken back. kind: stay, couple; household_id is '' for a couple.
CREATE TABLE death_change (
	org_id       {{text}} NOT NULL,
	person_id    {{text}} NOT NULL,
	death_id     {{text}} NOT NULL,
	kind         {{text}} NOT NULL,
	row_id       {{text}} NOT NULL,
	household_id {{text}} NOT NULL,
	was          {{text}} NOT NULL,
	became       {{text}} NOT NULL,
	PRIMARY KEY (org_id, person_id, death_id, row_id)
) {{clustered}};
