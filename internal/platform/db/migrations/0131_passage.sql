-- +goose Up

-- Somebody came, called or wrote: no name, no file. said: what was written in words
-- (token, words, urgency, where they were sent), sealed. reasons and done are codes
-- between commas: ",letter,housing,". state: waiting, received, done, left, void.
-- person_id: the file that it was put in since, as the person wished; '' = none.
CREATE TABLE passage (
	org_id      {{text}} NOT NULL,
	id          {{text}} NOT NULL,
	day         {{text}} NOT NULL,
	arrived_at  BIGINT NOT NULL,
	state       {{text}} NOT NULL,
	channel     {{text}} NOT NULL,
	reasons     {{text}} NOT NULL,
	language    {{text}} NOT NULL,
	people      BIGINT NOT NULL,
	done        {{text}} NOT NULL,
	sent_to     {{text}} NOT NULL,
	answer      {{text}} NOT NULL,
	said        {{blob}} NOT NULL,
	person_id   {{text}} NOT NULL,
	attached_at BIGINT NOT NULL,
	version     BIGINT NOT NULL,
	PRIMARY KEY (org_id, id)
) {{clustered}};

CREATE INDEX passage_day ON passage (org_id, day, id);
CREATE INDEX passage_person ON passage (org_id, person_id, id) WHERE person_id <> '';

-- What a group did together, without anybody's file: a workshop, a breakfast.
CREATE TABLE desk_activity (
	org_id  {{text}} NOT NULL,
	id      {{text}} NOT NULL,
	day     {{text}} NOT NULL,
	kind    {{text}} NOT NULL,
	people  BIGINT NOT NULL,
	void    BIGINT NOT NULL,
	version BIGINT NOT NULL,
	PRIMARY KEY (org_id, id)
) {{clustered}};

CREATE INDEX desk_activity_day ON desk_activity (org_id, day, id);

-- How many of each in a month, kept by the transaction that changes a row: the page
-- of figures reads some hundreds of these whatever the number of passages. part is
-- what is counted ("reason"), value which one ("letter").
CREATE TABLE desk_month (
	org_id {{text}} NOT NULL,
	month  {{text}} NOT NULL,
	part   {{text}} NOT NULL,
	value  {{text}} NOT NULL,
	n      BIGINT NOT NULL,
	PRIMARY KEY (org_id, month, part, value)
) {{clustered}};
