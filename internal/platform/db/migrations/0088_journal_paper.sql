-- +goose Up

-- The line of the journal in which a paper was first printed under its code.
CREATE TABLE journal_paper (
	org_id {{text}} NOT NULL,
	code   {{text}} NOT NULL,
	tree   {{text}} NOT NULL,
	seq    BIGINT NOT NULL,
	PRIMARY KEY (org_id, code)
) {{clustered}};

CREATE INDEX journal_paper_code ON journal_paper (code);
