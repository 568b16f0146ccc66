-- +goose Up

-- How long an organisation keeps files: months in the active base after the last
-- contact from the person, then months in the intermediate archive. public_body: a
-- list of files to delete waits for the visa of the public archives. basis is the
-- text the durations rest on. No row: nothing chosen, nothing moves.
CREATE TABLE retention_rule (
	org_id         {{text}} NOT NULL,
	active_months  BIGINT NOT NULL,
	archive_months BIGINT NOT NULL,
	public_body    BIGINT NOT NULL,
	basis          {{text}} NOT NULL,
	version        BIGINT NOT NULL,
	changed_at     BIGINT NOT NULL,
	changed_by     {{text}} NOT NULL,
	PRIMARY KEY (org_id)
) {{clustered}};

-- Who may read the intermediate archive, with a reason each time.
CREATE TABLE retention_circle (
	org_id    {{text}} NOT NULL,
	worker_id {{text}} NOT NULL,
	PRIMARY KEY (org_id, worker_id)
) {{clustered}};

-- A file that is not deleted while it holds: a lawsuit, an inquiry, a debt. reason
-- is sealed; until_day is the last day; ended_at is 0 unless somebody lifted it.
CREATE TABLE retention_hold (
	org_id    {{text}} NOT NULL,
	person_id {{text}} NOT NULL,
	id        {{text}} NOT NULL,
	reason    {{blob}} NOT NULL,
	until_day {{text}} NOT NULL,
	made_at   BIGINT NOT NULL,
	made_by   {{text}} NOT NULL,
	ended_at  BIGINT NOT NULL,
	ended_by  {{text}} NOT NULL,
	PRIMARY KEY (org_id, person_id, id),
	FOREIGN KEY (org_id, person_id) REFERENCES person (org_id, id)
) {{clustered}};

-- A file in the intermediate archive, person_id being whom it stood for that day.
-- last_contact is a day; returned_at is 0 while it is there. reason says why it came
-- back, sealed.
CREATE TABLE retention_archive (
	org_id       {{text}} NOT NULL,
	person_id    {{text}} NOT NULL,
	id           {{text}} NOT NULL,
	last_contact {{text}} NOT NULL,
	archived_at  BIGINT NOT NULL,
	returned_at  BIGINT NOT NULL,
	returned_by  {{text}} NOT NULL,
	reason       {{blob}},
	PRIMARY KEY (org_id, person_id, id),
	FOREIGN KEY (org_id, person_id) REFERENCES person (org_id, id)
) {{clustered}};

CREATE INDEX retention_archive_there ON retention_archive (org_id, last_contact, person_id) WHERE returned_at = 0;

-- The accompaniments that went into the archive with it, and what they were.
CREATE TABLE retention_archive_case (
	org_id     {{text}} NOT NULL,
	archive_id {{text}} NOT NULL,
	case_id    {{text}} NOT NULL,
	person_id  {{text}} NOT NULL,
	was_phase  {{text}} NOT NULL,
	PRIMARY KEY (org_id, archive_id, case_id)
) {{clustered}};

-- Whoever is in the archive is in no search: their keys stay until they are deleted.
ALTER TABLE person ADD COLUMN shelved BIGINT NOT NULL DEFAULT 0;

-- A list of files to delete. state: listed, waiting (for the visa), approved, running,
-- done, withdrawn. visa_…: what the public archives answered, and who wrote it here.
CREATE TABLE retention_list (
	org_id     {{text}} NOT NULL,
	id         {{text}} NOT NULL,
	state      {{text}} NOT NULL,
	up_to      {{text}} NOT NULL,
	made_at    BIGINT NOT NULL,
	made_by    {{text}} NOT NULL,
	visa_name  {{text}} NOT NULL,
	visa_ref   {{text}} NOT NULL,
	visa_on    {{text}} NOT NULL,
	visa_at    BIGINT NOT NULL,
	visa_by    {{text}} NOT NULL,
	started_at BIGINT NOT NULL,
	started_by {{text}} NOT NULL,
	ended_at   BIGINT NOT NULL,
	version    BIGINT NOT NULL,
	PRIMARY KEY (org_id, id)
) {{clustered}};

-- One file of a list. person_id is emptied once the file is deleted. state: listed,
-- gone, kept; why says what kept it (hold, back, merged).
CREATE TABLE retention_item (
	org_id       {{text}} NOT NULL,
	list_id      {{text}} NOT NULL,
	place        BIGINT NOT NULL,
	person_id    {{text}} NOT NULL,
	team_id      {{text}} NOT NULL,
	opened_on    {{text}} NOT NULL,
	last_contact {{text}} NOT NULL,
	state        {{text}} NOT NULL,
	why          {{text}} NOT NULL,
	PRIMARY KEY (org_id, list_id, place),
	FOREIGN KEY (org_id, list_id) REFERENCES retention_list (org_id, id)
) {{clustered}};

CREATE INDEX retention_item_person ON retention_item (org_id, person_id);
