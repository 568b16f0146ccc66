-- +goose Up

-- An organisation; place is its IANA time zone, hours its opening hours in words.
CREATE TABLE org (
	org_id     {{text}} NOT NULL PRIMARY KEY,
	name       {{text}} NOT NULL,
	address    {{text}} NOT NULL,
	phone      {{text}} NOT NULL,
	hours      {{text}} NOT NULL,
	place      {{text}} NOT NULL,
	created_at BIGINT NOT NULL,
	version    BIGINT NOT NULL
) {{clustered}};

CREATE TABLE team (
	org_id     {{text}} NOT NULL,
	id         {{text}} NOT NULL,
	name       {{text}} NOT NULL,
	created_at BIGINT NOT NULL,
	version    BIGINT NOT NULL,
	PRIMARY KEY (org_id, id)
) {{clustered}};

-- Somebody who signs in. works: accompanies people; administers: the members.
-- login is canonical (lower case, NFKC) and one in the installation: sign-in does
-- not ask for the organisation.
CREATE TABLE worker (
	org_id      {{text}} NOT NULL,
	id          {{text}} NOT NULL,
	login       {{text}} NOT NULL UNIQUE,
	name        {{text}} NOT NULL,
	function    {{text}} NOT NULL,
	works       BIGINT NOT NULL,
	administers BIGINT NOT NULL,
	active      BIGINT NOT NULL,
	created_at  BIGINT NOT NULL,
	version     BIGINT NOT NULL,
	PRIMARY KEY (org_id, id)
) {{clustered}};

CREATE TABLE worker_team (
	org_id {{text}} NOT NULL,
	worker {{text}} NOT NULL,
	team   {{text}} NOT NULL,
	PRIMARY KEY (org_id, worker, team)
) {{clustered}};

-- What somebody proves themselves with: kind 'password' (data: sealed PHC string)
-- or 'totp' (data: sealed secret; last_step: last time step accepted). Other kinds
-- and other owners (cards and keys of persons) are further rows.
CREATE TABLE credential (
	org_id     {{text}} NOT NULL,
	owner_kind {{text}} NOT NULL,
	owner      {{text}} NOT NULL,
	kind       {{text}} NOT NULL,
	id         {{text}} NOT NULL,
	data       {{blob}} NOT NULL,
	last_step  BIGINT NOT NULL,
	created_at BIGINT NOT NULL,
	PRIMARY KEY (org_id, owner_kind, owner, kind, id)
) {{clustered}};

-- token_hash: hex SHA-256 of the cookie. device: what the browser says it is.
CREATE TABLE session (
	token_hash {{text}} NOT NULL PRIMARY KEY,
	org_id     {{text}} NOT NULL,
	id         {{text}} NOT NULL,
	actor_kind {{text}} NOT NULL,
	actor      {{text}} NOT NULL,
	aal        BIGINT NOT NULL,
	device     {{text}} NOT NULL,
	opened_at  BIGINT NOT NULL,
	touched_at BIGINT NOT NULL,
	ends_at    BIGINT NOT NULL,
	closed_at  BIGINT
) {{clustered}};

CREATE INDEX session_actor ON session (org_id, actor, touched_at);

-- A link used once. kind: 'setup' (no organisation yet: org_id and worker are
-- ''), 'join', 'reset'.
CREATE TABLE invite (
	token_hash {{text}} NOT NULL PRIMARY KEY,
	org_id     {{text}} NOT NULL,
	id         {{text}} NOT NULL,
	kind       {{text}} NOT NULL,
	worker     {{text}} NOT NULL,
	made_by    {{text}} NOT NULL,
	made_at    BIGINT NOT NULL,
	ends_at    BIGINT NOT NULL,
	used_at    BIGINT
) {{clustered}};

CREATE INDEX invite_worker ON invite (org_id, worker);

-- How often a login or an address failed lately. key is an HMAC: the table names
-- nobody. It belongs to the installation: an unknown login has no organisation.
CREATE TABLE sign_in_lock (
	key      {{text}} NOT NULL PRIMARY KEY,
	failures BIGINT NOT NULL,
	last_at  BIGINT NOT NULL,
	until_at BIGINT NOT NULL
) {{clustered}};
