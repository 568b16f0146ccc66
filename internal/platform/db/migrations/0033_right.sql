-- +goose Up

-- Each law that ever gave a stored result, whole, so that it can be replayed.
CREATE TABLE law (
	digest            {{text}} NOT NULL,
	ir                {{blob}} NOT NULL,
	semantics_version BIGINT NOT NULL,
	added_at          BIGINT NOT NULL,
	PRIMARY KEY (digest)
) {{rows}};

-- One calculation of a file for a month: the law, the digest of the facts and the
-- situation they made. month counts from year 0. The last of a month is shown;
-- one that a sheet or a decision names is never deleted.
CREATE TABLE evaluation (
	org_id       {{text}} NOT NULL,
	file_id      {{text}} NOT NULL,
	id           {{text}} NOT NULL,
	month        BIGINT NOT NULL,
	law          {{text}} NOT NULL,
	facts_digest {{text}} NOT NULL,
	computed_at  BIGINT NOT NULL,
	computed_by  {{text}} NOT NULL,
	situation    {{blob}} NOT NULL,
	PRIMARY KEY (org_id, file_id, id),
	FOREIGN KEY (org_id, file_id) REFERENCES person (org_id, id),
	FOREIGN KEY (law) REFERENCES law (digest)
) {{rows}};

-- Amounts in cents. missing is JSON, detail the engine's own result; neither is
-- ever compared or searched.
CREATE TABLE right_result (
	org_id        {{text}} NOT NULL,
	file_id       {{text}} NOT NULL,
	evaluation_id {{text}} NOT NULL,
	right_name    {{text}} NOT NULL,
	status        {{text}} NOT NULL,
	amount        BIGINT NOT NULL,
	least         BIGINT NOT NULL,
	most          BIGINT NOT NULL,
	missing       {{text}} NOT NULL,
	detail        {{blob}} NOT NULL,
	PRIMARY KEY (org_id, file_id, evaluation_id, right_name),
	FOREIGN KEY (org_id, file_id, evaluation_id) REFERENCES evaluation (org_id, file_id, id)
) {{rows}};

-- What was decided with the person about a right: append-only, the last counts.
CREATE TABLE right_decision (
	org_id        {{text}} NOT NULL,
	file_id       {{text}} NOT NULL,
	right_name    {{text}} NOT NULL,
	id            {{text}} NOT NULL,
	kind          {{text}} NOT NULL,
	non_take_up   {{text}} NOT NULL,
	amount        BIGINT NOT NULL,
	since         {{text}} NOT NULL,
	source        {{text}} NOT NULL,
	detail        {{text}} NOT NULL,
	evaluation_id {{text}} NOT NULL,
	at            BIGINT NOT NULL,
	by_worker     {{text}} NOT NULL,
	PRIMARY KEY (org_id, file_id, right_name, id),
	FOREIGN KEY (org_id, file_id) REFERENCES person (org_id, id)
) {{clustered}};

-- Rights worth talking about, by team and name: derived from the last results and
-- decisions, rewritten with them.
CREATE TABLE right_to_talk (
	org_id        {{text}} NOT NULL,
	team_id       {{text}} NOT NULL,
	sort_name     {{text}} NOT NULL,
	person_id       {{text}} NOT NULL,
	right_name    {{text}} NOT NULL,
	evaluation_id {{text}} NOT NULL,
	PRIMARY KEY (org_id, team_id, sort_name, person_id, right_name)
) {{clustered}};

CREATE INDEX right_to_talk_file ON right_to_talk (org_id, person_id);

-- A printed sheet of rights, found again by its code. It opens nothing by itself.
CREATE TABLE sheet (
	org_id        {{text}} NOT NULL,
	code          {{text}} NOT NULL,
	person_id     {{text}} NOT NULL,
	month         BIGINT NOT NULL,
	evaluation_id {{text}} NOT NULL,
	at            BIGINT NOT NULL,
	by_worker     {{text}} NOT NULL,
	PRIMARY KEY (org_id, code),
	FOREIGN KEY (org_id, person_id) REFERENCES person (org_id, id)
) {{clustered}};

CREATE INDEX sheet_evaluation ON sheet (org_id, person_id, evaluation_id);
