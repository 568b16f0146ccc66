-- +goose Up

-- The organisation's key, locked by the server's seal. seal: the public key of that seal.
-- The newest locks the teams' keys.
CREATE TABLE vault_house (
	org_id     {{text}} NOT NULL,
	id         {{text}} NOT NULL,
	public_key {{text}} NOT NULL,
	wrapped    {{blob}} NOT NULL,
	seal       {{text}} NOT NULL,
	made_at    BIGINT NOT NULL,
	PRIMARY KEY (org_id, id)
) {{clustered}};

-- A team's key, locked for the organisation's.
CREATE TABLE vault_team (
	org_id     {{text}} NOT NULL,
	team_id    {{text}} NOT NULL,
	house_id   {{text}} NOT NULL,
	public_key {{text}} NOT NULL,
	wrapped    {{blob}} NOT NULL,
	made_at    BIGINT NOT NULL,
	PRIMARY KEY (org_id, team_id)
) {{clustered}};

-- A person's key: its public half. The private one is in the unlocks alone.
CREATE TABLE vault_key (
	org_id     {{text}} NOT NULL,
	id         {{text}} NOT NULL,
	holder     {{text}} NOT NULL,
	public_key {{text}} NOT NULL,
	made_at    BIGINT NOT NULL,
	ended_at   BIGINT NOT NULL, -- 0 while it locks new papers
	PRIMARY KEY (org_id, id)
) {{clustered}};

CREATE INDEX vault_key_holder ON vault_key (org_id, holder);

-- A person's private key, locked for something that they or their keepers hold: 'card'
-- (ref: the card), 'house' (the organisation's key; ref: which), 'passkey', 'keepers'.
CREATE TABLE vault_unlock (
	org_id  {{text}} NOT NULL,
	id      {{text}} NOT NULL,
	key_id  {{text}} NOT NULL,
	kind    {{text}} NOT NULL,
	ref     {{text}} NOT NULL,
	wrapped {{blob}} NOT NULL,
	made_at BIGINT NOT NULL,
	PRIMARY KEY (org_id, id),
	FOREIGN KEY (org_id, key_id) REFERENCES vault_key (org_id, id)
) {{clustered}};

CREATE INDEX vault_unlock_key ON vault_unlock (org_id, key_id);
CREATE INDEX vault_unlock_ref ON vault_unlock (org_id, ref);

-- A paper. blob: the random name of its locked file. digest: HMAC of its clear bytes, so
-- that the same one twice is noticed. name: sealed. gone_at: when it was put in the bin.
CREATE TABLE paper (
	org_id     {{text}} NOT NULL,
	id         {{text}} NOT NULL,
	person_id  {{text}} NOT NULL,
	key_id     {{text}} NOT NULL,
	blob       {{text}} NOT NULL,
	digest     {{text}} NOT NULL,
	content    {{text}} NOT NULL,
	bytes      BIGINT NOT NULL,
	sort       {{text}} NOT NULL,
	category   {{text}} NOT NULL,
	name       {{blob}} NOT NULL,
	confirmed  BIGINT NOT NULL,
	issued_on  {{text}} NOT NULL,
	expires_on {{text}} NOT NULL,
	at         BIGINT NOT NULL,
	by_kind    {{text}} NOT NULL,
	by_id      {{text}} NOT NULL,
	version    BIGINT NOT NULL,
	gone_at    BIGINT NOT NULL,
	PRIMARY KEY (org_id, id),
	FOREIGN KEY (org_id, person_id) REFERENCES person (org_id, id),
	FOREIGN KEY (org_id, key_id) REFERENCES vault_key (org_id, id)
) {{clustered}};

CREATE INDEX paper_person ON paper (org_id, person_id, gone_at);
CREATE INDEX paper_blob ON paper (org_id, blob);
CREATE INDEX paper_expires ON paper (org_id, expires_on);

-- The key of one paper, locked for a team. Once it ended, or its last day is over, wrapped
-- is emptied: the row remembers, the key is gone.
CREATE TABLE paper_grant (
	org_id    {{text}} NOT NULL,
	id        {{text}} NOT NULL,
	paper_id  {{text}} NOT NULL,
	team_id   {{text}} NOT NULL,
	gestures  {{text}} NOT NULL, -- 'see', 'see take'
	from_day  {{text}} NOT NULL,
	until_day {{text}} NOT NULL,
	wrapped   {{blob}} NOT NULL,
	given_at  BIGINT NOT NULL,
	by_kind   {{text}} NOT NULL,
	by_id     {{text}} NOT NULL,
	ended_at  BIGINT NOT NULL,
	PRIMARY KEY (org_id, id),
	FOREIGN KEY (org_id, paper_id) REFERENCES paper (org_id, id)
) {{clustered}};

CREATE INDEX paper_grant_paper ON paper_grant (org_id, paper_id);
CREATE INDEX paper_grant_team ON paper_grant (org_id, team_id, until_day);
