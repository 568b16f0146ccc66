-- +goose Up

-- A worker of another team reads a file for an hour: with a reason, or, for what is
-- vital, with a second person's yes. Only the answer is written later.
CREATE TABLE outside_access (
	org_id      {{text}} NOT NULL,
	id          {{text}} NOT NULL,
	person_id   {{text}} NOT NULL,
	worker_id   {{text}} NOT NULL,
	kind        {{text}} NOT NULL, -- reason, vital
	reason      {{blob}} NOT NULL,
	asked_at    BIGINT NOT NULL,
	granted     BIGINT NOT NULL,
	ends_at     BIGINT NOT NULL, -- 0 while nobody answered
	second_id   {{text}} NOT NULL,
	answered_at BIGINT NOT NULL,
	PRIMARY KEY (org_id, id),
	FOREIGN KEY (org_id, person_id) REFERENCES person (org_id, id)
) {{clustered}};

CREATE INDEX outside_access_person ON outside_access (org_id, person_id);
CREATE INDEX outside_access_waiting ON outside_access (org_id, answered_at, asked_at);

-- Whether what is vital may be opened in an emergency: no, until the person says yes.
-- The last row counts.
CREATE TABLE vital_choice (
	org_id    {{text}} NOT NULL,
	id        {{text}} NOT NULL,
	person_id {{text}} NOT NULL,
	chosen    BIGINT NOT NULL,
	at        BIGINT NOT NULL,
	by_kind   {{text}} NOT NULL,
	by_id     {{text}} NOT NULL,
	PRIMARY KEY (org_id, person_id, id),
	FOREIGN KEY (org_id, person_id) REFERENCES person (org_id, id)
) {{clustered}};
