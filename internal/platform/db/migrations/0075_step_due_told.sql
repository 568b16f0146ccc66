-- +goose Up

-- The days whose due steps were told to whoever listens: once for each organisation.
CREATE TABLE step_due_told (
	org_id {{text}} NOT NULL,
	day    {{text}} NOT NULL,
	PRIMARY KEY (org_id, day)
) {{clustered}};

-- The steps of an organisation that are due on a day.
CREATE INDEX step_day ON step (org_id, due_on) WHERE due_on <> '' AND state IN ('todo', 'waiting');
