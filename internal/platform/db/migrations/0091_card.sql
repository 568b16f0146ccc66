-- +goose Up

-- What a PIN is mixed with before anything is derived from it: sealed, apart from
-- the cards. The newest of an organisation serves new cards.
CREATE TABLE card_pepper (
	org_id  {{text}} NOT NULL,
	id      {{text}} NOT NULL,
	data    {{blob}} NOT NULL,
	made_at BIGINT NOT NULL,
	PRIMARY KEY (org_id, id)
) {{clustered}};

-- A printed card. lookup: hex SHA-256 of its secret, which is stored nowhere.
-- data: sealed JSON (pepper, salt, cost, what the PIN is compared to). tries: wrong
-- PINs since the last right one. used_on: the last day it served, '' = never.
-- ended_at: 0 while it serves; ended_why: 'replaced', 'stopped', 'lost'.
CREATE TABLE card (
	lookup    {{text}} NOT NULL PRIMARY KEY,
	org_id    {{text}} NOT NULL,
	id        {{text}} NOT NULL,
	holder    {{text}} NOT NULL,
	data      {{blob}} NOT NULL,
	tries     BIGINT NOT NULL,
	made_at   BIGINT NOT NULL,
	made_by   {{text}} NOT NULL,
	used_on   {{text}} NOT NULL,
	ended_at  BIGINT NOT NULL,
	ended_why {{text}} NOT NULL
) {{clustered}};

CREATE INDEX card_holder ON card (org_id, holder, made_at);
