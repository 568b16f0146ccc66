-- +goose Up

-- A name that somebody bore until a day, by a change of civil status: before_id is
-- the row of person_before that holds it. discreet: never shown, found only by whoever
-- types it whole. Search keys: name_key kinds f (shown) and x (discreet).
CREATE TABLE former_name (
	org_id     {{text}} NOT NULL,
	person_id  {{text}} NOT NULL,
	id         {{text}} NOT NULL,
	before_id  {{text}} NOT NULL,
	changed_on {{text}} NOT NULL,
	discreet   BIGINT NOT NULL,
	at         BIGINT NOT NULL,
	by_worker  {{text}} NOT NULL,
	PRIMARY KEY (org_id, person_id, id),
	FOREIGN KEY (org_id, person_id) REFERENCES person (org_id, id)
) {{clustered}};
