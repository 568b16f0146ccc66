-- +goose Up

-- Who a person was said to be before a change of identity or contact: the row as
-- it stood. phone is sealed under the person's own row, as in person.
CREATE TABLE person_before (
	org_id      {{text}} NOT NULL,
	person_id   {{text}} NOT NULL,
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
	at          BIGINT NOT NULL,
	by_worker   {{text}} NOT NULL,
	PRIMARY KEY (org_id, person_id, id),
	FOREIGN KEY (org_id, person_id) REFERENCES person (org_id, id)
) {{clustered}};
