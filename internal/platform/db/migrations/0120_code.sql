-- +goose Up

-- Where a person receives a code to come in with: theirs, or one that they share. lookup:
-- HMAC of the way and the address, which is sealed. discreet: messages name nobody and no
-- place. from_hour, to_hour: when a message may arrive, 0 and 24 for always. used_on: the
-- last day it served, '' = never. ended_at: 0 while it serves.
CREATE TABLE code_way (
	org_id    {{text}} NOT NULL,
	id        {{text}} NOT NULL,
	holder    {{text}} NOT NULL,
	kind      {{text}} NOT NULL, -- sms, email
	lookup    {{text}} NOT NULL,
	address   {{blob}} NOT NULL,
	discreet  BIGINT NOT NULL,
	from_hour BIGINT NOT NULL,
	to_hour   BIGINT NOT NULL,
	lang      {{text}} NOT NULL,
	made_at   BIGINT NOT NULL,
	made_by   {{text}} NOT NULL,
	used_on   {{text}} NOT NULL,
	ended_at  BIGINT NOT NULL,
	PRIMARY KEY (org_id, id)
) {{clustered}};

CREATE INDEX code_way_holder ON code_way (org_id, holder);
CREATE INDEX code_way_lookup ON code_way (lookup);

-- A code that was asked for, whether or not anybody is at the address. purpose: enter, or
-- sign. about: to sign, the way of the person who signs. code: sealed.
CREATE TABLE code_sent (
	id      {{text}} NOT NULL PRIMARY KEY,
	purpose {{text}} NOT NULL,
	lookup  {{text}} NOT NULL,
	about   {{text}} NOT NULL,
	code    {{blob}} NOT NULL,
	tries   BIGINT NOT NULL,
	made_at BIGINT NOT NULL,
	ends_at BIGINT NOT NULL,
	used_at BIGINT NOT NULL -- 0 until it served, or was replaced
) {{rows}};

CREATE INDEX code_sent_lookup ON code_sent (lookup, made_at);
CREATE INDEX code_sent_end ON code_sent (ends_at);
