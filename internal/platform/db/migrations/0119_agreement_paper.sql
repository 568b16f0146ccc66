-- +goose Up

-- What was agreed, signed as a mandate is; sealed. NULL for agreements of before.
ALTER TABLE consent ADD COLUMN document {{blob}};

-- The picture of a paper that was signed: beside the consent or the mandate it is
-- about. document is sealed: what and whose it is, its digest, a signature.
CREATE TABLE agreement_paper (
	org_id    {{text}} NOT NULL,
	id        {{text}} NOT NULL,
	about     {{text}} NOT NULL, -- the consent's or the mandate's id
	person_id {{text}} NOT NULL,
	format    {{text}} NOT NULL, -- pdf, jpeg, png
	bytes     BIGINT NOT NULL,
	document  {{blob}} NOT NULL,
	added_at  BIGINT NOT NULL,
	added_by  {{text}} NOT NULL,
	PRIMARY KEY (org_id, id),
	FOREIGN KEY (org_id, person_id) REFERENCES person (org_id, id)
) {{clustered}};

CREATE INDEX agreement_paper_about ON agreement_paper (org_id, about);
CREATE INDEX agreement_paper_person ON agreement_paper (org_id, person_id);

-- Its bytes, sealed piece by piece.
CREATE TABLE agreement_paper_piece (
	org_id   {{text}} NOT NULL,
	paper_id {{text}} NOT NULL,
	place    BIGINT NOT NULL,
	content  {{blob}} NOT NULL,
	PRIMARY KEY (org_id, paper_id, place),
	FOREIGN KEY (org_id, paper_id) REFERENCES agreement_paper (org_id, id)
) {{clustered}};
