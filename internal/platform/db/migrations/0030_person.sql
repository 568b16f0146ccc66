-- +goose Up

-- A human as one organisation knows them. birth is a partial date (1984, 1984-03,
-- 1984-03-12, '' unknown). phone is sealed (table, column, id bound to it); it is
-- found by its HMAC in name_key. search_text is derived from the names and birth.
CREATE TABLE person (
	org_id      {{text}} NOT NULL,
	id          {{text}} NOT NULL,
	version     BIGINT NOT NULL,
	usual_name  {{text}} NOT NULL,
	given_names {{text}} NOT NULL,
	birth_name  {{text}} NOT NULL,
	use_name    {{text}} NOT NULL,
	title       {{text}} NOT NULL,
	birth       {{text}} NOT NULL,
	languages   {{text}} NOT NULL,
	interpreter {{text}} NOT NULL,
	phone       {{blob}},
	channel     {{text}} NOT NULL,
	hours       {{text}} NOT NULL,
	no_fixed    BIGINT NOT NULL,
	protected   BIGINT NOT NULL,
	address     {{text}} NOT NULL,
	postcode    {{text}} NOT NULL,
	city        {{text}} NOT NULL,
	commune     {{text}} NOT NULL,
	sort_name   {{text}} NOT NULL,
	search_text {{text}} NOT NULL,
	created_at  BIGINT NOT NULL,
	created_by  {{text}} NOT NULL,
	PRIMARY KEY (org_id, id)
) {{clustered}};

-- The accompaniment of a person by a team. sort_name is the person's, so that a
-- team's list is one range of one index.
CREATE TABLE casefile (
	org_id                      {{text}} NOT NULL,
	id                          {{text}} NOT NULL,
	person_id                   {{text}} NOT NULL,
	team_id                     {{text}} NOT NULL,
	worker_id                   {{text}} NOT NULL,
	opened_on                   {{text}} NOT NULL,
	phase                       {{text}} NOT NULL,
	last_contact_from_person_at BIGINT NOT NULL,
	sort_name                   {{text}} NOT NULL,
	version                     BIGINT NOT NULL,
	PRIMARY KEY (org_id, person_id, id),
	FOREIGN KEY (org_id, person_id) REFERENCES person (org_id, id)
) {{clustered}};

CREATE INDEX casefile_team ON casefile (org_id, team_id, phase, sort_name, person_id);

-- Search keys computed by the program: n a token of a name, p how it sounds, c its
-- consonants, s an end of it, b the birth, h the HMAC of the phone.
CREATE TABLE name_key (
	org_id    {{text}} NOT NULL,
	kind      {{text}} NOT NULL,
	key       {{text}} NOT NULL,
	person_id {{text}} NOT NULL,
	PRIMARY KEY (org_id, kind, key, person_id)
) {{clustered}};
