-- +goose Up

-- A dwelling. What is known of it is facts about it; who lives there is dated.
CREATE TABLE household (
	org_id     {{text}} NOT NULL,
	id         {{text}} NOT NULL,
	version    BIGINT NOT NULL,
	created_at BIGINT NOT NULL,
	created_by {{text}} NOT NULL,
	PRIMARY KEY (org_id, id)
) {{clustered}};

-- A stay: from valid_from (a day, '' since we know) to the day before valid_to
-- ('' still there).
CREATE TABLE household_member (
	org_id       {{text}} NOT NULL,
	id           {{text}} NOT NULL,
	household_id {{text}} NOT NULL,
	person_id    {{text}} NOT NULL,
	valid_from   {{text}} NOT NULL,
	valid_to     {{text}} NOT NULL,
	housed       BIGINT NOT NULL,
	version      BIGINT NOT NULL,
	recorded_at  BIGINT NOT NULL,
	recorded_by  {{text}} NOT NULL,
	PRIMARY KEY (org_id, household_id, id),
	FOREIGN KEY (org_id, household_id) REFERENCES household (org_id, id),
	FOREIGN KEY (org_id, person_id) REFERENCES person (org_id, id)
) {{clustered}};

CREATE INDEX household_member_person ON household_member (org_id, person_id, household_id);

-- kind parent_of: a is a parent of b. kind couple: couple says which form; a
-- separation is its valid_to, the first day apart.
CREATE TABLE kinship (
	org_id      {{text}} NOT NULL,
	id          {{text}} NOT NULL,
	kind        {{text}} NOT NULL,
	a           {{text}} NOT NULL,
	b           {{text}} NOT NULL,
	couple      {{text}} NOT NULL,
	valid_from  {{text}} NOT NULL,
	valid_to    {{text}} NOT NULL,
	version     BIGINT NOT NULL,
	recorded_at BIGINT NOT NULL,
	recorded_by {{text}} NOT NULL,
	PRIMARY KEY (org_id, id),
	FOREIGN KEY (org_id, a) REFERENCES person (org_id, id),
	FOREIGN KEY (org_id, b) REFERENCES person (org_id, id)
) {{clustered}};

CREATE INDEX kinship_a ON kinship (org_id, a);
CREATE INDEX kinship_b ON kinship (org_id, b);
