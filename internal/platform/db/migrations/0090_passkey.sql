-- +goose Up

-- way: how its holder came in ('password+totp', 'passkey', 'card', 'demo'…).
-- proved_at: when they last proved who they are; the grave gestures ask for a
-- recent one. beside: the worker at whose side a person's session was opened, ''
-- for the others.
ALTER TABLE session ADD COLUMN way {{text}} NOT NULL DEFAULT '';
ALTER TABLE session ADD COLUMN proved_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE session ADD COLUMN beside {{text}} NOT NULL DEFAULT '';

-- The human who holds a card, keys and later papers, apart from what an
-- organisation knows of them: person is the file that they enter.
CREATE TABLE holder (
	org_id  {{text}} NOT NULL,
	id      {{text}} NOT NULL,
	person  {{text}} NOT NULL,
	made_at BIGINT NOT NULL,
	PRIMARY KEY (org_id, id)
) {{clustered}};

CREATE UNIQUE INDEX holder_person ON holder (org_id, person);

-- A key that a device holds. owner_kind: 'worker' or 'holder'. key_hash: hex
-- SHA-256 of the credential's id. rp: the name of the site it is bound to. data:
-- sealed JSON (public key, counter, flags). warned_at: when its counter went
-- backwards, 0 = never. used_on: the last day it served, '' = never.
CREATE TABLE passkey (
	org_id     {{text}} NOT NULL,
	owner_kind {{text}} NOT NULL,
	owner      {{text}} NOT NULL,
	id         {{text}} NOT NULL,
	key_hash   {{text}} NOT NULL,
	rp         {{text}} NOT NULL,
	name       {{text}} NOT NULL,
	data       {{blob}} NOT NULL,
	warned_at  BIGINT NOT NULL,
	created_at BIGINT NOT NULL,
	used_on    {{text}} NOT NULL,
	PRIMARY KEY (org_id, owner_kind, owner, id)
) {{clustered}};

CREATE UNIQUE INDEX passkey_hash ON passkey (org_id, key_hash);

-- What may serve once only: the challenge of a key, the state of a sign-in
-- elsewhere. key is a hash; it is forgotten at ends_at, when what it names is too
-- old anyway.
CREATE TABLE spent (
	key     {{text}} NOT NULL PRIMARY KEY,
	ends_at BIGINT NOT NULL
) {{clustered}};

CREATE INDEX spent_ends ON spent (ends_at);

-- A worker who lost every way in asks from a browser; a colleague approves. code:
-- what both compare. answered_by: '' while it waits.
CREATE TABLE reset_request (
	org_id      {{text}} NOT NULL,
	id          {{text}} NOT NULL,
	worker      {{text}} NOT NULL,
	code        {{text}} NOT NULL,
	asked_at    BIGINT NOT NULL,
	ends_at     BIGINT NOT NULL,
	answered_by {{text}} NOT NULL,
	approved    BIGINT NOT NULL,
	used_at     BIGINT NOT NULL,
	PRIMARY KEY (org_id, id)
) {{clustered}};

CREATE INDEX reset_request_open ON reset_request (org_id, answered_by, ends_at);
