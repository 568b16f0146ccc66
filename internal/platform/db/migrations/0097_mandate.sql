-- +goose Up

-- What a person asks the organisation to do in their name, until when. A row is never
-- changed. document is sealed: the facts in order, the digest of the text, the signature.
CREATE TABLE mandate (
	org_id     {{text}} NOT NULL,
	id         {{text}} NOT NULL,
	person_id  {{text}} NOT NULL,
	from_day   {{text}} NOT NULL,
	until_day  {{text}} NOT NULL,
	measure    {{text}} NOT NULL, -- legal protection: none, …
	content    {{blob}} NOT NULL, -- sealed: procedures, guardian, text, marks
	document   {{blob}} NOT NULL,
	given_at   BIGINT NOT NULL,
	given_by   {{text}} NOT NULL,
	PRIMARY KEY (org_id, id),
	FOREIGN KEY (org_id, person_id) REFERENCES person (org_id, id)
) {{clustered}};

CREATE INDEX mandate_person ON mandate (org_id, person_id);

-- One procedure taken back; place is its rank in the mandate.
CREATE TABLE mandate_end (
	org_id     {{text}} NOT NULL,
	mandate_id {{text}} NOT NULL,
	place      BIGINT NOT NULL,
	at         BIGINT NOT NULL,
	by_kind    {{text}} NOT NULL,
	by_id      {{text}} NOT NULL,
	PRIMARY KEY (org_id, mandate_id, place),
	FOREIGN KEY (org_id, mandate_id) REFERENCES mandate (org_id, id)
) {{clustered}};
