-- +goose Up

-- What a person agreed to share, with which team or with which relative, for what, until
-- when. A row is never changed. proof is sealed: the text that was read, the mark under it.
CREATE TABLE consent (
	org_id       {{text}} NOT NULL,
	id           {{text}} NOT NULL,
	person_id    {{text}} NOT NULL,
	team_id      {{text}} NOT NULL, -- '' for a relative
	relative_id  {{text}} NOT NULL, -- '' for a team
	purpose      {{blob}} NOT NULL,
	categories   {{text}} NOT NULL,
	gestures     {{text}} NOT NULL,
	from_day     {{text}} NOT NULL,
	until_day    {{text}} NOT NULL,
	text_version BIGINT NOT NULL,
	lang         {{text}} NOT NULL,
	how_read     {{text}} NOT NULL,
	how_signed   {{text}} NOT NULL,
	proof        {{blob}} NOT NULL,
	given_at     BIGINT NOT NULL,
	given_by     {{text}} NOT NULL,
	PRIMARY KEY (org_id, id),
	FOREIGN KEY (org_id, person_id) REFERENCES person (org_id, id)
) {{clustered}};

CREATE INDEX consent_person ON consent (org_id, person_id);
CREATE INDEX consent_team ON consent (org_id, team_id, until_day);
CREATE INDEX consent_worker ON consent (org_id, given_by, until_day);
CREATE INDEX consent_relative ON consent (org_id, relative_id);

-- Taken back: once, by the person or by a worker on their word.
CREATE TABLE consent_end (
	org_id     {{text}} NOT NULL,
	consent_id {{text}} NOT NULL,
	at         BIGINT NOT NULL,
	by_kind    {{text}} NOT NULL,
	by_id      {{text}} NOT NULL,
	PRIMARY KEY (org_id, consent_id),
	FOREIGN KEY (org_id, consent_id) REFERENCES consent (org_id, id)
) {{clustered}};
