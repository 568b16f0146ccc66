-- +goose Up

-- One run over the active files of an organisation: the rights of a month under a
-- law, computed again by the program itself. after_id is the last person done, so
-- that a run goes on where it stopped; ended_at is 0 until it is over.
CREATE TABLE rights_run (
	org_id     {{text}} NOT NULL,
	month      BIGINT NOT NULL,
	law        {{text}} NOT NULL,
	id         {{text}} NOT NULL,
	after_id   {{text}} NOT NULL,
	computed   BIGINT NOT NULL,
	started_at BIGINT NOT NULL,
	ended_at   BIGINT NOT NULL,
	PRIMARY KEY (org_id, month, law)
) {{clustered}};
