-- +goose Up

-- Whether a person was told that their rights are looked at again and again, and how;
-- whether they said that they do not want it. objected_on is '' when they do not
-- object. No row: nobody told them yet, and nothing is computed.
CREATE TABLE talk_person (
	org_id       {{text}} NOT NULL,
	person_id    {{text}} NOT NULL,
	informed_on  {{text}} NOT NULL,
	informed_how {{text}} NOT NULL,
	informed_at  BIGINT NOT NULL,
	informed_by  {{text}} NOT NULL,
	objected_on  {{text}} NOT NULL,
	objected_how {{text}} NOT NULL,
	objected_at  BIGINT NOT NULL,
	objected_by  {{text}} NOT NULL,
	PRIMARY KEY (org_id, person_id),
	FOREIGN KEY (org_id, person_id) REFERENCES person (org_id, id)
) {{clustered}};

-- One run over open accompaniments whose person was told: those of a team or of a
-- worker, or all ('' and ''). slot is the night, or the run's own id; after_id is the
-- last person stored, so that a run goes on where it stopped; seen of total were
-- looked at; ended_at is 0 until it is over.
CREATE TABLE talk_run (
	org_id     {{text}} NOT NULL,
	id         {{text}} NOT NULL,
	slot       {{text}} NOT NULL,
	team_id    {{text}} NOT NULL,
	worker_id  {{text}} NOT NULL,
	after_id   {{text}} NOT NULL,
	seen       BIGINT NOT NULL,
	total      BIGINT NOT NULL,
	started_at BIGINT NOT NULL,
	started_by {{text}} NOT NULL,
	ended_at   BIGINT NOT NULL,
	PRIMARY KEY (org_id, id)
) {{clustered}};

CREATE UNIQUE INDEX talk_run_slot ON talk_run (org_id, slot);
CREATE INDEX talk_run_ended ON talk_run (org_id, ended_at);

-- What a file's last run stood on: the month, the law, and the picture of the facts,
-- which the next run replays to say why something changed.
CREATE TABLE talk_file (
	org_id       {{text}} NOT NULL,
	file_id      {{text}} NOT NULL,
	month        BIGINT NOT NULL,
	law          {{text}} NOT NULL,
	facts_digest {{text}} NOT NULL,
	computed_at  BIGINT NOT NULL,
	picture      {{blob}} NOT NULL,
	PRIMARY KEY (org_id, file_id),
	FOREIGN KEY (org_id, file_id) REFERENCES person (org_id, id),
	FOREIGN KEY (law) REFERENCES law (digest)
) {{rows}};

-- What can be said of a right in a file, amounts in cents; pages is how many
-- questions are left. changed_at is 0 while it never changed; was_… is what was said
-- before and why is JSON: what made it change.
CREATE TABLE talk_right (
	org_id     {{text}} NOT NULL,
	file_id    {{text}} NOT NULL,
	right_name {{text}} NOT NULL,
	status     {{text}} NOT NULL,
	amount     BIGINT NOT NULL,
	least      BIGINT NOT NULL,
	most       BIGINT NOT NULL,
	missing    {{text}} NOT NULL,
	pages      BIGINT NOT NULL,
	changed_at BIGINT NOT NULL,
	was_month  BIGINT NOT NULL,
	was_status {{text}} NOT NULL,
	was_amount BIGINT NOT NULL,
	was_least  BIGINT NOT NULL,
	was_most   BIGINT NOT NULL,
	why        {{text}} NOT NULL,
	PRIMARY KEY (org_id, file_id, right_name),
	FOREIGN KEY (org_id, file_id) REFERENCES person (org_id, id)
) {{clustered}};

-- A right set aside in a file, for a reason: until a day, or until something else can
-- be said of the right (until_day is '' then, and said is what was said that day).
CREATE TABLE talk_pause (
	org_id      {{text}} NOT NULL,
	id          {{text}} NOT NULL,
	file_id     {{text}} NOT NULL,
	right_name  {{text}} NOT NULL,
	reason      {{text}} NOT NULL,
	detail      {{text}} NOT NULL,
	non_take_up {{text}} NOT NULL,
	until_day   {{text}} NOT NULL,
	said        {{text}} NOT NULL,
	at          BIGINT NOT NULL,
	by_worker   {{text}} NOT NULL,
	ended_at    BIGINT NOT NULL,
	ended_by    {{text}} NOT NULL,
	PRIMARY KEY (org_id, id),
	FOREIGN KEY (org_id, file_id) REFERENCES person (org_id, id)
) {{clustered}};

CREATE INDEX talk_pause_file ON talk_pause (org_id, file_id, right_name);
