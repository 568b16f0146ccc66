-- +goose Up

-- closed_on is the day an accompaniment ended ('' while it holds, and for those
-- that ended before it was kept); reopens is the period before, when this row is
-- another period of the same accompaniment.
ALTER TABLE casefile ADD COLUMN closed_on {{text}} NOT NULL DEFAULT '';
ALTER TABLE casefile ADD COLUMN reopens {{text}} NOT NULL DEFAULT '';

-- How a period ended: reason is a code, words are the person's, remains what is
-- left to do, who whom to ask from now on. Append-only.
CREATE TABLE case_closing (
	org_id    {{text}} NOT NULL,
	person_id {{text}} NOT NULL,
	id        {{text}} NOT NULL,
	case_id   {{text}} NOT NULL,
	team_id   {{text}} NOT NULL,
	reason    {{text}} NOT NULL,
	words     {{text}} NOT NULL,
	remains   {{text}} NOT NULL,
	who       {{text}} NOT NULL,
	closed_on {{text}} NOT NULL,
	at        BIGINT NOT NULL,
	by_worker {{text}} NOT NULL,
	PRIMARY KEY (org_id, person_id, id),
	FOREIGN KEY (org_id, person_id) REFERENCES person (org_id, id)
) {{clustered}};

-- An accompaniment handed to a colleague or to a team, once they say yes. to_worker
-- is '' for the team; steps is 'all', 'none', or the ids of the steps that go along;
-- state: proposed, accepted, declined, withdrawn. words: what the person said of it.
CREATE TABLE case_transfer (
	org_id      {{text}} NOT NULL,
	id          {{text}} NOT NULL,
	person_id   {{text}} NOT NULL,
	case_id     {{text}} NOT NULL,
	from_team   {{text}} NOT NULL,
	from_worker {{text}} NOT NULL,
	to_team     {{text}} NOT NULL,
	to_worker   {{text}} NOT NULL,
	reason      {{text}} NOT NULL,
	words       {{text}} NOT NULL,
	steps       {{text}} NOT NULL,
	state       {{text}} NOT NULL,
	answer      {{text}} NOT NULL,
	proposed_at BIGINT NOT NULL,
	proposed_by {{text}} NOT NULL,
	answered_at BIGINT NOT NULL,
	answered_by {{text}} NOT NULL,
	PRIMARY KEY (org_id, id),
	FOREIGN KEY (org_id, person_id) REFERENCES person (org_id, id)
) {{clustered}};

CREATE UNIQUE INDEX case_transfer_open ON case_transfer (org_id, case_id) WHERE state = 'proposed';
CREATE INDEX case_transfer_person ON case_transfer (org_id, person_id, id);
CREATE INDEX case_transfer_from ON case_transfer (org_id, proposed_by, state, id);
CREATE INDEX case_transfer_to ON case_transfer (org_id, to_team, state, id);

-- Who looks after somebody's deadlines while they are away: both days are in. It
-- ends by itself; ended_at is 0 unless somebody ended it before.
CREATE TABLE absence_cover (
	org_id    {{text}} NOT NULL,
	id        {{text}} NOT NULL,
	worker_id {{text}} NOT NULL,
	cover_id  {{text}} NOT NULL,
	from_day  {{text}} NOT NULL,
	to_day    {{text}} NOT NULL,
	made_at   BIGINT NOT NULL,
	made_by   {{text}} NOT NULL,
	ended_at  BIGINT NOT NULL,
	ended_by  {{text}} NOT NULL,
	PRIMARY KEY (org_id, id)
) {{clustered}};

CREATE INDEX absence_cover_cover ON absence_cover (org_id, cover_id, to_day);
CREATE INDEX absence_cover_worker ON absence_cover (org_id, worker_id, to_day);
