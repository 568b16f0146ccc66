-- +goose Up

-- Who asked to be called in a heatwave, an epidemic, a breakdown (CASF art. L121-6-1).
-- said: name, address, phone, whom to warn, sealed. A row goes when its person no longer
-- wishes it: nothing of it stays.
CREATE TABLE call_register (
	org_id   {{text}} NOT NULL,
	id       {{text}} NOT NULL,
	asked_on {{text}} NOT NULL,
	said     {{blob}} NOT NULL,
	version  BIGINT NOT NULL,
	PRIMARY KEY (org_id, id)
) {{clustered}};

-- A campaign of calls. The last three are written when it closes, and its calls go.
CREATE TABLE call_campaign (
	org_id    {{text}} NOT NULL,
	id        {{text}} NOT NULL,
	kind      {{text}} NOT NULL,
	opened_on {{text}} NOT NULL,
	closed_on {{text}} NOT NULL,
	reached   BIGINT NOT NULL,
	unreached BIGINT NOT NULL,
	visited   BIGINT NOT NULL,
	PRIMARY KEY (org_id, id)
) {{clustered}};

-- What became of one call. state: reached, not_reached, needs, visited. words: sealed.
CREATE TABLE call_made (
	org_id      {{text}} NOT NULL,
	campaign_id {{text}} NOT NULL,
	entry_id    {{text}} NOT NULL,
	state       {{text}} NOT NULL,
	words       {{blob}} NOT NULL,
	made_at     BIGINT NOT NULL,
	PRIMARY KEY (org_id, campaign_id, entry_id),
	FOREIGN KEY (org_id, campaign_id) REFERENCES call_campaign (org_id, id),
	FOREIGN KEY (org_id, entry_id) REFERENCES call_register (org_id, id)
) {{clustered}};

CREATE INDEX call_made_entry ON call_made (org_id, entry_id);
