-- +goose Up

-- One dated value of one variable about one subject, in the file of file_id: what
-- Mrs A says of her mother stands in Mrs A's file alone. Rows are append-only but
-- for superseded_by, superseded_at and conflict_with. valid_from and valid_to are
-- partial dates, both included; '' has no bound. value is canonical text, '' unless
-- state is known.
CREATE TABLE fact (
	org_id        {{text}} NOT NULL,
	file_id       {{text}} NOT NULL,
	id            {{text}} NOT NULL,
	subject_kind  {{text}} NOT NULL,
	subject_id    {{text}} NOT NULL,
	variable      {{text}} NOT NULL,
	valid_from    {{text}} NOT NULL,
	valid_to      {{text}} NOT NULL,
	state         {{text}} NOT NULL,
	value         {{text}} NOT NULL,
	source        {{text}} NOT NULL,
	detail        {{text}} NOT NULL,
	seen_on       {{text}} NOT NULL,
	recorded_at   BIGINT NOT NULL,
	recorded_by   {{text}} NOT NULL,
	superseded_by {{text}} NOT NULL,
	superseded_at BIGINT NOT NULL,
	conflict_with {{text}} NOT NULL,
	PRIMARY KEY (org_id, file_id, id),
	FOREIGN KEY (org_id, file_id) REFERENCES person (org_id, id)
) {{clustered}};

-- One belief at a time for one cell from one date.
CREATE UNIQUE INDEX fact_current ON fact (org_id, file_id, subject_id, variable, valid_from)
	WHERE superseded_by = '' AND conflict_with = '';
