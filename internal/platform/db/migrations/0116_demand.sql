-- +goose Up

-- What a person asks of the organisation about their data: a copy with what goes with it
-- (GDPR art. 15), or that something is no longer done with them (art. 21). way: counter,
-- letter, phone, portal. what: of an objection, which processing. due_on: the last day to
-- answer. state: open, done, refused, withdrawn. words, later and answer are sealed.
CREATE TABLE demand (
	org_id      {{text}} NOT NULL,
	file_id     {{text}} NOT NULL,
	id          {{text}} NOT NULL,
	kind        {{text}} NOT NULL,
	what        {{text}} NOT NULL,
	way         {{text}} NOT NULL,
	received_on {{text}} NOT NULL,
	due_on      {{text}} NOT NULL,
	words       {{blob}},
	later       {{blob}}, -- why it takes longer; NULL while it does not
	state       {{text}} NOT NULL,
	answer      {{blob}},
	answered_on {{text}} NOT NULL,
	answered_by {{text}} NOT NULL,
	written_at  BIGINT NOT NULL,
	written_by  {{text}} NOT NULL,
	PRIMARY KEY (org_id, file_id, id),
	FOREIGN KEY (org_id, file_id) REFERENCES person (org_id, id)
) {{clustered}};

CREATE INDEX demand_open ON demand (org_id, file_id) WHERE state = 'open';
