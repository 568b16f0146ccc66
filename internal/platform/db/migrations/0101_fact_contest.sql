-- +goose Up

-- What a person says is not right about a fact of their file (GDPR art. 16), in
-- their words, sealed; and what the team answered. The fact itself is changed by its
-- own page and never by this row. state: open, changed, kept, taken back.
CREATE TABLE fact_contest (
	org_id      {{text}} NOT NULL,
	file_id     {{text}} NOT NULL,
	id          {{text}} NOT NULL,
	fact_id     {{text}} NOT NULL,
	words       {{blob}} NOT NULL,
	said_on     {{text}} NOT NULL,
	state       {{text}} NOT NULL,
	answer      {{blob}},
	answered_on {{text}} NOT NULL,
	answered_by {{text}} NOT NULL,
	version     BIGINT NOT NULL,
	PRIMARY KEY (org_id, file_id, id),
	FOREIGN KEY (org_id, file_id) REFERENCES person (org_id, id)
) {{clustered}};

CREATE INDEX fact_contest_open ON fact_contest (org_id, file_id) WHERE state = 'open';
